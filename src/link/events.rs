//! What happens on the ways through a program: events in a function, in the helpers it calls, in
//! the decorators around it and in its callers.

use std::cell::RefCell;
use std::rc::Rc;

use super::order::{Flow, Marks, Point};
use super::reach::Towards;
use super::search::Spot;
use super::tri::{Bindings, Tri};
use super::value::{Frame, Kind, Val};
use super::{Callee, Cx, FnRef, TermRef};
use crate::base::FxHashMap;
use crate::facts::{Block, FnId, InstrKind, NodeId, Place, Term, TermId, Terminator, children};
use crate::rule::model::PatternKind;
use crate::rule::routing::Form;

/// Deepest chain of helpers, and of callers, that is followed.
const MAX_DEPTH: u32 = 4;
/// Most terms that are looked through for where one is evaluated.
const MAX_TERMS: usize = 64;

/// On which side of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Between the entry and the place.
    Before,
    /// Between the place and a normal exit.
    After,
    /// Either.
    Around,
}

/// A place from which ways go on.
#[derive(Debug, Clone)]
pub struct Start {
    /// The function it stands in.
    pub func: FnRef,
    /// The place itself.
    pub point: Point,
    /// Where control goes on: behind the place, or to handlers when it leaves by an exception.
    pub next: Vec<Point>,
    /// Whether it is left by its exception: then ways end where it is passed after all.
    pub failed: bool,
    /// Sides of branches that are not taken: they ask for another outcome of the place.
    pub ruled_out: Vec<(NodeId, bool)>,
}

impl Start {
    /// Behind a place that is passed.
    fn behind(func: FnRef, point: Point) -> Self {
        let next = vec![point.following()];
        Self { func, point, next, failed: false, ruled_out: Vec::new() }
    }

    /// What ends ways that go on from here.
    fn barriers(&self) -> Marks {
        let points = self.failed.then_some(self.point).into_iter().collect();
        Marks { points, sides: self.ruled_out.iter().copied().collect(), ..Marks::default() }
    }
}

/// What a function does about some events.
#[derive(Debug, Default)]
struct Doing {
    /// Where they certainly happen, helpers included.
    marks: Marks,
    /// Where they may happen.
    some: Vec<Point>,
    /// Whether every normal way through the function passes one.
    always: bool,
}

/// Events: places that match something.
pub struct Events<'c, 'p, 'r> {
    cx: &'c Cx<'p, 'r>,
    direct: FxHashMap<FnRef, Marks>,
    towards: Towards<'p>,
    /// What is not known counts as the event.
    lenient: bool,
    doing: RefCell<FxHashMap<FnRef, Rc<Doing>>>,
}

impl<'c, 'p, 'r> Events<'c, 'p, 'r> {
    /// The events at `spots`.
    pub fn new(cx: &'c Cx<'p, 'r>, spots: &[Spot], lenient: bool) -> Self {
        let mut direct: FxHashMap<FnRef, Marks> = FxHashMap::default();
        for spot in spots {
            direct.entry(spot.func()).or_default().points.extend(cx.points(*spot));
        }
        Self::of_marks(cx, direct, lenient)
    }

    /// Events that are marked already.
    pub fn of_marks(cx: &'c Cx<'p, 'r>, direct: FxHashMap<FnRef, Marks>, lenient: bool) -> Self {
        let towards = Towards::new(cx.project, direct.keys());
        Self { cx, direct, towards, lenient, doing: RefCell::default() }
    }

    /// Whether every normal way through a function passes an event.
    pub fn always(&self, func: FnRef) -> bool {
        self.doing(func, 0).always
    }

    /// Where in a function events certainly happen, helpers included.
    pub fn marks(&self, func: FnRef) -> Marks {
        self.doing(func, 0).marks.clone()
    }

    /// Whether every way on that side of a place passes an event.
    pub fn every(&self, side: Side, start: &Start) -> bool {
        self.every_from(side, start, 0)
    }

    fn every_from(&self, side: Side, start: &Start, depth: u32) -> bool {
        let flow = self.cx.flow(start.func);
        let doing = self.doing(start.func, 0);
        let before = side != Side::After && flow.always_before(&doing.marks, start.point);
        let mut marks = doing.marks.clone();
        let barriers = start.barriers();
        marks.points.extend(barriers.points);
        marks.sides.extend(barriers.sides);
        if before || (side != Side::Before && flow.always_after(&marks, &start.next)) {
            return true;
        }
        if depth == MAX_DEPTH {
            return false;
        }
        let up = |starts: &[Start]| {
            !starts.is_empty() && starts.iter().all(|s| self.every_from(side, s, depth + 1))
        };
        self.cx.wrappers(start.func).iter().any(|calls| up(calls))
            || up(&self.cx.calls_behind(start))
    }

    /// Whether some way on that side of a place passes an event.
    pub fn some(&self, side: Side, start: &Start) -> bool {
        self.some_from(side, start, 0)
    }

    fn some_from(&self, side: Side, start: &Start, depth: u32) -> bool {
        let flow = self.cx.flow(start.func);
        let doing = self.doing(start.func, 0);
        let before = side != Side::After && flow.leads(doing.some.iter().copied(), start.point);
        let after = || {
            let reach = flow.reach(start.next.iter().copied(), &start.barriers());
            doing.some.iter().any(|point| reach.holds(*point))
        };
        if before || (side != Side::Before && after()) {
            return true;
        }
        depth < MAX_DEPTH
            && self
                .cx
                .wrappers(start.func)
                .into_iter()
                .flatten()
                .chain(self.cx.calls_behind(start))
                .any(|start| self.some_from(side, &start, depth + 1))
    }

    /// Whether the body of a function, or what it calls, has an event at one of the places that
    /// are `wanted`.
    pub fn any(&self, func: FnRef, wanted: impl Fn(Point) -> bool) -> bool {
        self.doing(func, 0).some.iter().any(|point| wanted(*point))
    }

    fn doing(&self, func: FnRef, depth: u32) -> Rc<Doing> {
        if let Some(known) = self.doing.borrow().get(&func) {
            return Rc::clone(known);
        }
        // A function that calls itself does nothing new by that.
        self.doing.borrow_mut().insert(func, Rc::default());
        let doing = Rc::new(self.find(func, depth));
        self.doing.borrow_mut().insert(func, Rc::clone(&doing));
        doing
    }

    fn find(&self, func: FnRef, depth: u32) -> Doing {
        let cx = self.cx;
        let mut marks = self.direct.get(&func).cloned().unwrap_or_default();
        marks.lenient = self.lenient;
        let mut some: Vec<Point> = marks.points.iter().copied().collect();
        if depth < MAX_DEPTH {
            let frame = Frame::open(func);
            for (point, callee) in calls(cx, func) {
                if !self.towards.may_lead(cx, func, callee) {
                    continue;
                }
                let (called, firm) = cx.project.graph.called(cx, callee, &frame);
                let doings: Vec<Rc<Doing>> =
                    called.iter().map(|to| self.doing(*to, depth + 1)).collect();
                if doings.iter().any(|doing| !doing.some.is_empty()) && (firm || self.lenient) {
                    some.push(point);
                }
                if doings.iter().any(|doing| doing.always) && (firm || self.lenient) {
                    marks.points.insert(point);
                }
            }
        }
        some.sort_unstable();
        let always =
            !(marks.points.is_empty() && marks.sides.is_empty()) && cx.flow(func).always(&marks);
        Doing { marks, some, always }
    }
}

/// The calls of a function, in the order of its blocks: where, and what is called.
fn calls(cx: &Cx<'_, '_>, func: FnRef) -> Vec<(Point, TermId)> {
    let ir = cx.project.ir(func);
    let mut found = Vec::new();
    for (node, block) in ir.blocks.iter_enumerated() {
        for (at, instr) in block.instrs.iter().enumerate() {
            if let InstrKind::Eval(term) = instr.kind
                && let Term::Call { func: callee, .. } = ir.terms[term]
            {
                found.push((Point { node, at }, callee));
            }
        }
    }
    found
}

impl<'p> Cx<'p, '_> {
    /// The control flow of a function: what ends it, and which exits turn a request away.
    pub fn flow(&self, func: FnRef) -> Rc<Flow<'p>> {
        if let Some(known) = self.flows.borrow().get(&func) {
            return Rc::clone(known);
        }
        // This may be asked in the middle of another question.
        let notes = self.notes.get();
        let ir = self.project.ir(func);
        // Of a function that calls itself only the blocks are known meanwhile.
        self.flows.borrow_mut().insert(func, Rc::new(Flow::new(ir)));
        let mut flow = Flow::new(ir);
        let frame = Frame::open(func);
        for (point, callee) in calls(self, func) {
            if self.never_returns(callee, &frame) {
                flow.ends.insert(point);
            }
        }
        for (node, block) in ir.blocks.iter_enumerated() {
            if let Terminator::Return { value: Some(value), .. } = block.end {
                self.refuel();
                if self.rejects(&self.eval(value, &frame)) {
                    flow.rejects.insert(node);
                }
            }
        }
        self.notes.set(notes);
        let flow = Rc::new(flow);
        self.flows.borrow_mut().insert(func, Rc::clone(&flow));
        flow
    }

    fn never_returns(&self, callee: TermId, frame: &std::sync::Arc<Frame>) -> bool {
        self.refuel();
        match self.callee(callee, frame) {
            Callee::Fn { func, .. } => {
                let ir = self.project.ir(func);
                let overridden = ir.class.is_some() && ir.blocks.len() == 1;
                !ir.is_generator
                    && !overridden
                    && !self.flow(func).reach([Flow::ENTRY], &Marks::default()).returns
            }
            library => {
                let path = library.library_path();
                let model = path.and_then(|path| self.call_model(&path));
                model.is_some_and(|model| model.never_returns)
            }
        }
    }

    /// Whether a returned value certainly turns the request away.
    fn rejects(&self, value: &Val) -> bool {
        let one = |form: &Form, value: &Val| {
            let pat = match &form.pattern.kind {
                PatternKind::Expr(pat) | PatternKind::Return(Some(pat)) => pat,
                _ => return false,
            };
            let mut vars = Bindings::new(form.vars.len());
            let matched = self.match_pat(pat, value, &mut vars);
            matched.and(|| self.holds_all(&form.wheres, &mut vars)) == Tri::Yes
        };
        let forms = &self.project.rules.library.routing.rejects;
        value.alternatives().iter().all(|value| forms.iter().any(|form| one(form, value)))
    }

    /// Where a spot is evaluated.
    pub fn points(&self, spot: Spot) -> Vec<Point> {
        let ir = self.project.ir(spot.func());
        let end = |node: NodeId| Point { node, at: ir.blocks[node].instrs.len() };
        match spot {
            Spot::Store(site) => vec![Point { node: site.node, at: site.instr }],
            Spot::Call(site) => {
                let instrs = &ir.blocks[site.node].instrs;
                let at = instrs.iter().position(|i| i.kind == InstrKind::Eval(site.term));
                at.map(|at| Point { node: site.node, at }).into_iter().collect()
            }
            Spot::Exit { span: wanted, .. } => {
                let exits = ir.blocks.iter_enumerated().filter(|(_, block)| match &block.end {
                    Terminator::Return { span, .. } | Terminator::Raise { span, .. } => {
                        *span == wanted
                    }
                    _ => false,
                });
                exits.map(|(node, _)| end(node)).collect()
            }
            Spot::Expr(term) => self.evaluated_at(term),
            Spot::Function(_) => Vec::new(),
        }
    }

    /// The instructions and ends of blocks that evaluate a term that is no call.
    fn evaluated_at(&self, term: TermRef) -> Vec<Point> {
        let ir = self.project.ir(term.func);
        let mut found = Vec::new();
        for (node, block) in ir.blocks.iter_enumerated() {
            for (at, instr) in block.instrs.iter().enumerate() {
                let roots: &[TermId] = match &instr.kind {
                    InstrKind::Eval(root) => &[*root],
                    InstrKind::Bind { value, .. } => &[*value],
                    InstrKind::Store { place, value } => match place {
                        Place::Outer(_) => &[*value],
                        Place::Attr(object, _) => &[*object, *value],
                        Place::Item(object, key) => &[*object, *key, *value],
                    },
                    InstrKind::Delete(_) | InstrKind::Import(_) => &[],
                };
                if roots.iter().any(|root| self.is_part(term, *root)) {
                    found.push(Point { node, at });
                }
            }
            let root = match &block.end {
                Terminator::Branch { test, .. } => Some(*test),
                Terminator::Loop { iter, .. } => Some(*iter),
                Terminator::Return { value, .. } | Terminator::Raise { exc: value, .. } => *value,
                Terminator::Goto(_) => None,
            };
            if root.is_some_and(|root| self.is_part(term, root)) {
                found.push(Point { node, at: block.instrs.len() });
            }
        }
        found
    }

    /// The blocks whose branch a term decides.
    pub fn branches_on(&self, term: TermRef) -> Vec<NodeId> {
        let blocks = self.project.ir(term.func).blocks.iter_enumerated();
        let decides = |(_, block): &(NodeId, &Block)| match block.end {
            Terminator::Branch { test, .. } => self.is_part(term, test),
            _ => false,
        };
        blocks.filter(decides).map(|(node, _)| node).collect()
    }

    /// Whether evaluating `root` evaluates a term, or uses its value.
    pub fn is_part(&self, term: TermRef, root: TermId) -> bool {
        let terms = &self.project.ir(term.func).terms;
        let mut seen = vec![root];
        let mut next = 0;
        while let Some(at) = seen.get(next).copied() {
            next += 1;
            if at == term.term {
                return true;
            }
            // The choice between values has been made before.
            if next < MAX_TERMS && !matches!(terms[at], Term::Phi(_) | Term::Closure(_)) {
                seen.extend(children(&terms[at]));
            }
        }
        false
    }

    /// The calls of a function in the project.
    pub fn calls_of(&self, func: FnRef) -> Vec<Start> {
        let name = self.project.ir(func).name;
        let mut found = Vec::new();
        for site in self.project.index.callers(name) {
            if site.func != func && self.is_call_of(site, func) {
                found.extend(self.starts(Spot::Call(*site)));
            }
        }
        found
    }

    /// Where ways from a start go on in the callers: not where these ask for another truth of what
    /// is returned to them.
    fn calls_behind(&self, start: &Start) -> Vec<Start> {
        let mut calls = self.calls_of(start.func);
        let Some(truth) = self.returned_truth(start) else { return calls };
        for call in &mut calls {
            let instr =
                self.project.ir(call.func).blocks[call.point.node].instrs.get(call.point.at);
            if let Some(InstrKind::Eval(term)) = instr.map(|instr| &instr.kind) {
                call.ruled_out = self.flow(call.func).sides_implying(*term, !truth);
            }
        }
        calls
    }

    /// The truth of everything that is returned on ways from a start.
    fn returned_truth(&self, start: &Start) -> Option<bool> {
        let frame = Frame::open(start.func);
        let reach = self.flow(start.func).reach(start.next.iter().copied(), &start.barriers());
        let mut all = None;
        for (node, block) in self.project.ir(start.func).blocks.iter_enumerated() {
            let Terminator::Return { value, .. } = block.end else { continue };
            if !reach.holds(Point { node, at: block.instrs.len() }) {
                continue;
            }
            self.refuel();
            let truth = match value {
                Some(value) => self.eval(value, &frame).truth()?,
                None => false,
            };
            if all.is_some_and(|all| all != truth) {
                return None;
            }
            all = Some(truth);
        }
        all
    }

    /// Where ways go on behind a spot.
    pub fn starts(&self, spot: Spot) -> Vec<Start> {
        let func = spot.func();
        self.points(spot).into_iter().map(|point| Start::behind(func, point)).collect()
    }

    /// The decorators of the project around a function: for each, where it calls what it
    /// decorates.
    pub fn wrappers(&self, func: FnRef) -> Vec<Vec<Start>> {
        let ir = self.project.ir(func);
        let Some(parent) = ir.parent else { return Vec::new() };
        let outer = Frame::open(FnRef { unit: func.unit, func: parent });
        let mut found = Vec::new();
        for decorator in &ir.decorators {
            self.refuel();
            let value = self.eval(*decorator, &outer);
            let made_by = match &value.kind {
                Kind::Function(func) => Some(*func),
                _ => self.call_origin(&value).and_then(|origin| {
                    let Term::Call { func, .. } = self.project.term(origin.term) else {
                        return None;
                    };
                    match self.callee(*func, &origin.frame) {
                        Callee::Fn { func, .. } => Some(func),
                        _ => None,
                    }
                }),
            };
            found.extend(made_by.map(|func| self.handing_on(func)));
        }
        found
    }

    /// Whether a function returns one that is defined in it.
    pub fn returns_inner(&self, func: FnRef) -> bool {
        let ir = self.project.ir(func);
        let inner = |term: &Term| match term {
            Term::Closure(inner) => {
                let inner = FnRef { unit: func.unit, func: *inner };
                self.project.ir(inner).parent == Some(func.func)
            }
            _ => false,
        };
        let closures: Vec<TermId> =
            ir.terms.iter_enumerated().filter(|(_, t)| inner(t)).map(|(term, _)| term).collect();
        ir.blocks.iter().any(|block| match block.end {
            Terminator::Return { value: Some(value), .. } => {
                closures.iter().any(|term| self.is_part(TermRef { func, term: *term }, value))
            }
            _ => false,
        })
    }

    /// Where a decorator, or a function in it, calls a parameter of itself or of one around it.
    fn handing_on(&self, decorator: FnRef) -> Vec<Start> {
        let all = self.with_inner(decorator);
        let inner = all.iter().filter(|func| **func != decorator);
        inner
            .flat_map(|func| {
                let points = self.calls_of_parameter(*func, &all);
                points.into_iter().map(|point| Start::behind(*func, point)).collect::<Vec<_>>()
            })
            .collect()
    }

    /// A function and all that is defined in it.
    pub fn with_inner(&self, func: FnRef) -> Vec<FnRef> {
        let fns = &self.project.units[func.unit].facts.fns;
        let mut all: Vec<FnId> = vec![func.func];
        for (id, ir) in fns.iter_enumerated() {
            if ir.parent.is_some_and(|parent| all.contains(&parent)) {
                all.push(id);
            }
        }
        all.into_iter().map(|id| FnRef { unit: func.unit, func: id }).collect()
    }

    /// Where a function calls a parameter of one of `outer`.
    pub fn calls_of_parameter(&self, func: FnRef, outer: &[FnRef]) -> Vec<Point> {
        let frame = Frame::open(func);
        self.calls_where(func, |callee| {
            self.refuel();
            matches!(self.eval(callee, &frame).kind, Kind::Param(f, _) if outer.contains(&f))
        })
    }

    /// Where a function calls something that is wanted.
    pub fn calls_where(&self, func: FnRef, wanted: impl Fn(TermId) -> bool) -> Vec<Point> {
        let calls = calls(self, func).into_iter();
        calls.filter(|(_, callee)| wanted(*callee)).map(|(point, _)| point).collect()
    }
}
