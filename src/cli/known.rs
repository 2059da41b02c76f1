//! Baselines: reading, applying, writing and pruning them.

use std::path::{Path, PathBuf};

use super::args::ScanArgs;
use super::configured::Configured;
use super::error::CliError;
use super::input::Input;
use super::status::shown;
use super::streams::Streams;
use crate::engine::Outcome;
use crate::engine::baseline::{Baseline, Matched};
use crate::finding::Finding;
use crate::report::count;
use crate::source::write_file;

/// A baseline that was read.
pub(super) struct Known {
    baseline: Baseline,
    prune: bool,
    file: PathBuf,
}

impl Known {
    /// Reads the baseline that the arguments or the configuration name. One that is to be
    /// written is not read: all that is found goes into it.
    pub fn read(args: &ScanArgs, configured: &Configured) -> Result<Option<Self>, CliError> {
        match &configured.settings.baseline {
            _ if args.write_baseline.is_some() => Ok(None),
            Some(file) => {
                let baseline = Baseline::read(file)?;
                Ok(Some(Self { baseline, prune: args.prune, file: file.clone() }))
            }
            None if args.prune => Err(CliError::NothingToPrune),
            None => Ok(None),
        }
    }

    /// Which findings it knows.
    pub fn matched(&self, outcome: &Outcome) -> Matched {
        let findings: Vec<&Finding> = outcome.findings.iter().collect();
        self.baseline.matched(&findings, &outcome.files)
    }

    /// Takes out what is found no more, or says that there is such.
    pub fn prune(
        &self,
        matched: &Matched,
        input: &Input,
        quiet: bool,
        streams: &Streams,
    ) -> Result<(), CliError> {
        let before = self.baseline.len();
        let pruned = self.baseline.pruned(matched, &input.roots());
        let stale = before - pruned.len();
        if self.prune && stale > 0 {
            write(&pruned, &self.file)?;
        }
        if stale > 0 && !quiet {
            let entries = count(stale, "finding");
            let file = shown(&self.file);
            streams.note(match self.prune {
                true => format!("tokscan: took {entries} out of {file}"),
                false => {
                    format!("tokscan: {entries} in {file} found no more; --prune takes them out")
                }
            });
        }
        Ok(())
    }
}

/// Writes a baseline that knows these findings.
pub(super) fn write_new(
    file: &Path,
    findings: &[&Finding],
    outcome: &Outcome,
) -> Result<(), CliError> {
    let baseline = Baseline::of(file, findings.iter().copied(), &outcome.files);
    write(&baseline.map_err(|source| failed(file, source))?, file)
}

fn write(baseline: &Baseline, file: &Path) -> Result<(), CliError> {
    write_file(file, baseline.text().as_bytes()).map_err(|source| failed(file, source))
}

fn failed(file: &Path, source: std::io::Error) -> CliError {
    CliError::Output { target: shown(file), source }
}
