//! What calls do to the names of a module.

use super::effects::missing;
use super::raise::Raises;
use super::run::{Activation, MAX_CALLS, Root, Runner};
use crate::base::{Loc, Symbol};
use crate::facts::{ArgTerm, FnIr, InstrKind, Mutation, Place, Term, TermId, is_mutator};
use crate::link::{Bound, Callee, FnRef, Frame, Kind, Names, Val};
use crate::syntax::ast::ArgKind;
use std::sync::Arc;

impl<'p> Runner<'_, 'p, '_> {
    /// A call for what it does.
    pub(super) fn effect(&mut self, act: &Activation<'p>, term: TermId, loc: Loc) -> Raises {
        if let Term::Global(name) = &act.ir.terms[term] {
            return self.read(act, *name);
        }
        let Term::Call { func, args } = &act.ir.terms[term] else { return Raises::No };
        if let Term::Attr(object, name) = act.ir.terms[*func]
            && is_mutator(self.cx.project.name(name))
            && let Some((root, path)) = self.root(act, object)
        {
            if matches!(self.cx.project.name(name), "pop" | "popitem" | "setdefault") {
                let value = self.eval(term, act);
                self.cx.keep_result(act.frame.func, term, value);
            }
            match root {
                Root::Name(root) => {
                    let op = Mutation::Method { name, args: args.clone(), call: term };
                    self.mutate(act, root, &path, &op, loc);
                }
                Root::Namespace => match self.cx.project.name(name) {
                    "update" => self.update_names(act, args, loc),
                    method => self.change_name(act, method, args, loc),
                },
            }
            return Raises::No;
        }
        self.cx.refuel();
        match self.cx.callee(*func, &act.frame) {
            Callee::Lib(path) => self.library_effect(act, &path, term, args, loc),
            Callee::Fn { func, receiver } => self.function_effect(act, func, receiver, args),
            // An object that holds the names may set them whenever one of its methods runs.
            Callee::Class(_) if self.hands_names(act, args) => {
                self.cx.change_names(act.home, |names| {
                    names.blur();
                    names.leaked = true;
                });
                Raises::Maybe
            }
            // What gives a known value does not raise.
            Callee::Unknown { .. } | Callee::Method { .. }
                if missing(&self.eval(term, act)) == Raises::No =>
            {
                Raises::No
            }
            Callee::Unknown { receiver, .. } if receiver.as_ref().is_none_or(Val::is_unknown) => {
                self.lose_passed(act, args);
                Raises::Maybe
            }
            _ => Raises::Maybe,
        }
    }

    /// `globals().update(…)`
    fn update_names(&mut self, act: &Activation<'p>, args: &[ArgTerm], loc: Loc) {
        self.cx.refuel();
        let actuals = self.cx.actuals(args, &act.frame);
        let mut known = !actuals.star_open && !actuals.kw_open;
        let mut set: Vec<(Symbol, Val)> = actuals.keywords.clone();
        for source in &actuals.positional {
            match self.cx.as_pairs(source) {
                Some((pairs, open)) => {
                    known &= !open;
                    for (key, value) in &pairs {
                        match key.as_str().and_then(|k| self.cx.project.names.get(k)) {
                            Some(name) => set.push((name, value.clone())),
                            None => known &= key.as_str().is_some(),
                        }
                    }
                }
                None => known = false,
            }
        }
        if !known {
            self.cx.change_names(act.home, Names::blur);
        }
        let chain = self.chain(loc);
        for (name, value) in set {
            self.cx.bind(act.home, name, Arc::new(Bound { value, chain: chain.clone() }));
        }
    }

    /// `globals().pop(name)`, `globals().setdefault(name, value)`
    fn change_name(&mut self, act: &Activation<'p>, method: &str, args: &[ArgTerm], loc: Loc) {
        let actuals = self.cx.actuals(args, &act.frame);
        let key = actuals.positional.first().and_then(Val::as_str);
        let name = key.and_then(|key| self.cx.project.names.get(key));
        match (name, method, actuals.positional.get(1)) {
            (Some(name), "pop", _) => self.cx.change_names(act.home, |names| {
                names.bound.shift_remove(&name);
            }),
            (Some(name), "setdefault", Some(value)) => {
                if self.cx.bound(act.home, name).is_none() {
                    self.bind(act, name, value.clone(), loc);
                }
            }
            _ => self.cx.change_names(act.home, Names::blur),
        }
    }

    /// A call outside the project: some run code or set names here.
    fn library_effect(
        &mut self,
        act: &Activation<'p>,
        path: &[Symbol],
        call: TermId,
        args: &[ArgTerm],
        loc: Loc,
    ) -> Raises {
        if let [name] = path {
            match self.cx.project.name(*name) {
                "exec" | "execfile" => self.cx.change_names(act.home, Names::blur),
                "setattr" => self.set_by_name(act, args, loc),
                _ => {}
            }
            return Raises::No;
        }
        if path.len() == 2
            && path.iter().map(|part| self.cx.project.name(*part)).eq(["contextlib", "suppress"])
        {
            return Raises::Suppressed;
        }
        if let Kind::Module(module) = self.eval(call, act).kind {
            self.run_layer(act, module);
            return Raises::No;
        }
        if self.model.includes.iter().any(|include| include[..] == *path) {
            self.include(act, args);
            return Raises::No;
        }
        if self.hands_names(act, args) {
            self.cx.change_names(act.home, Names::blur);
        }
        Raises::Maybe
    }

    /// Whether a call is given `globals()` and the like.
    fn hands_names(&self, act: &Activation<'p>, args: &[ArgTerm]) -> bool {
        args.iter().any(|arg| {
            matches!(&act.ir.terms[arg.value], Term::Call { func, args }
                if args.is_empty() && is_namespace(self, act, *func))
        })
    }

    /// A call of a project function that changes names of this module or what it is passed.
    fn function_effect(
        &mut self,
        act: &Activation<'p>,
        func: FnRef,
        receiver: Option<Val>,
        args: &[ArgTerm],
    ) -> Raises {
        let ir = self.cx.project.ir(func);
        if act.frame.depth >= MAX_CALLS || !has_effects(self, ir, func.unit == act.home) {
            return Raises::Maybe;
        }
        let actuals = self.cx.actuals(args, &act.frame);
        let offset = usize::from(receiver.is_some());
        let passed = ir.params.iter().enumerate().map(|(index, param)| {
            let by_name =
                |arg: &&ArgTerm| matches!(arg.kind, ArgKind::Keyword(n) if n == param.name);
            let by_place = || index.checked_sub(offset).and_then(|index| args.get(index));
            let arg = args
                .iter()
                .find(by_name)
                .or_else(|| by_place().filter(|arg| matches!(arg.kind, ArgKind::Positional)))?;
            let (root, path) = self.root(act, arg.value)?;
            path.is_empty().then_some(root)
        });
        let passed = passed.collect();
        let args = Some(self.cx.bind_fn(func, receiver, &actuals));
        let frame = Frame::called(func, args, None, act.frame.depth + 1);
        let inner = Activation { ir, frame, home: act.home, passed };
        let names = self.body(&inner, self.cx.names_of(act.home));
        self.cx.set_names(act.home, names);
        Raises::No
    }

    /// What an unknown function was passed may have changed.
    fn lose_passed(&mut self, act: &Activation<'p>, args: &[ArgTerm]) {
        for arg in args {
            match self.root(act, arg.value) {
                Some((Root::Namespace, _)) => self.cx.change_names(act.home, Names::blur),
                Some((Root::Name(name), path)) if path.is_empty() => {
                    if let Some(old) = self.cx.bound(act.home, name) {
                        let value = crate::link::opened(old.value.clone());
                        let chain = old.chain.clone();
                        self.cx.bind(act.home, name, Arc::new(Bound { value, chain }));
                    }
                }
                _ => {}
            }
        }
    }

    /// `setattr(module, name, value)`
    fn set_by_name(&mut self, act: &Activation<'p>, args: &[ArgTerm], loc: Loc) {
        let actuals = self.cx.actuals(args, &act.frame);
        let [object, name, value] = actuals.positional.as_slice() else { return };
        let Kind::Module(unit) = object.kind else { return };
        match name.in_force().and_then(Val::as_str) {
            Some(name) => {
                if let Some(name) = self.cx.project.names.get(name) {
                    self.set_attribute(act, unit, name, value.clone(), loc);
                }
            }
            None => self.cx.change_names(unit, Names::blur),
        }
    }

    /// Whether these are the arguments of a call that gives the names of the home module:
    /// `globals()`, `vars(sys.modules[__name__])`.
    pub(super) fn is_own(&self, act: &Activation<'p>, args: &[ArgTerm]) -> bool {
        match args {
            [] => true,
            [module] => {
                matches!(self.eval(module.value, act).kind, Kind::Module(u) if u == act.home)
            }
            _ => false,
        }
    }
}

/// Whether a function term is `globals`, `locals` or `vars`.
pub(super) fn is_namespace(run: &Runner<'_, '_, '_>, act: &Activation<'_>, func: TermId) -> bool {
    matches!(&act.ir.terms[func], Term::Global(name)
        if matches!(run.cx.project.name(*name), "globals" | "locals" | "vars"))
}

/// Whether a function changes names of its module, or containers it is passed.
fn has_effects(run: &Runner<'_, '_, '_>, ir: &FnIr, at_home: bool) -> bool {
    let outer = |mut term: TermId| {
        for _ in 0..8 {
            term = match &ir.terms[term] {
                Term::Item(object, _) => *object,
                Term::Update { base, .. } | Term::Escaped { base, .. } => *base,
                Term::Global(_) => return at_home,
                Term::Param(_) | Term::Call { .. } => return true,
                _ => return false,
            };
        }
        false
    };
    ir.blocks.iter().flat_map(|block| &block.instrs).any(|instr| match &instr.kind {
        InstrKind::Store { place: Place::Outer(_), .. } => at_home,
        InstrKind::Store { place: Place::Item(object, _), .. }
        | InstrKind::Delete(Place::Item(object, _)) => outer(*object),
        InstrKind::Eval(call) => match &ir.terms[*call] {
            Term::Call { func, .. } => match &ir.terms[*func] {
                Term::Attr(object, name) => {
                    is_mutator(run.cx.project.name(*name)) && outer(*object)
                }
                _ => false,
            },
            _ => false,
        },
        _ => false,
    })
}
