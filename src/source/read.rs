//! Bytes to text. Every file a Python developer may have written comes out as UTF-8.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::{ReadNote, SkipReason};

/// How far into a file NUL bytes make it suspect.
const SNIFFED: usize = 8 * 1024;

/// A text and what decoding it took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decoded {
    /// The text, without byte order mark.
    pub text: String,
    /// What it took.
    pub notes: Vec<ReadNote>,
}

/// Reads the bytes of `path`, at most `limit` of them. A link is followed only if the user
/// named it; a file that became a link after the walk saw it is not.
///
/// The size is looked at before anything is read, and again while reading, so a file that
/// grows meanwhile costs no more than one that does not.
pub(super) fn read_bytes(path: &Path, limit: u64, named: bool) -> Result<Vec<u8>, SkipReason> {
    let unreadable = |error: io::Error| SkipReason::Unreadable(error.kind());
    // Looked at before opening: opening a pipe would wait for its writer.
    let before = if named { path.metadata() } else { path.symlink_metadata() };
    let before = before.map_err(unreadable)?;
    if !before.is_file() {
        return Err(SkipReason::Special);
    }
    if before.len() > limit {
        return Err(SkipReason::TooLarge);
    }
    let file = File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::with_capacity(usize::try_from(before.len()).unwrap_or(0) + 1);
    file.take(limit + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > limit {
        return Err(SkipReason::TooLarge);
    }
    Ok(bytes)
}

/// The text of a Python source file.
pub fn decode(bytes: Vec<u8>) -> Result<Decoded, SkipReason> {
    if let Some(decoded) = decode_marked(&bytes) {
        return decoded;
    }
    let sniffed = &bytes[..bytes.len().min(SNIFFED)];
    let utf8 = std::str::from_utf8(&bytes).is_ok();
    if sniffed.contains(&0) && !(utf8 && looks_like_text(sniffed)) {
        return Err(SkipReason::Binary);
    }
    if !utf8 && !looks_like_text(sniffed) {
        return Err(SkipReason::Binary);
    }
    let mut decoded = decode_declared(bytes);
    if decoded.text.contains('\0') {
        // Python refuses such a file; a space of the same width lets the rest be read.
        decoded.text = decoded.text.replace('\0', " ");
        decoded.notes.push(ReadNote::Nul);
    }
    Ok(decoded)
}

/// Files that start with a byte order mark; it stands above any declaration.
fn decode_marked(bytes: &[u8]) -> Option<Result<Decoded, SkipReason>> {
    if bytes.starts_with(&[0xff, 0xfe, 0, 0]) || bytes.starts_with(&[0, 0, 0xfe, 0xff]) {
        return Some(Err(SkipReason::Encoding));
    }
    let (encoding, mark) = Encoding::for_bom(bytes)?;
    let note = if encoding == UTF_8 { ReadNote::ByteOrderMark } else { ReadNote::Utf16 };
    let (text, failed) = encoding.decode_without_bom_handling(&bytes[mark..]);
    let mut notes = vec![note];
    if failed {
        notes.push(ReadNote::Undecodable(encoding.name()));
    }
    let mut text = text.into_owned();
    if text.contains('\0') {
        text = text.replace('\0', " ");
        notes.push(ReadNote::Nul);
    }
    Some(Ok(Decoded { text, notes }))
}

/// Files without a mark: as declared, else UTF-8, else windows-1252.
fn decode_declared(bytes: Vec<u8>) -> Decoded {
    let declared = declared_encoding(&bytes).filter(|&encoding| encoding != UTF_8);
    if let Some(encoding) = declared {
        let (text, failed) = encoding.decode_without_bom_handling(&bytes);
        if let Cow::Owned(text) = text {
            let mut notes = vec![ReadNote::Declared(encoding.name())];
            notes.extend(failed.then_some(ReadNote::Undecodable(encoding.name())));
            return Decoded { text, notes };
        }
        // Borrowed: all ASCII, so the declaration made no difference.
    }
    match String::from_utf8(bytes) {
        Ok(text) => Decoded { text, notes: Vec::new() },
        Err(error) => {
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(error.as_bytes());
            Decoded { text: text.into_owned(), notes: vec![ReadNote::Guessed] }
        }
    }
}

/// Few control characters, judged on the start of a file.
fn looks_like_text(bytes: &[u8]) -> bool {
    let strange =
        |&&byte: &&u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
    bytes.iter().filter(strange).count() * 10 <= bytes.len()
}

/// The encoding a PEP 263 comment in the first two lines names, if it is a known one.
fn declared_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let (first, rest) = split_line(bytes);
    if let Some(name) = cookie(first) {
        return known_encoding(name);
    }
    let blank = first.iter().all(|byte| matches!(byte, b' ' | b'\t' | 0x0c));
    if !(blank || is_comment(first)) {
        return None;
    }
    cookie(split_line(rest).0).and_then(known_encoding)
}

/// The first line without its line break, and what follows.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
        return (bytes, &[]);
    };
    let line_break = if bytes[end..].starts_with(b"\r\n") { 2 } else { 1 };
    (&bytes[..end], &bytes[end + line_break..])
}

fn is_comment(line: &[u8]) -> bool {
    line.iter().find(|byte| !matches!(byte, b' ' | b'\t' | 0x0c)) == Some(&b'#')
}

/// The name behind `coding:` or `coding=` in a comment line.
fn cookie(line: &[u8]) -> Option<&str> {
    if !is_comment(line) {
        return None;
    }
    let word = b"coding";
    let after = |at: usize| line.get(at + word.len()).copied();
    let found = line
        .windows(word.len())
        .enumerate()
        .find(|&(at, window)| window == word && matches!(after(at), Some(b':' | b'=')));
    let rest = &line[found?.0 + word.len() + 1..];
    let start = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t'))?;
    let name = &rest[start..];
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let length = name.iter().position(|byte| !in_name(byte)).unwrap_or(name.len());
    std::str::from_utf8(&name[..length]).ok().filter(|name| !name.is_empty())
}

/// The encoding behind a name as Python spells it.
fn known_encoding(name: &str) -> Option<&'static Encoding> {
    let name = name.to_ascii_lowercase().replace('_', "-");
    let name = ["-unix", "-dos", "-mac"]
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix))
        .unwrap_or(&name);
    let label = match name {
        "utf-8-sig" | "u8" | "cp65001" => "utf-8",
        "latin-1" | "latin" => "latin1",
        "cp932" | "ms932" => "shift_jis",
        "cp936" => "gbk",
        "cp949" => "euc-kr",
        "cp950" => "big5",
        "euc-jis-2004" | "eucjp" => "euc-jp",
        _ => name,
    };
    let label_of = |label: &str| Encoding::for_label_no_replacement(label.as_bytes());
    label_of(label)
        .or_else(|| label_of(&label.replacen("latin-", "latin", 1)))
        .filter(|&found| found.is_ascii_compatible() || found == ISO_2022_JP)
        .filter(|&found| found != UTF_16LE && found != UTF_16BE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(bytes: &[u8]) -> (String, Vec<ReadNote>) {
        let decoded = decode(bytes.to_vec()).expect("text");
        (decoded.text, decoded.notes)
    }

    #[test]
    fn utf8_is_taken_as_it_is() {
        assert_eq!(text("x = 'é'\n".as_bytes()), ("x = 'é'\n".into(), vec![]));
        assert_eq!(text(b""), (String::new(), vec![]));
    }

    #[test]
    fn byte_order_marks_are_removed() {
        assert_eq!(text(b"\xef\xbb\xbfx = 1"), ("x = 1".into(), vec![ReadNote::ByteOrderMark]));
        let little: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain("é=1".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(text(&little), ("é=1".into(), vec![ReadNote::Utf16]));
        let big: Vec<u8> = [0xfe, 0xff]
            .into_iter()
            .chain("é=1".encode_utf16().flat_map(u16::to_be_bytes))
            .collect();
        assert_eq!(text(&big), ("é=1".into(), vec![ReadNote::Utf16]));
        assert_eq!(decode(b"\xff\xfe\0\0x\0\0\0".to_vec()), Err(SkipReason::Encoding));
    }

    #[test]
    fn cookies_are_honoured() {
        for head in [
            "# -*- coding: latin-1 -*-",
            "# vim: set fileencoding=iso-8859-1 :",
            "#!/usr/bin/python\n# coding=latin_1",
            "#!/usr/bin/python\r\n# coding: Latin-1-unix",
            "\n# coding: cp1252",
        ] {
            let bytes = [head.as_bytes(), b"\nx = '\xe9'\n"].concat();
            let (text, notes) = text(&bytes);
            assert!(text.ends_with("x = 'é'\n"), "{head}");
            assert_eq!(notes, [ReadNote::Declared("windows-1252")], "{head}");
        }
        let russian = text(b"# coding: koi8-r\nx = '\xc1'");
        assert_eq!(russian.0, "# coding: koi8-r\nx = 'а'");
    }

    #[test]
    fn what_is_no_cookie_is_not_one() {
        for head in [
            "x = 'coding: latin-1'",
            "x = 1\n# coding: latin-1",
            "\n\n# coding: latin-1",
            "# coding: rot13",
            "# coding: utf-16",
        ] {
            let (_, notes) = text(&[head.as_bytes(), b"\ny = '\xe9'\n"].concat());
            assert_eq!(notes, [ReadNote::Guessed], "{head}");
        }
    }

    #[test]
    fn undeclared_bytes_are_guessed_and_noted() {
        assert_eq!(text(b"x = '\xe9'"), ("x = 'é'".into(), vec![ReadNote::Guessed]));
    }

    #[test]
    fn a_wrong_declaration_is_noted() {
        let (text, notes) = text(b"# coding: euc-jp\nx = '\xff'");
        assert!(text.contains('\u{fffd}'));
        assert_eq!(notes, [ReadNote::Declared("EUC-JP"), ReadNote::Undecodable("EUC-JP")]);
    }

    #[test]
    fn nul_in_text_is_mended_and_binaries_are_refused() {
        assert_eq!(text(b"x = 1\0\ny = 2\n"), ("x = 1 \ny = 2\n".into(), vec![ReadNote::Nul]));
        assert_eq!(
            decode(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\x03\0>\0".to_vec()),
            Err(SkipReason::Binary)
        );
        let unmarked: Vec<u8> = "x = 1".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(unmarked), Err(SkipReason::Binary));
    }

    proptest! {
        #[test]
        fn any_bytes_are_text_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(decoded) = decode(bytes) {
                prop_assert!(!decoded.text.contains('\0'));
            }
        }
    }
}
