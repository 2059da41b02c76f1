//! Changes of code that mend a finding: what a rule wants ([`Intent`]), and how a file is
//! rewritten for it ([`Edit`]).

use crate::base::Loc;

/// Whether a program that works today certainly still does after an edit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Safety {
    /// It does.
    Safe,
    /// Configuration, keys, cookies, protocols or requirements at start-up change: somebody has
    /// to look.
    Unsafe,
}

impl Safety {
    /// The word used in packs and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }

    /// The safety of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Safe, Self::Unsafe].into_iter().find(|safety| safety.as_str() == name)
    }
}

/// A text in place of another one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Replacement {
    /// What goes away; empty for an insertion.
    pub loc: Loc,
    /// What stands there afterwards.
    pub text: String,
}

/// A change of one file that mends a finding.
///
/// Its replacements are in the order of their places and do not overlap; there is at least one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// What it does, as an imperative without a full stop.
    pub title: String,
    /// Whether it may be applied without a look.
    pub safety: Safety,
    /// The changes of the text.
    pub replacements: Vec<Replacement>,
}

/// The text after `replacements`, which are in the order of their places and disjoint.
pub fn apply(text: &str, replacements: &[Replacement]) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for replacement in replacements {
        let (start, end) = (replacement.loc.start as usize, replacement.loc.end as usize);
        out.push_str(&text[at..start]);
        out.push_str(&replacement.text);
        at = end;
    }
    out.push_str(&text[at..]);
    out
}

/// What a rule wants changed, before anybody has looked how the file spells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Intent {
    /// See [`Edit::title`].
    pub title: String,
    /// What the rule promises; a value that other code may use as well makes it unsafe.
    pub safety: Safety,
    /// The matched code.
    pub subject: Loc,
    /// What is to change.
    pub change: Change,
    /// Names in the new code, and the dotted paths of what they stand for.
    pub imports: Vec<(String, String)>,
}

/// The kinds of changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// Other code in place of an expression.
    Replace {
        /// The expression.
        node: Node,
        /// What it must be.
        old: Replaced,
        /// The new code.
        with: Snippet,
    },
    /// A keyword argument of a call: added, or another value for it.
    Argument {
        /// The call.
        call: Node,
        /// The keyword.
        name: String,
        /// Its value.
        value: Snippet,
        /// The argument that gives this parameter by position.
        positional: Option<Loc>,
    },
    /// An item of a list, entry of a dict or argument of a call is dropped.
    Delete(Node),
    /// Entries of a dict: added, or other values for them.
    Keys {
        /// The dict.
        node: Node,
        /// Keys and values.
        entries: Vec<(String, Snippet)>,
    },
    /// A setting that is not set is set.
    Setting {
        /// The setting or end of settings that it goes behind.
        near: Loc,
        /// Its name.
        key: String,
        /// Its value.
        value: Snippet,
        /// The attribute of applications that holds settings, for frameworks that have one.
        attribute: Option<String>,
    },
    /// A statement of its own before or after the one that a place stands in.
    Statement {
        /// The place.
        near: Loc,
        /// Whether it goes before.
        before: bool,
        /// The statement.
        code: Snippet,
    },
}

/// What may be replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Replaced {
    /// The matched code itself, whatever it is.
    Matched,
    /// A literal.
    Literal,
    /// The name of a thing of a library.
    Name,
}

/// An expression, by the way that leads to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Node {
    /// An argument as it is written, and where the value that it gives is made, if that is known.
    /// Of a statement, an entry or a keyword argument the value is meant.
    Given {
        /// What is written.
        written: Loc,
        /// Where its value is made.
        made: Option<Loc>,
    },
    /// An operand of the operation that stands there.
    Operand(Loc, usize),
    /// The object whose method is called there, or whose item or attribute is set.
    Receiver(Loc),
    /// An item of a list, tuple or set.
    Item(Box<Node>, usize),
    /// The entry of a dict with this key.
    Entry(Box<Node>, String),
}

impl Node {
    /// What stands there.
    pub fn at(loc: Loc) -> Self {
        Self::Given { written: loc, made: None }
    }
}

/// Code with pieces of the file in it.
pub type Snippet = Vec<Piece>;

/// A piece of a [`Snippet`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Piece {
    /// Code of the rule.
    Text(String),
    /// Code as the file has it.
    Source(Node),
}
