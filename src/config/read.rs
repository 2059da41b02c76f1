//! From TOML to settings. The table is read by hand, so that every mistake is reported at
//! once and with its place.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, ConfigErrors, Source, source};
use super::{FailOn, Settings};
use crate::finding::{Confidence, Severity};

const KEYS: [&str; 7] =
    ["fail-on", "min-severity", "min-confidence", "strict", "rules", "select", "ignore"];

/// The id of a rule that someone wrote down, and where.
#[derive(Clone, Debug)]
pub struct RuleRef {
    /// The id.
    pub id: String,
    /// Where the configuration names it; nowhere for the command line.
    place: Option<(Source, Range<usize>)>,
}

impl RuleRef {
    /// An id from the command line.
    pub fn named(id: &str) -> Self {
        Self { id: id.to_owned(), place: None }
    }

    /// The error that there is no such rule, if it stands in a configuration.
    pub fn error(&self, help: &Option<String>) -> Option<ConfigErrors> {
        let (source, span) = self.place.clone()?;
        let message = format!("unknown rule: {}", self.id);
        let error = ConfigError {
            message,
            help: help.clone(),
            source_code: Some(source),
            span: Some(span.into()),
        };
        Some(ConfigErrors { errors: vec![error] })
    }
}

/// The settings in the table at `keys` of a TOML text, `None` if there is no such table.
pub(super) fn settings(
    path: &Path,
    text: String,
    keys: &[&str],
) -> Result<Option<Settings>, ConfigErrors> {
    let mut reader = Reader { path, source: source(path, &text), errors: Vec::new() };
    let document = match DeTable::parse(&text) {
        Ok(document) => document,
        Err(error) => {
            reader.fail(error.message().to_owned(), None, error.span().unwrap_or(0..0));
            return Err(ConfigErrors { errors: reader.errors });
        }
    };
    let mut table = document.get_ref();
    for key in keys {
        match table.get(*key).map(Spanned::get_ref) {
            Some(DeValue::Table(inner)) => table = inner,
            _ => return Ok(None),
        }
    }
    let settings = reader.table(table);
    if reader.errors.is_empty() {
        return Ok(Some(settings));
    }
    reader.errors.sort_by_key(|error| error.span.map(|span| span.offset()));
    Err(ConfigErrors { errors: reader.errors })
}

struct Reader<'a> {
    path: &'a Path,
    source: Source,
    errors: Vec<ConfigError>,
}

impl Reader<'_> {
    fn fail(&mut self, message: String, help: Option<String>, span: Range<usize>) {
        let source_code = Some(self.source.clone());
        self.errors.push(ConfigError { message, help, source_code, span: Some(span.into()) });
    }

    fn table(&mut self, table: &DeTable<'_>) -> Settings {
        let mut settings = Settings::default();
        for (key, value) in table {
            match &**key.get_ref() {
                "fail-on" => {
                    self.word(value, &FailOn::NAMES, FailOn::from_name, &mut settings.fail_on)
                }
                "min-severity" => {
                    let names = Severity::ALL.map(Severity::as_str);
                    self.word(value, &names, Severity::from_name, &mut settings.min_severity);
                }
                "min-confidence" => {
                    let names = Confidence::ALL.map(Confidence::as_str);
                    self.word(value, &names, Confidence::from_name, &mut settings.min_confidence);
                }
                "strict" => match value.get_ref().as_bool() {
                    Some(strict) => settings.strict = strict,
                    None => self.fail("expected true or false".into(), None, value.span()),
                },
                "rules" => {
                    let folder = self.path.parent().unwrap_or(Path::new(""));
                    let paths = self.strings(value).into_iter();
                    settings.rules = paths.map(|(path, _)| folder.join(path)).collect();
                }
                "select" => settings.select = self.ids(value),
                "ignore" => settings.ignore = self.ids(value),
                unknown => {
                    let nearest = KEYS
                        .into_iter()
                        .max_by(|a, b| likeness(a, unknown).total_cmp(&likeness(b, unknown)))
                        .filter(|key| likeness(key, unknown) > 0.7);
                    let help = match nearest {
                        Some(key) => format!("did you mean `{key}`?"),
                        None => format!("known keys are {}", KEYS.join(", ")),
                    };
                    self.fail(format!("unknown key: {unknown}"), Some(help), key.span());
                }
            }
        }
        settings
    }

    /// A string that is one of a few names.
    fn word<T>(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        names: &[&str],
        parse: fn(&str) -> Option<T>,
        setting: &mut T,
    ) {
        match value.get_ref().as_str().and_then(parse) {
            Some(parsed) => *setting = parsed,
            None => self.fail(format!("expected one of {}", names.join(", ")), None, value.span()),
        }
    }

    fn ids(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<RuleRef> {
        let strings = self.strings(value);
        let place = |span| Some((self.source.clone(), span));
        strings.into_iter().map(|(id, span)| RuleRef { id, place: place(span) }).collect()
    }

    fn strings(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<(String, Range<usize>)> {
        let Some(items) = value.get_ref().as_array() else {
            self.fail("expected a list of strings".into(), None, value.span());
            return Vec::new();
        };
        let mut strings = Vec::new();
        for item in items {
            match item.get_ref().as_str() {
                Some(text) => strings.push((text.to_owned(), item.span())),
                None => self.fail("expected a string".into(), None, item.span()),
            }
        }
        strings
    }
}

fn likeness(a: &str, b: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Settings>, ConfigErrors> {
        settings(Path::new("/p/tokscan.toml"), text.to_owned(), &[])
    }

    #[test]
    fn every_key_is_read() {
        let text = r#"
            fail-on = "never"
            min-severity = "info"
            min-confidence = "low"
            strict = true
            rules = ["packs"]
            select = ["a-rule"]
            ignore = ["b-rule", "c-rule"]
        "#;
        let settings = read(text).expect("valid").expect("there");
        assert_eq!(settings.fail_on, FailOn::Never);
        assert_eq!(settings.min_severity, Severity::Info);
        assert_eq!(settings.min_confidence, Confidence::Low);
        assert!(settings.strict);
        assert_eq!(settings.rules, [Path::new("/p/packs")]);
        assert_eq!((settings.select.len(), settings.ignore.len()), (1, 2));
    }

    #[test]
    fn every_mistake_is_reported_at_its_place() {
        let text = "min-severty = 1\nstrict = 'yes'\nfail-on = 'bad'\nignore = ['x', 2]\nzzz = 1\n";
        let errors = read(text).expect_err("mistakes").errors;
        let said: Vec<_> = errors
            .iter()
            .map(|error| {
                let span = error.span.expect("span");
                let code = &text[span.offset()..span.offset() + span.len()];
                (code, error.message.as_str(), error.help.as_deref().unwrap_or(""))
            })
            .collect();
        assert_eq!(
            said,
            [
                ("min-severty", "unknown key: min-severty", "did you mean `min-severity`?"),
                ("'yes'", "expected true or false", ""),
                ("'bad'", "expected one of critical, high, medium, low, info, never", ""),
                ("2", "expected a string", ""),
                (
                    "zzz",
                    "unknown key: zzz",
                    "known keys are fail-on, min-severity, min-confidence, strict, rules, select, ignore"
                ),
            ]
        );
    }

    #[test]
    fn broken_toml_and_foreign_tables() {
        assert!(read("strict = ").is_err());
        let none = settings(Path::new("p"), "[tool.black]\n".into(), &["tool", "tokscan"]);
        assert!(none.expect("valid").is_none());
    }
}
