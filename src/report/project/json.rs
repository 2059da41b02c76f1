//! What is known of a project, as JSON. The shape is versioned and documented in
//! `docs/project.md`; these types are its only definition.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::super::json::{CoverageEntry, coverage};
use super::super::safe_json;
use super::super::wire::{Place, Tool, place};
use super::ProjectReport;
use crate::base::Loc;
use crate::finding::Label;
use crate::overview::{Model, Part, Settings, Thing, Value, Variable};

/// Raised when a field changes its meaning or goes away; new fields do not raise it.
const FORMAT_VERSION: u32 = 1;

/// Writes the description as one JSON object.
pub(super) fn write(report: &ProjectReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let overview = report.overview;
    let document = Document {
        version: FORMAT_VERSION,
        tool: Tool::THIS,
        stack: overview.stack.iter().map(|part| stack_entry(report, part)).collect(),
        settings: overview.settings.iter().map(|s| settings_entry(report, s)).collect(),
        connections: overview.connections.iter().map(|t| thing_entry(report, t)).collect(),
        routes: overview.routes.iter().map(|t| thing_entry(report, t)).collect(),
        models: overview.models.iter().map(|m| model_entry(report, m)).collect(),
        variables: overview.variables.iter().map(|v| variable_entry(report, v)).collect(),
        coverage: coverage(report.coverage),
    };
    safe_json::write(&document, out)
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    tool: Tool,
    stack: Vec<StackEntry<'a>>,
    settings: Vec<SettingsEntry<'a>>,
    connections: Vec<ThingEntry<'a>>,
    routes: Vec<ThingEntry<'a>>,
    models: Vec<ModelEntry<'a>>,
    variables: Vec<VariableEntry<'a>>,
    coverage: CoverageEntry<'a>,
}

#[derive(Serialize)]
struct StackEntry<'a> {
    name: &'a str,
    title: &'a str,
    kind: &'a str,
    packages: Vec<Package>,
    confidence: &'static str,
    evidence: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct Package {
    name: String,
    version: Option<String>,
}

#[derive(Serialize)]
struct SettingsEntry<'a> {
    framework: &'a str,
    name: String,
    profile: &'static str,
    complete: bool,
    keys: usize,
    named_by: Vec<Place<'a>>,
    end: Option<Place<'a>>,
    security: Vec<SettingEntry<'a>>,
}

#[derive(Serialize)]
struct SettingEntry<'a> {
    key: String,
    value: Json,
    set: bool,
    chain: Vec<Place<'a>>,
    overrides: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct ThingEntry<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    symbol: String,
    attributes: BTreeMap<&'a str, Json>,
    evidence: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct ModelEntry<'a> {
    name: String,
    base: String,
    #[serde(flatten)]
    place: Place<'a>,
    fields: usize,
    secrets: Vec<FieldEntry<'a>>,
}

#[derive(Serialize)]
struct FieldEntry<'a> {
    name: String,
    types: Json,
    #[serde(flatten)]
    place: Place<'a>,
}

#[derive(Serialize)]
struct VariableEntry<'a> {
    name: String,
    value: Json,
    profile: &'static str,
    source: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
}

fn stack_entry<'a>(report: &ProjectReport<'a>, part: &'a Part) -> StackEntry<'a> {
    let package = |(name, version): &(String, Option<String>)| Package {
        name: report.redactor.line(name),
        version: version.as_ref().map(|version| report.redactor.line(version)),
    };
    StackEntry {
        name: &part.name,
        title: &part.title,
        kind: &part.kind,
        packages: part.packages.iter().map(package).collect(),
        confidence: part.confidence.as_str(),
        evidence: labelled(report, &part.evidence),
    }
}

fn settings_entry<'a>(report: &ProjectReport<'a>, settings: &'a Settings) -> SettingsEntry<'a> {
    let security = settings.security.iter().map(|setting| SettingEntry {
        key: report.redactor.line(&setting.key),
        value: value(report, &setting.value),
        set: setting.set,
        chain: setting.chain.iter().map(|loc| bare(report, *loc)).collect(),
        overrides: setting.overrides.iter().map(|loc| bare(report, *loc)).collect(),
    });
    SettingsEntry {
        framework: &settings.framework,
        name: report.redactor.line(&settings.name),
        profile: settings.profile,
        complete: settings.complete,
        keys: settings.keys,
        named_by: settings.named_by.iter().map(|loc| bare(report, *loc)).collect(),
        end: settings.end.map(|loc| bare(report, loc)),
        security: security.collect(),
    }
}

fn thing_entry<'a>(report: &ProjectReport<'a>, thing: &'a Thing) -> ThingEntry<'a> {
    let attributes = thing.attributes.iter().map(|(name, v)| (name.as_str(), value(report, v)));
    ThingEntry {
        place: bare(report, thing.loc),
        symbol: report.redactor.line(&thing.symbol),
        attributes: attributes.collect(),
        evidence: labelled(report, &thing.evidence),
    }
}

fn model_entry<'a>(report: &ProjectReport<'a>, model: &'a Model) -> ModelEntry<'a> {
    let secrets = model.secrets.iter().map(|field| FieldEntry {
        name: report.redactor.line(&field.name),
        types: value(report, &field.types),
        place: bare(report, field.loc),
    });
    ModelEntry {
        name: report.redactor.line(&model.name),
        base: report.redactor.line(&model.base),
        place: bare(report, model.loc),
        fields: model.fields,
        secrets: secrets.collect(),
    }
}

fn variable_entry<'a>(report: &ProjectReport<'a>, variable: &'a Variable) -> VariableEntry<'a> {
    VariableEntry {
        name: report.redactor.line(&variable.name),
        value: value(report, &variable.value),
        profile: variable.profile,
        source: &variable.source,
        place: bare(report, variable.loc),
    }
}

fn labelled<'a>(report: &ProjectReport<'a>, labels: &[Label]) -> Vec<Place<'a>> {
    labels.iter().map(|label| place(report.files, report.redactor, label)).collect()
}

fn bare<'a>(report: &ProjectReport<'a>, loc: Loc) -> Place<'a> {
    place(report.files, report.redactor, &Label { loc, text: String::new() })
}

/// A value: what JSON knows stands for itself, everything else is an object whose first key
/// says what it is.
fn value(report: &ProjectReport<'_>, of: &Value) -> Json {
    let clean = |text: &str| report.redactor.prose(text);
    let all = |items: &[Value]| Json::Array(items.iter().map(|v| value(report, v)).collect());
    match of {
        Value::None => Json::Null,
        Value::Bool(truth) => json!(truth),
        Value::Int(number) => json!(number),
        Value::Float(number) => json!(number),
        Value::Text(text) => json!(clean(text)),
        Value::Name(name) => json!({ "name": clean(name) }),
        Value::Secret => json!({ "secret": true }),
        Value::List { items, open: false } => all(items),
        Value::List { items, open: true } => json!({ "list": all(items), "open": true }),
        Value::Table { entries, open } => {
            let entries = entries.iter().map(|(key, v)| (clean(key), value(report, v)));
            json!({ "table": entries.collect::<Map<_, _>>(), "open": open })
        }
        Value::Environment { variable, default } => {
            let mut object = Map::new();
            object.insert("environment".to_owned(), json!(variable.as_deref().map(clean)));
            if let Some(default) = default {
                object.insert("default".to_owned(), value(report, default));
            }
            Json::Object(object)
        }
        Value::OneOf(values) => json!({ "one_of": all(values) }),
        Value::Unknown(reason) => json!({ "unknown": clean(reason) }),
    }
}
