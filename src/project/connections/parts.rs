//! The parts of one connection: what is given, what the URL adds, what holds by default.

use indexmap::IndexMap;

use super::dsn;
use crate::base::{FxHashMap, Loc};
use crate::facts::Const;
use crate::link::{Bindings, Cx, EnvVal, Kind, Val, default_val};
use crate::project::settings::{Namespace, SettingsTable, entry_below};
use crate::rule::connection_models::{ConnectionModel, EngineModel, PartExpr, PartRoot};
use crate::rule::model::{PathKey, SettingPath};

/// What a connection is spelled in.
pub(super) enum Source<'s> {
    Setting { value: &'s Val, namespace: &'s Namespace },
    Call { bindings: &'s Bindings },
}

/// Attributes of a connection while they are put together.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    given: IndexMap<String, Val>,
    /// Where an attribute that nothing gives would be written.
    places: IndexMap<String, Loc>,
    loc: Loc,
}

impl Parts {
    /// What is given outside of a URL.
    pub fn given(
        cx: &Cx<'_, '_>,
        settings: &SettingsTable,
        model: &ConnectionModel,
        source: &Source<'_>,
        loc: Loc,
    ) -> Self {
        let mut parts = Self { given: IndexMap::new(), places: IndexMap::new(), loc };
        for (name, exprs) in &model.parts {
            for expr in exprs {
                let (value, place) = look_up(cx, settings, source, expr, loc);
                parts.places.entry(name.clone()).or_insert(place);
                let value = dsn::formed(value, expr.form);
                if !matches!(value.kind, Kind::Absent) {
                    parts.given.insert(name.clone(), value.at(place));
                    break;
                }
            }
        }
        parts.host_as_url();
        parts.whole_as_url(source);
        parts
    }

    /// Drivers that take a host also take a URL in its place.
    fn host_as_url(&mut self) {
        if self.given.get("host").is_some_and(is_url)
            && let Some(host) = self.given.shift_remove("host")
        {
            self.given.entry("url".to_owned()).or_insert(host);
        }
    }

    /// A reader makes the table of a connection of a URL.
    fn whole_as_url(&mut self, source: &Source<'_>) {
        if let Source::Setting { value, .. } = source
            && is_url(value)
        {
            let url = (*value).clone().at(self.loc);
            self.given.entry("url".to_owned()).or_insert(url);
        }
    }

    /// Whether nothing is given at all.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// The URL.
    pub fn url(&self) -> Option<&Val> {
        self.given.get("url")
    }

    /// Whether a URL is all that is given.
    pub fn is_url_alone(&self) -> bool {
        self.given.len() == 1 && self.given.contains_key("url")
    }

    /// The same connection with this URL.
    pub fn with_url(mut self, url: Val) -> Self {
        self.given.insert("url".to_owned(), url);
        self
    }

    /// The URL is written there, and not where it is read.
    pub fn url_written_at(&mut self, loc: Loc) {
        self.places.insert("url".to_owned(), loc);
    }

    /// Adds what the URL says; what is given beside it counts more.
    pub fn split_url(&mut self, engines: &[EngineModel], default: Option<&str>) {
        let Some(url) = self.given.shift_remove("url") else { return };
        let url = match &url.kind {
            Kind::Setting(setting) => setting.value.clone().unwrap_or_else(Val::opaque),
            _ => url,
        };
        let place = self.place("url");
        let env = match &url.kind {
            Kind::Env(env) => Some(env.clone()),
            _ => None,
        };
        let known = url.in_force().filter(|v| !v.is_unknown());
        let Some(inner) = known else {
            // A URL of which nothing is known may say anything.
            let fixed = ["engine", "driver", "host", "port", "user", "password", "database"];
            let names = fixed.into_iter().filter(|name| *name != "engine" || default.is_none());
            for name in names.chain(queried(engines)) {
                let value = Val { loc: Some(place), ..Val::new(url.kind.clone()) };
                self.given.entry(name.to_owned()).or_insert(value);
            }
            return;
        };
        for (name, value) in dsn::attributes(inner, engines, default) {
            let value = match &env {
                Some(env) => {
                    let default = (!value.is_unknown()).then_some(value);
                    Val::new(Kind::Env(EnvVal { key: env.key.clone(), default }.into()))
                }
                None => value,
            };
            self.given.entry(name).or_insert(value.at(place));
        }
    }

    /// The engine the connection leads to: what it names, else the model's; one that speaks its
    /// protocol, when port or host are that one's. Sets the attribute.
    pub fn engine<'e>(
        &mut self,
        engines: &'e [EngineModel],
        default: Option<&str>,
    ) -> Option<&'e EngineModel> {
        let by_name = |name: &str| engines.iter().find(|e| e.name == name);
        let named = match self.given.get("engine") {
            Some(value) => {
                let text = value.in_force().and_then(Val::as_str).map(str::to_owned);
                text.and_then(|text| {
                    let backend = |e: &&EngineModel| e.backends.iter().any(|r| r.is_match(&text));
                    by_name(&text).or_else(|| engines.iter().find(backend))
                })
            }
            None => default.and_then(by_name),
        };
        let found = named.map(|engine| {
            let like = |e: &&EngineModel| e.like.as_deref() == Some(&*engine.name);
            engines.iter().filter(like).find(|e| self.shows(e)).unwrap_or(engine)
        });
        let place = self.place("engine");
        let kept = self.given.get("engine");
        let value = match found {
            // Which database it is hangs on the environment as much as its name does.
            Some(engine) => match kept.map(|v| &v.kind) {
                Some(Kind::Env(env)) => {
                    let default = Some(Val::text(&engine.name));
                    Val::new(Kind::Env(EnvVal { key: env.key.clone(), default }.into()))
                }
                _ => Val::text(&engine.name),
            },
            None => Val::opaque(),
        };
        self.given.insert("engine".to_owned(), value.at(place));
        found
    }

    /// Whether port or host are those of an engine.
    fn shows(&self, engine: &EngineModel) -> bool {
        let text = |name: &str| {
            let value = self.given.get(name)?.in_force()?;
            match value.as_const()? {
                Const::Str(text) => Some(text.to_string()),
                Const::Int(number) => Some(number.to_string()),
                _ => None,
            }
        };
        let port = text("port").and_then(|port| port.trim().parse::<i64>().ok());
        port.is_some_and(|port| engine.ports.contains(&port))
            || text("host").is_some_and(|host| engine.hosts.iter().any(|r| r.is_match(&host)))
    }

    /// The attributes that are given so far.
    pub fn names(&self) -> Vec<String> {
        self.given.keys().cloned().collect()
    }

    /// Fills in what the engine's drivers take when nothing is given: from the environment that
    /// deployment files set, else by default.
    pub fn complete(&mut self, engine: &EngineModel, environment: &FxHashMap<String, Val>) {
        for (name, variable) in &engine.environment {
            if !self.given.contains_key(name)
                && let Some(value) = environment.get(variable)
            {
                self.given.insert(name.clone(), value.clone());
            }
        }
        for (name, default) in &engine.defaults {
            let place = self.place(name);
            self.given.entry(name.clone()).or_insert_with(|| default_val(default).at(place));
        }
    }

    /// The attributes.
    pub fn attributes(self) -> IndexMap<String, Val> {
        self.given
    }

    fn place(&self, name: &str) -> Loc {
        self.places.get(name).copied().unwrap_or(self.loc)
    }
}

fn is_url(value: &Val) -> bool {
    dsn::scheme_of(value.in_force().unwrap_or(value)).as_str().is_some()
}

/// Attributes that the query of a URL may give.
fn queried(engines: &[EngineModel]) -> impl Iterator<Item = &str> {
    engines.iter().flat_map(|e| &e.query).map(|(name, _)| name.as_str())
}

/// The value a part expression leads to, and its place: of a setting, the innermost entry on the
/// way that there is; of a call, the call.
fn look_up(
    cx: &Cx<'_, '_>,
    settings: &SettingsTable,
    source: &Source<'_>,
    expr: &PartExpr,
    loc: Loc,
) -> (Val, Loc) {
    match (&expr.root, source) {
        (PartRoot::Var(var), Source::Call { bindings }) => {
            let value = bindings.get(*var).cloned().unwrap_or_else(|| Val::new(Kind::Absent));
            (descend(cx.possible(&value), &expr.keys, loc).0, loc)
        }
        (PartRoot::Value, Source::Setting { value, .. }) => {
            descend((*value).clone(), &expr.keys, loc)
        }
        (PartRoot::Setting(path), Source::Setting { namespace, .. }) => {
            (setting(settings, namespace, path), loc)
        }
        (PartRoot::Setting(path), Source::Call { .. }) => {
            let mut all = settings.in_production();
            (all.next().map_or(Val::new(Kind::Absent), |n| setting(settings, n, path)), loc)
        }
        (PartRoot::Var(_) | PartRoot::Value, _) => (Val::new(Kind::Absent), loc),
    }
}

fn setting(settings: &SettingsTable, namespace: &Namespace, path: &SettingPath) -> Val {
    let names: Option<Vec<String>> = path
        .0
        .iter()
        .map(|key| match key {
            PathKey::Name(name) => Some(name.clone()),
            PathKey::Var(_) => None,
        })
        .collect();
    let value = names.and_then(|names| settings.value_of(namespace, &names));
    value.unwrap_or_else(|| Val::new(Kind::Absent))
}

fn descend(mut value: Val, keys: &[String], mut loc: Loc) -> (Val, Loc) {
    for key in keys {
        match entry_below(&value, key) {
            Some((inner, at)) => {
                loc = at.unwrap_or(loc);
                value = inner;
            }
            None => {
                let known = value.in_force().is_some_and(|v| match &v.kind {
                    Kind::Dict(dict) => !dict.open,
                    Kind::Const(_) | Kind::Absent | Kind::Secret(_) => true,
                    _ => false,
                });
                let kind = if known { Kind::Absent } else { Kind::Opaque };
                return (Val::new(kind), loc);
            }
        }
    }
    (value, loc)
}
