//! Guards that are listed: in class attributes, with the project's defaults, and in settings.

use super::guard::{Judge, option};
use super::guards::Guards;
use super::handler::{self, Method};
use super::{inside, members};
use crate::base::Symbol;
use crate::facts::{Op, Term, TermId};
use crate::link::{Cx, Kind, Ty, Val};
use crate::rule::routing::{Aspect, GuardPlace, Level, ListedGuard};
use crate::syntax::ast::{BinOp, UnaryOp};

impl Judge<'_, '_, '_> {
    /// Guards that class attributes list.
    pub(super) fn lists(&self, ty: &Ty, options: &[(Symbol, Val)], guards: &mut Guards) {
        let set: Vec<(Symbol, Val)> = guards.lists.clone();
        for model in self.models {
            let (GuardPlace::Listed(listed), Some(aspect)) = (&model.place, model.aspect) else {
                continue;
            };
            if self.cx.is_subclass(ty, &listed.of) {
                let given = self
                    .overridden(listed, ty)
                    .or_else(|| option(&set, listed.attribute))
                    .or_else(|| option(options, listed.attribute))
                    .unwrap_or_else(|| handler::class_attribute(self.cx, ty, listed.attribute));
                self.listed(listed, aspect, given, guards);
            }
        }
    }

    /// What a method of the class gives in the place of the attribute: `get_permissions`.
    fn overridden(&self, listed: &ListedGuard, ty: &Ty) -> Option<Val> {
        let Ty::Class(class) = ty else { return None };
        listed.overrides.iter().find_map(|name| match handler::method(self.cx, ty, *name)? {
            Method::Project(func) => {
                self.cx.refuel();
                Some(self.cx.property(func, *class))
            }
            Method::Library => None,
        })
    }

    /// Lists of a function that a decorator makes a handler of that kind.
    pub fn function_lists(&self, ty: &[Symbol], guards: &mut Guards) {
        self.lists(&Ty::Lib(ty.to_vec()), &[], guards);
    }

    fn listed(&self, listed: &ListedGuard, aspect: Aspect, given: Val, guards: &mut Guards) {
        let from = given.loc;
        let value = match given.kind {
            Kind::Absent => setting(self.cx, &listed.framework, &listed.setting),
            _ => Some(given),
        };
        let level = match value {
            Some(value) if matches!(value.kind, Kind::Absent) => Level::None,
            Some(value) => self.list_level(listed, &value),
            None => Level::Unknown,
        };
        if level != Level::None {
            guards.add(aspect, level);
            guards.seen(from, aspect.name());
        }
    }

    /// All listed classes must let a request through.
    fn list_level(&self, listed: &ListedGuard, value: &Val) -> Level {
        let Some(value) = value.in_force() else { return Level::Unknown };
        match &value.kind {
            Kind::Seq(seq) => {
                let known = seq.items.iter().map(|item| self.item_level(listed, item, 0)).max();
                let open = if seq.open { Level::Unknown } else { Level::None };
                known.unwrap_or(Level::None).max(open)
            }
            Kind::OneOf(values) => {
                let levels: Vec<Level> =
                    values.iter().map(|value| self.list_level(listed, value)).collect();
                agreed(&levels)
            }
            _ => Level::Unknown,
        }
    }

    fn item_level(&self, listed: &ListedGuard, item: &Val, depth: u32) -> Level {
        if depth > 8 {
            return Level::Unknown;
        }
        let Some(item) = item.in_force() else { return Level::Unknown };
        let named = members::named(self.cx, item);
        let item = named.as_ref().unwrap_or(item);
        match &item.kind {
            Kind::Lib(path) => self.class_level(listed, &Ty::Lib(path.to_vec())),
            Kind::Class(class) => self.class_level(listed, &Ty::Class(*class)),
            Kind::OneOf(values) => {
                let levels: Vec<Level> =
                    values.iter().map(|v| self.item_level(listed, v, depth + 1)).collect();
                agreed(&levels)
            }
            _ => {
                let Some(origin) = &item.origin else { return Level::Unknown };
                let below = |term: &TermId| {
                    self.item_level(listed, &self.cx.eval(*term, &origin.frame), depth + 1)
                };
                match self.cx.project.term(origin.term) {
                    Term::Op(Op::Binary(BinOp::BitAnd), parts) => {
                        parts.iter().map(below).max().unwrap_or_default()
                    }
                    Term::Op(Op::Binary(BinOp::BitOr), parts) => {
                        let levels: Vec<Level> = parts.iter().map(below).collect();
                        match levels.contains(&Level::Unknown) {
                            true if levels.contains(&Level::None) => Level::None,
                            true => Level::Unknown,
                            false => levels.into_iter().min().unwrap_or_default(),
                        }
                    }
                    Term::Op(Op::Unary(UnaryOp::Invert), _) => Level::Unknown,
                    // An instance, or a parametrised class: by its class.
                    Term::Call { func, .. } => match self.cx.eval(*func, &origin.frame).kind {
                        Kind::Class(class) => self.class_level(listed, &Ty::Class(class)),
                        Kind::Lib(path) => self.class_level(listed, &Ty::Lib(path.to_vec())),
                        _ => listed.other,
                    },
                    _ => listed.other,
                }
            }
        }
    }

    fn class_level(&self, listed: &ListedGuard, ty: &Ty) -> Level {
        let known = self.cx.mro(ty).into_iter().find_map(|above| match above {
            Ty::Lib(path) => listed.levels.iter().find(|(p, _)| *p == path).map(|(_, l)| *l),
            Ty::Class(_) => None,
        });
        match known {
            // A class of the project may check more than the one it is built on.
            Some(Level::None) if matches!(ty, Ty::Class(_)) => listed.other,
            Some(level) => level,
            None => listed.other,
        }
    }

    /// Guards around the whole application of a framework, for a handler of a class.
    pub fn wide(&self, framework: &str, class: Option<&Ty>, guards: &mut Guards) {
        for model in self.models {
            let Some(aspect) = model.aspect else { continue };
            match &model.place {
                GuardPlace::Setting { framework: f, path, entries, except } => {
                    if f != framework
                        || class.is_some_and(|ty| except.iter().any(|e| self.cx.is_subclass(ty, e)))
                    {
                        continue;
                    }
                    let level = match setting(self.cx, f, path) {
                        Some(value) => setting_level(&value, entries, model.level),
                        None => Level::Unknown,
                    };
                    guards.add_wide(aspect, level);
                }
                GuardPlace::Anywhere { framework: f, forms } if f == framework => {
                    let known = forms.iter().any(|form| inside::exists(self.cx, form));
                    if known {
                        guards.add_wide(aspect, model.level);
                    }
                }
                _ => {}
            }
        }
    }
}

/// A setting, where the project says anything of settings: a default is in force only where it
/// is known that nobody sets it, or sets what is around it.
fn setting(cx: &Cx<'_, '_>, framework: &str, path: &[String]) -> Option<Val> {
    let settings = cx.project.settings.as_ref()?;
    let value = settings.setting(framework, path)?;
    let head = path.get(..1).and_then(|head| settings.setting(framework, head));
    let is_set = head.is_some_and(|head| head.loc.is_some());
    (is_set || settings.is_complete(framework)).then_some(value)
}

/// What a list in a setting says of a guard that stands in it.
fn setting_level(value: &Val, entries: &[String], level: Level) -> Level {
    let Some(value) = value.in_force() else { return Level::Unknown };
    match &value.kind {
        Kind::Seq(seq) => {
            let has = seq.items.iter().any(|item| {
                let text = item.in_force().and_then(Val::as_str);
                text.is_some_and(|text| entries.iter().any(|entry| entry == text))
            });
            match has {
                true => level,
                false if seq.open => Level::Unknown,
                false => Level::None,
            }
        }
        Kind::Const(_) => match value.as_str() {
            Some(text) if entries.iter().any(|entry| entry == text) => level,
            _ => Level::None,
        },
        Kind::Absent => Level::None,
        Kind::OneOf(values) => {
            let levels: Vec<Level> =
                values.iter().map(|value| setting_level(value, entries, level)).collect();
            agreed(&levels)
        }
        _ => Level::Unknown,
    }
}

/// The level of all alternatives; not known when they differ.
fn agreed(levels: &[Level]) -> Level {
    match levels.split_first() {
        Some((first, rest)) if rest.iter().all(|level| level == first) => *first,
        _ => Level::Unknown,
    }
}
