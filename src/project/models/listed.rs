//! Fields that serializers, forms and admin pages take from a model by naming them.

use indexmap::IndexMap;

use super::keys::{self, Key, Named};
use super::lookup::{ModelNames, Registered};
use super::types::FieldType;
use super::{DataClass, Fields, Found, class_val, declared, filtered};
use crate::base::{FxHashMap, FxHashSet, Loc};
use crate::finding::Label;
use crate::link::{ClassRef, Cx, Kind, Ty, Val};
use crate::project::Entity;
use crate::rule::data_model::KeyPath;

/// A field of a model.
struct ModelField {
    attributes: IndexMap<String, Val>,
    loc: Option<Loc>,
}

/// What a class says of the fields it names.
struct Says {
    options: FxHashMap<String, Val>,
    /// Options of which not all are known.
    open: bool,
    read_only: (FxHashSet<String>, bool),
    write_only: (FxHashSet<String>, bool),
}

/// The fields a class lists, or takes from its model as a whole.
pub(super) fn fields(
    cx: &Cx<'_, '_>,
    known: &Fields,
    names: &ModelNames<'_>,
    registered: &Registered,
    data: DataClass<'_>,
) -> Found {
    let mut found = Found { class: data.class, fields: Vec::new(), is_base: false };
    let keys = &data.model.keys;
    if keys.fields.is_empty() {
        return found;
    }
    cx.refuel();
    let model = model_of(cx, names, registered, data);
    let model_fields = model.as_ref().map(|model| of_model(cx, known, data, model));
    let (excluded, exclude_open) = name_set(cx, data.class, &keys.exclude);
    let own = own_names(cx, known, data.class);
    let says = says(cx, data);
    let mut listed = Listed { cx, data, model: model.as_ref(), says: &says, fields: Vec::new() };
    let mut is_listed = false;
    for path in &keys.fields {
        let Some(key) = keys::key(cx, data.class, path) else { continue };
        let via = path.last().map_or("", |last| cx.project.name(*last));
        is_listed = true;
        let all = keys.all.as_deref().is_some_and(|all| key.value.as_str() == Some(all));
        if all {
            listed.all(model_fields.as_ref(), &excluded, exclude_open, &own, key.loc, via);
            continue;
        }
        for (name, loc) in keys::names(cx, &key).0 {
            let field = model_fields.as_ref().and_then(|fields| fields.get(&name));
            if !own.contains(&name) {
                listed.add(&name, field, loc, via);
            }
        }
    }
    if !is_listed {
        let model = keys.model.as_ref().filter(|_| keys.otherwise_all);
        let place = keys.exclude.iter().chain(model).find_map(|path| {
            let key = keys::key(cx, data.class, path)?;
            Some((key.loc, cx.project.name(*path.last()?)))
        });
        if let Some((loc, via)) = place {
            listed.all(model_fields.as_ref(), &excluded, exclude_open, &own, loc, via);
        }
    }
    found.fields = listed.fields;
    found
}

struct Listed<'a, 'p, 'r> {
    cx: &'a Cx<'p, 'r>,
    data: DataClass<'a>,
    model: Option<&'a Ty>,
    says: &'a Says,
    fields: Vec<Entity>,
}

impl Listed<'_, '_, '_> {
    /// All fields of the model but those left out and those the class declares itself.
    fn all(
        &mut self,
        fields: Option<&IndexMap<String, ModelField>>,
        excluded: &FxHashSet<String>,
        exclude_open: bool,
        own: &FxHashSet<String>,
        loc: Loc,
        via: &str,
    ) {
        if exclude_open {
            return;
        }
        for (name, field) in fields.into_iter().flatten() {
            if !excluded.contains(name) && !own.contains(name) {
                self.add(name, Some(field), loc, via);
            }
        }
    }

    fn add(&mut self, name: &str, known: Option<&ModelField>, loc: Loc, via: &str) {
        let mut field = declared::new(self.cx, self.data, name, loc, via);
        if let Some(known) = known {
            for (attribute, value) in &known.attributes {
                field.attributes.entry(attribute.clone()).or_insert_with(|| value.clone());
            }
            let text = "the model's field".to_owned();
            field.evidence.extend(known.loc.map(|loc| Label { loc, text }));
        } else {
            let unknown = FieldType::unknown();
            field.set("type", unknown.names);
            field.set("holds", unknown.holds);
        }
        field.set("model", self.model.map_or_else(Val::opaque, class_val));
        let not_editable =
            field.attributes.get("editable").is_some_and(|v| v.truth() == Some(false));
        for (attribute, (set, open), fixed) in [
            ("read_only", &self.says.read_only, not_editable),
            ("write_only", &self.says.write_only, false),
        ] {
            let value = match self.option(name, attribute) {
                _ if fixed || set.contains(name) => Val::bool(true),
                Some(value) => value,
                None if *open => Val::opaque(),
                None => Val::bool(false),
            };
            field.set(attribute, value);
        }
        self.fields.push(field);
    }

    /// What the options of the class say of a field.
    fn option(&self, name: &str, attribute: &str) -> Option<Val> {
        let Some(options) = self.says.options.get(name) else {
            return self.says.open.then(Val::opaque);
        };
        let Some(dict) = options.in_force().and_then(Val::as_dict) else {
            return Some(Val::opaque());
        };
        let entry = dict.entries.iter().find(|(key, _)| key.as_str() == Some(attribute));
        match entry {
            Some((_, value)) => Some(value.clone()),
            None => dict.open.then(Val::opaque),
        }
    }
}

/// The model a class is for.
fn model_of(
    cx: &Cx<'_, '_>,
    names: &ModelNames<'_>,
    registered: &Registered,
    data: DataClass<'_>,
) -> Option<Ty> {
    let path = data.model.keys.model.as_ref();
    if let Some(key) = path.and_then(|path| keys::key(cx, data.class, path)) {
        return key.value.alternatives().iter().find_map(|value| names.resolve(cx, value));
    }
    registered.get(&data.class)?.first().cloned()
}

/// The fields of a model by name, its own before those of its bases.
fn of_model(
    cx: &Cx<'_, '_>,
    known: &Fields,
    data: DataClass<'_>,
    model: &Ty,
) -> IndexMap<String, ModelField> {
    let mut fields = IndexMap::new();
    for ty in cx.mro(model) {
        match ty {
            Ty::Class(class) => {
                for field in known.own(class) {
                    fields.entry(super::name_of(field)).or_insert_with(|| ModelField {
                        attributes: field.attributes.clone(),
                        loc: Some(field.loc),
                    });
                }
            }
            Ty::Lib(path) => {
                let described = cx.project.rules.library.types.get(&path);
                for (name, ty) in described.into_iter().flat_map(|ty| &ty.fields) {
                    let ty = FieldType::of(cx, data.model, &Ty::Lib(ty.clone()));
                    let mut attributes = IndexMap::new();
                    attributes.insert("type".to_owned(), ty.names);
                    attributes.insert("holds".to_owned(), ty.holds);
                    let name = cx.project.name(*name).to_owned();
                    fields.entry(name).or_insert(ModelField { attributes, loc: None });
                }
            }
        }
    }
    fields
}

/// The names of fields that a class or its bases declare themselves.
fn own_names(cx: &Cx<'_, '_>, known: &Fields, class: ClassRef) -> FxHashSet<String> {
    let classes = cx.mro(&Ty::Class(class)).into_iter().filter_map(|ty| match ty {
        Ty::Class(class) => Some(class),
        Ty::Lib(_) => None,
    });
    classes.flat_map(|class| known.own(class).map(super::name_of)).collect()
}

fn name_set(cx: &Cx<'_, '_>, class: ClassRef, paths: &[KeyPath]) -> (FxHashSet<String>, bool) {
    let mut open = false;
    let mut set = FxHashSet::default();
    for key in paths.iter().filter_map(|path| keys::key(cx, class, path)) {
        let (names, more): (Vec<Named>, bool) = keys::names(cx, &key);
        open |= more;
        set.extend(names.into_iter().map(|(name, _)| name));
    }
    (set, open)
}

fn says(cx: &Cx<'_, '_>, data: DataClass<'_>) -> Says {
    let keys = &data.model.keys;
    let options = keys.options.as_ref().and_then(|path| keys::key(cx, data.class, path));
    let mut says = Says {
        options: FxHashMap::default(),
        open: false,
        read_only: name_set(cx, data.class, &keys.read_only),
        write_only: name_set(cx, data.class, &keys.write_only),
    };
    let (removed, more) = filtered::names(cx, data);
    says.write_only.0.extend(removed);
    says.write_only.1 |= more;
    let Some(Key { value, .. }) = options else { return says };
    match value.in_force().map(|value| &value.kind) {
        Some(Kind::Dict(dict)) => {
            says.open = dict.open;
            for (key, value) in &dict.entries {
                match key.as_str() {
                    Some(name) => {
                        says.options.insert(name.to_owned(), value.clone());
                    }
                    None => says.open = true,
                }
            }
        }
        _ => says.open = true,
    }
    says
}
