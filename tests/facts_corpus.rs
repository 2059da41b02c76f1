//! Extraction over real projects, by hand:
//! `TOKSCAN_CORPUS=DIR cargo test --release --test facts_corpus -- --ignored --nocapture`

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokscan::facts::{FileFacts, Term, extract, print};

fn python_files(dir: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            python_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            files.push(path);
        }
    }
}

/// Sums over all files.
#[derive(Default)]
struct Totals {
    files: usize,
    bytes: usize,
    terms: usize,
    phis: usize,
    stored: usize,
    parsing: Duration,
    extracting: Duration,
    storing: Duration,
}

impl Totals {
    fn add(&mut self, text: &str) -> FileFacts {
        let start = Instant::now();
        let ast = tokscan::syntax::parse(text);
        self.parsing += start.elapsed();
        let start = Instant::now();
        let facts = extract(&ast, text);
        self.extracting += start.elapsed();
        let start = Instant::now();
        let packed = postcard::to_stdvec(&facts).expect("facts serialize");
        self.storing += start.elapsed();
        self.files += 1;
        self.bytes += text.len();
        self.stored += packed.len();
        for term in facts.fns.iter().flat_map(|function| &function.terms) {
            self.terms += 1;
            self.phis += usize::from(matches!(term, Term::Phi(_)));
        }
        let back: FileFacts = postcard::from_bytes(&packed).expect("facts deserialize");
        assert!(back == facts || text.contains("nan"));
        facts
    }
}

#[expect(clippy::print_stderr, reason = "this is what the run is for")]
fn show_secrets(facts: &FileFacts, text: &str) {
    for function in &facts.fns {
        for (term, span) in function.terms.iter().zip(&function.spans) {
            if let Term::Secret(secret) = term {
                let start = facts.block_starts[usize::from(span.block)];
                let place = (start + span.start) as usize..(start + span.end) as usize;
                eprintln!("{:?} {:?} {}", secret.shape, secret.prefix, &text[place]);
            }
        }
    }
}

#[test]
#[ignore = "needs a corpus"]
fn corpus() {
    let root = std::env::var("TOKSCAN_CORPUS").expect("TOKSCAN_CORPUS names a directory");
    let mut files = Vec::new();
    python_files(Path::new(&root), &mut files);
    files.sort();
    let mut totals = Totals::default();
    for path in &files {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let facts = totals.add(&text);
        assert!(!print(&facts, &|name| name.contains("password")).is_empty());
        if std::env::var_os("TOKSCAN_SECRETS").is_some() {
            show_secrets(&facts, &text);
        }
    }
    let Totals { files, bytes, terms, phis, stored, parsing, extracting, storing } = totals;
    let share = extracting.as_secs_f64() / parsing.as_secs_f64();
    eprintln!("{files} files, {bytes} bytes; {terms} terms, {phis} phis, {stored} bytes stored");
    eprintln!("parse {parsing:?}, extract {extracting:?} ({share:.2}), store {storing:?}");
}
