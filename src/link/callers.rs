//! Functions as their callers see them: which activations there are, what they make.

use std::sync::Arc;

use super::index::CallSite;
use super::search::{Hit, Spot};
use super::tri::Tri;
use super::value::{Frame, Kind, Origin, Val, one_of};
use super::{Callee, ClassRef, Cx, FnRef, TermRef, Ty};
use crate::base::Loc;
use crate::facts::Term;

/// Deepest chain of callers that may supply what a match hangs on.
const MAX_CALLERS: u32 = 3;
/// Deepest chain of project functions that is entered for what they make.
const MAX_ENTERED: u32 = 6;
/// Most instantiations of one candidate.
pub(super) const MAX_INSTANCES: u32 = 64;

/// One match in an activation, seen from a place in a function: what comes of it, if anything, and
/// whether an unknown hangs on parameters.
pub(super) type Attempt<'a> = dyn FnMut(&Arc<Frame>, (FnRef, Loc)) -> Option<(Hit, bool)> + 'a;

impl Cx<'_, '_> {
    /// Tries a match at each caller of `func`, and at their callers while it still hangs on
    /// parameters. Offers the certain ones.
    pub(super) fn instances(
        &self,
        func: FnRef,
        depth: u32,
        budget: &mut u32,
        attempt: &mut Attempt<'_>,
        offer: &mut dyn FnMut(Hit) -> bool,
    ) -> bool {
        for site in self.call_sites(func) {
            if site.func == func || *budget == 0 {
                continue;
            }
            *budget -= 1;
            let outer = Frame::open(site.func);
            let Some(frame) = self.called_frame(site, func, &outer) else { continue };
            let span = self.project.ir(site.func).spans[site.term];
            let loc = self.project.loc(site.func.unit, span);
            let Some((mut hit, hangs)) = attempt(&frame, (site.func, loc)) else { continue };
            hit.site = Some(TermRef { func: site.func, term: site.term });
            hit.wrapped.push(std::mem::replace(&mut hit.spot, Spot::Call(*site)));
            let going = match hit.tri {
                Tri::Yes if !hangs || depth + 1 == MAX_CALLERS => offer(hit),
                Tri::Yes | Tri::Unknown if hangs && depth + 1 < MAX_CALLERS => {
                    // The caller only hands its own parameter on: ask its callers.
                    let mut deeper = |outer: &Arc<Frame>, at: (FnRef, Loc)| {
                        let frame = self.called_frame(site, func, outer);
                        attempt(&frame.unwrap_or_else(|| Frame::open(func)), at)
                    };
                    let mut through = |mut hit: Hit| {
                        hit.inside.push(loc);
                        offer(hit)
                    };
                    self.instances(site.func, depth + 1, budget, &mut deeper, &mut through)
                }
                _ => true,
            };
            if !going {
                return false;
            }
        }
        true
    }

    /// What a value may be when it is a parameter: its default and what callers pass; else itself.
    pub fn possible(&self, value: &Val) -> Val {
        let Kind::Param(func, index) = value.kind else { return value.clone() };
        let ir = self.project.ir(func);
        let Some(param) = ir.params.get(index as usize) else { return value.clone() };
        let mut values = Vec::new();
        if let (Some(default), Some(parent)) = (param.default, ir.parent) {
            let outer = Frame::open(FnRef { unit: func.unit, func: parent });
            values.push(self.eval(default, &outer));
        }
        for site in self.call_sites(func).take(MAX_INSTANCES as usize) {
            let frame = self.called_frame(site, func, &Frame::open(site.func));
            let passed = frame.and_then(|f| f.args.as_ref()?.get(index as usize).cloned());
            values.extend(passed);
        }
        if values.is_empty() { value.clone() } else { one_of(values) }
    }

    /// The activation of the project function that a call calls.
    pub fn entered(&self, call: &Origin) -> Option<Arc<Frame>> {
        let Term::Call { func, args } = self.project.term(call.term) else { return None };
        let Callee::Fn { func, receiver } = self.callee(*func, &call.frame) else {
            return None;
        };
        if call.frame.depth >= MAX_ENTERED {
            return None;
        }
        let actuals = self.actuals(args, &call.frame);
        let this = receiver.as_ref().and_then(|r| match self.type_of_val(r) {
            Some(Ty::Class(class)) => Some(class),
            _ => None,
        });
        let args = Some(self.bind_fn(func, receiver, &actuals));
        Some(Frame::called(func, args, this, call.frame.depth + 1))
    }

    /// What a project function that makes something made: `create_app()` as `Flask(…)`. Other
    /// values as they are.
    pub fn made(&self, value: &Val) -> Val {
        let mut value = value.clone();
        while matches!(value.kind, Kind::Opaque) {
            let Some(origin) = self.call_origin(&value) else { break };
            let Some(frame) = self.entered(origin) else { break };
            let Some(returned) = self.returned(&frame) else { break };
            let known = |v: &&Val| v.origin.is_some() && v.truth() != Some(false);
            let Some(one) = returned.alternatives().iter().find(known) else { break };
            value = one.clone();
        }
        value
    }

    /// The constructor of a class, if the project writes it.
    pub(super) fn constructor(&self, class: ClassRef) -> Option<FnRef> {
        self.project_method(&Ty::Class(class), "__init__")
    }

    /// Whether a call site calls `func`.
    pub fn is_call_of(&self, site: &CallSite, func: FnRef) -> bool {
        self.called_frame(site, func, &Frame::open(site.func)).is_some()
    }

    /// Calls that may be of `func`, by its name; of a constructor, by that of its class.
    fn call_sites(&self, func: FnRef) -> impl Iterator<Item = &CallSite> {
        let project = self.project;
        let name = project.ir(func).name;
        let class = self.class_of_method(func).filter(|_| project.name(name) == "__init__");
        let made = class.map_or(&[][..], |class| project.index.callers(project.class(class).name));
        project.index.callers(name).iter().chain(made)
    }

    /// The activation of `func` that a call makes, if it is what is called.
    fn called_frame(&self, site: &CallSite, func: FnRef, outer: &Arc<Frame>) -> Option<Arc<Frame>> {
        self.refuel();
        if !self.may_keep(outer) {
            return self.find_called_frame(site, func, outer);
        }
        let key = (TermRef { func: site.func, term: site.term }, func, outer.number);
        let find = || Some(self.find_called_frame(site, func, outer));
        self.remembered(&self.frames, key, false, find).flatten()
    }

    fn find_called_frame(
        &self,
        site: &CallSite,
        func: FnRef,
        outer: &Arc<Frame>,
    ) -> Option<Arc<Frame>> {
        let Term::Call { func: callee, args } = &self.project.ir(site.func).terms[site.term] else {
            return None;
        };
        let (called, receiver) = match self.callee(*callee, outer) {
            Callee::Fn { func, receiver } => (func, receiver),
            Callee::Class(class) => (self.constructor(class)?, Some(Val::opaque())),
            _ => return None,
        };
        if called != func {
            return None;
        }
        let actuals = self.actuals(args, outer);
        let args = Some(self.bind_fn(func, receiver, &actuals));
        Some(Frame::called(func, args, None, outer.depth + 1))
    }
}
