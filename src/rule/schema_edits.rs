//! `[[rule.edit]]` as data.

use super::schema::{CONDITION, may, must};
use super::shape::{Schema, Shape};

/// What an edit does; exactly one of these.
pub(super) const ACTIONS: [&str; 6] =
    ["replace", "insert-argument", "delete-item", "set-key", "insert-before", "insert-after"];

/// `[[rule.edit]]`, and `edit` of a match.
pub(super) static EDIT: Schema = Schema {
    name: "edit",
    keys: &[
        must("title", Shape::Text),
        must("safety", Shape::Word(&["safe", "unsafe"])),
        may("at", Shape::Text),
        may("item", Shape::Predicate),
        may("where", Shape::Where),
        may("when", Shape::Tables(&CONDITION)),
        may("unless", Shape::Tables(&CONDITION)),
        may("replace", Shape::Text),
        may("insert-argument", Shape::Text),
        may("delete-item", Shape::Flag),
        may("set-key", Shape::Map(&Shape::Text)),
        may("insert-before", Shape::Text),
        may("insert-after", Shape::Text),
        may("imports", Shape::Map(&Shape::Text)),
    ],
};
