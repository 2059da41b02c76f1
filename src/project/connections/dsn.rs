//! Connection strings: URLs, and libpq's `key=value` form.

use crate::facts::Const;
use crate::link::{Kind, Val, url_part};
use crate::rule::connection_models::{EngineModel, PartForm};
use crate::rule::model::UrlPart;

/// The engine a URL scheme stands for, and the driver after its `+`.
pub(super) fn scheme<'e>(
    engines: &'e [EngineModel],
    scheme: &str,
) -> (Option<&'e EngineModel>, Option<String>) {
    let (base, driver) = match scheme.split_once('+') {
        Some((base, driver)) if !engines.iter().any(|e| e.schemes.iter().any(|s| s == scheme)) => {
            (base, Some(driver.to_owned()))
        }
        _ => (scheme, None),
    };
    (engines.iter().find(|e| e.schemes.iter().any(|s| s == base)), driver)
}

/// The scheme of a URL; absent in what is none.
pub(super) fn scheme_of(url: &Val) -> Val {
    url_part(url, &UrlPart::Scheme)
}

/// The attributes that a connection string gives; those of which it says nothing are left out.
pub(super) fn attributes(
    url: &Val,
    engines: &[EngineModel],
    default: Option<&str>,
) -> Vec<(String, Val)> {
    let part = |part: UrlPart| url_part(url, &part);
    let mut found = Vec::new();
    let pairs = keywords(url);
    let scheme_text = scheme_of(url);
    let mut engine = default.and_then(|name| engines.iter().find(|e| e.name == name));
    match scheme_text.as_str() {
        Some(text) => {
            let (named, driver) = scheme(engines, text);
            engine = named.or(engine);
            found.extend(named.map(|e| ("engine".to_owned(), Val::text(&e.name))));
            found.extend(driver.map(|d| ("driver".to_owned(), Val::text(&d))));
            if named.is_some_and(|e| e.secure_schemes.iter().any(|s| s == text)) {
                found.push(("tls".to_owned(), Val::bool(true)));
            }
        }
        None if pairs.is_none() && !is_bare_host(url) => {
            found.extend(["engine", "driver"].map(|name| (name.to_owned(), Val::opaque())));
        }
        None => {}
    }
    let query = |key: &str| match &pairs {
        Some(pairs) => pairs
            .iter()
            .find(|(k, _)| k == key)
            .map_or(Val::new(Kind::Absent), |(_, value)| Val::text(value)),
        None => part(UrlPart::Query(key.to_owned())),
    };
    let fixed = [
        ("host", UrlPart::Host, "host"),
        ("port", UrlPart::Port, "port"),
        ("user", UrlPart::User, "user"),
        ("password", UrlPart::Password, "password"),
        ("database", UrlPart::Path, "dbname"),
    ];
    for (name, url_part, keyword) in fixed {
        let value = if pairs.is_some() { query(keyword) } else { part(url_part) };
        found.push((name.to_owned(), value));
    }
    if is_bare_host(url) {
        found.retain(|(name, _)| name != "host");
        found.push(("host".to_owned(), url.clone()));
    }
    for (name, exprs) in engine.into_iter().flat_map(|e| &e.query) {
        for expr in exprs {
            let Some(key) = expr.keys.first() else { continue };
            let value = formed(flag(query(key)), expr.form);
            if !matches!(value.kind, Kind::Absent) {
                found.push((name.clone(), value));
                break;
            }
        }
    }
    found.retain(|(_, value)| !matches!(value.kind, Kind::Absent));
    found
}

/// What a part's form makes of a value.
pub(super) fn formed(value: Val, form: PartForm) -> Val {
    let absent = matches!(value.kind, Kind::Absent | Kind::Const(Const::None));
    match form {
        PartForm::Plain if absent => Val::new(Kind::Absent),
        PartForm::Plain => value,
        _ if absent => Val::new(Kind::Absent),
        PartForm::Unknown => Val::opaque(),
        PartForm::Given => match value.kind {
            Kind::Opaque | Kind::Param(..) => value,
            _ => Val::bool(true),
        },
        PartForm::Not => match value.truth() {
            Some(truth) => Val { kind: Kind::Const(Const::Bool(!truth)), ..value },
            None => Val::opaque(),
        },
    }
}

/// `true` and `false` in the query of a URL are truth values.
fn flag(value: Val) -> Val {
    match value.as_str().map(str::to_ascii_lowercase).as_deref() {
        Some("true") => Val::bool(true),
        Some("false") => Val::bool(false),
        _ => value,
    }
}

/// A host name alone, which drivers take in place of a URL.
fn is_bare_host(url: &Val) -> bool {
    url.as_str().is_some_and(|text| !text.contains("://") && !text.contains('='))
}

/// libpq's `host=a port=1` (values may stand in single quotes).
fn keywords(url: &Val) -> Option<Vec<(String, String)>> {
    let text = url.as_str().filter(|text| !text.contains("://") && text.contains('='))?;
    let pairs = text.split_whitespace().filter_map(|pair| pair.split_once('='));
    Some(pairs.map(|(k, v)| (k.to_owned(), v.trim_matches('\'').to_owned())).collect())
}
