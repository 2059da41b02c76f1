//! Values as text.

use crate::overview::Value;

/// Stands for what is not known.
pub(super) const UNKNOWN: &str = "?";
/// Stands for a secret.
pub(super) const SECRET: &str = "***";
/// Alternatives and reasons are cut after this many characters.
const LONGEST_REASON: usize = 60;

/// A value much as Python writes it.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::None => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) => format!("\"{text}\""),
        Value::Name(name) => name.clone(),
        Value::Secret => SECRET.to_owned(),
        Value::List { items, open } => enclosed("[", items.iter().map(text).collect(), *open, "]"),
        Value::Table { entries, open } => {
            let entry = |(key, value): &(String, Value)| format!("{key}: {}", text(value));
            enclosed("{", entries.iter().map(entry).collect(), *open, "}")
        }
        Value::Environment { default: Some(default), .. } => text(default),
        Value::Environment { default: None, .. } | Value::Unknown(_) => UNKNOWN.to_owned(),
        Value::OneOf(values) => {
            let mut all: Vec<String> = Vec::new();
            for text in values.iter().map(text) {
                if !all.contains(&text) {
                    all.push(text);
                }
            }
            all.join(" or ")
        }
    }
}

fn enclosed(start: &str, mut items: Vec<String>, open: bool, end: &str) -> String {
    if open {
        items.push("…".to_owned());
    }
    format!("{start}{}{end}", items.join(", "))
}

/// A value without the signs of Python, where it is known to be text or a list of texts.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::List { items, open } => {
            let mut all: Vec<String> = items.iter().map(plain).collect();
            if *open {
                all.push("…".to_owned());
            }
            all.join(", ")
        }
        other => text(other),
    }
}

/// What is to be said about where a value comes from.
pub(super) fn note(value: &Value) -> Option<String> {
    let named = |variable: &Option<String>| match variable {
        Some(name) => format!("environment variable {name}"),
        None => "an environment variable".to_owned(),
    };
    match value {
        Value::Environment { variable, default: Some(_) } => {
            Some(format!("default of {}", named(variable)))
        }
        Value::Environment { variable, default: None } => Some(named(variable)),
        Value::Unknown(reason) if !reason.is_empty() => Some(cut(reason, LONGEST_REASON)),
        Value::OneOf(values) => values.iter().find_map(note),
        _ => None,
    }
}

/// A text of at most `width` characters.
pub(super) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.push('…');
    short
}
