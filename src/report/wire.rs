//! What the machine formats have in common.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use crate::base::Loc;
use crate::finding::{Edit, Finding, Label, Replacement};
use crate::source::{FileTable, Redactor, SkipReason, SourceFile};

/// The name of the tool in every format.
pub(super) const TOOL: &str = "tokscan";
/// Its version.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The tool that wrote a JSON document.
#[derive(Serialize)]
pub(super) struct Tool {
    name: &'static str,
    version: &'static str,
}

impl Tool {
    /// This one.
    pub(super) const THIS: Self = Self { name: TOOL, version: VERSION };
}

/// A place in JSON, and what is to be said about it.
#[derive(Serialize)]
pub(super) struct Place<'a> {
    path: &'a str,
    start: Position,
    end: Position,
    label: String,
    /// Of a notebook: the cell, and line and column in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    cell: Option<Cell>,
}

#[derive(Serialize)]
struct Cell {
    number: u32,
    line: u32,
    column: u32,
}

/// A position in JSON.
#[derive(Serialize)]
pub(super) struct Position {
    line: u32,
    column: u32,
    offset: u32,
}

/// A labelled place as JSON has it.
pub(super) fn place<'a>(files: &'a FileTable, redactor: &Redactor, label: &Label) -> Place<'a> {
    let file = files.get(label.loc.file);
    let (start, end) = positions(file, label.loc);
    let cell = file.cell(label.loc.start);
    let cell = cell.map(|(number, (line, column))| Cell { number, line, column });
    Place { path: &file.path, start, end, label: redactor.line(&label.text), cell }
}

/// Where a place starts and ends.
pub(super) fn positions(file: &SourceFile, loc: Loc) -> (Position, Position) {
    let position = |at: u32| {
        let ((line, column), offset) = file.place(at);
        Position { line, column, offset }
    };
    (position(loc.start), position(loc.end.max(loc.start)))
}

/// The edit of a finding as machines may have it: not if a secret would stand in it, or a
/// character that must not be shown, since masked it would be another edit.
pub(super) fn showable_edit<'a>(redactor: &Redactor, finding: &'a Finding) -> Option<&'a Edit> {
    let same = |replacement: &Replacement| {
        let Replacement { loc, text } = replacement;
        redactor.inserted(loc.file, text) == text.replace('\r', "")
    };
    finding.edit.as_ref().filter(|edit| edit.replacements.iter().all(same))
}

/// A path as a URI reference, true to the byte.
pub(super) fn uri_path(path: &Path) -> String {
    let mut bytes = path.as_os_str().as_encoded_bytes().to_vec();
    if cfg!(windows) {
        bytes.iter_mut().filter(|byte| **byte == b'\\').for_each(|byte| *byte = b'/');
    }
    uri_reference(&bytes)
}

/// A relative path, or the raw bytes of one, as a URI reference.
fn uri_reference(path: &[u8]) -> String {
    let mut uri = String::with_capacity(path.len());
    for &byte in path {
        // `:` would make the first segment look like a scheme.
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            write!(uri, "%{byte:02X}").expect("internal error: writing to a string failed");
        }
    }
    uri
}

/// The URI reference of a path that is known only as it is shown, where bytes that are not
/// text are percent-encoded already.
pub(super) fn uri_of_shown(path: &str) -> String {
    let uri = uri_reference(path.as_bytes());
    let mut decoded = String::with_capacity(uri.len());
    let mut rest = uri.as_str();
    while let Some(at) = rest.find("%25") {
        let (before, after) = (&rest[..at], &rest[at + 3..]);
        let is_escape = after.len() >= 2 && after.bytes().take(2).all(|b| b.is_ascii_hexdigit());
        decoded.push_str(before);
        decoded.push_str(if is_escape { "%" } else { "%25" });
        rest = after;
    }
    decoded.push_str(rest);
    decoded
}

/// What the operating system said, for reasons that have it.
pub(super) fn detail(reason: SkipReason) -> Option<String> {
    match reason {
        SkipReason::Unreadable(kind) => Some(kind.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uri_references() {
        assert_eq!(uri_reference("app/a b:é%.py".as_bytes()), "app/a%20b%3A%C3%A9%25.py");
        assert_eq!(uri_reference(b"caf\xe9.py"), "caf%E9.py");
        assert_eq!(uri_of_shown("caf%E9 100%.py"), "caf%E9%20100%25.py");
    }
}
