//! Methods of Python's own containers and texts: what they put in, and what they give out.

use super::path::{Key, Path};
use super::through::Edge;
use crate::facts::ArgTerm;
use crate::link::Cx;
use crate::syntax::ast::ArgKind;

/// Where a method that changes a container puts an argument.
pub fn put(
    cx: &Cx<'_, '_>,
    edge: &Edge<'_>,
    method: &str,
    args: &[ArgTerm],
    index: usize,
    arg: &ArgTerm,
) -> Option<Path> {
    let path = edge.path;
    let second = index == 1 && arg.kind == ArgKind::Positional;
    match (method, arg.kind) {
        ("update", ArgKind::Keyword(name)) => Some(path.below(Key::of_text(cx.project.name(name)))),
        ("update" | "extend" | "union", _) => path.in_items().then_some(path),
        ("append" | "add" | "appendleft", _) => Some(path.below(Key::Any)),
        ("insert", _) if second => Some(path.below(Key::Any)),
        ("setdefault" | "__setitem__", _) if second => {
            let key = args.first().and_then(|key| edge.constant(cx, key.value));
            Some(path.below(key.as_ref().map_or(Key::Any, Key::of_const)))
        }
        _ => None,
    }
}

/// What a method gives out of the object it is called on.
pub fn given_out(cx: &Cx<'_, '_>, edge: &Edge<'_>, method: &str, args: &[ArgTerm]) -> Vec<Path> {
    let path = edge.path;
    let whole = if path.is_whole() { vec![path] } else { Vec::new() };
    match method {
        "get" | "pop" | "setdefault" | "getlist" | "__getitem__" => {
            let key = args.first().and_then(|key| edge.constant(cx, key.value));
            let key = key.as_ref().map_or(Key::Any, Key::of_const);
            path.item(key).into_iter().filter(|_| !path.is_whole() || edge.parts).collect()
        }
        "values" => match path.first() {
            Some(Key::Item(_) | Key::Any) => vec![path.rest().below(Key::Any)],
            _ => whole,
        },
        "items" => match path.first() {
            Some(Key::Item(_) | Key::Any) => {
                vec![path.rest().below(Key::of_index(1)).below(Key::Any)]
            }
            _ => whole,
        },
        "copy" | "decode" | "encode" | "lower" | "upper" | "strip" | "lstrip" | "rstrip"
        | "replace" | "split" | "rsplit" | "splitlines" | "partition" | "rpartition" | "title"
        | "capitalize" | "casefold" | "removeprefix" | "removesuffix" | "join" | "format"
        | "expandtabs" | "ljust" | "rjust" | "center" | "zfill" | "hex" | "swapcase"
        | "translate" | "format_map" | "__str__" | "tobytes" | "getvalue" | "read" => vec![path],
        _ => Vec::new(),
    }
}

/// Whether a method of text shows its arguments in its result.
pub fn shows_arguments(method: &str) -> bool {
    matches!(method, "format" | "join" | "format_map" | "replace")
}
