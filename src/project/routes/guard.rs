//! What stands between a request and its handler.

use std::cell::RefCell;
use std::rc::Rc;

use super::guards::Guards;
use super::handler::{self, Method, Target};
use super::must::Must;
use super::registered::decorators;
use super::routers::captured;
use crate::base::{FxHashMap, FxHashSet, Symbol};
use crate::link::{Cx, FnRef, Kind, Reached, Towards, Ty, Val};
use crate::rule::model::PatternKind;
use crate::rule::routing::{Aspect, Form, GuardModel, GuardPlace, Level};

/// The decorators of a function or class, outermost first.
#[derive(Debug, Default)]
pub struct Worn {
    /// Those that register routes.
    pub registrations: Vec<Val>,
    /// The others.
    pub wrappers: Vec<Val>,
}

/// What a decorator does to the handler under it.
#[derive(Debug, Clone, Default)]
struct Effect {
    guards: Guards,
    /// Decorators it puts around a method, and which.
    carried: Option<(Val, Option<String>)>,
}

/// Judges guards.
pub struct Judge<'c, 'p, 'r> {
    pub(super) cx: &'c Cx<'p, 'r>,
    pub(super) models: &'r [GuardModel],
    around: FxHashMap<Symbol, Vec<usize>>,
    /// Functions of the project that evaluate a check, by aspect.
    pub(super) checks: [FxHashSet<FnRef>; 4],
    /// Those that decide who gets on.
    pub(super) must: Must<'c, 'p, 'r>,
    towards: Towards<'p>,
    /// Decorators that register routes, by last name.
    registrations: FxHashMap<Symbol, Vec<&'r Form>>,
    decorators: RefCell<FxHashMap<FnRef, Guards>>,
    gates: RefCell<FxHashMap<FnRef, Guards>>,
    /// The decorators of functions and classes: those that register routes, and the others.
    worn: RefCell<FxHashMap<Target, Rc<Worn>>>,
    /// The methods of classes that the library calls.
    helpers: RefCell<FxHashMap<Ty, Rc<[FnRef]>>>,
    active: RefCell<Vec<FnRef>>,
}

impl<'c, 'p, 'r> Judge<'c, 'p, 'r> {
    /// A judge for a project.
    pub fn new(cx: &'c Cx<'p, 'r>) -> Self {
        let models = cx.project.rules.library.routing.guards.as_slice();
        let mut around: FxHashMap<Symbol, Vec<usize>> = FxHashMap::default();
        for (index, model) in models.iter().enumerate() {
            let GuardPlace::Around { forms, .. } = &model.place else { continue };
            for form in forms {
                let PatternKind::Expr(pat) = &form.pattern.kind else { continue };
                for name in crate::link::anchors(pat).unwrap_or_default() {
                    let of_name = around.entry(name).or_default();
                    if !of_name.contains(&index) {
                        of_name.push(index);
                    }
                }
            }
        }
        let checks = super::inside::checks(cx, models);
        let towards = Towards::new(cx.project, checks.iter().flatten());
        Self {
            cx,
            models,
            around,
            checks,
            must: Must::new(cx, models),
            towards,
            registrations: registrations(cx),
            decorators: RefCell::default(),
            gates: RefCell::default(),
            worn: RefCell::default(),
            helpers: RefCell::default(),
            active: RefCell::default(),
        }
    }

    /// The decorators of a function or class, outermost first.
    pub fn worn(&self, target: &Target) -> Rc<Worn> {
        if let Some(known) = self.worn.borrow().get(target) {
            return Rc::clone(known);
        }
        let (registrations, wrappers) =
            decorators(self.cx, target).into_iter().partition(|d| self.is_registration(d));
        let worn = Rc::new(Worn { registrations, wrappers });
        self.worn.borrow_mut().insert(target.clone(), Rc::clone(&worn));
        worn
    }

    /// The methods of a project class that the library calls on the way: all that answer no
    /// requests by themselves.
    pub fn helpers(&self, ty: &Ty) -> Rc<[FnRef]> {
        if let Some(known) = self.helpers.borrow().get(ty) {
            return Rc::clone(known);
        }
        let cx = self.cx;
        let answering: FxHashSet<Symbol> = handler::views(cx, ty)
            .flat_map(|view| {
                view.methods.iter().map(|(name, _)| *name).chain(view.provides.iter().copied())
            })
            .collect();
        let mut found = Vec::new();
        for above in cx.mro(ty) {
            let Ty::Class(class) = above else { continue };
            for (name, func) in &cx.project.class(class).methods {
                let func = FnRef { unit: class.unit, func: *func };
                let exposed = !self.worn(&Target::Function(func)).registrations.is_empty();
                if !exposed && !answering.contains(name) {
                    found.push(func);
                }
            }
        }
        let found: Rc<[FnRef]> = found.into();
        self.helpers.borrow_mut().insert(ty.clone(), Rc::clone(&found));
        found
    }

    /// What functions lead to on the way to checks.
    pub fn reached(&self, functions: &[FnRef]) -> Reached {
        self.towards.reached(self.cx, functions)
    }

    /// What decorators, outermost first, do to a handler. `method`: the name of the method they
    /// stand around, when they stand on its class.
    pub fn wrappers(&self, wrappers: &[Val], method: Option<&str>, guards: &mut Guards) {
        for wrapper in wrappers {
            self.wrapper(wrapper, method, guards);
        }
    }

    fn wrapper(&self, wrapper: &Val, method: Option<&str>, guards: &mut Guards) {
        if let Some(seq) = wrapper.as_seq() {
            if seq.open {
                guards.unclear();
            }
            return self.wrappers(&seq.items, method, guards);
        }
        let effect = self.effect(wrapper);
        guards.merge(&effect.guards);
        if let Some((carried, on)) = effect.carried {
            let applies = match (&on, method) {
                (Some(on), Some(method)) => on == method || self.is_gate(on),
                _ => true,
            };
            if applies {
                self.wrapper(&carried, method, guards);
            }
        }
    }

    /// Whether a decorator registers what it stands on as a route.
    pub fn is_registration(&self, wrapper: &Val) -> bool {
        let Some(origin) = self.cx.call_origin(wrapper) else { return false };
        let crate::facts::Term::Call { func, .. } = self.cx.project.term(origin.term) else {
            return false;
        };
        let name = match &self.cx.project.ir(origin.term.func).terms[*func] {
            crate::facts::Term::Attr(_, name) => Some(*name),
            _ => match self.cx.eval(*func, &origin.frame).kind {
                Kind::Lib(path) => path.last().copied(),
                _ => None,
            },
        };
        let forms = name.and_then(|name| self.registrations.get(&name));
        forms
            .into_iter()
            .flatten()
            .any(|form| self.matches(form, wrapper, wrapper).0 != crate::link::Tri::No)
    }

    fn is_gate(&self, name: &str) -> bool {
        let Some(name) = self.cx.project.names.get(name) else { return false };
        self.cx.project.rules.library.routing.views.values().any(|view| view.gates.contains(&name))
    }

    fn effect(&self, wrapper: &Val) -> Effect {
        let cx = self.cx;
        cx.refuel();
        let mut effect = Effect::default();
        match &wrapper.kind {
            Kind::Lib(path) => {
                if !self.modelled(wrapper, path, &mut effect) && path.len() > 1 {
                    effect.guards.unclear();
                }
            }
            Kind::Function(func) => effect.guards.merge(&self.project_decorator(*func)),
            Kind::Class(_) => effect.guards.unclear(),
            Kind::OneOf(values) => {
                // One of them: what holds for all of them is not known.
                let known: Vec<Effect> = values.iter().map(|value| self.effect(value)).collect();
                if known.iter().any(|e| e.guards.own != [Level::None; 4]) {
                    effect.guards.unclear();
                }
            }
            _ => match cx.call_origin(wrapper).cloned() {
                Some(origin) => {
                    let crate::facts::Term::Call { func, .. } = cx.project.term(origin.term) else {
                        return effect;
                    };
                    let callee = cx.eval(*func, &origin.frame);
                    match &callee.kind {
                        Kind::Function(func) => {
                            effect.guards.merge(&self.project_decorator(*func));
                        }
                        Kind::Lib(path) => {
                            if !self.modelled(wrapper, path, &mut effect) {
                                effect.guards.unclear();
                            }
                        }
                        _ => self.method_decorator(wrapper, &callee, &mut effect),
                    }
                }
                None => self.method_decorator(wrapper, wrapper, &mut effect),
            },
        }
        effect
    }

    /// A decorator that is a method of some object: `auth.login_required`.
    fn method_decorator(&self, wrapper: &Val, callee: &Val, effect: &mut Effect) {
        let origin = callee.origin.as_ref();
        let name = origin.and_then(|origin| match self.cx.project.term(origin.term) {
            crate::facts::Term::Attr(_, name) => Some(*name),
            _ => None,
        });
        let known = name.is_some_and(|name| self.by_name(wrapper, callee, name, effect));
        if !known {
            effect.guards.unclear();
        }
    }

    /// A decorator of a library: whether any model speaks of it.
    fn modelled(&self, wrapper: &Val, path: &[Symbol], effect: &mut Effect) -> bool {
        let callee = Val::new(Kind::Lib(path.into()));
        let named = path.last().is_some_and(|name| self.by_name(wrapper, &callee, *name, effect));
        named
            || self.models.iter().any(|model| match &model.place {
                GuardPlace::Around { below, .. } => below.iter().any(|p| path.starts_with(p)),
                _ => false,
            })
    }

    fn by_name(&self, wrapper: &Val, callee: &Val, name: Symbol, effect: &mut Effect) -> bool {
        let mut decided = [false; 4];
        let mut known = false;
        for index in self.around.get(&name).into_iter().flatten() {
            let model = &self.models[*index];
            let GuardPlace::Around { forms, methods, list, makes, .. } = &model.place else {
                continue;
            };
            if model.aspect.is_some_and(|aspect| decided[aspect as usize]) {
                continue;
            }
            for form in forms {
                let (tri, bindings) = self.matches(form, wrapper, callee);
                if tri == crate::link::Tri::No {
                    continue;
                }
                known = true;
                if let Some(aspect) = model.aspect {
                    decided[aspect as usize] = true;
                    let certain = tri == crate::link::Tri::Yes;
                    effect.guards.add(aspect, if certain { model.level } else { Level::Unknown });
                    effect.guards.seen(wrapper.loc, aspect.name());
                }
                if !methods.is_empty() {
                    effect.guards.methods = Some(methods.clone());
                }
                let said = captured(form, &bindings, "METHODS");
                if let Some(said) = handler::texts(&said) {
                    effect.guards.methods = Some(said);
                }
                if makes.is_some() {
                    effect.guards.makes.clone_from(makes);
                }
                if let Some(list) = list {
                    effect.guards.lists.push((*list, captured(form, &bindings, "LIST")));
                }
                let carried = captured(form, &bindings, "DECORATOR");
                if !matches!(carried.kind, Kind::Absent) {
                    let on = captured(form, &bindings, "ON").as_str().map(str::to_owned);
                    effect.carried = Some((carried, on));
                }
                break;
            }
        }
        known
    }

    /// Whether a decorator is what a form looks for. A bare path stands for itself and for a
    /// call of it.
    fn matches(
        &self,
        form: &Form,
        wrapper: &Val,
        callee: &Val,
    ) -> (crate::link::Tri, crate::link::Bindings) {
        let mut bindings = crate::link::Bindings::new(form.vars.len());
        let PatternKind::Expr(pat) = &form.pattern.kind else {
            return (crate::link::Tri::No, bindings);
        };
        let value = match pat {
            crate::rule::model::Pat::Call { .. } => wrapper,
            _ => callee,
        };
        let tri = self.cx.match_pat(pat, value, &mut bindings);
        let tri = tri.and(|| self.cx.holds_all(&form.wheres, &mut bindings));
        (tri, bindings)
    }

    /// A method that every request of a class passes, by what it does.
    fn gate(&self, func: FnRef) -> Guards {
        if let Some(known) = self.gates.borrow().get(&func) {
            return known.clone();
        }
        let mut guards = Guards::default();
        super::inside::gate(self, func, &mut guards);
        self.gates.borrow_mut().insert(func, guards.clone());
        guards
    }

    /// A decorator of the project, by what it does.
    fn project_decorator(&self, func: FnRef) -> Guards {
        if let Some(known) = self.decorators.borrow().get(&func) {
            return known.clone();
        }
        let mut guards = Guards::default();
        guards.passes(func);
        if self.active.borrow().contains(&func) || self.active.borrow().len() > 6 {
            guards.unclear();
            return guards;
        }
        self.active.borrow_mut().push(func);
        super::inside::decorator(self, func, &mut guards);
        self.active.borrow_mut().pop();
        self.decorators.borrow_mut().insert(func, guards.clone());
        guards
    }

    /// The guards of a library handler, or of a library list of routes.
    pub fn library(&self, path: &[Symbol], guards: &mut Guards) {
        let mut decided = [false; 4];
        for model in self.models {
            let GuardPlace::Handler(paths) = &model.place else { continue };
            if paths.iter().any(|p| path == p.as_slice())
                && let Some(aspect) = model.aspect
                && !decided[aspect as usize]
            {
                decided[aspect as usize] = true;
                guards.add(aspect, model.level);
            }
        }
        for aspect in Aspect::ALL {
            if !decided[aspect as usize] && aspect != Aspect::Csrf {
                guards.add(aspect, Level::Unknown);
            }
        }
    }

    /// The guards of a class and of one of its methods. `options`: attributes that `as_view`, or
    /// a registration, sets.
    pub fn class(
        &self,
        ty: &Ty,
        name: Option<&str>,
        by: Method,
        options: &[(Symbol, Val)],
        guards: &mut Guards,
    ) {
        let cx = self.cx;
        let mro = cx.mro(ty);
        for above in &mro {
            match above {
                Ty::Lib(path) => self.base(path, guards),
                Ty::Class(class) => {
                    let target = Target::Class(Ty::Class(*class));
                    self.wrappers(&self.worn(&target).wrappers, name, guards);
                    if cx.bases(*class).len() < positional_bases(cx, *class) {
                        guards.unclear();
                    }
                }
            }
        }
        let library = handler::library_class(&mro);
        for view in handler::views(cx, ty) {
            for attribute in &view.decorators {
                let value = option(options, *attribute)
                    .unwrap_or_else(|| handler::class_attribute(cx, ty, *attribute));
                self.decorator_list(&value, name, guards);
            }
            for gate in &view.gates {
                if let Some(Method::Project(func)) = handler::method(cx, ty, *gate) {
                    self.wrappers(&self.worn(&Target::Function(func)).wrappers, None, guards);
                    guards.merge(&self.gate(func));
                }
            }
        }
        if let Method::Project(func) = by {
            self.wrappers(&self.worn(&Target::Function(func)).wrappers, None, guards);
        } else if let Some(path) = library {
            // The library's own handler: models speak of it, or of what it inherits.
            self.library_method(&path, guards);
        }
        self.lists(ty, options, guards);
    }

    fn library_method(&self, path: &[Symbol], guards: &mut Guards) {
        for model in self.models {
            if let (GuardPlace::Handler(paths), Some(aspect)) = (&model.place, model.aspect)
                && paths.iter().any(|p| path == p.as_slice())
            {
                guards.add(aspect, model.level);
            }
        }
    }

    fn decorator_list(&self, value: &Val, method: Option<&str>, guards: &mut Guards) {
        match &value.kind {
            Kind::Absent => {}
            Kind::Dict(dict) => {
                // By method of the request.
                for (key, value) in &dict.entries {
                    if key.as_str().is_none() || key.as_str() == method {
                        self.decorator_list(value, method, guards);
                    }
                }
            }
            Kind::Seq(_) => self.wrapper(value, method, guards),
            _ => guards.unclear(),
        }
    }

    /// A library class among the bases.
    fn base(&self, path: &[Symbol], guards: &mut Guards) {
        if path.len() < 2 {
            return;
        }
        let mut known = false;
        for model in self.models {
            let GuardPlace::Base(paths) = &model.place else { continue };
            if paths.iter().any(|p| p.as_slice() == path) {
                known = true;
                if let Some(aspect) = model.aspect {
                    guards.add(aspect, model.level);
                }
            }
        }
        let library = &self.cx.project.rules.library;
        if !known && !library.routing.views.contains_key(path) && !library.types.contains_key(path)
        {
            guards.unclear();
        }
    }
}

/// The forms of decorators that register routes, by last name.
fn registrations<'r>(cx: &Cx<'_, 'r>) -> FxHashMap<Symbol, Vec<&'r Form>> {
    let routing = &cx.project.rules.library.routing;
    let routes = routing.routes.iter().flat_map(|route| &route.forms);
    let mut views: Vec<_> = routing.views.iter().collect();
    views.sort_by_key(|(path, _)| *path);
    let exposes = views.into_iter().flat_map(|(_, view)| &view.exposes);
    let mut by_name: FxHashMap<Symbol, Vec<&'r Form>> = FxHashMap::default();
    for form in routes.chain(exposes) {
        let PatternKind::Expr(pat) = &form.pattern.kind else { continue };
        for name in crate::link::anchors(pat).unwrap_or_default() {
            by_name.entry(name).or_default().push(form);
        }
    }
    by_name
}

pub(super) fn option(options: &[(Symbol, Val)], name: Symbol) -> Option<Val> {
    options.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone())
}

fn positional_bases(cx: &Cx<'_, '_>, class: crate::link::ClassRef) -> usize {
    let bases = &cx.project.class(class).bases;
    bases.iter().filter(|base| base.kind == crate::syntax::ast::ArgKind::Positional).count()
}
