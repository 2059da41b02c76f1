//! Indexes of a project that flows are followed by: who reads what, who calls whom. Only
//! production code is in them.

use std::sync::{Arc, OnceLock};

use super::cells::Cell;
use super::kept::Kept;
use super::path::Key;
use super::registered::{self, ExceptionHandler};
use crate::base::{FxHashMap, FxHashSet, IndexVec, Symbol};
use crate::facts::{Const, FnId, FnIr, ImportedName, Op, Term, TermId, Terminator};
use crate::link::Uses;
use crate::link::{CallSite, ClassRef, Cx, FnRef, Frame, Kind, Project, TermRef, Ty, UnitId};
use crate::project::Model;
use crate::rule::library::CallModel;
use crate::syntax::ast::BinOp;

/// Most callers of one function that are asked whether they call it.
const MAX_CALLERS: usize = 400;

/// Who reads what. Candidates by name: whether they really do is asked when a label gets there.
pub struct Graph<'p, 'r> {
    /// The project.
    pub project: &'p Project<'r>,
    uses: IndexVec<UnitId, IndexVec<FnId, OnceLock<Uses>>>,
    callers: IndexVec<UnitId, IndexVec<FnId, OnceLock<Vec<CallSite>>>>,
    /// Reads of attributes.
    pub attributes: FxHashMap<Symbol, Vec<TermRef>>,
    /// Reads of items by constant keys, also by methods that take the key (`get`, `pop`).
    pub items: FxHashMap<Key, Vec<TermRef>>,
    /// Reads of module-level names in functions of the module.
    pub globals: FxHashMap<(UnitId, Symbol), Vec<TermRef>>,
    /// Reads of imported names.
    pub imports: FxHashMap<Symbol, Vec<TermRef>>,
    /// Reads of names of an enclosing function.
    pub free: FxHashMap<(UnitId, FnId, Symbol), Vec<TermRef>>,
    /// What `with … as` binds.
    pub entered: Vec<TermRef>,
    /// Functions that answer requests, and the framework that calls them.
    pub handlers: FxHashMap<FnRef, String>,
    /// Names that methods of libraries have.
    pub library_methods: FxHashSet<Symbol>,
    /// In how many classes a name is an attribute.
    declaring: FxHashMap<Symbol, usize>,
    /// The terms that read a cell; with each, whether only a name says so.
    pub cell_reads: Kept<Cell, (TermRef, bool)>,
    /// The terms that read a module-level name, in any module.
    pub global_reads: Kept<(UnitId, Symbol), TermRef>,
    /// The terms that read an attribute of objects of a class.
    pub property_reads: Kept<(ClassRef, Symbol), TermRef>,
    /// What `with … as` binds, of objects of a class.
    pub entered_of: Kept<ClassRef, TermRef>,
    /// Copies of whole objects of a class.
    pub copies_of: Kept<ClassRef, TermRef>,
    /// Objects whose text is shown somewhere, by their own class.
    shown: OnceLock<FxHashMap<ClassRef, Vec<TermRef>>>,
    /// The same, of a class and those below it.
    shown_of: Kept<ClassRef, TermRef>,
    copies: OnceLock<Vec<(TermRef, TermRef)>>,
    exception_handlers: OnceLock<Vec<ExceptionHandler>>,
    subscribers: OnceLock<Vec<(TermRef, FnRef)>>,
}

impl<'p, 'r> Graph<'p, 'r> {
    /// Indexes a project.
    pub fn new(project: &'p Project<'r>, model: &Model) -> Self {
        let mut graph = Self {
            project,
            uses: IndexVec::new(),
            callers: IndexVec::new(),
            attributes: FxHashMap::default(),
            items: FxHashMap::default(),
            globals: FxHashMap::default(),
            imports: FxHashMap::default(),
            free: FxHashMap::default(),
            entered: Vec::new(),
            handlers: handlers(model),
            library_methods: library_methods(project),
            declaring: declaring(project),
            cell_reads: Kept::default(),
            global_reads: Kept::default(),
            property_reads: Kept::default(),
            entered_of: Kept::default(),
            copies_of: Kept::default(),
            shown: OnceLock::new(),
            shown_of: Kept::default(),
            copies: OnceLock::new(),
            exception_handlers: OnceLock::new(),
            subscribers: OnceLock::new(),
        };
        for (unit, u) in project.units.iter_enumerated() {
            let (mut uses, mut callers) = (IndexVec::new(), IndexVec::new());
            for func in u.facts.fns.ids() {
                uses.push(OnceLock::new());
                callers.push(OnceLock::new());
                if u.production {
                    graph.add_reads(FnRef { unit, func });
                }
            }
            graph.uses.push(uses);
            graph.callers.push(callers);
        }
        graph
    }

    fn add_reads(&mut self, func: FnRef) {
        let project = self.project;
        let ir = project.ir(func);
        let constant = |term| match &ir.terms[term] {
            Term::Const(key @ Const::Str(_)) => Some(Key::of_const(key)),
            _ => None,
        };
        for (id, term) in ir.terms.iter_enumerated() {
            let read = TermRef { func, term: id };
            match term {
                Term::Attr(_, name) => self.attributes.entry(*name).or_default().push(read),
                Term::Item(_, key) => {
                    let key = constant(*key);
                    key.into_iter().for_each(|k| self.items.entry(k).or_default().push(read));
                }
                Term::Call { func: callee, args } => {
                    let method = matches!(ir.terms[*callee], Term::Attr(..));
                    let key = args.first().filter(|_| method).and_then(|arg| constant(arg.value));
                    key.into_iter().for_each(|k| self.items.entry(k).or_default().push(read));
                }
                Term::Enter(_) => self.entered.push(read),
                Term::Global(name) => {
                    self.globals.entry((func.unit, *name)).or_default().push(read);
                }
                Term::Free(outer, name) => {
                    self.free.entry((func.unit, *outer, *name)).or_default().push(read);
                }
                Term::Import(import) => {
                    let import = &project.units[func.unit].facts.imports[*import];
                    if let ImportedName::One(name) = import.name {
                        self.imports.entry(name).or_default().push(read);
                    }
                }
                _ => {}
            }
        }
    }

    /// The uses of terms in a body.
    pub fn uses(&self, func: FnRef) -> &Uses {
        let func = if func.func == FnId::SCRIPT { self.project.module_fn(func.unit) } else { func };
        self.uses[func.unit][func.func].get_or_init(|| {
            let locals = self.project.names.get("locals");
            Uses::new(&self.project.units[func.unit].facts, func.func, locals)
        })
    }

    /// In how many classes a name is an attribute.
    pub fn classes_with(&self, name: Symbol) -> usize {
        self.declaring.get(&name).copied().unwrap_or(0)
    }

    /// The calls of a function.
    pub fn callers(&self, cx: &Cx<'_, '_>, func: FnRef) -> &[CallSite] {
        self.callers[func.unit][func.func].get_or_init(|| {
            let sites = self.project.index.callers(self.project.ir(func).name);
            let calls = |site: &&CallSite| {
                let Term::Call { func: callee, .. } = self.project.ir(site.func).terms[site.term]
                else {
                    return false;
                };
                let frame = Frame::open(site.func);
                super::calls::functions(cx, self, callee, &frame).iter().any(|c| c.enters(func))
            };
            sites.iter().take(MAX_CALLERS).filter(calls).copied().collect()
        })
    }

    /// Objects of a class, or of one below it, whose text is shown: they are formatted, or handed
    /// to a function of a library.
    pub fn shown(&self, cx: &Cx<'_, '_>, class: ClassRef) -> Arc<[TermRef]> {
        self.shown_of.of(&class, || {
            let all = self.shown.get_or_init(|| self.find_shown(cx));
            let mut found: Vec<TermRef> = all
                .iter()
                .filter(|(own, _)| cx.mro(&Ty::Class(**own)).contains(&Ty::Class(class)))
                .flat_map(|(_, terms)| terms.iter().copied())
                .collect();
            found.sort_unstable();
            found
        })
    }

    fn find_shown(&self, cx: &Cx<'_, '_>) -> FxHashMap<ClassRef, Vec<TermRef>> {
        let showing = showing_calls(self.project);
        let mut shown: FxHashMap<ClassRef, Vec<TermRef>> = FxHashMap::default();
        let units = self.project.units.iter_enumerated().filter(|(_, unit)| unit.production);
        for (unit, u) in units {
            for func in u.facts.fns.ids() {
                let func = FnRef { unit, func };
                let frame = Frame::open(func);
                for term in formatted(self.project.ir(func), &showing) {
                    cx.refuel();
                    if let Some(Ty::Class(class)) = cx.type_of_term(term, &frame) {
                        shown.entry(class).or_default().push(TermRef { func, term });
                    }
                }
            }
        }
        shown
    }

    /// The function of the project that a decorator puts in place of a function.
    pub fn wrapper(&self, cx: &Cx<'_, '_>, func: FnRef, decorator: usize) -> Option<FnRef> {
        let ir = self.project.ir(func);
        let frame = Frame::open(FnRef { unit: func.unit, func: ir.parent? });
        let decorator = *ir.decorators.get(decorator)?;
        cx.refuel();
        if let Kind::Function(decorator) = cx.eval(decorator, &frame).kind {
            return self.inner_function(decorator);
        }
        // `@decorator(argument)`
        let Term::Call { func: maker, .. } = self.project.ir(frame.func).terms[decorator] else {
            return None;
        };
        match cx.eval(maker, &frame).kind {
            Kind::Function(maker) => self.inner_function(self.inner_function(maker)?),
            _ => None,
        }
    }

    /// The inner function that a function returns.
    fn inner_function(&self, func: FnRef) -> Option<FnRef> {
        let ir = self.project.ir(func);
        ir.blocks.iter().find_map(|block| match block.end {
            Terminator::Return { value: Some(value), .. } => match ir.terms[value] {
                Term::Closure(inner) => Some(FnRef { unit: func.unit, func: inner }),
                _ => None,
            },
            _ => None,
        })
    }

    /// Whether a callee in a wrapper is the function that it is wrapped around: a parameter of
    /// the decorator it stands in.
    pub fn is_wrapped(&self, wrapper: FnRef, callee: TermId) -> bool {
        let Term::Free(outer, name) = self.project.ir(wrapper).terms[callee] else { return false };
        let decorator = FnRef { unit: wrapper.unit, func: outer };
        self.inner_function(decorator) == Some(wrapper)
            && self.project.ir(decorator).params.first().is_some_and(|param| param.name == name)
    }

    /// Copies of whole objects: the copy, and the object.
    pub fn copies(&self, cx: &Cx<'_, '_>) -> &[(TermRef, TermRef)] {
        self.copies.get_or_init(|| {
            let project = self.project;
            let mut found = Vec::new();
            let dunder = project.names.get("__dict__").and_then(|name| self.attributes.get(&name));
            for read in dunder.into_iter().flatten() {
                if let Term::Attr(object, _) = *project.term(*read) {
                    found.push((*read, TermRef { func: read.func, term: object }));
                }
            }
            let models = &project.rules.library.calls;
            let mut names: Vec<Symbol> = models
                .iter()
                .filter(|(_, models)| models.iter().any(|model| model.fields_of.is_some()))
                .filter_map(|(path, _)| path.last().copied())
                .collect();
            names.sort_unstable();
            names.dedup();
            for site in names.iter().flat_map(|name| project.index.callers(*name)) {
                let object = copied_object(cx, TermRef { func: site.func, term: site.term });
                let call = TermRef { func: site.func, term: site.term };
                found.extend(object.map(|term| (call, TermRef { func: site.func, term })));
            }
            found
        })
    }

    /// Copies of whole objects, the type of the object, and whether it is many of them.
    pub fn copied_types(&self, cx: &Cx<'_, '_>) -> Vec<(TermRef, Ty, bool)> {
        let mut found = Vec::new();
        for (copy, object) in self.copies(cx) {
            cx.refuel();
            let ty = cx.type_of_term(object.term, &Frame::open(object.func));
            found.extend(ty.map(|ty| (*copy, ty, false)));
        }
        let models = &self.project.rules.library.rows;
        let mut names: Vec<Symbol> = models.iter().flat_map(|m| m.dicts.clone()).collect();
        names.sort_unstable();
        names.dedup();
        for site in names.iter().flat_map(|name| self.project.index.callers(*name)) {
            let call = TermRef { func: site.func, term: site.term };
            let Term::Call { func, args } = self.project.term(call) else { continue };
            cx.refuel();
            let class = cx.rows_as_dicts(*func, &Frame::open(site.func));
            found.extend(class.filter(|_| args.is_empty()).map(|ty| (call, ty, true)));
        }
        found
    }

    /// The framework that sends what a function returns.
    pub fn answers_for(&self, cx: &Cx<'_, '_>, func: FnRef) -> Option<&str> {
        let of_request = self.handlers.get(&func);
        let mut of_errors = self.exception_handlers(cx).iter();
        of_request.map(String::as_str).or_else(|| {
            let handler = of_errors.find(|handler| handler.func == func)?;
            handler.framework.as_deref()
        })
    }

    /// Functions that are registered for exceptions.
    pub fn exception_handlers(&self, cx: &Cx<'_, '_>) -> &[ExceptionHandler] {
        self.exception_handlers.get_or_init(|| registered::exception_handlers(cx))
    }

    /// Functions that are called when something is sent to what they are registered for: the term
    /// that makes that, and the function.
    pub fn subscribers(&self, cx: &Cx<'_, '_>) -> &[(TermRef, FnRef)] {
        self.subscribers.get_or_init(|| registered::subscribers(cx))
    }
}

/// The object whose fields a call copies.
fn copied_object(cx: &Cx<'_, '_>, call: TermRef) -> Option<TermId> {
    let project = cx.project;
    let Term::Call { func, args } = project.term(call) else { return None };
    let frame = Frame::open(call.func);
    cx.refuel();
    let model = cx.library_model(*func, &frame)?;
    let wanted = model.fields_of?;
    // Further arguments name some fields.
    let whole = usize::from(project.name(wanted) != "receiver");
    if args.len() > whole {
        return None;
    }
    registered::argument(cx, call, model, wanted)
}

/// The names of methods that library models describe.
fn library_methods(project: &Project<'_>) -> FxHashSet<Symbol> {
    let library = &project.rules.library;
    let methods = library.calls.keys().filter_map(|path| {
        let (name, class) = path.split_last()?;
        let is_class = |name: &Symbol| project.name(*name).starts_with(char::is_uppercase);
        (library.types.contains_key(class) || class.last().is_some_and(is_class)).then_some(*name)
    });
    methods.collect()
}

/// In how many classes each name is an attribute.
fn declaring(project: &Project<'_>) -> FxHashMap<Symbol, usize> {
    let mut counts = FxHashMap::default();
    for class in project.units.iter().flat_map(|unit| &unit.facts.classes) {
        let attributes = class.attrs.iter().map(|(name, ..)| *name);
        let annotated = class.annotated.iter().map(|(name, ..)| *name);
        let names: FxHashSet<Symbol> = attributes.chain(annotated).collect();
        names.into_iter().for_each(|name| *counts.entry(name).or_default() += 1);
    }
    counts
}

/// The last names of functions that show what they are given, or take it to a sink.
fn showing_calls(project: &Project<'_>) -> FxHashSet<Symbol> {
    let library = &project.rules.library;
    let is_sink = |concept: &Symbol| library.sinks.iter().any(|s| s.concept == Some(*concept));
    let shows = |model: &CallModel| !model.renders.is_empty() || model.is.iter().any(is_sink);
    let calls = library.calls.iter().filter(|(_, models)| models.iter().any(shows));
    calls.filter_map(|(path, _)| path.last().copied()).collect()
}

/// Terms of a body that are formatted, or given to functions of these names.
fn formatted(ir: &FnIr, showing: &FxHashSet<Symbol>) -> Vec<TermId> {
    let mut terms = Vec::new();
    for term in &ir.terms {
        match term {
            Term::Concat(parts) | Term::Op(Op::Format(_), parts) => terms.extend_from_slice(parts),
            Term::Op(Op::Binary(BinOp::Mod), operands) => {
                for operand in operands.iter().skip(1) {
                    match &ir.terms[*operand] {
                        Term::Seq { items, .. } => terms.extend(items.iter().map(|i| i.value)),
                        _ => terms.push(*operand),
                    }
                }
            }
            Term::Call { func, args } => {
                let name = match &ir.terms[*func] {
                    Term::Attr(_, name) | Term::Global(name) => Some(name),
                    _ => None,
                };
                if name.is_some_and(|name| showing.contains(name)) {
                    terms.extend(args.iter().map(|arg| arg.value));
                }
            }
            _ => {}
        }
    }
    terms.retain(|term| !matches!(ir.terms[*term], Term::Const(_) | Term::Concat(_)));
    terms.sort_unstable();
    terms.dedup();
    terms
}

/// The functions that requests come into, with the frameworks of their routes.
fn handlers(model: &Model) -> FxHashMap<FnRef, String> {
    let mut found = FxHashMap::default();
    for route in &model.routes {
        let framework = route.attribute("framework");
        for entry in &route.entries {
            let framework = framework.as_str().unwrap_or_default().to_owned();
            found.insert(*entry, framework);
        }
    }
    found
}
