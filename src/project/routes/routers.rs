//! Objects that routes are registered on, and where they are mounted.

use super::members::{self, Member};
use super::url::Url;
use crate::base::{FxHashMap, Loc};
use crate::facts::Term;
use crate::link::{Bindings, Cx, Hit, Kind, Origin, Query, TermRef, Tri, Val, Within};
use crate::rule::model::VarId;
use crate::rule::routing::{Form, RouterModel};

/// Deepest nesting of routers.
const MAX_NESTING: u32 = 8;
/// Most places one router is mounted at.
const MAX_PLACES: usize = 16;

/// A call that makes a router, in its activation.
#[derive(Debug, Clone)]
pub struct Router<'r> {
    /// The call.
    pub made: Origin,
    /// What it is.
    pub model: &'r RouterModel,
    prefix: Val,
    parent: Val,
}

impl Router<'_> {
    /// The router as an object: the call that makes it, whatever the activation.
    pub fn id(&self) -> TermRef {
        self.made.term
    }
}

/// Where the routes of a router are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Before their urls.
    pub prefix: Url,
    /// The router and those above it.
    pub chain: Vec<TermRef>,
    /// Whether all routers above are known, up to where requests come in.
    pub complete: bool,
}

/// A router put below another.
#[derive(Debug)]
struct Mount {
    parent: Val,
    prefix: Val,
    replaces: bool,
}

/// All routers of a project.
#[derive(Debug)]
pub struct Routers<'r> {
    models: &'r [RouterModel],
    mounts: FxHashMap<TermRef, Vec<Mount>>,
    /// Where requests come in, when there is one such place only.
    pub only_root: Option<TermRef>,
}

/// Offers every call that certainly or, when its receiver alone is not known, perhaps is what a
/// form looks for.
pub fn calls(cx: &Cx<'_, '_>, form: &Form, each: &mut dyn FnMut(Hit)) {
    let start = Bindings::new(form.vars.len());
    let query = Query {
        patterns: std::slice::from_ref(&form.pattern),
        wheres: &form.wheres,
        start: &start,
        within: Within::Project,
        concrete: true,
    };
    cx.search(&query, &mut |hit| {
        each(hit);
        true
    });
}

/// [`calls`], among those that are `wanted` only.
pub fn wanted_calls(
    cx: &Cx<'_, '_>,
    form: &Form,
    wanted: &dyn Fn(TermRef) -> bool,
    each: &mut dyn FnMut(Hit),
) {
    let start = Bindings::new(form.vars.len());
    let query = Query {
        patterns: std::slice::from_ref(&form.pattern),
        wheres: &form.wheres,
        start: &start,
        within: Within::Project,
        concrete: true,
    };
    cx.search_calls(&query, wanted, &mut |hit| {
        each(hit);
        true
    });
}

/// What a variable of a form captured; absent when the form has no such variable.
pub fn captured(form: &Form, bindings: &Bindings, name: &str) -> Val {
    let value = form.var(name).and_then(|var: VarId| bindings.get(var)).cloned();
    value.unwrap_or_else(|| Val::new(Kind::Absent))
}

/// The object a call is made on.
pub fn receiver(cx: &Cx<'_, '_>, call: &Origin) -> Option<Val> {
    let Term::Call { func, .. } = cx.project.term(call.term) else { return None };
    let Term::Attr(object, _) = cx.project.ir(call.term.func).terms[*func] else { return None };
    let object = cx.eval(object, &call.frame);
    (!matches!(object.kind, Kind::Lib(_) | Kind::Module(_) | Kind::Namespace(_))).then_some(object)
}

impl<'r> Routers<'r> {
    /// Finds the routers of a project.
    pub fn of(cx: &Cx<'_, 'r>) -> Self {
        let routing = &cx.project.rules.library.routing;
        let mut routers =
            Self { models: &routing.routers, mounts: FxHashMap::default(), only_root: None };
        for model in &routing.mounts {
            for form in &model.forms {
                calls(cx, form, &mut |hit| routers.add_mount(cx, form, model.replaces, &hit));
            }
        }
        let mut roots: Vec<TermRef> = Vec::new();
        for model in routing.routers.iter().filter(|model| model.root) {
            for form in &model.forms {
                calls(cx, form, &mut |hit| {
                    if hit.tri == Tri::Yes {
                        roots.extend(hit.made.map(|made| made.term));
                    }
                });
            }
        }
        roots.sort_unstable();
        roots.dedup();
        if let [root] = roots.as_slice() {
            routers.only_root = Some(*root);
        }
        routers
    }

    fn add_mount(&mut self, cx: &Cx<'_, '_>, form: &Form, replaces: bool, hit: &Hit) {
        let Some(made) = &hit.made else { return };
        cx.refuel();
        let (child, parent) =
            (captured(form, &hit.bindings, "CHILD"), captured(form, &hit.bindings, "PARENT"));
        let on = receiver(cx, made);
        let of = |value: Val| match value.kind {
            Kind::Absent => on.clone(),
            _ => Some(value),
        };
        let (Some(child), Some(parent)) = (of(child), of(parent)) else { return };
        let prefix = captured(form, &hit.bindings, "PREFIX");
        // `for bp in blueprints: app.register_blueprint(bp)`
        let turns = match members::loop_of(cx, &child) {
            Some((list, frame)) => members::of_term(cx, list.term, &frame)
                .into_iter()
                .filter_map(|member| match member {
                    Member::One(member) => Some((
                        members::in_turn(cx, &child, list, &member),
                        members::in_turn(cx, &prefix, list, &member),
                    )),
                    Member::Part(_) | Member::Left(_) => None,
                })
                .collect(),
            None => vec![(child, prefix)],
        };
        for (child, prefix) in turns {
            for child in child.alternatives() {
                let Some(router) = self.router(cx, child) else { continue };
                let mount = Mount { parent: parent.clone(), prefix: prefix.clone(), replaces };
                self.mounts.entry(router.id()).or_default().push(mount);
            }
        }
    }

    /// The router that a value is.
    pub fn router(&self, cx: &Cx<'_, '_>, value: &Val) -> Option<Router<'r>> {
        cx.refuel();
        let value = cx.made(value);
        let made = cx.call_origin(&value)?.clone();
        for model in self.models {
            for form in &model.forms {
                if let Some(bindings) = super::handler::bound(cx, form, &value) {
                    let prefix = captured(form, &bindings, "PREFIX");
                    let parent = captured(form, &bindings, "PARENT");
                    return Some(Router { made, model, prefix, parent });
                }
            }
        }
        None
    }

    /// Where the routes of a router value are; one incomplete place when it is not known.
    pub fn places(&self, cx: &Cx<'_, '_>, value: &Val) -> Vec<Place> {
        match self.router(cx, value) {
            Some(router) => self.places_of(cx, &router, 0),
            None => vec![Place { prefix: Url::default(), chain: Vec::new(), complete: false }],
        }
    }

    fn places_of(&self, cx: &Cx<'_, '_>, router: &Router<'_>, depth: u32) -> Vec<Place> {
        let own = prefix(&router.prefix);
        let alone = |complete| Place { prefix: own.clone(), chain: vec![router.id()], complete };
        if depth > MAX_NESTING {
            return vec![alone(false)];
        }
        let mut places = Vec::new();
        let mut below = |parent: &Val, prefix: &Url| {
            let above = match self.router(cx, parent) {
                Some(parent) => self.places_of(cx, &parent, depth + 1),
                None => vec![Place { prefix: Url::default(), chain: Vec::new(), complete: false }],
            };
            for place in above {
                let mut chain = vec![router.id()];
                chain.extend(place.chain);
                let prefix = place.prefix.join(prefix);
                let place = Place { prefix, chain, complete: place.complete };
                if !places.contains(&place) {
                    places.push(place);
                }
            }
        };
        if is_given(&router.parent) {
            below(&router.parent, &own);
        }
        for mount in self.mounts.get(&router.id()).into_iter().flatten() {
            let prefix = match (is_given(&mount.prefix), mount.replaces) {
                (false, _) => own.clone(),
                (true, true) => prefix(&mount.prefix),
                (true, false) => prefix(&mount.prefix).join(&own),
            };
            below(&mount.parent, &prefix);
        }
        if places.is_empty() {
            places.push(alone(router.model.root));
        }
        // What is known of some callers is not said again of those that are not.
        if places.iter().any(|place| place.complete) {
            places.retain(|place| place.complete);
        }
        places.truncate(MAX_PLACES);
        places
    }
}

fn is_given(value: &Val) -> bool {
    !matches!(value.kind, Kind::Absent) && value.truth() != Some(false)
}

fn prefix(value: &Val) -> Url {
    if is_given(value) { Url::of(value) } else { Url::default() }
}

/// The place of a term.
pub fn loc_of(cx: &Cx<'_, '_>, term: TermRef) -> Loc {
    cx.project.loc(term.func.unit, cx.project.ir(term.func).spans[term.term])
}
