//! Routes that are entries of lists of urls: walked from the module that a setting names.

use super::handler::{self, Handler};
use super::members::{self, Member};
use super::routers::{self, Routers};
use super::url::Url;
use crate::base::{FxHashSet, Loc};
use crate::link::{Bindings, Cx, Frame, Kind, Origin, Query, TermRef, Tri, UnitId, Val, Within};
use crate::rule::routing::{Form, RouteModel, UrlSyntax, UrlsModel};

/// Deepest nesting of lists.
const MAX_NESTING: u32 = 16;
/// Most entries of all lists.
const MAX_ENTRIES: usize = 20_000;

/// An entry of a list of urls, with what its list stands below.
#[derive(Debug, Clone)]
pub struct Entry<'r> {
    /// How it is written.
    pub model: &'r RouteModel,
    /// Its url, all that is above included.
    pub url: Url,
    /// Its name, with namespaces.
    pub name: Option<String>,
    /// What answers.
    pub handler: Handler,
    /// Where it is written.
    pub loc: Loc,
    /// Whether all that is above is known.
    pub complete: bool,
}

/// A router whose routes stand in a list of urls.
#[derive(Debug, Clone)]
pub struct Mounted {
    /// The router.
    pub router: TermRef,
    /// What stands before the urls of its routes.
    pub prefix: Url,
    /// What stands around its routes.
    pub wrappers: Vec<Val>,
    /// Whether all that is above is known.
    pub complete: bool,
}

/// What lists of urls hold.
#[derive(Debug, Default)]
pub struct UrlTree<'r> {
    /// The entries.
    pub entries: Vec<Entry<'r>>,
    /// Routers among them.
    pub mounted: Vec<Mounted>,
}

/// What the entries of a list stand below.
#[derive(Clone, Default)]
struct Above {
    prefix: Url,
    namespace: String,
    wrappers: Vec<Val>,
    complete: bool,
    /// Whether what is included was given its namespace.
    named: bool,
}

/// The lists of a framework that keeps its routes in lists.
pub fn tree<'r>(
    cx: &Cx<'_, 'r>,
    model: &'r UrlsModel,
    routers: &Routers<'r>,
    roots: &[Val],
) -> UrlTree<'r> {
    let project = cx.project;
    let routing = &project.rules.library.routing;
    let routes = routing.routes.iter().filter(|route| route.framework == model.framework);
    let mut walk = Walk {
        cx,
        model,
        routers,
        routes: routes.collect(),
        found: UrlTree::default(),
        visited: FxHashSet::default(),
        lists: FxHashSet::default(),
        active: Vec::new(),
    };
    for root in roots {
        if let Some(module) = members::named(cx, root) {
            let above = Above { complete: true, ..Above::default() };
            walk.module(&module, &above);
        }
    }
    walk.others();
    walk.found
}

struct Walk<'w, 'p, 'r> {
    cx: &'w Cx<'p, 'r>,
    model: &'r UrlsModel,
    routers: &'w Routers<'r>,
    routes: Vec<&'r RouteModel>,
    found: UrlTree<'r>,
    /// Entries that were met.
    visited: FxHashSet<TermRef>,
    /// Modules whose list was met.
    lists: FxHashSet<UnitId>,
    /// Lists that are being walked: a list may include itself.
    active: Vec<TermRef>,
}

impl<'r> Walk<'_, '_, 'r> {
    fn module(&mut self, module: &Val, above: &Above) {
        let Some(list) = members::bound_in(self.cx, module, self.model.variable) else { return };
        self.lists.insert(list.func.unit);
        if let Kind::Module(unit) = module.kind {
            self.lists.insert(unit);
        }
        self.list(list, &Frame::open(list.func), above);
    }

    fn list(&mut self, list: TermRef, frame: &std::sync::Arc<Frame>, above: &Above) {
        if self.active.contains(&list)
            || self.active.len() >= MAX_NESTING as usize
            || self.found.entries.len() >= MAX_ENTRIES
        {
            return;
        }
        self.active.push(list);
        for member in members::of_term(self.cx, list.term, frame) {
            self.member(&member, above);
        }
        self.active.pop();
    }

    fn members(&mut self, value: &Val, above: &Above) {
        match &value.origin {
            Some(origin) => self.list(origin.term, &origin.frame.clone(), above),
            None => {
                for member in members::of_value(self.cx, value) {
                    self.member(&member, above);
                }
            }
        }
    }

    fn member(&mut self, member: &Member, above: &Above) {
        self.cx.refuel();
        match member {
            Member::One(value) => self.entry(value, above),
            Member::Part(value) => self.part(value, above),
            Member::Left(value) => {
                self.visited.extend(self.cx.call_origin(value).map(|origin| origin.term));
            }
        }
    }

    /// Something that stands for several entries: the routes of a router, a call that hands on
    /// entries, a list of a library.
    fn part(&mut self, value: &Val, above: &Above) {
        if self.router(value, above) {
            return;
        }
        for (form, prefix) in &self.model.lists {
            let Some(bindings) = handler::bound(self.cx, form, value) else { continue };
            let routes = routers::captured(form, &bindings, "ROUTES");
            let mut above = above.clone();
            above.prefix = above.prefix.join(&Url::text(prefix));
            let items = routes.as_seq().map(|seq| seq.items.clone());
            match items {
                Some(items) => {
                    for item in items {
                        // Entries, or lists of them.
                        if item.as_seq().is_some() {
                            self.members(&item, &above);
                        } else {
                            self.entry(&item, &above);
                        }
                    }
                }
                None => self.members(&routes, &above),
            }
            return;
        }
    }

    /// The routes of a router: `router.urls`.
    fn router(&mut self, value: &Val, above: &Above) -> bool {
        let Some(origin) = &value.origin else { return false };
        let crate::facts::Term::Attr(object, name) = self.cx.project.term(origin.term) else {
            return false;
        };
        if *name != self.model.attribute {
            return false;
        }
        let object = self.cx.eval(*object, &origin.frame);
        let Some(router) = self.routers.router(self.cx, &object) else { return false };
        self.found.mounted.push(Mounted {
            router: router.id(),
            prefix: above.prefix.clone(),
            wrappers: above.wrappers.clone(),
            complete: above.complete,
        });
        true
    }

    fn entry(&mut self, value: &Val, above: &Above) {
        self.cx.refuel();
        // A helper of the project that writes the entry.
        let value = self.cx.made(value);
        for model in self.routes.clone() {
            for form in &model.forms {
                if let Some(bindings) = handler::bound(self.cx, form, &value) {
                    let origin = value.origin.clone();
                    if let Some(origin) = origin {
                        self.route(model, form, &bindings, &origin, above);
                    }
                    return;
                }
            }
        }
        self.part(&value, above);
    }

    fn route(
        &mut self,
        model: &'r RouteModel,
        form: &Form,
        bindings: &Bindings,
        call: &Origin,
        above: &Above,
    ) {
        let new = self.visited.insert(call.term);
        if !new && !above.complete {
            return;
        }
        let given = routers::captured(form, bindings, "URL");
        let mut own = Url::of(&given);
        if model.syntax == UrlSyntax::Regex {
            own = own.readable();
        }
        let url = above.prefix.join(&own);
        let answer = routers::captured(form, bindings, "HANDLER");
        let mut wrappers = above.wrappers.clone();
        if let Some((routes, namespace)) = self.included(&answer, &mut wrappers) {
            let mut namespaces = above.namespace.clone();
            if let Some(namespace) = namespace.as_ref().and_then(Val::as_str) {
                namespaces = format!("{namespaces}{namespace}:");
            }
            let below = Above {
                prefix: url.clone(),
                namespace: namespaces,
                named: namespace.is_some(),
                wrappers,
                complete: above.complete,
            };
            if self.include(&routes, &below) {
                return;
            }
            // A list that is not in the project is one route, as far as it is known.
            let mut handler = handler::of_value(self.cx, &routes);
            handler.wrappers.splice(0..0, below.wrappers.clone());
            let url = url.join(&Url::hole());
            self.push(model, url, None, handler, call, above);
            return;
        }
        let mut handler = handler::of_value(self.cx, &answer);
        handler.wrappers.splice(0..0, wrappers);
        let name = routers::captured(form, bindings, "ENDPOINT");
        let name = name.as_str().map(|name| format!("{}{name}", above.namespace));
        self.push(model, url, name, handler, call, above);
    }

    fn push(
        &mut self,
        model: &'r RouteModel,
        url: Url,
        name: Option<String>,
        handler: Handler,
        call: &Origin,
        above: &Above,
    ) {
        self.found.entries.push(Entry {
            model,
            url,
            name,
            handler,
            loc: routers::loc_of(self.cx, call.term),
            complete: above.complete,
        });
    }

    /// What an entry includes instead of naming a handler, and its namespace. Wrappers around
    /// the include are kept.
    fn included(&self, value: &Val, wrappers: &mut Vec<Val>) -> Option<(Val, Option<Val>)> {
        let mut value = value.clone();
        for _ in 0..4 {
            for form in &self.model.include {
                if let Some(bindings) = handler::bound(self.cx, form, &value) {
                    let routes = routers::captured(form, &bindings, "ROUTES");
                    let namespace = routers::captured(form, &bindings, "NAMESPACE");
                    let decorators = routers::captured(form, &bindings, "DECORATOR");
                    if !matches!(decorators.kind, Kind::Absent) {
                        wrappers.push(decorators);
                    }
                    let namespace = (!matches!(namespace.kind, Kind::Absent)).then_some(namespace);
                    return Some((routes, namespace));
                }
            }
            // `(patterns, app, namespace)` stands for itself; also a router's list.
            if value.as_seq().is_some() {
                return Some((value, None));
            }
            if self.is_router_list(&value) {
                return Some((value, None));
            }
            let made = self.cx.made(&value);
            let moved = match (&made.origin, &value.origin) {
                (Some(new), Some(old)) => new.term != old.term,
                _ => false,
            };
            if !moved {
                return None;
            }
            value = made;
        }
        None
    }

    fn is_router_list(&self, value: &Val) -> bool {
        let Some(origin) = &value.origin else { return false };
        let crate::facts::Term::Attr(object, name) = self.cx.project.term(origin.term) else {
            return false;
        };
        *name == self.model.attribute
            && self.routers.router(self.cx, &self.cx.eval(*object, &origin.frame)).is_some()
    }

    /// Walks what is included: a module or its name, a list, `(list, namespace)`. Whether it is
    /// of the project.
    fn include(&mut self, routes: &Val, above: &Above) -> bool {
        if let Some(module) = members::module_of(self.cx, routes) {
            let mut above = above.clone();
            if let Some(app) = self.app_namespace(&module).filter(|_| !above.named) {
                above.namespace = format!("{}{app}:", above.namespace);
            }
            above.named = false;
            self.module(&module, &above);
            return true;
        }
        if self.is_router_list(routes) {
            return self.router(routes, above);
        }
        if let Some(seq) = routes.as_seq() {
            // `(patterns, "namespace")`
            if let [list, name, ..] = seq.items.as_slice()
                && name.as_const().is_some()
            {
                let mut above = above.clone();
                if let Some(name) = name.as_str() {
                    above.namespace = format!("{}{name}:", above.namespace);
                }
                let list = list.clone();
                return self.include(&list, &above) || {
                    self.members(&list, &above);
                    true
                };
            }
            self.members(routes, above);
            return true;
        }
        match &routes.kind {
            Kind::Opaque => {
                let before = self.found.entries.len() + self.found.mounted.len();
                self.members(routes, above);
                self.found.entries.len() + self.found.mounted.len() > before
            }
            _ => false,
        }
    }

    fn app_namespace(&self, module: &Val) -> Option<String> {
        let value = self.cx.attribute(module, self.model.namespace?);
        value.as_str().map(str::to_owned)
    }

    /// Lists and entries that nothing known includes: they stand below something unknown.
    fn others(&mut self) {
        let above = Above { prefix: Url::hole(), ..Above::default() };
        let included = self.included_modules();
        // Lists that others include stand below those, so the others come first.
        for include in [false, true] {
            for (unit, u) in self.cx.project.units.iter_enumerated() {
                if u.production
                    && included.contains(&unit) == include
                    && u.exports.contains_key(&self.model.variable)
                    && !self.lists.contains(&unit)
                {
                    self.module(&Val::new(Kind::Module(unit)), &above);
                }
            }
        }
        // Entries outside of such lists: first those that include, then the rest.
        for include_only in [true, false] {
            for model in self.routes.clone() {
                for form in &model.forms {
                    self.left_over(model, form, include_only, &above);
                }
            }
        }
    }

    /// The modules that any entry includes.
    fn included_modules(&self) -> FxHashSet<UnitId> {
        let mut included = FxHashSet::default();
        for form in &self.model.include {
            routers::calls(self.cx, form, &mut |hit| {
                let routes = routers::captured(form, &hit.bindings, "ROUTES");
                let module = members::module_of(self.cx, &routes);
                if let Some(Kind::Module(unit)) = module.map(|module| module.kind) {
                    included.insert(unit);
                }
            });
        }
        included
    }

    fn left_over(&mut self, model: &'r RouteModel, form: &Form, include_only: bool, above: &Above) {
        let start = Bindings::new(form.vars.len());
        let query = Query {
            patterns: std::slice::from_ref(&form.pattern),
            wheres: &form.wheres,
            start: &start,
            within: Within::Project,
            concrete: false,
        };
        let mut hits = Vec::new();
        self.cx.search(&query, &mut |hit| {
            if hit.tri == Tri::Yes {
                hits.extend(hit.made.clone().map(|made| (made, hit.bindings)));
            }
            true
        });
        for (made, bindings) in hits {
            let on_object = routers::receiver(self.cx, &made).is_some();
            if on_object || self.visited.contains(&made.term) {
                continue;
            }
            self.cx.refuel();
            let answer = routers::captured(form, &bindings, "HANDLER");
            let includes = self.included(&answer, &mut Vec::new()).is_some();
            if includes == include_only {
                self.route(model, form, &bindings, &made, above);
            }
        }
    }
}

/// The first lists of a framework: the modules that its setting names.
pub fn roots(cx: &Cx<'_, '_>, model: &UrlsModel) -> Vec<Val> {
    let settings = cx.project.settings.as_ref();
    let value = settings.and_then(|s| s.setting(&model.framework, &model.setting));
    let Some(value) = value else { return Vec::new() };
    value
        .alternatives()
        .iter()
        .filter_map(|v| {
            let mut named = v.in_force()?.clone();
            named.loc = named.loc.or(v.loc).or(value.loc);
            Some(named)
        })
        .collect()
}
