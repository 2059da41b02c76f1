//! Paths that a configuration means, by patterns in `.gitignore` syntax.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The paths below a folder that some patterns match.
#[derive(Clone, Debug)]
pub struct PathSet {
    folder: PathBuf,
    matcher: Gitignore,
}

impl PathSet {
    /// The paths that one of `patterns` matches, as a `.gitignore` in `folder` would: a later
    /// pattern stands above an earlier one, and `!` takes out again. `folder` is canonical.
    ///
    /// # Errors
    /// What is wrong with a pattern.
    pub fn new<'p>(
        folder: &Path,
        patterns: impl IntoIterator<Item = &'p str>,
    ) -> Result<Self, String> {
        let said = |error: ignore::Error| match error {
            ignore::Error::Glob { err, .. } => err,
            other => other.to_string(),
        };
        let mut builder = GitignoreBuilder::new(folder);
        // Git takes it for a pattern that matches nothing; its author has made a mistake.
        builder.allow_unclosed_class(false);
        for pattern in patterns {
            builder.add_line(None, pattern).map_err(said)?;
        }
        let matcher = builder.build().map_err(said)?;
        Ok(Self { folder: folder.to_owned(), matcher })
    }

    /// Whether the file at an absolute path, or a folder it is in, is meant.
    pub fn has(&self, file: &Path) -> bool {
        self.matches(file, false)
    }

    /// The same for a file or a folder.
    pub(super) fn matches(&self, path: &Path, is_dir: bool) -> bool {
        // The matcher insists on paths below its folder.
        path.starts_with(&self.folder)
            && path != self.folder
            && self.matcher.matched_path_or_any_parents(path, is_dir).is_ignore()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_those_of_gitignore() {
        let set = PathSet::new(Path::new("/p"), ["vendor/", "*_pb2.py", "/docs/*.py", "!keep.py"]);
        let set = set.expect("valid");
        for path in ["/p/vendor/a.py", "/p/x/vendor/b/c.py", "/p/a/b_pb2.py", "/p/docs/conf.py"] {
            assert!(set.has(Path::new(path)), "{path}");
        }
        for path in ["/p/a.py", "/p/x/docs/conf.py", "/q/vendor/a.py", "/p", "/p/docs/keep.py"] {
            assert!(!set.has(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn a_broken_pattern_is_an_error() {
        assert!(PathSet::new(Path::new("/p"), ["a[b"]).is_err());
    }
}
