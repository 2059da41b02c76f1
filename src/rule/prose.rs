//! What a rule tells people beside its own texts: what each branch says, how to mend it with one
//! stack, and what the entries of standards that it names are called.

use super::branch::Branch;
use super::context::Cx;
use super::meta::{AdjustMeta, BranchMeta, RemedyMeta, Standard};
use super::model::{Remedy, Template, TemplatePart};
use super::rules::{confidence_of, severity_of};
use super::schema_prose::STANDARD_KEYS;
use super::tree::{Node, Table, Text};
use super::vars::Vars;

/// Keys of a remedy that say for which stack it is.
const STACK: [&str; 3] = ["framework", "database", "package"];
/// Stands for a captured value in what is said of a branch.
const CAPTURED: &str = "…";

/// What the branches say; branches that say the same are told once.
pub(super) fn branches(rule: Table<'_>, compiled: &[Branch]) -> Vec<BranchMeta> {
    let mut told: Vec<BranchMeta> = Vec::new();
    for branch in compiled.iter().map(|branch| &branch.compiled) {
        let own_fix = branch.own_fix.then(|| shown(&branch.fix));
        let meta = BranchMeta {
            message: shown(&branch.message),
            severity: branch.severity,
            confidence: branch.confidence,
            cwe: branch.cwe.clone(),
            fix: own_fix.filter(|fix| rule.text("fix").is_none_or(|text| text.value != fix)),
        };
        if !told.contains(&meta) {
            told.push(meta);
        }
    }
    told
}

/// A template as text.
fn shown(template: &Template) -> String {
    let parts = template.parts.iter().map(|part| match part {
        TemplatePart::Text(text) => text.as_str(),
        TemplatePart::Var(_) => CAPTURED,
    });
    parts.collect()
}

/// The adjustments of a rule.
pub(super) fn adjusts(rule: Table<'_>) -> Vec<AdjustMeta> {
    let tables = rule.tables("adjust").into_iter();
    let told = tables.map(|table| AdjustMeta {
        severity: severity_of(table),
        confidence: confidence_of(table),
        because: table.text("because").map(|text| text.value.to_owned()).unwrap_or_default(),
    });
    told.collect()
}

/// The remedies of a rule. What they show must be captured by every branch that they mend.
pub(super) fn remedies(
    cx: &mut Cx<'_>,
    rule: Table<'_>,
    vars: &mut Vars,
    branches: &[Branch],
) -> Vec<Remedy> {
    let mut compiled = Vec::new();
    for table in rule.tables("remedy") {
        let keys: Vec<&str> = STACK.into_iter().filter(|key| table.get(key).is_some()).collect();
        if keys.is_empty() {
            let help = "`fix` of the rule itself is for all stacks";
            cx.error_help(table.place, "this remedy does not say for which stack it is", help);
        }
        let when = keys.into_iter().filter_map(|key| cx.project_condition(table, key)).collect();
        let Some(text) = table.text("fix") else { continue };
        let mut uses = Vec::new();
        let fix = cx.template(text, vars, &mut uses);
        for branch in branches.iter().filter(|branch| !branch.compiled.own_fix) {
            for &mention in uses.iter().filter(|(var, _)| !branch.bound.contains(var)) {
                let help = "not every match binds it".to_owned();
                cx.unbound(vars, mention, &branch.bound, Some(help));
            }
        }
        compiled.push(Remedy { when, fix });
    }
    compiled
}

/// The remedies of a rule as people read them.
pub(super) fn told_remedies(cx: &mut Cx<'_>, rule: Table<'_>) -> Vec<RemedyMeta> {
    let mut told = Vec::new();
    for table in rule.tables("remedy") {
        let Some(fix) = table.text("fix") else { continue };
        let parts = STACK.map(|key| {
            let names = table.texts(key).into_iter().map(|text| stack_title(cx, text));
            names.collect::<Vec<_>>().join(" or ")
        });
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let mut ignored = Vec::new();
        let fix = shown(&cx.template(fix, &mut Vars::default(), &mut ignored));
        told.push(RemedyMeta { stack: parts.join(" with "), fix });
    }
    told
}

fn stack_title(cx: &Cx<'_>, name: Text<'_>) -> String {
    let stack = cx.library.stacks.iter().find(|stack| stack.name == name.value);
    stack.map_or(name.value, |stack| stack.title.as_str()).to_owned()
}

/// What packs know of the entries of standards that a rule and its branches name.
pub(super) fn standards(cx: &mut Cx<'_>, rule: Table<'_>) -> Vec<Standard> {
    let tables = cx.all_tables("standard");
    let mut found: Vec<Standard> = Vec::new();
    for key in STANDARD_KEYS {
        let of_branches = rule.tables("match").into_iter().filter_map(|branch| branch.get(key));
        let nodes = rule.get(key).into_iter().chain(of_branches).flat_map(Node::items);
        let lists: Vec<Table<'_>> =
            tables.iter().copied().filter(|table| says(*table, "key", key)).collect();
        for node in nodes {
            let Some(id) = id_of(node) else { continue };
            match lists.iter().find_map(|list| entry(*list, key, &id)) {
                Some(standard) if found.contains(&standard) => {}
                Some(standard) => found.push(standard),
                None => unknown(cx, node, key, &id, &lists),
            }
        }
    }
    found
}

fn says(table: Table<'_>, key: &str, value: &str) -> bool {
    table.text(key).is_some_and(|text| text.value == value)
}

/// What names an entry: a text, or a number.
fn id_of(node: Node<'_>) -> Option<String> {
    node.text()
        .map(|text| text.value.to_owned())
        .or_else(|| node.integer().map(|number| number.to_string()))
}

/// The entry of a list with that id, or with the part of it before a dot.
fn entry(list: Table<'_>, key: &str, id: &str) -> Option<Standard> {
    let mut name = id;
    let title = loop {
        let entries = list.table("entries")?;
        if let Some(title) = entries.text(name) {
            break title.value;
        }
        name = name.rsplit_once('.')?.0;
    };
    let page = list.table("pages").and_then(|pages| pages.text(name));
    let url = list.text("url")?.value.replace("{}", page.map_or(name, |page| page.value));
    let prefix = list.text("prefix").map(|text| text.value).unwrap_or_default();
    Some(Standard {
        key: key.to_owned(),
        id: format!("{prefix}{id}"),
        title: title.to_owned(),
        url,
    })
}

/// A list that is complete knows every id there is.
fn unknown(cx: &mut Cx<'_>, node: Node<'_>, key: &str, id: &str, lists: &[Table<'_>]) {
    let complete: Vec<Table<'_>> =
        lists.iter().copied().filter(|list| list.flag("complete")).collect();
    if complete.is_empty() {
        return;
    }
    let known: Vec<&str> = complete
        .iter()
        .flat_map(|list| list.entries_of("entries"))
        .map(|(name, _)| name.value)
        .collect();
    cx.unknown(node.place, format!("there is no `{id}` in {key}"), id, known);
}
