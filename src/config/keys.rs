//! The keys of the configuration as data: what the reader knows, what the JSON schema says and
//! what the documentation must mention.

use super::FailOn;
use crate::finding::{Confidence, Profile, Severity};

/// What a key holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Holds {
    /// One of a few words.
    Word(Words),
    /// True or false.
    Flag,
    /// A path, relative to the configuration.
    Path,
    /// A list of them.
    Paths,
    /// A list of names.
    Names,
    /// A list of patterns for paths.
    Patterns,
    /// A list of rules and categories.
    Rules,
    /// A table from rules and categories to words.
    ByRule(Words),
    /// A table from patterns for paths to lists of rules and categories.
    RulesByPath,
    /// A table from modules and patterns for paths to words.
    ByPath(Words),
}

/// The words a value is one of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Words {
    FailOn,
    Severity,
    Confidence,
    Profile,
}

impl Words {
    /// All of them.
    pub(super) fn all(self) -> Vec<&'static str> {
        match self {
            Self::FailOn => FailOn::NAMES.to_vec(),
            Self::Severity => Severity::ALL.map(Severity::as_str).to_vec(),
            Self::Confidence => Confidence::ALL.map(Confidence::as_str).to_vec(),
            Self::Profile => Profile::ALL.map(Profile::name).to_vec(),
        }
    }
}

/// A key.
#[derive(Debug)]
pub(super) struct Key {
    pub name: &'static str,
    pub holds: Holds,
    /// What it means, for the schema.
    pub about: &'static str,
}

const fn key(name: &'static str, holds: Holds, about: &'static str) -> Key {
    Key { name, holds, about }
}

/// All keys but the declarations of the rule language.
pub(super) static KEYS: [Key; 15] = [
    key(
        "fail-on",
        Holds::Word(Words::FailOn),
        "Exit with 1 if a shown finding is at least this severe.",
    ),
    key("min-severity", Holds::Word(Words::Severity), "Show findings of at least this severity."),
    key(
        "min-confidence",
        Holds::Word(Words::Confidence),
        "Show findings of at least this confidence.",
    ),
    key("strict", Holds::Flag, "Exit with 2 if a file could not be analysed whole."),
    key("select", Holds::Rules, "Run only these rules and categories."),
    key("ignore", Holds::Rules, "Do not run these rules and categories."),
    key("severity", Holds::ByRule(Words::Severity), "Severities of rules and categories."),
    key(
        "per-path-ignores",
        Holds::RulesByPath,
        "Rules and categories that say nothing about some paths, which are patterns in \
         .gitignore syntax.",
    ),
    key(
        "exclude",
        Holds::Patterns,
        "Paths that are not read, even when they are named on the command line: patterns in \
         .gitignore syntax.",
    ),
    key("rules", Holds::Paths, "Rule packs, or folders of packs, relative to the configuration."),
    key(
        "baseline",
        Holds::Path,
        "A file of known findings, which are not reported; relative to the configuration.",
    ),
    key(
        "profiles",
        Holds::ByPath(Words::Profile),
        "Where settings modules, configuration classes and other files are in force: dotted names, \
         or patterns for paths in .gitignore syntax.",
    ),
    key("secret-names", Holds::Names, "Names that mean a secret."),
    key("not-secret-names", Holds::Names, "Names that only look as if they meant a secret."),
    key("require-reason", Holds::Flag, "Warn about comments that suppress without a reason."),
];
