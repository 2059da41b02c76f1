//! The configuration as a JSON schema, for editors. Made from the table of keys that the
//! configuration is read with.

use serde_json::{Map, Value, json};

use super::keys::{Holds, KEYS, Words};
use crate::rule::Declarations;

/// The file that describes the rule language, beside that of the configuration.
const PACK_SCHEMA: &str = "rules.schema.json";

/// The schema of `tokscan.toml` and `[tool.tokscan]`, as draft 2020-12.
pub fn schema() -> Value {
    let mut properties = Map::new();
    for key in &KEYS {
        let mut value = shape(key.holds);
        value["description"] = json!(key.about);
        properties.insert(key.name.to_owned(), value);
    }
    for name in Declarations::keys() {
        let reference = json!({ "$ref": format!("{PACK_SCHEMA}#/properties/{name}") });
        properties.insert(name.to_owned(), reference);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "tokscan configuration",
        "description": "tokscan.toml, or [tool.tokscan] in pyproject.toml; see \
                        docs/configuration.md.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn shape(holds: Holds) -> Value {
    let list = |of: &str| json!({ "type": "array", "items": { "type": "string" }, "$comment": of });
    let table = |value: Value| json!({ "type": "object", "additionalProperties": value });
    let words = |words: Words| json!({ "enum": words.all() });
    match holds {
        Holds::Word(of) => words(of),
        Holds::Flag => json!({ "type": "boolean" }),
        Holds::Path => json!({ "type": "string" }),
        Holds::Paths => list("paths"),
        Holds::Names => list("names"),
        Holds::Patterns => list("patterns for paths"),
        Holds::Rules => list("rules and categories"),
        Holds::ByRule(of) | Holds::ByPath(of) => table(words(of)),
        Holds::RulesByPath => table(list("rules and categories")),
    }
}
