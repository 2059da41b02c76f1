//! The configuration of applications that keep it in an object: what each key of each
//! application is when the program has started.
//!
//! The program is followed as Python runs it (`machine`): from where it starts (`reach`) through
//! imports and calls, statement by statement, with the configuration as state (`state`). It is
//! run once per profile, as the environment decides otherwise in each (`choice`).
//!
//! What the program does not show stays open: a step that is not understood makes the keys it may
//! have set unknown, and the configuration incomplete.

mod calls;
mod choice;
mod commands;
mod extensions;
mod external;
mod flow;
mod identity;
mod late;
mod machine;
mod objects;
mod reach;
mod state;
mod statements;
mod writes;

use std::sync::Arc;

use indexmap::IndexMap;

use self::commands::Start;
use self::machine::{Run, Subject};
use self::reach::Reach;
use self::state::{Config, State, join};
use super::documents::Documents;
use super::profile::Profile;
use super::settings::{Namespace, Setting};
use crate::base::{FxHashMap, FxHashSet};
use crate::facts::{FnId, Term};
use crate::link::{Cx, FnRef, Frame, Kind, Project, TermRef, Tri, Val};
use crate::rule::library::SettingsModel;

/// One run and what it left behind.
struct Outcome {
    start: FnRef,
    config: Arc<Config>,
    told: Vec<Profile>,
    fixed: Vec<Profile>,
    given: Vec<Profile>,
    passed: Vec<Profile>,
    chosen: Vec<String>,
    visited: FxHashSet<FnRef>,
}

/// The configurations of the applications that a project makes, by application and profile.
/// `documents` are the files that it may read, `defaults` the declared defaults of its keys.
pub fn namespaces(
    project: &Project<'_>,
    model: &SettingsModel,
    documents: &Documents,
    defaults: &FxHashMap<String, Val>,
) -> Vec<Namespace> {
    let cx = Cx::new(project);
    let apps = applications(&cx, model);
    if apps.is_empty() {
        return Vec::new();
    }
    let reach = Reach::of(&cx, model);
    let only = apps.len() == 1;
    let runs: Vec<Runs<'_>> = apps
        .into_iter()
        .map(|app| Subject { model, reach: &reach, documents, app, only, defaults })
        .map(|subject| Runs::of(&cx, subject))
        .collect();
    // What is done to one application is not done to another by code that no run came to.
    let visited: FxHashSet<FnRef> = runs.iter().flat_map(Runs::visited).collect();
    runs.iter().flat_map(|runs| runs.namespaces(&cx, &visited)).collect()
}

/// The calls that make applications, in the order of the files.
fn applications(cx: &Cx<'_, '_>, model: &SettingsModel) -> Vec<TermRef> {
    let Some(class) = model.app.as_ref() else { return Vec::new() };
    let Some(name) = class.last() else { return Vec::new() };
    let mut made: Vec<TermRef> = Vec::new();
    for site in cx.project.index.callers(*name) {
        cx.refuel();
        let Term::Call { func, .. } = &cx.project.ir(site.func).terms[site.term] else { continue };
        let callee = cx.callee(*func, &Frame::open(site.func));
        if cx.callee_is(&callee, class) == Tri::Yes {
            made.push(TermRef { func: site.func, term: site.term });
        }
    }
    made.sort_unstable();
    made.dedup();
    made
}

/// All runs of one application.
struct Runs<'a> {
    subject: Subject<'a>,
    production: Vec<Outcome>,
    others: Vec<(Profile, Vec<Outcome>)>,
}

impl<'a> Runs<'a> {
    fn of(cx: &Cx<'_, '_>, subject: Subject<'a>) -> Self {
        let starts: Vec<Start> = subject
            .reach
            .starts(cx, subject.app.func)
            .into_iter()
            .map(|at| Start { at, given: None })
            .collect();
        // What is deployed counts before what the code alone shows.
        let deployed = commands::starts(cx, &subject);
        let mut production = all_runs(cx, &subject, &deployed, Profile::Production);
        if production.is_empty() {
            production = all_runs(cx, &subject, &starts, Profile::Production);
        }
        // What only runs when a module is the program belongs to development, but is not
        // unreached. For tests a program is something else only where it says so.
        let tests = production.iter().any(|outcome| outcome.told.contains(&Profile::Test));
        let others = [Profile::Development, Profile::Test]
            .into_iter()
            .filter(|profile| tests || *profile != Profile::Test)
            .map(|profile| (profile, all_runs(cx, &subject, &starts, profile)))
            .collect();
        Self { subject, production, others }
    }

    fn visited(&self) -> impl Iterator<Item = FnRef> {
        let others = self.others.iter().flat_map(|(_, outcomes)| outcomes);
        self.production.iter().chain(others).flat_map(|outcome| outcome.visited.iter().copied())
    }

    /// The configurations they come to. `visited`: bodies that a run of any application came to.
    fn namespaces(&self, cx: &Cx<'_, '_>, visited: &FxHashSet<FnRef>) -> Vec<Namespace> {
        let told: FxHashSet<Profile> =
            self.production.iter().flat_map(|o| o.told.iter().copied()).collect();
        let mut found = Vec::new();
        let judged = judged_profile(&self.production);
        if let Some(mut config) = joined(&self.subject, &self.production) {
            late::apply(cx, &self.subject, visited, Arc::make_mut(&mut config));
            found.push(namespace(cx, &self.subject, &self.production, &config, judged));
        }
        for (profile, outcomes) in &self.others {
            if *profile == judged || !told.contains(profile) {
                continue;
            }
            if let Some(config) = joined(&self.subject, outcomes) {
                found.push(namespace(cx, &self.subject, outcomes, &config, *profile));
            }
        }
        found
    }
}

/// Runs every start. Starts that are named as what a server runs count before others.
fn all_runs(
    cx: &Cx<'_, '_>,
    subject: &Subject<'_>,
    starts: &[Start],
    profile: Profile,
) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> =
        starts.iter().filter_map(|start| run(cx, subject, start, profile)).collect();
    let served = |outcome: &Outcome| {
        let path = &cx.project.units[outcome.start.unit].path;
        let stem = path.rsplit('/').next().unwrap_or_default().trim_end_matches(".py");
        let words = crate::rule::words::split_words(stem);
        subject.model.start_words.iter().any(|word| words.contains(word))
    };
    if outcomes.iter().any(served) {
        outcomes.retain(served);
    }
    outcomes
}

fn run(cx: &Cx<'_, '_>, subject: &Subject<'_>, start: &Start, profile: Profile) -> Option<Outcome> {
    // A server imports the module; `python module.py` is how developers start it, unless
    // there is no other way.
    let script = (start.at.func == FnId(0)).then_some(start.at.unit);
    let tries = match profile {
        Profile::Production => [None, script],
        Profile::Development | Profile::Test => [script, None],
    };
    for main in tries {
        let mut run = Run::new(Cx::new(cx.project), subject, profile);
        run.main = main;
        let Some(mut config) = run.start(start) else { continue };
        run.finish(Arc::make_mut(&mut config));
        return Some(Outcome {
            start: start.at,
            config,
            told: run.told,
            fixed: run.fixed,
            given: run.given,
            passed: run.passed,
            chosen: run.chosen,
            visited: run.visited,
        });
    }
    None
}

fn joined(subject: &Subject<'_>, outcomes: &[Outcome]) -> Option<Arc<Config>> {
    let mut all: Option<State> = None;
    for outcome in outcomes {
        let state = Some(Arc::clone(&outcome.config));
        all = Some(join(all, state, &|key| subject.default(key)));
    }
    all.flatten()
}

/// The profile that the production runs really are of: a program that takes a configuration which
/// is named for development is a development program, where there is one for production too. What
/// the configuration of tokscan says of what was chosen stands above names.
fn judged_profile(production: &[Outcome]) -> Profile {
    let mut given = production.iter().flat_map(|outcome| &outcome.given);
    if let Some(first) = given.next() {
        return if given.all(|profile| profile == first) { *first } else { Profile::Production };
    }
    let fixed: Vec<Profile> = production.iter().flat_map(|o| o.fixed.iter().copied()).collect();
    let mut passed = production.iter().flat_map(|o| &o.passed);
    match fixed.first() {
        Some(first)
            if passed.any(|p| *p == Profile::Production) && fixed.iter().all(|p| p == first) =>
        {
            *first
        }
        _ => Profile::Production,
    }
}

fn namespace(
    cx: &Cx<'_, '_>,
    subject: &Subject<'_>,
    outcomes: &[Outcome],
    config: &Config,
    profile: Profile,
) -> Namespace {
    let project = cx.project;
    let app = subject.app;
    let made = project.loc(app.func.unit, project.ir(app.func).spans[app.term]);
    let mut keys = IndexMap::new();
    for (key, slot) in config.iter() {
        if let Some(loc) = slot.chain.last() {
            let (value, chain) = (decided(&slot.value), slot.chain.clone());
            keys.insert(key.clone(), Setting { value, loc: *loc, chain });
        }
    }
    Namespace {
        framework: subject.model.framework.clone(),
        name: name(cx, subject, outcomes),
        profile,
        named_by: vec![made],
        keys,
        complete: !config.open,
        end: Some(made),
    }
}

/// A value of which it is not known which of several it is: unknown, unless all are true or all
/// are false alike.
fn decided(value: &Val) -> Val {
    match &value.kind {
        Kind::OneOf(values) if value.truth().is_none() || values.iter().any(Val::is_unknown) => {
            let mut unknown = Val::opaque();
            unknown.loc = value.loc;
            unknown
        }
        _ => value.clone(),
    }
}

/// `shop.app.create_app`, and the configuration classes that it took.
fn name(cx: &Cx<'_, '_>, subject: &Subject<'_>, outcomes: &[Outcome]) -> String {
    let app = subject.app;
    let path = &cx.project.units[app.func.unit].path;
    let module = path.trim_end_matches(".py").trim_end_matches("/__init__").replace('/', ".");
    let symbol = cx.project.symbol_of(app.func);
    let mut name = if symbol.is_empty() { module } else { format!("{module}.{symbol}") };
    let mut chosen: Vec<&str> = Vec::new();
    for class in outcomes.iter().flat_map(|o| &o.chosen) {
        if !chosen.contains(&class.as_str()) {
            chosen.push(class);
        }
    }
    if !chosen.is_empty() {
        name = format!("{name} ({})", chosen.join(", "));
    }
    name
}
