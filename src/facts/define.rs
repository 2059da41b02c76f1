//! Statements that define: imports, functions, classes.

use super::body::Body;
use super::ir::{ClassId, FnId, ImportId, ImportedName, InstrKind, Param, Term};
use crate::base::{Span, Symbol};
use crate::syntax::ast::{ClassDef, FunctionDef, ImportFrom, ImportName, Params, StmtId};

impl<'a> Body<'_, 'a> {
    /// `import a.b as c, d`
    pub fn import(&mut self, id: StmtId, names: &'a [ImportName]) {
        let Some(&first) = self.file.scopes.import_of.get(&id) else { return };
        let mut next = first.0;
        for clause in names {
            let Some(&root) = clause.path.first() else { continue };
            let bound = ImportId(next);
            // `import a.b` binds `a`; that it loads `a.b` is an import of its own.
            let count = if clause.alias.is_none() && clause.path.len() > 1 { 2 } else { 1 };
            for import in next..next + count {
                self.instr(InstrKind::Import(ImportId(import)), clause.span);
            }
            next += count;
            self.bind_import(clause.alias.unwrap_or(root), bound, clause.span);
        }
    }

    /// `from a import b as c, d`
    pub fn import_from(&mut self, id: StmtId, from: &'a ImportFrom) {
        use crate::syntax::ast::ImportedNames;
        let Some(&first) = self.file.scopes.import_of.get(&id) else { return };
        match &from.names {
            ImportedNames::Star => {
                let span = self.file.imports[first].span;
                debug_assert_eq!(self.file.imports[first].name, ImportedName::Star);
                self.instr(InstrKind::Import(first), span);
            }
            ImportedNames::Names(names) => {
                for (import, &(name, alias, span)) in (first.0..).map(ImportId).zip(names) {
                    self.instr(InstrKind::Import(import), span);
                    self.bind_import(alias.unwrap_or(name), import, span);
                }
            }
        }
    }

    fn bind_import(&mut self, name: Symbol, import: ImportId, span: Span) {
        let value = self.add(Term::Import(import), span);
        self.bind(name, value, span);
    }

    /// `def name(params): …`
    pub fn define_function(&mut self, id: StmtId, def: &'a FunctionDef) {
        let Some(&function) = self.file.scopes.defs.get(&id) else { return };
        let decorators = def.decorators.iter().map(|&decorator| self.expr(decorator)).collect();
        let params = self.params(&def.params);
        let returns = def.returns.map(|returns| self.expr(returns));
        self.file.set_head(function, params, decorators, returns);
        self.note_method(def.name.name, function);
        let value = self.add(Term::Closure(function), def.name.span);
        self.bind(def.name.name, value, def.name.span);
    }

    fn note_method(&mut self, name: Symbol, function: FnId) {
        if let Some(frame) = self.classes.last() {
            let methods = &mut self.file.classes[frame.id].methods;
            if !methods.contains(&(name, function)) {
                methods.push((name, function));
            }
        }
    }

    /// Defaults, then annotations, evaluated in the defining body.
    pub fn params(&mut self, params: &'a Params) -> Vec<Param> {
        let items = Self::kept_params(&params.items);
        let defaults: Vec<_> =
            items.iter().map(|param| param.default.map(|default| self.expr(default))).collect();
        items
            .iter()
            .zip(defaults)
            .map(|(param, default)| Param {
                name: param.name.name,
                kind: param.kind,
                annotation: param.annotation.map(|annotation| self.expr(annotation)),
                default,
                span: param.name.span,
            })
            .collect()
    }

    /// `class name(bases): …`; its body runs here.
    pub fn define_class(&mut self, id: StmtId, def: &'a ClassDef) {
        let Some(&class) = self.file.scopes.class_of.get(&id) else { return };
        let decorators = def.decorators.iter().map(|&decorator| self.expr(decorator)).collect();
        let bases = self.args(&def.bases);
        self.enter_class(class);
        self.body(&def.body);
        let attrs = self.leave_class();
        let value = self.add(Term::Class(class), def.name.span);
        self.fill_class(class, attrs, |fact| {
            fact.bases = bases;
            fact.decorators = decorators;
        });
        self.bind(def.name.name, value, def.name.span);
    }

    /// Completes a class; a second lowering (in a copy of a `finally` body) changes nothing.
    fn fill_class(
        &mut self,
        class: ClassId,
        attrs: Vec<(Symbol, super::ir::TermId, Span)>,
        fill: impl FnOnce(&mut super::ir::ClassFact),
    ) {
        if self.file.frozen {
            return;
        }
        let fact = &mut self.file.classes[class];
        if fact.attrs.is_empty() && fact.bases.is_empty() {
            fact.attrs = attrs;
            fill(fact);
        }
    }
}
