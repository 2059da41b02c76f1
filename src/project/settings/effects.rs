//! What single instructions do to the names of a module.

use std::sync::Arc;

use super::calls::is_namespace;
use super::is_setting_name;
use super::raise::{Exception, Raises};
use super::run::{Activation, Root, Runner};
use crate::base::{Loc, Symbol};
use crate::facts::{Instr, InstrKind, Mutation, Place, Term, TermId};
use crate::link::{Bound, Kind, Names, UnitId, Val};

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

    pub(super) fn bind(&mut self, act: &Activation<'p>, name: Symbol, value: Val, loc: Loc) {
        let chain = self.chain(loc);
        self.cx.bind(act.home, name, Arc::new(Bound { value, chain }));
    }

    /// The statements behind the settings that were read, and this one.
    pub(super) fn chain(&self, loc: Loc) -> Vec<Loc> {
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
    pub(super) fn mutate(
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
    pub(super) fn set_attribute(
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

    /// What a store or a method changes: the name at its root, and the keys below it.
    pub(super) fn root(
        &mut self,
        act: &Activation<'p>,
        mut term: TermId,
    ) -> Option<(Root, Vec<TermId>)> {
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
    pub(super) fn read(&self, act: &Activation<'p>, name: Symbol) -> Raises {
        let names = self.cx.names_of(act.home);
        let bound = names.open || names.bound.contains_key(&name);
        let unbound = !bound && is_setting_name(self.cx.project.name(name));
        if unbound { Raises::Surely(Exception::Name) } else { Raises::No }
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
