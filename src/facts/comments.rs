//! Suppression comments.

use super::ir::Suppression;
use crate::syntax::ast::Comment;

/// The suppressions among a file's comments, in source order.
pub(super) fn suppressions(comments: &[Comment], text: &str) -> Vec<Suppression> {
    comments.iter().filter_map(|comment| suppression(comment, text)).collect()
}

/// What comments begin with, and end with where they do, in all the languages that are read.
const SIGNS: [(&str, &str); 6] =
    [("#", ""), ("--", ""), (";", ""), ("/*", "*/"), ("<!--", "-->"), ("{#", "#}")];

/// The suppression that a comment is, in whatever language.
pub fn suppression(comment: &Comment, text: &str) -> Option<Suppression> {
    let written = text.get(comment.start as usize..comment.end as usize)?;
    let (sign, closing) = SIGNS.iter().find(|(sign, _)| written.starts_with(sign))?;
    let inner = written.strip_prefix(sign)?;
    let inner = inner.strip_suffix(closing).unwrap_or(inner);
    let command = inner.trim_start().strip_prefix("tokscan:")?.trim();
    let parsed = parse(command);
    let well_formed = parsed.is_some();
    let (whole_file, rules, reason) = parsed.unwrap_or_default();
    Some(Suppression {
        rules,
        reason,
        whole_file,
        well_formed,
        own_line: comment.own_line,
        range: (comment.start, comment.end),
    })
}

/// `ignore[rule-id, other] reason`, `ignore-file[rule-id] reason`
fn parse(command: &str) -> Option<(bool, Vec<String>, String)> {
    let (whole_file, rest) = match command.strip_prefix("ignore-file[") {
        Some(rest) => (true, rest),
        None => (false, command.strip_prefix("ignore[")?),
    };
    let (ids, reason) = rest.split_once(']')?;
    let rules: Vec<String> = ids.split(',').map(|id| id.trim().to_owned()).collect();
    let separated = reason.is_empty() || reason.starts_with(char::is_whitespace);
    (separated && rules.iter().all(|id| is_rule_id(id)))
        .then(|| (whole_file, rules, reason.trim().to_owned()))
}

fn is_rule_id(id: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    id.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase()) && id.bytes().all(inner)
}
