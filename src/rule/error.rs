//! What can be wrong with a rule pack, as diagnostics that point into it.

use std::fmt;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

/// A byte range in one pack of a load.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Place {
    /// Index of the pack in load order.
    pub pack: u32,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Place {
    /// The range `start..end` of pack number `pack`.
    pub fn new(pack: u32, range: std::ops::Range<usize>) -> Self {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { pack, start: offset(range.start), end: offset(range.end) }
    }

    /// The range as `usize`.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// One mistake in a rule pack.
#[derive(Debug, Clone)]
pub struct PackError {
    message: String,
    help: Option<String>,
    /// Where: the pack and the byte range in it; none for a file that could not be read.
    source: Option<Arc<NamedSource<Arc<str>>>>,
    span: std::ops::Range<usize>,
    /// For a stable order of the report.
    order: Option<Place>,
}

impl PackError {
    /// A mistake that has no place in a text, such as a file that cannot be read.
    pub(crate) fn without_place(message: String) -> Self {
        Self { message, help: None, source: None, span: 0..0, order: None }
    }

    /// A mistake at `place`; [`Self::attach`] adds the text.
    pub(crate) fn at(place: Place, message: String) -> Self {
        Self { message, help: None, source: None, span: place.range(), order: Some(place) }
    }

    /// What to do about it.
    pub(crate) fn set_help(&mut self, help: String) {
        self.help = Some(help);
    }

    /// Gives the error the text it points into: `sources` in load order.
    pub(crate) fn attach(&mut self, sources: &[Arc<NamedSource<Arc<str>>>]) {
        self.source = self.order.and_then(|place| sources.get(place.pack as usize).cloned());
    }

    /// The key errors are reported by: pack, then place, then text.
    pub(crate) fn sort_key(&self) -> (Option<Place>, &str) {
        (self.order, &self.message)
    }

    /// What is wrong, one sentence without a full stop.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// How to mend it, where the loader knows.
    pub fn help_text(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Name of the pack and the byte range in it.
    pub fn location(&self) -> Option<(&str, std::ops::Range<usize>)> {
        Some((self.source.as_ref()?.name(), self.span.clone()))
    }

    /// The text the error points at; empty when it has no place.
    pub fn excerpt(&self) -> &str {
        self.source
            .as_ref()
            .and_then(|source| source.inner().get(self.span.clone()))
            .unwrap_or_default()
    }
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for PackError {}

impl Diagnostic for PackError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_deref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.source.as_ref()?;
        let span = LabeledSpan::new_with_span(None, self.span.clone());
        Some(Box::new(std::iter::once(span)))
    }
}

/// Everything that is wrong with the packs of one load.
#[derive(Debug, Clone)]
pub struct PackErrors {
    errors: Vec<PackError>,
}

impl PackErrors {
    /// All of `errors`, in the order of their places, each once.
    pub(crate) fn new(mut errors: Vec<PackError>) -> Self {
        errors.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        errors.dedup_by(|a, b| a.sort_key() == b.sort_key());
        Self { errors }
    }

    /// The errors one by one.
    pub(crate) fn into_errors(self) -> Vec<PackError> {
        self.errors
    }

    /// The errors in the order of their places.
    pub fn errors(&self) -> &[PackError] {
        &self.errors
    }
}

impl fmt::Display for PackErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.errors.len() {
            1 => f.write_str("1 error in the rule packs"),
            n => write!(f, "{n} errors in the rule packs"),
        }
    }
}

impl std::error::Error for PackErrors {}

impl Diagnostic for PackErrors {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.errors.iter().map(|error| error as &dyn Diagnostic)))
    }
}
