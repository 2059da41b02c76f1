//! The tree that every format is parsed to.

/// A byte range of the text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Place {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Place {
    /// The range from `start` to `end`; texts are below 4 GiB.
    pub fn new(start: usize, end: usize) -> Self {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: offset(start), end: offset(end.max(start)) }
    }

    /// The text at this place.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// A parsed file.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Document {
    /// The documents in it: one, or as many as a YAML stream holds.
    pub roots: Vec<Node>,
    /// The comments that speak to tokscan.
    pub comments: Vec<Comment>,
    /// What could not be read, in the order of the text.
    pub problems: Vec<Problem>,
    /// Where the tree was cut because it is nested too deeply or has too many nodes.
    pub cut: Option<u32>,
}

impl Document {
    /// A document with one root.
    pub(super) fn of(root: Node, problems: Vec<Problem>) -> Self {
        Self { roots: vec![root], problems, ..Self::default() }
    }
}

/// A part of a text that is not what its format asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where, as a byte offset.
    pub at: u32,
    /// What, as a phrase.
    pub message: String,
}

impl Problem {
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at: Place::new(at, at).start, message: message.into() }
    }
}

/// A comment, with its signs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Comment {
    /// Where it stands.
    pub place: Place,
    /// Whether only white space stands before it on its line.
    pub own_line: bool,
}

/// A value and where it is written, quotes included.
#[derive(Clone, PartialEq, Debug)]
pub struct Node {
    /// Where.
    pub place: Place,
    /// What.
    pub value: Value,
}

/// What a file says.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Nothing: `null`, `key:` without a value.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Another number.
    Float(f64),
    /// Text, without quotes and escapes.
    Text(Box<str>),
    /// Items in order.
    List(Vec<Node>),
    /// Entries in order. Keys may recur where the format means several things by it (the
    /// instructions of a Dockerfile); elsewhere the last one counts, and only it is kept.
    Table(Vec<Entry>),
    /// Something that is decided elsewhere: template markup, a tag with a meaning of its own.
    Unknown,
}

/// A key with its value.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// The key, without quotes.
    pub key: Box<str>,
    /// Where the key is written.
    pub key_place: Place,
    /// Its value.
    pub value: Node,
}

impl Node {
    pub(super) fn new(start: usize, end: usize, value: Value) -> Self {
        Self { place: Place::new(start, end), value }
    }

    pub(super) fn text(start: usize, end: usize, text: impl Into<Box<str>>) -> Self {
        Self::new(start, end, Value::Text(text.into()))
    }

    /// The text, if it is text.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The entries of a table; none of anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Table(entries) => entries,
            _ => &[],
        }
    }

    /// The value of the last entry with this key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().rev().find(|entry| &*entry.key == key).map(|entry| &entry.value)
    }

    /// The value below several keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// Calls `visit` for this node and all below it, in the order of the text.
    pub fn walk<'n>(&'n self, visit: &mut impl FnMut(&'n Node)) {
        visit(self);
        match &self.value {
            Value::List(items) => items.iter().for_each(|item| item.walk(visit)),
            Value::Table(entries) => entries.iter().for_each(|entry| entry.value.walk(visit)),
            _ => {}
        }
    }
}

/// Adds an entry; an earlier one of the same key goes.
pub(super) fn set(entries: &mut Vec<Entry>, entry: Entry) {
    entries.retain(|earlier| earlier.key != entry.key);
    entries.push(entry);
}
