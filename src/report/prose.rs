//! Text with code in it: the backticks that rules and messages write.

/// A piece of a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Piece {
    /// Not empty; code is without its backticks.
    pub text: String,
    /// Whether it is code.
    pub is_code: bool,
}

/// What is code and what is not. A backtick without its fellow is one.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, code, after)) = first_code(rest) {
        pieces.push(Piece { text: before.to_owned(), is_code: false });
        pieces.push(Piece { text: code.to_owned(), is_code: true });
        rest = after;
    }
    pieces.push(Piece { text: rest.to_owned(), is_code: false });
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

/// The first code between backticks, and what is before and behind it.
fn first_code(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('`')?;
    let (code, after) = rest.split_once('`')?;
    Some((before, code, after))
}

/// A text in lines of at most `width` characters, as far as its words allow.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut column = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            out.push('\n');
            column = 0;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out += word;
        column += length;
    }
    out
}

/// A text as the beginning of a sentence.
pub(super) fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(characters).collect()
}

/// A text of at most `limit` characters, with `…` where it was cut.
pub(super) fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some(_) => text.chars().take(limit - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_between_backticks() {
        let shown = |text: &str| -> Vec<String> {
            let marked = |piece: Piece| match piece.is_code {
                true => format!("<{}>", piece.text),
                false => piece.text,
            };
            pieces(text).into_iter().map(marked).collect()
        };
        assert_eq!(shown("use `a` and `b`"), ["use ", "<a>", " and ", "<b>"]);
        assert_eq!(shown("`a`"), ["<a>"]);
        assert_eq!(shown("a ` b"), ["a ` b"]);
        assert_eq!(shown("`a` ` b"), ["<a>", " ` b"]);
        assert_eq!(shown(""), [""; 0]);
    }

    #[test]
    fn lines_are_as_long_as_words_allow() {
        assert_eq!(wrapped("one two three  four", 9), "one two\nthree\nfour");
        assert_eq!(wrapped("longer-than-that a", 4), "longer-than-that\na");
        assert_eq!(wrapped("äöü ß", 5), "äöü ß");
        assert_eq!(wrapped("", 5), "");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äö…");
    }
}
