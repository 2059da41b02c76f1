//! Notebooks: the code cells of a `.ipynb` file as one text, and the way back to the file.
//!
//! Cells follow each other as in one module. Lines that are no Python (`%matplotlib inline`,
//! `!pip install`, `plot?`) become comments, line by line, so that a line of the text is a line
//! of a cell. What they say is dropped: such lines set tokens, too.

use std::sync::{Arc, OnceLock};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{LineCol, LineIndex, SkipReason};

/// Cell magics whose cell is Python all the same.
const PYTHON_CELLS: [&str; 5] = ["time", "timeit", "capture", "prun", "python3"];

/// Where the lines of a notebook's text come from.
#[derive(Debug)]
pub struct Notebook {
    /// The file.
    raw: Arc<str>,
    raw_lines: OnceLock<LineIndex>,
    lines: Vec<CellLine>,
}

/// A line of a code cell.
#[derive(Clone, Copy, Debug)]
struct CellLine {
    /// Number of the cell among all cells, from 1.
    cell: u32,
    /// Number of the line in the cell, from 1.
    line: u32,
    /// Where its first character is spelled in the file.
    raw: u32,
}

/// A part of a file with lines of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Section {
    /// The number of the cell; none for a file that is one piece.
    pub cell: Option<u32>,
    /// Its first line in the text, from 0.
    pub first: usize,
    /// One past its last line.
    pub end: usize,
}

#[derive(Deserialize)]
struct File<'r> {
    #[serde(borrow)]
    cells: Vec<Cell<'r>>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(default)]
    language_info: Language,
    #[serde(default)]
    kernelspec: Language,
}

#[derive(Deserialize, Default)]
struct Language {
    #[serde(default)]
    name: String,
    #[serde(default)]
    language: String,
}

#[derive(Deserialize)]
struct Cell<'r> {
    cell_type: String,
    #[serde(borrow, default)]
    source: Option<&'r RawValue>,
}

/// The code of a notebook.
pub(super) fn read(raw: Arc<str>) -> Result<(String, Notebook), SkipReason> {
    let file: File<'_> = serde_json::from_str(&raw).map_err(|_| SkipReason::BrokenNotebook)?;
    if !file.metadata.is_python() {
        return Err(SkipReason::NotPython);
    }
    let (mut text, mut lines) = (String::new(), Vec::new());
    for (cell, number) in file.cells.iter().zip(1..) {
        if cell.cell_type == "code"
            && let Some(source) = cell.source
        {
            let spelled = spelled_lines(source, &raw).ok_or(SkipReason::BrokenNotebook)?;
            let code: Vec<&str> = spelled.iter().map(|(line, _)| line.as_str()).collect();
            for line in as_python(&code) {
                text.push_str(&line);
                text.push('\n');
            }
            let places = spelled.iter().zip(1..);
            lines.extend(places.map(|(&(_, raw), line)| CellLine { cell: number, line, raw }));
        }
    }
    Ok((text, Notebook { raw, raw_lines: OnceLock::new(), lines }))
}

impl Metadata {
    /// Notebooks that say nothing are Python's.
    fn is_python(&self) -> bool {
        let said = [&self.language_info.name, &self.kernelspec.language];
        said.into_iter().find(|said| !said.is_empty()).is_none_or(|said| {
            let said = said.to_ascii_lowercase();
            said == "python" || said == "ipython"
        })
    }
}

/// The lines of a cell's source, which is a string or a list of them, and where each starts in
/// the file.
fn spelled_lines(source: &RawValue, raw: &str) -> Option<Vec<(String, u32)>> {
    let pieces: Vec<&RawValue> = match source.get().starts_with('[') {
        true => serde_json::from_str(source.get()).ok()?,
        false => vec![source],
    };
    let mut lines: Vec<(String, u32)> = Vec::new();
    let mut open = false;
    for piece in pieces {
        let text: String = serde_json::from_str(piece.get()).ok()?;
        // Both are slices of the one text that was parsed.
        let quote = (piece.get().as_ptr() as usize).checked_sub(raw.as_ptr() as usize)?;
        let mut at = quote + 1;
        for line in text.split_inclusive('\n') {
            let start = u32::try_from(at).ok()?;
            at = spelled(raw, at, line.chars().count());
            let content = line.strip_suffix('\n').unwrap_or(line);
            // A lone carriage return would end a line of the text, but not of the cell.
            let content = content.replace('\r', " ");
            match lines.last_mut().filter(|_| open) {
                Some((last, _)) => last.push_str(&content),
                None => lines.push((content, start)),
            }
            open = !line.ends_with('\n');
        }
    }
    Some(lines)
}

/// The offset in `raw` behind `count` characters of the JSON string from `at` on.
fn spelled(raw: &str, at: usize, count: usize) -> usize {
    let mut rest = &raw[at..];
    for _ in 0..count {
        let width = match rest.as_bytes() {
            // Characters beyond the first 65,536 are two escapes.
            [b'\\', b'u', b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B', ..] => 12,
            [b'\\', b'u', ..] => 6,
            [b'\\', ..] => 2,
            [b'"', ..] | [] => break,
            _ => rest.chars().next().map_or(0, char::len_utf8),
        };
        let Some(next) = rest.get(width..) else { break };
        rest = next;
    }
    raw.len() - rest.len()
}

/// The lines of a cell with what is no Python as comments.
fn as_python(lines: &[&str]) -> Vec<String> {
    let first = lines.iter().position(|line| !line.trim().is_empty());
    let magic = first.and_then(|at| Some((at, lines[at].trim_start().strip_prefix("%%")?)));
    if let Some((at, name)) = magic {
        let name = name.split_whitespace().next().unwrap_or_default();
        if !PYTHON_CELLS.contains(&name) {
            return lines.iter().map(|_| "#".to_owned()).collect();
        }
        let mut python = as_python(&lines[at + 1..]);
        let head = lines[..=at].iter().map(|_| "#".to_owned());
        python.splice(0..0, head);
        return python;
    }
    let mut state = Lexer::default();
    let convert = |line: &&str| {
        let shown = match state.inside() {
            true => None,
            false => command(line),
        };
        let shown = shown.unwrap_or_else(|| (*line).to_owned());
        state.pass(&shown);
        shown
    };
    lines.iter().map(convert).collect()
}

/// A line of commands to the notebook as a statement that does nothing.
fn command(line: &str) -> Option<String> {
    let code = line.trim_start();
    let indent = &line[..line.len() - code.len()];
    let is_command = |code: &str| code.starts_with(['%', '!', '?']);
    if is_command(code) || is_help(code) {
        return Some(match indent {
            "" => "#".to_owned(),
            indent => format!("{indent}pass"),
        });
    }
    // `files = !ls`
    let (target, value) = code.split_once('=')?;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | ',' | ' ' | '.');
    let assigns = target.chars().all(plain) && is_command(value.trim_start());
    assigns.then(|| format!("{indent}{target}= None"))
}

/// `plot?`, `plot??`
fn is_help(code: &str) -> bool {
    let code = code.trim_end();
    let name = code.trim_end_matches('?');
    name.len() < code.len()
        && !name.is_empty()
        && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
}

/// As much of Python's lexer as tells whether a line goes on with what came before.
#[derive(Default)]
struct Lexer {
    depth: usize,
    /// The quotes of the triple-quoted string that is open.
    quotes: Option<&'static str>,
    /// Whether the line ended in a backslash.
    goes_on: bool,
}

impl Lexer {
    fn inside(&self) -> bool {
        self.depth > 0 || self.quotes.is_some() || self.goes_on
    }

    fn pass(&mut self, line: &str) {
        let mut rest = line;
        self.goes_on = false;
        while let Some(c) = rest.chars().next() {
            if let Some(quotes) = self.quotes {
                match rest.strip_prefix(quotes) {
                    Some(behind) => {
                        self.quotes = None;
                        rest = behind;
                    }
                    None => rest = behind(rest, c),
                }
                continue;
            }
            match c {
                '#' => return,
                '(' | '[' | '{' => self.depth += 1,
                ')' | ']' | '}' => self.depth = self.depth.saturating_sub(1),
                '\\' if rest.len() == 1 => self.goes_on = true,
                '"' | '\'' => {
                    let triple = if c == '"' { "\"\"\"" } else { "'''" };
                    if let Some(behind) = rest.strip_prefix(triple) {
                        self.quotes = Some(triple);
                        rest = behind;
                    } else {
                        rest = behind_string(&rest[1..], c);
                    }
                    continue;
                }
                _ => {}
            }
            rest = &rest[c.len_utf8()..];
        }
    }
}

/// What follows a character; with a backslash, what follows the one behind it.
fn behind(rest: &str, c: char) -> &str {
    let rest = &rest[c.len_utf8()..];
    match (c, rest.chars().next()) {
        ('\\', Some(escaped)) => &rest[escaped.len_utf8()..],
        _ => rest,
    }
}

/// What follows a string of one line, from behind its opening quote on.
fn behind_string(mut rest: &str, quote: char) -> &str {
    while let Some(c) = rest.chars().next() {
        rest = behind(rest, c);
        if c == quote {
            break;
        }
    }
    rest
}

impl Notebook {
    /// The cell that a line of the text (from 0) belongs to.
    pub(super) fn section(&self, line: usize) -> Section {
        let line = line.min(self.lines.len().saturating_sub(1));
        let Some(cell) = self.lines.get(line).map(|line| line.cell) else {
            return Section { cell: None, first: 0, end: 0 };
        };
        let first = self.lines.partition_point(|line| line.cell < cell);
        let end = self.lines.partition_point(|line| line.cell <= cell);
        Section { cell: Some(cell), first, end }
    }

    /// Line, column and offset in the file of a place in the text, given as its line (from 0)
    /// and the number of characters before it on the line.
    pub(super) fn in_file(&self, line: usize, characters: usize) -> (LineCol, u32) {
        let offset = self.offset_in_file(line, characters);
        (self.raw_lines().line_col(&self.raw, offset), offset)
    }

    /// As line and column of [`in_file`](Self::in_file), in UTF-16 code units.
    pub(super) fn utf16_in_file(&self, line: usize, characters: usize) -> LineCol {
        self.raw_lines().utf16_line_col(&self.raw, self.offset_in_file(line, characters))
    }

    fn offset_in_file(&self, line: usize, characters: usize) -> u32 {
        let raw = match self.lines.get(line).or(self.lines.last()) {
            Some(place) => spelled(&self.raw, place.raw as usize, characters),
            None => 0,
        };
        u32::try_from(raw).unwrap_or(u32::MAX)
    }

    fn raw_lines(&self) -> &LineIndex {
        self.raw_lines.get_or_init(|| LineIndex::new(&self.raw))
    }

    /// The number of a line of the text (from 0) in its cell, from 1.
    pub(super) fn line_in_cell(&self, line: usize) -> u32 {
        self.lines.get(line).or(self.lines.last()).map_or(1, |line| line.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notebook(text: &str) -> (String, Notebook) {
        read(text.into()).expect("a notebook")
    }

    #[test]
    fn cells_become_one_text_and_lead_back() {
        let raw = r##"{
 "cells": [
  {"cell_type": "markdown", "source": ["# x = 1\n"]},
  {"cell_type": "code", "outputs": [], "source": [
    "import os\n",
    "x = \"\u00e9\" + y\n"
  ]},
  {"cell_type": "code", "source": "a = 1\nb = 2"}
 ],
 "metadata": {"language_info": {"name": "python"}}, "nbformat": 4
}"##;
        let (text, notebook) = notebook(raw);
        assert_eq!(text, "import os\nx = \"é\" + y\na = 1\nb = 2\n");
        // `y`, behind two escapes.
        let (place, offset) = notebook.in_file(1, 10);
        assert_eq!(&raw[offset as usize..offset as usize + 1], "y");
        assert_eq!(place.0, 6);
        let (_, offset) = notebook.in_file(3, 0);
        assert_eq!(&raw[offset as usize..offset as usize + 5], "b = 2");
        assert_eq!(notebook.section(1), Section { cell: Some(2), first: 0, end: 2 });
        assert_eq!(notebook.section(3), Section { cell: Some(3), first: 2, end: 4 });
        assert_eq!(notebook.line_in_cell(3), 2);
    }

    #[test]
    fn what_is_no_python_is_no_code() {
        for (line, expected) in [
            ("%matplotlib inline", "#"),
            ("!pip install x", "#"),
            ("?os.path", "#"),
            ("os.path??", "#"),
            ("    !ls", "    pass"),
            ("files = !ls", "files = None"),
            ("a, b = %sx ls", "a, b = None"),
            ("x = y % z", "x = y % z"),
            ("x = '!' != y", "x = '!' != y"),
            ("print('really?')", "print('really?')"),
        ] {
            assert_eq!(as_python(&[line]), [expected], "{line}");
        }
    }

    #[test]
    fn lines_inside_of_something_are_code() {
        for lines in [
            &["x = ('%s'", "% y)"][..],
            &["x = '''", "%s", "!'''"],
            &["x = a \\", "% b"],
            &["x = [  # (", "!=", "]"],
        ] {
            assert_eq!(as_python(lines), lines, "{lines:?}");
        }
        assert_eq!(as_python(&["x = '('", "%time y"]), ["x = '('", "#"]);
    }

    #[test]
    fn cells_of_other_languages_are_left_out() {
        assert_eq!(as_python(&["%%bash", "export TOKEN=x"]), ["#", "#"]);
        assert_eq!(as_python(&["", "%%time", "x = 1"]), ["#", "#", "x = 1"]);
        let other = r#"{"cells": [], "metadata": {"kernelspec": {"language": "R"}}}"#;
        assert_eq!(read(other.into()).err(), Some(SkipReason::NotPython));
        for broken in ["", "[]", "{}", r#"{"cells": [{"cell_type": "code", "source": 1}]}"#] {
            assert_eq!(read(broken.into()).err(), Some(SkipReason::BrokenNotebook), "{broken}");
        }
    }
}
