//! What library models say beyond values: callbacks, whole objects, key-value stores, handlers of
//! exceptions.

use super::calls;
use super::cells::Cell;
use super::path::{Key, Path};
use super::search::{At, CallFrom, OUTSIDE, Search, State, Step};
use crate::base::Symbol;
use crate::facts::{ArgTerm, Term, TermId};
use crate::link::{ClassRef, FnRef, Frame, Kind, TermRef, Ty};
use crate::rule::library::{CallModel, RoleRoot};
use crate::syntax::ast::ParamKind;

impl Search<'_, '_, '_> {
    /// A function that a library calls with what it was given: `executor.submit(f, x)`.
    pub(super) fn called_back(
        &mut self,
        id: u32,
        call: TermRef,
        model: &CallModel,
        param: Symbol,
        path: Path,
        args: &[ArgTerm],
    ) {
        if model.calls.is_empty() || model.calls.contains(&param) {
            return;
        }
        let project = self.graph.project;
        let kind = model.params.iter().find(|p| p.name == param).map(|p| p.kind);
        let by_name = match (kind, project.name(param)) {
            (Some(ParamKind::VarArgs), _) | (_, "args") => false,
            (Some(ParamKind::KwArgs), _) | (_, "kwargs") => true,
            _ => return,
        };
        for func in self.callbacks(call, model, args) {
            let ir = project.ir(func);
            // A task that is bound to its request gets that first.
            let bound = ir.params.first().is_some_and(|p| project.name(p.name) == "self");
            let params = match by_name {
                true => calls::double_spread(self.cx, ir, path),
                false => calls::spread(ir, usize::from(bound), path),
            };
            for (param, inner) in params {
                let name = project.name(ir.name).to_owned();
                let step = Step { loc: self.loc(call), text: format!("handed on to `{name}`") };
                let from = CallFrom {
                    state: id,
                    call,
                    args: Vec::new(),
                    makes: false,
                    wraps: None,
                    steps: vec![step],
                };
                self.enter(from, func, param, inner, false);
            }
        }
    }

    /// The functions of the project that a call hands over to be called.
    fn callbacks(&self, call: TermRef, model: &CallModel, args: &[ArgTerm]) -> Vec<FnRef> {
        let project = self.graph.project;
        let frame = Frame::open(call.func);
        let ir = project.ir(call.func);
        let mut found: Vec<FnRef> = Vec::new();
        let mut add = |term: TermId| {
            self.cx.refuel();
            let value = self.cx.eval(term, &frame);
            let origin = value.origin.as_ref().map(|origin| origin.term);
            let subscribed = self.graph.subscribers(self.cx).iter();
            found.extend(subscribed.filter(|(by, _)| Some(*by) == origin).map(|(_, f)| *f));
            for value in self.cx.possible(&value).alternatives() {
                match value.kind {
                    Kind::Function(func) if !found.contains(&func) => found.push(func),
                    _ => {}
                }
            }
        };
        for (index, arg) in args.iter().enumerate() {
            let params = super::advance::model_params(project, model, args, index, Path::WHOLE);
            if params.iter().any(|(name, _)| model.calls.contains(name)) {
                add(arg.value);
            }
        }
        let receiver = model.calls.iter().any(|name| project.name(*name) == "receiver");
        if let Term::Call { func, .. } = &ir.terms[call.term]
            && let (Term::Attr(object, _), true) = (&ir.terms[*func], receiver)
        {
            add(*object);
        }
        found
    }

    /// A method of a library that is called on a labelled object.
    pub(super) fn library_receiver(
        &mut self,
        id: u32,
        call: TermRef,
        path: Path,
        callee: &[Symbol],
        args: &[ArgTerm],
    ) {
        let Some(model) = self.cx.call_model(callee) else { return };
        let Some(receiver) = self.graph.project.names.get("receiver") else { return };
        if model.passes.contains(&receiver) || model.renders.contains(&receiver) {
            let Term::Call { func, .. } = self.graph.project.term(call) else { return };
            let Term::Attr(object, _) = self.graph.project.ir(call.func).terms[*func] else {
                return;
            };
            let given = super::advance::Given { param: receiver, path, term: object, own: path };
            self.through_library(id, call, model, &given, args);
        }
    }

    /// Copies of whole objects: `vars(x)`, `asdict(x)`, `model_to_dict(x)`, `x.__dict__`.
    pub(super) fn whole_objects(&mut self, id: u32, class: ClassRef, name: Symbol, path: Path) {
        let project = self.graph.project;
        let key = Key::of_text(project.name(name));
        let graph = self.graph;
        let copies = graph.copies_of.of(&class, || {
            let copies = graph.copies(self.cx).iter();
            let own = copies.filter(|(_, object)| self.is_made_of(*object, class));
            own.map(|(copy, _)| *copy).collect()
        });
        for copy in &*copies {
            let step = Step { loc: self.loc(*copy), text: "read with all fields".to_owned() };
            self.outside(id, At::Term(*copy), path.below(key), vec![step]);
        }
    }

    /// Puts a value into a key-value store.
    pub(super) fn put_into_store(
        &mut self,
        id: u32,
        call: TermRef,
        model: &CallModel,
        given: &super::advance::Given,
        args: &[ArgTerm],
    ) {
        let rules = self.graph.project.rules;
        for store in rules.library.stores.iter().filter(|store| model.is.contains(&store.write)) {
            let takes = role_param(model, store.value) == Some(given.param);
            if !takes {
                continue;
            }
            let key = self.store_key(call, model, store.key, args);
            let text = format!("stored in the {}", self.graph.project.name(store.name));
            let step = vec![Step { loc: self.loc(call), text }];
            self.outside(id, At::Cell(Cell::Stored(store.name, key)), given.path, step);
        }
    }

    /// The key that a call gives to a key-value store.
    fn store_key(&self, call: TermRef, model: &CallModel, role: Symbol, args: &[ArgTerm]) -> Key {
        let Some(wanted) = role_param(model, role) else { return Key::Unknown };
        for (index, arg) in args.iter().enumerate() {
            let project = self.graph.project;
            let params = super::advance::model_params(project, model, args, index, Path::WHOLE);
            if params.iter().any(|(name, _)| *name == wanted) {
                return self.key(TermRef { func: call.func, term: arg.value });
            }
        }
        Key::Unknown
    }

    /// Key-value stores are read where the key is known to be the same.
    pub(super) fn read_stored(&mut self, id: u32, name: Symbol, key: Key, path: Path) {
        let project = self.graph.project;
        let Some(store) = project.rules.library.stores.iter().find(|s| s.name == name) else {
            return;
        };
        let Some(concept) = project.rules.library.concepts.get(&store.read) else { return };
        let mut names: Vec<Symbol> =
            concept.calls.iter().filter_map(|path| path.last().copied()).collect();
        names.sort_unstable();
        names.dedup();
        for site in names.iter().flat_map(|name| project.index.callers(*name)) {
            let call = TermRef { func: site.func, term: site.term };
            let Term::Call { func, args } = project.term(call) else { continue };
            self.cx.refuel();
            let frame = Frame::open(call.func);
            let Some(model) = self.cx.library_model(*func, &frame) else { continue };
            if !model.is.contains(&store.read) {
                continue;
            }
            let own = self.store_key(call, model, store.key, args);
            if own == key && key != Key::Unknown {
                let text = format!("read from the {}", project.name(store.name));
                let step = vec![Step { loc: self.loc(call), text }];
                self.outside(id, At::Term(call), path, step);
            }
        }
    }

    /// An exception that no code of the project catches gets to the handlers that are registered
    /// for its class.
    pub(super) fn handled_by_framework(
        &mut self,
        from: u32,
        state: &State,
        func: FnRef,
        ty: Option<&Ty>,
    ) {
        if !self.graph.handlers.contains_key(&func) {
            return;
        }
        let handlers = self.graph.exception_handlers(self.cx);
        for handler in handlers {
            let catches = match (&handler.class, ty) {
                (None, _) => true,
                (Some(class), Some(ty)) => {
                    let above = self.cx.mro(ty);
                    above.contains(class) || super::exits::is_any_exception(self.cx, class)
                }
                (Some(class), None) => super::exits::is_any_exception(self.cx, class),
            };
            let Some(term) = self.graph.uses(handler.func).param(0).filter(|_| catches) else {
                continue;
            };
            let steps = vec![Step { loc: handler.loc, text: "handled here".to_owned() }];
            let state = State {
                entry: OUTSIDE,
                at: At::Term(TermRef { func: handler.func, term }),
                path: state.path,
                labels: state.labels,
            };
            self.follow(from, state, steps);
        }
    }
}

/// The parameter that has a role.
fn role_param(model: &CallModel, role: Symbol) -> Option<Symbol> {
    match model.roles.get(&role)?.root {
        RoleRoot::Param(name) => Some(name),
        _ => None,
    }
}
