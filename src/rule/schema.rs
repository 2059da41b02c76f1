//! The rule language as data: which tables there are, which keys they have, what those hold.
//!
//! All of the language is here, also what is not evaluated yet: a pack that uses such a part
//! is told so once, by the compiler, and not by a list of unknown keys.

use super::library::StackModel;
use super::schema_connections::{CONNECTION as CONNECTION_MODEL, ENGINE};
use super::schema_data::DATA_MODEL;
use super::schema_edits::EDIT;
use super::schema_entities::{CONNECTION, FIELD, FILE, ROUTE as ROUTE_SUBJECT};
use super::schema_flows::{
    DOCUMENTS, ERROR_HANDLER, LABEL, ROWS, SANITIZER, SINK, SOURCE, STORE, TAINT,
};
use super::schema_prose::{REMEDY, STANDARD};
use super::schema_routing::{GUARD, MOUNT, REJECT, ROUTE, ROUTER, URLS, VIEW};
use super::shape::{Key, Schema, Shape};

/// Subjects of the language.
pub(super) const SUBJECTS: [&str; 9] =
    ["pattern", "setting", "class", "connection", "taint", "field", "route", "file", "project"];
/// Conditions on the project itself.
pub(super) const PROJECT_CONDITIONS: [&str; 5] =
    ["framework", "database", "package", "profile", "deployed"];
const SEVERITIES: Shape = Shape::Word(&["critical", "high", "medium", "low", "info"]);
const CONFIDENCES: Shape = Shape::Word(&["high", "medium", "low"]);
const IS: Shape = Shape::Words(&[
    "literal",
    "none",
    "unset",
    "true",
    "env",
    "param",
    "decorated",
    "absent",
    "setting",
]);
/// How the text of a parameter is read to make the result.
const PARSED: Shape = Shape::Word(&["json", "python", "bool", "int", "float", "list"]);
const SECRETS: Shape = Shape::Word(&["literal", "placeholder", "parameter", "plausible", "random"]);
const SCOPES: Shape = Shape::Word(&[
    "project",
    "module",
    "class",
    "function",
    "before",
    "after",
    "around",
    "controlled",
    "try",
    "handler",
]);

/// A key that must be there.
pub(super) const fn must(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, required: true }
}

/// A key that may be there.
pub(super) const fn may(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, required: false }
}

/// A pack.
pub(super) static PACK: Schema = Schema {
    name: "pack",
    keys: &[
        may("rule", Shape::Tables(&RULE)),
        may("call", Shape::Tables(&CALL)),
        may("concept", Shape::Tables(&CONCEPT)),
        may("name", Shape::Tables(&NAME)),
        may("label", Shape::Tables(&LABEL)),
        may("source", Shape::Tables(&SOURCE)),
        may("sanitizer", Shape::Tables(&SANITIZER)),
        may("type", Shape::Tables(&TYPE)),
        may("alias", Shape::Tables(&ALIAS)),
        may("key", Shape::Tables(&KEY)),
        may("param", Shape::Tables(&PARAM)),
        may("stack", Shape::Tables(&STACK)),
        may("env", Shape::Tables(&ENV)),
        may("settings", Shape::Tables(&SETTINGS)),
        may("connection", Shape::Tables(&CONNECTION_MODEL)),
        may("engine", Shape::Tables(&ENGINE)),
        may("extension", Shape::Tables(&EXTENSION)),
        may("deployment", Shape::Tables(&DEPLOYMENT)),
        may("test-code", Shape::Tables(&TEST_CODE)),
        may("sink", Shape::Tables(&SINK)),
        may("store", Shape::Tables(&STORE)),
        may("error-handler", Shape::Tables(&ERROR_HANDLER)),
        may("rows", Shape::Tables(&ROWS)),
        may("documents", Shape::Tables(&DOCUMENTS)),
        may("router", Shape::Tables(&ROUTER)),
        may("mount", Shape::Tables(&MOUNT)),
        may("route", Shape::Tables(&ROUTE)),
        may("model", Shape::Tables(&DATA_MODEL)),
        may("urls", Shape::Tables(&URLS)),
        may("view", Shape::Tables(&VIEW)),
        may("guard", Shape::Tables(&GUARD)),
        may("reject", Shape::Tables(&REJECT)),
        may("standard", Shape::Tables(&STANDARD)),
    ],
};

/// `[[rule]]`
pub(super) static RULE: Schema = Schema {
    name: "rule",
    keys: &[
        must("id", Shape::Text),
        must("title", Shape::Text),
        must("category", Shape::Text),
        must("severity", SEVERITIES),
        must("confidence", CONFIDENCES),
        must("cwe", Shape::Wholes),
        may("owasp-api", Shape::Texts),
        may("owasp", Shape::Texts),
        may("asvs", Shape::Texts),
        must("why", Shape::Text),
        must("fix", Shape::Text),
        must("references", Shape::Texts),
        may("supersedes", Shape::Texts),
        may("django-check", Shape::Texts),
        may("message", Shape::Text),
        must("match", Shape::Tables(&MATCH)),
        may("adjust", Shape::Tables(&ADJUST)),
        may("remedy", Shape::Tables(&REMEDY)),
        may("edit", Shape::Tables(&EDIT)),
        may("example", Shape::Tables(&EXAMPLE)),
    ],
};

/// `[[rule.match]]`
pub(super) static MATCH: Schema = Schema {
    name: "match",
    keys: &[
        may("pattern", Shape::Texts),
        may("setting", Shape::Texts),
        may("class", Shape::Texts),
        may("connection", Shape::Table(&CONNECTION)),
        may("taint", Shape::Table(&TAINT)),
        may("field", Shape::Table(&FIELD)),
        may("route", Shape::Table(&ROUTE_SUBJECT)),
        may("file", Shape::Table(&FILE)),
        may("project", Shape::Flag),
        may("runs", Shape::Word(&["import", "request", "task", "cli"])),
        may("on", Shape::Word(&["exception"])),
        may("where", Shape::Where),
        may("let", Shape::Map(&Shape::Text)),
        may("present", Shape::Tables(&CLAUSE)),
        may("missing", Shape::Tables(&CLAUSE)),
        may("when", Shape::Tables(&CONDITION)),
        may("unless", Shape::Tables(&CONDITION)),
        may("at", Shape::Text),
        may("once-per", Shape::Text),
        may("stored-in", Shape::Text),
        may("message", Shape::Text),
        may("fix", Shape::Text),
        may("severity", SEVERITIES),
        may("confidence", CONFIDENCES),
        may("cwe", Shape::Wholes),
        may("django-check", Shape::Texts),
        may("edit", Shape::Tables(&EDIT)),
    ],
};

/// An entry of `present` and `missing`.
pub(super) static CLAUSE: Schema = Schema {
    name: "clause",
    keys: &[
        may("pattern", Shape::Texts),
        may("setting", Shape::Texts),
        may("class", Shape::Texts),
        may("connection", Shape::Table(&CONNECTION)),
        may("taint", Shape::Table(&TAINT)),
        may("field", Shape::Table(&FIELD)),
        may("route", Shape::Table(&ROUTE_SUBJECT)),
        may("file", Shape::Table(&FILE)),
        may("where", Shape::Where),
        may("scope", SCOPES),
        may("path", Shape::Word(&["some", "every"])),
        may("decides", Shape::Flag),
    ],
};

/// An entry of `when` and `unless`.
pub(super) static CONDITION: Schema = Schema {
    name: "condition",
    keys: &[
        may("framework", Shape::Texts),
        may("database", Shape::Texts),
        may("package", Shape::Text),
        may("profile", Shape::Words(&["production", "development", "test"])),
        may("deployed", Shape::Flag),
        may("pattern", Shape::Texts),
        may("setting", Shape::Texts),
        may("class", Shape::Texts),
        may("connection", Shape::Table(&CONNECTION)),
        may("taint", Shape::Table(&TAINT)),
        may("field", Shape::Table(&FIELD)),
        may("route", Shape::Table(&ROUTE_SUBJECT)),
        may("file", Shape::Table(&FILE)),
        may("where", Shape::Where),
        may("scope", SCOPES),
        may("path", Shape::Word(&["some", "every"])),
    ],
};

/// `[[rule.adjust]]`
pub(super) static ADJUST: Schema = Schema {
    name: "adjust",
    keys: &[
        may("when", Shape::Tables(&CONDITION)),
        may("where", Shape::Where),
        may("severity", SEVERITIES),
        may("confidence", CONFIDENCES),
        must("because", Shape::Text),
    ],
};

/// `[[rule.example]]`
pub(super) static EXAMPLE: Schema = Schema {
    name: "example",
    keys: &[
        may("bad", Shape::Files),
        may("good", Shape::Files),
        may("requirements", Shape::Texts),
        may("also", Shape::Texts),
        may("fixed", Shape::Files),
    ],
};

/// A predicate in table form.
pub(super) static PREDICATE: Schema = Schema {
    name: "condition",
    keys: &[
        may("eq", Shape::Value),
        may("in", Shape::Value),
        may("regex", Shape::Text),
        may("prefix", Shape::Text),
        may("importable", Shape::Flag),
        may("lt", Shape::Number),
        may("gt", Shape::Number),
        may("length", Shape::Predicate),
        may("bytes", Shape::Predicate),
        may("distinct", Shape::Predicate),
        may("truthy", Shape::Flag),
        may("accepts", Shape::Table(&ACCEPTS)),
        may("is", IS),
        may("type", Shape::Texts),
        may("import", Shape::Texts),
        may("exact-type", Shape::Texts),
        may("name", Shape::Texts),
        may("secret", SECRETS),
        may("label", Shape::Texts),
        may("at", Shape::Text),
        may("origin", Shape::Text),
        may("item", Shape::Predicate),
        may("all-items", Shape::Predicate),
        may("lacks-item", Shape::Predicate),
        may("key", Shape::Predicate),
        may("lacks-key", Shape::Predicate),
        may("value", Shape::Predicate),
        may("lacks-value", Shape::Predicate),
        may("attr", Shape::Map(&Shape::Predicate)),
        may("url", Shape::Table(&URL)),
        may("sql", Shape::Text),
        may("returns", Shape::Predicate),
        may("executes", Shape::Text),
        may("same", Shape::Text),
        may("not", Shape::Predicate),
        may("any", Shape::Predicates),
        may("all", Shape::Predicates),
        may("field", Shape::Table(&FIELD)),
        may("local", Shape::Flag),
    ],
};

/// `accepts` in a predicate.
static ACCEPTS: Schema = Schema {
    name: "accepts condition",
    keys: &[may("positional", Shape::Number), may("keywords", Shape::Texts)],
};

/// `url.…` in a predicate.
static URL: Schema = Schema {
    name: "url condition",
    keys: &[
        may("scheme", Shape::Predicate),
        may("user", Shape::Predicate),
        may("password", Shape::Predicate),
        may("host", Shape::Predicate),
        may("port", Shape::Predicate),
        may("path", Shape::Predicate),
        may("query", Shape::Map(&Shape::Predicate)),
    ],
};

/// `[[call]]`
pub(super) static CALL: Schema = Schema {
    name: "call",
    keys: &[
        may("package", Shape::Text),
        must("signature", Shape::Texts),
        may("is", Shape::Texts),
        may("roles", Shape::Map(&Shape::Text)),
        may("unless", Shape::Text),
        may("returns", Shape::TextOr(&RETURNS)),
        may("raises", Shape::Texts),
        may("seconds", Shape::Map(&Shape::Number)),
        may("never-returns", Shape::Flag),
        may("calls", Shape::Texts),
        may("passes", Shape::Texts),
        may("elements", Shape::Texts),
        may("iterates", Shape::Texts),
        may("binds", Shape::Text),
        may("subscribes", Shape::Text),
        may("renders", Shape::Texts),
        may("shows-caught", Shape::Flag),
        may("fields-of", Shape::Text),
        may("handles", Shape::Text),
        may("registers", Shape::Text),
    ],
};

static RETURNS: Schema = Schema {
    name: "returns table",
    keys: &[
        may("type", Shape::Text),
        may("label", Shape::Texts),
        may("param", Shape::Text),
        may("parsed", PARSED),
    ],
};

/// `[[concept]]`
pub(super) static CONCEPT: Schema = Schema {
    name: "concept",
    keys: &[
        must("name", Shape::Text),
        may("any", Shape::Texts),
        may("where", Shape::Where),
        may("roles", Shape::Map(&Shape::Text)),
    ],
};

/// `[[name]]`
pub(super) static NAME: Schema = Schema {
    name: "vocabulary",
    keys: &[
        must("id", Shape::Text),
        may("words", Shape::Texts),
        may("whole", Shape::Texts),
        may("except", Shape::Texts),
        may("except-suffix", Shape::Texts),
        may("except-prefix", Shape::Texts),
        may("includes", Shape::Texts),
        may("examples", Shape::Texts),
        may("not-examples", Shape::Texts),
    ],
};

/// `[[type]]`
static TYPE: Schema = Schema {
    name: "type",
    keys: &[
        must("path", Shape::Texts),
        may("bases", Shape::Texts),
        may("attrs", Shape::Map(&Shape::Text)),
        may("any-attr", Shape::Text),
        may("item", Shape::Text),
        may("iter", Shape::Text),
        may("enter", Shape::Text),
        may("call", Shape::Text),
        may("values", Shape::Map(&Shape::Text)),
        may("labels", Shape::Map(&Shape::Texts)),
        may("exports", Shape::Text),
        may("holds", Shape::Text),
        may("fields", Shape::Map(&Shape::Text)),
        may("environment", Shape::Flag),
        may("shows-fields", Shape::Flag),
    ],
};

/// `[[alias]]`
static ALIAS: Schema =
    Schema { name: "alias", keys: &[must("from", Shape::Text), must("to", Shape::Text)] };

/// `[[key]]`
static KEY: Schema = Schema {
    name: "settings key",
    keys: &[
        must("framework", Shape::Text),
        must("path", Shape::Text),
        may("type", Shape::Text),
        may("default", Shape::Value),
        may("python", Shape::Text),
        may("older", Shape::Tables(&OLDER)),
        may("renamed-from", Shape::Texts),
        may("near", Shape::Texts),
        may("attribute", Shape::Text),
        may("set-by", Shape::Text),
        may("package", Shape::Text),
    ],
};

static OLDER: Schema = Schema {
    name: "older default",
    keys: &[must("package", Shape::Text), may("default", Shape::Value), may("python", Shape::Text)],
};

/// `[[param]]`
static PARAM: Schema = Schema {
    name: "param",
    keys: &[may("stack", Shape::Text), must("name", Shape::Text), must("type", Shape::Text)],
};

/// `[[stack]]`
static STACK: Schema = Schema {
    name: "stack",
    keys: &[
        must("name", Shape::Text),
        may("title", Shape::Text),
        must("kind", Shape::Word(&StackModel::KINDS)),
        may("imports", Shape::Texts),
        may("requirements", Shape::Texts),
        may("strings", Shape::Texts),
        may("patterns", Shape::Texts),
        may("file-kinds", DOCUMENT_KINDS),
        may("files", Shape::Texts),
    ],
};

/// Kinds of files that are not Python, as rules name them.
pub(super) const DOCUMENT_KINDS: Shape = Shape::Words(&[
    "dotenv",
    "compose",
    "k8s",
    "dockerfile",
    "yaml",
    "toml",
    "ini",
    "json",
    "template",
    "sql",
    "requirements",
    "lockfile",
]);

/// `[[deployment]]`
static DEPLOYMENT: Schema = Schema {
    name: "deployment",
    keys: &[
        must("name", Shape::Text),
        must("kind", DOCUMENT_KINDS),
        may("path", Shape::Text),
        may("root", Shape::Map(&Shape::Text)),
        may("variables", Shape::Texts),
        may("unknown", Shape::Texts),
        may("files", Shape::Texts),
        may("interpolates", Shape::Flag),
        may("tests", Shape::Flag),
        must("rank", Shape::Number),
    ],
};

/// `[[test-code]]`
static TEST_CODE: Schema = Schema {
    name: "test code",
    keys: &[may("decorators", Shape::Texts), may("modules", Shape::Texts)],
};

/// `[[env]]`
static ENV: Schema = Schema {
    name: "env",
    keys: &[
        must("pattern", Shape::Texts),
        may("cast", Shape::Text),
        may("default", Shape::Value),
        may("python", Shape::Text),
        may("prefix", Shape::Text),
        may("scheme", Shape::Flag),
        may("casts", Shape::Map(&Shape::Text)),
    ],
};

/// `[[settings]]`
static SETTINGS: Schema = Schema {
    name: "settings table",
    keys: &[
        must("framework", Shape::Text),
        may("reads", Shape::Texts),
        may("module-marks", Shape::Texts),
        may("complete-marks", Shape::Texts),
        may("module-words", Shape::Texts),
        may("module-variable", Shape::Text),
        may("servers", Shape::Texts),
        may("includes", Shape::Texts),
        may("classes", Shape::Texts),
        may("class-variable", Shape::Text),
        may("app", Shape::Text),
        may("attribute", Shape::Text),
        may("methods", Shape::Map(&Shape::Text)),
        may("silent", Shape::Text),
        may("prefix", Shape::Text),
        may("loaders", Shape::Texts),
        may("served", Shape::Text),
        may("initial", Shape::Text),
        may("instance-param", Shape::Text),
        may("instance-folder", Shape::Text),
        may("start-words", Shape::Texts),
    ],
};

/// `[[extension]]`
static EXTENSION: Schema = Schema {
    name: "extension",
    keys: &[
        must("framework", Shape::Text),
        must("calls", Shape::Texts),
        must("app", Shape::Text),
        may("sets", Shape::Tables(&EXTENSION_SET)),
    ],
};

static EXTENSION_SET: Schema = Schema {
    name: "key of an extension",
    keys: &[
        must("key", Shape::Text),
        may("param", Shape::Text),
        may("default", Shape::Value),
        may("python", Shape::Text),
        may("given", Shape::Text),
        may("unless", Shape::Text),
        may("at", Shape::Word(&["init", "request"])),
    ],
};
