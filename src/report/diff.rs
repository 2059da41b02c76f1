//! What edits change, as a unified diff.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use similar::{ChangeTag, TextDiff};

use super::TextStyle;
use crate::base::FileId;
use crate::source::Redactor;

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// A file before and after.
#[derive(Debug)]
pub struct FileChange<'a> {
    /// Its path, showable.
    pub path: &'a str,
    /// Its id, before and after.
    pub file: FileId,
    /// Its text before.
    pub before: &'a str,
    /// Its text after.
    pub after: &'a str,
}

/// Writes a unified diff of files. `before` and `after` make their texts showable: literal secrets
/// are masked, and where none stands near a change the diff can be applied.
pub fn write_diff(
    changes: &[FileChange<'_>],
    before: &Redactor,
    after: &Redactor,
    style: &TextStyle,
    out: &mut dyn Write,
) -> io::Result<()> {
    changes.iter().try_for_each(|change| write_file(change, before, after, style, out))
}

fn write_file(
    change: &FileChange<'_>,
    before: &Redactor,
    after: &Redactor,
    style: &TextStyle,
    out: &mut dyn Write,
) -> io::Result<()> {
    let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
    let bold = Style::new().bold();
    writeln!(out, "{}", style.paint(bold, format_args!("--- a/{}", change.path)))?;
    writeln!(out, "{}", style.paint(bold, format_args!("+++ b/{}", change.path)))?;
    // Masking keeps the lines, so line numbers of the texts are those of what is shown.
    let old: Vec<&str> = lines(before.display_text(change.file));
    let new: Vec<&str> = lines(after.display_text(change.file));
    let (old_text, new_text) = (lines(change.before), lines(change.after));
    let diff = TextDiff::from_slices(&old_text, &new_text);
    for group in diff.grouped_ops(CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let old_lines = first.old_range().start..last.old_range().end;
        let new_lines = first.new_range().start..last.new_range().end;
        let header = format!("@@ -{} +{} @@", hunk(&old_lines), hunk(&new_lines));
        writeln!(out, "{}", style.paint(color(AnsiColor::Cyan), header))?;
        for op in &group {
            for line in diff.iter_changes(op) {
                let (sign, text, painted) = match line.tag() {
                    ChangeTag::Equal => (' ', shown(&old, line.old_index()), Style::new()),
                    ChangeTag::Delete => {
                        ('-', shown(&old, line.old_index()), color(AnsiColor::Red))
                    }
                    ChangeTag::Insert => {
                        ('+', shown(&new, line.new_index()), color(AnsiColor::Green))
                    }
                };
                // What was known for a secret before still is.
                let (content, end) = split_break(text);
                let content = if sign == '+' { before.prose(content) } else { content.to_owned() };
                let line = style.paint(painted, format_args!("{sign}{content}"));
                write!(out, "{line}{}", if end.is_empty() { "\n" } else { end })?;
                if end.is_empty() {
                    writeln!(out, "\\ No newline at end of file")?;
                }
            }
        }
    }
    Ok(())
}

/// The lines of a text with their line breaks, as `diff` counts them.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn shown<'t>(lines: &[&'t str], index: Option<usize>) -> &'t str {
    index.and_then(|index| lines.get(index)).copied().unwrap_or_default()
}

fn split_break(line: &str) -> (&str, &str) {
    let content = line.strip_suffix('\n').unwrap_or(line);
    let content = content.strip_suffix('\r').unwrap_or(content);
    line.split_at(content.len())
}

/// `3,2`: the first line from 1, and how many.
fn hunk(lines: &std::ops::Range<usize>) -> String {
    match lines.len() {
        1 => (lines.start + 1).to_string(),
        0 => format!("{},0", lines.start),
        count => format!("{},{count}", lines.start + 1),
    }
}
