//! `[[deployment]]`: where files set environment variables.

use super::context::Cx;
use super::library::DeploymentModel;
use super::model::PathKey;
use super::tree::Table;
use super::vars::Vars;
use crate::syntax::document::DocumentKind;

/// Compiles one table into the library.
pub(super) fn deployment(cx: &mut Cx<'_>, table: Table<'_>) {
    let Some(name) = table.text("name") else { return };
    let kinds = table.texts("kind").into_iter();
    let path = table.text("path").and_then(|text| cx.regex(text));
    let root = table.entries_of("root").into_iter();
    let model = DeploymentModel {
        name: name.value.to_owned(),
        kinds: kinds.filter_map(|kind| DocumentKind::named(kind.value)).collect(),
        path,
        root: root
            .filter_map(|(key, node)| Some((key.value.to_owned(), node.text()?.value.to_owned())))
            .collect(),
        variables: paths(cx, table, "variables"),
        unknown: paths(cx, table, "unknown"),
        files: paths(cx, table, "files"),
        interpolates: table.flag("interpolates"),
        tests: table.flag("tests"),
        rank: table.get("rank").and_then(|node| node.integer()).unwrap_or(0),
    };
    cx.library.deployments.push(model);
}

/// The key paths under `key`.
pub(super) fn paths(cx: &mut Cx<'_>, table: Table<'_>, key: &str) -> Vec<Vec<PathKey>> {
    let mut vars = Vars::default();
    let texts = table.texts(key).into_iter();
    texts.filter_map(|text| cx.key_path(text, 0, &mut vars, &mut Vec::new())).collect()
}
