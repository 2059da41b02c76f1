//! Whether a literal may be a secret: what stands in the place of one, and what only has the name.

use super::Cx;
use super::tri::Tri;
use super::value::{Kind, Val};
use crate::facts::Const;
use crate::rule::model::SecretIs;

/// The vocabulary of texts that say what belongs in their place.
const PLACEHOLDER: &str = "placeholder";
/// The vocabulary of texts that choose one of several ways.
const CHOICE: &str = "parameter-value";
/// Longest number that is no password.
const MAX_NUMBER: usize = 5;
/// Units of time, as durations and rates have them.
const UNITS: [&str; 25] = [
    "s", "sec", "secs", "second", "seconds", "ms", "m", "min", "mins", "minute", "minutes", "h",
    "hr", "hrs", "hour", "hours", "d", "day", "days", "w", "week", "weeks", "month", "months",
    "year",
];

impl Cx<'_, '_> {
    /// Whether a value is such a secret in the code.
    pub(super) fn is_secret(&self, kind: SecretIs, value: &Val) -> Tri {
        let bytes;
        let text: &str = match &value.kind {
            Kind::Secret(_) => {
                let meant = [SecretIs::Literal, SecretIs::Plausible, SecretIs::Random];
                return Tri::from_bool(meant.contains(&kind));
            }
            Kind::Const(Const::Str(text)) => text,
            Kind::Const(Const::Bytes(raw)) => {
                bytes = String::from_utf8_lossy(raw);
                &bytes
            }
            _ => return Tri::No,
        };
        let holds = match kind {
            _ if text.is_empty() => false,
            SecretIs::Random => false,
            SecretIs::Literal => !looks_unfilled(text),
            SecretIs::Placeholder => looks_unfilled(text),
            SecretIs::Parameter => self.is_parameter(text),
            SecretIs::Plausible => {
                let asks = is_wordy(text) && self.is_listed(text, PLACEHOLDER);
                !(asks || looks_unfilled(text) || self.is_parameter(text) || is_prose(text))
            }
        };
        Tri::from_bool(holds)
    }

    fn is_parameter(&self, text: &str) -> bool {
        let text = text.trim();
        is_small_number(text) || is_quantity(text) || self.is_listed(text, CHOICE)
    }

    fn is_listed(&self, text: &str, vocabulary: &str) -> bool {
        let library = &self.project.rules.library;
        let listed = self.project.names.get(vocabulary).and_then(|v| library.words.get(&v));
        listed.is_some_and(|vocabulary| vocabulary.matches(text, library))
    }
}

/// A number, but for long ones without a point: those may be made up by a person.
fn is_small_number(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
        && (text.len() <= MAX_NUMBER || text.contains('.'))
}

/// A duration or a rate: `30 days`, `15m`, `5/min`, `1000 per hour`.
fn is_quantity(text: &str) -> bool {
    let number = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, rest) = text.split_at(number);
    let unit = rest.trim_start().trim_start_matches("per ").trim_start_matches('/').trim_start();
    !number.is_empty() && UNITS.iter().any(|known| unit.eq_ignore_ascii_case(known))
}

/// Text in a script that nobody types passwords in: no Latin letters, no digits.
fn is_prose(text: &str) -> bool {
    const END_OF_LATIN: char = '\u{24f}';
    text.chars().any(|c| c.is_alphabetic() && c > END_OF_LATIN)
}

/// Text of words alone, without digits.
fn is_wordy(text: &str) -> bool {
    text.chars().all(|c| c.is_alphabetic() || matches!(c, ' ' | '_' | '-' | '.'))
}

/// Text that asks to be replaced: `<token>`, `${TOKEN}`, `@{TOKEN}`, `{{ token }}`, `%(token)s`, `xxxx`;
/// or that has been: `sk_l********`. Passwords of URLs are masked in all literals.
fn looks_unfilled(text: &str) -> bool {
    let text = text.trim();
    let wrapped = [("<", ">"), ("${", "}"), ("@{", "}"), ("{", "}"), ("%(", ")s"), ("[", "]")];
    let is_wrapped = wrapped.iter().any(|(a, b)| text.starts_with(a) && text.ends_with(b));
    let is_masked = text.contains("***") && !text.contains("://");
    let mut chars = text.chars();
    let first = chars.next();
    is_wrapped
        || is_masked
        || first.is_none_or(|first| !first.is_ascii_digit() && chars.all(|c| c == first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_told_from_secrets() {
        for text in ["0", "1.5", "86400"] {
            assert!(is_small_number(text), "{text}");
        }
        for text in ["5 minutes", "15m", "30 days", "5/min", "1000 per hour", "10/ second"] {
            assert!(is_quantity(text), "{text}");
        }
        for text in ["123456", "hunter2", "5 minutes left", "m", "inf", "12ab", "/min"] {
            assert!(!is_small_number(text) && !is_quantity(text), "{text}");
        }
    }

    #[test]
    fn what_is_masked_or_to_be_filled_in() {
        for text in ["<token>", "${T}", "@{T}", "%(t)s", "xxxx", "swor********", "a***z", ""] {
            assert!(looks_unfilled(text), "{text}");
        }
        for text in ["1111", "p**s", "https://u:****@h/", "{open", "x"] {
            assert_eq!(looks_unfilled(text), text == "x", "{text}");
        }
    }
}
