//! Closing names: modules, re-exports, classes, types, evaluation of terms, matching.
//!
//! Everything here is read-only after [`Project::link`]; questions are asked through a [`Cx`],
//! which carries the fuel of one question.

mod accepts;
mod accessors;
mod anchors;
mod args;
mod assume;
mod attributes;
mod callers;
mod candidates;
mod classes;
mod concepts;
mod documents;
mod environment;
mod eval;
mod events;
mod fields;
mod flowing;
mod format;
mod held;
mod index;
mod iterate;
mod joins;
mod labels;
mod leaving;
mod literal;
mod lookups;
mod matcher;
mod measure;
mod memory;
mod modules;
mod mutate;
mod names;
mod ops;
mod order;
mod packages;
mod paths;
mod preds;
mod pybuiltins;
mod pycollections;
mod pymethods;
mod raising;
mod reach;
mod reduce;
mod reflect;
mod rename;
mod returns;
mod rows;
mod running;
mod search;
mod secrecy;
mod settings_objects;
mod shared;
mod sharing;
mod show;
mod sqltext;
mod tri;
mod types;
mod url;
mod uses;
mod value;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::base::{
    FileId, FxHashMap, FxHashSet, IndexVec, Interner, Loc, Progress, Span, Symbol, define_id,
};
use crate::facts::{
    ClassFact, ClassId, FileFacts, FnId, FnIr, ImportId, ImportedName, Term, TermId,
};
use crate::finding::Profile;
use crate::rule::RuleSet;
use crate::rule::flow_models::{SanitizerModel, SourceModel};
use crate::rule::library::CallModel;
use crate::rule::version::normalise;

pub use anchors::anchors;
pub use args::{Actuals, BoundArgs, Callee, default_val};
pub use classes::Member;
pub use documents::DocumentRead;
pub use eval::env_val;
pub use events::{Events, Side, Start};
pub use index::{CallSite, Index, StoreSite};
pub use iterate::{MAX_ELEMENTS, elements};
pub use literal::call_arguments;
pub(crate) use memory::Asked;
pub use memory::Notes;
use memory::{Answers, ByTerm, FUEL, Memory};
pub use modules::{ModuleTree, Target, UnitInput};
pub use mutate::opened;
pub use names::target_val;
pub use ops::equal;
pub use order::{Flow, Marks, Point, Reach};
pub use packages::{PackageEvidence, Packages};
pub use paths::file_value;
pub use reach::{CallGraph, Reached, Towards};
pub use running::{Bound, Names};
pub use search::{Hit, Query, Spot, Within};
pub use sharing::{Lost, map_all};
pub use tri::{Bindings, Tri};
pub use types::Ty;
pub use url::of as url_part;
pub use uses::{PlacePart, Use, Uses, place_parts};
pub use value::{DictVal, EnvVal, Frame, Kind, Origin, Part, SeqVal, SettingVal, Val, one_of};

define_id! {
    /// A Python file of the project.
    pub UnitId
}

/// A function of the project.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FnRef {
    /// The file.
    pub unit: UnitId,
    /// The function in it.
    pub func: FnId,
}

/// A class of the project.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ClassRef {
    /// The file.
    pub unit: UnitId,
    /// The class in it.
    pub class: ClassId,
}

/// A term of the project.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TermRef {
    /// The function it belongs to.
    pub func: FnRef,
    /// The term in it.
    pub term: TermId,
}

/// One Python file, its names renamed to the project's.
#[derive(Debug)]
pub struct Unit {
    /// The file.
    pub file: FileId,
    /// Its path relative to the scan root, with `/`.
    pub path: String,
    /// What it contributes.
    pub facts: FileFacts,
    /// Whether it is code that runs in production (not tests, migrations, docs, examples).
    pub production: bool,
    /// Where it is in force, if the configuration says so.
    pub profile: Option<Profile>,
    /// Where classes are in force, by the names they have in it, if the configuration says so.
    pub class_profiles: Vec<(String, Profile)>,
    /// The value of each name when the module body has run.
    pub exports: FxHashMap<Symbol, TermId>,
    /// `from … import *`, in source order.
    pub stars: Vec<ImportId>,
}

impl Unit {
    fn new(input: UnitInput) -> Self {
        let facts = input.facts;
        let exports = facts.fns[FnId(0)].exit.iter().copied().collect();
        let stars = facts
            .imports
            .iter_enumerated()
            .filter(|(_, i)| i.name == ImportedName::Star && i.scope == FnId(0))
            .map(|(id, _)| id)
            .collect();
        Self {
            file: input.file,
            path: input.path,
            facts,
            production: input.production,
            profile: input.profile,
            class_profiles: input.class_profiles,
            exports,
            stars,
        }
    }
}

/// Answers what a setting is in production. Implemented by `project/`.
pub trait SettingsSource: Sync {
    /// The value of a key path, where known. `None`: not known; `Kind::Absent`: certainly not set
    /// and without a default.
    fn setting(&self, framework: &str, path: &[String]) -> Option<Val>;

    /// Whether all that is set is known: a setting that is not is certainly not set.
    fn is_complete(&self, framework: &str) -> bool;
}

/// Answers which fields classes declare or list. Implemented by `project/`.
pub trait FieldsSource: Sync {
    /// The attributes of the fields that the body of a class declares or lists.
    fn fields(&self, class: ClassRef) -> Vec<&IndexMap<String, Val>>;

    /// Whether a class only is a base of others.
    fn only_a_base(&self, class: ClassRef) -> bool;
}

/// The linked project.
pub struct Project<'r> {
    /// The rules and library models it is judged by.
    pub rules: &'r RuleSet,
    /// Every name of rules and code.
    pub names: Interner,
    /// The files, in the order of their paths.
    pub units: IndexVec<UnitId, Unit>,
    /// Which module lies where.
    pub modules: ModuleTree,
    /// Where things are called, stored and defined.
    pub index: Index,
    /// Names of stack entries in use (`django`, `cockroachdb`): decides which parameter models apply.
    pub stacks: FxHashSet<String>,
    /// The direct bases of each class, in order.
    bases: FxHashMap<ClassRef, Vec<Ty>>,
    /// What methods store in attributes of their object: the one term, none if they disagree.
    self_attributes: FxHashMap<(ClassRef, Symbol), Option<TermRef>>,
    /// Effective settings; set once they are known.
    pub settings: Option<Box<dyn SettingsSource + 'r>>,
    /// Environment variables that tracked deployment files set in production, and to what. All
    /// others are not set there.
    pub environment: FxHashMap<String, Val>,
    /// Fields of data classes; set once they are known.
    pub fields: Option<Box<dyn FieldsSource + 'r>>,
    /// Parameters of handlers that URLs fill, by their position, and the converters that make
    /// them (empty: none is named); set once they are known.
    pub url_parameters: FxHashMap<(FnRef, u32), Vec<String>>,
    /// Versions of packages in use, by normalised name.
    pub packages: Packages,
    /// The types of what code assigns to attributes of objects of libraries.
    held: held::Held,
    /// Which function leads to which.
    pub graph: CallGraph,
    /// The call models that apply to those versions.
    calls: FxHashMap<&'r [Symbol], &'r CallModel>,
    /// Module-level names that functions change.
    changed: shared::Changed,
    settings_objects: settings_objects::SettingsObjects,
    sources: anchors::Anchored<'r, SourceModel>,
    sanitizers: anchors::Anchored<'r, SanitizerModel>,
    environment_calls: environment::EnvironmentCalls,
    well_known: WellKnown,
    /// How far the run is that asks.
    pub progress: Arc<Progress>,
    losses: sharing::Losses,
    /// Answers that all who ask share, once nothing of the project changes any more.
    answers: Option<Answers>,
}

/// Symbols of Python itself that evaluation asks for often.
struct WellKnown {
    call: Symbol,
    property: Symbol,
    all: Vec<(Symbol, pybuiltins::Builtin)>,
}

impl<'r> Project<'r> {
    /// Links files into a project. `inputs` are in the order of their paths; the names of their
    /// facts are still their own. `packages` decides between models of several versions.
    pub fn link(rules: &'r RuleSet, inputs: Vec<UnitInput>, packages: Packages) -> Self {
        let mut names = rules.names.clone();
        let well_known = WellKnown {
            call: names.intern("__call__"),
            property: names.intern("property"),
            all: pybuiltins::Builtin::ALL.iter().map(|b| (names.intern(b.name()), *b)).collect(),
        };
        // Settings may be bound by a name that is put together.
        let keys = rules.library.keys.iter().filter_map(|key| key.path.first());
        let marks = rules.library.settings.iter().flat_map(|model| &model.module_marks);
        keys.chain(marks).for_each(|key| {
            names.intern(key);
        });
        for name in ["__name__", "__cause__", "__context__"] {
            names.intern(name);
        }
        let modules = ModuleTree::build(
            &inputs,
            rules.library.heads(),
            &rules.library.routing.scripts(),
            &mut names,
        );
        let mut units = IndexVec::new();
        for mut input in inputs {
            rename::rename(&mut input.facts, &mut names);
            units.push(Unit::new(input));
        }
        let mut project = Self {
            rules,
            names,
            units,
            modules,
            index: Index::default(),
            graph: CallGraph::default(),
            stacks: FxHashSet::default(),
            bases: FxHashMap::default(),
            self_attributes: FxHashMap::default(),
            settings: None,
            environment: FxHashMap::default(),
            fields: None,
            url_parameters: FxHashMap::default(),
            changed: shared::Changed::default(),
            held: held::Held::default(),
            calls: packages.choose(rules),
            packages,
            sources: anchors::Anchored::new(&rules.library.sources, |s| &s.pattern),
            sanitizers: anchors::Anchored::new(&rules.library.sanitizers, |s| &s.pattern),
            settings_objects: settings_objects::SettingsObjects::new(&rules.library.settings),
            environment_calls: environment::environment_calls(
                &rules.library.environment,
                well_known.call,
            ),
            well_known,
            progress: Arc::default(),
            losses: sharing::Losses::default(),
            answers: None,
        };
        classes::find_bases(&mut project);
        project.self_attributes = classes::self_attributes(&project);
        project.changed = shared::changed_globals(&project);
        held::find_held(&mut project);
        project.index = Index::build(&project);
        project.graph = CallGraph::new(&project);
        project
    }

    /// Nothing of the project changes from now on: what one question finds out of a term holds for
    /// all others, in any thread.
    pub fn settle(&mut self) {
        self.answers = Some(Answers::default());
    }

    /// The body of a function.
    pub fn ir(&self, func: FnRef) -> &FnIr {
        self.units[func.unit].facts.body(func.func)
    }

    /// What internal errors left without an answer.
    pub fn losses(&self) -> Vec<Lost> {
        self.losses.all()
    }

    /// What is lost with a function.
    pub fn lost_in(&self, func: FnRef) -> Lost {
        Lost::File(self.units[func.unit].file)
    }

    /// A class.
    pub fn class(&self, class: ClassRef) -> &ClassFact {
        &self.units[class.unit].facts.classes[class.class]
    }

    /// A term.
    pub fn term(&self, term: TermRef) -> &Term {
        &self.ir(term.func).terms[term.term]
    }

    /// A span of a file as a place.
    pub fn loc(&self, unit: UnitId, span: Span) -> Loc {
        let unit = &self.units[unit];
        let base = unit.facts.block_starts.get(usize::from(span.block)).copied().unwrap_or(0);
        Loc { file: unit.file, start: base + span.start, end: base + span.end }
    }

    /// The module body of a file.
    pub fn module_fn(&self, unit: UnitId) -> FnRef {
        FnRef { unit, func: FnId(0) }
    }

    /// The Python file behind a file of the scan.
    pub fn unit_of(&self, file: FileId) -> Option<UnitId> {
        self.units.iter_enumerated().find(|(_, u)| u.file == file).map(|(unit, _)| unit)
    }

    /// Whether a package (by its normalised name) is required or imported, under its own name.
    pub fn uses_package(&self, name: &str) -> bool {
        self.packages.required.iter().any(|required| required == name)
            || self.units.iter().flat_map(|unit| &unit.facts.imports).any(|import| {
                let head = import.module.first().filter(|_| import.level == 0);
                head.is_some_and(|head| normalise(self.name(*head)) == name)
            })
    }

    /// The text of a name.
    pub fn name(&self, symbol: Symbol) -> &str {
        self.names.resolve(symbol)
    }

    /// A dotted path as text.
    pub fn dotted(&self, path: &[Symbol]) -> String {
        path.iter().map(|s| self.name(*s)).collect::<Vec<_>>().join(".")
    }

    /// Dotted name of the function a place lies in: `Class.method`, `outer.inner`; empty for
    /// module level.
    pub fn symbol_of(&self, func: FnRef) -> String {
        let mut parts = Vec::new();
        let mut at = Some(func);
        while let Some(func) = at {
            let ir = self.ir(func);
            if func.func == FnId(0) || func.func == FnId::SCRIPT {
                break;
            }
            parts.push(self.name(ir.name).to_owned());
            let mut class = ir.class;
            while let Some(id) = class {
                let fact = self.class(ClassRef { unit: func.unit, class: id });
                parts.push(self.name(fact.name).to_owned());
                class = fact.outer;
            }
            at = ir.parent.map(|parent| FnRef { unit: func.unit, func: parent });
        }
        parts.reverse();
        parts.join(".")
    }

    /// All functions of production files (module bodies included).
    pub fn functions(&self) -> impl Iterator<Item = FnRef> + '_ {
        self.units
            .iter_enumerated()
            .flat_map(|(unit, u)| u.facts.fns.ids().map(move |func| FnRef { unit, func }))
    }
}

/// One question to a project: carries fuel, and notes what an answer hung on.
pub struct Cx<'p, 'r> {
    /// The project asked.
    pub project: &'p Project<'r>,
    fuel: Cell<u32>,
    /// The least fuel there was since the question that is worked on was asked.
    lowest: Cell<u32>,
    depth: Cell<u32>,
    deepest: Cell<u32>,
    cuts: Cell<u32>,
    active: RefCell<FxHashSet<(TermRef, Asked)>>,
    values: ByTerm<Val>,
    types: ByTerm<Option<Ty>>,
    callees: ByTerm<Callee>,
    returns: Memory<(FnRef, Option<ClassRef>), Val>,
    /// The activations that calls make: the call, the function, and the activation it stands in.
    frames: Memory<(TermRef, FnRef, u64), Option<Arc<Frame>>>,
    /// Of terms that stand for rows: the class, and the position of the model.
    rows: ByTerm<Option<(Ty, usize)>>,
    /// Whether a word means a vocabulary; matching words is dear, and words recur.
    words: RefCell<FxHashMap<Symbol, FxHashMap<Box<str>, bool>>>,
    /// Classes with everything above them.
    lineages: RefCell<FxHashMap<Ty, Rc<[Ty]>>>,
    /// The local names of each term of a function.
    bound_names: RefCell<FxHashMap<FnRef, Rc<labels::BoundNames>>>,
    /// The control flow of functions.
    flows: RefCell<FxHashMap<FnRef, Rc<Flow<'p>>>>,
    /// Settings as they are at the point of the program that is looked at; see `assume`.
    assumed: RefCell<Option<Arc<dyn SettingsSource>>>,
    running: running::Running,
    /// Notes on the way to the last answers; see [`Notes`].
    pub notes: Cell<Notes>,
}

impl<'p, 'r> Cx<'p, 'r> {
    /// A fresh question.
    pub fn new(project: &'p Project<'r>) -> Self {
        let answers = project.answers.clone().unwrap_or_default();
        Self {
            project,
            fuel: Cell::new(FUEL),
            lowest: Cell::new(FUEL),
            depth: Cell::new(0),
            deepest: Cell::new(0),
            cuts: Cell::new(0),
            values: ByTerm::new(answers.values),
            types: ByTerm::new(answers.types),
            callees: ByTerm::new(answers.callees),
            returns: RefCell::default(),
            frames: RefCell::default(),
            rows: ByTerm::new(answers.rows),
            words: RefCell::default(),
            lineages: RefCell::default(),
            bound_names: RefCell::default(),
            active: RefCell::default(),
            flows: RefCell::default(),
            assumed: RefCell::default(),
            running: running::Running::default(),
            notes: Cell::new(Notes::default()),
        }
    }
}
