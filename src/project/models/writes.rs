//! What the project stores in the fields of its models: defaults, arguments of constructors and
//! of methods that make rows, and assignments to attributes of objects whose class is known.

use super::{DataClass, name_of};
use crate::base::{FxHashMap, FxHashSet, Span, Symbol};
use crate::facts::{ArgTerm, Const, FnIr, InstrKind, Place, SeqKind, Term, TermId};
use crate::link::{
    CallSite, ClassRef, Cx, Frame, Kind, Lost, Project, StoreSite, Ty, Val, map_all,
};
use crate::project::Entity;
use crate::syntax::ast::ArgKind;

/// Most values that are kept of one field.
const MAX_WRITES: usize = 32;

/// Gives the fields of models what is written to them, in the order of the code.
pub(super) fn find(project: &Project<'_>, classes: &[DataClass<'_>], all: &mut [Entity]) {
    let stores: FxHashMap<ClassRef, &[Symbol]> = classes
        .iter()
        .filter(|data| !data.model.keys.stores.is_empty())
        .map(|data| (data.owner, data.model.keys.stores.as_slice()))
        .collect();
    let about = |field: &Entity| Lost::File(field.loc.file);
    let written = map_all(project, all, about, |cx, field| {
        let Some(owner) = field.class else { return Vec::new() };
        let Some(stores) = stores.get(&owner) else { return Vec::new() };
        let mut values = defaults(cx, field);
        if let Some(name) = project.names.get(&name_of(field)) {
            assigned(cx, owner, name, &mut values);
            passed(cx, owner, name, stores, &mut values);
        }
        values.truncate(MAX_WRITES);
        values
    });
    for (field, values) in all.iter_mut().zip(written) {
        if !values.is_empty() {
            field.set("writes", Val::seq(SeqKind::List, values, false));
        }
    }
}

/// What a default gives: of a function, what it returns. That nothing is stored says nothing.
fn defaults(cx: &Cx<'_, '_>, field: &Entity) -> Vec<Val> {
    cx.refuel();
    let default = field.attribute("default");
    let value = match default.kind {
        Kind::Function(func) => cx.returned(&Frame::open(func)),
        Kind::Absent | Kind::Opaque => None,
        _ => Some(default),
    };
    value.filter(|v| v.truth() != Some(false)).into_iter().collect()
}

/// `row.name = value`
fn assigned(cx: &Cx<'_, '_>, owner: ClassRef, name: Symbol, values: &mut Vec<Val>) {
    let sites = cx.project.index.stores.get(&name).into_iter().flatten();
    for &StoreSite { func, node, instr } in sites {
        let ir = cx.project.ir(func);
        let InstrKind::Store { place: Place::Attr(object, _), value } =
            &ir.blocks[node].instrs[instr].kind
        else {
            continue;
        };
        cx.refuel();
        let frame = Frame::open(func);
        let object = cx.eval(*object, &frame);
        if cx.type_of_val(&object).is_some_and(|ty| concerns(cx, &ty, owner)) {
            // What a constructor or a setter is given.
            for value in cx.possible(&cx.eval(*value, &frame)).alternatives() {
                push(value.clone(), values);
            }
        }
    }
}

/// `Row(name=value)`, `Row.objects.create(name=value)`, `Row.query.update({"name": value})`
fn passed(
    cx: &Cx<'_, '_>,
    owner: ClassRef,
    name: Symbol,
    stores: &[Symbol],
    values: &mut Vec<Val>,
) {
    let project = cx.project;
    let class_name = project.class(owner).name;
    let mut seen: FxHashSet<CallSite> = FxHashSet::default();
    let called = std::iter::once(class_name).chain(stores.iter().copied());
    for site in called.flat_map(|called| project.index.callers(called)) {
        let ir = project.ir(site.func);
        let Term::Call { func, args } = &ir.terms[site.term] else { continue };
        let given = args.iter().find_map(|arg| given_for(project, ir, arg, name));
        let Some((given, span)) = given else { continue };
        if !seen.insert(*site) {
            continue;
        }
        // What the call goes through in the end is the class: `Row.objects.create`.
        let mut root = *func;
        while let Term::Attr(object, _) | Term::Call { func: object, .. } = &ir.terms[root] {
            root = *object;
        }
        cx.refuel();
        let frame = Frame::open(site.func);
        let root = cx.eval(root, &frame);
        let reached = match root.kind {
            Kind::Class(class) => Some(Ty::Class(class)),
            _ => cx.type_of_val(&root),
        };
        if reached.is_some_and(|ty| concerns(cx, &ty, owner)) {
            push(cx.eval(given, &frame).at(project.loc(site.func.unit, span)), values);
        }
    }
}

/// What an argument gives a column: its value, and the place.
fn given_for(
    project: &Project<'_>,
    ir: &FnIr,
    arg: &ArgTerm,
    name: Symbol,
) -> Option<(TermId, Span)> {
    match (&arg.kind, &ir.terms[arg.value]) {
        (ArgKind::Keyword(keyword), _) => (*keyword == name).then_some((arg.value, arg.span)),
        (ArgKind::Positional, Term::Dict(entries)) => entries.iter().find_map(|entry| {
            let Term::Const(Const::Str(text)) = &ir.terms[entry.key?] else { return None };
            (&**text == project.name(name)).then_some((entry.value, entry.span))
        }),
        _ => None,
    }
}

/// Whether a class is the one that has a field, or is below it.
fn concerns(cx: &Cx<'_, '_>, ty: &Ty, owner: ClassRef) -> bool {
    cx.mro(ty).contains(&Ty::Class(owner))
}

/// Keeps what is stored. That nothing is stored says nothing.
fn push(value: Val, values: &mut Vec<Val>) {
    if value.truth() != Some(false) {
        values.push(value);
    }
}
