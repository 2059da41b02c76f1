//! Which name belongs to which scope, and what else the lowering must know in advance.

use std::ops::Range;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use super::ir::{ClassId, FnId, Import, ImportId};
use crate::base::{FxHashMap, IndexVec, Symbol};
use crate::syntax::ast::{ExprId, StmtId};

/// Names in the order they were first bound.
pub(super) type NameSet = IndexSet<Symbol, FxBuildHasher>;

/// Where a body's code stands in the tree.
#[derive(Clone, Copy)]
pub(super) enum FnNode {
    Module,
    Def(StmtId),
    Lambda(ExprId),
}

/// Something that changes what a name stands for.
#[derive(Clone, Copy)]
pub(super) struct Event {
    pub name: Symbol,
    /// The class whose body it happens in.
    pub class: Option<ClassId>,
    /// Whether the name is only passed to a call, which changes it if it is a container.
    pub passed: bool,
}

/// The names of a function, lambda or module.
pub(super) struct FnScope {
    pub node: FnNode,
    pub parent: Option<FnId>,
    /// The class a `def` stands in directly.
    pub class: Option<ClassId>,
    /// Names bound in this body; parameters first. The index is the slot.
    pub locals: NameSet,
    pub globals: NameSet,
    pub nonlocals: NameSet,
    /// Names of comprehensions around a lambda: neither local nor global.
    pub hidden: Vec<Symbol>,
    /// Changes of names inside loops, in source order.
    pub events: Vec<Event>,
    /// The events of each loop.
    pub loops: FxHashMap<StmtId, Range<usize>>,
    /// Whether functions or lambdas are defined in it.
    pub has_inner: bool,
    pub is_generator: bool,
}

/// The names of a class body.
pub(super) struct ClassScope {
    pub locals: NameSet,
    /// Names declared `global` or `nonlocal` in it.
    pub declared: NameSet,
    pub stmt: StmtId,
    /// The body it stands in.
    pub scope: FnId,
    pub outer: Option<ClassId>,
}

/// All scopes of a file.
pub(super) struct Scopes {
    pub fns: IndexVec<FnId, FnScope>,
    pub classes: IndexVec<ClassId, ClassScope>,
    pub imports: IndexVec<ImportId, Import>,
    pub defs: FxHashMap<StmtId, FnId>,
    pub lambdas: FxHashMap<ExprId, FnId>,
    pub class_of: FxHashMap<StmtId, ClassId>,
    /// The first import of each import statement; its others follow.
    pub import_of: FxHashMap<StmtId, ImportId>,
    /// Whether evaluating an expression calls, awaits, yields or binds something.
    pub effects: Vec<bool>,
    /// Symbols of the container methods that change their object.
    pub mutators: Vec<Symbol>,
}

impl Scopes {
    /// The scope in which a name read in `from` and not local there is found: an enclosing
    /// function, or none for the module and builtins.
    pub fn enclosing(&self, from: FnId, name: Symbol) -> Enclosing {
        let mut scope = &self.fns[from];
        loop {
            if scope.hidden.contains(&name) {
                return Enclosing::Comprehension;
            }
            let Some(parent) = scope.parent.filter(|parent| parent.0 != 0) else {
                return Enclosing::Module;
            };
            scope = &self.fns[parent];
            if scope.locals.contains(&name) {
                return Enclosing::Function(parent);
            }
            if scope.globals.contains(&name) {
                return Enclosing::Module;
            }
        }
    }
}

/// Where a name that is not local comes from.
pub(super) enum Enclosing {
    Function(FnId),
    Comprehension,
    Module,
}
