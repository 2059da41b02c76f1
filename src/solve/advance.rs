//! One step of a search: what a labelled term, parameter or cell hands its labels to.

use std::sync::Arc;

use super::calls::{self, Entered};
use super::containers;
use super::exits::CAUSE;
use super::path::{Key, Path};
use super::search::{At, CallFrom, Exit, Labels, Search, State, Step};
use super::through::Edge;
use crate::base::Symbol;
use crate::facts::{ArgTerm, InstrKind, NodeId, Term, TermId};
use crate::link::{Callee, Frame, TermRef, Use};
use crate::rule::library::CallModel;

impl Search<'_, '_, '_> {
    /// Follows a state to all that it leads to.
    pub fn advance(&mut self, id: u32) {
        let state = self.state(id).clone();
        match &state.at {
            At::Term(term) => self.advance_term(id, *term, state.path),
            At::Cell(cell) => self.advance_cell(id, cell, state.path),
            At::Handled(..) => {}
            At::Put(_, param) => {
                self.leave(id, &Exit::Into(*param), state.path);
            }
            At::Raised(func, node, ty) => self.caught_in(id, &state, *func, *node, ty.as_ref()),
        }
    }

    fn advance_term(&mut self, id: u32, term: TermRef, path: Path) {
        let graph = self.graph;
        let frame = Frame::open(term.func);
        if let Some(Key::Attr(_)) = path.first() {
            self.shown_by_method(id, term, path, &frame);
        }
        for of in graph.uses(term.func).of(term.term) {
            match *of {
                Use::Term(user) => self.reaches_term(id, term, path, user, &frame),
                Use::Store(node, position) => self.stored(id, term, path, node, position),
                Use::Return => self.returned(id, term, path, &frame),
                Use::Raise(node) => self.raised(id, term, path, node, &frame),
                Use::Cause(node) => self.caused(id, term.func, path, node, CAUSE),
                Use::Export(name) => self.exported(id, term, path, name),
                Use::ClassAttr(class, name) => self.class_attribute(id, term, path, class, name),
                Use::Default(inner, param) => self.default(id, term, path, inner, param),
                Use::Locals(call, name) => {
                    let key = Key::of_text(graph.project.name(name));
                    let call = TermRef { func: term.func, term: call };
                    self.next(id, At::Term(call), path.below(key), Vec::new());
                }
                Use::Local(name) => {
                    let key = (term.func.unit, term.func.func, name);
                    for read in graph.free.get(&key).cloned().unwrap_or_default() {
                        self.outside(id, At::Term(read), path, Vec::new());
                    }
                }
            }
        }
    }

    /// An object whose class says what its text is: formatting it calls that method.
    fn shown_by_method(&mut self, id: u32, object: TermRef, path: Path, frame: &Arc<Frame>) {
        self.cx.refuel();
        let Some(ty @ crate::link::Ty::Class(_)) = self.cx.type_of_term(object.term, frame) else {
            return;
        };
        let method =
            ["__str__", "__repr__"].into_iter().find_map(|name| self.cx.project_method(&ty, name));
        let Some(func) = method else { return };
        let inside = self.graph.project.ir(func);
        let Some((this, path)) = calls::by_position(inside, 0, path) else { return };
        let from = CallFrom {
            state: id,
            call: object,
            args: Vec::new(),
            makes: false,
            wraps: None,
            steps: Vec::new(),
        };
        self.enter(from, func, this, path, false);
    }

    fn reaches_term(
        &mut self,
        id: u32,
        term: TermRef,
        path: Path,
        user: TermId,
        frame: &Arc<Frame>,
    ) {
        let graph = self.graph;
        let ir = graph.project.ir(term.func);
        match &ir.terms[user] {
            Term::Call { func, args } => {
                self.reaches_call(id, term, path, user, *func, args, frame);
            }
            Term::Attr(..) => {
                let edge = self.edge(id, term.term, path, user, frame);
                let to = TermRef { func: term.func, term: user };
                let entry = self.entry(id);
                let kept = edge.kept(self.cx);
                for own in edge.paths(self.cx) {
                    match own == path {
                        true => self.next_part(id, At::Term(to), own, kept),
                        // A part of an object that is at hand here.
                        false => self.read(id, to, own, entry, false),
                    }
                }
                self.called_on(id, term, path, user, frame);
            }
            Term::Yield(_) | Term::YieldFrom(_) => {
                let path = match &ir.terms[user] {
                    Term::Yield(_) => path.below(Key::Any),
                    _ => path,
                };
                self.returned_at(id, term, path);
            }
            _ => {
                let edge = self.edge(id, term.term, path, user, frame);
                let to = TermRef { func: term.func, term: user };
                let kept = edge.kept(self.cx);
                for path in edge.paths(self.cx) {
                    self.next_part(id, At::Term(to), path, kept);
                }
            }
        }
    }

    /// The edge between two terms of one function.
    fn edge<'a>(
        &'a self,
        id: u32,
        from: TermId,
        path: Path,
        to: TermId,
        frame: &'a Arc<Frame>,
    ) -> Edge<'a> {
        let (labels, shares) = (self.labels(id), self.shares);
        Edge { ir: self.graph.project.ir(frame.func), frame, from, path, to, labels, shares }
    }

    #[expect(clippy::too_many_arguments, reason = "a call has that many sides")]
    fn reaches_call(
        &mut self,
        id: u32,
        term: TermRef,
        path: Path,
        call: TermId,
        func: TermId,
        args: &[ArgTerm],
        frame: &Arc<Frame>,
    ) {
        let call_ref = TermRef { func: term.func, term: call };
        // A function that is itself called is no argument.
        for (index, arg) in args.iter().enumerate() {
            if arg.value == term.term {
                self.argument(id, call_ref, path, func, args, index, frame);
            }
        }
    }

    /// What a call does with one of its arguments.
    #[expect(clippy::too_many_arguments, reason = "a call has that many sides")]
    fn argument(
        &mut self,
        id: u32,
        call: TermRef,
        path: Path,
        func: TermId,
        args: &[ArgTerm],
        index: usize,
        frame: &Arc<Frame>,
    ) {
        if self.graph.is_wrapped(call.func, func) {
            self.leave(id, &Exit::Calls(call, index), path);
            return;
        }
        // A function of the project may be declared a sanitizer: what is in it does not count.
        let declared = !self.graph.project.rules.library.declared.is_empty();
        if declared && self.clean(id, call) {
            return;
        }
        let entered = calls::functions(self.cx, self.graph, func, frame);
        for one in &entered {
            let ir = self.graph.project.ir(one.func);
            for (param, inner) in calls::parameters(self.cx, ir, one.offset, args, index, path) {
                self.enter_call(id, call, one, args, param, inner);
            }
        }
        self.cx.refuel();
        match self.cx.callee(func, frame) {
            Callee::Lib(callee) => self.library_argument(id, call, path, &callee, args, index),
            Callee::Method { mut class, name, .. } => {
                class.push(name);
                self.library_argument(id, call, path, &class, args, index);
                self.method_argument(id, call, path, func, index, frame);
            }
            Callee::Class(class) => self.constructed(id, call, path, class, args, index),
            Callee::Unknown { .. } if entered.is_empty() => {
                self.method_argument(id, call, path, func, index, frame);
            }
            _ => {}
        }
        self.written_to_row(id, call, path, func, &args[index], frame);
        self.sinks_of_argument(id, call, path, func, args, index, frame);
    }

    /// A keyword argument that becomes a column: `Model.objects.create(token=…)`.
    fn written_to_row(
        &mut self,
        id: u32,
        call: TermRef,
        path: Path,
        func: TermId,
        arg: &ArgTerm,
        frame: &Arc<Frame>,
    ) {
        let crate::syntax::ast::ArgKind::Keyword(column) = arg.kind else { return };
        self.cx.refuel();
        let Some((crate::link::Ty::Class(class), in_pair)) = self.cx.row_written(func, frame)
        else {
            return;
        };
        let project = self.graph.project;
        let name = project.name(project.class(class).name);
        let text = format!("stored in `{name}.{}`", project.name(column));
        let step = vec![Step { loc: self.loc(call), text }];
        let cell = super::cells::Cell::Field(class, column);
        self.outside(id, At::Cell(cell), path, step.clone());
        let column = path.below(Key::Attr(column));
        let row = if in_pair { column.below(Key::of_index(0)) } else { column };
        self.next(id, At::Term(call), row, step);
    }

    /// Enters a function that a call calls with a parameter.
    pub(super) fn enter_call(
        &mut self,
        id: u32,
        call: TermRef,
        entered: &Entered,
        args: &[ArgTerm],
        param: u32,
        path: Path,
    ) {
        // A call on an object that holds the label hands nothing over.
        let is_receiver = entered.offset == 1 && param == 0;
        let ir = self.graph.project.ir(entered.func);
        let pairs = args.iter().enumerate().flat_map(|(index, arg)| {
            let params = calls::parameters(self.cx, ir, entered.offset, args, index, Path::WHOLE);
            params.into_iter().map(|(param, _)| (param, arg.value)).collect::<Vec<_>>()
        });
        let mut steps = self.used(id, call);
        if !is_receiver {
            let text = format!("passed to `{}`", self.function_name(entered));
            steps.push(Step { loc: self.loc(call), text });
        }
        let from = CallFrom {
            state: id,
            call,
            args: pairs.collect(),
            makes: entered.makes.is_some(),
            wraps: entered.wraps,
            steps,
        };
        self.enter(from, entered.func, param, path, entered.guessed);
    }

    fn function_name(&self, entered: &Entered) -> String {
        let project = self.graph.project;
        match entered.makes {
            Some(class) => project.name(project.class(class).name).to_owned(),
            None => project.name(project.ir(entered.func).name).to_owned(),
        }
    }

    /// The place of a term.
    pub fn loc(&self, term: TermRef) -> crate::base::Loc {
        let span = self.graph.project.ir(term.func).spans[term.term];
        self.graph.project.loc(term.func.unit, span)
    }

    /// A text method that shows its arguments: `"…".format(x)`, `", ".join(xs)`.
    fn method_argument(
        &mut self,
        id: u32,
        call: TermRef,
        path: Path,
        func: TermId,
        arg: usize,
        frame: &Arc<Frame>,
    ) {
        let ir = self.graph.project.ir(call.func);
        let Term::Attr(object, name) = ir.terms[func] else { return };
        let method = self.graph.project.name(name);
        // `mapping.get(key, default)`; the keywords of a query are no defaults.
        let Term::Call { args, .. } = self.graph.project.term(call) else { return };
        let by_position = args[arg].kind == crate::syntax::ast::ArgKind::Positional;
        if arg == 1 && by_position && containers::has_default(method) {
            self.next(id, At::Term(call), path, Vec::new());
        }
        if !containers::shows_argument(method, arg) || !path.in_items() {
            return;
        }
        self.cx.refuel();
        let is_text = match self.cx.type_of_term(object, frame) {
            Some(crate::link::Ty::Lib(ty)) => ty.len() == 1,
            Some(crate::link::Ty::Class(_)) => false,
            None => true,
        };
        if is_text && self.template_shows(call, object, name, arg, frame) {
            self.next(id, At::Term(call), Path::WHOLE, Vec::new());
        }
    }

    /// Whether a template, as far as it is known, shows an argument.
    fn template_shows(
        &self,
        call: TermRef,
        template: TermId,
        method: Symbol,
        index: usize,
        frame: &Arc<Frame>,
    ) -> bool {
        use crate::syntax::ast::ArgKind;
        if self.graph.project.name(method) != "format" {
            return true;
        }
        self.cx.refuel();
        let template = self.cx.eval(template, frame);
        let Some(text) = template.in_force().and_then(|v| v.as_str()) else { return true };
        let Term::Call { args, .. } = self.graph.project.term(call) else { return true };
        let names = containers::brace_names(text);
        match args[index].kind {
            ArgKind::Keyword(name) => names.contains(&Key::of_text(self.graph.project.name(name))),
            ArgKind::Positional => {
                i64::try_from(index).is_ok_and(|index| names.contains(&Key::of_index(index)))
            }
            ArgKind::Star | ArgKind::DoubleStar => true,
        }
    }

    fn library_argument(
        &mut self,
        id: u32,
        call: TermRef,
        path: Path,
        callee: &[Symbol],
        args: &[ArgTerm],
        index: usize,
    ) {
        let Some(model) = self.cx.call_model(callee) else { return };
        let taken = model_params(self.graph.project, model, args, index, path);
        for (param, inner) in taken {
            let given = Given { param, path: inner, term: args[index].value, own: path };
            self.through_library(id, call, model, &given, args);
        }
    }

    /// What a modelled call does with what one of its parameters is given.
    pub(super) fn through_library(
        &mut self,
        id: u32,
        call: TermRef,
        model: &CallModel,
        given: &Given,
        args: &[ArgTerm],
    ) {
        if self.clean(id, call) {
            return;
        }
        let Given { param, path, .. } = *given;
        let labels = self.labels(id);
        let of_items = if path.is_whole() { labels & self.shares.items } else { labels };
        let mut out: Vec<(Path, Labels)> = Vec::new();
        if model.passes.contains(&param) || model.returns_param == Some(param) {
            out.push((path, labels));
        }
        let frame = Frame::open(call.func);
        if let (Some(Key::Attr(name)), true) = (path.first(), model.fields_of == Some(param)) {
            let key = Key::of_text(self.graph.project.name(name));
            let step = Step { loc: self.loc(call), text: "read with all fields".to_owned() };
            self.next(id, At::Term(call), path.rest().below(key), vec![step]);
        }
        if model.elements.contains(&param) {
            out.extend(path.item(Key::Any).map(|path| (path, of_items)));
        }
        if model.iterates.contains(&param) {
            let inner = self.edge(id, given.term, given.own, call.term, &frame).element(self.cx);
            let whole = inner.iter().any(|path| path.is_whole()) && given.own.is_whole();
            out.extend(inner.into_iter().map(|path| (path.below(Key::Any), of_items)));
            out.extend(whole.then_some((Path::WHOLE, of_items)));
        }
        let shown = || super::text::is_shown(self.cx, given.term, given.own, &frame);
        if model.renders.contains(&param) && shown() {
            out.push((Path::WHOLE, labels));
        }
        for (path, labels) in out {
            self.next_part(id, At::Term(call), path, labels);
        }
        self.called_back(id, call, model, param, path, args);
        self.put_into_store(id, call, model, given, args);
    }

    /// Goes on with what a sanitizer leaves, if the call is one.
    fn clean(&mut self, id: u32, call: TermRef) -> bool {
        let Some(labels) = self.sanitized(id, call) else { return false };
        let entry = self.entry(id);
        if labels != 0 {
            let state = State { entry, at: At::Term(call), path: Path::WHOLE, labels };
            self.follow(id, state, Vec::new());
        }
        true
    }

    /// The labels that a declared sanitizer leaves, if the call is one.
    fn sanitized(&self, id: u32, call: TermRef) -> Option<u64> {
        self.cx.refuel();
        let (keeps, adds) = self.cx.sanitizes(call)?;
        let labels = self.labels(id);
        let bits = |of: &[Symbol]| super::bits(self.graph.project, of);
        Some((labels & bits(&keeps)) | bits(&adds))
    }

    /// A parameter whose default carries labels.
    fn default(
        &mut self,
        id: u32,
        term: TermRef,
        path: Path,
        inner: crate::facts::FnId,
        param: u32,
    ) {
        let func = crate::link::FnRef { unit: term.func.unit, func: inner };
        if let Some(read) = self.graph.uses(func).param(param) {
            self.outside(id, At::Term(TermRef { func, term: read }), path, Vec::new());
        }
    }

    /// `place = value`
    fn stored(&mut self, id: u32, term: TermRef, path: Path, node: NodeId, position: usize) {
        let graph = self.graph;
        let instr = &graph.project.ir(term.func).blocks[node].instrs[position];
        let InstrKind::Store { place, .. } = &instr.kind else { return };
        let loc = graph.project.loc(term.func.unit, instr.span);
        self.store_into(id, term.func, place, path, loc);
        self.sinks_of_store(id, term, path, node, position, loc);
    }
}

/// What a parameter of a library function is given.
#[derive(Debug, Clone, Copy)]
pub struct Given {
    /// The parameter.
    pub param: Symbol,
    /// Where in it the labels are.
    pub path: Path,
    /// The argument.
    pub term: TermId,
    /// Where in that the labels are.
    pub own: Path,
}

/// The declared parameters of a library function that take an argument, and where in them its
/// part is.
pub fn model_params(
    project: &crate::link::Project<'_>,
    model: &CallModel,
    args: &[ArgTerm],
    index: usize,
    path: Path,
) -> Vec<(Symbol, Path)> {
    use crate::syntax::ast::{ArgKind, ParamKind};
    let Some(arg) = args.get(index) else { return Vec::new() };
    let of_kind = |kind: ParamKind| model.params.iter().find(|p| p.kind == kind).map(|p| p.name);
    let named = |name: Symbol| {
        let own = model.params.iter().any(|p| {
            p.name == name && matches!(p.kind, ParamKind::Normal | ParamKind::KeywordOnly)
        });
        match own {
            true => Some((name, path)),
            false => of_kind(ParamKind::KwArgs)
                .map(|rest| (rest, path.below(Key::of_text(project.name(name))))),
        }
    };
    match arg.kind {
        ArgKind::Keyword(name) => named(name).into_iter().collect(),
        ArgKind::Positional | ArgKind::Star => {
            let before = args[..index].iter().filter(|a| a.kind == ArgKind::Positional).count();
            let plain = |p: &&crate::rule::library::ParamDecl| {
                matches!(p.kind, ParamKind::PositionalOnly | ParamKind::Normal)
            };
            let own = model.params.iter().filter(plain).nth(before).map(|p| (p.name, path));
            let plains = model.params.iter().filter(plain).count();
            let position = i64::try_from(before.saturating_sub(plains)).unwrap_or(0);
            let rest = of_kind(ParamKind::VarArgs).map(|rest| {
                let path = match arg.kind {
                    ArgKind::Star => path,
                    _ => path.below(Key::of_index(position)),
                };
                (rest, path)
            });
            own.or(rest).into_iter().collect()
        }
        ArgKind::DoubleStar => {
            let keyed = model.params.iter().find(|p| {
                path.first() == Some(Key::of_text(project.name(p.name)))
                    && matches!(p.kind, ParamKind::Normal | ParamKind::KeywordOnly)
            });
            match keyed {
                Some(param) => vec![(param.name, path.rest())],
                None => of_kind(ParamKind::KwArgs).map(|rest| (rest, path)).into_iter().collect(),
            }
        }
    }
}
