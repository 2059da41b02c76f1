//! `tokscan [PATH]...`

use std::path::{Path, PathBuf};

use super::args::ScanArgs;
use super::error::CliError;
use super::exit::Exit;
use super::output::write_file;
use super::progress::Bar;
use super::status::{listed, say_after, say_before, shown};
use super::streams::Streams;
use super::suggest::did_you_mean;
use crate::config::{Config, FailOn, RuleRef, Settings};
use crate::engine::{Outcome, ScanError, ScanOptions, scan};
use crate::finding::Finding;
use crate::report::{self, Format, Grouping, Hidden, Report, TextStyle};
use crate::rule::{RuleMeta, RuleSet};
use crate::source::{DiscoverError, clean_line};

/// The commands a missing path may be a misspelling of.
const COMMANDS: [&str; 5] = ["explain", "rules", "check-rules", "project", "completions"];

/// Scans, reports, and says by the exit code what came of it.
pub(super) fn run(args: &ScanArgs, streams: &Streams) -> Result<Exit, CliError> {
    if let Some(file) = &args.output {
        check_folder(file)?;
    }
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
    let outcome = scan(&args.paths, &rules, &options).map_err(|error| explained(args, error))?;
    drop(bar);
    let metas: Vec<&RuleMeta> = rules.metas().collect();
    let style = if args.output.is_some() { streams.file_style() } else { streams.out };
    let answer = Answer::new(&outcome, &settings);
    let text = answer.render(args.format.into(), args.summary.into(), &metas, &style)?;
    deliver(&text, args.output.as_deref(), streams)?;
    say_after(args, &outcome, streams);
    if args.require_files && outcome.coverage.analysed + outcome.coverage.documents == 0 {
        return Err(CliError::NoFiles { paths: listed(&args.paths) });
    }
    match answer.exit(&settings, args.exit_zero) {
        Exit::Failure => Err(CliError::Incomplete),
        exit => Ok(exit),
    }
}

/// Fails before the scan, not after it.
fn check_folder(file: &Path) -> Result<(), CliError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        Some(folder) if !folder.is_dir() => Err(CliError::Output {
            target: shown(file),
            source: std::io::Error::new(
                std::io::ErrorKind::NotFound,
                format!("directory does not exist: {}", shown(folder)),
            ),
        }),
        _ => Ok(()),
    }
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
    hidden: Hidden,
}

impl<'a> Answer<'a> {
    fn new(outcome: &'a Outcome, settings: &Settings) -> Self {
        let severe = |finding: &&Finding| finding.severity >= settings.min_severity;
        let sure = |finding: &&Finding| finding.confidence >= settings.min_confidence;
        let severe: Vec<&Finding> = outcome.findings.iter().filter(severe).collect();
        let shown: Vec<&Finding> = severe.iter().copied().filter(sure).collect();
        let hidden = Hidden {
            suppressed: outcome.suppressed,
            by_severity: outcome.findings.len() - severe.len(),
            by_confidence: severe.len() - shown.len(),
            min_severity: settings.min_severity,
            min_confidence: settings.min_confidence,
        };
        Self { outcome, shown, hidden }
    }

    fn render(
        &self,
        format: Format,
        grouping: Grouping,
        rules: &[&RuleMeta],
        style: &TextStyle,
    ) -> Result<Vec<u8>, CliError> {
        let report = Report {
            findings: &self.shown,
            files: &self.outcome.files,
            redactor: &self.outcome.redactor,
            rules,
            coverage: &self.outcome.coverage,
            hidden: self.hidden,
            grouping,
        };
        let mut text = Vec::new();
        report::write(format, &report, style, &mut text)
            .map_err(|source| CliError::Output { target: "the report".into(), source })?;
        Ok(text)
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

/// Writes the report. Who closed the pipe has seen enough; the exit code stays.
fn deliver(text: &[u8], output: Option<&Path>, streams: &Streams) -> Result<(), CliError> {
    let written = match output {
        Some(file) => write_file(file, text)
            .map_err(|source| CliError::Output { target: shown(file), source }),
        None => streams.print(text),
    };
    match written {
        Err(CliError::Output { source, .. }) if source.kind() == std::io::ErrorKind::BrokenPipe => {
            Ok(())
        }
        written => written,
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
            suppressed: 3,
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
        assert_eq!(answer.hidden.suppressed, 3);
    }
}
