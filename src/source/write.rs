//! Text back to bytes: a changed file takes the place of the old one, or stays as it is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use encoding_rs::Encoding;

use super::read::decode;
use super::replace::replace;
use super::{ReadNote, SourceFile};

/// The mark that files in UTF-8 may start with.
const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Its bytes are not those that were analysed.
    #[error("it has changed since it was read")]
    Changed,
    /// It is, or lies behind, a link that leads out of the scanned folder.
    #[error("it is a link to a place outside of the scanned folder")]
    Outside,
    /// It is no ordinary file any more.
    #[error("it is not a regular file")]
    Special,
    /// Nobody may write it.
    #[error("it is read-only")]
    ReadOnly,
    /// Its text cannot be turned into the bytes that it had.
    #[error("its encoding cannot be written back")]
    Encoding,
    /// The system refused.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Puts `text` in the place of what `file` holds, with its encoding, byte order mark and mode.
///
/// The file is replaced as a whole, so that nobody ever sees half of it. It is written only if it
/// still holds what was read, and only below `root`, wherever links lead.
pub fn write_text(root: &Path, file: &SourceFile, text: &str) -> Result<(), WriteError> {
    let target = target(root, &file.abs)?;
    let metadata = fs::metadata(&target)?;
    if !metadata.is_file() {
        return Err(WriteError::Special);
    }
    if metadata.permissions().readonly() {
        return Err(WriteError::ReadOnly);
    }
    let bytes = fs::read(&target)?;
    let now = decode(bytes.clone()).map_err(|_| WriteError::Changed)?;
    if *now.text != *file.text || now.notes != file.notes {
        return Err(WriteError::Changed);
    }
    if encode(&file.text, &file.notes).as_ref() != Some(&bytes) {
        return Err(WriteError::Encoding);
    }
    let new = encode(text, &file.notes).ok_or(WriteError::Encoding)?;
    replace(&target, &new)?;
    Ok(())
}

/// The file itself behind all links, if it lies below `root`.
fn target(root: &Path, path: &Path) -> Result<PathBuf, WriteError> {
    let (root, target) = (root.canonicalize()?, path.canonicalize()?);
    if target.starts_with(&root) { Ok(target) } else { Err(WriteError::Outside) }
}

/// The bytes of a text that was decoded with these notes; none where there is no way back.
fn encode(text: &str, notes: &[ReadNote]) -> Option<Vec<u8>> {
    match notes {
        [] => Some(text.as_bytes().to_vec()),
        [ReadNote::ByteOrderMark] => Some([UTF8_MARK, text.as_bytes()].concat()),
        [ReadNote::Declared(name)] => {
            let encoding = Encoding::for_label(name.as_bytes())?;
            let (bytes, used, unmappable) = encoding.encode(text);
            (used == encoding && !unmappable).then(|| bytes.into_owned())
        }
        // Python does not read the others, or not as they were meant.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{DiscoverOptions, FileTable, load};

    fn table(folder: &Path) -> FileTable {
        load(&[folder.to_owned()], &DiscoverOptions::default()).expect("load")
    }

    /// Writes `bytes`, reads them, replaces `old` by `new` in the text and writes that.
    fn rewritten(bytes: &[u8], old: &str, new: &str) -> Result<Vec<u8>, WriteError> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a.py");
        fs::write(&path, bytes).expect("file");
        let table = table(folder.path());
        let file = &table.files.iter().next().expect("a file");
        let text = file.text.replace(old, new);
        write_text(&table.root, file, &text).map(|()| fs::read(&path).expect("file"))
    }

    #[test]
    fn encodings_marks_and_line_breaks_stay() {
        let same = |bytes: &[u8], expected: &[u8]| {
            assert_eq!(rewritten(bytes, "1", "2").expect("written"), expected);
        };
        same("x = 1\r\né = 3\r\n".as_bytes(), "x = 2\r\né = 3\r\n".as_bytes());
        same(b"\xef\xbb\xbfx = 1\n", b"\xef\xbb\xbfx = 2\n");
        same(b"# coding: koi8-r\nx = 1 # \xc1\n", b"# coding: koi8-r\nx = 2 # \xc1\n");
    }

    #[test]
    fn what_has_no_way_back_is_left_alone() {
        let refused = |bytes: &[u8], new: &str| {
            let error = rewritten(bytes, "1", new).expect_err("refused");
            assert!(matches!(error, WriteError::Encoding), "{error}");
        };
        refused(b"x = 1 # \xe9\n", "2");
        refused(b"x = 1 # a comment, and a strange byte:\0\n", "2");
        refused(b"# coding: koi8-r\nx = 1 # \xc1\n", "'\u{4e2d}'");
    }

    #[test]
    fn a_changed_file_is_left_alone() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a.py");
        fs::write(&path, "x = 1\n").expect("file");
        let table = table(folder.path());
        fs::write(&path, "x = 3\n").expect("file");
        let file = table.files.iter().next().expect("a file");
        let error = write_text(&table.root, file, "x = 2\n").expect_err("refused");
        assert!(matches!(error, WriteError::Changed), "{error}");
        assert_eq!(fs::read(&path).expect("file"), b"x = 3\n");
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_folder_and_modes_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().expect("folder");
        let outside = folder.path().join("outside.py");
        fs::write(&outside, "x = 1\n").expect("file");
        let root = folder.path().join("root");
        fs::create_dir(&root).expect("folder");
        symlink(&outside, root.join("link.py")).expect("link");
        let inside = root.join("a.py");
        fs::write(&inside, "x = 1\n").expect("file");
        fs::set_permissions(&inside, fs::Permissions::from_mode(0o750)).expect("mode");
        let named = [root.join("link.py"), inside.clone()];
        let table = load(&named, &DiscoverOptions::default()).expect("load");
        for file in table.files.iter() {
            let written = write_text(&root, file, "x = 2\n");
            match file.path.ends_with("link.py") {
                true => assert!(matches!(written, Err(WriteError::Outside)), "{written:?}"),
                false => written.expect("written"),
            }
        }
        assert_eq!(fs::read(&outside).expect("file"), b"x = 1\n");
        assert_eq!(fs::read(&inside).expect("file"), b"x = 2\n");
        let mode = fs::metadata(&inside).expect("file").permissions().mode();
        assert_eq!(mode & 0o777, 0o750);
        fs::set_permissions(&inside, fs::Permissions::from_mode(0o440)).expect("mode");
        let table = load(&[inside], &DiscoverOptions::default()).expect("load");
        let file = table.files.iter().next().expect("a file");
        let error = write_text(&root, file, "x = 3\n").expect_err("refused");
        assert!(matches!(error, WriteError::ReadOnly), "{error}");
    }
}
