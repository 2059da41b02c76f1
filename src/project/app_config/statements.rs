//! What one statement does to the configuration.

use std::sync::Arc;

use super::machine::{Ended, Run};
use super::reach::imported_modules;
use super::state::State;
use crate::base::{Loc, Span};
use crate::facts::{FnId, Instr, InstrKind, Op, Place, Term, TermId};
use crate::link::{Frame, Kind, TermRef, Tri, Val};
use crate::syntax::ast::BinOp;

impl Run<'_, '_, '_> {
    pub(super) fn instr(&mut self, instr: &Instr, frame: &Arc<Frame>, state: &mut State) -> Ended {
        let loc = self.cx.project.loc(frame.func.unit, instr.span);
        match &instr.kind {
            InstrKind::Import(id) => {
                for module in imported_modules(&self.cx, frame.func.unit, *id) {
                    *state = self.module(module, state.take());
                }
                self.import_outcome(*id, frame)
            }
            InstrKind::Eval(term) => match &self.cx.project.ir(frame.func).terms[*term] {
                Term::Call { func, args } => self.call(*term, *func, args, frame, state),
                _ => Ended::Normally,
            },
            InstrKind::Bind { name, value, class: None } => {
                self.in_place(*value, instr.span, frame, loc, state);
                if frame.func.func == FnId(0)
                    && let Some(bound) = self.bound.get_mut(&frame.func.unit)
                {
                    bound.push((*name, *value, loc));
                }
                Ended::Normally
            }
            InstrKind::Bind { .. } => Ended::Normally,
            InstrKind::Store { place, value } => {
                self.store(place, *value, frame, loc, state);
                Ended::Normally
            }
            InstrKind::Delete(Place::Item(object, key)) => {
                self.see(state);
                if self.is_config(*object, frame) == Tri::Yes
                    && let Some(config) = state.as_mut()
                {
                    let config = Arc::make_mut(config);
                    match self.cx.eval(*key, frame).as_str() {
                        Some(key) => config.remove(key),
                        None => config.blur(),
                    }
                }
                Ended::Normally
            }
            InstrKind::Delete(_) => Ended::Normally,
        }
    }

    /// An import of what is neither in the project nor a known library may fail.
    fn import_outcome(&self, id: crate::facts::ImportId, frame: &Arc<Frame>) -> Ended {
        let import = &self.cx.project.units[frame.func.unit].facts.imports[id];
        let own =
            import.level > 0 && matches!(self.cx.imported(frame.func.unit, id).kind, Kind::Opaque);
        if own { Ended::MayRaise } else { Ended::Normally }
    }

    fn store(
        &mut self,
        place: &Place,
        value: TermId,
        frame: &Arc<Frame>,
        loc: Loc,
        state: &mut State,
    ) {
        if state.is_none() {
            return;
        }
        match place {
            Place::Item(object, key) => {
                self.see(state);
                if self.is_config(*object, frame) != Tri::Yes {
                    return;
                }
                let (key, value) = (self.cx.eval(*key, frame), self.cx.eval(value, frame));
                self.set(&key, value, &[loc], state);
            }
            Place::Attr(object, name) => {
                let model = self.subject.model;
                let keys = &self.cx.project.rules.library.keys;
                let key = keys
                    .iter()
                    .find(|k| k.framework == model.framework && k.attribute == Some(*name));
                if key.is_none() && model.attribute != Some(*name) {
                    return;
                }
                self.see(state);
                if !self.is_app_term(*object, frame) {
                    return;
                }
                match key {
                    Some(key) => {
                        let (key, value) = (Val::text(&key.path[0]), self.cx.eval(value, frame));
                        self.set(&key, value, &[loc], state);
                    }
                    None => self.replace(value, frame, loc, state),
                }
            }
            Place::Outer(name) => {
                let value = self.cx.eval(value, frame);
                if self.is_app(&value) == Tri::Yes {
                    self.held.insert((frame.func.unit, *name));
                }
            }
        }
    }

    /// `config[key] = value`
    pub fn set(&self, key: &Val, value: Val, chain: &[Loc], state: &mut State) {
        let Some(config) = state.as_mut() else { return };
        let config = Arc::make_mut(config);
        match key.in_force().and_then(Val::as_str) {
            Some(key) => config.set(key, value, chain),
            None => config.blur(),
        }
    }

    /// `name |= {…}`, where the name holds the configuration.
    fn in_place(
        &mut self,
        value: TermId,
        statement: Span,
        frame: &Arc<Frame>,
        loc: Loc,
        state: &mut State,
    ) {
        let ir = self.cx.project.ir(frame.func);
        // `name = name | {…}` makes another object; its operation is not the whole statement.
        if ir.spans[value] != statement {
            return;
        }
        self.see(state);
        if let Some(others) = self.merged_into(value, frame) {
            for other in others {
                let other = self.cx.eval(other, frame);
                self.merge(&other, loc, false, state);
            }
            self.renamed.insert(TermRef { func: frame.func, term: value });
        }
    }

    /// The other operands of `config | …`.
    pub(super) fn merged_into(&mut self, value: TermId, frame: &Arc<Frame>) -> Option<Vec<TermId>> {
        let project = self.cx.project;
        match &project.ir(frame.func).terms[value] {
            Term::Op(Op::Binary(BinOp::BitOr), operands) => {
                let (first, others) = operands.split_first()?;
                (self.is_config(*first, frame) == Tri::Yes).then(|| others.to_vec())
            }
            _ => None,
        }
    }
}
