//! What is done with a value: whether it is looked at in some ways and in no other.

use super::handler::bound;
use crate::base::FxHashSet;
use crate::facts::{Op, Term, TermId};
use crate::link::{Callee, Cx, FnRef, Frame, TermRef, Use, Uses};
use crate::rule::routing::Form;
use crate::syntax::ast::{ArgKind, CmpOp};

/// How deep calls of the project that get the value are followed.
const MAX_CALLS: u32 = 3;

/// Whether all that is done with a value, besides asking whether there is one, is what one of
/// `forms` says of it.
pub fn done_with(cx: &Cx<'_, '_>, value: TermRef, forms: &[Form]) -> bool {
    is_only(cx, value, forms, 0)
}

fn is_only(cx: &Cx<'_, '_>, value: TermRef, forms: &[Form], depth: u32) -> bool {
    let func = value.func;
    let uses = Uses::new(&cx.project.units[func.unit].facts, func.func, None);
    let mut seen: FxHashSet<TermId> = FxHashSet::default();
    let mut work = vec![value.term];
    while let Some(term) = work.pop() {
        if !seen.insert(term) {
            continue;
        }
        for of in uses.of(term) {
            let Use::Term(user) = of else { return false };
            if !is_look(cx, func, term, *user, forms, depth) {
                match cx.project.ir(func).terms[*user] {
                    // It may be the value still.
                    Term::Phi(_) | Term::Op(Op::Bool(_), _) => work.push(*user),
                    // A method of it.
                    Term::Attr(..) if is_method_of_form(cx, func, &uses, *user, forms) => {}
                    _ => return false,
                }
            }
        }
    }
    true
}

/// Whether `user` only asks something of its part `term` that `forms` speak of.
fn is_look(
    cx: &Cx<'_, '_>,
    func: FnRef,
    term: TermId,
    user: TermId,
    forms: &[Form],
    depth: u32,
) -> bool {
    match &cx.project.ir(func).terms[user] {
        Term::Op(Op::Unary(_) | Op::Compare(CmpOp::Is | CmpOp::IsNot), _) => true,
        Term::Call { func: callee, args } if *callee != term => {
            if is_form(cx, func, user, forms) {
                return true;
            }
            let frame = Frame::open(func);
            cx.refuel();
            let Callee::Fn { func: entered, receiver } = cx.callee(*callee, &frame) else {
                return false;
            };
            let offset = usize::from(receiver.is_some());
            let mut given = args.iter().enumerate().filter(|(_, arg)| arg.value == term);
            depth < MAX_CALLS
                && given.all(|(index, arg)| {
                    let params = &cx.project.ir(entered).params;
                    let param = match arg.kind {
                        ArgKind::Positional => Some(index + offset),
                        ArgKind::Keyword(name) => params.iter().position(|p| p.name == name),
                        ArgKind::Star | ArgKind::DoubleStar => None,
                    };
                    param.is_some_and(|param| param_is_only(cx, entered, param, forms, depth))
                })
        }
        _ => false,
    }
}

fn param_is_only(cx: &Cx<'_, '_>, func: FnRef, param: usize, forms: &[Form], depth: u32) -> bool {
    let terms = &cx.project.ir(func).terms;
    let is_param = |term: &Term| matches!(term, Term::Param(i) if *i as usize == param);
    let mut reads = terms.iter_enumerated().filter(|(_, term)| is_param(term));
    reads.all(|(term, _)| is_only(cx, TermRef { func, term }, forms, depth + 1))
}

/// Whether a method is only called as `forms` say.
fn is_method_of_form(
    cx: &Cx<'_, '_>,
    func: FnRef,
    uses: &Uses,
    method: TermId,
    forms: &[Form],
) -> bool {
    uses.of(method).iter().all(|of| match of {
        Use::Term(call) => is_form(cx, func, *call, forms),
        _ => false,
    })
}

fn is_form(cx: &Cx<'_, '_>, func: FnRef, call: TermId, forms: &[Form]) -> bool {
    let value = cx.as_written(TermRef { func, term: call });
    forms.iter().any(|form| bound(cx, form, &value).is_some())
}
