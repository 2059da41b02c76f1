//! Names of a body: what reading one gives, where binding one goes.

use super::body::Body;
use super::env::Slot;
use super::ir::{ClassId, InstrKind, Place, Term, TermId, Why};
use super::scope::{Enclosing, NameSet};
use crate::base::{Span, Symbol};

/// A class body being lowered.
pub(super) struct ClassFrame {
    pub id: ClassId,
    /// The slot of its first name.
    pub base: Slot,
    /// Where each of its names was last bound.
    pub bound_at: Vec<Option<Span>>,
}

/// What a slot is for.
pub(super) struct SlotInfo {
    pub name: Symbol,
    /// A name of a class body.
    in_class: bool,
    /// The class body is over: nobody can read it any more.
    dead: bool,
}

/// Where a bound name goes.
enum Target {
    Slot(Slot, Option<ClassId>),
    Outer,
}

impl Body<'_, '_> {
    /// Adds unbound slots for names; the first of them.
    pub fn grow(&mut self, names: &[Symbol], in_class: bool) -> Slot {
        let dead = false;
        self.slots.extend(names.iter().map(|&name| SlotInfo { name, in_class, dead }));
        self.env.grow(names.len())
    }

    /// Opens the scope of a class body.
    pub fn enter_class(&mut self, id: ClassId) {
        let names: Vec<Symbol> = self.file.scopes.classes[id].locals.iter().copied().collect();
        let base = self.grow(&names, true);
        self.classes.push(ClassFrame { id, base, bound_at: vec![None; names.len()] });
    }

    /// Closes the innermost class body: its names with their values and last places.
    pub fn leave_class(&mut self) -> Vec<(Symbol, TermId, Span)> {
        let Some(frame) = self.classes.pop() else { return Vec::new() };
        let mut attrs = Vec::new();
        for (slot, bound_at) in (frame.base..).zip(frame.bound_at) {
            let info = &mut self.slots[slot as usize];
            info.dead = true;
            let name = info.name;
            if let (Some(value), Some(span)) = (self.env.get(slot), bound_at)
                && !matches!(self.terms.get(value), Term::Unknown(Why::Unbound))
            {
                attrs.push((name, self.terms.find(value), span));
            }
        }
        attrs
    }

    /// Whether a slot belongs to a class body that is over.
    pub fn is_dead(&self, slot: Slot) -> bool {
        self.slots[slot as usize].dead
    }

    fn slot_in(&self, names: &NameSet, base: Slot, name: Symbol) -> Option<Slot> {
        names.get_index_of(&name).and_then(|index| u32::try_from(index).ok()).map(|i| base + i)
    }

    /// The class body whose names are visible here: comprehensions do not see them.
    fn class_slot(&self, name: Symbol) -> Option<Slot> {
        let frame = self.classes.last().filter(|_| self.comp_depth == 0)?;
        self.slot_in(&self.file.scopes.classes[frame.id].locals, frame.base, name)
    }

    fn fn_slot(&self, name: Symbol) -> Option<Slot> {
        self.slot_in(&self.file.scopes.fns[self.id].locals, 0, name)
    }

    /// The slot that holds what reading `name` here gives, if it is a name of this body.
    pub fn local_slot(&self, name: Symbol) -> Option<Slot> {
        if self.comps.iter().any(|&(comp, _)| comp == name) {
            return None;
        }
        match self.class_slot(name) {
            Some(slot) if self.env.get(slot).is_some() => Some(slot),
            Some(_) => None,
            None => self.fn_slot(name),
        }
    }

    /// The slot that binding `name` in the current scope changes (comprehensions aside).
    pub fn bound_slot(&self, name: Symbol, class: Option<ClassId>) -> Option<Slot> {
        let frame = self.classes.last();
        if frame.map(|frame| frame.id) != class {
            return None;
        }
        match frame {
            Some(frame) => {
                self.slot_in(&self.file.scopes.classes[frame.id].locals, frame.base, name)
            }
            None => self.fn_slot(name),
        }
    }

    /// Whether the name of a slot is left open: a name of the module in its script. Such a slot
    /// stays unbound, so that reading it gives [`Term::Global`].
    pub fn is_by_name(&self, slot: Slot) -> bool {
        self.file.frozen && !self.slots[slot as usize].in_class
    }

    /// The value of a slot, or what an unbound name means.
    pub fn value(&mut self, slot: Slot, span: Span) -> TermId {
        if let Some(value) = self.env.get(slot) {
            return self.terms.find(value);
        }
        let info = &self.slots[slot as usize];
        if self.id.0 == 0 && !info.in_class {
            let name = info.name;
            return self.add(Term::Global(name), span);
        }
        self.unknown(Why::Unbound, span)
    }

    /// What a name means here.
    pub fn read(&mut self, name: Symbol, span: Span) -> TermId {
        if let Some(&(_, value)) = self.comps.iter().rev().find(|&&(comp, _)| comp == name) {
            return value;
        }
        if let Some(slot) = self.class_slot(name) {
            if self.env.get(slot).is_some() {
                return self.value(slot, span);
            }
            // A name bound in a class body skips enclosing functions.
            return match self.fn_slot(name).filter(|_| self.id.0 == 0) {
                Some(slot) => self.value(slot, span),
                None => self.add(Term::Global(name), span),
            };
        }
        match self.fn_slot(name) {
            Some(slot) => self.value(slot, span),
            None => self.read_outer(name, span),
        }
    }

    fn read_outer(&mut self, name: Symbol, span: Span) -> TermId {
        if self.id.0 == 0 || self.file.scopes.fns[self.id].globals.contains(&name) {
            return self.add(Term::Global(name), span);
        }
        match self.file.scopes.enclosing(self.id, name) {
            Enclosing::Function(scope) => {
                self.file.captured[scope].insert(name);
                self.add(Term::Free(scope, name), span)
            }
            Enclosing::Comprehension => self.unknown(Why::Construct, span),
            Enclosing::Module => self.add(Term::Global(name), span),
        }
    }

    fn target(&self, name: Symbol) -> Target {
        let class = self.classes.last().map(|frame| frame.id);
        match self.bound_slot(name, class) {
            Some(slot) => Target::Slot(slot, class),
            None => Target::Outer,
        }
    }

    /// Binds a name as the program does.
    pub fn bind(&mut self, name: Symbol, value: TermId, span: Span) {
        match self.target(name) {
            Target::Slot(slot, class) => {
                self.instr(InstrKind::Bind { name, value, class }, span);
                if self.is_by_name(slot) {
                    return;
                }
                self.env.set(slot, value);
                if let Some(frame) = self.classes.last_mut() {
                    frame.bound_at[(slot - frame.base) as usize] = Some(span);
                }
            }
            Target::Outer => {
                self.instr(InstrKind::Store { place: Place::Outer(name), value }, span);
            }
        }
    }

    /// `del name`
    pub fn unbind(&mut self, name: Symbol, span: Span) {
        match self.target(name) {
            Target::Slot(slot, _) if self.is_by_name(slot) => {
                self.instr(InstrKind::Delete(Place::Outer(name)), span);
            }
            Target::Slot(slot, _) => {
                let unbound = self.unknown(Why::Unbound, span);
                self.env.set(slot, unbound);
            }
            Target::Outer => self.instr(InstrKind::Delete(Place::Outer(name)), span),
        }
    }
}
