//! Identifiers as words, and vocabularies over them.

use super::library::{Library, Vocabulary};

/// The vocabulary that says which names mean a secret.
pub const SECRET_WORDS: &str = "secret";

/// The lower-case words of an identifier, header or key.
///
/// Words end at everything that is no letter or digit, where lower case turns into upper
/// case, before the last capital of a run that goes on in lower case (`JWTToken` → `jwt`,
/// `token`), and between letters and digits.
pub fn split_words(identifier: &str) -> Vec<String> {
    let chars: Vec<char> = identifier.chars().collect();
    let mut words = Vec::new();
    let mut word = String::new();
    for (index, &c) in chars.iter().enumerate() {
        if !c.is_alphanumeric() {
            words.extend(take(&mut word));
            continue;
        }
        if index > 0 && starts_word(chars[index - 1], c, chars.get(index + 1).copied()) {
            words.extend(take(&mut word));
        }
        word.extend(c.to_lowercase());
    }
    words.extend(take(&mut word));
    words
}

fn take(word: &mut String) -> Option<String> {
    (!word.is_empty()).then(|| std::mem::take(word))
}

fn starts_word(before: char, c: char, after: Option<char>) -> bool {
    let digit_border = before.is_alphanumeric() && before.is_numeric() != c.is_numeric();
    let hump = before.is_lowercase() && c.is_uppercase();
    let end_of_capitals =
        before.is_uppercase() && c.is_uppercase() && after.is_some_and(char::is_lowercase);
    digit_border || hump || end_of_capitals
}

impl Vocabulary {
    /// Whether `identifier` (in any spelling: snake, kebab, camel, with digits) means what
    /// this vocabulary means. Vocabularies it includes are looked up in `library`.
    pub fn matches(&self, identifier: &str, library: &Library) -> bool {
        self.matches_words(&split_words(identifier), library)
    }

    /// [`Self::matches`] for an identifier that is split already.
    pub fn matches_words(&self, words: &[String], library: &Library) -> bool {
        !words.is_empty()
            && !self.excludes(words)
            && (self.words.iter().any(|entry| contains(words, entry))
                || self.whole.iter().any(|entry| entry == words)
                || self
                    .includes
                    .iter()
                    .filter_map(|name| library.words.get(name))
                    .any(|other| other.matches_words(words, library)))
    }

    fn excludes(&self, words: &[String]) -> bool {
        // `token_hash_2` ends like `token_hash`.
        let named = words.len() - words.iter().rev().take_while(|word| is_number(word)).count();
        let ends = |entry: &Vec<String>| words.ends_with(entry) || words[..named].ends_with(entry);
        self.except.iter().any(|entry| contains(words, entry))
            || self.except_suffix.iter().any(ends)
            || self.except_prefix.iter().any(|entry| words.starts_with(entry))
    }
}

fn is_number(word: &str) -> bool {
    word.chars().all(char::is_numeric)
}

fn contains(words: &[String], entry: &[String]) -> bool {
    !entry.is_empty() && words.windows(entry.len()).any(|run| run == entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_split_into_words() {
        let cases: &[(&str, &[&str])] = &[
            ("access_token", &["access", "token"]),
            ("accessToken", &["access", "token"]),
            ("AccessToken", &["access", "token"]),
            ("ACCESS_TOKEN", &["access", "token"]),
            ("access-token", &["access", "token"]),
            ("X-Api-Key", &["x", "api", "key"]),
            ("JWTToken", &["jwt", "token"]),
            ("userJWT", &["user", "jwt"]),
            ("oauth2_token", &["oauth", "2", "token"]),
            ("sha256digest", &["sha", "256", "digest"]),
            ("__token__", &["token"]),
            ("HTTP_AUTHORIZATION", &["http", "authorization"]),
            ("apikey", &["apikey"]),
            ("user.password", &["user", "password"]),
            ("schlüsselWort", &["schlüssel", "wort"]),
            ("", &[]),
            ("__", &[]),
            ("A", &["a"]),
        ];
        for (identifier, words) in cases {
            assert_eq!(split_words(identifier), *words, "{identifier}");
        }
    }

    fn entries(list: &str) -> Vec<Vec<String>> {
        list.split_whitespace().map(split_words).collect()
    }

    /// The definition of `token_name` the rules start from.
    fn token_name() -> Vocabulary {
        Vocabulary {
            words: entries(
                "token access_token refresh_token auth_token id_token bearer jwt session_key \
                 sessionid session_id sid api_key apikey secret client_secret private_key \
                 signing_key password passwd pwd authorization cookie csrf_token otp reset_code \
                 magic_link recovery_code",
            ),
            except: entries(
                "token_type token_id token_count num_tokens max_tokens total_tokens prompt_tokens \
                 tokenizer tokenize public_key key_id kid primary_key foreign_key cache_key \
                 next_page_token page_token continuation_token cursor_token",
            ),
            except_suffix: entries(
                "hash digest fingerprint checksum prefix suffix last4 expires expiry ttl lifetime \
                 url uri endpoint name class field header model serializer version",
            ),
            except_prefix: entries("hashed has is with no"),
            ..Vocabulary::default()
        }
    }

    #[test]
    fn token_names_and_their_look_alikes() {
        let vocabulary = token_name();
        let library = Library::default();
        for yes in [
            "token",
            "access_token",
            "userAccessToken",
            "X-Api-Key",
            "apikey",
            "JWTToken",
            "refresh_token_2",
            "SECRET",
            "CLIENT_SECRET",
            "db_password",
            "sid",
            "session-id",
            "PrivateKey",
            "resetCode",
            "oauth2_token",
            "Authorization",
        ] {
            assert!(vocabulary.matches(yes, &library), "{yes}");
        }
        for no in [
            "tokens",
            "token_hash",
            "tokenHash",
            "token_hash_2",
            "hashed_token",
            "TOKEN_TYPE",
            "token_count",
            "num_tokens",
            "tokenizer",
            "token_expires",
            "token_url",
            "TokenSerializer",
            "public_key",
            "next_page_token",
            "has_token",
            "isPasswordSet",
            "token_last4",
            "side",
            "",
            "cookie_name",
            "secretary",
            "no_cookie",
        ] {
            assert!(!vocabulary.matches(no, &library), "{no}");
        }
    }
}
