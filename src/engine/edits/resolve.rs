//! From the way that leads to an expression to the expression in the file.

use super::code::{Code, Range};
use crate::base::{FileId, Loc};
use crate::finding::{Node, Replaced};
use crate::syntax::ast::{ExprId, ExprKind, StmtKind};

/// What an expression must be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Anything that may be replaced so.
    Old(Replaced),
    /// A call.
    Call,
    /// A dict display, or a call of `dict`.
    Dict,
    /// A display.
    Display,
}

/// An expression, and whether code other than the matched one may see its value.
#[derive(Clone, Copy)]
pub(super) struct Resolved {
    pub expr: ExprId,
    pub shared: bool,
}

impl Code<'_> {
    /// The expression that a node is, if it is what is wanted.
    pub fn resolve(&self, node: &Node, wanted: Wanted, subject: Loc) -> Option<Resolved> {
        let file = subject.file;
        let (start, end) = (subject.start as usize, subject.end as usize);
        let found = match node {
            Node::Given { written, made } => {
                let expr = self.value_at(own(*written, file)?)?;
                if self.is(expr, wanted) {
                    Resolved { expr, shared: false }
                } else {
                    let ExprKind::Name(name) = self.kind(expr) else { return None };
                    let expr = match made {
                        Some(made) => self.value_at(own(*made, file)?)?,
                        None => self.only_value(*name)?,
                    };
                    self.is(expr, wanted).then_some(Resolved { expr, shared: true })?
                }
            }
            Node::Operand(..) | Node::Receiver(_) => {
                let expr = self.part(node, file)?;
                self.is(expr, wanted).then_some(Resolved { expr, shared: false })?
            }
            Node::Item(container, index) => {
                let container = self.resolve(container, Wanted::Display, subject)?;
                let (ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items)) =
                    self.kind(container.expr)
                else {
                    return None;
                };
                // With `*more` among them the positions are others.
                let starred = |id: &ExprId| matches!(self.kind(*id), ExprKind::Starred(_));
                let expr = *items.get(*index).filter(|_| !items.iter().any(starred))?;
                self.is(expr, wanted).then_some(Resolved { expr, shared: container.shared })?
            }
            Node::Entry(container, key) => {
                let container = self.resolve(container, Wanted::Dict, subject)?;
                let expr = self.entry(container.expr, key)?;
                self.is(expr, wanted).then_some(Resolved { expr, shared: container.shared })?
            }
        };
        let range = self.expr_range(found.expr);
        if self.is_in_f_string(&range) {
            return None;
        }
        let inside = start <= range.start && range.end <= end;
        let shared = found.shared || (!inside && self.is_named(&range, start..end));
        Some(Resolved { shared, ..found })
    }

    /// An expression for its text, whatever it is.
    pub fn part(&self, node: &Node, file: FileId) -> Option<ExprId> {
        match node {
            Node::Given { written, .. } => self.value_at(own(*written, file)?),
            Node::Operand(loc, index) => {
                let expr = self.expr_at(&range_of(own(*loc, file)?))?;
                match self.kind(expr) {
                    ExprKind::Compare { first, rest } if rest.len() == 1 => {
                        [*first, rest[0].1].get(*index).copied()
                    }
                    ExprKind::BoolChain { operands, .. } | ExprKind::Chain { operands, .. }
                        if operands.len() == 2 =>
                    {
                        operands.get(*index).copied()
                    }
                    ExprKind::Unary { operand, .. } => (*index == 0).then_some(*operand),
                    _ => None,
                }
            }
            Node::Receiver(loc) => {
                let range = range_of(own(*loc, file)?);
                let called = self.expr_at(&range).and_then(|expr| Some(self.call(expr)?.0));
                match self.kind(called.or_else(|| self.target_at(&range))?) {
                    ExprKind::Attr { value, .. } | ExprKind::Subscript { value, .. } => {
                        Some(*value)
                    }
                    _ => None,
                }
            }
            Node::Item(..) | Node::Entry(..) => None,
        }
    }

    /// The one target of the assignment with this range.
    fn target_at(&self, range: &Range) -> Option<ExprId> {
        self.ast.stmts.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Assign { targets, .. } if self.range(stmt.span) == *range => {
                match targets.as_slice() {
                    [target] => Some(*target),
                    _ => None,
                }
            }
            _ => None,
        })
    }

    /// The value that a dict display or a call of `dict` has under a key.
    pub fn entry(&self, dict: ExprId, key: &str) -> Option<ExprId> {
        match self.kind(dict) {
            ExprKind::Dict(entries) => {
                let is_key = |id: ExprId| matches!(self.kind(id), ExprKind::Str(s) if **s == *key);
                let found = entries.iter().rev().find(|(own, _)| own.is_some_and(is_key));
                found.map(|(_, value)| *value)
            }
            ExprKind::Call { args, .. } => self.keyword(args, key),
            _ => None,
        }
    }

    fn is(&self, expr: ExprId, wanted: Wanted) -> bool {
        match wanted {
            Wanted::Old(Replaced::Matched) => true,
            Wanted::Old(Replaced::Literal) => self.is_literal(expr),
            Wanted::Old(Replaced::Name) => self.is_imported_name(expr) || self.is_literal(expr),
            Wanted::Call => self.call(expr).is_some(),
            Wanted::Dict => self.is_dict(expr),
            Wanted::Display => {
                matches!(self.kind(expr), ExprKind::List(_) | ExprKind::Tuple(_) | ExprKind::Set(_))
            }
        }
    }

    fn is_dict(&self, expr: ExprId) -> bool {
        match self.kind(expr) {
            ExprKind::Dict(_) => true,
            ExprKind::Call { func, .. } => {
                matches!(self.kind(*func), ExprKind::Name(name) if self.name(*name) == "dict")
                    && self.times_bound("dict") == 0
            }
            _ => false,
        }
    }

    /// Whether the value has a name, or leaves its function, so that others than `subject` may
    /// use it.
    fn is_named(&self, range: &Range, subject: Range) -> bool {
        if self.function_around(range) != self.function_around(&subject) {
            return true;
        }
        self.ast.stmts.iter().any(|stmt| match &stmt.kind {
            StmtKind::Assign { value, .. }
            | StmtKind::AnnAssign { value: Some(value), .. }
            | StmtKind::Return(Some(value)) => self.expr_range(*value) == *range,
            _ => false,
        })
    }
}

/// A place, if it is in the file.
fn own(loc: Loc, file: FileId) -> Option<Loc> {
    (loc.file == file).then_some(loc)
}

pub(super) fn range_of(loc: Loc) -> Range {
    loc.start as usize..loc.end as usize
}
