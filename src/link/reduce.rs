//! Builtins that make one value of many: `sum`, `min`, `max`, `abs`.

use super::args::Actuals;
use super::iterate::elements;
use super::ops::{self, lift};
use super::pybuiltins::Builtin;
use super::value::{Kind, Val};
use crate::facts::Const;
use crate::syntax::ast::{BinOp, CmpOp};

pub(super) fn reducing_call(builtin: Builtin, actuals: &Actuals) -> Val {
    let args = actuals.positional.as_slice();
    if !actuals.keywords.is_empty() || actuals.star_open {
        return Val::opaque();
    }
    let reduced = match (builtin, args) {
        (Builtin::Abs, [value]) => return lift(value, &absolute),
        (Builtin::Sum, [items]) => closed(items).and_then(|all| total(Val::int(0), &all)),
        (Builtin::Sum, [items, first]) => closed(items).and_then(|all| total(first.clone(), &all)),
        (Builtin::Min | Builtin::Max, [items]) => {
            closed(items).and_then(|all| extreme(builtin, &all))
        }
        (Builtin::Min | Builtin::Max, all) => extreme(builtin, all),
        _ => None,
    };
    reduced.unwrap_or_else(Val::opaque)
}

/// What iterating gives, all of it.
fn closed(items: &Val) -> Option<Vec<Val>> {
    elements(items).filter(|(_, open)| !open).map(|(all, _)| all)
}

fn total(first: Val, items: &[Val]) -> Option<Val> {
    items.iter().try_fold(first, |sum, item| {
        let sum = ops::lift2(&sum, item, &|a, b| match (a.as_seq(), b.as_seq()) {
            (Some(x), Some(y)) if x.kind == y.kind => {
                let items = x.items.iter().chain(&y.items).cloned().collect();
                Val::seq(x.kind, items, x.open || y.open)
            }
            _ => ops::arithmetic(BinOp::Add, a, b).unwrap_or_else(Val::opaque),
        });
        (!sum.is_unknown()).then_some(sum)
    })
}

fn extreme(builtin: Builtin, items: &[Val]) -> Option<Val> {
    let wanted = if builtin == Builtin::Min { CmpOp::Lt } else { CmpOp::Gt };
    let (first, rest) = items.split_first()?;
    rest.iter().try_fold(first.clone(), |best, item| {
        let better = ops::compare(wanted, item.in_force()?, best.in_force()?)?;
        Some(if better { item.clone() } else { best })
    })
}

fn absolute(value: &Val) -> Val {
    match &value.kind {
        Kind::Const(Const::Int(n)) => n.checked_abs().map_or_else(Val::opaque, Val::int),
        Kind::Const(Const::Float(n)) => Val::new(Kind::Const(Const::Float(n.abs()))),
        _ => Val::opaque(),
    }
}
