//! Where labels are born: what library models declare, and what names say.
//!
//! A name is a prior, writes are evidence: of what the project itself writes into an attribute or
//! a container, the value that is written says what it is, and the name says nothing any more.

use std::sync::Arc;

use super::exits::is_any_exception;
use super::graph::Graph;
use super::path::{Key, Path};
use super::search::Labels;
use crate::base::{FxHashSet, Loc, Symbol};
use crate::facts::{Const, FnKind, InstrKind, Place, Term, TermId};
use crate::link::{Callee, Cx, FnRef, Frame, Kind, Project, TermRef, Ty, map_all};
use crate::rule::flow_models::CaughtModel;
use crate::rule::model::{Pat, PatternKind};

/// A value that carries labels by itself.
#[derive(Debug, Clone)]
pub struct Source {
    /// The term.
    pub term: TermRef,
    /// Where in its value the labels are.
    pub path: Path,
    /// Its labels.
    pub labels: Labels,
    /// Whether only its name says so.
    pub named: bool,
    /// Where it is shown.
    pub loc: Loc,
}

/// Names under which library models may know a term.
struct Anchors {
    names: FxHashSet<Symbol>,
}

impl Anchors {
    fn new(project: &Project<'_>) -> Self {
        let library = &project.rules.library;
        let mut names: FxHashSet<Symbol> = FxHashSet::default();
        for source in &library.sources {
            match &source.pattern.kind {
                PatternKind::Expr(Pat::Concept { name, .. }) => {
                    names.extend(Cx::new(project).concept_names(*name));
                }
                PatternKind::Expr(pat) => {
                    names.extend(crate::link::anchors(pat).into_iter().flatten());
                }
                _ => {}
            }
        }
        names.extend(library.types.values().flat_map(|ty| ty.labels.keys().copied()));
        let makers = library
            .calls
            .iter()
            .filter(|(_, models)| models.iter().any(|model| !model.returns_labels.is_empty()));
        names.extend(makers.filter_map(|(path, _)| path.last().copied()));
        Self { names }
    }

    fn has(&self, name: Symbol) -> bool {
        self.names.contains(&name)
    }
}

/// The sources of a project that carry one of the labels, in the order of the files.
pub fn sources(project: &Project<'_>, wanted: Labels) -> Vec<Source> {
    let anchors = Anchors::new(project);
    let vocabularies = Vocabularies::new(project, wanted, false);
    let functions: Vec<FnRef> =
        project.functions().filter(|func| project.units[func.unit].production).collect();
    let written = Written::new(project, &functions);
    let about = |func: &FnRef| project.lost_in(*func);
    let found = map_all(project, &functions, about, |cx, func| {
        of_function(cx, *func, &anchors, &vocabularies, wanted, &written)
    });
    found.into_iter().flatten().collect()
}

/// Labels that names may have: their vocabularies.
struct Vocabularies {
    all: Vec<(Vec<Symbol>, Labels)>,
}

impl Vocabularies {
    /// Those of labels that fields of copies carry, or of the others.
    fn new(project: &Project<'_>, wanted: Labels, copies: bool) -> Self {
        let library = &project.rules.library;
        let named = library.labels.iter().filter_map(|label| {
            let model = library.label_models.get(label)?;
            let names = &model.names;
            (model.copies == copies && !names.is_empty())
                .then(|| (names.clone(), super::bits(project, &[*label])))
        });
        Self { all: named.filter(|(_, bits)| bits & wanted != 0).collect() }
    }

    fn all(&self) -> Labels {
        self.all.iter().fold(0, |all, (_, bits)| all | bits)
    }

    fn of(&self, cx: &Cx<'_, '_>, name: &str) -> Labels {
        let means = self.all.iter().filter(|(names, _)| cx.means(name, names));
        means.fold(0, |all, (_, bits)| all | bits)
    }
}

fn of_function(
    cx: &Cx<'_, '_>,
    func: FnRef,
    anchors: &Anchors,
    vocabularies: &Vocabularies,
    wanted: Labels,
    written: &Written,
) -> Vec<Source> {
    let project = cx.project;
    let ir = project.ir(func);
    let mut found = of_unknown_calls(cx, func, vocabularies);
    found.extend(of_caught(cx, func, wanted));
    for (id, term) in ir.terms.iter_enumerated() {
        let at = TermRef { func, term: id };
        if is_anchored(cx, func, term, anchors) {
            cx.refuel();
            let labels = super::bits(project, &cx.born_labels(at)) & wanted;
            if labels != 0 {
                found.push(source(cx, at, labels, false));
            }
        }
        let Some(name) = spelled(cx, func, id) else { continue };
        let labels = vocabularies.of(cx, &name);
        if labels == 0 {
            continue;
        }
        cx.refuel();
        match by_name(cx, at, term, &name, written) {
            Some(named) => found.push(source(cx, at, labels, named)),
            None => continue,
        }
    }
    found
}

/// Fields that are called like secrets, of objects that are copied or read as a whole.
pub fn of_copies(graph: &Graph<'_, '_>, wanted: Labels) -> Vec<Source> {
    let project = graph.project;
    let cx = Cx::new(project);
    let vocabularies = Vocabularies::new(project, wanted, true);
    let mut found = Vec::new();
    for (copy, ty, in_rows) in graph.copied_types(&cx) {
        for symbol in cx.field_names(&ty) {
            let name = project.name(symbol);
            let labels = match cx.labels_attribute(&ty, symbol) {
                true => vocabularies.all(),
                false => vocabularies.of(&cx, name),
            };
            if labels == 0 {
                continue;
            }
            let path = Path::of(Key::of_text(name));
            let path = if in_rows { path.below(Key::Any) } else { path };
            found.push(Source { path, ..source(&cx, copy, labels, false) });
        }
    }
    found
}

/// Fields that are called like secrets, of documents that are read with them.
pub fn of_documents(graph: &Graph<'_, '_>, wanted: Labels) -> Vec<Source> {
    let project = graph.project;
    let cx = Cx::new(project);
    let vocabularies = Vocabularies::new(project, wanted, true);
    if vocabularies.all() == 0 {
        return Vec::new();
    }
    let mut found = Vec::new();
    for read in cx.document_reads() {
        for field in &read.fields {
            let labels = vocabularies.of(&cx, field);
            if labels == 0 {
                continue;
            }
            let path = Path::of(Key::of_text(field));
            let path = if read.many { path.below(Key::Any) } else { path };
            found.push(Source { path, ..source(&cx, read.call, labels, false) });
        }
    }
    found
}

/// What code of the project writes: attributes, and items by the name of their object and the key.
#[derive(Default)]
struct Written {
    attributes: FxHashSet<Symbol>,
    items: FxHashSet<(Symbol, Box<str>)>,
}

impl Written {
    fn new(project: &Project<'_>, functions: &[FnRef]) -> Self {
        let cx = Cx::new(project);
        let mut written = Self::default();
        for func in functions {
            let ir = project.ir(*func);
            for instr in ir.blocks.iter().flat_map(|block| &block.instrs) {
                match &instr.kind {
                    InstrKind::Store { place: Place::Attr(_, name), .. } => {
                        written.attributes.insert(*name);
                    }
                    InstrKind::Store { place: Place::Item(object, key), .. } => {
                        if let Term::Const(Const::Str(key)) = &ir.terms[*key]
                            && let Some(name) = last_name(&cx, *func, *object)
                        {
                            written.items.insert((name, key.clone()));
                        }
                    }
                    _ => {}
                }
            }
        }
        written
    }

    fn item(&self, cx: &Cx<'_, '_>, func: FnRef, object: TermId, key: &str) -> bool {
        let name = last_name(cx, func, object);
        name.is_some_and(|name| self.items.contains(&(name, key.into())))
    }
}

/// Texts of exceptions, where they are caught and get a name.
fn of_caught(cx: &Cx<'_, '_>, func: FnRef, wanted: Labels) -> Vec<Source> {
    let project = cx.project;
    let ir = project.ir(func);
    let mut found = Vec::new();
    if project.rules.library.caught.is_empty() {
        return found;
    }
    for (handler, block) in ir.blocks.iter_enumerated() {
        let Some(types) = block.catches else { continue };
        let Some((term, span)) = super::blocks::bound_exception(ir, handler) else { continue };
        cx.refuel();
        let classes = caught_classes(cx, types, &Frame::open(func));
        let fits = |model: &CaughtModel| classes.iter().any(|ty| is_caught(cx, model, ty));
        let labels = caught_labels(project, fits) & wanted;
        if labels != 0 {
            let mut source = source(cx, TermRef { func, term }, labels, false);
            source.path = Path::of(Key::Text);
            source.loc = project.loc(func.unit, span);
            found.push(source);
        }
    }
    found
}

/// Texts of exceptions that the framework hands to functions of the project.
pub fn of_error_handlers(graph: &Graph<'_, '_>, wanted: Labels) -> Vec<Source> {
    let project = graph.project;
    let cx = Cx::new(project);
    let mut found = Vec::new();
    for handler in graph.exception_handlers(&cx) {
        let func = handler.func;
        let Some(term) = graph.uses(func).param(0) else { continue };
        let fits = |model: &CaughtModel| match &handler.class {
            Some(class) => is_caught(&cx, model, class),
            // All of them.
            None => model.classes.iter().any(|path| is_any_exception(&cx, &Ty::Lib(path.clone()))),
        };
        let labels = caught_labels(project, fits) & wanted;
        if labels != 0 {
            let at = TermRef { func, term };
            found.push(Source { path: Path::of(Key::Text), ..source(&cx, at, labels, false) });
        }
    }
    found
}

/// The labels of the texts of exceptions that `fits` accepts.
fn caught_labels(project: &Project<'_>, fits: impl Fn(&CaughtModel) -> bool) -> Labels {
    let models = project.rules.library.caught.iter().filter(|model| fits(model));
    models.fold(0, |all, model| all | super::bits(project, &model.labels))
}

/// The classes that an `except` names.
pub fn caught_classes(cx: &Cx<'_, '_>, types: TermId, frame: &Arc<Frame>) -> Vec<Ty> {
    let value = cx.eval(types, frame);
    match value.as_seq() {
        Some(seq) => seq.items.iter().filter_map(|v| cx.class_value(v)).collect(),
        None => cx.class_value(&value).into_iter().collect(),
    }
}

fn is_caught(cx: &Cx<'_, '_>, model: &CaughtModel, ty: &Ty) -> bool {
    model.classes.iter().any(|class| match model.exact {
        true => matches!(ty, Ty::Lib(path) if path == class),
        false => cx.is_subclass(ty, class),
    })
}

/// Results of functions nobody describes, by the names they are given.
fn of_unknown_calls(cx: &Cx<'_, '_>, func: FnRef, vocabularies: &Vocabularies) -> Vec<Source> {
    let project = cx.project;
    let ir = project.ir(func);
    let mut found = Vec::new();
    for instr in ir.blocks.iter().flat_map(|block| &block.instrs) {
        let (name, value) = match &instr.kind {
            InstrKind::Bind { name, value, .. } => (project.name(*name), *value),
            InstrKind::Store { place: Place::Attr(_, name), value } => {
                (project.name(*name), *value)
            }
            InstrKind::Store { place: Place::Item(_, key), value } => match &ir.terms[*key] {
                Term::Const(Const::Str(key)) => (&**key, *value),
                _ => continue,
            },
            _ => continue,
        };
        let Term::Call { func: callee, .. } = ir.terms[value] else { continue };
        let labels = vocabularies.of(cx, name);
        if labels == 0 {
            continue;
        }
        cx.refuel();
        let frame = Frame::open(func);
        let unknown = match cx.callee(callee, &frame) {
            Callee::Lib(path) => cx.call_model(&path).is_none() && path.len() > 1,
            Callee::Method { mut class, name, .. } => {
                class.push(name);
                class.len() > 2 && cx.call_model(&class).is_none()
            }
            Callee::Unknown { .. } => cx.type_of_term(value, &frame).is_none(),
            Callee::Fn { .. } | Callee::Class(_) => false,
        };
        // What a declared function makes harmless is what that leaves, whatever it is called.
        let at = TermRef { func, term: value };
        if unknown && cx.sanitizes(at).is_none() {
            found.push(source(cx, at, labels, true));
        }
    }
    found
}

fn source(cx: &Cx<'_, '_>, term: TermRef, labels: Labels, named: bool) -> Source {
    let project = cx.project;
    let span = match project.term(term) {
        Term::Param(index) => project.ir(term.func).params[*index as usize].span,
        _ => project.ir(term.func).spans[term.term],
    };
    Source { term, path: Path::WHOLE, labels, named, loc: project.loc(term.func.unit, span) }
}

fn is_anchored(cx: &Cx<'_, '_>, func: FnRef, term: &Term, anchors: &Anchors) -> bool {
    let ir = cx.project.ir(func);
    match term {
        Term::Param(index) => cx.project.url_parameters.contains_key(&(func, *index)),
        Term::Attr(_, name) => anchors.has(*name),
        Term::Call { func: callee, .. } => {
            last_name(cx, func, *callee).is_some_and(|n| anchors.has(n))
        }
        Term::Item(object, _) => match &ir.terms[*object] {
            Term::Attr(_, name) => anchors.has(*name),
            _ => last_name(cx, func, *object).is_some_and(|n| anchors.has(n)),
        },
        _ => false,
    }
}

fn last_name(cx: &Cx<'_, '_>, func: FnRef, term: TermId) -> Option<Symbol> {
    match &cx.project.ir(func).terms[term] {
        Term::Attr(_, name) | Term::Free(_, name) => Some(*name),
        Term::Global(_) | Term::Import(_) => {
            cx.refuel();
            match cx.eval(term, &Frame::open(func)).kind {
                Kind::Lib(path) => path.last().copied(),
                _ => None,
            }
        }
        Term::Update { base, .. } | Term::Escaped { base, .. } => last_name(cx, func, *base),
        Term::Call { func: callee, .. } => last_name(cx, func, *callee),
        _ => None,
    }
}

/// What a term is called where it is read.
fn spelled(cx: &Cx<'_, '_>, func: FnRef, term: TermId) -> Option<String> {
    let project = cx.project;
    let ir = project.ir(func);
    let text = |key: TermId| match &ir.terms[key] {
        Term::Const(Const::Str(text)) => Some(text.to_string()),
        _ => None,
    };
    match &ir.terms[term] {
        Term::Attr(_, name) => Some(project.name(*name).to_owned()),
        Term::Param(index) => Some(project.name(ir.params.get(*index as usize)?.name).to_owned()),
        Term::Item(_, key) => text(*key),
        Term::Call { func: callee, args } if args.len() <= 2 => {
            let Term::Attr(_, method) = ir.terms[*callee] else { return None };
            if !matches!(project.name(method), "get" | "pop") {
                return None;
            }
            text(args.first()?.value)
        }
        _ => None,
    }
}

/// Whether a term with a telling name is a source: none, if it is something else; else whether
/// only the name says so.
fn by_name(
    cx: &Cx<'_, '_>,
    at: TermRef,
    term: &Term,
    name: &str,
    written: &Written,
) -> Option<bool> {
    let project = cx.project;
    let ir = project.ir(at.func);
    let frame = Frame::open(at.func);
    if cx.reads_variable(at) {
        return Some(false);
    }
    match term {
        Term::Param(index) => {
            let param = &ir.params[*index as usize];
            let default = param.default.zip(ir.parent).map(|(default, parent)| {
                cx.eval(default, &Frame::open(FnRef { unit: at.func.unit, func: parent }))
            });
            // A switch is no secret.
            let is_switch = default.is_some_and(|value| {
                matches!(value.kind, Kind::Const(Const::Bool(_) | Const::Int(_)))
            });
            (ir.kind == FnKind::Function && !is_switch).then_some(true)
        }
        Term::Attr(_, name) if written.attributes.contains(name) => None,
        Term::Attr(object, _) => {
            cx.refuel();
            let value = cx.eval(at.term, &frame);
            match value.kind {
                Kind::Lib(_) | Kind::Function(_) | Kind::Class(_) | Kind::Module(_) => return None,
                Kind::Const(_) => return None,
                _ => {}
            }
            let object = cx.eval(*object, &frame);
            if matches!(
                object.kind,
                Kind::Lib(_) | Kind::Module(_) | Kind::Class(_) | Kind::Function(_)
            ) {
                return None;
            }
            // An attribute of a text is a method.
            match cx.type_of_val(&object) {
                Some(Ty::Lib(path)) if path.len() == 1 => None,
                _ => Some(true),
            }
        }
        Term::Item(object, _) if written.item(cx, at.func, *object, name) => None,
        Term::Item(object, _) => (!is_own_container(cx, *object, &frame)).then_some(true),
        Term::Call { func: callee, .. } => match &ir.terms[*callee] {
            Term::Attr(object, _) if written.item(cx, at.func, *object, name) => None,
            Term::Attr(object, _) => (!is_own_container(cx, *object, &frame)).then_some(true),
            _ => None,
        },
        _ => None,
    }
}

/// Whether an object is a container that the project itself makes.
fn is_own_container(cx: &Cx<'_, '_>, object: TermId, frame: &Arc<Frame>) -> bool {
    cx.refuel();
    let value = cx.eval(object, frame);
    matches!(value.kind, Kind::Dict(_) | Kind::Seq(_))
        || value.origin.as_ref().is_some_and(|origin| {
            matches!(cx.project.term(origin.term), Term::Dict(_) | Term::Update { .. })
        })
}
