//! The tables of library models about routing.

use super::schema::{may, must};
use super::shape::{Schema, Shape};

const LEVEL: Shape = Shape::Word(&["none", "optional", "unknown", "user", "staff"]);

/// `[[router]]`
pub(super) static ROUTER: Schema = Schema {
    name: "router model",
    keys: &[
        must("framework", Shape::Text),
        must("pattern", Shape::Texts),
        may("root", Shape::Flag),
    ],
};

/// `[[mount]]`
pub(super) static MOUNT: Schema = Schema {
    name: "mount model",
    keys: &[must("pattern", Shape::Texts), may("replaces", Shape::Flag)],
};

/// `[[route]]`
pub(super) static ROUTE: Schema = Schema {
    name: "route model",
    keys: &[
        must("framework", Shape::Text),
        must("pattern", Shape::Texts),
        may("methods", Shape::Texts),
        may("syntax", Shape::Word(&["plain", "regex"])),
        may("expand", Shape::Tables(&EXPAND)),
        may("options", Shape::Flag),
    ],
};

static EXPAND: Schema = Schema {
    name: "route of a resource",
    keys: &[
        must("url", Shape::Text),
        may("actions", Shape::Map(&Shape::Text)),
        may("lookup", Shape::Texts),
        may("detail", Shape::Flag),
    ],
};

/// `[[urls]]`
pub(super) static URLS: Schema = Schema {
    name: "urls model",
    keys: &[
        must("framework", Shape::Text),
        must("setting", Shape::Text),
        must("variable", Shape::Text),
        may("script", Shape::Text),
        may("namespace", Shape::Text),
        may("include", Shape::Texts),
        may("lists", Shape::Texts),
        may("prefixed-lists", Shape::Texts),
        may("list-prefix", Shape::Text),
        must("attribute", Shape::Text),
        must("middleware", Shape::Text),
        may("gates", Shape::Texts),
        may("next", Shape::Text),
    ],
};

/// `[[view]]`
pub(super) static VIEW: Schema = Schema {
    name: "view model",
    keys: &[
        must("class", Shape::Texts),
        may("as-view", Shape::Texts),
        may("methods", Shape::Map(&Shape::Text)),
        may("provides", Shape::Texts),
        may("action-map", Shape::Flag),
        may("exposes", Shape::Texts),
        may("exposed-methods", Shape::Texts),
        may("prefix", Shape::Texts),
        may("limit", Shape::Text),
        may("decorators", Shape::Texts),
        may("gates", Shape::Texts),
        may("serializer", Shape::Text),
    ],
};

/// `[[reject]]`
pub(super) static REJECT: Schema =
    Schema { name: "reject", keys: &[must("pattern", Shape::Texts), may("where", Shape::Where)] };

/// `[[guard]]`
pub(super) static GUARD: Schema = Schema {
    name: "guard",
    keys: &[
        must("kind", Shape::Word(&["auth", "throttle", "csrf", "no_store", "nothing"])),
        may("level", LEVEL),
        may("around", Shape::Texts),
        may("below", Shape::Texts),
        may("methods", Shape::Texts),
        may("list", Shape::Text),
        may("in-place", Shape::Flag),
        may("makes", Shape::Text),
        may("base", Shape::Texts),
        may("handler", Shape::Texts),
        may("attribute", Shape::Text),
        may("of", Shape::Text),
        may("levels", Shape::Map(&Shape::Texts)),
        may("overrides", Shape::Texts),
        may("hook", Shape::Texts),
        may("everywhere", Shape::Flag),
        may("path", Shape::Texts),
        may("framework", Shape::Text),
        may("setting", Shape::Text),
        may("entries", Shape::Texts),
        may("except", Shape::Texts),
        may("anywhere", Shape::Texts),
        may("inside", Shape::Texts),
        may("unless-only", Shape::Texts),
        may("when-true", LEVEL),
        may("when-false", LEVEL),
        may("where", Shape::Where),
    ],
};
