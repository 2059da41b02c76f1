//! Answers that do not depend on the source that is followed: found once, for all threads.

use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};

use crate::base::FxHashMap;

/// What was found out of each key.
#[derive(Debug)]
pub struct Kept<K, T>(RwLock<FxHashMap<K, Arc<[T]>>>);

impl<K, T> Default for Kept<K, T> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Clone + Eq + Hash, T> Kept<K, T> {
    /// What belongs to a key. `find` must give the same answer whenever it is asked: two threads
    /// may ask at once.
    pub fn of(&self, key: &K, find: impl FnOnce() -> Vec<T>) -> Arc<[T]> {
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Arc::clone(known);
        }
        let found: Arc<[T]> = find().into();
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(kept.entry(key.clone()).or_insert(found))
    }
}
