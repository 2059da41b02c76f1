//! Assignments in the layers below settings that the settings override.

use super::Describer;
use crate::base::{FxHashMap, FxHashSet, Loc};
use crate::facts::InstrKind;
use crate::link::{Kind, UnitId};
use crate::project::Namespace;
use crate::project::settings::is_setting_name;

/// Where each name is assigned at module level, lower layers first.
pub(super) type Assignments = FxHashMap<String, Vec<Loc>>;

impl Describer<'_, '_, '_> {
    /// The assignments of a settings module and of the modules that it imports with `*`.
    pub(super) fn assignments(&self, namespace: &Namespace) -> Assignments {
        let project = self.target.project;
        let mut found = Assignments::default();
        // Settings that are no module have a name that leads to none.
        let unit = namespace.end.and_then(|end| project.unit_of(end.file));
        let is_module = |unit: &UnitId| {
            let path = project.units[*unit].path.trim_end_matches(".py").replace('/', ".");
            path.trim_end_matches(".__init__").ends_with(&namespace.name)
        };
        if let Some(unit) = unit.filter(is_module) {
            self.collect(unit, &mut found, &mut FxHashSet::default());
        }
        found
    }

    fn collect(&self, unit: UnitId, found: &mut Assignments, seen: &mut FxHashSet<UnitId>) {
        if !seen.insert(unit) {
            return;
        }
        let project = self.target.project;
        for star in &project.units[unit].stars {
            if let Kind::Module(base) = self.cx.imported(unit, *star).kind {
                self.collect(base, found, seen);
            }
        }
        for instr in project.ir(project.module_fn(unit)).blocks.iter().flat_map(|b| &b.instrs) {
            let InstrKind::Bind { name, class: None, .. } = &instr.kind else { continue };
            let text = project.name(*name);
            if is_setting_name(text) {
                found.entry(text.to_owned()).or_default().push(project.loc(unit, instr.span));
            }
        }
    }
}

/// Of the assignments of a name, those that no part of its value comes from: what was there
/// before the first place that took part.
pub(super) fn overridden(assignments: &Assignments, key: &str, chain: &[Loc]) -> Vec<Loc> {
    let all = assignments.get(key).map_or(&[][..], Vec::as_slice);
    let lines = |a: &Loc, b: &Loc| a.file == b.file && a.start <= b.end && b.start <= a.end;
    let took_part = |loc: &Loc| chain.iter().any(|part| lines(part, loc));
    match all.iter().position(took_part) {
        Some(first) => all[..first].to_vec(),
        None => Vec::new(),
    }
}
