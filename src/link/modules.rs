//! Which module a dotted path names: packages, namespace packages, `src` layouts, several roots.
//!
//! A folder is an import root when it holds modules or packages and is no package itself, or
//! when a script lies in it that a framework starts with (its folder is where Python looks). An
//! absolute import is looked for from the importing file's own roots outwards, then in all
//! other roots, shallow ones first; the first root that has the whole path wins, then the
//! first that has its head. A head that the library models know (`jwt`, `redis`) names the
//! library, unless the scan root itself holds that package: a helper `utils/jwt.py` next to
//! `import jwt` must not hide it.

use crate::base::{FileId, FxHashMap, FxHashSet, Interner, Symbol};
use crate::facts::FileFacts;
use crate::finding::Profile;

use super::UnitId;

/// A Python file as it enters link.
#[derive(Debug)]
pub struct UnitInput {
    /// The file.
    pub file: FileId,
    /// Its path relative to the scan root, with `/`.
    pub path: String,
    /// What it contributes; names are its own.
    pub facts: FileFacts,
    /// Whether it is code that runs in production.
    pub production: bool,
    /// Where it is in force, if the configuration says so.
    pub profile: Option<Profile>,
    /// Where classes are in force, by the names they have in it, if the configuration says so; a
    /// later entry stands above others.
    pub class_profiles: Vec<(String, Profile)>,
    /// Name of the scan root's folder: what a package is called whose own folder is scanned.
    pub root_name: Option<String>,
}

/// A folder of the project.
#[derive(Debug, Default)]
struct Folder {
    parent: Option<usize>,
    folders: FxHashMap<Symbol, usize>,
    modules: FxHashMap<Symbol, UnitId>,
    init: Option<UnitId>,
    depth: usize,
    /// Whether a script that a framework starts with lies here, so that imports start here too.
    start: bool,
}

/// What a dotted path names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A module, or a package's `__init__.py`.
    Unit(UnitId),
    /// A folder without `__init__.py`.
    Folder(usize),
}

/// All modules by place.
#[derive(Debug, Default)]
pub struct ModuleTree {
    folders: Vec<Folder>,
    /// Folder of each unit, and whether the unit is the folder's `__init__.py`.
    places: Vec<(usize, bool)>,
    /// Folders that are import roots, shallow ones first.
    roots: Vec<usize>,
    root_name: Option<Symbol>,
    init_name: Option<Symbol>,
    libraries: FxHashSet<Symbol>,
}

impl ModuleTree {
    /// Reads the tree off the paths. `libraries` are the top-level names of modelled libraries,
    /// `scripts` the names of files that frameworks start with.
    pub fn build(
        inputs: &[UnitInput],
        libraries: FxHashSet<Symbol>,
        scripts: &[&str],
        names: &mut Interner,
    ) -> Self {
        let mut tree = Self {
            folders: vec![Folder::default()],
            libraries,
            init_name: Some(names.intern("__init__")),
            ..Self::default()
        };
        for (index, input) in inputs.iter().enumerate() {
            let unit = UnitId::from(index);
            let mut segments: Vec<&str> = input.path.split('/').collect();
            let file = segments.pop().unwrap_or_default();
            let folder = segments.iter().fold(0, |at, s| tree.enter(at, names.intern(s)));
            let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
            // Nothing can import a notebook, whose name may be a module's.
            let importable = !file.ends_with(".ipynb");
            if !importable {
                tree.places.push((folder, false));
                continue;
            }
            if stem == "__init__" {
                tree.folders[folder].init = Some(unit);
            } else {
                tree.folders[folder].modules.insert(names.intern(stem), unit);
                tree.folders[folder].start |= scripts.contains(&file);
            }
            tree.places.push((folder, stem == "__init__"));
        }
        tree.root_name =
            inputs.first().and_then(|i| i.root_name.as_ref()).map(|name| names.intern(name));
        tree.find_roots();
        tree
    }

    fn enter(&mut self, at: usize, name: Symbol) -> usize {
        if let Some(&known) = self.folders[at].folders.get(&name) {
            return known;
        }
        let depth = self.folders[at].depth + 1;
        self.folders.push(Folder { parent: Some(at), depth, ..Folder::default() });
        let made = self.folders.len() - 1;
        self.folders[at].folders.insert(name, made);
        made
    }

    fn find_roots(&mut self) {
        let mut roots: Vec<usize> = (0..self.folders.len())
            .filter(|&i| {
                let folder = &self.folders[i];
                let holds_package =
                    folder.folders.values().any(|&f| self.folders[f].init.is_some());
                folder.start
                    || (folder.init.is_none() && (holds_package || !folder.modules.is_empty()))
            })
            .collect();
        // Folders are numbered in path order, so this is by depth, then by path.
        roots.sort_by_key(|&i| (self.folders[i].depth, i));
        self.roots = roots;
    }

    /// The package (its folder) a relative import of `unit` with `level` dots starts from.
    pub fn relative_base(&self, unit: UnitId, level: u32) -> Option<Target> {
        let mut folder = self.places[usize::from(unit)].0;
        for _ in 1..level {
            folder = self.folders[folder].parent?;
        }
        Some(self.folder_target(folder))
    }

    fn folder_target(&self, folder: usize) -> Target {
        self.folders[folder].init.map_or(Target::Folder(folder), Target::Unit)
    }

    /// A submodule or subpackage of a package.
    pub fn submodule(&self, target: Target, name: Symbol) -> Option<Target> {
        let folder = match target {
            Target::Folder(folder) => folder,
            Target::Unit(unit) => match self.places[usize::from(unit)] {
                (folder, true) => folder,
                _ => return None,
            },
        };
        self.child(folder, name)
    }

    fn child(&self, folder: usize, name: Symbol) -> Option<Target> {
        let folder = &self.folders[folder];
        if Some(name) == self.init_name {
            return folder.init.map(Target::Unit);
        }
        // Python prefers a package to a module of the same name, and a module to a namespace.
        let package = folder.folders.get(&name).copied();
        if let Some(init) = package.and_then(|f| self.folders[f].init) {
            return Some(Target::Unit(init));
        }
        folder.modules.get(&name).copied().map(Target::Unit).or(package.map(Target::Folder))
    }

    /// Follows `path` from the roots that `from` sees. Returns the target and how many segments
    /// it took (at least one); the rest are names inside a module.
    pub fn absolute(&self, from: UnitId, path: &[Symbol]) -> Option<(Target, usize)> {
        let head = *path.first()?;
        if self.libraries.contains(&head) {
            return self.follow(0, path);
        }
        let mut best: Option<(Target, usize)> = None;
        for root in self.search_order(from) {
            let Some(found) = self.follow(root, path) else { continue };
            if found.1 == path.len() {
                return Some(found);
            }
            if best.is_none_or(|(_, taken)| found.1 > taken) {
                best = Some(found);
            }
        }
        // A program may put a folder of a package on its path: `manage.py` does for its own.
        if best.is_none() && path.len() > 1 {
            let above = self.above(from);
            let mut found = above.filter_map(|folder| self.follow(folder, path));
            best = found.find(|(_, taken)| *taken >= path.len() - 1);
        }
        if best.is_none() && self.root_name == Some(head) {
            return Some(match self.follow(0, &path[1..]) {
                Some((target, taken)) => (target, taken + 1),
                None => (self.folder_target(0), 1),
            });
        }
        best
    }

    /// The folders a file lies in, from inside out.
    fn above(&self, from: UnitId) -> impl Iterator<Item = usize> + '_ {
        let first = self.places[usize::from(from)].0;
        std::iter::successors(Some(first), |folder| self.folders[*folder].parent)
    }

    fn search_order(&self, from: UnitId) -> impl Iterator<Item = usize> + '_ {
        let mut own = Vec::new();
        let mut at = Some(self.places[usize::from(from)].0);
        while let Some(folder) = at {
            if self.folders[folder].init.is_none() || self.folders[folder].start || folder == 0 {
                own.push(folder);
            }
            at = self.folders[folder].parent;
        }
        let others: Vec<usize> = self.roots.iter().copied().filter(|r| !own.contains(r)).collect();
        own.into_iter().chain(others)
    }

    fn follow(&self, root: usize, path: &[Symbol]) -> Option<(Target, usize)> {
        let mut at = self.child(root, *path.first()?)?;
        let mut taken = 1;
        for name in &path[1..] {
            match self.submodule(at, *name) {
                Some(next) => at = next,
                None => break,
            }
            taken += 1;
        }
        Some((at, taken))
    }
}
