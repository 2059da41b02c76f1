//! Generated projects, the real Django's security checks, and tokscan's findings must agree.
//! See `tests/differential/README.md`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Projects that are generated.
const COUNT: &str = "120";
/// Where generation starts.
const SEED: &str = "20";

#[test]
fn findings_agree_with_djangos_own_checks() {
    let packs = tokscan::rule::RuleSet::builtin_texts();
    if !packs.iter().any(|(name, _)| name.contains("django-deploy")) {
        return skip("the pack with the checks of Django is not embedded");
    }
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR")).join("differential-django");
    let Some(python) = environment(&temporary) else { return };
    // Not below the target folder: git ignores it, and ignored files are not read.
    let projects = std::env::temp_dir().join(format!("tokscan-django-{}", std::process::id()));
    let folder = projects.display().to_string();
    let made = ["--seed", SEED, "--count", COUNT, "--out", &folder];
    succeed(script(&python, "django_projects.py", &made));
    // Settings that a `.env` file decides are only read where it is tracked.
    for step in [&["init", "--quiet", "."][..], &["add", "--all", "--force", "."]] {
        match Command::new("git").args(step).current_dir(&projects).output() {
            Ok(done) => succeed(Ok(done)),
            Err(error) => return skip(&format!("git cannot be started: {error}")),
        }
    }
    succeed(script(&python, "ask_django.py", &["--projects", &folder]));
    let tokscan = env!("CARGO_BIN_EXE_tokscan");
    succeed(script(&python, "compare.py", &["--tokscan", tokscan, "--projects", &folder]));
    // Kept where they disagree.
    std::fs::remove_dir_all(&projects).expect("the projects can be removed");
}

/// The Python of a virtual environment with the pinned Django; none, with the reason said, where
/// there is no Python that can make one.
fn environment(temporary: &Path) -> Option<PathBuf> {
    let folder = temporary.join("environment").display().to_string();
    let made = script(Path::new("python3"), "environment.py", &[&folder]);
    match made {
        Ok(done) if done.status.success() => {
            Some(String::from_utf8_lossy(&done.stdout).trim().into())
        }
        Ok(done) => {
            skip(String::from_utf8_lossy(&done.stderr).trim());
            None
        }
        Err(error) => {
            skip(&format!("python3 cannot be started: {error}"));
            None
        }
    }
}

fn script(python: &Path, name: &str, arguments: &[&str]) -> std::io::Result<Output> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential");
    Command::new(python).arg(scripts.join(name)).args(arguments).output()
}

fn succeed(done: std::io::Result<Output>) {
    let done = done.expect("the script starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(done.status.success(), "{}\n{}", text(&done.stdout), text(&done.stderr));
}

#[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
fn skip(why: &str) {
    eprintln!("skipped: {why}");
}
