//! `--fix`, `--unsafe-fixes`, `--diff-fixes`

use std::collections::BTreeSet;
use std::io;
use std::ptr;

use super::args::ScanArgs;
use super::error::CliError;
use super::question::Question;
use super::streams::Streams;
use crate::engine::{Fixes, Outcome, ScanOptions, Written, fix};
use crate::finding::{Finding, Safety};
use crate::report::{FileChange, count, write_diff};
use crate::rule::RuleSet;
use crate::source::SourceFile;

/// By what it is chosen which findings are mended: those that are shown, in files that are reported
/// on, by edits that are safe enough.
pub(super) struct Choice<'a> {
    pub args: &'a ScanArgs,
    pub question: &'a Question<'a>,
}

impl Choice<'_> {
    /// Applies the edits in memory.
    pub fn fixes(
        &self,
        outcome: Outcome,
        rules: &RuleSet,
        options: &ScanOptions,
    ) -> Result<Fixes, CliError> {
        let mut fixes = fix(outcome, rules, options, &|outcome| self.wanted(outcome))?;
        fixes.refused.extend(self.unstaged(&fixes.outcome));
        Ok(fixes)
    }

    /// Of each finding, whether it is mended.
    fn wanted(&self, outcome: &Outcome) -> Vec<bool> {
        let editable = self.editable(outcome);
        let is_wanted = |(finding, editable): (&Finding, bool)| {
            editable && edited(finding, outcome).is_some_and(|file| !self.is_unstaged(file))
        };
        outcome.findings.iter().zip(editable).map(is_wanted).collect()
    }

    /// Of each finding, whether it is shown and has an edit that may be applied.
    fn editable(&self, outcome: &Outcome) -> Vec<bool> {
        let most = if self.args.unsafe_fixes { Safety::Unsafe } else { Safety::Safe };
        let may_edit = |finding: &Finding| {
            let file = edited(finding, outcome);
            finding.edit.as_ref().is_some_and(|edit| edit.safety <= most)
                && file.is_some_and(|file| self.question.input.scope.has_file(file))
        };
        // Those that are shown are in the order of all.
        let mut shown = self.question.answer(outcome).0.shown.into_iter().peekable();
        let is_shown =
            |finding: &Finding| shown.next_if(|shown| ptr::eq(*shown, finding)).is_some();
        let is_shown: Vec<bool> = outcome.findings.iter().map(is_shown).collect();
        let all = outcome.findings.iter().zip(is_shown);
        all.map(|(finding, is_shown)| is_shown && may_edit(finding)).collect()
    }

    /// Whether the work tree holds something else than what was read, which is staged.
    fn is_unstaged(&self, file: &SourceFile) -> bool {
        self.args.staged && self.question.input.is_overlaid(file)
    }

    /// What is to be said of files that are left alone because they are unstaged.
    fn unstaged(&self, outcome: &Outcome) -> Vec<String> {
        let editable = outcome.findings.iter().zip(self.editable(outcome));
        let files = editable.filter_map(|(finding, editable)| {
            edited(finding, outcome).filter(|file| editable && self.is_unstaged(file))
        });
        let paths: BTreeSet<&str> = files.map(|file| &*file.path).collect();
        let said =
            |path| format!("{path}: it has changes that are not staged: stage or stash them");
        paths.into_iter().map(said).collect()
    }
}

/// The file that the edit of a finding changes.
fn edited<'o>(finding: &Finding, outcome: &'o Outcome) -> Option<&'o SourceFile> {
    let edit = finding.edit.as_ref()?;
    Some(outcome.files.get(edit.replacements[0].loc.file))
}

/// Writes the files and says what came of it; the outcome is what is left to report, the number
/// that of the findings that were mended.
pub(super) fn write(
    fixes: Fixes,
    rules: &RuleSet,
    options: &ScanOptions,
    args: &ScanArgs,
    streams: &Streams,
) -> Result<(Outcome, usize), CliError> {
    let Written { outcome, findings, files, refused } = fixes.write(rules, options)?;
    say_refused(&refused, streams);
    if findings > 0 && !args.quiet {
        let (findings, files) = (count(findings, "finding"), count(files, "file"));
        let staged = if args.staged { ", which are not staged yet" } else { "" };
        streams.note(format_args!("tokscan: {findings} fixed in {files}{staged}"));
    }
    Ok((outcome, findings))
}

fn say_refused(refused: &[String], streams: &Streams) {
    refused.iter().for_each(|refused| streams.warn(format_args!("not fixed: {refused}")));
}

/// Prints what edits change, as a unified diff.
pub(super) fn print(fixes: &Fixes, streams: &Streams) -> Result<(), CliError> {
    say_refused(&fixes.refused, streams);
    let changes: Vec<FileChange<'_>> = fixes
        .changed
        .iter()
        .map(|changed| {
            let after = fixes.outcome.files.get(changed.file);
            FileChange {
                path: &after.path,
                file: changed.file,
                before: &changed.before,
                after: &after.text,
            }
        })
        .collect();
    let mut text = Vec::new();
    write_diff(&changes, &fixes.before, &fixes.outcome.redactor, &streams.out, &mut text)
        .map_err(|source| CliError::Output { target: "the diff".into(), source })?;
    match streams.print(&text) {
        // Who closed the pipe has seen enough; the exit code stays.
        Err(CliError::Output { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => {
            Ok(())
        }
        printed => printed,
    }
}
