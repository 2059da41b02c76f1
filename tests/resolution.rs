//! One rule finds one weakness however it is spelled, and wherever its parts lie.

use tokscan::engine::{ScanOptions, analyse};
use tokscan::rule::RuleSet;
use tokscan::source::FileTable;

/// Path and line of each finding of a rule.
fn found(files: &[(&str, &str)], rule: &str) -> Vec<(String, u32)> {
    let rules = RuleSet::builtin().expect("the embedded packs load");
    let table = FileTable::in_memory(files.iter().copied());
    let outcome = analyse(table, &rules, &ScanOptions::default()).expect("it is analysed");
    let places = outcome.findings.iter().filter(|f| *f.rule == *rule).map(|finding| {
        let loc = finding.primary.loc;
        let ((line, _), _) = outcome.files.line_col(loc);
        (outcome.files.get(loc.file).path.clone(), line)
    });
    places.collect()
}

#[track_caller]
fn reports(files: &[(&str, &str)], rule: &str, path: &str, line: u32) {
    assert_eq!(found(files, rule), [(path.to_owned(), line)]);
}

const RULE: &str = "jwt-signature-not-verified";
const HEAD: &str = "def who(t):\n    return ";

#[test]
fn imports_under_other_names() {
    let call = r#"d(t, options={"verify_signature": False})["sub"]"#;
    reports(&[("a.py", &format!("from jwt import decode as d\n{HEAD}{call}\n"))], RULE, "a.py", 3);
    let call = r#"pyjwt.decode(t, options={"verify_signature": False})["sub"]"#;
    reports(&[("a.py", &format!("import jwt as pyjwt\n{HEAD}{call}\n"))], RULE, "a.py", 3);
}

#[test]
fn re_exports_of_the_project() {
    let files = [
        ("shop/__init__.py", ""),
        ("shop/auth/__init__.py", "from .tokens import decode\n"),
        ("shop/auth/tokens.py", "from jwt import decode\n"),
        (
            "shop/views.py",
            "from shop.auth import decode\n\n\ndef who(t):\n    return decode(t, options={\"verify_signature\": False})[\"sub\"]\n",
        ),
    ];
    reports(&files, RULE, "shop/views.py", 5);
}

#[test]
fn options_from_elsewhere() {
    let constants = (
        "shop/constants.py",
        "PEEK = {\"verify_signature\": False}\nBASE = {\"verify_exp\": True}\n",
    );
    for options in [
        "PEEK",
        "dict(verify_signature=False)",
        "BASE | {\"verify_signature\": False}",
        "{**BASE, \"verify_signature\": False}",
        "{**PEEK}",
    ] {
        let view = format!(
            "import jwt\nfrom shop.constants import BASE, PEEK\n{HEAD}jwt.decode(t, options={options})[\"sub\"]\n"
        );
        let files = [("shop/__init__.py", ""), constants, ("shop/views.py", view.as_str())];
        reports(&files, RULE, "shop/views.py", 4);
    }
}

#[test]
fn wrappers_report_at_the_call_that_decides() {
    let text = "import jwt\n\n\ndef peek(t, **kw):\n    return jwt.decode(t, options=kw)\n\n\ndef who(t):\n    return peek(t, verify_signature=False)[\"sub\"]\n\n\ndef sure(t):\n    return peek(t, verify_signature=True)[\"sub\"]\n";
    reports(&[("a.py", text)], RULE, "a.py", 9);
}

#[test]
fn clients_of_other_modules_keep_their_type() {
    let files = [
        ("shop/__init__.py", ""),
        (
            "shop/db.py",
            "import os\n\nfrom pymongo import MongoClient\n\ndb = MongoClient(os.environ[\"MONGO_URI\"]).shop\n",
        ),
        (
            "shop/views.py",
            "from .db import db\n\n\ndef find(code):\n    return db.users.find_one({\"$where\": f\"this.code == '{code}'\"})\n",
        ),
    ];
    let places = found(&files, "mongo-server-side-javascript");
    assert_eq!(places, [("shop/views.py".to_owned(), 5)]);
    // The same method of something that is no collection says nothing.
    let other = [(
        "a.py",
        "def find(box, code):\n    return box.find_one({\"$where\": f\"this.code == '{code}'\"})\n",
    )];
    assert_eq!(found(&other, "mongo-server-side-javascript"), []);
}
