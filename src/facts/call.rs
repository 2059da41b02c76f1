//! Calls, and what they do to local containers.

use super::body::Body;
use super::ir::{ArgTerm, ImportedName, Mutation, Term, TermId};
use crate::base::{Span, Symbol};
use crate::syntax::ast::{Arg, ArgKind, ExprId, ExprKind};

impl<'a> Body<'_, 'a> {
    /// `func(args)`
    pub fn call(&mut self, func: ExprId, args: &'a [Arg], span: Span) -> TermId {
        let func_term = self.expr(func);
        let arg_terms = self.args(args);
        let call = self.evaluated(Term::Call { func: func_term, args: arg_terms.into() }, span);
        if !matches!(self.terms.get(call), Term::Call { .. }) {
            return call;
        }
        if self.makes_container(func_term) {
            self.terms.mark_container(call);
        }
        self.mutate_receiver(func, func_term, call, span);
        self.escape_args(args, call, span);
        call
    }

    /// Arguments (or class bases) in source order.
    pub fn args(&mut self, args: &'a [Arg]) -> Vec<ArgTerm> {
        let ast = self.file.ast;
        args.iter()
            .map(|arg| {
                let value = self.given(arg.value);
                ArgTerm { kind: arg.kind, value, span: ast.exprs[arg.value].span }
            })
            .collect()
    }

    /// A call the program makes without writing it.
    pub fn call_term<const N: usize>(
        &mut self,
        func: TermId,
        args: [(TermId, Span); N],
        span: Span,
    ) -> TermId {
        let kind = ArgKind::Positional;
        let args = args.map(|(value, span)| ArgTerm { kind, value, span });
        self.evaluated(Term::Call { func, args: args.into() }, span)
    }

    /// `dict(…)`, `x.copy()`: whether the result is a new container.
    fn makes_container(&self, func: TermId) -> bool {
        let name = match self.terms.get(func) {
            Term::Global(name) => *name,
            Term::Import(import) => match self.file.imports[*import].name {
                ImportedName::One(name) => name,
                _ => return false,
            },
            Term::Attr(_, name) => return self.file.known.makers[8..].contains(name),
            _ => return false,
        };
        self.file.known.makers.contains(&name)
    }

    /// `x.update(…)`, `x["a"].append(…)`: a new version of `x`.
    fn mutate_receiver(&mut self, func: ExprId, func_term: TermId, call: TermId, span: Span) {
        let ast = self.file.ast;
        let ExprKind::Attr { value, attr } = &ast.exprs[func].kind else { return };
        if !self.file.scopes.mutators.contains(&attr.name) || self.root_slot(*value).is_none() {
            return;
        }
        let Term::Attr(receiver, name) = *self.terms.get(func_term) else { return };
        let Term::Call { args, .. } = self.terms.get(call) else { return };
        let op = Mutation::Method { name, args: args.clone(), call };
        self.update(*value, receiver, op, span);
    }

    /// The name at the root of `name[key][key]`.
    fn root_name(&self, mut expr: ExprId) -> Option<Symbol> {
        loop {
            match &self.file.ast.exprs[expr].kind {
                ExprKind::Name(name) => return Some(*name),
                ExprKind::Subscript { value, .. } => expr = *value,
                _ => return None,
            }
        }
    }

    fn root_slot(&self, expr: ExprId) -> Option<u32> {
        self.local_slot(self.root_name(expr)?)
    }

    /// Rebinds the local name at the root of `object` (a name or `name[key]…`, lowered as
    /// `object_term`) to its value after `op`.
    pub fn update(&mut self, object: ExprId, object_term: TermId, op: Mutation, span: Span) {
        let Some(slot) = self.root_slot(object) else { return };
        if self.is_by_name(slot) {
            return;
        }
        let Some(path) = self.path(object, object_term) else { return };
        let base = self.value(slot, span);
        let updated = self.add(Term::Update { base, path: path.into(), op }, span);
        self.env.set(slot, updated);
    }

    /// The keys from the root to the object. The terms were made when the object was lowered.
    fn path(&self, mut object: ExprId, mut term: TermId) -> Option<Vec<TermId>> {
        let mut path = Vec::new();
        while let ExprKind::Subscript { value, .. } = &self.file.ast.exprs[object].kind {
            let Term::Item(inner, key) = *self.terms.get(term) else { return None };
            path.push(key);
            object = *value;
            term = inner;
        }
        path.reverse();
        Some(path)
    }

    /// Local containers passed to a call may be changed by it.
    fn escape_args(&mut self, args: &'a [Arg], call: TermId, span: Span) {
        let ast = self.file.ast;
        for arg in args {
            if !matches!(arg.kind, ArgKind::Positional | ArgKind::Keyword(_)) {
                continue;
            }
            let ExprKind::Name(name) = ast.exprs[arg.value].kind else { continue };
            let Some(slot) = self.local_slot(name) else { continue };
            let Some(base) = self.env.get(slot) else { continue };
            let base = self.terms.find(base);
            let twice =
                matches!(self.terms.get(base), Term::Escaped { call: by, .. } if *by == call);
            if self.terms.is_container(base) && !twice {
                let escaped = self.add(Term::Escaped { base, call }, span);
                self.env.set(slot, escaped);
            }
        }
    }
}
