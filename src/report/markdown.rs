//! Markdown as GitHub and GitLab read it: for comments, summaries of steps, wikis.

use std::io::{self, Write};

use super::autofix::{autofix_line, available, hunks};
use super::excerpt::{Excerpt, Line, Mark};
use super::prose::{capitalised, pieces};
use super::summary::{headline, hidden_line, thousands};
use super::{Report, coverage_line};
use crate::base::Loc;
use crate::finding::{Confidence, Finding, Label};
use crate::source::FileKind;

/// Columns of a source line to show.
const WINDOW: usize = 160;

/// Writes the whole report.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(whole(report, usize::MAX).as_bytes())
}

/// Writes as much of the report as fits into `room` bytes, the worst findings first.
pub fn write_step_summary(report: &Report<'_>, room: usize, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(whole(report, room).as_bytes())
}

fn whole(report: &Report<'_>, room: usize) -> String {
    let mut text = head(report);
    let tail = format!("\n{}\n", escaped(&coverage_line(report.coverage)));
    let findings = report.worst_first();
    for (index, finding) in findings.iter().enumerate() {
        let section = section(report, finding);
        let left = findings.len() - index;
        let rest = format!("\n{} more not shown here.\n", thousands(left));
        if text.len() + section.len() + rest.len() + tail.len() > room {
            text += &rest;
            break;
        }
        text += &section;
    }
    text + &tail
}

fn head(report: &Report<'_>) -> String {
    let mut text = String::from("# tokscan\n\n");
    match headline(report) {
        None => text += "No findings.\n",
        Some(headline) => {
            text += &format!("{headline}\n\n");
            text += "| Severity | Findings |\n|---|---:|\n";
            for (severity, number) in report.by_severity() {
                text += &format!("| {severity} | {} |\n", thousands(number));
            }
        }
    }
    for line in [hidden_line(report), autofix_line(report)].into_iter().flatten() {
        text += &format!("\n{}\n", escaped(&line));
    }
    text
}

fn section(report: &Report<'_>, finding: &Finding) -> String {
    let mut text = format!(
        "\n## {}: {}\n\n`{}` at {}",
        finding.severity,
        marked_up(&report.redactor.line(&finding.message)),
        finding.rule,
        code_span(&report.place(&finding.primary)),
    );
    if finding.confidence != Confidence::High {
        text += &format!(", confidence {}", finding.confidence);
    }
    text += "\n\n";
    text += &fence(report, finding.primary.loc);
    let reasons: Vec<String> = report.reasons(finding);
    if !reasons.is_empty() {
        text += &format!("\n{}\n", marked_up(&reasons.join("; ")));
    }
    let fix = report.fix(finding);
    if !fix.is_empty() {
        text += &format!("\n**Fix:** {}\n", marked_up(&fix));
    }
    text += &edit(report, finding);
    if let Some(trace) = &finding.trace {
        text += &list("Trace", "1.", report, &trace.steps);
    }
    if !finding.related.is_empty() {
        text += &list("Related places", "-", report, &finding.related);
    }
    text
}

/// What the edit of a finding changes, to unfold.
fn edit(report: &Report<'_>, finding: &Finding) -> String {
    let Some(edit) = &finding.edit else { return String::new() };
    let mut lines = Vec::new();
    for hunk in hunks(report, finding) {
        lines.extend(hunk.first().map(|line| format!("@@ line {} @@", line.number)));
        let signed = hunk.iter().map(|line| format!("{}{}", line.sign, line.text));
        lines.extend(signed.map(|line| line.trim_end().to_owned()));
    }
    let title = marked_up(&capitalised(&available(edit)));
    format!(
        "\n<details><summary>{title}</summary>\n\n{}\n</details>\n",
        fenced("diff", &lines.join("\n"))
    )
}

fn list(title: &str, sign: &str, report: &Report<'_>, labels: &[Label]) -> String {
    let mut text = format!("\n<details><summary>{title}</summary>\n\n");
    for label in labels {
        let place = code_span(&report.place(label));
        let said = marked_up(&report.redactor.line(&label.text));
        let colon = if said.is_empty() { "" } else { ": " };
        text += &format!("{sign} {place}{colon}{said}\n");
    }
    text + "\n</details>\n"
}

/// The lines around a place as a block of code, marked ones with `>`.
fn fence(report: &Report<'_>, loc: Loc) -> String {
    let marks = [Mark { primary: true, loc, text: String::new() }];
    let excerpt = Excerpt::new(&marks, report.files, report.redactor, WINDOW, "…");
    let lines: Vec<Line> = excerpt.blocks().flat_map(|block| block.lines).collect();
    let width = lines.last().map_or(1, |line| line.number.to_string().len());
    let code: Vec<String> = lines
        .iter()
        .map(|line| {
            let sign = if line.is_marked { '>' } else { ' ' };
            format!("{sign} {:>width$} | {}", line.number, line.text()).trim_end().to_owned()
        })
        .collect();
    let language = match report.files.get(loc.file).kind {
        FileKind::Python => "python",
        _ => "text",
    };
    fenced(language, &code.join("\n"))
}

/// A block of code, whatever is in it.
fn fenced(language: &str, code: &str) -> String {
    let ticks = "`".repeat((longest_run(code) + 1).max(3));
    format!("{ticks}{language}\n{code}\n{ticks}\n")
}

/// Backticks in a row at most.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// A text between backticks, whatever is in it.
fn code_span(text: &str) -> String {
    let ticks = "`".repeat(longest_run(text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// Prose in which code stays code and nothing else is markup.
pub(super) fn marked_up(text: &str) -> String {
    let shown = pieces(text).into_iter().map(|piece| match piece.is_code {
        true => code_span(&piece.text),
        false => escaped(&piece.text),
    });
    shown.collect()
}

/// Text without markup, tags, mentions and references to issues.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => shown += "&lt;",
            '&' => shown += "&amp;",
            // An empty comment keeps a name from being a mention.
            '@' => shown += "@<!-- -->",
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '$' | '>' | '!' => {
                shown.push('\\');
                shown.push(c);
            }
            _ => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_is_markup() {
        assert_eq!(
            marked_up("`a_b` is *not* <b>"),
            "`a_b` is \\*not\\* &lt;b>".replace("b>", "b\\>")
        );
        assert_eq!(marked_up("mail @you, see [x](y)"), "mail @<!-- -->you, see \\[x\\](y)");
    }

    #[test]
    fn code_with_backticks_is_code() {
        assert_eq!(code_span("a`b"), "``a`b``");
        assert_eq!(code_span("`a"), "`` `a ``");
    }
}
