//! `tokscan project` as its users meet it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// Exit code, stdout and stderr of `tokscan project` in `folder`.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
    command.current_dir(folder).env_clear().env("LANG", "C.UTF-8").arg("project");
    let output = command.args(arguments).output().expect("run");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("exit code"), text(output.stdout), text(output.stderr))
}

fn project(files: &[(&str, &str)]) -> TempDir {
    let directory = TempDir::new().expect("temporary directory");
    for (path, text) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().expect("parent")).expect("directory");
        fs::write(path, text).expect("file");
    }
    directory
}

#[track_caller]
fn json(folder: &Path) -> Value {
    let (code, stdout, stderr) = run(folder, &["--format", "json", "--quiet"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    serde_json::from_str(&stdout).expect("JSON")
}

fn fixture(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A Django project in two layers, on CockroachDB, with secrets of every kind.
const SHOP: &[(&str, &str)] = &[
    ("requirements.txt", "django==5.2.1\ndjango-cockroachdb==5.2\npsycopg[binary]==3.2.1\n"),
    (
        "manage.py",
        "import os\nfrom django.core.management import execute_from_command_line\n\
         os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.production')\n\
         execute_from_command_line([])\n",
    ),
    ("shop/__init__.py", ""),
    ("shop/settings/__init__.py", ""),
    (
        "shop/settings/base.py",
        "import os\n\nDEBUG = True\nSECRET_KEY = 'swordfish'\nROOT_URLCONF = 'shop.urls'\n\
         MIDDLEWARE = ['django.middleware.security.SecurityMiddleware']\n\
         SESSION_COOKIE_SECURE = os.environ['COOKIES']\n\
         ALLOWED_HOSTS = os.environ.get('HOSTS', 'shop.example').split(',')\n\
         DATABASES = {\n    'default': {\n        'ENGINE': 'django_cockroachdb',\n\
         \x20       'NAME': 'shop',\n        'USER': 'shop',\n        'PASSWORD': 'walleye',\n\
         \x20       'HOST': 'db.shop.example',\n        'PORT': '26257',\n    },\n}\n",
    ),
    ("shop/settings/production.py", "from .base import *\n\nDEBUG = False\n"),
    (
        "shop/models.py",
        "from django.db import models\n\n\nclass Device(models.Model):\n\
         \x20   name = models.CharField(max_length=20)\n\
         \x20   api_token = models.CharField(max_length=40)\n",
    ),
    (
        "docker-compose.yml",
        "services:\n  web:\n    image: shop\n    environment:\n      WORKERS: 4\n\
         \x20     API_TOKEN: marlinspike\n",
    ),
];

#[test]
fn text_of_a_project() {
    let folder = project(SHOP);
    let (code, stdout, stderr) = run(folder.path(), &[]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.starts_with("tokscan: "), "{stderr}");
    insta::assert_snapshot!(stdout);
}

#[test]
fn routes_have_handlers_and_guards() {
    let folder = fixture("flask-cockroachdb-token-leakage/hardened");
    let report = json(&folder);
    let routes = report["routes"].as_array().expect("array");
    let url = |url: &str| routes.iter().find(|route| route["attributes"]["url"] == url);
    let usage = url("/reports/usage").expect("a route");
    assert_eq!((&usage["path"], &usage["symbol"]), (&"relay/reports.py".into(), &"usage".into()));
    assert_eq!(usage["attributes"]["methods"], serde_json::json!(["GET"]));
    assert_eq!(usage["attributes"]["guard.auth"], "user");
    let (_, text, _) = run(&folder, &[]);
    let line = text.lines().find(|line| line.contains("/reports/usage ")).expect("a line");
    let line: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(line[..5], ["GET", "/reports/usage", "usage:20", "auth", "user,"]);
}

#[test]
fn json_says_where_each_value_was_set() {
    let folder = project(SHOP);
    let report = json(folder.path());
    assert_eq!(report["version"], 1);
    let settings = &report["settings"][0];
    assert_eq!(settings["profile"], "production");
    assert_eq!(settings["named_by"][0]["path"], "manage.py");
    let security = settings["security"].as_array().expect("array");
    let setting = |key: &str| {
        let found = security.iter().find(|setting| setting["key"] == key);
        found.unwrap_or_else(|| panic!("{key} is not there"))
    };
    let debug = setting("DEBUG");
    assert_eq!((&debug["value"], &debug["set"]), (&Value::Bool(false), &Value::Bool(true)));
    let last = debug["chain"].as_array().and_then(|chain| chain.last()).expect("a place");
    assert_eq!(last["path"], "shop/settings/production.py");
    assert_eq!((&last["start"]["line"], &last["start"]["column"]), (&3.into(), &1.into()));
    assert_eq!(debug["overrides"][0]["path"], "shop/settings/base.py");
    assert_eq!(debug["overrides"][0]["start"]["line"], 3);
    assert_eq!(setting("SECRET_KEY")["value"]["secret"], true);
    assert_eq!(setting("SESSION_COOKIE_HTTPONLY")["set"], false);
    assert_eq!(setting("SESSION_COOKIE_HTTPONLY")["value"], true);
}

#[test]
fn json_has_connections_models_and_variables() {
    let folder = project(SHOP);
    let report = json(folder.path());
    let connection = &report["connections"][0]["attributes"];
    assert_eq!(connection["engine"], "cockroachdb");
    assert_eq!(connection["host"], "db.shop.example");
    assert_eq!(connection["password"]["secret"], true);
    let model = &report["models"][0];
    assert_eq!((&model["name"], &model["fields"]), (&"Device".into(), &2.into()));
    assert_eq!(model["secrets"][0]["name"], "api_token");
    assert_eq!(model["secrets"][0]["start"]["line"], 6);
    let variables = report["variables"].as_array().expect("array");
    let token = variables.iter().find(|v| v["name"] == "API_TOKEN").expect("API_TOKEN");
    assert_eq!(token["value"]["secret"], true);
    assert_eq!(
        (&token["path"], &token["start"]["line"]),
        (&"docker-compose.yml".into(), &6.into())
    );
}

/// A name that is used before, and a value of which nothing is known on some ways.
#[test]
fn connections_stand_where_they_are_written_once_each() {
    let settings = "import configparser\nimport os\n\nconfig = configparser.ConfigParser()\n\
        HAS_REDIS = config.has_option('redis', 'location')\nROOT_URLCONF = 'shop.urls'\n\
        LOCATION = config.get('redis', 'location')\n\
        if 'R' in os.environ:\n    LOCATION = os.environ['R']\n\
        CACHES = {'default': {'BACKEND': 'django.core.cache.backends.redis.RedisCache', 'LOCATION': LOCATION}}\n\
        if HAS_REDIS:\n    CACHES['redis'] = {\n\
        \x20       'BACKEND': 'django.core.cache.backends.redis.RedisCache',\n\
        \x20       'LOCATION': LOCATION,\n    }\n";
    let directory = project(&[("requirements.txt", "django\n"), ("shop/settings.py", settings)]);
    let found = json(directory.path());
    let lines: Vec<u64> = found["connections"]
        .as_array()
        .expect("connections")
        .iter()
        .map(|connection| connection["start"]["line"].as_u64().expect("line"))
        .collect();
    assert_eq!(lines, [10, 12]);
}

#[test]
fn defaults_of_packages_that_nothing_uses_are_not_shown() {
    let app = "from flask import Flask\n\napp = Flask(__name__)\n";
    let keys = |app: &str| {
        let directory = project(&[("requirements.txt", "flask\n"), ("app.py", app)]);
        json(directory.path())["settings"][0]["security"].to_string()
    };
    assert!(!keys(app).contains("WTF_CSRF_ENABLED"));
    let with = format!("from flask_wtf import CSRFProtect\n{app}CSRFProtect(app)\n");
    assert!(keys(&with).contains("WTF_CSRF_ENABLED"));
}

#[test]
fn the_stack_has_evidence_and_confidence() {
    let folder = project(SHOP);
    let report = json(folder.path());
    let stack = report["stack"].as_array().expect("array");
    let part = |name: &str| stack.iter().find(|part| part["name"] == name);
    let cockroach = part("cockroachdb").expect("CockroachDB");
    assert_eq!(cockroach["confidence"], "high");
    assert_eq!(cockroach["evidence"][0]["path"], "shop/settings/base.py");
    assert_eq!(cockroach["packages"][0]["version"], "5.2");
    // psycopg is the driver of either database; the connection says which.
    assert_eq!(part("postgresql").expect("PostgreSQL")["confidence"], "low");
    assert!(part("flask").is_none());
}

#[test]
fn confidence_follows_what_is_known() {
    let confidence = |files: &[(&str, &str)], name: &str| -> Option<String> {
        let folder = project(files);
        let report = json(folder.path());
        let stack = report["stack"].as_array().expect("array");
        let part = stack.iter().find(|part| part["name"] == name)?;
        Some(part["confidence"].as_str()?.to_owned())
    };
    let required = ("requirements.txt", "pymongo==4.9\n");
    let imported = ("a.py", "import pymongo\n");
    let optional = ("a.py", "try:\n    import pymongo\nexcept ImportError:\n    pymongo = None\n");
    let text = ("a.py", "HELP = 'mongodb://localhost/x'\n");
    assert_eq!(confidence(&[required, imported], "mongodb").as_deref(), Some("high"));
    assert_eq!(confidence(&[required], "mongodb").as_deref(), Some("medium"));
    assert_eq!(confidence(&[imported], "mongodb").as_deref(), Some("medium"));
    assert_eq!(confidence(&[optional], "mongodb").as_deref(), Some("low"));
    assert_eq!(confidence(&[text], "mongodb").as_deref(), Some("low"));
    let of_tests = [("tests/test_a.py", "import pymongo\nURL = 'mongodb://localhost/x'\n")];
    assert_eq!(confidence(&of_tests, "mongodb"), None);
}

#[test]
fn secrets_are_in_neither_format() {
    let folder = project(SHOP);
    for format in ["text", "json"] {
        let (_, stdout, stderr) = run(folder.path(), &["--format", format, "--all"]);
        for secret in ["swordfish", "walleye", "marlinspike"] {
            assert!(!stdout.contains(secret), "{secret} in {format}:\n{stdout}");
            assert!(!stderr.contains(secret), "{secret}: {stderr}");
        }
    }
}

#[test]
fn passwords_of_urls_are_masked() {
    let folder = project(&[(
        "app.py",
        "from flask import Flask\n\napp = Flask(__name__)\n\
         app.config['SQLALCHEMY_DATABASE_URI'] = 'postgresql://me:pw1x@db.example/app'\n",
    )]);
    for format in ["text", "json"] {
        let (_, stdout, _) = run(folder.path(), &["--format", format]);
        assert!(stdout.contains("db.example") && !stdout.contains("pw1x"), "{stdout}");
    }
}

#[test]
fn threads_do_not_change_a_byte() {
    let folder = fixture("django-mongodb-token-leakage/weak");
    for format in ["text", "json"] {
        let with = |threads| run(&folder, &["--format", format, "--all", "--threads", threads]);
        assert_eq!(with("1"), with("4"));
    }
}

#[test]
fn long_sections_are_cut_unless_all_is_asked_for() {
    let variables: String = (0..50).map(|n| format!("ENV NAME_{n:02}=x\n")).collect();
    let folder = project(&[("a.py", ""), ("Dockerfile", &format!("FROM x\n{variables}"))]);
    let (_, short, _) = run(folder.path(), &[]);
    assert!(short.contains("… and 10 more; --all shows them"), "{short}");
    assert!(!short.contains("NAME_45"));
    let (_, whole, _) = run(folder.path(), &["--all"]);
    assert!(whole.contains("NAME_45") && !whole.contains("more; --all"), "{whole}");
}

#[test]
fn colours_only_when_asked_for() {
    let folder = project(SHOP);
    assert!(!run(folder.path(), &[]).1.contains('\x1b'));
    assert!(run(folder.path(), &["--color", "always"]).1.contains("\x1b["));
}

#[test]
fn a_missing_path_exits_with_2_and_an_empty_project_with_0() {
    let folder = project(&[("README.md", "hi\n")]);
    let (code, stdout, stderr) = run(folder.path(), &["no/such"]);
    assert_eq!((code, stdout.as_str()), (2, ""));
    assert!(stderr.contains("no/such"), "{stderr}");
    let (code, stdout, _) = run(folder.path(), &[]);
    assert_eq!(code, 0);
    assert!(stdout.starts_with("Stack  nothing known\n"), "{stdout}");
}

#[test]
fn hostile_text_does_not_reach_the_terminal() {
    let folder = project(&[("Dockerfile", "FROM x\nENV NAME=\"a\u{1b}[2Jb\u{202e}\"\n")]);
    let (_, stdout, _) = run(folder.path(), &[]);
    assert!(stdout.contains("NAME") && !stdout.contains(['\x1b', '\u{202e}']), "{stdout:?}");
}

/// A rule on a call, worse on one database.
const PACK: &str = r#"[[rule]]
id = "own-rule"
title = "A rule"
category = "token-leakage"
severity = "low"
confidence = "high"
message = "a call"
cwe = [200]
references = ["https://example.org/"]
why = "It is one."
fix = "Drop it."

[[rule.match]]
pattern = "elsewhere.leak($X)"

[[rule.adjust]]
when = [{ database = "cockroachdb" }]
severity = "high"
because = "rows are replicated"

[[rule.example]]
bad = "import elsewhere\nelsewhere.leak(1)  # <- here"

[[rule.example]]
good = "keep(1)"

[[rule.example]]
good = "leak = 1"
"#;

#[test]
fn a_finding_shows_what_the_database_was_taken_from() {
    let mut files = SHOP.to_vec();
    files.push(("shop/views.py", "from elsewhere import leak\n\nleak(1)\n"));
    files.push(("own/pack.toml", PACK));
    let folder = project(&files);
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
    command.current_dir(folder.path()).env_clear().args(["--format", "json", "--rules"]);
    command.args(["own/pack.toml", "--select", "own-rule", "--exit-zero", "shop"]);
    let output = command.output().expect("run");
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let finding = &report["findings"][0];
    assert_eq!(finding["severity"], "high");
    let related = finding["related"].as_array().expect("array");
    assert_eq!(related.len(), 1, "{related:?}");
    assert_eq!(related[0]["label"], "the project uses CockroachDB: a connection to CockroachDB");
    assert_eq!(related[0]["path"], "settings/base.py");
}
