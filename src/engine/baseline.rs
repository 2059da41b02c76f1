//! Baselines: files of findings that are known, so that only new ones are reported.
//!
//! An entry has the rule, the path (relative to the baseline), the symbol and the code key of a
//! finding, of which the last is a digest without the content of literals: a baseline tells no
//! secret. Lines are in none of them. A finding is known if an entry that no other finding has
//! taken says the same; a finding whose entry is of another path is known if that file is gone,
//! or if the code stands in a function and is gone from there: it was moved.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use miette::{NamedSource, SourceSpan};
use serde::{Deserialize, Serialize};

use crate::base::{FxHashMap, FxHashSet};
use crate::finding::Finding;
use crate::source::{FileTable, blotted, clean_line, show_path};

/// Raised when an entry changes its meaning.
const VERSION: u32 = 1;

/// Findings that are known.
#[derive(Debug)]
pub struct Baseline {
    /// The folder that paths are relative to.
    folder: PathBuf,
    /// Sorted.
    entries: Vec<Entry>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    path: String,
    rule: String,
    symbol: String,
    code: String,
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    findings: Vec<Entry>,
}

/// Why a baseline cannot be used.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum BaselineError {
    /// It cannot be read.
    #[error("cannot read the baseline {path}")]
    #[diagnostic(code(tokscan::baseline), help("`--write-baseline {path}` makes one"))]
    Unreadable {
        /// As it was given.
        path: String,
        /// What the operating system says.
        source: io::Error,
    },
    /// It is not a baseline.
    #[error("not a baseline: {message}")]
    #[diagnostic(code(tokscan::baseline))]
    Malformed {
        /// What is wrong.
        message: String,
        #[source_code]
        /// The file.
        text: Arc<NamedSource<String>>,
        #[label]
        /// Where.
        at: SourceSpan,
    },
    /// A later version of tokscan wrote it.
    #[error("the baseline {path} has version {version}, which this tokscan does not know")]
    #[diagnostic(code(tokscan::baseline), help("write it again with `--write-baseline {path}`"))]
    Version {
        /// As it was given.
        path: String,
        /// Its version.
        version: u32,
    },
}

/// Which findings a baseline knows, and which of its entries they are.
#[derive(Debug)]
pub struct Matched {
    /// Per finding.
    pub known: Vec<bool>,
    /// Per entry.
    used: Vec<bool>,
    scanned: FxHashSet<String>,
}

impl Baseline {
    /// Reads the baseline in `file`.
    ///
    /// # Errors
    /// When there is none, or what is there is none.
    pub fn read(file: &Path) -> Result<Self, BaselineError> {
        let path = clean_line(&file.to_string_lossy());
        let unreadable = |source| BaselineError::Unreadable { path: path.clone(), source };
        let text = fs::read_to_string(file).map_err(unreadable)?;
        let folder = folder_of(file).map_err(unreadable)?;
        let document: Document = serde_json::from_str(&text).map_err(|error| {
            let at = offset(&text, error.line(), error.column());
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default().to_owned();
            let text = Arc::new(NamedSource::new(path.clone(), blotted(&text)));
            BaselineError::Malformed { message, text, at: at.into() }
        })?;
        if document.version != VERSION {
            return Err(BaselineError::Version { path, version: document.version });
        }
        let mut entries = document.findings;
        entries.sort_unstable();
        Ok(Self { folder, entries })
    }

    /// The baseline in `file` that knows these findings.
    ///
    /// # Errors
    /// When its folder is not there.
    pub fn of<'f>(
        file: &Path,
        findings: impl IntoIterator<Item = &'f Finding>,
        files: &FileTable,
    ) -> io::Result<Self> {
        Ok(Self::beside(&folder_of(file)?, findings, files))
    }

    /// The baseline that knows these findings, with paths relative to a canonical folder.
    pub fn beside<'f>(
        folder: &Path,
        findings: impl IntoIterator<Item = &'f Finding>,
        files: &FileTable,
    ) -> Self {
        let mut baseline = Self { folder: folder.to_owned(), entries: Vec::new() };
        let entries = findings.into_iter().map(|finding| baseline.entry(finding, files));
        let mut entries: Vec<Entry> = entries.collect();
        entries.sort_unstable();
        baseline.entries = entries;
        baseline
    }

    /// Number of findings it knows.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The text of its file.
    pub fn text(&self) -> String {
        let document = Document { version: VERSION, findings: self.entries.clone() };
        let text = serde_json::to_string_pretty(&document);
        text.expect("internal error: texts and numbers are JSON") + "\n"
    }

    /// Finds out which findings it knows.
    pub fn matched(&self, findings: &[&Finding], files: &FileTable) -> Matched {
        let scanned = files.files.iter().map(|file| self.relative(&file.abs)).collect();
        let mut matched = Matched {
            known: vec![false; findings.len()],
            used: vec![false; self.entries.len()],
            scanned,
        };
        let wanted: Vec<Entry> = findings.iter().map(|f| self.entry(f, files)).collect();
        let mut unused: FxHashMap<&Entry, Vec<usize>> = FxHashMap::default();
        for (index, entry) in self.entries.iter().enumerate().rev() {
            unused.entry(entry).or_default().push(index);
        }
        for (known, entry) in matched.known.iter_mut().zip(&wanted) {
            if let Some(index) = unused.get_mut(entry).and_then(Vec::pop) {
                *known = true;
                matched.used[index] = true;
            }
        }
        self.match_moved(&wanted, &mut matched);
        matched
    }

    /// Matches what is left with entries of other paths.
    fn match_moved(&self, wanted: &[Entry], matched: &mut Matched) {
        if matched.known.iter().all(|known| *known) {
            return;
        }
        let mut by_code: FxHashMap<(&str, &str, &str), Vec<usize>> = FxHashMap::default();
        for (index, entry) in self.entries.iter().enumerate() {
            let gone = || !self.folder.join(&entry.path).exists();
            let moved = || !entry.symbol.is_empty() && matched.scanned.contains(&entry.path);
            if !matched.used[index] && (moved() || gone()) {
                by_code.entry(entry.what()).or_default().push(index);
            }
        }
        for (known, entry) in matched.known.iter_mut().zip(wanted).filter(|(known, _)| !**known) {
            let Some(candidates) = by_code.get_mut(&entry.what()) else { continue };
            // A file that only moved to another folder comes first.
            let same_name = |index: &usize| self.entries[*index].name() == entry.name();
            let at = candidates.iter().position(same_name).unwrap_or(0);
            if at < candidates.len() {
                *known = true;
                matched.used[candidates.remove(at)] = true;
            }
        }
    }

    /// The baseline without entries that no finding is; those of files that were not looked at
    /// stay. `roots` are the absolute paths that were scanned.
    #[must_use]
    pub fn pruned(&self, matched: &Matched, roots: &[PathBuf]) -> Self {
        let looked_at = |entry: &Entry| {
            let path = self.folder.join(&entry.path);
            matched.scanned.contains(&entry.path)
                || roots.iter().any(|root| normal(&path).starts_with(root))
        };
        let entries = self.entries.iter().zip(&matched.used);
        let stay = entries.filter(|(entry, used)| **used || !looked_at(entry));
        let entries = stay.map(|(entry, _)| entry.clone()).collect();
        Self { folder: self.folder.clone(), entries }
    }

    fn entry(&self, finding: &Finding, files: &FileTable) -> Entry {
        Entry {
            path: self.relative(&files.get(finding.primary.loc.file).abs),
            rule: finding.rule.to_string(),
            symbol: clean_line(&finding.symbol),
            code: finding.code_key.clone(),
        }
    }

    /// A path relative to the baseline, with `/`.
    fn relative(&self, path: &Path) -> String {
        let mut up = String::new();
        for folder in self.folder.ancestors() {
            if let Ok(below) = path.strip_prefix(folder) {
                return up + &show_path(below);
            }
            up.push_str("../");
        }
        show_path(path)
    }
}

impl Entry {
    /// What it is, wherever it is.
    fn what(&self) -> (&str, &str, &str) {
        (&self.rule, &self.symbol, &self.code)
    }

    /// The name of the file.
    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// The canonical folder of a file that need not exist.
fn folder_of(file: &Path) -> io::Result<PathBuf> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    fs::canonicalize(folder.unwrap_or(Path::new(".")))
}

/// A path without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// The byte offset of a line and column as `serde_json` counts them.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let lines = text.split_inclusive('\n').take(line.saturating_sub(1));
    let before: usize = lines.map(str::len).sum();
    text.len().min(before + column.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{FileId, Loc};
    use crate::finding::{Confidence, FindingBuilder, Label, Severity};

    /// Findings, each as file, symbol and code.
    fn findings(of: &[(u32, &str, &str)]) -> Vec<Finding> {
        let made = of.iter().map(|(file, symbol, code)| {
            let loc = Loc { file: FileId::from(*file as usize), start: 0, end: 0 };
            let label = Label { loc, text: String::new() };
            let (severity, confidence) = (Severity::High, Confidence::High);
            let builder = FindingBuilder::new("r".into(), severity, confidence, "m".into(), label);
            let mut finding = builder.symbol((*symbol).to_owned()).build();
            finding.code_key = (*code).to_owned();
            finding
        });
        made.collect()
    }

    fn table(names: &[&str], folder: &Path) -> FileTable {
        FileTable::in_memory(names.iter().map(|name| (folder.join(name), "")))
    }

    /// Which of `now` a baseline of `before` knows; only files in `exist` are on the disk.
    #[track_caller]
    fn known(
        before: (&[&str], &[(u32, &str, &str)]),
        now: (&[&str], &[(u32, &str, &str)]),
        expected: &[bool],
    ) {
        let folder = tempfile::tempdir().expect("folder");
        let root = fs::canonicalize(folder.path()).expect("canonical");
        for name in now.0 {
            fs::write(root.join(name), "").expect("file");
        }
        let file = root.join("known.json");
        let old = findings(before.1);
        let baseline = Baseline::of(&file, &old, &table(before.0, &root)).expect("made");
        fs::write(&file, baseline.text()).expect("written");
        let baseline = Baseline::read(&file).expect("read");
        let new = findings(now.1);
        let matched = baseline.matched(&new.iter().collect::<Vec<_>>(), &table(now.0, &root));
        assert_eq!(matched.known, expected);
        let pruned = baseline.pruned(&matched, &[root]);
        assert_eq!(pruned.len(), expected.iter().filter(|known| **known).count());
    }

    #[test]
    fn each_entry_stands_for_one_finding() {
        let files = &["a.py"][..];
        let one = &[(0, "f", "x")][..];
        known((files, one), (files, &[(0, "f", "x"), (0, "f", "x")]), &[true, false]);
        known((files, one), (files, &[(0, "f", "y"), (0, "g", "x")]), &[false, false]);
        known((files, one), (files, &[]), &[]);
    }

    #[test]
    fn renamed_files_and_moved_functions_are_followed() {
        let at_top = &[(0, "", "x")][..];
        known((&["a.py"], at_top), (&["b.py"], at_top), &[true]);
        let moved = &[(1, "f", "x")][..];
        known((&["a.py", "b.py"], &[(0, "f", "x")]), (&["a.py", "b.py"], moved), &[true]);
        // At module level the same code is common.
        known((&["a.py", "b.py"], at_top), (&["a.py", "b.py"], &[(1, "", "x")]), &[false]);
        // A copy is new.
        let both = &[(0, "f", "x"), (1, "f", "x")][..];
        known((&["a.py"], &[(0, "f", "x")]), (&["a.py", "b.py"], both), &[true, false]);
    }

    #[test]
    fn files_that_were_not_looked_at_stay() {
        let folder = tempfile::tempdir().expect("folder");
        let root = fs::canonicalize(folder.path()).expect("canonical");
        fs::write(root.join("b.py"), "").expect("file");
        let file = root.join("known.json");
        let old = findings(&[(0, "", "x"), (1, "", "x")]);
        let baseline = Baseline::of(&file, &old, &table(&["a.py", "b.py"], &root)).expect("made");
        let matched = baseline.matched(&[], &table(&["a.py"], &root));
        assert_eq!(baseline.pruned(&matched, &[root.join("a.py")]).len(), 1);
    }

    #[test]
    fn what_is_no_baseline_is_an_error_at_its_place() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("known.json");
        assert!(matches!(Baseline::read(&file), Err(BaselineError::Unreadable { .. })));
        fs::write(&file, "{\"version\": 1,\n \"findings\": 3}").expect("written");
        let Err(BaselineError::Malformed { at, .. }) = Baseline::read(&file) else {
            panic!("malformed");
        };
        assert_eq!(at.offset(), 28);
        fs::write(&file, "{\"version\": 9, \"findings\": []}").expect("written");
        assert!(matches!(Baseline::read(&file), Err(BaselineError::Version { version: 9, .. })));
    }
}
