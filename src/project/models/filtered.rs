//! Fields that a method takes out of what a class would show.

use super::DataClass;
use crate::facts::{FnIr, InstrKind, Place, Term, TermId};
use crate::link::{Cx, FnRef, Frame, Ty};

/// The names of the fields that the methods of a class, or of its bases, take out, and whether
/// there may be others.
pub(super) fn names(cx: &Cx<'_, '_>, data: DataClass<'_>) -> (Vec<String>, bool) {
    let mut names = Vec::new();
    let mut open = false;
    let filters = &data.model.keys.filters;
    let classes = cx.mro(&Ty::Class(data.class)).into_iter();
    let methods = classes.filter_map(|ty| match ty {
        Ty::Class(class) => Some(class),
        Ty::Lib(_) => None,
    });
    let methods = methods.flat_map(|class| {
        let methods = cx.project.class(class).methods.iter();
        methods
            .filter(|(name, _)| filters.contains(name))
            .map(move |(_, func)| FnRef { unit: class.unit, func: *func })
    });
    for method in methods {
        let ir = cx.project.ir(method);
        for key in removed_keys(cx, ir) {
            cx.refuel();
            match cx.eval(key, &Frame::open(method)).as_str() {
                Some(name) => names.push(name.to_owned()),
                None => open = true,
            }
        }
    }
    (names, open)
}

/// The keys that a body takes out of something: `data.pop(key)`, `del data[key]`.
fn removed_keys(cx: &Cx<'_, '_>, ir: &FnIr) -> Vec<TermId> {
    let instrs = ir.blocks.iter().flat_map(|block| &block.instrs);
    let keys = instrs.filter_map(|instr| match &instr.kind {
        InstrKind::Delete(Place::Item(_, key)) => Some(*key),
        InstrKind::Eval(term) => match &ir.terms[*term] {
            Term::Call { func, args } => match ir.terms[*func] {
                Term::Attr(_, name) if cx.project.name(name) == "pop" => Some(args.first()?.value),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    keys.collect()
}
