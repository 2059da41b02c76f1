//! Calls, subscripts, displays and comprehensions.

use super::Lower;
use super::kind::Kind;
use crate::base::Span;
use crate::syntax::ast::{Arg, ArgKind, CompClause, CompKind, ExprId, ExprKind};

impl Lower<'_> {
    /// `func(args)`
    pub(super) fn call(&mut self) -> ExprId {
        let span = self.span();
        let mut func = None;
        let mut args = Vec::new();
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::ArgumentList => args = self.arguments(),
                kind if kind.is_value() && func.is_none() => func = Some(self.expr()),
                Kind::GeneratorExpression => args.push(self.positional()),
                _ => {}
            }
            more = self.advance();
        }
        let func = self.or_unread(func, span);
        self.push(ExprKind::Call { func, args }, span)
    }

    /// `(a, *b, c=d, **e)` of a call or class
    pub(super) fn arguments(&mut self) -> Vec<Arg> {
        let mut args = Vec::new();
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::KeywordArgument => args.extend(self.keyword_argument()),
                Kind::ListSplat => args.push(self.splat(ArgKind::Star)),
                Kind::DictionarySplat => args.push(self.splat(ArgKind::DoubleStar)),
                kind if kind.is_value() => args.push(self.positional()),
                _ => {}
            }
            more = self.advance();
        }
        args
    }

    fn positional(&mut self) -> Arg {
        let span = self.span();
        Arg { kind: ArgKind::Positional, value: self.expr(), span }
    }

    fn splat(&mut self, kind: ArgKind) -> Arg {
        let span = self.span();
        Arg { kind, value: self.first_value(), span }
    }

    fn keyword_argument(&mut self) -> Option<Arg> {
        let span = self.span();
        let (mut name, mut value) = (None, None);
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Identifier if name.is_none() => name = Some(self.symbol()),
                kind if kind.is_value() => value = Some(self.expr()),
                _ => {}
            }
            more = self.advance();
        }
        let value = self.or_unread(value, span);
        name.map(|name| Arg { kind: ArgKind::Keyword(name), value, span })
    }

    // ---- subscripts ----

    /// `value[index]`
    pub(super) fn subscript(&mut self) -> ExprId {
        let span = self.span();
        let mut value = None;
        let mut more = self.enter();
        while more && self.kind != Kind::OpenBracket {
            if self.kind.is_value() {
                value = Some(self.expr());
            }
            more = self.advance();
        }
        let value = self.or_unread(value, span);
        let index = if more { self.indices(span) } else { self.or_unread(None, span) };
        self.push(ExprKind::Subscript { value, index }, span)
    }

    /// `Name[args]` in an annotation, where the grammar has nodes of its own.
    pub(super) fn generic_type(&mut self) -> ExprId {
        let span = self.span();
        let (mut value, mut index) = (None, None);
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::TypeParameter => {
                    let inner = self.span();
                    if self.enter() {
                        index = Some(self.indices(inner));
                    }
                }
                kind if kind.is_value() && value.is_none() => value = Some(self.expr()),
                _ => {}
            }
            more = self.advance();
        }
        let value = self.or_unread(value, span);
        let index = self.or_unread(index, span);
        self.push(ExprKind::Subscript { value, index }, span)
    }

    /// The indices among the current node and those after it; leaves the cursor on their parent.
    pub(super) fn indices(&mut self, outer: Span) -> ExprId {
        let mut items = Vec::new();
        let mut place: Option<Span> = None;
        let mut is_tuple = false;
        let mut more = true;
        while more {
            match self.kind {
                Kind::Comma => {
                    is_tuple = true;
                    place = place.map(|place| place.to(self.span()));
                }
                kind if kind.is_value() => {
                    is_tuple |= matches!(kind, Kind::ListSplat | Kind::ListSplatPattern);
                    place = Some(place.map_or(self.span(), |place| place.to(self.span())));
                    items.push(self.expr());
                }
                _ => {}
            }
            more = self.advance();
        }
        match (items.as_slice(), is_tuple) {
            ([], _) => self.or_unread(None, outer),
            (&[only], false) => only,
            _ => self.push(ExprKind::Tuple(items), place.unwrap_or(outer)),
        }
    }

    /// `lower:upper:step`
    pub(super) fn slice_expression(&mut self) -> ExprId {
        let span = self.span();
        let mut parts = [None; 3];
        let mut colons = 0;
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Colon => colons += 1,
                kind if kind.is_value() && colons < parts.len() => {
                    parts[colons] = Some(self.expr())
                }
                _ => {}
            }
            more = self.advance();
        }
        let [lower, upper, step] = parts;
        self.push(ExprKind::Slice { lower, upper, step }, span)
    }

    // ---- displays ----

    /// `(a, b)` or `(a)` as a target, where the grammar does not tell one from the other.
    pub(super) fn tuple_pattern(&mut self) -> ExprId {
        let span = self.span();
        if self.enter_value() {
            return self.value_or_tuple(span);
        }
        self.push(ExprKind::Tuple(Vec::new()), span)
    }

    /// The values below the node, in order.
    pub(super) fn elements(&mut self, kind: fn(Vec<ExprId>) -> ExprKind) -> ExprId {
        let span = self.span();
        let mut items = Vec::new();
        let mut more = self.enter();
        while more {
            if self.kind.is_value() {
                items.push(self.expr());
            }
            more = self.advance();
        }
        self.push(kind(items), span)
    }

    /// The current node and those after it, up to the end: one value, or with a comma a tuple
    /// that covers `span`. Leaves the cursor on their parent.
    pub(super) fn value_or_tuple(&mut self, span: Span) -> ExprId {
        let mut items = Vec::new();
        let mut is_tuple = false;
        let mut more = true;
        while more {
            match self.kind {
                Kind::Comma => is_tuple = true,
                kind if kind.is_value() => items.push(self.expr()),
                _ => self.sweep(),
            }
            more = self.advance();
        }
        match (items.as_slice(), is_tuple) {
            ([], _) => self.or_unread(None, span),
            (&[only], false) => only,
            _ => self.push(ExprKind::Tuple(items), span),
        }
    }

    /// `{k: v, **m}`
    pub(super) fn dictionary(&mut self) -> ExprId {
        let span = self.span();
        let mut items = Vec::new();
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Pair => {
                    let (key, value) = self.pair();
                    items.push((Some(key), value));
                }
                Kind::DictionarySplat => items.push((None, self.first_value())),
                _ => {}
            }
            more = self.advance();
        }
        self.push(ExprKind::Dict(items), span)
    }

    /// `key: value`
    fn pair(&mut self) -> (ExprId, ExprId) {
        let span = self.span();
        let (mut key, mut value) = (None, None);
        let mut more = self.enter();
        while more {
            if self.kind.is_value() {
                let part = Some(self.expr());
                if key.is_none() { key = part } else { value = part }
            }
            more = self.advance();
        }
        (self.or_unread(key, span), self.or_unread(value, span))
    }

    /// `[elt for target in iter if test]`
    pub(super) fn comprehension(&mut self, kind: CompKind) -> ExprId {
        let span = self.span();
        let (mut key, mut elt) = (None, None);
        let mut clauses = Vec::new();
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Pair => {
                    let (pair_key, value) = self.pair();
                    (key, elt) = (Some(pair_key), Some(value));
                }
                Kind::ForInClause => clauses.push(self.for_in_clause()),
                Kind::IfClause => clauses.push(CompClause::If(self.first_value())),
                kind if kind.is_value() => elt = Some(self.expr()),
                _ => {}
            }
            more = self.advance();
        }
        let elt = self.or_unread(elt, span);
        self.push(ExprKind::Comp { kind, key, elt, clauses }, span)
    }

    /// `[async] for target in iter`
    fn for_in_clause(&mut self) -> CompClause {
        let span = self.span();
        let mut is_async = false;
        let (mut target, mut iter) = (None, None);
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::AsyncToken => is_async = true,
                kind if kind.is_value() && target.is_none() => target = Some(self.expr()),
                kind if kind.is_value() => {
                    iter = Some(self.value_or_tuple(span));
                    break;
                }
                _ => {}
            }
            more = self.advance();
        }
        let target = self.or_unread(target, span);
        let iter = self.or_unread(iter, span);
        CompClause::For { target, iter, is_async }
    }
}
