//! Interned strings. One interner belongs to one file's facts (so that facts stay a
//! function of the file's bytes); link maps them into one project-wide interner.

use serde::{Deserialize, Serialize};

use super::{FxHashMap, define_id};

define_id! {
    /// An interned string; meaningful only together with the [`Interner`] that made it.
    pub Symbol
}

/// Maps strings to dense ids and back.
#[derive(Clone, Debug, Default)]
pub struct Interner {
    map: FxHashMap<Box<str>, Symbol>,
    names: Vec<Box<str>>,
}

impl Interner {
    /// The id of `text`, made on first sight.
    pub fn intern(&mut self, text: &str) -> Symbol {
        if let Some(&symbol) = self.map.get(text) {
            return symbol;
        }
        let symbol = Symbol::from(self.names.len());
        self.names.push(text.into());
        self.map.insert(text.into(), symbol);
        symbol
    }

    /// The id of `text` if it was interned before.
    pub fn get(&self, text: &str) -> Option<Symbol> {
        self.map.get(text).copied()
    }

    /// The string behind an id of this interner.
    pub fn resolve(&self, symbol: Symbol) -> &str {
        &self.names[usize::from(symbol)]
    }

    /// All strings, in id order.
    pub fn names(&self) -> &[Box<str>] {
        &self.names
    }

    /// Number of distinct strings.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether nothing was interned yet.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

impl PartialEq for Interner {
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names
    }
}

impl Eq for Interner {}

impl Serialize for Interner {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.names.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Interner {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<Box<str>>::deserialize(deserializer)?;
        let map = names.iter().enumerate().map(|(i, n)| (n.clone(), Symbol::from(i))).collect();
        Ok(Self { map, names })
    }
}
