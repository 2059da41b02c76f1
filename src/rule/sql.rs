//! SQL text as tokens, and token patterns over it.

use super::context::Cx;
use super::holes::is_metavar;
use super::model::{SqlPart, SqlPattern};
use super::tree::Text;
use super::vars::{Mentions, Vars};

/// A token of SQL text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqlToken<'t> {
    /// What it is.
    pub kind: SqlKind,
    /// As written, quotes included.
    pub text: &'t str,
    /// Byte offset in the text.
    pub start: usize,
}

/// Kinds of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlKind {
    /// A keyword or a bare identifier.
    Word,
    /// A quoted identifier: `"a"`, `` `a` ``.
    Quoted,
    /// A string literal.
    Text,
    /// A number.
    Number,
    /// A place for a value: `%s`, `%(name)s`, `:name`, `?`, `$1`.
    Param,
    /// Anything else: one sign, or two that belong together (`<=`, `::`, `||`).
    Sign,
}

/// The tokens of `sql`; comments and white space are left out.
pub fn sql_tokens(sql: &str) -> Vec<SqlToken<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = sql[at..].chars().next() {
        let rest = &sql[at..];
        if let Some(length) = blank(rest, c) {
            at += length;
            continue;
        }
        let (kind, length) = token(rest, c);
        tokens.push(SqlToken { kind, text: &rest[..length], start: at });
        at += length;
    }
    tokens
}

/// Length of the white space or comment at the start.
fn blank(rest: &str, c: char) -> Option<usize> {
    if c.is_whitespace() {
        return Some(c.len_utf8());
    }
    if rest.starts_with("--") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    let body = rest.strip_prefix("/*")?;
    Some(body.find("*/").map_or(rest.len(), |end| end + 4))
}

fn token(rest: &str, c: char) -> (SqlKind, usize) {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let word =
        |from: usize| rest[from..].find(|c: char| !is_word(c)).map_or(rest.len(), |end| from + end);
    if c.is_ascii_digit() {
        let end = rest.find(|c: char| !(is_word(c) || c == '.')).unwrap_or(rest.len());
        return (SqlKind::Number, end);
    }
    if is_word(c) {
        return (SqlKind::Word, word(0));
    }
    match c {
        '\'' => (SqlKind::Text, quoted(rest, '\'')),
        '"' | '`' => (SqlKind::Quoted, quoted(rest, c)),
        '?' => (SqlKind::Param, 1),
        '%' if rest.starts_with("%s") => (SqlKind::Param, 2),
        '%' if rest.starts_with("%(") => (SqlKind::Param, rest.find(")s").map_or(1, |end| end + 2)),
        '$' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => (SqlKind::Param, word(1)),
        ':' if rest[1..].starts_with(|c: char| c.is_alphabetic() || c == '_') => {
            (SqlKind::Param, word(1))
        }
        _ => {
            const PAIRS: [&str; 9] = ["<=", ">=", "<>", "!=", "::", "||", "->", "@>", "<@"];
            let is_pair = PAIRS.iter().any(|pair| rest.starts_with(pair));
            (SqlKind::Sign, if is_pair { 2 } else { c.len_utf8() })
        }
    }
}

/// Length of the quoted text at the start; a doubled quote stands for itself.
fn quoted(rest: &str, quote: char) -> usize {
    let mut at = 1;
    while let Some(end) = rest[at..].find(quote) {
        at += end + 1;
        if !rest[at..].starts_with(quote) {
            return at;
        }
        at += 1;
    }
    rest.len()
}

impl Cx<'_> {
    /// Compiles a token pattern over SQL; the identifiers it binds enter `mentions`.
    pub fn sql_pattern(
        &mut self,
        text: Text<'_>,
        vars: &mut Vars,
        mentions: &mut Mentions,
    ) -> SqlPattern {
        let mut parts = Vec::new();
        let tokens = sql_tokens(text.value);
        let mut rest = tokens.as_slice();
        while let [token, after @ ..] = rest {
            let follows = |at: usize, distance: usize| {
                after.get(at).filter(|next| next.start == token.start + distance)
            };
            let is_dot = |next: &&SqlToken<'_>| next.text == ".";
            rest = after;
            if token.text == "$"
                && let Some(name) = follows(0, 1).filter(|next| next.kind == SqlKind::Word)
            {
                parts.push(self.sql_var(text, token.start, name.text, vars, mentions));
                rest = &after[1..];
            } else if token.text == "."
                && follows(0, 1).is_some_and(|next| is_dot(&next))
                && follows(1, 2).is_some_and(|next| is_dot(&next))
            {
                parts.push(SqlPart::Skip);
                rest = &after[2..];
            } else {
                parts.push(SqlPart::Token(token.text.to_uppercase()));
            }
        }
        if !parts.iter().any(|part| matches!(part, SqlPart::Token(_))) {
            self.error(text.place, "this SQL pattern names no word");
        }
        SqlPattern { parts }
    }

    fn sql_var(
        &mut self,
        text: Text<'_>,
        at: usize,
        name: &str,
        vars: &mut Vars,
        mentions: &mut Mentions,
    ) -> SqlPart {
        if name == "_" {
            return SqlPart::Var(vars.unnamed());
        }
        let place = self.within(text, at..at + 1 + name.len());
        if !is_metavar(name) {
            self.error(place, "a metavariable is `$` and a name in capitals, as in `$T`");
        }
        let var = vars.id(name);
        mentions.binds.push((var, place));
        SqlPart::Var(var)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_is_cut_into_tokens() {
        let sql =
            "SELECT a.\"b c\", 'it''s' -- x\n FROM t /* y */ WHERE n<=1.5 AND k = %(k)s::INT || :p";
        let texts: Vec<_> = sql_tokens(sql).into_iter().map(|token| token.text).collect();
        assert_eq!(
            texts,
            [
                "SELECT", "a", ".", "\"b c\"", ",", "'it''s'", "FROM", "t", "WHERE", "n", "<=",
                "1.5", "AND", "k", "=", "%(k)s", "::", "INT", "||", ":p"
            ]
        );
    }

    #[test]
    fn unfinished_sql_is_cut_too() {
        for sql in ["'a", "\"", "/* x", "--", "%(", "$", ":", "é'", "%"] {
            let length: usize = sql_tokens(sql).iter().map(|token| token.text.len()).sum();
            assert!(length <= sql.len());
        }
    }
}
