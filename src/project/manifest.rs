//! Packages a project requires and the versions of them that are in use.
//!
//! Whatever says something about a package has a rank (`Rank`); the highest decides. A range
//! means the newest release it allows, as an installer would take it. Among equals the file
//! nearest to the root decides, then the lowest version: where services of one repository
//! differ, what holds for the oldest is said. A package without any bound is taken to be its
//! current release.

mod formats;
mod released;

use std::collections::BTreeMap;

use super::documents::{DocumentFile, Documents};
use super::profile::{self, Profile};
use crate::base::{FxHashMap, FxHashSet, Loc};
use crate::link::{PackageEvidence, Packages, UnitInput};
use crate::rule::version::{Requirement, Version, normalise};
use crate::source::FileTable;
use crate::syntax::document::DocumentKind;

/// How much what a file says counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Rank {
    /// For developers or tests.
    Other,
    /// For some installations only: extras.
    Optional,
    /// Production, several releases.
    Range,
    /// Production, one release.
    Exact,
    /// A lock file, or constraints.
    Locked,
}

/// What one place says about a package.
struct Claim {
    rank: Rank,
    /// Folders between the root and the file.
    depth: usize,
    /// Whether it makes the project depend on the package. Lock files and constraints only
    /// say which version, if any.
    requires: bool,
    version: Option<Version>,
    evidence: PackageEvidence,
}

/// Reads every manifest of the scan.
pub fn packages(files: &FileTable, documents: &Documents, units: &[UnitInput]) -> Packages {
    let mut reader = Reader::default();
    let includes = Includes::of(documents);
    for file in documents.iter() {
        match file.kind {
            DocumentKind::Requirements => reader.requirements(file, &includes),
            DocumentKind::Toml => formats::toml(&mut reader, file),
            DocumentKind::Lockfile => formats::lock(&mut reader, file),
            DocumentKind::Ini if file.name() == "setup.cfg" => {
                formats::setup_cfg(&mut reader, file)
            }
            _ => {}
        }
    }
    for unit in units {
        released::setup_py(&mut reader, unit);
    }
    for file in &files.files {
        released::metadata(&mut reader, file);
    }
    reader.finish()
}

/// Which requirements files others include: `-r` makes them part of the other, `-c` limits.
#[derive(Default)]
struct Includes {
    required: FxHashMap<String, Vec<Profile>>,
    constraints: FxHashSet<String>,
}

impl Includes {
    fn of(documents: &Documents) -> Self {
        let mut includes = Self::default();
        let files = documents.iter().filter(|file| file.kind == DocumentKind::Requirements);
        for file in files {
            for line in
                file.roots().iter().flat_map(|root| root.items()).filter_map(|n| n.as_text())
            {
                let option = |names: [&str; 2]| {
                    let rest = names.iter().find_map(|name| line.strip_prefix(name))?;
                    let path = rest.trim_start_matches(['=', ' ', '\t']);
                    super::documents::relative(&file.path, path.trim())
                };
                if let Some(path) = option(["--requirement", "-r"]) {
                    includes.required.entry(path).or_default().push(profile_of(&file.path));
                } else if let Some(path) = option(["--constraint", "-c"]) {
                    includes.constraints.insert(path);
                }
            }
        }
        includes
    }

    /// Production if any file that includes it is; what its path says if none does.
    fn profile(&self, path: &str) -> Profile {
        let by_path = profile_of(path);
        let including = self.required.get(path).into_iter().flatten().min().copied();
        including.map_or(by_path, |profile| profile.min(by_path))
    }
}

/// The profile of a requirements file by its path.
fn profile_of(path: &str) -> Profile {
    const TOOLS: [&str; 6] = ["lint", "linting", "typing", "build", "style", "mypy"];
    let words = crate::rule::words::split_words(path);
    if words.iter().any(|word| TOOLS.contains(&word.as_str())) {
        return Profile::Development;
    }
    if !profile::is_production(path) { Profile::Test } else { profile::of_file(path) }
}

#[derive(Default)]
struct Reader {
    /// Claims by package, in the order of files.
    claims: BTreeMap<String, Vec<Claim>>,
    /// Packages in the order in which they are required first.
    required: Vec<String>,
}

impl Reader {
    fn requirements(&mut self, file: &DocumentFile, includes: &Includes) {
        let constrains = file.name().starts_with("constraints")
            || includes.constraints.contains(&file.path)
                && !includes.required.contains_key(&file.path);
        let is_production = includes.profile(&file.path) == Profile::Production;
        for node in file.roots().iter().flat_map(|root| root.items()) {
            let Some(text) = node.as_text() else { continue };
            if text.starts_with('-') {
                continue;
            }
            // Options of a requirement follow it: `--hash=…`.
            let text = text.split(" --").next().unwrap_or_default();
            let rank = match (constrains, is_production) {
                (true, _) => Rank::Locked,
                (false, true) => Rank::Range,
                (false, false) => Rank::Other,
            };
            self.claim(text, rank, !constrains, &file.path, file.loc(node.place));
        }
    }

    /// Notes one dependency specifier (PEP 508): `name[extra] >=1,<2 ; marker`. What is not one
    /// (a path, a URL) says nothing.
    fn claim(&mut self, text: &str, rank: Rank, requires: bool, path: &str, loc: Loc) {
        let direct = text.split_once('@').filter(|(_, place)| place.contains(['/', ':']));
        let body = direct.map_or(text, |(name, _)| name).split(';').next().unwrap_or_default();
        let body = body.replace(['(', ')'], " ");
        let Ok(requirement) = Requirement::parse(&body) else { return };
        let end = body.find(['=', '<', '>', '!', '~']).unwrap_or(body.len());
        let specifier = body[end..].trim().to_owned();
        self.note(&requirement, specifier, rank, requires, path, loc);
    }

    fn note(
        &mut self,
        requirement: &Requirement,
        specifier: String,
        rank: Rank,
        requires: bool,
        path: &str,
        loc: Loc,
    ) {
        let exact = requirement.is_exact();
        let rank = if rank == Rank::Range && exact { Rank::Exact } else { rank };
        let claim = Claim {
            rank,
            depth: path.matches('/').count(),
            requires,
            version: requirement.newest(),
            evidence: PackageEvidence { specifier, exact, loc },
        };
        let name = requirement.name.clone();
        if requires && !self.required.contains(&name) {
            self.required.push(name.clone());
        }
        self.claims.entry(name).or_default().push(claim);
    }

    fn finish(self) -> Packages {
        let mut packages = Packages::default();
        let is_needed = |name: &String| {
            let claims = self.claims.get(name).into_iter().flatten();
            claims.filter(|claim| claim.requires).any(|claim| claim.rank > Rank::Other)
        };
        // What only developers need says nothing about what runs, unless there is nothing else.
        let (needed, others): (Vec<_>, Vec<_>) = self.required.into_iter().partition(is_needed);
        packages.required = if needed.is_empty() { others } else { needed };
        if packages.required.is_empty() {
            packages.required = self.claims.keys().cloned().collect();
        }
        for (name, claims) in self.claims {
            let order = |claim: &&Claim| {
                (
                    std::cmp::Reverse(claim.version.is_some()),
                    std::cmp::Reverse(claim.rank),
                    claim.depth,
                )
            };
            let Some(best) = claims.iter().min_by_key(order) else { continue };
            let equals = claims.iter().filter(|claim| order(claim) == order(&best));
            let lowest = equals.reduce(|a, b| match (&a.version, &b.version) {
                (Some(x), Some(y)) if y < x => b,
                _ => a,
            });
            let Some(lowest) = lowest else { continue };
            if let Some(version) = &lowest.version {
                packages.pinned.insert(name.clone(), version.clone());
            }
            packages.evidence.insert(name, lowest.evidence.clone());
        }
        packages
    }
}

/// What a `name` and a version make together, as a lock file has them.
fn exactly(name: &str, version: &str) -> String {
    format!("{}=={version}", normalise(name))
}

#[cfg(test)]
mod tests;
