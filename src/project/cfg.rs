//! The order in which the blocks of a body run: reverse postorder, and which blocks a loop has.

use crate::base::{FxHashMap, FxHashSet, IndexVec};
use crate::facts::{FnIr, NodeId};

/// A body's control flow.
pub(super) struct Cfg {
    /// Position of each block that can be reached, in reverse postorder.
    order: FxHashMap<NodeId, usize>,
    /// The blocks of each loop, by its head.
    loops: FxHashMap<NodeId, FxHashSet<NodeId>>,
}

impl Cfg {
    /// Looks at a body.
    pub(super) fn of(ir: &FnIr) -> Self {
        let order = reverse_postorder(ir);
        let mut before: IndexVec<NodeId, Vec<NodeId>> =
            ir.blocks.iter().map(|_| Vec::new()).collect();
        for node in order.keys() {
            for next in successors(ir, *node) {
                before[next].push(*node);
            }
        }
        let mut loops: FxHashMap<NodeId, FxHashSet<NodeId>> = FxHashMap::default();
        for (node, at) in &order {
            for head in successors(ir, *node).into_iter().filter(|head| order[head] <= *at) {
                let inside = loops.entry(head).or_insert_with(|| [head].into_iter().collect());
                let mut work = vec![*node];
                while let Some(block) = work.pop() {
                    if inside.insert(block) {
                        work.extend(before[block].iter().copied());
                    }
                }
            }
        }
        Self { order, loops }
    }

    /// Position of a block among those that can be reached.
    pub(super) fn position(&self, node: NodeId) -> usize {
        self.order.get(&node).copied().unwrap_or(usize::MAX)
    }

    /// Whether a loop starts here.
    pub(super) fn is_head(&self, node: NodeId) -> bool {
        self.loops.contains_key(&node)
    }

    /// Whether a block belongs to the loop at `head`.
    pub(super) fn is_inside(&self, head: NodeId, node: NodeId) -> bool {
        self.loops.get(&head).is_some_and(|inside| inside.contains(&node))
    }
}

fn successors(ir: &FnIr, node: NodeId) -> Vec<NodeId> {
    let block = &ir.blocks[node];
    block.end.successors().chain(block.handlers.iter().copied()).collect()
}

fn reverse_postorder(ir: &FnIr) -> FxHashMap<NodeId, usize> {
    let mut seen: FxHashSet<NodeId> = FxHashSet::default();
    let mut done = Vec::new();
    // Each entry is a block and how many of its successors were visited.
    let mut work = vec![(NodeId(0), 0)];
    seen.insert(NodeId(0));
    while let Some((node, at)) = work.last_mut() {
        match successors(ir, *node).get(*at).copied() {
            Some(next) => {
                *at += 1;
                if seen.insert(next) {
                    work.push((next, 0));
                }
            }
            None => {
                done.push(*node);
                work.pop();
            }
        }
    }
    done.into_iter().rev().enumerate().map(|(at, node)| (node, at)).collect()
}
