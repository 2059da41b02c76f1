//! The tables of the language that people read the results of: remedies and lists of weaknesses.

use super::schema::{may, must};
use super::shape::{Schema, Shape};

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
