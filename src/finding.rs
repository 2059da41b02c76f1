//! What tokscan has to say: one [`Finding`] type for every rule and every report.
//!
//! Nothing here is serialised: wire formats live in `report/` and are versioned there.

use std::fmt;
use std::sync::Arc;

use crate::base::Loc;

mod edit;

pub use edit::{Change, Edit, Intent, Node, Piece, Replaced, Replacement, Safety, Snippet, apply};

/// How bad it is. Ordered: `Info < Low < Medium < High < Critical`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Worth knowing, nothing to mend by itself.
    Info,
    /// Hardening, or broken configuration that only fails.
    Low,
    /// Harm that needs a second compromise.
    Medium,
    /// One realistic step from harm.
    High,
    /// Remotely exploitable alone.
    Critical,
}

/// How sure tokscan is. Ordered: `Low < Medium < High`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Confidence {
    /// A guess worth a look; hidden unless asked for.
    Low,
    /// Right in the usual case.
    Medium,
    /// Seen in the code.
    High,
}

/// Where code and settings are in force.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Profile {
    /// The deployed application. What nothing else is said about is production.
    Production,
    /// A developer's machine.
    Development,
    /// Automated tests.
    Test,
}

impl Profile {
    /// All profiles.
    pub const ALL: [Profile; 3] = [Self::Production, Self::Development, Self::Test];

    /// The word used in packs, the configuration and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Development => "development",
            Self::Test => "test",
        }
    }

    /// The profile of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|profile| profile.name() == name)
    }
}

impl Severity {
    /// All severities, worst first.
    pub const ALL: [Severity; 5] =
        [Self::Critical, Self::High, Self::Medium, Self::Low, Self::Info];

    /// The word used in packs, options and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The severity of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == name)
    }
}

impl Confidence {
    /// All confidences, surest first.
    pub const ALL: [Confidence; 3] = [Self::High, Self::Medium, Self::Low];

    /// The word used in packs, options and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// The confidence of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.as_str() == name)
    }

    /// One step less sure.
    #[must_use]
    pub fn lowered(self) -> Self {
        match self {
            Self::High => Self::Medium,
            Self::Medium | Self::Low => Self::Low,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A place and what is to be said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub loc: Loc,
    /// A short phrase, no full stop; may be empty for a primary label.
    pub text: String,
}

/// The way a value took, from where it came to where it does harm, possibly across files.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Trace {
    /// At least two steps: the source first, the sink last.
    pub steps: Vec<Label>,
}

/// Identity of a finding that survives moved lines: rule, path, enclosing symbol,
/// normalised code (secrets masked) and ordinal among equals. 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fingerprint(pub String);

/// One weakness at one place. Made by a [`FindingBuilder`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Id of the rule.
    pub rule: Arc<str>,
    /// Severity after the rule's adjustments.
    pub severity: Severity,
    /// Confidence after the rule's adjustments.
    pub confidence: Confidence,
    /// Why severity or confidence differ from the rule's own, one phrase each.
    pub because: Vec<String>,
    /// One sentence that names the code; secrets masked.
    pub message: String,
    /// How to mend it, for the detected stack.
    pub fix: String,
    /// The place to act on.
    pub primary: Label,
    /// Other places that explain it, in reading order.
    pub related: Vec<Label>,
    /// The path of a value, where one was followed.
    pub trace: Option<Trace>,
    /// CWE numbers, most fitting first.
    pub cwe: Vec<u32>,
    /// Dotted name of the enclosing function or class, empty at module level.
    pub symbol: String,
    /// Ids of the rules this finding stands for as well.
    pub supersedes: Vec<Arc<str>>,
    /// Ids of Django's own system checks that report the same, those of superseded findings too.
    pub django_checks: Vec<Arc<str>>,
    /// The setting it is about; none when it is about code.
    pub setting: Option<Arc<str>>,
    /// The table or collection that it sees something stored in.
    pub stored_in: Option<Arc<str>>,
    /// Where what it is about is in force, as far as that is known: `production`, `development`,
    /// `test`.
    pub profile: Option<&'static str>,
    /// Places of literals that must not be readable in any report.
    pub masked: Vec<Loc>,
    /// What its rule wants changed: alternatives, the best first.
    pub intents: Vec<Intent>,
    /// The change of its file that mends it. Set once per run, for the first of the intents that
    /// the file allows.
    pub edit: Option<Edit>,
    /// Set once per run, after all findings are known.
    pub fingerprint: Fingerprint,
    /// The fingerprint without path and ordinal: the same for the same code in another file.
    pub code_key: String,
}

/// A finding that is not reported, and what keeps it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// What keeps it out.
    pub by: SuppressedBy,
}

/// What keeps a finding out of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SuppressedBy {
    /// A comment in the code.
    Comment {
        /// The reason it gives; may be empty.
        reason: String,
    },
    /// The configuration, for its path.
    Path,
    /// A baseline, in which it is known.
    Baseline,
}

/// Something about the comments of a project that suppress findings.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Notice {
    /// The comment.
    pub loc: Loc,
    /// What is wrong, one phrase.
    pub text: String,
    /// How to mend it.
    pub help: Option<String>,
    /// What to delete to mend it.
    pub delete: Option<Loc>,
}

impl Finding {
    /// Lets this finding speak for another one with the same cause.
    pub fn absorb(&mut self, other: &Finding) {
        let keep = |own: &mut Vec<Arc<str>>, more: &[Arc<str>]| {
            more.iter().for_each(|id| {
                if !own.contains(id) {
                    own.push(id.clone());
                }
            });
        };
        if other.rule != self.rule {
            keep(&mut self.supersedes, std::slice::from_ref(&other.rule));
        }
        keep(&mut self.django_checks, &other.django_checks);
    }

    /// Lets this finding speak for one with the same cause at another place, which stays a label.
    pub fn absorb_elsewhere(&mut self, other: &Finding) {
        self.absorb(other);
        let told = Label { loc: other.primary.loc, text: other.message.clone() };
        for label in std::iter::once(told).chain(other.related.iter().cloned()) {
            self.relate(label);
        }
        self.masked.extend(&other.masked);
    }

    /// Another place that explains it. A place already labelled is not labelled twice.
    fn relate(&mut self, label: Label) {
        let known = self.primary.loc == label.loc
            || self.related.iter().any(|other| other.loc == label.loc);
        if !known {
            self.related.push(label);
        }
    }

    /// The order of every report: by place, then by rule.
    pub fn sort_key(&self) -> (Loc, &str, &str) {
        (self.primary.loc, &self.rule, &self.message)
    }
}

/// Collects what a [`Finding`] needs; rule, severity, confidence, message and one primary
/// place are demanded up front, so a finding without them cannot be made.
#[derive(Debug)]
pub struct FindingBuilder(Finding);

impl FindingBuilder {
    /// A finding of `rule` at `primary`.
    pub fn new(
        rule: Arc<str>,
        severity: Severity,
        confidence: Confidence,
        message: String,
        primary: Label,
    ) -> Self {
        Self(Finding {
            rule,
            severity,
            confidence,
            because: Vec::new(),
            message,
            fix: String::new(),
            primary,
            related: Vec::new(),
            trace: None,
            cwe: Vec::new(),
            symbol: String::new(),
            supersedes: Vec::new(),
            django_checks: Vec::new(),
            setting: None,
            stored_in: None,
            profile: None,
            masked: Vec::new(),
            intents: Vec::new(),
            edit: None,
            fingerprint: Fingerprint::default(),
            code_key: String::new(),
        })
    }

    /// How to mend it.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.0.fix = fix.into();
        self
    }

    /// CWE numbers, most fitting first.
    #[must_use]
    pub fn cwe(mut self, cwe: &[u32]) -> Self {
        self.0.cwe = cwe.to_vec();
        self
    }

    /// Why severity or confidence were changed.
    #[must_use]
    pub fn because(mut self, reasons: Vec<String>) -> Self {
        self.0.because = reasons;
        self
    }

    /// Another place that explains it. A place already labelled is not labelled twice.
    #[must_use]
    pub fn related(mut self, label: Label) -> Self {
        self.0.relate(label);
        self
    }

    /// The path of the value.
    #[must_use]
    pub fn trace(mut self, trace: Trace) -> Self {
        self.0.trace = Some(trace);
        self
    }

    /// The literal at this place is a secret.
    #[must_use]
    pub fn mask(mut self, loc: Loc) -> Self {
        self.0.masked.push(loc);
        self
    }

    /// Ids of Django's own checks that report the same.
    #[must_use]
    pub fn django_checks(mut self, checks: &[Arc<str>]) -> Self {
        self.0.django_checks = checks.to_vec();
        self
    }

    /// The setting it is about.
    #[must_use]
    pub fn setting(mut self, key: Option<Arc<str>>) -> Self {
        self.0.setting = key;
        self
    }

    /// The table or collection that it sees something stored in.
    #[must_use]
    pub fn stored_in(mut self, name: Option<Arc<str>>) -> Self {
        self.0.stored_in = name;
        self
    }

    /// Where what it is about is in force.
    #[must_use]
    pub fn profile(mut self, profile: Option<&'static str>) -> Self {
        self.0.profile = profile;
        self
    }

    /// What the rule wants changed.
    #[must_use]
    pub fn intents(mut self, intents: Vec<Intent>) -> Self {
        self.0.intents = intents;
        self
    }

    /// Dotted name of the enclosing function or class.
    #[must_use]
    pub fn symbol(mut self, symbol: String) -> Self {
        self.0.symbol = symbol;
        self
    }

    /// The finding.
    pub fn build(self) -> Finding {
        self.0
    }
}
