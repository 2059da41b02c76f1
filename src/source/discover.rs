//! The walk: which files belong to a scan.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Sender};

use ignore::gitignore::GitignoreBuilder;
use ignore::{DirEntry, WalkBuilder, WalkState};

use super::{FileKind, PathSet, SkipReason};
use crate::base::FxHashSet;

/// Name of the file that lists what tokscan should leave out, in `.gitignore` syntax.
const IGNORE_FILE: &str = ".tokscanignore";

/// What to look for.
#[derive(Clone, Debug)]
pub struct DiscoverOptions {
    /// Files larger than this many bytes are skipped, and said to be.
    pub max_bytes: u64,
    /// The same for files of which most are data ([`FileKind::matters`]); lock files are large
    /// by nature, and have the larger limit.
    pub max_data_bytes: u64,
    /// Kinds to load. Dotenv files are loaded only where git tracks them.
    pub kinds: Vec<FileKind>,
    /// What is left out, whoever names it.
    pub exclude: Vec<PathSet>,
    /// Texts that stand in the place of what is on the disk.
    pub overlays: Vec<Overlay>,
}

/// A text in the place of a file: what an editor has not saved yet, what git will commit.
#[derive(Clone, Debug)]
pub struct Overlay {
    /// The absolute path of the file, which need not exist.
    pub path: PathBuf,
    /// What would be its content.
    pub bytes: Vec<u8>,
}

impl Default for DiscoverOptions {
    fn default() -> Self {
        let kinds = FileKind::ALL.into_iter().filter(|kind| kind.is_always_read()).collect();
        Self {
            max_bytes: 2_000_000,
            max_data_bytes: 300_000,
            kinds,
            exclude: Vec::new(),
            overlays: Vec::new(),
        }
    }
}

impl DiscoverOptions {
    /// Files of this kind too.
    #[must_use]
    pub fn with(mut self, kind: FileKind) -> Self {
        self.kinds.push(kind);
        self
    }

    fn wants(&self, kind: FileKind) -> bool {
        self.kinds.contains(&kind)
    }

    fn excludes(&self, path: &Path, is_dir: bool) -> bool {
        self.exclude.iter().any(|set| set.matches(path, is_dir))
    }

    /// The limit on the size of a file.
    pub(super) fn limit(&self, kind: FileKind) -> u64 {
        let large = kind.matters() || kind == FileKind::Lockfile;
        if large { self.max_bytes } else { self.max_bytes.min(self.max_data_bytes) }
    }
}

/// Why a scan cannot start.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum DiscoverError {
    /// A path of the command line does not exist.
    #[error("path does not exist: {path}")]
    #[diagnostic(code(tokscan::missing_path))]
    Missing {
        /// As it was given.
        path: String,
    },
    /// A path of the command line cannot be looked at.
    #[error("cannot access {path}")]
    #[diagnostic(code(tokscan::inaccessible_path))]
    Inaccessible {
        /// As it was given.
        path: String,
        /// What the operating system says.
        source: io::Error,
    },
}

/// What a walk found; paths are absolute.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The directory paths are shown relative to.
    pub base: PathBuf,
    /// Files to read.
    pub files: Vec<Candidate>,
    /// What is left out.
    pub skipped: Vec<(PathBuf, SkipReason)>,
}

/// A file to read.
#[derive(Debug)]
pub(super) struct Candidate {
    /// Where it is.
    pub path: PathBuf,
    /// What its name says it is.
    pub kind: FileKind,
    /// Whether the command line names it; then it may be a link.
    pub named: bool,
}

/// A path of the command line.
struct Root {
    path: PathBuf,
    is_dir: bool,
}

/// Walks `paths` and classifies what is there. Order is not defined.
pub(super) fn discover(
    paths: &[PathBuf],
    options: &DiscoverOptions,
) -> Result<Found, DiscoverError> {
    let roots = paths.iter().map(|path| resolve(path, options)).collect::<Result<Vec<_>, _>>()?;
    let mut found = Found { base: common_directory(&roots), ..Found::default() };
    let directories: Vec<&Path> =
        roots.iter().filter(|root| root.is_dir).map(|root| root.path.as_path()).collect();
    for directory in &directories {
        walk(directory, &directories, options, &mut found);
    }
    for file in roots.iter().filter(|root| !root.is_dir) {
        take_named_file(&file.path, options, &mut found);
    }
    for overlay in &options.overlays {
        let below = directories.iter().any(|directory| overlay.path.starts_with(directory));
        if below && !found.files.iter().any(|file| file.path == overlay.path) {
            take_named_file(&overlay.path, options, &mut found);
        }
    }
    remove_duplicates(&mut found);
    leave_out_untracked(&mut found);
    Ok(found)
}

/// The place a path of the command line stands for. Links on the way to a directory are
/// resolved, since the user named them; the name of a file is kept as it was given.
///
/// A file that there is a text for need not exist.
fn resolve(path: &Path, options: &DiscoverOptions) -> Result<Root, DiscoverError> {
    if !path.exists() && options.overlays.iter().any(|overlay| overlay.path == path) {
        return Ok(Root { path: path.to_owned(), is_dir: false });
    }
    let fail = |source: io::Error| {
        let path = super::clean_line(&path.to_string_lossy());
        match source.kind() {
            io::ErrorKind::NotFound => DiscoverError::Missing { path },
            _ => DiscoverError::Inaccessible { path, source },
        }
    };
    let is_dir = fs::metadata(path).map_err(fail)?.is_dir();
    let resolved = match (is_dir, path.parent(), path.file_name()) {
        (false, Some(parent), Some(name)) => {
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            fs::canonicalize(parent).map_err(fail)?.join(name)
        }
        _ => fs::canonicalize(path).map_err(fail)?,
    };
    Ok(Root { path: resolved, is_dir })
}

/// The deepest directory all roots are in; a file counts as the directory that holds it.
fn common_directory(roots: &[Root]) -> PathBuf {
    let mut directories = roots.iter().map(|root| match root.is_dir {
        true => root.path.as_path(),
        false => root.path.parent().unwrap_or(&root.path),
    });
    let Some(first) = directories.next() else { return PathBuf::new() };
    directories
        .fold(first, |common, directory| {
            common
                .ancestors()
                .find(|ancestor| directory.starts_with(ancestor))
                .unwrap_or_else(|| Path::new(""))
        })
        .to_owned()
}

/// What one visited entry means.
enum Seen {
    File(PathBuf, FileKind),
    Skipped(PathBuf, SkipReason),
}

fn walk(directory: &Path, roots: &[&Path], options: &DiscoverOptions, found: &mut Found) {
    let (sender, receiver) = mpsc::channel();
    walker(directory).build_parallel().run(|| {
        let sender = sender.clone();
        Box::new(move |entry| match entry {
            Ok(entry) => visit(&entry, directory, roots, options, &sender),
            Err(error) => {
                if let Some(seen) = unreadable(&error, None) {
                    send(&sender, seen);
                }
                WalkState::Continue
            }
        })
    });
    drop(sender);
    for seen in receiver {
        match seen {
            Seen::File(path, kind) => found.files.push(Candidate { path, kind, named: false }),
            Seen::Skipped(path, reason) => found.skipped.push((path, reason)),
        }
    }
}

/// Ignore files of directories above the root count only inside the repository the root is
/// in: a `.gitignore` in a home directory says nothing about an unpacked archive.
fn walker(directory: &Path) -> WalkBuilder {
    let in_repository = directory.ancestors().skip(1).any(|above| above.join(".git").exists());
    let mut builder = WalkBuilder::new(directory);
    builder
        .hidden(false)
        .follow_links(false)
        .ignore(false)
        .git_global(false)
        .require_git(false)
        .parents(in_repository && !directory.join(".git").exists())
        .add_custom_ignore_filename(IGNORE_FILE)
        .threads(rayon::current_num_threads());
    builder
}

fn send(sender: &Sender<Seen>, seen: Seen) {
    sender.send(seen).expect("internal error: the walk outlived its receiver");
}

fn visit(
    entry: &DirEntry,
    root: &Path,
    roots: &[&Path],
    options: &DiscoverOptions,
    sender: &Sender<Seen>,
) -> WalkState {
    let path = entry.path();
    let Some(file_type) = entry.file_type() else { return WalkState::Continue };
    if file_type.is_dir() {
        return match directory_verdict(path, root, entry.depth()) {
            Verdict::Enter if options.excludes(path, true) => {
                send(sender, Seen::Skipped(path.to_owned(), SkipReason::Excluded));
                WalkState::Skip
            }
            Verdict::Enter => WalkState::Continue,
            Verdict::Leave => WalkState::Skip,
            Verdict::Count(reason) => {
                send(sender, Seen::Skipped(path.to_owned(), reason));
                WalkState::Skip
            }
        };
    }
    let kind = FileKind::of(path);
    let wanted = options.wants(kind);
    if file_type.is_symlink() {
        if leaves_roots(path, roots, wanted) {
            send(sender, Seen::Skipped(path.to_owned(), SkipReason::Symlink));
        }
    } else if wanted && options.excludes(path, false) {
        send(sender, Seen::Skipped(path.to_owned(), SkipReason::Excluded));
    } else if wanted {
        let path = path.to_owned();
        send(
            sender,
            match file_type.is_file() {
                true => Seen::File(path, kind),
                false => Seen::Skipped(path, SkipReason::Special),
            },
        );
    }
    WalkState::Continue
}

enum Verdict {
    Enter,
    Leave,
    Count(SkipReason),
}

/// Whether a directory holds code of the project.
fn directory_verdict(path: &Path, root: &Path, depth: usize) -> Verdict {
    if depth == 0 {
        return Verdict::Enter;
    }
    match path.file_name().and_then(|name| name.to_str()) {
        Some(".git" | ".hg" | ".svn" | "__pycache__") => Verdict::Leave,
        Some("node_modules" | ".tox" | ".nox") => Verdict::Count(SkipReason::ToolDirectory),
        Some("site-packages") if in_environment(path, root) => {
            Verdict::Count(SkipReason::VirtualEnvironment)
        }
        _ if is_environment(path) => Verdict::Count(SkipReason::VirtualEnvironment),
        _ => Verdict::Enter,
    }
}

/// A virtual environment, or one made by conda.
fn is_environment(directory: &Path) -> bool {
    directory.join("pyvenv.cfg").exists() || directory.join("conda-meta/history").exists()
}

/// Whether a directory between the root and `path` is an environment: the root itself may
/// be one, since a root is always entered.
fn in_environment(path: &Path, root: &Path) -> bool {
    path.ancestors().skip(1).take_while(|above| above.starts_with(root)).any(is_environment)
}

/// Whether a link hides something: what it leads to is neither walked by itself nor
/// uninteresting. Only the target's name and type are looked at.
fn leaves_roots(link: &Path, roots: &[&Path], wanted: bool) -> bool {
    match fs::canonicalize(link) {
        Ok(target) if roots.iter().any(|root| target.starts_with(root)) => false,
        Ok(target) => wanted || target.is_dir(),
        Err(_) => wanted,
    }
}

/// The path and kind of failure behind an error of the walk.
fn unreadable(error: &ignore::Error, path: Option<&Path>) -> Option<Seen> {
    match error {
        ignore::Error::WithPath { path, err } => unreadable(err, Some(path)),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            unreadable(err, path)
        }
        ignore::Error::Io(io) => {
            Some(Seen::Skipped(path?.to_owned(), SkipReason::Unreadable(io.kind())))
        }
        _ => None,
    }
}

/// A file of the command line is taken even where a `.gitignore` names it; what the user
/// wrote into the configuration or a `.tokscanignore` holds for hooks that name every changed
/// file.
fn take_named_file(path: &Path, options: &DiscoverOptions, found: &mut Found) {
    if is_excluded(path) || options.excludes(path, false) {
        found.skipped.push((path.to_owned(), SkipReason::Excluded));
        return;
    }
    let kind = match FileKind::of(path) {
        FileKind::Other if is_script(path) => FileKind::Python,
        kind => kind,
    };
    let path = path.to_owned();
    if options.wants(kind) {
        found.files.push(Candidate { path, kind, named: true });
    } else {
        found.skipped.push((path, SkipReason::NotPython));
    }
}

/// Whether a file without extension starts with a `#!` line that names Python.
fn is_script(path: &Path) -> bool {
    use std::io::Read;
    if path.extension().is_some() || !path.is_file() {
        return false;
    }
    let mut head = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(128).read_to_end(&mut head));
    let first = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    read.is_ok() && first.starts_with(b"#!") && first.windows(6).any(|window| window == b"python")
}

/// Whether a `.tokscanignore` beside or above a file names it, up to its repository.
fn is_excluded(path: &Path) -> bool {
    for directory in path.ancestors().skip(1) {
        let list = directory.join(IGNORE_FILE);
        if list.is_file() {
            let mut builder = GitignoreBuilder::new(directory);
            // Malformed lines are left out, as git does.
            builder.add(list);
            if let Ok(matcher) = builder.build() {
                let matched = matcher.matched_path_or_any_parents(path, false);
                if !matched.is_none() {
                    return matched.is_ignore();
                }
            }
        }
        if directory.join(".git").exists() {
            break;
        }
    }
    false
}

/// Overlapping roots yield a file twice, and may yield it once as skipped.
fn remove_duplicates(found: &mut Found) {
    let mut seen = FxHashSet::default();
    // What was named stands above what was walked.
    found.files.sort_by_key(|file| !file.named);
    found.files.retain(|file| seen.insert(file.path.clone()));
    found.skipped.retain(|(path, _)| !seen.contains(path));
}

/// Takes out what may hold real secrets and is not published with the code.
fn leave_out_untracked(found: &mut Found) {
    let is_secret = |file: &&Candidate| file.kind == FileKind::Dotenv;
    let asked: Vec<PathBuf> =
        found.files.iter().filter(is_secret).map(|file| file.path.clone()).collect();
    if asked.is_empty() {
        return;
    }
    let untracked = super::git::untracked(&asked);
    let left_out: FxHashSet<&Path> = untracked.iter().map(|(path, _)| path.as_path()).collect();
    found.files.retain(|file| !left_out.contains(file.path.as_path()));
    found.skipped.extend(untracked);
}
