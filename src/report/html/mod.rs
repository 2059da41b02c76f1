//! A page in one file: it loads nothing, says all without scripts, and filters with them.
//!
//! The template escapes every text it is given. What it takes as it is are the style sheet and
//! the script, whose digests the page's own policy demands: nothing else can be run or loaded.

use std::io::{self, Write};

use askama::Template;

use super::autofix::{Hunk, autofix_line, available, hunks};
use super::excerpt::{Block, Excerpt, Mark};
use super::prose::{Piece, capitalised, pieces};
use super::summary::{headline, hidden_line, thousands};
use super::wire::VERSION;
use super::{Report, coverage_line};
use crate::finding::{Finding, Label};
use crate::rule::meta::RuleMeta;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// SHA-256 of [`STYLE`], in Base64.
const STYLE_DIGEST: &str = "DoW2ddtj6XaYiV1ISvME825o69vFESklJwvIUSb7Ikg=";
/// SHA-256 of [`SCRIPT`], in Base64.
const SCRIPT_DIGEST: &str = "nHukcptT7YUAO4sFeGOU/ANM3DAvPgpnUWy166YToNU=";

/// Columns of a source line to show.
const WINDOW: usize = 160;

/// Writes the page.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    page(report).write_into(&mut Adapter(out)).map_err(io::Error::other)
}

/// Templates are written piece by piece; this hands the pieces on.
struct Adapter<'a>(&'a mut dyn Write);

impl Write for Adapter<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    version: &'static str,
    style: &'static str,
    style_digest: &'static str,
    script: &'static str,
    script_digest: &'static str,
    headline: String,
    severities: Vec<Total>,
    categories: Vec<&'a str>,
    paths: Vec<String>,
    findings: Vec<Card<'a>>,
    rules: Vec<About<'a>>,
    hidden: Option<String>,
    autofix: Option<String>,
    coverage: String,
}

/// A severity and how many findings have it.
struct Total {
    name: &'static str,
    number: String,
}

/// A finding.
struct Card<'a> {
    id: String,
    rule: &'a str,
    severity: &'static str,
    confidence: &'static str,
    category: &'a str,
    path: String,
    place: String,
    symbol: String,
    message: Vec<Piece>,
    said: Vec<Piece>,
    blocks: Vec<Block>,
    because: Vec<Vec<Piece>>,
    fix: Vec<Piece>,
    trace: Vec<Step>,
    related: Vec<Step>,
    edit: Option<Change>,
    cwe: &'a [u32],
}

/// What an edit changes, and how it is applied.
struct Change {
    title: Vec<Piece>,
    hunks: Vec<Hunk>,
}

/// A place of a finding and what is said about it.
struct Step {
    place: String,
    said: Vec<Piece>,
    blocks: Vec<Block>,
}

/// What a rule is about.
struct About<'a> {
    id: &'a str,
    title: Vec<Piece>,
    category: &'a str,
    severity: &'static str,
    why: Vec<Piece>,
    fix: Vec<Piece>,
    references: Vec<&'a str>,
    cwe: &'a [u32],
}

fn page<'a>(report: &'a Report<'a>) -> Page<'a> {
    let findings = report.worst_first();
    let headline = headline(report).unwrap_or_else(|| "No findings".to_owned());
    let severities = report
        .by_severity()
        .map(|(severity, number)| Total { name: severity.as_str(), number: thousands(number) });
    let rules = rules(report);
    let mut categories: Vec<&str> = rules.iter().map(|rule| &*rule.category).collect();
    categories.sort_unstable();
    categories.dedup();
    let mut paths: Vec<String> =
        findings.iter().map(|finding| report.path(finding.primary.loc.file)).collect();
    paths.sort_unstable();
    paths.dedup();
    Page {
        version: VERSION,
        style: STYLE,
        style_digest: STYLE_DIGEST,
        script: SCRIPT,
        script_digest: SCRIPT_DIGEST,
        headline,
        severities: severities.collect(),
        categories,
        paths,
        findings: findings.iter().map(|finding| card(report, finding)).collect(),
        rules: rules.into_iter().map(about).collect(),
        hidden: hidden_line(report),
        autofix: autofix_line(report),
        coverage: coverage_line(report.coverage),
    }
}

/// The rules of all findings, by their ids.
fn rules<'a>(report: &'a Report<'a>) -> Vec<&'a RuleMeta> {
    let mut ids: Vec<&str> = report.findings.iter().map(|finding| &*finding.rule).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().filter_map(|id| report.rule(id)).collect()
}

fn about(rule: &RuleMeta) -> About<'_> {
    let is_link = |url: &&str| url.starts_with("https://") || url.starts_with("http://");
    About {
        id: &rule.id,
        title: pieces(&rule.title),
        category: &rule.category,
        severity: rule.severity.as_str(),
        why: pieces(rule.why.trim()),
        fix: pieces(rule.fix.trim()),
        references: rule.references.iter().map(String::as_str).filter(is_link).collect(),
        cwe: &rule.cwe,
    }
}

fn card<'a>(report: &'a Report<'a>, finding: &'a Finding) -> Card<'a> {
    let line = |text: &str| pieces(&report.redactor.line(text));
    let steps = |labels: &[Label]| labels.iter().map(|label| step(report, label)).collect();
    Card {
        id: finding.fingerprint.0.clone(),
        rule: &finding.rule,
        severity: finding.severity.as_str(),
        confidence: finding.confidence.as_str(),
        category: report.rule(&finding.rule).map_or("", |rule| &rule.category),
        path: report.path(finding.primary.loc.file),
        place: report.place(&finding.primary),
        symbol: report.redactor.line(&finding.symbol),
        message: line(&finding.message),
        said: line(&finding.primary.text),
        blocks: blocks(report, &finding.primary),
        because: finding.because.iter().map(|phrase| line(phrase)).collect(),
        fix: pieces(&report.fix(finding)),
        trace: finding.trace.as_ref().map_or_else(Vec::new, |trace| steps(&trace.steps)),
        related: steps(&finding.related),
        edit: finding.edit.as_ref().map(|edit| Change {
            title: pieces(&capitalised(&available(edit))),
            hunks: hunks(report, finding),
        }),
        cwe: &finding.cwe,
    }
}

fn step(report: &Report<'_>, label: &Label) -> Step {
    Step {
        place: report.place(label),
        said: pieces(&report.redactor.line(&label.text)),
        blocks: blocks(report, label),
    }
}

fn blocks(report: &Report<'_>, label: &Label) -> Vec<Block> {
    let marks = [Mark { primary: true, loc: label.loc, text: String::new() }];
    Excerpt::new(&marks, report.files, report.redactor, WINDOW, "…").blocks().collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_policy_allows_the_style_sheet_and_the_script() {
        let digest = |text: &str| {
            base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text.as_bytes()))
        };
        assert_eq!(STYLE_DIGEST, digest(STYLE));
        assert_eq!(SCRIPT_DIGEST, digest(SCRIPT));
    }
}
