//! `# tokscan: ignore[rule-id] reason`: findings that the code itself answers for. In other
//! languages the comment has their signs.

use crate::base::{FileId, FxHashMap, Loc};
use crate::facts::{self, Suppression};
use crate::finding::{Finding, Suppressed};
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

    /// The findings that stay, and the others.
    pub fn apply(
        &self,
        findings: Vec<Finding>,
        files: &FileTable,
    ) -> (Vec<Finding>, Vec<Suppressed>) {
        let mut stay = Vec::with_capacity(findings.len());
        let mut suppressed = Vec::new();
        for finding in findings {
            match self.answer_to(&finding, files) {
                None => stay.push(finding),
                Some(reason) => suppressed.push(Suppressed { reason: reason.to_owned(), finding }),
            }
        }
        (stay, suppressed)
    }

    /// The reason of the first comment that holds for a finding.
    fn answer_to(&self, finding: &Finding, files: &FileTable) -> Option<&str> {
        let loc = finding.primary.loc;
        let mut of_file = self.by_file.get(&loc.file).into_iter().flatten();
        let comment = of_file.find(|suppression| {
            suppression.rules.iter().any(|id| **id == *finding.rule)
                && (suppression.whole_file || reaches(suppression, loc, files))
        });
        comment.map(|comment| comment.reason.as_str())
    }
}

/// Whether a comment stands on a line of the code, or alone on the line above it.
fn reaches(suppression: &Suppression, loc: Loc, files: &FileTable) -> bool {
    let lines = files.get(loc.file).lines();
    let comment = lines.line_of(suppression.range.0);
    let (first, last) = (lines.line_of(loc.start), lines.line_of(loc.end.max(loc.start + 1) - 1));
    (first..=last).contains(&comment) || (suppression.own_line && comment + 1 == first)
}
