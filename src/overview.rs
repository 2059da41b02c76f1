//! What tokscan knows of a project, as names, values and places, free of everything that took
//! part in finding it out: what `tokscan project` shows.
//!
//! Secrets are gone already: a value that must not be read is [`Value::Secret`].

use crate::base::Loc;
use crate::finding::{Confidence, Label};

/// All that is known of a project.
#[derive(Debug, Default)]
pub struct Overview {
    /// Frameworks, databases and libraries, in this order, the surest first.
    pub stack: Vec<Part>,
    /// Settings modules, configuration classes and applications.
    pub settings: Vec<Settings>,
    /// Connections to databases, in the order of their places.
    pub connections: Vec<Thing>,
    /// Routes, in the order of their places.
    pub routes: Vec<Thing>,
    /// Classes whose objects are stored, in the order of their places.
    pub models: Vec<Model>,
    /// Variables that deployment files set, in the order of their places.
    pub variables: Vec<Variable>,
}

/// A framework, database or library.
#[derive(Debug)]
pub struct Part {
    /// The name rules know it by.
    pub name: String,
    /// The name people know it by.
    pub title: String,
    /// `framework`, `database` or `library`.
    pub kind: String,
    /// Required packages that belong to it, and which versions of them.
    pub packages: Vec<(String, Option<String>)>,
    /// How sure it is.
    pub confidence: Confidence,
    /// What shows it, the best first.
    pub evidence: Vec<Label>,
}

/// The settings of one application in one profile.
#[derive(Debug)]
pub struct Settings {
    /// The stack part whose settings they are.
    pub framework: String,
    /// The module, class or application.
    pub name: String,
    /// `production`, `development` or `test`.
    pub profile: &'static str,
    /// Where it is named.
    pub named_by: Vec<Loc>,
    /// Where it ends: the last statement that sets something.
    pub end: Option<Loc>,
    /// How many keys are set.
    pub keys: usize,
    /// Whether everything that is set is known.
    pub complete: bool,
    /// The keys that rules judge in this project, by name; of production only.
    pub security: Vec<Setting>,
}

/// A key of the settings.
#[derive(Debug)]
pub struct Setting {
    /// Its path, with dots.
    pub key: String,
    /// Its value in force.
    pub value: Value,
    /// Whether the project sets it; the value is the framework's default otherwise.
    pub set: bool,
    /// Every place that took part, oldest first; the last decides. Empty for defaults.
    pub chain: Vec<Loc>,
    /// Earlier assignments, in the same module or below, of which nothing is left.
    pub overrides: Vec<Loc>,
}

/// A connection or route.
#[derive(Debug)]
pub struct Thing {
    /// Where it is.
    pub loc: Loc,
    /// Dotted name of the function or class it is in; empty at module level.
    pub symbol: String,
    /// What is known of it; nested attributes have a dot.
    pub attributes: Vec<(String, Value)>,
    /// What shows it.
    pub evidence: Vec<Label>,
}

impl Thing {
    /// An attribute.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
}

/// A class whose objects are stored.
#[derive(Debug)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// What it is below.
    pub base: String,
    /// Where its name stands.
    pub loc: Loc,
    /// How many fields it has.
    pub fields: usize,
    /// The fields whose names mean secrets, in their order.
    pub secrets: Vec<Field>,
}

/// A field of a model.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type and the classes that is below.
    pub types: Value,
    /// Where it is declared.
    pub loc: Loc,
}

/// A variable that a file sets.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// Where the value stands.
    pub loc: Loc,
    /// `production`, `development` or `test`.
    pub profile: &'static str,
    /// The kind of file.
    pub source: String,
}

/// A value, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `None`.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// Another number.
    Float(f64),
    /// Text.
    Text(String),
    /// Something with a name: a class, function or module, by its path.
    Name(String),
    /// A text that must not be read.
    Secret,
    /// A sequence.
    List {
        /// Its items, as far as they are known.
        items: Vec<Value>,
        /// Whether there may be more.
        open: bool,
    },
    /// A mapping.
    Table {
        /// Its entries, as far as they are known.
        entries: Vec<(String, Value)>,
        /// Whether there may be more.
        open: bool,
    },
    /// Read from the environment.
    Environment {
        /// The variable, where its name is known.
        variable: Option<String>,
        /// What holds when it is not set; none: it must be set, or that is not known.
        default: Option<Box<Value>>,
    },
    /// One of several.
    OneOf(Vec<Value>),
    /// Not known, and what it would hang on.
    Unknown(String),
}
