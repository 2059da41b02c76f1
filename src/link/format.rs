//! How Python writes values into text: f-strings, `str.format`, `%`. Only the text of
//! constants is known; every other value stays a hole.

use super::Cx;
use super::args::Actuals;
use super::ops::{MAX_TEXT, lift};
use super::value::{Kind, Val};
use crate::facts::Const;

/// `!s` and `!r` of a replacement field.
const CONVERSIONS: [char; 2] = ['s', 'r'];

impl Cx<'_, '_> {
    pub(super) fn to_text(&self, value: &Val) -> Val {
        match &value.kind {
            Kind::Const(Const::Str(_)) | Kind::Text(_) | Kind::Secret(_) => value.clone(),
            Kind::Const(constant) => str_of(constant).map_or_else(Val::opaque, |t| Val::text(&t)),
            _ => Val::opaque(),
        }
    }

    /// A value as `str()` writes it, kept as itself where that is not known.
    fn formatted(&self, value: Val) -> Val {
        let text = lift(&value, &|v| self.to_text(v));
        if matches!(text.kind, Kind::Opaque) { value } else { text }
    }

    /// `{value!r:spec}`. Where the text is not known, neither is the value itself to be taken
    /// for it; what it was made of is kept.
    pub(super) fn format_field(&self, value: &Val, conversion: Option<char>, spec: &Val) -> Val {
        let Some(spec) = spec.as_str() else { return unwritten(value) };
        if spec.is_empty() && matches!(conversion, None | Some('s')) {
            return self.formatted(value.clone());
        }
        lift(value, &|v| match &v.kind {
            Kind::Const(constant) => written(constant, conversion, spec)
                .filter(|text| text.len() <= MAX_TEXT)
                .map_or_else(|| unwritten(v), |text| Val::text(&text)),
            _ => unwritten(v),
        })
    }

    /// `"…%s…" % values`, for the conversions whose text is certain.
    pub(super) fn percent_format(&self, format: &str, values: Vec<Val>, whole: &Val) -> Val {
        let mut parts = Vec::new();
        let mut values = values.into_iter();
        let mut rest = format;
        while let Some(at) = rest.find('%') {
            parts.push(Val::text(&rest[..at]));
            rest = &rest[at + 1..];
            if let Some(tail) = rest.strip_prefix('%') {
                parts.push(Val::text("%"));
                rest = tail;
                continue;
            }
            let named = rest.strip_prefix('(').and_then(|r| r.split_once(')'));
            let value = match named {
                Some((key, tail)) => {
                    rest = tail;
                    self.item(whole, &Val::text(key))
                }
                None => values.next().unwrap_or_else(Val::opaque),
            };
            let Some(end) = rest.find(|c: char| c.is_ascii_alphabetic()) else {
                return Val::opaque();
            };
            let plain = end == 0 && rest.starts_with(['s', 'd']);
            parts.push(if plain { self.formatted(value) } else { unwritten(&value) });
            rest = &rest[end + 1..];
        }
        parts.push(Val::text(rest));
        self.concat(parts)
    }

    /// `"…{}…{name!r:>10}…".format(…)`
    pub(super) fn brace_format(&self, format: &str, actuals: &Actuals) -> Val {
        let mut parts = Vec::new();
        let mut auto = 0;
        let mut rest = format;
        while let Some(at) = rest.find(['{', '}']) {
            parts.push(Val::text(&rest[..at]));
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(tail) = rest.strip_prefix(brace) {
                parts.push(Val::text(brace));
                rest = tail;
                continue;
            }
            let Some((field, tail)) = rest.split_once('}').filter(|_| brace == "{") else {
                return Val::opaque();
            };
            // A format that is itself made of fields.
            if field.contains('{') {
                return Val::opaque();
            }
            rest = tail;
            let (field, spec) = field.split_once(':').unwrap_or((field, ""));
            let (name, conversion) = match field.split_once('!') {
                Some((name, letter)) => (name, letter.chars().next()),
                None => (field, None),
            };
            let value = self.field_value(name, &mut auto, actuals);
            let spec = Val::text(spec);
            parts
                .push(value.map_or_else(Val::opaque, |v| self.format_field(&v, conversion, &spec)));
        }
        parts.push(Val::text(rest));
        self.concat(parts)
    }

    /// The argument that a field of a format names; `auto` counts those without a name.
    fn field_value(&self, name: &str, auto: &mut usize, actuals: &Actuals) -> Option<Val> {
        if name.is_empty() {
            *auto += 1;
            return actuals.positional.get(*auto - 1).cloned();
        }
        if let Ok(index) = name.parse::<usize>() {
            return actuals.positional.get(index).cloned();
        }
        let symbol = self.project.names.get(name)?;
        actuals.keywords.iter().find(|(n, _)| *n == symbol).map(|(_, v)| v.clone())
    }
}

/// What a value becomes when its text is not known: it keeps where it came from.
fn unwritten(value: &Val) -> Val {
    match value.is_unknown() {
        true => value.clone(),
        false => Val { kind: Kind::Opaque, ..value.clone() },
    }
}

fn str_of(constant: &Const) -> Option<String> {
    Some(match constant {
        Const::Str(text) => text.to_string(),
        Const::Int(number) => number.to_string(),
        Const::Bool(flag) => if *flag { "True" } else { "False" }.to_owned(),
        Const::None => "None".to_owned(),
        _ => return None,
    })
}

/// `repr()` of a constant, where it needs no knowledge of which characters can be printed.
fn repr_of(constant: &Const) -> Option<String> {
    let Const::Str(text) = constant else { return str_of(constant) };
    let plain = text.chars().all(|c| (' '..='~').contains(&c) && c != '\\');
    let quote = if text.contains('\'') { '"' } else { '\'' };
    (plain && !text.contains(quote)).then(|| format!("{quote}{text}{quote}"))
}

/// The text of `{constant!conversion:spec}`; none where it is not known, or an error.
fn written(constant: &Const, conversion: Option<char>, spec: &str) -> Option<String> {
    let converted = match conversion {
        Some('r') => Some(repr_of(constant)?),
        Some('s') => Some(str_of(constant)?),
        Some(other) if !CONVERSIONS.contains(&other) => return None,
        _ => None,
    };
    let constant = &converted.map_or_else(|| constant.clone(), |text| Const::Str(text.into()));
    if spec.is_empty() {
        return str_of(constant);
    }
    let spec = Spec::parse(spec)?;
    match constant {
        Const::Str(text) => spec.text(text),
        Const::Int(number) => spec.number(*number),
        Const::Bool(flag) => spec.number(i64::from(*flag)),
        _ => None,
    }
}

/// A format specification: `[[fill]align][sign][#][0][width][.precision][type]`. Grouping and
/// the types of floating-point numbers are not read.
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    sign: Option<char>,
    alternate: bool,
    zero: bool,
    width: usize,
    precision: Option<usize>,
    ty: Option<char>,
}

impl Spec {
    fn parse(text: &str) -> Option<Self> {
        let mut chars = text.chars().peekable();
        let is_align = |c: &char| "<>=^".contains(*c);
        let mut ahead = text.chars();
        let (first, second) = (ahead.next(), ahead.next());
        let (fill, align) = match (first, second.filter(is_align)) {
            (Some(_), Some(align)) => (first, Some(align)),
            _ => (None, first.filter(is_align)),
        };
        let taken = usize::from(fill.is_some()) + usize::from(align.is_some());
        (0..taken).for_each(|_| {
            chars.next();
        });
        let sign = chars.next_if(|c| "+- ".contains(*c));
        let alternate = chars.next_if_eq(&'#').is_some();
        let zero = chars.next_if_eq(&'0').is_some();
        let number = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| {
            let mut value: Option<usize> = None;
            while let Some(digit) = chars.next_if(char::is_ascii_digit).and_then(|c| c.to_digit(10))
            {
                value = Some(value.unwrap_or(0).saturating_mul(10).saturating_add(digit as usize));
            }
            value
        };
        let width = number(&mut chars).unwrap_or(0);
        let precision = match chars.next_if_eq(&'.') {
            Some(_) => Some(number(&mut chars)?),
            None => None,
        };
        let ty = chars.next();
        let fits = chars.next().is_none() && width <= MAX_TEXT;
        fits.then_some(Self { fill, align, sign, alternate, zero, width, precision, ty })
    }

    fn text(&self, text: &str) -> Option<String> {
        let for_numbers = self.sign.is_some() || self.alternate || self.align == Some('=');
        if for_numbers || !matches!(self.ty, None | Some('s')) {
            return None;
        }
        let cut: String = text.chars().take(self.precision.unwrap_or(usize::MAX)).collect();
        Some(self.padded("", &cut, '<'))
    }

    fn number(&self, number: i64) -> Option<String> {
        if self.precision.is_some() {
            return None;
        }
        let size = number.unsigned_abs();
        let (prefix, digits) = match self.ty {
            None | Some('d') => ("", size.to_string()),
            Some('b') => ("0b", format!("{size:b}")),
            Some('o') => ("0o", format!("{size:o}")),
            Some('x') => ("0x", format!("{size:x}")),
            Some('X') => ("0X", format!("{size:X}")),
            _ => return None,
        };
        let sign = match self.sign {
            _ if number < 0 => "-",
            Some('+') => "+",
            Some(' ') => " ",
            _ => "",
        };
        let prefix = if self.alternate { prefix } else { "" };
        Some(self.padded(&format!("{sign}{prefix}"), &digits, '>'))
    }

    /// `head` and `body`, filled up to the width; `=` fills between them.
    fn padded(&self, head: &str, body: &str, usual: char) -> String {
        let length = head.chars().count() + body.chars().count();
        let missing = self.width.saturating_sub(length);
        let fill = self.fill.unwrap_or(if self.zero { '0' } else { ' ' });
        // A zero before the width stands for `0=` with numbers.
        let usual = if self.zero && usual == '>' { '=' } else { usual };
        let pad = |count: usize| fill.to_string().repeat(count);
        match self.align.unwrap_or(usual) {
            '<' => format!("{head}{body}{}", pad(missing)),
            '=' => format!("{head}{}{body}", pad(missing)),
            '^' => format!("{}{head}{body}{}", pad(missing / 2), pad(missing - missing / 2)),
            _ => format!("{}{head}{body}", pad(missing)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_python() {
        let text = |t: &str| Const::Str(t.into());
        for (constant, conversion, spec, expected) in [
            (Const::Int(7), None, "03d", Some("007")),
            (Const::Int(-7), None, "04", Some("-007")),
            (Const::Int(255), None, "#06x", Some("0x00ff")),
            (Const::Int(5), None, "+d", Some("+5")),
            (Const::Int(5), None, "<3", Some("5  ")),
            (Const::Int(5), None, "*^4", Some("*5**")),
            (Const::Int(i64::MIN), None, "d", Some("-9223372036854775808")),
            (Const::Bool(true), None, "", Some("True")),
            (Const::Bool(true), None, "3", Some("  1")),
            (Const::Bool(true), Some('s'), "6", Some("True  ")),
            (Const::None, Some('r'), "", Some("None")),
            (text("ab"), Some('r'), "", Some("'ab'")),
            (text("it's"), Some('r'), "", Some("\"it's\"")),
            (text("abc"), None, ".2", Some("ab")),
            (text("ab"), None, ">4", Some("  ab")),
            (text("ab"), None, "05", Some("ab000")),
            (text("ab"), None, "<<3", Some("ab<")),
            // Grouping, fractions, dates; and what is an error.
            (Const::Int(1000), None, ",", None),
            (Const::Int(1), None, ".2f", None),
            (text("\u{e9}\n"), Some('r'), "", None),
            (text("ab"), Some('a'), "", None),
            (text("ab"), None, "d", None),
            (Const::None, None, "5", None),
        ] {
            let found = written(&constant, conversion, spec);
            assert_eq!(found.as_deref(), expected, "{constant:?} {conversion:?} {spec:?}");
        }
    }
}
