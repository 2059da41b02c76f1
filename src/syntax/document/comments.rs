//! Comments that speak to tokscan, found by what they say and checked to be comments.

use super::Format;
use super::tree::{Comment, Node, Place, Value};
use crate::syntax::sql::sql_tokens;

/// What such a comment says first.
const COMMAND: &str = "tokscan:";

/// The comments of a text in which a command stands.
pub(super) fn commands(format: Format, text: &str, roots: &[Node]) -> Vec<Comment> {
    let mut places = text.match_indices(COMMAND).peekable();
    if places.peek().is_none() {
        return Vec::new();
    }
    let quoted = quoted_places(format, text, roots);
    let found = places.filter_map(|(at, _)| comment_at(format, text, at));
    found.filter(|comment| !is_within(comment.place, &quoted)).collect()
}

/// The comment whose text begins at `at`.
fn comment_at(format: Format, text: &str, at: usize) -> Option<Comment> {
    let line_start = text[..at].rfind('\n').map_or(0, |feed| feed + 1);
    let before = text[line_start..at].trim_end();
    let signs: &[(&str, &str)] = match format {
        Format::Yaml
        | Format::Toml
        | Format::Dotenv
        | Format::Dockerfile
        | Format::Requirements => &[("#", "")],
        Format::Ini => &[("#", ""), (";", "")],
        Format::Sql => &[("--", ""), ("/*", "*/")],
        Format::Template => &[("<!--", "-->"), ("{#", "#}")],
        Format::Json => &[],
    };
    let (sign, closing) = signs.iter().find(|(sign, _)| before.ends_with(sign))?;
    let start = line_start + before.len() - sign.len();
    let lead = &text[line_start..start];
    // A `#` inside a word begins no comment.
    if *sign == "#" && !(lead.is_empty() || lead.ends_with([' ', '\t'])) {
        return None;
    }
    let line = text[start..].split(['\n', '\r']).next().unwrap_or_default();
    let length = match closing.is_empty() {
        true => line.len(),
        false => line.find(closing).map_or(line.len(), |end| end + closing.len()),
    };
    let place = Place::new(start, start + length);
    Some(Comment { place, own_line: lead.trim().is_empty() })
}

/// Where values stand that may hold what looks like a comment, in the order of the text.
fn quoted_places(format: Format, text: &str, roots: &[Node]) -> Vec<Place> {
    let mut places = Vec::new();
    match format {
        Format::Sql => {
            let tokens = sql_tokens(text);
            places.extend(tokens.iter().map(|t| Place::new(t.start, t.start + t.text.len())));
        }
        Format::Yaml | Format::Json | Format::Toml | Format::Dotenv => {
            for root in roots {
                root.walk(&mut |node| {
                    if !matches!(node.value, Value::List(_) | Value::Table(_)) {
                        places.push(node.place);
                    }
                });
            }
        }
        // Values run over lines here, with comments between them.
        Format::Ini | Format::Requirements | Format::Dockerfile | Format::Template => {}
    }
    places.sort_unstable();
    places
}

/// Whether a comment lies in one of the places, which are sorted and do not overlap.
fn is_within(comment: Place, places: &[Place]) -> bool {
    let after = places.partition_point(|place| place.start <= comment.start);
    after.checked_sub(1).is_some_and(|index| comment.start < places[index].end)
}
