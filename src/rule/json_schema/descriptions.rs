//! What the reference of the language says of each key.
//!
//! In its blocks of TOML a key is described by the comment behind it, and by further lines of
//! nothing but comments; in its tables of keys the first column holds keys, the second what they
//! mean. A table of a pack is described by the heading above the block that shows it first.

use crate::base::FxHashMap;

const REFERENCE: &str = include_str!("../../../docs/rule-language.md");
const PAGE: &str = "docs/rule-language.md";

/// The headings above tables of keys, and where in a pack these keys stand.
const TABLES: [(&str, &str); 9] = [
    ("Matches", "rule.match"),
    ("Attributes of connections", "rule.match.connection"),
    ("Attributes of fields", "rule.match.field"),
    ("Files", "rule.match.file"),
    ("Routes", "rule.match.route"),
    ("Clauses: `present` and `missing`", "rule.match.present"),
    ("Conditions on the project: `when` and `unless`", "rule.match.when"),
    ("Flows", "rule.match.taint"),
    ("Conditions on values", super::PREDICATE_NAME),
];
/// What the first column of such a table is called.
const COLUMNS: [&str; 3] = ["key", "attribute", "subject"];
/// Tables of a pack that have keys of others: what is not said of them is said there.
const SHARED: [(&str, &str); 2] =
    [("rule.match.when.", "rule.match.present."), ("rule.match.present.", "rule.match.")];

/// Descriptions of keys by their path in a pack.
pub(super) struct Descriptions(FxHashMap<String, String>);

impl Default for Descriptions {
    fn default() -> Self {
        let mut found = Self(FxHashMap::default());
        found.read(REFERENCE);
        found
    }
}

impl Descriptions {
    /// The description of a key.
    pub fn of(&self, path: &str) -> Option<&str> {
        let mut path = path.to_owned();
        loop {
            if let Some(text) = self.0.get(&path) {
                return Some(text);
            }
            let (own, other) = SHARED.iter().find(|(own, _)| path.starts_with(own))?;
            path.replace_range(..own.len(), other);
        }
    }

    fn read(&mut self, text: &str) {
        let mut heading = "";
        let mut in_block = false;
        let mut is_table_of_keys = false;
        let mut table = String::new();
        let mut last: Option<String> = None;
        for line in text.lines() {
            if line.starts_with("```") {
                in_block = !in_block;
                table.clear();
                last = None;
            } else if in_block {
                if let Some(header) = line.strip_prefix('[') {
                    let name = header.trim_start_matches('[').split(']').next();
                    table = name.unwrap_or_default().to_owned();
                    let about = format!("{heading}: see {PAGE}#{}", anchor(heading));
                    self.describe(table.clone(), about);
                }
                last = self.line(line, &table, last);
            } else if let Some(name) = line.strip_prefix('#') {
                heading = name.trim_start_matches('#').trim();
            } else if let Some(row) = line.strip_prefix("| ") {
                let first = row.split(" | ").next().unwrap_or_default();
                is_table_of_keys |= COLUMNS.contains(&first);
                let place = TABLES.iter().find(|(name, _)| *name == heading);
                if let Some((_, path)) = place.filter(|_| is_table_of_keys) {
                    self.row(row, path);
                }
            } else if !line.starts_with('|') {
                is_table_of_keys = false;
            }
        }
    }

    /// What is said first counts.
    fn describe(&mut self, path: String, text: String) {
        self.0.entry(path).or_insert(text);
    }

    /// Reads a line of a block; gives the key that the next line may say more of. A key that may
    /// stand instead of another is shown as a comment.
    fn line(&mut self, line: &str, table: &str, last: Option<String>) -> Option<String> {
        if let Some(more) = line.trim_start().strip_prefix('#').filter(|_| line.starts_with(' ')) {
            let known = last.as_ref().and_then(|path| self.0.get_mut(path))?;
            known.push(' ');
            known.push_str(more.trim());
            return last;
        }
        let line = line.strip_prefix("# ").unwrap_or(line);
        let (name, rest) = line.split_once(" = ")?;
        let comment = comment(rest)?;
        let path = format!("{table}.{}", key_of(name)?);
        if table.is_empty() || self.0.contains_key(&path) {
            return None;
        }
        self.describe(path.clone(), comment.to_owned());
        Some(path)
    }

    /// Reads a row of a table of keys.
    fn row(&mut self, row: &str, path: &str) {
        let mut cells = row.splitn(3, " | ");
        let (Some(keys), Some(meaning)) = (cells.next(), cells.next()) else { return };
        let meaning = meaning.trim_end_matches(['|', ' ']);
        for key in keys.split('`').skip(1).step_by(2).filter_map(key_of) {
            self.describe(format!("{path}.{key}"), meaning.to_owned());
        }
    }
}

/// The key in front of what is assigned to it; of `where.X` only what is the same for all `X`.
fn key_of(text: &str) -> Option<&str> {
    let key = text.split(' ').next()?;
    let of_a_variable =
        key.split_once('.').filter(|(_, name)| name.starts_with(char::is_uppercase));
    let key = of_a_variable.map_or(key, |(key, _)| key);
    (!key.is_empty()).then_some(key)
}

/// The comment at the end of a line, which does not begin inside of a string.
fn comment(line: &str) -> Option<&str> {
    let mut quote = None;
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '#') => return Some(line[at + 1..].trim()),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    None
}

/// The anchor of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_tables_and_headings_describe_keys() {
        let text = "## Matches\n\n| key | meaning |\n|---|---|\n| `at` | the place |\n\n\
                    | scope | looks |\n|---|---|\n| `class` | there |\n\n## The calls\n\n\
                    ```toml\n[[call]]\nis = \"a # b\"   # what it is,\n   # in two lines\n\
                    plain = true\n```\n";
        let mut read = Descriptions(FxHashMap::default());
        read.read(text);
        assert_eq!(read.of("rule.match.at"), Some("the place"));
        assert_eq!(read.of("rule.match.present.at"), Some("the place"));
        assert_eq!(read.of("rule.match.class"), None);
        assert_eq!(read.of("call"), Some("The calls: see docs/rule-language.md#the-calls"));
        assert_eq!(read.of("call.is"), Some("what it is, in two lines"));
        assert_eq!(read.of("call.plain"), None);
    }
}
