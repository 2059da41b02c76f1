//! `where`, `when` and `unless`: conditions on captured values, on attributes, on the project.

use super::clause::{Side, SubjectKind};
use super::context::Cx;
use super::error::Place;
use super::holes::is_metavar;
use super::model::{Condition, Where, WhereSubject};
use super::schema::PROJECT_CONDITIONS;
use super::shape::WHERE_GROUPS;
use super::tree::{Node, Table, Text};
use super::vars::{Mentions, Vars};

/// One entry of `where`.
#[derive(Debug)]
pub(super) struct WhereEntry {
    /// The condition; none when it did not compile.
    pub compiled: Option<Where>,
    /// What it binds and needs, its own variable included.
    pub mentions: Mentions,
}

/// `where.X`, `where.attr.NAME`: the name, its place and the predicate.
pub(super) fn where_items(table: Table<'_>) -> Vec<(String, Place, Node<'_>)> {
    let mut items = Vec::new();
    for (key, node) in table.entries_of("where") {
        match node.table().filter(|_| WHERE_GROUPS.contains(&key.value)) {
            Some(group) => {
                items.extend(group.entries().into_iter().map(|(name, node)| {
                    (format!("{}.{}", key.value, name.value), name.place, node)
                }))
            }
            None => items.push((key.value.to_owned(), key.place, node)),
        }
    }
    items
}

impl Cx<'_> {
    /// Compiles the `where` of a table whose subject is of `kind`.
    pub fn where_entries(
        &mut self,
        table: Table<'_>,
        kind: SubjectKind,
        vars: &mut Vars,
    ) -> Vec<WhereEntry> {
        let mut entries = Vec::new();
        for (name, place, node) in where_items(table) {
            let mut mentions = Mentions::default();
            let (subject, pred) = if is_metavar(&name) {
                let var = vars.id(&name);
                mentions.uses.push((var, place));
                (WhereSubject::Var(var), self.predicate(node, vars, &mut mentions))
            } else {
                self.check_attribute(&name, place, kind);
                let pred = self.attribute(kind, &name, node, vars, &mut mentions);
                (WhereSubject::Attr(name), pred)
            };
            let compiled = pred.map(|pred| Where { subject, pred });
            entries.push(WhereEntry { compiled, mentions });
        }
        entries
    }

    fn check_attribute(&mut self, name: &str, place: Place, kind: SubjectKind) {
        let known = kind.attributes();
        let group = name.split_once('.').map(|(group, _)| group);
        if known.contains(&name) || group.is_some_and(|group| known.contains(&group)) {
            return;
        }
        let message = format!("a {} has no attribute `{name}`", kind.name());
        if known.is_empty() {
            self.error_help(
                place,
                message,
                "conditions are on what it captures: `where.X` for `$X`",
            );
        } else {
            self.unknown(place, message, name, known.iter().copied());
        }
    }

    /// Compiles one entry of `when` or `unless`. `subject` is that of the match, where there is
    /// one; what the condition needs enters `mentions`.
    pub fn condition(
        &mut self,
        table: Table<'_>,
        subject: Option<SubjectKind>,
        vars: &mut Vars,
        mentions: &mut Mentions,
    ) -> Vec<Condition> {
        let project: Vec<&str> =
            PROJECT_CONDITIONS.into_iter().filter(|key| table.get(key).is_some()).collect();
        let others = table.entries().into_iter().any(|(key, _)| !project.contains(&key.value));
        match project.as_slice() {
            [] if table.entries().is_empty() => {
                self.error(table.place, "this condition says nothing");
                Vec::new()
            }
            [] if has_subject(table) => {
                let subject = subject.unwrap_or(SubjectKind::Pattern);
                let clause = self.clause(table, Side::Condition, subject, vars);
                mentions.extend(clause.mentions);
                clause.clause.map(Condition::Clause).into_iter().collect()
            }
            [] => self.value_conditions(table, subject, vars, mentions),
            [one] if !others => self.project_condition(table, one).into_iter().collect(),
            _ => {
                self.error_help(
                    table.place,
                    "a condition says one thing",
                    "several entries of the array are and-ed",
                );
                Vec::new()
            }
        }
    }

    fn value_conditions(
        &mut self,
        table: Table<'_>,
        subject: Option<SubjectKind>,
        vars: &mut Vars,
        mentions: &mut Mentions,
    ) -> Vec<Condition> {
        if table.get("where").is_none() {
            self.error(table.place, "this condition has no subject");
        }
        let kind = subject.unwrap_or(SubjectKind::Setting);
        let mut compiled = Vec::new();
        for entry in self.where_entries(table, kind, vars) {
            mentions.extend(entry.mentions);
            compiled.extend(entry.compiled.map(Condition::Where));
        }
        compiled
    }

    /// Compiles one condition on the project itself.
    pub fn project_condition(&mut self, table: Table<'_>, key: &str) -> Option<Condition> {
        let texts = table.texts(key);
        let strings =
            |texts: Vec<Text<'_>>| texts.iter().map(|text| text.value.to_owned()).collect();
        Some(match key {
            "framework" | "database" => {
                let names =
                    texts.into_iter().map(|text| self.stack_name(text, Some(key))).collect();
                if key == "framework" {
                    Condition::Framework(names)
                } else {
                    Condition::Database(names)
                }
            }
            "package" => Condition::Package(self.requirement(table.text(key)?)),
            "deployed" => Condition::Deployed(table.flag(key)),
            _ => Condition::Profile(strings(texts)),
        })
    }
}

fn has_subject(table: Table<'_>) -> bool {
    super::schema::SUBJECTS.iter().any(|key| table.get(key).is_some())
}
