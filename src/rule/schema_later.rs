//! The tables of the language that are checked for their shape and kept for later.

use super::schema::{may, must};
use super::shape::{Schema, Shape};

/// `[[rule.edit]]`, for later.
pub(super) static EDIT: Schema = Schema {
    name: "edit",
    keys: &[
        may("at", Shape::Text),
        may("replace", Shape::Text),
        may("insert-argument", Shape::Text),
        may("delete-item", Shape::Text),
        may("set-key", Shape::Map(&Shape::Value)),
        must("safety", Shape::Word(&["safe", "unsafe"])),
        may("title", Shape::Text),
    ],
};
