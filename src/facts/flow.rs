//! Control flow: branches, loops, `try`, `match`.

use super::body::{Arm, Body, Frame};
use super::env::{Alternatives, Edge, Mark, Slot};
use super::ir::{NodeId, Op, Term, TermId, Terminator, Why};
use crate::base::Span;
use crate::syntax::ast::{ExprId, MatchCase, StmtId};

/// Branches of an `if` beyond which the cost of joining them is counted.
const LONG_LADDER: usize = 64;

/// A phi at the head of a loop, waiting for the values of the next rounds.
struct LoopPhi {
    slot: Slot,
    phi: TermId,
    entry: TermId,
}

impl<'a> Body<'_, 'a> {
    /// `if … elif … else`
    pub fn if_stmt(
        &mut self,
        branches: &'a [(ExprId, Vec<StmtId>)],
        orelse: &'a [StmtId],
        span: Span,
    ) {
        let ast = self.file.ast;
        let base = self.env.mark();
        let reachable = self.reachable;
        let mut arms = Vec::with_capacity(branches.len() + 1);
        let mut guard = None;
        // Every arm has the changes of all tests before it.
        let long = branches.len() > LONG_LADDER;
        let mut changed = Vec::new();
        for (test, body) in branches {
            let term = self.expr(*test);
            let (then, other) = self.branch(term, ast.exprs[*test].span);
            let mark = self.env.mark();
            self.enter(then);
            self.body(body);
            changed.extend(self.env.changed(mark));
            arms.push(self.close_arm(base, Self::guard(term, true), long));
            self.env.undo(mark);
            self.enter(other);
            self.reachable = reachable;
            guard = Self::guard(term, false);
        }
        self.body(orelse);
        changed.extend(self.env.changed(base));
        arms.push(self.close_arm(base, guard, long));
        self.env.undo(base);
        self.join(arms, |_| changed, span);
    }

    // ---- loops

    /// `while test: … else: …`
    pub fn while_stmt(
        &mut self,
        id: StmtId,
        test: ExprId,
        body: &'a [StmtId],
        orelse: &'a [StmtId],
    ) {
        let ast = self.file.ast;
        let span = ast.exprs[test].span;
        let head = self.next_block();
        let phis = self.loop_phis(id, span);
        let mark = self.env.mark();
        let reachable = self.reachable;
        let term = self.expr(test);
        let exit = if self.is_always_true(term) {
            self.next_block();
            None
        } else {
            let (inside, outside) = self.branch(term, span);
            self.enter(inside);
            Some(outside)
        };
        let tested = self.env.mark();
        let breaks = self.loop_body(head, mark, tested, &phis, body);
        self.reachable = reachable && exit.is_some();
        self.loop_exit(exit, mark, breaks, &phis, orelse, span);
    }

    /// `for target in iter: … else: …`
    pub fn for_stmt(
        &mut self,
        id: StmtId,
        (target, iter): (ExprId, ExprId),
        body: &'a [StmtId],
        orelse: &'a [StmtId],
    ) {
        let ast = self.file.ast;
        let span = ast.exprs[target].span;
        let iter = self.expr(iter);
        let head = self.next_block();
        let phis = self.loop_phis(id, span);
        let mark = self.env.mark();
        let reachable = self.reachable;
        let inside = self.start_block();
        let outside = self.start_block();
        self.end(Terminator::Loop { iter, body: inside, exit: outside });
        self.enter(inside);
        let element = self.add(Term::Iter(iter), span);
        self.assign(target, element, span);
        let breaks = self.loop_body(head, mark, mark, &phis, body);
        self.reachable = reachable;
        self.loop_exit(Some(outside), mark, breaks, &phis, orelse, span);
    }

    /// Gives every name the loop may change a phi, to be completed when its body is lowered.
    fn loop_phis(&mut self, id: StmtId, span: Span) -> Vec<LoopPhi> {
        let class = self.classes.last().map(|frame| frame.id);
        let scope = &self.file.scopes.fns[self.id];
        let Some(range) = scope.loops.get(&id).cloned() else { return Vec::new() };
        let mut slots = Vec::new();
        for event in &scope.events[range] {
            if event.class != class {
                continue;
            }
            let Some(slot) = self.bound_slot(event.name, class) else { continue };
            if self.is_by_name(slot) {
                continue;
            }
            let container = || self.env.get(slot).is_some_and(|v| self.terms.is_container(v));
            if !event.passed || container() {
                slots.push(slot);
            }
        }
        let mut slots = self.env.distinct(slots.into_iter());
        slots.sort_unstable();
        slots.into_iter().map(|slot| self.loop_phi(slot, span)).collect()
    }

    fn loop_phi(&mut self, slot: Slot, span: Span) -> LoopPhi {
        let entry = self.value(slot, span);
        let phi = self.add(Term::Phi([(None, entry)].into()), span);
        self.env.join(slot, phi);
        LoopPhi { slot, phi, entry }
    }

    /// Lowers the body of a loop and completes its phis. Afterwards the environment is the one
    /// at `tested`, the place where the loop is left. The arms of its `break`s.
    fn loop_body(
        &mut self,
        head: NodeId,
        mark: Mark,
        tested: Mark,
        phis: &[LoopPhi],
        body: &'a [StmtId],
    ) -> Vec<Arm> {
        let frame = Frame::Loop { head, mark, breaks: Vec::new(), continues: Vec::new() };
        self.frames.push(frame);
        self.body(body);
        let reachable = self.reachable;
        self.goto(head);
        let back = reachable.then(|| self.env.delta(mark));
        let Some(Frame::Loop { breaks, mut continues, .. }) = self.frames.pop() else {
            unreachable!("internal error: frames are popped by who pushed them")
        };
        continues.extend(back.map(|delta| Edge { guard: None, delta, lost: false }));
        self.env.undo(tested);
        self.complete(phis, continues);
        breaks
    }

    fn complete(&mut self, phis: &[LoopPhi], edges: Vec<Edge>) {
        let lost = edges.iter().any(|edge| edge.lost);
        let mut values: Vec<(Slot, TermId)> =
            edges.into_iter().flat_map(|edge| edge.delta).collect();
        values.sort_by_key(|&(slot, _)| slot);
        let mut rest = values.as_slice();
        for &LoopPhi { slot, phi, entry } in phis {
            let skipped = rest.partition_point(|&(other, _)| other < slot);
            rest = &rest[skipped..];
            let count = rest.partition_point(|&(other, _)| other == slot);
            let own = &rest[..count];
            if !matches!(self.terms.get(phi), Term::Phi(_)) {
                continue;
            }
            let mut operands = Alternatives::default();
            operands.add(None, self.terms.find(entry));
            for &(_, value) in own {
                let value = self.terms.find(value);
                if value != phi {
                    operands.add(None, value);
                }
            }
            let unknown = lost || operands.overflow;
            let mut operands: Vec<TermId> =
                operands.into_vec().into_iter().map(|(_, value)| value).collect();
            if unknown {
                operands.push(self.unknown(Why::Limit, self.terms.span(phi)));
            }
            self.terms.complete_phi(phi, operands);
        }
    }

    /// The code after a loop: its `else` when it ends by itself, and its `break`s.
    fn loop_exit(
        &mut self,
        exit: Option<NodeId>,
        mark: Mark,
        breaks: Vec<Arm>,
        phis: &[LoopPhi],
        orelse: &'a [StmtId],
        span: Span,
    ) {
        match exit {
            Some(exit) => self.enter(exit),
            None => debug_assert!(!self.reachable),
        }
        self.body(orelse);
        let mut arms = vec![self.close(mark, None)];
        self.env.undo(mark);
        arms.extend(breaks);
        let slots: Vec<Slot> = phis.iter().map(|phi| phi.slot).collect();
        self.join(arms, |_| slots, span);
    }

    // ---- match

    /// `match subject: case …: …`
    pub fn match_stmt(&mut self, subject: ExprId, cases: &'a [MatchCase], span: Span) {
        let subject = self.expr(subject);
        let base = self.env.mark();
        let reachable = self.reachable;
        let mut arms = Vec::with_capacity(cases.len() + 1);
        let mut guard = None;
        for case in cases {
            let mark = self.env.mark();
            let mut misses = Vec::new();
            let mut hit = None;
            if !case.irrefutable {
                hit = Some(self.case_test(subject, case, span, &mut misses));
            }
            self.capture(subject, case);
            if let Some(test) = case.guard {
                let term = self.expr(test);
                let (then, other) = self.branch(term, self.file.ast.exprs[test].span);
                misses.push(other);
                hit = Some(term);
                self.enter(then);
            }
            self.body(&case.body);
            arms.push(self.close(base, hit.and_then(|test| Self::guard(test, true)).or(guard)));
            self.env.undo(mark);
            // Only a case that can miss lets control reach the next.
            self.reachable = reachable && !misses.is_empty();
            self.continue_at(&misses);
            guard = hit.and_then(|test| Self::guard(test, false));
        }
        arms.push(self.close(base, guard));
        self.env.undo(base);
        self.join(arms, |_| Vec::new(), span);
    }

    fn case_test(
        &mut self,
        subject: TermId,
        case: &'a MatchCase,
        span: Span,
        misses: &mut Vec<NodeId>,
    ) -> TermId {
        let ast = self.file.ast;
        let mut operands = vec![subject];
        operands.extend(case.values.iter().map(|&value| self.expr(value)));
        let place = case.values.first().map_or(span, |&value| ast.exprs[value].span);
        let test = self.add(Term::Op(Op::Case, operands.into()), place);
        let (then, other) = self.branch(test, place);
        misses.push(other);
        self.enter(then);
        test
    }

    fn capture(&mut self, subject: TermId, case: &'a MatchCase) {
        for name in &case.captures {
            let value = match case.captures.as_slice() {
                [_] if case.irrefutable => subject,
                _ => self.add(Term::UnpackRest(subject), name.span),
            };
            self.bind(name.name, value, name.span);
        }
    }

    /// Continues where one or two blocks meet.
    fn continue_at(&mut self, blocks: &[NodeId]) {
        if let [first, rest @ ..] = blocks {
            for &block in rest {
                self.enter(block);
                self.goto(*first);
            }
            self.enter(*first);
        }
    }
}
