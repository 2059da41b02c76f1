//! How much there is of a value, as far as it is known.

use super::ops::equal;
use super::value::{Kind, Val};
use crate::base::FxHashSet;
use crate::facts::Const;

/// Characters of a text, items of a collection; none when they are not known.
pub(super) fn items(value: &Val) -> Option<usize> {
    match &value.kind {
        Kind::Const(Const::Str(text)) => Some(text.chars().count()),
        Kind::Const(Const::Bytes(bytes)) => Some(bytes.len()),
        Kind::Secret(secret) => Some(secret.length as usize),
        Kind::Seq(seq) if !seq.open => Some(seq.items.len()),
        Kind::Dict(dict) if !dict.open => Some(dict.entries.len()),
        _ => None,
    }
}

/// Different characters of a text, different items of a sequence.
pub(super) fn distinct(value: &Val) -> Option<usize> {
    match &value.kind {
        Kind::Const(Const::Str(text)) => Some(text.chars().collect::<FxHashSet<_>>().len()),
        Kind::Const(Const::Bytes(bytes)) => Some(bytes.iter().collect::<FxHashSet<_>>().len()),
        Kind::Secret(secret) => Some(usize::from(secret.distinct)),
        Kind::Seq(seq) if !seq.open => {
            let mut different: Vec<&Val> = Vec::with_capacity(seq.items.len());
            for item in &seq.items {
                let mut known = Some(false);
                for other in &different {
                    known = match (known, equal(item, other)) {
                        (Some(true), _) | (_, Some(true)) => Some(true),
                        (None, _) | (_, None) => None,
                        _ => Some(false),
                    };
                }
                if !known? {
                    different.push(item);
                }
            }
            Some(different.len())
        }
        _ => None,
    }
}

/// Bytes in UTF-8.
pub(super) fn bytes(value: &Val) -> Option<usize> {
    match &value.kind {
        Kind::Const(Const::Str(text)) => Some(text.len()),
        Kind::Const(Const::Bytes(bytes)) => Some(bytes.len()),
        Kind::Secret(secret) => Some(secret.length as usize),
        _ => None,
    }
}
