//! What the methods of a configuration object do to it.

use std::sync::Arc;

use super::machine::{Ended, Run};
use super::state::{Config, State};
use crate::base::{Loc, Span, Symbol};
use crate::facts::{ArgTerm, SeqKind, Term, TermId};
use crate::link::{ClassRef, Frame, Kind, Member, Tri, Ty, Val};
use crate::project::settings::is_setting_name;

impl Run<'_, '_, '_> {
    /// Defaults that `maker` (an application or extension class) puts into the configuration.
    pub fn declare_defaults(&self, config: &mut Config, maker: Option<&[Symbol]>) {
        let model = self.subject.model;
        for key in &self.cx.project.rules.library.keys {
            if key.framework == model.framework
                && let [name] = key.path.as_slice()
                && let Some(set_by) = &key.set_by
                && Some(set_by.as_slice()) == maker
            {
                config.declare(name, self.subject.default(name));
            }
        }
    }

    /// What a class of the project says its applications are configured with at first.
    pub fn initial(&self, config: &mut Config, class: ClassRef, here: Loc) {
        let Some(name) = self.subject.model.initial else { return };
        let Some(Member::Attr(_, term, span)) = self.cx.member(&Ty::Class(class), name) else {
            return;
        };
        let value = self.cx.eval(term.term, &Frame::open(term.func));
        let at = self.cx.project.loc(term.func.unit, span);
        for (key, value) in value.as_dict().into_iter().flat_map(|dict| &dict.entries) {
            if let Some(key) = key.as_str() {
                let loc = key_loc(value, at);
                config.set(key, value.clone(), &[here, loc]);
            }
        }
    }

    /// A method of the configuration that sets keys.
    pub fn method(
        &mut self,
        how: &str,
        args: &[ArgTerm],
        frame: &Arc<Frame>,
        span: Span,
        state: &mut State,
    ) -> Ended {
        if state.is_none() {
            return Ended::Normally;
        }
        let here = self.place(frame, span);
        match how {
            "object" => match args.first() {
                Some(arg) => self.object(arg.value, frame, here, state),
                None => Ended::Normally,
            },
            "update" | "mapping" => {
                self.update(args, frame, here, how == "mapping", state);
                Ended::Normally
            }
            "setdefault" | "pop" => {
                self.one_key(how, args, frame, here, state);
                Ended::Normally
            }
            "namespace" => Ended::Normally,
            _ => self.external(how, args, frame, here, state),
        }
    }

    /// `update(…)`, or `from_mapping(…)`, which leaves out keys that are not in upper case.
    fn update(
        &self,
        args: &[ArgTerm],
        frame: &Arc<Frame>,
        here: Loc,
        upper: bool,
        state: &mut State,
    ) {
        let actuals = self.cx.actuals(args, frame);
        for source in &actuals.positional {
            self.merge(source, here, upper, state);
        }
        if actuals.kw_open || actuals.star_open {
            blur(state);
        }
        for (name, value) in &actuals.keywords {
            let key = self.cx.project.name(*name);
            if !upper || is_setting_name(key) {
                self.set(&Val::text(key), value.clone(), &[key_loc(value, here)], state);
            }
        }
    }

    /// Sets the entries of a mapping, or of a list of pairs.
    pub fn merge(&self, source: &Val, here: Loc, upper: bool, state: &mut State) {
        let mut set = |key: &Val, value: &Val| {
            let text = key.in_force().and_then(Val::as_str);
            if text.is_none() || !upper || text.is_some_and(is_setting_name) {
                self.set(key, value.clone(), &[key_loc(value, here)], state);
            }
        };
        let pair = |item: &Val| match item.as_seq().map(|pair| pair.items.as_slice()) {
            Some([key, value]) => Some((key.clone(), value.clone())),
            _ => None,
        };
        let loaded = self.loaded(source);
        match loaded.as_ref().or(source.in_force()).map(|value| &value.kind) {
            Some(Kind::Dict(dict)) => {
                dict.entries.iter().for_each(|(key, value)| set(key, value));
                if dict.open {
                    blur(state);
                }
            }
            Some(Kind::Seq(seq)) if !seq.open && seq.items.iter().all(|i| pair(i).is_some()) => {
                seq.items.iter().filter_map(pair).for_each(|(key, value)| set(&key, &value));
            }
            Some(Kind::Const(_)) => {}
            _ => blur(state),
        }
    }

    /// `config.items()`, or of its part with a prefix: pairs, and whether there may be more.
    pub(super) fn items(&mut self, term: TermId, frame: &Arc<Frame>) -> Option<(Vec<Val>, bool)> {
        let project = self.cx.project;
        let terms = &project.ir(frame.func).terms;
        let Term::Call { func, args } = &terms[term] else { return None };
        let Term::Attr(object, name) = terms[*func] else { return None };
        if project.name(name) != "items" || !args.is_empty() {
            return None;
        }
        let prefix = match &terms[object] {
            Term::Call { func, args } => Some(self.part(*func, args, frame)?),
            _ if self.is_config(object, frame) == Tri::Yes => None,
            _ => return None,
        };
        let now = self.now.borrow();
        let config = now.as_ref()?;
        let pairs = config.iter().filter_map(|(key, slot)| {
            let key = match &prefix {
                Some(prefix) => key.strip_prefix(prefix.as_str())?.to_lowercase(),
                None => key.clone(),
            };
            Some(Val::seq(SeqKind::Tuple, vec![Val::text(&key), slot.value.clone()], false))
        });
        Some((pairs.collect(), config.open))
    }

    /// The prefix of the keys that a method of the configuration picks.
    fn part(&mut self, func: TermId, args: &[ArgTerm], frame: &Arc<Frame>) -> Option<String> {
        let Term::Attr(config, method) = self.cx.project.ir(frame.func).terms[func] else {
            return None;
        };
        let [prefix] = args else { return None };
        let how = self.subject.model.methods.get(&method)?;
        if how != "namespace" || self.is_config(config, frame) != Tri::Yes {
            return None;
        }
        Some(self.cx.eval(prefix.value, frame).in_force()?.as_str()?.to_owned())
    }

    fn one_key(
        &self,
        how: &str,
        args: &[ArgTerm],
        frame: &Arc<Frame>,
        here: Loc,
        state: &mut State,
    ) {
        let actuals = self.cx.actuals(args, frame);
        let key = actuals.positional.first().and_then(|key| key.in_force()?.as_str());
        let Some(config) = state.as_mut().map(Arc::make_mut) else { return };
        match (how, key, actuals.positional.get(1)) {
            ("pop", Some(key), _) => config.remove(key),
            ("setdefault", Some(key), value) => {
                let value = value
                    .cloned()
                    .unwrap_or_else(|| Val::new(Kind::Const(crate::facts::Const::None)));
                config.set_default(key, value, &[here]);
            }
            _ => config.blur(),
        }
    }

    /// `app.config = value`
    pub fn replace(&mut self, value: TermId, frame: &Arc<Frame>, here: Loc, state: &mut State) {
        // `app.config |= {…}`
        if let Some(others) = self.merged_into(value, frame) {
            for other in others {
                let value = self.cx.eval(other, frame);
                self.merge(&value, here, false, state);
            }
            return;
        }
        if self.is_config(value, frame) == Tri::Yes {
            return;
        }
        let value = self.cx.eval(value, frame);
        if value.as_dict().is_some()
            && let Some(config) = state.as_mut()
        {
            Arc::make_mut(config).clear();
        }
        self.merge(&value, here, false, state);
    }
}

/// Something unknown may have set any key.
pub fn blur(state: &mut State) {
    if let Some(config) = state.as_mut() {
        Arc::make_mut(config).blur();
    }
}

/// Where a value of a mapping is given; the call when that is not in this file.
pub fn key_loc(value: &Val, call: Loc) -> Loc {
    value.loc.filter(|loc| loc.file == call.file).unwrap_or(call)
}
