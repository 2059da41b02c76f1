//! Which fields the class of a value has.

use indexmap::IndexMap;

use super::tri::{Bindings, Tri};
use super::types::Ty;
use super::value::{Kind, Val};
use super::{ClassRef, Cx};
use crate::base::Symbol;
use crate::facts::SeqKind;
use crate::rule::model::{Where, WhereSubject};

impl Cx<'_, '_> {
    /// Whether a class, or the class of an object, has a field for which conditions hold. A class
    /// below one that nobody describes may have any.
    pub fn has_field(&self, value: &Val, wheres: &[Where], vars: &Bindings) -> Tri {
        let mut answer = Tri::No;
        for value in value.alternatives() {
            let tri = match self.class_value(value) {
                Some(ty) => self.class_has_field(&ty, wheres, vars),
                None => self.no_unless_unknown(value),
            };
            answer = answer.or(|| tri);
        }
        answer
    }

    fn class_has_field(&self, ty: &Ty, wheres: &[Where], vars: &Bindings) -> Tri {
        let mut answer = Tri::No;
        for ty in self.mro(ty) {
            let tri = match &ty {
                Ty::Class(class) => self.declares_field(*class, wheres, vars),
                Ty::Lib(path) => self.library_field(path, wheres, vars),
            };
            answer = answer.or(|| tri);
            if answer == Tri::Yes {
                break;
            }
        }
        answer
    }

    fn declares_field(&self, class: ClassRef, wheres: &[Where], vars: &Bindings) -> Tri {
        let fields = self.project.fields.as_ref().map(|source| source.fields(class));
        let fields = fields.unwrap_or_default();
        fields.iter().fold(Tri::No, |a, field| a.or(|| self.field_holds(field, wheres, vars)))
    }

    fn library_field(&self, path: &[Symbol], wheres: &[Where], vars: &Bindings) -> Tri {
        let Some(described) = self.project.rules.library.types.get(path) else {
            // A builtin has none.
            return if path.len() > 1 { Tri::Unknown } else { Tri::No };
        };
        described.fields.iter().fold(Tri::No, |answer, (name, ty)| {
            let mut field = IndexMap::new();
            field.insert("name".to_owned(), Val::text(self.project.name(*name)));
            let names = self.mro(&Ty::Lib(ty.clone())).into_iter().filter_map(|ty| match ty {
                Ty::Lib(path) => Some(Val::text(self.project.name(*path.last()?))),
                Ty::Class(_) => None,
            });
            field.insert("type".to_owned(), Val::seq(SeqKind::List, names.collect(), false));
            answer.or(|| self.field_holds(&field, wheres, vars))
        })
    }

    fn field_holds(&self, field: &IndexMap<String, Val>, wheres: &[Where], vars: &Bindings) -> Tri {
        let mut vars = vars.clone();
        wheres.iter().fold(Tri::Yes, |answer, condition| {
            answer.and(|| {
                let WhereSubject::Attr(name) = &condition.subject else { return Tri::No };
                let absent = || Val::new(Kind::Absent);
                let value = field.get(name).cloned().unwrap_or_else(absent);
                self.holds(&condition.pred, &value, &mut vars)
            })
        })
    }
}
