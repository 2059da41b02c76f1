//! What a project says about its own names: which mean a secret, and which only look like it.

use super::model::RuleSet;
use super::words::{SECRET_WORDS, split_words};
use crate::base::{FxHashSet, Symbol};

impl RuleSet {
    /// Takes names that hold the words of one of `secret` for secrets, and none that hold those
    /// of one of `harmless`.
    ///
    /// The vocabularies of secrets are [`SECRET_WORDS`] and all it includes. What is a secret is
    /// one firmly: it goes into the vocabularies included directly, too. What is none must be
    /// none for those that build on them either.
    pub fn teach(&mut self, secret: &[String], harmless: &[String]) {
        let Some(root) = self.names.get(SECRET_WORDS) else { return };
        let words = |names: &[String]| names.iter().map(|name| split_words(name)).collect();
        let (secret, harmless): (Vec<Vec<String>>, Vec<Vec<String>>) =
            (words(secret), words(harmless));
        let mut firm = vec![root];
        firm.extend(self.library.words.get(&root).into_iter().flat_map(|root| &root.includes));
        for id in firm {
            if let Some(vocabulary) = self.library.words.get_mut(&id) {
                vocabulary.words.extend(secret.iter().cloned());
            }
        }
        let of_secrets = self.included(root);
        let touched: Vec<Symbol> = self.library.words.keys().copied().collect();
        for id in touched {
            if self.included(id).is_disjoint(&of_secrets) {
                continue;
            }
            if let Some(vocabulary) = self.library.words.get_mut(&id) {
                vocabulary.except.extend(harmless.iter().cloned());
            }
        }
    }

    /// A vocabulary and all that it includes.
    fn included(&self, id: Symbol) -> FxHashSet<Symbol> {
        let mut all = FxHashSet::default();
        let mut work = vec![id];
        while let Some(id) = work.pop() {
            if all.insert(id) {
                let vocabulary = self.library.words.get(&id);
                work.extend(vocabulary.into_iter().flat_map(|v| v.includes.iter().copied()));
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn means(rules: &RuleSet, vocabulary: &str, name: &str) -> bool {
        let id = rules.names.get(vocabulary).expect("vocabulary");
        rules.library.words[&id].matches(name, &rules.library)
    }

    #[test]
    fn names_are_taught_to_all_vocabularies_of_secrets() {
        let mut rules = RuleSet::builtin().expect("valid");
        let secrets = ["secret", "secret-strict", "password", "bearer-name", "stored-secret"];
        assert!(!means(&rules, "secret", "parkingTicket"));
        assert!(means(&rules, "password", "wiki_password"));
        rules.teach(&["parking_ticket".into()], &["wiki_password".into(), "lexer_token".into()]);
        assert!(means(&rules, "secret", "parkingTicket"));
        assert!(means(&rules, "secret-strict", "PARKING_TICKET"));
        assert!(means(&rules, "stored-secret", "parking_ticket"));
        for vocabulary in secrets {
            assert!(!means(&rules, vocabulary, "wiki_password"), "{vocabulary}");
            assert!(!means(&rules, vocabulary, "next_lexer_token"), "{vocabulary}");
        }
        assert!(means(&rules, "secret", "token"));
        assert!(means(&rules, "password", "admin_password"));
    }
}
