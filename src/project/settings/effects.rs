//! What single instructions do to the names of a module.

use std::sync::Arc;

use super::is_setting_name;
use super::raise::{Exception, Raises};
use super::run::{Activation, MAX_CALLS, Root, Runner};
use crate::base::{Loc, Symbol};
use crate::facts::{
    ArgTerm, FnIr, ImportId, ImportedName, Instr, InstrKind, Mutation, Place, Term, TermId,
    is_mutator,
};
use crate::link::{Bound, Callee, FnRef, Frame, Kind, Names, Target, UnitId, Val, one_of};
use crate::syntax::ast::ArgKind;

/// Longest chain of statements that is kept for a name.
const MAX_CHAIN: usize = 12;

impl<'p> Runner<'_, 'p, '_> {
    /// Runs one instruction.
    pub(super) fn instruction(&mut self, act: &Activation<'p>, instr: &Instr) -> Raises {
        self.cx.take_reads();
        let loc = self.cx.project.loc(act.frame.func.unit, instr.span);
        match &instr.kind {
            InstrKind::Bind { name, value, class: None } if act.frame.args.is_none() => {
                let value = self.eval(*value, act);
                let raises = missing(&value);
                self.bind(act, *name, value, loc);
                raises
            }
            InstrKind::Store { place: Place::Outer(name), value } => {
                let value = self.eval(*value, act);
                self.bind(act, *name, value, loc);
                Raises::No
            }
            InstrKind::Store { place: Place::Item(object, key), value } => {
                let op = Mutation::Set { key: *key, value: *value, span: instr.span };
                self.store(act, *object, *key, Some(*value), &op, loc)
            }
            InstrKind::Delete(Place::Item(object, key)) => {
                self.store(act, *object, *key, None, &Mutation::Delete(*key), loc)
            }
            InstrKind::Delete(Place::Outer(name)) => {
                self.cx.change_names(act.home, |names| {
                    names.bound.shift_remove(name);
                });
                Raises::No
            }
            InstrKind::Store { place: Place::Attr(object, name), value } => {
                self.store_attribute(act, *object, *name, *value, loc);
                Raises::No
            }
            InstrKind::Import(import) => self.import(act, *import),
            InstrKind::Eval(term) => self.effect(act, *term, loc),
            _ => Raises::No,
        }
    }

    fn bind(&mut self, act: &Activation<'p>, name: Symbol, value: Val, loc: Loc) {
        let chain = self.chain(loc);
        self.cx.bind(act.home, name, Arc::new(Bound { value, chain }));
    }

    /// The statements behind the settings that were read, and this one.
    fn chain(&self, loc: Loc) -> Vec<Loc> {
        let mut chain: Vec<Loc> = Vec::new();
        for (name, bound) in self.cx.take_reads() {
            if is_setting_name(self.cx.project.name(name)) {
                chain.extend(&bound.chain);
            }
        }
        chain.push(loc);
        let mut seen = Vec::new();
        // The last mention counts: it is nearest to where the value is decided.
        for loc in chain.into_iter().rev() {
            if !seen.contains(&loc) && seen.len() < MAX_CHAIN {
                seen.push(loc);
            }
        }
        seen.reverse();
        seen
    }

    /// `object[key] = value`, `del object[key]`
    fn store(
        &mut self,
        act: &Activation<'p>,
        object: TermId,
        key: TermId,
        value: Option<TermId>,
        op: &Mutation,
        loc: Loc,
    ) -> Raises {
        match self.root(act, object) {
            Some((Root::Namespace, _)) => {
                let key = self.eval(key, act);
                let name = key.as_str().and_then(|key| self.cx.project.names.get(key));
                match (name, value) {
                    (Some(name), Some(value)) => {
                        let value = self.eval(value, act);
                        self.bind(act, name, value, loc);
                    }
                    (Some(name), None) => self.cx.change_names(act.home, |names| {
                        names.bound.shift_remove(&name);
                    }),
                    (None, _) => self.cx.change_names(act.home, Names::blur),
                }
            }
            Some((Root::Name(name), path)) => self.mutate(act, name, &path, op, loc),
            None => {}
        }
        Raises::No
    }

    /// Changes what is below a name in place.
    fn mutate(
        &mut self,
        act: &Activation<'p>,
        name: Symbol,
        path: &[TermId],
        op: &Mutation,
        loc: Loc,
    ) {
        let Some(old) = self.cx.bound(act.home, name) else { return };
        self.cx.refuel();
        let value = self.cx.after_mutation(&old.value, path, op, &act.frame);
        self.bind(act, name, value, loc);
    }

    /// `module.NAME = value`
    fn store_attribute(
        &mut self,
        act: &Activation<'p>,
        object: TermId,
        name: Symbol,
        value: TermId,
        loc: Loc,
    ) {
        if let Kind::Module(unit) = self.eval(object, act).kind {
            let value = self.eval(value, act);
            self.set_attribute(act, unit, name, value, loc);
        }
    }

    /// Binds a name of a module from outside, or of this one.
    fn set_attribute(
        &mut self,
        act: &Activation<'p>,
        unit: UnitId,
        name: Symbol,
        value: Val,
        loc: Loc,
    ) {
        if unit == act.home || self.module(unit) {
            let chain = self.chain(loc);
            self.cx.bind(unit, name, Arc::new(Bound { value, chain }));
        }
    }

    /// `setattr(module, name, value)`
    fn set_by_name(&mut self, act: &Activation<'p>, args: &[ArgTerm], loc: Loc) {
        let actuals = self.cx.actuals(args, &act.frame);
        let [object, name, value] = actuals.positional.as_slice() else { return };
        let Kind::Module(unit) = object.kind else { return };
        match name.in_force().and_then(Val::as_str) {
            Some(name) => {
                if let Some(name) = self.cx.project.names.get(name) {
                    self.set_attribute(act, unit, name, value.clone(), loc);
                }
            }
            None => self.cx.change_names(unit, Names::blur),
        }
    }

    /// What a store or a method changes: the name at its root, and the keys below it.
    fn root(&mut self, act: &Activation<'p>, mut term: TermId) -> Option<(Root, Vec<TermId>)> {
        let mut path = Vec::new();
        for _ in 0..16 {
            term = match &act.ir.terms[term] {
                Term::Item(object, key) => {
                    path.push(*key);
                    *object
                }
                Term::Update { base, .. } | Term::Escaped { base, .. } => *base,
                Term::Global(name) if act.frame.func.unit == act.home => {
                    path.reverse();
                    return Some((Root::Name(*name), path));
                }
                Term::Param(index) => {
                    let passed = act.passed.get(*index as usize)?.clone()?;
                    return self.below(act, passed, path);
                }
                Term::Call { func, args }
                    if is_namespace(self, act, *func) && self.is_own(act, args) =>
                {
                    return self.below(act, Root::Namespace, path);
                }
                Term::Attr(object, name) if self.cx.project.name(*name) == "__dict__" => {
                    let own =
                        matches!(self.eval(*object, act).kind, Kind::Module(u) if u == act.home);
                    return if own { self.below(act, Root::Namespace, path) } else { None };
                }
                _ => return None,
            };
        }
        None
    }

    /// Whether these are the arguments of a call that gives the names of the home module:
    /// `globals()`, `vars(sys.modules[__name__])`.
    fn is_own(&self, act: &Activation<'p>, args: &[ArgTerm]) -> bool {
        match args {
            [] => true,
            [module] => {
                matches!(self.eval(module.value, act).kind, Kind::Module(u) if u == act.home)
            }
            _ => false,
        }
    }

    /// `path` (innermost key first) below what was passed: `globals()["X"]` is the name `X`.
    fn below(
        &mut self,
        act: &Activation<'p>,
        root: Root,
        mut path: Vec<TermId>,
    ) -> Option<(Root, Vec<TermId>)> {
        let root = match root {
            Root::Namespace if !path.is_empty() => {
                let key = self.eval(path.pop()?, act);
                Root::Name(self.cx.project.names.get(key.as_str()?)?)
            }
            root => root,
        };
        path.reverse();
        Some((root, path))
    }

    /// A name alone: it may not be bound.
    fn read(&self, act: &Activation<'p>, name: Symbol) -> Raises {
        let names = self.cx.names_of(act.home);
        let bound = names.open || names.bound.contains_key(&name);
        let unbound = !bound && is_setting_name(self.cx.project.name(name));
        if unbound { Raises::Surely(Exception::Name) } else { Raises::No }
    }

    /// A call for what it does.
    fn effect(&mut self, act: &Activation<'p>, term: TermId, loc: Loc) -> Raises {
        if let Term::Global(name) = &act.ir.terms[term] {
            return self.read(act, *name);
        }
        let Term::Call { func, args } = &act.ir.terms[term] else { return Raises::No };
        if let Term::Attr(object, name) = act.ir.terms[*func]
            && is_mutator(self.cx.project.name(name))
            && let Some((root, path)) = self.root(act, object)
        {
            if matches!(self.cx.project.name(name), "pop" | "popitem" | "setdefault") {
                let value = self.eval(term, act);
                self.cx.keep_result(act.frame.func, term, value);
            }
            match root {
                Root::Name(root) => {
                    let op = Mutation::Method { name, args: args.clone(), call: term };
                    self.mutate(act, root, &path, &op, loc);
                }
                Root::Namespace => match self.cx.project.name(name) {
                    "update" => self.update_names(act, args, loc),
                    method => self.change_name(act, method, args, loc),
                },
            }
            return Raises::No;
        }
        self.cx.refuel();
        match self.cx.callee(*func, &act.frame) {
            Callee::Lib(path) => self.library_effect(act, &path, term, args, loc),
            Callee::Fn { func, receiver } => self.function_effect(act, func, receiver, args),
            // An object that holds the names may set them whenever one of its methods runs.
            Callee::Class(_) if self.hands_names(act, args) => {
                self.cx.change_names(act.home, |names| {
                    names.blur();
                    names.leaked = true;
                });
                Raises::Maybe
            }
            // What gives a known value does not raise.
            Callee::Unknown { .. } | Callee::Method { .. }
                if missing(&self.eval(term, act)) == Raises::No =>
            {
                Raises::No
            }
            Callee::Unknown { receiver, .. } if receiver.as_ref().is_none_or(Val::is_unknown) => {
                self.lose_passed(act, args);
                Raises::Maybe
            }
            _ => Raises::Maybe,
        }
    }

    /// `globals().update(…)`
    fn update_names(&mut self, act: &Activation<'p>, args: &[ArgTerm], loc: Loc) {
        self.cx.refuel();
        let actuals = self.cx.actuals(args, &act.frame);
        let mut known = !actuals.star_open && !actuals.kw_open;
        let mut set: Vec<(Symbol, Val)> = actuals.keywords.clone();
        for source in &actuals.positional {
            match self.cx.as_pairs(source) {
                Some((pairs, open)) => {
                    known &= !open;
                    for (key, value) in &pairs {
                        match key.as_str().and_then(|k| self.cx.project.names.get(k)) {
                            Some(name) => set.push((name, value.clone())),
                            None => known &= key.as_str().is_some(),
                        }
                    }
                }
                None => known = false,
            }
        }
        if !known {
            self.cx.change_names(act.home, Names::blur);
        }
        let chain = self.chain(loc);
        for (name, value) in set {
            self.cx.bind(act.home, name, Arc::new(Bound { value, chain: chain.clone() }));
        }
    }

    /// `globals().pop(name)`, `globals().setdefault(name, value)`
    fn change_name(&mut self, act: &Activation<'p>, method: &str, args: &[ArgTerm], loc: Loc) {
        let actuals = self.cx.actuals(args, &act.frame);
        let key = actuals.positional.first().and_then(Val::as_str);
        let name = key.and_then(|key| self.cx.project.names.get(key));
        match (name, method, actuals.positional.get(1)) {
            (Some(name), "pop", _) => self.cx.change_names(act.home, |names| {
                names.bound.shift_remove(&name);
            }),
            (Some(name), "setdefault", Some(value)) => {
                if self.cx.bound(act.home, name).is_none() {
                    self.bind(act, name, value.clone(), loc);
                }
            }
            _ => self.cx.change_names(act.home, Names::blur),
        }
    }

    /// A call outside the project: some run code or set names here.
    fn library_effect(
        &mut self,
        act: &Activation<'p>,
        path: &[Symbol],
        call: TermId,
        args: &[ArgTerm],
        loc: Loc,
    ) -> Raises {
        if let [name] = path {
            match self.cx.project.name(*name) {
                "exec" | "execfile" => self.cx.change_names(act.home, Names::blur),
                "setattr" => self.set_by_name(act, args, loc),
                _ => {}
            }
            return Raises::No;
        }
        if path.len() == 2
            && path.iter().map(|part| self.cx.project.name(*part)).eq(["contextlib", "suppress"])
        {
            return Raises::Suppressed;
        }
        if let Kind::Module(module) = self.eval(call, act).kind {
            self.run_layer(act, module);
            return Raises::No;
        }
        if self.model.includes.iter().any(|include| include[..] == *path) {
            self.include(act, args);
            return Raises::No;
        }
        if self.hands_names(act, args) {
            self.cx.change_names(act.home, Names::blur);
        }
        Raises::Maybe
    }

    /// Whether a call is given `globals()` and the like.
    fn hands_names(&self, act: &Activation<'p>, args: &[ArgTerm]) -> bool {
        args.iter().any(|arg| {
            matches!(&act.ir.terms[arg.value], Term::Call { func, args }
                if args.is_empty() && is_namespace(self, act, *func))
        })
    }

    /// A call of a project function that changes names of this module or what it is passed.
    fn function_effect(
        &mut self,
        act: &Activation<'p>,
        func: FnRef,
        receiver: Option<Val>,
        args: &[ArgTerm],
    ) -> Raises {
        let ir = self.cx.project.ir(func);
        if act.frame.depth >= MAX_CALLS || !has_effects(self, ir, func.unit == act.home) {
            return Raises::Maybe;
        }
        let actuals = self.cx.actuals(args, &act.frame);
        let offset = usize::from(receiver.is_some());
        let passed = ir.params.iter().enumerate().map(|(index, param)| {
            let by_name =
                |arg: &&ArgTerm| matches!(arg.kind, ArgKind::Keyword(n) if n == param.name);
            let by_place = || index.checked_sub(offset).and_then(|index| args.get(index));
            let arg = args
                .iter()
                .find(by_name)
                .or_else(|| by_place().filter(|arg| matches!(arg.kind, ArgKind::Positional)))?;
            let (root, path) = self.root(act, arg.value)?;
            path.is_empty().then_some(root)
        });
        let passed = passed.collect();
        let args = Some(self.cx.bind_fn(func, receiver, &actuals));
        let frame = Arc::new(Frame { func, args, this: None, depth: act.frame.depth + 1 });
        let inner = Activation { ir, frame, home: act.home, passed };
        let names = self.body(&inner, self.cx.names_of(act.home));
        self.cx.set_names(act.home, names);
        Raises::No
    }

    /// What an unknown function was passed may have changed.
    fn lose_passed(&mut self, act: &Activation<'p>, args: &[ArgTerm]) {
        for arg in args {
            match self.root(act, arg.value) {
                Some((Root::Namespace, _)) => self.cx.change_names(act.home, Names::blur),
                Some((Root::Name(name), path)) if path.is_empty() => {
                    if let Some(old) = self.cx.bound(act.home, name) {
                        let value = crate::link::opened(old.value.clone());
                        let chain = old.chain.clone();
                        self.cx.bind(act.home, name, Arc::new(Bound { value, chain }));
                    }
                }
                _ => {}
            }
        }
    }

    // ---- imports

    fn import(&mut self, act: &Activation<'p>, id: ImportId) -> Raises {
        let project = self.cx.project;
        let unit = act.frame.func.unit;
        let import = &project.units[unit].facts.imports[id];
        self.cx.refuel();
        let target = self.cx.import_target(unit, import);
        match (target, import.name) {
            (Some(Target::Unit(module)), ImportedName::Star) => {
                self.star(act, module);
                Raises::No
            }
            (Some(target), ImportedName::One(name)) => {
                if let Target::Unit(module) = target
                    && is_setting_name(project.name(name))
                {
                    self.run_layer(act, module);
                }
                match self.cx.module_member(target, name) {
                    Some(value) => {
                        if let Kind::Module(module) = value.kind {
                            self.run_layer(act, module);
                        }
                        Raises::No
                    }
                    None => self.absent_member(target),
                }
            }
            (Some(Target::Unit(module)), ImportedName::Module) => {
                self.run_layer(act, module);
                Raises::No
            }
            (Some(_), _) => Raises::No,
            (None, name) => self.absent_module(unit, id, name == ImportedName::Star),
        }
    }

    /// Runs a module that this one takes names from.
    fn run_layer(&mut self, act: &Activation<'p>, module: UnitId) {
        if module != act.home && self.module(module) {
            self.layers.entry(act.home).or_default().push(module);
        }
    }

    /// A name that a module of the project does not have, as far as is known.
    fn absent_member(&self, target: Target) -> Raises {
        let open = matches!(target, Target::Unit(unit) if self.cx.names_of(unit).open
            || !self.cx.project.units[unit].stars.is_empty());
        if open { Raises::MaybeImport } else { Raises::Surely(Exception::Import) }
    }

    /// A module that is not in the project: it is a library, or it is not there.
    fn absent_module(&self, unit: UnitId, id: ImportId, star: bool) -> Raises {
        let project = self.cx.project;
        let import = &project.units[unit].facts.imports[id];
        let Some(head) = import.module.first().filter(|_| import.level == 0) else {
            return Raises::Surely(Exception::Import);
        };
        let package = crate::rule::version::normalise(project.name(*head));
        if project.rules.library.heads().contains(head)
            || project.packages.required.contains(&package)
        {
            return Raises::No;
        }
        let of_project = project.modules.absolute(unit, &[*head]).is_some();
        if star || of_project { Raises::Surely(Exception::Import) } else { Raises::MaybeImport }
    }

    /// `from module import *`
    fn star(&mut self, act: &Activation<'p>, module: UnitId) {
        if module == act.home || !self.module(module) {
            return;
        }
        self.layers.entry(act.home).or_default().push(module);
        let names = self.cx.names_of(module);
        if names.open {
            self.cx.change_names(act.home, Names::blur);
        }
        for (name, bound) in &names.bound {
            if !self.cx.is_public(module, *name) {
                continue;
            }
            let maybe = matches!(&bound.value.kind, Kind::OneOf(values)
                if values.iter().any(|v| matches!(v.kind, Kind::Absent)));
            let before = self.cx.bound(act.home, *name).filter(|_| maybe);
            let bound = match before {
                // Where the module does not bind it, what was bound here stays.
                Some(before) => {
                    let kept = |v: &&Val| !matches!(v.kind, Kind::Absent);
                    let mut values: Vec<Val> =
                        bound.value.alternatives().iter().filter(kept).cloned().collect();
                    values.push(before.value.clone());
                    let mut chain = before.chain.clone();
                    chain.extend(&bound.chain);
                    Arc::new(Bound { value: one_of(values), chain })
                }
                None => Arc::clone(bound),
            };
            self.cx.bind(act.home, *name, bound);
        }
    }

    /// Files that run in this module's place, with its names.
    fn include(&mut self, act: &Activation<'p>, args: &[ArgTerm]) {
        self.cx.refuel();
        let actuals = self.cx.actuals(args, &act.frame);
        for value in &actuals.positional {
            let Some(pattern) = value.as_str() else {
                self.cx.change_names(act.home, Names::blur);
                continue;
            };
            for unit in self.included(act.frame.func.unit, pattern) {
                if self.is_running(unit) || self.cx.project.units[unit].facts.script.is_none() {
                    continue;
                }
                self.layers.entry(act.home).or_default().push(unit);
                let names = self.run_script(unit, self.cx.names_of(act.home));
                self.cx.take_names(unit);
                self.cx.set_names(act.home, names);
            }
        }
    }

    /// The files a pattern beside a file means, by path.
    fn included(&self, from: UnitId, pattern: &str) -> Vec<UnitId> {
        let units = &self.cx.project.units;
        let folder = units[from].path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let full =
            if folder.is_empty() { pattern.to_owned() } else { format!("{folder}/{pattern}") };
        let matches = |path: &str| match full.split_once('*') {
            Some((head, tail)) => path
                .strip_prefix(head)
                .and_then(|rest| rest.strip_suffix(tail))
                .is_some_and(|middle| !middle.contains('/')),
            None => path == full,
        };
        units.iter_enumerated().filter(|(_, u)| matches(&u.path)).map(|(unit, _)| unit).collect()
    }
}

/// A variable that must be set, and is not: where that is caught, it decides.
pub(super) fn missing(value: &Val) -> Raises {
    match &value.kind {
        Kind::Env(env) if env.default.is_none() => Raises::Surely(Exception::Variable),
        Kind::Opaque => Raises::Maybe,
        _ => Raises::No,
    }
}

/// Whether a function term is `globals`, `locals` or `vars`.
fn is_namespace(run: &Runner<'_, '_, '_>, act: &Activation<'_>, func: TermId) -> bool {
    matches!(&act.ir.terms[func], Term::Global(name)
        if matches!(run.cx.project.name(*name), "globals" | "locals" | "vars"))
}

/// Whether a function changes names of its module, or containers it is passed.
fn has_effects(run: &Runner<'_, '_, '_>, ir: &FnIr, at_home: bool) -> bool {
    let outer = |mut term: TermId| {
        for _ in 0..8 {
            term = match &ir.terms[term] {
                Term::Item(object, _) => *object,
                Term::Update { base, .. } | Term::Escaped { base, .. } => *base,
                Term::Global(_) => return at_home,
                Term::Param(_) | Term::Call { .. } => return true,
                _ => return false,
            };
        }
        false
    };
    ir.blocks.iter().flat_map(|block| &block.instrs).any(|instr| match &instr.kind {
        InstrKind::Store { place: Place::Outer(_), .. } => at_home,
        InstrKind::Store { place: Place::Item(object, _), .. }
        | InstrKind::Delete(Place::Item(object, _)) => outer(*object),
        InstrKind::Eval(call) => match &ir.terms[*call] {
            Term::Call { func, .. } => match &ir.terms[*func] {
                Term::Attr(object, name) => {
                    is_mutator(run.cx.project.name(*name)) && outer(*object)
                }
                _ => false,
            },
            _ => false,
        },
        _ => false,
    })
}
