//! Pattern text to [`Pattern`]: holes are rewritten, the Python grammar reads the rest.

use std::ops::Range;

use super::constant::constant;
use super::context::Cx;
use super::holes::{CONCEPT, METAVAR, REST, Rewritten};
use super::model::{NamePat, Pat, Pattern, PatternKind};
use super::tree::Text;
use super::vars::{Mentions, Vars};
use crate::base::{Span, Symbol};
use crate::facts::{Op, SeqKind};
use crate::syntax::ast::{
    Ast, BoolOp, CmpOp, ExprId, ExprKind, FunctionDef, ParamKind, Stmt, StmtKind,
};

impl Cx<'_> {
    /// Compiles a pattern. Its metavariables enter `vars` and `mentions` even when it is not
    /// valid, so that one mistake is reported once.
    pub fn pattern(
        &mut self,
        text: Text<'_>,
        vars: &mut Vars,
        mentions: &mut Mentions,
    ) -> Option<Pattern> {
        let parsed = self.parsed.pattern(text.value);
        let rewritten = &parsed.rewritten;
        for (name, range) in &rewritten.metavars {
            let place = self.within(text, range.clone());
            mentions.binds.push((vars.id(name), place));
        }
        for (range, message) in &rewritten.errors {
            self.error_in(text, range.clone(), message.clone());
        }
        if !rewritten.errors.is_empty() {
            return None;
        }
        let mut reader = Reader { cx: self, text, rewritten, ast: &parsed.ast, vars };
        let kind = reader.whole()?;
        Some(Pattern { kind, text: text.value.trim().into() })
    }

    /// Compiles a pattern that must be an expression.
    pub fn expression_pattern(
        &mut self,
        text: Text<'_>,
        vars: &mut Vars,
        mentions: &mut Mentions,
    ) -> Option<Pat> {
        match self.pattern(text, vars, mentions)?.kind {
            PatternKind::Expr(pat) => Some(pat),
            _ => {
                self.error(text.place, "this pattern must be an expression");
                None
            }
        }
    }
}

/// Whether the pattern names something: without that, it would have to be tried everywhere.
pub(super) fn is_anchored(kind: &PatternKind) -> bool {
    let some = |pat: &Option<Pat>| pat.as_ref().is_some_and(names_something);
    match kind {
        PatternKind::Expr(pat) | PatternKind::Delete(pat) => names_something(pat),
        PatternKind::Assign { target, value } => names_something(target) || names_something(value),
        PatternKind::Return(None | Some(Pat::Const(_))) => true,
        PatternKind::Return(Some(Pat::Seq { items, .. })) => items
            .iter()
            .flatten()
            .any(|item| matches!(item, Pat::Const(_)) || names_something(item)),
        PatternKind::Return(pat) | PatternKind::Raise(pat) => some(pat),
        PatternKind::Function { decorators, name } => {
            matches!(name, NamePat::Fixed(_)) || decorators.iter().any(names_something)
        }
    }
}

fn names_something(pat: &Pat) -> bool {
    match pat {
        Pat::Any | Pat::Var(_) | Pat::Const(_) => false,
        Pat::Path(_) | Pat::Attr(..) | Pat::Concept { .. } => true,
        Pat::AttrVar(value, _) => names_something(value),
        Pat::Item(value, key) => {
            matches!(**key, Pat::Const(_)) || names_something(value) || names_something(key)
        }
        Pat::Call { func, args, .. } => {
            names_something(func)
                || args.iter().any(|arg| arg.name.is_some() || names_something(&arg.value))
        }
        Pat::Dict { entries, .. } => {
            let named = |key: &Pat| matches!(key, Pat::Const(_)) || names_something(key);
            entries.iter().any(|(key, value)| named(key) || names_something(value))
        }
        Pat::Seq { items, .. } => items.iter().flatten().any(names_something),
        Pat::Op(_, operands) => operands.iter().any(names_something),
        Pat::Alt(alternatives) => alternatives.iter().all(names_something),
    }
}

/// Turns the tree of one rewritten pattern into a [`PatternKind`].
pub(super) struct Reader<'r, 'p, 't> {
    pub cx: &'r mut Cx<'p>,
    pub text: Text<'t>,
    rewritten: &'r Rewritten,
    pub ast: &'r Ast,
    vars: &'r mut Vars,
}

impl<'r> Reader<'r, '_, '_> {
    pub fn name(&self, symbol: Symbol) -> &'r str {
        self.ast.names.resolve(symbol)
    }

    /// The byte range of the pattern's text that a span of the tree comes from.
    pub fn original(&self, span: Span) -> Range<usize> {
        let range = self.ast.range(span);
        self.rewritten.original(range.start as usize..range.end as usize)
    }

    /// Records a mistake at `span`.
    pub fn fail<T>(&mut self, span: Span, message: impl Into<String>) -> Option<T> {
        let range = self.original(span);
        self.cx.error_in(self.text, range, message);
        None
    }

    fn fail_whole<T>(&mut self, message: &str) -> Option<T> {
        self.cx.error(self.text.place, message);
        None
    }

    fn whole(&mut self) -> Option<PatternKind> {
        if let Some(&(start, end)) = self.ast.errors.first() {
            let range = self.rewritten.original(start as usize..end as usize);
            self.cx.error_in(self.text, range, "this is not valid Python");
            return None;
        }
        match self.ast.body.as_slice() {
            [] => self.fail_whole("this pattern is empty"),
            [statement] => {
                let statement = &self.ast.stmts[*statement];
                self.statement(statement)
            }
            [_, second, ..] => {
                let span = self.ast.stmts[*second].span;
                self.fail(span, "a pattern is one statement; further ones go into `present`")
            }
        }
    }

    fn statement(&mut self, statement: &'r Stmt) -> Option<PatternKind> {
        Some(match &statement.kind {
            StmtKind::Expr(id) => PatternKind::Expr(self.expr(*id)?),
            StmtKind::Assign { targets, value } => match targets.as_slice() {
                [target] => {
                    PatternKind::Assign { target: self.target(*target)?, value: self.expr(*value)? }
                }
                _ => return self.fail(statement.span, "an assignment pattern has one target"),
            },
            StmtKind::AugAssign { target, op, value } => {
                let operands = vec![self.target(*target)?, self.expr(*value)?];
                PatternKind::Assign {
                    target: self.target(*target)?,
                    value: Pat::Op(Op::Binary(*op), operands),
                }
            }
            StmtKind::Delete(targets) => match targets.as_slice() {
                [target] => PatternKind::Delete(self.target(*target)?),
                _ => return self.fail(statement.span, "a `del` pattern has one target"),
            },
            StmtKind::Return(value) => PatternKind::Return(self.optional(*value)?),
            StmtKind::Raise { exc, cause: None } => PatternKind::Raise(self.optional(*exc)?),
            StmtKind::Function(function) => self.function(function)?,
            _ => {
                return self.fail(
                    statement.span,
                    "a pattern is an expression, an assignment, `del`, `return`, `raise` or `def`",
                );
            }
        })
    }

    fn optional(&mut self, id: Option<ExprId>) -> Option<Option<Pat>> {
        match id {
            Some(id) => self.expr(id).map(Some),
            None => Some(None),
        }
    }

    fn target(&mut self, id: ExprId) -> Option<Pat> {
        let pat = self.expr(id)?;
        match pat {
            Pat::Any
            | Pat::Var(_)
            | Pat::Path(_)
            | Pat::Attr(..)
            | Pat::AttrVar(..)
            | Pat::Item(..) => Some(pat),
            _ => self.fail(
                self.ast.exprs[id].span,
                "only a name, an attribute, an item or a metavariable can be a target",
            ),
        }
    }

    fn function(&mut self, function: &'r FunctionDef) -> Option<PatternKind> {
        let rest_only = matches!(
            function.params.items.as_slice(),
            [param] if param.kind == ParamKind::VarArgs && self.name(param.name.name) == REST
        );
        if !rest_only {
            let span = function.name.span;
            return self.fail(span, "a function pattern has the parameters `(...)`");
        }
        let is_dots = |&id: &_| match self.ast.stmts[id].kind {
            StmtKind::Expr(value) => matches!(self.ast.exprs[value].kind, ExprKind::Ellipsis),
            _ => false,
        };
        if function.returns.is_some() || !function.body.iter().all(is_dots) {
            return self.fail(function.name.span, "a function pattern ends in `: ...`");
        }
        let name = match self.name(function.name.name).strip_prefix(METAVAR) {
            Some("_") => NamePat::Any,
            Some(name) => NamePat::Var(self.vars.id(name)),
            None => {
                let name = self.name(function.name.name);
                NamePat::Fixed(self.cx.names.intern(name))
            }
        };
        let decorators = function.decorators.iter().map(|&id| self.expr(id)).collect::<Vec<_>>();
        Some(PatternKind::Function {
            decorators: decorators.into_iter().collect::<Option<_>>()?,
            name,
        })
    }

    /// All of `ids`, each reported on its own.
    fn exprs(&mut self, ids: &[ExprId]) -> Option<Vec<Pat>> {
        let pats: Vec<_> = ids.iter().map(|&id| self.expr(id)).collect();
        pats.into_iter().collect()
    }

    pub fn expr(&mut self, id: ExprId) -> Option<Pat> {
        let expr = &self.ast.exprs[id];
        if !matches!(expr.kind, ExprKind::Ellipsis)
            && let Some(value) = constant(self.ast, id)
        {
            return Some(Pat::Const(value));
        }
        Some(match &expr.kind {
            ExprKind::Name(name) => self.plain_name(self.name(*name), expr.span)?,
            ExprKind::Attr { value, attr } => {
                self.attribute(id, *value, self.name(attr.name), attr.span)?
            }
            ExprKind::Subscript { value, index } => {
                let value = self.expr(*value)?;
                Pat::Item(Box::new(value), Box::new(self.expr(*index)?))
            }
            ExprKind::Call { func, args } => self.call(*func, args)?,
            ExprKind::Chain { op, operands } => Pat::Op(Op::Binary(*op), self.exprs(operands)?),
            ExprKind::BoolChain { op, operands } => Pat::Op(Op::Bool(*op), self.exprs(operands)?),
            ExprKind::Unary { op, operand } => Pat::Op(Op::Unary(*op), vec![self.expr(*operand)?]),
            ExprKind::Compare { first, rest } => self.comparison(*first, rest)?,
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                Pat::Seq { kind: None, items: self.items(items)? }
            }
            ExprKind::Set(items) => {
                Pat::Seq { kind: Some(SeqKind::Set), items: self.items(items)? }
            }
            ExprKind::Dict(entries) => self.dict(entries, expr.span)?,
            ExprKind::Ellipsis => {
                return self.fail(expr.span, "`...` cannot stand here; `$_` is any value");
            }
            other => return self.fail(expr.span, unsupported(other)),
        })
    }

    fn plain_name(&mut self, name: &str, span: Span) -> Option<Pat> {
        if let Some(concept) = name.strip_prefix(CONCEPT) {
            return self.concept(concept, &[], span);
        }
        Some(match name.strip_prefix(METAVAR) {
            Some("_") => Pat::Any,
            Some(name) => Pat::Var(self.vars.id(name)),
            None => Pat::Path(self.path(&[name])),
        })
    }

    fn path(&mut self, parts: &[&str]) -> Vec<Symbol> {
        let path = parts.iter().map(|part| self.cx.names.intern(part)).collect();
        self.cx.canonical(path)
    }

    /// The names of `a.b.c`; none when there is anything but names in it.
    pub fn dotted(&self, id: ExprId) -> Option<Vec<&'r str>> {
        match &self.ast.exprs[id].kind {
            ExprKind::Name(name) => Some(vec![self.name(*name)]),
            ExprKind::Attr { value, attr } => {
                let mut parts = self.dotted(*value)?;
                parts.push(self.name(attr.name));
                Some(parts)
            }
            _ => None,
        }
    }

    fn attribute(&mut self, id: ExprId, value: ExprId, attr: &str, span: Span) -> Option<Pat> {
        if attr.starts_with(CONCEPT) {
            return self.fail(span, "a concept is no attribute");
        }
        if let Some(name) = attr.strip_prefix(METAVAR) {
            let var = if name == "_" { self.vars.unnamed() } else { self.vars.id(name) };
            return Some(Pat::AttrVar(Box::new(self.expr(value)?), var));
        }
        if let Some(parts) = self.dotted(id) {
            if let Some(head) = parts[0].strip_prefix(CONCEPT) {
                let name = [&[head], &parts[1..]].concat().join(".");
                return self.concept(&name, &[], self.ast.exprs[id].span);
            }
            if !parts.iter().any(|part| part.starts_with(METAVAR)) {
                return Some(Pat::Path(self.path(&parts)));
            }
        }
        let attr = self.cx.names.intern(attr);
        Some(Pat::Attr(Box::new(self.expr(value)?), attr))
    }

    fn comparison(&mut self, first: ExprId, rest: &[(CmpOp, ExprId)]) -> Option<Pat> {
        let mut left = first;
        let mut pairs = Vec::new();
        for &(op, right) in rest {
            pairs.push(Pat::Op(Op::Compare(op), self.exprs(&[left, right])?));
            left = right;
        }
        if pairs.len() == 1 { pairs.pop() } else { Some(Pat::Op(Op::Bool(BoolOp::And), pairs)) }
    }

    fn items(&mut self, items: &[ExprId]) -> Option<Vec<Option<Pat>>> {
        let read: Vec<_> = items
            .iter()
            .map(|&item| match self.ast.exprs[item].kind {
                ExprKind::Ellipsis => Some(None),
                _ => self.expr(item).map(Some),
            })
            .collect();
        read.into_iter().collect()
    }

    fn dict(&mut self, entries: &[(Option<ExprId>, ExprId)], span: Span) -> Option<Pat> {
        let mut open = false;
        let mut read = Vec::new();
        for &(key, value) in entries {
            match key {
                Some(key) => read.push((self.expr(key)?, self.expr(value)?)),
                None if self.dotted(value).is_some_and(|parts| parts == [REST]) => open = true,
                None => {
                    return self.fail(span, "`**` cannot stand in a pattern; `...` is the rest");
                }
            }
        }
        Some(Pat::Dict { entries: read, open })
    }
}

fn unsupported(kind: &ExprKind) -> String {
    let what = match kind {
        ExprKind::FString(_) => "an f-string",
        ExprKind::Imaginary(_) => "an imaginary number",
        ExprKind::Slice { .. } => "a slice",
        ExprKind::IfExp { .. } => "`if … else`",
        ExprKind::Lambda { .. } => "a lambda",
        ExprKind::Comp { .. } => "a comprehension",
        ExprKind::Await(_) => "`await`",
        ExprKind::Yield(_) | ExprKind::YieldFrom(_) => "`yield`",
        ExprKind::Named { .. } => "`:=`",
        ExprKind::Starred(_) => "`*`",
        _ => "this",
    };
    format!("{what} cannot stand in a pattern")
}
