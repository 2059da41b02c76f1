//! Where the statements of a Python file begin and end.

use crate::base::FileId;
use crate::source::FileTable;
use crate::syntax;
use crate::syntax::ast::{Ast, Stmt, StmtId, StmtKind};

/// The statements of one file; of those with a body, their heads.
#[derive(Debug, Default)]
pub struct Statements {
    /// Byte range of each statement, and where its head ends.
    all: Vec<(u32, u32, u32)>,
}

impl Statements {
    /// The statements of a text.
    pub fn of(text: &str) -> Self {
        let ast = syntax::parse(text);
        let all = ast.stmts.iter().map(|stmt| {
            let (start, end) = range(&ast, stmt);
            (start, end, head_end(&ast, stmt, text).unwrap_or(end))
        });
        Self { all: all.collect() }
    }

    /// The statements of a file of a scan; a file that is not Python has none.
    pub fn of_file(file: FileId, files: &FileTable) -> Self {
        let file = files.get(file);
        if file.kind.is_python() { Self::of(&file.text) } else { Self::default() }
    }

    /// The innermost statement that holds an offset, if that lies in its head.
    pub fn around(&self, at: u32) -> Option<(u32, u32)> {
        let holding = self.all.iter().filter(|(start, end, _)| (*start..*end).contains(&at));
        let &(start, _, head) = holding.min_by_key(|(start, end, _)| end - start)?;
        (at < head).then_some((start, head))
    }
}

fn range(ast: &Ast, stmt: &Stmt) -> (u32, u32) {
    let range = ast.range(stmt.span);
    (range.start, range.end)
}

/// Where the code before the first statement of a body ends.
fn head_end(ast: &Ast, stmt: &Stmt, text: &str) -> Option<u32> {
    let (start, _) = range(ast, stmt);
    let (body, _) = range(ast, &ast.stmts[first_inside(&stmt.kind)?]);
    let mut code = text.get(start as usize..body as usize)?;
    // Comments of their own between the head and the body belong to the body.
    while let Some((before, last)) = code.rsplit_once('\n') {
        if !last.trim().is_empty() && !last.trim_start().starts_with('#') {
            break;
        }
        code = before;
    }
    Some(start + u32::try_from(code.trim_end().len()).unwrap_or(0))
}

/// The first statement of a statement's body.
fn first_inside(kind: &StmtKind) -> Option<StmtId> {
    let body = match kind {
        StmtKind::If { branches, .. } => branches.first().map(|(_, body)| body)?,
        StmtKind::While { body, .. }
        | StmtKind::For { body, .. }
        | StmtKind::Try { body, .. }
        | StmtKind::With { body, .. } => body,
        StmtKind::Match { cases, .. } => cases.first().map(|case| &case.body)?,
        StmtKind::Function(function) => &function.body,
        StmtKind::Class(class) => &class.body,
        StmtKind::Error(inside) => inside,
        _ => return None,
    };
    body.first().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn around(text: &str, at: &str, expected: Option<&str>) {
        let offset = u32::try_from(text.find(at).expect("in the text")).expect("short");
        let found = Statements::of(text).around(offset);
        let found = found.map(|(start, end)| &text[start as usize..end as usize]);
        assert_eq!(found, expected, "{at}");
    }

    #[test]
    fn statements_and_heads() {
        around("x = (\n  a,\n  b,\n)\n", "b", Some("x = (\n  a,\n  b,\n)"));
        let text = "@d\ndef f(a,\n      b=c):  # why\n    # of the body\n    return a\n";
        around(text, "c)", Some("@d\ndef f(a,\n      b=c):  # why"));
        around(text, "return", Some("return a"));
        around("if a: b\nelif c: d\n", "a", Some("if a:"));
        around("if a: b\nelif c: d\n", "c", None);
        around("if a: b\nelif c: d\n", "d", Some("d"));
    }
}
