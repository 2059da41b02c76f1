//! `# tokscan: ignore[rule-id] reason`: findings that the code itself answers for. In other
//! languages the comment has their signs.

use super::statements::Statements;
use crate::base::{FileId, FxHashMap, FxHashSet, Loc};
use crate::facts::{self, Suppression};
use crate::finding::{Finding, Notice, Suppressed, SuppressedBy};
use crate::link::UnitInput;
use crate::project::Documents;
use crate::source::FileTable;
use crate::syntax::ast::Comment;

/// The suppression comments of all files.
#[derive(Default)]
pub struct Suppressions {
    comments: Vec<(FileId, Suppression)>,
    /// The positions of those of each file.
    by_file: FxHashMap<FileId, Vec<usize>>,
    /// Files that were not understood whole: what is not found there may be there.
    partly: FxHashSet<FileId>,
}

/// What is asked of comments.
pub struct Asked<'a> {
    /// Whether a rule was run on a file.
    pub runs: &'a dyn Fn(&str, FileId) -> bool,
    /// The known rule that is like an id, in case there is none of that id.
    pub mistaken: &'a dyn Fn(&str) -> Option<Option<String>>,
    /// Whether comments that hide nothing are reported: not when the project around the files
    /// is not seen.
    pub unused: bool,
    /// Whether comments need a reason.
    pub require_reason: bool,
}

impl Suppressions {
    /// Those of Python files.
    pub fn of(units: &[UnitInput]) -> Self {
        let mut found = Self::default();
        for unit in units {
            found.add(unit.file, unit.facts.suppressions.iter().cloned());
            if !unit.facts.errors.is_empty() || !unit.facts.cuts.is_empty() {
                found.partly.insert(unit.file);
            }
        }
        found
    }

    /// Adds those of files that are not Python.
    pub fn add_documents(&mut self, documents: &Documents) {
        for file in documents.iter().filter(|file| file.text.contains("tokscan:")) {
            let comments = file.document().map_or(&[][..], |document| &document.comments);
            let found = comments.iter().filter_map(|comment| {
                let (start, end) = (comment.place.start, comment.place.end);
                let comment = Comment { start, end, own_line: comment.own_line };
                facts::suppression(&comment, &file.text)
            });
            self.add(file.file, found);
        }
    }

    fn add(&mut self, file: FileId, found: impl Iterator<Item = Suppression>) {
        for suppression in found {
            self.by_file.entry(file).or_default().push(self.comments.len());
            self.comments.push((file, suppression));
        }
    }

    /// The findings that stay, those that comments suppress, and what is wrong with comments.
    pub fn apply(
        &self,
        findings: Vec<Finding>,
        files: &FileTable,
        asked: &Asked<'_>,
    ) -> (Vec<Finding>, Vec<Suppressed>, Vec<Notice>) {
        let by = self.deciding(&findings, files);
        let mut used: FxHashSet<(usize, &str)> = FxHashSet::default();
        for (finding, by) in findings.iter().zip(&by) {
            used.extend(by.map(|index| (index, &*finding.rule)));
            // Without a finding that speaks for another rule's as well, that one would be there.
            let spoken_for = finding.supersedes.iter().map(|id| &**id);
            for id in spoken_for {
                let near = self.comments_on(finding, id);
                let near = near.filter(|(_, c)| beside(c, finding.primary.loc, files));
                used.extend(near.map(|(index, _)| (index, id)));
            }
        }
        let notices = self.notices(files, asked, &used);
        let (mut stay, mut hidden) = (Vec::new(), Vec::new());
        for (finding, by) in findings.into_iter().zip(by) {
            match by {
                Some(index) => {
                    let reason = self.comments[index].1.reason.clone();
                    hidden.push(Suppressed { finding, by: SuppressedBy::Comment { reason } });
                }
                None => stay.push(finding),
            }
        }
        (stay, hidden, notices)
    }

    /// The comments that could hide what a rule finds where a finding is.
    fn comments_on<'s>(
        &'s self,
        finding: &'s Finding,
        rule: &'s str,
    ) -> impl Iterator<Item = (usize, &'s Suppression)> {
        let of_file = self.by_file.get(&finding.primary.loc.file).into_iter().flatten();
        of_file.map(|&index| (index, &self.comments[index].1)).filter(move |(_, comment)| {
            comment.well_formed && comment.rules.iter().any(|id| id == rule)
        })
    }

    /// The comment that hides each finding.
    ///
    /// A comment beside a finding means that one. One elsewhere in the statement, where a
    /// formatter may have moved it, means the findings in it, unless it is beside one already.
    fn deciding(&self, findings: &[Finding], files: &FileTable) -> Vec<Option<usize>> {
        let mut statements: FxHashMap<FileId, Statements> = FxHashMap::default();
        let mut by: Vec<Option<usize>> = Vec::with_capacity(findings.len());
        let mut around: Vec<Vec<usize>> = Vec::with_capacity(findings.len());
        for finding in findings {
            let loc = finding.primary.loc;
            let of_rule: Vec<_> = self.comments_on(finding, &finding.rule).collect();
            let direct = of_rule.iter().find(|(_, comment)| beside(comment, loc, files));
            by.push(direct.map(|(index, _)| *index));
            let mut near = Vec::new();
            if direct.is_none() && !of_rule.is_empty() {
                let of_file = statements
                    .entry(loc.file)
                    .or_insert_with(|| Statements::of_file(loc.file, files));
                if let Some((start, end)) = of_file.around(loc.start) {
                    let whole = Loc { start, end, ..loc };
                    let inside = of_rule.iter().filter(|(_, c)| reaches(c, whole, files));
                    near.extend(inside.map(|(index, _)| *index));
                }
            }
            around.push(near);
        }
        let taken: FxHashSet<(usize, &str)> = findings
            .iter()
            .zip(&by)
            .filter_map(|(finding, by)| Some(((*by)?, &*finding.rule)))
            .collect();
        let free = |index: &&usize, rule: &str| !taken.contains(&(**index, rule));
        let by = by.into_iter().zip(&around).zip(findings).map(|((direct, around), finding)| {
            direct.or_else(|| around.iter().find(|index| free(index, &finding.rule)).copied())
        });
        by.collect()
    }

    /// What is wrong with the comments, in the order of their places.
    fn notices(
        &self,
        files: &FileTable,
        asked: &Asked<'_>,
        used: &FxHashSet<(usize, &str)>,
    ) -> Vec<Notice> {
        let mut notices = Vec::new();
        for (index, (file, comment)) in self.comments.iter().enumerate() {
            let loc = Loc { file: *file, start: comment.range.0, end: comment.range.1 };
            let mut say = |text: String, help: Option<String>, delete| {
                notices.push(Notice { loc, text, help, delete });
            };
            if !comment.well_formed {
                let help = "write `tokscan: ignore[rule-id] reason`, or `ignore-file` in its place";
                say("a suppression that is not understood".into(), Some(help.into()), None);
                continue;
            }
            if asked.require_reason && comment.reason.is_empty() {
                let help = "say why behind the bracket: `ignore[rule-id] reason`";
                say("a suppression without a reason".into(), Some(help.into()), None);
            }
            let is_unused = |id: &&String| {
                asked.unused
                    && !self.partly.contains(file)
                    && (asked.runs)(id, *file)
                    && !used.contains(&(index, id.as_str()))
            };
            let unused: Vec<&String> = comment.rules.iter().filter(is_unused).collect();
            for id in &comment.rules {
                if let Some(nearest) = (asked.mistaken)(id) {
                    let help = nearest.map(|nearest| format!("did you mean `{nearest}`?"));
                    say(format!("a suppression of an unknown rule: {id}"), help, None);
                }
            }
            let text = &files.get(*file).text;
            if !unused.is_empty() && unused.len() == comment.rules.len() {
                let delete = Some(whole_comment(text, comment, *file));
                let ids: Vec<&str> = unused.iter().map(|id| id.as_str()).collect();
                let said = format!("a suppression that hides nothing: {}", ids.join(", "));
                say(said, Some("delete the comment".into()), delete);
            } else {
                for id in unused {
                    let help = Some(format!("delete `{id}` from the comment"));
                    let delete = one_id(text, comment, id, *file);
                    say(format!("a suppression that hides nothing: {id}"), help, delete);
                }
            }
        }
        notices.sort();
        notices
    }
}

/// Whether a comment means a place without more ado.
fn beside(suppression: &Suppression, loc: Loc, files: &FileTable) -> bool {
    suppression.whole_file || reaches(suppression, loc, files)
}

/// Whether a comment stands on a line of the code, or alone on the line above it.
fn reaches(suppression: &Suppression, loc: Loc, files: &FileTable) -> bool {
    let lines = files.get(loc.file).lines();
    let comment = lines.line_of(suppression.range.0);
    let (first, last) = (lines.line_of(loc.start), lines.line_of(loc.end.max(loc.start + 1) - 1));
    (first..=last).contains(&comment) || (suppression.own_line && comment + 1 == first)
}

/// A comment with the white space before it; one that has a line to itself, with the line.
fn whole_comment(text: &str, comment: &Suppression, file: FileId) -> Loc {
    let (start, end) = comment.range;
    let before = &text[..start as usize];
    let code = before.trim_end_matches([' ', '\t']);
    let start = u32::try_from(code.len()).unwrap_or(start);
    let rest = &text[end as usize..];
    let line_break = ["\r\n", "\n", "\r"].into_iter().find(|sign| rest.starts_with(sign));
    let end = match line_break {
        Some(sign) if comment.own_line => end + u32::try_from(sign.len()).unwrap_or(0),
        _ => end,
    };
    Loc { file, start, end }
}

/// One id of a comment with a comma beside it.
fn one_id(text: &str, comment: &Suppression, id: &str, file: FileId) -> Option<Loc> {
    let (start, end) = comment.range;
    let written = text.get(start as usize..end as usize)?;
    let open = written.find('[')? + 1;
    let mut at = open;
    for piece in written[open..written.find(']')?].split(',') {
        if piece.trim() == id {
            // The first one has its comma behind it, the others before.
            let (from, to) = match at == open {
                true => {
                    let behind = &written[at + piece.len()..];
                    let blank = behind.len() - behind.trim_start_matches([',', ' ']).len();
                    (at, at + piece.len() + blank)
                }
                false => (at - 1, at + piece.len()),
            };
            let offset = |at: usize| start + u32::try_from(at).unwrap_or(0);
            return Some(Loc { file, start: offset(from), end: offset(to) });
        }
        at += piece.len() + 1;
    }
    None
}
