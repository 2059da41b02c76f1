//! `NAME=value` lines: quotes, `export`, comments. Interpolation stays text.

use super::MAX_NODES;
use super::tree::{Document, Entry, Node, Place, Problem, Value};
use crate::base::FxHashMap;

pub(super) fn parse(text: &str) -> Document {
    let mut entries: Vec<Entry> = Vec::new();
    let mut places: FxHashMap<Box<str>, usize> = FxHashMap::default();
    let mut problems = Vec::new();
    let mut cut = None;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let line = rest.split('\n').next().unwrap_or_default();
        let body = line.trim_start();
        let start = at + line.len() - body.len();
        let mut next = at + line.len() + 1;
        if body.trim_end().is_empty() || body.starts_with('#') {
            at = next;
            continue;
        }
        if entries.len() >= MAX_NODES {
            cut = Some(Place::new(start, start).start);
            break;
        }
        match variable(text, start, body) {
            Some(entry) => {
                next = next.max(line_end(text, entry.value.place.end as usize) + 1);
                match places.get(&entry.key) {
                    // The last one counts.
                    Some(index) => entries[*index] = entry,
                    None => {
                        places.insert(entry.key.clone(), entries.len());
                        entries.push(entry);
                    }
                }
            }
            None => problems.push(Problem::new(start, "no `NAME=value`")),
        }
        at = next;
    }
    let mut document = Document::of(Node::new(0, text.len(), Value::Table(entries)), problems);
    document.cut = cut;
    document
}

fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |length| at + length)
}

/// The variable a line sets; `body` is the line from `start`.
fn variable(text: &str, start: usize, body: &str) -> Option<Entry> {
    let exported = body.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
    let named = exported.map_or(body, str::trim_start);
    let key_start = start + body.len() - named.len();
    let length = named.find(|c: char| !(c.is_alphanumeric() || "_.-".contains(c)));
    let key = &named[..length.unwrap_or(named.len()).min(named.len())];
    if key.is_empty() {
        return None;
    }
    let key_end = key_start + key.len();
    let after = text[key_end..].trim_start_matches([' ', '\t']);
    let value = match after.strip_prefix('=') {
        Some(after) => {
            let written = after.trim_start_matches([' ', '\t']);
            value(text, text.len() - written.len())
        }
        // `export NAME` passes on what is set elsewhere.
        None if after.is_empty() || after.starts_with(['\n', '\r', '#']) => {
            Node::new(key_end, key_end, Value::Null)
        }
        None => return None,
    };
    Some(Entry { key: key.into(), key_place: Place::new(key_start, key_end), value })
}

/// The value that begins at `start`.
fn value(text: &str, start: usize) -> Node {
    let rest = &text[start..];
    if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))
        && let Some(length) = closing(&rest[1..], quote)
    {
        let inner = &rest[1..1 + length];
        let inner = if quote == '"' { unescaped(inner) } else { inner.to_owned() };
        return Node::text(start, start + length + 2, inner);
    }
    let line = rest.split('\n').next().unwrap_or_default();
    let comment = [" #", "\t#"].iter().filter_map(|sign| line.find(sign)).min();
    let written = if line.starts_with('#') { "" } else { &line[..comment.unwrap_or(line.len())] };
    let written = written.trim_end();
    Node::text(start, start + written.len(), written)
}

/// Where a quote closes; values may run over lines. A quote that something follows on its line
/// belongs to another variable: then the first one was never closed.
fn closing(rest: &str, quote: char) -> Option<usize> {
    let end = next_quote(rest, quote)?;
    let after = rest[end + quote.len_utf8()..].split('\n').next().unwrap_or_default().trim();
    (after.is_empty() || after.starts_with('#')).then_some(end)
}

fn next_quote(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote != '\'' => escaped = true,
            _ if c == quote => return Some(at),
            _ => {}
        }
    }
    None
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some(sign @ ('"' | '\\' | '$' | '`')) => out.push(sign),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            _ => out.push(c),
        }
    }
    out
}
