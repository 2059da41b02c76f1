//! What the extensions of a framework do to the configuration of the application they are given.

use std::sync::Arc;

use super::machine::Run;
use super::state::{Config, State};
use crate::base::{Loc, Symbol};
use crate::facts::{ArgTerm, TermId};
use crate::link::{Frame, Kind, Tri, Val, default_val};
use crate::rule::library::{ExtensionModel, ExtensionSet, ExtensionValue};

/// A key that an extension sets while a request is served.
#[derive(Debug, Clone)]
pub struct Late {
    key: String,
    value: Val,
    /// The key that must not be true.
    unless: Option<String>,
    /// Whether it is certain that the extension does it.
    certain: bool,
    loc: Loc,
}

impl Run<'_, '_, '_> {
    /// A call of something outside the project, with the application among its arguments.
    pub fn extension(
        &mut self,
        path: &[Symbol],
        term: TermId,
        args: &[ArgTerm],
        frame: &Arc<Frame>,
        state: &mut State,
    ) {
        let project = self.cx.project;
        let framework = &self.subject.model.framework;
        let extensions = &project.rules.library.extensions;
        let Some(extension) = extensions
            .iter()
            .find(|e| e.framework == *framework && e.calls.iter().any(|call| call == path))
        else {
            return;
        };
        let Some(model) = self.cx.call_model(path) else { return };
        let bound = self.cx.bind_model(model, &self.cx.actuals(args, frame));
        if self.is_app(&bound.get(extension.app)) != Tri::Yes {
            return;
        }
        let here = self.place(frame, project.ir(frame.func).spans[term]);
        let Some(config) = state.as_mut().map(Arc::make_mut) else { return };
        self.declare_defaults(config, extension.calls.first().map(Vec::as_slice));
        self.apply(extension, &|param| bound.get(param), config, here);
    }

    fn apply(
        &mut self,
        extension: &ExtensionModel,
        param: &dyn Fn(Symbol) -> Val,
        config: &mut Config,
        here: Loc,
    ) {
        for set in &extension.sets {
            let given = set.given.map_or(Some(true), |name| param(name).truth());
            if given == Some(false) {
                continue;
            }
            let value = match &set.value {
                ExtensionValue::Param(name) => param(*name),
                ExtensionValue::Const(value) => default_val(value),
            };
            if matches!(value.kind, Kind::Absent) {
                continue;
            }
            self.put(set, value, given.is_some(), config, here);
        }
    }

    fn put(
        &mut self,
        set: &ExtensionSet,
        value: Val,
        certain: bool,
        config: &mut Config,
        loc: Loc,
    ) {
        let value = if value.loc.is_none() { value.at(loc) } else { value };
        if set.at_request {
            let (key, unless) = (set.key.clone(), set.unless.clone());
            self.at_request.push(Late { key, value, unless, certain, loc });
        } else {
            let unless = set.unless.as_ref().map(|key| truth_of(self, config, key));
            match (unless, certain) {
                (Some(Some(true)), _) => {}
                (None | Some(Some(false)), true) => config.set(&set.key, value, &[loc]),
                _ => config.may_set(&set.key, value, self.subject.default(&set.key), &[loc]),
            }
        }
    }

    /// Applies what extensions set while requests are served, after everything else.
    pub fn finish(&self, config: &mut Config) {
        for late in &self.at_request {
            let stopped = match &late.unless {
                Some(key) => truth_of(self, config, key),
                None => Some(false),
            };
            match (stopped, late.certain) {
                (Some(true), _) => {}
                (Some(false), true) => config.set(&late.key, late.value.clone(), &[late.loc]),
                _ => {
                    let default = self.subject.default(&late.key);
                    config.may_set(&late.key, late.value.clone(), default, &[late.loc]);
                }
            }
        }
    }
}

fn truth_of(run: &Run<'_, '_, '_>, config: &Config, key: &str) -> Option<bool> {
    match config.get(key) {
        Some(slot) => slot.value.truth(),
        None if config.open => None,
        None => Some(run.subject.default(key).truth().unwrap_or(false)),
    }
}
