//! `[[rule.edit]]`: what to change so that a finding goes away.

use super::branch::{Bindings, compile_conditions};
use super::clause::SubjectKind;
use super::conditions::where_items;
use super::context::Cx;
use super::holes::is_metavar;
use super::model::{Condition, EditAction, EditRule, Pred, Template, TemplatePart, VarId};
use super::schema_edits::ACTIONS;
use super::tree::{Table, Text};
use super::vars::{Mentions, Vars};
use crate::finding::Safety;
use crate::syntax::ast::{Ast, StmtKind};
use crate::syntax::parse;

/// The variable that every edit has: the object whose method the match calls, or whose item or
/// attribute it sets.
pub const RECEIVER: &str = "RECEIVER";
/// What stands for a captured value where the form of code is checked.
const CAPTURED: &str = "captured";

/// Compiles the edits of one branch.
pub(super) fn compile_edits(
    cx: &mut Cx<'_>,
    tables: &[Table<'_>],
    subject: SubjectKind,
    vars: &mut Vars,
    bindings: &Bindings,
) -> Vec<EditRule> {
    let mut compiler = Compiler { cx, subject, vars, bindings };
    let mut edits = Vec::new();
    for table in tables {
        let before = compiler.cx.mistakes();
        let edit = compiler.edit(*table);
        // What is wrong with one is said; nothing else is asked of it.
        edits.extend(edit.filter(|_| compiler.cx.mistakes() == before));
    }
    edits
}

struct Compiler<'c, 'p> {
    cx: &'c mut Cx<'p>,
    subject: SubjectKind,
    vars: &'c mut Vars,
    bindings: &'c Bindings,
}

impl Compiler<'_, '_> {
    fn edit(&mut self, table: Table<'_>) -> Option<EditRule> {
        if !matches!(self.subject, SubjectKind::Pattern | SubjectKind::Setting) {
            let message = format!("no edit goes with a {}", self.subject.name());
            self.cx.error_help(table.place, message, "`edit = []` for a branch without an edit");
            return None;
        }
        let title = table.text("title")?;
        if title.value.trim().is_empty() || title.value.trim().ends_with('.') {
            self.cx.error(title.place, "the title of an edit is a phrase without a full stop");
        }
        let at = self.place(table);
        let item = table.get("item").and_then(|node| {
            let mut mentions = Mentions::default();
            let pred = self.cx.predicate(node, self.vars, &mut mentions);
            self.bindings.check(self.cx, self.vars, &mentions.uses, &[]);
            pred
        });
        let action = self.action(table)?;
        if item.is_some() && matches!(action, EditAction::Statement { .. }) {
            self.cx.error(table.key_place("item"), "a statement stands beside no item");
        }
        Some(EditRule {
            title: title.value.trim().to_owned(),
            safety: Safety::from_name(table.text("safety")?.value)?,
            at,
            item,
            wheres: self.wheres(table),
            when: self.conditions(table, "when"),
            unless: self.conditions(table, "unless"),
            action,
            imports: self.imports(table),
        })
    }

    fn conditions(&mut self, table: Table<'_>, key: &str) -> Vec<Condition> {
        compile_conditions(self.cx, table, key, self.subject, self.vars, self.bindings)
    }

    fn place(&mut self, table: Table<'_>) -> Option<VarId> {
        let text = table.text("at").filter(|text| text.value != "subject")?;
        if !text.value.starts_with('$') {
            let message = format!("`{}` is no place: `$X` or `subject`", text.value);
            self.cx.unknown(text.place, message, text.value, ["subject"]);
            return None;
        }
        let var = self.cx.variable(text, self.vars)?;
        let receiver = self.vars.id(RECEIVER);
        self.bindings.check(self.cx, self.vars, &[(var, text.place)], &[receiver]);
        Some(var)
    }

    fn wheres(&mut self, table: Table<'_>) -> Vec<(VarId, Pred)> {
        let mut wheres = Vec::new();
        for (name, place, node) in where_items(table) {
            if !is_metavar(&name) {
                self.cx.error(place, "conditions of an edit are on what is captured: `where.X`");
                continue;
            }
            let var = self.vars.id(&name);
            let mut mentions = Mentions::default();
            let pred = self.cx.predicate(node, self.vars, &mut mentions);
            mentions.uses.push((var, place));
            let own: Vec<_> = mentions.bound().collect();
            self.bindings.check(self.cx, self.vars, &mentions.uses, &own);
            wheres.extend(pred.map(|pred| (var, pred)));
        }
        wheres
    }

    fn action(&mut self, table: Table<'_>) -> Option<EditAction> {
        let found: Vec<&str> = ACTIONS.into_iter().filter(|key| table.get(key).is_some()).collect();
        let [action] = found.as_slice() else {
            let message = match found.as_slice() {
                [] => "this edit does nothing".to_owned(),
                several => format!("an edit does one thing, this one {}", several.join(" and ")),
            };
            self.cx.error_help(table.place, message, format!("one of {}", ACTIONS.join(", ")));
            return None;
        };
        match *action {
            "replace" => Some(EditAction::Replace(self.expression(table.text("replace")?, 0)?)),
            "insert-argument" => self.argument(table.text("insert-argument")?),
            "delete-item" => Some(EditAction::Delete),
            "set-key" => {
                let entries = table.entries_of("set-key");
                if entries.is_empty() {
                    self.cx.error(table.key_place("set-key"), "`set-key` names no key");
                }
                let entries = entries.into_iter().map(|(key, node)| {
                    Some((key.value.to_owned(), self.expression(node.text()?, 0)?))
                });
                entries.collect::<Option<Vec<_>>>().map(EditAction::Keys)
            }
            key => {
                let text = table.text(key)?;
                let code = self.code(text, 0);
                let ok = parsed(&code, |ast| ast.body.len() == 1);
                self.demand(ok, text, "one statement");
                Some(EditAction::Statement { before: key == "insert-before", code })
            }
        }
    }

    /// `name=value`
    fn argument(&mut self, text: Text<'_>) -> Option<EditAction> {
        let name = text.value.split('=').next().unwrap_or_default();
        if !is_identifier(name) || name.len() + 1 >= text.value.len() {
            self.cx.error_help(text.place, "expected an argument", "`name=value`");
            return None;
        }
        let value = self.expression(text, name.len() + 1)?;
        Some(EditAction::Argument { name: name.to_owned(), value })
    }

    /// Code that is one expression, from byte `start` of `text` on.
    fn expression(&mut self, text: Text<'_>, start: usize) -> Option<Template> {
        let code = self.code(text, start);
        let ok = parsed(&code, |ast| match ast.body.as_slice() {
            [only] => matches!(ast.stmts[*only].kind, StmtKind::Expr(_)),
            _ => false,
        });
        self.demand(ok, text, "an expression");
        Some(code)
    }

    /// Code with captured values, which stand for their source.
    fn code(&mut self, text: Text<'_>, start: usize) -> Template {
        let mut uses = Vec::new();
        let mut template = self.cx.template(text, self.vars, &mut uses);
        let receiver = self.vars.id(RECEIVER);
        self.bindings.check(self.cx, self.vars, &uses, &[receiver]);
        if let Some(TemplatePart::Text(first)) = template.parts.first_mut() {
            first.drain(..start.min(first.len()));
        }
        template
    }

    fn demand(&mut self, ok: bool, text: Text<'_>, what: &str) {
        if !ok && !self.cx.trusts(text.place) {
            self.cx.error(text.place, format!("this is not {what} of Python"));
        }
    }

    fn imports(&mut self, table: Table<'_>) -> Vec<(String, String)> {
        let mut imports = Vec::new();
        for (name, node) in table.entries_of("imports") {
            let Some(path) = node.text() else { continue };
            let is_path = path.value.split('.').all(is_identifier);
            let last = path.value.rsplit('.').next();
            if !is_path || last != Some(name.value) {
                self.cx.error_help(
                    path.place,
                    format!("`{}` is not what `{}` stands for", path.value, name.value),
                    "a dotted path that ends with the name: `timezone = \"datetime.timezone\"`",
                );
            }
            imports.push((name.value.to_owned(), path.value.to_owned()));
        }
        imports
    }
}

fn is_identifier(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// The code with a name for each captured value.
fn filled(code: &Template) -> String {
    let parts = code.parts.iter();
    parts
        .map(|part| match part {
            TemplatePart::Text(text) => text.as_str(),
            TemplatePart::Var(_) => CAPTURED,
        })
        .collect()
}

fn parsed(code: &Template, test: impl Fn(&Ast) -> bool) -> bool {
    let ast = parse(&filled(code));
    ast.errors.is_empty() && test(&ast)
}
