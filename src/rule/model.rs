//! Compiled rules: what the loader makes of TOML and the evaluators work on.
//!
//! All names are [`Symbol`]s of [`RuleSet::names`]; link starts its interner from a copy of it,
//! so patterns and project code compare names as integers.

use std::sync::Arc;

use super::entity::EntityKind;
use super::lazy_regex::LazyRegex;
use super::library::Library;
use super::meta::RuleMeta;
use crate::base::{Interner, Symbol, define_id};
use crate::facts::{Const, Op, SeqKind};
use crate::finding::{Confidence, Safety, Severity};

define_id! {
    /// A metavariable of one [`RuleMatch`] (or [`super::library::Concept`]): an index into its `vars`.
    pub VarId
}

/// All rules of a run and the library models they build on.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// Rules sorted by id.
    pub rules: Vec<Rule>,
    /// Library models, concepts, vocabulary.
    pub library: Library,
    /// Every name that patterns and models mention.
    pub names: Interner,
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What it tells people.
    pub meta: RuleMeta,
    /// Its branches: each one reports on its own.
    pub matches: Vec<RuleMatch>,
    /// Changes of severity or confidence that depend on the project or the match.
    pub adjusts: Vec<Adjust>,
    /// How to mend it with one stack.
    pub remedies: Vec<Remedy>,
}

/// One branch of a rule.
#[derive(Debug, Clone)]
pub struct RuleMatch {
    /// The metavariables, by [`VarId`]; the name without `$`. All branches of a rule have the
    /// same table, so that its adjustments can speak of the captures of any of them; a branch
    /// leaves those without a value that it does not bind. A `$_` where the model needs a
    /// variable is one of its own, named `_`.
    pub vars: Vec<String>,
    /// What is looked at.
    pub subject: Subject,
    /// Conditions on captured values, and-ed.
    pub wheres: Vec<Where>,
    /// Values bound from the project's settings.
    pub lets: Vec<(VarId, SettingPath)>,
    /// Things that must exist.
    pub present: Vec<Clause>,
    /// Things that must not exist.
    pub missing: Vec<Clause>,
    /// Project conditions that must hold.
    pub when: Vec<Condition>,
    /// Project conditions that must not hold.
    pub unless: Vec<Condition>,
    /// The place reported.
    pub at: At,
    /// One finding per value.
    pub once_per: Option<OncePer>,
    /// What says where the branch sees something stored: SQL, a table or a collection.
    pub stored_in: Option<VarId>,
    /// The message, with `{$X}` for captured values (masked where secret).
    pub message: Template,
    /// How to mend it (the rule's, or the branch's own).
    pub fix: Template,
    /// Whether the fix is the branch's own.
    pub own_fix: bool,
    /// Severity of the branch.
    pub severity: Severity,
    /// Confidence of the branch.
    pub confidence: Confidence,
    /// CWE numbers of the branch.
    pub cwe: Vec<u32>,
    /// Ids of Django's own checks that report exactly what the branch does.
    pub django_checks: Vec<Arc<str>>,
    /// Changes that mend it: alternatives, the best first.
    pub edits: Vec<EditRule>,
}

/// A change of code that mends a finding.
#[derive(Debug, Clone)]
pub struct EditRule {
    /// What it does.
    pub title: String,
    /// What it promises.
    pub safety: Safety,
    /// What changes: the subject, or a captured value.
    pub at: Option<VarId>,
    /// The items, or entries by their key, of what is there that are meant.
    pub item: Option<Pred>,
    /// Conditions on captured values, and-ed.
    pub wheres: Vec<(VarId, Pred)>,
    /// Project conditions that must hold.
    pub when: Vec<Condition>,
    /// Project conditions that must not hold.
    pub unless: Vec<Condition>,
    /// What it does there.
    pub action: EditAction,
    /// Names in its code, and the dotted paths of what they stand for.
    pub imports: Vec<(String, String)>,
}

/// What an edit does.
#[derive(Debug, Clone)]
pub enum EditAction {
    /// Other code in place of an expression.
    Replace(Template),
    /// A keyword argument of a call.
    Argument {
        /// The keyword.
        name: String,
        /// Its value.
        value: Template,
    },
    /// Drops an item, entry or argument.
    Delete,
    /// Entries of a dict.
    Keys(Vec<(String, Template)>),
    /// A statement before or after the one with the match.
    Statement {
        /// Whether it goes before.
        before: bool,
        /// The statement.
        code: Template,
    },
}

/// What a branch looks at. Exactly one per branch.
#[derive(Debug, Clone)]
pub enum Subject {
    /// Code.
    Pattern(PatternSubject),
    /// An effective setting; several paths are old and new spellings of one setting.
    Setting(Vec<SettingPath>),
    /// Something the project model knows: a class, connection, field, route, file.
    Entity(EntitySubject),
    /// A labelled value that reaches a sink.
    Taint(TaintSubject),
}

/// `taint = { from = ["bearer"], to = ["log"] }`: a value with one of the labels that gets to one
/// of the sinks.
#[derive(Debug, Clone)]
pub struct TaintSubject {
    /// Labels; a prefix means all below it.
    pub from: Vec<Symbol>,
    /// Names of sinks.
    pub to: Vec<Symbol>,
    /// Binds the value where it comes from.
    pub source: VarId,
    /// Binds what is reached: a call, or the value that is stored or returned.
    pub sink: VarId,
}

/// A code pattern with its circumstances.
#[derive(Debug, Clone)]
pub struct PatternSubject {
    /// Alternatives.
    pub patterns: Vec<Pattern>,
    /// When the code runs; none: whenever.
    pub runs: Option<Runs>,
    /// Only the paths that leave the match by its exception.
    pub on_exception: bool,
}

/// When code runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runs {
    /// At module level, or in what module level always calls.
    Import,
    /// While a request is served.
    Request,
    /// In a task queue.
    Task,
    /// From a command line.
    Cli,
}

/// `connection = { engine = "cockroachdb", host.local = false }`, `class = "a.b.Base"`: things of
/// one kind, and what must hold for their attributes.
#[derive(Debug, Clone)]
pub struct EntitySubject {
    /// Which things.
    pub kind: EntityKind,
    /// Dotted paths: the thing's class is one of these or has it among its bases; empty: any.
    pub of: Vec<Vec<Symbol>>,
    /// For files: key paths below the document, alternatives; empty: the document itself.
    pub keys: Vec<Vec<PathKey>>,
    /// Conditions on attributes, and-ed.
    pub wheres: Vec<Where>,
    /// For routes: the handler, or what it calls, evaluates one of these; empty: whatever.
    pub does: Vec<Pattern>,
    /// For routes: the handler returns some such value.
    pub returns: Option<Pred>,
    /// Binds the thing.
    pub var: VarId,
}

/// A path of settings keys: `CACHES[$A].BACKEND`, `SIMPLE_JWT.SIGNING_KEY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingPath(
    /// The first segment is always a [`PathKey::Name`].
    pub Vec<PathKey>,
);

/// One segment of a [`SettingPath`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathKey {
    /// A fixed key.
    Name(String),
    /// Every key, bound to a metavariable (already bound: that key).
    Var(VarId),
}

/// A pattern over code.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// The statements or the expression.
    pub kind: PatternKind,
    /// As written in the pack, for explanations.
    pub text: Arc<str>,
}

/// What a pattern looks for.
#[derive(Debug, Clone)]
pub enum PatternKind {
    /// An expression: a call, or any other expression where it is used.
    Expr(Pat),
    /// `target = value`, also `target op= value` (then `value` is the operation).
    Assign {
        /// A name, attribute, item or metavariable.
        target: Pat,
        /// The value.
        value: Pat,
    },
    /// `del target`
    Delete(Pat),
    /// `return value`
    Return(Option<Pat>),
    /// `raise exc`
    Raise(Option<Pat>),
    /// A decorated function or method.
    Function {
        /// Each must be among its decorators.
        decorators: Vec<Pat>,
        /// Binds the function; a fixed name must be equal.
        name: NamePat,
    },
}

/// The name in a function pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamePat {
    /// `$F`
    Var(VarId),
    /// `$_`
    Any,
    /// A fixed name.
    Fixed(Symbol),
}

/// A pattern over values.
#[derive(Debug, Clone)]
pub enum Pat {
    /// `$_`
    Any,
    /// `$X`
    Var(VarId),
    /// A constant.
    Const(Const),
    /// A library, builtin or project path: `jwt.decode`. Compared after imports are resolved.
    Path(Vec<Symbol>),
    /// `pattern.name`
    Attr(Box<Pat>, Symbol),
    /// `pattern.$X`: any attribute, its name bound as a string.
    AttrVar(Box<Pat>, VarId),
    /// `pattern[key]`
    Item(Box<Pat>, Box<Pat>),
    /// A call. Arguments are bound through the callee's declared signature where there is one.
    Call {
        /// What is called.
        func: Box<Pat>,
        /// The arguments named in the pattern.
        args: Vec<ArgPat>,
        /// `...` among them: further arguments are allowed.
        open: bool,
    },
    /// `@concept(role=pattern)`: open, unnamed roles are free.
    Concept {
        /// The concept's name, e.g. `jwt.verify`.
        name: Symbol,
        /// Roles and what they must match.
        roles: Vec<(Symbol, Pat)>,
    },
    /// A dict: in any order; `...` allows further entries.
    Dict {
        /// Keys and values.
        entries: Vec<(Pat, Pat)>,
        /// `...` among them.
        open: bool,
    },
    /// A sequence. `None` as kind: list or tuple (patterns write either).
    Seq {
        /// Set, or list/tuple.
        kind: Option<SeqKind>,
        /// The items in order; `None` is `...`: any number of items.
        items: Vec<Option<Pat>>,
    },
    /// An operator.
    Op(Op, Vec<Pat>),
    /// One of several.
    Alt(Vec<Pat>),
}

/// An argument in a call pattern.
#[derive(Debug, Clone)]
pub struct ArgPat {
    /// The keyword; none: by position (counted among the positional ones).
    pub name: Option<Symbol>,
    /// What it must match.
    pub value: Pat,
}

/// A condition on one captured value.
#[derive(Debug, Clone)]
pub struct Where {
    /// Which value.
    pub subject: WhereSubject,
    /// What must hold.
    pub pred: Pred,
}

/// What a `where` speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhereSubject {
    /// `where.X`
    Var(VarId),
    /// `where.value`, `where.name`, `where.bases`, … : an attribute of the subject's entity.
    Attr(String),
}

/// A predicate over a value. Each answers yes, no or unknown.
#[derive(Debug, Clone)]
pub enum Pred {
    /// Equal to a constant.
    Eq(Const),
    /// Equal to one of these.
    In(Vec<Const>),
    /// The text matches.
    Regex(LazyRegex),
    /// The text starts with this.
    Prefix(String),
    /// A dotted path to something that can, or cannot, be imported.
    Importable(bool),
    /// A number (durations in seconds) below.
    Lt(f64),
    /// A number (durations in seconds) above.
    Gt(f64),
    /// Characters or items.
    Length(Box<Pred>),
    /// UTF-8 bytes of a text, or bytes.
    Bytes(Box<Pred>),
    /// Different characters, or different items.
    Distinct(Box<Pred>),
    /// Python's `bool(value)`.
    Truthy(bool),
    /// A function, or a dotted string naming one, that can be called so.
    Accepts {
        /// Number of positional arguments.
        positional: usize,
        /// Keyword arguments.
        keywords: Vec<Symbol>,
    },
    /// How the value is given.
    Is(Vec<Is>),
    /// An instance of one of these types (subclasses too); also `str`, `dict`, …
    Type(Vec<Vec<Symbol>>),
    /// An instance of one of these types, and of none below it.
    ExactType(Vec<Vec<Symbol>>),
    /// A class or function (or a dotted string naming one) with one of these paths.
    Import(Vec<Vec<Symbol>>),
    /// A string, or the spelling of a name, that means one of these vocabulary entries.
    Name(Vec<Symbol>),
    /// A secret written into the code.
    Secret(SecretIs),
    /// Carries one of these labels; with `at`, the part below that key does.
    Label {
        /// Label names; a prefix (`request`) means all below it.
        labels: Vec<Symbol>,
        /// Key path below the value (`at = "$K"` or `at = "exp"`).
        at: Vec<PathKey>,
    },
    /// Made by something that matches.
    Origin(Box<Pattern>),
    /// Some item of a collection.
    Item(Box<Pred>),
    /// Every item (and the collection is known whole).
    AllItems(Box<Pred>),
    /// No item, and the collection is known whole.
    LacksItem(Box<Pred>),
    /// Some key of a dict.
    Key(Box<Pred>),
    /// No key, and the dict is known whole.
    LacksKey(Box<Pred>),
    /// Some value of a dict.
    Value(Box<Pred>),
    /// No value, and the dict is known whole.
    LacksValue(Box<Pred>),
    /// The value under a constant key of a dict (`attr.NAME` on dicts) or an attribute of an instance or class.
    Attr(String, Box<Pred>),
    /// A part of a URL.
    Url(UrlPart, Box<Pred>),
    /// SQL text that contains this token pattern.
    Sql(SqlPattern),
    /// A function whose every return value satisfies this.
    Returns(Box<Pred>),
    /// A function that always evaluates this.
    Executes(Box<Pattern>),
    /// The same value as another metavariable.
    Same(VarId),
    /// `"$X"` as the value of an attribute: captured, or the same as what was captured before.
    Capture(VarId),
    /// A host on this machine: a loopback name or address, or the path of a socket.
    Local(bool),
    /// A class (or an object of one) with a field whose attributes satisfy this.
    Field(Vec<Where>),
    /// Not.
    Not(Box<Pred>),
    /// One of.
    Any(Vec<Pred>),
    /// All of.
    All(Vec<Pred>),
}

/// How a value is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Is {
    /// Written in the code (a constant, or a display of constants).
    Literal,
    /// `None`
    None,
    /// Read from an environment variable that nothing sets, and `None` because of that.
    Unset,
    /// The object `True`: no other value that is true or equal to it.
    True,
    /// Read from the environment, whatever its default.
    Env,
    /// A parameter of the enclosing function.
    Param,
    /// A parameter of a decorator: of a function that returns one that is defined in it.
    Decorated,
    /// Not given at all and without a default.
    Absent,
    /// Taken from a setting of the framework (`settings.X`, `app.config["X"]`).
    Setting,
}

/// What kind of secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretIs {
    /// A literal that is not a placeholder.
    Literal,
    /// A literal that stands for a secret to be filled in (`<token>`, `xxxx`).
    Placeholder,
    /// A literal that says how something is done: a number, a flag, a duration, a rate.
    Parameter,
    /// A literal that may be a secret, judged by itself: no placeholder, no parameter, no
    /// sentence, and nothing that only says what belongs there.
    Plausible,
    /// A literal that looks like a credential whatever it is called.
    Random,
}

/// Parts of a URL (RFC 3986), as `urllib.parse` names them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are RFC 3986's")]
pub enum UrlPart {
    Scheme,
    User,
    Password,
    Host,
    Port,
    Path,
    /// `url.query.K`: the last value of that key; absent when the key is not there.
    Query(String),
}

/// A token pattern over SQL: keywords compared without case, `$T` binds an identifier,
/// `...` skips any tokens.
#[derive(Debug, Clone)]
pub struct SqlPattern {
    /// The parts in order.
    pub parts: Vec<SqlPart>,
}

/// One part of a [`SqlPattern`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SqlPart {
    /// A word or sign, in upper case.
    Token(String),
    /// `$T`: an identifier (quotes and schema removed), bound as a string.
    Var(VarId),
    /// `...`
    Skip,
}

/// Something else that must or must not exist.
#[derive(Debug, Clone)]
pub struct Clause {
    /// What.
    pub what: ClauseWhat,
    /// Conditions on its captures, and-ed.
    pub wheres: Vec<Where>,
    /// Where to look.
    pub scope: Scope,
    /// For `present`: whether one path is enough.
    pub some_path: bool,
    /// Whether it only counts where its answer decides what happens next.
    pub decides: bool,
}

/// What a clause looks for.
#[derive(Debug, Clone)]
pub enum ClauseWhat {
    /// Code.
    Pattern(Vec<Pattern>),
    /// A setting that is set (in code; defaults do not count).
    Setting(Vec<SettingPath>),
    /// Something the project model knows.
    Entity(EntitySubject),
}

impl Scope {
    /// Whether it speaks of the ways through a function.
    pub fn has_ways(self) -> bool {
        matches!(self, Self::Before | Self::After | Self::Around | Self::Controlled | Self::Try)
    }
}

/// Where a clause looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Anywhere in production code.
    Project,
    /// In the same module.
    Module,
    /// In the same class.
    Class,
    /// In the same function.
    Function,
    /// On the way from the function's entry to the match.
    Before,
    /// On the way from the match to a normal exit.
    After,
    /// On the way through the match, on either side.
    Around,
    /// On one side only of the branch that the match decides.
    Controlled,
    /// In the body of the same `try`.
    Try,
    /// Anywhere in the chain of a request that leads there: hooks, middleware, decorators,
    /// handler, and what these call.
    Handler,
}

/// A condition on the project.
#[derive(Debug, Clone)]
pub enum Condition {
    /// A framework is used: the name of a library stack entry.
    Framework(Vec<String>),
    /// A database is used.
    Database(Vec<String>),
    /// A package is imported or required, with an optional version range.
    Package(String),
    /// The finding lies in one of these profiles: `production`, `development`, `test`.
    Profile(Vec<String>),
    /// Whether anything says that the project is deployed.
    Deployed(bool),
    /// Another thing exists.
    Clause(Clause),
    /// A condition on a captured value.
    Where(Where),
}

/// How to mend something where the project has a certain stack.
#[derive(Debug, Clone)]
pub struct Remedy {
    /// Must all hold.
    pub when: Vec<Condition>,
    /// Takes the place of the rule's own fix.
    pub fix: Template,
}

/// A change of severity or confidence.
#[derive(Debug, Clone)]
pub struct Adjust {
    /// Must all hold.
    pub when: Vec<Condition>,
    /// Conditions on captures by name (branches without that capture are not adjusted).
    pub wheres: Vec<(String, Pred)>,
    /// New severity.
    pub severity: Option<Severity>,
    /// New confidence.
    pub confidence: Option<Confidence>,
    /// Why, shown with the finding.
    pub because: String,
}

/// The place a finding reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Where the subject is.
    Subject,
    /// Where a captured value is given.
    Var(VarId),
    /// Where the first `present` clause was found.
    Present,
}

/// What findings are counted per.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OncePer {
    /// One per value of a capture.
    Var(VarId),
    /// One in all.
    Project,
}

/// Text with captured values in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template {
    /// The parts in order.
    pub parts: Vec<TemplatePart>,
}

/// One part of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplatePart {
    /// Literal text.
    Text(String),
    /// `{$X}`
    Var(VarId),
}
