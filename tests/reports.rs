//! Text, JSON and SARIF over hand-made findings in awkward files: schema-valid and right about
//! lines and columns; and no format with a secret or a raw control character.

mod report_support;

use std::fs;
use std::sync::Arc;

use report_support::{Case, LONG_SECRET, SECRET, awkward, count, rule};
use serde_json::Value;
use tempfile::TempDir;
use tokscan::base::{FileId, Loc};
use tokscan::finding::{Confidence, FindingBuilder, Label, Severity};
use tokscan::report::{Format, TextStyle};
use tokscan::rule::RuleMeta;
use tokscan::source::{DiscoverOptions, Redactor, load};

#[test]
fn edits_are_in_json_and_sarif_and_lead_to_the_same_text() {
    let case = awkward();
    let (json, sarif) = (case.json(), case.sarif());
    let with_edit: Vec<&Value> = json["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter(|finding| finding.get("edit").is_some())
        .collect();
    let [finding] = with_edit.as_slice() else { panic!("{with_edit:?}") };
    let edit = &finding["edit"];
    assert_eq!((&edit["safety"], &edit["path"]), (&"unsafe".into(), &"mac.py".into()));
    let text = fs::read_to_string(case.directory.path().join("mac.py")).expect("file");
    let mut after = text.clone();
    for replacement in edit["replacements"].as_array().expect("replacements").iter().rev() {
        let offset = |key: &str| {
            let offset = replacement[key]["offset"].as_u64().expect("offset");
            usize::try_from(offset).expect("small")
        };
        after.replace_range(
            offset("start")..offset("end"),
            replacement["text"].as_str().expect("text"),
        );
    }
    assert_eq!(after, "import os\ra = 1\rb = '😀' + os.environ['K']\rc = 3\r");
    let fixes: Vec<&Value> = sarif["runs"][0]["results"]
        .as_array()
        .expect("results")
        .iter()
        .filter_map(|result| result.get("fixes"))
        .collect();
    let [fixes] = fixes.as_slice() else { panic!("{fixes:?}") };
    let change = &fixes[0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "mac.py");
    let region = &change["replacements"][1]["deletedRegion"];
    assert_eq!((&region["startLine"], &region["startColumn"]), (&2.into(), &12.into()));
    assert_eq!((&region["endLine"], &region["endColumn"]), (&2.into(), &23.into()));
    assert_eq!(change["replacements"][1]["insertedContent"]["text"], "os.environ['K']");
    assert_eq!(fixes[0]["properties"]["safety"], "unsafe");
    assert!(case.text().contains("\n2 can be fixed with --fix --unsafe-fixes.\n"));
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
    for format in Format::ALL {
        for style in &STYLES[..2] {
            let text = case.render(format, style);
            assert!(!text.contains(SECRET), "{format:?}");
            assert!(!text.contains("hunter2"), "{format:?}");
            assert!(!text.contains(&LONG_SECRET[..4]), "{format:?}");
            // Excerpts may keep the tabs of the source.
            let is_raw = |&c: &char| !"\n\t".contains(c) && tokscan::source::is_unshowable(c);
            let raw = text.chars().find(is_raw);
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
            assert_eq!(location["id"], index + 1);
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
    let place =
        |unit| (count(&disk, loc.start as usize, unit), count(&disk, loc.end as usize, unit));
    let (start, end) = place(|_| 1);
    let (utf16_start, utf16_end) = place(char::len_utf16);
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
    assert_eq!(pair(region, "startLine", "startColumn"), utf16_start);
    assert_eq!(pair(region, "endLine", "endColumn"), utf16_end);
}

#[test]
fn sarif_says_what_code_hosts_ask_for() {
    let sarif = awkward().sarif();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    assert_eq!(run["columnKind"], "utf16CodeUnits");
    let uri = run["originalUriBaseIds"]["%SRCROOT%"]["uri"].as_str().expect("root");
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
