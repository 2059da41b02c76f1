//! Python's own functions and methods, and the library calls whose value a model tells.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Cx;
use super::args::{Actuals, default_val};
use super::eval::env_val;
use super::iterate::{MAX_ELEMENTS, elements, is_unordered};
use super::ops::{equal, lift};
use super::value::{Kind, Val, one_of};
use crate::base::Symbol;
use crate::facts::{Const, SeqKind, Term};
use crate::rule::library::EnvModel;
use crate::rule::model::{ArgPat, Pat};

/// Functions of Python's `builtins` module that evaluation knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Builtin {
    /// `dict(…)`
    Dict,
    /// `list(…)`
    List,
    /// `tuple(…)`
    Tuple,
    /// `set(…)`, `frozenset(…)`
    Set,
    /// `frozenset(…)`
    FrozenSet,
    /// `str(…)`
    Str,
    /// `int(…)`
    Int,
    /// `float(…)`
    Float,
    /// `bool(…)`
    Bool,
    /// `len(…)`
    Len,
    /// `getattr(object, name)`
    GetAttr,
    /// `globals()`
    Globals,
    /// `locals()`
    Locals,
    /// `vars()`
    Vars,
    /// `any(…)`
    Any,
    /// `all(…)`
    All,
    /// `sorted(…)`
    Sorted,
    /// `reversed(…)`
    Reversed,
    /// `enumerate(…)`
    Enumerate,
    /// `zip(…)`
    Zip,
    /// `range(…)`
    Range,
    /// `map(function, …)`
    Map,
    /// `filter(function, …)`
    Filter,
    /// `isinstance(value, type)`
    IsInstance,
}

impl Builtin {
    /// All of them.
    pub const ALL: [Builtin; 24] = [
        Self::Dict,
        Self::List,
        Self::Tuple,
        Self::Set,
        Self::FrozenSet,
        Self::Str,
        Self::Int,
        Self::Float,
        Self::Bool,
        Self::Len,
        Self::GetAttr,
        Self::Globals,
        Self::Locals,
        Self::Vars,
        Self::Any,
        Self::All,
        Self::Sorted,
        Self::Reversed,
        Self::Enumerate,
        Self::Zip,
        Self::Range,
        Self::Map,
        Self::Filter,
        Self::IsInstance,
    ];

    /// Its name in Python.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dict => "dict",
            Self::List => "list",
            Self::Tuple => "tuple",
            Self::Set => "set",
            Self::FrozenSet => "frozenset",
            Self::Str => "str",
            Self::Int => "int",
            Self::Float => "float",
            Self::Bool => "bool",
            Self::Len => "len",
            Self::GetAttr => "getattr",
            Self::Globals => "globals",
            Self::Locals => "locals",
            Self::Vars => "vars",
            Self::Any => "any",
            Self::All => "all",
            Self::Sorted => "sorted",
            Self::Reversed => "reversed",
            Self::Enumerate => "enumerate",
            Self::Zip => "zip",
            Self::Range => "range",
            Self::Map => "map",
            Self::Filter => "filter",
            Self::IsInstance => "isinstance",
        }
    }
}

impl Cx<'_, '_> {
    /// The value of a call outside the project: of a builtin, of an environment read, of a
    /// method of Python's own types, or what its model says.
    pub(super) fn library_call(
        &self,
        path: &[Symbol],
        receiver: Option<&Val>,
        actuals: &Actuals,
    ) -> Val {
        if let Some(env) = self.environment_call(path, receiver, actuals) {
            return env;
        }
        match (path, receiver) {
            ([name], None) => {
                let known = self.project.well_known.all.iter().find(|(symbol, _)| symbol == name);
                return known.map_or_else(Val::opaque, |(_, b)| self.builtin_call(*b, actuals));
            }
            ([_, name], Some(receiver)) if !receiver.is_unknown() => {
                let value = self.container_method(receiver, *name, actuals);
                if !matches!(value.kind, Kind::Opaque) {
                    return value;
                }
            }
            _ => {}
        }
        if let (Some(receiver), Some(name)) = (receiver, path.last()) {
            if let Some(value) = self.settings_method(receiver, *name, actuals) {
                return value;
            }
        } else if let Some((name, object)) = path.split_last() {
            let framework = self.project.settings_objects.item(object);
            if let (Some(framework), "get") = (framework, self.project.name(*name)) {
                return self.setting_or(framework, actuals);
            }
        }
        self.modelled_call(path, actuals)
    }

    fn settings_method(&self, receiver: &Val, name: Symbol, actuals: &Actuals) -> Option<Val> {
        if self.project.name(name) != "get" {
            return None;
        }
        let framework = self.settings_of(receiver)?;
        Some(self.setting_or(framework, actuals))
    }

    /// `config.get(key, default)`: the default when the key is certainly not set.
    fn setting_or(&self, framework: &str, actuals: &Actuals) -> Val {
        let Some(key) = actuals.positional.first() else { return Val::opaque() };
        let read = self.setting_by_key(framework, key);
        match &read.kind {
            Kind::Setting(setting) if matches!(&setting.value, Some(value) if matches!(value.kind, Kind::Absent)) =>
            {
                let default = actuals.positional.get(1).cloned();
                default.unwrap_or_else(|| Val::new(Kind::Const(Const::None)))
            }
            _ => read,
        }
    }

    fn modelled_call(&self, path: &[Symbol], actuals: &Actuals) -> Val {
        let Some(model) = self.call_model(path) else { return Val::opaque() };
        let bound = self.bind_model(model, actuals);
        if let Some(param) = model.returns_param {
            return bound.get(param);
        }
        if model.seconds.is_empty() || bound.open {
            return Val::opaque();
        }
        let mut total = 0.0;
        for (param, value, _) in &bound.values {
            let Some(factor) = model.seconds.get(param) else { continue };
            match value.in_force().and_then(Val::as_number) {
                Some(number) => total += number * factor,
                None => return Val::opaque(),
            }
        }
        let from_env = bound.values.iter().find_map(|(_, v, _)| match &v.kind {
            Kind::Env(env) => Some(env.key.clone()),
            _ => None,
        });
        let seconds = Val::new(Kind::Const(Const::Float(total)));
        match from_env {
            Some(key) => env_val(key, seconds),
            None => seconds,
        }
    }

    fn builtin_call(&self, builtin: Builtin, actuals: &Actuals) -> Val {
        let first = actuals.positional.first();
        match builtin {
            Builtin::Dict => self.dict_call(actuals),
            Builtin::List => sequence(SeqKind::List, first),
            Builtin::Tuple => sequence(SeqKind::Tuple, first),
            Builtin::Set | Builtin::FrozenSet => sequence(SeqKind::Set, first),
            Builtin::Str => first.map_or_else(|| Val::text(""), |v| lift(v, &|v| self.to_text(v))),
            Builtin::Int => first.map_or_else(|| Val::int(0), |v| lift(v, &to_int)),
            Builtin::Float => first.map_or_else(Val::opaque, |v| lift(v, &to_float)),
            Builtin::Bool => first.map_or_else(
                || Val::bool(false),
                |v| lift(v, &|v| v.truth().map_or_else(Val::opaque, Val::bool)),
            ),
            Builtin::Len => first.map_or_else(Val::opaque, |v| lift(v, &length)),
            Builtin::GetAttr => {
                let name = actuals.positional.get(1).and_then(Val::as_str);
                let symbol = name.and_then(|n| self.project.names.get(n));
                match (first, symbol) {
                    (Some(object), Some(name)) => self.attribute(object, name),
                    _ => Val::opaque(),
                }
            }
            Builtin::Globals | Builtin::Locals | Builtin::Vars if first.is_none() => {
                self.namespace_dict()
            }
            Builtin::Globals | Builtin::Locals | Builtin::Vars => Val::opaque(),
            _ => self.iterating_call(builtin, actuals),
        }
    }

    /// Builtins that go through what they are given.
    fn iterating_call(&self, builtin: Builtin, actuals: &Actuals) -> Val {
        let args = &actuals.positional;
        let ordered = !matches!(builtin, Builtin::Any | Builtin::All | Builtin::Sorted);
        let nth = |n: usize| {
            let (items, open) = elements(args.get(n)?)?;
            Some((items, open || (ordered && is_unordered(&args[n]))))
        };
        match builtin {
            Builtin::Any => nth(0).map_or_else(Val::opaque, |all| quantified(&all, true)),
            Builtin::All => nth(0).map_or_else(Val::opaque, |all| quantified(&all, false)),
            Builtin::Sorted if actuals.keywords.is_empty() => {
                nth(0).map_or_else(Val::opaque, |(items, open)| sorted(items, open))
            }
            Builtin::Reversed => nth(0).map_or_else(Val::opaque, |(mut items, open)| {
                items.reverse();
                Val::seq(SeqKind::List, items, open)
            }),
            Builtin::Enumerate => nth(0).map_or_else(Val::opaque, |(items, open)| {
                let first = args.get(1).and_then(|v| match v.as_const() {
                    Some(Const::Int(n)) => Some(*n),
                    _ => None,
                });
                let pairs = items.into_iter().zip(first.unwrap_or(0)..);
                let pairs =
                    pairs.map(|(v, i)| Val::seq(SeqKind::Tuple, vec![Val::int(i), v], false));
                Val::seq(SeqKind::List, pairs.collect(), open)
            }),
            Builtin::Zip => match (nth(0), nth(1), args.len()) {
                (Some((a, false)), Some((b, false)), 2) => {
                    let pairs = a.into_iter().zip(b);
                    let pairs = pairs.map(|(a, b)| Val::seq(SeqKind::Tuple, vec![a, b], false));
                    Val::seq(SeqKind::List, pairs.collect(), false)
                }
                _ => Val::opaque(),
            },
            Builtin::Range => range(args),
            Builtin::IsInstance => match args.as_slice() {
                [value, types] => lift(value, &|value| self.instance_of(value, types)),
                _ => Val::opaque(),
            },
            Builtin::Map if args.len() == 2 => nth(1).map_or_else(Val::opaque, |(items, open)| {
                let mapped = items.into_iter().map(|item| self.call_value(&args[0], vec![item]));
                Val::seq(SeqKind::List, mapped.collect(), open)
            }),
            Builtin::Filter if args.len() == 2 => nth(1)
                .map_or_else(Val::opaque, |(items, open)| self.filtered(&args[0], items, open)),
            _ => Val::opaque(),
        }
    }

    /// Whether a value of Python's own types is an instance of some of them.
    fn instance_of(&self, value: &Val, types: &Val) -> Val {
        let own: &[&str] = match &value.kind {
            Kind::Const(Const::None) => &[],
            Kind::Const(Const::Bool(_)) => &["bool", "int"],
            Kind::Const(Const::Int(_) | Const::BigInt(_)) => &["int"],
            Kind::Const(Const::Float(_)) => &["float"],
            Kind::Const(Const::Str(_)) | Kind::Text(_) => &["str"],
            Kind::Const(Const::Bytes(_)) => &["bytes"],
            Kind::Dict(_) => &["dict"],
            Kind::Seq(seq) => match seq.kind {
                SeqKind::List => &["list"],
                SeqKind::Tuple => &["tuple"],
                SeqKind::Set => &["set"],
            },
            _ => return Val::opaque(),
        };
        let asked = match types.as_seq() {
            Some(seq) if !seq.open => seq.items.as_slice(),
            _ => std::slice::from_ref(types),
        };
        let mut found = false;
        for ty in asked {
            let Kind::Lib(path) = &ty.kind else { return Val::opaque() };
            let name = path.first().filter(|_| path.len() == 1).map(|s| self.project.name(*s));
            match name {
                Some(
                    name @ ("bool" | "int" | "float" | "str" | "bytes" | "dict" | "list" | "tuple"
                    | "set"),
                ) => found |= own.contains(&name),
                _ => return Val::opaque(),
            }
        }
        Val::bool(found)
    }

    fn filtered(&self, func: &Val, items: Vec<Val>, mut open: bool) -> Val {
        let mut kept = Vec::with_capacity(items.len());
        for item in items {
            let truth = match func.as_const() {
                Some(Const::None) => item.truth(),
                _ => self.call_value(func, vec![item.clone()]).truth(),
            };
            match truth {
                Some(true) => kept.push(item),
                Some(false) => {}
                None => open = true,
            }
        }
        Val::seq(SeqKind::List, kept, open)
    }

    fn dict_call(&self, actuals: &Actuals) -> Val {
        let (mut entries, mut open) = (Vec::new(), actuals.kw_open || actuals.star_open);
        if let Some(source) = actuals.positional.first() {
            match &source.in_force().unwrap_or(source).kind {
                Kind::Dict(dict) => {
                    entries.clone_from(&dict.entries);
                    open |= dict.open;
                }
                Kind::Seq(seq) => {
                    open |= seq.open;
                    for pair in &seq.items {
                        match pair.as_seq().map(|p| p.items.as_slice()) {
                            Some([key, value]) => {
                                super::mutate::set_entry(&mut entries, key.clone(), value.clone());
                            }
                            _ => open = true,
                        }
                    }
                }
                _ => {
                    self.note_param(source);
                    open = true;
                }
            }
        }
        for (name, value) in &actuals.keywords {
            let key = Val::text(self.project.name(*name));
            super::mutate::set_entry(&mut entries, key, value.clone());
        }
        Val::dict(entries, open)
    }

    fn to_text(&self, value: &Val) -> Val {
        match &value.kind {
            Kind::Const(Const::Str(_)) | Kind::Text(_) | Kind::Secret(_) => value.clone(),
            Kind::Const(Const::Int(n)) => Val::text(&n.to_string()),
            Kind::Const(Const::Bool(b)) => Val::text(if *b { "True" } else { "False" }),
            Kind::Const(Const::None) => Val::text("None"),
            _ => Val::opaque(),
        }
    }

    /// `"…%s…" % values`, for the conversions whose text is certain.
    pub(super) fn percent_format(&self, format: &str, values: Vec<Val>, whole: &Val) -> Val {
        let mut parts = Vec::new();
        let mut values = values.into_iter();
        let mut rest = format;
        while let Some(at) = rest.find('%') {
            parts.push(Val::text(&rest[..at]));
            rest = &rest[at + 1..];
            if let Some(tail) = rest.strip_prefix('%') {
                parts.push(Val::text("%"));
                rest = tail;
                continue;
            }
            let named = rest.strip_prefix('(').and_then(|r| r.split_once(')'));
            let value = match named {
                Some((key, tail)) => {
                    rest = tail;
                    self.item(whole, &Val::text(key))
                }
                None => values.next().unwrap_or_else(Val::opaque),
            };
            let Some(end) = rest.find(|c: char| c.is_ascii_alphabetic()) else {
                return Val::opaque();
            };
            let plain = end == 0 && rest.starts_with(['s', 'd']);
            parts.push(if plain { self.formatted(value) } else { Val::opaque() });
            rest = &rest[end + 1..];
        }
        parts.push(Val::text(rest));
        self.concat(parts)
    }

    /// A value as `str()` writes it, kept as itself where that is not known.
    fn formatted(&self, value: Val) -> Val {
        let text = lift(&value, &|v| self.to_text(v));
        if matches!(text.kind, Kind::Opaque) { value } else { text }
    }

    /// `"…{}…{name}…".format(…)`
    fn brace_format(&self, format: &str, actuals: &Actuals) -> Val {
        let mut parts = Vec::new();
        let mut auto = 0;
        let mut rest = format;
        while let Some(at) = rest.find(['{', '}']) {
            parts.push(Val::text(&rest[..at]));
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(tail) = rest.strip_prefix(brace) {
                parts.push(Val::text(brace));
                rest = tail;
                continue;
            }
            let Some((field, tail)) = rest.split_once('}') else { return Val::opaque() };
            rest = tail;
            let value = if field.is_empty() {
                auto += 1;
                actuals.positional.get(auto - 1).cloned()
            } else if let Ok(index) = field.parse::<usize>() {
                actuals.positional.get(index).cloned()
            } else {
                let symbol = self.project.names.get(field);
                actuals.keywords.iter().find(|(n, _)| Some(*n) == symbol).map(|(_, v)| v.clone())
            };
            parts.push(value.map_or_else(Val::opaque, |v| self.formatted(v)));
        }
        parts.push(Val::text(rest));
        self.concat(parts)
    }

    /// A method of one of Python's own types on a known value.
    pub(super) fn container_method(&self, receiver: &Val, name: Symbol, actuals: &Actuals) -> Val {
        let name = self.project.name(name);
        lift(receiver, &|value| match &value.kind {
            Kind::Const(Const::Str(text)) => self.text_method(value, text, name, actuals),
            Kind::Const(Const::Bytes(bytes)) if name == "decode" => {
                std::str::from_utf8(bytes).map_or_else(|_| Val::opaque(), Val::text)
            }
            Kind::Text(_) | Kind::Secret(_) if keeps_text(name) => value.clone(),
            Kind::Dict(dict) => self.dict_method(value, dict, name, actuals),
            Kind::Seq(_) if name == "copy" => value.clone(),
            _ => Val::opaque(),
        })
    }

    fn text_method(&self, value: &Val, text: &str, name: &str, actuals: &Actuals) -> Val {
        let arg = actuals.positional.first();
        let word = arg.and_then(Val::as_str);
        let none = actuals.positional.is_empty() && actuals.keywords.is_empty();
        match (name, word) {
            ("format", _) => self.brace_format(text, actuals),
            ("lower" | "casefold", _) => Val::text(&text.to_lowercase()),
            ("upper", _) => Val::text(&text.to_uppercase()),
            ("strip", _) if none => Val::text(text.trim()),
            ("lstrip", _) if none => Val::text(text.trim_start()),
            ("rstrip", _) if none => Val::text(text.trim_end()),
            ("strip", Some(set)) => Val::text(text.trim_matches(|c| set.contains(c))),
            ("lstrip", Some(set)) => Val::text(text.trim_start_matches(|c| set.contains(c))),
            ("rstrip", Some(set)) => Val::text(text.trim_end_matches(|c| set.contains(c))),
            ("removeprefix", Some(p)) => Val::text(text.strip_prefix(p).unwrap_or(text)),
            ("removesuffix", Some(s)) => Val::text(text.strip_suffix(s).unwrap_or(text)),
            ("startswith", Some(p)) => Val::bool(text.starts_with(p)),
            ("endswith", Some(s)) => Val::bool(text.ends_with(s)),
            ("split", _) if none => {
                Val::seq(SeqKind::List, text.split_whitespace().map(Val::text).collect(), false)
            }
            ("title", _) => Val::text(&capitalised(text)),
            ("isdigit" | "isnumeric" | "isdecimal", _) => {
                Val::bool(!text.is_empty() && text.chars().all(|c| c.is_ascii_digit()))
            }
            ("splitlines", _) => {
                Val::seq(SeqKind::List, text.lines().map(Val::text).collect(), false)
            }
            ("partition", Some(sep)) if !sep.is_empty() => {
                let (head, tail) = text.split_once(sep).map_or((text, None), |(h, t)| (h, Some(t)));
                let sep = if tail.is_some() { sep } else { "" };
                let parts = [head, sep, tail.unwrap_or_default()].map(Val::text);
                Val::seq(SeqKind::Tuple, parts.into(), false)
            }
            ("split", Some(sep)) if !sep.is_empty() && actuals.positional.len() == 1 => {
                Val::seq(SeqKind::List, text.split(sep).map(Val::text).collect(), false)
            }
            ("replace", Some(from)) => match actuals.positional.get(1).and_then(Val::as_str) {
                Some(to) if actuals.positional.len() == 2 => Val::text(&text.replace(from, to)),
                _ => Val::opaque(),
            },
            ("join", _) => arg.map_or_else(Val::opaque, |items| self.join(value, items)),
            ("encode", _) => Val::new(Kind::Const(Const::Bytes(text.as_bytes().into()))),
            _ => Val::opaque(),
        }
    }

    fn join(&self, separator: &Val, items: &Val) -> Val {
        let Some(seq) = items.in_force().and_then(Val::as_seq).filter(|s| !s.open) else {
            return Val::opaque();
        };
        let mut parts = Vec::with_capacity(seq.items.len() * 2);
        for (index, item) in seq.items.iter().enumerate() {
            if index > 0 {
                parts.push(separator.clone());
            }
            parts.push(item.clone());
        }
        self.concat(parts)
    }

    fn dict_method(
        &self,
        value: &Val,
        dict: &super::value::DictVal,
        name: &str,
        actuals: &Actuals,
    ) -> Val {
        let first = actuals.positional.first();
        let parts = |f: &dyn Fn(&(Val, Val)) -> Val| {
            Val::seq(SeqKind::List, dict.entries.iter().map(f).collect(), dict.open)
        };
        match name {
            "get" | "pop" | "setdefault" => {
                let default = || match actuals.positional.get(1) {
                    Some(default) => default.clone(),
                    None => Val::new(Kind::Const(Const::None)),
                };
                let Some(key) = first else { return Val::opaque() };
                match super::mutate::entry(dict, key) {
                    Some(found) => found.clone(),
                    None if !dict.open && key.as_const().is_some() => default(),
                    // An unknown key gives one of the values.
                    None if !dict.open && dict.entries.len() < super::value::MAX_ALTERNATIVES => {
                        let values = dict.entries.iter().map(|(_, v)| v.clone());
                        one_of(values.chain([default()]).collect())
                    }
                    None => Val::opaque(),
                }
            }
            "copy" => value.clone(),
            "keys" => parts(&|(k, _)| k.clone()),
            "values" => parts(&|(_, v)| v.clone()),
            "items" => parts(&|(k, v)| Val::seq(SeqKind::Tuple, vec![k.clone(), v.clone()], false)),
            _ => Val::opaque(),
        }
    }

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

    fn environment_call(
        &self,
        path: &[Symbol],
        receiver: Option<&Val>,
        actuals: &Actuals,
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
        let key = variable("K").and_then(|k| k.as_str().map(str::to_owned));
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
            let index = declared.and_then(|m| m.params.iter().position(|p| p.name == name));
            return given.or_else(|| actuals.positional.get(index?).cloned());
        }
        let by_position = actuals.positional.get(position).cloned();
        by_position.or_else(|| keyword(declared?.params.get(position)?.name))
    }
}

/// An environment value read through a model.
fn read(
    environment: &BTreeMap<String, Val>,
    model: &EnvModel,
    key: Option<String>,
    given: Option<Val>,
) -> Val {
    if let Some(set) = key.as_ref().and_then(|key| environment.get(key)) {
        return env_val(key, cast(model.cast.as_deref(), set.clone()));
    }
    let default = given.or_else(|| model.default.as_ref().map(default_val));
    let default = default.map(|d| cast(model.cast.as_deref(), d));
    match default {
        Some(default) if !default.is_unknown() => env_val(key, default),
        _ => env_val(key, Val::opaque()),
    }
}

/// What a reader makes of a default that is text.
fn cast(to: Option<&str>, value: Val) -> Val {
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

fn sequence(kind: SeqKind, source: Option<&Val>) -> Val {
    let Some(source) = source else { return Val::seq(kind, Vec::new(), false) };
    match &source.in_force().unwrap_or(source).kind {
        Kind::Seq(seq) => Val::seq(kind, seq.items.clone(), seq.open),
        Kind::Dict(dict) => {
            Val::seq(kind, dict.entries.iter().map(|(k, _)| k.clone()).collect(), dict.open)
        }
        _ => Val::seq(kind, Vec::new(), true),
    }
}

/// `any` and `all`.
fn quantified((items, open): &(Vec<Val>, bool), any: bool) -> Val {
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
fn sorted(mut items: Vec<Val>, open: bool) -> Val {
    if open || items.iter().any(|item| item.as_str().is_none()) {
        return Val::seq(SeqKind::List, items, true);
    }
    items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    Val::seq(SeqKind::List, items, false)
}

fn range(args: &[Val]) -> Val {
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

fn to_int(value: &Val) -> Val {
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

fn to_float(value: &Val) -> Val {
    let number = value.as_number().or_else(|| value.as_str()?.trim().parse().ok());
    number.map_or_else(Val::opaque, |n| Val::new(Kind::Const(Const::Float(n))))
}

fn length(value: &Val) -> Val {
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

/// The first letter of each word in upper case, the others in lower case.
fn capitalised(text: &str) -> String {
    let mut inside = false;
    let letter = |c: char| {
        let made: String =
            if inside { c.to_lowercase().collect() } else { c.to_uppercase().collect() };
        inside = c.is_alphabetic();
        made
    };
    text.chars().map(letter).collect()
}

/// Methods of text that leave what it is made of.
fn keeps_text(name: &str) -> bool {
    matches!(
        name,
        "strip"
            | "lstrip"
            | "rstrip"
            | "lower"
            | "upper"
            | "encode"
            | "decode"
            | "format"
            | "replace"
    )
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
