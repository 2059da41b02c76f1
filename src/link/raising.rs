//! Whether a part of a small function ends with an exception that it catches.

use std::sync::Arc;

use super::Cx;
use super::value::{Frame, Kind};
use crate::facts::{Block, InstrKind, Term, TermId, Terminator};

/// Deepest that a term is looked through for what may raise.
const MAX_DEPTH: u32 = 8;

/// How a block with handlers ends.
pub(super) enum Outcome {
    /// Without an exception.
    Ends,
    /// With one: this variable is read, and nothing sets it.
    Raises(Option<String>),
    /// Either way.
    Unknown,
}

impl Cx<'_, '_> {
    /// How a block ends whose exceptions are caught.
    pub(super) fn outcome(&self, block: &Block, frame: &Arc<Frame>) -> Outcome {
        let of_instr = |kind: &InstrKind| match kind {
            InstrKind::Eval(term) => Some(*term),
            InstrKind::Bind { value, .. } | InstrKind::Store { value, .. } => Some(*value),
            _ => None,
        };
        let returned = match &block.end {
            Terminator::Return { value, .. } => *value,
            _ => None,
        };
        let terms = block.instrs.iter().filter_map(|instr| of_instr(&instr.kind));
        if let Some(key) = terms.chain(returned).find_map(|term| self.unset(term, frame, 0)) {
            return Outcome::Raises(key);
        }
        // What gives a known value has been computed.
        match returned.map(|term| self.eval(term, frame)) {
            Some(value) if value.truth().is_some() => Outcome::Ends,
            _ => Outcome::Unknown,
        }
    }

    /// The variable that a term must have, and that nothing sets: `os.environ[name]`.
    fn unset(&self, term: TermId, frame: &Arc<Frame>, depth: u32) -> Option<Option<String>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let inner = |term: TermId| self.unset(term, frame, depth + 1);
        match &self.project.ir(frame.func).terms[term] {
            Term::Item(object, _) => match self.eval(term, frame).kind {
                Kind::Env(env) if env.default.is_none() => Some(env.key.clone()),
                _ => inner(*object),
            },
            Term::Attr(object, _) => inner(*object),
            Term::Call { func, args } => {
                inner(*func).or_else(|| args.iter().find_map(|arg| inner(arg.value)))
            }
            Term::Op(_, operands) => inner(*operands.first()?),
            _ => None,
        }
    }
}
