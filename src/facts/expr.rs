//! Expressions to terms, evaluating calls in Python's order.

use super::body::Body;
use super::ir::{Const, Element, Entry, Op, SeqKind, Term, TermId, Why};
use super::secret;
use crate::base::Span;
use crate::syntax::ast::{
    BoolOp, CmpOp, CompClause, CompKind, ExprId, ExprKind, FPart, Params, UnaryOp,
};

impl<'a> Body<'_, 'a> {
    /// Lowers an expression: its value, with everything it calls evaluated here.
    pub fn expr(&mut self, id: ExprId) -> TermId {
        let ast = self.file.ast;
        let span = ast.exprs[id].span;
        match &ast.exprs[id].kind {
            ExprKind::Name(name) => self.read(*name, span),
            ExprKind::Attr { value, attr } => {
                let value = self.expr(*value);
                self.add(Term::Attr(value, attr.name), span)
            }
            ExprKind::Subscript { value, index } => {
                let value = self.expr(*value);
                let index = self.expr(*index);
                self.add(Term::Item(value, index), span)
            }
            ExprKind::Slice { lower, upper, step } => {
                let parts = [*lower, *upper, *step].map(|part| part.map(|part| self.expr(part)));
                self.add(Term::Slice(parts), span)
            }
            ExprKind::Call { func, args } => self.call(*func, args, span),
            ExprKind::Chain { op, operands } => {
                let operands = self.exprs(operands);
                self.add(Term::Op(Op::Binary(*op), operands.into()), span)
            }
            ExprKind::Unary { op, operand } => self.unary(*op, *operand, span),
            ExprKind::BoolChain { op, operands } => self.bool_chain(*op, operands, span),
            ExprKind::Compare { first, rest } => self.compare(*first, rest, span),
            ExprKind::IfExp { test, then, orelse } => self.if_exp(*test, [*then, *orelse], span),
            ExprKind::Tuple(items) => self.display(SeqKind::Tuple, items, span),
            ExprKind::List(items) => self.display(SeqKind::List, items, span),
            ExprKind::Set(items) => self.display(SeqKind::Set, items, span),
            ExprKind::Dict(entries) => self.dict(entries, span),
            ExprKind::FString(parts) => self.fstring(parts, span),
            ExprKind::Starred(value) => self.expr(*value),
            _ => self.rare(id, span),
        }
    }

    /// An expression that is put somewhere: an argument, an element, an entry. A text written
    /// there is a term of its own, with its own place; elsewhere equal texts are one term, so
    /// that equal tests are.
    pub fn given(&mut self, id: ExprId) -> TermId {
        let expr = &self.file.ast.exprs[id];
        match &expr.kind {
            ExprKind::Str(text) => self.terms.add_own(secret::text_term(text), expr.span),
            ExprKind::Bytes(bytes) => self.terms.add_own(secret::bytes_term(bytes), expr.span),
            _ => self.expr(id),
        }
    }

    /// Constants, and the expressions that are seldom nested.
    fn rare(&mut self, id: ExprId, span: Span) -> TermId {
        let ast = self.file.ast;
        match &ast.exprs[id].kind {
            ExprKind::Lambda { params, .. } => self.lambda(id, params, span),
            ExprKind::Comp { kind, key, elt, clauses } => {
                self.comp(*kind, (*key, *elt), clauses, span)
            }
            ExprKind::Await(value) => {
                let value = self.expr(*value);
                self.evaluated(Term::Await(value), span)
            }
            ExprKind::Yield(value) => {
                let value = value.map(|value| self.expr(value));
                self.evaluated(Term::Yield(value), span)
            }
            ExprKind::YieldFrom(value) => {
                let value = self.expr(*value);
                self.evaluated(Term::YieldFrom(value), span)
            }
            ExprKind::Named { target, value } => {
                let value = self.expr(*value);
                self.bind(target.name, value, span);
                value
            }
            ExprKind::None => self.constant(Const::None, span),
            ExprKind::Bool(value) => self.constant(Const::Bool(*value), span),
            ExprKind::Ellipsis => self.constant(Const::Ellipsis, span),
            ExprKind::Int(value) => self.constant(Const::Int(*value), span),
            ExprKind::BigInt(text) => self.constant(Const::BigInt(text.clone()), span),
            ExprKind::Float(value) => self.constant(Const::Float(*value), span),
            ExprKind::Str(text) => self.add(secret::text_term(text), span),
            ExprKind::Bytes(bytes) => self.add(secret::bytes_term(bytes), span),
            ExprKind::Imaginary(_) => self.unknown(Why::Construct, span),
            _ => self.unknown(Why::Syntax, span),
        }
    }

    fn exprs(&mut self, ids: &'a [ExprId]) -> Vec<TermId> {
        ids.iter().map(|&id| self.expr(id)).collect()
    }

    fn has_effect(&self, id: ExprId) -> bool {
        self.file.scopes.effects[usize::from(id)]
    }

    fn unary(&mut self, op: UnaryOp, operand: ExprId, span: Span) -> TermId {
        let value = self.expr(operand);
        if op == UnaryOp::Neg
            && let Some(negative) = negative(self.terms.get(value))
        {
            return self.constant(negative, span);
        }
        self.add(Term::Op(Op::Unary(op), [value].into()), span)
    }

    /// `a and b`: later operands are evaluated only if the earlier ones let them.
    fn bool_chain(&mut self, op: BoolOp, operands: &'a [ExprId], span: Span) -> TermId {
        let ast = self.file.ast;
        let base = self.env.mark();
        let mut terms: Vec<TermId> = Vec::with_capacity(operands.len());
        let mut arms = Vec::new();
        let mut guard = None;
        let go_on = op == BoolOp::And;
        for &operand in operands {
            if let Some(&before) = terms.last()
                && self.has_effect(operand)
            {
                let (then, other) = self.branch(before, ast.exprs[operand].span);
                let (next, skip) = if go_on { (then, other) } else { (other, then) };
                let reachable = self.reachable;
                self.enter(skip);
                arms.push(self.close_arm(base, Self::guard(before, !go_on), true));
                self.reachable = reachable;
                self.enter(next);
                guard = Self::guard(before, go_on);
            }
            terms.push(self.expr(operand));
        }
        if !arms.is_empty() {
            let changed = self.env.changed(base).collect();
            arms.push(self.close_arm(base, guard, true));
            self.env.undo(base);
            self.join(arms, |_| changed, span);
        }
        self.add(Term::Op(Op::Bool(op), terms.into()), span)
    }

    /// `a < b < c` is `a < b and b < c`.
    fn compare(&mut self, first: ExprId, rest: &'a [(CmpOp, ExprId)], span: Span) -> TermId {
        let mut left = self.expr(first);
        let mut parts = Vec::with_capacity(rest.len());
        for &(op, operand) in rest {
            let right = self.expr(operand);
            parts.push(self.add(Term::Op(Op::Compare(op), [left, right].into()), span));
            left = right;
        }
        match parts.as_slice() {
            [only] => *only,
            _ => self.add(Term::Op(Op::Bool(BoolOp::And), parts.into()), span),
        }
    }

    /// `then if test else orelse`
    fn if_exp(&mut self, test: ExprId, sides: [ExprId; 2], span: Span) -> TermId {
        let ast = self.file.ast;
        let test_term = self.expr(test);
        let values = if sides.iter().any(|&side| self.has_effect(side)) {
            let base = self.env.mark();
            let reachable = self.reachable;
            let (then, other) = self.branch(test_term, ast.exprs[test].span);
            let mut arms = Vec::with_capacity(2);
            let values = [(then, true), (other, false)].map(|(block, value)| {
                self.enter(block);
                self.reachable = reachable;
                let term = self.expr(sides[usize::from(!value)]);
                arms.push(self.close(base, Self::guard(test_term, value)));
                self.env.undo(base);
                term
            });
            self.join(arms, |_| Vec::new(), span);
            values
        } else {
            sides.map(|side| self.expr(side))
        };
        let [then, orelse] = values;
        if then == orelse {
            return then;
        }
        let operands =
            [(Self::guard(test_term, true), then), (Self::guard(test_term, false), orelse)];
        self.add(Term::Phi(operands.into()), span)
    }

    fn display(&mut self, kind: SeqKind, items: &'a [ExprId], span: Span) -> TermId {
        let ast = self.file.ast;
        let items: Vec<Element> = items
            .iter()
            .map(|&item| Element {
                value: self.given(item),
                star: matches!(ast.exprs[item].kind, ExprKind::Starred(_)),
                span: ast.exprs[item].span,
            })
            .collect();
        self.add(Term::Seq { kind, items: items.into() }, span)
    }

    fn dict(&mut self, entries: &'a [(Option<ExprId>, ExprId)], span: Span) -> TermId {
        let ast = self.file.ast;
        let entries: Vec<Entry> = entries
            .iter()
            .map(|&(key, value)| Entry {
                key: key.map(|key| self.given(key)),
                value: self.given(value),
                key_span: ast.exprs[key.unwrap_or(value)].span,
                span: ast.exprs[value].span,
            })
            .collect();
        self.add(Term::Dict(entries.into()), span)
    }

    // ---- f-strings

    fn fstring(&mut self, parts: &'a [FPart], span: Span) -> TermId {
        let masked = secret::mask_parts(parts);
        let mut terms = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            match (part, masked.as_ref().and_then(|masked| masked.get(index))) {
                (FPart::Text(_), Some(Some(text))) => {
                    terms.push(self.constant(Const::Str(text.as_str().into()), span));
                }
                (part, _) => terms.push(self.interpolated(part, span)),
            }
        }
        self.add(Term::Concat(terms.into()), span)
    }

    /// `{value!r:spec}`
    fn interpolated(&mut self, part: &'a FPart, span: Span) -> TermId {
        match part {
            FPart::Text(text) => self.add(secret::text_term(text), span),
            FPart::Value { value, conversion, spec, debug } => {
                let value = self.expr(*value);
                let conversion = if *debug { Some('=') } else { *conversion };
                if spec.is_empty() && matches!(conversion, None | Some('s')) {
                    return value;
                }
                let mut operands = vec![value];
                if !spec.is_empty() {
                    operands.push(self.format_spec(spec, span));
                }
                self.add(Term::Op(Op::Format(conversion), operands.into()), span)
            }
        }
    }

    fn format_spec(&mut self, spec: &'a [FPart], span: Span) -> TermId {
        match spec {
            [part @ FPart::Text(_)] => self.interpolated(part, span),
            _ => {
                let parts = spec.iter().map(|part| self.interpolated(part, span)).collect();
                self.add(Term::Concat(parts), span)
            }
        }
    }

    // ---- lambdas and comprehensions

    fn lambda(&mut self, id: ExprId, params: &'a Params, span: Span) -> TermId {
        let Some(&function) = self.file.scopes.lambdas.get(&id) else {
            return self.unknown(Why::Construct, span);
        };
        let params = self.params(params);
        self.file.set_head(function, params, Vec::new(), None);
        self.add(Term::Closure(function), span)
    }

    /// A comprehension, as if its element were evaluated once.
    fn comp(
        &mut self,
        kind: CompKind,
        (key, elt): (Option<ExprId>, ExprId),
        clauses: &'a [CompClause],
        span: Span,
    ) -> TermId {
        let names = self.comps.len();
        let depth = self.comp_depth;
        let mut iters = Vec::new();
        let mut tests = Vec::new();
        for clause in clauses {
            match clause {
                CompClause::For { target, iter, .. } => {
                    // The first iterable is evaluated outside, where class names are visible.
                    let iter_term = self.expr(*iter);
                    self.comp_depth = depth + 1;
                    iters.push(iter_term);
                    let place = self.file.ast.exprs[*target].span;
                    let element = self.add(Term::Iter(iter_term), place);
                    self.comp_target(*target, element, place);
                }
                CompClause::If(test) => tests.push(self.expr(*test)),
            }
        }
        let key = key.map(|key| self.expr(key));
        let elt = self.expr(elt);
        self.comp_depth = depth;
        self.comps.truncate(names);
        let (iters, tests) = (iters.into(), tests.into());
        self.add(Term::Comp { kind, key, elt, iters, tests }, span)
    }

    fn comp_target(&mut self, target: ExprId, value: TermId, span: Span) {
        let ast = self.file.ast;
        match &ast.exprs[target].kind {
            ExprKind::Name(name) => self.comps.push((*name, value)),
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                self.unpack(items, value, span, &mut |body, item, part| {
                    body.comp_target(item, part, span);
                });
            }
            ExprKind::Starred(inner) => self.comp_target(*inner, value, span),
            _ => {}
        }
    }
}

/// `-1`, `-1.5`: the constant a minus sign makes of a number.
fn negative(term: &Term) -> Option<Const> {
    match term {
        Term::Const(Const::Int(value)) => Some(match value.checked_neg() {
            Some(value) => Const::Int(value),
            None => Const::BigInt(value.unsigned_abs().to_string().into()),
        }),
        Term::Const(Const::Float(value)) => Some(Const::Float(-value)),
        Term::Const(Const::BigInt(text)) => {
            let text = match text.strip_prefix('-') {
                Some(positive) => positive.to_owned(),
                None => format!("-{text}"),
            };
            Some(text.parse().map_or_else(|_| Const::BigInt(text.into()), Const::Int))
        }
        _ => None,
    }
}
