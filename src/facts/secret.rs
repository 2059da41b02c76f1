//! Literals that look like credentials, told apart from the many long strings that are not.
//!
//! In doubt a literal stays text: whoever reads facts has names and context to decide with.
//! The measures are lengths, character classes, entropy, and how many adjacent letters are
//! pairs that occur in English words and identifiers.

use std::ops::Range;

use super::ir::{Const, SecretLit, SecretShape, Term};
use crate::base::FxHashSet;
use crate::syntax::ast::FPart;

/// Shorter literals are left to the vocabulary.
const MIN_LENGTH: usize = 20;
/// Longer ones are data (images, test vectors), unless a format says otherwise.
const MAX_RANDOM: usize = 512;
/// What must be left of a literal after its prefix.
const MIN_BODY: usize = 16;

/// Whether a literal's text looks like a credential, and like which kind.
pub fn looks_secret(text: &str) -> Option<SecretShape> {
    classify(text).map(|(shape, _)| shape)
}

/// The byte range of a password in a URL, `scheme://user:password@host`; the first one if there
/// are several. Templates (`{x}`, `%s`, `${X}`, `<x>`) and masked passwords are none.
pub fn url_password(text: &str) -> Option<Range<usize>> {
    password_after(text, 0)
}

fn password_after(text: &str, mut from: usize) -> Option<Range<usize>> {
    while let Some(found) = text[from..].find("://") {
        let start = from + found + 3;
        if let Some(range) = password_of(text, start) {
            return Some(range);
        }
        from = start;
    }
    None
}

fn password_of(text: &str, start: usize) -> Option<Range<usize>> {
    let scheme_ends_well =
        text[..start - 3].bytes().next_back().is_some_and(|byte| byte.is_ascii_alphanumeric());
    let authority = text[start..].split(['/', '?', '#', '"', '\'', '\\', '`']).next()?;
    let authority = authority.split(|c: char| c.is_whitespace()).next()?;
    let at = authority.rfind('@')?;
    let colon = authority[..at].find(':')?;
    let password = &authority[colon + 1..at];
    let template = password.contains(['{', '}', '<', '>'])
        || password.starts_with('$')
        || (password.starts_with('%') && !is_percent_encoded(password));
    let masked = password.bytes().all(|byte| matches!(byte, b'*' | b'.'));
    (scheme_ends_well && !template && !masked).then(|| start + colon + 1..start + at)
}

fn is_percent_encoded(text: &str) -> bool {
    let digits = text.as_bytes().get(1..3).unwrap_or_default();
    digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit)
}

/// The term of a string literal.
pub fn text_term(text: &str) -> Term {
    match secret_of(text) {
        Some(secret) => Term::Secret(secret),
        None => Term::Const(Const::Str(mask(text).unwrap_or_else(|| text.into()))),
    }
}

/// The term of a bytes literal.
pub(super) fn bytes_term(bytes: &[u8]) -> Term {
    let Ok(text) = std::str::from_utf8(bytes) else {
        let random = (MIN_LENGTH..=128).contains(&bytes.len()) && entropy(bytes) >= 4.0;
        return match random {
            true => Term::Secret(secret_lit(bytes, SecretShape::Random, "", true)),
            false => Term::Const(Const::Bytes(bytes.into())),
        };
    };
    match secret_of(text) {
        Some(secret) => Term::Secret(SecretLit { bytes: true, ..secret }),
        None => {
            let text = mask(text).unwrap_or_else(|| text.into());
            Term::Const(Const::Bytes(text.into_boxed_bytes()))
        }
    }
}

/// The text parts of an f-string with the passwords of URLs masked, where a URL runs over
/// several parts; none if there is no such password.
pub(super) fn mask_parts(parts: &[FPart]) -> Option<Vec<Option<String>>> {
    let mut joined = String::new();
    let mut places = Vec::with_capacity(parts.len());
    for part in parts {
        let start = joined.len();
        match part {
            FPart::Text(text) => joined.push_str(text),
            FPart::Value { .. } => joined.push_str("{x}"),
        }
        places.push(matches!(part, FPart::Text(_)).then_some(start..joined.len()));
    }
    if !joined.contains("://") {
        return None;
    }
    let masked = mask(&joined)?;
    let part = |place: &Option<Range<usize>>| Some(masked[place.clone()?].to_owned());
    Some(places.iter().map(part).collect())
}

/// The text with the passwords of its URLs replaced by `*`; none if it has none.
fn mask(text: &str) -> Option<Box<str>> {
    let mut range = url_password(text)?;
    let mut masked = text.to_owned();
    loop {
        let end = range.end;
        let stars = "*".repeat(range.len());
        masked.replace_range(range, &stars);
        match password_after(text, end) {
            Some(next) => range = next,
            None => return Some(masked.into()),
        }
    }
}

fn secret_of(text: &str) -> Option<SecretLit> {
    let (shape, prefix) = classify(text)?;
    Some(secret_lit(text.as_bytes(), shape, &text[..prefix], false))
}

fn secret_lit(bytes: &[u8], shape: SecretShape, prefix: &str, is_bytes: bool) -> SecretLit {
    let digest = blake3::hash(bytes);
    let mut first = [0; 8];
    first.copy_from_slice(&digest.as_bytes()[..8]);
    SecretLit {
        length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "entropy lies between 0 and 8"
        )]
        entropy: (entropy(bytes) * 10.0).round() as u16,
        distinct: u16::try_from(distinct(bytes)).unwrap_or(u16::MAX),
        shape,
        prefix: prefix.into(),
        digest: u64::from_le_bytes(first),
        bytes: is_bytes,
    }
}

/// The shape of a credential, and the length of its prefix of words.
fn classify(text: &str) -> Option<(SecretShape, usize)> {
    if text.len() < MIN_LENGTH {
        return None;
    }
    if is_private_key(text) {
        return Some((SecretShape::PrivateKey, 0));
    }
    let scheme = scheme_prefix(text)?;
    let body = &text[scheme..];
    if body.len() < MIN_LENGTH || !body.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    if is_jwt(body) {
        return Some((SecretShape::Jwt, scheme));
    }
    if body.len() > MAX_RANDOM || is_uuid(body) {
        return None;
    }
    // A prefix makes the rest likelier to be a secret, not less.
    let own = word_prefix(body).max(issuer_mark(body));
    for prefix in [0, own] {
        let rest = &body[prefix..];
        if is_hex_secret(rest) {
            return Some((SecretShape::Hex, scheme + prefix));
        }
        if prefix > 0 || own == 0 {
            return is_random(rest).then_some((SecretShape::Random, scheme + prefix));
        }
    }
    None
}

/// The length of `Bearer ` and the like; none for text with other white space.
fn scheme_prefix(text: &str) -> Option<usize> {
    match text.split_once([' ', '\t', '\n', '\r']) {
        None => Some(0),
        Some((word, rest)) => {
            let word_like = (3..=10).contains(&word.len())
                && word.bytes().all(|byte| byte.is_ascii_alphabetic());
            let alone = !rest.contains(char::is_whitespace);
            (word_like && alone).then_some(word.len() + 1)
        }
    }
}

fn is_private_key(text: &str) -> bool {
    let Some(begin) = text.find("-----BEGIN ") else { return false };
    let Some((label, rest)) = text[begin + 11..].split_once("-----") else { return false };
    let body = rest.split("-----").next().unwrap_or_default();
    // Code that looks for such keys spells the first line only.
    let encoded = body.bytes().filter(|byte| is_base64(*byte)).count();
    label.ends_with("PRIVATE KEY") && encoded >= 40
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
}

/// Three base64url parts, the first of which is a JSON object.
fn is_jwt(text: &str) -> bool {
    let mut parts = text.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let url_safe = |part: &str| part.bytes().all(|b| is_base64(b) && !matches!(b, b'+' | b'/'));
    header.len() >= 8
        && payload.len() >= 2
        && [header, payload, signature].into_iter().all(url_safe)
        && decodes_to_object(header)
}

/// Whether base64 text decodes to something like `{"`.
fn decodes_to_object(text: &str) -> bool {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        _ => None,
    };
    match text.as_bytes() {
        [a, b, c, ..] => match (value(*a), value(*b), value(*c)) {
            (Some(a), Some(b), Some(c)) => {
                let second = (b << 4) | (c >> 2);
                let first = (a << 2) | (b >> 4);
                first == b'{' && matches!(second, b'"' | b' ' | b'\n' | b'\r' | b'\t')
            }
            _ => false,
        },
        _ => false,
    }
}

fn is_uuid(text: &str) -> bool {
    let text = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_hex_secret(text: &str) -> bool {
    let text = text.strip_prefix("0x").unwrap_or(text);
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    text.len() >= MIN_LENGTH
        && text.bytes().all(|byte| byte.is_ascii_hexdigit())
        && letters >= 3
        && letters < text.len()
        && entropy(text.as_bytes()) >= 3.0
        && !has_run(text)
}

/// Words before the random part: `sk_live_`, `ghp_`, `django-insecure-`.
fn word_prefix(text: &str) -> usize {
    let mut end = 0;
    for _ in 0..3 {
        let rest = &text[end..];
        let word = rest.bytes().take_while(u8::is_ascii_lowercase).count();
        let separated = matches!(rest.as_bytes().get(word), Some(b'-' | b'_'));
        let word_like = word <= 5 || Measures::of(&rest[..word]).pair_share() >= 0.35;
        if !separated || !(2..=12).contains(&word) || !word_like {
            break;
        }
        if rest.len() - word - 1 < MIN_BODY {
            break;
        }
        end += word + 1;
    }
    end
}

/// Marks that issuers put before keys, so that they are found: those that are no words and a
/// separator.
fn issuer_mark(text: &str) -> usize {
    const MARKS: [&str; 4] = ["AKIA", "ASIA", "AIza", "SG."];
    let mark = MARKS.iter().find(|mark| text.starts_with(**mark));
    mark.map_or(0, |mark| mark.len()).min(text.len().saturating_sub(MIN_BODY))
}

/// Counts over the bytes of a literal.
#[derive(Default)]
struct Measures {
    lower: usize,
    upper: usize,
    digits: usize,
    signs: usize,
    /// Adjacent letters, except where a new word begins in camel case.
    pairs: usize,
    /// Those of them that are common in words.
    common: usize,
    /// Changes between letters and digits.
    changes: usize,
    /// Runs of letters, a new one beginning at every word of camel case.
    runs: usize,
}

impl Measures {
    fn of(text: &str) -> Measures {
        let mut measures = Measures::default();
        let mut before = b' ';
        for byte in text.bytes() {
            match byte {
                b'a'..=b'z' => measures.lower += 1,
                b'A'..=b'Z' => measures.upper += 1,
                b'0'..=b'9' => measures.digits += 1,
                _ => measures.signs += 1,
            }
            let hump = before.is_ascii_lowercase() && byte.is_ascii_uppercase();
            if before.is_ascii_alphabetic() && byte.is_ascii_alphabetic() && !hump {
                measures.pairs += 1;
                measures.common += usize::from(is_common_pair(before, byte));
            }
            let begins = byte.is_ascii_alphabetic() && (hump || !before.is_ascii_alphabetic());
            measures.runs += usize::from(begins);
            let mixed = (before.is_ascii_digit() && byte.is_ascii_alphabetic())
                || (before.is_ascii_alphabetic() && byte.is_ascii_digit());
            measures.changes += usize::from(mixed);
            before = byte;
        }
        measures
    }

    /// The share of letter pairs that are common in words.
    #[expect(clippy::cast_precision_loss, reason = "literals are short")]
    fn pair_share(&self) -> f64 {
        if self.pairs == 0 { 0.0 } else { self.common as f64 / self.pairs as f64 }
    }

    fn letters(&self) -> usize {
        self.lower + self.upper
    }

    /// Whether the letters do not form words. Few pairs prove little, so they must be rarer.
    fn is_wordless(&self) -> bool {
        let scraps = self.runs >= 6 && self.letters() * 2 <= self.runs * 5;
        if scraps && self.pair_share() <= 0.7 {
            return true;
        }
        match self.pairs {
            0..=3 => self.changes + self.signs >= 6,
            4..=7 => self.pair_share() <= 0.35 || self.changes >= 8 && self.pair_share() <= 0.6,
            8..=15 => self.pair_share() <= 0.5,
            _ => self.pair_share() <= 0.58,
        }
    }
}

/// Pairs of adjacent letters that make up nine tenths of those in English words and Python
/// identifiers: per first letter a bit for each second letter.
const COMMON_PAIRS: [u32; 26] = [
    0x013e_b94e,
    0x0012_4911,
    0x001a_4d95,
    0x0014_4119,
    0x01ef_b87d,
    0x0012_4931,
    0x0012_2151,
    0x0000_4111,
    0x02ae_f87f,
    0x0000_0000,
    0x0004_0110,
    0x011c_4919,
    0x0010_d111,
    0x003c_617d,
    0x007e_fd4f,
    0x001e_c991,
    0x0010_0000,
    0x011e_7d5d,
    0x001c_c995,
    0x011e_4995,
    0x000e_b917,
    0x0000_0111,
    0x0000_4111,
    0x0008_8000,
    0x0000_8000,
    0x0000_0010,
];

fn is_common_pair(first: u8, second: u8) -> bool {
    let index = |byte: u8| usize::from(byte.to_ascii_lowercase().wrapping_sub(b'a'));
    COMMON_PAIRS.get(index(first)).is_some_and(|mask| mask >> (index(second) & 31) & 1 == 1)
}

fn is_random(text: &str) -> bool {
    if text.len() < MIN_BODY || has_run(text) {
        return false;
    }
    let measures = Measures::of(text);
    is_django_key(text, &measures)
        || measures.is_wordless() && (is_token(text, &measures) || is_password(text, &measures))
}

/// Letters and digits, with the signs of base64, its URL-safe form and dotted tokens.
fn is_token(text: &str, measures: &Measures) -> bool {
    let body = text.trim_end_matches('=');
    let allowed = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'_' | b'-' | b'.' | b'~')
    };
    let body = match body.split_once(':') {
        // A numeric account before the token proper.
        Some((id, token)) if id.bytes().all(|byte| byte.is_ascii_digit()) => token,
        _ => body,
    };
    let least = if text.len() >= 32 { 3.9 } else { 3.5 };
    body.bytes().all(allowed)
        && measures.digits >= 2
        && measures.letters() >= 6
        && measures.signs * 5 <= text.len()
        && entropy(text.as_bytes()) >= least
        && !is_path(body)
        && !is_public(body)
}

fn is_path(text: &str) -> bool {
    let extension = text.rsplit_once('.').map(|(_, extension)| extension);
    let has_extension = extension.is_some_and(|extension| {
        (1..=5).contains(&extension.len())
            && extension.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    });
    has_extension || text.starts_with(['/', '.', '~']) || text.contains("//")
}

/// `sha256-…`: digests of public files; `AAAA…`: formats that begin with a length, such as
/// public keys of SSH.
fn is_public(text: &str) -> bool {
    const STARTS: [&str; 6] = ["sha1-", "sha256-", "sha384-", "sha512-", "md5-", "AAAA"];
    STARTS.iter().any(|start| text.starts_with(start))
}

/// What Django's `startproject` writes: 50 characters of one alphabet, so many signs among
/// them that letters need no look.
fn is_django_key(text: &str, measures: &Measures) -> bool {
    let sign = |byte: u8| b"!@#$%^&*(=+)".contains(&byte);
    let alphabet = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
    };
    (40..=80).contains(&text.len())
        && text.bytes().all(|byte| alphabet(byte) || sign(byte))
        && text.bytes().filter(|&byte| sign(byte)).count() >= 4
        && measures.digits >= 2
        && measures.lower >= 10
        && entropy(text.as_bytes()) >= 4.2
}

/// All four classes, signs in between: what a password generator makes.
fn is_password(text: &str, measures: &Measures) -> bool {
    let joins = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let strong = |byte: u8| b"!@#$%^&*()+=?".contains(&byte);
    let classes = [measures.lower, measures.upper, measures.digits, measures.signs];
    let pattern = text.starts_with('^')
        || text.contains("(?")
        || text.contains("%(")
        || ["%s", "%d", "%Y", "%m", "%H"].iter().any(|format| text.contains(format));
    text.bytes().all(|byte| joins(byte) || strong(byte))
        && text.bytes().any(strong)
        && classes.iter().all(|&count| count >= 1)
        && measures.signs * 2 <= text.len()
        && entropy(text.as_bytes()) >= 3.7
        && !pattern
}

/// Six neighbours of the alphabet or the digits in order: a listing, not a secret.
fn has_run(text: &str) -> bool {
    let follows = |pair: &[u8]| match pair {
        [b'9', b'0'] => true,
        [a, b] => {
            b.checked_sub(*a) == Some(1) && a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric()
        }
        _ => false,
    };
    let mut run = 0;
    text.as_bytes().windows(2).any(|pair| {
        run = if follows(pair) { run + 1 } else { 0 };
        run >= 5
    })
}

/// The number of different characters (of different bytes, where they are no text).
fn distinct(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.chars().collect::<FxHashSet<char>>().len(),
        Err(_) => bytes.iter().collect::<FxHashSet<&u8>>().len(),
    }
}

/// Shannon entropy in bits per byte.
#[expect(clippy::cast_precision_loss, reason = "literals are short")]
fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    bytes.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    let total = bytes.len().max(1) as f64;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| {
            let share = f64::from(count) / total;
            -share * share.log2()
        })
        .sum()
}
