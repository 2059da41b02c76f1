//! What a rule tells people: the part of a rule that reports and `explain` show.

use std::sync::Arc;

use crate::finding::{Confidence, Severity};

/// The human side of one rule.
#[derive(Clone, Debug)]
pub struct RuleMeta {
    /// Unique id, kebab-case.
    pub id: Arc<str>,
    /// One line, no full stop.
    pub title: String,
    /// Theme: `token-leakage`, `jwt`, `session`, `cockroachdb`, `mongodb`, …
    pub category: String,
    /// Severity of the commonest branch.
    pub severity: Severity,
    /// Confidence of the commonest branch.
    pub confidence: Confidence,
    /// CWE numbers, most fitting first.
    pub cwe: Vec<u32>,
    /// OWASP API Security Top 10 2023 entries, e.g. `API2:2023`.
    pub owasp_api: Vec<String>,
    /// OWASP Top 10 2021 entries, e.g. `A07:2021`.
    pub owasp: Vec<String>,
    /// ASVS 5.0 requirements, e.g. `V9.1.1`.
    pub asvs: Vec<String>,
    /// Why it matters.
    pub why: String,
    /// How to mend it.
    pub fix: String,
    /// URLs of standards and documentation.
    pub references: Vec<String>,
    /// Ids of rules this rule stands above at the same place.
    pub supersedes: Vec<Arc<str>>,
    /// Ids of Django's own system checks that it, or one of its branches, is: `security.W012`.
    pub django_checks: Vec<Arc<str>>,
    /// Code it reports and code it does not.
    pub examples: Vec<Example>,
}

/// An example of a rule: a small project.
#[derive(Clone, Debug)]
pub struct Example {
    /// Whether the rule reports it (at the lines marked `# <- here`) or stays silent.
    pub bad: bool,
    /// Path and text of each file; a single text is `example.py`.
    pub files: Vec<(String, String)>,
    /// Ids of other rules that may report it too.
    pub also: Vec<String>,
}
