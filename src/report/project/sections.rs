//! What is known of a project, for people: its stack and its settings.

use super::super::TextStyle;
use super::super::summary::count;
use super::page::{Page, column, padded};
use super::value::{cut, note, text as text_of};
use super::{ProjectReport, listing};
use crate::finding::Confidence;
use crate::overview::{Part, Setting, Settings};

/// Places of evidence that are shown when not everything is wanted.
const FEW_PLACES: usize = 2;
/// Widest column of keys.
const WIDEST_KEY: usize = 36;
/// Stands between the places where a setting was set and where it was set again.
const ARROW: &str = " → ";
/// Most keys inside of one that are shown when not everything is wanted.
const FEW_KEYS: usize = 6;
/// Widest value.
const WIDEST_VALUE: usize = 48;

/// All sections.
pub(super) fn text(report: &ProjectReport<'_>, style: &TextStyle, limit: Option<usize>) -> String {
    let mut page = Page::new(report, style, limit);
    stack(&mut page);
    settings(&mut page);
    listing::connections(&mut page);
    listing::routes(&mut page);
    listing::models(&mut page);
    listing::variables(&mut page);
    page.finish()
}

fn stack(page: &mut Page<'_>) {
    let parts = &page.report.overview.stack;
    page.heading("Stack", if parts.is_empty() { "nothing known" } else { "" });
    for part in parts {
        let named = page.bold(&page.clean(&versioned(part)));
        let confidence = match part.confidence {
            Confidence::High => page.dim("high confidence"),
            lower => page.yellow(&format!("{lower} confidence")),
        };
        page.line(2, &format!("{named}  {}, {confidence}", page.dim(&part.kind)));
        let few = if part.kind == "library" { 1 } else { FEW_PLACES };
        let shown = if page.is_whole() { part.evidence.len() } else { few };
        for label in part.evidence.iter().take(shown) {
            let reason = page.clean(&label.text);
            let place = page.cyan(&page.place(label.loc));
            page.line(6, &format!("{reason}  {place}"));
        }
    }
}

/// `Django 5.2`, `PostgreSQL (psycopg2-binary 2.9.9)`
fn versioned(part: &Part) -> String {
    let version = |version: &Option<String>| {
        version.as_ref().map_or_else(String::new, |version| format!(" {version}"))
    };
    let packages: Vec<String> = part
        .packages
        .iter()
        .filter(|(name, _)| *name != part.name)
        .map(|(name, v)| format!("{name}{}", version(v)))
        .collect();
    let own = part.packages.iter().find(|(name, _)| *name == part.name);
    let title = format!("{}{}", part.title, own.map_or_else(String::new, |(_, v)| version(v)));
    if packages.is_empty() { title } else { format!("{title} ({})", packages.join(", ")) }
}

fn settings(page: &mut Page<'_>) {
    let all = &page.report.overview.settings;
    if all.is_empty() {
        return;
    }
    page.heading("Settings", "");
    let width = column(all.iter().map(|s| &*s.name), WIDEST_KEY);
    for settings in all {
        let name = page.bold(&padded(&page.clean(&settings.name), width));
        let keys = count(settings.keys, "key");
        let about = format!("{}, {}, {keys}", settings.framework, settings.profile);
        let end = settings.end.map(|loc| page.report.files.get(loc.file).path.clone());
        let file = end.map_or_else(String::new, |path| format!("  {}", page.cyan(&path)));
        page.line(2, &format!("{name}  {}{file}", page.dim(&about)));
        if !settings.named_by.is_empty() {
            let places = page.places(&settings.named_by);
            page.paragraph(
                6,
                &[vec!["named by ".to_owned() + &places[0]], places[1..].to_vec()].concat(),
                ", ",
            );
        }
    }
    for settings in all.iter().filter(|settings| !settings.security.is_empty()) {
        security(page, settings);
    }
}

fn security(page: &mut Page<'_>, settings: &Settings) {
    let known = if settings.complete { "" } else { "more may be set than is known" };
    page.heading(&format!("Security settings of {}", page.clean(&settings.name)), known);
    let all = &settings.security;
    let many = if page.is_whole() { Vec::new() } else { crowded(all) };
    let rows: Vec<Row> = all
        .iter()
        .filter(|s| !many.iter().any(|(head, _)| inside(head, s)))
        .filter(|s| s.set && !is_told_inside(s, all))
        .map(|s| Row::of(page, s))
        .collect();
    let keys = column(rows.iter().map(|row| &*row.key), WIDEST_KEY);
    let cells = column(rows.iter().map(|row| &*row.cell), WIDEST_VALUE / 2);
    for row in &rows {
        row.print(page, keys, cells);
    }
    for (head, number) in many {
        let text = format!("{head} and {} in it; --all shows them", count(number, "key"));
        page.line(2, &page.dim(&page.clean(&text)));
    }
    let defaults: Vec<String> = all
        .iter()
        .filter(|setting| !setting.set && !is_told_inside(setting, all))
        .map(|s| page.clean(&format!("{} = {}", s.key, cut(&text_of(&s.value), WIDEST_VALUE))))
        .collect();
    if !defaults.is_empty() {
        page.line(2, &page.dim("at their defaults"));
        page.paragraph(4, &defaults, ", ");
    }
}

/// Whether a setting is a key inside of `head`.
fn inside(head: &str, setting: &Setting) -> bool {
    setting.key.strip_prefix(head).is_some_and(|rest| rest.starts_with('.'))
}

/// Whether the keys inside of a setting are told by themselves.
fn is_told_inside(setting: &Setting, all: &[Setting]) -> bool {
    all.iter().any(|other| inside(&setting.key, other))
}

/// The keys with many keys inside that are set, and how many.
fn crowded(all: &[Setting]) -> Vec<(&str, usize)> {
    let head = |setting: &'_ Setting| setting.key.split('.').next().unwrap_or_default().to_owned();
    let groups = all.chunk_by(|a, b| head(a) == head(b));
    let counted = groups.filter_map(|group| {
        let number = group.iter().filter(|s| s.set && s.key.contains('.')).count();
        let name = group.first()?.key.split('.').next()?;
        (number > FEW_KEYS).then_some((name, number))
    });
    counted.collect()
}

/// A setting as it is printed.
struct Row {
    key: String,
    /// The value, and where it comes from when that is not the code.
    cell: String,
    /// How much of the cell is the value.
    value: usize,
    places: Vec<String>,
}

impl Row {
    fn of(page: &Page<'_>, setting: &Setting) -> Self {
        let mut places = page.places(&setting.chain);
        if let Some(last) = places.last_mut().filter(|_| !setting.overrides.is_empty()) {
            last.push_str(&format!(" (overrides {})", page.places(&setting.overrides).join(", ")));
        }
        let value = cut(&page.clean(&text_of(&setting.value)), WIDEST_VALUE);
        let note = note(&setting.value).map(|note| format!(" ({})", page.clean(&note)));
        Self {
            key: page.clean(&setting.key),
            cell: format!("{value}{}", note.unwrap_or_default()),
            value: value.len(),
            places,
        }
    }

    /// The places stand beside the value, or below it where there is no room.
    fn print(&self, page: &mut Page<'_>, keys: usize, cells: usize) {
        let (key, cell) = (padded(&self.key, keys), padded(&self.cell, cells));
        let (value, note) = cell.split_at(self.value);
        let head = format!("{key}  {}{}", page.bold(value), page.yellow(note));
        let wide = |text: &str| text.chars().count();
        let places = self.places.join(ARROW);
        if 2 + wide(&key) + 2 + wide(&cell) + 2 + wide(&places) <= page.width() {
            page.line(2, &format!("{head}  {}", page.cyan(&places)));
        } else {
            page.line(2, &head);
            page.places_below(2 + keys + 2, &self.places, ARROW);
        }
    }
}
