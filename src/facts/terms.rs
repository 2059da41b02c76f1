//! The terms of one body: hash-consing of pure terms, the term limit, forwarding of phis that
//! turned out to be no choice.

use std::hash::Hasher;

use rustc_hash::FxHasher;

use super::ir::{
    ArgTerm, Block, Const, Element, Entry, InstrKind, Mutation, Op, Place, SeqKind, Term, TermId,
    Terminator, Why,
};
use crate::base::{FxHashMap, IndexVec, Span};
use crate::syntax::ast::CompKind;

const END: u32 = u32::MAX;

/// Terms under construction.
pub(super) struct Terms {
    items: IndexVec<TermId, Term>,
    spans: IndexVec<TermId, Span>,
    /// Hash of a pure term to the last term with it; `chain` leads to the earlier ones.
    heads: FxHashMap<u64, u32>,
    chain: Vec<u32>,
    /// Whether a term is a container made in this body (or may be one).
    container: Vec<bool>,
    limit: usize,
    over: Option<TermId>,
    forward: FxHashMap<TermId, TermId>,
}

impl Terms {
    /// No terms, and room for `limit`.
    pub fn new(limit: usize) -> Self {
        Self {
            items: IndexVec::new(),
            spans: IndexVec::new(),
            heads: FxHashMap::default(),
            chain: Vec::new(),
            container: Vec::new(),
            limit,
            over: None,
            forward: FxHashMap::default(),
        }
    }

    /// Adds a term; a pure one that is known already keeps its id and place.
    pub fn add(&mut self, term: Term, span: Span) -> TermId {
        let hash = pure_hash(&term);
        if let Some(known) = hash.and_then(|hash| self.find_equal(hash, &term)) {
            return known;
        }
        if self.items.len() >= self.limit {
            return self.overflow(span);
        }
        self.push(term, span, hash)
    }

    /// Adds a term that is not shared with equal ones, so that it has its own place.
    pub fn add_own(&mut self, term: Term, span: Span) -> TermId {
        if self.items.len() >= self.limit {
            return self.overflow(span);
        }
        self.push(term, span, None)
    }

    fn push(&mut self, term: Term, span: Span, hash: Option<u64>) -> TermId {
        let container = self.makes_container(&term);
        let id = self.items.push(term);
        self.spans.push(span);
        self.container.push(container);
        let before = hash.and_then(|hash| self.heads.insert(hash, id.0));
        self.chain.push(before.unwrap_or(END));
        id
    }

    fn find_equal(&self, hash: u64, term: &Term) -> Option<TermId> {
        let mut at = *self.heads.get(&hash)?;
        loop {
            let id = TermId(at);
            if self.items[id] == *term {
                return Some(id);
            }
            at = self.chain[at as usize];
            if at == END {
                return None;
            }
        }
    }

    fn overflow(&mut self, span: Span) -> TermId {
        if let Some(over) = self.over {
            return over;
        }
        let id = self.push(Term::Unknown(Why::Limit), span, None);
        self.over = Some(id);
        id
    }

    /// Whether the limit was met.
    pub fn is_over(&self) -> bool {
        self.over.is_some()
    }

    /// The term behind an id.
    pub fn get(&self, id: TermId) -> &Term {
        &self.items[id]
    }

    /// Where a term was first written.
    pub fn span(&self, id: TermId) -> Span {
        self.spans[id]
    }

    /// Follows forwarded phis.
    pub fn find(&self, mut id: TermId) -> TermId {
        while let Some(&next) = self.forward.get(&id) {
            id = next;
        }
        id
    }

    /// Gives a loop's phi its operands, or forwards it when they are only one.
    pub fn complete_phi(&mut self, phi: TermId, operands: Vec<TermId>) {
        match operands.as_slice() {
            [only] => {
                self.forward.insert(phi, *only);
            }
            _ => {
                let known = operands.iter().any(|&operand| self.container[usize::from(operand)]);
                self.container[usize::from(phi)] = known;
                self.items[phi] = Term::Phi(operands.into_iter().map(|id| (None, id)).collect());
            }
        }
    }

    /// Marks a call as one that makes a container.
    pub fn mark_container(&mut self, id: TermId) {
        self.container[usize::from(id)] = true;
    }

    /// Whether the value is a container made in this body, or may be.
    pub fn is_container(&self, id: TermId) -> bool {
        self.container[usize::from(self.find(id))]
    }

    fn makes_container(&self, term: &Term) -> bool {
        match term {
            Term::Seq { kind, .. } => *kind != SeqKind::Tuple,
            Term::Dict(_) => true,
            Term::Comp { kind, .. } => *kind != CompKind::Generator,
            Term::Update { base, .. } | Term::Escaped { base, .. } => self.is_container(*base),
            Term::Phi(operands) => operands.iter().any(|&(_, id)| self.is_container(id)),
            // `names += [...]`: the left operand is the object that stays.
            Term::Op(Op::Binary(_), operands) => {
                operands.first().is_some_and(|&id| self.is_container(id))
            }
            _ => false,
        }
    }

    /// The finished terms and their places, and where ids of forwarded phis lead.
    ///
    /// With forwarded phis, terms that used them may have become equal, or a choice of one:
    /// they are forwarded as well, in one pass in id order.
    pub fn finish(mut self) -> (IndexVec<TermId, Term>, IndexVec<TermId, Span>, Forward) {
        if self.forward.is_empty() {
            return (self.items, self.spans, Forward(self.forward));
        }
        self.heads.clear();
        for id in self.items.ids().collect::<Vec<_>>() {
            if self.forward.contains_key(&id) {
                continue;
            }
            let mut term = std::mem::replace(&mut self.items[id], Term::Unknown(Why::Construct));
            each_child(&mut term, &mut |child| *child = self.find(*child));
            let hash = pure_hash(&term);
            let same = hash.and_then(|hash| self.find_equal(hash, &term)).or(single_choice(&term));
            if let Some(same) = same.filter(|&same| same < id) {
                self.forward.insert(id, same);
            } else if let Some(hash) = hash {
                let before = self.heads.insert(hash, id.0);
                self.chain[usize::from(id)] = before.unwrap_or(END);
            }
            self.items[id] = term;
        }
        // Loop phis point forward: their operands may have been forwarded after them.
        for id in self.items.ids().collect::<Vec<_>>() {
            let mut term = std::mem::replace(&mut self.items[id], Term::Unknown(Why::Construct));
            each_child(&mut term, &mut |child| *child = self.find(*child));
            self.items[id] = term;
        }
        (self.items, self.spans, Forward(self.forward))
    }
}

/// Where ids of forwarded phis lead.
pub(super) struct Forward(FxHashMap<TermId, TermId>);

impl Forward {
    /// Whether every id stays.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Replaces all ids of a block.
    pub fn apply_block(&self, block: &mut Block) {
        for instr in &mut block.instrs {
            match &mut instr.kind {
                InstrKind::Eval(term) => self.apply(term),
                InstrKind::Bind { value, .. } => self.apply(value),
                InstrKind::Store { place, value } => {
                    self.apply_place(place);
                    self.apply(value);
                }
                InstrKind::Delete(place) => self.apply_place(place),
                InstrKind::Import(_) => {}
            }
        }
        block.catches.iter_mut().for_each(|types| self.apply(types));
        match &mut block.end {
            Terminator::Goto(_) => {}
            Terminator::Branch { test, .. } => self.apply(test),
            Terminator::Loop { iter, .. } => self.apply(iter),
            Terminator::Return { value, .. } => value.iter_mut().for_each(|v| self.apply(v)),
            Terminator::Raise { exc, cause, .. } => {
                exc.iter_mut().chain(cause).for_each(|value| self.apply(value));
            }
        }
    }

    fn apply_place(&self, place: &mut Place) {
        match place {
            Place::Outer(_) => {}
            Place::Attr(object, _) => self.apply(object),
            Place::Item(object, key) => {
                self.apply(object);
                self.apply(key);
            }
        }
    }

    /// Replaces an id by the one it is forwarded to.
    pub fn apply(&self, id: &mut TermId) {
        while let Some(&next) = self.0.get(id) {
            *id = next;
        }
    }
}

/// The value of a phi whose operands became equal.
fn single_choice(term: &Term) -> Option<TermId> {
    match term {
        Term::Phi(operands) => {
            let (_, first) = *operands.first()?;
            operands.iter().all(|&(_, id)| id == first).then_some(first)
        }
        _ => None,
    }
}

/// The hash of a term that is shared by all its occurrences; none for a term that makes
/// something new when it is evaluated.
fn pure_hash(term: &Term) -> Option<u64> {
    let mut hasher = FxHasher::default();
    let mut word = |tag: u64, a: u64, b: u64| {
        hasher.write_u64(tag);
        hasher.write_u64(a);
        hasher.write_u64(b);
    };
    let id = |id: TermId| u64::from(id.0);
    match term {
        Term::Const(value) => hash_const(value, &mut hasher),
        Term::Secret(secret) => word(1, secret.digest, u64::from(secret.bytes)),
        Term::Param(index) => word(2, u64::from(*index), 0),
        Term::Global(name) => word(3, u64::from(name.0), 0),
        Term::Free(scope, name) => word(4, u64::from(scope.0), u64::from(name.0)),
        Term::Import(import) => word(5, u64::from(import.0), 0),
        Term::Attr(object, name) => word(6, id(*object), u64::from(name.0)),
        Term::Item(object, key) => word(7, id(*object), id(*key)),
        Term::Slice(parts) => {
            parts.iter().for_each(|part| word(8, part.map_or(u64::MAX, id), 0));
        }
        Term::Concat(parts) => parts.iter().for_each(|&part| word(9, id(part), 0)),
        Term::Op(_, operands) => operands.iter().for_each(|&operand| word(10, id(operand), 0)),
        Term::Closure(scope) => word(11, u64::from(scope.0), 0),
        Term::Class(class) => word(12, u64::from(class.0), 0),
        Term::Unpack(value, index) => word(13, id(*value), u64::from(index.cast_unsigned())),
        Term::UnpackRest(value) => word(14, id(*value), 0),
        Term::Unknown(why) => word(15, *why as u64, 0),
        _ => return None,
    }
    Some(hasher.finish())
}

fn hash_const(value: &Const, hasher: &mut FxHasher) {
    match value {
        Const::None => hasher.write_u8(0),
        Const::Bool(value) => hasher.write_u8(1 + u8::from(*value)),
        Const::Ellipsis => hasher.write_u8(3),
        Const::Int(value) => hasher.write_i64(*value),
        Const::BigInt(text) => hasher.write(text.as_bytes()),
        // By bits, so that 0.0 and -0.0 stay apart.
        Const::Float(value) => hasher.write_u64(value.to_bits()),
        Const::Str(text) => {
            hasher.write_u8(4);
            hasher.write(text.as_bytes());
        }
        Const::Bytes(bytes) => {
            hasher.write_u8(5);
            hasher.write(bytes);
        }
    }
}

/// The terms a term is made of.
pub fn children(term: &Term) -> Vec<TermId> {
    let mut found = Vec::new();
    each_child(&mut term.clone(), &mut |child| found.push(*child));
    found
}

/// Visits every term a term is made of.
pub(super) fn each_child(term: &mut Term, visit: &mut impl FnMut(&mut TermId)) {
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
        Term::Attr(value, _)
        | Term::Await(value)
        | Term::YieldFrom(value)
        | Term::Iter(value)
        | Term::Unpack(value, _)
        | Term::UnpackRest(value)
        | Term::Enter(value) => visit(value),
        Term::Item(object, key) => {
            visit(object);
            visit(key);
        }
        Term::Slice(parts) => parts.iter_mut().flatten().for_each(visit),
        Term::Call { func, args } => {
            visit(func);
            args.iter_mut().for_each(|ArgTerm { value, .. }| visit(value));
        }
        Term::Seq { items, .. } => {
            items.iter_mut().for_each(|Element { value, .. }| visit(value));
        }
        Term::Dict(entries) => {
            for Entry { key, value, .. } in entries {
                key.iter_mut().for_each(&mut *visit);
                visit(value);
            }
        }
        Term::Concat(parts) | Term::Op(_, parts) => parts.iter_mut().for_each(visit),
        Term::Phi(operands) => {
            for (guard, value) in operands {
                guard.iter_mut().for_each(|guard| visit(&mut guard.test));
                visit(value);
            }
        }
        Term::Caught(value) | Term::Yield(value) => value.iter_mut().for_each(visit),
        Term::Comp { key, elt, iters, tests, .. } => {
            key.iter_mut().for_each(&mut *visit);
            visit(elt);
            iters.iter_mut().chain(tests).for_each(visit);
        }
        Term::Update { base, path, op } => {
            visit(base);
            path.iter_mut().for_each(&mut *visit);
            each_of_mutation(op, visit);
        }
        Term::Escaped { base, call } => {
            visit(base);
            visit(call);
        }
    }
}

fn each_of_mutation(op: &mut Mutation, visit: &mut impl FnMut(&mut TermId)) {
    match op {
        Mutation::Set { key, value, .. } => {
            visit(key);
            visit(value);
        }
        Mutation::Delete(key) => visit(key),
        Mutation::Method { args, call, .. } => {
            args.iter_mut().for_each(|ArgTerm { value, .. }| visit(value));
            visit(call);
        }
    }
}
