//! `tokscan check-rules PACK...`

use std::fmt::Write as _;
use std::path::Path;

use super::args::CheckRulesArgs;
use super::error::CliError;
use super::exit::Exit;
use super::streams::Streams;
use super::suggest::did_you_mean;
use crate::engine::{CheckReport, check_packs, why};
use crate::report::count;
use crate::rule::RuleSet;
use crate::source::{clean, clean_line};

/// Validates packs and runs their examples, or says why a rule reports a line or does not.
pub(super) fn run(args: &CheckRulesArgs, streams: &Streams) -> Result<Exit, CliError> {
    if let [place, rule] = args.why.as_slice() {
        return explain_line(args, place, rule, streams);
    }
    let report = check_packs(&args.packs)?;
    streams.print(clean(&summary(&report)).as_bytes())?;
    Ok(if report.failures.is_empty() { Exit::Success } else { Exit::Findings })
}

fn summary(report: &CheckReport) -> String {
    let mut out = String::new();
    for failure in &report.failures {
        writeln!(out, "{failure}\n").expect("internal error: writing to a string failed");
    }
    let (rules, examples) = (count(report.rules, "rule"), count(report.examples, "example"));
    writeln!(out, "{rules}, {examples}, {} failed", report.failures.len())
        .expect("internal error: writing to a string failed");
    out
}

fn explain_line(
    args: &CheckRulesArgs,
    place: &str,
    rule: &str,
    streams: &Streams,
) -> Result<Exit, CliError> {
    let (rules, _) = RuleSet::load_checked(&args.packs)?;
    if !rules.metas().any(|meta| *meta.id == *rule) {
        let help = did_you_mean(rule, rules.metas().map(|meta| &*meta.id));
        return Err(CliError::UnknownRule { id: clean_line(rule), help });
    }
    let split = place.rsplit_once(':');
    let Some((file, line)) = split.and_then(|(file, line)| Some((file, line.parse().ok()?))) else {
        return Err(CliError::NotAnalysed {
            path: clean_line(place),
            reason: "not of the form FILE:LINE".into(),
        });
    };
    let file = Path::new(file);
    if !file.is_file() {
        return Err(CliError::MissingPath {
            path: clean_line(&file.to_string_lossy()),
            help: None,
        });
    }
    let mut out = String::new();
    for condition in why(file, line, rule, &rules)? {
        writeln!(out, "{condition}").expect("internal error: writing to a string failed");
    }
    streams.print(clean(&out).as_bytes())?;
    Ok(Exit::Success)
}
