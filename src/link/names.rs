//! Closing names: globals, imports, attributes of modules.

use std::sync::Arc;

use super::args::Callee;
use super::modules::Target;
use super::value::{Frame, Kind, Val, one_of};
use super::{Asked, Cx, FnRef, TermRef, UnitId};
use crate::base::Symbol;
use crate::facts::{Const, FnId, Import, ImportId, ImportedName, TermId};
use crate::rule::library::CallModel;

impl Cx<'_, '_> {
    /// What a name of a module is when its body has run: its own binding, else what a star
    /// import brings, else a builtin.
    pub fn global(&self, unit: UnitId, name: Symbol) -> Val {
        if let Some(value) = self.running_name(unit, name) {
            return value;
        }
        if self.is_running() && self.project.name(name) == "__file__" {
            return super::file_value(&self.project.units[unit].path);
        }
        self.export(unit, name).unwrap_or_else(|| Val::new(Kind::Lib([name].into())))
    }

    /// What a module binds to a name, star imports included.
    pub fn export(&self, unit: UnitId, name: Symbol) -> Option<Val> {
        if let Some(value) = self.running_name(unit, name) {
            return Some(value);
        }
        // A module that runs has not bound yet what is not among its names.
        if !self.has_names(unit)
            && let Some(term) = self.project.units[unit].exports.get(&name)
        {
            let frame = Frame::open(self.project.module_fn(unit));
            let value = self.eval(*term, &frame);
            return Some(match self.project.changed.get(&(unit, name)) {
                Some(bound) => self.changed(value, bound),
                None => value,
            });
        }
        let u = &self.project.units[unit];
        u.stars.iter().rev().find_map(|star| self.star_member(unit, *star, name))
    }

    /// What a module-level name may be that functions change, or bind to these values. `None` that
    /// is replaced so only says that there is nothing yet.
    fn changed(&self, value: Val, bound: &[TermRef]) -> Val {
        let is_empty = matches!(value.kind, Kind::Const(Const::None)) && !bound.is_empty();
        let first = (!is_empty).then(|| super::mutate::opened(value));
        let later = bound.iter().map(|term| self.eval(term.term, &Frame::open(term.func)));
        one_of(first.into_iter().chain(later).collect())
    }

    /// The place (module and term) that binds an exported name, after star imports.
    pub fn export_term(&self, unit: UnitId, name: Symbol) -> Option<(UnitId, TermId)> {
        self.deeper(|| {
            let u = &self.project.units[unit];
            if let Some(term) = u.exports.get(&name) {
                return Some((unit, *term));
            }
            u.stars.iter().rev().find_map(|star| {
                let target = self.import_target(unit, &u.facts.imports[*star])?;
                let Target::Unit(other) = target else { return None };
                (self.is_public(other, name)).then(|| self.export_term(other, name)).flatten()
            })
        })
        .flatten()
    }

    fn star_member(&self, unit: UnitId, star: ImportId, name: Symbol) -> Option<Val> {
        let import = &self.project.units[unit].facts.imports[star];
        match self.import_target(unit, import) {
            Some(Target::Unit(other)) => {
                if !self.is_public(other, name) {
                    return None;
                }
                self.deeper(|| self.export(other, name)).flatten()
            }
            Some(Target::Folder(_)) => None,
            None => {
                let mut path = import.module.clone();
                path.push(name);
                let path = self.canonical(path);
                self.is_modelled(&path).then(|| Val::new(Kind::Lib(path.into())))
            }
        }
    }

    /// Whether `import *` takes a name of a module.
    pub fn is_public(&self, unit: UnitId, name: Symbol) -> bool {
        match &self.project.units[unit].facts.dunder_all {
            Some(all) => all.contains(&name),
            None => !self.project.name(name).starts_with('_'),
        }
    }

    fn is_modelled(&self, path: &[Symbol]) -> bool {
        let library = &self.project.rules.library;
        library.calls.contains_key(path) || library.types.contains_key(path)
    }

    /// What an import binds.
    pub fn imported(&self, unit: UnitId, id: ImportId) -> Val {
        let import = &self.project.units[unit].facts.imports[id];
        let target = self.import_target(unit, import);
        match (target, import.name) {
            // A package takes its own submodules: the name is bound by this very import.
            (Some(target), ImportedName::One(name))
                if target == Target::Unit(unit)
                    && self.project.modules.submodule(target, name).is_some() =>
            {
                let submodule = self.project.modules.submodule(target, name);
                submodule.map_or_else(Val::opaque, target_val)
            }
            (Some(target), ImportedName::One(name)) => {
                // What a package imports from itself is a module of it, or nothing is.
                let own = (target == Target::Unit(unit))
                    .then(|| self.project.modules.submodule(target, name).map(target_val));
                let member = own.flatten().or_else(|| self.module_member(target, name));
                member.unwrap_or_else(Val::opaque)
            }
            (Some(target), _) => target_val(target),
            (None, name) => {
                let mut path = import.module.clone();
                if let ImportedName::One(name) = name {
                    path.push(name);
                }
                if import.level > 0 || path.is_empty() {
                    return Val::opaque();
                }
                Val::new(Kind::Lib(self.canonical(path).into()))
            }
        }
    }

    /// The project module an import takes its name from.
    pub fn imported_from(&self, unit: UnitId, id: ImportId) -> Option<UnitId> {
        match self.import_target(unit, &self.project.units[unit].facts.imports[id])? {
            Target::Unit(module) => Some(module),
            Target::Folder(_) => None,
        }
    }

    /// The project module an import statement names, if it is one.
    pub fn import_target(&self, unit: UnitId, import: &Import) -> Option<Target> {
        let modules = &self.project.modules;
        if import.level > 0 {
            let base = modules.relative_base(unit, import.level)?;
            return import.module.iter().try_fold(base, |at, name| modules.submodule(at, *name));
        }
        let (target, taken) = modules.absolute(unit, &import.module)?;
        // `import jwt` in a file of that name means the library; a package's own module is its own.
        let own = match import.name {
            ImportedName::One(name) => modules.submodule(target, name).is_some(),
            ImportedName::Module | ImportedName::Star => false,
        };
        let is_self = target == Target::Unit(unit) && import.module.len() == 1 && !own;
        (taken == import.module.len() && !is_self).then_some(target)
    }

    /// `module.name`: what the module binds, else its submodule.
    pub fn module_member(&self, target: Target, name: Symbol) -> Option<Val> {
        if let Target::Unit(unit) = target {
            let key = TermRef { func: FnRef { unit, func: FnId(0) }, term: TermId(name.0) };
            let bound = self.once(key, Asked::Module, || self.export(unit, name)).flatten();
            if bound.is_some() {
                return bound;
            }
        }
        self.project.modules.submodule(target, name).map(target_val)
    }

    /// A dotted path of a library after re-exports are resolved: the longest alias prefix wins.
    pub fn canonical(&self, mut path: Vec<Symbol>) -> Vec<Symbol> {
        let aliases = &self.project.rules.library.aliases;
        // An alias may lead to another; the bound keeps a cycle in a pack from hanging us.
        for _ in 0..4 {
            let hit =
                (1..=path.len()).rev().find_map(|n| aliases.get(&path[..n]).map(|to| (n, to)));
            let Some((n, to)) = hit else { break };
            let rest = path.split_off(n);
            path.clone_from(to);
            path.extend(rest);
        }
        path
    }

    /// The model of a library call for the package versions in use.
    pub fn call_model(&self, path: &[Symbol]) -> Option<&CallModel> {
        self.project.calls.get(path).copied()
    }

    /// The path of the library function, class or method that is called.
    pub fn called_path(&self, callee: TermId, frame: &Arc<Frame>) -> Option<Vec<Symbol>> {
        self.callee(callee, frame).library_path()
    }

    /// The model of the library function, class or method that is called, or of a function of
    /// the project that the configuration declares.
    pub fn library_model(&self, callee: TermId, frame: &Arc<Frame>) -> Option<&CallModel> {
        let callee = self.callee(callee, frame);
        if let Callee::Fn { func, .. } = &callee {
            return self.call_model(self.declared_path(*func)?);
        }
        self.call_model(&callee.library_path()?)
    }

    /// A dotted name written as text (`"accounts.User"`, a string annotation), as seen from a file.
    pub fn lookup_dotted(&self, text: &str, unit: UnitId) -> Option<Val> {
        let path: Option<Vec<Symbol>> =
            text.split('.').map(|part| self.project.names.get(part)).collect();
        let path = path?;
        let (head, rest) = path.split_first()?;
        let mut value = match self.export(unit, *head) {
            Some(value) => value,
            None => return self.lookup_path(unit, &path),
        };
        for name in rest {
            value = self.attribute(&value, *name);
        }
        Some(value)
    }

    /// A dotted path as `importlib` would find it: a project module or name, else the library's.
    pub fn lookup_path(&self, from: UnitId, path: &[Symbol]) -> Option<Val> {
        let Some((target, taken)) = self.project.modules.absolute(from, path) else {
            return (path.len() > 1 || self.is_modelled(path))
                .then(|| Val::new(Kind::Lib(self.canonical(path.to_vec()).into())));
        };
        let mut value = target_val(target);
        for name in &path[taken..] {
            value = match value.kind {
                Kind::Module(unit) => self.module_member(Target::Unit(unit), *name)?,
                _ => self.attribute(&value, *name),
            };
        }
        Some(value)
    }
}

/// A module or namespace package as a value.
pub fn target_val(target: Target) -> Val {
    Val::new(match target {
        Target::Unit(unit) => Kind::Module(unit),
        Target::Folder(folder) => Kind::Namespace(u32::try_from(folder).unwrap_or(u32::MAX)),
    })
}

/// Applies `f` to each alternative.
pub fn each(value: &Val, f: impl Fn(&Val) -> Val) -> Val {
    match &value.kind {
        Kind::OneOf(values) => one_of(values.iter().map(f).collect()),
        _ => f(value),
    }
}
