//! Mistakes in a configuration, as diagnostics that point into it.

use std::io;
use std::path::Path;
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};

use crate::source::{blotted, clean_line};

/// A configuration file, as errors show it.
pub(super) type Source = Arc<NamedSource<String>>;

/// The text of `path` as errors show it.
pub(super) fn source(path: &Path, text: &str) -> Source {
    let name = clean_line(&path.to_string_lossy());
    Arc::new(NamedSource::new(name, blotted(text)))
}

/// One mistake.
#[derive(Clone, Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
#[diagnostic(code(tokscan::config))]
pub struct ConfigError {
    pub(super) message: String,
    #[help]
    pub(super) help: Option<String>,
    #[source_code]
    pub(super) source_code: Option<Source>,
    #[label]
    pub(super) span: Option<SourceSpan>,
}

/// Everything that is wrong with a configuration.
#[derive(Clone, Debug, thiserror::Error, Diagnostic)]
#[error("the configuration has errors")]
pub struct ConfigErrors {
    /// In the order of their places.
    #[related]
    pub errors: Vec<ConfigError>,
}

impl ConfigErrors {
    pub(super) fn unreadable(path: &Path, error: &io::Error) -> Self {
        let path = clean_line(&path.to_string_lossy());
        Self::without_place(format!("cannot read {path}: {error}"))
    }

    pub(super) fn no_table(path: &Path) -> Self {
        let path = clean_line(&path.to_string_lossy());
        Self::without_place(format!("there is no [tool.tokscan] in {path}"))
    }

    fn without_place(message: String) -> Self {
        Self { errors: vec![ConfigError { message, help: None, source_code: None, span: None }] }
    }
}
