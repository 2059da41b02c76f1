//! What terms evaluate to, once names are closed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{ClassRef, FnRef, TermRef, UnitId};
use crate::base::{Loc, Symbol};
use crate::facts::{Const, SecretLit, SeqKind};

/// A value with the place it was given and the term that made it.
#[derive(Debug, Clone)]
pub struct Val {
    /// What it is.
    pub kind: Kind,
    /// Where it is written; none for declared defaults.
    pub loc: Option<Loc>,
    /// The term it comes from, after local variables are looked through.
    pub origin: Option<Origin>,
}

/// A term and the activation it belongs to.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The term.
    pub term: TermRef,
    /// The activation: which arguments its function was called with, where known.
    pub frame: Arc<Frame>,
}

/// Numbers of activations that are not open; only for telling them apart.
static ACTIVATIONS: AtomicU64 = AtomicU64::new(1);

/// One activation of a function, with what is known of its arguments.
#[derive(Debug)]
pub struct Frame {
    /// Which activation it is: 0 for a function looked at for itself, unique for all others.
    pub(super) number: u64,
    /// The function.
    pub func: FnRef,
    /// Arguments by parameter; none: the function is looked at for itself.
    pub args: Option<Vec<Val>>,
    /// The class `self` is an instance of, where it is not the defining one.
    pub this: Option<ClassRef>,
    /// Number of calls between this activation and the code looked at first.
    pub depth: u32,
}

impl Frame {
    /// The function looked at for itself: parameters stay symbolic.
    pub fn open(func: FnRef) -> Arc<Frame> {
        Arc::new(Frame { number: 0, func, args: None, this: None, depth: 0 })
    }

    /// The function called with arguments, where known, for an instance of `this`, `depth` calls
    /// below the code looked at first (at least one).
    pub fn called(
        func: FnRef,
        args: Option<Vec<Val>>,
        this: Option<ClassRef>,
        depth: u32,
    ) -> Arc<Frame> {
        debug_assert!(depth > 0, "a call has a caller");
        let number = ACTIVATIONS.fetch_add(1, Ordering::Relaxed);
        Arc::new(Frame { number, func, args, this, depth })
    }

    /// Whether it is the function looked at for itself.
    pub fn is_open(&self) -> bool {
        self.number == 0
    }
}

/// The kinds of values.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A constant.
    Const(Const),
    /// A literal credential.
    Secret(Arc<SecretLit>),
    /// A dict, as far as it is known.
    Dict(Arc<DictVal>),
    /// A list, tuple or set, as far as it is known.
    Seq(Arc<SeqVal>),
    /// Text of which some parts are known.
    Text(Arc<Vec<Part>>),
    /// Something outside the project, by its dotted path (aliases resolved); also builtins.
    Lib(Arc<[Symbol]>),
    /// A module of the project.
    Module(UnitId),
    /// A directory of the project that holds modules, without an `__init__.py`.
    Namespace(u32),
    /// A class of the project.
    Class(ClassRef),
    /// A function of the project.
    Function(FnRef),
    /// Read from the environment.
    Env(Arc<EnvVal>),
    /// Read from the framework's settings.
    Setting(Arc<SettingVal>),
    /// A parameter of the function looked at.
    Param(FnRef, u32),
    /// One of these.
    OneOf(Arc<Vec<Val>>),
    /// Not given, and without a default.
    Absent,
    /// Nothing but perhaps its type is known.
    Opaque,
}

/// A dict.
#[derive(Debug, Clone, Default)]
pub struct DictVal {
    /// Keys and values; a later entry of an equal key has replaced the earlier one.
    pub entries: Vec<(Val, Val)>,
    /// Whether there may be further entries (or other values for these keys).
    pub open: bool,
}

/// A sequence.
#[derive(Debug, Clone)]
pub struct SeqVal {
    /// Which.
    pub kind: SeqKind,
    /// Known items in order.
    pub items: Vec<Val>,
    /// Whether there may be further items.
    pub open: bool,
}

/// A part of a text.
#[derive(Debug, Clone)]
pub enum Part {
    /// Known.
    Lit(String),
    /// Some value's text.
    Hole(Val),
}

/// A value from the environment.
#[derive(Debug, Clone)]
pub struct EnvVal {
    /// The variable, where its name is known.
    pub key: Option<String>,
    /// The value when it is not set, after what the code does to it; none: it must be set.
    pub default: Option<Val>,
}

/// A value from the framework's settings.
#[derive(Debug, Clone)]
pub struct SettingVal {
    /// The settings namespace (`django`, `flask`).
    pub framework: String,
    /// The key path.
    pub path: Vec<String>,
    /// Its value in production, where known.
    pub value: Option<Val>,
}

impl Val {
    /// A value without a place.
    pub fn new(kind: Kind) -> Self {
        Self { kind, loc: None, origin: None }
    }

    /// Nothing is known.
    pub fn opaque() -> Self {
        Self::new(Kind::Opaque)
    }

    /// A string constant.
    pub fn text(text: &str) -> Self {
        Self::new(Kind::Const(Const::Str(text.into())))
    }

    /// A truth value.
    pub fn bool(value: bool) -> Self {
        Self::new(Kind::Const(Const::Bool(value)))
    }

    /// An integer.
    pub fn int(value: i64) -> Self {
        Self::new(Kind::Const(Const::Int(value)))
    }

    /// A dict.
    pub fn dict(mut entries: Vec<(Val, Val)>, open: bool) -> Self {
        let open = open || entries.len() > MAX_ITEMS;
        entries.truncate(MAX_ITEMS);
        Self::new(Kind::Dict(Arc::new(DictVal { entries, open })))
    }

    /// A sequence.
    pub fn seq(kind: SeqKind, mut items: Vec<Val>, open: bool) -> Self {
        let open = open || items.len() > MAX_ITEMS;
        items.truncate(MAX_ITEMS);
        Self::new(Kind::Seq(Arc::new(SeqVal { kind, items, open })))
    }

    /// The same value, given at `loc`.
    #[must_use]
    pub fn at(mut self, loc: Loc) -> Self {
        self.loc = Some(loc);
        self
    }

    /// The same value, made by `origin`.
    #[must_use]
    pub fn from_origin(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    /// The constant.
    pub fn as_const(&self) -> Option<&Const> {
        match &self.kind {
            Kind::Const(constant) => Some(constant),
            _ => None,
        }
    }

    /// The string constant.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Const(Const::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// The dict.
    pub fn as_dict(&self) -> Option<&DictVal> {
        match &self.kind {
            Kind::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    /// The sequence.
    pub fn as_seq(&self) -> Option<&SeqVal> {
        match &self.kind {
            Kind::Seq(seq) => Some(seq),
            _ => None,
        }
    }

    /// A number; durations are numbers of seconds.
    pub fn as_number(&self) -> Option<f64> {
        match &self.kind {
            Kind::Const(Const::Int(n)) => Some(*n as f64),
            Kind::Const(Const::Float(n)) => Some(*n),
            Kind::Const(Const::Bool(b)) => Some(f64::from(u8::from(*b))),
            _ => None,
        }
    }

    /// Whether nothing is known of the value itself.
    pub fn is_unknown(&self) -> bool {
        matches!(self.kind, Kind::Opaque | Kind::Param(..))
    }

    /// What it is in production when nobody sets anything: the default of an environment read,
    /// the value of a setting; the value itself otherwise. `None` when that is not known: a
    /// variable without a default that nobody sets decides a test as `None` does, but what
    /// needs a value will be given one.
    pub fn in_force(&self) -> Option<&Val> {
        match &self.kind {
            Kind::Env(env) => env
                .default
                .as_ref()
                .and_then(Val::in_force)
                .filter(|v| !matches!(v.kind, Kind::Const(Const::None))),
            Kind::Setting(setting) => setting.value.as_ref().and_then(Val::in_force),
            _ => Some(self),
        }
    }

    /// Python's `bool(value)`, where known.
    pub fn truth(&self) -> Option<bool> {
        if let Some(known) = self.truth_of_env() {
            return Some(known);
        }
        let value = self.in_force()?;
        match &value.kind {
            Kind::Const(constant) => Some(match constant {
                Const::None => false,
                Const::Bool(b) => *b,
                Const::Int(n) => *n != 0,
                Const::Float(n) => *n != 0.0,
                Const::Str(text) => !text.is_empty(),
                Const::Bytes(bytes) => !bytes.is_empty(),
                Const::Ellipsis | Const::BigInt(_) => true,
            }),
            Kind::Secret(_)
            | Kind::Lib(_)
            | Kind::Module(_)
            | Kind::Namespace(_)
            | Kind::Class(_)
            | Kind::Function(_) => Some(true),
            Kind::Dict(dict) if !dict.entries.is_empty() => Some(true),
            Kind::Dict(dict) if !dict.open => Some(false),
            Kind::Seq(seq) if !seq.items.is_empty() => Some(true),
            Kind::Seq(seq) if !seq.open => Some(false),
            Kind::Text(parts)
                if parts.iter().any(|p| matches!(p, Part::Lit(t) if !t.is_empty())) =>
            {
                Some(true)
            }
            Kind::OneOf(values) => {
                let first = values.first()?.truth()?;
                values.iter().all(|v| v.truth() == Some(first)).then_some(first)
            }
            _ => None,
        }
    }

    /// A variable that is not set, and has no default, is `None`: false.
    fn truth_of_env(&self) -> Option<bool> {
        match &self.kind {
            Kind::Env(env) => {
                let none = |v: &Val| matches!(v.kind, Kind::Const(Const::None));
                env.default.as_ref().filter(|v| none(v)).map(|_| false)
            }
            Kind::Setting(setting) => setting.value.as_ref()?.truth_of_env(),
            _ => None,
        }
    }

    /// The alternatives: the operands of a [`Kind::OneOf`], else the value alone.
    pub fn alternatives(&self) -> &[Val] {
        match &self.kind {
            Kind::OneOf(values) => values,
            _ => std::slice::from_ref(self),
        }
    }
}

/// Most items that a container keeps; beyond, it is open.
const MAX_ITEMS: usize = 4_096;

/// Most alternatives a value keeps; beyond, it is opaque.
pub const MAX_ALTERNATIVES: usize = 8;

/// One of `values`, flattened, equal constants once; opaque when there are too many.
pub fn one_of(values: Vec<Val>) -> Val {
    let mut flat: Vec<Val> = Vec::with_capacity(values.len());
    for value in &values {
        for alternative in value.alternatives() {
            if !flat.iter().any(|known| same_spelling(known, alternative)) {
                flat.push(alternative.clone());
            }
        }
    }
    match flat.len() {
        0 => Val::opaque(),
        1 => flat.remove(0),
        n if n > MAX_ALTERNATIVES => Val::opaque(),
        _ => {
            let loc = flat[0].loc;
            let mut val = Val::new(Kind::OneOf(Arc::new(flat)));
            val.loc = loc;
            val
        }
    }
}

/// Whether two alternatives are certainly the same, so that one of them says it all.
fn same_spelling(a: &Val, b: &Val) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Const(x), Kind::Const(y)) => x == y,
        (Kind::Lib(x), Kind::Lib(y)) => x == y,
        (Kind::Class(x), Kind::Class(y)) => x == y,
        (Kind::Function(x), Kind::Function(y)) => x == y,
        (Kind::Module(x), Kind::Module(y)) => x == y,
        (Kind::Opaque, Kind::Opaque) | (Kind::Param(..), Kind::Param(..)) => {
            match (&a.origin, &b.origin) {
                (Some(x), Some(y)) => x.term == y.term,
                (None, None) => true,
                _ => false,
            }
        }
        _ => false,
    }
}
