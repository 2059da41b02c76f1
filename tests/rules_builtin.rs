//! The embedded packs load, with every check that packs of users get.

use tokscan::rule::RuleSet;

#[test]
fn embedded_packs_are_valid() {
    if let Err(errors) = RuleSet::from_texts(RuleSet::builtin_texts()) {
        panic!("{:?}", miette::Report::new(errors));
    }
}

#[test]
fn embedded_packs_load_without_the_slow_checks_too() {
    let rules = RuleSet::builtin().expect("the test above says why");
    let ids: Vec<_> = rules.metas().map(|meta| meta.id.clone()).collect();
    assert!(ids.is_sorted());
}
