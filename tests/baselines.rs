//! Baselines and suppressions: what is known stays known, and nothing else.

mod command;

use std::fs;
use std::path::Path;
use std::process::Command;

use command::{found, project, report, run, write};
use tempfile::TempDir;

const ALL: [&str; 4] = ["--min-severity", "info", "--min-confidence", "low"];

fn reformatted(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reformatted").join(name)
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("folder") {
        let entry = entry.expect("entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir_all(&target).expect("folder");
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// A folder with the code as it was, and a baseline of it; how many findings it has.
fn with_baseline() -> (TempDir, usize) {
    let folder = TempDir::new().expect("folder");
    copy(&reformatted("before"), folder.path());
    let all = found(&folder, &ALL).len();
    let ran = run(&folder, &[&ALL[..], &["--write-baseline", "known.json"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    (folder, all)
}

#[test]
fn no_finding_comes_back_when_code_was_reformatted_and_files_renamed() {
    let (folder, all) = with_baseline();
    assert!(all > 20, "{all} findings");
    fs::remove_dir_all(folder.path().join("shop")).expect("removed");
    copy(&reformatted("after"), folder.path());
    let ran = run(&folder, &[&ALL[..], &["--baseline", "known.json"]].concat());
    let expected = format!("No findings.\n\nNot shown: {all} in the baseline.\n");
    assert_eq!((ran.code, ran.out), (0, expected));
    // None of the entries is left over.
    let ran = run(&folder, &[&ALL[..], &["--baseline", "known.json", "--prune"]].concat());
    assert!(!ran.err.contains("took"), "{}", ran.err);
}

#[test]
fn black_brings_no_finding_back() {
    let version = Command::new("python3").args(["-m", "black", "--version"]).output();
    if !version.is_ok_and(|output| output.status.success()) {
        // What black did is committed, and looked at above.
        return;
    }
    let (folder, all) = with_baseline();
    let mut black = Command::new("python3");
    let status = black.args(["-m", "black", "-q", "."]).current_dir(folder.path()).status();
    assert!(status.expect("black").success());
    let rename = |from: &str, to: &str| {
        fs::rename(folder.path().join(from), folder.path().join(to)).expect("renamed");
    };
    rename("shop/settings.py", "shop/configuration.py");
    let manage = fs::read_to_string(folder.path().join("manage.py")).expect("file");
    write(&folder, "manage.py", &manage.replace("shop.settings", "shop.configuration"));
    let ran = run(&folder, &[&ALL[..], &["--baseline", "known.json"]].concat());
    assert!(ran.out.contains(&format!("{all} in the baseline")), "{}", ran.out);
    assert!(ran.out.starts_with("No findings."), "{}", ran.out);
}

#[test]
fn what_is_missing_in_settings_stays_known_when_others_are_added() {
    let (folder, all) = with_baseline();
    let settings = fs::read_to_string(folder.path().join("shop/settings.py")).expect("file");
    write(&folder, "shop/settings.py", &format!("{settings}\nSHOP_PAGE_SIZE = 20\n"));
    let ran = run(&folder, &[&ALL[..], &["--baseline", "known.json"]].concat());
    let expected = format!("No findings.\n\nNot shown: {all} in the baseline.\n");
    assert_eq!((ran.code, ran.out), (0, expected));
}

#[test]
fn a_baseline_holds_no_literal() {
    let (folder, _) = with_baseline();
    let one = fs::read_to_string(folder.path().join("known.json")).expect("baseline");
    for literal in ["hunter2", "s3cret", "unsafe-key"] {
        assert!(!one.contains(literal));
    }
    // Nor a digest of one: another literal makes the same baseline.
    for file in ["shop/settings.py", "shop/tokens.py", "shop/views.py"] {
        let text = fs::read_to_string(folder.path().join(file)).expect("file");
        write(&folder, file, &text.replace("hunter2", "tr0ub4d"));
    }
    run(&folder, &[&ALL[..], &["--write-baseline", "other.json"]].concat());
    let other = fs::read_to_string(folder.path().join("other.json")).expect("baseline");
    assert!(one == other);
}

#[test]
fn new_findings_are_reported_and_gone_ones_pruned() {
    let (folder, all) = with_baseline();
    let baseline = |arguments: &[&str]| {
        run(&folder, &[&ALL[..], &["--baseline", "known.json"], arguments].concat())
    };
    let tokens = fs::read_to_string(folder.path().join("shop/tokens.py")).expect("file");
    let added = "\ndef third(t):\n    return jwt.decode(t, options={'verify_signature': False})\n";
    write(&folder, "shop/tokens.py", &format!("# moved\n\n\n{tokens}{added}"));
    let ran = baseline(&[]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("1 finding in 1 file"), "{}", ran.out);
    assert!(ran.out.contains(&format!("{all} in the baseline")), "{}", ran.out);
    write(&folder, "shop/tokens.py", "");
    let ran = baseline(&[]);
    assert!(ran.err.contains("found no more; --prune"), "{}", ran.err);
    let ran = baseline(&["--prune"]);
    assert!(ran.err.contains("out of known.json"), "{}", ran.err);
    write(&folder, "shop/tokens.py", &tokens);
    assert_eq!(baseline(&[]).code, 1, "what was pruned is new when it comes back");
    // Where only a part is scanned, entries of the rest stay.
    let kept = fs::read_to_string(folder.path().join("known.json")).expect("baseline");
    baseline(&["shop/urls.py", "--prune"]);
    assert_eq!(fs::read_to_string(folder.path().join("known.json")).expect("baseline"), kept);
}

#[test]
fn baselines_come_from_the_configuration_and_do_not_depend_on_the_scanned_folder() {
    let (folder, all) = with_baseline();
    write(&folder, "tokscan.toml", "baseline = 'known.json'\n");
    let ran = run(&folder, &ALL);
    assert!(ran.out.contains(&format!("{all} in the baseline")), "{}", ran.out);
    let below = run(&folder, &[&ALL[..], &["shop/tokens.py"]].concat());
    assert!(below.out.starts_with("No findings."), "{}", below.out);
    assert!(found(&folder, &["--no-baseline"]).len() > 10);
    let gone = run(&folder, &["--baseline", "gone.json"]);
    assert_eq!(gone.code, 2);
    assert!(gone.err.contains("--write-baseline gone.json"), "{}", gone.err);
    write(&folder, "bad.json", "{\"version\": 1, \"findings\": [{}]}");
    let bad = run(&folder, &["--baseline", "bad.json"]);
    assert!(bad.code == 2 && bad.err.contains("bad.json:1:"), "{}", bad.err);
    assert_eq!(run(&folder, &["--no-config", "--prune"]).code, 2);
}

const DECODE: &str =
    "jwt.decode(\n        t,\n        options={\"verify_signature\": False},\n    )";

fn code(before: &str, after: &str) -> String {
    format!("import jwt\n\n\ndef f(t):\n{before}    return {DECODE}{after}\n")
}

#[test]
fn a_comment_suppresses_on_any_line_of_its_statement() {
    let id = "jwt-signature-not-verified";
    for (text, expected) in [
        (code("", &format!("  # tokscan: ignore[{id}] the gateway does")), 0),
        (code(&format!("    # tokscan: ignore[{id}] the gateway does\n"), ""), 0),
        (code("    # tokscan: ignore[jwt-none-algorithm-accepted] no\n", ""), 1),
        (code(&format!("    x = 1  # tokscan: ignore[{id}] elsewhere\n"), ""), 1),
        (code(&format!("    \"# tokscan: ignore[{id}] a string\"\n"), ""), 1),
        (format!("# tokscan: ignore-file[{id}] all of it\n{}", code("", "")), 0),
        // A comment beside one finding of a statement is not meant for the other.
        (
            format!(
                "import jwt\n\n\ndef f(t):\n    return [\n        \
                 jwt.decode(t, options={{\"verify_signature\": False}}),  # tokscan: ignore[{id}] x\n        \
                 jwt.decode(t, options={{\"verify_signature\": False}}),\n    ]\n"
            ),
            1,
        ),
    ] {
        let folder = project(&[("a.py", &text), ("requirements.txt", "pyjwt\nflask\n")]);
        assert_eq!(found(&folder, &[]).len(), expected, "{text}");
    }
}

#[test]
fn the_reason_is_reported_with_the_finding() {
    let comment = "  # tokscan: ignore[jwt-signature-not-verified] the gateway does";
    let folder = project(&[("a.py", &code("", comment)), ("requirements.txt", "flask\n")]);
    let report = report(&run(&folder, &["--format", "json"]));
    assert_eq!(report["suppressed"][0]["by"], "comment");
    assert_eq!(report["suppressed"][0]["reason"], "the gateway does");
    assert_eq!(report["suppressed"][0]["finding"]["rule"], "jwt-signature-not-verified");
}

#[test]
fn suppressions_that_need_a_look_are_warned_of() {
    let text = "def f(t):\n    \
        x = 1  # tokscan: ignore[jwt-signature-not-verified] nothing here\n    \
        # tokscan: ignore[jwt-no-expiry, jwt-signature-not-verfied] y\n    \
        y = 2  # tokscan: ignored\n    \
        return x\n";
    let folder = project(&[("a.py", text), ("requirements.txt", "flask\n")]);
    let ran = run(&folder, &[]);
    assert_eq!(ran.code, 0);
    for said in [
        "a.py:2:12: a suppression that hides nothing: jwt-signature-not-verified; delete the comment",
        "a.py:3:5: a suppression of an unknown rule: jwt-signature-not-verfied; did you mean",
        "a.py:4:12: a suppression that is not understood",
    ] {
        assert!(ran.err.contains(said), "{said}\n{}", ran.err);
    }
    let notices = report(&run(&folder, &["--format", "json"]))["notices"].clone();
    // What to delete, blanks before the comment included.
    let delete = &notices[0]["delete"];
    let range = |key: &str| delete[key]["offset"].as_u64().expect("offset") as usize;
    let mended = [&text[..range("start")], &text[range("end")..]].concat();
    assert!(mended.starts_with("def f(t):\n    x = 1\n    #"), "{mended}");
    // Rules that were not run may have had something to say, and so may a project not seen.
    let quiet = |arguments: &[&str]| {
        let err = run(&folder, arguments).err;
        assert!(!err.contains("hides nothing: jwt-signature-not-verified"), "{err}");
    };
    quiet(&["--ignore", "jwt-signature-not-verified"]);
    quiet(&["--select", "session"]);
    quiet(&["-q"]);
    let hides_nothing = |folder: &TempDir| {
        run(folder, &["a.py"]).err.contains("hides nothing: jwt-signature-not-verified")
    };
    assert!(hides_nothing(&folder));
    assert!(!hides_nothing(&project(&[("a.py", text)])), "the project is not seen");
    write(&folder, "tokscan.toml", "require-reason = true\n");
    write(&folder, "a.py", "x = 1  # tokscan: ignore[jwt-signature-not-verified]\n");
    assert!(run(&folder, &[]).err.contains("without a reason"));
}
