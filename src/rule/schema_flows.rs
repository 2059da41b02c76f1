//! The tables of the language that speak of flows: labels, where they come from, what removes
//! them, where they must not go.

use super::schema::{may, must};
use super::shape::{Schema, Shape};

/// The subject `taint`.
pub(super) static TAINT: Schema =
    Schema { name: "taint", keys: &[must("from", Shape::Texts), must("to", Shape::Texts)] };

/// `[[label]]`
pub(super) static LABEL: Schema = Schema {
    name: "label",
    keys: &[
        must("name", Shape::Text),
        may("title", Shape::Text),
        may("parts", Shape::Flag),
        may("whole", Shape::Flag),
        may("urls", Shape::Flag),
        may("urls-except", Shape::Texts),
        may("copies", Shape::Flag),
        may("names", Shape::Texts),
    ],
};

/// `[[source]]`
pub(super) static SOURCE: Schema = Schema {
    name: "source",
    keys: &[
        may("pattern", Shape::Texts),
        may("caught", Shape::Texts),
        may("exact", Shape::Flag),
        must("label", Shape::Texts),
        may("where", Shape::Where),
    ],
};

/// `[[error-handler]]`
pub(super) static ERROR_HANDLER: Schema = Schema {
    name: "error-handler",
    keys: &[must("framework", Shape::Text), must("setting", Shape::Text)],
};

/// `[[sanitizer]]`
pub(super) static SANITIZER: Schema = Schema {
    name: "sanitizer",
    keys: &[
        must("pattern", Shape::Texts),
        may("keeps", Shape::Texts),
        may("drops", Shape::Texts),
        may("adds", Shape::Texts),
    ],
};

/// `[[sink]]`
pub(super) static SINK: Schema = Schema {
    name: "sink",
    keys: &[
        must("name", Shape::Text),
        may("concept", Shape::Text),
        may("roles", Shape::Texts),
        may("handler-returns", Shape::Texts),
        may("caught", Shape::Flag),
        may("message", Shape::Text),
    ],
};

/// `[[store]]`
pub(super) static STORE: Schema = Schema {
    name: "store",
    keys: &[
        must("name", Shape::Text),
        must("write", Shape::Text),
        must("read", Shape::Text),
        must("key", Shape::Text),
        must("value", Shape::Text),
    ],
};

/// `[[documents]]`
pub(super) static DOCUMENTS: Schema = Schema {
    name: "documents",
    keys: &[
        must("read", Shape::Text),
        may("one", Shape::Texts),
        must("write", Shape::Tables(&DOCUMENT_WRITE)),
    ],
};

/// `[[documents.write]]`
static DOCUMENT_WRITE: Schema = Schema {
    name: "write of documents",
    keys: &[must("concept", Shape::Text), must("role", Shape::Text), may("below", Shape::Texts)],
};

/// `[[rows]]`
pub(super) static ROWS: Schema = Schema {
    name: "rows",
    keys: &[
        must("of", Shape::Texts),
        may("is", Shape::Text),
        may("managers", Shape::Texts),
        may("one", Shape::Texts),
        may("pairs", Shape::Texts),
        may("other", Shape::Texts),
        may("dicts", Shape::Texts),
        may("writes", Shape::Texts),
        may("one-of", Shape::Texts),
        may("many-of", Shape::Texts),
    ],
};
