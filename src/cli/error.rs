//! What can go wrong on the command line.

use std::io;

use miette::Diagnostic;

use crate::config::ConfigErrors;
use crate::engine::baseline::BaselineError;
use crate::engine::{CheckError, ScanError};
use crate::rule::PackErrors;
use crate::source::GitError;

/// Why a command has no answer; exit code 2.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub(super) enum CliError {
    /// The scan did not start.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Scan(#[from] ScanError),
    /// A scan path that does not exist and looks like a misspelt command.
    #[error("path does not exist: {path}")]
    #[diagnostic(code(tokscan::missing_path))]
    MissingPath {
        /// As it was given.
        path: String,
        #[help]
        help: Option<String>,
    },
    /// Rule packs whose examples could not be run.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Check(#[from] CheckError),
    /// Rule packs that cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Packs(#[from] PackErrors),
    /// A configuration that cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Config(#[from] ConfigErrors),
    /// What changed cannot be found out.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Git(#[from] GitError),
    /// A baseline that cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Baseline(#[from] BaselineError),
    /// `--prune` without a baseline.
    #[error("there is no baseline to prune")]
    #[diagnostic(
        code(tokscan::baseline),
        help("name it with `--baseline FILE`, or with `baseline` in the configuration")
    )]
    NothingToPrune,
    /// `--stdin-filename` without `-`.
    #[error("standard input is not among the paths")]
    #[diagnostic(code(tokscan::stdin), help("`tokscan - --stdin-filename FILE`"))]
    NoStdin,
    /// `--fix` with `-`.
    #[error("standard input cannot be fixed in place")]
    #[diagnostic(code(tokscan::stdin), help("`--diff-fixes` shows what `--fix` would change"))]
    FixStdin,
    /// A configuration that is there already.
    #[error("there is a configuration already: {path}")]
    #[diagnostic(code(tokscan::init), help("`--force` writes over it"))]
    ConfigExists {
        /// The file.
        path: String,
    },
    /// A pattern that is none.
    #[error("not a pattern for paths: {reason}")]
    #[diagnostic(code(tokscan::pattern))]
    Pattern {
        /// What is wrong.
        reason: String,
    },
    /// A rule id no pack defines.
    #[error("unknown rule: {id}")]
    #[diagnostic(code(tokscan::unknown_rule))]
    UnknownRule {
        /// As it was given.
        id: String,
        #[help]
        help: Option<String>,
    },
    /// A category no rule has.
    #[error("unknown category: {category}")]
    #[diagnostic(code(tokscan::unknown_category))]
    UnknownCategory {
        /// As it was given.
        category: String,
        #[help]
        help: Option<String>,
    },
    /// Results that could not be written.
    #[error("cannot write to {target}")]
    #[diagnostic(code(tokscan::output))]
    Output {
        /// Where to.
        target: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// Several reports that could not be written.
    #[error("{} reports could not be written", errors.len())]
    Outputs {
        /// Why, for each.
        #[related]
        errors: Vec<CliError>,
    },
    /// Two reports for one place.
    #[error("two reports for {target}: {first} and {second}")]
    #[diagnostic(
        code(tokscan::same_output),
        help("give each report a file of its own: `--output FORMAT=FILE`")
    )]
    SameOutput {
        /// The place.
        target: String,
        /// One format.
        first: &'static str,
        /// The other one.
        second: &'static str,
    },
    /// Files that were not analysed whole, with `--strict`.
    #[error("not every file was analysed whole")]
    #[diagnostic(
        code(tokscan::incomplete),
        help("`--verbose` names each of them and why; without `--strict` this is no failure")
    )]
    Incomplete,
    /// A file that is not analysable.
    #[error("cannot analyse {path}: {reason}")]
    #[diagnostic(code(tokscan::not_analysed))]
    NotAnalysed {
        /// As it was given.
        path: String,
        /// Why.
        reason: String,
    },
    /// Nothing to scan, with `--require-files`.
    #[error("no Python files found in {paths}")]
    #[diagnostic(code(tokscan::no_files))]
    NoFiles {
        /// What was scanned.
        paths: String,
    },
}
