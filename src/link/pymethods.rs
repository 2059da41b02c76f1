//! Methods of Python's own types: texts, sequences, dicts.

use super::Cx;
use super::args::Actuals;
use super::ops::{equal, lift};
use super::value::{Kind, SeqVal, Val, one_of};
use crate::base::Symbol;
use crate::facts::{Const, SeqKind};

impl Cx<'_, '_> {
    /// A method of one of Python's own types on a known value.
    pub(super) fn container_method(&self, receiver: &Val, name: Symbol, actuals: &Actuals) -> Val {
        let name = self.project.name(name);
        lift(receiver, &|value| match &value.kind {
            Kind::Const(Const::Str(text)) => self
                .path_method(text, name, actuals)
                .unwrap_or_else(|| self.text_method(value, text, name, actuals)),
            Kind::Const(Const::Bytes(bytes)) if name == "decode" => {
                std::str::from_utf8(bytes).map_or_else(|_| Val::opaque(), Val::text)
            }
            Kind::Text(_) | Kind::Secret(_) if keeps_text(name) => value.clone(),
            // Durations are numbers of seconds.
            Kind::Const(Const::Float(_)) if name == "total_seconds" => value.clone(),
            Kind::Dict(dict) => self.dict_method(value, dict, name, actuals),
            Kind::Seq(_) if name == "copy" => value.clone(),
            Kind::Seq(seq) => seq_method(seq, name, actuals),
            _ => Val::opaque(),
        })
    }

    fn text_method(&self, value: &Val, text: &str, name: &str, actuals: &Actuals) -> Val {
        let arg = actuals.positional.first();
        let word = arg.and_then(Val::as_str);
        let none = actuals.positional.is_empty() && actuals.keywords.is_empty();
        match (name, word) {
            ("format", _) => self.brace_format(text, actuals),
            ("lower" | "casefold", _) => Val::text(&text.to_lowercase()),
            ("upper", _) => Val::text(&text.to_uppercase()),
            ("strip", _) if none => Val::text(text.trim()),
            ("lstrip", _) if none => Val::text(text.trim_start()),
            ("rstrip", _) if none => Val::text(text.trim_end()),
            ("strip", Some(set)) => Val::text(text.trim_matches(|c| set.contains(c))),
            ("lstrip", Some(set)) => Val::text(text.trim_start_matches(|c| set.contains(c))),
            ("rstrip", Some(set)) => Val::text(text.trim_end_matches(|c| set.contains(c))),
            ("removeprefix", Some(p)) => Val::text(text.strip_prefix(p).unwrap_or(text)),
            ("removesuffix", Some(s)) => Val::text(text.strip_suffix(s).unwrap_or(text)),
            ("startswith", _) => affix(arg, |p| text.starts_with(p)),
            ("endswith", _) => affix(arg, |s| text.ends_with(s)),
            ("split", _) if none => {
                Val::seq(SeqKind::List, text.split_whitespace().map(Val::text).collect(), false)
            }
            ("title", _) => Val::text(&capitalised(text)),
            ("isdigit" | "isnumeric" | "isdecimal", _) => {
                Val::bool(!text.is_empty() && text.chars().all(|c| c.is_ascii_digit()))
            }
            ("isupper", _) => Val::bool(
                text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase),
            ),
            ("islower", _) => Val::bool(
                text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase),
            ),
            ("count", Some(part)) if !part.is_empty() && actuals.positional.len() == 1 => {
                i64::try_from(text.matches(part).count()).map_or_else(|_| Val::opaque(), Val::int)
            }
            ("splitlines", _) => {
                Val::seq(SeqKind::List, text.lines().map(Val::text).collect(), false)
            }
            ("partition", Some(sep)) if !sep.is_empty() => {
                let (head, tail) = text.split_once(sep).map_or((text, None), |(h, t)| (h, Some(t)));
                let sep = if tail.is_some() { sep } else { "" };
                let parts = [head, sep, tail.unwrap_or_default()].map(Val::text);
                Val::seq(SeqKind::Tuple, parts.into(), false)
            }
            ("split", Some(sep)) if !sep.is_empty() && actuals.positional.len() == 1 => {
                Val::seq(SeqKind::List, text.split(sep).map(Val::text).collect(), false)
            }
            ("replace", Some(from)) => match actuals.positional.get(1).and_then(Val::as_str) {
                Some(to) if actuals.positional.len() == 2 => Val::text(&text.replace(from, to)),
                _ => Val::opaque(),
            },
            ("join", _) => arg.map_or_else(Val::opaque, |items| self.join(value, items)),
            ("encode", _) => Val::new(Kind::Const(Const::Bytes(text.as_bytes().into()))),
            _ => Val::opaque(),
        }
    }

    fn join(&self, separator: &Val, items: &Val) -> Val {
        let Some(seq) = items.in_force().and_then(Val::as_seq).filter(|s| !s.open) else {
            return Val::opaque();
        };
        let mut parts = Vec::with_capacity(seq.items.len() * 2);
        for (index, item) in seq.items.iter().enumerate() {
            if index > 0 {
                parts.push(separator.clone());
            }
            parts.push(item.clone());
        }
        self.concat(parts)
    }

    fn dict_method(
        &self,
        value: &Val,
        dict: &super::value::DictVal,
        name: &str,
        actuals: &Actuals,
    ) -> Val {
        let first = actuals.positional.first();
        let parts = |f: &dyn Fn(&(Val, Val)) -> Val| {
            Val::seq(SeqKind::List, dict.entries.iter().map(f).collect(), dict.open)
        };
        match name {
            "get" | "pop" | "setdefault" => {
                let default = || match actuals.positional.get(1) {
                    Some(default) => default.clone(),
                    None => Val::new(Kind::Const(Const::None)),
                };
                let Some(key) = first else { return Val::opaque() };
                match super::mutate::entry(dict, key) {
                    Some(found) => found.clone(),
                    None if !dict.open && key.as_const().is_some() => default(),
                    // An unknown key gives one of the values.
                    None if !dict.open && dict.entries.len() < super::value::MAX_ALTERNATIVES => {
                        let values = dict.entries.iter().map(|(_, v)| v.clone());
                        one_of(values.chain([default()]).collect())
                    }
                    None => Val::opaque(),
                }
            }
            "copy" => value.clone(),
            "keys" => parts(&|(k, _)| k.clone()),
            "values" => parts(&|(_, v)| v.clone()),
            "items" => parts(&|(k, v)| Val::seq(SeqKind::Tuple, vec![k.clone(), v.clone()], false)),
            _ => Val::opaque(),
        }
    }
}

/// Whether a text starts or ends with a word, or with one of several.
fn affix(words: Option<&Val>, test: impl Fn(&str) -> bool) -> Val {
    let Some(words) = words.and_then(Val::in_force) else { return Val::opaque() };
    let words = match words.as_seq() {
        Some(seq) if seq.open => return Val::opaque(),
        Some(seq) => seq.items.as_slice(),
        None => std::slice::from_ref(words),
    };
    let words: Option<Vec<&str>> = words.iter().map(Val::as_str).collect();
    words.map_or_else(Val::opaque, |words| Val::bool(words.into_iter().any(test)))
}

/// The first letter of each word in upper case, the others in lower case.
fn capitalised(text: &str) -> String {
    let mut inside = false;
    let letter = |c: char| {
        let made: String =
            if inside { c.to_lowercase().collect() } else { c.to_uppercase().collect() };
        inside = c.is_alphabetic();
        made
    };
    text.chars().map(letter).collect()
}

/// What a method of a sequence gives.
fn seq_method(seq: &SeqVal, name: &str, actuals: &Actuals) -> Val {
    let first = actuals.positional.first();
    match (name, first) {
        ("pop", None) if !seq.open && seq.kind == SeqKind::List => {
            seq.items.last().cloned().unwrap_or_else(Val::opaque)
        }
        ("index" | "count", Some(wanted)) if !seq.open => {
            let same: Option<Vec<bool>> = seq.items.iter().map(|v| equal(v, wanted)).collect();
            let Some(same) = same else { return Val::opaque() };
            let number = match name {
                "index" => same.iter().position(|same| *same),
                _ => Some(same.iter().filter(|same| **same).count()),
            };
            number.and_then(|n| i64::try_from(n).ok()).map_or_else(Val::opaque, Val::int)
        }
        _ => Val::opaque(),
    }
}

/// Methods of text that leave what it is made of.
fn keeps_text(name: &str) -> bool {
    matches!(
        name,
        "strip"
            | "lstrip"
            | "rstrip"
            | "lower"
            | "upper"
            | "encode"
            | "decode"
            | "format"
            | "replace"
    )
}
