//! One body under construction: its blocks, its names, and how control flow joins.

use super::env::{Alternatives, Delta, Edge, Env, Mark, Slot};
use super::extract::File;
use super::ir::{
    Block, Const, FnId, FnIr, FnKind, Guard, Instr, InstrKind, NodeId, Term, TermId, Terminator,
    Why,
};
use super::names::{ClassFrame, SlotInfo};
use super::scope::FnNode;
use super::terms::Terms;
use crate::base::{IndexVec, Span, Symbol};

/// Terms of a function at most.
const FN_TERMS: usize = 16_384;
/// Terms of a module body at most.
const MODULE_TERMS: usize = 262_144;
/// Changes collected at jumps, handlers and long ladders at most, per body. More are lost, and
/// the names become unknown: a loop with thousands of exits and names would be quadratic.
const MAX_EXIT_CHANGES: usize = 1 << 20;

/// A block whose end is not known yet.
pub(super) struct OpenBlock {
    instrs: Vec<Instr>,
    end: Option<Terminator>,
    handlers: Vec<NodeId>,
    catches: Option<TermId>,
}

/// The end of an arm: where code continues, and what it changed.
pub(super) struct Arm {
    /// The open block; none after a `return` and the like.
    pub block: Option<NodeId>,
    /// None when the end cannot be reached.
    pub edge: Option<Edge>,
}

/// A statement around the current one that catches jumps.
pub(super) enum Frame {
    Loop {
        head: NodeId,
        mark: Mark,
        breaks: Vec<Arm>,
        continues: Vec<Edge>,
    },
    /// A `try` with a `finally`: jumps out of it wait here.
    Finally {
        mark: Mark,
        exits: Vec<Exit>,
    },
}

/// A jump that must pass a `finally` first.
pub(super) struct Exit {
    pub kind: ExitKind,
    pub arm: Arm,
    pub span: Span,
}

/// Kinds of jumps.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum ExitKind {
    Return(Option<TermId>),
    Break,
    Continue,
}

/// One function, lambda or module while it is lowered.
pub(super) struct Body<'b, 'a> {
    pub file: &'b mut File<'a>,
    pub id: FnId,
    pub terms: Terms,
    pub env: Env,
    pub frames: Vec<Frame>,
    pub classes: Vec<ClassFrame>,
    /// Names of the comprehensions around the current expression.
    pub comps: Vec<(Symbol, TermId)>,
    /// How many comprehensions those are.
    pub comp_depth: u32,
    /// Whether the current place can be reached.
    pub reachable: bool,
    /// Where exceptions go here.
    pub handlers: Vec<NodeId>,
    /// How many copies of `finally` bodies the current code is inside of.
    pub finally_depth: u32,
    blocks: IndexVec<NodeId, OpenBlock>,
    cur: Option<NodeId>,
    /// What each slot is for.
    pub slots: Vec<SlotInfo>,
    returns: Vec<Edge>,
    exit_changes: usize,
}

impl<'b, 'a> Body<'b, 'a> {
    /// The entry of a body, its names unbound.
    pub fn new(file: &'b mut File<'a>, id: FnId) -> Self {
        let limit = if id.0 == 0 { MODULE_TERMS } else { FN_TERMS };
        let mut body = Self {
            file,
            id,
            terms: Terms::new(limit),
            env: Env::default(),
            frames: Vec::new(),
            classes: Vec::new(),
            comps: Vec::new(),
            comp_depth: 0,
            reachable: true,
            handlers: Vec::new(),
            finally_depth: 0,
            blocks: IndexVec::new(),
            cur: None,
            slots: Vec::new(),
            returns: Vec::new(),
            exit_changes: 0,
        };
        let names: Vec<Symbol> = body.file.scopes.fns[id].locals.iter().copied().collect();
        body.grow(&names, false);
        body.cur = Some(body.start_block());
        body
    }

    // ---- terms

    /// Adds a term.
    pub fn add(&mut self, term: Term, span: Span) -> TermId {
        self.terms.add(term, span)
    }

    /// Adds a constant.
    pub fn constant(&mut self, value: Const, span: Span) -> TermId {
        self.add(Term::Const(value), span)
    }

    /// Adds a term that says why nothing is known.
    pub fn unknown(&mut self, why: Why, span: Span) -> TermId {
        self.add(Term::Unknown(why), span)
    }

    /// Adds a call (and the like) and evaluates it here.
    pub fn evaluated(&mut self, term: Term, span: Span) -> TermId {
        let id = self.add(term, span);
        // Over the term limit there is nothing to say about it.
        if !matches!(self.terms.get(id), Term::Unknown(_)) {
            self.instr(InstrKind::Eval(id), span);
        }
        id
    }

    /// One of several values; the value itself if they are the same.
    pub fn choice(&mut self, alternatives: Alternatives, span: Span) -> TermId {
        if let Some(only) = alternatives.single() {
            return only;
        }
        let overflow = alternatives.overflow;
        let mut operands = alternatives.into_vec();
        if overflow {
            operands.push((None, self.unknown(Why::Limit, span)));
        }
        self.add(Term::Phi(operands.into_boxed_slice()), span)
    }

    // ---- blocks

    /// A new block under the current handlers, not connected yet.
    pub fn start_block(&mut self) -> NodeId {
        let handlers = self.handlers.clone();
        self.blocks.push(OpenBlock { instrs: Vec::new(), end: None, handlers, catches: None })
    }

    /// Says what the handler that begins with `block` catches.
    pub fn catches(&mut self, block: NodeId, types: Option<TermId>) {
        self.blocks[block].catches = types;
    }

    /// Continues in `block`.
    pub fn enter(&mut self, block: NodeId) {
        self.cur = Some(block);
    }

    /// Continues in a new block that follows the current one.
    pub fn next_block(&mut self) -> NodeId {
        let block = self.start_block();
        self.goto(block);
        self.enter(block);
        block
    }

    /// The current block; a block without predecessors after a `return` and the like.
    fn here(&mut self) -> NodeId {
        match self.cur {
            Some(block) => block,
            None => {
                let block = self.start_block();
                self.cur = Some(block);
                block
            }
        }
    }

    /// Adds an instruction.
    pub fn instr(&mut self, kind: InstrKind, span: Span) {
        let block = self.here();
        self.blocks[block].instrs.push(Instr { kind, span });
    }

    /// Ends the current block.
    pub fn end(&mut self, end: Terminator) {
        let block = self.here();
        self.blocks[block].end = Some(end);
        self.cur = None;
    }

    /// Ends the current block, if there is one, with a jump.
    pub fn goto(&mut self, to: NodeId) {
        if let Some(block) = self.cur.take() {
            self.blocks[block].end = Some(Terminator::Goto(to));
        }
    }

    /// Ends the current block and leaves the code after it unreachable.
    pub fn leave(&mut self, end: Terminator) {
        self.end(end);
        self.reachable = false;
    }

    /// Branches; the blocks of both sides.
    pub fn branch(&mut self, test: TermId, span: Span) -> (NodeId, NodeId) {
        let then = self.start_block();
        let orelse = self.start_block();
        self.end(Terminator::Branch { test, then, orelse, span });
        (then, orelse)
    }

    /// Ends an arm of a branch: nothing follows until a join.
    pub fn close(&mut self, mark: Mark, guard: Option<Guard>) -> Arm {
        let edge = self.reachable.then(|| Edge { guard, delta: self.env.delta(mark), lost: false });
        self.reachable = false;
        Arm { block: self.cur.take(), edge }
    }

    /// Ends an arm of a branch, of many or of few.
    pub fn close_arm(&mut self, mark: Mark, guard: Option<Guard>, many: bool) -> Arm {
        if !many {
            return self.close(mark, guard);
        }
        let mut arm = self.close_jump(mark);
        if let Some(edge) = &mut arm.edge {
            edge.guard = guard;
        }
        arm
    }

    /// Ends the current code where many others end, counting what it costs: with a jump out of
    /// a loop or `try`, at the end of a handler.
    pub fn close_jump(&mut self, mark: Mark) -> Arm {
        let edge = self.reachable.then(|| self.jump_edge(mark));
        self.reachable = false;
        Arm { block: self.cur.take(), edge }
    }

    fn jump_edge(&mut self, mark: Mark) -> Edge {
        self.exit_changes += self.env.changes(mark);
        let lost = self.exit_changes > MAX_EXIT_CHANGES;
        let delta = if lost { Delta::new() } else { self.env.delta(mark) };
        Edge { guard: None, delta, lost }
    }

    /// Continues where all arms meet. The environment is the one they started from; `changed`
    /// gives the slots that some arm may have changed, for arms that could not collect them.
    pub fn join(&mut self, arms: Vec<Arm>, changed: impl FnOnce(&Self) -> Vec<Slot>, span: Span) {
        let open: Vec<NodeId> = arms.iter().filter_map(|arm| arm.block).collect();
        self.reachable = arms.iter().any(|arm| arm.edge.is_some());
        self.cur = match open.as_slice() {
            [] => None,
            [only] if self.blocks[*only].handlers == self.handlers => Some(*only),
            _ => {
                let join = self.joining_block(&open);
                for block in open.into_iter().filter(|&block| block != join) {
                    self.blocks[block].end = Some(Terminator::Goto(join));
                }
                Some(join)
            }
        };
        let edges: Vec<Edge> = arms.into_iter().filter_map(|arm| arm.edge).collect();
        if edges.iter().any(|edge| edge.lost) {
            let lost = self.unknown(Why::Limit, span);
            let changed = changed(self);
            self.env
                .distinct(changed.into_iter())
                .into_iter()
                .for_each(|slot| self.env.join(slot, lost));
        } else {
            self.merge(edges, span);
        }
    }

    /// The last arm's block while it is empty, such as a missing `else`; else a new one.
    fn joining_block(&mut self, open: &[NodeId]) -> NodeId {
        match open.last() {
            Some(&last)
                if self.blocks[last].instrs.is_empty()
                    && self.blocks[last].handlers == self.handlers =>
            {
                last
            }
            _ => self.start_block(),
        }
    }

    /// Gives every name that changed on some edge the choice of its values.
    fn merge(&mut self, mut edges: Vec<Edge>, span: Span) {
        if edges.len() == 1 {
            let delta = edges.pop().map(|edge| edge.delta).unwrap_or_default();
            delta.into_iter().for_each(|(slot, value)| self.env.join(slot, value));
            return;
        }
        let guards: Vec<Option<Guard>> = edges.iter().map(|edge| edge.guard).collect();
        let mut changes: Vec<(Slot, usize, TermId)> = Vec::new();
        for (index, edge) in edges.into_iter().enumerate() {
            changes.extend(edge.delta.into_iter().map(|(slot, value)| (slot, index, value)));
        }
        changes.sort_unstable_by_key(|&(slot, index, _)| (slot, index));
        for group in changes.chunk_by(|a, b| a.0 == b.0) {
            let slot = group[0].0;
            if !self.is_dead(slot) {
                let value = self.merged(slot, group, &guards, span);
                self.env.join(slot, value);
            }
        }
    }

    /// The choice for one slot; edges that did not change it have its present value.
    fn merged(
        &mut self,
        slot: Slot,
        group: &[(Slot, usize, TermId)],
        guards: &[Option<Guard>],
        span: Span,
    ) -> TermId {
        let mut alternatives = Alternatives::default();
        let missing = (0..guards.len()).find(|&i| group.get(i).is_none_or(|change| change.1 != i));
        let many_missing = guards.len() - group.len() > 1;
        let mut unchanged = missing.map(|edge| {
            let guard = if many_missing { None } else { guards[edge] };
            (edge, guard, self.value(slot, span))
        });
        for &(_, edge, value) in group {
            if let Some((_, guard, before)) = unchanged.take_if(|(missing, _, _)| *missing < edge) {
                alternatives.add(guard, before);
            }
            alternatives.add(guards[edge], self.terms.find(value));
        }
        if let Some((_, guard, before)) = unchanged {
            alternatives.add(guard, before);
        }
        self.choice(alternatives, span)
    }

    // ---- jumps

    /// `return`, or the end of the body.
    pub fn exit_return(&mut self, value: Option<TermId>, span: Span) {
        if let Some(index) = self.frames.iter().rposition(|f| matches!(f, Frame::Finally { .. })) {
            return self.wait_for_finally(index, ExitKind::Return(value), span);
        }
        if self.reachable && self.file.scopes.fns[self.id].has_inner {
            let start = Mark::START;
            let edge = self.jump_edge(start);
            self.returns.push(edge);
        }
        self.leave(Terminator::Return { value, span });
    }

    /// `break` or `continue`.
    pub fn exit_loop(&mut self, kind: ExitKind, span: Span) {
        // Outside of a loop, where Python reports an error, it is nothing.
        let Some(index) = self.frames.len().checked_sub(1) else { return };
        let (mark, head) = match &self.frames[index] {
            Frame::Finally { .. } => return self.wait_for_finally(index, kind, span),
            Frame::Loop { mark, head, .. } => (*mark, *head),
        };
        let mut arm = self.close_jump(mark);
        if kind == ExitKind::Continue
            && let Some(block) = arm.block.take()
        {
            self.blocks[block].end = Some(Terminator::Goto(head));
        }
        if let Frame::Loop { breaks, continues, .. } = &mut self.frames[index] {
            match kind {
                ExitKind::Continue => continues.extend(arm.edge),
                _ => breaks.push(arm),
            }
        }
    }

    fn wait_for_finally(&mut self, index: usize, kind: ExitKind, span: Span) {
        let Frame::Finally { mark, .. } = &self.frames[index] else { return };
        let arm = self.close_jump(*mark);
        if let Frame::Finally { exits, .. } = &mut self.frames[index] {
            exits.push(Exit { kind, arm, span });
        }
    }

    // ---- the end

    /// The finished body.
    pub fn finish(mut self) -> FnIr {
        let scope = &self.file.scopes.fns[self.id];
        let (parent, class, is_generator) = (scope.parent, scope.class, scope.is_generator);
        let kind = match scope.node {
            FnNode::Module => FnKind::Module,
            FnNode::Def(_) => FnKind::Function,
            FnNode::Lambda(_) => FnKind::Lambda,
        };
        let mut globals: Vec<Symbol> = scope.globals.iter().copied().collect();
        globals.sort_unstable();
        let span = self.file.fn_span(self.id);
        if self.cur.is_some() || self.blocks.is_empty() {
            let end = self.file.end_of_body(self.id);
            self.exit_return(None, end);
        }
        let mut exit = self.exit_values(span);
        if self.terms.is_over() {
            self.file.cut_terms(span);
        }
        let mut blocks: IndexVec<NodeId, Block> = self
            .blocks
            .iter_mut()
            .map(|block| Block {
                instrs: std::mem::take(&mut block.instrs),
                end: block.end.take().unwrap_or(Terminator::Return { value: None, span }),
                handlers: std::mem::take(&mut block.handlers),
                catches: block.catches,
            })
            .collect();
        let (terms, spans, forward) = self.terms.finish();
        if !forward.is_empty() {
            blocks.iter_mut().for_each(|block| forward.apply_block(block));
            exit.iter_mut().for_each(|(_, value)| forward.apply(value));
            self.file.forward(self.id, &forward);
        }
        let head = self.file.take_head(self.id);
        FnIr {
            kind,
            name: head.name,
            parent,
            class,
            is_async: head.is_async,
            is_generator,
            params: head.params,
            decorators: head.decorators,
            returns: head.returns,
            terms,
            spans,
            blocks,
            exit,
            globals,
            span,
            name_span: head.name_span,
        }
    }

    /// The values of names at the end: of a module, or of a function with inner functions.
    fn exit_values(&mut self, span: Span) -> Vec<(Symbol, TermId)> {
        if self.id.0 != 0 {
            if !self.file.scopes.fns[self.id].has_inner {
                return Vec::new();
            }
            // A body that never returns shows its names as they are in its last line.
            if !self.returns.is_empty() {
                self.env.undo(Mark::START);
                let arm = |edge| Arm { block: None, edge: Some(edge) };
                let arms = std::mem::take(&mut self.returns).into_iter().map(arm).collect();
                let all = |body: &Self| (0..).take(body.slots.len()).collect();
                self.join(arms, all, span);
            }
        }
        let count = self.file.scopes.fns[self.id].locals.len();
        let mut exit = Vec::new();
        for slot in (0..).take(count) {
            if let Some(value) = self.env.get(slot).map(|value| self.terms.find(value))
                && !matches!(self.terms.get(value), Term::Unknown(Why::Unbound))
            {
                exit.push((self.slots[slot as usize].name, value));
            }
        }
        exit
    }
}
