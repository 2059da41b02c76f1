//! What a scan sees, what it leaves out, and that it says so.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokscan::source::{
    Coverage, DiscoverError, DiscoverOptions, FileKind, FileTable, ReadNote, SkipReason, load,
};

/// A directory with the given files.
fn project(files: &[(&str, &[u8])]) -> TempDir {
    let directory = TempDir::new().expect("temporary directory");
    for (path, bytes) in files {
        write(directory.path(), path, bytes);
    }
    directory
}

fn write(directory: &Path, path: &str, bytes: &[u8]) {
    let path = directory.join(path);
    fs::create_dir_all(path.parent().expect("parent")).expect("directory");
    fs::write(path, bytes).expect("file");
}

fn scan(paths: &[PathBuf]) -> FileTable {
    load(paths, &DiscoverOptions::default()).expect("scan")
}

fn scan_one(directory: &TempDir) -> FileTable {
    scan(&[directory.path().to_owned()])
}

fn paths(table: &FileTable) -> Vec<&str> {
    table.files.iter().map(|file| file.path.as_str()).collect()
}

fn skipped(table: &FileTable) -> Vec<(&str, SkipReason)> {
    table.skipped.iter().map(|skipped| (skipped.path.as_str(), skipped.reason)).collect()
}

#[test]
fn missing_path_is_an_error() {
    let error = load(&["/no/such/path".into()], &DiscoverOptions::default()).expect_err("missing");
    assert!(matches!(error, DiscoverError::Missing { .. }));
    assert_eq!(error.to_string(), "path does not exist: /no/such/path");
}

#[test]
fn empty_directory_and_no_python_are_fine() {
    let directory = project(&[]);
    assert_eq!(Coverage::of(&scan_one(&directory)).analysed, 0);
    let directory = project(&[("README.md", b"# hi"), ("Dockerfile", b"FROM x")]);
    let table = scan_one(&directory);
    assert_eq!(paths(&table), ["Dockerfile"]);
    assert!(table.skipped.is_empty());
    let coverage = Coverage::of(&table);
    assert_eq!((coverage.analysed, coverage.documents), (0, 1));
}

#[cfg(unix)]
#[test]
fn unreadable_files_and_directories_are_recorded() {
    use std::os::unix::fs::PermissionsExt;
    let directory = project(&[("a.py", b"x = 1"), ("b.py", b"x = 1"), ("d/c.py", b"x = 1")]);
    let chmod = |path: &str, mode| {
        let path = directory.path().join(path);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("chmod");
    };
    chmod("b.py", 0o000);
    chmod("d", 0o000);
    if fs::read(directory.path().join("b.py")).is_ok() {
        chmod("d", 0o755);
        return; // Permissions do not bind this user.
    }
    let table = scan_one(&directory);
    chmod("d", 0o755);
    assert_eq!(paths(&table), ["a.py"]);
    let denied = SkipReason::Unreadable(std::io::ErrorKind::PermissionDenied);
    assert_eq!(skipped(&table), [("b.py", denied), ("d", denied)]);
    assert!(!Coverage::of(&table).is_complete());
}

#[test]
fn binaries_are_skipped_and_utf16_is_decoded() {
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain("x = 'é'".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let directory =
        project(&[("bin.py", b"\x7fELF\0\0\0\0\x01\x02\x03\0\0\0"), ("wide.py", &utf16)]);
    let table = scan_one(&directory);
    assert_eq!(paths(&table), ["wide.py"]);
    assert_eq!(&*table.get(0.into()).text, "x = 'é'");
    assert_eq!(skipped(&table), [("bin.py", SkipReason::Binary)]);
}

#[test]
fn latin1_is_read_with_and_without_cookie() {
    let directory = project(&[
        ("cookie.py", b"# -*- coding: latin-1 -*-\nx = '\xe9'\n"),
        ("none.py", b"x = '\xe9'\n"),
    ]);
    let table = scan_one(&directory);
    assert!(table.files.iter().all(|file| file.text.ends_with("x = 'é'\n")));
    assert_eq!(table.get(1.into()).notes, [ReadNote::Guessed]);
    let coverage = Coverage::of(&table);
    assert_eq!(coverage.recovered.len(), 1, "only the guess is worth a word");
    assert_eq!(coverage.recovered[0].path, "none.py");
    assert!(coverage.is_complete());
}

#[test]
fn nul_bytes_are_recovered() {
    let directory = project(&[("a.py", b"x = 1\0\ny = 2\n")]);
    let table = scan_one(&directory);
    assert_eq!(&*table.get(0.into()).text, "x = 1 \ny = 2\n");
}

#[test]
fn large_files_are_skipped_by_name_and_long_lines_are_not() {
    let line = |length: usize| [b"x = '".as_slice(), &vec![b'a'; length], b"'\n"].concat();
    let directory = project(&[("big.py", &line(2_000_000)), ("long.py", &line(1_900_000))]);
    let table = scan_one(&directory);
    assert_eq!(paths(&table), ["long.py"]);
    assert_eq!(skipped(&table), [("big.py", SkipReason::TooLarge)]);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    use std::os::unix::fs::symlink;
    let outside = project(&[("secret.py", b"x = 1"), ("lib/more.py", b"x = 1")]);
    let directory = project(&[("app/a.py", b"x = 1"), ("dir.py/b.py", b"x = 1")]);
    let root = directory.path();
    symlink(root, root.join("app/loop")).expect("link");
    symlink("a.py", root.join("app/alias.py")).expect("link");
    symlink(outside.path().join("secret.py"), root.join("app/out.py")).expect("link");
    symlink(outside.path().join("lib"), root.join("lib")).expect("link");
    symlink("nowhere.py", root.join("dangling.py")).expect("link");
    let table = scan_one(&directory);
    assert_eq!(paths(&table), ["app/a.py", "dir.py/b.py"]);
    assert_eq!(
        skipped(&table),
        ["app/out.py", "dangling.py", "lib"].map(|path| (path, SkipReason::Symlink)),
        "links whose target is scanned anyway are no loss"
    );
}

#[cfg(unix)]
#[test]
fn a_named_link_is_followed_and_a_pipe_is_not_waited_for() {
    use std::os::unix::fs::symlink;
    let directory = project(&[("real/a.py", b"x = 1")]);
    let root = directory.path();
    symlink("real", root.join("link")).expect("link");
    symlink("real/a.py", root.join("alias.py")).expect("link");
    assert_eq!(paths(&scan(&[root.join("link")])), ["a.py"]);
    assert_eq!(paths(&scan(&[root.join("alias.py")])), ["alias.py"]);
    let made = std::process::Command::new("mkfifo").arg(root.join("real/pipe.py")).status();
    if made.is_ok_and(|status| status.success()) {
        let table = scan(&[root.join("real")]);
        assert_eq!(skipped(&table), [("pipe.py", SkipReason::Special)]);
        let table = scan(&[root.join("real/pipe.py")]);
        assert_eq!(skipped(&table), [("pipe.py", SkipReason::Special)]);
    }
}

#[test]
fn line_breaks_and_marks_do_not_matter() {
    let directory = project(&[
        ("bom.py", b"\xef\xbb\xbfx = 1\ny = 2\n"),
        ("cr.py", b"x = 1\ry = 2\r"),
        ("crlf.py", b"x = 1\r\ny = 2\r\n"),
    ]);
    let table = scan_one(&directory);
    for file in &table.files {
        let at = u32::try_from(file.text.find('y').expect("y")).expect("small");
        assert_eq!(file.lines().line_col(&file.text, at), (2, 1), "{}", file.path);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_are_percent_encoded() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let directory = project(&[]);
    fs::write(directory.path().join(OsStr::from_bytes(b"caf\xe9.py")), "x = 1").expect("file");
    fs::write(directory.path().join("esc\u{1b}.py"), "x = 1").expect("file");
    assert_eq!(paths(&scan_one(&directory)), ["caf%E9.py", "esc%1B.py"]);
}

#[test]
fn environments_and_tool_directories_are_counted_once() {
    let directory = project(&[
        ("app.py", b""),
        ("env/pyvenv.cfg", b""),
        ("env/lib/python3/site-packages/django/a.py", b""),
        ("conda/conda-meta/history", b""),
        ("conda/lib/a.py", b""),
        ("node_modules/x/gyp.py", b""),
        ("__pycache__/a.py", b""),
        (".tox/py/a.py", b""),
        (".git/hooks/a.py", b""),
        ("vendor/site-packages/b.py", b""),
    ]);
    let table = scan_one(&directory);
    assert_eq!(paths(&table), ["app.py", "vendor/site-packages/b.py"]);
    assert_eq!(
        skipped(&table),
        [
            (".tox", SkipReason::ToolDirectory),
            ("conda", SkipReason::VirtualEnvironment),
            ("env", SkipReason::VirtualEnvironment),
            ("node_modules", SkipReason::ToolDirectory),
        ]
    );
    assert!(Coverage::of(&table).is_complete());
}

#[test]
fn the_root_itself_may_be_what_is_skipped_elsewhere() {
    let directory = project(&[
        ("env/pyvenv.cfg", b""),
        ("env/bin/tool.py", b""),
        ("env/lib/site-packages/django/a.py", b""),
    ]);
    let table = scan(&[directory.path().join("env")]);
    assert_eq!(paths(&table), ["bin/tool.py", "pyvenv.cfg"]);
    assert_eq!(skipped(&table), [("lib/site-packages", SkipReason::VirtualEnvironment)]);
    let table = scan(&[directory.path().join("env/lib/site-packages")]);
    assert_eq!(paths(&table), ["django/a.py"]);
}

#[test]
fn ignore_files_are_honoured() {
    let directory = project(&[
        (".gitignore", b"build/\n"),
        (".tokscanignore", b"legacy/\n"),
        ("a.py", b""),
        ("build/b.py", b""),
        ("legacy/c.py", b""),
        ("sub/.gitignore", b"*.py\n!keep.py\n"),
        ("sub/d.py", b""),
        ("sub/keep.py", b""),
        (".hidden/e.py", b""),
    ]);
    assert_eq!(paths(&scan_one(&directory)), [".hidden/e.py", "a.py", "sub/keep.py"]);
    let named = ["build/b.py", "legacy/c.py"].map(|path| directory.path().join(path));
    let table = scan(&named);
    assert_eq!(paths(&table), ["build/b.py"], "naming a file overrides .gitignore");
    assert_eq!(skipped(&table), [("legacy/c.py", SkipReason::Excluded)]);
}

#[test]
fn ignore_files_above_the_root_count_only_inside_a_repository() {
    let directory = project(&[(".gitignore", b"*.py\n"), ("app/a.py", b"")]);
    let app = [directory.path().join("app")];
    assert_eq!(paths(&scan(&app)), ["a.py"]);
    fs::create_dir(directory.path().join(".git")).expect("repository");
    assert!(scan(&app).files.is_empty());
}

#[test]
fn dotenv_files_outside_of_repositories_are_not_read() {
    let directory = project(&[(".env", b"SECRET=1"), ("a.py", b"")]);
    let kinds = vec![FileKind::Python, FileKind::Dotenv];
    let options = DiscoverOptions { kinds, ..DiscoverOptions::default() };
    let table = load(&[directory.path().to_owned()], &options).expect("scan");
    assert_eq!(paths(&table), ["a.py"]);
    assert_eq!(skipped(&table), [(".env", SkipReason::Untracked)]);
}

#[test]
fn other_kinds_are_loaded_on_demand() {
    let directory = project(&[("requirements.txt", b"django==5.0"), ("a.py", b"")]);
    let kinds = vec![FileKind::Python, FileKind::Requirements];
    let options = DiscoverOptions { kinds, ..DiscoverOptions::default() };
    let table = load(&[directory.path().to_owned()], &options).expect("scan");
    assert_eq!(paths(&table), ["a.py", "requirements.txt"]);
    assert_eq!(Coverage::of(&table).analysed, 1);
}

#[test]
fn notebooks_are_read_and_broken_ones_recorded() {
    let code = br#"{"cells": [{"cell_type": "code", "source": ["x = 1"]}], "metadata": {}}"#;
    let other = br#"{"cells": [], "metadata": {"kernelspec": {"language": "R"}}}"#;
    let files: &[(&str, &[u8])] =
        &[("broken.ipynb", b"{}"), ("good.ipynb", code), ("statistics.ipynb", other)];
    let table = scan_one(&project(files));
    assert_eq!(
        skipped(&table),
        [("broken.ipynb", SkipReason::BrokenNotebook), ("statistics.ipynb", SkipReason::NotPython)]
    );
    assert_eq!(&*table.files[tokscan::base::FileId(0)].text, "x = 1\n");
    assert!(!Coverage::of(&table).is_complete(), "what is broken is a loss");
}

#[test]
fn files_may_be_named() {
    let directory = project(&[
        ("app/a.py", b""),
        ("app/b.py", b""),
        ("bin/manage", b"#!/usr/bin/env python3\n"),
        ("bin/run", b"#!/bin/sh\n"),
    ]);
    let at = |path: &str| directory.path().join(path);
    assert_eq!(paths(&scan(&[at("app/a.py")])), ["a.py"]);
    let table = scan(&[at("app/a.py"), at("bin/manage"), at("bin/run")]);
    assert_eq!(paths(&table), ["app/a.py", "bin/manage"]);
    assert_eq!(skipped(&table), [("bin/run", SkipReason::NotPython)]);
}

#[test]
fn overlapping_roots_yield_each_file_once() {
    let directory = project(&[("a.py", b""), ("sub/b.py", b"")]);
    let root = directory.path();
    let table = scan(&[root.join("sub"), root.to_owned(), root.join("sub/b.py")]);
    assert_eq!(paths(&table), ["a.py", "sub/b.py"]);
    assert_eq!(table.root, root.canonicalize().expect("root"));
}

#[test]
fn the_order_does_not_depend_on_threads() {
    let names: Vec<String> = (0..200).map(|n| format!("d{}/f{n}.py", n % 7)).collect();
    let files: Vec<(&str, &[u8])> =
        names.iter().map(|name| (name.as_str(), b"x".as_slice())).collect();
    let directory = project(&files);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("pool");
        let table = pool.install(|| scan_one(&directory));
        paths(&table).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let sorted = with(1);
    assert!(sorted.is_sorted());
    assert_eq!(sorted, with(8));
}
