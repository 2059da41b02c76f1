//! From a tree to facts: what all bodies of a file share, and the order they are lowered in.

use super::body::Body;
use super::comments::suppressions;
use super::env::Alternatives;
use super::ir::{
    ClassFact, ClassId, FileFacts, FnId, FnIr, Import, ImportId, ImportedName, Param, Term, TermId,
    Why,
};
use super::scope::{FnNode, NameSet, Scopes};
use super::terms::Forward;
use crate::base::{BlockId, IndexVec, Interner, Span, Symbol};
use crate::syntax::ast::{self, Ast, BinOp, Cut, CutReason, ExprKind, StmtId, StmtKind};

/// Parameters of a function at most.
const MAX_PARAMS: usize = 64;

/// What one file contributes. The text is only looked at for its comments.
pub fn extract(ast: &Ast, text: &str) -> FileFacts {
    extract_with(ast, ast.names.clone(), text)
}

/// Parses and extracts.
pub fn facts_of(text: &str) -> FileFacts {
    let mut ast = crate::syntax::parse(text);
    let names = std::mem::take(&mut ast.names);
    extract_with(&ast, names, text)
}

fn extract_with(ast: &Ast, names: Interner, text: &str) -> FileFacts {
    let mut file = File::new(ast, names);
    let count = file.scopes.fns.len();
    let mut fns: IndexVec<FnId, FnIr> = IndexVec::new();
    for index in 0..count {
        let body = Body::new(&mut file, FnId::from(index));
        fns.push(body.lower());
    }
    let script = file.is_script().then(|| {
        file.frozen = true;
        Box::new(Body::new(&mut file, FnId(0)).lower())
    });
    file.finish(fns, script, text)
}

/// What the parent of a function knows about it.
pub(super) struct Head {
    pub name: Symbol,
    pub name_span: Span,
    pub is_async: bool,
    pub params: Vec<Param>,
    pub decorators: Vec<TermId>,
    pub returns: Option<TermId>,
}

/// Names the lowering compares with.
pub(super) struct Known {
    pub dunder_all: Symbol,
    pub module: Symbol,
    pub assertion_error: Symbol,
    pub append: Symbol,
    pub extend: Symbol,
    /// Functions and methods whose result is a new container.
    pub makers: [Symbol; 10],
}

/// `__all__` as far as it was seen.
pub(super) enum Exports {
    Absent,
    Names(Vec<Symbol>),
    /// Not a plain list.
    Opaque,
}

/// What the bodies of one file share while they are lowered.
pub(super) struct File<'a> {
    pub ast: &'a Ast,
    pub scopes: Scopes,
    pub known: Known,
    pub classes: IndexVec<ClassId, ClassFact>,
    pub imports: IndexVec<ImportId, Import>,
    pub exports: Exports,
    /// Whether everything but the script is lowered: what bodies share stays as it is.
    pub frozen: bool,
    /// Names of each function that its inner functions read.
    pub captured: IndexVec<FnId, NameSet>,
    names: Interner,
    heads: IndexVec<FnId, Option<Head>>,
    cuts: Vec<Cut>,
}

impl<'a> File<'a> {
    fn new(ast: &'a Ast, mut names: Interner) -> Self {
        let mut scopes = super::walk::scopes(ast, &names);
        let known = Known {
            dunder_all: names.intern("__all__"),
            module: names.intern("<module>"),
            assertion_error: names.intern("AssertionError"),
            append: names.intern("append"),
            extend: names.intern("extend"),
            makers: [
                "dict",
                "list",
                "set",
                "bytearray",
                "OrderedDict",
                "defaultdict",
                "deque",
                "Counter",
                "copy",
                "deepcopy",
            ]
            .map(|name| names.intern(name)),
        };
        let imports = std::mem::take(&mut scopes.imports);
        let classes = empty_classes(ast, &scopes);
        let heads = heads(ast, &scopes, &mut names);
        let captured = scopes.fns.iter().map(|_| NameSet::default()).collect();
        let exports = Exports::Absent;
        let cuts = Vec::new();
        Self {
            ast,
            scopes,
            known,
            classes,
            imports,
            exports,
            frozen: false,
            captured,
            names,
            heads,
            cuts,
        }
    }

    /// Whether the module is worth running.
    fn is_script(&self) -> bool {
        let constant = |name: &Symbol| is_constant_name(self.names.resolve(*name));
        let star = |import: &Import| import.name == ImportedName::Star && import.scope == FnId(0);
        self.scopes.fns[FnId(0)].locals.iter().any(constant)
            || self.scopes.classes.iter().any(|class| class.locals.iter().any(constant))
            || self.imports.iter().any(star)
            || self.ast.body.iter().any(|stmt| match &self.ast.stmts[*stmt].kind {
                StmtKind::Expr(call) => match &self.ast.exprs[*call].kind {
                    ExprKind::Call { func, .. } => self.changes_constant(*func),
                    _ => false,
                },
                StmtKind::Assign { targets, .. } => {
                    targets.iter().any(|target| self.changes_constant(*target))
                }
                StmtKind::For { .. } => true,
                _ => false,
            })
    }

    /// `NAME[key]`, `NAME.method`, `globals()[key]`: a part of a constant, or of all names.
    fn changes_constant(&self, mut expr: ast::ExprId) -> bool {
        loop {
            expr = match &self.ast.exprs[expr].kind {
                ExprKind::Attr { value, .. } | ExprKind::Subscript { value, .. } => *value,
                ExprKind::Call { func, args } if args.is_empty() => {
                    return matches!(&self.ast.exprs[*func].kind, ExprKind::Name(name)
                        if matches!(self.names.resolve(*name), "globals" | "locals" | "vars"));
                }
                ExprKind::Name(name) => return is_constant_name(self.names.resolve(*name)),
                _ => return false,
            }
        }
    }

    /// The place of a function's statement or expression; the first byte of a module.
    pub fn fn_span(&self, id: FnId) -> Span {
        match self.scopes.fns[id].node {
            FnNode::Module => Span::new(BlockId(0), 0, 0),
            FnNode::Def(stmt) => self.ast.stmts[stmt].span,
            FnNode::Lambda(expr) => self.ast.exprs[expr].span,
        }
    }

    /// The place where a body ends.
    pub fn end_of_body(&self, id: FnId) -> Span {
        let span = match (self.scopes.fns[id].node, self.ast.body.last()) {
            (FnNode::Module, Some(&last)) => self.ast.stmts[last].span,
            _ => self.fn_span(id),
        };
        Span { start: span.end, ..span }
    }

    /// Notes that a body has more terms than are kept.
    pub fn cut_terms(&mut self, span: Span) {
        if self.frozen {
            return;
        }
        self.cuts.push(Cut { at: self.ast.range(span).start, why: CutReason::Terms });
    }

    /// Sets what the parent of a function evaluated for it; the first time counts, as bodies
    /// of `finally` are lowered several times.
    pub fn set_head(
        &mut self,
        id: FnId,
        params: Vec<Param>,
        decorators: Vec<TermId>,
        returns: Option<TermId>,
    ) {
        if let Some(head) = &mut self.heads[id]
            && head.params.is_empty()
            && head.decorators.is_empty()
        {
            head.params = params;
            head.decorators = decorators;
            head.returns = returns;
        }
    }

    /// Hands a function's head over to its body.
    pub fn take_head(&mut self, id: FnId) -> Head {
        match self.heads[id].take() {
            Some(head) => head,
            // The script is the module body for a second time.
            None => Head {
                name: self.known.module,
                name_span: self.fn_span(id),
                is_async: false,
                params: Vec::new(),
                decorators: Vec::new(),
                returns: None,
            },
        }
    }

    /// Parameters of a function or lambda, without what its parent evaluates.
    pub fn bare_params(&self, id: FnId) -> &'a [ast::Param] {
        match self.scopes.fns[id].node {
            FnNode::Module => &[],
            FnNode::Def(stmt) => match &self.ast.stmts[stmt].kind {
                StmtKind::Function(def) => &def.params.items,
                _ => &[],
            },
            FnNode::Lambda(expr) => match &self.ast.exprs[expr].kind {
                ExprKind::Lambda { params, .. } => &params.items,
                _ => &[],
            },
        }
    }

    /// Replaces forwarded ids in what is kept outside of the body that owns them.
    pub fn forward(&mut self, owner: FnId, forward: &Forward) {
        if self.frozen {
            return;
        }
        for (head, scope) in self.heads.iter_mut().zip(&self.scopes.fns) {
            let Some(head) = head.as_mut().filter(|_| scope.parent == Some(owner)) else {
                continue;
            };
            for param in &mut head.params {
                for term in param.annotation.iter_mut().chain(&mut param.default) {
                    forward.apply(term);
                }
            }
            head.decorators.iter_mut().chain(&mut head.returns).for_each(|id| forward.apply(id));
        }
        for class in self.classes.iter_mut().filter(|class| class.scope == owner) {
            class.bases.iter_mut().for_each(|base| forward.apply(&mut base.value));
            class.decorators.iter_mut().for_each(|id| forward.apply(id));
            for (_, term, _) in class.attrs.iter_mut().chain(&mut class.annotated) {
                forward.apply(term);
            }
        }
    }

    fn finish(
        self,
        mut fns: IndexVec<FnId, FnIr>,
        script: Option<Box<FnIr>>,
        text: &str,
    ) -> FileFacts {
        for (function, captured) in fns.iter_mut().zip(&self.captured).skip(1) {
            function.exit.retain(|(name, _)| captured.contains(name));
        }
        let mut cuts = self.ast.cuts.clone();
        cuts.extend(self.cuts);
        cuts.sort_by_key(|cut| cut.at);
        let mut block_starts = self.ast.block_starts.clone();
        if block_starts.is_empty() {
            block_starts.push(0);
        }
        FileFacts {
            names: self.names,
            block_starts,
            imports: self.imports,
            classes: self.classes,
            fns,
            script,
            dunder_all: match self.exports {
                Exports::Names(names) => Some(names),
                Exports::Absent | Exports::Opaque => None,
            },
            suppressions: suppressions(&self.ast.comments, text),
            errors: self.ast.errors.clone(),
            cuts,
        }
    }

    /// Adds names to `__all__`, or starts it anew.
    pub fn export(&mut self, value: ast::ExprId, add: bool) {
        if self.frozen {
            return;
        }
        let known = match (&mut self.exports, add) {
            (Exports::Opaque, true) => return,
            (Exports::Names(names), true) => std::mem::take(names),
            _ => Vec::new(),
        };
        self.exports = match self.strings(value) {
            Some(more) => Exports::Names([known, more].concat()),
            None => Exports::Opaque,
        };
    }

    /// The strings of a display, or a single string.
    fn strings(&mut self, expr: ast::ExprId) -> Option<Vec<Symbol>> {
        let ast = self.ast;
        match &ast.exprs[expr].kind {
            ExprKind::Str(text) => Some(vec![self.names.intern(text)]),
            ExprKind::List(items) | ExprKind::Tuple(items) => items
                .iter()
                .map(|&item| match &ast.exprs[item].kind {
                    ExprKind::Str(text) => Some(self.names.intern(text)),
                    _ => None,
                })
                .collect(),
            ExprKind::Chain { op: BinOp::Add, operands } => {
                let parts: Option<Vec<_>> =
                    operands.iter().map(|&operand| self.strings(operand)).collect();
                Some(parts?.concat())
            }
            _ => None,
        }
    }
}

/// Constants are upper case by convention.
pub fn is_constant_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && !name.contains(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'))
}

fn empty_classes(ast: &Ast, scopes: &Scopes) -> IndexVec<ClassId, ClassFact> {
    let class = |scope: &super::scope::ClassScope| {
        let stmt = &ast.stmts[scope.stmt];
        let StmtKind::Class(def) = &stmt.kind else {
            unreachable!("internal error: a class scope stands for a class statement")
        };
        ClassFact {
            name: def.name.name,
            scope: scope.scope,
            outer: scope.outer,
            bases: Vec::new(),
            decorators: Vec::new(),
            attrs: Vec::new(),
            annotated: Vec::new(),
            methods: Vec::new(),
            span: stmt.span,
            name_span: def.name.span,
        }
    };
    scopes.classes.iter().map(class).collect()
}

fn heads(ast: &Ast, scopes: &Scopes, names: &mut Interner) -> IndexVec<FnId, Option<Head>> {
    let bare = |name, name_span| Head {
        name,
        name_span,
        is_async: false,
        params: Vec::new(),
        decorators: Vec::new(),
        returns: None,
    };
    let start = |span: Span| Span { end: span.start, ..span };
    let head = |scope: &super::scope::FnScope| match scope.node {
        FnNode::Module => bare(names.intern("<module>"), Span::new(BlockId(0), 0, 0)),
        FnNode::Lambda(expr) => bare(names.intern("<lambda>"), start(ast.exprs[expr].span)),
        FnNode::Def(stmt) => match &ast.stmts[stmt].kind {
            StmtKind::Function(def) => {
                Head { is_async: def.is_async, ..bare(def.name.name, def.name.span) }
            }
            _ => bare(names.intern("<lambda>"), start(ast.stmts[stmt].span)),
        },
    };
    scopes.fns.iter().map(head).map(Some).collect()
}

impl Body<'_, '_> {
    /// Lowers the whole body.
    fn lower(mut self) -> FnIr {
        self.bind_params();
        let ast = self.file.ast;
        match self.file.scopes.fns[self.id].node {
            FnNode::Module => self.body(&ast.body),
            FnNode::Def(stmt) => self.def_body(stmt),
            FnNode::Lambda(expr) => {
                if let ExprKind::Lambda { body, .. } = &ast.exprs[expr].kind {
                    let value = self.expr(*body);
                    self.exit_return(Some(value), ast.exprs[*body].span);
                }
            }
        }
        self.finish()
    }

    fn def_body(&mut self, stmt: StmtId) {
        let ast = self.file.ast;
        if let StmtKind::Function(def) = &ast.stmts[stmt].kind {
            self.body(&def.body);
        }
    }

    fn bind_params(&mut self) {
        let params = self.file.bare_params(self.id);
        for (index, param) in (0..).zip(params) {
            let value = if (index as usize) < MAX_PARAMS {
                self.add(Term::Param(index), param.name.span)
            } else {
                self.unknown(Why::Limit, param.name.span)
            };
            if let Some(slot) = self.bound_slot(param.name.name, None) {
                self.env.join(slot, value);
            }
        }
        if let Some(first) = params.get(MAX_PARAMS) {
            self.file.cut_terms(first.name.span);
        }
    }

    /// The choice of everything in `values`, by slot; `before` is a value to start from.
    pub(super) fn choice_of(
        &mut self,
        before: TermId,
        values: impl IntoIterator<Item = TermId>,
        span: Span,
    ) -> TermId {
        let mut alternatives = Alternatives::default();
        alternatives.add(None, before);
        for value in values {
            let value = self.terms.find(value);
            alternatives.add(None, value);
        }
        self.choice(alternatives, span)
    }

    /// Parameters beyond the limit are left out of facts.
    pub(super) fn kept_params<T>(params: &[T]) -> &[T] {
        params.get(..MAX_PARAMS).unwrap_or(params)
    }
}
