//! Generated projects, the cookies that the real Flask sends, and tokscan's findings must agree.
//! See `tests/differential/FLASK.md`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Projects that are generated.
const COUNT: &str = "120";
/// Where generation starts.
const SEED: &str = "70";
/// The oldest Python that runs the scripts.
const PYTHON: &str = "import sys; sys.exit(sys.version_info < (3, 11))";

#[test]
fn findings_agree_with_the_cookies_that_flask_sends() {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR")).join("differential-flask");
    let Some(python) = environment(&temporary) else { return };
    let projects = temporary.join("projects").display().to_string();
    let truth = temporary.join("truth.json").display().to_string();
    let made = ["--seed", SEED, "--count", COUNT, "--out", &projects];
    succeed(script(&python, "flask_projects.py", &made));
    succeed(script(&python, "ask_flask.py", &["--projects", &projects, "--out", &truth]));
    let tokscan = env!("CARGO_BIN_EXE_tokscan");
    let compared = ["--tokscan", tokscan, "--projects", &projects, "--truth", &truth];
    succeed(script(&python, "compare_flask.py", &compared));
}

/// The Python of a virtual environment with the pinned Flask, which is made anew when the pins
/// change; none, with the reason said, where there is no Python that can make one.
fn environment(temporary: &Path) -> Option<PathBuf> {
    match Command::new("python3").args(["-c", PYTHON]).status() {
        Ok(status) if status.success() => {}
        Ok(_) => return skip("the comparison with Flask needs Python 3.11 or later"),
        Err(error) => return skip(&format!("python3 cannot be started: {error}")),
    }
    let folder = temporary.join("environment").display().to_string();
    let pins = scripts().join("requirements-flask.txt").display().to_string();
    match script(Path::new("python3"), "environment.py", &[&folder, &pins]) {
        Ok(done) if done.status.success() => {
            Some(String::from_utf8_lossy(&done.stdout).trim().into())
        }
        Ok(done) => skip(String::from_utf8_lossy(&done.stderr).trim()),
        Err(error) => skip(&format!("python3 cannot be started: {error}")),
    }
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential")
}

fn script(python: &Path, name: &str, arguments: &[&str]) -> std::io::Result<Output> {
    Command::new(python).arg("-B").arg(scripts().join(name)).args(arguments).output()
}

fn succeed(done: std::io::Result<Output>) {
    let done = done.expect("the script starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(done.status.success(), "{}\n{}", text(&done.stdout), text(&done.stderr));
}

#[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
fn skip<T>(why: &str) -> Option<T> {
    eprintln!("skipped: {why}");
    None
}
