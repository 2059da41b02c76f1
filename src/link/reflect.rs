//! Builtins that look at objects by the names of their attributes.

use super::args::Actuals;
use super::pybuiltins::Builtin;
use super::value::{Kind, Val};
use super::{Cx, UnitId};
use crate::facts::SeqKind;

impl Cx<'_, '_> {
    /// `getattr`, `hasattr`, `dir`, `globals`, `locals`, `vars`, `callable`
    pub(super) fn reflecting_call(&self, builtin: Builtin, actuals: &Actuals) -> Val {
        let first = actuals.positional.first();
        match builtin {
            Builtin::GetAttr => self.get_attribute(actuals),
            Builtin::HasAttr => match (first, actuals.positional.get(1).and_then(Val::as_str)) {
                (Some(object), Some(name)) => {
                    self.has_attribute(object, name).map_or_else(Val::opaque, Val::bool)
                }
                _ => Val::opaque(),
            },
            Builtin::Dir => match first {
                None => names_of(&self.namespace_dict()),
                Some(object) => self
                    .module_of(object)
                    .map_or_else(Val::opaque, |unit| names_of(&self.module_dict(unit))),
            },
            Builtin::Callable => match first.map(|v| &v.kind) {
                Some(Kind::Function(_) | Kind::Class(_)) => Val::bool(true),
                Some(Kind::Const(_) | Kind::Secret(_) | Kind::Dict(_) | Kind::Seq(_)) => {
                    Val::bool(false)
                }
                _ => Val::opaque(),
            },
            _ => match first {
                None => self.namespace_dict(),
                Some(object) => {
                    self.module_of(object).map_or_else(Val::opaque, |unit| self.module_dict(unit))
                }
            },
        }
    }

    /// `getattr(object, name, default)`
    fn get_attribute(&self, actuals: &Actuals) -> Val {
        let [object, name, rest @ ..] = actuals.positional.as_slice() else {
            return Val::opaque();
        };
        let Some(name) = name.in_force().and_then(Val::as_str) else { return Val::opaque() };
        if let [default, ..] = rest
            && self.has_attribute(object, name) == Some(false)
        {
            return default.clone();
        }
        let symbol = self.project.names.get(name);
        symbol.map_or_else(Val::opaque, |name| self.attribute(object, name))
    }

    /// Whether a module has a name; not known of other objects.
    fn has_attribute(&self, object: &Val, name: &str) -> Option<bool> {
        let unit = self.module_of(object)?;
        let unit = Some(unit).filter(|unit| self.has_names(*unit))?;
        let Some(symbol) = self.project.names.get(name) else { return Some(false) };
        let names = self.names_of(unit);
        match names.bound.get(&symbol) {
            Some(bound) => {
                let absent = |v: &Val| matches!(v.kind, Kind::Absent);
                (!bound.value.alternatives().iter().any(absent)).then_some(true)
            }
            None => (!names.open).then_some(false),
        }
    }

    /// The module an object is.
    fn module_of(&self, object: &Val) -> Option<UnitId> {
        match object.kind {
            Kind::Module(unit) => Some(unit),
            _ => None,
        }
    }
}

/// The keys of a namespace, as `dir` gives them.
fn names_of(namespace: &Val) -> Val {
    let Some(dict) = namespace.as_dict() else { return Val::opaque() };
    let names = dict.entries.iter().map(|(name, _)| name.clone()).collect();
    Val::seq(SeqKind::List, names, dict.open)
}
