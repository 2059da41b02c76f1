//! Which texts must not be printed.

use crate::base::{FxHashSet, Symbol};
use crate::facts::ir::{
    Const, FileFacts, FnIr, Instr, InstrKind, Mutation, Op, Place, Term, TermId,
};
use crate::syntax::ast::ArgKind;

/// How deep inside a secret value its texts are looked for.
const DEPTH: u32 = 8;

/// Texts that stand for secrets somewhere in the file.
#[derive(Default)]
pub(super) struct Masked<'a>(FxHashSet<&'a [u8]>);

impl<'a> Masked<'a> {
    /// The texts of values whose names, keys or keywords are secret.
    pub fn of(facts: &'a FileFacts, is_secret_name: &dyn Fn(&str) -> bool) -> Self {
        let mut masked = Masked::default();
        for function in &facts.fns {
            let mut scan = Scan { facts, function, is_secret_name, masked: &mut masked };
            function.terms.iter().for_each(|term| scan.term(term));
            let instrs = function.blocks.iter().flat_map(|block| &block.instrs);
            instrs.for_each(|instr| scan.instr(instr));
            if let Some(parent) = function.parent {
                scan.function = &facts.fns[parent];
                for param in &function.params {
                    let secret = scan.is_secret(param.name);
                    param.default.iter().for_each(|&default| scan.hide(secret, default));
                }
            }
        }
        masked
    }

    /// Whether a text must not be printed.
    pub fn contains(&self, text: &[u8]) -> bool {
        self.0.contains(text)
    }

    /// Masks the texts a value may have.
    fn add(&mut self, function: &'a FnIr, id: TermId, depth: u32) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let mut all = |ids: &mut dyn Iterator<Item = TermId>| {
            ids.for_each(|id| self.add(function, id, depth));
        };
        match &function.terms[id] {
            Term::Const(Const::Str(text)) if !text.is_empty() => {
                self.0.insert(text.as_bytes());
            }
            Term::Const(Const::Bytes(bytes)) if !bytes.is_empty() => {
                self.0.insert(bytes);
            }
            Term::Phi(operands) => all(&mut operands.iter().map(|&(_, id)| id)),
            Term::Op(_, operands) | Term::Concat(operands) => all(&mut operands.iter().copied()),
            Term::Seq { items, .. } => all(&mut items.iter().map(|item| item.value)),
            // `environ.get("NAME", default)`: the first argument names, the others are values.
            Term::Call { args, .. } => all(&mut args.iter().skip(1).map(|arg| arg.value)),
            _ => {}
        }
    }
}

/// The search for secret values in one body.
struct Scan<'s, 'a> {
    facts: &'a FileFacts,
    function: &'a FnIr,
    is_secret_name: &'s dyn Fn(&str) -> bool,
    masked: &'s mut Masked<'a>,
}

impl Scan<'_, '_> {
    fn hide(&mut self, secret: bool, value: TermId) {
        if secret {
            self.masked.add(self.function, value, DEPTH);
        }
    }

    fn is_secret(&self, name: Symbol) -> bool {
        (self.is_secret_name)(self.facts.names.resolve(name))
    }

    fn is_secret_key(&self, key: TermId) -> bool {
        match &self.function.terms[key] {
            Term::Const(Const::Str(text)) => (self.is_secret_name)(text),
            _ => false,
        }
    }

    /// `password`, `self.password`, `data["password"]`
    fn is_secret_place(&self, id: TermId) -> bool {
        match &self.function.terms[id] {
            Term::Global(name) | Term::Free(_, name) | Term::Attr(_, name) => self.is_secret(*name),
            Term::Item(_, key) => self.is_secret_key(*key),
            Term::Param(index) => {
                let param = self.function.params.get(*index as usize);
                param.is_some_and(|param| self.is_secret(param.name))
            }
            _ => false,
        }
    }

    fn term(&mut self, term: &Term) {
        match term {
            Term::Dict(entries) => {
                for entry in entries {
                    let secret = entry.key.is_some_and(|key| self.is_secret_key(key));
                    self.hide(secret, entry.value);
                }
            }
            Term::Call { args, .. } => {
                for arg in args {
                    if let ArgKind::Keyword(name) = arg.kind {
                        self.hide(self.is_secret(name), arg.value);
                    }
                }
            }
            Term::Update { op: Mutation::Set { key, value, .. }, .. } => {
                self.hide(self.is_secret_key(*key), *value);
            }
            Term::Op(Op::Compare(_), operands) => {
                if let [left, right] = **operands {
                    self.hide(self.is_secret_place(left), right);
                    self.hide(self.is_secret_place(right), left);
                }
            }
            _ => {}
        }
    }

    fn instr(&mut self, instr: &Instr) {
        match &instr.kind {
            InstrKind::Bind { name, value, .. } => self.hide(self.is_secret(*name), *value),
            InstrKind::Store { place, value } => {
                let secret = match place {
                    Place::Outer(name) | Place::Attr(_, name) => self.is_secret(*name),
                    Place::Item(_, key) => self.is_secret_key(*key),
                };
                self.hide(secret, *value);
            }
            _ => {}
        }
    }
}
