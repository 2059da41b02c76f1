//! Statement lists and simple statements.

use super::Lower;
use super::MAX_BLOCKS;
use super::kind::Kind;
use super::operator::binary_op;
use crate::base::{Span, Symbol};
use crate::syntax::ast::{Arg, ArgKind, ExprId, ExprKind, Stmt, StmtId, StmtKind};

impl Lower<'_> {
    // ---- lists ----

    /// The children of the root; each starts a top-level block.
    pub(super) fn top_level_statements(&mut self) -> Vec<StmtId> {
        self.statements(true)
    }

    /// The body of a compound statement.
    pub(super) fn block(&mut self) -> Vec<StmtId> {
        if self.depth >= MAX_BLOCKS {
            let span = self.span();
            self.note_cut();
            self.sweep();
            return vec![self.push_stmt(StmtKind::Error(Vec::new()), span)];
        }
        self.depth += 1;
        let body = self.statements(false);
        self.depth -= 1;
        body
    }

    /// The children of the node as statements.
    fn statements(&mut self, at_top: bool) -> Vec<StmtId> {
        let mut list = Vec::new();
        let outer_pending = self.pending.len();
        let mut more = self.enter_list();
        while more {
            if self.kind == Kind::Semicolon || self.kind == Kind::MissingToken {
                more = self.advance_list();
                continue;
            }
            if at_top {
                self.open_block();
            }
            if self.kind.is_statement() {
                list.push(self.statement());
                more = self.advance_list();
            } else if self.kind == Kind::Error {
                list.push(self.error_statement());
                more = self.advance_list();
            } else {
                let stray;
                (stray, more) = self.stray_nodes();
                list.push(stray);
            }
            if self.pending.len() > outer_pending {
                self.read_pending(outer_pending, at_top, &mut list);
            }
        }
        list
    }

    /// Adds what can be read in the errors of the last statement, as statements after it.
    fn read_pending(&mut self, from: usize, at_top: bool, list: &mut Vec<StmtId>) {
        let (node, kind) = (self.node, self.kind);
        // Errors within errors come right after those: a stack, with the next one on top.
        self.pending[from..].reverse();
        while self.pending.len() > from
            && let Some(error) = self.pending.pop()
        {
            let mark = self.pending.len();
            let outer_cursor = std::mem::replace(&mut self.cursor, error.walk());
            self.load();
            if at_top {
                self.open_block();
            }
            let stmt = self.error_statement();
            let is_empty = matches!(&self.stmts.last(), Some(Stmt { kind: StmtKind::Error(inner), .. }) if inner.is_empty());
            match self.stmts.pop_if(|_| is_empty) {
                Some(_) if at_top => {
                    self.block_starts.pop();
                }
                Some(_) => {}
                None => list.push(stmt),
            }
            self.cursor = outer_cursor;
            self.pending[mark..].reverse();
        }
        (self.node, self.kind) = (node, kind);
    }

    /// An `ERROR` node: the statements and expressions that can be read in it.
    fn error_statement(&mut self) -> StmtId {
        let span = self.span();
        let mut inner = Vec::new();
        self.read_inside(&mut inner);
        self.push_stmt(StmtKind::Error(inner), span)
    }

    /// Adds what can be read below a node that is neither statement nor expression.
    fn read_inside(&mut self, list: &mut Vec<StmtId>) {
        if self.depth >= MAX_BLOCKS {
            self.note_cut();
            return self.sweep();
        }
        self.note_error_node();
        self.depth += 1;
        let mut more = self.enter_list();
        while more {
            self.read_node(list);
            more = self.advance_list();
        }
        self.depth -= 1;
    }

    /// Adds the node, if it is a statement or an expression, or else what is below it.
    fn read_node(&mut self, list: &mut Vec<StmtId>) {
        let span = self.span();
        let kind = match self.kind {
            kind if kind.is_statement() => return list.push(self.statement()),
            Kind::Assignment => self.assignment(),
            Kind::AugmentedAssignment => self.augmented_assignment(),
            // A name alone says nothing.
            Kind::Identifier | Kind::MissingValue => return,
            kind if kind.is_value() => StmtKind::Expr(self.expr()),
            _ => return self.read_inside(list),
        };
        list.push(self.push_stmt(kind, span));
    }

    /// Nodes outside of any statement, up to the next statement or error: the root is itself an
    /// `ERROR` node. Returns the statement and whether the cursor stands on a node after it.
    fn stray_nodes(&mut self) -> (StmtId, bool) {
        let start = self.node.start_byte();
        let mut end = start;
        let mut inner = Vec::new();
        let mut more = true;
        while more && !self.kind.is_statement() && self.kind != Kind::Error {
            end = self.node.end_byte();
            self.read_node(&mut inner);
            more = self.advance_list();
        }
        self.errors.push((start as u32, end as u32));
        let span = self.span_between(start, end);
        (self.push_stmt(StmtKind::Error(inner), span), more)
    }

    // ---- simple statements ----

    /// The node as a statement.
    fn statement(&mut self) -> StmtId {
        let span = self.span();
        self.cut_noted = false;
        let kind = match self.kind {
            Kind::ExpressionStatement => self.expression_statement(),
            Kind::ReturnStatement => {
                let values = self.values();
                StmtKind::Return(values.first().copied())
            }
            Kind::ImportFromStatement => self.import_from(),
            Kind::ImportStatement => StmtKind::Import(self.import_names()),
            Kind::RaiseStatement => self.raise(),
            Kind::PassStatement => self.keyword(StmtKind::Pass),
            Kind::BreakStatement => self.keyword(StmtKind::Break),
            Kind::ContinueStatement => self.keyword(StmtKind::Continue),
            Kind::AssertStatement => self.assert(),
            Kind::DeleteStatement => self.delete(),
            _ => self.rare_statement(),
        };
        self.push_stmt(kind, span)
    }

    fn rare_statement(&mut self) -> StmtKind {
        match self.kind {
            Kind::GlobalStatement => StmtKind::Global(self.identifiers()),
            Kind::NonlocalStatement => StmtKind::Nonlocal(self.identifiers()),
            Kind::FutureImportStatement => self.future_import(),
            Kind::PrintStatement => self.print(),
            Kind::ExecStatement => self.exec(),
            Kind::TypeAliasStatement => self.type_alias(),
            _ => self.compound_statement(),
        }
    }

    /// A statement that is one word. There may be comments or errors after it.
    fn keyword(&mut self, kind: StmtKind) -> StmtKind {
        if self.broken {
            self.sweep();
        }
        kind
    }

    /// The values among the children, in order.
    fn values(&mut self) -> Vec<ExprId> {
        let mut values = Vec::new();
        let mut more = self.enter();
        while more {
            if self.kind.is_value() {
                values.push(self.expr());
            }
            more = self.advance();
        }
        values
    }

    /// The identifiers among the children.
    pub(super) fn identifiers(&mut self) -> Vec<Symbol> {
        let mut names = Vec::new();
        let mut more = self.enter();
        while more {
            if self.kind == Kind::Identifier {
                names.push(self.symbol());
            }
            more = self.advance();
        }
        names
    }

    fn expression_statement(&mut self) -> StmtKind {
        let span = self.span();
        if !self.enter() {
            return StmtKind::Expr(self.unread_expr(span));
        }
        let kind = match self.kind {
            Kind::Assignment => self.assignment(),
            Kind::AugmentedAssignment => self.augmented_assignment(),
            _ => return StmtKind::Expr(self.value_or_tuple(span)),
        };
        self.leave();
        kind
    }

    /// `a = b = value`, `target: annotation = value`. The grammar nests them to the right.
    fn assignment(&mut self) -> StmtKind {
        let (node, span) = (self.node, self.span());
        let mut parts = Assignment::default();
        let mut levels = 0_u32;
        while self.enter() {
            levels += 1;
            if !self.assignment_level(&mut parts) {
                levels -= 1;
                break;
            }
        }
        for _ in 0..levels {
            self.leave();
        }
        let Assignment { mut targets, annotation, value } = parts;
        match annotation {
            Some(annotation) if targets.len() == 1 => {
                StmtKind::AnnAssign { target: targets[0], annotation, value }
            }
            _ => {
                if annotation.is_some() {
                    self.note_error(node);
                }
                if targets.is_empty() {
                    targets.push(self.unread_expr(span));
                }
                let value = self.or_unread(value, span);
                StmtKind::Assign { targets, value }
            }
        }
    }

    /// The children of one `assignment` node. True when the cursor stands on the next one, false
    /// when all are read and it is back on the node.
    fn assignment_level(&mut self, parts: &mut Assignment) -> bool {
        let mut after_equal = false;
        let mut more = true;
        while more {
            match self.kind {
                Kind::Equal => after_equal = true,
                Kind::Assignment if after_equal => return true,
                Kind::AugmentedAssignment => parts.value = Some(self.not_a_value()),
                Kind::Type => parts.annotation = Some(self.expr()),
                kind if kind.is_value() && after_equal => parts.value = Some(self.expr()),
                kind if kind.is_value() => parts.targets.push(self.expr()),
                _ => {}
            }
            more = self.advance();
        }
        false
    }

    /// `b += c` where a value should be.
    fn not_a_value(&mut self) -> ExprId {
        let span = self.span();
        self.note_error(self.node);
        self.sweep();
        self.unread_expr(span)
    }

    /// `target op= value`
    fn augmented_assignment(&mut self) -> StmtKind {
        let span = self.span();
        let (mut target, mut op, mut value) = (None, None, None);
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Assignment | Kind::AugmentedAssignment => value = Some(self.not_a_value()),
                kind if kind.is_value() && op.is_none() => target = Some(self.expr()),
                kind if kind.is_value() => value = Some(self.expr()),
                token => op = op.or(binary_op(token)),
            }
            more = self.advance();
        }
        let target = self.or_unread(target, span);
        let value = self.or_unread(value, span);
        match op {
            Some(op) => StmtKind::AugAssign { target, op, value },
            None => StmtKind::Expr(target),
        }
    }

    /// `raise exc from cause`
    fn raise(&mut self) -> StmtKind {
        let (mut exc, mut cause) = (None, None);
        let mut after_from = false;
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::FromToken => after_from = true,
                // Python 2's `raise Class, "message"`
                Kind::ExpressionList => {
                    self.note_error(self.node);
                    exc = Some(self.expr());
                }
                kind if kind.is_value() && after_from => cause = Some(self.expr()),
                kind if kind.is_value() => exc = Some(self.expr()),
                _ => {}
            }
            more = self.advance();
        }
        StmtKind::Raise { exc, cause }
    }

    /// `assert test, message`
    fn assert(&mut self) -> StmtKind {
        let span = self.span();
        let values = self.values();
        let test = self.or_unread(values.first().copied(), span);
        StmtKind::Assert { test, message: values.get(1).copied() }
    }

    /// `del a, b`
    fn delete(&mut self) -> StmtKind {
        let mut targets = Vec::new();
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::ExpressionList => targets.append(&mut self.values()),
                kind if kind.is_value() => targets.push(self.expr()),
                _ => {}
            }
            more = self.advance();
        }
        StmtKind::Delete(targets)
    }

    // ---- Python 2 ----

    /// Python 2's `print a, b` and `print >>file, a`, read as the calls they became.
    fn print(&mut self) -> StmtKind {
        let (node, span) = (self.node, self.span());
        self.note_error(node);
        let mut func = None;
        let mut args = Vec::new();
        let mut more = self.enter();
        while more {
            let span = self.span();
            match self.kind {
                Kind::PrintToken => func = Some(self.token_name()),
                Kind::Chevron => {
                    let kind = ArgKind::Keyword(self.names.intern("file"));
                    args.push(Arg { kind, value: self.first_value(), span });
                }
                kind if kind.is_value() => {
                    args.push(Arg { kind: ArgKind::Positional, value: self.expr(), span })
                }
                _ => {}
            }
            more = self.advance();
        }
        self.call_statement(func, args, span)
    }

    /// Python 2's `exec code in globals, locals`, read as the call it became.
    fn exec(&mut self) -> StmtKind {
        let (node, span) = (self.node, self.span());
        self.note_error(node);
        let mut func = None;
        let mut args = Vec::new();
        let mut more = self.enter();
        while more {
            let span = self.span();
            match self.kind {
                Kind::ExecToken => func = Some(self.token_name()),
                kind if kind.is_value() => {
                    args.push(Arg { kind: ArgKind::Positional, value: self.expr(), span })
                }
                _ => {}
            }
            more = self.advance();
        }
        self.call_statement(func, args, span)
    }

    /// A keyword as the name that it is today.
    fn token_name(&mut self) -> ExprId {
        let span = self.span();
        let name = self.symbol();
        self.push(ExprKind::Name(name), span)
    }

    fn call_statement(&mut self, func: Option<ExprId>, args: Vec<Arg>, span: Span) -> StmtKind {
        let func = self.or_unread(func, span);
        StmtKind::Expr(self.push(ExprKind::Call { func, args }, span))
    }
}

/// Targets, annotation and value of an assignment as they are found.
#[derive(Default)]
struct Assignment {
    targets: Vec<ExprId>,
    annotation: Option<ExprId>,
    value: Option<ExprId>,
}
