//! Module-level names that functions change: what they hold when read is not, or not only, what
//! the module body put into them.

use super::{Cx, FnRef, Kind, Project, TermRef, UnitId};
use crate::base::{FxHashMap, FxHashSet, Symbol};
use crate::facts::{FnId, ImportId, ImportedName, InstrKind, Place, Term, TermId, is_mutator};

/// The exported names that are changed from within functions, with the values that are bound
/// there: none, if only their containers are changed.
pub type Changed = FxHashMap<(UnitId, Symbol), Vec<TermRef>>;

/// Finds them.
pub fn changed_globals(project: &Project<'_>) -> Changed {
    let cx = Cx::new(project);
    let mutators: FxHashSet<Symbol> = (0..project.names.len())
        .map(Symbol::from)
        .filter(|name| is_mutator(project.name(*name)))
        .collect();
    let mut changed = Changed::default();
    let mut note = |key: Option<_>, bound: Option<TermRef>| {
        if let Some(key) = key {
            changed.entry(key).or_default().extend(bound);
        }
    };
    for func in project.functions().filter(|f| f.func != FnId(0)) {
        let ir = project.ir(func);
        for term in &ir.terms {
            if let Term::Call { func: callee, .. } = term
                && let Term::Attr(object, name) = &ir.terms[*callee]
                && mutators.contains(name)
            {
                note(exported(&cx, func, *object), None);
            }
        }
        for instr in ir.blocks.iter().flat_map(|b| &b.instrs) {
            match &instr.kind {
                InstrKind::Store { place: Place::Item(object, _), .. }
                | InstrKind::Delete(Place::Item(object, _)) => {
                    note(exported(&cx, func, *object), None);
                }
                InstrKind::Store { place: Place::Outer(name), value, .. }
                    if ir.globals.contains(name) =>
                {
                    note(Some((func.unit, *name)), Some(TermRef { func, term: *value }));
                }
                InstrKind::Store { place: Place::Attr(module, name), value, .. } => {
                    let place = module_attribute(&cx, func, *module, *name);
                    note(place, Some(TermRef { func, term: *value }));
                }
                _ => {}
            }
        }
    }
    changed
}

/// The module and name an object expression reads, when it reads a module-level name.
fn exported(cx: &Cx<'_, '_>, func: FnRef, object: TermId) -> Option<(UnitId, Symbol)> {
    match &cx.project.ir(func).terms[object] {
        Term::Global(name) => match import(cx, func, object) {
            Some(import) => imported(cx, func.unit, import),
            None => Some((func.unit, *name)),
        },
        Term::Item(inner, _) => exported(cx, func, *inner),
        Term::Import(import) => imported(cx, func.unit, *import),
        Term::Attr(module, name) => module_attribute(cx, func, *module, *name),
        _ => None,
    }
}

/// `from module import name`
fn imported(cx: &Cx<'_, '_>, unit: UnitId, import: ImportId) -> Option<(UnitId, Symbol)> {
    let fact = &cx.project.units[unit].facts.imports[import];
    let ImportedName::One(name) = fact.name else { return None };
    Some((cx.imported_from(unit, import)?, name))
}

/// `module.name`
fn module_attribute(
    cx: &Cx<'_, '_>,
    func: FnRef,
    module: TermId,
    name: Symbol,
) -> Option<(UnitId, Symbol)> {
    match cx.imported(func.unit, import(cx, func, module)?).kind {
        Kind::Module(unit) => Some((unit, name)),
        _ => None,
    }
}

/// The import that a name is bound by.
fn import(cx: &Cx<'_, '_>, func: FnRef, name: TermId) -> Option<ImportId> {
    let unit = &cx.project.units[func.unit];
    let bound = match &cx.project.ir(func).terms[name] {
        Term::Global(name) => {
            &cx.project.ir(cx.project.module_fn(func.unit)).terms[*unit.exports.get(name)?]
        }
        own => own,
    };
    match bound {
        Term::Import(import) => Some(*import),
        _ => None,
    }
}
