//! Questions about many things, asked side by side.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Cx, Project};
use crate::base::FileId;

/// What a question was about that an internal error left without an answer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Lost {
    /// Something in a file.
    File(FileId),
    /// A branch of the rule of that id.
    Rule(Arc<str>),
}

/// What internal errors have lost so far, in an order that does not depend on threads.
#[derive(Debug, Default)]
pub(super) struct Losses(Mutex<BTreeSet<Lost>>);

impl Losses {
    fn add(&self, lost: Lost) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(lost);
    }

    pub(super) fn all(&self) -> Vec<Lost> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// What `work` makes of each item, in the order of the items.
///
/// Each thread asks all its questions with one memory, and takes the next item when it is done
/// with one. A question that panics has the default for an answer, and the project notes what
/// `about` says was lost: one mistake of ours must not cost the answers to all others.
pub fn map_all<'p, 'r, T: Sync, R: Send + Default>(
    project: &'p Project<'r>,
    items: &[T],
    about: impl Fn(&T) -> Lost + Sync,
    work: impl Fn(&Cx<'p, 'r>, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    project.progress.expect(items.len());
    let made = rayon::broadcast(|_| {
        let mut cx = Cx::new(project);
        let mut made = Vec::new();
        while let index = next.fetch_add(1, Ordering::Relaxed)
            && let Some(item) = items.get(index)
        {
            let answer = catch_unwind(AssertUnwindSafe(|| work(&cx, item)));
            made.push((
                index,
                answer.unwrap_or_else(|_| {
                    // What the memory holds of an unfinished question is no answer.
                    cx = Cx::new(project);
                    project.losses.add(about(item));
                    R::default()
                }),
            ));
            project.progress.step();
        }
        made
    });
    let mut made: Vec<(usize, R)> = made.into_iter().flatten().collect();
    made.sort_unstable_by_key(|(index, _)| *index);
    made.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::Packages;
    use crate::rule::RuleSet;

    #[test]
    fn a_panic_costs_one_answer() {
        let rules = RuleSet::default();
        let project = Project::link(&rules, Vec::new(), Packages::default());
        let lost = |item: &u32| Lost::File(FileId::from(*item as usize));
        let answers = map_all(&project, &[1, 2, 3], lost, |_, item| {
            assert_ne!(*item, 2, "a mistake of ours");
            item * 10
        });
        assert_eq!(answers, [10, 0, 30]);
        assert_eq!(project.losses(), [lost(&2)]);
    }
}
