//! The tables of the language that are checked for their shape and kept for later.

use super::schema::{may, must};
use super::shape::{Schema, Shape};

/// The subject `connection`.
pub(super) static CONNECTION: Schema = Schema {
    name: "connection",
    keys: &[
        may("engine", Shape::Predicate),
        may("host", Shape::Predicate),
        may("port", Shape::Predicate),
        may("user", Shape::Predicate),
        may("password", Shape::Predicate),
        may("sslmode", Shape::Predicate),
        may("sslrootcert", Shape::Predicate),
        may("tls", Shape::Predicate),
        may("tls_verify", Shape::Predicate),
        may("options", Shape::Predicate),
        may("serves", Shape::Predicate),
    ],
};

/// The subject `taint`.
pub(super) static TAINT: Schema = Schema {
    name: "taint",
    keys: &[must("from", Shape::Texts), must("to", Shape::Texts), may("through-not", Shape::Texts)],
};

/// The subject `field`.
pub(super) static FIELD: Schema = Schema {
    name: "field",
    keys: &[
        may("of", Shape::Texts),
        may("name", Shape::Value),
        may("type", Shape::Texts),
        may("unique", Shape::Flag),
        may("max_length", Shape::Predicate),
        may("write_only", Shape::Flag),
        may("read_only", Shape::Flag),
        may("writes", Shape::Value),
    ],
};

/// The subject `route`.
pub(super) static ROUTE_SUBJECT: Schema = Schema {
    name: "route",
    keys: &[
        may("url", Shape::Predicate),
        may("methods", Shape::Texts),
        may("name", Shape::Predicate),
        may("handler", Shape::Predicate),
        may("does", Shape::Texts),
        may("returns", Shape::Predicate),
        may("inputs", Shape::Predicate),
        may("serializer", Shape::Text),
        may("guard", Shape::Table(&ROUTE_GUARD)),
    ],
};

static ROUTE_GUARD: Schema = Schema {
    name: "route guard",
    keys: &[
        may("auth", GUARDS),
        may("throttle", GUARDS),
        may("csrf", GUARDS),
        may("no_store", GUARDS),
    ],
};

const GUARDS: Shape = Shape::Words(&["none", "optional", "user", "staff", "unknown"]);

/// The subject `file`.
pub(super) static FILE: Schema = Schema {
    name: "file",
    keys: &[
        may("kind", Shape::Texts),
        may("path", Shape::Predicate),
        may("key", Shape::Texts),
        may("value", Shape::Predicate),
    ],
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

/// `[[guard]]`, for later.
pub(super) static GUARD: Schema = Schema {
    name: "guard",
    keys: &[
        must("pattern", Shape::Texts),
        must("kind", Shape::Text),
        may("level", Shape::Text),
        may("where", Shape::Where),
    ],
};

/// `[[route]]`, for later.
pub(super) static ROUTE: Schema = Schema {
    name: "route model",
    keys: &[
        must("pattern", Shape::Texts),
        may("framework", Shape::Text),
        may("url", Shape::Text),
        may("methods", Shape::Texts),
        may("handler", Shape::Text),
        may("name", Shape::Text),
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
