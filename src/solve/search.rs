//! Following one source: breadth first over (where, part, labels), with calls and returns
//! matched.
//!
//! A call that is entered opens an *entry*: the parameter, the part and the labels it was entered
//! with. What happens inside is followed once per entry, and its exits are given to all calls that
//! entered so (the tabulation of Reps, Horwitz and Sagiv, POPL 1995). What starts inside a
//! function, or comes from a cell, belongs to the entry [`OUTSIDE`]: it returns to every caller.

use std::collections::VecDeque;

use super::cells::Cell;
use super::graph::Graph;
use super::path::Path;
use super::sinks::{Reached, Sinks};
use super::sources::Source;
use super::through::Shares;
use crate::base::{FxHashMap, Loc};
use crate::facts::{NodeId, Term, TermId};
use crate::link::{Cx, FnRef, TermRef, Ty};

/// Most states one source is followed through.
const MAX_STATES: usize = 6_000;

/// Most places outliving functions that one path leads through. Of what is stored and read again,
/// only the class, key or column is known, not which object it was.
const MAX_CELLS: usize = 3;

/// Labels, as bits by their position in the library's list of labels.
pub type Labels = u64;

/// The entry of what was not handed in by a call.
pub const OUTSIDE: u32 = u32::MAX;

/// Where a label is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum At {
    /// In the value of a term.
    Term(TermRef),
    /// In what outlives a function.
    Cell(Cell),
    /// In an exception, in the block where it is raised or comes out of a call.
    Raised(FnRef, NodeId, Option<Ty>),
    /// In an object that a function was given: the parameter.
    Put(FnRef, u32),
    /// In an exception whose handler, which begins with this block, gives it no name.
    Handled(FnRef, NodeId),
}

/// Where a label is, and how it got there as far as that matters for where it goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// The entry it belongs to.
    pub entry: u32,
    /// Where.
    pub at: At,
    /// In which part.
    pub path: Path,
    /// What it is.
    pub labels: Labels,
}

/// A step that is shown: the label crosses from one function, object or variable to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The place.
    pub loc: Loc,
    /// What happens.
    pub text: String,
}

/// How a state was reached.
#[derive(Debug)]
struct Came {
    state: State,
    from: Option<u32>,
    steps: Vec<Step>,
    guessed: bool,
    /// What is to be said of the next term that uses this one: a name is read in many places.
    reads: Option<String>,
}

/// How a function gives a label back.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Exit {
    /// It returns it.
    Return,
    /// It is in an exception of a type.
    Raise(Option<Ty>),
    /// It put it into an object it was given: the parameter.
    Into(u32),
    /// It hands it on to the function that it is wrapped around: the call, and the argument.
    Calls(TermRef, usize),
}

/// A call that entered a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallFrom {
    /// The state that was handed in.
    pub state: u32,
    /// The call.
    pub call: TermRef,
    /// Which argument is which parameter.
    pub args: Vec<(u32, TermId)>,
    /// Whether the object is made by the call.
    pub makes: bool,
    /// The function that the entered one is wrapped around, and by which of its decorators.
    pub wraps: Option<(FnRef, usize)>,
    /// The steps into the function.
    pub steps: Vec<Step>,
}

/// What a function was entered with, by whom, and what comes out.
#[derive(Debug, Default)]
struct Entry {
    func: Option<FnRef>,
    /// Whether it was handed an object that holds the label, not the label itself.
    in_part: bool,
    calls: Vec<CallFrom>,
    /// How labels leave, and the state that first did so.
    exits: Vec<(Exit, Path, Labels, u32)>,
}

/// A sink that a source reaches.
#[derive(Debug, Clone)]
pub struct Hit {
    /// The sink.
    pub reached: Reached,
    /// The labels there.
    pub labels: Labels,
    /// The steps from the source to the sink, both included.
    pub steps: Vec<Step>,
    /// The functions that the value passes.
    pub through: Vec<FnRef>,
    /// Whether a call on the way is only guessed by its name.
    pub guessed: bool,
}

/// The search from one source.
pub struct Search<'s, 'p, 'r> {
    /// For questions about values and types.
    pub cx: &'s Cx<'p, 'r>,
    /// Who reads what.
    pub graph: &'s Graph<'p, 'r>,
    /// What must not be reached.
    pub sinks: &'s Sinks,
    /// Which labels parts carry, too.
    pub shares: Shares,
    states: Vec<Came>,
    seen: FxHashMap<State, u32>,
    queue: VecDeque<u32>,
    /// What is followed when nothing else is left: objects that are known by their class only.
    later: VecDeque<u32>,
    entries: Vec<Entry>,
    entered: FxHashMap<(FnRef, u32, Path, Labels), u32>,
    hits: Vec<(u32, Reached, Labels)>,
}

impl<'s, 'p, 'r> Search<'s, 'p, 'r> {
    /// A search that has not begun.
    pub fn new(
        cx: &'s Cx<'p, 'r>,
        graph: &'s Graph<'p, 'r>,
        sinks: &'s Sinks,
        shares: Shares,
    ) -> Self {
        Self {
            cx,
            graph,
            sinks,
            shares,
            states: Vec::new(),
            seen: FxHashMap::default(),
            queue: VecDeque::new(),
            later: VecDeque::new(),
            entries: Vec::new(),
            entered: FxHashMap::default(),
            hits: Vec::new(),
        }
    }

    /// Follows a term's labels to the sinks. The nearest come first.
    pub fn run(mut self, source: &Source) -> Vec<Hit> {
        let Source { term, path, labels, .. } = *source;
        let state = State { entry: OUTSIDE, at: At::Term(term), path, labels };
        // What it is depends on which of its labels is asked for.
        let begin = Step { loc: source.loc, text: String::new() };
        self.add(state, None, vec![begin], false);
        while let Some(id) = self.queue.pop_front().or_else(|| self.later.pop_front()) {
            if self.states.len() > MAX_STATES {
                break;
            }
            self.advance(id);
        }
        self.hits
            .iter()
            .map(|(state, reached, labels)| self.hit(*state, reached, *labels))
            .collect()
    }

    /// The state of an id.
    pub fn state(&self, id: u32) -> &State {
        &self.states[id as usize].state
    }

    /// The labels of a state.
    pub fn labels(&self, id: u32) -> Labels {
        self.states[id as usize].state.labels
    }

    /// The entry that a state belongs to.
    pub fn entry(&self, id: u32) -> u32 {
        self.states[id as usize].state.entry
    }

    /// Adds a state that follows from another one, unless it is known; its id.
    pub fn next(&mut self, from: u32, at: At, path: Path, steps: Vec<Step>) -> u32 {
        let State { entry, labels, .. } = self.states[from as usize].state;
        self.follow(from, State { entry, at, path, labels }, steps)
    }

    /// Adds a state for what keeps these of the labels, if there are any.
    pub fn next_part(&mut self, from: u32, at: At, path: Path, labels: Labels) {
        if labels != 0 {
            let entry = self.entry(from);
            self.follow(from, State { entry, at, path, labels }, Vec::new());
        }
    }

    /// Adds a state that belongs to no call.
    pub fn outside(&mut self, from: u32, at: At, path: Path, steps: Vec<Step>) {
        let labels = self.labels(from);
        self.follow(from, State { entry: OUTSIDE, at, path, labels }, steps);
    }

    /// Adds a state that follows from another one.
    pub fn follow(&mut self, from: u32, state: State, steps: Vec<Step>) -> u32 {
        let guessed = self.states[from as usize].guessed;
        self.add(state, Some(from), steps, guessed)
    }

    /// Adds the read of what outlives functions. Equal reads are one term: unless it is given a
    /// name, the step is where it is used.
    pub fn read(&mut self, from: u32, read: TermRef, path: Path, entry: u32, guessed: bool) {
        let text = format!("read from `{}`", self.spelling(read));
        let labels = self.labels(from);
        let state = State { entry, at: At::Term(read), path, labels };
        let guessed = guessed || self.states[from as usize].guessed;
        let term = self.graph.project.term(read);
        let is_bound = self.graph.uses(read.func).is_bound(read.term)
            && !matches!(term, Term::Import(_) | Term::Global(_));
        if is_bound || matches!(term, Term::Call { .. }) {
            let step = Step { loc: self.loc(read), text };
            self.add(state, Some(from), vec![step], guessed);
        } else {
            let id = self.add(state, Some(from), Vec::new(), guessed);
            self.states[id as usize].reads.get_or_insert(text);
        }
    }

    /// The step of a read, at the place of the term that uses it.
    pub fn used(&self, id: u32, user: TermRef) -> Vec<Step> {
        let reads = self.states[id as usize].reads.clone();
        reads.map(|text| Step { loc: self.loc(user), text }).into_iter().collect()
    }

    /// How many places that outlive functions the path to a state leads through.
    fn cells_before(&self, id: u32) -> usize {
        let mut cells = 0;
        let mut at = Some(id);
        while let Some(id) = at {
            let came = &self.states[id as usize];
            cells += usize::from(matches!(came.state.at, At::Cell(_)));
            at = came.from;
        }
        cells
    }

    fn add(&mut self, state: State, from: Option<u32>, steps: Vec<Step>, guessed: bool) -> u32 {
        if let Some(known) = self.seen.get(&state) {
            return *known;
        }
        if let (Some(from), At::Cell(_)) = (from, &state.at)
            && self.cells_before(from) >= MAX_CELLS
        {
            return from;
        }
        let mut steps = steps;
        if let Some(from) = from
            && let At::Term(read) = self.states[from as usize].state.at
        {
            let user = match state.at {
                At::Term(user) if user.func == read.func => Some(user),
                // An import only gives a name to what others read.
                _ if matches!(self.graph.project.term(read), Term::Import(_)) => None,
                _ => Some(read),
            };
            steps.splice(0..0, user.into_iter().flat_map(|user| self.used(from, user)));
        }
        let id = u32::try_from(self.states.len()).unwrap_or(u32::MAX);
        self.seen.insert(state.clone(), id);
        let by_class = matches!(state.at, At::Cell(Cell::Field(..)));
        self.states.push(Came { state, from, steps, guessed, reads: None });
        if by_class {
            self.later.push_back(id);
        } else {
            self.queue.push_back(id);
        }
        id
    }

    /// Records a sink.
    pub fn reach(&mut self, from: u32, reached: Reached) {
        let labels = self.labels(from);
        let known = self.hits.iter().any(|(_, own, l)| *own == reached && *l == labels);
        if !known {
            self.hits.push((from, reached, labels));
        }
    }

    /// Enters a function with one of its parameters.
    pub fn enter(&mut self, call: CallFrom, func: FnRef, param: u32, path: Path, guessed: bool) {
        let from = call.state;
        let steps = call.steps.clone();
        let labels = self.labels(from);
        let key = (func, param, path, labels);
        let known = self.entered.get(&key).copied();
        let entry = known.unwrap_or_else(|| {
            let entry = u32::try_from(self.entries.len()).unwrap_or(OUTSIDE);
            self.entered.insert(key, entry);
            self.entries.push(Entry {
                func: Some(func),
                in_part: !path.is_whole(),
                ..Entry::default()
            });
            entry
        });
        let exits = {
            let open = &mut self.entries[entry as usize];
            if open.calls.contains(&call) {
                return;
            }
            open.calls.push(call.clone());
            open.exits.clone()
        };
        for (exit, path, labels, inside) in exits {
            self.resume(&call, &exit, path, labels, inside);
        }
        if known.is_some() {
            return;
        }
        let guessed = guessed || self.states[from as usize].guessed;
        if let Some(term) = self.graph.uses(func).param(param) {
            let at = At::Term(TermRef { func, term });
            self.add(State { entry, at, path, labels }, Some(from), steps.clone(), guessed);
        }
        // Inner functions read it by its name.
        let name = self.graph.project.ir(func).params[param as usize].name;
        let readers = self.graph.free.get(&(func.unit, func.func, name)).cloned();
        for read in readers.unwrap_or_default() {
            let state = State { entry: OUTSIDE, at: At::Term(read), path, labels };
            self.add(state, Some(from), steps.clone(), guessed);
        }
    }

    /// Gives what leaves a function to the calls that entered it so; true, if there is an entry.
    pub fn leave(&mut self, from: u32, exit: &Exit, path: Path) -> bool {
        let State { entry, labels, .. } = self.states[from as usize].state;
        if entry == OUTSIDE {
            return false;
        }
        let open = &mut self.entries[entry as usize];
        let known = open.exits.iter().any(|(e, p, l, _)| e == exit && *p == path && *l == labels);
        if !known {
            open.exits.push((exit.clone(), path, labels, from));
            for call in open.calls.clone() {
                self.resume(&call, exit, path, labels, from);
            }
        }
        true
    }

    /// Whether the function of a state was handed an object that holds the label.
    pub fn is_in_part(&self, id: u32) -> bool {
        let entry = self.entry(id);
        self.entries.get(entry as usize).is_some_and(|entry| entry.in_part)
    }

    /// The steps from a call to a state in the function that it entered.
    pub fn steps_inside(&self, call: &CallFrom, id: u32) -> Vec<Step> {
        let entry = self.entry(id);
        let mut steps: Vec<Step> = Vec::new();
        let mut at = id;
        // The first state of the entry has the steps of the call that entered first.
        while let Some(from) = self.states[at as usize].from
            && self.entry(from) == entry
        {
            steps.extend(self.states[at as usize].steps.iter().rev().cloned());
            at = from;
        }
        steps.extend(call.steps.iter().rev().cloned());
        steps.reverse();
        steps
    }

    /// The function that the entry of a state entered.
    pub fn entry_func(&self, id: u32) -> Option<FnRef> {
        let entry = self.entry(id);
        self.entries.get(entry as usize)?.func
    }

    /// The path that led to a state, and the sink.
    fn hit(&self, state: u32, reached: &Reached, labels: Labels) -> Hit {
        let mut steps: Vec<Step> = Vec::new();
        let mut through: Vec<FnRef> = Vec::new();
        let mut at = Some(state);
        while let Some(id) = at {
            let came = &self.states[id as usize];
            steps.extend(came.steps.iter().rev().cloned());
            if let At::Term(term) = came.state.at
                && !through.contains(&term.func)
            {
                through.push(term.func);
            }
            at = came.from;
        }
        steps.reverse();
        if let Some(text) = &self.states[state as usize].reads {
            steps.push(Step { loc: reached.loc, text: text.clone() });
        }
        steps.push(Step { loc: reached.loc, text: reached.text.clone() });
        Hit {
            reached: reached.clone(),
            labels,
            steps,
            through,
            guessed: self.states[state as usize].guessed || self.cells_before(state) > 1,
        }
    }
}
