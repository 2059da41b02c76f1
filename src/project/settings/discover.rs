//! Which modules are settings, and where they are in force.
//!
//! A module is settings because the variable that names the settings module names it, or because
//! it looks like them: it sets keys that only settings set. Modules that others run in their own
//! place are layers, and are not judged alone.

use super::{Naming, is_setting_name};
use crate::base::{FxHashMap, FxHashSet, Loc};
use crate::facts::{Const, FnId, InstrKind, Place, Term, TermId};
use crate::link::{Cx, FnRef, Frame, Kind, Project, UnitId};
use crate::project::profile::{self, Profile};
use crate::rule::library::SettingsModel;
use crate::rule::words::split_words;

/// Keys a module must set to be settings by its looks when others are named.
const CLEAR_MARKS: usize = 3;

/// A module to be judged.
#[derive(Debug)]
pub(super) struct Leaf {
    pub unit: UnitId,
    pub profile: Profile,
    pub named_by: Vec<Loc>,
}

/// How firmly something says that a module is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Says {
    /// What only developers run.
    Developer,
    /// A command line tool, which developers use too.
    Tool,
    /// A program that serves, if nothing else is set.
    Server,
    /// What starts the program that serves, or that program whatever is set.
    Deployment,
    /// A test runner.
    Tests,
}

/// A naming with the module it means; none where the project has no such module, because it is
/// written where the project is installed. That still says that no other is meant.
#[derive(Debug, Clone, Copy)]
struct Named {
    unit: Option<UnitId>,
    says: Says,
    loc: Loc,
}

/// The modules that look like settings or are named, and how they are named.
pub(super) struct Candidates {
    pub units: Vec<UnitId>,
    named: Vec<Named>,
}

/// Finds them.
pub(super) fn candidates(cx: &Cx<'_, '_>, model: &SettingsModel, namings: &[Naming]) -> Candidates {
    let project = cx.project;
    let mut named = python_namings(cx, model);
    for naming in namings.iter().filter(|n| n.framework == model.framework) {
        let says = match naming.profile {
            Profile::Production => Says::Deployment,
            Profile::Development => Says::Developer,
            Profile::Test => Says::Tests,
        };
        let unit = module_of(cx, UnitId(0), &naming.module);
        named.push(Named { unit, says, loc: naming.loc });
    }
    let all = project.units.iter_enumerated();
    let any_named = named.iter().any(|n| n.unit.is_some());
    let shaped = all.filter(|(unit, u)| {
        let count =
            marks(project, *unit, &model.module_marks).max(super::classes::marks(cx, model, *unit));
        let words = split_words(&u.path);
        let by_name = model.module_words.iter().any(|w| words.contains(w));
        let given = u.profile.is_some();
        let enough = if !any_named || by_name || given { 1 } else { CLEAR_MARKS };
        (u.production || by_name || given) && count >= enough
    });
    let mut units: Vec<UnitId> = shaped.map(|(unit, _)| unit).collect();
    units.extend(named.iter().filter_map(|n| n.unit));
    units.sort_unstable();
    units.dedup();
    add_what_builds_on(cx, &mut units);
    Candidates { units, named }
}

/// Adds the modules that star-import candidates: they are settings though they set no such key
/// themselves.
fn add_what_builds_on(cx: &Cx<'_, '_>, units: &mut Vec<UnitId>) {
    let mut known: FxHashSet<UnitId> = units.iter().copied().collect();
    let builds_on = |unit: UnitId, known: &FxHashSet<UnitId>| {
        cx.project.units[unit].stars.iter().any(|star| {
            let base = cx.imported_from(unit, *star);
            base.is_some_and(|base| base != unit && known.contains(&base))
        })
    };
    loop {
        let all = cx.project.units.ids().filter(|unit| !known.contains(unit));
        let more: Vec<UnitId> = all.filter(|unit| builds_on(*unit, &known)).collect();
        if more.is_empty() {
            break;
        }
        known.extend(more.iter().copied());
        units.extend(more);
    }
    units.sort_unstable();
}

fn marks(project: &Project<'_>, unit: UnitId, marks: &[String]) -> usize {
    let exports = &project.units[unit].exports;
    let set = |mark: &&String| project.names.get(mark).is_some_and(|s| exports.contains_key(&s));
    marks.iter().filter(set).count()
}

/// Decides which candidates are judged, and as what. `layers` are the modules that each module
/// runs in its own place.
pub(super) fn leaves(
    cx: &Cx<'_, '_>,
    model: &SettingsModel,
    found: &Candidates,
    layers: &FxHashMap<UnitId, Vec<UnitId>>,
) -> Vec<Leaf> {
    // What sets nothing is not settings, whoever names it: an entry point that nobody uses.
    let sets = |unit: UnitId| {
        cx.names_of(unit).bound.keys().any(|name| is_setting_name(cx.project.name(*name)))
            || !super::classes::configurations(cx, model, unit).is_empty()
    };
    let named: Vec<Named> =
        found.named.iter().filter(|n| n.unit.is_none_or(sets)).copied().collect();
    let named = named.as_slice();
    let given = |unit: UnitId| cx.project.units[unit].profile;
    let is_named =
        |unit: &UnitId| given(*unit).is_some() || named.iter().any(|n| n.unit == Some(*unit));
    let below: FxHashSet<UnitId> = found.units.iter().flat_map(|u| under(*u, layers)).collect();
    let mut leaves: Vec<Leaf> = found
        .units
        .iter()
        .copied()
        .filter(|unit| sets(*unit) && (!below.contains(unit) || is_named(unit)))
        .map(|unit| Leaf {
            unit,
            profile: profile_of(cx, unit, named),
            named_by: named.iter().filter(|n| n.unit == Some(unit)).map(|n| n.loc).collect(),
        })
        .collect();
    yield_to_production(cx, &mut leaves, named);
    // What production is built on is not judged alone, though it is named.
    let bases: FxHashSet<UnitId> = leaves
        .iter()
        .filter(|leaf| leaf.profile == Profile::Production)
        .flat_map(|leaf| under(leaf.unit, layers))
        .collect();
    leaves.retain(|leaf| !bases.contains(&leaf.unit));
    add_base(cx, &mut leaves, found, &below);
    leaves
}

/// What a module runs in its own place, and what those run.
fn under(unit: UnitId, layers: &FxHashMap<UnitId, Vec<UnitId>>) -> Vec<UnitId> {
    let mut all: Vec<UnitId> = Vec::new();
    let mut work = vec![unit];
    while let Some(at) = work.pop() {
        for layer in layers.get(&at).into_iter().flatten() {
            if *layer != unit && !all.contains(layer) {
                all.push(*layer);
                work.push(*layer);
            }
        }
    }
    all
}

/// As the configuration says; else by who names it; by the words of its name where nobody does.
fn profile_of(cx: &Cx<'_, '_>, unit: UnitId, named: &[Named]) -> Profile {
    if let Some(given) = cx.project.units[unit].profile {
        return given;
    }
    let says = |wanted: Says| named.iter().any(|n| n.unit == Some(unit) && n.says == wanted);
    let own = by_words(cx, unit);
    let exists = |wanted: Says| named.iter().any(|n| n.says == wanted);
    let overruled = if own == Profile::Production { Profile::Development } else { own };
    // The first that says something decides; what it comes before gives defaults only.
    if says(Says::Deployment) {
        return Profile::Production;
    }
    if says(Says::Server) {
        return if exists(Says::Deployment) { overruled } else { Profile::Production };
    }
    if says(Says::Tool) {
        let decided = exists(Says::Deployment) || exists(Says::Server);
        return if decided { overruled } else { Profile::Production };
    }
    if says(Says::Developer) {
        return overruled;
    }
    if says(Says::Tests) {
        return Profile::Test;
    }
    own
}

fn by_words(cx: &Cx<'_, '_>, unit: UnitId) -> Profile {
    if let Some(given) = cx.project.units[unit].profile {
        return given;
    }
    let path = &cx.project.units[unit].path;
    if !profile::is_production(path) {
        return Profile::Test;
    }
    let stem = path.strip_suffix(".py").unwrap_or(path);
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    // The folder may say it: `local/settings.py`.
    let mut parts = stem.rsplit('/').map(profile::of_name);
    let own = parts.next().unwrap_or(Profile::Production);
    let folder = parts.next().unwrap_or(Profile::Production);
    if own == Profile::Production { folder } else { own }
}

/// A server that names settings of a developer only gives a default: settings that are named as
/// nobody's but production's are what is deployed, and so are those that have it in their name.
fn yield_to_production(cx: &Cx<'_, '_>, leaves: &mut [Leaf], named: &[Named]) {
    let own: Vec<Profile> = leaves.iter().map(|leaf| by_words(cx, leaf.unit)).collect();
    let is_named = |leaf: &Leaf| named.iter().any(|n| n.unit == Some(leaf.unit));
    let says_production = |leaf: &Leaf| {
        let path = &cx.project.units[leaf.unit].path;
        let file = path.rsplit('/').next().unwrap_or_default();
        Profile::named(file) == Some(Profile::Production)
    };
    let other = leaves.iter().zip(&own).any(|(leaf, own)| {
        leaf.profile == Profile::Production
            && *own == Profile::Production
            && (!is_named(leaf) || says_production(leaf))
    });
    for (leaf, own) in leaves.iter_mut().zip(own) {
        if other && own != Profile::Production {
            leaf.profile = own;
        }
    }
}

/// Where only development settings are on top, production is what they are built on; where
/// there is but one module, it is that.
fn add_base(
    cx: &Cx<'_, '_>,
    leaves: &mut Vec<Leaf>,
    found: &Candidates,
    below: &FxHashSet<UnitId>,
) {
    if leaves.iter().any(|leaf| leaf.profile == Profile::Production) {
        return;
    }
    let is_base = |unit: &UnitId| {
        below.contains(unit)
            && by_words(cx, *unit) == Profile::Production
            && leaves.iter().all(|leaf| leaf.unit != *unit)
    };
    let bases: Vec<UnitId> = found.units.iter().copied().filter(is_base).collect();
    if bases.is_empty()
        && let [only] = leaves.as_mut_slice()
        && cx.project.units[only.unit].profile.is_none()
    {
        only.profile = Profile::Production;
        return;
    }
    leaves.extend(bases.into_iter().map(|unit| Leaf {
        unit,
        profile: Profile::Production,
        named_by: Vec::new(),
    }));
}

// ---- who names a module

/// Places in code that name the settings module.
fn python_namings(cx: &Cx<'_, '_>, model: &SettingsModel) -> Vec<Named> {
    let Some(variable) = &model.module_variable else { return Vec::new() };
    let mut named = Vec::new();
    for func in cx.project.functions() {
        let ir = cx.project.ir(func);
        let is_variable = |term: TermId| matches!(&ir.terms[term], Term::Const(Const::Str(text)) if **text == **variable);
        for (term, span) in ir.terms.iter().zip(ir.spans.iter()) {
            if let Term::Call { args, .. } = term
                && let [key, value, ..] = &**args
                && is_variable(key.value)
            {
                named.extend(naming(cx, model, func, value.value, *span));
            }
        }
        for instr in ir.blocks.iter().flat_map(|b| &b.instrs) {
            if let InstrKind::Store { place: Place::Item(_, key), value } = &instr.kind
                && is_variable(*key)
            {
                let assigned = naming(cx, model, func, *value, instr.span);
                named.extend(assigned.map(|n| match n.says {
                    Says::Server => Named { says: Says::Deployment, ..n },
                    _ => n,
                }));
            }
        }
    }
    named
}

fn naming(
    cx: &Cx<'_, '_>,
    model: &SettingsModel,
    func: FnRef,
    value: TermId,
    span: crate::base::Span,
) -> Option<Named> {
    cx.refuel();
    let value = cx.eval(value, &Frame::open(func));
    let unit = module_of(cx, func.unit, value.in_force()?.as_str()?);
    let path = &cx.project.units[func.unit].path;
    let file = path.rsplit('/').next().unwrap_or_default();
    let stem = file.strip_suffix(".py").unwrap_or(file);
    let says = if !profile::is_production(path) {
        Says::Tests
    } else if model.servers.iter().any(|server| server == stem) {
        Says::Server
    } else {
        Says::Tool
    };
    Some(Named { unit, says, loc: cx.project.loc(func.unit, span) })
}

fn module_of(cx: &Cx<'_, '_>, from: UnitId, dotted: &str) -> Option<UnitId> {
    let path: Option<Vec<_>> = dotted.split('.').map(|part| cx.project.names.get(part)).collect();
    match cx.lookup_path(from, &path?)?.kind {
        Kind::Module(unit) => Some(unit),
        _ => None,
    }
}

/// The last statement of a module that binds a setting.
pub(super) fn end_of(cx: &Cx<'_, '_>, unit: UnitId) -> Option<Loc> {
    let body = FnRef { unit, func: FnId::SCRIPT };
    let instrs = cx.project.ir(body).blocks.iter().flat_map(|b| &b.instrs);
    let binds = instrs.filter(|instr| match &instr.kind {
        InstrKind::Bind { name, class: None, .. } => is_setting_name(cx.project.name(*name)),
        InstrKind::Import(id) => {
            let import = &cx.project.units[unit].facts.imports[*id];
            import.name == crate::facts::ImportedName::Star
        }
        _ => false,
    });
    binds.map(|instr| cx.project.loc(unit, instr.span)).max()
}
