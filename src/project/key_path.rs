//! Key paths into documents: `services.$S.command`, `containers[0].args`.

use crate::rule::model::{PathKey, VarId};
use crate::syntax::document::{Entry, Node, Place, Value};

/// One place a key path leads to.
#[derive(Clone, Debug)]
pub struct Reached<'n> {
    /// What is there; none: the last keys of the path are not set.
    pub node: Option<&'n Node>,
    /// The place of its key, or of the key it would be below.
    pub key: Place,
    /// The keys that variables of the path stand for.
    pub keys: Vec<(VarId, Key<'n>)>,
}

/// A key that a variable stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key<'n> {
    /// Of a table.
    Name(&'n str, Place),
    /// Of a list, and the place of the item.
    Index(usize, Place),
}

/// All places a path leads to, in the order of the text. Names that are not there lead to
/// nothing that is set, if only names follow; variables lead to what there is. What is unknown
/// may have any keys, so it is what paths through it lead to.
pub fn reach<'n>(root: &'n Node, path: &[PathKey]) -> Vec<Reached<'n>> {
    let start = Place { start: root.place.start, end: root.place.start };
    let mut reached = Vec::new();
    step(root, start, path, &mut Vec::new(), &mut reached);
    reached
}

fn step<'n>(
    node: &'n Node,
    key: Place,
    path: &[PathKey],
    keys: &mut Vec<(VarId, Key<'n>)>,
    reached: &mut Vec<Reached<'n>>,
) {
    let Some((first, rest)) = path.split_first() else {
        reached.push(Reached { node: Some(node), key, keys: keys.clone() });
        return;
    };
    if matches!(node.value, Value::Unknown) {
        reached.push(Reached { node: Some(node), key, keys: keys.clone() });
        return;
    }
    match first {
        PathKey::Name(name) => {
            let mut found = false;
            for entry in node.entries().iter().filter(|entry| *entry.key == **name) {
                found = true;
                step(&entry.value, entry.key_place, rest, keys, reached);
            }
            let index: Option<usize> = name.parse().ok();
            if let Some(item) = index.and_then(|index| node.items().get(index)) {
                found = true;
                step(item, item.place, rest, keys, reached);
            }
            // What a list holds is no table with a key missing.
            let may_have = matches!(node.value, Value::Table(_) | Value::Null);
            if !found && may_have && rest.iter().all(|key| matches!(key, PathKey::Name(_))) {
                reached.push(Reached { node: None, key, keys: keys.clone() });
            }
        }
        PathKey::Var(var) => {
            for Entry { key, key_place, value } in node.entries() {
                keys.push((*var, Key::Name(key, *key_place)));
                step(value, *key_place, rest, keys, reached);
                keys.pop();
            }
            for (index, item) in node.items().iter().enumerate() {
                keys.push((*var, Key::Index(index, item.place)));
                step(item, item.place, rest, keys, reached);
                keys.pop();
            }
        }
    }
}

/// The fixed names of a path: a text that lacks one of them has nothing the path leads to.
pub fn names(path: &[PathKey]) -> impl Iterator<Item = &str> {
    path.iter().filter_map(|key| match key {
        PathKey::Name(name) if name.parse::<usize>().is_err() => Some(name.as_str()),
        _ => None,
    })
}
