//! Rows of data classes: what their managers and queries give.

use std::sync::Arc;

use super::types::Ty;
use super::value::{Frame, Kind, Origin};
use super::{Asked, ClassRef, Cx, TermRef};
use crate::base::Symbol;
use crate::facts::{Term, TermId};
use crate::rule::flow_models::RowsModel;

impl Cx<'_, '_> {
    /// The class whose row a call gives: `Model.objects.filter(…).first()`.
    pub(super) fn row_of_call(&self, call: TermId, frame: &Arc<Frame>) -> Option<Ty> {
        let Term::Call { func, args } = &self.project.ir(frame.func).terms[call] else {
            return None;
        };
        match &self.project.ir(frame.func).terms[*func] {
            Term::Attr(object, method) => {
                if let Some((class, model)) = self.rows_of(*object, frame) {
                    return model.one.contains(method).then_some(class);
                }
                self.row_by_function(*func, args.first()?.value, frame)
            }
            _ => self.row_by_function(*func, args.first()?.value, frame),
        }
    }

    /// The class of the row in the pair that a call gives: `Model.objects.get_or_create(…)`.
    pub(super) fn row_of_pair(&self, call: TermId, frame: &Arc<Frame>) -> Option<Ty> {
        let terms = &self.project.ir(frame.func).terms;
        let Term::Call { func, .. } = &terms[call] else {
            return match &terms[call] {
                Term::Await(inner) => self.row_of_pair(*inner, frame),
                _ => None,
            };
        };
        let Term::Attr(object, method) = &terms[*func] else { return None };
        let (class, model) = self.rows_of(*object, frame)?;
        model.pairs.contains(method).then_some(class)
    }

    /// `get_object_or_404(Model, …)`, `session.get(Model, …)`: given a class, or rows of one.
    pub(super) fn row_by_function(
        &self,
        func: TermId,
        first: TermId,
        frame: &Arc<Frame>,
    ) -> Option<Ty> {
        let path = self.called_path(func, frame)?;
        let model = self.project.rules.library.rows.iter().find(|m| m.one_of.contains(&path))?;
        match self.row_class(first, frame) {
            Some(class) => self.is_row_class(&class, model).then_some(class),
            None => self.rows_of(first, frame).map(|(class, _)| class),
        }
    }

    /// The class that a term names, of the project or of a library.
    fn row_class(&self, term: TermId, frame: &Arc<Frame>) -> Option<Ty> {
        let value = self.eval(term, frame);
        match &value.kind {
            Kind::Class(class) => Some(Ty::Class(*class)),
            Kind::Lib(path) if self.project.rules.library.types.contains_key(&**path) => {
                Some(Ty::Lib(path.to_vec()))
            }
            _ => self.class_by_setting(value.origin.as_ref()?),
        }
    }

    /// The class that a call gives which a setting names: `get_user_model()`.
    fn class_by_setting(&self, origin: &Origin) -> Option<Ty> {
        let Term::Call { func, .. } = self.project.term(origin.term) else { return None };
        let path = self.called_path(*func, &origin.frame)?;
        let mut lookups = self.project.rules.library.data_models.iter().map(|model| &model.lookup);
        let lookup = lookups.find(|lookup| lookup.setting_call.as_ref() == Some(&path))?;
        let (framework, key) = lookup.setting.as_ref()?.split_once('.')?;
        let set = self.setting_value(framework, &[key.to_owned()])?;
        let label = set.in_force()?.as_str()?;
        if let Some((_, path)) = lookup.labels.iter().find(|(known, _)| known == label) {
            return Some(Ty::Lib(path.clone()));
        }
        let (_, name) = label.rsplit_once('.')?;
        let name = self.project.names.get(name)?;
        let units = self.project.units.iter_enumerated();
        units.into_iter().find_map(|(unit, u)| {
            let mut classes = u.facts.classes.iter_enumerated();
            let (class, _) = classes.find(|(_, class)| class.name == name)?;
            Some(Ty::Class(ClassRef { unit, class }))
        })
    }

    fn is_row_class(&self, class: &Ty, model: &RowsModel) -> bool {
        model.of.iter().any(|base| self.is_subclass(class, base))
    }

    /// The class of the rows that a manager or query stands for, and how they are got.
    pub fn rows_of(&self, term: TermId, frame: &Arc<Frame>) -> Option<(Ty, &RowsModel)> {
        let models = &self.project.rules.library.rows;
        if models.is_empty() {
            return None;
        }
        let key = TermRef { func: frame.func, term };
        let work = || {
            self.deeper(|| self.once(key, Asked::Rows, || self.find_rows(term, frame))).flatten()
        };
        let (class, model) = self.known(&self.rows, term, frame, work).flatten()?;
        Some((class, &models[model]))
    }

    /// The class, and the position of the model.
    fn find_rows(&self, term: TermId, frame: &Arc<Frame>) -> Option<(Ty, usize)> {
        let terms = &self.project.ir(frame.func).terms;
        match &terms[term] {
            Term::Attr(object, name) => self.managed(*object, *name, frame),
            Term::Call { func, args } => {
                let through = match &terms[*func] {
                    // A manager may be called itself: `Document.objects(…)`.
                    Term::Attr(object, method) => match self.managed(*object, *method, frame) {
                        Some(found) => Some(found),
                        None => self.chained(*object, *method, frame),
                    },
                    _ => None,
                };
                through.or_else(|| self.rows_by_function(*func, args.first()?.value, frame))
            }
            Term::Item(object, key) if matches!(terms[*key], Term::Slice(_)) => {
                self.known_rows(*object, frame)
            }
            Term::Phi(operands) => operands.iter().find_map(|(_, t)| self.known_rows(*t, frame)),
            Term::Escaped { base, .. } | Term::Update { base, .. } => self.known_rows(*base, frame),
            Term::Global(_) | Term::Import(_) => {
                let value = self.eval(term, frame);
                let origin = value.origin.as_ref()?;
                let elsewhere = (origin.term.func, origin.term.term) != (frame.func, term);
                elsewhere.then(|| self.known_rows(origin.term.term, &origin.frame)).flatten()
            }
            _ => None,
        }
    }

    fn known_rows(&self, term: TermId, frame: &Arc<Frame>) -> Option<(Ty, usize)> {
        let (class, model) = self.rows_of(term, frame)?;
        let models = &self.project.rules.library.rows;
        Some((class, models.iter().position(|other| std::ptr::eq(other, model))?))
    }

    /// `Model.objects`
    fn managed(&self, object: TermId, name: Symbol, frame: &Arc<Frame>) -> Option<(Ty, usize)> {
        let models = &self.project.rules.library.rows;
        if !models.iter().any(|model| model.managers.contains(&name)) {
            return None;
        }
        let class = self.row_class(object, frame)?;
        let fits =
            |model: &RowsModel| model.managers.contains(&name) && self.is_row_class(&class, model);
        let position = models.iter().position(fits)?;
        Some((class, position))
    }

    /// `rows.filter(…)`
    fn chained(&self, object: TermId, method: Symbol, frame: &Arc<Frame>) -> Option<(Ty, usize)> {
        let (class, position) = self.known_rows(object, frame)?;
        let model = &self.project.rules.library.rows[position];
        let ends = [&model.one, &model.pairs, &model.other].iter().any(|m| m.contains(&method));
        (!ends).then_some((class, position))
    }

    /// `session.query(Model)`, `select(Model)`.
    fn rows_by_function(
        &self,
        func: TermId,
        first: TermId,
        frame: &Arc<Frame>,
    ) -> Option<(Ty, usize)> {
        let path = self.called_path(func, frame)?;
        let models = &self.project.rules.library.rows;
        let position = models.iter().position(|model| model.many_of.contains(&path))?;
        match self.row_class(first, frame) {
            Some(class) => {
                self.is_row_class(&class, &models[position]).then_some((class, position))
            }
            None => self.known_rows(first, frame),
        }
    }

    /// The class whose rows a call gives as dicts: `Model.objects.values()`.
    pub fn rows_as_dicts(&self, func: TermId, frame: &Arc<Frame>) -> Option<Ty> {
        let Term::Attr(object, method) = &self.project.ir(frame.func).terms[func] else {
            return None;
        };
        let (class, model) = self.rows_of(*object, frame)?;
        model.dicts.contains(method).then_some(class)
    }

    /// The class into whose rows a call writes its keyword arguments as columns, and whether it
    /// gives the row in a pair.
    pub fn row_written(&self, func: TermId, frame: &Arc<Frame>) -> Option<(Ty, bool)> {
        let Term::Attr(object, method) = &self.project.ir(frame.func).terms[func] else {
            return None;
        };
        let (class, model) = self.rows_of(*object, frame)?;
        model.writes.contains(method).then(|| (class, model.pairs.contains(method)))
    }
}
