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
