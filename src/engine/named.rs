//! What a scan reads, and on what of it it reports.

use std::path::{Path, PathBuf};

use crate::rule::RuleSet;
use crate::source::SourceFile;

/// What a scan reads, and on what of it it reports.
///
/// A folder is reported on as a whole, and is all that is read for it. A file that is named is
/// judged as a part of its project, which is read with it and not reported on: a setting, a
/// wrapper or a key elsewhere decides whether its code is right.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// What is read: the paths of the command line, and the projects around files.
    pub read: Vec<PathBuf>,
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Named {
    /// What the paths of a command line mean. What cannot be looked at is left to who reads it.
    pub fn of(paths: &[PathBuf], rules: &RuleSet) -> Self {
        let (folders, files): (Vec<&PathBuf>, Vec<&PathBuf>) =
            paths.iter().partition(|path| path.is_dir());
        let folders: Vec<PathBuf> = folders.iter().filter_map(|f| f.canonicalize().ok()).collect();
        let files: Vec<PathBuf> = files.into_iter().filter_map(|file| place(file)).collect();
        let mut read = paths.to_vec();
        for file in files.iter().filter(|file| !is_below(file, &folders)) {
            read.extend(project_root(file, rules).filter(|root| !read.contains(root)));
        }
        Self { read, folders, files }
    }

    /// Whether all that is read is reported on.
    pub fn is_whole(&self) -> bool {
        self.files.is_empty()
    }

    /// Whether findings in this file are reported.
    pub fn reports_on(&self, file: &SourceFile) -> bool {
        self.files.contains(&file.abs) || is_below(&file.abs, &self.folders)
    }
}

fn is_below(file: &Path, folders: &[PathBuf]) -> bool {
    folders.iter().any(|folder| file.starts_with(folder))
}

/// Where a named file lies. Its own name is kept, as when it is read: it may be a link.
fn place(file: &Path) -> Option<PathBuf> {
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
