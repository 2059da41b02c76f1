//! What a list holds, whatever built it up: displays, sums, appends, branches, helpers.
//!
//! Evaluation gives one value and gives up when a part is not known. Here each part counts:
//! what is not understood is one member among others.

use std::sync::Arc;

use crate::base::{FxHashSet, Symbol};
use crate::facts::{ImportedName, NodeId, Op, Term, TermId, Terminator};
use crate::link::{Callee, Cx, FnRef, Frame, Kind, TermRef, Val};
use crate::syntax::ast::BinOp;

/// Most terms one list is collected from.
const MAX_STEPS: usize = 4_000;

/// A part of a list.
#[derive(Debug)]
pub enum Member {
    /// One member.
    One(Val),
    /// Something that stands for any number of members.
    Part(Val),
    /// A member that production leaves out.
    Left(Val),
}

/// The members of the list that a term evaluates to.
pub fn of_term(cx: &Cx<'_, '_>, term: TermId, frame: &Arc<Frame>) -> Vec<Member> {
    let mut walk =
        Walk { cx, found: Vec::new(), seen: FxHashSet::default(), steps: 0, left: false };
    walk.term(term, frame);
    walk.found
}

/// The members of a list value.
pub fn of_value(cx: &Cx<'_, '_>, value: &Val) -> Vec<Member> {
    if let Some(origin) = &value.origin {
        return of_term(cx, origin.term.term, &origin.frame);
    }
    match value.in_force().and_then(Val::as_seq) {
        Some(seq) => seq.items.iter().cloned().map(Member::One).collect(),
        None => vec![Member::Part(value.clone())],
    }
}

struct Walk<'c, 'p, 'r> {
    cx: &'c Cx<'p, 'r>,
    found: Vec<Member>,
    /// Terms of open activations that were walked already.
    seen: FxHashSet<TermRef>,
    steps: usize,
    /// Whether production does not take this branch.
    left: bool,
}

impl Walk<'_, '_, '_> {
    fn term(&mut self, term: TermId, frame: &Arc<Frame>) {
        self.steps += 1;
        let at = TermRef { func: frame.func, term };
        if self.steps > MAX_STEPS || (frame.is_open() && !self.seen.insert(at)) {
            return;
        }
        let project = self.cx.project;
        match &project.ir(frame.func).terms[term] {
            Term::Seq { items, .. } => {
                for item in items {
                    if item.star {
                        self.term(item.value, frame);
                    } else {
                        self.one(item.value, frame);
                    }
                }
            }
            Term::Op(Op::Binary(BinOp::Add), operands) => {
                operands.iter().for_each(|operand| self.term(*operand, frame));
            }
            Term::Phi(operands) => {
                let (taken, left): (Vec<_>, Vec<_>) = operands.iter().partition(|(guard, _)| {
                    self.cx.refuel();
                    guard.is_none_or(|guard| {
                        let truth = self.cx.eval(guard.test, frame).truth();
                        truth.is_none_or(|truth| truth == guard.value)
                    })
                });
                taken.iter().for_each(|(_, operand)| self.term(*operand, frame));
                // What both branches share was met above.
                let outer = std::mem::replace(&mut self.left, true);
                left.iter().for_each(|(_, operand)| self.term(*operand, frame));
                self.left = outer;
            }
            Term::Escaped { base, .. } => self.term(*base, frame),
            Term::Update { base, op, .. } => {
                self.term(*base, frame);
                self.update(op, frame);
            }
            Term::Global(name) => match self.cx.export_term(frame.func.unit, *name) {
                Some((unit, term)) => self.term(term, &Frame::open(project.module_fn(unit))),
                None => self.other(term, frame),
            },
            Term::Import(import) => {
                let name = project.units[frame.func.unit].facts.imports[*import].name;
                let from = self.cx.imported_from(frame.func.unit, *import);
                let bound = match (from, name) {
                    (Some(unit), ImportedName::One(name)) => self.cx.export_term(unit, name),
                    _ => None,
                };
                match bound {
                    Some((unit, term)) => self.term(term, &Frame::open(project.module_fn(unit))),
                    None => self.other(term, frame),
                }
            }
            Term::Attr(object, name) => {
                self.cx.refuel();
                let bound = match self.cx.eval(*object, frame).kind {
                    Kind::Module(unit) => self.cx.export_term(unit, *name),
                    _ => None,
                };
                match bound {
                    Some((unit, term)) => self.term(term, &Frame::open(project.module_fn(unit))),
                    None => self.other(term, frame),
                }
            }
            Term::Call { func, args } => {
                self.cx.refuel();
                match self.cx.callee(*func, frame) {
                    // `list(x)`, `sorted(x)`: Python's own functions keep the members.
                    Callee::Lib(path) if path.len() == 1 && args.len() == 1 => {
                        self.term(args[0].value, frame);
                    }
                    Callee::Fn { .. } => self.helper(term, frame),
                    _ => self.other(term, frame),
                }
            }
            _ => self.other(term, frame),
        }
    }

    fn one(&mut self, term: TermId, frame: &Arc<Frame>) {
        self.cx.refuel();
        let value = self.cx.eval(term, frame);
        self.push(Member::One(value));
    }

    fn push(&mut self, member: Member) {
        self.found.push(match member {
            Member::One(value) | Member::Part(value) if self.left => Member::Left(value),
            other => other,
        });
    }

    fn update(&mut self, op: &crate::facts::Mutation, frame: &Arc<Frame>) {
        let crate::facts::Mutation::Method { name, args, .. } = op else { return };
        match (self.cx.project.name(*name), args.first(), args.get(1)) {
            ("append" | "add", Some(item), _) | ("insert", _, Some(item)) => {
                self.one(item.value, frame);
            }
            ("extend" | "update", Some(items), _) => self.term(items.value, frame),
            _ => {}
        }
    }

    /// A call of a project function: the members of what it returns.
    fn helper(&mut self, term: TermId, frame: &Arc<Frame>) {
        let value = self.cx.eval(term, frame);
        let entered = self.cx.call_origin(&value).and_then(|origin| self.cx.entered(origin));
        let Some(entered) = entered else { return self.other(term, frame) };
        let returned = returned_terms(self.cx, entered.func);
        if returned.is_empty() {
            return self.other(term, frame);
        }
        returned.into_iter().for_each(|term| self.term(term, &entered));
    }

    /// Anything else: by what it evaluates to.
    fn other(&mut self, term: TermId, frame: &Arc<Frame>) {
        self.cx.refuel();
        let value = self.cx.eval(term, frame);
        let here = TermRef { func: frame.func, term };
        if let Some(origin) = value.origin.as_ref().filter(|origin| origin.term != here) {
            return self.term(origin.term.term, &origin.frame.clone());
        }
        if let Kind::Param(..) = value.kind {
            // What callers pass, and the default.
            for possible in self.cx.possible(&value).alternatives() {
                match &possible.origin {
                    Some(origin) if origin.term != here => {
                        self.term(origin.term.term, &origin.frame.clone());
                    }
                    _ => self.push(Member::Part(possible.clone())),
                }
            }
            return;
        }
        match value.in_force().and_then(Val::as_seq) {
            Some(seq) => seq.items.iter().for_each(|item| self.push(Member::One(item.clone()))),
            None => self.push(Member::Part(value)),
        }
    }
}

/// The terms that a function returns.
pub fn returned_terms(cx: &Cx<'_, '_>, func: FnRef) -> Vec<TermId> {
    let blocks = cx.project.ir(func).blocks.iter_enumerated();
    blocks
        .filter_map(|(_, block): (NodeId, _)| match &block.end {
            Terminator::Return { value, .. } => *value,
            _ => None,
        })
        .collect()
}

/// The iterated value that a value is taken from: the list of a `for`, and the loop's term.
pub fn loop_of(cx: &Cx<'_, '_>, value: &Val) -> Option<(TermRef, Arc<Frame>)> {
    let origin = value.origin.as_ref()?;
    let mut term = origin.term.term;
    for _ in 0..8 {
        term = match &cx.project.ir(origin.term.func).terms[term] {
            Term::Iter(list) => {
                let list = TermRef { func: origin.term.func, term: *list };
                return Some((list, Arc::clone(&origin.frame)));
            }
            Term::Unpack(inner, _) | Term::Item(inner, _) | Term::Attr(inner, _) => *inner,
            Term::Concat(parts) | Term::Op(_, parts) => {
                let mut inner = parts.iter().copied();
                let found = inner.find_map(|part| {
                    let part = TermRef { func: origin.term.func, term: part };
                    let value = Val::opaque().from_origin(crate::link::Origin {
                        term: part,
                        frame: Arc::clone(&origin.frame),
                    });
                    loop_of(cx, &value)
                });
                return found;
            }
            _ => return None,
        };
    }
    None
}

/// What a value is in the turn of the loop over `list` that takes `member`.
pub fn in_turn(cx: &Cx<'_, '_>, value: &Val, list: TermRef, member: &Val) -> Val {
    match &value.origin {
        Some(origin) if origin.term.func == list.func => {
            turn(cx, origin.term.term, &origin.frame, list, member, 0)
        }
        _ => value.clone(),
    }
}

fn turn(
    cx: &Cx<'_, '_>,
    term: TermId,
    frame: &Arc<Frame>,
    list: TermRef,
    member: &Val,
    depth: u32,
) -> Val {
    let below = |term: TermId| turn(cx, term, frame, list, member, depth + 1);
    if depth > 8 {
        return cx.eval(term, frame);
    }
    match &cx.project.ir(frame.func).terms[term] {
        Term::Iter(iterated) if *iterated == list.term => member.clone(),
        Term::Unpack(inner, index) => cx.item(&below(*inner), &Val::int(i64::from(*index))),
        Term::Item(inner, key) => cx.item(&below(*inner), &cx.eval(*key, frame)),
        Term::Attr(inner, name) => cx.attribute(&below(*inner), *name),
        Term::Concat(parts) | Term::Op(Op::Binary(BinOp::Add), parts) => {
            cx.concat(parts.iter().map(|part| below(*part)).collect())
        }
        _ => cx.eval(term, frame),
    }
}

/// The module a value names, by itself or by its dotted name.
pub fn module_of(cx: &Cx<'_, '_>, value: &Val) -> Option<Val> {
    let found = match &value.kind {
        Kind::Module(_) => value.clone(),
        _ => named(cx, value)?,
    };
    matches!(found.kind, Kind::Module(_)).then_some(found)
}

/// What a dotted name means, as seen from the file it is written in: looked up as an import
/// would, else below the packages around that file, as when one of them is where Python starts.
pub fn named(cx: &Cx<'_, '_>, name: &Val) -> Option<Val> {
    let path: Option<Vec<Symbol>> =
        name.as_str()?.split('.').map(|part| cx.project.names.get(part)).collect();
    let path = path?;
    let written = name.loc.and_then(|loc| cx.project.unit_of(loc.file));
    let from = written.or_else(|| cx.project.units.ids().next())?;
    let found = cx.lookup_path(from, &path);
    if found.as_ref().is_some_and(|value| !matches!(value.kind, Kind::Lib(_) | Kind::Opaque)) {
        return found;
    }
    let mut around: Vec<Symbol> = cx.project.units[from]
        .path
        .split('/')
        .map_while(|part| cx.project.names.get(part))
        .collect();
    while around.pop().is_some() && !around.is_empty() {
        let full: Vec<Symbol> = around.iter().chain(&path).copied().collect();
        let below = cx.lookup_path(from, &full);
        if let Some(below) = below.filter(|v| !matches!(v.kind, Kind::Lib(_) | Kind::Opaque)) {
            return Some(below);
        }
    }
    found
}

/// The term that a module binds to a name.
pub fn bound_in(cx: &Cx<'_, '_>, module: &Val, name: Symbol) -> Option<TermRef> {
    let Kind::Module(unit) = module.kind else { return None };
    let (unit, term) = cx.export_term(unit, name)?;
    Some(TermRef { func: cx.project.module_fn(unit), term })
}
