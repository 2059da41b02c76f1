//! Which functions of the project a function leads to.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use super::args::Callee;
use super::classes::Member;
use super::types::Ty;
use super::value::Frame;
use super::{ClassRef, Cx, FnRef, Project, UnitId};
use crate::base::{FxHashMap, FxHashSet, IndexVec, Symbol};
use crate::facts::{FnId, ImportedName, InstrKind, Term, TermId};

/// Deepest chain of calls that is followed.
const MAX_DEPTH: u32 = 4;
/// Most functions one function leads to; beyond, the rest is left out.
const MAX_REACHED: usize = 400;
/// Most methods of one name that a call on an unknown object may mean.
const MAX_NAMESAKES: usize = 3;

/// Calls between project functions, found out when they are asked for.
#[derive(Debug, Default)]
pub struct CallGraph {
    edges: IndexVec<UnitId, IndexVec<FnId, Found>>,
    methods: FxHashMap<Symbol, Vec<FnRef>>,
    init: Option<Symbol>,
}

/// The calls of a function, once they are asked for.
type Found = OnceLock<Box<[Edge]>>;

/// A call of a project function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Edge {
    to: FnRef,
    /// Whether it is certainly this one that is called.
    firm: bool,
}

/// The functions that some functions lead to, themselves included.
#[derive(Debug, Clone, Default)]
pub struct Reached {
    /// Those that certainly are called on some path.
    pub firm: FxHashSet<FnRef>,
    /// Those that may be called; all of `firm` are among them.
    pub may: FxHashSet<FnRef>,
}

impl CallGraph {
    /// The graph of a project, with nothing found out yet.
    pub fn new(project: &Project<'_>) -> Self {
        let mut methods: FxHashMap<Symbol, Vec<FnRef>> = FxHashMap::default();
        let mut edges = IndexVec::new();
        for (unit, u) in project.units.iter_enumerated() {
            let mut of_unit = IndexVec::new();
            for (func, ir) in u.facts.fns.iter_enumerated() {
                of_unit.push(OnceLock::new());
                if u.production && ir.class.is_some() {
                    methods.entry(ir.name).or_default().push(FnRef { unit, func });
                }
            }
            edges.push(of_unit);
        }
        Self { edges, methods, init: project.names.get("__init__") }
    }

    /// The methods of a name, where so few classes have one that a call on an unknown object may
    /// mean any of them.
    pub fn namesakes(&self, name: Symbol) -> &[FnRef] {
        let namesakes = self.methods.get(&name).map_or(&[][..], Vec::as_slice);
        if namesakes.len() <= MAX_NAMESAKES { namesakes } else { &[] }
    }

    /// The only method of the project that is called so.
    pub fn only_method(&self, name: Symbol) -> Option<FnRef> {
        match self.methods.get(&name).map(Vec::as_slice) {
            Some([method]) => Some(*method),
            _ => None,
        }
    }

    /// What `start` leads to.
    pub fn reached(&self, cx: &Cx<'_, '_>, start: &[FnRef]) -> Reached {
        self.walk(start, &|func, next| next.extend_from_slice(self.edges(cx, func)))
    }

    fn walk(&self, start: &[FnRef], edges: &dyn Fn(FnRef, &mut Vec<Edge>)) -> Reached {
        let mut reached = Reached::default();
        let mut level: Vec<(FnRef, bool)> = start.iter().map(|func| (*func, true)).collect();
        for _ in 0..=MAX_DEPTH {
            let mut next = Vec::new();
            for (func, firm) in level {
                let new = if firm { reached.firm.insert(func) } else { false };
                let seen = !reached.may.insert(func);
                if (seen && !new) || reached.may.len() > MAX_REACHED {
                    continue;
                }
                let mut from = Vec::new();
                edges(func, &mut from);
                next.extend(from.iter().map(|edge| (edge.to, firm && edge.firm)));
            }
            level = next;
        }
        reached
    }

    fn edges(&self, cx: &Cx<'_, '_>, func: FnRef) -> &[Edge] {
        self.edges[func.unit][func.func].get_or_init(|| self.find(cx, func, None).into())
    }

    /// The calls in a function; with `names`, only those that are spelled so.
    fn find(&self, cx: &Cx<'_, '_>, func: FnRef, names: Option<&FxHashSet<Symbol>>) -> Vec<Edge> {
        let ir = cx.project.ir(func);
        let frame = Frame::open(func);
        let mut edges: Vec<Edge> = Vec::new();
        let mut add = |to: FnRef, firm: bool| match edges.iter_mut().find(|edge| edge.to == to) {
            Some(edge) => edge.firm |= firm,
            None => edges.push(Edge { to, firm }),
        };
        // What is defined in a function is part of it.
        for term in &ir.terms {
            if let Term::Closure(inner) = term {
                add(FnRef { unit: func.unit, func: *inner }, true);
            }
        }
        for instr in ir.blocks.iter().flat_map(|block| &block.instrs) {
            let InstrKind::Eval(term) = instr.kind else { continue };
            let Term::Call { func: callee, .. } = ir.terms[term] else { continue };
            let spelled = spelling(cx, func, callee);
            if names.zip(spelled).is_some_and(|(names, spelled)| !names.contains(&spelled)) {
                continue;
            }
            let (called, firm) = self.called(cx, callee, &frame);
            called.iter().for_each(|to| add(*to, firm));
        }
        edges
    }

    /// The functions that a call of `callee` enters; not firm when they only have its name.
    pub fn called(
        &self,
        cx: &Cx<'_, '_>,
        callee: TermId,
        frame: &Arc<Frame>,
    ) -> (Vec<FnRef>, bool) {
        cx.refuel();
        match cx.callee(callee, frame) {
            Callee::Fn { func: to, .. } => (vec![to], true),
            Callee::Class(class) => {
                let init = self.init.and_then(|name| cx.member(&Ty::Class(class), name));
                match init {
                    Some(Member::Method(to)) => (vec![to], true),
                    _ => (Vec::new(), true),
                }
            }
            Callee::Unknown { name: Some(name), receiver: Some(_) } => {
                let namesakes = self.methods.get(&name).map_or(&[][..], Vec::as_slice);
                match namesakes.len() <= MAX_NAMESAKES {
                    true => (namesakes.to_vec(), false),
                    false => (Vec::new(), false),
                }
            }
            Callee::Unknown { .. } | Callee::Lib(_) | Callee::Method { .. } => (Vec::new(), true),
        }
    }
}

/// The name a callee is spelled with; none: it has none.
fn spelling(cx: &Cx<'_, '_>, func: FnRef, callee: TermId) -> Option<Symbol> {
    match &cx.project.ir(func).terms[callee] {
        Term::Attr(_, name) | Term::Global(name) | Term::Free(_, name) => Some(*name),
        Term::Import(import) => match cx.project.units[func.unit].facts.imports[*import].name {
            ImportedName::One(name) => Some(name),
            _ => None,
        },
        Term::Closure(inner) => Some(cx.project.ir(FnRef { unit: func.unit, func: *inner }).name),
        _ => None,
    }
}

/// The part of a call graph that may lead to some functions. Names tell which calls to look at,
/// so that most are never evaluated.
pub struct Towards<'g> {
    graph: &'g CallGraph,
    names: FxHashSet<Symbol>,
    edges: RefCell<FxHashMap<FnRef, Rc<[Edge]>>>,
}

impl<'g> Towards<'g> {
    /// The part that may lead to `targets`.
    pub fn new<'t>(project: &'g Project<'_>, targets: impl Iterator<Item = &'t FnRef>) -> Self {
        let mut names: FxHashSet<Symbol> = FxHashSet::default();
        let mut level: Vec<FnRef> = targets.copied().collect();
        let mut seen: FxHashSet<FnRef> = level.iter().copied().collect();
        for _ in 0..=MAX_DEPTH {
            let mut new = Vec::new();
            for func in level {
                for name in called_as(project, func) {
                    if names.insert(name) {
                        new.push(name);
                    }
                }
            }
            level = new
                .into_iter()
                .flat_map(|name| project.index.callers(name))
                .map(|site| site.func)
                .filter(|func| seen.insert(*func))
                .collect();
        }
        Self { graph: &project.graph, names, edges: RefCell::default() }
    }

    /// Whether a call that is spelled so may lead to the targets.
    pub fn may_lead(&self, cx: &Cx<'_, '_>, func: FnRef, callee: TermId) -> bool {
        spelling(cx, func, callee).is_none_or(|name| self.names.contains(&name))
    }

    /// What `start` leads to on the way to the targets.
    pub fn reached(&self, cx: &Cx<'_, '_>, start: &[FnRef]) -> Reached {
        self.graph.walk(start, &|func, next| {
            let known = self.edges.borrow().get(&func).cloned();
            let edges = known.unwrap_or_else(|| {
                let found: Rc<[Edge]> = self.graph.find(cx, func, Some(&self.names)).into();
                self.edges.borrow_mut().insert(func, Rc::clone(&found));
                found
            });
            next.extend_from_slice(&edges);
        })
    }
}

/// The names a function, or what it is defined in, is called by: a constructor by its class's.
fn called_as(project: &Project<'_>, func: FnRef) -> Vec<Symbol> {
    let mut names = Vec::new();
    let mut at = Some(func);
    while let Some(func) = at {
        let ir = project.ir(func);
        names.push(ir.name);
        if let Some(class) = ir.class {
            names.push(project.class(ClassRef { unit: func.unit, class }).name);
        }
        at = ir.parent.filter(|p| *p != FnId(0)).map(|p| FnRef { unit: func.unit, func: p });
    }
    names
}
