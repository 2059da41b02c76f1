//! The pairs of `fixtures/flows`: each leak earns the finding it announces, with the path it
//! numbers, and each safe twin earns none.
//!
//! `expect: rule-id` stands where the finding starts, `trace: N` numbers the steps of its path.
//! `fixtures/README.md` says what a step is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use tokscan::base::Loc;
use tokscan::engine::{Outcome, ScanOptions, scan};
use tokscan::finding::{Confidence, Finding, Severity};
use tokscan::rule::RuleSet;

/// Projects that are judged wrongly, and why. Whoever mends one takes it off the list.
const GAPS: &[(&str, &str)] = &[
    ("decorator-that-checks-but-lets-pass/leak", "without settings, middleware may guard"),
    ("reject-by-raise/leak", "without settings, middleware may guard"),
    ("reject-by-redirect/leak", "without settings, middleware may guard"),
];

/// Leaks that are found by another path than the one that is numbered, and why.
const OTHER_PATHS: &[(&str, &str)] = &[
    ("column-judged-by-its-writes/leak", "the field is judged, not the flow into it"),
    ("django-signal-receiver/leak", "the key is the source, not the row that has it"),
];

/// A file below the project and a line.
type Line = (String, usize);

/// What the comments of a project announce.
#[derive(Default)]
struct Announced {
    expected: BTreeSet<(Line, String)>,
    steps: BTreeMap<usize, Line>,
}

#[test]
fn leaks_are_found_by_their_paths_and_safe_twins_are_silent() {
    let rules = RuleSet::builtin().expect("the embedded packs load");
    let (mut failures, mut pairs) = (Vec::new(), 0);
    for mechanism in folders(&root()) {
        pairs += 1;
        for kind in ["leak", "safe"] {
            let project = mechanism.join(kind);
            let name = project.strip_prefix(root()).expect("below the root").display().to_string();
            let known = |list: &[(&str, &str)]| list.iter().any(|(gap, _)| *gap == name);
            let (wrong, off) = check(&project, &rules);
            for (problems, list, what) in [(wrong, GAPS, "GAPS"), (off, OTHER_PATHS, "OTHER_PATHS")]
            {
                match (problems.is_empty(), known(list)) {
                    (true, true) => failures.push(format!("{name}: take it off {what}")),
                    (false, false) => {
                        failures.extend(problems.iter().map(|p| format!("{name}: {p}")))
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} disagreements:\n{}", failures.len(), failures.join("\n"));
    assert!(pairs >= 80, "only {pairs} pairs");
}

/// What is found and not announced or the reverse; what is off with the path.
fn check(project: &Path, rules: &RuleSet) -> (Vec<String>, Vec<String>) {
    let announced = announced(project);
    let outcome =
        scan(&[project.to_owned()], rules, &ScanOptions::default()).expect("it is scanned");
    let shown = outcome
        .findings
        .iter()
        .filter(|f| f.confidence >= Confidence::Medium && f.severity >= Severity::Low);
    let found: BTreeMap<(Line, String), &Finding> =
        shown.map(|f| ((line(&outcome, project, f.primary.loc), f.rule.to_string()), f)).collect();
    let mut wrong = Vec::new();
    for ((at, rule), _) in found.iter().filter(|(key, _)| !announced.expected.contains(key)) {
        wrong.push(format!("{rule} is found at {}:{}", at.0, at.1));
    }
    let mut off = Vec::new();
    for key in &announced.expected {
        let Some(finding) = found.get(key) else {
            wrong.push(format!("{} is not found at {}:{}", key.1, key.0.0, key.0.1));
            continue;
        };
        let wanted: Vec<Line> = announced.steps.values().cloned().collect();
        let path = path_of(&outcome, project, finding);
        if !wanted.is_empty() && path != wanted {
            off.push(format!("the path is {path:?} instead of {wanted:?}"));
        }
    }
    (wrong, off)
}

/// The lines of a finding's path; steps on one line are one.
fn path_of(outcome: &Outcome, project: &Path, finding: &Finding) -> Vec<Line> {
    let steps = finding.trace.iter().flat_map(|trace| &trace.steps);
    let mut path: Vec<Line> = steps.map(|step| line(outcome, project, step.loc)).collect();
    path.dedup();
    if path.is_empty() {
        path.push(line(outcome, project, finding.primary.loc));
    }
    path
}

fn line(outcome: &Outcome, project: &Path, loc: Loc) -> Line {
    let ((line, _), _) = outcome.files.line_col(loc);
    let whole = PathBuf::from(&outcome.files.get(loc.file).path);
    let path = whole.strip_prefix(project).unwrap_or(&whole);
    (path.display().to_string(), line as usize)
}

/// The annotations of all files of a project.
fn announced(project: &Path) -> Announced {
    let mut announced = Announced::default();
    let mut work = vec![project.to_owned()];
    while let Some(folder) = work.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() {
                work.push(path);
                continue;
            }
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let name = path.strip_prefix(project).expect("below it").display().to_string();
            for (number, text) in (1..).zip(text.lines()) {
                let at = (name.clone(), number);
                for rule in listed(text, "expect: ") {
                    announced.expected.insert((at.clone(), rule));
                }
                for step in listed(text, "trace: ") {
                    announced.steps.insert(step.parse().expect("a number"), at.clone());
                }
            }
        }
    }
    announced
}

/// The entries of `key` in a comment: up to the end of the line, the comment or the next key.
fn listed(text: &str, key: &str) -> Vec<String> {
    let Some((_, rest)) = text.split_once(key) else { return Vec::new() };
    let end = ["  ", " #}", " -->", " */"].iter().filter_map(|stop| rest.find(stop)).min();
    let rest = &rest[..end.unwrap_or(rest.len())];
    rest.split(',').map(|entry| entry.trim().to_owned()).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/flows")
}

/// The folders in a folder, sorted.
fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).expect("the folder can be read");
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.expect("the entry can be read").path()).collect();
    paths.retain(|path| path.is_dir());
    paths.sort();
    paths
}
