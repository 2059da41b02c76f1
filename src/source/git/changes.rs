//! What changed: lines of files, by git's own comparison.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use similar::{DiffTag, TextDiff};

use super::{Git, GitError, names, os_str};
use crate::base::{FxHashMap, FxHashSet};
use crate::source::{FileKind, Overlay, clean_line};

/// How files are compared: one line is one line, and nothing that is configured has a say.
const COMPARE: [&str; 12] = [
    "diff",
    "--unified=0",
    "--inter-hunk-context=0",
    "--diff-algorithm=myers",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--ignore-submodules=all",
    "--no-relative",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--find-renames",
];

/// The options of a comparison by names.
const NAMES: [&str; 7] = [
    "diff",
    "-z",
    "--no-ext-diff",
    "--no-textconv",
    "--ignore-submodules=all",
    "--no-relative",
    "--no-renames",
];

/// The lines of a project that changed.
#[derive(Clone, Default, Debug)]
pub struct Changes {
    files: FxHashMap<PathBuf, FileChanges>,
    before: Vec<Overlay>,
}

#[derive(Clone, PartialEq, Eq, Default, Debug)]
struct FileChanges {
    /// A file that git does not compare line by line, or does not know.
    whole: bool,
    /// Lines that are new or different, from 1.
    lines: Vec<RangeInclusive<u32>>,
    /// Lines behind which others are gone.
    gaps: Vec<u32>,
}

impl Changes {
    /// Whether one of some lines (from 1) of the file at an absolute path changed, or a line
    /// between two of them is gone.
    pub fn touch(&self, file: &Path, lines: &RangeInclusive<u32>) -> bool {
        self.files.get(file).is_some_and(|changes| {
            let overlaps = |changed: &RangeInclusive<u32>| {
                changed.start() <= lines.end() && lines.start() <= changed.end()
            };
            let spans = |gap: &u32| lines.start() <= gap && gap < lines.end();
            changes.whole || changes.lines.iter().any(overlaps) || changes.gaps.iter().any(spans)
        })
    }

    /// What was in the files that changed; nothing in those that are new.
    pub fn before(&self) -> &[Overlay] {
        &self.before
    }

    /// The same after a file was edited: what the edits wrote is changed as well, and what changed
    /// may be on other lines.
    pub fn edited(&mut self, file: &Path, before: &str, after: &str) {
        let changes = self.add(file.to_owned());
        *changes = changes.edited(before, after);
    }

    fn add(&mut self, file: PathBuf) -> &mut FileChanges {
        self.files.entry(file).or_default()
    }
}

impl FileChanges {
    fn edited(&self, before: &str, after: &str) -> Self {
        let mut edited = Self { whole: self.whole, ..Self::default() };
        let was_changed = |line: u32| self.lines.iter().any(|lines| lines.contains(&line));
        for op in TextDiff::from_lines(before, after).ops() {
            let (old, new) = (op.old_range(), op.new_range());
            match op.tag() {
                DiffTag::Equal => {
                    let pairs = old.zip(new).map(|(old, new)| (number(old) + 1, number(new) + 1));
                    for (old, new) in pairs {
                        if was_changed(old) {
                            edited.lines.push(new..=new);
                        }
                        if self.gaps.contains(&old) {
                            edited.gaps.push(new);
                        }
                    }
                }
                DiffTag::Delete => edited.gaps.push(number(new.start)),
                DiffTag::Insert | DiffTag::Replace => {
                    edited.lines.push(number(new.start) + 1..=number(new.end));
                }
            }
        }
        edited
    }
}

/// Files are far smaller.
fn number(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

impl Git {
    /// What is different in the work tree from where it left the history of `rev`; files that
    /// git does not know are new as a whole.
    ///
    /// # Errors
    /// When there is no such revision, or git does not answer.
    pub fn changes_since(&self, rev: &str) -> Result<Changes, GitError> {
        let commit = self.commit(rev)?;
        let base = self.run(&["merge-base", &commit, "HEAD"])?;
        let base = String::from_utf8_lossy(&base.stdout).trim().to_owned();
        let from = if base.is_empty() { &commit } else { &base };
        let arguments: Vec<&str> = COMPARE.into_iter().chain([from.as_str(), "--"]).collect();
        let mut changes = self.read(&self.answer(&arguments)?);
        let new = self.answer(&["ls-files", "-z", "--others", "--exclude-standard", "--full-name"]);
        for name in names(&new?) {
            let path = self.root().join(name);
            changes.add(path.clone()).whole = true;
            changes.before.push(Overlay { path, bytes: Vec::new() });
        }
        let statuses: Vec<&str> =
            NAMES.into_iter().chain(["--name-status", from.as_str(), "--"]).collect();
        changes.before.extend(self.before(&self.answer(&statuses)?, from)?);
        Ok(changes)
    }

    /// What is about to be committed, and the texts of files that differ in the work tree from
    /// what will be committed.
    ///
    /// # Errors
    /// When git does not answer.
    pub fn staged(&self) -> Result<(Changes, Vec<Overlay>), GitError> {
        let arguments: Vec<&str> = COMPARE.into_iter().chain(["--cached", "--"]).collect();
        let mut changes = self.read(&self.answer(&arguments)?);
        let statuses: Vec<&str> =
            NAMES.into_iter().chain(["--cached", "--name-status", "--"]).collect();
        changes.before = self.before(&self.answer(&statuses)?, "HEAD")?;
        let unstaged: Vec<&str> = NAMES.into_iter().chain(["--name-only", "--"]).collect();
        let unstaged = self.answer(&unstaged)?;
        let unstaged: Vec<&OsStr> = names(&unstaged).filter(|name| is_read(name)).collect();
        let texts = self.texts(":0", &unstaged)?;
        // What did not change is the same before.
        let changed: FxHashSet<&Path> = changes.before.iter().map(|o| &*o.path).collect();
        let same: Vec<Overlay> =
            texts.iter().filter(|text| !changed.contains(&*text.path)).cloned().collect();
        changes.before.extend(same);
        Ok((changes, texts))
    }

    /// The texts that files had in a revision, given the answer of a comparison with it by
    /// status and name.
    fn before(&self, statuses: &[u8], rev: &str) -> Result<Vec<Overlay>, GitError> {
        let (mut texts, mut old) = (Vec::new(), Vec::new());
        let parts: Vec<&OsStr> = names(statuses).collect();
        for pair in parts.chunks_exact(2).filter(|pair| is_read(pair[1])) {
            match pair[0] == "A" {
                true => {
                    texts.push(Overlay { path: self.root().join(pair[1]), bytes: Vec::new() });
                }
                false => old.push(pair[1]),
            }
        }
        texts.extend(self.texts(rev, &old)?);
        Ok(texts)
    }

    /// The commit that a revision means.
    fn commit(&self, rev: &str) -> Result<String, GitError> {
        let asked = format!("{rev}^{{commit}}");
        let asked = ["rev-parse", "--verify", "--quiet", "--end-of-options", &asked];
        let output = self.run(&asked)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let shallow = self.text(&["rev-parse", "--is-shallow-repository"])?;
        let refs = self.text(&["for-each-ref", "--format=%(refname:short)"])?;
        let likeness = |name: &&str| strsim::jaro_winkler(name, rev);
        let nearest = std::iter::once("HEAD")
            .chain(refs.lines())
            .filter(|name| likeness(name) > 0.8)
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let help = match nearest {
            _ if shallow.trim() == "true" => {
                "the clone is shallow: fetch its history first (`git fetch --unshallow`; \
                 `fetch-depth: 0` where a pipeline checks it out)"
                    .to_owned()
            }
            Some(name) => format!("did you mean `{}`?", clean_line(name)),
            None => "a branch, a tag or a commit, such as `origin/main` or `HEAD~1`".to_owned(),
        };
        Err(GitError::UnknownRevision { rev: clean_line(rev), help })
    }

    /// What git has for some files in a revision, or in its index (`:0`).
    fn texts(&self, rev: &str, files: &[&OsStr]) -> Result<Vec<Overlay>, GitError> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let mut git = self.command();
        git.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut git = git.stderr(Stdio::null()).spawn().map_err(GitError::Missing)?;
        let mut asked = Vec::new();
        for file in files {
            asked.extend(rev.as_bytes());
            asked.push(b':');
            asked.extend(file.as_encoded_bytes());
            asked.push(b'\n');
        }
        let failed = |error: io::Error| GitError::Failed(error.to_string());
        let mut stdin = git.stdin.take();
        let output = std::thread::scope(|scope| {
            // Git answers while it is asked: one thread alone would wait for itself.
            scope.spawn(move || stdin.as_mut().map(|stdin| stdin.write_all(&asked)));
            git.wait_with_output()
        });
        let answer = output.map_err(failed)?.stdout;
        let mut rest = answer.as_slice();
        let mut texts = Vec::new();
        for file in files {
            // `<id> blob <size>`, the content, a line break; or `… missing`.
            let Some(end) = rest.iter().position(|&byte| byte == b'\n') else { break };
            let (head, behind) = rest.split_at(end);
            rest = &behind[1..];
            let head = String::from_utf8_lossy(head);
            if head.ends_with(" missing") {
                continue;
            }
            let size = head.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
            let Some(size) = size.filter(|size| *size < rest.len()) else { break };
            if head.split(' ').nth(1) == Some("blob") {
                let bytes = rest[..size].to_owned();
                texts.push(Overlay { path: self.root().join(file), bytes });
            }
            rest = &rest[size + 1..];
        }
        Ok(texts)
    }

    /// The changes in a comparison as git prints it.
    fn read(&self, comparison: &[u8]) -> Changes {
        let mut changes = Changes::default();
        let mut file: Option<PathBuf> = None;
        // Lines of the hunk that are still to come: old ones and new ones.
        let (mut old, mut new) = (0, 0);
        for line in comparison.split(|&byte| byte == b'\n') {
            match line.first() {
                Some(b'-') if old > 0 => {
                    old -= 1;
                }
                Some(b'+') if new > 0 => new -= 1,
                _ if line.starts_with(b"diff --git ") => {
                    file = same_name(&line[11..]).map(|name| self.root().join(name));
                }
                _ if line.starts_with(b"rename to ") => {
                    file = unquoted(&line[10..]).map(|name| self.root().join(name));
                }
                _ if line.starts_with(b"+++ ") => {
                    let name = unquoted(&line[4..]);
                    let name =
                        name.and_then(|name| name.strip_prefix("b").ok().map(Path::to_owned));
                    file = name.map(|name| self.root().join(name));
                }
                _ if line.starts_with(b"Binary files ") => {
                    if let Some(file) = &file {
                        changes.add(file.clone()).whole = true;
                    }
                }
                _ if line.starts_with(b"@@ ") => {
                    let Some((before, (start, count))) = hunk(line) else { continue };
                    (old, new) = (before, count);
                    let Some(file) = &file else { continue };
                    let changed = changes.add(file.clone());
                    match count {
                        0 => changed.gaps.push(start),
                        count => changed.lines.push(start..=start + (count - 1)),
                    }
                }
                _ => {}
            }
        }
        changes
    }
}

/// Whether a file is of a kind that is read; git is asked by lines, so its name is one line.
fn is_read(name: &OsStr) -> bool {
    FileKind::of(Path::new(name)) != FileKind::Other && !name.as_encoded_bytes().contains(&b'\n')
}

/// Of `@@ -1,2 +3,4 @@`: how many lines are gone, and which are new.
fn hunk(line: &[u8]) -> Option<(u32, (u32, u32))> {
    let text = std::str::from_utf8(line.get(..line.len().min(80))?).ok().or_else(|| {
        // What follows the second `@@` may be cut in the middle of a character.
        let end = line.windows(3).skip(2).position(|three| three == b" @@")? + 2;
        std::str::from_utf8(&line[..end]).ok()
    })?;
    let mut parts = text.split(' ').skip(1);
    let range = |part: &str| {
        let (start, count) = part[1..].split_once(',').unwrap_or((&part[1..], "1"));
        Some((start.parse::<u32>().ok()?, count.parse::<u32>().ok()?))
    };
    let (_, old) = range(parts.next().filter(|part| part.starts_with('-'))?)?;
    Some((old, range(parts.next().filter(|part| part.starts_with('+'))?)?))
}

/// The name in `a/name b/name`, where both are the same.
fn same_name(names: &[u8]) -> Option<PathBuf> {
    let half = names.len() / 2;
    if names.first() == Some(&b'"') {
        return unquoted(names.get(half + 1..)?)?.strip_prefix("b").ok().map(Path::to_owned);
    }
    let name = names.get(half + 1..)?.strip_prefix(b"b/")?;
    os_str(name).map(PathBuf::from)
}

/// A name as git prints it: in quotes, with escapes, where it has characters that need them.
fn unquoted(name: &[u8]) -> Option<PathBuf> {
    // A tab follows names with blanks.
    let name = name.strip_suffix(b"\t").unwrap_or(name);
    let Some(quoted) = name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")) else {
        return os_str(name).map(PathBuf::from);
    };
    let mut bytes = Vec::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let (&escape, behind) = rest.split_first()?;
        rest = behind;
        bytes.push(match escape {
            b'a' => 7,
            b'b' => 8,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 11,
            b'f' => 12,
            b'r' => b'\r',
            b'0'..=b'3' => {
                let (digits, behind) = rest.split_at_checked(2)?;
                rest = behind;
                let digit = |byte: u8| byte.wrapping_sub(b'0') & 7;
                (escape - b'0') << 6 | digit(digits[0]) << 3 | digit(digits[1])
            }
            other => other,
        });
    }
    os_str(&bytes).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(comparison: &str) -> Changes {
        let git = Git { root: "/p".into(), filters: Vec::new(), index: None };
        git.read(comparison.as_bytes())
    }

    #[test]
    fn comparisons_are_read() {
        let changes = read(concat!(
            "diff --git a/a b.py b/a b.py\nindex 1..2 100644\n--- a/a b.py\t\n+++ b/a b.py\t\n",
            "@@ -1 +1,2 @@ def f():\n-++ b/other.py\n+++ b/other.py\n+x\n",
            "@@ -7,2 +8,0 @@\n-DEBUG = 1\n-y\n",
            "diff --git a/old.py b/new.py\nsimilarity index 90%\nrename from old.py\n",
            "rename to new.py\n--- a/old.py\n+++ b/new.py\n@@ -3,0 +4 @@\n+z\n",
            "diff --git a/bin.py b/bin.py\nBinary files a/bin.py and b/bin.py differ\n",
            "diff --git a/gone.py b/gone.py\n--- a/gone.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-q\n",
            "diff --git \"a/\\303\\251\\n.py\" \"b/\\303\\251\\n.py\"\n--- /dev/null\n",
            "+++ \"b/\\303\\251\\n.py\"\n@@ -0,0 +1,3 @@\n+1\n+2\n+3\n",
        ));
        let touched = |file: &str, lines| changes.touch(&Path::new("/p").join(file), &lines);
        assert!(touched("a b.py", 2..=2));
        assert!(!touched("a b.py", 3..=7));
        assert!(touched("a b.py", 8..=9), "two lines are gone between these");
        assert!(!touched("a b.py", 8..=8));
        assert!(!touched("other.py", 1..=99));
        assert!(touched("new.py", 1..=4) && !touched("new.py", 5..=6));
        assert!(!touched("old.py", 1..=9));
        assert!(touched("bin.py", 70..=70));
        assert!(touched("é\n.py", 3..=3));
    }

    #[test]
    fn changes_move_with_edits() {
        let mut changes =
            read("--- a/a.py\n+++ b/a.py\n@@ -2 +2 @@\n-x\n+b\n@@ -4,1 +4,0 @@\n-y\n");
        let file = Path::new("/p/a.py");
        changes.edited(file, "a\nb\nc\nd\ne\n", "0\na\nb\nc\nd\nE\n");
        let touched: Vec<u32> =
            (1..=6).filter(|line| changes.touch(file, &(*line..=*line))).collect();
        assert_eq!(touched, [1, 3, 6]);
        assert!(changes.touch(file, &(5..=6)), "a line is gone between these");
        assert!(!changes.touch(file, &(4..=5)));
        changes.edited(Path::new("/p/b.py"), "a\n", "b\n");
        assert!(changes.touch(Path::new("/p/b.py"), &(1..=1)));
    }

    #[test]
    fn nonsense_is_survived() {
        for text in
            ["@@ -a +b @@", "@@ -1", "+++ \"b/\\", "diff --git ", "diff --git \"", "@@ -1 +0 @@"]
        {
            read(text);
        }
    }
}
