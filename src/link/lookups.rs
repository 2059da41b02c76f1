//! Lookups of rows as a concept: which class, by which columns.
//!
//! The roles of such a concept are fixed: `model` is the class, `filters` a dict of columns and
//! what they must be, `values` one of what a method that writes puts into them, `method` the name
//! of what is called, `row` what it gives.

use std::sync::Arc;

use super::args::made_of;
use super::types::Ty;
use super::value::{Frame, Kind, Origin, Val};
use super::{Bindings, Cx, Tri};
use crate::base::Symbol;
use crate::facts::{ArgTerm, Op, Term, TermId};
use crate::rule::flow_models::RowsModel;
use crate::rule::model::Pat;
use crate::syntax::ast::{ArgKind, CmpOp};

/// Longest chain of calls on rows that is followed.
const MAX_CHAIN: usize = 16;
/// The column that an argument without a name is compared with.
const PRIMARY: &str = "pk";

/// Columns and what they must be.
#[derive(Default)]
struct Filters {
    columns: Vec<(Val, Val)>,
    /// There may be others.
    open: bool,
    /// A mapping of which nothing is known that names columns.
    spread: Option<Val>,
}

impl Filters {
    fn to_val(&self) -> Val {
        made_of(self.spread.as_ref(), Val::dict(self.columns.clone(), self.open))
    }
}

/// A call that looks rows up.
struct Lookup {
    class: Ty,
    method: Symbol,
    filters: Filters,
    values: Filters,
}

impl Cx<'_, '_> {
    /// Names of calls that may be the concept of lookups.
    pub(super) fn lookup_names(&self, concept: Symbol) -> Vec<Symbol> {
        let models = self.project.rules.library.rows.iter().filter(|m| m.is == Some(concept));
        models
            .flat_map(|model| {
                let functions = model.one_of.iter().filter_map(|path| path.last());
                model.one.iter().chain(&model.other).chain(functions).copied()
            })
            .collect()
    }

    /// Matches a call as a lookup of rows.
    pub(super) fn match_lookup(
        &self,
        concept: Symbol,
        roles: &[(Symbol, Pat)],
        row: &Val,
        origin: &Origin,
        vars: &mut Bindings,
    ) -> Tri {
        let models = &self.project.rules.library.rows;
        if !models.iter().any(|model| model.is == Some(concept)) {
            return Tri::No;
        }
        let frame = &origin.frame;
        let Some(lookup) = self.lookup(concept, origin.term.term, frame) else {
            return Tri::No;
        };
        let model = match lookup.class {
            Ty::Class(class) => Val::new(Kind::Class(class)),
            Ty::Lib(path) => Val::new(Kind::Lib(path.into())),
        };
        let mut answer = Tri::Yes;
        for (role, pat) in roles {
            let value = match self.project.name(*role) {
                "model" => model.clone(),
                "filters" => lookup.filters.to_val(),
                "values" => lookup.values.to_val(),
                "method" => Val::text(self.project.name(lookup.method)),
                "row" => row.clone(),
                _ => return Tri::No,
            };
            answer = answer.and(|| self.match_pat(pat, &value, vars));
        }
        answer
    }

    fn lookup(&self, concept: Symbol, call: TermId, frame: &Arc<Frame>) -> Option<Lookup> {
        let terms = &self.project.ir(frame.func).terms;
        let Term::Call { func, args } = &terms[call] else { return None };
        let (mut filters, mut values) = (Filters::default(), Filters::default());
        if let Term::Attr(object, method) = &terms[*func]
            && let Some((class, model)) = self.rows_of(*object, frame)
        {
            let ends = model.one.contains(method) || model.other.contains(method);
            if !ends || model.is != Some(concept) {
                return None;
            }
            let writes = model.writes.contains(method);
            self.add_filters(args, frame, if writes { &mut values } else { &mut filters });
            self.chain_filters(*object, frame, model, &mut filters);
            return Some(Lookup { class, method: *method, filters, values });
        }
        let path = self.called_path(*func, frame)?;
        let models = &self.project.rules.library.rows;
        let model = models.iter().find(|m| m.is == Some(concept) && m.one_of.contains(&path))?;
        let (first, others) = args.split_first()?;
        let class = self.row_by_function(*func, first.value, frame)?;
        self.add_filters(others, frame, &mut filters);
        self.chain_filters(first.value, frame, model, &mut filters);
        Some(Lookup { class, method: *path.last()?, filters, values })
    }

    /// The filters of a chain of calls on rows.
    fn chain_filters(
        &self,
        rows: TermId,
        frame: &Arc<Frame>,
        model: &RowsModel,
        filters: &mut Filters,
    ) {
        let terms = &self.project.ir(frame.func).terms;
        let mut at = rows;
        for _ in 0..MAX_CHAIN {
            at = match &terms[at] {
                Term::Call { func, args } => match &terms[*func] {
                    Term::Attr(object, _) if self.rows_of(*object, frame).is_some() => {
                        self.add_filters(args, frame, filters);
                        *object
                    }
                    // A manager that is called itself.
                    Term::Attr(_, name) if model.managers.contains(name) => {
                        return self.add_filters(args, frame, filters);
                    }
                    _ => match args.first() {
                        Some(first) if self.rows_of(first.value, frame).is_some() => first.value,
                        _ => return,
                    },
                },
                Term::Item(object, _) => *object,
                Term::Update { base, .. } | Term::Escaped { base, .. } => *base,
                // The class itself, or its manager.
                Term::Attr(_, name) if model.managers.contains(name) => return,
                _ if matches!(self.eval(at, frame).kind, Kind::Class(_) | Kind::Lib(_)) => return,
                _ => break,
            };
        }
        filters.open = true;
    }

    fn add_filters(&self, args: &[ArgTerm], frame: &Arc<Frame>, filters: &mut Filters) {
        let terms = &self.project.ir(frame.func).terms;
        for arg in args {
            let value = || self.eval(arg.value, frame);
            match (&arg.kind, &terms[arg.value]) {
                (ArgKind::Keyword(name), _) => {
                    filters.columns.push((Val::text(self.project.name(*name)), value()));
                }
                // `Row.column == value`
                (ArgKind::Positional, Term::Op(Op::Compare(CmpOp::Eq), sides)) => {
                    match sides.first().map(|side| &terms[*side]).zip(sides.get(1)) {
                        Some((Term::Attr(_, column), wanted)) => {
                            let column = Val::text(self.project.name(*column));
                            filters.columns.push((column, self.eval(*wanted, frame)));
                        }
                        _ => filters.open = true,
                    }
                }
                // Names of columns and relations, and numbers of rows.
                (ArgKind::Positional, Term::Const(_)) => {}
                (ArgKind::Positional, Term::Call { args, .. })
                    if args.len() > 1
                        || args.iter().any(|a| matches!(a.kind, ArgKind::Keyword(_))) =>
                {
                    filters.open = true;
                }
                (ArgKind::Positional, Term::Op(..)) => filters.open = true,
                (ArgKind::Positional, _) => filters.columns.push((Val::text(PRIMARY), value())),
                (ArgKind::Star, _) => filters.open = true,
                (ArgKind::DoubleStar, _) => match value().in_force().and_then(Val::as_dict) {
                    Some(dict) => {
                        filters.columns.extend(dict.entries.iter().cloned());
                        filters.open |= dict.open;
                    }
                    None => {
                        filters.open = true;
                        filters.spread = Some(value());
                    }
                },
            }
        }
    }
}
