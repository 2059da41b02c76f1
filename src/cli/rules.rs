//! `tokscan rules`

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use super::args::{ListFormat, RulesArgs};
use super::error::CliError;
use super::exit::Exit;
use super::streams::Streams;
use super::suggest::did_you_mean;
use crate::rule::{RuleMeta, RuleSet, Standard};
use crate::source::clean_line;

/// Raised when a field of the JSON list changes its meaning or goes away.
const FORMAT_VERSION: u32 = 1;

/// Prints the rules the filters leave.
pub(super) fn run(args: &RulesArgs, streams: &Streams) -> Result<Exit, CliError> {
    let rules = RuleSet::load(&args.rules)?;
    check_categories(&args.category, &rules)?;
    let chosen: Vec<&RuleMeta> = rules
        .metas()
        .filter(|rule| args.category.is_empty() || args.category.contains(&rule.category))
        .filter(|rule| args.severity.is_empty() || args.severity.contains(&rule.severity))
        .collect();
    let text = match args.format {
        ListFormat::Text => table(&chosen),
        ListFormat::Json => json(&chosen)?,
    };
    streams.print(text.as_bytes())?;
    Ok(Exit::Success)
}

fn check_categories(asked: &[String], rules: &RuleSet) -> Result<(), CliError> {
    let known: BTreeSet<&str> = rules.metas().map(|rule| rule.category.as_str()).collect();
    match asked.iter().find(|category| !known.contains(category.as_str())) {
        None => Ok(()),
        Some(unknown) => Err(CliError::UnknownCategory {
            help: did_you_mean(unknown, known),
            category: clean_line(unknown),
        }),
    }
}

fn table(rules: &[&RuleMeta]) -> String {
    let widest = |column: fn(&RuleMeta) -> usize| rules.iter().map(|rule| column(rule)).max();
    let id_width = widest(|rule| rule.id.len()).unwrap_or(0);
    let category_width = widest(|rule| rule.category.len()).unwrap_or(0);
    let mut out = String::new();
    for rule in rules {
        let RuleMeta { id, category, severity, title, .. } = rule;
        let severity = severity.as_str();
        writeln!(out, "{id:id_width$}  {severity:8}  {category:category_width$}  {title}")
            .expect("internal error: writing to a string failed");
    }
    out
}

#[derive(Serialize)]
struct List<'a> {
    version: u32,
    rules: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    title: &'a str,
    category: &'a str,
    severity: &'static str,
    confidence: &'static str,
    cwe: &'a [u32],
    owasp: &'a [String],
    owasp_api: &'a [String],
    asvs: &'a [String],
    standards: Vec<StandardEntry<'a>>,
    why: &'a str,
    fix: &'a str,
    references: &'a [String],
    supersedes: Vec<&'a str>,
    #[serde(rename = "djangoCheck")]
    django_check: Vec<&'a str>,
}

/// What an entry of a standard is called, and where it is described.
#[derive(Serialize)]
struct StandardEntry<'a> {
    id: &'a str,
    title: &'a str,
    url: &'a str,
}

fn json(rules: &[&RuleMeta]) -> Result<String, CliError> {
    let rules = rules.iter().map(|rule| entry(rule)).collect();
    let list = List { version: FORMAT_VERSION, rules };
    let mut text = serde_json::to_string_pretty(&list)
        .map_err(|error| CliError::Output { target: "the list".into(), source: error.into() })?;
    text.push('\n');
    Ok(text)
}

fn entry(rule: &RuleMeta) -> Entry<'_> {
    Entry {
        id: &rule.id,
        title: &rule.title,
        category: &rule.category,
        severity: rule.severity.as_str(),
        confidence: rule.confidence.as_str(),
        cwe: &rule.cwe,
        owasp: &rule.owasp,
        owasp_api: &rule.owasp_api,
        asvs: &rule.asvs,
        standards: rule
            .standards
            .iter()
            .map(|Standard { id, title, url, .. }| StandardEntry { id, title, url })
            .collect(),
        why: rule.why.trim(),
        fix: rule.fix.trim(),
        references: &rule.references,
        supersedes: rule.supersedes.iter().map(|id| &**id).collect(),
        django_check: rule.django_checks.iter().map(|id| &**id).collect(),
    }
}
