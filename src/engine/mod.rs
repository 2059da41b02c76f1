//! One run: files in, findings out.

pub mod baseline;
mod edits;
mod examples;
mod fingerprint;
mod fix;
mod options;
mod overview;
mod scope;
mod secrets;
mod statements;
mod stats;
mod suppress;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;

use crate::base::{FxHashSet, Loc, Progress};
use crate::check;
use crate::facts::{self, FileFacts};
use crate::finding::{Finding, Notice, Profile, Suppressed, SuppressedBy};
use crate::link::{Lost, Project, UnitInput};
use crate::overview::Overview;
use crate::project::{self, Documents, manifest, profile};
use crate::rule::RuleSet;
use crate::solve::Flows;
use crate::source::{
    self, Coverage, DiscoverError, DiscoverOptions, FileKind, FileTable, PathNote, Redactor,
    SourceFile,
};
use crate::syntax;
use crate::syntax::ast::CutReason;
use crate::syntax::document::DocumentKind;

pub use crate::project::secrets::means_secret;
pub use examples::{CheckError, CheckReport, check_packs, why};
pub use fix::{ChangedFile, Fixes, Wanted, Written, fix};
pub use options::ScanOptions;
pub use scope::{Scope, place_of};
pub use stats::{RuleTime, Stats};

use options::{Given, Metas};
use scope::is_below;
use stats::Clock;

/// Stack of a worker: visitors recurse as deep as syntax trees are allowed to nest.
const STACK_BYTES: usize = 32 << 20;

/// What a panic leaves of an analysis.
const INTERNAL_ERROR: &str = "internal error while analysing it; please report";

/// What a run found.
#[derive(Debug)]
pub struct Outcome {
    /// All findings that nothing suppresses, of all severities and confidences, sorted.
    pub findings: Vec<Finding>,
    /// Findings that comments or the configuration keep out, sorted.
    pub suppressed: Vec<Suppressed>,
    /// What is wrong with comments that suppress, sorted.
    pub notices: Vec<Notice>,
    /// The files.
    pub files: FileTable,
    /// What makes their text showable.
    pub redactor: Redactor,
    /// How much was analysed.
    pub coverage: Coverage,
    /// Where the time went.
    pub stats: Stats,
    /// Whether all of the project is there.
    pub whole: bool,
}

/// Why there is no outcome.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ScanError {
    /// A path could not be scanned.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Discover(#[from] DiscoverError),
    /// The worker threads could not be started.
    #[error("cannot start worker threads: {0}")]
    Threads(String),
}

/// Scans folders, and files with the project around them.
pub fn scan(
    paths: &[PathBuf],
    rules: &RuleSet,
    options: &ScanOptions,
) -> Result<Outcome, ScanError> {
    in_pool(options, || {
        let start = Instant::now();
        options.progress.begin("reading files");
        let files = source::load(paths, &discover_options(rules, options))?;
        let read = start.elapsed();
        // Files alone do not show the project that may need a comment.
        let folders: Vec<PathBuf> = paths.iter().filter_map(|p| folder(p)).collect();
        let whole = files.files.iter().all(|file| is_below(&file.abs, &folders));
        let mut outcome = analyse_here(files, rules, options, whole);
        outcome.stats.phases.insert(0, ("read", read));
        outcome.stats.phases.push(("total", start.elapsed()));
        Ok(outcome)
    })?
}

/// The absolute path of a folder; none if it is a file, or not there.
fn folder(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok().filter(|path| path.is_dir())
}

/// What to read for a set of rules. Templates are many, so they are read only if a rule asks.
fn discover_options(rules: &RuleSet, options: &ScanOptions) -> DiscoverOptions {
    let options = DiscoverOptions {
        exclude: options.exclude.clone(),
        overlays: options.overlays.clone(),
        ..DiscoverOptions::default()
    };
    match rules.asks_for(DocumentKind::Template) {
        true => options.with(FileKind::Template),
        false => options,
    }
}

/// Analyses files that are in memory already.
pub fn analyse(
    files: FileTable,
    rules: &RuleSet,
    options: &ScanOptions,
) -> Result<Outcome, ScanError> {
    in_pool(options, || analyse_here(files, rules, options, true))
}

/// What there is to know of a project.
#[derive(Debug)]
pub struct Survey {
    /// What was found out.
    pub overview: Overview,
    /// The files.
    pub files: FileTable,
    /// What makes text about them showable.
    pub redactor: Redactor,
    /// How much was analysed.
    pub coverage: Coverage,
}

/// Finds out what there is to know of the project in a folder, without checking rules.
pub fn survey(
    paths: &[PathBuf],
    rules: &RuleSet,
    options: &ScanOptions,
) -> Result<Survey, ScanError> {
    in_pool(options, || {
        options.progress.begin("reading files");
        let files = source::load(paths, &discover_options(rules, options))?;
        let mut coverage = Coverage::of(&files);
        let (project, model) = modelled(&files, rules, options, &mut coverage);
        add_losses(&project, &files, &mut coverage);
        add_notes(&model.documents, &files, &mut coverage);
        let flows = Flows::default();
        let target = check::Target { project: &project, model: &model, flows: &flows };
        let overview = overview::overview(target);
        let all: FxHashSet<_> = files.files.iter().map(|file| file.id).collect();
        let secrets = secrets::ranges(&project, &model.documents, &files, &all, &[]);
        let redactor = Redactor::new(&files, secrets);
        Ok(Survey { overview, files, redactor, coverage })
    })?
}

/// Links files and models the project.
fn modelled<'r>(
    files: &FileTable,
    rules: &'r RuleSet,
    options: &ScanOptions,
    coverage: &mut Coverage,
) -> (Project<'r>, project::Model) {
    let given = options.given_profiles(files);
    let units = units(files, &given, &options.progress, coverage, &Clock::default());
    let documents = Documents::of(files).with_profiles(&given.files);
    linked(files, rules, &options.progress, units, documents)
}

fn linked<'r>(
    files: &FileTable,
    rules: &'r RuleSet,
    progress: &Arc<Progress>,
    units: Vec<UnitInput>,
    documents: Documents,
) -> (Project<'r>, project::Model) {
    progress.begin("linking");
    let packages = manifest::packages(files, &documents, &units);
    let mut project = Project::link(rules, units, packages);
    project.progress = Arc::clone(progress);
    let model = project::model(&mut project, documents);
    project.settle();
    (project, model)
}

/// Adds what could not be read whole of files that are not Python.
fn add_notes(documents: &Documents, files: &FileTable, coverage: &mut Coverage) {
    let (partly_read, cut_short) = documents.notes(files);
    coverage.partly_parsed.extend(partly_read);
    coverage.cut_short.extend(cut_short);
    coverage.partly_parsed.sort();
    coverage.cut_short.sort();
}

/// Adds what internal errors left without an answer.
fn add_losses(project: &Project<'_>, files: &FileTable, coverage: &mut Coverage) {
    for lost in project.losses() {
        match lost {
            Lost::File(file) => {
                let path = files.get(file).path.clone();
                coverage.cut_short.push(PathNote { path, reason: INTERNAL_ERROR.to_owned() });
            }
            Lost::Rule(rule) => coverage.failed_rules.push(rule),
        }
    }
}

/// Links files and models the project, and hands both to `work`.
pub fn with_project<T: Send>(
    files: &FileTable,
    rules: &RuleSet,
    work: impl FnOnce(check::Target<'_, '_>) -> T + Send,
) -> Result<T, ScanError> {
    in_pool(&ScanOptions::default(), || {
        let mut coverage = Coverage::of(files);
        let (project, model) = modelled(files, rules, &ScanOptions::default(), &mut coverage);
        let flows = Flows::of(&project, &model, &|_| true);
        work(check::Target { project: &project, model: &model, flows: &flows })
    })
}

fn in_pool<T: Send>(
    options: &ScanOptions,
    work: impl FnOnce() -> T + Send,
) -> Result<T, ScanError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.unwrap_or(0))
        .stack_size(STACK_BYTES)
        .build()
        .map_err(|error| ScanError::Threads(error.to_string()))?;
    Ok(pool.install(work))
}

/// `whole` says whether all of the project is there.
fn analyse_here(files: FileTable, rules: &RuleSet, options: &ScanOptions, whole: bool) -> Outcome {
    let progress = &options.progress;
    let mut coverage = Coverage::of(&files);
    let clock = Clock::default();
    let given = options.given_profiles(&files);
    let units = units(&files, &given, progress, &mut coverage, &clock);
    let mut suppressions = suppress::Suppressions::of(&units);
    let mut phases = clock.phases();

    let start = Instant::now();
    let documents = Documents::of(&files).with_profiles(&given.files);
    phases.push(("documents", start.elapsed()));

    let start = Instant::now();
    let (project, model) = linked(&files, rules, progress, units, documents);
    phases.push(("link", start.elapsed()));

    let start = Instant::now();
    progress.begin("following values");
    let flows = Flows::of(&project, &model, &|rule| options.selects(rule));
    phases.push(("solve", start.elapsed()));

    let start = Instant::now();
    progress.begin("checking rules");
    let target = check::Target { project: &project, model: &model, flows: &flows };
    let check::Checked { mut findings, times } = check::run(target, &|rule| options.selects(rule));
    phases.push(("check", start.elapsed()));

    add_losses(&project, &files, &mut coverage);
    let metas: Metas<'_> = rules.metas().map(|meta| (&*meta.id, meta)).collect();
    options.set_severities(&mut findings, &metas);
    suppressions.add_documents(&model.documents);
    add_notes(&model.documents, &files, &mut coverage);
    let shown: FxHashSet<_> = match options.shows_all {
        true => files.files.iter().map(|file| file.id).collect(),
        false => findings.iter().flat_map(places).map(|loc| loc.file).collect(),
    };
    let redactor = Redactor::new(
        &files,
        secrets::ranges(&project, &model.documents, &files, &shown, &findings),
    );
    // Before suppression: a comment must not change the fingerprints of equal findings below it.
    fingerprint::assign(&mut findings, &files, &model.documents, &redactor);
    let runs = |id: &str, file| {
        let rule = rules.get(id).filter(|rule| options.selects(rule));
        rule.is_some_and(|rule| !options.ignores_path(&rule.meta, file, &files))
    };
    let mistaken = |id: &str| match rules.get(id) {
        Some(_) => None,
        None => Some(rules.nearest_id(id).map(str::to_owned)),
    };
    let asked = suppress::Asked {
        runs: &runs,
        mistaken: &mistaken,
        unused: whole && project.losses().is_empty(),
        require_reason: options.require_reason,
    };
    let (findings, mut suppressed, notices) = suppressions.apply(findings, &files, &asked);
    let (ignored, mut findings): (Vec<_>, Vec<_>) = findings.into_iter().partition(|finding| {
        let rule = metas.get(&*finding.rule);
        rule.is_some_and(|rule| options.ignores_path(rule, finding.primary.loc.file, &files))
    });
    let ignored = ignored.into_iter();
    suppressed.extend(ignored.map(|finding| Suppressed { finding, by: SuppressedBy::Path }));
    suppressed.sort_by(|a, b| a.finding.sort_key().cmp(&b.finding.sort_key()));
    edits::write_all(&mut findings, &files);
    let stats = Stats::new(phases, times);
    Outcome { findings, suppressed, notices, files, redactor, coverage, stats, whole }
}

/// All places a finding shows.
pub(crate) fn places(finding: &Finding) -> impl Iterator<Item = Loc> + '_ {
    let trace = finding.trace.iter().flat_map(|t| &t.steps);
    std::iter::once(&finding.primary).chain(&finding.related).chain(trace).map(|label| label.loc)
}

/// Parses and extracts all Python files; what could not be done whole goes into the coverage.
fn units(
    files: &FileTable,
    given: &Given,
    progress: &Progress,
    coverage: &mut Coverage,
    clock: &Clock,
) -> Vec<UnitInput> {
    let python: Vec<&SourceFile> =
        files.files.iter().filter(|file| file.kind.is_python() || is_code(file)).collect();
    progress.begin("parsing");
    progress.expect(python.len());
    let parsed = |file: &&SourceFile| {
        let facts = file_facts(file, clock);
        progress.step();
        facts
    };
    let extracted: Vec<Option<FileFacts>> = python.par_iter().map(parsed).collect();
    let root_name = root_package_name(files);
    let mut inputs = Vec::with_capacity(python.len());
    for (file, facts) in python.into_iter().zip(extracted) {
        let path = &file.path;
        let Some(facts) = facts else {
            let reason = INTERNAL_ERROR.to_owned();
            coverage.cut_short.push(PathNote { path: path.clone(), reason });
            continue;
        };
        if let Some((at, _)) = facts.errors.first() {
            let ((line, _), _) = file.place(*at);
            let count = facts.errors.len();
            let reason = match count {
                1 => format!("syntax error at line {line}"),
                _ => format!("{count} syntax errors, the first at line {line}"),
            };
            coverage.partly_parsed.push(PathNote { path: path.clone(), reason });
        }
        if let Some(cut) = facts.cuts.first() {
            let ((line, _), _) = file.place(cut.at);
            let limit = match cut.why {
                CutReason::Depth => "nested too deeply",
                CutReason::Size => "too many nodes",
                CutReason::Terms => "a function too long to follow",
            };
            let reason = format!("{limit} at line {line}");
            coverage.cut_short.push(PathNote { path: path.clone(), reason });
        }
        let profile = given.files.get(&file.id).copied();
        let production = match profile {
            Some(profile) => profile == Profile::Production,
            None => profile::is_production(path),
        };
        inputs.push(UnitInput {
            file: file.id,
            path: path.clone(),
            facts,
            production,
            profile,
            class_profiles: given.classes.get(&file.id).cloned().unwrap_or_default(),
            root_name: root_name.clone(),
        });
    }
    inputs
}

/// Whether a file with the name of an INI file is really Python: applications read such files
/// as lists of assignments.
fn is_code(file: &SourceFile) -> bool {
    let text = &file.text;
    let assigns = |line: &str| {
        let name = line.split_once('=').map(|(name, _)| name.trim_end());
        name.is_some_and(project::settings::is_setting_name)
    };
    file.kind == FileKind::Ini
        && !text.lines().any(|line| line.starts_with('['))
        && text.lines().any(assigns)
        && syntax::parse(text).errors.is_empty()
}

/// The facts of one file; none when analysing it panicked, which must not end the run.
fn file_facts(file: &SourceFile, clock: &Clock) -> Option<FileFacts> {
    catch_unwind(AssertUnwindSafe(|| {
        let start = Instant::now();
        let ast = syntax::parse(&file.text);
        let parsed = start.elapsed();
        let facts = facts::extract(&ast, &file.text);
        let extracted = start.elapsed() - parsed;
        clock.add(parsed, extracted);
        facts
    }))
    .ok()
}

/// The name of the scan root's folder, by which its own modules may import each other.
fn root_package_name(files: &FileTable) -> Option<String> {
    let root = files.root.canonicalize().ok()?;
    Some(root.file_name()?.to_str()?.to_owned())
}
