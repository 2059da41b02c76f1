//! tree-sitter's concrete tree to the typed arena.
//!
//! One cursor walks the tree once. Every function here lowers the node under the cursor and
//! leaves the cursor on that node; [`Lower::node`] and [`Lower::kind`] may then be those of a
//! node below, so a span is taken before the children are entered.

mod alias;
mod collection;
mod compound;
mod definition;
mod expr;
mod import;
mod kind;
mod operator;
mod pattern;
mod source;
mod stmt;
mod strings;

use std::ops::ControlFlow;

use tree_sitter::{Node, ParseOptions, ParseState, Parser, Tree, TreeCursor};

use self::kind::{Grammar, Kind};
use super::ast::{
    Ast, Comment, Cut, CutReason, Expr, ExprId, ExprKind, Ident, MAX_DEPTH, Stmt, StmtId, StmtKind,
};
use crate::base::{BlockId, Interner, Span, Symbol};

/// Deepest nesting of blocks that is kept. CPython takes no more; what `MAX_DEPTH` leaves above
/// it is for the expressions inside.
const MAX_BLOCKS: u32 = MAX_DEPTH / 2;

/// Parses one Python file. Never fails: what the grammar cannot follow is in `errors`.
pub fn parse(text: &str) -> Ast {
    let Ok(length) = u32::try_from(text.len()) else {
        return unread(0);
    };
    let source = source::readable(text);
    let Some(tree) = concrete_tree(&source.text) else {
        return unread(length);
    };
    let mut lower = Lower::new(text, &tree);
    lower.module();
    lower.note_source(&source);
    lower.finish_file()
}

/// Parses without lowering and returns the number of nodes: the cost [`parse`] cannot avoid.
pub fn parse_only(text: &str) -> usize {
    let source = source::readable(text);
    concrete_tree(&source.text).map_or(0, |tree| tree.root_node().descendant_count())
}

/// An empty tree for a file that is too large, or too costly to recover from its errors.
fn unread(length: u32) -> Ast {
    Ast {
        errors: vec![(0, length)],
        cuts: vec![Cut { at: 0, why: CutReason::Size }],
        ..Ast::default()
    }
}

/// Runs the parser, with an effort that is bounded by the length of the text and not by a clock,
/// so that the same text has the same outcome everywhere.
fn concrete_tree(text: &[u8]) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&Grammar::python().language).ok()?;
    // A step is 100 operations. Real code takes 6 steps for each 1,000 bytes, the worst known 50.
    let mut steps_left = 10_000 + text.len() / 10;
    let mut progress = |_: &ParseState| {
        steps_left = steps_left.saturating_sub(1);
        if steps_left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    parser.parse_with_options(&mut |at, _| text.get(at..).unwrap_or_default(), None, Some(options))
}

/// The state of lowering one file.
struct Lower<'t> {
    text: &'t str,
    grammar: &'static Grammar,
    cursor: TreeCursor<'t>,
    /// The node last moved to.
    node: Node<'t>,
    /// What it is.
    kind: Kind,
    /// Whether the tree has any error; without one there is nothing missing either.
    broken: bool,
    exprs: Vec<Expr>,
    stmts: Vec<Stmt>,
    body: Vec<StmtId>,
    block_starts: Vec<u32>,
    names: Interner,
    comments: Vec<Comment>,
    errors: Vec<(u32, u32)>,
    cuts: Vec<Cut>,
    /// The current top-level block and its start.
    block: BlockId,
    base: u32,
    /// Blocks and expressions around the current node.
    depth: u32,
    /// Whether the current statement already has a note that it was cut short.
    cut_noted: bool,
    /// Whether the star at the start of the current expression has been accounted for.
    star_taken: bool,
    /// `ERROR` nodes inside of statements, to be read when the statement is done.
    pending: Vec<Node<'t>>,
    /// The word `type` that opens an assignment, and the offset of what it is applied to.
    type_call: Option<(Node<'t>, usize)>,
}

impl<'t> Lower<'t> {
    fn new(text: &'t str, tree: &'t Tree) -> Self {
        let root = tree.root_node();
        let grammar = Grammar::python();
        Lower {
            text,
            grammar,
            cursor: tree.walk(),
            node: root,
            kind: grammar.kind(root.kind_id()),
            broken: root.has_error(),
            // Averages of real code: an expression for each 12 bytes, a statement for each 40.
            exprs: Vec::with_capacity(text.len() / 12),
            stmts: Vec::with_capacity(text.len() / 40),
            body: Vec::new(),
            block_starts: Vec::new(),
            names: Interner::default(),
            comments: Vec::new(),
            errors: Vec::new(),
            cuts: Vec::new(),
            block: BlockId(0),
            base: 0,
            depth: 0,
            cut_noted: false,
            star_taken: false,
            pending: Vec::new(),
            type_call: None,
        }
    }

    fn module(&mut self) {
        self.body = self.top_level_statements();
    }

    /// Adds what the preparation of the text found.
    fn note_source(&mut self, source: &source::Readable<'_>) {
        for &at in &source.nuls {
            self.errors.push((at as u32, at as u32 + 1));
        }
        if let Some(at) = source.blanked {
            self.cuts.push(Cut { at: at as u32, why: CutReason::Depth });
        }
    }

    fn finish_file(mut self) -> Ast {
        self.comments.sort_unstable_by_key(|comment| comment.start);
        self.cuts.sort_by_key(|cut| cut.at);
        Ast {
            exprs: self.exprs.into_iter().collect(),
            stmts: self.stmts.into_iter().collect(),
            body: self.body,
            block_starts: self.block_starts,
            names: self.names,
            comments: self.comments,
            errors: merged(self.errors),
            cuts: self.cuts,
        }
    }

    // ---- moving ----

    /// Moves to the first child that is syntax; false, and no move, when there is none.
    fn enter(&mut self) -> bool {
        self.cursor.goto_first_child() && self.settle(false)
    }

    /// Moves to the next sibling that is syntax; false, and up to the parent, when there is none.
    fn advance(&mut self) -> bool {
        if self.cursor.goto_next_sibling() {
            return self.settle(false);
        }
        self.cursor.goto_parent();
        false
    }

    /// Like [`enter`](Self::enter), but stops at errors too.
    fn enter_list(&mut self) -> bool {
        self.cursor.goto_first_child() && self.settle(true)
    }

    /// Like [`advance`](Self::advance), but stops at errors too.
    fn advance_list(&mut self) -> bool {
        if self.cursor.goto_next_sibling() {
            return self.settle(true);
        }
        self.cursor.goto_parent();
        false
    }

    /// Moves on over comments, line continuations and (unless `stop_at_errors`) errors.
    fn settle(&mut self, stop_at_errors: bool) -> bool {
        loop {
            self.load();
            match self.kind {
                Kind::Comment => self.note_comment(),
                Kind::LineContinuation => {}
                Kind::Error if !stop_at_errors => self.pending.push(self.node),
                _ => return true,
            }
            if !self.cursor.goto_next_sibling() {
                self.cursor.goto_parent();
                return false;
            }
        }
    }

    /// Passes over the remaining siblings and moves up to the parent.
    fn leave(&mut self) {
        while self.advance() {
            self.sweep();
        }
    }

    /// Reads node and kind from the cursor.
    fn load(&mut self) {
        self.node = self.cursor.node();
        self.kind = self.grammar.kind(self.node.kind_id());
        if self.broken && self.node.is_missing() {
            let at = self.node.start_byte() as u32;
            self.errors.push((at, at));
            self.kind = if self.node.is_named() { Kind::MissingValue } else { Kind::MissingToken };
        }
    }

    /// Passes over the node and all below it, noting comments and errors.
    fn sweep(&mut self) {
        if self.kind == Kind::TypeParameter {
            return self.type_parameters();
        }
        self.note_error_node();
        if !self.cursor.goto_first_child() {
            return;
        }
        let mut levels = 1_u32;
        while levels > 0 {
            self.load();
            match self.kind {
                Kind::Comment => self.note_comment(),
                _ => self.note_error_node(),
            }
            if self.cursor.goto_first_child() {
                levels += 1;
                continue;
            }
            while levels > 0 && !self.cursor.goto_next_sibling() {
                self.cursor.goto_parent();
                levels -= 1;
            }
        }
    }

    /// Passes over `[T, *Ts]` of a definition, which may have defaults the grammar does not know.
    fn type_parameters(&mut self) {
        let mut more = self.enter_list();
        while more {
            let is_default = self.kind == Kind::Error && self.node_text().contains('=');
            if !is_default {
                self.sweep();
            }
            more = self.advance_list();
        }
    }

    // ---- notes ----

    fn note_comment(&mut self) {
        let (start, mut end) = (self.node.start_byte(), self.node.end_byte());
        while end > start && matches!(self.text.as_bytes()[end - 1], b'\r' | b'\n') {
            end -= 1;
        }
        let own_line = opens_its_line(self.text, start);
        self.comments.push(Comment { start: start as u32, end: end as u32, own_line });
    }

    /// Notes the range of the node if it is an `ERROR`.
    fn note_error_node(&mut self) {
        if self.kind == Kind::Error {
            self.note_error(self.node);
        }
    }

    /// Notes that `node` is not today's Python.
    fn note_error(&mut self, node: Node<'t>) {
        self.errors.push((node.start_byte() as u32, node.end_byte() as u32));
    }

    /// Notes that the node is nested too deep, once for a statement.
    fn note_cut(&mut self) {
        if !self.cut_noted {
            self.cut_noted = true;
            self.cuts.push(Cut { at: self.node.start_byte() as u32, why: CutReason::Depth });
        }
    }

    // ---- making ----

    /// Starts the top-level block at the node.
    fn open_block(&mut self) {
        self.block = BlockId(self.block_starts.len() as u32);
        self.base = self.node.start_byte() as u32;
        self.block_starts.push(self.base);
    }

    /// The place of the node.
    fn span(&self) -> Span {
        self.span_between(self.node.start_byte(), self.node.end_byte())
    }

    /// The place between two absolute offsets.
    fn span_between(&self, start: usize, end: usize) -> Span {
        Span::new(self.block, start as u32 - self.base, end as u32 - self.base)
    }

    /// The source of the node.
    fn node_text(&self) -> &'t str {
        self.slice(self.node.start_byte(), self.node.end_byte())
    }

    /// The source between two absolute offsets; empty if they are no character boundaries.
    fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// The name that the node is.
    fn symbol(&mut self) -> Symbol {
        let text = self.node_text();
        self.names.intern(text)
    }

    /// The name that the node is, and its place.
    fn ident(&mut self) -> Ident {
        Ident { name: self.symbol(), span: self.span() }
    }

    /// A name that the source lacks.
    fn no_ident(&mut self, span: Span) -> Ident {
        Ident { name: self.names.intern(""), span }
    }

    fn push(&mut self, kind: ExprKind, span: Span) -> ExprId {
        self.exprs.push(Expr { kind, span });
        ExprId(self.exprs.len() as u32 - 1)
    }

    fn push_stmt(&mut self, kind: StmtKind, span: Span) -> StmtId {
        self.stmts.push(Stmt { kind, span });
        StmtId(self.stmts.len() as u32 - 1)
    }

    /// An expression that could not be read.
    fn unread_expr(&mut self, span: Span) -> ExprId {
        self.push(ExprKind::Error, span)
    }

    /// What was read, or an error in its place.
    fn or_unread(&mut self, expr: Option<ExprId>, span: Span) -> ExprId {
        match expr {
            Some(expr) => expr,
            None => self.unread_expr(Span { start: span.end, ..span }),
        }
    }
}

/// Whether only white space stands between `at` and the line end before it.
fn opens_its_line(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let before = before.trim_end_matches([' ', '\t', '\x0c', '\u{feff}']);
    before.is_empty() || before.ends_with(['\n', '\r'])
}

/// Error ranges in order, without those that lie in others.
fn merged(mut errors: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    errors.sort_unstable();
    let mut merged: Vec<(u32, u32)> = Vec::with_capacity(errors.len());
    for (start, end) in errors {
        match merged.last_mut() {
            Some(last) if start < last.1 || (start, end) == *last => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}

#[cfg(test)]
mod tests;
