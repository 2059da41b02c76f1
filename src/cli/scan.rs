//! `tokscan [PATH]...`

use std::env;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::args::ScanArgs;
use super::configured::Configured;
use super::error::CliError;
use super::exit::Exit;
use super::fixes::{self, Choice};
use super::input::Input;
use super::known::{Known, write_new};
use super::outputs::{Outputs, check_folder};
use super::progress::Bar;
use super::question::Question;
use super::status::{listed, say_after, say_before, say_notices};
use super::streams::Streams;
use super::suggest::did_you_mean;
use crate::engine::{Outcome, ScanError, ScanOptions};
use crate::report::{Autofix, Report, Run, autofix_line};
use crate::rule::RuleMeta;
use crate::source::{DiscoverError, repository_of};

/// The commands a missing path may be a misspelling of.
const COMMANDS: [&str; 6] = ["explain", "rules", "check-rules", "project", "init", "completions"];

/// Scans, reports, and says by the exit code what came of it.
pub(super) fn run(args: &ScanArgs, streams: &Streams) -> Result<Exit, CliError> {
    let outputs = Outputs::of(args)?;
    args.write_baseline.as_deref().map_or(Ok(()), check_folder)?;
    let configured = Configured::of(args)?;
    let settings = &configured.settings;
    let known = Known::read(args, &configured)?;
    let rules = configured.rules()?;
    let input = Input::of(args, &rules)?;
    let options = ScanOptions { shows_all: args.diff_fixes, ..configured.options(args.threads) };
    let selected = rules.rules.iter().filter(|rule| options.selects(rule)).count();
    say_before(args, configured.file(), selected, streams);
    let bar = Bar::of(&options.progress, args.quiet, streams);
    let started = now();
    let outcome = input.run(&rules, &options).map_err(|error| explained(args, error))?;
    let question = Question::new(settings, &input, known.as_ref(), &outcome, (&rules, &options))?;
    let (mut before, mut applied) = (Exit::Success, None);
    let outcome = if args.fix || args.diff_fixes {
        let exit = question.answer(&outcome).0.exit(settings, args.exit_zero);
        let choice = Choice { args, question: &question };
        let fixes = choice.fixes(outcome, &rules, &options)?;
        drop(bar);
        if args.diff_fixes {
            fixes::print(&fixes, streams)?;
            say_after(args, &fixes.outcome, &input.scope, streams);
            return ended(args, &fixes.outcome, exit);
        }
        let (outcome, findings) = fixes::write(fixes, &rules, &options, args, streams)?;
        applied = Some(findings);
        // Edits change the work tree; what is staged is still as it was.
        if args.staged && findings > 0 {
            before = exit;
        }
        outcome
    } else {
        drop(bar);
        outcome
    };
    let (mut answer, matched) = question.answer(&outcome);
    if let Some(file) = &args.write_baseline {
        write_new(file, &answer.shown, &outcome)?;
        answer.hidden.baseline = answer.shown.len();
        answer.shown.clear();
    }
    let metas: Vec<&RuleMeta> = rules.metas().collect();
    let report = Report {
        findings: &answer.shown,
        suppressed: &answer.suppressed(),
        sarif_suppressed: args.sarif_suppressed,
        files: &outcome.files,
        redactor: &outcome.redactor,
        rules: &metas,
        coverage: &outcome.coverage,
        hidden: answer.hidden,
        notices: &answer.notices,
        autofix: Autofix { names_unsafe: args.unsafe_fixes, applied },
        grouping: args.summary.into(),
        run: Run {
            repository: repository_of(&outcome.files.root).unwrap_or(&outcome.files.root),
            working: &env::current_dir().and_then(|path| path.canonicalize()).unwrap_or_default(),
            started,
            ended: now(),
            category: args.sarif_category.as_deref(),
        },
    };
    let delivered = outputs.deliver(&report, streams, args.quiet);
    say_after(args, &outcome, &input.scope, streams);
    if !args.quiet {
        if let Some(line) = autofix_line(&report).filter(|_| !outputs.shows_summary()) {
            streams.note(format_args!("tokscan: {line}"));
        }
        say_notices(&answer.notices, &outcome.files, streams);
    }
    delivered?;
    let exit = answer.exit(settings, args.exit_zero);
    if let (Some(known), Some(matched)) = (&known, &matched) {
        known.prune(matched, &input, args.quiet, streams)?;
    }
    ended(args, &outcome, if exit == Exit::Success { before } else { exit })
}

/// The exit code of a run, or why it has none but that of a failure.
fn ended(args: &ScanArgs, outcome: &Outcome, exit: Exit) -> Result<Exit, CliError> {
    if args.require_files && outcome.coverage.analysed + outcome.coverage.documents == 0 {
        return Err(CliError::NoFiles { paths: listed(&args.paths) });
    }
    match exit {
        Exit::Failure => Err(CliError::Incomplete),
        exit => Ok(exit),
    }
}

/// The time, or the one that reproducible builds are told to take for it.
fn now() -> SystemTime {
    let given = env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse().ok());
    let given = given.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
    given.unwrap_or_else(SystemTime::now)
}

/// A missing path may be a misspelt command.
fn explained(args: &ScanArgs, error: ScanError) -> CliError {
    match error {
        ScanError::Discover(DiscoverError::Missing { path }) if args.paths.len() == 1 => {
            let help = did_you_mean(&path, COMMANDS);
            CliError::MissingPath { path, help }
        }
        error => error.into(),
    }
}
