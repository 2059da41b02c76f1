//! Who is called, and which argument reaches which parameter.

use std::sync::Arc;

use super::classes::Member;
use super::types::Ty;
use super::value::{Frame, Kind, Val};
use super::{ClassRef, Cx, FnRef};
use crate::base::Symbol;
use crate::facts::{ArgTerm, SeqKind, Term, TermId};
use crate::rule::library::{CallModel, DefaultValue, ParamDecl};
use crate::syntax::ast::{ArgKind, ParamKind};

/// What a call calls.
#[derive(Debug, Clone)]
pub enum Callee {
    /// A function or class outside the project, by its path.
    Lib(Vec<Symbol>),
    /// A method of a library class (or one that a project class inherits from it).
    Method {
        /// The class that declares it.
        class: Vec<Symbol>,
        /// Its name.
        name: Symbol,
        /// The object.
        receiver: Val,
        /// The object's own class.
        ty: Ty,
    },
    /// A function of the project.
    Fn {
        /// The function.
        func: FnRef,
        /// The object, for a method called on one.
        receiver: Option<Val>,
    },
    /// A class of the project: a constructor call.
    Class(ClassRef),
    /// Not known; the last name, and the object of an attribute call.
    Unknown {
        /// The attribute or name called.
        name: Option<Symbol>,
        /// The object.
        receiver: Option<Val>,
    },
}

impl Callee {
    /// The path of a function, class or method of a library.
    pub fn library_path(self) -> Option<Vec<Symbol>> {
        match self {
            Self::Lib(path) => Some(path),
            Self::Method { mut class, name, .. } => {
                class.push(name);
                Some(class)
            }
            Self::Fn { .. } | Self::Class(_) | Self::Unknown { .. } => None,
        }
    }
}

/// The arguments of a call with `*` and `**` spread as far as they are known.
#[derive(Debug, Clone, Default)]
pub struct Actuals {
    /// By position.
    pub positional: Vec<Val>,
    /// By name.
    pub keywords: Vec<(Symbol, Val)>,
    /// There may be further positional arguments.
    pub star_open: bool,
    /// There may be further keyword arguments.
    pub kw_open: bool,
    /// The mapping of which nothing is known that `**` spreads.
    pub spread: Option<Val>,
}

impl Actuals {
    /// What `**kwargs` is: the keywords that no other parameter takes, made of what is spread.
    fn rest(&self, entries: Vec<(Val, Val)>) -> Val {
        made_of(self.spread.as_ref(), Val::dict(entries, self.kw_open))
    }
}

/// Arguments by declared parameter.
#[derive(Debug, Clone, Default)]
pub struct BoundArgs {
    /// Parameter, value, and whether the value is the declared default.
    pub values: Vec<(Symbol, Val, bool)>,
    /// What `*args` takes.
    pub extra: Vec<Val>,
    /// What `**kwargs` takes.
    pub extra_keywords: Vec<(Symbol, Val)>,
    /// Whether parameters that seem not to be given may be given by an unknown `*` or `**`.
    pub open: bool,
    /// Number of arguments given.
    pub given: usize,
}

impl BoundArgs {
    /// The value of a parameter: as given, else its default, else [`Kind::Absent`]; opaque
    /// when an unknown `**` may give it.
    pub fn get(&self, name: Symbol) -> Val {
        if let Some((_, value, is_default)) = self.values.iter().find(|(n, ..)| *n == name) {
            return if *is_default && self.open { Val::opaque() } else { value.clone() };
        }
        if let Some((_, value)) = self.extra_keywords.iter().find(|(n, _)| *n == name) {
            return value.clone();
        }
        Val::new(if self.open { Kind::Opaque } else { Kind::Absent })
    }
}

impl Cx<'_, '_> {
    /// Who `func` is when called in `frame`.
    pub fn callee(&self, func: TermId, frame: &Arc<Frame>) -> Callee {
        let known = self.known(&self.callees, func, frame, || Some(self.callee_of(func, frame)));
        known.unwrap_or(Callee::Unknown { name: None, receiver: None })
    }

    fn callee_of(&self, func: TermId, frame: &Arc<Frame>) -> Callee {
        let value = self.eval(func, frame);
        match &value.kind {
            Kind::Lib(path) => return Callee::Lib(path.to_vec()),
            Kind::Class(class) => return Callee::Class(*class),
            Kind::Function(f) => {
                return Callee::Fn { func: *f, receiver: self.method_receiver(func, *f, frame) };
            }
            _ => {}
        }
        // The attribute may have been taken before the call: `find = db.users.find`.
        let origin = value.origin.as_ref();
        let (term, frame) = origin.map_or((func, frame), |o| (o.term.term, &o.frame));
        if let Some(class) = self.own_class(term, frame) {
            return Callee::Class(class);
        }
        if let Some(Ty::Lib(class)) = self.type_of_val(&value)
            && class.len() > 1
        {
            let (ty, name) = (Ty::Lib(class.clone()), self.project.well_known.call);
            return Callee::Method { class, name, receiver: value, ty };
        }
        match &self.project.ir(frame.func).terms[term] {
            Term::Attr(object, name) => match self.inherited_callee(*object, *name, frame) {
                Some(callee) => callee,
                None => self.attribute_callee(self.eval(*object, frame), *name),
            },
            Term::Global(name) => Callee::Unknown { name: Some(*name), receiver: None },
            _ => Callee::Unknown { name: None, receiver: None },
        }
    }

    /// The class that a method names as that of its object: `cls`, `type(self)`,
    /// `self.__class__`.
    fn own_class(&self, term: TermId, frame: &Arc<Frame>) -> Option<ClassRef> {
        let terms = &self.project.ir(frame.func).terms;
        let is_own = |term: TermId| terms[term] == Term::Param(0);
        let names_it = match &terms[term] {
            Term::Param(0) => self.is_classmethod(frame.func),
            Term::Attr(object, name) => is_own(*object) && self.project.name(*name) == "__class__",
            Term::Call { func, args } => {
                matches!(terms[*func], Term::Global(name) if self.project.name(name) == "type")
                    && matches!(&args[..], [object] if is_own(object.value))
            }
            _ => false,
        };
        let own = names_it.then(|| self.class_of_method(frame.func)).flatten()?;
        Some(frame.this.unwrap_or(own))
    }

    /// `super().name`: what the classes above the one a method is defined in have.
    fn inherited_callee(&self, object: TermId, name: Symbol, frame: &Arc<Frame>) -> Option<Callee> {
        let ir = self.project.ir(frame.func);
        let Term::Call { func, .. } = &ir.terms[object] else { return None };
        let Term::Global(builtin) = &ir.terms[*func] else { return None };
        if self.project.name(*builtin) != "super" {
            return None;
        }
        let class = self.class_of_method(frame.func)?;
        let this = ir.terms.iter_enumerated().find(|(_, term)| matches!(term, Term::Param(0)));
        let receiver = this.map_or_else(Val::opaque, |(term, _)| self.eval(term, frame));
        let mut above = self.mro(&Ty::Class(class)).into_iter().skip(1);
        above.find_map(|ty| match self.own_or_library(&ty, name)? {
            Member::Method(func) => Some(Callee::Fn { func, receiver: Some(receiver.clone()) }),
            Member::Lib(class) => {
                let ty = Ty::Lib(class.clone());
                Some(Callee::Method { class, name, receiver: receiver.clone(), ty })
            }
            Member::Attr(..) => None,
        })
    }

    fn attribute_callee(&self, receiver: Val, name: Symbol) -> Callee {
        let Some(ty) = self.type_of_val(&receiver) else {
            return Callee::Unknown { name: Some(name), receiver: Some(receiver) };
        };
        match self.member(&ty, name) {
            Some(Member::Method(func)) => Callee::Fn { func, receiver: Some(receiver) },
            Some(Member::Lib(class)) => Callee::Method { class, name, receiver, ty },
            _ => match &ty {
                // A library class of which only the path is known still names its methods.
                Ty::Lib(path) => Callee::Method { class: path.clone(), name, receiver, ty },
                Ty::Class(_) => Callee::Unknown { name: Some(name), receiver: Some(receiver) },
            },
        }
    }

    /// The object a project method is called on, unless it is called through its class.
    fn method_receiver(&self, func: TermId, f: FnRef, frame: &Arc<Frame>) -> Option<Val> {
        self.class_of_method(f)?;
        let Term::Attr(object, _) = self.project.ir(frame.func).terms[func] else { return None };
        let receiver = self.eval(object, frame);
        let through_class = matches!(receiver.kind, Kind::Class(_));
        match (self.is_classmethod(f), self.has_decorator(f, "staticmethod")) {
            (true, _) => Some(receiver),
            (false, is_static) => (!is_static && !through_class).then_some(receiver),
        }
    }

    fn is_classmethod(&self, f: FnRef) -> bool {
        self.has_decorator(f, "classmethod")
    }

    /// Whether a function is decorated with the builtin `name`.
    pub fn has_decorator(&self, f: FnRef, name: &str) -> bool {
        let ir = self.project.ir(f);
        let Some(parent) = ir.parent else { return false };
        let outer = &self.project.ir(FnRef { unit: f.unit, func: parent }).terms;
        ir.decorators
            .iter()
            .any(|d| matches!(outer[*d], Term::Global(s) if self.project.name(s) == name))
    }

    /// Evaluates the arguments of a call.
    pub fn actuals(&self, args: &[ArgTerm], frame: &Arc<Frame>) -> Actuals {
        let mut actuals = Actuals::default();
        for arg in args {
            let value = self.given(arg.value, arg.span, frame);
            match arg.kind {
                ArgKind::Positional if !actuals.star_open => actuals.positional.push(value),
                ArgKind::Positional => {}
                ArgKind::Keyword(name) => actuals.keywords.push((name, value)),
                ArgKind::Star => match value.as_seq() {
                    Some(seq) if !seq.open => actuals.positional.extend(seq.items.iter().cloned()),
                    _ => {
                        self.note_param(&value);
                        actuals.star_open = true;
                    }
                },
                ArgKind::DoubleStar => self.spread(&value, &mut actuals),
            }
        }
        actuals
    }

    fn spread(&self, value: &Val, actuals: &mut Actuals) {
        let Some(dict) = value.in_force().and_then(Val::as_dict) else {
            self.note_param(value);
            actuals.kw_open = true;
            actuals.spread = Some(value.clone());
            return;
        };
        actuals.kw_open |= dict.open;
        if dict.open {
            self.note_param(value);
        }
        for (key, value) in &dict.entries {
            match key.as_str().and_then(|key| self.project.names.get(key)) {
                Some(name) => actuals.keywords.push((name, value.clone())),
                None => actuals.kw_open = true,
            }
        }
    }

    /// Notes when an answer hangs on an open parameter.
    pub(super) fn note_param(&self, value: &Val) {
        let hangs = match &value.kind {
            Kind::Param(..) => true,
            Kind::Opaque | Kind::Dict(_) => value.origin.as_ref().is_some_and(|o| {
                o.frame.args.is_none() && self.reaches_param(o.term.term, &o.frame, 0)
            }),
            _ => false,
        };
        if hangs {
            self.note(|n| n.param = true);
        }
    }

    /// Whether a term is built from a parameter (looked at for a few levels only).
    fn reaches_param(&self, term: TermId, frame: &Arc<Frame>, depth: u32) -> bool {
        if depth > 6 {
            return false;
        }
        let below = |t: TermId| self.reaches_param(t, frame, depth + 1);
        match &self.project.ir(frame.func).terms[term] {
            Term::Param(_) => true,
            Term::Attr(t, _) | Term::Iter(t) | Term::Unpack(t, _) | Term::Await(t) => below(*t),
            Term::Item(a, b) => below(*a) || below(*b),
            Term::Update { base, .. } | Term::Escaped { base, .. } => below(*base),
            Term::Op(_, operands) | Term::Concat(operands) => operands.iter().any(|t| below(*t)),
            Term::Phi(operands) => operands.iter().any(|(_, t)| below(*t)),
            Term::Call { func, args } => below(*func) || args.iter().any(|a| below(a.value)),
            Term::Dict(entries) => entries.iter().any(|e| below(e.value)),
            _ => false,
        }
    }

    /// Binds arguments to the parameters of a library model.
    pub fn bind_model(&self, model: &CallModel, actuals: &Actuals) -> BoundArgs {
        let mut bound = BoundArgs {
            open: actuals.kw_open || actuals.star_open,
            given: actuals.positional.len() + actuals.keywords.len(),
            ..BoundArgs::default()
        };
        let (mut var_args, mut kw_args) = (None, None);
        let mut positional = actuals.positional.iter();
        let mut keywords = actuals.keywords.clone();
        for param in &model.params {
            let by_position = match param.kind {
                ParamKind::PositionalOnly | ParamKind::Normal => positional.next().cloned(),
                ParamKind::VarArgs => {
                    bound.extra.extend(positional.by_ref().cloned());
                    var_args = Some(param.name);
                    continue;
                }
                ParamKind::KeywordOnly => None,
                ParamKind::KwArgs => {
                    kw_args = Some(param.name);
                    continue;
                }
            };
            let value = by_position.or_else(|| take_keyword(&mut keywords, param));
            match value {
                Some(value) => bound.values.push((param.name, value, false)),
                None => {
                    let default = param.default.as_ref().map(default_val);
                    if let Some(default) = default {
                        bound.values.push((param.name, default, true));
                    }
                }
            }
        }
        bound.extra.extend(positional.cloned());
        bound.extra_keywords = keywords;
        if let Some(name) = var_args {
            let rest = Val::seq(SeqKind::Tuple, bound.extra.clone(), actuals.star_open);
            bound.values.push((name, rest, false));
        }
        if let Some(name) = kw_args {
            let rest = bound.extra_keywords.iter();
            let rest = rest.map(|(k, v)| (Val::text(self.project.name(*k)), v.clone()));
            let rest = actuals.rest(rest.collect());
            bound.values.push((name, rest, false));
        }
        bound
    }

    /// Binds arguments to the parameters of a project function; one value per parameter.
    pub fn bind_fn(&self, func: FnRef, receiver: Option<Val>, actuals: &Actuals) -> Vec<Val> {
        let ir = self.project.ir(func);
        let mut positional: Vec<Val> = receiver.into_iter().collect();
        positional.extend(actuals.positional.iter().cloned());
        let mut positional = positional.into_iter();
        let mut keywords = actuals.keywords.clone();
        let open = actuals.star_open || actuals.kw_open;
        let mut values = Vec::with_capacity(ir.params.len());
        for param in &ir.params {
            let value = match param.kind {
                ParamKind::PositionalOnly | ParamKind::Normal => positional.next(),
                ParamKind::KeywordOnly => None,
                ParamKind::VarArgs => {
                    let rest = positional.by_ref().collect();
                    Some(Val::seq(SeqKind::Tuple, rest, actuals.star_open))
                }
                ParamKind::KwArgs => None,
            };
            let value = value.or_else(|| take_named(&mut keywords, param.name));
            let value = value.or_else(|| match param.default {
                Some(default) if !open => {
                    let parent = ir.parent.unwrap_or(func.func);
                    Some(self.eval(default, &Frame::open(FnRef { unit: func.unit, func: parent })))
                }
                _ => None,
            });
            values.push(value.unwrap_or_else(Val::opaque));
        }
        if let Some(slot) = ir.params.iter().position(|p| p.kind == ParamKind::KwArgs) {
            let entries = keywords
                .into_iter()
                .map(|(name, value)| (Val::text(self.project.name(name)), value))
                .collect();
            values[slot] = actuals.rest(entries);
        }
        values
    }
}

/// A mapping that has these entries, and what `**` spreads into it.
pub fn made_of(spread: Option<&Val>, entries: Val) -> Val {
    let Some(spread) = spread else { return entries };
    match (&entries.kind, &spread.kind) {
        (Kind::Dict(dict), Kind::Lib(_)) if dict.entries.is_empty() => spread.clone(),
        _ => spread.origin.iter().cloned().fold(entries, Val::from_origin),
    }
}

fn take_keyword(keywords: &mut Vec<(Symbol, Val)>, param: &ParamDecl) -> Option<Val> {
    (param.kind != ParamKind::PositionalOnly).then(|| take_named(keywords, param.name)).flatten()
}

fn take_named(keywords: &mut Vec<(Symbol, Val)>, name: Symbol) -> Option<Val> {
    let index = keywords.iter().position(|(n, _)| *n == name)?;
    Some(keywords.remove(index).1)
}

/// A declared default as a value.
pub fn default_val(default: &DefaultValue) -> Val {
    match default {
        DefaultValue::Const(constant) => Val::new(Kind::Const(constant.clone())),
        DefaultValue::Seq(items) => {
            Val::seq(SeqKind::Tuple, items.iter().map(default_val).collect(), false)
        }
        DefaultValue::Dict(entries) => Val::dict(
            entries
                .iter()
                .map(|(k, v)| (Val::new(Kind::Const(k.clone())), default_val(v)))
                .collect(),
            false,
        ),
    }
}
