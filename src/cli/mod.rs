//! The command line: arguments in, exit code out; one file per command.
//!
//! Results go to stdout, everything else to stderr. Commands write through `Streams`,
//! which knows about colours and closed pipes.

mod answer;
mod args;
mod check_rules;
mod configured;
mod error;
mod exit;
mod explain;
mod facts;
mod fixes;
mod generate;
mod init;
mod input;
mod interrupt;
mod known;
mod manual;
mod outputs;
mod progress;
mod project;
mod question;
mod rules;
mod scan;
mod status;
mod streams;
mod suggest;

use std::ffi::OsString;
use std::io;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};

pub use args::Cli;
pub use exit::Exit;

use args::Command;
use error::CliError;
use streams::Streams;

/// Runs the command that `arguments` (the program's name first) ask for.
pub fn run(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().map(Into::into).collect();
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) => return answer(from_environment(error, &arguments)),
    };
    interrupt::handle();
    let streams = Streams::new(cli.common());
    match dispatch(&cli, &streams) {
        Ok(exit) => exit,
        // The reader has seen enough of a listing.
        Err(CliError::Output { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => {
            Exit::Success
        }
        Err(error) => {
            streams.report(&error);
            Exit::Failure
        }
    }
}

/// Adds to a mistake that it is in a variable of the environment, where no argument says it.
fn from_environment(mut error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let Some(ContextValue::String(wrong)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let mut command = Cli::command();
    command.build();
    let all = command.get_subcommands().flat_map(clap::Command::get_arguments);
    let found = command.get_arguments().chain(all).find(|arg| arg.to_string() == *wrong);
    let given = |arg: &clap::Arg| {
        let long = format!("--{}", arg.get_long().unwrap_or_default());
        arguments.iter().any(|argument| argument.to_string_lossy().starts_with(&long))
    };
    let variable = found.filter(|arg| !given(arg)).and_then(clap::Arg::get_env);
    if let Some(variable) = variable.filter(|variable| std::env::var_os(variable).is_some()) {
        let tip = format!("the value is that of {} in the environment", variable.display());
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// Help and version are answers, anything else is a mistake in the arguments.
fn answer(error: clap::Error) -> Exit {
    // There is nobody to tell when the stream is closed.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Success,
        _ => Exit::Failure,
    }
}

fn dispatch(cli: &Cli, streams: &Streams) -> Result<Exit, CliError> {
    match &cli.command {
        None => scan::run(&cli.scan, streams),
        Some(Command::Explain(args)) => explain::run(args, streams),
        Some(Command::Rules(args)) => rules::run(args, streams),
        Some(Command::CheckRules(args)) => check_rules::run(args, streams),
        Some(Command::Project(args)) => project::run(args, streams),
        Some(Command::Init(args)) => init::run(args, streams),
        Some(Command::Completions(args)) => manual::completions(args, streams),
        Some(Command::Facts(args)) => facts::run(args, streams),
        Some(Command::Gen(args)) => generate::run(args, streams),
    }
}
