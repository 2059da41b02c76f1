//! From a place where a rule holds to a finding: severity, message, labels.

use std::sync::Arc;

use super::condition::StackKind;
use super::{Found, Target, condition, edits, refused, unserved};
use crate::base::Loc;
use crate::finding::{Finding, FindingBuilder, Label, Severity, Trace};
use crate::link::{Bindings, Cx, Kind, Tri};
use crate::project::Profile;
use crate::rule::entity::EntityKind;
use crate::rule::model::{
    At, Is, OncePer, PathKey, Pred, Remedy, Rule, RuleMatch, Subject, Template, TemplatePart,
    VarId, Where, WhereSubject,
};

/// Keeps one place per value (or one in all), as the branch says.
pub(super) fn once_per(cx: &Cx<'_, '_>, branch: &RuleMatch, found: &mut Vec<Found<'_>>) {
    found.sort_by_key(|f| f.loc);
    match branch.once_per {
        None => {}
        Some(OncePer::Project) => found.truncate(1),
        Some(OncePer::Var(var)) => {
            let mut kept: Vec<Found<'_>> = Vec::new();
            // Of flows the nearest: what others return again is sent by the first.
            found.sort_by_key(|f| {
                let elsewhere = f.path.first().is_some_and(|step| step.loc.file != f.loc.file);
                (elsewhere, f.path.len(), f.loc)
            });
            for f in found.drain(..) {
                let known = kept.iter().any(|k| match (k.bindings.get(var), f.bindings.get(var)) {
                    (Some(a), Some(b)) => {
                        cx.refuel();
                        cx.same(a, b) == Tri::Yes
                    }
                    _ => false,
                });
                if !known {
                    kept.push(f);
                }
            }
            kept.sort_by_key(|f| f.loc);
            *found = kept;
        }
    }
}

/// The finding at a place.
pub(super) fn finding(
    target: Target<'_, '_>,
    cx: &Cx<'_, '_>,
    rule: &Rule,
    branch: &RuleMatch,
    found: &Found<'_>,
) -> Finding {
    cx.refuel();
    let mut severity = branch.severity;
    let mut confidence = branch.confidence;
    let mut because = Vec::new();
    let mut stack = condition::deciding_stack(target, &branch.when, &[StackKind::Database]);
    for adjust in &rule.adjusts {
        if adjusts(target, cx, branch, found, &adjust.when, &adjust.wheres) {
            severity = adjust.severity.unwrap_or(severity);
            confidence = adjust.confidence.unwrap_or(confidence);
            because.push(adjust.because.clone());
            stack =
                stack.or_else(|| condition::deciding_stack(target, &adjust.when, &StackKind::ALL));
        }
    }
    if let Some(namespace) = found.namespace.filter(|n| n.profile != Profile::Production) {
        severity = severity.min(Severity::Info);
        because.push(format!("these settings are those of {}", namespace.profile.name()));
    }
    if let Some(flag) = unserved::behind(cx, found) {
        severity = severity.min(Severity::Info);
        because.push(format!("this runs only where {flag}"));
    }
    if found.notes.env_default && !asks_for_environment(&branch.wheres) {
        confidence = confidence.lowered();
        because.push("the value is the default of an environment variable".to_owned());
    }
    if found.notes.guessed {
        confidence = confidence.lowered();
        because.push("only a name says that this is a secret".to_owned());
    }
    let secret = secret_vars(branch);
    let primary = primary_loc(branch, found);
    let message = render(cx, &branch.message, found, &secret);
    let label = Label { loc: primary, text: String::new() };
    let of_file = || target.model.documents.get(primary.file).map(|file| file.profile);
    let profile = found.namespace.map(|namespace| namespace.profile).or_else(of_file);
    let mut builder =
        FindingBuilder::new(rule.meta.id.clone(), severity, confidence, message, label)
            .fix(render(cx, fix_of(target, cx, rule, branch), found, &secret))
            .cwe(&branch.cwe)
            .django_checks(&branch.django_checks)
            .setting(setting_of(branch, found))
            .stored_in(stored_in(target, cx, branch, found))
            .profile(profile.map(Profile::name))
            .because(because)
            .intents(edits::intents(target, cx, branch, found))
            .symbol(symbol(target, found));
    if primary != found.loc {
        builder = builder.related(Label { loc: found.loc, text: "used here".to_owned() });
    }
    if found.path.len() > 1 {
        let steps = found.path.iter();
        let steps = steps.map(|step| Label { loc: step.loc, text: step.text.clone() });
        builder = builder.trace(Trace { steps: steps.collect() });
    }
    for loc in &found.inside {
        builder = builder.related(Label { loc: *loc, text: "which reaches this call".to_owned() });
    }
    for (loc, text) in deciding_values(cx, branch, found, primary, &secret) {
        builder = builder.related(Label { loc, text });
    }
    let overlaps =
        |loc: Loc| loc.file == primary.file && loc.start < primary.end && primary.start < loc.end;
    if let Some(label) = stack.filter(|label| !overlaps(label.loc)) {
        builder = builder.related(label);
    }
    for var in &secret {
        if let Some(loc) = found.bindings.get(*var).and_then(|v| v.in_force()?.loc) {
            builder = builder.mask(loc);
        }
    }
    builder.build()
}

/// How to mend it: as the branch says, else as for the stack in use, else as the rule says. Where
/// several remedies hold, the one that asks for most speaks; if none does, they are not for this
/// project but for parts of it.
fn fix_of<'r>(
    target: Target<'_, '_>,
    cx: &Cx<'_, '_>,
    rule: &'r Rule,
    branch: &'r RuleMatch,
) -> &'r Template {
    if branch.own_fix {
        return &branch.fix;
    }
    let nothing = Bindings::default();
    let holds = |remedy: &&Remedy| {
        remedy.when.iter().all(|c| condition::holds(target, cx, c, &nothing, None))
    };
    let holding: Vec<&Remedy> = rule.remedies.iter().filter(holds).collect();
    let most = holding.iter().map(|remedy| remedy.when.len()).max();
    let mut best = holding.into_iter().filter(|remedy| Some(remedy.when.len()) == most);
    match (best.next(), best.next()) {
        (Some(remedy), None) => &remedy.fix,
        _ => &branch.fix,
    }
}

/// The setting that a finding is about: the one that was found, else the first that the branch
/// names.
fn setting_of(branch: &RuleMatch, found: &Found<'_>) -> Option<Arc<str>> {
    let Subject::Setting(paths) = &branch.subject else { return None };
    if let Some(name) = found.setting.as_ref().and_then(|setting| setting.path.first()) {
        return Some(Arc::from(name.as_str()));
    }
    match paths.first()?.0.first()? {
        PathKey::Name(name) => Some(Arc::from(name.as_str())),
        PathKey::Var(_) => None,
    }
}

/// The table or collection that a branch sees something stored in: that of a field, of SQL the
/// table that it makes or writes, of anything else the last name in it.
fn stored_in(
    target: Target<'_, '_>,
    cx: &Cx<'_, '_>,
    branch: &RuleMatch,
    found: &Found<'_>,
) -> Option<Arc<str>> {
    let of_field = || {
        let is_field = matches!(&branch.subject, Subject::Entity(e) if e.kind == EntityKind::Field);
        let field = target.model.fields.iter().find(|field| is_field && field.loc == found.loc);
        field.map(|field| field.attribute("table"))
    };
    let captured = branch.stored_in.and_then(|var| found.bindings.get(var).cloned());
    let value = &captured.or_else(of_field)?;
    if matches!(value.kind, Kind::Absent | Kind::Param(..)) {
        return None;
    }
    let name = cx.written_table(value).or_else(|| {
        let part = cx.accessed_part(value);
        let shown = cx.show(part.as_ref().unwrap_or(value), false);
        let names = shown.split(|c: char| !c.is_alphanumeric() && c != '_');
        names.rev().find(|name| !name.is_empty()).map(str::to_owned)
    });
    name.map(|name| Arc::from(name.to_lowercase()))
}

fn adjusts(
    target: Target<'_, '_>,
    cx: &Cx<'_, '_>,
    branch: &RuleMatch,
    found: &Found<'_>,
    when: &[crate::rule::model::Condition],
    wheres: &[(String, Pred)],
) -> bool {
    let holds_on_captures = wheres.iter().all(|(name, pred)| {
        let var = branch.vars.iter().position(|v| v == name).map(VarId::from);
        let value = var.and_then(|v| found.bindings.get(v));
        value.is_some_and(|v| cx.holds(pred, v, &mut found.bindings.clone()) == Tri::Yes)
    });
    holds_on_captures
        && when.iter().all(|c| condition::holds(target, cx, c, &found.bindings, Some(found)))
}

fn primary_loc(branch: &RuleMatch, found: &Found<'_>) -> Loc {
    match branch.at {
        At::Subject => found.loc,
        // A literal default decides where it is written, not where the variable is read.
        At::Var(var) => found
            .bindings
            .get(var)
            .and_then(|v| v.in_force().and_then(|inner| inner.loc).or(v.loc))
            .unwrap_or(found.loc),
        At::Present => found.present.unwrap_or(found.loc),
    }
}

fn symbol(target: Target<'_, '_>, found: &Found<'_>) -> String {
    let in_function = found.func.filter(|func| func.func != crate::facts::FnId(0));
    match (in_function, found.class) {
        (Some(func), _) => target.project.symbol_of(func),
        (None, Some(class)) => target.project.name(target.project.class(class).name).to_owned(),
        (None, None) => String::new(),
    }
}

/// Places of values that conditions were on, where they lie apart from the primary place.
fn deciding_values(
    cx: &Cx<'_, '_>,
    branch: &RuleMatch,
    found: &Found<'_>,
    primary: Loc,
    secret: &[VarId],
) -> Vec<(Loc, String)> {
    let apart = |loc: &Loc| {
        loc.file != primary.file || loc.end <= primary.start || primary.end <= loc.start
    };
    let mut places = Vec::new();
    for condition in &branch.wheres {
        let WhereSubject::Var(var) = condition.subject else { continue };
        let Some(value) = found.bindings.get(var) else { continue };
        // A step of the path says it already.
        let on_path = |loc: &Loc| found.path.iter().any(|step| step.loc == *loc);
        if let Some(loc) = value.loc.filter(apart).filter(|loc| !on_path(loc)) {
            places.push((loc, format!("{} is given here", cx.show(value, secret.contains(&var)))));
        }
    }
    places
}

/// Metavariables whose values must not be readable: conditions look for secrets in them.
fn secret_vars(branch: &RuleMatch) -> Vec<VarId> {
    branch
        .wheres
        .iter()
        .filter(|condition| mentions_secret(&condition.pred))
        .filter_map(|condition| match condition.subject {
            WhereSubject::Var(var) => Some(var),
            WhereSubject::Attr(_) => None,
        })
        .collect()
}

pub(super) fn mentions_secret(pred: &Pred) -> bool {
    match pred {
        Pred::Secret(_) | Pred::Bytes(_) => true,
        Pred::Not(inner)
        | Pred::Item(inner)
        | Pred::AllItems(inner)
        | Pred::Value(inner)
        | Pred::Attr(_, inner) => mentions_secret(inner),
        Pred::Any(inner) | Pred::All(inner) => inner.iter().any(mentions_secret),
        _ => false,
    }
}

/// Whether a secret that a branch is about is one with which the program does not go on.
pub(super) fn is_refused(cx: &Cx<'_, '_>, branch: &RuleMatch, found: &Found<'_>) -> bool {
    let secrets = secret_vars(branch);
    // A pattern that captures a default captures the name of its variable, too.
    let others = branch.wheres.iter().filter_map(|condition| match condition.subject {
        WhereSubject::Var(var) if !secrets.contains(&var) => found.bindings.get(var)?.as_str(),
        _ => None,
    });
    let variable = others.into_iter().next();
    let values = secrets.iter().filter_map(|var| found.bindings.get(*var));
    values.into_iter().any(|value| {
        let own = matches!(value.kind, Kind::Const(_) | Kind::Secret(_));
        refused::is_refused(cx, value, variable.filter(|_| own))
    })
}

/// Whether a branch is itself about environment variables: then a default is no doubt.
fn asks_for_environment(wheres: &[Where]) -> bool {
    fn asks(pred: &Pred) -> bool {
        match pred {
            Pred::Is(kinds) => kinds.contains(&Is::Env),
            Pred::Any(inner) | Pred::All(inner) => inner.iter().any(asks),
            _ => false,
        }
    }
    wheres.iter().any(|w| asks(&w.pred))
}

fn render(cx: &Cx<'_, '_>, template: &Template, found: &Found<'_>, secret: &[VarId]) -> String {
    let mut text = String::new();
    for part in &template.parts {
        match part {
            TemplatePart::Text(literal) => text.push_str(literal),
            TemplatePart::Var(var) => match found.bindings.get(*var) {
                Some(value) => text.push_str(&cx.show(value, secret.contains(var))),
                None => text.push('…'),
            },
        }
    }
    text
}
