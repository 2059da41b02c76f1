//! Assignments against patterns, and whether two values are one.

use std::sync::Arc;

use super::ops::equal;
use super::tri::{Bindings, Tri};
use super::value::{Frame, Kind, Origin, Val};
use super::{Cx, TermRef};
use crate::base::Symbol;
use crate::facts::{Place, Term, TermId};
use crate::rule::model::Pat;

/// What a statement pattern looks at.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    /// A name of the body (or of a class).
    Name(Symbol),
    /// Another place.
    Place(&'a Place),
}

impl Cx<'_, '_> {
    /// Matches `target = value` (also `del target`, without a value).
    pub fn match_assign(
        &self,
        target: &Pat,
        value: Option<(&Pat, TermId)>,
        place: Target<'_>,
        frame: &Arc<Frame>,
        vars: &mut Bindings,
    ) -> Tri {
        let tri = match (target, place) {
            (Pat::Var(var), Target::Name(name)) => {
                self.match_var(*var, &Val::text(self.project.name(name)), vars)
            }
            (Pat::Any, _) => Tri::Yes,
            (Pat::Path(path), Target::Name(name)) => Tri::from_bool(path[..] == [name]),
            (Pat::Path(path), Target::Place(Place::Attr(object, name))) => {
                let Some((last, class)) = path.split_last() else { return Tri::No };
                if name != last || class.is_empty() {
                    return Tri::No;
                }
                let object = self.eval(*object, frame);
                self.is_class_or_below(&object, class)
            }
            (Pat::Attr(object, wanted), Target::Place(Place::Attr(actual, name))) => {
                Tri::from_bool(wanted == name).and(|| {
                    let actual = self.eval(*actual, frame);
                    self.match_pat(object, &actual, vars)
                })
            }
            (Pat::AttrVar(object, var), Target::Place(Place::Attr(actual, name))) => {
                let actual = self.eval(*actual, frame);
                self.match_pat(object, &actual, vars)
                    .and(|| self.match_var(*var, &Val::text(self.project.name(*name)), vars))
            }
            (Pat::Item(object, key), Target::Place(Place::Item(actual, actual_key))) => {
                let actual = self.eval(*actual, frame);
                self.match_pat(object, &actual, vars).and(|| {
                    let actual_key = self.eval(*actual_key, frame);
                    self.match_pat(key, &actual_key, vars)
                })
            }
            _ => Tri::No,
        };
        tri.and(|| match value {
            Some((pat, term)) => {
                let value = self.eval(term, frame);
                self.match_pat(pat, &value, vars)
            }
            None => Tri::Yes,
        })
    }

    /// Whether two values are one: the join of metavariables.
    pub fn same(&self, a: &Val, b: &Val) -> Tri {
        match (&a.kind, &b.kind) {
            (Kind::Setting(x), Kind::Setting(y)) => {
                Tri::from_bool(x.framework == y.framework && x.path == y.path)
            }
            (Kind::Env(x), Kind::Env(y)) if x.key.is_some() && y.key.is_some() => {
                Tri::from_bool(x.key == y.key)
            }
            (Kind::Absent, Kind::Absent) => Tri::Yes,
            (Kind::Absent, _) | (_, Kind::Absent) => Tri::No,
            _ => match equal(a, b) {
                Some(answer) => Tri::from_bool(answer),
                None => match (&a.origin, &b.origin) {
                    (Some(x), Some(y)) => self.same_origin(x, y, 0),
                    _ => Tri::Unknown,
                },
            },
        }
    }

    /// Whether two terms denote the same object: the same term, or the same attribute or item
    /// of the same object. What an accessor gives is what it returns.
    fn same_origin(&self, a: &Origin, b: &Origin, depth: u32) -> Tri {
        let strip = |origin: &Origin| -> TermRef {
            let mut term = origin.term;
            while let Term::Update { base, .. } | Term::Escaped { base, .. } =
                self.project.term(term)
            {
                term.term = *base;
            }
            term
        };
        let (x, y) = (strip(a), strip(b));
        if x == y {
            return Tri::Yes;
        }
        if depth > 6 {
            return Tri::Unknown;
        }
        let below = |s: TermId, t: TermId| {
            let (s, t) = (self.eval(s, &a.frame), self.eval(t, &b.frame));
            match equal(&s, &t) {
                Some(answer) => Tri::from_bool(answer),
                None => match (&s.origin, &t.origin) {
                    (Some(s), Some(t)) => self.same_origin(s, t, depth + 1),
                    _ => Tri::Unknown,
                },
            }
        };
        match (self.project.term(x), self.project.term(y)) {
            (Term::Attr(s, n), Term::Attr(t, m)) => Tri::from_bool(n == m).and(|| below(*s, *t)),
            (Term::Item(s, k), Term::Item(t, l)) => below(*s, *t).and(|| below(*k, *l)),
            (Term::Param(_), _) | (_, Term::Param(_)) => Tri::Unknown,
            (Term::Call { .. }, _) | (_, Term::Call { .. }) => {
                let given = |origin: &Origin| match depth {
                    // Two calls of a factory give two objects.
                    0 => self.accessed(origin),
                    _ => self.given_by(origin, 0),
                };
                match (given(a), given(b)) {
                    (None, None) => Tri::No,
                    (x, y) => {
                        let (x, y) = (x.as_ref().unwrap_or(a), y.as_ref().unwrap_or(b));
                        self.same_origin(x, y, depth + 1)
                    }
                }
            }
            _ => Tri::No,
        }
    }
}
