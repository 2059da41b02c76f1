//! The order in which the blocks of a body run.

use crate::base::{FxHashMap, FxHashSet};
use crate::facts::{FnIr, NodeId, Terminator};

/// Blocks in an order in which each comes after those that lead to it, loops aside.
#[derive(Debug)]
pub struct Order {
    rank: FxHashMap<NodeId, usize>,
    before: FxHashMap<NodeId, Vec<NodeId>>,
}

impl Order {
    /// The order of a body's blocks.
    pub fn of(ir: &FnIr) -> Self {
        let mut finished: Vec<NodeId> = Vec::new();
        let mut seen: FxHashSet<NodeId> = FxHashSet::default();
        let mut before: FxHashMap<NodeId, Vec<NodeId>> = FxHashMap::default();
        let mut work = vec![(NodeId(0), false)];
        while let Some((node, done)) = work.pop() {
            if done {
                finished.push(node);
                continue;
            }
            if !seen.insert(node) {
                continue;
            }
            work.push((node, true));
            for next in successors(ir, node) {
                before.entry(next).or_default().push(node);
                work.push((next, false));
            }
        }
        let rank = finished.into_iter().rev().enumerate().map(|(at, node)| (node, at)).collect();
        Self { rank, before }
    }

    /// The position of a block.
    pub fn rank(&self, node: NodeId) -> usize {
        self.rank.get(&node).copied().unwrap_or(usize::MAX)
    }

    /// The blocks of the loop at `head`, without the head.
    pub fn loop_blocks(&self, head: NodeId) -> FxHashSet<NodeId> {
        let back = self.before.get(&head).into_iter().flatten();
        let mut work: Vec<NodeId> =
            back.copied().filter(|node| self.rank(*node) > self.rank(head)).collect();
        let mut inside = FxHashSet::default();
        while let Some(node) = work.pop() {
            if node != head && inside.insert(node) {
                work.extend(self.before.get(&node).into_iter().flatten());
            }
        }
        inside
    }
}

/// Where control goes from a block. What comes first here comes first in the order, too.
fn successors(ir: &FnIr, node: NodeId) -> Vec<NodeId> {
    let block = &ir.blocks[node];
    let mut next = Vec::new();
    match &block.end {
        Terminator::Goto(to) => next.push(*to),
        Terminator::Branch { then, orelse, .. } => next.extend([*then, *orelse]),
        Terminator::Loop { body, exit, .. } => next.extend([*body, *exit]),
        Terminator::Return { .. } | Terminator::Raise { .. } => {}
    }
    next.extend(&block.handlers);
    next
}
