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

use clap::Parser;
use clap::error::ErrorKind;

pub use args::Cli;
pub use exit::Exit;

use args::Command;
use error::CliError;
use streams::Streams;

/// Runs the command that `arguments` (the program's name first) ask for.
pub fn run(arguments: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Exit {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return answer(&error),
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

/// Help and version are answers, anything else is a mistake in the arguments.
fn answer(error: &clap::Error) -> Exit {
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
