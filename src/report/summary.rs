//! The last lines of a run: what was found, and how much was looked at.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use super::autofix::autofix_line;
use super::prose::wrapped;
use super::{Grouping, Report};
use crate::base::FxHashMap;
use crate::finding::{Finding, Severity};
use crate::source::{Coverage, PathNote, SkipReason, Skipped};

/// How many paths of one kind a line names before it only counts.
const NAMED: usize = 3;
/// Findings of rules that name no entry.
const NO_ENTRY: &str = "none";

/// What to do about findings that are none, said once a run.
const WRONG: &str = "A false alarm? `# tokscan: ignore[RULE] reason` hides it. Which names are no \
    secrets and which functions make values harmless is said in tokscan.toml; `tokscan init` writes one.";

/// `34 findings in 14 files`; none without any.
pub fn headline(report: &Report<'_>) -> Option<String> {
    let total = report.findings.len();
    let files = || count(report.files_with_findings(), "file");
    (total > 0).then(|| format!("{} in {}", count(total, "finding"), files()))
}

/// A table of findings by severity, and what is hidden. Ends with a line break.
pub fn summary(report: &Report<'_>, width: usize, paint: impl Fn(Severity) -> String) -> String {
    let headline = headline(report);
    let mut out = headline.as_deref().map_or("No findings.\n".into(), |text| format!("{text}\n\n"));
    if headline.is_some() {
        let width = thousands(report.findings.len()).len();
        for (severity, number) in report.by_severity() {
            // Padded outside of the colour codes.
            let pad = " ".repeat(8 - severity.as_str().len());
            out += &format!("  {}{pad}  {:>width$}\n", paint(severity), thousands(number));
        }
        if report.grouping == Grouping::OwaspApi {
            out += &by_owasp_api(report);
        }
    }
    for line in [hidden_line(report), autofix_line(report)].into_iter().flatten() {
        out += &format!("\n{}\n", wrapped(&line, width));
    }
    if headline.is_some() {
        out += &format!("\n{}\n", wrapped(WRONG, width));
    }
    out
}

/// What exists and is not shown, in one sentence; none when that is nothing.
pub(super) fn hidden_line(report: &Report<'_>) -> Option<String> {
    let hidden = hidden(report);
    (!hidden.is_empty()).then(|| format!("Not shown: {}.", hidden.join(", ")))
}

/// Findings per entry of the OWASP API Security Top 10, most first. One whose rule names several
/// counts for the first, which fits best.
fn by_owasp_api(report: &Report<'_>) -> String {
    let groups: FxHashMap<&str, String> = report
        .rules
        .iter()
        .filter_map(|rule| {
            let known = rule.standards_of("owasp-api").next();
            let name = known.map(|entry| format!("{} {}", entry.id, entry.title));
            Some((&*rule.id, name.or_else(|| rule.owasp_api.first().cloned())?))
        })
        .collect();
    let mut counts: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in report.findings {
        let group = groups.get(&*finding.rule).map_or(NO_ENTRY, String::as_str);
        counts.entry(group).or_default().push(finding);
    }
    let mut counts: Vec<(&str, Vec<&Finding>)> = counts.into_iter().collect();
    counts.sort_by_key(|(name, findings)| (std::cmp::Reverse(findings.len()), *name));
    let widest = counts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let width = counts.first().map_or(0, |(_, most)| thousands(most.len()).len());
    let mut out = "\nBy OWASP API Security Top 10\n\n".to_owned();
    for (name, findings) in counts {
        let severities: Vec<String> = Severity::ALL
            .into_iter()
            .filter_map(|severity| {
                let number = findings.iter().filter(|f| f.severity == severity).count();
                (number > 0).then(|| format!("{} {severity}", thousands(number)))
            })
            .collect();
        let number = thousands(findings.len());
        out += &format!("  {name:widest$}  {number:>width$}  {}\n", severities.join(", "));
    }
    out
}

fn hidden(report: &Report<'_>) -> Vec<String> {
    let hidden = report.hidden;
    let mut parts = Vec::new();
    if hidden.by_severity > 0 {
        let below = hidden.min_severity;
        parts.push(format!("{} below --min-severity {below}", thousands(hidden.by_severity)));
    }
    if hidden.by_confidence > 0 {
        let below = hidden.min_confidence;
        parts.push(format!("{} below --min-confidence {below}", thousands(hidden.by_confidence)));
    }
    if hidden.suppressed > 0 {
        parts.push(format!("{} suppressed by comments", thousands(hidden.suppressed)));
    }
    for (number, why) in [
        (hidden.by_path, "ignored for their paths"),
        (hidden.baseline, "in the baseline"),
        (hidden.elsewhere, "elsewhere"),
    ] {
        if number > 0 {
            parts.push(format!("{} {why}", thousands(number)));
        }
    }
    parts
}

/// One line about how much was analysed, without line break:
/// `tokscan: 1,259 files analysed, 1 partly parsed: a.py, 2 skipped (1 too large: b.py, …)`.
pub fn coverage_line(coverage: &Coverage) -> String {
    let mut parts = vec![format!("{} analysed", count(coverage.analysed, "file"))];
    if coverage.documents > 0 {
        parts.push(format!("{} other read", thousands(coverage.documents)));
    }
    for (notes, what) in [
        (&coverage.partly_parsed, "partly parsed"),
        (&coverage.cut_short, "cut short"),
        (&coverage.recovered, "read as well as possible"),
    ] {
        if !notes.is_empty() {
            parts.push(format!("{} {what}{}", thousands(notes.len()), named(notes)));
        }
    }
    if !coverage.failed_rules.is_empty() {
        let rules = coverage.failed_rules.join(", ");
        parts.push(format!("not checked whole because of an internal error: {rules}"));
    }
    if !coverage.skipped.is_empty() {
        let total = thousands(coverage.skipped.len());
        parts.push(format!("{total} skipped ({})", by_reason(&coverage.skipped).join(", ")));
    }
    format!("tokscan: {}", parts.join(", "))
}

fn by_reason(skipped: &[Skipped]) -> Vec<String> {
    let mut groups: FxHashMap<SkipReason, Vec<&Skipped>> = FxHashMap::default();
    for entry in skipped {
        groups.entry(entry.reason).or_default().push(entry);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_unstable_by_key(|(reason, _)| *reason);
    groups
        .into_iter()
        .map(|(reason, entries)| format!("{} {reason}{}", thousands(entries.len()), named(entries)))
        .collect()
}

/// `: a, b, c, …`
fn named<T: HasPath>(entries: impl IntoIterator<Item = T>) -> String {
    let mut paths: Vec<String> =
        entries.into_iter().take(NAMED + 1).map(|entry| entry.path().to_owned()).collect();
    if paths.len() > NAMED {
        paths[NAMED] = "…".into();
    }
    format!(": {}", paths.join(", "))
}

trait HasPath {
    fn path(&self) -> &str;
}

impl HasPath for &PathNote {
    fn path(&self) -> &str {
        &self.path
    }
}

impl HasPath for &Skipped {
    fn path(&self) -> &str {
        &self.path
    }
}

/// `1 file`, `2 files`.
pub fn count(number: usize, thing: &str) -> String {
    format!("{} {thing}{}", thousands(number), if number == 1 { "" } else { "s" })
}

/// A number with `,` between groups of three digits.
pub(super) fn thousands(number: usize) -> String {
    struct Grouped(usize);
    impl Display for Grouped {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match self.0 {
                0..1000 => write!(f, "{}", self.0),
                more => write!(f, "{},{:03}", Grouped(more / 1000), more % 1000),
            }
        }
    }
    Grouped(number).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 1_002_003].map(thousands), ["0", "999", "1,000", "1,002,003"]);
    }

    #[test]
    fn the_line_names_what_was_not_analysed() {
        let skip = |path: &str, reason| Skipped { path: path.into(), reason };
        let note = |path: &str| PathNote { path: path.into(), reason: "syntax error".into() };
        let coverage = Coverage {
            analysed: 1259,
            partly_parsed: ["a.py", "b.py", "c.py", "d.py", "e.py"].map(note).into(),
            skipped: vec![
                skip("big.py", SkipReason::TooLarge),
                skip("bin.py", SkipReason::Binary),
                skip("other.py", SkipReason::TooLarge),
            ],
            ..Coverage::default()
        };
        assert_eq!(
            coverage_line(&coverage),
            "tokscan: 1,259 files analysed, 5 partly parsed: a.py, b.py, c.py, …, \
             3 skipped (2 too large: big.py, other.py, 1 binary: bin.py)"
        );
        assert_eq!(coverage_line(&Coverage::default()), "tokscan: 0 files analysed");
    }
}
