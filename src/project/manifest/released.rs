//! What packages say of themselves: `setup.py`, and the metadata of a release.

use super::{Rank, Reader};
use crate::base::Loc;
use crate::facts::{Const, FnIr, Term};
use crate::link::UnitInput;
use crate::source::{FileKind, SourceFile};
use crate::syntax::ast::ArgKind;

/// `setup(install_requires=[…])`
pub(super) fn setup_py(reader: &mut Reader, unit: &UnitInput) {
    if unit.path.rsplit('/').next() != Some("setup.py") {
        return;
    }
    let facts = &unit.facts;
    for ir in &facts.fns {
        for term in &ir.terms {
            let Term::Call { args, .. } = term else { continue };
            for arg in args {
                let ArgKind::Keyword(name) = arg.kind else { continue };
                if facts.names.resolve(name) != "install_requires" {
                    continue;
                }
                let base = facts.block_starts.get(usize::from(arg.span.block)).copied();
                let base = base.unwrap_or(0);
                let (start, end) = (base + arg.span.start, base + arg.span.end);
                let loc = Loc { file: unit.file, start, end };
                for text in texts(ir, &ir.terms[arg.value]) {
                    reader.claim(text, Rank::Range, true, &unit.path, loc);
                }
            }
        }
    }
}

/// The text items of a list display.
fn texts<'t>(ir: &'t FnIr, term: &'t Term) -> Vec<&'t str> {
    let Term::Seq { items, .. } = term else { return Vec::new() };
    let text = |term: &'t Term| match term {
        Term::Const(Const::Str(text)) => Some(&**text),
        _ => None,
    };
    items.iter().filter_map(|item| text(&ir.terms[item.value])).collect()
}

/// `Requires-Dist` lines of a release whose metadata lies at the root of the scan; those of
/// packages installed below it say nothing about the project.
pub(super) fn metadata(reader: &mut Reader, file: &SourceFile) {
    let depth = file.path.matches('/').count();
    let in_root = depth == 0 || (depth == 1 && file.path.contains(".dist-info/"));
    if file.kind != FileKind::Metadata || !in_root {
        return;
    }
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        // The headers end at the first empty line; then comes the description. An empty line
        // of a folded text, as of a licence, is indented.
        if line.trim_end_matches(['\r', '\n']).is_empty() {
            return;
        }
        let Some(specifier) = line.strip_prefix("Requires-Dist:") else { continue };
        let optional =
            specifier.split_once(';').is_some_and(|(_, marker)| marker.contains("extra"));
        let rank = if optional { Rank::Optional } else { Rank::Range };
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let (start, end) = (offset(start), offset(start + line.trim_end().len()));
        let loc = Loc { file: file.id, start, end };
        reader.claim(specifier.trim(), rank, true, &file.path, loc);
    }
}
