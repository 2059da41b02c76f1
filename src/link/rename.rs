//! From a file's own symbols to the project's.

use crate::base::{Interner, Symbol};
use crate::facts::*;
use crate::syntax::ast::ArgKind;

/// Rewrites every symbol of `facts` into a symbol of `names`; afterwards `facts.names` is unused.
pub fn rename(facts: &mut FileFacts, names: &mut Interner) {
    let map: Vec<Symbol> = facts.names.names().iter().map(|n| names.intern(n)).collect();
    let renamer = Renamer { map };
    for import in facts.imports.iter_mut() {
        import.module.iter_mut().for_each(|s| renamer.symbol(s));
        if let ImportedName::One(name) = &mut import.name {
            renamer.symbol(name);
        }
    }
    for class in facts.classes.iter_mut() {
        renamer.class(class);
    }
    for func in facts.fns.iter_mut() {
        renamer.function(func);
        keys(func, names);
    }
    if let Some(script) = &mut facts.script {
        renamer.function(script);
        keys(script, names);
        for term in script.terms.iter() {
            if let Term::Const(Const::Str(text)) = term
                && is_constant_name(text)
            {
                names.intern(text);
            }
        }
    }
    facts.dunder_all.iter_mut().flatten().for_each(|s| renamer.symbol(s));
    facts.names = Interner::default();
}

/// Gives keys of dicts a symbol: `**{"key": …}` passes them as names of arguments.
fn keys(func: &FnIr, names: &mut Interner) {
    let mut intern = |term: TermId| {
        if let Term::Const(Const::Str(text)) = &func.terms[term] {
            names.intern(text);
        }
    };
    for term in func.terms.iter() {
        match term {
            Term::Dict(entries) => entries.iter().filter_map(|e| e.key).for_each(&mut intern),
            Term::Update { op: Mutation::Set { key, .. }, .. } => intern(*key),
            _ => {}
        }
    }
}

struct Renamer {
    map: Vec<Symbol>,
}

impl Renamer {
    fn symbol(&self, symbol: &mut Symbol) {
        *symbol = self.map[usize::from(*symbol)];
    }

    fn args(&self, args: &mut [ArgTerm]) {
        for arg in args {
            if let ArgKind::Keyword(name) = &mut arg.kind {
                self.symbol(name);
            }
        }
    }

    fn class(&self, class: &mut ClassFact) {
        self.symbol(&mut class.name);
        self.args(&mut class.bases);
        class.attrs.iter_mut().for_each(|(s, ..)| self.symbol(s));
        class.annotated.iter_mut().for_each(|(s, ..)| self.symbol(s));
        class.methods.iter_mut().for_each(|(s, _)| self.symbol(s));
    }

    fn function(&self, func: &mut FnIr) {
        self.symbol(&mut func.name);
        func.params.iter_mut().for_each(|p| self.symbol(&mut p.name));
        func.exit.iter_mut().for_each(|(s, _)| self.symbol(s));
        func.globals.iter_mut().for_each(|s| self.symbol(s));
        for term in func.terms.iter_mut() {
            match term {
                Term::Global(s) | Term::Free(_, s) | Term::Attr(_, s) => self.symbol(s),
                Term::Call { args, .. } => self.args(args),
                Term::Update { op: Mutation::Method { name, args, .. }, .. } => {
                    self.symbol(name);
                    self.args(args);
                }
                _ => {}
            }
        }
        for instr in func.blocks.iter_mut().flat_map(|b| &mut b.instrs) {
            match &mut instr.kind {
                InstrKind::Bind { name, .. } => self.symbol(name),
                InstrKind::Store { place, .. } | InstrKind::Delete(place) => match place {
                    Place::Outer(s) | Place::Attr(_, s) => self.symbol(s),
                    Place::Item(..) => {}
                },
                InstrKind::Eval(_) | InstrKind::Import(_) => {}
            }
        }
    }
}
