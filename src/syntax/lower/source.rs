//! What tree-sitter is given to read: the same bytes at the same offsets, without what it trips over.

use std::borrow::Cow;

/// Distinct widths of indentation the grammar's scanner may meet.
///
/// It keeps its stack of widths (which only ever grows upward) in a buffer of 1,024 bytes: two of
/// its own, up to 255 for open strings, two for each width. One more than this could overrun it.
const MAX_WIDTHS: u32 = 380;

/// Text ready for the grammar, and where that differs from the source in a way to report.
pub(super) struct Readable<'t> {
    /// As long as the source, byte for byte at the same place.
    pub text: Cow<'t, [u8]>,
    /// The first line that was blanked because of its indentation.
    pub blanked: Option<usize>,
    /// Places of NUL bytes, which no Python accepts.
    pub nuls: Vec<usize>,
}

/// Prepares `text` for the grammar.
pub(super) fn readable(text: &str) -> Readable<'_> {
    let mut ready =
        Readable { text: Cow::Borrowed(text.as_bytes()), blanked: None, nuls: Vec::new() };
    replace_lone_returns(&mut ready.text);
    replace_nuls(&mut ready);
    blank_odd_indentation(&mut ready);
    ready
}

/// A lone CR ends a line in Python, but not in the grammar.
fn replace_lone_returns(text: &mut Cow<'_, [u8]>) {
    if !text.contains(&b'\r') {
        return;
    }
    let lone: Vec<usize> = (0..text.len())
        .filter(|&at| text[at] == b'\r' && text.get(at + 1) != Some(&b'\n'))
        .collect();
    for at in lone {
        text.to_mut()[at] = b'\n';
    }
}

/// The scanner takes NUL for the end of the file.
fn replace_nuls(ready: &mut Readable<'_>) {
    if !ready.text.contains(&0) {
        return;
    }
    ready.nuls = (0..ready.text.len()).filter(|&at| ready.text[at] == 0).collect();
    let text = ready.text.to_mut();
    for &at in &ready.nuls {
        text[at] = b' ';
    }
}

/// Replaces lines by spaces whose width is one too many for the scanner's buffer.
fn blank_odd_indentation(ready: &mut Readable<'_>) {
    let mut widths = Widths::default();
    let mut at = 0;
    let mut too_many = Vec::new();
    while at < ready.text.len() {
        let (width, first) = indentation(&ready.text, at);
        let end = line_end(&ready.text, first);
        if width > 0 && !widths.admit(width) {
            too_many.push(at..end);
        }
        at = end + 1;
    }
    let Some(first) = too_many.first() else { return };
    ready.blanked = Some(first.start);
    let text = ready.text.to_mut();
    for line in too_many {
        // Line ends inside (after a backslash) go too: what is left is white space either way.
        text[line].fill(b' ');
    }
}

/// The width the scanner computes for the logical line at `at`, and its first byte that counts.
fn indentation(text: &[u8], mut at: usize) -> (u16, usize) {
    let mut width = 0_u16;
    while let Some(&byte) = text.get(at) {
        match byte {
            b' ' => width = width.wrapping_add(1),
            b'\t' => width = width.wrapping_add(8),
            b'\r' | b'\x0c' => width = 0,
            b'\\' if text.get(at + 1) == Some(&b'\n') => at += 1,
            b'\\' if text.get(at + 1) == Some(&b'\r') && text.get(at + 2) == Some(&b'\n') => {
                at += 2
            }
            _ => break,
        }
        at += 1;
    }
    (width, at)
}

fn line_end(text: &[u8], from: usize) -> usize {
    text[from..].iter().position(|&byte| byte == b'\n').map_or(text.len(), |offset| from + offset)
}

/// The widths met so far: a bit each for small ones, a sorted list for the rest.
#[derive(Default)]
struct Widths {
    small: [u64; 4],
    large: Vec<u16>,
    count: u32,
}

impl Widths {
    /// Takes note of a width; false when it is new and there is no room left.
    fn admit(&mut self, width: u16) -> bool {
        let (word, bit) = (usize::from(width / 64), 1_u64 << (width % 64));
        if let Some(word) = self.small.get_mut(word) {
            let new = *word & bit == 0;
            if new && self.count < MAX_WIDTHS {
                *word |= bit;
                self.count += 1;
                return true;
            }
            return !new;
        }
        match self.large.binary_search(&width) {
            Ok(_) => true,
            Err(_) if self.count >= MAX_WIDTHS => false,
            Err(place) => {
                self.large.insert(place, width);
                self.count += 1;
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_not_copied() {
        let ready = readable("if a:\r\n    b = 'é'\n");
        assert!(matches!(ready.text, Cow::Borrowed(_)));
        assert_eq!((ready.blanked, ready.nuls), (None, vec![]));
    }

    #[test]
    fn lone_returns_and_nuls_are_replaced_in_place() {
        let ready = readable("a\rb\r\nc\0d\r");
        assert_eq!(&*ready.text, b"a\nb\r\nc d\n");
        assert_eq!(ready.nuls, [6]);
    }

    #[test]
    fn widths_are_counted_as_the_scanner_does() {
        let cases =
            [("  a", 2), ("\ta", 8), (" \t a", 10), ("  \x0ca", 0), ("  \\\n  a", 4), ("a", 0)];
        for (line, width) in cases {
            assert_eq!(indentation(line.as_bytes(), 0).0, width, "{line:?}");
        }
    }

    #[test]
    fn only_widths_beyond_the_limit_are_blanked() {
        let lines =
            |count: usize| (0..count).map(|width| " ".repeat(width) + "a\n").collect::<String>();
        let limit = MAX_WIDTHS as usize;
        assert_eq!(readable(&lines(limit + 1)).blanked, None);
        let text = lines(limit + 3) + "  b\n";
        let ready = readable(&text);
        assert_eq!(ready.blanked, Some(lines(limit + 1).len()));
        assert_eq!(ready.text.len(), text.len());
        assert!(ready.text.ends_with(b"  b\n"));
    }
}
