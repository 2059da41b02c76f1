//! What the project's own decorators, hooks, middleware and handlers do to a request.
//!
//! Nothing here proves that a check always decides: what may turn a request away makes a guard
//! not known, what certainly does not makes none, and only a library check that is always
//! evaluated makes one.

use super::guard::Judge;
use super::guards::Guards;
use super::handler::Target;
use super::must;
use super::registered::decorators;
use crate::base::{FxHashSet, Symbol};
use crate::facts::{InstrKind, NodeId, Op, Term, TermId, Terminator};
use crate::link::{
    Bindings, Callee, Cx, Flow, FnRef, Frame, Kind, Marks, Point, Query, Spot, TermRef, Tri, Val,
    Within,
};
use crate::rule::model::{Pat, PatternKind};
use crate::rule::routing::{Aspect, Form, GuardModel, GuardPlace, Level};
use crate::syntax::ast::UnaryOp;

/// Methods of Python's own texts and containers: they turn nobody away.
const PLAIN_METHODS: [&str; 22] = [
    "append",
    "casefold",
    "decode",
    "encode",
    "endswith",
    "format",
    "get",
    "items",
    "join",
    "keys",
    "lower",
    "partition",
    "removeprefix",
    "replace",
    "rpartition",
    "setdefault",
    "split",
    "startswith",
    "strip",
    "update",
    "upper",
    "values",
];

/// The functions that evaluate a check, or may do so, by aspect.
pub fn checks(cx: &Cx<'_, '_>, models: &[GuardModel]) -> [FxHashSet<FnRef>; 4] {
    let mut found: [FxHashSet<FnRef>; 4] = Default::default();
    for (aspect, form, _, unless_only) in inside_forms(models) {
        let start = Bindings::new(form.vars.len());
        let query = Query {
            patterns: std::slice::from_ref(&form.pattern),
            wheres: &form.wheres,
            start: &start,
            within: Within::Project,
            concrete: false,
        };
        cx.search_direct(&query, &mut |hit| {
            // Who is asked about may be a parameter.
            let attribute = matches!(form.pattern.kind, PatternKind::Expr(Pat::Path(_)));
            let handed = hit.tri == Tri::Unknown && hit.notes.param && attribute;
            if (hit.tri == Tri::Yes || handed) && !only_looked_at(cx, hit.spot, unless_only) {
                found[aspect as usize].insert(hit.func);
            }
        });
    }
    found
}

/// What counts as a check: of what, its form, how far it goes, what alone makes it none.
type InsideForm<'m> = (Aspect, &'m Form, Level, &'m [Form]);

fn inside_forms(models: &[GuardModel]) -> impl Iterator<Item = InsideForm<'_>> {
    models.iter().flat_map(|model| {
        let (forms, unless_only) = match &model.place {
            GuardPlace::Inside { forms, unless_only, .. } => (forms.as_slice(), &unless_only[..]),
            _ => (&[][..], &[][..]),
        };
        let aspect = model.aspect;
        forms.iter().filter_map(move |form| Some((aspect?, form, model.level, unless_only)))
    })
}

/// Whether nothing but what `forms` say is done with what is evaluated at a spot.
fn only_looked_at(cx: &Cx<'_, '_>, spot: Spot, forms: &[Form]) -> bool {
    let term = match spot {
        Spot::Call(site) => TermRef { func: site.func, term: site.term },
        Spot::Expr(term) => term,
        _ => return false,
    };
    !forms.is_empty() && super::only::done_with(cx, term, forms)
}

/// Whether a form certainly matches anywhere.
pub fn exists(cx: &Cx<'_, '_>, form: &Form) -> bool {
    let start = Bindings::new(form.vars.len());
    let query = Query {
        patterns: std::slice::from_ref(&form.pattern),
        wheres: &form.wheres,
        start: &start,
        within: Within::Project,
        concrete: false,
    };
    let mut found = false;
    cx.search(&query, &mut |hit| {
        found |= hit.tri == Tri::Yes;
        !found
    });
    found
}

/// What a handler itself checks, or what it calls.
pub fn handler(judge: &Judge<'_, '_, '_>, functions: &[FnRef], guards: &mut Guards) {
    let unguarded = |aspect: Aspect| guards.level(aspect) < Level::Unknown;
    let open: Vec<Aspect> = Aspect::ALL.into_iter().filter(|a| unguarded(*a)).collect();
    if open.iter().all(|aspect| judge.checks[*aspect as usize].is_empty()) {
        return;
    }
    let reached = judge.reached(functions);
    for aspect in open {
        let checks = &judge.checks[aspect as usize];
        if reached.may.is_disjoint(checks) {
            continue;
        }
        let level = functions.iter().map(|func| passing(judge, *func, aspect)).min();
        if aspect == Aspect::Auth && level.flatten().is_none() && lets_on(judge, functions) {
            continue;
        }
        let level = level.flatten().unwrap_or(match aspect {
            // A header that is set somewhere on the way is taken for set.
            Aspect::NoStore if !reached.firm.is_disjoint(checks) => Level::User,
            _ => Level::Unknown,
        });
        guards.add(aspect, level);
    }
}

/// Whether handlers, and what they call on the way to checks, let every request on.
fn lets_on(judge: &Judge<'_, '_, '_>, functions: &[FnRef]) -> bool {
    let cx = judge.cx;
    let mut reached = judge.reached(functions).may.into_iter();
    reached.all(|func| match functions.contains(&func) {
        true => must::indifferent(cx, func),
        false => !must::refuses(cx, func),
    })
}

/// Who gets through a function, as far as its checks say: the level of one that decides, or of
/// one that it always evaluates.
fn passing(judge: &Judge<'_, '_, '_>, func: FnRef, aspect: Aspect) -> Option<Level> {
    let decided = (aspect == Aspect::Auth).then(|| judge.must.level(func)).flatten();
    decided.or_else(|| always(judge, func, aspect).filter(|level| *level != Level::Unknown))
}

/// The level of a check that a function always evaluates.
fn always(judge: &Judge<'_, '_, '_>, func: FnRef, aspect: Aspect) -> Option<Level> {
    if !judge.checks[aspect as usize].contains(&func) {
        return None;
    }
    let forms =
        inside_forms(judge.models).filter(|(a, form, ..)| *a == aspect && form.wheres.is_empty());
    let mut levels = forms.filter_map(|(_, form, level, _)| {
        let vars = Bindings::new(form.vars.len());
        judge.cx.refuel();
        judge.cx.always_evaluates(func, &form.pattern, &vars).then_some(level)
    });
    levels.next()
}

/// A decorator of the project: what it and the functions in it do around the call of what it
/// decorates.
pub fn decorator(judge: &Judge<'_, '_, '_>, func: FnRef, guards: &mut Guards) {
    let cx = judge.cx;
    let all = cx.with_inner(func);
    let mut understood = false;
    for inner in &all {
        let calling = cx.calls_of_parameter(*inner, &all);
        if *inner != func {
            judge.wrappers(&decorators(cx, &Target::Function(*inner)), None, guards);
        }
        if *inner != func && !calling.is_empty() {
            understood = true;
            around(judge, *inner, &calling, guards);
        } else {
            understood |= returned(judge, *inner, &all, guards);
        }
    }
    if !understood {
        guards.unclear();
    }
}

/// What a function does around the calls that hand the request on.
fn around(judge: &Judge<'_, '_, '_>, func: FnRef, calling: &[Point], guards: &mut Guards) {
    for aspect in Aspect::ALL {
        if let Some(level) = always(judge, func, aspect).filter(|level| *level != Level::Unknown) {
            guards.add(aspect, level);
        }
    }
    let decided = judge.must.level_at(func, calling);
    if let Some(level) = decided {
        guards.add(Aspect::Auth, level);
    } else if turns_away(judge.cx, func, calling) || calls_what_rejects(judge, func) {
        guards.unclear();
    }
}

/// Whether a request may end without one of the calls.
fn turns_away(cx: &Cx<'_, '_>, func: FnRef, calling: &[Point]) -> bool {
    let points = calling.iter().copied().collect();
    let marks = Marks { points, lenient: true, ..Marks::default() };
    let reach = cx.flow(func).reach([Flow::ENTRY], &marks);
    reach.returns || reach.raises || reach.ends
}

/// Whether a function calls something that may turn the request away.
fn calls_what_rejects(judge: &Judge<'_, '_, '_>, func: FnRef) -> bool {
    let cx = judge.cx;
    let ir = cx.project.ir(func);
    let frame = Frame::open(func);
    let calls = ir.blocks.iter().flat_map(|block| &block.instrs).filter_map(|instr| {
        let InstrKind::Eval(term) = instr.kind else { return None };
        match ir.terms[term] {
            Term::Call { func, .. } => Some(func),
            _ => None,
        }
    });
    calls.into_iter().any(|callee| {
        cx.refuel();
        let value = cx.eval(callee, &frame);
        if matches!(value.kind, Kind::Param(..)) {
            return false;
        }
        match cx.callee(callee, &frame) {
            Callee::Lib(path) => cx.call_model(&path).is_some_and(|model| model.never_returns),
            Callee::Fn { func, .. } => {
                let reached = judge.reached(&[func]);
                !reached.may.is_disjoint(&judge.checks[Aspect::Auth as usize]) || raises(cx, func)
            }
            Callee::Unknown { name: Some(name), receiver: Some(_) } => {
                !PLAIN_METHODS.contains(&cx.project.name(name))
            }
            Callee::Unknown { .. } => true,
            Callee::Method { .. } | Callee::Class(_) => false,
        }
    })
}

fn raises(cx: &Cx<'_, '_>, func: FnRef) -> bool {
    let mut blocks = cx.project.ir(func).blocks.iter();
    blocks.any(|block| matches!(block.end, Terminator::Raise { exc: Some(_), .. }))
}

/// What a decorator returns: its parameter as it is, or in other decorators. Whether that was
/// understood.
fn returned(judge: &Judge<'_, '_, '_>, func: FnRef, all: &[FnRef], guards: &mut Guards) -> bool {
    let cx = judge.cx;
    let frame = Frame::open(func);
    let mut understood = false;
    for term in super::members::returned_terms(cx, func) {
        cx.refuel();
        let mut value = cx.eval(term, &frame);
        for _ in 0..6 {
            let Some(origin) = cx.call_origin(&value).cloned() else { break };
            let Term::Call { func: callee, args } = cx.project.term(origin.term) else { break };
            let wrapper = cx.eval(*callee, &origin.frame);
            let inner = args.first().map(|arg| cx.eval(arg.value, &origin.frame));
            let wraps = inner.as_ref().is_some_and(|inner| match &inner.kind {
                Kind::Param(f, _) | Kind::Function(f) => all.contains(f),
                Kind::Opaque => cx.call_origin(inner).is_some(),
                _ => false,
            });
            match inner.filter(|_| wraps) {
                Some(inner) => {
                    judge.wrappers(&[wrapper], None, guards);
                    value = inner;
                }
                None => {
                    // A decorator that is made here.
                    judge.wrappers(std::slice::from_ref(&value), None, guards);
                    return true;
                }
            }
        }
        understood |= match value.kind {
            Kind::Param(f, _) => all.contains(&f),
            _ => false,
        };
    }
    understood
}

/// A method that every request of a class passes, overridden by the project.
pub fn gate(judge: &Judge<'_, '_, '_>, func: FnRef, guards: &mut Guards) {
    guards.passes(func);
    let cx = judge.cx;
    let name = cx.project.ir(func).name;
    let calling = calling_attribute(cx, func, name);
    if calling.is_empty() {
        guards.unclear();
    } else {
        gate_around(judge, func, &calling, guards);
    }
}

fn gate_around(judge: &Judge<'_, '_, '_>, func: FnRef, calling: &[Point], guards: &mut Guards) {
    for aspect in Aspect::ALL {
        if let Some(level) = always(judge, func, aspect).filter(|level| *level != Level::Unknown) {
            guards.add(aspect, level);
        }
    }
    if let Some(level) = judge.must.level_at(func, calling) {
        return guards.add(Aspect::Auth, level);
    }
    let reached = judge.reached(&[func]);
    let checks = !reached.may.is_disjoint(&judge.checks[Aspect::Auth as usize]);
    if (checks && !lets_on(judge, &[func])) || turns_away(judge.cx, func, calling) {
        guards.unclear();
    }
}

fn calling_attribute(cx: &Cx<'_, '_>, func: FnRef, name: Symbol) -> Vec<Point> {
    let terms = &cx.project.ir(func).terms;
    cx.calls_where(func, |callee| matches!(terms[callee], Term::Attr(_, n) if n == name))
}

/// A function that runs before handlers: what it does to all of them.
pub fn hook(judge: &Judge<'_, '_, '_>, func: FnRef, guards: &mut Guards) {
    guards.passes(func);
    let cx = judge.cx;
    for aspect in Aspect::ALL {
        if let Some(level) = passing(judge, func, aspect) {
            guards.add_wide(aspect, level);
        }
    }
    // Without a look at who asks it may turn requests away for other reasons only.
    let reached = judge.reached(&[func]);
    for aspect in [Aspect::Auth, Aspect::Throttle] {
        let checks = !reached.may.is_disjoint(&judge.checks[aspect as usize]);
        let rejects = answers(cx, func) || !lets_on(judge, &[func]);
        if checks && (rejects || calls_what_rejects(judge, func)) {
            guards.add_wide(aspect, Level::Unknown);
        }
    }
}

/// The paths below which a hook looks at requests, when the first thing it asks is whether
/// `path` starts so, and others pass.
pub fn looks_below(cx: &Cx<'_, '_>, func: FnRef, path: &[Form]) -> Option<Vec<String>> {
    let ir = cx.project.ir(func);
    let mut node = NodeId(0);
    for _ in 0..8 {
        match &ir.blocks[node].end {
            Terminator::Goto(next) => node = *next,
            Terminator::Branch { test, then, orelse, .. } => {
                let (test, then, orelse) = match &ir.terms[*test] {
                    Term::Op(Op::Unary(UnaryOp::Not), inner) => (*inner.first()?, *orelse, *then),
                    _ => (*test, *then, *orelse),
                };
                let below = prefixes(cx, func, test, path)?;
                return (passes(cx, func, orelse) && then != orelse).then_some(below);
            }
            _ => return None,
        }
    }
    None
}

/// The texts of `path.startswith(…)`.
fn prefixes(cx: &Cx<'_, '_>, func: FnRef, test: TermId, path: &[Form]) -> Option<Vec<String>> {
    let terms = &cx.project.ir(func).terms;
    let Term::Call { func: callee, args } = &terms[test] else { return None };
    let Term::Attr(object, name) = terms[*callee] else { return None };
    let [argument] = &args[..] else { return None };
    if cx.project.name(name) != "startswith" {
        return None;
    }
    let frame = Frame::open(func);
    cx.refuel();
    let object = cx.eval(object, &frame);
    path.iter().find_map(|form| super::handler::bound(cx, form, &object))?;
    super::handler::texts(&cx.eval(argument.value, &frame))
}

/// Whether all that follows a block lets the request through.
fn passes(cx: &Cx<'_, '_>, func: FnRef, start: NodeId) -> bool {
    let ir = cx.project.ir(func);
    let frame = Frame::open(func);
    let mut seen: FxHashSet<NodeId> = FxHashSet::default();
    let mut work = vec![start];
    while let Some(node) = work.pop() {
        if !seen.insert(node) {
            continue;
        }
        match &ir.blocks[node].end {
            Terminator::Goto(next) => work.push(*next),
            Terminator::Branch { then, orelse, .. } => work.extend([*then, *orelse]),
            Terminator::Loop { body, exit, .. } => work.extend([*body, *exit]),
            Terminator::Return { value: None, .. } => {}
            Terminator::Return { value: Some(term), .. } => {
                if cx.eval(*term, &frame).truth() != Some(false) {
                    return false;
                }
            }
            Terminator::Raise { .. } => return false,
        }
    }
    true
}

/// Whether a function returns something that may be an answer.
fn answers(cx: &Cx<'_, '_>, func: FnRef) -> bool {
    let frame = Frame::open(func);
    super::members::returned_terms(cx, func).into_iter().any(|term| {
        cx.refuel();
        cx.eval(term, &frame).truth() != Some(false)
    })
}

/// A method or function of a middleware that hands requests on by calling `next`, or by
/// returning nothing.
pub fn middleware(
    judge: &Judge<'_, '_, '_>,
    func: FnRef,
    next: Option<Symbol>,
    guards: &mut Guards,
) {
    guards.passes(func);
    let cx = judge.cx;
    let mut calling = next.map(|name| calling_attribute(cx, func, name)).unwrap_or_default();
    let outer: Vec<FnRef> = std::iter::successors(Some(func), |at| {
        cx.project.ir(*at).parent.map(|parent| FnRef { unit: at.unit, func: parent })
    })
    .collect();
    calling.extend(cx.calls_of_parameter(func, &outer));
    if calling.is_empty() {
        return hook(judge, func, guards);
    }
    for aspect in Aspect::ALL {
        if let Some(level) = always(judge, func, aspect).filter(|level| *level != Level::Unknown) {
            guards.add_wide(aspect, level);
        }
    }
    if let Some(level) = judge.must.level_at(func, &calling) {
        guards.add_wide(Aspect::Auth, level);
    }
    let reached = judge.reached(&[func]);
    for aspect in [Aspect::Auth, Aspect::Throttle] {
        let checks = !reached.may.is_disjoint(&judge.checks[aspect as usize]);
        if checks && turns_away(cx, func, &calling) {
            guards.add_wide(aspect, Level::Unknown);
        }
    }
    if !reached.firm.is_disjoint(&judge.checks[Aspect::NoStore as usize]) {
        guards.add_wide(Aspect::NoStore, Level::Unknown);
    }
}

/// Whether a value is a function of the project.
pub fn as_function(value: &Val) -> Option<FnRef> {
    match value.kind {
        Kind::Function(func) => Some(func),
        _ => None,
    }
}
