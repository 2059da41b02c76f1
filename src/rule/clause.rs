//! Entries of `present` and `missing`: something else that must or must not exist.

use super::context::Cx;
use super::entity::EntityKind;
use super::model::{Clause, ClauseWhat, Scope};
use super::pattern::is_anchored;
use super::schema::SUBJECTS;
use super::tree::Table;
use super::vars::{Mentions, Vars};

/// What a match or clause looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SubjectKind {
    Pattern,
    Setting,
    Entity(EntityKind),
    Taint,
}

impl SubjectKind {
    /// The subject of that key, if it can be evaluated.
    pub fn of(key: &str) -> Option<Self> {
        match key {
            "pattern" => Some(Self::Pattern),
            "setting" => Some(Self::Setting),
            "taint" => Some(Self::Taint),
            _ => EntityKind::ALL.into_iter().find(|e| e.name() == key).map(Self::Entity),
        }
    }

    /// Its key.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pattern => "pattern",
            Self::Setting => "setting",
            Self::Taint => "taint",
            Self::Entity(kind) => kind.name(),
        }
    }

    /// What `where` may say of it besides captured values.
    pub fn attributes(self) -> &'static [&'static str] {
        match self {
            Self::Pattern | Self::Taint => &[],
            Self::Setting => &["value", "set", "default"],
            Self::Entity(kind) => kind.attributes(),
        }
    }

    /// Whether it stands in a module, class or function.
    fn stands_in_code(self) -> bool {
        !matches!(
            self,
            Self::Setting
                | Self::Entity(EntityKind::Connection | EntityKind::File | EntityKind::Project)
        )
    }
}

/// Where a clause stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Present,
    Missing,
    Condition,
}

/// A clause, and what it binds and needs.
#[derive(Debug)]
pub(super) struct CompiledClause {
    /// None when it did not compile.
    pub clause: Option<Clause>,
    pub mentions: Mentions,
}

impl Cx<'_> {
    /// Compiles a clause of a match with `subject`.
    pub fn clause(
        &mut self,
        table: Table<'_>,
        side: Side,
        subject: SubjectKind,
        vars: &mut Vars,
    ) -> CompiledClause {
        let mut mentions = Mentions::default();
        let Some(kind) = self.clause_kind(table) else {
            return CompiledClause { clause: None, mentions };
        };
        let what = match kind {
            SubjectKind::Pattern => self.clause_patterns(table, vars, &mut mentions),
            SubjectKind::Setting => self.clause_settings(table, vars, &mut mentions),
            SubjectKind::Entity(kind) => {
                self.entity(table, kind, vars, &mut mentions).map(ClauseWhat::Entity)
            }
            SubjectKind::Taint => None,
        };
        let mut wheres = Vec::new();
        for entry in self.where_entries(table, kind, vars) {
            mentions.extend(entry.mentions);
            wheres.extend(entry.compiled);
        }
        let scope = self.clause_scope(table, kind, subject);
        let some_path = self.clause_path(table, scope);
        let decides = self.clause_decides(table, side, scope);
        let clause = what.map(|what| Clause { what, wheres, scope, some_path, decides });
        CompiledClause { clause, mentions }
    }

    fn clause_kind(&mut self, table: Table<'_>) -> Option<SubjectKind> {
        let found: Vec<&str> =
            SUBJECTS.into_iter().filter(|key| table.get(key).is_some()).collect();
        match found.as_slice() {
            [one] if SubjectKind::of(one) == Some(SubjectKind::Taint) => {
                self.error(table.key_place(one), "a flow is a subject of its own, not a clause");
                None
            }
            [one] => SubjectKind::of(one),
            [] => {
                let help = format!("one of {}", SUBJECTS.join(", "));
                self.error_help(table.place, "this clause has no subject", help);
                None
            }
            [_, second, ..] => {
                let message =
                    format!("a clause has one subject, this one has {}", found.join(" and "));
                self.error(table.key_place(second), message);
                None
            }
        }
    }

    fn clause_patterns(
        &mut self,
        table: Table<'_>,
        vars: &mut Vars,
        mentions: &mut Mentions,
    ) -> Option<ClauseWhat> {
        let mut patterns = Vec::new();
        for text in table.texts("pattern") {
            let pattern = self.pattern(text, vars, mentions);
            let anchored = pattern.as_ref().is_none_or(|pattern| is_anchored(&pattern.kind));
            if !anchored && table.get("where").is_none() {
                self.error(text.place, "this pattern would match anything");
            }
            patterns.push(pattern);
        }
        patterns.into_iter().collect::<Option<Vec<_>>>().map(ClauseWhat::Pattern)
    }

    fn clause_settings(
        &mut self,
        table: Table<'_>,
        vars: &mut Vars,
        mentions: &mut Mentions,
    ) -> Option<ClauseWhat> {
        let texts = table.texts("setting");
        let paths: Vec<_> =
            texts.into_iter().map(|text| self.setting_path(text, vars, mentions)).collect();
        paths.into_iter().collect::<Option<Vec<_>>>().map(ClauseWhat::Setting)
    }

    fn clause_scope(&mut self, table: Table<'_>, kind: SubjectKind, subject: SubjectKind) -> Scope {
        let Some(text) = table.text("scope") else { return Scope::Project };
        let scope = match text.value {
            "module" => Scope::Module,
            "class" => Scope::Class,
            "function" => Scope::Function,
            "handler" => Scope::Handler,
            "before" => Scope::Before,
            "after" => Scope::After,
            "around" => Scope::Around,
            "controlled" => Scope::Controlled,
            "try" => Scope::Try,
            _ => return Scope::Project,
        };
        let why = if !kind.stands_in_code() {
            Some(format!("a {} stands in no module, class or function", kind.name()))
        } else if !subject.stands_in_code() {
            Some(format!(
                "the subject is a {}, which stands in no module, class or function",
                subject.name()
            ))
        } else if subject == SubjectKind::Entity(EntityKind::Class) && scope == Scope::Function {
            Some("the subject is a class, which stands in no function".to_owned())
        } else if scope.has_ways()
            && (kind != SubjectKind::Pattern
                || !matches!(subject, SubjectKind::Pattern | SubjectKind::Taint))
        {
            Some("only patterns stand on the ways through a function".to_owned())
        } else {
            None
        };
        if let Some(why) = why {
            let message = format!("scope `{}` contradicts the rest: {why}", text.value);
            self.error(text.place, message);
        }
        scope
    }

    fn clause_decides(&mut self, table: Table<'_>, side: Side, scope: Scope) -> bool {
        let ordered = matches!(scope, Scope::Before | Scope::After | Scope::Around);
        if table.get("decides").is_some() && (side != Side::Missing || !ordered) {
            let message =
                "`decides` goes with `missing` and the scope `before`, `after` or `around`";
            self.error(table.key_place("decides"), message);
        }
        table.flag("decides")
    }

    fn clause_path(&mut self, table: Table<'_>, scope: Scope) -> bool {
        let Some(text) = table.text("path") else { return false };
        if !matches!(scope, Scope::Before | Scope::After | Scope::Around) {
            self.error(text.place, "`path` needs the scope `before`, `after` or `around`");
        }
        text.value == "some"
    }
}
