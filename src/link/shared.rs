//! Module-level containers that functions change: what they hold when read is not what the
//! module body put into them.

use super::{Cx, FnRef, Kind, Project, UnitId};
use crate::base::{FxHashSet, Symbol};
use crate::facts::{FnId, ImportedName, InstrKind, Place, Term, TermId, is_mutator};

/// The exported names whose containers are changed from within functions.
pub fn changed_globals(project: &Project<'_>) -> FxHashSet<(UnitId, Symbol)> {
    let cx = Cx::new(project);
    let mutators: FxHashSet<Symbol> = (0..project.names.len())
        .map(Symbol::from)
        .filter(|name| is_mutator(project.name(*name)))
        .collect();
    let mut changed = FxHashSet::default();
    for func in project.functions().filter(|f| f.func != FnId(0)) {
        let ir = project.ir(func);
        for term in &ir.terms {
            if let Term::Call { func: callee, .. } = term
                && let Term::Attr(object, name) = &ir.terms[*callee]
                && mutators.contains(name)
            {
                changed.extend(exported(&cx, func, *object));
            }
        }
        for instr in ir.blocks.iter().flat_map(|b| &b.instrs) {
            match &instr.kind {
                InstrKind::Store { place: Place::Item(object, _), .. }
                | InstrKind::Delete(Place::Item(object, _)) => {
                    changed.extend(exported(&cx, func, *object));
                }
                InstrKind::Store { place: Place::Outer(name), .. } => {
                    changed.insert((func.unit, *name));
                }
                _ => {}
            }
        }
    }
    changed
}

/// The module and name an object expression reads, when it reads a module-level name.
fn exported(cx: &Cx<'_, '_>, func: FnRef, object: TermId) -> Option<(UnitId, Symbol)> {
    let ir = cx.project.ir(func);
    match &ir.terms[object] {
        Term::Global(name) => Some((func.unit, *name)),
        Term::Item(inner, _) => exported(cx, func, *inner),
        Term::Import(import) => {
            let fact = &cx.project.units[func.unit].facts.imports[*import];
            let ImportedName::One(name) = fact.name else { return None };
            Some((cx.imported_from(func.unit, *import)?, name))
        }
        Term::Attr(module, name) => {
            let Term::Import(import) = &ir.terms[*module] else { return None };
            match cx.imported(func.unit, *import).kind {
                Kind::Module(unit) => Some((unit, *name)),
                _ => None,
            }
        }
        _ => None,
    }
}
