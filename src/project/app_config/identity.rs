//! Whether a value is the application that is looked at, or its configuration.

use std::sync::Arc;

use super::machine::Run;
use crate::facts::{Term, TermId, Terminator};
use crate::link::{Callee, FnRef, Frame, Kind, TermRef, Tri, Val};

impl Run<'_, '_, '_> {
    /// Whether a term is the configuration of the application.
    pub fn is_config(&mut self, object: TermId, frame: &Arc<Frame>) -> Tri {
        if let Term::Attr(holder, name) = &self.cx.project.ir(frame.func).terms[object]
            && self.subject.model.attribute == Some(*name)
            && self.is_held(*holder, frame)
        {
            return Tri::Yes;
        }
        if self.renamed.contains(&TermRef { func: frame.func, term: object }) {
            return Tri::Yes;
        }
        let value = self.cx.eval(object, frame);
        self.is_config_value(&value)
    }

    /// Whether a term is a module's name that a function has bound to the application
    /// (`global app`).
    pub(super) fn is_held(&self, term: TermId, frame: &Frame) -> bool {
        let Term::Global(name) = self.cx.project.ir(frame.func).terms[term] else { return false };
        self.held.contains(&(frame.func.unit, name))
    }

    /// Whether a term is the application.
    pub(super) fn is_app_term(&mut self, term: TermId, frame: &Arc<Frame>) -> bool {
        self.is_held(term, frame) || {
            let value = self.cx.eval(term, frame);
            self.is_app(&value) == Tri::Yes
        }
    }

    fn is_config_value(&mut self, value: &Val) -> Tri {
        let project = self.cx.project;
        // What the framework calls the current application is this one while it is set up.
        if matches!(value.kind, Kind::Lib(_)) {
            let framework = &self.subject.model.framework;
            return Tri::from_bool(self.cx.is_settings_object(value, framework));
        }
        let Some(origin) = value.origin.as_ref() else { return Tri::No };
        match project.term(origin.term) {
            Term::Attr(object, name) if self.subject.model.attribute == Some(*name) => {
                let object = self.cx.eval(*object, &origin.frame);
                self.is_app(&object)
            }
            _ => Tri::No,
        }
    }

    /// Whether a value is the application.
    pub fn is_app(&mut self, value: &Val) -> Tri {
        if let Kind::OneOf(values) = &value.kind {
            let yes = values.iter().any(|v| self.is_app(v) == Tri::Yes);
            return if yes { Tri::Yes } else { Tri::No };
        }
        let project = self.cx.project;
        let Some(origin) = value.origin.as_ref().filter(|_| value.is_unknown()) else {
            return Tri::No;
        };
        let mut term = origin.term;
        while let Term::Update { base, .. } | Term::Escaped { base, .. } = project.term(term) {
            term.term = *base;
        }
        if term == self.subject.app {
            return Tri::Yes;
        }
        if let Term::Call { func, .. } = project.term(term) {
            match self.cx.callee(*func, &origin.frame) {
                Callee::Fn { func, .. } => return Tri::from_bool(self.returns_app(func)),
                Callee::Class(_) | Callee::Lib(_) => return Tri::No,
                Callee::Method { .. } | Callee::Unknown { .. } => {}
            }
        }
        // Nothing tells it apart from another, and there is no other.
        match (self.cx.type_of_val(value), &self.subject.model.app) {
            (Some(ty), Some(app)) if self.subject.only && self.cx.is_subclass(&ty, app) => Tri::Yes,
            _ => Tri::No,
        }
    }

    /// Whether a function of the project returns the application.
    fn returns_app(&mut self, func: FnRef) -> bool {
        if let Some(known) = self.returns.get(&func) {
            return *known;
        }
        // Recursion gives nothing new.
        self.returns.insert(func, false);
        let frame = Frame::open(func);
        let project = self.cx.project;
        let answer = project.ir(func).blocks.iter().any(|block| match &block.end {
            Terminator::Return { value: Some(term), .. } => {
                let value = self.cx.eval(*term, &frame);
                self.is_app(&value) == Tri::Yes
            }
            _ => false,
        });
        self.returns.insert(func, answer);
        answer
    }
}
