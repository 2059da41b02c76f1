//! What must not be reached: roles of concepts, and what handlers of requests return.

use std::sync::Arc;

use super::advance::model_params;
use super::path::Path;
use super::search::Search;
use crate::base::{FxHashMap, Loc, Symbol};
use crate::facts::{ArgTerm, NodeId, Term, TermId};
use crate::link::{Bindings, FnRef, Frame, StoreSite, TermRef, Tri};
use crate::rule::RuleSet;
use crate::rule::flow_models::SinkModel;
use crate::rule::library::{CallModel, RoleRoot};

/// A sink in the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The names it has in rules.
    pub name: Symbol,
    /// The place.
    pub loc: Loc,
    /// The function it is in.
    pub func: FnRef,
    /// The call, or the value that is stored or returned.
    pub term: TermRef,
    /// What happens there.
    pub text: String,
}

/// The sinks of a rule set.
#[derive(Debug, Default)]
pub struct Sinks {
    by_concept: FxHashMap<Symbol, Vec<SinkModel>>,
    returns: Vec<SinkModel>,
    caught: Vec<SinkModel>,
}

impl Sinks {
    /// The sinks that rules ask for.
    pub fn new(rules: &RuleSet, wanted: &dyn Fn(Symbol) -> bool) -> Self {
        let mut sinks = Self::default();
        for sink in rules.library.sinks.iter().filter(|sink| wanted(sink.name)) {
            if sink.caught {
                sinks.caught.push(sink.clone());
            } else if let Some(concept) = sink.concept {
                sinks.by_concept.entry(concept).or_default().push(sink.clone());
            }
            if !sink.handler_returns.is_empty() {
                sinks.returns.push(sink.clone());
            }
        }
        sinks
    }
}

impl Search<'_, '_, '_> {
    /// The sinks that an argument of a call reaches.
    #[expect(clippy::too_many_arguments, reason = "a call has that many sides")]
    pub(super) fn sinks_of_argument(
        &mut self,
        id: u32,
        call: TermRef,
        path: Path,
        func: TermId,
        args: &[ArgTerm],
        index: usize,
        frame: &Arc<Frame>,
    ) {
        self.cx.refuel();
        if let Some(model) = self.cx.library_model(func, frame) {
            self.sinks_of_model(id, call, path, model, args, index, frame);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a call has that many sides")]
    fn sinks_of_model(
        &mut self,
        id: u32,
        call: TermRef,
        path: Path,
        model: &CallModel,
        args: &[ArgTerm],
        index: usize,
        frame: &Arc<Frame>,
    ) {
        let sinks = self.sinks;
        for concept in &model.is {
            for sink in sinks.by_concept.get(concept).into_iter().flatten() {
                for (param, inner) in model_params(self.graph.project, model, args, index, path) {
                    let taken = sink.roles.iter().any(|role| {
                        model.roles.get(role).is_some_and(|expr| {
                            expr.root == RoleRoot::Param(param)
                                && below(inner, &expr.path).is_some_and(|rest| {
                                    rest.in_items()
                                        && super::text::is_shown(
                                            self.cx,
                                            args[index].value,
                                            path,
                                            frame,
                                        )
                                })
                        })
                    });
                    let holds =
                        taken && (model.unless.is_none() || self.is_concept(call, *concept));
                    if holds {
                        self.reached(id, sink, call);
                    }
                }
            }
        }
    }

    /// Whether a call is of a concept, what is said of exceptions considered.
    fn is_concept(&self, call: TermRef, concept: Symbol) -> bool {
        self.cx.refuel();
        let value = self.cx.as_written(call);
        self.cx.match_concept(concept, &[], &value, &mut Bindings::default()) == Tri::Yes
    }

    fn reached(&mut self, id: u32, sink: &SinkModel, term: TermRef) {
        let loc = self.loc(term);
        self.reached_at(id, sink, term, loc);
    }

    fn reached_at(&mut self, id: u32, sink: &SinkModel, term: TermRef, loc: Loc) {
        let text = if sink.message.is_empty() {
            self.graph.project.name(sink.name).to_owned()
        } else {
            sink.message.clone()
        };
        let reached = Reached { name: sink.name, loc, func: term.func, term, text };
        self.reach(id, reached);
    }

    /// Sinks that are assignments: `flask.session[$K] = $V`.
    pub(super) fn sinks_of_store(
        &mut self,
        id: u32,
        term: TermRef,
        path: Path,
        node: NodeId,
        instr: usize,
        loc: Loc,
    ) {
        if !path.in_items() {
            return;
        }
        let sinks = self.sinks;
        let site = StoreSite { func: term.func, node, instr };
        for (concept, roles) in self.cx.stored_roles(site, &sinks.concepts()) {
            for sink in sinks.by_concept.get(&concept).into_iter().flatten() {
                if sink.roles.iter().any(|role| roles.contains(role)) {
                    self.reached_at(id, sink, term, loc);
                }
            }
        }
    }

    /// Calls in a handler that show the exception it handles: `logger.exception("…")`.
    pub(super) fn sinks_of_caught(&mut self, id: u32, func: FnRef, handler: NodeId, path: Path) {
        let sinks = self.sinks;
        if sinks.caught.is_empty() {
            return;
        }
        let project = self.graph.project;
        let frame = Frame::open(func);
        for (call, model) in self.calls_of_handler(func, handler, path) {
            let Term::Call { args, .. } = project.term(call) else { continue };
            let shows = |sink: &&SinkModel| sink.concept.is_some_and(|c| model.is.contains(&c));
            for sink in sinks.caught.iter().filter(shows) {
                if self.shows_caught(sink, model, args, &frame) {
                    self.reached(id, sink, call);
                }
            }
        }
    }

    /// Whether a call shows the exception that is handled: always, or because an argument is true.
    fn shows_caught(
        &self,
        sink: &SinkModel,
        model: &CallModel,
        args: &[ArgTerm],
        frame: &Arc<Frame>,
    ) -> bool {
        sink.roles.is_empty()
            || (0..args.len()).any(|index| {
                let params = model_params(self.graph.project, model, args, index, Path::WHOLE);
                let taken = params.iter().any(|(param, path)| {
                    sink.roles.iter().filter_map(|role| model.roles.get(role)).any(|expr| {
                        expr.root == RoleRoot::Param(*param) && below(*path, &expr.path).is_some()
                    })
                });
                self.cx.refuel();
                taken && self.cx.eval(args[index].value, frame).truth() == Some(true)
            })
    }

    /// What a handler returns.
    pub(super) fn sinks_of_return(
        &mut self,
        id: u32,
        term: TermRef,
        path: Path,
        frame: &Arc<Frame>,
    ) {
        let sinks = self.sinks;
        let Some(framework) = self.graph.answers_for(self.cx, term.func) else { return };
        if !super::text::is_shown(self.cx, term.term, path, frame) {
            return;
        }
        for sink in
            sinks.returns.iter().filter(|s| s.handler_returns.iter().any(|f| f == framework))
        {
            self.reached(id, sink, term);
        }
    }
}

impl Sinks {
    fn concepts(&self) -> Vec<Symbol> {
        let mut concepts: Vec<Symbol> = self.by_concept.keys().copied().collect();
        concepts.sort_unstable();
        concepts
    }
}

/// A path below the keys that a role names.
fn below(path: Path, keys: &[String]) -> Option<Path> {
    keys.iter().try_fold(path, |path, key| path.item(super::path::Key::of_text(key)))
}
