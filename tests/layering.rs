//! The order of the rooms, and what is not written in Rust: rule ids, settings, libraries.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, each of which imports only those before it.
const ROOMS: [&str; 15] = [
    "base", "finding", "overview", "source", "syntax", "facts", "rule", "link", "project", "solve",
    "check", "engine", "report", "config", "cli",
];

/// The rooms a report sees; of `rule` only `meta`.
const SEEN_BY_REPORT: [&str; 5] = ["base", "finding", "overview", "source", "report"];

/// Longest file, without its tests.
const MAX_LINES: usize = 700;

/// Strings that are names of Python itself, of its standard library's environment or of file
/// formats, not of a framework or library, although a model in `rules/lib` has a key of that
/// name.
const PYTHON_NAMES: [&str; 0] = [];

/// A source file, and its text without tests and comments.
struct Source {
    path: String,
    room: String,
    code: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_below(folder: &Path, extension: &str, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).expect("folder").map(|entry| entry.expect("entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files_below(&path, extension, into);
        } else if path.extension().is_some_and(|found| found == extension) {
            into.push(path);
        }
    }
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let mut paths = Vec::new();
    files_below(&src, "rs", &mut paths);
    let relative = |path: &Path| path.strip_prefix(&src).expect("below src").display().to_string();
    paths
        .iter()
        .map(|path| (relative(path), fs::read_to_string(path).expect("UTF-8")))
        // Whole modules of tests are declared `#[cfg(test)] mod tests;`.
        .filter(|(path, _)| !path.ends_with("tests.rs") && !path.contains("tests/"))
        .map(|(path, text)| {
            let room = path.split(['/', '.']).next().unwrap_or_default().to_owned();
            Source { room, code: without_tests(&text), path }
        })
        .collect()
}

/// The text up to its module of tests, without comments, without single test items.
fn without_tests(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines() {
        let trimmed = line.trim_start();
        if line == "#[cfg(test)]" {
            break;
        }
        let comment = trimmed.starts_with("//");
        code.push_str(if comment { "" } else { line });
        code.push('\n');
    }
    code
}

/// The paths below `crate::` that a text names, as far as two segments.
fn crate_paths(code: &str) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let groups: Vec<&str> = match rest.strip_prefix('{') {
            Some(group) => group[..group.find("};").unwrap_or(group.len())].split(", ").collect(),
            None => vec![rest],
        };
        for path in groups {
            let mut segments = path.trim().splitn(2, "::");
            let word = |text: Option<&str>| -> String {
                let text = text.unwrap_or_default();
                text.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '{').collect()
            };
            paths.push((word(segments.next()), word(segments.next())));
        }
    }
    paths
}

#[test]
fn rooms_import_only_rooms_before_them() {
    let (mut wrong, mut uses) = (Vec::new(), 0);
    for source in sources().iter().filter(|s| !matches!(s.room.as_str(), "lib" | "main")) {
        let Some(own) = ROOMS.iter().position(|room| *room == source.room) else {
            wrong.push(format!("src/{}: `{}` is no room", source.path, source.room));
            continue;
        };
        for (room, inner) in crate_paths(&source.code) {
            let Some(other) = ROOMS.iter().position(|name| *name == room) else { continue };
            uses += 1;
            let sees_meta = room == "rule" && inner == "meta";
            let seen =
                source.room != "report" || sees_meta || SEEN_BY_REPORT.contains(&room.as_str());
            if other > own || !seen {
                wrong
                    .push(format!("src/{}: `{}` uses `{room}::{inner}`", source.path, source.room));
            }
        }
    }
    assert!(uses > 200, "{uses} uses");
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_short() {
    let long: Vec<String> = sources()
        .iter()
        .map(|source| (source.code.lines().count(), &source.path))
        .filter(|(count, _)| *count > MAX_LINES)
        .map(|(count, path)| format!("src/{path}: {count} lines"))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

/// The texts of the packs: those with rules, and those of the library.
fn packs() -> (Vec<toml::Table>, Vec<toml::Table>) {
    let mut paths = Vec::new();
    files_below(&root().join("rules"), "toml", &mut paths);
    let parse = |path: &PathBuf| -> toml::Table {
        fs::read_to_string(path).expect("UTF-8").parse().expect("TOML")
    };
    let (library, rules): (Vec<_>, Vec<_>) =
        paths.iter().partition(|path| path.parent().is_some_and(|p| p.ends_with("lib")));
    (rules.into_iter().map(parse).collect(), library.into_iter().map(parse).collect())
}

/// All string literals of a text.
fn literals(code: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for line in code.lines() {
        let mut rest = line;
        while let Some(start) = rest.find('"') {
            let inner = &rest[start + 1..];
            let Some(end) = inner.find('"') else { break };
            found.insert(&inner[..end]);
            rest = &inner[end + 1..];
        }
    }
    found
}

/// The places where one of `names` is a string literal.
fn written(names: &BTreeSet<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources() {
        for literal in literals(&source.code) {
            if names.contains(literal) && !PYTHON_NAMES.contains(&literal) {
                wrong.push(format!("src/{}: \"{literal}\"", source.path));
            }
        }
    }
    wrong
}

#[test]
fn rules_are_not_written_in_rust() {
    let (rules, _) = packs();
    let ids: BTreeSet<String> = rules
        .iter()
        .flat_map(|pack| pack.get("rule").and_then(toml::Value::as_array).into_iter().flatten())
        .filter_map(|rule| rule.get("id").and_then(toml::Value::as_str).map(str::to_owned))
        .collect();
    assert!(ids.len() > 50, "{} rules", ids.len());
    let mut wrong = Vec::new();
    for source in sources() {
        // Anywhere, not only as a whole literal.
        wrong.extend(
            ids.iter()
                .filter(|id| source.code.contains(&format!("\"{id}\"")))
                .map(|id| format!("src/{}: {id}", source.path)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Names of the library that are worth guarding: dotted paths, and keys of settings.
fn library_names(library: &[toml::Table]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for table in library {
        collect(&toml::Value::Table(table.clone()), &mut names);
    }
    names
}

fn collect(value: &toml::Value, names: &mut BTreeSet<String>) {
    match value {
        toml::Value::String(text) => {
            // `jwt.decode(token, …)`, `django.db.models.Model`, `SESSION_COOKIE_SECURE`
            let path = text.trim_start_matches('@').split('(').next().unwrap_or_default();
            let word = |c: char| c.is_alphanumeric() || c == '_';
            let dotted = path.contains('.')
                && path.split('.').all(|part| !part.is_empty() && part.chars().all(word));
            if dotted || is_setting(path) {
                names.insert(path.to_owned());
            }
        }
        toml::Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        toml::Value::Table(table) => {
            for (key, value) in table {
                if is_setting(key) {
                    names.insert(key.clone());
                }
                collect(value, names);
            }
        }
        _ => {}
    }
}

fn is_setting(text: &str) -> bool {
    text.len() > 3 && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[test]
fn libraries_and_settings_are_not_written_in_rust() {
    let (_, library) = packs();
    let names = library_names(&library);
    assert!(names.len() > 100, "{} names", names.len());
    let wrong = written(&names);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
