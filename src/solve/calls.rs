//! Which functions of the project a call enters, and which argument is which parameter there.

use std::sync::Arc;

use super::graph::Graph;
use super::path::{Key, Path};
use crate::base::Symbol;
use crate::facts::{ArgTerm, FnIr, Term, TermId};
use crate::link::{Callee, ClassRef, Cx, FnRef, Frame, Ty};
use crate::syntax::ast::{ArgKind, ParamKind};

/// A function that a call enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entered {
    /// The function.
    pub func: FnRef,
    /// How many parameters come before the first argument: 1 for `self` or `cls`.
    pub offset: usize,
    /// Whether the object is made by the call: its `__init__` is entered.
    pub makes: Option<ClassRef>,
    /// Whether only a name says so.
    pub guessed: bool,
    /// The function that this one is wrapped around, and by which of its decorators.
    pub wraps: Option<(FnRef, usize)>,
}

impl Entered {
    /// Whether a function is entered, in a wrapper perhaps.
    pub fn enters(&self, func: FnRef) -> bool {
        self.func == func || self.wraps.is_some_and(|(wrapped, _)| wrapped == func)
    }

    /// A function that is certainly entered.
    fn plain(func: FnRef, offset: usize) -> Self {
        Self { func, offset, makes: None, guessed: false, wraps: None }
    }
}

/// The functions of the project that calling `callee` enters.
pub fn functions(
    cx: &Cx<'_, '_>,
    graph: &Graph<'_, '_>,
    callee: TermId,
    frame: &Arc<Frame>,
) -> Vec<Entered> {
    cx.refuel();
    match cx.callee(callee, frame) {
        Callee::Fn { func, receiver } => {
            vec![decorated(cx, graph, func, 0, usize::from(receiver.is_some()))]
        }
        Callee::Class(class) => match cx.project_method(&Ty::Class(class), "__init__") {
            Some(func) => vec![Entered { makes: Some(class), ..Entered::plain(func, 1) }],
            None => Vec::new(),
        },
        Callee::Unknown { name, receiver } => {
            if let Some(entered) = called_object(cx, callee, frame) {
                return vec![entered];
            }
            match (&graph.project.ir(frame.func).terms[callee], name, receiver) {
                (Term::Attr(..), Some(name), Some(_)) => namesakes(graph, name),
                (Term::Global(_), ..) => Vec::new(),
                _ => handed_in(cx, callee, frame),
            }
        }
        Callee::Lib(_) | Callee::Method { .. } => Vec::new(),
    }
}

/// The function that calling a function enters: the wrapper of its outermost decorator of the
/// project, counted from `from`, or itself.
pub fn decorated(
    cx: &Cx<'_, '_>,
    graph: &Graph<'_, '_>,
    func: FnRef,
    from: usize,
    offset: usize,
) -> Entered {
    let count = graph.project.ir(func).decorators.len();
    let wrapper = (from..count).find_map(|at| Some((graph.wrapper(cx, func, at)?, at)));
    match wrapper {
        Some((wrapper, at)) => {
            Entered { wraps: Some((func, at)), ..Entered::plain(wrapper, offset) }
        }
        None => Entered::plain(func, offset),
    }
}

/// An object that is called: by its `__call__`, or as a function of which some arguments are
/// given already (`functools.partial`).
fn called_object(cx: &Cx<'_, '_>, callee: TermId, frame: &Arc<Frame>) -> Option<Entered> {
    cx.refuel();
    let value = cx.eval(callee, frame);
    if let Some(ty @ Ty::Class(_)) = cx.type_of_val(&value) {
        return cx.project_method(&ty, "__call__").map(|func| Entered::plain(func, 1));
    }
    let origin = cx.call_origin(&value)?;
    let Term::Call { func, args } = cx.project.term(origin.term) else { return None };
    let model = cx.library_model(*func, &origin.frame)?;
    let bound = model.binds?;
    let is_function = |index: &usize| {
        let params = super::advance::model_params(cx.project, model, args, *index, Path::WHOLE);
        params.iter().any(|(name, _)| *name == bound)
    };
    let given = (0..args.len()).find(is_function)?;
    let function = cx.eval(args[given].value, &origin.frame);
    let crate::link::Kind::Function(func) = function.kind else { return None };
    let before = args.iter().filter(|arg| arg.kind == ArgKind::Positional).count();
    Some(Entered::plain(func, before.saturating_sub(1)))
}

/// What callers hand in for a parameter that is called.
fn handed_in(cx: &Cx<'_, '_>, callee: TermId, frame: &Arc<Frame>) -> Vec<Entered> {
    cx.refuel();
    let value = cx.eval(callee, frame);
    let possible = cx.possible(&value);
    let mut found: Vec<Entered> = Vec::new();
    for value in possible.alternatives() {
        if let crate::link::Kind::Function(func) = value.kind {
            let bound = value.origin.as_ref().is_some_and(|origin| {
                matches!(cx.project.term(origin.term), Term::Attr(..))
                    && cx.class_of_method(func).is_some()
            });
            let one = Entered::plain(func, usize::from(bound));
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    found
}

/// Methods of a name that only few classes have, and none of Python or of a library.
fn namesakes(graph: &Graph<'_, '_>, name: Symbol) -> Vec<Entered> {
    if super::containers::is_builtin(graph.project.name(name))
        || graph.library_methods.contains(&name)
    {
        return Vec::new();
    }
    let methods = graph.project.graph.namesakes(name);
    methods.iter().map(|func| Entered { guessed: true, ..Entered::plain(*func, 1) }).collect()
}

/// The parameters of a function that take the argument `index` of a call, and where in them its
/// part at `path` is.
pub fn parameters(
    cx: &Cx<'_, '_>,
    ir: &FnIr,
    offset: usize,
    args: &[ArgTerm],
    index: usize,
    path: Path,
) -> Vec<(u32, Path)> {
    let Some(arg) = args.get(index) else { return Vec::new() };
    let slot = |kind: ParamKind| position(ir, |param| param.kind == kind);
    let keyword_slot = |key: Key| slot(ParamKind::KwArgs).map(|param| (param, path.below(key)));
    match arg.kind {
        ArgKind::Keyword(name) => {
            let own = position(ir, |param| {
                param.name == name && !matches!(param.kind, ParamKind::VarArgs | ParamKind::KwArgs)
            });
            let named = own.map(|param| (param, path));
            named
                .or_else(|| keyword_slot(Key::of_text(cx.project.name(name))))
                .into_iter()
                .collect()
        }
        ArgKind::Positional => {
            let before = &args[..index];
            if before.iter().any(|arg| arg.kind == ArgKind::Star) {
                return slot(ParamKind::VarArgs)
                    .map(|param| (param, path.below(Key::Any)))
                    .into_iter()
                    .collect();
            }
            let at = before.iter().filter(|arg| arg.kind == ArgKind::Positional).count() + offset;
            by_position(ir, at, path).into_iter().collect()
        }
        ArgKind::Star => {
            let before = args[..index].iter().filter(|arg| arg.kind == ArgKind::Positional);
            spread(ir, before.count() + offset, path)
        }
        ArgKind::DoubleStar => double_spread(cx, ir, path),
    }
}

fn position(ir: &FnIr, wanted: impl Fn(&crate::facts::Param) -> bool) -> Option<u32> {
    ir.params.iter().position(wanted).and_then(|index| u32::try_from(index).ok())
}

/// The parameter that takes the argument at a position.
pub fn by_position(ir: &FnIr, at: usize, path: Path) -> Option<(u32, Path)> {
    let plain = |kind: ParamKind| matches!(kind, ParamKind::PositionalOnly | ParamKind::Normal);
    let plains = ir.params.iter().filter(|param| plain(param.kind)).count();
    if at < plains {
        let index = ir.params.iter().enumerate().filter(|(_, p)| plain(p.kind)).nth(at)?.0;
        return Some((u32::try_from(index).ok()?, path));
    }
    let rest = position(ir, |param| param.kind == ParamKind::VarArgs)?;
    let index = i64::try_from(at - plains).ok()?;
    Some((rest, path.below(Key::of_index(index))))
}

/// `f(*values)`
pub fn spread(ir: &FnIr, first: usize, path: Path) -> Vec<(u32, Path)> {
    let known = (0..8).find(|index| path.first() == Some(Key::of_index(*index)));
    match (known, path.first()) {
        (Some(index), _) => {
            let at = first + usize::try_from(index).unwrap_or(0);
            by_position(ir, at, path.rest()).into_iter().collect()
        }
        (None, Some(Key::Any)) => {
            let plain = (first..ir.params.len()).filter_map(|at| by_position(ir, at, path.rest()));
            let mut found: Vec<(u32, Path)> = plain.collect();
            let rest = position(ir, |param| param.kind == ParamKind::VarArgs);
            found.extend(rest.map(|param| (param, path)));
            found.dedup();
            found
        }
        (None, None) => by_position(ir, first, path).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// `f(**values)`
pub fn double_spread(cx: &Cx<'_, '_>, ir: &FnIr, path: Path) -> Vec<(u32, Path)> {
    let rest = position(ir, |param| param.kind == ParamKind::KwArgs);
    let Some(key) = path.first() else {
        return rest.map(|param| (param, path)).into_iter().collect();
    };
    let own = position(ir, |param| {
        matches!(param.kind, ParamKind::Normal | ParamKind::KeywordOnly)
            && Key::of_text(cx.project.name(param.name)) == key
    });
    match own {
        Some(param) => vec![(param, path.rest())],
        None => rest.map(|param| (param, path)).into_iter().collect(),
    }
}
