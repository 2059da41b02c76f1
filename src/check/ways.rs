//! Clauses about order: what happens before, after or around a match, in the branch it decides or
//! in the same `try`.

use super::{Found, Target, request};
use crate::base::{FxHashSet, Loc};
use crate::facts::{Const, Term, Terminator};
use crate::link::{
    Bindings, Cx, Events, FnRef, Hit, Marks, Point, Query, Reach, Side, Spot, Start, TermRef, Tri,
    Within,
};
use crate::rule::model::{Clause, Pattern, Scope};

/// Most functions around a place that are looked at.
const MAX_AROUND: usize = 40;

/// The first place where a clause certainly holds.
pub(super) fn find(
    cx: &Cx<'_, '_>,
    clause: &Clause,
    patterns: &[Pattern],
    bindings: &Bindings,
    found: &Found<'_>,
) -> Option<(Bindings, Option<Loc>)> {
    let starts = found.starts(cx);
    let code = code_around(cx, &starts);
    let query = Query {
        patterns,
        wheres: &clause.wheres,
        start: bindings,
        within: Within::Functions(&code),
        concrete: false,
    };
    let mut hits: Vec<Hit> = Vec::new();
    cx.search(&query, &mut |hit| {
        if hit.tri == Tri::Yes && (clause.some_path || always_inside(cx, &hit)) {
            hits.push(hit);
        }
        true
    });
    if hits.is_empty() || starts.is_empty() {
        return None;
    }
    let spots: Vec<Spot> = hits.iter().map(|hit| hit.spot).collect();
    let all = Events::new(cx, &spots, false);
    let holds = |start: &Start| every(clause.scope, &all, start);
    if !clause.some_path && !starts.iter().all(holds) {
        return None;
    }
    let one = hits.into_iter().find(|hit| {
        let events = Events::new(cx, &[hit.spot], false);
        starts.iter().any(|start| some(cx, found, clause.scope, &events, start))
    })?;
    Some((one.bindings, Some(one.loc)))
}

/// Whether a clause holds, or may hold.
pub(super) fn may_exist(
    target: Target<'_, '_>,
    cx: &Cx<'_, '_>,
    clause: &Clause,
    patterns: &[Pattern],
    bindings: &Bindings,
    found: &Found<'_>,
) -> bool {
    let starts = found.starts(cx);
    let mut code = code_around(cx, &starts);
    let routes = found.func.map(|func| request::routes_to(target, cx, func)).unwrap_or_default();
    let around: Vec<&[FnRef]> = routes
        .iter()
        .filter_map(|route| Some(target.model.routes.get(*route)?.around.as_slice()))
        .collect();
    code.extend(cx.project.graph.reached(cx, &around.concat()).may);
    let query = Query {
        patterns,
        wheres: &clause.wheres,
        start: bindings,
        within: Within::Functions(&code),
        concrete: false,
    };
    let mut spots = Vec::new();
    cx.search_direct(&query, &mut |hit| spots.push(hit.spot));
    if clause.decides {
        spots.retain(|spot| decides(cx, *spot, &starts));
    }
    if spots.is_empty() {
        return false;
    }
    let events = Events::new(cx, &spots, true);
    match side(clause.scope) {
        Some(side) if clause.some_path => starts.iter().any(|start| events.some(side, start)),
        Some(_) => {
            // What stands around every request that leads here.
            let own = |func: FnRef| starts.iter().any(|start| start.func == func);
            let stands =
                |around: &&[FnRef]| around.iter().any(|func| !own(*func) && events.always(*func));
            (!around.is_empty() && around.iter().all(stands))
                || starts.iter().all(|start| every(clause.scope, &events, start))
        }
        None => starts.iter().any(|start| some(cx, found, clause.scope, &events, start)),
    }
}

fn side(scope: Scope) -> Option<Side> {
    match scope {
        Scope::Before => Some(Side::Before),
        Scope::After => Some(Side::After),
        Scope::Around => Some(Side::Around),
        _ => None,
    }
}

fn every(scope: Scope, events: &Events<'_, '_, '_>, start: &Start) -> bool {
    side(scope).is_none_or(|side| events.every(side, start))
}

fn some(
    cx: &Cx<'_, '_>,
    found: &Found<'_>,
    scope: Scope,
    events: &Events<'_, '_, '_>,
    start: &Start,
) -> bool {
    match side(scope) {
        Some(side) => events.some(side, start),
        None if scope == Scope::Try => {
            let ir = cx.project.ir(start.func);
            let innermost = ir.blocks[start.point.node].handlers.first();
            innermost.is_some_and(|handler| {
                let inside = |point: Point| ir.blocks[point.node].handlers.contains(handler);
                events.any(start.func, inside)
            })
        }
        None => {
            let Some(term) = found.term() else { return false };
            let flow = cx.flow(start.func);
            let sides: Vec<_> = cx
                .branches_on(TermRef { func: start.func, term })
                .into_iter()
                .filter_map(|node| flow.sides(node))
                .collect();
            let decided = |point: Point| {
                sides.iter().any(|[then, orelse]| then.holds(point) != orelse.holds(point))
            };
            events.any(start.func, decided)
        }
    }
}

/// Whether the answer of a match decides what happens next, or may do so: by one side of a branch
/// control does not go on. What is only written to a log decides nothing.
fn decides(cx: &Cx<'_, '_>, spot: Spot, starts: &[Start]) -> bool {
    let term = match spot {
        Spot::Call(site) => TermRef { func: site.func, term: site.term },
        Spot::Expr(term) => term,
        Spot::Store(_) | Spot::Exit { .. } | Spot::Function(_) => return true,
    };
    let branches = cx.branches_on(term);
    let here: Vec<Point> =
        starts.iter().filter(|start| start.func == term.func).map(|start| start.point).collect();
    // Elsewhere the answer may be what a function returns.
    if branches.is_empty() || (here.is_empty() && gives_answers(cx, term.func)) {
        return true;
    }
    let flow = cx.flow(term.func);
    let goes_on = |side: &Reach| match here.is_empty() {
        true => side.exits,
        false => here.iter().any(|point| side.holds(*point)),
    };
    let sides = branches.into_iter().filter_map(|node| flow.sides(node));
    sides.into_iter().any(|[then, orelse]| goes_on(&then) != goes_on(&orelse))
}

/// Whether a function returns something.
fn gives_answers(cx: &Cx<'_, '_>, func: FnRef) -> bool {
    let ir = cx.project.ir(func);
    ir.blocks.iter().any(|block| match block.end {
        Terminator::Return { value: Some(value), .. } => {
            !matches!(ir.terms[value], Term::Const(Const::None))
        }
        _ => false,
    })
}

/// Whether a match inside wrappers is passed on every way through them.
fn always_inside(cx: &Cx<'_, '_>, hit: &Hit) -> bool {
    hit.wrapped.iter().all(|spot| {
        let points = cx.points(*spot).into_iter().collect();
        cx.flow(spot.func()).always(&Marks { points, ..Marks::default() })
    })
}

/// The functions on the ways through some places: their own, those around them, and what all of
/// these lead to.
fn code_around(cx: &Cx<'_, '_>, starts: &[Start]) -> FxHashSet<FnRef> {
    let mut all: Vec<FnRef> = starts.iter().map(|start| start.func).collect();
    let mut next = 0;
    while let Some(func) = all.get(next).copied() {
        next += 1;
        let around = cx.wrappers(func).into_iter().flatten().chain(cx.calls_of(func));
        for start in around {
            if !all.contains(&start.func) && all.len() < MAX_AROUND {
                all.push(start.func);
            }
        }
    }
    cx.project.graph.reached(cx, &all).may
}
