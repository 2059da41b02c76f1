//! Class hierarchies, of the project and of modelled libraries, in one linearisation.

use std::rc::Rc;
use std::sync::Arc;

use super::types::Ty;
use super::value::{Frame, Kind, Val};
use super::{ClassRef, Cx, FnRef, Project, TermRef};
use crate::base::Span;
use crate::base::{FxHashMap, Symbol};
use crate::facts::{Const, FnId, InstrKind, Place, Term, TermId};
use crate::syntax::ast::ArgKind;

/// How often bases are asked for that hang on other bases.
const BASE_ROUNDS: usize = 4;
/// Most classes one linearisation takes.
const MAX_MRO: usize = 64;

/// What a class or its bases say about a name.
#[derive(Debug, Clone)]
pub enum Member {
    /// A method of the project.
    Method(FnRef),
    /// A class attribute of the project: the term in the class body, and its place.
    Attr(ClassRef, TermRef, Span),
    /// Something of a library class: the class's path.
    Lib(Vec<Symbol>),
}

/// Finds the direct bases of every class. A base may itself hang on bases (`db.Model`, where `db`
/// is an object of a class of the project), so what is not known is asked again.
pub fn find_bases(project: &mut Project<'_>) {
    let mut asked: Vec<ClassRef> = project
        .units
        .iter_enumerated()
        .flat_map(|(unit, u)| u.facts.classes.ids().map(move |class| ClassRef { unit, class }))
        .collect();
    for _ in 0..BASE_ROUNDS {
        let cx = Cx::new(project);
        let mut found = Vec::new();
        asked.retain(|class| {
            cx.refuel();
            let bases = cx.evaluated_bases(*class);
            let written = &project.class(*class).bases;
            let written = written.iter().filter(|base| base.kind == ArgKind::Positional).count();
            let open = bases.len() < written;
            if bases.len() > cx.bases(*class).len() || !project.bases.contains_key(class) {
                found.push((*class, bases));
            }
            open
        });
        if found.is_empty() {
            break;
        }
        project.bases.extend(found);
    }
}

/// What the methods of every class store in attributes of their object or class; none, where they
/// disagree. `None` only says that there is nothing yet.
pub fn self_attributes(project: &Project<'_>) -> FxHashMap<(ClassRef, Symbol), Option<TermRef>> {
    let mut stored: FxHashMap<(ClassRef, Symbol), Option<TermRef>> = FxHashMap::default();
    for (unit, u) in project.units.iter_enumerated() {
        for (class, fact) in u.facts.classes.iter_enumerated() {
            for (_, method) in &fact.methods {
                let func = FnRef { unit, func: *method };
                for (name, term) in self_stores(project, func) {
                    let known =
                        stored.entry((ClassRef { unit, class }, name)).or_insert(Some(term));
                    match known.map(|known| project.term(known)) {
                        Some(Term::Const(Const::None)) => *known = Some(term),
                        Some(_) if *project.term(term) == Term::Const(Const::None) => {}
                        Some(_) if *known == Some(term) => {}
                        _ => *known = None,
                    }
                }
            }
        }
    }
    stored
}

fn self_stores(project: &Project<'_>, func: FnRef) -> impl Iterator<Item = (Symbol, TermRef)> {
    let ir = project.ir(func);
    ir.blocks.iter().flat_map(|block| &block.instrs).filter_map(move |instr| match &instr.kind {
        InstrKind::Store { place: Place::Attr(object, name), value }
            if matches!(ir.terms[*object], Term::Param(0)) =>
        {
            Some((*name, TermRef { func, term: *value }))
        }
        _ => None,
    })
}

impl Cx<'_, '_> {
    /// The direct bases of a project class, in order.
    pub fn bases(&self, class: ClassRef) -> &[Ty] {
        self.project.bases.get(&class).map_or(&[], Vec::as_slice)
    }

    fn evaluated_bases(&self, class: ClassRef) -> Vec<Ty> {
        let fact = self.project.class(class);
        let frame = Frame::open(FnRef { unit: class.unit, func: fact.scope });
        fact.bases
            .iter()
            .filter(|base| base.kind == ArgKind::Positional)
            .filter_map(|base| self.base_class(base.value, &frame))
            .collect()
    }

    /// The class a base is. `Base[int]` is what `Base` is.
    fn base_class(&self, term: TermId, frame: &Arc<Frame>) -> Option<Ty> {
        let class = self.class_value(&self.eval(term, frame));
        class.or_else(|| match self.project.ir(frame.func).terms[term] {
            Term::Item(generic, _) => self.class_value(&self.eval(generic, frame)),
            _ => None,
        })
    }

    /// The class a value names, when it names one.
    pub fn class_value(&self, value: &Val) -> Option<Ty> {
        match &value.kind {
            Kind::Class(class) => Some(Ty::Class(*class)),
            Kind::Lib(path) => Some(Ty::Lib(path.to_vec())),
            Kind::OneOf(values) => values.iter().find_map(|v| self.class_value(v)),
            // `declarative_base()`, `with_metaclass(M, Base)`: by what it is made of.
            _ => self.type_of_val(value),
        }
    }

    /// The class and everything above it: depth first, each class at its last mention, which
    /// agrees with C3 for the hierarchies that C3 accepts as far as look-up order matters here.
    pub fn mro(&self, start: &Ty) -> Vec<Ty> {
        self.lineage(start).to_vec()
    }

    /// The same, shared.
    pub(super) fn lineage(&self, start: &Ty) -> Rc<[Ty]> {
        if let Some(known) = self.lineages.borrow().get(start) {
            return Rc::clone(known);
        }
        let mut order = Vec::new();
        self.collect_mro(start, &mut order, 0);
        let mut seen = Vec::with_capacity(order.len());
        for ty in order.into_iter().rev() {
            if !seen.contains(&ty) {
                seen.push(ty);
            }
        }
        seen.reverse();
        let found: Rc<[Ty]> = seen.into();
        self.lineages.borrow_mut().insert(start.clone(), Rc::clone(&found));
        found
    }

    fn collect_mro(&self, ty: &Ty, order: &mut Vec<Ty>, depth: usize) {
        if order.len() >= MAX_MRO || depth > 24 {
            return;
        }
        order.push(ty.clone());
        match ty {
            Ty::Class(class) => {
                for base in self.bases(*class) {
                    self.collect_mro(base, order, depth + 1);
                }
            }
            Ty::Lib(path) => {
                if let Some(model) = self.project.rules.library.types.get(path) {
                    for base in &model.bases {
                        self.collect_mro(&Ty::Lib(base.clone()), order, depth + 1);
                    }
                }
            }
        }
    }

    /// Whether `ty` is the library class `path` or below it.
    pub fn is_subclass(&self, ty: &Ty, path: &[Symbol]) -> bool {
        match ty {
            Ty::Lib(own) if own == path => true,
            // Every class is below it, whether it says so or not.
            Ty::Class(_) if matches!(path, [root] if self.project.name(*root) == "object") => true,
            _ => self.lineage(ty).iter().any(|t| matches!(t, Ty::Lib(p) if p == path)),
        }
    }

    /// Looks `name` up along the classes of `ty`.
    pub fn member(&self, ty: &Ty, name: Symbol) -> Option<Member> {
        self.lineage(ty).iter().find_map(|t| self.own_or_library(t, name))
    }

    /// A method of the project that objects of a type have.
    pub fn project_method(&self, ty: &Ty, name: &str) -> Option<FnRef> {
        match self.member(ty, self.project.names.get(name)?)? {
            Member::Method(func) => Some(func),
            Member::Attr(..) | Member::Lib(_) => None,
        }
    }

    /// What one class itself, not the ones above it, says about a name.
    pub(super) fn own_or_library(&self, ty: &Ty, name: Symbol) -> Option<Member> {
        match ty {
            Ty::Class(class) => self.own_member(*class, name),
            Ty::Lib(path) => self.lib_has(path, name).then(|| Member::Lib(path.clone())),
        }
    }

    fn own_member(&self, class: ClassRef, name: Symbol) -> Option<Member> {
        let fact = self.project.class(class);
        let (_, term, span) = fact.attrs.iter().find(|(n, ..)| *n == name)?;
        let scope = FnRef { unit: class.unit, func: fact.scope };
        if let Term::Closure(func) = self.project.ir(scope).terms[*term] {
            return Some(Member::Method(FnRef { unit: class.unit, func }));
        }
        Some(Member::Attr(class, TermRef { func: scope, term: *term }, *span))
    }

    fn lib_has(&self, path: &[Symbol], name: Symbol) -> bool {
        let library = &self.project.rules.library;
        let in_type = library.types.get(path).is_some_and(|model| {
            model.attrs.contains_key(&name)
                || model.values.contains_key(&name)
                || model.labels.contains_key(&name)
                || model.any_attr.is_some()
        });
        in_type || {
            let mut full = path.to_vec();
            full.push(name);
            library.calls.contains_key(&full)
        }
    }

    /// What methods of the class, or of the nearest class above that stores it, put into
    /// `self.name`: the single such term, if all agree.
    pub fn self_attribute(&self, class: ClassRef, name: Symbol) -> Option<TermRef> {
        let stored = &self.project.self_attributes;
        if stored.is_empty() {
            return None;
        }
        self.lineage(&Ty::Class(class)).iter().find_map(|ty| match ty {
            Ty::Class(class) => stored.get(&(*class, name)).copied(),
            Ty::Lib(_) => None,
        })?
    }

    /// The class a function is a method of.
    pub fn class_of_method(&self, func: FnRef) -> Option<ClassRef> {
        let class = self.project.ir(func).class?;
        (func.func != FnId(0)).then_some(ClassRef { unit: func.unit, class })
    }
}
