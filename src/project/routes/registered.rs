//! Routes that are registered by calls: decorators, `add_url_rule`, `add_resource`, `register`.

use super::handler::{self, Handler, Target};
use super::members::{self, Member};
use super::routers::{self, Routers};
use super::url::Url;
use crate::base::{FxHashMap, Loc, Symbol};
use crate::facts::{FnId, Term};
use crate::link::{ClassRef, Cx, FnRef, Frame, Hit, Kind, Origin, TermRef, Tri, Val};
use crate::rule::routing::{Form, RouteModel};

/// A route as it is registered, before it is known where the router is.
#[derive(Debug, Clone)]
pub struct Registered<'r> {
    /// How.
    pub model: &'r RouteModel,
    /// The router; none for an entry of a list of urls.
    pub router: Option<Val>,
    /// Its own urls.
    pub urls: Vec<Url>,
    /// What `$METHODS` says.
    pub methods: Val,
    /// What `$ENDPOINT` says.
    pub name: Val,
    /// What answers.
    pub handler: Handler,
    /// Where it is registered.
    pub loc: Loc,
    /// The call that says so.
    pub site: TermRef,
    /// Further keywords.
    pub options: Vec<(Symbol, Val)>,
    /// Which form of the library models it matched.
    form: usize,
}

/// What decorators stand on: the decorated thing, and the position among its decorators.
#[derive(Debug, Default)]
pub struct Decorated {
    by_term: FxHashMap<TermRef, (Target, usize)>,
    /// Calls of calls, by what is called.
    applied: FxHashMap<TermRef, TermRef>,
}

impl Decorated {
    /// All decorators of production code.
    pub fn of(cx: &Cx<'_, '_>) -> Self {
        let mut decorated = Self::default();
        for (unit, u) in cx.project.units.iter_enumerated().filter(|(_, u)| u.production) {
            for (func, ir) in u.facts.fns.iter_enumerated() {
                let Some(parent) = ir.parent else { continue };
                for (position, term) in ir.decorators.iter().enumerate() {
                    let at = TermRef { func: FnRef { unit, func: parent }, term: *term };
                    let target = Target::Function(FnRef { unit, func });
                    decorated.by_term.insert(at, (target, position));
                }
            }
            for (func, ir) in u.facts.fns.iter_enumerated() {
                let func = FnRef { unit, func };
                for (term, kind) in ir.terms.iter_enumerated() {
                    if let Term::Call { func: inner, .. } = kind
                        && matches!(ir.terms[*inner], Term::Call { .. })
                    {
                        let call = TermRef { func, term };
                        decorated.applied.insert(TermRef { func, term: *inner }, call);
                    }
                }
            }
            for (class, fact) in u.facts.classes.iter_enumerated() {
                let scope = FnRef { unit, func: fact.scope };
                for (position, term) in fact.decorators.iter().enumerate() {
                    let target = Target::Class(crate::link::Ty::Class(ClassRef { unit, class }));
                    let at = TermRef { func: scope, term: *term };
                    decorated.by_term.insert(at, (target, position));
                }
            }
        }
        decorated
    }

    /// Whether a call may register something: it is a decorator, is called, or is returned by a
    /// helper that makes decorators.
    fn registers(&self, cx: &Cx<'_, '_>, call: TermRef) -> bool {
        self.by_term.contains_key(&call)
            || self.applied.contains_key(&call)
            || members::returned_terms(cx, call.func).contains(&call.term)
    }

    /// What a decorator at `site` registers, wrapped in the decorators below it.
    fn handler(&self, cx: &Cx<'_, '_>, site: TermRef) -> Option<Handler> {
        if let Some((target, position)) = self.by_term.get(&site) {
            let wrappers = decorators(cx, target).into_iter().skip(position + 1).collect();
            let options = crate::link::Actuals::default();
            return Some(Handler { target: target.clone(), wrappers, options, decorated: true });
        }
        let call = *self.applied.get(&site)?;
        let Term::Call { args, .. } = cx.project.term(call) else { return None };
        let value = cx.eval(args.first()?.value, &Frame::open(call.func));
        Some(handler::of_value(cx, &value))
    }
}

/// The decorators of a function or class as values, outermost first.
pub fn decorators(cx: &Cx<'_, '_>, target: &Target) -> Vec<Val> {
    let (scope, terms) = match target {
        Target::Function(func) => {
            let ir = cx.project.ir(*func);
            (FnRef { unit: func.unit, func: ir.parent.unwrap_or(FnId(0)) }, &ir.decorators)
        }
        Target::Class(crate::link::Ty::Class(class)) => {
            let fact = cx.project.class(*class);
            (FnRef { unit: class.unit, func: fact.scope }, &fact.decorators)
        }
        _ => return Vec::new(),
    };
    let frame = Frame::open(scope);
    terms
        .iter()
        .map(|term| {
            cx.refuel();
            cx.eval(*term, &frame)
        })
        .collect()
}

/// All registrations, in the order of models and places.
pub fn all<'r>(cx: &Cx<'_, 'r>, routers: &Routers<'r>) -> Vec<Registered<'r>> {
    let decorated = Decorated::of(cx);
    let mut found = Vec::new();
    let mut number = 0;
    for model in &cx.project.rules.library.routing.routes {
        if !cx.project.stacks.contains(&model.framework) {
            continue;
        }
        for form in &model.forms {
            number += 1;
            let mut hits = Vec::new();
            if form.var("HANDLER").is_some() {
                routers::calls(cx, form, &mut |hit| hits.push(hit));
            } else {
                // What neither decorates nor is called nor returned registers nothing.
                let wanted = |term: TermRef| decorated.registers(cx, term);
                routers::wanted_calls(cx, form, &wanted, &mut |hit| hits.push(hit));
            }
            for hit in hits {
                let from = From { model, form, number };
                add(cx, routers, &decorated, from, &hit, &mut found);
            }
        }
    }
    // A call on an object of which nothing is known matches several forms: one of them counts.
    found.sort_by_key(|route: &Registered<'_>| (route.loc, route.form));
    let mut forms: FxHashMap<TermRef, usize> = FxHashMap::default();
    for route in &found {
        forms.entry(route.site).or_insert(route.form);
    }
    found.retain(|route| forms.get(&route.site) == Some(&route.form));
    found
}

/// The form that a registration matched.
#[derive(Clone, Copy)]
struct From<'r> {
    model: &'r RouteModel,
    form: &'r Form,
    number: usize,
}

fn add<'r>(
    cx: &Cx<'_, 'r>,
    routers: &Routers<'r>,
    decorated: &Decorated,
    From { model, form, number }: From<'r>,
    hit: &Hit,
    found: &mut Vec<Registered<'r>>,
) {
    let (Some(made), Some(site)) = (&hit.made, hit.site) else { return };
    cx.refuel();
    let router = routers::receiver(cx, made);
    let url = routers::captured(form, &hit.bindings, "URL");
    let has_handler = form.var("HANDLER").is_some();
    let given = routers::captured(form, &hit.bindings, "HANDLER");
    // A receiver of which nothing is known: it must look like a route.
    if hit.tri != Tri::Yes {
        let known = router.as_ref().is_some_and(|value| routers.router(cx, value).is_some());
        let looks = !has_handler
            && decorated.by_term.contains_key(&site)
            && url.as_str().is_some_and(|text| text.starts_with('/'));
        if !known && !looks {
            return;
        }
    }
    let looped = members::loop_of(cx, &url)
        .or_else(|| has_handler.then(|| members::loop_of(cx, &given)).flatten());
    let turns: Vec<(Val, Option<Handler>)> = match looped {
        Some((list, frame)) => members::of_term(cx, list.term, &frame)
            .into_iter()
            .filter_map(|member| match member {
                Member::One(member) => {
                    let handler = has_handler.then(|| handler::in_turn(cx, &given, list, &member));
                    Some((members::in_turn(cx, &url, list, &member), handler))
                }
                Member::Part(_) | Member::Left(_) => None,
            })
            .collect(),
        None => vec![(url, has_handler.then(|| handler::of_value(cx, &given)))],
    };
    for (url, handler) in turns {
        let handler = handler.or_else(|| decorated.handler(cx, site));
        let Some(handler) = handler else { continue };
        found.push(Registered {
            model,
            router: router.clone(),
            urls: urls(&url),
            methods: routers::captured(form, &hit.bindings, "METHODS"),
            name: routers::captured(form, &hit.bindings, "ENDPOINT"),
            handler,
            loc: hit.loc,
            site,
            options: options(cx, model, made),
            form: number,
        });
    }
}

/// The keywords of a call that may set attributes of the handler's class.
pub fn options(cx: &Cx<'_, '_>, model: &RouteModel, made: &Origin) -> Vec<(Symbol, Val)> {
    if !model.options {
        return Vec::new();
    }
    let Term::Call { args, .. } = cx.project.term(made.term) else { return Vec::new() };
    cx.actuals(args, &made.frame).keywords
}

/// One url, or each of several.
pub fn urls(value: &Val) -> Vec<Url> {
    match value.in_force().and_then(Val::as_seq) {
        Some(seq) => seq.items.iter().map(Url::of).collect(),
        None if matches!(value.kind, Kind::Absent) => vec![Url::default()],
        None => vec![Url::of(value)],
    }
}
