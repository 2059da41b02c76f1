//! Values that the program itself refuses: a test of the value that is known to come out so that
//! an exception follows, or the end of the process. Nothing is ever served with such a value.

use std::sync::Arc;

use crate::base::{FxHashSet, Loc, Symbol};
use crate::facts::{FnIr, InstrKind, NodeId, Op, Term, TermId, Terminator};
use crate::link::{Callee, Cx, FnRef, Frame, Val};
use crate::syntax::ast::{BoolOp, UnaryOp};

/// Deepest that the test of a branch is looked into.
const MAX_DEPTH: u32 = 8;
/// Most blocks from a test to the exception.
const MAX_BLOCKS: u32 = 4;

/// Whether code of the project refuses a value, told by the place it is written at.
pub(super) fn is_refused(cx: &Cx<'_, '_>, value: &Val) -> bool {
    let Some(loc) = value.in_force().and_then(|v| v.loc).or(value.loc) else { return false };
    let ends = ending_names(cx);
    let units = cx.project.units.iter_enumerated().filter(|(_, unit)| unit.production);
    let funcs = units.flat_map(|(unit, u)| u.facts.fns.ids().map(move |func| FnRef { unit, func }));
    let mut funcs = funcs.into_iter();
    funcs.any(|func| refuses(cx, func, loc, &ends))
}

/// The last names of library functions that end the process.
fn ending_names(cx: &Cx<'_, '_>) -> FxHashSet<Symbol> {
    let calls = cx.project.rules.library.calls.iter();
    let ending = calls.filter(|(_, models)| models.iter().any(|model| model.never_returns));
    ending.filter_map(|(path, _)| path.last().copied()).collect()
}

/// Whether a body refuses the value at `loc`.
fn refuses(cx: &Cx<'_, '_>, func: FnRef, loc: Loc, ends: &FxHashSet<Symbol>) -> bool {
    let ir = cx.project.ir(func);
    let frame = Frame::open(func);
    ir.blocks.iter().any(|block| {
        let Terminator::Branch { test, then, orelse, .. } = block.end else { return false };
        let sides = [(then, true), (orelse, false)];
        sides.into_iter().any(|(to, side)| {
            gives_up(cx, ir, to, &frame, ends) && decides(cx, &frame, test, side, loc, 0)
        })
    })
}

/// Whether a test comes out as `side` because of the value at `loc`. Of several tests that all
/// must, the others count as met unless they are known not to be: what they exempt (developers,
/// tests, commands) serves nobody.
fn decides(
    cx: &Cx<'_, '_>,
    frame: &Arc<Frame>,
    test: TermId,
    side: bool,
    loc: Loc,
    depth: u32,
) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let inner = |term: &TermId, side: bool| decides(cx, frame, *term, side, loc, depth + 1);
    match &cx.project.ir(frame.func).terms[test] {
        Term::Op(Op::Unary(UnaryOp::Not), operands) => {
            operands.first().is_some_and(|term| inner(term, !side))
        }
        Term::Op(Op::Bool(op), operands) => {
            let met = |term: &TermId| {
                cx.refuel();
                cx.eval(*term, frame).truth() != Some(!side)
            };
            let all = (*op == BoolOp::And) == side;
            operands.iter().any(|term| inner(term, side)) && (!all || operands.iter().all(met))
        }
        _ => {
            concerns(cx, frame, test, loc, 0) && {
                cx.refuel();
                cx.eval(test, frame).truth() == Some(side)
            }
        }
    }
}

/// Whether the value at `loc` is part of a term.
fn concerns(cx: &Cx<'_, '_>, frame: &Arc<Frame>, term: TermId, loc: Loc, depth: u32) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    cx.refuel();
    let value = cx.eval(term, frame);
    if value.in_force().and_then(|v| v.loc) == Some(loc) {
        return true;
    }
    let inner = |term: &TermId| concerns(cx, frame, *term, loc, depth + 1);
    match &cx.project.ir(frame.func).terms[term] {
        Term::Op(_, operands) => operands.iter().any(inner),
        Term::Call { func, args } => inner(func) || args.iter().any(|arg| inner(&arg.value)),
        Term::Attr(object, _) => inner(object),
        _ => false,
    }
}

/// Whether a block ends with an exception that nothing catches, or with the process.
fn gives_up(
    cx: &Cx<'_, '_>,
    ir: &FnIr,
    mut node: NodeId,
    frame: &Arc<Frame>,
    names: &FxHashSet<Symbol>,
) -> bool {
    for _ in 0..MAX_BLOCKS {
        let block = &ir.blocks[node];
        let ends = block.instrs.iter().any(|instr| {
            let InstrKind::Eval(term) = instr.kind else { return false };
            let Term::Call { func, .. } = ir.terms[term] else { return false };
            let may_end = match &ir.terms[func] {
                Term::Attr(_, name) | Term::Global(name) => names.contains(name),
                term => matches!(term, Term::Import(_)),
            };
            if !may_end {
                return false;
            }
            cx.refuel();
            let Callee::Lib(path) = cx.callee(func, frame) else { return false };
            cx.call_model(&path).is_some_and(|model| model.never_returns)
        });
        match &block.end {
            _ if ends => return true,
            Terminator::Raise { .. } => return block.handlers.is_empty(),
            Terminator::Goto(to) => node = *to,
            _ => return false,
        }
    }
    false
}
