//! Evaluation of terms to values: what Python would compute, as far as it can be known.

use std::sync::Arc;

use super::names::each;
use super::value::{EnvVal, Frame, Kind, Origin, Part, SettingVal, Val, one_of};
use super::{Asked, Cx, FnRef, TermRef};
use crate::base::{Span, Symbol};
use crate::facts::{Const, Entry, Guard, SeqKind, Term, TermId};

impl Cx<'_, '_> {
    /// The value of a term in an activation. The result names the term it comes from, unless
    /// it was passed on unchanged from another.
    pub fn eval(&self, term: TermId, frame: &Arc<Frame>) -> Val {
        let key = TermRef { func: frame.func, term };
        let work = || {
            let inner = || self.once(key, Asked::Value, || self.eval_inner(term, frame));
            let value = self.deeper(inner).flatten()?;
            Some(self.placed(value, term, frame))
        };
        let value = self.known(&self.values, term, frame, work);
        value.unwrap_or_else(|| self.placed(Val::opaque(), term, frame))
    }

    /// A value as given at `span` by `term`: literals are placed where they are written, what is
    /// referred to keeps the place where it is defined.
    pub(super) fn given(&self, term: TermId, span: Span, frame: &Arc<Frame>) -> Val {
        let value = self.eval(term, frame);
        let here = self.project.loc(frame.func.unit, span);
        // Equal constants are one term with one place; short ones say nothing about where.
        let shared = matches!(
            value.as_const(),
            Some(Const::None | Const::Bool(_) | Const::Int(_) | Const::Float(_) | Const::Ellipsis)
        );
        let own =
            value.origin.as_ref().is_some_and(|o| o.term == TermRef { func: frame.func, term });
        if value.loc.is_none() || (own && shared) { value.at(here) } else { value }
    }

    fn placed(&self, mut value: Val, term: TermId, frame: &Arc<Frame>) -> Val {
        if value.loc.is_none() {
            let span = self.project.ir(frame.func).spans[term];
            value.loc = Some(self.project.loc(frame.func.unit, span));
        }
        if value.origin.is_none() {
            let term = TermRef { func: frame.func, term };
            value.origin = Some(Origin { term, frame: Arc::clone(frame) });
        }
        value
    }

    fn eval_inner(&self, term: TermId, frame: &Arc<Frame>) -> Val {
        let eval = |t: TermId| self.eval(t, frame);
        match &self.project.ir(frame.func).terms[term] {
            Term::Const(constant) => Val::new(Kind::Const(constant.clone())),
            Term::Secret(secret) => Val::new(Kind::Secret(Arc::new(secret.clone()))),
            Term::Param(index) => self.parameter(*index, frame),
            Term::Global(name) => self.global(frame.func.unit, *name),
            Term::Free(func, name) => {
                self.free(FnRef { unit: frame.func.unit, func: *func }, *name)
            }
            Term::Import(import) => self.imported(frame.func.unit, *import),
            Term::Attr(object, name) => self.attribute(&eval(*object), *name),
            Term::Item(object, key) => match &self.project.ir(frame.func).terms[*key] {
                Term::Slice(parts) => self.slice(&eval(*object), parts, frame),
                _ => self.item(&eval(*object), &eval(*key)),
            },
            Term::Call { .. } => match self.kept_result(frame.func, term) {
                Some(value) => value,
                None => self.eval_call(term, frame),
            },
            Term::Seq { kind, items } => {
                let mut open = false;
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    let value = self.given(item.value, item.span, frame);
                    match (item.star, value.in_force().and_then(Val::as_seq)) {
                        (false, _) => values.push(value),
                        (true, Some(seq)) => {
                            open |= seq.open;
                            values.extend(seq.items.iter().cloned());
                        }
                        (true, None) => open = true,
                    }
                }
                Val::seq(*kind, values, open)
            }
            Term::Dict(entries) => self.dict_display(entries, frame),
            Term::Concat(parts) => self.concat(parts.iter().map(|t| eval(*t)).collect()),
            Term::Op(op, operands) => self.operate(*op, operands, frame),
            Term::Phi(operands) => self.phi(operands, frame),
            Term::Closure(func) => {
                Val::new(Kind::Function(FnRef { unit: frame.func.unit, func: *func }))
            }
            Term::Class(class) => {
                Val::new(Kind::Class(super::ClassRef { unit: frame.func.unit, class: *class }))
            }
            Term::Update { base, path, op } => self.mutated(&eval(*base), path, op, frame),
            Term::Escaped { base, call } => self.escaped(eval(*base), *call, frame),
            Term::Await(inner) => eval(*inner),
            Term::Iter(iterable) => {
                if let Some(element) = self.element(frame.func, *iterable) {
                    return element;
                }
                match eval(*iterable).in_force().and_then(Val::as_seq) {
                    Some(seq) if !seq.open && !seq.items.is_empty() => one_of(seq.items.clone()),
                    _ => Val::opaque(),
                }
            }
            Term::Unpack(tuple, index) => self.item(&eval(*tuple), &Val::int(i64::from(*index))),
            comp @ Term::Comp { .. } => self.comprehension(comp, frame),
            Term::Slice(_)
            | Term::Caught(_)
            | Term::Yield(_)
            | Term::YieldFrom(_)
            | Term::UnpackRest(_)
            | Term::Enter(_)
            | Term::Unknown(_) => Val::opaque(),
        }
    }

    fn parameter(&self, index: u32, frame: &Arc<Frame>) -> Val {
        match frame.args.as_ref().and_then(|args| args.get(index as usize)) {
            // An argument of which nothing is known still is this parameter.
            Some(value) if value.origin.is_some() || !value.is_unknown() => value.clone(),
            _ => Val::new(Kind::Param(frame.func, index)),
        }
    }

    /// A local name of an enclosing function, as it is when that function ends.
    fn free(&self, func: FnRef, name: Symbol) -> Val {
        let ir = self.project.ir(func);
        match ir.exit.iter().find(|(n, _)| *n == name) {
            Some((_, term)) => self.eval(*term, &Frame::open(func)),
            None => match ir.params.iter().position(|p| p.name == name) {
                Some(index) => Val::new(Kind::Param(func, u32::try_from(index).unwrap_or(0))),
                None => Val::opaque(),
            },
        }
    }

    fn dict_display(&self, entries: &[Entry], frame: &Arc<Frame>) -> Val {
        let mut made: Vec<(Val, Val)> = Vec::with_capacity(entries.len());
        let mut open = false;
        for entry in entries {
            let value = self.given(entry.value, entry.span, frame);
            match entry.key {
                Some(key) => {
                    let key = self.eval(key, frame);
                    let key = key.at(self.project.loc(frame.func.unit, entry.key_span));
                    super::mutate::set_entry(&mut made, key, value);
                }
                None => match value.in_force().and_then(Val::as_dict) {
                    Some(dict) => {
                        open |= dict.open;
                        for (key, value) in &dict.entries {
                            super::mutate::set_entry(&mut made, key.clone(), value.clone());
                        }
                    }
                    None => {
                        self.note_param(&value);
                        open = true;
                    }
                },
            }
        }
        Val::dict(made, open)
    }

    /// Text from parts; constant when all parts are.
    pub fn concat(&self, values: Vec<Val>) -> Val {
        let mut parts: Vec<Part> = Vec::with_capacity(values.len());
        for value in values {
            match &value.kind {
                Kind::Const(Const::Str(text)) => push_text(&mut parts, text),
                Kind::Const(Const::Int(n)) => push_text(&mut parts, &n.to_string()),
                Kind::Text(inner) => {
                    for part in inner.iter() {
                        match part {
                            Part::Lit(text) => push_text(&mut parts, text),
                            Part::Hole(hole) => parts.push(Part::Hole(hole.clone())),
                        }
                    }
                }
                _ => parts.push(Part::Hole(value)),
            }
        }
        match parts.as_slice() {
            [Part::Lit(text), ..] if text.len() > super::ops::MAX_TEXT => Val::opaque(),
            _ if parts.len() > super::iterate::MAX_ELEMENTS => Val::opaque(),
            [] => Val::text(""),
            [Part::Lit(text)] => Val::text(text),
            _ => Val::new(Kind::Text(Arc::new(parts))),
        }
    }

    /// One operand of a phi, by what its guards say. A guard that is decided by an environment
    /// default makes the result an environment value with that default.
    fn phi(&self, operands: &[(Option<Guard>, TermId)], frame: &Arc<Frame>) -> Val {
        let mut possible = Vec::new();
        let mut env: Option<Option<String>> = None;
        for (guard, term) in operands {
            let Some(guard) = guard else {
                possible.push(*term);
                continue;
            };
            let test = self.eval(guard.test, frame);
            match test.truth() {
                Some(truth) if truth != guard.value => {
                    env = env.or_else(|| env_key(&test));
                }
                Some(_) => {
                    env = env.or_else(|| env_key(&test));
                    possible.push(*term);
                }
                None => possible.push(*term),
            }
        }
        let single = possible.len() == 1;
        let value = one_of(possible.into_iter().map(|t| self.eval(t, frame)).collect());
        match env {
            Some(key) if single && operands.len() > 1 => env_val(key, value),
            _ => value,
        }
    }

    /// `value[key]`
    pub fn item(&self, value: &Val, key: &Val) -> Val {
        match &value.kind {
            Kind::Dict(dict) => match super::mutate::entry(dict, key) {
                Some(found) => found.clone(),
                None => Val::opaque(),
            },
            Kind::Seq(seq) if seq.kind != SeqKind::Set && !seq.open => {
                let Some(Const::Int(index)) = key.as_const() else { return Val::opaque() };
                let length = i64::try_from(seq.items.len()).unwrap_or(i64::MAX);
                let index = if *index < 0 { index + length } else { *index };
                let found = usize::try_from(index).ok().and_then(|i| seq.items.get(i));
                found.cloned().unwrap_or_else(Val::opaque)
            }
            Kind::Const(Const::Str(text)) => {
                let Some(Const::Int(index)) = key.as_const() else { return Val::opaque() };
                let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
                let index = if *index < 0 { index + length } else { *index };
                let letter = usize::try_from(index).ok().and_then(|i| text.chars().nth(i));
                letter.map_or_else(Val::opaque, |c| Val::text(&c.to_string()))
            }
            Kind::Lib(path) => {
                if let Some(framework) = self.project.settings_objects.item(path) {
                    return self.setting_by_key(framework, key);
                }
                self.environment_item(path, key).unwrap_or_else(Val::opaque)
            }
            Kind::OneOf(_) => each(value, |v| self.item(v, key)),
            Kind::Setting(setting) => match (key.as_str(), &setting.value) {
                (Some(key), Some(inner)) => {
                    let value = Some(self.item(inner, &Val::text(key)));
                    let mut path = setting.path.clone();
                    path.push(key.to_owned());
                    let framework = setting.framework.clone();
                    Val::new(Kind::Setting(Arc::new(SettingVal { framework, path, value })))
                }
                _ => Val::opaque(),
            },
            Kind::Env(env) => match &env.default {
                Some(default) => env_val(env.key.clone(), self.item(default, key)),
                None => Val::opaque(),
            },
            Kind::Opaque | Kind::Param(..) => match self.settings_of(value) {
                Some(framework) => self.setting_by_key(framework, key),
                None => Val::opaque(),
            },
            _ => Val::opaque(),
        }
    }

    /// An attribute of an application object that is another spelling of a settings key.
    pub(super) fn setting_attribute(&self, object: &Val, name: Symbol) -> Option<Val> {
        let library = &self.project.rules.library;
        let key = library.keys.iter().find(|key| key.attribute == Some(name))?;
        let model = library.settings.iter().find(|m| m.framework == key.framework)?;
        let ty = self.type_of_val(object)?;
        self.is_subclass(&ty, model.app.as_ref()?)
            .then(|| self.setting_read(&key.framework, &key.path[0]))
    }

    /// The settings namespace an object is, by type: `app.config` of a `Flask` object.
    pub fn settings_of(&self, value: &Val) -> Option<&str> {
        let origin = value.origin.as_ref()?;
        let Term::Attr(object, name) = self.project.term(origin.term) else { return None };
        let models = &self.project.rules.library.settings;
        let model = models.iter().find(|m| m.attribute == Some(*name))?;
        let object = self.eval(*object, &origin.frame);
        let ty = self.type_of_val(&object)?;
        self.is_subclass(&ty, model.app.as_ref()?).then_some(model.framework.as_str())
    }

    /// Whether a value is the settings object of a framework.
    pub fn is_settings_object(&self, value: &Val, framework: &str) -> bool {
        match &value.kind {
            Kind::Lib(path) => self.project.settings_objects.item(path) == Some(framework),
            _ => self.settings_of(value) == Some(framework),
        }
    }

    pub(super) fn setting_by_key(&self, framework: &str, key: &Val) -> Val {
        key.as_str().map_or_else(Val::opaque, |key| self.setting_read(framework, key))
    }

    pub(super) fn setting_read(&self, framework: &str, key: &str) -> Val {
        let path = vec![key.to_owned()];
        let value = self.setting_value(framework, &path);
        let framework = framework.to_owned();
        Val::new(Kind::Setting(Arc::new(SettingVal { framework, path, value })))
    }
}

/// The variable a decision hung on, when it was decided by an environment default.
pub(super) fn env_key(value: &Val) -> Option<Option<String>> {
    match &value.kind {
        Kind::Env(env) => Some(env.key.clone()),
        _ => None,
    }
}

/// A value that holds while an environment variable is not set.
pub fn env_val(key: Option<String>, default: Val) -> Val {
    if let Kind::Env(inner) = &default.kind {
        // Two variables: the outer one's name is kept, the inner one's default holds.
        let default = inner.default.clone();
        return Val::new(Kind::Env(Arc::new(EnvVal { key, default })));
    }
    let (loc, default) = (default.loc, (!default.is_unknown()).then_some(default));
    let mut value = Val::new(Kind::Env(Arc::new(EnvVal { key, default })));
    value.loc = loc;
    value
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        Some(Part::Lit(last)) => last.push_str(text),
        _ if text.is_empty() => {}
        _ => parts.push(Part::Lit(text.to_owned())),
    }
}
