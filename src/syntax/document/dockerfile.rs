//! The instructions of a Dockerfile, in order, as entries of one table.
//!
//! `ENV`, `ARG` and `LABEL` have tables of names, `CMD`, `ENTRYPOINT`, `RUN`, `SHELL` and
//! `VOLUME` a list in exec form, `EXPOSE` and `VOLUME` a list of words, everything else text.

use super::MAX_NODES;
use super::tree::{Document, Entry, Node, Place, Problem, Value};

pub(super) fn parse(text: &str) -> Document {
    let mut reader = Reader { text, escape: escape_sign(text), at: 0 };
    let (mut entries, mut problems, mut cut) = (Vec::new(), Vec::new(), None);
    while let Some(instruction) = reader.instruction() {
        if entries.len() >= MAX_NODES {
            cut = Some(Place::new(instruction.start, instruction.start).start);
            break;
        }
        let keyword = text[instruction.start..instruction.keyword_end].to_ascii_uppercase();
        if !keyword.bytes().all(|byte| byte.is_ascii_uppercase()) {
            problems.push(Problem::new(instruction.start, "no instruction"));
            continue;
        }
        let value = arguments(&keyword, &instruction);
        entries.push(Entry {
            key: keyword.into(),
            key_place: Place::new(instruction.start, instruction.keyword_end),
            value,
        });
    }
    let mut document = Document::of(Node::new(0, text.len(), Value::Table(entries)), problems);
    document.cut = cut;
    document
}

/// The entries of a Dockerfile that make up its last stage, the stages it builds on included.
/// Stages whose names are those of `other` profiles stand back where there is another one.
pub fn final_stage(root: &Node, other: impl Fn(&str) -> bool) -> Vec<&Entry> {
    let mut stages: Vec<(Option<String>, Option<usize>, Vec<&Entry>)> = Vec::new();
    for entry in root.entries() {
        if &*entry.key == "FROM" {
            let words: Vec<&str> =
                entry.value.as_text().unwrap_or_default().split_whitespace().collect();
            let words: Vec<&str> = words.into_iter().filter(|w| !w.starts_with("--")).collect();
            let named = words.iter().position(|w| w.eq_ignore_ascii_case("as"));
            let name = named.and_then(|at| words.get(at + 1)).map(|name| name.to_ascii_lowercase());
            let base = words.first().map(|base| base.to_ascii_lowercase());
            let base = base.and_then(|b| stages.iter().rposition(|(n, ..)| n.as_ref() == Some(&b)));
            stages.push((name, base, vec![entry]));
        } else if let Some((_, _, own)) = stages.last_mut() {
            own.push(entry);
        }
    }
    let mut chain = Vec::new();
    let is_meant = |(name, ..): &(Option<String>, _, _)| !name.as_deref().is_some_and(&other);
    let mut at = stages.iter().rposition(is_meant).or(stages.len().checked_sub(1));
    // A base is always an earlier stage, so this ends.
    while let Some(index) = at {
        chain.push(index);
        at = stages[index].1;
    }
    chain.iter().rev().flat_map(|index| stages[*index].2.iter().copied()).collect()
}

/// The sign that joins lines: `\`, unless a directive at the top says otherwise.
fn escape_sign(text: &str) -> char {
    for line in text.lines() {
        let Some(directive) = line.trim().strip_prefix('#') else { break };
        let Some((name, value)) = directive.split_once('=') else { break };
        if name.trim().eq_ignore_ascii_case("escape") && value.trim() == "`" {
            return '`';
        }
    }
    '\\'
}

/// One instruction: its arguments as one text without continuations, and where each byte of
/// that text stands in the file.
struct Instruction {
    start: usize,
    keyword_end: usize,
    args: String,
    offsets: Vec<u32>,
    end: usize,
    escape: char,
}

impl Instruction {
    /// The place in the file of a range of the arguments.
    fn place(&self, start: usize, end: usize) -> (usize, usize) {
        let at = |index: usize| self.offsets.get(index).map_or(self.end, |at| *at as usize);
        let last = if end > start { at(end - 1) + 1 } else { at(start) };
        (at(start), last)
    }

    fn text(&self, start: usize, end: usize, text: impl Into<Box<str>>) -> Node {
        let (start, end) = self.place(start, end);
        Node::text(start, end, text)
    }
}

struct Reader<'t> {
    text: &'t str,
    escape: char,
    at: usize,
}

impl<'t> Reader<'t> {
    /// The line at the current position, without its break, and moves on behind it.
    fn line(&mut self) -> Option<(usize, &'t str)> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let line = rest.split('\n').next().unwrap_or_default();
        let start = self.at;
        self.at += line.len() + 1;
        Some((start, line.strip_suffix('\r').unwrap_or(line)))
    }

    fn instruction(&mut self) -> Option<Instruction> {
        let (start, first) = loop {
            let (at, line) = self.line()?;
            let body = line.trim_start();
            if !(body.is_empty() || body.starts_with('#')) {
                break (at + line.len() - body.len(), body);
            }
        };
        let keyword = first.find([' ', '\t']).unwrap_or(first.len());
        let mut instruction = Instruction {
            start,
            keyword_end: start + keyword,
            args: String::new(),
            offsets: Vec::new(),
            end: start + first.trim_end().len(),
            escape: self.escape,
        };
        let mut goes_on = append(&mut instruction, start + keyword, &first[keyword..]);
        while goes_on {
            let Some((at, line)) = self.line() else { break };
            // Comments and empty lines between continued lines do not end the instruction.
            let body = line.trim_start();
            if !(body.is_empty() || body.starts_with('#')) {
                goes_on = append(&mut instruction, at, line);
            }
        }
        self.skip_heredocs(&instruction.args);
        Some(instruction)
    }

    /// Moves behind the bodies of `<<EOF`.
    fn skip_heredocs(&mut self, args: &str) {
        for word in args.split_whitespace().filter_map(|word| word.strip_prefix("<<")) {
            let name = word.trim_start_matches('-').trim_matches(['"', '\'']);
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                continue;
            }
            let from = self.at;
            loop {
                match self.line() {
                    Some((_, line)) if line.trim_start_matches('\t') == name => break,
                    Some(_) => {}
                    None => {
                        // Not closed: then it is not one.
                        self.at = from;
                        break;
                    }
                }
            }
        }
    }
}

/// Adds a line; whether the instruction goes on with the next one.
fn append(instruction: &mut Instruction, start: usize, line: &str) -> bool {
    let trimmed = line.trim_end();
    let joined = trimmed.strip_suffix(instruction.escape);
    let part = joined.unwrap_or(trimmed);
    for (at, c) in part.char_indices() {
        for byte in 0..c.len_utf8() {
            let offset = start + at + byte;
            instruction.offsets.push(Place::new(offset, offset).start);
        }
        instruction.args.push(c);
    }
    instruction.end = start + part.len();
    joined.is_some()
}

fn arguments(keyword: &str, instruction: &Instruction) -> Node {
    let args = &instruction.args;
    let start = args.len() - args.trim_start().len();
    let end = args.trim_end().len().max(start);
    let body = &args[start..end];
    let (from, to) = instruction.place(start, end);
    match keyword {
        "ENV" | "ARG" | "LABEL" => {
            Node::new(from, to, Value::Table(pairs(keyword, instruction, start, end)))
        }
        "EXPOSE" => Node::new(from, to, Value::List(words(instruction, start, end))),
        "CMD" | "ENTRYPOINT" | "RUN" | "SHELL" | "VOLUME" => {
            // Flags such as `--mount=…` stand before the exec form.
            let bare = body.trim_start_matches(|c| c != '[' && c != '"');
            let flags = &body[..body.len() - bare.len()];
            let is_exec = flags.split_whitespace().all(|flag| flag.starts_with("--"));
            match is_exec.then(|| exec_form(instruction, start + flags.len(), end)).flatten() {
                Some(items) => Node::new(from, to, Value::List(items)),
                None if keyword == "VOLUME" => {
                    Node::new(from, to, Value::List(words(instruction, start, end)))
                }
                None => instruction.text(start, end, body),
            }
        }
        _ => instruction.text(start, end, body),
    }
}

/// `["a", "b"]`
fn exec_form(instruction: &Instruction, start: usize, end: usize) -> Option<Vec<Node>> {
    let body = instruction.args.get(start..end)?.strip_prefix('[')?.strip_suffix(']')?;
    let base = start + 1;
    let mut items = Vec::new();
    let mut at = 0;
    loop {
        at += body[at..].len() - body[at..].trim_start().len();
        if at >= body.len() {
            return Some(items);
        }
        let (text, length) = quoted(&body[at..], '\\')?;
        if !body[at..].starts_with('"') {
            return None;
        }
        items.push(instruction.text(base + at, base + at + length, text));
        at += length;
        at += body[at..].len() - body[at..].trim_start().len();
        match body[at..].strip_prefix(',') {
            Some(_) => at += 1,
            None if at >= body.len() => return Some(items),
            None => return None,
        }
    }
}

/// `NAME=value NAME="value"`, or the old form `NAME value`.
fn pairs(keyword: &str, instruction: &Instruction, start: usize, end: usize) -> Vec<Entry> {
    let args = &instruction.args;
    let mut entries = Vec::new();
    let mut at = start;
    while at < end {
        let word_end = word_end(&args[..end], at, instruction.escape);
        let word = &args[at..word_end];
        let sign = word.find('=');
        let key = &word[..sign.unwrap_or(word.len())];
        let (key_from, key_to) = instruction.place(at, at + key.len());
        let value = match sign {
            Some(sign) => {
                let written = &word[sign + 1..];
                let text = unquoted(written, instruction.escape);
                instruction.text(at + sign + 1, word_end, text)
            }
            None if keyword == "ENV" && entries.is_empty() => {
                let rest = args[word_end..end].trim_start();
                let node = instruction.text(end - rest.len(), end, rest);
                at = end;
                node
            }
            None => Node::new(key_to, key_to, Value::Null),
        };
        let key = key.trim_matches(['"', '\'']).into();
        entries.push(Entry { key, key_place: Place::new(key_from, key_to), value });
        at = at.max(word_end);
        at += args[at..end].len() - args[at..end].trim_start().len();
    }
    entries
}

fn words(instruction: &Instruction, start: usize, end: usize) -> Vec<Node> {
    let args = &instruction.args[..end];
    let mut words = Vec::new();
    let mut at = start;
    while at < end {
        let to = word_end(args, at, instruction.escape);
        words.push(instruction.text(at, to, &args[at..to]));
        at = to + (args[to..].len() - args[to..].trim_start().len());
    }
    words
}

/// Where the word that begins at `at` ends; white space in quotes belongs to it.
fn word_end(args: &str, at: usize, escape: char) -> usize {
    let (mut quote, mut escaped) = (None, false);
    for (offset, c) in args[at..].char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, c) if c == escape && quote != Some('\'') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, c) if c.is_whitespace() => return at + offset,
            _ => {}
        }
    }
    args.len()
}

/// A word without its quotes and escapes.
fn unquoted(word: &str, escape: char) -> String {
    let mut out = String::with_capacity(word.len());
    let mut quote = None;
    let mut chars = word.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (quote, c) if c == escape && quote != Some('\'') => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}

/// The text in quotes at the start, and the length with quotes.
fn quoted(text: &str, escape: char) -> Option<(String, usize)> {
    let quote = text.chars().next()?;
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == escape => out.extend(chars.next().map(|(_, c)| c)),
            c if c == quote => return Some((out, at + c.len_utf8())),
            c => out.push(c),
        }
    }
    None
}
