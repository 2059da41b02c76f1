//! Where in a value a label is.

use std::hash::{Hash, Hasher};

use crate::base::Symbol;
use crate::facts::Const;

/// One step from a value to a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// `.name`
    Attr(Symbol),
    /// `[key]`, by a digest of the key.
    Item(u64),
    /// Some item.
    Any,
    /// Its text: what `str()` and formatting make of an object.
    Text,
}

impl Key {
    /// The key of a constant.
    pub fn of_const(key: &Const) -> Self {
        match key {
            Const::Str(text) => Self::of_text(text),
            Const::Int(index) => Self::of_index(*index),
            _ => Self::Any,
        }
    }

    /// The key that a text is.
    pub fn of_text(text: &str) -> Self {
        Self::Item(digest(&("text", text)))
    }

    /// The key that a position is.
    pub fn of_index(index: i64) -> Self {
        Self::Item(digest(&("index", index)))
    }
}

fn digest(value: &impl Hash) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Longest path that is told apart; what lies deeper counts as all that lies below.
const LENGTH: usize = 3;

/// The keys from a value to the part that carries labels; none: the value itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Path([Option<Key>; LENGTH]);

impl Path {
    /// The value itself.
    pub const WHOLE: Path = Path([None; LENGTH]);

    /// A path of one key.
    pub fn of(key: Key) -> Self {
        Self::WHOLE.below(key)
    }

    /// Whether the value itself is meant.
    pub fn is_whole(self) -> bool {
        self.0[0].is_none()
    }

    /// The first key.
    pub fn first(self) -> Option<Key> {
        self.0[0]
    }

    /// Without the first key.
    pub fn rest(self) -> Self {
        let [_, second, third] = self.0;
        Self([second, third, None])
    }

    /// The same part, seen from what holds the value under `key`.
    pub fn below(self, key: Key) -> Self {
        let [first, second, _] = self.0;
        Self([Some(key), first, second])
    }

    /// The part, seen from the item under `key`: none, if it lies elsewhere.
    pub fn item(self, key: Key) -> Option<Self> {
        match self.first() {
            None => Some(Self::WHOLE),
            Some(Key::Attr(_) | Key::Text) => None,
            Some(own) if own == key || own == Key::Any || key == Key::Any => Some(self.rest()),
            Some(_) => None,
        }
    }

    /// Whether the part is among the items of a container, or the value itself.
    pub fn in_items(self) -> bool {
        !matches!(self.first(), Some(Key::Attr(_)))
    }
}
