//! SARIF 2.1.0, as code hosts and editors read it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, CodeFlow, Invocation, Location, LogicalLocation, Message, Notification,
    PhysicalLocation, PropertyBag, Region, ReportingDescriptorReference, Result as SarifResult,
    Run, Sarif, ThreadFlow, ThreadFlowLocation, Tool, ToolComponent,
};

use super::sarif_rules::{
    CUT_SHORT, FAILED_RULE, PARTLY_PARSED, RECOVERED, SKIPPED, descriptor, notifications,
    result_level, security_severity,
};
use super::wire::{TOOL, VERSION, uri_of_shown, uri_reference};
use super::{Report, safe_json};
use crate::base::{FileId, FxHashMap, Loc};
use crate::finding::{Finding, Label};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// What every relative URI is relative to.
const ROOT: &str = "SCANROOT";
/// Name and version of tokscan's own fingerprint.
const FINGERPRINT: &str = "tokscan/v1";

/// Writes the report as a SARIF log with one run.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    let log = Sarif::builder().schema(SCHEMA).version("2.1.0").runs(vec![run(report)]).build();
    safe_json::write(&log, out)
}

fn run(report: &Report<'_>) -> Run {
    let driver = ToolComponent::builder()
        .name(TOOL)
        .version(VERSION)
        .semantic_version(VERSION)
        .rules(report.rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>())
        .notifications(notifications())
        .build();
    let index: FxHashMap<&str, i64> =
        report.rules.iter().zip(0..).map(|(rule, index)| (&*rule.id, index)).collect();
    let results = report
        .findings
        .iter()
        .map(|finding| result(report, finding, index.get(&*finding.rule).copied()));
    Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .results(results.collect::<Vec<_>>())
        .invocations(vec![invocation(report)])
        .column_kind("unicodeCodePoints")
        .newline_sequences(["\r\n", "\n", "\r"].map(String::from))
        .original_uri_base_ids(BTreeMap::from([(ROOT.to_owned(), root(&report.files.root))]))
        .build()
}

/// The scan root; without a URI when there is none to name.
fn root(root: &Path) -> ArtifactLocation {
    let description = Message::builder().text("The directory paths are relative to.").build();
    let mut location = ArtifactLocation::builder().description(description).build();
    if root.is_absolute() {
        let path = uri_path(root);
        let path = path.trim_matches('/');
        let slash = if path.is_empty() { "" } else { "/" };
        location.uri = Some(format!("file:///{path}{slash}"));
    }
    location
}

fn uri_path(path: &Path) -> String {
    let mut bytes = path.as_os_str().as_encoded_bytes().to_vec();
    if cfg!(windows) {
        bytes.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
    }
    uri_reference(&bytes)
}

fn result(report: &Report<'_>, finding: &Finding, rule_index: Option<i64>) -> SarifResult {
    let mut primary = location(report, &finding.primary, None);
    if !finding.symbol.is_empty() {
        let symbol = report.redactor.line(&finding.symbol);
        primary.logical_locations =
            Some(vec![LogicalLocation::builder().fully_qualified_name(symbol).build()]);
    }
    let mut result = SarifResult::builder()
        .rule_id(&*finding.rule)
        .level(result_level(finding.severity))
        .message(message(report, &finding.message))
        .locations(vec![primary])
        .properties(result_properties(report, finding))
        .build();
    result.rule_index = rule_index;
    if !finding.fingerprint.0.is_empty() {
        let fingerprint = (FINGERPRINT.to_owned(), finding.fingerprint.0.clone());
        result.partial_fingerprints = Some(BTreeMap::from([fingerprint]));
    }
    if !finding.related.is_empty() {
        let related = finding.related.iter().zip(0..);
        result.related_locations =
            Some(related.map(|(label, id)| location(report, label, Some(id))).collect());
    }
    if let Some(trace) = &finding.trace {
        result.code_flows = Some(vec![code_flow(report, &trace.steps)]);
    }
    result
}

fn result_properties(report: &Report<'_>, finding: &Finding) -> PropertyBag {
    let because: Vec<String> =
        finding.because.iter().map(|phrase| report.redactor.line(phrase)).collect();
    properties([
        ("severity", json!(finding.severity.as_str())),
        ("confidence", json!(finding.confidence.as_str())),
        ("security-severity", json!(security_severity(finding.severity))),
        ("cwe", json!(finding.cwe.iter().map(|cwe| format!("CWE-{cwe}")).collect::<Vec<_>>())),
        ("fix", json!(report.redactor.prose(&finding.fix))),
        ("because", json!(because)),
        ("supersedes", ids(&finding.supersedes)),
        ("djangoCheck", ids(&finding.django_checks)),
    ])
}

fn ids(ids: &[Arc<str>]) -> Value {
    ids.iter().map(|id| &**id).collect()
}

/// A property bag without what is empty.
fn properties<const N: usize>(entries: [(&str, Value); N]) -> PropertyBag {
    let said = entries.into_iter().filter(|(_, value)| match value {
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    });
    let map: BTreeMap<String, Value> = said.map(|(name, value)| (name.to_owned(), value)).collect();
    PropertyBag::builder().additional_properties(map).build()
}

fn message(report: &Report<'_>, text: &str) -> Message {
    Message::builder().text(report.redactor.line(text)).build()
}

/// A place; its label becomes the message unless it is empty.
fn location(report: &Report<'_>, label: &Label, id: Option<i64>) -> Location {
    let physical = PhysicalLocation::builder()
        .artifact_location(artifact(report, label.loc.file))
        .region(region(report, label.loc))
        .build();
    let mut location = Location::builder().physical_location(physical).build();
    location.id = id;
    if !label.text.is_empty() {
        location.message = Some(message(report, &label.text));
    }
    location
}

fn artifact(report: &Report<'_>, file: FileId) -> ArtifactLocation {
    let file = report.files.get(file);
    let relative = file.abs.strip_prefix(&report.files.root).unwrap_or(Path::new(&file.path));
    ArtifactLocation::builder().uri(uri_path(relative)).uri_base_id(ROOT).build()
}

fn region(report: &Report<'_>, loc: Loc) -> Region {
    let ((start_line, start_column), (end_line, end_column)) = report.files.line_col(loc);
    Region::builder()
        .start_line(start_line)
        .start_column(start_column)
        .end_line(end_line)
        .end_column(end_column)
        .build()
}

fn code_flow(report: &Report<'_>, steps: &[Label]) -> CodeFlow {
    let locations = steps
        .iter()
        .map(|step| ThreadFlowLocation::builder().location(location(report, step, None)).build());
    let flow = ThreadFlow::builder().locations(locations.collect::<Vec<_>>()).build();
    CodeFlow::builder().thread_flows(vec![flow]).build()
}

/// The run itself: what was not analysed, or not whole, is a notification each.
fn invocation(report: &Report<'_>) -> Invocation {
    let coverage = report.coverage;
    let mut notes = Vec::new();
    for (list, id, loss, what) in [
        (&coverage.partly_parsed, PARTLY_PARSED, true, "Partly parsed"),
        (&coverage.cut_short, CUT_SHORT, true, "Analysis cut short"),
        (&coverage.recovered, RECOVERED, false, "Recovered"),
    ] {
        let of_list = list.iter();
        notes
            .extend(of_list.map(|note| {
                notification(id, loss, &note.path, format!("{what}: {}", note.reason))
            }));
    }
    notes.extend(coverage.failed_rules.iter().map(|rule| {
        let text = format!("Not checked everywhere because of an internal error: {rule}");
        unplaced(FAILED_RULE, true, text)
    }));
    notes.extend(coverage.skipped.iter().map(|skipped| {
        let text = format!("Not analysed: {}", skipped.reason);
        notification(SKIPPED, skipped.is_loss(), &skipped.path, text)
    }));
    Invocation::builder().execution_successful(true).tool_execution_notifications(notes).build()
}

fn notification(id: &str, loss: bool, path: &str, text: String) -> Notification {
    let file = ArtifactLocation::builder().uri(uri_of_shown(path)).uri_base_id(ROOT).build();
    let physical = PhysicalLocation::builder().artifact_location(file).build();
    let location = Location::builder().physical_location(physical).build();
    Notification { locations: Some(vec![location]), ..unplaced(id, loss, text) }
}

/// A notification about no file.
fn unplaced(id: &str, loss: bool, text: String) -> Notification {
    Notification::builder()
        .descriptor(ReportingDescriptorReference::builder().id(id).build())
        .level(if loss { "warning" } else { "note" })
        .message(Message::builder().text(text).build())
        .build()
}
