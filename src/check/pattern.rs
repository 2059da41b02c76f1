//! Rules on code.

use super::{Found, Target, setting};
use crate::facts::FnId;
use crate::link::{Bindings, Cx, FnRef, Query, Tri, Within};
use crate::rule::model::{PatternSubject, RuleMatch, Runs};

/// The places where the pattern and the conditions on its captures certainly hold.
pub(super) fn find<'p>(
    target: Target<'p, '_>,
    cx: &Cx<'_, '_>,
    branch: &RuleMatch,
    subject: &PatternSubject,
) -> Vec<Found<'p>> {
    let mut start = Bindings::new(branch.vars.len());
    setting::bind_lets(target, branch, None, &mut start);
    let query = Query {
        patterns: &subject.patterns,
        wheres: &branch.wheres,
        start: &start,
        within: Within::Project,
        concrete: false,
    };
    let mut found: Vec<Found<'p>> = Vec::new();
    cx.search(&query, &mut |hit| {
        let known = found.iter().any(|f| f.loc == hit.loc && f.inside == hit.inside);
        if hit.tri == Tri::Yes && !known && runs(target, hit.func, subject.runs) {
            let (spot, one) = (hit.spot, Found::of_hit(cx, hit));
            if subject.on_exception {
                let leaving = cx.leaving(spot).into_iter();
                found.extend(leaving.map(|start| one.clone().leaving(cx, start)));
            } else {
                found.push(one);
            }
        }
        true
    });
    found
}

/// Whether code of a function runs at the wanted time.
fn runs(target: Target<'_, '_>, func: FnRef, when: Option<Runs>) -> bool {
    match when {
        None => true,
        Some(Runs::Import) => runs_at_import(target, func),
        Some(Runs::Request | Runs::Task | Runs::Cli) => !runs_at_import(target, func),
    }
}

/// Whether a function is a module body, or is called by name from one.
fn runs_at_import(target: Target<'_, '_>, func: FnRef) -> bool {
    if func.func == FnId(0) {
        return true;
    }
    let project = target.project;
    let cx = Cx::new(project);
    project.index.callers(project.ir(func).name).iter().any(|site| {
        site.func.func == FnId(0) && {
            cx.refuel();
            cx.is_call_of(site, func)
        }
    })
}
