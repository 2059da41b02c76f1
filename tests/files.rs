//! Files that are not Python: which are read, what of them is shown, what comments in them do.

mod harness;

use std::fs;
use std::path::Path;
use std::process::Command;

use harness::RULES;
use tempfile::TempDir;
use tokscan::engine::{Outcome, ScanOptions, analyse, scan};
use tokscan::report::Format;
use tokscan::source::{FileTable, SkipReason};

fn run(files: &[(&str, &str)]) -> Outcome {
    let table = FileTable::in_memory(files.iter().copied());
    analyse(table, &RULES, &ScanOptions::default()).expect("analysis")
}

/// `path:line` of the findings of a rule.
fn places(outcome: &Outcome, rule: &str) -> Vec<String> {
    let of_rule = outcome.findings.iter().filter(|finding| *finding.rule == *rule);
    let mut places: Vec<String> = of_rule
        .map(|finding| {
            let ((line, _), _) = outcome.files.line_col(finding.primary.loc);
            format!("{}:{line}", outcome.files.get(finding.primary.loc.file).path)
        })
        .collect();
    places.sort();
    places
}

fn write_file(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("parent")).expect("folder");
    fs::write(path, text).expect("file");
}

fn git(root: &Path, args: &[&str]) -> bool {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(args).env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.output().is_ok_and(|output| output.status.success())
}

const SECRET_ENV: &str = "SECRET_KEY=9f8e7d6c5b4a39281706f5e4d3c2b1a0\n";

#[test]
fn files_for_secrets_are_read_only_where_git_tracks_them() {
    let directory = TempDir::new().expect("folder");
    let root = directory.path();
    write_file(root, ".env", SECRET_ENV);
    write_file(root, "deploy/prod.env", SECRET_ENV);
    write_file(root, "app.py", "x = 1\n");
    let skipped = |outcome: &Outcome| -> Vec<(String, SkipReason)> {
        outcome.coverage.skipped.iter().map(|s| (s.path.clone(), s.reason)).collect()
    };
    let scan = || scan(&[root.to_owned()], &RULES, &ScanOptions::default()).expect("scan");

    // No repository: nothing is read, and that is said.
    let outcome = scan();
    assert_eq!(
        skipped(&outcome),
        [(".env".into(), SkipReason::Untracked), ("deploy/prod.env".into(), SkipReason::Untracked)]
    );
    assert!(outcome.findings.is_empty() && outcome.coverage.is_complete());

    if !git(root, &["init", "-q"]) || !git(root, &["add", "deploy/prod.env"]) {
        eprintln!("skipped: git is not installed");
        return;
    }
    // What the repository's configuration names is not run.
    let witness = root.join("ran");
    let program = format!("touch {}", witness.display());
    assert!(git(root, &["config", "core.fsmonitor", &program]));
    let outcome = scan();
    assert_eq!(skipped(&outcome), [(".env".into(), SkipReason::Untracked)]);
    assert_eq!(places(&outcome, "secrets-in-deployment-files"), ["deploy/prod.env:1"]);
    assert!(!witness.exists());

    // A repository git cannot read.
    fs::write(root.join(".git/HEAD"), "broken").expect("file");
    assert_eq!(
        skipped(&scan()),
        [(".env".into(), SkipReason::NoGit), ("deploy/prod.env".into(), SkipReason::NoGit)]
    );
}

/// The texts of all reports on some files.
fn reports(files: &[(&str, &str)]) -> (Outcome, String) {
    let outcome = run(files);
    let text = Format::ALL.map(|format| harness::render(format, &outcome)).concat();
    (outcome, text)
}

#[test]
fn secrets_of_every_kind_of_file_are_masked() {
    let key = "p2s7v9yB8EzHMcQfTjWnZr4u7xA1CqQ5";
    let cases = [
        (
            ".env",
            format!(
                "SECRET_KEY={key}\nDATABASE_URL=postgres://u:hunter2@db/x\nMAIL_PASSWORD=hunter2x\n"
            ),
        ),
        (
            "docker-compose.yml",
            format!(
                "services:\n  web:\n    image: x\n    environment:\n      - SECRET_KEY={key}\n      - DATABASE_URL=postgres://u:hunter2@db/x\n      - MAIL_PASSWORD=hunter2x\n"
            ),
        ),
        (
            "docker-compose.prod.yml",
            format!(
                "services:\n  web:\n    image: x\n    environment:\n      SECRET_KEY: \"{key}\"\n      DATABASE_URL: postgres://u:hunter2@db/x\n      MAIL_PASSWORD: hunter2x\n"
            ),
        ),
        (
            "Dockerfile",
            format!(
                "FROM x\nENV SECRET_KEY={key} \\\n  DATABASE_URL=postgres://u:hunter2@db/x \\\n  MAIL_PASSWORD=hunter2x\n"
            ),
        ),
        (
            "k8s/web.yaml",
            format!(
                "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - env:\n        - name: SECRET_KEY\n          value: {key}\n        - name: DATABASE_URL\n          value: postgres://u:hunter2@db/x\n        - name: MAIL_PASSWORD\n          value: hunter2x\n"
            ),
        ),
        (
            "fly.toml",
            format!(
                "[env]\nSECRET_KEY = '{key}'\nDATABASE_URL = \"postgres://u:hunter2@db/x\"\nMAIL_PASSWORD = 'hunter2x'\n"
            ),
        ),
        (
            "config.ini",
            format!(
                "[mail]\nsecret_key = {key}\nurl = postgres://u:hunter2@db/x\npassword = hunter2x1\n"
            ),
        ),
        (
            "config.json",
            format!(
                "{{\n  \"secret_key\": \"{key}\",\n  \"url\": \"postgres://u:hunter2@db/x\",\n  \"password\": \"hunter2x1\"\n}}\n"
            ),
        ),
    ];
    for (path, text) in &cases {
        let (outcome, shown) = reports(&[(path, text)]);
        assert!(!outcome.findings.is_empty(), "{path}");
        for secret in ["v9yB8EzHM", "hunter2"] {
            assert!(!shown.contains(secret), "{path}: {secret}\n{shown}");
        }
    }
    let sql = "CREATE USER app WITH PASSWORD 'hunter2';\nGRANT admin TO app;\nSET CLUSTER SETTING x = 'y'; GRANT admin TO web WITH PASSWORD 'hunter2';\n";
    let (outcome, shown) = reports(&[("deploy/a.sql", sql)]);
    assert_eq!(outcome.findings.len(), 2);
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn comments_suppress_in_every_language() {
    let rule = "secrets-in-deployment-files";
    let env = format!(
        "# tokscan: ignore[{rule}] rotated\n{SECRET_ENV}API_TOKEN=9f8e7d6c5b4a39281706f5e4d3c2b1a1\n"
    );
    let compose = format!(
        "services:\n  web:\n    image: x\n    environment:\n      A_TOKEN: 9f8e7d6c5b4a39281706f5e4d3c2b1a0  # tokscan: ignore[{rule}] rotated\n      B_TOKEN: 9f8e7d6c5b4a39281706f5e4d3c2b1a1\n"
    );
    let ini = format!(
        "; tokscan: ignore-file[{rule}] an example\n[a]\npassword = gL4s-Weir-Copper-8820\n"
    );
    let outcome = run(&[(".env", &env), ("compose.yaml", &compose), ("config.ini", &ini)]);
    assert_eq!(places(&outcome, rule), [".env:3", "compose.yaml:6"]);
    assert_eq!(outcome.suppressed.len(), 3);
    let sql = "GRANT admin TO a; -- tokscan: ignore[database-grants-too-broad] one node\nGRANT admin TO b;\n/* tokscan: ignore[database-grants-too-broad] */\nGRANT admin TO c;\n";
    assert_eq!(places(&run(&[("a.sql", sql)]), "database-grants-too-broad"), ["a.sql:2"]);
}

#[test]
fn what_cannot_be_read_is_said() {
    let outcome = run(&[
        ("docker-compose.yml", "services:\n  web: [\n"),
        ("Dockerfile", "FROM x\n?? y\n"),
        ("a.py", "x = 1\n"),
    ]);
    let partly: Vec<&str> =
        outcome.coverage.partly_parsed.iter().map(|n| n.path.as_str()).collect();
    assert_eq!(partly, ["Dockerfile", "docker-compose.yml"]);
    assert!(!outcome.coverage.is_complete());
    assert_eq!((outcome.coverage.analysed, outcome.coverage.documents), (1, 2));
}

#[test]
fn settings_are_as_the_deployment_sets_them() {
    let settings = "import os\n\nINSTALLED_APPS = []\nROOT_URLCONF = 'x'\nDEBUG = os.environ.get('DEBUG', '') == '1'\n";
    let requirements = "django==5.2\n";
    let debug = |compose: &str| {
        let files = [
            ("site/settings.py", settings),
            ("requirements.txt", requirements),
            ("docker-compose.yml", compose),
        ];
        places(&run(&files), "debug-mode-enabled")
    };
    let service =
        |value: &str| format!("services: {{web: {{build: ., environment: {{{value}}}}}}}\n");
    assert_eq!(debug(&service("DEBUG: '1'")), ["site/settings.py:5"]);
    assert!(debug(&service("DEBUG: '0'")).is_empty());
    assert!(debug(&service("OTHER: '1'")).is_empty());
}
