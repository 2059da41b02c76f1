//! Patterns against values: yes, no, or not known.
//!
//! A pattern is matched on what a value *is* (imports resolved, arguments bound to parameters,
//! constants computed), never on how it is spelled.

use std::sync::Arc;

use super::args::{Actuals, BoundArgs, Callee};
use super::ops::equal;
use super::tri::{Bindings, Tri};
use super::types::Ty;
use super::value::{Frame, Kind, Origin, Val};
use super::{Cx, FnRef, TermRef};
use crate::base::Symbol;
use crate::facts::{Op, Term, TermId};
use crate::rule::library::CallModel;
use crate::rule::model::{ArgPat, Pat, VarId};

impl Cx<'_, '_> {
    /// Matches an expression pattern.
    pub fn match_pat(&self, pat: &Pat, value: &Val, vars: &mut Bindings) -> Tri {
        match pat {
            Pat::Any => Tri::from_bool(!matches!(value.kind, Kind::Absent)),
            Pat::Var(var) => self.match_var(*var, value, vars),
            Pat::Const(constant) => self.each_in_force(value, &|v| match &v.kind {
                Kind::Const(_) => {
                    let wanted = Val::new(Kind::Const(constant.clone()));
                    Tri::from_option(equal(v, &wanted))
                }
                Kind::Text(_) => Tri::Unknown,
                _ => Tri::No,
            }),
            Pat::Path(path) => self.match_alternatives(value, vars, |v, _| self.path_is(v, path)),
            Pat::Attr(object, name) => {
                self.match_attr(value, vars, object, |actual, _| Tri::from_bool(actual == *name))
            }
            Pat::AttrVar(object, var) => self.match_attr(value, vars, object, |actual, vars| {
                self.match_var(*var, &Val::text(self.project.name(actual)), vars)
            }),
            Pat::Item(object, key) => self.match_item(value, vars, object, key),
            Pat::Call { func, args, open } => {
                self.match_alternatives(value, vars, |v, vars| match self.call_origin(v) {
                    Some(origin) => self.match_call(func, args, *open, origin, vars),
                    None => self.not_unless_unmade(v),
                })
            }
            Pat::Concept { name, roles } => self.match_alternatives(value, vars, |v, vars| {
                self.match_concept(*name, roles, v, vars)
            }),
            Pat::Dict { entries, open } => self.match_alternatives(value, vars, |v, vars| {
                self.match_dict(entries, *open, v, vars)
            }),
            Pat::Seq { kind, items } => self.match_alternatives(value, vars, |v, vars| {
                let Some(seq) = v.in_force().and_then(Val::as_seq) else {
                    return self.no_unless_unknown(v);
                };
                if kind.is_some_and(|k| k != seq.kind) {
                    return Tri::No;
                }
                self.match_items(items, &seq.items, seq.open, vars)
            }),
            Pat::Op(op, operands) => self.match_op(*op, operands, value, vars),
            Pat::Alt(alternatives) => {
                let mut answer = Tri::No;
                for alternative in alternatives {
                    let mut trial = vars.clone();
                    let tri = self.match_pat(alternative, value, &mut trial);
                    if tri == Tri::Yes {
                        *vars = trial;
                        return Tri::Yes;
                    }
                    answer = answer.or(|| tri);
                }
                answer
            }
        }
    }

    /// Captures a value, or compares it with what was captured before.
    pub fn match_var(&self, var: VarId, value: &Val, vars: &mut Bindings) -> Tri {
        match vars.get(var) {
            Some(bound) => self.same(&bound.clone(), value),
            None => {
                vars.set(var, value.clone());
                Tri::Yes
            }
        }
    }

    /// Yes if `test` holds for one alternative; the captures of the first that does are kept.
    fn match_alternatives(
        &self,
        value: &Val,
        vars: &mut Bindings,
        test: impl Fn(&Val, &mut Bindings) -> Tri,
    ) -> Tri {
        if let [single] = value.alternatives() {
            return test(single, vars);
        }
        let mut answer = Tri::No;
        for alternative in value.alternatives() {
            let mut trial = vars.clone();
            let tri = test(alternative, &mut trial);
            if tri == Tri::Yes {
                *vars = trial;
                return Tri::Yes;
            }
            answer = answer.or(|| tri);
        }
        answer
    }

    /// Notes that an answer hangs on an environment default, unless a deployment file sets the
    /// variable.
    fn note_default(&self, value: &Val) {
        if let Kind::Env(env) = &value.kind {
            let set = env.key.as_ref().is_some_and(|k| self.project.environment.contains_key(k));
            self.note(|n| n.env_default |= !set);
        }
    }

    /// Yes if `test` holds for one alternative of the value in force; notes what it hangs on.
    pub(super) fn each_in_force(&self, value: &Val, test: &dyn Fn(&Val) -> Tri) -> Tri {
        let mut answer = Tri::No;
        for alternative in value.alternatives() {
            let tri = match alternative.in_force() {
                None => Tri::Unknown,
                Some(v) => {
                    self.note_default(alternative);
                    match v.kind {
                        Kind::OneOf(_) => self.each_in_force(v, test),
                        Kind::Opaque | Kind::Param(..) => self.no_unless_unknown(v),
                        _ => test(v),
                    }
                }
            };
            answer = answer.or(|| tri);
        }
        answer
    }

    /// The answer when a value does not have the wanted form: unknown if nothing is known of it.
    pub(super) fn no_unless_unknown(&self, value: &Val) -> Tri {
        if value.is_unknown() || value.in_force().is_none() {
            self.note_param(value);
            return Tri::Unknown;
        }
        Tri::No
    }

    /// The same, of a value that must come from a call, an attribute or an item: what an operator
    /// makes does not.
    fn not_unless_unmade(&self, value: &Val) -> Tri {
        let made = value.origin.as_ref().map(|origin| self.project.term(origin.term));
        match made {
            Some(Term::Op(Op::Compare(_) | Op::Unary(_) | Op::Binary(_), _) | Term::Concat(_)) => {
                Tri::No
            }
            _ => self.no_unless_unknown(value),
        }
    }

    /// Whether a value is the library (or builtin) thing at `path`: by name, or as an attribute
    /// of an object of a class.
    pub fn path_is(&self, value: &Val, path: &[Symbol]) -> Tri {
        match &value.kind {
            Kind::Lib(own) => Tri::from_bool(**own == *path),
            Kind::Opaque | Kind::Param(..) | Kind::Env(_) | Kind::Const(_) | Kind::Setting(_) => {
                let Some(origin) = &value.origin else { return Tri::No };
                let Term::Attr(object, name) = self.project.term(origin.term) else {
                    return self.not_unless_unmade(value);
                };
                let Some((last, class)) = path.split_last() else { return Tri::No };
                if name != last || class.is_empty() {
                    return Tri::No;
                }
                let object = self.eval(*object, &origin.frame);
                self.is_class_or_below(&object, class)
            }
            _ => Tri::No,
        }
    }

    /// Whether an object is the library thing at `path`, or an instance of the class there.
    pub(super) fn is_class_or_below(&self, object: &Val, path: &[Symbol]) -> Tri {
        if matches!(&object.kind, Kind::Lib(own) if **own == *path) {
            return Tri::Yes;
        }
        match self.type_of_val(object) {
            Some(ty) => Tri::from_bool(self.is_subclass(&ty, path)),
            None => self.no_unless_unknown(object),
        }
    }

    fn match_attr(
        &self,
        value: &Val,
        vars: &mut Bindings,
        object: &Pat,
        name_matches: impl Fn(Symbol, &mut Bindings) -> Tri,
    ) -> Tri {
        if let Kind::Lib(path) = &value.kind
            && let Some((last, rest)) = path.split_last().filter(|(_, rest)| !rest.is_empty())
        {
            let owner = Val::new(Kind::Lib(rest.into()));
            return name_matches(*last, vars).and(|| self.match_pat(object, &owner, vars));
        }
        let Some(origin) = &value.origin else { return Tri::No };
        match self.project.term(origin.term) {
            Term::Attr(actual, name) => name_matches(*name, vars).and(|| {
                let owner = self.eval(*actual, &origin.frame);
                self.match_pat(object, &owner, vars)
            }),
            _ => self.not_unless_unmade(value),
        }
    }

    fn match_item(&self, value: &Val, vars: &mut Bindings, object: &Pat, key: &Pat) -> Tri {
        let Some(origin) = &value.origin else { return Tri::No };
        match self.project.term(origin.term) {
            Term::Item(actual, actual_key) => {
                let owner = self.eval(*actual, &origin.frame);
                self.match_pat(object, &owner, vars).and(|| {
                    let actual_key = self.eval(*actual_key, &origin.frame);
                    self.match_pat(key, &actual_key, vars)
                })
            }
            _ => self.not_unless_unmade(value),
        }
    }

    /// Matches a call pattern against a call term.
    pub fn match_call(
        &self,
        func: &Pat,
        args: &[ArgPat],
        open: bool,
        origin: &Origin,
        vars: &mut Bindings,
    ) -> Tri {
        let Term::Call { func: actual, args: given } = self.project.term(origin.term) else {
            return Tri::No;
        };
        let frame = &origin.frame;
        let (tri, signature) = match func {
            Pat::Path(path) => {
                let callee = self.callee(*actual, frame);
                (self.callee_is(&callee, path), Some(path.clone()))
            }
            Pat::Attr(..) | Pat::AttrVar(..) => self.match_method(func, *actual, frame, vars),
            _ => {
                let value = self.eval(*actual, frame);
                (self.match_pat(func, &value, vars), None)
            }
        };
        tri.and(|| {
            let actuals = self.actuals(given, frame);
            let model = signature.and_then(|path| self.call_model(&path));
            self.match_args(args, open, &actuals, model, vars)
        })
    }

    /// A method pattern on a metavariable or call: `$R.set_cookie(…)`.
    fn match_method(
        &self,
        func: &Pat,
        actual: TermId,
        frame: &Arc<Frame>,
        vars: &mut Bindings,
    ) -> (Tri, Option<Vec<Symbol>>) {
        let Term::Attr(object, name) = &self.project.ir(frame.func).terms[actual] else {
            return (Tri::No, None);
        };
        let (owner, tri) = match func {
            Pat::Attr(owner, wanted) => (owner, Tri::from_bool(wanted == name)),
            Pat::AttrVar(owner, var) => {
                let text = Val::text(self.project.name(*name));
                (owner, self.match_var(*var, &text, vars))
            }
            _ => return (Tri::No, None),
        };
        if tri == Tri::No {
            return (Tri::No, None);
        }
        let receiver = self.eval(*object, frame);
        let tri = tri.and(|| self.match_pat(owner, &receiver, vars));
        // A typed receiver tells the signature, so that positional is keyword here too.
        (tri, self.called_path(actual, frame))
    }

    /// Whether a callee is the function, class or method at `path`.
    pub fn callee_is(&self, callee: &Callee, path: &[Symbol]) -> Tri {
        match callee {
            Callee::Lib(own) => Tri::from_bool(own == path),
            // The object is of the class, or is the attribute that the path names.
            Callee::Method { class, name, ty, receiver } => {
                let Some((last, owner)) = path.split_last() else { return Tri::No };
                if name != last || owner.is_empty() {
                    return Tri::No;
                }
                let is_of = class == owner || self.is_subclass(ty, owner);
                Tri::from_bool(is_of || self.path_is(receiver, owner) == Tri::Yes)
            }
            Callee::Class(class) => Tri::from_bool(self.is_subclass(&Ty::Class(*class), path)),
            Callee::Fn { func, .. } => Tri::from_bool(self.is_named_so(*func, path)),
            Callee::Unknown { name, receiver } => match (name, receiver, path.split_last()) {
                (Some(name), Some(receiver), Some((last, owner)))
                    if name == last && owner.len() > 1 =>
                {
                    match self.path_is(receiver, owner) {
                        Tri::Yes => Tri::Yes,
                        _ => self.no_unless_unknown(receiver),
                    }
                }
                _ => Tri::No,
            },
        }
    }

    /// What the configuration calls a function of the project, if it speaks of it.
    pub(super) fn declared_path(&self, func: FnRef) -> Option<&[Symbol]> {
        let declared = self.project.rules.library.declared.iter();
        let found = declared.filter(|path| self.is_named_so(func, path));
        found.max_by_key(|path| path.len()).map(Vec::as_slice)
    }

    /// Whether a function of the project is the one that the configuration names so.
    fn is_named_so(&self, func: FnRef, path: &[Symbol]) -> bool {
        let project = self.project;
        let declared = &project.rules.library.declared;
        if declared.is_empty() || path.last() != Some(&project.ir(func).name) {
            return false;
        }
        let file = &project.units[func.unit].path;
        let module = file.trim_end_matches(".py").trim_end_matches("/__init__").replace('/', ".");
        let own = format!("{module}.{}", project.symbol_of(func));
        let names: Vec<&str> = path.iter().map(|part| project.name(*part)).collect();
        let wanted = names.join(".");
        // The folder that imports start at may lie below the one that is scanned.
        let is_it =
            own.strip_suffix(&wanted).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        is_it && declared.contains(path)
    }

    fn match_args(
        &self,
        pats: &[ArgPat],
        open: bool,
        actuals: &Actuals,
        model: Option<&CallModel>,
        vars: &mut Bindings,
    ) -> Tri {
        let bound = model.map(|model| (model, self.bind_model(model, actuals)));
        let mut answer = Tri::Yes;
        let mut position = 0;
        for pat in pats {
            let value = match (&bound, pat.name) {
                (Some((model, bound)), None) => by_position(model, bound, position),
                (Some((_, bound)), Some(name)) => bound.get(name),
                (None, None) => match actuals.positional.get(position) {
                    Some(value) => value.clone(),
                    None => not_given(actuals.star_open),
                },
                (None, Some(name)) => {
                    let given = actuals.keywords.iter().rev().find(|(n, _)| *n == name);
                    given.map_or_else(|| not_given(actuals.kw_open), |(_, v)| v.clone())
                }
            };
            position += usize::from(pat.name.is_none());
            answer = answer.and(|| match (&value.kind, &pat.value) {
                (Kind::Absent, Pat::Var(_)) => self.match_pat(&pat.value, &value, vars),
                (Kind::Absent, _) => Tri::No,
                _ => self.match_pat(&pat.value, &value, vars),
            });
            if answer == Tri::No {
                return Tri::No;
            }
        }
        if open {
            return answer;
        }
        let given = match &bound {
            Some((_, bound)) => bound.given,
            None => actuals.positional.len() + actuals.keywords.len(),
        };
        answer.and(|| Tri::from_bool(given <= pats.len()))
    }

    fn match_dict(&self, pats: &[(Pat, Pat)], open: bool, value: &Val, vars: &mut Bindings) -> Tri {
        let Some(dict) = value.in_force().and_then(Val::as_dict) else {
            return self.no_unless_unknown(value);
        };
        self.note_default(value);
        let mut answer = Tri::Yes;
        for (key_pat, value_pat) in pats {
            let mut found = if dict.open {
                self.note_param(value);
                Tri::Unknown
            } else {
                Tri::No
            };
            for (key, item) in &dict.entries {
                let mut trial = vars.clone();
                let tri = self
                    .match_pat(key_pat, key, &mut trial)
                    .and(|| self.match_pat(value_pat, item, &mut trial));
                if tri == Tri::Yes {
                    *vars = trial;
                    found = Tri::Yes;
                    break;
                }
                // A known key with another value settles it: the dict has one value per key.
                if matches!(key_pat, Pat::Const(_)) && key.as_const().is_some() {
                    let same_key = self.match_pat(key_pat, key, &mut vars.clone());
                    if same_key == Tri::Yes {
                        found = tri;
                        break;
                    }
                }
                found = found.or(|| tri);
            }
            answer = answer.and(|| found);
        }
        if !open && !dict.open && dict.entries.len() > pats.len() {
            return Tri::No;
        }
        answer
    }

    fn match_items(
        &self,
        pats: &[Option<Pat>],
        items: &[Val],
        open: bool,
        vars: &mut Bindings,
    ) -> Tri {
        match pats.split_first() {
            None if items.is_empty() => {
                if open {
                    Tri::Unknown
                } else {
                    Tri::Yes
                }
            }
            None => Tri::No,
            Some((None, [])) => Tri::Yes,
            Some((None, rest)) => {
                let mut answer = if open { Tri::Unknown } else { Tri::No };
                for start in 0..=items.len() {
                    let mut trial = vars.clone();
                    let tri = self.match_items(rest, &items[start..], open, &mut trial);
                    if tri == Tri::Yes {
                        *vars = trial;
                        return Tri::Yes;
                    }
                    answer = answer.or(|| tri);
                }
                answer
            }
            Some((Some(pat), rest)) => match items.split_first() {
                Some((item, others)) => self
                    .match_pat(pat, item, vars)
                    .and(|| self.match_items(rest, others, open, vars)),
                None if open => Tri::Unknown,
                None => Tri::No,
            },
        }
    }

    fn match_op(&self, op: Op, pats: &[Pat], value: &Val, vars: &mut Bindings) -> Tri {
        let Some(origin) = &value.origin else { return Tri::No };
        let Term::Op(actual, operands) = self.project.term(origin.term) else {
            return self.no_unless_unknown(value);
        };
        if *actual != op || operands.len() < pats.len() {
            return Tri::No;
        }
        // `a + b + c` is `(a + b) + c`: the first pattern stands for all surplus operands.
        let surplus = operands.len() - pats.len();
        let mut answer = Tri::Yes;
        for (index, pat) in pats.iter().enumerate() {
            answer = answer.and(|| {
                if index == 0 && surplus > 0 {
                    return self.match_pat(pat, &Val::opaque(), vars);
                }
                let operand = self.operand(pat, operands[index + surplus], origin);
                self.match_pat(pat, &operand, vars)
            });
        }
        answer
    }

    /// An operand as a pattern sees it: for a pattern of an attribute, an attribute is what is
    /// written there, whatever it evaluates to (a column of a class, what a constructor stores).
    fn operand(&self, pat: &Pat, operand: TermId, origin: &Origin) -> Val {
        let mut value = self.eval(operand, &origin.frame);
        let term = TermRef { func: origin.term.func, term: operand };
        if matches!(pat, Pat::Attr(..) | Pat::AttrVar(..))
            && matches!(self.project.term(term), Term::Attr(..))
            && !matches!(value.kind, Kind::Lib(_))
        {
            value.origin = Some(Origin { term, frame: origin.frame.clone() });
        }
        value
    }
}

fn by_position(model: &CallModel, bound: &BoundArgs, position: usize) -> Val {
    use crate::syntax::ast::ParamKind;
    let positional =
        |kind: ParamKind| matches!(kind, ParamKind::PositionalOnly | ParamKind::Normal);
    let mut named = model.params.iter().filter(|p| positional(p.kind));
    match named.nth(position) {
        Some(param) => bound.get(param.name),
        None => {
            let declared = model.params.iter().filter(|p| positional(p.kind)).count();
            match bound.extra.get(position - declared) {
                Some(value) => value.clone(),
                None => not_given(bound.open),
            }
        }
    }
}

fn not_given(open: bool) -> Val {
    Val::new(if open { Kind::Opaque } else { Kind::Absent })
}
