//! Bounds and memory of questions: fuel, depth, cycles, and the answers that are kept.

use std::cell::RefCell;

use super::value::Frame;
use super::{Cx, TermRef};
use crate::base::FxHashMap;
use crate::facts::TermId;

/// Most answers about single activations that are carried from question to question.
const MAX_CALLS: usize = 20_000;
/// Steps one question may take.
pub(super) const FUEL: u32 = 4_000;
/// How deep terms, calls and types may nest in one question.
const DEPTH: u32 = 120;

impl Cx<'_, '_> {
    /// Fills the fuel for the next question and forgets the notes.
    pub fn refuel(&self) {
        self.fuel.set(FUEL);
        self.lowest.set(FUEL);
        self.values.forget_calls();
        self.types.forget_calls();
        self.callees.forget_calls();
        self.rows.forget_calls();
        self.notes.set(Notes::default());
    }

    /// Notes that the answer hung on something.
    pub(crate) fn note(&self, set: impl FnOnce(&mut Notes)) {
        let mut notes = self.notes.get();
        set(&mut notes);
        self.notes.set(notes);
    }

    /// Runs `work` one level deeper; `None` when fuel or depth are used up.
    pub(crate) fn deeper<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        let (fuel, depth) = (self.fuel.get(), self.depth.get() + 1);
        if fuel == 0 || depth > DEPTH {
            self.cuts.set(self.cuts.get() + 1);
            return None;
        }
        self.fuel.set(fuel - 1);
        self.lowest.set(self.lowest.get().min(fuel - 1));
        self.depth.set(depth);
        self.deepest.set(self.deepest.get().max(depth));
        let result = work();
        self.depth.set(depth - 1);
        Some(result)
    }

    /// Runs `work` unless `term` is being worked on already (loop phis, recursive functions).
    pub(crate) fn once<T>(
        &self,
        term: TermRef,
        asked: Asked,
        work: impl FnOnce() -> T,
    ) -> Option<T> {
        if !self.active.borrow_mut().insert((term, asked)) {
            self.cuts.set(self.cuts.get() + 1);
            return None;
        }
        let result = work();
        self.active.borrow_mut().remove(&(term, asked));
        Some(result)
    }

    /// Answers a question about a term of an activation from memory, or works it out, as
    /// [`Cx::remembered`] says.
    pub(super) fn known<T: Clone>(
        &self,
        memory: &ByTerm<T>,
        term: TermId,
        frame: &Frame,
        work: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        if !self.may_keep(frame) {
            return work();
        }
        let key = TermRef { func: frame.func, term };
        match frame.is_open() {
            true => self.remembered(&memory.open, key, true, work),
            false => self.remembered(&memory.calls, (frame.number, term), false, work),
        }
    }

    /// Answers a question from memory, or works it out.
    ///
    /// An answer that met no limit and no cycle is kept for every question, together with the
    /// fuel that finding it takes. A kept answer is only given where there is as much fuel. A
    /// `lasting` answer that is kept is charged one step, whether it was at hand or had to be
    /// worked out: it is never worked out again. Other answers are charged what they cost. One
    /// that met a limit or a cycle depends on how much was asked before: it is kept for questions
    /// that come first after [`Cx::refuel`], as it did. So memory never changes an answer.
    pub(super) fn remembered<K: Eq + std::hash::Hash, T: Clone>(
        &self,
        memory: &Memory<K, T>,
        key: K,
        lasting: bool,
        work: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        let first =
            self.fuel.get() == FUEL && self.depth.get() == 0 && self.active.borrow().is_empty();
        if let Some(known) = memory.borrow().get(&key).filter(|known| first || known.cuts == 0) {
            let (fuel, depth) = (self.fuel.get(), self.depth.get() + known.height);
            if fuel < known.need || depth > DEPTH {
                self.cuts.set(self.cuts.get() + 1);
                return None;
            }
            self.lowest.set(self.lowest.get().min(fuel - known.need));
            self.fuel.set(fuel - known.cost);
            self.cuts.set(self.cuts.get() + known.cuts);
            self.deepest.set(self.deepest.get().max(depth));
            self.note(|notes| notes.add(known.notes));
            return Some(known.answer.clone());
        }
        let (fuel, cuts) = (self.fuel.get(), self.cuts.get());
        let outer_notes = self.notes.replace(Notes::default());
        let outer_deepest = self.deepest.replace(self.depth.get());
        let outer_lowest = self.lowest.replace(fuel);
        let answer = work();
        let need = fuel - self.lowest.get();
        self.lowest.set(self.lowest.get().min(outer_lowest));
        let notes = self.notes.get();
        let height = self.deepest.get() - self.depth.get();
        self.deepest.set(self.deepest.get().max(outer_deepest));
        self.notes.set(outer_notes);
        self.note(|all| all.add(notes));
        let cuts = self.cuts.get() - cuts;
        if (first || cuts == 0)
            && !notes.setting
            && let Some(answer) = &answer
        {
            if lasting && cuts == 0 {
                self.fuel.set(fuel - need.min(1));
            }
            let cost = fuel - self.fuel.get();
            let kept = Remembered { answer: answer.clone(), cost, need, height, cuts, notes };
            memory.borrow_mut().insert(key, kept);
        }
        answer
    }
}

/// Kept answers by question.
pub(super) type Memory<K, T> = RefCell<FxHashMap<K, Remembered<T>>>;

/// A kept answer, and what it took to find it.
pub(super) struct Remembered<T> {
    answer: T,
    /// Steps that are charged for it.
    cost: u32,
    /// Most steps that are charged at a time while it is worked out.
    need: u32,
    /// Levels below the question.
    height: u32,
    /// How often it met a limit or a cycle.
    cuts: u32,
    notes: Notes,
}

/// Kept answers about terms.
pub(super) struct ByTerm<T> {
    /// Of functions looked at for themselves.
    open: Memory<TermRef, T>,
    /// Of other activations, by their number. Most are soon over, so these are forgotten when
    /// they have become many.
    calls: Memory<(u64, TermId), T>,
}

impl<T> Default for ByTerm<T> {
    fn default() -> Self {
        Self { open: RefCell::default(), calls: RefCell::default() }
    }
}

impl<T> ByTerm<T> {
    fn forget_calls(&self) {
        let mut calls = self.calls.borrow_mut();
        if calls.len() > MAX_CALLS {
            calls.clear();
        }
    }
}

/// What answers hung on since the notes were last cleared.
#[derive(Clone, Copy, Default, Debug)]
pub struct Notes {
    /// An open parameter was looked at: the answer may change at a call site.
    pub param: bool,
    /// The default of an environment read was taken.
    pub env_default: bool,
    /// A name alone told a type or label.
    pub guessed: bool,
    /// A setting was read whose value is assumed for this point of the program only.
    pub setting: bool,
}

impl Notes {
    fn add(&mut self, other: Notes) {
        self.param |= other.param;
        self.env_default |= other.env_default;
        self.guessed |= other.guessed;
        self.setting |= other.setting;
    }
}

/// What is being asked of a term that is worked on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Asked {
    Value,
    Type,
    Labels,
    Module,
    Rows,
}
