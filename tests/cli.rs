//! The command as its users meet it: arguments, streams, exit codes.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use assert_cmd::assert::OutputAssertExt;
use tempfile::TempDir;

/// The command, without anything the environment could add.
fn tokscan(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
    command.current_dir(folder).env_clear().env("LANG", "C.UTF-8");
    command
}

fn project(files: &[(&str, &str)]) -> TempDir {
    let directory = TempDir::new().expect("temporary directory");
    for (path, text) in files {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().expect("parent")).expect("directory");
        fs::write(path, text).expect("file");
    }
    directory
}

/// Exit code, stdout and stderr of a run in `folder`.
fn run(folder: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    let output = tokscan(folder.path()).args(arguments).output().expect("run");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().expect("exit code"), text(output.stdout), text(output.stderr))
}

#[track_caller]
fn fails(folder: &TempDir, arguments: &[&str], said: &[&str]) {
    let (code, stdout, stderr) = run(folder, arguments);
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    for part in said {
        assert!(stderr.contains(part), "{part:?} is not in:\n{stderr}");
    }
}

#[test]
fn a_clean_project_exits_with_0() {
    let folder = project(&[("a.py", "x = 1\n"), ("b/c.py", "y = 2\n")]);
    let (code, stdout, stderr) = run(&folder, &[]);
    assert_eq!(
        (code, stdout.as_str(), stderr.as_str()),
        (0, "No findings.\n", "tokscan: 2 files analysed\n")
    );
}

#[test]
fn no_python_is_a_warning() {
    let folder = project(&[("README.md", "# hi\n")]);
    let (code, _, stderr) = run(&folder, &[]);
    assert_eq!(code, 0);
    assert_eq!(stderr, "warning: no Python files found in .\ntokscan: 0 files analysed\n");
    let (code, _, stderr) = run(&folder, &["--require-files"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("no Python files found in ."));
}

#[test]
fn wrong_usage_exits_with_2() {
    let folder = project(&[("a.py", "")]);
    fails(&folder, &["no/such/path"], &["path does not exist: no/such/path"]);
    fails(&folder, &["a.py", "gone.py"], &["path does not exist: gone.py"]);
    fails(&folder, &["explian"], &["did you mean `explain`?"]);
    fails(&folder, &["--no-such-flag"], &["--no-such-flag"]);
    fails(&folder, &["--fail-on", "bad"], &["critical, high, medium, low, info, never"]);
    fails(&folder, &["--threads", "0"], &["--threads"]);
    fails(&folder, &["--select", "no-such-rule"], &["unknown rule: no-such-rule"]);
    fails(&folder, &["--ignore", "no-such-rule"], &["unknown rule: no-such-rule"]);
    fails(&folder, &["--rules", "no/pack.toml"], &[]);
    fails(&folder, &["explain", "no-such-rule"], &["unknown rule: no-such-rule"]);
    fails(&folder, &["rules", "--category", "no-such"], &["unknown category: no-such"]);
    fails(&folder, &["check-rules", "no/pack.toml"], &[]);
    fails(&folder, &["facts", "."], &["not a file"]);
}

#[test]
fn output_goes_to_a_file() {
    let folder = project(&[("a.py", "")]);
    fails(&folder, &["-o", "gone/report.json"], &["gone/report.json", "does not exist: gone"]);
    assert!(!folder.path().join("gone").exists());
    let (code, stdout, _) = run(&folder, &["--format", "json", "-o", "report.json"]);
    assert_eq!((code, stdout.as_str()), (0, ""));
    let report = fs::read_to_string(folder.path().join("report.json")).expect("report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["coverage"]["analysed"], 1);
}

#[test]
fn a_path_named_like_a_command_is_written_with_a_dot() {
    let folder = project(&[("rules/a.py", "")]);
    let (code, _, stderr) = run(&folder, &["./rules"]);
    assert_eq!((code, stderr.as_str()), (0, "tokscan: 1 file analysed\n"));
    let (code, _, stderr) = run(&folder, &["rules"]);
    assert_eq!((code, stderr.as_str()), (0, ""), "the command");
}

#[test]
fn strict_fails_on_what_was_not_analysed_after_reporting() {
    let folder = project(&[("a.py", ""), ("b.py", "\0\0\0\x01\x02\x03")]);
    let (code, stdout, stderr) = run(&folder, &[]);
    assert_eq!((code, stdout.as_str()), (0, "No findings.\n"));
    assert_eq!(stderr, "tokscan: 1 file analysed, 1 skipped (1 binary: b.py)\n");
    for more in [&["--strict"][..], &["--strict", "--exit-zero", "--quiet"]] {
        let (code, stdout, stderr) = run(&folder, more);
        assert_eq!((code, stdout.as_str()), (2, "No findings.\n"));
        assert!(stderr.contains("not every file was analysed whole"));
    }
}

#[test]
fn an_old_report_is_replaced() {
    let folder = project(&[("a.py", ""), ("out/report.txt", "old and long: a report of before\n")]);
    assert_eq!(run(&folder, &["-o", "out/report.txt"]).0, 0);
    let out = folder.path().join("out");
    assert_eq!(fs::read_to_string(out.join("report.txt")).expect("report"), "No findings.\n");
    assert_eq!(fs::read_dir(out).expect("folder").count(), 1, "nothing lies beside it");
}

#[test]
fn quiet_verbose_and_stats() {
    let folder = project(&[("a.py", ""), ("b.py", "def\n"), ("c.py", "\0\0\0\x01\x02\x03")]);
    assert_eq!(run(&folder, &["--quiet"]).2, "");
    let stats = run(&folder, &["--quiet", "--stats"]).2;
    assert!(stats.contains("ms  read") && stats.contains("ms  total"), "{stats}");
    let verbose = run(&folder, &["--verbose", "--select", "jwt-none-algorithm-accepted"]).2;
    assert_eq!(
        verbose,
        "configuration: none\nchecking 1 rule\npartly parsed: b.py: syntax error at line 1\n\
         skipped: c.py: binary\ntokscan: 2 files analysed, 1 partly parsed: b.py, \
         1 skipped (1 binary: c.py)\n"
    );
    fs::write(folder.path().join("tokscan.toml"), "strict = false\n").expect("file");
    let verbose = run(&folder, &["-v"]).2;
    assert!(verbose.starts_with("configuration: ") && verbose.contains("tokscan.toml\n"));
    fails(&folder, &["--verbose", "--quiet"], &["cannot be used with"]);
}

#[test]
fn rules_that_took_long_are_listed_with_what_they_found() {
    let function = |n: usize| LEAKY.replace("def read", &format!("def read{n}"));
    let folder = project(&[("app.py", &(0..200).map(function).collect::<String>())]);
    let stats = run(&folder, &["--stats"]).2;
    let named = |line: &&str| line.contains("jwt-signature-not-verified (200 findings)");
    assert_eq!(stats.lines().filter(named).count(), 1, "{stats}");
}

#[test]
fn links_follow_the_environment() {
    let folder = project(&[("app.py", LEAKY)]);
    let linked = |environment: &[(&str, &str)]| {
        let mut command = tokscan(folder.path());
        let output = command.envs(environment.iter().copied()).output().expect("run");
        String::from_utf8(output.stdout).expect("UTF-8").contains("\x1b]8;;https://")
    };
    assert!(!linked(&[]), "a pipe");
    assert!(!linked(&[("VTE_VERSION", "6003")]), "a pipe, in a terminal that has links");
    assert!(linked(&[("FORCE_HYPERLINK", "1")]));
    assert!(linked(&[("FORCE_HYPERLINK", "1"), ("TERM", "dumb")]));
    assert!(!linked(&[("FORCE_HYPERLINK", "0")]));
}

#[test]
fn the_environment_may_give_a_width() {
    let folder = project(&[("app.py", LEAKY)]);
    let widest_prose = |columns: &str| {
        let output = tokscan(folder.path()).env("COLUMNS", columns).output().expect("run");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let prose = text.lines().skip_while(|line| !line.starts_with("  help:"));
        let prose = prose.take_while(|line| !line.is_empty());
        prose.map(|line| line.chars().count()).max().expect("help")
    };
    assert!(widest_prose("50") <= 50);
    assert!((51..=100).contains(&widest_prose("")), "without a terminal");
    assert_eq!(widest_prose("nonsense"), widest_prose(""));
    assert_eq!(widest_prose("0"), widest_prose(""));
}

#[test]
fn completions_are_printed_for_every_shell() {
    let folder = project(&[]);
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, script, _) = run(&folder, &["completions", shell]);
        assert_eq!(code, 0);
        assert!(script.contains("check-rules") && script.contains("min-severity"), "{shell}");
    }
    fails(&folder, &["completions", "tcsh"], &["bash, elvish, fish, powershell, zsh"]);
}

/// `tokscan gen man` writes them anew.
#[test]
fn the_manual_is_that_of_the_program() {
    let folder = project(&[]);
    assert_eq!(run(&folder, &["gen", "man", "--out", "."]).0, 0);
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/data/share/man/man1");
    let pages = |folder: &Path| -> Vec<(String, String)> {
        let entries = fs::read_dir(folder).expect("folder").map(|entry| entry.expect("entry"));
        let name = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let text = |entry: &fs::DirEntry| fs::read_to_string(entry.path()).expect("text");
        let mut pages: Vec<_> = entries.map(|entry| (name(&entry), text(&entry))).collect();
        pages.sort();
        pages
    };
    let made = pages(folder.path());
    assert!(made.len() > 3 && made.iter().any(|(name, _)| name == "tokscan.1"), "{made:?}");
    assert!(made == pages(&shipped), "the manual pages in packaging/ are out of date");
    fails(&folder, &["gen", "man", "--out", "gone"], &["gone"]);
}

#[test]
fn colours_follow_options_and_environment() {
    let folder = project(&[]);
    let colored = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command = tokscan(folder.path());
        let command = command.args(arguments).envs(environment.iter().copied());
        command.output().expect("run").stderr.contains(&0x1b)
    };
    assert!(!colored(&[], &[]), "a pipe");
    assert!(colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!colored(&["--color", "never"], &[("FORCE_COLOR", "1")]));
    assert!(!colored(&["--no-color"], &[("CLICOLOR_FORCE", "1")]));
    assert!(colored(&[], &[("FORCE_COLOR", "1")]));
    assert!(!colored(&[], &[("FORCE_COLOR", "0")]));
    assert!(colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn options_come_from_the_environment_too() {
    let folder = project(&[("a.py", "")]);
    let with =
        |name: &str, value: &str| tokscan(folder.path()).env(name, value).output().expect("run");
    assert_eq!(with("TOKSCAN_FORMAT", "json").stdout.first(), Some(&b'{'));
    assert_eq!(with("TOKSCAN_FAIL_ON", "bad").status.code(), Some(2));
    let rules = tokscan(folder.path()).env("TOKSCAN_FAIL_ON", "low").arg("rules").output();
    assert_eq!(rules.expect("run").status.code(), Some(0), "other commands do not mind");
}

#[test]
fn a_closed_pipe_is_quiet_and_keeps_the_exit_code() {
    let folder = project(&[("a.py", ""), ("b.py", "\0\0\0\x01\x02\x03")]);
    for (more, expected) in [(&[][..], 0), (&["--strict"], 2)] {
        let mut child = tokscan(folder.path())
            .args(["--format", "json"])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("run");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("run");
        assert_eq!(output.status.code(), Some(expected));
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(!stderr.contains("panicked") && !stderr.contains("write"), "{stderr}");
    }
}

#[test]
fn the_configuration_is_found_upward_and_the_command_line_stands_above_it() {
    let folder = project(&[
        ("pyproject.toml", "[tool.tokscan]\nstrict = true\n"),
        ("app/b.py", "\0\0\0\x01\x02\x03"),
        ("app/deep/a.py", ""),
    ]);
    assert_eq!(run(&folder, &["app"]).0, 2);
    assert_eq!(run(&folder, &["app/deep"]).0, 0, "nothing is missing there");
    assert_eq!(run(&folder, &["app", "--no-config"]).0, 0);
    fs::write(folder.path().join("app/tokscan.toml"), "strict = false\n").expect("file");
    assert_eq!(run(&folder, &["app"]).0, 0, "the nearest counts");
    fs::create_dir_all(folder.path().join("app/deep/.git")).expect("repository");
    fs::write(folder.path().join("app/tokscan.toml"), "nonsense").expect("file");
    assert_eq!(run(&folder, &["app/deep"]).0, 0, "not beyond the repository");
    assert_eq!(run(&folder, &["app"]).0, 2);
}

#[test]
fn mistakes_in_the_configuration_are_shown_in_place() {
    let folder =
        project(&[("a.py", ""), ("tokscan.toml", "min-severty = 'low'\nfail-on = 'often'\n")]);
    let said = ["unknown key: min-severty", "did you mean `min-severity`?", "tokscan.toml:2:11"];
    fails(&folder, &[], &said);
    fs::write(folder.path().join("tokscan.toml"), "ignore = ['no-such-rule']\n").expect("file");
    fails(&folder, &[], &["unknown rule: no-such-rule", "tokscan.toml:1:11"]);
}

#[test]
fn hostile_arguments_are_not_echoed_raw() {
    let folder = project(&[]);
    let (code, _, stderr) = run(&folder, &["\u{1b}]0;x\u{7}"]);
    assert_eq!(code, 2);
    assert!(!stderr.contains('\u{1b}') && !stderr.contains('\u{7}'));
}

#[test]
fn output_does_not_depend_on_threads() {
    let files: Vec<(String, String)> =
        (0..50).map(|n| (format!("d{}/f{n}.py", n % 5), "x = 1\n".repeat(n))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let folder = project(&files);
    for format in ["text", "json", "sarif"] {
        let one = run(&folder, &["--format", format, "--threads", "1"]);
        assert_eq!(one, run(&folder, &["--format", format, "--threads", "8"]));
    }
}

#[test]
fn help_and_version_are_answers() {
    let folder = project(&[]);
    tokscan(folder.path()).arg("--help").assert().success();
    tokscan(folder.path()).arg("--version").assert().success();
}

/// A critical finding, in a file that also holds a secret.
const LEAKY: &str = "import jwt\n\nSECRET_KEY = 'q8Zt-41xLr7w0Vb'\n\n\ndef read(token):\n    \
    return jwt.decode(token, SECRET_KEY, options={'verify_signature': False})\n";

#[test]
fn findings_decide_the_exit_code_whatever_the_format() {
    let folder = project(&[("app.py", LEAKY)]);
    for format in ["text", "json", "sarif"] {
        let with = |more: &[&str]| {
            let (code, stdout, _) = run(&folder, &[&["--format", format], more].concat());
            assert!(!stdout.contains("41xLr7w0Vb"), "{stdout}");
            code
        };
        assert_eq!(with(&[]), 1);
        assert_eq!(with(&["--exit-zero"]), 0);
        assert_eq!(with(&["--fail-on", "never"]), 0);
        assert_eq!(with(&["--select", "http-client-debug-logging"]), 0);
    }
}

#[test]
fn what_is_shown_can_be_chosen() {
    let folder = project(&[("app.py", LEAKY)]);
    let found = |more: &[&str]| {
        let (_, stdout, _) = run(&folder, &[&["--format", "json"], more].concat());
        let report: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
        report["findings"].as_array().expect("findings").len()
    };
    assert!(found(&[]) > 0);
    assert_eq!(
        found(&["--ignore", "jwt-signature-not-verified,framework-secret-key-hardcoded"]),
        0
    );
}

#[test]
fn a_closed_pipe_keeps_the_exit_code_of_findings() {
    let folder = project(&[("app.py", LEAKY)]);
    let mut child =
        tokscan(folder.path()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("run");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("run").code(), Some(1));
}

#[test]
fn rules_are_listed_and_explained() {
    let folder = project(&[]);
    let (code, text, _) = run(&folder, &["rules", "--category", "jwt", "--severity", "critical"]);
    assert_eq!(code, 0);
    assert!(text.lines().all(|line| line.contains("critical") && line.contains("jwt")));
    let (_, json, _) = run(&folder, &["rules", "--format", "json"]);
    let list: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let first = list["rules"][0]["id"].as_str().expect("id");
    let (code, text, _) = run(&folder, &["explain", first]);
    assert_eq!(code, 0);
    assert!(text.starts_with(first) && text.contains("Why it matters"));
    for entry in list["rules"].as_array().expect("rules") {
        let named = |key: &str| entry[key].as_array().is_some_and(|ids| !ids.is_empty());
        assert!(["cwe", "owasp", "owasp_api", "standards"].into_iter().all(named), "{entry}");
    }
    let said = ["unknown rule", "did you mean `jwt-signature-not-verified`?"];
    fails(&folder, &["explain", "jwt-signature-not-verfied"], &said);
    fails(&folder, &["--ignore", "jwt-signature-not-verfied"], &said);
}

#[test]
fn the_terminal_and_the_page_say_the_same_of_a_rule() {
    let folder = project(&[]);
    let id = "jwt-signature-not-verified";
    let (_, text, _) = run(&folder, &["explain", id]);
    assert_eq!(run(&folder, &["gen", "docs", "--out", "pages"]).0, 0);
    let page = folder.path().join("pages").join(format!("{id}.md"));
    let page = std::fs::read_to_string(page).expect("a page");
    let words = |text: &str| -> Vec<String> {
        let only_words = text.replace(|c: char| !c.is_alphanumeric(), " ");
        only_words.split_whitespace().map(str::to_owned).collect()
    };
    let on_page = words(&page);
    let missing: Vec<String> =
        words(&text).into_iter().filter(|word| !on_page.contains(word)).collect();
    // How the terminal writes rows of a table.
    let of_rows = |word: &String| matches!(word.as_str(), "severity" | "confidence");
    assert!(missing.iter().all(of_rows), "{missing:?}");
    assert!(on_page.len() > 200);
}

#[test]
fn stale_pages_go_and_other_files_stay() {
    let mark = tokscan::report::rule_page::MARK;
    let stale = format!("{mark}\n\n# Gone\n");
    let folder = project(&[("pages/gone.md", &stale), ("pages/notes.md", "# Notes\n")]);
    assert_eq!(run(&folder, &["gen", "docs", "--out", "pages"]).0, 0);
    let exists = |name: &str| folder.path().join("pages").join(name).exists();
    assert!(exists("README.md") && exists("notes.md") && !exists("gone.md"));
}

#[test]
fn the_summary_counts_by_owasp_category_on_demand() {
    let weak = "import jwt\n\ndef read(token):\n    return jwt.decode(token, options={'verify_signature': False})\n";
    let folder = project(&[("a.py", weak)]);
    let (_, text, _) = run(&folder, &["--summary", "owasp"]);
    assert!(text.contains("By OWASP API Security Top 10"), "{text}");
    assert!(text.contains("  API2:2023 Broken Authentication  1  1 critical\n"), "{text}");
    assert!(!run(&folder, &[]).1.contains("OWASP API"));
}

const STACKED: &str = r#"
[[rule]]
id = "stacked"
title = "Call of f"
category = "example"
severity = "high"
confidence = "high"
cwe = [710]
message = "{$X} is called"
why = "It is."
fix = "In general."
references = ["https://example.org/"]

[[rule.match]]
pattern = "f.f($X)"

[[rule.match]]
pattern = "f.g($X)"
fix = "Its own."

[[rule.remedy]]
framework = "flask"
fix = "With Flask: {$X}."

[[rule.remedy]]
framework = ["flask", "django"]
package = "pymongo"
fix = "With PyMongo."

[[rule.remedy]]
framework = "django"
fix = "With Django."

[[rule.example]]
bad = "import f\nf.f(1)  # <- here\n"

[[rule.example]]
good = "import f\nf.h(1)\n"

[[rule.example]]
good = "import g\ng.f(1)\n"
"#;

#[test]
fn the_fix_is_that_of_the_stack() {
    let fix_of = |code: &str| {
        let folder = project(&[("a.py", code)]);
        std::fs::write(folder.path().join("stacked.toml"), STACKED).expect("a pack");
        let arguments =
            ["--rules", "stacked.toml", "--select", "stacked", "--format", "json", "a.py"];
        let (_, json, said) = run(&folder, &arguments);
        let report: serde_json::Value =
            serde_json::from_str(&json).unwrap_or_else(|_| panic!("{said}"));
        report["findings"][0]["fix"].as_str().expect("a fix").to_owned()
    };
    for (imports, call, fix) in [
        ("", "f", "In general."),
        ("import flask", "f", "With Flask: 1."),
        ("import django", "f", "With Django."),
        // The one that asks for most; of two frameworks none.
        ("import flask, pymongo", "f", "With PyMongo."),
        ("import flask, django", "f", "In general."),
        ("import flask", "g", "Its own."),
    ] {
        assert_eq!(fix_of(&format!("{imports}\nimport f\nf.{call}(1)\n")), fix, "{imports}");
    }
}

const PACK: &str = r#"
[[rule]]
id = "no-frobnicate"
title = "Call of frobnicate"
category = "example"
severity = "high"
confidence = "high"
cwe = [710]
message = "frobnicate is called"
why = "It frobnicates."
fix = "Do not."
references = ["https://example.org/"]

[[rule.match]]
pattern = "frob.frobnicate(...)"

[[rule.example]]
bad = '''
import frob
frob.frobnicate(1)  # <- here
'''

[[rule.example]]
good = '''
import other
GOOD
'''

[[rule.example]]
good = '''
def frobnicate(): ...
frobnicate()
'''
"#;

#[test]
fn packs_are_checked_with_their_examples() {
    let good = PACK.replace("GOOD", "other.frobnicate(1)");
    let wrong = PACK.replace("GOOD", "from frob import frobnicate as f; f(2)");
    let broken = PACK.replace("severity = \"high\"", "severity = \"hgh\"");
    let folder = project(&[
        ("good.toml", &good),
        ("wrong.toml", &wrong),
        ("broken.toml", &broken),
        ("app.py", "import frob\nfrob.frobnicate(1)\n"),
    ]);
    let (code, text, stderr) = run(&folder, &["check-rules", "good.toml"]);
    assert_eq!((code, text.as_str()), (0, "1 rule, 3 examples, 0 failed\n"), "{stderr}");
    let (code, text, _) = run(&folder, &["check-rules", "wrong.toml"]);
    assert_eq!(code, 1);
    let said = "no-frobnicate: example 2 (good): example.py:2 is reported\n";
    assert!(text.contains(said), "{text}");
    fails(&folder, &["check-rules", "broken.toml"], &["broken.toml:"]);
    let (code, _, _) = run(&folder, &["--rules", "good.toml"]);
    assert_eq!(code, 1, "the pack takes part in a scan");
    let why = ["check-rules", "good.toml", "--why", "app.py:2", "no-frobnicate"];
    let (code, text, _) = run(&folder, &why);
    assert_eq!(code, 0);
    assert!(text.contains("match 1:"), "{text}");
    let nowhere = ["check-rules", "good.toml", "--why", "gone.py:1", "no-frobnicate"];
    fails(&folder, &nowhere, &["path does not exist: gone.py"]);
}

#[test]
fn facts_show_no_secret() {
    let folder = project(&[("app.py", LEAKY)]);
    let (code, text, _) = run(&folder, &["facts", "app.py"]);
    assert_eq!(code, 0);
    assert!(text.contains("SECRET_KEY") && !text.contains("41xLr7w0Vb"));
}

#[test]
fn a_mistake_in_the_environment_is_said_to_be_there() {
    let folder = tempfile::TempDir::new().expect("temporary directory");
    let ran = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
        command.current_dir(folder.path()).env("TOKSCAN_FAIL_ON", "bad").args(arguments);
        let output = command.output().expect("tokscan");
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    let tip = "the value is that of TOKSCAN_FAIL_ON in the environment";
    let said = ran(&[]);
    assert!(said.contains(tip), "{said}");
    let said = ran(&["--fail-on", "hihg"]);
    assert!(!said.contains(tip) && said.contains("'high'"), "{said}");
}
