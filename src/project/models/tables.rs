//! Tables that are made by a call instead of a class: `Table("users", metadata, Column(…))`.

use super::{class_val, declared};
use crate::base::Symbol;
use crate::facts::Term;
use crate::finding::Label;
use crate::link::{CallSite, Callee, Cx, Frame, Project, Ty, Val};
use crate::project::Entity;
use crate::rule::data_model::DataModel;
use crate::rule::entity::EntityKind;

/// The columns of all such tables.
pub(super) fn fields(project: &Project<'_>) -> Vec<Entity> {
    let cx = Cx::new(project);
    let mut found = Vec::new();
    for model in &project.rules.library.data_models {
        for path in &model.table_calls {
            for site in path.last().map_or(&[][..], |last| project.index.callers(*last)) {
                table(&cx, model, path, *site, &mut found);
            }
        }
    }
    found.sort_by_key(|field| field.loc);
    found
}

fn table(
    cx: &Cx<'_, '_>,
    model: &DataModel,
    path: &[Symbol],
    site: CallSite,
    found: &mut Vec<Entity>,
) {
    cx.refuel();
    let project = cx.project;
    let ir = project.ir(site.func);
    let frame = Frame::open(site.func);
    let Term::Call { func, args } = &ir.terms[site.term] else { return };
    if !matches!(cx.callee(*func, &frame), Callee::Lib(called) if called == path) {
        return;
    }
    let name = args.first().map(|arg| cx.eval(arg.value, &frame));
    for arg in args {
        let Term::Call { args: column, .. } = &ir.terms[arg.value] else { continue };
        let Some(called) = column.first().map(|arg| cx.eval(arg.value, &frame)) else { continue };
        let Some(field_name) = called.as_str() else { continue };
        let Some(declaration) = declared::declaration(cx, model, arg.value, None, &frame) else {
            continue;
        };
        let loc = project.loc(site.func.unit, arg.span);
        let mut field = Entity::new(EntityKind::Field, loc);
        field.func = Some(site.func);
        let table = name.as_ref().and_then(Val::as_str).unwrap_or("table");
        field.value = Val::text(&format!("{table}.{field_name}")).at(loc);
        field.set("name", Val::text(field_name).at(loc));
        field.set("class", class_val(&Ty::Lib(path.to_vec())));
        field.set("base", class_val(&Ty::Lib(path.to_vec())));
        field.set("via", Val::text(declared::VIA_DECLARED));
        declared::describe(cx, model, &declaration, &mut field);
        field.attributes.extend(name.clone().map(|name| ("table".to_owned(), name)));
        let place = project.loc(site.func.unit, ir.spans[site.term]);
        let text = format!("a call of {}", project.dotted(path));
        field.evidence.push(Label { loc: place, text });
        found.push(field);
    }
}
