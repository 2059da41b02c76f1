//! What the property tests share: deterministic randomness, and scans of projects in memory.

#![allow(dead_code, reason = "each test binary uses a part of this module")]

use std::sync::LazyLock;
use std::time::UNIX_EPOCH;

use tokscan::engine::{self, Outcome, ScanOptions};
use tokscan::finding::{Confidence, Severity};
use tokscan::report::{self, Format, Grouping, Hidden, Report, Run, TextStyle};
use tokscan::rule::{RuleMeta, RuleSet};
use tokscan::source::FileTable;

/// The embedded rules.
pub static RULES: LazyLock<RuleSet> =
    LazyLock::new(|| RuleSet::builtin().expect("embedded packs load"));

/// A deterministic source of randomness (SplitMix64): equal seeds give equal tests everywhere.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// The source of that seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is not 0.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).expect("below a usize")
    }

    /// A number of `low..=high`.
    pub fn range(&mut self, low: i64, high: i64) -> i64 {
        let width = usize::try_from(high - low + 1).expect("a range that is not empty");
        low + i64::try_from(self.below(width)).expect("below an i64")
    }

    /// True in one of `n` cases.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of `items`.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Puts `items` into another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// What a finding is, apart from where its file lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The rule.
    pub rule: String,
    /// After the rule's adjustments.
    pub severity: Severity,
    /// After the rule's adjustments.
    pub confidence: Confidence,
    /// The file.
    pub path: String,
    /// The line the finding starts on, without indentation.
    pub line: String,
}

/// Analyses files that are in memory.
pub fn analyse(files: &[(String, String)]) -> Outcome {
    let table = FileTable::in_memory(files.iter().map(|(p, t)| (p.as_str(), t.as_str())));
    let options = ScanOptions { threads: Some(1), ..ScanOptions::default() };
    engine::analyse(table, &RULES, &options).expect("worker threads start")
}

/// The findings of a project in memory, sorted.
pub fn scan(files: &[(String, String)]) -> Vec<Found> {
    found(&analyse(files))
}

/// The findings of an outcome, sorted.
pub fn found(outcome: &Outcome) -> Vec<Found> {
    let mut found: Vec<Found> = outcome
        .findings
        .iter()
        .map(|finding| {
            let ((line, _), _) = outcome.files.line_col(finding.primary.loc);
            let file = outcome.files.get(finding.primary.loc.file);
            let line = file.text.lines().nth(line as usize - 1).unwrap_or_default();
            Found {
                rule: finding.rule.to_string(),
                severity: finding.severity,
                confidence: finding.confidence,
                path: file.path.clone(),
                line: line.trim().to_owned(),
            }
        })
        .collect();
    found.sort();
    found
}

/// A project as text, for the message of a failing test.
pub fn listing(files: &[(String, String)]) -> String {
    files.iter().map(|(path, text)| format!("--- {path}\n{text}\n")).collect()
}

/// The report of all that a scan found, whatever its severity, at the epoch.
pub fn render(format: Format, outcome: &Outcome) -> String {
    let rules: Vec<&RuleMeta> = RULES.metas().collect();
    let report = Report {
        findings: &outcome.findings.iter().collect::<Vec<_>>(),
        suppressed: &outcome.suppressed.iter().collect::<Vec<_>>(),
        files: &outcome.files,
        redactor: &outcome.redactor,
        rules: &rules,
        coverage: &outcome.coverage,
        hidden: Hidden {
            suppressed: outcome.suppressed.len(),
            by_path: 0,
            baseline: 0,
            elsewhere: 0,
            by_severity: 0,
            by_confidence: 0,
            min_severity: Severity::Info,
            min_confidence: Confidence::Low,
        },
        notices: &outcome.notices.iter().collect::<Vec<_>>(),
        sarif_suppressed: true,
        grouping: Grouping::Severity,
        run: Run {
            repository: &outcome.files.root,
            working: &outcome.files.root,
            started: UNIX_EPOCH,
            ended: UNIX_EPOCH,
            category: None,
        },
        autofix: Default::default(),
    };
    let mut out = Vec::new();
    report::write(format, &report, &TextStyle::default(), &mut out).expect("write to memory");
    String::from_utf8(out).expect("UTF-8")
}
