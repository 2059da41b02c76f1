//! Regular expressions that are compiled when first used.

use std::ops::{Deref, Range};
use std::sync::OnceLock;

use regex::Regex;

/// A regular expression of a rule. A run uses few of all rules' expressions, and compiling one
/// takes about as long as reading a whole rule, so each is compiled when first asked.
#[derive(Debug, Clone)]
pub struct LazyRegex {
    source: Box<str>,
    compiled: OnceLock<Regex>,
}

impl LazyRegex {
    /// A regular expression that is checked now.
    ///
    /// # Errors
    /// What is wrong with it, and in which part of it.
    pub fn checked(source: &str) -> Result<Self, (String, Range<usize>)> {
        match Regex::new(source) {
            Ok(regex) => Ok(Self { source: source.into(), compiled: OnceLock::from(regex) }),
            Err(error) => Err(explain(&error, source)),
        }
    }

    /// A regular expression that is known to be valid.
    pub(super) fn trusted(source: &str) -> Self {
        Self { source: source.into(), compiled: OnceLock::new() }
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.source
    }
}

impl Deref for LazyRegex {
    type Target = Regex;

    fn deref(&self) -> &Regex {
        self.compiled.get_or_init(|| {
            Regex::new(&self.source).expect("internal error: an unchecked regex is not valid")
        })
    }
}

/// The message of a regex error and the part of `source` it is about. The regex crate tells
/// the part only as a picture: the expression, and below it `^` under the part.
fn explain(error: &regex::Error, source: &str) -> (String, Range<usize>) {
    let text = error.to_string();
    let message = text
        .lines()
        .find_map(|line| line.strip_prefix("error: "))
        .unwrap_or_else(|| text.lines().next().unwrap_or_default());
    let picture = text
        .lines()
        .skip_while(|line| line.trim_start() != source.trim_start())
        .nth(1)
        .filter(|line| line.contains('^') && line.trim_matches([' ', '^']).is_empty());
    let range = picture.map_or(0..source.len(), |line| {
        let indent = 4;
        let column = line.find('^').unwrap_or(indent).saturating_sub(indent);
        let width = line.matches('^').count();
        byte_at(source, column)..byte_at(source, column + width)
    });
    (message.to_owned(), range)
}

/// The byte offset of the n-th character.
fn byte_at(text: &str, character: usize) -> usize {
    text.char_indices().nth(character).map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_point_at_the_part() {
        for (source, part) in
            [("^(RS|PS", "("), ("a[z-a]", "z-a"), ("é(?=x)", "(?="), ("a{2,1}", "{2,1}")]
        {
            let (_, range) = LazyRegex::checked(source).unwrap_err();
            assert_eq!(&source[range], part, "{source}");
        }
    }

    #[test]
    fn a_trusted_regex_matches_like_a_checked_one() {
        assert!(LazyRegex::trusted("^HS").is_match("HS256"));
        assert!(LazyRegex::checked("^HS").unwrap().is_match("HS256"));
    }
}
