//! What outlives a function: attributes of objects, module-level variables, objects of libraries
//! (sessions, `g`, headers), key-value stores.

use std::sync::Arc;

use super::containers::reads_key;
use super::path::{Key, Path};
use super::search::{At, OUTSIDE, Search, Step};
use crate::base::{Loc, Symbol};
use crate::facts::{ClassId, Const, FnId, Place, Term, TermId};
use crate::link::{ClassRef, Cx, FnRef, Frame, Kind, Part, TermRef, Ty, UnitId};
use crate::link::{PlacePart, place_parts};

/// Most classes that may have an attribute of a name for an object of unknown type to be one of
/// them.
const MAX_CLASSES: usize = 3;

/// Shortest attribute whose name says by itself which class it belongs to.
const TELLING_NAME: usize = 5;

/// Fewest letters of a text that is put together by which it can be told from others.
const TELLING_TEXT: usize = 3;

/// A place that outlives functions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cell {
    /// An attribute of the objects of a class.
    Field(ClassRef, Symbol),
    /// A module-level variable.
    Global(UnitId, Symbol),
    /// An object that is made once and has a name of its own.
    Object(TermRef),
    /// What objects of a library type hold under a key.
    Held(Vec<Symbol>, Key),
    /// What a key-value store holds: its concept, and the key where it is known.
    Stored(Symbol, Key),
}

impl Search<'_, '_, '_> {
    /// Follows a cell to those that read it.
    pub(super) fn advance_cell(&mut self, id: u32, cell: &Cell, path: Path) {
        let graph = self.graph;
        let reads = graph.cell_reads.of(cell, || self.reads_of_cell(cell));
        for (read, guessed) in &*reads {
            self.read(id, *read, path, OUTSIDE, *guessed);
        }
        match cell {
            Cell::Field(class, name) => {
                self.whole_objects(id, *class, *name, path);
                self.shown_objects(id, *class, *name, path);
            }
            Cell::Stored(concept, key) => self.read_stored(id, *concept, *key, path),
            Cell::Global(..) | Cell::Object(_) | Cell::Held(..) => {}
        }
    }

    /// The terms that read a cell by its name; with each, whether only a name says so.
    fn reads_of_cell(&self, cell: &Cell) -> Vec<(TermRef, bool)> {
        let certain = |reads: Vec<TermRef>| reads.into_iter().map(|read| (read, false)).collect();
        match cell {
            Cell::Field(class, name) => self.reads_of_field(*class, *name),
            Cell::Global(unit, name) => {
                certain(self.graph.globals.get(&(*unit, *name)).cloned().unwrap_or_default())
            }
            Cell::Object(object) => certain(self.reads_of_object(*object)),
            Cell::Held(ty, key) => certain(self.reads_of_held(ty, *key)),
            Cell::Stored(..) => Vec::new(),
        }
    }

    /// A short name of what a term reads.
    pub(super) fn spelling(&self, term: TermRef) -> String {
        let project = self.graph.project;
        let ir = project.ir(term.func);
        match &ir.terms[term.term] {
            Term::Attr(object, name) => {
                let object = self.spelling(TermRef { func: term.func, term: *object });
                format!("{object}.{}", project.name(*name))
            }
            Term::Global(name) | Term::Free(_, name) => project.name(*name).to_owned(),
            Term::Param(index) => ir
                .params
                .get(*index as usize)
                .map_or_else(|| "…".to_owned(), |param| project.name(param.name).to_owned()),
            Term::Item(object, _) => {
                format!("{}[…]", self.spelling(TermRef { func: term.func, term: *object }))
            }
            Term::Import(import) => {
                match project.units[term.func.unit].facts.imports[*import].name {
                    crate::facts::ImportedName::One(name) => project.name(name).to_owned(),
                    _ => "…".to_owned(),
                }
            }
            Term::Call { func, .. } => {
                format!("{}(…)", self.spelling(TermRef { func: term.func, term: *func }))
            }
            Term::Update { base, .. } | Term::Escaped { base, .. } => {
                self.spelling(TermRef { func: term.func, term: *base })
            }
            _ => "…".to_owned(),
        }
    }

    fn reads_of_field(&self, class: ClassRef, name: Symbol) -> Vec<(TermRef, bool)> {
        let reads = self.graph.attributes.get(&name).into_iter().flatten();
        reads
            .filter_map(|read| {
                let Term::Attr(object, _) = *self.graph.project.term(*read) else { return None };
                let object = TermRef { func: read.func, term: object };
                Some((*read, self.is_object_of(object, class, name)?))
            })
            .collect()
    }

    /// Objects of a class whose text shows a field.
    fn shown_objects(&mut self, id: u32, class: ClassRef, name: Symbol, path: Path) {
        if !super::text::shows_field(self.cx, class, name) || !path.in_items() {
            return;
        }
        for object in &*self.graph.shown(self.cx, class) {
            self.outside(id, At::Term(*object), Path::of(Key::Text), Vec::new());
        }
    }

    /// Whether an object is of a class, of one below or above it; with it, whether that is only
    /// guessed from an attribute that few classes have.
    fn is_object_of(&self, object: TermRef, class: ClassRef, name: Symbol) -> Option<bool> {
        self.cx.refuel();
        let frame = Frame::open(object.func);
        if let Kind::Class(own) = self.cx.eval(object.term, &frame).kind {
            return self.are_related(own, class).then_some(false);
        }
        self.cx.refuel();
        match self.cx.type_of_term(object.term, &frame) {
            Some(Ty::Class(own)) => self.are_related(own, class).then_some(false),
            Some(Ty::Lib(_)) => None,
            None => {
                let project = self.graph.project;
                let open = matches!(project.term(object), Term::Param(_));
                let telling = project.name(name).len() >= TELLING_NAME;
                let classes = || self.graph.classes_with(name);
                (open && telling && classes() <= MAX_CLASSES).then_some(true)
            }
        }
    }

    fn are_related(&self, a: ClassRef, b: ClassRef) -> bool {
        a == b
            || self.cx.mro(&Ty::Class(a)).contains(&Ty::Class(b))
            || self.cx.mro(&Ty::Class(b)).contains(&Ty::Class(a))
    }

    fn reads_of_object(&self, object: TermRef) -> Vec<TermRef> {
        let unit = object.func.unit;
        let module = self.graph.project.module_fn(unit);
        let exit = self.graph.project.ir(module).exit.iter();
        let names = exit.filter(|(_, term)| *term == object.term).map(|(name, _)| *name);
        names.flat_map(|name| self.reads_of_global(unit, name).to_vec()).collect()
    }

    /// The terms that read a module-level name, here and in other modules.
    fn reads_of_global(&self, unit: UnitId, name: Symbol) -> Arc<[TermRef]> {
        self.graph.global_reads.of(&(unit, name), || self.find_reads_of_global(unit, name))
    }

    fn find_reads_of_global(&self, unit: UnitId, name: Symbol) -> Vec<TermRef> {
        let project = self.graph.project;
        let mut reads = self.graph.globals.get(&(unit, name)).cloned().unwrap_or_default();
        let imports = self.graph.imports.get(&name).cloned().unwrap_or_default();
        let own = project.units[unit].exports.get(&name).copied();
        let module = project.module_fn(unit);
        reads.extend(imports.into_iter().filter(|read| {
            self.cx.refuel();
            let value = self.cx.eval(read.term, &Frame::open(read.func));
            value
                .origin
                .as_ref()
                .is_some_and(|origin| origin.term.func == module && Some(origin.term.term) == own)
        }));
        let attributes = self.graph.attributes.get(&name).cloned().unwrap_or_default();
        reads.extend(attributes.into_iter().filter(|read| {
            let Term::Attr(object, _) = *project.term(*read) else { return false };
            self.cx.refuel();
            let object = self.cx.eval(object, &Frame::open(read.func));
            matches!(object.kind, Kind::Module(of) if of == unit)
        }));
        reads
    }

    /// A module-level name has the value.
    pub(super) fn exported(&mut self, id: u32, term: TermRef, path: Path, name: Symbol) {
        for read in &*self.reads_of_global(term.func.unit, name) {
            self.read(id, *read, path, OUTSIDE, false);
        }
    }

    /// An attribute of a class has the value.
    pub(super) fn class_attribute(
        &mut self,
        id: u32,
        term: TermRef,
        path: Path,
        class: ClassId,
        name: Symbol,
    ) {
        let class = ClassRef { unit: term.func.unit, class };
        self.outside(id, At::Cell(Cell::Field(class, name)), path, Vec::new());
    }

    /// What objects of a library type hold.
    fn reads_of_held(&self, ty: &[Symbol], key: Key) -> Vec<TermRef> {
        let reads = match key {
            Key::Attr(name) => self.graph.attributes.get(&name),
            key => self.graph.items.get(&key),
        };
        let is_held = |read: &&TermRef| {
            let object = match self.graph.project.term(**read) {
                Term::Attr(object, _) | Term::Item(object, _) => *object,
                Term::Call { func, .. } => match self.graph.project.ir(read.func).terms[*func] {
                    Term::Attr(object, name) if reads_key(self.graph.project.name(name)) => object,
                    _ => return false,
                },
                _ => return false,
            };
            let held_by = self.library_type(TermRef { func: read.func, term: object });
            held_by.as_deref() == Some(ty)
        };
        reads.into_iter().flatten().filter(is_held).copied().collect()
    }

    /// The library type or object that a term is.
    pub(super) fn library_type(&self, term: TermRef) -> Option<Vec<Symbol>> {
        self.cx.refuel();
        let value = self.cx.eval(term.term, &Frame::open(term.func));
        self.cx.refuel();
        self.cx.library_identity(&value)
    }

    /// Puts labels into a place.
    pub(super) fn store_into(&mut self, id: u32, func: FnRef, place: &Place, path: Path, loc: Loc) {
        match place_parts(place) {
            None => {
                let Place::Outer(name) = place else { return };
                let step = vec![self.stored_step(loc, self.graph.project.name(*name))];
                self.outside(id, At::Cell(Cell::Global(func.unit, *name)), path, step.clone());
                self.stored_in_enclosing(id, func, *name, path, step);
            }
            Some((object, part)) => {
                let key = match part {
                    PlacePart::Attr(name) => Key::Attr(name),
                    PlacePart::Item(key) => self.key(TermRef { func, term: key }),
                };
                self.store_below(id, TermRef { func, term: object }, path.below(key), loc, 0);
            }
        }
    }

    /// `nonlocal name; name = value`
    fn stored_in_enclosing(
        &mut self,
        id: u32,
        func: FnRef,
        name: Symbol,
        path: Path,
        step: Vec<Step>,
    ) {
        let mut outer = self.graph.project.ir(func).parent;
        while let Some(parent) = outer.filter(|p| *p != FnId(0)) {
            let reads = self.graph.free.get(&(func.unit, parent, name)).cloned();
            for read in reads.unwrap_or_default() {
                self.outside(id, At::Term(read), path, step.clone());
            }
            outer = self.graph.project.ir(FnRef { unit: func.unit, func: parent }).parent;
        }
    }

    fn stored_step(&self, loc: Loc, name: &str) -> Step {
        Step { loc, text: format!("stored in `{name}`") }
    }

    /// The key that a term is.
    pub(super) fn key(&self, term: TermRef) -> Key {
        key_of(self.cx, term.term, &Frame::open(term.func))
    }

    /// Labels are at `path` in an object: follows them to all that is that object, too.
    fn store_below(&mut self, id: u32, object: TermRef, path: Path, loc: Loc, depth: u32) {
        if depth > 4 {
            return;
        }
        let graph = self.graph;
        let project = graph.project;
        let below = |term: TermId| TermRef { func: object.func, term };
        let step = vec![self.stored_step(loc, &self.stored_name(object, path))];
        if let Some(first) = path.first() {
            if let Some(ty) = self.library_type(object) {
                self.outside(id, At::Cell(Cell::Held(ty, first)), path.rest(), step.clone());
            } else if let Key::Attr(name) = first {
                self.cx.refuel();
                let ty = self.cx.type_of_term(object.term, &Frame::open(object.func));
                if let Some(Ty::Class(class)) = ty {
                    self.outside(id, At::Cell(Cell::Field(class, name)), path.rest(), step.clone());
                }
            }
        }
        // Later reads of the same object in this function.
        let aliases = match path.first() {
            Some(Key::Attr(name)) => graph.attributes.get(&name).cloned(),
            _ => None,
        };
        for read in aliases.unwrap_or_default() {
            if read.func == object.func
                && matches!(project.term(read), Term::Attr(o, _) if *o == object.term)
            {
                self.next(id, At::Term(read), path.rest(), step.clone());
            }
        }
        match project.term(object) {
            Term::Param(index) if self.entry_func(id) == Some(object.func) => {
                self.next(id, At::Put(object.func, *index), path, step);
            }
            Term::Attr(inner, name) => {
                self.store_below(id, below(*inner), path.below(Key::Attr(*name)), loc, depth + 1);
            }
            Term::Item(inner, key) => {
                let key = self.key(below(*key));
                self.store_below(id, below(*inner), path.below(key), loc, depth + 1);
            }
            Term::Update { base, .. } | Term::Escaped { base, .. } => {
                self.store_below(id, below(*base), path, loc, depth + 1);
            }
            Term::Global(_) | Term::Import(_) => {
                self.cx.refuel();
                let value = self.cx.eval(object.term, &Frame::open(object.func));
                let origin = value.origin.as_ref().map(|origin| origin.term);
                let is_made_elsewhere =
                    origin.filter(|o| o.func != object.func && o.func.func == FnId(0));
                if let Some(made) = is_made_elsewhere {
                    self.outside(id, At::Cell(Cell::Object(made)), path, step);
                }
            }
            _ => {}
        }
    }

    fn stored_name(&self, object: TermRef, path: Path) -> String {
        let object = self.spelling(object);
        match path.first() {
            Some(Key::Attr(name)) => format!("{object}.{}", self.graph.project.name(name)),
            Some(_) => format!("{object}[…]"),
            None => object,
        }
    }
}

/// The key that a term is: known, or known by its fixed parts, or not.
pub fn key_of(cx: &Cx<'_, '_>, term: TermId, frame: &Arc<Frame>) -> Key {
    cx.refuel();
    let value = cx.eval(term, frame);
    match value.in_force().map(|value| &value.kind) {
        Some(Kind::Const(key @ (Const::Str(_) | Const::Int(_)))) => Key::of_const(key),
        Some(Kind::Text(parts)) => {
            let fixed: Vec<&str> = parts
                .iter()
                .map(|part| match part {
                    Part::Lit(text) => text.as_str(),
                    Part::Hole(_) => "\0",
                })
                .collect();
            let fixed = fixed.concat();
            let tells = fixed.chars().filter(|c| c.is_alphanumeric()).count() >= TELLING_TEXT;
            if tells { Key::of_text(&fixed) } else { Key::Unknown }
        }
        _ => Key::Unknown,
    }
}
