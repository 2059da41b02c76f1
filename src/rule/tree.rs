//! A parsed pack as tables and texts that know their places.
//!
//! Getters are silent: [`super::shape`] has already reported what is not as it should be, so
//! a value of the wrong shape simply is not there.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::error::Place;

/// A TOML value and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'p> {
    pub value: &'p DeValue<'p>,
    pub place: Place,
}

/// A TOML string (or key) and its place, quotes included.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'p> {
    pub value: &'p str,
    pub place: Place,
}

/// A TOML table and its place (its header, or the whole inline table).
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'p> {
    map: &'p DeTable<'p>,
    pub place: Place,
}

impl<'p> Node<'p> {
    fn new(value: &'p Spanned<DeValue<'p>>, pack: u32) -> Self {
        Self { value: value.get_ref(), place: Place::new(pack, value.span()) }
    }

    /// The string, if it is one.
    pub fn text(self) -> Option<Text<'p>> {
        match self.value {
            DeValue::String(value) => Some(Text { value, place: self.place }),
            _ => None,
        }
    }

    /// The table, if it is one.
    pub fn table(self) -> Option<Table<'p>> {
        match self.value {
            DeValue::Table(map) => Some(Table { map, place: self.place }),
            _ => None,
        }
    }

    /// The items of an array; a value that is none is its own only item.
    pub fn items(self) -> Vec<Node<'p>> {
        match self.value {
            DeValue::Array(items) => nodes(items, self.place.pack),
            _ => vec![self],
        }
    }

    /// The strings of an array, or the one string.
    pub fn texts(self) -> Vec<Text<'p>> {
        self.items().into_iter().filter_map(Node::text).collect()
    }

    /// The integer, if it is one that fits.
    pub fn integer(self) -> Option<i64> {
        let DeValue::Integer(number) = self.value else { return None };
        i64::from_str_radix(number.as_str(), number.radix()).ok()
    }

    /// The number, whole or not.
    pub fn number(self) -> Option<f64> {
        match self.value {
            // Exact up to 2^53, which is beyond any length or duration a rule speaks of.
            #[expect(clippy::cast_precision_loss, reason = "see above")]
            DeValue::Integer(_) => self.integer().map(|number| number as f64),
            DeValue::Float(number) => number.as_str().parse().ok(),
            _ => None,
        }
    }

    /// Whether it is an array.
    pub fn is_array(self) -> bool {
        matches!(self.value, DeValue::Array(_))
    }

    /// What it is, for messages: `a string`.
    pub fn describe(self) -> &'static str {
        match self.value {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "an integer",
            DeValue::Float(_) => "a float",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "an array",
            DeValue::Table(_) => "a table",
        }
    }
}

impl<'p> Table<'p> {
    /// The root table of pack number `pack`.
    pub fn root(map: &'p Spanned<DeTable<'p>>, pack: u32) -> Self {
        Self { map: map.get_ref(), place: Place::new(pack, 0..0) }
    }

    /// The value of `key`.
    pub fn get(self, key: &str) -> Option<Node<'p>> {
        self.map.get(key).map(|value| Node::new(value, self.place.pack))
    }

    /// The string of `key`.
    pub fn text(self, key: &str) -> Option<Text<'p>> {
        self.get(key)?.text()
    }

    /// The string or strings of `key`.
    pub fn texts(self, key: &str) -> Vec<Text<'p>> {
        self.get(key).map(Node::texts).unwrap_or_default()
    }

    /// The strings of `key` without their places.
    pub fn strings(self, key: &str) -> Vec<String> {
        self.texts(key).into_iter().map(|text| text.value.to_owned()).collect()
    }

    /// The boolean of `key`; absent: false.
    pub fn flag(self, key: &str) -> bool {
        self.get(key).is_some_and(|node| matches!(node.value, DeValue::Boolean(true)))
    }

    /// The table of `key`.
    pub fn table(self, key: &str) -> Option<Table<'p>> {
        self.get(key)?.table()
    }

    /// The tables of the array `key`.
    pub fn tables(self, key: &str) -> Vec<Table<'p>> {
        let Some(node) = self.get(key) else { return Vec::new() };
        node.items().into_iter().filter_map(Node::table).collect()
    }

    /// Keys and values in no order that means anything.
    pub fn unordered(self) -> impl Iterator<Item = (&'p str, Node<'p>)> {
        let pack = self.place.pack;
        self.map.iter().map(move |(key, value)| (key.get_ref().as_ref(), Node::new(value, pack)))
    }

    /// Keys and values in the order of the text.
    pub fn entries(self) -> Vec<(Text<'p>, Node<'p>)> {
        let pack = self.place.pack;
        let mut entries: Vec<_> = self
            .map
            .iter()
            .map(|(key, value)| {
                let place = Place::new(pack, key.span());
                (Text { value: key.get_ref(), place }, Node::new(value, pack))
            })
            .collect();
        entries.sort_by_key(|(key, _)| key.place);
        entries
    }

    /// Keys and values of the table `key`, in the order of the text; none: empty.
    pub fn entries_of(self, key: &str) -> Vec<(Text<'p>, Node<'p>)> {
        self.table(key).map(Table::entries).unwrap_or_default()
    }

    /// The place of `key` itself, else of the table.
    pub fn key_place(self, key: &str) -> Place {
        self.map
            .get_key_value(key)
            .map_or(self.place, |(name, _)| Place::new(self.place.pack, name.span()))
    }
}

fn nodes<'p>(items: &'p DeArray<'p>, pack: u32) -> Vec<Node<'p>> {
    items.iter().map(|item| Node::new(item, pack)).collect()
}

/// The place in the pack of `part`, a byte range of the value of `text`.
///
/// Exact for strings whose spelling can be followed; the whole string otherwise.
pub(super) fn place_within(text: Text<'_>, part: std::ops::Range<usize>, pack: &str) -> Place {
    let whole = text.place;
    let Some(raw) = pack.get(whole.range()) else { return whole };
    let Some((start, end)) = raw_range(raw, text.value, part) else { return whole };
    let base = whole.start as usize;
    // An empty part (something is missing here) shows the character before it.
    let start = if start == end && start > 0 { start - 1 } else { start };
    Place::new(whole.pack, base + start..base + end.max(start))
}

/// The byte range of `raw`, the TOML spelling, that spells `part` of `value`.
fn raw_range(raw: &str, value: &str, part: std::ops::Range<usize>) -> Option<(usize, usize)> {
    let (body, first, _) = string_body(raw)?;
    // Without escapes, as nearly always, the spelling is the value.
    if body == value {
        return (part.end <= value.len()).then_some((first + part.start, first + part.end));
    }
    let offsets = value_offsets(raw, value)?;
    Some((*offsets.get(part.start)?, *offsets.get(part.end)?))
}

/// For each byte of `value` (and its end), its offset in `raw`, the TOML spelling.
/// None when the spelling is not understood.
fn value_offsets(raw: &str, value: &str) -> Option<Vec<usize>> {
    let (body, start, escapes) = string_body(raw)?;
    let mut offsets = Vec::with_capacity(value.len() + 1);
    let mut at = 0;
    while offsets.len() < value.len() {
        let rest = &body[at..];
        let (width, decoded) = match rest.as_bytes().first()? {
            b'\\' if escapes => escape(rest)?,
            b'\r' if rest.starts_with("\r\n") && value.as_bytes()[offsets.len()] == b'\n' => (2, 1),
            _ => {
                let width = rest.chars().next()?.len_utf8();
                (width, width)
            }
        };
        // Bytes of one character keep their own offsets, so that ranges stay on boundaries.
        offsets.extend((0..decoded).map(|byte| start + at + byte.min(width - 1)));
        at += width;
    }
    if offsets.len() != value.len() {
        return None;
    }
    offsets.push(start + at);
    Some(offsets)
}

/// The text between the quotes, its offset, and whether backslashes are escapes.
fn string_body(raw: &str) -> Option<(&str, usize, bool)> {
    for (quote, escapes) in [("\"\"\"", true), ("'''", false), ("\"", true), ("'", false)] {
        let Some(inner) = raw.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) else {
            continue;
        };
        let first_line = if quote.len() == 1 {
            0
        } else if inner.starts_with("\r\n") {
            2
        } else {
            usize::from(inner.starts_with('\n'))
        };
        return Some((&inner[first_line..], quote.len() + first_line, escapes));
    }
    // A bare key.
    Some((raw, 0, false))
}

/// Width of the escape at the start of `text`, and of what it stands for.
fn escape(text: &str) -> Option<(usize, usize)> {
    let mut chars = text[1..].chars();
    let hex = |digits: usize| {
        let code = u32::from_str_radix(text.get(2..2 + digits)?, 16).ok()?;
        Some((2 + digits, char::from_u32(code)?.len_utf8()))
    };
    match chars.next()? {
        'x' => hex(2),
        'u' => hex(4),
        'U' => hex(8),
        'b' | 't' | 'n' | 'f' | 'r' | 'e' | '"' | '\\' => Some((2, 1)),
        // A line continuation swallows all white space.
        c if c.is_whitespace() => {
            let rest = text[1..].trim_start();
            Some((text.len() - rest.len(), 0))
        }
        _ => None,
    }
}
