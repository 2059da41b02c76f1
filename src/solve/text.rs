//! What the text of a value shows.

use std::sync::Arc;

use super::path::{Key, Path};
use crate::base::Symbol;
use crate::facts::{Const, Term, TermId};
use crate::link::{ClassRef, Cx, FnRef, Frame, Kind, Ty};

/// Whether `str()`, formatting and logging of a value show the part at `path`.
pub fn is_shown(cx: &Cx<'_, '_>, term: TermId, path: Path, frame: &Arc<Frame>) -> bool {
    match path.first() {
        None | Some(Key::Text) => true,
        // The items of a container are shown as `repr` shows them.
        Some(Key::Item(_) | Key::Index(_) | Key::Any | Key::Unknown) => {
            !matches!(path.rest().first(), Some(Key::Attr(_)))
        }
        Some(Key::Attr(name)) => {
            cx.refuel();
            match cx.type_of_term(term, frame) {
                Some(Ty::Class(class)) => shows_field(cx, class, name),
                _ => false,
            }
        }
    }
}

/// Whether the generated text of objects of a class shows a field: data classes and named tuples
/// without a `__str__` and `__repr__` of their own.
pub fn shows_field(cx: &Cx<'_, '_>, class: ClassRef, name: Symbol) -> bool {
    let project = cx.project;
    let own = |method: &str| {
        let name = project.names.get(method);
        name.and_then(|name| cx.member(&Ty::Class(class), name)).is_some()
    };
    if own("__repr__") || own("__str__") {
        return false;
    }
    let fact = project.class(class);
    let declared = fact.annotated.iter().any(|(n, ..)| *n == name);
    declared && generates_repr(cx, class) && !is_left_out(cx, class, name)
}

/// Whether a library makes the `__repr__` of a class from its fields.
fn generates_repr(cx: &Cx<'_, '_>, class: ClassRef) -> bool {
    let fact = cx.project.class(class);
    let frame = Frame::open(FnRef { unit: class.unit, func: fact.scope });
    let models = &cx.project.rules.library.types;
    let shows = |path: &[Symbol]| models.get(path).is_some_and(|model| model.shows_fields);
    let decorated = fact.decorators.iter().any(|decorator| {
        cx.refuel();
        match &cx.project.ir(frame.func).terms[*decorator] {
            Term::Call { func, args } => {
                let switched_off = args.iter().any(|arg| {
                    matches!(arg.kind, crate::syntax::ast::ArgKind::Keyword(name)
                        if cx.project.name(name) == "repr")
                        && cx.eval(arg.value, &frame).truth() == Some(false)
                });
                !switched_off
                    && matches!(&cx.eval(*func, &frame).kind, Kind::Lib(path) if shows(path))
            }
            _ => matches!(&cx.eval(*decorator, &frame).kind, Kind::Lib(path) if shows(path)),
        }
    });
    decorated
        || cx.mro(&Ty::Class(class)).iter().any(|ty| matches!(ty, Ty::Lib(path) if shows(path)))
}

/// `token: str = field(repr=False)`
fn is_left_out(cx: &Cx<'_, '_>, class: ClassRef, name: Symbol) -> bool {
    let fact = cx.project.class(class);
    let scope = FnRef { unit: class.unit, func: fact.scope };
    let ir = cx.project.ir(scope);
    let Some((_, value, _)) = fact.attrs.iter().find(|(n, ..)| *n == name) else { return false };
    let Term::Call { args, .. } = &ir.terms[*value] else { return false };
    args.iter().any(|arg| {
        matches!(arg.kind, crate::syntax::ast::ArgKind::Keyword(name)
            if cx.project.name(name) == "repr")
            && matches!(ir.terms[arg.value], Term::Const(Const::Bool(false)))
    })
}
