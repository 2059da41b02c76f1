//! Urls of routes: joined from prefixes, in one readable form.

use std::sync::Arc;

use crate::link::{Kind, Part, Val};

/// A url pattern, with holes for what is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Url {
    parts: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Hole,
}

impl Url {
    /// A known url.
    pub fn text(text: &str) -> Self {
        let mut url = Self::default();
        url.push_text(text);
        url
    }

    /// Nothing is known of it.
    pub fn hole() -> Self {
        Self { parts: vec![Piece::Hole] }
    }

    /// What a value says of a url; a hole when it says nothing.
    pub fn of(value: &Val) -> Self {
        let Some(value) = value.in_force() else { return Self::hole() };
        match &value.kind {
            Kind::Const(_) => value.as_str().map_or_else(Self::default, Self::text),
            Kind::Text(parts) => {
                let mut url = Self::default();
                for part in parts.iter() {
                    match part {
                        Part::Lit(text) => url.push_text(text),
                        Part::Hole(value) => url.append(&Self::of(value)),
                    }
                }
                url
            }
            Kind::Absent => Self::default(),
            _ => Self::hole(),
        }
    }

    /// A regular expression as a path: groups become parameters.
    #[must_use]
    pub fn readable(mut self) -> Self {
        for part in &mut self.parts {
            if let Piece::Text(text) = part {
                *text = path_of(text);
            }
        }
        self
    }

    /// This url followed by another; one `/` where both have one.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        let mut joined = self.clone();
        if let (Some(Piece::Text(last)), Some(Piece::Text(first))) =
            (joined.parts.last_mut(), other.parts.first())
            && last.ends_with('/')
            && first.starts_with('/')
        {
            last.pop();
        }
        joined.append(other);
        joined
    }

    /// The url with a `/` in front.
    #[must_use]
    pub fn rooted(&self) -> Self {
        match self.parts.first() {
            Some(Piece::Text(text)) if text.starts_with('/') => self.clone(),
            Some(Piece::Hole) => self.clone(),
            _ => Self::text("/").join(self),
        }
    }

    /// Whether requests to it may start so.
    pub fn may_start_with(&self, prefix: &str) -> bool {
        match self.parts.first() {
            Some(Piece::Text(text)) => {
                let fixed = text.split('<').next().unwrap_or(text);
                fixed.starts_with(prefix)
                    || ((fixed.len() < text.len() || self.parts.len() > 1)
                        && prefix.starts_with(fixed))
            }
            Some(Piece::Hole) => true,
            None => prefix.is_empty(),
        }
    }

    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Its parameters, in order: their names, and what converts them (empty: nothing is named).
    pub fn parameters(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for part in &self.parts {
            let Piece::Text(text) = part else { continue };
            for piece in text.split('<').skip(1) {
                let Some((inner, _)) = piece.split_once('>') else { continue };
                let (converter, name) = inner.rsplit_once(':').unwrap_or(("", inner));
                if !name.trim().is_empty() {
                    found.push((name.trim().to_owned(), converter.trim().to_owned()));
                }
            }
        }
        found
    }

    /// The value rules see.
    pub fn value(&self) -> Val {
        match self.parts.as_slice() {
            [] => Val::text(""),
            [Piece::Text(text)] => Val::text(text),
            [Piece::Hole] => Val::opaque(),
            parts => {
                let parts = parts.iter().map(|part| match part {
                    Piece::Text(text) => Part::Lit(text.clone()),
                    Piece::Hole => Part::Hole(Val::opaque()),
                });
                Val::new(Kind::Text(Arc::new(parts.collect())))
            }
        }
    }

    fn push_text(&mut self, text: &str) {
        match self.parts.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.parts.push(Piece::Text(text.to_owned())),
        }
    }

    fn append(&mut self, other: &Self) {
        for part in &other.parts {
            match part {
                Piece::Text(text) => self.push_text(text),
                Piece::Hole if self.parts.last() == Some(&Piece::Hole) => {}
                Piece::Hole => self.parts.push(Piece::Hole),
            }
        }
    }
}

/// `^users/(?P<pk>\d+)/$` as `users/<pk>/`.
fn path_of(regex: &str) -> String {
    let mut path = String::new();
    let mut rest = regex.strip_prefix('^').unwrap_or(regex);
    while let Some(c) = rest.chars().next() {
        if c == '(' {
            let end = group_end(rest);
            path.push_str(&group(&rest[1..end]));
            rest = rest.get(end + 1..).unwrap_or("");
            // How often a group stands there is not part of the path.
            rest = rest.trim_start_matches(['?', '*', '+']);
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => {
                let Some(escaped) = rest.chars().next() else { break };
                rest = &rest[escaped.len_utf8()..];
                if !matches!(escaped, 'Z' | 'A' | 'b') {
                    path.push(escaped);
                }
            }
            '^' | '$' => {}
            '?' | '*' | '+' if path.ends_with('/') => {}
            _ => path.push(c),
        }
    }
    path
}

/// What a group, without its parentheses, stands for.
fn group(inner: &str) -> String {
    if let Some(named) = inner.strip_prefix("?P<") {
        let (name, pattern) = named.split_once('>').unwrap_or((named, ""));
        let digits = if is_of_digits(pattern) { "int:" } else { "" };
        return format!("<{digits}{name}>");
    }
    if let Some(plain) = inner.strip_prefix("?:") {
        return path_of(plain);
    }
    // Look-arounds and flags match nothing themselves.
    if inner.starts_with('?') { String::new() } else { "<arg>".to_owned() }
}

/// Whether a regular expression matches digits only: `\d+`, `[0-9]{4}`.
fn is_of_digits(pattern: &str) -> bool {
    let rest = ["\\d", "[0-9]", "[\\d]"].iter().find_map(|digit| pattern.strip_prefix(digit));
    rest.is_some_and(|rest| {
        rest.chars().all(|c| matches!(c, '+' | '*' | '?' | '{' | '}' | ',') || c.is_ascii_digit())
    })
}

/// The index of the parenthesis that closes the one at the start.
fn group_end(text: &str) -> usize {
    let (mut depth, mut escaped, mut class) = (0_u32, false, false);
    for (index, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => class = true,
            ']' => class = false,
            '(' if !class => depth += 1,
            ')' if !class => {
                depth -= 1;
                if depth == 0 {
                    return index;
                }
            }
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regex(text: &str) -> Val {
        Url::text(text).readable().value()
    }

    #[test]
    fn regexes_read_like_paths() {
        for (text, path) in [
            (r"^users/(?P<pk>\d+)/$", "users/<int:pk>/"),
            (r"^y/(?P<year>[0-9]{4})/(?P<name>\d+-\w+)/$", "y/<int:year>/<name>/"),
            (r"^a/(?P<slug>[\w()-]+)/b(?:/(?P<c>[^/)]+))?/?$", "a/<slug>/b/<c>/"),
            (r"^feed\.xml$", "feed.xml"),
            (r"^(\d+)/(?i)$", "<arg>/"),
            (r"^open(", "open<arg>"),
            ("é(é", "é<arg>"),
        ] {
            assert_eq!(regex(text).as_str(), Some(path), "{text}");
        }
    }

    #[test]
    fn urls_are_joined_with_one_slash() {
        let join = |a: &str, b: &str| Url::text(a).join(&Url::text(b)).rooted().value();
        for (a, b, joined) in [
            ("/api/", "/users", "/api/users"),
            ("/api", "/users", "/api/users"),
            ("api/", "users/", "/api/users/"),
            ("", "users", "/users"),
            ("/api", "", "/api"),
        ] {
            assert_eq!(join(a, b).as_str(), Some(joined), "{a} {b}");
        }
    }

    #[test]
    fn parameters_have_names() {
        let url = Url::text("/<int:a>/<b>/<regex(\"x\"):c>");
        let wanted = [("a", "int"), ("b", ""), ("c", "regex(\"x\")")];
        let wanted = wanted.map(|(name, converter)| (name.to_owned(), converter.to_owned()));
        assert_eq!(url.parameters(), wanted);
    }
}
