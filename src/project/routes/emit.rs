//! Puts together what is known of each route.

use super::super::Entity;
use super::guard::{Guards, Judge};
use super::handler::{self, Handler, Method, Target};
use super::hooks::{self, Hooks};
use super::inside;
use super::registered::Registered;
use super::routers::{Place, Routers, captured};
use super::url::Url;
use super::urlconf::UrlTree;
use crate::base::{FxHashMap, FxHashSet, Loc, Symbol};
use crate::facts::SeqKind;
use crate::finding::Label;
use crate::link::{ClassRef, FnRef, Kind, TermRef, Ty, Val};
use crate::rule::entity::EntityKind;
use crate::rule::routing::{Aspect, Expansion, RouteModel, UrlSyntax, UrlsModel, ViewModel};

/// Most routes of a project.
const MAX_ROUTES: usize = 50_000;

/// A route before its guards are judged.
struct Draft<'d> {
    framework: &'d str,
    url: Url,
    methods: Vec<String>,
    /// Whether the registration itself says so.
    said: bool,
    name: Option<String>,
    handler: &'d Handler,
    loc: Loc,
    chain: &'d [TermRef],
    complete: bool,
    options: Vec<(Symbol, Val)>,
    expand: &'d [Expansion],
}

/// Collects routes.
pub struct Emitter<'e, 'p, 'r> {
    judge: &'e Judge<'e, 'p, 'r>,
    routers: &'e Routers<'r>,
    hooks: &'e Hooks,
    /// What the project's own middleware does, by framework.
    middleware: FxHashMap<String, Guards>,
    /// Routers whose routes stand in a list of urls.
    mounted: FxHashSet<TermRef>,
    /// Exposed methods that belong to a route.
    exposed: FxHashSet<FnRef>,
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

    fn add_class(&mut self, draft: &Draft<'_>, ty: &Ty) {
        let cx = self.judge.cx;
        if !draft.expand.is_empty() {
            return self.add_resource(draft, ty);
        }
        let exposes: Vec<&ViewModel> =
            handler::views(cx, ty).filter(|view| !view.exposes.is_empty()).collect();
        let has_url = !draft.url.parameters().is_empty() || !is_bare(&draft.url);
        if let Some(view) = exposes.first().filter(|_| !has_url) {
            return self.add_exposed_of(draft, ty, view, None, "");
        }
        let mapped = self.action_map(draft, ty);
        let answers = match mapped {
            Some(mapped) => mapped,
            None => handler::answers(cx, ty),
        };
        if answers.is_empty() {
            return self.add_method(draft, ty, &draft.methods.clone(), None, Method::Library);
        }
        // What the library implements is one route; each method of the project is its own.
        let mut library: Vec<String> = Vec::new();
        let mut library_name = None;
        for (request, name, by) in answers {
            if draft.said && !draft.methods.contains(&request) {
                continue;
            }
            match by {
                Method::Library => {
                    library.push(request);
                    library_name = library_name.or(Some(name));
                }
                Method::Project(_) => self.add_method(draft, ty, &[request], Some(name), by),
            }
        }
        if !library.is_empty() {
            self.add_method(draft, ty, &library, library_name, Method::Library);
        }
    }

    /// `as_view({"get": "list"})`
    fn action_map(&self, draft: &Draft<'_>, ty: &Ty) -> Option<Vec<(String, Symbol, Method)>> {
        let cx = self.judge.cx;
        handler::views(cx, ty).find(|view| view.action_map)?;
        let dict = draft.handler.options.positional.first()?.in_force()?.as_dict()?;
        let mapped = dict.entries.iter().filter_map(|(request, action)| {
            let name = cx.project.names.get(action.as_str()?)?;
            let by = handler::method(cx, ty, name).unwrap_or(Method::Library);
            Some((request.as_str()?.to_ascii_uppercase(), name, by))
        });
        Some(mapped.collect())
    }

    fn add_method(
        &mut self,
        draft: &Draft<'_>,
        ty: &Ty,
        methods: &[String],
        name: Option<Symbol>,
        by: Method,
    ) {
        let url = draft.url.clone();
        self.add_method_at(draft, ty, methods, name, by, url, &[]);
    }

    #[expect(clippy::too_many_arguments, reason = "a route has that many parts")]
    fn add_method_at(
        &mut self,
        draft: &Draft<'_>,
        ty: &Ty,
        methods: &[String],
        name: Option<Symbol>,
        by: Method,
        url: Url,
        options: &[(Symbol, Val)],
    ) {
        let cx = self.judge.cx;
        let mut guards = self.around(draft);
        let mut all = options.to_vec();
        all.extend(draft.options.iter().cloned());
        all.extend(draft.handler.options.keywords.iter().cloned());
        let text = name.map(|name| cx.project.name(name));
        self.judge.class(ty, text, by, &all, &mut guards);
        let mut entries: Vec<FnRef> = Vec::new();
        let func = match by {
            Method::Project(func) => Some(func),
            Method::Library => None,
        };
        entries.extend(func);
        entries.extend(self.judge.helpers(ty).iter().filter(|f| Some(**f) != func));
        self.close(draft, Some(ty), &entries, &mut guards);
        let methods = match &guards.methods {
            Some(limited) => {
                let kept: Vec<String> =
                    methods.iter().filter(|m| limited.contains(m)).cloned().collect();
                if kept.is_empty() { methods.to_vec() } else { kept }
            }
            None => methods.to_vec(),
        };
        self.push(draft, methods, url, func, &guards);
    }

    /// All routes of a resource.
    fn add_resource(&mut self, draft: &Draft<'_>, ty: &Ty) {
        let cx = self.judge.cx;
        for expansion in draft.expand {
            let lookup = expansion.lookup.iter().find_map(|name| {
                handler::class_attribute(cx, ty, *name).as_str().map(str::to_owned)
            });
            let template = match &lookup {
                Some(name) => expansion.url.replace("<pk>", &format!("<{name}>")),
                None => expansion.url.clone(),
            };
            match expansion.detail {
                None => {
                    let mut library = Vec::new();
                    let mut library_name = None;
                    let limit = handler::limited(cx, ty);
                    for (name, request) in &expansion.actions {
                        let allowed = limit
                            .as_ref()
                            .is_none_or(|l| l.contains(&request.to_ascii_lowercase()));
                        let url = draft.url.join(&Url::text(&template));
                        match handler::method(cx, ty, *name).filter(|_| allowed) {
                            Some(by @ Method::Project(_)) => self.add_method_at(
                                draft,
                                ty,
                                std::slice::from_ref(request),
                                Some(*name),
                                by,
                                url,
                                &[],
                            ),
                            Some(Method::Library) => {
                                library.push(request.clone());
                                library_name = library_name.or(Some(*name));
                            }
                            None => {}
                        }
                    }
                    if !library.is_empty() {
                        let url = draft.url.join(&Url::text(&template));
                        self.add_method_at(
                            draft,
                            ty,
                            &library,
                            library_name,
                            Method::Library,
                            url,
                            &[],
                        );
                    }
                }
                detail @ Some(_) => {
                    let views: Vec<&ViewModel> =
                        handler::views(cx, ty).filter(|view| !view.exposes.is_empty()).collect();
                    if let Some(view) = views.first() {
                        self.add_exposed_of(draft, ty, view, detail, &template);
                    }
                }
            }
        }
    }

    /// The exposed methods of a class, below its prefix.
    fn add_exposed_of(
        &mut self,
        draft: &Draft<'_>,
        ty: &Ty,
        view: &ViewModel,
        detail: Option<bool>,
        template: &str,
    ) {
        let cx = self.judge.cx;
        let prefix = self.class_prefix(ty, view);
        let mut names: FxHashSet<Symbol> = FxHashSet::default();
        for above in cx.mro(ty) {
            let Ty::Class(class) = above else { continue };
            for (name, func) in &cx.project.class(class).methods {
                if !names.insert(*name) {
                    continue;
                }
                let func = FnRef { unit: class.unit, func: *func };
                let worn = self.judge.worn(&Target::Function(func));
                for decorator in &worn.registrations {
                    for form in &view.exposes {
                        let Some(bindings) = handler::bound(cx, form, decorator) else { continue };
                        let wanted = captured(form, &bindings, "DETAIL");
                        if detail.is_some()
                            && wanted.truth().unwrap_or(false) != (detail == Some(true))
                        {
                            continue;
                        }
                        self.exposed.insert(func);
                        let said = captured(form, &bindings, "URL");
                        let own = match said.truth() {
                            Some(false) | None
                                if matches!(said.kind, Kind::Absent | Kind::Const(_)) =>
                            {
                                Url::text(cx.project.name(*name))
                            }
                            _ => Url::of(&said),
                        };
                        let url = match template.split_once("{}") {
                            Some((before, after)) => draft
                                .url
                                .join(&Url::text(before))
                                .join(&own.readable())
                                .join(&Url::text(after)),
                            None => draft.url.join(&prefix).join(&own),
                        };
                        let methods = handler::texts(&captured(form, &bindings, "METHODS"));
                        let methods = methods.unwrap_or_else(|| view.exposed_methods.clone());
                        let methods: Vec<String> =
                            methods.iter().map(|m| m.to_ascii_uppercase()).collect();
                        let options = self.keywords(decorator);
                        let by = Method::Project(func);
                        self.add_method_at(draft, ty, &methods, Some(*name), by, url, &options);
                    }
                }
            }
        }
    }

    fn keywords(&self, decorator: &Val) -> Vec<(Symbol, Val)> {
        let Some(origin) = self.judge.cx.call_origin(decorator) else { return Vec::new() };
        match self.judge.cx.project.term(origin.term) {
            crate::facts::Term::Call { args, .. } => {
                self.judge.cx.actuals(args, &origin.frame).keywords
            }
            _ => Vec::new(),
        }
    }

    fn class_prefix(&self, ty: &Ty, view: &ViewModel) -> Url {
        let cx = self.judge.cx;
        for (attribute, template) in &view.prefix {
            let value = match (cx.project.name(*attribute), ty) {
                ("__name__", Ty::Class(class)) => {
                    Val::text(&cx.project.name(cx.project.class(*class).name).to_lowercase())
                }
                _ => handler::class_attribute(cx, ty, *attribute),
            };
            if matches!(value.kind, Kind::Absent) || value.truth() == Some(false) {
                continue;
            }
            let (before, after) = template.split_once("{}").unwrap_or((template, ""));
            return Url::text(before).join(&Url::of(&value)).join(&Url::text(after));
        }
        Url::default()
    }

    /// Adds exposed methods of classes that no registration mentions.
    pub fn add_exposed(&mut self) {
        let cx = self.judge.cx;
        for (unit, u) in cx.project.units.iter_enumerated().filter(|(_, u)| u.production) {
            for class in u.facts.classes.ids() {
                cx.refuel();
                let ty = Ty::Class(ClassRef { unit, class });
                let Some(view) = handler::views(cx, &ty).find(|view| !view.exposes.is_empty())
                else {
                    continue;
                };
                // Methods of classes whose subclasses are registered are known by those.
                let own = cx.project.class(ClassRef { unit, class }).methods.iter();
                let open = own.filter(|(_, func)| {
                    let func = FnRef { unit, func: *func };
                    !self.exposed.contains(&func)
                        && self.judge.worn(&Target::Function(func)).registrations.iter().any(|d| {
                            view.exposes.iter().any(|f| handler::bound(cx, f, d).is_some())
                        })
                });
                if open.count() == 0 {
                    continue;
                }
                let handler = Handler {
                    target: Target::Class(ty.clone()),
                    wrappers: Vec::new(),
                    options: crate::link::Actuals::default(),
                    decorated: false,
                };
                let loc =
                    cx.project.loc(unit, cx.project.class(ClassRef { unit, class }).name_span);
                let framework = self.framework_of(&ty);
                let url = if view.prefix.is_empty() { Url::hole() } else { Url::default() };
                let draft = Draft {
                    framework: &framework,
                    url,
                    methods: Vec::new(),
                    said: false,
                    name: None,
                    handler: &handler,
                    loc,
                    chain: &[],
                    complete: false,
                    options: Vec::new(),
                    expand: &[],
                };
                self.add_exposed_of(&draft, &ty, view, None, "");
            }
        }
    }

    /// The framework whose registrations take such a class.
    fn framework_of(&self, ty: &Ty) -> String {
        let cx = self.judge.cx;
        let models = &cx.project.rules.library.routing.urls;
        let below = |ty: &Ty| match ty {
            Ty::Lib(path) => path.first().map(|head| cx.project.name(*head).to_owned()),
            Ty::Class(_) => None,
        };
        let heads: Vec<String> = cx.mro(ty).iter().filter_map(below).collect();
        let in_use = models.iter().find(|m| cx.project.stacks.contains(&m.framework));
        in_use.map_or_else(|| heads.first().cloned().unwrap_or_default(), |m| m.framework.clone())
    }

    /// The guards around a handler: wrappers and hooks.
    fn around(&self, draft: &Draft<'_>) -> Guards {
        let mut guards = Guards::default();
        self.judge.wrappers(&draft.handler.wrappers, None, &mut guards);
        self.hooks.apply(draft.chain, &draft.url, &draft.handler.target, &mut guards);
        guards
    }

    /// What stands around the whole application, and what the handler itself does.
    fn close(&self, draft: &Draft<'_>, class: Option<&Ty>, entries: &[FnRef], guards: &mut Guards) {
        self.judge.wide(draft.framework, class, guards);
        if let Some(own) = self.middleware.get(draft.framework) {
            guards.merge(own);
        }
        inside::handler(self.judge, entries, guards);
        if !draft.complete && guards.level(Aspect::Auth) < crate::rule::routing::Level::User {
            guards.unclear();
        }
    }

    fn push(
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
        route.set("inputs", texts(&url.parameters()));
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
fn is_bare(url: &Url) -> bool {
    *url == Url::text("/") || url.is_empty()
}
