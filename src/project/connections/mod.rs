//! Connections to databases, whatever spells them: settings, URLs, calls.
//!
//! A `[[connection]]` model says where connections are spelled and where in there each part
//! stands; an `[[engine]]` model says how a connection shows which database it leads to, and what
//! holds when it says nothing. What comes out is one list of things with the same attributes.

mod dsn;
mod parts;

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::Entity;
use super::settings::{Namespace, SettingsTable, below};
use crate::base::{FxHashSet, Loc};
use crate::facts::{FnId, SeqKind};
use crate::finding::Label;
use crate::link::{Bindings, Cx, FnRef, Hit, Kind, Project, Query, Tri, Val, Within, equal};
use crate::rule::connection_models::{ConnectionModel, EngineModel, ServesModel, Spelling};
use crate::rule::entity::EntityKind;
use crate::rule::model::{PathKey, SettingPath};

use parts::{Parts, Source};

/// Most connections one call may make: a URL of which several values are possible.
const MAX_URLS: usize = 4;

/// All connections of a project in production, in the order of their places.
pub fn connections(project: &Project<'_>, settings: &SettingsTable) -> Vec<Entity> {
    let library = &project.rules.library;
    let cx = Cx::new(project);
    let finder = Finder { cx: &cx, settings, engines: &library.engines };
    let mut found: Vec<Entity> = Vec::new();
    let mut modelled: FxHashSet<&str> = FxHashSet::default();
    for (model, spelling) in spellings(&library.connections) {
        if let Spelling::Setting(path) = spelling {
            if let Some(PathKey::Name(head)) = path.0.first() {
                modelled.insert(head);
            }
            for namespace in settings.in_production() {
                finder.in_settings(model, path, namespace, &mut found);
            }
        }
    }
    for (model, spelling) in spellings(&library.connections) {
        if let Spelling::Pattern(pattern) = spelling {
            let start = Bindings::new(model.vars.len());
            let query = Query {
                patterns: std::slice::from_ref(pattern),
                wheres: &[],
                start: &start,
                within: Within::Project,
                concrete: true,
            };
            cx.search(&query, &mut |hit| {
                if hit.tri == Tri::Yes {
                    finder.in_code(model, &hit, &modelled, &mut found);
                }
                true
            });
        }
    }
    found.sort_by_key(|entity| entity.loc);
    found
}

fn spellings(models: &[ConnectionModel]) -> impl Iterator<Item = (&ConnectionModel, &Spelling)> {
    models.iter().flat_map(|model| model.spellings.iter().map(move |spelling| (model, spelling)))
}

struct Finder<'f, 'p, 'r> {
    cx: &'f Cx<'p, 'r>,
    settings: &'f SettingsTable,
    engines: &'f [EngineModel],
}

impl Finder<'_, '_, '_> {
    fn in_settings(
        &self,
        model: &ConnectionModel,
        path: &SettingPath,
        namespace: &Namespace,
        found: &mut Vec<Entity>,
    ) {
        for (alias, value, loc) in values_at(namespace, path) {
            let source = Source::Setting { value: &value, namespace };
            let unit = self.cx.project.unit_of(loc.file);
            let func = unit.map(|unit| FnRef { unit, func: FnId(0) });
            for parts in self.split(model, &source, loc) {
                let mut entity = self.entity(model, parts, loc, func);
                let serves = self.serves(&model.serves, alias.as_deref(), namespace);
                entity.set("serves", texts(&serves));
                found.push(entity);
            }
        }
    }

    fn in_code(
        &self,
        model: &ConnectionModel,
        hit: &Hit,
        modelled: &FxHashSet<&str>,
        found: &mut Vec<Entity>,
    ) {
        let source = Source::Call { bindings: &hit.bindings };
        for parts in self.split(model, &source, hit.loc) {
            // What a setting spells is a connection already, when the call adds nothing.
            let of_setting = matches!(
                parts.url().map(|url| &url.kind),
                Some(Kind::Setting(setting))
                    if setting.path.first().is_some_and(|key| modelled.contains(key.as_str()))
            );
            let repeated = of_setting && parts.is_url_alone();
            if repeated {
                continue;
            }
            let entity = self.entity(model, parts, hit.loc, Some(hit.func));
            if !found.iter().any(|known| is_spread(known, &entity)) {
                found.push(entity);
            }
        }
    }

    /// The parts of a connection, once for each URL that is possible; none when nothing in it
    /// says where it leads.
    fn split(&self, model: &ConnectionModel, source: &Source<'_>, loc: Loc) -> Vec<Parts> {
        self.cx.refuel();
        let given = Parts::given(self.cx, self.settings, model, source, loc);
        let Some(url) = given.url().map(|url| self.cx.possible(url)) else {
            return if given.is_empty() { Vec::new() } else { vec![given] };
        };
        let urls = url.alternatives().iter().take(MAX_URLS);
        urls.map(|url| given.clone().with_url(url.clone())).collect()
    }

    fn entity(
        &self,
        model: &ConnectionModel,
        mut parts: Parts,
        loc: Loc,
        func: Option<FnRef>,
    ) -> Entity {
        if let Some(loc) = parts.url().and_then(|url| self.deployed_at(url)) {
            parts.url_written_at(loc);
        }
        parts.split_url(self.engines, model.engine.as_deref());
        let engine = parts.engine(self.engines, model.engine.as_deref());
        let given = texts(&parts.names());
        if let Some(engine) = engine {
            parts.complete(engine, &self.cx.project.environment);
        }
        let mut entity = Entity::new(EntityKind::Connection, loc);
        entity.func = func;
        entity.class = func.and_then(|func| self.cx.enclosing_class(func));
        entity.attributes = parts.attributes();
        entity.set("given", given);
        let named = entity.attribute("engine");
        let name = named.as_str().unwrap_or("a database");
        let text = format!("a connection to {}", name);
        entity.evidence.push(Label { loc, text });
        entity
    }

    /// The place in a deployment file that gives a value.
    fn deployed_at(&self, value: &Val) -> Option<Loc> {
        let loc = value.in_force()?.loc?;
        self.cx.project.unit_of(loc.file).is_none().then_some(loc)
    }

    fn serves(
        &self,
        models: &[ServesModel],
        alias: Option<&str>,
        namespace: &Namespace,
    ) -> Vec<String> {
        let mut all: IndexMap<String, ()> = IndexMap::new();
        for model in models {
            let of_alias = model.alias.is_none() || model.alias.as_deref() == alias;
            let set = model.setting.as_ref().is_none_or(|(path, values)| {
                let names: Vec<String> = path
                    .0
                    .iter()
                    .map(|key| match key {
                        PathKey::Name(name) => name.clone(),
                        PathKey::Var(_) => alias.unwrap_or_default().to_owned(),
                    })
                    .collect();
                let value = self.settings.value_of(namespace, &names);
                value
                    .and_then(|v| v.in_force()?.as_const().cloned())
                    .is_some_and(|v| values.contains(&v))
            });
            if of_alias && set {
                all.insert(model.what.clone(), ());
            }
        }
        all.into_keys().collect()
    }
}

/// Whether a call spreads the table of a setting that spells this connection already: it leads to
/// the same place, and is given nothing besides.
fn is_spread(known: &Entity, call: &Entity) -> bool {
    let same = |name: &str| equal(&known.attribute(name), &call.attribute(name)) == Some(true);
    let given = |entity: &Entity| {
        let given = entity.attribute("given");
        let names = given.as_seq().map(|names| names.items.iter().filter_map(Val::as_str));
        let names = names.into_iter().flatten().filter(|name| *name != "database");
        names.map(str::to_owned).collect::<BTreeSet<String>>()
    };
    same("host") && same("user") && given(known) == given(call)
}

fn texts(items: &[String]) -> Val {
    Val::seq(SeqKind::List, items.iter().map(|item| Val::text(item)).collect(), false)
}

/// What a path of settings leads to: the key its variable stands for, the value and its place.
fn values_at(namespace: &Namespace, path: &SettingPath) -> Vec<(Option<String>, Val, Loc)> {
    let Some((PathKey::Name(head), rest)) = path.0.split_first() else { return Vec::new() };
    let Some(setting) = namespace.keys.get(head) else { return Vec::new() };
    let mut at = vec![(None, setting.value.clone(), setting.loc)];
    for key in rest {
        let mut next = Vec::new();
        let alternatives = at.iter().flat_map(|(alias, value, loc)| {
            value.alternatives().iter().map(move |value| (alias.clone(), value, *loc))
        });
        for (alias, value, loc) in alternatives {
            match key {
                PathKey::Name(name) => {
                    let inner = below(value, name);
                    next.extend(inner.map(|v| {
                        let loc = v.loc.unwrap_or(loc);
                        (alias, v, loc)
                    }));
                }
                PathKey::Var(_) => {
                    let dict = value.in_force().and_then(Val::as_dict);
                    for (key, inner) in dict.into_iter().flat_map(|d| &d.entries) {
                        let alias = key.as_str().map(str::to_owned);
                        next.push((alias, inner.clone(), key.loc.unwrap_or(loc)));
                    }
                }
            }
        }
        // Several values of a setting mostly share their entries.
        let mut seen = FxHashSet::default();
        next.retain(|(alias, value, loc)| seen.insert((alias.clone(), *loc, value.loc)));
        at = next;
    }
    at
}
