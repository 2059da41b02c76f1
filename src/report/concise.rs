//! One line for each finding: `path:line:column: severity rule message`, as editors and `grep`
//! take it. Paths are as seen from the current directory. Behind the message stands the option that
//! mends it, if there is one.

use std::io::{self, Write};

use super::autofix::options;
use super::{Report, TextStyle};

/// Writes a line for each finding, and nothing else.
pub(super) fn write(report: &Report<'_>, style: &TextStyle, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings {
        let loc = finding.primary.loc;
        let ((line, column), _) = report.files.line_col(loc);
        let mended = match &finding.edit {
            Some(edit) => format!(" [{}]", options(edit.safety)),
            None => String::new(),
        };
        writeln!(
            out,
            "{}:{line}:{column}: {} {} {}{mended}",
            report.working_path(loc.file),
            style.severity(finding.severity),
            finding.rule,
            report.redactor.line(&finding.message),
        )?;
    }
    Ok(())
}
