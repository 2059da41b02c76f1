//! Decoding of string and number literals.

use std::ops::Range;

use super::ast::ExprKind;

/// What stands around the body of a string literal.
pub(super) struct Prefix {
    /// `r`
    pub is_raw: bool,
    /// `b`
    pub is_bytes: bool,
    /// `f` or `t`
    pub is_format: bool,
    /// Python 2's `` `x` ``
    pub is_backquoted: bool,
    /// Where the body lies in the literal.
    pub body: Range<usize>,
}

impl Prefix {
    /// Reads prefix and quotes of a literal; the closing quotes may be missing.
    pub(super) fn of(source: &str) -> Prefix {
        let letters = source.find(['"', '\'', '`']).unwrap_or(source.len());
        let has = |letter: u8| {
            source.as_bytes()[..letters].iter().any(|byte| byte.eq_ignore_ascii_case(&letter))
        };
        let quote = source.as_bytes().get(letters).copied().unwrap_or(b'"');
        let width = quote_width(&source[letters..], quote);
        let start = (letters + width).min(source.len());
        let closed = source.len() >= start + width
            && source.as_bytes()[source.len() - width..].iter().all(|&b| b == quote);
        let end = if closed { source.len() - width } else { source.len() };
        Prefix {
            is_raw: has(b'r'),
            is_bytes: has(b'b'),
            is_format: has(b'f') || has(b't'),
            is_backquoted: quote == b'`',
            body: start..end,
        }
    }
}

/// How many quotes open a literal that starts with `quote`: three or one.
pub(super) fn quote_width(source: &str, quote: u8) -> usize {
    let bytes = source.as_bytes();
    let triple = bytes.len() >= 6 && bytes[..3] == [quote; 3];
    if triple && quote != b'`' { 3 } else { 1 }
}

/// Appends what the body of a text literal means.
pub(super) fn decode_text(body: &str, is_raw: bool, out: &mut String) {
    decode(body, is_raw, false, out);
}

/// Appends what literal text of an f-string means: as [`decode_text`], and `{{` is `{`.
pub(super) fn decode_format_text(body: &str, is_raw: bool, out: &mut String) {
    decode(body, is_raw, true, out);
}

/// Appends what the body of a bytes literal means. Python allows ASCII only; the rest is UTF-8.
pub(super) fn decode_bytes(body: &str, is_raw: bool, out: &mut Vec<u8>) {
    let mut rest = body;
    while let Some(at) = rest.find(['\\', '\r']) {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at..];
        if let Some(after) = line_end(rest) {
            out.push(b'\n');
            rest = after;
            continue;
        }
        let (escape, after) =
            if is_raw { (Escape::Unknown, &rest[1..]) } else { escape(&rest[1..], true) };
        match escape {
            Escape::Nothing => {}
            Escape::Char(value) => out.push(value as u8),
            Escape::Unknown => out.push(b'\\'),
        }
        rest = after;
    }
    out.extend_from_slice(rest.as_bytes());
}

fn decode(body: &str, is_raw: bool, is_format: bool, out: &mut String) {
    let special: &[char] = if is_format { &['\\', '\r', '{', '}'] } else { &['\\', '\r'] };
    let mut rest = body;
    while let Some(at) = rest.find(special) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = line_end(rest) {
            out.push('\n');
            rest = after;
        } else if let Some(after) = rest.strip_prefix(['{', '}']) {
            // A doubled brace is one; a single one does not get here from valid source.
            out.push_str(&rest[..1]);
            rest = after.strip_prefix(&rest[..1]).unwrap_or(after);
        } else {
            let (escape, after) =
                if is_raw { (Escape::Unknown, &rest[1..]) } else { escape(&rest[1..], false) };
            match escape {
                Escape::Nothing => {}
                Escape::Char(value) => {
                    out.push(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER))
                }
                Escape::Unknown => out.push('\\'),
            }
            rest = after;
        }
    }
    out.push_str(rest);
}

/// What follows a CR or CRLF, both of which Python reads as LF.
fn line_end(text: &str) -> Option<&str> {
    let after = text.strip_prefix('\r')?;
    Some(after.strip_prefix('\n').unwrap_or(after))
}

/// What a backslash and what follows it stand for.
enum Escape {
    /// A line continuation.
    Nothing,
    /// A code point, or a byte.
    Char(u32),
    /// No escape: the backslash stands for itself.
    Unknown,
}

/// Reads what follows a backslash; returns its meaning and what comes after it.
fn escape(text: &str, is_bytes: bool) -> (Escape, &str) {
    if let Some(after) = line_end(text) {
        return (Escape::Nothing, after);
    }
    let Some(first) = text.chars().next() else { return (Escape::Unknown, text) };
    let after = &text[first.len_utf8()..];
    let simple = |value: char| (Escape::Char(u32::from(value)), after);
    match first {
        '\n' => (Escape::Nothing, after),
        '\\' | '\'' | '"' => simple(first),
        'a' => simple('\x07'),
        'b' => simple('\x08'),
        'f' => simple('\x0c'),
        'n' => simple('\n'),
        'r' => simple('\r'),
        't' => simple('\t'),
        'v' => simple('\x0b'),
        '0'..='7' => {
            let digits =
                text.bytes().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
            numeric(text, digits, 8)
        }
        'x' => digits(text, after, 2),
        'u' if !is_bytes => digits(text, after, 4),
        'U' if !is_bytes => digits(text, after, 8),
        'N' if !is_bytes => named(text, after),
        _ => (Escape::Unknown, text),
    }
}

/// Exactly `count` hexadecimal digits after the letter.
fn digits<'t>(text: &'t str, after: &'t str, count: usize) -> (Escape, &'t str) {
    let complete =
        after.len() >= count && after.as_bytes()[..count].iter().all(u8::is_ascii_hexdigit);
    if complete { numeric(after, count, 16) } else { (Escape::Unknown, text) }
}

fn numeric(text: &str, digits: usize, radix: u32) -> (Escape, &str) {
    let value = u32::from_str_radix(&text[..digits], radix).unwrap_or(u32::MAX);
    (Escape::Char(value), &text[digits..])
}

/// `{NAME}`: the Unicode names are not known here.
fn named<'t>(text: &'t str, after: &'t str) -> (Escape, &'t str) {
    let name = after.strip_prefix('{').and_then(|name| name.split_once('}'));
    match name {
        Some((_, rest)) => (Escape::Char(u32::from(char::REPLACEMENT_CHARACTER)), rest),
        None => (Escape::Unknown, text),
    }
}

/// `1_000`, `0xff`, and `2j`, which the grammar counts among the integers.
pub(super) fn integer(source: &str) -> ExprKind {
    if is_imaginary(source) {
        return ExprKind::Imaginary(source.into());
    }
    let digits = source.trim_end_matches(['l', 'L']);
    let (digits, radix) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&digits[2..], 16),
        [b'0', b'o' | b'O', ..] => (&digits[2..], 8),
        [b'0', b'b' | b'B', ..] => (&digits[2..], 2),
        // Python 2; today's Python has no decimal number with a leading zero save zero itself.
        [b'0', b'0'..=b'9', ..] if !digits.contains(['8', '9']) => (&digits[1..], 8),
        _ => (digits, 10),
    };
    let parsed = if digits.contains('_') {
        i64::from_str_radix(&digits.replace('_', ""), radix)
    } else {
        i64::from_str_radix(digits, radix)
    };
    match parsed {
        Ok(value) => ExprKind::Int(value),
        Err(_) => ExprKind::BigInt(source.into()),
    }
}

/// `1.5`, `1e-3`, `.5_0`, and `1.5j`
pub(super) fn float(source: &str) -> ExprKind {
    if is_imaginary(source) {
        return ExprKind::Imaginary(source.into());
    }
    let parsed =
        if source.contains('_') { source.replace('_', "").parse() } else { source.parse() };
    parsed.map_or(ExprKind::Error, ExprKind::Float)
}

/// A trailing `j`; not one among hexadecimal digits, where none can be.
fn is_imaginary(source: &str) -> bool {
    source.ends_with(['j', 'J'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(body: &str) -> String {
        let mut out = String::new();
        decode_text(body, false, &mut out);
        out
    }

    fn bytes(body: &str, is_raw: bool) -> Vec<u8> {
        let mut out = Vec::new();
        decode_bytes(body, is_raw, &mut out);
        out
    }

    #[test]
    fn text_escapes() {
        for (body, want) in [
            ("plain", "plain"),
            (r#"\\ \' \" \a\b\f\n\r\t\v"#, "\\ ' \" \x07\x08\x0c\n\r\t\x0b"),
            (r"\0 \12 \101 \1011 \777 \08", "\0 \n A A1 \u{1ff} \x008"),
            (r"\x41\xe9 \u00e9 \U0001F600", "A\u{e9} \u{e9} \u{1f600}"),
            (r"\ud83d\ude00 \U00110000 \N{DASH}!", "\u{fffd}\u{fffd} \u{fffd} \u{fffd}!"),
            (r"\x4 \u12 \U123 \N \N{ \q \é", r"\x4 \u12 \U123 \N \N{ \q \é"),
            ("a\\\nb\\\r\nc\\\rd", "abcd"),
            ("a\r\nb\rc\nd", "a\nb\nc\nd"),
            ("\\", "\\"),
        ] {
            assert_eq!(text(body), want, "{body:?}");
        }
    }

    #[test]
    fn raw_text_keeps_backslashes() {
        let mut out = String::new();
        decode_text("\\n\\\\ \\\r\n", true, &mut out);
        assert_eq!(out, "\\n\\\\ \\\n");
    }

    #[test]
    fn braces_are_doubled_in_format_text_only() {
        let mut out = String::new();
        decode_format_text(r"{{a}} \{ \N{DASH}", false, &mut out);
        assert_eq!(out, "{a} \\{ \u{fffd}");
        assert_eq!(text("{{a}}"), "{{a}}");
    }

    #[test]
    fn bytes_escapes() {
        assert_eq!(bytes(r"a\x00\xff\101\777\n", false), b"a\x00\xffA\xff\n");
        assert_eq!(bytes(r"\u0041\N{DASH}\q", false), br"\u0041\N{DASH}\q");
        assert_eq!(bytes(r"\x00\n", true), br"\x00\n");
    }

    #[test]
    fn prefixes() {
        for (source, body, raw, bytes, format) in [
            ("'a'", 1..2, false, false, false),
            (r#""""#, 1..1, false, false, false),
            (r#""""a""""#, 3..4, false, false, false),
            ("''''a'''", 3..5, false, false, false),
            ("Rb'a'", 3..4, true, true, false),
            (r#"fR"a""#, 3..4, true, false, true),
            ("t'a'", 2..3, false, false, true),
            ("u'a'", 2..3, false, false, false),
            ("'a", 1..2, false, false, false),
            ("'", 1..1, false, false, false),
            ("'''", 1..2, false, false, false),
        ] {
            let prefix = Prefix::of(source);
            assert_eq!(prefix.body, body, "{source}");
            let flags = (prefix.is_raw, prefix.is_bytes, prefix.is_format);
            assert_eq!(flags, (raw, bytes, format), "{source}");
        }
    }

    #[test]
    fn integers() {
        for (source, want) in [
            ("0", 0),
            ("00", 0),
            ("1_000", 1_000),
            ("0xFf_f", 0xfff),
            ("0o17", 15),
            ("0B1_01", 5),
            ("0777", 511),
            ("089", 89),
            ("10L", 10),
            ("9223372036854775807", i64::MAX),
        ] {
            assert!(matches!(integer(source), ExprKind::Int(value) if value == want), "{source}");
        }
        for source in ["9223372036854775808", "0xffff_ffff_ffff_ffff"] {
            assert!(
                matches!(integer(source), ExprKind::BigInt(text) if &*text == source),
                "{source}"
            );
        }
        assert!(matches!(integer("2j"), ExprKind::Imaginary(text) if &*text == "2j"));
    }

    #[test]
    fn floats() {
        for (source, want) in [("1.5", 1.5), ("1.", 1.0), (".5", 0.5), ("1_0.0_1e-1_0", 10.01e-10)]
        {
            assert!(matches!(float(source), ExprKind::Float(value) if value == want), "{source}");
        }
        assert!(matches!(float("1e400"), ExprKind::Float(f64::INFINITY)));
        assert!(matches!(float("1.5J"), ExprKind::Imaginary(text) if &*text == "1.5J"));
    }
}
