//! One cause, one finding.

use std::sync::Arc;

use crate::base::{FxHashMap, FxHashSet};
use crate::finding::{Confidence, Finding};
use crate::rule::model::Rule;

/// Sorts findings, drops repetitions, and lets the rules that stand above others at the same
/// place speak for them. The ids of the losers, and of the checks they name, stay on the winner.
pub(super) fn one_per_cause(mut findings: Vec<Finding>, rules: &[Rule]) -> Vec<Finding> {
    // The best of equal findings first: surer, then worse.
    findings.sort_by(|a, b| {
        (a.primary.loc, &a.rule, &a.setting)
            .cmp(&(b.primary.loc, &b.rule, &b.setting))
            .then_with(|| (b.confidence, b.severity).cmp(&(a.confidence, a.severity)))
            .then_with(|| a.message.cmp(&b.message))
    });
    findings.dedup_by(|b, a| {
        // One statement may set several settings: `config.update(DEFAULTS)`.
        let same = a.rule == b.rule && a.primary.loc == b.primary.loc && may_be_same_setting(a, b);
        if same {
            a.absorb(b);
        }
        same
    });
    let above = closure(rules);
    let mut losers: Vec<Option<usize>> = vec![None; findings.len()];
    for (loser, finding) in findings.iter().enumerate() {
        losers[loser] = findings.iter().enumerate().position(|(winner, other)| {
            winner != loser
                // A doubtful finding, which is hidden, does not speak for a surer one.
                && (other.confidence >= finding.confidence || other.confidence > Confidence::Low)
                && (same_place(finding, other) || same_store(finding, other))
                && may_be_same_setting(finding, other)
                && above.get(&other.rule).is_some_and(|below| below.contains(&finding.rule))
                && (other.rule != finding.rule
                    || same_store(finding, other) && outranks(other, finding))
        });
    }
    for loser in 0..findings.len() {
        // A winner may itself lose to another: the top one keeps all ids.
        let mut top = loser;
        while let Some(next) = losers[top] {
            top = next;
        }
        if top != loser {
            let lost = findings[loser].clone();
            if same_place(&findings[top], &lost) {
                findings[top].absorb(&lost);
            } else {
                findings[top].absorb_elsewhere(&lost);
            }
        }
    }
    let mut index = 0;
    findings.retain(|_| {
        index += 1;
        losers[index - 1].is_none()
    });
    findings
}

/// Whether two findings are about the same code: one place contains the other.
fn same_place(a: &Finding, b: &Finding) -> bool {
    let (a, b) = (a.primary.loc, b.primary.loc);
    a.file == b.file
        && ((a.start <= b.start && b.end <= a.end) || (b.start <= a.start && a.end <= b.end))
}

/// Whether two findings see something stored in the same table or collection.
fn same_store(a: &Finding, b: &Finding) -> bool {
    a.stored_in.is_some() && a.stored_in == b.stored_in
}

/// Whether one finding of a rule is surer than another one, or as sure and worse.
fn outranks(a: &Finding, b: &Finding) -> bool {
    (a.confidence, a.severity) > (b.confidence, b.severity)
}

/// Whether two findings do not speak of different settings: several that are not set may belong
/// at one place.
fn may_be_same_setting(a: &Finding, b: &Finding) -> bool {
    a.setting.is_none() || b.setting.is_none() || a.setting == b.setting
}

/// For each rule all rules it stands above, directly or through others. A cycle in the packs
/// leaves a rule above itself out, so that one of the circle survives; only what names itself
/// stands above others of its own.
fn closure(rules: &[Rule]) -> FxHashMap<Arc<str>, FxHashSet<Arc<str>>> {
    let direct: FxHashMap<&str, &[Arc<str>]> =
        rules.iter().map(|r| (&*r.meta.id, r.meta.supersedes.as_slice())).collect();
    let mut above = FxHashMap::default();
    for rule in rules {
        let mut below: FxHashSet<Arc<str>> = FxHashSet::default();
        let mut work: Vec<&Arc<str>> = rule.meta.supersedes.iter().collect();
        while let Some(id) = work.pop() {
            if *id != rule.meta.id && below.insert(id.clone()) {
                work.extend(direct.get(&**id).copied().unwrap_or_default());
            }
        }
        if rule.meta.supersedes.contains(&rule.meta.id) {
            below.insert(rule.meta.id.clone());
        }
        if !below.is_empty() {
            above.insert(rule.meta.id.clone(), below);
        }
    }
    above
}
