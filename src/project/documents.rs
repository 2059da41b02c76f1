//! The files of a project that are not Python: what each is, for which profile it is, and what
//! stands in it. They are parsed when they are asked for, since most are of no interest.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::profile::{self, Profile};
use crate::base::{FileId, FxHashMap, Loc};
use crate::facts::{self, Const, SeqKind, Term};
use crate::link::{Kind, Val};
use crate::source::{FileKind, FileTable, PathNote, SourceFile};
use crate::syntax::document::{self, Document, DocumentKind, Node, Place, Value, kind_of_yaml};

/// A file that is not Python.
#[derive(Debug, Clone)]
pub struct DocumentFile {
    /// Its place in the file table.
    pub file: FileId,
    /// Its path, relative to the scan root.
    pub path: String,
    /// What it is.
    pub kind: DocumentKind,
    /// Where what it says is in force.
    pub profile: Profile,
    /// Its text.
    pub text: Arc<str>,
    /// None inside: the parser failed.
    parsed: OnceLock<Option<Document>>,
}

impl DocumentFile {
    fn new(source: &SourceFile) -> Option<Self> {
        let mut file = Self {
            file: source.id,
            path: source.path.clone(),
            kind: kind_of(source)?,
            profile: Profile::Production,
            text: Arc::clone(&source.text),
            parsed: OnceLock::new(),
        };
        file.profile = file.says_profile().unwrap_or(Profile::Production);
        Some(file)
    }

    /// The profile that the file itself says it is for: by its path, else by its heading.
    pub fn says_profile(&self) -> Option<Profile> {
        profile::says_profile(&self.path).or_else(|| match self.kind {
            DocumentKind::Dotenv => profile::says_heading(&self.text),
            _ => None,
        })
    }

    /// What stands in it; parsed on the first call. A failure of a parser must not end the run.
    pub fn document(&self) -> Option<&Document> {
        let parse = || {
            let format = self.kind.format(&self.text);
            catch_unwind(AssertUnwindSafe(|| document::parse(format, &self.text))).ok()
        };
        self.parsed.get_or_init(parse).as_ref()
    }

    /// The roots of its trees; none when it cannot be read.
    pub fn roots(&self) -> &[Node] {
        self.document().map_or(&[], |document| &document.roots)
    }

    /// The name of the file.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// A place of the text as a place of the scan.
    pub fn loc(&self, place: Place) -> Loc {
        Loc { file: self.file, start: place.start, end: place.end }
    }

    /// A node as a value that rules can test.
    pub fn value(&self, node: &Node) -> Val {
        let value = match &node.value {
            Value::Null => Val::new(Kind::Const(Const::None)),
            Value::Bool(value) => Val::bool(*value),
            Value::Int(number) => Val::int(*number),
            Value::Float(number) => Val::new(Kind::Const(Const::Float(*number))),
            Value::Text(text) if self.kind == DocumentKind::Sql => {
                Val::text(&super::secrets::without_passwords(text))
            }
            Value::Text(text) => text_value(text),
            Value::List(items) => {
                Val::seq(SeqKind::List, items.iter().map(|item| self.value(item)).collect(), false)
            }
            Value::Table(entries) => {
                let entry = |e: &document::Entry| {
                    (Val::text(&e.key).at(self.loc(e.key_place)), self.value(&e.value))
                };
                Val::dict(entries.iter().map(entry).collect(), false)
            }
            Value::Unknown => Val::opaque(),
        };
        value.at(self.loc(node.place))
    }

    /// A node as a process sees it in its environment: as text.
    pub fn text_of<'n>(&'n self, node: &'n Node) -> Option<&'n str> {
        match &node.value {
            Value::Text(text) => Some(text),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) => Some(node.place.of(&self.text)),
            Value::Null | Value::List(_) | Value::Table(_) | Value::Unknown => None,
        }
    }
}

/// A text, or a literal credential if it looks like one.
pub fn text_value(text: &str) -> Val {
    Val::new(match facts::text_term(text) {
        Term::Secret(secret) => Kind::Secret(Arc::new(secret)),
        Term::Const(constant) => Kind::Const(constant),
        _ => Kind::Opaque,
    })
}

/// What a file is, by its name and, for YAML, by what it says.
fn kind_of(source: &SourceFile) -> Option<DocumentKind> {
    Some(match source.kind {
        FileKind::Dotenv => DocumentKind::Dotenv,
        FileKind::Compose => DocumentKind::Compose,
        FileKind::Dockerfile => DocumentKind::Dockerfile,
        FileKind::Yaml => kind_of_yaml(&source.text),
        FileKind::Toml => DocumentKind::Toml,
        FileKind::Ini => DocumentKind::Ini,
        FileKind::Json => DocumentKind::Json,
        FileKind::Template => DocumentKind::Template,
        FileKind::Sql => DocumentKind::Sql,
        FileKind::Requirements => DocumentKind::Requirements,
        FileKind::Lockfile => DocumentKind::Lockfile,
        FileKind::Python | FileKind::Metadata | FileKind::Notebook | FileKind::Other => {
            return None;
        }
    })
}

/// All files that are not Python, in the order of their paths.
#[derive(Debug, Clone, Default)]
pub struct Documents {
    files: Vec<DocumentFile>,
    by_file: FxHashMap<FileId, usize>,
}

impl Documents {
    /// Finds out what each file is, and reads those that say how the project is deployed.
    pub fn of(files: &FileTable) -> Self {
        let files: Vec<DocumentFile> = files.files.iter().filter_map(DocumentFile::new).collect();
        let by_file = files.iter().enumerate().map(|(index, file)| (file.file, index)).collect();
        let mut documents = Self { files, by_file };
        documents.files.par_iter().filter(|file| is_of_interest(file)).for_each(|file| {
            file.document();
        });
        documents.judge_profiles();
        documents
    }

    /// The same where the profiles of some files are given.
    #[must_use]
    pub fn with_profiles(mut self, given: &FxHashMap<FileId, Profile>) -> Self {
        for file in &mut self.files {
            file.profile = given.get(&file.file).copied().unwrap_or(file.profile);
        }
        self
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, DocumentFile> {
        self.files.iter()
    }

    /// The document a file of the scan is.
    pub fn get(&self, file: FileId) -> Option<&DocumentFile> {
        self.by_file.get(&file).map(|index| &self.files[*index])
    }

    /// The document at a path.
    pub fn at(&self, path: &str) -> Option<&DocumentFile> {
        let found = self.files.binary_search_by(|file| file.path.as_str().cmp(path));
        found.ok().map(|index| &self.files[index])
    }

    /// What could not be read whole, of what was read; the second list is what was cut short.
    pub fn notes(&self, files: &FileTable) -> (Vec<PathNote>, Vec<PathNote>) {
        let (mut partly, mut cut) = (Vec::new(), Vec::new());
        for file in &self.files {
            let Some(parsed) = file.parsed.get() else { continue };
            let note = |reason: String| PathNote { path: file.path.clone(), reason };
            let line = |at: u32| files.get(file.file).lines().line_of(at) + 1;
            let Some(document) = parsed else {
                cut.push(note("internal error while reading it; please report".to_owned()));
                continue;
            };
            if let Some(first) = document.problems.first() {
                partly.push(note(format!("{} at line {}", first.message, line(first.at))));
            }
            if let Some(at) = document.cut {
                cut.push(note(format!("too large or nested too deeply at line {}", line(at))));
            }
        }
        (partly, cut)
    }

    /// Takes into account who refers to a file, and which files it stands beside.
    fn judge_profiles(&mut self) {
        let mut profiles: Vec<(usize, Profile)> = Vec::new();
        for (index, file) in self.files.iter().enumerate() {
            if file.profile == Profile::Production
                && file.kind == DocumentKind::Compose
                && !profile::says_production(&file.path)
                && self.has_production_sibling(file)
            {
                profiles.push((index, Profile::Development));
            }
        }
        for (index, profile) in profiles {
            self.files[index].profile = profile;
        }
        // A file that only files of other profiles refer to is of theirs.
        let mut referred: FxHashMap<usize, Vec<Profile>> = FxHashMap::default();
        for file in self.files.iter().filter(|file| file.kind == DocumentKind::Compose) {
            for path in references(file) {
                if let Some(target) = self.at(&path) {
                    referred.entry(self.by_file[&target.file]).or_default().push(file.profile);
                }
            }
        }
        let production_image = self.files.iter().any(|file| {
            file.kind == DocumentKind::Dockerfile && profile::says_production(&file.path)
        });
        for (index, profiles) in referred {
            let file = &mut self.files[index];
            // Developers build the image of production too, where there is no other.
            if is_complete_image(file) && !production_image {
                continue;
            }
            if let Some(first) = profiles.iter().min() {
                file.profile = file.says_profile().unwrap_or(*first);
            }
        }
    }

    /// Whether a compose file that says it is for production, and is complete without this one,
    /// stands beside it: then this one is for developers.
    fn has_production_sibling(&self, file: &DocumentFile) -> bool {
        let folder = |path: &str| path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let own = folder(&file.path);
        self.files.iter().any(|other| {
            other.kind == DocumentKind::Compose
                && other.file != file.file
                && folder(&other.path) == own
                && profile::says_production(&other.path)
                && is_complete(other)
        })
    }
}

/// Whether an image says itself what it runs: it needs no file of developers for that.
fn is_complete_image(file: &DocumentFile) -> bool {
    let runs = |root: &Node| {
        let stage = document::final_stage(root, profile::is_other_profile);
        stage.into_iter().any(|entry| matches!(&*entry.key, "CMD" | "ENTRYPOINT"))
    };
    file.kind == DocumentKind::Dockerfile && file.roots().iter().any(runs)
}

/// Whether every service of a compose file says what it runs, so that it builds on no other.
fn is_complete(file: &DocumentFile) -> bool {
    let services = file.roots().iter().filter_map(|root| root.get("services"));
    let mut services = services.flat_map(Node::entries).map(|entry| &entry.value).peekable();
    services.peek().is_some()
        && services.all(|service| {
            ["image", "build", "extends"].iter().any(|key| service.get(key).is_some())
        })
}

/// Paths of the Dockerfiles and environment files a compose file names.
fn references(file: &DocumentFile) -> Vec<String> {
    let mut paths = Vec::new();
    for service in file.roots().iter().filter_map(|root| root.get("services")) {
        for service in service.entries().iter().map(|entry| &entry.value) {
            let build = service.get("build");
            let part = |key: &str| build.and_then(|build| build.get(key)?.as_text());
            if let Some(context) = build.and_then(Node::as_text).or(part("context")) {
                let name = part("dockerfile").unwrap_or("Dockerfile");
                paths.extend(relative(&file.path, &format!("{context}/{name}")));
            }
            let env_files = service.get("env_file").map_or_else(Vec::new, paths_of);
            paths.extend(env_files.into_iter().filter_map(|p| relative(&file.path, p)));
        }
    }
    paths
}

/// Paths in a node: a text, a list of texts, or a list of tables with `path`.
pub(super) fn paths_of(node: &Node) -> Vec<&str> {
    let items = node.items().iter();
    let items = items.filter_map(|item| item.as_text().or_else(|| item.get("path")?.as_text()));
    node.as_text().into_iter().chain(items).collect()
}

/// The path that `path` means in a file at `from`; none when it leads out of the scan.
pub(super) fn relative(from: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    if path.starts_with('/') || path.contains(['$', '{']) {
        return None;
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Whether a document says how the project is built or deployed, and is read in every scan.
fn is_of_interest(file: &DocumentFile) -> bool {
    match file.kind {
        DocumentKind::Dotenv
        | DocumentKind::Compose
        | DocumentKind::K8s
        | DocumentKind::Dockerfile
        | DocumentKind::Toml
        | DocumentKind::Requirements
        | DocumentKind::Lockfile => true,
        DocumentKind::Ini => file.name() == "setup.cfg",
        DocumentKind::Yaml | DocumentKind::Json | DocumentKind::Template | DocumentKind::Sql => {
            false
        }
    }
}
