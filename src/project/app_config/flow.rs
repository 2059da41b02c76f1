//! Runs the blocks of one body: which way control goes, and what state it carries there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::machine::{Ended, Run};
use super::state::{State, join};
use crate::facts::{InstrKind, NodeId, TermId, Terminator};
use crate::link::{Frame, elements};
use crate::project::cfg::Cfg;

/// Most rounds of one loop that are followed.
const MAX_ROUNDS: usize = 64;
/// Most blocks one run takes.
const MAX_BLOCKS: u32 = 100_000;

/// Where control leaves a part of a body.
#[derive(Default)]
pub(super) struct Exits {
    pub(super) returned: State,
    left: Vec<(NodeId, State)>,
}

/// A body, or the part of one that a loop is.
pub(super) struct Part<'a> {
    pub(super) frame: &'a Arc<Frame>,
    pub(super) cfg: &'a Cfg,
    /// The head of the loop whose body it is.
    pub(super) head: Option<NodeId>,
}

impl Run<'_, '_, '_> {
    /// Runs the blocks of a part from `start` on.
    pub(super) fn flow(&mut self, part: &Part<'_>, start: NodeId, state: State, exits: &mut Exits) {
        let mut waiting: BTreeMap<usize, (NodeId, State)> = BTreeMap::new();
        waiting.insert(part.cfg.position(start), (start, state));
        while let Some((rank, (node, state))) = waiting.pop_first() {
            self.blocks += 1;
            if self.blocks > MAX_BLOCKS {
                return;
            }
            let mut next: Vec<(NodeId, State)> = Vec::new();
            let state = self.block(part.frame, node, state, &mut next);
            if let Some(state) = state {
                self.end(part, node, state, &mut next, exits);
            }
            for (to, state) in next {
                if part.head.is_some_and(|head| head == to || !part.cfg.is_inside(head, to)) {
                    exits.left.push((to, state));
                    continue;
                }
                let Some(to) = self.forward(part, rank, to) else { continue };
                let known = waiting.remove(&part.cfg.position(to)).map(|(_, state)| state);
                let joined = join(known, state, &|key| self.subject.default(key));
                waiting.insert(part.cfg.position(to), (to, joined));
            }
        }
    }

    /// Where an edge leads; one back to the head of a `while` leads out of the loop, as one
    /// round stands for all.
    fn forward(&self, part: &Part<'_>, rank: usize, to: NodeId) -> Option<NodeId> {
        if part.cfg.position(to) > rank {
            return Some(to);
        }
        match &self.cx.project.ir(part.frame.func).blocks[to].end {
            Terminator::Branch { orelse, .. } if part.cfg.position(*orelse) > rank => Some(*orelse),
            _ => None,
        }
    }

    /// Runs a block; the state at its end, none when an exception leaves it.
    fn block(
        &mut self,
        frame: &Arc<Frame>,
        node: NodeId,
        mut state: State,
        next: &mut Vec<(NodeId, State)>,
    ) -> Option<State> {
        let project = self.cx.project;
        let block = &project.ir(frame.func).blocks[node];
        for instr in &block.instrs {
            let before = state.clone();
            let ended = self.instr(instr, frame, &mut state);
            if ended != Ended::Normally {
                next.extend(block.handlers.iter().map(|handler| (*handler, before.clone())));
            }
            // What follows an import that may fail is there for a file that is not.
            if ended == Ended::MayRaise
                && matches!(instr.kind, InstrKind::Import(_))
                && !block.handlers.is_empty()
                && let Some(config) = state.as_mut()
            {
                Arc::make_mut(config).without_file.get_or_insert(false);
            }
            // Nobody catches it: the program runs only where it does not come to that.
            if ended == Ended::Raises && !block.handlers.is_empty() {
                return None;
            }
        }
        Some(state)
    }

    fn end(
        &mut self,
        part: &Part<'_>,
        node: NodeId,
        state: State,
        next: &mut Vec<(NodeId, State)>,
        exits: &mut Exits,
    ) {
        let project = self.cx.project;
        let block = &project.ir(part.frame.func).blocks[node];
        match &block.end {
            Terminator::Goto(to) => next.push((*to, state)),
            Terminator::Branch { test, then, orelse, .. } => {
                self.see(&state);
                let truth = self.truth(*test, part.frame);
                if truth != Some(false) {
                    next.push((*then, state.clone()));
                }
                if truth != Some(true) {
                    next.push((*orelse, state));
                }
            }
            Terminator::Loop { iter, body, exit } => {
                let after = self.rounds(part, node, (*iter, *body), state, next, exits);
                next.push((*exit, after));
            }
            Terminator::Return { .. } => {
                let returned = exits.returned.take();
                let known = returned.is_some().then_some(returned);
                exits.returned = join(known, state, &|key| self.subject.default(key));
            }
            Terminator::Raise { .. } => {
                next.extend(block.handlers.iter().map(|handler| (*handler, state.clone())));
            }
        }
    }

    /// Runs the body of a loop once per element, or once for all when they are not known.
    fn rounds(
        &mut self,
        part: &Part<'_>,
        head: NodeId,
        (iter, body): (TermId, NodeId),
        mut state: State,
        next: &mut Vec<(NodeId, State)>,
        exits: &mut Exits,
    ) -> State {
        let part = Part { frame: part.frame, cfg: part.cfg, head: Some(head) };
        self.see(&state);
        let elements = self
            .items(iter, part.frame)
            .or_else(|| elements(&self.cx.eval(iter, part.frame)))
            .filter(|(elements, open)| !open && elements.len() <= MAX_ROUNDS)
            .map(|(elements, _)| elements);
        let mut round = |run: &mut Self, state: State| -> Option<State> {
            let mut inner = Exits::default();
            run.flow(&part, body, state, &mut inner);
            exits.returned = match (exits.returned.take(), inner.returned) {
                (None, returned) => returned,
                (known, None) => known,
                (known, returned) => join(Some(known), returned, &|key| run.subject.default(key)),
            };
            let mut back = None;
            for (to, state) in inner.left {
                if to == head {
                    back = Some(join(back, state, &|key| run.subject.default(key)));
                } else {
                    next.push((to, state));
                }
            }
            back
        };
        match elements {
            Some(elements) => {
                for element in elements {
                    self.cx.push_element(part.frame.func, iter, element);
                    let after = round(self, state.clone());
                    self.cx.pop_element();
                    match after {
                        Some(after) => state = after,
                        None => break,
                    }
                }
                state
            }
            None => match round(self, state.clone()) {
                Some(after) => join(Some(state), after, &|key| self.subject.default(key)),
                None => state,
            },
        }
    }
}
