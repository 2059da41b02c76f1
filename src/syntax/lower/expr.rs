//! Expressions: the dispatch, names, operators and the forms with a fixed number of parts.

use super::Lower;
use super::kind::Kind;
use crate::base::Span;
use crate::syntax::ast::{BinOp, CompKind, ExprId, ExprKind, Ident, MAX_DEPTH};
use crate::syntax::literal;

impl Lower<'_> {
    /// The node as an expression.
    pub(super) fn expr(&mut self) -> ExprId {
        if self.depth >= MAX_DEPTH {
            return self.cut_expr();
        }
        self.depth += 1;
        let expr = self.expr_here();
        self.depth -= 1;
        expr
    }

    /// Passes over an expression that is nested too deep.
    pub(super) fn cut_expr(&mut self) -> ExprId {
        let span = self.span();
        self.note_cut();
        self.sweep();
        self.unread_expr(span)
    }

    /// The node as an expression of the current depth.
    fn expr_here(&mut self) -> ExprId {
        if self.type_call.is_some()
            && let Some(call) = self.type_application()
        {
            return call;
        }
        match self.kind {
            Kind::Identifier => {
                let name = self.symbol();
                self.leaf(ExprKind::Name(name))
            }
            Kind::Integer => self.leaf(literal::integer(self.node_text())),
            Kind::Float => self.leaf(literal::float(self.node_text())),
            Kind::True => self.leaf(ExprKind::Bool(true)),
            Kind::False => self.leaf(ExprKind::Bool(false)),
            Kind::None => self.leaf(ExprKind::None),
            Kind::Ellipsis => self.leaf(ExprKind::Ellipsis),
            Kind::MissingValue => self.leaf(ExprKind::Error),
            Kind::String | Kind::ConcatenatedString => self.strings(),
            Kind::ParenthesizedExpression | Kind::Type | Kind::AsPatternTarget => self.wrapped(),
            Kind::Attribute
            | Kind::Call
            | Kind::Subscript
            | Kind::BinaryOperator
            | Kind::BooleanOperator
            | Kind::ComparisonOperator
            | Kind::ConditionalExpression => {
                if self.begins_with_star() {
                    self.behind_star()
                } else {
                    self.operation()
                }
            }
            _ => self.other_expr(),
        }
    }

    /// The forms that begin with another expression.
    fn operation(&mut self) -> ExprId {
        match self.kind {
            Kind::Attribute => self.attribute(),
            Kind::Call => self.call(),
            Kind::Subscript => self.subscript(),
            Kind::BinaryOperator => self.binary_operator(),
            Kind::BooleanOperator => self.boolean_operator(),
            Kind::ComparisonOperator => self.comparison_operator(),
            _ => self.conditional_expression(),
        }
    }

    /// Whether the grammar took `*a.b` for `(*a).b`, as it does outside of brackets.
    fn begins_with_star(&self) -> bool {
        !self.star_taken && self.text.as_bytes().get(self.node.start_byte()) == Some(&b'*')
    }

    /// `*a.b` as Python reads it: the star applies to all that follows.
    fn behind_star(&mut self) -> ExprId {
        let span = self.span();
        let rest = self.node_text().strip_prefix('*').unwrap_or_default();
        let space = rest.len() - rest.trim_start().len();
        let mark = self.exprs.len();
        self.star_taken = true;
        let value = self.operation();
        self.star_taken = false;
        for expr in &mut self.exprs[mark..] {
            if expr.span.start == span.start {
                expr.span.start += 1 + space as u32;
            }
        }
        self.push(ExprKind::Starred(value), span)
    }

    /// The less frequent part of the dispatch.
    fn other_expr(&mut self) -> ExprId {
        match self.kind {
            Kind::MemberType => self.attribute(),
            Kind::GenericType => self.generic_type(),
            Kind::UnionType => self.union_type(),
            Kind::ComplexPattern => self.complex_pattern(),
            Kind::UnaryOperator | Kind::NotOperator => self.unary_operator(),
            Kind::NamedExpression => self.named_expression(),
            Kind::Lambda => self.lambda(),
            Kind::Await => self.await_expression(),
            Kind::Yield => self.yield_expression(),
            Kind::ListSplat | Kind::ListSplatPattern | Kind::SplatType => self.starred(),
            _ => self.display(),
        }
    }

    /// Everything in brackets, and what no expression may be.
    fn display(&mut self) -> ExprId {
        match self.kind {
            Kind::Tuple | Kind::ExpressionList | Kind::PatternList => {
                self.elements(ExprKind::Tuple)
            }
            Kind::TuplePattern => self.tuple_pattern(),
            Kind::List | Kind::ListPattern => self.elements(ExprKind::List),
            Kind::Set => self.elements(ExprKind::Set),
            Kind::Dictionary => self.dictionary(),
            Kind::ListComprehension => self.comprehension(CompKind::List),
            Kind::SetComprehension => self.comprehension(CompKind::Set),
            Kind::DictionaryComprehension => self.comprehension(CompKind::Dict),
            Kind::GeneratorExpression => self.comprehension(CompKind::Generator),
            // Only a slice can stand there in an annotation: type parameters are not lowered.
            Kind::Slice | Kind::ConstrainedType => self.slice_expression(),
            Kind::AsPattern => self.misplaced(),
            _ => self.foreign(),
        }
    }

    fn leaf(&mut self, kind: ExprKind) -> ExprId {
        let span = self.span();
        self.push(kind, span)
    }

    /// A node that is no expression, where one should be.
    pub(super) fn foreign(&mut self) -> ExprId {
        let span = self.span();
        self.note_error(self.node);
        self.sweep();
        self.unread_expr(span)
    }

    /// `a as b` outside of `with` and `except`: `a`.
    fn misplaced(&mut self) -> ExprId {
        self.note_error(self.node);
        self.first_value()
    }

    /// The first value below the node, which only wraps it.
    pub(super) fn first_value(&mut self) -> ExprId {
        let span = self.span();
        let mut value = None;
        let mut more = self.enter();
        while more {
            if self.kind.is_value() && value.is_none() {
                value = Some(self.expr());
            } else {
                self.sweep();
            }
            more = self.advance();
        }
        self.or_unread(value, span)
    }

    /// `(a)`, and other nodes that only wrap a value. As many as there are, without recursion.
    fn wrapped(&mut self) -> ExprId {
        let outer = self.span();
        let mut levels = 0_u32;
        let mut value = None;
        while self.enter_value() {
            levels += 1;
            if !matches!(
                self.kind,
                Kind::ParenthesizedExpression | Kind::Type | Kind::AsPatternTarget
            ) {
                value = Some(self.expr_here());
                break;
            }
        }
        for _ in 0..levels {
            self.leave();
        }
        self.or_unread(value, outer)
    }

    /// Moves to the first child that is a value; false, and no move, when there is none.
    pub(super) fn enter_value(&mut self) -> bool {
        let mut more = self.enter();
        while more && !self.kind.is_value() {
            self.sweep();
            more = self.advance();
        }
        more
    }

    /// `value.attr`
    fn attribute(&mut self) -> ExprId {
        let span = self.span();
        let (mut value, mut attr) = (None, None);
        let mut more = self.enter();
        while more {
            match self.kind {
                kind if kind.is_value() && value.is_none() => value = Some(self.expr()),
                Kind::Identifier => attr = Some(self.ident()),
                _ => {}
            }
            more = self.advance();
        }
        let value = self.or_unread(value, span);
        let Some(attr) = attr else { return self.unread_expr(span) };
        self.push(ExprKind::Attr { value, attr }, span)
    }

    // ---- fixed forms ----

    /// `then if test else orelse`
    ///
    /// The grammar reads `a := b if c else d` as `(a := b) if c else d`, which Python does not.
    fn conditional_expression(&mut self) -> ExprId {
        let span = self.span();
        let mut named = None;
        let mut parts = [None; 3];
        let mut filled = 0;
        let mut more = self.enter();
        while more {
            if self.kind == Kind::NamedExpression && filled == 0 {
                (named, parts[0]) = self.target_and_value();
                filled = 1;
            } else if self.kind.is_value() && filled < parts.len() {
                parts[filled] = Some(self.expr());
                filled += 1;
            }
            more = self.advance();
        }
        let [then, test, orelse] = parts.map(|part| self.or_unread(part, span));
        let kind = ExprKind::IfExp { test, then, orelse };
        let Some(target) = named else { return self.push(kind, span) };
        let start = self.exprs[then.0 as usize].span.start;
        let value = self.push(kind, Span { start, ..span });
        self.push(ExprKind::Named { target, value }, span)
    }

    /// The parts of `target := value`.
    fn target_and_value(&mut self) -> (Option<Ident>, Option<ExprId>) {
        let (mut target, mut value) = (None, None);
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Identifier if target.is_none() => target = Some(self.ident()),
                kind if kind.is_value() => value = Some(self.expr()),
                _ => {}
            }
            more = self.advance();
        }
        (target, value)
    }

    /// `target := value`
    fn named_expression(&mut self) -> ExprId {
        let span = self.span();
        let (target, value) = self.target_and_value();
        let value = self.or_unread(value, span);
        let Some(target) = target else { return self.unread_expr(span) };
        self.push(ExprKind::Named { target, value }, span)
    }

    /// `lambda params: body`
    fn lambda(&mut self) -> ExprId {
        let span = self.span();
        let mut params = Default::default();
        let mut body = None;
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::LambdaParameters => params = self.parameters(),
                kind if kind.is_value() => body = Some(self.expr()),
                _ => {}
            }
            more = self.advance();
        }
        let body = self.or_unread(body, span);
        self.push(ExprKind::Lambda { params, body }, span)
    }

    /// `await value`
    ///
    /// The grammar reads `await a ** b` as `await (a ** b)`, Python as `(await a) ** b`.
    fn await_expression(&mut self) -> ExprId {
        let span = self.span();
        if !self.enter_value() {
            return self.unread_expr(span);
        }
        if self.kind != Kind::BinaryOperator {
            let value = self.expr();
            self.leave();
            return self.push(ExprKind::Await(value), span);
        }
        let mut operands = Vec::new();
        let mut more = self.enter();
        while more {
            if self.kind.is_value() {
                let operand = self.expr();
                operands.push(operand);
                if operands.len() == 1 {
                    let end = self.exprs[operand.0 as usize].span.end;
                    operands[0] = self.push(ExprKind::Await(operand), Span { end, ..span });
                }
            }
            more = self.advance();
        }
        self.leave();
        self.chain(BinOp::Pow, operands, span)
    }

    /// `yield`, `yield value`, `yield from value`
    fn yield_expression(&mut self) -> ExprId {
        let span = self.span();
        let mut from = false;
        let mut value = None;
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::FromToken => from = true,
                kind if kind.is_value() => value = Some(self.expr()),
                _ => {}
            }
            more = self.advance();
        }
        if !from {
            return self.push(ExprKind::Yield(value), span);
        }
        let value = self.or_unread(value, span);
        self.push(ExprKind::YieldFrom(value), span)
    }

    /// `*value`
    fn starred(&mut self) -> ExprId {
        if std::mem::take(&mut self.star_taken) {
            return self.first_value();
        }
        let span = self.span();
        let value = self.first_value();
        self.push(ExprKind::Starred(value), span)
    }
}
