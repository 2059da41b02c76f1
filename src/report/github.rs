//! Annotations of GitHub Actions: workflow commands, which the runner takes from the output of a
//! step and shows at the lines of a change.

use std::io::{self, Write};

use super::autofix::advice;
use super::{Report, count};
use crate::finding::{Finding, Severity};

/// GitHub shows this many annotations of each level per step.
const SHOWN: usize = 10;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warning,
    Notice,
}

impl Level {
    const ALL: [Self; 3] = [Self::Error, Self::Warning, Self::Notice];

    fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Error,
            Severity::Medium => Self::Warning,
            Severity::Low | Severity::Info => Self::Notice,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// Writes a command for each finding, the worst first, since GitHub shows the first ones of a
/// level; and says so where it will not show all.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let findings = report.worst_first();
    for level in Level::ALL {
        // The first of the notices, so that it is among those that are shown.
        if level == Level::Notice
            && let Some(text) = overflow(&findings)
        {
            writeln!(out, "::notice title=tokscan::{}", data(&text))?;
        }
        for finding in findings.iter().filter(|finding| Level::of(finding.severity) == level) {
            writeln!(out, "{}", command(report, finding))?;
        }
    }
    Ok(())
}

/// What to say when there are more findings than GitHub shows.
fn overflow(findings: &[&Finding]) -> Option<String> {
    let total = |level| findings.iter().filter(|f| Level::of(f.severity) == level).count();
    let over = Level::ALL.into_iter().any(|level| total(level) > SHOWN);
    over.then(|| {
        format!(
            "{} found. GitHub shows only {SHOWN} annotations of each level per step; the log and \
             the summary of this step have them all.",
            count(findings.len(), "problem")
        )
    })
}

fn command(report: &Report<'_>, finding: &Finding) -> String {
    let loc = finding.primary.loc;
    let ((line, column), (end_line, end_column)) = report.files.line_col(loc);
    let mut properties = vec![
        ("file", report.path(loc.file)),
        ("line", line.to_string()),
        ("endLine", end_line.to_string()),
    ];
    // Columns of different lines are refused.
    if line == end_line {
        properties.push(("col", column.to_string()));
        properties.push(("endColumn", end_column.to_string()));
    }
    properties.push(("title", format!("{} ({})", finding.rule, finding.severity)));
    let properties: Vec<String> = properties
        .into_iter()
        .map(|(name, value)| format!("{name}={}", property(&value)))
        .collect();
    let message = report.redactor.line(&finding.message);
    let advice = advice(report, finding);
    let text = if advice.is_empty() { message } else { format!("{message}\n\n{advice}") };
    let level = Level::of(finding.severity).as_str();
    format!("::{level} {}::{}", properties.join(","), data(&text))
}

/// Text of a command: on one line.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property: without the signs that end it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
