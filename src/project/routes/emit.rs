//! Puts together what is known of each route.

use super::super::Entity;
use super::guard::Judge;
use super::guards::Guards;
use super::handler::{self, Handler, Target};
use super::hooks::{self, Hooks};
use super::inside;
use super::registered::Registered;
use super::routers::{Place, Routers};
use super::url::Url;
use super::urlconf::UrlTree;
use crate::base::{FxHashMap, FxHashSet, Loc, Symbol};
use crate::facts::SeqKind;
use crate::finding::Label;
use crate::link::{FnRef, Kind, TermRef, Ty, Val};
use crate::rule::entity::EntityKind;
use crate::rule::routing::{Aspect, Expansion, RouteModel, UrlSyntax, UrlsModel};

/// Most routes of a project.
const MAX_ROUTES: usize = 50_000;

/// A route before its guards are judged.
pub(super) struct Draft<'d> {
    pub(super) framework: &'d str,
    pub(super) url: Url,
    pub(super) methods: Vec<String>,
    /// Whether the registration itself says so.
    pub(super) said: bool,
    pub(super) name: Option<String>,
    pub(super) handler: &'d Handler,
    pub(super) loc: Loc,
    pub(super) chain: &'d [TermRef],
    pub(super) complete: bool,
    pub(super) options: Vec<(Symbol, Val)>,
    pub(super) expand: &'d [Expansion],
}

/// Collects routes.
pub struct Emitter<'e, 'p, 'r> {
    pub(super) judge: &'e Judge<'e, 'p, 'r>,
    routers: &'e Routers<'r>,
    hooks: &'e Hooks,
    /// What the project's own middleware does, by framework.
    middleware: FxHashMap<String, Guards>,
    /// Routers whose routes stand in a list of urls.
    mounted: FxHashSet<TermRef>,
    /// Exposed methods that belong to a route.
    pub(super) exposed: FxHashSet<FnRef>,
    routes: Vec<Entity>,
}

impl<'e, 'p, 'r> Emitter<'e, 'p, 'r> {
    /// Nothing collected yet.
    pub fn new(judge: &'e Judge<'e, 'p, 'r>, routers: &'e Routers<'r>, hooks: &'e Hooks) -> Self {
        Self {
            judge,
            routers,
            hooks,
            middleware: FxHashMap::default(),
            mounted: FxHashSet::default(),
            exposed: FxHashSet::default(),
            routes: Vec::new(),
        }
    }

    /// The routes in the order of their places.
    pub fn finish(mut self) -> Vec<Entity> {
        self.routes.sort_by_key(|route| (route.evidence.first().map(|label| label.loc), route.loc));
        self.routes
    }

    /// Adds what lists of urls hold, with the routes of the routers among them.
    pub fn add_tree(
        &mut self,
        model: &UrlsModel,
        tree: &UrlTree<'r>,
        registered: &[Registered<'r>],
    ) {
        let own = hooks::middleware(self.judge, model);
        self.middleware.insert(model.framework.clone(), own);
        for entry in &tree.entries {
            self.add(&Draft {
                framework: &model.framework,
                url: entry.url.rooted(),
                methods: entry.model.methods.clone(),
                said: false,
                name: entry.name.clone(),
                handler: &entry.handler,
                loc: entry.loc,
                chain: &[],
                complete: entry.complete,
                options: Vec::new(),
                expand: &entry.model.expand,
            });
        }
        for mounted in &tree.mounted {
            self.mounted.insert(mounted.router);
            for route in registered {
                let router =
                    route.router.as_ref().and_then(|v| self.routers.router(self.judge.cx, v));
                if router.is_none_or(|router| router.id() != mounted.router) {
                    continue;
                }
                let mut handler = route.handler.clone();
                handler.wrappers.splice(0..0, mounted.wrappers.iter().cloned());
                let place = Place {
                    prefix: mounted.prefix.clone(),
                    chain: vec![mounted.router],
                    complete: mounted.complete,
                };
                self.add_at(route, &handler, &place);
            }
        }
    }

    /// Adds what is registered on routers that stand in no list.
    pub fn add_registered(&mut self, registered: &[Registered<'r>]) {
        for route in registered {
            let Some(router) = &route.router else { continue };
            let known = self.routers.router(self.judge.cx, router);
            if known.is_some_and(|router| self.mounted.contains(&router.id())) {
                continue;
            }
            for mut place in self.routers.places(self.judge.cx, router) {
                // An application that is the only one is above what stands nowhere else.
                if let Some(root) = self.routers.only_root.filter(|r| !place.chain.contains(r)) {
                    place.chain.push(root);
                }
                self.add_at(route, &route.handler, &place);
            }
        }
    }

    fn add_at(&mut self, route: &Registered<'r>, handler: &Handler, place: &Place) {
        let own = self.methods_of(route.model, &route.methods);
        for url in &route.urls {
            let url = match route.model.syntax {
                UrlSyntax::Plain => url.clone(),
                UrlSyntax::Regex => url.clone().readable(),
            };
            self.add(&Draft {
                framework: &route.model.framework,
                url: place.prefix.join(&url).rooted(),
                methods: own.clone(),
                said: route.methods.truth() == Some(true),
                name: route.name.as_str().map(str::to_owned),
                handler,
                loc: route.loc,
                chain: &place.chain,
                complete: place.complete,
                options: route.options.clone(),
                expand: &route.model.expand,
            });
        }
    }

    fn methods_of(&self, model: &RouteModel, said: &Val) -> Vec<String> {
        match handler::texts(said) {
            Some(methods) => methods.iter().map(|m| m.to_ascii_uppercase()).collect(),
            None if matches!(said.kind, Kind::Absent) => model.methods.clone(),
            None if said.truth() == Some(false) => model.methods.clone(),
            None => Vec::new(),
        }
    }

    /// Adds a route, or the routes of a class.
    fn add(&mut self, draft: &Draft<'_>) {
        if self.routes.len() >= MAX_ROUTES {
            return;
        }
        match &draft.handler.target {
            Target::Function(func) => {
                let func = *func;
                let mut guards = self.around(draft);
                if !draft.handler.decorated {
                    let own = self.judge.worn(&draft.handler.target);
                    self.judge.wrappers(&own.wrappers, None, &mut guards);
                }
                if let Some(kind) = guards.makes.clone() {
                    self.judge.function_lists(&kind, &mut guards);
                }
                let class = guards.makes.clone().map(Ty::Lib);
                let methods = guards.methods.clone().unwrap_or_else(|| draft.methods.clone());
                self.close(draft, class.as_ref(), &[func], &mut guards);
                self.push(draft, methods, draft.url.clone(), Some(func), &guards);
            }
            Target::Class(ty) => self.add_class(draft, ty),
            Target::Lib(path) => {
                let mut guards = self.around(draft);
                self.judge.library(path, &mut guards);
                self.close(draft, None, &[], &mut guards);
                self.push(draft, draft.methods.clone(), draft.url.clone(), None, &guards);
            }
            Target::Unknown => {
                let mut guards = self.around(draft);
                guards.unclear();
                self.close(draft, None, &[], &mut guards);
                self.push(draft, draft.methods.clone(), draft.url.clone(), None, &guards);
            }
        }
    }

    /// The guards around a handler: wrappers and hooks.
    pub(super) fn around(&self, draft: &Draft<'_>) -> Guards {
        let mut guards = Guards::default();
        self.judge.wrappers(&draft.handler.wrappers, None, &mut guards);
        self.hooks.apply(draft.chain, &draft.url, &draft.handler.target, &mut guards);
        guards
    }

    /// What stands around the whole application, and what the handler itself does.
    pub(super) fn close(
        &self,
        draft: &Draft<'_>,
        class: Option<&Ty>,
        entries: &[FnRef],
        guards: &mut Guards,
    ) {
        self.judge.wide(draft.framework, class, guards);
        if let Some(own) = self.middleware.get(draft.framework) {
            guards.merge(own);
        }
        inside::handler(self.judge, entries, guards);
        if !draft.complete && guards.level(Aspect::Auth) < crate::rule::routing::Level::User {
            guards.unclear();
        }
    }

    pub(super) fn push(
        &mut self,
        draft: &Draft<'_>,
        methods: Vec<String>,
        url: Url,
        func: Option<FnRef>,
        guards: &Guards,
    ) {
        let cx = self.judge.cx;
        let class = draft.handler.class();
        let texts = |all: &[String]| {
            Val::seq(SeqKind::List, all.iter().map(|text| Val::text(text)).collect(), false)
        };
        let value = match (func, &draft.handler.target) {
            (Some(func), _) => Val::new(Kind::Function(func)),
            (None, Target::Class(Ty::Class(class))) => Val::new(Kind::Class(*class)),
            (None, Target::Class(Ty::Lib(path)) | Target::Lib(path)) => {
                Val::new(Kind::Lib(path.clone().into()))
            }
            _ => Val::opaque(),
        };
        let loc = match (func, class) {
            (Some(func), _) => cx.project.loc(func.unit, cx.project.ir(func).name_span),
            (None, Some(class)) => cx.project.loc(class.unit, cx.project.class(class).name_span),
            (None, None) => draft.loc,
        };
        let mut route = Entity::new(EntityKind::Route, loc);
        route.set("framework", Val::text(draft.framework));
        route.set("url", url.value().at(draft.loc));
        route.set("methods", if methods.is_empty() { Val::opaque() } else { texts(&methods) });
        if let Some(name) = &draft.name {
            route.set("name", Val::text(name));
        }
        route.set("handler", value.clone().at(loc));
        route.inputs = url.parameters();
        let names: Vec<String> = route.inputs.iter().map(|(name, _)| name.clone()).collect();
        route.set("inputs", texts(&names));
        if let Target::Class(ty) = &draft.handler.target {
            let named = handler::views(cx, ty).find_map(|view| view.serializer);
            let serializer = named.map(|name| handler::class_attribute(cx, ty, name));
            if let Some(serializer) = serializer.filter(|s| !matches!(s.kind, Kind::Absent)) {
                route.set("serializer", serializer);
            }
        }
        for aspect in Aspect::ALL {
            let name = format!("guard.{}", aspect.name());
            route.set(&name, Val::text(guards.level(aspect).name()));
        }
        route.evidence.push(Label { loc: draft.loc, text: "registered here".to_owned() });
        route.evidence.extend(guards.evidence.iter().cloned());
        route.around.clone_from(&guards.around);
        route.unresolved = guards.unresolved || draft.handler.target == Target::Unknown;
        route.entries.extend(func);
        if let Target::Class(ty) = &draft.handler.target {
            let helpers = self.judge.helpers(ty);
            route.entries.extend(helpers.iter().filter(|f| Some(**f) != func));
        }
        route.func = func;
        route.class = class;
        route.value = value.at(loc);
        self.routes.push(route);
    }
}

/// Whether a url says nothing beyond a root.
pub(super) fn is_bare(url: &Url) -> bool {
    *url == Url::text("/") || url.is_empty()
}
