//! Parses the Python of all patterns and signatures ahead, on all cores.
//!
//! Measured on the packs of 86 rules (305 kB), in millions of instructions per load: Python 77
//! (short texts, 10 µs each, however many are put together), TOML 28, all else 42. The first
//! two are spread over the cores. Checking the embedded packs' examples and compiling their
//! regexes would double the sum (306 instead of 147); a test does it instead.

use std::sync::Arc;

use rayon::prelude::*;

use super::calls::signature_source;
use super::holes::{Rewritten, rewrite};
use super::tree::{Node, Table};
use crate::base::FxHashMap;
use crate::syntax::ast::Ast;
use crate::syntax::parse;

/// Keys whose strings are patterns.
const PATTERN_KEYS: [&str; 16] = [
    "pattern",
    "any",
    "reads",
    "patterns",
    "origin",
    "executes",
    "around",
    "hook",
    "anywhere",
    "inside",
    "unless-only",
    "include",
    "lists",
    "prefixed-lists",
    "exposes",
    "does",
];

/// A pattern the grammar accepts, and its tree.
#[derive(Debug)]
pub(super) struct ParsedPattern {
    pub rewritten: Rewritten,
    pub ast: Ast,
}

/// Trees of the Python that compilation is going to ask for, by the text in the pack.
#[derive(Debug, Default)]
pub(super) struct Parsed<'p> {
    patterns: FxHashMap<&'p str, Arc<ParsedPattern>>,
    signatures: FxHashMap<&'p str, Arc<Ast>>,
}

impl<'p> Parsed<'p> {
    /// Parses every pattern and signature below `roots`.
    pub fn new(roots: impl Iterator<Item = Table<'p>>) -> Self {
        let mut texts = Texts::default();
        roots.for_each(|root| texts.collect(root));
        let (patterns, signatures) = rayon::join(
            || parallel(texts.patterns, |text| Some(Arc::new(parse_pattern(text)))),
            || parallel(texts.signatures, |text| Some(Arc::new(parse(&signature_source(text)?.1)))),
        );
        Self { patterns, signatures }
    }

    /// The tree of a pattern.
    pub fn pattern(&self, text: &str) -> Arc<ParsedPattern> {
        self.patterns.get(text).cloned().unwrap_or_else(|| Arc::new(parse_pattern(text)))
    }

    /// The tree of the [`signature_source`] of a signature.
    pub fn signature(&self, text: &str, source: &str) -> Arc<Ast> {
        self.signatures.get(text).cloned().unwrap_or_else(|| Arc::new(parse(source)))
    }
}

fn parse_pattern(text: &str) -> ParsedPattern {
    let rewritten = rewrite(text);
    let ast = parse(&rewritten.text);
    ParsedPattern { rewritten, ast }
}

fn parallel<T: Send>(
    mut texts: Vec<&str>,
    parse: impl Fn(&str) -> Option<T> + Sync,
) -> FxHashMap<&str, T> {
    texts.sort_unstable();
    texts.dedup();
    texts.into_par_iter().filter_map(|text| Some((text, parse(text)?))).collect()
}

/// Texts of the packs that are Python.
#[derive(Default)]
struct Texts<'p> {
    patterns: Vec<&'p str>,
    signatures: Vec<&'p str>,
}

impl<'p> Texts<'p> {
    fn collect(&mut self, table: Table<'p>) {
        for (key, node) in table.unordered() {
            if key == "signature" {
                self.signatures.extend(node.texts().into_iter().map(|text| text.value));
            } else if PATTERN_KEYS.contains(&key) {
                self.patterns.extend(node.texts().into_iter().map(|text| text.value));
            }
            self.descend(node);
        }
    }

    fn descend(&mut self, node: Node<'p>) {
        if let Some(table) = node.table() {
            self.collect(table);
        } else if node.is_array() {
            node.items().into_iter().for_each(|item| self.descend(item));
        }
    }
}
