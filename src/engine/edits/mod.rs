//! From what rules want changed to edits of files that keep how they are written.
//!
//! * An edit changes one file, and only where it replaces what that file itself says: literals,
//!   or the matched code.
//! * It keeps indentation, quotes, commas, comments and line breaks, and brings the imports it
//!   needs.
//! * A file with an edit applied still parses; an edit for which that is not so is not offered.
//! * A value that has a name may be used elsewhere too: then the edit is unsafe, whatever its
//!   rule says.

mod code;
mod imports;
mod layout;
mod resolve;
mod settings;
mod snippet;
mod write;

use crate::base::{FileId, FxHashMap};
use crate::finding::Finding;
use crate::source::{FileKind, FileTable, SourceFile};
use code::Code;
use write::Writer;

/// Gives each finding the edit for the first of its intents that its file allows.
pub(super) fn write_all(findings: &mut [Finding], files: &FileTable) {
    let mut known: FxHashMap<FileId, Option<Code<'_>>> = FxHashMap::default();
    for finding in findings.iter_mut().filter(|finding| !finding.intents.is_empty()) {
        let file = finding.intents[0].subject.file;
        let code = known.entry(file).or_insert_with(|| code_of(files.get(file)));
        let Some(code) = code else { continue };
        let intents = std::mem::take(&mut finding.intents);
        finding.edit = intents.iter().find_map(|intent| Writer::new(code, file, intent).edit());
    }
}

/// The code of a file that can be changed: in notebooks it stands in quotes, among other things.
fn code_of(file: &SourceFile) -> Option<Code<'_>> {
    if file.kind == FileKind::Notebook { None } else { Code::new(&file.text) }
}

/// Whether a text is Python without a syntax error.
pub(super) fn is_whole(text: &str) -> bool {
    code::whole(text).is_some()
}
