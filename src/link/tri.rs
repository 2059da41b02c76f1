//! Three-valued answers, and what a match captures.

use super::value::Val;
use crate::rule::model::VarId;

/// A three-valued answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tri {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// It cannot be known.
    Unknown,
}

impl Tri {
    /// From what is known.
    pub fn from_option(known: Option<bool>) -> Self {
        known.map_or(Self::Unknown, Self::from_bool)
    }

    /// From a certain answer.
    pub fn from_bool(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    /// Both.
    #[must_use]
    pub fn and(self, other: impl FnOnce() -> Tri) -> Self {
        match self {
            Self::No => Self::No,
            Self::Yes => other(),
            Self::Unknown => match other() {
                Self::No => Self::No,
                _ => Self::Unknown,
            },
        }
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: impl FnOnce() -> Tri) -> Self {
        match self {
            Self::Yes => Self::Yes,
            Self::No => other(),
            Self::Unknown => match other() {
                Self::Yes => Self::Yes,
                _ => Self::Unknown,
            },
        }
    }
}

impl std::ops::Not for Tri {
    type Output = Tri;

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// Captured values by metavariable.
#[derive(Debug, Clone, Default)]
pub struct Bindings(pub Vec<Option<Val>>);

impl Bindings {
    /// Nothing captured yet, of `count` metavariables.
    pub fn new(count: usize) -> Self {
        Self(vec![None; count])
    }

    /// The captured value.
    pub fn get(&self, var: VarId) -> Option<&Val> {
        self.0.get(usize::from(var))?.as_ref()
    }

    /// Captures a value.
    pub fn set(&mut self, var: VarId, value: Val) {
        if let Some(slot) = self.0.get_mut(usize::from(var)) {
            *slot = Some(value);
        }
    }
}
