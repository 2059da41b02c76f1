//! One walk over the tree before anything is lowered.
//!
//! It finds out which names belong to which scope, numbers functions, classes and imports in
//! source order, and notes the names a loop changes and which expressions call.

use super::ir::{ClassId, FnId, Import, ImportedName};
use super::scope::{ClassScope, Event, FnNode, FnScope, NameSet, Scopes};
use crate::base::{FxHashMap, IndexVec, Interner, Symbol};
use crate::syntax::ast::{
    Arg, ArgKind, Ast, ClassDef, CompClause, ExprId, ExprKind, FPart, FunctionDef, ImportFrom,
    ImportName, ImportedNames, Params, StmtId, StmtKind,
};

/// The methods of Python's own containers that change them.
const MUTATORS: [&str; 13] = [
    "update",
    "append",
    "extend",
    "insert",
    "remove",
    "add",
    "discard",
    "setdefault",
    "pop",
    "popitem",
    "clear",
    "sort",
    "reverse",
];

/// Whether `name` is a method of Python's own containers that changes them.
pub fn is_mutator(name: &str) -> bool {
    MUTATORS.contains(&name)
}

/// Walks the whole file.
pub(super) fn scopes(ast: &Ast, names: &Interner) -> Scopes {
    let scopes = Scopes {
        fns: IndexVec::new(),
        classes: IndexVec::new(),
        imports: IndexVec::new(),
        defs: FxHashMap::default(),
        lambdas: FxHashMap::default(),
        class_of: FxHashMap::default(),
        import_of: FxHashMap::default(),
        effects: vec![false; ast.exprs.len()],
        mutators: MUTATORS.iter().filter_map(|name| names.get(name)).collect(),
    };
    let mut walker = Walker {
        ast,
        scopes,
        cur: FnId(0),
        class: None,
        comp_names: Vec::new(),
        conditional: 0,
        loops: 0,
        has_star: false,
        mutated: Vec::new(),
    };
    walker.new_fn(FnNode::Module, None, None);
    walker.body(&ast.body);
    walker.finish()
}

struct Walker<'a> {
    ast: &'a Ast,
    scopes: Scopes,
    cur: FnId,
    class: Option<ClassId>,
    comp_names: Vec<Symbol>,
    /// Depth of `if`, `try`, `while`, `for`, `match` in this body.
    conditional: u32,
    loops: u32,
    has_star: bool,
    /// Names of the module body that are mutated there, bound or not.
    mutated: Vec<Symbol>,
}

/// What a walker knows about the body it is in; saved while it visits an inner one.
struct Saved {
    cur: FnId,
    class: Option<ClassId>,
    comp_names: Vec<Symbol>,
    conditional: u32,
    loops: u32,
}

impl<'a> Walker<'a> {
    /// Settles what a single pass cannot: declarations win over bindings, and a mutated name
    /// of a module with a star import belongs to the module.
    fn finish(mut self) -> Scopes {
        if self.has_star {
            let module = &mut self.scopes.fns[FnId(0)];
            module.locals.extend(self.mutated);
        }
        for scope in self.scopes.fns.iter_mut() {
            let FnScope { node, locals, globals, nonlocals, .. } = scope;
            if matches!(node, FnNode::Module) {
                globals.clear();
                nonlocals.clear();
            } else if !(globals.is_empty() && nonlocals.is_empty()) {
                locals.retain(|name| !globals.contains(name) && !nonlocals.contains(name));
            }
        }
        for scope in self.scopes.classes.iter_mut() {
            let ClassScope { locals, declared, .. } = scope;
            locals.retain(|name| !declared.contains(name));
        }
        self.scopes
    }

    fn scope(&mut self) -> &mut FnScope {
        &mut self.scopes.fns[self.cur]
    }

    fn new_fn(&mut self, node: FnNode, parent: Option<FnId>, class: Option<ClassId>) -> FnId {
        self.scopes.fns.push(FnScope {
            node,
            parent,
            class,
            locals: NameSet::default(),
            globals: NameSet::default(),
            nonlocals: NameSet::default(),
            hidden: Vec::new(),
            events: Vec::new(),
            loops: FxHashMap::default(),
            has_inner: false,
            is_generator: false,
        })
    }

    fn enter(&mut self, id: FnId) -> Saved {
        self.scope().has_inner = true;
        let hidden = self.comp_names.clone();
        let saved = Saved {
            cur: self.cur,
            class: self.class.take(),
            comp_names: std::mem::take(&mut self.comp_names),
            conditional: std::mem::take(&mut self.conditional),
            loops: std::mem::take(&mut self.loops),
        };
        self.cur = id;
        self.scope().hidden = hidden;
        saved
    }

    fn leave(&mut self, saved: Saved) {
        self.cur = saved.cur;
        self.class = saved.class;
        self.comp_names = saved.comp_names;
        self.conditional = saved.conditional;
        self.loops = saved.loops;
    }

    fn bind(&mut self, name: Symbol) {
        match self.class {
            Some(class) => self.scopes.classes[class].locals.insert(name),
            None => self.scope().locals.insert(name),
        };
        self.event(name, false);
    }

    fn event(&mut self, name: Symbol, passed: bool) {
        if self.loops > 0 && !self.comp_names.contains(&name) {
            let class = self.class;
            self.scope().events.push(Event { name, class, passed });
        }
    }

    /// The name at the root of `name[key][key]`, if that is what `expr` is.
    fn mutate(&mut self, mut expr: ExprId) {
        loop {
            match &self.ast.exprs[expr].kind {
                ExprKind::Subscript { value, .. } => expr = *value,
                ExprKind::Name(name) => {
                    if self.cur == FnId(0) && self.class.is_none() && self.comp_names.is_empty() {
                        self.mutated.push(*name);
                    }
                    return self.event(*name, false);
                }
                _ => return,
            }
        }
    }

    fn body(&mut self, stmts: &'a [StmtId]) {
        for &stmt in stmts {
            self.stmt(stmt);
        }
    }

    fn conditional(&mut self, stmts: &'a [StmtId]) {
        self.conditional += 1;
        self.body(stmts);
        self.conditional -= 1;
    }

    fn stmt(&mut self, id: StmtId) {
        let ast = self.ast;
        match &ast.stmts[id].kind {
            StmtKind::Expr(expr) => {
                self.expr(*expr);
            }
            StmtKind::Assign { targets, value } => {
                self.expr(*value);
                targets.iter().for_each(|&target| self.target(target));
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.expr(*value);
                self.target(*target);
            }
            StmtKind::AnnAssign { target, annotation, value } => {
                self.expr(*annotation);
                self.maybe(*value);
                self.target(*target);
            }
            StmtKind::Return(value) => self.maybe(*value),
            StmtKind::Raise { exc, cause } => {
                self.maybe(*exc);
                self.maybe(*cause);
            }
            StmtKind::Assert { test, message } => {
                self.expr(*test);
                self.maybe(*message);
            }
            StmtKind::Delete(targets) => targets.iter().for_each(|&target| self.target(target)),
            StmtKind::Pass | StmtKind::Break | StmtKind::Continue => {}
            StmtKind::Global(names) => self.declare(names, true),
            StmtKind::Nonlocal(names) => self.declare(names, false),
            StmtKind::Import(names) => self.import(id, names),
            StmtKind::ImportFrom(import) => self.import_from(id, import),
            StmtKind::If { branches, orelse } => {
                for (test, body) in branches {
                    self.expr(*test);
                    self.conditional(body);
                }
                self.conditional(orelse);
            }
            StmtKind::While { test, body, orelse } => {
                let start = self.begin_loop();
                self.expr(*test);
                self.conditional(body);
                self.end_loop(id, start);
                self.conditional(orelse);
            }
            StmtKind::For { target, iter, body, orelse, .. } => {
                self.expr(*iter);
                let start = self.begin_loop();
                self.target(*target);
                self.conditional(body);
                self.end_loop(id, start);
                self.conditional(orelse);
            }
            StmtKind::Function(def) => self.function(id, def),
            StmtKind::Class(def) => self.class(id, def),
            _ => self.block_stmt(id),
        }
    }

    /// The statements with blocks that neither loop nor define.
    fn block_stmt(&mut self, id: StmtId) {
        let ast = self.ast;
        match &ast.stmts[id].kind {
            StmtKind::Try { body, handlers, orelse, finalbody } => {
                self.conditional(body);
                for handler in handlers {
                    self.maybe(handler.types);
                    if let Some(name) = handler.name {
                        self.bind(name.name);
                    }
                    self.conditional(&handler.body);
                }
                self.conditional(orelse);
                self.conditional(finalbody);
            }
            StmtKind::With { items, body, .. } => {
                for item in items {
                    self.expr(item.context);
                    if let Some(target) = item.target {
                        self.target(target);
                    }
                }
                self.body(body);
            }
            StmtKind::Match { subject, cases } => {
                self.expr(*subject);
                for case in cases {
                    case.values.iter().for_each(|&value| {
                        self.expr(value);
                    });
                    case.captures.iter().for_each(|name| self.bind(name.name));
                    self.maybe(case.guard);
                    self.conditional(&case.body);
                }
            }
            StmtKind::TypeAlias { name, value } => {
                self.expr(*value);
                self.bind(name.name);
            }
            StmtKind::Error(inner) => self.conditional(inner),
            _ => {}
        }
    }

    fn begin_loop(&mut self) -> usize {
        self.loops += 1;
        self.scope().events.len()
    }

    fn end_loop(&mut self, id: StmtId, start: usize) {
        self.loops -= 1;
        let scope = self.scope();
        scope.loops.insert(id, start..scope.events.len());
    }

    fn declare(&mut self, names: &[Symbol], global: bool) {
        let set = match self.class {
            Some(class) => &mut self.scopes.classes[class].declared,
            None if global => &mut self.scopes.fns[self.cur].globals,
            None => &mut self.scopes.fns[self.cur].nonlocals,
        };
        set.extend(names.iter().copied());
    }

    fn import(&mut self, id: StmtId, names: &'a [ImportName]) {
        self.scopes.import_of.insert(id, self.scopes.imports.next_id());
        for clause in names {
            let Some(&first) = clause.path.first() else { continue };
            let mut add = |module: Vec<Symbol>| {
                let (scope, guarded) = (self.cur, self.conditional > 0);
                let name = ImportedName::Module;
                let import = Import { level: 0, module, name, guarded, scope, span: clause.span };
                self.scopes.imports.push(import);
            };
            if clause.alias.is_none() && clause.path.len() > 1 {
                add(vec![first]);
            }
            add(clause.path.clone());
            self.bind(clause.alias.unwrap_or(first));
        }
    }

    fn import_from(&mut self, id: StmtId, from: &'a ImportFrom) {
        self.scopes.import_of.insert(id, self.scopes.imports.next_id());
        let (scope, guarded, level) = (self.cur, self.conditional > 0, from.level);
        let mut add = |name, span| {
            let module = from.module.clone();
            self.scopes.imports.push(Import { level, module, name, guarded, scope, span });
        };
        match &from.names {
            ImportedNames::Star => {
                add(ImportedName::Star, self.ast.stmts[id].span);
                self.has_star |= self.cur == FnId(0);
            }
            ImportedNames::Names(names) => {
                names.iter().for_each(|&(name, _, span)| add(ImportedName::One(name), span));
                names.iter().for_each(|&(name, alias, _)| self.bind(alias.unwrap_or(name)));
            }
        }
    }

    fn function(&mut self, id: StmtId, def: &'a FunctionDef) {
        let fn_id = self.new_fn(FnNode::Def(id), Some(self.cur), self.class);
        self.scopes.defs.insert(id, fn_id);
        def.decorators.iter().for_each(|&decorator| {
            self.expr(decorator);
        });
        self.params(&def.params);
        self.maybe(def.returns);
        self.bind(def.name.name);
        let saved = self.enter(fn_id);
        self.scope().locals.extend(def.params.items.iter().map(|param| param.name.name));
        self.body(&def.body);
        self.leave(saved);
    }

    /// Defaults and annotations, which are evaluated where the function is defined.
    fn params(&mut self, params: &'a Params) -> bool {
        let mut effect = false;
        for param in &params.items {
            for expr in [param.default, param.annotation].into_iter().flatten() {
                effect |= self.expr(expr);
            }
        }
        effect
    }

    fn class(&mut self, id: StmtId, def: &'a ClassDef) {
        let class = self.scopes.classes.push(ClassScope {
            locals: NameSet::default(),
            declared: NameSet::default(),
            stmt: id,
            scope: self.cur,
            outer: self.class,
        });
        self.scopes.class_of.insert(id, class);
        def.decorators.iter().for_each(|&decorator| {
            self.expr(decorator);
        });
        self.args(&def.bases);
        let outer = self.class.replace(class);
        self.body(&def.body);
        self.class = outer;
        self.bind(def.name.name);
    }

    fn target(&mut self, id: ExprId) {
        match &self.ast.exprs[id].kind {
            ExprKind::Name(name) => self.bind(*name),
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                items.iter().for_each(|&item| self.target(item));
            }
            ExprKind::Starred(inner) => self.target(*inner),
            ExprKind::Subscript { .. } => {
                self.expr(id);
                self.mutate(id);
            }
            _ => {
                self.expr(id);
            }
        }
    }

    fn maybe(&mut self, expr: Option<ExprId>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    fn all(&mut self, exprs: impl IntoIterator<Item = ExprId>) -> bool {
        exprs.into_iter().fold(false, |effect, expr| self.expr(expr) | effect)
    }

    fn args(&mut self, args: &'a [Arg]) -> bool {
        self.all(args.iter().map(|arg| arg.value))
    }

    /// Visits an expression; whether evaluating it has an effect.
    fn expr(&mut self, id: ExprId) -> bool {
        let ast = self.ast;
        let effect =
            match &ast.exprs[id].kind {
                ExprKind::Attr { value, .. }
                | ExprKind::Starred(value)
                | ExprKind::Unary { operand: value, .. } => self.expr(*value),
                ExprKind::Subscript { value, index } => self.all([*value, *index]),
                ExprKind::Slice { lower, upper, step } => {
                    self.all([*lower, *upper, *step].into_iter().flatten())
                }
                ExprKind::Call { func, args } => {
                    self.call(*func, args);
                    true
                }
                ExprKind::Chain { operands, .. } | ExprKind::BoolChain { operands, .. } => {
                    self.all(operands.iter().copied())
                }
                ExprKind::Compare { first, rest } => self
                    .all(std::iter::once(*first).chain(rest.iter().map(|&(_, operand)| operand))),
                ExprKind::IfExp { test, then, orelse } => self.all([*test, *then, *orelse]),
                ExprKind::Tuple(items) | ExprKind::List(items) | ExprKind::Set(items) => {
                    self.all(items.iter().copied())
                }
                ExprKind::Dict(entries) => self
                    .all(entries.iter().flat_map(|&(key, value)| key.into_iter().chain([value]))),
                ExprKind::FString(parts) => self.parts(parts),
                ExprKind::Lambda { params, body } => self.lambda(id, params, *body),
                ExprKind::Comp { key, elt, clauses, .. } => self.comp(*key, *elt, clauses),
                ExprKind::Await(value) => {
                    self.expr(*value);
                    true
                }
                ExprKind::Yield(value) => {
                    self.maybe(*value);
                    self.scope().is_generator = true;
                    true
                }
                ExprKind::YieldFrom(value) => {
                    self.expr(*value);
                    self.scope().is_generator = true;
                    true
                }
                ExprKind::Named { target, value } => {
                    self.expr(*value);
                    self.bind(target.name);
                    true
                }
                _ => false,
            };
        self.scopes.effects[usize::from(id)] = effect;
        effect
    }

    fn parts(&mut self, parts: &'a [FPart]) -> bool {
        let mut effect = false;
        for part in parts {
            if let FPart::Value { value, spec, .. } = part {
                effect |= self.expr(*value);
                effect |= self.parts(spec);
            }
        }
        effect
    }

    fn call(&mut self, func: ExprId, args: &'a [Arg]) {
        self.expr(func);
        self.args(args);
        if let ExprKind::Attr { value, attr } = &self.ast.exprs[func].kind
            && self.scopes.mutators.contains(&attr.name)
        {
            self.mutate(*value);
        }
        for arg in args {
            if matches!(arg.kind, ArgKind::Positional | ArgKind::Keyword(_))
                && let ExprKind::Name(name) = self.ast.exprs[arg.value].kind
            {
                self.event(name, true);
            }
        }
    }

    fn lambda(&mut self, id: ExprId, params: &'a Params, body: ExprId) -> bool {
        let fn_id = self.new_fn(FnNode::Lambda(id), Some(self.cur), None);
        self.scopes.lambdas.insert(id, fn_id);
        let effect = self.params(params);
        let saved = self.enter(fn_id);
        self.scope().locals.extend(params.items.iter().map(|param| param.name.name));
        self.expr(body);
        self.leave(saved);
        effect
    }

    fn comp(&mut self, key: Option<ExprId>, elt: ExprId, clauses: &'a [CompClause]) -> bool {
        let depth = self.comp_names.len();
        let mut effect = false;
        for clause in clauses {
            match clause {
                CompClause::For { target, iter, is_async } => {
                    effect |= self.expr(*iter) | is_async;
                    self.comp_target(*target);
                }
                CompClause::If(test) => effect |= self.expr(*test),
            }
        }
        effect |= self.all(key.into_iter().chain([elt]));
        self.comp_names.truncate(depth);
        effect
    }

    fn comp_target(&mut self, id: ExprId) {
        match &self.ast.exprs[id].kind {
            ExprKind::Name(name) => self.comp_names.push(*name),
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                items.iter().for_each(|&item| self.comp_target(item));
            }
            ExprKind::Starred(inner) => self.comp_target(*inner),
            _ => {
                self.expr(id);
            }
        }
    }
}
