//! What is shown of what a scan found, and what is not.

use super::exit::Exit;
use crate::config::{FailOn, Settings};
use crate::engine::baseline::Matched;
use crate::engine::{Outcome, Scope};
use crate::finding::{Finding, Notice, Suppressed, SuppressedBy};
use crate::report::Hidden;

/// What is shown of an outcome.
pub(super) struct Answer<'a> {
    outcome: &'a Outcome,
    /// The findings to show.
    pub shown: Vec<&'a Finding>,
    /// What comments and the configuration keep out of it, of what would be shown.
    kept_out: Vec<&'a Suppressed>,
    /// What the baseline keeps out of it, of what would be shown.
    known: Vec<Suppressed>,
    /// What is wrong with comments in what is asked for.
    pub notices: Vec<&'a Notice>,
    /// How much there is beside them.
    pub hidden: Hidden,
}

impl<'a> Answer<'a> {
    /// `asked` says of each finding whether it is asked for.
    pub fn new(
        outcome: &'a Outcome,
        settings: &Settings,
        scope: &Scope,
        asked: &[bool],
        matched: Option<&Matched>,
    ) -> Self {
        let severe = |finding: &Finding| finding.severity >= settings.min_severity;
        let sure = |finding: &Finding| finding.confidence >= settings.min_confidence;
        let is_known = |index: usize| matched.is_some_and(|matched| matched.known[index]);
        let all = outcome.findings.iter().enumerate();
        let (old, new): (Vec<_>, Vec<_>) = all.partition(|(index, _)| is_known(*index));
        let asked_for = |of: &[(usize, &'a Finding)]| -> Vec<&'a Finding> {
            of.iter().filter(|(index, _)| asked[*index]).map(|(_, finding)| *finding).collect()
        };
        let (asked_known, asked_new) = (asked_for(&old), asked_for(&new));
        let severe_new: Vec<&Finding> =
            asked_new.iter().copied().filter(|finding| severe(finding)).collect();
        let shown: Vec<&Finding> =
            severe_new.iter().copied().filter(|finding| sure(finding)).collect();
        let as_suppressed =
            |finding: &Finding| Suppressed { finding: finding.clone(), by: SuppressedBy::Baseline };
        let known = asked_known.iter().filter(|finding| severe(finding) && sure(finding));
        let known = known.map(|finding| as_suppressed(finding)).collect();
        let in_scope = |entry: &&Suppressed| scope.has(&entry.finding, &outcome.files);
        let suppressed: Vec<&Suppressed> = outcome.suppressed.iter().filter(in_scope).collect();
        let by_path = suppressed.iter().filter(|entry| entry.by == SuppressedBy::Path).count();
        let hidden = Hidden {
            suppressed: suppressed.len() - by_path,
            by_path,
            baseline: asked_known.len(),
            elsewhere: new.len() - asked_new.len(),
            by_severity: asked_new.len() - severe_new.len(),
            by_confidence: severe_new.len() - shown.len(),
            min_severity: settings.min_severity,
            min_confidence: settings.min_confidence,
        };
        let kept_out = suppressed.into_iter();
        let kept_out = kept_out.filter(|entry| severe(&entry.finding) && sure(&entry.finding));
        let notices = outcome.notices.iter();
        let notices = notices.filter(|notice| scope.has_place(notice.loc, &outcome.files));
        let (kept_out, notices) = (kept_out.collect(), notices.collect());
        Self { outcome, shown, kept_out, known, notices, hidden }
    }

    /// All that is kept out of it, sorted.
    pub fn suppressed(&self) -> Vec<&Suppressed> {
        let mut all: Vec<&Suppressed> = self.kept_out.iter().copied().chain(&self.known).collect();
        all.sort_by(|a, b| a.finding.sort_key().cmp(&b.finding.sort_key()));
        all
    }

    /// A failure is never masked by findings, nor by the wish for exit code 0.
    pub fn exit(&self, settings: &Settings, exit_zero: bool) -> Exit {
        if settings.strict && !self.outcome.coverage.is_complete() {
            return Exit::Failure;
        }
        let fails = match settings.fail_on {
            FailOn::Never => false,
            FailOn::Severity(least) => self.shown.iter().any(|f| f.severity >= least),
        };
        if fails && !exit_zero { Exit::Findings } else { Exit::Success }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{FileId, Loc};
    use crate::engine::Stats;
    use crate::finding::{Confidence, FindingBuilder, Label, Severity};
    use crate::source::{Coverage, FileTable, PathNote, Redactor};

    fn outcome(findings: &[(Severity, Confidence)], partly: bool) -> Outcome {
        let files = FileTable::in_memory([("a.py", "x = 1\n")]);
        let mut coverage = Coverage::of(&files);
        if partly {
            let note = PathNote { path: "a.py".into(), reason: "syntax error".into() };
            coverage.partly_parsed.push(note);
        }
        let finding = |&(severity, confidence): &(Severity, Confidence)| {
            let loc = Loc { file: FileId(0), start: 0, end: 1 };
            let label = Label { loc, text: String::new() };
            FindingBuilder::new("r".into(), severity, confidence, "m".into(), label).build()
        };
        Outcome {
            findings: findings.iter().map(finding).collect(),
            redactor: Redactor::new(&files, Default::default()),
            suppressed: Vec::new(),
            notices: Vec::new(),
            files,
            coverage,
            stats: Stats::default(),
            whole: true,
        }
    }

    #[track_caller]
    fn exits(found: &[(Severity, Confidence)], settings: &Settings, expected: Exit) {
        let outcome = outcome(found, false);
        assert_eq!(
            Answer::new(&outcome, settings, &Scope::default(), &[true; 3], None)
                .exit(settings, false),
            expected
        );
        assert_eq!(
            Answer::new(&outcome, settings, &Scope::default(), &[true; 3], None)
                .exit(settings, true),
            Exit::Success
        );
    }

    const SURE: Confidence = Confidence::High;

    #[test]
    fn only_shown_findings_fail_the_run() {
        let settings = Settings::default();
        exits(&[], &settings, Exit::Success);
        exits(&[(Severity::Medium, SURE)], &settings, Exit::Success);
        exits(&[(Severity::High, SURE)], &settings, Exit::Findings);
        exits(&[(Severity::Critical, Confidence::Medium)], &settings, Exit::Findings);
        exits(&[(Severity::Critical, Confidence::Low)], &settings, Exit::Success);
        let strictest = Settings { fail_on: FailOn::Severity(Severity::Info), ..settings };
        exits(&[(Severity::Low, SURE)], &strictest, Exit::Findings);
        exits(&[(Severity::Info, SURE)], &strictest, Exit::Success);
        let never = Settings { fail_on: FailOn::Never, ..strictest };
        exits(&[(Severity::Critical, SURE)], &never, Exit::Success);
    }

    #[test]
    fn strict_stands_above_findings_and_exit_zero() {
        let settings = Settings { strict: true, ..Settings::default() };
        let outcome = outcome(&[(Severity::High, SURE)], true);
        for exit_zero in [false, true] {
            let exit = Answer::new(&outcome, &settings, &Scope::default(), &[true; 3], None)
                .exit(&settings, exit_zero);
            assert_eq!(exit, Exit::Failure);
        }
    }

    #[test]
    fn what_is_hidden_is_counted_once() {
        let all = [
            (Severity::Info, Confidence::Low),
            (Severity::High, Confidence::Low),
            (Severity::Low, Confidence::Medium),
        ];
        let outcome = outcome(&all, false);
        let answer =
            Answer::new(&outcome, &Settings::default(), &Scope::default(), &[true; 3], None);
        assert_eq!(answer.shown.len(), 1);
        assert_eq!((answer.hidden.by_severity, answer.hidden.by_confidence), (1, 1));
        assert_eq!((answer.hidden.baseline, answer.hidden.elsewhere), (0, 0));
    }
}
