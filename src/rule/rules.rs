//! `[[rule]]`: what a rule tells people, its branches and its adjustments.

use std::sync::Arc;

use super::branch::{Branch, RuleDefaults, compile_match};
use super::conditions::where_items;
use super::context::Cx;
use super::examples::compile_example;
use super::holes::is_metavar;
use super::meta::RuleMeta;
use super::model::{Adjust, Rule};
use super::prose;
use super::tree::{Table, Text};
use super::vars::{Mention, Mentions, Vars};
use crate::base::FxHashSet;
use crate::finding::{Confidence, Severity};

/// Compiles every `[[rule]]`, in the order of their ids.
pub(super) fn compile_rules(cx: &mut Cx<'_>) -> Vec<Rule> {
    let tables = cx.all_tables("rule");
    let mut rules: Vec<Rule> =
        tables.into_iter().filter_map(|table| compile_rule(cx, table)).collect();
    rules.sort_by(|a, b| a.meta.id.cmp(&b.meta.id));
    rules
}

fn compile_rule(cx: &mut Cx<'_>, table: Table<'_>) -> Option<Rule> {
    let mut meta = compile_meta(cx, table)?;
    let mut vars = Vars::default();
    let defaults = RuleDefaults {
        severity: meta.severity,
        confidence: meta.confidence,
        cwe: meta.cwe.clone(),
        django_checks: ids(table.texts("django-check")),
        message: table.text("message"),
        fix: table.text("fix"),
        edits: table.tables("edit"),
    };
    let branches: Vec<Branch> = table
        .tables("match")
        .into_iter()
        .filter_map(|branch| compile_match(cx, branch, &defaults, &mut vars))
        .collect();
    let bound: Vec<_> = branches.iter().flat_map(|branch| branch.bound.iter().copied()).collect();
    // A branch that did not compile has said why; what it binds is not known.
    let complete = branches.len() == table.tables("match").len();
    if table.get("match").is_some() && table.tables("match").is_empty() {
        cx.error(table.key_place("match"), "this rule has no match");
    }
    let adjusts = table
        .tables("adjust")
        .into_iter()
        .map(|adjust| compile_adjust(cx, adjust, &mut vars, &bound, complete))
        .collect();
    let remedies = prose::remedies(cx, table, &mut vars, &branches);
    meta.branches = prose::branches(table, &branches);
    let names = vars.names().to_vec();
    let mut matches: Vec<_> = branches.into_iter().map(|branch| branch.compiled).collect();
    matches.iter_mut().for_each(|branch| branch.vars.clone_from(&names));
    meta.autofix = matches.iter().flat_map(|branch| &branch.edits).map(|edit| edit.safety).min();
    check_fixed_example(cx, table, meta.autofix.is_some());
    Some(Rule { meta, matches, adjusts, remedies })
}

fn compile_meta(cx: &mut Cx<'_>, table: Table<'_>) -> Option<RuleMeta> {
    let id = table.text("id")?;
    check_id(cx, id);
    check_prose(cx, table);
    let supersedes = table.texts("supersedes");
    for text in &supersedes {
        check_rule_name(cx, *text);
    }
    let examples: Vec<_> = table
        .tables("example")
        .into_iter()
        .filter_map(|example| compile_example(cx, example))
        .collect();
    check_example_count(cx, id, table);
    let string = |key| table.text(key).map(|text| text.value.to_owned()).unwrap_or_default();
    Some(RuleMeta {
        id: Arc::from(id.value),
        title: string("title"),
        category: string("category"),
        severity: severity_of(table).unwrap_or(Severity::Medium),
        confidence: confidence_of(table).unwrap_or(Confidence::Medium),
        cwe: cwe_of(table),
        owasp_api: table.strings("owasp-api"),
        owasp: table.strings("owasp"),
        asvs: table.strings("asvs"),
        why: string("why"),
        fix: string("fix"),
        references: table.strings("references"),
        supersedes: ids(supersedes),
        django_checks: all_django_checks(table),
        branches: Vec::new(),
        adjusts: prose::adjusts(table),
        remedies: prose::told_remedies(cx, table),
        standards: prose::standards(cx, table),
        embedded: cx.is_embedded(table.place),
        autofix: None,
        examples,
    })
}

/// The texts of a list of ids.
pub(super) fn ids(texts: Vec<Text<'_>>) -> Vec<Arc<str>> {
    texts.into_iter().map(|text| Arc::from(text.value)).collect()
}

/// Django's checks that a rule and its branches name, each once.
fn all_django_checks(rule: Table<'_>) -> Vec<Arc<str>> {
    let of_branches = rule.tables("match").into_iter().flat_map(|b| b.texts("django-check"));
    let all = rule.texts("django-check").into_iter().chain(of_branches).collect();
    let mut checks = ids(all);
    let mut seen = FxHashSet::default();
    checks.retain(|check| seen.insert(check.clone()));
    checks
}

fn check_id(cx: &mut Cx<'_>, id: Text<'_>) {
    let is_part = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    if !id.value.split('-').all(is_part) {
        cx.error(
            id.place,
            format!("`{}` is not a rule id: lower-case words joined by `-`", id.value),
        );
    }
}

/// Checks what people will read.
fn check_prose(cx: &mut Cx<'_>, table: Table<'_>) {
    for key in ["title", "category", "why", "fix"] {
        if let Some(text) = table.text(key).filter(|text| text.value.trim().is_empty()) {
            cx.error(text.place, format!("`{key}` is empty"));
        }
    }
    if let Some(title) = table.text("title") {
        let text = title.value.trim();
        if text.contains('\n') || text.ends_with('.') {
            cx.error(title.place, "a title is one line without a full stop");
        }
    }
    if table.get("cwe").is_some_and(|cwe| cwe.items().is_empty()) {
        cx.error(table.key_place("cwe"), "a rule names at least one CWE");
    }
    let references = table.texts("references");
    if table.get("references").is_some() && references.is_empty() {
        cx.error(table.key_place("references"), "a rule has at least one reference");
    }
    for reference in references {
        let is_url =
            ["https://", "http://"].iter().any(|scheme| reference.value.starts_with(scheme));
        if !is_url || reference.value.contains(char::is_whitespace) {
            cx.error(reference.place, "a reference is a URL");
        }
    }
}

fn check_example_count(cx: &mut Cx<'_>, id: Text<'_>, table: Table<'_>) {
    let examples = table.tables("example");
    let count = |key: &str| examples.iter().filter(|example| example.get(key).is_some()).count();
    if count("bad") == 0 {
        cx.error(id.place, format!("`{}` has no `bad` example", id.value));
    }
    if count("good") < 2 {
        cx.error_help(
            id.place,
            format!("`{}` has fewer than two `good` examples", id.value),
            "one shows the fix, another one a look-alike that must stay silent",
        );
    }
}

/// What an edit makes of code is shown by an example.
fn check_fixed_example(cx: &mut Cx<'_>, table: Table<'_>, has_edit: bool) {
    let examples = table.tables("example");
    let fixed = examples.iter().find(|example| example.get("fixed").is_some());
    match (fixed, has_edit) {
        (None, true) if !cx.trusts(table.place) => cx.error_help(
            table.place,
            "this rule has an edit, and no example shows what it does",
            "`fixed` of a `bad` example is the text after the edit",
        ),
        (Some(example), false) if table.tables("match").iter().all(|m| m.get("edit").is_none()) => {
            cx.error(example.key_place("fixed"), "this rule has no edit");
        }
        _ => {}
    }
}

/// Records that `text` is no rule's id.
pub(super) fn check_rule_name(cx: &mut Cx<'_>, text: Text<'_>) {
    if !cx.known.rules.contains_key(text.value) {
        let known: Vec<&str> = cx.known.rules.keys().copied().collect();
        cx.unknown(text.place, format!("unknown rule `{}`", text.value), text.value, known);
    }
}

/// The severity a table gives.
pub(super) fn severity_of(table: Table<'_>) -> Option<Severity> {
    Severity::from_name(table.text("severity")?.value)
}

/// The confidence a table gives.
pub(super) fn confidence_of(table: Table<'_>) -> Option<Confidence> {
    Confidence::from_name(table.text("confidence")?.value)
}

/// The CWE numbers a table gives.
pub(super) fn cwe_of(table: Table<'_>) -> Vec<u32> {
    let items = table.get("cwe").map(|node| node.items()).unwrap_or_default();
    items.into_iter().filter_map(|item| u32::try_from(item.integer()?).ok()).collect()
}

fn compile_adjust(
    cx: &mut Cx<'_>,
    table: Table<'_>,
    vars: &mut Vars,
    bound: &[super::model::VarId],
    complete: bool,
) -> Adjust {
    let severity = severity_of(table);
    let confidence = confidence_of(table);
    if severity.is_none() && confidence.is_none() {
        cx.error(table.place, "this adjust changes neither severity nor confidence");
    }
    if table.get("when").is_none() && table.get("where").is_none() {
        cx.error(table.place, "this adjust has neither `when` nor `where`: it would always apply");
    }
    let mut uses: Vec<Mention> = Vec::new();
    let mut wheres = Vec::new();
    for (name, place, node) in where_items(table) {
        let mut mentions = Mentions::default();
        let pred = cx.predicate(node, vars, &mut mentions);
        if is_metavar(&name) {
            uses.push((vars.id(&name), place));
        }
        uses.extend(mentions.uses);
        wheres.extend(pred.map(|pred| (name, pred)));
    }
    let mut when = Vec::new();
    for condition in table.tables("when") {
        let mut mentions = Mentions::default();
        when.extend(cx.condition(condition, None, vars, &mut mentions));
        let own: Vec<_> = mentions.bound().collect();
        uses.extend(mentions.uses.into_iter().filter(|(var, _)| !own.contains(var)));
    }
    for mention in uses {
        if complete && !bound.contains(&mention.0) {
            cx.unbound(vars, mention, bound, None);
        }
    }
    let because = table.text("because").map(|text| text.value.to_owned()).unwrap_or_default();
    Adjust { when, wheres, severity, confidence, because }
}
