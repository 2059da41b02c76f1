//! Versions of the packages a project uses.

use std::collections::BTreeMap;

use crate::base::{FxHashMap, Loc, Symbol};
use crate::rule::RuleSet;
use crate::rule::library::CallModel;
use crate::rule::version::{Requirement, Version};

/// What is known of the packages in use: normalised name (PEP 503) to pinned version; a package
/// that is required without a version, or not mentioned, is taken to be its current release.
#[derive(Debug, Default, Clone)]
pub struct Packages {
    /// Pinned versions.
    pub pinned: FxHashMap<String, Version>,
    /// All packages that are required, pinned or not.
    pub required: Vec<String>,
    /// What says so, by package.
    pub evidence: BTreeMap<String, PackageEvidence>,
}

/// Where it is written which version of a package is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageEvidence {
    /// The conditions as written: `==1.7.1`, `^4.2`; empty: any version.
    pub specifier: String,
    /// Whether one release is named.
    pub exact: bool,
    /// The place.
    pub loc: Loc,
}

impl Packages {
    /// Whether a requirement like `pyjwt>=2` agrees with the version in use.
    pub fn holds(&self, requirement: &Requirement) -> bool {
        match self.pinned.get(&requirement.name) {
            Some(version) => requirement.matches(version),
            None => Version::parse("1000000").is_some_and(|current| requirement.matches(&current)),
        }
    }

    /// Whether a package is required at all, in a version that agrees.
    pub fn requires(&self, requirement: &Requirement) -> bool {
        self.required.contains(&requirement.name) && self.holds(requirement)
    }

    /// Of the models of each call, the first that applies.
    pub(super) fn choose<'r>(&self, rules: &'r RuleSet) -> FxHashMap<&'r [Symbol], &'r CallModel> {
        let applies = |model: &&CallModel| match &model.package {
            Some(text) => Requirement::parse(text).is_ok_and(|r| self.holds(&r)),
            None => true,
        };
        rules
            .library
            .calls
            .iter()
            .filter_map(|(path, models)| Some((path.as_slice(), models.iter().find(applies)?)))
            .collect()
    }
}
