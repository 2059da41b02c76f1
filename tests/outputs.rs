//! Reports in several formats at once: where they go, what is refused, what stays when one fails.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use tokscan::report::Format;

const KEY: &str = "hunter2hunter2hunter2hunter2-prod";

/// A repository with a critical finding, one that is suppressed, and a secret, in a subfolder.
fn project() -> TempDir {
    let directory = TempDir::new().expect("temporary directory");
    let files = [
        (".git/HEAD", "ref: refs/heads/main\n".to_owned()),
        ("api/manage.py", "import django\n".to_owned()),
        ("api/settings.py", format!("SECRET_KEY = '{KEY}'\nDEBUG = False\n")),
        (
            "api/tokens.py",
            "import jwt\n\n\ndef read(token):\n    return jwt.decode(token, options={\"verify_signature\": \
             False})\n\n\ndef peek(token):\n    # tokscan: ignore[jwt-signature-not-verified] the \
             gateway did\n    return jwt.decode(token, options={\"verify_signature\": False})\n"
                .to_owned(),
        ),
    ];
    for (path, text) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().expect("parent")).expect("directory");
        fs::write(path, text).expect("file");
    }
    directory
}

/// Exit code, stdout and stderr.
fn run_with(
    folder: &TempDir,
    environment: &[(&str, &Path)],
    arguments: &[&str],
) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_tokscan"))
        .current_dir(folder.path())
        .env_clear()
        .env("LANG", "C.UTF-8")
        .envs(environment.iter().copied())
        .args(arguments)
        .output()
        .expect("run");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("exit code"), text(output.stdout), text(output.stderr))
}

fn run(folder: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    run_with(folder, &[], arguments)
}

fn read(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).expect(name)
}

fn parsed(folder: &TempDir, name: &str) -> Value {
    serde_json::from_str(&read(folder, name)).expect("JSON")
}

#[test]
fn the_exit_code_does_not_depend_on_the_format() {
    let folder = project();
    for format in Format::ALL.map(Format::as_str) {
        assert_eq!(run(&folder, &["--format", format]).0, 1, "{format}");
    }
    for format in ["sarif", "gitlab-sast", "junit"] {
        assert_eq!(run(&folder, &["--format", format, "--exit-zero"]).0, 0, "{format}");
    }
    fs::write(folder.path().join("b.py"), b"\0\0\0\x01\x02\x03").expect("file");
    for format in Format::ALL.map(Format::as_str) {
        assert_eq!(run(&folder, &["--format", format, "--strict"]).0, 2, "{format}");
    }
}

#[test]
fn several_reports_in_one_run() {
    let folder = project();
    let names: Vec<(&str, String)> =
        Format::ALL.map(|format| (format.as_str(), format!("report.{}", format.as_str()))).into();
    let outputs: Vec<String> =
        names.iter().map(|(format, name)| format!("{format}={name}")).collect();
    let mut arguments: Vec<&str> =
        outputs.iter().flat_map(|output| ["--output", output.as_str()]).collect();
    arguments.extend(["--format", "json"]);
    let epoch = [("SOURCE_DATE_EPOCH", Path::new("1700000000"))];
    let (code, stdout, stderr) = run_with(&folder, &epoch, &arguments);
    assert_eq!(code, 1);
    assert_eq!(stdout, read(&folder, "report.json"), "the format goes to stdout beside them");
    assert!(!stderr.contains("nter2"), "{stderr}");
    for (format, name) in &names {
        let report = read(&folder, name);
        assert!(report.contains("jwt-signature-not-verified"), "{format}");
        assert!(!report.contains("nter2"), "{format} shows a secret");
    }
    for format in ["gitlab-sast", "html"] {
        let (_, alone, _) = run_with(&folder, &epoch, &["--format", format]);
        assert_eq!(read(&folder, &format!("report.{format}")), alone, "{format}");
    }
    assert_eq!(parsed(&folder, "report.gitlab-sast")["scan"]["start_time"], "2023-11-14T22:13:20");
}

#[test]
fn a_file_without_a_format_takes_the_main_report() {
    let folder = project();
    let (_, stdout, _) = run(&folder, &["-o", "a.txt", "-o", "sarif=a.sarif"]);
    assert_eq!(stdout, "");
    assert!(read(&folder, "a.txt").contains("critical"));
    assert_eq!(parsed(&folder, "a.sarif")["version"], "2.1.0");
}

#[test]
fn a_dash_is_stdout() {
    let folder = project();
    let (_, stdout, _) = run(&folder, &["-o", "sarif=-", "-o", "html=a.html"]);
    assert!(serde_json::from_str::<Value>(&stdout).is_ok(), "SARIF alone:\n{stdout}");
    assert!(read(&folder, "a.html").starts_with("<!doctype html>"));
    let (_, stdout, _) = run(&folder, &["-o", "-", "--format", "json"]);
    assert!(serde_json::from_str::<Value>(&stdout).is_ok());
    assert!(!folder.path().join("-").exists());
}

#[test]
fn two_reports_for_one_place_are_refused() {
    let folder = project();
    let refused = |arguments: &[&str], place: &str| {
        let (code, stdout, stderr) = run(&folder, arguments);
        assert_eq!((code, stdout.as_str()), (2, ""));
        assert!(stderr.contains(&format!("two reports for {place}")), "{stderr}");
    };
    refused(&["-o", "sarif=a", "-o", "html=a"], "a");
    refused(&["-o", "sarif=a", "-o", "html=./api/../a"], "./api/../a");
    refused(&["-o", "a", "-o", "html=a"], "a");
    refused(&["-o", "sarif=-", "-o", "html=-"], "stdout");
    refused(&["-o", "sarif=-", "--format", "json"], "stdout");
    assert!(!folder.path().join("a").exists());
    #[cfg(unix)]
    {
        fs::write(folder.path().join("b"), "").expect("file");
        std::os::unix::fs::symlink("b", folder.path().join("link")).expect("link");
        refused(&["-o", "sarif=b", "-o", "html=link"], "link");
    }
}

#[test]
fn wrong_outputs_are_explained_before_the_scan() {
    let folder = project();
    let fails = |argument: &str, said: &str| {
        let (code, stdout, stderr) = run(&folder, &["-o", argument]);
        assert_eq!((code, stdout.as_str()), (2, ""));
        assert!(stderr.contains(said), "{stderr}");
    };
    fails("sarfi=a", "did you mean `sarif`?");
    fails("sarif=", "no file after `sarif=`");
    fails("html=gone/a.html", "does not exist: gone");
}

#[test]
fn a_report_that_fails_is_no_reason_to_lose_the_others() {
    let folder = project();
    fs::create_dir(folder.path().join("taken")).expect("folder");
    let (code, stdout, stderr) =
        run(&folder, &["-o", "html=taken", "-o", "json=a.json", "--format", "concise"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("cannot write to taken"), "{stderr}");
    assert!(stdout.contains("jwt-signature-not-verified"), "{stdout}");
    assert!(
        parsed(&folder, "a.json")["findings"].as_array().is_some_and(|found| !found.is_empty())
    );
    fs::create_dir(folder.path().join("other")).expect("folder");
    let (code, _, stderr) =
        run(&folder, &["-o", "html=taken", "-o", "markdown=other", "-o", "json=b.json"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("to taken") && stderr.contains("to other"), "{stderr}");
    assert!(folder.path().join("b.json").exists());
}

#[test]
fn code_hosts_get_paths_from_the_root_of_the_repository() {
    let folder = project();
    let outputs = [
        "-o",
        "sarif=a.sarif",
        "-o",
        "gitlab-sast=a.json",
        "-o",
        "github=a.txt",
        "-o",
        "gitlab-code-quality=q.json",
    ];
    let (_, stdout, _) = run(&folder, &[&["api", "--format", "concise"], &outputs[..]].concat());
    assert!(
        stdout.contains("api/tokens.py:5:12: critical jwt-signature-not-verified "),
        "{stdout}"
    );
    let sarif = parsed(&folder, "a.sarif");
    let run_of_tool = &sarif["runs"][0];
    assert_eq!(run_of_tool["automationDetails"]["id"], "tokscan/api/");
    let root = run_of_tool["originalUriBaseIds"]["%SRCROOT%"]["uri"].as_str().expect("root");
    let own = folder.path().canonicalize().expect("folder");
    assert_eq!(root, format!("file://{}/", own.display()));
    let uris: Vec<&str> = run_of_tool["results"]
        .as_array()
        .expect("results")
        .iter()
        .map(|result| &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
        .map(|uri| uri.as_str().expect("URI"))
        .collect();
    assert!(uris.contains(&"api/tokens.py"), "{uris:?}");
    assert!(read(&folder, "a.txt").contains("file=api/tokens.py,line=5,"));
    assert!(read(&folder, "a.json").contains("\"file\": \"api/tokens.py\""));
    assert!(read(&folder, "q.json").contains("\"path\": \"api/tokens.py\""));
}

#[test]
fn suppressed_findings_are_in_sarif_on_demand() {
    let folder = project();
    let suppressed = |arguments: &[&str]| {
        let (code, stdout, _) = run(&folder, &[&["--format", "sarif"], arguments].concat());
        let sarif: Value = serde_json::from_str(&stdout).expect("JSON");
        let results = sarif["runs"][0]["results"].as_array().expect("results").clone();
        let reasons: Vec<Value> = results
            .iter()
            .flat_map(|result| result["suppressions"].as_array().cloned().unwrap_or_default())
            .map(|suppression| suppression["justification"].clone())
            .collect();
        (code, reasons)
    };
    assert_eq!(suppressed(&[]), (1, vec![]));
    assert_eq!(suppressed(&["--sarif-suppressed"]), (1, vec!["the gateway did".into()]));
}

#[test]
fn the_summary_of_a_step_is_added_to_what_is_there() {
    let folder = project();
    let file = folder.path().join("summary.md");
    fs::write(&file, "before\n").expect("file");
    let environment = [("GITHUB_STEP_SUMMARY", file.as_path())];
    run_with(&folder, &environment, &["--format", "text"]);
    assert_eq!(read(&folder, "summary.md"), "before\n", "only with annotations");
    let (code, stdout, _) = run_with(&folder, &environment, &["--format", "github"]);
    assert_eq!(code, 1);
    assert!(stdout.starts_with("::error file=api/"), "{stdout}");
    let summary = read(&folder, "summary.md");
    assert!(summary.starts_with("before\n# tokscan\n"), "{summary}");
    fs::write(&file, "x".repeat((1 << 20) - 700)).expect("file");
    run_with(&folder, &environment, &["--format", "github"]);
    let summary = read(&folder, "summary.md");
    assert!(summary.len() <= 1 << 20, "{}", summary.len());
    assert!(summary.contains("more not shown here"));
    let gone = folder.path().join("gone/summary.md");
    let (code, stdout, stderr) =
        run_with(&folder, &[("GITHUB_STEP_SUMMARY", &gone)], &["--format", "github"]);
    assert_eq!(code, 1, "the annotations are what was asked for");
    assert!(stdout.starts_with("::error"));
    assert!(stderr.contains("cannot write the summary of the step"), "{stderr}");
}
