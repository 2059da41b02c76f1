//! SQL token patterns against text: enough to find clauses and the names in them, for any dialect.

use super::Cx;
use super::url::HOLE;
use super::value::Val;
use crate::rule::model::{SqlPart, SqlPattern, VarId};
use crate::syntax::sql::{SqlKind, SqlToken, sql_tokens};

impl Cx<'_, '_> {
    /// The table that SQL makes or writes, as far as the text tells its name.
    pub fn written_table(&self, sql: &Val) -> Option<String> {
        let texts = self.texts(sql);
        let name = texts.iter().find_map(|text| written_table(text))?;
        (!name.contains(HOLE)).then(|| name.to_owned())
    }
}

/// The name of the table that a statement makes or writes.
fn written_table(text: &str) -> Option<&str> {
    let tokens = sql_tokens(text);
    let word = |at: usize, words: &[&str]| {
        let token = tokens.get(at).filter(|token| token.kind == SqlKind::Word);
        token.is_some_and(|token| words.iter().any(|word| token.text.eq_ignore_ascii_case(word)))
    };
    let at = (0..tokens.len()).find(|at| word(*at, &["into", "update", "table"]))? + 1;
    let names = (at..tokens.len()).find(|at| !word(*at, &["if", "not", "exists", "only"]))?;
    identifier(&tokens[names], &tokens[names..]).map(|(name, _)| name)
}

/// Whether the token pattern is found anywhere in `text`. `bind` is offered each identifier a
/// metavariable meets and answers whether it may be that.
pub fn find(pattern: &SqlPattern, text: &str, mut bind: impl FnMut(VarId, &str) -> bool) -> bool {
    let tokens = sql_tokens(text);
    (0..=tokens.len()).any(|start| matches_at(&pattern.parts, &tokens[start..], &mut bind))
}

fn matches_at(
    parts: &[SqlPart],
    tokens: &[SqlToken<'_>],
    bind: &mut impl FnMut(VarId, &str) -> bool,
) -> bool {
    match (parts.split_first(), tokens.split_first()) {
        (None, _) => true,
        (Some((SqlPart::Skip, rest)), _) => {
            (0..=tokens.len()).any(|at| matches_at(rest, &tokens[at..], bind))
        }
        (Some((SqlPart::Token(word), rest)), Some((token, others))) => {
            !matches!(token.kind, SqlKind::Quoted | SqlKind::Text)
                && token.text.eq_ignore_ascii_case(word)
                && matches_at(rest, others, bind)
        }
        (Some((SqlPart::Var(var), rest)), Some((token, _))) => {
            let Some((name, taken)) = identifier(token, tokens) else { return false };
            bind(*var, name) && matches_at(rest, &tokens[taken..], bind)
        }
        (Some(_), None) => false,
    }
}

/// The last part of a dotted identifier, and how many tokens it takes.
fn identifier<'t>(first: &SqlToken<'t>, tokens: &[SqlToken<'t>]) -> Option<(&'t str, usize)> {
    let (mut name, mut taken) = (name_of(first)?, 1);
    while let [dot, next, ..] = &tokens[taken..] {
        let Some(inner) = name_of(next).filter(|_| dot.text == ".") else { break };
        (name, taken) = (inner, taken + 2);
    }
    Some((name, taken))
}

/// The name a token is, without its quotes.
fn name_of<'t>(token: &SqlToken<'t>) -> Option<&'t str> {
    match token.kind {
        SqlKind::Word => Some(token.text),
        SqlKind::Quoted => Some(token.text.trim_matches(['"', '`'])),
        SqlKind::Text | SqlKind::Number | SqlKind::Param | SqlKind::Sign => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_tables_are_named() {
        for (sql, table) in [
            ("INSERT OR REPLACE INTO shop.\"Tokens\" (a) VALUES (?)", Some("Tokens")),
            ("UPDATE tokens SET token = %s", Some("tokens")),
            ("create table if not exists tokens (token text)", Some("tokens")),
            ("SELECT token FROM tokens", None),
            ("INSERT INTO", None),
        ] {
            assert_eq!(written_table(sql), table, "{sql}");
        }
    }

    fn found(pattern: &[SqlPart], sql: &str) -> Option<String> {
        let mut name = None;
        let pattern = SqlPattern { parts: pattern.to_vec() };
        let hit = find(&pattern, sql, |_, word| {
            name = Some(word.to_owned());
            true
        });
        hit.then(|| name.unwrap_or_default())
    }

    #[test]
    fn clauses_and_names() {
        let token = |t: &str| SqlPart::Token(t.to_owned());
        let pattern =
            [token("FROM"), SqlPart::Var(VarId(0)), SqlPart::Skip, token("AS"), token("OF")];
        let hit = |sql| found(&pattern, sql);
        assert_eq!(hit("select * from app.\"Tokens\" as of system time x"), Some("Tokens".into()));
        assert_eq!(hit("SELECT 1 FROM t -- AS OF\n"), None);
        assert_eq!(hit("SELECT 'FROM t AS OF'"), None);
        assert_eq!(hit("SELECT /* x */ a FROM t\nWHERE b = 1 AS OF SYSTEM TIME"), Some("t".into()));
    }
}
