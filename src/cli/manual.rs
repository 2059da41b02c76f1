//! `tokscan completions SHELL` and `tokscan gen man`: what is made from the command line itself.

use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::args::{Cli, CompletionsArgs};
use super::error::CliError;
use super::exit::Exit;
use super::status::shown;
use super::streams::Streams;
use crate::source::write_file;

/// Prints the script that makes a shell complete commands and options.
pub(super) fn completions(args: &CompletionsArgs, streams: &Streams) -> Result<Exit, CliError> {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    streams.print(&script)?;
    Ok(Exit::Success)
}

/// Writes one page for the program and one for each of its commands.
pub(super) fn pages(folder: &Path) -> Result<(), CliError> {
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let name = program.get_name().to_owned();
    write_page(folder, &name, program.clone())?;
    for command in program.get_subcommands().filter(|command| !command.is_hide_set()) {
        write_page(folder, &format!("{name}-{}", command.get_name()), command.clone())?;
    }
    Ok(())
}

fn write_page(folder: &Path, name: &str, command: Command) -> Result<(), CliError> {
    let file = folder.join(format!("{name}.1"));
    let mut page = Vec::new();
    // A page is named like its file: `man tokscan-rules`.
    let written = Man::new(command.display_name(name))
        .title(name)
        .source(concat!("tokscan ", env!("CARGO_PKG_VERSION")))
        .manual("tokscan")
        .render(&mut page)
        .and_then(|()| write_file(&file, &page));
    written.map_err(|source| CliError::Output { target: shown(&file), source })
}
