//! Files that are not Python, as rules see them: what a key path leads to.

use super::{Target, condition};
use crate::link::{Bindings, Cx, Kind, Tri, Val};
use crate::project::key_path::{self, Key, Reached};
use crate::project::profile::Profile;
use crate::project::{DocumentFile, Entity};
use crate::rule::entity::EntityKind;
use crate::rule::model::{EntitySubject, PathKey, VarId, Where, WhereSubject};
use crate::syntax::document::{Place, Value};

/// A file, or a value in it, with the keys that variables of the path stand for.
pub(super) struct Candidate {
    pub entity: Entity,
    pub keys: Vec<(VarId, Val)>,
}

/// What a subject may mean: files of the right kind, path and profile, and what its key paths
/// lead to in them. Only files that have the names of a path in their text are parsed.
pub(super) fn candidates(
    target: Target<'_, '_>,
    cx: &Cx<'_, '_>,
    subject: &EntitySubject,
    bindings: &Bindings,
) -> Vec<Candidate> {
    if says(subject, "variable") {
        return variables(target, subject);
    }
    let mut found = Vec::new();
    let wheres: Vec<Where> = of_file(subject).cloned().collect();
    for file in target.model.documents.iter() {
        let entity = entity(file, file.profile);
        let attribute = |of: &WhereSubject| match of {
            WhereSubject::Attr(name) => Some(entity.attribute(name)),
            WhereSubject::Var(_) => None,
        };
        if !is_in_profile(subject, file.profile) {
            continue;
        }
        cx.refuel();
        if condition::wheres_answer(cx, &wheres, &mut bindings.clone(), &attribute) == Tri::No {
            continue;
        }
        if subject.keys.is_empty() {
            let mut whole = entity;
            whole.set("value", whole_value(file));
            found.push(Candidate { entity: whole, keys: Vec::new() });
            continue;
        }
        let may_lack = may_be_absent(cx, subject, bindings);
        for path in &subject.keys {
            if is_in(path, may_lack, file) {
                let reached = file.roots().iter().flat_map(|root| key_path::reach(root, path));
                found.extend(reached.map(|reached| candidate(file, &entity, &reached)));
            }
        }
    }
    found
}

/// The environment variables that files set.
fn variables(target: Target<'_, '_>, subject: &EntitySubject) -> Vec<Candidate> {
    let model = target.model;
    let places = model.deployment.places().into_iter();
    places
        .filter(|variable| is_in_profile(subject, variable.profile))
        .filter_map(|variable| {
            let file = model.documents.get(variable.loc.file)?;
            let mut entity = entity(file, variable.profile);
            entity.loc = variable.loc;
            entity.set("variable", Val::text(&variable.name).at(variable.loc));
            entity.set("value", variable.value.clone());
            Some(Candidate { entity, keys: Vec::new() })
        })
        .collect()
}

/// Whether what is in force in a profile is meant.
fn is_in_profile(subject: &EntitySubject, profile: Profile) -> bool {
    says(subject, "profile") || profile == Profile::Production
}

/// Whether a subject has a condition on an attribute.
fn says(subject: &EntitySubject, attribute: &str) -> bool {
    let is_on = |w: &Where| matches!(&w.subject, WhereSubject::Attr(name) if name == attribute);
    subject.wheres.iter().any(is_on)
}

/// The conditions that the file as a whole answers.
fn of_file(subject: &EntitySubject) -> impl Iterator<Item = &Where> {
    subject
        .wheres
        .iter()
        .filter(|w| matches!(&w.subject, WhereSubject::Attr(name) if name != "value"))
}

/// Whether the conditions on the value may hold for one that is not set.
fn may_be_absent(cx: &Cx<'_, '_>, subject: &EntitySubject, bindings: &Bindings) -> bool {
    let on_value = subject
        .wheres
        .iter()
        .filter(|w| matches!(&w.subject, WhereSubject::Attr(name) if name == "value"));
    let on_value: Vec<Where> = on_value.cloned().collect();
    let absent = |_: &WhereSubject| Some(Val::new(Kind::Absent));
    condition::wheres_answer(cx, &on_value, &mut bindings.clone(), &absent) != Tri::No
}

/// Whether a path can lead anywhere in a file. Names behind the last variable may be missing
/// where a value that is not set is meant.
fn is_in(path: &[PathKey], may_lack: bool, file: &DocumentFile) -> bool {
    let last = path.iter().rposition(|key| matches!(key, PathKey::Var(_)));
    let must = if may_lack { &path[..last.map_or(0, |at| at + 1)] } else { path };
    // Some names are of the tree and not of the text.
    let computed = matches!(file.kind.name(), "sql" | "template" | "dockerfile");
    computed || key_path::names(must).all(|name| file.text.contains(name))
}

fn entity(file: &DocumentFile, profile: Profile) -> Entity {
    let mut entity = Entity::new(EntityKind::File, file.loc(Place::default()));
    entity.set("kind", Val::text(file.kind.name()));
    entity.set("path", Val::text(&file.path));
    entity.set("profile", Val::text(profile.name()));
    entity.value = Val::text(&file.path).at(entity.loc);
    entity
}

fn candidate(file: &DocumentFile, entity: &Entity, reached: &Reached<'_>) -> Candidate {
    let mut entity = entity.clone();
    let (value, place) = match reached.node {
        None => (Val::new(Kind::Absent), reached.key),
        // A collection is shown by its key: it may begin lines below.
        Some(node) => match node.value {
            Value::List(_) | Value::Table(_) | Value::Null => (file.value(node), reached.key),
            _ => (file.value(node), node.place),
        },
    };
    entity.loc = file.loc(place);
    entity.set("value", value);
    let key = |key: Key<'_>| match key {
        Key::Name(name, place) => Val::text(name).at(file.loc(place)),
        Key::Index(index, place) => {
            Val::int(i64::try_from(index).unwrap_or(i64::MAX)).at(file.loc(place))
        }
    };
    let keys = reached.keys.iter().map(|(var, bound)| (*var, key(*bound))).collect();
    Candidate { entity, keys }
}

/// All that stands in a file: its one root, or a list of them.
fn whole_value(file: &DocumentFile) -> Val {
    match file.roots() {
        [] => Val::opaque(),
        [root] => file.value(root),
        roots => {
            let values = roots.iter().map(|root| file.value(root)).collect();
            Val::seq(crate::facts::SeqKind::List, values, false)
        }
    }
}
