//! Extraction: one file's syntax tree to facts.
//!
//! `scope` and `walk` find out which name belongs to which scope; `extract` drives the lowering
//! of every body. A `body` has blocks and joins, its `names` have values in an `env`, its values
//! are `terms` (hash-consed). The constructs are in `stmt`, `flow` (branches, loops, `match`),
//! `unwind` (`try`), `define`, `expr` and `call`; where control goes is asked of `control`.

mod body;
mod call;
mod comments;
mod control;
mod define;
mod env;
mod expr;
mod extract;
mod flow;
pub mod ir;
mod names;
mod print;
mod scope;
mod secret;
mod stmt;
mod terms;
#[cfg(test)]
mod tests;
mod unwind;
mod walk;

pub use comments::suppression;
pub use extract::{extract, facts_of, is_constant_name};
pub use ir::*;
pub use print::print;
pub use secret::{looks_secret, text_term, url_password};
pub use terms::children;
pub use walk::is_mutator;
