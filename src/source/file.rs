//! The files of one scan.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::redact::is_unshowable;
use super::{FileKind, LineCol, LineIndex, Skipped};
use crate::base::{FileId, IndexVec, Loc};

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
    /// The text all offsets refer to: UTF-8, without byte order mark.
    pub text: Arc<str>,
    /// What decoding took.
    pub notes: Vec<ReadNote>,
    lines: OnceLock<LineIndex>,
}

impl SourceFile {
    /// A file at `relative` below the scan root; its id is set by [`FileTable::new`].
    pub(super) fn new(
        relative: &Path,
        abs: PathBuf,
        kind: FileKind,
        text: Arc<str>,
        notes: Vec<ReadNote>,
    ) -> Self {
        let path = show_path(relative);
        Self { id: FileId(0), path, abs, kind, text, notes, lines: OnceLock::new() }
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
        let files = files.into_iter().map(|(path, text)| {
            let path = path.as_ref();
            SourceFile::new(path, path.to_owned(), FileKind::of(path), text.into(), Vec::new())
        });
        Self::new(PathBuf::new(), files.collect(), Vec::new())
    }

    /// The file of that id.
    pub fn get(&self, id: FileId) -> &SourceFile {
        &self.files[id]
    }

    /// First and last place of a range: 1-based lines, 1-based columns in code points.
    /// The second is where the range ends, exclusive.
    pub fn line_col(&self, loc: Loc) -> (LineCol, LineCol) {
        let file = self.get(loc.file);
        let lines = file.lines();
        let start = lines.line_col(&file.text, loc.start);
        (start, lines.line_col(&file.text, loc.end.max(loc.start)))
    }

    /// As [`line_col`](Self::line_col), with columns in UTF-16 code units.
    pub fn utf16_line_col(&self, loc: Loc) -> (LineCol, LineCol) {
        let file = self.get(loc.file);
        let place = |offset| file.lines().utf16_line_col(&file.text, offset);
        (place(loc.start), place(loc.end.max(loc.start)))
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
