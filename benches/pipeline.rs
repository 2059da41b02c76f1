//! What each step of a scan costs, in bytes of source per second.
//!
//! The corpus is `fixtures/`, copied under several names: real imports, settings, classes and
//! findings, in files of usual sizes. `cargo bench --bench pipeline` runs all; `-- --quick` gives
//! a first impression.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use tokscan::check::{self, Target};
use tokscan::engine::{self, ScanOptions};
use tokscan::facts;
use tokscan::link::{Project, UnitInput};
use tokscan::project::{self, Documents, manifest, profile};
use tokscan::rule::RuleSet;
use tokscan::solve::Flows;
use tokscan::source::{FileKind, FileTable};
use tokscan::syntax;

/// How often the corpus holds each fixture.
const COPIES: usize = 20;

/// The files of all fixtures, by path.
fn fixtures() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let (mut files, mut folders) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("folder") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                files.push((path.strip_prefix(&root).expect("below it").to_owned(), text));
            }
        }
    }
    files.sort();
    files
}

/// `copies` times the fixtures.
fn corpus(copies: usize) -> FileTable {
    let files = fixtures();
    FileTable::in_memory((0..copies).flat_map(|copy| {
        let folder = PathBuf::from(format!("copy{copy:02}"));
        files.iter().map(move |(path, text)| (folder.join(path), text.as_str())).collect::<Vec<_>>()
    }))
}

/// The texts of the Python files.
fn python(files: &FileTable) -> Vec<&str> {
    let python = files.files.iter().filter(|file| file.kind == FileKind::Python);
    python.map(|file| &*file.text).collect()
}

fn units(files: &FileTable) -> Vec<UnitInput> {
    let python = files.files.iter().filter(|file| file.kind == FileKind::Python);
    python
        .map(|file| UnitInput {
            class_profiles: Vec::new(),
            file: file.id,
            path: file.path.clone(),
            facts: facts::facts_of(&file.text),
            production: profile::is_production(&file.path),
            profile: None,
            root_name: None,
        })
        .collect()
}

/// Units are linked by value.
fn clone_units(units: &[UnitInput]) -> Vec<UnitInput> {
    let cloned = units.iter().map(|unit| UnitInput {
        class_profiles: Vec::new(),
        file: unit.file,
        path: unit.path.clone(),
        facts: unit.facts.clone(),
        production: unit.production,
        profile: None,
        root_name: unit.root_name.clone(),
    });
    cloned.collect()
}

fn rules() -> RuleSet {
    RuleSet::builtin().expect("embedded packs load")
}

/// Steps on single files, one after the other.
fn files(criterion: &mut Criterion) {
    let table = corpus(1);
    let texts = python(&table);
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    let mut group = criterion.benchmark_group("file");
    group.throughput(Throughput::Bytes(bytes as u64));

    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&tree_sitter_python::LANGUAGE.into()).expect("the grammar's version");
    group.bench_function("tree-sitter alone", |bencher| {
        bencher.iter(|| {
            for text in &texts {
                black_box(parser.parse(text, None));
            }
        });
    });
    group.bench_function("parse", |bencher| {
        bencher.iter(|| {
            for text in &texts {
                black_box(syntax::parse(text));
            }
        });
    });
    let trees: Vec<_> = texts.iter().map(|text| (syntax::parse(text), *text)).collect();
    group.bench_function("extract", |bencher| {
        bencher.iter(|| {
            for (tree, text) in &trees {
                black_box(facts::extract(tree, text));
            }
        });
    });
    group.finish();
}

/// Steps on the whole project.
fn projects(criterion: &mut Criterion) {
    let rules = rules();
    let table = corpus(COPIES);
    let bytes: usize = python(&table).iter().map(|text| text.len()).sum();
    let units = units(&table);
    let packages = || manifest::packages(&table, &Documents::of(&table), &units);
    let mut group = criterion.benchmark_group("project");
    group.throughput(Throughput::Bytes(bytes as u64)).sample_size(10);

    group.bench_function("link", |bencher| {
        let input = || (clone_units(&units), packages());
        let link = |(units, packages)| Project::link(&rules, units, packages);
        bencher.iter_batched(input, link, BatchSize::PerIteration);
    });
    group.bench_function("model", |bencher| {
        let linked = || Project::link(&rules, clone_units(&units), packages());
        let model = |mut linked| project::model(&mut linked, Documents::of(&table));
        bencher.iter_batched(linked, model, BatchSize::PerIteration);
    });
    let mut project = Project::link(&rules, clone_units(&units), packages());
    let model = project::model(&mut project, Documents::of(&table));
    let flows = Flows::of(&project, &model, &|_| true);
    let target = Target { project: &project, model: &model, flows: &flows };
    group.bench_function("check", |bencher| {
        bencher.iter(|| black_box(check::run(target, &|_| true)));
    });
    group.finish();
}

/// Everything, as a command runs it: with one thread, and with as many as there are processors.
fn whole(criterion: &mut Criterion) {
    let rules = rules();
    let bytes: usize = python(&corpus(COPIES)).iter().map(|text| text.len()).sum();
    let mut group = criterion.benchmark_group("whole");
    group.throughput(Throughput::Bytes(bytes as u64)).sample_size(10);
    for (name, threads) in [("one thread", Some(1)), ("all processors", None)] {
        let options = ScanOptions { threads, ..ScanOptions::default() };
        group.bench_function(name, |bencher| {
            let analyse = |table| engine::analyse(table, &rules, &options).expect("threads start");
            bencher.iter_batched(|| corpus(COPIES), analyse, BatchSize::PerIteration);
        });
    }
    group.finish();
}

/// What a scan costs before the first file: the embedded packs.
fn start(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("start");
    group.bench_function("load the packs", |bencher| bencher.iter(rules));
    group.bench_function("analyse nothing", |bencher| {
        let (rules, options) = (rules(), ScanOptions::default());
        let nothing = || FileTable::in_memory(Vec::<(&str, &str)>::new());
        bencher.iter(|| engine::analyse(nothing(), &rules, &options).expect("threads start"));
    });
    group.finish();
}

criterion_group! {
    name = pipeline;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    targets = files, projects, whole, start
}
criterion_main!(pipeline);
