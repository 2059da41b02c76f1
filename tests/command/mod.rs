//! The command in a folder of its own, without anything the environment could add.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with these files.
pub fn project(files: &[(&str, &str)]) -> TempDir {
    let directory = TempDir::new().expect("temporary directory");
    files.iter().for_each(|(path, text)| write(&directory, path, text));
    directory
}

/// Writes a file below a folder.
pub fn write(folder: &TempDir, path: &str, text: &str) {
    let path = folder.path().join(path);
    fs::create_dir_all(path.parent().expect("parent")).expect("directory");
    fs::write(path, text).expect("file");
}

/// What a run came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// `tokscan` in a folder; `input` is its standard input.
pub fn run_with(folder: &Path, arguments: &[&str], env: &[(&str, &str)], input: &str) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
    command.current_dir(folder).env_clear().env("LANG", "C.UTF-8").args(arguments);
    // Git is looked for on it.
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.envs(env.iter().copied()).stdin(Stdio::piped());
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    // Who reads no standard input may be gone already.
    let _ = child.stdin.take().expect("stdin").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let code = output.status.code().expect("exit code");
    Ran { code, out: text(output.stdout), err: text(output.stderr) }
}

/// `tokscan` in a folder.
pub fn run(folder: &TempDir, arguments: &[&str]) -> Ran {
    run_with(folder.path(), arguments, &[], "")
}

/// The JSON report of a run.
#[track_caller]
pub fn report(ran: &Ran) -> Value {
    assert!(ran.code < 2, "{}", ran.err);
    serde_json::from_str(&ran.out).expect("JSON")
}

/// Rule and place of each finding: `rule path:line`.
#[track_caller]
pub fn found(folder: &TempDir, arguments: &[&str]) -> Vec<String> {
    let ran = run(folder, &[arguments, &["--format", "json"]].concat());
    places(&report(&ran)["findings"])
}

/// `rule path:line` of each finding of a report.
pub fn places(findings: &Value) -> Vec<String> {
    let place = |finding: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let line = &finding["start"]["line"];
        format!("{} {}:{line}", text(&finding["rule"]), text(&finding["path"]))
    };
    findings.as_array().expect("a list").iter().map(place).collect()
}
