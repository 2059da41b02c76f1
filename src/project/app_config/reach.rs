//! Which code can change an application's configuration, and where a program starts that makes
//! the application.

use std::cell::RefCell;
use std::rc::Rc;

use crate::base::{FxHashMap, FxHashSet, Symbol};
use crate::facts::{Const, FnId, FnIr, ImportedName, InstrKind, Place, Term, TermId, is_mutator};
use crate::link::{
    CallSite, Callee, ClassRef, Cx, FnRef, Frame, Kind, Member, StoreSite, TermRef, Ty, UnitId,
};
use crate::project::settings::is_setting_name;
use crate::rule::library::SettingsModel;
use crate::syntax::ast::ArgKind;

/// Most starts that are followed for one application.
const MAX_STARTS: usize = 8;

/// What a call runs, as far as the project is concerned.
#[derive(Debug, Clone, Copy)]
enum Called {
    /// A function of the project: the callee or the constructor of the class.
    Function(FnRef),
    /// A method of an object that is not known.
    SomeMethod,
    /// Nothing of the project, or nothing is known.
    Other,
}

/// What may change configurations, by itself or through what it calls or imports.
#[derive(Debug, Default)]
pub struct Reach {
    relevant: FxHashSet<FnRef>,
    /// Bodies that import a module, by module.
    importers: FxHashMap<UnitId, Vec<FnRef>>,
    /// Classes that inherit a constructor, by the class that defines it.
    heirs: FxHashMap<ClassRef, Vec<ClassRef>>,
    /// See [`Reach::may_matter`].
    names: FxHashSet<Symbol>,
    /// How many functions have a name.
    named: FxHashMap<Symbol, usize>,
    /// Answers that were given.
    callers: RefCell<FxHashMap<FnRef, Rc<Vec<FnRef>>>>,
    /// What calls run, where it was asked. Functions of one name share their call sites.
    called: RefCell<FxHashMap<TermRef, Called>>,
}

impl Reach {
    /// Looks through the production code of a project.
    pub fn of(cx: &Cx<'_, '_>, model: &SettingsModel) -> Self {
        let mut reach = Self::default();
        reach.find_importers(cx);
        reach.find_heirs(cx);
        for func in cx.project.functions() {
            *reach.named.entry(cx.project.ir(func).name).or_default() += 1;
        }
        let mut work = direct(cx, model);
        while let Some(func) = work.pop() {
            if reach.relevant.insert(func) {
                let importers = reach.importers.get(&func.unit).filter(|_| func.func == FnId(0));
                work.extend(importers.into_iter().flatten());
                if func.func != FnId(0) {
                    work.extend(reach.callers(cx, func).iter());
                }
            }
        }
        reach.find_names(cx, model);
        reach
    }

    /// Whether a call may change a configuration, as far as names tell.
    pub fn may_matter(&self, cx: &Cx<'_, '_>, caller: FnRef, callee: TermId) -> bool {
        match &cx.project.ir(caller).terms[callee] {
            Term::Attr(_, name) | Term::Global(name) | Term::Free(_, name) => {
                self.names.contains(name)
            }
            Term::Import(import) => match cx.project.units[caller.unit].facts.imports[*import].name
            {
                ImportedName::One(name) => self.names.contains(&name),
                ImportedName::Module | ImportedName::Star => false,
            },
            Term::Closure(func) => self.is_relevant(FnRef { unit: caller.unit, func: *func }),
            Term::Class(class) => {
                let class = ClassRef { unit: caller.unit, class: *class };
                self.names.contains(&cx.project.class(class).name)
            }
            _ => true,
        }
    }

    /// The names under which calls that may change a configuration are found.
    fn find_names(&mut self, cx: &Cx<'_, '_>, model: &SettingsModel) {
        let library = &cx.project.rules.library;
        let extensions = library.extensions.iter().filter(|e| e.framework == model.framework);
        let takers = extensions.flat_map(|e| e.calls.iter()).chain(&model.app);
        self.names.extend(takers.filter_map(|path: &Vec<Symbol>| path.last()));
        self.names.extend(model.methods.keys());
        let relevant: Vec<FnRef> = self.relevant.iter().copied().collect();
        for func in relevant {
            self.names.extend(self.names_of(cx, func));
        }
        // A class that inherits from an extension or the application is made under its own name.
        for (unit, u) in cx.project.units.iter_enumerated() {
            for (class, fact) in u.facts.classes.iter_enumerated() {
                let made = |ty: &Ty| matches!(ty, Ty::Lib(path) if path.last().is_some_and(|n| self.names.contains(n)));
                if cx.mro(&Ty::Class(ClassRef { unit, class })).iter().any(made) {
                    self.names.insert(fact.name);
                }
            }
        }
    }

    /// The names a body is called by: its own; for a constructor those of the classes.
    fn names_of(&self, cx: &Cx<'_, '_>, func: FnRef) -> Vec<Symbol> {
        let ir = cx.project.ir(func);
        let mut names = vec![ir.name];
        if cx.project.name(ir.name) == "__init__"
            && let Some(class) = ir.class
        {
            let class = ClassRef { unit: func.unit, class };
            let heirs = self.heirs.get(&class).into_iter().flatten().copied();
            names.extend(std::iter::once(class).chain(heirs).map(|c| cx.project.class(c).name));
        }
        names
    }

    /// Whether running a body may change a configuration.
    pub fn is_relevant(&self, func: FnRef) -> bool {
        self.relevant.contains(&func)
    }

    fn find_importers(&mut self, cx: &Cx<'_, '_>) {
        for (unit, u) in cx.project.units.iter_enumerated().filter(|(_, u)| u.production) {
            for (id, import) in u.facts.imports.iter_enumerated() {
                let body = FnRef { unit, func: import.scope };
                cx.refuel();
                for module in imported_modules(cx, unit, id).into_iter().filter(|m| *m != unit) {
                    let known = self.importers.entry(module).or_default();
                    if !known.contains(&body) {
                        known.push(body);
                    }
                }
            }
        }
    }

    fn find_heirs(&mut self, cx: &Cx<'_, '_>) {
        for (unit, u) in cx.project.units.iter_enumerated().filter(|(_, u)| u.production) {
            for class in u.facts.classes.ids() {
                let class = ClassRef { unit, class };
                for ty in cx.mro(&Ty::Class(class)).into_iter().skip(1) {
                    if let Ty::Class(base) = ty {
                        self.heirs.entry(base).or_default().push(class);
                    }
                }
            }
        }
    }

    /// Calls that may be of a function, by its name.
    fn call_sites(&self, cx: &Cx<'_, '_>, func: FnRef) -> Vec<CallSite> {
        let names = self.names_of(cx, func);
        names.iter().flat_map(|name| cx.project.index.callers(*name)).copied().collect()
    }

    fn called(&self, cx: &Cx<'_, '_>, site: &CallSite) -> Called {
        let term = TermRef { func: site.func, term: site.term };
        *self.called.borrow_mut().entry(term).or_insert_with(|| called_at(cx, site))
    }

    /// Bodies that certainly run `func` when they come to a call or import of theirs.
    fn callers(&self, cx: &Cx<'_, '_>, func: FnRef) -> Rc<Vec<FnRef>> {
        if let Some(known) = self.callers.borrow().get(&func) {
            return Rc::clone(known);
        }
        let mut found: Vec<FnRef> = if func.func == FnId(0) {
            // A function that imports a module is no start of it: others import it before.
            let importers = self.importers.get(&func.unit).into_iter().flatten();
            importers.copied().filter(|body| body.func == FnId(0)).collect()
        } else {
            let ir = cx.project.ir(func);
            // A method that has its name alone is the one that is called on an unknown object.
            let unique = ir.class.is_some() && self.named.get(&ir.name) == Some(&1);
            let sites = self.call_sites(cx, func).into_iter();
            let runs_it = |site: &CallSite| match self.called(cx, site) {
                Called::Function(called) => called == func,
                Called::SomeMethod => unique,
                Called::Other => false,
            };
            sites.filter(runs_it).map(|site| site.func).collect()
        };
        found.sort_unstable();
        found.dedup();
        let found = Rc::new(found);
        self.callers.borrow_mut().insert(func, Rc::clone(&found));
        found
    }

    /// Where programs start that come to run `func`: modules that nothing else imports on the
    /// way, else functions that nothing calls. In the order of the files.
    pub fn starts(&self, cx: &Cx<'_, '_>, func: FnRef) -> Vec<FnRef> {
        let mut starts: Vec<FnRef> = Vec::new();
        let mut seen: FxHashSet<FnRef> = FxHashSet::default();
        for body in self.topmost_first(cx, func) {
            if seen.contains(&body) {
                continue;
            }
            // All that comes to run `body`, and has not been looked at: what runs each other.
            let mut circle = Vec::new();
            let mut is_top = true;
            let mut work = vec![body];
            while let Some(at) = work.pop() {
                if circle.contains(&at) {
                    continue;
                }
                if seen.contains(&at) {
                    is_top = false;
                    continue;
                }
                circle.push(at);
                work.extend(self.callers(cx, at).iter());
            }
            seen.extend(&circle);
            if is_top {
                starts.push(representative(&circle, func));
            }
        }
        if starts.iter().any(|start| start.func == FnId(0)) {
            starts.retain(|start| start.func == FnId(0));
        }
        starts.sort_unstable();
        starts.truncate(MAX_STARTS);
        starts
    }

    /// `func` and everything that comes to run it; what runs another before that, circles aside.
    fn topmost_first(&self, cx: &Cx<'_, '_>, func: FnRef) -> Vec<FnRef> {
        let mut finished = Vec::new();
        let mut entered: FxHashSet<FnRef> = FxHashSet::default();
        let mut work = vec![(func, false)];
        while let Some((at, done)) = work.pop() {
            if done {
                finished.push(at);
            } else if entered.insert(at) {
                work.push((at, true));
                work.extend(self.callers(cx, at).iter().map(|caller| (*caller, false)));
            }
        }
        finished
    }
}

/// Of bodies that run each other, the one to start with: the application's own module, else a
/// module, else a function.
fn representative(circle: &[FnRef], func: FnRef) -> FnRef {
    let rank = |body: &FnRef| (body.func != FnId(0), body.unit != func.unit, *body);
    circle.iter().copied().min_by_key(rank).unwrap_or(func)
}

/// What a call runs: the function it calls, or the constructor of the object it makes.
fn called_at(cx: &Cx<'_, '_>, site: &CallSite) -> Called {
    cx.refuel();
    let Term::Call { func: callee, .. } = &cx.project.ir(site.func).terms[site.term] else {
        return Called::Other;
    };
    match cx.callee(*callee, &Frame::open(site.func)) {
        Callee::Fn { func, .. } => Called::Function(func),
        Callee::Class(class) => constructor(cx, class).map_or(Called::Other, Called::Function),
        Callee::Unknown { receiver: Some(_), .. } => Called::SomeMethod,
        Callee::Unknown { .. } | Callee::Lib(_) | Callee::Method { .. } => Called::Other,
    }
}

/// The constructor of a class of the project.
pub fn constructor(cx: &Cx<'_, '_>, class: ClassRef) -> Option<FnRef> {
    let name = cx.project.names.get("__init__")?;
    match cx.member(&Ty::Class(class), name)? {
        Member::Method(func) => Some(func),
        _ => None,
    }
}

/// The modules of the project that an import runs, in the order in which it runs them.
pub fn imported_modules(cx: &Cx<'_, '_>, unit: UnitId, id: crate::facts::ImportId) -> Vec<UnitId> {
    let import = &cx.project.units[unit].facts.imports[id];
    let mut modules = Vec::new();
    let mut add = |kind: Option<Kind>| {
        if let Some(Kind::Module(module)) = kind
            && !modules.contains(&module)
        {
            modules.push(module);
        }
    };
    if import.level == 0 {
        for length in 1..=import.module.len() {
            add(cx.lookup_path(unit, &import.module[..length]).map(|value| value.kind));
        }
    }
    add(cx.imported_from(unit, id).map(Kind::Module));
    if let ImportedName::One(name) = import.name {
        add(Some(cx.imported(unit, id).kind));
        let mut path = import.module.clone();
        path.push(name);
        if import.level == 0 {
            add(cx.lookup_path(unit, &path).map(|value| value.kind));
        }
    }
    modules
}

/// Bodies that touch a configuration themselves, as far as can be told from outside.
fn direct(cx: &Cx<'_, '_>, model: &SettingsModel) -> Vec<FnRef> {
    let index = &cx.project.index;
    let library = &cx.project.rules.library;
    let mut found = Vec::new();
    let own = library.keys.iter().filter(|key| key.framework == model.framework);
    let mut attributes: Vec<Symbol> =
        own.filter_map(|key| key.attribute).chain(model.attribute).collect();
    attributes.sort_unstable();
    attributes.dedup();
    let stores = attributes.iter().filter_map(|name| index.stores.get(name)).flatten();
    found.extend(stores.filter(|site| may_store(cx, model, site)).map(|site| site.func));
    for method in model.methods.keys() {
        let sites = index.callers(*method).iter();
        found.extend(sites.filter(|site| may_configure(cx, model, site)).map(|site| site.func));
    }
    let extensions = library.extensions.iter().filter(|e| e.framework == model.framework);
    let takers = extensions.flat_map(|e| e.calls.iter()).chain(&model.app);
    for name in takers.filter_map(|path: &Vec<Symbol>| path.last()) {
        found.extend(index.callers(*name).iter().map(|site| site.func));
    }
    // A configuration that is passed on under another name.
    for func in cx.project.functions().filter(|f| cx.project.units[f.unit].production) {
        let ir = cx.project.ir(func);
        let stores = ir.blocks.iter().flat_map(|b| &b.instrs).any(|instr| {
            matches!(&instr.kind, InstrKind::Store { place: Place::Item(object, key), .. }
                if is_passed(model, ir, *object, Some(*key)))
        });
        if stores {
            found.push(func);
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether a store under one of the configuration's names is not certainly into something else.
fn may_store(cx: &Cx<'_, '_>, model: &SettingsModel, site: &StoreSite) -> bool {
    let ir = cx.project.ir(site.func);
    let (InstrKind::Store { place, .. } | InstrKind::Delete(place)) =
        &ir.blocks[site.node].instrs[site.instr].kind
    else {
        return false;
    };
    match place {
        Place::Attr(object, _) => may_be_app(cx, model, *object, site.func),
        Place::Item(object, key) => match &ir.terms[*object] {
            Term::Attr(holder, _) => may_be_app(cx, model, *holder, site.func),
            _ => is_passed(model, ir, *object, Some(*key)),
        },
        Place::Outer(_) => false,
    }
}

/// Whether a call of one of the configuration's methods is not certainly of something else.
fn may_configure(cx: &Cx<'_, '_>, model: &SettingsModel, site: &CallSite) -> bool {
    let ir = cx.project.ir(site.func);
    let Term::Call { func, args } = &ir.terms[site.term] else { return false };
    let Term::Attr(object, method) = ir.terms[*func] else { return false };
    if let Term::Attr(holder, name) = ir.terms[object] {
        return model.attribute == Some(name) && may_be_app(cx, model, holder, site.func);
    }
    // Other mappings have methods of the same names.
    if !is_mutator(cx.project.name(method)) {
        return true;
    }
    let upper = args.iter().any(|arg| match arg.kind {
        ArgKind::Keyword(name) => is_setting_name(cx.project.name(name)),
        _ => false,
    });
    let key = args.first().map(|arg| arg.value);
    upper || is_passed(model, ir, object, key)
}

/// Whether an object, as far as its type is known, may be an application.
fn may_be_app(cx: &Cx<'_, '_>, model: &SettingsModel, object: TermId, func: FnRef) -> bool {
    cx.refuel();
    let value = cx.eval(object, &Frame::open(func));
    match (cx.type_of_val(&value), &model.app) {
        (Some(ty), Some(app)) => cx.is_subclass(&ty, app),
        _ => true,
    }
}

/// Whether a name may hold a configuration: it is called like one, or takes a key like one.
fn is_passed(model: &SettingsModel, ir: &FnIr, object: TermId, key: Option<TermId>) -> bool {
    let name = match &ir.terms[object] {
        Term::Param(index) => ir.params.get(*index as usize).map(|param| param.name),
        Term::Global(name) | Term::Free(_, name) => Some(*name),
        Term::Update { base, .. } | Term::Escaped { base, .. } => {
            return is_passed(model, ir, *base, key);
        }
        _ => return false,
    };
    let key = key.map(|key| &ir.terms[key]);
    let upper = matches!(key, Some(Term::Const(Const::Str(text))) if is_setting_name(text));
    upper || (name.is_some() && name == model.attribute)
}
