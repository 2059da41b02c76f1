//! What a rule tells people: the part of a rule that reports and `explain` show.

use std::sync::Arc;

use crate::finding::{Confidence, Safety, Severity};

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
    /// Whether it has edits, and the best that they promise.
    pub autofix: Option<Safety>,
    /// What its branches say, and how sure and severe they are, each way once.
    pub branches: Vec<BranchMeta>,
    /// What makes it more or less severe or sure.
    pub adjusts: Vec<AdjustMeta>,
    /// How to mend it with one stack.
    pub remedies: Vec<RemedyMeta>,
    /// What the packs know of the entries in `cwe`, `owasp_api`, `owasp` and `asvs`.
    pub standards: Vec<Standard>,
    /// Whether it comes with tokscan, and so has a page in the repository.
    pub embedded: bool,
    /// Code it reports and code it does not.
    pub examples: Vec<Example>,
}

impl RuleMeta {
    /// The entries of the standard under one key of rules (`cwe`, `owasp-api`, …).
    pub fn standards_of<'m>(&'m self, key: &'m str) -> impl Iterator<Item = &'m Standard> {
        self.standards.iter().filter(move |standard| standard.key == key)
    }

    /// Where more is said about it: its page below the repository at `base`, or without one what
    /// it refers to first.
    pub fn url(&self, base: &str) -> Option<String> {
        if self.embedded && !base.is_empty() {
            let base = base.trim_end_matches('/');
            return Some(format!("{base}/blob/HEAD/docs/rules/{}.md", self.id));
        }
        self.references.first().cloned()
    }
}

/// What a branch of a rule says. Captured values are `…`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BranchMeta {
    /// One sentence.
    pub message: String,
    /// Its severity.
    pub severity: Severity,
    /// Its confidence.
    pub confidence: Confidence,
    /// CWE numbers, most fitting first.
    pub cwe: Vec<u32>,
    /// How to mend it, where the branch has a way of its own.
    pub fix: Option<String>,
}

/// A change of severity or confidence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AdjustMeta {
    /// The severity then.
    pub severity: Option<Severity>,
    /// The confidence then.
    pub confidence: Option<Confidence>,
    /// Why, and so when.
    pub because: String,
}

/// How to mend something with one stack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RemedyMeta {
    /// What people call the stack: `Django with CockroachDB`.
    pub stack: String,
    /// What to do.
    pub fix: String,
}

/// An entry of a published list of weaknesses or requirements.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standard {
    /// The key of rules that names it: `cwe`, `owasp-api`, `owasp`, `asvs`.
    pub key: String,
    /// `CWE-347`, `API2:2023`.
    pub id: String,
    /// What it is called there.
    pub title: String,
    /// Where it is described.
    pub url: String,
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
    /// The files that the edits of the rule change, as they are afterwards.
    pub fixed: Vec<(String, String)>,
}
