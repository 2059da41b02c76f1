//! Containers that change in place.

use std::sync::Arc;

use super::args::{Actuals, Callee};
use super::ops::equal;
use super::types::Ty;
use super::value::{DictVal, Frame, Kind, Val};
use super::{Cx, FnRef};
use crate::base::Symbol;
use crate::facts::{Const, InstrKind, Mutation, Place, SeqKind, Term, TermId};

/// The value under a constant key.
pub fn entry<'d>(dict: &'d DictVal, key: &Val) -> Option<&'d Val> {
    let key = key.in_force().filter(|key| key.as_const().is_some())?;
    dict.entries.iter().find(|(k, _)| same_key(k, key)).map(|(_, v)| v)
}

/// Whether a dict holds one entry for both: `1`, `1.0` and `True` are the same key.
fn same_key(a: &Val, b: &Val) -> bool {
    a.as_const().is_some() && equal(a, b) == Some(true)
}

/// Sets an entry; an earlier one of the same constant key is replaced.
pub fn set_entry(entries: &mut Vec<(Val, Val)>, key: Val, value: Val) {
    match entries.iter_mut().find(|(known, _)| same_key(known, &key)) {
        // The place of the later key tells where the value is given. Of keys that are spelled
        // differently, as `1` and `True`, Python keeps the first.
        Some(entry) if entry.0.as_const() == key.as_const() => *entry = (key, value),
        Some(entry) => entry.1 = value,
        None => entries.push((key, value)),
    }
}

impl Cx<'_, '_> {
    /// A container after a mutation below `path`.
    pub(super) fn mutated(
        &self,
        base: &Val,
        path: &[TermId],
        op: &Mutation,
        frame: &Arc<Frame>,
    ) -> Val {
        if !self.may_be_container(base) {
            return base.clone();
        }
        let keys: Vec<Val> = path.iter().map(|t| self.eval(*t, frame)).collect();
        let mut changed = self.mutate_at(base, &keys, op, frame);
        // It is still the same object: joins and types go by where it came from.
        changed.origin.clone_from(&base.origin);
        changed.loc = base.loc;
        changed
    }

    /// Whether a value is, or may be, one of Python's own containers.
    fn may_be_container(&self, value: &Val) -> bool {
        match &value.kind {
            Kind::Dict(_) | Kind::Seq(_) => true,
            Kind::OneOf(values) => values.iter().any(|v| self.may_be_container(v)),
            Kind::Opaque | Kind::Param(..) => match self.type_of_val(value) {
                None => true,
                Some(Ty::Lib(path)) => path.len() == 1,
                Some(Ty::Class(_)) => false,
            },
            _ => false,
        }
    }

    fn mutate_at(&self, base: &Val, keys: &[Val], op: &Mutation, frame: &Arc<Frame>) -> Val {
        if let Kind::OneOf(values) = &base.kind {
            let changed = values.iter().map(|v| self.mutate_at(v, keys, op, frame)).collect();
            return super::value::one_of(changed);
        }
        match keys.split_first() {
            None => self.mutate(base, op, frame),
            Some((key, rest)) => {
                let (mut entries, open) = parts(base);
                let inner = base.as_dict().and_then(|d| entry(d, key)).cloned();
                let inner = inner.unwrap_or_else(Val::opaque);
                if key.as_const().is_none() {
                    return Val::dict(entries, true);
                }
                set_entry(&mut entries, key.clone(), self.mutate_at(&inner, rest, op, frame));
                Val::dict(entries, open)
            }
        }
    }

    fn mutate(&self, base: &Val, op: &Mutation, frame: &Arc<Frame>) -> Val {
        match op {
            Mutation::Set { key, value, span }
                if let (Some(seq), Term::Slice(parts)) =
                    (base.as_seq(), &self.project.ir(frame.func).terms[*key]) =>
            {
                let value = self.given(*value, *span, frame);
                self.spliced(seq, parts, Some(&value), frame)
            }
            Mutation::Delete(key)
                if let (Some(seq), Term::Slice(parts)) =
                    (base.as_seq(), &self.project.ir(frame.func).terms[*key]) =>
            {
                self.spliced(seq, parts, None, frame)
            }
            Mutation::Set { key, value, span } => {
                let key = self.eval(*key, frame);
                self.set_item(base, key, self.given(*value, *span, frame))
            }
            Mutation::Delete(key) => {
                let key = self.eval(*key, frame);
                if let Some(seq) = base.as_seq() {
                    return without_item(seq, &key);
                }
                let (mut entries, open) = parts(base);
                if key.as_const().is_none() {
                    return Val::dict(entries, true);
                }
                entries.retain(|(k, _)| !same_key(k, &key));
                Val::dict(entries, open)
            }
            Mutation::Method { name, args, .. } => {
                let actuals = self.actuals(args, frame);
                self.apply_method(base, *name, &actuals)
            }
        }
    }

    fn set_item(&self, base: &Val, key: Val, value: Val) -> Val {
        if let Some(seq) = base.as_seq() {
            let mut items = seq.items.clone();
            let slot = index_of(&key, items.len()).and_then(|at| items.get_mut(at));
            let known = slot.map(|slot| *slot = value).is_some();
            return Val::seq(seq.kind, items, seq.open || !known);
        }
        let (mut entries, open) = parts(base);
        let open = open || key.as_const().is_none();
        set_entry(&mut entries, key, value);
        Val::dict(entries, open)
    }

    /// A container after one of its own methods.
    fn apply_method(&self, base: &Val, name: Symbol, actuals: &Actuals) -> Val {
        let name = self.project.name(name);
        if let Some(seq) = base.as_seq() {
            return apply_to_seq(seq.kind, &seq.items, seq.open, name, actuals);
        }
        let (mut entries, mut open) = parts(base);
        let first = actuals.positional.first();
        match name {
            "update" => {
                open |= actuals.kw_open || actuals.star_open;
                for source in &actuals.positional {
                    match self.as_pairs(source) {
                        Some((pairs, more)) => {
                            open |= more;
                            for (key, value) in pairs {
                                set_entry(&mut entries, key, value);
                            }
                        }
                        None => open = true,
                    }
                }
                for (key, value) in &actuals.keywords {
                    set_entry(&mut entries, Val::text(self.project.name(*key)), value.clone());
                }
            }
            "setdefault" => {
                let dict = DictVal { entries: entries.clone(), open };
                match first {
                    Some(key) if entry(&dict, key).is_none() => {
                        let default = actuals.positional.get(1).cloned();
                        set_entry(&mut entries, key.clone(), default.unwrap_or_else(Val::opaque));
                    }
                    Some(_) => {}
                    None => open = true,
                }
            }
            "pop" => match first.filter(|key| key.as_const().is_some()) {
                Some(key) => entries.retain(|(k, _)| !same_key(k, key)),
                None => open = true,
            },
            "clear" => {
                entries.clear();
                open = false;
            }
            // On a value that is not known to be a dict these say that it is a list.
            "append" | "extend" | "insert" if entries.is_empty() => {
                return apply_to_seq(SeqKind::List, &[], true, name, actuals);
            }
            _ => open = true,
        }
        Val::dict(entries, open)
    }

    /// A container after it was passed to a call: as before, unless a project function that may
    /// change it, or an unknown one, had it.
    pub(super) fn escaped(&self, base: Val, call: TermId, frame: &Arc<Frame>) -> Val {
        let Term::Call { func, args } = &self.project.ir(frame.func).terms[call] else {
            return base;
        };
        let changed = match self.callee(*func, frame) {
            Callee::Lib(_) | Callee::Method { .. } | Callee::Class(_) => false,
            Callee::Fn { func, .. } => !args.is_empty() && self.changes_parameters(func),
            Callee::Unknown { receiver, .. } => receiver.is_none_or(|r| r.is_unknown()),
        };
        if !changed {
            return base;
        }
        if matches!(base.kind, Kind::Dict(_) | Kind::Seq(_)) {
            return opened(base);
        }
        let mut unknown = Val::opaque();
        unknown.origin.clone_from(&base.origin);
        unknown.loc = base.loc;
        unknown
    }

    /// Whether a function stores into a parameter, or hands one on to be changed.
    fn changes_parameters(&self, func: FnRef) -> bool {
        let ir = self.project.ir(func);
        let is_param = |term: TermId| {
            let mut at = term;
            for _ in 0..8 {
                at = match &ir.terms[at] {
                    Term::Param(_) => return true,
                    Term::Item(object, _) | Term::Attr(object, _) => *object,
                    Term::Update { base, .. } | Term::Escaped { base, .. } => *base,
                    _ => return false,
                };
            }
            false
        };
        ir.terms.iter().any(|t| matches!(t, Term::Update { base, .. } if is_param(*base)))
            || ir.blocks.iter().flat_map(|b| &b.instrs).any(|instr| {
                matches!(&instr.kind,
                    InstrKind::Store { place: Place::Item(object, _), .. } if is_param(*object))
            })
    }
}

/// A container that may hold more than is known; other values as they are.
pub fn opened(mut value: Val) -> Val {
    value.kind = match value.kind {
        Kind::Dict(dict) => Val::dict(dict.entries.clone(), true).kind,
        Kind::Seq(seq) => Val::seq(seq.kind, seq.items.clone(), true).kind,
        Kind::OneOf(values) => Kind::OneOf(Arc::new(values.iter().cloned().map(opened).collect())),
        other => other,
    };
    value
}

/// The entries of a dict and whether there may be more; of anything else nothing is known.
fn parts(value: &Val) -> (Vec<(Val, Val)>, bool) {
    match &value.kind {
        Kind::Dict(dict) => (dict.entries.clone(), dict.open),
        _ => (Vec::new(), true),
    }
}

/// The place of an item that a constant index means.
fn index_of(index: &Val, length: usize) -> Option<usize> {
    let Some(Const::Int(index)) = index.as_const() else { return None };
    let end = i64::try_from(length).ok()?;
    let at = if *index < 0 { index.checked_add(end)? } else { *index };
    usize::try_from(at).ok().filter(|at| *at < length)
}

/// `del items[key]`
fn without_item(seq: &super::value::SeqVal, key: &Val) -> Val {
    let mut items = seq.items.clone();
    let at = index_of(key, items.len()).filter(|_| !seq.open);
    let known = at.map(|at| items.remove(at)).is_some();
    Val::seq(seq.kind, items, seq.open || !known)
}

fn apply_to_seq(
    kind: SeqKind,
    items: &[Val],
    mut open: bool,
    name: &str,
    actuals: &Actuals,
) -> Val {
    let mut items = items.to_vec();
    let first = actuals.positional.first();
    match (name, first) {
        ("append" | "add", Some(value)) => items.push(value.clone()),
        ("extend" | "update", Some(value)) => match value.in_force().and_then(Val::as_seq) {
            Some(seq) => {
                open |= seq.open;
                items.extend(seq.items.iter().cloned());
            }
            None => open = true,
        },
        ("insert", Some(index)) => match (index.as_const(), actuals.positional.get(1)) {
            (Some(Const::Int(at)), Some(value)) => {
                let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
                let at = if *at < 0 { at.saturating_add(length).max(0) } else { *at };
                items.insert(usize::try_from(at.min(length)).unwrap_or(0), value.clone());
            }
            (_, Some(value)) => items.push(value.clone()),
            _ => open = true,
        },
        ("remove" | "discard", Some(value)) => {
            match items.iter().position(|item| equal(item, value) == Some(true)) {
                // A set may have been written with equal members.
                Some(_) if kind == SeqKind::Set => {
                    items.retain(|item| equal(item, value) != Some(true));
                }
                Some(at) => {
                    items.remove(at);
                }
                // It may be one of those of which nothing is known.
                None => open |= items.iter().any(|item| equal(item, value).is_none()),
            }
        }
        ("clear", _) => {
            items.clear();
            open = false;
        }
        ("pop", None) if !open && !items.is_empty() => {
            items.pop();
        }
        ("pop", Some(index)) if !open => match index_of(index, items.len()) {
            Some(at) => {
                items.remove(at);
            }
            None => open = true,
        },
        ("reverse", _) => items.reverse(),
        ("sort", _) => {}
        _ => open = true,
    }
    Val::seq(kind, items, open)
}
