//! What every room shares: typed ids, spans, interned symbols, stable hashing, how far a
//! run is.

mod index;
mod intern;
mod progress;
mod span;

pub use index::IndexVec;
pub(crate) use index::define_id;
pub use intern::{Interner, Symbol};
pub use progress::{Position, Progress};
pub use span::{BlockId, FileId, Loc, Span};

/// Hash map with a fast, seed-free hasher: iteration order is stable for one build,
/// but nothing that reaches a report may depend on it.
pub type FxHashMap<K, V> = rustc_hash::FxHashMap<K, V>;
/// Hash set with a fast, seed-free hasher.
pub type FxHashSet<K> = rustc_hash::FxHashSet<K>;

/// First 16 bytes of BLAKE3 over length-prefixed parts, as 32 hexadecimal digits.
///
/// Used where a value must stay the same over versions and machines (fingerprints).
/// Length prefixes keep `["ab", "c"]` and `["a", "bc"]` apart.
pub fn stable_digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}
