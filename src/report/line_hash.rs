//! The hash by which GitHub recognises an alert when lines move (`primaryLocationLineHash`).
//!
//! GitHub's own uploader computes it again and complains about any other value, so it has to be
//! exactly this: of each line, a polynomial over the first 100 UTF-16 code units from its start
//! on, across line ends, without blanks and tabs, every line end being one line feed. The text
//! ends with the unit 65535, and zeros after it. Equal hashes are numbered.

use crate::base::FxHashMap;
use crate::source::{FileKind, ReadNote, SourceFile};

/// Units that go into the hash of a line.
const WINDOW: usize = 100;
/// Base of the polynomial.
const BASE: u64 = 37;
/// Stands for the end of the text.
const END: u16 = u16::MAX;
const LINE_FEED: u16 = b'\n' as u16;
const BYTE_ORDER_MARK: u16 = 0xfeff;

/// The hash of each line of a file; none where the text is not what GitHub would read, which
/// knows nothing but UTF-8, and no code in notebooks.
pub(super) fn of_file(file: &SourceFile) -> Option<Vec<String>> {
    match file.notes.as_slice() {
        _ if file.kind == FileKind::Notebook => None,
        [] => Some(of_lines(file.text.encode_utf16())),
        [ReadNote::ByteOrderMark] => {
            Some(of_lines(std::iter::once(BYTE_ORDER_MARK).chain(file.text.encode_utf16())))
        }
        _ => None,
    }
}

fn of_lines(units: impl Iterator<Item = u16>) -> Vec<String> {
    let (units, starts) = condensed(units);
    let mut seen: FxHashMap<u64, usize> = FxHashMap::default();
    let numbered = starts.into_iter().map(|start| {
        let hash = hash(&units[start..]);
        let count = seen.entry(hash).or_default();
        *count += 1;
        format!("{hash:x}:{count}")
    });
    numbered.collect()
}

/// What of a text is hashed, and where in it each line starts.
fn condensed(units: impl Iterator<Item = u16>) -> (Vec<u16>, Vec<usize>) {
    let (mut kept, mut starts) = (Vec::new(), Vec::new());
    let mut at_start = true;
    let mut after_return = false;
    for unit in units.chain([END]) {
        let follows = std::mem::take(&mut after_return);
        let unit = match char::from_u32(unit.into()) {
            Some(' ' | '\t') => continue,
            Some('\n') if follows => continue,
            Some('\r') => {
                after_return = true;
                LINE_FEED
            }
            _ => unit,
        };
        if at_start {
            starts.push(kept.len());
        }
        at_start = unit == LINE_FEED;
        kept.push(unit);
    }
    (kept, starts)
}

fn hash(units: &[u16]) -> u64 {
    let padded = units.iter().copied().chain(std::iter::repeat(0)).take(WINDOW);
    padded.fold(0, |hash, unit| hash.wrapping_mul(BASE).wrapping_add(unit.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileTable;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(of_lines(text.encode_utf16()), expected, "{text:?}");
    }

    #[test]
    fn hashes_are_those_of_github() {
        check("", &["c129715d7a2bc9a3:1"]);
        check(
            "é😀 = 1\r\n\r\nb\r",
            &[
                "a0a1a63d21da5dcb:1",
                "bf4c4d48992e2ca5:1",
                "ade70578248be16f:1",
                "c129715d7a2bc9a3:1",
            ],
        );
        check(
            " hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n",
            &[
                "e9496ae3ebfced30:1",
                "fb7c023a8b9ccb3f:1",
                "ce8ba1a563dcdaca:1",
                "e20e36e16fcb0cc8:1",
                "b3edc88f2938467e:1",
                "c8e28b0b4002a3a0:1",
                "c129715d7a2bc9a3:1",
            ],
        );
    }

    #[test]
    fn equal_hashes_are_numbered() {
        let hashes = of_lines("pass\n".repeat(40).encode_utf16());
        assert_eq!(hashes.len(), 41);
        assert_eq!(hashes[0], "ce93db9bf14334ac:1");
        assert_eq!(hashes[20], "ce93db9bf14334ac:21");
        assert_eq!(hashes[21], "ce93dbb87d4741ea:1", "the end of the text is in its window");
    }

    #[test]
    fn only_utf8_is_hashed_with_its_byte_order_mark() {
        let mut table = FileTable::in_memory([("a.py", "a = 1\n")]);
        let file = table.files.iter_mut().next().expect("a file");
        assert!(of_file(file).is_some());
        file.notes = vec![ReadNote::ByteOrderMark];
        assert_eq!(of_file(file).expect("hashes")[0], "6b2f97718843b037:1");
        file.notes = vec![ReadNote::Guessed];
        assert_eq!(of_file(file), None);
    }
}
