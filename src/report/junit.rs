//! JUnit XML, as Jenkins, GitLab and other servers show it: a suite for each file, a failed test
//! for each finding.

use std::io::{self, Write};

use super::Report;
use super::autofix::advice;
use super::wire::TOOL;
use crate::finding::{Finding, Label};

/// Writes the report. Where nothing is found, a test that passed says so: servers take a report
/// without tests for a run that failed.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let total = report.findings.len();
    let tests = total.max(1);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"{TOOL}\" tests=\"{tests}\" failures=\"{total}\" errors=\"0\">"
    )?;
    for of_file in report.findings.chunk_by(|a, b| a.primary.loc.file == b.primary.loc.file) {
        suite(report, of_file, out)?;
    }
    if total == 0 {
        writeln!(
            out,
            "  <testsuite name=\"{TOOL}\" tests=\"1\" failures=\"0\" errors=\"0\">\n    \
             <testcase name=\"no findings\" classname=\"{TOOL}\"/>\n  </testsuite>"
        )?;
    }
    writeln!(out, "</testsuites>")
}

fn suite(report: &Report<'_>, findings: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    let path = escaped(&report.path(findings[0].primary.loc.file));
    let number = findings.len();
    writeln!(
        out,
        "  <testsuite name=\"{path}\" tests=\"{number}\" failures=\"{number}\" errors=\"0\" \
         file=\"{path}\">"
    )?;
    for finding in findings {
        let ((line, column), _) = report.files.line_col(finding.primary.loc);
        writeln!(
            out,
            "    <testcase name=\"{} at {line}:{column}\" classname=\"{path}\">\n      \
             <failure type=\"{}\" message=\"{}\">{}</failure>\n    </testcase>",
            escaped(&finding.rule),
            finding.severity,
            escaped(&report.redactor.line(&finding.message)),
            escaped(&body(report, finding)),
        )?;
    }
    writeln!(out, "  </testsuite>")
}

fn body(report: &Report<'_>, finding: &Finding) -> String {
    let mut text = format!(
        "{}: {} (confidence {})\n{}\n",
        report.place(&finding.primary),
        finding.severity,
        finding.confidence,
        report.redactor.line(&finding.message),
    );
    for phrase in report.reasons(finding) {
        text += &format!("{phrase}\n");
    }
    let fix = advice(report, finding);
    if !fix.is_empty() {
        text += &format!("\nFix: {fix}\n");
    }
    let steps = finding.trace.iter().flat_map(|trace| &trace.steps);
    text += &list("Trace", steps, report);
    text + &list("Related places", finding.related.iter(), report)
}

fn list<'a>(title: &str, labels: impl Iterator<Item = &'a Label>, report: &Report<'_>) -> String {
    let lines: Vec<String> = labels
        .map(|label| {
            let said = report.redactor.line(&label.text);
            format!("  {} {said}", report.place(label)).trim_end().to_owned()
        })
        .collect();
    if lines.is_empty() { String::new() } else { format!("\n{title}:\n{}\n", lines.join("\n")) }
}

/// Text that is nothing but text, in elements and attributes; what XML cannot hold is U+FFFD.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => shown += "&lt;",
            '>' => shown += "&gt;",
            '&' => shown += "&amp;",
            '"' => shown += "&quot;",
            '\n' => shown.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => shown.push('\u{fffd}'),
            c => shown.push(c),
        }
    }
    shown
}
