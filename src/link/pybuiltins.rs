//! Python's own functions and methods, and the library calls whose value a model tells.

use super::Cx;
use super::args::Actuals;
use super::eval::env_val;
use super::iterate::{elements, is_unordered};
use super::ops::lift;
use super::pycollections::{
    from_keys, keyed, length, quantified, range, sequence, sorted, to_float, to_int,
};
use super::reduce::reducing_call;
use super::value::{Kind, Val};
use crate::base::Symbol;
use crate::facts::{Const, SeqKind};

/// Declares the functions of Python's `builtins` module that evaluation knows.
macro_rules! builtins {
    ($($variant:ident = $name:literal,)*) => {
        /// Functions of Python's `builtins` module that evaluation knows, by their names there.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Builtin {
            $(
                #[doc = concat!("`", $name, "`")]
                $variant,
            )*
        }

        impl Builtin {
            /// All of them.
            pub const ALL: &[Builtin] = &[$(Self::$variant,)*];

            /// Its name in Python.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

builtins! {
    Dict = "dict",
    List = "list",
    Tuple = "tuple",
    Set = "set",
    FrozenSet = "frozenset",
    Str = "str",
    Int = "int",
    Float = "float",
    Bool = "bool",
    Len = "len",
    GetAttr = "getattr",
    HasAttr = "hasattr",
    SetAttr = "setattr",
    Dir = "dir",
    Globals = "globals",
    Locals = "locals",
    Vars = "vars",
    Any = "any",
    All = "all",
    Sum = "sum",
    Min = "min",
    Max = "max",
    Abs = "abs",
    Next = "next",
    Iter = "iter",
    Callable = "callable",
    Sorted = "sorted",
    Reversed = "reversed",
    Enumerate = "enumerate",
    Zip = "zip",
    Range = "range",
    Map = "map",
    Filter = "filter",
    IsInstance = "isinstance",
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
        if let Some(env) = self.environment_call(path, receiver, actuals, None) {
            return env;
        }
        if let Some(module) = self.imported_by_name(path, actuals) {
            return module;
        }
        if receiver.is_none()
            && let Some(value) = self.path_call(path, actuals)
        {
            return value;
        }
        match (path, receiver) {
            ([class, name], None)
                if (self.project.name(*class), self.project.name(*name))
                    == ("dict", "fromkeys") =>
            {
                return keyed(actuals);
            }
            ([name], None) => {
                let known = self.project.well_known.all.iter().find(|(symbol, _)| symbol == name);
                return known.map_or_else(Val::opaque, |(_, b)| self.builtin_call(*b, actuals));
            }
            ([class, name], None)
                if self.project.name(*class) == Builtin::Dict.name()
                    && self.project.name(*name) == "fromkeys" =>
            {
                return from_keys(actuals);
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

    /// `importlib.import_module("a.b")`: a module of the project.
    fn imported_by_name(&self, path: &[Symbol], actuals: &Actuals) -> Option<Val> {
        let [module, function] = path else { return None };
        let names = (self.project.name(*module), self.project.name(*function));
        let text = actuals.positional.first()?.in_force()?.as_str()?;
        if names != ("importlib", "import_module") || text.starts_with('.') {
            return None;
        }
        let parts: Option<Vec<Symbol>> =
            text.split('.').map(|part| self.project.names.get(part)).collect();
        let found = self.lookup_path(self.innermost()?, &parts?)?;
        matches!(found.kind, Kind::Module(_)).then_some(found)
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
            let value = bound.get(param);
            return match &model.parsed {
                Some(form) => lift(&value, &|text| super::literal::read(form, text)),
                None => value,
            };
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
            Builtin::GetAttr
            | Builtin::HasAttr
            | Builtin::Dir
            | Builtin::Globals
            | Builtin::Locals
            | Builtin::Vars
            | Builtin::Callable => self.reflecting_call(builtin, actuals),
            Builtin::Sum | Builtin::Min | Builtin::Max | Builtin::Abs => {
                reducing_call(builtin, actuals)
            }
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
            Builtin::Iter if args.len() == 1 => args[0].clone(),
            Builtin::Next => match (nth(0), args.get(1)) {
                (Some((items, _)), _) if !items.is_empty() => items[0].clone(),
                (Some((_, false)), Some(default)) => default.clone(),
                _ => Val::opaque(),
            },
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
            match self.as_pairs(source) {
                Some((pairs, more)) => {
                    open |= more;
                    for (key, value) in pairs {
                        super::mutate::set_entry(&mut entries, key, value);
                    }
                }
                None => {
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

    /// The pairs that a dict can be made of, and whether there may be more; none when nothing is
    /// known of them.
    pub fn as_pairs(&self, source: &Val) -> Option<(Vec<(Val, Val)>, bool)> {
        match &source.in_force().unwrap_or(source).kind {
            Kind::Dict(dict) => Some((dict.entries.clone(), dict.open)),
            Kind::Seq(seq) => {
                let (mut pairs, mut open) = (Vec::with_capacity(seq.items.len()), seq.open);
                for pair in &seq.items {
                    match pair.as_seq().map(|p| p.items.as_slice()) {
                        Some([key, value]) => pairs.push((key.clone(), value.clone())),
                        _ => open = true,
                    }
                }
                Some((pairs, open))
            }
            _ => None,
        }
    }
}
