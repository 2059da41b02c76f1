//! The places where a pattern may hold, by the names in it.

use super::Cx;
use super::TermRef;
use super::anchors::anchors;
use super::index::{Index, last_name};
use super::search::Spot;
use crate::base::{FxHashSet, Symbol};
use crate::facts::{FnKind, InstrKind, Term};
use crate::link::FnRef;
use crate::rule::library::ConceptPattern;
use crate::rule::model::{Pat, Pattern, PatternKind};

impl Cx<'_, '_> {
    /// The places that may match a pattern, by name, in the order of the files.
    pub(super) fn candidates(&self, pattern: &Pattern) -> Vec<Spot> {
        let mut found = Vec::new();
        match &pattern.kind {
            // Of patterns that are but a variable, rules demand that it is a literal which looks like
            // a credential.
            PatternKind::Expr(Pat::Var(_)) => {
                found.extend(self.terms_of(|term| matches!(term, Term::Secret(_))));
            }
            PatternKind::Expr(pat) => self.expression_candidates(pat, &mut found),
            PatternKind::Assign { target: Pat::Var(_) | Pat::Any, value } => {
                self.value_candidates(value, &mut found);
            }
            PatternKind::Assign { target, .. } | PatternKind::Delete(target) => {
                self.store_candidates(target, &mut found);
            }
            PatternKind::Return(_) | PatternKind::Raise(_) => {
                let exits = self.project.index.exits.iter();
                found.extend(exits.map(|&(func, term, span, raises)| Spot::Exit {
                    func,
                    term: Some(term),
                    span,
                    raises,
                }));
                if matches!(pattern.kind, PatternKind::Return(None)) {
                    let ends = self.project.index.ends.iter();
                    found.extend(ends.map(|&(func, span)| Spot::Exit {
                        func,
                        term: None,
                        span,
                        raises: false,
                    }));
                }
            }
            PatternKind::Function { decorators, .. } if decorators.is_empty() => {
                let units = self.project.units.iter_enumerated();
                found.extend(units.flat_map(|(unit, u)| {
                    let named =
                        u.facts.fns.iter_enumerated().filter(|(_, f)| f.kind == FnKind::Function);
                    named.map(move |(func, _)| Spot::Function(FnRef { unit, func }))
                }));
            }
            PatternKind::Function { .. } => {
                let decorated = self.project.index.decorated.iter();
                found.extend(decorated.map(|func| Spot::Function(*func)));
            }
        }
        let mut seen = FxHashSet::default();
        found.retain(|candidate| seen.insert(*candidate));
        found
    }

    fn expression_candidates(&self, pat: &Pat, found: &mut Vec<Spot>) {
        let index = &self.project.index;
        let calls = |name: Symbol| index.calls.get(&name).into_iter().flatten();
        match pat {
            Pat::Call { func, .. } => match &**func {
                Pat::Path(path) => {
                    found.extend(
                        path.last().into_iter().flat_map(|n| calls(*n)).map(|s| Spot::Call(*s)),
                    );
                }
                Pat::Attr(_, name) => found.extend(calls(*name).map(|s| Spot::Call(*s))),
                Pat::Alt(alternatives) => {
                    for alternative in alternatives {
                        if let Pat::Path(path) = alternative {
                            let name = path.last().into_iter();
                            found.extend(name.flat_map(|n| calls(*n)).map(|s| Spot::Call(*s)));
                        }
                    }
                }
                // A condition says what is called.
                Pat::Var(_) | Pat::Any => {
                    found.extend(index.all_calls.iter().map(|site| Spot::Call(*site)));
                }
                _ => {}
            },
            Pat::Concept { name, .. } => {
                let Some(concept) = self.project.rules.library.concepts.get(name) else { return };
                let names = self.concept_names(*name);
                found.extend(names.into_iter().flat_map(calls).map(|s| Spot::Call(*s)));
                for pattern in &concept.patterns {
                    self.concept_candidates(pattern, found);
                }
            }
            Pat::Path(path) => found.extend(self.attribute_sites(path.last())),
            Pat::Attr(_, name) => found.extend(self.attribute_sites(Some(name))),
            Pat::Item(object, _) => match object_name(object) {
                Some(name) => {
                    let sites = index.items.get(&name).into_iter().flatten();
                    found.extend(sites.map(|t| Spot::Expr(*t)));
                }
                None => {
                    found.extend(index.all_items.iter().map(|item| Spot::Expr(*item)));
                }
            },
            Pat::AttrVar(object, _) => {
                let name = object_name(object);
                let named = |spot: &Spot| match (name, spot) {
                    (Some(name), Spot::Expr(term)) => self.attribute_of(*term, name),
                    _ => true,
                };
                found.extend(self.terms_of(|term| matches!(term, Term::Attr(..))).filter(named));
            }
            Pat::Op(op, _) => {
                let same = index.operators.get(op).into_iter().flatten();
                found.extend(same.map(|t| Spot::Expr(*t)));
            }
            Pat::Alt(alternatives) => {
                for alternative in alternatives {
                    self.expression_candidates(alternative, found);
                }
            }
            Pat::Any | Pat::Var(_) | Pat::Const(_) | Pat::Dict { .. } | Pat::Seq { .. } => {}
        }
    }

    fn terms_of(&self, wanted: impl Fn(&Term) -> bool) -> impl Iterator<Item = Spot> {
        Index::terms(self.project, wanted).into_iter().map(Spot::Expr)
    }

    /// Whether an attribute is read of something with this last name.
    fn attribute_of(&self, term: TermRef, name: Symbol) -> bool {
        match self.project.term(term) {
            Term::Attr(object, _) => last_name(self, term.func, *object) == Some(name),
            _ => false,
        }
    }

    fn concept_candidates(&self, pattern: &ConceptPattern, found: &mut Vec<Spot>) {
        found.extend(self.candidates(&pattern.pattern));
    }

    fn attribute_sites(&self, name: Option<&Symbol>) -> impl Iterator<Item = Spot> + '_ {
        let sites = name.and_then(|n| self.project.index.attributes.get(n));
        sites.into_iter().flatten().map(|t| Spot::Expr(*t))
    }

    /// Stores of anything, by what is stored: a call that the value pattern may match, or any
    /// value when the pattern hangs on no name.
    fn value_candidates(&self, value: &Pat, found: &mut Vec<Spot>) {
        let mut made = Vec::new();
        self.expression_candidates(value, &mut made);
        let terms: FxHashSet<TermRef> = made
            .iter()
            .filter_map(|candidate| match candidate {
                Spot::Call(site) => Some(TermRef { func: site.func, term: site.term }),
                Spot::Expr(term) => Some(*term),
                _ => None,
            })
            .collect();
        if terms.is_empty() && anchors(value).is_none() && !matches!(value, Pat::Concept { .. }) {
            return self.store_candidates(&Pat::Any, found);
        }
        let stores = self.project.index.all_stores.iter().filter(|site| {
            let instr = &self.project.ir(site.func).blocks[site.node].instrs[site.instr];
            match &instr.kind {
                InstrKind::Bind { value, .. } | InstrKind::Store { value, .. } => {
                    terms.contains(&TermRef { func: site.func, term: *value })
                }
                _ => false,
            }
        });
        found.extend(stores.map(|site| Spot::Store(*site)));
    }

    fn store_candidates(&self, target: &Pat, found: &mut Vec<Spot>) {
        let stores = &self.project.index.stores;
        let name = match target {
            Pat::Attr(_, name) => Some(*name),
            Pat::Path(path) => path.last().copied(),
            Pat::Item(object, _) => object_name(object),
            _ => None,
        };
        match name {
            Some(name) => {
                found.extend(stores.get(&name).into_iter().flatten().map(|s| Spot::Store(*s)))
            }
            None => found.extend(self.project.index.all_stores.iter().map(|s| Spot::Store(*s))),
        }
    }
}

/// The name the object of an item pattern is found under; none: any object.
fn object_name(object: &Pat) -> Option<Symbol> {
    match object {
        Pat::Path(path) => path.last().copied(),
        Pat::Attr(_, name) => Some(*name),
        Pat::Item(inner, _) => object_name(inner),
        Pat::Call { func, .. } => object_name(func),
        _ => None,
    }
}
