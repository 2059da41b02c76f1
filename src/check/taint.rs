//! Rules on flows: labelled values that reach sinks.

use super::{Found, Target};
use crate::link::{Bindings, Cx, Notes, Tri};
use crate::rule::model::{RuleMatch, TaintSubject};

/// The flows between the labels and the sinks of a branch for which its conditions hold.
pub(super) fn find<'p>(
    target: Target<'p, '_>,
    cx: &Cx<'_, '_>,
    branch: &RuleMatch,
    subject: &TaintSubject,
) -> Vec<Found<'p>> {
    let mut found = Vec::new();
    for flow in target.flows.between(target.project, &subject.from, &subject.to) {
        cx.refuel();
        let mut bindings = Bindings::new(branch.vars.len());
        bindings.set(subject.source, cx.as_written(flow.source));
        bindings.set(subject.sink, cx.as_written(flow.reached));
        if cx.holds_all(&branch.wheres, &mut bindings) != Tri::Yes {
            continue;
        }
        found.push(Found {
            bindings,
            loc: flow.loc,
            func: Some(flow.func),
            class: cx.enclosing_class(flow.func),
            namespace: None,
            inside: Vec::new(),
            notes: Notes { guessed: flow.named || flow.guessed, ..Notes::default() },
            present: None,
            route: None,
            path: &flow.steps,
        });
    }
    found
}
