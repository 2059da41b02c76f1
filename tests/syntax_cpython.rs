//! The lowered tree against CPython's own: the same text through `ast` and through `tokscan`.
//!
//! `TOKSCAN_CORPUS=DIR cargo test --test syntax_cpython -- --nocapture` adds the files of a folder.

#![expect(clippy::print_stderr, reason = "says what was skipped, and how much was compared")]

use std::collections::HashSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tokscan::base::Span;
use tokscan::syntax::ast::ExprKind;
use tokscan::syntax::{dump, parse};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/cpython_dump.py");

/// What CPython says of each file; `None` where it refuses the file.
fn cpython(paths: &[PathBuf], args: &[&str]) -> Option<Vec<Option<String>>> {
    let mut child = Command::new("python3")
        .arg(SCRIPT)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let list: String = paths.iter().map(|path| format!("{}\n", path.display())).collect();
    let mut stdin = child.stdin.take()?;
    let writer = std::thread::spawn(move || stdin.write_all(list.as_bytes()));
    let output = child.wait_with_output().ok()?;
    writer.join().ok()?.ok()?;
    let mut rest = output.stdout.as_slice();
    let mut dumps = Vec::new();
    while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
        let head = std::str::from_utf8(&rest[..end]).ok()?;
        rest = &rest[end + 1..];
        let length = head.strip_prefix("### ")?.parse::<usize>().ok();
        dumps.push(length.map(|length| String::from_utf8_lossy(&rest[..length]).into_owned()));
        rest = &rest[length.map_or(0, |length| length + 1)..];
    }
    (dumps.len() == paths.len()).then_some(dumps)
}

/// Our dump without comments, errors and cuts.
fn statements(text: &str) -> String {
    let dump = dump(&parse(text));
    let is_note =
        |line: &&str| ["(comment ", "(error ", "(cut "].iter().any(|head| line.starts_with(head));
    dump.lines().filter(|line| !is_note(line)).collect::<Vec<_>>().join("\n")
}

fn python_files(dir: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            python_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            files.push(path);
        }
    }
}

/// The first line that differs, from both sides.
fn difference(ours: &str, theirs: &str) -> Option<String> {
    if ours == theirs {
        return None;
    }
    let (mut left, mut right) = (ours.lines(), theirs.lines());
    loop {
        match (left.next(), right.next()) {
            (Some(ours), Some(theirs)) if ours == theirs => {}
            (ours, theirs) => return Some(format!("  tokscan: {ours:?}\n  CPython: {theirs:?}")),
        }
    }
}

/// The snippets, written to files of a folder that lives as long as this.
struct Corpus {
    _folder: tempfile::TempDir,
    paths: Vec<PathBuf>,
}

/// The snippets, and the files of the folder named in the environment.
fn corpus() -> Corpus {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut paths = Vec::new();
    for (index, snippet) in include_str!("support/snippets.txt").split("\n----\n").enumerate() {
        let path = folder.path().join(format!("snippet_{index}.py"));
        std::fs::write(&path, format!("{snippet}\n")).expect("a snippet is written");
        paths.push(path);
    }
    if let Some(corpus) = std::env::var_os("TOKSCAN_CORPUS") {
        python_files(Path::new(&corpus), &mut paths);
    }
    Corpus { _folder: folder, paths }
}

/// Compares each file with what CPython says of it; the comparison returns what is wrong.
fn compare(args: &[&str], compare: impl Fn(&str, &str) -> Option<String>) {
    let corpus = corpus();
    let Some(theirs) = cpython(&corpus.paths, args) else {
        eprintln!("skipped: no python3 that runs {SCRIPT}");
        return;
    };
    let (mut compared, mut different) = (0, 0);
    for (path, theirs) in corpus.paths.iter().zip(&theirs) {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let Some(theirs) = theirs else {
            // Syntax newer than this Python, most likely.
            let errors = parse(&text).errors.len();
            eprintln!("CPython refuses {}, where tokscan has {errors} errors", path.display());
            continue;
        };
        compared += 1;
        if let Some(difference) = compare(&text, theirs) {
            different += 1;
            eprintln!("{}\n{difference}", path.display());
        }
    }
    eprintln!("{compared} files compared, {different} differ");
    assert_eq!(different, 0);
}

#[test]
fn the_tree_is_that_of_cpython() {
    compare(&[], |text, theirs| {
        let errors = parse(text).errors;
        if errors.is_empty() {
            return difference(&statements(text), theirs);
        }
        let places: Vec<&str> =
            errors.iter().map(|&(start, end)| &text[start as usize..end as usize]).collect();
        Some(format!("  errors in valid Python: {places:?}"))
    });
}

#[test]
fn places_are_those_of_cpython() {
    compare(&["spans"], |text, theirs| {
        let theirs: HashSet<&str> = theirs.split(' ').collect();
        let ours = places(text);
        let wrong: Vec<_> =
            ours.iter().filter(|(place, _)| !theirs.contains(place.as_str())).collect();
        (!wrong.is_empty()).then(|| format!("  {wrong:?}"))
    });
}

/// The place of each expression and the start of each statement, as CPython's script prints them,
/// with the source there. Older versions of CPython do not know the places inside f-strings.
fn places(text: &str) -> Vec<(String, String)> {
    let ast = parse(text);
    let absolute = |span: Span| {
        let start = ast.block_starts[span.block.0 as usize];
        (start + span.start, start + span.end)
    };
    let exprs = ast.exprs.iter().map(|expr| (absolute(expr.span), &expr.kind));
    let strings: Vec<(u32, u32)> = exprs
        .clone()
        .filter(|(_, kind)| matches!(kind, ExprKind::FString(_)))
        .map(|(place, _)| place)
        .collect();
    let in_string = |&(start, end): &(u32, u32)| {
        strings.iter().any(|&(from, to)| from <= start && end <= to && (from, to) != (start, end))
    };
    let mut places = Vec::new();
    for ((start, end), _) in exprs.filter(|(place, _)| !in_string(place)) {
        places.push((format!("{start}..{end}"), text[start as usize..end as usize].to_owned()));
    }
    for stmt in ast.stmts.iter() {
        let (start, end) = absolute(stmt.span);
        let is_decorated = text[start as usize..].starts_with('@');
        if !is_decorated {
            places.push((format!("{start}.."), text[start as usize..end as usize].to_owned()));
        }
    }
    places
}
