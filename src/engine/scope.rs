//! What is read, and on what of it is reported: folders, files that are named, what changed.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::places;
use crate::base::{FileId, IndexVec, Loc};
use crate::finding::Finding;
use crate::rule::RuleSet;
use crate::source::{Changes, FileTable, SourceFile};

/// What is read, and the part of it that is reported on. All of it is analysed.
///
/// A folder is reported on as a whole, and is all that is read for it. A file that is named is
/// judged as a part of its project, which is read with it and not reported on: a setting, a
/// wrapper or a key elsewhere decides whether its code is right. Of all this, only what has to do
/// with changes may be asked for.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// What is read: the paths that were given, and the projects around files.
    pub read: Vec<PathBuf>,
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
    changes: Option<Changes>,
}

impl Scope {
    /// What the paths of a command line mean. What cannot be looked at is left to who reads it.
    pub fn of(paths: &[PathBuf], rules: &RuleSet) -> Self {
        let (folders, files): (Vec<&PathBuf>, Vec<&PathBuf>) =
            paths.iter().partition(|path| path.is_dir());
        let folders: Vec<PathBuf> = folders.iter().filter_map(|f| f.canonicalize().ok()).collect();
        let files: Vec<PathBuf> = files.into_iter().filter_map(|file| place_of(file)).collect();
        let mut read = paths.to_vec();
        for file in files.iter().filter(|file| !is_below(file, &folders)) {
            read.extend(project_root(file, rules).filter(|root| !read.contains(root)));
        }
        Self { read, folders, files, changes: None }
    }

    /// One file, by its absolute path, and what is read for it: these paths, else its project.
    pub fn of_file(file: &Path, paths: &[PathBuf], rules: &RuleSet) -> Self {
        let read = match paths {
            [] => vec![project_root(file, rules).unwrap_or_else(|| file.to_owned())],
            paths => paths.to_vec(),
        };
        Self { read, files: vec![file.to_owned()], ..Self::default() }
    }

    /// Of this, only what has to do with changes.
    #[must_use]
    pub fn changed(self, changes: Changes) -> Self {
        Self { changes: Some(changes), ..self }
    }

    /// The same after files were edited, given what they held: what edits wrote is changed, too.
    #[must_use]
    pub fn edited(&self, before: &IndexVec<FileId, Arc<str>>, files: &FileTable) -> Self {
        let mut scope = self.clone();
        if let Some(changes) = &mut scope.changes {
            for (old, file) in before.iter().zip(files.files.iter()) {
                if !Arc::ptr_eq(old, &file.text) {
                    changes.edited(&file.abs, old, &file.text);
                }
            }
        }
        scope
    }

    /// The changes that findings must have to do with.
    pub fn changes(&self) -> Option<&Changes> {
        self.changes.as_ref()
    }

    /// Whether findings in this file are reported, if it is not for what changed.
    pub fn has_file(&self, file: &SourceFile) -> bool {
        self.files.is_empty()
            || self.files.contains(&file.abs)
            || is_below(&file.abs, &self.folders)
    }

    /// Number of files that are reported on, when it is not all of them.
    pub fn reported(&self, files: &FileTable) -> Option<usize> {
        let some = files.files.iter().filter(|file| self.has_file(file)).count();
        (some < files.files.len()).then_some(some)
    }

    /// Whether a finding is asked for: the place to act on is in a file that is reported on, and
    /// where changes are asked for, one of its places is: that one, a step of its trace, a place
    /// that explains it.
    pub fn has(&self, finding: &Finding, files: &FileTable) -> bool {
        self.has_file(files.get(finding.primary.loc.file))
            && places(finding).any(|loc| self.has_change(loc, files))
    }

    /// Whether a place is asked for.
    pub fn has_place(&self, loc: Loc, files: &FileTable) -> bool {
        self.has_file(files.get(loc.file)) && self.has_change(loc, files)
    }

    fn has_change(&self, loc: Loc, files: &FileTable) -> bool {
        let touch = |changes: &Changes| changes.touch(&files.get(loc.file).abs, &lines(loc, files));
        self.changes.as_ref().is_none_or(touch)
    }
}

/// The lines of a place. One that ends at the start of a line does not reach into it.
fn lines(loc: Loc, files: &FileTable) -> RangeInclusive<u32> {
    let ((first, _), (last, column)) = files.line_col(loc);
    first..=if column == 1 && last > first { last - 1 } else { last }
}

/// Whether a path is below one of some folders; all of them are absolute.
pub(super) fn is_below(file: &Path, folders: &[PathBuf]) -> bool {
    folders.iter().any(|folder| file.starts_with(folder))
}

/// Where a file lies that need not exist, in a folder that must. Its own name is kept, as when it
/// is read: it may be a link.
pub fn place_of(file: &Path) -> Option<PathBuf> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = parent.unwrap_or(Path::new(".")).canonicalize().ok()?;
    Some(folder.join(file.file_name()?))
}

/// The folder whose project a file belongs to: the nearest one that holds a repository, a
/// configuration, a manifest or the script that starts a framework.
pub(super) fn project_root(file: &Path, rules: &RuleSet) -> Option<PathBuf> {
    const MARKS: [&str; 5] =
        [".git", "tokscan.toml", "pyproject.toml", "requirements.txt", "setup.py"];
    let scripts = rules.library.routing.scripts();
    let mut folders = file.ancestors().skip(1);
    let marked = folders
        .find(|folder| MARKS.iter().chain(&scripts).any(|mark| folder.join(mark).exists()))?;
    Some(marked.to_path_buf())
}
