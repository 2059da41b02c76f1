//! New code: the text of a rule with pieces of the file, in the style of the file.

use super::code::{Code, Range};
use super::layout::Patch;
use crate::base::FileId;
use crate::finding::Piece;
use crate::syntax::ast::{Ast, ExprId, ExprKind};
use crate::syntax::parse;

/// New code and the imports that it takes.
pub(super) struct Rendered {
    pub text: String,
    pub imports: Vec<Patch>,
}

impl Code<'_> {
    /// The code of a snippet; `imports` are names in it and what they stand for.
    pub fn render(
        &self,
        snippet: &[Piece],
        imports: &[(String, String)],
        file: FileId,
        is_statement: bool,
    ) -> Option<Rendered> {
        let (mut text, own) = self.assemble(snippet, file)?;
        let ast = parse(&enclosed(&text, is_statement));
        let shift = usize::from(!is_statement);
        let of_rule =
            |range: &Range| own.iter().any(|o| o.start <= range.start && range.end <= o.end);
        let mut changes: Vec<(Range, String)> = Vec::new();
        let mut patches = Vec::new();
        for expr in ast.exprs.iter() {
            let range = ast.range(expr.span);
            let range = (range.start as usize).checked_sub(shift)?..range.end as usize - shift;
            if !of_rule(&range) {
                continue;
            }
            match &expr.kind {
                ExprKind::Name(name) => {
                    let name = ast.names.resolve(*name);
                    let Some((_, path)) = imports.iter().find(|(own, _)| own == name) else {
                        continue;
                    };
                    let spelled = self.spelling(path)?;
                    patches.extend(spelled.import);
                    changes.push((range, spelled.name));
                }
                ExprKind::Str(_) => {
                    changes.extend(requoted(&text[range.clone()], self.quote).map(|t| (range, t)));
                }
                _ => {}
            }
        }
        changes.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
        for (range, new) in changes {
            text.replace_range(range, &new);
        }
        patches.sort_by(|a: &Patch, b| (a.at.start, &a.text).cmp(&(b.at.start, &b.text)));
        patches.dedup();
        Some(Rendered { text, imports: patches })
    }

    /// The text of a snippet, and the ranges of it that stem from the rule.
    fn assemble(&self, snippet: &[Piece], file: FileId) -> Option<(String, Vec<Range>)> {
        let mut text = String::new();
        let mut own = Vec::new();
        for (index, piece) in snippet.iter().enumerate() {
            match piece {
                Piece::Text(code) => {
                    own.push(text.len()..text.len() + code.len());
                    text.push_str(code);
                }
                Piece::Source(node) => {
                    let expr = self.part(node, file)?;
                    let next = match snippet.get(index + 1) {
                        Some(Piece::Text(code)) => code.chars().next(),
                        _ => None,
                    };
                    let loose = stands_alone(&text, next);
                    if self.binds_well(expr, loose) {
                        text.push_str(self.source(expr));
                    } else {
                        text.push('(');
                        text.push_str(self.source(expr));
                        text.push(')');
                    }
                }
            }
        }
        Some((text, own))
    }

    /// Whether the code of an expression stays one expression where it is put: `loose` between
    /// brackets and commas, else as an operand or object.
    fn binds_well(&self, expr: ExprId, loose: bool) -> bool {
        let source = self.source(expr);
        match self.kind(expr) {
            ExprKind::Name(_)
            | ExprKind::Attr { .. }
            | ExprKind::Subscript { .. }
            | ExprKind::Call { .. }
            | ExprKind::List(_)
            | ExprKind::Dict(_)
            | ExprKind::Set(_)
            | ExprKind::FString(_)
            | ExprKind::Bytes(_)
            | ExprKind::Str(_) => !source.contains('\n') || loose || is_bracketed(source),
            ExprKind::Tuple(_) => source.starts_with('('),
            ExprKind::Named { .. } | ExprKind::Yield(_) | ExprKind::YieldFrom(_) => false,
            _ => loose,
        }
    }
}

/// Whether what comes behind `before` and in front of `next` is an argument or item of its own.
fn stands_alone(before: &str, next: Option<char>) -> bool {
    let opens = before.is_empty() || before.trim_end().ends_with(['(', '[', ',', '=']);
    opens && next.is_none_or(|c| ",)]".contains(c))
}

fn is_bracketed(source: &str) -> bool {
    source.ends_with([')', ']', '}'])
}

/// The code as it parses: an expression may run over several lines between brackets.
fn enclosed(text: &str, is_statement: bool) -> String {
    if is_statement { text.to_owned() } else { format!("({text})") }
}

/// A plain string with the quotes of the file; none when it has them, or needs its own.
fn requoted(literal: &str, quote: char) -> Option<String> {
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    let plain = !inner.contains(['"', '\'', '\\', '\n']);
    (quote != '"' && plain).then(|| format!("{quote}{inner}{quote}"))
}

/// Whether code is one expression.
pub(super) fn is_expression(ast: &Ast, range: &Range) -> bool {
    ast.exprs.iter().any(|expr| {
        let own = ast.range(expr.span);
        (own.start as usize, own.end as usize) == (range.start, range.end)
    })
}
