//! Concepts: named sets of calls and patterns with roles.

use super::Cx;
use super::args::{BoundArgs, Callee, default_val};
use super::tri::{Bindings, Tri};
use super::value::{Kind, Origin, Val};
use crate::base::Symbol;
use crate::facts::Term;
use crate::rule::library::{ConceptPattern, RoleCond, RoleExpr, RoleRoot};
use crate::rule::model::{Pat, PatternKind};

/// Where role values come from.
struct RoleSource<'a> {
    bound: &'a BoundArgs,
    receiver: Option<&'a Val>,
    result: &'a Val,
    vars: Option<&'a Bindings>,
}

impl Cx<'_, '_> {
    /// Matches a concept: one of its declared calls or patterns, with the wanted roles.
    pub fn match_concept(
        &self,
        name: Symbol,
        roles: &[(Symbol, Pat)],
        value: &Val,
        vars: &mut Bindings,
    ) -> Tri {
        let Some(concept) = self.project.rules.library.concepts.get(&name) else {
            return Tri::No;
        };
        let mut answer = Tri::No;
        if let Some(origin) = self.call_origin(value) {
            let mut trial = vars.clone();
            let tri =
                self.match_concept_call(name, &concept.calls, roles, value, origin, &mut trial);
            if tri == Tri::Yes {
                *vars = trial;
                return Tri::Yes;
            }
            answer = tri;
            let mut trial = vars.clone();
            let tri = self.match_lookup(name, roles, value, origin, &mut trial);
            if tri == Tri::Yes {
                *vars = trial;
                return Tri::Yes;
            }
            answer = answer.or(|| tri);
        }
        for pattern in &concept.patterns {
            let PatternKind::Expr(pat) = &pattern.pattern.kind else { continue };
            let mut inner = Bindings::new(pattern.vars.len());
            let matched = self.match_pat(pat, value, &mut inner);
            let mut trial = vars.clone();
            let tri = matched.and(|| self.concept_roles(pattern, roles, value, inner, &mut trial));
            if tri == Tri::Yes {
                *vars = trial;
                return Tri::Yes;
            }
            answer = answer.or(|| tri);
        }
        answer
    }

    /// Last names of the calls that are, or may be, a concept; not those of its patterns.
    pub fn concept_names(&self, name: Symbol) -> Vec<Symbol> {
        let concept = self.project.rules.library.concepts.get(&name);
        let calls = concept.into_iter().flat_map(|concept| &concept.calls);
        let mut names: Vec<Symbol> = calls.filter_map(|path| path.last()).copied().collect();
        names.extend(self.lookup_names(name));
        names.sort_unstable();
        names.dedup();
        names
    }

    fn match_concept_call(
        &self,
        name: Symbol,
        calls: &[Vec<Symbol>],
        roles: &[(Symbol, Pat)],
        value: &Val,
        origin: &Origin,
        vars: &mut Bindings,
    ) -> Tri {
        let Term::Call { func, args } = self.project.term(origin.term) else { return Tri::No };
        let callee = self.callee(*func, &origin.frame);
        let last = |path: &[Symbol]| path.last().copied();
        let callee_name = match &callee {
            Callee::Lib(path) => last(path),
            Callee::Method { name, .. } => Some(*name),
            Callee::Unknown { name, .. } => *name,
            Callee::Class(_) | Callee::Fn { .. } => None,
        };
        let mut answer = Tri::No;
        for path in calls {
            if callee_name.is_some() && callee_name != last(path) {
                continue;
            }
            let tri = self.callee_is(&callee, path);
            if tri == Tri::No {
                continue;
            }
            let Some(model) = self.call_model(path) else { continue };
            if !model.is.contains(&name) {
                continue;
            }
            let bound = self.bind_model(model, &self.actuals(args, &origin.frame));
            let receiver = match &callee {
                Callee::Method { receiver, .. } => Some(receiver),
                _ => None,
            };
            let source = RoleSource { bound: &bound, receiver, result: value, vars: None };
            let tri = tri
                .and(|| match &model.unless {
                    Some(cond) => !self.role_cond(cond, &source),
                    None => Tri::Yes,
                })
                .and(|| self.match_roles(&model.roles, roles, &source, vars));
            answer = answer.or(|| tri);
        }
        answer
    }

    fn match_roles(
        &self,
        declared: &crate::base::FxHashMap<Symbol, RoleExpr>,
        wanted: &[(Symbol, Pat)],
        source: &RoleSource<'_>,
        vars: &mut Bindings,
    ) -> Tri {
        let mut answer = Tri::Yes;
        for (role, pat) in wanted {
            let Some(expr) = declared.get(role) else { return Tri::No };
            let value = self.role_value(expr, source);
            answer = answer.and(|| self.match_pat(pat, &value, vars));
            if answer == Tri::No {
                break;
            }
        }
        answer
    }

    /// Roles of a concept that is defined by a pattern.
    pub(super) fn concept_roles(
        &self,
        pattern: &ConceptPattern,
        roles: &[(Symbol, Pat)],
        value: &Val,
        mut inner: Bindings,
        vars: &mut Bindings,
    ) -> Tri {
        self.holds_all(&pattern.wheres, &mut inner).and(|| {
            let bound = BoundArgs::default();
            let receiver = self.receiver_of(value);
            let source = RoleSource {
                bound: &bound,
                receiver: receiver.as_ref(),
                result: value,
                vars: Some(&inner),
            };
            self.match_roles(&pattern.roles, roles, &source, vars)
        })
    }

    fn receiver_of(&self, value: &Val) -> Option<Val> {
        let origin = value.origin.as_ref()?;
        let func = match self.project.term(origin.term) {
            Term::Call { func, .. } => *func,
            Term::Item(object, _) => return Some(self.eval(*object, &origin.frame)),
            _ => origin.term.term,
        };
        match &self.project.ir(origin.term.func).terms[func] {
            Term::Attr(object, _) => Some(self.eval(*object, &origin.frame)),
            _ => None,
        }
    }

    fn role_value(&self, expr: &RoleExpr, source: &RoleSource<'_>) -> Val {
        let root = match &expr.root {
            RoleRoot::Param(name) => source.bound.get(*name),
            RoleRoot::Receiver => source.receiver.cloned().unwrap_or_else(Val::opaque),
            RoleRoot::Result => source.result.clone(),
            RoleRoot::Var(var) => {
                source.vars.and_then(|v| v.get(*var)).cloned().unwrap_or_else(Val::opaque)
            }
            RoleRoot::Const(constant) => default_val(constant),
        };
        let mut value = root;
        for key in &expr.path {
            value = self.part(&value, key);
        }
        match (&value.kind, &expr.default) {
            (Kind::Absent, Some(default)) => default_val(default),
            _ => value,
        }
    }

    /// The part of a dict below a key: absent when the dict is known not to have it.
    pub(super) fn part(&self, value: &Val, key: &str) -> Val {
        let Some(in_force) = value.in_force() else { return Val::opaque() };
        match &in_force.kind {
            Kind::Dict(dict) => match super::mutate::entry(dict, &Val::text(key)) {
                Some(found) => found.clone(),
                None if dict.open => {
                    self.note_param(value);
                    Val::opaque()
                }
                None => Val::new(Kind::Absent),
            },
            Kind::OneOf(values) => {
                super::value::one_of(values.iter().map(|v| self.part(v, key)).collect())
            }
            Kind::Opaque | Kind::Param(..) => {
                self.note_param(in_force);
                Val::opaque()
            }
            _ => Val::new(Kind::Absent),
        }
    }

    fn role_cond(&self, cond: &RoleCond, source: &RoleSource<'_>) -> Tri {
        let left = self.role_value(&cond.left, source);
        let tri = if matches!(left.kind, Kind::Absent) {
            Tri::No
        } else {
            self.match_pat(&Pat::Const(cond.right.clone()), &left, &mut Bindings::default())
        };
        if cond.negated { !tri } else { tri }
    }
}
