//! Every format over hand-made findings in awkward files: schema-valid, right about lines
//! and columns, and without a secret or a raw control character.

use std::fs;
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use tokscan::base::{FileId, Loc};
use tokscan::finding::{Confidence, Finding, FindingBuilder, Fingerprint, Label, Severity, Trace};
use tokscan::report::{self, Format, Grouping, Hidden, Report, TextStyle};
use tokscan::rule::RuleMeta;
use tokscan::source::{Coverage, DiscoverOptions, FileTable, PathNote, Redactor, load};

const SECRET: &str = "hunter2-hünter2";
const LONG_SECRET: &str = "sk_live_51H8xYzAbCdEfGhIjKlMnOp";

/// A project, what was found in it, and the directory it lives in.
struct Case {
    directory: TempDir,
    files: FileTable,
    redactor: Redactor,
    findings: Vec<Finding>,
    rules: Vec<RuleMeta>,
    coverage: Coverage,
}

impl Case {
    fn new(texts: &[(&str, &str)]) -> Self {
        let directory = TempDir::new().expect("temporary directory");
        for (path, text) in texts {
            let path = directory.path().join(path);
            fs::create_dir_all(path.parent().expect("parent")).expect("directory");
            fs::write(path, text).expect("file");
        }
        let files =
            load(&[directory.path().to_owned()], &DiscoverOptions::default()).expect("load");
        let coverage = Coverage::of(&files);
        let redactor = Redactor::new(&files, Default::default());
        let rules = vec![rule("example-rule", Severity::High), rule("other-rule", Severity::Low)];
        Self { directory, files, redactor, findings: Vec::new(), rules, coverage }
    }

    /// Marks every occurrence of `secrets` as a literal secret.
    fn with_secrets(mut self, secrets: &[&str]) -> Self {
        let ranges = self.files.files.iter().map(|file| {
            let found = secrets.iter().flat_map(|secret| file.text.match_indices(secret));
            (file.id, found.map(|(at, text)| range(at, text.len())).collect())
        });
        self.redactor = Redactor::new(&self.files, ranges.collect());
        self
    }

    /// The place of the first `code` in `path`.
    fn loc(&self, path: &str, code: &str) -> Loc {
        let file = self.files.files.iter().find(|file| file.path == path).expect("file");
        let at = file.text.find(code).expect("code");
        let (start, end) = range(at, code.len());
        Loc { file: file.id, start, end }
    }

    fn label(&self, path: &str, code: &str, text: &str) -> Label {
        Label { loc: self.loc(path, code), text: text.into() }
    }

    fn finding(&self, severity: Severity, path: &str, code: &str, text: &str) -> FindingBuilder {
        let primary = self.label(path, code, text);
        let message = format!("`{code}` is not what it should be");
        FindingBuilder::new("example-rule".into(), severity, Confidence::High, message, primary)
    }

    fn add(&mut self, finding: FindingBuilder) {
        let mut finding = finding.cwe(&[79, 1004]).fix("Do it the other way.").build();
        finding.fingerprint = Fingerprint(format!("{:032x}", self.findings.len() + 1));
        self.findings.push(finding);
    }

    fn render(&self, format: Format, style: &TextStyle) -> String {
        let findings: Vec<&Finding> = self.findings.iter().collect();
        let rules: Vec<&RuleMeta> = self.rules.iter().collect();
        let report = Report {
            findings: &findings,
            files: &self.files,
            redactor: &self.redactor,
            rules: &rules,
            coverage: &self.coverage,
            hidden: Hidden {
                suppressed: 2,
                by_severity: 0,
                by_confidence: 12,
                min_severity: Severity::Low,
                min_confidence: Confidence::Medium,
            },
            grouping: Grouping::Severity,
        };
        let mut out = Vec::new();
        report::write(format, &report, style, &mut out).expect("report");
        String::from_utf8(out).expect("UTF-8")
    }

    fn text(&self) -> String {
        self.render(Format::Text, &TextStyle::default())
    }

    fn json(&self) -> Value {
        let text = self.render(Format::Json, &TextStyle::default());
        serde_json::from_str(&text).expect("JSON")
    }

    fn sarif(&self) -> Value {
        let text = self.render(Format::Sarif, &TextStyle::default());
        serde_json::from_str(&text).expect("SARIF")
    }
}

fn range(at: usize, length: usize) -> (u32, u32) {
    (u32::try_from(at).expect("small"), u32::try_from(at + length).expect("small"))
}

fn rule(id: &str, severity: Severity) -> RuleMeta {
    RuleMeta {
        id: id.into(),
        title: "Something is not what it should be".into(),
        category: "jwt".into(),
        severity,
        confidence: Confidence::Medium,
        cwe: vec![79, 1004],
        owasp_api: Vec::new(),
        owasp: Vec::new(),
        asvs: Vec::new(),
        why: "Because it matters.".into(),
        fix: "Do it the other way.".into(),
        references: vec!["https://example.org/rule".into()],
        supersedes: Vec::new(),
        django_checks: vec!["security.W012".into()],
        branches: Vec::new(),
        adjusts: Vec::new(),
        remedies: Vec::new(),
        standards: Vec::new(),
        embedded: false,
        examples: Vec::new(),
    }
}

/// Non-ASCII text, tabs, secrets, escapes, every kind of line break, a trace over files.
fn awkward() -> Case {
    let views = format!(
        "from app.log import note\n\n\ndef login(request):\n\ttöken = request.POST['töken']\n\
         \tnote(töken)\n\nKEY = '{SECRET}'  # \x1b[31m was {SECRET}\n"
    );
    let log = format!(
        "import logging\r\n\r\ndef note(wert):\r\n    logging.info('é %s', wert)\r\nAPI = \"{LONG_SECRET}\"\r\n"
    );
    let mac = "a = 1\rb = '😀' + secret_name\rc = 3\r";
    let mut case = Case::new(&[("app/views.py", &views), ("app/log.py", &log), ("mac.py", mac)])
        .with_secrets(&[SECRET, LONG_SECRET]);
    let trace = Trace {
        steps: vec![
            case.label("app/views.py", "request.POST['töken']", "the token is read"),
            case.label("app/views.py", "note(töken)", "and passed on"),
            case.label("app/log.py", "logging.info('é %s', wert)", "and logged"),
        ],
    };
    let logged = case
        .finding(Severity::High, "app/log.py", "logging.info('é %s', wert)", "logged here")
        .trace(trace)
        .symbol("note".into());
    case.add(logged);
    let api = case.finding(Severity::Medium, "app/log.py", LONG_SECRET, "");
    case.add(api);
    let key = case
        .finding(Severity::Critical, "app/views.py", SECRET, &format!("holds {SECRET}"))
        .because(vec!["raised to critical: production settings \u{1b}[1m".into()])
        .related(case.label("app/log.py", LONG_SECRET, "another one"));
    case.add(key);
    let mac = case.finding(Severity::Low, "mac.py", "secret_name", "a name");
    case.add(mac);
    case.coverage
        .partly_parsed
        .push(PathNote { path: "mac.py".into(), reason: "syntax error in line 1".into() });
    case
}

const STYLES: [TextStyle; 3] = [
    TextStyle { color: false, unicode: true, links: false, width: 100, window: 160 },
    TextStyle { color: false, unicode: false, links: false, width: 60, window: 60 },
    TextStyle { color: true, unicode: true, links: true, width: 100, window: 160 },
];

#[test]
fn text_shows_every_place_of_a_finding() {
    insta::assert_snapshot!(awkward().text());
}

#[test]
fn text_in_ascii() {
    let text = awkward().render(Format::Text, &STYLES[1]);
    let frame: String = text.chars().filter(|c| !c.is_ascii() && !"öüé😀".contains(*c)).collect();
    assert_eq!(frame, "");
}

#[test]
fn text_has_colours_and_links_on_demand() {
    let text = awkward().render(Format::Text, &STYLES[2]);
    assert!(text.contains("\x1b]8;;https://example.org/rule\x1b\\"));
    let code = |word: &str| {
        let before = &text[..text.find(word).expect("severity")];
        before[before.rfind("\n").expect("line")..].to_owned()
    };
    let codes = ["critical", "high", "medium", "low"].map(code);
    assert!(codes.iter().all(|code| code.contains("\x1b[")));
    let distinct: std::collections::BTreeSet<_> = codes.iter().collect();
    assert_eq!(distinct.len(), 4, "severities differ in colour");
}

#[test]
fn no_format_prints_a_secret_or_a_control_character() {
    let case = awkward();
    for format in [Format::Text, Format::Json, Format::Sarif] {
        for style in &STYLES[..2] {
            let text = case.render(format, style);
            assert!(!text.contains(SECRET), "{format:?}");
            assert!(!text.contains("hunter2"), "{format:?}");
            assert!(!text.contains(&LONG_SECRET[..4]), "{format:?}");
            let raw = text.chars().find(|&c| c != '\n' && tokscan::source::is_unshowable(c));
            assert_eq!(raw, None, "{format:?}");
        }
    }
}

#[test]
fn control_characters_of_the_source_do_not_pass_with_colours_either() {
    let mut case = Case::new(&[("a.py", "x = 1 # \u{1b}]0;title\u{7}\u{202e}\u{9b}2J\n")]);
    case.add(case.finding(Severity::High, "a.py", "x = 1", "\u{1b}[2J"));
    let text = case.render(Format::Text, &STYLES[2]);
    assert!(!text.contains("\u{1b}]0;") && !text.contains("\u{1b}[2J"));
    assert!(!text.contains(['\u{7}', '\u{202e}', '\u{9b}']));
}

#[test]
fn sarif_follows_the_schema() {
    // One pattern of the schema, on a property not used here, is not a valid expression.
    let schema = include_str!("schemas/sarif-2.1.0.json").replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$");
    let schema: Value = serde_json::from_str(&schema).expect("schema");
    let validator =
        jsonschema::options().should_validate_formats(true).build(&schema).expect("validator");
    let empty = Case::new(&[]);
    for case in [awkward(), empty] {
        let sarif = case.sarif();
        let errors: Vec<String> = validator
            .iter_errors(&sarif)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new());
    }
}

/// Line and column of a byte offset, counted without the code under test.
fn count(text: &str, offset: usize) -> (u64, u64) {
    let before = text[..offset].replace("\r\n", "\n").replace('\r', "\n");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().expect("line").chars().count() + 1;
    (line as u64, column as u64)
}

#[test]
fn json_and_sarif_agree_with_the_bytes() {
    let case = awkward();
    let (json, sarif) = (case.json(), case.sarif());
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let entries = json["findings"].as_array().expect("findings");
    assert_eq!((results.len(), entries.len()), (case.findings.len(), case.findings.len()));
    for ((finding, entry), result) in case.findings.iter().zip(entries).zip(results) {
        assert_place(&case, finding.primary.loc, entry, &result["locations"][0]);
        for (index, label) in finding.related.iter().enumerate() {
            let location = &result["relatedLocations"][index];
            assert_place(&case, label.loc, &entry["related"][index], location);
            assert_eq!(location["id"], index);
        }
        match &finding.trace {
            None => assert!(entry.get("trace").is_none() && result.get("codeFlows").is_none()),
            Some(trace) => {
                let flow = &result["codeFlows"][0]["threadFlows"][0]["locations"];
                assert_eq!(flow.as_array().expect("steps").len(), trace.steps.len());
                for (index, step) in trace.steps.iter().enumerate() {
                    let location = &flow[index]["location"];
                    assert_place(&case, step.loc, &entry["trace"][index], location);
                }
            }
        }
    }
}

#[track_caller]
fn assert_place(case: &Case, loc: Loc, entry: &Value, location: &Value) {
    let file = case.files.get(loc.file);
    // What is on the disk, not what was loaded.
    let disk = fs::read_to_string(case.directory.path().join(&file.path)).expect("file");
    let (start, end) = (count(&disk, loc.start as usize), count(&disk, loc.end as usize));
    let pair = |value: &Value, line: &str, column: &str| {
        (value[line].as_u64().expect("line"), value[column].as_u64().expect("column"))
    };
    assert_eq!(entry["path"], file.path.as_str());
    assert_eq!(pair(&entry["start"], "line", "column"), start);
    assert_eq!(pair(&entry["end"], "line", "column"), end);
    assert_eq!(entry["start"]["offset"], loc.start);
    assert_eq!(entry["end"]["offset"], loc.end);
    let physical = &location["physicalLocation"];
    let region = &physical["region"];
    assert_eq!(physical["artifactLocation"]["uri"], file.path.as_str());
    assert_eq!(pair(region, "startLine", "startColumn"), start);
    assert_eq!(pair(region, "endLine", "endColumn"), end);
}

#[test]
fn sarif_says_what_code_hosts_ask_for() {
    let sarif = awkward().sarif();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let uri = run["originalUriBaseIds"]["SCANROOT"]["uri"].as_str().expect("root");
    assert!(uri.starts_with("file:///") && uri.ends_with('/'), "{uri}");
    let rule = &run["tool"]["driver"]["rules"][0];
    assert_eq!(rule["id"], "example-rule");
    assert_eq!(rule["name"], "ExampleRule");
    assert_eq!(rule["defaultConfiguration"]["level"], "error");
    assert_eq!(rule["properties"]["security-severity"], "8.0");
    assert_eq!(rule["properties"]["precision"], "medium");
    let tags = ["security", "external/cwe/cwe-079", "external/cwe/cwe-1004", "jwt"];
    assert_eq!(rule["properties"]["tags"], serde_json::json!(tags));
    assert!(rule["help"]["text"].as_str().is_some_and(|text| text.contains("Do it the other way")));
    assert_eq!(rule["helpUri"], "https://example.org/rule");
    let levels: Vec<&Value> =
        run["results"].as_array().expect("results").iter().map(|r| &r["level"]).collect();
    assert_eq!(levels, ["error", "warning", "error", "note"]);
    let result = &run["results"][2];
    assert_eq!(result["ruleIndex"], 0);
    assert_eq!(result["partialFingerprints"]["tokscan/v1"], format!("{:032x}", 3));
    assert_eq!(result["properties"]["security-severity"], "9.5");
    let notes = &run["invocations"][0]["toolExecutionNotifications"];
    assert_eq!(notes[0]["descriptor"]["id"], "partly-parsed");
    assert_eq!(notes[0]["level"], "warning");
}

#[test]
fn profiles_are_told_where_they_are_known() {
    let mut case = Case::new(&[("a.py", "x = 1\n")]);
    let with = case.finding(Severity::Low, "a.py", "x", "").profile(Some("development"));
    let without = case.finding(Severity::Low, "a.py", "1", "");
    case.add(with);
    case.add(without);
    let json = case.json();
    assert_eq!(json["findings"][0]["profile"], "development");
    assert!(json["findings"][1].get("profile").is_none());
}

#[test]
fn checks_of_django_are_exported() {
    let mut case = Case::new(&[("a.py", "x = 1\n")]);
    case.rules[1].django_checks.clear();
    let checks: [Arc<str>; 2] = ["security.W010".into(), "security.W016".into()];
    let with = case.finding(Severity::Low, "a.py", "x", "").django_checks(&checks);
    let without = case.finding(Severity::Low, "a.py", "1", "");
    case.add(with);
    case.add(without);
    let (json, sarif) = (case.json(), case.sarif());
    let ids = serde_json::json!(["security.W010", "security.W016"]);
    assert_eq!(json["findings"][0]["djangoCheck"], ids);
    assert_eq!(json["findings"][1]["djangoCheck"], serde_json::json!([]));
    let run = &sarif["runs"][0];
    assert_eq!(run["results"][0]["properties"]["djangoCheck"], ids);
    assert!(run["results"][1]["properties"].get("djangoCheck").is_none());
    let rules = &run["tool"]["driver"]["rules"];
    assert_eq!(rules[0]["properties"]["djangoCheck"], serde_json::json!(["security.W012"]));
    assert!(rules[1]["properties"].get("djangoCheck").is_none());
}

#[cfg(target_os = "linux")]
#[test]
fn sarif_uris_are_exact() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let directory = TempDir::new().expect("temporary directory");
    for name in [&b"a b%41.py"[..], b"caf\xe9.py", "ö:x.py".as_bytes()] {
        fs::write(directory.path().join(OsStr::from_bytes(name)), "x = 1").expect("file");
    }
    let files = load(&[directory.path().to_owned()], &DiscoverOptions::default()).expect("load");
    let mut case = Case { directory, files, ..Case::new(&[]) };
    case.redactor = Redactor::new(&case.files, Default::default());
    for id in 0..3 {
        let primary = Label { loc: Loc { file: FileId(id), start: 0, end: 1 }, text: "".into() };
        let (rule, message): (Arc<str>, _) = ("example-rule".into(), "m".into());
        case.add(FindingBuilder::new(rule, Severity::Info, Confidence::Low, message, primary));
    }
    let sarif = case.sarif();
    let uri = |index: usize| {
        &sarif["runs"][0]["results"][index]["locations"][0]["physicalLocation"]["artifactLocation"]
            ["uri"]
    };
    assert_eq!(uri(0), "a%20b%2541.py");
    assert_eq!(uri(1), "caf%E9.py");
    assert_eq!(uri(2), "%C3%B6%3Ax.py");
}

#[test]
fn json_is_versioned_and_counts() {
    let json = awkward().json();
    assert_eq!(json["version"], 1);
    assert_eq!(json["tool"]["name"], "tokscan");
    assert_eq!(json["findings"][0]["cwe"], serde_json::json!([79, 1004]));
    assert_eq!(json["summary"]["findings"], 4);
    assert_eq!(json["summary"]["by_severity"]["critical"], 1);
    assert_eq!(json["summary"]["hidden"]["below_min_confidence"], 12);
    assert_eq!(json["coverage"]["analysed"], 3);
    assert_eq!(json["coverage"]["complete"], false);
    assert_eq!(json["coverage"]["partly_parsed"][0]["path"], "mac.py");
}

#[test]
fn a_very_long_line_is_shown_around_its_label() {
    let filler = "'x', ".repeat(300_000);
    let text = format!("a = [{filler}]; bad(1); b = [{filler}]\ny = 2\n");
    let mut case = Case::new(&[("long.py", &text[..text.len().min(1_999_000)])]);
    case.add(case.finding(Severity::High, "long.py", "bad(1)", "here"));
    for style in STYLES {
        let shown = case.render(Format::Text, &style);
        assert!(shown.contains("bad(1)"));
        let plain =
            |line: &str| line.split("\x1b[").map(|part| part.chars().count()).sum::<usize>();
        let longest = shown.lines().map(plain).max().unwrap_or(0);
        assert!(longest <= 200, "{longest}");
    }
}

#[test]
fn labels_at_the_edges_do_not_break_rendering() {
    let mut case =
        Case::new(&[("a.py", "x = (\n1,\n2,\n3,\n4,\n5,\n6)\ny = 'é'"), ("empty.py", "")]);
    let all = case.files.get(FileId(0)).text.len();
    let all = u32::try_from(all).expect("small");
    let spans = [
        (0, all),
        (all, all),
        (0, 0),
        (5, 6),
        (4, 9),
        (all - 2, all - 2),
        (all, all + 50),
        (30, 10),
    ];
    for (file, (start, end)) in spans.map(|span| (0, span)).into_iter().chain([(1, (0, 0))]) {
        let primary = Label { loc: Loc { file: FileId(file), start, end }, text: "here".into() };
        let message = "edge".to_owned();
        let builder =
            FindingBuilder::new("r".into(), Severity::Low, Confidence::High, message, primary);
        case.add(
            builder
                .related(Label { loc: Loc { file: FileId(1), start: 0, end: 0 }, text: "".into() }),
        );
    }
    for style in STYLES {
        let text = case.render(Format::Text, &style);
        assert!(!text.contains("Failed to read"), "{text}");
    }
    insta::assert_snapshot!(case.text());
}

#[test]
fn nothing_found_is_said() {
    let case = Case::new(&[("a.py", "x = 1\n")]);
    insta::assert_snapshot!(case.text(), @r"
    No findings.

    Not shown: 12 below --min-confidence medium, 2 suppressed by comments.
    ");
}

#[test]
fn embedded_rules_have_a_page_in_the_repository() {
    let own = rule("example-rule", Severity::High);
    let base = "https://example.org/tokscan/";
    assert_eq!(own.url(base).as_deref(), Some("https://example.org/rule"));
    let embedded = RuleMeta { embedded: true, ..own };
    let page = "https://example.org/tokscan/blob/HEAD/docs/rules/example-rule.md";
    assert_eq!(embedded.url(base).as_deref(), Some(page));
    assert_eq!(embedded.url("").as_deref(), Some("https://example.org/rule"));
}
