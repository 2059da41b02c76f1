//! tokscan: a static analyser for Django and Flask projects.
//!
//! Invariants, in prose:
//! * Facts are a pure function of one file's bytes: no path, no rule, no profile.
//! * Nothing of the scanned project is executed or imported, and nothing outside the scan
//!   roots is read; the roots of a file that is named are its project.
//! * Rules see terms and values after link, never syntax.
//! * No rule id, setting name or library name is written in Rust: they are data in `rules/`.
//! * The same input gives the same output, byte for byte, whatever the number of threads.
//! * Bad input never panics; what could not be analysed is counted and said.

pub mod base;
pub mod check;
pub mod cli;
pub mod config;
pub mod engine;
pub mod facts;
pub mod finding;
pub mod link;
pub mod overview;
pub mod project;
pub mod report;
pub mod rule;
pub mod solve;
pub mod source;
pub mod syntax;
