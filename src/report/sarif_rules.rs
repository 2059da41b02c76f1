//! The part of a SARIF log that describes rules: what they mean, and how severities are
//! said in SARIF's words and on GitHub's scale.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use serde_sarif::sarif::{
    MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor, ResultLevel,
};

use super::REPOSITORY;
use super::prose::cut;
use crate::finding::{Confidence, Severity};
use crate::rule::meta::RuleMeta;

/// Id of notifications about files that were not analysed.
pub(super) const SKIPPED: &str = "skipped";
/// Id of notifications about files with syntax errors.
pub(super) const PARTLY_PARSED: &str = "partly-parsed";
/// Id of notifications about files whose analysis hit a bound.
pub(super) const CUT_SHORT: &str = "cut-short";
/// Id of notifications about rules that were not checked everywhere.
pub(super) const FAILED_RULE: &str = "failed-rule";
/// Id of notifications about files whose bytes had to be mended.
pub(super) const RECOVERED: &str = "recovered";

/// Id of notifications about comments that suppress nothing, or that nobody understands.
pub(super) const SUPPRESSION: &str = "suppression";

/// GitHub shows at most this many tags of a rule, and refuses more than twenty.
const TAGS: usize = 10;

/// Longest name of a rule on GitHub, in characters.
const NAME: usize = 255;
/// Longest description of one; the help has it whole.
const DESCRIPTION: usize = 1024;

/// A rule as SARIF describes it.
pub(super) fn descriptor(rule: &RuleMeta) -> ReportingDescriptor {
    let full = if rule.why.trim().is_empty() { &rule.title } else { rule.why.trim() };
    let mut descriptor = ReportingDescriptor::builder()
        .id(&*rule.id)
        .name(cut(&pascal_case(&rule.id), NAME))
        .short_description(text(&cut(&rule.title, DESCRIPTION)))
        .full_description(text(&cut(full, DESCRIPTION)))
        .help(help(rule))
        .default_configuration(
            ReportingConfiguration::builder().level(level(rule.severity)).build(),
        )
        .properties(properties(rule))
        .build();
    descriptor.help_uri = rule.url(REPOSITORY);
    descriptor
}

fn properties(rule: &RuleMeta) -> PropertyBag {
    let mut tags = vec!["security".to_owned()];
    tags.extend(rule.cwe.iter().map(|cwe| format!("external/cwe/cwe-{cwe:03}")));
    tags.truncate(TAGS - 1);
    tags.push(rule.category.clone());
    let mut more: BTreeMap<String, Value> = BTreeMap::from([
        ("precision".to_owned(), json!(precision(rule.confidence))),
        ("security-severity".to_owned(), json!(security_severity(rule.severity))),
    ]);
    for (key, ids) in [("owaspApi", &rule.owasp_api), ("owasp", &rule.owasp), ("asvs", &rule.asvs)]
    {
        if !ids.is_empty() {
            more.insert(key.to_owned(), json!(ids));
        }
    }
    if !rule.django_checks.is_empty() {
        let checks = rule.django_checks.iter().map(|id| &**id).collect();
        more.insert("djangoCheck".to_owned(), checks);
    }
    PropertyBag::builder().tags(tags).additional_properties(more).build()
}

fn text(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

fn help(rule: &RuleMeta) -> MultiformatMessageString {
    let sections = [
        ("Why it matters", rule.why.trim().to_owned(), rule.why.trim().to_owned()),
        ("How to fix it", rule.fix.trim().to_owned(), rule.fix.trim().to_owned()),
        ("References", rule.references.join("\n"), bullets(&rule.references)),
    ];
    let mut plain = rule.title.clone();
    let mut markdown = format!("# {}", rule.title);
    for (heading, as_text, as_markdown) in sections {
        if !as_text.is_empty() {
            plain += &format!("\n\n{heading}\n{as_text}");
            markdown += &format!("\n\n## {heading}\n\n{as_markdown}");
        }
    }
    MultiformatMessageString::builder().text(plain).markdown(markdown).build()
}

fn bullets(urls: &[String]) -> String {
    urls.iter().map(|url| format!("- <{url}>")).collect::<Vec<_>>().join("\n")
}

/// `jwt-no-expiry` as `JwtNoExpiry`.
fn pascal_case(id: &str) -> String {
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
    };
    id.split('-').map(capital).collect::<Vec<String>>().concat()
}

/// What the notifications of a run are about.
pub(super) fn notifications() -> Vec<ReportingDescriptor> {
    [
        (SKIPPED, "A file or directory was not analysed"),
        (PARTLY_PARSED, "A file with syntax errors was analysed around them"),
        (CUT_SHORT, "The analysis of a file was cut short"),
        (FAILED_RULE, "An internal error kept a rule from being checked everywhere"),
        (RECOVERED, "A file was not what its encoding claims, and was read as well as possible"),
        (SUPPRESSION, "A comment that suppresses findings needs a look"),
    ]
    .map(|(id, what)| ReportingDescriptor::builder().id(id).short_description(text(what)).build())
    .into()
}

/// The level of a severity.
pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The level of a result of that severity.
pub(super) fn result_level(severity: Severity) -> ResultLevel {
    match severity {
        Severity::Critical | Severity::High => ResultLevel::Error,
        Severity::Medium => ResultLevel::Warning,
        Severity::Low | Severity::Info => ResultLevel::Note,
    }
}

/// A severity on the scale of 0 to 10 that GitHub reads: above 9 critical, from 7 high,
/// from 4 medium.
pub(super) fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.0",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    confidence.as_str()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_pascal_case() {
        assert_eq!(super::pascal_case("jwt-no-expiry"), "JwtNoExpiry");
    }
}
