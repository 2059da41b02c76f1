//! What Python's own functions make of collections and numbers.

use super::args::Actuals;
use super::iterate::{MAX_ELEMENTS, elements};
use super::ops::equal;
use super::value::{Kind, Val};
use crate::facts::{Const, SeqKind};

/// `dict.fromkeys(keys, value)`
pub(super) fn keyed(actuals: &Actuals) -> Val {
    let Some((keys, open)) = actuals.positional.first().and_then(elements) else {
        return Val::opaque();
    };
    let none = || Val::new(Kind::Const(Const::None));
    let value = actuals.positional.get(1).cloned().unwrap_or_else(none);
    let mut entries = Vec::with_capacity(keys.len());
    for key in keys {
        super::mutate::set_entry(&mut entries, key, value.clone());
    }
    Val::dict(entries, open)
}

pub(super) fn sequence(kind: SeqKind, source: Option<&Val>) -> Val {
    let Some(source) = source else { return Val::seq(kind, Vec::new(), false) };
    match &source.in_force().unwrap_or(source).kind {
        Kind::Seq(seq) => Val::seq(kind, seq.items.clone(), seq.open),
        Kind::Dict(dict) => {
            Val::seq(kind, dict.entries.iter().map(|(k, _)| k.clone()).collect(), dict.open)
        }
        _ => Val::seq(kind, Vec::new(), true),
    }
}

/// `dict.fromkeys(keys, value)`
pub(super) fn from_keys(actuals: &Actuals) -> Val {
    let none = || Val::new(Kind::Const(Const::None));
    let value = actuals.positional.get(1).cloned().unwrap_or_else(none);
    let keys = actuals.positional.first().and_then(elements);
    keys.map_or_else(Val::opaque, |(keys, open)| {
        let mut entries = Vec::with_capacity(keys.len());
        for key in keys {
            super::mutate::set_entry(&mut entries, key, value.clone());
        }
        Val::dict(entries, open)
    })
}

/// `any` and `all`.
pub(super) fn quantified((items, open): &(Vec<Val>, bool), any: bool) -> Val {
    let mut unknown = *open;
    for item in items {
        match item.truth() {
            Some(truth) if truth == any => return Val::bool(any),
            Some(_) => {}
            None => unknown = true,
        }
    }
    if unknown { Val::opaque() } else { Val::bool(!any) }
}

/// `sorted(…)` of texts.
pub(super) fn sorted(mut items: Vec<Val>, open: bool) -> Val {
    if open || items.iter().any(|item| item.as_str().is_none()) {
        return Val::seq(SeqKind::List, items, true);
    }
    items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    Val::seq(SeqKind::List, items, false)
}

pub(super) fn range(args: &[Val]) -> Val {
    let number = |v: &Val| match v.as_const() {
        Some(Const::Int(n)) => Some(*n),
        _ => None,
    };
    let (first, end) = match args {
        [end] => (Some(0), number(end)),
        [first, end] => (number(first), number(end)),
        _ => (None, None),
    };
    match (first, end) {
        (Some(first), Some(end)) if end.saturating_sub(first) <= MAX_ELEMENTS as i64 => {
            Val::seq(SeqKind::List, (first..end).map(Val::int).collect(), false)
        }
        _ => Val::opaque(),
    }
}

pub(super) fn to_int(value: &Val) -> Val {
    match &value.kind {
        Kind::Const(Const::Int(n)) => Val::int(*n),
        Kind::Const(Const::Bool(b)) => Val::int(i64::from(*b)),
        Kind::Const(Const::Float(n)) if n.abs() < 9e15 => Val::int(n.trunc() as i64),
        Kind::Const(Const::Str(text)) => {
            text.trim().replace('_', "").parse().map_or_else(|_| Val::opaque(), Val::int)
        }
        _ => Val::opaque(),
    }
}

pub(super) fn to_float(value: &Val) -> Val {
    let number = value.as_number().or_else(|| value.as_str()?.trim().parse().ok());
    number.map_or_else(Val::opaque, |n| Val::new(Kind::Const(Const::Float(n))))
}

pub(super) fn length(value: &Val) -> Val {
    let count = match &value.kind {
        Kind::Const(Const::Str(text)) => text.chars().count(),
        Kind::Const(Const::Bytes(bytes)) => bytes.len(),
        Kind::Secret(secret) => secret.length as usize,
        Kind::Seq(seq) if !seq.open && seq.kind != SeqKind::Set => seq.items.len(),
        Kind::Seq(seq) if !seq.open => distinct(&seq.items).unwrap_or(usize::MAX),
        Kind::Dict(dict) if !dict.open => dict.entries.len(),
        _ => return Val::opaque(),
    };
    i64::try_from(count).map_or_else(|_| Val::opaque(), Val::int)
}

/// Number of distinct items of a set display.
fn distinct(items: &[Val]) -> Option<usize> {
    let mut seen: Vec<&Val> = Vec::new();
    for item in items {
        let mut known = false;
        for other in &seen {
            known |= equal(other, item)?;
        }
        if !known {
            seen.push(item);
        }
    }
    Some(seen.len())
}
