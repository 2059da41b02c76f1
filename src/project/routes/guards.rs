//! What is known of what stands before a route.

use crate::base::{Loc, Symbol};
use crate::finding::Label;
use crate::link::{FnRef, Val};
use crate::rule::routing::{Aspect, Level};

/// What is known of the guards of a route.
#[derive(Debug, Clone, Default)]
pub struct Guards {
    /// What stands around this route.
    pub(super) own: [Level; 4],
    /// What stands around the whole application.
    wide: [Level; 4],
    /// Aspects for which the route is taken out of the latter.
    exempt: [bool; 4],
    /// Methods of requests that get through.
    pub methods: Option<Vec<String>>,
    /// The class of whose kind decorators make a function.
    pub makes: Option<Vec<Symbol>>,
    /// Lists that decorators set for class attributes.
    pub lists: Vec<(Symbol, Val)>,
    /// Where guards stand.
    pub evidence: Vec<Label>,
    /// Functions of the project that stand around the handler.
    pub around: Vec<FnRef>,
    /// Whether something stands there that is not understood.
    pub unresolved: bool,
}

impl Guards {
    /// The union of the guards of an aspect.
    pub fn level(&self, aspect: Aspect) -> Level {
        let index = aspect as usize;
        let wide = if self.exempt[index] { Level::None } else { self.wide[index] };
        self.own[index].max(wide)
    }

    /// Adds a guard around this route.
    pub fn add(&mut self, aspect: Aspect, level: Level) {
        let index = aspect as usize;
        if level == Level::None {
            self.exempt[index] = true;
        } else {
            self.own[index] = self.own[index].max(level);
        }
    }

    /// Adds a guard around the whole application.
    pub fn add_wide(&mut self, aspect: Aspect, level: Level) {
        let index = aspect as usize;
        self.wide[index] = self.wide[index].max(level);
    }

    /// Something stands there that is not understood.
    pub fn unclear(&mut self) {
        for aspect in [Aspect::Auth, Aspect::Throttle, Aspect::NoStore] {
            self.add(aspect, Level::Unknown);
        }
        self.unresolved = true;
    }

    /// Takes over all that `other` adds to this route.
    pub fn merge(&mut self, other: &Guards) {
        for index in 0..4 {
            self.own[index] = self.own[index].max(other.own[index]);
            self.wide[index] = self.wide[index].max(other.wide[index]);
            self.exempt[index] |= other.exempt[index];
        }
        if self.methods.is_none() {
            self.methods.clone_from(&other.methods);
        }
        if self.makes.is_none() {
            self.makes.clone_from(&other.makes);
        }
        self.lists.extend(other.lists.iter().cloned());
        self.unresolved |= other.unresolved;
        for func in &other.around {
            self.passes(*func);
        }
        for label in &other.evidence {
            if !self.evidence.contains(label) {
                self.evidence.push(label.clone());
            }
        }
    }

    /// Notes a function of the project that stands around the handler.
    pub fn passes(&mut self, func: FnRef) {
        if !self.around.contains(&func) {
            self.around.push(func);
        }
    }

    /// Notes where a guard stands.
    pub fn seen(&mut self, loc: Option<Loc>, text: &str) {
        let label = loc.map(|loc| Label { loc, text: text.to_owned() });
        self.evidence.extend(label.filter(|label| !self.evidence.contains(label)));
    }
}
