//! One intent in one file.

use super::code::{Code, Range};
use super::layout::Patch;
use super::resolve::{Resolved, Wanted, range_of};
use super::snippet::{Rendered, is_expression};
use crate::base::{FileId, Loc, Symbol};
use crate::finding::{Change, Edit, Intent, Node, Replaced, Replacement, Safety, Snippet, apply};
use crate::syntax::ast::{Arg, ArgKind, ExprId, ExprKind, StmtKind};
use crate::syntax::parse;

/// Writes the edit of one intent.
pub(super) struct Writer<'c, 't> {
    code: &'c Code<'t>,
    file: FileId,
    intent: &'c Intent,
    patches: Vec<Patch>,
    /// Whether other code may use what changes.
    shared: bool,
}

impl<'c, 't> Writer<'c, 't> {
    pub fn new(code: &'c Code<'t>, file: FileId, intent: &'c Intent) -> Self {
        Self { code, file, intent, patches: Vec::new(), shared: false }
    }

    /// The edit, if the file allows it and still parses with it.
    pub fn edit(mut self) -> Option<Edit> {
        match &self.intent.change {
            Change::Replace { node, old, with } => self.replace(node, *old, with)?,
            Change::Argument { call, name, value, positional } => {
                self.argument(call, name, value, *positional)?;
            }
            Change::Delete(node) => self.delete(node)?,
            Change::Keys { node, entries } => {
                let dict = self.resolve(node, Wanted::Dict)?;
                for (key, value) in entries {
                    self.key(dict, key, value)?;
                }
            }
            Change::Setting { near, key, value, attribute } => {
                let value = self.render(value, false)?;
                let near = range_of(*near);
                let patches = self.code.set(&near, key, &value, attribute.as_deref())?;
                self.patches.extend(patches);
            }
            Change::Statement { near, before, code } => self.statement(*near, *before, code)?,
        }
        self.finish()
    }

    fn finish(mut self) -> Option<Edit> {
        self.patches.retain(|patch| self.code.text[patch.at.clone()] != patch.text);
        self.patches.sort_by_key(|patch| (patch.at.start, patch.at.end));
        self.patches.dedup();
        let disjoint = self.patches.windows(2).all(|pair| pair[0].at.end <= pair[1].at.start);
        if self.patches.is_empty() || !disjoint {
            return None;
        }
        let replacements: Option<Vec<Replacement>> = self
            .patches
            .into_iter()
            .map(|patch| {
                let start = u32::try_from(patch.at.start).ok()?;
                let end = u32::try_from(patch.at.end).ok()?;
                Some(Replacement { loc: Loc { file: self.file, start, end }, text: patch.text })
            })
            .collect();
        let replacements = replacements?;
        let after = apply(self.code.text, &replacements);
        let safety = if self.shared { Safety::Unsafe } else { self.intent.safety };
        let edit = Edit { title: self.intent.title.clone(), safety, replacements };
        parse(&after).errors.is_empty().then_some(edit)
    }

    fn resolve(&mut self, node: &Node, wanted: Wanted) -> Option<Resolved> {
        let found = self.code.resolve(node, wanted, self.intent.subject)?;
        self.shared |= found.shared;
        Some(found)
    }

    fn render(&mut self, snippet: &Snippet, is_statement: bool) -> Option<String> {
        let imports = &self.intent.imports;
        let Rendered { text, imports } =
            self.code.render(snippet, imports, self.file, is_statement)?;
        self.patches.extend(imports);
        Some(text)
    }

    fn replace(&mut self, node: &Node, old: Replaced, with: &Snippet) -> Option<()> {
        let found = self.resolve(node, Wanted::Old(old))?;
        self.put(found.expr, with)
    }

    /// New code in place of an expression, in parentheses where it needs them.
    fn put(&mut self, expr: ExprId, with: &Snippet) -> Option<()> {
        let text = self.render(with, false)?;
        let at = self.code.expr_range(expr);
        if self.code.text[at.clone()] == text {
            return None;
        }
        let plain = self.stays_one(&at, &text);
        let text = if plain { text } else { format!("({text})") };
        (plain || self.stays_one(&at, &text)).then_some(())?;
        self.patches.push(Patch { at, text });
        Some(())
    }

    /// Whether the new code is one expression where it is put.
    fn stays_one(&self, at: &Range, text: &str) -> bool {
        let source = self.code.text;
        let after = [&source[..at.start], text, &source[at.end..]].concat();
        let ast = parse(&after);
        let whole = at.start..at.start + text.len();
        let inner = whole.start + 1..whole.end.saturating_sub(1);
        ast.errors.is_empty()
            && (is_expression(&ast, &whole)
                || (text.starts_with('(') && is_expression(&ast, &inner)))
    }

    fn argument(
        &mut self,
        call: &Node,
        name: &str,
        value: &Snippet,
        positional: Option<Loc>,
    ) -> Option<()> {
        let call = self.resolve(call, Wanted::Call)?.expr;
        let (_, args) = self.code.call(call)?;
        if let Some(given) = self.code.keyword(args, name) {
            return self.put_literal(given, value);
        }
        if let Some(loc) = positional {
            return self.put_literal(self.code.expr_at(&range_of(loc))?, value);
        }
        // What is spread may give it, too.
        if args.iter().any(|arg| matches!(arg.kind, ArgKind::Star | ArgKind::DoubleStar)) {
            return None;
        }
        let value = self.render(value, false)?;
        self.append(call, &format!("{name}={value}"))
    }

    fn put_literal(&mut self, old: ExprId, value: &Snippet) -> Option<()> {
        self.code.is_literal(old).then_some(())?;
        self.put(old, value)
    }

    fn append(&mut self, container: ExprId, part: &str) -> Option<()> {
        let brackets = self.code.bracketed(container)?;
        self.patches.extend(self.code.append(&brackets, part)?);
        Some(())
    }

    fn key(&mut self, dict: Resolved, key: &str, value: &Snippet) -> Option<()> {
        if let Some(given) = self.code.entry(dict.expr, key) {
            return self.put_literal(given, value);
        }
        let value = self.render(value, false)?;
        let quote = self.code.quote;
        let part = match self.code.kind(dict.expr) {
            ExprKind::Dict(_) => format!("{quote}{key}{quote}: {value}"),
            _ => format!("{key}={value}"),
        };
        self.append(dict.expr, &part)
    }

    fn delete(&mut self, node: &Node) -> Option<()> {
        let value = self.resolve(node, Wanted::Old(Replaced::Literal))?.expr;
        let range = self.code.expr_range(value);
        let (container, index) = self.code.container_of(&range)?;
        let brackets = self.code.bracketed(container)?;
        let left = brackets.parts.len() - 1;
        // One item in parentheses is no tuple, and `{}` no set. A list without items says
        // something else than the list.
        let keeps_sense = match self.code.kind(container) {
            ExprKind::Tuple(_) => left > 1,
            ExprKind::Set(_) | ExprKind::List(_) => left > 0,
            // Those behind it would move to the place before theirs.
            ExprKind::Call { args, .. } => {
                let by_place = |arg: &Arg| !matches!(arg.kind, ArgKind::Keyword(_));
                !args.get(index).is_some_and(by_place) || !args[index + 1..].iter().any(by_place)
            }
            _ => true,
        };
        keeps_sense.then_some(())?;
        self.patches.push(self.code.remove(&brackets, index)?);
        Some(())
    }

    fn statement(&mut self, near: Loc, before: bool, code: &Snippet) -> Option<()> {
        let stmt = self.code.statement_around(&range_of(near))?;
        let range = self.code.stmt_range(stmt);
        let is_simple = !matches!(
            self.code.ast.stmts[stmt].kind,
            StmtKind::If { .. }
                | StmtKind::While { .. }
                | StmtKind::For { .. }
                | StmtKind::Try { .. }
                | StmtKind::With { .. }
                | StmtKind::Match { .. }
                | StmtKind::Function(_)
                | StmtKind::Class(_)
        );
        is_simple.then_some(())?;
        let code = self.render(code, true)?;
        let stands = |line: Option<&str>| line.is_some_and(|line| line.trim() == code.trim());
        let above = self.code.text[..self.code.line_start(range.start)].lines().last();
        let below = self.code.text[self.code.next_line(range.end)..].lines().next();
        if stands(if before { above } else { below }) {
            return None;
        }
        if before {
            let indent = self.code.indent(range.start)?;
            let text = self.code.indented(&code, indent) + self.code.line_break;
            self.patches.push(Patch::insert(self.code.line_start(range.start), text));
        } else {
            self.patches.extend(self.code.statement_behind(stmt, &code)?);
        }
        Some(())
    }
}

impl Code<'_> {
    /// The value of a keyword argument.
    pub fn keyword(&self, args: &[Arg], name: &str) -> Option<ExprId> {
        let is_it = |symbol: Symbol| self.name(symbol) == name;
        let found = args.iter().find(|a| matches!(a.kind, ArgKind::Keyword(own) if is_it(own)));
        found.map(|arg| arg.value)
    }

    /// The call, dict, list, tuple or set that a value is a part of, and which part.
    fn container_of(&self, value: &Range) -> Option<(ExprId, usize)> {
        self.ast.exprs.iter_enumerated().find_map(|(id, expr)| {
            let is_it = |id: &ExprId| self.expr_range(*id) == *value;
            let index = match &expr.kind {
                ExprKind::Call { args, .. } => args.iter().position(|arg| is_it(&arg.value)),
                ExprKind::Dict(entries) => entries.iter().position(|(_, value)| is_it(value)),
                ExprKind::List(items) | ExprKind::Set(items) | ExprKind::Tuple(items) => {
                    items.iter().position(is_it)
                }
                _ => None,
            };
            Some((id, index?))
        })
    }
}
