//! Keys that hold groups of field names, such as indexes and constraints. A group of one field
//! says something of that field.

use super::{DataClass, keys};
use crate::base::FxHashSet;
use crate::facts::Term;
use crate::link::{Callee, Cx, Kind, Val};
use crate::project::Entity;
use crate::rule::data_model::DataGroup;

/// Gives the fields of a class what its groups say of them.
pub(super) fn apply(cx: &Cx<'_, '_>, data: DataClass<'_>, fields: &mut [Entity]) {
    if fields.is_empty() {
        return;
    }
    for group in &data.model.groups {
        cx.refuel();
        let Some(key) = keys::key(cx, data.owner, &group.key) else { continue };
        for value in key.value.alternatives() {
            let Some(seq) = value.in_force().and_then(Val::as_seq) else { continue };
            let texts = seq.items.iter().all(|item| item.as_str().is_some());
            if group.flat && texts {
                one(group, value, None, fields);
                continue;
            }
            for item in &seq.items {
                match &group.calls[..] {
                    [] => one(group, item, item.as_dict().map(|_| item), fields),
                    _ => {
                        if let Some(args) = call_arguments(cx, group, item) {
                            one(group, &args, None, fields);
                        }
                    }
                }
            }
        }
    }
}

/// The arguments of one of the group's calls, as one list.
fn call_arguments(cx: &Cx<'_, '_>, group: &DataGroup, item: &Val) -> Option<Val> {
    let origin = cx.call_origin(item)?;
    let Term::Call { func, args } = cx.project.term(origin.term) else { return None };
    let Callee::Lib(path) = cx.callee(*func, &origin.frame) else { return None };
    if !group.calls.contains(&path) {
        return None;
    }
    let actuals = cx.actuals(args, &origin.frame);
    let keywords = actuals.keywords.into_iter().map(|(_, value)| value);
    let items = actuals.positional.into_iter().chain(keywords).collect();
    Some(Val::seq(crate::facts::SeqKind::List, items, actuals.star_open))
}

/// Marks the field that a group names, if it names one.
fn one(group: &DataGroup, names: &Val, dict: Option<&Val>, fields: &mut [Entity]) {
    let dict = dict.and_then(Val::as_dict);
    let entry = |name: &str| {
        let entries = dict.into_iter().flat_map(|dict| &dict.entries);
        entries.into_iter().find(|(key, _)| key.as_str() == Some(name)).map(|(_, value)| value)
    };
    let names = match (&group.names, dict) {
        (Some(name), Some(_)) => entry(name),
        (None, Some(_)) => None,
        (_, None) => Some(names),
    };
    let mut texts = FxHashSet::default();
    if !names.is_some_and(|names| collect(names, 0, &mut texts)) {
        return;
    }
    let mut named = fields.iter_mut().filter(|field| texts.contains(&super::name_of(field)));
    let (Some(field), None) = (named.next(), named.next()) else { return };
    field.set(&group.attribute, Val::bool(true));
    for (attribute, key) in &group.with {
        if let Some(value) = entry(key) {
            field.set(attribute, value.clone());
        }
    }
}

/// The texts in nested lists, without signs of order before them; false: there may be others.
fn collect(value: &Val, depth: u32, texts: &mut FxHashSet<String>) -> bool {
    match &value.kind {
        Kind::Seq(seq) if depth < 4 => {
            seq.items.iter().fold(!seq.open, |all, item| collect(item, depth + 1, texts) && all)
        }
        _ => {
            if let Some(text) = value.as_str() {
                let sign = |c: char| !c.is_alphanumeric() && c != '_';
                texts.insert(text.trim_start_matches(sign).to_owned());
            }
            true
        }
    }
}
