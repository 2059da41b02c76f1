//! How far a run is.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How far a run is: told by those who work, asked by whoever shows it. Nothing that is found
/// depends on it.
#[derive(Debug, Default)]
pub struct Progress {
    phase: Mutex<&'static str>,
    done: AtomicUsize,
    all: AtomicUsize,
}

/// One look at a [`Progress`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    /// What is being done; empty before the first phase.
    pub phase: &'static str,
    /// How many of its parts are done.
    pub done: usize,
    /// How many parts it has; 0 when that is not known.
    pub all: usize,
}

impl Progress {
    /// A phase begins, and the one before it is over.
    pub fn begin(&self, phase: &'static str) {
        *self.phase() = phase;
        self.expect(0);
    }

    /// The next steps are so many.
    pub fn expect(&self, all: usize) {
        self.done.store(0, Ordering::Relaxed);
        self.all.store(all, Ordering::Relaxed);
    }

    /// One more part is done.
    pub fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    /// Where the run is.
    pub fn position(&self) -> Position {
        let phase = self.phase();
        let read = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        Position { phase: *phase, done: read(&self.done), all: read(&self.all) }
    }

    /// The name is whole whoever panicked while holding it.
    fn phase(&self) -> MutexGuard<'_, &'static str> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_counts_its_own_parts() {
        let progress = Progress::default();
        assert_eq!(progress.position(), Position { phase: "", done: 0, all: 0 });
        progress.begin("one");
        progress.expect(2);
        progress.step();
        assert_eq!(progress.position(), Position { phase: "one", done: 1, all: 2 });
        progress.begin("two");
        assert_eq!(progress.position(), Position { phase: "two", done: 0, all: 0 });
    }
}
