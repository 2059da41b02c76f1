//! Which model a class is for: named by class, by text, by a setting, or by registration.

use super::DataClass;
use crate::base::{FxHashMap, Symbol};
use crate::facts::Term;
use crate::link::{Actuals, Callee, ClassRef, Cx, FnRef, Frame, Kind, Project, Ty, Val};
use crate::rule::data_model::{DataKind, DataModel, Lookup};

/// Models by the names that text gives them.
#[derive(Debug, Default)]
pub(super) struct ModelNames<'r> {
    classes: FxHashMap<Symbol, Vec<ClassRef>>,
    lookups: Vec<&'r Lookup>,
}

/// Classes that calls or decorators tie to models.
pub(super) type Registered = FxHashMap<ClassRef, Vec<Ty>>;

impl<'r> ModelNames<'r> {
    /// The models of a project and of the library packs.
    pub(super) fn of(project: &Project<'r>, classes: &[DataClass<'_>]) -> Self {
        let mut by_name: FxHashMap<Symbol, Vec<ClassRef>> = FxHashMap::default();
        for data in classes {
            if data.model.kind == DataKind::Model && data.class == data.owner {
                by_name.entry(project.class(data.class).name).or_default().push(data.class);
            }
        }
        let models = &project.rules.library.data_models;
        Self { classes: by_name, lookups: models.iter().map(|model| &model.lookup).collect() }
    }

    /// The model a value is or names.
    pub(super) fn resolve(&self, cx: &Cx<'_, '_>, value: &Val) -> Option<Ty> {
        let value = value.in_force()?;
        if let Kind::Class(_) | Kind::Lib(_) = value.kind {
            return cx.class_value(value);
        }
        if let Some(text) = value.as_str() {
            return self.named(cx, text);
        }
        let origin = cx.call_origin(value)?;
        let Term::Call { func, args } = cx.project.term(origin.term) else { return None };
        let Callee::Lib(path) = cx.callee(*func, &origin.frame) else { return None };
        if let Some(lookup) = self.lookups.iter().find(|l| l.setting_call.as_ref() == Some(&path)) {
            let (framework, key) = lookup.setting.as_ref()?.split_once('.')?;
            let set = cx.project.settings.as_ref()?.setting(framework, &[key.to_owned()])?;
            return self.named(cx, set.in_force()?.as_str()?);
        }
        self.lookups.iter().find(|lookup| lookup.call.as_ref() == Some(&path))?;
        let actuals = cx.actuals(args, &origin.frame);
        let texts: Vec<&str> = actuals.positional.iter().filter_map(Val::as_str).collect();
        self.named(cx, &texts.join("."))
    }

    /// `app.Model`, or `Model` where there is only one.
    fn named(&self, cx: &Cx<'_, '_>, text: &str) -> Option<Ty> {
        let (app, name) = text.rsplit_once('.').unwrap_or(("", text));
        let classes = cx.project.names.get(name).and_then(|name| self.classes.get(&name));
        let classes = classes.map_or(&[][..], Vec::as_slice);
        let in_app = |class: &ClassRef| {
            let path = &cx.project.units[class.unit].path;
            path.rsplit('/').skip(1).any(|part| part.eq_ignore_ascii_case(app))
        };
        if let Some(class) = classes.iter().find(|class| in_app(class)) {
            return Some(Ty::Class(*class));
        }
        let labels = self.lookups.iter().flat_map(|lookup| &lookup.labels);
        if let Some((_, path)) = labels.into_iter().find(|(label, _)| label == text) {
            return Some(Ty::Lib(path.clone()));
        }
        match classes {
            [one] => Some(Ty::Class(*one)),
            _ => None,
        }
    }
}

/// Finds the models that classes are registered for.
pub(super) fn registered(
    project: &Project<'_>,
    names: &ModelNames<'_>,
    classes: &[DataClass<'_>],
) -> Registered {
    let cx = Cx::new(project);
    let mut found = Registered::default();
    for data in classes {
        let registers = &data.model.registers;
        if registers.is_empty() {
            continue;
        }
        let fact = project.class(data.class);
        let frame = Frame::open(FnRef { unit: data.class.unit, func: fact.scope });
        for decorator in &fact.decorators {
            cx.refuel();
            let value = cx.eval(*decorator, &frame);
            if let Some(actuals) = registering(&cx, registers, &value) {
                let models = actuals.positional.iter();
                let models = models.filter_map(|model| names.resolve(&cx, model));
                found.entry(data.class).or_default().extend(models);
            }
        }
    }
    for model in &project.rules.library.data_models {
        by_call(&cx, names, model, &mut found);
    }
    found
}

/// `site.register(Model, Class)`
fn by_call(cx: &Cx<'_, '_>, names: &ModelNames<'_>, model: &DataModel, found: &mut Registered) {
    let mut heads: Vec<Symbol> = model.registers.iter().filter_map(|p| p.last().copied()).collect();
    heads.dedup();
    for head in heads {
        for site in cx.project.index.callers(head) {
            cx.refuel();
            let value = cx.eval(site.term, &Frame::open(site.func));
            let Some(actuals) = registering(cx, &model.registers, &value) else { continue };
            let mut given = actuals.positional.iter();
            let (Some(models), Some(class)) = (given.next(), given.next()) else { continue };
            let Some(Ty::Class(class)) = cx.class_value(class) else { continue };
            let models = match models.as_seq() {
                Some(seq) => seq.items.as_slice(),
                None => std::slice::from_ref(models),
            };
            let models = models.iter().filter_map(|model| names.resolve(cx, model));
            found.entry(class).or_default().extend(models);
        }
    }
}

/// The arguments of a call, when it is one that registers.
fn registering(cx: &Cx<'_, '_>, registers: &[Vec<Symbol>], value: &Val) -> Option<Actuals> {
    let origin = cx.call_origin(value)?;
    let Term::Call { func, args } = cx.project.term(origin.term) else { return None };
    let path = cx.called_path(*func, &origin.frame)?;
    registers.contains(&path).then(|| cx.actuals(args, &origin.frame))
}
