//! What a data class says of itself: attributes, entries of `meta` dicts, attributes of an inner
//! class.

use super::DataClass;
use crate::base::{Loc, Symbol};
use crate::facts::{Const, Op, Term};
use crate::link::{ClassRef, Cx, FnRef, Frame, Kind, Member, TermRef, Ty, Val};
use crate::rule::data_model::DataModel;
use crate::syntax::ast::BinOp;

/// The value under a key.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub value: Val,
    /// The term it is, when it is an attribute of a class.
    pub term: Option<TermRef>,
    /// Where it is set.
    pub loc: Loc,
}

/// A field's name in a list, and its place there.
pub(super) type Named = (String, Loc);

/// What a class, or the nearest base that says it, has under a path.
pub(super) fn key(cx: &Cx<'_, '_>, class: ClassRef, path: &[Symbol]) -> Option<Key> {
    let (first, rest) = path.split_first()?;
    let mut found = attribute(cx, class, *first)?;
    for name in rest {
        found = match &found.value.kind {
            Kind::Class(inner) => attribute(cx, *inner, *name)?,
            Kind::Dict(dict) => {
                let name = cx.project.name(*name);
                let (key, value) = dict.entries.iter().find(|(k, _)| k.as_str() == Some(name))?;
                let loc = key.loc.or(value.loc).unwrap_or(found.loc);
                Key { value: value.clone(), term: None, loc }
            }
            _ => return None,
        };
    }
    Some(found)
}

fn attribute(cx: &Cx<'_, '_>, class: ClassRef, name: Symbol) -> Option<Key> {
    match cx.member(&Ty::Class(class), name)? {
        Member::Attr(owner, term, span) => {
            let value = cx.eval(term.term, &Frame::open(term.func));
            Some(Key { value, term: Some(term), loc: cx.project.loc(owner.unit, span) })
        }
        Member::Method(_) | Member::Lib(_) => None,
    }
}

/// The table or collection a model is stored in.
pub(super) fn table(cx: &Cx<'_, '_>, model: &DataModel, class: ClassRef) -> Option<Val> {
    model.keys.table.iter().find_map(|path| key(cx, class, path)).map(|key| key.value)
}

/// Whether a class only is a base of others. What its own bases say does not count.
pub(super) fn is_abstract(cx: &Cx<'_, '_>, data: DataClass<'_>) -> bool {
    let Some((first, rest)) = data.model.keys.is_abstract.as_deref().and_then(<[_]>::split_first)
    else {
        return false;
    };
    let own = |class: ClassRef, name: Symbol| {
        let fact = cx.project.class(class);
        let (_, term, _) = fact.attrs.iter().find(|(n, ..)| *n == name)?;
        let scope = FnRef { unit: class.unit, func: fact.scope };
        Some(cx.eval(*term, &Frame::open(scope)))
    };
    let Some(mut value) = own(data.class, *first) else { return false };
    for name in rest {
        value = match &value.kind {
            Kind::Class(inner) => match own(*inner, *name) {
                Some(value) => value,
                None => return false,
            },
            Kind::Dict(dict) => {
                let name = cx.project.name(*name);
                let entry = dict.entries.iter().find(|(k, _)| k.as_str() == Some(name));
                match entry {
                    Some((_, value)) => value.clone(),
                    None => return false,
                }
            }
            _ => return false,
        };
    }
    value.truth() == Some(true)
}

/// The names in the list under a key, and whether there may be more.
pub(super) fn names(cx: &Cx<'_, '_>, key: &Key) -> (Vec<Named>, bool) {
    let mut names = Vec::new();
    let open = match key.term {
        Some(term) => collect(cx, term, key.loc, 0, &mut names),
        None => from_value(&key.value, key.loc, &mut names),
    };
    (names, open)
}

/// Follows displays and sums of displays to where each name is written.
fn collect(cx: &Cx<'_, '_>, at: TermRef, loc: Loc, depth: u32, names: &mut Vec<Named>) -> bool {
    let frame = Frame::open(at.func);
    let place = |span| cx.project.loc(at.func.unit, span);
    match cx.project.term(at) {
        Term::Seq { items, .. } => {
            let mut open = false;
            for item in items {
                let own = place(item.span);
                match &cx.project.ir(at.func).terms[item.value] {
                    Term::Const(Const::Str(text)) if !item.star => {
                        names.push((text.to_string(), own));
                    }
                    _ => {
                        let value = cx.eval(item.value, &frame);
                        open |= from_value(&value, own, names);
                    }
                }
            }
            open
        }
        Term::Op(Op::Binary(BinOp::Add), operands) if depth < 8 => {
            let mut open = false;
            for term in operands {
                let term = TermRef { func: at.func, term: *term };
                open |= collect(cx, term, loc, depth + 1, names);
            }
            open
        }
        _ => {
            let value = cx.eval(at.term, &frame);
            match elsewhere(cx, &value, at) {
                Some(term) if depth < 8 => collect(cx, term, loc, depth + 1, names),
                _ => from_value(&value, loc, names),
            }
        }
    }
}

/// The display behind a name: `fields = COMMON`.
fn elsewhere(cx: &Cx<'_, '_>, value: &Val, at: TermRef) -> Option<TermRef> {
    let origin = value.origin.as_ref().filter(|origin| origin.term != at)?;
    let is_display = matches!(cx.project.term(origin.term), Term::Seq { .. });
    (is_display && origin.frame.is_open()).then_some(origin.term)
}

fn from_value(value: &Val, loc: Loc, names: &mut Vec<Named>) -> bool {
    let mut open = false;
    for value in value.alternatives() {
        let Some(value) = value.in_force() else {
            open = true;
            continue;
        };
        match (&value.kind, value.as_str()) {
            (_, Some(text)) => names.push((text.to_owned(), loc)),
            (Kind::Seq(seq), _) => {
                open |= seq.open;
                for item in &seq.items {
                    match item.as_str() {
                        Some(text) => names.push((text.to_owned(), loc)),
                        // Methods and functions can be listed too.
                        None => open |= item.is_unknown(),
                    }
                }
            }
            (Kind::Const(Const::None) | Kind::Absent, _) => {}
            _ => open = true,
        }
    }
    open
}
