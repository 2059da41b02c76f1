//! SARIF 2.1.0, as code hosts and editors read it.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, ArtifactLocation, CodeFlow, Fix, Invocation, Location,
    LogicalLocation, Message, Notification, PhysicalLocation, PropertyBag, Region,
    Replacement as SarifReplacement, ReportingDescriptorReference, Result as SarifResult, Run,
    RunAutomationDetails, Sarif, Suppression, ThreadFlow, ThreadFlowLocation, Tool, ToolComponent,
};

use super::sarif_rules::{
    CUT_SHORT, FAILED_RULE, PARTLY_PARSED, RECOVERED, SKIPPED, SUPPRESSION, descriptor,
    notifications, result_level, security_severity,
};
use super::wire::{TOOL, VERSION, showable_edit, uri_path};
use super::{Report, line_hash, safe_json};
use crate::base::{FileId, FxHashMap, Loc};
use crate::finding::{Edit, Finding, Label, SuppressedBy};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// What every relative URI is relative to: the name that consumers know for it.
const ROOT: &str = "%SRCROOT%";
/// Name and version of tokscan's own fingerprint.
const FINGERPRINT: &str = "tokscan/v1";
/// The name of the fingerprint that GitHub goes by.
const LINE_HASH: &str = "primaryLocationLineHash";

/// GitHub refuses more results of a run.
const RESULTS: usize = 25_000;
/// GitHub keeps this many of them.
const RESULTS_SHOWN: usize = 5_000;
/// GitHub refuses more rules of a run.
const RULES: usize = 25_000;
/// GitHub refuses more locations of a result.
const LOCATIONS: usize = 1_000;
/// GitHub refuses more steps of a flow.
const STEPS: usize = 10_000;
/// Related places that a message links to; more would bury what it says.
const LINKS: usize = 5;

/// Writes the report as a SARIF log with one run, and answers with what GitHub's limits cost.
pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<Vec<String>> {
    let results = Results::of(report);
    let notes = results.notes();
    let run = run(report, &results);
    let log = Sarif::builder().schema(SCHEMA).version("2.1.0").runs(vec![run]).build();
    safe_json::write(&log, out)?;
    Ok(notes)
}

/// What becomes a result, in the order of places, and what that takes.
struct Results<'a> {
    shown: Vec<(&'a Finding, Option<&'a SuppressedBy>)>,
    /// Number of findings, those that are left out included.
    total: usize,
    has_suppressed: bool,
    rules: FxHashMap<&'a str, i64>,
    hashes: FxHashMap<FileId, Option<Vec<String>>>,
}

impl<'a> Results<'a> {
    fn of(report: &Report<'a>) -> Self {
        let found = report.findings.iter().map(|finding| (*finding, None));
        let listed = if report.sarif_suppressed { report.suppressed } else { &[] };
        let suppressed = listed.iter().map(|entry| (&entry.finding, Some(&entry.by)));
        let mut shown: Vec<(&Finding, Option<&SuppressedBy>)> = found.chain(suppressed).collect();
        let total = shown.len();
        // The worst stay. Suppressed ones go first.
        shown.sort_by_key(|(finding, by)| {
            std::cmp::Reverse((by.is_none(), finding.severity, finding.confidence))
        });
        shown.truncate(RESULTS);
        shown.sort_by_key(|(finding, _)| finding.sort_key());
        let mut hashes: FxHashMap<FileId, Option<Vec<String>>> = FxHashMap::default();
        for (finding, _) in &shown {
            let file = finding.primary.loc.file;
            hashes.entry(file).or_insert_with(|| line_hash::of_file(report.files.get(file)));
        }
        let rules = report.rules.iter().take(RULES).map(|rule| &*rule.id).zip(0..).collect();
        Self { shown, total, has_suppressed: !listed.is_empty(), rules, hashes }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let left_out = self.total - self.shown.len();
        if left_out > 0 {
            notes.push(format!(
                "the SARIF report leaves out the {left_out} least severe of {} findings: GitHub \
                 refuses more than {RESULTS}",
                self.total
            ));
        }
        if self.shown.len() > RESULTS_SHOWN {
            notes.push(format!(
                "of the {} findings in the SARIF report GitHub keeps {RESULTS_SHOWN}",
                self.shown.len()
            ));
        }
        let most = |count: fn(&Finding) -> usize| {
            self.shown.iter().map(|(finding, _)| count(finding)).max().unwrap_or(0)
        };
        if most(related_count) >= LOCATIONS || most(step_count) > STEPS {
            notes.push(format!(
                "the SARIF report leaves out places of some findings: GitHub refuses more than \
                 {LOCATIONS} for one finding, and {STEPS} steps"
            ));
        }
        notes
    }

    fn line_hash(&self, report: &Report<'_>, loc: Loc) -> Option<&String> {
        let ((line, _), _) = report.files.line_col(loc);
        self.hashes.get(&loc.file)?.as_ref()?.get(line as usize - 1)
    }
}

fn related_count(finding: &Finding) -> usize {
    finding.related.len()
}

fn step_count(finding: &Finding) -> usize {
    finding.trace.as_ref().map_or(0, |trace| trace.steps.len())
}

fn run(report: &Report<'_>, results: &Results<'_>) -> Run {
    let driver = ToolComponent::builder()
        .name(TOOL)
        .version(VERSION)
        .semantic_version(VERSION)
        .rules(report.rules.iter().take(RULES).map(|rule| descriptor(rule)).collect::<Vec<_>>())
        .notifications(notifications())
        .build();
    let shown = results.shown.iter();
    let shown = shown.map(|(finding, by)| result(report, results, finding, *by));
    Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .automation_details(RunAutomationDetails::builder().id(category(report)).build())
        .results(shown.collect::<Vec<_>>())
        .invocations(vec![invocation(report)])
        .column_kind("utf16CodeUnits")
        .newline_sequences(["\r\n", "\n", "\r"].map(String::from))
        .original_uri_base_ids(BTreeMap::from([(ROOT.to_owned(), root(report.run.repository))]))
        .build()
}

/// Tells the analyses of the parts of a repository apart. All before the last `/` is a category
/// for GitHub, which keeps one analysis per tool and category.
fn category(report: &Report<'_>) -> String {
    match report.run.category {
        Some(category) => format!("{}/", category.trim_end_matches('/')),
        None => match report.scan_root() {
            root if root.is_empty() => format!("{TOOL}/"),
            root => format!("{TOOL}/{root}/"),
        },
    }
}

/// The root of the repository; without a URI when there is none to name.
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

fn result(
    report: &Report<'_>,
    results: &Results<'_>,
    finding: &Finding,
    suppressed: Option<&SuppressedBy>,
) -> SarifResult {
    let mut primary = location(report, &finding.primary, None);
    if !finding.symbol.is_empty() {
        let symbol = report.redactor.line(&finding.symbol);
        primary.logical_locations =
            Some(vec![LogicalLocation::builder().fully_qualified_name(symbol).build()]);
    }
    let mut result = SarifResult::builder()
        .rule_id(&*finding.rule)
        .level(result_level(finding.severity))
        .message(Message::builder().text(linked_message(report, finding)).build())
        .locations(vec![primary])
        .properties(result_properties(report, finding))
        .build();
    result.rule_index = results.rules.get(&*finding.rule).copied();
    result.partial_fingerprints = fingerprints(report, results, finding);
    if !finding.related.is_empty() {
        let related = finding.related.iter().take(LOCATIONS - 1).zip(1..);
        result.related_locations =
            Some(related.map(|(label, id)| location(report, label, Some(id))).collect());
    }
    if let Some(edit) = showable_edit(report.redactor, finding) {
        result.fixes = Some(vec![fix(report, edit)]);
    }
    if let Some(trace) = &finding.trace {
        result.code_flows = Some(vec![code_flow(report, &trace.steps)]);
    }
    // Where one result says whether it is suppressed, all have to.
    if results.has_suppressed {
        result.suppressions =
            Some(suppressed.map(|by| suppression(report, by)).into_iter().collect());
    }
    result
}

fn fingerprints(
    report: &Report<'_>,
    results: &Results<'_>,
    finding: &Finding,
) -> Option<BTreeMap<String, String>> {
    let line = results.line_hash(report, finding.primary.loc).cloned();
    let own = Some(finding.fingerprint.0.clone()).filter(|own| !own.is_empty());
    let known = [(LINE_HASH, line), (FINGERPRINT, own)];
    let known: BTreeMap<String, String> =
        known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    (!known.is_empty()).then_some(known)
}

fn suppression(report: &Report<'_>, by: &SuppressedBy) -> Suppression {
    let (kind, reason) = match by {
        SuppressedBy::Comment { reason } => ("inSource", report.redactor.line(reason)),
        SuppressedBy::Path => ("external", "ignored for its path".to_owned()),
        SuppressedBy::Baseline => ("external", "in the baseline".to_owned()),
    };
    let mut suppression = Suppression::builder().kind(kind).build();
    suppression.justification = Some(reason).filter(|text| !text.is_empty());
    suppression
}

/// The message with links to related places: GitHub shows them only so.
fn linked_message(report: &Report<'_>, finding: &Finding) -> String {
    let message = report.redactor.line(&finding.message);
    let links = finding.related.iter().zip(1..).take(LINKS).map(|(label, id)| {
        let said = report.redactor.line(&label.text);
        let text = if said.is_empty() { report.place(label) } else { said };
        format!("[{}]({id})", link_text(&text))
    });
    let links: Vec<String> = links.collect();
    if links.is_empty() {
        return message;
    }
    let stop = if message.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{message}{stop} Related: {}.", links.join(", "))
}

fn link_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

/// An edit; its safety stands among the properties, since hosts know no such thing.
fn fix(report: &Report<'_>, edit: &Edit) -> Fix {
    let replacements = edit.replacements.iter().map(|replacement| {
        let content = ArtifactContent::builder().text(replacement.text.clone()).build();
        SarifReplacement::builder()
            .deleted_region(region(report, replacement.loc))
            .inserted_content(content)
            .build()
    });
    let change = ArtifactChange::builder()
        .artifact_location(artifact(report, edit.replacements[0].loc.file))
        .replacements(replacements.collect::<Vec<_>>())
        .build();
    Fix::builder()
        .description(message(report, &edit.title))
        .artifact_changes(vec![change])
        .properties(properties([("safety", json!(edit.safety.as_str()))]))
        .build()
}

fn result_properties(report: &Report<'_>, finding: &Finding) -> PropertyBag {
    let because: Vec<String> = report.reasons(finding);
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
    ArtifactLocation::builder().uri(report.uri(file)).uri_base_id(ROOT).build()
}

fn region(report: &Report<'_>, loc: Loc) -> Region {
    let ((start_line, start_column), (end_line, end_column)) = report.files.utf16_line_col(loc);
    Region::builder()
        .start_line(start_line)
        .start_column(start_column)
        .end_line(end_line)
        .end_column(end_column)
        .build()
}

/// A way that is too long loses its middle: where it starts and where it ends say most.
fn code_flow(report: &Report<'_>, steps: &[Label]) -> CodeFlow {
    let (first, last) = match steps.len() {
        ..=STEPS => (steps, &[][..]),
        total => (&steps[..STEPS / 2], &steps[total - STEPS / 2..]),
    };
    let locations = first.iter().chain(last).zip(1..).map(|(step, order)| {
        ThreadFlowLocation::builder()
            .location(location(report, step, None))
            .execution_order(order)
            .build()
    });
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
        notes.extend(of_list.map(|note| {
            let text = format!("{what}: {}", note.reason);
            notification(report, id, loss, &note.path, text)
        }));
    }
    notes.extend(coverage.failed_rules.iter().map(|rule| {
        let text = format!("Not checked everywhere because of an internal error: {rule}");
        unplaced(FAILED_RULE, true, text)
    }));
    notes.extend(coverage.skipped.iter().map(|skipped| {
        let text = format!("Not analysed: {}", skipped.reason);
        notification(report, SKIPPED, skipped.is_loss(), &skipped.path, text)
    }));
    notes.extend(report.notices.iter().map(|notice| {
        let help = notice.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
        let label = Label { loc: notice.loc, text: String::new() };
        let text = report.redactor.line(&format!("{}{help}", notice.text));
        let mut note = unplaced(SUPPRESSION, false, text);
        note.locations = Some(vec![location(report, &label, None)]);
        note
    }));
    Invocation::builder().execution_successful(true).tool_execution_notifications(notes).build()
}

fn notification(
    report: &Report<'_>,
    id: &str,
    loss: bool,
    path: &str,
    text: String,
) -> Notification {
    let uri = report.uri_of_shown(path);
    let file = ArtifactLocation::builder().uri(uri).uri_base_id(ROOT).build();
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
