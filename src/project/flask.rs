//! Configuration that lives in an application object: assignments to its items and attributes,
//! its methods that take mappings and objects.

use indexmap::IndexMap;

use super::profile;
use super::settings::{Namespace, Setting, is_setting_name};
use crate::base::{Loc, Symbol};
use crate::facts::{FnId, InstrKind, Place, Term};
use crate::link::{CallSite, ClassRef, Cx, FnRef, Frame, Kind, StoreSite, Ty, Val};
use crate::rule::library::SettingsModel;

/// The configuration of the project's application, when it makes one.
pub fn namespace(cx: &Cx<'_, '_>, model: &SettingsModel) -> Option<Namespace> {
    let app = model.app.as_ref()?;
    let made = constructor(cx, app)?;
    let mut found = Collected { model, objects: Vec::new(), own: Vec::new(), known: true };
    found.calls(cx);
    found.stores(cx);
    let mut keys = IndexMap::new();
    // Objects are the layer below: what the application sets itself comes on top.
    found.own.sort_by_key(|(_, setting)| setting.loc);
    for (key, setting) in found.objects.into_iter().chain(found.own) {
        keys.shift_remove(&key);
        keys.insert(key, setting);
    }
    Some(Namespace {
        framework: model.framework.clone(),
        name: cx.project.dotted(app),
        profile: profile::Profile::Production,
        named_by: vec![made],
        keys,
        complete: found.known,
        end: Some(made),
    })
}

/// The place where the application object is made.
fn constructor(cx: &Cx<'_, '_>, app: &[Symbol]) -> Option<Loc> {
    let sites = cx.project.index.calls.get(app.last()?)?;
    sites.iter().find_map(|site| {
        cx.refuel();
        let Term::Call { func, .. } = &cx.project.ir(site.func).terms[site.term] else {
            return None;
        };
        let callee = cx.callee(*func, &Frame::open(site.func));
        (cx.callee_is(&callee, app) == crate::link::Tri::Yes).then(|| {
            let span = cx.project.ir(site.func).spans[site.term];
            cx.project.loc(site.func.unit, span)
        })
    })
}

struct Collected<'m> {
    model: &'m SettingsModel,
    /// From configuration objects.
    objects: Vec<(String, Setting)>,
    /// Set by the application itself.
    own: Vec<(String, Setting)>,
    /// Whether everything that sets keys was understood.
    known: bool,
}

impl Collected<'_> {
    fn calls(&mut self, cx: &Cx<'_, '_>) {
        let mut methods: Vec<(&Symbol, &String)> = self.model.methods.iter().collect();
        methods.sort();
        for (method, how) in methods {
            let sites = cx.project.index.calls.get(method).cloned().unwrap_or_default();
            for site in sites {
                cx.refuel();
                self.call(cx, site, how);
            }
        }
    }

    fn call(&mut self, cx: &Cx<'_, '_>, site: CallSite, how: &str) {
        let ir = cx.project.ir(site.func);
        let frame = Frame::open(site.func);
        let Term::Call { func, args } = &ir.terms[site.term] else { return };
        let Term::Attr(config, _) = &ir.terms[*func] else { return };
        if !self.is_config(cx, &cx.eval(*config, &frame)) {
            return;
        }
        let actuals = cx.actuals(args, &frame);
        self.known &= !actuals.kw_open && !actuals.star_open;
        let here = cx.project.loc(site.func.unit, ir.spans[site.term]);
        for (name, value) in &actuals.keywords {
            self.set(cx.project.name(*name), value, here);
        }
        let Some(first) = actuals.positional.first() else { return };
        match how {
            "update" | "mapping" => match first.in_force().and_then(Val::as_dict) {
                Some(dict) => {
                    self.known &= !dict.open;
                    for (key, value) in &dict.entries {
                        if let Some(key) = key.as_str() {
                            self.set(key, value, key_loc(value, here));
                        }
                    }
                }
                None => self.known = false,
            },
            "object" => self.object(cx, first, site.func),
            // A file, or the environment, that is not read.
            _ => self.known = false,
        }
    }

    fn set(&mut self, key: &str, value: &Val, loc: Loc) {
        if is_setting_name(key) {
            self.own.push((key.to_owned(), Setting::new(value.clone(), loc)));
        }
    }

    /// `from_object(X)`: the upper-case attributes of a class or module.
    fn object(&mut self, cx: &Cx<'_, '_>, value: &Val, from: FnRef) {
        let mut classes = Vec::new();
        for v in cx.possible(value).alternatives() {
            let named = v.as_str().and_then(|text| cx.lookup_dotted(text, from.unit));
            match named.as_ref().unwrap_or(v).in_force().map(|v| &v.kind) {
                Some(Kind::Class(class)) => classes.push(*class),
                Some(Kind::Module(unit)) => self.module(cx, *unit),
                _ => self.known = false,
            }
        }
        let name = |class: &ClassRef| cx.project.name(cx.project.class(*class).name);
        let production: Vec<ClassRef> =
            classes.iter().copied().filter(|c| !profile::is_other_profile(name(c))).collect();
        for class in production {
            self.class(cx, class);
        }
    }

    fn class(&mut self, cx: &Cx<'_, '_>, class: ClassRef) {
        for ty in cx.mro(&Ty::Class(class)).into_iter().rev() {
            let Ty::Class(class) = ty else { continue };
            let fact = cx.project.class(class);
            let scope = FnRef { unit: class.unit, func: fact.scope };
            for (name, term, span) in &fact.attrs {
                let key = cx.project.name(*name);
                if is_setting_name(key) {
                    cx.refuel();
                    let value = cx.eval(*term, &Frame::open(scope));
                    let loc = cx.project.loc(class.unit, *span);
                    self.objects.push((key.to_owned(), Setting::new(value, loc)));
                }
            }
        }
    }

    fn module(&mut self, cx: &Cx<'_, '_>, unit: crate::link::UnitId) {
        let body = FnRef { unit, func: FnId(0) };
        let ir = cx.project.ir(body);
        for (name, term) in &ir.exit {
            let key = cx.project.name(*name);
            if is_setting_name(key) {
                cx.refuel();
                let value = cx.eval(*term, &Frame::open(body));
                let loc = cx.project.loc(unit, ir.spans[*term]);
                self.objects.push((key.to_owned(), Setting::new(value, loc)));
            }
        }
    }

    fn stores(&mut self, cx: &Cx<'_, '_>) {
        let Some(attribute) = self.model.attribute else { return };
        let items = cx.project.index.stores.get(&attribute).cloned().unwrap_or_default();
        for site in items {
            cx.refuel();
            self.item_store(cx, site);
        }
        for key in &cx.project.rules.library.keys {
            let Some(attribute) = key.attribute.filter(|_| key.framework == self.model.framework)
            else {
                continue;
            };
            for site in cx.project.index.stores.get(&attribute).cloned().unwrap_or_default() {
                cx.refuel();
                self.attribute_store(cx, site, &key.path[0]);
            }
        }
    }

    fn item_store(&mut self, cx: &Cx<'_, '_>, site: StoreSite) {
        let ir = cx.project.ir(site.func);
        let frame = Frame::open(site.func);
        let instr = &ir.blocks[site.node].instrs[site.instr];
        let InstrKind::Store { place: Place::Item(config, key), value } = &instr.kind else {
            return;
        };
        if !self.is_config(cx, &cx.eval(*config, &frame)) {
            return;
        }
        match cx.eval(*key, &frame).as_str() {
            Some(key) => {
                let loc = cx.project.loc(site.func.unit, instr.span);
                self.set(key, &cx.eval(*value, &frame), loc);
            }
            None => self.known = false,
        }
    }

    fn attribute_store(&mut self, cx: &Cx<'_, '_>, site: StoreSite, key: &str) {
        let ir = cx.project.ir(site.func);
        let frame = Frame::open(site.func);
        let instr = &ir.blocks[site.node].instrs[site.instr];
        let InstrKind::Store { place: Place::Attr(object, _), value } = &instr.kind else { return };
        let object = cx.eval(*object, &frame);
        let is_app = match (cx.type_of_val(&object), &self.model.app) {
            (Some(ty), Some(app)) => cx.is_subclass(&ty, app),
            _ => false,
        };
        if is_app {
            let loc = cx.project.loc(site.func.unit, instr.span);
            self.set(key, &cx.eval(*value, &frame), loc);
        }
    }

    fn is_config(&self, cx: &Cx<'_, '_>, value: &Val) -> bool {
        cx.is_settings_object(value, &self.model.framework)
    }
}

/// Where a value of a mapping is given; the call when that is not in this file.
fn key_loc(value: &Val, call: Loc) -> Loc {
    value.loc.filter(|loc| loc.file == call.file).unwrap_or(call)
}
