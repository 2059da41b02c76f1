//! What changed, by git: only findings that have to do with it are reported, with the whole
//! project around them; and nothing that a repository configures is run.

mod command;

use std::fs;
use std::process::Command;

use command::{found, places, project, report, run, run_with, write};
use tempfile::TempDir;

const RULE: &str = "jwt-signature-not-verified";
const LAX: &str = "LAX = {\"verify_signature\": False}\n";
const STRICT: &str = "LAX = {\"verify_signature\": True}\n";
const VIEWS: &str = "import jwt\nfrom options import LAX\n\n\n\
    def old(t):\n    return jwt.decode(t, options={\"verify_signature\": False})\n\n\n\
    def by_constant(t):\n    return jwt.decode(t, \"k\", algorithms=[\"HS256\"], options=LAX)\n";

fn git(folder: &TempDir, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.current_dir(folder.path()).args(["-c", "user.name=a", "-c", "user.email=a@b.example"]);
    git.args(["-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"]).args(arguments);
    let output = git.output().expect("git is installed");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository with one commit.
fn repository() -> TempDir {
    let folder = project(&[
        ("views.py", VIEWS),
        ("options.py", STRICT),
        ("requirements.txt", "flask\npyjwt\n"),
    ]);
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "-A"]);
    git(&folder, &["commit", "-qm", "first"]);
    folder
}

fn of_rule(folder: &TempDir, arguments: &[&str]) -> Vec<String> {
    found(folder, &[arguments, &["--select", RULE]].concat())
}

#[test]
fn only_what_changed_is_reported() {
    let folder = repository();
    assert_eq!(of_rule(&folder, &[]), [format!("{RULE} views.py:6")]);
    assert!(of_rule(&folder, &["--diff", "HEAD"]).is_empty());
    let ran = run(&folder, &["--diff", "HEAD", "--select", RULE]);
    assert_eq!((ran.code, ran.out.contains("1 elsewhere")), (0, true), "{}", ran.out);
    // A line that the finding is on.
    write(&folder, "views.py", &VIEWS.replace("decode(t, options", "decode(t,  options"));
    assert_eq!(of_rule(&folder, &["--diff", "HEAD"]), [format!("{RULE} views.py:6")]);
    // Lines above it only move it.
    write(&folder, "views.py", &VIEWS.replace("import jwt\n", "import os\nimport jwt\n"));
    assert!(of_rule(&folder, &["--diff", "HEAD"]).is_empty());
    // A file that git does not know yet is new, and one that is renamed is not.
    write(&folder, "new.py", "import jwt\njwt.decode(1, options={\"verify_signature\": False})\n");
    assert_eq!(of_rule(&folder, &["--diff", "HEAD"]), [format!("{RULE} new.py:2")]);
    fs::remove_file(folder.path().join("new.py")).expect("removed");
    git(&folder, &["mv", "views.py", "pages.py"]);
    assert!(of_rule(&folder, &["--diff", "HEAD"]).is_empty());
}

#[test]
fn of_named_files_only_what_changed_is_reported() {
    let folder = repository();
    let weak = "import jwt\njwt.decode(1, options={\"verify_signature\": False})\n";
    write(&folder, "new.py", weak);
    write(&folder, "other.py", weak);
    git(&folder, &["add", "new.py"]);
    for of in [&["--diff", "HEAD"][..], &["--staged"]] {
        assert_eq!(of_rule(&folder, &[&["new.py"], of].concat()), [format!("{RULE} new.py:2")]);
        assert!(of_rule(&folder, &[&["views.py"], of].concat()).is_empty());
    }
    assert_eq!(of_rule(&folder, &["other.py", "--diff", "HEAD"]), [format!("{RULE} other.py:2")]);
    assert!(of_rule(&folder, &["other.py", "--staged"]).is_empty());
    // The constant is in another file, and so is what it makes wrong.
    write(&folder, "options.py", LAX);
    assert!(of_rule(&folder, &["options.py", "--diff", "HEAD"]).is_empty());
    assert_eq!(of_rule(&folder, &["views.py", "--diff", "HEAD"]), [format!("{RULE} views.py:10")]);
}

#[test]
fn what_a_change_elsewhere_makes_wrong_is_reported() {
    let folder = repository();
    write(&folder, "options.py", LAX);
    assert_eq!(of_rule(&folder, &["--diff", "HEAD"]), [format!("{RULE} views.py:10")]);
    git(&folder, &["commit", "-qam", "second"]);
    assert!(of_rule(&folder, &["--diff", "HEAD"]).is_empty());
    assert_eq!(of_rule(&folder, &["--diff", "HEAD~1"]), [format!("{RULE} views.py:10")]);
    // A line that is gone.
    let folder = project(&[
        ("settings.py", "SECRET_KEY = KEY\nINSTALLED_APPS = []\nALLOWED_HOSTS = [HOST]\n"),
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n"),
        ("wsgi.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n"),
        ("requirements.txt", "django==5.2\n"),
    ]);
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "-A"]);
    git(&folder, &["commit", "-qm", "first"]);
    let reported = |arguments: &[&str]| {
        let all = found(&folder, &[arguments, &["--min-severity", "info"]].concat());
        all.iter().any(|finding| finding.starts_with("django-allowed-hosts-empty "))
    };
    assert!(!reported(&[]));
    write(&folder, "settings.py", "SECRET_KEY = KEY\nINSTALLED_APPS = []\n");
    assert!(reported(&[]), "it is reported at all");
    assert!(reported(&["--diff", "HEAD"]));
}

#[test]
fn changes_are_those_since_the_branches_parted() {
    let folder = repository();
    git(&folder, &["branch", "-q", "topic"]);
    write(&folder, "views.py", &VIEWS.replace("def old", "def renamed"));
    write(&folder, "main.py", "x = 1\n");
    git(&folder, &["add", "-A"]);
    git(&folder, &["commit", "-qm", "on main"]);
    git(&folder, &["branch", "-q", "base"]);
    git(&folder, &["checkout", "-q", "topic"]);
    assert!(of_rule(&folder, &["--diff", "base"]).is_empty());
}

#[test]
fn what_will_be_committed_is_analysed_and_not_the_work_tree() {
    let folder = repository();
    assert!(of_rule(&folder, &["--staged"]).is_empty());
    write(&folder, "options.py", LAX);
    assert!(of_rule(&folder, &["--staged"]).is_empty(), "not staged");
    git(&folder, &["add", "options.py"]);
    write(&folder, "options.py", STRICT);
    assert_eq!(of_rule(&folder, &["--staged"]), [format!("{RULE} views.py:10")]);
    // `git commit -a` has an index of its own, which the environment of its hooks names.
    let index = folder.path().join(".git/other-index");
    git(&folder, &["reset", "-q", "--hard"]);
    fs::copy(folder.path().join(".git/index"), &index).expect("copied");
    write(&folder, "options.py", LAX);
    let mut add = Command::new("git");
    add.current_dir(folder.path()).env("GIT_INDEX_FILE", &index).args(["add", "options.py"]);
    assert!(add.status().expect("git").success());
    let index = index.to_str().expect("text");
    let arguments = ["--staged", "--format", "json", "--select", RULE];
    let ran = run_with(folder.path(), &arguments, &[("GIT_INDEX_FILE", index)], "");
    assert_eq!(places(&report(&ran)["findings"]), [format!("{RULE} views.py:10")]);
    // Before the first commit everything is new.
    let fresh = project(&[("views.py", VIEWS), ("requirements.txt", "flask\n")]);
    git(&fresh, &["init", "-q"]);
    git(&fresh, &["add", "-A"]);
    assert_eq!(of_rule(&fresh, &["--staged"]), [format!("{RULE} views.py:6")]);
}

#[test]
fn what_git_cannot_answer_is_explained() {
    let folder = repository();
    let fails = |arguments: &[&str], said: &str| {
        let ran = run(&folder, arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""));
        assert!(ran.err.contains(said), "{said}\n{}", ran.err);
    };
    fails(&["--diff", "nope"], "unknown revision: nope");
    fails(&["--diff", "mian"], "did you mean `main`?");
    fails(&["--diff=--output=x"], "unknown revision: --output=x");
    fails(&["--diff", "HEAD", "--staged"], "cannot be used with");
    assert!(!folder.path().join("x").exists());
    let plain = project(&[("a.py", "")]);
    let ran = run(&plain, &["--staged"]);
    assert!(ran.code == 2 && ran.err.contains("not in a git repository"), "{}", ran.err);
    let ran = run_with(folder.path(), &["--staged"], &[("PATH", "/nowhere")], "");
    assert!(ran.code == 2 && ran.err.contains("git is needed"), "{}", ran.err);
}

#[test]
fn nothing_that_the_repository_configures_is_run() {
    let folder = repository();
    let trap = folder.path().join("trapped");
    let trap = trap.to_str().expect("text");
    let set = |key: &str| {
        let value = format!("touch {trap}; cat");
        git(&folder, &["config", key, &value]);
    };
    for key in [
        "filter.evil.clean",
        "filter.evil.process",
        "filter.a=b.clean",
        "diff.evil.textconv",
        "diff.evil.command",
        "diff.external",
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
    ] {
        set(key);
    }
    write(&folder, ".gitattributes", "views.py filter=evil diff=evil\noptions.py filter=a=b\n");
    write(&folder, "options.py", LAX);
    write(&folder, "views.py", &VIEWS.replace("decode(t, options", "decode(t,  options"));
    for arguments in [&["--diff", "HEAD"][..], &["--staged"]] {
        let env = [("GIT_EXTERNAL_DIFF", trap), ("GIT_DIR", "/nowhere"), ("GIT_PAGER", trap)];
        let ran = run_with(folder.path(), arguments, &env, "");
        assert!(ran.code < 2, "{}", ran.err);
        assert!(!folder.path().join("trapped").exists(), "{arguments:?}");
    }
    assert_eq!(of_rule(&folder, &["--diff", "HEAD"]).len(), 2);
    // The traps work: git by itself walks into them.
    let _ = Command::new("git").current_dir(folder.path()).args(["diff", "HEAD"]).output();
    assert!(folder.path().join("trapped").exists());
}

/// Two findings with safe edits, in the middle of a file.
const LOGS: &str = "from loguru import logger\n\n\ndef first():\n    logger.add('a.log')\n\n\n\
    def second():\n    logger.add('b.log')\n\n\ndef pay(gateway):\n    try:\n        gateway.charge()\n    \
    except OSError:\n        logger.exception('failed')\n\n\ndef key(box):\n    return box.api_key\n";

fn mends(folder: &TempDir, arguments: &[&str]) -> command::Ran {
    let select = ["--select", "loguru-diagnose-enabled", "--fail-on", "info"];
    run(folder, &[&select, arguments].concat())
}

fn logging(path: &str) -> TempDir {
    let folder = project(&[(path, LOGS), ("requirements.txt", "flask\nloguru\n")]);
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "-A"]);
    git(&folder, &["commit", "-qm", "first"]);
    folder
}

fn text(folder: &TempDir, path: &str) -> String {
    fs::read_to_string(folder.path().join(path)).expect("file")
}

#[test]
fn only_what_changed_is_mended() {
    let folder = logging("log.py");
    let ran = mends(&folder, &["--fix", "--diff", "HEAD"]);
    assert_eq!((ran.code, text(&folder, "log.py").as_str()), (0, LOGS), "{}", ran.err);
    // Lines that are new above it, and one that changed.
    let changed = LOGS.replace("'b.log'", "'c.log'").replacen('\n', "\n\nNEW = 1\n", 1);
    write(&folder, "log.py", &changed);
    let ran = mends(&folder, &["--diff-fixes", "--diff", "HEAD"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("+    logger.add('c.log', diagnose=False)"), "{}", ran.out);
    assert!(!ran.out.contains("'a.log', diagnose"), "{}", ran.out);
    let ran = mends(&folder, &["--fix", "--diff", "HEAD"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("1 finding fixed in 1 file\n"), "{}", ran.err);
    let mended = changed.replace("'c.log'", "'c.log', diagnose=False");
    assert_eq!(text(&folder, "log.py"), mended);
    // What was there before is left, and is still elsewhere.
    let ran = mends(&folder, &["--fix", "--diff", "HEAD"]);
    assert_eq!((ran.code, text(&folder, "log.py")), (0, mended));
    assert!(ran.out.contains("1 elsewhere"), "{}", ran.out);
}

#[test]
fn what_is_staged_is_mended_in_the_work_tree() {
    let folder = logging("log.py");
    let changed = LOGS.replace("'b.log'", "'c.log'");
    write(&folder, "log.py", &changed);
    git(&folder, &["add", "log.py"]);
    let ran = mends(&folder, &["--fix", "--staged"]);
    assert!(ran.err.contains("1 finding fixed in 1 file, which are not staged yet"), "{}", ran.err);
    assert_eq!(ran.code, 1, "what is staged is as it was: a commit must not go on");
    let mended = changed.replace("'c.log'", "'c.log', diagnose=False");
    assert_eq!(text(&folder, "log.py"), mended);
    // Now the work tree is not what is staged.
    let ran = mends(&folder, &["--fix", "--staged"]);
    assert_eq!((ran.code, text(&folder, "log.py")), (1, mended.clone()));
    let said = "not fixed: log.py: it has changes that are not staged: stage or stash them";
    assert!(ran.err.contains(said), "{}", ran.err);
    assert!(ran.out.contains("1 can be fixed with --fix."), "{}", ran.out);
    let ran = mends(&folder, &["--diff-fixes", "--staged"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains(said), "{}", ran.err);
    git(&folder, &["add", "log.py"]);
    let ran = mends(&folder, &["--fix", "--staged"]);
    assert_eq!((ran.code, text(&folder, "log.py")), (0, mended), "{}", ran.err);
}

#[test]
fn what_a_change_elsewhere_makes_wrong_is_mended_there() {
    let files = [
        ("size.py", "BITS = 4096\n"),
        (
            "keys.py",
            "from cryptography.hazmat.primitives.asymmetric import rsa\nfrom size import BITS\n\n\n\
             def other():\n    return rsa.generate_private_key(65537, 1024)\n\n\n\
             def make():\n    return rsa.generate_private_key(65537, BITS)\n",
        ),
        ("requirements.txt", "flask\ncryptography\n"),
    ];
    let folder = project(&files);
    git(&folder, &["init", "-q"]);
    git(&folder, &["add", "-A"]);
    git(&folder, &["commit", "-qm", "first"]);
    write(&folder, "size.py", "BITS = 1024\n");
    let select = ["--select", "asymmetric-key-too-small", "--fix", "--unsafe-fixes"];
    let ran = run(&folder, &[&select[..], &["--diff", "HEAD"]].concat());
    // A value of another file is nothing to edit, and what was there before is not asked about.
    assert_eq!(text(&folder, "keys.py"), files[1].1, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("size.py") && ran.out.contains("1 elsewhere"), "{}", ran.out);
}

#[cfg(unix)]
#[test]
fn a_repository_of_another_user_is_explained() {
    use std::os::unix::fs::PermissionsExt;
    // Git as it is where the checkout belongs to somebody else.
    let shim = TempDir::new().expect("temporary directory");
    let path = std::env::var("PATH").expect("PATH");
    let script =
        format!("#!/bin/sh\nPATH='{path}' GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec git \"$@\"\n");
    fs::write(shim.path().join("git"), script).expect("file");
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(shim.path().join("git"), executable).expect("mode");
    let path = format!("{}:{path}", shim.path().display());

    let folder = repository();
    write(&folder, ".env", "SECRET_KEY=abc\n");
    git(&folder, &["add", "-f", ".env"]);
    let root = folder.path().canonicalize().expect("canonical").display().to_string();
    let global = shim.path().join("gitconfig").display().to_string();
    let ran = |arguments: &[&str]| {
        let env = [("PATH", path.as_str()), ("GIT_CONFIG_GLOBAL", global.as_str())];
        run_with(folder.path(), &[&["--select", RULE], arguments].concat(), &env, "")
    };
    for arguments in [&["--diff", "HEAD"][..], &["--staged"]] {
        let ran = ran(arguments);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{}", ran.err);
        let said = ran.err.replace("\n", " ").replace("│", " ");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("it belongs to another user"), "{said}");
        assert!(said.contains(&format!("--add safe.directory {root}")), "{said}");
    }
    let plain = ran(&[]);
    assert_eq!(plain.code, 1);
    assert!(plain.err.contains("1 not trusted by git, see safe.directory: .env"), "{}", plain.err);
    // What the help says helps.
    fs::write(&global, format!("[safe]\n\tdirectory = {root}\n")).expect("file");
    assert_eq!(ran(&["--staged"]).code, 0);
    assert!(!ran(&[]).err.contains("not trusted"), "it is read");
}
