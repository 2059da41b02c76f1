//! Packs put to the test: their examples run, and a rule's verdict on one line explained.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::fix::fix_here;
use super::scope::project_root;
use super::{Outcome, ScanError, ScanOptions, analyse_here, in_pool, with_project};
use crate::base::Loc;
use crate::check;
use crate::finding::{Confidence, Finding, Severity};
use crate::rule::{Example, PackErrors, RuleMeta, RuleSet, expected};
use crate::source::{FileTable, load};

/// What checking rule packs yields.
#[derive(Clone, Default, Debug)]
pub struct CheckReport {
    /// Rules of the packs.
    pub rules: usize,
    /// Examples run.
    pub examples: usize,
    /// What did not go as an example says, one text each.
    pub failures: Vec<String>,
}

/// Why packs could not be checked.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum CheckError {
    /// The packs are not valid.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Packs(#[from] PackErrors),
    /// The examples could not be run.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Scan(#[from] ScanError),
}

/// Validates packs and runs the examples of their rules against all rules.
pub fn check_packs(packs: &[PathBuf]) -> Result<CheckReport, CheckError> {
    let (rules, own) = RuleSet::load_checked(packs)?;
    let examples: Vec<(&RuleMeta, usize, &Example)> = rules
        .metas()
        .filter(|meta| own.iter().any(|id| **id == *meta.id))
        .flat_map(|meta| meta.examples.iter().enumerate().map(move |(n, e)| (meta, n + 1, e)))
        .collect();
    let failures = in_pool(&ScanOptions::default(), || {
        let all: Vec<Vec<String>> = examples
            .par_iter()
            .map(|(meta, number, example)| failures(meta, *number, example, &rules))
            .collect();
        all.concat()
    })?;
    Ok(CheckReport { rules: own.len(), examples: examples.len(), failures })
}

/// What an example says and the rules do not do, or the other way round.
fn failures(rule: &RuleMeta, number: usize, example: &Example, rules: &RuleSet) -> Vec<String> {
    let files =
        FileTable::in_memory(example.files.iter().map(|(path, text)| (path, text.as_str())));
    let outcome = analyse_here(files, rules, &ScanOptions::default(), true);
    let place = |finding: &Finding| {
        let ((line, _), _) = outcome.files.line_col(finding.primary.loc);
        (outcome.files.get(finding.primary.loc.file).path.clone(), line)
    };
    let mut failures = Vec::new();
    let kind = if example.bad { "bad" } else { "good" };
    let mut say =
        |text: String| failures.push(format!("{}: example {number} ({kind}): {text}", rule.id));
    let stands_for =
        |f: &&Finding| f.rule == rule.id || (example.bad && f.supersedes.contains(&rule.id));
    // What `good` code earns at low confidence is hidden by default, as is what other rules
    // have to remark.
    let sure = |f: &&Finding| example.bad || f.confidence >= Confidence::Medium;
    let found: Vec<(String, u32)> =
        outcome.findings.iter().filter(stands_for).filter(sure).map(place).collect();
    let wanted = if example.bad { expected(example) } else { Vec::new() };
    for (path, line) in wanted.iter().filter(|w| !found.contains(w)) {
        say(format!("{path}:{line} is not reported"));
    }
    for (path, line) in found.iter().filter(|f| !wanted.contains(f)) {
        say(format!("{path}:{line} is reported"));
    }
    for finding in &outcome.findings {
        let allowed = example.bad
            || finding.rule == rule.id
            || finding.confidence < Confidence::Medium
            || finding.severity < Severity::Low
            || example.also.iter().any(|id| **id == *finding.rule);
        if !allowed {
            let (path, line) = place(finding);
            say(format!("{path}:{line} is reported by {} as well", finding.rule));
        }
    }
    if example.bad {
        let what = edited(outcome, rule, example, rules);
        failures.extend(
            what.into_iter().map(|text| format!("{}: example {number} (bad): {text}", rule.id)),
        );
    }
    failures
}

/// What the edits of a rule do to its example and should not: they mend what they are for, lead
/// to the text that the example gives, and have nothing more to do then.
fn edited(before: Outcome, rule: &RuleMeta, example: &Example, rules: &RuleSet) -> Vec<String> {
    let stands = |f: &Finding| f.rule == rule.id || f.supersedes.contains(&rule.id);
    let own = |finding: &&Finding| stands(finding);
    let all = before.findings.iter().filter(own).count();
    let editable = before.findings.iter().filter(own).filter(|f| f.edit.is_some()).count();
    let wanted = |outcome: &Outcome| outcome.findings.iter().map(&stands).collect();
    let fixes = fix_here(before, rules, &ScanOptions::default(), &wanted);
    let mut wrong = fixes.refused;
    let after = &fixes.outcome;
    let left = after.findings.iter().filter(own).count();
    if left + editable > all {
        wrong.push("an edit does not mend what it is for".to_owned());
    }
    if after.findings.iter().filter(own).any(|finding| finding.edit.is_some()) {
        wrong.push("an edit is offered for what was edited".to_owned());
    }
    for (path, text) in &example.fixed {
        let file = after.files.files.iter().find(|file| file.path == *path);
        let now = file.map_or("", |file| &file.text);
        if now != text {
            wrong.push(format!("the edits do not lead to `fixed`; {path} is\n{now}"));
        }
    }
    for changed in fixes.changed.iter().filter(|_| !example.fixed.is_empty()) {
        let path = &after.files.get(changed.file).path;
        if example.fixed.iter().all(|(own, _)| own != path) {
            wrong.push(format!("`fixed` says nothing of {path}, which an edit changes"));
        }
    }
    wrong
}

/// Which conditions of a rule hold at a line (from 1) of a file and which do not, one line of
/// text each. The file is seen with the project around it: the nearest folder above that is
/// no package.
pub fn why(file: &Path, line: u32, rule: &str, rules: &RuleSet) -> Result<Vec<String>, ScanError> {
    let (root, options) = (folder_around(file, rules), ScanOptions::default());
    let files = in_pool(&options, || load(&[root], &super::discover_options(rules, &options)))??;
    let wanted = file.canonicalize().ok();
    let found = files.files.iter().find(|f| f.abs.canonicalize().ok() == wanted);
    let (Some(source), Some(rule)) = (found, rules.get(rule)) else {
        return Ok(vec!["the file is not analysed".to_owned()]);
    };
    let (start, end) = source.lines().range(&source.text, (line.max(1) - 1) as usize);
    let place = Loc { file: source.id, start, end };
    let text = with_project(&files, rules, |target| check::why(target, rule, place))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// The folder with which a file is seen: that of its project, else the first that is no package.
fn folder_around(file: &Path, rules: &RuleSet) -> PathBuf {
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    let plain = || file.ancestors().skip(1).find(|f| !f.join("__init__.py").exists());
    project_root(&file, rules)
        .or_else(|| plain().map(Path::to_path_buf))
        .unwrap_or_else(|| PathBuf::from("."))
}
