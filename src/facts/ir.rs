//! The shape of facts: what one file contributes, as terms whose names are still open.
//!
//! Invariants:
//! * Facts are a pure function of the file's bytes. They know no path, no module name, no rule.
//! * Children of a term have smaller ids, except for the operands of a loop's [`Term::Phi`]:
//!   whoever walks terms carries fuel.
//! * Pure terms (constants, names, attributes, items, operators) are hash-consed per function:
//!   equal spelling is equal id. Terms that make something new when evaluated (calls,
//!   displays, comprehensions, phis, updates) are one per occurrence.
//! * Because a shared term has many places, places are kept where the term is *used*
//!   (arguments, entries, elements, instructions); [`FnIr::spans`] holds the first one.

use serde::{Deserialize, Serialize};

use crate::base::{IndexVec, Interner, Span, Symbol, define_id};
use crate::syntax::ast::{ArgKind, BinOp, BoolOp, CmpOp, CompKind, Cut, ParamKind, UnaryOp};

define_id! {
    /// A function, lambda or module body of one file. `FnId(0)` is the module body.
    pub FnId
}
define_id! {
    /// A class of one file.
    pub ClassId
}
define_id! {
    /// An imported name or module of one file.
    pub ImportId
}
define_id! {
    /// A term of one [`FnIr`].
    pub TermId
}
define_id! {
    /// A basic block of one [`FnIr`]. `NodeId(0)` is the entry.
    pub NodeId
}

impl FnId {
    /// Stands for [`FileFacts::script`].
    pub const SCRIPT: FnId = FnId(u32::MAX);
}

impl FileFacts {
    /// A body.
    pub fn body(&self, id: FnId) -> &FnIr {
        match &self.script {
            Some(script) if id == FnId::SCRIPT => script,
            _ => &self.fns[if id == FnId::SCRIPT { FnId(0) } else { id }],
        }
    }
}

/// What one file contributes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileFacts {
    /// All identifiers and names of this file.
    pub names: Interner,
    /// Absolute byte offset of each top-level block: turns a [`Span`] into a place in the file.
    /// Never empty: a file without statements has one block at 0.
    pub block_starts: Vec<u32>,
    /// Imports in source order, also those inside functions.
    pub imports: IndexVec<ImportId, Import>,
    /// Classes in source order, nested ones included.
    pub classes: IndexVec<ClassId, ClassFact>,
    /// The module body, then functions and lambdas in source order.
    pub fns: IndexVec<FnId, FnIr>,
    /// The module body once more, to be run instead of looked at: every name of the module is
    /// read and bound by name ([`Term::Global`], [`InstrKind::Bind`]), in order, so that who
    /// runs it sees what star imports and loops do to them. Only for modules that bind constants
    /// (names without lower case letters), in classes too, change them, or import `*`.
    pub script: Option<Box<FnIr>>,
    /// `__all__`, when it is a plain list of strings.
    pub dunder_all: Option<Vec<Symbol>>,
    /// Suppression comments.
    pub suppressions: Vec<Suppression>,
    /// Absolute byte ranges the grammar could not follow.
    pub errors: Vec<(u32, u32)>,
    /// What was cut short.
    pub cuts: Vec<Cut>,
}

/// One binding made by an `import` statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// Number of leading dots.
    pub level: u32,
    /// The dotted path, split. For `import a.b` (which binds `a`) it is `[a]`, and a second,
    /// unbound entry names `[a, b]`; for `import a.b as c` it is `[a, b]`.
    pub module: Vec<Symbol>,
    /// What of the module is meant.
    pub name: ImportedName,
    /// Whether it stands under `if` or `try`, so that another binding may win.
    pub guarded: bool,
    /// The function (or module body) that imports.
    pub scope: FnId,
    /// The clause.
    pub span: Span,
}

/// What an import names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportedName {
    /// The module itself.
    Module,
    /// One name of it: an attribute or a submodule.
    One(Symbol),
    /// `*`
    Star,
}

/// A class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassFact {
    /// Its name.
    pub name: Symbol,
    /// The body it stands in; bases, decorators and attributes are terms of this function.
    pub scope: FnId,
    /// The class it is nested in.
    pub outer: Option<ClassId>,
    /// Bases and class keywords.
    pub bases: Vec<ArgTerm>,
    /// Decorators, outermost first.
    pub decorators: Vec<TermId>,
    /// Every name bound in the body, with its last value and the place of that binding.
    /// Methods are [`Term::Closure`], nested classes [`Term::Class`].
    pub attrs: Vec<(Symbol, TermId, Span)>,
    /// Annotations of names in the body.
    pub annotated: Vec<(Symbol, TermId, Span)>,
    /// Methods in source order (a name may come twice).
    pub methods: Vec<(Symbol, FnId)>,
    /// The statement, decorators included.
    pub span: Span,
    /// The name.
    pub name_span: Span,
}

/// What a [`FnIr`] is the body of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FnKind {
    /// The module.
    Module,
    /// `def`
    Function,
    /// `lambda`
    Lambda,
}

/// A body in intermediate form. Class bodies are part of the body they stand in, as they are
/// when Python runs them; only their names are kept apart (in [`ClassFact`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FnIr {
    /// What it is the body of.
    pub kind: FnKind,
    /// Its name; `<module>` and `<lambda>` have names too.
    pub name: Symbol,
    /// The body it is defined in; none for the module.
    pub parent: Option<FnId>,
    /// The class it is a method of.
    pub class: Option<ClassId>,
    /// `async def`
    pub is_async: bool,
    /// Whether it holds a `yield`.
    pub is_generator: bool,
    /// Parameters in source order. Annotations and defaults are terms of `parent`.
    pub params: Vec<Param>,
    /// Decorators, outermost first; terms of `parent`.
    pub decorators: Vec<TermId>,
    /// `-> …`; a term of `parent`.
    pub returns: Option<TermId>,
    /// The terms.
    pub terms: IndexVec<TermId, Term>,
    /// The first place of each term.
    pub spans: IndexVec<TermId, Span>,
    /// Basic blocks; the first is the entry.
    pub blocks: IndexVec<NodeId, Block>,
    /// The value of local names where the body ends normally. For the module body these are
    /// its exports; for a function, what its inner functions see (other names are left out).
    /// In the module body `Global(x)` is what `x` meant before the module bound it: a name of
    /// a star import or a builtin.
    pub exit: Vec<(Symbol, TermId)>,
    /// Names declared `global`.
    pub globals: Vec<Symbol>,
    /// The statement (decorators included) or expression.
    pub span: Span,
    /// The name, or the first byte of a lambda or module.
    pub name_span: Span,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Param {
    /// Its name.
    pub name: Symbol,
    /// How it may be passed.
    pub kind: ParamKind,
    /// Its annotation, a term of the parent.
    pub annotation: Option<TermId>,
    /// Its default, a term of the parent.
    pub default: Option<TermId>,
    /// Its name's place.
    pub span: Span,
}

/// Straight-line code with one exit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// What happens, in evaluation order.
    pub instrs: Vec<Instr>,
    /// Where control goes.
    pub end: Terminator,
    /// Where control goes when something in this block raises: the handlers of the enclosing
    /// `try` (or its `finally`), none when the exception leaves the function.
    pub handlers: Vec<NodeId>,
    /// For the first block of a handler: the class or tuple of classes it catches; none for a
    /// bare `except` and for other blocks.
    pub catches: Option<TermId>,
}

/// One thing that happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instr {
    /// What happens.
    pub kind: InstrKind,
    /// The expression or statement.
    pub span: Span,
}

/// The things that happen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum InstrKind {
    /// A call, `await` or `yield` is evaluated, or an expression statement.
    Eval(TermId),
    /// A name of this body (or, in a class body, of the class) is bound.
    Bind {
        /// The name.
        name: Symbol,
        /// The value.
        value: TermId,
        /// The class whose body binds it.
        class: Option<ClassId>,
    },
    /// `place = value`
    Store {
        /// Where to.
        place: Place,
        /// What.
        value: TermId,
    },
    /// `del place`
    Delete(Place),
    /// An import is executed.
    Import(ImportId),
}

/// Where a value is put, other than a name of the body itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Place {
    /// A name declared `global` (or `nonlocal`).
    Outer(Symbol),
    /// `object.name`
    Attr(TermId, Symbol),
    /// `object[key]`
    Item(TermId, TermId),
}

/// How a block ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Terminator {
    /// Always there.
    Goto(NodeId),
    /// `if test`, `while test`, `assert test`, one `case`.
    Branch {
        /// What decides.
        test: TermId,
        /// When true.
        then: NodeId,
        /// When false.
        orelse: NodeId,
        /// The test's place.
        span: Span,
    },
    /// The head of a `for`.
    Loop {
        /// What is iterated.
        iter: TermId,
        /// When there is another element.
        body: NodeId,
        /// When there is none.
        exit: NodeId,
    },
    /// `return value`, or the end of the body.
    Return {
        /// The value; none for a bare `return` and the end of the body.
        value: Option<TermId>,
        /// The statement.
        span: Span,
    },
    /// `raise exc from cause`
    Raise {
        /// The exception; none for a bare `raise`.
        exc: Option<TermId>,
        /// Its cause; none where none is named.
        cause: Option<TermId>,
        /// The statement.
        span: Span,
    },
}

/// An argument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArgTerm {
    /// How it is passed.
    pub kind: ArgKind,
    /// What is passed.
    pub value: TermId,
    /// The value's place.
    pub span: Span,
}

/// An element of a list, tuple or set display.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Element {
    /// The value.
    pub value: TermId,
    /// Whether it is `*value`.
    pub star: bool,
    /// Its place.
    pub span: Span,
}

/// An entry of a dict display.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The key; none for `**value`.
    pub key: Option<TermId>,
    /// The value.
    pub value: TermId,
    /// The key's place (the value's for `**`).
    pub key_span: Span,
    /// The value's place.
    pub span: Span,
}

/// A constant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Const {
    /// `None`
    None,
    /// `True`, `False`
    Bool(bool),
    /// `...`
    Ellipsis,
    /// An integer of 64 bits.
    Int(i64),
    /// A larger integer, in decimal or as written.
    BigInt(Box<str>),
    /// A float.
    Float(f64),
    /// A string. The password of a URL (`scheme://user:password@…`) is replaced by `*`.
    Str(Box<str>),
    /// Bytes.
    Bytes(Box<[u8]>),
}

/// A literal that looks like a credential. Its text never enters facts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SecretLit {
    /// Length in bytes.
    pub length: u32,
    /// Shannon entropy in bits per byte, times ten.
    pub entropy: u16,
    /// Number of different characters.
    pub distinct: u16,
    /// What it looks like.
    pub shape: SecretShape,
    /// The words before the random part, with their separators: `sk_live_`, `django-insecure-`,
    /// `Bearer `. Often empty.
    pub prefix: Box<str>,
    /// First 8 bytes of a digest, for equality only.
    pub digest: u64,
    /// Whether it was a bytes literal.
    pub bytes: bool,
}

/// What a credential literal looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretShape {
    /// Three base64url parts, the first a JSON object: RFC 7519.
    Jwt,
    /// `-----BEGIN … PRIVATE KEY-----`: RFC 7468.
    PrivateKey,
    /// Hexadecimal digits.
    Hex,
    /// A mixture of letters, digits and perhaps signs, without words.
    Random,
}

/// Operators on values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Op {
    /// `a op b`, left to right.
    Binary(BinOp),
    /// `op a`
    Unary(UnaryOp),
    /// `a and b`, `a or b`
    Bool(BoolOp),
    /// One comparison of two operands. `a < b < c` is an `and` of two.
    Compare(CmpOp),
    /// A `case` test: the subject, then the values its pattern compares with.
    Case,
    /// A field of an f-string that is not the value's plain text: the value and, if there is
    /// one, the text of the format. The letter is the conversion (`!r`); `=` is `{value=}`.
    Format(Option<char>),
}

/// Kinds of sequence displays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are Python's collections")]
pub enum SeqKind {
    List,
    Tuple,
    Set,
}

/// Under which condition a phi has an operand: the test and the side taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Guard {
    /// The test.
    pub test: TermId,
    /// The side.
    pub value: bool,
}

/// Why a term says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Why {
    /// Source that could not be parsed.
    Syntax,
    /// Over a limit.
    Limit,
    /// A name that is not bound on this path.
    Unbound,
    /// A construct facts do not describe.
    Construct,
}

/// A value in the making.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Term {
    /// A constant.
    Const(Const),
    /// A literal credential.
    Secret(SecretLit),
    /// The n-th parameter of this function.
    Param(u32),
    /// A name of the module (or a builtin), looked up when evaluated.
    Global(Symbol),
    /// A local name of an enclosing function, looked up when evaluated.
    Free(FnId, Symbol),
    /// What an import binds.
    Import(ImportId),
    /// `object.name`
    Attr(TermId, Symbol),
    /// `object[key]`
    Item(TermId, TermId),
    /// `lower:upper:step`
    Slice([Option<TermId>; 3]),
    /// A call.
    Call {
        /// What is called.
        func: TermId,
        /// Arguments in source order.
        args: Box<[ArgTerm]>,
    },
    /// A list, tuple or set display.
    Seq {
        /// Which.
        kind: SeqKind,
        /// Its elements.
        items: Box<[Element]>,
    },
    /// A dict display.
    Dict(Box<[Entry]>),
    /// An f-string: the parts' texts, one after the other.
    Concat(Box<[TermId]>),
    /// An operator.
    Op(Op, Box<[TermId]>),
    /// One of these, by control flow (also `a if t else b`). No guard: not known which.
    Phi(Box<[(Option<Guard>, TermId)]>),
    /// A function or lambda.
    Closure(FnId),
    /// A class.
    Class(ClassId),
    /// The exception an `except` clause caught.
    Caught(
        /// The class or tuple of classes; none for a bare `except`.
        Option<TermId>,
    ),
    /// `await value`
    Await(TermId),
    /// What `yield value` evaluates to.
    Yield(Option<TermId>),
    /// `yield from value`
    YieldFrom(TermId),
    /// An element of an iterated value.
    Iter(TermId),
    /// The n-th part of an unpacked value; from the end when negative.
    Unpack(TermId, i32),
    /// The rest of an unpacked value (`*rest`), or what a `case` pattern captures inside its
    /// subject.
    UnpackRest(TermId),
    /// What `with value as …` binds.
    Enter(TermId),
    /// A comprehension. Its own names are `Iter` terms inside `key` and `elt`.
    Comp {
        /// What it builds.
        kind: CompKind,
        /// The key of a dict comprehension.
        key: Option<TermId>,
        /// The element (or dict value).
        elt: TermId,
        /// What is iterated, in order.
        iters: Box<[TermId]>,
        /// Its `if` conditions.
        tests: Box<[TermId]>,
    },
    /// A local container after a mutation.
    Update {
        /// The container before.
        base: TermId,
        /// Keys from the container to the part that changes; empty: the container itself.
        path: Box<[TermId]>,
        /// The mutation.
        op: Mutation,
    },
    /// A local container after it was passed to a call that may change it.
    Escaped {
        /// The container before.
        base: TermId,
        /// The call.
        call: TermId,
    },
    /// Nothing is known.
    Unknown(Why),
}

/// How a container changes in place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Mutation {
    /// `[key] = value`
    Set {
        /// The key.
        key: TermId,
        /// The value.
        value: TermId,
        /// The value's place.
        span: Span,
    },
    /// `del [key]`
    Delete(TermId),
    /// A method of Python's own containers that changes them: `update`, `append`, …
    Method {
        /// Its name.
        name: Symbol,
        /// The call's arguments.
        args: Box<[ArgTerm]>,
        /// The call.
        call: TermId,
    },
}

/// A suppression comment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// Rule ids in the brackets.
    pub rules: Vec<String>,
    /// The text after the bracket, trimmed.
    pub reason: String,
    /// `ignore-file`
    pub whole_file: bool,
    /// Whether it has the form of a suppression; a malformed one hides nothing and is reported.
    pub well_formed: bool,
    /// Whether only white space stands before it on its line.
    pub own_line: bool,
    /// Absolute byte range of the comment.
    pub range: (u32, u32),
}
