//! Bytes to typed syntax trees. `lower` is the only user of tree-sitter for Python.

pub mod ast;
mod dump;
mod literal;
mod lower;

pub use dump::dump;
pub use lower::{parse, parse_only};
