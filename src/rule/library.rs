//! Library models: what `rules/lib/*.toml` says about the world outside the project.

use super::connection_models::{ConnectionModel, EngineModel};
use super::data_model::DataModel;
use super::flow_models::{
    CaughtModel, DocumentsModel, ErrorHandlerModel, LabelModel, RowsModel, SanitizerModel,
    SinkModel, SourceModel, StoreModel,
};
use super::lazy_regex::LazyRegex;
use super::model::{Pat, PathKey, Pattern, VarId, Where};
use super::routing::Routing;
use crate::base::{FxHashMap, FxHashSet, Symbol};
use crate::facts::Const;
use crate::syntax::ast::ParamKind;
use crate::syntax::document::DocumentKind;

/// Everything `rules/lib` declares.
#[derive(Debug, Default)]
pub struct Library {
    /// Call models by dotted path of the callee; several for version ranges.
    pub calls: FxHashMap<Vec<Symbol>, Vec<CallModel>>,
    /// Paths that a configuration speaks of. They may name the project's own functions; what
    /// packs speak of never does.
    pub declared: FxHashSet<Vec<Symbol>>,
    /// Concepts by name.
    pub concepts: FxHashMap<Symbol, Concept>,
    /// Vocabulary by name.
    pub words: FxHashMap<Symbol, Vocabulary>,
    /// Types by dotted path.
    pub types: FxHashMap<Vec<Symbol>, TypeModel>,
    /// Other spellings of a path: `jwt.api_jwt.decode` → `jwt.decode`. Longest prefix wins.
    pub aliases: FxHashMap<Vec<Symbol>, Vec<Symbol>>,
    /// Settings keys by name, per framework.
    pub keys: Vec<KeyModel>,
    /// Parameters whose name alone tells their type (`request` in a Django project).
    pub params: Vec<ParamModel>,
    /// Frameworks, databases and other parts of a stack, and how they are recognised.
    pub stacks: Vec<StackModel>,
    /// Values that carry labels by themselves.
    pub sources: Vec<SourceModel>,
    /// Functions that remove or change labels.
    pub sanitizers: Vec<SanitizerModel>,
    /// Exceptions whose text carries labels where they are caught.
    pub caught: Vec<CaughtModel>,
    /// Settings that name functions which get the exceptions of requests.
    pub error_handlers: Vec<ErrorHandlerModel>,
    /// Stores of values by keys.
    pub stores: Vec<StoreModel>,
    /// Documents without declared fields.
    pub documents: Vec<DocumentsModel>,
    /// Places that labelled values must not reach.
    pub sinks: Vec<SinkModel>,
    /// Ways to read the environment: calls and item accesses.
    pub environment: Vec<EnvModel>,
    /// Objects that hold settings.
    pub settings: Vec<SettingsModel>,
    /// Extensions that configure the application they are given.
    pub extensions: Vec<ExtensionModel>,
    /// Files that set environment variables.
    pub deployments: Vec<DeploymentModel>,
    /// How rows of data classes are got.
    pub rows: Vec<RowsModel>,
    /// What marks code that only tests run.
    pub test_code: TestCode,
    /// Kinds of classes whose attributes are fields.
    pub data_models: Vec<DataModel>,
    /// Label names, sorted.
    pub labels: Vec<Symbol>,
    /// What is said of them.
    pub label_models: FxHashMap<Symbol, LabelModel>,
    /// Ways to spell a connection to a database.
    pub connections: Vec<ConnectionModel>,
    /// Kinds of databases.
    pub engines: Vec<EngineModel>,
    /// How requests get to code.
    pub routing: Routing,
}

impl Library {
    /// The top-level names of everything modelled: `jwt`, `django`, …
    pub fn heads(&self) -> FxHashSet<Symbol> {
        let calls = self.calls.keys();
        calls.chain(self.types.keys()).filter(|p| p.len() > 1).map(|path| path[0]).collect()
    }
}

/// A library function or method.
#[derive(Debug, Clone)]
pub struct CallModel {
    /// Requirement on the package, e.g. `pyjwt>=2`; none: any version.
    pub package: Option<String>,
    /// Parameters in order.
    pub params: Vec<ParamDecl>,
    /// Concepts this call is.
    pub is: Vec<Symbol>,
    /// Role → where its value comes from.
    pub roles: FxHashMap<Symbol, RoleExpr>,
    /// The call is the concept only if this does not hold.
    pub unless: Option<RoleCond>,
    /// Type of the result (dotted path).
    pub returns_type: Option<Vec<Symbol>>,
    /// Labels of the result.
    pub returns_labels: Vec<Symbol>,
    /// Exceptions it raises.
    pub raises: Vec<Vec<Symbol>>,
    /// A number of seconds its constructor arguments make (`timedelta`): factor per parameter.
    pub seconds: FxHashMap<Symbol, f64>,
    /// The result is the value of this parameter (`str(x)`, `mark_safe(x)`).
    pub returns_param: Option<Symbol>,
    /// That parameter is text, and the result what it says when it is read as `json`, `python`
    /// (a literal), `bool`, `int`, `float` or `list`.
    pub parsed: Option<String>,
    /// The call does not return (`sys.exit`, `abort`).
    pub never_returns: bool,
    /// Parameters (or `receiver`) whose content the result holds, at the same keys.
    pub passes: Vec<Symbol>,
    /// Parameters (or `receiver`) of whose items the result is one.
    pub elements: Vec<Symbol>,
    /// Parameters (or `receiver`) that the result lists as iteration gives them.
    pub iterates: Vec<Symbol>,
    /// The result is the function that this parameter is, with the other arguments given.
    pub binds: Option<Symbol>,
    /// As a decorator: the function is called by what this parameter is (a signal).
    pub subscribes: Option<Symbol>,
    /// Parameters (or `receiver`) that the text of the result shows.
    pub renders: Vec<Symbol>,
    /// Whether the result is a text that shows the exception that is being handled.
    pub shows_caught: bool,
    /// Parameters (or `receiver`) that are called, with what the other arguments are.
    pub calls: Vec<Symbol>,
    /// The result holds the fields of the object that this parameter (or `receiver`) is.
    pub fields_of: Option<Symbol>,
    /// As a decorator: the function gets exceptions of the class that this parameter is.
    pub handles: Option<Symbol>,
    /// Not a decorator: this parameter is the function that is registered.
    pub registers: Option<Symbol>,
}

/// A declared parameter.
#[derive(Debug, Clone)]
pub struct ParamDecl {
    /// Its name.
    pub name: Symbol,
    /// How it may be passed.
    pub kind: ParamKind,
    /// Its declared default.
    pub default: Option<DefaultValue>,
}

/// A default in a signature: a constant, or an empty or constant display.
#[derive(Debug, Clone, PartialEq)]
pub enum DefaultValue {
    /// A constant.
    Const(Const),
    /// `[…]`, `(…)`
    Seq(Vec<DefaultValue>),
    /// `{…}`
    Dict(Vec<(Const, DefaultValue)>),
}

/// Where a role's value comes from: `algorithms`, `options.require ?? []`, `receiver`, a constant.
#[derive(Debug, Clone)]
pub struct RoleExpr {
    /// What it starts from.
    pub root: RoleRoot,
    /// Keys below it.
    pub path: Vec<String>,
    /// What it is when the path is absent.
    pub default: Option<DefaultValue>,
}

/// What a [`RoleExpr`] starts from.
#[derive(Debug, Clone, PartialEq)]
pub enum RoleRoot {
    /// A parameter.
    Param(Symbol),
    /// The object a method is called on.
    Receiver,
    /// The call's result.
    Result,
    /// A metavariable of the concept's pattern.
    Var(VarId),
    /// A constant.
    Const(DefaultValue),
}

/// `options.verify_signature == False`
#[derive(Debug, Clone)]
pub struct RoleCond {
    /// The left side.
    pub left: RoleExpr,
    /// The right side.
    pub right: Const,
    /// `!=` instead of `==`.
    pub negated: bool,
}

/// A named set of calls and patterns with roles.
#[derive(Debug, Clone, Default)]
pub struct Concept {
    /// Library calls that declare to be it, by dotted path.
    pub calls: Vec<Vec<Symbol>>,
    /// Patterns that are it.
    pub patterns: Vec<ConceptPattern>,
    /// All role names.
    pub roles: Vec<Symbol>,
}

/// A pattern of a concept.
#[derive(Debug, Clone)]
pub struct ConceptPattern {
    /// Its metavariables.
    pub vars: Vec<String>,
    /// The pattern.
    pub pattern: Pattern,
    /// Conditions on its metavariables.
    pub wheres: Vec<Where>,
    /// Role → where its value comes from.
    pub roles: FxHashMap<Symbol, RoleExpr>,
}

/// Words that mean something, and words that only look like it.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    /// Word sequences (identifier split at `_`, case changes and digits; lower case), matched
    /// anywhere inside an identifier unless `whole`.
    pub words: Vec<Vec<String>>,
    /// Word sequences that must be the whole identifier.
    pub whole: Vec<Vec<String>>,
    /// Word sequences that make an identifier not mean it.
    pub except: Vec<Vec<String>>,
    /// Exceptions only at the end (`_hash`, `_url`).
    pub except_suffix: Vec<Vec<String>>,
    /// Exceptions only at the start (`num_`, `is_`).
    pub except_prefix: Vec<Vec<String>>,
    /// Other vocabularies that mean this one too.
    pub includes: Vec<Symbol>,
}

/// A library type.
#[derive(Debug, Clone, Default)]
pub struct TypeModel {
    /// Dotted paths of its bases.
    pub bases: Vec<Vec<Symbol>>,
    /// Types of attributes; a `*` entry (by name) is any other attribute.
    pub attrs: FxHashMap<Symbol, Vec<Symbol>>,
    /// Type of any attribute not listed (`db.users` of a pymongo database).
    pub any_attr: Option<Vec<Symbol>>,
    /// Type of an item (`db["users"]`).
    pub item: Option<Vec<Symbol>>,
    /// Type of what iteration yields.
    pub iter: Option<Vec<Symbol>>,
    /// Type of what `with` binds; none: itself.
    pub enter: Option<Vec<Symbol>>,
    /// Type of what calling an instance returns.
    pub call: Option<Vec<Symbol>>,
    /// Constant class attributes (`throttle_classes = ()`).
    pub values: FxHashMap<Symbol, DefaultValue>,
    /// Labels of attributes.
    pub labels: FxHashMap<Symbol, Vec<Symbol>>,
    /// The module whose names its other attributes are (`db.String` is `sqlalchemy.String`).
    pub exports: Option<Vec<Symbol>>,
    /// Whether the text of objects shows their fields (`dataclass`, as a decorator, also).
    pub shows_fields: bool,
    /// What a field of this type holds: `text`, `ciphertext`, …
    pub holds: Option<String>,
    /// Fields of objects, and their types, in the order they are declared.
    pub fields: Vec<(Symbol, Vec<Symbol>)>,
    /// Whether objects take the values of their fields from environment variables of the same
    /// names.
    pub environment: bool,
}

/// A settings key.
#[derive(Debug, Clone)]
pub struct KeyModel {
    /// The settings namespace: name of a [`StackModel`].
    pub framework: String,
    /// Dotted path, `SIMPLE_JWT.SIGNING_KEY`, `CACHES.*.BACKEND`.
    pub path: Vec<String>,
    /// Default in the current release.
    pub default: Option<DefaultValue>,
    /// Older defaults: package requirement and value.
    pub older: Vec<(String, DefaultValue)>,
    /// Older names of the same key.
    pub renamed_from: Vec<String>,
    /// Keys whose place is where an absent one belongs.
    pub near: Vec<String>,
    /// Attribute spellings on the application object (`app.secret_key`).
    pub attribute: Option<Symbol>,
    /// The application class or extension that puts the default into the configuration, so that
    /// `setdefault` after it does nothing.
    pub set_by: Option<Vec<Symbol>>,
    /// The package that reads the key, normalised: the default holds where it is in use.
    pub package: Option<String>,
}

/// A parameter whose name tells its type.
#[derive(Debug, Clone)]
pub struct ParamModel {
    /// The stack that must be in use.
    pub stack: Option<String>,
    /// Its name.
    pub name: Symbol,
    /// Its type.
    pub ty: Vec<Symbol>,
}

/// A framework, database or other part of a project's stack.
#[derive(Debug, Clone)]
pub struct StackModel {
    /// `django`, `flask`, `cockroachdb`, …
    pub name: String,
    /// What people call it.
    pub title: String,
    /// One of [`StackModel::KINDS`].
    pub kind: String,
    /// Packages whose import shows it (dotted prefixes).
    pub imports: Vec<Vec<Symbol>>,
    /// Requirement names that show it.
    pub requirements: Vec<String>,
    /// Patterns in strings (connection URLs, engines) that show it.
    pub strings: Vec<LazyRegex>,
    /// Metavariables of `patterns`.
    pub vars: Vec<String>,
    /// Patterns of code that show it.
    pub patterns: Vec<Pattern>,
    /// Kinds of files for production that show it.
    pub file_kinds: Vec<DocumentKind>,
    /// Patterns in paths of files for production that show it.
    pub files: Vec<LazyRegex>,
}

impl StackModel {
    /// The kinds of parts of a stack.
    pub const KINDS: [&str; 4] = ["framework", "database", "library", Self::DEPLOYMENT];
    /// What serves or ships the application: that it is there says that the project is deployed.
    pub const DEPLOYMENT: &str = "deployment";
}

/// What marks code that only tests run, wherever it stands.
#[derive(Debug, Clone, Default)]
pub struct TestCode {
    /// Decorators of functions that a test runner calls.
    pub decorators: Vec<Vec<Symbol>>,
    /// Where a project's files name modules that a test runner loads: tables from names to
    /// modules, or lines `name = module`.
    pub modules: Vec<Vec<PathKey>>,
}

/// A kind of file that sets environment variables of what is deployed.
#[derive(Debug, Clone)]
pub struct DeploymentModel {
    /// For explanations.
    pub name: String,
    /// Which kinds of files it is.
    pub kinds: Vec<DocumentKind>,
    /// Of these, the ones with such paths; none: all.
    pub path: Option<LazyRegex>,
    /// Keys at the root and the texts they must have.
    pub root: Vec<(String, String)>,
    /// Where variables are set: a table of them, or a list of `NAME=value` or of tables with
    /// `name` (or `key`) and `value`.
    pub variables: Vec<Vec<PathKey>>,
    /// Where variables are set whose values are not known from the file.
    pub unknown: Vec<Vec<PathKey>>,
    /// Where files with variables are named.
    pub files: Vec<Vec<PathKey>>,
    /// Whether `${NAME:-default}` in values is replaced.
    pub interpolates: bool,
    /// Whether tests run with it, whatever the path of the file says.
    pub tests: bool,
    /// Of files that set the same variable, the one with the highest rank decides.
    pub rank: i64,
}

/// A way to read the environment.
#[derive(Debug, Clone)]
pub struct EnvModel {
    /// Its metavariables: `K` is the key, `D` the default.
    pub vars: Vec<String>,
    /// `os.environ.get($K, $D)`, `os.environ[$K]`.
    pub pattern: Pat,
    /// How the text is turned into a value: `str`, `bool`, `int`, `float`, `list`, `url`, or `$C`'s type.
    pub cast: Option<String>,
    /// Default when none is given; absent: the variable is required.
    pub default: Option<DefaultValue>,
    /// What stands before the key in the variable's name; the key is the name of the attribute
    /// that the reader is assigned to, where none is given.
    pub prefix: Option<String>,
    /// Whether keywords of the reader's constructor declare variables: `NAME=(type, default)`.
    pub scheme: bool,
    /// What objects of these classes, given as `$C`, turn the text into.
    pub casts: Vec<(Vec<Symbol>, String)>,
}

/// An object that holds settings: `django.conf.settings`, `flask.current_app.config`.
#[derive(Debug, Clone)]
pub struct SettingsModel {
    /// The settings namespace: name of a [`StackModel`].
    pub framework: String,
    /// Reads of one key: `django.conf.settings.$K`, `flask.current_app.config[$K]`.
    pub reads: Vec<(Vec<String>, Pat)>,
    /// How a settings module is recognised: keys one of which it sets at module level.
    pub module_marks: Vec<String>,
    /// Keys of which one makes a settings module complete.
    pub complete_marks: Vec<String>,
    /// Module-name words that settings modules have (`settings`, `config`).
    pub module_words: Vec<String>,
    /// The environment variable that names the settings module.
    pub module_variable: Option<String>,
    /// Names of modules that start a server: the settings they name are in force in production.
    pub servers: Vec<String>,
    /// Classes whose subclasses are configurations: their attributes are the settings.
    pub classes: Vec<Vec<Symbol>>,
    /// The environment variable that names the configuration.
    pub class_variable: Option<String>,
    /// Functions that run files in the place of the settings module that calls them.
    pub includes: Vec<Vec<Symbol>>,
    /// The application type whose attribute holds the configuration (`flask.Flask`).
    pub app: Option<Vec<Symbol>>,
    /// That attribute (`config`).
    pub attribute: Option<Symbol>,
    /// Methods of the configuration that set keys: name → how (`update`, `mapping`, `object`).
    pub methods: FxHashMap<Symbol, String>,
    /// The parameter of those methods that makes a missing file no error.
    pub silent: Option<Symbol>,
    /// The prefix of environment variables when none is given.
    pub prefix: Option<String>,
    /// How commands name what a server serves: the groups `module`, `name` and `arguments`.
    pub served: Option<LazyRegex>,
    /// Functions that read a mapping from a file or a text (`json.load`).
    pub loaders: Vec<Vec<Symbol>>,
    /// The class attribute with what applications are configured with at first.
    pub initial: Option<Symbol>,
    /// The constructor's parameter that makes files belong to the instance …
    pub instance_param: Option<Symbol>,
    /// … and the folder in which they lie then.
    pub instance_folder: Option<String>,
    /// Words in the names of modules that a server starts (`wsgi`).
    pub start_words: Vec<String>,
}

/// An extension that configures the application it is given.
#[derive(Debug, Clone)]
pub struct ExtensionModel {
    /// The settings namespace: name of a [`StackModel`].
    pub framework: String,
    /// The calls that give it the application; the first is its class.
    pub calls: Vec<Vec<Symbol>>,
    /// Their parameter that takes the application.
    pub app: Symbol,
    /// Keys that it sets, in order.
    pub sets: Vec<ExtensionSet>,
}

/// A key that an extension sets.
#[derive(Debug, Clone)]
pub struct ExtensionSet {
    /// The key.
    pub key: String,
    /// To what.
    pub value: ExtensionValue,
    /// Only when this parameter is true.
    pub given: Option<Symbol>,
    /// Only while this key is not true.
    pub unless: Option<String>,
    /// While requests are served, after everything else; else when it is given the application.
    pub at_request: bool,
}

/// What an extension sets a key to.
#[derive(Debug, Clone)]
pub enum ExtensionValue {
    /// The value of a parameter.
    Param(Symbol),
    /// A constant.
    Const(DefaultValue),
}
