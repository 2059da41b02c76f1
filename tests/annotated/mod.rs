//! The fixture projects, what their comments announce, and what is found in them.
//!
//! `expect: rule-id` stands on (or alone above) the line where a finding starts, `later: rule-id`
//! in the same way for what no rule finds yet.

#![allow(dead_code, reason = "each test binary uses a part of this module")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tokscan::engine::{ScanOptions, scan};
use tokscan::finding::{Confidence, Severity};
use tokscan::rule::RuleSet;

/// Path, line and rule of a finding or an announcement.
pub type Place = (String, usize, String);

/// What the comments of a project announce.
#[derive(Default)]
pub struct Announced {
    pub expected: BTreeSet<Place>,
    pub later: BTreeSet<Place>,
}

/// What a scan reports.
pub struct Found {
    /// By default: medium confidence and low severity, or more.
    pub shown: BTreeSet<Place>,
    /// All of it.
    pub all: BTreeSet<Place>,
}

/// The folder of the fixtures.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// The folders in a folder.
pub fn folders(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("the entry can be read").path());
    paths.filter(|path| path.is_dir()).collect()
}

/// Scans a project.
pub fn findings(project: &Path, rules: &RuleSet) -> Found {
    let outcome =
        scan(&[project.to_owned()], rules, &ScanOptions::default()).expect("it is scanned");
    let mut found = Found { shown: BTreeSet::new(), all: BTreeSet::new() };
    for finding in &outcome.findings {
        let loc = finding.primary.loc;
        let ((line, _), _) = outcome.files.line_col(loc);
        let path = outcome.files.get(loc.file).path.clone();
        let place = (path, line as usize, finding.rule.to_string());
        if finding.confidence >= Confidence::Medium && finding.severity >= Severity::Low {
            found.shown.insert(place.clone());
        }
        found.all.insert(place);
    }
    found
}

/// What the comments of all files of a project announce.
pub fn announced(project: &Path) -> Announced {
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
