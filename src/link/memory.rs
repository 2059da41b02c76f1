//! Bounds and memory of questions: fuel, depth, cycles, and the answers that are kept.

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};

use super::args::Callee;
use super::types::Ty;
use super::value::{Frame, Val};
use super::{Cx, Project, TermRef};
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
        forget_many(&self.frames);
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
            self.note(|notes| notes.exhausted = true);
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
            true => self.kept_at(memory.open.slot(self.project, key), true, work),
            false => self.remembered(&memory.calls, (frame.number, term), false, work),
        }
    }

    /// Answers a question from memory, or works it out, as [`Cx::kept_at`] says.
    pub(super) fn remembered<K: Copy + Eq + std::hash::Hash, T: Clone>(
        &self,
        memory: &Memory<K, T>,
        key: K,
        lasting: bool,
        work: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        self.kept_at(&(memory, key), lasting, work)
    }

    /// Answers a question by what is kept at a place, or works it out.
    ///
    /// An answer that met no limit and no cycle is kept for every question, together with the
    /// fuel that finding it takes. A kept answer is only given where there is as much fuel. A
    /// `lasting` answer that is kept is charged one step, whether it was at hand or had to be
    /// worked out: it is never worked out again. Other answers are charged what they cost. One
    /// that met a limit or a cycle depends on how much was asked before: it is kept for questions
    /// that come first after [`Cx::refuel`], as it did. So memory never changes an answer.
    fn kept_at<T: Clone>(
        &self,
        place: &impl Place<T>,
        lasting: bool,
        work: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        let first =
            self.fuel.get() == FUEL && self.depth.get() == 0 && self.active.borrow().is_empty();
        let usable = |known: &Remembered<T>| first || known.cuts == 0;
        let again = |known: &Remembered<T>| usable(known).then(|| self.answer_again(known));
        if let Some(answer) = place.look(again).flatten() {
            return answer;
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
            place.keep(Remembered { answer: answer.clone(), cost, need, height, cuts, notes });
        }
        answer
    }

    /// A kept answer, at its price.
    fn answer_again<T: Clone>(&self, known: &Remembered<T>) -> Option<T> {
        let (fuel, depth) = (self.fuel.get(), self.depth.get() + known.height);
        if fuel < known.need || depth > DEPTH {
            self.cuts.set(self.cuts.get() + 1);
            self.note(|notes| notes.exhausted = true);
            return None;
        }
        self.lowest.set(self.lowest.get().min(fuel - known.need));
        self.fuel.set(fuel - known.cost);
        self.cuts.set(self.cuts.get() + known.cuts);
        self.deepest.set(self.deepest.get().max(depth));
        self.note(|notes| notes.add(known.notes));
        Some(known.answer.clone())
    }
}

/// Where one answer is kept.
trait Place<T> {
    /// Looks at the answer, if there is one.
    fn look<R>(&self, at: impl FnOnce(&Remembered<T>) -> R) -> Option<R>;

    /// Keeps the answer.
    fn keep(&self, answer: Remembered<T>);
}

/// Kept answers by question.
pub(super) type Memory<K, T> = RefCell<FxHashMap<K, Remembered<T>>>;

impl<K: Copy + Eq + std::hash::Hash, T> Place<T> for (&Memory<K, T>, K) {
    fn look<R>(&self, at: impl FnOnce(&Remembered<T>) -> R) -> Option<R> {
        self.0.borrow().get(&self.1).map(at)
    }

    fn keep(&self, answer: Remembered<T>) {
        self.0.borrow_mut().insert(self.1, answer);
    }
}

/// Where the answer about a term of a function looked at for itself is kept, whoever asks.
type Slot<T> = OnceLock<Box<Remembered<T>>>;

impl<T> Place<T> for Slot<T> {
    fn look<R>(&self, at: impl FnOnce(&Remembered<T>) -> R) -> Option<R> {
        self.get().map(|known| at(known))
    }

    fn keep(&self, answer: Remembered<T>) {
        // Who was faster has found the same.
        self.get_or_init(|| Box::new(answer));
    }
}

/// Room that is made when it is first needed.
type Lazy<T> = OnceLock<Box<[T]>>;

fn room<T: Default>(lazy: &Lazy<T>, size: impl FnOnce() -> usize) -> &[T] {
    lazy.get_or_init(|| std::iter::repeat_with(T::default).take(size()).collect())
}

/// Answers about terms of functions looked at for themselves, by file, function and term.
pub(super) struct Table<T>(Lazy<Lazy<Lazy<Slot<T>>>>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(Lazy::new())
    }
}

impl<T> Table<T> {
    fn slot(&self, project: &Project<'_>, key: TermRef) -> &Slot<T> {
        let TermRef { func, term } = key;
        let units = room(&self.0, || project.units.len());
        let functions =
            room(&units[usize::from(func.unit)], || project.units[func.unit].facts.fns.len());
        let terms = room(&functions[usize::from(func.func)], || project.ir(func).terms.len());
        &terms[usize::from(term)]
    }
}

/// What is known of the terms of a project whose model is complete, for all who ask.
#[derive(Clone, Default)]
pub(super) struct Answers {
    pub values: Arc<Table<Val>>,
    pub types: Arc<Table<Option<Ty>>>,
    pub callees: Arc<Table<Callee>>,
    /// Of terms that stand for rows: the class, and the position of the model.
    pub rows: Arc<Table<Option<(Ty, usize)>>>,
}

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answers")
    }
}

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
    open: Arc<Table<T>>,
    /// Of other activations, by their number. Most are soon over, so these are forgotten when
    /// they have become many.
    calls: Memory<(u64, TermId), T>,
}

impl<T> ByTerm<T> {
    /// No answers but those in the table.
    pub(super) fn new(open: Arc<Table<T>>) -> Self {
        Self { open, calls: RefCell::default() }
    }

    fn forget_calls(&self) {
        forget_many(&self.calls);
    }
}

fn forget_many<K, T>(calls: &Memory<K, T>) {
    let mut calls = calls.borrow_mut();
    if calls.len() > MAX_CALLS {
        calls.clear();
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
    /// Fuel or depth were used up: what was not found may be there all the same.
    pub exhausted: bool,
}

impl Notes {
    fn add(&mut self, other: Notes) {
        self.param |= other.param;
        self.env_default |= other.env_default;
        self.guessed |= other.guessed;
        self.setting |= other.setting;
        self.exhausted |= other.exhausted;
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
