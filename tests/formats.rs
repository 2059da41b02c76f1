//! The formats for code hosts, servers and browsers: each valid by its schema, true to the
//! source, complete, and safe whatever the names and messages of a project are.

mod report_support;

use std::fs;
use std::io::Write as _;
use std::process::Command;

use report_support::{Case, HOSTILE, awkward, count, hostile};
use serde_json::Value;
use tokscan::base::{FileId, Loc};
use tokscan::finding::{
    Confidence, FindingBuilder, Label, Notice, Severity, Suppressed, SuppressedBy, Trace,
};
use tokscan::report::{Format, TextStyle};

fn empty() -> Case {
    Case::new(&[])
}

#[track_caller]
fn assert_valid(schema: &str, document: &Value) {
    let schema: Value = serde_json::from_str(schema).expect("schema");
    let validator = jsonschema::validator_for(&schema).expect("validator");
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn sarif_is_what_github_takes() {
    for case in [awkward(), empty(), hostile()] {
        assert_valid(include_str!("schemas/github-code-scanning.json"), &case.sarif());
    }
}

#[test]
fn gitlab_sast_follows_its_schema() {
    for case in [awkward(), empty(), hostile()] {
        let report = case.parsed(Format::GitlabSast);
        assert_valid(include_str!("schemas/gitlab-sast-15.0.7.json"), &report);
    }
}

#[test]
fn gitlab_code_quality_follows_its_documentation() {
    for case in [awkward(), empty(), hostile()] {
        let report = case.parsed(Format::GitlabCodeQuality);
        assert_valid(include_str!("schemas/gitlab-code-quality.json"), &report);
    }
}

#[test]
fn junit_follows_its_schema() {
    let folder = tempfile::TempDir::new().expect("temporary directory");
    for (index, case) in [awkward(), empty(), hostile()].into_iter().enumerate() {
        let text = case.plain(Format::Junit);
        assert_junit(&text, case.findings.len());
        let file = folder.path().join(format!("{index}.xml"));
        fs::write(&file, text).expect("file");
        let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schemas/junit-10.xsd");
        let checked = Command::new("xmllint")
            .args(["--noout", "--nonet", "--schema", schema])
            .arg(&file)
            .output();
        match checked {
            Ok(output) => {
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            }
            Err(error) => say(&format!("not checked against junit-10.xsd: xmllint: {error}")),
        }
    }
}

/// What the schema demands, for machines without a validator, and that numbers are right.
#[track_caller]
fn assert_junit(text: &str, findings: usize) {
    let document = roxmltree::Document::parse(text).expect("XML");
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let number = |node: roxmltree::Node<'_, '_>, name: &str| -> usize {
        node.attribute(name).expect("attribute").parse().expect("a number")
    };
    let named = |node: roxmltree::Node<'_, '_>, name: &str| {
        node.children().filter(|child| child.has_tag_name(name)).count()
    };
    let mut cases = 0;
    for suite in root.children().filter(roxmltree::Node::is_element) {
        assert_eq!(suite.tag_name().name(), "testsuite");
        assert!(suite.attribute("name").is_some_and(|name| !name.is_empty()));
        assert_eq!(number(suite, "tests"), named(suite, "testcase"));
        assert_eq!(number(suite, "errors"), 0);
        let failed = suite.children().filter(|case| named(*case, "failure") == 1).count();
        assert_eq!(number(suite, "failures"), failed);
        assert!(suite.children().all(|case| !case.is_element() || case.has_attribute("name")));
        cases += named(suite, "testcase");
    }
    assert_eq!((number(root, "failures"), number(root, "tests")), (findings, findings.max(1)));
    assert_eq!(cases, findings.max(1));
}

/// Tells whoever runs the tests; the harness would swallow `eprintln`.
fn say(text: &str) {
    writeln!(std::io::stderr().lock(), "{text}").expect("stderr");
}

#[test]
fn every_format_looks_as_it_should() {
    let mut case = Case::new(&[
        ("shop/views.py", "def show(request):\n    token = request.GET['token']\n    log(token)\n"),
        ("shop/log.py", "def log(value):\n    logger.info(value)\n"),
    ]);
    let trace = Trace {
        steps: vec![
            case.label("shop/views.py", "request.GET['token']", "`token` is read"),
            case.label("shop/views.py", "log(token)", "and passed on"),
            case.label("shop/log.py", "logger.info(value)", "and logged"),
        ],
    };
    let logged = case
        .finding(Severity::High, "shop/log.py", "logger.info(value)", "logged here")
        .symbol("log".into())
        .because(vec!["raised: everybody reads this log".into()])
        .related(case.label("shop/views.py", "log(token)", "called here"))
        .trace(trace);
    case.add(logged);
    let low = case.finding(Severity::Low, "shop/views.py", "def show(request):", "");
    case.add(low);
    // The page has a snapshot without its style sheet and script, which have files of their own.
    let shown = |format: Format| match format {
        Format::Html => without_digests(&without(&without(&case.plain(format), "style"), "script")),
        _ => case.plain(format).replace(case.files.root.to_str().expect("UTF-8"), "/ROOT"),
    };
    for format in Format::ALL {
        insta::assert_snapshot!(format.as_str(), shown(format));
    }
}

/// The digests change with the style sheet and the script.
fn without_digests(page: &str) -> String {
    let mut parts = page.split("'sha256-");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |shown, part| {
        let rest = part.split_once('\'').map_or("", |(_, rest)| rest);
        format!("{shown}'sha256-…'{rest}")
    })
}

fn without(page: &str, element: &str) -> String {
    let (start, end) = (format!("<{element}>"), format!("</{element}>"));
    let from = page.find(&start).expect("element") + start.len();
    let to = page[from..].find(&end).expect("end") + from;
    format!("{}{}", &page[..from], &page[to..])
}

#[test]
fn lines_of_every_format_are_those_of_the_files() {
    let case = awkward();
    let sast = case.parsed(Format::GitlabSast);
    let quality = case.parsed(Format::GitlabCodeQuality);
    let concise = case.plain(Format::Concise);
    let junit = case.plain(Format::Junit);
    let junit = roxmltree::Document::parse(&junit).expect("XML");
    let github = case.plain(Format::Github);
    let page = case.plain(Format::Html);
    let markdown = case.plain(Format::Markdown);
    for (index, finding) in case.findings.iter().enumerate() {
        let loc = finding.primary.loc;
        let path = &case.files.get(loc.file).path;
        let disk = fs::read_to_string(case.directory.path().join(path)).expect("file");
        let (line, column) = count(&disk, loc.start as usize, |_| 1);
        let (end_line, end_column) = count(&disk, loc.end as usize, |_| 1);
        let place = format!("{path}:{line}:{column}");
        let entry = &sast["vulnerabilities"][index];
        assert_eq!(entry["location"]["file"], path.as_str());
        assert_eq!(entry["location"]["start_line"], line);
        assert_eq!(entry["location"]["end_line"], end_line);
        let entry = &quality[index]["location"];
        assert_eq!(entry["path"], path.as_str());
        assert_eq!(
            (&entry["lines"]["begin"], &entry["lines"]["end"]),
            (&line.into(), &end_line.into())
        );
        assert!(
            concise.lines().nth(index).is_some_and(|said| said.starts_with(&format!("{place}: ")))
        );
        let is_test = |node: &roxmltree::Node<'_, '_>| {
            node.attribute("classname") == Some(path.as_str())
                && node.attribute("name") == Some(&format!("{} at {line}:{column}", finding.rule))
        };
        assert!(junit.descendants().any(|node| is_test(&node)), "{place}");
        let range = format!(
            "file={path},line={line},endLine={end_line},col={column},endColumn={end_column},"
        );
        assert!(github.contains(&range), "{range} is not in\n{github}");
        assert!(page.contains(&format!("<span class=\"place\">{place}</span>")), "{place}");
        assert!(markdown.contains(&format!("at `{place}`")), "{place}");
    }
}

#[test]
fn steps_of_a_trace_are_in_every_format_that_has_room() {
    let case = awkward();
    let sast = case.parsed(Format::GitlabSast);
    let rows = &sast["vulnerabilities"][0]["details"]["trace"]["rows"];
    let places: Vec<(&str, u64)> = rows
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            let place = &row[1];
            (
                place["file_name"].as_str().expect("file"),
                place["line_start"].as_u64().expect("line"),
            )
        })
        .collect();
    assert_eq!(places, [("app/views.py", 5), ("app/views.py", 6), ("app/log.py", 4)]);
    let flow =
        &case.sarif()["runs"][0]["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"];
    let orders: Vec<&Value> =
        flow.as_array().expect("steps").iter().map(|step| &step["executionOrder"]).collect();
    assert_eq!(orders, [1, 2, 3]);
    for format in [Format::Html, Format::Markdown, Format::Junit] {
        let text = case.plain(format);
        for place in ["app/views.py:5:10", "app/views.py:6:2", "app/log.py:4:5"] {
            assert!(text.contains(place), "{place} in {format:?}");
        }
    }
}

#[test]
fn hostile_text_is_only_text_in_a_page() {
    let page = hostile().plain(Format::Html);
    // One element each, at its place: nothing of the project became one.
    for (tag, number) in
        [("<script", 1), ("<style", 1), ("<img", 0), ("<!--", 0), ("javascript:", 4)]
    {
        let expected =
            if tag == "javascript:" { page.matches("(javascript:").count() } else { number };
        assert_eq!(page.matches(tag).count(), expected, "{tag}");
    }
    assert!(!page.contains("href=\"javascript"));
    assert!(
        page.contains("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';")
    );
    let from = page.find("<script>").expect("script");
    assert!(!page[..from].contains("</script>"), "the script is where the template has it");
    // Nothing refers to anything outside, but links that a reader follows.
    for attribute in ["src=", "srcset=", "@import", "url(", "<link", "<iframe", "<base"] {
        let own = page.matches(attribute).count();
        let escaped = page.matches(&format!("&lt;img {attribute}")).count()
            + page.matches(&format!("&#60;img {attribute}")).count();
        assert_eq!(own, escaped, "{attribute}");
    }
}

#[test]
fn hostile_text_is_only_text_in_xml() {
    let case = hostile();
    let text = case.plain(Format::Junit);
    let document = roxmltree::Document::parse(&text).expect("XML");
    let failure =
        document.descendants().find(|node| node.has_tag_name("failure")).expect("failure");
    assert!(failure.attribute("message").is_some_and(|message| message.starts_with(HOSTILE)));
    assert!(failure.text().is_some_and(|body| body.contains(HOSTILE)));
    let file = case.files.files.iter().find(|file| file.path != "b.py").expect("file");
    assert!(document.descendants().any(|node| node.attribute("classname") == Some(&file.path)));
}

#[test]
fn hostile_text_is_one_command_for_github() {
    let text = hostile().plain(Format::Github);
    let commands: Vec<&str> = text.lines().collect();
    assert_eq!(commands.len(), 1, "{text}");
    let (properties, data) = commands[0]
        .strip_prefix("::error ")
        .and_then(|rest| rest.split_once("::"))
        .expect("a command");
    // As the runner reads it.
    let unescaped = |text: &str| {
        text.replace("%3A", ":")
            .replace("%2C", ",")
            .replace("%0D", "\r")
            .replace("%0A", "\n")
            .replace("%25", "%")
    };
    let values: Vec<(&str, String)> = properties
        .split(',')
        .map(|property| property.split_once('=').expect("a property"))
        .map(|(name, value)| (name, unescaped(value)))
        .collect();
    let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["file", "line", "endLine", "col", "endColumn", "title"]);
    assert_eq!(values[5].1, "example-rule (high)");
    assert!(values[0].1.starts_with("a<script>") && values[0].1.ends_with(".py"));
    assert!(data.starts_with(&HOSTILE.replace('%', "%25")), "{data}");
}

#[test]
fn hostile_text_is_only_text_in_markdown() {
    let text = hostile().plain(Format::Markdown);
    // What is in code is shown as it is.
    let mut fenced = false;
    let prose: Vec<&str> = text
        .lines()
        .filter(|line| {
            let fence = line.starts_with("```");
            fenced ^= fence;
            !fenced && !fence && !line.starts_with('|')
        })
        .collect();
    assert!(!fenced, "every block ends:\n{text}");
    for line in prose {
        let shown = outside_code(line);
        for sign in ["<script", "<img", "](javascript", "@team", " #1", "|"] {
            let at = shown.find(sign);
            assert!(at.is_none_or(|at| shown[..at].ends_with('\\')), "{sign} in {shown}");
        }
    }
    assert!(text.contains("````python"), "the fence is longer than what it holds");
}

/// What of a line of Markdown is not between backticks: a run of them ends at the next as long.
fn outside_code(line: &str) -> String {
    let mut shown = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        shown.push_str(&rest[..at]);
        let length = rest[at..].chars().take_while(|c| *c == '`').count();
        let inner = &rest[at + length..];
        let mut from = 0;
        let end = loop {
            let Some(next) = inner[from..].find('`').map(|next| next + from) else { break None };
            let run = inner[next..].chars().take_while(|c| *c == '`').count();
            if run == length {
                break Some(next + run);
            }
            from = next + run;
        };
        let Some(end) = end else {
            shown.push_str(&rest[at..]);
            return shown;
        };
        rest = &inner[end..];
    }
    shown + rest
}

#[test]
fn hostile_text_comes_back_from_json() {
    let case = hostile();
    let sast = case.parsed(Format::GitlabSast);
    let file = case.files.files.iter().find(|file| file.path != "b.py").expect("file");
    assert_eq!(sast["vulnerabilities"][0]["location"]["file"], file.path.as_str());
    let solution = sast["vulnerabilities"][0]["solution"].as_str().expect("solution");
    assert_eq!(solution, HOSTILE);
    let quality = case.parsed(Format::GitlabCodeQuality);
    assert!(quality[0]["description"].as_str().is_some_and(|text| text.starts_with(HOSTILE)));
    let sarif = case.sarif();
    let message = sarif["runs"][0]["results"][0]["message"]["text"].as_str().expect("message");
    assert!(message.starts_with(HOSTILE));
}

#[test]
fn concise_is_one_line_for_each_finding() {
    assert_eq!(hostile().plain(Format::Concise).lines().count(), 1);
    assert_eq!(empty().plain(Format::Concise), "");
    let colored = TextStyle { color: true, ..TextStyle::default() };
    assert!(awkward().render(Format::Concise, &colored).contains("\u{1b}["));
}

/// `number` findings of one severity in a file with that many lines.
fn many(numbers: &[(Severity, usize)]) -> Case {
    let total: usize = numbers.iter().map(|(_, number)| number).sum();
    let mut case = Case::new(&[("a.py", &"x = 1\n".repeat(total))]);
    let severities = numbers.iter().flat_map(|&(severity, number)| vec![severity; number]);
    for (line, severity) in severities.enumerate() {
        let start = u32::try_from(line * 6).expect("small");
        let loc = Loc { file: FileId(0), start, end: start + 1 };
        let primary = Label { loc, text: String::new() };
        case.add(FindingBuilder::new(
            "example-rule".into(),
            severity,
            Confidence::High,
            format!("number {line}"),
            primary,
        ));
    }
    case
}

#[test]
fn annotations_come_worst_first_with_a_notice_of_what_is_not_shown() {
    let case = many(&[
        (Severity::Low, 2),
        (Severity::Medium, 3),
        (Severity::High, 11),
        (Severity::Critical, 1),
    ]);
    let text = case.plain(Format::Github);
    let kinds: Vec<&str> =
        text.lines().map(|line| line[2..].split([' ', ':']).next().expect("a command")).collect();
    let expected = [vec!["error"; 12], vec!["warning"; 3], vec!["notice"; 3]].concat();
    assert_eq!(kinds, expected);
    assert!(text.lines().next().is_some_and(|line| line.contains("(critical)")));
    let notice = text.lines().nth(15).expect("notice");
    assert!(notice.starts_with("::notice title=tokscan::17 problems found. GitHub shows only 10 "));
    let few = many(&[(Severity::High, 10), (Severity::Low, 10)]).plain(Format::Github);
    assert_eq!(few.lines().count(), 20, "nothing to say");
}

#[test]
fn sarif_stays_below_the_limits_of_github() {
    let case = many(&[(Severity::Low, 10), (Severity::High, 25_000)]);
    let (text, notes) = case.render_with(Format::Sarif, &TextStyle::default(), None);
    let sarif: Value = serde_json::from_str(&text).expect("JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 25_000);
    assert!(results.iter().all(|result| result["level"] == "error"), "the least severe go");
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].contains("leaves out the 10 least severe of 25010 findings"));
    assert!(notes[1].contains("GitHub keeps 5000"));
}

#[test]
fn sarif_cuts_places_and_steps_and_says_so() {
    let mut case = many(&[(Severity::High, 1)]);
    let text = "x = 1\n".repeat(11_000);
    let long = Case::new(&[("a.py", &text)]);
    case.files = long.files;
    case.redactor = long.redactor;
    let at = |number: u32| {
        let loc = Loc { file: FileId(0), start: number * 6, end: number * 6 + 1 };
        Label { loc, text: format!("step {number}") }
    };
    case.findings[0].related = (1..1_500).map(at).collect();
    case.findings[0].trace = Some(Trace { steps: (0..10_500).map(at).collect() });
    let (text, notes) = case.render_with(Format::Sarif, &TextStyle::default(), None);
    let sarif: Value = serde_json::from_str(&text).expect("JSON");
    assert_valid(include_str!("schemas/github-code-scanning.json"), &sarif);
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["relatedLocations"].as_array().map(Vec::len), Some(999));
    let steps = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().expect("steps");
    let said = |step: &Value| step["location"]["message"]["text"].clone();
    assert_eq!((said(&steps[0]), said(&steps[9_999])), ("step 0".into(), "step 10499".into()));
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(awkward().render_with(Format::Sarif, &TextStyle::default(), None).1.is_empty());
}

#[test]
fn suppressed_findings_are_results_of_their_own_kind() {
    let mut case = awkward();
    let finding = case.findings.pop().expect("finding");
    let by = SuppressedBy::Comment { reason: "a test \u{1b}[1m".into() };
    case.suppressed.push(Suppressed { finding, by });
    let known = case.findings.remove(0);
    case.suppressed.push(Suppressed { finding: known, by: SuppressedBy::Baseline });
    let sarif = case.sarif();
    assert_valid(include_str!("schemas/github-code-scanning.json"), &sarif);
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let suppressions: Vec<usize> = results
        .iter()
        .map(|result| result["suppressions"].as_array().expect("suppressions").len())
        .collect();
    assert_eq!(suppressions, [1, 0, 0, 1]);
    let suppression = &results[3]["suppressions"][0];
    assert_eq!(suppression["kind"], "inSource");
    assert_eq!(suppression["justification"], "a test \\x1b[1m");
    assert_eq!(results[0]["suppressions"][0]["kind"], "external");
    let entry = &case.json()["suppressed"][0];
    assert_eq!((&entry["by"], &entry["reason"]), (&"comment".into(), &"a test \\x1b[1m".into()));
    let lists = [Format::Sarif, Format::Json];
    for format in Format::ALL.into_iter().filter(|format| !lists.contains(format)) {
        assert!(!case.plain(format).contains("secret_name` is not"), "{format:?}");
    }
}

#[test]
fn what_is_wrong_with_comments_is_said_where_it_can_be() {
    let mut case = awkward();
    let loc = case.loc("mac.py", "c = 3");
    let (text, help) = ("hides nothing: x\u{1b}[1m".to_owned(), Some("delete it".to_owned()));
    case.notices.push(Notice { loc, text, help, delete: Some(loc) });
    let sarif = case.sarif();
    assert_valid(include_str!("schemas/github-code-scanning.json"), &sarif);
    let notes = &sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    let notes = notes.as_array().expect("notifications");
    let note = notes.iter().find(|note| note["descriptor"]["id"] == "suppression").expect("one");
    assert_eq!(note["message"]["text"], "hides nothing: x\\x1b[1m; delete it");
    let place = &note["locations"][0]["physicalLocation"];
    assert_eq!(place["region"]["startLine"], 3);
    let entry = &case.json()["notices"][0];
    assert_eq!((&entry["path"], &entry["start"]["line"]), (&"mac.py".into(), &3.into()));
}

#[test]
fn analyses_of_one_commit_are_told_apart() {
    let case = awkward();
    let id = |category| {
        let (text, _) = case.render_with(Format::Sarif, &TextStyle::default(), category);
        let sarif: Value = serde_json::from_str(&text).expect("JSON");
        sarif["runs"][0]["automationDetails"]["id"].clone()
    };
    assert_eq!(id(None), "tokscan/");
    assert_eq!(id(Some("backend")), "backend/");
    assert_eq!(id(Some("backend/")), "backend/");
}

#[test]
fn messages_link_to_related_places() {
    let mut case = awkward();
    case.findings[2].related[0].text = "a [b] \\ c".into();
    let sarif = case.sarif();
    let message = sarif["runs"][0]["results"][2]["message"]["text"].as_str().expect("message");
    assert!(message.ends_with(". Related: [a \\[b\\] \\\\ c](1)."), "{message}");
}
