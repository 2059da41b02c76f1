//! Findings to every form they are read in.
//!
//! A report sees findings, files and the human side of rules, nothing else; and it takes
//! every piece of text that stems from scanned code from the [`Redactor`].

mod autofix;
mod code_quality;
mod concise;
mod diff;
mod excerpt;
mod format;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod line_hash;
mod markdown;
mod paths;
mod project;
mod prose;
pub mod rule_page;
mod safe_json;
mod sarif;
mod sarif_rules;
mod summary;
mod terminal;
mod wire;

use std::io::{self, Write};
use std::path::Path;
use std::time::SystemTime;

pub use autofix::autofix_line;
pub use diff::{FileChange, write_diff};
pub use format::Format;
pub use markdown::write_step_summary;
pub use project::{ProjectFormat, ProjectReport, write_project};
pub use summary::{count, coverage_line, summary};
pub use terminal::TextStyle;

use crate::finding::{Confidence, Finding, Notice, Severity, Suppressed};
use crate::rule::meta::RuleMeta;
use crate::source::{Coverage, FileTable, Redactor};

/// Where the project lives; its rules have their pages there. Empty where that is nowhere yet.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// What there is to report.
#[derive(Debug)]
pub struct Report<'a> {
    /// The findings to show, sorted.
    pub findings: &'a [&'a Finding],
    /// Findings that are kept out, sorted, to be listed as such where a format can say so.
    pub suppressed: &'a [&'a Suppressed],
    /// Whether SARIF lists them: not every reader of it knows that they are suppressed.
    pub sarif_suppressed: bool,
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
    /// What is wrong with comments that suppress.
    pub notices: &'a [&'a Notice],
    /// What is said of edits.
    pub autofix: Autofix,
    /// What the summary for people counts by.
    pub grouping: Grouping,
    /// Where and when that was.
    pub run: Run<'a>,
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

/// Where and when a scan was made.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The root of the repository, or of the scan where there is none; absolute. Code hosts take
    /// paths to be relative to it.
    pub repository: &'a Path,
    /// The current directory, absolute. Editors take paths to be relative to it.
    pub working: &'a Path,
    /// When it started.
    pub started: SystemTime,
    /// When it ended.
    pub ended: SystemTime,
    /// What tells this analysis from others of the same commit; none: named after the scan root.
    pub category: Option<&'a str>,
}

/// What a report for people says of edits.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Autofix {
    /// Whether edits that need a look are named beside their findings, too.
    pub names_unsafe: bool,
    /// Number of findings that were mended before; none where nobody asked for it.
    pub applied: Option<usize>,
}

/// Findings that exist and are not shown, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hidden {
    /// Suppressed by comments.
    pub suppressed: usize,
    /// Left out by the configuration for their paths.
    pub by_path: usize,
    /// Known to the baseline.
    pub baseline: usize,
    /// Not in the part of the project that is asked about.
    pub elsewhere: usize,
    /// Below the severity asked for.
    pub by_severity: usize,
    /// Severe enough, and below the confidence asked for.
    pub by_confidence: usize,
    /// The severity asked for.
    pub min_severity: Severity,
    /// The confidence asked for.
    pub min_confidence: Confidence,
}

/// Writes a report in the given format; `style` matters for text only. Answers with what had to
/// be left out because the format, or who reads it, has a limit: one sentence each.
pub fn write(
    format: Format,
    report: &Report<'_>,
    style: &TextStyle,
    out: &mut dyn Write,
) -> io::Result<Vec<String>> {
    match format {
        Format::Sarif => return sarif::write(report, out),
        Format::Text => terminal::write(report, style, out),
        Format::Concise => concise::write(report, style, out),
        Format::Json => json::write(report, out),
        Format::Github => github::write(report, out),
        Format::GitlabSast => gitlab::write(report, out),
        Format::GitlabCodeQuality => code_quality::write(report, out),
        Format::Junit => junit::write(report, out),
        Format::Markdown => markdown::write(report, out),
        Format::Html => html::write(report, out),
    }?;
    Ok(Vec::new())
}

impl Report<'_> {
    /// Findings per severity, worst first, without severities that have none.
    fn by_severity(&self) -> impl Iterator<Item = (Severity, usize)> {
        Severity::ALL.into_iter().filter_map(|severity| {
            let count = self.findings.iter().filter(|f| f.severity == severity).count();
            (count > 0).then_some((severity, count))
        })
    }

    /// What to do about a finding, showable; may be empty.
    fn fix(&self, finding: &Finding) -> String {
        self.redactor.prose(finding.fix.trim())
    }

    /// Why a finding is as severe and as certain as it is, a showable phrase each.
    fn reasons(&self, finding: &Finding) -> Vec<String> {
        finding.because.iter().map(|phrase| self.redactor.line(phrase)).collect()
    }

    fn files_with_findings(&self) -> usize {
        let mut files: Vec<_> = self.findings.iter().map(|f| f.primary.loc.file).collect();
        files.sort_unstable();
        files.dedup();
        files.len()
    }

    /// The findings, the worst first, and of those equally bad in the order of places.
    fn worst_first(&self) -> Vec<&Finding> {
        let mut findings = self.findings.to_vec();
        findings.sort_by_key(|finding| std::cmp::Reverse((finding.severity, finding.confidence)));
        findings
    }

    fn rule(&self, id: &str) -> Option<&RuleMeta> {
        self.rules.iter().copied().find(|rule| &*rule.id == id)
    }
}
