//! Simple statements: assignments, deletions, returns.

use super::body::{Body, ExitKind};
use super::extract::Exports;
use super::ir::{
    Const, FnId, Guard, InstrKind, Mutation, Op, Place, SeqKind, Term, TermId, Terminator, Why,
};
use crate::base::Span;
use crate::syntax::ast::{BinOp, ExprId, ExprKind, StmtId, StmtKind};

impl<'a> Body<'_, 'a> {
    /// Lowers statements in order.
    pub fn body(&mut self, stmts: &'a [StmtId]) {
        for &stmt in stmts {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, id: StmtId) {
        let ast = self.file.ast;
        let span = ast.stmts[id].span;
        match &ast.stmts[id].kind {
            StmtKind::Expr(expr) => self.expr_stmt(*expr),
            StmtKind::Assign { targets, value } => {
                let term = self.given(*value);
                for &target in targets {
                    self.note_exports(target, *value, false);
                    self.assign(target, term, span);
                }
            }
            StmtKind::AugAssign { target, op, value } => {
                self.note_exports(*target, *value, *op == BinOp::Add);
                self.augment(*target, *op, *value, span);
            }
            StmtKind::AnnAssign { target, annotation, value } => {
                self.annotated(*target, *annotation, *value, span);
            }
            StmtKind::Return(value) => {
                let value = value.map(|value| self.given(value));
                self.exit_return(value, span);
            }
            StmtKind::Raise { exc, cause } => {
                let exc = exc.map(|exc| self.expr(exc));
                let cause = cause.map(|cause| self.expr(cause));
                self.leave(Terminator::Raise { exc, cause, span });
            }
            StmtKind::Assert { test, message } => self.assert(*test, *message, span),
            StmtKind::Delete(targets) => {
                targets.iter().for_each(|&target| self.delete(target, span));
            }
            StmtKind::Pass | StmtKind::Global(_) | StmtKind::Nonlocal(_) => {}
            StmtKind::Break => self.exit_loop(ExitKind::Break, span),
            StmtKind::Continue => self.exit_loop(ExitKind::Continue, span),
            StmtKind::Error(inner) => self.body(inner),
            _ => self.compound(id),
        }
    }

    /// Statements with bodies, and those that define.
    fn compound(&mut self, id: StmtId) {
        let ast = self.file.ast;
        let span = ast.stmts[id].span;
        match &ast.stmts[id].kind {
            StmtKind::Import(names) => self.import(id, names),
            StmtKind::ImportFrom(from) => self.import_from(id, from),
            StmtKind::If { branches, orelse } => self.if_stmt(branches, orelse, span),
            StmtKind::While { test, body, orelse } => {
                self.while_stmt(id, *test, body, orelse);
            }
            StmtKind::For { target, iter, body, orelse, .. } => {
                self.for_stmt(id, (*target, *iter), body, orelse);
            }
            StmtKind::Try { body, handlers, orelse, finalbody } => {
                self.try_stmt(body, handlers, orelse, finalbody, span);
            }
            StmtKind::With { items, body, .. } => {
                for item in items {
                    let context = self.expr(item.context);
                    if let Some(target) = item.target {
                        let target_span = ast.exprs[target].span;
                        let value = self.add(Term::Enter(context), target_span);
                        self.assign(target, value, target_span);
                    }
                }
                self.body(body);
            }
            StmtKind::Match { subject, cases } => self.match_stmt(*subject, cases, span),
            StmtKind::Function(def) => self.define_function(id, def),
            StmtKind::Class(def) => self.define_class(id, def),
            StmtKind::TypeAlias { name, value } => {
                let value = self.expr(*value);
                self.bind(name.name, value, name.span);
            }
            _ => {}
        }
    }

    fn expr_stmt(&mut self, expr: ExprId) {
        let ast = self.file.ast;
        // A docstring or `...` does nothing, and its text is not worth a term.
        if matches!(
            ast.exprs[expr].kind,
            ExprKind::Str(_) | ExprKind::Bytes(_) | ExprKind::Ellipsis | ExprKind::None
        ) {
            return;
        }
        self.note_extended_exports(expr);
        let term = self.expr(expr);
        let evaluated_already = matches!(
            self.terms.get(term),
            Term::Call { .. } | Term::Await(_) | Term::Yield(_) | Term::YieldFrom(_)
        );
        if !evaluated_already {
            self.instr(InstrKind::Eval(term), ast.exprs[expr].span);
        }
    }

    // ---- `__all__`

    fn at_module_level(&self) -> bool {
        self.id == FnId(0) && self.classes.is_empty()
    }

    fn is_dunder_all(&self, expr: ExprId) -> bool {
        matches!(self.file.ast.exprs[expr].kind, ExprKind::Name(name) if name == self.file.known.dunder_all)
            && self.at_module_level()
    }

    fn note_exports(&mut self, target: ExprId, value: ExprId, add: bool) {
        if self.is_dunder_all(target) {
            self.file.export(value, add);
        }
    }

    /// `__all__.extend([...])`, `__all__.append("...")`; any other method makes it opaque.
    fn note_extended_exports(&mut self, expr: ExprId) {
        let ast = self.file.ast;
        if let ExprKind::Call { func, args } = &ast.exprs[expr].kind
            && let ExprKind::Attr { value, attr } = &ast.exprs[*func].kind
            && self.is_dunder_all(*value)
        {
            let known = &self.file.known;
            match args.as_slice() {
                [arg] if [known.extend, known.append].contains(&attr.name) => {
                    self.file.export(arg.value, true);
                }
                _ if self.file.frozen => {}
                _ => self.file.exports = Exports::Opaque,
            }
        }
    }

    // ---- assignments

    /// `target = value`
    pub fn assign(&mut self, target: ExprId, value: TermId, span: Span) {
        let ast = self.file.ast;
        match &ast.exprs[target].kind {
            ExprKind::Name(name) => self.bind(*name, value, span),
            ExprKind::Attr { value: object, attr } => {
                let object = self.expr(*object);
                let place = Place::Attr(object, attr.name);
                self.instr(InstrKind::Store { place, value }, span);
            }
            ExprKind::Subscript { value: object, index } => {
                let object_term = self.expr(*object);
                let key = self.given(*index);
                self.set_item(*object, object_term, key, value, span);
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                self.unpack(items, value, span, &mut |body, item, part| {
                    body.assign(item, part, span);
                });
            }
            ExprKind::Starred(inner) => self.assign(*inner, value, span),
            _ => {
                self.expr(target);
            }
        }
    }

    /// Hands every target of an unpacking its part of the value.
    pub fn unpack(
        &mut self,
        items: &'a [ExprId],
        value: TermId,
        span: Span,
        assign: &mut dyn FnMut(&mut Self, ExprId, TermId),
    ) {
        let ast = self.file.ast;
        let is_star = |item: &ExprId| matches!(ast.exprs[*item].kind, ExprKind::Starred(_));
        let star = items.iter().position(is_star);
        if star.is_none()
            && let Some(parts) = self.display_parts(value, items.len())
        {
            items.iter().zip(parts).for_each(|(&item, part)| assign(self, item, part));
            return;
        }
        for (index, &item) in items.iter().enumerate() {
            let from_start = i32::try_from(index).unwrap_or(i32::MAX);
            let from_end = -i32::try_from(items.len() - index).unwrap_or(i32::MAX);
            let part = match star {
                Some(star) if star == index => Term::UnpackRest(value),
                Some(star) if star < index => Term::Unpack(value, from_end),
                _ => Term::Unpack(value, from_start),
            };
            let part = self.add(part, span);
            assign(self, item, part);
        }
    }

    /// The elements of `a, b` in `x, y = a, b`.
    fn display_parts(&self, value: TermId, count: usize) -> Option<Vec<TermId>> {
        match self.terms.get(value) {
            Term::Seq { kind: SeqKind::Tuple | SeqKind::List, items }
                if items.len() == count && !items.iter().any(|item| item.star) =>
            {
                Some(items.iter().map(|item| item.value).collect())
            }
            _ => None,
        }
    }

    /// `object[key] = value`
    fn set_item(
        &mut self,
        object: ExprId,
        object_term: TermId,
        key: TermId,
        value: TermId,
        span: Span,
    ) {
        let place = Place::Item(object_term, key);
        self.instr(InstrKind::Store { place, value }, span);
        self.update(object, object_term, Mutation::Set { key, value, span }, span);
    }

    fn augment(&mut self, target: ExprId, op: BinOp, value: ExprId, span: Span) {
        let ast = self.file.ast;
        let op = Op::Binary(op);
        match &ast.exprs[target].kind {
            ExprKind::Name(name) => {
                let old = self.read(*name, ast.exprs[target].span);
                let value = self.expr(value);
                let new = self.add(Term::Op(op, [old, value].into()), span);
                self.bind(*name, new, span);
            }
            ExprKind::Attr { value: object, attr } => {
                let object = self.expr(*object);
                let old = self.add(Term::Attr(object, attr.name), ast.exprs[target].span);
                let value = self.expr(value);
                let value = self.add(Term::Op(op, [old, value].into()), span);
                let place = Place::Attr(object, attr.name);
                self.instr(InstrKind::Store { place, value }, span);
            }
            ExprKind::Subscript { value: object, index } => {
                let object_term = self.expr(*object);
                let key = self.expr(*index);
                let old = self.add(Term::Item(object_term, key), ast.exprs[target].span);
                let value = self.expr(value);
                let value = self.add(Term::Op(op, [old, value].into()), span);
                self.set_item(*object, object_term, key, value, span);
            }
            _ => {
                self.expr(target);
                self.expr(value);
            }
        }
    }

    fn annotated(&mut self, target: ExprId, annotation: ExprId, value: Option<ExprId>, span: Span) {
        let ast = self.file.ast;
        let term = value.map(|value| self.given(value));
        if let (Some(value), Some(term)) = (value, term) {
            self.note_exports(target, value, false);
            self.assign(target, term, span);
        }
        // Only a class's annotations are kept: they declare fields.
        if let Some(class) = self.classes.last().map(|frame| frame.id)
            && !self.file.frozen
            && let ExprKind::Name(name) = ast.exprs[target].kind
        {
            let annotation = self.expr(annotation);
            self.file.classes[class].annotated.push((name, annotation, span));
        }
    }

    // ---- deletion, assertion

    fn delete(&mut self, target: ExprId, span: Span) {
        let ast = self.file.ast;
        match &ast.exprs[target].kind {
            ExprKind::Name(name) => self.unbind(*name, span),
            ExprKind::Attr { value: object, attr } => {
                let object = self.expr(*object);
                self.instr(InstrKind::Delete(Place::Attr(object, attr.name)), span);
            }
            ExprKind::Subscript { value: object, index } => {
                let object_term = self.expr(*object);
                let key = self.expr(*index);
                self.instr(InstrKind::Delete(Place::Item(object_term, key)), span);
                self.update(*object, object_term, Mutation::Delete(key), span);
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                items.iter().for_each(|&item| self.delete(item, span));
            }
            _ => {
                self.expr(target);
            }
        }
    }

    /// `assert test, message`: the false side raises an `AssertionError`.
    fn assert(&mut self, test: ExprId, message: Option<ExprId>, span: Span) {
        let ast = self.file.ast;
        let test_term = self.expr(test);
        let (holds, fails) = self.branch(test_term, ast.exprs[test].span);
        let reachable = self.reachable;
        let mark = self.env.mark();
        self.enter(fails);
        let exc = message.map(|message| {
            let value = self.expr(message);
            let func = self.add(Term::Global(self.file.known.assertion_error), span);
            let place = ast.exprs[message].span;
            self.call_term(func, [(value, place)], span)
        });
        self.leave(Terminator::Raise { exc, cause: None, span });
        self.env.undo(mark);
        self.enter(holds);
        self.reachable = reachable;
    }

    /// A test that nothing is known about.
    pub fn opaque_test(&mut self, span: Span) -> TermId {
        self.unknown(Why::Construct, span)
    }

    /// A guard for the side of a test.
    pub fn guard(test: TermId, value: bool) -> Option<Guard> {
        Some(Guard { test, value })
    }

    /// `True`, `1`: a `while` over it ends only by `break`.
    pub fn is_always_true(&self, test: TermId) -> bool {
        match self.terms.get(test) {
            Term::Const(Const::Bool(value)) => *value,
            Term::Const(Const::Int(value)) => *value != 0,
            _ => false,
        }
    }
}
