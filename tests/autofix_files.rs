//! `--fix` and its relatives on files: what is written, what is said, and the exit code.

use std::fs;
use std::process::Command;

use tempfile::TempDir;

const TRACES: &str = "from loguru import logger\n\nlogger.add('shop.log')\n\n\ndef pay(gateway):\n    \
    try:\n        gateway.charge(gateway.api_key)\n    except OSError:\n        logger.exception('failed')\n";
const SETTINGS: &str = "ROOT_URLCONF = 'shop.urls'\nSECRET_KEY = 'k3y-0f-th3-sh0p-that-n0b0dy-kn0ws-1234567890-abcdef'\n\
    SESSION_COOKIE_SECURE = False\n";

fn project(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().expect("temporary directory");
    for (path, bytes) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("parent")).expect("directory");
        fs::write(path, bytes).expect("file");
    }
    folder
}

/// A project with a finding whose edit is safe and one whose edit is not.
fn weak() -> TempDir {
    project(&[
        ("log.py", TRACES.as_bytes()),
        ("settings.py", SETTINGS.as_bytes()),
        ("requirements.txt", b"Django==5.2.4\n"),
    ])
}

/// Exit code, stdout and stderr.
fn run(folder: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
    command.current_dir(folder.path()).env_clear().env("LANG", "C.UTF-8");
    let output = command.args(arguments).output().expect("run");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("exit code"), text(output.stdout), text(output.stderr))
}

fn read(folder: &TempDir, path: &str) -> String {
    fs::read_to_string(folder.path().join(path)).expect("file")
}

#[test]
fn safe_edits_are_applied_and_what_is_left_decides() {
    let folder = weak();
    let select = ["--select", "loguru-diagnose-enabled,django-session-cookie-insecure"];
    let (code, before, _) = run(&folder, &[&select[..], &["--fail-on", "medium"]].concat());
    assert_eq!(code, 1);
    assert!(before.contains("fix available with --fix: Set diagnose=False"), "{before}");
    assert!(!before.contains("--unsafe-fixes: Send"), "{before}");
    assert!(
        before
            .contains("1 can be fixed with --fix; 1 more can be fixed with --fix --unsafe-fixes."),
        "{before}"
    );
    let (_, named, _) = run(&folder, &[&select[..], &["--unsafe-fixes"]].concat());
    assert!(named.contains("fix available with --fix --unsafe-fixes: Send"), "{named}");
    let (code, stdout, stderr) =
        run(&folder, &[&select[..], &["--fix", "--fail-on", "medium"]].concat());
    assert_eq!(code, 1, "the cookie is left");
    assert!(stderr.contains("tokscan: 1 finding fixed in 1 file"), "{stderr}");
    assert!(
        stdout.contains("1 finding fixed; 1 can be fixed with --fix --unsafe-fixes."),
        "{stdout}"
    );
    assert_eq!(read(&folder, "log.py"), TRACES.replace("'shop.log'", "'shop.log', diagnose=False"));
    assert_eq!(read(&folder, "settings.py"), SETTINGS);
    let all = ["--fix", "--unsafe-fixes", "--fail-on", "info"];
    let (code, stdout, _) = run(&folder, &[&select[..], &all].concat());
    assert_eq!((code, stdout.as_str()), (0, "No findings.\n\n1 finding fixed.\n"));
    assert_eq!(read(&folder, "settings.py"), SETTINGS.replace("False", "True"));
    let (code, stdout, _) = run(&folder, &[&select[..], &all].concat());
    assert_eq!(
        (code, stdout.as_str()),
        (0, "No findings.\n\n0 findings fixed.\n"),
        "once is enough"
    );
}

#[test]
fn a_diff_changes_nothing_and_shows_no_secret() {
    let folder = weak();
    let select =
        ["--diff-fixes", "--select", "loguru-diagnose-enabled,django-session-cookie-insecure"];
    let (code, diff, _) = run(&folder, &[&select[..], &["--fail-on", "medium"]].concat());
    assert_eq!(code, 1);
    assert!(
        diff.starts_with("--- a/log.py\n+++ b/log.py\n@@ -1,6 +1,6 @@\n from loguru"),
        "{diff}"
    );
    assert!(
        diff.contains("\n-logger.add('shop.log')\n+logger.add('shop.log', diagnose=False)\n"),
        "{diff}"
    );
    assert!(!diff.contains("settings.py"), "{diff}");
    let (_, diff, _) = run(&folder, &[&select[..], &["--unsafe-fixes"]].concat());
    assert!(
        diff.contains("\n-SESSION_COOKIE_SECURE = False\n+SESSION_COOKIE_SECURE = True\n"),
        "{diff}"
    );
    assert!(diff.contains("SECRET_KEY = 'k3****"), "{diff}");
    assert!(!diff.contains("n0b0dy"), "{diff}");
    assert_eq!(read(&folder, "log.py"), TRACES);
    assert_eq!(read(&folder, "settings.py"), SETTINGS);
    let (code, _, stderr) = run(&folder, &["--diff-fixes", "--fix"]);
    assert_eq!(code, 2, "{stderr}");
}

#[test]
fn a_diff_without_secrets_can_be_applied() {
    let folder = project(&[("a/log.py", TRACES.replace('\n', "\r\n").trim_end().as_bytes())]);
    let (_, diff, _) = run(&folder, &["--diff-fixes"]);
    fs::write(folder.path().join("fix.diff"), &diff).expect("file");
    let git = Command::new("git")
        .current_dir(folder.path())
        .args(["apply", "--whitespace=nowarn", "fix.diff"])
        .output()
        .expect("git");
    assert!(git.status.success(), "{}\n{diff}", String::from_utf8_lossy(&git.stderr));
    let applied = read(&folder, "a/log.py");
    fs::write(folder.path().join("a/log.py"), TRACES.replace('\n', "\r\n").trim_end())
        .expect("file");
    run(&folder, &["--fix"]);
    assert_eq!(read(&folder, "a/log.py"), applied);
}

#[test]
fn suppressed_and_hidden_findings_are_left_alone() {
    let quiet = TRACES.replace(
        "('shop.log')",
        "('shop.log')  # tokscan: ignore[loguru-diagnose-enabled] no secrets",
    );
    let folder = project(&[("log.py", quiet.as_bytes())]);
    run(&folder, &["--fix"]);
    assert_eq!(read(&folder, "log.py"), quiet);
    let folder = project(&[("log.py", TRACES.as_bytes())]);
    run(&folder, &["--fix", "--min-severity", "high"]);
    assert_eq!(read(&folder, "log.py"), TRACES);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_written_is_said_and_stays_in_the_report() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let outside = project(&[("log.py", TRACES.as_bytes())]);
    let folder = project(&[
        ("a.py", TRACES.as_bytes()),
        ("b.py", TRACES.as_bytes()),
        ("c.py", &[TRACES.as_bytes(), b"# \xe9\n"].concat()),
    ]);
    symlink(outside.path().join("log.py"), folder.path().join("link.py")).expect("link");
    let locked = fs::Permissions::from_mode(0o444);
    fs::set_permissions(folder.path().join("a.py"), locked).expect("mode");
    let arguments = ["--fix", "--fail-on", "medium", "a.py", "b.py", "c.py", "link.py"];
    let (code, stdout, stderr) = run(&folder, &arguments);
    assert_eq!(code, 1);
    assert!(stderr.contains("warning: not fixed: a.py: it is read-only"), "{stderr}");
    assert!(
        stderr.contains("warning: not fixed: c.py: its encoding cannot be written back"),
        "{stderr}"
    );
    assert!(stderr.contains("link.py: it is a link to a place outside"), "{stderr}");
    assert!(stdout.contains("3 findings in 3 files"), "{stdout}");
    assert!(stdout.contains("1 finding fixed; 3 can be fixed with --fix."), "{stdout}");
    assert_eq!(read(&outside, "log.py"), TRACES);
    assert_eq!(read(&folder, "a.py"), TRACES);
    assert!(read(&folder, "b.py").contains("diagnose=False"));
    let left: Vec<_> = fs::read_dir(folder.path()).expect("folder").collect();
    assert_eq!(left.len(), 4, "no temporary file stays");
}

#[test]
fn what_is_not_asked_for_is_left_alone() {
    let traces = ("other.py", TRACES.as_bytes());
    let notebook = format!(
        "{{\"cells\": [{{\"cell_type\": \"code\", \"source\": {TRACES:?}}}], \"metadata\": \
         {{\"language_info\": {{\"name\": \"python\"}}}}, \"nbformat\": 4, \"nbformat_minor\": 5}}"
    );
    let look = ("look.ipynb", notebook.as_bytes());
    let folder = project(&[("log.py", TRACES.as_bytes()), traces, look]);
    let select = ["--select", "loguru-diagnose-enabled"];
    let ran = |arguments: &[&str]| run(&folder, &[&select[..], arguments].concat());
    ran(&["--write-baseline", "known.json"]);
    let (_, stdout, _) = ran(&["--baseline", "known.json", "--fix"]);
    assert!(stdout.contains("0 findings fixed."), "{stdout}");
    assert_eq!(read(&folder, "log.py"), TRACES);
    let (_, stdout, _) = ran(&["--fix", "log.py"]);
    assert!(stdout.contains("1 finding fixed."), "{stdout}");
    assert!(read(&folder, "log.py").contains("diagnose=False"));
    assert_eq!(read(&folder, "other.py"), TRACES, "it is only read");
    let (_, stdout, _) = ran(&["--fix"]);
    assert!(stdout.contains("1 finding fixed."), "{stdout}");
    assert!(stdout.contains("look.ipynb"), "it is reported: {stdout}");
    assert_eq!(read(&folder, "look.ipynb"), notebook);
    for refused in [&["--fix", "-"][..], &["--fix", "--write-baseline", "new.json"]] {
        assert_eq!(ran(refused).0, 2, "{refused:?}");
    }
}

#[test]
fn every_format_says_what_can_be_fixed() {
    let secret = "'k3y-0f-th3-sh0p-that-n0b0dy-kn0ws-1234567890-abcdef'";
    let near = SETTINGS.replace(secret, &format!("{secret}; X = 1"));
    let folder = project(&[
        ("log.py", TRACES.as_bytes()),
        ("settings.py", near.as_bytes()),
        ("requirements.txt", b"Django==5.2.4\n"),
    ]);
    let select = ["--select", "loguru-diagnose-enabled,django-session-cookie-insecure"];
    let ran = |format: &str| run(&folder, &[&select[..], &["--format", format]].concat());
    let check = |format: &str, expected: &[&str]| {
        let (_, shown, said) = ran(format);
        for expected in expected {
            assert!(shown.contains(expected), "{format}: {expected}\n{shown}");
        }
        assert!(!shown.contains("n0b0dy"), "{format}");
        let total =
            "tokscan: 1 can be fixed with --fix; 1 more can be fixed with --fix --unsafe-fixes.";
        assert!(said.contains(total), "{format}: {said}");
    };
    check("concise", &[" [--fix]\n", " [--fix --unsafe-fixes]\n"]);
    check("github", &["%0A%0AFix available with --fix: Set diagnose=False\n"]);
    check("junit", &["Fix available with --fix: Set diagnose=False\n"]);
    check("gitlab-sast", &["Fix available with --fix: Set diagnose=False\""]);
    check(
        "markdown",
        &[
            "1 can be fixed with --fix; 1 more can be fixed",
            "<summary>Fix available with --fix: Set diagnose=False</summary>",
            "-logger.add('shop.log')\n+logger.add('shop.log', diagnose=False)\n",
            "@@ line 1 @@\n ROOT_URLCONF = 'shop.urls'\n SECRET_KEY = 'k3****",
        ],
    );
    check(
        "html",
        &[
            "1 can be fixed with --fix; 1 more can be fixed",
            "<summary>Fix available with --fix: Set diagnose=False</summary>",
            "<del>logger.add(&#39;shop.log&#39;)</del>",
            "<ins>logger.add(&#39;shop.log&#39;, diagnose=False)</ins>",
        ],
    );
}
