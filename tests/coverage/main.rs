//! The claims of the source documents: each is found where `fixtures/claims.toml` says it is
//! demonstrated, its twin is silent, and `docs/coverage.md` tells so.

#[path = "../annotated/mod.rs"]
mod annotated;
mod claims;
mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use tokscan::rule::RuleSet;

use annotated::{Announced, Found, announced, findings, root};
use claims::{Claim, Claims, Evidence, Judged, Line, Shown};

/// Set to write the page instead of comparing it.
const BLESS: &str = "TOKSCAN_BLESS";

#[test]
fn claims_are_found_twins_are_silent_and_the_page_says_so() {
    let text = fs::read_to_string(root().join("claims.toml")).expect("the claims can be read");
    let claims: Claims = toml::from_str(&text).expect("the claims are as described in their head");
    let rules = RuleSet::builtin().expect("the embedded packs load");
    let names: BTreeSet<&str> = claims.claim.iter().flat_map(Claim::fixtures).collect();
    let fixtures: BTreeMap<&str, Fixture> =
        names.into_iter().map(|name| (name, Fixture::scanned(name, &rules))).collect();
    let mut mistakes = Vec::new();
    let judged: Vec<Judged> = claims
        .claim
        .iter()
        .map(|claim| {
            let (judged, problems) = judge(claim, &claims, &rules, &fixtures);
            mistakes
                .extend(problems.iter().map(|p| format!("{}: {:?}: {p}", claim.theme, claim.says)));
            judged
        })
        .collect();
    assert!(mistakes.is_empty(), "{} mistakes:\n{}", mistakes.len(), mistakes.join("\n"));
    compare("docs/coverage.md", &page::page(&claims, &judged));
}

/// A weak project and its hardened twin: what is announced and found in them.
struct Fixture {
    weak: String,
    hardened: String,
    announced: Announced,
    found: Found,
    found_in_twin: Found,
}

impl Fixture {
    fn scanned(name: &str, rules: &RuleSet) -> Self {
        let [weak, hardened] = match name.starts_with("flows/") {
            true => ["leak", "safe"].map(|kind| format!("{name}/{kind}")),
            false => ["weak", "hardened"].map(|kind| format!("{name}/{kind}")),
        };
        let project = root().join(&weak);
        Self {
            announced: announced(&project),
            found: findings(&project, rules),
            found_in_twin: findings(&root().join(&hardened), rules),
            weak,
            hardened,
        }
    }

    /// Numbers and texts of the lines of a file of the weak project.
    fn lines(&self, file: &str) -> Result<Vec<(usize, String)>, String> {
        let path = root().join(&self.weak).join(file);
        let text = fs::read_to_string(path).map_err(|error| format!("{file}: {error}"))?;
        Ok((1..).zip(text.lines().map(str::to_owned)).collect())
    }
}

/// Where a claim is demonstrated, and what is wrong with it.
fn judge<'c>(
    claim: &'c Claim,
    claims: &Claims,
    rules: &RuleSet,
    fixtures: &BTreeMap<&str, Fixture>,
) -> (Judged<'c>, Vec<String>) {
    let mut problems = claim.shape_problems(claims);
    let mut judged = Judged { claim, evidence: Vec::new(), unwritten: Vec::new() };
    for shown in &claim.shown {
        let fixture = &fixtures[shown.fixture(claim)];
        problems.extend(twin_problems(claim, shown, fixture));
        match evidence(shown, fixture) {
            Ok(evidence) => judged.evidence.push(evidence),
            Err(problem) => problems.push(problem),
        }
    }
    for line in &claim.silent {
        problems.extend(silence_problem(line, &fixtures[&*claim.theme]));
    }
    judged.unwritten = claim.rules.iter().filter(|id| rules.get(id).is_none()).collect();
    // A claim may wait for a rule that nobody has written yet.
    if !judged.is_open() {
        problems.extend(judged.unwritten.iter().map(|id| format!("there is no rule {id}")));
    }
    (judged, problems)
}

/// The line that demonstrates a claim: announced, and found there.
fn evidence(shown: &Shown, fixture: &Fixture) -> Result<Evidence, String> {
    let Shown { file, rule, code, .. } = shown;
    let has_code = |text: &str| code.as_ref().is_none_or(|code| text.contains(&**code));
    let lines: Vec<usize> = fixture
        .lines(file)?
        .into_iter()
        .filter_map(|(line, text)| has_code(&text).then_some(line))
        .collect();
    let place = |line: usize| (file.clone(), line, rule.clone());
    let at = |places: &BTreeSet<_>| -> Vec<usize> {
        lines.iter().copied().filter(|&line| places.contains(&place(line))).collect()
    };
    let evidence = |line, is_found| {
        let path = format!("{}/{file}", fixture.weak);
        Evidence { path, line, is_found }
    };
    match (&*at(&fixture.announced.expected), &*at(&fixture.announced.later), code) {
        ([line], [], _) if fixture.found.shown.contains(&place(*line)) => Ok(evidence(*line, true)),
        ([line], [], _) => Err(format!("{rule} is not found at {file}:{line}")),
        ([], [line], _) => Ok(evidence(*line, false)),
        // Below the default thresholds nothing is announced.
        ([], [], Some(_)) => match &*at(&fixture.found.all) {
            [line] if !fixture.found.shown.contains(&place(*line)) => Ok(evidence(*line, true)),
            _ => Err(format!("{rule} is not found in {file}, where it says {code:?}")),
        },
        ([], [], None) => Err(format!("{rule} is not announced in {file}")),
        _ => Err(format!("{rule} is announced more than once in {file}: say which by `code`")),
    }
}

/// The twin has the file, and none of the claim's rules reports anything in it.
fn twin_problems(claim: &Claim, shown: &Shown, fixture: &Fixture) -> Vec<String> {
    let twin = Path::new(&fixture.hardened);
    let mut problems = Vec::new();
    if !root().join(twin).join(&shown.file).is_file() {
        problems.push(format!("the twin has no {}", shown.file));
    }
    let loud = fixture.found_in_twin.all.iter().filter(|(_, _, rule)| claim.rules.contains(rule));
    problems.extend(loud.map(|(path, line, rule)| format!("the twin has {rule} at {path}:{line}")));
    problems
}

/// No rule may report the line.
fn silence_problem(silent: &Line, fixture: &Fixture) -> Option<String> {
    let Line { file, code } = silent;
    let lines = match fixture.lines(file) {
        Ok(lines) => lines,
        Err(problem) => return Some(problem),
    };
    let lines: Vec<usize> = lines
        .into_iter()
        .filter_map(|(line, text)| text.contains(&**code).then_some(line))
        .collect();
    if lines.is_empty() {
        return Some(format!("{file} does not say {code:?}"));
    }
    let loud =
        fixture.found.all.iter().find(|(path, line, _)| path == file && lines.contains(line));
    loud.map(|(_, line, rule)| format!("{rule} is found at {file}:{line}, which is sound"))
}

/// Compares a generated file with what stands in the repository, or writes it.
fn compare(path: &str, fresh: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os(BLESS).is_some() {
        fs::write(&file, fresh).expect("the page can be written");
        return;
    }
    let stale = fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    let differs = || (1..).zip(stale.lines().zip(fresh.lines())).find(|(_, (a, b))| a != b);
    assert!(
        stale == fresh,
        "{path} is not what fixtures/claims.toml says (first difference: {:?}); \
         write it with `{BLESS}=1 cargo test --test coverage`",
        differs().map(|(line, (_, fresh))| (line, fresh.to_owned()))
    );
}
