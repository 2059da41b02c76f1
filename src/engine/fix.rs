//! Applies the edits of findings, round by round, until nothing is left to apply.
//!
//! Everything happens in memory: each round analyses the project as it would be. What reaches a
//! disk is the end of it, file by file.

use std::mem;
use std::sync::Arc;

use super::edits::is_whole;
use super::{Outcome, ScanError, ScanOptions, analyse_here, in_pool};
use crate::base::{FileId, FxHashMap};
use crate::finding::{Edit, Finding, Replacement, apply};
use crate::rule::RuleSet;
use crate::source::{FileTable, Redactor, write_text};

/// Edits that touch each other wait for the next round; more rounds than this are none of that.
const MAX_ROUNDS: usize = 10;

/// What came of applying edits.
#[derive(Debug)]
pub struct Fixes {
    /// The project with all edits: what is left to report. The stats are those of the first run.
    pub outcome: Outcome,
    /// What makes the files as they were showable.
    pub before: Redactor,
    /// The files that change, in the order of their paths.
    pub changed: Vec<ChangedFile>,
    /// Edits that could not be applied, one phrase each.
    pub refused: Vec<String>,
}

/// A file that edits change.
#[derive(Debug)]
pub struct ChangedFile {
    /// The file, in both tables.
    pub file: FileId,
    /// Its text as it was.
    pub before: Arc<str>,
    /// Number of findings whose edits were applied.
    pub applied: usize,
}

/// Of each finding of an outcome, whether its edit is to be applied.
pub type Wanted<'w> = &'w (dyn Fn(&Outcome) -> Vec<bool> + Sync);

/// Applies the edits of the findings that are wanted, and of those that appear thereby.
pub fn fix(
    first: Outcome,
    rules: &RuleSet,
    options: &ScanOptions,
    wanted: Wanted<'_>,
) -> Result<Fixes, ScanError> {
    in_pool(options, || fix_here(first, rules, options, wanted))
}

/// [`fix`], on the threads of the caller.
pub(super) fn fix_here(
    first: Outcome,
    rules: &RuleSet,
    options: &ScanOptions,
    wanted: Wanted<'_>,
) -> Fixes {
    let mut changed: FxHashMap<FileId, ChangedFile> = FxHashMap::default();
    let mut refused = Vec::new();
    let mut before = None;
    let mut outcome = first;
    let stats = mem::take(&mut outcome.stats);
    for _ in 0..MAX_ROUNDS {
        let round = Round::of(&outcome, wanted, &mut refused);
        if round.texts.is_empty() {
            break;
        }
        for (file, applied) in round.applied {
            let text = || Arc::clone(&outcome.files.get(file).text);
            let entry = changed.entry(file);
            entry.or_insert_with(|| ChangedFile { file, before: text(), applied: 0 }).applied +=
                applied;
        }
        let Outcome { files, redactor, whole, .. } = outcome;
        before.get_or_insert(redactor);
        outcome = analyse_here(files.with_texts(round.texts), rules, options, whole);
    }
    outcome.stats = stats;
    let mut changed: Vec<ChangedFile> = changed.into_values().collect();
    changed.sort_by_key(|file| file.file);
    refused.sort();
    refused.dedup();
    Fixes { outcome, before: before.unwrap_or_default(), changed, refused }
}

impl Fixes {
    /// Writes the changed files. What cannot be written stays as it is, on the disk and in what is
    /// left to report.
    pub fn write(self, rules: &RuleSet, options: &ScanOptions) -> Result<Written, ScanError> {
        let mut written =
            Written { outcome: self.outcome, findings: 0, files: 0, refused: self.refused };
        let mut unwritten = FxHashMap::default();
        for changed in self.changed {
            let FileTable { root, files, .. } = &written.outcome.files;
            let now = &files[changed.file];
            let before = now.with_text(Arc::clone(&changed.before));
            match write_text(root, &before, &now.text) {
                Ok(()) => {
                    written.findings += changed.applied;
                    written.files += 1;
                }
                Err(error) => {
                    written.refused.push(format!("{}: {error}", now.path));
                    unwritten.insert(changed.file, changed.before);
                }
            }
        }
        if !unwritten.is_empty() {
            let Outcome { files, stats, whole, .. } = written.outcome;
            let files = files.with_texts(unwritten);
            written.outcome = in_pool(options, || analyse_here(files, rules, options, whole))?;
            written.outcome.stats = stats;
        }
        Ok(written)
    }
}

/// What came of writing files.
#[derive(Debug)]
pub struct Written {
    /// The project as it is now: what is left to report.
    pub outcome: Outcome,
    /// Number of findings whose edits were applied.
    pub findings: usize,
    /// Number of files that were written.
    pub files: usize,
    /// What could not be applied or written, one phrase each.
    pub refused: Vec<String>,
}

/// The edits of one round.
struct Round {
    texts: FxHashMap<FileId, Arc<str>>,
    applied: Vec<(FileId, usize)>,
}

impl Round {
    fn of(outcome: &Outcome, wanted: Wanted<'_>, refused: &mut Vec<String>) -> Self {
        let mut by_file: FxHashMap<FileId, Vec<(&Finding, &Edit)>> = FxHashMap::default();
        for (finding, is_wanted) in outcome.findings.iter().zip(wanted(outcome)) {
            if let Some(edit) = finding.edit.as_ref().filter(|_| is_wanted) {
                let file = edit.replacements[0].loc.file;
                by_file.entry(file).or_default().push((finding, edit));
            }
        }
        let mut round = Round { texts: FxHashMap::default(), applied: Vec::new() };
        for (file, edits) in by_file {
            let source = outcome.files.get(file);
            let all: Vec<&Edit> = edits.iter().map(|(_, edit)| *edit).collect();
            let (mut accepted, mut text) = together(&source.text, &all);
            if !is_whole(&text) {
                // Together they break it: as many as do not, one after the other.
                let mut kept: Vec<&Edit> = Vec::new();
                for (finding, edit) in &edits {
                    kept.push(edit);
                    if !is_whole(&together(&source.text, &kept).1) {
                        kept.pop();
                        let rule = &finding.rule;
                        refused.push(format!("{}: the edit of {rule} breaks it", source.path));
                    }
                }
                (accepted, text) = together(&source.text, &kept);
            }
            if accepted.edits == 0 {
                continue;
            }
            round.applied.push((file, accepted.edits));
            round.texts.insert(file, text.into());
        }
        round
    }
}

/// The edits that go together, and the text with them.
fn together(text: &str, edits: &[&Edit]) -> (Accepted, String) {
    let mut accepted = Accepted::default();
    edits.iter().for_each(|edit| accepted.add(&edit.replacements));
    let text = apply(text, &accepted.replacements);
    (accepted, text)
}

/// Replacements that do not get in each other's way, in the order of their places.
#[derive(Default)]
struct Accepted {
    replacements: Vec<Replacement>,
    edits: usize,
}

impl Accepted {
    /// Takes an edit as a whole, or leaves it for the next round.
    fn add(&mut self, edit: &[Replacement]) {
        let conflicts = |new: &Replacement| self.replacements.iter().any(|own| collide(own, new));
        if edit.iter().any(conflicts) {
            return;
        }
        self.edits += 1;
        for new in edit {
            // Two edits may need the same import.
            if !self.replacements.contains(new) {
                let at = self.replacements.partition_point(|own| key(own) <= key(new));
                self.replacements.insert(at, new.clone());
            }
        }
    }
}

fn key(replacement: &Replacement) -> (u32, u32) {
    (replacement.loc.start, replacement.loc.end)
}

/// Whether two replacements cannot be made together.
fn collide(a: &Replacement, b: &Replacement) -> bool {
    if a == b || a.loc.end < b.loc.start || b.loc.end < a.loc.start {
        return false;
    }
    let insertions = a.loc.start == a.loc.end && a.loc == b.loc;
    // One behind the other at one place: parts of a sequence, or whole lines.
    let first_word = |text: &str| {
        let text = text.trim_start_matches([',', ' ', '\t', '\r', '\n']);
        text[..text.find(['=', ':', '\n', '\r']).unwrap_or(text.len())].to_owned()
    };
    let follows = |text: &str| text.starts_with([',', ' ', '\r', '\n']);
    let ends_line = |text: &str| text.ends_with(['\n', '\r']);
    let in_a_row =
        (follows(&a.text) && follows(&b.text)) || (ends_line(&a.text) && ends_line(&b.text));
    !(insertions && in_a_row && first_word(&a.text) != first_word(&b.text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Loc;

    fn replacement(start: u32, end: u32, text: &str) -> Replacement {
        Replacement { loc: Loc { file: FileId(0), start, end }, text: text.to_owned() }
    }

    fn accepted(edits: &[&[Replacement]]) -> Accepted {
        let mut accepted = Accepted::default();
        edits.iter().for_each(|edit| accepted.add(edit));
        accepted
    }

    #[test]
    fn what_touches_waits() {
        let a = [replacement(4, 6, "x")];
        assert_eq!(accepted(&[&a, &[replacement(5, 8, "y")]]).edits, 1);
        assert_eq!(accepted(&[&a, &[replacement(6, 8, "y")]]).edits, 1);
        assert_eq!(accepted(&[&a, &[replacement(7, 8, "y")]]).edits, 2);
        let whole = [replacement(0, 1, "z"), replacement(5, 5, "y")];
        let both = accepted(&[&a, &whole]);
        assert_eq!((both.edits, both.replacements.len()), (1, 1), "an edit is taken whole");
    }

    #[test]
    fn insertions_of_one_sequence_go_together() {
        let same = [replacement(3, 3, "import hmac\n"), replacement(9, 9, ", a=1")];
        let other = [replacement(3, 3, "import hmac\n"), replacement(9, 9, ", b=1")];
        let both = accepted(&[&same, &other]);
        assert_eq!(both.edits, 2);
        assert_eq!(apply("0123456789", &both.replacements), "012import hmac\n345678, a=1, b=19");
        assert_eq!(accepted(&[&same, &[replacement(9, 9, ", a=2")]]).edits, 1);
        assert_eq!(accepted(&[&[replacement(3, 3, "a=1")], &[replacement(3, 3, "b=1")]]).edits, 1);
    }
}
