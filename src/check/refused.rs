//! Values that the program itself refuses: a test of the value that is known to come out so that
//! an exception follows, or the end of the process. Nothing is ever served with such a value.

use std::sync::Arc;

use crate::base::{FxHashSet, Loc, Symbol};
use crate::facts::{FnIr, InstrKind, NodeId, Op, Term, TermId, Terminator};
use crate::link::{Callee, Cx, FnRef, Frame, Kind, Val};
use crate::syntax::ast::{BoolOp, CmpOp, UnaryOp};

/// Deepest that the test of a branch is looked into.
const MAX_DEPTH: u32 = 8;
/// Most blocks from a test to the exception.
const MAX_BLOCKS: u32 = 4;

/// A value as it is told from others: by the place it is written at and, as equal literals of a
/// body are one term, by the environment variable it is the default of.
struct Wanted<'v> {
    loc: Loc,
    variable: Option<&'v str>,
}

/// Whether code of the project refuses a value, of which `variable` is known to be the
/// environment variable that it is the default of.
pub(super) fn is_refused(cx: &Cx<'_, '_>, value: &Val, variable: Option<&str>) -> bool {
    let Some(loc) = value.in_force().and_then(|v| v.loc).or(value.loc) else { return false };
    let wanted = Wanted { loc, variable: variable.or(variable_of(value)) };
    let ends = ending_names(cx);
    let units = cx.project.units.iter_enumerated().filter(|(_, unit)| unit.production);
    let funcs = units.flat_map(|(unit, u)| u.facts.fns.ids().map(move |func| FnRef { unit, func }));
    let mut funcs = funcs.into_iter();
    funcs.any(|func| refuses(cx, func, &wanted, &ends))
}

/// The last names of library functions that end the process.
fn ending_names(cx: &Cx<'_, '_>) -> FxHashSet<Symbol> {
    let calls = cx.project.rules.library.calls.iter();
    let ending = calls.filter(|(_, models)| models.iter().any(|model| model.never_returns));
    ending.filter_map(|(path, _)| path.last().copied()).collect()
}

/// Whether a body refuses a value.
fn refuses(cx: &Cx<'_, '_>, func: FnRef, wanted: &Wanted<'_>, ends: &FxHashSet<Symbol>) -> bool {
    let ir = cx.project.ir(func);
    let frame = Frame::open(func);
    ir.blocks.iter().any(|block| {
        let Terminator::Branch { test, then, orelse, .. } = block.end else { return false };
        let sides = [(then, orelse, true), (orelse, then, false)];
        sides.into_iter().any(|(to, other, side)| {
            gives_up(cx, ir, to, other, &frame, ends) && decides(cx, &frame, test, side, wanted, 0)
        })
    })
}

/// Whether a test comes out as `side` because of a value. Of several tests that all
/// must, the others count as met unless they are known not to be: what they exempt (developers,
/// tests, commands) serves nobody.
fn decides(
    cx: &Cx<'_, '_>,
    frame: &Arc<Frame>,
    test: TermId,
    side: bool,
    wanted: &Wanted<'_>,
    depth: u32,
) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let inner = |term: &TermId, side: bool| decides(cx, frame, *term, side, wanted, depth + 1);
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
            concerns(cx, frame, test, wanted, 0) && {
                cx.refuel();
                let truth = cx.eval(test, frame).truth();
                truth.map_or_else(|| is_it(cx, frame, test, side, wanted), |truth| truth == side)
            }
        }
    }
}

/// Whether a test asks of something unknown whether it is the value: `config["KEY"] == DEFAULT`.
fn is_it(
    cx: &Cx<'_, '_>,
    frame: &Arc<Frame>,
    test: TermId,
    side: bool,
    wanted: &Wanted<'_>,
) -> bool {
    let Term::Op(Op::Compare(op), operands) = &cx.project.ir(frame.func).terms[test] else {
        return false;
    };
    let equal = match op {
        CmpOp::Eq => true,
        CmpOp::NotEq => false,
        _ => return false,
    };
    equal == side && operands.iter().any(|term| concerns(cx, frame, *term, wanted, MAX_DEPTH))
}

/// The environment variable that a value is read from.
fn variable_of(value: &Val) -> Option<&str> {
    match &value.kind {
        Kind::Env(env) => env.key.as_deref(),
        Kind::Setting(setting) => variable_of(setting.value.as_ref()?),
        _ => None,
    }
}

/// Whether a value is part of a term.
fn concerns(
    cx: &Cx<'_, '_>,
    frame: &Arc<Frame>,
    term: TermId,
    wanted: &Wanted<'_>,
    depth: u32,
) -> bool {
    if depth > MAX_DEPTH {
        return false;
    }
    let terms = &cx.project.ir(frame.func).terms;
    // Equal literals of a body are one term, whose place is that of the first.
    if matches!(terms[term], Term::Const(_) | Term::Secret(_)) {
        return false;
    }
    cx.refuel();
    let value = cx.eval(term, frame);
    let other = variable_of(&value).zip(wanted.variable).is_some_and(|(a, b)| a != b);
    if !other && value.in_force().and_then(|v| v.loc) == Some(wanted.loc) {
        return true;
    }
    let inner = |term: &TermId| concerns(cx, frame, *term, wanted, depth + 1);
    match &terms[term] {
        Term::Op(_, operands) => operands.iter().any(inner),
        Term::Call { func, args } => inner(func) || args.iter().any(|arg| inner(&arg.value)),
        Term::Attr(object, _) => inner(object),
        _ => false,
    }
}

/// Whether the side `to` of a test, as far as it is no part of the `other` one, ends with an
/// exception that nothing catches, or with the process, at least on one way: what further tests
/// exempt serves nobody.
fn gives_up(
    cx: &Cx<'_, '_>,
    ir: &FnIr,
    to: NodeId,
    other: NodeId,
    frame: &Arc<Frame>,
    names: &FxHashSet<Symbol>,
) -> bool {
    let mut ways = vec![to];
    let mut shared = None;
    for _ in 0..MAX_BLOCKS {
        let Some(node) = ways.pop() else { return false };
        let block = &ir.blocks[node];
        if block.instrs.iter().any(|instr| ends(cx, ir, &instr.kind, frame, names)) {
            return true;
        }
        match &block.end {
            Terminator::Raise { .. } if block.handlers.is_empty() => return true,
            Terminator::Goto(to) => ways.push(*to),
            Terminator::Branch { then, orelse, .. } => {
                let shared = shared.get_or_insert_with(|| ir.reached(other, None));
                ways.extend([*orelse, *then].into_iter().filter(|to| !shared.contains(to)));
            }
            _ => {}
        }
    }
    false
}

/// Whether an instruction ends the process.
fn ends(
    cx: &Cx<'_, '_>,
    ir: &FnIr,
    instr: &InstrKind,
    frame: &Arc<Frame>,
    names: &FxHashSet<Symbol>,
) -> bool {
    let InstrKind::Eval(term) = instr else { return false };
    let Term::Call { func, .. } = ir.terms[*term] else { return false };
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
}
