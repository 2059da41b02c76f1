//! What was looked at, and what was not and why.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::{FileKind, FileTable, ReadNote};

/// Why a file or directory that was seen is not analysed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SkipReason {
    /// Larger than the limit on one file.
    TooLarge,
    /// Not text.
    Binary,
    /// The operating system refused.
    Unreadable(io::ErrorKind),
    /// Text in an encoding that cannot be decoded (UTF-32).
    Encoding,
    /// A pipe, socket or device.
    Special,
    /// A link that leads out of the scan roots, or nowhere.
    Symlink,
    /// A virtual environment: counted once, as a directory.
    VirtualEnvironment,
    /// A directory that tools fill (`node_modules`, `.tox`): counted once.
    ToolDirectory,
    /// Excluded by the configuration, or named on the command line and excluded by a
    /// `.tokscanignore`.
    Excluded,
    /// Named on the command line, or a notebook, and not Python.
    NotPython,
    /// A notebook that is not the JSON of one.
    BrokenNotebook,
    /// A file for secrets that git does not track.
    Untracked,
    /// A file for secrets in a repository git tells nothing about: it is not installed, or the
    /// repository is broken.
    NoGit,
    /// A file for secrets in a repository that git does not look into, since it belongs to another
    /// user.
    NotTrusted,
}

impl SkipReason {
    /// Whether it is a failure. The rest is left out by design.
    fn is_loss(self) -> bool {
        match self {
            Self::TooLarge
            | Self::Binary
            | Self::Unreadable(_)
            | Self::Encoding
            | Self::Special
            | Self::BrokenNotebook => true,
            Self::Symlink
            | Self::VirtualEnvironment
            | Self::ToolDirectory
            | Self::Excluded
            | Self::NotPython
            | Self::Untracked
            | Self::NoGit
            | Self::NotTrusted => false,
        }
    }

    /// A stable word for wire formats.
    pub fn id(self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::Binary => "binary",
            Self::Unreadable(_) => "unreadable",
            Self::Encoding => "encoding",
            Self::Special => "special-file",
            Self::Symlink => "symlink",
            Self::VirtualEnvironment => "virtual-environment",
            Self::ToolDirectory => "tool-directory",
            Self::Excluded => "excluded",
            Self::NotPython => "not-python",
            Self::BrokenNotebook => "broken-notebook",
            Self::Untracked => "untracked",
            Self::NoGit => "no-git",
            Self::NotTrusted => "git-not-trusted",
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => f.write_str("too large"),
            Self::Binary => f.write_str("binary"),
            Self::Unreadable(kind) => write!(f, "unreadable: {kind}"),
            Self::Encoding => f.write_str("unknown encoding"),
            Self::Special => f.write_str("not a regular file"),
            Self::Symlink => f.write_str("link out of the scanned paths"),
            Self::VirtualEnvironment => f.write_str("virtual environment"),
            Self::ToolDirectory => f.write_str("tool directory"),
            Self::Excluded => f.write_str("excluded"),
            Self::NotPython => f.write_str("not Python"),
            Self::BrokenNotebook => f.write_str("not the JSON of a notebook"),
            Self::Untracked => f.write_str("not tracked by git"),
            Self::NoGit => f.write_str("no answer from git"),
            Self::NotTrusted => f.write_str("not trusted by git, see safe.directory"),
        }
    }
}

/// A file or directory that was seen and not analysed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Skipped {
    /// Path below the scan root, showable.
    pub path: String,
    /// Why.
    pub reason: SkipReason,
}

impl Skipped {
    /// Whether something that should have been analysed was not. A lock file that is too large
    /// only leaves versions unknown, and large YAML or SQL is data.
    pub fn is_loss(&self) -> bool {
        let kind = FileKind::of(Path::new(&self.path));
        (kind.matters() || kind == FileKind::Other) && self.reason.is_loss()
    }
}

/// A file and what is to be said about its analysis.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PathNote {
    /// Path below the scan root, showable.
    pub path: String,
    /// A phrase, no full stop.
    pub reason: String,
}

/// How much of the project was seen. Nothing is dropped without an entry here.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Coverage {
    /// Python files and notebooks analysed.
    pub analysed: usize,
    /// Lines in them.
    pub lines: u64,
    /// Other files that were read: configuration, deployment, SQL, templates, requirements.
    pub documents: usize,
    /// Files analysed around syntax errors.
    pub partly_parsed: Vec<PathNote>,
    /// Files whose analysis hit a bound or failed.
    pub cut_short: Vec<PathNote>,
    /// Rules that an internal error kept from being checked everywhere.
    pub failed_rules: Vec<Arc<str>>,
    /// Files whose bytes were not what they claimed to be, and were recovered.
    pub recovered: Vec<PathNote>,
    /// Files and directories not analysed.
    pub skipped: Vec<Skipped>,
}

impl Coverage {
    /// The coverage after reading; the engine adds what parsing and analysis could not do.
    pub fn of(files: &FileTable) -> Self {
        let python = || files.files.iter().filter(|file| file.kind.is_python());
        let recovered = files.files.iter().flat_map(|file| {
            let recoveries = file.notes.iter().filter(|note| note.is_recovery());
            recoveries.map(|note| PathNote { path: file.path.clone(), reason: note.to_string() })
        });
        let documents = files.files.len() - python().count();
        Self {
            analysed: python().count(),
            documents,
            lines: python().map(|file| file.line_count()).sum(),
            recovered: recovered.collect(),
            skipped: files.skipped.clone(),
            ..Self::default()
        }
    }

    /// Whether every file that should be analysed was, and whole (`--strict`).
    pub fn is_complete(&self) -> bool {
        self.partly_parsed.is_empty()
            && self.cut_short.is_empty()
            && self.failed_rules.is_empty()
            && !self.skipped.iter().any(Skipped::is_loss)
    }
}

impl ReadNote {
    /// Whether the bytes were mended or guessed at, as opposed to decoded as declared.
    pub fn is_recovery(&self) -> bool {
        match self {
            Self::Guessed | Self::Undecodable(_) | Self::Nul => true,
            Self::ByteOrderMark | Self::Declared(_) | Self::Utf16 => false,
        }
    }
}

impl fmt::Display for ReadNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByteOrderMark => f.write_str("starts with a byte order mark"),
            Self::Utf16 => f.write_str("decoded from UTF-16"),
            Self::Declared(encoding) => write!(f, "decoded from {encoding}"),
            Self::Guessed => f.write_str("not UTF-8, read as windows-1252"),
            Self::Undecodable(encoding) => write!(f, "has bytes that are not {encoding}"),
            Self::Nul => f.write_str("NUL bytes read as spaces"),
        }
    }
}
