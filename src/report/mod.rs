//! Findings to text, JSON and SARIF.
//!
//! A report sees findings, files and the human side of rules, nothing else; and it takes
//! every piece of text that stems from scanned code from the [`Redactor`].

mod excerpt;
mod json;
mod project;
pub mod rule_page;
mod safe_json;
mod sarif;
mod sarif_rules;
mod summary;
mod terminal;
mod wire;

use std::io::{self, Write};

pub use project::{ProjectFormat, ProjectReport, write_project};
pub use summary::{count, coverage_line, summary};
pub use terminal::TextStyle;

use crate::finding::{Confidence, Finding, Severity};
use crate::rule::meta::RuleMeta;
use crate::source::{Coverage, FileTable, Redactor};

/// Where the project lives; its rules have their pages there. Empty where that is nowhere yet.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// The forms a report comes in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people: excerpts with labels, and a summary.
    Text,
    /// For programs; see `docs/json.md`.
    Json,
    /// For code hosts and editors.
    Sarif,
}

/// What there is to report.
#[derive(Debug)]
pub struct Report<'a> {
    /// The findings to show, sorted.
    pub findings: &'a [&'a Finding],
    /// The files they are in.
    pub files: &'a FileTable,
    /// What makes text of these files showable.
    pub redactor: &'a Redactor,
    /// Every loaded rule.
    pub rules: &'a [&'a RuleMeta],
    /// How much was analysed.
    pub coverage: &'a Coverage,
    /// What is not among the findings.
    pub hidden: Hidden,
    /// What the summary for people counts by.
    pub grouping: Grouping,
}

/// What a summary counts findings by.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Grouping {
    /// Severities alone.
    #[default]
    Severity,
    /// Entries of the OWASP API Security Top 10, too.
    OwaspApi,
}

/// Findings that exist and are not shown, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hidden {
    /// Suppressed by comments.
    pub suppressed: usize,
    /// Below the severity asked for.
    pub by_severity: usize,
    /// Severe enough, and below the confidence asked for.
    pub by_confidence: usize,
    /// The severity asked for.
    pub min_severity: Severity,
    /// The confidence asked for.
    pub min_confidence: Confidence,
}

/// Writes a report in the given format; `style` matters for text only.
pub fn write(
    format: Format,
    report: &Report<'_>,
    style: &TextStyle,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        Format::Text => terminal::write(report, style, out),
        Format::Json => json::write(report, out),
        Format::Sarif => sarif::write(report, out),
    }
}

impl Report<'_> {
    /// Findings per severity, worst first, without severities that have none.
    fn by_severity(&self) -> impl Iterator<Item = (Severity, usize)> {
        Severity::ALL.into_iter().filter_map(|severity| {
            let count = self.findings.iter().filter(|f| f.severity == severity).count();
            (count > 0).then_some((severity, count))
        })
    }
}
