//! From TOML to settings. The table is read by hand, so that every mistake is reported at
//! once and with its place.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, ConfigErrors, Source, source};
use super::keys::{Holds, KEYS, Words};
use super::{FailOn, Settings};
use crate::finding::{Confidence, Profile, Severity};
use crate::rule::Declarations;
use crate::source::PathSet;

/// The id of a rule, or the name of a category, that someone wrote down, and where.
#[derive(Clone, Debug)]
pub struct RuleRef {
    /// The id or name.
    pub id: String,
    /// Where the configuration names it; nowhere for the command line.
    place: Option<(Source, Range<usize>)>,
}

impl RuleRef {
    /// An id from the command line.
    pub fn named(id: &str) -> Self {
        Self { id: id.to_owned(), place: None }
    }

    /// The error that there is no such rule or category, if it stands in a configuration.
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
    text: &str,
    keys: &[&str],
) -> Result<Option<Settings>, ConfigErrors> {
    let mut reader = Reader { path, source: source(path, text), errors: Vec::new() };
    let document = match DeTable::parse(text) {
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

type Value<'v> = Spanned<DeValue<'v>>;

impl Reader<'_> {
    fn fail(&mut self, message: String, help: Option<String>, span: Range<usize>) {
        let source_code = Some(self.source.clone());
        self.errors.push(ConfigError { message, help, source_code, span: Some(span.into()) });
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    fn table(&mut self, table: &DeTable<'_>) -> Settings {
        let mut settings = Settings::default();
        for (key, value) in table {
            let name = &**key.get_ref();
            match KEYS.iter().find(|known| known.name == name) {
                Some(known) => self.value(name, known.holds, value, &mut settings),
                // The rule language has a reader of its own.
                None if Declarations::keys().any(|known| known == name) => {}
                None => self.unknown(name, key.span()),
            }
        }
        settings
    }

    fn unknown(&mut self, name: &str, span: Range<usize>) {
        let known = || KEYS.iter().map(|key| key.name);
        let nearest = known()
            .chain(Declarations::keys())
            .max_by(|a, b| likeness(a, name).total_cmp(&likeness(b, name)))
            .filter(|key| likeness(key, name) > 0.7);
        let help = match nearest {
            Some(key) => format!("did you mean `{key}`?"),
            None => format!(
                "known keys are {}; and the tables of the rule language",
                known().collect::<Vec<_>>().join(", ")
            ),
        };
        self.fail(format!("unknown key: {name}"), Some(help), span);
    }

    fn value(&mut self, name: &str, holds: Holds, value: &Value<'_>, settings: &mut Settings) {
        match (name, holds) {
            ("fail-on", Holds::Word(words)) => {
                set(&mut settings.fail_on, self.word(value, words, FailOn::from_name));
            }
            ("min-severity", Holds::Word(words)) => {
                set(&mut settings.min_severity, self.word(value, words, Severity::from_name));
            }
            ("min-confidence", Holds::Word(words)) => {
                set(&mut settings.min_confidence, self.word(value, words, Confidence::from_name));
            }
            ("strict", Holds::Flag) => set(&mut settings.strict, self.flag(value)),
            ("require-reason", Holds::Flag) => set(&mut settings.require_reason, self.flag(value)),
            ("select", Holds::Rules) => settings.select = self.ids(value),
            ("ignore", Holds::Rules) => settings.ignore = self.ids(value),
            ("severity", Holds::ByRule(words)) => {
                for (key, span, value) in self.entries(value) {
                    if let Some(severity) = self.word(value, words, Severity::from_name) {
                        settings.severity.push((self.rule_ref(key, span), severity));
                    }
                }
            }
            ("per-path-ignores", Holds::RulesByPath) => {
                for (key, span, value) in self.entries(value) {
                    let paths = self.path_set(&[(key.clone(), span)]);
                    let ids = self.ids(value);
                    settings.per_path_ignores.extend(paths.map(|paths| (paths, ids)));
                }
            }
            ("profiles", Holds::ByPath(words)) => {
                for (key, span, value) in self.entries(value) {
                    let profile = self.word(value, words, Profile::from_name);
                    let mut add = |patterns: Vec<String>, class: Option<&str>| {
                        let patterns = patterns.into_iter().map(|p| (p, span.clone()));
                        let paths = self.path_set(&patterns.collect::<Vec<_>>());
                        let class = class.map(str::to_owned);
                        settings.profiles.extend(paths.zip(profile).map(|(p, of)| (p, class, of)));
                    };
                    add([vec![key.clone()], module_files(&key)].concat(), None);
                    if let Some((module, class)) = key.rsplit_once('.')
                        && !module_files(&key).is_empty()
                    {
                        add(module_files(module), Some(class));
                    }
                }
            }
            ("exclude", Holds::Patterns) => {
                let patterns = self.strings(value);
                settings.exclude.extend(self.path_set(&patterns));
            }
            ("rules", Holds::Paths) => {
                let paths = self.strings(value).into_iter();
                settings.rules = paths.map(|(path, _)| self.folder().join(path)).collect();
            }
            ("baseline", Holds::Path) => match value.get_ref().as_str() {
                Some(path) => settings.baseline = Some(self.folder().join(path)),
                None => self.fail("expected a path".into(), None, value.span()),
            },
            ("secret-names", Holds::Names) => settings.secret_names = self.names(value),
            ("not-secret-names", Holds::Names) => settings.not_secret_names = self.names(value),
            (name, holds) => unreachable!("internal error: `{name}` holds {holds:?}"),
        }
    }

    /// A string that is one of a few words.
    fn word<T>(
        &mut self,
        value: &Value<'_>,
        words: Words,
        parse: fn(&str) -> Option<T>,
    ) -> Option<T> {
        let parsed = value.get_ref().as_str().and_then(parse);
        if parsed.is_none() {
            let message = format!("expected one of {}", words.all().join(", "));
            self.fail(message, None, value.span());
        }
        parsed
    }

    fn flag(&mut self, value: &Value<'_>) -> Option<bool> {
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.fail("expected true or false".into(), None, value.span());
        }
        flag
    }

    fn rule_ref(&self, id: String, span: Range<usize>) -> RuleRef {
        RuleRef { id, place: Some((self.source.clone(), span)) }
    }

    fn ids(&mut self, value: &Value<'_>) -> Vec<RuleRef> {
        let strings = self.strings(value).into_iter();
        strings.map(|(id, span)| self.rule_ref(id, span)).collect()
    }

    /// Names with a word in them at least.
    fn names(&mut self, value: &Value<'_>) -> Vec<String> {
        let mut names = Vec::new();
        for (name, span) in self.strings(value) {
            if crate::rule::split_words(&name).is_empty() {
                self.fail("there is no word in this name".into(), None, span);
            } else {
                names.push(name);
            }
        }
        names
    }

    fn path_set(&mut self, patterns: &[(String, Range<usize>)]) -> Option<PathSet> {
        let folder = self.folder().to_owned();
        let before = self.errors.len();
        for (pattern, span) in patterns {
            if let Err(reason) = PathSet::new(&folder, [pattern.as_str()]) {
                self.fail(format!("not a pattern for paths: {reason}"), None, span.clone());
            }
        }
        let all = || patterns.iter().map(|(pattern, _)| pattern.as_str());
        (self.errors.len() == before).then(|| PathSet::new(&folder, all()).ok())?
    }

    /// Keys and values of a table, in the order of the text.
    fn entries<'v, 't>(
        &mut self,
        value: &'v Value<'t>,
    ) -> Vec<(String, Range<usize>, &'v Value<'t>)> {
        let DeValue::Table(table) = value.get_ref() else {
            self.fail("expected a table".into(), None, value.span());
            return Vec::new();
        };
        let entry = |(key, value): (&Spanned<_>, _)| -> (String, Range<usize>, &'v Value<'t>) {
            let name: &std::borrow::Cow<'_, str> = key.get_ref();
            (name.to_string(), key.span(), value)
        };
        let mut entries: Vec<_> = table.iter().map(entry).collect();
        entries.sort_by_key(|(_, span, _)| span.start);
        entries
    }

    fn strings(&mut self, value: &Value<'_>) -> Vec<(String, Range<usize>)> {
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

fn set<T>(setting: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *setting = value;
    }
}

/// The files that a dotted module may be; none for what is no such name.
fn module_files(key: &str) -> Vec<String> {
    let is_name =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    if !key.split('.').all(is_name) {
        return Vec::new();
    }
    let path = key.replace('.', "/");
    vec![format!("**/{path}.py"), format!("**/{path}/__init__.py")]
}

fn likeness(a: &str, b: &str) -> f64 {
    strsim::normalized_damerau_levenshtein(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Settings>, ConfigErrors> {
        settings(Path::new("/p/tokscan.toml"), text, &[])
    }

    #[test]
    fn every_key_is_read() {
        let text = r#"
            fail-on = "never"
            min-severity = "info"
            min-confidence = "low"
            strict = true
            require-reason = true
            rules = ["packs"]
            select = ["a-rule"]
            ignore = ["b-rule", "c-rule"]
            exclude = ["vendor/"]
            baseline = "known.json"
            secret-names = ["ticket"]
            not-secret-names = ["lexer_token"]

            [severity]
            a-rule = "low"

            [per-path-ignores]
            "tests/" = ["a-rule"]

            [profiles]
            "shop.settings.base" = "production"
            "tools/" = "test"
        "#;
        for key in &KEYS {
            assert!(text.contains(key.name), "{} is not tested", key.name);
        }
        let settings = read(text).expect("valid").expect("there");
        assert_eq!(settings.fail_on, FailOn::Never);
        assert_eq!(settings.min_severity, Severity::Info);
        assert_eq!(settings.min_confidence, Confidence::Low);
        assert!(settings.strict && settings.require_reason);
        assert_eq!(settings.rules, [Path::new("/p/packs")]);
        assert_eq!((settings.select.len(), settings.ignore.len()), (1, 2));
        assert!(settings.exclude[0].has(Path::new("/p/vendor/a.py")));
        assert_eq!(settings.baseline.as_deref(), Some(Path::new("/p/known.json")));
        assert_eq!(settings.secret_names, ["ticket"]);
        assert_eq!(settings.not_secret_names, ["lexer_token"]);
        assert_eq!(settings.severity[0].1, Severity::Low);
        let (paths, ids) = &settings.per_path_ignores[0];
        assert!(paths.has(Path::new("/p/a/tests/x.py")) && ids[0].id == "a-rule");
        let of = |path: &str| {
            let mut found = settings.profiles.iter().rev();
            let found =
                found.find(|(paths, class, _)| class.is_none() && paths.has(Path::new(path)));
            found.map(|(.., profile)| *profile)
        };
        assert_eq!(of("/p/shop/settings/base.py"), Some(Profile::Production));
        assert_eq!(of("/p/src/shop/settings/base/__init__.py"), Some(Profile::Production));
        assert_eq!(of("/p/shop/settings/dev.py"), None);
        assert_eq!(of("/p/tools/a/b.py"), Some(Profile::Test));
    }

    #[test]
    fn every_mistake_is_reported_at_its_place() {
        let text = "min-severty = 1\nstrict = 'yes'\nfail-on = 'bad'\nignore = ['x', 2]\nzzz = 1\n\
                    exclude = ['a[b']\nsecret-names = ['--']\nsouce = 1\n[severity]\nr = 'bad'\n\
                    [profiles]\na = 'prod'\n";
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
                    "known keys are fail-on, min-severity, min-confidence, strict, select, ignore, \
                     severity, per-path-ignores, exclude, rules, baseline, profiles, secret-names, \
                     not-secret-names, require-reason; and the tables of the rule language"
                ),
                ("'a[b'", "not a pattern for paths: unclosed character class; missing ']'", ""),
                ("'--'", "there is no word in this name", ""),
                ("souce", "unknown key: souce", "did you mean `source`?"),
                ("'bad'", "expected one of critical, high, medium, low, info", ""),
                ("'prod'", "expected one of production, development, test", ""),
            ]
        );
    }

    #[test]
    fn declarations_are_left_to_the_rule_language() {
        let settings = read("[[sanitizer]]\npattern = 'a.b($X)'\n");
        assert!(settings.expect("valid").is_some());
    }

    #[test]
    fn broken_toml_and_foreign_tables() {
        assert!(read("strict = ").is_err());
        let none = settings(Path::new("p"), "[tool.black]\n", &["tool", "tokscan"]);
        assert!(none.expect("valid").is_none());
    }
}
