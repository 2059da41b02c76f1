//! Bytes to typed syntax trees of Python, and to plain trees of other files (`document`). `lower` is the only user of tree-sitter for Python.

pub mod ast;
pub mod document;
mod dump;
mod literal;
mod lower;
pub mod sql;

pub use dump::dump;
pub use lower::{parse, parse_only};
