//! Paths of files, and which modules of the project can be imported.
//!
//! While a module runs, `__file__` is its path below a root that stands for the project. Paths
//! are texts, whether the program keeps them as `str` or as `pathlib.Path`.

use super::args::Actuals;
use super::tri::Tri;
use super::value::{Kind, Val};
use super::{Cx, UnitId};
use crate::base::Symbol;

/// What stands for the folder of the project.
const ROOT: &str = "/";

/// The value of `__file__` in the module at `path`.
pub fn file_value(path: &str) -> Val {
    Val::text(&format!("{ROOT}{path}"))
}

impl Cx<'_, '_> {
    /// A call of `os.path` or `pathlib.Path`, or a question for a module by its name.
    pub(super) fn path_call(&self, path: &[Symbol], actuals: &Actuals) -> Option<Val> {
        if !self.is_running() {
            return None;
        }
        let names: Vec<&str> = path.iter().map(|name| self.project.name(*name)).collect();
        let texts: Option<Vec<&str>> =
            actuals.positional.iter().map(|v| v.in_force().and_then(Val::as_str)).collect();
        match (names.as_slice(), texts?.as_slice()) {
            (["os", "path", "abspath" | "realpath" | "normpath"] | ["os", "fspath"], [text]) => {
                Some(Val::text(&normal(text)))
            }
            (["os", "path", "dirname"], [text]) => Some(Val::text(parent(text))),
            (["os", "path", "basename"], [text]) => Some(Val::text(last(text))),
            (["os", "path", "join"], parts) | (["pathlib", "Path" | "PurePath"], parts) => {
                Some(Val::text(&joined(parts)))
            }
            (["os", "path", "exists" | "isfile"], [text]) => self.exists(text).map(Val::bool),
            (["importlib", "util", "find_spec"] | ["importlib", "find_loader"], [text]) => {
                self.spec(text)
            }
            _ => None,
        }
    }

    /// An attribute of a path.
    pub(super) fn path_attribute(&self, text: &str, name: Symbol) -> Option<Val> {
        let value = match self.project.name(name) {
            "parent" if text.starts_with(ROOT) => Val::text(parent(text)),
            "parents" if text.starts_with(ROOT) => {
                let above = std::iter::successors(Some(parent(text)), |at| {
                    (*at != ROOT).then(|| parent(at))
                });
                let all = above.map(Val::text).collect();
                Val::seq(crate::facts::SeqKind::Tuple, all, false)
            }
            "name" if text.starts_with(ROOT) => Val::text(last(text)),
            _ => return None,
        };
        Some(value)
    }

    /// A method of a path.
    pub(super) fn path_method(&self, text: &str, name: &str, actuals: &Actuals) -> Option<Val> {
        if !text.starts_with(ROOT) {
            return None;
        }
        match (name, actuals.positional.as_slice()) {
            ("resolve" | "absolute" | "as_posix" | "expanduser", _) => {
                Some(Val::text(&normal(text)))
            }
            ("joinpath", parts) => {
                let parts: Option<Vec<&str>> = parts.iter().map(Val::as_str).collect();
                Some(Val::text(&joined(&[&[text], parts?.as_slice()].concat())))
            }
            ("with_name", [name]) => Some(Val::text(&joined(&[parent(text), name.as_str()?]))),
            ("exists" | "is_file", []) => self.exists(text).map(Val::bool),
            _ => None,
        }
    }

    /// `folder / name`
    pub(super) fn path_below(&self, folder: &Val, name: &Val) -> Val {
        match (folder.as_str(), name.as_str()) {
            (Some(folder), Some(name)) => Val::text(&joined(&[folder, name])),
            _ => Val::opaque(),
        }
    }

    /// Whether a file exists. Modules are all known; other files may be made where it runs.
    fn exists(&self, path: &str) -> Option<bool> {
        let path = normal(path);
        let path = path.strip_prefix(ROOT).filter(|path| path.ends_with(".py"))?;
        Some(self.project.units.iter().any(|unit| unit.path == path))
    }

    /// `importlib.util.find_spec(name)`: true or nothing for modules of the project.
    fn spec(&self, name: &str) -> Option<Val> {
        let found = self.module_named(name)?;
        Some(match found {
            true => Val::bool(true),
            false => Val::new(Kind::Const(crate::facts::Const::None)),
        })
    }

    /// Whether the project has a module; not known where it may be a library's.
    fn module_named(&self, dotted: &str) -> Option<bool> {
        let from = self.innermost()?;
        let parts: Vec<&str> = dotted.split('.').collect();
        let head = self.project.names.get(parts[0])?;
        self.project.modules.absolute(from, &[head])?;
        let path: Option<Vec<Symbol>> =
            parts.iter().map(|part| self.project.names.get(part)).collect();
        let Some(path) = path else { return Some(false) };
        Some(
            self.project
                .modules
                .absolute(from, &path)
                .is_some_and(|(_, taken)| taken == path.len()),
        )
    }

    /// Whether `module.name` can be imported: not, where the project has the module and not the
    /// name, or where nothing in the project speaks of the package.
    pub(super) fn importable(&self, dotted: &str) -> Tri {
        let parts: Vec<&str> = dotted.split('.').collect();
        if parts.len() < 2 {
            return Tri::No;
        }
        let Some(head) = self.project.names.get(parts[0]) else {
            return if self.is_required(parts[0]) { Tri::Unknown } else { Tri::No };
        };
        if self.project.modules.absolute(UnitId(0), &[head]).is_none() {
            let known = self.is_imported(head) || self.is_required(parts[0]);
            return if known { Tri::Unknown } else { Tri::No };
        }
        let path: Option<Vec<Symbol>> =
            parts.iter().map(|part| self.project.names.get(part)).collect();
        match path.and_then(|path| self.lookup_path(UnitId(0), &path)) {
            Some(value) if !value.is_unknown() => Tri::Yes,
            _ => Tri::Unknown,
        }
    }

    /// Whether a package is imported somewhere, or known to rules.
    fn is_imported(&self, head: Symbol) -> bool {
        let imports = |unit: &super::Unit| {
            unit.facts
                .imports
                .iter()
                .any(|import| import.level == 0 && import.module.first() == Some(&head))
        };
        self.project.rules.library.heads().contains(&head) || self.project.units.iter().any(imports)
    }

    /// Whether the name of a required package has that of a module in it: `django-axes`, `axes`.
    fn is_required(&self, head: &str) -> bool {
        let head = crate::rule::version::normalise(head);
        let required = &self.project.packages.required;
        required.is_empty() || required.iter().any(|package| package.contains(&head))
    }
}

/// The path without `.`, `..` and doubled separators.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if path.starts_with('/') => {}
            part => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

fn joined(parts: &[&str]) -> String {
    let mut made = String::new();
    for part in parts {
        if part.starts_with('/') {
            made.clear();
        } else if !made.is_empty() && !made.ends_with('/') {
            made.push('/');
        }
        made.push_str(part);
    }
    made
}

fn parent(path: &str) -> &str {
    match path.trim_end_matches('/').rsplit_once('/') {
        Some(("", _)) => ROOT,
        Some((folder, _)) => folder,
        None if path.starts_with('/') => ROOT,
        None => "",
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart_and_joined() {
        assert_eq!(normal("/a/./b/../c//d"), "/a/c/d");
        assert_eq!(normal("../a"), "../a");
        assert_eq!(parent("/a/b.py"), "/a");
        assert_eq!(parent("/a"), "/");
        assert_eq!(parent("/"), "/");
        assert_eq!(last("/a/b.py"), "b.py");
        assert_eq!(joined(&["/a", "b", "c.py"]), "/a/b/c.py");
        assert_eq!(joined(&["/a", "/b"]), "/b");
    }
}
