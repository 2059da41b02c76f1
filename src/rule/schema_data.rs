//! The table `[[model]]`: classes whose attributes are fields.

use super::schema::{may, must};
use super::shape::{Schema, Shape};

/// What a class with fields is there for.
pub(super) const DATA_KINDS: [&str; 5] = ["model", "serializer", "form", "admin", "settings"];

/// `[[model]]`
pub(super) static DATA_MODEL: Schema = Schema {
    name: "data model",
    keys: &[
        must("kind", Shape::Word(&DATA_KINDS)),
        must("base", Shape::Texts),
        may("base-suffix", Shape::Texts),
        may("field", Shape::Texts),
        may("field-suffix", Shape::Texts),
        may("column", Shape::Texts),
        may("column-type", Shape::Text),
        may("table-call", Shape::Texts),
        may("annotation", Shape::Text),
        may("annotated", Shape::Map(&Shape::Text)),
        may("converts", Shape::Texts),
        may("wraps", Shape::Text),
        may("attributes", Shape::Map(&Shape::Text)),
        may("keys", Shape::Table(&KEYS)),
        may("group", Shape::Tables(&GROUP)),
        may("register", Shape::Texts),
        may("lookup", Shape::Table(&LOOKUP)),
    ],
};

/// Where a class says something of itself: paths below it.
static KEYS: Schema = Schema {
    name: "keys of a data model",
    keys: &[
        may("table", Shape::Texts),
        may("abstract", Shape::Text),
        may("model", Shape::Text),
        may("fields", Shape::Texts),
        may("exclude", Shape::Texts),
        may("options", Shape::Text),
        may("read-only", Shape::Texts),
        may("write-only", Shape::Texts),
        may("filters", Shape::Texts),
        may("stores", Shape::Texts),
        may("all", Shape::Text),
        may("otherwise-all", Shape::Flag),
    ],
};

/// A key that holds groups of field names.
static GROUP: Schema = Schema {
    name: "group of fields",
    keys: &[
        must("key", Shape::Text),
        must("attribute", Shape::Text),
        may("call", Shape::Texts),
        may("flat", Shape::Flag),
        may("names", Shape::Text),
        may("with", Shape::Map(&Shape::Text)),
    ],
};

/// Models that are named by text.
static LOOKUP: Schema = Schema {
    name: "lookup of models",
    keys: &[
        may("setting", Shape::Text),
        may("setting-call", Shape::Text),
        may("call", Shape::Text),
        may("labels", Shape::Map(&Shape::Text)),
    ],
};
