//! Library models of routing: how requests get to code, and what guards the way.
//!
//! The models work by patterns whose metavariables have fixed names, as those of `[[env]]` do:
//! `$URL`, `$METHODS`, `$ENDPOINT`, `$HANDLER`, `$PREFIX`, `$PARENT`, `$CHILD`, `$ROUTES`, …

use super::model::{Pattern, VarId, Where};
use crate::base::{FxHashMap, Symbol};

/// Everything the library says about routing.
#[derive(Debug, Default)]
pub struct Routing {
    /// Objects that routes are registered on.
    pub routers: Vec<RouterModel>,
    /// Ways to put one router below another.
    pub mounts: Vec<MountModel>,
    /// Ways to register a route.
    pub routes: Vec<RouteModel>,
    /// Lists of routes in modules.
    pub urls: Vec<UrlsModel>,
    /// Classes whose instances answer requests, by dotted path.
    pub views: FxHashMap<Vec<Symbol>, ViewModel>,
    /// What guards routes, in the order of the packs.
    pub guards: Vec<GuardModel>,
    /// What turns a request away: what is called, returned or raised.
    pub rejects: Vec<Form>,
}

impl Routing {
    /// The names of scripts that frameworks start with.
    pub fn scripts(&self) -> Vec<&str> {
        self.urls.iter().filter_map(|urls| urls.script.as_deref()).collect()
    }
}

/// A pattern with metavariables of fixed names.
#[derive(Debug, Clone)]
pub struct Form {
    /// What it looks for.
    pub pattern: Pattern,
    /// Its metavariables, by [`VarId`].
    pub vars: Vec<String>,
    /// Conditions on them.
    pub wheres: Vec<Where>,
}

impl Form {
    /// The metavariable of this name.
    pub fn var(&self, name: &str) -> Option<VarId> {
        let index = self.vars.iter().position(|var| var == name)?;
        u32::try_from(index).ok().map(VarId)
    }
}

/// An object that routes are registered on: an application, a blueprint, an API object.
#[derive(Debug, Clone)]
pub struct RouterModel {
    /// The stack entry it belongs to.
    pub framework: String,
    /// What makes one: `$PREFIX` is its prefix, `$PARENT` the router it is below at once.
    pub forms: Vec<Form>,
    /// Whether requests come in here.
    pub root: bool,
}

/// A way to put one router below another: `$CHILD` below the object called (or below `$PARENT`),
/// at `$PREFIX`.
#[derive(Debug, Clone)]
pub struct MountModel {
    /// The calls.
    pub forms: Vec<Form>,
    /// `$PREFIX` stands instead of the prefix of the child.
    pub replaces: bool,
}

/// How urls are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UrlSyntax {
    /// `<int:id>`
    Plain,
    /// A regular expression.
    Regex,
}

/// A way to register a route. Without `$HANDLER` it is a decorator.
#[derive(Debug, Clone)]
pub struct RouteModel {
    /// The stack entry it belongs to.
    pub framework: String,
    /// The calls.
    pub forms: Vec<Form>,
    /// Methods of requests where `$METHODS` says nothing.
    pub methods: Vec<String>,
    /// How `$URL` is written.
    pub syntax: UrlSyntax,
    /// The handler is a resource, which has all of these routes.
    pub expand: Vec<Expansion>,
    /// Keywords that the call may set on the handler's class (`permission_classes=…`).
    pub options: bool,
}

/// One route of a resource.
#[derive(Debug, Clone)]
pub struct Expansion {
    /// What comes after the resource's own url.
    pub url: String,
    /// Method of the class → method of the request.
    pub actions: Vec<(Symbol, String)>,
    /// Class attributes that name the parameter in `url`, in order of precedence.
    pub lookup: Vec<Symbol>,
    /// Exposed methods of the class ([`ViewModel::exposes`]) whose `$DETAIL` is this are below it.
    pub detail: Option<bool>,
}

/// Lists of routes in modules.
#[derive(Debug, Clone)]
pub struct UrlsModel {
    /// The stack entry it belongs to.
    pub framework: String,
    /// The setting that names the module of the first list.
    pub setting: Vec<String>,
    /// The name of the list in a module.
    pub variable: Symbol,
    /// The script that starts the framework, in the folder where imports start.
    pub script: Option<String>,
    /// The name of a module's namespace in it.
    pub namespace: Option<Symbol>,
    /// What stands for the routes in `$ROUTES`, below the route's own url.
    pub include: Vec<Form>,
    /// Calls that return the routes they are given as `$ROUTES`, and what they put before urls.
    pub lists: Vec<(Form, String)>,
    /// The attribute of a router that is the list of its routes.
    pub attribute: Symbol,
    /// The setting that lists what every request passes.
    pub middleware: Vec<String>,
    /// Methods of the latter that see the request.
    pub gates: Vec<Symbol>,
    /// The attribute of the latter by which they hand the request on.
    pub next: Option<Symbol>,
}

/// A class whose instances answer requests.
#[derive(Debug, Clone, Default)]
pub struct ViewModel {
    /// Class methods that make a handler of it.
    pub as_view: Vec<Symbol>,
    /// Methods → methods of requests they answer.
    pub methods: Vec<(Symbol, String)>,
    /// Methods that the library implements.
    pub provides: Vec<Symbol>,
    /// The first argument of `as_view` maps methods of requests to methods.
    pub action_map: bool,
    /// Decorators that make a method of it a route of its own.
    pub exposes: Vec<Form>,
    /// Methods of requests of these where they say nothing.
    pub exposed_methods: Vec<String>,
    /// Attributes that hold its prefix, the first that is set; a `{}` in the template after `=`
    /// is the value.
    pub prefix: Vec<(Symbol, String)>,
    /// The attribute that limits the methods.
    pub limit: Option<Symbol>,
    /// Attributes that hold decorators of the handler.
    pub decorators: Vec<Symbol>,
    /// Methods that every request passes.
    pub gates: Vec<Symbol>,
    /// The attribute that names its serializer.
    pub serializer: Option<Symbol>,
}

/// What a guard is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// Who asks.
    Auth,
    /// How often.
    Throttle,
    /// From which page.
    Csrf,
    /// Whether the answer may be stored.
    NoStore,
}

impl Aspect {
    /// All of them.
    pub const ALL: [Aspect; 4] = [Self::Auth, Self::Throttle, Self::Csrf, Self::NoStore];

    /// Its name in packs: `guard.NAME`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Throttle => "throttle",
            Self::Csrf => "csrf",
            Self::NoStore => "no_store",
        }
    }
}

/// How far a guard goes. Ordered, so that the union of guards is the greatest: what is known to
/// ask for a user does so whatever else there is; what is not known may be more than nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Level {
    /// Everybody comes through.
    #[default]
    None,
    /// Who presents nothing comes through.
    Optional,
    /// Not known.
    Unknown,
    /// Only who is known, or within limits; the check is made.
    User,
    /// Only staff.
    Staff,
}

impl Level {
    /// All of them.
    pub const ALL: [Level; 5] =
        [Self::None, Self::Optional, Self::Unknown, Self::User, Self::Staff];

    /// Its name in packs.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Optional => "optional",
            Self::Unknown => "unknown",
            Self::User => "user",
            Self::Staff => "staff",
        }
    }

    /// The level of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// Something that guards routes.
#[derive(Debug, Clone)]
pub struct GuardModel {
    /// What about; none: about nothing, it is known to let everything through.
    pub aspect: Option<Aspect>,
    /// How far it goes; [`Level::None`] takes away what stands around the whole project.
    pub level: Level,
    /// How it is put around routes.
    pub place: GuardPlace,
}

/// How a guard is put around routes.
#[derive(Debug, Clone)]
pub enum GuardPlace {
    /// Around a handler: as decorator, or called with it.
    Around {
        /// The decorator: a path stands for itself and for a call of it. `$DECORATOR` is what
        /// it puts around a method (named `$ON`), `$METHODS` what it limits the methods to,
        /// `$LIST` the list it sets for `list`.
        forms: Vec<Form>,
        /// Paths below which everything is meant.
        below: Vec<Vec<Symbol>>,
        /// Methods of requests it lets through.
        methods: Vec<String>,
        /// The class attribute that `$LIST` stands for.
        list: Option<Symbol>,
        /// Called with a handler or router it works without its result.
        in_place: bool,
        /// It makes a function a handler of the kind of this class.
        makes: Option<Vec<Symbol>>,
    },
    /// A base of the handler's class.
    Base(Vec<Vec<Symbol>>),
    /// A library handler itself, or a library list of routes.
    Handler(Vec<Vec<Symbol>>),
    /// A class attribute that lists classes.
    Listed(ListedGuard),
    /// A function that is run before handlers: `$HOOK`.
    Hook {
        /// The registrations.
        forms: Vec<Form>,
        /// Before all handlers, not only those below the object it is registered on.
        everywhere: bool,
        /// The path of the request, as functions read it.
        path: Vec<Form>,
    },
    /// An entry of a setting.
    Setting {
        /// The stack entry whose settings these are.
        framework: String,
        /// The setting.
        path: Vec<String>,
        /// Dotted names of which it holds one.
        entries: Vec<String>,
        /// Classes of handlers it does not apply to.
        except: Vec<Vec<Symbol>>,
    },
    /// A call anywhere in the project.
    Anywhere {
        /// The stack entry whose routes it guards.
        framework: String,
        /// The calls.
        forms: Vec<Form>,
    },
    /// Something evaluated in a handler, a hook or a wrapper.
    Inside {
        /// What is evaluated.
        forms: Vec<Form>,
        /// It is no check if this is all that is done with it, as `$V`.
        unless_only: Vec<Form>,
        /// The level where only a true value gets on.
        when_true: Option<Level>,
        /// The level where only a false value gets on.
        when_false: Option<Level>,
    },
}

/// A class attribute that lists classes which guard.
#[derive(Debug, Clone)]
pub struct ListedGuard {
    /// The attribute.
    pub attribute: Symbol,
    /// Classes that have it.
    pub of: Vec<Symbol>,
    /// The setting with its default.
    pub framework: String,
    /// Its path.
    pub setting: Vec<String>,
    /// How far listed classes go.
    pub levels: Vec<(Vec<Symbol>, Level)>,
    /// How far others go.
    pub other: Level,
    /// Methods that decide instead where they are overridden.
    pub overrides: Vec<Symbol>,
}
