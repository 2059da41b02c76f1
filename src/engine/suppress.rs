//! `# tokscan: ignore[rule-id] reason`: findings that the code itself answers for. In other
//! languages the comment has their signs.

use crate::base::{FileId, FxHashMap, Loc};
use crate::facts::{self, Suppression};
use crate::finding::Finding;
use crate::link::UnitInput;
use crate::project::Documents;
use crate::source::FileTable;
use crate::syntax::ast::Comment;

/// The suppression comments of all files.
pub struct Suppressions {
    by_file: FxHashMap<FileId, Vec<Suppression>>,
}

impl Suppressions {
    /// Collects the well-formed ones.
    pub fn of(units: &[UnitInput]) -> Self {
        let mut by_file = FxHashMap::default();
        for unit in units {
            let all = unit.facts.suppressions.iter().filter(|s| s.well_formed);
            let all: Vec<Suppression> = all.cloned().collect();
            if !all.is_empty() {
                by_file.insert(unit.file, all);
            }
        }
        Self { by_file }
    }

    /// Adds those of files that are not Python and have findings.
    pub fn add_documents(&mut self, documents: &Documents, findings: &[Finding]) {
        for finding in findings {
            let id = finding.primary.loc.file;
            if self.by_file.contains_key(&id) {
                continue;
            }
            let Some(file) = documents.get(id) else { continue };
            let comments = file.document().map_or(&[][..], |document| &document.comments);
            let found = comments.iter().filter_map(|comment| {
                let (start, end) = (comment.place.start, comment.place.end);
                let comment = Comment { start, end, own_line: comment.own_line };
                facts::suppression(&comment, &file.text)
            });
            self.by_file.insert(id, found.filter(|s| s.well_formed).collect());
        }
    }

    /// The findings that stay, and how many are suppressed.
    pub fn apply(&self, findings: Vec<Finding>, files: &FileTable) -> (Vec<Finding>, usize) {
        let before = findings.len();
        let stay: Vec<Finding> =
            findings.into_iter().filter(|finding| !self.hides(finding, files)).collect();
        let suppressed = before - stay.len();
        (stay, suppressed)
    }

    fn hides(&self, finding: &Finding, files: &FileTable) -> bool {
        let loc = finding.primary.loc;
        self.by_file.get(&loc.file).into_iter().flatten().any(|suppression| {
            suppression.rules.iter().any(|id| **id == *finding.rule)
                && (suppression.whole_file || reaches(suppression, loc, files))
        })
    }
}

/// Whether a comment stands on a line of the code, or alone on the line above it.
fn reaches(suppression: &Suppression, loc: Loc, files: &FileTable) -> bool {
    let lines = files.get(loc.file).lines();
    let comment = lines.line_of(suppression.range.0);
    let (first, last) = (lines.line_of(loc.start), lines.line_of(loc.end.max(loc.start + 1) - 1));
    (first..=last).contains(&comment) || (suppression.own_line && comment + 1 == first)
}
