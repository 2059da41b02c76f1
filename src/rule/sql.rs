//! Token patterns over SQL text.

use super::context::Cx;
use super::holes::is_metavar;
use super::model::{SqlPart, SqlPattern};
use super::tree::Text;
use super::vars::{Mentions, Vars};
use crate::syntax::sql::{SqlKind, SqlToken, sql_tokens};

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
