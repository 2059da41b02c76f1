//! What holds for every tree, whatever the text.

use tokscan::base::{BlockId, Span};
use tokscan::syntax::ast::{
    Arg, Ast, CompClause, Expr, ExprId, ExprKind, FPart, Ident, ImportedNames, MAX_DEPTH, Params,
    Stmt, StmtId, StmtKind,
};

/// Walks the tree from its body and panics where an invariant is broken.
pub fn check(text: &str, ast: &Ast) {
    assert_eq!(ast.body.len(), ast.block_starts.len());
    assert!(ast.block_starts.is_sorted(), "blocks are in order");
    assert!(ast.comments.is_sorted_by_key(|comment| comment.start), "comments are in order");
    for comment in &ast.comments {
        assert!(text[comment.start as usize..comment.end as usize].starts_with('#'));
    }
    assert!(ast.errors.is_sorted(), "errors are in order");
    for &(start, end) in &ast.errors {
        assert!(text.get(start as usize..end as usize).is_some(), "error {start}..{end}");
    }
    let mut walk = Walk { text, ast, seen: vec![false; ast.exprs.len()], block: BlockId(0) };
    for (index, &stmt) in ast.body.iter().enumerate() {
        walk.block = BlockId::from(index);
        let whole = Span::new(walk.block, 0, text.len() as u32 - ast.block_starts[index]);
        assert_eq!(ast.stmts[stmt].span.start, 0, "a block starts with its statement");
        walk.stmt(stmt, whole, 1);
    }
    // Around errors some may be left over.
    let whole = ast.errors.is_empty();
    assert!(!whole || walk.seen.iter().all(|&seen| seen), "every expression belongs to the tree");
}

struct Walk<'a> {
    text: &'a str,
    ast: &'a Ast,
    seen: Vec<bool>,
    block: BlockId,
}

impl Walk<'_> {
    /// A span lies in its parent's, in the current block, on character boundaries.
    fn place(&self, span: Span, parent: Span) {
        assert_eq!(span.block, self.block);
        assert!(span.start <= span.end, "{span:?}");
        assert!(parent.start <= span.start && span.end <= parent.end, "{span:?} in {parent:?}");
        let start = self.ast.block_starts[self.block.0 as usize];
        let range = (start + span.start) as usize..(start + span.end) as usize;
        assert!(self.text.get(range).is_some(), "{span:?} on boundaries");
    }

    fn ident(&self, ident: Ident, parent: Span) {
        self.place(ident.span, parent);
        let start = self.ast.block_starts[self.block.0 as usize];
        let written =
            &self.text[(start + ident.span.start) as usize..(start + ident.span.end) as usize];
        let name = self.ast.names.resolve(ident.name);
        assert!(name.is_empty() || written == name, "{written} is {name}");
    }

    fn exprs(&mut self, exprs: &[ExprId], parent: Span, depth: u32) {
        for &expr in exprs {
            self.expr(expr, parent, depth);
        }
    }

    fn expr(&mut self, id: ExprId, parent: Span, depth: u32) {
        assert!(depth <= MAX_DEPTH + 3, "depth {depth}");
        assert!(
            !std::mem::replace(&mut self.seen[id.0 as usize], true),
            "one parent for each expression"
        );
        let ast = self.ast;
        let Expr { kind, span } = &ast.exprs[id];
        let (span, depth) = (*span, depth + 1);
        self.place(span, parent);
        let before = |child: &ExprId| assert!(child.0 < id.0, "children come before their parents");
        match kind {
            ExprKind::FString(parts) => self.parts(parts, span, depth),
            ExprKind::Attr { value, attr } => {
                before(value);
                self.expr(*value, span, depth);
                self.ident(*attr, span);
            }
            ExprKind::Subscript { value, index } => self.exprs(&[*value, *index], span, depth),
            ExprKind::Slice { lower, upper, step } => {
                for part in [lower, upper, step] {
                    self.exprs(part.as_slice(), span, depth);
                }
            }
            ExprKind::Call { func, args } => {
                before(func);
                self.expr(*func, span, depth);
                self.args(args, span, depth);
            }
            ExprKind::Chain { operands, .. } | ExprKind::BoolChain { operands, .. } => {
                assert!(operands.len() >= 2);
                operands.iter().for_each(before);
                self.exprs(operands, span, depth);
            }
            ExprKind::Unary { operand: value, .. }
            | ExprKind::Await(value)
            | ExprKind::YieldFrom(value)
            | ExprKind::Starred(value) => self.expr(*value, span, depth),
            ExprKind::Compare { first, rest } => {
                self.expr(*first, span, depth);
                rest.iter().for_each(|(_, operand)| self.expr(*operand, span, depth));
            }
            ExprKind::IfExp { test, then, orelse } => {
                self.exprs(&[*test, *then, *orelse], span, depth)
            }
            ExprKind::Lambda { params, body } => {
                self.params(params, span, depth);
                self.expr(*body, span, depth);
            }
            ExprKind::Tuple(items) | ExprKind::List(items) | ExprKind::Set(items) => {
                items.iter().for_each(before);
                self.exprs(items, span, depth);
            }
            ExprKind::Dict(items) => {
                for (key, value) in items {
                    self.exprs(key.as_slice(), span, depth);
                    self.expr(*value, span, depth);
                }
            }
            ExprKind::Comp { key, elt, clauses, .. } => {
                self.exprs(key.as_slice(), span, depth);
                self.expr(*elt, span, depth);
                for clause in clauses {
                    match clause {
                        CompClause::For { target, iter, .. } => {
                            self.exprs(&[*target, *iter], span, depth)
                        }
                        CompClause::If(test) => self.expr(*test, span, depth),
                    }
                }
            }
            ExprKind::Yield(value) => self.exprs(value.as_slice(), span, depth),
            ExprKind::Named { target, value } => {
                self.ident(*target, span);
                self.expr(*value, span, depth);
            }
            _ => {}
        }
    }

    fn parts(&mut self, parts: &[FPart], parent: Span, depth: u32) {
        for part in parts {
            if let FPart::Value { value, spec, .. } = part {
                self.expr(*value, parent, depth);
                self.parts(spec, parent, depth);
            }
        }
    }

    fn args(&mut self, args: &[Arg], parent: Span, depth: u32) {
        for arg in args {
            self.place(arg.span, parent);
            self.expr(arg.value, arg.span, depth);
        }
    }

    fn params(&mut self, params: &Params, parent: Span, depth: u32) {
        for param in &params.items {
            self.ident(param.name, parent);
            self.exprs(param.annotation.as_slice(), parent, depth);
            self.exprs(param.default.as_slice(), parent, depth);
        }
    }

    fn stmts(&mut self, stmts: &[StmtId], parent: Span, depth: u32) {
        for &stmt in stmts {
            self.stmt(stmt, parent, depth);
        }
    }

    fn stmt(&mut self, id: StmtId, parent: Span, depth: u32) {
        assert!(depth <= MAX_DEPTH, "depth {depth}");
        let ast = self.ast;
        let Stmt { kind, span } = &ast.stmts[id];
        let (span, depth) = (*span, depth + 1);
        self.place(span, parent);
        match kind {
            StmtKind::Expr(value) => self.expr(*value, span, depth),
            StmtKind::Assign { targets, value } => {
                self.exprs(targets, span, depth);
                self.expr(*value, span, depth);
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.exprs(&[*target, *value], span, depth)
            }
            StmtKind::AnnAssign { target, annotation, value } => {
                self.exprs(&[*target, *annotation], span, depth);
                self.exprs(value.as_slice(), span, depth);
            }
            StmtKind::Return(value) => self.exprs(value.as_slice(), span, depth),
            StmtKind::Raise { exc, cause } => {
                self.exprs(exc.as_slice(), span, depth);
                self.exprs(cause.as_slice(), span, depth);
            }
            StmtKind::Assert { test, message } => {
                self.expr(*test, span, depth);
                self.exprs(message.as_slice(), span, depth);
            }
            StmtKind::Delete(targets) => self.exprs(targets, span, depth),
            StmtKind::Import(names) => names.iter().for_each(|name| self.place(name.span, span)),
            StmtKind::ImportFrom(import) => {
                if let ImportedNames::Names(names) = &import.names {
                    names.iter().for_each(|name| self.place(name.2, span));
                }
            }
            StmtKind::TypeAlias { name, value } => {
                self.place(name.span, span);
                self.expr(*value, span, depth);
            }
            _ => self.compound(kind, span, depth),
        }
    }

    fn compound(&mut self, kind: &StmtKind, span: Span, depth: u32) {
        match kind {
            StmtKind::If { branches, orelse } => {
                assert!(!branches.is_empty());
                for (test, body) in branches {
                    self.expr(*test, span, depth);
                    self.stmts(body, span, depth);
                }
                self.stmts(orelse, span, depth);
            }
            StmtKind::While { test, body, orelse } => {
                self.expr(*test, span, depth);
                self.stmts(body, span, depth);
                self.stmts(orelse, span, depth);
            }
            StmtKind::For { target, iter, body, orelse, .. } => {
                self.exprs(&[*target, *iter], span, depth);
                self.stmts(body, span, depth);
                self.stmts(orelse, span, depth);
            }
            StmtKind::Try { body, handlers, orelse, finalbody } => {
                self.stmts(body, span, depth);
                for handler in handlers {
                    self.place(handler.span, span);
                    self.exprs(handler.types.as_slice(), handler.span, depth);
                    self.stmts(&handler.body, handler.span, depth);
                }
                self.stmts(orelse, span, depth);
                self.stmts(finalbody, span, depth);
            }
            StmtKind::With { items, body, .. } => {
                for item in items {
                    self.expr(item.context, span, depth);
                    self.exprs(item.target.as_slice(), span, depth);
                }
                self.stmts(body, span, depth);
            }
            StmtKind::Match { subject, cases } => {
                self.expr(*subject, span, depth);
                for case in cases {
                    self.exprs(&case.values, span, depth);
                    case.captures.iter().for_each(|&capture| self.ident(capture, span));
                    self.exprs(case.guard.as_slice(), span, depth);
                    self.stmts(&case.body, span, depth);
                }
            }
            StmtKind::Function(function) => {
                self.place(function.name.span, span);
                self.exprs(&function.decorators, span, depth);
                self.params(&function.params, span, depth);
                self.exprs(function.returns.as_slice(), span, depth);
                self.stmts(&function.body, span, depth);
            }
            StmtKind::Class(class) => {
                self.place(class.name.span, span);
                self.exprs(&class.decorators, span, depth);
                self.args(&class.bases, span, depth);
                self.stmts(&class.body, span, depth);
            }
            StmtKind::Error(inner) => self.stmts(inner, span, depth),
            _ => {}
        }
    }
}
