//! The tables of the language that people read the results of: remedies and lists of weaknesses;
//! and edits, which are checked for their shape and kept for later.

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

/// `[[rule.remedy]]`
pub(super) static REMEDY: Schema = Schema {
    name: "remedy",
    keys: &[
        may("framework", Shape::Texts),
        may("database", Shape::Texts),
        may("package", Shape::Text),
        must("fix", Shape::Text),
    ],
};

/// `[[standard]]`
pub(super) static STANDARD: Schema = Schema {
    name: "standard",
    keys: &[
        must("key", Shape::Word(&STANDARD_KEYS)),
        must("title", Shape::Text),
        must("prefix", Shape::Text),
        must("url", Shape::Text),
        must("entries", Shape::Map(&Shape::Text)),
        may("pages", Shape::Map(&Shape::Text)),
        may("complete", Shape::Flag),
    ],
};

/// Keys of rules that name entries of standards.
pub(super) const STANDARD_KEYS: [&str; 4] = ["cwe", "owasp-api", "owasp", "asvs"];
