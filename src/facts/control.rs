//! Where control goes in a body.

use super::ir::{FnIr, NodeId, Terminator};
use crate::base::FxHashSet;

impl Terminator {
    /// Where control goes on in the body, but for exceptions.
    pub fn successors(&self) -> impl Iterator<Item = NodeId> + use<> {
        let next = match self {
            Self::Goto(to) => [Some(*to), None],
            Self::Branch { then, orelse, .. } => [Some(*then), Some(*orelse)],
            Self::Loop { body, exit, .. } => [Some(*body), Some(*exit)],
            Self::Return { .. } | Self::Raise { .. } => [None, None],
        };
        next.into_iter().flatten()
    }
}

impl FnIr {
    /// The blocks that `start` leads to, itself among them, also by exceptions; not through
    /// `without`.
    pub fn reached(&self, start: NodeId, without: Option<NodeId>) -> FxHashSet<NodeId> {
        let mut seen = FxHashSet::default();
        let mut work = vec![start];
        while let Some(node) = work.pop() {
            if Some(node) == without || !seen.insert(node) {
                continue;
            }
            let block = &self.blocks[node];
            work.extend(block.handlers.iter().copied());
            work.extend(block.end.successors());
        }
        seen
    }
}
