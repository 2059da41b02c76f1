//! Effective settings: what each key is in production, and where it was set.

use std::sync::Arc;

use indexmap::IndexMap;

use super::flask;
use super::profile::{self, Profile};
use crate::base::{FxHashSet, Loc};
use crate::facts::{FnId, ImportedName, InstrKind};
use crate::link::{Cx, FnRef, Frame, Kind, Project, SettingsSource, UnitId, Val};
use crate::rule::library::{KeyModel, SettingsModel};
use crate::rule::version::Requirement;

/// One key that is set.
///
/// Invariant: `chain` is never empty, and its last place is `loc`.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Its value.
    pub value: Val,
    /// The assignment (name and value) or call argument that decides the value.
    pub loc: Loc,
    /// Every statement that took part in it, in the order in which Python runs them.
    pub chain: Vec<Loc>,
}

impl Setting {
    /// A key that one statement sets.
    pub fn new(value: Val, loc: Loc) -> Self {
        Self { value, loc, chain: vec![loc] }
    }
}

/// The settings of one application as one profile sees them: of a settings module (Django) or
/// of an application object or configuration class (Flask).
#[derive(Debug, Clone)]
pub struct Namespace {
    /// `django`, `flask`: the name of a stack entry.
    pub framework: String,
    /// The module (`config.settings.production`), class or application it is.
    pub name: String,
    /// Where these settings are in force.
    pub profile: Profile,
    /// What says that these are the settings, and in which profile: where the module is named.
    pub named_by: Vec<Loc>,
    /// Keys in the order they are set.
    pub keys: IndexMap<String, Setting>,
    /// Whether a key that is not in `keys` is certainly not set.
    pub complete: bool,
    /// Where a missing key would be written: the last statement of the settings.
    pub end: Option<Loc>,
}

/// A settings module that something outside of Python code names: a deployment document, the
/// configuration of a test runner.
#[derive(Debug, Clone)]
pub struct Naming {
    /// The framework whose settings module is named.
    pub framework: String,
    /// Its dotted path.
    pub module: String,
    /// The profile it is named for.
    pub profile: Profile,
    /// Where.
    pub loc: Loc,
}

/// Settings of all applications of a project.
#[derive(Debug, Clone, Default)]
pub struct SettingsTable {
    /// One per settings module (Django) or per project (Flask).
    pub namespaces: Vec<Namespace>,
    defaults: Arc<Vec<KeyDefault>>,
    near: Arc<Vec<(String, String, Vec<String>)>>,
}

/// A key's default in the version in use.
#[derive(Debug)]
struct KeyDefault {
    framework: String,
    path: Vec<String>,
    value: Val,
}

impl SettingsTable {
    /// Reads the settings of a project.
    /// `namings` are the settings modules that other files than Python's name.
    pub fn of(project: &Project<'_>, _namings: &[Naming]) -> Self {
        let cx = Cx::new(project);
        let mut namespaces = Vec::new();
        for model in &project.rules.library.settings {
            if !project.stacks.contains(&model.framework) {
                continue;
            }
            if model.app.is_some() {
                namespaces.extend(flask::namespace(&cx, model));
            } else {
                namespaces.extend(modules(&cx, model));
            }
        }
        let keys = project.rules.library.keys.iter();
        let defaults = keys.filter_map(|key| default_of(project, key)).collect();
        let near = project.rules.library.keys.iter().filter(|key| !key.near.is_empty());
        let near = near.map(|key| (key.framework.clone(), key.path[0].clone(), key.near.clone()));
        Self { namespaces, defaults: Arc::new(defaults), near: Arc::new(near.collect()) }
    }

    /// The settings that are in force in production.
    pub fn in_production(&self) -> impl Iterator<Item = &Namespace> {
        self.namespaces.iter().filter(|n| n.profile == Profile::Production)
    }

    /// The value in force of a key path in one namespace: what is set, else the default.
    pub fn value_of(&self, namespace: &Namespace, path: &[String]) -> Option<Val> {
        let (head, rest) = path.split_first()?;
        match namespace.keys.get(head) {
            Some(setting) => {
                rest.iter().try_fold(setting.value.clone(), |value, key| below(&value, key))
            }
            None => self.default(&namespace.framework, path).cloned(),
        }
    }

    /// Keys beside which a missing key belongs.
    pub fn near(&self, framework: &str, key: &str) -> &[String] {
        let found = self.near.iter().find(|(f, k, _)| f == framework && k == key);
        found.map_or(&[], |(_, _, near)| near)
    }

    /// The declared default of a key path, in the version in use.
    pub fn default(&self, framework: &str, path: &[String]) -> Option<&Val> {
        self.defaults
            .iter()
            .find(|d| {
                d.framework == framework
                    && d.path.len() == path.len()
                    && d.path.iter().zip(path).all(|(a, b)| a == "*" || a == b)
            })
            .map(|d| &d.value)
    }
}

impl SettingsSource for SettingsTable {
    fn setting(&self, framework: &str, path: &[String]) -> Option<Val> {
        let (head, rest) = path.split_first()?;
        let of_framework = || self.in_production().filter(|n| n.framework == framework);
        if let Some(setting) = of_framework().find_map(|n| n.keys.get(head)) {
            let mut value = setting.value.clone();
            for key in rest {
                match below(&value, key) {
                    Some(inner) => value = inner,
                    // A dict that is known whole and has no such key: the declared default holds.
                    None => {
                        value.in_force()?.as_dict().filter(|dict| !dict.open)?;
                        let default = self.default(framework, path).cloned();
                        return Some(default.unwrap_or_else(|| Val::new(Kind::Absent)));
                    }
                }
            }
            return Some(value);
        }
        if let Some(default) = self.default(framework, path) {
            return Some(default.clone());
        }
        self.is_complete(framework).then(|| Val::new(Kind::Absent))
    }

    fn is_complete(&self, framework: &str) -> bool {
        let mut of_framework = self.in_production().filter(|n| n.framework == framework).peekable();
        of_framework.peek().is_some() && of_framework.all(|n| n.complete)
    }
}

/// The value of a dict below a constant key.
pub fn below(value: &Val, key: &str) -> Option<Val> {
    entry_below(value, key).map(|(value, _)| value)
}

/// The value of a dict below a constant key, and the place of that entry.
pub fn entry_below(value: &Val, key: &str) -> Option<(Val, Option<Loc>)> {
    let dict = value.in_force()?.as_dict()?;
    let (key, value) = dict.entries.iter().find(|(k, _)| k.as_str() == Some(key))?;
    Some((value.clone(), entry_loc(key, value)))
}

/// An entry from its key to the end of its value, when both stand close together; else the key.
pub fn entry_loc(key: &Val, value: &Val) -> Option<Loc> {
    let start = key.loc.or(value.loc)?;
    Some(match value.loc {
        Some(end)
            if start.file == end.file && start.start < end.start && end.start < start.end + 8 =>
        {
            Loc { end: end.end, ..start }
        }
        _ => start,
    })
}

fn default_of(project: &Project<'_>, key: &KeyModel) -> Option<KeyDefault> {
    let older = key.older.iter().find(|(requirement, _)| {
        Requirement::parse(requirement).is_ok_and(|r| {
            project.packages.pinned.contains_key(&r.name) && project.packages.holds(&r)
        })
    });
    let value = older.map(|(_, value)| value).or(key.default.as_ref())?;
    Some(KeyDefault {
        framework: key.framework.clone(),
        path: key.path.clone(),
        value: crate::link::default_val(value),
    })
}

/// The settings modules of a framework that keeps its settings in modules.
fn modules(cx: &Cx<'_, '_>, model: &SettingsModel) -> Vec<Namespace> {
    let project = cx.project;
    let candidates: Vec<UnitId> = project
        .units
        .iter_enumerated()
        .filter(|(_, u)| u.production)
        .map(|(unit, _)| unit)
        .filter(|unit| marks(project, *unit, &model.module_marks) > 0)
        .collect();
    let mut layers: FxHashSet<UnitId> = FxHashSet::default();
    for unit in &candidates {
        for star in &project.units[*unit].stars {
            if let Kind::Module(base) = cx.imported(*unit, *star).kind {
                layers.insert(base);
            }
        }
    }
    let leaves: Vec<UnitId> =
        candidates.iter().copied().filter(|unit| !layers.contains(unit)).collect();
    let all: Vec<Namespace> = leaves.iter().map(|u| module_namespace(cx, model, *u)).collect();
    let production = |unit: &UnitId| !profile::is_other_profile(&module_name(cx, *unit));
    if leaves.iter().any(production) {
        let kept = leaves.iter().zip(all).filter(|(unit, _)| production(unit));
        return kept.map(|(_, namespace)| namespace).collect();
    }
    // Only development settings on top: production is what they build on, if anything.
    let bases: Vec<UnitId> = candidates.into_iter().filter(|u| layers.contains(u)).collect();
    if bases.is_empty() && all.len() == 1 {
        return all;
    }
    bases.iter().map(|unit| module_namespace(cx, model, *unit)).collect()
}

fn module_name(cx: &Cx<'_, '_>, unit: UnitId) -> String {
    let path = &cx.project.units[unit].path;
    path.rsplit('/').next().unwrap_or_default().trim_end_matches(".py").to_owned()
}

fn marks(project: &Project<'_>, unit: UnitId, marks: &[String]) -> usize {
    let exports = &project.units[unit].exports;
    let set = |mark: &&String| project.names.get(mark).is_some_and(|s| exports.contains_key(&s));
    marks.iter().filter(set).count()
}

fn module_namespace(cx: &Cx<'_, '_>, model: &SettingsModel, unit: UnitId) -> Namespace {
    let mut namespace = Namespace {
        framework: model.framework.clone(),
        name: module_name(cx, unit),
        profile: Profile::Production,
        named_by: Vec::new(),
        keys: IndexMap::new(),
        complete: false,
        end: None,
    };
    let mut known = true;
    add_module(cx, unit, &mut namespace.keys, &mut known, 0);
    namespace.complete =
        known && model.complete_marks.iter().any(|k| namespace.keys.contains_key(k));
    let body = cx.project.module_fn(unit);
    namespace.end = last_binding(cx, body);
    namespace
}

/// Adds the settings of a module: first what it imports with `*`, then its own.
fn add_module(
    cx: &Cx<'_, '_>,
    unit: UnitId,
    keys: &mut IndexMap<String, Setting>,
    known: &mut bool,
    depth: u32,
) {
    if depth > 8 {
        *known = false;
        return;
    }
    let project = cx.project;
    for star in &project.units[unit].stars {
        match cx.imported(unit, *star).kind {
            Kind::Module(base) if base != unit => add_module(cx, base, keys, known, depth + 1),
            _ => *known &= is_library_star(cx, unit, *star),
        }
    }
    let body = project.module_fn(unit);
    let ir = project.ir(body);
    let frame = Frame::open(body);
    for (name, term) in &ir.exit {
        let text = project.name(*name);
        if !is_setting_name(text) {
            continue;
        }
        cx.refuel();
        let value = cx.eval(*term, &frame);
        let loc = binding(cx, body, *name).unwrap_or_else(|| project.loc(unit, ir.spans[*term]));
        keys.shift_remove(text);
        keys.insert(text.to_owned(), Setting::new(value, loc));
    }
}

/// Whether a star import that leads to no file of the project is of a modelled library, which
/// sets nothing.
fn is_library_star(cx: &Cx<'_, '_>, unit: UnitId, star: crate::facts::ImportId) -> bool {
    let import = &cx.project.units[unit].facts.imports[star];
    import.name == ImportedName::Star
        && import.level == 0
        && import.module.first().is_some_and(|head| cx.project.rules.library.heads().contains(head))
}

/// Settings are upper case, in Django as in Flask.
pub fn is_setting_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && !name.contains(|c: char| c.is_ascii_lowercase())
}

/// The last statement that binds a name at module level.
fn binding(cx: &Cx<'_, '_>, body: FnRef, name: crate::base::Symbol) -> Option<Loc> {
    let ir = cx.project.ir(body);
    let mut last = None;
    for instr in ir.blocks.iter().flat_map(|b| &b.instrs) {
        if matches!(&instr.kind, InstrKind::Bind { name: n, class: None, .. } if *n == name) {
            let loc = cx.project.loc(body.unit, instr.span);
            last = last.max(Some(loc));
        }
    }
    last
}

fn last_binding(cx: &Cx<'_, '_>, body: FnRef) -> Option<Loc> {
    debug_assert_eq!(body.func, FnId(0));
    let ir = cx.project.ir(body);
    let binds = ir.blocks.iter().flat_map(|b| &b.instrs).filter(|i| {
        matches!(&i.kind, InstrKind::Bind { name, .. } if is_setting_name(cx.project.name(*name)))
    });
    binds.map(|i| cx.project.loc(body.unit, i.span)).max()
}
