//! `tokscan facts FILE`

use super::args::FactsArgs;
use super::error::CliError;
use super::exit::Exit;
use super::streams::Streams;
use crate::engine::{ScanError, means_secret};
use crate::facts::{facts_of, print};
use crate::rule::RuleSet;
use crate::source::{DiscoverOptions, FileKind, clean, clean_line, load};

/// Prints what one file contributes.
pub(super) fn run(args: &FactsArgs, streams: &Streams) -> Result<Exit, CliError> {
    let paths = [args.file.clone()];
    let fail = |reason: String| {
        Err(CliError::NotAnalysed { path: clean_line(&args.file.to_string_lossy()), reason })
    };
    if args.file.is_dir() {
        return fail("not a file".into());
    }
    let table = load(&paths, &DiscoverOptions::default()).map_err(ScanError::from)?;
    let Some(file) = table.files.iter().find(|file| file.kind == FileKind::Python) else {
        let reason = table.skipped.first().map(|skipped| skipped.reason.to_string());
        return fail(reason.unwrap_or_else(|| "not Python".into()));
    };
    let rules = RuleSet::builtin()?;
    let facts = facts_of(&file.text);
    let text = print(&facts, &|name| means_secret(&rules, name));
    streams.print(clean(&text).as_bytes())?;
    Ok(Exit::Success)
}
