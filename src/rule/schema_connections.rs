//! The library tables that say how connections to databases are spelled.

use super::schema::{may, must};
use super::shape::{Schema, Shape};

/// `[[connection]]`
pub(super) static CONNECTION: Schema = Schema {
    name: "connection model",
    keys: &[
        may("setting", Shape::Texts),
        may("pattern", Shape::Texts),
        may("engine", Shape::Text),
        must("parts", Shape::Map(&Shape::Texts)),
        may("serves", Shape::Tables(&SERVES)),
    ],
};

static SERVES: Schema = Schema {
    name: "use of a connection",
    keys: &[
        must("what", Shape::Text),
        may("alias", Shape::Text),
        may("setting", Shape::Text),
        may("in", Shape::Texts),
    ],
};

/// `[[engine]]`
pub(super) static ENGINE: Schema = Schema {
    name: "engine",
    keys: &[
        must("name", Shape::Text),
        may("like", Shape::Text),
        may("backends", Shape::Texts),
        may("schemes", Shape::Texts),
        may("secure-schemes", Shape::Texts),
        may("ports", Shape::Wholes),
        may("hosts", Shape::Texts),
        may("query", Shape::Map(&Shape::Texts)),
        may("environment", Shape::Map(&Shape::Text)),
        may("defaults", Shape::Map(&Shape::Value)),
    ],
};
