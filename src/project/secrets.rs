//! Where secrets stand in files that are not Python.

use super::documents::DocumentFile;
use crate::facts;
use crate::rule::{RuleSet, SECRET_WORDS};
use crate::syntax::document::{DocumentKind, Node, Place, Value};
use crate::syntax::sql::{SqlKind, SqlToken, sql_tokens};

/// Whether the vocabulary of secrets lists a name.
pub fn means_secret(rules: &RuleSet, name: &str) -> bool {
    let words = rules.names.get(SECRET_WORDS).and_then(|id| rules.library.words.get(&id));
    words.is_some_and(|vocabulary| vocabulary.matches(name, &rules.library))
}

/// The places of a document that must not be shown: values that look like credentials,
/// passwords in URLs, and what is given a secret's name.
pub fn places(rules: &RuleSet, file: &DocumentFile) -> Vec<Place> {
    let mut found = Vec::new();
    let text = &*file.text;
    for root in file.roots() {
        collect(rules, text, root, false, &mut found);
    }
    match file.kind {
        DocumentKind::Sql => {
            let literals = password_literals(text).into_iter();
            found.extend(literals.map(|(start, end)| Place::new(start, end)));
        }
        // The trees of these hold words of commands and markup; scan the text too.
        DocumentKind::Dockerfile | DocumentKind::Template | DocumentKind::Requirements => {
            collect_words(text, 0, &mut found);
        }
        _ => {}
    }
    found
}

/// Collects the secrets below a node; `named` says whether it is given a secret's name.
fn collect(rules: &RuleSet, text: &str, node: &Node, named: bool, found: &mut Vec<Place>) {
    match &node.value {
        Value::Text(_) => {
            let written = node.place.of(text);
            let (start, inner) = unquoted(node.place.start as usize, written);
            if let Some((at, value)) = assignment(inner).filter(|(name, _)| {
                // `- NAME=value`, as lists of variables have it.
                means_secret(rules, name)
            }) {
                found.push(Place::new(start + at.len() + 1, start + at.len() + 1 + value.len()));
            }
            let is_secret = named || facts::looks_secret(inner).is_some();
            if is_secret && !inner.is_empty() {
                found.push(Place::new(start, start + inner.len()));
            } else {
                collect_words(inner, start, found);
            }
        }
        Value::Int(_) | Value::Float(_) if named => found.push(node.place),
        Value::List(items) => {
            items.iter().for_each(|item| collect(rules, text, item, named, found));
        }
        Value::Table(entries) => {
            // `name: SECRET_KEY` beside `value: …`, as manifests have it.
            let name = node.get("name").or_else(|| node.get("key")).and_then(Node::as_text);
            let beside = name.is_some_and(|name| means_secret(rules, name));
            for entry in entries {
                let named = means_secret(rules, &entry.key) || (beside && &*entry.key == "value");
                collect(rules, text, &entry.value, named, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Unknown => {}
    }
}

/// Secrets among the words of a text, and passwords in its URLs.
fn collect_words(text: &str, start: usize, found: &mut Vec<Place>) {
    let mut from = 0;
    while let Some(range) = facts::url_password(&text[from..]) {
        found.push(Place::new(start + from + range.start, start + from + range.end));
        from += range.end;
    }
    let is_border =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '=' | ';' | '(' | ')');
    let mut at = 0;
    for word in text.split(is_border) {
        let offset = word.as_ptr() as usize - text.as_ptr() as usize;
        debug_assert!(offset >= at);
        at = offset;
        if facts::looks_secret(word).is_some() {
            found.push(Place::new(start + offset, start + offset + word.len()));
        }
    }
    // Keys and tokens with white space in them.
    if facts::looks_secret(text).is_some() {
        found.push(Place::new(start, start + text.len()));
    }
}

/// `NAME=value`
fn assignment(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    (!name.is_empty() && name.chars().all(word)).then_some((name, value))
}

/// What stands between the quotes of a text that begins at `start`.
fn unquoted(start: usize, written: &str) -> (usize, &str) {
    for quote in ["\"\"\"", "'''", "\"", "'", "`"] {
        let inner = written.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner {
            return (start + quote.len(), inner);
        }
    }
    (start, written)
}

/// The literals of SQL text that are passwords, without quotes: what looks like a credential,
/// and what stands behind `PASSWORD` or `IDENTIFIED BY`.
fn password_literals(sql: &str) -> Vec<(usize, usize)> {
    let tokens = sql_tokens(sql);
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if token.kind != SqlKind::Text || token.text.len() < 3 {
            continue;
        }
        let inner = token.text.trim_matches('\'');
        let start = token.start + 1;
        if facts::looks_secret(inner).is_some() || follows_password(&tokens[..index]) {
            found.push((start, start + inner.len()));
        } else if let Some(range) = facts::url_password(inner) {
            found.push((start + range.start, start + range.end));
        }
    }
    found
}

fn follows_password(before: &[SqlToken<'_>]) -> bool {
    let is = |token: &SqlToken<'_>, word: &str| token.text.eq_ignore_ascii_case(word);
    match before {
        [.., password, sign] if is(sign, "=") || is(sign, "E") => is(password, "password"),
        [.., identified, by] if is(by, "by") => is(identified, "identified"),
        [.., last] => is(last, "password"),
        [] => false,
    }
}

/// SQL text with its passwords replaced by `*`, of the same length.
pub fn without_passwords(sql: &str) -> String {
    let mut masked = sql.to_owned();
    for (start, end) in password_literals(sql) {
        masked.replace_range(start..end, &"*".repeat(end - start));
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_in_sql() {
        let sql =
            "CREATE USER a WITH PASSWORD 'hunter2'; ALTER ROLE b PASSWORD='x y'; SELECT 'password'";
        let masked =
            "CREATE USER a WITH PASSWORD '*******'; ALTER ROLE b PASSWORD='***'; SELECT 'password'";
        assert_eq!(without_passwords(sql), masked);
        assert_eq!(
            without_passwords("IMPORT INTO 'pg://u:pw1@h/d'"),
            "IMPORT INTO 'pg://u:***@h/d'"
        );
    }
}
