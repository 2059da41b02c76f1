//! What a configuration changes, its schema, and what `tokscan init` writes.

mod command;

use std::fs;
use std::path::Path;

use command::{found, project, run, run_with, write};
use serde_json::{Value, json};

const DECODE: &str = "import jwt\n\n\ndef read(t):\n    return jwt.decode(t, options={\"verify_signature\": False})\n";
const RULE: &str = "jwt-signature-not-verified";
const LOGS: &str = "import logging\n\nfrom flask import request\n\nfrom shop import privacy\n\n\n\
    def seen(membership_ticket, token):\n    \
    logging.info(\"ticket %s\", membership_ticket)\n    \
    logging.info(\"token %s\", privacy.mask(token))\n    \
    logging.info(\"token %s\", token)\n";
const FLASK: (&str, &str) = ("requirements.txt", "flask==3.1\npyjwt==2.10\n");

#[test]
fn rules_and_categories_are_selected_and_ignored() {
    let folder = project(&[("a.py", DECODE), FLASK]);
    let finding = vec![format!("{RULE} a.py:5")];
    for (config, arguments, shown) in [
        ("", &[][..], true),
        ("ignore = ['jwt']", &[], false),
        ("select = ['session']", &[], false),
        ("select = ['jwt']", &[], true),
        // The one that is named by its id stands above its category.
        ("select = ['jwt-signature-not-verified']\nignore = ['jwt']", &[], true),
        ("select = ['jwt']\nignore = ['jwt-signature-not-verified']", &[], false),
        ("ignore = ['jwt']", &["--select", "jwt"], true),
        ("select = ['session']", &["--select", RULE], true),
        ("", &["--ignore", "jwt"], false),
    ] {
        write(&folder, "tokscan.toml", config);
        let expected = if shown { finding.clone() } else { Vec::new() };
        assert_eq!(found(&folder, arguments), expected, "{config} {arguments:?}");
    }
}

#[test]
fn the_command_line_stands_above_the_environment_above_the_file() {
    let folder = project(&[("a.py", DECODE), FLASK, ("tokscan.toml", "fail-on = 'never'")]);
    let code =
        |arguments: &[&str], env: &[(&str, &str)]| run_with(folder.path(), arguments, env, "").code;
    assert_eq!(code(&[], &[]), 0);
    assert_eq!(code(&[], &[("TOKSCAN_FAIL_ON", "low")]), 1);
    assert_eq!(code(&["--fail-on", "never"], &[("TOKSCAN_FAIL_ON", "low")]), 0);
    assert_eq!(code(&["--fail-on", "low"], &[("TOKSCAN_IGNORE", "jwt")]), 0);
    write(&folder, "other.toml", "fail-on = 'low'");
    assert_eq!(code(&["--config", "other.toml"], &[]), 1);
    assert_eq!(code(&[], &[("TOKSCAN_CONFIG", "other.toml")]), 1);
    assert_eq!(code(&["--config", "gone.toml"], &[]), 2);
    assert_eq!(code(&["--no-config"], &[]), 1);
}

#[test]
fn severities_are_set() {
    let folder = project(&[("a.py", DECODE), FLASK]);
    write(&folder, "tokscan.toml", "[severity]\njwt = 'info'\njwt-signature-not-verified = 'low'");
    let ran = run(&folder, &["--format", "json"]);
    let report = command::report(&ran);
    assert_eq!((ran.code, &report["findings"][0]["severity"]), (0, &json!("low")));
    assert_eq!(report["findings"][0]["because"][0], "the configuration sets this severity");
}

#[test]
fn paths_are_ignored_and_excluded_whoever_names_them() {
    let folder =
        project(&[("a.py", DECODE), ("scripts/b.py", DECODE), ("vendor/c.py", DECODE), FLASK]);
    write(
        &folder,
        "tokscan.toml",
        "exclude = ['vendor/']\n[per-path-ignores]\n'scripts/' = ['jwt']\n",
    );
    assert_eq!(found(&folder, &[]), [format!("{RULE} a.py:5")]);
    assert!(found(&folder, &["scripts/b.py"]).is_empty());
    let named = run(&folder, &["vendor/c.py"]);
    assert_eq!(named.code, 0);
    assert!(named.err.contains("excluded: vendor, vendor/c.py)"), "{}", named.err);
    let all = run(&folder, &[]);
    assert!(all.out.contains("1 ignored for their paths"), "{}", all.out);
    assert!(all.err.contains("1 skipped (1 excluded: vendor)"), "{}", all.err);
    assert_eq!(found(&folder, &["--exclude", "a.py"]), [] as [&str; 0]);
}

#[test]
fn names_and_functions_are_taught() {
    let folder = project(&[
        ("app.py", LOGS),
        ("shop/privacy.py", "def mask(value):\n    return f\"{value}\"\n"),
        FLASK,
    ]);
    let lines = || {
        let all = found(&folder, &["--select", "token-leakage", "--min-confidence", "low"]);
        let mut lines: Vec<String> =
            all.iter().map(|f| f.rsplit(':').next().expect("line").to_owned()).collect();
        lines.dedup();
        lines
    };
    assert_eq!(lines(), ["10", "11"]);
    write(&folder, "tokscan.toml", "secret-names = ['membership_ticket']");
    assert_eq!(lines(), ["9", "10", "11"]);
    write(&folder, "tokscan.toml", "not-secret-names = ['token']");
    assert_eq!(lines(), [] as [&str; 0]);
    let sanitizer = "pattern = 'shop.privacy.mask($X)'\n";
    write(&folder, "tokscan.toml", &format!("[[sanitizer]]\n{sanitizer}"));
    assert_eq!(lines(), ["11"]);
    let table = format!(
        "[tool.tokscan]\nsecret-names = ['membership_ticket']\n[[tool.tokscan.sanitizer]]\n{sanitizer}"
    );
    fs::remove_file(folder.path().join("tokscan.toml")).expect("removed");
    write(&folder, "pyproject.toml", &table);
    assert_eq!(lines(), ["9", "11"]);
}

#[test]
fn functions_of_the_project_are_sources_and_sinks() {
    let folder = project(&[
        (
            "app.py",
            "import logging\n\nfrom shop import audit, vault\n\n\ndef seen(token):\n    \
             audit.record(\"seen\", token)\n    logging.info(\"%s\", vault.read(\"db\"))\n",
        ),
        ("shop/audit.py", "def record(event, detail):\n    SINK.append(detail)\n"),
        ("shop/vault.py", "def read(key):\n    return STORE[key]\n"),
        FLASK,
    ]);
    let all = || found(&folder, &["--select", "token-leakage", "--min-confidence", "low"]);
    assert!(all().is_empty(), "{:?}", all());
    write(
        &folder,
        "tokscan.toml",
        "[[source]]\npattern = 'shop.vault.read($KEY)'\nlabel = 'bearer'\n[[call]]\n\
         signature = 'shop.audit.record(event, detail=None)'\nis = 'log.write'\n\
         roles = { message = 'event', values = 'detail' }\n",
    );
    assert_eq!(all(), ["token-logged app.py:7", "token-logged app.py:8"]);
}

#[test]
fn mistakes_in_declarations_are_shown_in_place() {
    let folder = project(&[("a.py", "")]);
    for (config, said) in [
        ("[[sanitizer]]\npattern = 'f($X'\n", "this is not valid Python"),
        ("[[sanitizer]]\npatern = 'f($X)'\n", "did you mean `pattern`?"),
        ("[[sorce]]\nlabel = 'x'\n", "did you mean `source`?"),
        ("[[rule]]\nid = 'x'\n", "unknown key: rule"),
        ("ignore = ['sesion']\n", "did you mean `session`?"),
        ("[severity]\nnope-nope = 'low'\n", "unknown rule: nope-nope"),
        ("[per-path-ignores]\n'a/' = ['nope-nope']\n", "unknown rule: nope-nope"),
    ] {
        write(&folder, "tokscan.toml", config);
        let ran = run(&folder, &[]);
        assert_eq!(ran.code, 2, "{config}");
        assert!(ran.err.contains(said) && ran.err.contains("tokscan.toml:"), "{}", ran.err);
    }
}

#[test]
fn profiles_are_given() {
    let folder = project(&[
        ("requirements.txt", "django==5.2\n"),
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 's.main')\n"),
        ("s/__init__.py", ""),
        ("s/main.py", "from .base import *\nDEBUG = True\n"),
        ("s/base.py", "INSTALLED_APPS = []\nSECRET_KEY = KEY\nALLOWED_HOSTS = ['*']\n"),
        ("s/live.py", "from .base import *\nDEBUG = False\n"),
    ]);
    let profiles = || {
        let ran = run(&folder, &["project", "--format", "json", "-q"]);
        let overview: Value = serde_json::from_str(&ran.out).expect(&ran.err);
        let settings = overview["settings"].as_array().expect("settings").clone();
        let of = |s: &Value| {
            format!("{} {}", s["name"].as_str().expect("name"), s["profile"].as_str().expect("p"))
        };
        settings.iter().map(of).collect::<Vec<_>>()
    };
    let before = profiles();
    assert!(before.contains(&"s.main production".to_owned()), "{before:?}");
    write(
        &folder,
        "tokscan.toml",
        "[profiles]\n's.main' = 'development'\n's/live.py' = 'production'\n",
    );
    let after = profiles();
    assert_eq!(after, ["s.live production", "s.main development"]);
}

#[test]
fn profiles_are_given_to_classes_and_modules_of_applications() {
    const CONFIG: &str = "class Config:\n    TESTING = False\n\n\n\
        class LiveConfig(Config):\n    SESSION_COOKIE_NAME = 'live'\n\n\n\
        class BlueConfig(Config):\n    SESSION_COOKIE_NAME = 'blue'\n\n\n\
        class DevelopmentConfig(Config):\n    SESSION_COOKIE_NAME = 'dev'\n";
    let by_name = "import os\nfrom flask import Flask\nfrom config import configs\n\n\n\
        app = Flask(__name__)\napp.config.from_object(configs[os.environ['STAGE']])\n";
    let listed = format!(
        "{CONFIG}\n\nconfigs = {{'live': LiveConfig, 'blue': BlueConfig, 'dev': DevelopmentConfig}}\n"
    );
    let by_text = "import os\nfrom flask import Flask\n\napp = Flask(__name__)\n\
        app.config.from_object(f\"config.{os.environ['STAGE']}Config\")\n";
    let fixed = "from flask import Flask\n\napp = Flask(__name__)\n\
        app.config.from_object('config.DevelopmentConfig')\n";
    let modules = "import os\nfrom flask import Flask\n\nstage = os.environ.get('STAGE', 'config.live')\n\
        app = Flask(__name__)\napp.config.from_object(stage)\n";
    let imported = ("config/__init__.py", "from .kinds import *\n");
    let name = |files: &[(&str, &str)], profiles: &str| {
        let folder = project(&[("requirements.txt", "flask\n")]);
        files.iter().for_each(|(path, text)| write(&folder, path, text));
        write(&folder, "tokscan.toml", &format!("[profiles]\n{profiles}\n"));
        let ran = run(&folder, &["project", "--format", "json", "-q"]);
        let overview: Value = serde_json::from_str(&ran.out).expect(&ran.err);
        let settings = overview["settings"].as_array().expect("settings");
        let found = settings.iter().find(|settings| settings["profile"] == "production");
        found.map(|settings| settings["name"].to_string())
    };
    let check = |files: &[(&str, &str)], profiles: &str, expected: &str| {
        let found = name(files, profiles).unwrap_or_default();
        let expected = format!("({expected})\"");
        assert!(found.ends_with(&expected), "{profiles}: {found} instead of {expected}");
    };
    let dict = [("app.py", by_name), ("config.py", &listed)];
    check(&dict, "", "LiveConfig");
    check(&dict, "'config.BlueConfig' = 'production'", "BlueConfig");
    check(&dict, "'config.DevelopmentConfig' = 'production'", "DevelopmentConfig");
    check(&dict, "'config.LiveConfig' = 'development'", "BlueConfig");
    let text = [("app.py", by_text), ("config.py", CONFIG)];
    check(&text, "'config.BlueConfig' = 'production'", "BlueConfig");
    // By the name under which it is imported, and by its own.
    let package = [("app.py", by_name), imported, ("config/kinds.py", &listed)];
    check(&package, "'config.BlueConfig' = 'production'", "BlueConfig");
    check(&package, "'config.kinds.BlueConfig' = 'production'", "BlueConfig");
    let only = [("app.py", fixed), ("config.py", CONFIG)];
    check(&only, "", "DevelopmentConfig");
    assert_eq!(name(&only, "'config.DevelopmentConfig' = 'development'"), None);
    let live = ("config/live.py", "SESSION_COOKIE_NAME = 'live'\n");
    check(&[("app.py", modules), live], "", "live");
    assert_eq!(name(&[("app.py", modules), live], "'config.live' = 'test'"), None);
}

#[test]
fn the_schema_is_fresh_and_describes_configurations() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema/tokscan.schema.json");
    let mut schema = tokscan::config::schema();
    let text = format!("{schema:#}\n");
    let kept = fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == text, "run `tokscan gen schema config -o docs/schema/tokscan.schema.json`");
    // The rule language has a schema of its own.
    for property in schema["properties"].as_object_mut().expect("properties").values_mut() {
        if property.get("$ref").is_some() {
            *property = json!({ "type": "array" });
        }
    }
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let valid = |text: &str| {
        let mut value: toml::Table = toml::from_str(text).expect("TOML");
        if let Some(tool) = value.remove("tool") {
            value = tool["tokscan"].as_table().expect("table").clone();
        }
        validator.is_valid(&serde_json::to_value(value).expect("JSON"))
    };
    for example in examples() {
        assert!(valid(&example), "{example}");
    }
    for wrong in ["fail-on = 'bad'", "unknown = 1", "ignore = 'jwt'", "[profiles]\na = 'prod'"] {
        assert!(!valid(wrong), "{wrong}");
    }
}

/// The examples of the documentation that are configurations.
fn examples() -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let text = fs::read_to_string(file).expect("documentation");
    let blocks = text.split("```toml\n").skip(1);
    let blocks: Vec<String> =
        blocks.map(|block| block.split("```").next().expect("block").to_owned()).collect();
    assert!(blocks.len() > 5);
    blocks
}

#[test]
fn the_examples_of_the_documentation_are_taken() {
    for example in examples() {
        let folder = project(&[("a.py", "x = 1\n"), ("security/rules/none.toml", "")]);
        let is_table = example.contains("[tool.tokscan");
        write(&folder, if is_table { "pyproject.toml" } else { "tokscan.toml" }, &example);
        write(&folder, "tokscan-baseline.json", "{\"version\": 1, \"findings\": []}");
        let ran = run(&folder, &[]);
        assert_eq!(ran.code, 0, "{example}\n{}", ran.err);
    }
}

#[test]
fn the_documentation_names_every_key() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let text = fs::read_to_string(file).expect("documentation");
    let schema = tokscan::config::schema();
    for (key, value) in schema["properties"].as_object().expect("properties") {
        let own = value.get("$ref").is_none();
        assert!(!own || text.contains(&format!("`{key}`")), "{key} is not documented");
    }
}

#[test]
fn init_writes_a_configuration_that_fits_and_never_over_another() {
    let folder = project(&[
        ("requirements.txt", "django==5.2\n"),
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 's.main')\n"),
        ("s/__init__.py", ""),
        ("s/main.py", "INSTALLED_APPS = []\nSECRET_KEY = KEY\nDEBUG = True\n"),
        ("s/vendor/old.py", DECODE),
        ("s/api_pb2.py", "x = 1\n"),
        ("s/migrations/0001_initial.py", "x = 1\n"),
    ]);
    let before = found(&folder, &[]);
    let ran = run(&folder, &["init"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains(".pre-commit-config.yaml") && ran.out.contains("id: tokscan"));
    let file = folder.path().join("tokscan.toml");
    let text = fs::read_to_string(&file).expect("written");
    for part in [
        "built on Django",
        "  \"/s/vendor/\",  # 1 file\n",
        "  \"*_pb2.py\",  # 1 file\n",
        "  # \"migrations/\",  # 1 file\n",
        "# \"s.main\" = \"production\"",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    let after = found(&folder, &[]);
    let own: Vec<String> = before.into_iter().filter(|f| !f.contains("vendor")).collect();
    assert_eq!(after, own, "only what is excluded is gone");
    // What stands there as an example is right as well.
    let examples = text.replace("\n# exclude", "\n").replace("# [", "[").replace("# \"", "\"");
    let examples: String = examples
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.contains(" = ") => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .filter(|line| !line.contains("baseline"))
        .collect();
    fs::write(&file, examples.replace("\"migrations/\"", "  \"migrations/\"")).expect("written");
    let ran = run(&folder, &[]);
    assert!(ran.code < 2, "{examples}\n{}", ran.err);
    let again = run(&folder, &["init"]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("--force"), "{}", again.err);
    assert_eq!(run(&folder, &["init", "--force"]).code, 0);
    let table = project(&[("pyproject.toml", "[tool.tokscan]\n"), ("a.py", "")]);
    assert_eq!(run(&table, &["init"]).code, 2, "a table is a configuration, too");
}
