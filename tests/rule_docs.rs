//! The pages of rules, the schema of packs, the guide and the reference agree with the packs.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use tokscan::engine::check_packs;
use tokscan::report::rule_page;
use tokscan::rule::{RuleMeta, RuleSet, json_schema};

const GUIDE: &str = include_str!("../docs/writing-rules.md");
const REFERENCE: &str = include_str!("../docs/rule-language.md");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The blocks of TOML on a page.
fn blocks(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<String> = None;
    for line in page.lines() {
        match &mut open {
            None if line == "```toml" => open = Some(String::new()),
            None => {}
            Some(_) if line == "```" => blocks.extend(open.take()),
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    blocks
}

fn parsed(text: &str) -> Value {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn embedded() -> impl Iterator<Item = (&'static str, Value)> {
    RuleSet::builtin_texts().iter().map(|(name, text)| (*name, parsed(text)))
}

#[test]
fn pages_of_rules_are_fresh() {
    let rules = RuleSet::builtin().expect("embedded packs are valid");
    let metas: Vec<&RuleMeta> = rules.metas().collect();
    let folder = root().join("docs/rules");
    let stale = "run `tokscan gen docs`";
    for rule in &metas {
        let name = rule_page::file_name(&rule.id);
        let found = fs::read_to_string(folder.join(&name)).unwrap_or_default();
        assert!(found == rule_page::markdown(rule, &metas), "{name}: {stale}");
    }
    let index = fs::read_to_string(folder.join("README.md")).expect("an index");
    assert!(index == rule_page::index(&metas), "README.md: {stale}");
    let files = fs::read_dir(&folder).expect("a folder").count();
    assert_eq!(files, metas.len() + 1, "pages of rules that are no more: {stale}");
}

#[test]
fn the_schema_is_fresh() {
    let found = fs::read_to_string(root().join("docs/schema/rules.schema.json")).expect("a schema");
    let told = "run `tokscan gen schema -o docs/schema/rules.schema.json`";
    assert!(found == format!("{:#}\n", json_schema()), "{told}");
}

/// A validator, and how it says no.
fn mistakes(validator: &jsonschema::Validator, pack: &Value) -> Vec<String> {
    let said = validator.iter_errors(pack);
    said.map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn packs_follow_the_schema() {
    let validator = jsonschema::validator_for(&json_schema()).expect("a schema");
    for (name, pack) in embedded() {
        assert_eq!(mistakes(&validator, &pack), Vec::<String>::new(), "{name}");
    }
    for block in blocks(GUIDE) {
        assert_eq!(mistakes(&validator, &parsed(&block)), Vec::<String>::new(), "{block}");
    }
}

#[test]
fn broken_packs_do_not_follow_it() {
    let validator = jsonschema::validator_for(&json_schema()).expect("a schema");
    let rule = "[[rule]]\nid = 'a'\ntitle = 'b'\ncategory = 'c'\nseverity = 'low'\n\
                confidence = 'high'\ncwe = [1]\nwhy = 'd'\nfix = 'e'\nreferences = ['f']\n";
    let good = format!("{rule}[[rule.match]]\npattern = 'f()'\n");
    assert_eq!(mistakes(&validator, &parsed(&good)), Vec::<String>::new());
    for (text, what) in [
        (good.replace("'low'", "'severe'"), "a severity that there is not"),
        (good.replace("cwe = [1]\n", ""), "no CWE"),
        (good.replace("cwe = [1]", "cwe = ['CWE-1']"), "a CWE that is no number"),
        (good.replace("title", "titel"), "a misspelt key"),
        (rule.to_owned(), "no match"),
        (format!("{good}setting = 'A'\n"), "two subjects"),
        (format!("{good}where.X = {{ regexp = 'a' }}\n"), "a misspelt condition"),
        (format!("{good}where.X = {{}}\n"), "a condition that says nothing"),
        (format!("{good}where.X = ['a']\n"), "a list for a condition"),
        (format!("{good}missing = [{{ scope = 'class' }}]\n"), "a clause without a subject"),
        (format!("{good}missing = [{{ pattern = 'g()', scope = 'file' }}]\n"), "a misspelt scope"),
        (format!("{good}[[rule.example]]\nbad = 'a'\ngood = 'b'\n"), "an example of two kinds"),
        (format!("{good}[[rule.adjust]]\nseverity = 'low'\n"), "an adjustment without a reason"),
        ("[[call]]\nis = 'a'\n".to_owned(), "a call without a signature"),
        ("[[calls]]\nsignature = 'f()'\n".to_owned(), "a table that there is not"),
    ] {
        assert_ne!(mistakes(&validator, &parsed(&text)), Vec::<String>::new(), "{what}:\n{text}");
    }
}

/// The keys that tables of a pack may have, as `table.key`, and whether each is described, itself
/// or with the table it stands in.
fn keys(schema: &Value) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let definitions = schema["definitions"].as_object().expect("definitions");
    let described = |name: &str| {
        name.rsplit_once('.').is_some_and(|(table, key)| {
            let table = definitions.get(table).unwrap_or(schema);
            table["properties"][key]["description"].is_string()
        })
    };
    let all = definitions.iter().map(|(name, table)| (name.as_str(), table));
    for (name, table) in all.chain([("", schema)]) {
        for (key, property) in table["properties"].as_object().expect("properties") {
            let is_described = property["description"].is_string() || described(name);
            found.push((format!("{name}.{key}"), is_described));
        }
    }
    found
}

#[test]
fn every_key_is_described_by_the_reference() {
    let keys = keys(&json_schema());
    assert!(keys.len() > 400, "only {} keys", keys.len());
    let silent: Vec<&str> =
        keys.iter().filter(|(_, described)| !described).map(|(key, _)| key.as_str()).collect();
    assert_eq!(silent, Vec::<&str>::new());
}

/// Parts of a pack, as the reference shows them: what is required may be left out.
fn without_requirements(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.remove("required");
            object.remove("oneOf");
            object.values_mut().for_each(without_requirements);
        }
        Value::Array(items) => items.iter_mut().for_each(without_requirements),
        _ => {}
    }
}

#[test]
fn what_the_reference_shows_follows_the_schema() {
    let mut schema = json_schema();
    without_requirements(&mut schema);
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let blocks = blocks(REFERENCE);
    assert!(blocks.len() > 25, "only {} blocks", blocks.len());
    for block in blocks {
        // What stands in no table belongs into a match.
        let head = match block.trim_start() {
            part if part.starts_with("[[rule.") => "[[rule]]\n",
            part if part.starts_with('[') => "",
            _ => "[[rule]]\n[[rule.match]]\n",
        };
        let text = format!("{head}{block}");
        assert_eq!(mistakes(&validator, &parsed(&text)), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn the_packs_of_the_guide_work() {
    let folder = tempfile::tempdir().expect("a folder");
    let packs: Vec<String> = blocks(GUIDE).into_iter().filter(|b| b.contains("[[rule]]")).collect();
    assert!(packs.len() >= 10, "only {} packs", packs.len());
    for (number, pack) in packs.iter().enumerate() {
        fs::write(folder.path().join(format!("{number}.toml")), pack).expect("written");
    }
    let paths: Vec<PathBuf> = vec![folder.path().to_owned()];
    let report = check_packs(&paths).expect("the packs are valid");
    assert!(report.failures.is_empty(), "{}", report.failures.join("\n"));
    assert!(report.rules >= packs.len());
}

/// Collects the keys that a value uses, as `table.key` with the table as the schema names it.
struct Uses<'s> {
    schema: &'s Value,
    used: BTreeSet<String>,
}

impl Uses<'_> {
    fn read(&mut self, value: &Value, shape: &Value, table: &str) {
        if let Some(name) = shape["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
            let definition = self.schema["definitions"][name].clone();
            return self.read(value, &definition, name);
        }
        for key in ["anyOf", "allOf"] {
            for part in shape[key].as_array().into_iter().flatten() {
                self.read(value, part, table);
            }
        }
        match value {
            Value::Array(items) => items.iter().for_each(|i| self.read(i, &shape["items"], table)),
            Value::Object(object) => self.read_table(object, shape, table),
            _ => {}
        }
    }

    fn read_table(&mut self, object: &Map<String, Value>, shape: &Value, table: &str) {
        for (key, value) in object {
            let property = &shape["properties"][key];
            if property.is_object() {
                self.used.insert(format!("{table}.{key}"));
                self.read(value, property, &format!("{table}.{key}"));
            } else if shape["additionalProperties"].is_object() {
                self.read(value, &shape["additionalProperties"], table);
            }
        }
        // Attributes of the subject may be conditions beside it as well.
        let conditions = object.get("where").and_then(Value::as_object);
        for subject in ["connection", "field", "route", "file"] {
            let attributes = &self.schema["definitions"][format!("rule.match.{subject}")];
            for name in conditions.into_iter().flat_map(Map::keys) {
                let asked =
                    object.contains_key(subject) && attributes["properties"][name].is_object();
                if asked {
                    self.used.insert(format!("rule.match.{subject}.{name}"));
                }
            }
        }
    }
}

#[test]
fn every_key_is_used_by_a_pack_that_is_run() {
    // The type of a setting is kept for later, and has no effect that an example could show.
    let idle = |key: &str| key == "key.type";
    let schema = json_schema();
    let mut uses = Uses { schema: &schema, used: BTreeSet::new() };
    let guide = blocks(GUIDE);
    for pack in embedded().map(|(_, pack)| pack).chain(guide.iter().map(|block| parsed(block))) {
        uses.read(&pack, &schema, "");
    }
    let unused: Vec<String> = keys(&schema)
        .into_iter()
        .map(|(key, _)| key)
        .filter(|key| !uses.used.contains(key) && !idle(key.trim_start_matches('.')))
        .collect();
    assert_eq!(unused, Vec::<String>::new());
}

#[test]
fn every_rule_says_all_that_people_need() {
    let rules = RuleSet::builtin().expect("embedded packs are valid");
    let mut lacking = Vec::new();
    for rule in rules.metas() {
        let count = |bad: bool| rule.examples.iter().filter(|e| e.bad == bad).count();
        let names = |key: &str| rule.standards_of(key).count();
        for (holds, what) in [
            (count(true) >= 1, "a bad example"),
            (count(false) >= 2, "two good examples"),
            (!rule.why.trim().is_empty(), "why"),
            (!rule.fix.trim().is_empty(), "fix"),
            (!rule.references.is_empty(), "references"),
            (rule.references.iter().all(|url| url.starts_with("https://")), "safe references"),
            (!rule.cwe.is_empty(), "cwe"),
            (names("cwe") >= rule.cwe.len(), "titles of its CWEs"),
            (!rule.owasp_api.is_empty(), "owasp-api"),
            (names("owasp-api") == rule.owasp_api.len(), "titles of owasp-api"),
            (!rule.owasp.is_empty(), "owasp"),
            (rule.branches.iter().all(|b| b.message.chars().count() > 10), "messages"),
        ] {
            if !holds {
                lacking.push(format!("{}: {what}", rule.id));
            }
        }
    }
    assert_eq!(lacking, Vec::<String>::new());
}
