//! Attributes of values: of modules, classes, instances and what libraries say of their own.

use super::args::Callee;
use super::classes::Member;
use super::modules::Target;
use super::names::each;
use super::types::Ty;
use super::value::{Frame, Kind, Val};
use super::{Cx, FnRef};
use crate::base::Symbol;
use crate::facts::{Const, SeqKind, Term};
use std::sync::Arc;

impl Cx<'_, '_> {
    /// `value.name`
    pub fn attribute(&self, value: &Val, name: Symbol) -> Val {
        match &value.kind {
            Kind::Lib(path) => {
                if let Some(framework) = self.project.settings_objects.attribute(path) {
                    return self.setting_read(framework, self.project.name(name));
                }
                if let Some(value) = self.library_constant(path, name) {
                    return value;
                }
                if let Some(value) = self.interpreter_state(path, name) {
                    return value;
                }
                // What code puts into an object of a library has a type of its own.
                if self.type_put_at(path).is_some() {
                    return Val::opaque();
                }
                let mut path = path.to_vec();
                path.push(name);
                Val::new(Kind::Lib(self.canonical(path).into()))
            }
            Kind::Module(unit) if self.project.name(name) == "__dict__" => self.module_dict(*unit),
            Kind::Module(unit) => {
                self.module_member(Target::Unit(*unit), name).unwrap_or_else(Val::opaque)
            }
            Kind::Namespace(folder) => {
                let member = self.module_member(Target::Folder(*folder as usize), name);
                member.unwrap_or_else(Val::opaque)
            }
            Kind::Class(class) => match self.member(&Ty::Class(*class), name) {
                Some(Member::Method(func)) => Val::new(Kind::Function(func)),
                Some(Member::Attr(_, term, _)) => {
                    // Class methods bind what is made on first use.
                    let is_empty = *self.project.term(term) == Term::Const(Const::None);
                    let later = self.self_attribute(*class, name).filter(|_| is_empty);
                    let term = later.unwrap_or(term);
                    self.eval(term.term, &Frame::open(term.func))
                }
                Some(Member::Lib(path)) => {
                    self.library_constant(&path, name).unwrap_or_else(Val::opaque)
                }
                None => Val::opaque(),
            },
            Kind::OneOf(_) => each(value, |v| self.attribute(v, name)),
            Kind::Opaque | Kind::Param(..) => match self.setting_attribute(value, name) {
                Some(setting) => setting,
                None => self.instance_attribute(value, name),
            },
            Kind::Const(Const::Str(text)) if self.is_running() => {
                self.path_attribute(text, name).unwrap_or_else(Val::opaque)
            }
            // Durations are numbers of seconds.
            Kind::Const(Const::Float(seconds)) => {
                super::ops::duration_part(*seconds, self.project.name(name))
            }
            _ => Val::opaque(),
        }
    }

    /// An attribute of a class as rules see it: absent when no class of the hierarchy, all of
    /// which are known, has it.
    pub fn class_attribute(&self, class: &Val, name: Symbol) -> Val {
        let Kind::Class(class_ref) = class.kind else { return Val::new(Kind::Absent) };
        match self.member(&Ty::Class(class_ref), name) {
            Some(_) => self.attribute(class, name),
            None => Val::new(Kind::Absent),
        }
    }

    fn library_constant(&self, class: &[Symbol], name: Symbol) -> Option<Val> {
        let model = self.project.rules.library.types.get(class)?;
        model.values.get(&name).map(super::args::default_val)
    }

    /// `sys.argv`, `sys.modules` while settings run: a server is started by another program,
    /// without arguments, and not by a test runner.
    fn interpreter_state(&self, module: &[Symbol], name: Symbol) -> Option<Val> {
        let [module] = module else { return None };
        match (self.project.name(*module), self.project.name(name)) {
            ("sys", "argv") if self.is_running() => {
                Some(Val::seq(SeqKind::List, vec![Val::text("")], false))
            }
            ("sys", "modules") if self.is_running() => Some(self.running_modules()),
            _ => None,
        }
    }

    /// The value a property has on an object of a class.
    pub fn property(&self, func: FnRef, class: super::ClassRef) -> Val {
        let args = Some(vec![Val::opaque(); self.project.ir(func).params.len()]);
        let frame = Frame::called(func, args, Some(class), 1);
        self.returned(&frame).unwrap_or_else(Val::opaque)
    }

    /// A field that a constructor without code of its own (a dataclass, a settings class) was
    /// given: none when it was not, opaque when that is not known.
    fn given_field(&self, object: &Val, ty: &Ty, name: Symbol) -> Option<Val> {
        let Ty::Class(class) = ty else { return None };
        if self.constructor(*class).is_some() {
            return None;
        }
        let origin = object.origin.as_ref()?;
        let Term::Call { args, .. } = self.project.term(origin.term) else { return None };
        if args.is_empty() {
            return None;
        }
        let actuals = self.actuals(args, &origin.frame);
        if let Some((_, value)) = actuals.keywords.iter().find(|(keyword, _)| *keyword == name) {
            return Some(value.clone());
        }
        let fields = &self.project.class(*class).annotated;
        let index = fields.iter().position(|(field, ..)| *field == name)?;
        match actuals.positional.get(index) {
            Some(value) => Some(value.clone()),
            None => (actuals.star_open || actuals.kw_open).then(Val::opaque),
        }
    }

    fn instance_attribute(&self, object: &Val, name: Symbol) -> Val {
        let ty = self.type_of_val(object);
        if !matches!(ty, Some(Ty::Class(_)))
            && let Some(value) = self.namespace_field(object, name)
        {
            return value;
        }
        let Some(ty) = ty else { return Val::opaque() };
        if let Some(value) = self.given_field(object, &ty, name) {
            return value;
        }
        if let Ty::Class(class) = ty
            && let Some(stored) = self.self_attribute(class, name)
        {
            let made = self.constructed(object, class, stored.func);
            return self.eval(stored.term, &made.unwrap_or_else(|| Frame::open(stored.func)));
        }
        match self.member(&ty, name) {
            Some(Member::Method(func)) if self.is_property(func) => {
                let args = Some(vec![object.clone()]);
                let frame = Frame::called(func, args, None, 1);
                self.returned(&frame).unwrap_or_else(Val::opaque)
            }
            Some(Member::Method(func)) => Val::new(Kind::Function(func)),
            Some(Member::Attr(_, term, _)) => self.eval(term.term, &Frame::open(term.func)),
            Some(Member::Lib(path)) => {
                self.library_constant(&path, name).unwrap_or_else(Val::opaque)
            }
            None => self.exported(&ty, name).unwrap_or_else(Val::opaque),
        }
    }

    /// The activation of the constructor that made an object.
    fn constructed(&self, object: &Val, class: super::ClassRef, init: FnRef) -> Option<Arc<Frame>> {
        let is_own = self.constructor(class) == Some(init);
        let origin = object.origin.as_ref().filter(|_| is_own)?;
        let Term::Call { func, args } = self.project.term(origin.term) else { return None };
        if !matches!(self.callee(*func, &origin.frame), Callee::Class(_)) {
            return None;
        }
        let actuals = self.actuals(args, &origin.frame);
        let args = Some(self.bind_fn(init, Some(object.clone()), &actuals));
        let depth = origin.frame.depth + 1;
        Some(Frame::called(init, args, Some(class), depth))
    }

    /// A keyword that `types.SimpleNamespace` was given.
    fn namespace_field(&self, object: &Val, name: Symbol) -> Option<Val> {
        let origin = object.origin.as_ref()?;
        let Term::Call { func, args } = self.project.term(origin.term) else { return None };
        let Callee::Lib(path) = self.callee(*func, &origin.frame) else { return None };
        let names: Vec<&str> = path.iter().map(|part| self.project.name(*part)).collect();
        if names != ["types", "SimpleNamespace"] {
            return None;
        }
        let actuals = self.actuals(args, &origin.frame);
        actuals.keywords.into_iter().find(|(keyword, _)| *keyword == name).map(|(_, value)| value)
    }

    /// An attribute by which an object hands out the names of a module: `db.String`.
    fn exported(&self, ty: &Ty, name: Symbol) -> Option<Val> {
        let types = &self.project.rules.library.types;
        let module = self.mro(ty).into_iter().find_map(|ty| match ty {
            Ty::Lib(path) => types.get(&path)?.exports.as_ref(),
            Ty::Class(_) => None,
        })?;
        let mut path = module.clone();
        path.push(name);
        Some(Val::new(Kind::Lib(self.canonical(path).into())))
    }
}
