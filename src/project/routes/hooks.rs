//! Guards around many routes: hooks of routers, middleware, what is applied in place.

use super::guard::Judge;
use super::guards::Guards;
use super::handler::{self, Method, Target};
use super::inside;
use super::members;
use super::registered::decorators;
use super::routers::{self, Routers, captured};
use super::url::Url;
use crate::base::{FxHashMap, FxHashSet};
use crate::facts::Term;
use crate::link::{FnRef, Kind, TermRef, Tri, Ty, Val};
use crate::rule::model::{Pat, PatternKind};
use crate::rule::routing::{Aspect, Form, GuardPlace, Level, UrlsModel};

/// What stands around the routes of routers.
#[derive(Debug, Default)]
pub struct Hooks {
    by_router: FxHashMap<TermRef, Vec<Around>>,
    everywhere: Vec<Around>,
    by_function: FxHashMap<FnRef, Guards>,
    by_class: FxHashMap<Ty, Guards>,
    seen: FxHashSet<(TermRef, FnRef)>,
}

/// What stands around many routes.
#[derive(Debug, Clone)]
struct Around {
    guards: Guards,
    /// Paths it looks at requests below; none: at all requests.
    below: Option<Vec<String>>,
}

impl Hooks {
    /// Adds what stands around the routes below a chain of routers, and around a handler.
    pub fn apply(&self, chain: &[TermRef], url: &Url, target: &Target, guards: &mut Guards) {
        let of_routers = chain.iter().filter_map(|router| self.by_router.get(router)).flatten();
        for around in self.everywhere.iter().chain(of_routers) {
            let concerned = around
                .below
                .as_ref()
                .is_none_or(|all| all.iter().any(|prefix| url.may_start_with(prefix)));
            if concerned {
                guards.merge(&around.guards);
            }
        }
        let own = match target {
            Target::Function(func) => self.by_function.get(func),
            Target::Class(ty) => self.by_class.get(ty),
            _ => None,
        };
        if let Some(own) = own {
            guards.merge(own);
        }
    }

    /// Finds hooks and what is applied in place.
    pub fn of<'r>(judge: &Judge<'_, '_, 'r>, routers: &Routers<'r>) -> Self {
        let mut hooks = Self::default();
        for model in judge.models {
            match &model.place {
                GuardPlace::Hook { forms, everywhere, path } => {
                    for form in forms {
                        let kind = Kinds { form, everywhere: *everywhere, path };
                        hooks.add_calls(judge, routers, kind);
                        hooks.add_decorated(judge, routers, kind);
                    }
                }
                GuardPlace::Around { forms, in_place: true, .. } => {
                    for form in forms {
                        hooks.add_in_place(judge, routers, form);
                    }
                }
                _ => {}
            }
        }
        hooks
    }

    fn add_calls<'r>(
        &mut self,
        judge: &Judge<'_, '_, 'r>,
        routers: &Routers<'r>,
        Kinds { form, everywhere, path }: Kinds<'_>,
    ) {
        let mut hits = Vec::new();
        routers::calls(judge.cx, form, &mut |hit| hits.push(hit));
        for hit in hits {
            let Some(made) = &hit.made else { continue };
            judge.cx.refuel();
            let router = routers::receiver(judge.cx, made);
            let hook = captured(form, &hit.bindings, "HOOK");
            let known = router.as_ref().and_then(|value| routers.router(judge.cx, value));
            if hit.tri != Tri::Yes && known.is_none() {
                continue;
            }
            let around = match handler::of_value(judge.cx, &hook).target {
                Target::Function(func) => Around::hook(judge, func, path),
                _ => {
                    let mut guards = Guards::default();
                    guards.add_wide(Aspect::Auth, Level::Unknown);
                    Around { guards, below: None }
                }
            };
            self.put(known.map(|router| router.id()), everywhere, around);
        }
    }

    /// `@app.before_request` without a call.
    fn add_decorated<'r>(
        &mut self,
        judge: &Judge<'_, '_, 'r>,
        routers: &Routers<'r>,
        Kinds { form, everywhere, path }: Kinds<'_>,
    ) {
        let PatternKind::Expr(Pat::Call { func: pat, .. }) = &form.pattern.kind else { return };
        let cx = judge.cx;
        for func in &cx.project.index.decorated {
            for decorator in decorators(cx, &Target::Function(*func)) {
                let Some(origin) = decorator.origin.clone() else { continue };
                let Term::Attr(object, _) = cx.project.term(origin.term) else { continue };
                let mut bindings = crate::link::Bindings::new(form.vars.len());
                let tri = cx.match_pat(pat, &decorator, &mut bindings);
                if tri == Tri::No || !self.seen.insert((origin.term, *func)) {
                    continue;
                }
                let object = cx.eval(*object, &origin.frame);
                let known = routers.router(cx, &object);
                if tri != Tri::Yes && known.is_none() {
                    continue;
                }
                let around = Around::hook(judge, *func, path);
                self.put(known.map(|router| router.id()), everywhere, around);
            }
        }
    }

    fn put(&mut self, router: Option<TermRef>, everywhere: bool, around: Around) {
        match router.filter(|_| !everywhere) {
            Some(router) => self.by_router.entry(router).or_default().push(around),
            None => self.everywhere.push(around),
        }
    }

    /// `csrf.exempt(blueprint)`, `limiter.limit("5/minute")(view)`: applied without a use of the
    /// result.
    fn add_in_place<'r>(&mut self, judge: &Judge<'_, '_, 'r>, routers: &Routers<'r>, form: &Form) {
        let PatternKind::Expr(pat) = &form.pattern.kind else { return };
        let cx = judge.cx;
        for name in crate::link::anchors(pat).unwrap_or_default() {
            for site in cx.project.index.calls.get(&name).into_iter().flatten() {
                cx.refuel();
                let frame = crate::link::Frame::open(site.func);
                let terms = &cx.project.ir(site.func).terms;
                // The decorator is what is called, or the call itself is called.
                let applied = match pat {
                    Pat::Call { .. } => terms.iter().find_map(|term| match term {
                        Term::Call { func, args } if *func == site.term => {
                            Some((site.term, args.first()?.value))
                        }
                        _ => None,
                    }),
                    _ => match &terms[site.term] {
                        Term::Call { func, args } => args.first().map(|arg| (*func, arg.value)),
                        _ => None,
                    },
                };
                let Some((decorator, argument)) = applied else { continue };
                let decorator = cx.eval(decorator, &frame);
                let mut bindings = crate::link::Bindings::new(form.vars.len());
                if cx.match_pat(pat, &decorator, &mut bindings) != Tri::Yes {
                    continue;
                }
                let value = cx.eval(argument, &frame);
                let mut guards = Guards::default();
                judge.wrappers(&[decorator], None, &mut guards);
                if let Some(router) = routers.router(cx, &value) {
                    self.put(Some(router.id()), false, Around { guards, below: None });
                    continue;
                }
                match handler::of_value(cx, &value).target {
                    Target::Function(func) => {
                        self.by_function.entry(func).or_default().merge(&guards);
                    }
                    Target::Class(ty) => self.by_class.entry(ty).or_default().merge(&guards),
                    _ => {}
                }
            }
        }
    }
}

/// A way to register hooks.
#[derive(Clone, Copy)]
struct Kinds<'k> {
    form: &'k Form,
    everywhere: bool,
    path: &'k [Form],
}

impl Around {
    fn hook(judge: &Judge<'_, '_, '_>, func: FnRef, path: &[Form]) -> Self {
        let mut guards = Guards::default();
        inside::hook(judge, func, &mut guards);
        Self { guards, below: inside::looks_below(judge.cx, func, path) }
    }
}

/// What the project's own middleware does to every request.
pub fn middleware(judge: &Judge<'_, '_, '_>, model: &UrlsModel) -> Guards {
    let cx = judge.cx;
    let mut guards = Guards::default();
    let settings = cx.project.settings.as_ref();
    let value = settings.and_then(|s| s.setting(&model.framework, &model.middleware));
    let entries = value.as_ref().and_then(Val::in_force).and_then(Val::as_seq);
    for entry in entries.map_or(&[][..], |seq| seq.items.as_slice()) {
        let Some(named) = entry.in_force().and_then(|entry| members::named(cx, entry)) else {
            continue;
        };
        match named.kind {
            Kind::Class(class) => {
                for gate in &model.gates {
                    let method = handler::method(cx, &Ty::Class(class), *gate);
                    if let Some(Method::Project(func)) = method {
                        inside::middleware(judge, func, model.next, &mut guards);
                    }
                }
            }
            // A function that makes one.
            Kind::Function(func) => {
                for returned in super::members::returned_terms(cx, func) {
                    let value = cx.eval(returned, &crate::link::Frame::open(func));
                    if let Some(inner) = inside::as_function(&value) {
                        inside::middleware(judge, inner, model.next, &mut guards);
                    }
                }
            }
            _ => {}
        }
    }
    guards
}
