//! What is scanned: paths, standard input, what git knows to have changed.

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use super::args::ScanArgs;
use super::error::CliError;
use super::status::shown;
use crate::engine::baseline::Baseline;
use crate::engine::{Outcome, ScanError, ScanOptions, Scope, analyse, place_of, scan};
use crate::finding::Finding;
use crate::rule::RuleSet;
use crate::source::{FileTable, Git, Overlay, SourceFile, decode};

/// The name of standard input that stands for no file.
const NAMELESS: &str = "stdin.py";

/// What is scanned, and which part of it is asked about.
pub(super) struct Input {
    overlays: Vec<Overlay>,
    /// Standard input, when it stands for no file.
    text: Option<String>,
    /// What is read and reported on.
    pub scope: Scope,
}

impl Input {
    /// Reads standard input and asks git, if the arguments want it.
    pub fn of(args: &ScanArgs, rules: &RuleSet) -> Result<Self, CliError> {
        let is_stdin = |path: &&PathBuf| path.as_os_str() == "-";
        let paths: Vec<PathBuf> = args.paths.iter().filter(|p| !is_stdin(p)).cloned().collect();
        if paths.len() < args.paths.len() {
            return Self::stdin(args, &paths, rules);
        }
        if args.stdin_filename.is_some() {
            return Err(CliError::NoStdin);
        }
        let scope = Scope::of(&paths, rules);
        if !args.staged && args.diff.is_none() {
            return Ok(Self { overlays: Vec::new(), text: None, scope });
        }
        let start = paths.first().and_then(|path| fs::canonicalize(path).ok());
        // A path that is not there is the scan's to complain about.
        let Some(start) = start else {
            return Ok(Self { overlays: Vec::new(), text: None, scope });
        };
        let git = Git::of(&start)?;
        let (changes, overlays) = match &args.diff {
            Some(rev) => (git.changes_since(rev)?, Vec::new()),
            None => git.staged()?,
        };
        Ok(Self { overlays, text: None, scope: scope.changed(changes) })
    }

    fn stdin(args: &ScanArgs, paths: &[PathBuf], rules: &RuleSet) -> Result<Self, CliError> {
        if args.fix {
            return Err(CliError::FixStdin);
        }
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        let fail = |reason: String| CliError::NotAnalysed { path: "standard input".into(), reason };
        read.map_err(|error| fail(error.to_string()))?;
        let Some(file) = &args.stdin_filename else {
            let decoded = decode(bytes).map_err(|reason| fail(reason.to_string()))?;
            let text = Some(decoded.text);
            return Ok(Self { overlays: Vec::new(), text, scope: Scope::default() });
        };
        let missing = || CliError::MissingPath { path: shown(file), help: None };
        let path = place_of(file).ok_or_else(missing)?;
        let scope = Scope::of_file(&path, paths, rules);
        Ok(Self { overlays: vec![Overlay { path, bytes }], text: None, scope })
    }

    /// Analyses it.
    pub fn run(&self, rules: &RuleSet, options: &ScanOptions) -> Result<Outcome, ScanError> {
        match &self.text {
            Some(text) => {
                analyse(FileTable::in_memory([(NAMELESS, text.as_str())]), rules, options)
            }
            None => {
                let overlays = self.overlays.clone();
                scan(&self.scope.read, rules, &ScanOptions { overlays, ..options.clone() })
            }
        }
    }

    /// Which findings are asked about: those in the scope, and those that are there because of
    /// what changed, wherever they are in what is reported on. A constant that a line sets may
    /// make a call in another file wrong, and so may a setting that is gone.
    ///
    /// `scope` is that of the input, moved by the edits since.
    pub fn asked(&self, outcome: &Outcome, scope: &Scope, before: Option<&Baseline>) -> Vec<bool> {
        let files = &outcome.files;
        let in_scope = |finding| scope.has(finding, files);
        let mut asked: Vec<bool> = outcome.findings.iter().map(in_scope).collect();
        let Some(before) = before else { return asked };
        let findings: Vec<&Finding> = outcome.findings.iter().collect();
        let known = before.matched(&findings, files).known;
        for ((asked, known), finding) in asked.iter_mut().zip(known).zip(findings) {
            *asked |= !known && scope.has_file(files.get(finding.primary.loc.file));
        }
        asked
    }

    /// What was found before the changes. The project is analysed as it was, if there is a finding
    /// that needs it.
    pub fn before(
        &self,
        outcome: &Outcome,
        rules: &RuleSet,
        options: &ScanOptions,
    ) -> Result<Option<Baseline>, ScanError> {
        let before = self.scope.changes().map(|changes| changes.before());
        let Some(before) = before.filter(|before| !before.is_empty()) else { return Ok(None) };
        if self.asked(outcome, &self.scope, None).iter().all(|asked| *asked) {
            return Ok(None);
        }
        let options = ScanOptions { overlays: before.to_vec(), ..options.clone() };
        let before = scan(&self.scope.read, rules, &options)?;
        Ok(Some(Baseline::beside(&outcome.files.root, &before.findings, &before.files)))
    }

    /// Whether what was read of a file is not what the work tree holds.
    pub fn is_overlaid(&self, file: &SourceFile) -> bool {
        self.overlays.iter().any(|overlay| overlay.path == file.abs)
    }

    /// The absolute paths that are scanned.
    pub fn roots(&self) -> Vec<PathBuf> {
        self.scope.read.iter().filter_map(|path| fs::canonicalize(path).ok()).collect()
    }
}
