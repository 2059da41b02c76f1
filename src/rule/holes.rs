//! Rewrites the holes of a pattern to what the Python grammar accepts.
//!
//! | in the pattern | becomes |
//! |---|---|
//! | `$X`, `$_` | the identifiers `μX`, `μ_` |
//! | `@a.b` (a concept) | `μμa.b` |
//! | `...` among the entries of a dict | `**μμμ` |
//! | `...` among parameters | `*μμμ` |
//! | `...` elsewhere | itself |

use std::ops::Range;

/// Prefix of a metavariable. Greek, because it is its own normal form (NFKC).
pub(super) const METAVAR: char = 'μ';
/// Prefix of a concept.
pub(super) const CONCEPT: &str = "μμ";
/// The identifier that stands for `...` where the grammar has no bare form.
pub(super) const REST: &str = "μμμ";

/// A pattern the Python grammar accepts, and the way back.
#[derive(Debug, Default)]
pub(super) struct Rewritten {
    pub text: String,
    /// Metavariables (without `$`, `_` left out) and where they stand in the pattern.
    pub metavars: Vec<(String, Range<usize>)>,
    /// What is wrong, and where in the pattern.
    pub errors: Vec<(Range<usize>, String)>,
    /// Offsets in `text` and in the pattern that belong together, ascending; between two of
    /// them both run in step.
    anchors: Vec<(usize, usize)>,
}

impl Rewritten {
    /// The byte range of the pattern that `range` of the rewritten text comes from.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        let start = self.original_offset(range.start);
        start..self.original_offset(range.end).max(start)
    }

    fn original_offset(&self, at: usize) -> usize {
        let index = self.anchors.partition_point(|&(rewritten, _)| rewritten <= at);
        let (rewritten, original) = index.checked_sub(1).map_or((0, 0), |last| self.anchors[last]);
        let next = self.anchors.get(index).map_or(usize::MAX, |&(_, next)| next);
        (original + (at - rewritten)).min(next)
    }
}

/// Rewrites all holes of `pattern`.
pub(super) fn rewrite(pattern: &str) -> Rewritten {
    let mut rewriter = Rewriter {
        pattern,
        at: 0,
        out: Rewritten::default(),
        brackets: Vec::new(),
        is_function: is_function(pattern),
    };
    rewriter.run();
    rewriter.out
}

/// Whether some line starts a function: then `@` at the start of a line is a decorator.
fn is_function(pattern: &str) -> bool {
    pattern.lines().any(|line| {
        let line = line.trim_start();
        ["def ", "async ", "class "].iter().any(|word| line.starts_with(word))
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Bracket {
    Dict,
    Params,
    Other,
}

struct Rewriter<'t> {
    pattern: &'t str,
    at: usize,
    out: Rewritten,
    brackets: Vec<Bracket>,
    is_function: bool,
}

impl<'t> Rewriter<'t> {
    fn rest(&self) -> &'t str {
        &self.pattern[self.at..]
    }

    fn run(&mut self) {
        while let Some(c) = self.rest().chars().next() {
            let rest = self.rest();
            match c {
                '$' => self.metavar(),
                '@' => self.at_sign(),
                '\'' | '"' => self.copy(string_length(rest)),
                '#' => self.copy(rest.find('\n').unwrap_or(rest.len())),
                '.' if rest.starts_with("...") => self.dots(),
                '(' | '[' | '{' => {
                    let bracket = self.bracket(c);
                    self.brackets.push(bracket);
                    self.copy(1);
                }
                ')' | ']' | '}' => {
                    self.brackets.pop();
                    self.copy(1);
                }
                METAVAR => {
                    let range = self.at..self.at + c.len_utf8();
                    self.out.errors.push((range, format!("`{METAVAR}` cannot stand in a pattern")));
                    self.replace(c.len_utf8(), "_");
                }
                _ => self.copy(c.len_utf8()),
            }
        }
        self.out.anchors.push((self.out.text.len(), self.pattern.len()));
    }

    fn copy(&mut self, length: usize) {
        self.out.text.push_str(&self.pattern[self.at..self.at + length]);
        self.at += length;
    }

    /// Puts `text` in the place of the next `length` bytes.
    fn replace(&mut self, length: usize, text: &str) {
        self.out.anchors.push((self.out.text.len(), self.at));
        self.out.text.push_str(text);
        self.at += length;
        self.out.anchors.push((self.out.text.len(), self.at));
    }

    fn metavar(&mut self) {
        let name_length = word_length(&self.rest()[1..]);
        let name = &self.rest()[1..1 + name_length];
        let range = self.at..self.at + 1 + name_length;
        if name == "_" {
            // Captures nothing.
        } else if is_metavar(name) {
            self.out.metavars.push((name.to_owned(), range));
        } else {
            let message = "a metavariable is `$` and a name in capitals, as in `$X`".to_owned();
            self.out.errors.push((range, message));
        }
        let word = if name.is_empty() { "_" } else { name };
        self.replace(1 + name_length, &format!("{METAVAR}{word}"));
    }

    fn at_sign(&mut self) {
        let line_start = self.pattern[..self.at].rfind('\n').map_or(0, |newline| newline + 1);
        let is_first = self.pattern[line_start..self.at].trim().is_empty();
        let after = &self.rest()[1..];
        if self.is_function && is_first && self.brackets.is_empty() {
            self.copy(1);
        } else if after.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            self.replace(1, CONCEPT);
        } else {
            let message = "`@` starts the name of a concept, as in `@jwt.verify(...)`".to_owned();
            self.out.errors.push((self.at..self.at + 1, message));
            self.replace(1, CONCEPT);
        }
    }

    fn dots(&mut self) {
        match self.brackets.last() {
            Some(Bracket::Dict) if self.is_entry() => self.replace(3, &format!("**{REST}")),
            Some(Bracket::Params) => self.replace(3, &format!("*{REST}")),
            _ => self.copy(3),
        }
    }

    /// Whether what comes next stands where an entry of a dict starts.
    fn is_entry(&self) -> bool {
        self.pattern[..self.at].trim_end().ends_with(['{', ','])
    }

    fn bracket(&self, c: char) -> Bracket {
        let before = self.pattern[..self.at].trim_end();
        match c {
            '{' if is_dict(self.rest()) => Bracket::Dict,
            '(' if self.brackets.is_empty() && follows_def(before) => Bracket::Params,
            _ => Bracket::Other,
        }
    }
}

/// Whether `name` may follow `$` and capture.
pub(super) fn is_metavar(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len())
}

/// Whether the text ends in `def name`.
fn follows_def(before: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    before.trim_end_matches(is_name).trim_end().ends_with("def")
}

/// Whether the braces at the start of `text` enclose a dict and not a set: there is a `:` or a
/// `**` of their own, or nothing but `...`.
fn is_dict(text: &str) -> bool {
    let mut depth = 0;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        match c {
            '\'' | '"' => at += string_length(&text[at..]) - 1,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            ':' if depth == 1 => return true,
            '*' if depth == 1 && text[at..].starts_with("**") => return true,
            _ => {}
        }
        at += c.len_utf8();
        if depth == 0 {
            break;
        }
    }
    let inner = text[..at].trim_start_matches('{').trim_end_matches('}').trim();
    inner.trim_end_matches(',') == "..." || inner.is_empty()
}

/// Length of the string literal at the start of `text`, quotes included.
fn string_length(text: &str) -> usize {
    let quote = &text[..1];
    let triple = quote.repeat(3);
    let delimiter = if text.starts_with(&triple) { triple.as_str() } else { quote };
    let mut at = delimiter.len();
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(delimiter) {
            return at + delimiter.len();
        }
        let mut chars = rest.chars();
        let width = match chars.next() {
            Some('\\') => 1 + chars.next().map_or(0, char::len_utf8),
            Some(c) => c.len_utf8(),
            None => 1,
        };
        at += width;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_become_python() {
        let cases = [
            ("jwt.decode($T, ...)", "jwt.decode(μT, ...)"),
            ("f($_, x=$X1)", "f(μ_, x=μX1)"),
            ("{\"a\": $V, ...}", "{\"a\": μV, **μμμ}"),
            ("{..., \"a\": {...}}", "{**μμμ, \"a\": {**μμμ}}"),
            ("{...}", "{**μμμ}"),
            ("{\"a\", ...}", "{\"a\", ...}"),
            ("[..., $X]", "[..., μX]"),
            ("f({\"a\": [...]})", "f({\"a\": [...]})"),
            ("@jwt.verify(key=$K)", "μμjwt.verify(key=μK)"),
            ("f(@a.b)", "f(μμa.b)"),
            ("@$M.loader\ndef $F(...): ...", "@μM.loader\ndef μF(*μμμ): ..."),
            ("@@auth.check\ndef $F(...): ...", "@μμauth.check\ndef μF(*μμμ): ..."),
            ("f(\"$X ... @a\", '@')", "f(\"$X ... @a\", '@')"),
            ("f('\\'$X', $Y)", "f('\\'$X', μY)"),
            ("$ROW.$F += $_", "μROW.μF += μ_"),
            ("{\"x\": ...}", "{\"x\": ...}"),
        ];
        for (pattern, python) in cases {
            let rewritten = rewrite(pattern);
            assert_eq!(rewritten.text, python);
            assert!(rewritten.errors.is_empty(), "{pattern}");
        }
    }

    #[test]
    fn rewritten_ranges_lead_back() {
        let pattern = "f($KEY, {..., 'é': $B}, @a.b())";
        let rewritten = rewrite(pattern);
        for (there, here) in
            [("μKEY", "$KEY"), ("**μμμ", "..."), ("'é'", "'é'"), ("μμa.b()", "@a.b()")]
        {
            let start = rewritten.text.find(there).unwrap();
            let range = rewritten.original(start..start + there.len());
            assert_eq!(&pattern[range], here);
        }
    }

    #[test]
    fn what_is_no_hole_is_said() {
        for (pattern, part) in [("f($x)", "$x"), ("f($)", "$"), ("@(f)", "@"), ("f(μ)", "μ")] {
            let rewritten = rewrite(pattern);
            let (range, _) = rewritten.errors.first().expect(pattern);
            assert_eq!(&pattern[range.clone()], part);
        }
    }
}
