//! What is known of a project, for people and for programs.

mod json;
mod listing;
mod page;
mod sections;
mod value;

use std::io::{self, Write};

use super::TextStyle;
use crate::overview::Overview;
use crate::source::{Coverage, FileTable, Redactor};

/// The forms a description of a project comes in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProjectFormat {
    /// For people. `limit`: most entries of a section; none: all.
    Text {
        /// Most entries of a section.
        limit: Option<usize>,
    },
    /// For programs; see `docs/project.md`.
    Json,
}

/// A project to describe.
#[derive(Debug)]
pub struct ProjectReport<'a> {
    /// What is known of it.
    pub overview: &'a Overview,
    /// Its files.
    pub files: &'a FileTable,
    /// What makes text about them showable.
    pub redactor: &'a Redactor,
    /// How much was analysed.
    pub coverage: &'a Coverage,
}

/// Describes a project in the given format; `style` matters for text only.
pub fn write_project(
    format: ProjectFormat,
    report: &ProjectReport<'_>,
    style: &TextStyle,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        ProjectFormat::Text { limit } => {
            out.write_all(sections::text(report, style, limit).as_bytes())
        }
        ProjectFormat::Json => json::write(report, out),
    }
}
