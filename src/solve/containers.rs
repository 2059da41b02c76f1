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
            let key = args.first().map_or(Key::Unknown, |key| edge.key(cx, key.value));
            Some(path.below(key))
        }
        _ => None,
    }
}

/// What a method gives out of the object it is called on.
pub fn given_out(cx: &Cx<'_, '_>, edge: &Edge<'_>, method: &str, args: &[ArgTerm]) -> Vec<Path> {
    let path = edge.path;
    let whole = if path.is_whole() { vec![path] } else { Vec::new() };
    match method {
        _ if reads_key(method) => {
            let key = args.first().map_or(Key::Any, |key| edge.key(cx, key.value));
            path.item(key).into_iter().collect()
        }
        "values" => match path.first() {
            Some(Key::Item(_) | Key::Unknown) => vec![path.rest().below(Key::Any)],
            _ => whole,
        },
        "items" => match path.first() {
            Some(Key::Item(_) | Key::Unknown) => {
                vec![path.rest().below(Key::of_index(1)).below(Key::Any)]
            }
            _ => whole,
        },
        // The first part of a credential is its scheme, or a client's name.
        "split" | "rsplit" | "partition" | "rpartition" if path.is_whole() => {
            [1, 2].map(|index| path.below(Key::of_index(index))).to_vec()
        }
        "copy" | "decode" | "encode" | "lower" | "upper" | "strip" | "lstrip" | "rstrip"
        | "replace" | "splitlines" | "title" | "capitalize" | "casefold" | "removeprefix"
        | "removesuffix" | "join" | "format" | "expandtabs" | "ljust" | "rjust" | "center"
        | "zfill" | "hex" | "swapcase" | "translate" | "format_map" | "__str__" | "tobytes"
        | "getvalue" | "read" => vec![path],
        _ => Vec::new(),
    }
}

/// Whether a method of text shows this argument in its result.
pub fn shows_argument(method: &str, index: usize) -> bool {
    match method {
        "format" | "join" | "format_map" => true,
        "replace" => index == 1,
        _ => false,
    }
}

/// Whether Python's own types have a method of this name: what an unknown object is, it does not
/// tell.
pub fn is_builtin(method: &str) -> bool {
    matches!(
        method,
        "get"
            | "pop"
            | "setdefault"
            | "update"
            | "keys"
            | "values"
            | "items"
            | "clear"
            | "copy"
            | "append"
            | "extend"
            | "insert"
            | "remove"
            | "sort"
            | "add"
            | "discard"
            | "union"
            | "encode"
            | "decode"
            | "format"
            | "join"
            | "split"
            | "strip"
            | "replace"
            | "index"
            | "count"
            | "read"
            | "write"
            | "close"
            | "send"
            | "open"
            | "lower"
            | "upper"
            | "find"
    )
}

/// The names in a template of `%`: `%(name)s`; none if it is by position.
pub fn percent_names(template: &str) -> Option<Vec<Key>> {
    let mut names = Vec::new();
    let mut rest = template;
    while let Some((_, after)) = rest.split_once("%(") {
        let (name, after) = after.split_once(')')?;
        names.push(Key::of_text(name));
        rest = after;
    }
    (!names.is_empty()).then_some(names)
}

/// The names and positions in a template of `format`: `{name}`, `{0}`, `{}`.
pub fn brace_names(template: &str) -> Vec<Key> {
    let text = template.replace("{{", "").replace("}}", "");
    let mut names = Vec::new();
    let mut next = 0;
    for part in text.split('{').skip(1) {
        let Some((field, _)) = part.split_once('}') else { continue };
        let name = field.split(['.', '[', ':', '!']).next().unwrap_or_default();
        names.push(match (name, name.parse::<i64>()) {
            ("", _) => {
                next += 1;
                Key::of_index(next - 1)
            }
            (_, Ok(index)) => Key::of_index(index),
            (name, _) => Key::of_text(name),
        });
    }
    names
}

/// Whether a method gives out what is at a key, its first argument.
pub fn reads_key(method: &str) -> bool {
    matches!(method, "getlist" | "__getitem__") || has_default(method)
}

/// Whether the second argument of a method is what it gives when it finds nothing.
pub fn has_default(method: &str) -> bool {
    matches!(method, "get" | "pop" | "setdefault")
}
