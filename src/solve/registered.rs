//! Functions that a framework calls because they are registered with it: for exceptions of
//! requests, for signals.

use crate::base::{Loc, Symbol};
use crate::facts::{Term, TermId};
use crate::link::{Cx, FnRef, Frame, Kind, Project, TermRef, Ty, Val};
use crate::rule::library::{CallModel, StackModel};

use super::advance::model_params;
use super::path::Path;

/// A function that gets exceptions.
#[derive(Debug)]
pub struct ExceptionHandler {
    /// The function.
    pub func: FnRef,
    /// Their class; none: whatever is raised.
    pub class: Option<Ty>,
    /// Where that is said.
    pub loc: Loc,
    /// The framework that sends what it returns, if that is a response.
    pub framework: Option<String>,
}

/// A function that is registered, by a call on a decorator or as an argument.
struct Registered {
    func: FnRef,
    /// The argument that the function is, if it is no decorator's.
    given: Option<TermId>,
    /// The first part of the name of what registers it.
    package: Option<Symbol>,
    /// What it is registered for.
    value: Val,
    loc: Loc,
}

/// Functions that are registered for exceptions.
pub fn exception_handlers(cx: &Cx<'_, '_>) -> Vec<ExceptionHandler> {
    let mut all: Vec<ExceptionHandler> = Vec::new();
    for one in registered(cx, |model| model.handles) {
        // A status: the exception that stands for it says no more than that.
        let Some(class) = cx.class_value(&one.value) else { continue };
        let framework = one.package.and_then(|package| framework(cx.project, package));
        all.push(ExceptionHandler { func: one.func, class: Some(class), loc: one.loc, framework });
    }
    all.extend(named_by_settings(cx));
    all
}

/// Functions that are called when something is sent to what they are registered for: the term
/// that makes that, and the function.
pub fn subscribers(cx: &Cx<'_, '_>) -> Vec<(TermRef, FnRef)> {
    let by = registered(cx, |model| model.subscribes);
    by.into_iter().filter_map(|one| Some((one.value.origin?.term, one.func))).collect()
}

/// The framework that a package belongs to.
fn framework(project: &Project<'_>, package: Symbol) -> Option<String> {
    let is = |stack: &&StackModel| {
        stack.kind == "framework" && stack.imports.iter().any(|path| path[..] == [package])
    };
    project.rules.library.stacks.iter().find(is).map(|stack| stack.name.clone())
}

/// Functions that calls of library models register: as decorators, or by an argument.
fn registered(cx: &Cx<'_, '_>, by: impl Fn(&CallModel) -> Option<Symbol>) -> Vec<Registered> {
    let project = cx.project;
    let mut found = Vec::new();
    for func in &project.index.decorated {
        let ir = project.ir(*func);
        let Some(parent) = ir.parent else { continue };
        let outer = FnRef { unit: func.unit, func: parent };
        for decorator in &ir.decorators {
            let call = TermRef { func: outer, term: *decorator };
            found.extend(registration(cx, call, &by).map(|one| Registered { func: *func, ..one }));
        }
    }
    let library = &project.rules.library;
    let mut names: Vec<Symbol> = library
        .calls
        .iter()
        .filter(|(_, models)| models.iter().any(|m| by(m).is_some() && m.registers.is_some()))
        .filter_map(|(path, _)| path.last().copied())
        .collect();
    names.sort_unstable();
    names.dedup();
    for site in names.iter().flat_map(|name| project.index.callers(*name)) {
        let call = TermRef { func: site.func, term: site.term };
        let Some(one) = registration(cx, call, &by) else { continue };
        let value = one.given.map(|term| cx.eval(term, &Frame::open(site.func)));
        if let Some(Val { kind: Kind::Function(func), .. }) = value {
            found.push(Registered { func, ..one });
        }
    }
    found
}

/// What a call registers a function for, if it does; the function is to be filled in.
fn registration(
    cx: &Cx<'_, '_>,
    call: TermRef,
    by: &impl Fn(&CallModel) -> Option<Symbol>,
) -> Option<Registered> {
    let project = cx.project;
    let Term::Call { func, .. } = project.term(call) else { return None };
    let frame = Frame::open(call.func);
    cx.refuel();
    let model = cx.library_model(*func, &frame)?;
    let what = by(model)?;
    let value = cx.eval(argument(cx, call, model, what)?, &frame);
    Some(Registered {
        func: call.func,
        given: model.registers.and_then(|param| argument(cx, call, model, param)),
        package: cx.callee(*func, &frame).library_path().and_then(|path| path.first().copied()),
        value,
        loc: project.loc(call.func.unit, project.ir(call.func).spans[call.term]),
    })
}

/// The argument that is a parameter of a modelled call, or the object that it is called on.
pub fn argument(
    cx: &Cx<'_, '_>,
    call: TermRef,
    model: &CallModel,
    param: Symbol,
) -> Option<TermId> {
    let Term::Call { func, args } = cx.project.term(call) else { return None };
    if cx.project.name(param) == "receiver" {
        return match cx.project.ir(call.func).terms[*func] {
            Term::Attr(object, _) => Some(object),
            _ => None,
        };
    }
    (0..args.len()).find_map(|index| {
        let params = model_params(cx.project, model, args, index, Path::WHOLE);
        params.iter().any(|(name, _)| *name == param).then(|| args[index].value)
    })
}

/// Functions that settings name for all exceptions of requests.
fn named_by_settings(cx: &Cx<'_, '_>) -> Vec<ExceptionHandler> {
    let project = cx.project;
    let Some(settings) = &project.settings else { return Vec::new() };
    let models = project.rules.library.error_handlers.iter();
    let named = models.filter_map(|model| {
        let value = settings.setting(&model.framework, &model.setting)?;
        let func = match value.kind {
            Kind::Function(func) => func,
            _ => {
                let unit = value.origin.as_ref()?.term.func.unit;
                match cx.lookup_dotted_path(value.as_str()?, unit)?.kind {
                    Kind::Function(func) => func,
                    _ => return None,
                }
            }
        };
        Some((func, model.framework.clone()))
    });
    named
        .map(|(func, framework)| ExceptionHandler {
            func,
            class: None,
            loc: project.loc(func.unit, project.ir(func).name_span),
            framework: Some(framework),
        })
        .collect()
}
