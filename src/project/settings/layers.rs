//! Modules that a settings module runs in its own place: imports, star imports, includes.

use super::is_setting_name;
use super::raise::{Exception, Raises};
use super::run::{Activation, Runner};
use crate::facts::{ArgTerm, ImportId, ImportedName};
use crate::link::{Bound, Kind, Names, Target, UnitId, Val, one_of};
use std::sync::Arc;

impl<'p> Runner<'_, 'p, '_> {
    pub(super) fn import(&mut self, act: &Activation<'p>, id: ImportId) -> Raises {
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
    pub(super) fn run_layer(&mut self, act: &Activation<'p>, module: UnitId) {
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
    pub(super) fn include(&mut self, act: &Activation<'p>, args: &[ArgTerm]) {
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
