//! Compiles the tables of library models about routing.

use super::context::Cx;
use super::model::{Where, WhereSubject};
use super::routing::{
    Aspect, Expansion, Form, GuardModel, GuardPlace, Level, ListedGuard, MountModel, RouteModel,
    RouterModel, UrlSyntax, UrlsModel, ViewModel,
};
use super::tree::{Table, Text};
use super::vars::{Mentions, Vars};
use crate::base::Symbol;

/// Ways to say where a guard stands; one of them is in each table.
const PLACES: [&str; 8] =
    ["around", "base", "handler", "attribute", "hook", "entries", "anywhere", "inside"];

/// Compiles `[[router]]`, `[[mount]]`, `[[route]]`, `[[urls]]`, `[[view]]`, `[[guard]]` and `[[reject]]`.
pub(super) fn compile(cx: &mut Cx<'_>) {
    for table in cx.all_tables("router") {
        router(cx, table);
    }
    for table in cx.all_tables("mount") {
        let forms = forms(cx, table, "pattern", &["CHILD", "PARENT"]);
        let model = MountModel { forms, replaces: table.flag("replaces") };
        cx.library.routing.mounts.push(model);
    }
    for table in cx.all_tables("route") {
        route(cx, table);
    }
    for table in cx.all_tables("urls") {
        urls(cx, table);
    }
    for table in cx.all_tables("view") {
        view(cx, table);
    }
    for table in cx.all_tables("guard") {
        guard(cx, table);
    }
    for table in cx.all_tables("reject") {
        let forms = forms(cx, table, "pattern", &[]);
        cx.library.routing.rejects.extend(forms);
    }
}

/// The patterns under `key`. Each must have one of the `needed` variables, if there are any.
fn forms(cx: &mut Cx<'_>, table: Table<'_>, key: &str, needed: &[&str]) -> Vec<Form> {
    let mut compiled = Vec::new();
    for text in table.texts(key) {
        let mut vars = Vars::default();
        let Some(pattern) = cx.pattern(text, &mut vars, &mut Mentions::default()) else { continue };
        if !needed.is_empty() && needed.iter().all(|name| vars.get(name).is_none()) {
            let names: Vec<String> = needed.iter().map(|name| format!("`${name}`")).collect();
            cx.error(text.place, format!("this pattern has no {}", names.join(" or ")));
        }
        compiled.push((pattern, vars));
    }
    if !compiled.is_empty() {
        check_conditions(cx, table, &compiled);
    }
    let read = compiled.into_iter().map(|(pattern, mut vars)| {
        let wheres = wheres(cx, table, &mut vars);
        Form { pattern, vars: vars.names().to_vec(), wheres }
    });
    read.collect()
}

fn check_conditions<P>(cx: &mut Cx<'_>, table: Table<'_>, patterns: &[(P, Vars)]) {
    for (name, _) in table.entries_of("where") {
        if patterns.iter().all(|(_, vars)| vars.get(name.value).is_none()) {
            let message = format!("`${}` is not bound by any of the patterns", name.value);
            cx.error(name.place, message);
        }
    }
}

fn wheres(cx: &mut Cx<'_>, table: Table<'_>, vars: &mut Vars) -> Vec<Where> {
    let mut wheres = Vec::new();
    for (name, node) in table.entries_of("where") {
        let Some(var) = vars.get(name.value) else { continue };
        if let Some(pred) = cx.predicate(node, vars, &mut Mentions::default()) {
            wheres.push(Where { subject: WhereSubject::Var(var), pred });
        }
    }
    wheres
}

fn paths(cx: &mut Cx<'_>, table: Table<'_>, key: &str) -> Vec<Vec<Symbol>> {
    table.texts(key).into_iter().map(|text| cx.path(text)).collect()
}

fn symbols(cx: &mut Cx<'_>, table: Table<'_>, key: &str) -> Vec<Symbol> {
    table.texts(key).into_iter().map(|text| cx.names.intern(text.value)).collect()
}

fn framework(cx: &mut Cx<'_>, table: Table<'_>) -> String {
    table.text("framework").map(|text| cx.stack_name(text, Some("framework"))).unwrap_or_default()
}

fn keys(text: Option<Text<'_>>) -> Vec<String> {
    text.map(|text| text.value.split('.').map(str::to_owned).collect()).unwrap_or_default()
}

fn router(cx: &mut Cx<'_>, table: Table<'_>) {
    let framework = framework(cx, table);
    let forms = forms(cx, table, "pattern", &[]);
    cx.library.routing.routers.push(RouterModel { framework, forms, root: table.flag("root") });
}

fn route(cx: &mut Cx<'_>, table: Table<'_>) {
    let framework = framework(cx, table);
    let syntax = match table.text("syntax").map(|text| text.value) {
        Some("regex") => UrlSyntax::Regex,
        _ => UrlSyntax::Plain,
    };
    let mut expand = Vec::new();
    for entry in table.tables("expand") {
        expand.push(Expansion {
            url: entry.text("url").map(|text| text.value.to_owned()).unwrap_or_default(),
            actions: named_methods(cx, entry, "actions"),
            lookup: symbols(cx, entry, "lookup"),
            detail: entry.get("detail").map(|_| entry.flag("detail")),
        });
    }
    let model = RouteModel {
        framework,
        forms: forms(cx, table, "pattern", &["URL", "HANDLER"]),
        methods: table.strings("methods"),
        syntax,
        expand,
        options: table.flag("options"),
    };
    cx.library.routing.routes.push(model);
}

/// Names of methods and the methods of requests they answer.
fn named_methods(cx: &mut Cx<'_>, table: Table<'_>, key: &str) -> Vec<(Symbol, String)> {
    let mut read = Vec::new();
    for (name, node) in table.entries_of(key) {
        let Some(method) = node.text() else { continue };
        read.push((cx.names.intern(name.value), method.value.to_owned()));
    }
    read
}

fn urls(cx: &mut Cx<'_>, table: Table<'_>) {
    let framework = framework(cx, table);
    let symbol =
        |cx: &mut Cx<'_>, key: &str| cx.names.intern(table.text(key).map_or("", |text| text.value));
    let prefix = table.text("list-prefix").map_or("", |text| text.value);
    let mut lists = Vec::new();
    for (key, prefix) in [("lists", ""), ("prefixed-lists", prefix)] {
        let read = forms(cx, table, key, &["ROUTES"]);
        lists.extend(read.into_iter().map(|form| (form, prefix.to_owned())));
    }
    let model = UrlsModel {
        framework,
        setting: keys(table.text("setting")),
        variable: symbol(cx, "variable"),
        script: table.text("script").map(|text| text.value.to_owned()),
        namespace: table.text("namespace").map(|text| cx.names.intern(text.value)),
        include: forms(cx, table, "include", &["ROUTES"]),
        lists,
        attribute: symbol(cx, "attribute"),
        middleware: keys(table.text("middleware")),
        gates: symbols(cx, table, "gates"),
        next: table.text("next").map(|text| cx.names.intern(text.value)),
    };
    cx.library.routing.urls.push(model);
}

fn view(cx: &mut Cx<'_>, table: Table<'_>) {
    let mut prefix = Vec::new();
    for text in table.texts("prefix") {
        let (name, template) = text.value.split_once('=').unwrap_or((text.value, "{}"));
        prefix.push((cx.names.intern(name.trim()), template.trim().to_owned()));
    }
    let model = ViewModel {
        as_view: symbols(cx, table, "as-view"),
        methods: named_methods(cx, table, "methods"),
        provides: symbols(cx, table, "provides"),
        action_map: table.flag("action-map"),
        exposes: forms(cx, table, "exposes", &[]),
        exposed_methods: table.strings("exposed-methods"),
        prefix,
        limit: table.text("limit").map(|text| cx.names.intern(text.value)),
        decorators: symbols(cx, table, "decorators"),
        gates: symbols(cx, table, "gates"),
        serializer: table.text("serializer").map(|text| cx.names.intern(text.value)),
    };
    for path in paths(cx, table, "class") {
        cx.library.routing.views.insert(path, model.clone());
    }
}

fn guard(cx: &mut Cx<'_>, table: Table<'_>) {
    let kind = table.text("kind").map(|text| text.value);
    let aspect = Aspect::ALL.into_iter().find(|aspect| kind == Some(aspect.name()));
    let level = table.text("level").and_then(|text| Level::from_name(text.value));
    let found: Vec<&str> = PLACES.into_iter().filter(|key| table.get(key).is_some()).collect();
    let place = match found.as_slice() {
        [one] => place(cx, table, one),
        [] if table.get("below").is_some() => place(cx, table, "around"),
        [] => {
            let message = format!("this guard has none of {}", PLACES.join(", "));
            return cx.error(table.place, message);
        }
        [_, second, ..] => {
            let message = format!("a guard has one place, this one has {}", found.join(" and "));
            return cx.error(table.key_place(second), message);
        }
    };
    let level = level.unwrap_or(Level::User);
    cx.library.routing.guards.push(GuardModel { aspect, level, place });
}

fn place(cx: &mut Cx<'_>, table: Table<'_>, key: &str) -> GuardPlace {
    match key {
        "around" => GuardPlace::Around {
            forms: forms(cx, table, "around", &[]),
            below: paths(cx, table, "below"),
            methods: table.strings("methods"),
            list: table.text("list").map(|text| cx.names.intern(text.value)),
            in_place: table.flag("in-place"),
            makes: table.text("makes").map(|text| cx.path(text)),
        },
        "base" => GuardPlace::Base(paths(cx, table, "base")),
        "handler" => GuardPlace::Handler(paths(cx, table, "handler")),
        "attribute" => GuardPlace::Listed(listed(cx, table)),
        "hook" => GuardPlace::Hook {
            forms: forms(cx, table, "hook", &[]),
            everywhere: table.flag("everywhere"),
            path: forms(cx, table, "path", &[]),
        },
        "entries" => GuardPlace::Setting {
            framework: framework(cx, table),
            path: keys(table.text("setting")),
            entries: table.strings("entries"),
            except: paths(cx, table, "except"),
        },
        "anywhere" => GuardPlace::Anywhere {
            framework: framework(cx, table),
            forms: forms(cx, table, "anywhere", &[]),
        },
        _ => {
            let level =
                |key| table.text(key).and_then(|text: Text<'_>| Level::from_name(text.value));
            GuardPlace::Inside {
                when_true: level("when-true"),
                when_false: level("when-false"),
                forms: forms(cx, table, "inside", &[]),
                unless_only: forms(cx, table, "unless-only", &["V"]),
            }
        }
    }
}

fn listed(cx: &mut Cx<'_>, table: Table<'_>) -> ListedGuard {
    let mut levels = Vec::new();
    let mut other = Level::Unknown;
    for (name, node) in table.entries_of("levels") {
        let Some(level) = Level::from_name(name.value) else {
            let names = Level::ALL.map(Level::name);
            cx.unknown(name.place, format!("unknown level `{}`", name.value), name.value, names);
            continue;
        };
        for text in node.texts() {
            if text.value == "*" {
                other = level;
            } else {
                levels.push((cx.path(text), level));
            }
        }
    }
    let attribute = table.text("attribute").map_or("", |text| text.value);
    ListedGuard {
        attribute: cx.names.intern(attribute),
        of: table.text("of").map(|text| cx.path(text)).unwrap_or_default(),
        framework: framework(cx, table),
        setting: keys(table.text("setting")),
        levels,
        other,
        overrides: symbols(cx, table, "overrides"),
    }
}
