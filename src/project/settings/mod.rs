//! Effective settings: what each key is in each profile, and where it was set.

mod calls;
mod classes;
mod discover;
mod effects;
mod layers;
mod raise;
mod run;
#[cfg(test)]
mod styles;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use indexmap::IndexMap;

use self::discover::Leaf;
use self::run::Runner;
use super::app_config;
use super::documents::Documents;
use super::profile::Profile;
use crate::base::Loc;
pub use crate::facts::is_constant_name as is_setting_name;
use crate::link::{Cx, Kind, Project, SettingsSource, Val};
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
    /// `namings` are the settings modules that other files than Python's name; `documents` those
    /// files.
    pub fn of(project: &Project<'_>, namings: &[Naming], documents: &Documents) -> Self {
        let keys = project.rules.library.keys.iter();
        let defaults: Vec<KeyDefault> = keys.filter_map(|key| default_of(project, key)).collect();
        let mut namespaces = Vec::new();
        for model in &project.rules.library.settings {
            if !project.stacks.contains(&model.framework) {
                continue;
            }
            if model.app.is_some() {
                let of_framework = defaults.iter().filter(|d| d.framework == model.framework);
                let of_keys = of_framework.filter_map(|d| match d.path.as_slice() {
                    [key] => Some((key.clone(), d.value.clone())),
                    _ => None,
                });
                namespaces.extend(app_config::namespaces(
                    project,
                    model,
                    documents,
                    &of_keys.collect(),
                ));
            } else {
                namespaces.extend(modules(&Cx::new(project), model, namings));
            }
        }
        for namespace in &mut namespaces {
            take_older_names(namespace, &project.rules.library.keys);
            fill_in(namespace, &defaults);
        }
        let near = project.rules.library.keys.iter().filter(|key| !key.near.is_empty());
        let near = near.map(|key| (key.framework.clone(), key.path[0].clone(), key.near.clone()));
        Self { namespaces, defaults: Arc::new(defaults), near: Arc::new(near.collect()) }
    }

    /// The settings that are in force in production.
    pub fn in_production(&self) -> impl Iterator<Item = &Namespace> {
        self.namespaces.iter().filter(|n| n.profile == Profile::Production)
    }

    /// Whether some settings are for development, or say by their name that they are for
    /// production.
    pub fn keep_production_apart(&self) -> bool {
        self.namespaces.iter().any(|namespace| match namespace.profile {
            Profile::Production => Profile::named(&namespace.name) == Some(Profile::Production),
            Profile::Development => true,
            Profile::Test => false,
        })
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

/// Gives keys that are set only by an older name the value of that one.
fn take_older_names(namespace: &mut Namespace, models: &[KeyModel]) {
    for model in models.iter().filter(|model| model.framework == namespace.framework) {
        let [key] = model.path.as_slice() else { continue };
        if namespace.keys.contains_key(key) {
            continue;
        }
        let older = model.renamed_from.iter().find_map(|name| namespace.keys.get(name));
        if let Some(setting) = older.cloned() {
            namespace.keys.insert(key.clone(), setting);
        }
    }
}

/// Gives keys that are set only on some ways the framework's default on the others.
fn fill_in(namespace: &mut Namespace, defaults: &[KeyDefault]) {
    let is_absent = |v: &Val| matches!(v.kind, Kind::Absent);
    for (key, setting) in &mut namespace.keys {
        if !setting.value.alternatives().iter().any(is_absent) {
            continue;
        }
        let default = defaults.iter().find(|d| {
            d.framework == namespace.framework && d.path.as_slice() == std::slice::from_ref(key)
        });
        let Some(default) = default else { continue };
        let filled = setting.value.alternatives().iter().map(|v| match is_absent(v) {
            true => default.value.clone(),
            false => v.clone(),
        });
        setting.value = crate::link::one_of(filled.collect());
    }
}

fn default_of(project: &Project<'_>, key: &KeyModel) -> Option<KeyDefault> {
    // Where nothing reads the key it has no default.
    if key.package.as_ref().is_some_and(|package| !project.uses_package(package)) {
        return None;
    }
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

/// The settings of a framework that keeps its settings in modules.
fn modules(cx: &Cx<'_, '_>, model: &SettingsModel, namings: &[Naming]) -> Vec<Namespace> {
    let found = discover::candidates(cx, model, namings);
    let mut runner = Runner::new(cx, model);
    for unit in &found.units {
        runner.module(*unit);
    }
    let leaves = discover::leaves(cx, model, &found, &runner.layers);
    let mut namespaces: Vec<Namespace> = Vec::new();
    for leaf in leaves {
        let classes = classes::namespaces(cx, model, &leaf);
        match classes.is_empty() {
            true => namespaces.push(module_namespace(cx, model, leaf)),
            false => namespaces.extend(classes),
        }
    }
    namespaces.sort_by_key(|namespace| namespace.profile);
    namespaces
}

fn module_namespace(cx: &Cx<'_, '_>, model: &SettingsModel, leaf: Leaf) -> Namespace {
    let names = cx.names_of(leaf.unit);
    let mut keys = IndexMap::new();
    for (name, bound) in &names.bound {
        let text = cx.project.name(*name);
        if let (true, Some(loc)) = (is_setting_name(text), bound.chain.last()) {
            let (value, chain) = (bound.value.clone(), bound.chain.clone());
            keys.insert(text.to_owned(), Setting { value, loc: *loc, chain });
        }
    }
    let marked = model.complete_marks.iter().any(|key| keys.contains_key(key));
    Namespace {
        framework: model.framework.clone(),
        name: run::module_name(cx, leaf.unit),
        profile: leaf.profile,
        complete: !names.open && (marked || !leaf.named_by.is_empty()),
        named_by: leaf.named_by,
        keys,
        end: discover::end_of(cx, leaf.unit),
    }
}
