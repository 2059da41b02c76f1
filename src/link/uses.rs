//! Where the terms of a function are used: the edges that labels move along, backwards to how
//! terms are written.

use crate::base::{FxHashMap, FxHashSet, Symbol};
use crate::facts::{
    ClassId, FileFacts, FnId, FnIr, InstrKind, Mutation, NodeId, Place, Term, TermId, Terminator,
};

/// One use of a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It is part of another term.
    Term(TermId),
    /// It is stored: the block and the position of the instruction.
    Store(NodeId, usize),
    /// It is returned.
    Return,
    /// It is raised in this block.
    Raise(NodeId),
    /// It is the cause of what is raised in this block.
    Cause(NodeId),
    /// A module-level name has it as its value.
    Export(Symbol),
    /// An attribute of a class has it as its value.
    ClassAttr(ClassId, Symbol),
    /// A parameter has it as its default.
    Default(FnId, u32),
    /// A local name that inner functions read has it as its value.
    Local(Symbol),
    /// A call of `locals()` gives it out under a name.
    Locals(TermId, Symbol),
}

/// The uses of one body.
#[derive(Debug, Default)]
pub struct Uses {
    by_term: FxHashMap<TermId, Vec<Use>>,
    /// The term that reads a parameter.
    params: FxHashMap<u32, TermId>,
    /// The block that evaluates a call.
    blocks: FxHashMap<TermId, NodeId>,
    /// Terms that are given a local name.
    bound: FxHashSet<TermId>,
}

impl Uses {
    /// The uses in the body `func` of a file. `locals` is the name of that builtin.
    pub fn new(facts: &FileFacts, func: FnId, locals: Option<Symbol>) -> Self {
        let ir = facts.body(func);
        let mut uses = Self::default();
        for (id, term) in ir.terms.iter_enumerated() {
            children(term, &mut |child| uses.add(child, Use::Term(id)));
            if let Term::Param(index) = term {
                uses.params.insert(*index, id);
            }
        }
        uses.add_blocks(ir);
        if let Some(locals) = locals {
            uses.add_locals(ir, locals);
        }
        let exit = |name| if func == FnId(0) { Use::Export(name) } else { Use::Local(name) };
        for (name, term) in &ir.exit {
            uses.add(*term, exit(*name));
        }
        for (class, fact) in facts.classes.iter_enumerated() {
            if fact.scope == func {
                for (name, term, _) in &fact.attrs {
                    uses.add(*term, Use::ClassAttr(class, *name));
                }
            }
        }
        for (inner, fact) in facts.fns.iter_enumerated() {
            if fact.parent == Some(func) {
                for (index, param) in (0u32..).zip(&fact.params) {
                    if let Some(default) = param.default {
                        uses.add(default, Use::Default(inner, index));
                    }
                }
            }
        }
        uses
    }

    fn add_locals(&mut self, ir: &FnIr, locals: Symbol) {
        let calls: Vec<TermId> = ir
            .terms
            .iter_enumerated()
            .filter(|(_, term)| match term {
                Term::Call { func, args } => {
                    args.is_empty() && ir.terms[*func] == Term::Global(locals)
                }
                _ => false,
            })
            .map(|(id, _)| id)
            .collect();
        for call in calls {
            for instr in ir.blocks.iter().flat_map(|block| &block.instrs) {
                if let InstrKind::Bind { name, value, .. } = &instr.kind {
                    self.add(*value, Use::Locals(call, *name));
                }
            }
            for (index, param) in (0u32..).zip(&ir.params) {
                if let Some(term) = self.param(index) {
                    self.add(term, Use::Locals(call, param.name));
                }
            }
        }
    }

    fn add_blocks(&mut self, ir: &FnIr) {
        for (node, block) in ir.blocks.iter_enumerated() {
            for (position, instr) in block.instrs.iter().enumerate() {
                match &instr.kind {
                    InstrKind::Store { value, .. } => self.add(*value, Use::Store(node, position)),
                    InstrKind::Eval(term) => {
                        self.blocks.insert(*term, node);
                    }
                    InstrKind::Bind { value, .. } => {
                        self.bound.insert(*value);
                    }
                    _ => {}
                }
            }
            match &block.end {
                Terminator::Return { value: Some(value), .. } => self.add(*value, Use::Return),
                Terminator::Raise { exc: Some(value), cause, .. } => {
                    self.add(*value, Use::Raise(node));
                    if let Some(cause) = cause {
                        self.add(*cause, Use::Cause(node));
                    }
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, term: TermId, of: Use) {
        let uses = self.by_term.entry(term).or_default();
        if uses.last() != Some(&of) {
            uses.push(of);
        }
    }

    /// The uses of a term.
    pub fn of(&self, term: TermId) -> &[Use] {
        self.by_term.get(&term).map_or(&[], Vec::as_slice)
    }

    /// The term that reads a parameter.
    pub fn param(&self, index: u32) -> Option<TermId> {
        self.params.get(&index).copied()
    }

    /// Whether a term is given a local name: then its place is where that is done.
    pub fn is_bound(&self, term: TermId) -> bool {
        self.bound.contains(&term)
    }

    /// The block in which a call is evaluated.
    pub fn block(&self, call: TermId) -> Option<NodeId> {
        self.blocks.get(&call).copied()
    }
}

/// The terms that a term is made of.
fn children(term: &Term, visit: &mut dyn FnMut(TermId)) {
    match term {
        Term::Const(_)
        | Term::Secret(_)
        | Term::Param(_)
        | Term::Global(_)
        | Term::Free(..)
        | Term::Import(_)
        | Term::Closure(_)
        | Term::Class(_)
        | Term::Unknown(_) => {}
        Term::Caught(types) => types.iter().for_each(|t| visit(*t)),
        Term::Yield(value) => value.iter().for_each(|t| visit(*t)),
        Term::Attr(value, _)
        | Term::Await(value)
        | Term::YieldFrom(value)
        | Term::Iter(value)
        | Term::Unpack(value, _)
        | Term::UnpackRest(value)
        | Term::Enter(value) => visit(*value),
        Term::Item(object, key) => {
            visit(*object);
            visit(*key);
        }
        Term::Slice(parts) => parts.iter().flatten().for_each(|t| visit(*t)),
        Term::Call { func, args } => {
            visit(*func);
            args.iter().for_each(|arg| visit(arg.value));
        }
        Term::Seq { items, .. } => items.iter().for_each(|item| visit(item.value)),
        Term::Dict(entries) => {
            for entry in entries {
                entry.key.iter().for_each(|t| visit(*t));
                visit(entry.value);
            }
        }
        Term::Concat(parts) | Term::Op(_, parts) => parts.iter().for_each(|t| visit(*t)),
        Term::Phi(operands) => operands.iter().for_each(|(_, t)| visit(*t)),
        Term::Comp { key, elt, .. } => {
            key.iter().for_each(|t| visit(*t));
            visit(*elt);
        }
        Term::Update { base, op, .. } => {
            visit(*base);
            match op {
                Mutation::Set { value, .. } => visit(*value),
                Mutation::Delete(_) => {}
                Mutation::Method { args, .. } => args.iter().for_each(|arg| visit(arg.value)),
            }
        }
        Term::Escaped { base, .. } => visit(*base),
    }
}

/// The object that a place is part of, and what part.
pub fn place_parts(place: &Place) -> Option<(TermId, PlacePart)> {
    match place {
        Place::Outer(_) => None,
        Place::Attr(object, name) => Some((*object, PlacePart::Attr(*name))),
        Place::Item(object, key) => Some((*object, PlacePart::Item(*key))),
    }
}

/// A part of an object that is stored into.
#[derive(Debug, Clone, Copy)]
pub enum PlacePart {
    /// `.name`
    Attr(Symbol),
    /// `[key]`
    Item(TermId),
}
