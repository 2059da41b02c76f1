//! Flows: which labelled values reach which sinks, through functions, modules, objects and
//! exceptions, and by which path.
//!
//! Each source is followed by itself (`search`), so that a path is at hand for each finding and
//! no order of work can change it. Only what a label really reaches is looked at: indexes tell
//! candidates by name (`graph`), link decides.

mod advance;
mod blocks;
mod calls;
mod cells;
mod containers;
mod exits;
mod graph;
mod kept;
mod library;
mod path;
mod registered;
mod resume;
mod search;
mod sinks;
mod sources;
mod text;
mod through;

use crate::base::{Loc, Symbol};
use crate::link::{FnRef, Project, TermRef, map_all};
use crate::project::Model;
use crate::rule::RuleSet;
use crate::rule::flow_models::LabelModel;
use crate::rule::model::{Rule, Subject};

use graph::Graph;
use search::{Labels, Search};
use sinks::Sinks;

pub use search::Step;

/// Longest path that is taken for certain; each step may have been misunderstood.
const LONG: usize = 8;

/// A labelled value that reaches a sink.
#[derive(Debug, Clone)]
pub struct Flow {
    /// Where the value comes from.
    pub source: TermRef,
    /// Its labels at the sink.
    labels: Labels,
    /// Whether only its name says that it is what it is.
    pub named: bool,
    /// Whether a call on the way is told by its name only.
    pub guessed: bool,
    /// The sink's name in rules.
    pub sink: Symbol,
    /// The call, or the value that is stored or returned.
    pub reached: TermRef,
    /// The place of the sink.
    pub loc: Loc,
    /// The function the sink is in.
    pub func: FnRef,
    /// The functions that the value passes.
    pub through: Vec<FnRef>,
    /// The path: the source first, without a text, the sink last. One step if both are one
    /// expression.
    steps: Vec<Step>,
}

impl Flow {
    /// The path, told of a source of one of these labels.
    pub fn told(&self, project: &Project<'_>, from: &[Symbol]) -> Vec<Step> {
        let mut steps = self.steps.clone();
        if let Some(first) = steps.first_mut().filter(|step| step.text.is_empty()) {
            let library = &project.rules.library;
            let asked = self.labels & below(project, from);
            let labels = library.labels.iter();
            let title = labels
                .filter(|label| asked & bits(project, &[**label]) != 0)
                .find_map(|label| library.label_models.get(label)?.title.as_deref());
            first.text = format!("{} comes from here", title.unwrap_or("a secret"));
        }
        steps
    }
}

/// The flows of a project.
#[derive(Debug, Default)]
pub struct Flows {
    all: Vec<Flow>,
}

impl Flows {
    /// Finds the flows that the rules ask for.
    pub fn of(project: &Project<'_>, model: &Model, selected: &dyn Fn(&Rule) -> bool) -> Self {
        let (from, to) = asked(project.rules, selected);
        if to.is_empty() {
            return Self::default();
        }
        let wanted = below(project, &from);
        let graph = Graph::new(project, model);
        let sinks = Sinks::new(project.rules, &|name| to.contains(&name));
        let shares = shares(project);
        let wanted = wanted | born_elsewhere(project);
        let mut sources = sources::sources(project, wanted);
        sources.extend(sources::of_copies(&graph, wanted));
        sources.extend(sources::of_documents(&graph, wanted));
        sources.extend(sources::of_error_handlers(&graph, wanted));
        let about = |source: &sources::Source| project.lost_in(source.term.func);
        let flows = map_all(project, &sources, about, |cx, source| {
            let hits = Search::new(cx, &graph, &sinks, shares).run(source);
            hits.into_iter().map(|hit| flow(source, hit)).collect::<Vec<Flow>>()
        });
        Self { all: flows.into_iter().flatten().collect() }
    }

    /// The flows from one of the labels to one of the sinks: by place, the most certain ones and
    /// then the shortest ones first.
    pub fn between(&self, project: &Project<'_>, from: &[Symbol], to: &[Symbol]) -> Vec<&Flow> {
        let wanted = below(project, from);
        let mut found: Vec<&Flow> = self
            .all
            .iter()
            .filter(|flow| flow.labels & wanted != 0 && to.contains(&flow.sink))
            .collect();
        found.sort_by_key(|flow| {
            (
                flow.loc,
                flow.named,
                flow.guessed,
                flow.steps.len(),
                flow.steps.first().map(|s| s.loc),
            )
        });
        found
    }
}

/// Which labels parts of what carries them carry, too.
fn shares(project: &Project<'_>) -> through::Shares {
    let all = |is: fn(&LabelModel) -> bool| {
        let models = project.rules.library.label_models.iter();
        let labels: Vec<Symbol> =
            models.filter(|(_, model)| is(model)).map(|(label, _)| *label).collect();
        below(project, &labels)
    };
    through::Shares { attributes: all(|model| model.parts), items: !all(|model| model.whole) }
}

fn flow(source: &sources::Source, hit: search::Hit) -> Flow {
    let mut steps: Vec<Step> = Vec::with_capacity(hit.steps.len());
    for step in hit.steps {
        match steps.last_mut() {
            Some(last) if last.loc == step.loc => *last = step,
            _ => steps.push(step),
        }
    }
    Flow {
        source: source.term,
        labels: hit.labels,
        named: source.named,
        guessed: hit.guessed || steps.len() > LONG,
        sink: hit.reached.name,
        reached: hit.reached.term,
        loc: hit.reached.loc,
        func: hit.reached.func,
        through: hit.through,
        steps,
    }
}

/// The labels and sinks that the selected rules speak of.
fn asked(rules: &RuleSet, selected: &dyn Fn(&Rule) -> bool) -> (Vec<Symbol>, Vec<Symbol>) {
    let (mut from, mut to) = (Vec::new(), Vec::new());
    let branches = rules.rules.iter().filter(|rule| selected(rule)).flat_map(|rule| &rule.matches);
    for branch in branches {
        if let Subject::Taint(taint) = &branch.subject {
            from.extend_from_slice(&taint.from);
            to.extend_from_slice(&taint.to);
        }
    }
    (from, to)
}

/// The bits of labels.
fn bits(project: &Project<'_>, labels: &[Symbol]) -> Labels {
    let known = &project.rules.library.labels;
    labels
        .iter()
        .filter_map(|label| known.iter().position(|k| k == label))
        .filter(|index| *index < 64)
        .fold(0, |all, index| all | 1 << index)
}

/// The bits of labels and of all labels below them (`request.query` below `request`).
fn below(project: &Project<'_>, labels: &[Symbol]) -> Labels {
    let known = &project.rules.library.labels;
    let is_below = |label: &Symbol| {
        let label = project.name(*label);
        labels.iter().any(|wanted| {
            let wanted = project.name(*wanted);
            label == wanted || label.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'))
        })
    };
    let found: Vec<Symbol> = known.iter().filter(|label| is_below(label)).copied().collect();
    bits(project, &found)
}

/// Labels that sanitizers turn into others: what they are made from must be followed, too.
fn born_elsewhere(project: &Project<'_>) -> Labels {
    let adds = project.rules.library.sanitizers.iter().any(|s| !s.adds.is_empty());
    if adds { Labels::MAX } else { 0 }
}
