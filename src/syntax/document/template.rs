//! HTML with Django or Jinja markup, as far as rules ask: three lists in one table.
//!
//! * `elements`: start tags, with `name`, `attributes` (a table) and, for a form, `holds`: the
//!   template tags and expressions up to its end
//! * `expressions`: `{{ … }}`, with `name` (what stands before the filters), `filters`, the
//!   `element` and `attribute` they stand in, and `escaped = false` where escaping is off
//! * `tags`: `{% … %}`, with `name` and `arguments`

use super::MAX_NODES;
use super::tree::{Document, Entry, Node, Place, Problem, Value};

pub(super) fn parse(text: &str) -> Document {
    let mut scanner = Scanner { text, ..Scanner::default() };
    scanner.run();
    scanner.finish()
}

/// Elements whose content is not HTML.
const RAW: [&str; 4] = ["script", "style", "textarea", "title"];

#[derive(Default)]
struct Scanner<'t> {
    text: &'t str,
    at: usize,
    elements: Vec<Node>,
    expressions: Vec<Node>,
    tags: Vec<Node>,
    /// The form that is open: its element, and what it holds.
    form: Option<(usize, Vec<Node>)>,
    /// The raw element that is open.
    raw: Option<String>,
    /// Whether escaping is on, per open `{% autoescape %}`.
    escaping: Vec<bool>,
    problems: Vec<Problem>,
    cut: Option<u32>,
}

impl<'t> Scanner<'t> {
    fn run(&mut self) {
        while let Some(found) = self.text[self.at..].find(['<', '{']) {
            self.at += found;
            if self.elements.len() + self.expressions.len() + self.tags.len() > MAX_NODES / 8 {
                self.cut = Some(Place::new(self.at, self.at).start);
                return;
            }
            if !self.markup(None) && !self.html() {
                self.at += 1;
            }
        }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    /// Template markup at the current position; `inside` is the element and attribute around.
    fn markup(&mut self, inside: Option<(&str, &str)>) -> bool {
        let rest = self.rest();
        let closing = match rest.as_bytes() {
            [b'{', b'#', ..] => "#}",
            [b'{', b'%', ..] => "%}",
            [b'{', b'{', ..] => "}}",
            _ => return false,
        };
        let Some(length) = rest[2..].find(closing).map(|at| at + 4) else {
            self.problems.push(Problem::new(self.at, format!("markup without `{closing}`")));
            // Nothing further closes either; looking again would cost the square.
            self.at = self.text.len();
            return true;
        };
        let (start, end) = (self.at, self.at + length);
        let inner = self.text[start + 2..end - 2].trim_matches('-').trim();
        self.at = end;
        match closing {
            "%}" => self.tag(start, end, inner),
            "}}" => self.expression(start, end, inner, inside),
            _ => {}
        }
        true
    }

    fn tag(&mut self, start: usize, end: usize, inner: &str) {
        let (name, arguments) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
        match name {
            // What stands in them is not markup.
            "comment" | "verbatim" | "raw" => {
                let closing = format!("end{name}");
                if let Some(at) = self.text[end..].find(&closing) {
                    self.at = end + at + closing.len();
                }
                return;
            }
            "autoescape" => self.escaping.push(!matches!(arguments.trim(), "off" | "false")),
            "endautoescape" => drop(self.escaping.pop()),
            _ => {}
        }
        if let Some((_, holds)) = &mut self.form {
            holds.push(Node::text(start, end, name));
        }
        let parts = vec![
            entry(start, end, "name", Value::Text(name.into())),
            entry(start, end, "arguments", Value::Text(arguments.trim().into())),
        ];
        self.tags.push(Node::new(start, end, Value::Table(parts)));
    }

    fn expression(&mut self, start: usize, end: usize, inner: &str, inside: Option<(&str, &str)>) {
        let mut parts = filters_of(inner).into_iter();
        let name = parts.next().unwrap_or_default();
        if let Some((_, holds)) = &mut self.form {
            holds.push(Node::text(start, end, name));
        }
        let filters = parts.map(|filter| {
            let name = filter.split([':', '(']).next().unwrap_or_default().trim();
            Node::text(start, end, name)
        });
        let text = |text: &str| Value::Text(text.into());
        let mut entries = vec![
            entry(start, end, "name", text(name)),
            entry(start, end, "filters", Value::List(filters.collect())),
        ];
        if let Some((element, attribute)) = inside {
            entries.push(entry(start, end, "element", text(element)));
            entries.push(entry(start, end, "attribute", text(attribute)));
        } else if let Some(raw) = &self.raw {
            entries.push(entry(start, end, "element", text(raw)));
        }
        if self.escaping.last() == Some(&false) {
            entries.push(entry(start, end, "escaped", Value::Bool(false)));
        }
        self.expressions.push(Node::new(start, end, Value::Table(entries)));
    }

    /// HTML at the current position.
    fn html(&mut self) -> bool {
        let rest = self.rest();
        if let Some(comment) = rest.strip_prefix("<!--").filter(|_| self.raw.is_none()) {
            self.at += comment.find("-->").map_or(rest.len(), |end| end + 7);
            return true;
        }
        let (closes, named) = match rest.strip_prefix("</") {
            Some(named) => (true, named),
            None => (false, rest.strip_prefix('<').unwrap_or("")),
        };
        let length = named.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        let length = length.unwrap_or(named.len());
        if !named.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return false;
        }
        let name = named[..length].to_ascii_lowercase();
        if self.raw.as_ref().is_some_and(|raw| !closes || *raw != name) {
            return false;
        }
        let start = self.at;
        self.at = self.text.len() - named.len() + length;
        if closes {
            self.raw = None;
            if name == "form" {
                self.close_form();
            }
            return true;
        }
        let attributes = self.attributes(&name);
        let end = self.at;
        if name == "form" {
            self.close_form();
            self.form = Some((self.elements.len(), Vec::new()));
        }
        let parts = vec![
            entry(start, end, "name", Value::Text(name.as_str().into())),
            entry(start, end, "attributes", Value::Table(attributes)),
        ];
        self.elements.push(Node::new(start, end, Value::Table(parts)));
        if RAW.contains(&name.as_str()) {
            self.raw = Some(name);
        }
        true
    }

    /// The attributes up to `>`, which is passed.
    fn attributes(&mut self, element: &str) -> Vec<Entry> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            self.at += self.rest().len()
                - self.rest().trim_start_matches([' ', '\t', '\r', '\n', '/']).len();
            let Some(c) = self.rest().chars().next() else { return entries };
            if c == '>' {
                self.at += 1;
                return entries;
            }
            if c == '<' {
                // The next tag begins: this one was never closed.
                return entries;
            }
            if self.markup(Some((element, ""))) {
                continue;
            }
            let start = self.at;
            let is_end = |c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/' | '<' | '{');
            let length = self.rest().find(is_end).unwrap_or(self.rest().len());
            if length == 0 {
                self.at += c.len_utf8();
                continue;
            }
            let name = self.rest()[..length].to_ascii_lowercase();
            self.at += length;
            let key_place = Place::new(start, self.at);
            let after = self.rest().trim_start();
            let value = match after.strip_prefix('=') {
                Some(after) => {
                    self.at = self.text.len() - after.trim_start().len();
                    self.attribute_value(element, &name)
                }
                None => Node::new(start, self.at, Value::Null),
            };
            entries.push(Entry { key: name.into(), key_place, value });
        }
    }

    /// A value, quoted or not; markup in it is read.
    fn attribute_value(&mut self, element: &str, attribute: &str) -> Node {
        let start = self.at;
        let quote = self.rest().chars().next().filter(|c| matches!(c, '"' | '\''));
        self.at += usize::from(quote.is_some());
        let inner = self.at;
        while let Some(c) = self.rest().chars().next() {
            let ends = match quote {
                Some(quote) => c == quote,
                None => c.is_whitespace() || c == '>',
            };
            if ends {
                break;
            }
            if c != '{' || !self.markup(Some((element, attribute))) {
                self.at += c.len_utf8();
            }
        }
        let value = self.text[inner..self.at].to_owned();
        if quote.is_some() && self.at < self.text.len() {
            self.at += 1;
        }
        Node::text(start, self.at, value)
    }

    fn close_form(&mut self) {
        let Some((element, holds)) = self.form.take() else { return };
        let node = &mut self.elements[element];
        let place = node.place;
        if let Value::Table(parts) = &mut node.value {
            let holds = Node { place, value: Value::List(holds) };
            parts.push(Entry { key: "holds".into(), key_place: place, value: holds });
        }
    }

    fn finish(mut self) -> Document {
        self.close_form();
        let end = self.text.len();
        let lists =
            [("elements", self.elements), ("expressions", self.expressions), ("tags", self.tags)];
        let entries = lists.map(|(name, nodes)| entry(0, end, name, Value::List(nodes)));
        let mut document =
            Document::of(Node::new(0, end, Value::Table(entries.into())), self.problems);
        document.cut = self.cut;
        document
    }
}

fn entry(start: usize, end: usize, key: &str, value: Value) -> Entry {
    let key_place = Place::new(start, end);
    Entry { key: key.into(), key_place, value: Node { place: key_place, value } }
}

/// The parts of an expression between its `|`, quotes looked through.
fn filters_of(expression: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quote) = (Vec::new(), 0, None);
    for (at, c) in expression.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '|') => {
                parts.push(expression[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(expression[start..].trim());
    parts
}
