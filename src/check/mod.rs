//! Rules on values: one evaluator per subject, then what all subjects share — clauses,
//! conditions, adjustments, messages.

mod class;
mod clause;
mod condition;
mod edits;
mod entity;
mod file;
mod pattern;
mod refused;
mod report;
mod request;
mod setting;
mod supersede;
mod taint;
mod unserved;
mod ways;
mod why;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::base::Loc;
use crate::facts::TermId;
use crate::finding::Finding;
use crate::link::{Bindings, ClassRef, Cx, FnRef, Hit, Lost, Notes, Project, Spot, Start, map_all};
use crate::project::{Model, Namespace};
use crate::rule::model::{Rule, RuleMatch, Subject};
use crate::solve::{Flows, Step};

pub use setting::{Judged, judged};
pub use why::why;

/// What rules are checked against.
#[derive(Clone, Copy)]
pub struct Target<'p, 'r> {
    /// The linked project.
    pub project: &'p Project<'r>,
    /// What is known of it beyond its code.
    pub model: &'p Model,
    /// The flows that its rules ask for.
    pub flows: &'p Flows,
}

/// A place where the subject and the conditions of a branch hold.
#[derive(Debug, Clone)]
struct Found<'p> {
    bindings: Bindings,
    loc: Loc,
    /// The body it stands in; none in files that are not Python.
    func: Option<FnRef>,
    class: Option<ClassRef>,
    namespace: Option<&'p Namespace>,
    /// Places inside wrappers, innermost last.
    inside: Vec<Loc>,
    notes: Notes,
    /// Where the first `present` clause was found.
    present: Option<Loc>,
    /// The route that is the subject: its position in the model.
    route: Option<usize>,
    /// The setting that is the subject.
    setting: Option<edits::SettingFound>,
    /// The path of the flow that is the subject.
    path: Vec<Step>,
    /// Other functions that a value passes on that way.
    through: &'p [FnRef],
    /// The matched code.
    spot: Option<Spot>,
    /// Where control goes on, when only the ways are meant that leave the match by its exception.
    leaving: Option<Start>,
}

impl Found<'_> {
    /// The place of a match in code.
    fn of_hit(cx: &Cx<'_, '_>, hit: Hit) -> Self {
        Self {
            bindings: hit.bindings,
            loc: hit.loc,
            func: Some(hit.func),
            class: cx.enclosing_class(hit.func).or_else(|| cx.class_around(hit.func, hit.loc)),
            namespace: None,
            inside: hit.inside,
            notes: hit.notes,
            present: None,
            route: None,
            setting: None,
            path: Vec::new(),
            through: &[],
            spot: Some(hit.spot),
            leaving: None,
        }
    }

    /// The match as a start of ways.
    fn starts(&self, cx: &Cx<'_, '_>) -> Vec<Start> {
        match (&self.leaving, self.spot) {
            (Some(leaving), _) => vec![leaving.clone()],
            (None, Some(spot)) => cx.starts(spot),
            (None, None) => Vec::new(),
        }
    }

    /// The same match, left by its exception, where that is caught.
    fn leaving(self, cx: &Cx<'_, '_>, start: Start) -> Self {
        let class = cx.enclosing_class(start.func);
        Self { func: Some(start.func), class, leaving: Some(start), ..self }
    }

    /// The matched expression.
    fn term(&self) -> Option<TermId> {
        match self.spot? {
            Spot::Call(site) => Some(site.term),
            Spot::Expr(term) => Some(term.term),
            Spot::Store(_) | Spot::Exit { .. } | Spot::Function(_) => None,
        }
    }
}

/// What rules found, and how long they took.
#[derive(Debug, Default)]
pub struct Checked {
    /// In the order of reports, one per cause, all severities and confidences.
    pub findings: Vec<Finding>,
    /// Time per branch of a rule, in the order of the rules.
    pub times: Vec<(Arc<str>, Duration)>,
}

/// Checks all rules that `selected` accepts.
pub fn run(target: Target<'_, '_>, selected: &(dyn Fn(&Rule) -> bool + Sync)) -> Checked {
    let rules = &target.project.rules.rules;
    let branches: Vec<(&Rule, &RuleMatch)> = rules
        .iter()
        .filter(|rule| selected(rule))
        .flat_map(|rule| rule.matches.iter().map(move |m| (rule, m)))
        .collect();
    let about = |(rule, _): &(&Rule, &RuleMatch)| Lost::Rule(rule.meta.id.clone());
    let found = map_all(target.project, &branches, about, |cx, (rule, branch)| {
        let start = Instant::now();
        (check_branch(target, cx, rule, branch), start.elapsed())
    });
    let rule_of = |(rule, _): &(&Rule, &RuleMatch)| rule.meta.id.clone();
    let times = branches.iter().map(rule_of).zip(found.iter().map(|(_, time)| *time)).collect();
    let findings = found.into_iter().flat_map(|(findings, _)| findings).collect();
    Checked { findings: supersede::one_per_cause(findings, rules), times }
}

/// All findings of one branch of a rule.
fn check_branch(
    target: Target<'_, '_>,
    cx: &Cx<'_, '_>,
    rule: &Rule,
    branch: &RuleMatch,
) -> Vec<Finding> {
    if !condition::project_agrees(target, branch) {
        return Vec::new();
    }
    let mut found = subject(target, cx, branch);
    found.retain_mut(|f| {
        condition::place_agrees(target, cx, branch, f)
            && clause::hold(target, cx, branch, f)
            && !unserved::in_tests(target, cx, f)
            && !report::is_refused(cx, branch, f)
    });
    report::once_per(cx, branch, &mut found);
    found.iter().map(|f| report::finding(target, cx, rule, branch, f)).collect()
}

/// The places where the subject and its conditions hold.
fn subject<'p>(target: Target<'p, '_>, cx: &Cx<'_, '_>, branch: &RuleMatch) -> Vec<Found<'p>> {
    match &branch.subject {
        Subject::Pattern(subject) => pattern::find(target, cx, branch, subject),
        Subject::Setting(paths) => setting::find(target, cx, branch, paths),
        Subject::Entity(subject) => entity::find(target, cx, branch, subject),
        Subject::Taint(subject) => taint::find(target, cx, branch, subject),
    }
}
