//! Accessors: functions of the project that give one part of an object, `def users(): return
//! client().shop.users`. What they are called with and where it lies is told by that part.

use super::args::Callee;
use super::value::{Frame, Origin, Val};
use super::{Cx, FnRef, TermRef};
use crate::facts::{Term, TermId, Terminator};

/// Deepest chain of accessors that give what another one gives.
const MAX_ACCESSORS: u32 = 4;

impl Cx<'_, '_> {
    /// The part that a value is, if it is what a call of an accessor gives.
    pub fn accessed_part(&self, value: &Val) -> Option<Val> {
        Some(Val::opaque().from_origin(self.accessed(value.origin.as_ref()?)?))
    }

    /// What a call of an accessor gives: the attribute or item that the function returns.
    pub(super) fn accessed(&self, origin: &Origin) -> Option<Origin> {
        self.given_by(origin, 0).filter(|given| {
            matches!(self.project.term(given.term), Term::Attr(..) | Term::Item(..))
        })
    }

    /// The one term that a call of a small function of the project returns, accessors of it
    /// followed.
    pub(super) fn given_by(&self, origin: &Origin, depth: u32) -> Option<Origin> {
        let Term::Call { func, args } = self.project.term(origin.term) else { return None };
        let Callee::Fn { func, receiver } = self.callee(*func, &origin.frame) else { return None };
        if depth > MAX_ACCESSORS || !self.is_small(func) {
            return None;
        }
        let term = TermRef { func, term: self.only_return(func)? };
        let actuals = self.actuals(args, &origin.frame);
        let args = self.bind_fn(func, receiver, &actuals);
        let frame = Frame::called(func, Some(args), None, origin.frame.depth + 1);
        let given = Origin { term, frame };
        match self.project.term(term) {
            Term::Call { .. } => Some(self.given_by(&given, depth + 1).unwrap_or(given)),
            _ => Some(given),
        }
    }

    /// The value of the only `return` that a function has.
    fn only_return(&self, func: FnRef) -> Option<TermId> {
        let blocks = &self.project.ir(func).blocks;
        let mut values = blocks.iter().filter_map(|block| match &block.end {
            Terminator::Return { value, .. } => Some(*value),
            _ => None,
        });
        let only = values.next()?;
        (values.all(|other| other == only)).then_some(only)?
    }
}
