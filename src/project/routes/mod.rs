//! Routes: which urls lead to which code, and what stands in between.
//!
//! Routes come from calls on routers (`registered`, `routers`) and from lists of urls
//! (`urlconf`). `handler` looks through what stands around a handler, `guard`, `hooks` and
//! `inside` judge it. A guard that is not understood is not known, never none.

mod classes;
mod emit;
mod guard;
mod guards;
mod handler;
mod hooks;
mod inside;
mod listed;
mod members;
mod must;
mod only;
mod registered;
mod routers;
mod url;
mod urlconf;

use super::Entity;
use crate::base::FxHashMap;
use crate::link::{Cx, FnRef, Project};
use emit::Emitter;
use guard::Judge;
use hooks::Hooks;
use routers::Routers;

/// The parameters of handlers that URLs fill, and by which converters.
pub fn url_parameters(
    project: &Project<'_>,
    routes: &[Entity],
) -> FxHashMap<(FnRef, u32), Vec<String>> {
    let mut found: FxHashMap<(FnRef, u32), Vec<String>> = FxHashMap::default();
    for route in routes {
        for (name, converter) in &route.inputs {
            for func in &route.entries {
                let params = &project.ir(*func).params;
                let filled = (0..).zip(params).filter(|(_, p)| project.name(p.name) == name);
                for (index, _) in filled {
                    let converters = found.entry((*func, index)).or_default();
                    if !converters.contains(converter) {
                        converters.push(converter.clone());
                    }
                }
            }
        }
    }
    found
}

/// All routes of a project, in the order of their places.
pub fn collect(project: &Project<'_>) -> Vec<Entity> {
    let cx = Cx::new(project);
    let routing = &project.rules.library.routing;
    let routers = Routers::of(&cx);
    let registered = registered::all(&cx, &routers);
    let trees: Vec<_> = routing
        .urls
        .iter()
        .filter(|model| project.stacks.contains(&model.framework))
        .map(|model| (model, urlconf::tree(&cx, model, &routers, &urlconf::roots(&cx, model))))
        .collect();
    if registered.is_empty() && trees.iter().all(|(_, t)| t.entries.is_empty()) {
        return Vec::new();
    }
    let judge = Judge::new(&cx);
    let hooks = Hooks::of(&judge, &routers);
    let mut emitter = Emitter::new(&judge, &routers, &hooks);
    for (model, tree) in &trees {
        emitter.add_tree(model, tree, &registered);
    }
    emitter.add_registered(&registered);
    emitter.add_exposed();
    emitter.finish()
}
