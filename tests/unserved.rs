//! What does not run where an application is deployed, and values with which it does not start.

use tokscan::engine::{ScanOptions, analyse};
use tokscan::finding::Severity;
use tokscan::rule::RuleSet;
use tokscan::source::FileTable;

const HEAD: &str = r#"
import os
import sys

import jwt
from flask import Flask, current_app

app = Flask(__name__)
LAX = {"verify_signature": False}
"#;

/// The severities at which a weak call in `body` is reported, in the order of the lines.
fn severities(body: &str) -> Vec<Severity> {
    found(&[("shop/tokens.py", &format!("{HEAD}{body}"))], "jwt-signature-not-verified")
}

fn found(files: &[(&str, &str)], rule: &str) -> Vec<Severity> {
    let rules = RuleSet::builtin().expect("the embedded packs load");
    let table = FileTable::in_memory(files.iter().copied());
    let outcome = analyse(table, &rules, &ScanOptions::default()).expect("it is analysed");
    outcome.findings.iter().filter(|f| *f.rule == *rule).map(|f| f.severity).collect()
}

#[track_caller]
fn is_behind(body: &str) {
    assert_eq!(severities(body), [Severity::Info], "{body}");
}

#[track_caller]
fn is_not(body: &str) {
    assert_eq!(severities(body), [Severity::Critical], "{body}");
}

#[test]
fn flags_for_developers() {
    for test in [
        "app.debug",
        "current_app.debug or current_app.testing",
        "app.config[\"DEBUG\"]",
        "request.args and app.debug",
        "not (not app.debug)",
        "os.environ.get(\"APP_DEBUG\", \"0\") == \"1\"",
        "os.getenv(\"JWT_TRACE\")",
        "bool(os.getenv(\"SHOW_CLAIMS\", \"\"))",
        "os.environ.get(\"DEBUG\", \"\").lower() in (\"1\", \"true\")",
        "options.get(\"debug\")",
        "options.environment == \"development\"",
        "os.environ[\"SHOP_ENV\"] != \"production\"",
        "not os.environ.get(\"SHOP_ENV\", \"production\") == \"production\"",
    ] {
        is_behind(&format!(
            "def who(t, request, options):\n    if {test}:\n        return jwt.decode(t, options=LAX)[\"sub\"]\n"
        ));
    }
}

#[test]
fn what_is_no_such_flag() {
    for test in [
        "not app.debug",
        "app.debug or request.args",
        "os.environ.get(\"LEGACY_LOGIN\")",
        "os.environ.get(\"JWT_TRACE\", \"1\") == \"1\"",
        "request.device",
        "options.get(\"verbose\")",
        "request.debug_disabled",
        "options.environment == \"production\"",
        "options.environment != \"development\"",
        "os.environ.get(\"SHOP_ENV\", \"dev\") == \"dev\"",
    ] {
        is_not(&format!(
            "def who(t, request, options):\n    if {test}:\n        return jwt.decode(t, options=LAX)[\"sub\"]\n"
        ));
    }
}

#[test]
fn ways_around_a_flag() {
    is_behind(
        "def who(t):\n    if not app.debug:\n        return None\n    return jwt.decode(t, options=LAX)[\"sub\"]\n",
    );
    is_behind(
        "def who(t):\n    return jwt.decode(t, options=LAX)[\"sub\"]\n\n\ndef main(t):\n    if app.debug:\n        print(who(t))\n",
    );
    is_not(
        "def who(t):\n    if app.debug:\n        print(t)\n    return jwt.decode(t, options=LAX)[\"sub\"]\n",
    );
    is_not(
        "def who(t):\n    while app.debug:\n        break\n    return jwt.decode(t, options=LAX)[\"sub\"]\n",
    );
    is_not(
        "def who(t):\n    return jwt.decode(t, options=LAX)[\"sub\"]\n\n\ndef main(t):\n    if app.debug:\n        print(who(t))\n    return who(t)\n",
    );
    is_not(
        "DEBUG = True\n\n\ndef who(t):\n    if DEBUG:\n        return jwt.decode(t, options=LAX)[\"sub\"]\n",
    );
}

#[test]
fn parameters_that_are_off_unless_somebody_says() {
    let who = "def who(t, verbose=False):\n    if verbose:\n        return jwt.decode(t, options=LAX)[\"sub\"]\n";
    is_behind(who);
    is_behind(&format!("{who}\n\nwho(\"x\")\n"));
    is_not(&format!("{who}\n\nwho(\"x\", verbose=True)\n"));
    is_not(&who.replace("=False", "=True"));
}

#[test]
fn fixtures_and_plugins_of_pytest() {
    let weak = "def who(t):\n    return jwt.decode(t, options=LAX)[\"sub\"]\n";
    is_not(weak);
    for mark in ["@pytest.fixture", "@pytest.fixture(scope=\"session\")"] {
        assert_eq!(severities(&format!("import pytest\n\n\n{mark}\n{weak}")), []);
    }
    let code = format!("{HEAD}{weak}");
    let rule = "jwt-signature-not-verified";
    for (path, text) in [
        ("pyproject.toml", "[project.entry-points.pytest11]\nshop = \"shop.tokens\"\n"),
        ("pyproject.toml", "[tool.poetry.plugins.pytest11]\nshop = \"shop.tokens\"\n"),
        ("setup.cfg", "[options.entry_points]\npytest11 =\n    shop = shop.tokens\n"),
    ] {
        assert_eq!(found(&[("shop/tokens.py", &code), (path, text)], rule), [], "{text}");
    }
    let other = ("pyproject.toml", "[project.entry-points.pytest11]\nshop = \"shop.other\"\n");
    assert_eq!(found(&[("shop/tokens.py", &code), other], rule), [Severity::Critical]);
}

#[test]
fn values_that_are_refused() {
    let rule = "secret-with-default-fallback";
    let key = "import os\nimport sys\n\nKEY = os.environ.get(\"SIGNING_KEY\", \"changeme\")\n";
    let reported =
        |check: &str| !found(&[("app/keys.py", &format!("{key}{check}"))], rule).is_empty();
    assert!(reported(""));
    for check in [
        "if KEY == \"changeme\":\n    raise RuntimeError(KEY)\n",
        "if len(KEY) < 32:\n    sys.exit(2)\n",
        "assert KEY != \"changeme\"\n",
        "def start(debug):\n    if not debug and KEY in (\"changeme\", \"dev\"):\n        raise SystemExit\n",
        "if not KEY or KEY.startswith(\"change\"):\n    raise ValueError\n",
    ] {
        assert!(!reported(check), "{check}");
    }
    for check in [
        "if KEY == \"other\":\n    raise RuntimeError(KEY)\n",
        "if KEY == \"changeme\":\n    print(\"change it\")\n",
        "if KEY == \"changeme\" and False:\n    raise RuntimeError\n",
        "if len(KEY) < 4:\n    sys.exit(2)\n",
        "OTHER = os.environ.get(\"OTHER_KEY_ID\", \"changeme\")\nif OTHER == \"changeme\":\n    raise RuntimeError\n",
    ] {
        assert!(reported(check), "{check}");
    }
}
