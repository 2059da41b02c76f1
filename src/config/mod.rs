//! The configuration: found, read, validated.
//!
//! `tokscan.toml`, or `[tool.tokscan]` in `pyproject.toml`, nearest to the scanned path,
//! upward to the root of its repository. Every mistake is reported, with its place.

mod error;
mod read;

use std::fs;
use std::path::{Path, PathBuf};

pub use error::{ConfigError, ConfigErrors};
pub use read::RuleRef;

use crate::finding::{Confidence, Severity};

/// The least severity that fails a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailOn {
    /// Shown findings of this severity or worse.
    Severity(Severity),
    /// Nothing that is found.
    Never,
}

impl FailOn {
    /// The words for it, in the order of severity.
    pub const NAMES: [&'static str; 6] = ["critical", "high", "medium", "low", "info", "never"];

    /// The value of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "never" => Some(Self::Never),
            _ => Severity::from_name(name).map(Self::Severity),
        }
    }
}

/// What may be configured. The command line stands above it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `fail-on`
    pub fail_on: FailOn,
    /// `min-severity`
    pub min_severity: Severity,
    /// `min-confidence`
    pub min_confidence: Confidence,
    /// `strict`
    pub strict: bool,
    /// `rules`: packs or folders of packs, relative to the configuration.
    pub rules: Vec<PathBuf>,
    /// `select`: only these rules, unless empty.
    pub select: Vec<RuleRef>,
    /// `ignore`: not these rules.
    pub ignore: Vec<RuleRef>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            fail_on: FailOn::Severity(Severity::High),
            min_severity: Severity::Low,
            min_confidence: Confidence::Medium,
            strict: false,
            rules: Vec::new(),
            select: Vec::new(),
            ignore: Vec::new(),
        }
    }
}

/// A configuration that was found.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file.
    pub path: PathBuf,
    /// What it says, over the defaults.
    pub settings: Settings,
}

impl Config {
    /// The configuration for a scan of `start`, if there is one. A path that does not exist
    /// has none.
    pub fn find(start: &Path) -> Result<Option<Self>, ConfigErrors> {
        let Ok(start) = fs::canonicalize(start) else { return Ok(None) };
        for folder in start.ancestors().filter(|path| path.is_dir()) {
            for (name, table) in
                [("tokscan.toml", &[][..]), ("pyproject.toml", &["tool", "tokscan"])]
            {
                if let Some(config) = Self::read(&folder.join(name), table)? {
                    return Ok(Some(config));
                }
            }
            if folder.join(".git").exists() {
                break;
            }
        }
        Ok(None)
    }

    /// The configuration in a table of `path`; `None` if there is no such file or table.
    fn read(path: &Path, table: &[&str]) -> Result<Option<Self>, ConfigErrors> {
        if !path.is_file() {
            return Ok(None);
        }
        let text =
            fs::read_to_string(path).map_err(|error| ConfigErrors::unreadable(path, error))?;
        // A file for many tools: what another tool has to complain about is none of ours.
        if !table.is_empty() && !text.contains("tokscan") {
            return Ok(None);
        }
        let settings = read::settings(path, text, table)?;
        Ok(settings.map(|settings| Self { path: path.to_owned(), settings }))
    }
}
