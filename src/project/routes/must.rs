//! Checks whose answer decides whether a request gets on, and code that lets every request on.

use crate::base::FxHashMap;
use crate::facts::{InstrKind, NodeId, Term, Terminator};
use crate::link::{
    Bindings, Callee, Cx, Events, Flow, FnRef, Frame, Marks, Point, Query, Reach, Spot, Tri, Within,
};
use crate::rule::routing::{Aspect, GuardModel, GuardPlace, Level};

/// Levels that a decided check may have, the highest first.
const LEVELS: [Level; 2] = [Level::Staff, Level::User];

/// The checks of a project that decide who gets on.
pub struct Must<'c, 'p, 'r> {
    cx: &'c Cx<'p, 'r>,
    of_level: Vec<OfLevel<'c, 'p, 'r>>,
}

struct OfLevel<'c, 'p, 'r> {
    level: Level,
    /// The sides of branches on which a check has been passed.
    sides: FxHashMap<FnRef, Vec<(NodeId, bool)>>,
    /// Where nobody else gets on: such sides when the other one only turns away, and calls of
    /// the library that turn away by themselves.
    events: Events<'c, 'p, 'r>,
}

impl<'c, 'p, 'r> Must<'c, 'p, 'r> {
    /// Finds the checks of who asks.
    pub fn new(cx: &'c Cx<'p, 'r>, models: &[GuardModel]) -> Self {
        let of_level = LEVELS.map(|level| OfLevel::new(cx, models, level)).into();
        Self { cx, of_level }
    }

    /// Who gets through a function on every normal way; none: anybody, or not known.
    pub fn level(&self, func: FnRef) -> Option<Level> {
        self.of_level.iter().find(|of| of.events.always(func)).map(|of| of.level)
    }

    /// Who gets to all of some places in a function.
    pub fn level_at(&self, func: FnRef, points: &[Point]) -> Option<Level> {
        let flow = self.cx.flow(func);
        let passed = |of: &&OfLevel<'_, '_, '_>| {
            let mut marks = of.events.marks(func);
            let sides = of.sides.get(&func).into_iter().flatten();
            let turned_away = |side: &&(NodeId, bool)| {
                let other = other_side(&flow, **side);
                other.is_some_and(|other| !points.iter().any(|point| other.holds(*point)))
            };
            marks.sides.extend(sides.filter(turned_away));
            points.iter().all(|point| flow.always_before(&marks, *point))
        };
        self.of_level.iter().find(passed).map(|of| of.level)
    }
}

impl<'c, 'p, 'r> OfLevel<'c, 'p, 'r> {
    fn new(cx: &'c Cx<'p, 'r>, models: &[GuardModel], level: Level) -> Self {
        let mut sides: FxHashMap<FnRef, Vec<(NodeId, bool)>> = FxHashMap::default();
        let mut direct: FxHashMap<FnRef, Marks> = FxHashMap::default();
        for model in models.iter().filter(|model| model.aspect == Some(Aspect::Auth)) {
            let GuardPlace::Inside { forms, when_true, when_false, .. } = &model.place else {
                continue;
            };
            let truths: Vec<bool> = [(true, when_true), (false, when_false)]
                .into_iter()
                .filter(|(_, found)| found.is_some_and(|found| found >= level))
                .map(|(truth, _)| truth)
                .collect();
            let firm = model.level >= level && when_true.is_none() && when_false.is_none();
            if truths.is_empty() && !firm {
                continue;
            }
            for form in forms {
                let start = Bindings::new(form.vars.len());
                let query = Query {
                    patterns: std::slice::from_ref(&form.pattern),
                    wheres: &form.wheres,
                    start: &start,
                    within: Within::Project,
                    concrete: false,
                };
                cx.search_direct(&query, &mut |hit| {
                    if hit.tri != Tri::Yes {
                        return;
                    }
                    if firm {
                        direct.entry(hit.func).or_default().points.extend(cx.points(hit.spot));
                    }
                    let term = match hit.spot {
                        Spot::Call(site) => site.term,
                        Spot::Expr(term) => term.term,
                        _ => return,
                    };
                    let flow = cx.flow(hit.func);
                    for truth in &truths {
                        let found = flow.sides_implying(term, *truth);
                        sides.entry(hit.func).or_default().extend(found);
                    }
                });
            }
        }
        for (func, sides) in &sides {
            let flow = cx.flow(*func);
            let decides =
                |side: &&(NodeId, bool)| other_side(&flow, **side).is_some_and(|o| !o.exits);
            direct.entry(*func).or_default().sides.extend(sides.iter().filter(decides));
        }
        Self { level, sides, events: Events::of_marks(cx, direct, false) }
    }
}

/// What the other side of a branch leads to.
fn other_side(flow: &Flow<'_>, (node, side): (NodeId, bool)) -> Option<Reach> {
    let [then, orelse] = flow.sides(node)?;
    Some(if side { orelse } else { then })
}

/// Whether a function treats all requests alike, whatever it finds out about them: it never
/// refuses, and none of its branches changes more than what is said or logged.
pub fn indifferent(cx: &Cx<'_, '_>, func: FnRef) -> bool {
    let ir = cx.project.ir(func);
    let flow = cx.flow(func);
    !refuses(cx, func) && ir.blocks.ids().all(|node| alike(cx, func, &flow, node))
}

/// Whether a function raises, or ends in something that never returns or turns away.
pub fn refuses(cx: &Cx<'_, '_>, func: FnRef) -> bool {
    let flow = cx.flow(func);
    let mut blocks = cx.project.ir(func).blocks.iter();
    !flow.ends.is_empty()
        || !flow.rejects.is_empty()
        || blocks.any(|block| matches!(block.end, Terminator::Raise { exc: Some(_), .. }))
}

/// Whether both sides of the branch at the end of a block, if there is one, lead to the same.
fn alike(cx: &Cx<'_, '_>, func: FnRef, flow: &Flow<'_>, node: NodeId) -> bool {
    let Some([then, orelse]) = flow.sides(node) else { return true };
    let ir = cx.project.ir(func);
    let frame = Frame::open(func);
    ir.blocks.iter_enumerated().all(|(node, block)| {
        let start = Point { node, at: 0 };
        if then.holds(start) == orelse.holds(start) {
            return true;
        }
        let harmless = block.instrs.iter().all(|instr| match instr.kind {
            InstrKind::Eval(term) => match ir.terms[term] {
                Term::Call { func: callee, .. } => {
                    cx.refuel();
                    matches!(cx.callee(callee, &frame), Callee::Lib(_) | Callee::Method { .. })
                }
                _ => true,
            },
            _ => false,
        });
        harmless && !matches!(block.end, Terminator::Return { .. } | Terminator::Raise { .. })
    })
}
