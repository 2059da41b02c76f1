//! The configuration: found, read, validated.
//!
//! `tokscan.toml`, or `[tool.tokscan]` in `pyproject.toml`, nearest to the scanned path,
//! upward to the root of its repository. Every mistake is reported, with its place.

mod error;
mod keys;
mod read;
mod schema;

use std::fs;
use std::path::{Path, PathBuf};

pub use error::{ConfigError, ConfigErrors};
pub use read::RuleRef;
pub use schema::schema;

use crate::finding::{Confidence, Profile, Severity};
use crate::rule::Declarations;
use crate::source::{PathSet, clean_line};

/// The names of configurations, and the path of the table in each.
const FILES: [(&str, &[&str]); 2] =
    [("tokscan.toml", &[]), ("pyproject.toml", &["tool", "tokscan"])];

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
    /// `require-reason`
    pub require_reason: bool,
    /// `rules`: packs or folders of packs.
    pub rules: Vec<PathBuf>,
    /// `select`: only these rules and categories, unless empty.
    pub select: Vec<RuleRef>,
    /// `ignore`: not these rules and categories.
    pub ignore: Vec<RuleRef>,
    /// `severity`: of rules and categories.
    pub severity: Vec<(RuleRef, Severity)>,
    /// `per-path-ignores`
    pub per_path_ignores: Vec<(PathSet, Vec<RuleRef>)>,
    /// `exclude`
    pub exclude: Vec<PathSet>,
    /// `baseline`
    pub baseline: Option<PathBuf>,
    /// `profiles`, in the order of the text: a later one stands above an earlier one.
    /// With a name, the class of that name in these files is meant.
    pub profiles: Vec<(PathSet, Option<String>, Profile)>,
    /// `secret-names`
    pub secret_names: Vec<String>,
    /// `not-secret-names`
    pub not_secret_names: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            fail_on: FailOn::Severity(Severity::High),
            min_severity: Severity::Low,
            min_confidence: Confidence::Medium,
            strict: false,
            require_reason: false,
            rules: Vec::new(),
            select: Vec::new(),
            ignore: Vec::new(),
            severity: Vec::new(),
            per_path_ignores: Vec::new(),
            exclude: Vec::new(),
            baseline: None,
            profiles: Vec::new(),
            secret_names: Vec::new(),
            not_secret_names: Vec::new(),
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
    /// Its text, and the path of the table in it.
    text: String,
    table: &'static [&'static str],
    name: String,
}

impl Config {
    /// The configuration for a scan of `start`, if there is one. A path that does not exist
    /// has none.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn find(start: &Path) -> Result<Option<Self>, ConfigErrors> {
        let Ok(start) = fs::canonicalize(start) else { return Ok(None) };
        for folder in start.ancestors().filter(|path| path.is_dir()) {
            for (name, table) in FILES {
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

    /// The configuration in the file `path`, which someone named: `[tool.tokscan]` of a
    /// `pyproject.toml`, else the whole file.
    ///
    /// # Errors
    /// Everything that is wrong with it; also that there is none.
    pub fn at(path: &Path) -> Result<Self, ConfigErrors> {
        let path =
            fs::canonicalize(path).map_err(|error| ConfigErrors::unreadable(path, &error))?;
        let named = FILES.iter().find(|(name, _)| path.ends_with(name));
        let table = named.map_or(&[][..], |(_, table)| table);
        Self::read(&path, table)?.ok_or_else(|| ConfigErrors::no_table(&path))
    }

    /// What it declares in the rule language.
    pub fn declarations(&self) -> Declarations<'_> {
        Declarations { name: &self.name, text: &self.text, table: self.table }
    }

    /// The configuration in a table of `path`; `None` if there is no such file or table.
    fn read(path: &Path, table: &'static [&'static str]) -> Result<Option<Self>, ConfigErrors> {
        if !path.is_file() {
            return Ok(None);
        }
        let text =
            fs::read_to_string(path).map_err(|error| ConfigErrors::unreadable(path, &error))?;
        // A file for many tools: what another tool has to complain about is none of ours.
        if !table.is_empty() && !text.contains("tokscan") {
            return Ok(None);
        }
        let settings = read::settings(path, &text, table)?;
        let name = clean_line(&path.to_string_lossy());
        Ok(settings.map(|settings| Self { path: path.to_owned(), settings, text, table, name }))
    }
}
