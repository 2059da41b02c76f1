//! The examples of the packs in this repository do what they say.

use std::path::{Path, PathBuf};

use tokscan::engine::check_packs;

#[test]
fn every_example_of_every_rule_holds() {
    let packs: Vec<PathBuf> = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")];
    let report = check_packs(&packs).expect("the packs are valid");
    assert!(report.failures.is_empty(), "{}", report.failures.join("\n"));
    assert!(report.rules >= 25, "only {} rules", report.rules);
    assert!(report.examples >= 3 * report.rules, "{} examples", report.examples);
}
