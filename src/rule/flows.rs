//! `[[label]]`, `[[source]]`, `[[sanitizer]]`, `[[sink]]` and the subject `taint`.

use super::context::Cx;
use super::flow_models::{
    CaughtModel, DocumentWrite, DocumentsModel, ErrorHandlerModel, LabelModel, RowsModel,
    SanitizerModel, SinkModel, SourceModel, StoreModel,
};
use super::model::TaintSubject;
use super::tree::{Table, Text};
use super::vars::{Mentions, Vars};
use crate::base::Symbol;

/// `$SOURCE`: where the value of a flow comes from.
const SOURCE: &str = "SOURCE";
/// `$SINK`: what is reached.
const SINK: &str = "SINK";

pub(super) fn source(cx: &mut Cx<'_>, table: Table<'_>) {
    let labels = cx.labels(table.texts("label"));
    let (patterns, caught) = (table.texts("pattern"), table.texts("caught"));
    if patterns.is_empty() == caught.is_empty() {
        cx.error(table.place, "a source has a `pattern`, or exceptions that are `caught`");
    }
    if !caught.is_empty() {
        let classes = caught.into_iter().map(|text| cx.path(text)).collect();
        let model = CaughtModel { classes, exact: table.flag("exact"), labels: labels.clone() };
        cx.library.caught.push(model);
    }
    for text in patterns {
        let mut vars = Vars::default();
        if let Some(pattern) = cx.pattern(text, &mut vars, &mut Mentions::default()) {
            let wheres = super::models::concept_wheres(cx, table, &mut vars);
            let labels = labels.clone();
            let model = SourceModel { vars: vars.names().to_vec(), pattern, labels, wheres };
            cx.library.sources.push(model);
        }
    }
}

pub(super) fn error_handler(cx: &mut Cx<'_>, table: Table<'_>) {
    let Some((framework, setting)) = table.text("framework").zip(table.text("setting")) else {
        return;
    };
    cx.library.error_handlers.push(ErrorHandlerModel {
        framework: framework.value.to_owned(),
        setting: setting.value.split('.').map(str::to_owned).collect(),
    });
}

pub(super) fn sanitizer(cx: &mut Cx<'_>, table: Table<'_>) {
    let mut keeps = cx.labels(table.texts("keeps"));
    let drops = table.texts("drops");
    if !drops.is_empty() {
        keeps.extend(all_but(cx, &drops));
    }
    let adds = cx.labels(table.texts("adds"));
    for text in table.texts("pattern") {
        let mut vars = Vars::default();
        if let Some(pattern) = cx.pattern(text, &mut vars, &mut Mentions::default()) {
            cx.library.sanitizers.push(SanitizerModel {
                vars: vars.names().to_vec(),
                pattern,
                keeps: keeps.clone(),
                adds: adds.clone(),
            });
        }
    }
}

/// All labels but these, and those below and above them.
fn all_but(cx: &mut Cx<'_>, drops: &[Text<'_>]) -> Vec<Symbol> {
    cx.labels(drops.to_vec());
    let is_below = |a: &str, b: &str| a.strip_prefix(b).is_some_and(|rest| rest.starts_with('.'));
    let touches =
        |label: &str, drop: &str| label == drop || is_below(label, drop) || is_below(drop, label);
    let known: Vec<&str> = cx.known.labels.iter().copied().collect();
    let kept = known.into_iter().filter(|label| !drops.iter().any(|d| touches(label, d.value)));
    kept.map(|label| cx.names.intern(label)).collect()
}

pub(super) fn label(cx: &mut Cx<'_>, table: Table<'_>) {
    let Some(name) = table.text("name") else { return };
    let model = LabelModel {
        title: table.text("title").map(|text| text.value.to_owned()),
        parts: table.flag("parts"),
        whole: table.flag("whole"),
        urls: table.flag("urls"),
        urls_except: table.strings("urls-except"),
        copies: table.flag("copies"),
        names: cx.vocabularies(table.texts("names")),
    };
    let name = cx.names.intern(name.value);
    cx.library.label_models.insert(name, model);
}

pub(super) fn rows(cx: &mut Cx<'_>, table: Table<'_>) {
    let paths = |cx: &mut Cx<'_>, key: &str| {
        table.texts(key).into_iter().map(|text| cx.path(text)).collect()
    };
    let (of, one_of, many_of) = (paths(cx, "of"), paths(cx, "one-of"), paths(cx, "many-of"));
    let is = table.text("is").map(|concept| cx.names.intern(concept.value));
    let mut names =
        |key: &str| table.texts(key).into_iter().map(|text| cx.names.intern(text.value)).collect();
    let model = RowsModel {
        is,
        managers: names("managers"),
        one: names("one"),
        pairs: names("pairs"),
        other: names("other"),
        dicts: names("dicts"),
        writes: names("writes"),
        of,
        one_of,
        many_of,
    };
    cx.library.rows.push(model);
}

pub(super) fn store(cx: &mut Cx<'_>, table: Table<'_>) {
    let mut read = |key: &str| table.text(key).map(|text| cx.names.intern(text.value));
    let (Some(name), Some(write), Some(get), Some(key), Some(value)) =
        (read("name"), read("write"), read("read"), read("key"), read("value"))
    else {
        return;
    };
    for concept in [table.text("write"), table.text("read")].into_iter().flatten() {
        cx.known_concept(concept);
    }
    cx.library.stores.push(StoreModel { name, write, read: get, key, value });
}

pub(super) fn documents(cx: &mut Cx<'_>, table: Table<'_>) {
    let Some(read) = table.text("read") else { return };
    cx.known_concept(read);
    let mut writes = Vec::new();
    for write in table.tables("write") {
        let (Some(concept), Some(role)) = (write.text("concept"), write.text("role")) else {
            continue;
        };
        cx.known_concept(concept);
        writes.push(DocumentWrite {
            concept: cx.names.intern(concept.value),
            role: cx.names.intern(role.value),
            below: write.strings("below"),
        });
    }
    let one = table.texts("one").into_iter().map(|text| cx.names.intern(text.value)).collect();
    let read = cx.names.intern(read.value);
    cx.library.documents.push(DocumentsModel { read, one, writes });
}

pub(super) fn sink(cx: &mut Cx<'_>, table: Table<'_>) {
    let Some(name) = table.text("name") else { return };
    let roles = table.texts("roles");
    let concept = table.text("concept");
    if concept.is_none() && table.texts("handler-returns").is_empty() {
        let message = format!("nothing says what the sink `{}` is", name.value);
        cx.error_help(name.place, message, "add `concept` and `roles`, or `handler-returns`");
    }
    if let Some(concept) = concept {
        cx.known_concept(concept);
        if let Some(known) = cx.known.concepts.get(concept.value).cloned() {
            for role in roles.iter().filter(|role| !known.contains(role.value)) {
                let message = format!("`{}` has no role `{}`", concept.value, role.value);
                cx.unknown(role.place, message, role.value, known.iter().copied());
            }
        }
    }
    let model = SinkModel {
        name: cx.names.intern(name.value),
        concept: concept.map(|text| cx.names.intern(text.value)),
        roles: roles.iter().map(|role| cx.names.intern(role.value)).collect(),
        handler_returns: table
            .texts("handler-returns")
            .into_iter()
            .map(|text| cx.stack_name(text, Some("framework")))
            .collect(),
        caught: table.flag("caught"),
        message: table.text("message").map_or_else(String::new, |text| text.value.to_owned()),
    };
    cx.library.sinks.push(model);
}

impl Cx<'_> {
    /// Says so if no concept has a name.
    fn known_concept(&mut self, concept: Text<'_>) {
        if !self.known.concepts.contains_key(concept.value) {
            let all: Vec<&str> = self.known.concepts.keys().copied().collect();
            let message = format!("unknown concept `{}`", concept.value);
            self.unknown(concept.place, message, concept.value, all);
        }
    }

    /// `taint = { from = […], to = […] }`
    pub(super) fn taint(
        &mut self,
        table: Table<'_>,
        vars: &mut Vars,
        mentions: &mut Mentions,
    ) -> Option<TaintSubject> {
        let ends = table.get("taint")?.table()?;
        let from = self.labels(ends.texts("from"));
        let mut to: Vec<Symbol> = Vec::new();
        for text in ends.texts("to") {
            let name = self.names.intern(text.value);
            if self.library.sinks.iter().any(|sink| sink.name == name) {
                to.push(name);
                continue;
            }
            let names: Vec<String> = self
                .library
                .sinks
                .iter()
                .map(|sink| self.names.resolve(sink.name).to_owned())
                .collect();
            let message = format!("unknown sink `{}`", text.value);
            self.unknown(text.place, message, text.value, names.iter().map(String::as_str));
        }
        let place = table.key_place("taint");
        let (source, sink) = (vars.id(SOURCE), vars.id(SINK));
        mentions.binds.extend([(source, place), (sink, place)]);
        Some(TaintSubject { from, to, source, sink })
    }
}
