//! Fingerprints: the identity of a finding when lines move.
//!
//! Two digests. The *code key* says what was found, without saying where: rule, enclosing
//! symbol, the beginning of the statement and the code. The *fingerprint* adds the path and,
//! among equals, the ordinal. The code goes in as tokens, without what a formatter may change
//! (white space, parentheses, commas, the spelling of literals) and without the content of
//! literals: a digest of a short secret would betray it. Of settings their names go in, of
//! documents the keys, since their values need no quotes.

use rayon::prelude::*;

use super::statements::Statements;
use crate::base::{FileId, FxHashMap, FxHashSet, Loc, stable_digest};
use crate::finding::{Finding, Fingerprint};
use crate::project::Documents;
use crate::source::{FileTable, Redactor};
use crate::syntax::document::{DocumentKind, Node};

/// Longest code that goes into a fingerprint, in tokens.
const MAX_CODE: usize = 256;
/// Longest beginning of a statement that goes into a fingerprint, in tokens.
const MAX_HEAD: usize = 12;

/// Gives each finding its fingerprint and code key.
pub fn assign(
    findings: &mut [Finding],
    files: &FileTable,
    documents: &Documents,
    redactor: &Redactor,
) {
    let of_python: FxHashSet<FileId> = findings
        .iter()
        .map(|finding| finding.primary.loc.file)
        .filter(|file| documents.get(*file).is_none())
        .collect();
    let of_python: Vec<FileId> = of_python.into_iter().collect();
    let statements: FxHashMap<FileId, Statements> =
        of_python.into_par_iter().map(|file| (file, Statements::of_file(file, files))).collect();
    let mut seen: FxHashMap<String, u32> = FxHashMap::default();
    for finding in findings {
        let loc = finding.primary.loc;
        let text = redactor.display_text(loc.file);
        let code = match (&finding.setting, statements.get(&loc.file)) {
            // A setting that is missing is shown at the last one, whichever that is.
            (Some(key), _) => format!("setting {key}"),
            (None, Some(statements)) => python(text, loc, statements),
            (None, None) => document(documents, text, loc),
        };
        finding.code_key = stable_digest([&*finding.rule, &finding.symbol, &code]);
        let base = stable_digest([&files.get(loc.file).path, &*finding.code_key]);
        let ordinal = seen.entry(base.clone()).or_default();
        finding.fingerprint = Fingerprint(stable_digest([&*base, &ordinal.to_string()]));
        *ordinal += 1;
    }
}

fn part(text: &str, start: u32, end: u32) -> &str {
    text.get(start as usize..end as usize).unwrap_or_default()
}

/// The beginning of the statement, up to its `=`, and the code.
fn python(text: &str, loc: Loc, statements: &Statements) -> String {
    let statement = statements.around(loc.start).map_or("", |(start, end)| part(text, start, end));
    let head = tokens(statement).into_iter().take(MAX_HEAD);
    let mut words: Vec<&str> = Vec::new();
    for token in head {
        words.push(token);
        if token == "=" {
            break;
        }
    }
    words.push("|");
    words.extend(tokens(part(text, loc.start, loc.end)).into_iter().take(MAX_CODE));
    words.join(" ")
}

/// The keys that lead to a place; of SQL its tokens.
fn document(documents: &Documents, text: &str, loc: Loc) -> String {
    let Some(file) = documents.get(loc.file) else { return String::new() };
    if file.kind == DocumentKind::Sql {
        return tokens(part(text, loc.start, loc.end)).join(" ");
    }
    let mut keys: Vec<&str> = Vec::new();
    for root in file.roots() {
        add_keys(root, loc.start, &mut keys);
    }
    keys.join(" ")
}

fn add_keys<'n>(node: &'n Node, at: u32, keys: &mut Vec<&'n str>) {
    let holds = |start: u32, end: u32| (start..=end).contains(&at);
    for entry in node.entries() {
        if holds(entry.key_place.start, entry.value.place.end.max(entry.key_place.end)) {
            keys.push(&entry.key);
            return add_keys(&entry.value, at, keys);
        }
    }
    for item in node.items() {
        if holds(item.place.start, item.place.end) {
            return add_keys(item, at, keys);
        }
    }
}

/// The tokens that a formatter leaves alone, in order: names and operators as they are, each
/// string as `"` (several in a row as one), each number as `0`; no parentheses, commas,
/// semicolons, backslashes and comments. Masked code counts as one `*`.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens: Vec<&str> = Vec::new();
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let width = match c {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' => {
                push_unless_last(&mut tokens, "\"");
                string(rest)
            }
            '*' => {
                push_unless_last(&mut tokens, "*");
                1
            }
            _ if is_word(c) => {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                let word = &rest[..end];
                let is_prefix = word.len() <= 2
                    && word.bytes().all(|b| b"rRbBuUfF".contains(&b))
                    && rest[end..].starts_with(['"', '\'']);
                if c.is_ascii_digit() {
                    tokens.push("0");
                    number(rest)
                } else {
                    if !is_prefix {
                        tokens.push(word);
                    }
                    end
                }
            }
            _ => {
                let width = c.len_utf8();
                if !c.is_whitespace() && !"(),;\\".contains(c) {
                    tokens.push(&rest[..width]);
                }
                width
            }
        };
        rest = &rest[width..];
    }
    tokens
}

fn push_unless_last<'t>(tokens: &mut Vec<&'t str>, token: &'t str) {
    if tokens.last() != Some(&token) {
        tokens.push(token);
    }
}

/// The length of the number at the start of `code`; a sign is part of an exponent only.
fn number(code: &str) -> usize {
    let mut before = ' ';
    code.find(|c: char| {
        let goes_on = c.is_alphanumeric()
            || matches!(c, '_' | '.')
            || (matches!(c, '+' | '-') && matches!(before, 'e' | 'E') && !code.starts_with("0x"));
        before = c;
        !goes_on
    })
    .unwrap_or(code.len())
}

/// The length of the string at the start of `code`.
fn string(code: &str) -> usize {
    let quotes = ["\"\"\"", "'''", "\"", "'"];
    let Some(quote) = quotes.into_iter().find(|quote| code.starts_with(quote)) else { return 1 };
    let mut at = quote.len();
    while let Some(c) = code[at..].chars().next() {
        if code[at..].starts_with(quote) {
            return at + quote.len();
        }
        at += c.len_utf8();
        if c == '\\' {
            at += code[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[test]
    fn formatters_change_nothing() {
        for (before, after) in [
            ("f(a,b)", "f(\n    a,\n    b,\n)"),
            ("x = 'a' 'b'", "x = (\n    \"a\"\n    \"b\"\n)"),
            ("x = u'a' \\\n  + b", "x = \"a\" + b"),
            ("return (a)", "return a"),
            ("a[1:2], 0XFF, 1E-5", "a[1:2], 0xFF, 1e-5"),
            ("f(a)  # why", "f(a)"),
            ("class A():", "class A:"),
            ("for (x, y) in z:", "for x, y in z:"),
        ] {
            assert_eq!(tokens(before), tokens(after), "{before}");
        }
    }

    #[test]
    fn literals_leave_nothing() {
        for (one, other) in [
            ("PIN = '1234'", "PIN = \"\"\"9\"\"\""),
            ("pin = 1234", "pin = 0"),
            ("f'{token}'", "''"),
            ("x = b'\\'a'", "x = 'c'"),
            ("k = ****", "k = *"),
        ] {
            assert_eq!(tokens(one), tokens(other), "{one}");
        }
        assert_eq!(tokens("'unterminated"), ["\""]);
        assert_ne!(tokens("f(a)"), tokens("f(b)"));
        assert_ne!(tokens("a.b"), tokens("ab"));
    }
}
