//! What a question takes for granted while a program is followed step by step: the settings as
//! they are so far.

use std::sync::Arc;

use super::value::Val;
use super::{Cx, SettingsSource};

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
}
