//! Examples of rules: small projects with the expected lines marked.

use super::context::Cx;
use super::meta::Example;
use super::rules::check_rule_name;
use super::tree::{Table, Text};
use crate::syntax::parse;

/// Marks a line that a finding starts on, in a comment of whatever the file is.
const MARK: &str = "<- here";
/// The path of an example that is a single text.
const SINGLE: &str = "example.py";
/// The path that `requirements` becomes.
const REQUIREMENTS: &str = "requirements.txt";

/// The lines an example's findings start on: path and line number from 1, in order.
pub fn expected(example: &Example) -> Vec<(String, u32)> {
    let mut lines = Vec::new();
    for (path, text) in &example.files {
        for (number, line) in (1..).zip(text.lines()) {
            if is_marked(path, line) {
                lines.push((path.clone(), number));
            }
        }
    }
    lines
}

/// Python's comments are exact; other files (`.env`, templates, SQL) have several signs.
fn is_marked(path: &str, line: &str) -> bool {
    let mark = line.rfind(MARK);
    mark.is_some_and(|at| !is_python(path) || line[..at].trim_end().ends_with('#'))
}

fn is_python(path: &str) -> bool {
    path.rsplit('.').next().is_some_and(|extension| extension == "py")
}

/// Compiles `[[rule.example]]`; `None` when it has no text.
pub(super) fn compile_example(cx: &mut Cx<'_>, table: Table<'_>) -> Option<Example> {
    for text in table.texts("also") {
        check_rule_name(cx, text);
    }
    let (key, bad) = match (table.get("bad"), table.get("good")) {
        (Some(_), None) => ("bad", true),
        (None, Some(_)) => ("good", false),
        _ => {
            cx.error(table.place, "an example is either `bad` or `good`");
            return None;
        }
    };
    let (fixed, files) = (files(table, "fixed"), files(table, key));
    check_fixed(cx, table, &fixed, &files);
    let mut example = Example {
        bad,
        files: texts_of(&files),
        also: table.strings("also"),
        fixed: texts_of(&fixed),
    };
    check_files(cx, table, key, &files);
    check_marks(cx, table, key, &example);
    let requirements = table.texts("requirements");
    if !requirements.is_empty() && !example.files.iter().any(|(path, _)| path == REQUIREMENTS) {
        let lines: Vec<&str> = requirements.iter().map(|text| text.value).collect();
        example.files.push((REQUIREMENTS.to_owned(), lines.join("\n") + "\n"));
    }
    Some(example)
}

fn texts_of(files: &[(&str, Text<'_>)]) -> Vec<(String, String)> {
    files.iter().map(|(path, text)| (path.to_string(), text.value.to_owned())).collect()
}

/// What an edit makes is said of `bad` code, of its own files, and is Python.
fn check_fixed(
    cx: &mut Cx<'_>,
    table: Table<'_>,
    fixed: &[(&str, Text<'_>)],
    files: &[(&str, Text<'_>)],
) {
    if fixed.is_empty() {
        return;
    }
    if table.get("bad").is_none() {
        cx.error(table.key_place("fixed"), "`fixed` goes with `bad`");
    }
    for (path, _) in fixed.iter().filter(|(path, _)| files.iter().all(|(own, _)| own != path)) {
        cx.error(table.key_place("fixed"), format!("`{path}` is no file of this example"));
    }
    check_python(cx, fixed);
}

fn files<'p>(table: Table<'p>, key: &str) -> Vec<(&'p str, Text<'p>)> {
    match table.text(key) {
        Some(text) => vec![(SINGLE, text)],
        None => table
            .entries_of(key)
            .into_iter()
            .filter_map(|(path, node)| Some((path.value, node.text()?)))
            .collect(),
    }
}

fn check_files(cx: &mut Cx<'_>, table: Table<'_>, key: &str, files: &[(&str, Text<'_>)]) {
    if files.is_empty() {
        cx.error(table.key_place(key), "this example has no file");
    }
    for (path, _) in files {
        let inside = !path.is_empty()
            && !path.starts_with('/')
            && !path.contains('\\')
            && !path.split('/').any(|part| part.is_empty() || part == "..");
        if !inside {
            cx.error(table.key_place(key), format!("`{path}` is not a path below the example"));
        }
    }
    check_python(cx, files);
}

fn check_python(cx: &mut Cx<'_>, files: &[(&str, Text<'_>)]) {
    for &(path, text) in files {
        if is_python(path) && !cx.trusts(text.place) {
            for (start, end) in parse(text.value).errors {
                let part = start as usize..end as usize;
                cx.error_in(text, part, format!("`{path}` of this example is not valid Python"));
            }
        }
    }
}

fn check_marks(cx: &mut Cx<'_>, table: Table<'_>, key: &str, example: &Example) {
    let marks = expected(example);
    if example.bad && marks.is_empty() {
        cx.error_help(
            table.key_place(key),
            "this example does not say where the finding is",
            "mark the line with `# <- here`",
        );
    }
    if !example.bad && !marks.is_empty() {
        cx.error(table.key_place(key), "a `good` example has no finding to mark with `# <- here`");
    }
}
