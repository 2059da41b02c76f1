//! TOML.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::tree::{Document, Entry, Node, Place, Problem, Value};
use super::{MAX_DEPTH, MAX_NODES};

pub(super) fn parse(text: &str) -> Document {
    let (table, errors) = DeTable::parse_recoverable(text);
    let problems = errors.iter().map(|error| {
        let at = error.span().map_or(0, |span| span.start);
        Problem::new(at, error.message())
    });
    let mut document = Document { problems: problems.collect(), ..Document::default() };
    let mut lowering = Lowering { nodes: 0, cut: None };
    let root = lowering.table(table.get_ref(), 0..text.len(), 0);
    document.roots.push(root);
    document.cut = lowering.cut;
    document
}

struct Lowering {
    nodes: usize,
    cut: Option<u32>,
}

impl Lowering {
    fn table(&mut self, table: &DeTable<'_>, span: Range<usize>, depth: usize) -> Node {
        let mut entries = Vec::with_capacity(table.len());
        for (key, value) in table {
            let Some(value) = self.value(value, depth + 1) else { break };
            let place = key.span();
            entries.push(Entry {
                key: key.get_ref().as_ref().into(),
                key_place: Place::new(place.start, place.end),
                value,
            });
        }
        // The parser sorts; what is written first comes first.
        entries.sort_by_key(|entry| entry.key_place);
        Node::new(span.start, span.end, Value::Table(entries))
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, depth: usize) -> Option<Node> {
        let span = value.span();
        self.nodes += 1;
        if depth > MAX_DEPTH || self.nodes > MAX_NODES {
            self.cut = self.cut.or(Some(Place::new(span.start, span.start).start));
            return None;
        }
        let value = match value.get_ref() {
            DeValue::String(text) => Value::Text(text.as_ref().into()),
            DeValue::Boolean(value) => Value::Bool(*value),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(Value::Unknown, Value::Int),
            DeValue::Float(number) => number.as_str().parse().map_or(Value::Unknown, Value::Float),
            DeValue::Datetime(time) => Value::Text(time.to_string().into()),
            DeValue::Array(items) => {
                Value::List(items.iter().map_while(|item| self.value(item, depth + 1)).collect())
            }
            DeValue::Table(table) => return Some(self.table(table, span, depth)),
        };
        Some(Node::new(span.start, span.end, value))
    }
}
