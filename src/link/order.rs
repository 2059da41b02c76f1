//! The order of evaluation in one function: what comes before or after a place on every way, or
//! on some way.
//!
//! A question is answered by walking the blocks while avoiding the places that are asked about:
//! what is still reached can be reached without them.

use crate::base::FxHashSet;
use crate::facts::{Const, FnIr, NodeId, Op, Term, TermId, Terminator};
use crate::syntax::ast::{BoolOp, CmpOp, UnaryOp};

/// A place in a function: an instruction of a block, or its end when `at` is their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Point {
    /// The block.
    pub node: NodeId,
    /// Position among its instructions.
    pub at: usize,
}

impl Point {
    /// What follows it.
    #[must_use]
    pub fn following(self) -> Point {
        Point { at: self.at + 1, ..self }
    }
}

/// Places that are looked for.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    /// Instructions and ends of blocks.
    pub points: FxHashSet<Point>,
    /// Sides of branches: a way passes the mark when it leaves the block on that side.
    pub sides: FxHashSet<(NodeId, bool)>,
    /// An exception that comes from a block with a mark counts as if it had passed the mark.
    pub lenient: bool,
}

/// A body with what is known of where control ends.
#[derive(Debug)]
pub struct Flow<'f> {
    ir: &'f FnIr,
    /// Calls that never return.
    pub ends: FxHashSet<Point>,
    /// Blocks whose `return` turns the request away.
    pub rejects: FxHashSet<NodeId>,
}

/// The outcome of the last branch: its test, without `not`.
type Decided = Option<(TermId, bool)>;

/// What some ways through a body come to.
#[derive(Debug, Default)]
pub struct Reach {
    /// Straight pieces: block, first and last position.
    pieces: Vec<(NodeId, usize, usize)>,
    /// Whether a `return` that turns nobody away is among it.
    pub exits: bool,
    /// Whether any `return` is.
    pub returns: bool,
    /// Whether a call that never returns is.
    pub ends: bool,
    /// Whether a `raise` that is not caught in the body is.
    pub raises: bool,
}

impl Reach {
    /// Whether a place is among it.
    pub fn holds(&self, point: Point) -> bool {
        let inside = |(node, from, to): &(NodeId, usize, usize)| {
            *node == point.node && *from <= point.at && point.at <= *to
        };
        self.pieces.iter().any(inside)
    }
}

impl<'f> Flow<'f> {
    /// A body of which nothing is known but its blocks.
    pub fn new(ir: &'f FnIr) -> Self {
        Self { ir, ends: FxHashSet::default(), rejects: FxHashSet::default() }
    }

    /// Where a body begins.
    pub const ENTRY: Point = Point { node: NodeId(0), at: 0 };

    /// Where an exception at a place goes.
    pub fn handlers(&self, point: Point) -> &'f [NodeId] {
        &self.ir.blocks[point.node].handlers
    }

    /// All that can be reached from `starts` without passing a mark.
    pub fn reach(&self, starts: impl IntoIterator<Item = Point>, marks: &Marks) -> Reach {
        let mut reach = Reach::default();
        let mut work: Vec<(Point, Decided)> =
            starts.into_iter().map(|start| (start, None)).collect();
        let mut seen: FxHashSet<(Point, Decided)> = FxHashSet::default();
        while let Some((start, decided)) = work.pop() {
            if seen.insert((start, decided)) {
                self.piece(start, decided, marks, &mut reach, &mut work);
            }
        }
        reach
    }

    fn piece(
        &self,
        start: Point,
        decided: Decided,
        marks: &Marks,
        reach: &mut Reach,
        work: &mut Vec<(Point, Decided)>,
    ) {
        let node = start.node;
        let block = &self.ir.blocks[node];
        let last = block.instrs.len();
        let is_mark = |at: &usize| marks.points.contains(&Point { node, at: *at });
        let mark = (start.at..=last).find(is_mark);
        let end = (start.at..last).find(|at| self.ends.contains(&Point { node, at: *at }));
        let stop = mark.into_iter().chain(end).min();
        reach.ends |= end.is_some() && stop == end;
        reach.pieces.push((node, start.at, stop.unwrap_or(last)));
        let may_raise = last > 0 || !matches!(block.end, Terminator::Goto(_));
        if may_raise && !(marks.lenient && mark.is_some()) {
            work.extend(block.handlers.iter().map(|handler| (entry(*handler), None)));
        }
        if stop.is_some() {
            return;
        }
        let mut side = |taken: bool, to: NodeId, decided: Decided| {
            if !marks.sides.contains(&(node, taken)) {
                work.push((entry(to), decided));
            }
        };
        match &block.end {
            // Going back to the head of a loop, tests are evaluated anew.
            Terminator::Goto(next) => {
                work.push((entry(*next), decided.filter(|_| *next > node)));
            }
            Terminator::Branch { test, then, orelse, .. } => {
                let known = decided.and_then(|decided| self.settled(*test, decided));
                let (bare, same) = self.without_not(*test);
                if known != Some(false) {
                    side(true, *then, Some((bare, same)));
                }
                if known != Some(true) {
                    side(false, *orelse, Some((bare, !same)));
                }
            }
            Terminator::Loop { body, exit, .. } => {
                side(true, *body, None);
                side(false, *exit, None);
            }
            Terminator::Return { .. } => {
                reach.returns = true;
                reach.exits |= !self.rejects.contains(&node);
            }
            Terminator::Raise { .. } => reach.raises |= block.handlers.is_empty(),
        }
    }

    /// A test without the `not`s around it, and whether it has the same truth.
    fn without_not(&self, test: TermId) -> (TermId, bool) {
        match &self.ir.terms[test] {
            Term::Op(Op::Unary(UnaryOp::Not), inner) => {
                let (bare, same) = self.without_not(inner[0]);
                (bare, !same)
            }
            _ => (test, true),
        }
    }

    /// The truth of a test, when one of its parts has just been decided: `a and b` after `a`.
    fn settled(&self, test: TermId, decided: (TermId, bool)) -> Option<bool> {
        if test == decided.0 {
            return Some(decided.1);
        }
        let parts = |parts: &[TermId], wanted: bool| {
            let one = parts.iter().any(|part| self.settled(*part, decided) == Some(wanted));
            one.then_some(wanted)
        };
        match &self.ir.terms[test] {
            Term::Op(Op::Unary(UnaryOp::Not), inner) => {
                self.settled(inner[0], decided).map(|truth| !truth)
            }
            Term::Op(Op::Bool(BoolOp::And), operands) => parts(operands, false),
            Term::Op(Op::Bool(BoolOp::Or), operands) => parts(operands, true),
            _ => None,
        }
    }

    /// Whether every way from the entry to a place passes a mark.
    pub fn always_before(&self, marks: &Marks, point: Point) -> bool {
        !self.reach([Self::ENTRY], marks).holds(point)
    }

    /// Whether every way from `starts` to a normal exit passes a mark.
    pub fn always_after(&self, marks: &Marks, starts: &[Point]) -> bool {
        !self.reach(starts.iter().copied(), marks).exits
    }

    /// Whether every way through the body passes a mark, and there is one.
    pub fn always(&self, marks: &Marks) -> bool {
        let free = self.reach([Self::ENTRY], &Marks::default());
        free.exits && self.always_after(marks, &[Self::ENTRY])
    }

    /// Whether some way from one of `from` leads to a place.
    pub fn leads(&self, from: impl IntoIterator<Item = Point>, to: Point) -> bool {
        let starts = from.into_iter().map(Point::following);
        self.reach(starts, &Marks::default()).holds(to)
    }

    /// What the two sides of the branch at the end of a block lead to, without coming back to it.
    pub fn sides(&self, node: NodeId) -> Option<[Reach; 2]> {
        let block = &self.ir.blocks[node];
        let Terminator::Branch { then, orelse, .. } = &block.end else { return None };
        let back = Point { node, at: block.instrs.len() };
        let back = Marks { points: [back].into_iter().collect(), ..Marks::default() };
        Some([*then, *orelse].map(|side| self.reach([entry(side)], &back)))
    }

    /// The sides of branches that are implied to have a test's wanted truth.
    pub fn sides_implying(&self, wanted: TermId, truth: bool) -> Vec<(NodeId, bool)> {
        let mut found = Vec::new();
        for (node, block) in self.ir.blocks.iter_enumerated() {
            let Terminator::Branch { test, .. } = block.end else { continue };
            for side in [true, false] {
                if self.implies(test, side, wanted, truth) {
                    found.push((node, side));
                }
            }
        }
        found
    }

    /// Whether `test` being `side` says that `wanted` is `truth`.
    fn implies(&self, test: TermId, side: bool, wanted: TermId, truth: bool) -> bool {
        if test == wanted {
            return side == truth;
        }
        match &self.ir.terms[test] {
            Term::Op(Op::Unary(UnaryOp::Not), inner) => {
                self.implies(inner[0], !side, wanted, truth)
            }
            Term::Op(Op::Bool(op), operands) if (*op == BoolOp::And) == side => {
                operands.iter().any(|part| self.implies(*part, side, wanted, truth))
            }
            // What is `None` is false; what is not is taken for true.
            Term::Op(Op::Compare(op), operands) => match (op, &operands[..]) {
                (CmpOp::Is | CmpOp::Eq, [value, other]) if self.is_none(*other) => {
                    self.implies(*value, !side, wanted, truth)
                }
                (CmpOp::IsNot | CmpOp::NotEq, [value, other]) if self.is_none(*other) => {
                    self.implies(*value, side, wanted, truth)
                }
                _ => false,
            },
            _ => false,
        }
    }
}

impl Flow<'_> {
    fn is_none(&self, term: TermId) -> bool {
        matches!(self.ir.terms[term], Term::Const(Const::None))
    }
}

fn entry(node: NodeId) -> Point {
    Point { node, at: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{FileFacts, FnId, InstrKind, facts_of};

    /// The one function of a source, and where it calls `name`.
    fn calls(facts: &FileFacts, name: &str) -> Vec<Point> {
        let ir = &facts.fns[FnId(1)];
        let mut found = Vec::new();
        for (node, block) in ir.blocks.iter_enumerated() {
            for (at, instr) in block.instrs.iter().enumerate() {
                let InstrKind::Eval(term) = instr.kind else { continue };
                let Term::Call { func, .. } = ir.terms[term] else { continue };
                if matches!(ir.terms[func], Term::Global(n) if facts.names.resolve(n) == name) {
                    found.push(Point { node, at });
                }
            }
        }
        found
    }

    /// Whether `event()` is on every way to and from `here()`, exceptions counted.
    fn sides(body: &str) -> (bool, bool) {
        let body: String = body.lines().map(|line| format!("    {line}\n")).collect();
        let facts = facts_of(&format!("def f(a, b):\n{body}"));
        let flow = Flow::new(&facts.fns[FnId(1)]);
        let points = calls(&facts, "event").into_iter().collect();
        let marks = Marks { points, ..Marks::default() };
        let here = calls(&facts, "here")[0];
        (flow.always_before(&marks, here), flow.always_after(&marks, &[here.following()]))
    }

    #[test]
    fn straight_code_and_branches() {
        assert_eq!(sides("event()\nhere()"), (true, false));
        assert_eq!(sides("here()\nevent()"), (false, true));
        assert_eq!(sides("if a:\n    event()\nhere()"), (false, false));
        assert_eq!(sides("if a:\n    event()\nelse:\n    event()\nhere()"), (true, false));
        assert_eq!(sides("if a:\n    return\nevent()\nhere()"), (true, false));
        assert_eq!(sides("here()\nif a:\n    raise E\nevent()"), (false, true));
        assert_eq!(sides("here()\nif a:\n    return 1\nevent()"), (false, false));
    }

    #[test]
    fn loops_may_run_never() {
        assert_eq!(sides("for i in a:\n    event()\nhere()"), (false, false));
        assert_eq!(
            sides("while True:\n    event()\n    if a:\n        break\nhere()"),
            (true, false)
        );
        assert_eq!(sides("here()\nfor i in a:\n    event()"), (false, false));
        assert_eq!(
            sides("while True:\n    if a():\n        break\nhere()\nevent()"),
            (false, true)
        );
    }

    #[test]
    fn short_circuits_are_followed() {
        assert_eq!(sides("if a and event():\n    here()"), (true, false));
        assert_eq!(sides("if a or event():\n    here()"), (false, false));
        assert_eq!(sides("if not (not a or event()):\n    here()"), (true, false));
        assert_eq!(sides("if a is None or not event():\n    return\nhere()"), (true, false));
        assert_eq!(sides("if a and b and event():\n    here()"), (true, false));
    }

    #[test]
    fn exceptions_leave_before_the_event() {
        assert_eq!(sides("try:\n    event()\nexcept E:\n    pass\nhere()"), (false, false));
        assert_eq!(sides("try:\n    event()\nexcept E:\n    raise\nhere()"), (true, false));
        assert_eq!(sides("try:\n    b()\nfinally:\n    event()\nhere()"), (true, false));
        assert_eq!(sides("try:\n    here()\nfinally:\n    event()"), (false, true));
        let facts = facts_of(
            "def f():\n    try:\n        event()\n    except E:\n        pass\n    here()",
        );
        let flow = Flow::new(&facts.fns[FnId(1)]);
        let points = calls(&facts, "event").into_iter().collect();
        let marks = Marks { points, lenient: true, ..Marks::default() };
        assert!(flow.always_before(&marks, calls(&facts, "here")[0]));
    }

    #[test]
    fn rejects_and_ends_are_no_normal_exits() {
        let facts = facts_of(
            "def f(a):\n    if a:\n        stop()\n    else:\n        event()\n    here()\n",
        );
        let mut flow = Flow::new(&facts.fns[FnId(1)]);
        let points = calls(&facts, "event").into_iter().collect();
        let marks = Marks { points, ..Marks::default() };
        assert!(!flow.always(&marks));
        flow.ends.extend(calls(&facts, "stop"));
        assert!(flow.always(&marks));
        let facts = facts_of("def f(a):\n    if a:\n        return no()\n    event()\n");
        let mut flow = Flow::new(&facts.fns[FnId(1)]);
        let points = calls(&facts, "event").into_iter().collect();
        let marks = Marks { points, ..Marks::default() };
        assert!(!flow.always(&marks));
        flow.rejects.extend(calls(&facts, "no").iter().map(|point| point.node));
        assert!(flow.always(&marks));
    }

    #[test]
    fn sides_of_branches() {
        let facts = facts_of(
            "def f(a):\n    if a and not test():\n        one()\n    else:\n        two()\n    three()\n",
        );
        let ir = &facts.fns[FnId(1)];
        let flow = Flow::new(ir);
        let test = calls(&facts, "test")[0];
        let InstrKind::Eval(term) = ir.blocks[test.node].instrs[test.at].kind else { panic!() };
        let false_on = flow.sides_implying(term, false);
        assert!(
            !false_on.is_empty()
                && false_on.iter().all(|(node, side)| {
                    let [then, orelse] = flow.sides(*node).unwrap();
                    let side = if *side { then } else { orelse };
                    side.holds(calls(&facts, "one")[0])
                })
        );
        let decided = false_on.iter().any(|(node, _)| {
            let [then, orelse] = flow.sides(*node).unwrap();
            let only_one = |name: &str| {
                let point = calls(&facts, name)[0];
                then.holds(point) != orelse.holds(point)
            };
            only_one("one") && only_one("two") && !only_one("three")
        });
        assert!(decided);
    }
}
