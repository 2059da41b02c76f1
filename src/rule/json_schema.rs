//! The language as a JSON schema, for editors. Made from the same tables that packs are checked
//! with; what a key means is said by the reference of the language, and taken from there.

mod descriptions;

use serde_json::{Map, Value, json};

use self::descriptions::Descriptions;
use super::schema::{CLAUSE, CONDITION, EXAMPLE, MATCH, PACK, PREDICATE, SUBJECTS};
use super::shape::{Key, Schema, Shape, WHERE_GROUPS};
use crate::base::FxHashSet;

/// The name of the definition of predicates.
const PREDICATE_NAME: &str = "predicate";

/// The schema of a rule pack, as draft 7, which all editors know.
pub fn json_schema() -> Value {
    let mut definitions = Definitions::default();
    let root = definitions.object(&PACK, "");
    definitions.define(&PREDICATE, PREDICATE_NAME.to_owned());
    let mut schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "tokscan rule pack",
        "description": "Rules and library models; see docs/rule-language.md.",
    });
    if let (Some(schema), Value::Object(root)) = (schema.as_object_mut(), root) {
        schema.extend(root);
        schema.insert("definitions".to_owned(), Value::Object(definitions.done));
    }
    schema
}

/// The definitions so far, by the path of the table in a pack where it comes first.
#[derive(Default)]
struct Definitions {
    names: Vec<(&'static Schema, String)>,
    done: Map<String, Value>,
    descriptions: Descriptions,
}

impl Definitions {
    /// A reference to the definition of a table, which is made when it is met first.
    fn reference(&mut self, schema: &'static Schema, path: &str) -> Value {
        let known = self.names.iter().find(|(known, _)| std::ptr::eq(*known, schema));
        let name = match known {
            Some((_, name)) => name.clone(),
            None => self.define(schema, path.to_owned()),
        };
        json!({ "$ref": format!("#/definitions/{name}") })
    }

    fn define(&mut self, schema: &'static Schema, name: String) -> String {
        self.names.push((schema, name.clone()));
        let object = self.object(schema, &name);
        self.done.insert(name.clone(), object);
        name
    }

    fn object(&mut self, schema: &'static Schema, path: &str) -> Value {
        let mut properties = Map::new();
        for key in schema.keys.iter().filter(|key| !is_refused(schema, key.name)) {
            properties.insert(key.name.to_owned(), self.property(key, path));
        }
        let required: Vec<&str> =
            schema.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
        let mut object = json!({
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        });
        if !required.is_empty() {
            object["required"] = json!(required);
        }
        if let Some(names) = exactly_one_of(schema) {
            let each = names.iter().map(|name| json!({ "required": [name] }));
            object["oneOf"] = each.collect();
        }
        if std::ptr::eq(schema, &raw const PREDICATE) || std::ptr::eq(schema, &raw const CONDITION)
        {
            object["minProperties"] = json!(1);
        }
        object
    }

    fn property(&mut self, key: &'static Key, path: &str) -> Value {
        let below =
            if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        let mut value = self.shape(&key.shape, &below);
        if let Some(text) = self.descriptions.of(&below) {
            // What stands beside a reference is ignored.
            if value.get("$ref").is_some() {
                value = json!({ "allOf": [value] });
            }
            value["description"] = json!(text);
        }
        value
    }

    fn shape(&mut self, shape: &'static Shape, path: &str) -> Value {
        let text = || json!({ "type": "string" });
        match shape {
            Shape::Text => text(),
            Shape::Texts => one_or_several(&text()),
            Shape::Flag => json!({ "type": "boolean" }),
            Shape::Wholes => one_or_several(&json!({ "type": "integer", "minimum": 1 })),
            Shape::Number => json!({ "type": "number" }),
            Shape::Value => {
                json!({ "type": ["string", "number", "boolean", "array", "object"] })
            }
            Shape::Word(words) => json!({ "enum": words }),
            Shape::Words(words) => one_or_several(&json!({ "enum": words })),
            Shape::Table(schema) => self.reference(schema, path),
            Shape::Tables(schema) => {
                json!({ "type": "array", "items": self.reference(schema, path) })
            }
            Shape::Map(values) => {
                json!({ "type": "object", "additionalProperties": self.shape(values, path) })
            }
            Shape::TextOr(schema) => json!({ "anyOf": [text(), self.reference(schema, path)] }),
            Shape::Files => json!({
                "anyOf": [text(), { "type": "object", "additionalProperties": text() }],
            }),
            Shape::Predicate => predicate(),
            Shape::Attribute => {
                let constants = json!({ "type": "array", "items": { "type": SCALARS } });
                json!({ "anyOf": [predicate(), constants] })
            }
            Shape::Predicates => json!({ "type": "array", "items": predicate() }),
            Shape::Where => {
                let group = json!({ "type": "object", "additionalProperties": predicate() });
                let groups: Map<String, Value> =
                    WHERE_GROUPS.iter().map(|name| ((*name).to_owned(), group.clone())).collect();
                json!({
                    "type": "object",
                    "properties": groups,
                    "additionalProperties": predicate(),
                })
            }
        }
    }
}

const SCALARS: [&str; 3] = ["string", "number", "boolean"];

/// A predicate: a constant, or a table of conditions.
fn predicate() -> Value {
    json!({ "anyOf": [{ "type": SCALARS }, { "$ref": format!("#/definitions/{PREDICATE_NAME}") }] })
}

fn one_or_several(one: &Value) -> Value {
    json!({ "anyOf": [one, { "type": "array", "items": one }] })
}

/// Keys of a table of which one must be there, and only one.
fn exactly_one_of(schema: &'static Schema) -> Option<Vec<&'static str>> {
    if std::ptr::eq(schema, &raw const MATCH) || std::ptr::eq(schema, &raw const CLAUSE) {
        let names: FxHashSet<&str> = schema.keys.iter().map(|key| key.name).collect();
        let allowed = |name: &&str| names.contains(name) && !is_refused(schema, name);
        return Some(SUBJECTS.into_iter().filter(allowed).collect());
    }
    std::ptr::eq(schema, &raw const EXAMPLE).then(|| vec!["bad", "good"])
}

/// A flow is known to clauses and conditions only to say that it cannot be one.
fn is_refused(schema: &'static Schema, key: &str) -> bool {
    let is_clause =
        std::ptr::eq(schema, &raw const CLAUSE) || std::ptr::eq(schema, &raw const CONDITION);
    is_clause && key == "taint"
}
