//! Rows of data classes: what their managers and queries give.

use std::sync::Arc;

use super::types::Ty;
use super::value::{Frame, Kind, Val};
use super::{ClassRef, Cx};
use crate::base::Symbol;
use crate::facts::{Term, TermId};
use crate::rule::library::RowsModel;

/// Longest chain of query methods.
const MAX_CHAIN: u32 = 24;

impl Cx<'_, '_> {
    /// The class whose row a call gives: `Model.objects.filter(…).first()`.
    pub(super) fn row_of_call(&self, call: TermId, frame: &Arc<Frame>) -> Option<ClassRef> {
        let Term::Call { func, args } = &self.project.ir(frame.func).terms[call] else {
            return None;
        };
        match &self.project.ir(frame.func).terms[*func] {
            Term::Attr(object, method) => {
                if let Some((class, model)) = self.rows_of(*object, frame, 0) {
                    return model.one.contains(method).then_some(class);
                }
                self.row_by_function(*func, args.first()?.value, frame)
            }
            _ => self.row_by_function(*func, args.first()?.value, frame),
        }
    }

    /// `get_object_or_404(Model, …)`, `session.get(Model, …)`: given a class, or rows of one.
    fn row_by_function(&self, func: TermId, first: TermId, frame: &Arc<Frame>) -> Option<ClassRef> {
        let path = self.called_path(func, frame)?;
        let model = self.project.rules.library.rows.iter().find(|m| m.one_of.contains(&path))?;
        if let Kind::Class(class) = self.eval(first, frame).kind {
            return self.is_row_class(class, model).then_some(class);
        }
        self.rows_of(first, frame, 0).map(|(class, _)| class)
    }

    fn called_path(&self, func: TermId, frame: &Arc<Frame>) -> Option<Vec<Symbol>> {
        match self.callee(func, frame) {
            super::Callee::Lib(path) => Some(path),
            super::Callee::Method { mut class, name, .. } => {
                class.push(name);
                Some(class)
            }
            _ => None,
        }
    }

    fn is_row_class(&self, class: ClassRef, model: &RowsModel) -> bool {
        model.of.iter().any(|base| self.is_subclass(&Ty::Class(class), base))
    }

    /// The class of the rows that iterating a term gives.
    pub(super) fn rows_class(&self, term: TermId, frame: &Arc<Frame>) -> Option<ClassRef> {
        self.rows_of(term, frame, 0).map(|(class, _)| class)
    }

    /// The class of the rows that a manager or query stands for.
    pub fn rows_of(
        &self,
        term: TermId,
        frame: &Arc<Frame>,
        depth: u32,
    ) -> Option<(ClassRef, &RowsModel)> {
        if depth > MAX_CHAIN || self.project.rules.library.rows.is_empty() {
            return None;
        }
        match &self.project.ir(frame.func).terms[term] {
            Term::Attr(object, name) => {
                let mut models = self.project.rules.library.rows.iter();
                let model = models.find(|model| model.managers.contains(name))?;
                let class = match self.eval(*object, frame).kind {
                    Kind::Class(class) => class,
                    _ => return None,
                };
                self.is_row_class(class, model).then_some((class, model))
            }
            Term::Call { func, args } => match &self.project.ir(frame.func).terms[*func] {
                Term::Attr(object, method) => {
                    if let Some((class, model)) = self.rows_of(*object, frame, depth + 1) {
                        let one = model.one.contains(method) || model.other.contains(method);
                        return (!one).then_some((class, model));
                    }
                    // A manager that is called: `Document.objects(…)`.
                    if let Some(found) = self.rows_of(*func, frame, depth + 1) {
                        return Some(found);
                    }
                    self.rows_by_function(*func, args.first()?.value, frame)
                }
                _ => match self.rows_of(*func, frame, depth + 1) {
                    Some(found) => Some(found),
                    None => self.rows_by_function(*func, args.first()?.value, frame),
                },
            },
            Term::Item(object, key)
                if matches!(self.project.ir(frame.func).terms[*key], Term::Slice(_)) =>
            {
                self.rows_of(*object, frame, depth + 1)
            }
            Term::Phi(operands) => {
                operands.iter().find_map(|(_, t)| self.rows_of(*t, frame, depth + 1))
            }
            Term::Escaped { base, .. } | Term::Update { base, .. } => {
                self.rows_of(*base, frame, depth + 1)
            }
            Term::Global(_) | Term::Import(_) => {
                let value: Val = self.eval(term, frame);
                let origin = value.origin.as_ref()?;
                let elsewhere = origin.term.func != frame.func || origin.term.term != term;
                let found =
                    elsewhere.then(|| self.rows_of(origin.term.term, &origin.frame, depth + 1));
                found.flatten()
            }
            _ => None,
        }
    }

    /// `session.query(Model)`, `select(Model)`.
    fn rows_by_function(
        &self,
        func: TermId,
        first: TermId,
        frame: &Arc<Frame>,
    ) -> Option<(ClassRef, &RowsModel)> {
        let path = self.called_path(func, frame)?;
        let model = self.project.rules.library.rows.iter().find(|m| m.many_of.contains(&path))?;
        if let Kind::Class(class) = self.eval(first, frame).kind {
            return self.is_row_class(class, model).then_some((class, model));
        }
        self.rows_of(first, frame, 0)
    }

    /// The class into whose rows a call writes its keyword arguments as columns.
    pub fn row_written(&self, func: TermId, frame: &Arc<Frame>) -> Option<ClassRef> {
        let Term::Attr(object, method) = &self.project.ir(frame.func).terms[func] else {
            return None;
        };
        let (class, model) = self.rows_of(*object, frame, 0)?;
        model.writes.contains(method).then_some(class)
    }
}
