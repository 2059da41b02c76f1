//! The typed syntax tree of one Python file, in an arena.
//!
//! Invariants:
//! * Nodes refer to each other by id; there is no pointer, no box, no recursion in the types.
//! * No expression and no statement is nested deeper than [`MAX_DEPTH`]. What was deeper is
//!   an [`ExprKind::Error`] / [`StmtKind::Error`] and a [`Cut`] note, so every visitor may recurse.
//! * Long flat constructs stay flat: `a + b + c` is one [`ExprKind::Chain`], an `elif` ladder is
//!   one [`StmtKind::If`], implicitly concatenated strings are one [`ExprKind::Str`].
//! * Spans are relative to the top-level block that holds the node.
//! * Parentheses and comments leave no node.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::base::{IndexVec, Interner, Span, Symbol, define_id};

/// Deepest nesting of expressions or statements that is kept.
pub const MAX_DEPTH: u32 = 200;

define_id! {
    /// An expression of one [`Ast`].
    pub ExprId
}
define_id! {
    /// A statement of one [`Ast`].
    pub StmtId
}

/// One parsed file.
#[derive(Debug, Default)]
pub struct Ast {
    /// All expressions; children come before their parents.
    pub exprs: IndexVec<ExprId, Expr>,
    /// All statements.
    pub stmts: IndexVec<StmtId, Stmt>,
    /// The module body, in order. The n-th statement is the top-level block `BlockId(n)`.
    pub body: Vec<StmtId>,
    /// Absolute byte offset of each top-level block; same length as `body`.
    pub block_starts: Vec<u32>,
    /// Identifiers and attribute names.
    pub names: Interner,
    /// Comments in source order, with absolute byte ranges (the `#` included, the line end not).
    pub comments: Vec<Comment>,
    /// Where the grammar could not follow, as absolute byte ranges. Empty for a valid file.
    pub errors: Vec<(u32, u32)>,
    /// What was cut short, so that coverage can say so.
    pub cuts: Vec<Cut>,
}

impl Ast {
    /// The absolute byte range of a span.
    pub fn range(&self, span: Span) -> Range<u32> {
        let base = self.block_starts.get(usize::from(span.block)).copied().unwrap_or(0);
        base + span.start..base + span.end
    }
}

/// A comment token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Absolute offset of `#`.
    pub start: u32,
    /// Absolute offset one past its last byte.
    pub end: u32,
    /// Whether only white space stands before it on its line.
    pub own_line: bool,
}

/// Something that was not followed to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// Absolute byte offset where it was cut.
    pub at: u32,
    /// What limit was met.
    pub why: CutReason,
}

/// The limits that can cut a file short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CutReason {
    /// Nested deeper than [`MAX_DEPTH`].
    Depth,
    /// More nodes than the arena takes.
    Size,
    /// A function with more terms than facts keep.
    Terms,
}

/// An expression and its place.
#[derive(Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it is (without surrounding parentheses).
    pub span: Span,
}

/// A name with the place where it is written.
#[derive(Clone, Copy, Debug)]
pub struct Ident {
    /// The name.
    pub name: Symbol,
    /// Its place.
    pub span: Span,
}

/// Every kind of Python expression.
#[derive(Debug)]
#[expect(missing_docs, reason = "the fields are named in the syntax each variant shows")]
pub enum ExprKind {
    /// `None`
    None,
    /// `True`, `False`
    Bool(bool),
    /// `...`
    Ellipsis,
    /// An integer literal that fits; `0xff`, `1_000` included.
    Int(i64),
    /// An integer literal that does not fit in 64 bits, in decimal or as written.
    BigInt(Box<str>),
    /// A float literal.
    Float(f64),
    /// An imaginary literal (`2j`), as written.
    Imaginary(Box<str>),
    /// `"a"`, `'a' "b"`, `r"…"`: decoded, implicitly concatenated. Lone surrogates from escapes become U+FFFD.
    Str(Box<str>),
    /// `b"…"`, decoded, implicitly concatenated.
    Bytes(Box<[u8]>),
    /// An f-string (or a concatenation that has one): literal and interpolated parts in order.
    FString(Vec<FPart>),
    /// `name`
    Name(Symbol),
    /// `value.attr`
    Attr { value: ExprId, attr: Ident },
    /// `value[index]`; several indices are a `Tuple`, slices a `Slice`.
    Subscript { value: ExprId, index: ExprId },
    /// `lower:upper:step`
    Slice { lower: Option<ExprId>, upper: Option<ExprId>, step: Option<ExprId> },
    /// `func(args)`; a bare generator argument is one positional `Comp`.
    Call { func: ExprId, args: Vec<Arg> },
    /// `a op b op c` with one left-associative operator throughout (`+ - * / …`), or `a ** b`.
    Chain { op: BinOp, operands: Vec<ExprId> },
    /// `-a`, `+a`, `~a`, `not a`
    Unary { op: UnaryOp, operand: ExprId },
    /// `a and b and c`
    BoolChain { op: BoolOp, operands: Vec<ExprId> },
    /// `a < b <= c`
    Compare { first: ExprId, rest: Vec<(CmpOp, ExprId)> },
    /// `then if test else orelse`
    IfExp { test: ExprId, then: ExprId, orelse: ExprId },
    /// `lambda params: body`
    Lambda { params: Params, body: ExprId },
    /// `(a, b)`, `a, b`
    Tuple(Vec<ExprId>),
    /// `[a, b]`
    List(Vec<ExprId>),
    /// `{a, b}`
    Set(Vec<ExprId>),
    /// `{k: v, **m}`; no key means `**`.
    Dict(Vec<(Option<ExprId>, ExprId)>),
    /// `[elt for …]`, `{k: v for …}`, `(elt for …)`
    Comp { kind: CompKind, key: Option<ExprId>, elt: ExprId, clauses: Vec<CompClause> },
    /// `await value`
    Await(ExprId),
    /// `yield value`
    Yield(Option<ExprId>),
    /// `yield from value`
    YieldFrom(ExprId),
    /// `target := value`
    Named { target: Ident, value: ExprId },
    /// `*value` outside a call
    Starred(ExprId),
    /// Source the grammar could not read, or that was cut short.
    Error,
}

/// One part of an f-string.
#[derive(Debug)]
pub enum FPart {
    /// Literal text, decoded (`{{` is `{`).
    Text(Box<str>),
    /// `{value!r:spec}`
    Value {
        /// The expression.
        value: ExprId,
        /// `!r`, `!s`, `!a`: the letter.
        conversion: Option<char>,
        /// The parts of the format specification, empty when there is none.
        spec: Vec<FPart>,
        /// Whether it was written `{value=}`.
        debug: bool,
    },
}

/// An argument of a call or a base of a class.
#[derive(Clone, Debug)]
pub struct Arg {
    /// How it is passed.
    pub kind: ArgKind,
    /// What is passed.
    pub value: ExprId,
    /// The whole argument, name included.
    pub span: Span,
}

/// How an argument is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ArgKind {
    /// `f(value)`
    Positional,
    /// `f(*value)`
    Star,
    /// `f(name=value)`
    Keyword(Symbol),
    /// `f(**value)`
    DoubleStar,
}

/// Binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are Python's operators")]
pub enum BinOp {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    MatMul,
    LShift,
    RShift,
    BitAnd,
    BitOr,
    BitXor,
}

/// Unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are Python's operators")]
pub enum UnaryOp {
    Neg,
    Pos,
    Invert,
    Not,
}

/// `and`, `or`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are Python's operators")]
pub enum BoolOp {
    And,
    Or,
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are Python's operators")]
pub enum CmpOp {
    Eq,
    NotEq,
    Lt,
    LtE,
    Gt,
    GtE,
    Is,
    IsNot,
    In,
    NotIn,
}

/// What a comprehension builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are Python's collections")]
pub enum CompKind {
    List,
    Set,
    Dict,
    Generator,
}

/// `for target in iter` or `if test`, in source order.
#[derive(Debug)]
pub enum CompClause {
    /// `[async] for target in iter`
    For {
        /// What is bound.
        target: ExprId,
        /// What is iterated.
        iter: ExprId,
        /// Whether it is `async for`.
        is_async: bool,
    },
    /// `if test`
    If(ExprId),
}

/// Parameters of a function or lambda, in source order.
#[derive(Debug, Default)]
pub struct Params {
    /// All parameters, `/` and bare `*` folded into [`ParamKind`].
    pub items: Vec<Param>,
}

/// One parameter.
#[derive(Debug)]
pub struct Param {
    /// Its name.
    pub name: Ident,
    /// How it may be passed.
    pub kind: ParamKind,
    /// `: annotation`
    pub annotation: Option<ExprId>,
    /// `= default`
    pub default: Option<ExprId>,
}

/// How a parameter may be passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ParamKind {
    /// Before `/`
    PositionalOnly,
    /// By position or name
    Normal,
    /// `*args`
    VarArgs,
    /// After `*` or `*args`
    KeywordOnly,
    /// `**kwargs`
    KwArgs,
}

/// A statement and its place (decorators included).
#[derive(Debug)]
pub struct Stmt {
    /// What it is.
    pub kind: StmtKind,
    /// Where it is.
    pub span: Span,
}

/// Every kind of Python statement.
#[derive(Debug)]
#[expect(missing_docs, reason = "the fields are named in the syntax each variant shows")]
pub enum StmtKind {
    /// An expression on its own; also the only form of a docstring.
    Expr(ExprId),
    /// `a = b = value`; targets in source order.
    Assign { targets: Vec<ExprId>, value: ExprId },
    /// `target op= value`
    AugAssign { target: ExprId, op: BinOp, value: ExprId },
    /// `target: annotation = value`
    AnnAssign { target: ExprId, annotation: ExprId, value: Option<ExprId> },
    /// `return value`
    Return(Option<ExprId>),
    /// `raise exc from cause`
    Raise { exc: Option<ExprId>, cause: Option<ExprId> },
    /// `assert test, message`
    Assert { test: ExprId, message: Option<ExprId> },
    /// `del a, b`
    Delete(Vec<ExprId>),
    /// `pass`
    Pass,
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `global a, b`
    Global(Vec<Symbol>),
    /// `nonlocal a, b`
    Nonlocal(Vec<Symbol>),
    /// `import a.b as c, d`
    Import(Vec<ImportName>),
    /// `from ..a.b import c as d, *`
    ImportFrom(ImportFrom),
    /// `if … elif … else`: the branches in order, then the `else` body.
    If { branches: Vec<(ExprId, Vec<StmtId>)>, orelse: Vec<StmtId> },
    /// `while test: … else: …`
    While { test: ExprId, body: Vec<StmtId>, orelse: Vec<StmtId> },
    /// `[async] for target in iter: … else: …`
    For { target: ExprId, iter: ExprId, body: Vec<StmtId>, orelse: Vec<StmtId>, is_async: bool },
    /// `try: … except …: … else: … finally: …`
    Try { body: Vec<StmtId>, handlers: Vec<Handler>, orelse: Vec<StmtId>, finalbody: Vec<StmtId> },
    /// `[async] with a as b, c: …`
    With { items: Vec<WithItem>, body: Vec<StmtId>, is_async: bool },
    /// `match subject: case …: …`
    Match { subject: ExprId, cases: Vec<MatchCase> },
    /// `def …`
    Function(FunctionDef),
    /// `class …`
    Class(ClassDef),
    /// `type Name[T] = value`
    TypeAlias { name: Ident, value: ExprId },
    /// Source the grammar could not read, or that was cut short. What could be read inside it.
    Error(Vec<StmtId>),
}

/// `a.b as c` in an `import` statement.
#[derive(Debug)]
pub struct ImportName {
    /// The dotted path, split.
    pub path: Vec<Symbol>,
    /// `as …`
    pub alias: Option<Symbol>,
    /// The whole clause.
    pub span: Span,
}

/// `from . import a`
#[derive(Debug)]
pub struct ImportFrom {
    /// Number of leading dots.
    pub level: u32,
    /// The dotted path after them, split; empty for `from . import x`.
    pub module: Vec<Symbol>,
    /// What is imported.
    pub names: ImportedNames,
}

/// The names of a `from` import.
#[derive(Debug)]
pub enum ImportedNames {
    /// `*`
    Star,
    /// `a as b, c`: name, alias and place of each.
    Names(Vec<(Symbol, Option<Symbol>, Span)>),
}

/// `except [*] types as name: body`
#[derive(Debug)]
pub struct Handler {
    /// The exception class or tuple of classes; none for a bare `except`.
    pub types: Option<ExprId>,
    /// `as name`
    pub name: Option<Ident>,
    /// The body.
    pub body: Vec<StmtId>,
    /// Whether it is `except*`.
    pub star: bool,
    /// The whole clause.
    pub span: Span,
}

/// `context as target`
#[derive(Debug)]
pub struct WithItem {
    /// The context manager.
    pub context: ExprId,
    /// What `as` binds: a name, attribute, subscript or tuple.
    pub target: Option<ExprId>,
}

/// `case pattern if guard: body`
#[derive(Debug)]
pub struct MatchCase {
    /// The values the pattern compares with (literals, dotted names, classes), in source order.
    pub values: Vec<ExprId>,
    /// The names the pattern binds.
    pub captures: Vec<Ident>,
    /// Whether it matches everything (`_` or a bare name).
    pub irrefutable: bool,
    /// `if guard`
    pub guard: Option<ExprId>,
    /// The body.
    pub body: Vec<StmtId>,
}

/// `@decorator async def name[T](params) -> returns: body`
#[derive(Debug)]
pub struct FunctionDef {
    /// Its name.
    pub name: Ident,
    /// Decorators, outermost first.
    pub decorators: Vec<ExprId>,
    /// Parameters.
    pub params: Params,
    /// `-> …`
    pub returns: Option<ExprId>,
    /// The body.
    pub body: Vec<StmtId>,
    /// Whether it is `async def`.
    pub is_async: bool,
}

/// `@decorator class Name[T](bases): body`
#[derive(Debug)]
pub struct ClassDef {
    /// Its name.
    pub name: Ident,
    /// Decorators, outermost first.
    pub decorators: Vec<ExprId>,
    /// Bases and keywords (`metaclass=…`).
    pub bases: Vec<Arg>,
    /// The body.
    pub body: Vec<StmtId>,
}
