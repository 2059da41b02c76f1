//! `--fix`, `--unsafe-fixes`, `--diff-fixes`

use std::io;
use std::ptr;

use super::answer::Answer;
use super::args::ScanArgs;
use super::error::CliError;
use super::known::Known;
use super::streams::Streams;
use crate::config::Settings;
use crate::engine::{Fixes, Outcome, ScanOptions, Scope, Written, fix};
use crate::finding::{Finding, Safety};
use crate::report::{FileChange, count, write_diff};
use crate::rule::RuleSet;

/// By what it is chosen which findings are mended: those that are shown, in files that are reported
/// on, by edits that are safe enough.
pub(super) struct Choice<'a> {
    pub args: &'a ScanArgs,
    pub settings: &'a Settings,
    pub scope: &'a Scope,
    pub known: Option<&'a Known>,
}

impl Choice<'_> {
    /// What is shown of an outcome.
    pub fn answer<'o>(&self, outcome: &'o Outcome) -> Answer<'o> {
        Answer::in_scope(outcome, self.settings, self.scope, self.known)
    }

    /// Applies the edits in memory.
    pub fn fixes(
        &self,
        outcome: Outcome,
        rules: &RuleSet,
        options: &ScanOptions,
    ) -> Result<Fixes, CliError> {
        Ok(fix(outcome, rules, options, &|outcome| self.wanted(outcome))?)
    }

    /// Of each finding, whether it is mended.
    fn wanted(&self, outcome: &Outcome) -> Vec<bool> {
        let most = if self.args.unsafe_fixes { Safety::Unsafe } else { Safety::Safe };
        let may_edit = |finding: &Finding| {
            finding.edit.as_ref().is_some_and(|edit| {
                let file = outcome.files.get(edit.replacements[0].loc.file);
                edit.safety <= most && self.scope.has_file(file)
            })
        };
        // Those that are shown are in the order of all.
        let mut shown = self.answer(outcome).shown.into_iter().peekable();
        let is_shown =
            |finding: &Finding| shown.next_if(|shown| ptr::eq(*shown, finding)).is_some();
        let is_shown: Vec<bool> = outcome.findings.iter().map(is_shown).collect();
        let all = outcome.findings.iter().zip(is_shown);
        all.map(|(finding, is_shown)| is_shown && may_edit(finding)).collect()
    }
}

/// Writes the files and says what came of it; the outcome is what is left to report, the number
/// that of the findings that were mended.
pub(super) fn write(
    fixes: Fixes,
    rules: &RuleSet,
    options: &ScanOptions,
    quiet: bool,
    streams: &Streams,
) -> Result<(Outcome, usize), CliError> {
    let Written { outcome, findings, files, refused } = fixes.write(rules, options)?;
    for refused in &refused {
        streams.warn(format_args!("not fixed: {refused}"));
    }
    if findings > 0 && !quiet {
        let (findings, files) = (count(findings, "finding"), count(files, "file"));
        streams.note(format_args!("tokscan: {findings} fixed in {files}"));
    }
    Ok((outcome, findings))
}

/// Prints what edits change, as a unified diff.
pub(super) fn print(fixes: &Fixes, streams: &Streams) -> Result<(), CliError> {
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
