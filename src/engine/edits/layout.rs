//! Changes of what stands in brackets: arguments, items and entries, as they are laid out.

use super::code::{Code, Range};
use crate::syntax::ast::{ExprId, ExprKind};

/// A change of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Patch {
    /// What goes away.
    pub at: Range,
    /// What stands there afterwards.
    pub text: String,
}

impl Patch {
    pub fn insert(at: usize, text: String) -> Self {
        Self { at: at..at, text }
    }
}

/// The parts of what stands in brackets, and where the closing bracket is.
pub(super) struct Bracketed {
    pub parts: Vec<Range>,
    pub open: usize,
    pub close: usize,
}

impl Code<'_> {
    /// The arguments of a call, entries of a dict, or items of a list, tuple or set.
    pub fn bracketed(&self, id: ExprId) -> Option<Bracketed> {
        let range = self.expr_range(id);
        let (open, parts) = match self.kind(id) {
            ExprKind::Call { func, args } => {
                let open = self.skip(self.expr_range(*func).end, range.end, &[')']);
                (open, args.iter().map(|arg| self.range(arg.span)).collect())
            }
            ExprKind::Dict(entries) => {
                let entries = entries.iter().map(|(key, value)| {
                    let value = self.expr_range(*value);
                    let start = match key {
                        Some(key) => self.expr_range(*key).start,
                        None => self.text[..value.start].rfind("**").unwrap_or(value.start),
                    };
                    start..value.end
                });
                (range.start, entries.collect::<Vec<_>>())
            }
            ExprKind::List(items) | ExprKind::Set(items) | ExprKind::Tuple(items) => {
                (range.start, items.iter().map(|item| self.expr_range(*item)).collect())
            }
            _ => return None,
        };
        let bracket = |at: usize, brackets: &[u8]| {
            self.text.as_bytes().get(at).is_some_and(|byte| brackets.contains(byte))
        };
        let close = range.end.checked_sub(1)?;
        let is_bracketed = bracket(open, b"([{") && bracket(close, b")]}") && open < close;
        is_bracketed.then_some(Bracketed { parts, open, close })
    }

    /// The first place from `at` on, before `end`, that is neither white space nor comment nor
    /// one of `also`.
    fn skip(&self, mut at: usize, end: usize, also: &[char]) -> usize {
        while let Some(c) = self.text[at..end].chars().next() {
            match c {
                '#' => at = self.line_end(at).min(end),
                c if c.is_whitespace() || c == '\\' || also.contains(&c) => at += c.len_utf8(),
                _ => break,
            }
        }
        at
    }

    /// The comma behind a part, if there is one.
    fn comma_after(&self, part: &Range, close: usize) -> Option<usize> {
        let at = self.skip(part.end, close, &[')']);
        (at < close && self.text[at..].starts_with(',')).then_some(at)
    }

    /// Appends a part as the others are laid out: on a line of its own if the last one has its
    /// own, with a comma behind it if the last one has one.
    pub fn append(&self, brackets: &Bracketed, part: &str) -> Option<Vec<Patch>> {
        let Some(last) = brackets.parts.last() else {
            let inner = &self.text[brackets.open + 1..brackets.close];
            let at = brackets.open + 1..brackets.close;
            return inner.trim().is_empty().then(|| vec![Patch { at, text: part.to_owned() }]);
        };
        let comma = self.comma_after(last, brackets.close);
        // Parentheses around the last part belong to it.
        let end = match comma {
            Some(comma) => comma + 1,
            None => self.end_of(last, brackets.close),
        };
        let own_line = self.indent(last.start).filter(|_| self.line_start(last.start) > 0);
        match own_line.filter(|_| brackets.open < self.line_start(last.start)) {
            Some(indent) => {
                let line_end = self.line_end(end).min(brackets.close);
                let rest = self.text[end..line_end].trim_start();
                // A comment behind the last part stays with it.
                let at = if rest.starts_with('#') { self.line_end(end) } else { end };
                let comma_too = if comma.is_some() { "," } else { "" };
                let line = format!("{}{indent}{part}{comma_too}", self.line_break);
                Some(match comma {
                    Some(_) => vec![Patch::insert(at, line)],
                    None if at == end => vec![Patch::insert(at, format!(",{line}"))],
                    None => vec![Patch::insert(end, ",".to_owned()), Patch::insert(at, line)],
                })
            }
            None if comma.is_some() => Some(vec![Patch::insert(end, format!(" {part},"))]),
            None => Some(vec![Patch::insert(end, format!(", {part}"))]),
        }
    }

    /// Where a part ends, closing parentheses around it included.
    fn end_of(&self, part: &Range, close: usize) -> usize {
        let mut end = part.end;
        loop {
            let next = self.skip(end, close, &[]);
            if next < close && self.text[next..].starts_with(')') {
                end = next + 1;
            } else {
                return end;
            }
        }
    }

    /// Drops a part: with its lines if it has them for itself, else with one comma.
    pub fn remove(&self, brackets: &Bracketed, index: usize) -> Option<Patch> {
        let part = brackets.parts.get(index)?;
        let comma = self.comma_after(part, brackets.close);
        let end = comma.map_or_else(|| self.end_of(part, brackets.close), |comma| comma + 1);
        let line_end = self.line_end(end);
        let rest = self.text[end..line_end].trim_start();
        let alone = self.indent(part.start).is_some()
            && brackets.open < self.line_start(part.start)
            && line_end < brackets.close
            && (rest.is_empty() || rest.starts_with('#'));
        if alone {
            let at = self.line_start(part.start)..self.next_line(end);
            return Some(Patch { at, text: String::new() });
        }
        let at = match (brackets.parts.get(index + 1), index.checked_sub(1)) {
            (Some(next), _) => part.start..next.start,
            (None, Some(before)) => self.end_of(&brackets.parts[before], part.start)..end,
            (None, None) => part.start..end,
        };
        Some(Patch { at, text: String::new() })
    }
}
