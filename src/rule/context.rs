//! What the compilation of packs carries along: their texts, what they declare, what is wrong.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::DeTable;

use super::error::{PackError, Place};
use super::library::Library;
use super::preparse::Parsed;
use super::tree::{Table, Text, place_within};
use crate::base::{FxHashMap, Interner, Symbol};

/// A pack as text and tree.
#[derive(Debug)]
pub(super) struct Pack<'p> {
    /// Its name in messages, usually its path.
    pub name: &'p str,
    pub text: &'p str,
    pub doc: Spanned<DeTable<'p>>,
}

/// What all packs of a load declare, known before anything is compiled.
#[derive(Debug, Default)]
pub(super) struct Known<'p> {
    /// Concept → its roles.
    pub concepts: FxHashMap<&'p str, BTreeSet<&'p str>>,
    pub words: BTreeSet<&'p str>,
    pub labels: BTreeSet<&'p str>,
    /// Stack name → kind.
    pub stacks: FxHashMap<&'p str, &'p str>,
    /// Dotted paths of types.
    pub types: BTreeSet<&'p str>,
    /// Rule id → where it was first declared.
    pub rules: FxHashMap<&'p str, Place>,
}

/// The state of one load.
#[derive(Debug)]
pub(super) struct Cx<'p> {
    pub packs: &'p [Pack<'p>],
    pub known: Known<'p>,
    pub names: Interner,
    pub library: Library,
    /// Python texts that were parsed ahead.
    pub parsed: Parsed<'p>,
    /// Packs before this one are embedded: a test has run the slow checks on them.
    pub trusted: u32,
    errors: Vec<PackError>,
}

impl<'p> Cx<'p> {
    /// A load of `packs`, the first `trusted` of which were checked when tokscan was built.
    pub fn new(packs: &'p [Pack<'p>], trusted: usize) -> Self {
        let trusted = u32::try_from(trusted).unwrap_or(u32::MAX);
        Self {
            packs,
            known: Known::default(),
            names: Interner::default(),
            library: Library::default(),
            parsed: Parsed::default(),
            trusted,
            errors: Vec::new(),
        }
    }

    /// Whether `place` lies in a pack whose examples and regexes need no check.
    pub fn trusts(&self, place: Place) -> bool {
        place.pack < self.trusted
    }

    /// Whether `place` lies in a pack that is part of the binary.
    pub fn is_embedded(&self, place: Place) -> bool {
        let pack = &self.packs[place.pack as usize];
        super::RuleSet::builtin_texts()
            .iter()
            .any(|&(name, text)| name == pack.name && text == pack.text)
    }

    /// How many mistakes were found so far.
    pub fn mistakes(&self) -> usize {
        self.errors.len()
    }

    /// The root tables of all packs.
    pub fn roots(&self) -> impl Iterator<Item = Table<'p>> + use<'p> {
        let packs = self.packs;
        packs
            .iter()
            .enumerate()
            .map(|(index, pack)| Table::root(&pack.doc, u32::try_from(index).unwrap_or(u32::MAX)))
    }

    /// All tables of the array `key` in all packs.
    pub fn all_tables(&self, key: &str) -> Vec<Table<'p>> {
        self.roots().flat_map(|root| root.tables(key)).collect()
    }

    /// Parses all patterns and signatures ahead.
    pub fn preparse(&mut self) {
        self.parsed = Parsed::new(self.roots());
    }

    /// Records a mistake.
    pub fn error(&mut self, place: Place, message: impl Into<String>) {
        self.errors.push(PackError::at(place, message.into()));
    }

    /// Records a mistake and what to do about it.
    pub fn error_help(
        &mut self,
        place: Place,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let mut error = PackError::at(place, message.into());
        error.set_help(help.into());
        self.errors.push(error);
    }

    /// Records that `name` is none of `known`, with the nearest of them.
    pub fn unknown<'n>(
        &mut self,
        place: Place,
        message: impl Into<String>,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) {
        match nearest(name, known) {
            Some(near) => self.error_help(place, message, format!("did you mean `{near}`?")),
            None => self.error(place, message),
        }
    }

    /// Records a mistake in a part of `text` (a byte range of its value).
    pub fn error_in(&mut self, text: Text<'_>, part: Range<usize>, message: impl Into<String>) {
        let place = self.within(text, part);
        self.error(place, message);
    }

    /// The place in its pack of a byte range of the value of `text`.
    pub fn within(&self, text: Text<'_>, part: Range<usize>) -> Place {
        let pack = self.packs.get(text.place.pack as usize).map_or("", |pack| pack.text);
        place_within(text, part, pack)
    }

    /// The mistakes, and what was compiled.
    pub fn finish(self) -> (Vec<PackError>, Library, Interner) {
        (self.errors, self.library, self.names)
    }

    /// The symbols of a dotted path; a mistake in its spelling is recorded.
    /// Other spellings of a path ([`Library::aliases`]) become the one the library uses.
    pub fn path(&mut self, text: Text<'_>) -> Vec<Symbol> {
        let is_name = |part: &str| {
            !part.is_empty()
                && part.chars().all(|c| c.is_alphanumeric() || c == '_')
                && !part.starts_with(|c: char| c.is_ascii_digit())
        };
        if !text.value.split('.').all(is_name) {
            self.error(text.place, format!("`{}` is not a dotted path", text.value));
        }
        let path = text.value.split('.').map(|part| self.names.intern(part)).collect();
        self.canonical(path)
    }

    /// `path` as the library spells it, after every alias.
    pub fn canonical(&self, mut path: Vec<Symbol>) -> Vec<Symbol> {
        // A circle is an error of its own, and ends here too.
        for _ in 0..self.library.aliases.len() {
            match self.other_spelling(&path) {
                Some(next) => path = next,
                None => break,
            }
        }
        path
    }

    /// `path` with the longest alias of its beginning replaced.
    pub fn other_spelling(&self, path: &[Symbol]) -> Option<Vec<Symbol>> {
        let prefixes = (1..=path.len()).rev();
        let mut found =
            prefixes.filter_map(|len| Some((len, self.library.aliases.get(&path[..len])?)));
        let (len, target) = found.next()?;
        Some(target.iter().chain(&path[len..]).copied().collect())
    }

    /// The path as text.
    pub fn dotted(&self, path: &[Symbol]) -> String {
        path.iter().map(|&part| self.names.resolve(part)).collect::<Vec<_>>().join(".")
    }
}

/// The one of `known` that is nearest to `name` and near enough to be meant.
pub(super) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|&(score, _)| score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, candidate)| candidate)
}
