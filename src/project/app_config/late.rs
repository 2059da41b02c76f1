//! Writes that no run came to: in functions of which nothing shows when they are called, and in
//! code that runs while requests are served.

use super::machine::Subject;
use super::state::Config;
use crate::base::{FxHashSet, Loc};
use crate::facts::{InstrKind, Place, Term};
use crate::link::{Callee, Cx, FnRef, Frame, Kind, StoreSite, Ty, Val};
use crate::project::settings::is_setting_name;

/// Takes into account what the runs (of which `visited` are the bodies) did not come to: it may
/// have been done, or not.
pub fn apply(
    cx: &Cx<'_, '_>,
    subject: &Subject<'_>,
    visited: &FxHashSet<FnRef>,
    config: &mut Config,
) {
    let index = &cx.project.index;
    let mut late = Vec::new();
    if let Some(attribute) = subject.model.attribute {
        let sites = index.stores.get(&attribute).into_iter().flatten();
        late.extend(
            sites.filter(|s| !visited.contains(&s.func)).filter_map(|s| store(cx, subject, *s)),
        );
    }
    let keys = &cx.project.rules.library.keys;
    for key in keys.iter().filter(|key| key.framework == subject.model.framework) {
        let sites = key.attribute.and_then(|name| index.stores.get(&name)).into_iter().flatten();
        late.extend(
            sites.filter(|s| !visited.contains(&s.func)).filter_map(|s| store(cx, subject, *s)),
        );
    }
    for (method, how) in &subject.model.methods {
        if how == "update" || how == "mapping" {
            for site in index.callers(*method).iter().filter(|s| !visited.contains(&s.func)) {
                calls(cx, subject, *site, &mut late);
            }
        }
    }
    late.sort_by_key(|write| write.loc);
    for write in late {
        let unset = config.get(&write.key).is_none_or(|slot| slot.chain.is_empty());
        if unset && !write.serving && !config.open {
            config.set(&write.key, write.value, &[write.loc]);
        } else {
            let default = subject.default(&write.key);
            config.may_set(&write.key, write.value, default, &[write.loc]);
        }
    }
}

/// A write that no run came to.
struct Write {
    key: String,
    value: Val,
    loc: Loc,
    /// Whether it happens while requests are served, if at all.
    serving: bool,
}

fn store(cx: &Cx<'_, '_>, subject: &Subject<'_>, site: StoreSite) -> Option<Write> {
    cx.refuel();
    let ir = cx.project.ir(site.func);
    let frame = Frame::open(site.func);
    let instr = &ir.blocks[site.node].instrs[site.instr];
    let InstrKind::Store { place, value } = &instr.kind else { return None };
    let (key, serving) = match place {
        Place::Item(config, key) => {
            let config = cx.eval(*config, &frame);
            let serving = touches(cx, subject, &config, site.func)?;
            (cx.eval(*key, &frame).as_str()?.to_owned(), serving)
        }
        Place::Attr(object, name) => {
            let keys = &cx.project.rules.library.keys;
            let key = keys
                .iter()
                .find(|k| k.attribute == Some(*name) && k.framework == subject.model.framework)?;
            let object = cx.eval(*object, &frame);
            let ty = cx.type_of_val(&object)?;
            let is_app = cx.is_subclass(&ty, subject.model.app.as_ref()?)
                && may_be_app(cx, subject, &object);
            (key.path[0].clone(), is_app.then(|| !subject.only || serves(cx, site.func))?)
        }
        Place::Outer(_) => return None,
    };
    let loc = cx.project.loc(site.func.unit, instr.span);
    is_setting_name(&key).then(|| Write { key, value: cx.eval(*value, &frame), loc, serving })
}

fn calls(
    cx: &Cx<'_, '_>,
    subject: &Subject<'_>,
    site: crate::link::CallSite,
    late: &mut Vec<Write>,
) {
    cx.refuel();
    let ir = cx.project.ir(site.func);
    let frame = Frame::open(site.func);
    let Term::Call { func, args } = &ir.terms[site.term] else { return };
    let Term::Attr(config, _) = &ir.terms[*func] else { return };
    let config = cx.eval(*config, &frame);
    let Some(serving) = touches(cx, subject, &config, site.func) else { return };
    let here = cx.project.loc(site.func.unit, ir.spans[site.term]);
    let actuals = cx.actuals(args, &frame);
    let mut add = |key: &str, value: &Val| {
        if is_setting_name(key) {
            let loc = super::writes::key_loc(value, here);
            late.push(Write { key: key.to_owned(), value: value.clone(), loc, serving });
        }
    };
    for (name, value) in &actuals.keywords {
        add(cx.project.name(*name), value);
    }
    let mappings = actuals.positional.iter().filter_map(|v| v.in_force()?.as_dict());
    for (key, value) in mappings.flat_map(|dict| &dict.entries) {
        if let Some(key) = key.as_str() {
            add(key, value);
        }
    }
}

/// Whether a write into `config` may be into this application's configuration, and if so, whether
/// it happens while requests are served.
fn touches(cx: &Cx<'_, '_>, subject: &Subject<'_>, config: &Val, func: FnRef) -> Option<bool> {
    if !cx.is_settings_object(config, &subject.model.framework) {
        return None;
    }
    if let Some(origin) = &config.origin
        && let Term::Attr(object, _) = cx.project.term(origin.term)
    {
        let object = cx.eval(*object, &origin.frame);
        return may_be_app(cx, subject, &object).then(|| !subject.only || serves(cx, func));
    }
    Some(matches!(config.kind, Kind::Lib(_)) || serves(cx, func))
}

/// Whether an application object is not certainly another one.
fn may_be_app(cx: &Cx<'_, '_>, subject: &Subject<'_>, object: &Val) -> bool {
    if subject.only {
        return true;
    }
    if let Some(origin) = cx.call_origin(object) {
        return origin.term == subject.app;
    }
    // An object of a class of the project is the application only when that is made of it.
    let Some(Ty::Class(class)) = cx.type_of_val(object) else { return true };
    let Term::Call { func, .. } = cx.project.term(subject.app) else { return true };
    match cx.callee(*func, &Frame::open(subject.app.func)) {
        Callee::Class(made) => cx.mro(&Ty::Class(made)).contains(&Ty::Class(class)),
        _ => false,
    }
}

/// Whether a function is called by a framework: it is decorated, or lies in one that is.
fn serves(cx: &Cx<'_, '_>, func: FnRef) -> bool {
    let mut at = Some(func);
    while let Some(func) = at {
        let ir = cx.project.ir(func);
        if !ir.decorators.is_empty() {
            return true;
        }
        at = ir.parent.map(|parent| FnRef { unit: func.unit, func: parent });
    }
    false
}
