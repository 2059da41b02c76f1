//! Where in a value a label is.

use std::hash::{Hash, Hasher};

use crate::base::Symbol;
use crate::facts::Const;

/// One step from a value to a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// `.name`
    Attr(Symbol),
    /// `["key"]`, by a digest of the key; of a text that is put together, of its fixed parts.
    Item(u64),
    /// `[0]`
    Index(i64),
    /// Some element.
    Any,
    /// An item under a key that is not known.
    Unknown,
    /// Its text: what `str()` and formatting make of an object.
    Text,
}

impl Key {
    /// The key of a constant.
    pub fn of_const(key: &Const) -> Self {
        match key {
            Const::Str(text) => Self::of_text(text),
            Const::Int(index) => Self::Index(*index),
            _ => Self::Unknown,
        }
    }

    /// The key that a text is.
    pub fn of_text(text: &str) -> Self {
        let mut hasher = rustc_hash::FxHasher::default();
        text.hash(&mut hasher);
        Self::Item(hasher.finish())
    }

    /// The key that a position is.
    pub fn of_index(index: i64) -> Self {
        Self::Index(index)
    }

    /// Whether what is put under this key is got by reading `other`. Mappings are known by their
    /// keys: a key that is not known is none of those that are.
    fn is_read_by(self, other: Key) -> bool {
        match (self, other) {
            (Self::Attr(_) | Self::Text, _) | (_, Self::Attr(_) | Self::Text) => false,
            (Self::Item(own), Self::Item(other)) => own == other,
            (Self::Index(own), Self::Index(other)) => own == other || other < 0,
            (Self::Any, Self::Index(_)) => true,
            (_, Self::Any) => true,
            (own, Self::Unknown) => !matches!(own, Self::Item(_)),
            _ => false,
        }
    }
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
            Some(own) if own.is_read_by(key) => Some(self.rest()),
            Some(_) => None,
        }
    }

    /// Whether the part is among the items of a container, or the value itself.
    pub fn in_items(self) -> bool {
        !matches!(self.first(), Some(Key::Attr(_)))
    }
}
