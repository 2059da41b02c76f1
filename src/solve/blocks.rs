//! Blocks of a function: which belong to which, and what handlers bind.

use crate::base::Span;
use crate::facts::{FnIr, InstrKind, NodeId, Term, TermId};

/// The exception that a handler gives a name, and where it does: `except Error as name`.
pub fn bound_exception(ir: &FnIr, handler: NodeId) -> Option<(TermId, Span)> {
    ir.blocks[handler].instrs.iter().find_map(|instr| match instr.kind {
        InstrKind::Bind { value, .. } if matches!(ir.terms[value], Term::Caught(_)) => {
            Some((value, instr.span))
        }
        _ => None,
    })
}

/// The blocks that are only reached through `head`, in order.
pub fn within(ir: &FnIr, head: NodeId) -> Vec<NodeId> {
    let others = ir.reached(NodeId(0), Some(head));
    let mut own: Vec<NodeId> =
        ir.reached(head, None).into_iter().filter(|node| !others.contains(node)).collect();
    own.sort_unstable();
    own
}
