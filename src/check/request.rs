//! What a request runs through: the scope `handler`.

use super::{Found, Target};
use crate::base::FxHashSet;
use crate::link::{Cx, FnRef, Reached};

/// How far callers are followed from a function that no route leads to.
const MAX_CALLERS: usize = 3;

/// The code of one request.
pub(super) struct Request {
    /// Its functions.
    pub code: Reached,
    /// Something else may belong to it that is not understood.
    pub open: bool,
}

/// The requests that run through a place: those of its route, else of all routes that lead to its
/// function, else what stands around the function and its callers.
pub(super) fn requests(target: Target<'_, '_>, cx: &Cx<'_, '_>, found: &Found<'_>) -> Vec<Request> {
    if let Some(route) = found.route {
        return vec![of_route(target, cx, route)];
    }
    let Some(func) = found.func else { return Vec::new() };
    let leading = routes_to(target, cx, func);
    if leading.is_empty() {
        let code = cx.project.graph.reached(cx, &with_callers(cx, func));
        return vec![Request { code, open: false }];
    }
    leading.into_iter().map(|route| of_route(target, cx, route)).collect()
}

/// The routes that lead to a function, by their position in the model.
pub(super) fn routes_to(target: Target<'_, '_>, cx: &Cx<'_, '_>, func: FnRef) -> Vec<usize> {
    let routes = 0..target.model.routes.len();
    routes
        .filter(|route| {
            let chain = target.model.chain(cx, *route);
            chain.is_some_and(|chain| chain.all.may.contains(&func))
        })
        .collect()
}

fn of_route(target: Target<'_, '_>, cx: &Cx<'_, '_>, route: usize) -> Request {
    let entity = target.model.routes.get(route);
    // Of a handler outside the project nothing is seen.
    let open = entity.is_none_or(|route| route.unresolved || route.entries.is_empty());
    let chain = target.model.chain(cx, route);
    Request { code: chain.map(|chain| chain.all.clone()).unwrap_or_default(), open }
}

fn with_callers(cx: &Cx<'_, '_>, func: FnRef) -> Vec<FnRef> {
    let mut all = vec![func];
    let mut seen: FxHashSet<FnRef> = FxHashSet::default();
    let mut level = vec![func];
    for _ in 0..MAX_CALLERS {
        let mut next = Vec::new();
        for func in level {
            for site in cx.project.index.callers(cx.project.ir(func).name) {
                if !seen.contains(&site.func) && cx.is_call_of(site, func) {
                    seen.insert(site.func);
                    next.push(site.func);
                }
            }
        }
        all.extend(&next);
        level = next;
    }
    all
}
