//! From the project model to what `tokscan project` shows: names, values and places, without
//! secrets.

mod overrides;
mod value;

use indexmap::IndexMap;

use self::overrides::{Assignments, overridden};
use crate::base::{Loc, Symbol};
use crate::check::{self, Judged, Target};
use crate::link::{ClassRef, Cx, Kind, Ty, Val};
use crate::overview::{Field, Model, Overview, Part, Setting, Settings, Thing, Value, Variable};
use crate::project::secrets::means_secret;
use crate::project::{Entity, Namespace, Profile};
use crate::rule::data_model::DataKind;

/// Describes a project.
pub fn overview(target: Target<'_, '_>) -> Overview {
    let cx = Cx::new(target.project);
    let describer = Describer { target, cx: &cx };
    let model = target.model;
    Overview {
        stack: describer.stack(),
        settings: model.settings.namespaces.iter().map(|n| describer.settings(n)).collect(),
        connections: describer.connections(),
        routes: describer.routes(),
        models: describer.models(),
        variables: describer.variables(),
    }
}

struct Describer<'d, 'p, 'r> {
    target: Target<'p, 'r>,
    cx: &'d Cx<'p, 'r>,
}

impl Describer<'_, '_, '_> {
    fn stack(&self) -> Vec<Part> {
        let part = |part: &crate::project::stack::Part| Part {
            name: part.name.clone(),
            title: part.title.clone(),
            kind: part.kind.clone(),
            packages: part.packages.clone(),
            confidence: part.confidence(),
            evidence: part.evidence().collect(),
        };
        self.target.model.stack.parts().iter().map(part).collect()
    }

    fn settings(&self, namespace: &Namespace) -> Settings {
        let judged = match namespace.profile {
            Profile::Production => check::judged(self.target, namespace),
            Profile::Development | Profile::Test => Vec::new(),
        };
        let assignments = self.assignments(namespace);
        // What no key of the project holds may belong to a library that is not in use.
        let is_told = |judged: &&Judged| {
            judged.set || judged.path.len() == 1 || namespace.keys.contains_key(&judged.path[0])
        };
        let told = judged.iter().filter(is_told);
        Settings {
            framework: namespace.framework.clone(),
            name: namespace.name.clone(),
            profile: namespace.profile.name(),
            named_by: namespace.named_by.clone(),
            end: namespace.end,
            keys: namespace.keys.len(),
            complete: namespace.complete,
            security: told.map(|judged| self.setting(namespace, &assignments, judged)).collect(),
        }
    }

    fn setting(
        &self,
        namespace: &Namespace,
        assignments: &Assignments,
        judged: &Judged,
    ) -> Setting {
        self.cx.refuel();
        let secret = judged.path.last().is_some_and(|name| self.means_secret(name))
            && !self.has_known_keys(&judged.path);
        let chain = if judged.set { chain(namespace, judged) } else { Vec::new() };
        Setting {
            key: judged.path.join("."),
            value: self.value(&judged.value, secret),
            set: judged.set,
            overrides: match judged.path.as_slice() {
                [key] if judged.set => overridden(assignments, key, &chain),
                _ => Vec::new(),
            },
            chain,
        }
    }

    /// Whether the library says which keys stand below a path: then each has its own meaning.
    fn has_known_keys(&self, path: &[String]) -> bool {
        let keys = &self.target.project.rules.library.keys;
        keys.iter().any(|key| key.path.len() > path.len() && key.path.starts_with(path))
    }

    /// Connections. Of several that one place may lead to, those that tell nothing which another
    /// does not tell are left out.
    fn connections(&self) -> Vec<Thing> {
        let all = &self.target.model.connections;
        let told = |index: usize, entity: &Entity| {
            all.iter().enumerate().any(|(other_index, other)| {
                let shown_before = other_index < index || !tells_all_of(entity, other);
                other_index != index && shown_before && tells_all_of(other, entity)
            })
        };
        let shown = all.iter().enumerate().filter(|(index, entity)| !told(*index, entity));
        shown.map(|(_, entity)| self.thing(entity)).collect()
    }

    fn routes(&self) -> Vec<Thing> {
        let mut routes: Vec<&Entity> = self.target.model.routes.iter().collect();
        routes.sort_by_key(|route| route.loc);
        routes.into_iter().map(|route| self.thing(route)).collect()
    }

    fn thing(&self, entity: &Entity) -> Thing {
        self.cx.refuel();
        let project = self.target.project;
        let present = entity.attributes.iter().filter(|(_, v)| !matches!(v.kind, Kind::Absent));
        let attribute = |(name, value): (&String, _)| {
            let last = name.rsplit('.').next().unwrap_or_default();
            (name.clone(), self.value(value, self.means_secret(last)))
        };
        let symbol = match (entity.func.map(|func| project.symbol_of(func)), entity.class) {
            (Some(symbol), _) if !symbol.is_empty() => symbol,
            (_, Some(class)) => project.name(project.class(class).name).to_owned(),
            (symbol, None) => symbol.unwrap_or_default(),
        };
        Thing {
            loc: entity.loc,
            symbol,
            attributes: present.map(attribute).collect(),
            evidence: entity.evidence.clone(),
        }
    }

    /// The classes whose objects are stored, with those fields whose names mean secrets,
    /// inherited ones too.
    fn models(&self) -> Vec<Model> {
        let project = self.target.project;
        let units = project.units.iter_enumerated().filter(|(_, unit)| unit.production);
        let classes = units
            .flat_map(|(unit, u)| u.facts.classes.ids().map(move |class| ClassRef { unit, class }));
        let only_a_base =
            |class: ClassRef| project.fields.as_ref().is_some_and(|f| f.only_a_base(class));
        let mut models: Vec<Model> = classes
            .filter(|class| !only_a_base(*class))
            .filter_map(|class| Some(self.model(class, self.stored_as(class)?)))
            .collect();
        models.sort_by_key(|model| model.loc);
        models
    }

    /// The class of a library below which objects of a class are stored.
    fn stored_as(&self, class: ClassRef) -> Option<&[Symbol]> {
        self.cx.refuel();
        let models = &self.target.project.rules.library.data_models;
        let bases = || {
            let stored = models.iter().filter(|model| model.kind == DataKind::Model);
            stored.flat_map(|model| &model.bases)
        };
        let ty = Ty::Class(class);
        let known = bases().find(|base| self.cx.is_subclass(&ty, base));
        known.map(Vec::as_slice).or_else(|| {
            // Below a class that no model describes, but whose name says what it is.
            let fields = self.target.project.fields.as_ref()?.fields(class);
            let first = fields.first()?;
            let Kind::Lib(own) = &first.get("base")?.kind else { return None };
            // What only lends its fields to another class is none itself.
            let of = |kind: &Kind| matches!(kind, Kind::Class(owner) if *owner == class);
            if !of(&first.get("class")?.kind) {
                return None;
            }
            bases().find(|base| ***base == **own).map(Vec::as_slice)
        })
    }

    fn model(&self, class: ClassRef, base: &[Symbol]) -> Model {
        let project = self.target.project;
        let fact = project.class(class);
        let mut fields: IndexMap<String, Field> = IndexMap::new();
        for ty in self.cx.mro(&Ty::Class(class)) {
            let Ty::Class(owner) = ty else { continue };
            for attributes in project.fields.iter().flat_map(|fields| fields.fields(owner)) {
                let Some(name) = attributes.get("name") else { continue };
                let (Some(text), Some(loc)) = (name.as_str(), name.loc) else { continue };
                let types = attributes.get("type").map(|types| self.value(types, false));
                let types = types.unwrap_or(Value::Unknown(String::new()));
                let field = Field { name: text.to_owned(), types, loc };
                fields.entry(text.to_owned()).or_insert(field);
            }
        }
        Model {
            name: project.name(fact.name).to_owned(),
            base: project.dotted(base),
            loc: project.loc(class.unit, fact.name_span),
            fields: fields.len(),
            secrets: fields.into_values().filter(|field| self.means_secret(&field.name)).collect(),
        }
    }

    fn variables(&self) -> Vec<Variable> {
        let variable = |variable: &crate::project::deployment::Variable| Variable {
            name: variable.name.clone(),
            value: self.value(&variable.value, self.means_secret(&variable.name)),
            loc: variable.loc,
            profile: variable.profile.name(),
            source: variable.source.clone(),
        };
        self.target.model.deployment.places().into_iter().map(variable).collect()
    }

    fn means_secret(&self, name: &str) -> bool {
        means_secret(self.target.project.rules, name)
    }
}

/// Every place that took part in a setting; for a key inside of one, the last is its own.
fn chain(namespace: &Namespace, judged: &Judged) -> Vec<Loc> {
    let head = judged.path.first().and_then(|head| namespace.keys.get(head));
    let mut places = head.map_or_else(Vec::new, |setting| setting.chain.clone());
    if let Some(own) = judged.loc {
        let holds_own =
            |loc: &Loc| loc.file == own.file && loc.start <= own.start && own.end <= loc.end;
        places.retain(|loc| !holds_own(loc));
        places.push(own);
    }
    places
}

/// Whether one connection is at the place of another and has everything that is known of it.
fn tells_all_of(one: &Entity, other: &Entity) -> bool {
    let known = |value: &Val| match value.in_force().map(|inner| &inner.kind) {
        Some(Kind::Const(constant)) => Some((Some(constant.clone()), 0)),
        Some(Kind::Secret(secret)) => Some((None, secret.digest)),
        _ => None,
    };
    one.loc == other.loc
        && other.attributes.iter().all(|(name, value)| {
            let told = known(value);
            told.is_none() || known(&one.attribute(name)) == told
        })
}
