//! What a question takes for granted while a program is followed step by step: the settings that
//! are set so far, and which element a loop is at.

use std::sync::Arc;

use super::value::Val;
use super::{Cx, FnRef, SettingsSource, TermRef};
use crate::facts::TermId;

impl Cx<'_, '_> {
    /// From now on settings are read from `source`, the state of the program at this point.
    ///
    /// Answers that read a setting are not remembered ([`super::Notes::setting`]), so that every
    /// question sees the source of its time.
    pub fn assume_settings(&self, source: Arc<dyn SettingsSource>) {
        *self.assumed.borrow_mut() = Some(source);
    }

    /// The value of a setting: of the state that is assumed, else of production.
    pub(super) fn setting_value(&self, framework: &str, path: &[String]) -> Option<Val> {
        if let Some(source) = &*self.assumed.borrow() {
            self.note(|notes| notes.setting = true);
            return source.setting(framework, path);
        }
        self.project.settings.as_ref()?.setting(framework, path)
    }

    /// From now on, until [`Cx::pop_element`], the loop over `iterable` (a term of `func`) is at
    /// `element`. Nothing is remembered meanwhile.
    pub fn push_element(&self, func: FnRef, iterable: TermId, element: Val) {
        self.elements.borrow_mut().push((TermRef { func, term: iterable }, element));
    }

    /// Ends what [`Cx::push_element`] began.
    pub fn pop_element(&self) {
        self.elements.borrow_mut().pop();
    }

    /// The element a loop over `iterable` is at, when that is assumed.
    pub(super) fn element(&self, func: FnRef, iterable: TermId) -> Option<Val> {
        let key = TermRef { func, term: iterable };
        let elements = self.elements.borrow();
        elements.iter().rev().find(|(term, _)| *term == key).map(|(_, element)| element.clone())
    }
}
