//! Which files git tracks. Asked only about files that may hold secrets, which are not read
//! otherwise.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{hardened, is_refused, names, repository};
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
                    Some(Ok(tracked)) if tracked.contains(*path) => continue,
                    Some(Ok(_)) => SkipReason::Untracked,
                    Some(Err(reason)) => *reason,
                };
                left_out.push((path.to_path_buf(), reason));
            }
        }
    }
    left_out
}

/// The files among `paths` that git tracks in the repository at `root`, or why there is no answer.
fn tracked(root: &Path, paths: &[&Path]) -> Result<FxHashSet<PathBuf>, SkipReason> {
    let mut git = hardened(root);
    git.args(["ls-files", "-z", "--cached", "--full-name", "--"])
        .args(paths.iter().map(|path| path.strip_prefix(root).unwrap_or(path)));
    let output = git.output().map_err(|_| SkipReason::NoGit)?;
    if is_refused(&output) {
        return Err(SkipReason::NotTrusted);
    }
    if !output.status.success() {
        return Err(SkipReason::NoGit);
    }
    Ok(names(&output.stdout).map(|name| root.join(name)).collect())
}
