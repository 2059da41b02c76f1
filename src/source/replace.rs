//! Files that tokscan writes: whole, or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most names that are tried for the file beside the target.
const TRIES: u32 = 100;

/// The file beside a target that is being written, and must not stay behind.
static UNFINISHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Makes `text` the content of `path`.
///
/// It is written to a file beside it, which then takes its place: whoever reads `path` sees what
/// was there before or all of the new text, also when the run is interrupted. Where nothing can
/// take its place (a device, a pipe, a folder in which nothing may be made) it is written to as
/// it is.
pub fn write_file(path: &Path, text: &[u8]) -> io::Result<()> {
    let Some(target) = replaceable(path) else { return fs::write(path, text) };
    match replace(&target, text) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied && target.exists() => {
            fs::write(path, text)
        }
        done => done,
    }
}

/// Makes `text` the content of the file `target`, which keeps its mode and owner if it exists.
/// It is replaced as a whole, or stays as it is.
pub(super) fn replace(target: &Path, text: &[u8]) -> io::Result<()> {
    let mut beside = Beside::create(target)?;
    // Before the text: it may be for few to read.
    if let Ok(before) = fs::metadata(target) {
        keep_owner(&beside.file, &before);
        beside.file.set_permissions(before.permissions())?;
    }
    beside.file.write_all(text)?;
    beside.file.sync_all()?;
    fs::rename(&beside.path, target)
}

/// Puts away what is half written, for a program that is about to end: nothing new is begun as
/// long as the answer lives.
pub fn abandon_unfinished() -> impl Sized {
    let unfinished = unfinished();
    if let Some(file) = &*unfinished {
        let _ = fs::remove_file(file);
    }
    unfinished
}

/// Nothing in it can be half changed.
fn unfinished() -> MutexGuard<'static, Option<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file that another may take the place of: behind links, and an ordinary one if it exists.
fn replaceable(path: &Path) -> Option<PathBuf> {
    match fs::metadata(path) {
        Ok(found) => path.canonicalize().ok().filter(|_| found.is_file()),
        Err(_) => (!path.is_symlink()).then(|| path.to_owned()),
    }
}

/// Gives a new file the owner of the old one, as far as the system lets us.
#[cfg(unix)]
fn keep_owner(file: &File, old: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let own = file.metadata().map(|new| (new.uid(), new.gid()));
    if own.is_ok_and(|own| own != (old.uid(), old.gid())) {
        // Without the right to do so the file belongs to who writes it, as with any editor.
        let _ = fchown(file, Some(old.uid()), Some(old.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &fs::Metadata) {}

/// A new file beside another. It does not outlive the writing, however that ends.
struct Beside {
    path: PathBuf,
    file: File,
}

impl Beside {
    fn create(target: &Path) -> io::Result<Self> {
        let mut tries = 0;
        loop {
            let path = target.with_file_name(format!(".tokscan-{}-{tries}.part", process::id()));
            let mut unfinished = unfinished();
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    *unfinished = Some(path.clone());
                    return Ok(Self { path, file });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < TRIES => {
                    tries += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // After the renaming there is none any more.
        let _ = fs::remove_file(&self.path);
        *unfinished() = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("folder");
        let name = |entry: io::Result<fs::DirEntry>| entry.expect("entry").file_name();
        let mut names: Vec<String> =
            entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn nothing_is_left_beside_the_file() {
        let folder = tempfile::tempdir().expect("temporary directory");
        let path = folder.path().join("report");
        for text in ["first", "second"] {
            write_file(&path, text.as_bytes()).expect("written");
            assert_eq!(fs::read_to_string(&path).expect("readable"), text);
        }
        assert_eq!(names(folder.path()), ["report"]);
    }

    #[test]
    fn a_failure_leaves_what_was_there() {
        let folder = tempfile::tempdir().expect("temporary directory");
        write_file(folder.path(), b"text").expect_err("a folder is no file");
        write_file(&folder.path().join("no/such/report"), b"text").expect_err("no folder");
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().expect("temporary directory");
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "before").expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("permissions");
        symlink("file", &link).expect("link");
        write_file(&link, b"after").expect("written");
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).expect("readable"), "after");
        let mode = fs::metadata(&file).expect("file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        symlink("gone", folder.path().join("dangling")).expect("link");
        write_file(&folder.path().join("dangling"), b"text").expect("written");
        assert_eq!(names(folder.path()), ["dangling", "file", "gone", "link"]);
    }
}
