//! Values as they are shown, without secrets.

use super::Describer;
use crate::facts::{self, Const};
use crate::link::{Kind, Part, Val};
use crate::overview::Value;

/// Deepest value that is shown.
const MAX_DEPTH: u32 = 12;
/// What stands for a password in a URL.
const MASK: &str = "***";

impl Describer<'_, '_, '_> {
    /// A value. `secret`: its texts must not be readable.
    pub(super) fn value(&self, value: &Val, secret: bool) -> Value {
        self.at_depth(value, secret, 0)
    }

    fn at_depth(&self, value: &Val, secret: bool, depth: u32) -> Value {
        if depth > MAX_DEPTH {
            return Value::Unknown(String::new());
        }
        let below = |inner: &Val, secret: bool| self.at_depth(inner, secret, depth + 1);
        match &value.kind {
            Kind::Const(constant) => shown(constant, secret),
            Kind::Secret(_) => Value::Secret,
            Kind::Text(parts) => {
                let part = |part: &Part| match part {
                    Part::Lit(text) => text.clone(),
                    Part::Hole(_) => "{…}".to_owned(),
                };
                text(&parts.iter().map(part).collect::<String>(), secret)
            }
            Kind::Dict(dict) => {
                let entry = |(key, value): &(Val, Val)| {
                    let shown = match key.as_str() {
                        Some(text) => text.to_owned(),
                        None => self.cx.show(key, false),
                    };
                    let value = below(value, secret || self.means_secret(&shown));
                    (shown, value)
                };
                Value::Table { entries: dict.entries.iter().map(entry).collect(), open: dict.open }
            }
            Kind::Seq(seq) => Value::List {
                items: seq.items.iter().map(|item| below(item, secret)).collect(),
                open: seq.open,
            },
            Kind::Env(env) => {
                let secret = secret || env.key.as_ref().is_some_and(|name| self.means_secret(name));
                Value::Environment {
                    variable: env.key.clone(),
                    default: env.default.as_ref().map(|default| Box::new(below(default, secret))),
                }
            }
            Kind::Setting(setting) => match &setting.value {
                Some(value) => below(value, secret),
                None => Value::Unknown(format!("setting {}", setting.path.join("."))),
            },
            Kind::OneOf(values) => Value::OneOf(values.iter().map(|v| below(v, secret)).collect()),
            Kind::Lib(_) | Kind::Class(_) | Kind::Function(_) => {
                Value::Name(self.cx.show(value, secret))
            }
            Kind::Module(_)
            | Kind::Namespace(_)
            | Kind::Param(..)
            | Kind::Absent
            | Kind::Opaque => {
                let reason = self.cx.show(value, secret);
                Value::Unknown(if reason == "…" { String::new() } else { reason })
            }
        }
    }
}

fn shown(constant: &Const, secret: bool) -> Value {
    match constant {
        Const::None => Value::None,
        Const::Bool(value) => Value::Bool(*value),
        Const::Int(number) => Value::Int(*number),
        Const::Float(number) => Value::Float(*number),
        Const::BigInt(number) => Value::Name(number.to_string()),
        Const::Ellipsis => Value::Name("...".to_owned()),
        Const::Str(value) => text(value, secret),
        Const::Bytes(bytes) => text(&String::from_utf8_lossy(bytes), secret),
    }
}

/// A text; a secret one is gone, and so is a password in a URL.
fn text(text: &str, secret: bool) -> Value {
    if (secret && !text.is_empty()) || facts::looks_secret(text).is_some() {
        return Value::Secret;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(range) = facts::url_password(rest) {
        out.push_str(&rest[..range.start]);
        out.push_str(MASK);
        rest = &rest[range.end..];
    }
    out.push_str(rest);
    Value::Text(out)
}
