//! The fixture projects: what their annotations announce is found, and nothing else.
//!
//! `weak` projects carry `expect: rule-id` comments on (or alone above) the line where a finding
//! starts, and `later: rule-id` for what no rule finds yet. `hardened` twins are silent.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tokscan::engine::{ScanOptions, scan};
use tokscan::finding::{Confidence, Severity};
use tokscan::rule::RuleSet;

/// Path, line and rule of a finding or an announcement.
type Place = (String, usize, String);

/// What the comments of a project announce.
#[derive(Default)]
struct Announced {
    expected: BTreeSet<Place>,
    later: BTreeSet<Place>,
}

#[test]
fn weak_projects_show_what_they_announce_and_hardened_ones_are_silent() {
    let rules = RuleSet::builtin().expect("the embedded packs load");
    let mut failures = Vec::new();
    let (mut found_in_all, mut later_in_all) = (0, 0);
    for project in projects() {
        let announced = announced(&project);
        let found = findings(&project, &rules);
        let name = project.strip_prefix(root()).expect("below the root").display();
        for (path, line, rule) in announced.expected.difference(&found) {
            failures.push(format!("{name}: {rule} is not found at {path}:{line}"));
        }
        for place in found.difference(&announced.expected) {
            if !announced.later.contains(place) {
                let (path, line, rule) = place;
                failures.push(format!("{name}: {rule} is found at {path}:{line}"));
            }
        }
        if project.ends_with("hardened") && !announced.expected.is_empty() {
            failures.push(format!("{name}: a hardened project announces findings"));
        }
        found_in_all += announced.expected.len();
        later_in_all += announced.later.len();
    }
    assert!(failures.is_empty(), "{} disagreements:\n{}", failures.len(), failures.join("\n"));
    assert!(found_in_all > 0, "no project announces anything");
    println!("{found_in_all} announced findings are found, {later_in_all} are left for later");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// `fixtures/<theme>/<weak|hardened>`, sorted.
fn projects() -> Vec<PathBuf> {
    let mut projects: Vec<PathBuf> = folders(&root()).iter().flat_map(|f| folders(f)).collect();
    projects.retain(|p| p.ends_with("weak") || p.ends_with("hardened"));
    projects.sort();
    projects
}

fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("the entry can be read").path());
    paths.filter(|path| path.is_dir()).collect()
}

/// What is shown by default: medium confidence and low severity, or more.
fn findings(project: &Path, rules: &RuleSet) -> BTreeSet<Place> {
    let outcome =
        scan(&[project.to_owned()], rules, &ScanOptions::default()).expect("it is scanned");
    let shown = outcome
        .findings
        .iter()
        .filter(|f| f.confidence >= Confidence::Medium && f.severity >= Severity::Low);
    shown
        .map(|finding| {
            let loc = finding.primary.loc;
            let ((line, _), _) = outcome.files.line_col(loc);
            let path = outcome.files.get(loc.file).path.clone();
            (path, line as usize, finding.rule.to_string())
        })
        .collect()
}

fn announced(project: &Path) -> Announced {
    let mut announced = Announced::default();
    let mut work = vec![project.to_owned()];
    while let Some(folder) = work.pop() {
        work.extend(folders(&folder));
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("the entry can be read").path();
            if let (true, Ok(text)) = (path.is_file(), fs::read_to_string(&path)) {
                let relative = path.strip_prefix(project).expect("below the project");
                read_comments(
                    &relative.to_string_lossy().replace('\\', "/"),
                    &text,
                    &mut announced,
                );
            }
        }
    }
    announced
}

/// Reads the annotations of one file; those alone on a line mean the next line without any.
fn read_comments(path: &str, text: &str, announced: &mut Announced) {
    let mut waiting: Vec<(bool, String)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let (code, rules) = annotation(line);
        waiting.extend(rules);
        if code.trim().is_empty() && !waiting.is_empty() {
            continue;
        }
        for (later, rule) in waiting.drain(..) {
            let place = (path.to_owned(), number, rule);
            if later {
                announced.later.insert(place)
            } else {
                announced.expected.insert(place)
            };
        }
    }
}

/// The code of a line, and the rules its comment announces: whether for later, and the id.
fn annotation(line: &str) -> (&str, Vec<(bool, String)>) {
    for (word, later) in [("expect:", false), ("later:", true)] {
        let Some(at) = line.find(word) else { continue };
        let code = line[..at].trim_end();
        let Some(sign) = ["#", "--", "{#", "<!--"].iter().find(|s| code.ends_with(**s)) else {
            continue;
        };
        let ids = line[at + word.len()..].trim_end();
        let ids = ids.trim_end_matches("#}").trim_end_matches("-->").split(',');
        let rules = ids.map(|id| (later, id.trim().to_owned())).filter(|(_, id)| !id.is_empty());
        return (&code[..code.len() - sign.len()], rules.collect());
    }
    (line, Vec::new())
}
