//! `type X = …`, and what the grammar mistakes for it.

use super::Lower;
use super::kind::Kind;
use crate::base::Span;
use crate::syntax::ast::{Arg, ArgKind, ExprId, ExprKind, Ident, StmtKind};

impl Lower<'_> {
    /// `type Name[T] = value`
    ///
    /// The grammar also reads `type(a).b = c` and `type[a] = b` this way, which are assignments.
    pub(super) fn type_alias(&mut self) -> StmtKind {
        let span = self.span();
        let mut word = self.node;
        let (mut name, mut target, mut value) = (None, None, None);
        let mut after_equal = false;
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::TypeToken => word = self.node,
                Kind::Equal => after_equal = true,
                kind if kind.is_value() && after_equal => value = Some(self.expr()),
                kind if kind.is_value() => {
                    let start = self.node.start_byte();
                    if matches!(self.text.as_bytes().get(start), Some(b'(' | b'[')) {
                        self.type_call = Some((word, start));
                        target = Some(self.target_on_type(start));
                    } else {
                        name = self.alias_name();
                    }
                }
                _ => {}
            }
            more = self.advance();
        }
        let value = self.or_unread(value, span);
        if let Some(target) = target {
            return StmtKind::Assign { targets: vec![target], value };
        }
        let name = name.unwrap_or_else(|| self.no_ident(span));
        StmtKind::TypeAlias { name, value }
    }

    /// The first identifier of `Name` or `Name[T]`.
    fn alias_name(&mut self) -> Option<Ident> {
        let mut name = None;
        let mut levels = 0_u32;
        while self.enter_value() {
            levels += 1;
            if self.kind == Kind::Identifier {
                name = Some(self.ident());
                break;
            }
        }
        for _ in 0..levels {
            self.leave();
        }
        name
    }

    /// The target that begins with the word `type` and goes on at `start`.
    fn target_on_type(&mut self, start: usize) -> ExprId {
        let mark = self.exprs.len();
        let word = self.type_call.map_or(start, |(word, _)| word.start_byte()) as u32 - self.base;
        let start = start as u32 - self.base;
        let target = self.expr();
        self.type_call = None;
        for expr in &mut self.exprs[mark..] {
            if expr.span.start == start {
                expr.span.start = word;
            }
        }
        target
    }

    /// `type(a)` or `type[a]`, if the node is the bracket after the word `type`.
    pub(super) fn type_application(&mut self) -> Option<ExprId> {
        let (word, start) = self.type_call?;
        let is_bracket = matches!(
            self.kind,
            Kind::ParenthesizedExpression | Kind::Tuple | Kind::List | Kind::GeneratorExpression
        );
        if !is_bracket || self.node.start_byte() != start {
            return None;
        }
        self.type_call = None;
        let span = self.span_between(word.start_byte(), self.node.end_byte());
        let name = self.names.intern(self.slice(word.start_byte(), word.end_byte()));
        let func =
            self.push(ExprKind::Name(name), self.span_between(word.start_byte(), word.end_byte()));
        if self.kind == Kind::List {
            let index = if self.enter() { self.indices(span) } else { self.unread_expr(span) };
            return Some(self.push(ExprKind::Subscript { value: func, index }, span));
        }
        let args = if self.kind == Kind::GeneratorExpression {
            vec![self.only_argument(span)]
        } else {
            self.arguments()
        };
        Some(self.push(ExprKind::Call { func, args }, span))
    }

    fn only_argument(&mut self, span: Span) -> Arg {
        Arg { kind: ArgKind::Positional, value: self.expr(), span }
    }
}
