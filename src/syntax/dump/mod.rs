//! The tree as text: one S-expression for each statement, for tests and debugging.

mod expr;
mod stmt;

use super::ast::{Ast, Ident, StmtId};
use crate::base::Symbol;

/// The whole tree: statements, then comments, errors and cuts with their absolute offsets.
///
/// Each statement starts a line, indented by two spaces for each block around it.
pub fn dump(ast: &Ast) -> String {
    let mut writer = Writer { ast, out: String::new(), indent: 0 };
    writer.stmts(&ast.body);
    for comment in &ast.comments {
        let place = if comment.own_line { "own" } else { "end" };
        writer.line(&format!("(comment {}..{} {place})", comment.start, comment.end));
    }
    for (start, end) in &ast.errors {
        writer.line(&format!("(error {start}..{end})"));
    }
    for cut in &ast.cuts {
        writer.line(&format!("(cut {} {:?})", cut.at, cut.why));
    }
    writer.out
}

struct Writer<'a> {
    ast: &'a Ast,
    out: String,
    indent: usize,
}

impl Writer<'_> {
    fn stmts(&mut self, stmts: &[StmtId]) {
        for &stmt in stmts {
            self.start_line();
            self.stmt(stmt);
        }
    }

    fn line(&mut self, text: &str) {
        self.start_line();
        self.out.push_str(text);
    }

    fn start_line(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        for _ in 0..self.indent {
            self.out.push_str("  ");
        }
    }

    fn word(&mut self, word: &str) {
        self.out.push_str(word);
    }

    fn name(&mut self, name: Symbol) {
        let ast = self.ast;
        self.word(ast.names.resolve(name));
    }

    fn ident(&mut self, ident: Ident) {
        self.name(ident.name);
    }

    /// `a.b.c`
    fn path(&mut self, path: &[Symbol]) {
        for (index, &name) in path.iter().enumerate() {
            if index > 0 {
                self.word(".");
            }
            self.name(name);
        }
    }

    /// Text in quotes, on one line.
    fn quoted(&mut self, text: &str) {
        self.out.push('"');
        for char in text.chars() {
            match char {
                '"' => self.out.push_str("\\\""),
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                char if (char as u32) < 0x20 || char == '\x7f' => {
                    self.out.push_str(&format!("\\x{:02x}", char as u32));
                }
                char => self.out.push(char),
            }
        }
        self.out.push('"');
    }
}
