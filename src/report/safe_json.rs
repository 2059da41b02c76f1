//! JSON without a raw control character.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;

use crate::source::is_unshowable;

/// Writes `value` as indented JSON and a line break. Characters that steer a terminal or
/// cannot be seen are escaped, so that printing the file is safe; parsing it gives the
/// same value.
pub(super) fn write(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
    out.write_all(escape(&text).as_bytes())?;
    out.write_all(b"\n")
}

/// JSON itself escapes what is below U+0020 inside strings; outside of strings there is
/// nothing but ASCII, so the rest can be escaped wherever it stands.
fn escape(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !is_unshowable(c) {
            escaped.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(escaped, "\\u{unit:04x}").expect("internal error: writing to a string");
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_unseen_is_written_and_nothing_is_lost() {
        let value = "a\u{1b}\u{7f}\u{9b}\u{202e}\u{e0041}é\n";
        let mut out = Vec::new();
        super::write(&value, &mut out).expect("written");
        let text = String::from_utf8(out).expect("text");
        assert_eq!(text, "\"a\\u001b\\u007f\\u009b\\u202e\\udb40\\udc41é\\n\"\n");
        assert_eq!(serde_json::from_str::<String>(&text).expect("JSON"), value);
    }
}
