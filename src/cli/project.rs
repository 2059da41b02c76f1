//! `tokscan project [PATH]`

use super::args::{ListFormat, ProjectArgs};
use super::configured::Configured;
use super::error::CliError;
use super::exit::Exit;
use super::progress::Bar;
use super::streams::Streams;
use crate::engine::{Survey, survey};
use crate::report::{ProjectFormat, ProjectReport, coverage_line, write_project};

/// Entries of a section that are shown unless all are asked for.
const ENTRIES: usize = 40;

/// Prints what is known of a project.
pub(super) fn run(args: &ProjectArgs, streams: &Streams) -> Result<Exit, CliError> {
    let mut configured = Configured::find(&args.config, Some(&args.path))?;
    configured.settings.rules.extend(args.rules.iter().cloned());
    let rules = configured.rules()?;
    let options = configured.options(args.threads);
    let bar = Bar::of(&options.progress, args.quiet, streams);
    let survey = survey(std::slice::from_ref(&args.path), &rules, &options)?;
    drop(bar);
    streams.print(&described(args, &survey, streams)?)?;
    if !args.quiet {
        streams.note(coverage_line(&survey.coverage));
    }
    Ok(Exit::Success)
}

fn described(args: &ProjectArgs, survey: &Survey, streams: &Streams) -> Result<Vec<u8>, CliError> {
    let format = match args.format {
        ListFormat::Text => ProjectFormat::Text { limit: (!args.all).then_some(ENTRIES) },
        ListFormat::Json => ProjectFormat::Json,
    };
    let Survey { overview, files, redactor, coverage } = survey;
    let report = ProjectReport { overview, files, redactor, coverage };
    let mut text = Vec::new();
    write_project(format, &report, &streams.out, &mut text)
        .map_err(|source| CliError::Output { target: "the description".into(), source })?;
    Ok(text)
}
