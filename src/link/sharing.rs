//! Questions about many things, asked side by side.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Cx, Project};

/// What `work` makes of each item, in the order of the items.
///
/// Each thread asks all its questions with one memory, and takes the next item when it is done
/// with one.
pub fn map_all<'p, 'r, T: Sync, R: Send>(
    project: &'p Project<'r>,
    items: &[T],
    work: impl Fn(&Cx<'p, 'r>, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let made = rayon::broadcast(|_| {
        let cx = Cx::new(project);
        let mut made = Vec::new();
        while let index = next.fetch_add(1, Ordering::Relaxed)
            && let Some(item) = items.get(index)
        {
            made.push((index, work(&cx, item)));
        }
        made
    });
    let mut made: Vec<(usize, R)> = made.into_iter().flatten().collect();
    made.sort_unstable_by_key(|(index, _)| *index);
    made.into_iter().map(|(_, result)| result).collect()
}
