//! Types: what an object is an instance of, by construction, annotation and library model.

use std::sync::Arc;

use super::args::Callee;
use super::classes::Member;
use super::value::{Frame, Kind, Origin, Val};
use super::{Asked, ClassRef, Cx, FnRef, TermRef};
use crate::base::Symbol;
use crate::facts::{Const, FnKind, Op, SeqKind, Term, TermId};
use crate::rule::library::TypeModel;
use crate::syntax::ast::{BinOp, CompKind, ParamKind};

/// A class.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Ty {
    /// A class outside the project, by its path; also `str`, `dict`, …
    Lib(Vec<Symbol>),
    /// A class of the project.
    Class(ClassRef),
}

impl Cx<'_, '_> {
    /// What a value is an instance of.
    pub fn type_of_val(&self, value: &Val) -> Option<Ty> {
        let builtin = match &value.kind {
            Kind::Const(constant) => match constant {
                Const::None | Const::Ellipsis => return None,
                Const::Bool(_) => "bool",
                Const::Int(_) | Const::BigInt(_) => "int",
                Const::Float(_) => "float",
                Const::Str(_) => "str",
                Const::Bytes(_) => "bytes",
            },
            Kind::Secret(secret) if secret.bytes => "bytes",
            Kind::Secret(_) | Kind::Text(_) => "str",
            Kind::Dict(_) => "dict",
            Kind::Seq(seq) => match seq.kind {
                SeqKind::List => "list",
                SeqKind::Tuple => "tuple",
                SeqKind::Set => "set",
            },
            Kind::Function(_) => "function",
            Kind::Env(env) => {
                return match &env.default {
                    Some(default) => self.type_of_val(default),
                    None => self.builtin("str"),
                };
            }
            Kind::Setting(setting) => return self.type_of_val(setting.value.as_ref()?),
            Kind::OneOf(values) => return values.iter().find_map(|v| self.type_of_val(v)),
            Kind::Lib(path) => return self.type_of_path(path),
            Kind::Module(_) | Kind::Namespace(_) | Kind::Class(_) | Kind::Absent => return None,
            Kind::Param(..) | Kind::Opaque => {
                let origin = value.origin.as_ref()?;
                return self.type_of_term(origin.term.term, &origin.frame);
            }
        };
        self.builtin(builtin)
    }

    /// A type of Python itself, when any rule or code mentions it.
    fn builtin(&self, name: &str) -> Option<Ty> {
        Some(Ty::Lib(vec![self.project.names.get(name)?]))
    }

    /// The type of a library object that is no class: `flask.session`, `django.db.connection`, and
    /// what code puts there: `flask.g.db`.
    pub(super) fn type_of_path(&self, path: &[Symbol]) -> Option<Ty> {
        let (last, module) = path.split_last()?;
        let model = self.project.rules.library.types.get(module);
        let declared = model.and_then(|model| self.library_attribute(model, *last));
        declared.or_else(|| self.type_put_at(path))
    }

    fn library_attribute(&self, model: &TypeModel, name: Symbol) -> Option<Ty> {
        model.attrs.get(&name).or(model.any_attr.as_ref()).map(|path| Ty::Lib(path.clone()))
    }

    /// What a term evaluates to an instance of.
    pub fn type_of_term(&self, term: TermId, frame: &Arc<Frame>) -> Option<Ty> {
        let key = TermRef { func: frame.func, term };
        let work = || {
            self.deeper(|| self.once(key, Asked::Type, || self.type_of_term_inner(term, frame)))
                .flatten()
        };
        self.known(&self.types, term, frame, work).flatten()
    }

    fn type_of_term_inner(&self, term: TermId, frame: &Arc<Frame>) -> Option<Ty> {
        let of = |t: TermId| {
            let value = self.eval(t, frame);
            self.type_of_val(&value)
        };
        match &self.project.ir(frame.func).terms[term] {
            Term::Call { func, .. } => match self.row_of_call(term, frame) {
                Some(class) => Some(class),
                None => self.type_of_call(*func, frame),
            },
            Term::Attr(object, name) => {
                let object = self.eval(*object, frame);
                match object.kind {
                    Kind::Class(class) => self.class_attribute_type(class, *name),
                    _ => self.attribute_type(&self.type_of_val(&object)?, *name),
                }
            }
            Term::Unpack(pair, 0) => self.row_of_pair(*pair, frame),
            Term::Item(object, _) => self.model_type(&of(*object)?, |m| m.item.as_ref()),
            Term::Iter(iterable) => match self.rows_of(*iterable, frame) {
                Some((class, _)) => Some(class),
                None => self.model_type(&of(*iterable)?, |m| m.iter.as_ref()),
            },
            Term::Enter(manager) => match self.yielded_type(*manager, frame) {
                Some(ty) => Some(ty),
                None => self.entered_type(of(*manager)?),
            },
            Term::Await(inner) => of(*inner),
            Term::Update { base, .. } | Term::Escaped { base, .. } => of(*base),
            Term::Concat(_) | Term::Op(Op::Format(_), _) => self.builtin("str"),
            Term::Comp { kind, .. } => self.builtin(match kind {
                CompKind::List => "list",
                CompKind::Set => "set",
                CompKind::Dict => "dict",
                CompKind::Generator => "generator",
            }),
            Term::Param(index) => self.parameter_type(*index, frame),
            Term::Caught(types) => {
                let value = self.eval((*types)?, frame);
                match value.as_seq() {
                    Some(seq) => self.class_value(seq.items.first()?),
                    None => self.class_value(&value),
                }
            }
            Term::Phi(operands) => operands.iter().find_map(|(_, t)| of(*t)),
            Term::Op(Op::Bool(_), operands) => operands.iter().find_map(|t| of(*t)),
            _ => None,
        }
    }

    fn model_type(&self, ty: &Ty, part: impl Fn(&TypeModel) -> Option<&Vec<Symbol>>) -> Option<Ty> {
        self.lineage(ty).iter().find_map(|t| match t {
            Ty::Lib(path) => {
                part(self.project.rules.library.types.get(path)?).map(|p| Ty::Lib(p.clone()))
            }
            Ty::Class(_) => None,
        })
    }

    /// The type of `object.name` for an object of type `ty`.
    fn attribute_type(&self, ty: &Ty, name: Symbol) -> Option<Ty> {
        match self.member(ty, name) {
            Some(Member::Method(func)) if self.is_property(func) => self.return_type(func),
            Some(Member::Method(_)) => None,
            Some(Member::Attr(_, term, _)) => {
                let value = self.eval(term.term, &Frame::open(term.func));
                self.type_of_val(&value).or_else(|| self.stored_attribute_type(ty, name))
            }
            Some(Member::Lib(path)) => {
                self.library_attribute(self.project.rules.library.types.get(&path)?, name)
            }
            None => self.stored_attribute_type(ty, name),
        }
    }

    /// The type of an attribute that a class has from one of a library: `Model.objects`.
    fn class_attribute_type(&self, class: ClassRef, name: Symbol) -> Option<Ty> {
        let Some(Member::Lib(path)) = self.member(&Ty::Class(class), name) else { return None };
        let model = self.project.rules.library.types.get(&path)?;
        self.library_attribute(model, name).filter(|ty| matches!(ty, Ty::Lib(p) if p.len() > 1))
    }

    /// The type of an attribute that is annotated in the class or assigned in its methods; of
    /// objects of libraries, one that code of the project assigns.
    fn stored_attribute_type(&self, ty: &Ty, name: Symbol) -> Option<Ty> {
        let class = match ty {
            Ty::Class(class) => class,
            Ty::Lib(path) => return self.held_type(path, name),
        };
        let fact = self.project.class(*class);
        if let Some((_, annotation, _)) = fact.annotated.iter().find(|(n, ..)| *n == name) {
            let scope = FnRef { unit: class.unit, func: fact.scope };
            return self.annotation_type(*annotation, &Frame::open(scope));
        }
        let stored = self.self_attribute(*class, name)?;
        let value = self.eval(stored.term, &Frame::open(stored.func));
        self.type_of_val(&value)
    }

    /// Whether a method is read like an attribute.
    pub fn is_property(&self, func: FnRef) -> bool {
        let ir = self.project.ir(func);
        let Some(parent) = ir.parent else { return false };
        let outer = &self.project.ir(FnRef { unit: func.unit, func: parent }).terms;
        ir.decorators.iter().any(|d| match outer[*d] {
            Term::Global(name) => name == self.project.well_known.property,
            // `functools.cached_property`, `django.utils.functional.cached_property`
            Term::Import(_) | Term::Attr(..) => {
                let value = self.eval(*d, &Frame::open(FnRef { unit: func.unit, func: parent }));
                matches!(&value.kind, Kind::Lib(path)
                    if path.last().is_some_and(|s| self.project.name(*s).ends_with("property")))
            }
            _ => false,
        })
    }

    fn type_of_call(&self, func: TermId, frame: &Arc<Frame>) -> Option<Ty> {
        match self.callee(func, frame) {
            Callee::Lib(path) => self.library_call_type(&path),
            Callee::Method { class, name, .. } => {
                let mut path = class.clone();
                path.push(name);
                match self.call_model(&path) {
                    Some(model) => model.returns_type.clone().map(Ty::Lib),
                    None if name == self.project.well_known.call => {
                        self.model_type(&Ty::Lib(class), |m| m.call.as_ref())
                    }
                    None => None,
                }
            }
            Callee::Class(class) => Some(Ty::Class(class)),
            Callee::Fn { func, .. } => self.return_type(func),
            Callee::Unknown { .. } => {
                // An instance that is called.
                let value = self.eval(func, frame);
                let ty = self.type_of_val(&value)?;
                self.model_type(&ty, |m| m.call.as_ref())
            }
        }
    }

    fn library_call_type(&self, path: &[Symbol]) -> Option<Ty> {
        let model = self.call_model(path);
        if let Some(ty) = model.and_then(|m| m.returns_type.as_ref()) {
            return Some(Ty::Lib(ty.clone()));
        }
        let is_class = self.project.rules.library.types.contains_key(path)
            || self.project.name(*path.last()?).starts_with(|c: char| c.is_ascii_uppercase());
        if is_class {
            return Some(Ty::Lib(path.to_vec()));
        }
        // An object of a library that is called: `get_user_model()()`, `db.session()`.
        let ty = self.type_of_path(path)?;
        self.model_type(&ty, |m| m.call.as_ref())
    }

    /// What entering a context manager of a type gives: by default itself.
    fn entered_type(&self, manager: Ty) -> Option<Ty> {
        let declared = self.model_type(&manager, |m| m.enter.as_ref());
        let enter = || {
            let names = ["__enter__", "__aenter__"].into_iter();
            let mut methods = names.filter_map(|name| self.project_method(&manager, name));
            methods.find_map(|func| self.return_type(func))
        };
        declared.or_else(enter).or(Some(manager))
    }

    /// What a generator yields that is entered: it is made a context manager by its decorator.
    fn yielded_type(&self, call: TermId, frame: &Arc<Frame>) -> Option<Ty> {
        let Term::Call { func, .. } = self.project.ir(frame.func).terms[call] else { return None };
        let Callee::Fn { func, .. } = self.callee(func, frame) else { return None };
        let ir = self.project.ir(func);
        let yielded = ir.terms.iter().filter_map(|term| match term {
            Term::Yield(value) => *value,
            _ => None,
        });
        yielded.into_iter().find_map(|value| {
            let value = self.eval(value, &Frame::open(func));
            self.type_of_val(&value)
        })
    }

    /// What a project function returns an instance of: by annotation, else by its returns.
    pub fn return_type(&self, func: FnRef) -> Option<Ty> {
        let ir = self.project.ir(func);
        if let (Some(returns), Some(parent)) = (ir.returns, ir.parent) {
            let outer = Frame::open(FnRef { unit: func.unit, func: parent });
            if let Some(ty) = self.annotation_type(returns, &outer) {
                return Some(ty);
            }
        }
        if ir.is_generator {
            return self.builtin("generator");
        }
        let value = self.returned(&Frame::open(func))?;
        self.type_of_val(&value)
    }

    fn parameter_type(&self, index: u32, frame: &Arc<Frame>) -> Option<Ty> {
        let ir = self.project.ir(frame.func);
        let param = ir.params.get(index as usize)?;
        if let Some(value) = frame.args.as_ref().and_then(|args| args.get(index as usize))
            && let Some(ty) = self.type_of_val(value)
        {
            return Some(ty);
        }
        match param.kind {
            ParamKind::VarArgs => return self.builtin("tuple"),
            ParamKind::KwArgs => return self.builtin("dict"),
            _ => {}
        }
        if let (Some(annotation), Some(parent)) = (param.annotation, ir.parent) {
            let outer = Frame::open(FnRef { unit: frame.func.unit, func: parent });
            return self.annotation_type(annotation, &outer);
        }
        if index == 0
            && ir.kind == FnKind::Function
            && !self.has_decorator(frame.func, "staticmethod")
        {
            let own = self.class_of_method(frame.func);
            if let Some(class) = frame.this.or(own) {
                return Some(Ty::Class(class));
            }
        }
        self.type_by_name(param.name)
    }

    fn type_by_name(&self, name: Symbol) -> Option<Ty> {
        let stacks = &self.project.stacks;
        let model = self.project.rules.library.params.iter().find(|model| {
            model.name == name && model.stack.as_ref().is_none_or(|s| stacks.contains(s))
        })?;
        Some(Ty::Lib(model.ty.clone()))
    }

    /// The class an annotation names: `X`, `"X"`, `X | None`, `Optional[X]`, `Annotated[X, …]`.
    pub fn annotation_type(&self, annotation: TermId, frame: &Arc<Frame>) -> Option<Ty> {
        match &self.project.ir(frame.func).terms[annotation] {
            Term::Const(Const::Str(text)) => {
                let head = text.split(['[', '|']).next()?.trim();
                let value = self.lookup_dotted(head, frame.func.unit)?;
                self.class_value(&value)
            }
            Term::Op(Op::Binary(BinOp::BitOr), operands) => {
                operands.iter().find_map(|t| self.annotation_type(*t, frame))
            }
            Term::Item(outer, inner) => {
                let value = self.eval(*outer, frame);
                let wrapper = matches!(&value.kind, Kind::Lib(path)
                    if path.last().is_some_and(|s| is_transparent(self.project.name(*s))));
                if !wrapper {
                    return self.class_value(&value);
                }
                match &self.project.ir(frame.func).terms[*inner] {
                    Term::Seq { items, .. } => {
                        items.iter().find_map(|i| self.annotation_type(i.value, frame))
                    }
                    _ => self.annotation_type(*inner, frame),
                }
            }
            _ => {
                let value = self.eval(annotation, frame);
                match value.kind {
                    Kind::Class(_) | Kind::Lib(_) => self.class_value(&value),
                    _ => None,
                }
            }
        }
    }

    /// The origin of a value, when it is a call: the call term.
    pub fn call_origin<'v>(&self, value: &'v Val) -> Option<&'v Origin> {
        let origin = value.origin.as_ref()?;
        matches!(self.project.term(origin.term), Term::Call { .. }).then_some(origin)
    }
}

/// Wrappers of the `typing` module that stand for what they hold.
fn is_transparent(name: &str) -> bool {
    matches!(name, "Optional" | "Annotated" | "Union" | "Final" | "ClassVar" | "Required")
}
