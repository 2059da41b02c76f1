//! The text and tree of one file, asked by place.

use crate::base::{FxHashMap, Loc, Span, Symbol};
use crate::syntax::ast::{Arg, Ast, ExprId, ExprKind, ImportedNames, StmtId, StmtKind};
use crate::syntax::parse;

/// An absolute byte range of the text.
pub(super) type Range = std::ops::Range<usize>;

/// One file that edits are written for. It has no syntax errors.
pub(super) struct Code<'t> {
    pub text: &'t str,
    pub ast: Ast,
    /// How many times a name is bound, anywhere in the file.
    bindings: FxHashMap<Symbol, u32>,
    /// What ends its lines.
    pub line_break: &'static str,
    /// The quote that most of its strings have.
    pub quote: char,
}

impl<'t> Code<'t> {
    /// The file; none when it is not whole: who knows what an edit there would do.
    pub fn new(text: &'t str) -> Option<Self> {
        let ast = whole(text)?;
        let line_break = match text.find('\n') {
            Some(at) if text[..at].ends_with('\r') => "\r\n",
            None if text.contains('\r') => "\r",
            _ => "\n",
        };
        let mut code = Self { text, ast, bindings: FxHashMap::default(), line_break, quote: '"' };
        code.bindings = code.count_bindings();
        code.quote = code.usual_quote();
        Some(code)
    }

    /// The range of a node.
    pub fn range(&self, span: Span) -> Range {
        let range = self.ast.range(span);
        range.start as usize..range.end as usize
    }

    pub fn expr_range(&self, id: ExprId) -> Range {
        self.range(self.ast.exprs[id].span)
    }

    pub fn stmt_range(&self, id: StmtId) -> Range {
        self.range(self.ast.stmts[id].span)
    }

    pub fn kind(&self, id: ExprId) -> &ExprKind {
        &self.ast.exprs[id].kind
    }

    pub fn name(&self, symbol: Symbol) -> &str {
        self.ast.names.resolve(symbol)
    }

    pub fn source(&self, id: ExprId) -> &'t str {
        &self.text[self.expr_range(id)]
    }

    /// The expression with exactly this range. Parents come after their children, and of two
    /// with one range the outer one is meant.
    pub fn expr_at(&self, range: &Range) -> Option<ExprId> {
        let all = self.ast.exprs.iter_enumerated();
        all.filter(|(_, expr)| self.range(expr.span) == *range).map(|(id, _)| id).last()
    }

    /// The value at a place: of a statement, entry or argument the value that it gives.
    pub fn value_at(&self, loc: Loc) -> Option<ExprId> {
        let range = loc.start as usize..loc.end as usize;
        let assigned = self.ast.stmts.iter().find_map(|stmt| {
            let whole = self.range(stmt.span) == range;
            match &stmt.kind {
                StmtKind::Assign { targets, value } => {
                    let target = targets.iter().any(|target| match self.kind(*target) {
                        // `SETTINGS["KEY"] = …`
                        ExprKind::Subscript { index, .. }
                            if self.expr_range(*index) == range
                                && matches!(self.kind(*index), ExprKind::Str(_)) =>
                        {
                            true
                        }
                        _ => self.expr_range(*target) == range,
                    });
                    (whole || target).then_some(*value)
                }
                StmtKind::AnnAssign { target, value: Some(value), .. } => {
                    (whole || self.expr_range(*target) == range).then_some(*value)
                }
                StmtKind::Return(Some(value)) if whole => Some(*value),
                _ => None,
            }
        });
        assigned.or_else(|| self.part_at(&range)).or_else(|| self.expr_at(&range))
    }

    /// The value of the entry (its key, or both) or keyword argument with this range.
    fn part_at(&self, range: &Range) -> Option<ExprId> {
        self.ast.exprs.iter().find_map(|expr| match &expr.kind {
            ExprKind::Dict(entries) => entries.iter().find_map(|(key, value)| {
                // A setting lies at its key; other keys are expressions of their own.
                let key = (*key).filter(|key| matches!(self.kind(*key), ExprKind::Str(_)))?;
                let key = self.expr_range(key);
                let whole = key.start..self.expr_range(*value).end;
                (key == *range || whole == *range).then_some(*value)
            }),
            ExprKind::Call { args, .. } => {
                args.iter().find(|arg| self.range(arg.span) == *range).map(|arg| arg.value)
            }
            _ => None,
        })
    }

    /// The innermost statement around a range.
    pub fn statement_around(&self, range: &Range) -> Option<StmtId> {
        self.innermost(range, |_| true)
    }

    /// The innermost function around a range.
    pub fn function_around(&self, range: &Range) -> Option<StmtId> {
        self.innermost(range, |kind| matches!(kind, StmtKind::Function(_)))
    }

    fn innermost(&self, range: &Range, wanted: impl Fn(&StmtKind) -> bool) -> Option<StmtId> {
        let all = self.ast.stmts.iter_enumerated().filter(|(_, stmt)| wanted(&stmt.kind));
        let around = all.map(|(id, stmt)| (id, self.range(stmt.span)));
        let around = around.filter(|(_, own)| own.start <= range.start && range.end <= own.end);
        around.min_by_key(|(_, own)| own.len()).map(|(id, _)| id)
    }

    /// Whether a range lies in an f-string, where quotes and line breaks have rules of their own.
    pub fn is_in_f_string(&self, range: &Range) -> bool {
        self.ast.exprs.iter().any(|expr| {
            let own = self.range(expr.span);
            matches!(expr.kind, ExprKind::FString(_))
                && own.start <= range.start
                && range.end <= own.end
                && own != *range
        })
    }

    /// The value of a name that the file binds once, by a plain assignment.
    pub fn only_value(&self, name: Symbol) -> Option<ExprId> {
        if self.bindings.get(&name) != Some(&1) {
            return None;
        }
        self.ast.stmts.iter().find_map(|stmt| match &stmt.kind {
            StmtKind::Assign { targets, value } => match targets.as_slice() {
                [target] if matches!(self.kind(*target), ExprKind::Name(n) if *n == name) => {
                    Some(*value)
                }
                _ => None,
            },
            StmtKind::AnnAssign { target, value: Some(value), .. } => {
                matches!(self.kind(*target), ExprKind::Name(n) if *n == name).then_some(*value)
            }
            _ => None,
        })
    }

    /// How many times a name is bound in the file, in whatever scope.
    pub fn times_bound(&self, name: &str) -> u32 {
        let symbol = self.ast.names.get(name);
        symbol.and_then(|symbol| self.bindings.get(&symbol)).copied().unwrap_or(0)
    }

    /// Whether a name occurs in the file as a name.
    pub fn mentions(&self, name: &str) -> bool {
        let Some(symbol) = self.ast.names.get(name) else { return false };
        self.times_bound(name) > 0
            || self.ast.exprs.iter().any(|e| matches!(e.kind, ExprKind::Name(n) if n == symbol))
    }

    /// Whether an expression is made of literals only; a call of something imported with literals,
    /// such as `timedelta(days=1)`, counts.
    pub fn is_literal(&self, id: ExprId) -> bool {
        let all = |ids: &[ExprId]| ids.iter().all(|id| self.is_literal(*id));
        match self.kind(id) {
            ExprKind::None
            | ExprKind::Bool(_)
            | ExprKind::Ellipsis
            | ExprKind::Int(_)
            | ExprKind::BigInt(_)
            | ExprKind::Float(_)
            | ExprKind::Imaginary(_)
            | ExprKind::Str(_)
            | ExprKind::Bytes(_) => true,
            ExprKind::Unary { operand, .. } => self.is_literal(*operand),
            ExprKind::Chain { operands, .. } => all(operands),
            ExprKind::Tuple(items) | ExprKind::List(items) | ExprKind::Set(items) => all(items),
            ExprKind::Dict(entries) => entries.iter().all(|(key, value)| {
                key.is_some_and(|key| self.is_literal(key)) && self.is_literal(*value)
            }),
            ExprKind::Call { func, args } => {
                self.is_imported_name(*func) && args.iter().all(|arg| self.is_literal(arg.value))
            }
            _ => false,
        }
    }

    /// Whether an expression is a name that is imported, or a dotted name below one.
    pub fn is_imported_name(&self, id: ExprId) -> bool {
        match self.kind(id) {
            ExprKind::Name(name) => self.is_imported(*name),
            ExprKind::Attr { value, .. } => self.is_imported_name(*value),
            _ => false,
        }
    }

    /// Whether a name is bound by imports only.
    fn is_imported(&self, name: Symbol) -> bool {
        let imports: u32 = self.ast.stmts.iter().map(|stmt| imported(&stmt.kind, name)).sum();
        imports > 0 && self.bindings.get(&name) == Some(&imports)
    }

    /// Whether a name is bound by imports only.
    pub fn is_bound_by_imports(&self, name: &str) -> bool {
        self.ast.names.get(name).is_some_and(|symbol| self.is_imported(symbol))
    }

    fn count_bindings(&self) -> FxHashMap<Symbol, u32> {
        let mut found = FxHashMap::default();
        let mut bind = |name: Symbol| *found.entry(name).or_insert(0) += 1;
        for stmt in self.ast.stmts.iter() {
            for target in targets(&stmt.kind) {
                self.each_name(target, &mut bind);
            }
            match &stmt.kind {
                StmtKind::Function(def) => {
                    bind(def.name.name);
                    def.params.items.iter().for_each(|param| bind(param.name.name));
                }
                StmtKind::Class(class) => bind(class.name.name),
                StmtKind::Try { handlers, .. } => {
                    handlers.iter().filter_map(|h| h.name).for_each(|name| bind(name.name));
                }
                StmtKind::Match { cases, .. } => {
                    cases.iter().flat_map(|c| &c.captures).for_each(|name| bind(name.name));
                }
                StmtKind::TypeAlias { name, .. } => bind(name.name),
                StmtKind::Import(names) => {
                    for import in names {
                        import
                            .alias
                            .or(import.path.first().copied())
                            .into_iter()
                            .for_each(&mut bind);
                    }
                }
                StmtKind::ImportFrom(from) => {
                    if let ImportedNames::Names(names) = &from.names {
                        names.iter().for_each(|(name, alias, _)| bind(alias.unwrap_or(*name)));
                    }
                }
                _ => {}
            }
        }
        for expr in self.ast.exprs.iter() {
            match &expr.kind {
                ExprKind::Named { target, .. } => bind(target.name),
                ExprKind::Lambda { params, .. } => {
                    params.items.iter().for_each(|param| bind(param.name.name));
                }
                ExprKind::Comp { clauses, .. } => {
                    for clause in clauses {
                        if let crate::syntax::ast::CompClause::For { target, .. } = clause {
                            self.each_name(*target, &mut bind);
                        }
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// The names that an assignment target binds.
    fn each_name(&self, target: ExprId, bind: &mut impl FnMut(Symbol)) {
        match self.kind(target) {
            ExprKind::Name(name) => bind(*name),
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                items.iter().for_each(|item| self.each_name(*item, bind));
            }
            ExprKind::Starred(inner) => self.each_name(*inner, bind),
            _ => {}
        }
    }

    fn usual_quote(&self) -> char {
        let starts = self.ast.exprs.iter().filter_map(|expr| match expr.kind {
            ExprKind::Str(_) => self.text[self.range(expr.span)].chars().next(),
            _ => None,
        });
        let (mut single, mut double) = (0, 0);
        for c in starts {
            single += u32::from(c == '\'');
            double += u32::from(c == '"');
        }
        if single > double { '\'' } else { '"' }
    }

    /// A call's callee and arguments.
    pub fn call(&self, id: ExprId) -> Option<(ExprId, &[Arg])> {
        match self.kind(id) {
            ExprKind::Call { func, args } => Some((*func, args)),
            _ => None,
        }
    }

    /// The text of the line before an offset.
    pub fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind(['\n', '\r']).map_or(0, |end| end + 1)
    }

    /// Where the line of an offset ends, before its line break.
    pub fn line_end(&self, at: usize) -> usize {
        self.text[at..].find(['\n', '\r']).map_or(self.text.len(), |length| at + length)
    }

    /// Where the next line starts.
    pub fn next_line(&self, at: usize) -> usize {
        let end = self.line_end(at);
        let rest = &self.text[end..];
        end + if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) }
    }

    /// The white space before an offset, if nothing else stands before it on its line.
    pub fn indent(&self, at: usize) -> Option<&'t str> {
        let before = &self.text[self.line_start(at)..at];
        before.chars().all(|c| c == ' ' || c == '\t').then_some(before)
    }
}

/// How many clauses of an import bind a name.
fn imported(kind: &StmtKind, name: Symbol) -> u32 {
    let count = match kind {
        StmtKind::Import(names) => {
            names.iter().filter(|n| n.alias.or(n.path.first().copied()) == Some(name)).count()
        }
        StmtKind::ImportFrom(from) => match &from.names {
            ImportedNames::Names(names) => {
                names.iter().filter(|(own, alias, _)| alias.unwrap_or(*own) == name).count()
            }
            ImportedNames::Star => 0,
        },
        _ => 0,
    };
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What a statement assigns to.
fn targets(kind: &StmtKind) -> Vec<ExprId> {
    match kind {
        StmtKind::Assign { targets, .. } | StmtKind::Delete(targets) => targets.clone(),
        StmtKind::AugAssign { target, .. }
        | StmtKind::AnnAssign { target, .. }
        | StmtKind::For { target, .. } => vec![*target],
        StmtKind::With { items, .. } => items.iter().filter_map(|item| item.target).collect(),
        _ => Vec::new(),
    }
}

/// The tree of a text that is Python without a syntax error.
pub(super) fn whole(text: &str) -> Option<Ast> {
    let ast = parse(text);
    (ast.errors.is_empty() && ast.cuts.is_empty()).then_some(ast)
}
