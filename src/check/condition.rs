//! Conditions: on the project, and on captured values and attributes.

use super::{Found, Target, clause};
use crate::finding::Label;
use crate::link::{Bindings, Cx, Tri, Val};
use crate::project::Profile;
use crate::rule::model::{Condition, RuleMatch, Where, WhereSubject};
use crate::rule::version::Requirement;

/// Whether the conditions of a branch that concern the project alone hold.
pub(super) fn project_agrees(target: Target<'_, '_>, branch: &RuleMatch) -> bool {
    let known = |conditions: &[Condition]| -> Vec<bool> {
        conditions.iter().filter_map(|c| of_project(target, c)).collect()
    };
    !known(&branch.when).contains(&false) && !known(&branch.unless).contains(&true)
}

/// Whether the other conditions of a branch hold at a place.
pub(super) fn place_agrees(
    target: Target<'_, '_>,
    cx: &Cx<'_, '_>,
    branch: &RuleMatch,
    found: &Found<'_>,
) -> bool {
    let holds = |c: &Condition| holds(target, cx, c, &found.bindings, Some(found));
    branch.when.iter().all(holds) && !branch.unless.iter().any(holds)
}

/// Whether a condition certainly holds.
pub(super) fn holds(
    target: Target<'_, '_>,
    cx: &Cx<'_, '_>,
    condition: &Condition,
    bindings: &Bindings,
    at: Option<&Found<'_>>,
) -> bool {
    match condition {
        Condition::Clause(inner) => clause::find(target, cx, inner, bindings, at).is_some(),
        Condition::Where(condition) => {
            let mut bindings = bindings.clone();
            wheres_hold(cx, std::slice::from_ref(condition), &mut bindings, &|_| None)
        }
        Condition::Profile(names) => {
            let namespace = at.and_then(|found| found.namespace);
            let profile = namespace.map_or(Profile::Production, |n| n.profile);
            names.iter().any(|name| name == profile.name())
        }
        _ => of_project(target, condition) == Some(true),
    }
}

/// Whether a condition on the project alone holds; none: it also concerns the place.
fn of_project(target: Target<'_, '_>, condition: &Condition) -> Option<bool> {
    match condition {
        Condition::Framework(names) | Condition::Database(names) => {
            Some(names.iter().any(|name| target.project.stacks.contains(name)))
        }
        Condition::Package(text) => Some(package(target, text)),
        Condition::Deployed(wanted) => Some(target.model.is_deployed() == *wanted),
        Condition::Profile(_) | Condition::Clause(_) | Condition::Where(_) => None,
    }
}

/// Which parts of a stack a condition may be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StackKind {
    Framework,
    Database,
}

impl StackKind {
    pub(super) const ALL: [Self; 2] = [Self::Framework, Self::Database];
}

/// What shows that a framework or database is in use, of the first condition that asks for one.
pub(super) fn deciding_stack(
    target: Target<'_, '_>,
    conditions: &[Condition],
    kinds: &[StackKind],
) -> Option<Label> {
    let asked = conditions.iter().filter_map(|condition| match condition {
        Condition::Framework(names) => Some((StackKind::Framework, names)),
        Condition::Database(names) => Some((StackKind::Database, names)),
        _ => None,
    });
    let mut names = asked.filter(|(kind, _)| kinds.contains(kind)).flat_map(|(_, names)| names);
    names.find_map(|name| {
        let part = target.model.stack.get(name)?;
        let evidence = part.evidence().next()?;
        let text = format!("the project uses {}: {}", part.title, evidence.text);
        Some(Label { loc: evidence.loc, text })
    })
}

/// Whether a package is required (in a version that agrees) or, without a version range, imported.
fn package(target: Target<'_, '_>, text: &str) -> bool {
    let Ok(requirement) = Requirement::parse(text) else { return false };
    let packages = &target.project.packages;
    if packages.requires(&requirement) {
        return true;
    }
    requirement.specs.is_empty() && target.project.uses_package(&requirement.name)
}

/// Whether all conditions certainly hold; `attribute` answers for the subject's attributes.
pub(super) fn wheres_hold(
    cx: &Cx<'_, '_>,
    wheres: &[Where],
    bindings: &mut Bindings,
    attribute: &dyn Fn(&WhereSubject) -> Option<Val>,
) -> bool {
    wheres_answer(cx, wheres, bindings, attribute) == Tri::Yes
}

/// Whether all conditions hold.
pub(super) fn wheres_answer(
    cx: &Cx<'_, '_>,
    wheres: &[Where],
    bindings: &mut Bindings,
    attribute: &dyn Fn(&WhereSubject) -> Option<Val>,
) -> Tri {
    let mut answer = Tri::Yes;
    for condition in wheres {
        let value = match &condition.subject {
            WhereSubject::Var(var) => bindings.get(*var).cloned(),
            subject @ WhereSubject::Attr(_) => attribute(subject),
        };
        let Some(value) = value else { return Tri::No };
        answer = answer.and(|| cx.holds(&condition.pred, &value, bindings));
        if answer == Tri::No {
            break;
        }
    }
    answer
}
