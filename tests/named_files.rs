//! Files on the command line: judged with the project around them, and alone reported on.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// Switches off verification only together with `options.py`.
const VIEWS: &str = "import jwt\n\nfrom options import LAX\n\n\ndef read(token, key):\n    \
    return jwt.decode(token, key, algorithms=['HS256'], options=LAX)\n";
const OPTIONS: &str = "LAX = {'verify_signature': False}\n";
/// A finding by itself.
const LEGACY: &str = "import jwt\n\n\ndef read(token):\n    return jwt.decode(token, options={'verify_signature': False})\n";

fn project(marks: &[&str]) -> TempDir {
    let folder = TempDir::new().expect("temporary directory");
    let files = [("views.py", VIEWS), ("options.py", OPTIONS), ("legacy/old.py", LEGACY)];
    for (path, text) in files.into_iter().chain(marks.iter().map(|mark| (*mark, ""))) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("parent")).expect("directory");
        fs::write(path, text).expect("file");
    }
    folder
}

const IN_VIEWS: &str = "views.py:7 jwt-signature-not-verified";
const IN_LEGACY: &str = "legacy/old.py:5 jwt-signature-not-verified";

/// The exit code, the places of the findings, and what is said about the run.
fn scan(folder: &Path, arguments: &[&str]) -> (i32, Vec<String>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tokscan"))
        .current_dir(folder)
        .env_clear()
        .args(["--format", "json"])
        .args(arguments)
        .output()
        .expect("run");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let place = |finding: &Value| {
        let text = |key: &str| finding[key].as_str().expect("text").to_owned();
        format!("{}:{} {}", text("path"), finding["start"]["line"], text("rule"))
    };
    let findings = report["findings"].as_array().expect("findings").iter().map(place).collect();
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    (output.status.code().expect("exit code"), findings, said)
}

#[test]
fn a_file_is_judged_with_its_project_and_alone_reported_on() {
    for mark in ["pyproject.toml", "requirements.txt", "tokscan.toml", "manage.py"] {
        let folder = project(&[mark]);
        let (code, found, said) = scan(folder.path(), &["views.py"]);
        assert_eq!((code, found), (1, vec![IN_VIEWS.to_owned()]), "{mark}");
        assert!(said.ends_with("; reported on 1 of them\n"), "{said}");
        assert_eq!(scan(folder.path(), &["options.py"]).1, [""; 0]);
        let both = scan(folder.path(), &["views.py", "legacy/old.py"]).1;
        assert_eq!(both, [IN_LEGACY, IN_VIEWS]);
    }
}

#[test]
fn the_answer_does_not_depend_on_where_one_stands() {
    let folder = project(&["pyproject.toml"]);
    let from_below = scan(&folder.path().join("legacy"), &["../views.py"]);
    assert_eq!(from_below, scan(folder.path(), &["./views.py"]));
}

#[test]
fn a_file_without_a_project_is_all_there_is() {
    let folder = project(&[]);
    let (code, found, said) = scan(folder.path(), &["views.py"]);
    assert_eq!((code, found), (0, vec!["views.py:7 jwt-required-claims-missing".to_owned()]));
    assert_eq!(said, "tokscan: 1 file analysed\n");
}

#[test]
fn a_folder_is_reported_on_whole() {
    let folder = project(&["pyproject.toml"]);
    let all = [IN_LEGACY, IN_VIEWS];
    assert_eq!(scan(folder.path(), &["."]).1, all);
    assert_eq!(scan(folder.path(), &[".", "views.py"]).1, all);
    assert_eq!(
        scan(folder.path(), &["legacy"]).1,
        [&IN_LEGACY["legacy/".len()..]],
        "and is all that is read for it"
    );
    assert_eq!(scan(folder.path(), &["legacy", "views.py"]).1, all);
}

#[test]
fn excludes_hold_for_named_files() {
    let folder = project(&["pyproject.toml"]);
    fs::write(folder.path().join(".tokscanignore"), "legacy/\n").expect("file");
    let (code, found, said) = scan(folder.path(), &["legacy/old.py", "options.py"]);
    assert_eq!((code, found), (0, Vec::new()));
    assert!(said.contains("1 excluded: legacy/old.py"), "{said}");
}

#[test]
fn suppressions_of_other_files_are_not_counted() {
    let folder = project(&["pyproject.toml"]);
    let silent =
        LEGACY.replace("False})", "False})  # tokscan: ignore[jwt-signature-not-verified] old");
    fs::write(folder.path().join("legacy/old.py"), silent).expect("file");
    let text = |path: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
        let output = command.current_dir(folder.path()).env_clear().arg(path).output();
        String::from_utf8(output.expect("run").stdout).expect("UTF-8")
    };
    assert!(text("legacy/old.py").contains("suppressed"));
    assert!(!text("options.py").contains("suppressed"));
}
