//! The names of files, as those expect them who read a report.

use std::path::Path;

use super::Report;
use super::wire::{uri_of_shown, uri_path};
use crate::base::FileId;
use crate::finding::Label;
use crate::source::show_path;

impl Report<'_> {
    /// A file below the root of the repository.
    pub(super) fn path(&self, file: FileId) -> String {
        show_path(self.below_repository(file))
    }

    /// The same as a URI reference, true to the byte.
    pub(super) fn uri(&self, file: FileId) -> String {
        uri_path(self.below_repository(file))
    }

    /// The URI reference of a path that is known only as it is shown, below the scan root.
    pub(super) fn uri_of_shown(&self, path: &str) -> String {
        let prefix = self.scan_root();
        let slash = if prefix.is_empty() { "" } else { "/" };
        format!("{prefix}{slash}{}", uri_of_shown(path))
    }

    /// Where the scan root is in the repository, as a URI reference; empty if it is the same.
    pub(super) fn scan_root(&self) -> String {
        uri_path(self.files.root.strip_prefix(self.run.repository).unwrap_or(Path::new("")))
    }

    /// A file as seen from the current directory.
    pub(super) fn working_path(&self, file: FileId) -> String {
        let abs = &self.files.get(file).abs;
        show_path(abs.strip_prefix(self.run.working).unwrap_or(abs))
    }

    /// `path:line:column` of a place, below the root of the repository.
    pub(super) fn place(&self, label: &Label) -> String {
        let ((line, column), _) = self.files.line_col(label.loc);
        format!("{}:{line}:{column}", self.path(label.loc.file))
    }

    fn below_repository(&self, file: FileId) -> &Path {
        let file = self.files.get(file);
        file.abs.strip_prefix(self.run.repository).unwrap_or(Path::new(&file.path))
    }
}
