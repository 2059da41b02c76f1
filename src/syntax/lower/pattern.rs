//! `match`: cases and their patterns.

use super::Lower;
use super::kind::Kind;
use crate::base::Span;
use crate::syntax::ast::{BinOp, ExprId, ExprKind, Ident, MAX_DEPTH, MatchCase, StmtKind, UnaryOp};

/// What a pattern compares with and binds.
#[derive(Default)]
struct Pattern {
    values: Vec<ExprId>,
    captures: Vec<Ident>,
}

impl Lower<'_> {
    /// `match subject: case …: …`
    pub(super) fn match_statement(&mut self) -> StmtKind {
        let span = self.span();
        let mut subjects = Vec::new();
        let mut place: Option<Span> = None;
        let mut is_tuple = false;
        let mut cases = Vec::new();
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Block => cases = self.match_block(),
                Kind::Comma => {
                    is_tuple = true;
                    place = place.map(|place| place.to(self.span()));
                }
                kind if kind.is_value() => {
                    is_tuple |= matches!(kind, Kind::ListSplat | Kind::ListSplatPattern);
                    place = Some(place.map_or(self.span(), |place| place.to(self.span())));
                    subjects.push(self.expr());
                }
                _ => {}
            }
            more = self.advance();
        }
        let subject = match subjects.as_slice() {
            [] => self.or_unread(None, span),
            &[only] if !is_tuple => only,
            _ => self.push(ExprKind::Tuple(subjects), place.unwrap_or(span)),
        };
        StmtKind::Match { subject, cases }
    }

    fn match_block(&mut self) -> Vec<MatchCase> {
        let mut cases = Vec::new();
        let mut more = self.enter();
        while more {
            if self.kind == Kind::CaseClause {
                cases.push(self.case_clause());
            }
            more = self.advance();
        }
        cases
    }

    /// `case pattern if guard: body`
    fn case_clause(&mut self) -> MatchCase {
        let mut pattern = Pattern::default();
        let (mut count, mut commas) = (0, 0);
        let mut irrefutable = false;
        let mut guard = None;
        let mut body = Vec::new();
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Comma => commas += 1,
                Kind::CasePattern => {
                    irrefutable = self.pattern(&mut pattern);
                    count += 1;
                }
                Kind::IfClause => guard = Some(self.first_value()),
                Kind::Block => body = self.block(),
                _ => {}
            }
            more = self.advance();
        }
        // Several patterns, or one with a comma, match sequences only.
        let irrefutable = irrefutable && count == 1 && commas == 0;
        MatchCase { values: pattern.values, captures: pattern.captures, irrefutable, guard, body }
    }

    /// Adds what the pattern compares with and binds; returns whether it matches everything.
    fn pattern(&mut self, out: &mut Pattern) -> bool {
        if self.depth >= MAX_DEPTH {
            let cut = self.cut_expr();
            out.values.push(cut);
            return false;
        }
        self.depth += 1;
        let irrefutable = match self.kind {
            Kind::Underscore => true,
            Kind::DottedName => self.name_pattern(out),
            Kind::CasePattern | Kind::AsPattern => self.pattern_parts(out, 0).any,
            Kind::UnionPattern => self.pattern_parts(out, 0).any,
            Kind::TuplePattern => {
                let parts = self.pattern_parts(out, 0);
                parts.any && parts.count == 1 && parts.commas == 0
            }
            Kind::KeywordPattern => {
                self.pattern_parts(out, 1);
                false
            }
            Kind::ClassPattern => self.class_pattern(out),
            Kind::ListPattern | Kind::DictPattern | Kind::SplatPattern => {
                self.pattern_parts(out, 0);
                false
            }
            kind => {
                if kind.is_value() {
                    let value = self.expr();
                    out.values.push(value);
                }
                false
            }
        };
        self.depth -= 1;
        irrefutable
    }

    /// The patterns below the node, after the first `skip` identifiers (which are keywords).
    fn pattern_parts(&mut self, out: &mut Pattern, mut skip: u32) -> PatternParts {
        let mut parts = PatternParts::default();
        let mut minus = None;
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Comma => parts.commas += 1,
                Kind::Minus => minus = Some(self.span()),
                Kind::Identifier if skip > 0 => skip -= 1,
                Kind::Identifier => self.capture(out),
                Kind::Integer | Kind::Float => {
                    let value = self.number(minus.take());
                    out.values.push(value);
                    parts.count += 1;
                }
                kind if is_pattern(kind) => {
                    parts.any |= self.pattern(out);
                    parts.count += 1;
                }
                _ => {}
            }
            more = self.advance();
        }
        parts
    }

    /// `Class(…)`
    fn class_pattern(&mut self, out: &mut Pattern) -> bool {
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::DottedName => {
                    let class = self.dotted_value();
                    out.values.push(class);
                }
                Kind::CasePattern => {
                    self.pattern(out);
                }
                _ => {}
            }
            more = self.advance();
        }
        false
    }

    /// A name binds what it matches (or, as `_`, nothing), a dotted one is a value.
    fn name_pattern(&mut self, out: &mut Pattern) -> bool {
        if self.node_text().contains('.') {
            let value = self.dotted_value();
            out.values.push(value);
            return false;
        }
        if self.enter() {
            self.capture(out);
            self.leave();
        }
        true
    }

    fn capture(&mut self, out: &mut Pattern) {
        if self.node_text() != "_" {
            let name = self.ident();
            out.captures.push(name);
        }
    }

    /// `a.b.c` as a value
    fn dotted_value(&mut self) -> ExprId {
        let span = self.span();
        let mut value = None;
        let mut more = self.enter();
        while more {
            if self.kind == Kind::Identifier {
                let name = self.ident();
                value = Some(match value {
                    None => self.push(ExprKind::Name(name.name), name.span),
                    Some(value) => self.push(
                        ExprKind::Attr { value, attr: name },
                        Span { end: name.span.end, ..span },
                    ),
                });
            }
            more = self.advance();
        }
        self.or_unread(value, span)
    }

    /// A number, negative if there is a minus before it.
    fn number(&mut self, minus: Option<Span>) -> ExprId {
        let span = self.span();
        let operand = self.expr();
        match minus {
            Some(minus) => self.push(ExprKind::Unary { op: UnaryOp::Neg, operand }, minus.to(span)),
            None => operand,
        }
    }

    /// `-1 + 2j`
    pub(super) fn complex_pattern(&mut self) -> ExprId {
        let span = self.span();
        let mut operands: Vec<ExprId> = Vec::new();
        let mut op = BinOp::Add;
        let mut minus = None;
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Minus if operands.is_empty() => minus = Some(self.span()),
                Kind::Minus => op = BinOp::Sub,
                kind if kind.is_value() => {
                    let value = self.number(minus.take());
                    operands.push(value);
                }
                _ => {}
            }
            more = self.advance();
        }
        self.chain(op, operands, span)
    }
}

/// What the patterns directly below a node have in common.
#[derive(Default)]
struct PatternParts {
    count: u32,
    commas: u32,
    /// Whether one of them matches everything.
    any: bool,
}

fn is_pattern(kind: Kind) -> bool {
    kind.is_value()
        || matches!(
            kind,
            Kind::CasePattern
                | Kind::ClassPattern
                | Kind::UnionPattern
                | Kind::DictPattern
                | Kind::KeywordPattern
                | Kind::SplatPattern
                | Kind::DottedName
                | Kind::Underscore
        )
}
