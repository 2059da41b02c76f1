//! Data classes: models, serializers, forms and admin pages, and the fields they have.
//!
//! Which classes are data classes, and how they declare fields, is `[[model]]` in the library
//! packs. A field is declared once, where its assignment stands (`declared`); serializers,
//! forms and admin pages also name fields of a model (`listed`), each of which is a field of
//! theirs, with what the model says of it and what they say on top.

mod declared;
mod filtered;
mod groups;
mod keys;
mod listed;
mod lookup;
mod tables;
mod types;
mod writes;

use std::sync::Arc;

use super::Entity;
use crate::base::{FxHashMap, FxHashSet, Loc, Symbol};
use crate::link::{ClassRef, Cx, FieldsSource, Kind, Lost, Project, Ty, Val, map_all};
use crate::rule::data_model::DataModel;

/// The fields of a project.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    /// All of them, in the order of files and classes.
    pub all: Arc<Vec<Entity>>,
    /// Those declared in, or listed by, a class.
    by_class: FxHashMap<ClassRef, Vec<usize>>,
    /// Classes that only are bases of others.
    bases: FxHashSet<ClassRef>,
}

/// A data class of the project, or a class that lends it fields.
#[derive(Debug, Clone, Copy)]
struct DataClass<'r> {
    /// The class whose body is meant.
    class: ClassRef,
    /// The data class whose fields these are: itself, or the first that has it among its bases.
    owner: ClassRef,
    /// How it declares fields.
    model: &'r DataModel,
    /// The class of the library that makes it one.
    base: &'r [Symbol],
}

impl Fields {
    /// Finds the fields of a project whose settings are known.
    pub fn of(project: &Project<'_>) -> Self {
        let classes = data_classes(project);
        let mut fields = Self::default();
        let about = |data: &DataClass<'_>| Lost::File(project.units[data.class.unit].file);
        let found =
            map_all(project, &classes, about, |cx, class| Some(declared::fields(cx, *class)));
        let mut all = Vec::new();
        for found in found.into_iter().flatten() {
            fields.add(&mut all, found);
        }
        writes::find(project, &classes, &mut all);
        fields.all = Arc::new(all);
        let models = lookup::ModelNames::of(project, &classes);
        let registered = lookup::registered(project, &models, &classes);
        let own: Vec<DataClass<'_>> =
            classes.iter().filter(|class| class.class == class.owner).copied().collect();
        let found = map_all(project, &own, about, |cx, class| {
            Some(listed::fields(cx, &fields, &models, &registered, *class))
        });
        let mut all = Arc::unwrap_or_clone(std::mem::take(&mut fields.all));
        let mut seen: FxHashSet<(Loc, String)> = FxHashSet::default();
        for mut found in found.into_iter().flatten() {
            // A list that a class inherits is one list.
            found.fields.retain(|field| seen.insert((field.loc, name_of(field))));
            fields.add(&mut all, found);
        }
        all.extend(tables::fields(project));
        fields.all = Arc::new(all);
        fields
    }

    fn add(&mut self, all: &mut Vec<Entity>, found: Found) {
        if found.is_base {
            self.bases.insert(found.class);
        }
        if found.fields.is_empty() {
            return;
        }
        let indices = self.by_class.entry(found.class).or_default();
        for field in found.fields {
            indices.push(all.len());
            all.push(field);
        }
    }

    /// The fields whose declarations stand in the body of a class.
    fn own(&self, class: ClassRef) -> impl Iterator<Item = &Entity> {
        self.by_class.get(&class).into_iter().flatten().filter_map(|index| self.all.get(*index))
    }
}

impl FieldsSource for Fields {
    fn fields(&self, class: ClassRef) -> Vec<&indexmap::IndexMap<String, Val>> {
        self.own(class).map(|field| &field.attributes).collect()
    }

    fn only_a_base(&self, class: ClassRef) -> bool {
        self.bases.contains(&class)
    }
}

/// What one class contributes.
#[derive(Debug)]
struct Found {
    class: ClassRef,
    fields: Vec<Entity>,
    is_base: bool,
}

fn name_of(field: &Entity) -> String {
    field.attribute("name").as_str().unwrap_or_default().to_owned()
}

/// The data classes of production code and the project classes they take fields from, each once.
fn data_classes<'r>(project: &Project<'r>) -> Vec<DataClass<'r>> {
    let mut by_base: FxHashMap<&[Symbol], &DataModel> = FxHashMap::default();
    for model in &project.rules.library.data_models {
        for base in &model.bases {
            by_base.entry(base).or_insert(model);
        }
    }
    let cx = Cx::new(project);
    let mut found = Vec::new();
    let mut lends: Vec<DataClass<'r>> = Vec::new();
    for (unit, u) in project.units.iter_enumerated().filter(|(_, u)| u.production) {
        for class in u.facts.classes.ids() {
            cx.refuel();
            let class = ClassRef { unit, class };
            let mro = cx.mro(&Ty::Class(class));
            let nearest = mro.iter().find_map(|ty| match ty {
                Ty::Lib(path) => by_base.get_key_value(path.as_slice()),
                Ty::Class(_) => None,
            });
            let nearest = nearest.map(|(base, model)| (*base, *model));
            let Some((base, model)) = nearest.or_else(|| guessed(&cx, class, &mro)) else {
                continue;
            };
            found.push(DataClass { class, owner: class, model, base });
            lends.extend(mro.iter().skip(1).filter_map(|ty| match ty {
                Ty::Class(lender) => Some(DataClass { class: *lender, owner: class, model, base }),
                Ty::Lib(_) => None,
            }));
        }
    }
    let mut known: FxHashSet<ClassRef> = found.iter().map(|data| data.class).collect();
    found.extend(
        lends
            .into_iter()
            .filter(|data| project.units[data.class.unit].production && known.insert(data.class)),
    );
    found.sort_by_key(|data| data.class);
    found
}

/// What a class below a library class that nobody describes is, by that class's name or by the
/// fields in its body.
fn guessed<'r>(
    cx: &Cx<'_, 'r>,
    class: ClassRef,
    mro: &[Ty],
) -> Option<(&'r [Symbol], &'r DataModel)> {
    let unknown: Vec<&str> = mro
        .iter()
        .filter_map(|ty| match ty {
            Ty::Lib(path) if path.len() > 1 && !types::is_described(cx, path) => path.last(),
            _ => None,
        })
        .map(|last| cx.project.name(*last))
        .collect();
    if unknown.is_empty() {
        return None;
    }
    let models = &cx.project.rules.library.data_models;
    let called = models.iter().find(|model| {
        let ends = |name: &&str| model.base_suffixes.iter().any(|end| name.ends_with(end.as_str()));
        unknown.iter().any(ends)
    });
    let model = called.or_else(|| declared::model_of_body(cx, models, class))?;
    Some((model.bases.first()?.as_slice(), model))
}

/// A class as a value.
fn class_val(ty: &Ty) -> Val {
    Val::new(match ty {
        Ty::Class(class) => Kind::Class(*class),
        Ty::Lib(path) => Kind::Lib(path.as_slice().into()),
    })
}
