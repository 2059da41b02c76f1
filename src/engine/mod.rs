//! One run: files in, findings out.

mod examples;
mod fingerprint;
mod named;
mod overview;
mod secrets;
mod stats;
mod suppress;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use rayon::prelude::*;

use crate::base::{FileId, FxHashSet, Loc, Progress};
use crate::check;
use crate::facts::{self, FileFacts};
use crate::finding::{Finding, Suppressed};
use crate::link::{Lost, Project, UnitInput};
use crate::overview::Overview;
use crate::project::{self, Documents, manifest, profile};
use crate::rule::RuleSet;
use crate::rule::model::Rule;
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
pub use stats::{RuleTime, Stats};

use named::Named;
use stats::Clock;

/// Stack of a worker: visitors recurse as deep as syntax trees are allowed to nest.
const STACK_BYTES: usize = 32 << 20;

/// What a panic leaves of an analysis.
const INTERNAL_ERROR: &str = "internal error while analysing it; please report";

/// What to run.
#[derive(Debug, Clone, Default)]
pub struct ScanOptions {
    /// Number of worker threads; none: one per processor.
    pub threads: Option<usize>,
    /// Only these rules; empty: all.
    pub select: Vec<String>,
    /// Not these rules.
    pub ignore: Vec<String>,
    /// Where the run tells how far it is.
    pub progress: Arc<Progress>,
}

impl ScanOptions {
    /// Whether a rule is checked.
    pub fn selects(&self, rule: &Rule) -> bool {
        let id = &*rule.meta.id;
        (self.select.is_empty() || self.select.iter().any(|s| s == id))
            && !self.ignore.iter().any(|s| s == id)
    }
}

/// What a run found.
#[derive(Debug)]
pub struct Outcome {
    /// All findings that no comment suppresses, of all severities and confidences, sorted; where
    /// files were named, those in these files.
    pub findings: Vec<Finding>,
    /// Number of files that are reported on, when it is not all of them.
    pub reported: Option<usize>,
    /// Findings that comments suppress, sorted.
    pub suppressed: Vec<Suppressed>,
    /// The files.
    pub files: FileTable,
    /// What makes their text showable.
    pub redactor: Redactor,
    /// How much was analysed.
    pub coverage: Coverage,
    /// Where the time went.
    pub stats: Stats,
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
        let named = Named::of(paths, rules);
        let files = source::load(&named.read, &discover_options(rules))?;
        let read = start.elapsed();
        let mut outcome = analyse_here(files, &named, rules, options);
        outcome.stats.phases.insert(0, ("read", read));
        outcome.stats.phases.push(("total", start.elapsed()));
        Ok(outcome)
    })?
}

/// What to read for a set of rules. Templates are many, so they are read only if a rule asks.
fn discover_options(rules: &RuleSet) -> DiscoverOptions {
    let options = DiscoverOptions::default();
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
    in_pool(options, || analyse_here(files, &Named::default(), rules, options))
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
        let files = source::load(paths, &discover_options(rules))?;
        let mut coverage = Coverage::of(&files);
        let (project, model) = modelled(&files, rules, &options.progress, &mut coverage);
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
    progress: &Arc<Progress>,
    coverage: &mut Coverage,
) -> (Project<'r>, project::Model) {
    let units = units(files, progress, coverage, &Clock::default());
    let documents = Documents::of(files);
    linked(files, rules, progress, units, documents)
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
        let (project, model) = modelled(files, rules, &Arc::default(), &mut Coverage::of(files));
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

fn analyse_here(
    files: FileTable,
    named: &Named,
    rules: &RuleSet,
    options: &ScanOptions,
) -> Outcome {
    let progress = &options.progress;
    let mut coverage = Coverage::of(&files);
    let clock = Clock::default();
    let units = units(&files, progress, &mut coverage, &clock);
    let mut suppressions = suppress::Suppressions::of(&units);
    let mut phases = clock.phases();

    let start = Instant::now();
    let documents = Documents::of(&files);
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

    let reported = (!named.is_whole()).then(|| reported(&files, named));
    if let Some(reported) = &reported {
        findings.retain(|finding| reported.contains(&finding.primary.loc.file));
    }
    add_losses(&project, &files, &mut coverage);
    suppressions.add_documents(&model.documents, &findings);
    add_notes(&model.documents, &files, &mut coverage);
    let shown: FxHashSet<_> = findings.iter().flat_map(places).map(|loc| loc.file).collect();
    let redactor = Redactor::new(
        &files,
        secrets::ranges(&project, &model.documents, &files, &shown, &findings),
    );
    // Before suppression: a comment must not change the fingerprints of equal findings below it.
    fingerprint::assign(&mut findings, &files, &redactor);
    let (findings, suppressed) = suppressions.apply(findings, &files);
    let stats = Stats::new(phases, times);
    let reported = reported.map(|some| some.len()).filter(|&some| some < files.files.len());
    Outcome { findings, reported, suppressed, files, redactor, coverage, stats }
}

/// The files that are reported on.
fn reported(files: &FileTable, named: &Named) -> FxHashSet<FileId> {
    files.files.iter().filter(|file| named.reports_on(file)).map(|file| file.id).collect()
}

/// All places a finding shows.
fn places(finding: &Finding) -> impl Iterator<Item = Loc> + '_ {
    let trace = finding.trace.iter().flat_map(|t| &t.steps);
    std::iter::once(&finding.primary).chain(&finding.related).chain(trace).map(|label| label.loc)
}

/// Parses and extracts all Python files; what could not be done whole goes into the coverage.
fn units(
    files: &FileTable,
    progress: &Progress,
    coverage: &mut Coverage,
    clock: &Clock,
) -> Vec<UnitInput> {
    let python: Vec<&SourceFile> =
        files.files.iter().filter(|file| file.kind == FileKind::Python || is_code(file)).collect();
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
            let line = file.lines().line_of(*at) + 1;
            let count = facts.errors.len();
            let reason = match count {
                1 => format!("syntax error at line {line}"),
                _ => format!("{count} syntax errors, the first at line {line}"),
            };
            coverage.partly_parsed.push(PathNote { path: path.clone(), reason });
        }
        if let Some(cut) = facts.cuts.first() {
            let line = file.lines().line_of(cut.at) + 1;
            let limit = match cut.why {
                CutReason::Depth => "nested too deeply",
                CutReason::Size => "too many nodes",
                CutReason::Terms => "a function too long to follow",
            };
            let reason = format!("{limit} at line {line}");
            coverage.cut_short.push(PathNote { path: path.clone(), reason });
        }
        inputs.push(UnitInput {
            file: file.id,
            path: path.clone(),
            facts,
            production: profile::is_production(path),
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
