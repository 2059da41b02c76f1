//! What a project is built on: frameworks, databases and libraries, each with what shows it.

use crate::base::Loc;
use crate::facts::{Const, Import, ImportedName, Term};
use crate::finding::{Confidence, Label};
use crate::link::{Bindings, Cx, Project, Query, Tri, UnitId, Within};
use crate::rule::library::StackModel;

use super::Entity;
use super::documents::Documents;
use super::profile::Profile;
use super::settings::SettingsTable;

/// Longest string constant that is taken for a connection string or engine name.
const MAX_STRING: usize = 512;
/// Most places of one kind that are kept.
const MAX_OF_KIND: usize = 2;
/// Most places that are kept.
const MAX_EVIDENCE: usize = 5;

/// A framework, database or library in use.
#[derive(Debug, Clone)]
pub struct Part {
    /// The name rules know it by.
    pub name: String,
    /// The name people know it by.
    pub title: String,
    /// One of [`StackModel::KINDS`].
    pub kind: String,
    /// The required packages that belong to it, with the versions as far as they are written.
    pub packages: Vec<(String, Option<String>)>,
    evidence: Vec<Evidence>,
    /// Whether what shows it may as well be there for a database that speaks its protocol, to
    /// which a connection leads.
    shared: bool,
}

/// How something shows that it is in use; the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Basis {
    /// A connection leads to it.
    Connection,
    /// The project has settings for it.
    Settings,
    /// A package of it is required.
    Requirement,
    /// There is a file that is for it.
    File,
    /// It is imported.
    Import,
    /// Code that only makes sense with it.
    Code,
    /// It is imported where it is there, so it may be an alternative to something else.
    OptionalImport,
    /// A string that names it.
    Text,
}

/// One place that shows it. Ordered by what it is worth, then by place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Evidence {
    basis: Basis,
    loc: Loc,
    text: String,
}

impl Part {
    fn new(name: &str, model: Option<&StackModel>) -> Self {
        Self {
            name: name.to_owned(),
            title: model.map_or(name, |m| &m.title).to_owned(),
            // What no model describes was found by an engine of connections.
            kind: model.map_or("database", |m| &m.kind).to_owned(),
            packages: Vec::new(),
            evidence: Vec::new(),
            shared: false,
        }
    }

    /// How sure it is that the project uses it.
    pub fn confidence(&self) -> Confidence {
        let has = |basis: Basis| self.evidence.iter().any(|e| e.basis == basis);
        let required = has(Basis::Requirement) || has(Basis::File) || !self.packages.is_empty();
        let used = has(Basis::Import) || has(Basis::Code);
        if has(Basis::Connection) || has(Basis::Settings) || (required && used && !self.shared) {
            Confidence::High
        } else if (required || used) && !self.shared {
            Confidence::Medium
        } else {
            Confidence::Low
        }
    }

    /// A handful of places that show it, the best first.
    pub fn evidence(&self) -> impl Iterator<Item = Label> + '_ {
        let label = |e: &Evidence| Label { loc: e.loc, text: e.text.clone() };
        self.evidence.iter().take(MAX_EVIDENCE).map(label)
    }

    fn add(&mut self, basis: Basis, loc: Loc, text: String) {
        let evidence = Evidence { basis, loc, text };
        // Another file says more than the same one again.
        let again = |e: &Evidence| e.basis == basis && e.loc.file == loc.file && e.loc <= loc;
        if self.evidence.iter().any(again) {
            return;
        }
        self.evidence.retain(|e| e.basis != basis || e.loc.file != loc.file);
        let at = self.evidence.partition_point(|known| *known < evidence);
        self.evidence.insert(at, evidence);
        let mut of_kind = self.evidence.iter().enumerate().filter(|(_, e)| e.basis == basis);
        if let Some((last, _)) = of_kind.nth(MAX_OF_KIND) {
            self.evidence.remove(last);
        }
    }
}

/// All parts of a stack: frameworks first, the surest first.
#[derive(Debug, Clone, Default)]
pub struct Stack {
    parts: Vec<Part>,
}

impl Stack {
    /// What imports, requirements, files, strings and code show. Code of tests, documentation
    /// and examples does not count.
    pub fn detect(project: &Project<'_>, documents: &Documents) -> Self {
        let cx = Cx::new(project);
        let parts = project.rules.library.stacks.iter().filter_map(|model| {
            let mut part = Part::new(&model.name, Some(model));
            requirements(project, model, &mut part);
            imports(project, model, &mut part);
            files(project, documents, model, &mut part);
            if part.evidence.is_empty() && part.packages.is_empty() {
                mentions(project, model, &mut part);
            }
            if part.evidence.is_empty() && part.packages.is_empty() {
                code(&cx, model, &mut part);
            }
            (!part.evidence.is_empty() || !part.packages.is_empty()).then_some(part)
        });
        let mut stack = Self { parts: parts.collect() };
        stack.sort();
        stack
    }

    /// Adds what settings and connections show.
    pub fn complete(
        &mut self,
        project: &Project<'_>,
        settings: &SettingsTable,
        connections: &[Entity],
    ) {
        for namespace in settings.in_production() {
            let first = namespace.named_by.first().copied();
            if let Some(loc) = first.or(namespace.end) {
                let text = format!("settings in `{}`", namespace.name);
                self.part(project, &namespace.framework).add(Basis::Settings, loc, text);
            }
        }
        for connection in connections {
            if let Some(engine) = connection.attribute("engine").as_str() {
                let part = self.part(project, engine);
                let text = format!("a connection to {}", part.title);
                part.add(Basis::Connection, connection.loc, text);
            }
        }
        self.find_shared(project);
        self.sort();
    }

    /// Drivers show no more than a protocol: where a connection leads to another database that
    /// speaks it, they may be there for that one.
    fn find_shared(&mut self, project: &Project<'_>) {
        let connected = |part: &Part| part.evidence.iter().any(|e| e.basis == Basis::Connection);
        let engines = project.rules.library.engines.iter();
        let spoken: Vec<&str> = engines
            .filter(|engine| self.get(&engine.name).is_some_and(connected))
            .filter_map(|engine| engine.like.as_deref())
            .collect();
        for part in &mut self.parts {
            part.shared = spoken.contains(&&*part.name) && !connected(part);
        }
    }

    /// All parts.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The part of that name.
    pub fn get(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// The names by which rules know the parts.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.parts.iter().map(|part| part.name.clone())
    }

    fn part(&mut self, project: &Project<'_>, name: &str) -> &mut Part {
        let known = self.parts.iter().position(|part| part.name == name);
        let at = known.unwrap_or_else(|| {
            let model = project.rules.library.stacks.iter().find(|m| m.name == name);
            self.parts.push(Part::new(name, model));
            self.parts.len() - 1
        });
        &mut self.parts[at]
    }

    fn sort(&mut self) {
        let rank = |kind: &str| StackModel::KINDS.iter().position(|k| *k == kind);
        self.parts.sort_by(|a, b| {
            let key = |p: &Part| (rank(&p.kind), std::cmp::Reverse(p.confidence()));
            key(a).cmp(&key(b)).then_with(|| a.title.cmp(&b.title))
        });
    }
}

fn requirements(project: &Project<'_>, model: &StackModel, part: &mut Part) {
    for name in &model.requirements {
        if !project.packages.required.contains(name) {
            continue;
        }
        let evidence = project.packages.evidence.get(name);
        let version = evidence.map(|e| match e.exact {
            true => e.specifier.trim_start_matches('=').trim(),
            false => e.specifier.trim(),
        });
        let version = version.filter(|text| !text.is_empty()).map(str::to_owned);
        if let Some(evidence) = evidence {
            let text = format!("requires {name}{}", spaced(&evidence.specifier));
            part.add(Basis::Requirement, evidence.loc, text);
        }
        part.packages.push((name.clone(), version));
    }
}

/// A version condition as it follows a package's name; a bare version is set apart.
fn spaced(specifier: &str) -> String {
    match specifier.trim() {
        bare if bare.starts_with(|c: char| c.is_ascii_alphanumeric()) => format!(" {bare}"),
        other => other.to_owned(),
    }
}

fn imports(project: &Project<'_>, model: &StackModel, part: &mut Part) {
    for (unit, u) in project.units.iter_enumerated().filter(|(_, u)| u.production) {
        for import in u.facts.imports.iter().filter(|import| import.level == 0) {
            let path = imported(import);
            if model.imports.iter().any(|prefix| path.starts_with(prefix)) {
                let basis = if import.guarded { Basis::OptionalImport } else { Basis::Import };
                let text = format!("imports `{}`", project.dotted(&import.module));
                part.add(basis, project.loc(unit, import.span), text);
            }
        }
    }
}

/// Files for production that are there for it, configuration in Python included.
fn files(project: &Project<'_>, documents: &Documents, model: &StackModel, part: &mut Part) {
    let named = |path: &str| model.files.iter().any(|regex| regex.is_match(path));
    let documents = documents
        .iter()
        .filter(|file| file.profile == Profile::Production)
        .filter(|file| model.file_kinds.contains(&file.kind) || named(&file.path))
        .map(|file| (file.file, file.path.as_str()));
    let units = project.units.iter().filter(|u| u.production && named(&u.path));
    for (file, path) in documents.chain(units.map(|u| (u.file, u.path.as_str()))) {
        let name = path.rsplit('/').next().unwrap_or(path);
        part.add(Basis::File, Loc { file, start: 0, end: 0 }, format!("the file `{name}`"));
    }
}

/// The whole path that an import names.
fn imported(import: &Import) -> Vec<crate::base::Symbol> {
    let mut path = import.module.clone();
    if let ImportedName::One(name) = import.name {
        path.push(name);
    }
    path
}

fn mentions(project: &Project<'_>, model: &StackModel, part: &mut Part) {
    if model.strings.is_empty() {
        return;
    }
    let is_meant = |term: &Term| match term {
        Term::Const(Const::Str(text)) if text.len() <= MAX_STRING => {
            model.strings.iter().any(|regex| regex.is_match(text))
        }
        _ => false,
    };
    for (unit, u) in project.units.iter_enumerated().filter(|(_, u)| u.production) {
        for ir in &u.facts.fns {
            for (term, kind) in ir.terms.iter_enumerated() {
                if is_meant(kind) {
                    mention(project, unit, ir.spans[term], part);
                }
            }
        }
    }
}

fn mention(project: &Project<'_>, unit: UnitId, span: crate::base::Span, part: &mut Part) {
    let text = format!("a string that names {}", part.title);
    part.add(Basis::Text, project.loc(unit, span), text);
}

fn code(cx: &Cx<'_, '_>, model: &StackModel, part: &mut Part) {
    let start = Bindings::new(model.vars.len());
    let query = Query {
        patterns: &model.patterns,
        wheres: &[],
        start: &start,
        within: Within::Project,
        concrete: false,
    };
    cx.search(&query, &mut |hit| {
        if hit.tri == Tri::Yes {
            part.add(Basis::Code, hit.loc, format!("code that needs {}", part.title));
        }
        true
    });
}
