//! Rule packs: the embedded ones, files and folders, and the rule set they make.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::NamedSource;
use rayon::prelude::*;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::context::{Cx, Pack, nearest};
use super::error::{PackError, PackErrors, Place};
use super::meta::RuleMeta;
use super::model::{Rule, RuleSet};
use super::schema::PACK;
use super::shape::check_table;

/// Names and texts of the packs in the binary, sorted by name.
static BUILTIN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/packs.rs"));

/// Declarations of the rule language that stand in a table of a file for something else: the
/// configuration of a project says which functions clean, leak or check what.
#[derive(Debug, Clone, Copy)]
pub struct Declarations<'t> {
    /// How messages call the file.
    pub name: &'t str,
    /// All of its text; what is wrong is shown at its place in it.
    pub text: &'t str,
    /// The path of the table; empty for the whole file.
    pub table: &'t [&'t str],
}

impl Declarations<'_> {
    /// The keys of a table that are declarations: those of a pack, save its rules and what only
    /// rules name.
    pub fn keys() -> impl Iterator<Item = &'static str> {
        PACK.keys.iter().map(|key| key.name).filter(|name| !["rule", "standard"].contains(name))
    }

    /// The table as a pack: what is no declaration is for others to read.
    fn pack<'p>(&self, doc: Spanned<DeTable<'p>>) -> Spanned<DeTable<'p>> {
        let mut pack = doc;
        for name in self.table {
            let span = pack.span();
            pack = match pack.into_inner().remove(*name).map(Spanned::into_inner) {
                Some(DeValue::Table(inner)) => Spanned::new(span, inner),
                _ => Spanned::new(span, DeTable::new()),
            };
        }
        let others: Vec<String> = pack
            .get_ref()
            .keys()
            .map(|key| key.get_ref().to_string())
            .filter(|key| !Self::keys().any(|name| name == key))
            .collect();
        others.iter().for_each(|key| drop(pack.get_mut().remove(key.as_str())));
        pack
    }
}

/// Which of the loaded packs are checked to the last example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Checks {
    /// All of them.
    All,
    /// All but the first `n`, which are the embedded ones: a test has checked those.
    After(usize),
}

impl RuleSet {
    /// The rules that are part of the binary.
    ///
    /// # Errors
    /// None in a released build: a test loads the embedded packs with every check.
    pub fn builtin() -> Result<Self, PackErrors> {
        compile(BUILTIN, None, Checks::After(BUILTIN.len()))
    }

    /// The embedded rules and those of `extra`: packs, or folders with packs in them.
    ///
    /// # Errors
    /// Everything that is wrong with any of the packs, and every path that cannot be read.
    pub fn load(extra: &[PathBuf]) -> Result<Self, PackErrors> {
        Self::load_with(extra, None)
    }

    /// As [`load`](Self::load), with what a project declares of its own functions and names.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn load_with(
        extra: &[PathBuf],
        declarations: Option<&Declarations<'_>>,
    ) -> Result<Self, PackErrors> {
        let mut unread = Vec::new();
        let mut read = Vec::new();
        for path in extra {
            read_packs(path, &mut read, &mut unread);
        }
        let own = read.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let texts: Vec<_> = BUILTIN.iter().copied().chain(own).collect();
        match compile(&texts, declarations, Checks::After(BUILTIN.len())) {
            Ok(rules) if unread.is_empty() => Ok(rules),
            Ok(_) => Err(PackErrors::new(unread)),
            Err(errors) => {
                Err(PackErrors::new(unread.into_iter().chain(errors.into_errors()).collect()))
            }
        }
    }

    /// The rules of `packs`, checked to the last example, on top of the embedded packs; an
    /// embedded pack gives way to a given one whose path ends like its own, so that the packs
    /// in this repository can be checked too. Also returns the ids of the rules of `packs`.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn load_checked(packs: &[PathBuf]) -> Result<(Self, Vec<Arc<str>>), PackErrors> {
        let mut unread = Vec::new();
        let mut read = Vec::new();
        for path in packs {
            read_packs(path, &mut read, &mut unread);
        }
        if !unread.is_empty() {
            return Err(PackErrors::new(unread));
        }
        let given = |name: &str| read.iter().any(|(own, _)| Path::new(own).ends_with(name));
        let embedded: Vec<_> = BUILTIN.iter().copied().filter(|(name, _)| !given(name)).collect();
        let own = read.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let texts: Vec<_> = embedded.iter().copied().chain(own).collect();
        let rules = compile(&texts, None, Checks::After(embedded.len()))?;
        let alone = compile(&embedded, None, Checks::After(embedded.len()));
        let is_embedded = |id: &str| alone.as_ref().is_ok_and(|rules| rules.get(id).is_some());
        let ids = rules.metas().map(|meta| meta.id.clone()).filter(|id| !is_embedded(id)).collect();
        Ok((rules, ids))
    }

    /// The rules of the given packs (name and text) alone, checked to the last example.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn from_texts(packs: &[(&str, &str)]) -> Result<Self, PackErrors> {
        compile(packs, None, Checks::All)
    }

    /// Names and texts of the embedded packs.
    pub fn builtin_texts() -> &'static [(&'static str, &'static str)] {
        BUILTIN
    }

    /// What each rule tells people, by id.
    pub fn metas(&self) -> impl Iterator<Item = &RuleMeta> {
        self.rules.iter().map(|rule| &rule.meta)
    }

    /// The rule of that id.
    pub fn get(&self, id: &str) -> Option<&Rule> {
        let index = self.rules.binary_search_by(|rule| (*rule.meta.id).cmp(id)).ok()?;
        self.rules.get(index)
    }

    /// The id nearest to `id`, for "did you mean".
    pub fn nearest_id(&self, id: &str) -> Option<&str> {
        nearest(id, self.metas().map(|meta| &*meta.id))
    }
}

/// Adds the pack at `path`, or all packs below it, in the order of their paths.
fn read_packs(path: &Path, read: &mut Vec<(String, String)>, unread: &mut Vec<PackError>) {
    let mut fail = |path: &Path, error: &std::io::Error| {
        let message = format!("{} cannot be read: {error}", path.display());
        unread.push(PackError::without_place(message));
    };
    if !path.is_dir() {
        match fs::read_to_string(path) {
            Ok(text) => read.push((path.display().to_string(), text)),
            Err(error) => fail(path, &error),
        }
        return;
    }
    let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut paths: Vec<PathBuf> = match entries {
        Ok(entries) => entries.into_iter().map(|entry| entry.path()).collect(),
        Err(error) => return fail(path, &error),
    };
    paths.sort();
    for path in paths {
        // A link to a folder may lead around in a circle.
        let is_folder = path.is_dir() && !path.is_symlink();
        if is_folder || path.extension().is_some_and(|extension| extension == "toml") {
            read_packs(&path, read, unread);
        }
    }
}

fn compile(
    texts: &[(&str, &str)],
    declarations: Option<&Declarations<'_>>,
    checks: Checks,
) -> Result<RuleSet, PackErrors> {
    let declared = declarations.map(|declared| (declared.name, declared.text));
    let texts: Vec<_> = texts.iter().copied().chain(declared).collect();
    let read: Vec<_> = texts.par_iter().map(|(_, text)| DeTable::parse_recoverable(text)).collect();
    let mut errors = Vec::new();
    let packs: Vec<Pack<'_>> = (0..)
        .zip(&texts)
        .zip(read)
        .map(|((index, &(name, text)), (mut doc, mistakes))| {
            if let Some(declared) = declarations.filter(|_| index as usize + 1 == texts.len()) {
                doc = declared.pack(doc);
            }
            errors.extend(mistakes.into_iter().map(|mistake| {
                let range = mistake.span().unwrap_or(0..0);
                PackError::at(Place::new(index, range), mistake.message().to_owned())
            }));
            Pack { name, text, doc }
        })
        .collect();
    let trusted = match checks {
        Checks::All => 0,
        Checks::After(count) => count,
    };
    let mut rules = Vec::new();
    let mut library = super::library::Library::default();
    let mut names = crate::base::Interner::default();
    // What TOML cannot read is half a pack: everything said of it would be misleading.
    if errors.is_empty() {
        let mut cx = Cx::new(&packs, trusted);
        cx.preparse();
        for root in cx.roots() {
            if !cx.trusts(root.place) {
                check_table(&mut cx, root, &PACK);
            }
        }
        super::declare::declare(&mut cx);
        if declarations.is_some() {
            super::declare::declare_own(&mut cx, texts.len() - 1);
        }
        super::calls::compile_calls(&mut cx);
        super::models::compile_models(&mut cx);
        rules = super::rules::compile_rules(&mut cx);
        (errors, library, names) = cx.finish();
    }
    if errors.is_empty() {
        return Ok(RuleSet { rules, library, names });
    }
    let sources: Vec<_> = texts
        .iter()
        .map(|&(name, text)| Arc::new(NamedSource::new(name, Arc::<str>::from(text))))
        .collect();
    errors.iter_mut().for_each(|error| error.attach(&sources));
    Err(PackErrors::new(errors))
}
