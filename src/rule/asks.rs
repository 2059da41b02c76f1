//! What a set of rules asks of a project, so that nothing is read for no rule.

use super::entity::EntityKind;
use super::model::{
    Clause, ClauseWhat, Condition, EntitySubject, Pred, Rule, RuleMatch, RuleSet, Subject,
    WhereSubject,
};
use crate::facts::Const;
use crate::syntax::document::DocumentKind;

impl RuleSet {
    /// Whether a rule names files of this kind.
    pub fn asks_for(&self, kind: DocumentKind) -> bool {
        self.rules.iter().flat_map(subjects).any(|subject| names_kind(subject, kind))
    }
}

/// The subjects of all branches, clauses and conditions of a rule that the model answers.
fn subjects(rule: &Rule) -> Vec<&EntitySubject> {
    let adjusts = rule.adjusts.iter().flat_map(|adjust| &adjust.when);
    rule.matches.iter().flat_map(of_branch).chain(adjusts.filter_map(of_condition)).collect()
}

fn of_branch(branch: &RuleMatch) -> impl Iterator<Item = &EntitySubject> {
    let own = match &branch.subject {
        Subject::Entity(subject) => Some(subject),
        Subject::Pattern(_) | Subject::Setting(_) | Subject::Taint(_) => None,
    };
    let clauses = branch.present.iter().chain(&branch.missing).filter_map(of_clause);
    let conditions = branch.when.iter().chain(&branch.unless).filter_map(of_condition);
    own.into_iter().chain(clauses).chain(conditions)
}

fn of_clause(clause: &Clause) -> Option<&EntitySubject> {
    match &clause.what {
        ClauseWhat::Entity(subject) => Some(subject),
        ClauseWhat::Pattern(_) | ClauseWhat::Setting(_) => None,
    }
}

fn of_condition(condition: &Condition) -> Option<&EntitySubject> {
    match condition {
        Condition::Clause(clause) => of_clause(clause),
        _ => None,
    }
}

fn names_kind(subject: &EntitySubject, kind: DocumentKind) -> bool {
    let is_it = |constant: &Const| matches!(constant, Const::Str(text) if **text == *kind.name());
    subject.kind == EntityKind::File
        && subject.wheres.iter().any(|w| {
            matches!(&w.subject, WhereSubject::Attr(name) if name == "kind")
                && match &w.pred {
                    Pred::Eq(constant) => is_it(constant),
                    Pred::In(constants) => constants.iter().any(is_it),
                    _ => true,
                }
        })
}
