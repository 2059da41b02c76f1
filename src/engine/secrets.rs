//! Which bytes of a file must not be shown: literals that look like credentials, passwords in
//! URLs, and literals that are given a secret's name or that a rule took for a secret.

use crate::base::{FileId, FxHashMap, FxHashSet, Span, Symbol};
use crate::facts::{self, Const, FnIr, InstrKind, Mutation, Place, Term, TermId};
use crate::finding::Finding;
use crate::link::{Project, UnitId};
use crate::project::{Documents, secrets as document_secrets};
use crate::source::FileTable;
use crate::syntax::ast::ArgKind;

/// The byte ranges to mask, per file, for the files that reports show.
pub fn ranges(
    project: &Project<'_>,
    documents: &Documents,
    files: &FileTable,
    shown: &FxHashSet<FileId>,
    findings: &[Finding],
) -> FxHashMap<FileId, Vec<(u32, u32)>> {
    let mut ranges: FxHashMap<FileId, Vec<(u32, u32)>> = FxHashMap::default();
    for (unit, u) in project.units.iter_enumerated() {
        if shown.contains(&u.file) {
            let text = &files.get(u.file).text;
            let mut collector = Collector { project, unit, text, found: Vec::new() };
            u.facts.fns.iter().for_each(|ir| collector.add_body(ir));
            ranges.insert(u.file, collector.found);
        }
    }
    for file in documents.iter().filter(|file| shown.contains(&file.file)) {
        let places = document_secrets::places(project.rules, file).into_iter();
        ranges.insert(file.file, places.map(|place| (place.start, place.end)).collect());
    }
    for loc in findings.iter().flat_map(|f| &f.masked) {
        ranges.entry(loc.file).or_default().push(inner(
            &files.get(loc.file).text,
            loc.start,
            loc.end,
        ));
    }
    ranges
}

struct Collector<'p, 'r> {
    project: &'p Project<'r>,
    unit: UnitId,
    text: &'p str,
    found: Vec<(u32, u32)>,
}

impl Collector<'_, '_> {
    fn add_body(&mut self, ir: &FnIr) {
        for (term, kind) in ir.terms.iter_enumerated() {
            match kind {
                Term::Secret(_) => self.mask(ir.spans[term]),
                Term::Const(Const::Str(text)) if text.contains("://") => {
                    self.mask_password(ir.spans[term]);
                }
                Term::Dict(entries) => {
                    for entry in entries {
                        self.mask_secret_span(ir, entry.value, entry.span);
                        if let Some(key) = entry.key {
                            self.mask_if_keyed(ir, key, entry.value, entry.span);
                        }
                    }
                }
                Term::Seq { items, .. } => {
                    for item in items {
                        self.mask_secret_span(ir, item.value, item.span);
                    }
                }
                Term::Call { args, .. } => {
                    for arg in args {
                        self.mask_secret_span(ir, arg.value, arg.span);
                        if let ArgKind::Keyword(name) = arg.kind {
                            self.mask_if_named(ir, name, arg.value, arg.span);
                        }
                    }
                }
                Term::Update { op: Mutation::Set { key, value, span }, .. } => {
                    self.mask_secret_span(ir, *value, *span);
                    self.mask_if_keyed(ir, *key, *value, *span);
                }
                Term::Op(_, operands) => {
                    // `os.environ.get("SECRET") or "fallback"`: masked where it is bound.
                    for operand in operands.iter() {
                        self.mask_secret_span(ir, *operand, ir.spans[*operand]);
                    }
                }
                _ => {}
            }
        }
        for instr in ir.blocks.iter().flat_map(|b| &b.instrs) {
            match &instr.kind {
                InstrKind::Bind { name, value, .. } => self.mask_below(ir, *name, *value, 0),
                InstrKind::Store { place: Place::Attr(_, name), value } => {
                    self.mask_below(ir, *name, *value, 0);
                }
                InstrKind::Store { place: Place::Item(_, key), value } => {
                    self.mask_if_keyed(ir, *key, *value, ir.spans[*value]);
                }
                _ => {}
            }
        }
        for param in &ir.params {
            if let (Some(default), Some(parent)) = (param.default, ir.parent) {
                let facts = &self.project.units[self.unit].facts;
                self.mask_below(&facts.fns[parent], param.name, default, 0);
            }
        }
    }

    /// Masks every literal a secret's name is given: directly, as a default, as an alternative.
    fn mask_below(&mut self, ir: &FnIr, name: Symbol, value: TermId, depth: u32) {
        if depth > 4 {
            return;
        }
        self.mask_if_named(ir, name, value, ir.spans[value]);
        match &ir.terms[value] {
            Term::Call { args, .. } => {
                for arg in args.iter().skip(1) {
                    self.mask_if_named(ir, name, arg.value, arg.span);
                }
            }
            Term::Op(_, operands) => {
                operands.iter().for_each(|t| self.mask_below(ir, name, *t, depth + 1));
            }
            Term::Phi(operands) => {
                operands.iter().for_each(|(_, t)| self.mask_below(ir, name, *t, depth + 1));
            }
            _ => {}
        }
    }

    fn mask_secret_span(&mut self, ir: &FnIr, value: TermId, span: Span) {
        match &ir.terms[value] {
            Term::Secret(_) => self.mask(span),
            Term::Const(Const::Str(text)) if text.contains("://") => self.mask_password(span),
            _ => {}
        }
    }

    fn mask_if_keyed(&mut self, ir: &FnIr, key: TermId, value: TermId, span: Span) {
        if let Term::Const(Const::Str(key)) = &ir.terms[key]
            && self.means_secret(key)
        {
            self.mask_text(ir, value, span);
        }
    }

    fn mask_if_named(&mut self, ir: &FnIr, name: Symbol, value: TermId, span: Span) {
        if self.means_secret(self.project.name(name)) {
            self.mask_text(ir, value, span);
        }
    }

    fn mask_text(&mut self, ir: &FnIr, value: TermId, span: Span) {
        if matches!(
            &ir.terms[value],
            Term::Const(Const::Str(_) | Const::Bytes(_)) | Term::Secret(_)
        ) {
            self.mask(span);
        }
    }

    fn means_secret(&self, name: &str) -> bool {
        document_secrets::means_secret(self.project.rules, name)
    }

    fn mask(&mut self, span: Span) {
        let loc = self.project.loc(self.unit, span);
        self.found.push(inner(self.text, loc.start, loc.end));
    }

    fn mask_password(&mut self, span: Span) {
        let loc = self.project.loc(self.unit, span);
        let text = self.text.get(loc.start as usize..loc.end as usize).unwrap_or_default();
        if let Some(range) = facts::url_password(text) {
            let at = |offset: usize| loc.start + u32::try_from(offset).unwrap_or(u32::MAX);
            self.found.push((at(range.start), at(range.end)));
        }
    }
}

/// A literal without its prefix and quotes, so that the excerpt still reads as a literal.
fn inner(text: &str, start: u32, end: u32) -> (u32, u32) {
    let literal = text.get(start as usize..end as usize).unwrap_or_default();
    let body = literal.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let prefix = literal.len() - body.len();
    let quotes = ["\"\"\"", "'''", "\"", "'"];
    let Some(quote) = quotes.iter().find(|q| body.starts_with(**q)) else { return (start, end) };
    let Some(last) = literal.rfind(*quote).filter(|at| *at > prefix) else { return (start, end) };
    let at = |offset: usize| start + u32::try_from(offset).unwrap_or(u32::MAX);
    (at(prefix + quote.len()), at(last))
}
