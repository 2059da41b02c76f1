//! JSON for programs. The shape is versioned and documented in `docs/json.md`; these types
//! are its only definition and stand apart from [`Finding`] on purpose.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::wire::{Place, Position, Tool, detail, place, positions, showable_edit};
use super::{Report, safe_json};
use crate::finding::{Edit, Finding, Label, Notice, Suppressed, SuppressedBy};
use crate::source::{Coverage, PathNote, Skipped};

/// Raised when a field changes its meaning or goes away; new fields do not raise it.
const FORMAT_VERSION: u32 = 1;

/// Writes the report as one JSON object.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        version: FORMAT_VERSION,
        tool: Tool::THIS,
        findings: report.findings.iter().map(|finding| entry(report, finding)).collect(),
        suppressed: report.suppressed.iter().map(|s| suppressed(report, s)).collect(),
        notices: report.notices.iter().map(|notice| notice_entry(report, notice)).collect(),
        coverage: coverage(report.coverage),
        summary: summary(report),
    };
    safe_json::write(&document, out)
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool,
    findings: Vec<Entry<'a>>,
    suppressed: Vec<SuppressedEntry<'a>>,
    notices: Vec<NoticeEntry<'a>>,
    coverage: CoverageEntry<'a>,
    summary: Summary,
}

#[derive(Serialize)]
struct Entry<'a> {
    rule: &'a str,
    severity: &'static str,
    confidence: &'static str,
    because: Vec<String>,
    cwe: &'a [u32],
    message: String,
    fix: String,
    #[serde(flatten)]
    place: Place<'a>,
    symbol: String,
    /// Absent where it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'static str>,
    related: Vec<Place<'a>>,
    /// Absent where no value was followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Vec<Place<'a>>>,
    supersedes: Vec<&'a str>,
    #[serde(rename = "djangoCheck")]
    django_check: Vec<&'a str>,
    /// Absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    edit: Option<EditEntry<'a>>,
    fingerprint: &'a str,
}

/// A finding that is kept out, and by what.
#[derive(Serialize)]
struct SuppressedEntry<'a> {
    by: &'static str,
    /// Absent where a comment gives none.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    finding: Entry<'a>,
}

/// What is wrong with a comment that suppresses.
#[derive(Serialize)]
struct NoticeEntry<'a> {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
    #[serde(flatten)]
    place: Place<'a>,
    /// What to delete to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    delete: Option<Place<'a>>,
}

/// A change of a file that mends a finding.
#[derive(Serialize)]
struct EditEntry<'a> {
    title: &'a str,
    safety: &'static str,
    path: &'a str,
    replacements: Vec<ReplacementEntry<'a>>,
}

#[derive(Serialize)]
struct ReplacementEntry<'a> {
    start: Position,
    end: Position,
    text: &'a str,
}

/// How much was analysed.
#[derive(Serialize)]
pub(super) struct CoverageEntry<'a> {
    complete: bool,
    analysed: usize,
    lines: u64,
    documents: usize,
    partly_parsed: Vec<Note<'a>>,
    cut_short: Vec<Note<'a>>,
    failed_rules: Vec<&'a str>,
    recovered: Vec<Note<'a>>,
    skipped: Vec<SkippedEntry<'a>>,
}

#[derive(Serialize)]
struct Note<'a> {
    path: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct SkippedEntry<'a> {
    path: &'a str,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

#[derive(Serialize)]
struct Summary {
    findings: usize,
    by_severity: BTreeMap<&'static str, usize>,
    hidden: HiddenEntry,
}

#[derive(Serialize)]
struct HiddenEntry {
    suppressed: usize,
    ignored_paths: usize,
    baseline: usize,
    elsewhere: usize,
    below_min_severity: usize,
    below_min_confidence: usize,
    min_severity: &'static str,
    min_confidence: &'static str,
}

fn entry<'a>(report: &Report<'a>, finding: &'a Finding) -> Entry<'a> {
    let places = |labels: &[Label]| {
        labels.iter().map(|label| place(report.files, report.redactor, label)).collect()
    };
    Entry {
        rule: &finding.rule,
        severity: finding.severity.as_str(),
        confidence: finding.confidence.as_str(),
        because: report.reasons(finding),
        cwe: &finding.cwe,
        message: report.redactor.line(&finding.message),
        fix: report.redactor.prose(&finding.fix),
        place: place(report.files, report.redactor, &finding.primary),
        symbol: report.redactor.line(&finding.symbol),
        profile: finding.profile,
        related: places(&finding.related),
        trace: finding.trace.as_ref().map(|trace| places(&trace.steps)),
        supersedes: finding.supersedes.iter().map(|id| &**id).collect(),
        django_check: finding.django_checks.iter().map(|id| &**id).collect(),
        edit: showable_edit(report.redactor, finding).map(|edit| edit_entry(report, edit)),
        fingerprint: &finding.fingerprint.0,
    }
}

fn suppressed<'a>(report: &Report<'a>, suppressed: &'a Suppressed) -> SuppressedEntry<'a> {
    let (by, reason) = match &suppressed.by {
        SuppressedBy::Comment { reason } => ("comment", report.redactor.line(reason)),
        SuppressedBy::Path => ("path", String::new()),
        SuppressedBy::Baseline => ("baseline", String::new()),
    };
    let reason = Some(reason).filter(|reason| !reason.is_empty());
    SuppressedEntry { by, reason, finding: entry(report, &suppressed.finding) }
}

fn notice_entry<'a>(report: &Report<'a>, notice: &'a Notice) -> NoticeEntry<'a> {
    let at = |loc| place(report.files, report.redactor, &Label { loc, text: String::new() });
    NoticeEntry {
        text: report.redactor.line(&notice.text),
        help: notice.help.as_deref().map(|help| report.redactor.line(help)),
        place: at(notice.loc),
        delete: notice.delete.map(at),
    }
}

fn edit_entry<'a>(report: &Report<'a>, edit: &'a Edit) -> EditEntry<'a> {
    let file = report.files.get(edit.replacements[0].loc.file);
    let replacements = edit.replacements.iter().map(|replacement| {
        let (start, end) = positions(file, replacement.loc);
        ReplacementEntry { start, end, text: &replacement.text }
    });
    EditEntry {
        title: &edit.title,
        safety: edit.safety.as_str(),
        path: &file.path,
        replacements: replacements.collect(),
    }
}

/// How much was analysed.
pub(super) fn coverage(coverage: &Coverage) -> CoverageEntry<'_> {
    CoverageEntry {
        complete: coverage.is_complete(),
        analysed: coverage.analysed,
        lines: coverage.lines,
        documents: coverage.documents,
        partly_parsed: notes(&coverage.partly_parsed),
        cut_short: notes(&coverage.cut_short),
        failed_rules: coverage.failed_rules.iter().map(|id| &**id).collect(),
        recovered: notes(&coverage.recovered),
        skipped: coverage.skipped.iter().map(skipped).collect(),
    }
}

fn notes(notes: &[PathNote]) -> Vec<Note<'_>> {
    notes.iter().map(|note| Note { path: &note.path, reason: &note.reason }).collect()
}

fn skipped(skipped: &Skipped) -> SkippedEntry<'_> {
    let Skipped { path, reason } = skipped;
    SkippedEntry { path, reason: reason.id(), detail: detail(*reason) }
}

fn summary(report: &Report<'_>) -> Summary {
    let hidden = report.hidden;
    Summary {
        findings: report.findings.len(),
        by_severity: report.by_severity().map(|(severity, n)| (severity.as_str(), n)).collect(),
        hidden: HiddenEntry {
            suppressed: hidden.suppressed,
            ignored_paths: hidden.by_path,
            baseline: hidden.baseline,
            elsewhere: hidden.elsewhere,
            below_min_severity: hidden.by_severity,
            below_min_confidence: hidden.by_confidence,
            min_severity: hidden.min_severity.as_str(),
            min_confidence: hidden.min_confidence.as_str(),
        },
    }
}
