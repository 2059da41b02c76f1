//! Rules on what the project model knows: one evaluator for classes, connections, fields,
//! routes, files and the project itself, as subjects and in clauses.

use std::rc::Rc;

use super::{Found, Target, class, condition, file};
use crate::base::Loc;
use crate::facts::FnId;
use crate::link::{Bindings, ClassRef, Cx, FnRef, Kind, Tri, Ty, Val};
use crate::project::Entity;
use crate::rule::entity::EntityKind;
use crate::rule::model::{EntitySubject, RuleMatch, Scope, VarId, Where, WhereSubject};

/// A thing that may be meant.
#[derive(Clone)]
enum Candidate<'p> {
    Class(ClassRef),
    Model(&'p Entity),
    File(Rc<file::Candidate>),
    Project,
}

/// A thing for which the conditions hold, or may hold.
pub(super) struct Match<'p> {
    pub tri: Tri,
    pub bindings: Bindings,
    pub loc: Option<Loc>,
    candidate: Candidate<'p>,
}

impl Match<'_> {
    /// Whether the thing stands where a clause of a match at `at` looks.
    pub(super) fn stands_in(&self, scope: Scope, at: Option<&Found<'_>>) -> bool {
        let Some(at) = at else { return scope == Scope::Project };
        match scope {
            Scope::Project => true,
            Scope::Module => {
                let unit = |func: Option<FnRef>| func.map(|f| f.unit);
                at.func.is_some() && unit(self.candidate.func()) == unit(at.func)
            }
            Scope::Class => at.class.is_some() && self.candidate.class() == at.class,
            Scope::Function => at.func.is_some() && self.candidate.func() == at.func,
        }
    }
}

/// The things for which the subject and the conditions of a branch certainly hold.
pub(super) fn find<'p>(
    target: Target<'p, '_>,
    cx: &Cx<'_, '_>,
    branch: &RuleMatch,
    subject: &EntitySubject,
) -> Vec<Found<'p>> {
    let mut start = Bindings::new(branch.vars.len());
    super::setting::bind_lets(target, branch, None, &mut start);
    let mut found = Vec::new();
    each(target, cx, subject, &branch.wheres, &start, &mut |hit| {
        if hit.tri == Tri::Yes
            && let Some(loc) = hit.loc.or_else(|| project_place(target))
        {
            found.push(Found {
                loc,
                func: hit.candidate.func(),
                class: hit.candidate.class(),
                bindings: hit.bindings,
                namespace: None,
                inside: Vec::new(),
                notes: cx.notes.get(),
                present: None,
            });
        }
        true
    });
    found
}

/// Offers every thing for which subject and conditions hold or may hold, until `offer` answers
/// `false`.
pub(super) fn each<'p>(
    target: Target<'p, '_>,
    cx: &Cx<'_, '_>,
    subject: &EntitySubject,
    wheres: &[Where],
    start: &Bindings,
    offer: &mut dyn FnMut(Match<'p>) -> bool,
) {
    for candidate in candidates(target, cx, subject, start) {
        cx.refuel();
        let belongs = belongs(cx, subject, &candidate);
        if belongs == Tri::No {
            continue;
        }
        let mut bindings = start.clone();
        let keys = candidate.keys().iter();
        let keys = keys.fold(Tri::Yes, |answer, (var, key)| {
            answer.and(|| cx.match_var(*var, key, &mut bindings))
        });
        let loc = candidate.loc(target);
        let attribute = |of: &WhereSubject| match of {
            WhereSubject::Attr(name) => Some(candidate.attribute(cx, name)),
            WhereSubject::Var(_) => None,
        };
        let named = cx.match_var(subject.var, &candidate.value(loc), &mut bindings);
        let tri = belongs
            .and(|| keys)
            .and(|| named)
            .and(|| condition::wheres_answer(cx, &subject.wheres, &mut bindings, &attribute))
            .and(|| condition::wheres_answer(cx, wheres, &mut bindings, &attribute));
        if tri != Tri::No && !offer(Match { tri, bindings, loc, candidate }) {
            return;
        }
    }
}

fn candidates<'p>(
    target: Target<'p, '_>,
    cx: &Cx<'_, '_>,
    subject: &EntitySubject,
    bindings: &Bindings,
) -> Vec<Candidate<'p>> {
    let model = target.model;
    let entities = match subject.kind {
        EntityKind::Class => return classes(target),
        EntityKind::Project => return vec![Candidate::Project],
        EntityKind::Connection => &model.connections,
        EntityKind::Field => &model.fields,
        EntityKind::Route => &model.routes,
        EntityKind::File => {
            let files = file::candidates(target, cx, subject, bindings).into_iter();
            return files.map(|file| Candidate::File(Rc::new(file))).collect();
        }
    };
    entities.iter().map(Candidate::Model).collect()
}

fn classes<'p>(target: Target<'p, '_>) -> Vec<Candidate<'p>> {
    let units = target.project.units.iter_enumerated().filter(|(_, u)| u.production);
    units
        .flat_map(|(unit, u)| u.facts.classes.ids().map(move |class| ClassRef { unit, class }))
        .map(Candidate::Class)
        .collect()
}

/// Whether the class of a thing is, or is below, one of those the subject names.
fn belongs(cx: &Cx<'_, '_>, subject: &EntitySubject, candidate: &Candidate<'_>) -> Tri {
    if subject.of.is_empty() {
        return Tri::Yes;
    }
    let Some(class) = candidate.class() else { return Tri::No };
    let ty = Ty::Class(class);
    Tri::from_bool(subject.of.iter().any(|base| cx.is_subclass(&ty, base)))
}

/// Where a finding on the project as a whole lies when no clause gives a better place: where
/// its settings end.
fn project_place(target: Target<'_, '_>) -> Option<Loc> {
    let ends = target.model.settings.namespaces.iter().filter_map(|n| n.end);
    ends.min().or_else(|| {
        let unit = target.project.units.iter().find(|u| u.production)?;
        Some(Loc { file: unit.file, start: 0, end: 0 })
    })
}

impl Candidate<'_> {
    /// The keys that variables of the path to it stand for.
    fn keys(&self) -> &[(VarId, Val)] {
        match self {
            Self::File(file) => &file.keys,
            Self::Class(_) | Self::Model(_) | Self::Project => &[],
        }
    }

    fn loc(&self, target: Target<'_, '_>) -> Option<Loc> {
        match self {
            Self::Class(class) => {
                Some(target.project.loc(class.unit, target.project.class(*class).name_span))
            }
            Self::Model(entity) => Some(entity.loc),
            Self::File(file) => Some(file.entity.loc),
            Self::Project => None,
        }
    }

    fn class(&self) -> Option<ClassRef> {
        match self {
            Self::Class(class) => Some(*class),
            Self::Model(entity) => entity.class,
            Self::File(_) | Self::Project => None,
        }
    }

    fn func(&self) -> Option<FnRef> {
        match self {
            Self::Class(class) => Some(FnRef { unit: class.unit, func: FnId(0) }),
            Self::Model(entity) => entity.func,
            Self::File(_) | Self::Project => None,
        }
    }

    fn value(&self, loc: Option<Loc>) -> Val {
        let mut value = match self {
            Self::Class(class) => Val::new(Kind::Class(*class)),
            Self::Model(entity) => entity.value.clone(),
            Self::File(file) => file.entity.value.clone(),
            Self::Project => Val::opaque(),
        };
        value.loc = value.loc.or(loc);
        value
    }

    fn attribute(&self, cx: &Cx<'_, '_>, name: &str) -> Val {
        match self {
            Self::Class(class) => class::attribute(cx, *class, name),
            Self::Model(entity) => entity.attribute(name),
            Self::File(file) => file.entity.attribute(name),
            Self::Project => Val::new(Kind::Absent),
        }
    }
}
