//! How labels leave a function: returned, raised, yielded, or given out by a property, an implicit
//! `__str__`, a whole-object copy.

use std::sync::Arc;

use super::containers;
use super::path::{Key, Path};
use super::search::{At, Exit, Search, State, Step};
use super::through::Edge;
use crate::base::{Interner, Symbol};
use crate::facts::{Instr, InstrKind, NodeId, Term, TermId, Terminator};
use crate::link::{Callee, ClassRef, FnRef, Frame, Kind, TermRef, Ty};
use crate::rule::library::CallModel;
use crate::syntax::ast::ArgKind;

/// The attribute of an exception that holds the one it was raised from.
pub const CAUSE: &str = "__cause__";

/// The attribute of an exception that holds the one that was handled when it was raised.
const CONTEXT: &str = "__context__";

impl<'s> Search<'s, '_, '_> {
    /// `return value`
    pub(super) fn returned(&mut self, id: u32, term: TermRef, path: Path, frame: &Arc<Frame>) {
        self.sinks_of_return(id, term, path, frame);
        self.returned_at(id, term, path);
    }

    /// What a function gives to its callers.
    pub(super) fn returned_at(&mut self, id: u32, term: TermRef, path: Path) {
        let func = term.func;
        if self.leave(id, &Exit::Return, path) {
            return;
        }
        let project = self.graph.project;
        let name = project.name(project.ir(func).name).to_owned();
        for site in self.graph.callers(self.cx, func).to_vec() {
            let call = TermRef { func: site.func, term: site.term };
            let text = format!("returned by `{name}`");
            let step = Step { loc: self.loc(call), text };
            self.outside(id, At::Term(call), path, vec![step]);
        }
        if let Some(class) = self.cx.class_of_method(func) {
            self.implicit_calls(id, func, class, &name, path);
        }
    }

    /// Methods that are called without being named: properties, `__str__`, `__enter__`, ….
    fn implicit_calls(&mut self, id: u32, func: FnRef, class: ClassRef, name: &str, path: Path) {
        let project = self.graph.project;
        self.cx.refuel();
        if self.cx.is_property(func) {
            let attribute = project.ir(func).name;
            let reads = self.graph.property_reads.of(&(class, attribute), || {
                let reads = self.graph.attributes.get(&attribute).into_iter().flatten().copied();
                reads.filter(|read| self.reads_part_of(*read, class)).collect()
            });
            for read in &*reads {
                let text = format!("returned by `{name}`");
                let step = Step { loc: self.loc(*read), text };
                self.outside(id, At::Term(*read), path, vec![step]);
            }
        }
        if matches!(name, "__enter__" | "__aenter__") {
            let entered = self.graph.entered_of.of(&class, || {
                let entered = self.graph.entered.iter().copied();
                entered.filter(|entered| self.reads_part_of(*entered, class)).collect()
            });
            for entered in &*entered {
                let Term::Enter(manager) = *project.term(*entered) else { continue };
                let manager = TermRef { func: entered.func, term: manager };
                let step = Step { loc: self.loc(manager), text: format!("returned by `{name}`") };
                self.outside(id, At::Term(*entered), path, vec![step]);
            }
        }
        if matches!(name, "__str__" | "__repr__" | "__format__" | "__html__") && path.is_whole() {
            for object in &*self.graph.shown(self.cx, class) {
                self.outside(id, At::Term(*object), Path::of(Key::Text), Vec::new());
            }
        }
    }

    /// Whether the object is of a class, or of one below it, of which an attribute is read or
    /// which is entered.
    fn reads_part_of(&self, read: TermRef, class: ClassRef) -> bool {
        match *self.graph.project.term(read) {
            Term::Attr(object, _) | Term::Enter(object) => {
                self.is_made_of(TermRef { func: read.func, term: object }, class)
            }
            _ => false,
        }
    }

    /// Whether an object is of a class or of one below it.
    pub(super) fn is_made_of(&self, object: TermRef, class: ClassRef) -> bool {
        self.cx.refuel();
        let ty = self.cx.type_of_term(object.term, &Frame::open(object.func));
        matches!(ty, Some(Ty::Class(own))
            if self.cx.mro(&Ty::Class(own)).contains(&Ty::Class(class)))
    }

    /// `raise value` in a block.
    pub(super) fn raised(
        &mut self,
        id: u32,
        term: TermRef,
        path: Path,
        node: NodeId,
        frame: &Arc<Frame>,
    ) {
        let ty = self.raised_type(term, frame);
        let block = &self.graph.project.ir(term.func).blocks[node];
        let loc = match &block.end {
            Terminator::Raise { span, .. } => self.graph.project.loc(term.func.unit, *span),
            _ => self.loc(term),
        };
        let step = Step { loc, text: "put into an exception".to_owned() };
        // What an exception object holds was put into it before.
        let steps =
            if matches!(path.first(), Some(Key::Attr(_))) { Vec::new() } else { vec![step] };
        self.next(id, At::Raised(term.func, node, ty), path, steps);
    }

    fn raised_type(&self, exc: TermRef, frame: &Arc<Frame>) -> Option<Ty> {
        self.cx.refuel();
        let value = self.cx.eval(exc.term, frame);
        match value.kind {
            Kind::Class(_) | Kind::Lib(_) => self.cx.class_value(&value),
            _ => self.cx.type_of_val(&value),
        }
    }

    /// `raise other from value`, or a `raise other` while the value is handled: it is an attribute
    /// of the other exception, and shown where that is shown with its causes.
    pub(super) fn caused(
        &mut self,
        id: u32,
        func: FnRef,
        path: Path,
        node: NodeId,
        attribute: &str,
    ) {
        let project = self.graph.project;
        let Terminator::Raise { exc: Some(exc), span, .. } = project.ir(func).blocks[node].end
        else {
            return;
        };
        let Some(attribute) = project.names.get(attribute) else { return };
        let ty = self.raised_type(TermRef { func, term: exc }, &Frame::open(func));
        let loc = project.loc(func.unit, span);
        let step = Step { loc, text: "the cause of another exception".to_owned() };
        let path = path.below(Key::Attr(attribute));
        self.next(id, At::Raised(func, node, ty), path, vec![step]);
    }

    /// Exceptions that a handler raises while it handles another one, without naming a cause.
    fn raised_meanwhile(&mut self, id: u32, func: FnRef, handler: NodeId, path: Path) {
        let ir = self.graph.project.ir(func);
        let bound = super::blocks::bound_exception(ir, handler).map(|(term, _)| term);
        for node in super::blocks::within(ir, handler) {
            if let Terminator::Raise { exc: Some(exc), cause: None, .. } = ir.blocks[node].end
                && bound != Some(exc)
            {
                self.caused(id, func, path, node, CONTEXT);
            }
        }
    }

    /// The calls of modelled functions that a handler makes, if the text of the exception, or of
    /// a cause of it, has the label: any of them may show it.
    pub(super) fn calls_of_handler(
        &self,
        func: FnRef,
        handler: NodeId,
        path: Path,
    ) -> Vec<(TermRef, &'s CallModel)> {
        let path = below_causes(&self.graph.project.names, path);
        if !matches!(path.first(), None | Some(Key::Text)) {
            return Vec::new();
        }
        let (cx, ir) = (self.cx, self.graph.project.ir(func));
        let frame = Frame::open(func);
        let nodes = super::blocks::within(ir, handler).into_iter();
        let modelled = |instr: &Instr| {
            let InstrKind::Eval(term) = instr.kind else { return None };
            let Term::Call { func: callee, .. } = ir.terms[term] else { return None };
            cx.refuel();
            let model = cx.library_model(callee, &frame)?;
            Some((TermRef { func, term }, model))
        };
        nodes.flat_map(|node| ir.blocks[node].instrs.iter().filter_map(modelled)).collect()
    }

    /// Calls in a handler whose result is the text of the exception: `traceback.format_exc()`.
    fn shown_meanwhile(&mut self, id: u32, func: FnRef, handler: NodeId, path: Path) {
        for (call, model) in self.calls_of_handler(func, handler, path) {
            if model.shows_caught {
                self.next(id, At::Term(call), Path::WHOLE, Vec::new());
            }
        }
    }

    /// An exception comes out of a call.
    pub(super) fn caught(
        &mut self,
        from: u32,
        state: &State,
        call: TermRef,
        ty: Option<&Ty>,
        steps: Vec<Step>,
    ) {
        let Some(node) = self.graph.uses(call.func).block(call.term) else { return };
        let at = At::Raised(call.func, node, ty.cloned());
        let State { entry, path, labels, .. } = *state;
        self.follow(from, State { entry, at, path, labels }, steps);
    }

    /// An exception is raised in a block: its handlers get it, or the callers do.
    pub(super) fn caught_in(
        &mut self,
        id: u32,
        state: &State,
        func: FnRef,
        node: NodeId,
        ty: Option<&Ty>,
    ) {
        let ir = self.graph.project.ir(func);
        for handler in ir.blocks[node].handlers.clone() {
            match self.handler(func, handler, ty) {
                Some(caught) if !caught.matches => {}
                Some(caught) => {
                    let step = Step { loc: caught.loc, text: "caught here".to_owned() };
                    let at = match caught.term {
                        Some(term) => At::Term(TermRef { func, term }),
                        None => At::Handled(func, handler),
                    };
                    let inside = self.next(id, at, state.path, vec![step]);
                    self.sinks_of_caught(inside, func, handler, state.path);
                    self.raised_meanwhile(inside, func, handler, state.path);
                    self.shown_meanwhile(inside, func, handler, state.path);
                    if caught.certain {
                        return;
                    }
                }
                // `finally`
                None => {}
            }
        }
        self.escapes(id, state, func, ty);
    }

    /// What a handler catches and binds; none if it is no `except` with classes or a name.
    fn handler(&self, func: FnRef, handler: NodeId, ty: Option<&Ty>) -> Option<Caught> {
        let project = self.graph.project;
        let ir = project.ir(func);
        let block = &ir.blocks[handler];
        let bound = super::blocks::bound_exception(ir, handler);
        let span = match (bound, block.catches) {
            (Some((_, span)), _) => span,
            (None, Some(types)) => ir.spans[types],
            (None, None) => return None,
        };
        let (term, loc) = (bound.map(|(term, _)| term), project.loc(func.unit, span));
        let caught = |matches, certain| Some(Caught { term, loc, matches, certain });
        let Some(types) = block.catches else { return caught(true, true) };
        self.cx.refuel();
        let wanted = super::sources::caught_classes(self.cx, types, &Frame::open(func));
        if wanted.is_empty() || wanted.iter().any(|ty| is_any_exception(self.cx, ty)) {
            return caught(true, !wanted.is_empty());
        }
        let Some(ty) = ty else { return caught(true, false) };
        let above = self.cx.mro(ty);
        if wanted.iter().any(|w| above.contains(w)) {
            return caught(true, true);
        }
        // A library's hierarchy may be unknown.
        let lib = |ty: &Ty| matches!(ty, Ty::Lib(path) if path.len() > 1);
        caught(lib(ty) && wanted.iter().any(lib), false)
    }

    /// An exception leaves a function.
    fn escapes(&mut self, id: u32, state: &State, func: FnRef, ty: Option<&Ty>) {
        if self.leave(id, &Exit::Raise(ty.cloned()), state.path) {
            return;
        }
        for site in self.graph.callers(self.cx, func).to_vec() {
            let call = TermRef { func: site.func, term: site.term };
            self.caught(id, state, call, ty, Vec::new());
        }
        self.handled_by_framework(id, state, func, ty);
    }

    /// A constructor without code of its own: fields by keyword, or by the order in which the
    /// class declares them; exceptions keep what they are made of.
    pub(super) fn constructed(
        &mut self,
        id: u32,
        call: TermRef,
        path: Path,
        class: ClassRef,
        args: &[crate::facts::ArgTerm],
        index: usize,
    ) {
        if self.cx.project_method(&Ty::Class(class), "__init__").is_some() {
            return;
        }
        let fact = self.graph.project.class(class);
        let field: Option<Symbol> = match args[index].kind {
            ArgKind::Keyword(name) => Some(name),
            ArgKind::Positional => fact.annotated.get(index).map(|(name, ..)| *name),
            ArgKind::Star | ArgKind::DoubleStar => None,
        };
        match field {
            Some(name) => {
                let loc = self.loc(call);
                let class_name = self.graph.project.name(fact.name).to_owned();
                let step = vec![Step { loc, text: format!("put into a new `{class_name}`") }];
                let cell = super::cells::Cell::Field(class, name);
                self.outside(id, At::Cell(cell), path, step.clone());
                self.next(id, At::Term(call), path.below(Key::Attr(name)), step);
            }
            None if self.is_exception(class) => {
                self.next(id, At::Term(call), Path::of(Key::Text), Vec::new());
            }
            None => {}
        }
    }

    fn is_exception(&self, class: ClassRef) -> bool {
        self.cx.mro(&Ty::Class(class)).iter().any(|ty| match ty {
            Ty::Lib(path) => path.last().is_some_and(|name| {
                let name = self.graph.project.name(*name);
                name.ends_with("Error") || name.ends_with("Exception") || name == "Warning"
            }),
            Ty::Class(_) => false,
        })
    }

    /// Calls on an object: its methods enter with it as `self`, those of Python's own types give
    /// parts out.
    pub(super) fn called_on(
        &mut self,
        id: u32,
        object: TermRef,
        path: Path,
        attribute: TermId,
        frame: &Arc<Frame>,
    ) {
        let graph = self.graph;
        let ir = graph.project.ir(object.func);
        let Term::Attr(_, name) = ir.terms[attribute] else { return };
        for of in graph.uses(object.func).of(attribute).to_vec() {
            let crate::link::Use::Term(user) = of else { continue };
            let Term::Call { func, args } = &ir.terms[user] else { continue };
            if *func != attribute {
                continue;
            }
            let call = TermRef { func: object.func, term: user };
            self.cx.refuel();
            match self.cx.callee(attribute, frame) {
                Callee::Fn { func, receiver: Some(_) } => {
                    let entered = super::calls::decorated(self.cx, graph, func, 0, 1);
                    let inside = graph.project.ir(entered.func);
                    if let Some((this, path)) = super::calls::by_position(inside, 0, path) {
                        self.enter_call(id, call, &entered, args, this, path);
                    }
                }
                Callee::Method { mut class, name: method, .. } => {
                    class.push(method);
                    self.library_receiver(id, call, path, &class, args);
                    self.given_out(id, object, path, call, name, frame);
                }
                Callee::Unknown { .. } | Callee::Lib(_) => {
                    self.given_out(id, object, path, call, name, frame);
                }
                _ => {}
            }
        }
    }

    fn given_out(
        &mut self,
        id: u32,
        object: TermRef,
        path: Path,
        call: TermRef,
        name: Symbol,
        frame: &Arc<Frame>,
    ) {
        let project = self.graph.project;
        let ir = project.ir(object.func);
        let Term::Call { args, .. } = &ir.terms[call.term] else { return };
        let (labels, shares) = (self.labels(id), self.shares);
        let edge = Edge { ir, frame, from: object.term, path, to: call.term, labels, shares };
        let method = project.name(name);
        let kept = edge.kept_by(method);
        for path in containers::given_out(self.cx, &edge, method, args) {
            self.next_part(id, At::Term(call), path, kept);
        }
    }
}

/// An `except` that an exception comes to.
struct Caught {
    /// What the name is bound to, if there is one.
    term: Option<TermId>,
    /// The clause.
    loc: crate::base::Loc,
    /// Whether the exception may be of its classes.
    matches: bool,
    /// Whether it certainly is.
    certain: bool,
}

/// Where in an exception, or in one of its causes, a path leads.
pub fn below_causes(names: &Interner, mut path: Path) -> Path {
    while let Some(Key::Attr(name)) = path.first() {
        if ![CAUSE, CONTEXT].contains(&names.resolve(name)) {
            break;
        }
        path = path.rest();
    }
    path
}

/// Whether a class is the one above all exceptions.
pub fn is_any_exception(cx: &crate::link::Cx<'_, '_>, ty: &Ty) -> bool {
    matches!(ty, Ty::Lib(path) if path.len() == 1
        && matches!(cx.project.name(path[0]), "Exception" | "BaseException"))
}
