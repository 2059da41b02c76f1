//! What a scan says on stderr about itself.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::args::ScanArgs;
use super::streams::Streams;
use crate::base::FxHashMap;
use crate::engine::{Outcome, Scope, Stats};
use crate::finding::{Finding, Notice};
use crate::report::{count, coverage_line};
use crate::source::{Coverage, FileTable, PathNote, clean_line};

/// Rules that took less are not worth a line.
const NOTABLE: Duration = Duration::from_millis(1);

/// Says, with `--verbose`, by what is judged.
pub(super) fn say_before(
    args: &ScanArgs,
    configuration: Option<&Path>,
    rules: usize,
    streams: &Streams,
) {
    if !args.verbose {
        return;
    }
    let found = configuration.map_or_else(|| "none".to_owned(), shown);
    streams.note(format_args!("configuration: {found}"));
    streams.note(format_args!("checking {}", count(rules, "rule")));
}

/// Says what was analysed, and what was not; with `--stats`, where the time went.
pub(super) fn say_after(args: &ScanArgs, outcome: &Outcome, scope: &Scope, streams: &Streams) {
    if args.stats {
        streams.note(table(&outcome.stats, &outcome.findings).trim_end());
    }
    if args.verbose {
        not_whole(&outcome.coverage, |line| streams.note(line));
    }
    if args.quiet {
        return;
    }
    if outcome.coverage.analysed + outcome.coverage.documents == 0 && !args.require_files {
        streams.warn(format_args!("no Python files found in {}", listed(&args.paths)));
    }
    let mut line = coverage_line(&outcome.coverage);
    if let Some(reported) = scope.reported(&outcome.files) {
        write!(line, "; reported on {reported} of them")
            .expect("internal error: writing to a string failed");
    }
    streams.note(line);
}

/// Warns of comments that suppress nothing, or that nobody understands.
pub(super) fn say_notices(notices: &[&Notice], files: &FileTable, streams: &Streams) {
    for notice in notices {
        let ((line, column), _) = files.line_col(notice.loc);
        let path = &files.get(notice.loc.file).path;
        let help = notice.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        streams.warn(format_args!("{path}:{line}:{column}: {}{help}", notice.text));
    }
}

/// Time per phase, and of the rules that took some time, with how much each found.
fn table(stats: &Stats, findings: &[Finding]) -> String {
    let mut found: FxHashMap<&str, usize> = FxHashMap::default();
    for finding in findings {
        *found.entry(&*finding.rule).or_default() += 1;
    }
    let mut out = String::new();
    let mut row = |time: Duration, what: &str| {
        writeln!(out, "{:>9.1} ms  {what}", time.as_secs_f64() * 1000.0)
            .expect("internal error: writing to a string failed");
    };
    for (phase, time) in &stats.phases {
        row(*time, phase);
    }
    for rule in stats.rules.iter().filter(|rule| rule.time >= NOTABLE) {
        let found = found.get(&*rule.rule).copied().unwrap_or(0);
        row(rule.time, &format!("{} ({})", rule.rule, count(found, "finding")));
    }
    out
}

/// Every file that was not analysed whole, and why: one line each.
fn not_whole(coverage: &Coverage, mut say: impl FnMut(String)) {
    let groups = [
        ("partly parsed", &coverage.partly_parsed),
        ("cut short", &coverage.cut_short),
        ("read as well as possible", &coverage.recovered),
    ];
    for (what, notes) in groups {
        for PathNote { path, reason } in notes {
            say(format!("{what}: {path}: {reason}"));
        }
    }
    for skipped in &coverage.skipped {
        say(format!("skipped: {}: {}", skipped.path, skipped.reason));
    }
}

pub(super) fn listed(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| shown(path)).collect::<Vec<_>>().join(", ")
}

pub(super) fn shown(path: &Path) -> String {
    clean_line(&path.to_string_lossy())
}
