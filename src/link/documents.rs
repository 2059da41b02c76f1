//! Documents without declared fields: which fields those of a collection have is told by what the
//! project writes into it.

use super::tri::{Bindings, Tri};
use super::value::{Frame, Kind, Val};
use super::{CallSite, Cx, TermRef};
use crate::base::Symbol;
use crate::facts::Const;
use crate::rule::flow_models::{DocumentWrite, DocumentsModel};
use crate::rule::model::{Pat, VarId};

/// A call that reads documents, as far as it is known what it gives.
#[derive(Debug, Clone)]
pub struct DocumentRead {
    /// The call.
    pub call: TermRef,
    /// The fields that are written somewhere and that the call gives.
    pub fields: Vec<String>,
    /// Whether it gives several documents.
    pub many: bool,
}

/// Fields of the documents of a collection.
struct Written {
    collection: Val,
    fields: Vec<String>,
}

/// What a projection leaves of a document.
enum Projection {
    All,
    Only(Vec<String>),
    AllBut(Vec<String>),
}

impl Cx<'_, '_> {
    /// The calls that read documents of whose fields something is known.
    pub fn document_reads(&self) -> Vec<DocumentRead> {
        let models = &self.project.rules.library.documents;
        models.iter().flat_map(|model| self.reads_of(model)).collect()
    }

    fn reads_of(&self, model: &DocumentsModel) -> Vec<DocumentRead> {
        let writes = model.writes.iter().flat_map(|write| self.written_by(write));
        let written: Vec<Written> = writes.collect();
        let mut reads = Vec::new();
        if written.is_empty() {
            return reads;
        }
        for site in self.sites_of(model.read) {
            let roles = ["collection", "projection"];
            let Some([collection, projection]) = self.roles_at(&site, model.read, roles) else {
                continue;
            };
            let Some(projection) = self.projection(&projection) else { continue };
            self.refuel();
            let same = |of: &&Written| self.same(&of.collection, &collection) == Tri::Yes;
            let mut fields: Vec<String> =
                written.iter().filter(same).flat_map(|of| of.fields.clone()).collect();
            fields.retain(|field| projection.leaves(field));
            fields.sort_unstable();
            fields.dedup();
            if !fields.is_empty() {
                let many = !self.method_of(&site).is_some_and(|name| model.one.contains(&name));
                let call = TermRef { func: site.func, term: site.term };
                reads.push(DocumentRead { call, fields, many });
            }
        }
        reads
    }

    fn written_by(&self, write: &DocumentWrite) -> Vec<Written> {
        let role = self.project.name(write.role).to_owned();
        let mut written = Vec::new();
        for site in self.sites_of(write.concept) {
            let roles = ["collection", role.as_str()];
            let Some([collection, document]) = self.roles_at(&site, write.concept, roles) else {
                continue;
            };
            let parts = match write.below.as_slice() {
                [] => vec![document],
                below => below.iter().map(|key| self.part(&document, key)).collect(),
            };
            let fields: Vec<String> = parts.iter().flat_map(fields_of).collect();
            if !fields.is_empty() {
                written.push(Written { collection, fields });
            }
        }
        written
    }

    /// The production calls that may be a concept, in the order of their places.
    fn sites_of(&self, concept: Symbol) -> Vec<CallSite> {
        let names = self.concept_names(concept);
        let sites = names.iter().flat_map(|name| self.project.index.callers(*name));
        let mut sites: Vec<CallSite> = sites.copied().collect();
        sites.sort_unstable_by_key(|site| (site.func.unit, site.func.func, site.term));
        sites.dedup();
        sites
    }

    /// What has two roles of a concept at a call, if the call certainly is that.
    fn roles_at(&self, site: &CallSite, concept: Symbol, roles: [&str; 2]) -> Option<[Val; 2]> {
        self.refuel();
        let names = &self.project.names;
        let wanted = [
            (names.get(roles[0])?, Pat::Var(VarId::from(0_usize))),
            (names.get(roles[1])?, Pat::Var(VarId::from(1_usize))),
        ];
        let call = self.as_written(TermRef { func: site.func, term: site.term });
        let mut vars = Bindings::new(2);
        if self.match_concept(concept, &wanted, &call, &mut vars) != Tri::Yes {
            return None;
        }
        let value = |var: usize| vars.get(VarId::from(var)).cloned();
        Some([value(0)?, value(1)?])
    }

    fn method_of(&self, site: &CallSite) -> Option<Symbol> {
        let crate::facts::Term::Call { func, .. } = &self.project.ir(site.func).terms[site.term]
        else {
            return None;
        };
        self.refuel();
        self.called_path(*func, &Frame::open(site.func))?.last().copied()
    }

    /// What a projection leaves; none when that is not known.
    fn projection(&self, value: &Val) -> Option<Projection> {
        let value = value.in_force()?;
        match &value.kind {
            Kind::Absent | Kind::Const(Const::None) => Some(Projection::All),
            Kind::Seq(seq) if !seq.open => {
                let names = seq.items.iter().map(|item| item.as_str().map(str::to_owned));
                Some(Projection::Only(names.collect::<Option<_>>()?))
            }
            Kind::Dict(dict) if !dict.open => {
                let mut only = Vec::new();
                let mut all_but = Vec::new();
                for (key, shown) in &dict.entries {
                    let list = if shown.truth()? { &mut only } else { &mut all_but };
                    list.push(key.as_str()?.to_owned());
                }
                // The identifier may be left out of those that are named.
                Some(match only.is_empty() {
                    true => Projection::AllBut(all_but),
                    false => Projection::Only(only),
                })
            }
            _ => None,
        }
    }
}

impl Projection {
    fn leaves(&self, field: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|name| name == field),
            Self::AllBut(names) => !names.iter().any(|name| name == field),
        }
    }
}

/// The names of the fields of a document, or of a list of documents, that hold something.
fn fields_of(document: &Val) -> Vec<String> {
    match &document.kind {
        Kind::Dict(dict) => {
            let named = dict.entries.iter().filter(|(_, value)| {
                !matches!(value.kind, Kind::Const(Const::None | Const::Bool(_)))
            });
            named.filter_map(|(key, _)| key.as_str().map(str::to_owned)).collect()
        }
        Kind::Seq(seq) => seq.items.iter().flat_map(fields_of).collect(),
        _ => Vec::new(),
    }
}
