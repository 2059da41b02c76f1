//! Checks that a pack has the shape its schema asks for, and says everything that has not.

use toml::de::DeValue;

use super::constant::scalar;
use super::context::Cx;
use super::schema::PREDICATE;
use super::tree::{Node, Table, Text};

/// The keys a kind of table may have.
#[derive(Debug)]
pub(super) struct Schema {
    /// How messages call the table: `rule`, `match`.
    pub name: &'static str,
    /// Its keys.
    pub keys: &'static [Key],
}

/// One key of a table.
#[derive(Debug)]
pub(super) struct Key {
    pub name: &'static str,
    pub shape: Shape,
    pub required: bool,
}

/// What a value may be.
#[derive(Debug)]
pub(super) enum Shape {
    /// A string.
    Text,
    /// A string or an array of strings.
    Texts,
    /// A boolean.
    Flag,
    /// An array of whole numbers.
    Wholes,
    /// A number.
    Number,
    /// A string, number, boolean, array or table.
    Value,
    /// One of these strings.
    Word(&'static [&'static str]),
    /// One of these strings, or an array of them.
    Words(&'static [&'static str]),
    /// A table.
    Table(&'static Schema),
    /// An array of tables.
    Tables(&'static Schema),
    /// A table with any keys.
    Map(&'static Shape),
    /// A string, or a table.
    TextOr(&'static Schema),
    /// A string, or a table from paths to texts.
    Files,
    /// A predicate.
    Predicate,
    /// What an attribute must be: a predicate, or an array of constants one of which it is.
    Attribute,
    /// Predicates.
    Predicates,
    /// A predicate by variable or attribute name.
    Where,
}

/// Names under `where` that hold a table of predicates instead of one.
pub(super) const WHERE_GROUPS: [&str; 4] = ["attr", "guard", "meta", "source"];

/// Reports every key of `table` that `schema` does not know, every value of the wrong shape
/// and every required key that is not there.
pub(super) fn check_table(cx: &mut Cx<'_>, table: Table<'_>, schema: &Schema) {
    for (key, value) in table.entries() {
        match schema.keys.iter().find(|known| known.name == key.value) {
            Some(known) => check_value(cx, value, &known.shape),
            None => unknown_key(cx, key, schema),
        }
    }
    for key in schema.keys.iter().filter(|key| key.required) {
        if table.get(key.name).is_none() {
            cx.error(table.place, format!("this {} has no `{}`", schema.name, key.name));
        }
    }
}

fn unknown_key(cx: &mut Cx<'_>, key: Text<'_>, schema: &Schema) {
    let names = schema.keys.iter().map(|known| known.name);
    let message = format!("unknown key `{}` in a {}", key.value, schema.name);
    let belongs_to_match = schema.name == "rule"
        && super::schema::MATCH.keys.iter().any(|known| known.name == key.value);
    if belongs_to_match {
        cx.error_help(key.place, message, format!("`{}` belongs into [[rule.match]]", key.value));
    } else {
        cx.unknown(key.place, message, key.value, names);
    }
}

fn check_value(cx: &mut Cx<'_>, node: Node<'_>, shape: &Shape) {
    match shape {
        Shape::Text => expect(cx, node, "a string", node.text().is_some()),
        Shape::Texts => {
            for item in node.items() {
                expect(cx, item, "a string", item.text().is_some());
            }
        }
        Shape::Flag => {
            let is_flag = matches!(node.value, DeValue::Boolean(_));
            expect(cx, node, "true or false", is_flag);
        }
        Shape::Wholes => {
            for item in node.items() {
                let is_number = item.integer().is_some_and(|number| number > 0);
                expect(cx, item, "a positive whole number", is_number);
            }
        }
        Shape::Number => expect(cx, node, "a number", node.number().is_some()),
        Shape::Value => {
            let is_date = matches!(node.value, DeValue::Datetime(_));
            expect(cx, node, "a string, number, boolean, array or table", !is_date);
        }
        Shape::Word(words) => check_word(cx, node, words),
        Shape::Words(words) => {
            node.items().into_iter().for_each(|item| check_word(cx, item, words))
        }
        Shape::Table(schema) => match node.table() {
            Some(table) => check_table(cx, table, schema),
            None => expect(cx, node, "a table", false),
        },
        Shape::Tables(schema) => check_tables(cx, node, schema),
        Shape::Map(values) => match node.table() {
            Some(table) => {
                table.entries().into_iter().for_each(|(_, value)| check_value(cx, value, values));
            }
            None => expect(cx, node, "a table", false),
        },
        Shape::TextOr(schema) => match node.table() {
            Some(table) => check_table(cx, table, schema),
            None => expect(cx, node, "a string or a table", node.text().is_some()),
        },
        Shape::Files => match node.table() {
            Some(table) => {
                table
                    .entries()
                    .into_iter()
                    .for_each(|(_, file)| check_value(cx, file, &Shape::Text));
            }
            None => {
                expect(cx, node, "a text, or a table of paths and texts", node.text().is_some())
            }
        },
        Shape::Predicate => check_predicate(cx, node),
        Shape::Attribute if node.is_array() => {
            for item in node.items() {
                expect(cx, item, "a string, number or boolean", scalar(item).is_some());
            }
        }
        Shape::Attribute => check_predicate(cx, node),
        Shape::Predicates => match node.value {
            DeValue::Array(_) => {
                node.items().into_iter().for_each(|item| check_predicate(cx, item));
            }
            _ => expect(cx, node, "an array of conditions", false),
        },
        Shape::Where => check_where(cx, node),
    }
}

fn check_tables(cx: &mut Cx<'_>, node: Node<'_>, schema: &Schema) {
    if !matches!(node.value, DeValue::Array(_)) {
        return expect(cx, node, "an array of tables", false);
    }
    for item in node.items() {
        match item.table() {
            Some(table) => check_table(cx, table, schema),
            None => expect(cx, item, "a table", false),
        }
    }
}

fn check_word(cx: &mut Cx<'_>, node: Node<'_>, words: &'static [&'static str]) {
    let Some(text) = node.text() else { return expect(cx, node, "a string", false) };
    if !words.contains(&text.value) {
        let message = format!("`{}` is none of {}", text.value, words.join(", "));
        cx.unknown(text.place, message, text.value, words.iter().copied());
    }
}

fn check_predicate(cx: &mut Cx<'_>, node: Node<'_>) {
    match node.value {
        DeValue::Table(_) => {
            let Some(table) = node.table() else { return };
            if table.entries().is_empty() {
                cx.error(node.place, "this condition says nothing".to_owned());
            }
            check_table(cx, table, &PREDICATE);
        }
        DeValue::Array(_) | DeValue::Datetime(_) => {
            let message = format!("expected a condition, found {}", node.describe());
            cx.error_help(
                node.place,
                message,
                "one of several values is `{ in = [...] }`".to_owned(),
            );
        }
        _ => {}
    }
}

fn check_where(cx: &mut Cx<'_>, node: Node<'_>) {
    let Some(table) = node.table() else {
        return expect(cx, node, "a table of conditions", false);
    };
    for (key, value) in table.entries() {
        if WHERE_GROUPS.contains(&key.value) {
            check_value(cx, value, &Shape::Map(&Shape::Predicate));
        } else {
            check_predicate(cx, value);
        }
    }
}

fn expect(cx: &mut Cx<'_>, node: Node<'_>, what: &str, is_it: bool) {
    if !is_it {
        cx.error(node.place, format!("expected {what}, found {}", node.describe()));
    }
}
