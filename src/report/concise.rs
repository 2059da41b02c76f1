//! One line for each finding: `path:line:column: severity rule message`, as editors and `grep`
//! take it. Paths are as seen from the current directory.

use std::io::{self, Write};

use super::{Report, TextStyle};

/// Writes a line for each finding, and nothing else.
pub(super) fn write(report: &Report<'_>, style: &TextStyle, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        let loc = finding.primary.loc;
        let ((line, column), _) = report.files.line_col(loc);
        writeln!(
            out,
            "{}:{line}:{column}: {} {} {}",
            report.working_path(loc.file),
            style.severity(finding.severity),
            finding.rule,
            report.redactor.line(&finding.message),
        )?;
    }
    Ok(())
}
