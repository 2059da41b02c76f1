//! The one place where source text becomes showable.
//!
//! Every report takes excerpts, messages and paths from here, so that no literal secret and
//! no control character of a scanned file can reach a terminal or a log.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use regex::Regex;

use super::FileTable;
use super::lines::floor_boundary;
use crate::base::{FileId, FxHashMap, IndexVec};

/// Secrets of at least this many characters keep their first [`SHOWN`].
const LONG: usize = 20;
/// How much of a long secret is shown, so that its owner can tell which one it is.
const SHOWN: usize = 2;

/// Makes text of scanned files showable.
#[derive(Debug, Default)]
pub struct Redactor {
    files: IndexVec<FileId, Redacted>,
    /// Literal secrets that cannot be mistaken for anything else, wherever they reappear.
    known: Option<Regex>,
}

#[derive(Debug)]
struct Redacted {
    text: Arc<str>,
    /// Sorted, disjoint, on character boundaries.
    secrets: Vec<(usize, usize)>,
    /// `None` inside once computed: the text is showable as it is.
    shown: OnceLock<Option<Box<str>>>,
}

impl Redactor {
    /// A redactor for the files of a scan, given the byte ranges of literal secrets in them
    /// (with or without quotes; ranges may overlap).
    pub fn new(files: &FileTable, mut secrets: FxHashMap<FileId, Vec<(u32, u32)>>) -> Self {
        let files: IndexVec<FileId, Redacted> = files
            .files
            .iter()
            .map(|file| {
                let ranges = secrets.remove(&file.id).unwrap_or_default();
                let secrets = normalise(&file.text, ranges);
                Redacted { text: Arc::clone(&file.text), secrets, shown: OnceLock::new() }
            })
            .collect();
        let known = known_secrets(&files);
        Self { files, known }
    }

    /// The text of a file with the same byte length, in which every byte of a secret is `*`
    /// (line breaks stay) and every byte of a control, bidirectional or invisible character
    /// is `?`. Offsets into the source are offsets into it.
    pub fn display_text(&self, file: FileId) -> &str {
        let redacted = &self.files[file];
        let shown = redacted.shown.get_or_init(|| redacted.show(self.known.as_ref()));
        shown.as_deref().unwrap_or(&redacted.text)
    }

    /// A text about the code on one line: known secrets masked, control characters escaped.
    pub fn line(&self, text: &str) -> String {
        clean_line(&self.mask_known(text))
    }

    /// Prose about the code: as [`line`](Self::line), with its line breaks.
    pub fn prose(&self, text: &str) -> String {
        clean(&self.mask_known(text))
    }

    /// Code that an edit puts into a file, or takes along from it: as [`prose`](Self::prose), and
    /// the literal secrets of that file masked, however common their text is elsewhere.
    pub fn inserted(&self, file: FileId, code: &str) -> String {
        let mut shown = self.prose(code);
        for secret in self.files[file].literals().filter(|secret| !secret.is_empty()) {
            for quote in ['"', '\''] {
                let quoted = |text: &str| format!("{quote}{text}{quote}");
                shown = shown.replace(&quoted(secret), &quoted(&mask(secret)));
            }
        }
        shown
    }

    fn mask_known<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match &self.known {
            Some(known) => known.replace_all(text, |found: &regex::Captures<'_>| mask(&found[0])),
            None => Cow::Borrowed(text),
        }
    }
}

impl Redacted {
    /// The secrets, without prefixes and quotes.
    fn literals(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().filter_map(|&(start, end)| content(&self.text, start, end))
    }

    fn show(&self, known: Option<&Regex>) -> Option<Box<str>> {
        let again = known.into_iter().flat_map(|known| known.find_iter(&self.text));
        let again: Vec<_> = again.map(|found| (found.start(), found.end())).collect();
        let secrets = match again.is_empty() {
            true => Cow::Borrowed(&self.secrets),
            false => Cow::Owned(merge(self.secrets.iter().copied().chain(again).collect())),
        };
        if secrets.is_empty() && !self.text.chars().any(is_blotted) {
            return None;
        }
        let mut out = String::with_capacity(self.text.len());
        let mut at = 0;
        for &(start, end) in secrets.iter() {
            blot(&mut out, &self.text[at..start]);
            blot(&mut out, &mask(&self.text[start..end]));
            at = end;
        }
        blot(&mut out, &self.text[at..]);
        debug_assert_eq!(out.len(), self.text.len());
        Some(out.into())
    }
}

/// A secret as `*`, byte for byte, save line breaks and the start of a long one.
fn mask(secret: &str) -> String {
    let shown = if secret.chars().count() >= LONG { SHOWN } else { 0 };
    let mut out = String::with_capacity(secret.len());
    for (index, c) in secret.chars().enumerate() {
        if index < shown || matches!(c, '\n' | '\r') {
            out.push(c);
        } else {
            out.extend(std::iter::repeat_n('*', c.len_utf8()));
        }
    }
    out
}

/// Appends `text` with every unshowable character as `?`, byte for byte.
fn blot(out: &mut String, text: &str) {
    for c in text.chars() {
        if is_blotted(c) {
            out.extend(std::iter::repeat_n('?', c.len_utf8()));
        } else {
            out.push(c);
        }
    }
}

fn is_blotted(c: char) -> bool {
    is_unshowable(c) && !matches!(c, '\n' | '\r' | '\t')
}

/// Characters that steer a terminal, reorder a line or cannot be seen.
pub fn is_unshowable(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

/// A text of the same byte length in which nothing steers a terminal, for texts that hold
/// no secrets; offsets stay valid.
pub fn blotted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    blot(&mut out, text);
    out
}

/// Prose with control characters escaped; line breaks and tabs stay.
pub fn clean(text: &str) -> String {
    escape(text, is_blotted)
}

/// As [`clean`], on one line: line breaks and tabs become spaces.
pub fn clean_line(text: &str) -> String {
    let flat = text.replace("\r\n", " ").replace(['\n', '\r', '\t'], " ");
    escape(&flat, is_unshowable)
}

fn escape(text: &str, escaped: fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\r' {
            continue;
        }
        if !escaped(c) {
            out.push(c);
        } else if u32::from(c) < 0x80 {
            write!(out, "\\x{:02x}", u32::from(c)).expect("internal error: writing to a string");
        } else {
            write!(out, "{}", c.escape_unicode()).expect("internal error: writing to a string");
        }
    }
    out
}

/// Ranges inside the text, on character boundaries, sorted and disjoint.
fn normalise(text: &str, ranges: Vec<(u32, u32)>) -> Vec<(usize, usize)> {
    let inside = ranges.into_iter().filter_map(|(start, end)| {
        let start = floor_boundary(text, start as usize);
        let mut end = (end as usize).min(text.len());
        while !text.is_char_boundary(end) {
            end += 1;
        }
        (start < end).then_some((start, end))
    });
    merge(inside.collect())
}

/// Overlapping and touching ranges become one, so that only its first characters show.
fn merge(mut ranges: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    ranges.sort_unstable();
    let mut merged: Vec<(usize, usize)> = Vec::with_capacity(ranges.len());
    for (start, end) in ranges {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}

/// A matcher of every secret that is masked wherever it reappears: in a comment beside it,
/// in another file, in a message.
fn known_secrets(files: &IndexVec<FileId, Redacted>) -> Option<Regex> {
    let mut known: Vec<&str> = files
        .iter()
        .flat_map(Redacted::literals)
        .filter(|secret| is_unmistakable(secret))
        .collect();
    // The longest first: alternatives are tried in order.
    known.sort_unstable_by_key(|secret| (std::cmp::Reverse(secret.len()), *secret));
    known.dedup();
    if known.is_empty() {
        return None;
    }
    let alternatives: Vec<String> = known.iter().map(|secret| regex::escape(secret)).collect();
    // Too many secrets for one matcher: their own places are masked all the same.
    Regex::new(&alternatives.join("|")).ok()
}

/// What is between the quotes of the literal at `start..end`, whether the range has them or
/// not; `None` for code that is no literal, such as the name of a variable.
fn content(text: &str, start: usize, end: usize) -> Option<&str> {
    let is_quote = |c: char| matches!(c, '"' | '\'');
    let range = &text[start..end];
    let unprefixed = range.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    if unprefixed.starts_with(is_quote) {
        return Some(unprefixed.trim_matches(is_quote));
    }
    // The password of a URL stands between `:` and `@`.
    let in_url = text[..start].ends_with(':') && text[end..].starts_with('@');
    (in_url || text[..start].ends_with(is_quote)).then_some(range)
}

/// Whether a secret is too special to turn up in other text by chance; masking `secret` or
/// `example.com` in every message would only make them unreadable.
fn is_unmistakable(secret: &str) -> bool {
    let is_plain = |c: char| c.is_alphabetic() || c.is_whitespace() || "._-/:".contains(c);
    let length = secret.chars().count();
    let unbroken = secret.chars().all(char::is_alphabetic);
    if secret.chars().all(is_plain) { unbroken && length >= LONG } else { length >= 8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_edit_takes_along_is_masked() {
        let text = "a = 'pass'\nb = \"other\"\n";
        let redactor = redactor(text, &[(4, 10), (16, 21)]);
        let shown = redactor.inserted(FileId(0), "f('pass', \"other\", others, 'by pass')");
        assert_eq!(shown, "f('****', \"*****\", others, 'by pass')");
    }

    fn redactor(text: &str, secrets: &[(u32, u32)]) -> Redactor {
        let table = FileTable::in_memory([("a.py", text)]);
        Redactor::new(&table, [(FileId(0), secrets.to_vec())].into_iter().collect())
    }

    #[track_caller]
    fn shows(text: &str, secrets: &[(u32, u32)], expected: &str) {
        let redactor = redactor(text, secrets);
        let shown = redactor.display_text(FileId(0));
        assert_eq!(shown, expected);
        assert_eq!(shown.len(), text.len());
    }

    #[test]
    fn plain_text_is_shown_as_it_is() {
        shows("x = 'é'\r\n\ty\n", &[], "x = 'é'\r\n\ty\n");
    }

    #[test]
    fn secrets_become_stars() {
        shows("k = 'hunter2!'", &[(5, 13)], "k = '********'");
        shows("k = 'pässword'", &[(5, 14)], "k = '*********'");
        shows("k = '''a\nb'''", &[(7, 10)], "k = '''*\n*'''");
    }

    #[test]
    fn long_secrets_keep_two_characters() {
        shows("sk_live_0123456789ab", &[(0, 20)], "sk******************");
        shows("sk_live_0123456789a", &[(0, 19)], "*******************");
        shows(
            "0123456789abcdefghij0123456789",
            &[(0, 20), (20, 30)],
            "01****************************",
        );
    }

    #[test]
    fn ranges_may_be_wrong() {
        shows("k = 'é'", &[(6, 7), (90, 99), (3, 2)], "k = '**'");
        shows("abcdef", &[(2, 99), (1, 3)], "a*****");
    }

    #[test]
    fn control_and_bidi_characters_are_blotted() {
        shows("a\u{1b}[2J\u{202e}b\u{200b}\u{9b}c\u{c}", &[], "a?[2J???b?????c?");
        shows("\u{feff}x", &[], "???x");
    }

    #[test]
    fn secrets_are_masked_where_they_reappear() {
        shows("k = 'hunter2!' # was hunter2!", &[(5, 13)], "k = '********' # was ********");
        let redactor = redactor("k = b'hunter2!'", &[(4, 15)]);
        assert_eq!(redactor.line("`k` is hunter2!"), "`k` is ********");
    }

    #[test]
    fn code_is_masked_only_in_place() {
        shows("f(KEY_V1_NAME, KEY_V1_NAME)", &[(2, 13)], "f(***********, KEY_V1_NAME)");
        shows(
            "h = 'a.example.org' # a.example.org",
            &[(5, 18)],
            "h = '*************' # a.example.org",
        );
    }

    #[test]
    fn passwords_of_urls_are_masked_where_they_reappear() {
        shows("'pg://u:s3cr3t!x@h' # s3cr3t!x", &[(8, 16)], "'pg://u:********@h' # ********");
    }

    #[test]
    fn common_words_are_masked_only_in_place() {
        shows("secret = 'secret'", &[(10, 16)], "secret = '******'");
        assert_eq!(
            redactor("s = 'secret'", &[(5, 11)]).line("the secret is set"),
            "the secret is set"
        );
    }

    #[test]
    fn messages_are_escaped() {
        assert_eq!(clean_line("a\u{1b}[31m\nb\u{202e}"), "a\\x1b[31m b\\u{202e}");
        assert_eq!(clean("a\r\nb\u{7f}"), "a\nb\\x7f");
    }
}
