//! Attributes of classes as rules see them.

use crate::facts::SeqKind;
use crate::link::{ClassRef, Cx, Kind, Ty, Val};

/// `name`, `bases`, `methods`, `abstract` (of a data class), `attr.NAME`, `meta.NAME` (of the inner class `Meta`); absent when
/// the class has no such attribute.
pub(super) fn attribute(cx: &Cx<'_, '_>, class: ClassRef, name: &str) -> Val {
    let project = cx.project;
    let fact = project.class(class);
    let texts = |names: Vec<String>| {
        Val::seq(SeqKind::List, names.iter().map(|n| Val::text(n)).collect(), false)
    };
    match name {
        "name" => Val::text(project.name(fact.name)),
        "abstract" => {
            let fields = project.fields.as_ref();
            Val::bool(fields.is_some_and(|fields| fields.only_a_base(class)))
        }
        "methods" => {
            let names = fact.methods.iter().map(|(n, _)| project.name(*n).to_owned());
            texts(names.collect())
        }
        "bases" => {
            let bases = cx.mro(&Ty::Class(class)).into_iter().skip(1);
            texts(
                bases
                    .map(|base| match base {
                        Ty::Lib(path) => project.dotted(&path),
                        Ty::Class(c) => project.name(project.class(c).name).to_owned(),
                    })
                    .collect(),
            )
        }
        _ => nested(cx, class, name).unwrap_or_else(|| Val::new(Kind::Absent)),
    }
}

fn nested(cx: &Cx<'_, '_>, class: ClassRef, name: &str) -> Option<Val> {
    let names = &cx.project.names;
    let (owner, key) = name.split_once('.')?;
    let class = Val::new(Kind::Class(class));
    let owner = match owner {
        "attr" => class,
        "meta" => cx.attribute(&class, names.get("Meta")?),
        _ => return None,
    };
    Some(cx.class_attribute(&owner, names.get(key)?))
}
