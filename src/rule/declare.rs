//! First pass over all packs: the names they declare, so that any pack may use any other's.

use super::context::Cx;
use super::tree::{Node, Table, Text};
use crate::base::Symbol;

/// Fills [`super::context::Known`] and the aliases of the library.
pub(super) fn declare(cx: &mut Cx<'_>) {
    declare_aliases(cx);
    declare_names(cx);
    declare_concepts(cx);
    declare_lookups(cx);
    declare_types(cx);
    declare_rules(cx);
}

/// Notes the paths that patterns and signatures of one pack begin with.
pub(super) fn declare_own(cx: &mut Cx<'_>, pack: usize) {
    let Some(root) = cx.roots().nth(pack) else { return };
    for table in super::pack::Declarations::keys().flat_map(|key| root.tables(key)) {
        for text in ["pattern", "signature"].into_iter().flat_map(|key| table.texts(key)) {
            let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
            let path = text.value.split(|c| !is_path(c)).next().unwrap_or_default();
            let path = path.split('.').map(|part| cx.names.intern(part)).collect();
            cx.library.declared.insert(path);
        }
    }
}

/// Reads the aliases. One that closes a circle is a mistake: no spelling in it would be the one
/// to use.
fn declare_aliases(cx: &mut Cx<'_>) {
    for table in cx.all_tables("alias") {
        let (Some(from), Some(to)) = (table.text("from"), table.text("to")) else { continue };
        // Both sides are read before either is an alias, so their order does not matter.
        let mut read = |text: Text<'_>| {
            text.value.split('.').map(|part| cx.names.intern(part)).collect::<Vec<_>>()
        };
        let (from_path, to_path) = (read(from), read(to));
        if let Some(other) = cx.library.aliases.get(&from_path).filter(|other| **other != to_path) {
            let other = cx.dotted(other);
            cx.error(from.place, format!("`{}` is an alias of `{other}` already", from.value));
            continue;
        }
        cx.library.aliases.insert(from_path.clone(), to_path.clone());
        let Some(circle) = circle(cx, &from_path, to_path) else { continue };
        cx.library.aliases.remove(&from_path);
        let spellings: Vec<String> = circle.iter().map(|path| cx.dotted(path)).collect();
        let way = match spellings.as_slice() {
            [_] => String::new(),
            ways => format!(": {}", ways.join(" → ")),
        };
        cx.error(to.place, format!("`{}` is an alias of itself{way}", from.value));
    }
}

/// The spellings from `path` on that lead to one below `from`.
fn circle(cx: &Cx<'_>, from: &[Symbol], mut path: Vec<Symbol>) -> Option<Vec<Vec<Symbol>>> {
    let mut passed = Vec::new();
    for _ in 0..=cx.library.aliases.len() {
        passed.push(path.clone());
        if path.starts_with(from) {
            return Some(passed);
        }
        path = cx.other_spelling(&path)?;
    }
    None
}

fn declare_names(cx: &mut Cx<'_>) {
    for table in cx.all_tables("label") {
        let Some(name) = table.text("name") else { continue };
        // `request.query` makes `request` a label too.
        for (dot, _) in name.value.match_indices('.') {
            cx.known.labels.insert(&name.value[..dot]);
        }
        cx.known.labels.insert(name.value);
    }
    for table in cx.all_tables("name") {
        cx.known.words.extend(table.text("id").map(|id| id.value));
    }
    for table in cx.all_tables("stack") {
        if let (Some(name), Some(kind)) = (table.text("name"), table.text("kind")) {
            cx.known.stacks.insert(name.value, kind.value);
        }
    }
}

fn declare_concepts(cx: &mut Cx<'_>) {
    for (key, tables) in [("is", cx.all_tables("call")), ("name", cx.all_tables("concept"))] {
        for table in tables {
            for concept in table.texts(key) {
                let roles = cx.known.concepts.entry(concept.value).or_default();
                roles.extend(table.entries_of("roles").into_iter().map(|(role, _)| role.value));
            }
        }
    }
}

/// Calls that look rows up are a concept with roles of its own.
fn declare_lookups(cx: &mut Cx<'_>) {
    for table in cx.all_tables("rows") {
        let Some(concept) = table.text("is") else { continue };
        let roles = cx.known.concepts.entry(concept.value).or_default();
        roles.extend(["model", "filters", "values", "method", "row"]);
    }
}

fn declare_types(cx: &mut Cx<'_>) {
    for table in cx.all_tables("type") {
        let one = ["any-attr", "item", "iter", "enter", "call", "exports"];
        let attrs = table.entries_of("attrs").into_iter().filter_map(|(_, node)| node.text());
        let texts = one.iter().filter_map(|key| table.text(key)).chain(attrs);
        let lists = ["path", "bases"].into_iter().flat_map(|key| table.texts(key));
        cx.known.types.extend(texts.chain(lists).map(|text| text.value));
    }
    for table in cx.all_tables("param") {
        cx.known.types.extend(table.text("type").map(|text| text.value));
    }
    for table in cx.all_tables("call") {
        for signature in table.texts("signature") {
            cx.known.types.extend(classes_of(signature.value));
        }
        cx.known.types.extend(table.texts("raises").into_iter().map(|text| text.value));
        cx.known.types.extend(returned_type(table).map(|text| text.value));
    }
}

/// `returns = "a.B"` or `returns = { type = "a.B" }`
pub(super) fn returned_type(call: Table<'_>) -> Option<Text<'_>> {
    let node: Node<'_> = call.get("returns")?;
    node.text().or_else(|| node.table()?.text("type"))
}

/// The beginnings of a signature's path that end in a capitalised name: classes.
fn classes_of(signature: &str) -> impl Iterator<Item = &str> {
    let path = signature.split('(').next().unwrap_or_default();
    let ends = path.match_indices('.').map(|(dot, _)| dot).chain([path.len()]);
    ends.map(|end| &path[..end]).filter(|path| is_class_path(path))
}

/// Whether the last name of a dotted path is written like a class.
pub(super) fn is_class_path(path: &str) -> bool {
    path.rsplit('.').next().is_some_and(|name| name.starts_with(char::is_uppercase))
}

fn declare_rules(cx: &mut Cx<'_>) {
    for table in cx.all_tables("rule") {
        let Some(id) = table.text("id") else { continue };
        if let Some(&first) = cx.known.rules.get(id.value) {
            let other = cx.packs.get(first.pack as usize).map_or("", |pack| pack.name);
            let help = format!("the first one is in {other}");
            cx.error_help(id.place, format!("there is another rule `{}`", id.value), help);
        } else {
            cx.known.rules.insert(id.value, id.place);
        }
    }
}
