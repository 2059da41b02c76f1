//! How a file names what an edit needs: by an import that it has, or by a new one.

use super::code::Code;
use super::layout::Patch;
use crate::syntax::ast::{ExprKind, ImportedNames, StmtId, StmtKind};

/// How a name of new code is spelled in a file, and the import that this takes.
pub(super) struct Spelled {
    pub name: String,
    pub import: Option<Patch>,
}

impl Code<'_> {
    /// The spelling of what stands at the dotted `path`; none where the name that an import would
    /// bind means something else.
    pub fn spelling(&self, path: &str) -> Option<Spelled> {
        let parts: Vec<&str> = path.split('.').collect();
        let known = self.ast.body.iter().filter_map(|stmt| self.spelled_by(*stmt, &parts));
        if let Some(name) = known.min_by_key(String::len) {
            return Some(Spelled { name, import: None });
        }
        let (last, module) = parts.split_last()?;
        if self.mentions(last) {
            return None;
        }
        let import = match module {
            [] => self.import_patch(&format!("import {last}"), (false, last))?,
            _ => {
                let module = module.join(".");
                let beside = self.import_beside(&module, last);
                beside.or_else(|| {
                    self.import_patch(&format!("from {module} import {last}"), (true, &module))
                })?
            }
        };
        Some(Spelled { name: (*last).to_owned(), import: Some(import) })
    }

    /// The spelling of a path through an import at the top level.
    fn spelled_by(&self, stmt: StmtId, path: &[&str]) -> Option<String> {
        let names = |symbols: &[crate::base::Symbol]| -> Vec<String> {
            symbols.iter().map(|s| self.name(*s).to_owned()).collect()
        };
        // What an import binds, and the path that this stands for.
        let bound: Vec<(String, Vec<String>)> = match &self.ast.stmts[stmt].kind {
            StmtKind::Import(imports) => imports
                .iter()
                .map(|import| {
                    let whole = names(&import.path);
                    let bound = import.alias.map(|alias| self.name(alias).to_owned());
                    (bound.unwrap_or_else(|| whole.join(".")), whole)
                })
                .collect(),
            StmtKind::ImportFrom(from) if from.level == 0 => match &from.names {
                ImportedNames::Names(list) => list
                    .iter()
                    .map(|(name, alias, _)| {
                        let mut whole = names(&from.module);
                        whole.push(self.name(*name).to_owned());
                        (self.name(alias.unwrap_or(*name)).to_owned(), whole)
                    })
                    .collect(),
                ImportedNames::Star => Vec::new(),
            },
            _ => Vec::new(),
        };
        bound.into_iter().find_map(|(bound, whole)| {
            let first = bound.split('.').next().unwrap_or_default();
            let rest = path.get(whole.len()..)?;
            // A module is no promise that the modules below it are loaded.
            let leads = whole.iter().zip(path).all(|(a, b)| a == b) && rest.len() < 2;
            let mut name = bound.clone();
            rest.iter().for_each(|part| {
                name.push('.');
                name.push_str(part);
            });
            (leads && self.is_bound_by_imports(first)).then_some(name)
        })
    }

    /// Another name in an import from the module that stands on one line.
    fn import_beside(&self, module: &str, name: &str) -> Option<Patch> {
        let names = self.ast.body.iter().find_map(|stmt| match &self.ast.stmts[*stmt].kind {
            StmtKind::ImportFrom(from) if from.level == 0 => match &from.names {
                ImportedNames::Names(names) => {
                    let (_, own) = self.import_key(*stmt)?;
                    let range = self.stmt_range(*stmt);
                    let one_line = self.line_end(range.start) >= range.end;
                    (own == module && one_line).then_some(names)
                }
                ImportedNames::Star => None,
            },
            _ => None,
        })?;
        let next = names.iter().find(|(own, ..)| self.name(*own) > name);
        Some(match next {
            Some((_, _, span)) => Patch::insert(self.range(*span).start, format!("{name}, ")),
            None => Patch::insert(self.range(names.last()?.2).end, format!(", {name}")),
        })
    }

    /// Where a new import goes: into the first block of imports, in its alphabetical order, plain
    /// imports first; without imports behind the docstring and leading comments.
    fn import_patch(&self, line: &str, key: (bool, &str)) -> Option<Patch> {
        let breaks = self.line_break;
        let block = self.first_import_block();
        for stmt in &block {
            if self.import_key(*stmt).is_some_and(|(from, module)| (from, module.as_str()) > key) {
                let at = self.stmt_range(*stmt).start;
                self.indent(at)?;
                return Some(Patch::insert(at, format!("{line}{breaks}")));
            }
        }
        if let Some(last) = block.last() {
            return Some(self.line_behind(self.stmt_range(*last).end, &[line]));
        }
        let body = self.ast.body.first();
        let docstring = body.filter(|stmt| self.is_docstring(**stmt));
        if let Some(docstring) = docstring {
            let end = self.stmt_range(*docstring).end;
            self.text[end..self.line_end(end)].trim().is_empty().then_some(())?;
            return Some(self.line_behind(end, &["", line]));
        }
        let at = body.map_or(self.text.len(), |stmt| self.stmt_range(*stmt).start);
        self.indent(at)?;
        Some(Patch::insert(at, format!("{line}{breaks}{breaks}")))
    }

    /// New lines behind the line of an offset.
    fn line_behind(&self, at: usize, lines: &[&str]) -> Patch {
        let end = self.line_end(at);
        let text: String = lines.iter().map(|line| format!("{}{line}", self.line_break)).collect();
        Patch::insert(end, text)
    }

    /// The imports at the top that stand together without an empty line; `__future__` is left out.
    fn first_import_block(&self) -> Vec<StmtId> {
        let mut block: Vec<StmtId> = Vec::new();
        for stmt in self.ast.body.iter().skip_while(|stmt| self.is_docstring(**stmt)) {
            let Some((_, module)) = self.import_key(*stmt) else { break };
            if module == "__future__" {
                continue;
            }
            if let Some(last) = block.last() {
                let gap = &self.text[self.stmt_range(*last).end..self.stmt_range(*stmt).start];
                let breaks = gap.replace("\r\n", "\n").replace('\r', "\n");
                if breaks.split('\n').filter(|line| line.trim().is_empty()).count() > 2 {
                    break;
                }
            }
            block.push(*stmt);
        }
        block
    }

    /// Whether an import is of the form `from …`, and its module.
    fn import_key(&self, stmt: StmtId) -> Option<(bool, String)> {
        let dotted = |path: &[crate::base::Symbol]| {
            path.iter().map(|s| self.name(*s)).collect::<Vec<_>>().join(".")
        };
        match &self.ast.stmts[stmt].kind {
            StmtKind::Import(names) => Some((false, dotted(&names.first()?.path))),
            StmtKind::ImportFrom(from) => {
                let dots = ".".repeat(usize::try_from(from.level).unwrap_or(0));
                Some((true, dots + &dotted(&from.module)))
            }
            _ => None,
        }
    }

    fn is_docstring(&self, stmt: StmtId) -> bool {
        matches!(self.ast.stmts[stmt].kind, StmtKind::Expr(value)
            if matches!(self.kind(value), ExprKind::Str(_)))
    }
}
