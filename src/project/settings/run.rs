//! Runs a settings module as Python would: block after block, with the names of the module as
//! the state. Where a test is not known both sides run, and their names are merged.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::effects::missing;
use super::raise::{Exception, Raises};
use crate::base::{FxHashMap, Symbol};
use crate::facts::{Block, FnId, FnIr, ImportedName, Instr, InstrKind, NodeId, TermId, Terminator};
use crate::link::{Bound, Cx, FnRef, Frame, Kind, MAX_ELEMENTS, Names, UnitId, Val, elements};
use crate::project::cfg::Cfg;
use crate::rule::library::SettingsModel;

/// Instructions that all runs of a question may take.
const MAX_STEPS: usize = 200_000;
/// Modules that may wait for each other.
const MAX_MODULES: usize = 24;
/// Rounds of a `while`.
const MAX_ROUNDS: usize = 64;
/// Calls of functions that may wait for each other.
pub(super) const MAX_CALLS: u32 = 3;

/// Runs modules; what they bind stays with its question.
pub(super) struct Runner<'c, 'p, 'r> {
    pub cx: &'c Cx<'p, 'r>,
    pub model: &'c SettingsModel,
    /// What a module runs in its own place: star imports and included files.
    pub layers: FxHashMap<UnitId, Vec<UnitId>>,
    running: Vec<UnitId>,
    steps: usize,
    /// Whether modules that are imported and are not among the files exist where the program
    /// runs: it would not start without them.
    assume: bool,
}

/// A body that runs.
pub(super) struct Activation<'p> {
    pub ir: &'p FnIr,
    pub frame: Arc<Frame>,
    /// The module whose names are the state.
    pub home: UnitId,
    /// For a function: the names that were passed to its parameters.
    pub passed: Vec<Option<Root>>,
}

/// A thing that instructions change in place.
#[derive(Debug, Clone)]
pub(super) enum Root {
    /// A name of the home module, and keys below it.
    Name(Symbol),
    /// The names of the home module as a dict: `globals()`.
    Namespace,
}

/// Where a body or a part of it ends.
#[derive(Default)]
struct Ends {
    /// At its end, or a `return`.
    normal: Option<Names>,
    /// With an exception nobody catches.
    raised: Option<Names>,
}

/// A part of a body has run.
struct Region {
    /// The names where control goes back to the loop's head.
    back: Option<Names>,
    /// Where control leaves the loop.
    exits: Vec<(NodeId, Names)>,
}

impl<'c, 'p, 'r> Runner<'c, 'p, 'r> {
    /// For modules of one framework.
    pub(super) fn new(cx: &'c Cx<'p, 'r>, model: &'c SettingsModel) -> Self {
        Self {
            cx,
            model,
            layers: FxHashMap::default(),
            running: Vec::new(),
            steps: 0,
            assume: false,
        }
    }

    /// Runs a module, once. Whether it has constants to tell of.
    pub(super) fn module(&mut self, unit: UnitId) -> bool {
        if self.cx.has_names(unit) {
            return true;
        }
        let project = self.cx.project;
        if project.units[unit].facts.script.is_none() || self.running.len() >= MAX_MODULES {
            return false;
        }
        let mut names = self.run_script(unit, self.first_names(unit));
        if names.leaked {
            names.blur();
        }
        self.cx.set_names(unit, names);
        true
    }

    /// Runs the script of a module over the names it finds.
    pub(super) fn run_script(&mut self, unit: UnitId, names: Names) -> Names {
        let func = FnRef { unit, func: FnId::SCRIPT };
        let act = Activation {
            ir: self.cx.project.ir(func),
            frame: Frame::open(func),
            home: unit,
            passed: Vec::new(),
        };
        self.running.push(unit);
        self.cx.start_module(unit, names.clone());
        let end = self.body(&act, names);
        self.cx.end_module(unit);
        self.running.pop();
        end
    }

    /// Whether a module is on its way already, in its own place or another's.
    pub(super) fn is_running(&self, unit: UnitId) -> bool {
        self.running.contains(&unit)
    }

    fn first_names(&self, unit: UnitId) -> Names {
        let mut names = Names::default();
        if let Some(own) = self.cx.project.names.get("__name__") {
            let value = Val::text(&module_name(self.cx, unit));
            names.bound.insert(own, Arc::new(Bound { value, chain: Vec::new() }));
        }
        if let Some(own) = self.cx.project.names.get("__file__") {
            let value = crate::link::file_value(&self.cx.project.units[unit].path);
            names.bound.insert(own, Arc::new(Bound { value, chain: Vec::new() }));
        }
        names
    }

    /// Runs a body. What it leaves behind; where it always raises, what it had until then.
    pub(super) fn body(&mut self, act: &Activation<'p>, names: Names) -> Names {
        let cfg = Cfg::of(act.ir);
        let mut ends = Ends::default();
        let mut never = names.clone();
        let outer = std::mem::replace(&mut self.assume, false);
        self.region(act, &cfg, vec![(NodeId(0), names.clone())], None, &mut ends);
        if ends.normal.is_none() {
            self.assume = true;
            ends = Ends::default();
            self.region(act, &cfg, vec![(NodeId(0), names)], None, &mut ends);
        }
        self.assume = outer;
        ends.normal.or(ends.raised).unwrap_or_else(|| {
            never.blur();
            never
        })
    }

    /// Runs from `entries` on, in the loop at `within` or in the whole body.
    fn region(
        &mut self,
        act: &Activation<'p>,
        cfg: &Cfg,
        entries: Vec<(NodeId, Names)>,
        within: Option<NodeId>,
        ends: &mut Ends,
    ) -> Region {
        let mut region = Region { back: None, exits: Vec::new() };
        let mut pending: BTreeMap<usize, (NodeId, Names)> = BTreeMap::new();
        for (node, names) in entries {
            pending.insert(cfg.position(node), (node, names));
        }
        while let Some((at, (node, names))) = pending.pop_first() {
            let next = if cfg.is_head(node) && within != Some(node) {
                self.rounds(act, cfg, node, names, ends)
            } else {
                self.block(act, node, names, ends)
            };
            for (to, names) in next {
                match within {
                    Some(head) if to == head => meet(&mut region.back, names),
                    Some(head) if !cfg.is_inside(head, to) => region.exits.push((to, names)),
                    // Structured code has no other way back.
                    _ if cfg.position(to) <= at && !cfg.is_head(to) => {}
                    _ => {
                        let waiting = pending.remove(&cfg.position(to)).map(|(_, names)| names);
                        let names = match waiting {
                            Some(waiting) => waiting.or(&names),
                            None => names,
                        };
                        pending.insert(cfg.position(to), (to, names));
                    }
                }
            }
        }
        region
    }

    /// Runs a loop; where it is left, and with which names.
    fn rounds(
        &mut self,
        act: &Activation<'p>,
        cfg: &Cfg,
        head: NodeId,
        names: Names,
        ends: &mut Ends,
    ) -> Vec<(NodeId, Names)> {
        match act.ir.blocks[head].end {
            Terminator::Loop { iter, body, exit } => {
                self.for_rounds(act, cfg, (head, iter, body, exit), names, ends)
            }
            _ => self.while_rounds(act, cfg, head, names, ends),
        }
    }

    fn for_rounds(
        &mut self,
        act: &Activation<'p>,
        cfg: &Cfg,
        (head, iter, body, exit): (NodeId, TermId, NodeId, NodeId),
        mut names: Names,
        ends: &mut Ends,
    ) -> Vec<(NodeId, Names)> {
        let value = self.with_names(act.home, &mut names, |run| run.eval(iter, act));
        let mut exits = Vec::new();
        let known = elements(&value).filter(|(all, open)| !open && all.len() <= MAX_ELEMENTS);
        let cx = self.cx;
        let Some((all, _)) = known else {
            // Once, with an element of which nothing is known, or not at all.
            let entry = vec![(body, names.clone())];
            let round = cx.with_element(act.frame.func, iter, Val::opaque(), || {
                self.region(act, cfg, entry, Some(head), ends)
            });
            exits.extend(round.exits);
            let after = match round.back {
                Some(back) => repeated(names, &back),
                None => names,
            };
            exits.push((exit, after));
            return exits;
        };
        for element in all {
            let entry = vec![(body, names)];
            let round = cx.with_element(act.frame.func, iter, element, || {
                self.region(act, cfg, entry, Some(head), ends)
            });
            exits.extend(round.exits);
            match round.back {
                Some(back) => names = back,
                None => return exits,
            }
        }
        exits.push((exit, names));
        exits
    }

    fn while_rounds(
        &mut self,
        act: &Activation<'p>,
        cfg: &Cfg,
        head: NodeId,
        mut names: Names,
        ends: &mut Ends,
    ) -> Vec<(NodeId, Names)> {
        let mut exits = Vec::new();
        for _ in 0..MAX_ROUNDS {
            let round = self.region(act, cfg, vec![(head, names)], Some(head), ends);
            let undecided = !round.exits.is_empty();
            exits.extend(round.exits);
            match round.back {
                Some(back) if !undecided => names = back,
                _ => return exits,
            }
        }
        // It ends at some time, and what it has done until then is not known.
        if let Terminator::Branch { orelse, .. } = act.ir.blocks[head].end {
            names.blur();
            exits.push((orelse, names));
        }
        exits
    }

    /// Runs one block: where control goes, and with which names.
    fn block(
        &mut self,
        act: &Activation<'p>,
        node: NodeId,
        mut names: Names,
        ends: &mut Ends,
    ) -> Vec<(NodeId, Names)> {
        let block = &act.ir.blocks[node];
        let mut next: Vec<(NodeId, Names)> = Vec::new();
        let left =
            self.with_names(act.home, &mut names, |run| run.instructions(act, block, &mut next));
        if left {
            if next.is_empty() {
                meet(&mut ends.raised, names);
            }
            return next;
        }
        match &block.end {
            Terminator::Goto(to) => next.push((*to, names)),
            Terminator::Branch { test, then, orelse, .. } => {
                next.extend(self.branch(act, *test, (*then, *orelse), names));
            }
            Terminator::Loop { body, exit, .. } => {
                next.push((*body, names.clone()));
                next.push((*exit, names));
            }
            Terminator::Return { .. } => meet(&mut ends.normal, names),
            Terminator::Raise { .. } => match block.handlers.first() {
                Some(handler) => next.push((*handler, names)),
                None => meet(&mut ends.raised, names),
            },
        }
        next
    }

    /// Runs the instructions of a block. Whether one of them certainly raises; where handlers
    /// continue is added to `next`.
    fn instructions(
        &mut self,
        act: &Activation<'p>,
        block: &'p Block,
        next: &mut Vec<(NodeId, Names)>,
    ) -> bool {
        let mut suppressed = false;
        for instr in &block.instrs {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                self.cx.change_names(act.home, Names::blur);
                return false;
            }
            let before = block.handlers.first().map(|_| self.cx.names_of(act.home));
            let raises = self.instruction(act, instr);
            match (raises, before) {
                (Raises::Maybe, Some(_)) if self.is_known(act, instr) => {}
                (Raises::Maybe, Some(before)) => {
                    let open = self.open_handlers(act, block);
                    next.extend(open.into_iter().map(|to| (to, before.clone())));
                }
                (Raises::MaybeImport, Some(before)) => {
                    let handler = self.handler(act, block, Exception::Import);
                    next.extend(handler.map(|to| (to, before)));
                }
                (Raises::Surely(exception), Some(before))
                    if let Some(handler) = self.handler(act, block, exception) =>
                {
                    next.push((handler, before));
                    return true;
                }
                (Raises::Suppressed, _) => suppressed = true,
                (Raises::Surely(_), _) if suppressed => {}
                // An import that fails ends the program. On the way that is taken it does not.
                (Raises::Surely(Exception::Import), _) => {
                    if !self.assume {
                        return true;
                    }
                    self.take_for_granted(act, instr);
                }
                _ => {}
            }
        }
        false
    }

    /// Whether an instruction has given a value, and so has not raised.
    fn is_known(&self, act: &Activation<'p>, instr: &Instr) -> bool {
        let InstrKind::Eval(term) = instr.kind else { return false };
        matches!(missing(&self.eval(term, act)), Raises::No)
    }

    /// Goes on after an import of a module that is not among the files.
    fn take_for_granted(&mut self, act: &Activation<'p>, instr: &Instr) {
        let InstrKind::Import(id) = instr.kind else { return };
        let import = &self.cx.project.units[act.frame.func.unit].facts.imports[id];
        if import.name == ImportedName::Star {
            self.cx.change_names(act.home, Names::blur);
        }
    }

    fn branch(
        &mut self,
        act: &Activation<'p>,
        test: TermId,
        (then, orelse): (NodeId, NodeId),
        mut names: Names,
    ) -> Vec<(NodeId, Names)> {
        let value = self.with_names(act.home, &mut names, |run| run.eval(test, act));
        // A program that is deployed starts: a side that only raises is not taken.
        let variable = match &value.kind {
            Kind::Env(env) => env.key.as_deref(),
            _ => None,
        };
        match (only_raises(act.ir, then), only_raises(act.ir, orelse)) {
            (true, false) => {
                require(&mut names, variable);
                return vec![(orelse, names)];
            }
            (false, true) => {
                require(&mut names, variable);
                return vec![(then, names)];
            }
            _ => {}
        }
        match value.truth() {
            Some(true) => vec![(then, names)],
            Some(false) => vec![(orelse, names)],
            None => vec![(then, names.clone()), (orelse, names)],
        }
    }

    /// Evaluates a term of the body.
    pub(super) fn eval(&self, term: TermId, act: &Activation<'_>) -> Val {
        self.cx.refuel();
        self.cx.eval(term, &act.frame)
    }

    /// Lets `work` see `names` as those of the home module, and gives them back.
    fn with_names<T>(
        &mut self,
        home: UnitId,
        names: &mut Names,
        work: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.cx.set_names(home, std::mem::take(names));
        let result = work(self);
        *names = self.cx.take_names(home);
        result
    }
}

/// The dotted name of a module, as its path says it.
pub(super) fn module_name(cx: &Cx<'_, '_>, unit: UnitId) -> String {
    let path = &cx.project.units[unit].path;
    let stem = path.strip_suffix(".py").unwrap_or(path);
    stem.strip_suffix("/__init__").unwrap_or(stem).replace('/', ".")
}

fn meet(at: &mut Option<Names>, names: Names) {
    *at = Some(match at.take() {
        Some(known) => known.or(&names),
        None => names,
    });
}

/// The names after some rounds of a loop of which one is known.
fn repeated(before: Names, after: &Names) -> Names {
    let mut after = after.clone();
    for (name, bound) in &mut after.bound {
        let changed = before.bound.get(name).is_none_or(|old| !Arc::ptr_eq(old, bound));
        if changed {
            let value = crate::link::opened(bound.value.clone());
            *bound = Arc::new(Bound { value, chain: bound.chain.clone() });
        }
    }
    before.or(&after)
}

/// Whether control that comes here raises, whatever happens.
pub(super) fn only_raises(ir: &FnIr, mut node: NodeId) -> bool {
    for _ in 0..4 {
        match &ir.blocks[node].end {
            Terminator::Raise { .. } => return ir.blocks[node].handlers.is_empty(),
            Terminator::Goto(to) => node = *to,
            _ => return false,
        }
    }
    false
}

/// The program does not start without a variable: what was read from it has a value.
fn require(names: &mut Names, variable: Option<&str>) {
    let Some(variable) = variable else { return };
    for bound in names.bound.values_mut() {
        if let Kind::Env(env) = &bound.value.kind
            && env.key.as_deref() == Some(variable)
        {
            let mut value = crate::link::env_val(env.key.clone(), Val::opaque());
            value.loc = bound.value.loc;
            value.origin.clone_from(&bound.value.origin);
            *bound = Arc::new(Bound { value, chain: bound.chain.clone() });
        }
    }
}
