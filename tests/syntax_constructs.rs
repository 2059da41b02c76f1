//! Every construct of the grammar, as source and as tree. `tests/syntax_cpython.rs` compares the
//! trees of the same source with CPython's own.

use std::fmt::Write;

use tokscan::syntax::{dump, parse};

#[test]
fn every_construct() {
    let mut out = String::new();
    for snippet in include_str!("support/snippets.txt").split("\n----\n") {
        let ast = parse(snippet);
        assert_eq!(ast.errors, [], "{snippet}");
        assert_eq!(ast.cuts, [], "{snippet}");
        write!(out, "{snippet}\n---->\n{}\n\n", dump(&ast)).unwrap();
    }
    insta::assert_snapshot!(out);
}
