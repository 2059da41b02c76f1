//! GitLab's report of a security scanner (SAST), of the version that servers still in use take.

use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use serde_json::{Value, json};

use super::autofix::advice;
use super::markdown::marked_up;
use super::prose::cut;
use super::wire::{TOOL, VERSION};
use super::{Report, safe_json};
use crate::finding::{Finding, Label, Severity};
use crate::rule::meta::RuleMeta;
use crate::source::Coverage;

const SCHEMA: &str = "15.0.7";
/// Longest name of a vulnerability.
const NAME: usize = 255;
/// Longest description of one.
const DESCRIPTION: usize = 1_048_576;
/// Longest text about how to mend it.
const SOLUTION: usize = 7_000;

#[derive(Serialize)]
struct Document {
    version: &'static str,
    scan: Scan,
    vulnerabilities: Vec<Vulnerability>,
}

#[derive(Serialize)]
struct Scan {
    analyzer: Value,
    scanner: Value,
    r#type: &'static str,
    start_time: String,
    end_time: String,
    status: &'static str,
    messages: Vec<Value>,
}

#[derive(Serialize)]
struct Vulnerability {
    id: String,
    name: String,
    description: String,
    severity: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    solution: String,
    identifiers: Vec<Value>,
    location: Location,
    links: Vec<Value>,
    details: Value,
    tracking: Value,
}

#[derive(Serialize)]
struct Location {
    file: String,
    start_line: u32,
    end_line: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    method: String,
}

/// Writes the report.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let tool = json!({ "id": TOOL, "name": TOOL, "version": VERSION, "vendor": { "name": TOOL } });
    let document = Document {
        version: SCHEMA,
        scan: Scan {
            analyzer: tool.clone(),
            scanner: tool,
            r#type: "sast",
            start_time: utc(report.run.started),
            end_time: utc(report.run.ended),
            status: "success",
            messages: messages(report.coverage),
        },
        vulnerabilities: report.findings.iter().map(|f| vulnerability(report, f)).collect(),
    };
    safe_json::write(&document, out)
}

/// What was not analysed, or not whole.
fn messages(coverage: &Coverage) -> Vec<Value> {
    let warn = |text: String| json!({ "level": "warn", "value": text });
    let partly = coverage.partly_parsed.iter().map(|note| ("partly parsed", note));
    let cut = coverage.cut_short.iter().map(|note| ("analysis cut short", note));
    let notes = partly.chain(cut).map(|(what, n)| format!("{}: {what}: {}", n.path, n.reason));
    let skipped = coverage.skipped.iter().filter(|skipped| skipped.is_loss());
    let skipped = skipped.map(|s| format!("{}: not analysed: {}", s.path, s.reason));
    let rules = coverage.failed_rules.iter();
    let rules = rules.map(|rule| format!("{rule}: not checked everywhere: internal error"));
    notes.chain(skipped).chain(rules).map(warn).collect()
}

fn vulnerability(report: &Report<'_>, finding: &Finding) -> Vulnerability {
    let rule = report.rule(&finding.rule);
    let location = location(report, finding);
    let links = rule.map(|rule| rule.references.as_slice()).unwrap_or_default();
    Vulnerability {
        id: uuid(&finding.fingerprint.0),
        name: cut(rule.map_or(&finding.rule, |rule| &rule.title), NAME),
        description: cut(&description(report, finding, rule), DESCRIPTION),
        severity: severity(finding.severity),
        solution: cut(&advice(report, finding), SOLUTION),
        identifiers: identifiers(finding, rule),
        tracking: tracking(finding, &location),
        location,
        links: links.iter().filter(|url| is_url(url)).map(|url| json!({ "url": url })).collect(),
        details: details(report, finding),
    }
}

fn is_url(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

fn description(report: &Report<'_>, finding: &Finding, rule: Option<&RuleMeta>) -> String {
    let mut parts = vec![marked_up(&report.redactor.line(&finding.message))];
    parts.extend(report.reasons(finding).iter().map(|phrase| marked_up(phrase)));
    parts.extend(rule.map(|rule| marked_up(rule.why.trim())));
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

fn location(report: &Report<'_>, finding: &Finding) -> Location {
    let loc = finding.primary.loc;
    let ((start_line, _), (end_line, _)) = report.files.line_col(loc);
    let method = report.redactor.line(&finding.symbol);
    Location { file: report.path(loc.file), start_line, end_line, method }
}

/// The rule first: GitLab tells vulnerabilities apart by it.
fn identifiers(finding: &Finding, rule: Option<&RuleMeta>) -> Vec<Value> {
    let own = json!({
        "type": "tokscan_rule",
        "name": format!("{TOOL} {}", finding.rule),
        "value": &*finding.rule,
    });
    let cwe = finding.cwe.iter().map(|number| {
        json!({
            "type": "cwe",
            "name": format!("CWE-{number}"),
            "value": number.to_string(),
            "url": format!("https://cwe.mitre.org/data/definitions/{number}.html"),
        })
    });
    let owasp = rule.into_iter().flat_map(|rule| rule.owasp.iter().chain(&rule.owasp_api));
    let owasp = owasp.map(|entry| json!({ "type": "owasp", "name": entry, "value": entry }));
    [own].into_iter().chain(cwe).chain(owasp).collect()
}

fn details(report: &Report<'_>, finding: &Finding) -> Value {
    let mut details = json!({
        "confidence": {
            "name": "Confidence", "type": "text", "value": finding.confidence.as_str(),
        },
    });
    let mut add = |key: &str, name: &str, labels: &[Label]| {
        if !labels.is_empty() {
            details[key] = json!({ "name": name, "type": "table", "rows": rows(report, labels) });
        }
    };
    let steps = finding.trace.as_ref().map(|trace| trace.steps.as_slice()).unwrap_or_default();
    add("trace", "Trace", steps);
    add("related", "Related places", &finding.related);
    details
}

fn rows(report: &Report<'_>, labels: &[Label]) -> Vec<Value> {
    let row = |label: &Label| {
        let ((start, _), (end, _)) = report.files.line_col(label.loc);
        json!([
            { "type": "text", "value": report.redactor.line(&label.text) },
            {
                "type": "file-location",
                "file_name": report.path(label.loc.file),
                "line_start": start,
                "line_end": end,
            },
        ])
    };
    labels.iter().map(row).collect()
}

/// How GitLab finds it again when lines move.
fn tracking(finding: &Finding, location: &Location) -> Value {
    json!({
        "type": "source",
        "items": [{
            "file": location.file,
            "start_line": location.start_line,
            "end_line": location.end_line,
            "signatures": [{ "algorithm": "hash", "value": finding.fingerprint.0 }],
        }],
    })
}

/// A fingerprint in the form of a UUID, which GitLab recommends for ids.
fn uuid(fingerprint: &str) -> String {
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32];
    let parts = groups.map(|group| fingerprint.get(group).unwrap_or_default());
    parts.join("-")
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
        Severity::Info => "Info",
    }
}

/// `2020-01-28T03:26:02`, in UTC; of times before 1970, 1970.
fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (mut days, second) = (seconds / 86_400, seconds % 86_400);
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let mut year = 1970;
    loop {
        let length = if is_leap(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}", days + 1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_in_utc() {
        let at = |seconds| utc(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59");
        assert_eq!(at(951_868_799), "2000-02-29T23:59:59");
        assert_eq!(at(1_735_689_600), "2025-01-01T00:00:00");
        assert_eq!(at(4_107_542_399), "2100-02-28T23:59:59");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00");
        assert_eq!(utc(UNIX_EPOCH - Duration::from_secs(5)), "1970-01-01T00:00:00");
    }

    #[test]
    fn fingerprints_are_uuids() {
        assert_eq!(
            uuid("00112233445566778899aabbccddeeff"),
            "00112233-4455-6677-8899-aabbccddeeff"
        );
    }
}
