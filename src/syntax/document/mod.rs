//! Files that are not Python: bytes to a tree in which every key and value keeps its place.
//!
//! Whatever the format, the result is one kind of tree ([`Node`]), so that key paths, values
//! and places are asked for in one way. Parsing is a pure function of the text; it recovers
//! from what is malformed and says so ([`Document::problems`]), it never follows anything, and
//! it is bounded ([`MAX_DEPTH`], [`MAX_NODES`]).

mod comments;
mod dockerfile;
mod dotenv;
mod ini;
mod json;
mod kind;
mod requirements;
mod sql;
mod template;
mod toml;
mod tree;
mod yaml;

pub use dockerfile::final_stage;
pub use kind::{DocumentKind, kind_of_yaml};
pub use tree::{Comment, Document, Entry, Node, Place, Problem, Value};

/// Levels of nesting that are followed, as of Python code.
pub const MAX_DEPTH: usize = 100;
/// Nodes of one document, those that aliases stand for included.
pub const MAX_NODES: usize = 200_000;

/// How a text is to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// One or several YAML documents, also with template markup in them.
    Yaml,
    /// JSON.
    Json,
    /// TOML.
    Toml,
    /// Sections of `key = value`, as Python's `configparser` reads them.
    Ini,
    /// `NAME=value` lines.
    Dotenv,
    /// The instructions of a Dockerfile.
    Dockerfile,
    /// SQL statements.
    Sql,
    /// HTML with Django or Jinja markup.
    Template,
    /// A pip requirements or constraints file.
    Requirements,
}

/// Parses a text.
pub fn parse(format: Format, text: &str) -> Document {
    let mut document = match format {
        Format::Yaml => yaml::parse(text),
        Format::Json => json::parse(text),
        Format::Toml => toml::parse(text),
        Format::Ini => ini::parse(text),
        Format::Dotenv => dotenv::parse(text),
        Format::Dockerfile => dockerfile::parse(text),
        Format::Sql => sql::parse(text),
        Format::Template => template::parse(text),
        Format::Requirements => requirements::parse(text),
    };
    document.comments = comments::commands(format, text, &document.roots);
    document
}

#[cfg(test)]
mod tests;
