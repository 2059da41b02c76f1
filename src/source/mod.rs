//! Files: discovery, reading, lines and columns, redaction.
//!
//! Everything that reads or writes files of a project is here, and so is the one place
//! where source text becomes showable ([`Redactor`]). Nothing outside the scan roots is
//! read, no link is followed, and what is seen but not analysed is recorded with a reason.

mod classify;
mod coverage;
mod discover;
mod file;
mod git;
mod lines;
mod load;
mod notebook;
mod patterns;
mod read;
mod redact;
mod replace;
mod write;

pub use classify::FileKind;
pub use coverage::{Coverage, PathNote, SkipReason, Skipped};
pub use discover::{DiscoverError, DiscoverOptions, Overlay};
pub use file::{FileTable, ReadNote, SourceFile, show_path};
pub use git::{Changes, Git, GitError, repository_of};
pub use lines::{LineCol, LineIndex};
pub use load::load;
pub use notebook::Section;
pub use patterns::PathSet;
pub use read::{Decoded, decode};
pub use redact::{Redactor, blotted, clean, clean_line, is_unshowable};
pub use replace::{abandon_unfinished, write_file};
pub use write::{WriteError, write_text};
