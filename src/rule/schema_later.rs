//! The tables of the language that are checked for their shape and kept for later.

use super::schema::{may, must};
use super::shape::{Schema, Shape};

/// The subject `taint`.
pub(super) static TAINT: Schema = Schema {
    name: "taint",
    keys: &[must("from", Shape::Texts), must("to", Shape::Texts), may("through-not", Shape::Texts)],
};

/// `[[sink]]`, for later.
pub(super) static SINK: Schema = Schema {
    name: "sink",
    keys: &[
        must("name", Shape::Text),
        must("pattern", Shape::Texts),
        may("slot", Shape::Text),
        may("label", Shape::Texts),
        may("message", Shape::Text),
        may("where", Shape::Where),
    ],
};

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
