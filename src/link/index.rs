//! Where things happen: call sites by name, stores, decorated functions, callers.
//!
//! Only production code is indexed. A call is found under the last segment of what it calls
//! after imports and renamed exports are resolved, so that `from jwt import decode as d` and
//! `d(…)` stand under `decode`.

use super::types::Ty;
use super::value::{Frame, Kind, Val};
use super::{Cx, FnRef, Project, TermRef};
use crate::base::{FxHashMap, Span, Symbol};
use crate::facts::{FnId, InstrKind, NodeId, Op, Place, Term, TermId, Terminator};

/// A call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CallSite {
    /// The function it stands in.
    pub func: FnRef,
    /// The call term.
    pub term: TermId,
    /// The block it is evaluated in.
    pub node: NodeId,
}

/// A binding, store or deletion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreSite {
    /// The function it stands in.
    pub func: FnRef,
    /// The block.
    pub node: NodeId,
    /// Position among the block's instructions.
    pub instr: usize,
}

/// The index of a project.
#[derive(Debug, Default)]
pub struct Index {
    /// Calls by last name.
    pub calls: FxHashMap<Symbol, Vec<CallSite>>,
    /// Calls that are found under a name, and calls of parameters, also of enclosing functions, in
    /// the order of the files.
    pub all_calls: Vec<CallSite>,
    /// Stores by the name of what is stored into: an attribute, or the object of an item.
    pub stores: FxHashMap<Symbol, Vec<StoreSite>>,
    /// The same, in the order of the files.
    pub all_stores: Vec<StoreSite>,
    /// Attribute reads by name, of names that rules mention.
    pub attributes: FxHashMap<Symbol, Vec<TermRef>>,
    /// Item reads by the last name of the object, of names that rules mention.
    pub items: FxHashMap<Symbol, Vec<TermRef>>,
    /// All item reads, in the order of the files.
    pub all_items: Vec<TermRef>,
    /// Operations by their operator.
    pub operators: FxHashMap<Op, Vec<TermRef>>,
    /// Functions with decorators.
    pub decorated: Vec<FnRef>,
    /// `return` and `raise` statements with a value: function, value, place, whether it raises.
    pub exits: Vec<(FnRef, TermId, Span, bool)>,
    /// Where functions end without a value: function and place.
    pub ends: Vec<(FnRef, Span)>,
}

impl Index {
    /// Indexes the production code of a project.
    pub fn build(project: &Project<'_>) -> Self {
        let cx = Cx::new(project);
        let aliases = renamed_exports(&cx);
        let mut index = Self::default();
        let known = project.rules.names.len();
        for (unit, u) in project.units.iter_enumerated() {
            if !u.production {
                continue;
            }
            for func in u.facts.fns.ids() {
                let func = FnRef { unit, func };
                index.add_body(&cx, func, &aliases, known);
            }
        }
        index.all_calls.extend(index.calls.values().flatten());
        index.all_calls.sort_unstable_by_key(|site| (site.func, site.term, site.node));
        index.all_calls.dedup();
        index.all_stores.extend(index.stores.values().flatten());
        index.all_stores.sort_unstable_by_key(|site| (site.func, site.node, site.instr));
        index
    }

    fn add_body(
        &mut self,
        cx: &Cx<'_, '_>,
        func: FnRef,
        aliases: &FxHashMap<Symbol, Vec<Symbol>>,
        known: usize,
    ) {
        let ir = cx.project.ir(func);
        let frame = Frame::open(func);
        if !ir.decorators.is_empty() {
            self.decorated.push(func);
        }
        for (node, block) in ir.blocks.iter_enumerated() {
            for (position, instr) in block.instrs.iter().enumerate() {
                match &instr.kind {
                    InstrKind::Eval(term) => {
                        let Term::Call { func: callee, .. } = &ir.terms[*term] else { continue };
                        let site = CallSite { func, term: *term, node };
                        if is_parameter(cx.project, func, *callee) {
                            self.all_calls.push(site);
                        }
                        for name in call_names(cx, *callee, &frame, aliases) {
                            self.calls.entry(name).or_default().push(site);
                        }
                    }
                    InstrKind::Bind { name, .. } => {
                        let site = StoreSite { func, node, instr: position };
                        self.stores.entry(*name).or_default().push(site);
                    }
                    InstrKind::Store { place, .. } | InstrKind::Delete(place) => {
                        if let Some(name) = store_name(cx, func, place) {
                            let site = StoreSite { func, node, instr: position };
                            self.stores.entry(name).or_default().push(site);
                        }
                    }
                    InstrKind::Import(_) => {}
                }
            }
            match &block.end {
                Terminator::Return { value: Some(value), span } => {
                    self.exits.push((func, *value, *span, false));
                }
                Terminator::Raise { exc: Some(value), span, .. } => {
                    self.exits.push((func, *value, *span, true));
                }
                Terminator::Return { value: None, span } => self.ends.push((func, *span)),
                _ => {}
            }
        }
        for (term, kind) in ir.terms.iter_enumerated() {
            let term = TermRef { func, term };
            match kind {
                Term::Attr(_, name) if usize::from(*name) < known => {
                    self.attributes.entry(*name).or_default().push(term);
                }
                Term::Item(object, _) => {
                    self.all_items.push(term);
                    if let Some(name) = last_name(cx, func, *object)
                        && usize::from(name) < known
                    {
                        self.items.entry(name).or_default().push(term);
                    }
                }
                Term::Op(op, _) => self.operators.entry(*op).or_default().push(term),
                _ => {}
            }
        }
    }

    /// All terms of a kind in production code, whatever names they have: there are many, so that
    /// only what hangs on no name asks for them.
    pub fn terms(project: &Project<'_>, wanted: impl Fn(&Term) -> bool) -> Vec<TermRef> {
        let mut found = Vec::new();
        for (unit, u) in project.units.iter_enumerated().filter(|(_, u)| u.production) {
            for func in u.facts.fns.ids() {
                let func = FnRef { unit, func };
                let terms = project.ir(func).terms.iter_enumerated();
                let terms = terms.filter(|(_, term)| wanted(term));
                found.extend(terms.map(|(term, _)| TermRef { func, term }));
            }
        }
        found
    }

    /// Calls that may be of a project function, by its name; the callee is still to be checked.
    pub fn callers(&self, name: Symbol) -> &[CallSite] {
        self.calls.get(&name).map_or(&[], Vec::as_slice)
    }
}

/// Whether a term is a parameter of its function or of an enclosing one.
fn is_parameter(project: &Project<'_>, func: FnRef, term: TermId) -> bool {
    match project.ir(func).terms[term] {
        Term::Param(_) => true,
        Term::Free(outer, name) => {
            let outer = project.ir(FnRef { unit: func.unit, func: outer });
            outer.params.iter().any(|param| param.name == name)
        }
        _ => false,
    }
}

/// The names a call is found under.
fn call_names(
    cx: &Cx<'_, '_>,
    callee: TermId,
    frame: &std::sync::Arc<Frame>,
    aliases: &FxHashMap<Symbol, Vec<Symbol>>,
) -> Vec<Symbol> {
    let ir = cx.project.ir(frame.func);
    match &ir.terms[callee] {
        Term::Attr(_, name) => {
            let mut names = vec![*name];
            names.extend(aliases.get(name).into_iter().flatten().copied());
            names
        }
        Term::Global(name) | Term::Free(_, name) => {
            cx.refuel();
            let value = cx.eval(callee, frame);
            let mut names = value_names(cx, &value);
            if names.iter().all(|name| *name == cx.project.well_known.call) {
                names.push(*name);
            }
            names
        }
        _ => {
            cx.refuel();
            let value = cx.eval(callee, frame);
            value_names(cx, &value)
        }
    }
}

/// The last names of what a value refers to.
fn value_names(cx: &Cx<'_, '_>, value: &Val) -> Vec<Symbol> {
    let mut names = Vec::new();
    for v in value.alternatives() {
        match &v.kind {
            Kind::Lib(path) => names.extend(path.last()),
            Kind::Function(func) => names.push(cx.project.ir(*func).name),
            Kind::Class(class) => {
                names.push(cx.project.class(*class).name);
                // Making an instance of a subclass is making one of the library's class.
                for base in cx.mro(&Ty::Class(*class)) {
                    if let Ty::Lib(path) = base {
                        names.extend(path.last());
                    }
                }
            }
            _ => {
                let term = v.origin.as_ref().map(|origin| cx.project.term(origin.term));
                if let Some(Term::Attr(_, name)) = term {
                    names.push(*name);
                }
                // An object of a library that is called itself.
                if matches!(cx.type_of_val(v), Some(Ty::Lib(class)) if class.len() > 1) {
                    names.push(cx.project.well_known.call);
                }
            }
        }
    }
    names
}

/// Module-level names that are another spelling of a function: `d = jwt.decode`.
fn renamed_exports(cx: &Cx<'_, '_>) -> FxHashMap<Symbol, Vec<Symbol>> {
    let mut aliases: FxHashMap<Symbol, Vec<Symbol>> = FxHashMap::default();
    for (unit, u) in cx.project.units.iter_enumerated() {
        let module = FnRef { unit, func: FnId(0) };
        let ir = cx.project.ir(module);
        for (name, term) in &ir.exit {
            if !matches!(ir.terms[*term], Term::Attr(..) | Term::Import(_) | Term::Global(_)) {
                continue;
            }
            cx.refuel();
            let value = cx.eval(*term, &Frame::open(module));
            if !matches!(value.kind, Kind::Lib(_) | Kind::Function(_) | Kind::Class(_)) {
                continue;
            }
            for real in value_names(cx, &value) {
                if real != *name && u.production {
                    let known = aliases.entry(*name).or_default();
                    if !known.contains(&real) {
                        known.push(real);
                    }
                }
            }
        }
    }
    aliases
}

fn store_name(cx: &Cx<'_, '_>, func: FnRef, place: &Place) -> Option<Symbol> {
    match place {
        Place::Outer(name) | Place::Attr(_, name) => Some(*name),
        Place::Item(object, _) => last_name(cx, func, *object),
    }
}

/// The last name of an object expression, through local variables.
pub(super) fn last_name(cx: &Cx<'_, '_>, func: FnRef, term: TermId) -> Option<Symbol> {
    let ir = cx.project.ir(func);
    let mut at = term;
    loop {
        at = match &ir.terms[at] {
            Term::Attr(_, name) | Term::Global(name) | Term::Free(_, name) => return Some(*name),
            Term::Param(index) => return ir.params.get(*index as usize).map(|p| p.name),
            Term::Import(_) => {
                let value = cx.eval(at, &Frame::open(func));
                return value_names(cx, &value).first().copied();
            }
            Term::Update { base, .. } | Term::Escaped { base, .. } => *base,
            Term::Item(object, _) => *object,
            Term::Call { func, .. } => *func,
            _ => return None,
        };
    }
}
