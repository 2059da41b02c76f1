//! Files that tokscan writes: whole, or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;

use super::interrupt;

/// Most names that are tried for the file beside the target.
const TRIES: u32 = 100;

/// Makes `text` the content of `path`.
///
/// It is written to a file beside it, which then takes its place: whoever reads `path` sees what
/// was there before or all of the new text, also when the run is interrupted. Where nothing can
/// take its place (a device, a pipe, a folder in which nothing may be made) it is written to as
/// it is.
pub(super) fn write_file(path: &Path, text: &[u8]) -> io::Result<()> {
    let Some(target) = replaceable(path) else { return fs::write(path, text) };
    let mut beside = match Beside::create(&target) {
        Ok(beside) => beside,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied && target.exists() => {
            return fs::write(path, text);
        }
        Err(error) => return Err(error),
    };
    beside.file.write_all(text)?;
    if let Ok(before) = fs::metadata(&target) {
        fs::set_permissions(&beside.path, before.permissions())?;
    }
    fs::rename(&beside.path, &target)
}

/// The file that another may take the place of: behind links, and an ordinary one if it exists.
fn replaceable(path: &Path) -> Option<PathBuf> {
    match fs::metadata(path) {
        Ok(found) => path.canonicalize().ok().filter(|_| found.is_file()),
        Err(_) => (!path.is_symlink()).then(|| path.to_owned()),
    }
}

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
            let new = || OpenOptions::new().write(true).create_new(true).open(&path);
            match interrupt::guarding(&path, new) {
                Ok(file) => return Ok(Self { path, file }),
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
        interrupt::forget_file();
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
