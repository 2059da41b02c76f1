//! What library models say of flows: labels, sources, sanitizers, sinks, rows, stores.

use super::model::{Pattern, Where};
use crate::base::Symbol;

/// A value that carries labels by itself.
#[derive(Debug, Clone)]
pub struct SourceModel {
    /// Its metavariables.
    pub vars: Vec<String>,
    /// What is a source.
    pub pattern: Pattern,
    /// Labels it carries.
    pub labels: Vec<Symbol>,
    /// Conditions on the metavariables.
    pub wheres: Vec<Where>,
}

/// Exceptions whose text carries labels where they are caught.
#[derive(Debug, Clone)]
pub struct CaughtModel {
    /// Their classes, and what is below these.
    pub classes: Vec<Vec<Symbol>>,
    /// Only these classes.
    pub exact: bool,
    /// The labels.
    pub labels: Vec<Symbol>,
}

/// A setting that names the function which gets the exceptions of requests.
#[derive(Debug, Clone)]
pub struct ErrorHandlerModel {
    /// The framework whose setting it is.
    pub framework: String,
    /// Its path.
    pub setting: Vec<String>,
}

/// What is said of a label.
#[derive(Debug, Clone, Default)]
pub struct LabelModel {
    /// What people call what carries it.
    pub title: Option<String>,
    /// Whether the parts of what carries it carry it as well: attributes of a request, of a row.
    pub parts: bool,
    /// Whether only all of it carries it: it is lost where an item or an attribute is taken.
    pub whole: bool,
    /// Whether parameters that handlers get from the URL carry it.
    pub urls: bool,
    /// Converters of the URL whose parameters do not carry it.
    pub urls_except: Vec<String>,
    /// Whether fields carry it whose names are in those vocabularies, of objects that are copied
    /// as a whole; what is only called so does not.
    pub copies: bool,
    /// Vocabularies of names that what carries it may have.
    pub names: Vec<Symbol>,
}

/// A function that removes labels.
#[derive(Debug, Clone)]
pub struct SanitizerModel {
    /// Its metavariables.
    pub vars: Vec<String>,
    /// What sanitizes.
    pub pattern: Pattern,
    /// Labels that survive.
    pub keeps: Vec<Symbol>,
    /// Labels that the result carries instead.
    pub adds: Vec<Symbol>,
}

/// How rows of data classes are got.
#[derive(Debug, Clone, Default)]
pub struct RowsModel {
    /// The concept of calls that look rows up.
    pub is: Option<Symbol>,
    /// The classes, by a base.
    pub of: Vec<Vec<Symbol>>,
    /// Attributes of the class that stand for its rows.
    pub managers: Vec<Symbol>,
    /// Methods of rows that give one of them; others give rows, but for `other`.
    pub one: Vec<Symbol>,
    /// Methods of rows that give one of them and whether it is new.
    pub pairs: Vec<Symbol>,
    /// Methods of rows that give something else.
    pub other: Vec<Symbol>,
    /// Methods that give them as dicts, with all columns when no arguments name some.
    pub dicts: Vec<Symbol>,
    /// Methods whose keyword arguments are written into columns.
    pub writes: Vec<Symbol>,
    /// Functions that give one row of the class (or of the rows) that is their first argument.
    pub one_of: Vec<Vec<Symbol>>,
    /// Functions that give rows of the class that is their first argument.
    pub many_of: Vec<Vec<Symbol>>,
}

/// A store of values by keys: what a call puts in, others get out.
#[derive(Debug, Clone)]
pub struct StoreModel {
    /// Its name.
    pub name: Symbol,
    /// The concept of calls that put in.
    pub write: Symbol,
    /// The concept of calls that get out.
    pub read: Symbol,
    /// The role of the key in both.
    pub key: Symbol,
    /// The role of the value that is put in.
    pub value: Symbol,
}

/// Documents without declared fields: which ones they have is told by what is written.
#[derive(Debug, Clone)]
pub struct DocumentsModel {
    /// The concept of calls that read them, with the roles `collection` and `projection`.
    pub read: Symbol,
    /// Methods that give one document; others give several.
    pub one: Vec<Symbol>,
    /// What writes them.
    pub writes: Vec<DocumentWrite>,
}

/// Calls that write documents.
#[derive(Debug, Clone)]
pub struct DocumentWrite {
    /// The concept, with the role `collection`.
    pub concept: Symbol,
    /// The role that takes the document, or a list of documents.
    pub role: Symbol,
    /// The keys in it below which fields are; none: they are in it.
    pub below: Vec<String>,
}

/// A place that labelled values must not reach: roles of a concept, or what handlers of requests
/// return.
#[derive(Debug, Clone)]
pub struct SinkModel {
    /// What rules call it; several tables may have one name.
    pub name: Symbol,
    /// The calls and assignments that are it.
    pub concept: Option<Symbol>,
    /// The roles of the concept that take the value.
    pub roles: Vec<Symbol>,
    /// What functions return that answer requests of these frameworks is it.
    pub handler_returns: Vec<String>,
    /// The exception that is being handled where the call stands is what reaches it; with roles,
    /// only if one of them is true.
    pub caught: bool,
    /// What happens there, for the last step of a path.
    pub message: String,
}
