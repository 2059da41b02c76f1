//! Compound statements other than definitions and `match`.

use super::Lower;
use super::kind::Kind;
use crate::base::Span;
use crate::syntax::ast::{Expr, ExprId, ExprKind, Handler, Ident, StmtId, StmtKind, WithItem};

impl Lower<'_> {
    /// The node as a compound statement.
    pub(super) fn compound_statement(&mut self) -> StmtKind {
        match self.kind {
            Kind::IfStatement => self.if_statement(),
            Kind::WhileStatement => self.while_statement(),
            Kind::ForStatement => self.for_statement(),
            Kind::TryStatement => self.try_statement(),
            Kind::WithStatement => self.with_statement(),
            Kind::MatchStatement => self.match_statement(),
            Kind::FunctionDefinition => self.function_definition(Vec::new()),
            Kind::ClassDefinition => self.class_definition(Vec::new()),
            _ => self.decorated_definition(),
        }
    }

    /// `if … elif … else`: as many branches as there are, without recursion.
    fn if_statement(&mut self) -> StmtKind {
        let span = self.span();
        let mut branches = Vec::new();
        let mut orelse = Vec::new();
        let (mut test, mut body) = (None, Vec::new());
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Block => body = self.block(),
                Kind::ElifClause => {
                    let branch = self.branch();
                    branches.push(branch);
                }
                Kind::ElseClause => orelse = self.clause_body(),
                kind if kind.is_value() => test = Some(self.expr()),
                _ => {}
            }
            more = self.advance();
        }
        // Known only now, when nothing was recovered in between.
        let test = self.or_unread(test, span);
        branches.insert(0, (test, body));
        StmtKind::If { branches, orelse }
    }

    /// `elif test: body`
    fn branch(&mut self) -> (ExprId, Vec<StmtId>) {
        let span = self.span();
        let (mut test, mut body) = (None, Vec::new());
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Block => body = self.block(),
                kind if kind.is_value() => test = Some(self.expr()),
                _ => {}
            }
            more = self.advance();
        }
        (self.or_unread(test, span), body)
    }

    /// The body of `else: …` or `finally: …`
    fn clause_body(&mut self) -> Vec<StmtId> {
        let mut body = Vec::new();
        let mut more = self.enter();
        while more {
            if self.kind == Kind::Block {
                body = self.block();
            }
            more = self.advance();
        }
        body
    }

    /// `while test: … else: …`
    fn while_statement(&mut self) -> StmtKind {
        let span = self.span();
        let mut test = None;
        let (mut body, mut orelse) = (Vec::new(), Vec::new());
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Block => body = self.block(),
                Kind::ElseClause => orelse = self.clause_body(),
                kind if kind.is_value() => test = Some(self.expr()),
                _ => {}
            }
            more = self.advance();
        }
        StmtKind::While { test: self.or_unread(test, span), body, orelse }
    }

    /// `[async] for target in iter: … else: …`
    fn for_statement(&mut self) -> StmtKind {
        let span = self.span();
        let mut is_async = false;
        let (mut target, mut iter) = (None, None);
        let (mut body, mut orelse) = (Vec::new(), Vec::new());
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::AsyncToken => is_async = true,
                Kind::Block => body = self.block(),
                Kind::ElseClause => orelse = self.clause_body(),
                kind if kind.is_value() && target.is_none() => target = Some(self.expr()),
                kind if kind.is_value() => iter = Some(self.expr()),
                _ => {}
            }
            more = self.advance();
        }
        let target = self.or_unread(target, span);
        let iter = self.or_unread(iter, span);
        StmtKind::For { target, iter, body, orelse, is_async }
    }

    /// `try: … except …: … else: … finally: …`
    fn try_statement(&mut self) -> StmtKind {
        let (mut body, mut handlers) = (Vec::new(), Vec::new());
        let (mut orelse, mut finalbody) = (Vec::new(), Vec::new());
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Block => body = self.block(),
                Kind::ExceptClause => handlers.push(self.handler()),
                Kind::ElseClause => orelse = self.clause_body(),
                Kind::FinallyClause => finalbody = self.clause_body(),
                _ => {}
            }
            more = self.advance();
        }
        StmtKind::Try { body, handlers, orelse, finalbody }
    }

    /// `except [*] types as name: body`; several types need no parentheses.
    fn handler(&mut self) -> Handler {
        let span = self.span();
        let mut handler = Handler { types: None, name: None, body: Vec::new(), star: false, span };
        let mut types: Vec<(ExprId, Span)> = Vec::new();
        let mut after_as = false;
        let mut more = self.enter();
        while more {
            let place = self.span();
            match self.kind {
                Kind::Star => handler.star = true,
                Kind::Block => handler.body = self.block(),
                Kind::AsToken => after_as = true,
                Kind::AsPattern => {
                    let (value, name) = self.type_as_name();
                    types.push((value, place));
                    handler.name = name;
                }
                Kind::Identifier if after_as => handler.name = Some(self.ident()),
                kind if kind.is_value() => types.push((self.expr(), place)),
                _ => {}
            }
            more = self.advance();
        }
        handler.types = match types.as_slice() {
            [] => None,
            &[(only, _)] => Some(only),
            &[(_, first), .., (_, last)] => {
                let types = types.iter().map(|&(value, _)| value).collect();
                Some(self.push(ExprKind::Tuple(types), first.to(last)))
            }
        };
        handler
    }

    /// `types as name`
    fn type_as_name(&mut self) -> (ExprId, Option<Ident>) {
        let span = self.span();
        let (mut value, mut name) = (None, None);
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::AsPatternTarget => name = self.target_name(),
                kind if kind.is_value() => value = Some(self.expr()),
                _ => {}
            }
            more = self.advance();
        }
        (self.or_unread(value, span), name)
    }

    /// The name after `as`, if it is one.
    fn target_name(&mut self) -> Option<Ident> {
        if !self.enter_value() {
            return None;
        }
        let name = (self.kind == Kind::Identifier).then(|| self.ident());
        self.leave();
        name
    }

    /// `[async] with a as b, c: …`
    fn with_statement(&mut self) -> StmtKind {
        let mut is_async = false;
        let (mut items, mut body) = (Vec::new(), Vec::new());
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::AsyncToken => is_async = true,
                Kind::WithClause => self.with_clause(&mut items),
                Kind::Block => body = self.block(),
                _ => {}
            }
            more = self.advance();
        }
        StmtKind::With { items, body, is_async }
    }

    fn with_clause(&mut self, items: &mut Vec<WithItem>) {
        let mut is_list = false;
        let mut more = self.enter();
        while more {
            if self.kind == Kind::WithItem && self.enter_value() {
                is_list = self.kind == Kind::Tuple;
                if is_list && self.has_as_pattern() {
                    self.items_in_tuple(items);
                } else {
                    items.push(self.with_item());
                }
                self.leave();
            }
            more = self.advance();
        }
        if is_list && items.len() == 1 {
            self.tuple_to_items(items);
        }
    }

    /// `(a as b,)`, which the grammar takes for a tuple.
    fn items_in_tuple(&mut self, items: &mut Vec<WithItem>) {
        let mut more = self.enter();
        while more {
            if self.kind.is_value() {
                items.push(self.with_item());
            }
            more = self.advance();
        }
    }

    /// `with (a,):` and `with (a, b):` have items and no tuple, unless there is a star or nothing.
    fn tuple_to_items(&mut self, items: &mut Vec<WithItem>) {
        let is_star =
            |expr: &ExprId| matches!(self.exprs[expr.0 as usize].kind, ExprKind::Starred(_));
        let dissolves = match self.exprs.last() {
            Some(Expr { kind: ExprKind::Tuple(elements), .. }) => {
                !elements.is_empty() && !elements.iter().any(is_star)
            }
            _ => false,
        };
        if let Some(Expr { kind: ExprKind::Tuple(elements), .. }) = self.exprs.pop_if(|_| dissolves)
        {
            *items =
                elements.into_iter().map(|context| WithItem { context, target: None }).collect();
        }
    }

    /// `context as target`; one in parentheses may be inside a parenthesised expression.
    fn with_item(&mut self) -> WithItem {
        let span = self.span();
        let mut levels = 0_u32;
        // `(a as b)`: look whether there is an `as` below the parentheses.
        if self.kind == Kind::ParenthesizedExpression && self.has_as_pattern() {
            while self.kind == Kind::ParenthesizedExpression && self.enter_value() {
                levels += 1;
            }
        }
        let item = if self.kind == Kind::AsPattern {
            self.context_as_target(span)
        } else {
            WithItem { context: self.expr(), target: None }
        };
        for _ in 0..levels {
            self.leave();
        }
        item
    }

    /// Whether one of the children is `a as b`.
    fn has_as_pattern(&self) -> bool {
        let mut cursor = self.node.walk();
        self.node
            .named_children(&mut cursor)
            .any(|child| self.grammar.kind(child.kind_id()) == Kind::AsPattern)
    }

    fn context_as_target(&mut self, span: Span) -> WithItem {
        let (mut context, mut target) = (None, None);
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::AsPatternTarget => target = Some(self.expr()),
                kind if kind.is_value() => context = Some(self.expr()),
                _ => {}
            }
            more = self.advance();
        }
        WithItem { context: self.or_unread(context, span), target }
    }
}
