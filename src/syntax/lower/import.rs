//! Imports.

use super::Lower;
use super::kind::Kind;
use crate::base::{Span, Symbol};
use crate::syntax::ast::{ImportFrom, ImportName, ImportedNames, StmtKind};

impl Lower<'_> {
    /// `import a.b as c, d`, or the names after `import` in a `from` import.
    pub(super) fn import_names(&mut self) -> Vec<ImportName> {
        let mut names = Vec::new();
        let mut more = self.enter();
        while more {
            names.extend(self.import_name());
            more = self.advance();
        }
        names
    }

    /// `a.b as c`, if the node is a name to import.
    fn import_name(&mut self) -> Option<ImportName> {
        let span = self.span();
        match self.kind {
            Kind::DottedName => Some(ImportName { path: self.dotted_name(), alias: None, span }),
            Kind::AliasedImport => {
                let (mut path, mut alias) = (Vec::new(), None);
                let mut more = self.enter();
                while more {
                    match self.kind {
                        Kind::DottedName => path = self.dotted_name(),
                        Kind::Identifier => alias = Some(self.symbol()),
                        _ => {}
                    }
                    more = self.advance();
                }
                Some(ImportName { path, alias, span })
            }
            _ => None,
        }
    }

    /// `a.b.c`
    fn dotted_name(&mut self) -> Vec<Symbol> {
        self.identifiers()
    }

    /// `from ..a.b import c as d`
    pub(super) fn import_from(&mut self) -> StmtKind {
        let mut import =
            ImportFrom { level: 0, module: Vec::new(), names: ImportedNames::Names(Vec::new()) };
        let mut names = Vec::new();
        let mut has_module = false;
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::RelativeImport => {
                    (import.level, import.module) = self.relative_import();
                    has_module = true;
                }
                Kind::DottedName if !has_module => {
                    import.module = self.dotted_name();
                    has_module = true;
                }
                Kind::WildcardImport => import.names = ImportedNames::Star,
                _ => names.extend(self.import_name().and_then(imported_name)),
            }
            more = self.advance();
        }
        if let ImportedNames::Names(list) = &mut import.names {
            *list = names;
        }
        StmtKind::ImportFrom(import)
    }

    /// `..a.b`: the number of dots, and the path.
    fn relative_import(&mut self) -> (u32, Vec<Symbol>) {
        let (mut level, mut module) = (0, Vec::new());
        let mut more = self.enter();
        while more {
            match self.kind {
                // The dots may stand apart.
                Kind::ImportPrefix => {
                    level = self.node_text().bytes().filter(|&byte| byte == b'.').count() as u32
                }
                Kind::DottedName => module = self.dotted_name(),
                _ => {}
            }
            more = self.advance();
        }
        (level, module)
    }

    /// `from __future__ import a`, where the module is a keyword of the grammar.
    pub(super) fn future_import(&mut self) -> StmtKind {
        let module = vec![self.names.intern("__future__")];
        let names = self.import_names().into_iter().filter_map(imported_name).collect();
        StmtKind::ImportFrom(ImportFrom { level: 0, module, names: ImportedNames::Names(names) })
    }
}

/// A name of a `from` import; only its first part, for Python allows no dots there.
fn imported_name(name: ImportName) -> Option<(Symbol, Option<Symbol>, Span)> {
    let first = name.path.first().copied()?;
    Some((first, name.alias, name.span))
}
