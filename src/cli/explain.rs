//! `tokscan explain RULE`

use super::args::ExplainArgs;
use super::error::CliError;
use super::exit::Exit;
use super::streams::Streams;
use super::suggest::did_you_mean;
use crate::report::rule_page;
use crate::rule::{RuleMeta, RuleSet};
use crate::source::clean_line;

/// Prints what there is to know about one rule.
pub(super) fn run(args: &ExplainArgs, streams: &Streams) -> Result<Exit, CliError> {
    let rules = RuleSet::load(&args.rules)?;
    let metas: Vec<&RuleMeta> = rules.metas().collect();
    let Some(rule) = metas.iter().find(|meta| *meta.id == *args.rule) else {
        let help = did_you_mean(&args.rule, metas.iter().map(|meta| &*meta.id))
            .or_else(|| Some("`tokscan rules` lists all rules".into()));
        return Err(CliError::UnknownRule { id: clean_line(&args.rule), help });
    };
    streams.print(rule_page::text(rule, &metas, streams.out.color).as_bytes())?;
    Ok(Exit::Success)
}
