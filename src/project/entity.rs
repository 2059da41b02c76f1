//! What the project model knows, as rules see it: things with attributes.

use indexmap::IndexMap;

use crate::base::Loc;
use crate::finding::Label;
use crate::link::{ClassRef, FnRef, Kind, Val};
use crate::rule::entity::EntityKind;

/// A connection, field, route or file.
///
/// Invariant: an attribute that is not in the map is certainly absent; one of which nothing is
/// known is there as [`Kind::Opaque`], so that it silences what hangs on it.
#[derive(Debug, Clone)]
pub struct Entity {
    /// Which kind of thing.
    pub kind: EntityKind,
    /// Where it is declared; a finding on it lies here.
    pub loc: Loc,
    /// The body it is declared in; none in files that are not Python.
    pub func: Option<FnRef>,
    /// The class it belongs to or is handled by.
    pub class: Option<ClassRef>,
    /// What its metavariable (`$ROUTE`, …) stands for.
    pub value: Val,
    /// Its attributes by name; nested ones with a dot (`guard.auth`).
    pub attributes: IndexMap<String, Val>,
    /// The parameters in the URL, and what converts them (empty: nothing is named); of routes only.
    pub inputs: Vec<(String, String)>,
    /// The functions of the project that requests come into; of routes only.
    pub entries: Vec<FnRef>,
    /// Functions of the project that stand around the latter: hooks, middleware, decorators.
    pub around: Vec<FnRef>,
    /// Whether something else may stand around them that is not understood.
    pub unresolved: bool,
    /// Why tokscan thinks that it is there and what it is.
    pub evidence: Vec<Label>,
}

impl Entity {
    /// A thing without attributes, declared at `loc`.
    pub fn new(kind: EntityKind, loc: Loc) -> Self {
        Self {
            kind,
            loc,
            func: None,
            class: None,
            value: Val::opaque().at(loc),
            attributes: IndexMap::new(),
            inputs: Vec::new(),
            entries: Vec::new(),
            around: Vec::new(),
            unresolved: false,
            evidence: Vec::new(),
        }
    }

    /// Sets an attribute.
    pub fn set(&mut self, name: &str, value: Val) {
        self.attributes.insert(name.to_owned(), value);
    }

    /// An attribute; absent when it is not there.
    pub fn attribute(&self, name: &str) -> Val {
        self.attributes.get(name).cloned().unwrap_or_else(|| Val::new(Kind::Absent))
    }
}
