//! `tokscan gen`: what is made from the program and kept in the repository.

use std::fs;
use std::path::{Path, PathBuf};

use super::args::{Described, GenArgs, GenCommand, GenDocsArgs, GenSchemaArgs};
use super::error::CliError;
use super::exit::Exit;
use super::manual;
use super::streams::Streams;
use crate::config;
use crate::report::rule_page::{self, MARK};
use crate::rule::{RuleMeta, RuleSet, json_schema};
use crate::source::{clean_line, write_file};

/// Writes what is made from the rule packs and the command line.
pub(super) fn run(args: &GenArgs, streams: &Streams) -> Result<Exit, CliError> {
    match &args.command {
        GenCommand::Docs(args) => docs(args, streams),
        GenCommand::Schema(args) => schema(args, streams),
        GenCommand::Man(args) => {
            manual::pages(&args.out)?;
            Ok(Exit::Success)
        }
    }
}

/// One page for each rule and an index; pages of rules that are no more are removed.
fn docs(args: &GenDocsArgs, streams: &Streams) -> Result<Exit, CliError> {
    let rules = RuleSet::load(&args.rules)?;
    let metas: Vec<&RuleMeta> = rules.metas().collect();
    let mut pages: Vec<(String, String)> = metas
        .iter()
        .map(|meta| (rule_page::file_name(&meta.id), rule_page::markdown(meta, &metas)))
        .collect();
    pages.push(("README.md".to_owned(), rule_page::index(&metas)));
    fs::create_dir_all(&args.out).map_err(|source| failed(&args.out, source))?;
    remove_stale(&args.out, &pages)?;
    for (name, text) in &pages {
        write(&args.out.join(name), text)?;
    }
    streams.note(format_args!(
        "tokscan: {} pages in {}",
        pages.len(),
        clean_line(&args.out.to_string_lossy())
    ));
    Ok(Exit::Success)
}

/// Removes generated pages that nothing stands for; other files are left alone.
fn remove_stale(folder: &Path, pages: &[(String, String)]) -> Result<(), CliError> {
    let entries = fs::read_dir(folder).map_err(|source| failed(folder, source))?;
    let paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_page = name.ends_with(".md") && !pages.iter().any(|(page, _)| *page == name);
        if is_page && fs::read_to_string(&path).is_ok_and(|text| text.starts_with(MARK)) {
            fs::remove_file(&path).map_err(|source| failed(&path, source))?;
        }
    }
    Ok(())
}

fn schema(args: &GenSchemaArgs, streams: &Streams) -> Result<Exit, CliError> {
    let schema = match args.of {
        Described::Rules => json_schema(),
        Described::Config => config::schema(),
    };
    let text = format!("{schema:#}\n");
    match &args.out {
        None => streams.print(text.as_bytes())?,
        Some(file) => write(file, &text)?,
    }
    Ok(Exit::Success)
}

fn write(file: &Path, text: &str) -> Result<(), CliError> {
    write_file(file, text.as_bytes()).map_err(|source| failed(file, source))
}

fn failed(path: &Path, source: std::io::Error) -> CliError {
    CliError::Output { target: clean_line(&path.to_string_lossy()), source }
}
