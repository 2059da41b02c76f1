//! Modules that are run: what their names are at this moment.
//!
//! Who runs a module body keeps its names here, and evaluation asks here before it looks at
//! what the module's names are at its end. Values of terms are not kept while their module
//! runs: the same term may give another value at the next statement.

use std::cell::RefCell;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::value::{Frame, Kind, Val, one_of};
use super::{Cx, FnRef, UnitId};
use crate::base::{FxHashMap, Loc, Symbol};
use crate::facts::{FnId, Mutation, TermId};

/// A name with its value.
#[derive(Debug, Clone)]
pub struct Bound {
    /// Its value.
    pub value: Val,
    /// The statements that took part in it, in the order in which they ran.
    pub chain: Vec<Loc>,
}

impl Bound {
    /// One of two, because it is not known which way the program went.
    fn or(&self, other: &Self) -> Self {
        let value = match same(&self.value, &other.value) {
            true => self.value.clone(),
            false => one_of(vec![self.value.clone(), other.value.clone()]),
        };
        let mut chain = self.chain.clone();
        chain.extend(other.chain.iter().filter(|loc| !self.chain.contains(loc)));
        Self { value, chain }
    }
}

/// Whether two values are the same object, not only equal.
fn same(a: &Val, b: &Val) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Dict(x), Kind::Dict(y)) => Arc::ptr_eq(x, y),
        (Kind::Seq(x), Kind::Seq(y)) => Arc::ptr_eq(x, y),
        (Kind::Env(x), Kind::Env(y)) => Arc::ptr_eq(x, y),
        _ => false,
    }
}

/// The names of a module.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// What is bound, in the order in which it was bound first.
    pub bound: IndexMap<Symbol, Arc<Bound>, FxBuildHasher>,
    /// Whether there may be further names.
    pub open: bool,
    /// Whether something that is not followed holds the namespace, and may set names later.
    pub leaked: bool,
}

impl Names {
    /// The names where two ways of the program meet. A name that one of them does not bind may
    /// be absent.
    #[must_use]
    pub fn or(mut self, other: &Names) -> Names {
        let absent = |bound: &Bound| {
            let value = one_of(vec![bound.value.clone(), Val::new(Kind::Absent)]);
            Arc::new(Bound { value, chain: bound.chain.clone() })
        };
        for (name, bound) in &mut self.bound {
            match other.bound.get(name) {
                Some(same) if Arc::ptr_eq(same, bound) => {}
                Some(another) => *bound = Arc::new(bound.or(another)),
                None => *bound = absent(bound),
            }
        }
        for (name, bound) in &other.bound {
            if !self.bound.contains_key(name) {
                self.bound.insert(*name, absent(bound));
            }
        }
        self.open |= other.open;
        self.leaked |= other.leaked;
        self
    }

    /// After something ran that may have set any name to anything.
    pub fn blur(&mut self) {
        for bound in self.bound.values_mut() {
            let value = one_of(vec![bound.value.clone(), Val::opaque()]);
            *bound = Arc::new(Bound { value, chain: bound.chain.clone() });
        }
        self.open = true;
    }
}

/// What a question knows of running code.
#[derive(Default)]
pub(super) struct Running {
    /// Names of modules that run or have run.
    modules: RefCell<FxHashMap<UnitId, Names>>,
    /// The modules whose bodies are not finished, outermost first.
    stack: RefCell<Vec<UnitId>>,
    /// Names that were read since the log was last taken.
    reads: RefCell<Vec<(Symbol, Arc<Bound>)>>,
    /// What calls gave that changed their object, when they ran.
    results: RefCell<FxHashMap<(FnRef, TermId), Val>>,
    /// The present element of each iterated term, innermost last.
    elements: RefCell<Vec<(FnRef, TermId, Val)>>,
}

impl Cx<'_, '_> {
    /// Starts to run a module with these names.
    pub fn start_module(&self, unit: UnitId, names: Names) {
        self.running.modules.borrow_mut().insert(unit, names);
        self.running.stack.borrow_mut().push(unit);
    }

    /// Ends what [`Cx::start_module`] started; its names stay.
    pub fn end_module(&self, unit: UnitId) {
        let mut stack = self.running.stack.borrow_mut();
        if let Some(at) = stack.iter().rposition(|u| *u == unit) {
            stack.remove(at);
        }
    }

    /// Runs code of a module of whose names nothing is kept: they are what they are at its end.
    pub fn start_code(&self, unit: UnitId) {
        self.running.stack.borrow_mut().push(unit);
    }

    /// Ends what [`Cx::start_code`] started.
    pub fn end_code(&self) {
        self.running.stack.borrow_mut().pop();
    }

    /// Whether a module runs or has run.
    pub fn has_names(&self, unit: UnitId) -> bool {
        self.running.modules.borrow().contains_key(&unit)
    }

    /// The names of a module that runs or has run.
    pub fn names_of(&self, unit: UnitId) -> Names {
        self.running.modules.borrow().get(&unit).cloned().unwrap_or_default()
    }

    /// Forgets a module's names, to put others in their place.
    pub fn take_names(&self, unit: UnitId) -> Names {
        self.running.modules.borrow_mut().remove(&unit).unwrap_or_default()
    }

    /// Gives a module its names.
    pub fn set_names(&self, unit: UnitId, names: Names) {
        self.running.modules.borrow_mut().insert(unit, names);
    }

    /// Binds a name of a module.
    pub fn bind(&self, unit: UnitId, name: Symbol, bound: Arc<Bound>) {
        let mut modules = self.running.modules.borrow_mut();
        modules.entry(unit).or_default().bound.insert(name, bound);
    }

    /// Changes a module's names.
    pub fn change_names(&self, unit: UnitId, change: impl FnOnce(&mut Names)) {
        change(self.running.modules.borrow_mut().entry(unit).or_default());
    }

    /// What a name of a module is bound to now, noted as read.
    pub fn bound(&self, unit: UnitId, name: Symbol) -> Option<Arc<Bound>> {
        let bound = self.running.modules.borrow().get(&unit)?.bound.get(&name).cloned()?;
        self.running.reads.borrow_mut().push((name, Arc::clone(&bound)));
        Some(bound)
    }

    /// The names that were read since this was last asked.
    pub fn take_reads(&self) -> Vec<(Symbol, Arc<Bound>)> {
        std::mem::take(&mut self.running.reads.borrow_mut())
    }

    /// A name of a module that runs or has run; none when the module has not.
    pub(super) fn running_name(&self, unit: UnitId, name: Symbol) -> Option<Val> {
        if !self.has_names(unit) {
            return None;
        }
        if let Some(bound) = self.bound(unit, name) {
            // A name that may be unbound is read only on ways on which it is bound.
            return Some(match &bound.value.kind {
                Kind::OneOf(values) => one_of(
                    values.iter().filter(|v| !matches!(v.kind, Kind::Absent)).cloned().collect(),
                ),
                _ => bound.value.clone(),
            });
        }
        let open = self.running.modules.borrow().get(&unit).is_some_and(|names| names.open);
        let builtin = self.project.well_known.all.iter().any(|(symbol, _)| *symbol == name);
        (open && !builtin).then(Val::opaque)
    }

    /// Keeps what a call gave: evaluated again, after it changed its object, it would not.
    pub fn keep_result(&self, func: FnRef, call: TermId, value: Val) {
        self.running.results.borrow_mut().insert((func, call), value);
    }

    /// What a call gave when it ran.
    pub(super) fn kept_result(&self, func: FnRef, call: TermId) -> Option<Val> {
        self.running.results.borrow().get(&(func, call)).cloned()
    }

    /// The module whose body runs, the innermost.
    pub(super) fn innermost(&self) -> Option<UnitId> {
        self.running.stack.borrow().last().copied()
    }

    /// Whether a module body runs.
    pub(super) fn is_running(&self) -> bool {
        !self.running.stack.borrow().is_empty()
    }

    /// The running modules by the names they run under: `sys.modules`, without a test runner.
    pub(super) fn running_modules(&self) -> Val {
        let Some(own) = self.project.names.get("__name__") else { return Val::dict(vec![], false) };
        let stack = self.running.stack.borrow().clone();
        let entry = |unit: UnitId| {
            let name = self.running.modules.borrow().get(&unit)?.bound.get(&own)?.value.clone();
            Some((name, Val::new(Kind::Module(unit))))
        };
        Val::dict(stack.into_iter().filter_map(entry).collect(), false)
    }

    /// The names of the innermost running module as a dict: `globals()`.
    pub(super) fn namespace_dict(&self) -> Val {
        let unit = self.running.stack.borrow().last().copied();
        unit.map_or_else(Val::opaque, |unit| self.module_dict(unit))
    }

    /// The names of a module that runs or has run as a dict: `vars(module)`.
    pub(super) fn module_dict(&self, unit: UnitId) -> Val {
        if !self.has_names(unit) {
            return Val::opaque();
        }
        let names = self.names_of(unit);
        let entries = names
            .bound
            .iter()
            .map(|(name, bound)| (Val::text(self.project.name(*name)), bound.value.clone()))
            .collect();
        Val::dict(entries, names.open)
    }

    /// Whether an answer about this activation may be kept.
    pub(super) fn may_keep(&self, frame: &Frame) -> bool {
        frame.func.func != FnId::SCRIPT
            && !self.running.stack.borrow().contains(&frame.func.unit)
            && !self.running.elements.borrow().iter().any(|(func, ..)| *func == frame.func)
    }

    /// Whether an answer about a function of this module may be kept.
    pub(super) fn is_settled(&self, unit: UnitId) -> bool {
        !self.running.stack.borrow().contains(&unit)
    }

    /// Makes `element` the present element of an iterated term while `work` runs.
    pub fn with_element<T>(
        &self,
        func: FnRef,
        iterable: TermId,
        element: Val,
        work: impl FnOnce() -> T,
    ) -> T {
        self.push_element(func, iterable, element);
        let result = work();
        self.pop_element();
        result
    }

    /// Makes `element` the present element of an iterated term until [`Cx::pop_element`].
    pub fn push_element(&self, func: FnRef, iterable: TermId, element: Val) {
        self.running.elements.borrow_mut().push((func, iterable, element));
    }

    /// Ends what [`Cx::push_element`] began.
    pub fn pop_element(&self) {
        self.running.elements.borrow_mut().pop();
    }

    /// The present element of an iterated term.
    pub(super) fn element(&self, func: FnRef, iterable: TermId) -> Option<Val> {
        let elements = self.running.elements.borrow();
        let found = elements.iter().rev().find(|(f, term, _)| (*f, *term) == (func, iterable));
        found.map(|(.., value)| value.clone())
    }

    /// A container after a mutation below the keys `path`, all terms of `frame`.
    pub fn after_mutation(
        &self,
        container: &Val,
        path: &[TermId],
        op: &Mutation,
        frame: &Arc<Frame>,
    ) -> Val {
        self.mutated(container, path, op, frame)
    }
}
