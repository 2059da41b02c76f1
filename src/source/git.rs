//! Which files git tracks. Asked only about files that may hold secrets, which are not read
//! otherwise.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::SkipReason;
use crate::base::FxHashSet;

/// Paths per question; command lines are limited.
const CHUNK: usize = 200;

/// Of `paths` (absolute), those not to be read, and why.
pub(super) fn untracked(paths: &[PathBuf]) -> Vec<(PathBuf, SkipReason)> {
    let mut by_repository: BTreeMap<Option<&Path>, Vec<&Path>> = BTreeMap::new();
    for path in paths {
        by_repository.entry(repository(path)).or_default().push(path);
    }
    let mut left_out = Vec::new();
    for (root, paths) in by_repository {
        for chunk in paths.chunks(CHUNK) {
            let answer = root.map(|root| tracked(root, chunk));
            for path in chunk {
                let reason = match &answer {
                    None => SkipReason::Untracked,
                    Some(Some(tracked)) if tracked.contains(*path) => continue,
                    Some(Some(_)) => SkipReason::Untracked,
                    Some(None) => SkipReason::NoGit,
                };
                left_out.push((path.to_path_buf(), reason));
            }
        }
    }
    left_out
}

/// The innermost folder above `path` that holds a repository; a submodule is one of its own.
fn repository(path: &Path) -> Option<&Path> {
    repository_of(path.parent()?)
}

/// The root of the repository that `folder` is, or is in.
pub fn repository_of(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.join(".git").exists())
}

/// The files among `paths` that git tracks in the repository at `root`; none when git gives no
/// answer. Nothing the project or the user configured is run: no hook, no file system monitor,
/// no pager, and the index is only read.
fn tracked(root: &Path, paths: &[&Path]) -> Option<FxHashSet<PathBuf>> {
    let mut git = Command::new("git");
    git.args(["--no-pager", "--literal-pathspecs"])
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"])
        .arg("-C")
        .arg(root)
        .args(["ls-files", "-z", "--cached", "--full-name", "--"])
        .args(paths.iter().map(|path| path.strip_prefix(root).unwrap_or(path)));
    // A hook's environment speaks of another index or repository.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"] {
        git.env_remove(name);
    }
    git.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0");
    let output = git.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    if !output.status.success() {
        return None;
    }
    let names = output.stdout.split(|&byte| byte == 0).filter(|name| !name.is_empty());
    Some(names.filter_map(|name| Some(root.join(os_str(name)?))).collect())
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere names may be no text")]
fn os_str(bytes: &[u8]) -> Option<&OsStr> {
    use std::os::unix::ffi::OsStrExt;
    Some(OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
fn os_str(bytes: &[u8]) -> Option<&OsStr> {
    std::str::from_utf8(bytes).ok().map(OsStr::new)
}
