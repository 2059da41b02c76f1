//! What is asked of a project, whichever edits were made since it was read.

use std::sync::Arc;

use super::answer::Answer;
use super::input::Input;
use super::known::Known;
use crate::base::{FileId, IndexVec};
use crate::config::Settings;
use crate::engine::baseline::{Baseline, Matched};
use crate::engine::{Outcome, ScanError, ScanOptions, Scope};
use crate::rule::RuleSet;

/// What is asked of a project.
pub(super) struct Question<'a> {
    settings: &'a Settings,
    pub input: &'a Input,
    known: Option<&'a Known>,
    /// The texts of the files as they were read.
    texts: IndexVec<FileId, Arc<str>>,
    /// What was found before the changes that are asked about.
    before: Option<Baseline>,
}

impl<'a> Question<'a> {
    /// What is asked, given the first outcome.
    pub fn new(
        settings: &'a Settings,
        input: &'a Input,
        known: Option<&'a Known>,
        outcome: &Outcome,
        (rules, options): (&RuleSet, &ScanOptions),
    ) -> Result<Self, ScanError> {
        let before = input.before(outcome, rules, options)?;
        Ok(Self { settings, input, known, texts: outcome.files.texts(), before })
    }

    /// What is shown of an outcome.
    pub fn answer<'o>(&self, outcome: &'o Outcome) -> (Answer<'o>, Option<Matched>) {
        let scope = self.scope(outcome);
        let asked = self.input.asked(outcome, &scope, self.before.as_ref());
        let matched = self.known.map(|known| known.matched(outcome));
        (Answer::new(outcome, self.settings, &scope, &asked, matched.as_ref()), matched)
    }

    fn scope(&self, outcome: &Outcome) -> Scope {
        self.input.scope.edited(&self.texts, &outcome.files)
    }
}
