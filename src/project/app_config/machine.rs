//! Follows a program from its start, as Python would run it, with one application's
//! configuration as the state.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::reach::{Reach, constructor, imported_modules};
use super::state::{Config, State, join};
use crate::base::{FxHashMap, FxHashSet, Loc, Span, Symbol};
use crate::facts::{ArgTerm, FnId, Instr, InstrKind, NodeId, Place, Term, TermId, Terminator};
use crate::link::{
    Actuals, Callee, ClassRef, Cx, FnRef, Frame, Kind, TermRef, Tri, Ty, UnitId, Val, elements,
    env_val,
};
use crate::project::cfg::Cfg;
use crate::project::documents::Documents;
use crate::project::profile::Profile;
use crate::rule::library::SettingsModel;
use crate::syntax::ast::ArgKind;

/// Deepest chain of calls that is followed.
const MAX_CALLS: usize = 16;
/// Most rounds of one loop that are followed.
const MAX_ROUNDS: usize = 64;
/// Most blocks one run takes.
const MAX_BLOCKS: u32 = 100_000;

/// What all runs of one application share.
pub struct Subject<'a> {
    /// How applications of the framework are configured.
    pub model: &'a SettingsModel,
    /// Which code may change a configuration.
    pub reach: &'a Reach,
    /// The files of the project that are not Python.
    pub documents: &'a Documents,
    /// The call that makes the application.
    pub app: TermRef,
    /// Whether the project makes no other application.
    pub only: bool,
    /// Declared defaults by key.
    pub defaults: &'a FxHashMap<String, Val>,
}

impl Subject<'_> {
    /// What a key is while nothing sets it.
    pub fn default(&self, key: &str) -> Val {
        self.defaults.get(key).cloned().unwrap_or_else(|| Val::new(Kind::Absent))
    }
}

/// One run of a program.
pub struct Run<'a, 'p, 'r> {
    /// The questions of this run.
    pub cx: Cx<'p, 'r>,
    /// The application looked at.
    pub subject: &'a Subject<'a>,
    /// The profile the program runs in.
    pub profile: Profile,
    /// Whether the module it starts at is the program: `__name__ == "__main__"`.
    pub main: Option<UnitId>,
    /// Profiles that choices on the way told apart.
    pub told: Vec<Profile>,
    /// What was chosen by name and nothing else could have been, with the profile in the name.
    pub fixed: Vec<Profile>,
    /// Profiles of what could have been chosen in its place.
    pub passed: Vec<Profile>,
    /// The names of the configuration classes and modules that were chosen.
    pub chosen: Vec<String>,
    /// Bodies that were run.
    pub visited: FxHashSet<FnRef>,
    /// What extensions set when a request is served, after everything else.
    pub at_request: Vec<super::extensions::Late>,
    /// Names of module bodies that run now, as bound so far.
    pub(super) bound: FxHashMap<UnitId, Vec<(Symbol, TermId, Loc)>>,
    ran: FxHashSet<UnitId>,
    active: Vec<FnRef>,
    /// Modules' names that functions have bound to the application.
    held: FxHashSet<(UnitId, Symbol)>,
    flows: FxHashMap<FnRef, Rc<Cfg>>,
    returns: FxHashMap<FnRef, bool>,
    blocks: u32,
}

/// How an instruction ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The next one follows.
    Normally,
    /// Perhaps with an exception.
    MayRaise,
    /// With an exception.
    Raises,
}

/// Where control leaves a part of a body.
#[derive(Default)]
struct Exits {
    returned: State,
    left: Vec<(NodeId, State)>,
}

/// A body, or the part of one that a loop is.
struct Part<'a> {
    frame: &'a Arc<Frame>,
    cfg: &'a Cfg,
    /// The head of the loop whose body it is.
    head: Option<NodeId>,
}

impl<'a, 'p, 'r> Run<'a, 'p, 'r> {
    /// A run that has not started.
    pub fn new(cx: Cx<'p, 'r>, subject: &'a Subject<'a>, profile: Profile) -> Self {
        Self {
            cx,
            subject,
            profile,
            main: None,
            told: Vec::new(),
            fixed: Vec::new(),
            passed: Vec::new(),
            chosen: Vec::new(),
            visited: FxHashSet::default(),
            at_request: Vec::new(),
            bound: FxHashMap::default(),
            ran: FxHashSet::default(),
            active: Vec::new(),
            held: FxHashSet::default(),
            flows: FxHashMap::default(),
            returns: FxHashMap::default(),
            blocks: 0,
        }
    }

    /// Runs the program that starts at `start`; the configuration that it leaves behind.
    pub fn start(&mut self, start: FnRef) -> State {
        if start.func == FnId(0) {
            return self.module(start.unit, None);
        }
        // A function that nothing calls: its module is there before it runs.
        let state = self.module(start.unit, None);
        let count = self.cx.project.ir(start).params.len();
        if count == 0 {
            return self.body(&Frame::open(start), state);
        }
        // Whoever calls it may give other arguments than the declared defaults.
        let defaults = self.cx.bind_fn(start, None, &Actuals::default());
        let args = defaults.into_iter().map(|default| match default.is_unknown() {
            true => default,
            false => env_val(None, default),
        });
        let frame = Frame { func: start, args: Some(args.collect()), this: None, depth: 1 };
        self.body(&Arc::new(frame), state)
    }

    fn module(&mut self, unit: UnitId, mut state: State) -> State {
        if !self.ran.insert(unit) {
            return state;
        }
        for package in self.packages_of(unit) {
            state = self.module(package, state);
        }
        let body = self.cx.project.module_fn(unit);
        if !self.subject.reach.is_relevant(body) {
            return state;
        }
        self.bound.insert(unit, Vec::new());
        let after = self.body(&Frame::open(body), state.clone());
        self.bound.remove(&unit);
        after.or(state)
    }

    /// The packages a module lies in, outermost first: importing it runs them before.
    fn packages_of(&self, unit: UnitId) -> Vec<UnitId> {
        let modules = &self.cx.project.modules;
        let mut packages: Vec<UnitId> = (1..8)
            .map_while(|level| modules.relative_base(unit, level))
            .map_while(|target| match crate::link::target_val(target).kind {
                Kind::Module(package) => Some(package),
                _ => None,
            })
            .filter(|package| *package != unit)
            .collect();
        packages.reverse();
        packages
    }

    /// Runs a body to its end. `None` when the application is not made by then.
    fn body(&mut self, frame: &Arc<Frame>, state: State) -> State {
        let func = frame.func;
        if self.active.contains(&func) || self.active.len() >= MAX_CALLS {
            return state;
        }
        self.visited.insert(func);
        self.active.push(func);
        let cfg = match self.flows.get(&func) {
            Some(cfg) => Rc::clone(cfg),
            None => {
                let cfg = Rc::new(Cfg::of(self.cx.project.ir(func)));
                self.flows.insert(func, Rc::clone(&cfg));
                cfg
            }
        };
        let mut exits = Exits::default();
        let part = Part { frame, cfg: &cfg, head: None };
        self.flow(&part, NodeId(0), state, &mut exits);
        self.active.pop();
        exits.returned
    }

    /// Runs the blocks of a part from `start` on.
    fn flow(&mut self, part: &Part<'_>, start: NodeId, state: State, exits: &mut Exits) {
        let mut waiting: BTreeMap<usize, (NodeId, State)> = BTreeMap::new();
        waiting.insert(part.cfg.position(start), (start, state));
        while let Some((rank, (node, state))) = waiting.pop_first() {
            self.blocks += 1;
            if self.blocks > MAX_BLOCKS {
                return;
            }
            let mut next: Vec<(NodeId, State)> = Vec::new();
            let state = self.block(part.frame, node, state, &mut next);
            if let Some(state) = state {
                self.end(part, node, state, &mut next, exits);
            }
            for (to, state) in next {
                if part.head.is_some_and(|head| head == to || !part.cfg.is_inside(head, to)) {
                    exits.left.push((to, state));
                    continue;
                }
                let Some(to) = self.forward(part, rank, to) else { continue };
                let known = waiting.remove(&part.cfg.position(to)).map(|(_, state)| state);
                let joined = join(known, state, &|key| self.subject.default(key));
                waiting.insert(part.cfg.position(to), (to, joined));
            }
        }
    }

    /// Where an edge leads; one back to the head of a `while` leads out of the loop, as one
    /// round stands for all.
    fn forward(&self, part: &Part<'_>, rank: usize, to: NodeId) -> Option<NodeId> {
        if part.cfg.position(to) > rank {
            return Some(to);
        }
        match &self.cx.project.ir(part.frame.func).blocks[to].end {
            Terminator::Branch { orelse, .. } if part.cfg.position(*orelse) > rank => Some(*orelse),
            _ => None,
        }
    }

    /// Runs a block; the state at its end, none when an exception leaves it.
    fn block(
        &mut self,
        frame: &Arc<Frame>,
        node: NodeId,
        mut state: State,
        next: &mut Vec<(NodeId, State)>,
    ) -> Option<State> {
        let project = self.cx.project;
        let block = &project.ir(frame.func).blocks[node];
        for instr in &block.instrs {
            let before = state.clone();
            let ended = self.instr(instr, frame, &mut state);
            if ended != Ended::Normally {
                next.extend(block.handlers.iter().map(|handler| (*handler, before.clone())));
            }
            // Nobody catches it: the program runs only where it does not come to that.
            if ended == Ended::Raises && !block.handlers.is_empty() {
                return None;
            }
        }
        Some(state)
    }

    fn end(
        &mut self,
        part: &Part<'_>,
        node: NodeId,
        state: State,
        next: &mut Vec<(NodeId, State)>,
        exits: &mut Exits,
    ) {
        let project = self.cx.project;
        let block = &project.ir(part.frame.func).blocks[node];
        match &block.end {
            Terminator::Goto(to) => next.push((*to, state)),
            Terminator::Branch { test, then, orelse, .. } => {
                self.see(&state);
                let truth = self.truth(*test, part.frame);
                if truth != Some(false) {
                    next.push((*then, state.clone()));
                }
                if truth != Some(true) {
                    next.push((*orelse, state));
                }
            }
            Terminator::Loop { iter, body, exit } => {
                let after = self.rounds(part, node, (*iter, *body), state, next, exits);
                next.push((*exit, after));
            }
            Terminator::Return { .. } => {
                let returned = exits.returned.take();
                let known = returned.is_some().then_some(returned);
                exits.returned = join(known, state, &|key| self.subject.default(key));
            }
            Terminator::Raise { .. } => {
                next.extend(block.handlers.iter().map(|handler| (*handler, state.clone())));
            }
        }
    }

    /// Runs the body of a loop once per element, or once for all when they are not known.
    fn rounds(
        &mut self,
        part: &Part<'_>,
        head: NodeId,
        (iter, body): (TermId, NodeId),
        mut state: State,
        next: &mut Vec<(NodeId, State)>,
        exits: &mut Exits,
    ) -> State {
        let part = Part { frame: part.frame, cfg: part.cfg, head: Some(head) };
        self.see(&state);
        let elements = elements(&self.cx.eval(iter, part.frame))
            .filter(|(elements, open)| !open && elements.len() <= MAX_ROUNDS)
            .map(|(elements, _)| elements);
        let mut round = |run: &mut Self, state: State| -> Option<State> {
            let mut inner = Exits::default();
            run.flow(&part, body, state, &mut inner);
            exits.returned = match (exits.returned.take(), inner.returned) {
                (None, returned) => returned,
                (known, None) => known,
                (known, returned) => join(Some(known), returned, &|key| run.subject.default(key)),
            };
            let mut back = None;
            for (to, state) in inner.left {
                if to == head {
                    back = Some(join(back, state, &|key| run.subject.default(key)));
                } else {
                    next.push((to, state));
                }
            }
            back
        };
        match elements {
            Some(elements) => {
                for element in elements {
                    self.cx.push_element(part.frame.func, iter, element);
                    let after = round(self, state.clone());
                    self.cx.pop_element();
                    match after {
                        Some(after) => state = after,
                        None => break,
                    }
                }
                state
            }
            None => match round(self, state.clone()) {
                Some(after) => join(Some(state), after, &|key| self.subject.default(key)),
                None => state,
            },
        }
    }

    /// Lets the next questions see the configuration as it is now.
    pub fn see(&self, state: &State) {
        self.cx.refuel();
        let config = state.clone();
        let config = config.unwrap_or_else(|| Arc::new(Config::unknown()));
        self.cx.assume_settings(config);
    }

    fn instr(&mut self, instr: &Instr, frame: &Arc<Frame>, state: &mut State) -> Ended {
        let loc = self.cx.project.loc(frame.func.unit, instr.span);
        match &instr.kind {
            InstrKind::Import(id) => {
                for module in imported_modules(&self.cx, frame.func.unit, *id) {
                    *state = self.module(module, state.take());
                }
                self.import_outcome(*id, frame)
            }
            InstrKind::Eval(term) => match &self.cx.project.ir(frame.func).terms[*term] {
                Term::Call { func, args } => self.call(*term, *func, args, frame, state),
                _ => Ended::Normally,
            },
            InstrKind::Bind { name, value, class: None } => {
                if frame.func.func == FnId(0)
                    && let Some(bound) = self.bound.get_mut(&frame.func.unit)
                {
                    bound.push((*name, *value, loc));
                }
                Ended::Normally
            }
            InstrKind::Bind { .. } => Ended::Normally,
            InstrKind::Store { place, value } => {
                self.store(place, *value, frame, loc, state);
                Ended::Normally
            }
            InstrKind::Delete(Place::Item(object, key)) => {
                self.see(state);
                if self.is_config(*object, frame) == Tri::Yes
                    && let Some(config) = state.as_mut()
                {
                    let config = Arc::make_mut(config);
                    match self.cx.eval(*key, frame).as_str() {
                        Some(key) => config.remove(key),
                        None => config.blur(),
                    }
                }
                Ended::Normally
            }
            InstrKind::Delete(_) => Ended::Normally,
        }
    }

    /// An import of what is neither in the project nor a known library may fail.
    fn import_outcome(&self, id: crate::facts::ImportId, frame: &Arc<Frame>) -> Ended {
        let import = &self.cx.project.units[frame.func.unit].facts.imports[id];
        let own =
            import.level > 0 && matches!(self.cx.imported(frame.func.unit, id).kind, Kind::Opaque);
        if own { Ended::MayRaise } else { Ended::Normally }
    }

    fn call(
        &mut self,
        term: TermId,
        func: TermId,
        args: &[ArgTerm],
        frame: &Arc<Frame>,
        state: &mut State,
    ) -> Ended {
        if !self.subject.reach.may_matter(&self.cx, frame.func, func) {
            return Ended::Normally;
        }
        self.see(state);
        let project = self.cx.project;
        let ir = project.ir(frame.func);
        if (TermRef { func: frame.func, term }) == self.subject.app {
            self.make(term, func, args, frame, state);
            return Ended::Normally;
        }
        if let Term::Attr(object, name) = &ir.terms[func]
            && let Some(how) = self.subject.model.methods.get(name)
            && self.is_config(*object, frame) == Tri::Yes
        {
            let span = ir.spans[term];
            return self.method(how, args, frame, span, state);
        }
        if self.chosen_method(func, args, frame, state) {
            return Ended::Normally;
        }
        match self.cx.callee(func, frame) {
            Callee::Fn { func: called, receiver } => {
                self.enter(called, receiver, args, frame, state);
            }
            Callee::Class(class) => {
                let made = Val::opaque().from_origin(crate::link::Origin {
                    term: TermRef { func: frame.func, term },
                    frame: Arc::clone(frame),
                });
                self.instance(class, made, (term, args), frame, state);
            }
            Callee::Lib(path) => self.extension(&path, term, args, frame, state),
            Callee::Method { mut class, name, .. } => {
                class.push(name);
                self.extension(&class, term, args, frame, state);
            }
            // Whoever is called may configure it.
            Callee::Unknown { .. } => {
                if self.takes_app(args, frame)
                    && let Some(config) = state.as_mut()
                {
                    Arc::make_mut(config).open = true;
                }
            }
        }
        Ended::Normally
    }

    /// The application is made.
    fn make(
        &mut self,
        term: TermId,
        func: TermId,
        args: &[ArgTerm],
        frame: &Arc<Frame>,
        state: &mut State,
    ) {
        let mut config = Config::default();
        let class = match self.cx.callee(func, frame) {
            Callee::Class(class) => Some(class),
            _ => None,
        };
        let here = self.place(frame, self.cx.project.ir(frame.func).spans[term]);
        self.declare_defaults(&mut config, self.subject.model.app.as_deref());
        if let Some(class) = class {
            self.initial(&mut config, class, here);
        }
        *state = Some(Arc::new(config));
        if let Some(class) = class {
            let origin = crate::link::Origin { term: self.subject.app, frame: Arc::clone(frame) };
            let made = Val::opaque().from_origin(origin);
            self.instance(class, made, (term, args), frame, state);
        }
    }

    fn instance(
        &mut self,
        class: ClassRef,
        made: Val,
        (term, args): (TermId, &[ArgTerm]),
        frame: &Arc<Frame>,
        state: &mut State,
    ) {
        if let Some(init) = constructor(&self.cx, class) {
            return self.enter(init, Some(made), args, frame, state);
        }
        for ty in self.cx.mro(&Ty::Class(class)) {
            if let Ty::Lib(path) = ty {
                self.extension(&path, term, args, frame, state);
            }
        }
    }

    /// Runs a function of the project.
    fn enter(
        &mut self,
        func: FnRef,
        receiver: Option<Val>,
        args: &[ArgTerm],
        frame: &Arc<Frame>,
        state: &mut State,
    ) {
        let ir = self.cx.project.ir(func);
        if !self.subject.reach.is_relevant(func) || ir.is_generator {
            return;
        }
        let this = receiver.as_ref().and_then(|r| match self.cx.type_of_val(r) {
            Some(Ty::Class(class)) => Some(class),
            _ => None,
        });
        let actuals = self.with_held(args, frame);
        let values = self.cx.bind_fn(func, receiver, &actuals);
        let plain = this.is_none() && values.is_empty();
        let inner = match plain {
            true => Frame::open(func),
            false => Arc::new(Frame { func, args: Some(values), this, depth: 1 }),
        };
        let before = state.clone();
        let after = self.body(&inner, state.take());
        *state = after.or(before);
    }

    /// The arguments of a call; names that hold the application are the application.
    fn with_held(&self, args: &[ArgTerm], frame: &Arc<Frame>) -> Actuals {
        let mut actuals = self.cx.actuals(args, frame);
        let frame_of_app = Frame::open(self.subject.app.func);
        let origin = crate::link::Origin { term: self.subject.app, frame: frame_of_app };
        for (position, arg) in args.iter().enumerate() {
            let slot = match arg.kind {
                ArgKind::Positional => actuals.positional.get_mut(position),
                ArgKind::Keyword(name) => {
                    actuals.keywords.iter_mut().find(|(n, _)| *n == name).map(|(_, v)| v)
                }
                // What follows is at no position that is known.
                ArgKind::Star | ArgKind::DoubleStar => break,
            };
            if let Some(slot) = slot
                && self.is_held(arg.value, frame)
            {
                *slot = Val::opaque().from_origin(origin.clone());
            }
        }
        actuals
    }

    /// A method of what the environment chooses among configuration classes, when it is given the
    /// application: `config[name].init_app(app)`.
    fn chosen_method(
        &mut self,
        func: TermId,
        args: &[ArgTerm],
        frame: &Arc<Frame>,
        state: &mut State,
    ) -> bool {
        let terms = &self.cx.project.ir(frame.func).terms;
        let Term::Attr(object, name) = terms[func] else { return false };
        let chosen = matches!(
            terms[object],
            Term::Item(..) | Term::Call { .. } | Term::Phi(_) | Term::Param(_)
        );
        if !chosen || !self.takes_app(args, frame) {
            return false;
        }
        let mut known = false;
        for class in self.pick(object, frame) {
            if !matches!(class.kind, Kind::Class(_)) {
                continue;
            }
            if let Kind::Function(method) = self.cx.attribute(&class, name).kind {
                known = true;
                let own = self.cx.has_decorator(method, "classmethod").then_some(class);
                self.enter(method, own, args, frame, state);
            }
        }
        known
    }

    fn takes_app(&mut self, args: &[ArgTerm], frame: &Arc<Frame>) -> bool {
        args.iter().any(|arg| {
            self.is_app_term(arg.value, frame) || self.is_config(arg.value, frame) == Tri::Yes
        })
    }

    fn store(
        &mut self,
        place: &Place,
        value: TermId,
        frame: &Arc<Frame>,
        loc: Loc,
        state: &mut State,
    ) {
        if state.is_none() {
            return;
        }
        match place {
            Place::Item(object, key) => {
                self.see(state);
                if self.is_config(*object, frame) != Tri::Yes {
                    return;
                }
                let (key, value) = (self.cx.eval(*key, frame), self.cx.eval(value, frame));
                self.set(&key, value, &[loc], state);
            }
            Place::Attr(object, name) => {
                let model = self.subject.model;
                let keys = &self.cx.project.rules.library.keys;
                let key = keys
                    .iter()
                    .find(|k| k.framework == model.framework && k.attribute == Some(*name));
                if key.is_none() && model.attribute != Some(*name) {
                    return;
                }
                self.see(state);
                if !self.is_app_term(*object, frame) {
                    return;
                }
                match key {
                    Some(key) => {
                        let (key, value) = (Val::text(&key.path[0]), self.cx.eval(value, frame));
                        self.set(&key, value, &[loc], state);
                    }
                    None => self.replace(value, frame, loc, state),
                }
            }
            Place::Outer(name) => {
                let value = self.cx.eval(value, frame);
                if self.is_app(&value) == Tri::Yes {
                    self.held.insert((frame.func.unit, *name));
                }
            }
        }
    }

    /// `config[key] = value`
    pub fn set(&self, key: &Val, value: Val, chain: &[Loc], state: &mut State) {
        let Some(config) = state.as_mut() else { return };
        let config = Arc::make_mut(config);
        match key.in_force().and_then(Val::as_str) {
            Some(key) => config.set(key, value, chain),
            None => config.blur(),
        }
    }

    /// A place in the file of a frame.
    pub fn place(&self, frame: &Frame, span: Span) -> Loc {
        self.cx.project.loc(frame.func.unit, span)
    }

    // ---- who is who

    /// Whether a term is the configuration of the application.
    pub fn is_config(&mut self, object: TermId, frame: &Arc<Frame>) -> Tri {
        if let Term::Attr(holder, name) = &self.cx.project.ir(frame.func).terms[object]
            && self.subject.model.attribute == Some(*name)
            && self.is_held(*holder, frame)
        {
            return Tri::Yes;
        }
        let value = self.cx.eval(object, frame);
        self.is_config_value(&value)
    }

    /// Whether a term is a module's name that a function has bound to the application
    /// (`global app`).
    fn is_held(&self, term: TermId, frame: &Frame) -> bool {
        let Term::Global(name) = self.cx.project.ir(frame.func).terms[term] else { return false };
        self.held.contains(&(frame.func.unit, name))
    }

    /// Whether a term is the application.
    fn is_app_term(&mut self, term: TermId, frame: &Arc<Frame>) -> bool {
        self.is_held(term, frame) || {
            let value = self.cx.eval(term, frame);
            self.is_app(&value) == Tri::Yes
        }
    }

    fn is_config_value(&mut self, value: &Val) -> Tri {
        let project = self.cx.project;
        // What the framework calls the current application is this one while it is set up.
        if matches!(value.kind, Kind::Lib(_)) {
            let framework = &self.subject.model.framework;
            return Tri::from_bool(self.cx.is_settings_object(value, framework));
        }
        let Some(origin) = value.origin.as_ref() else { return Tri::No };
        match project.term(origin.term) {
            Term::Attr(object, name) if self.subject.model.attribute == Some(*name) => {
                let object = self.cx.eval(*object, &origin.frame);
                self.is_app(&object)
            }
            _ => Tri::No,
        }
    }

    /// Whether a value is the application.
    pub fn is_app(&mut self, value: &Val) -> Tri {
        if let Kind::OneOf(values) = &value.kind {
            let yes = values.iter().any(|v| self.is_app(v) == Tri::Yes);
            return if yes { Tri::Yes } else { Tri::No };
        }
        let project = self.cx.project;
        let Some(origin) = value.origin.as_ref().filter(|_| value.is_unknown()) else {
            return Tri::No;
        };
        let mut term = origin.term;
        while let Term::Update { base, .. } | Term::Escaped { base, .. } = project.term(term) {
            term.term = *base;
        }
        if term == self.subject.app {
            return Tri::Yes;
        }
        if let Term::Call { func, .. } = project.term(term) {
            match self.cx.callee(*func, &origin.frame) {
                Callee::Fn { func, .. } => return Tri::from_bool(self.returns_app(func)),
                Callee::Class(_) | Callee::Lib(_) => return Tri::No,
                Callee::Method { .. } | Callee::Unknown { .. } => {}
            }
        }
        // Nothing tells it apart from another, and there is no other.
        match (self.cx.type_of_val(value), &self.subject.model.app) {
            (Some(ty), Some(app)) if self.subject.only && self.cx.is_subclass(&ty, app) => Tri::Yes,
            _ => Tri::No,
        }
    }

    /// Whether a function of the project returns the application.
    fn returns_app(&mut self, func: FnRef) -> bool {
        if let Some(known) = self.returns.get(&func) {
            return *known;
        }
        // Recursion gives nothing new.
        self.returns.insert(func, false);
        let frame = Frame::open(func);
        let project = self.cx.project;
        let answer = project.ir(func).blocks.iter().any(|block| match &block.end {
            Terminator::Return { value: Some(term), .. } => {
                let value = self.cx.eval(*term, &frame);
                self.is_app(&value) == Tri::Yes
            }
            _ => false,
        });
        self.returns.insert(func, answer);
        answer
    }
}
