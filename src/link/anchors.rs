//! Names that something must have for a pattern to match it: the index into many patterns.

use crate::base::{FxHashMap, Symbol};
use crate::rule::model::{Pat, Pattern, PatternKind};

/// Models by the names their patterns hang on.
#[derive(Debug)]
pub struct Anchored<'r, M> {
    by_name: FxHashMap<Symbol, Vec<&'r M>>,
    /// Models whose pattern hangs on no one name.
    others: Vec<&'r M>,
}

impl<'r, M> Anchored<'r, M> {
    /// Sorts models by the anchors of their patterns.
    pub fn new(models: &'r [M], pattern: impl Fn(&M) -> &Pattern) -> Self {
        let mut by_name: FxHashMap<Symbol, Vec<&'r M>> = FxHashMap::default();
        let mut others = Vec::new();
        for model in models {
            let names = match &pattern(model).kind {
                PatternKind::Expr(pat) => anchors(pat),
                _ => None,
            };
            match names {
                Some(names) => {
                    for name in names {
                        by_name.entry(name).or_default().push(model);
                    }
                }
                None => others.push(model),
            }
        }
        Self { by_name, others }
    }

    /// The models that may match something of one of these names.
    pub fn of(&self, names: &[Symbol]) -> impl Iterator<Item = &'r M> {
        let named = names.iter().filter_map(|name| self.by_name.get(name)).flatten();
        named.chain(&self.others).copied()
    }
}

/// The last names of what an expression pattern matches; none: any name.
pub fn anchors(pat: &Pat) -> Option<Vec<Symbol>> {
    match pat {
        Pat::Path(path) => path.last().map(|name| vec![*name]),
        Pat::Attr(_, name) => Some(vec![*name]),
        Pat::Call { func, .. } => anchors(func),
        Pat::Item(object, _) => anchors(object),
        Pat::Alt(alternatives) => {
            let names: Option<Vec<Vec<Symbol>>> = alternatives.iter().map(anchors).collect();
            Some(names?.concat())
        }
        _ => None,
    }
}
