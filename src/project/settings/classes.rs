//! Settings written as a class: the attributes of the configuration that is chosen.

use indexmap::IndexMap;

use super::discover::Leaf;
use super::{Namespace, Setting, is_setting_name, run};
use crate::base::Loc;
use crate::facts::{Const, Term};
use crate::link::{ClassRef, Cx, FnRef, Frame, Kind, Ty, UnitId, Val};
use crate::project::profile::{self, Profile};
use crate::rule::library::SettingsModel;

/// The configurations that a settings module defines, as namespaces; empty when it has none.
pub(super) fn namespaces(cx: &Cx<'_, '_>, model: &SettingsModel, leaf: &Leaf) -> Vec<Namespace> {
    let classes = configurations(cx, model, leaf.unit);
    let chosen = chosen(cx, model);
    let is_base = |class: &ClassRef| {
        classes.iter().any(|other| {
            let below = cx.mro(&Ty::Class(*other));
            other != class && below.contains(&Ty::Class(*class))
        })
    };
    let name = |class: &ClassRef| cx.project.name(cx.project.class(*class).name);
    let named = |class: &ClassRef| chosen.iter().find(|(text, _)| text == name(class));
    let any_named = classes.iter().any(|class| named(class).is_some());
    let mut found = Vec::new();
    for class in &classes {
        let by = named(class);
        if by.is_none() && is_base(class) {
            continue;
        }
        let given = profile::given(cx, *class);
        let profile = match (given, by) {
            (Some(given), _) => given,
            (None, Some(_)) => leaf.profile,
            (None, None) => leaf.profile.max(profile::of_name(name(class))),
        };
        // What is chosen is production; another of no profile of its own is not in force.
        if given.is_none() && by.is_none() && any_named && profile == Profile::Production {
            continue;
        }
        let mut namespace = namespace(cx, model, leaf, *class);
        namespace.profile = profile;
        namespace.named_by.extend(by.map(|(_, loc)| *loc));
        found.push(namespace);
    }
    found
}

/// How many of `marks` the configurations that a file defines set.
pub(super) fn marks(cx: &Cx<'_, '_>, model: &SettingsModel, unit: UnitId) -> usize {
    if model.classes.is_empty() {
        return 0;
    }
    let classes = cx.project.units[unit].facts.classes.iter_enumerated();
    let is_mark = |text: &str| model.module_marks.iter().any(|mark| mark == text);
    let counted = classes.map(|(class, fact)| {
        let count = fact.attrs.iter().filter(|(name, ..)| is_mark(cx.project.name(*name))).count();
        let ty = Ty::Class(ClassRef { unit, class });
        let is = count > 0 && model.classes.iter().any(|path| cx.is_subclass(&ty, path));
        if is { count } else { 0 }
    });
    counted.max().unwrap_or(0)
}

/// Classes of a module that are configurations, its own and those it imports.
pub(super) fn configurations(
    cx: &Cx<'_, '_>,
    model: &SettingsModel,
    unit: UnitId,
) -> Vec<ClassRef> {
    if model.classes.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<ClassRef> = Vec::new();
    for bound in cx.names_of(unit).bound.values() {
        if let Kind::Class(class) = bound.value.kind
            && model.classes.iter().any(|path| cx.is_subclass(&Ty::Class(class), path))
            && !found.contains(&class)
        {
            found.push(class);
        }
    }
    found
}

/// The configurations that code names through the variable that chooses one; what a deployment
/// file says comes before it.
fn chosen(cx: &Cx<'_, '_>, model: &SettingsModel) -> Vec<(String, Loc)> {
    let Some(variable) = &model.class_variable else { return Vec::new() };
    if let Some(value) = cx.project.environment.get(variable)
        && let (Some(name), Some(loc)) = (value.as_str(), value.loc)
    {
        return vec![(name.to_owned(), loc)];
    }
    let mut found: Vec<(bool, String, Loc)> = Vec::new();
    for func in cx.project.functions() {
        let ir = cx.project.ir(func);
        let path = &cx.project.units[func.unit].path;
        for (term, span) in ir.terms.iter().zip(ir.spans.iter()) {
            if let Term::Call { args, .. } = term
                && let [key, value, ..] = &**args
                && matches!(&ir.terms[key.value], Term::Const(Const::Str(t)) if **t == **variable)
                && profile::is_production(path)
            {
                cx.refuel();
                let value = cx.eval(value.value, &Frame::open(func));
                let stem = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".py");
                let server = model.servers.iter().any(|server| server == stem);
                if let Some(name) = value.in_force().and_then(Val::as_str) {
                    found.push((server, name.to_owned(), cx.project.loc(func.unit, *span)));
                }
            }
        }
    }
    let any_server = found.iter().any(|(server, ..)| *server);
    found.retain(|(server, ..)| *server || !any_server);
    found.into_iter().map(|(_, name, loc)| (name, loc)).collect()
}

/// The attributes of a configuration, through its hierarchy.
fn namespace(cx: &Cx<'_, '_>, model: &SettingsModel, leaf: &Leaf, class: ClassRef) -> Namespace {
    let mut keys: IndexMap<String, Setting> = IndexMap::new();
    let mut complete = true;
    let mut end = None;
    for ty in cx.mro(&Ty::Class(class)).into_iter().rev() {
        let Ty::Class(class) = ty else { continue };
        let fact = cx.project.class(class);
        let scope = FnRef { unit: class.unit, func: fact.scope };
        for (name, term, span) in &fact.attrs {
            let key = cx.project.name(*name);
            let loc = cx.project.loc(class.unit, *span);
            if !is_setting_name(key) {
                continue;
            }
            cx.refuel();
            let value = cx.eval(*term, &Frame::open(scope));
            let value = match value.kind {
                Kind::Function(func) if cx.is_property(func) => cx.property(func, class),
                _ => cx.read_for_attribute(value, key),
            };
            let mut chain = keys.shift_remove(key).map_or(Vec::new(), |old| old.chain);
            chain.push(loc);
            keys.insert(key.to_owned(), Setting { value, loc, chain });
            end = end.max(Some(loc));
        }
        complete &= fact.bases.iter().all(|base| {
            let value = cx.eval(base.value, &Frame::open(scope));
            matches!(value.kind, Kind::Class(_) | Kind::Lib(_))
        });
    }
    let name = cx.project.name(cx.project.class(class).name);
    Namespace {
        framework: model.framework.clone(),
        name: format!("{}.{name}", run::module_name(cx, leaf.unit)),
        profile: leaf.profile,
        named_by: leaf.named_by.clone(),
        keys,
        complete,
        end,
    }
}
