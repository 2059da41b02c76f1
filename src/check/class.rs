//! Rules on classes of the project.

use super::{Found, Target};
use crate::facts::{FnId, SeqKind};
use crate::link::{Bindings, ClassRef, Cx, FnRef, Kind, Ty, Val};
use crate::rule::model::{ClassSubject, RuleMatch, WhereSubject};

/// The classes below one of the bases for which the conditions certainly hold.
pub(super) fn find<'p>(
    target: Target<'p, '_>,
    cx: &Cx<'_, '_>,
    branch: &RuleMatch,
    subject: &ClassSubject,
) -> Vec<Found<'p>> {
    let project = target.project;
    let mut found = Vec::new();
    for (unit, u) in project.units.iter_enumerated() {
        if !u.production {
            continue;
        }
        for class in u.facts.classes.ids() {
            let class = ClassRef { unit, class };
            cx.refuel();
            let ty = Ty::Class(class);
            if !subject.bases.iter().any(|base| cx.is_subclass(&ty, base)) {
                continue;
            }
            let loc = project.loc(unit, project.class(class).name_span);
            let mut bindings = Bindings::new(branch.vars.len());
            bindings.set(subject.var, Val::new(Kind::Class(class)).at(loc));
            if !holds(cx, branch, class, &mut bindings) {
                continue;
            }
            found.push(Found {
                bindings,
                loc,
                func: FnRef { unit, func: FnId(0) },
                class: Some(class),
                namespace: None,
                inside: Vec::new(),
                notes: cx.notes.get(),
                present: None,
            });
        }
    }
    found
}

fn holds(cx: &Cx<'_, '_>, branch: &RuleMatch, class: ClassRef, bindings: &mut Bindings) -> bool {
    super::condition::wheres_hold(cx, &branch.wheres, bindings, &|subject| match subject {
        WhereSubject::Attr(name) => attribute(cx, class, name),
        WhereSubject::Var(_) => None,
    })
}

/// An attribute of the class as a rule sees it: `name`, `bases`, `methods`, `attr.NAME`,
/// `meta.NAME` (of the inner class `Meta`).
fn attribute(cx: &Cx<'_, '_>, class: ClassRef, name: &str) -> Option<Val> {
    let project = cx.project;
    let fact = project.class(class);
    let texts = |names: Vec<String>| {
        Val::seq(SeqKind::List, names.iter().map(|n| Val::text(n)).collect(), false)
    };
    match name {
        "name" => Some(Val::text(project.name(fact.name))),
        "methods" => {
            let names = fact.methods.iter().map(|(n, _)| project.name(*n).to_owned());
            Some(texts(names.collect()))
        }
        "bases" => {
            let bases = cx.mro(&Ty::Class(class)).into_iter().skip(1);
            Some(texts(
                bases
                    .map(|base| match base {
                        Ty::Lib(path) => project.dotted(&path),
                        Ty::Class(c) => project.name(project.class(c).name).to_owned(),
                    })
                    .collect(),
            ))
        }
        _ => {
            let (owner, key) = name.split_once('.')?;
            let class = Val::new(Kind::Class(class));
            let owner = match owner {
                "attr" => class,
                "meta" => cx.attribute(&class, project.names.get("Meta")?),
                _ => return None,
            };
            let Some(symbol) = project.names.get(key) else {
                return Some(Val::new(Kind::Absent));
            };
            Some(cx.class_attribute(&owner, symbol))
        }
    }
}
