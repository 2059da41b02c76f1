//! The command on a terminal: colours, width, the bar of long runs, Ctrl-C.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// Runs a command on a terminal of its own and gives out what appears there. `\x03` is typed as
/// soon as the file INTERRUPT exists.
const TERMINAL: &str = r#"
import fcntl, os, pty, select, signal, struct, sys, termios
columns, interrupt, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, int(columns), 0, 0))
    os.execve(command[0], command, dict(os.environ))
while True:
    if interrupt and os.path.exists(interrupt):
        interrupt = ""
        os.write(terminal, b"\x03")
    if not select.select([terminal], [], [], 0.05)[0]:
        continue
    try:
        shown = os.read(terminal, 65536)
    except OSError:
        break
    if not shown:
        break
    os.write(1, shown)
status = os.waitpid(pid, 0)[1]
sys.exit(os.waitstatus_to_exitcode(status) % 256)
"#;

/// Becomes a command that heeds Ctrl-C, also when the tests run in the background.
const HEEDING: &str = r#"
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"#;

/// A critical finding with a reference.
const LEAKY: &str = "import jwt\n\n\ndef read(token):\n    \
    return jwt.decode(token, options={'verify_signature': False})\n";

/// A project with a finding. Where `git` is asked about its file for secrets, a program of that
/// name answers, which says that it was called and then takes its time.
fn project(seconds: &str) -> TempDir {
    let folder = TempDir::new().expect("temporary directory");
    let at = |path: &str| folder.path().join(path);
    fs::create_dir_all(at("app/.git")).expect("directory");
    fs::create_dir(at("bin")).expect("directory");
    fs::write(at("app/app.py"), LEAKY).expect("file");
    fs::write(at("app/.env"), "DEBUG=1\n").expect("file");
    let git = format!("#!/bin/sh\n: > {}\nexec sleep {seconds}\n", at("called").display());
    fs::write(at("bin/git"), git).expect("file");
    fs::set_permissions(at("bin/git"), fs::Permissions::from_mode(0o755)).expect("permissions");
    folder
}

fn path(folder: &Path) -> String {
    let rest = std::env::var("PATH").unwrap_or_default();
    format!("{}:{rest}", folder.join("bin").display())
}

#[expect(clippy::print_stderr, reason = "a test that did not run must say so")]
fn skipped() {
    eprintln!("skipped: there is no python3 to make a terminal with");
}

struct Shown {
    code: i32,
    text: String,
}

/// The command on a terminal of 80 columns; none where there is no Python to make one.
fn on_terminal(
    folder: &Path,
    arguments: &[&str],
    environment: &[(&str, &str)],
    interrupt: bool,
) -> Option<Shown> {
    let interrupt = if interrupt { folder.join("called") } else { Default::default() };
    let output = Command::new("python3")
        .args(["-c", TERMINAL, "80"])
        .arg(interrupt)
        .arg(env!("CARGO_BIN_EXE_tokscan"))
        .args(arguments)
        .current_dir(folder.join("app"))
        .env_clear()
        .env("PATH", path(folder))
        .envs([("TERM", "xterm-256color"), ("LANG", "C.UTF-8")])
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output();
    let Ok(output) = output else {
        skipped();
        return None;
    };
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!error.contains("Traceback"), "{error}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(Shown { code: output.status.code().expect("exit code"), text })
}

/// What a terminal shows in the end: without what was overwritten or deleted.
fn remains(text: &str) -> String {
    let line = |line: &str| {
        let line = line.trim_end_matches('\r');
        line.rsplit(['\r']).next().unwrap_or_default().rsplit("\x1b[2K").next().map(str::to_owned)
    };
    text.split('\n').filter_map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_long_run_shows_a_bar_and_takes_it_away() {
    let folder = project("2");
    let Some(shown) = on_terminal(folder.path(), &[], &[], false) else { return };
    assert!(shown.text.contains("reading files"), "{}", shown.text);
    assert!(!remains(&shown.text).contains("reading files"), "{}", shown.text);
    assert!(shown.text.contains("jwt-signature-not-verified"));
    assert_eq!(shown.code, 1);
}

#[test]
fn no_bar_where_it_is_not_wanted() {
    let folder = project("2");
    for (arguments, environment) in [
        (&["--quiet"][..], &[][..]),
        (&[], &[("TERM", "dumb")]),
        (&["project"], &[("TERM", "dumb")]),
    ] {
        let shown = on_terminal(folder.path(), arguments, environment, false);
        let Some(shown) = shown else { return };
        assert!(!shown.text.contains("reading files"), "{}", shown.text);
    }
    let quick = project("0");
    let Some(shown) = on_terminal(quick.path(), &[], &[], false) else { return };
    assert!(!shown.text.contains("reading files"), "{}", shown.text);
    let mut piped = Command::new(env!("CARGO_BIN_EXE_tokscan"));
    let piped = piped.current_dir(folder.path().join("app")).env("PATH", path(folder.path()));
    let output = piped.env("TERM", "xterm").output().expect("run");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("reading files"));
}

#[test]
fn colours_and_links_follow_the_conventions() {
    let folder = project("0");
    let shown = |environment: &[(&str, &str)], arguments: &[&str]| {
        on_terminal(folder.path(), arguments, environment, false).map(|shown| shown.text)
    };
    let Some(plain) = shown(&[], &[]) else { return };
    assert!(plain.contains("\x1b[") && !plain.contains("\x1b]8;;"), "{plain}");
    let colored = |environment: &[(&str, &str)], arguments: &[&str]| {
        shown(environment, arguments).is_some_and(|text| text.contains("\x1b["))
    };
    assert!(!colored(&[("NO_COLOR", "1")], &[]));
    assert!(!colored(&[("CLICOLOR", "0")], &[]));
    assert!(!colored(&[("TERM", "dumb")], &[]));
    assert!(!colored(&[], &["--no-color"]));
    assert!(colored(&[("NO_COLOR", "")], &[]), "empty is not set");
    let linked = |environment: &[(&str, &str)]| {
        shown(environment, &[]).is_some_and(|text| text.contains("\x1b]8;;https://"))
    };
    assert!(linked(&[("VTE_VERSION", "6003")]), "a terminal that has links");
    assert!(!linked(&[("VTE_VERSION", "6003"), ("FORCE_HYPERLINK", "0")]));
    assert!(!linked(&[("VTE_VERSION", "6003"), ("TERM", "dumb")]));
}

#[test]
fn text_is_as_wide_as_the_terminal() {
    let folder = project("0");
    let Some(shown) = on_terminal(folder.path(), &["--no-color"], &[], false) else { return };
    let prose = shown.text.lines().skip_while(|line| !line.starts_with("  help:"));
    let lengths: Vec<usize> =
        prose.map(|line| line.chars().count()).take_while(|&length| length > 1).collect();
    assert!(lengths.len() > 1 && lengths.iter().all(|&length| length <= 80), "{}", shown.text);
}

#[test]
fn ctrl_c_ends_the_run_and_takes_the_bar_away() {
    let folder = project("30");
    let Some(shown) = on_terminal(folder.path(), &["-o", "report.txt"], &[], true) else { return };
    assert_eq!(shown.code, 130, "{}", shown.text);
    assert!(!remains(&shown.text).contains("reading files"), "{}", shown.text);
    assert!(!folder.path().join("app/report.txt").exists());
}

#[test]
fn an_interrupted_run_leaves_the_old_report() {
    let folder = project("3");
    let at = |path: &str| folder.path().join(path);
    fs::write(at("app/report.txt"), "before").expect("file");
    let child = Command::new("python3")
        .args(["-c", HEEDING, env!("CARGO_BIN_EXE_tokscan"), "-o", "report.txt"])
        .current_dir(at("app"))
        .env("PATH", path(folder.path()))
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        skipped();
        return;
    };
    while !at("called").exists() {
        thread::sleep(Duration::from_millis(20));
    }
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    assert_eq!(child.wait().expect("exit").code(), Some(130));
    assert_eq!(fs::read_to_string(at("app/report.txt")).expect("report"), "before");
    assert_eq!(fs::read_dir(at("app")).expect("folder").count(), 4, "nothing new lies there");
}
