//! The command line over the environment over the configuration over the defaults.

use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::{ConfigArgs, ScanArgs};
use super::error::CliError;
use super::suggest::did_you_mean;
use crate::config::{Config, RuleRef, Settings};
use crate::engine::ScanOptions;
use crate::rule::{RuleMeta, RuleSet};
use crate::source::{PathSet, clean_line};

/// What holds for a run.
pub(super) struct Configured {
    /// The settings.
    pub settings: Settings,
    config: Option<Config>,
}

impl Configured {
    /// The configuration for `start` alone.
    pub fn find(args: &ConfigArgs, start: Option<&Path>) -> Result<Self, CliError> {
        let config = match (&args.config, start) {
            (Some(file), _) => Some(Config::at(file)?),
            (None, Some(start)) if !args.no_config => Config::find(start)?,
            _ => None,
        };
        let settings = config.as_ref().map(|config| config.settings.clone()).unwrap_or_default();
        Ok(Self { settings, config })
    }

    /// What holds for a scan. The environment is among the arguments already.
    pub fn of(args: &ScanArgs) -> Result<Self, CliError> {
        let mut configured = Self::find(&args.config, start(args).as_deref())?;
        let settings = &mut configured.settings;
        settings.fail_on = args.fail_on.unwrap_or(settings.fail_on);
        settings.min_severity = args.min_severity.unwrap_or(settings.min_severity);
        settings.min_confidence = args.min_confidence.unwrap_or(settings.min_confidence);
        settings.strict |= args.strict;
        settings.rules.extend(args.rules.iter().cloned());
        let refs = |ids: &[String]| ids.iter().map(|id| RuleRef::named(id)).collect::<Vec<_>>();
        if !args.select.is_empty() {
            settings.select = refs(&args.select);
            // Who asks for a rule by name gets it.
            settings.ignore.retain(|ignored| !args.select.contains(&ignored.id));
        }
        settings.ignore.extend(refs(&args.ignore));
        settings.exclude.extend(excluded(&args.exclude)?);
        if args.no_baseline {
            settings.baseline = None;
        }
        if let Some(file) = &args.baseline {
            settings.baseline = Some(file.clone());
        }
        Ok(configured)
    }

    /// The file of the configuration, if there is one.
    pub fn file(&self) -> Option<&Path> {
        self.config.as_ref().map(|config| config.path.as_path())
    }

    /// The rules: the embedded ones, packs, and what the configuration declares and teaches.
    pub fn rules(&self) -> Result<RuleSet, CliError> {
        let declarations = self.config.as_ref().map(Config::declarations);
        let mut rules = RuleSet::load_with(&self.settings.rules, declarations.as_ref())?;
        rules.teach(&self.settings.secret_names, &self.settings.not_secret_names);
        self.check_ids(&rules)?;
        Ok(rules)
    }

    /// Every rule and category that is named exists.
    fn check_ids(&self, rules: &RuleSet) -> Result<(), CliError> {
        let settings = &self.settings;
        let metas = || rules.metas();
        let known = |id: &str| metas().any(|meta| &*meta.id == id || meta.category == id);
        let by_path = settings.per_path_ignores.iter().flat_map(|(_, ids)| ids);
        let severities = settings.severity.iter().map(|(id, _)| id);
        let mut used =
            settings.select.iter().chain(&settings.ignore).chain(severities).chain(by_path);
        let Some(unknown) = used.find(|rule| !known(&rule.id)) else { return Ok(()) };
        let names = metas().flat_map(|RuleMeta { id, category, .. }| [&**id, category.as_str()]);
        let help = did_you_mean(&unknown.id, names)
            .or_else(|| Some("`tokscan rules` lists rules and their categories".to_owned()));
        Err(match unknown.error(&help) {
            Some(in_config) => in_config.into(),
            None => CliError::UnknownRule { id: clean_line(&unknown.id), help },
        })
    }

    /// What to run.
    pub fn options(&self, threads: Option<NonZeroUsize>) -> ScanOptions {
        let settings = &self.settings;
        let ids = |refs: &[RuleRef]| refs.iter().map(|rule| rule.id.clone()).collect::<Vec<_>>();
        let severities = settings.severity.iter();
        let by_path = settings.per_path_ignores.iter();
        ScanOptions {
            threads: threads.map(Into::into),
            select: ids(&settings.select),
            ignore: ids(&settings.ignore),
            severity: severities.map(|(rule, severity)| (rule.id.clone(), *severity)).collect(),
            path_ignores: by_path.map(|(paths, rules)| (paths.clone(), ids(rules))).collect(),
            profiles: settings.profiles.clone(),
            exclude: settings.exclude.clone(),
            overlays: Vec::new(),
            require_reason: settings.require_reason,
            shows_all: false,
            progress: Arc::default(),
        }
    }
}

/// Where the search for a configuration starts.
fn start(args: &ScanArgs) -> Option<PathBuf> {
    let first = args.paths.first()?;
    if first.as_os_str() != "-" {
        return Some(first.clone());
    }
    // The file need not exist, its folder must.
    let folder = args.stdin_filename.as_deref().and_then(Path::parent);
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    Some(folder.unwrap_or(Path::new(".")).to_owned())
}

/// Patterns of the command line are relative to where it is written.
fn excluded(patterns: &[String]) -> Result<Option<PathSet>, CliError> {
    let given = patterns.iter().map(String::as_str);
    let Ok(folder) = fs::canonicalize(".") else { return Ok(None) };
    match PathSet::new(&folder, given) {
        Ok(set) => Ok(Some(set).filter(|_| !patterns.is_empty())),
        Err(reason) => Err(CliError::Pattern { reason: clean_line(&reason) }),
    }
}
