//! Rules on what the project model knows: one evaluator for classes, connections, fields,
//! routes, files and the project itself, as subjects and in clauses.

use std::rc::Rc;

use super::{Found, Target, class, condition, file};
use crate::base::{FxHashSet, Loc};
use crate::facts::FnId;
use crate::link::{Bindings, ClassRef, Cx, FnRef, Frame, Hit, Kind, Query, Tri, Ty, Val, Within};
use crate::project::Entity;
use crate::rule::entity::EntityKind;
use crate::rule::model::{EntitySubject, Pred, RuleMatch, Scope, VarId, Where, WhereSubject};

/// A thing that may be meant.
#[derive(Clone)]
enum Candidate<'p> {
    Class(ClassRef),
    Model(&'p Entity),
    File(Rc<file::Candidate>),
    Route(usize, &'p Entity),
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
    pub(super) fn stands_in(
        &self,
        target: Target<'_, '_>,
        cx: &Cx<'_, '_>,
        scope: Scope,
        at: Option<&Found<'_>>,
    ) -> bool {
        let Some(at) = at else { return scope == Scope::Project };
        match scope {
            Scope::Project => true,
            Scope::Module => {
                let unit = |func: Option<FnRef>| func.map(|f| f.unit);
                at.func.is_some() && unit(self.candidate.func()) == unit(at.func)
            }
            Scope::Class => at.class.is_some() && self.candidate.class() == at.class,
            Scope::Function => self
                .candidate
                .func()
                .is_some_and(|func| at.func == Some(func) || at.through.contains(&func)),
            Scope::Handler => match (&self.candidate, at.route, at.func) {
                (Candidate::Route(route, _), Some(own), _) => *route == own,
                (Candidate::Route(route, _), None, Some(func)) => {
                    target.model.chain(cx, *route).is_some_and(|c| c.all.may.contains(&func))
                }
                _ => false,
            },
            // The loader has refused them.
            Scope::Before | Scope::After | Scope::Around | Scope::Controlled | Scope::Try => false,
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
                spot: None,
                leaving: None,
                loc,
                func: hit.candidate.func(),
                class: hit.candidate.class(),
                bindings: hit.bindings,
                namespace: None,
                inside: Vec::new(),
                notes: cx.notes.get(),
                present: None,
                route: hit.candidate.route(),
                setting: None,
                path: Vec::new(),
                through: &[],
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
    let done = done(cx, subject, wheres, start);
    for candidate in candidates(target, cx, subject, start) {
        let does = does(target, cx, &candidate, done.as_deref(), start);
        cx.refuel();
        let belongs = belongs(cx, subject, &candidate);
        if belongs == Tri::No {
            continue;
        }
        if does.is_empty() {
            continue;
        }
        let loc = candidate.loc(target);
        let attribute = |of: &WhereSubject| match of {
            WhereSubject::Attr(name) => Some(candidate.attribute(cx, name)),
            WhereSubject::Var(_) => None,
        };
        for (certain, start) in does {
            let mut bindings = start.clone();
            let keys = candidate.keys().iter();
            let keys = keys.fold(Tri::Yes, |answer, (var, key)| {
                answer.and(|| cx.match_var(*var, key, &mut bindings))
            });
            let named = cx.match_var(subject.var, &candidate.value(loc), &mut bindings);
            let tri = belongs
                .and(|| certain)
                .and(|| keys)
                .and(|| named)
                .and(|| condition::wheres_answer(cx, &subject.wheres, &mut bindings, &attribute))
                .and(|| returns(cx, subject, &candidate, &mut bindings))
                .and(|| condition::wheres_answer(cx, wheres, &mut bindings, &attribute));
            if tri != Tri::No {
                if !offer(Match { tri, bindings, loc, candidate }) {
                    return;
                }
                break;
            }
        }
    }
}

/// Where what a route is said to do is done; none: nothing is said. Conditions on what is
/// captured on the way are asked here, so that callers are asked where they hang on parameters.
fn done(
    cx: &Cx<'_, '_>,
    subject: &EntitySubject,
    wheres: &[Where],
    start: &Bindings,
) -> Option<Vec<Hit>> {
    if subject.does.is_empty() {
        return None;
    }
    let captured = |var: VarId| {
        var == subject.var
            || start.get(var).is_some()
            || subject.wheres.iter().any(|w| matches!(w.pred, Pred::Capture(v) if v == var))
    };
    let own = wheres.iter().filter(|w| match w.subject {
        WhereSubject::Var(var) => !captured(var),
        WhereSubject::Attr(_) => false,
    });
    let own: Vec<Where> = own.cloned().collect();
    let query = Query {
        patterns: &subject.does,
        wheres: &own,
        start,
        within: Within::Project,
        concrete: false,
    };
    let mut hits = Vec::new();
    cx.search(&query, &mut |hit| {
        hits.push(hit);
        true
    });
    Some(hits)
}

/// The ways in which a thing does what is done somewhere, with what they capture.
fn does<'d>(
    target: Target<'_, '_>,
    cx: &Cx<'_, '_>,
    candidate: &Candidate<'_>,
    done: Option<&'d [Hit]>,
    start: &'d Bindings,
) -> Vec<(Tri, &'d Bindings)> {
    let Some(hits) = done else { return vec![(Tri::Yes, start)] };
    let Candidate::Route(route, _) = *candidate else { return Vec::new() };
    if hits.is_empty() {
        return Vec::new();
    }
    let Some(chain) = target.model.chain(cx, route) else { return Vec::new() };
    let reached = hits.iter().filter_map(|hit| {
        let within = |all: &FxHashSet<FnRef>| all.contains(&hit.func);
        match hit.tri {
            Tri::Yes if within(&chain.handler.firm) => Some((Tri::Yes, &hit.bindings)),
            Tri::Yes | Tri::Unknown if within(&chain.handler.may) => {
                Some((Tri::Unknown, &hit.bindings))
            }
            _ => None,
        }
    });
    let mut reached: Vec<_> = reached.collect();
    // What is certain first.
    reached.sort_by_key(|(tri, _)| *tri != Tri::Yes);
    reached
}

/// Whether the handler of a route returns some value of which the condition holds.
fn returns(
    cx: &Cx<'_, '_>,
    subject: &EntitySubject,
    candidate: &Candidate<'_>,
    bindings: &mut Bindings,
) -> Tri {
    let Some(pred) = &subject.returns else { return Tri::Yes };
    let Candidate::Route(_, route) = candidate else { return Tri::No };
    let Some(func) = route.func else { return Tri::Unknown };
    match cx.returned(&Frame::open(func)) {
        Some(value) => {
            let values = value.alternatives().iter();
            values.fold(Tri::No, |answer, v| answer.or(|| cx.holds(pred, v, bindings)))
        }
        None => Tri::Unknown,
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
        EntityKind::Route => {
            let routes = model.routes.iter().enumerate();
            return routes.map(|(index, route)| Candidate::Route(index, route)).collect();
        }
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
    let below = |ty: &Ty| subject.of.iter().any(|base| cx.is_subclass(ty, base));
    let by_class = candidate.class().is_some_and(|class| below(&Ty::Class(class)));
    Tri::from_bool(by_class || candidate.base(cx).is_some_and(|base| below(&base)))
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
    fn route(&self) -> Option<usize> {
        match self {
            Self::Route(index, _) => Some(*index),
            _ => None,
        }
    }

    /// The keys that variables of the path to it stand for.
    fn keys(&self) -> &[(VarId, Val)] {
        match self {
            Self::File(file) => &file.keys,
            Self::Class(_) | Self::Model(_) | Self::Route(..) | Self::Project => &[],
        }
    }

    fn loc(&self, target: Target<'_, '_>) -> Option<Loc> {
        match self {
            Self::Class(class) => {
                Some(target.project.loc(class.unit, target.project.class(*class).name_span))
            }
            Self::Model(entity) | Self::Route(_, entity) => Some(entity.loc),
            Self::File(file) => Some(file.entity.loc),
            Self::Project => None,
        }
    }

    fn class(&self) -> Option<ClassRef> {
        match self {
            Self::Class(class) => Some(*class),
            Self::Model(entity) | Self::Route(_, entity) => entity.class,
            Self::File(_) | Self::Project => None,
        }
    }

    /// The class of a library that the project model takes the thing's class to be below.
    fn base(&self, cx: &Cx<'_, '_>) -> Option<Ty> {
        match self {
            Self::Model(entity) => cx.class_value(entity.attributes.get("base")?),
            Self::Class(_) | Self::Route(..) | Self::File(_) | Self::Project => None,
        }
    }

    fn func(&self) -> Option<FnRef> {
        match self {
            Self::Class(class) => Some(FnRef { unit: class.unit, func: FnId(0) }),
            Self::Model(entity) | Self::Route(_, entity) => entity.func,
            Self::File(_) | Self::Project => None,
        }
    }

    fn value(&self, loc: Option<Loc>) -> Val {
        let mut value = match self {
            Self::Class(class) => Val::new(Kind::Class(*class)),
            Self::Model(entity) | Self::Route(_, entity) => entity.value.clone(),
            Self::File(file) => file.entity.value.clone(),
            Self::Project => Val::opaque(),
        };
        value.loc = value.loc.or(loc);
        value
    }

    fn attribute(&self, cx: &Cx<'_, '_>, name: &str) -> Val {
        match self {
            Self::Class(class) => class::attribute(cx, *class, name),
            Self::Model(entity) | Self::Route(_, entity) => entity.attribute(name),
            Self::File(file) => file.entity.attribute(name),
            Self::Project => Val::new(Kind::Absent),
        }
    }
}
