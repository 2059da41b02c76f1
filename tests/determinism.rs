//! The same input gives the same output, byte for byte: whatever the number of threads, the
//! order of the files, and how often it is asked.

mod harness;

use std::fs;
use std::path::{Path, PathBuf};

use harness::{RULES, Rng, render};
use tokscan::engine::{self, ScanOptions};
use tokscan::report::Format;
use tokscan::source::FileTable;

/// Every project of `fixtures/`.
fn projects() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let folders = |path: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(path).expect("folder").map(|entry| entry.expect("entry").path());
        let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
        folders.sort();
        folders
    };
    let projects: Vec<PathBuf> = folders(&root).iter().flat_map(|theme| folders(theme)).collect();
    assert!(projects.len() >= 10, "the fixtures are there");
    projects
}

fn options(threads: usize) -> ScanOptions {
    ScanOptions { threads: Some(threads), ..ScanOptions::default() }
}

/// All reports of one scan.
fn scan(project: &Path, threads: usize) -> [String; 10] {
    let outcome = engine::scan(&[project.to_owned()], &RULES, &options(threads)).expect("scan");
    Format::ALL.map(|format| render(format, &outcome))
}

#[test]
fn threads_do_not_matter() {
    for project in projects() {
        let one = scan(&project, 1);
        for threads in [8, 1, 3] {
            assert!(one == scan(&project, threads), "{} with {threads}", project.display());
        }
    }
}

/// The files of a project, as text.
fn texts(folder: &Path, root: &Path, into: &mut Vec<(PathBuf, String)>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).expect("folder").map(|entry| entry.expect("entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            texts(&path, root, into);
        } else if let Ok(text) = fs::read_to_string(&path) {
            into.push((path.strip_prefix(root).expect("below its root").to_owned(), text));
        }
    }
}

#[test]
fn order_of_files_does_not_matter() {
    for (seed, project) in (0..).zip(projects()) {
        let mut files = Vec::new();
        texts(&project, &project, &mut files);
        let reports = |files: &[(PathBuf, String)]| {
            let table = FileTable::in_memory(files.iter().map(|(p, t)| (p, t.as_str())));
            let outcome = engine::analyse(table, &RULES, &options(2)).expect("analyse");
            (render(Format::Json, &outcome), format!("{:?}", outcome.findings))
        };
        let sorted = reports(&files);
        for _ in 0..2 {
            Rng::new(seed).shuffle(&mut files);
            assert!(sorted == reports(&files), "{}", project.display());
        }
    }
}

/// Bodies may stand in any order: definitions in another order give the same findings.
#[test]
fn order_of_definitions_does_not_matter() {
    let head = "import os\n\nimport jwt\n\nKEY = os.environ[\"KEY\"]\n";
    let mut parts = vec![
        "def read(raw):\n    return lax(raw, off())\n",
        "def lax(raw, check):\n    return jwt.decode(raw, options={\"verify_signature\": check})\n",
        "def off():\n    return switch() and True\n",
        "def switch():\n    return False\n",
        "def issue(user):\n    return jwt.encode(claims(user), KEY, algorithm=\"HS256\")\n",
        "def claims(user):\n    return {\"sub\": str(user.pk)}\n",
        "class Reader:\n    def read(self, raw):\n        return jwt.decode(raw, KEY, algorithms=[\"HS256\"], options=strict())\n",
        "def strict():\n    return {\"verify_exp\": False}\n",
    ];
    let found = |parts: &[&str]| {
        let text = format!("{head}\n\n{}", parts.join("\n\n"));
        let mut found = harness::scan(&[("shop/all.py".to_owned(), text)]);
        found.sort();
        found
    };
    let expected = found(&parts);
    assert!(expected.len() >= 3, "{expected:#?}");
    let mut rng = Rng::new(3);
    for _ in 0..12 {
        rng.shuffle(&mut parts);
        assert_eq!(found(&parts), expected, "{parts:#?}");
    }
}
