//! Subjects that the project model answers for: classes, connections, fields, routes, files,
//! the project itself. All are things with attributes; what differs is which.

use super::clause::SubjectKind;
use super::constant::scalar;
use super::context::Cx;
use super::holes::is_metavar;
use super::model::{EntitySubject, Pred, Where, WhereSubject};
use super::pattern::is_anchored;
use super::tree::{Node, Table};
use super::vars::{Mentions, Vars};

/// The kinds of things the project model knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntityKind {
    /// A class of the project.
    Class,
    /// A connection to a database, whatever spelled it.
    Connection,
    /// A field of a model, serializer or form.
    Field,
    /// A URL with its handler.
    Route,
    /// A file that is not Python, or a value in it.
    File,
    /// The project as a whole.
    Project,
}

impl EntityKind {
    /// All kinds.
    pub const ALL: [EntityKind; 6] =
        [Self::Class, Self::Connection, Self::Field, Self::Route, Self::File, Self::Project];

    /// Its key in packs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Class => "class",
            Self::Connection => "connection",
            Self::Field => "field",
            Self::Route => "route",
            Self::File => "file",
            Self::Project => "project",
        }
    }

    /// The metavariable that stands for the thing, without `$`.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Class => "CLASS",
            Self::Connection => "CONNECTION",
            Self::Field => "FIELD",
            Self::Route => "ROUTE",
            Self::File => "FILE",
            Self::Project => "PROJECT",
        }
    }

    /// What `where` may say of it besides captured values. Of a name with a dot, the part before
    /// it is listed when any name may follow.
    pub fn attributes(self) -> &'static [&'static str] {
        match self {
            Self::Class => &["name", "bases", "methods", "abstract", "attr", "meta"],
            Self::Connection => &[
                "engine",
                "driver",
                "host",
                "port",
                "user",
                "password",
                "database",
                "sslmode",
                "sslrootcert",
                "sslcert",
                "tls",
                "tls_verify",
                "mechanism",
                "options",
                "given",
                "serves",
            ],
            Self::Field => &[
                "name",
                "class",
                "type",
                "holds",
                "unique",
                "index",
                "primary_key",
                "null",
                "max_length",
                "default",
                "choices",
                "required",
                "editable",
                "write_only",
                "read_only",
                "table",
                "model",
                "via",
                "to",
                "source",
                "ttl",
                "writes",
            ],
            Self::Route => &[
                "url",
                "methods",
                "name",
                "handler",
                "framework",
                "inputs",
                "serializer",
                "guard.auth",
                "guard.throttle",
                "guard.csrf",
                "guard.no_store",
            ],
            Self::File => &["kind", "path", "profile", "variable", "value"],
            Self::Project => &[],
        }
    }

    /// Attributes that are collections: a plain value means one of the items.
    fn is_collection(self, attribute: &str) -> bool {
        match self {
            Self::Class => matches!(attribute, "bases" | "methods"),
            Self::Connection => matches!(attribute, "given" | "serves"),
            Self::Field => matches!(attribute, "type" | "writes"),
            Self::Route => matches!(attribute, "methods" | "inputs"),
            Self::File | Self::Project => false,
        }
    }

    /// Whether some of its attributes must be named: a subject without any says nothing.
    fn needs_condition(self) -> bool {
        !matches!(self, Self::Class | Self::Project)
    }
}

impl Cx<'_> {
    /// Compiles the subject of `kind` in `table` (a match, clause or condition).
    pub(super) fn entity(
        &mut self,
        table: Table<'_>,
        kind: EntityKind,
        vars: &mut Vars,
        mentions: &mut Mentions,
    ) -> Option<EntitySubject> {
        let key = table.key_place(kind.name());
        let var = vars.id(kind.variable());
        mentions.binds.push((var, key));
        let mut subject = EntitySubject {
            kind,
            of: Vec::new(),
            keys: Vec::new(),
            wheres: Vec::new(),
            does: Vec::new(),
            returns: None,
            var,
        };
        let node = table.get(kind.name())?;
        match (kind, node.table()) {
            (EntityKind::Class, _) => {
                subject.of = self.paths(node);
                if subject.of.is_empty() {
                    self.error(key, "`class` is empty");
                }
            }
            (EntityKind::Project, _) => {}
            (_, Some(conditions)) => {
                self.entity_conditions(conditions, &mut subject, vars, mentions);
                let named = !conditions.entries().is_empty() || table.get("where").is_some();
                if kind.needs_condition() && !named {
                    self.error(node.place, format!("this {} would be any", kind.name()));
                }
            }
            (_, None) => return None,
        }
        Some(subject)
    }

    /// Compiles what the condition `field` asks of a field.
    pub(super) fn field_conditions(
        &mut self,
        table: Table<'_>,
        vars: &mut Vars,
        mentions: &mut Mentions,
    ) -> Vec<Where> {
        if table.get("of").is_some() {
            self.error(table.key_place("of"), "the fields of the class are meant");
        }
        let var = vars.id(EntityKind::Field.variable());
        let mut subject = EntitySubject {
            kind: EntityKind::Field,
            of: Vec::new(),
            keys: Vec::new(),
            wheres: Vec::new(),
            does: Vec::new(),
            returns: None,
            var,
        };
        self.entity_conditions(table, &mut subject, vars, mentions);
        subject.wheres
    }

    fn entity_conditions(
        &mut self,
        table: Table<'_>,
        subject: &mut EntitySubject,
        vars: &mut Vars,
        mentions: &mut Mentions,
    ) {
        for (key, node) in table.entries() {
            match (key.value, node.table()) {
                ("of", _) => subject.of = self.paths(node),
                ("key", _) => {
                    for text in node.texts() {
                        let path = self.key_path(text, 0, vars, &mut mentions.binds);
                        subject.keys.extend(path);
                    }
                }
                ("does", _) => self.does(node, subject, vars, mentions),
                ("returns", _) => subject.returns = self.predicate(node, vars, mentions),
                ("guard", Some(guards)) => {
                    for (name, node) in guards.entries() {
                        let name = format!("guard.{}", name.value);
                        self.entity_condition(name, node, subject, vars, mentions);
                    }
                }
                (name, _) => self.entity_condition(name.to_owned(), node, subject, vars, mentions),
            }
        }
    }

    /// What a handler does. Only a single pattern binds its variables: of several, any may hold.
    fn does(
        &mut self,
        node: Node<'_>,
        subject: &mut EntitySubject,
        vars: &mut Vars,
        mentions: &mut Mentions,
    ) {
        let texts = node.texts();
        for text in &texts {
            let mut own = Mentions::default();
            let Some(pattern) = self.pattern(*text, vars, &mut own) else { continue };
            if !is_anchored(&pattern.kind) {
                self.error(text.place, "this pattern would match anything");
            }
            if texts.len() == 1 {
                mentions.extend(own);
            }
            subject.does.push(pattern);
        }
    }

    fn entity_condition(
        &mut self,
        name: String,
        node: Node<'_>,
        subject: &mut EntitySubject,
        vars: &mut Vars,
        mentions: &mut Mentions,
    ) {
        let kind = SubjectKind::Entity(subject.kind);
        let pred = self.attribute(kind, &name, node, vars, mentions);
        let subject_of = WhereSubject::Attr(name);
        subject.wheres.extend(pred.map(|pred| Where { subject: subject_of, pred }));
    }

    fn paths(&mut self, node: Node<'_>) -> Vec<Vec<crate::base::Symbol>> {
        node.texts().into_iter().map(|text| self.path(text)).collect()
    }

    /// Compiles what an attribute of a subject must be: `"$X"` captures it, an array lists what
    /// it may be, and of a collection plain values speak of its items.
    pub(super) fn attribute(
        &mut self,
        kind: SubjectKind,
        name: &str,
        node: Node<'_>,
        vars: &mut Vars,
        mentions: &mut Mentions,
    ) -> Option<Pred> {
        let metavar = node.text().and_then(|text| text.value.strip_prefix('$'));
        if let (SubjectKind::Entity(_), Some(var)) = (kind, metavar.filter(|v| is_metavar(v))) {
            let var = vars.id(var);
            mentions.binds.push((var, node.place));
            return Some(Pred::Capture(var));
        }
        let plain = if node.is_array() {
            Some(Pred::In(node.items().into_iter().filter_map(scalar).collect()))
        } else {
            scalar(node).map(Pred::Eq)
        };
        let collection = matches!(kind, SubjectKind::Entity(e) if e.is_collection(name));
        match plain {
            Some(pred) if collection => Some(Pred::Item(Box::new(pred))),
            Some(pred) => Some(pred),
            None => self.predicate(node, vars, mentions),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::MATCH;
    use super::super::shape::{Schema, Shape};
    use super::*;

    fn keys(schema: &'static Schema, before: &str, names: &mut Vec<String>) {
        for key in schema.keys {
            match &key.shape {
                Shape::Table(inner) => keys(inner, &format!("{}.", key.name), names),
                _ => names.push(format!("{before}{}", key.name)),
            }
        }
    }

    #[test]
    fn schema_and_attributes_agree() {
        for kind in EntityKind::ALL {
            let key = MATCH.keys.iter().find(|key| key.name == kind.name());
            let Some(Shape::Table(schema)) = key.map(|key| &key.shape) else { continue };
            let mut names = Vec::new();
            keys(schema, "", &mut names);
            names.retain(|name| !matches!(name.as_str(), "of" | "key" | "does" | "returns"));
            assert_eq!(names, kind.attributes(), "{}", kind.name());
        }
    }
}
