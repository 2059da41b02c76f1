//! The tables of subjects that the project model answers for: their keys are attributes.
//!
//! The attributes themselves, and which of them are collections, are listed in
//! [`super::entity`]; a test there holds both lists together.

use super::schema::may;
use super::shape::{Schema, Shape};

/// The subject `connection`.
pub(super) static CONNECTION: Schema = Schema {
    name: "connection",
    keys: &[
        may("engine", Shape::Attribute),
        may("driver", Shape::Attribute),
        may("host", Shape::Attribute),
        may("port", Shape::Attribute),
        may("user", Shape::Attribute),
        may("password", Shape::Attribute),
        may("database", Shape::Attribute),
        may("sslmode", Shape::Attribute),
        may("sslrootcert", Shape::Attribute),
        may("sslcert", Shape::Attribute),
        may("tls", Shape::Attribute),
        may("tls_verify", Shape::Attribute),
        may("mechanism", Shape::Attribute),
        may("options", Shape::Attribute),
        may("given", Shape::Attribute),
        may("serves", Shape::Attribute),
    ],
};

/// The subject `field`.
pub(super) static FIELD: Schema = Schema {
    name: "field",
    keys: &[
        may("of", Shape::Texts),
        may("name", Shape::Attribute),
        may("class", Shape::Attribute),
        may("type", Shape::Attribute),
        may("holds", Shape::Attribute),
        may("unique", Shape::Attribute),
        may("index", Shape::Attribute),
        may("primary_key", Shape::Attribute),
        may("null", Shape::Attribute),
        may("max_length", Shape::Attribute),
        may("default", Shape::Attribute),
        may("choices", Shape::Attribute),
        may("required", Shape::Attribute),
        may("editable", Shape::Attribute),
        may("write_only", Shape::Attribute),
        may("read_only", Shape::Attribute),
        may("table", Shape::Attribute),
        may("model", Shape::Attribute),
        may("via", Shape::Attribute),
        may("to", Shape::Attribute),
        may("source", Shape::Attribute),
        may("ttl", Shape::Attribute),
        may("writes", Shape::Attribute),
    ],
};

/// The subject `route`.
pub(super) static ROUTE: Schema = Schema {
    name: "route",
    keys: &[
        may("url", Shape::Attribute),
        may("methods", Shape::Attribute),
        may("name", Shape::Attribute),
        may("handler", Shape::Attribute),
        may("does", Shape::Texts),
        may("returns", Shape::Predicate),
        may("framework", Shape::Attribute),
        may("inputs", Shape::Attribute),
        may("serializer", Shape::Attribute),
        may("guard", Shape::Table(&ROUTE_GUARD)),
    ],
};

static ROUTE_GUARD: Schema = Schema {
    name: "route guard",
    keys: &[
        may("auth", Shape::Attribute),
        may("throttle", Shape::Attribute),
        may("csrf", Shape::Attribute),
        may("no_store", Shape::Attribute),
    ],
};

/// The subject `file`.
pub(super) static FILE: Schema = Schema {
    name: "file",
    keys: &[
        may("kind", Shape::Attribute),
        may("path", Shape::Attribute),
        may("profile", Shape::Attribute),
        may("key", Shape::Texts),
        may("variable", Shape::Attribute),
        may("value", Shape::Attribute),
    ],
};
