//! The values of names along structured control flow.
//!
//! One vector holds the current value of each slot, an undo log the changes. An arm of a
//! branch is lowered, its changes are collected, then they are undone: a join costs as much
//! as was changed in its arms, however many names the scope has.

use super::ir::{Guard, TermId};

/// Index of a name's value. Slots of class bodies come after those of their function.
pub(super) type Slot = u32;

/// Slots and their values at the end of an arm.
pub(super) type Delta = Vec<(Slot, TermId)>;

/// A place in the undo log.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize);

impl Mark {
    /// Before the first change.
    pub const START: Mark = Mark(0);
}

/// A place in the trail of a `try`.
#[derive(Clone, Copy)]
pub(super) struct TrailMark(usize);

/// How control arrives at a join.
pub(super) struct Edge {
    pub guard: Option<Guard>,
    /// What changed since the join's mark.
    pub delta: Delta,
    /// Whether the changes were too many to collect.
    pub lost: bool,
}

const NONE: TermId = TermId(u32::MAX);

/// Current values of all slots.
#[derive(Default)]
pub(super) struct Env {
    values: Vec<TermId>,
    log: Vec<(Slot, TermId)>,
    /// Every value bound while a `try` is open: what its handlers may see.
    trail: Vec<(Slot, TermId)>,
    open_tries: u32,
    /// Per slot the last `round` that met it.
    seen: Vec<u32>,
    round: u32,
}

impl Env {
    /// Adds unbound slots; the first of them.
    pub fn grow(&mut self, count: usize) -> Slot {
        let first = self.values.len();
        self.values.resize(first + count, NONE);
        self.seen.resize(first + count, 0);
        u32::try_from(first).unwrap_or(u32::MAX)
    }

    /// The value of a slot; none while it is unbound.
    pub fn get(&self, slot: Slot) -> Option<TermId> {
        self.values.get(slot as usize).copied().filter(|&value| value != NONE)
    }

    /// Binds a slot as the program does: handlers of open `try`s may see it.
    pub fn set(&mut self, slot: Slot, value: TermId) {
        if self.open_tries > 0 {
            self.trail.push((slot, value));
        }
        self.join(slot, value);
    }

    /// Binds a slot to a value made of values already seen.
    pub fn join(&mut self, slot: Slot, value: TermId) {
        let old = std::mem::replace(&mut self.values[slot as usize], value);
        self.log.push((slot, old));
    }

    /// The present, to come back to.
    pub fn mark(&self) -> Mark {
        Mark(self.log.len())
    }

    /// Goes back to `mark`.
    pub fn undo(&mut self, mark: Mark) {
        while self.log.len() > mark.0 {
            if let Some((slot, old)) = self.log.pop() {
                self.values[slot as usize] = old;
            }
        }
    }

    /// Number of changes since `mark`, counting every one.
    pub fn changes(&self, mark: Mark) -> usize {
        self.log.len().saturating_sub(mark.0)
    }

    /// The slots changed since `mark`, in order, with repetitions.
    pub fn changed(&self, mark: Mark) -> impl Iterator<Item = Slot> {
        self.log.get(mark.0..).unwrap_or_default().iter().map(|&(slot, _)| slot)
    }

    /// What differs from `mark`, each slot once, by slot.
    pub fn delta(&mut self, mark: Mark) -> Delta {
        self.round += 1;
        let mut delta = Vec::new();
        for &(slot, _) in self.log.get(mark.0..).unwrap_or_default() {
            let seen = &mut self.seen[slot as usize];
            if *seen != self.round {
                *seen = self.round;
                delta.push((slot, self.values[slot as usize]));
            }
        }
        delta.sort_unstable_by_key(|&(slot, _)| slot);
        delta
    }

    /// Each slot once, in order of first mention.
    pub fn distinct(&mut self, slots: impl Iterator<Item = Slot>) -> Vec<Slot> {
        self.round += 1;
        slots
            .filter(|&slot| {
                std::mem::replace(&mut self.seen[slot as usize], self.round) != self.round
            })
            .collect()
    }

    /// Opens a `try`: from now on bindings leave a trail.
    pub fn open_try(&mut self) -> TrailMark {
        self.open_tries += 1;
        TrailMark(self.trail.len())
    }

    /// The end of the trail.
    pub fn trail_mark(&self) -> TrailMark {
        TrailMark(self.trail.len())
    }

    /// The slots bound in a part of the trail with each value, by slot, then in source order.
    pub fn trail(&self, from: TrailMark, to: TrailMark) -> Vec<(Slot, TermId)> {
        let mut trail = self.trail.get(from.0..to.0).unwrap_or_default().to_vec();
        trail.sort_by_key(|&(slot, _)| slot);
        trail
    }

    /// Closes the innermost `try`.
    pub fn close_try(&mut self) {
        self.open_tries -= 1;
        if self.open_tries == 0 {
            self.trail.clear();
        }
    }
}

/// More alternatives than this say nothing.
const MAX_ALTERNATIVES: usize = 256;

/// Collects alternatives for a phi: equal values merge, and lose their guard when it differs.
#[derive(Default)]
pub(super) struct Alternatives {
    known: Vec<(Option<Guard>, TermId)>,
    /// Whether there were more than are kept.
    pub overflow: bool,
}

impl Alternatives {
    /// Adds one.
    pub fn add(&mut self, guard: Option<Guard>, value: TermId) {
        let full = self.known.len() >= MAX_ALTERNATIVES;
        match self.known.iter_mut().find(|(_, known)| *known == value) {
            Some((known, _)) if *known != guard => *known = None,
            Some(_) => {}
            None if full => self.overflow = true,
            None => self.known.push((guard, value)),
        }
    }

    /// The only alternative, if there is only one.
    pub fn single(&self) -> Option<TermId> {
        match self.known.as_slice() {
            [(_, value)] => Some(*value),
            _ => None,
        }
    }

    /// All alternatives.
    pub fn into_vec(self) -> Vec<(Option<Guard>, TermId)> {
        self.known
    }
}
