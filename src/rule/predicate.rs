//! Conditions on values: TOML tables to [`Pred`].

use toml::de::DeValue;

use super::constant::scalar;
use super::context::Cx;
use super::lazy_regex::LazyRegex;
use super::model::{Is, PathKey, Pattern, Pred, SecretIs, UrlPart};
use super::tree::{Node, Table, Text};
use super::vars::{Mentions, Vars};
use crate::base::Symbol;
use crate::facts::Const;

/// Names of types that are not classes of a module.
const PLAIN_TYPES: [&str; 11] =
    ["str", "bytes", "int", "bool", "float", "dict", "list", "tuple", "set", "none", "function"];

impl Cx<'_> {
    /// Compiles a condition. What it binds and needs enters `mentions`.
    pub fn predicate(
        &mut self,
        node: Node<'_>,
        vars: &mut Vars,
        mentions: &mut Mentions,
    ) -> Option<Pred> {
        let Some(table) = node.table() else { return scalar(node).map(Pred::Eq) };
        let mut preds = Vec::new();
        for (key, value) in table.entries() {
            if key.value == "at" {
                self.check_at(table, key);
            } else {
                let mut one = Compiler { cx: self, vars, mentions };
                preds.extend(one.entry(table, key.value, value));
            }
        }
        if preds.len() < 2 { preds.pop() } else { Some(Pred::All(preds)) }
    }

    fn check_at(&mut self, table: Table<'_>, key: Text<'_>) {
        if table.get("label").is_none() {
            self.error(key.place, "`at` goes with `label` only");
        }
    }

    /// The names of vocabularies; unknown ones are recorded.
    pub fn vocabularies(&mut self, texts: Vec<Text<'_>>) -> Vec<Symbol> {
        for text in &texts {
            if !self.known.words.contains(text.value) {
                let known = self.known.words.clone();
                self.unknown(
                    text.place,
                    format!("unknown vocabulary `{}`", text.value),
                    text.value,
                    known,
                );
            }
        }
        texts.into_iter().map(|text| self.names.intern(text.value)).collect()
    }

    /// The names of labels; unknown ones are recorded.
    pub fn labels(&mut self, texts: Vec<Text<'_>>) -> Vec<Symbol> {
        for text in &texts {
            if !self.known.labels.contains(text.value) {
                let known = self.known.labels.clone();
                self.unknown(
                    text.place,
                    format!("unknown label `{}`", text.value),
                    text.value,
                    known,
                );
            }
        }
        texts.into_iter().map(|text| self.names.intern(text.value)).collect()
    }

    /// The path of a type that some model declares; unknown ones are recorded.
    pub fn type_path(&mut self, text: Text<'_>) -> Vec<Symbol> {
        let path = self.path(text);
        let known = |name: &str| PLAIN_TYPES.contains(&name) || self.known.types.contains(name);
        if !known(text.value) && !known(&self.dotted(&path)) {
            let names: Vec<&str> =
                PLAIN_TYPES.into_iter().chain(self.known.types.iter().copied()).collect();
            let message = format!("unknown type `{}`", text.value);
            match super::context::nearest(text.value, names) {
                Some(near) => {
                    let help = format!("did you mean `{near}`? a new one is declared by [[type]]");
                    self.error_help(text.place, message, help);
                }
                None => self.error_help(text.place, message, "a type is declared by [[type]]"),
            }
        }
        path
    }

    /// A regular expression; what is wrong with it is recorded.
    pub fn regex(&mut self, text: Text<'_>) -> Option<LazyRegex> {
        if self.trusts(text.place) {
            return Some(LazyRegex::trusted(text.value));
        }
        match LazyRegex::checked(text.value) {
            Ok(regex) => Some(regex),
            Err((message, range)) => {
                self.error_in(text, range, format!("not a regular expression: {message}"));
                None
            }
        }
    }
}

/// Compiles the entries of one predicate table.
struct Compiler<'c, 'p> {
    cx: &'c mut Cx<'p>,
    vars: &'c mut Vars,
    mentions: &'c mut Mentions,
}

impl Compiler<'_, '_> {
    fn entry(&mut self, table: Table<'_>, key: &str, value: Node<'_>) -> Option<Pred> {
        let text = || value.text();
        Some(match key {
            "eq" => Pred::Eq(self.constant(value)?),
            "in" => Pred::In(self.constants(value)),
            "regex" => Pred::Regex(self.cx.regex(text()?)?),
            "prefix" => Pred::Prefix(text()?.value.to_owned()),
            "importable" => Pred::Importable(matches!(value.value, DeValue::Boolean(true))),
            "lt" => Pred::Lt(value.number()?),
            "gt" => Pred::Gt(value.number()?),
            "length" => Pred::Length(self.inner(value)?),
            "bytes" => Pred::Bytes(self.inner(value)?),
            "distinct" => Pred::Distinct(self.inner(value)?),
            "truthy" => Pred::Truthy(matches!(value.value, DeValue::Boolean(true))),
            "accepts" => self.accepts(value.table()?)?,
            "is" => Pred::Is(value.texts().iter().filter_map(|text| is_word(text.value)).collect()),
            "type" => {
                let texts = value.texts();
                Pred::Type(texts.into_iter().map(|text| self.cx.type_path(text)).collect())
            }
            "exact-type" => {
                let texts = value.texts();
                Pred::ExactType(texts.into_iter().map(|text| self.cx.type_path(text)).collect())
            }
            "import" => {
                let texts = value.texts();
                Pred::Import(texts.into_iter().map(|text| self.cx.path(text)).collect())
            }
            "name" => Pred::Name(self.cx.vocabularies(value.texts())),
            "secret" => Pred::Secret(match text()?.value {
                "literal" => SecretIs::Literal,
                "placeholder" => SecretIs::Placeholder,
                "parameter" => SecretIs::Parameter,
                "plausible" => SecretIs::Plausible,
                "random" => SecretIs::Random,
                _ => return None,
            }),
            "label" => {
                Pred::Label { labels: self.cx.labels(value.texts()), at: self.label_at(table)? }
            }
            "origin" => Pred::Origin(Box::new(self.pattern(text()?)?)),
            "item" => Pred::Item(self.inner(value)?),
            "all-items" => Pred::AllItems(self.inner(value)?),
            "lacks-item" => Pred::LacksItem(self.inner(value)?),
            "key" => Pred::Key(self.inner(value)?),
            "lacks-key" => Pred::LacksKey(self.inner(value)?),
            "value" => Pred::Value(self.inner(value)?),
            "lacks-value" => Pred::LacksValue(self.inner(value)?),
            "attr" => return self.attributes(value.table()?),
            "url" => return self.url(value.table()?),
            "sql" => Pred::Sql(self.cx.sql_pattern(text()?, self.vars, self.mentions)),
            "returns" => Pred::Returns(self.inner(value)?),
            "executes" => Pred::Executes(Box::new(self.pattern(text()?)?)),
            "same" => self.same(text()?)?,
            "local" => Pred::Local(matches!(value.value, DeValue::Boolean(true))),
            "field" => {
                Pred::Field(self.cx.field_conditions(value.table()?, self.vars, self.mentions))
            }
            "not" => Pred::Not(self.inner_unbinding(value)?),
            "any" => Pred::Any(self.list(value)),
            "all" => Pred::All(self.list(value)),
            _ => return None,
        })
    }

    fn inner(&mut self, node: Node<'_>) -> Option<Box<Pred>> {
        self.cx.predicate(node, self.vars, self.mentions).map(Box::new)
    }

    /// What is denied binds nothing.
    fn inner_unbinding(&mut self, node: Node<'_>) -> Option<Box<Pred>> {
        let mut inside = Mentions::default();
        let pred = self.cx.predicate(node, self.vars, &mut inside).map(Box::new);
        self.mentions.uses.extend(inside.uses);
        pred
    }

    fn list(&mut self, node: Node<'_>) -> Vec<Pred> {
        let items = node.items();
        items
            .into_iter()
            .filter_map(|item| self.cx.predicate(item, self.vars, self.mentions))
            .collect()
    }

    fn constant(&mut self, node: Node<'_>) -> Option<Const> {
        let value = scalar(node);
        if value.is_none() {
            self.cx.error_help(
                node.place,
                format!("expected a string, number or boolean, found {}", node.describe()),
                "one of several values is `in`, a collection's items are `item` and `all-items`",
            );
        }
        value
    }

    fn constants(&mut self, node: Node<'_>) -> Vec<Const> {
        if !matches!(node.value, DeValue::Array(_)) {
            let message = format!("expected an array, found {}", node.describe());
            self.cx.error(node.place, message);
            return Vec::new();
        }
        node.items().into_iter().filter_map(|item| self.constant(item)).collect()
    }

    fn pattern(&mut self, text: Text<'_>) -> Option<Pattern> {
        self.cx.pattern(text, self.vars, self.mentions)
    }

    fn label_at(&mut self, table: Table<'_>) -> Option<Vec<PathKey>> {
        match table.text("at") {
            Some(text) => self.cx.key_path(text, 0, self.vars, &mut self.mentions.uses),
            None => Some(Vec::new()),
        }
    }

    fn same(&mut self, text: Text<'_>) -> Option<Pred> {
        let var = self.cx.variable(text, self.vars)?;
        self.mentions.uses.push((var, text.place));
        Some(Pred::Same(var))
    }

    fn attributes(&mut self, table: Table<'_>) -> Option<Pred> {
        let preds = table.entries().into_iter().filter_map(|(name, value)| {
            Some(Pred::Attr(name.value.to_owned(), self.inner(value)?))
        });
        all(preds.collect())
    }

    fn accepts(&mut self, table: Table<'_>) -> Option<Pred> {
        let positional = match table.get("positional") {
            Some(node) => node.integer().and_then(|n| usize::try_from(n).ok()),
            None => Some(0),
        };
        let Some(positional) = positional else {
            self.cx.error(table.key_place("positional"), "expected a number of arguments");
            return None;
        };
        let texts = table.texts("keywords").into_iter();
        let keywords = texts.map(|text| self.cx.names.intern(text.value)).collect();
        Some(Pred::Accepts { positional, keywords })
    }

    fn url(&mut self, table: Table<'_>) -> Option<Pred> {
        let mut preds = Vec::new();
        for (key, value) in table.entries() {
            let part = match key.value {
                "scheme" => UrlPart::Scheme,
                "user" => UrlPart::User,
                "password" => UrlPart::Password,
                "host" => UrlPart::Host,
                "port" => UrlPart::Port,
                "path" => UrlPart::Path,
                _ => {
                    for (name, value) in table.entries_of("query") {
                        let part = UrlPart::Query(name.value.to_owned());
                        preds.extend(self.inner(value).map(|pred| Pred::Url(part, pred)));
                    }
                    continue;
                }
            };
            preds.extend(self.inner(value).map(|pred| Pred::Url(part, pred)));
        }
        all(preds)
    }
}

fn all(mut preds: Vec<Pred>) -> Option<Pred> {
    if preds.len() < 2 { preds.pop() } else { Some(Pred::All(preds)) }
}

fn is_word(word: &str) -> Option<Is> {
    Some(match word {
        "literal" => Is::Literal,
        "none" => Is::None,
        "unset" => Is::Unset,
        "true" => Is::True,
        "env" => Is::Env,
        "param" => Is::Param,
        "decorated" => Is::Decorated,
        "absent" => Is::Absent,
        "setting" => Is::Setting,
        _ => return None,
    })
}
