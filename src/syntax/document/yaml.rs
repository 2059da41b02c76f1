//! YAML: events of the parser to a tree. Aliases are expanded within the document's budget.

use std::borrow::Cow;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::tree::{Document, Entry, Node, Place, Problem, Value};
use super::{MAX_DEPTH, MAX_NODES};
use crate::base::{FxHashMap, FxHashSet};

/// The key whose tables are taken into the table that has it.
const MERGE: &str = "<<";

pub(super) fn parse(text: &str) -> Document {
    let masked = without_markup(text);
    parse_plain(&masked, text)
}

/// Parses `text`; what `original` has template markup in is unknown.
pub(super) fn parse_plain(text: &str, original: &str) -> Document {
    let mut builder = Builder::new(text, original);
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                if !builder.event(event, span) {
                    break;
                }
            }
            Err(error) => {
                let at = builder.offset(error.marker().index());
                builder.document.problems.push(Problem::new(at, error.info()));
                break;
            }
        }
    }
    builder.finish()
}

/// A container that is still open.
struct Open {
    start: usize,
    anchor: usize,
    /// Nodes in it so far, and levels below it.
    size: usize,
    height: usize,
    unknown: bool,
    parts: Parts,
}

enum Parts {
    List(Vec<Node>),
    /// The entries, and the key that waits for its value.
    Table(Vec<Entry>, Option<(Box<str>, Place)>),
}

/// What an anchor stands for.
struct Anchored {
    node: Node,
    size: usize,
    height: usize,
}

struct Builder<'t> {
    text: &'t str,
    /// Byte offset of each character; none when all are one byte long.
    offsets: Option<Vec<u32>>,
    open: Vec<Open>,
    anchors: FxHashMap<usize, Anchored>,
    nodes: usize,
    /// End of the last thing that was read.
    last_end: usize,
    document: Document,
}

impl<'t> Builder<'t> {
    fn new(parsed: &str, original: &'t str) -> Self {
        debug_assert_eq!(parsed.len(), original.len());
        let offsets = (!parsed.is_ascii()).then(|| {
            let starts = parsed.char_indices().map(|(at, _)| at).chain([parsed.len()]);
            starts.map(|at| Place::new(at, at).start).collect()
        });
        Self {
            text: original,
            offsets,
            open: Vec::new(),
            anchors: FxHashMap::default(),
            nodes: 0,
            last_end: 0,
            document: Document::default(),
        }
    }

    /// The byte offset of a character.
    fn offset(&self, index: usize) -> usize {
        match &self.offsets {
            Some(offsets) => offsets.get(index).map_or(self.text.len(), |at| *at as usize),
            None => index.min(self.text.len()),
        }
    }

    /// Takes in an event; false when a bound is reached.
    fn event(&mut self, event: Event<'_>, span: Span) -> bool {
        let (start, end) = (self.offset(span.start.index()), self.offset(span.end.index()));
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let node = self.scalar(&value, style, tag.as_deref(), start, end);
                self.last_end = node.place.end as usize;
                return self.within_bounds(1, 0, start) && self.place(node, anchor, 1, 0);
            }
            Event::SequenceStart(anchor, tag) => {
                let parts = Parts::List(Vec::new());
                return self.begin(start, anchor, tag.as_ref(), parts);
            }
            Event::MappingStart(anchor, tag) => {
                let parts = Parts::Table(Vec::new(), None);
                return self.begin(start, anchor, tag.as_ref(), parts);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                // A flow collection ends at its bracket, a block one with its last part.
                let closes = self.text[start..end.max(start)].starts_with([']', '}']);
                self.last_end = if closes { end } else { self.last_end };
                return self.end();
            }
            Event::Alias(id) => return self.alias(id, start, end),
            Event::DocumentStart(_) => self.last_end = end,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        true
    }

    fn begin(
        &mut self,
        start: usize,
        anchor: usize,
        tag: Option<&Cow<'_, Tag>>,
        parts: Parts,
    ) -> bool {
        let unknown = tag.is_some_and(|tag| !tag.is_yaml_core_schema() && tag.handle != "!");
        self.last_end = start;
        if !self.within_bounds(1, 0, start) {
            return false;
        }
        self.open.push(Open { start, anchor, size: 1, height: 0, unknown, parts });
        true
    }

    fn end(&mut self) -> bool {
        let Some(open) = self.open.pop() else { return true };
        let value = match open.parts {
            _ if open.unknown => Value::Unknown,
            Parts::List(items) => Value::List(items),
            Parts::Table(entries, _) => Value::Table(merged(entries)),
        };
        let node = Node::new(open.start, self.last_end, value);
        self.place(node, open.anchor, open.size, open.height + 1)
    }

    fn alias(&mut self, id: usize, start: usize, end: usize) -> bool {
        self.last_end = end;
        let Some(anchored) = self.anchors.get(&id) else {
            // The parser refuses unknown names; what is left refers to what is still open.
            return self.place(Node::new(start, end, Value::Unknown), 0, 1, 0);
        };
        let (size, height) = (anchored.size, anchored.height);
        if !self.within_bounds(size, height, start) {
            return false;
        }
        let node = self.anchors[&id].node.clone();
        self.place(node, 0, size, height)
    }

    fn within_bounds(&mut self, size: usize, height: usize, at: usize) -> bool {
        self.nodes += size;
        let within = self.nodes <= MAX_NODES && self.open.len() + height < MAX_DEPTH;
        if !within {
            self.document.cut = Some(Place::new(at, at).start);
        }
        within
    }

    /// Puts a finished node where it belongs.
    fn place(&mut self, node: Node, anchor: usize, size: usize, height: usize) -> bool {
        if anchor != 0 {
            self.anchors.insert(anchor, Anchored { node: node.clone(), size, height });
        }
        let Some(open) = self.open.last_mut() else {
            self.document.roots.push(node);
            return true;
        };
        open.size += size;
        open.height = open.height.max(height);
        match &mut open.parts {
            Parts::List(items) => items.push(node),
            Parts::Table(entries, key) => match key.take() {
                None => *key = Some((key_text(&node, self.text), node.place)),
                Some((key, key_place)) => entries.push(Entry { key, key_place, value: node }),
            },
        }
        true
    }

    fn scalar(
        &self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        start: usize,
        end: usize,
    ) -> Node {
        let written = self.text.get(start..end).unwrap_or_default();
        // The parser's places of plain and block scalars run on over white space.
        let end = start + written.trim_end().len();
        let value = match tag {
            _ if has_markup(written) => Value::Unknown,
            Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => {
                Value::Text(text.into())
            }
            Some(tag) if !tag.is_yaml_core_schema() => Value::Unknown,
            _ if style == ScalarStyle::Plain => plain(text),
            _ => Value::Text(text.into()),
        };
        Node::new(start, end, value)
    }

    /// Closes what is still open after an error or at a bound, so that what was read counts.
    fn finish(mut self) -> Document {
        while !self.open.is_empty() {
            self.end();
        }
        self.document
    }
}

/// The key that a node is.
fn key_text(node: &Node, text: &str) -> Box<str> {
    match &node.value {
        Value::Text(key) => key.clone(),
        Value::List(_) | Value::Table(_) => "".into(),
        _ => node.place.of(text).into(),
    }
}

/// The entries that count: of equal keys the last, and of merged tables those whose keys are
/// not written out.
fn merged(entries: Vec<Entry>) -> Vec<Entry> {
    let mut seen: FxHashSet<Box<str>> = FxHashSet::default();
    let (mut merges, mut kept) = (Vec::new(), Vec::with_capacity(entries.len()));
    for entry in entries.into_iter().rev() {
        if &*entry.key == MERGE {
            merges.push(entry.value);
        } else if seen.insert(entry.key.clone()) {
            kept.push(entry);
        }
    }
    kept.reverse();
    for merge in merges.into_iter().rev() {
        let tables = match merge.value {
            Value::List(items) => items,
            _ => vec![merge],
        };
        // Of several tables the first one that has a key decides.
        for table in tables {
            let Value::Table(more) = table.value else { continue };
            kept.extend(more.into_iter().filter(|entry| seen.insert(entry.key.clone())));
        }
    }
    kept
}

/// A scalar without quotes, as the core schema of YAML 1.2 reads it.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().map_or_else(|_| Value::Text(text.into()), Value::Int);
    }
    let radix = |prefix: &str, radix| {
        text.strip_prefix(prefix).and_then(|rest| i64::from_str_radix(rest, radix).ok())
    };
    if let Some(number) = radix("0x", 16).or_else(|| radix("0o", 8)) {
        return Value::Int(number);
    }
    let numeric = digits.bytes().all(|b| b.is_ascii_digit() || b".eE+-".contains(&b))
        && digits.bytes().any(|b| b.is_ascii_digit());
    match text.parse() {
        Ok(number) if numeric => Value::Float(number),
        _ => Value::Text(text.into()),
    }
}

fn has_markup(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// The text with the markup of templates (Helm, Jinja, workflow expressions) replaced by signs
/// of the same length that YAML reads as part of a word; markup on lines of its own is blanked.
fn without_markup(text: &str) -> Cow<'_, str> {
    if !has_markup(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        mask_line(line, &mut out);
    }
    Cow::Owned(out)
}

fn mask_line(line: &str, out: &mut String) {
    let mut masked = String::with_capacity(line.len());
    let mut outside = false;
    let mut rest = line;
    while let Some(at) = rest.find("{{").into_iter().chain(rest.find("{%")).min() {
        let closing = if rest[at..].starts_with("{{") { "}}" } else { "%}" };
        let Some(length) = rest[at..].find(closing).map(|end| end + 2) else { break };
        outside |= !rest[..at].trim().is_empty();
        masked.push_str(&rest[..at]);
        // Character for character, as the parser counts in characters.
        for c in rest[at..at + length].chars() {
            masked.extend(std::iter::repeat_n('x', c.len_utf8()));
        }
        rest = &rest[at + length..];
    }
    outside |= !rest.trim().is_empty();
    masked.push_str(rest);
    if outside || masked == line {
        out.push_str(&masked);
    } else {
        let blank = |c: char| if matches!(c, '\n' | '\r') { c } else { ' ' };
        out.extend(masked.chars().map(blank));
    }
}
