//! What answers a request: the function or class behind wrappers, `as_view` and helpers.

use super::members;
use crate::base::Symbol;
use crate::facts::Term;
use crate::link::{Actuals, Callee, ClassRef, Cx, FnRef, Kind, Member, Origin, TermRef, Ty, Val};
use crate::rule::routing::{Form, ViewModel};

/// Deepest nesting of wrappers.
const MAX_WRAPPERS: u32 = 12;

/// What answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// A function of the project.
    Function(FnRef),
    /// A class of the project, or of a library.
    Class(Ty),
    /// Something of a library.
    Lib(Vec<Symbol>),
    /// Not known.
    Unknown,
}

/// A handler as it is registered.
#[derive(Debug, Clone)]
pub struct Handler {
    /// What answers.
    pub target: Target,
    /// What stands around it, outermost first: decorators as values.
    pub wrappers: Vec<Val>,
    /// What `as_view` was called with.
    pub options: Actuals,
    /// Whether the decorators of the target are among the wrappers, as far as they count.
    pub decorated: bool,
}

impl Handler {
    fn bare(target: Target) -> Self {
        Self { target, wrappers: Vec::new(), options: Actuals::default(), decorated: false }
    }

    /// The project class.
    pub fn class(&self) -> Option<ClassRef> {
        match self.target {
            Target::Class(Ty::Class(class)) => Some(class),
            _ => None,
        }
    }
}

/// Who implements a method of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// A function of the project.
    Project(FnRef),
    /// The library.
    Library,
}

/// Looks through wrappers to what answers.
pub fn of_value(cx: &Cx<'_, '_>, value: &Val) -> Handler {
    unwrap(cx, value, 0)
}

fn unwrap(cx: &Cx<'_, '_>, value: &Val, depth: u32) -> Handler {
    if depth > MAX_WRAPPERS {
        return Handler::bare(Target::Unknown);
    }
    match &value.kind {
        Kind::Function(func) => function(cx, *func, value, depth),
        Kind::Class(class) => Handler::bare(Target::Class(Ty::Class(*class))),
        Kind::Lib(path) => library(cx, path),
        Kind::Const(_) => {
            let named = value.as_str().zip(value.origin.as_ref());
            let found = named.and_then(|(text, o)| cx.lookup_dotted(text, o.term.func.unit));
            match found {
                Some(found) if !matches!(found.kind, Kind::Const(_)) => {
                    unwrap(cx, &found, depth + 1)
                }
                _ => Handler::bare(Target::Unknown),
            }
        }
        Kind::OneOf(values) => {
            let handlers = values.iter().map(|value| unwrap(cx, value, depth + 1));
            let known = handlers.filter(|handler| handler.target != Target::Unknown);
            known.into_iter().next().unwrap_or_else(|| Handler::bare(Target::Unknown))
        }
        _ => match cx.call_origin(value) {
            Some(origin) => call(cx, &origin.clone(), depth),
            None => Handler::bare(Target::Unknown),
        },
    }
}

/// A function, or the one that a decorator, which made it, was given.
fn function(cx: &Cx<'_, '_>, func: FnRef, value: &Val, depth: u32) -> Handler {
    let made = value.origin.as_ref().filter(|origin| {
        let parent = cx.project.ir(func).parent;
        origin.frame.func.unit == func.unit && parent == Some(origin.frame.func.func)
    });
    for given in made.and_then(|origin| origin.frame.args.as_ref()).into_iter().flatten() {
        if !may_be_handler(given) {
            continue;
        }
        let mut inner = unwrap(cx, given, depth + 1);
        if matches!(inner.target, Target::Function(_) | Target::Class(_)) {
            let wrapper = made.map(|origin| Val::new(Kind::Function(origin.frame.func)));
            inner.wrappers.splice(0..0, wrapper);
            return inner;
        }
    }
    Handler::bare(Target::Function(func))
}

/// What answers in the turn of a loop over `list` that takes `member`.
pub fn in_turn(cx: &Cx<'_, '_>, value: &Val, list: TermRef, member: &Val) -> Handler {
    let origin = value.origin.as_ref().filter(|origin| origin.term.func == list.func);
    let found = origin.and_then(|origin| turn(cx, origin, list, member, 0));
    found.unwrap_or_else(|| of_value(cx, &members::in_turn(cx, value, list, member)))
}

fn turn(cx: &Cx<'_, '_>, at: &Origin, list: TermRef, member: &Val, depth: u32) -> Option<Handler> {
    if depth > MAX_WRAPPERS {
        return None;
    }
    let origin = |term| Origin {
        term: TermRef { func: at.term.func, term },
        frame: std::sync::Arc::clone(&at.frame),
    };
    let below = |term| turn(cx, &origin(term), list, member, depth + 1);
    match cx.project.term(at.term) {
        Term::Phi(operands) => operands.iter().find_map(|(_, term)| below(*term)),
        Term::Escaped { base, .. } | Term::Update { base, .. } => below(*base),
        Term::Call { func, args } => {
            if let Term::Attr(object, name) = cx.project.ir(at.term.func).terms[*func] {
                let object = Val::opaque().from_origin(origin(object));
                let object = members::in_turn(cx, &object, list, member);
                let ty = match object.kind {
                    Kind::Class(class) => Ty::Class(class),
                    Kind::Lib(path) => Ty::Lib(path.to_vec()),
                    _ => return None,
                };
                let is_view = views(cx, &ty).any(|view| view.as_view.contains(&name));
                return is_view.then(|| Handler::bare(Target::Class(ty)));
            }
            let mut inner = args.iter().find_map(|arg| below(arg.value))?;
            inner.wrappers.insert(0, cx.eval(*func, &at.frame));
            Some(inner)
        }
        _ => None,
    }
}

fn library(cx: &Cx<'_, '_>, path: &[Symbol]) -> Handler {
    // `module.View.as_view`, or the class itself.
    let is_view = is_view(cx, &Ty::Lib(path.to_vec()));
    Handler::bare(if is_view {
        Target::Class(Ty::Lib(path.to_vec()))
    } else {
        Target::Lib(path.to_vec())
    })
}

fn call(cx: &Cx<'_, '_>, origin: &Origin, depth: u32) -> Handler {
    cx.refuel();
    let Term::Call { func, args } = cx.project.term(origin.term) else {
        return Handler::bare(Target::Unknown);
    };
    let frame = &origin.frame;
    if let Some(ty) = made_view(cx, *func, origin) {
        let options = cx.actuals(args, frame);
        return Handler { options, ..Handler::bare(Target::Class(ty)) };
    }
    let callee = cx.callee(*func, frame);
    // A wrapper: what it wraps is among its arguments.
    let actuals = cx.actuals(args, frame);
    let given = actuals.positional.iter().chain(actuals.keywords.iter().map(|(_, v)| v));
    for value in given {
        if !may_be_handler(value) {
            continue;
        }
        let mut inner = unwrap(cx, value, depth + 1);
        if matches!(&inner.target, Target::Unknown) {
            continue;
        }
        if matches!(&inner.target, Target::Lib(path) if path.len() < 2) {
            continue;
        }
        let wrapper = cx.eval(*func, frame);
        inner.wrappers.insert(0, wrapper);
        return inner;
    }
    match callee {
        // A factory: what it returns answers.
        Callee::Fn { .. } => {
            let Some(entered) = cx.entered(origin) else { return Handler::bare(Target::Unknown) };
            match cx.returned(&entered) {
                Some(value) => unwrap(cx, &value, depth + 1),
                None => Handler::bare(Target::Unknown),
            }
        }
        // An instance that is called.
        Callee::Class(class) => Handler::bare(Target::Class(Ty::Class(class))),
        Callee::Lib(path) => match path.split_last() {
            // A class of a library without a model.
            Some((last, own)) if is_as_view(cx, *last) => {
                Handler::bare(Target::Class(Ty::Lib(own.to_vec())))
            }
            _ => Handler::bare(Target::Lib(path)),
        },
        Callee::Method { .. } | Callee::Unknown { .. } => Handler::bare(Target::Unknown),
    }
}

/// Whether a class method of that name makes a handler of some kind of class.
fn is_as_view(cx: &Cx<'_, '_>, name: Symbol) -> bool {
    let views = &cx.project.rules.library.routing.views;
    views.values().any(|view| view.as_view.contains(&name))
}

fn may_be_handler(value: &Val) -> bool {
    match &value.kind {
        Kind::Function(_) | Kind::Class(_) | Kind::Lib(_) => true,
        Kind::Opaque => value.origin.is_some(),
        Kind::OneOf(values) => values.iter().any(may_be_handler),
        _ => false,
    }
}

/// The class of `X.as_view` where `X` is a class that declares such a method.
fn made_view(cx: &Cx<'_, '_>, func: crate::facts::TermId, origin: &Origin) -> Option<Ty> {
    let path = match &cx.project.ir(origin.term.func).terms[func] {
        Term::Attr(object, name) => {
            let object = cx.eval(*object, &origin.frame);
            let ty = match &object.kind {
                Kind::Class(class) => Ty::Class(*class),
                Kind::Lib(path) => Ty::Lib(path.to_vec()),
                _ => return None,
            };
            Some((ty, *name))
        }
        _ => match cx.eval(func, &origin.frame).kind {
            Kind::Lib(path) => path.split_last().map(|(last, own)| (Ty::Lib(own.to_vec()), *last)),
            _ => None,
        },
    };
    let (ty, name) = path?;
    let declared = views(cx, &ty).any(|view| view.as_view.contains(&name));
    declared.then_some(ty)
}

/// The models of a class and the classes above it, nearest first.
pub fn views<'p>(cx: &Cx<'p, '_>, ty: &Ty) -> impl Iterator<Item = &'p ViewModel> {
    let models = &cx.project.rules.library.routing.views;
    cx.mro(ty).into_iter().filter_map(move |ty| match ty {
        Ty::Lib(path) => models.get(&path),
        Ty::Class(_) => None,
    })
}

/// Whether instances of a class answer requests.
pub fn is_view(cx: &Cx<'_, '_>, ty: &Ty) -> bool {
    views(cx, ty).next().is_some()
}

/// Who implements a method of a class, if anybody does.
pub fn method(cx: &Cx<'_, '_>, ty: &Ty, name: Symbol) -> Option<Method> {
    let models = &cx.project.rules.library.routing.views;
    cx.mro(ty).into_iter().find_map(|ty| match ty {
        Ty::Class(class) => match own_method(cx, class, name) {
            Some(Member::Method(func)) => Some(Method::Project(func)),
            Some(_) => Some(Method::Library),
            None => None,
        },
        Ty::Lib(path) => {
            let provided = models.get(&path).is_some_and(|view| view.provides.contains(&name));
            provided.then_some(Method::Library)
        }
    })
}

fn own_method(cx: &Cx<'_, '_>, class: ClassRef, name: Symbol) -> Option<Member> {
    let fact = cx.project.class(class);
    fact.attrs.iter().any(|(attr, ..)| *attr == name).then(|| cx.member(&Ty::Class(class), name))?
}

/// The methods of requests that a class answers, and who does.
pub fn answers(cx: &Cx<'_, '_>, ty: &Ty) -> Vec<(String, Symbol, Method)> {
    let Some(named) = views(cx, ty).map(|view| &view.methods).find(|m| !m.is_empty()) else {
        return Vec::new();
    };
    let limit = limited(cx, ty);
    let answered = named.iter().filter_map(|(name, request)| {
        let by = method(cx, ty, *name)?;
        let allowed = limit.as_ref().is_none_or(|l| l.contains(&request.to_ascii_lowercase()));
        allowed.then(|| (request.clone(), *name, by))
    });
    answered.collect()
}

/// The methods that a class limits itself to, in lower case.
pub fn limited(cx: &Cx<'_, '_>, ty: &Ty) -> Option<Vec<String>> {
    let attribute = views(cx, ty).find_map(|view| view.limit)?;
    texts(&class_attribute(cx, ty, attribute))
        .map(|all| all.into_iter().map(|method| method.to_ascii_lowercase()).collect())
}

/// A class attribute: absent when no class of the hierarchy has it.
pub fn class_attribute(cx: &Cx<'_, '_>, ty: &Ty, name: Symbol) -> Val {
    match ty {
        Ty::Class(class) => cx.class_attribute(&Val::new(Kind::Class(*class)), name),
        Ty::Lib(path) => {
            let types = &cx.project.rules.library.types;
            let found = cx.mro(&Ty::Lib(path.clone())).into_iter().find_map(|ty| match ty {
                Ty::Lib(path) => types.get(&path)?.values.get(&name).map(crate::link::default_val),
                Ty::Class(_) => None,
            });
            found.unwrap_or_else(|| Val::new(Kind::Absent))
        }
    }
}

/// The texts of a collection, when all of them are known; of one text, that one.
pub fn texts(value: &Val) -> Option<Vec<String>> {
    let value = value.in_force()?;
    if let Some(text) = value.as_str() {
        return Some(vec![text.to_owned()]);
    }
    let seq = value.as_seq().filter(|seq| !seq.open)?;
    seq.items.iter().map(|item| item.in_force()?.as_str().map(str::to_owned)).collect()
}

/// What a form binds in a value, when the value certainly is what it looks for.
pub fn bound(cx: &Cx<'_, '_>, form: &Form, value: &Val) -> Option<crate::link::Bindings> {
    use crate::link::{Bindings, Tri};
    use crate::rule::model::PatternKind;
    let PatternKind::Expr(pat) = &form.pattern.kind else { return None };
    let mut bindings = Bindings::new(form.vars.len());
    cx.refuel();
    let tri = cx.match_pat(pat, value, &mut bindings);
    (tri.and(|| cx.holds_all(&form.wheres, &mut bindings)) == Tri::Yes).then_some(bindings)
}

/// The nearest library class that answers requests.
pub fn library_class(mro: &[Ty]) -> Option<Vec<Symbol>> {
    mro.iter().find_map(|ty| match ty {
        Ty::Lib(path) if path.len() > 1 => Some(path.clone()),
        _ => None,
    })
}
