//! GitLab's report of code quality: the fields of the Code Climate format that GitLab reads.

use std::io::{self, Write};

use serde::Serialize;

use super::{Report, safe_json};
use crate::finding::{Finding, Severity};

#[derive(Serialize)]
struct Entry<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// Writes the findings as a list.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let entries: Vec<Entry<'_>> =
        report.findings.iter().map(|finding| entry(report, finding)).collect();
    safe_json::write(&entries, out)
}

fn entry<'a>(report: &Report<'a>, finding: &'a Finding) -> Entry<'a> {
    let loc = finding.primary.loc;
    let ((begin, _), (end, _)) = report.files.line_col(loc);
    Entry {
        description: report.redactor.line(&finding.message),
        check_name: &finding.rule,
        fingerprint: &finding.fingerprint.0,
        severity: severity(finding.severity),
        location: Location { path: report.path(loc.file), lines: Lines { begin, end } },
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    }
}
