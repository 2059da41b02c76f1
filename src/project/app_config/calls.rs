//! What a call does to the configuration: it makes the application, runs a function of the project,
//! or hands the application to an extension.

use std::sync::Arc;

use super::machine::{Ended, Run};
use super::reach::constructor;
use super::state::{Config, State};
use crate::facts::{ArgTerm, Term, TermId};
use crate::link::{Actuals, Callee, ClassRef, FnRef, Frame, Kind, TermRef, Tri, Ty, Val};
use crate::syntax::ast::ArgKind;

impl Run<'_, '_, '_> {
    pub(super) fn call(
        &mut self,
        term: TermId,
        func: TermId,
        args: &[ArgTerm],
        frame: &Arc<Frame>,
        state: &mut State,
    ) -> Ended {
        if !self.subject.reach.may_matter(&self.cx, frame.func, func) {
            return Ended::Normally;
        }
        self.see(state);
        let project = self.cx.project;
        let ir = project.ir(frame.func);
        if (TermRef { func: frame.func, term }) == self.subject.app {
            self.make(term, func, args, frame, state);
            return Ended::Normally;
        }
        if let Term::Attr(object, name) = &ir.terms[func]
            && let Some(how) = self.subject.model.methods.get(name)
            && self.is_config(*object, frame) == Tri::Yes
        {
            let span = ir.spans[term];
            return self.method(how, args, frame, span, state);
        }
        if self.chosen_method(func, args, frame, state) {
            return Ended::Normally;
        }
        match self.cx.callee(func, frame) {
            Callee::Fn { func: called, receiver } => {
                let receiver = receiver.or_else(|| self.own_class(func, called, frame));
                self.enter(called, receiver, args, frame, state);
            }
            Callee::Class(class) => {
                let made = Val::opaque().from_origin(crate::link::Origin {
                    term: TermRef { func: frame.func, term },
                    frame: Arc::clone(frame),
                });
                self.instance(class, made, (term, args), frame, state);
            }
            callee => match callee.library_path() {
                Some(path) => self.extension(&path, term, args, frame, state),
                // Whoever is called may configure it.
                None if self.takes_app(args, frame) => {
                    if let Some(config) = state.as_mut() {
                        Arc::make_mut(config).open = true;
                    }
                }
                None => {}
            },
        }
        Ended::Normally
    }

    /// The class on which a class method is called.
    fn own_class(&self, callee: TermId, called: FnRef, frame: &Arc<Frame>) -> Option<Val> {
        let Term::Attr(object, _) = self.cx.project.ir(frame.func).terms[callee] else {
            return None;
        };
        if !self.cx.has_decorator(called, "classmethod") {
            return None;
        }
        let class = self.cx.eval(object, frame);
        matches!(class.kind, Kind::Class(_)).then_some(class)
    }

    /// The application is made.
    fn make(
        &mut self,
        term: TermId,
        func: TermId,
        args: &[ArgTerm],
        frame: &Arc<Frame>,
        state: &mut State,
    ) {
        let mut config = Config::default();
        let class = match self.cx.callee(func, frame) {
            Callee::Class(class) => Some(class),
            _ => None,
        };
        let here = self.place(frame, self.cx.project.ir(frame.func).spans[term]);
        self.declare_defaults(&mut config, self.subject.model.app.as_deref());
        if let Some(class) = class {
            self.initial(&mut config, class, here);
        }
        *state = Some(Arc::new(config));
        if let Some(class) = class {
            let origin = crate::link::Origin { term: self.subject.app, frame: Arc::clone(frame) };
            let made = Val::opaque().from_origin(origin);
            self.instance(class, made, (term, args), frame, state);
        }
    }

    pub(super) fn instance(
        &mut self,
        class: ClassRef,
        made: Val,
        (term, args): (TermId, &[ArgTerm]),
        frame: &Arc<Frame>,
        state: &mut State,
    ) {
        if let Some(init) = constructor(&self.cx, class) {
            return self.enter(init, Some(made), args, frame, state);
        }
        for ty in self.cx.mro(&Ty::Class(class)) {
            if let Ty::Lib(path) = ty {
                self.extension(&path, term, args, frame, state);
            }
        }
    }

    /// Runs a function of the project.
    pub(super) fn enter(
        &mut self,
        func: FnRef,
        receiver: Option<Val>,
        args: &[ArgTerm],
        frame: &Arc<Frame>,
        state: &mut State,
    ) {
        let ir = self.cx.project.ir(func);
        if !self.subject.reach.is_relevant(func) || ir.is_generator {
            return;
        }
        let this = receiver.as_ref().and_then(|r| match self.cx.type_of_val(r) {
            Some(Ty::Class(class)) => Some(class),
            _ => None,
        });
        let actuals = self.with_held(args, frame);
        let values = self.cx.bind_fn(func, receiver, &actuals);
        let plain = this.is_none() && values.is_empty();
        let inner = match plain {
            true => Frame::open(func),
            false => Frame::called(func, Some(values), this, 1),
        };
        let before = state.clone();
        let after = self.body(&inner, state.take());
        *state = after.or(before);
    }

    /// The arguments of a call; names that hold the application are the application.
    pub(super) fn with_held(&self, args: &[ArgTerm], frame: &Arc<Frame>) -> Actuals {
        let mut actuals = self.cx.actuals(args, frame);
        let frame_of_app = Frame::open(self.subject.app.func);
        let origin = crate::link::Origin { term: self.subject.app, frame: frame_of_app };
        for (position, arg) in args.iter().enumerate() {
            let slot = match arg.kind {
                ArgKind::Positional => actuals.positional.get_mut(position),
                ArgKind::Keyword(name) => {
                    actuals.keywords.iter_mut().find(|(n, _)| *n == name).map(|(_, v)| v)
                }
                // What follows is at no position that is known.
                ArgKind::Star | ArgKind::DoubleStar => break,
            };
            if let Some(slot) = slot
                && self.is_held(arg.value, frame)
            {
                *slot = Val::opaque().from_origin(origin.clone());
            }
        }
        actuals
    }

    /// A method of what the environment chooses among configuration classes, when it is given the
    /// application: `config[name].init_app(app)`.
    fn chosen_method(
        &mut self,
        func: TermId,
        args: &[ArgTerm],
        frame: &Arc<Frame>,
        state: &mut State,
    ) -> bool {
        let terms = &self.cx.project.ir(frame.func).terms;
        let Term::Attr(object, name) = terms[func] else { return false };
        let chosen = matches!(
            terms[object],
            Term::Item(..) | Term::Call { .. } | Term::Phi(_) | Term::Param(_)
        );
        if !chosen || !self.takes_app(args, frame) {
            return false;
        }
        let mut known = false;
        for class in self.pick(object, frame) {
            if !matches!(class.kind, Kind::Class(_)) {
                continue;
            }
            if let Kind::Function(method) = self.cx.attribute(&class, name).kind {
                known = true;
                let own = self.cx.has_decorator(method, "classmethod").then_some(class);
                self.enter(method, own, args, frame, state);
            }
        }
        known
    }

    pub(super) fn takes_app(&mut self, args: &[ArgTerm], frame: &Arc<Frame>) -> bool {
        args.iter().any(|arg| {
            self.is_app_term(arg.value, frame) || self.is_config(arg.value, frame) == Tri::Yes
        })
    }
}
