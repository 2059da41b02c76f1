//! `[[connection]]` and `[[engine]]`: how connections to databases are spelled.

use super::connection_models::{
    ConnectionModel, EngineModel, PartExpr, PartForm, PartRoot, ServesModel, Spelling,
};
use super::constant::toml_value;
use super::context::Cx;
use super::entity::EntityKind;
use super::tree::{Table, Text};
use super::vars::{Mentions, Vars};
use crate::facts::Const;

/// What a part starts with when it stands in another setting.
const SETTING: &str = "setting:";
/// The part that gives several attributes at once.
const URL: &str = "url";

/// Compiles `[[connection]]`.
pub(super) fn connection(cx: &mut Cx<'_>, table: Table<'_>) {
    let mut vars = Vars::default();
    let mut mentions = Mentions::default();
    let mut spellings = Vec::new();
    for text in table.texts("setting") {
        let path = cx.setting_path(text, &mut vars, &mut mentions);
        spellings.extend(path.map(Spelling::Setting));
    }
    for text in table.texts("pattern") {
        spellings.extend(cx.pattern(text, &mut vars, &mut mentions).map(Spelling::Pattern));
    }
    if table.get("setting").is_some() == table.get("pattern").is_some() {
        cx.error(table.place, "a connection model has either `setting` or `pattern`");
    }
    let parts = attribute_parts(cx, table, "parts", &mut vars);
    let serves = table.tables("serves").into_iter().map(|t| serves(cx, t, &mut vars)).collect();
    if !spellings.is_empty() {
        cx.library.connections.push(ConnectionModel {
            vars: vars.names().to_vec(),
            spellings,
            engine: table.text("engine").map(|text| text.value.to_owned()),
            parts,
            serves,
        });
    }
}

fn serves(cx: &mut Cx<'_>, table: Table<'_>, vars: &mut Vars) -> ServesModel {
    let values = table.strings("in").into_iter().map(|text| Const::Str(text.into())).collect();
    let setting = table
        .text("setting")
        .and_then(|text| cx.setting_path(text, vars, &mut Mentions::default()))
        .map(|path| (path, values));
    ServesModel {
        what: table.text("what").map(|text| text.value.to_owned()).unwrap_or_default(),
        alias: table.text("alias").map(|text| text.value.to_owned()),
        setting,
    }
}

/// Compiles `[[engine]]`.
pub(super) fn engine(cx: &mut Cx<'_>, table: Table<'_>) {
    let Some(name) = table.text("name") else { return };
    let regexes = |cx: &mut Cx<'_>, key: &str| {
        table.texts(key).into_iter().filter_map(|text| cx.regex(text)).collect()
    };
    let model = EngineModel {
        name: name.value.to_owned(),
        like: table.text("like").map(|text| text.value.to_owned()),
        backends: regexes(cx, "backends"),
        schemes: table.strings("schemes"),
        secure_schemes: table.strings("secure-schemes"),
        ports: table.get("ports").map_or_else(Vec::new, |node| {
            node.items().into_iter().filter_map(|item| item.integer()).collect()
        }),
        hosts: regexes(cx, "hosts"),
        query: attribute_parts(cx, table, "query", &mut Vars::default()),
        environment: table
            .entries_of("environment")
            .into_iter()
            .filter_map(|(name, node)| Some((name.value.to_owned(), node.text()?.value.to_owned())))
            .collect(),
        defaults: table
            .entries_of("defaults")
            .into_iter()
            .filter_map(|(name, node)| Some((name.value.to_owned(), toml_value(node)?)))
            .collect(),
    };
    for (name, _) in table.entries_of("defaults").into_iter().chain(table.entries_of("environment"))
    {
        check_attribute(cx, name);
    }
    cx.library.engines.push(model);
}

fn attribute_parts(
    cx: &mut Cx<'_>,
    table: Table<'_>,
    key: &str,
    vars: &mut Vars,
) -> Vec<(String, Vec<PartExpr>)> {
    let mut parts = Vec::new();
    for (name, node) in table.entries_of(key) {
        check_attribute(cx, name);
        let exprs = node.texts().into_iter().filter_map(|text| part(cx, text, vars)).collect();
        parts.push((name.value.to_owned(), exprs));
    }
    parts
}

fn check_attribute(cx: &mut Cx<'_>, name: Text<'_>) {
    let known = EntityKind::Connection.attributes();
    if name.value != URL && !known.contains(&name.value) {
        let message = format!("a connection has no attribute `{}`", name.value);
        cx.unknown(name.place, message, name.value, known.iter().copied().chain([URL]));
    }
}

/// `OPTIONS.sslmode`, `.` (the value itself), `$URL`, `$OPTIONS.sslmode`, `setting:KEY.a`, each
/// perhaps after `!`, `?` or `~`.
fn part(cx: &mut Cx<'_>, text: Text<'_>, vars: &mut Vars) -> Option<PartExpr> {
    let (form, rest) = match text.value.split_at_checked(1) {
        Some(("!", rest)) => (PartForm::Not, rest),
        Some(("?", rest)) => (PartForm::Given, rest),
        Some(("~", rest)) => (PartForm::Unknown, rest),
        _ => (PartForm::Plain, text.value),
    };
    if let Some(path) = rest.strip_prefix(SETTING) {
        let path = Text { value: path, place: text.place };
        let path = cx.setting_path(path, vars, &mut Mentions::default())?;
        return Some(PartExpr { root: PartRoot::Setting(path), keys: Vec::new(), form });
    }
    let mut keys: Vec<String> = rest.split('.').map(str::to_owned).collect();
    let root = match rest.strip_prefix('$').map(|_| keys.remove(0)) {
        Some(var) => {
            let Some(var) = vars.get(&var[1..]) else {
                cx.error(text.place, format!("`{var}` is not bound by the pattern"));
                return None;
            };
            PartRoot::Var(var)
        }
        None => PartRoot::Value,
    };
    Some(PartExpr { root, keys: keys.into_iter().filter(|key| !key.is_empty()).collect(), form })
}
