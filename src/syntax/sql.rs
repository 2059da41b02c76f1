//! SQL text as tokens, for any dialect.

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
