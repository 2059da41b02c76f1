//! Rules on flows: labelled values that reach sinks.

use super::{Found, Target};
use crate::base::FxHashSet;
use crate::facts::{Instr, InstrKind, Term, Terminator};
use crate::link::{Bindings, CallSite, Cx, FnRef, Frame, Notes, Spot, TermRef, Tri};
use crate::rule::model::{RuleMatch, TaintSubject};
use crate::solve::Flow;

/// The flows between the labels and the sinks of a branch for which its conditions hold: the first
/// one of each place.
pub(super) fn find<'p>(
    target: Target<'p, '_>,
    cx: &Cx<'_, '_>,
    branch: &RuleMatch,
    subject: &TaintSubject,
) -> Vec<Found<'p>> {
    let mut found: Vec<Found<'p>> = Vec::new();
    let flows = target.flows.between(target.project, &subject.from, &subject.to);
    let ends: FxHashSet<(TermRef, FnRef)> =
        flows.iter().map(|flow| (flow.source, flow.func)).collect();
    for flow in flows {
        if is_handed_on(cx, flow, &ends) {
            continue;
        }
        if found.last().is_some_and(|last| last.loc == flow.loc) {
            continue;
        }
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
            setting: None,
            spot: spot(target, flow),
            leaving: None,
            path: flow.told(target.project, &subject.from),
            through: &flow.through,
        });
    }
    found
}

/// Whether what is reached is the result of a function of the project in which the value reaches
/// such a place already: a handler that returns what another has answered.
fn is_handed_on(cx: &Cx<'_, '_>, flow: &Flow, ends: &FxHashSet<(TermRef, FnRef)>) -> bool {
    let Term::Call { func, .. } = cx.project.term(flow.reached) else { return false };
    let (called, _) = cx.project.graph.called(cx, *func, &Frame::open(flow.reached.func));
    called.iter().any(|to| *to != flow.func && ends.contains(&(flow.source, *to)))
}

/// The code at the end of a flow, for clauses about what comes before and after it.
fn spot(target: Target<'_, '_>, flow: &Flow) -> Option<Spot> {
    let project = target.project;
    let Term::Call { .. } = project.term(flow.reached) else { return returned(target, flow) };
    let blocks = project.ir(flow.func).blocks.iter_enumerated();
    let node = blocks.into_iter().find_map(|(node, block)| {
        let evaluates = |instr: &Instr| instr.kind == InstrKind::Eval(flow.reached.term);
        block.instrs.iter().any(evaluates).then_some(node)
    })?;
    Some(Spot::Call(CallSite { func: flow.func, term: flow.reached.term, node }))
}

/// The `return` of the value at the end of a flow.
fn returned(target: Target<'_, '_>, flow: &Flow) -> Option<Spot> {
    let TermRef { func, term } = flow.reached;
    let mut blocks = target.project.ir(func).blocks.iter();
    blocks.find_map(|block| match block.end {
        Terminator::Return { value: Some(value), span, .. } if value == term => {
            Some(Spot::Exit { func, term: Some(term), span, raises: false })
        }
        _ => None,
    })
}
