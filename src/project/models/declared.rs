//! Fields that stand in the body of a class: assignments and annotations.

use std::sync::Arc;

use super::types::{self, FieldType};
use super::{DataClass, Found, class_val, groups, keys};
use crate::base::{Loc, Span, Symbol};
use crate::facts::{Const, Term, TermId};
use crate::finding::Label;
use crate::link::{
    Actuals, BoundArgs, Callee, ClassRef, Cx, FnRef, Frame, Kind, Ty, Val, default_val,
};
use crate::project::Entity;
use crate::rule::data_model::{Annotation, DataModel};
use crate::rule::entity::EntityKind;
use crate::rule::library::{RoleExpr, RoleRoot};

/// How a field came to its class.
pub const VIA_DECLARED: &str = "declared";

/// A declaration that was understood.
pub(super) struct Declaration {
    ty: FieldType,
    /// Arguments of the call that declares it.
    args: BoundArgs,
    /// Arguments of the call that makes its type.
    type_args: BoundArgs,
}

/// The fields that the body of a class declares.
pub(super) fn fields(cx: &Cx<'_, '_>, data: DataClass<'_>) -> Found {
    cx.refuel();
    let fact = cx.project.class(data.class);
    let scope = FnRef { unit: data.class.unit, func: fact.scope };
    let frame = Frame::open(scope);
    let table = keys::table(cx, data.model, data.owner);
    let mut found = Vec::new();
    for (name, term, span) in &fact.attrs {
        cx.refuel();
        let annotation = fact.annotated.iter().find(|(n, ..)| n == name).map(|(_, term, _)| *term);
        let may = may_declare(&cx.project.ir(scope).terms[*term]);
        let by_value =
            may.then(|| declaration(cx, data.model, *term, annotation, &frame)).flatten();
        if let Some(declaration) = by_value {
            found.push(entity(cx, data, *name, *span, declaration, table.as_ref()));
            continue;
        }
        // What is no declaration is the default of the field that its annotation declares.
        if may && !matches!(data.model.annotation, Annotation::Any) {
            continue;
        }
        if let Some(declaration) = annotated(cx, data.model, annotation, &frame) {
            let mut field = entity(cx, data, *name, *span, declaration, table.as_ref());
            field.set("default", cx.eval(*term, &frame));
            found.push(field);
        }
    }
    for (name, annotation, span) in &fact.annotated {
        cx.refuel();
        if !fact.attrs.iter().any(|(n, ..)| n == name)
            && let Some(declaration) = annotated(cx, data.model, Some(*annotation), &frame)
        {
            found.push(entity(cx, data, *name, *span, declaration, table.as_ref()));
        }
    }
    groups::apply(cx, data, &mut found);
    primary_key(&mut found);
    found.sort_by_key(|field| field.loc);
    let is_base = keys::is_abstract(cx, data);
    Found { class: data.class, fields: found, is_base }
}

/// The only primary key of a table is unique.
fn primary_key(fields: &mut [Entity]) {
    let is_key = |field: &Entity| field.attribute("primary_key").truth() == Some(true);
    let mut keys = fields.iter_mut().filter(|field| is_key(field));
    if let (Some(key), None) = (keys.next(), keys.next()) {
        key.set("unique", Val::bool(true));
    }
}

/// The kind of data class that declares such fields as the body of a class does. Only fields that
/// library packs describe tell it.
pub(super) fn model_of_body<'r>(
    cx: &Cx<'_, '_>,
    models: &'r [DataModel],
    class: ClassRef,
) -> Option<&'r DataModel> {
    let fact = cx.project.class(class);
    let scope = FnRef { unit: class.unit, func: fact.scope };
    let frame = Frame::open(scope);
    let terms = fact.attrs.iter().map(|(_, term, _)| *term);
    terms.filter(|term| matches!(cx.project.ir(scope).terms[*term], Term::Call { .. })).find_map(
        |term| {
            cx.refuel();
            let Term::Call { func, .. } = cx.project.ir(scope).terms[term] else { return None };
            let column = match &cx.eval(func, &frame).kind {
                Kind::Lib(path) => models.iter().find(|m| m.columns.iter().any(|c| **c == **path)),
                _ => None,
            };
            column.or_else(|| {
                let ty = cx.type_of_val(&cx.eval(term, &frame))?;
                models.iter().find(|m| m.fields.iter().any(|field| cx.is_subclass(&ty, field)))
            })
        },
    )
}

/// Whether a term can evaluate to a field.
fn may_declare(term: &Term) -> bool {
    !matches!(
        term,
        Term::Const(_)
            | Term::Secret(_)
            | Term::Closure(_)
            | Term::Class(_)
            | Term::Seq { .. }
            | Term::Dict(_)
            | Term::Concat(_)
    )
}

/// The declaration a term is, if it is one.
pub(super) fn declaration(
    cx: &Cx<'_, '_>,
    model: &DataModel,
    term: TermId,
    annotation: Option<TermId>,
    frame: &Arc<Frame>,
) -> Option<Declaration> {
    let value = cx.eval(term, frame);
    value.alternatives().iter().find_map(|value| {
        let origin = cx.call_origin(value)?;
        let Term::Call { func, args } = cx.project.term(origin.term) else { return None };
        let callee = cx.callee(*func, &origin.frame);
        let called = cx.eval(*func, &origin.frame);
        // An import that falls back to another is one of two.
        for called in called.alternatives() {
            if let Kind::Lib(path) = &called.kind
                && model.columns.iter().any(|column| **column == **path)
            {
                let actuals = cx.actuals(args, &origin.frame);
                return Some(column(cx, model, path, &actuals, annotation, frame));
            }
        }
        let ty = cx.type_of_val(value)?;
        if !types::is_field(cx, model, &ty) {
            return None;
        }
        let actuals = cx.actuals(args, &origin.frame);
        // Of what a function of the project makes, only the type is known.
        let unsure = !matches!(callee, Callee::Lib(_) | Callee::Class(_));
        let mut args = arguments(cx, &ty, &actuals);
        args.open |= unsure;
        let ty = FieldType::of(cx, model, &ty);
        Some(Declaration { ty, args, type_args: BoundArgs::default() })
    })
}

/// A declaration whose type is an argument: `Column(String(64), unique=True)`.
fn column(
    cx: &Cx<'_, '_>,
    model: &DataModel,
    path: &[Symbol],
    actuals: &Actuals,
    annotation: Option<TermId>,
    frame: &Arc<Frame>,
) -> Declaration {
    let args = bound(cx, Some(path), actuals);
    let Some(root) = &model.column_type else {
        return Declaration { ty: FieldType::unknown(), args, type_args: BoundArgs::default() };
    };
    let mut of_type: Option<(Ty, &Val)> = None;
    let mut refers = None;
    let mut unknown = actuals.star_open || actuals.kw_open;
    let keywords = actuals.keywords.iter().map(|(_, value)| value);
    for value in actuals.positional.iter().chain(keywords) {
        match cx.class_value(value) {
            Some(ty) if cx.is_subclass(&ty, root) => {
                of_type = of_type.or(Some((ty, value)));
            }
            Some(Ty::Lib(path)) => match cx.project.rules.library.types.get(&path) {
                Some(described) => refers = refers.or(described.holds.clone()),
                None => unknown |= path.len() > 1,
            },
            Some(Ty::Class(_)) => unknown = true,
            None => unknown |= matches!(value.kind, Kind::Opaque | Kind::Param(..)),
        }
    }
    let type_args = of_type.as_ref().map(|(ty, value)| constructed(cx, ty, value));
    let mut ty = match of_type {
        Some((ty, _)) => FieldType::of(cx, model, &ty),
        None => match annotated(cx, model, annotation, frame) {
            Some(declared) => declared.ty,
            None => FieldType::unknown(),
        },
    };
    match refers {
        Some(refers) => ty.holds = Val::text(&refers),
        None if unknown && type_args.is_none() => ty = FieldType::unknown(),
        None => {}
    }
    Declaration { ty, args, type_args: type_args.unwrap_or_default() }
}

/// The arguments a type was made with: `String(64)`; none for `String`.
fn constructed(cx: &Cx<'_, '_>, ty: &Ty, value: &Val) -> BoundArgs {
    let Some(origin) = cx.call_origin(value) else { return BoundArgs::default() };
    let Term::Call { args, .. } = cx.project.term(origin.term) else { return BoundArgs::default() };
    let actuals = cx.actuals(args, &origin.frame);
    arguments(cx, ty, &actuals)
}

/// Binds the arguments of a constructor to what the nearest library class declares.
fn arguments(cx: &Cx<'_, '_>, ty: &Ty, actuals: &Actuals) -> BoundArgs {
    let own = types::own_constructor(cx, ty);
    let declared = cx.mro(ty).into_iter().find_map(|ty| match ty {
        Ty::Lib(path) if !own => cx.call_model(&path).is_some().then_some(path),
        _ => None,
    });
    let mut args = bound(cx, declared.as_deref(), actuals);
    args.open |= own;
    args
}

fn bound(cx: &Cx<'_, '_>, callee: Option<&[Symbol]>, actuals: &Actuals) -> BoundArgs {
    match callee.and_then(|path| cx.call_model(path)) {
        Some(model) => cx.bind_model(model, actuals),
        None => BoundArgs {
            extra_keywords: actuals.keywords.clone(),
            open: actuals.kw_open,
            ..BoundArgs::default()
        },
    }
}

/// A field that an annotation alone declares.
fn annotated(
    cx: &Cx<'_, '_>,
    model: &DataModel,
    annotation: Option<TermId>,
    frame: &Arc<Frame>,
) -> Option<Declaration> {
    let annotation = annotation?;
    let inner = match &model.annotation {
        Annotation::None => return None,
        Annotation::Any => cx.annotation_type(annotation, frame),
        Annotation::Inside(wrapper) => inside(cx, wrapper, annotation, frame)?,
    };
    let ty = match inner {
        Some(Ty::Lib(path)) => {
            let name = path.last().map_or("", |last| cx.project.name(*last));
            let holds = model.annotated.iter().find(|(known, _)| known == name);
            FieldType::named(name, holds.map(|(_, holds)| holds.as_str()))
        }
        Some(Ty::Class(class)) => {
            FieldType::named(cx.project.name(cx.project.class(class).name), None)
        }
        None => FieldType::unknown(),
    };
    let args = BoundArgs::default();
    Some(Declaration { ty, args, type_args: BoundArgs::default() })
}

/// What stands in `Wrapper[…]`; none when the annotation is something else.
fn inside(
    cx: &Cx<'_, '_>,
    wrapper: &[Symbol],
    annotation: TermId,
    frame: &Arc<Frame>,
) -> Option<Option<Ty>> {
    match &cx.project.ir(frame.func).terms[annotation] {
        Term::Item(outer, inner) => {
            let outer = cx.eval(*outer, frame);
            let is_wrapper = matches!(&outer.kind, Kind::Lib(path) if **path == *wrapper);
            is_wrapper.then(|| cx.annotation_type(*inner, frame))
        }
        Term::Const(Const::Str(text)) => {
            let (outer, inner) = text.split_once('[')?;
            let last = wrapper.last().map(|last| cx.project.name(*last))?;
            if outer.rsplit('.').next() != Some(last) {
                return None;
            }
            let inner = inner.split([']', '[', '|', ',']).next()?.trim();
            let inner = inner.trim_matches(['"', '\'']);
            let named = cx.lookup_dotted(inner, frame.func.unit);
            let builtin = || Some(Ty::Lib(vec![cx.project.names.get(inner)?]));
            Some(named.and_then(|value| cx.class_value(&value)).or_else(builtin))
        }
        _ => None,
    }
}

fn entity(
    cx: &Cx<'_, '_>,
    data: DataClass<'_>,
    name: Symbol,
    span: Span,
    declaration: Declaration,
    table: Option<&Val>,
) -> Entity {
    let project = cx.project;
    let loc = project.loc(data.class.unit, span);
    let name = project.name(name);
    let mut field = new(cx, data, name, loc, VIA_DECLARED);
    field.func = Some(FnRef { unit: data.class.unit, func: project.class(data.class).scope });
    describe(cx, data.model, &declaration, &mut field);
    if let Some(table) = table {
        field.set("table", table.clone());
    }
    field
}

/// Gives a field what its declaration says.
pub(super) fn describe(
    cx: &Cx<'_, '_>,
    model: &DataModel,
    declaration: &Declaration,
    field: &mut Entity,
) {
    field.set("type", declaration.ty.names.clone());
    field.set("holds", declaration.ty.holds.clone());
    for (attribute, source) in &model.attributes {
        let value = argument(cx, source, declaration);
        if !matches!(value.kind, Kind::Absent) {
            field.set(attribute, value);
        }
    }
}

/// A field of which only its name and class are known.
pub(super) fn new(cx: &Cx<'_, '_>, data: DataClass<'_>, name: &str, loc: Loc, via: &str) -> Entity {
    let project = cx.project;
    let owner = project.class(data.owner);
    let mut field = Entity::new(EntityKind::Field, loc);
    field.class = Some(data.owner);
    field.value = Val::text(&format!("{}.{name}", project.name(owner.name))).at(loc);
    field.set("name", Val::text(name).at(loc));
    field.set("class", class_val(&Ty::Class(data.owner)));
    field.set("base", class_val(&Ty::Lib(data.base.to_vec())));
    field.set("via", Val::text(via));
    let place = project.loc(data.owner.unit, owner.name_span);
    let text = format!("a class below {}", project.dotted(data.base));
    field.evidence.push(Label { loc: place, text });
    field
}

/// What a declaration gives for an attribute.
fn argument(cx: &Cx<'_, '_>, source: &RoleExpr, declared: &Declaration) -> Val {
    let value = match (&source.root, source.path.first()) {
        (RoleRoot::Param(name), None) => declared.args.get(*name),
        (RoleRoot::Receiver, Some(name)) => match cx.project.names.get(name) {
            Some(name) => declared.type_args.get(name),
            None => Val::new(Kind::Absent),
        },
        (RoleRoot::Const(constant), _) => default_val(constant),
        _ => Val::opaque(),
    };
    match (&value.kind, &source.default) {
        (Kind::Absent, Some(default)) => default_val(default),
        _ => value,
    }
}
