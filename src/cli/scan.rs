//! `tokscan [PATH]...`

use std::env;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::args::ScanArgs;
use super::error::CliError;
use super::exit::Exit;
use super::outputs::Outputs;
use super::progress::Bar;
use super::status::{listed, say_after, say_before};
use super::streams::Streams;
use super::suggest::did_you_mean;
use crate::config::{Config, FailOn, RuleRef, Settings};
use crate::engine::{Outcome, ScanError, ScanOptions, scan};
use crate::finding::{Finding, Suppressed};
use crate::report::{Hidden, Report, Run};
use crate::rule::{RuleMeta, RuleSet};
use crate::source::{DiscoverError, clean_line, repository_of};

/// The commands a missing path may be a misspelling of.
const COMMANDS: [&str; 5] = ["explain", "rules", "check-rules", "project", "completions"];

/// Scans, reports, and says by the exit code what came of it.
pub(super) fn run(args: &ScanArgs, streams: &Streams) -> Result<Exit, CliError> {
    let outputs = Outputs::of(args)?;
    let (settings, configuration) = settings(args)?;
    let rules = RuleSet::load(&settings.rules)?;
    check_ids(&settings, &rules)?;
    let ids = |refs: &[RuleRef]| refs.iter().map(|rule| rule.id.clone()).collect();
    let options = ScanOptions {
        threads: args.threads.map(Into::into),
        select: ids(&settings.select),
        ignore: ids(&settings.ignore),
        ..ScanOptions::default()
    };
    let selected = rules.rules.iter().filter(|rule| options.selects(rule)).count();
    say_before(args, configuration.as_deref(), selected, streams);
    let bar = Bar::of(&options.progress, args.quiet, streams);
    let started = now();
    let outcome = scan(&args.paths, &rules, &options).map_err(|error| explained(args, error))?;
    drop(bar);
    let metas: Vec<&RuleMeta> = rules.metas().collect();
    let answer = Answer::new(&outcome, &settings);
    let suppressed = if args.sarif_suppressed { &*answer.suppressed } else { &[] };
    let report = Report {
        findings: &answer.shown,
        suppressed,
        files: &outcome.files,
        redactor: &outcome.redactor,
        rules: &metas,
        coverage: &outcome.coverage,
        hidden: answer.hidden,
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
    say_after(args, &outcome, streams);
    delivered?;
    if args.require_files && outcome.coverage.analysed + outcome.coverage.documents == 0 {
        return Err(CliError::NoFiles { paths: listed(&args.paths) });
    }
    match answer.exit(&settings, args.exit_zero) {
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

/// The command line over the configuration over the defaults; and the file of the second.
fn settings(args: &ScanArgs) -> Result<(Settings, Option<PathBuf>), CliError> {
    let config = match (args.no_config, args.paths.first()) {
        (false, Some(start)) => Config::find(start)?,
        _ => None,
    };
    let (settings, file) = config.map(|config| (config.settings, config.path)).unzip();
    let mut settings: Settings = settings.unwrap_or_default();
    let refs = |ids: &[String]| ids.iter().map(|id| RuleRef::named(id)).collect::<Vec<_>>();
    settings.fail_on = args.fail_on.unwrap_or(settings.fail_on);
    settings.min_severity = args.min_severity.unwrap_or(settings.min_severity);
    settings.min_confidence = args.min_confidence.unwrap_or(settings.min_confidence);
    settings.strict |= args.strict;
    settings.rules.extend(args.rules.iter().cloned());
    settings.ignore.extend(refs(&args.ignore));
    if !args.select.is_empty() {
        settings.select = refs(&args.select);
    }
    Ok((settings, file))
}

fn check_ids(settings: &Settings, rules: &RuleSet) -> Result<(), CliError> {
    let known = |id: &str| rules.metas().any(|meta| &*meta.id == id);
    let used = settings.select.iter().chain(&settings.ignore);
    let Some(unknown) = used.into_iter().find(|rule| !known(&rule.id)) else { return Ok(()) };
    let help = did_you_mean(&unknown.id, rules.metas().map(|meta| &*meta.id));
    Err(match unknown.error(&help) {
        Some(in_config) => in_config.into(),
        None => CliError::UnknownRule { id: clean_line(&unknown.id), help },
    })
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

/// What is shown of an outcome.
struct Answer<'a> {
    outcome: &'a Outcome,
    shown: Vec<&'a Finding>,
    suppressed: Vec<&'a Suppressed>,
    hidden: Hidden,
}

impl<'a> Answer<'a> {
    fn new(outcome: &'a Outcome, settings: &Settings) -> Self {
        let severe_enough = |finding: &&Finding| finding.severity >= settings.min_severity;
        let sure = |finding: &&Finding| finding.confidence >= settings.min_confidence;
        let severe: Vec<&Finding> = outcome.findings.iter().filter(severe_enough).collect();
        let shown: Vec<&Finding> = severe.iter().copied().filter(sure).collect();
        let suppressed = outcome.suppressed.iter();
        let suppressed =
            suppressed.filter(|entry| severe_enough(&&entry.finding) && sure(&&entry.finding));
        let hidden = Hidden {
            suppressed: outcome.suppressed.len(),
            by_severity: outcome.findings.len() - severe.len(),
            by_confidence: severe.len() - shown.len(),
            min_severity: settings.min_severity,
            min_confidence: settings.min_confidence,
        };
        Self { outcome, shown, suppressed: suppressed.collect(), hidden }
    }

    /// A failure is never masked by findings, nor by the wish for exit code 0.
    fn exit(&self, settings: &Settings, exit_zero: bool) -> Exit {
        if settings.strict && !self.outcome.coverage.is_complete() {
            return Exit::Failure;
        }
        let fails = match settings.fail_on {
            FailOn::Never => false,
            FailOn::Severity(least) => self.shown.iter().any(|f| f.severity >= least),
        };
        if fails && !exit_zero { Exit::Findings } else { Exit::Success }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{FileId, Loc};
    use crate::engine::Stats;
    use crate::finding::{Confidence, FindingBuilder, Label, Severity};
    use crate::source::{Coverage, FileTable, PathNote, Redactor};

    fn outcome(findings: &[(Severity, Confidence)], partly: bool) -> Outcome {
        let files = FileTable::in_memory([("a.py", "x = 1\n")]);
        let mut coverage = Coverage::of(&files);
        if partly {
            let note = PathNote { path: "a.py".into(), reason: "syntax error".into() };
            coverage.partly_parsed.push(note);
        }
        let finding = |&(severity, confidence): &(Severity, Confidence)| {
            let loc = Loc { file: FileId(0), start: 0, end: 1 };
            let label = Label { loc, text: String::new() };
            FindingBuilder::new("r".into(), severity, confidence, "m".into(), label).build()
        };
        Outcome {
            findings: findings.iter().map(finding).collect(),
            redactor: Redactor::new(&files, Default::default()),
            suppressed: Vec::new(),
            files,
            coverage,
            reported: None,
            stats: Stats::default(),
        }
    }

    #[track_caller]
    fn exits(found: &[(Severity, Confidence)], settings: &Settings, expected: Exit) {
        let outcome = outcome(found, false);
        assert_eq!(Answer::new(&outcome, settings).exit(settings, false), expected);
        assert_eq!(Answer::new(&outcome, settings).exit(settings, true), Exit::Success);
    }

    const SURE: Confidence = Confidence::High;

    #[test]
    fn only_shown_findings_fail_the_run() {
        let settings = Settings::default();
        exits(&[], &settings, Exit::Success);
        exits(&[(Severity::Medium, SURE)], &settings, Exit::Success);
        exits(&[(Severity::High, SURE)], &settings, Exit::Findings);
        exits(&[(Severity::Critical, Confidence::Medium)], &settings, Exit::Findings);
        exits(&[(Severity::Critical, Confidence::Low)], &settings, Exit::Success);
        let strictest = Settings { fail_on: FailOn::Severity(Severity::Info), ..settings };
        exits(&[(Severity::Low, SURE)], &strictest, Exit::Findings);
        exits(&[(Severity::Info, SURE)], &strictest, Exit::Success);
        let never = Settings { fail_on: FailOn::Never, ..strictest };
        exits(&[(Severity::Critical, SURE)], &never, Exit::Success);
    }

    #[test]
    fn strict_stands_above_findings_and_exit_zero() {
        let settings = Settings { strict: true, ..Settings::default() };
        let outcome = outcome(&[(Severity::High, SURE)], true);
        for exit_zero in [false, true] {
            let exit = Answer::new(&outcome, &settings).exit(&settings, exit_zero);
            assert_eq!(exit, Exit::Failure);
        }
    }

    #[test]
    fn what_is_hidden_is_counted_once() {
        let all = [
            (Severity::Info, Confidence::Low),
            (Severity::High, Confidence::Low),
            (Severity::Low, Confidence::Medium),
        ];
        let outcome = outcome(&all, false);
        let answer = Answer::new(&outcome, &Settings::default());
        assert_eq!(answer.shown.len(), 1);
        assert_eq!((answer.hidden.by_severity, answer.hidden.by_confidence), (1, 1));
    }
}
