//! Rules on effective settings.

use super::edits::SettingFound;
use super::report::mentions_secret;
use super::{Found, Target, clause, condition, refused};
use crate::base::Loc;
use crate::facts::FnId;
use crate::link::{Bindings, Cx, FnRef, Kind, SeqVal, Tri, Val};
use crate::project::settings::entry_loc;
use crate::project::{Namespace, Profile, SettingsTable};
use crate::rule::model::{Condition, PathKey, RuleMatch, SettingPath, Subject, VarId, Where};

/// One setting a path leads to.
#[derive(Debug, Clone)]
pub(super) struct Resolved {
    /// Its value in force: set, else the default; absent when there is neither.
    pub value: Val,
    /// Whether it is set in the project.
    pub set: bool,
    /// The declared default.
    pub default: Option<Val>,
    /// Where it is set, or where it belongs.
    pub loc: Option<Loc>,
    /// Captured keys.
    pub bindings: Bindings,
    /// The keys that lead to it.
    pub path: Vec<String>,
}

/// A setting that rules judge in a project.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The keys that lead to it.
    pub path: Vec<String>,
    /// Its value in force: set, else the default.
    pub value: Val,
    /// Whether it is set in the project.
    pub set: bool,
    /// Where it is set, or where it belongs.
    pub loc: Option<Loc>,
}

/// The settings of a namespace that rules judge in a project, once each, in the order of their
/// paths. A setting that is not set and has no default is left out.
pub fn judged(target: Target<'_, '_>, namespace: &Namespace) -> Vec<Judged> {
    let mut found: Vec<Judged> = Vec::new();
    for branch in target.project.rules.rules.iter().flat_map(|rule| &rule.matches) {
        let Subject::Setting(paths) = &branch.subject else { continue };
        if !applies(branch, namespace) || !condition::project_agrees(target, branch) {
            continue;
        }
        let start = Bindings::new(branch.vars.len());
        let resolved = resolve(&target.model.settings, namespace, paths, &start);
        found.extend(resolved.into_iter().filter_map(|r| {
            let known = !matches!(r.value.kind, Kind::Absent);
            known.then_some(Judged { path: r.path, value: r.value, set: r.set, loc: r.loc })
        }));
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found.dedup_by(|a, b| a.path == b.path);
    found
}

impl Resolved {
    /// An attribute as a rule sees it.
    pub(super) fn attribute(&self, name: &str) -> Option<Val> {
        match name {
            "value" => Some(self.value.clone()),
            "set" => Some(Val::bool(self.set)),
            "default" => Some(self.default.clone().unwrap_or_else(|| Val::new(Kind::Absent))),
            _ => None,
        }
    }
}

/// The settings for which the conditions certainly hold.
pub(super) fn find<'p>(
    target: Target<'p, '_>,
    cx: &Cx<'_, '_>,
    branch: &RuleMatch,
    paths: &[SettingPath],
) -> Vec<Found<'p>> {
    let mut found = Vec::new();
    let table = &target.model.settings;
    let judged = |n: &&Namespace| applies(branch, n) && is_judged(table, branch, n);
    for namespace in table.namespaces.iter().filter(judged) {
        let start = Bindings::new(branch.vars.len());
        for resolved in resolve(&target.model.settings, namespace, paths, &start) {
            cx.refuel();
            let mut bindings = resolved.bindings.clone();
            bind_lets(target, branch, Some(namespace), &mut bindings);
            if holds(cx, &branch.wheres, &resolved, &mut bindings) != Tri::Yes {
                continue;
            }
            let about_secret = branch.wheres.iter().any(|w| mentions_secret(&w.pred));
            if about_secret && refused::is_refused(cx, &resolved.value, None) {
                continue;
            }
            let Some(loc) = resolved.loc.or(namespace.end) else { continue };
            let unit = target.project.unit_of(loc.file);
            if found.iter().any(|f: &Found<'_>| f.loc == loc) {
                continue;
            }
            found.push(Found {
                spot: None,
                leaving: None,
                bindings,
                loc,
                func: unit.map(|unit| FnRef { unit, func: FnId(0) }),
                class: None,
                namespace: Some(namespace),
                inside: Vec::new(),
                notes: cx.notes.get(),
                present: None,
                route: None,
                setting: Some(SettingFound {
                    parent_set: resolved
                        .path
                        .first()
                        .is_some_and(|head| namespace.keys.contains_key(head)),
                    path: resolved.path,
                    value: resolved.value,
                    set: resolved.set,
                }),
                path: Vec::new(),
                through: &[],
            });
        }
    }
    found
}

/// Whether a branch speaks of this namespace: one that names a framework speaks of no other.
fn applies(branch: &RuleMatch, namespace: &Namespace) -> bool {
    branch.when.iter().all(|condition| match condition {
        Condition::Framework(names) => names.contains(&namespace.framework),
        _ => true,
    })
}

/// Whether a branch judges the settings of this profile. Without a word about profiles that is
/// production; development where there is nothing else, for what it is worth.
fn is_judged(table: &SettingsTable, branch: &RuleMatch, namespace: &Namespace) -> bool {
    let asked = branch.when.iter().any(|c| matches!(c, Condition::Profile(_)));
    asked
        || match namespace.profile {
            Profile::Production => true,
            Profile::Development => {
                table.in_production().all(|n| n.framework != namespace.framework)
            }
            Profile::Test => false,
        }
}

/// Conditions on the attributes and captured keys of a setting.
pub(super) fn holds(
    cx: &Cx<'_, '_>,
    wheres: &[Where],
    resolved: &Resolved,
    bindings: &mut Bindings,
) -> Tri {
    clause::wheres_answer(cx, wheres, bindings, &|s| clause::setting_attribute(resolved, s))
}

/// Captures the values that `let` binds; keys in a path may be captured before.
pub(super) fn bind_lets(
    target: Target<'_, '_>,
    branch: &RuleMatch,
    namespace: Option<&Namespace>,
    bindings: &mut Bindings,
) {
    for (var, path) in &branch.lets {
        let all = resolve_all(target, std::slice::from_ref(path), bindings, namespace);
        let value = all.into_iter().next().map(|resolved| resolved.value);
        bindings.set(*var, value.unwrap_or_else(Val::opaque));
    }
}

/// Settings of one namespace, or of all.
pub(super) fn resolve_all(
    target: Target<'_, '_>,
    paths: &[SettingPath],
    bindings: &Bindings,
    namespace: Option<&Namespace>,
) -> Vec<Resolved> {
    match namespace {
        Some(namespace) => resolve(&target.model.settings, namespace, paths, bindings),
        None => {
            let all = target.model.settings.in_production();
            all.flat_map(|n| resolve(&target.model.settings, n, paths, bindings)).collect()
        }
    }
}

/// What the paths (spellings of one setting) lead to: those that are set, else the first's absence.
fn resolve(
    table: &SettingsTable,
    namespace: &Namespace,
    paths: &[SettingPath],
    bindings: &Bindings,
) -> Vec<Resolved> {
    let mut absent = Vec::new();
    let mut set = Vec::new();
    for path in paths {
        for resolved in resolve_one(table, namespace, path, bindings) {
            if resolved.set {
                set.push(resolved);
            } else if absent.is_empty() {
                absent.push(resolved);
            }
        }
    }
    if set.is_empty() { absent } else { set }
}

fn resolve_one(
    table: &SettingsTable,
    namespace: &Namespace,
    path: &SettingPath,
    bindings: &Bindings,
) -> Vec<Resolved> {
    let Some((PathKey::Name(head), rest)) = path.0.split_first() else { return Vec::new() };
    let default = full_path(path, bindings)
        .and_then(|names| table.default(&namespace.framework, &names).cloned());
    let walk = Walk { table, namespace, default };
    match namespace.keys.get(head) {
        Some(setting) => {
            let at = At { value: &setting.value, loc: Some(setting.loc), set: true };
            walk.below(at, rest, vec![head.clone()], bindings)
        }
        None => {
            let loc = table
                .near(&namespace.framework, head)
                .iter()
                .filter_map(|k| namespace.keys.get(k).map(|s| s.loc))
                // What is missing belongs into the settings themselves, not into their base.
                .find(|loc| namespace.end.is_none_or(|end| end.file == loc.file));
            let head_default = table.default(&namespace.framework, std::slice::from_ref(head));
            match head_default {
                Some(value) if !rest.is_empty() => {
                    let at = At { value, loc, set: false };
                    walk.below(at, rest, vec![head.clone()], bindings)
                }
                _ if !namespace.complete => Vec::new(),
                _ => {
                    let names = path.0.iter().filter_map(|key| match key {
                        PathKey::Name(name) => Some(name.clone()),
                        PathKey::Var(_) => None,
                    });
                    vec![walk.absent(loc, names.collect(), bindings)]
                }
            }
        }
    }
}

/// The names of a path whose variables are bound to text.
fn full_path(path: &SettingPath, bindings: &Bindings) -> Option<Vec<String>> {
    path.0
        .iter()
        .map(|key| match key {
            PathKey::Name(name) => Some(name.clone()),
            PathKey::Var(var) => Some(
                bindings.get(*var).and_then(|v| v.in_force()?.as_str()).unwrap_or("*").to_owned(),
            ),
        })
        .collect()
}

struct Walk<'w> {
    table: &'w SettingsTable,
    namespace: &'w Namespace,
    default: Option<Val>,
}

/// A point on the way down a path.
#[derive(Clone, Copy)]
struct At<'v> {
    value: &'v Val,
    loc: Option<Loc>,
    set: bool,
}

impl Walk<'_> {
    fn below(
        &self,
        at: At<'_>,
        rest: &[PathKey],
        names: Vec<String>,
        bindings: &Bindings,
    ) -> Vec<Resolved> {
        let Some((key, rest)) = rest.split_first() else {
            return vec![Resolved {
                value: at.value.clone(),
                set: at.set,
                default: self.default.clone(),
                loc: at.loc,
                bindings: bindings.clone(),
                path: names,
            }];
        };
        let mut found = Vec::new();
        for value in at.value.alternatives() {
            let Some(value) = value.in_force() else { continue };
            if let (PathKey::Var(var), Some(seq)) = (key, value.as_seq()) {
                found.extend(self.items(at, (*var, seq), rest, &names, bindings));
            }
            let Some(dict) = value.as_dict() else { continue };
            let wanted = match key {
                PathKey::Name(name) => Some(name.clone()),
                PathKey::Var(var) => {
                    bindings.get(*var).and_then(|v| v.in_force()?.as_str().map(str::to_owned))
                }
            };
            let mut hit = false;
            for (entry_key, entry) in &dict.entries {
                let Some(text) = entry_key.as_str() else { continue };
                if wanted.as_ref().is_some_and(|w| w != text) {
                    continue;
                }
                hit = true;
                let mut bindings = bindings.clone();
                if let PathKey::Var(var) = key
                    && bindings.get(*var).is_none()
                {
                    bindings.set(*var, entry_key.clone());
                }
                let mut names = names.clone();
                names.push(text.to_owned());
                let at =
                    At { value: entry, loc: entry_loc(entry_key, entry).or(at.loc), set: at.set };
                found.extend(self.below(at, rest, names, &bindings));
            }
            let named = wanted.is_some() && !hit && !dict.open;
            if let (true, true) = (named, rest.is_empty()) {
                let path = names.iter().cloned().chain(wanted.clone()).collect();
                found.push(self.absent(at.loc, path, bindings));
            } else if let (true, Some(default)) = (named, self.inner_default(&names, key)) {
                let at = At { value: &default, loc: at.loc, set: false };
                found.extend(self.below(at, rest, names.clone(), bindings));
            }
        }
        found
    }

    /// Every item of a list or tuple; the variable is its position.
    fn items(
        &self,
        at: At<'_>,
        (var, seq): (VarId, &SeqVal),
        rest: &[PathKey],
        names: &[String],
        bindings: &Bindings,
    ) -> Vec<Resolved> {
        let mut found = Vec::new();
        for (index, item) in seq.items.iter().enumerate() {
            let mut bindings = bindings.clone();
            let position = Val::int(i64::try_from(index).unwrap_or(i64::MAX));
            if bindings.get(var).is_none() {
                bindings.set(var, position);
            }
            let at = At { value: item, loc: item.loc.or(at.loc), set: at.set };
            found.extend(self.below(at, rest, names.to_vec(), &bindings));
        }
        found
    }

    fn inner_default(&self, names: &[String], key: &PathKey) -> Option<Val> {
        let PathKey::Name(name) = key else { return None };
        let mut path = names.to_vec();
        path.push(name.clone());
        self.table.default(&self.namespace.framework, &path).cloned()
    }

    fn absent(&self, loc: Option<Loc>, path: Vec<String>, bindings: &Bindings) -> Resolved {
        let value = self.default.clone().unwrap_or_else(|| Val::new(Kind::Absent));
        let loc = loc.or(self.namespace.end);
        Resolved {
            value,
            set: false,
            default: self.default.clone(),
            loc,
            bindings: bindings.clone(),
            path,
        }
    }
}
