//! Whether something can be called with given arguments.

use super::tri::Tri;
use super::value::{Kind, Val};
use super::{Cx, FnRef};
use crate::base::Symbol;
use crate::facts::{Const, Param};
use crate::syntax::ast::ParamKind;

impl Cx<'_, '_> {
    /// Whether a function, or the one a dotted string names, takes so many arguments by position
    /// and these by name. What a decorator makes of a function is not known.
    pub(super) fn accepts(&self, value: &Val, positional: usize, keywords: &[Symbol]) -> Tri {
        match &value.kind {
            Kind::Function(func) => self.takes(*func, positional, keywords),
            Kind::Const(Const::Str(text)) => {
                let unit = value.origin.as_ref().map(|origin| origin.term.func.unit);
                match unit.and_then(|unit| self.lookup_dotted_path(text, unit)) {
                    Some(Val { kind: Kind::Function(func), .. }) => {
                        self.takes(func, positional, keywords)
                    }
                    _ => Tri::Unknown,
                }
            }
            Kind::Const(_) | Kind::Absent => Tri::No,
            _ => Tri::Unknown,
        }
    }

    fn takes(&self, func: FnRef, positional: usize, keywords: &[Symbol]) -> Tri {
        let ir = self.project.ir(func);
        if !ir.decorators.is_empty() || ir.class.is_some() {
            return Tri::Unknown;
        }
        Tri::from_bool(binds(&ir.params, positional, keywords))
    }
}

/// Python's rules for calls: every argument finds a parameter, every parameter without a default
/// an argument, and none finds two.
fn binds(params: &[Param], positional: usize, keywords: &[Symbol]) -> bool {
    use ParamKind::{KeywordOnly, KwArgs, Normal, PositionalOnly, VarArgs};
    let by_position = params.iter().filter(|p| matches!(p.kind, PositionalOnly | Normal));
    let filled: Vec<Symbol> = by_position.take(positional).map(|p| p.name).collect();
    let has = |kind: ParamKind| params.iter().any(|p| p.kind == kind);
    let by_name = |p: &Param| matches!(p.kind, Normal | KeywordOnly) && keywords.contains(&p.name);
    let is_taken = |name: &Symbol| {
        let known =
            params.iter().any(|p| p.name == *name && matches!(p.kind, Normal | KeywordOnly));
        if known { !filled.contains(name) } else { has(KwArgs) }
    };
    (filled.len() == positional || has(VarArgs))
        && keywords.iter().all(is_taken)
        && params.iter().all(|p| {
            matches!(p.kind, VarArgs | KwArgs)
                || p.default.is_some()
                || filled.contains(&p.name)
                || by_name(p)
        })
}
