//! What is known of a project, for people: what it has many of.

use super::super::summary::{count, thousands};
use super::page::{Page, column, padded};
use super::value::{cut, plain, text as text_of};
use crate::base::{FileId, FxHashSet};
use crate::overview::{Field, Model, Thing, Value};

/// Widest column of URLs and names.
const WIDEST: usize = 48;
/// Widest column of methods.
const WIDEST_METHODS: usize = 16;
/// Widest value of an attribute.
const WIDEST_VALUE: usize = 60;
/// The attributes of a route that say what stands before it.
const GUARD: &str = "guard.";

/// Connections with what they serve and how.
pub(super) fn connections(page: &mut Page<'_>) {
    let all = &page.report.overview.connections;
    if all.is_empty() {
        return;
    }
    page.heading("Connections", &thousands(all.len()));
    let (shown, more) = page.limited(all);
    for connection in shown {
        let engine = connection.get("engine").map_or_else(|| "?".to_owned(), plain);
        let serves = connection.get("serves").map(plain).filter(|text| !text.is_empty());
        let serves = serves.map_or_else(String::new, |what| format!("  serves {what}"));
        let place = page.cyan(&page.place(connection.loc));
        let head = format!("{}{}", page.bold(&page.clean(&engine)), page.clean(&serves));
        page.line(2, &format!("{head}  {place}"));
        let shown_above = ["engine", "serves", "given"];
        let rest = connection.attributes.iter().filter(|(name, value)| {
            let unknown = *value == Value::Unknown(String::new());
            !shown_above.contains(&&**name) && !unknown
        });
        let rest: Vec<String> = rest
            .map(|(name, value)| {
                page.clean(&format!("{name} {}", cut(&text_of(value), WIDEST_VALUE)))
            })
            .collect();
        if !rest.is_empty() {
            page.paragraph(6, &rest, ", ");
        }
    }
    page.more(more);
}

/// Routes by the files of their handlers.
pub(super) fn routes(page: &mut Page<'_>) {
    let all = &page.report.overview.routes;
    if all.is_empty() {
        return;
    }
    let mut files: Vec<FileId> = all.iter().map(|route| route.loc.file).collect();
    files.dedup();
    let urls: FxHashSet<String> = all.iter().map(url).collect();
    let (number, files) = (thousands(all.len()), count(files.len(), "file"));
    let about = format!("{number} on {} in {files}", count(urls.len(), "URL"));
    page.heading("Routes", &about);
    let (shown, more) = page.limited(all);
    for group in shown.chunk_by(|a, b| a.loc.file == b.loc.file) {
        let file = group[0].loc.file;
        let number = all.iter().filter(|route| route.loc.file == file).count();
        let path = page.cyan(&page.report.files.get(file).path);
        page.line(2, &format!("{path}  {}", page.dim(&count(number, "route"))));
        let methods: Vec<String> = group.iter().map(methods).collect();
        let urls: Vec<String> = group.iter().map(|route| page.clean(&url(route))).collect();
        let method_width = column(methods.iter().map(String::as_str), WIDEST_METHODS);
        let url_width = column(urls.iter().map(String::as_str), WIDEST);
        for ((route, methods), url) in group.iter().zip(&methods).zip(&urls) {
            let (methods, url) = (padded(methods, method_width), padded(url, url_width));
            let handler = page.clean(&handler(route));
            let handler = format!("{handler}:{}", page.line_of(route.loc));
            let guard = guard(route);
            let plain = format!("{methods}  {url}  {handler}");
            let head = format!("{methods}  {}  {handler}", page.bold(&url));
            if 4 + plain.chars().count() + 2 + guard.chars().count() <= page.width() {
                page.line(4, &format!("{head}  {}", page.dim(&guard)));
            } else {
                page.line(4, &head);
                page.line(4 + method_width + 2, &page.dim(&guard));
            }
        }
    }
    page.more(more);
}

fn methods(route: &Thing) -> String {
    match route.get("methods") {
        Some(Value::List { items, .. }) if !items.is_empty() => {
            items.iter().map(plain).collect::<Vec<_>>().join(",")
        }
        Some(known @ Value::Text(_)) => plain(known),
        _ => "?".to_owned(),
    }
}

fn url(route: &Thing) -> String {
    route.get("url").map_or_else(|| "?".to_owned(), plain)
}

/// The handler as it is written; else where it stands.
fn handler(route: &Thing) -> String {
    let named = route.get("handler").filter(|value| !matches!(value, Value::Unknown(_)));
    match named.map(plain) {
        Some(name) => name,
        None if route.symbol.is_empty() => "?".to_owned(),
        None => route.symbol.clone(),
    }
}

/// `auth user, throttle no, csrf ?`: who has to be there, and whether the others are.
fn guard(route: &Thing) -> String {
    let parts = route.attributes.iter().filter_map(|(name, value)| {
        let value = plain(value);
        let name = name.strip_prefix(GUARD)?;
        let shown = match (name, &*value) {
            (_, "unknown") => "?",
            ("auth", level) => level,
            (_, "none") => "no",
            (_, "user") => "yes",
            (_, level) => level,
        };
        Some(format!("{name} {shown}"))
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// Models that have fields whose names mean secrets.
pub(super) fn models(page: &mut Page<'_>) {
    let all = &page.report.overview.models;
    if all.is_empty() {
        return;
    }
    let mut fields: Vec<(&Model, &Field)> = all
        .iter()
        .flat_map(|model| model.secrets.iter().map(move |field| (model, field)))
        .collect();
    // What several models inherit is one field.
    let mut seen = FxHashSet::default();
    fields.retain(|(_, field)| seen.insert(field.loc));
    let secret = format!("{} named like a secret", count(fields.len(), "field"));
    page.heading("Models", &format!("{}, {secret}", thousands(all.len())));
    let limit = if page.is_whole() { fields.len() } else { page.limited(all).0.len() };
    let names: Vec<String> =
        fields.iter().map(|(m, f)| page.clean(&format!("{}.{}", m.name, f.name))).collect();
    let types: Vec<String> = fields.iter().map(|(_, f)| page.clean(&type_name(&f.types))).collect();
    let name_width = column(names.iter().map(String::as_str), WIDEST);
    let type_width = column(types.iter().map(String::as_str), WIDEST);
    let rows = fields.iter().zip(&names).zip(&types);
    for (((_, field), name), ty) in rows.take(limit) {
        let place = page.cyan(&page.place(field.loc));
        let (name, ty) = (padded(name, name_width), padded(ty, type_width));
        page.line(2, &format!("{}  {ty}  {place}", page.bold(&name)));
    }
    page.more(fields.len().saturating_sub(limit));
}

/// The first of the names of a type, without its module.
fn type_name(types: &Value) -> String {
    let first = match types {
        Value::List { items, .. } => items.first().map_or_else(|| "?".to_owned(), plain),
        other => plain(other),
    };
    first.rsplit('.').next().unwrap_or_default().to_owned()
}

/// Variables by the files that set them.
pub(super) fn variables(page: &mut Page<'_>) {
    let all = &page.report.overview.variables;
    if all.is_empty() {
        return;
    }
    let mut files: Vec<FileId> = all.iter().map(|variable| variable.loc.file).collect();
    files.dedup();
    let about = format!("{} in {}", count(all.len(), "variable"), count(files.len(), "file"));
    page.heading("Deployment", &about);
    let (shown, more) = page.limited(all);
    for group in shown.chunk_by(|a, b| a.loc.file == b.loc.file && a.profile == b.profile) {
        let first = &group[0];
        let path = page.cyan(&page.report.files.get(first.loc.file).path);
        let about = page.dim(&format!("{}, {}", first.source, first.profile));
        page.line(2, &format!("{path}  {about}"));
        let width = column(group.iter().map(|v| &*v.name), WIDEST);
        for variable in group {
            let name = padded(&page.clean(&variable.name), width);
            let value = page.clean(&cut(&text_of(&variable.value), WIDEST_VALUE));
            let line = page.dim(&format!(":{}", page.line_of(variable.loc)));
            page.line(4, &format!("{name}  {}  {line}", page.bold(&value)));
        }
    }
    page.more(more);
}
