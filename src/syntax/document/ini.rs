//! `configparser`'s format: sections of options, values over several lines.

use super::MAX_NODES;
use super::tree::{Document, Entry, Node, Place, Problem, Value, set};

pub(super) fn parse(text: &str) -> Document {
    let mut reader = Reader::default();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        reader.line(line.trim_end_matches(['\n', '\r']), at);
        at += line.len();
        if reader.options > MAX_NODES {
            reader.cut = Some(Place::new(at, at).start);
            break;
        }
    }
    reader.finish(text)
}

/// An option whose value may go on.
struct Option_ {
    key: Box<str>,
    key_place: Place,
    indent: usize,
    start: usize,
    end: usize,
    value: Option<String>,
}

#[derive(Default)]
struct Reader {
    sections: Vec<Entry>,
    /// Options before the first section, which `configparser` refuses and other tools allow.
    loose: Vec<Entry>,
    option: Option<Option_>,
    options: usize,
    problems: Vec<Problem>,
    cut: Option<u32>,
}

impl Reader {
    fn line(&mut self, line: &str, at: usize) {
        let body = line.trim();
        let indent = line.len() - line.trim_start().len();
        let start = at + indent;
        if body.is_empty() || body.starts_with(['#', ';']) {
            return;
        }
        if let Some(option) = &mut self.option
            && indent > option.indent
            && let Some(value) = &mut option.value
        {
            // A value that begins on the next line begins there.
            if value.is_empty() {
                option.start = start;
            } else {
                value.push('\n');
            }
            value.push_str(without_comment(body));
            option.end = start + without_comment(body).len();
            return;
        }
        self.close();
        if let Some(name) = body.strip_prefix('[') {
            match name.rfind(']') {
                Some(end) => {
                    let value = Node::new(start, start + end + 2, Value::Table(Vec::new()));
                    let key_place = Place::new(start + 1, start + 1 + end);
                    self.sections.push(Entry { key: name[..end].into(), key_place, value });
                }
                None => self.problems.push(Problem::new(start, "a section without `]`")),
            }
            return;
        }
        self.options += 1;
        let (key, value) = match body.find(['=', ':']) {
            Some(sign) => (&body[..sign], Some((sign + 1, &body[sign + 1..]))),
            None => (body, None),
        };
        let key = key.trim_end();
        if key.is_empty() {
            self.problems.push(Problem::new(start, "an option without a name"));
            return;
        }
        let key_place = Place::new(start, start + key.len());
        let mut option = Option_ {
            key: key.into(),
            key_place,
            indent,
            start: start + body.len(),
            end: start + body.len(),
            value: None,
        };
        if let Some((offset, written)) = value {
            let text = without_comment(written.trim());
            option.start = start + offset + (written.len() - written.trim_start().len());
            option.end = option.start + text.len();
            option.value = Some(text.to_owned());
        }
        self.option = Some(option);
    }

    /// Ends the option that is being read.
    fn close(&mut self) {
        let Some(option) = self.option.take() else { return };
        let value = option.value.map_or(Value::Null, |text| Value::Text(text.into()));
        let value = Node::new(option.start, option.end, value);
        let entry = Entry { key: option.key, key_place: option.key_place, value };
        match self.sections.last_mut() {
            Some(section) => {
                section.value.place.end = entry.value.place.end.max(entry.key_place.end);
                if let Value::Table(entries) = &mut section.value.value {
                    push(entries, entry);
                }
            }
            None => push(&mut self.loose, entry),
        }
    }

    fn finish(mut self, text: &str) -> Document {
        self.close();
        let mut entries = self.loose;
        for section in self.sections {
            // A section that is opened again goes on.
            match entries.iter_mut().find(|earlier| earlier.key == section.key) {
                Some(earlier) => {
                    if let (Value::Table(own), Value::Table(more)) =
                        (&mut earlier.value.value, section.value.value)
                    {
                        more.into_iter().for_each(|entry| push(own, entry));
                    }
                }
                None => entries.push(section),
            }
        }
        let mut document =
            Document::of(Node::new(0, text.len(), Value::Table(entries)), self.problems);
        document.cut = self.cut;
        document
    }
}

/// Adds an entry instead of an earlier one of the same key; long sections keep both, as looking
/// for equals in them would cost their square.
fn push(entries: &mut Vec<Entry>, entry: Entry) {
    if entries.len() < 256 { set(entries, entry) } else { entries.push(entry) }
}

/// A value up to a comment that white space sets off.
fn without_comment(text: &str) -> &str {
    let comment = [" #", "\t#", " ;", "\t;"].iter().filter_map(|sign| text.find(sign)).min();
    text[..comment.unwrap_or(text.len())].trim_end()
}
