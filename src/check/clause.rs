//! `present` and `missing`: what else must or must not be there.

use super::{Found, Target, condition, entity, request, setting, ways};
use crate::base::Loc;
use crate::link::{Bindings, Cx, Kind, Query, Tri, Within};
use crate::rule::model::{Clause, ClauseWhat, RuleMatch, Scope, WhereSubject};

/// Whether all clauses of a branch hold at a place; captures of `present` clauses are kept.
pub(super) fn hold(
    target: Target<'_, '_>,
    cx: &Cx<'_, '_>,
    branch: &RuleMatch,
    found: &mut Found<'_>,
) -> bool {
    for clause in &branch.present {
        let Some((bindings, loc)) = find(target, cx, clause, &found.bindings, Some(found)) else {
            return false;
        };
        found.bindings = bindings;
        found.present = found.present.or(loc);
    }
    branch.missing.iter().all(|c| !may_exist(target, cx, c, &found.bindings, Some(found)))
}

/// The first place where a clause certainly holds.
pub(super) fn find(
    target: Target<'_, '_>,
    cx: &Cx<'_, '_>,
    clause: &Clause,
    bindings: &Bindings,
    at: Option<&Found<'_>>,
) -> Option<(Bindings, Option<Loc>)> {
    match &clause.what {
        ClauseWhat::Pattern(patterns) if clause.scope.has_ways() => {
            ways::find(cx, clause, patterns, bindings, at?)
        }
        ClauseWhat::Pattern(patterns) => {
            let first = |within: Within<'_>| {
                let query = Query {
                    patterns,
                    wheres: &clause.wheres,
                    start: bindings,
                    within,
                    concrete: false,
                };
                let mut first = None;
                cx.search(&query, &mut |hit| {
                    if hit.tri == Tri::Yes {
                        first = Some((hit.bindings, Some(hit.loc)));
                    }
                    first.is_none()
                });
                first
            };
            match (clause.scope, at) {
                (Scope::Handler, Some(found)) => request::requests(target, cx, found)
                    .iter()
                    .find_map(|request| first(Within::Functions(&request.code.firm))),
                (scope, at) => within(scope, at).into_iter().find_map(first),
            }
        }
        ClauseWhat::Setting(paths) => {
            let namespace = at.and_then(|f| f.namespace);
            for resolved in setting::resolve_all(target, paths, bindings, namespace) {
                let mut bindings = resolved.bindings.clone();
                let present = !matches!(resolved.value.kind, Kind::Absent);
                if present
                    && setting::holds(cx, &clause.wheres, &resolved, &mut bindings) == Tri::Yes
                {
                    return Some((bindings, resolved.loc));
                }
            }
            None
        }
        ClauseWhat::Entity(subject) => {
            let mut first = None;
            entity::each(target, cx, subject, &clause.wheres, bindings, &mut |hit| {
                if hit.tri == Tri::Yes && hit.stands_in(target, cx, clause.scope, at) {
                    first = Some((hit.bindings, hit.loc));
                }
                first.is_none()
            });
            first
        }
    }
}

/// Whether a clause holds anywhere, or may hold.
pub(super) fn may_exist(
    target: Target<'_, '_>,
    cx: &Cx<'_, '_>,
    clause: &Clause,
    bindings: &Bindings,
    at: Option<&Found<'_>>,
) -> bool {
    match &clause.what {
        ClauseWhat::Pattern(patterns) if clause.scope.has_ways() => {
            at.is_some_and(|at| ways::may_exist(target, cx, clause, patterns, bindings, at))
        }
        ClauseWhat::Pattern(patterns) => {
            let exists = |within: Within<'_>| {
                let query = Query {
                    patterns,
                    wheres: &clause.wheres,
                    start: bindings,
                    within,
                    concrete: false,
                };
                let mut exists = false;
                cx.search(&query, &mut |hit| {
                    exists |= hit.tri != Tri::No;
                    !exists
                });
                exists
            };
            match (clause.scope, at) {
                // One request without it is enough to miss it.
                (Scope::Handler, Some(found)) => request::requests(target, cx, found)
                    .iter()
                    .all(|r| r.open || exists(Within::Functions(&r.code.may))),
                (scope, at) => within(scope, at).into_iter().any(exists),
            }
        }
        ClauseWhat::Setting(paths) => {
            let namespace = at.and_then(|f| f.namespace);
            setting::resolve_all(target, paths, bindings, namespace).iter().any(|resolved| {
                let mut bindings = resolved.bindings.clone();
                !matches!(resolved.value.kind, Kind::Absent)
                    && setting::holds(cx, &clause.wheres, resolved, &mut bindings) != Tri::No
            })
        }
        ClauseWhat::Entity(subject) => {
            let mut exists = false;
            entity::each(target, cx, subject, &clause.wheres, bindings, &mut |hit| {
                exists |= hit.stands_in(target, cx, clause.scope, at);
                !exists
            });
            exists
        }
    }
}

fn within(scope: Scope, at: Option<&Found<'_>>) -> Vec<Within<'static>> {
    let Some(found) = at else {
        return (scope == Scope::Project).then_some(Within::Project).into_iter().collect();
    };
    let one = match scope {
        Scope::Project => Some(Within::Project),
        Scope::Module => found.func.map(|func| Within::Module(func.unit)),
        Scope::Class => found.class.map(Within::Class),
        // What becomes of a value is decided in all functions that it passes.
        Scope::Function => {
            let others = found.through.iter().copied().filter(|func| Some(*func) != found.func);
            return found.func.into_iter().chain(others).map(Within::Function).collect();
        }
        Scope::Handler
        | Scope::Before
        | Scope::After
        | Scope::Around
        | Scope::Controlled
        | Scope::Try => None,
    };
    one.into_iter().collect()
}

/// Conditions of a clause on a setting's own attributes.
pub(super) fn setting_attribute(
    resolved: &setting::Resolved,
    subject: &WhereSubject,
) -> Option<crate::link::Val> {
    match subject {
        WhereSubject::Attr(name) => resolved.attribute(name),
        WhereSubject::Var(_) => None,
    }
}

pub(super) use condition::wheres_answer;
