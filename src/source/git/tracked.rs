//! Which files git tracks. Asked only about files that may hold secrets, which are not read
//! otherwise.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::{hardened, names, repository};
use crate::base::FxHashSet;
use crate::source::SkipReason;

/// Paths per question; command lines are limited.
const CHUNK: usize = 200;

/// Of `paths` (absolute), those not to be read, and why.
pub(in crate::source) fn untracked(paths: &[PathBuf]) -> Vec<(PathBuf, SkipReason)> {
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

/// The files among `paths` that git tracks in the repository at `root`; none when git gives no
/// answer.
fn tracked(root: &Path, paths: &[&Path]) -> Option<FxHashSet<PathBuf>> {
    let mut git = hardened(root);
    git.args(["ls-files", "-z", "--cached", "--full-name", "--"])
        .args(paths.iter().map(|path| path.strip_prefix(root).unwrap_or(path)));
    let output = git.stderr(Stdio::null()).output().ok()?;
    if !output.status.success() {
        return None;
    }
    Some(names(&output.stdout).map(|name| root.join(name)).collect())
}
