//! Byte offsets to lines and columns.

/// A place as people count: both 1-based, columns in Unicode code points.
pub type LineCol = (u32, u32);

/// Where the lines of a text start. `\n`, `\r\n` and a lone `\r` end a line, as in Python.
#[derive(Clone, Debug)]
pub struct LineIndex {
    /// Byte offset of each line's first character; the first is 0.
    starts: Vec<u32>,
}

impl LineIndex {
    /// The lines of `text`.
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (index, &byte) in bytes.iter().enumerate() {
            let ends_line = match byte {
                b'\n' => true,
                b'\r' => bytes.get(index + 1) != Some(&b'\n'),
                _ => false,
            };
            if ends_line {
                starts.push(offset(index + 1));
            }
        }
        Self { starts }
    }

    /// Number of lines; a text that ends with a line break has an empty last one.
    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// The 0-based line that holds the byte at `offset`.
    pub fn line_of(&self, offset: u32) -> usize {
        self.starts.partition_point(|&start| start <= offset) - 1
    }

    /// Byte range of a 0-based line, without its line break. Empty past the last line.
    pub fn range(&self, text: &str, line: usize) -> (u32, u32) {
        let Some(&start) = self.starts.get(line) else {
            return (offset(text.len()), offset(text.len()));
        };
        let end = self.starts.get(line + 1).map_or(text.len(), |&next| next as usize);
        let content = text[start as usize..end].trim_end_matches(['\r', '\n']);
        (start, start + offset(content.len()))
    }

    /// Line and column of the byte at `offset`, which is moved back into the text and to
    /// the start of its character if need be.
    pub fn line_col(&self, text: &str, offset_in_text: u32) -> LineCol {
        self.place(text, offset_in_text, |before| before.chars().count())
    }

    /// As [`line_col`](Self::line_col), with the column in UTF-16 code units.
    pub fn utf16_line_col(&self, text: &str, offset_in_text: u32) -> LineCol {
        self.place(text, offset_in_text, |before| before.encode_utf16().count())
    }

    fn place(&self, text: &str, at: u32, count: fn(&str) -> usize) -> LineCol {
        let at = floor_boundary(text, at as usize);
        let line = self.line_of(offset(at));
        let column = count(&text[self.starts[line] as usize..at]);
        (offset(line + 1), offset(column + 1))
    }
}

/// The greatest character boundary that is not behind `at`.
pub(super) fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Offsets are 32 bits wide everywhere; reading refuses files that could exceed them.
fn offset(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_line_break_counts_once() {
        let text = "a\nbb\r\nccc\rd";
        let index = LineIndex::new(text);
        assert_eq!(index.count(), 4);
        assert_eq!(index.line_col(text, 0), (1, 1));
        assert_eq!(index.line_col(text, 3), (2, 2));
        assert_eq!(index.line_col(text, 6), (3, 1));
        assert_eq!(index.line_col(text, 10), (4, 1));
        assert_eq!(index.range(text, 1), (2, 4));
        assert_eq!(index.range(text, 9), (11, 11));
    }

    #[test]
    fn columns_are_code_points() {
        let text = "é😀x";
        let index = LineIndex::new(text);
        assert_eq!(index.line_col(text, 6), (1, 3));
        assert_eq!(index.line_col(text, 4), (1, 2), "inside a character: its start");
        assert_eq!(index.line_col(text, 99), (1, 4), "past the end: the end");
        assert_eq!(index.utf16_line_col(text, 6), (1, 4), "two units for one character");
    }

    proptest! {
        #[test]
        fn agrees_with_counting(text in "[a\u{e9}\u{1f600}\r\n]{0,40}", at in 0u32..80) {
            let index = LineIndex::new(&text);
            let before = &text[..floor_boundary(&text, at as usize)];
            // Naive count: a `\r` whose `\n` follows right behind does not end a line yet.
            let mut line = 1;
            let mut column = 1;
            let mut rest = text.chars().skip(before.chars().count());
            let mut chars = before.chars().peekable();
            while let Some(c) = chars.next() {
                let next = chars.peek().copied().or_else(|| rest.next());
                if c == '\n' || (c == '\r' && next != Some('\n')) {
                    line += 1;
                    column = 1;
                } else {
                    column += 1;
                }
            }
            prop_assert_eq!(index.line_col(&text, at), (line, column));
        }
    }
}
