//! Follows a program from its start, as Python would run it, with one application's
//! configuration as the state: modules and bodies in the order in which they run.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use super::commands::Start;
use super::flow::{Exits, Part};
use super::reach::Reach;
use super::state::{Config, State};
use crate::base::{FxHashMap, FxHashSet, Loc, Span, Symbol};
use crate::facts::{FnId, NodeId, TermId};
use crate::link::{Actuals, Cx, FnRef, Frame, Kind, TermRef, UnitId, Val, env_val};
use crate::project::cfg::Cfg;
use crate::project::documents::Documents;
use crate::project::profile::Profile;
use crate::rule::library::SettingsModel;

/// Deepest chain of calls that is followed.
const MAX_CALLS: usize = 16;

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
    /// The profiles that the configuration of tokscan gives to what was chosen.
    pub given: Vec<Profile>,
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
    /// Values of `name |= …`, where the name is the configuration: it is the same object after.
    pub(super) renamed: FxHashSet<TermRef>,
    /// The configuration as questions see it.
    pub(super) now: RefCell<State>,
    /// Modules' names that functions have bound to the application.
    pub(super) held: FxHashSet<(UnitId, Symbol)>,
    flows: FxHashMap<FnRef, Rc<Cfg>>,
    pub(super) returns: FxHashMap<FnRef, bool>,
    pub(super) blocks: u32,
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
            given: Vec::new(),
            passed: Vec::new(),
            chosen: Vec::new(),
            visited: FxHashSet::default(),
            at_request: Vec::new(),
            bound: FxHashMap::default(),
            ran: FxHashSet::default(),
            active: Vec::new(),
            renamed: FxHashSet::default(),
            now: RefCell::new(None),
            held: FxHashSet::default(),
            flows: FxHashMap::default(),
            returns: FxHashMap::default(),
            blocks: 0,
        }
    }

    /// Runs the program that starts at `start`; the configuration that it leaves behind.
    pub fn start(&mut self, start: &Start) -> State {
        let Start { at: start, given } = start;
        let start = *start;
        if start.func == FnId(0) {
            return self.module(start.unit, None);
        }
        // A function that nothing calls: its module is there before it runs.
        let state = self.module(start.unit, None);
        let count = self.cx.project.ir(start).params.len();
        if count == 0 {
            return self.body(&Frame::open(start), state);
        }
        if let Some(given) = given {
            let args = Some(self.cx.bind_fn(start, None, given));
            return self.body(&Frame::called(start, args, None, 1), state);
        }
        // Whoever calls it may give other arguments than the declared defaults.
        let defaults = self.cx.bind_fn(start, None, &Actuals::default());
        let args = defaults.into_iter().map(|default| match default.is_unknown() {
            true => default,
            false => env_val(None, default),
        });
        let frame = Frame::called(start, Some(args.collect()), None, 1);
        self.body(&frame, state)
    }

    pub(super) fn module(&mut self, unit: UnitId, mut state: State) -> State {
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
    pub(super) fn body(&mut self, frame: &Arc<Frame>, state: State) -> State {
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
        self.cx.start_code(func.unit);
        self.flow(&part, NodeId(0), state, &mut exits);
        self.cx.end_code();
        self.active.pop();
        exits.returned
    }

    /// Lets the next questions see the configuration as it is now.
    pub fn see(&self, state: &State) {
        self.cx.refuel();
        self.now.borrow_mut().clone_from(state);
        let config = state.clone();
        let config = config.unwrap_or_else(|| Arc::new(Config::unknown()));
        self.cx.assume_settings(config);
    }

    /// A place in the file of a frame.
    pub fn place(&self, frame: &Frame, span: Span) -> Loc {
        self.cx.project.loc(frame.func.unit, span)
    }
}
