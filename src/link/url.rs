//! Parts of URLs as `urllib.parse.urlsplit` sees them (RFC 3986), lenient towards templates.

use super::value::{Kind, Part, Val};
use crate::facts::Const;
use crate::rule::model::UrlPart;

/// Stands for an unknown part of a text.
pub const HOLE: char = '\u{0}';

/// One part of a URL value. Text with unknown parts is looked at as far as it is known; of
/// anything that is no text nothing is known.
pub fn of(url: &Val, wanted: &UrlPart) -> Val {
    match &url.kind {
        Kind::Const(Const::Str(text)) => part(text, wanted, HOLE),
        Kind::Text(parts) => part(&rendered(parts), wanted, HOLE),
        _ => Val::opaque(),
    }
}

/// Text with [`HOLE`] for unknown parts.
pub fn rendered(parts: &[Part]) -> String {
    parts
        .iter()
        .map(|part| match part {
            Part::Lit(text) => text.clone(),
            Part::Hole(_) => HOLE.to_string(),
        })
        .collect()
}

/// One part of a URL; absent when the URL does not have it, opaque when it has an unknown part
/// (`hole`) in it. Anything that is no URL has no parts.
pub fn part(url: &str, part: &UrlPart, hole: char) -> Val {
    let Some((scheme, rest)) = url.split_once("://") else {
        return Val::new(if url.contains(hole) { Kind::Opaque } else { Kind::Absent });
    };
    let (authority, tail) = match rest.find(['/', '?', '#']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let (userinfo, host_port) = match authority.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, authority),
    };
    let path_query = tail.split('#').next().unwrap_or_default();
    let (path, query) = path_query.split_once('?').unwrap_or((path_query, ""));
    let found = match part {
        UrlPart::Scheme => Some(scheme),
        UrlPart::User => userinfo.map(|u| u.split(':').next().unwrap_or_default()),
        UrlPart::Password => userinfo.and_then(|u| u.split_once(':')).map(|(_, p)| p),
        UrlPart::Host => Some(host(host_port)),
        UrlPart::Port => port(host_port),
        UrlPart::Path => Some(path),
        UrlPart::Query(key) => {
            let mut pairs = query.split('&').filter_map(|p| p.split_once('='));
            let found = pairs.rfind(|(k, _)| k.eq_ignore_ascii_case(key)).map(|(_, v)| v);
            // An unknown part at the end may hold the whole query.
            let end = if path_query.is_empty() { host_port } else { path_query };
            if found.is_none() && (query.contains(hole) || end.ends_with(hole)) {
                return Val::opaque();
            }
            found
        }
    };
    match found {
        Some(text) if text.contains(hole) => Val::opaque(),
        Some(text) => match part {
            UrlPart::Port => text.parse().map_or_else(|_| Val::text(text), Val::int),
            _ => Val::text(text),
        },
        None if authority.contains(hole) && !matches!(part, UrlPart::Query(_)) => Val::opaque(),
        None => Val::new(Kind::Absent),
    }
}

/// The first host of a (possibly replicated) authority, without brackets.
fn host(authority: &str) -> &str {
    let first = authority.split(',').next().unwrap_or_default();
    if let Some(inner) = first.strip_prefix('[') {
        return inner.split(']').next().unwrap_or_default();
    }
    first.split(':').next().unwrap_or_default()
}

fn port(authority: &str) -> Option<&str> {
    let first = authority.split(',').next()?;
    let after = first.rsplit_once(']').map_or(first, |(_, rest)| rest);
    after.rsplit_once(':').map(|(_, port)| port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(url: &str, wanted: UrlPart) -> String {
        match part(url, &wanted, '\0').kind {
            Kind::Absent => "-".to_owned(),
            Kind::Opaque => "?".to_owned(),
            Kind::Const(crate::facts::Const::Int(n)) => n.to_string(),
            Kind::Const(crate::facts::Const::Str(s)) => s.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn parts_of_urls() {
        let url = "postgresql://root:pw@[::1]:26257/db?sslmode=disable&a=b#f";
        assert_eq!(text(url, UrlPart::Scheme), "postgresql");
        assert_eq!(text(url, UrlPart::User), "root");
        assert_eq!(text(url, UrlPart::Password), "pw");
        assert_eq!(text(url, UrlPart::Host), "::1");
        assert_eq!(text(url, UrlPart::Port), "26257");
        assert_eq!(text(url, UrlPart::Path), "/db");
        assert_eq!(text(url, UrlPart::Query("sslmode".into())), "disable");
        assert_eq!(text(url, UrlPart::Query("sslrootcert".into())), "-");
        assert_eq!(text("mongodb://a:1,b:2/x", UrlPart::Host), "a");
        assert_eq!(text("mongodb://a", UrlPart::User), "-");
        assert_eq!(text("host=db user=root", UrlPart::Host), "-");
    }

    #[test]
    fn unknown_parts_stay_unknown() {
        assert_eq!(text("postgresql://\0:\0@\0/db", UrlPart::Host), "?");
        assert_eq!(text("postgresql://\0:\0@h/db", UrlPart::Host), "h");
        assert_eq!(text("postgresql://u@h/db?\0", UrlPart::Query("sslmode".into())), "?");
        assert_eq!(text("postgresql://u@h/\0", UrlPart::Query("sslmode".into())), "?");
        assert_eq!(text("postgresql://u@h/\0?x=1", UrlPart::Query("sslmode".into())), "-");
    }
}
