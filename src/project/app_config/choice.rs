//! What a program does in one profile where the environment decides: which configuration class it
//! takes, which way it goes.

use std::sync::Arc;

use super::machine::Run;
use crate::facts::{ArgTerm, Const, Op, Term, TermId};
use crate::link::{ClassRef, FnRef, Frame, Kind, Part, Tri, Ty, UnitId, Val, equal};
use crate::project::profile::{self, Profile};
use crate::syntax::ast::{BoolOp, CmpOp, UnaryOp};

/// Deepest that origins of a value are followed.
const MAX_DEPTH: u32 = 6;

/// What may be chosen.
#[derive(Debug, Clone)]
struct Candidate {
    /// The key it is chosen by.
    label: Option<String>,
    value: Val,
    /// Whether it is taken when nothing in the environment says otherwise.
    usual: bool,
}

/// The candidates, and whether something outside of the program decides among them.
#[derive(Debug, Default)]
struct Choice {
    candidates: Vec<Candidate>,
    open: bool,
}

impl Choice {
    fn certain(value: Val) -> Self {
        Self { candidates: vec![Candidate { label: None, value, usual: true }], open: false }
    }

    fn add(&mut self, other: Choice) {
        self.open |= other.open;
        self.candidates.extend(other.candidates);
    }
}

impl Run<'_, '_, '_> {
    /// The values a term has in this run's profile: one, where the choice is known.
    pub fn pick(&mut self, term: TermId, frame: &Arc<Frame>) -> Vec<Val> {
        let choice = self.choice(term, frame, 0);
        let picked = self.picked(&choice);
        for candidate in &picked {
            let name = self.name_of(&candidate.value);
            if !choice.open {
                self.fixed.extend(Profile::named(&name));
            }
            self.given.extend(self.given_of(&candidate.value));
            if !name.is_empty() && !self.chosen.contains(&name) {
                self.chosen.push(name);
            }
        }
        if choice.open {
            let told: Vec<Profile> =
                choice.candidates.iter().filter_map(|c| self.profile_of(c)).collect();
            self.told.extend(told);
        }
        let mut values: Vec<Val> = Vec::new();
        for candidate in picked {
            let twin = values.iter().any(|v| is_equal(v, &candidate.value));
            if !twin {
                values.push(candidate.value);
            }
        }
        values
    }

    fn picked(&self, choice: &Choice) -> Vec<Candidate> {
        if !choice.open {
            return choice.candidates.clone();
        }
        let of = |wanted: &dyn Fn(&Candidate) -> bool| -> Vec<Candidate> {
            choice.candidates.iter().filter(|c| wanted(c)).cloned().collect()
        };
        let given = of(&|c| self.given_of(&c.value) == Some(self.profile));
        let own = of(&|c| self.profile_of(c) == Some(self.profile));
        let neutral_usual = of(&|c| c.usual && self.profile_of(c).is_none());
        let neutral = of(&|c| self.profile_of(c).is_none() && !self.is_base(c, choice));
        let usual = of(&|c| c.usual);
        [given, own, neutral_usual, neutral, usual]
            .into_iter()
            .find(|some| !some.is_empty())
            .unwrap_or_else(|| choice.candidates.clone())
    }

    /// Whether another candidate is built on this one.
    fn is_base(&self, candidate: &Candidate, choice: &Choice) -> bool {
        let Kind::Class(own) = candidate.value.kind else { return false };
        choice.candidates.iter().any(|other| match other.value.kind {
            Kind::Class(class) if class != own => {
                self.cx.mro(&Ty::Class(class)).contains(&Ty::Class(own))
            }
            _ => false,
        })
    }

    fn profile_of(&self, candidate: &Candidate) -> Option<Profile> {
        let label = || candidate.label.as_deref().and_then(Profile::named);
        let given = self.given_of(&candidate.value);
        given.or_else(label).or_else(|| Profile::named(&self.name_of(&candidate.value)))
    }

    /// The profile that the configuration of tokscan gives a class or module.
    fn given_of(&self, value: &Val) -> Option<Profile> {
        match &value.kind {
            Kind::Class(class) => profile::given(&self.cx, *class),
            Kind::Module(unit) => self.cx.project.units[*unit].profile,
            Kind::Const(Const::Str(text)) => {
                let named = self.import_string(text, self.subject.app.func)?;
                if named.as_str().is_some() { None } else { self.given_of(&named) }
            }
            _ => match self.cx.type_of_val(value)? {
                Ty::Class(class) => profile::given(&self.cx, class),
                _ => None,
            },
        }
    }

    fn name_of(&self, value: &Val) -> String {
        let project = self.cx.project;
        match &value.kind {
            Kind::Class(class) => project.name(project.class(*class).name).to_owned(),
            Kind::Module(unit) => {
                let path = &project.units[*unit].path;
                path.rsplit('/').next().unwrap_or_default().trim_end_matches(".py").to_owned()
            }
            Kind::Const(Const::Str(text)) => {
                text.rsplit(['.', ':', '/']).next().unwrap_or_default().to_owned()
            }
            _ => match self.cx.type_of_val(value) {
                Some(Ty::Class(class)) => project.name(project.class(class).name).to_owned(),
                _ => String::new(),
            },
        }
    }

    fn choice(&mut self, term: TermId, frame: &Arc<Frame>, depth: u32) -> Choice {
        if depth > MAX_DEPTH {
            return Choice { open: true, ..Choice::default() };
        }
        match &self.cx.project.ir(frame.func).terms[term] {
            Term::Phi(operands) => {
                let mut all = Choice::default();
                for (guard, operand) in operands {
                    let other_way = guard
                        .is_some_and(|g| self.truth(g.test, frame).is_some_and(|t| t != g.value));
                    if !other_way {
                        all.add(self.choice(*operand, frame, depth + 1));
                    }
                }
                all.open |= all.candidates.len() > 1;
                all
            }
            Term::Item(container, key) => {
                let (container, key) = (self.cx.eval(*container, frame), self.cx.eval(*key, frame));
                match self.entries(&container, &key, None) {
                    Some(choice) => choice,
                    None => self.of_term(term, frame, depth),
                }
            }
            Term::Call { func, args } => {
                if let Some(choice) = self.of_attribute(*func, args, frame) {
                    return choice;
                }
                let get = match &self.cx.project.ir(frame.func).terms[*func] {
                    Term::Attr(object, name) if self.cx.project.name(*name) == "get" => {
                        Some(*object)
                    }
                    _ => None,
                };
                let found = get.zip(args.first()).and_then(|(object, key)| {
                    let (object, key) =
                        (self.cx.eval(object, frame), self.cx.eval(key.value, frame));
                    let default = args.get(1).map(|arg| self.cx.eval(arg.value, frame));
                    self.entries(&object, &key, default)
                });
                found.unwrap_or_else(|| self.of_term(term, frame, depth))
            }
            _ => self.of_term(term, frame, depth),
        }
    }

    /// What a term evaluates to; where that comes from another term, the choice made there.
    fn of_term(&mut self, term: TermId, frame: &Arc<Frame>, depth: u32) -> Choice {
        let value = self.cx.eval(term, frame);
        let made = value.origin.clone().filter(|origin| {
            (origin.term.func, origin.term.term) != (frame.func, term)
                && matches!(value.kind, Kind::Env(_) | Kind::OneOf(_) | Kind::Opaque)
        });
        match made {
            Some(origin) => self.choice(origin.term.term, &origin.frame, depth + 1),
            None => self.of_value(&value, frame.func, depth),
        }
    }

    fn of_value(&mut self, value: &Val, from: FnRef, depth: u32) -> Choice {
        if depth > MAX_DEPTH {
            return Choice { open: true, ..Choice::default() };
        }
        match &value.kind {
            Kind::Env(env) => {
                let mut all = Choice { open: true, ..Choice::default() };
                if let Some(default) = &env.default {
                    all.add(self.of_value(default, from, depth + 1));
                    let siblings: Vec<Val> =
                        all.candidates.iter().flat_map(|c| self.siblings(&c.value, from)).collect();
                    let rest = siblings.into_iter();
                    all.candidates.extend(rest.map(|value| Candidate {
                        label: None,
                        value,
                        usual: false,
                    }));
                }
                all.open = true;
                all
            }
            Kind::OneOf(values) => {
                let mut all = Choice::default();
                for value in values.iter() {
                    all.add(self.of_value(value, from, depth + 1));
                }
                all.open = true;
                all
            }
            Kind::Text(parts) => self.of_text(parts, from),
            Kind::Param(..) => match self.cx.possible(value) {
                Val { kind: Kind::Param(..), .. } => Choice { open: true, ..Choice::default() },
                possible => self.of_value(&possible, from, depth + 1),
            },
            Kind::Setting(setting) => match &setting.value {
                Some(inner) => self.of_value(inner, from, depth + 1),
                None => Choice { open: true, ..Choice::default() },
            },
            Kind::Opaque if self.object_is_unknown(value) => {
                Choice { open: true, ..Choice::default() }
            }
            _ => Choice::certain(value.clone()),
        }
    }

    /// `{…}[key]`: the entry of a key that is known, else all of them.
    fn entries(&mut self, container: &Val, key: &Val, default: Option<Val>) -> Option<Choice> {
        let dict = container.in_force()?.as_dict()?;
        let value_of = |key: &Val| {
            let found = dict.entries.iter().find(|(k, _)| is_equal(k, key));
            found.map(|(_, value)| value.clone())
        };
        let deployed = self.is_deployed(key);
        let key = if deployed { key.in_force()? } else { key };
        if key.as_const().is_some() {
            let labels = dict.entries.iter().filter_map(|(key, _)| key.as_str());
            self.passed.extend(labels.filter_map(Profile::named));
            return value_of(key).or(default).map(Choice::certain);
        }
        let usual = match &key.kind {
            Kind::Param(..) => self.cx.possible(key),
            _ => key.clone(),
        };
        let mut all = Choice { open: true, ..Choice::default() };
        for (key, value) in &dict.entries {
            all.candidates.push(Candidate {
                label: key.as_str().map(str::to_owned),
                value: value.in_force().unwrap_or(value).clone(),
                usual: usual
                    .alternatives()
                    .iter()
                    .any(|u| u.in_force().is_some_and(|u| is_equal(u, key))),
            });
        }
        if let Some(value) = default {
            all.candidates.push(Candidate { label: None, value, usual: false });
        }
        Some(all)
    }

    /// The configuration classes beside a class: of its module, with a base in common.
    fn siblings(&self, value: &Val, from: FnRef) -> Vec<Val> {
        let project = self.cx.project;
        let named = value.as_str().and_then(|text| self.import_string(text, from));
        let Kind::Class(own) = named.as_ref().unwrap_or(value).kind else { return Vec::new() };
        let family = |class: ClassRef| -> Vec<Ty> {
            let all = self.cx.mro(&Ty::Class(class)).into_iter();
            all.filter(|ty| matches!(ty, Ty::Class(_))).collect()
        };
        let ancestors = family(own);
        let classes = project.units[own.unit].facts.classes.ids();
        classes
            .map(|class| ClassRef { unit: own.unit, class })
            .filter(|class| *class != own && project.class(*class).outer.is_none())
            .filter(|class| family(*class).iter().any(|ty| ancestors.contains(ty)))
            .map(|class| Val::new(Kind::Class(class)))
            .collect()
    }

    /// `getattr(config, name + "Config")`: the classes of the module whose names have this form.
    fn of_attribute(
        &mut self,
        func: TermId,
        args: &[ArgTerm],
        frame: &Arc<Frame>,
    ) -> Option<Choice> {
        let project = self.cx.project;
        let Term::Global(name) = project.ir(frame.func).terms[func] else { return None };
        let [object, attribute, ..] = args else { return None };
        if project.name(name) != "getattr" {
            return None;
        }
        let Kind::Module(unit) = self.cx.eval(object.value, frame).kind else { return None };
        let attribute = self.cx.eval(attribute.value, frame);
        let Kind::Text(parts) = &attribute.kind else { return None };
        let lit = |part: Option<&Part>| match part {
            Some(Part::Lit(text)) => text.clone(),
            _ => String::new(),
        };
        let candidates = self.named_like(unit, &lit(parts.first()), &lit(parts.last()), None);
        Some(Choice { candidates, open: true })
    }

    /// `f"config.{name}Config"`: the classes whose import strings have this form.
    fn of_text(&mut self, parts: &[Part], from: FnRef) -> Choice {
        let mut all = Choice { open: true, ..Choice::default() };
        let lit = |part: Option<&Part>| match part {
            Some(Part::Lit(text)) => text.clone(),
            _ => String::new(),
        };
        let (prefix, suffix) = (lit(parts.first()), lit(parts.last()));
        let Some((module, start)) = prefix.rsplit_once(['.', ':']) else { return all };
        let usual: Option<String> = parts
            .iter()
            .map(|part| match part {
                Part::Lit(text) => Some(text.clone()),
                Part::Hole(value) => value.in_force().and_then(Val::as_str).map(str::to_owned),
            })
            .collect();
        let usual = usual.and_then(|text| self.import_string(&text, from));
        let module = self.import_string(module, from).map(|value| value.kind);
        if let Some(Kind::Module(unit)) = module {
            all.candidates = self.named_like(unit, start, &suffix, usual.as_ref());
        }
        all
    }

    /// The classes of a module whose names start and end like this.
    fn named_like(
        &self,
        unit: UnitId,
        start: &str,
        suffix: &str,
        usual: Option<&Val>,
    ) -> Vec<Candidate> {
        let project = self.cx.project;
        let classes = project.units[unit].facts.classes.iter_enumerated();
        let fits = |name: &str| name.starts_with(start) && name.ends_with(suffix);
        classes
            .filter(|(_, fact)| fact.outer.is_none() && fits(project.name(fact.name)))
            .map(|(class, _)| {
                let value = Val::new(Kind::Class(ClassRef { unit, class }));
                let usual = usual.is_some_and(|u| is_equal(u, &value));
                Candidate { label: None, value, usual }
            })
            .collect()
    }

    // ---- which way

    /// Whether a test holds in this run's profile.
    pub fn truth(&mut self, test: TermId, frame: &Arc<Frame>) -> Option<bool> {
        match &self.cx.project.ir(frame.func).terms[test] {
            Term::Op(Op::Unary(UnaryOp::Not), operands) => {
                self.truth(*operands.first()?, frame).map(|truth| !truth)
            }
            Term::Op(Op::Bool(op), operands) => {
                let stops = *op == BoolOp::Or;
                let mut unknown = false;
                for operand in operands {
                    match self.truth(*operand, frame) {
                        Some(truth) if truth == stops => return Some(stops),
                        Some(_) => {}
                        None => unknown = true,
                    }
                }
                (!unknown).then_some(!stops)
            }
            Term::Op(Op::Compare(op), operands) => {
                let (a, b) = (*operands.first()?, *operands.get(1)?);
                self.is_main(*op, a, b, frame)
                    .or_else(|| self.is_given(*op, a, b, frame))
                    .or_else(|| self.has_key(*op, a, b, frame))
                    .or_else(|| self.profile_test(*op, a, b, frame))
                    .or_else(|| self.cx.eval(test, frame).truth())
            }
            _ => {
                if self.is_app_term(test, frame) {
                    return Some(true);
                }
                let value = self.cx.eval(test, frame);
                // An object of a library may well be false: `if current_app:`.
                if matches!(value.kind, Kind::Lib(_)) { None } else { value.truth() }
            }
        }
    }

    /// Whether what deploys the application sets the variable that a value is read from, and not
    /// to a profile that is no production.
    fn is_deployed(&self, value: &Val) -> bool {
        let Kind::Env(env) = &value.kind else { return false };
        let set = env.key.as_ref().and_then(|key| self.cx.project.environment.get(key));
        let profile = set.and_then(Val::as_str).map(Profile::named);
        matches!(profile, Some(None | Some(Profile::Production)))
            && self.profile == Profile::Production
    }

    /// `__name__ == "__main__"`
    fn is_main(&self, op: CmpOp, a: TermId, b: TermId, frame: &Arc<Frame>) -> Option<bool> {
        let project = self.cx.project;
        let terms = &project.ir(frame.func).terms;
        let is_name =
            |t: TermId| matches!(terms[t], Term::Global(n) if project.name(n) == "__name__");
        let is_text =
            |t: TermId| matches!(&terms[t], Term::Const(Const::Str(text)) if &**text == "__main__");
        if !((is_name(a) && is_text(b)) || (is_name(b) && is_text(a))) {
            return None;
        }
        let main = self.main == Some(frame.func.unit);
        match op {
            CmpOp::Eq => Some(main),
            CmpOp::NotEq => Some(!main),
            _ => None,
        }
    }

    /// `app is not None`
    fn is_given(&mut self, op: CmpOp, a: TermId, b: TermId, frame: &Arc<Frame>) -> Option<bool> {
        let none = matches!(self.cx.project.ir(frame.func).terms[b], Term::Const(Const::None));
        let differs = matches!(op, CmpOp::IsNot | CmpOp::NotEq);
        let compares = differs || matches!(op, CmpOp::Is | CmpOp::Eq);
        (none && compares && self.is_app_term(a, frame)).then_some(differs)
    }

    /// `key in config`
    fn has_key(
        &mut self,
        op: CmpOp,
        key: TermId,
        object: TermId,
        frame: &Arc<Frame>,
    ) -> Option<bool> {
        if !matches!(op, CmpOp::In | CmpOp::NotIn) || self.is_config(object, frame) != Tri::Yes {
            return None;
        }
        let key = self.cx.eval(key, frame);
        let has = self.now.borrow().as_ref()?.has(key.in_force()?.as_str()?)?;
        Some(has == (op == CmpOp::In))
    }

    /// A comparison of something outside of the program with the names of profiles.
    fn profile_test(
        &mut self,
        op: CmpOp,
        a: TermId,
        b: TermId,
        frame: &Arc<Frame>,
    ) -> Option<bool> {
        let (a, b) = (self.cx.eval(a, frame), self.cx.eval(b, frame));
        if self.is_deployed(&a) || self.is_deployed(&b) {
            return None;
        }
        let (outside, names) = match (is_outside(&a), is_outside(&b)) {
            (true, false) => (&a, &b),
            (false, true) if matches!(op, CmpOp::Eq | CmpOp::NotEq) => (&b, &a),
            _ => return None,
        };
        let mut profiles = Vec::new();
        let listed = names.as_seq().map_or(std::slice::from_ref(names), |seq| &seq.items);
        for name in listed {
            profiles.push(Profile::named(name.as_str()?)?);
        }
        let usual = outside.in_force().and_then(Val::as_str).and_then(Profile::named);
        self.told.extend(&profiles);
        // What the program does when nothing is said counts where no profile is named.
        let now = match self.profile {
            Profile::Production => Profile::Production,
            other => usual.filter(|_| !profiles.contains(&other)).unwrap_or(other),
        };
        let holds = profiles.contains(&now);
        match op {
            CmpOp::Eq | CmpOp::In => Some(holds),
            CmpOp::NotEq | CmpOp::NotIn => Some(!holds),
            _ => None,
        }
    }
}

fn is_equal(a: &Val, b: &Val) -> bool {
    equal(a, b) == Some(true)
}

/// Whether the program does not decide a value itself.
fn is_outside(value: &Val) -> bool {
    match &value.kind {
        Kind::Env(_) | Kind::Param(..) => true,
        Kind::Setting(setting) => setting
            .value
            .as_ref()
            .is_none_or(|v| matches!(v.kind, Kind::Env(_) | Kind::Absent | Kind::Opaque)),
        _ => false,
    }
}
