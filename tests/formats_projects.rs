//! All formats over whole projects: valid by their schemas, and every place they name checked
//! against the bytes on the disk.
//!
//! The fixtures always, and a large project made of them; with `TOKSCAN_PROJECTS`, real ones: see
//! `.ci/check-projects`.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

const SARIF: &str = include_str!("schemas/sarif-2.1.0.json");
const GITHUB: &str = include_str!("schemas/github-code-scanning.json");
const SAST: &str = include_str!("schemas/gitlab-sast-15.0.7.json");
const QUALITY: &str = include_str!("schemas/gitlab-code-quality.json");

/// The reports of one project, and its files as they are on the disk.
struct Reports {
    folder: TempDir,
    root: PathBuf,
    texts: HashMap<String, String>,
    /// Number of places that were checked against the bytes of their files.
    places: usize,
}

/// What the check of a project came to.
#[derive(Clone, Copy, Default, Debug)]
struct Checked {
    findings: usize,
    places: usize,
}

impl Reports {
    fn of(project: &Path) -> Self {
        let folder = TempDir::new().expect("temporary directory");
        let formats = [
            "concise",
            "json",
            "sarif",
            "github",
            "gitlab-sast",
            "gitlab-code-quality",
            "junit",
            "markdown",
            "html",
        ];
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokscan"));
        command.current_dir(folder.path()).arg(project);
        command.args(["--exit-zero", "--no-config", "--sarif-suppressed", "--quiet"]);
        command.args(["--min-severity", "info", "--min-confidence", "low"]);
        for format in formats {
            command.arg("--output").arg(format!("{format}={format}"));
        }
        let output = command.output().expect("tokscan");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut reports = Self { folder, root: PathBuf::new(), texts: HashMap::new(), places: 0 };
        let sarif = reports.json("sarif");
        let root = sarif["runs"][0]["originalUriBaseIds"]["%SRCROOT%"]["uri"].as_str();
        reports.root = root.and_then(|uri| uri.strip_prefix("file://")).expect("root").into();
        reports
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).expect(name)
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).expect("JSON")
    }

    /// The text of a file below the root; none where it is not UTF-8, whose columns say nothing
    /// about the bytes.
    fn text(&mut self, path: &str) -> Option<&str> {
        if !self.texts.contains_key(path) {
            let bytes = fs::read(self.root.join(path)).expect(path);
            let text = String::from_utf8(bytes).ok()?;
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
            self.texts.insert(path.to_owned(), text);
        }
        self.texts.get(path).map(String::as_str)
    }
}

/// What is between two places of a text, by lines and columns of `width` each.
fn between(text: &str, start: (u64, u64), end: (u64, u64), width: fn(char) -> usize) -> String {
    let (mut line, mut column) = (1, 1);
    let mut found = String::new();
    let mut chars = text.chars().peekable();
    let mut within = false;
    loop {
        if (line, column) == start {
            within = true;
        }
        if (line, column) == end {
            return found;
        }
        let c = chars.next().expect("the place is in the text");
        if within {
            found.push(c);
        }
        match c {
            '\r' if chars.peek() == Some(&'\n') => column += 1,
            '\r' | '\n' => (line, column) = (line + 1, 1),
            c => column += width(c) as u64,
        }
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn validator(schema: &str) -> jsonschema::Validator {
    // One pattern of the schema of SARIF is not a valid expression.
    let schema = schema.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    jsonschema::validator_for(&serde_json::from_str(&schema).expect("schema")).expect("validator")
}

fn check(project: &Path) -> Checked {
    let mut reports = Reports::of(project);
    let (json, sarif) = (reports.json("json"), reports.json("sarif"));
    let (sast, quality) = (reports.json("gitlab-sast"), reports.json("gitlab-code-quality"));
    for (schema, document) in
        [(SARIF, &sarif), (GITHUB, &sarif), (SAST, &sast), (QUALITY, &quality)]
    {
        let errors =
            validator(schema).iter_errors(document).map(|e| e.to_string()).collect::<Vec<_>>();
        assert_eq!(errors, Vec::<String>::new(), "{}", project.display());
    }
    let findings = list(&json["findings"]);
    let results: Vec<&Value> = list(&sarif["runs"][0]["results"])
        .iter()
        .filter(|result| list(&result["suppressions"]).is_empty())
        .collect();
    assert_eq!(findings.len(), results.len());
    let vulnerabilities = list(&sast["vulnerabilities"]);
    for (((finding, result), vulnerability), entry) in
        findings.iter().zip(&results).zip(vulnerabilities).zip(list(&quality))
    {
        assert_eq!(finding["rule"], result["ruleId"]);
        let location = &result["locations"][0];
        check_place(&mut reports, finding, location);
        for (place, location) in
            list(&finding["related"]).iter().zip(list(&result["relatedLocations"]))
        {
            check_place(&mut reports, place, location);
        }
        let steps = list(&result["codeFlows"][0]["threadFlows"][0]["locations"]);
        assert_eq!(list(&finding["trace"]).len(), steps.len());
        for (place, step) in list(&finding["trace"]).iter().zip(steps) {
            check_place(&mut reports, place, &step["location"]);
        }
        let region = &location["physicalLocation"]["region"];
        let lines = (&region["startLine"], &region["endLine"]);
        let own = &vulnerability["location"];
        assert_eq!((&own["start_line"], &own["end_line"]), lines);
        let own = &entry["location"]["lines"];
        assert_eq!((&own["begin"], &own["end"]), lines);
    }
    assert_eq!((vulnerabilities.len(), list(&quality).len()), (findings.len(), findings.len()));
    check_lines(&reports, findings);
    check_rest(&reports, findings.len());
    Checked { findings: findings.len(), places: reports.places }
}

/// The formats of lines name the place of each finding that the others name: those for people in
/// the order of places, annotations the worst first.
fn check_lines(reports: &Reports, findings: &[Value]) {
    let place =
        |finding: &Value| (number(&finding["start"]["line"]), number(&finding["start"]["column"]));
    let concise = reports.read("concise");
    for (line, finding) in concise.lines().zip(findings) {
        let (at, column) = place(finding);
        let path = finding["path"].as_str().expect("path");
        let expected = format!("{path}:{at}:{column}: ");
        assert!(line.contains(&expected), "{line}: not {expected}");
    }
    let mut expected: Vec<String> = findings
        .iter()
        .map(|finding| {
            let (line, column) = place(finding);
            format!("{} at {line}:{column}", finding["rule"].as_str().expect("rule"))
        })
        .collect();
    let junit = reports.read("junit");
    let document = roxmltree::Document::parse(&junit).expect("XML");
    let cases = document.descendants().filter(|node| node.has_tag_name("testcase"));
    let mut named: Vec<String> =
        cases.filter_map(|case| case.attribute("name")).map(str::to_owned).collect();
    if findings.is_empty() {
        assert_eq!(named.len(), 1, "one test that passes");
        return;
    }
    expected.sort();
    named.sort();
    assert_eq!(named, expected);
    let mut expected: Vec<(u64, u64)> = findings
        .iter()
        .map(|finding| (number(&finding["start"]["line"]), number(&finding["end"]["line"])))
        .collect();
    let github = reports.read("github");
    let value = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!(",{name}="))?;
        rest.split([',', ':']).next()?.parse::<u64>().ok()
    };
    let mut named: Vec<(u64, u64)> = github
        .lines()
        .filter_map(|line| Some((value(line, "line")?, value(line, "endLine")?)))
        .collect();
    expected.sort_unstable();
    named.sort_unstable();
    assert_eq!(named, expected);
}

/// The path that a URI reference is, if it is UTF-8.
fn decoded(uri: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut parts = uri.split('%');
    bytes.extend(parts.next()?.as_bytes());
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

/// A place of the JSON report and the same one in SARIF: both are the bytes that the offsets say.
fn check_place(reports: &mut Reports, place: &Value, location: &Value) {
    let physical = &location["physicalLocation"];
    let uri = physical["artifactLocation"]["uri"].as_str().expect("URI");
    // A name that is not UTF-8 is shown in another way.
    let Some(path) = decoded(uri) else { return };
    assert!(path.ends_with(place["path"].as_str().expect("path")), "{uri}");
    let Some(text) = reports.text(&path) else { return };
    let (start, end) = (&place["start"], &place["end"]);
    let offset = |place: &Value| usize::try_from(number(&place["offset"])).expect("small");
    let bytes = &text[offset(start)..offset(end)];
    let at = |place: &Value| (number(&place["line"]), number(&place["column"]));
    assert_eq!(between(text, at(start), at(end), |_| 1), bytes, "{place}");
    let region = &physical["region"];
    let start = (number(&region["startLine"]), number(&region["startColumn"]));
    let end = (number(&region["endLine"]), number(&region["endColumn"]));
    assert_eq!(between(text, start, end, char::len_utf16), bytes, "{region}");
    reports.places += 1;
}

/// The formats that are no JSON have all findings, and those with a grammar follow it.
fn check_rest(reports: &Reports, findings: usize) {
    assert_eq!(reports.read("concise").lines().count(), findings);
    let junit = reports.read("junit");
    let document = roxmltree::Document::parse(&junit).expect("XML");
    let failures = document.descendants().filter(|node| node.has_tag_name("failure")).count();
    assert_eq!(failures, findings);
    let github = reports.read("github");
    let commands = ["::error file=", "::warning file=", "::notice file="];
    let annotations = github.lines().filter(|line| commands.iter().any(|c| line.starts_with(c)));
    assert_eq!(annotations.count(), findings);
    assert_eq!(reports.read("html").matches("<article id=\"f-").count(), findings);
    let headings = ["critical", "high", "medium", "low", "info"].map(|word| format!("## {word}: "));
    let markdown = reports.read("markdown");
    let sections = markdown.lines().filter(|line| headings.iter().any(|h| line.starts_with(h)));
    assert_eq!(sections.count(), findings);
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schemas/junit-10.xsd");
    let checked = Command::new("xmllint")
        .args(["--noout", "--nonet", "--huge", "--schema", schema])
        .arg(reports.folder.path().join("junit"))
        .output();
    if let Ok(output) = checked {
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root).expect("folder").map(|entry| entry.expect("entry").path());
    let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn weak_fixtures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let themes = folders(&root).into_iter().map(|theme| theme.join("weak"));
    let weak: Vec<PathBuf> = themes.filter(|path| path.is_dir()).collect();
    assert!(weak.len() >= 5);
    weak
}

#[test]
fn reports_of_the_fixtures_are_valid_and_true() {
    for project in weak_fixtures() {
        let checked = check(&project);
        assert!(checked.findings > 10 && checked.places > 20, "{checked:?} {}", project.display());
    }
}

/// What becomes of the text of a file.
type Way<'w> = &'w dyn Fn(&str) -> Vec<u8>;

/// Copies a folder; its Python files come out as `rewritten`.
fn copy(from: &Path, to: &Path, rewritten: Way<'_>) {
    fs::create_dir_all(to).expect("folder");
    for entry in fs::read_dir(from).expect("folder") {
        let path = entry.expect("entry").path();
        let target = to.join(path.file_name().expect("name"));
        if path.is_dir() {
            copy(&path, &target, rewritten);
        } else if path.extension().is_some_and(|end| end == "py") {
            let text = fs::read_to_string(&path).expect("UTF-8");
            fs::write(target, rewritten(&text)).expect("file");
        } else {
            fs::copy(&path, target).expect("copied");
        }
    }
}

/// All fixtures side by side, several times over, each time written in another way: line breaks, a
/// byte order mark, characters of several bytes and code units before the code, tabs.
#[test]
fn reports_of_a_large_project_are_valid_and_true() {
    let folder = TempDir::new().expect("temporary directory");
    let wide = |text: &str| {
        let lines = text.lines().map(|line| match line.trim_start() {
            "" => line.to_owned(),
            code if line.len() == code.len() && !code.starts_with(['#', '"', ')', '}', ']']) => {
                format!("{line}  # \u{e9}\u{1f511}\u{202e}")
            }
            _ => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let ways: [Way<'_>; 4] = [
        &|text| text.as_bytes().to_vec(),
        &|text| text.replace('\n', "\r\n").into_bytes(),
        &|text| format!("\u{feff}# \u{1f511} \u{e9}\n{text}").into_bytes(),
        &|text| wide(text).into_bytes(),
    ];
    for (number, way) in ways.into_iter().enumerate() {
        for project in weak_fixtures() {
            let theme = project.parent().and_then(Path::file_name).expect("theme");
            let name = format!("way {number}/{}", theme.display());
            copy(&project, &folder.path().join(name), way);
        }
    }
    let checked = check(folder.path());
    assert!(checked.findings > 300 && checked.places > 600, "{checked:?}");
}

#[test]
#[ignore = "needs real projects: TOKSCAN_PROJECTS, separated as in PATH"]
fn reports_of_real_projects_are_valid_and_true() {
    let projects = std::env::var_os("TOKSCAN_PROJECTS").expect("TOKSCAN_PROJECTS");
    for project in std::env::split_paths(&projects) {
        let Checked { findings, places } = check(&project);
        let shown = project.display();
        writeln!(std::io::stdout().lock(), "{findings:>6} findings, {places:>6} places  {shown}")
            .expect("stdout");
    }
}
