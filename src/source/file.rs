//! The files of one scan.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::notebook::{self, Notebook, Section};
use super::redact::is_unshowable;
use super::{FileKind, LineCol, LineIndex, SkipReason, Skipped};
use crate::base::{FileId, FxHashMap, IndexVec, Loc};

/// What decoding a file took.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ReadNote {
    /// A UTF-8 byte order mark was removed.
    ByteOrderMark,
    /// UTF-16 with a byte order mark.
    Utf16,
    /// The encoding a PEP 263 comment declares.
    Declared(&'static str),
    /// Neither UTF-8 nor declared: read as windows-1252, a superset of printable latin-1.
    Guessed,
    /// Some bytes are not of the declared encoding; they became U+FFFD.
    Undecodable(&'static str),
    /// NUL bytes, which Python refuses, were replaced with spaces.
    Nul,
}

/// One file, decoded.
#[derive(Debug)]
pub struct SourceFile {
    /// Its place in the [`FileTable`].
    pub id: FileId,
    /// Path relative to the scan root, `/` separators, showable (see [`show_path`]).
    pub path: String,
    /// Where it was read.
    pub abs: PathBuf,
    /// What it is.
    pub kind: FileKind,
    /// The text all offsets refer to: UTF-8, without byte order mark. Of a notebook, its code.
    pub text: Arc<str>,
    /// What decoding took.
    pub notes: Vec<ReadNote>,
    notebook: Option<Notebook>,
    lines: OnceLock<LineIndex>,
}

impl SourceFile {
    /// A file at `relative` below the scan root; its id is set by [`FileTable::new`]. A
    /// notebook's text becomes the code in it.
    pub(super) fn new(
        relative: &Path,
        abs: PathBuf,
        kind: FileKind,
        text: Arc<str>,
        notes: Vec<ReadNote>,
    ) -> Result<Self, SkipReason> {
        let (path, lines) = (show_path(relative), OnceLock::new());
        let (text, notebook) = match kind {
            FileKind::Notebook => {
                let (code, notebook) = notebook::read(text)?;
                (code.into(), Some(notebook))
            }
            _ => (text, None),
        };
        Ok(Self { id: FileId(0), path, abs, kind, text, notes, notebook, lines })
    }

    /// Line, column and byte offset in the file of a place in its text. They differ in
    /// notebooks alone.
    pub fn place(&self, offset: u32) -> (LineCol, u32) {
        let (line, column) = self.lines().line_col(&self.text, offset);
        match &self.notebook {
            Some(notebook) => notebook.in_file(line as usize - 1, column as usize - 1),
            None => ((line, column), offset),
        }
    }

    /// Line and column in the file of a place in its text, in UTF-16 code units.
    fn utf16_place(&self, offset: u32) -> LineCol {
        match &self.notebook {
            Some(notebook) => {
                let (line, column) = self.lines().line_col(&self.text, offset);
                notebook.utf16_in_file(line as usize - 1, column as usize - 1)
            }
            None => self.lines().utf16_line_col(&self.text, offset),
        }
    }

    /// The cell of a place in a notebook, with line and column in it.
    pub fn cell(&self, offset: u32) -> Option<(u32, LineCol)> {
        let (line, column) = self.lines().line_col(&self.text, offset);
        let notebook = self.notebook.as_ref()?;
        let line = line as usize - 1;
        Some((notebook.section(line).cell?, (notebook.line_in_cell(line), column)))
    }

    /// The part with lines of its own that a line of the text (from 0) belongs to.
    pub fn section(&self, line: usize) -> Section {
        match &self.notebook {
            Some(notebook) => notebook.section(line),
            None => Section { cell: None, first: 0, end: self.lines().count() },
        }
    }

    /// The same file, no notebook, with another text.
    #[must_use]
    pub fn with_text(&self, text: Arc<str>) -> Self {
        let (path, abs, notes) = (self.path.clone(), self.abs.clone(), self.notes.clone());
        Self { path, abs, text, notes, notebook: None, lines: OnceLock::new(), ..*self }
    }

    /// Where its lines start; computed on first use.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// Number of lines that hold anything, without building the index.
    pub fn line_count(&self) -> u64 {
        let bytes = self.text.as_bytes();
        let feeds = bytes.iter().filter(|&&byte| byte == b'\n').count();
        let ends_open = bytes.last().is_some_and(|&byte| byte != b'\n');
        feeds as u64 + u64::from(ends_open)
    }
}

/// Every file of a scan in the order of its path, and what was left out.
#[derive(Debug, Default)]
pub struct FileTable {
    /// The directory paths are relative to, absolute.
    pub root: PathBuf,
    /// Files, in the order of their paths.
    pub files: IndexVec<FileId, SourceFile>,
    /// What was seen and not loaded, in the order of its path.
    pub skipped: Vec<Skipped>,
}

impl FileTable {
    /// Orders `files` by path and gives them their ids.
    pub(super) fn new(
        root: PathBuf,
        mut files: Vec<SourceFile>,
        mut skipped: Vec<Skipped>,
    ) -> Self {
        files.sort_by(|a, b| (&a.path, &a.abs).cmp(&(&b.path, &b.abs)));
        for (index, file) in files.iter_mut().enumerate() {
            file.id = FileId::from(index);
        }
        skipped.sort();
        skipped.dedup();
        Self { root, files: files.into_iter().collect(), skipped }
    }

    /// A project that exists only in memory: an example of a rule, a buffer of an editor.
    pub fn in_memory<P: AsRef<Path>, T: Into<Arc<str>>>(
        files: impl IntoIterator<Item = (P, T)>,
    ) -> Self {
        let (mut read, mut skipped) = (Vec::new(), Vec::new());
        for (path, text) in files {
            let path = path.as_ref();
            let kind = FileKind::of(path);
            match SourceFile::new(path, path.to_owned(), kind, text.into(), Vec::new()) {
                Ok(file) => read.push(file),
                Err(reason) => skipped.push(Skipped { path: show_path(path), reason }),
            }
        }
        Self::new(PathBuf::new(), read, skipped)
    }

    /// The same files, some of them with another text.
    #[must_use]
    pub fn with_texts(mut self, mut texts: FxHashMap<FileId, Arc<str>>) -> Self {
        for file in self.files.iter_mut() {
            if let Some(text) = texts.remove(&file.id) {
                *file = file.with_text(text);
            }
        }
        self
    }

    /// The texts of all files.
    pub fn texts(&self) -> IndexVec<FileId, Arc<str>> {
        self.files.iter().map(|file| Arc::clone(&file.text)).collect()
    }

    /// The file of that id.
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.files[id]
    }

    /// First and last place of a range: 1-based lines, 1-based columns in code points.
    /// The second is where the range ends, exclusive.
    pub fn line_col(&self, loc: Loc) -> (LineCol, LineCol) {
        let file = self.get(loc.file);
        (file.place(loc.start).0, file.place(loc.end.max(loc.start)).0)
    }

    /// As [`line_col`](Self::line_col), with columns in UTF-16 code units.
    pub fn utf16_line_col(&self, loc: Loc) -> (LineCol, LineCol) {
        let file = self.get(loc.file);
        (file.utf16_place(loc.start), file.utf16_place(loc.end.max(loc.start)))
    }
}

/// A relative path as text that is safe to show and the same on every machine: `/` between
/// components, and bytes that are not UTF-8 or not printable percent-encoded (with `%`
/// itself encoded in such names, so that they can be decoded).
pub fn show_path(path: &Path) -> String {
    let mut shown = String::new();
    for component in path.components() {
        if !shown.is_empty() && !shown.ends_with('/') {
            shown.push('/');
        }
        let part = component.as_os_str();
        match part.to_str() {
            Some("\\" | "/") => shown.push('/'),
            Some(text) if !text.chars().any(is_unshowable) => shown.push_str(text),
            _ => percent_encode(&mut shown, part.as_encoded_bytes()),
        }
    }
    shown
}

fn percent_encode(out: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c == '%' || is_unshowable(c) {
                encode_bytes(out, c.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                out.push(c);
            }
        }
        encode_bytes(out, chunk.invalid());
    }
}

fn encode_bytes(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        write!(out, "%{byte:02X}").expect("internal error: writing to a string failed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_paths() {
        let table = FileTable::in_memory([("b.py", "x"), ("a/z.py", "y"), ("a.py", "")]);
        let paths: Vec<_> = table.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["a.py", "a/z.py", "b.py"]);
        assert!(table.files.iter_enumerated().all(|(id, file)| id == file.id));
    }

    #[test]
    fn ranges_have_lines_and_columns() {
        let table = FileTable::in_memory([("a.py", "x = 'é'\r\ny = 2\r\n")]);
        let loc = Loc { file: FileId(0), start: 4, end: 15 };
        assert_eq!(table.line_col(loc), ((1, 5), (2, 6)));
    }

    #[test]
    fn paths_are_showable() {
        assert_eq!(show_path(Path::new("a/100%.py")), "a/100%.py");
        assert_eq!(show_path(Path::new("a/\u{1b}[31m%.py")), "a/%1B[31m%25.py");
        assert_eq!(show_path(Path::new("a/\u{202e}yp.py")), "a/%E2%80%AEyp.py");
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_are_encoded() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let name = OsStr::from_bytes(b"caf\xe9.py");
        assert_eq!(show_path(&Path::new("d").join(name)), "d/caf%E9.py");
    }
}
