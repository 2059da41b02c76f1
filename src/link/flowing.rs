//! What the solver of flows asks of single terms: the labels they are born with, what sanitizes
//! them, which roles of a concept a store is.

use super::index::StoreSite;
use super::tri::{Bindings, Tri};
use super::types::Ty;
use super::value::{Frame, Kind, Origin, Val};
use super::{Cx, TermRef};
use crate::base::Symbol;
use crate::facts::{InstrKind, Place, Term};
use crate::rule::library::RoleRoot;
use crate::rule::model::{Pat, PatternKind};

impl Cx<'_, '_> {
    /// A term as the value it makes, seen from the term itself.
    pub fn as_written(&self, term: TermRef) -> Val {
        let frame = Frame::open(term.func);
        let mut value = self.eval(term.term, &frame);
        value.origin = Some(Origin { term, frame });
        value
    }

    /// The labels that library models say a term is born with.
    pub fn born_labels(&self, term: TermRef) -> Vec<Symbol> {
        let value = self.as_written(term);
        let mut labels = self.attribute_labels(&value);
        labels.extend(self.url_labels(&value));
        if let Term::Call { func, .. } = self.project.term(term) {
            let frame = Frame::open(term.func);
            let model = self.library_model(*func, &frame);
            labels.extend(model.iter().flat_map(|m| &m.returns_labels));
        }
        for source in self.project.sources.of(&self.origin_names(&value)) {
            if self.is_declared(source, &value) {
                labels.extend(&source.labels);
            }
        }
        labels
    }

    /// The names of the fields that objects of a type have, as far as they are declared.
    pub fn field_names(&self, ty: &Ty) -> Vec<Symbol> {
        let mut names = Vec::new();
        for ty in self.mro(ty) {
            match ty {
                Ty::Class(class) => {
                    let fact = self.project.class(class);
                    names.extend(fact.annotated.iter().map(|(name, ..)| *name));
                    names.extend(fact.attrs.iter().map(|(name, ..)| *name));
                }
                Ty::Lib(path) => {
                    let described = self.project.rules.library.types.get(&path);
                    names.extend(described.iter().flat_map(|ty| &ty.fields).map(|(name, _)| *name));
                }
            }
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether library models say that an attribute of objects of a type carries labels.
    pub fn labels_attribute(&self, ty: &Ty, name: Symbol) -> bool {
        let types = &self.project.rules.library.types;
        self.mro(ty).iter().any(|ty| match ty {
            Ty::Lib(path) => types.get(path).is_some_and(|ty| ty.labels.contains_key(&name)),
            Ty::Class(_) => false,
        })
    }

    /// The labels that a call keeps, and those it adds, if it is a declared sanitizer.
    pub fn sanitizes(&self, call: TermRef) -> Option<(Vec<Symbol>, Vec<Symbol>)> {
        let value = Val::opaque().from_origin(Origin { term: call, frame: Frame::open(call.func) });
        self.sanitized(&value)
    }

    /// The roles that the value of an assignment has in those of `concepts` that are defined by
    /// assignments.
    pub fn stored_roles(&self, site: StoreSite, concepts: &[Symbol]) -> Vec<(Symbol, Vec<Symbol>)> {
        let mut found = Vec::new();
        let frame = Frame::open(site.func);
        let instr = &self.project.ir(site.func).blocks[site.node].instrs[site.instr];
        for concept in concepts {
            let Some(known) = self.project.rules.library.concepts.get(concept) else { continue };
            for pattern in &known.patterns {
                let PatternKind::Assign { target, value: Pat::Var(var) } = &pattern.pattern.kind
                else {
                    continue;
                };
                if !same_shape(target, &instr.kind) {
                    continue;
                }
                self.refuel();
                let mut vars = Bindings::new(pattern.vars.len());
                let matched =
                    self.match_store(target, Some(&Pat::Var(*var)), site, &frame, &mut vars);
                if matched != Tri::Yes || self.holds_all(&pattern.wheres, &mut vars) != Tri::Yes {
                    continue;
                }
                let roles = pattern.roles.iter();
                let own = roles.filter(|(_, expr)| expr.root == RoleRoot::Var(*var));
                found.push((*concept, own.map(|(name, _)| *name).collect()));
            }
        }
        found
    }

    /// Whether a term itself reads a variable of the environment.
    pub fn reads_variable(&self, term: TermRef) -> bool {
        let value = self.eval(term.term, &Frame::open(term.func));
        let made_here = value.origin.as_ref().is_some_and(|origin| origin.term == term);
        made_here && matches!(value.kind, Kind::Env(_))
    }
}

/// Whether an assignment is to the kind of place that a pattern speaks of.
fn same_shape(target: &Pat, instr: &InstrKind) -> bool {
    match instr {
        InstrKind::Store { place: Place::Item(..), .. } => matches!(target, Pat::Item(..)),
        InstrKind::Store { place: Place::Attr(..), .. } => {
            matches!(target, Pat::Attr(..) | Pat::AttrVar(..) | Pat::Path(_))
        }
        _ => false,
    }
}
