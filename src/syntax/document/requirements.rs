//! Requirements files: one requirement or option a line, as a list of texts.

use super::tree::{Document, Node, Value};

pub(super) fn parse(text: &str) -> Document {
    let mut lines = Vec::new();
    // The requirement that goes on after a `\` at the end of a line.
    let mut open: Option<(usize, usize, String)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let body = line.trim_end_matches(['\n', '\r']);
        let (body, goes_on) = match body.strip_suffix('\\') {
            Some(body) => (body, true),
            None => (body, false),
        };
        let body = without_comment(body);
        let trimmed = body.trim();
        let from = start + body.len() - body.trim_start().len();
        let to = from + trimmed.len();
        if !trimmed.is_empty() {
            match &mut open {
                Some((_, end, text)) => {
                    text.push(' ');
                    text.push_str(trimmed);
                    *end = to;
                }
                None => open = Some((from, to, trimmed.to_owned())),
            }
        }
        if !goes_on && let Some((start, end, text)) = open.take() {
            lines.push(Node::text(start, end, text));
        }
    }
    lines.extend(open.map(|(start, end, text)| Node::text(start, end, text)));
    Document::of(Node::new(0, text.len(), Value::List(lines)), Vec::new())
}

/// The line up to a `#` at its start or after white space.
fn without_comment(line: &str) -> &str {
    let sign = line
        .match_indices('#')
        .find(|(at, _)| line[..*at].chars().next_back().is_none_or(char::is_whitespace));
    &line[..sign.map_or(line.len(), |(at, _)| at)]
}
