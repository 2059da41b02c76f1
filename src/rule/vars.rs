//! Metavariables of a rule, and what its parts say of them.

use super::error::Place;
use super::model::VarId;

/// The metavariables of one rule, concept or model.
///
/// All branches of a rule share one table, so that its adjustments can speak of the captures
/// of any branch.
#[derive(Debug, Default)]
pub(super) struct Vars {
    names: Vec<String>,
}

impl Vars {
    /// The id of `name`, made on first sight.
    pub fn id(&mut self, name: &str) -> VarId {
        self.get(name).unwrap_or_else(|| self.push(name))
    }

    /// The id of `name` if it was seen before.
    pub fn get(&self, name: &str) -> Option<VarId> {
        self.names.iter().position(|known| known == name).map(VarId::from)
    }

    /// A variable nothing else can name: `$_` where the model wants one.
    pub fn unnamed(&mut self) -> VarId {
        self.push("_")
    }

    fn push(&mut self, name: &str) -> VarId {
        self.names.push(name.to_owned());
        VarId::from(self.names.len() - 1)
    }

    /// The name of a variable of this table, without `$`.
    pub fn name(&self, id: VarId) -> &str {
        self.names.get(usize::from(id)).map_or("_", String::as_str)
    }

    /// The names by id.
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

/// A variable and where it is mentioned.
pub(super) type Mention = (VarId, Place);

/// What a part of a rule binds and what it needs bound.
#[derive(Debug, Default, Clone)]
pub(super) struct Mentions {
    /// Captured where the part matches.
    pub binds: Vec<Mention>,
    /// Must have a value before.
    pub uses: Vec<Mention>,
}

impl Mentions {
    /// Adds what `other` says.
    pub fn extend(&mut self, other: Mentions) {
        self.binds.extend(other.binds);
        self.uses.extend(other.uses);
    }

    /// The variables it binds.
    pub fn bound(&self) -> impl Iterator<Item = VarId> + '_ {
        self.binds.iter().map(|&(var, _)| var)
    }
}
