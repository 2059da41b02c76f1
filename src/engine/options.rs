//! What to run on what.

use std::sync::Arc;

use crate::base::{FileId, FxHashMap, Progress};
use crate::finding::{Finding, Profile, Severity};
use crate::rule::RuleMeta;
use crate::rule::model::Rule;
use crate::source::{FileTable, Overlay, PathSet};

/// What to run. Wherever a rule is named, a category names all its rules.
#[derive(Debug, Clone, Default)]
pub struct ScanOptions {
    /// Number of worker threads; none: one per processor.
    pub threads: Option<usize>,
    /// Only these rules; empty: all.
    pub select: Vec<String>,
    /// Not these rules. A rule that is selected by its id is run though its category is ignored.
    pub ignore: Vec<String>,
    /// Severities of rules, whatever their packs say. That of a rule stands above that of its
    /// category.
    pub severity: Vec<(String, Severity)>,
    /// Rules that say nothing about some paths.
    pub path_ignores: Vec<(PathSet, Vec<String>)>,
    /// Where files, or classes in them, are in force, whatever their names say; a later entry stands
    /// above others.
    pub profiles: Vec<(PathSet, Option<String>, Profile)>,
    /// What is not read.
    pub exclude: Vec<PathSet>,
    /// Texts in the place of what is on the disk.
    pub overlays: Vec<Overlay>,
    /// Whether comments that suppress need a reason.
    pub require_reason: bool,
    /// Whether all files may be shown, not only those with findings.
    pub shows_all: bool,
    /// Where the run tells how far it is.
    pub progress: Arc<Progress>,
}

fn names(named: &str, rule: &RuleMeta) -> bool {
    named == &*rule.id || named == rule.category
}

impl ScanOptions {
    /// Whether a rule is run.
    pub fn selects(&self, rule: &Rule) -> bool {
        let meta = &rule.meta;
        let by_id = |list: &[String]| list.iter().any(|named| *named == *meta.id);
        let named = |list: &[String]| list.iter().any(|named| names(named, meta));
        let selected = self.select.is_empty() || named(&self.select);
        let ignored = by_id(&self.ignore) || (named(&self.ignore) && !by_id(&self.select));
        selected && !ignored
    }

    /// Gives findings the severities that are configured.
    pub(super) fn set_severities(&self, findings: &mut [Finding], metas: &Metas<'_>) {
        for finding in findings.iter_mut().filter(|_| !self.severity.is_empty()) {
            let Some(rule) = metas.get(&*finding.rule) else { continue };
            let by_id = self.severity.iter().find(|(named, _)| *named == *rule.id);
            let found =
                by_id.or_else(|| self.severity.iter().find(|(named, _)| names(named, rule)));
            if let Some((_, severity)) = found
                && *severity != finding.severity
            {
                finding.severity = *severity;
                finding.because.push("the configuration sets this severity".to_owned());
            }
        }
    }

    /// Whether a rule says nothing about a file.
    pub(super) fn ignores_path(&self, rule: &RuleMeta, file: FileId, files: &FileTable) -> bool {
        self.path_ignores.iter().any(|(paths, rules)| {
            rules.iter().any(|named| names(named, rule)) && paths.has(&files.get(file).abs)
        })
    }

    /// The files and classes whose profile is given.
    pub(super) fn given_profiles(&self, files: &FileTable) -> Given {
        let mut given = Given::default();
        for (paths, class, profile) in &self.profiles {
            for file in files.files.iter().filter(|file| paths.has(&file.abs)) {
                match class {
                    None => _ = given.files.insert(file.id, *profile),
                    Some(class) => {
                        given.classes.entry(file.id).or_default().push((class.clone(), *profile));
                    }
                }
            }
        }
        given
    }
}

/// Where files and classes are in force, as the configuration says.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub files: FxHashMap<FileId, Profile>,
    /// By the names they have in a file.
    pub classes: FxHashMap<FileId, Vec<(String, Profile)>>,
}

/// What rules tell people, by id.
pub(super) type Metas<'r> = FxHashMap<&'r str, &'r RuleMeta>;
