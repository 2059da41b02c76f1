//! String literals, their concatenation, and f-strings.

use super::Lower;
use super::kind::Kind;
use crate::syntax::ast::{ExprId, ExprKind, FPart, MAX_DEPTH};
use crate::syntax::literal::{self, Prefix};

/// What the literals of one concatenation add up to.
#[derive(Default)]
struct Pieces {
    text: String,
    bytes: Vec<u8>,
    parts: Vec<FPart>,
    has_text: bool,
    has_bytes: bool,
    has_format: bool,
}

impl Pieces {
    /// Moves the literal text so far to the parts.
    fn flush(&mut self) {
        flush(&mut self.text, &mut self.parts);
    }
}

fn flush(text: &mut String, parts: &mut Vec<FPart>) {
    if !text.is_empty() {
        parts.push(FPart::Text(std::mem::take(text).into()));
    }
}

impl Lower<'_> {
    /// `"a"`, or `"a" b"b" f"{c}"`
    pub(super) fn strings(&mut self) -> ExprId {
        let span = self.span();
        let start = self.node;
        if let Some(plain) = self.plain_string() {
            return self.push(ExprKind::Str(plain), span);
        }
        let mut pieces = Pieces::default();
        if self.kind == Kind::String {
            self.string(&mut pieces);
        } else {
            let mut more = self.enter();
            while more {
                if self.kind == Kind::String {
                    self.string(&mut pieces);
                }
                more = self.advance();
            }
        }
        if pieces.has_bytes && (pieces.has_text || pieces.has_format) {
            // Python does not concatenate bytes and text.
            self.note_error(start);
        }
        let kind = if pieces.has_format {
            pieces.flush();
            ExprKind::FString(pieces.parts)
        } else if pieces.has_text {
            ExprKind::Str(pieces.text.into())
        } else if pieces.has_bytes {
            ExprKind::Bytes(pieces.bytes.into())
        } else {
            ExprKind::Error
        };
        self.push(kind, span)
    }

    /// The most frequent case, without a copy more than needed: one literal without escapes.
    fn plain_string(&self) -> Option<Box<str>> {
        let source = self.node_text();
        let quote = source.as_bytes().first().filter(|byte| matches!(byte, b'"' | b'\''))?;
        if self.kind != Kind::String || self.broken || source.contains(['\\', '\r']) {
            return None;
        }
        let width = literal::quote_width(source, *quote);
        source.get(width..source.len() - width).map(Box::from)
    }

    /// One literal.
    fn string(&mut self, pieces: &mut Pieces) {
        let (node, source) = (self.node, self.node_text());
        let prefix = Prefix::of(source);
        if prefix.is_backquoted {
            // Python 2's short form of repr().
            self.note_error(node);
            return self.sweep();
        }
        let body = node.start_byte() + prefix.body.start..node.start_byte() + prefix.body.end;
        if prefix.is_format {
            pieces.has_format = true;
            self.format_string(prefix.is_raw, body, pieces);
            return;
        }
        let body = self.slice(body.start, body.end);
        if prefix.is_bytes {
            pieces.has_bytes = true;
            literal::decode_bytes(body, prefix.is_raw, &mut pieces.bytes);
        } else {
            pieces.has_text = true;
            literal::decode_text(body, prefix.is_raw, &mut pieces.text);
        }
        if self.broken {
            self.sweep();
        }
    }

    /// The parts of an f-string; its literal text is what lies between the interpolations.
    fn format_string(&mut self, is_raw: bool, body: std::ops::Range<usize>, pieces: &mut Pieces) {
        let mut from = body.start;
        let mut more = self.enter();
        while more {
            if self.kind == Kind::Interpolation {
                let range = self.node.byte_range();
                literal::decode_format_text(
                    self.slice(from, range.start),
                    is_raw,
                    &mut pieces.text,
                );
                from = range.end;
                let value = self.interpolation(is_raw);
                pieces.flush();
                pieces.parts.push(value);
            }
            more = self.advance();
        }
        literal::decode_format_text(self.slice(from, body.end), is_raw, &mut pieces.text);
    }

    /// `{value!r:spec}`
    fn interpolation(&mut self, is_raw: bool) -> FPart {
        if self.depth >= MAX_DEPTH {
            let value = self.cut_expr();
            return FPart::Value { value, conversion: None, spec: Vec::new(), debug: false };
        }
        self.depth += 1;
        let part = self.interpolation_here(is_raw);
        self.depth -= 1;
        part
    }

    fn interpolation_here(&mut self, is_raw: bool) -> FPart {
        let span = self.span();
        let mut value = None;
        let mut conversion = None;
        let mut debug = false;
        let mut spec = Vec::new();
        // Where specification text begins that is not yet in `spec`.
        let mut spec_from = None;
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Equal => debug = true,
                Kind::TypeConversion => conversion = self.node_text().chars().nth(1),
                Kind::FormatSpecifier => spec_from = Some(self.format_specifier(is_raw, &mut spec)),
                Kind::CloseBrace => {
                    if let Some(from) = spec_from.take() {
                        self.format_text(from, self.node.start_byte(), is_raw, &mut spec);
                    }
                }
                Kind::NamedExpression => {
                    let (name, from) = self.name_before_format();
                    value = Some(name);
                    spec_from = from;
                }
                kind if kind.is_value() && value.is_none() => value = Some(self.expr()),
                _ => {}
            }
            more = self.advance();
        }
        let value = self.or_unread(value, span);
        FPart::Value { value, conversion, spec, debug }
    }

    /// `name:=5` inside braces is `name` with the format `=5`, though the grammar thinks otherwise.
    /// Returns the name and where the format begins.
    fn name_before_format(&mut self) -> (ExprId, Option<usize>) {
        let span = self.span();
        let (mut name, mut from) = (None, None);
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::ColonEqual => from = Some(self.node.start_byte() + 1),
                Kind::Identifier if from.is_none() => name = Some(self.expr()),
                _ => self.sweep(),
            }
            more = self.advance();
        }
        (self.or_unread(name, span), from)
    }

    /// `:spec`; returns where its last literal text begins, which ends at the closing brace.
    fn format_specifier(&mut self, is_raw: bool, spec: &mut Vec<FPart>) -> usize {
        let mut from = self.node.start_byte() + 1;
        let mut more = self.enter();
        while more {
            if self.kind == Kind::FormatExpression {
                let range = self.node.byte_range();
                self.format_text(from, range.start, is_raw, spec);
                from = range.end;
                spec.push(self.interpolation(is_raw));
            }
            more = self.advance();
        }
        from
    }

    /// Adds the literal text between two offsets to a format specification.
    fn format_text(&self, start: usize, end: usize, is_raw: bool, spec: &mut Vec<FPart>) {
        let mut text = String::new();
        literal::decode_format_text(self.slice(start, end), is_raw, &mut text);
        flush(&mut text, spec);
    }
}
