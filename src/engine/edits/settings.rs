//! A setting that is not set yet: written beside others, in their form.

use super::code::{Code, Range};
use super::layout::Patch;
use crate::syntax::ast::{ArgKind, ExprKind, StmtId, StmtKind};

impl Code<'_> {
    /// Sets `key` to `value` behind the setting, or the end of settings, at `near`. `attribute`
    /// is where applications of the framework hold their settings.
    pub fn set(
        &self,
        near: &Range,
        key: &str,
        value: &str,
        attribute: Option<&str>,
    ) -> Option<Vec<Patch>> {
        if let Some(patches) = self.set_in_brackets(near, key, value) {
            return Some(patches);
        }
        let stmt = self.statement_around(near)?;
        let quote = self.quote;
        match &self.ast.stmts[stmt].kind {
            StmtKind::Assign { targets, value: assigned } => {
                let [target] = targets.as_slice() else { return None };
                match (self.kind(*target), attribute) {
                    // `app.config["NEAR"] = …`
                    (ExprKind::Subscript { value: object, index }, _)
                        if matches!(self.kind(*index), ExprKind::Str(_)) =>
                    {
                        let object = self.source(*object);
                        let line = format!("{object}[{quote}{key}{quote}] = {value}");
                        self.always_runs(stmt).then(|| self.statement_behind(stmt, &line))?
                    }
                    // `app = Flask(__name__)`
                    (ExprKind::Name(_) | ExprKind::Attr { .. }, Some(attribute))
                        if self.call(*assigned).is_some()
                            && self.expr_range(*assigned) == *near =>
                    {
                        let app = self.source(*target);
                        let line = format!("{app}.{attribute}[{quote}{key}{quote}] = {value}");
                        self.always_runs(stmt).then(|| self.statement_behind(stmt, &line))?
                    }
                    _ => self.set_as_name(stmt, near, key, value),
                }
            }
            _ if attribute.is_none() => self.set_as_name(stmt, near, key, value),
            _ => None,
        }
    }

    /// `NEAR = …` in a module or class.
    fn set_as_name(
        &self,
        stmt: StmtId,
        near: &Range,
        key: &str,
        value: &str,
    ) -> Option<Vec<Patch>> {
        if self.times_bound(key) > 0 || self.function_around(near).is_some() {
            return None;
        }
        let behind = self.container_member(stmt)?;
        self.statement_behind(behind, &format!("{key} = {value}"))
    }

    /// Beside a keyword argument (`config.update(NEAR=…)`) or an entry of a dict.
    fn set_in_brackets(&self, near: &Range, key: &str, value: &str) -> Option<Vec<Patch>> {
        let quote = self.quote;
        self.ast.exprs.iter_enumerated().find_map(|(id, expr)| {
            let part = match &expr.kind {
                ExprKind::Call { args, .. } => {
                    let beside = args.iter().any(|arg| {
                        matches!(arg.kind, ArgKind::Keyword(_))
                            && (self.range(arg.span) == *near
                                || self.expr_range(arg.value) == *near)
                    });
                    beside.then(|| format!("{key}={value}"))?
                }
                ExprKind::Dict(entries) => {
                    let beside = entries.iter().any(|(own, value)| {
                        own.is_some_and(|own| {
                            let own = self.expr_range(own);
                            own == *near || (own.start..self.expr_range(*value).end) == *near
                        })
                    });
                    beside.then(|| format!("{quote}{key}{quote}: {value}"))?
                }
                _ => return None,
            };
            self.append(&self.bracketed(id)?, &part)
        })
    }

    /// A statement on a line of its own behind another one, with its indentation.
    pub fn statement_behind(&self, stmt: StmtId, line: &str) -> Option<Vec<Patch>> {
        let range = self.stmt_range(stmt);
        let indent = self.indent(range.start)?;
        let end = self.line_end(range.end);
        let rest = self.text[range.end..end].trim_start();
        if !rest.is_empty() && !rest.starts_with('#') {
            return None;
        }
        Some(vec![Patch::insert(
            end,
            format!("{}{}", self.line_break, self.indented(line, indent)),
        )])
    }

    /// Lines with an indentation, and the line breaks of the file.
    pub fn indented(&self, lines: &str, indent: &str) -> String {
        let lines: Vec<String> = lines.lines().map(|line| format!("{indent}{line}")).collect();
        lines.join(self.line_break)
    }

    /// The statement of a module or class that a statement is, or is a part of.
    fn container_member(&self, stmt: StmtId) -> Option<StmtId> {
        let range = self.stmt_range(stmt);
        let classes = self.ast.stmts.iter().filter_map(|stmt| match &stmt.kind {
            StmtKind::Class(class) => Some(class.body.as_slice()),
            _ => None,
        });
        let bodies = classes.chain(std::iter::once(self.ast.body.as_slice()));
        let around = bodies.flatten().map(|id| (*id, self.stmt_range(*id)));
        let around = around.filter(|(_, own)| own.start <= range.start && range.end <= own.end);
        around.min_by_key(|(_, own)| own.len()).map(|(id, _)| id)
    }

    /// Whether a statement stands directly in a module, class or function, under no condition.
    fn always_runs(&self, stmt: StmtId) -> bool {
        let functions = self.ast.stmts.iter().filter_map(|stmt| match &stmt.kind {
            StmtKind::Class(class) => Some(class.body.as_slice()),
            StmtKind::Function(function) => Some(function.body.as_slice()),
            _ => None,
        });
        functions.chain(std::iter::once(self.ast.body.as_slice())).flatten().any(|id| *id == stmt)
    }
}
