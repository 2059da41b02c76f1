//! SQL scripts: a table with the list of their statements.

use super::MAX_NODES;
use super::tree::{Document, Entry, Node, Place, Problem, Value};
use crate::syntax::sql::{SqlKind, SqlToken, sql_tokens};

/// Tokens of a statement that are looked at; what follows is data.
const MAX_TOKENS: usize = 1_000;

pub(super) fn parse(text: &str) -> Document {
    let tokens = sql_tokens(text);
    let (mut statements, mut problems, mut cut) = (Vec::new(), Vec::new(), None);
    let mut first = 0;
    let mut dollar: Option<&str> = None;
    for (index, token) in tokens.iter().enumerate() {
        // `$$ … $$` holds the statements of a function.
        if let Some(tag) = dollar_tag(text, token) {
            match dollar {
                Some(open) if open == tag => dollar = None,
                Some(_) => {}
                None => dollar = Some(tag),
            }
        }
        if token.text == ";" && dollar.is_none() {
            statements.extend(statement(text, &tokens[first..index]));
            first = index + 1;
            if statements.len() >= MAX_NODES {
                cut = Some(Place::new(token.start, token.start).start);
                break;
            }
        }
    }
    statements
        .extend(statement(text, &tokens[first.min(tokens.len())..]).filter(|_| cut.is_none()));
    if let Some(last) = tokens.last().filter(|last| is_open(last)) {
        problems.push(Problem::new(last.start, "a quote that is not closed"));
    }
    let list = Node::new(0, text.len(), Value::List(statements));
    let entry = Entry { key: "statements".into(), key_place: Place::new(0, 0), value: list };
    let mut document = Document::of(Node::new(0, text.len(), Value::Table(vec![entry])), problems);
    document.cut = cut;
    document
}

/// `$$` or `$tag$` at a token.
fn dollar_tag<'t>(text: &'t str, token: &SqlToken<'_>) -> Option<&'t str> {
    let rest = text.get(token.start..)?.strip_prefix('$')?;
    // The second sign of `$$` is no tag of its own.
    if text[..token.start].ends_with('$') {
        return None;
    }
    let name = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
    rest[name..].starts_with('$').then(|| &rest[..name])
}

fn statement(text: &str, tokens: &[SqlToken<'_>]) -> Option<Node> {
    let (first, last) = (tokens.first()?, tokens.last()?);
    let (start, end) = (first.start, last.start + last.text.len());
    let seen = &tokens[..tokens.len().min(MAX_TOKENS)];
    let seen_end = seen.last().map_or(end, |token| token.start + token.text.len());
    Some(Node::text(start, end, &text[start..seen_end]))
}

fn is_open(token: &SqlToken<'_>) -> bool {
    let quote = token.text.chars().next();
    matches!(token.kind, SqlKind::Text | SqlKind::Quoted)
        && (token.text.len() < 2 || quote.is_some_and(|quote| !token.text.ends_with(quote)))
}
