//! The fixture projects: what their annotations announce is found, and nothing else.
//!
//! `weak` projects carry the annotations, `hardened` twins are silent.

mod annotated;

use std::path::PathBuf;

use tokscan::rule::RuleSet;

use annotated::{announced, findings, folders, root};

#[test]
fn weak_projects_show_what_they_announce_and_hardened_ones_are_silent() {
    let rules = RuleSet::builtin().expect("the embedded packs load");
    let mut failures = Vec::new();
    let (mut found_in_all, mut later_in_all) = (0, 0);
    for project in projects() {
        let announced = announced(&project);
        let found = findings(&project, &rules).shown;
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

/// `fixtures/<theme>/<weak|hardened>`, sorted.
fn projects() -> Vec<PathBuf> {
    let mut projects: Vec<PathBuf> = folders(&root()).iter().flat_map(|f| folders(f)).collect();
    projects.retain(|p| p.ends_with("weak") || p.ends_with("hardened"));
    projects.sort();
    projects
}
