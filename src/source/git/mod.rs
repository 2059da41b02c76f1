//! Questions to git: which files it tracks, and what changed.
//!
//! The repository is not trusted. Nothing that it configures is run: no hook, no file system
//! monitor, no external diff, no text conversion, no filter, no pager; nothing is fetched, and
//! the index is only read.

mod changes;
mod tracked;

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub use changes::Changes;
pub(in crate::source) use tracked::untracked;

/// Why git has no answer.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum GitError {
    /// The program is not there.
    #[error("git is needed to find what changed, and cannot be started: {0}")]
    #[diagnostic(code(tokscan::git), help("install git, or put it on the PATH"))]
    Missing(io::Error),
    /// The scanned path is in no repository.
    #[error("not in a git repository: {0}")]
    #[diagnostic(
        code(tokscan::git),
        help("`--diff` and `--staged` compare with what git has; scan without them")
    )]
    NoRepository(String),
    /// The owner of the repository is another user.
    #[error("git does not trust the repository at {path}: it belongs to another user")]
    #[diagnostic(
        code(tokscan::git),
        help(
            "if you trust it: `git config --global --add safe.directory {quoted}`; in a pipeline, in \
             a step before"
        )
    )]
    NotTrusted {
        /// Its folder.
        path: String,
        /// The same as a shell takes it.
        quoted: String,
    },
    /// What was asked for is no commit.
    #[error("unknown revision: {rev}")]
    #[diagnostic(code(tokscan::git))]
    UnknownRevision {
        /// As it was given.
        rev: String,
        #[help]
        /// What may be the reason.
        help: String,
    },
    /// Any other failure.
    #[error("git failed: {0}")]
    #[diagnostic(code(tokscan::git))]
    Failed(String),
}

/// The innermost folder above `path` that holds a repository; a submodule is one of its own.
fn repository(path: &Path) -> Option<&Path> {
    repository_of(path.parent()?)
}

/// The root of the repository that `folder` is, or is in.
pub fn repository_of(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| folder.join(".git").exists())
}

/// A repository, and how it is asked.
#[derive(Clone, Debug)]
pub struct Git {
    root: PathBuf,
    /// The programs that the repository configures as filters, by the names of their settings.
    filters: Vec<OsString>,
    /// The index to look at, where it is not the usual one.
    index: Option<PathBuf>,
}

impl Git {
    /// The repository that holds `path`, which is absolute.
    ///
    /// # Errors
    /// When there is none, or git does not answer.
    pub fn of(path: &Path) -> Result<Self, GitError> {
        let shown = || super::clean_line(&path.to_string_lossy());
        let root = repository_of(path).ok_or_else(|| GitError::NoRepository(shown()))?;
        let mut git = Self { root: root.to_owned(), filters: Vec::new(), index: None };
        // Not every question fails where git refuses the repository: some have another answer.
        let folder = git.text(&["rev-parse", "--absolute-git-dir"])?;
        git.index = git.index_of_hook(Path::new(folder.trim_end()));
        git.filters = git.configured_filters()?;
        Ok(git)
    }

    /// The folder of its work tree.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What `git commit -a` and `git commit FILE` are about to commit is in another index than
    /// the usual one, which the environment of their hooks names. It counts only inside of this
    /// repository: any other belongs to whatever else set the variable.
    fn index_of_hook(&self, folder: &Path) -> Option<PathBuf> {
        let index = self.root.join(env::var_os("GIT_INDEX_FILE")?);
        index.starts_with(folder).then_some(index).filter(|index| index.is_file())
    }

    /// A filter would be run to compare files of the work tree with what is committed.
    fn configured_filters(&self) -> Result<Vec<OsString>, GitError> {
        let output = self.run(&["config", "--name-only", "-z", "--get-regexp", r"^filter\."])?;
        Ok(names(&output.stdout).map(OsStr::to_owned).collect())
    }

    fn command(&self) -> Command {
        let mut git = hardened(&self.root);
        // Through the environment: in an option, a name with `=` would be cut there.
        git.env("GIT_CONFIG_COUNT", self.filters.len().to_string());
        for (index, name) in self.filters.iter().enumerate() {
            let required = Path::new(name).extension().is_some_and(|end| end == "required");
            git.env(format!("GIT_CONFIG_KEY_{index}"), name);
            git.env(format!("GIT_CONFIG_VALUE_{index}"), if required { "false" } else { "" });
        }
        if let Some(index) = &self.index {
            git.env("GIT_INDEX_FILE", index);
        }
        git
    }

    /// Runs git; a failure of its own is in the output.
    fn run(&self, arguments: &[&str]) -> Result<Output, GitError> {
        let output = self.command().args(arguments).output().map_err(GitError::Missing)?;
        if is_refused(&output) {
            let path = super::clean_line(&self.root.to_string_lossy());
            let is_plain = |c: char| c.is_alphanumeric() || "/._-".contains(c);
            let quoted = match path.chars().all(is_plain) {
                true => path.clone(),
                false => format!("'{}'", path.replace('\'', r"'\''")),
            };
            return Err(GitError::NotTrusted { path, quoted });
        }
        Ok(output)
    }

    /// What git answers; its failure is an error.
    fn answer(&self, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        let output = self.run(arguments)?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        // What follows the first line is how git is used.
        let said = String::from_utf8_lossy(&output.stderr);
        let said = super::clean_line(said.trim().lines().next().unwrap_or("it says nothing"));
        Err(GitError::Failed(said.trim_start_matches("fatal: ").to_owned()))
    }

    fn text(&self, arguments: &[&str]) -> Result<String, GitError> {
        Ok(String::from_utf8_lossy(&self.answer(arguments)?).into_owned())
    }
}

/// Whether git refuses to look at a repository, because it belongs to another user.
fn is_refused(output: &Output) -> bool {
    !output.status.success()
        && String::from_utf8_lossy(&output.stderr).contains("dubious ownership")
}

/// Variables that say which configuration of the user holds; none of them is the repository's.
const OF_USER: [&str; 3] = ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"];

/// Git in the repository at `root`, with nothing that the repository or the caller's environment
/// could have it run.
fn hardened(root: &Path) -> Command {
    let mut git = Command::new("git");
    // A hook's environment speaks of another index or repository; and of programs.
    for (name, _) in env::vars_os() {
        let is_of_user = OF_USER.iter().any(|own| name == *own);
        if name.as_encoded_bytes().starts_with(b"GIT_") && !is_of_user {
            git.env_remove(name);
        }
    }
    git.args(["--no-pager", "--literal-pathspecs"])
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"])
        .args(["-c", "core.quotePath=false", "-c", "safe.bareRepository=explicit"])
        .args(["-c", "core.untrackedCache=false"])
        .arg("-C")
        .arg(root)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_ALLOW_PROTOCOL", "none")
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    git
}

/// The names in an answer that ends each with a NUL.
fn names(answer: &[u8]) -> impl Iterator<Item = &OsStr> {
    answer.split(|&byte| byte == 0).filter(|name| !name.is_empty()).filter_map(os_str)
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
