//! Calls: what a function of the project returns for the arguments it is given.

use super::args::Callee;
use super::eval::{env_key, env_val};
use super::raising::Outcome;
use super::types::Ty;
use super::value::{Frame, Kind, Val, one_of};
use super::{Cx, FnRef};
use crate::base::FxHashSet;
use crate::facts::{Const, NodeId, Term, TermId, Terminator};
use std::sync::Arc;

/// Deepest chain of project calls that is followed.
const MAX_CALLS: u32 = 4;
/// Most blocks of a function that is looked into for its value.
const MAX_BLOCKS: usize = 40;
/// Most terms of a function that is looked into for its value.
const MAX_TERMS: usize = 128;
/// Most blocks of a function that are walked for what it returns an instance of.
const MAX_WALKED: usize = 96;

impl Cx<'_, '_> {
    pub(super) fn eval_call(&self, term: TermId, frame: &Arc<Frame>) -> Val {
        let Term::Call { func, args } = &self.project.ir(frame.func).terms[term] else {
            return Val::opaque();
        };
        match self.callee(*func, frame) {
            Callee::Lib(path) => {
                let actuals = self.actuals(args, frame);
                self.library_call(&path, None, &actuals)
            }
            Callee::Method { mut class, name, receiver, .. } => {
                let actuals = self.actuals(args, frame);
                class.push(name);
                self.library_call(&class, Some(&receiver), &actuals)
            }
            Callee::Fn { func, receiver } if frame.depth < MAX_CALLS && self.is_small(func) => {
                let actuals = self.actuals(args, frame);
                let this = receiver.as_ref().and_then(|r| match self.type_of_val(r) {
                    Some(Ty::Class(class)) => Some(class),
                    _ => None,
                });
                let args = self.bind_fn(func, receiver, &actuals);
                let value = if args.iter().all(Val::is_unknown) {
                    self.returned_for_unknown(func, this)
                } else {
                    let depth = frame.depth + 1;
                    self.returned(&Frame::called(func, Some(args), this, depth))
                };
                // What an unknown result is made of is told by the call, not by the callee's inside.
                value.filter(|v| !v.is_unknown()).unwrap_or_else(Val::opaque)
            }
            Callee::Unknown { name: Some(name), receiver: Some(receiver) } => {
                let actuals = self.actuals(args, frame);
                self.container_method(&receiver, name, &actuals)
            }
            Callee::Fn { .. } | Callee::Class(_) | Callee::Unknown { .. } => Val::opaque(),
        }
    }

    /// The value of a function called with arguments of which nothing is known: the same for
    /// every such call.
    fn returned_for_unknown(&self, func: FnRef, this: Option<super::ClassRef>) -> Option<Val> {
        let work = || {
            let count = self.project.ir(func).params.len();
            let args = Some(vec![Val::opaque(); count]);
            self.returned(&Frame::called(func, args, this, 1))
        };
        match self.is_settled(func.unit) {
            true => self.remembered(&self.returns, (func, this), true, work),
            false => work(),
        }
    }

    /// Whether a function is looked into for its value: helpers are, what does work is not.
    pub(super) fn is_small(&self, func: FnRef) -> bool {
        let ir = self.project.ir(func);
        !ir.is_generator && ir.terms.len() <= MAX_TERMS && ir.blocks.len() <= MAX_BLOCKS
    }

    /// The value of a project function: one of the values its reachable `return`s give.
    /// `None` when it is too large to walk.
    pub fn returned(&self, frame: &Arc<Frame>) -> Option<Val> {
        let ir = self.project.ir(frame.func);
        let mut values = Vec::new();
        let mut env: Option<Option<String>> = None;
        let mut seen: FxHashSet<NodeId> = FxHashSet::default();
        let mut work = vec![NodeId(0)];
        while let Some(node) = work.pop() {
            if !seen.insert(node) {
                continue;
            }
            if seen.len() > MAX_WALKED {
                return None;
            }
            let block = &ir.blocks[node];
            if !block.handlers.is_empty() {
                let outcome = self.outcome(block, frame);
                if !matches!(outcome, Outcome::Ends) {
                    work.extend(block.handlers.iter().copied());
                }
                if let Outcome::Raises(key) = outcome {
                    env = env.or(Some(key));
                    continue;
                }
            }
            match &block.end {
                Terminator::Goto(next) => work.push(*next),
                Terminator::Branch { test, then, orelse, .. } => {
                    let value = self.eval(*test, frame);
                    let truth = value.truth();
                    if truth.is_some() {
                        env = env.or_else(|| env_key(&value));
                    }
                    if truth != Some(true) {
                        work.push(*orelse);
                    }
                    if truth != Some(false) {
                        work.push(*then);
                    }
                }
                Terminator::Loop { body, exit, .. } => work.extend([*exit, *body]),
                Terminator::Return { value, .. } => values.push(match value {
                    Some(term) => self.eval(*term, frame),
                    None => Val::new(Kind::Const(Const::None)),
                }),
                Terminator::Raise { .. } => {}
            }
        }
        if values.is_empty() {
            return Some(Val::opaque());
        }
        let value = one_of(values);
        Some(match env {
            Some(key) if !matches!(value.kind, Kind::Env(_)) => env_val(key, value),
            _ => value,
        })
    }
}
