//! What there is to know about a rule: as a page in the repository and on the terminal.
//!
//! `page` says what is told, in which order; `markdown` and `terminal` only how it looks.

mod index;
mod markdown;
mod terminal;

use std::iter;

use crate::finding::{Safety, Severity};
use crate::rule::meta::{Example, RuleMeta, Standard};

pub use index::index;

/// The first line of every generated page.
pub const MARK: &str = "<!-- Made by `tokscan gen docs`; the text is in rules/. -->";

/// What edits make of an example is shown up to this length.
const FIXED_LINES: usize = 20;

/// Keys of rules that name entries of standards, and what the standards are called.
const STANDARDS: [(&str, &str); 4] = [
    ("cwe", "CWE"),
    ("owasp-api", "OWASP API Security Top 10"),
    ("owasp", "OWASP Top 10"),
    ("asvs", "OWASP ASVS"),
];

/// The name of the page of a rule.
pub fn file_name(id: &str) -> String {
    format!("{id}.md")
}

/// The page of a rule, one of `rules`.
pub fn markdown(rule: &RuleMeta, rules: &[&RuleMeta]) -> String {
    markdown::render(&page(rule, rules))
}

/// The same for the terminal.
pub fn text(rule: &RuleMeta, rules: &[&RuleMeta], color: bool) -> String {
    terminal::render(&page(rule, rules), color)
}

/// What is told about a rule.
struct Page<'m> {
    id: &'m str,
    title: &'m str,
    facts: Vec<(&'static str, Vec<Entry>)>,
    sections: Vec<(&'static str, Vec<Block>)>,
}

/// A word or line that may lead somewhere.
struct Entry {
    text: String,
    to: Option<Target>,
}

enum Target {
    Rule(String),
    Url(String),
}

enum Block {
    /// Text as packs write it, with code between backticks.
    Prose(String),
    /// Lines of text.
    List(Vec<Entry>),
    /// Columns with their headings.
    Table([&'static str; 3], Vec<[String; 3]>),
    /// Files: their paths (none if there is only one) and texts.
    Code(Vec<(Option<String>, String)>),
}

fn page<'m>(rule: &'m RuleMeta, rules: &[&RuleMeta]) -> Page<'m> {
    let examples = |bad: bool| -> Vec<Block> {
        let examples = rule.examples.iter().filter(|example| example.bad == bad);
        examples
            .flat_map(|example| iter::once(code(&example.files)).chain(fixed(example)))
            .collect()
    };
    let sections = [
        ("Why it matters", prose(&rule.why)),
        ("How to fix it", fixes(rule)),
        ("What is reported", branches(rule)),
        ("What makes it better or worse", adjusts(rule)),
        ("Reported code", examples(true)),
        ("Code that is not reported", examples(false)),
        ("Other rules", relations(rule, rules)),
        ("How to suppress it", suppression(rule)),
        ("References", references(rule)),
    ];
    Page {
        id: &rule.id,
        title: &rule.title,
        facts: facts(rule),
        sections: sections.into_iter().filter(|(_, blocks)| !blocks.is_empty()).collect(),
    }
}

fn plain(text: impl Into<String>) -> Entry {
    Entry { text: text.into(), to: None }
}

fn facts(rule: &RuleMeta) -> Vec<(&'static str, Vec<Entry>)> {
    let mut facts = vec![
        ("Category", vec![plain(&rule.category)]),
        ("Severity", vec![plain(range(rule, |branch| branch.severity, rule.severity))]),
        ("Confidence", vec![plain(range(rule, |branch| branch.confidence, rule.confidence))]),
    ];
    for (key, name) in STANDARDS {
        facts.push((name, named(rule, key)));
    }
    facts.push(("Django's checks", rule.django_checks.iter().map(|id| plain(&**id)).collect()));
    facts.push((
        "Automatic fix",
        rule.autofix.map(|best| plain(autofix(best))).into_iter().collect(),
    ));
    facts.retain(|(_, entries)| !entries.is_empty());
    facts
}

/// How findings are mended without typing: by the best of the rule's edits.
fn autofix(best: Safety) -> &'static str {
    match best {
        Safety::Safe => "safe, with `--fix`",
        Safety::Unsafe => "needs a look, with `--fix --unsafe-fixes`",
    }
}

/// The rule's own grade, and what others branches have.
fn range<T: Copy + Ord + std::fmt::Display>(
    rule: &RuleMeta,
    of: impl Fn(&crate::rule::meta::BranchMeta) -> T,
    own: T,
) -> String {
    let mut others: Vec<T> = rule.branches.iter().map(of).filter(|grade| *grade != own).collect();
    others.sort_unstable_by(|a, b| b.cmp(a));
    others.dedup();
    if others.is_empty() {
        return own.to_string();
    }
    let others: Vec<String> = others.iter().map(T::to_string).collect();
    format!("{own} (also {})", others.join(", "))
}

/// Entries of a standard that the rule names, with what the packs know of them.
fn named(rule: &RuleMeta, key: &str) -> Vec<Entry> {
    let known: Vec<Entry> = rule.standards_of(key).map(standard).collect();
    if !known.is_empty() {
        return known;
    }
    let ids: Vec<String> = match key {
        "cwe" => rule.cwe.iter().map(|number| format!("CWE-{number}")).collect(),
        "owasp-api" => rule.owasp_api.clone(),
        "owasp" => rule.owasp.clone(),
        _ => rule.asvs.clone(),
    };
    ids.into_iter().map(plain).collect()
}

fn standard(standard: &Standard) -> Entry {
    let Standard { id, title, url, .. } = standard;
    Entry { text: format!("{id} {title}"), to: Some(Target::Url(url.clone())) }
}

fn prose(text: &str) -> Vec<Block> {
    let text = text.trim();
    if text.is_empty() { Vec::new() } else { vec![Block::Prose(text.to_owned())] }
}

fn fixes(rule: &RuleMeta) -> Vec<Block> {
    let mut blocks = prose(&rule.fix);
    let remedies = rule.remedies.iter().map(|remedy| format!("{}: {}", remedy.stack, remedy.fix));
    let branches = rule.branches.iter().filter_map(|branch| {
        Some(format!("Where {}: {}", branch.message.trim(), branch.fix.as_deref()?.trim()))
    });
    let own: Vec<Entry> = remedies.chain(branches).map(plain).collect();
    if !own.is_empty() {
        blocks.push(Block::List(own));
    }
    blocks
}

/// The branches, unless there is one kind of them only, which the facts tell.
fn branches(rule: &RuleMeta) -> Vec<Block> {
    let mut rows: Vec<[String; 3]> = Vec::new();
    for branch in &rule.branches {
        let row = [
            branch.message.trim().to_owned(),
            branch.severity.to_string(),
            branch.confidence.to_string(),
        ];
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    if rows.is_empty() {
        return Vec::new();
    }
    vec![Block::Table(["Message", "Severity", "Confidence"], rows)]
}

fn adjusts(rule: &RuleMeta) -> Vec<Block> {
    let rows: Vec<[String; 3]> = rule
        .adjusts
        .iter()
        .map(|adjust| {
            let or_same = |grade: Option<String>| grade.unwrap_or_else(|| "as it is".to_owned());
            [
                adjust.because.trim().to_owned(),
                or_same(adjust.severity.map(|severity| severity.to_string())),
                or_same(adjust.confidence.map(|confidence| confidence.to_string())),
            ]
        })
        .collect();
    if rows.is_empty() {
        return Vec::new();
    }
    vec![Block::Table(["Because", "Severity", "Confidence"], rows)]
}

fn code(files: &[(String, String)]) -> Block {
    let several = files.len() > 1;
    let files = files.iter();
    Block::Code(files.map(|(path, text)| (several.then(|| path.clone()), text.clone())).collect())
}

/// What edits make of an example, where that is short.
fn fixed(example: &Example) -> Vec<Block> {
    let lines: usize = example.fixed.iter().map(|(_, text)| text.lines().count()).sum();
    if lines == 0 || lines > FIXED_LINES {
        return Vec::new();
    }
    vec![Block::Prose("The automatic fix makes of it:".to_owned()), code(&example.fixed)]
}

/// Rules that may speak for each other, or report the same code.
fn relations(rule: &RuleMeta, rules: &[&RuleMeta]) -> Vec<Block> {
    let link = |id: &str| Entry { text: id.to_owned(), to: Some(Target::Rule(id.to_owned())) };
    let speaks_for: Vec<Entry> = rule.supersedes.iter().map(|id| link(id)).collect();
    let spoken_for_by: Vec<Entry> = rules
        .iter()
        .filter(|other| other.supersedes.contains(&rule.id))
        .map(|other| link(&other.id))
        .collect();
    let mut also: Vec<&str> = rule
        .examples
        .iter()
        .flat_map(|example| &example.also)
        .map(String::as_str)
        .filter(|id| **id != *rule.id)
        .collect();
    also.sort_unstable();
    also.dedup();
    let also: Vec<Entry> = also.into_iter().map(link).collect();
    let mut blocks = Vec::new();
    for (says, entries) in [
        ("Where both hold, this rule speaks for:", speaks_for),
        ("Where both hold, this rule is spoken for by:", spoken_for_by),
        ("Code without this weakness may still earn:", also),
    ] {
        if !entries.is_empty() {
            blocks.push(Block::Prose(says.to_owned()));
            blocks.push(Block::List(entries));
        }
    }
    blocks
}

fn suppression(rule: &RuleMeta) -> Vec<Block> {
    let id = &rule.id;
    vec![
        Block::Prose(
            "In a comment on the line, or alone on the line above it, with the reason:".to_owned(),
        ),
        Block::Code(vec![(None, format!("# tokscan: ignore[{id}] reason\n"))]),
        Block::Prose(format!(
            "`# tokscan: ignore-file[{id}] reason` holds for a file, `--ignore {id}` for a run, \
             `ignore = [\"{id}\"]` in `tokscan.toml` for a project."
        )),
    ]
}

fn references(rule: &RuleMeta) -> Vec<Block> {
    let entry = |url: &String| Entry { text: url.clone(), to: Some(Target::Url(url.clone())) };
    if rule.references.is_empty() {
        return Vec::new();
    }
    vec![Block::List(rule.references.iter().map(entry).collect())]
}

/// Severities from worst to least.
fn by_severity() -> impl Iterator<Item = Severity> {
    Severity::ALL.into_iter()
}
