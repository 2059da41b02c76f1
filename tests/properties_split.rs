//! What a project says does not depend on how it is cut into modules: one-file programs are
//! split at random, and the findings stay the same.

mod harness;
mod weak;

use std::collections::{BTreeMap, BTreeSet};

use harness::{Found, Rng, listing, scan};
use tokscan::finding::{Confidence, Severity};

/// The package of all programs.
const PACKAGE: &str = "shop";

/// One part of a program: a definition, or a statement.
#[derive(Clone, Debug)]
struct Item {
    text: String,
    /// The name it defines.
    defines: Option<String>,
}

/// A one-file program.
#[derive(Clone, Debug, Default)]
struct Program {
    /// Import statements of libraries, and the name each binds.
    imports: Vec<(String, String)>,
    items: Vec<Item>,
}

impl Program {
    fn of<'a>(snippets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut program = Self::default();
        for part in snippets.into_iter().flat_map(|s| s.trim().split("\n\n")) {
            if part.starts_with("import ") || part.starts_with("from ") {
                part.lines().for_each(|line| program.import(line));
            } else {
                program.items.push(Item { text: part.to_owned(), defines: defined(part) });
            }
        }
        program
    }

    fn import(&mut self, line: &str) {
        let (head, names) = match line.strip_prefix("from ") {
            Some(rest) => {
                let (module, names) = rest.split_once(" import ").expect("from … import …");
                (format!("from {module} import "), names)
            }
            None => ("import ".to_owned(), line.trim_start_matches("import ")),
        };
        for name in names.split(", ") {
            let bound = name.rsplit(' ').next().expect("a name").to_owned();
            let import = (format!("{head}{name}"), bound);
            if !self.imports.contains(&import) {
                self.imports.push(import);
            }
        }
    }

    /// The program as one module.
    fn whole(&self) -> Vec<(String, String)> {
        let imports = self.imports.iter().map(|(line, _)| line.as_str());
        let items = self.items.iter().map(|item| item.text.as_str());
        let text: Vec<&str> = imports.chain(items).collect();
        vec![(format!("{PACKAGE}/app.py"), text.join("\n\n") + "\n")]
    }
}

/// The name a part defines: of a function, of a class, of an assigned variable.
fn defined(part: &str) -> Option<String> {
    let line = part.lines().find(|line| !line.starts_with('@'))?;
    let name = match line.strip_prefix("def ").or_else(|| line.strip_prefix("class ")) {
        Some(rest) => rest.split(['(', ':']).next()?,
        None => line.split_once(" = ")?.0,
    };
    name.chars().all(is_word).then(|| name.to_owned())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// All words of a text.
fn words(text: &str) -> BTreeSet<&str> {
    text.split(|c| !is_word(c)).filter(|word| !word.is_empty()).collect()
}

/// `text` with the word `from` replaced.
fn replace_word(text: &str, from: &str, to: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let whole = !rest[..at].ends_with(is_word) && !rest[at + from.len()..].starts_with(is_word);
        out.push_str(&rest[..at]);
        out.push_str(if whole { to } else { from });
        rest = &rest[at + from.len()..];
    }
    out + rest
}

/// How a module gets a name of another module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// `from shop.m import x`
    Absolute,
    /// `from .m import x`
    Relative,
    /// `from .m import x as x_here`
    Alias,
    /// `from . import m`, `m.x`
    Member,
    /// `import shop.m as m_module`, `m_module.x`
    ModuleAlias,
    /// `import shop.m`, `shop.m.x`
    Dotted,
    /// `from shop import x`, which `shop/__init__.py` imports from `m`
    Package,
    /// `from .hub import x_again as x`, which `hub` imports from `m`
    Hub,
    /// `from .m import *`
    Star,
    /// `from shop.m import x` as the first statement of the function that uses it
    Local,
    /// The same with `import shop.m as m_local`
    LocalModule,
}

const WAYS: [Way; 11] = [
    Way::Absolute,
    Way::Relative,
    Way::Alias,
    Way::Member,
    Way::ModuleAlias,
    Way::Dotted,
    Way::Package,
    Way::Hub,
    Way::Star,
    Way::Local,
    Way::LocalModule,
];

/// A program in several modules.
#[derive(Debug, Default)]
struct Split {
    /// Import lines and body of each module, by name below the package (`a`, `deep.b`).
    modules: BTreeMap<String, (BTreeSet<String>, Vec<String>)>,
    /// What was written for a name, per module: to read its lines as those of the original.
    renamed: BTreeMap<String, Vec<(String, String)>>,
    /// Lines of the package's `__init__.py`.
    package: BTreeSet<String>,
    hub: BTreeSet<String>,
    ways: Vec<Way>,
}

impl Split {
    /// Splits `program` into at most `count` modules.
    fn at_random(rng: &mut Rng, program: &Program, count: usize) -> Self {
        let names: Vec<String> =
            ["keys", "deep.tools", "web", "deep.store", "misc"].map(str::to_owned).to_vec();
        let places = places(rng, program, &names[..count]);
        let home: BTreeMap<&str, &str> = program
            .items
            .iter()
            .zip(&places)
            .filter_map(|(item, place)| Some((item.defines.as_deref()?, place.as_str())))
            .collect();
        let mut split = Self::default();
        for (item, place) in program.items.iter().zip(&places) {
            split.place(rng, program, item, place, &home);
        }
        split.finish(rng)
    }

    fn place(
        &mut self,
        rng: &mut Rng,
        program: &Program,
        item: &Item,
        place: &str,
        home: &BTreeMap<&str, &str>,
    ) {
        let used = words(&item.text);
        let mut imports: BTreeSet<String> = program
            .imports
            .iter()
            .filter(|(_, bound)| used.contains(bound.as_str()))
            .map(|(line, _)| line.clone())
            .collect();
        let (mut text, mut local) = (item.text.clone(), Vec::new());
        for (&name, &from) in home.iter().filter(|(name, _)| used.contains(**name)) {
            if from == place {
                continue;
            }
            let mut way = *rng.pick(&WAYS);
            if matches!(way, Way::Local | Way::LocalModule) && !is_inside(&item.text, name) {
                way = Way::Relative;
            }
            let (import, written) = self.connect(way, place, from, name);
            match way {
                Way::Local | Way::LocalModule => local.push(import),
                _ => {
                    imports.insert(import);
                }
            }
            if written != name {
                text = replace_word(&text, name, &written);
                let renamed = self.renamed.entry(place.to_owned()).or_default();
                renamed.push((written, name.to_owned()));
            }
            self.ways.push(way);
        }
        let module = self.modules.entry(place.to_owned()).or_default();
        module.0.extend(imports);
        module.1.push(with_local_imports(&text, &local));
    }

    /// The import that gives `place` the name of `from`, and how the name is then written.
    fn connect(&mut self, way: Way, place: &str, from: &str, name: &str) -> (String, String) {
        let relative = if place.contains('.') { ".." } else { "." };
        let last = from.rsplit('.').next().expect("a module");
        let same = name.to_owned();
        match way {
            Way::Absolute | Way::Local => (format!("from {PACKAGE}.{from} import {name}"), same),
            Way::Relative => (format!("from {relative}{from} import {name}"), same),
            Way::Star => (format!("from {relative}{from} import *"), same),
            Way::Alias => {
                let alias = format!("{name}_here");
                (format!("from {relative}{from} import {name} as {alias}"), alias)
            }
            Way::Member => {
                let folder = from.strip_suffix(last).expect("its end").trim_end_matches('.');
                (format!("from {relative}{folder} import {last}"), format!("{last}.{name}"))
            }
            Way::ModuleAlias | Way::LocalModule => {
                let alias = format!("{last}_module");
                (format!("import {PACKAGE}.{from} as {alias}"), format!("{alias}.{name}"))
            }
            Way::Dotted => (format!("import {PACKAGE}.{from}"), format!("{PACKAGE}.{from}.{name}")),
            Way::Package => {
                self.package.insert(format!("from .{from} import {name}"));
                (format!("from {PACKAGE} import {name}"), same)
            }
            Way::Hub => {
                self.hub.insert(format!("from {PACKAGE}.{from} import {name} as {name}_again"));
                (format!("from {relative}hub import {name}_again as {name}"), same)
            }
        }
    }

    /// Adds `__all__` to some modules: of the names they define, with unrelated ones.
    fn finish(mut self, rng: &mut Rng) -> Self {
        for (_, body) in self.modules.values_mut() {
            if rng.one_in(3) {
                let names: Vec<String> = body
                    .iter()
                    .filter_map(|text| defined(text))
                    .map(|name| format!("\"{name}\""))
                    .collect();
                body.push(format!("__all__ = [{}]", names.join(", ")));
            }
        }
        self
    }

    fn files(&self) -> Vec<(String, String)> {
        let lines = |lines: &BTreeSet<String>| lines.iter().cloned().collect::<Vec<_>>().join("\n");
        let mut files = vec![
            (format!("{PACKAGE}/__init__.py"), lines(&self.package) + "\n"),
            (format!("{PACKAGE}/deep/__init__.py"), String::new()),
        ];
        if !self.hub.is_empty() {
            files.push((format!("{PACKAGE}/hub.py"), lines(&self.hub) + "\n"));
        }
        for (name, (imports, body)) in &self.modules {
            let text = format!("{}\n\n{}\n", lines(imports), body.join("\n\n"));
            files.push((format!("{PACKAGE}/{}.py", name.replace('.', "/")), text));
        }
        files
    }

    /// A line of a module as it was in the one-file program.
    fn original(&self, found: &Found) -> String {
        let module =
            found.path.trim_start_matches("shop/").trim_end_matches(".py").replace('/', ".");
        let mut line = found.line.clone();
        let mut renamed = self.renamed.get(&module).cloned().unwrap_or_default();
        // `keys_module.x` before `x`.
        renamed.sort_by_key(|(written, _)| std::cmp::Reverse(written.len()));
        for (written, name) in &renamed {
            line = line.replace(written.as_str(), name);
        }
        line
    }
}

/// Whether a name is used only inside the body of a function.
fn is_inside(text: &str, name: &str) -> bool {
    let mut lines = text.lines().skip_while(|line| line.starts_with('@'));
    let is_function = lines.next().is_some_and(|line| line.starts_with("def "));
    let outside = text.lines().take_while(|line| !line.starts_with(' '));
    is_function && !outside.into_iter().any(|line| words(line).contains(name))
}

fn with_local_imports(text: &str, imports: &[String]) -> String {
    if imports.is_empty() {
        return text.to_owned();
    }
    let head = text.lines().take_while(|line| !line.starts_with(' ')).count();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for import in imports {
        lines.insert(head, format!("    {import}"));
    }
    lines.join("\n")
}

/// A module for each item, such that no two modules import each other.
fn places(rng: &mut Rng, program: &Program, names: &[String]) -> Vec<String> {
    let mut places: Vec<usize> = Vec::new();
    let mut imports: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (index, item) in program.items.iter().enumerate() {
        let used = words(&item.text);
        let needs: Vec<usize> = (0..index)
            .filter(|&i| program.items[i].defines.as_deref().is_some_and(|n| used.contains(n)))
            .map(|i| places[i])
            .collect();
        let fits = |place: usize| {
            let mut tried = imports.clone();
            tried.extend(needs.iter().filter(|&&n| n != place).map(|&n| (place, n)));
            !is_cyclic(&tried, names.len())
        };
        let mut order: Vec<usize> = (0..names.len()).collect();
        rng.shuffle(&mut order);
        // The module of the last thing needed always fits, or imports it all.
        let place = order.into_iter().find(|&place| fits(place)).unwrap_or(0);
        imports.extend(needs.iter().filter(|&&n| n != place).map(|&n| (place, n)));
        places.push(place);
    }
    places.into_iter().map(|place| names[place].clone()).collect()
}

fn is_cyclic(imports: &BTreeSet<(usize, usize)>, count: usize) -> bool {
    let mut reach = imports.clone();
    for _ in 0..count {
        let further: Vec<(usize, usize)> = reach
            .iter()
            .flat_map(|&(a, b)| {
                imports.iter().filter(move |(c, _)| *c == b).map(move |&(_, d)| (a, d))
            })
            .collect();
        reach.extend(further);
    }
    reach.iter().any(|(a, b)| a == b)
}

/// What must stay the same.
type Said = (String, Severity, Confidence, String);

fn said(found: &[Found], line: impl Fn(&Found) -> String) -> Vec<Said> {
    let mut said: Vec<Said> =
        found.iter().map(|f| (f.rule.clone(), f.severity, f.confidence, line(f))).collect();
    said.sort();
    said
}

/// Splits programs of some snippets with seeds, and compares.
fn check_splits(snippets: &[&str], seeds: std::ops::Range<u64>) -> Result<(), String> {
    let program = Program::of(snippets.iter().copied());
    let whole = program.whole();
    let expected = said(&scan(&whole), |f| f.line.clone());
    for seed in seeds {
        let mut rng = Rng::new(seed);
        let count = 2 + rng.below(4);
        let split = Split::at_random(&mut rng, &program, count);
        let files = split.files();
        let got = said(&scan(&files), |f| split.original(f));
        if got != expected {
            let ways = &split.ways;
            return Err(format!(
                "seed {seed}, {ways:?}\nin one file: {expected:#?}\nsplit: {got:#?}\n{}",
                listing(&files)
            ));
        }
    }
    Ok(())
}

/// Findings that are shown by default.
fn shown(snippet: &str) -> Vec<Found> {
    let found = scan(&Program::of([snippet]).whole());
    found.into_iter().filter(|f| f.confidence >= Confidence::Medium).collect()
}

#[test]
fn weak_programs_are_weak_and_sound_ones_are_sound() {
    let weak = weak::WEAK.iter().map(|(snippet, count)| (*snippet, *count));
    let sound = weak::SOUND.iter().map(|snippet| (*snippet, 0));
    let wrong: Vec<String> = weak
        .chain(sound)
        .map(|(snippet, count)| (snippet, count, shown(snippet)))
        .filter(|(_, count, found)| found.len() != *count)
        .map(|(snippet, count, found)| format!("{snippet}\n{count} expected: {found:#?}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_program_in_several_modules_says_the_same() {
    let snippets: Vec<&str> =
        weak::WEAK.iter().map(|(s, _)| *s).chain(weak::SOUND.iter().copied()).collect();
    let failures: Vec<String> = snippets
        .iter()
        .enumerate()
        .filter_map(|(i, s)| check_splits(&[s], 100 * i as u64..100 * i as u64 + 40).err())
        .collect();
    assert!(failures.is_empty(), "{} programs:\n{}", failures.len(), failures.join("\n=====\n"));
}

#[test]
#[ignore = "known gap: of two applications in one module, keys that a third module sets are lost"]
fn programs_mixed_in_one_project_say_the_same() {
    let snippets: Vec<&str> =
        weak::WEAK.iter().map(|(s, _)| *s).chain(weak::SOUND.iter().copied()).collect();
    for seed in 0..12 {
        let mut rng = Rng::new(7_000 + seed);
        let mut chosen = snippets.clone();
        rng.shuffle(&mut chosen);
        chosen.truncate(4);
        if let Err(failure) = check_splits(&chosen, 5_000 + 10 * seed..5_000 + 10 * seed + 4) {
            panic!("{failure}");
        }
    }
}
