//! What kind of field a type makes: its names, and what such a field holds.

use crate::base::Symbol;
use crate::facts::SeqKind;
use crate::link::{ClassRef, Cx, Kind, Member, Ty, Val};
use crate::rule::data_model::DataModel;

/// The type of a field as rules see it.
#[derive(Debug, Clone)]
pub struct FieldType {
    /// Its name and those of its bases, nearest first; open when a base is not known.
    pub names: Val,
    /// `text`, `ciphertext`, …; opaque when not known.
    pub holds: Val,
}

impl FieldType {
    /// Nothing is known.
    pub fn unknown() -> Self {
        Self { names: Val::opaque(), holds: Val::opaque() }
    }

    /// A field of a class of which the annotation tells the name.
    pub fn named(name: &str, holds: Option<&str>) -> Self {
        Self {
            names: Val::seq(SeqKind::List, vec![Val::text(name)], false),
            holds: holds.map_or_else(Val::opaque, Val::text),
        }
    }

    /// The type of fields that are instances of `ty`.
    pub fn of(cx: &Cx<'_, '_>, model: &DataModel, ty: &Ty) -> Self {
        let project = cx.project;
        let mro = cx.mro(ty);
        let mut names: Vec<Val> = Vec::new();
        let mut open = false;
        for ty in &mro {
            let name = match ty {
                Ty::Class(class) => project.name(project.class(*class).name),
                Ty::Lib(path) => {
                    open |= !is_described(cx, path);
                    path.last().map_or("", |last| project.name(*last))
                }
            };
            if !names.iter().any(|known| known.as_str() == Some(name)) {
                names.push(Val::text(name));
            }
        }
        let holds = holds(cx, model, &mro, 0);
        Self { names: Val::seq(SeqKind::List, names, open), holds }
    }
}

/// What is stored, by the nearest class that says so. A class of the project that changes
/// values on their way into the database may store anything.
fn holds(cx: &Cx<'_, '_>, model: &DataModel, mro: &[Ty], depth: u32) -> Val {
    for ty in mro {
        match ty {
            Ty::Class(class) if converts(cx, model, *class) => return Val::opaque(),
            Ty::Class(class) => {
                if let Some(wrapped) = wrapped(cx, model, *class)
                    && depth < 4
                {
                    return holds(cx, model, &cx.mro(&wrapped), depth + 1);
                }
            }
            Ty::Lib(path) => match cx.project.rules.library.types.get(path) {
                Some(described) => {
                    if let Some(holds) = &described.holds {
                        return Val::text(holds);
                    }
                }
                None => return Val::opaque(),
            },
        }
    }
    Val::opaque()
}

fn converts(cx: &Cx<'_, '_>, model: &DataModel, class: ClassRef) -> bool {
    let methods = &cx.project.class(class).methods;
    methods.iter().any(|(name, _)| model.converts.contains(name))
}

/// The type a field class of the project says it is stored as.
fn wrapped(cx: &Cx<'_, '_>, model: &DataModel, class: ClassRef) -> Option<Ty> {
    let name = model.wraps?;
    let own = cx.project.class(class).attrs.iter().any(|(attr, ..)| *attr == name);
    own.then(|| cx.class_value(&cx.attribute(&Val::new(Kind::Class(class)), name)))?
}

/// Whether a library pack says what the class is.
pub fn is_described(cx: &Cx<'_, '_>, path: &[Symbol]) -> bool {
    cx.project.rules.library.types.contains_key(path)
}

/// Whether objects of a class are fields: it is below a field class of the model, or nobody
/// describes it and it is called like one.
pub fn is_field(cx: &Cx<'_, '_>, model: &DataModel, ty: &Ty) -> bool {
    let mro = cx.mro(ty);
    let known = |ty: &Ty| matches!(ty, Ty::Lib(path) if model.fields.contains(path));
    let called = |ty: &Ty| match ty {
        Ty::Lib(path) if path.len() > 1 && !is_described(cx, path) => {
            let last = path.last().map_or("", |last| cx.project.name(*last));
            model.field_suffixes.iter().any(|suffix| last.ends_with(suffix.as_str()))
        }
        _ => false,
    };
    mro.iter().any(|ty| known(ty) || called(ty))
}

/// Whether a class of the project makes its own objects: then defaults of arguments are its own.
pub fn own_constructor(cx: &Cx<'_, '_>, ty: &Ty) -> bool {
    let Some(init) = cx.project.names.get("__init__") else { return false };
    matches!(ty, Ty::Class(_)) && matches!(cx.member(ty, init), Some(Member::Method(_)))
}
