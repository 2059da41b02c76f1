//! The environment of what is deployed: variables that files of the project set.
//!
//! Which files set variables, and where in them, is data (`[[deployment]]`). Only what
//! production files set counts for settings; where services differ, each value is possible.

use std::collections::BTreeMap;

use super::documents::{DocumentFile, Documents, paths_of, relative, text_value};
use super::key_path::{self, Reached};
use super::profile::{self, Profile};
use super::settings::Naming;
use crate::base::{FxHashMap, Loc};
use crate::link::{Val, one_of};
use crate::rule::RuleSet;
use crate::rule::library::DeploymentModel;
use crate::syntax::document::{self, DocumentKind, Node, Value};

/// A variable that a file sets.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value; opaque where the file does not tell it.
    pub value: Val,
    /// Where the value is written.
    pub loc: Loc,
    /// Where it is in force.
    pub profile: Profile,
    /// The name of the kind of file that sets it.
    pub source: String,
    rank: i64,
}

/// All variables that files of the project set.
#[derive(Debug, Clone, Default)]
pub struct Deployment {
    /// By name; what decides comes first.
    variables: BTreeMap<String, Vec<Variable>>,
}

impl Deployment {
    /// Reads the files that set variables.
    pub fn of(rules: &RuleSet, documents: &Documents) -> Self {
        let mut reader = Reader { documents, found: Vec::new() };
        for file in documents.iter() {
            for model in &rules.library.deployments {
                if applies(model, file) {
                    reader.read(model, file);
                }
            }
        }
        let mut variables: BTreeMap<String, Vec<Variable>> = BTreeMap::new();
        for variable in reader.found {
            variables.entry(variable.name.clone()).or_default().push(variable);
        }
        for all in variables.values_mut() {
            all.sort_by_key(|v| (v.profile, std::cmp::Reverse(v.rank), v.loc));
        }
        Self { variables }
    }

    /// What a variable is in production, and where that is set; one of several where services
    /// differ.
    pub fn variable(&self, name: &str) -> Option<(Val, Loc)> {
        decided(self.variables.get(name)?)
    }

    /// All variables that are set in production, in the order of their names.
    pub fn variables(&self) -> impl Iterator<Item = (&str, Val, Loc)> {
        self.variables.iter().filter_map(|(name, all)| {
            let (value, loc) = decided(all)?;
            Some((name.as_str(), value, loc))
        })
    }

    /// Every place that sets a variable, of all profiles; those of production first.
    pub fn occurrences(&self, name: &str) -> &[Variable] {
        self.variables.get(name).map_or(&[], Vec::as_slice)
    }

    /// The settings modules of a framework that files name through a variable.
    pub fn namings(&self, framework: &str, variable: &str) -> Vec<Naming> {
        let naming = |found: &Variable| {
            Some(Naming {
                framework: framework.to_owned(),
                module: found.value.as_str()?.to_owned(),
                profile: found.profile,
                loc: found.loc,
            })
        };
        self.occurrences(variable).iter().filter_map(naming).collect()
    }

    /// Every place that sets a variable, in the order of places. Where files refer to each
    /// other, one place may be in force in several profiles; production stands first.
    pub fn places(&self) -> Vec<&Variable> {
        let mut all: Vec<&Variable> = self.variables.values().flatten().collect();
        all.sort_by_key(|variable| (variable.loc, variable.profile));
        all.dedup_by_key(|variable| variable.loc);
        all
    }

    /// The production environment, for reads of it.
    pub fn environment(&self) -> FxHashMap<String, Val> {
        self.variables().map(|(name, value, _)| (name.to_owned(), value)).collect()
    }
}

fn decided(all: &[Variable]) -> Option<(Val, Loc)> {
    let first = all.first().filter(|v| v.profile == Profile::Production)?;
    let equals = all.iter().take_while(|v| (v.profile, v.rank) == (first.profile, first.rank));
    let value = one_of(equals.map(|v| v.value.clone()).collect());
    Some((value, first.loc))
}

fn applies(model: &DeploymentModel, file: &DocumentFile) -> bool {
    model.kinds.contains(&file.kind)
        && model.path.as_ref().is_none_or(|path| path.is_match(&file.path))
}

struct Reader<'d> {
    documents: &'d Documents,
    found: Vec<Variable>,
}

/// A set of variables and what is known of how it is in force.
#[derive(Clone, Copy)]
struct Set<'d> {
    model: &'d DeploymentModel,
    file: &'d DocumentFile,
    profile: Profile,
    /// Whether the values stand in the file.
    known: bool,
    /// The variables that texts of the file may refer to.
    around: Option<&'d DocumentFile>,
}

impl<'d> Reader<'d> {
    fn read(&mut self, model: &'d DeploymentModel, file: &'d DocumentFile) {
        let around = relative(&file.path, ".env").and_then(|path| self.documents.at(&path));
        let profile = if model.tests { Profile::Test } else { file.profile };
        let set = Set { model, file, profile, known: true, around };
        for root in file.roots() {
            let is_meant = |(key, text): &(String, String)| {
                root.get(key).and_then(Node::as_text) == Some(text)
            };
            if !model.root.iter().all(is_meant) {
                continue;
            }
            if file.kind == DocumentKind::Dockerfile {
                self.stage(set, root);
                continue;
            }
            let nodes = |paths: &[Vec<crate::rule::model::PathKey>]| -> Vec<&'d Node> {
                let reached = paths.iter().flat_map(|path| key_path::reach(root, path));
                reached.filter_map(|reached: Reached<'d>| reached.node).collect()
            };
            // A model without a path means the whole file.
            if model.variables.is_empty() && model.unknown.is_empty() && model.files.is_empty() {
                self.variables(set, root);
            }
            nodes(&model.variables).into_iter().for_each(|node| self.variables(set, node));
            let unknown = Set { known: false, ..set };
            nodes(&model.unknown).into_iter().for_each(|node| self.variables(unknown, node));
            for node in nodes(&model.files) {
                self.named_files(set, node);
            }
        }
    }

    /// The variables of the last stage of a Dockerfile; of several settings the last counts.
    fn stage(&mut self, set: Set<'d>, root: &'d Node) {
        let mut last: BTreeMap<&str, &document::Entry> = BTreeMap::new();
        let names: Vec<&str> =
            set.model.variables.iter().flat_map(|path| key_path::names(path)).collect();
        let stage = document::final_stage(root, profile::is_other_profile).into_iter();
        for entry in stage.filter(|e| names.contains(&&*e.key)) {
            last.extend(entry.value.entries().iter().map(|entry| (&*entry.key, entry)));
        }
        for (name, entry) in last {
            self.variable(set, name, &entry.value);
        }
    }

    /// A table of variables, or a list of `NAME=value` or of tables with a name and a value.
    fn variables(&mut self, set: Set<'d>, node: &'d Node) {
        for entry in node.entries() {
            self.variable(set, &entry.key, &entry.value);
        }
        // `NAME=value` on lines of their own, as configuration of tools has them.
        for line in node.as_text().into_iter().flat_map(str::lines) {
            if let Some((name, value)) = line.split_once('=') {
                let value = set.resolve(value.trim());
                self.push(set, name.trim(), value, set.file.loc(node.place));
            }
        }
        for item in node.items() {
            if let Some((name, value)) = item.as_text().and_then(|text| text.split_once('=')) {
                let value = set.resolve(value);
                self.push(set, name, value, set.file.loc(item.place));
            }
            let name = item.get("name").or_else(|| item.get("key")).and_then(Node::as_text);
            match (name, item.get("value")) {
                (Some(name), Some(value)) => self.variable(set, name, value),
                // A value from elsewhere: `valueFrom`, `fromDatabase`, `sync: false`.
                (Some(name), None) => self.push(set, name, None, set.file.loc(item.place)),
                _ => {}
            }
        }
    }

    fn variable(&mut self, set: Set<'d>, name: &str, node: &'d Node) {
        let value = match &node.value {
            // Passed on from where it is started, if it is set there.
            Value::Null => return,
            Value::Table(_) => node.get("value").and_then(|value| set.file.text_of(value)),
            _ => set.file.text_of(node),
        };
        let value = value.and_then(|text| set.resolve(text));
        self.push(set, name, value, set.file.loc(node.place));
    }

    fn push(&mut self, set: Set<'d>, name: &str, value: Option<String>, loc: Loc) {
        if !is_variable(name) {
            return;
        }
        let value = value.filter(|_| set.known).map_or_else(Val::opaque, |text| text_value(&text));
        self.found.push(Variable {
            name: name.to_owned(),
            value: value.at(loc),
            loc,
            profile: set.profile,
            source: set.model.name.clone(),
            rank: set.model.rank,
        });
    }

    /// Files with variables that a file names: they are in force where it is, unless they say
    /// that they are for developers or tests.
    fn named_files(&mut self, set: Set<'d>, node: &'d Node) {
        for path in paths_of(node) {
            let file = relative(&set.file.path, path).and_then(|path| self.documents.at(&path));
            let Some(file) = file.filter(|file| file.kind == DocumentKind::Dotenv) else {
                continue;
            };
            let profile = file.says_profile().map_or(set.profile, |own| own.max(set.profile));
            let set = Set { file, profile, around: None, ..set };
            file.roots().iter().for_each(|root| self.variables(set, root));
        }
    }
}

impl Set<'_> {
    /// A text with the variables in it replaced; none when one is not known.
    fn resolve(&self, text: &str) -> Option<String> {
        if !self.model.interpolates {
            return Some(text.to_owned());
        }
        let lookup = |name: &str| {
            let around = self.around.filter(|file| file.profile == self.profile)?;
            let node = around.roots().first()?.get(name)?;
            around.text_of(node).map(str::to_owned)
        };
        interpolate(text, &lookup)
    }
}

/// Whether a key is the name of a variable, as opposed to that of a file in a set of them.
fn is_variable(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A text with `$NAME`, `${NAME}`, `${NAME:-default}` and the like replaced; none when the
/// value of one is not known. `$$` is a `$`.
fn interpolate(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(tail) = rest.strip_prefix('$') {
            out.push('$');
            rest = tail;
            continue;
        }
        let braced = rest.strip_prefix('{');
        let named = braced.unwrap_or(rest);
        let length = named.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let (name, tail) = named.split_at(length.unwrap_or(named.len()));
        if name.is_empty() {
            // No variable: as it is written.
            out.push('$');
            continue;
        }
        if braced.is_none() {
            out.push_str(&lookup(name)?);
            rest = tail;
            continue;
        }
        let end = closing_brace(tail)?;
        out.push_str(&substituted(lookup(name), &tail[..end], lookup)?);
        rest = &tail[end + 1..];
    }
    out.push_str(rest);
    Some(out)
}

/// Where the brace closes; defaults may hold variables themselves.
fn closing_brace(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// A variable with what `${NAME…}` says about the case that it is not set.
fn substituted(
    value: Option<String>,
    operator: &str,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Option<String> {
    let (operator, takes_empty) = match operator.strip_prefix(':') {
        Some(operator) => (operator, false),
        None => (operator, true),
    };
    let set = value.filter(|value| takes_empty || !value.is_empty());
    match operator.chars().next() {
        Some('-') => set.or_else(|| interpolate(&operator[1..], lookup)),
        // Whether it is set decides, and that is not known.
        Some('+') => set.and_then(|_| interpolate(&operator[1..], lookup)),
        Some(_) | None => set,
    }
}

#[cfg(test)]
mod tests;
