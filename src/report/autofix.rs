//! What reports say of edits: which options apply them, how many there are, and what they change.

use similar::{Change, ChangeTag, TextDiff};

use super::Report;
use super::prose::{capitalised, cut};
use super::summary::{count, thousands};
use crate::base::Loc;
use crate::finding::{Edit, Finding, Replacement, Safety, apply};

/// Unchanged lines around a change.
const CONTEXT: usize = 2;
/// Characters of a line that are shown.
const LONGEST: usize = 240;

/// Part of what an edit changes, line by line.
pub(super) type Hunk = Vec<ChangedLine>;

/// A line of a hunk.
pub(super) struct ChangedLine {
    /// Its number in the file as it is; of new lines that of the line before.
    pub number: usize,
    /// ` `, `-` or `+`.
    pub sign: char,
    /// What stands there, showable, without its line break.
    pub text: String,
}

/// The options that apply an edit of this kind.
pub(super) fn options(safety: Safety) -> &'static str {
    match safety {
        Safety::Safe => "--fix",
        Safety::Unsafe => "--fix --unsafe-fixes",
    }
}

/// That an edit mends a finding, and with which options: one phrase.
pub(super) fn available(edit: &Edit) -> String {
    format!("fix available with {}: {}", options(edit.safety), edit.title)
}

/// What to do about a finding, and that an edit does it; may be empty.
pub(super) fn advice(report: &Report<'_>, finding: &Finding) -> String {
    let edit = finding.edit.as_ref().map(|edit| capitalised(&available(edit)));
    let parts = [report.fix(finding), edit.unwrap_or_default()];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n\n")
}

/// How many findings were mended, and which options mend how many more, in one sentence; none
/// when it is nothing.
pub fn autofix_line(report: &Report<'_>) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(applied) = report.autofix.applied {
        parts.push(format!("{} fixed", count(applied, "finding")));
    }
    let edits = report.findings.iter().filter_map(|finding| finding.edit.as_ref());
    let (safe, other): (Vec<_>, Vec<_>) = edits.partition(|edit| edit.safety == Safety::Safe);
    if !safe.is_empty() {
        let (number, options) = (thousands(safe.len()), options(Safety::Safe));
        parts.push(format!("{number} can be fixed with {options}"));
    }
    if !other.is_empty() {
        let more = if safe.is_empty() { "" } else { " more" };
        let (number, options) = (thousands(other.len()), options(Safety::Unsafe));
        parts.push(format!("{number}{more} can be fixed with {options}"));
    }
    (!parts.is_empty()).then(|| format!("{}.", parts.join("; ")))
}

/// What the edit of a finding changes; nothing where there is none. Secrets are masked in what
/// goes away and in what comes.
pub(super) fn hunks(report: &Report<'_>, finding: &Finding) -> Vec<Hunk> {
    let Some(edit) = &finding.edit else { return Vec::new() };
    let lines = report.files.get(edit.replacements[0].loc.file).lines();
    let line_of = |at: u32| lines.line_of(at);
    let mut hunks: Vec<Hunk> = Vec::new();
    let mut rest = edit.replacements.as_slice();
    while let Some(first) = rest.first() {
        // Those that are near each other are shown together.
        let mut last = line_of(first.loc.end);
        let mut together = 1;
        for next in &rest[1..] {
            if line_of(next.loc.start) > last + 2 * CONTEXT {
                break;
            }
            last = line_of(next.loc.end);
            together += 1;
        }
        let (own, behind) = rest.split_at(together);
        hunks.push(hunk(report, own, line_of(first.loc.start).saturating_sub(CONTEXT), last));
        rest = behind;
    }
    hunks
}

/// The lines from `first` (from 0) to those behind `last`, with some replacements.
fn hunk(report: &Report<'_>, replacements: &[Replacement], first: usize, last: usize) -> Hunk {
    let id = replacements[0].loc.file;
    // Masking keeps every offset.
    let shown = report.redactor.display_text(id);
    let start_of = |line| report.files.get(id).lines().range(shown, line).0;
    let (start, end) = (start_of(first), start_of(last + CONTEXT + 1));
    let moved: Vec<Replacement> = replacements
        .iter()
        .map(|replacement| {
            let Loc { file, start: from, end: to } = replacement.loc;
            let loc = Loc { file, start: from - start, end: to - start };
            Replacement { loc, text: report.redactor.inserted(file, &replacement.text) }
        })
        .collect();
    let before = &shown[start as usize..end as usize];
    let after = apply(before, &moved);
    let diff = TextDiff::from_lines(before, &after);
    let mut number = first;
    let line = |change: Change<&str>| {
        number += usize::from(change.tag() != ChangeTag::Insert);
        let sign = match change.tag() {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        let text = cut(change.value().trim_end_matches(['\n', '\r']), LONGEST);
        ChangedLine { number, sign, text }
    };
    diff.iter_all_changes().map(line).collect()
}
