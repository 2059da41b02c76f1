//! The list of all rules, by category.

use std::collections::BTreeMap;

use super::markdown::{cell, entry, escaped};
use super::{MARK, STANDARDS, by_severity, file_name};
use crate::rule::meta::RuleMeta;

/// The index of the pages of `rules`.
pub fn index(rules: &[&RuleMeta]) -> String {
    let mut categories: BTreeMap<&str, Vec<&RuleMeta>> = BTreeMap::new();
    for rule in rules {
        categories.entry(&rule.category).or_default().push(rule);
    }
    let mut out = format!("{MARK}\n\n# Rules\n\n");
    out += &format!("{} rules in {} categories.\n\n", rules.len(), categories.len());
    out += &overview(&categories);
    for (category, rules) in &mut categories {
        rules.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.id.cmp(&b.id)));
        out += &format!("\n## {category}\n\n");
        out += "| Rule | Severity | Confidence | CWE | Finds |\n|---|---|---|---|---|\n";
        for rule in rules.iter() {
            out += &row(rule);
        }
    }
    out += &standards(rules);
    out
}

/// How many rules of each severity a category has.
fn overview(categories: &BTreeMap<&str, Vec<&RuleMeta>>) -> String {
    let names: Vec<&str> = by_severity().map(|severity| severity.as_str()).collect();
    let mut out = format!("| Category | Rules | {} |\n", names.join(" | "));
    out += &format!("|---|---|{}\n", "---|".repeat(names.len()));
    for (category, rules) in categories {
        let counts: Vec<String> = by_severity()
            .map(|severity| rules.iter().filter(|rule| rule.severity == severity).count())
            .map(|count| if count == 0 { String::new() } else { count.to_string() })
            .collect();
        let of_each = counts.join(" | ");
        out += &format!("| [{category}](#{category}) | {} | {of_each} |\n", rules.len());
    }
    out
}

fn row(rule: &RuleMeta) -> String {
    let cwe: Vec<String> = rule.cwe.iter().map(u32::to_string).collect();
    format!(
        "| [{id}]({page}) | {severity} | {confidence} | {cwe} | {title} |\n",
        id = rule.id,
        page = file_name(&rule.id),
        severity = rule.severity,
        confidence = rule.confidence,
        cwe = cwe.join(", "),
        title = cell(&escaped(&rule.title)),
    )
}

/// Which rules stand for which entry of the OWASP API Security Top 10.
fn standards(rules: &[&RuleMeta]) -> String {
    let (key, name) = STANDARDS[1];
    let mut entries: Vec<(&str, String, usize)> = Vec::new();
    for rule in rules {
        for standard in rule.standards_of(key) {
            match entries.iter_mut().find(|(id, ..)| *id == standard.id) {
                Some((.., count)) => *count += 1,
                None => entries.push((&standard.id, entry(&super::standard(standard)), 1)),
            }
        }
    }
    // `API10` comes after `API9`.
    entries.sort_by_key(|(id, ..)| (id.len(), *id));
    if entries.is_empty() {
        return String::new();
    }
    let mut out = format!("\n## By {name}\n\n| Entry | Rules |\n|---|---|\n");
    for (_, link, count) in entries {
        out += &format!("| {link} | {count} |\n");
    }
    out
}
