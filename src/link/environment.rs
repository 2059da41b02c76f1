//! Variables read from the environment, through what packs declare of readers.

use std::sync::Arc;

use super::Cx;
use super::args::{Actuals, Callee, default_val};
use super::eval::env_val;
use super::ops::lift;
use super::pycollections::{to_float, to_int};
use super::value::{Kind, Val};
use crate::base::{FxHashMap, Symbol};
use crate::facts::{Const, SeqKind, Term};
use crate::rule::library::EnvModel;
use crate::rule::model::{ArgPat, Pat};

impl Cx<'_, '_> {
    /// `os.environ["K"]`: a declared environment read by item.
    pub(super) fn environment_item(&self, object: &[Symbol], key: &Val) -> Option<Val> {
        let model = self.environment_model(object)?;
        let key = key.as_str().map(str::to_owned);
        Some(read(&self.project.environment, model, key, None))
    }

    /// The model of an object whose items are environment variables.
    pub(super) fn environment_model(&self, object: &[Symbol]) -> Option<&EnvModel> {
        self.project.rules.library.environment.iter().find(|m| {
            matches!(&m.pattern, Pat::Item(base, _)
                if matches!(&**base, Pat::Path(path) if path == object))
        })
    }

    /// What a reader that is assigned to an attribute reads, where the attribute names the
    /// variable; other values as they are.
    pub fn read_for_attribute(&self, value: Val, attribute: &str) -> Val {
        let read = || {
            let origin = value.origin.as_ref().filter(|_| matches!(value.kind, Kind::Env(_)))?;
            let Term::Call { func, args } = self.project.term(origin.term) else { return None };
            let Callee::Lib(path) = self.callee(*func, &origin.frame) else { return None };
            let actuals = self.actuals(args, &origin.frame);
            let read = self.environment_call(&path, None, &actuals, Some(attribute))?;
            Some(Val { loc: value.loc, origin: value.origin.clone(), ..read })
        };
        read().unwrap_or(value)
    }

    pub(super) fn environment_call(
        &self,
        path: &[Symbol],
        receiver: Option<&Val>,
        actuals: &Actuals,
        attribute: Option<&str>,
    ) -> Option<Val> {
        let (model, args) = self.project.environment_calls.get(path)?;
        let model = &self.project.rules.library.environment[*model];
        let variable = |name: &str| {
            let index = model.vars.iter().position(|v| v == name)?;
            let slot = args.iter().enumerate().find(|(_, arg)| match arg.value {
                Pat::Var(var) => usize::from(var) == index,
                _ => false,
            })?;
            self.actual(path, actuals, slot.0, slot.1)
        };
        let mut key = variable("K").and_then(|k| k.as_str().map(str::to_owned));
        if let Some(prefix) = &model.prefix {
            let prefix =
                variable("P").map_or(Some(prefix.clone()), |given| match given.as_const() {
                    Some(Const::Str(text)) if text.is_empty() => Some(String::new()),
                    Some(Const::Str(text)) => Some(format!("{text}_")),
                    Some(Const::None) => Some(String::new()),
                    _ => None,
                });
            let name = key.or_else(|| attribute.map(str::to_owned));
            key = name.and_then(|name| Some(prefix? + &name));
        }
        let (mut caster, mut default) = (variable("C"), variable("D"));
        if model.scheme
            && let Some((declared, value)) = self.declared_variable(receiver?, key.as_deref())
        {
            caster = caster.or(Some(declared));
            default = default.or(value);
        }
        let raw = read(&self.project.environment, model, key, default);
        Some(match caster {
            Some(caster) => lift(&raw, &|value| self.cast_by(model, &caster, value)),
            None => raw,
        })
    }

    /// What the constructor of a reader declares of a variable: `Env(DEBUG=(bool, False))`, its
    /// type and its default.
    fn declared_variable(&self, reader: &Val, key: Option<&str>) -> Option<(Val, Option<Val>)> {
        let origin = reader.origin.as_ref()?;
        let Term::Call { args, .. } = self.project.term(origin.term) else { return None };
        let key = self.project.names.get(key?)?;
        let actuals = self.actuals(args, &origin.frame);
        let (_, declared) = actuals.keywords.into_iter().find(|(name, _)| *name == key)?;
        match declared.as_seq().map(|pair| pair.items.as_slice()) {
            Some([ty, default]) => Some((ty.clone(), Some(default.clone()))),
            _ => Some((declared, None)),
        }
    }

    /// What a type or function given to a reader makes of a value.
    fn cast_by(&self, model: &EnvModel, caster: &Val, value: &Val) -> Val {
        let named = match &caster.kind {
            Kind::Lib(path) if path.len() == 1 => Some(self.project.name(path[0])),
            _ => self.type_of_val(caster).and_then(|ty| match ty {
                super::Ty::Lib(path) => {
                    model.casts.iter().find(|(class, _)| *class == path).map(|(_, to)| to.as_str())
                }
                super::Ty::Class(_) => None,
            }),
        };
        match named {
            Some(to @ ("bool" | "int" | "float" | "list")) if value.as_str().is_some() => {
                cast(Some(to), value.clone())
            }
            Some("bool") => value.truth().map_or_else(Val::opaque, Val::bool),
            Some("int") => to_int(value),
            Some("float") => to_float(value),
            Some(_) => value.clone(),
            None => self.call_value(caster, vec![value.clone()]),
        }
    }

    /// The argument that a pattern's n-th argument means.
    fn actual(
        &self,
        path: &[Symbol],
        actuals: &Actuals,
        position: usize,
        arg: &ArgPat,
    ) -> Option<Val> {
        let keyword = |name: Symbol| {
            actuals.keywords.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone())
        };
        let declared = self.call_model(path);
        if let Some(name) = arg.name {
            let given = keyword(name);
            let index = match declared {
                Some(model) => model.params.iter().position(|p| p.name == name),
                // The pattern lists the parameters in their order.
                None => Some(position),
            };
            return given.or_else(|| actuals.positional.get(index?).cloned());
        }
        let by_position = actuals.positional.get(position).cloned();
        by_position.or_else(|| keyword(declared?.params.get(position)?.name))
    }
}

impl Cx<'_, '_> {
    /// A field that an object reads from the variable of its name, as what its default is.
    pub fn field_variable(&self, name: &str, default: &Val) -> Val {
        let key = Some(name.to_owned());
        match self.project.environment.get(name) {
            Some(set) => {
                let to = match default.in_force().and_then(Val::as_const) {
                    Some(Const::Bool(_)) => Some("bool"),
                    Some(Const::Int(_)) => Some("int"),
                    Some(Const::Float(_)) => Some("float"),
                    _ => None,
                };
                env_val(key, lift(set, &|value| cast(to, value.clone())))
            }
            None => env_val(key, default.clone()),
        }
    }
}

/// An environment value read through a model.
fn read(
    environment: &FxHashMap<String, Val>,
    model: &EnvModel,
    key: Option<String>,
    given: Option<Val>,
) -> Val {
    if let Some(set) = key.as_ref().and_then(|key| environment.get(key)) {
        return env_val(key, lift(set, &|value| cast(model.cast.as_deref(), value.clone())));
    }
    let default = given.or_else(|| model.default.as_ref().map(default_val));
    let default = default.map(|d| cast(model.cast.as_deref(), d));
    match default {
        Some(default) if !default.is_unknown() => env_val(key, default),
        _ => env_val(key, Val::opaque()),
    }
}

/// What a reader makes of a default that is text.
pub(super) fn cast(to: Option<&str>, value: Val) -> Val {
    let Some(text) = value.as_str() else { return value };
    let loc = value.loc;
    let mut cast = match to {
        Some("bool") => Val::bool(matches!(
            text.trim().to_ascii_lowercase().as_str(),
            "1" | "true" | "t" | "yes" | "y" | "on" | "ok"
        )),
        Some("int") => to_int(&value),
        Some("float") => to_float(&value),
        Some("list") => {
            let items = text.split(',').map(str::trim).filter(|s| !s.is_empty());
            Val::seq(SeqKind::List, items.map(Val::text).collect(), false)
        }
        _ => return value,
    };
    cast.loc = loc;
    cast
}

/// Environment reads by path of the call, with the pattern's arguments.
pub type EnvironmentCalls = crate::base::FxHashMap<Vec<Symbol>, (usize, Arc<[ArgPat]>)>;

/// The call-shaped environment readers of the library.
pub fn environment_calls(models: &[EnvModel], call: Symbol) -> EnvironmentCalls {
    let mut calls = EnvironmentCalls::default();
    for (index, model) in models.iter().enumerate() {
        let Pat::Call { func, args, .. } = &model.pattern else { continue };
        let path = match &**func {
            Pat::Path(path) => path.clone(),
            // `Reader(…)(key)`: the object itself is called.
            Pat::Call { func, .. } => match &**func {
                Pat::Path(class) => [class.as_slice(), &[call]].concat(),
                _ => continue,
            },
            _ => continue,
        };
        calls.entry(path).or_insert_with(|| (index, args.as_slice().into()));
    }
    calls
}
