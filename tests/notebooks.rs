//! Notebooks, and standard input in the place of a file.

mod command;

use std::fs;

use command::{found, places, project, report, run, run_with, write};

const RULE: &str = "jwt-signature-not-verified";
const NOTEBOOK: &str = r#"{
 "cells": [
  {"cell_type": "markdown", "source": ["jwt.decode(t)\n"]},
  {"cell_type": "code", "outputs": [], "source": [
    "%env API_KEY=k7Gq2mPz9sXw4vTb8nRd3cLf\n",
    "!pip install pyjwt\n",
    "import jwt\n"
  ]},
  {"cell_type": "code", "outputs": [{"text": "jwt.decode(t)"}], "source": [
    "name = \"\u00e9\"\n",
    "claims = jwt.decode(input(\"t\\t\"), options={\"verify_signature\": False})\n",
    "print(\"%s\"\n",
    "      % claims)"
  ]},
  {"cell_type": "code", "source": "import jwt\njwt.decode(input(), options={'verify_signature': False})  # tokscan: ignore[jwt-signature-not-verified] a look"}
 ],
 "metadata": {"language_info": {"name": "python"}}, "nbformat": 4, "nbformat_minor": 5
}
"#;

#[test]
fn findings_in_notebooks_have_the_line_of_the_file_and_of_the_cell() {
    let folder = project(&[("look.ipynb", NOTEBOOK), ("requirements.txt", "flask\npyjwt\n")]);
    let json = report(&run(&folder, &["--format", "json", "--select", RULE]));
    assert_eq!(places(&json["findings"]), [format!("{RULE} look.ipynb:11")]);
    assert_eq!(json["suppressed"].as_array().expect("list").len(), 1);
    assert_eq!(json["coverage"]["complete"], true);
    let finding = &json["findings"][0];
    assert_eq!(finding["cell"], serde_json::json!({ "number": 3, "line": 2, "column": 10 }));
    // Columns and offsets are those of the file, escapes included.
    let number = |of: &str, what: &str| finding[of][what].as_u64().expect("number") as usize;
    let line = NOTEBOOK.lines().nth(number("start", "line") - 1).expect("line");
    let shown = &line[number("start", "column") - 1..number("end", "column") - 1];
    assert!(shown.starts_with("jwt.decode(") && shown.ends_with("False})"), "{shown}");
    let range = number("start", "offset")..number("end", "offset");
    assert_eq!(&NOTEBOOK[range], shown);
    let sarif = report(&run(&folder, &["--format", "sarif", "--select", RULE]));
    let region = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!((&region["startLine"], &region["endLine"]), (&11.into(), &11.into()));
    let text = run(&folder, &["--select", RULE]).out;
    assert!(text.contains("[look.ipynb:cell 3:2:10]"), "{text}");
    assert!(!text.contains("%env") && !text.contains("k7Gq"), "{text}");
}

#[test]
fn notebooks_are_no_modules() {
    let folder = project(&[
        ("jwt.ipynb", NOTEBOOK),
        ("a.py", "import jwt\njwt.decode(input(), options={\"verify_signature\": False})\n"),
        ("requirements.txt", "flask\npyjwt\n"),
    ]);
    assert!(found(&folder, &["--select", RULE]).contains(&format!("{RULE} a.py:2")));
}

const BUFFER: &str =
    "import jwt\nfrom options import LAX\njwt.decode(input(), \"k\", options=LAX)\n";

#[test]
fn standard_input_is_scanned() {
    let folder = project(&[("options.py", "LAX = {\"verify_signature\": False}\n")]);
    let input = "import jwt\njwt.decode(input(), options={\"verify_signature\": False})\n";
    let ran = run_with(folder.path(), &["-", "--format", "json", "--select", RULE], &[], input);
    assert_eq!(ran.code, 1);
    assert_eq!(places(&report(&ran)["findings"]), [format!("{RULE} stdin.py:2")]);
    assert_eq!(run_with(folder.path(), &["-"], &[], "").code, 0);
}

#[test]
fn standard_input_takes_the_place_of_a_file_in_its_project() {
    let folder = project(&[
        ("options.py", "LAX = {\"verify_signature\": False}\n"),
        ("app/views.py", "x = 1\n"),
        ("other.py", "import jwt\njwt.decode(input(), options={\"verify_signature\": False})\n"),
        ("requirements.txt", "flask\npyjwt\n"),
    ]);
    let scan = |name: &str, input: &str| {
        let arguments = ["-", "--stdin-filename", name, "--format", "json", "--select", RULE];
        let ran = run_with(folder.path(), &arguments, &[], input);
        places(&report(&ran)["findings"])
    };
    // The buffer is seen with the constant of another file; that one's findings are not asked for.
    assert_eq!(scan("app/views.py", BUFFER), [format!("{RULE} app/views.py:3")]);
    assert_eq!(scan("app/new.py", BUFFER), [format!("{RULE} app/new.py:3")], "not saved yet");
    assert!(scan("app/views.py", "x = 2\n").is_empty());
    assert!(scan("options.py", "LAX = {}\n").is_empty());
    assert_eq!(scan("app/look.ipynb", NOTEBOOK), [format!("{RULE} app/look.ipynb:11")]);
    let kept = fs::read_to_string(folder.path().join("app/views.py")).expect("file");
    assert_eq!(kept, "x = 1\n");
    write(&folder, "tokscan.toml", "exclude = ['app/']\n");
    assert!(scan("app/views.py", BUFFER).is_empty(), "excluded");
    let nowhere = project(&[]);
    let arguments = ["-", "--stdin-filename", "new.py", "--select", RULE];
    let input = BUFFER.replace("LAX)", "{\"verify_signature\": False})");
    assert_eq!(
        run_with(nowhere.path(), &arguments, &[], &input).code,
        1,
        "neither file nor project"
    );
    let gone = run_with(folder.path(), &["-", "--stdin-filename", "no/such/a.py"], &[], "");
    assert_eq!(gone.code, 2);
    let alone = run(&folder, &["--stdin-filename", "app/views.py"]);
    assert!(alone.code == 2 && alone.err.contains("tokscan - --stdin-filename"), "{}", alone.err);
}
