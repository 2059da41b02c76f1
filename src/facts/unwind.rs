//! `try`: what handlers see, and `finally` on every way out.

use super::body::{Arm, Body, Exit, ExitKind, Frame};
use super::env::{Mark, Slot, TrailMark};
use super::ir::{Const, InstrKind, NodeId, Term, TermId, Terminator};
use crate::base::Span;
use crate::syntax::ast::{Ast, Handler, StmtId, StmtKind};

/// Statements of a `finally` body that is lowered once per kind of exit; a longer one is
/// lowered once for all.
const SMALL_FINALLY: usize = 12;
/// Copies of copies of `finally` bodies at most.
const FINALLY_DEPTH: u32 = 2;

/// A `try` whose `finally` body is to be lowered.
struct Finally<'a> {
    body: &'a [StmtId],
    /// Where the `try` began.
    mark: Mark,
    start: TrailMark,
    /// Where exceptions enter.
    on_raise: NodeId,
    /// Whether the `try` can be reached.
    reachable: bool,
    span: Span,
}

/// Jumps of one kind out of a `try`.
struct ExitGroup {
    kind: ExitKind,
    arms: Vec<Arm>,
    span: Span,
    values: Vec<(ExitKind, Span)>,
}

impl<'a> Body<'_, 'a> {
    /// `try: … except …: … else: … finally: …`
    pub fn try_stmt(
        &mut self,
        body: &'a [StmtId],
        handlers: &'a [Handler],
        orelse: &'a [StmtId],
        finalbody: &'a [StmtId],
        span: Span,
    ) {
        let mark = self.env.mark();
        let start = self.env.open_try();
        let reachable = self.reachable;
        let outer = self.handlers.clone();
        let on_raise = (!finalbody.is_empty()).then(|| self.start_block());
        if let Some(on_raise) = on_raise {
            self.handlers = vec![on_raise];
            self.frames.push(Frame::Finally { mark, exits: Vec::new() });
        }
        let around = self.handlers.clone();
        let entries: Vec<NodeId> = handlers.iter().map(|_| self.start_block()).collect();
        self.handlers = entries.clone();
        if !handlers.iter().any(|handler| handler.types.is_none()) {
            self.handlers.extend(&around);
        }
        self.next_block();
        self.body(body);
        let raised = self.env.trail_mark();
        self.handlers = around;
        if !orelse.is_empty() {
            self.next_block();
            self.body(orelse);
        }
        let mut arms = vec![self.close(mark, None)];
        self.env.undo(mark);
        let seen = self.seen_by_handlers(start, raised, span);
        for (handler, &entry) in handlers.iter().zip(&entries) {
            self.enter(entry);
            self.reachable = reachable;
            seen.iter().for_each(|&(slot, value)| self.env.join(slot, value));
            self.handler(entry, handler);
            arms.push(self.close_jump(mark));
            self.env.undo(mark);
        }
        self.handlers = outer;
        match on_raise {
            None => self.join(arms, |body| body.slots_since(start), span),
            Some(on_raise) => {
                let Some(Frame::Finally { exits, .. }) = self.frames.pop() else {
                    unreachable!("internal error: frames are popped by who pushed them")
                };
                let ends = Finally { body: finalbody, mark, start, on_raise, reachable, span };
                self.finally(&ends, arms, exits);
            }
        }
        self.env.close_try();
    }

    /// The values names may have where an exception is caught: what they had before the `try`
    /// and everything they were bound to in it.
    fn seen_by_handlers(
        &mut self,
        from: TrailMark,
        to: TrailMark,
        span: Span,
    ) -> Vec<(Slot, TermId)> {
        let trail = self.env.trail(from, to);
        trail
            .chunk_by(|a, b| a.0 == b.0)
            .filter(|group| !self.is_dead(group[0].0))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|group| {
                let slot = group[0].0;
                let before = self.value(slot, span);
                (slot, self.choice_of(before, group.iter().map(|&(_, value)| value), span))
            })
            .collect()
    }

    fn handler(&mut self, entry: NodeId, handler: &'a Handler) {
        let types = handler.types.map(|types| self.expr(types));
        self.catches(entry, types);
        // Who runs the script asks what a handler catches before it enters it.
        if self.file.frozen {
            let caught = self.add(Term::Caught(types), handler.span);
            self.instr(InstrKind::Eval(caught), handler.span);
        }
        if let Some(name) = handler.name {
            let caught = self.add(Term::Caught(types), handler.span);
            self.bind(name.name, caught, name.span);
        }
        self.body(&handler.body);
        // Python unbinds the name at the end, so that the traceback can be freed.
        if let Some(name) = handler.name.filter(|_| self.reachable) {
            self.unbind(name.name, name.span);
        }
    }

    fn finally(&mut self, ends: &Finally<'a>, arms: Vec<Arm>, exits: Vec<Exit>) {
        let small = self.finally_depth < FINALLY_DEPTH
            && count_stmts(self.file.ast, ends.body, SMALL_FINALLY) <= SMALL_FINALLY;
        self.finally_depth += 1;
        if small {
            self.finally_copies(ends, arms, exits);
        } else {
            self.finally_shared(ends, arms, exits);
        }
        self.finally_depth -= 1;
    }

    /// One copy of the body for each kind of exit.
    fn finally_copies(&mut self, ends: &Finally<'a>, arms: Vec<Arm>, exits: Vec<Exit>) {
        let falls_through = arms.iter().any(|arm| arm.block.is_some());
        let normal = falls_through.then(|| self.finally_copy(ends, arms));
        self.enter(ends.on_raise);
        self.reachable = ends.reachable;
        for (slot, value) in self.seen_by_handlers(ends.start, self.env.trail_mark(), ends.span) {
            self.env.join(slot, value);
        }
        self.body(ends.body);
        self.leave(Terminator::Raise { exc: None, cause: None, span: ends.span });
        self.env.undo(ends.mark);
        for group in self.group_exits(exits) {
            let arm = self.finally_copy(ends, group.arms);
            if arm.block.is_some() {
                self.join(vec![arm], |_| Vec::new(), ends.span);
                self.exit(group.kind, group.span);
            }
            self.env.undo(ends.mark);
        }
        self.join(normal.into_iter().collect(), |_| Vec::new(), ends.span);
    }

    fn finally_copy(&mut self, ends: &Finally<'a>, arms: Vec<Arm>) -> Arm {
        self.join(arms, |body| body.slots_since(ends.start), ends.span);
        self.body(ends.body);
        let arm = self.close(ends.mark, None);
        self.env.undo(ends.mark);
        arm
    }

    fn slots_since(&self, start: TrailMark) -> Vec<Slot> {
        self.env.trail(start, self.env.trail_mark()).into_iter().map(|(slot, _)| slot).collect()
    }

    /// One body for all kinds of exits; afterwards nothing tells which one it was.
    fn finally_shared(&mut self, ends: &Finally<'a>, arms: Vec<Arm>, exits: Vec<Exit>) {
        let falls_through = arms.iter().any(|arm| arm.edge.is_some());
        let groups = self.group_exits(exits);
        let exit_arms = groups.iter().flat_map(|group| &group.arms);
        for block in arms.iter().chain(exit_arms).filter_map(|arm| arm.block) {
            self.enter(block);
            self.goto(ends.on_raise);
        }
        self.enter(ends.on_raise);
        self.reachable = ends.reachable;
        for (slot, value) in self.seen_by_handlers(ends.start, self.env.trail_mark(), ends.span) {
            self.env.join(slot, value);
        }
        self.body(ends.body);
        let reachable = self.reachable;
        let mark = self.env.mark();
        for group in groups {
            let other = self.fork(ends.span);
            self.exit(group.kind, group.span);
            self.env.undo(mark);
            self.enter(other);
            self.reachable = reachable;
        }
        if falls_through {
            let other = self.fork(ends.span);
            self.leave(Terminator::Raise { exc: None, cause: None, span: ends.span });
            self.enter(other);
            self.reachable = reachable;
        } else {
            self.leave(Terminator::Raise { exc: None, cause: None, span: ends.span });
        }
    }

    /// Branches on something unknown: continues on the first side; the second.
    fn fork(&mut self, span: Span) -> NodeId {
        let test = self.opaque_test(span);
        let (then, other) = self.branch(test, span);
        self.enter(then);
        other
    }

    /// Exits of one kind, together. Returned values become a choice.
    fn group_exits(&mut self, exits: Vec<Exit>) -> Vec<ExitGroup> {
        let mut groups: Vec<ExitGroup> = Vec::new();
        for Exit { kind, arm, span } in exits {
            let same = |group: &&mut ExitGroup| {
                std::mem::discriminant(&group.kind) == std::mem::discriminant(&kind)
            };
            match groups.iter_mut().find(same) {
                Some(group) => {
                    group.arms.push(arm);
                    group.values.push((kind, span));
                }
                None => groups.push(ExitGroup {
                    kind,
                    arms: vec![arm],
                    span,
                    values: vec![(kind, span)],
                }),
            }
        }
        for group in &mut groups {
            if group.values.iter().any(|&(kind, _)| kind != group.kind) {
                group.kind = self.returned(&group.values);
            }
        }
        groups
    }

    fn returned(&mut self, values: &[(ExitKind, Span)]) -> ExitKind {
        let mut terms = Vec::new();
        let mut place = None;
        for &(kind, span) in values {
            if let ExitKind::Return(value) = kind {
                terms.push(value.unwrap_or_else(|| self.constant(Const::None, span)));
                place = Some(span);
            }
        }
        match (terms.split_first(), place) {
            (Some((&first, rest)), Some(span)) => {
                ExitKind::Return(Some(self.choice_of(first, rest.iter().copied(), span)))
            }
            _ => ExitKind::Return(None),
        }
    }

    fn exit(&mut self, kind: ExitKind, span: Span) {
        match kind {
            ExitKind::Return(value) => self.exit_return(value, span),
            ExitKind::Break | ExitKind::Continue => self.exit_loop(kind, span),
        }
    }
}

/// Statements in these bodies and theirs; counts no further than just over `limit`.
fn count_stmts(ast: &Ast, stmts: &[StmtId], limit: usize) -> usize {
    let mut count = 0;
    let mut todo: Vec<&[StmtId]> = vec![stmts];
    while let Some(stmts) = todo.pop() {
        for &stmt in stmts {
            count += 1;
            if count > limit {
                return count;
            }
            match &ast.stmts[stmt].kind {
                StmtKind::If { branches, orelse } => {
                    todo.extend(branches.iter().map(|(_, body)| body.as_slice()));
                    todo.push(orelse);
                }
                StmtKind::While { body, orelse, .. } | StmtKind::For { body, orelse, .. } => {
                    todo.extend([body.as_slice(), orelse]);
                }
                StmtKind::Try { body, handlers, orelse, finalbody } => {
                    todo.extend(handlers.iter().map(|handler| handler.body.as_slice()));
                    todo.extend([body.as_slice(), orelse, finalbody]);
                }
                StmtKind::With { body, .. } => todo.push(body),
                StmtKind::Match { cases, .. } => {
                    todo.extend(cases.iter().map(|case| case.body.as_slice()));
                }
                StmtKind::Class(def) => todo.push(&def.body),
                StmtKind::Error(inner) => todo.push(inner),
                _ => {}
            }
        }
    }
    count
}
