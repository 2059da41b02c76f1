//! `[[rule.match]]`: one branch of a rule, and which variables have a value where.

use std::sync::Arc;

use super::clause::{CompiledClause, Side, SubjectKind};
use super::conditions::WhereEntry;
use super::context::Cx;
use super::edits::compile_edits;
use super::model::{
    At, OncePer, Pat, PatternKind, PatternSubject, RuleMatch, Runs, SettingPath, Subject, Template,
    VarId,
};
use super::pattern::is_anchored;
use super::rules::{confidence_of, cwe_of, ids, severity_of};
use super::schema::SUBJECTS;
use super::tree::{Table, Text};
use super::vars::{Mention, Mentions, Vars};
use crate::finding::{Confidence, Severity};

/// What a rule says for the branches that say nothing themselves.
#[derive(Debug)]
pub(super) struct RuleDefaults<'p> {
    pub severity: Severity,
    pub confidence: Confidence,
    pub cwe: Vec<u32>,
    pub django_checks: Vec<Arc<str>>,
    pub message: Option<Text<'p>>,
    pub fix: Option<Text<'p>>,
    pub edits: Vec<Table<'p>>,
}

/// A compiled branch and the variables that have a value when it reports.
#[derive(Debug)]
pub(super) struct Branch {
    pub compiled: RuleMatch,
    pub bound: Vec<VarId>,
}

/// Which variables have a value so far.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    pub bound: Vec<VarId>,
    /// Bound by some alternatives of the subject only.
    partial: Vec<VarId>,
    /// Bound inside `missing` only.
    pub local: Vec<VarId>,
    /// Something did not compile, so what is bound is not known.
    pub incomplete: bool,
}

impl Bindings {
    /// Marks all of `vars` as bound.
    pub fn bind(&mut self, vars: impl IntoIterator<Item = VarId>) {
        self.bound.extend(vars);
    }

    fn has(&self, uses: &[Mention], own: &[VarId]) -> bool {
        uses.iter().all(|(var, _)| self.bound.contains(var) || own.contains(var))
    }

    /// Records every use of a variable that has no value; `own` have one here.
    pub fn check(&self, cx: &mut Cx<'_>, vars: &Vars, uses: &[Mention], own: &[VarId]) {
        if self.incomplete {
            return;
        }
        let bound: Vec<VarId> = self.bound.iter().chain(own).copied().collect();
        for &mention in uses.iter().filter(|(var, _)| !bound.contains(var)) {
            let help = if self.partial.contains(&mention.0) {
                Some("not every alternative binds it".to_owned())
            } else if self.local.contains(&mention.0) {
                Some(
                    "it is bound in `missing` only: conditions on it go into that clause"
                        .to_owned(),
                )
            } else {
                None
            };
            cx.unbound(vars, mention, &bound, help);
        }
    }
}

/// Compiles one branch; `None` when it has no subject that can be evaluated.
pub(super) fn compile_match(
    cx: &mut Cx<'_>,
    table: Table<'_>,
    defaults: &RuleDefaults<'_>,
    vars: &mut Vars,
) -> Option<Branch> {
    let kind = subject_kind(cx, table)?;
    let mut bindings = Bindings::default();
    let subject = compile_subject(cx, table, kind, vars, &mut bindings);
    let lets = compile_lets(cx, table, vars, &mut bindings);
    let entries = cx.where_entries(table, kind, vars);
    let mut present =
        compile_clauses(cx, table, "present", Side::Present, kind, vars, &mut bindings);
    let missing = compile_clauses(cx, table, "missing", Side::Missing, kind, vars, &mut bindings);
    check_local(&mut bindings, &present, &missing);
    let wheres = settle(cx, vars, entries, &mut present, &mut bindings);
    for clause in &missing {
        bindings.check(
            cx,
            vars,
            &clause.mentions.uses,
            &clause.mentions.bound().collect::<Vec<_>>(),
        );
    }
    let when = compile_conditions(cx, table, "when", kind, vars, &bindings);
    let unless = compile_conditions(cx, table, "unless", kind, vars, &bindings);
    let at = compile_at(cx, table, vars, &bindings);
    let once_per = compile_once_per(cx, table, vars, &bindings);
    let stored_in = compile_stored_in(cx, table, vars, &bindings);
    let message = compile_text(cx, table, "message", defaults.message, vars, &bindings);
    let fix = compile_text(cx, table, "fix", defaults.fix, vars, &bindings);
    let own_edits = table.get("edit").is_some();
    let edit_tables = if own_edits { table.tables("edit") } else { defaults.edits.clone() };
    let edits = compile_edits(cx, &edit_tables, kind, vars, &bindings);
    let cwe = cwe_of(table);
    let django_checks = ids(table.texts("django-check"));
    let names_checks = table.get("django-check").is_some();
    let compiled = RuleMatch {
        vars: Vec::new(),
        subject: subject?,
        wheres,
        lets,
        present: present.into_iter().filter_map(|clause| clause.clause).collect(),
        missing: missing.into_iter().filter_map(|clause| clause.clause).collect(),
        when,
        unless,
        at,
        once_per,
        stored_in,
        message,
        fix,
        own_fix: table.get("fix").is_some(),
        severity: severity_of(table).unwrap_or(defaults.severity),
        confidence: confidence_of(table).unwrap_or(defaults.confidence),
        cwe: if cwe.is_empty() { defaults.cwe.clone() } else { cwe },
        // An empty list says that the branch is none of the rule's checks.
        django_checks: if names_checks { django_checks } else { defaults.django_checks.clone() },
        edits,
    };
    (!bindings.incomplete).then_some(Branch { compiled, bound: bindings.bound })
}

/// The one subject of a match.
fn subject_kind(cx: &mut Cx<'_>, table: Table<'_>) -> Option<SubjectKind> {
    let found: Vec<&str> = SUBJECTS.into_iter().filter(|key| table.get(key).is_some()).collect();
    match found.as_slice() {
        [] => {
            let help = format!("one of {}", SUBJECTS.join(", "));
            cx.error_help(table.place, "this match has no subject", help);
            None
        }
        [one] => SubjectKind::of(one),
        [_, second, ..] => {
            let message = format!("a match has one subject, this one has {}", found.join(" and "));
            cx.error(table.key_place(second), message);
            None
        }
    }
}

fn compile_subject(
    cx: &mut Cx<'_>,
    table: Table<'_>,
    kind: SubjectKind,
    vars: &mut Vars,
    bindings: &mut Bindings,
) -> Option<Subject> {
    if kind != SubjectKind::Pattern {
        for key in ["runs", "on"] {
            if table.get(key).is_some() {
                cx.error(table.key_place(key), format!("`{key}` goes with `pattern` only"));
            }
        }
    }
    match kind {
        SubjectKind::Pattern => pattern_subject(cx, table, vars, bindings),
        SubjectKind::Setting => setting_subject(cx, table, vars, bindings),
        SubjectKind::Taint => {
            let mut mentions = Mentions::default();
            let subject = cx.taint(table, vars, &mut mentions);
            bindings.bind(mentions.bound());
            subject.map(Subject::Taint)
        }
        SubjectKind::Entity(kind) => {
            let mut mentions = Mentions::default();
            let subject = cx.entity(table, kind, vars, &mut mentions);
            bindings.check(cx, vars, &mentions.uses, &mentions.bound().collect::<Vec<_>>());
            bindings.bind(mentions.bound());
            subject.map(Subject::Entity)
        }
    }
}

/// Records a list of alternatives that has none.
fn require(cx: &mut Cx<'_>, table: Table<'_>, key: &str) {
    if table.get(key).is_some_and(|node| node.items().is_empty()) {
        cx.error(table.key_place(key), format!("`{key}` is empty"));
    }
}

fn pattern_subject(
    cx: &mut Cx<'_>,
    table: Table<'_>,
    vars: &mut Vars,
    bindings: &mut Bindings,
) -> Option<Subject> {
    let texts = table.texts("pattern");
    require(cx, table, "pattern");
    let mut alternatives = Vec::new();
    let mut patterns = Vec::new();
    let mut all_read = true;
    for text in texts {
        let mut mentions = Mentions::default();
        match cx.pattern(text, vars, &mut mentions) {
            Some(pattern) => {
                if !is_anchored(&pattern.kind)
                    && !has_anchoring_where(table, &mentions, vars)
                    && !is_any_secret(table, &pattern.kind, &mentions, vars)
                {
                    cx.error_help(
                        text.place,
                        "this pattern would match anything",
                        "it needs a name, a dotted path, an attribute or a concept, or a condition \
                         on the name, type, label or origin of what it captures; `$X` alone goes \
                         with the condition that it is a random secret",
                    );
                }
                patterns.push(pattern);
            }
            None => all_read = false,
        }
        alternatives.push(mentions);
    }
    bind_alternatives(bindings, &alternatives);
    let runs = match table.text("runs").map(|text| text.value) {
        Some("import") => Some(Runs::Import),
        Some("request") => Some(Runs::Request),
        Some("task") => Some(Runs::Task),
        Some("cli") => Some(Runs::Cli),
        _ => None,
    };
    let on_exception = table.get("on").is_some();
    all_read.then_some(Subject::Pattern(PatternSubject { patterns, runs, on_exception }))
}

/// Whether a condition says by name, type, label or origin what a captured value is.
fn has_anchoring_where(table: Table<'_>, mentions: &Mentions, vars: &Vars) -> bool {
    table.entries_of("where").into_iter().any(|(name, node)| {
        let captured = vars.get(name.value).is_some_and(|var| mentions.bound().any(|b| b == var));
        let anchors = ["name", "type", "import", "label", "origin"];
        captured
            && node.table().is_some_and(|pred| anchors.iter().any(|key| pred.get(key).is_some()))
    })
}

/// Whether the pattern is one variable that must be a literal which looks like a credential: those
/// are found without a name.
fn is_any_secret(
    table: Table<'_>,
    pattern: &PatternKind,
    mentions: &Mentions,
    vars: &Vars,
) -> bool {
    let PatternKind::Expr(Pat::Var(_)) = pattern else { return false };
    table.entries_of("where").into_iter().any(|(name, node)| {
        let captured = vars.get(name.value).is_some_and(|var| mentions.bound().any(|b| b == var));
        let secret = node.table().and_then(|pred| pred.text("secret"));
        captured && secret.is_some_and(|text| text.value == "random")
    })
}

/// What every alternative binds is bound; what only some bind is known to be partial.
fn bind_alternatives(bindings: &mut Bindings, alternatives: &[Mentions]) {
    for var in alternatives.iter().flat_map(Mentions::bound) {
        if alternatives.iter().all(|mentions| mentions.bound().any(|other| other == var)) {
            bindings.bound.push(var);
        } else {
            bindings.partial.push(var);
        }
    }
}

fn setting_subject(
    cx: &mut Cx<'_>,
    table: Table<'_>,
    vars: &mut Vars,
    bindings: &mut Bindings,
) -> Option<Subject> {
    let texts = table.texts("setting");
    require(cx, table, "setting");
    let mut alternatives = Vec::new();
    let mut paths = Vec::new();
    for text in &texts {
        let mut mentions = Mentions::default();
        paths.push(cx.setting_path(*text, vars, &mut mentions));
        alternatives.push(mentions);
    }
    bind_alternatives(bindings, &alternatives);
    let paths = paths.into_iter().collect::<Option<Vec<_>>>();
    bindings.incomplete |= paths.is_none();
    paths.map(Subject::Setting)
}

fn compile_lets(
    cx: &mut Cx<'_>,
    table: Table<'_>,
    vars: &mut Vars,
    bindings: &mut Bindings,
) -> Vec<(VarId, SettingPath)> {
    const SOURCE: &str = "setting:";
    let mut lets = Vec::new();
    for (name, node) in table.entries_of("let") {
        let Some(text) = node.text() else { continue };
        if !super::holes::is_metavar(name.value) {
            cx.error(name.place, format!("`{}` is not a variable: capitals", name.value));
            continue;
        }
        let var = vars.id(name.value);
        if text.value.starts_with(SOURCE) {
            let mut uses = Vec::new();
            let path = cx.key_path(text, SOURCE.len(), vars, &mut uses);
            bindings.check(cx, vars, &uses, &[]);
            lets.extend(path.map(|path| (var, SettingPath(path))));
        } else {
            cx.error_help(text.place, "a value is bound from a setting", "`setting:NAME`");
        }
        bindings.bind([var]);
    }
    lets
}

fn compile_clauses(
    cx: &mut Cx<'_>,
    table: Table<'_>,
    key: &str,
    side: Side,
    subject: SubjectKind,
    vars: &mut Vars,
    bindings: &mut Bindings,
) -> Vec<CompiledClause> {
    let mut clauses = Vec::new();
    for clause in table.tables(key) {
        let compiled = cx.clause(clause, side, subject, vars);
        bindings.incomplete |= side == Side::Present && compiled.clause.is_none();
        clauses.push(compiled);
    }
    clauses
}

/// Remembers what only `missing` binds, to say so where it is used elsewhere.
fn check_local(bindings: &mut Bindings, present: &[CompiledClause], missing: &[CompiledClause]) {
    let in_present: Vec<VarId> =
        present.iter().flat_map(|clause| clause.mentions.bound()).collect();
    for var in missing.iter().flat_map(|clause| clause.mentions.bound()) {
        if !bindings.bound.contains(&var) && !in_present.contains(&var) {
            bindings.local.push(var);
        }
    }
}

/// Puts every condition where all it speaks of has a value: before the clauses, or into the
/// `present` clause that binds the last of it.
fn settle(
    cx: &mut Cx<'_>,
    vars: &Vars,
    mut pending: Vec<WhereEntry>,
    present: &mut [CompiledClause],
    bindings: &mut Bindings,
) -> Vec<super::model::Where> {
    let wheres = ready(&mut pending, bindings);
    for clause in present {
        let own: Vec<VarId> = clause.mentions.bound().collect();
        bindings.check(cx, vars, &clause.mentions.uses, &own);
        bindings.bind(own);
        let more = ready(&mut pending, bindings);
        if let Some(clause) = &mut clause.clause {
            clause.wheres.extend(more);
        }
    }
    for entry in pending {
        bindings.check(cx, vars, &entry.mentions.uses, &[]);
    }
    wheres
}

/// Takes the conditions out of `pending` that can be tested, those that bind first.
fn ready(pending: &mut Vec<WhereEntry>, bindings: &mut Bindings) -> Vec<super::model::Where> {
    let mut wheres = Vec::new();
    while let Some(index) = pending.iter().position(|entry| bindings.has(&entry.mentions.uses, &[]))
    {
        let entry = pending.remove(index);
        bindings.bind(entry.mentions.bound());
        wheres.extend(entry.compiled);
    }
    wheres
}

pub(super) fn compile_conditions(
    cx: &mut Cx<'_>,
    table: Table<'_>,
    key: &str,
    subject: SubjectKind,
    vars: &mut Vars,
    bindings: &Bindings,
) -> Vec<super::model::Condition> {
    let mut compiled = Vec::new();
    for condition in table.tables(key) {
        let mut mentions = Mentions::default();
        compiled.extend(cx.condition(condition, Some(subject), vars, &mut mentions));
        bindings.check(cx, vars, &mentions.uses, &mentions.bound().collect::<Vec<_>>());
    }
    compiled
}

fn compile_at(cx: &mut Cx<'_>, table: Table<'_>, vars: &mut Vars, bindings: &Bindings) -> At {
    let Some(text) = table.text("at") else { return At::Subject };
    match text.value {
        "subject" => At::Subject,
        "present" => {
            if table.tables("present").is_empty() {
                cx.error(text.place, "there is no `present` clause to report at");
            }
            At::Present
        }
        value if value.starts_with('$') => match cx.variable(text, vars) {
            Some(var) => {
                bindings.check(cx, vars, &[(var, text.place)], &[]);
                At::Var(var)
            }
            None => At::Subject,
        },
        other => {
            let message = format!("`{other}` is no place: `$X`, `subject` or `present`");
            cx.unknown(text.place, message, other, ["subject", "present"]);
            At::Subject
        }
    }
}

fn compile_once_per(
    cx: &mut Cx<'_>,
    table: Table<'_>,
    vars: &mut Vars,
    bindings: &Bindings,
) -> Option<OncePer> {
    let text = table.text("once-per")?;
    if text.value == "project" {
        return Some(OncePer::Project);
    }
    captured(cx, text, vars, bindings).map(OncePer::Var)
}

fn compile_stored_in(
    cx: &mut Cx<'_>,
    table: Table<'_>,
    vars: &mut Vars,
    bindings: &Bindings,
) -> Option<VarId> {
    captured(cx, table.text("stored-in")?, vars, bindings)
}

/// The variable that a key names; it must be bound.
fn captured(
    cx: &mut Cx<'_>,
    text: Text<'_>,
    vars: &mut Vars,
    bindings: &Bindings,
) -> Option<VarId> {
    let var = cx.variable(text, vars)?;
    bindings.check(cx, vars, &[(var, text.place)], &[]);
    Some(var)
}

fn compile_text(
    cx: &mut Cx<'_>,
    table: Table<'_>,
    key: &str,
    default: Option<Text<'_>>,
    vars: &mut Vars,
    bindings: &Bindings,
) -> Template {
    let Some(text) = table.text(key).or(default) else {
        if table.get(key).is_none() && key == "message" {
            cx.error(table.place, "this match has no message, and neither has its rule");
        }
        return Template::default();
    };
    let mut uses = Vec::new();
    let template = cx.template(text, vars, &mut uses);
    bindings.check(cx, vars, &uses, &[]);
    template
}
