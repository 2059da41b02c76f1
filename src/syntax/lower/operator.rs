//! Operators: chains, comparisons, prefixes.

use tree_sitter::Node;

use super::Lower;
use super::kind::Kind;
use crate::base::Span;
use crate::syntax::ast::{BinOp, BoolOp, CmpOp, Expr, ExprId, ExprKind, MAX_DEPTH, UnaryOp};

impl Lower<'_> {
    /// The operator of a binary or boolean operation.
    fn operator_of(&self, node: Node<'_>) -> Kind {
        node.child_by_field_id(self.grammar.operator)
            .map_or(Kind::Other, |operator| self.grammar.kind(operator.kind_id()))
    }

    /// `a + b + c`: goes down the left side as far as the operator stays the same.
    pub(super) fn binary_operator(&mut self) -> ExprId {
        let span = self.span();
        let operator = self.operator_of(self.node);
        let Some(op) = binary_op(operator) else { return self.foreign() };
        if op == BinOp::BitAnd {
            return self.bitwise_and(operator, span);
        }
        // `**` binds to the right, so what stands on its left is in parentheses.
        let flat = op != BinOp::Pow;
        let operands = self.left_chain(Some(op).filter(|_| flat), |lower| {
            flat && lower.kind == Kind::BinaryOperator && lower.operator_of(lower.node) == operator
        });
        self.chain(op, operands, span)
    }

    /// `a & b`
    ///
    /// The grammar binds `^` tighter than `&`, Python the other way round: `a ^ b & c ^ d` gets
    /// here as `&` with two operands and is `^` with three.
    fn bitwise_and(&mut self, operator: Kind, span: Span) -> ExprId {
        let mut terms = vec![Vec::new()];
        let mut levels = 0_u32;
        while self.enter_value() {
            levels += 1;
            if self.kind != Kind::BinaryOperator || self.operator_of(self.node) != operator {
                self.and_operand(&mut terms);
                break;
            }
        }
        for _ in 0..levels {
            while self.advance() {
                if self.kind.is_value() {
                    self.and_operand(&mut terms);
                }
            }
        }
        if terms.len() == 1 {
            let only = terms.pop().unwrap_or_default();
            return self.chain(BinOp::BitAnd, only, span);
        }
        let operands = terms.into_iter().map(|term| self.and_term(term)).collect();
        self.chain(BinOp::BitXor, operands, span)
    }

    /// Adds an operand of `&` to the last term; one with `^` ends that term and begins others.
    fn and_operand(&mut self, terms: &mut Vec<Vec<ExprId>>) {
        let is_xor =
            self.kind == Kind::BinaryOperator && self.operator_of(self.node) == Kind::Caret;
        let parts = if is_xor && self.depth < MAX_DEPTH {
            self.left_chain(Some(BinOp::BitXor), |lower| {
                lower.kind == Kind::BinaryOperator && lower.operator_of(lower.node) == Kind::Caret
            })
        } else {
            self.left_end(Some(BinOp::BitAnd).filter(|_| terms.len() == 1 && terms[0].is_empty()))
        };
        for (index, &part) in parts.iter().enumerate() {
            if is_xor && index > 0 {
                terms.push(Vec::new());
            }
            if let Some(term) = terms.last_mut() {
                term.push(part);
            }
        }
    }

    /// One operand, or several with `&` between them.
    fn and_term(&mut self, operands: Vec<ExprId>) -> ExprId {
        match (operands.first(), operands.last()) {
            (Some(first), Some(last)) if first != last => {
                let place = self.exprs[first.0 as usize].span.to(self.exprs[last.0 as usize].span);
                self.chain(BinOp::BitAnd, operands, place)
            }
            (Some(&only), _) => only,
            (None, _) => self.unread_expr(self.span()),
        }
    }

    /// The operands below the node, in order, with those of left operands for which `flat` holds
    /// in their place.
    fn left_chain(&mut self, op: Option<BinOp>, flat: impl Fn(&Self) -> bool) -> Vec<ExprId> {
        let mut operands = Vec::new();
        let mut levels = 0_u32;
        while self.enter_value() {
            levels += 1;
            if !flat(self) {
                operands = self.left_end(op);
                break;
            }
        }
        for _ in 0..levels {
            while self.advance() {
                if self.kind.is_value() {
                    operands.push(self.expr());
                }
            }
        }
        operands
    }

    /// The leftmost operand. Parentheses around the left end of a chain make no difference, so a
    /// chain with the same operator there becomes its operands.
    fn left_end(&mut self, op: Option<BinOp>) -> Vec<ExprId> {
        let operand = self.expr();
        let dissolves = match self.exprs.last() {
            Some(Expr { kind: ExprKind::Chain { op: inner, .. }, .. }) => Some(*inner) == op,
            _ => false,
        };
        match self.exprs.pop_if(|_| dissolves) {
            Some(Expr { kind: ExprKind::Chain { operands, .. }, .. }) => operands,
            _ => vec![operand],
        }
    }

    /// At least two operands, made up if need be.
    fn two_or_more(&mut self, mut operands: Vec<ExprId>, span: Span) -> Vec<ExprId> {
        while operands.len() < 2 {
            operands.push(self.unread_expr(Span { start: span.end, ..span }));
        }
        operands
    }

    pub(super) fn chain(&mut self, op: BinOp, operands: Vec<ExprId>, span: Span) -> ExprId {
        let operands = self.two_or_more(operands, span);
        self.push(ExprKind::Chain { op, operands }, span)
    }

    /// `A | B | C` in an annotation, where the grammar mixes nodes of its own with operators and
    /// nests them either way.
    pub(super) fn union_type(&mut self) -> ExprId {
        let span = self.span();
        let mut operands = Vec::new();
        let mut more = self.enter();
        while more {
            if self.kind.is_value() {
                let in_parentheses =
                    self.text.as_bytes().get(self.node.start_byte()) == Some(&b'(');
                let op = Some(BinOp::BitOr).filter(|_| operands.is_empty() || !in_parentheses);
                operands.append(&mut self.left_end(op));
            }
            more = self.advance();
        }
        self.chain(BinOp::BitOr, operands, span)
    }

    /// `a and b and c`
    pub(super) fn boolean_operator(&mut self) -> ExprId {
        let span = self.span();
        let operator = self.operator_of(self.node);
        let op = if operator == Kind::And { BoolOp::And } else { BoolOp::Or };
        let operands = self.left_chain(None, |lower| {
            lower.kind == Kind::BooleanOperator && lower.operator_of(lower.node) == operator
        });
        let operands = self.two_or_more(operands, span);
        self.push(ExprKind::BoolChain { op, operands }, span)
    }

    /// `a < b <= c`
    pub(super) fn comparison_operator(&mut self) -> ExprId {
        let span = self.span();
        let mut first = None;
        let mut rest = Vec::new();
        let mut pending = None;
        let mut more = self.enter();
        while more {
            if self.kind.is_value() {
                let operand = self.expr();
                match pending.take() {
                    Some(op) => rest.push((op, operand)),
                    None => first = first.or(Some(operand)),
                }
            } else if let Some(op) = comparison_op(self.kind) {
                if self.kind == Kind::LessGreater {
                    self.note_error(self.node);
                }
                pending = Some(op);
            }
            more = self.advance();
        }
        let first = self.or_unread(first, span);
        self.push(ExprKind::Compare { first, rest }, span)
    }

    /// `-a`, `not a`
    pub(super) fn unary_operator(&mut self) -> ExprId {
        let span = self.span();
        let mut op = UnaryOp::Not;
        let mut operand = None;
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Minus => op = UnaryOp::Neg,
                Kind::Plus => op = UnaryOp::Pos,
                Kind::Tilde => op = UnaryOp::Invert,
                kind if kind.is_value() => operand = Some(self.expr()),
                _ => {}
            }
            more = self.advance();
        }
        let operand = self.or_unread(operand, span);
        self.push(ExprKind::Unary { op, operand }, span)
    }
}

/// The operator that a token is, alone or before `=`.
pub(super) fn binary_op(token: Kind) -> Option<BinOp> {
    Some(match token {
        Kind::Plus | Kind::PlusEqual => BinOp::Add,
        Kind::Minus | Kind::MinusEqual => BinOp::Sub,
        Kind::Star | Kind::StarEqual => BinOp::Mul,
        Kind::Slash | Kind::SlashEqual => BinOp::Div,
        Kind::DoubleSlash | Kind::DoubleSlashEqual => BinOp::FloorDiv,
        Kind::Percent | Kind::PercentEqual => BinOp::Mod,
        Kind::DoubleStar | Kind::DoubleStarEqual => BinOp::Pow,
        Kind::At | Kind::AtEqual => BinOp::MatMul,
        Kind::LeftShift | Kind::LeftShiftEqual => BinOp::LShift,
        Kind::RightShift | Kind::RightShiftEqual => BinOp::RShift,
        Kind::Ampersand | Kind::AmpersandEqual => BinOp::BitAnd,
        Kind::Bar | Kind::BarEqual => BinOp::BitOr,
        Kind::Caret | Kind::CaretEqual => BinOp::BitXor,
        _ => return None,
    })
}

fn comparison_op(token: Kind) -> Option<CmpOp> {
    Some(match token {
        Kind::EqualEqual => CmpOp::Eq,
        Kind::NotEqual | Kind::LessGreater => CmpOp::NotEq,
        Kind::Less => CmpOp::Lt,
        Kind::LessEqual => CmpOp::LtE,
        Kind::Greater => CmpOp::Gt,
        Kind::GreaterEqual => CmpOp::GtE,
        Kind::Is => CmpOp::Is,
        Kind::IsNot => CmpOp::IsNot,
        Kind::In => CmpOp::In,
        Kind::NotIn => CmpOp::NotIn,
        _ => return None,
    })
}
