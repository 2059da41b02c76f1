//! Objects whose upper-case attributes are configuration: classes, their instances, modules.

use std::sync::Arc;

use indexmap::IndexMap;

use super::machine::{Ended, Run};
use super::reach::constructor;
use super::state::{State, join};
use super::writes::blur;
use crate::base::{FxHashSet, Loc, Symbol};
use crate::facts::{InstrKind, Place, Term, TermId};
use crate::link::{Callee, ClassRef, FnRef, Frame, Kind, Ty, UnitId, Val};
use crate::project::settings::is_setting_name;

/// Deepest chain of star imports that is followed.
const MAX_STARS: u32 = 8;
/// Most functions that hand on what another one has made.
const MAX_RETURNS: u32 = 4;

/// One upper-case attribute: its name, its value, and where it is bound.
type Attribute = (Symbol, Val, Loc);

impl Run<'_, '_, '_> {
    /// `from_object(term)`
    pub fn object(
        &mut self,
        term: TermId,
        frame: &Arc<Frame>,
        here: Loc,
        state: &mut State,
    ) -> Ended {
        let picked = self.pick(term, frame);
        if picked.is_empty() {
            blur(state);
            return Ended::MayRaise;
        }
        let mut after: Option<State> = None;
        let mut ended = Ended::Normally;
        for value in picked {
            let mut way = state.clone();
            if !self.take(&value, frame.func, here, &mut way) {
                ended = Ended::MayRaise;
            }
            after = Some(join(after, way, &|key| self.subject.default(key)));
        }
        *state = after.unwrap_or_default();
        ended
    }

    /// Takes over what an object holds; whether it is there at all.
    fn take(&mut self, value: &Val, from: FnRef, here: Loc, state: &mut State) -> bool {
        let attributes = match &value.kind {
            Kind::Const(_) => {
                let Some(text) = value.as_str() else { return true };
                return match self.import_string(text, from) {
                    Some(found) if found.as_str().is_none() => self.take(&found, from, here, state),
                    _ => {
                        blur(state);
                        false
                    }
                };
            }
            Kind::Lib(path) if matches!(&**path, [name] if self.cx.project.name(*name) == "__name__") => {
                self.module_attributes(from.unit, 0)
            }
            Kind::Module(unit) => self.module_attributes(*unit, 0),
            Kind::Class(class) => self.class_attributes(*class),
            // A mapping has no upper-case attributes.
            Kind::Dict(_) | Kind::Seq(_) => return true,
            _ => match self.object_attributes(value, here) {
                Some(attributes) => attributes,
                None => {
                    blur(state);
                    return false;
                }
            },
        };
        // Of attributes that hide each other only the last is there.
        let mut last: IndexMap<Symbol, (Val, Loc)> = IndexMap::new();
        for (name, value, loc) in attributes {
            last.insert(name, (value, loc));
        }
        for (name, (value, loc)) in last {
            let key = Val::text(self.cx.project.name(name));
            self.set(&key, value, &[here, loc], state);
        }
        true
    }

    /// The attributes of an object that was made.
    fn object_attributes(&mut self, value: &Val, here: Loc) -> Option<Vec<Attribute>> {
        if let Some(fields) = self.namespace_fields(value) {
            let placed = fields.into_iter().map(|(name, value)| {
                let loc = value.loc.unwrap_or(here);
                (name, value, loc)
            });
            let is_setting = |(name, ..): &Attribute| is_setting_name(self.cx.project.name(*name));
            return Some(placed.filter(is_setting).collect());
        }
        match self.cx.type_of_val(value) {
            Some(Ty::Class(class)) => Some(self.instance_attributes(class, value)),
            _ => None,
        }
    }

    /// Whether it is not known which attributes an object has.
    pub(super) fn object_is_unknown(&self, value: &Val) -> bool {
        self.cx.type_of_val(value).is_none() && self.namespace_fields(value).is_none()
    }

    /// What `types.SimpleNamespace` was given to make an object, in a function perhaps.
    fn namespace_fields(&self, object: &Val) -> Option<Vec<(Symbol, Val)>> {
        let project = self.cx.project;
        let mut object = object.clone();
        for _ in 0..MAX_RETURNS {
            let origin = object.origin.as_ref()?;
            let Term::Call { func, args } = project.term(origin.term) else { return None };
            let Callee::Fn { func, receiver } = self.cx.callee(*func, &origin.frame) else { break };
            let actuals = self.cx.actuals(args, &origin.frame);
            let args = Some(self.cx.bind_fn(func, receiver, &actuals));
            object = self.cx.returned(&Frame::called(func, args, None, 1))?;
        }
        let origin = object.origin.as_ref()?;
        let Term::Call { func, args } = project.term(origin.term) else { return None };
        let Callee::Lib(path) = self.cx.callee(*func, &origin.frame) else { return None };
        let names: Vec<&str> = path.iter().map(|part| project.name(*part)).collect();
        if names != ["types", "SimpleNamespace"] {
            return None;
        }
        let actuals = self.cx.actuals(args, &origin.frame);
        (!actuals.kw_open).then_some(actuals.keywords)
    }

    /// What a dotted name names: `package.module:Class` or `package.module.Class`.
    pub fn import_string(&self, text: &str, from: FnRef) -> Option<Val> {
        let names = &self.cx.project.names;
        let path: Option<Vec<Symbol>> =
            text.split(['.', ':']).map(|part| names.get(part)).collect();
        let found = self.cx.lookup_path(from.unit, &path?)?;
        (!matches!(found.kind, Kind::Lib(_) | Kind::Opaque)).then_some(found)
    }

    /// The attributes of a class, those of its bases first.
    fn class_attributes(&mut self, class: ClassRef) -> Vec<Attribute> {
        let mut found = Vec::new();
        for ty in self.cx.mro(&Ty::Class(class)).into_iter().rev() {
            let Ty::Class(class) = ty else { continue };
            let fact = self.cx.project.class(class);
            let scope = Frame::open(FnRef { unit: class.unit, func: fact.scope });
            for (name, term, span) in &fact.attrs {
                if is_setting_name(self.cx.project.name(*name)) {
                    self.cx.refuel();
                    let loc = self.cx.project.loc(class.unit, *span);
                    found.push((*name, self.cx.eval(*term, &scope), loc));
                }
            }
        }
        found
    }

    /// The attributes of an instance: of its class, with properties read, and what its
    /// constructor stores.
    fn instance_attributes(&mut self, class: ClassRef, instance: &Val) -> Vec<Attribute> {
        let mut found = self.class_attributes(class);
        for (_, value, _) in &mut found {
            self.cx.refuel();
            *value = match &value.kind {
                Kind::Function(func) if !self.cx.is_property(*func) => value.clone(),
                Kind::Function(func) => {
                    let args = Some(vec![instance.clone()]);
                    let frame = Frame::called(*func, args, Some(class), 1);
                    self.cx.returned(&frame).unwrap_or_else(Val::opaque)
                }
                _ => value.clone(),
            };
        }
        self.read_environment(class, &mut found);
        let project = self.cx.project;
        if let Some(init) = constructor(&self.cx, class) {
            let ir = project.ir(init);
            for instr in ir.blocks.iter().flat_map(|b| &b.instrs) {
                if let InstrKind::Store { place: Place::Attr(object, name), value } = &instr.kind
                    && matches!(ir.terms[*object], Term::Param(0))
                    && is_setting_name(project.name(*name))
                {
                    self.cx.refuel();
                    let value = self.cx.eval(*value, &Frame::open(init));
                    found.push((*name, value, project.loc(init.unit, instr.span)));
                }
            }
        }
        found
    }

    /// Gives fields the values that variables of the environment have, where objects of the class
    /// read them.
    fn read_environment(&self, class: ClassRef, fields: &mut [Attribute]) {
        let project = self.cx.project;
        let types = &project.rules.library.types;
        let reads = self.cx.mro(&Ty::Class(class)).into_iter().any(|ty| match ty {
            Ty::Lib(path) => types.get(&path).is_some_and(|model| model.environment),
            Ty::Class(_) => false,
        });
        for (name, value, _) in fields.iter_mut().filter(|_| reads) {
            *value = self.cx.field_variable(project.name(*name), value);
        }
    }

    /// The attributes of a module: what it imports with `*` first, then its own; of one that
    /// still runs, what it has bound so far.
    pub fn module_attributes(&mut self, unit: UnitId, depth: u32) -> Vec<Attribute> {
        let project = self.cx.project;
        let mut found = Vec::new();
        if depth > MAX_STARS {
            return found;
        }
        for star in &project.units[unit].stars {
            if let Kind::Module(base) = self.cx.imported(unit, *star).kind
                && base != unit
            {
                found.extend(self.module_attributes(base, depth + 1));
            }
        }
        let body = project.module_fn(unit);
        let frame = Frame::open(body);
        let ir = project.ir(body);
        let bound = match self.bound.get(&unit) {
            Some(so_far) => so_far.clone(),
            None => {
                let place = |name: Symbol, term: TermId| {
                    let binds = ir.blocks.iter().flat_map(|b| &b.instrs).filter(|instr| {
                        matches!(&instr.kind,
                            InstrKind::Bind { name: n, class: None, .. } if *n == name)
                    });
                    let last = binds.map(|instr| project.loc(unit, instr.span)).max();
                    last.unwrap_or_else(|| project.loc(unit, ir.spans[term]))
                };
                ir.exit.iter().map(|(name, term)| (*name, *term, place(*name, *term))).collect()
            }
        };
        let mut seen: FxHashSet<Symbol> = FxHashSet::default();
        let mut own: Vec<Attribute> = Vec::new();
        for (name, term, loc) in bound.into_iter().rev() {
            if is_setting_name(project.name(name)) && seen.insert(name) {
                self.cx.refuel();
                own.push((name, self.cx.eval(term, &frame), loc));
            }
        }
        own.reverse();
        found.extend(own);
        found
    }
}
