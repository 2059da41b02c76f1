//! Code that runs, but not where the application is deployed: what only tests call, and what
//! stands behind a flag for developers.
//!
//! A place is behind a flag when every way to it passes one side of a test, and that side is
//! taken only where the flag is on. A flag is something whose name says that it is for developers
//! and that nothing turns on in production; a name that also has other uses needs a value that is
//! known to be false there.

use std::sync::Arc;

use super::{Found, Target};
use crate::base::{FxHashSet, Loc};
use crate::facts::{Block, Const, FnId, FnIr, NodeId, Op, Term, TermId, Terminator};
use crate::link::{Callee, Cx, FnRef, Frame, Kind, Origin, TermRef, UnitId, Val};
use crate::project::key_path;
use crate::syntax::ast::{BoolOp, CmpOp, UnaryOp};
use crate::syntax::document::{DocumentKind, Value};

/// The vocabulary of flags that are for developers whatever their value.
const DEVELOPMENT: &str = "development-flag";
/// The vocabulary of flags that are for developers where they are off by default.
const DIAGNOSTIC: &str = "diagnostic-flag";
/// The vocabulary of texts that name the deployed environment.
const PRODUCTION: &str = "production-value";
/// Deepest that the test of a branch is looked into.
const MAX_DEPTH: u32 = 6;

/// Whether a place stands in code that only tests run.
pub(super) fn in_tests(target: Target<'_, '_>, cx: &Cx<'_, '_>, found: &Found<'_>) -> bool {
    is_fixture(cx, found) || found.func.is_some_and(|func| is_plugin(target, func.unit))
}

/// Whether a file of the project registers a module with a test runner.
fn is_plugin(target: Target<'_, '_>, unit: UnitId) -> bool {
    let path = &target.project.units[unit].path;
    let path = path.strip_suffix("/__init__.py").or(path.strip_suffix(".py")).unwrap_or(path);
    let own = path.replace('/', ".");
    let is_own = |module: &str| {
        let module = module.split(':').next().unwrap_or_default().trim();
        !module.is_empty()
            && own.strip_suffix(module).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let paths = &target.project.rules.library.test_code.modules;
    let kinds = [DocumentKind::Toml, DocumentKind::Ini];
    let mut files = target.model.documents.iter().filter(|file| kinds.contains(&file.kind));
    files.any(|file| {
        let roots = file.roots().iter();
        let mut reached =
            roots.flat_map(|root| paths.iter().flat_map(|p| key_path::reach(root, p)));
        reached.any(|reached| match reached.node.map(|node| &node.value) {
            Some(Value::Table(modules)) => {
                modules.iter().any(|entry| entry.value.as_text().is_some_and(is_own))
            }
            Some(Value::Text(lines)) => {
                let named = lines.lines().filter_map(|line| line.split_once('='));
                named.into_iter().any(|(_, module)| is_own(module))
            }
            _ => false,
        })
    })
}

/// Whether a function, or one it is defined in, is decorated as what a test runner calls.
fn is_fixture(cx: &Cx<'_, '_>, found: &Found<'_>) -> bool {
    let marks = &cx.project.rules.library.test_code.decorators;
    let mut at = found.func;
    while let Some(func) = at {
        let ir = cx.project.ir(func);
        let parent = ir.parent.map(|parent| FnRef { unit: func.unit, func: parent });
        if let Some(parent) = parent {
            let frame = Frame::open(parent);
            let is_mark = |decorator: &TermId| {
                cx.refuel();
                let terms = &cx.project.ir(parent).terms;
                let named = match &terms[*decorator] {
                    Term::Call { func, .. } => *func,
                    _ => *decorator,
                };
                matches!(cx.callee(named, &frame), Callee::Lib(path) if marks.contains(&path))
            };
            if ir.decorators.iter().any(is_mark) {
                return true;
            }
        }
        at = parent;
    }
    false
}

/// What must be so for a place to be reached, if that is for developers: "`debug` is on".
pub(super) fn behind(cx: &Cx<'_, '_>, found: &Found<'_>) -> Option<String> {
    // Effective settings have been decided with their flags.
    if found.namespace.is_some() {
        return None;
    }
    let outer = found.func.map(|func| (func, found.loc));
    let inside = found.inside.iter().filter_map(|loc| Some((function_at(cx, *loc)?, *loc)));
    outer.into_iter().chain(inside).find_map(|(func, loc)| {
        flag_around(cx, func, loc).or_else(|| flag_around_callers(cx, func))
    })
}

/// The flag that every call of a function stands behind, where there are calls.
fn flag_around_callers(cx: &Cx<'_, '_>, func: FnRef) -> Option<String> {
    let ir = cx.project.ir(func);
    if func.func == FnId(0) || !ir.decorators.is_empty() {
        return None;
    }
    let calls = cx.project.index.callers(ir.name).iter().filter(|site| cx.is_call_of(site, func));
    let mut flag = None;
    for site in calls {
        let span = cx.project.ir(site.func).spans[site.term];
        flag = Some(flag_around(cx, site.func, cx.project.loc(site.func.unit, span))?);
    }
    flag
}

/// The function whose body holds a place, the innermost.
fn function_at(cx: &Cx<'_, '_>, loc: Loc) -> Option<FnRef> {
    let unit = cx.project.unit_of(loc.file)?;
    let holding = cx.project.units[unit].facts.fns.iter_enumerated().filter_map(|(func, ir)| {
        let span = cx.project.loc(unit, ir.span);
        (func == FnId(0) || (span.start <= loc.start && loc.end <= span.end))
            .then_some((func, if func == FnId(0) { u32::MAX } else { span.end - span.start }))
    });
    holding.min_by_key(|(_, length)| *length).map(|(func, _)| FnRef { unit, func })
}

/// The flag that a place in a body stands behind.
fn flag_around(cx: &Cx<'_, '_>, func: FnRef, loc: Loc) -> Option<String> {
    let ir = cx.project.ir(func);
    let node = block_at(cx, func, loc)?;
    let frame = Frame::open(func);
    ir.blocks.iter().find_map(|block| {
        let Terminator::Branch { test, then, orelse, .. } = block.end else { return None };
        if then == orelse {
            return None;
        }
        [(then, true), (orelse, false)].into_iter().find_map(|(to, side)| {
            let flag = flag(cx, &frame, test, side, 0)?;
            (!reaches(ir, node, block, to)).then_some(flag)
        })
    })
}

/// The block that a place is evaluated in: that of the smallest instruction around it.
fn block_at(cx: &Cx<'_, '_>, func: FnRef, loc: Loc) -> Option<NodeId> {
    let ir = cx.project.ir(func);
    let instrs = ir.blocks.iter_enumerated().flat_map(|(node, block)| {
        let end = match &block.end {
            Terminator::Return { span, .. } | Terminator::Raise { span, .. } => Some(*span),
            _ => None,
        };
        block.instrs.iter().map(|instr| instr.span).chain(end).map(move |span| (node, span))
    });
    let around = instrs.filter_map(|(node, span)| {
        let at = cx.project.loc(func.unit, span);
        (at.start <= loc.start && loc.end <= at.end).then_some((at.end - at.start, node))
    });
    around.min_by_key(|(length, _)| *length).map(|(_, node)| node)
}

/// Whether a block can be reached when `branch` does not go to `closed`.
fn reaches(ir: &FnIr, wanted: NodeId, branch: &Block, closed: NodeId) -> bool {
    let mut seen: FxHashSet<NodeId> = FxHashSet::default();
    let mut work = vec![NodeId(0)];
    while let Some(node) = work.pop() {
        if !seen.insert(node) {
            continue;
        }
        if node == wanted {
            return true;
        }
        let block = &ir.blocks[node];
        match &block.end {
            Terminator::Goto(to) => work.push(*to),
            Terminator::Branch { then, orelse, .. } => {
                let open = |to: &&NodeId| !std::ptr::eq(block, branch) || **to != closed;
                work.extend([then, orelse].into_iter().filter(open));
            }
            Terminator::Loop { body, exit, .. } => work.extend([*body, *exit]),
            Terminator::Return { .. } | Terminator::Raise { .. } => {}
        }
        work.extend(&block.handlers);
    }
    false
}

/// The flag without which a test does not come out as `side`.
fn flag(
    cx: &Cx<'_, '_>,
    frame: &Arc<Frame>,
    test: TermId,
    side: bool,
    depth: u32,
) -> Option<String> {
    if depth > MAX_DEPTH {
        return None;
    }
    let inner = |term: &TermId, side: bool| flag(cx, frame, *term, side, depth + 1);
    match &cx.project.ir(frame.func).terms[test] {
        Term::Op(Op::Unary(UnaryOp::Not), operands) => inner(operands.first()?, !side),
        Term::Op(Op::Bool(op), operands) => {
            // All operands decide: one that needs a flag is enough. Else each must need one.
            if (*op == BoolOp::And) == side {
                operands.iter().find_map(|term| inner(term, side))
            } else {
                let flags: Option<Vec<_>> = operands.iter().map(|term| inner(term, side)).collect();
                flags?.into_iter().next()
            }
        }
        Term::Op(Op::Compare(CmpOp::Eq), operands) => {
            environment(cx, frame, test, operands, side, side)
                .or_else(|| off_if(side, cx, frame, test))
        }
        Term::Op(Op::Compare(CmpOp::NotEq), operands) => {
            environment(cx, frame, test, operands, !side, side)
        }
        _ => off_if(side, cx, frame, test),
    }
}

fn off_if(side: bool, cx: &Cx<'_, '_>, frame: &Arc<Frame>, test: TermId) -> Option<String> {
    if side { is_off(cx, frame, test) } else { None }
}

/// That something is equal to the name of an environment (or not), where that is not the deployed
/// one: `ENV == "development"`, `ENV != "production"`.
fn environment(
    cx: &Cx<'_, '_>,
    frame: &Arc<Frame>,
    test: TermId,
    operands: &[TermId],
    equal: bool,
    side: bool,
) -> Option<String> {
    cx.refuel();
    if cx.eval(test, frame).truth() == Some(side) {
        return None;
    }
    let terms = &cx.project.ir(frame.func).terms;
    let text = operands.iter().find_map(|term| match &terms[*term] {
        Term::Const(Const::Str(text)) => Some(text),
        _ => None,
    })?;
    let id = cx.project.names.get(if equal { DEVELOPMENT } else { PRODUCTION })?;
    cx.means(text, &[id]).then(|| match equal {
        true => format!("the environment is `{text}`"),
        false => format!("the environment is not `{text}`"),
    })
}

/// That a flag for developers is on, unless something turns it on in production.
fn is_off(cx: &Cx<'_, '_>, frame: &Arc<Frame>, test: TermId) -> Option<String> {
    cx.refuel();
    let value = cx.eval(test, frame);
    let off = match (value.truth(), &value.kind) {
        // Of an attribute of a library only its path is known.
        (_, Kind::Lib(_)) => false,
        (Some(true), _) => return None,
        (Some(false), _) => true,
        (None, _) => off_by_default(cx, &value),
    };
    let mut names = Vec::new();
    collect_names(cx, frame, test, 0, &mut names);
    let words = |id: &str| cx.project.names.get(id);
    let means = |name: &str, id: &str| words(id).is_some_and(|id| cx.means(name, &[id]));
    let is_flag = |name: &String| means(name, DEVELOPMENT) || (off && means(name, DIAGNOSTIC));
    names.into_iter().find(is_flag).map(|name| format!("`{name}` is on"))
}

/// Whether a value is a parameter that is false unless a caller says otherwise, and none does.
fn off_by_default(cx: &Cx<'_, '_>, value: &Val) -> bool {
    let Kind::Param(func, index) = value.kind else { return false };
    let ir = cx.project.ir(func);
    let default = ir.params.get(index as usize).and_then(|param| param.default);
    let Some((default, parent)) = default.zip(ir.parent) else { return false };
    let outer = Frame::open(FnRef { unit: func.unit, func: parent });
    cx.eval(default, &outer).truth() == Some(false)
        && cx.project.index.callers(ir.name).iter().all(|site| {
            let origin = Origin {
                term: TermRef { func: site.func, term: site.term },
                frame: Frame::open(site.func),
            };
            let given = cx.entered(&origin).filter(|inner| inner.func == func);
            let given = given.as_ref().and_then(|inner| inner.args.as_ref()?.get(index as usize));
            given.is_none_or(|value| value.truth() != Some(true))
        })
}

/// The names that what decides a test goes by: of variables, attributes, keys and parameters.
fn collect_names(
    cx: &Cx<'_, '_>,
    frame: &Arc<Frame>,
    term: TermId,
    depth: u32,
    names: &mut Vec<String>,
) {
    if depth > MAX_DEPTH {
        return;
    }
    let func = frame.func;
    let origin = Origin { term: TermRef { func, term }, frame: Arc::clone(frame) };
    names.extend(cx.spelled_names(&Val::opaque().from_origin(origin)));
    let ir = cx.project.ir(func);
    let mut inner = |term: TermId| collect_names(cx, frame, term, depth + 1, names);
    match &ir.terms[term] {
        Term::Op(Op::Compare(_) | Op::Case, operands) => {
            if let Some(first) = operands.first() {
                inner(*first);
            }
        }
        // `os.environ.get("X", "").lower()`, `bool(flag)`, `app.is_debug()`.
        Term::Call { func: callee, args } => match (&ir.terms[*callee], args.first()) {
            (Term::Attr(object, _), Some(_)) if args.len() > 2 => inner(*object),
            (Term::Attr(object, _), _) => {
                if args.is_empty() {
                    inner(*callee);
                }
                inner(*object);
            }
            (_, Some(first)) => inner(first.value),
            (_, None) => inner(*callee),
        },
        _ => {}
    }
}
