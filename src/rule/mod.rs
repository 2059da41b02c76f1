//! Rule packs: TOML schema, validation, compiled rules, library models, examples.
//!
//! A load goes through four steps. `shape` compares each table with its `schema`; `declare`
//! collects the names all packs declare; `calls` and `models` compile the library; `rules`
//! compiles the rules. Every step records what is wrong and goes on, so that all mistakes of
//! all packs are reported at once.

mod asks;
pub mod data_model;
pub mod entity;
pub mod library;
pub mod meta;
pub mod model;
pub mod routing;
pub mod version;
pub mod words;

mod branch;
mod calls;
mod clause;
mod conditions;
pub mod connection_models;
mod connections;
mod constant;
mod context;
mod declare;
mod deployment;
mod edits;
mod error;
mod examples;
pub mod flow_models;
mod flows;
mod holes;
mod json_schema;
mod lazy_regex;
mod models;
mod pack;
mod pattern;
mod pattern_calls;
mod predicate;
mod preparse;
mod prose;
mod routing_tables;
mod rules;
mod schema;
mod schema_connections;
mod schema_data;
mod schema_edits;
mod schema_entities;
mod schema_flows;
mod schema_prose;
mod schema_routing;
mod shape;
mod sql;
mod taught;
mod text_forms;
mod tree;
mod validate;
mod vars;

pub use edits::RECEIVER;
pub use error::{PackError, PackErrors};
pub use examples::expected;
pub use json_schema::json_schema;
pub use lazy_regex::LazyRegex;
pub use meta::{AdjustMeta, BranchMeta, Example, RemedyMeta, RuleMeta, Standard};
pub use model::RuleSet;
pub use pack::Declarations;
pub use version::{Requirement, RequirementError, Spec, Version, normalise};
pub use words::{SECRET_WORDS, split_words};
