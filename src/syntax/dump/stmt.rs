//! Statements as S-expressions.

use super::Writer;
use super::expr::binary;
use crate::syntax::ast::{
    ClassDef, ExprId, FunctionDef, Handler, ImportFrom, ImportName, ImportedNames, MatchCase,
    StmtId, StmtKind, WithItem,
};

impl Writer<'_> {
    pub(super) fn stmt(&mut self, stmt: StmtId) {
        let ast = self.ast;
        match &ast.stmts[stmt].kind {
            StmtKind::Expr(value) => self.form("(expr", &[*value]),
            StmtKind::Assign { targets, value } => {
                self.form("(assign (targets", targets);
                self.form("", &[*value]);
            }
            StmtKind::AugAssign { target, op, value } => {
                self.form(&format!("(assign {}=", binary(*op)), &[*target, *value]);
            }
            StmtKind::AnnAssign { target, annotation, value } => {
                self.form("(annotate", &[&[*target, *annotation], value.as_slice()].concat());
            }
            StmtKind::Return(value) => self.form("(return", value.as_slice()),
            StmtKind::Raise { exc, cause } => {
                self.form("(raise", &[exc.as_slice(), cause.as_slice()].concat())
            }
            StmtKind::Assert { test, message } => {
                self.form("(assert", &[&[*test], message.as_slice()].concat())
            }
            StmtKind::Delete(targets) => self.form("(del", targets),
            StmtKind::Pass => self.word("(pass)"),
            StmtKind::Break => self.word("(break)"),
            StmtKind::Continue => self.word("(continue)"),
            StmtKind::Global(names) => self.names("(global", names),
            StmtKind::Nonlocal(names) => self.names("(nonlocal", names),
            StmtKind::Import(names) => self.import(names),
            StmtKind::ImportFrom(import) => self.import_from(import),
            _ => self.compound_stmt(stmt),
        }
    }

    fn compound_stmt(&mut self, stmt: StmtId) {
        let ast = self.ast;
        match &ast.stmts[stmt].kind {
            StmtKind::If { branches, orelse } => {
                self.word("(if");
                for (test, body) in branches {
                    self.part("(branch", &[*test], body);
                }
                self.optional_part("(else", orelse);
            }
            StmtKind::While { test, body, orelse } => {
                self.body("(while", &[*test], body);
                self.optional_part("(else", orelse);
            }
            StmtKind::For { target, iter, body, orelse, is_async } => {
                self.body(if *is_async { "(async-for" } else { "(for" }, &[*target, *iter], body);
                self.optional_part("(else", orelse);
            }
            StmtKind::Try { body, handlers, orelse, finalbody } => {
                self.body("(try", &[], body);
                for handler in handlers {
                    self.handler(handler);
                }
                self.optional_part("(else", orelse);
                self.optional_part("(finally", finalbody);
            }
            StmtKind::With { items, body, is_async } => {
                self.word(if *is_async { "(async-with" } else { "(with" });
                self.with_items(items);
                self.body("", &[], body);
            }
            StmtKind::Match { subject, cases } => {
                self.body("(match", &[*subject], &[]);
                for case in cases {
                    self.case(case);
                }
            }
            StmtKind::Function(function) => self.function(function),
            StmtKind::Class(class) => self.class(class),
            StmtKind::TypeAlias { name, value } => {
                self.word("(type ");
                self.ident(*name);
                self.word(" ");
                self.expr(*value);
            }
            StmtKind::Error(inner) => self.body("<error", &[], inner),
            _ => {}
        }
        self.word(")");
    }

    /// `head a b`, then the statements on lines of their own.
    fn body(&mut self, head: &str, exprs: &[ExprId], stmts: &[StmtId]) {
        self.word(head);
        for &expr in exprs {
            self.word(" ");
            self.expr(expr);
        }
        self.indent += 1;
        self.stmts(stmts);
        self.indent -= 1;
    }

    /// A clause of a compound statement, on a line of its own.
    fn part(&mut self, head: &str, exprs: &[ExprId], stmts: &[StmtId]) {
        self.indent += 1;
        self.start_line();
        self.body(head, exprs, stmts);
        self.word(")");
        self.indent -= 1;
    }

    fn optional_part(&mut self, head: &str, stmts: &[StmtId]) {
        if !stmts.is_empty() {
            self.part(head, &[], stmts);
        }
    }

    fn handler(&mut self, handler: &Handler) {
        self.indent += 1;
        self.start_line();
        self.word(if handler.star { "(except*" } else { "(except" });
        if let Some(types) = handler.types {
            self.word(" ");
            self.expr(types);
        }
        if let Some(name) = handler.name {
            self.word(" as ");
            self.ident(name);
        }
        self.body("", &[], &handler.body);
        self.word(")");
        self.indent -= 1;
    }

    fn with_items(&mut self, items: &[WithItem]) {
        for item in items {
            self.word(" (item ");
            self.expr(item.context);
            if let Some(target) = item.target {
                self.word(" ");
                self.expr(target);
            }
            self.word(")");
        }
    }

    fn case(&mut self, case: &MatchCase) {
        self.indent += 1;
        self.start_line();
        self.form("(case (values", &case.values);
        self.word(" (captures");
        for capture in &case.captures {
            self.word(" ");
            self.ident(*capture);
        }
        self.word(")");
        if case.irrefutable {
            self.word(" always");
        }
        if let Some(guard) = case.guard {
            self.form(" (if", &[guard]);
        }
        self.body("", &[], &case.body);
        self.word(")");
        self.indent -= 1;
    }

    fn function(&mut self, function: &FunctionDef) {
        self.word(if function.is_async { "(async-def " } else { "(def " });
        self.ident(function.name);
        self.word(" ");
        self.params(&function.params);
        if let Some(returns) = function.returns {
            self.word(" -> ");
            self.expr(returns);
        }
        self.decorators(&function.decorators);
        self.body("", &[], &function.body);
    }

    fn class(&mut self, class: &ClassDef) {
        self.word("(class ");
        self.ident(class.name);
        self.word(" (");
        for (index, base) in class.bases.iter().enumerate() {
            if index > 0 {
                self.word(" ");
            }
            self.arg(base);
        }
        self.word(")");
        self.decorators(&class.decorators);
        self.body("", &[], &class.body);
    }

    fn decorators(&mut self, decorators: &[ExprId]) {
        for &decorator in decorators {
            self.word(" @");
            self.expr(decorator);
        }
    }

    fn names(&mut self, head: &str, names: &[crate::base::Symbol]) {
        self.word(head);
        for &name in names {
            self.word(" ");
            self.name(name);
        }
        self.word(")");
    }

    fn import(&mut self, names: &[ImportName]) {
        self.word("(import");
        for name in names {
            self.word(" ");
            self.path(&name.path);
            if let Some(alias) = name.alias {
                self.word(":");
                self.name(alias);
            }
        }
        self.word(")");
    }

    fn import_from(&mut self, import: &ImportFrom) {
        self.word("(from ");
        for _ in 0..import.level {
            self.word(".");
        }
        self.path(&import.module);
        match &import.names {
            ImportedNames::Star => self.word(" *"),
            ImportedNames::Names(names) => {
                for (name, alias, _) in names {
                    self.word(" ");
                    self.name(*name);
                    if let Some(alias) = alias {
                        self.word(":");
                        self.name(*alias);
                    }
                }
            }
        }
        self.word(")");
    }
}
