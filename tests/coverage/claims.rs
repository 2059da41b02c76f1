//! `fixtures/claims.toml`, whose head describes the keys.

use serde::Deserialize;

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    pub theme: Vec<Theme>,
    pub claim: Vec<Claim>,
}

/// A source document.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Theme {
    /// The fixture.
    pub id: String,
    pub title: String,
}

/// What kind of claim.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// What is said of the stack.
    Weakness,
    /// What the mended code gets wrong, or asks for.
    Remedy,
    /// A row of the table of weaknesses.
    Cwe,
    /// Code that looks weak and is not.
    Sound,
}

/// One claim.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    pub theme: String,
    pub part: Part,
    pub says: String,
    #[serde(default)]
    pub rules: Vec<String>,
    #[serde(default)]
    pub shown: Vec<Shown>,
    #[serde(default)]
    pub silent: Vec<Line>,
    pub undecidable: Option<String>,
    pub beyond: Option<String>,
}

/// A place where a claim is demonstrated.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    pub fixture: Option<String>,
    pub file: String,
    pub rule: String,
    pub code: Option<String>,
}

/// A line that says something.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub file: String,
    pub code: String,
}

/// A claim with the places that the fixtures say it is at.
pub struct Judged<'c> {
    pub claim: &'c Claim,
    pub evidence: Vec<Evidence>,
    /// Those of its rules that do not exist.
    pub unwritten: Vec<&'c String>,
}

/// A place in a weak project.
pub struct Evidence {
    /// Below `fixtures/`.
    pub path: String,
    pub line: usize,
    /// Or left for later.
    pub is_found: bool,
}

impl Shown {
    /// The fixture, that of the claim unless another is named.
    pub fn fixture<'s>(&'s self, claim: &'s Claim) -> &'s str {
        self.fixture.as_deref().unwrap_or(&claim.theme)
    }
}

impl Judged<'_> {
    /// Demonstrated, and not found at any of the places.
    pub fn is_open(&self) -> bool {
        !self.evidence.is_empty() && self.evidence.iter().all(|evidence| !evidence.is_found)
    }
}

impl Claim {
    /// The fixtures that it speaks of.
    pub fn fixtures(&self) -> impl Iterator<Item = &str> {
        self.shown.iter().map(|shown| shown.fixture(self)).chain([&*self.theme])
    }

    /// What is wrong with it by itself.
    pub fn shape_problems(&self, claims: &Claims) -> Vec<String> {
        let mut problems = Vec::new();
        if !claims.theme.iter().any(|theme| theme.id == self.theme) {
            problems.push("there is no such theme".to_owned());
        }
        let ways = [!self.shown.is_empty(), !self.silent.is_empty(), self.undecidable.is_some()];
        if ways.iter().filter(|way| **way).count() != 1 {
            problems
                .push("exactly one of `shown`, `silent` and `undecidable` is needed".to_owned());
        }
        if (self.part == Part::Sound) == self.silent.is_empty() {
            problems.push("`silent` belongs to the part `sound`, and only there".to_owned());
        }
        if self.rules.is_empty() != self.shown.is_empty() {
            problems.push("`rules` and `shown` belong together".to_owned());
        }
        let foreign = self.shown.iter().filter(|shown| !self.rules.contains(&shown.rule));
        problems.extend(foreign.map(|shown| format!("`rules` does not name {}", shown.rule)));
        let repeats = claims.claim.iter().filter(|other| {
            (&other.theme, other.part, &other.says) == (&self.theme, self.part, &self.says)
        });
        if repeats.count() > 1 {
            problems.push("it is claimed twice".to_owned());
        }
        problems
    }
}
