//! What code puts into attributes of objects of libraries that outlive a function: `flask.g.db`,
//! `app.mongo`, `request.tenant`.

use super::types::Ty;
use super::value::{Frame, Kind, Val};
use super::{Cx, FnRef, Project, TermRef};
use crate::base::{FxHashMap, Symbol};
use crate::facts::{FnId, InstrKind, Place, Term};

/// Most assignments to one attribute that are looked at for its type.
const MAX_STORES: usize = 8;

/// How often types are asked for that hang on others.
const ROUNDS: usize = 2;

/// The types of attributes, by the path of the object (of its class, where that is known) and the
/// attribute.
pub(super) type Held = FxHashMap<Vec<Symbol>, FxHashMap<Symbol, Ty>>;

/// What is assigned to attributes, in the same form.
type Stores = FxHashMap<Vec<Symbol>, FxHashMap<Symbol, Vec<TermRef>>>;

/// Finds the types of what production code assigns to attributes of objects of libraries. They
/// are worked out once: a question that comes across one pays nothing for it.
pub(super) fn find_held(project: &mut Project<'_>) {
    for _ in 0..ROUNDS {
        let cx = Cx::new(project);
        let types = types_of(&cx, &stores(&cx));
        let settled = types == project.held;
        project.held = types;
        if settled {
            break;
        }
    }
}

fn stores(cx: &Cx<'_, '_>) -> Stores {
    let project = cx.project;
    let mut stores = Stores::default();
    let functions = project.functions().filter(|func| project.units[func.unit].production);
    for func in functions {
        let ir = project.ir(func);
        for instr in ir.blocks.iter().flat_map(|block| &block.instrs) {
            let InstrKind::Store { place: Place::Attr(object, name), value } = &instr.kind else {
                continue;
            };
            if is_own_object(project, func, &ir.terms[*object]) {
                continue;
            }
            cx.refuel();
            let object = cx.eval(*object, &Frame::open(func));
            if let Some(path) = cx.library_identity(&object) {
                let of_name = stores.entry(path).or_default().entry(*name).or_default();
                of_name.push(TermRef { func, term: *value });
            }
        }
    }
    stores
}

fn types_of(cx: &Cx<'_, '_>, stores: &Stores) -> Held {
    let mut held = Held::default();
    for (path, names) in stores {
        for (name, stores) in names {
            if let Some(ty) = common_type(cx, stores) {
                held.entry(path.clone()).or_default().insert(*name, ty);
            }
        }
    }
    held
}

/// The type of values, if all that is known of them agrees.
fn common_type(cx: &Cx<'_, '_>, values: &[TermRef]) -> Option<Ty> {
    let mut found: Option<Ty> = None;
    for value in values.iter().take(MAX_STORES) {
        cx.refuel();
        match (&found, cx.type_of_term(value.term, &Frame::open(value.func))) {
            (_, None) => {}
            (None, ty) => found = ty,
            (Some(known), Some(ty)) if *known == ty => {}
            (Some(_), Some(_)) => return None,
        }
    }
    found
}

/// Whether a term is the object that a method is called on.
fn is_own_object(project: &Project<'_>, func: FnRef, term: &Term) -> bool {
    matches!(term, Term::Param(0)) && func.func != FnId(0) && project.ir(func).class.is_some()
}

impl Cx<'_, '_> {
    /// The path by which an object of a library is known: that of its class, else its own.
    pub fn library_identity(&self, object: &Val) -> Option<Vec<Symbol>> {
        match self.type_of_val(object) {
            Some(Ty::Lib(path)) if path.len() > 1 => Some(path),
            Some(_) => None,
            None => match &object.kind {
                Kind::Lib(path) if path.len() > 1 => Some(path.to_vec()),
                _ => None,
            },
        }
    }

    /// The type of what code puts into an object of a library that has a path: `flask.g.db`.
    pub(super) fn type_put_at(&self, path: &[Symbol]) -> Option<Ty> {
        if self.project.held.is_empty() {
            return None;
        }
        let (name, object) = path.split_last().filter(|(_, object)| object.len() > 1)?;
        match self.type_of_path(object) {
            Some(Ty::Lib(class)) => self.held_type(&class, *name),
            Some(Ty::Class(_)) => None,
            None => self.held_type(object, *name),
        }
    }

    /// The type of what code assigns to an attribute of an object of a library.
    pub(super) fn held_type(&self, object: &[Symbol], name: Symbol) -> Option<Ty> {
        let held = &self.project.held;
        self.lineage(&Ty::Lib(object.to_vec())).iter().find_map(|ty| match ty {
            Ty::Lib(path) => held.get(path)?.get(&name).cloned(),
            Ty::Class(_) => None,
        })
    }
}
