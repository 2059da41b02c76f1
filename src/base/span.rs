//! Places in source text. Everything is in bytes; lines and columns exist only at the edge.

use serde::{Deserialize, Serialize};

use super::define_id;

define_id! {
    /// A file of the scan, in the order of its path.
    pub FileId
}

define_id! {
    /// A top-level block of one file: the n-th statement of the module body.
    pub BlockId
}

/// A byte range relative to the start of its top-level block.
///
/// An edit in another block leaves it valid. `FileFacts::block_starts` turns it into
/// absolute offsets. Invariant: `start <= end`, both on UTF-8 character boundaries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
pub struct Span {
    /// The block the offsets are relative to.
    pub block: BlockId,
    /// First byte, relative to the block.
    pub start: u32,
    /// One past the last byte, relative to the block.
    pub end: u32,
}

impl Span {
    /// A span in `block`.
    pub fn new(block: BlockId, start: u32, end: u32) -> Self {
        Self { block, start, end }
    }

    /// The smallest span that covers both; `self` when they lie in different blocks.
    pub fn to(self, other: Span) -> Span {
        if self.block != other.block {
            return self;
        }
        Span { start: self.start.min(other.start), end: self.end.max(other.end), ..self }
    }
}

/// An absolute byte range in one file of the scan: the only form in which places reach reports.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Loc {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}
