//! Hand-made findings in files that are written to a temporary directory, and their reports.
#![allow(clippy::allow_attributes, reason = "each test file uses its own part of this")]
#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;
use tempfile::TempDir;
use tokscan::base::Loc;
use tokscan::finding::{
    Confidence, Edit, Finding, FindingBuilder, Fingerprint, Label, Notice, Replacement, Safety,
    Severity, Suppressed, Trace,
};
use tokscan::report::{self, Autofix, Format, Grouping, Hidden, Report, Run, TextStyle};
use tokscan::rule::RuleMeta;
use tokscan::source::{Coverage, DiscoverOptions, FileTable, PathNote, Redactor, load};

pub const SECRET: &str = "hunter2-hünter2";
pub const LONG_SECRET: &str = "sk_live_51H8xYzAbCdEfGhIjKlMnOp";

/// A project, what was found in it, and the directory it lives in.
pub struct Case {
    pub directory: TempDir,
    pub files: FileTable,
    pub redactor: Redactor,
    pub findings: Vec<Finding>,
    pub suppressed: Vec<Suppressed>,
    pub notices: Vec<Notice>,
    pub rules: Vec<RuleMeta>,
    pub coverage: Coverage,
}

impl Case {
    pub fn new(texts: &[(&str, &str)]) -> Self {
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
        Self {
            directory,
            files,
            redactor,
            findings: Vec::new(),
            suppressed: Vec::new(),
            notices: Vec::new(),
            rules,
            coverage,
        }
    }

    /// Marks every occurrence of `secrets` as a literal secret.
    pub fn with_secrets(mut self, secrets: &[&str]) -> Self {
        let ranges = self.files.files.iter().map(|file| {
            let found = secrets.iter().flat_map(|secret| file.text.match_indices(secret));
            (file.id, found.map(|(at, text)| range(at, text.len())).collect())
        });
        self.redactor = Redactor::new(&self.files, ranges.collect());
        self
    }

    /// The place of the first `code` in `path`.
    pub fn loc(&self, path: &str, code: &str) -> Loc {
        let file = self.files.files.iter().find(|file| file.path == path).expect("file");
        let at = file.text.find(code).expect("code");
        let (start, end) = range(at, code.len());
        Loc { file: file.id, start, end }
    }

    pub fn label(&self, path: &str, code: &str, text: &str) -> Label {
        Label { loc: self.loc(path, code), text: text.into() }
    }

    pub fn finding(
        &self,
        severity: Severity,
        path: &str,
        code: &str,
        text: &str,
    ) -> FindingBuilder {
        let primary = self.label(path, code, text);
        let message = format!("`{code}` is not what it should be");
        FindingBuilder::new("example-rule".into(), severity, Confidence::High, message, primary)
    }

    pub fn add(&mut self, finding: FindingBuilder) {
        let mut finding = finding.cwe(&[79, 1004]).fix("Do it the other way.").build();
        finding.fingerprint = Fingerprint(format!("{:032x}", self.findings.len() + 1));
        self.findings.push(finding);
    }

    pub fn render(&self, format: Format, style: &TextStyle) -> String {
        self.render_with(format, style, None).0
    }

    /// A report, and what it had to leave out.
    pub fn render_with(
        &self,
        format: Format,
        style: &TextStyle,
        category: Option<&str>,
    ) -> (String, Vec<String>) {
        let findings: Vec<&Finding> = self.findings.iter().collect();
        let suppressed: Vec<&Suppressed> = self.suppressed.iter().collect();
        let notices: Vec<&Notice> = self.notices.iter().collect();
        let rules: Vec<&RuleMeta> = self.rules.iter().collect();
        let report = Report {
            findings: &findings,
            suppressed: &suppressed,
            sarif_suppressed: true,
            notices: &notices,
            files: &self.files,
            redactor: &self.redactor,
            rules: &rules,
            coverage: &self.coverage,
            hidden: Hidden {
                suppressed: 2,
                by_path: 0,
                baseline: 0,
                elsewhere: 0,
                by_severity: 0,
                by_confidence: 12,
                min_severity: Severity::Low,
                min_confidence: Confidence::Medium,
            },
            autofix: Autofix { names_unsafe: true, applied: None },
            grouping: Grouping::Severity,
            run: Run {
                repository: &self.files.root,
                working: &self.files.root,
                started: UNIX_EPOCH + Duration::from_secs(1_700_000_000),
                ended: UNIX_EPOCH + Duration::from_secs(1_700_000_003),
                category,
            },
        };
        let mut out = Vec::new();
        let notes = report::write(format, &report, style, &mut out).expect("report");
        (String::from_utf8(out).expect("UTF-8"), notes)
    }

    pub fn plain(&self, format: Format) -> String {
        self.render(format, &TextStyle::default())
    }

    pub fn text(&self) -> String {
        self.render(Format::Text, &TextStyle::default())
    }

    pub fn json(&self) -> Value {
        self.parsed(Format::Json)
    }

    pub fn sarif(&self) -> Value {
        self.parsed(Format::Sarif)
    }

    pub fn parsed(&self, format: Format) -> Value {
        serde_json::from_str(&self.plain(format)).expect("JSON")
    }
}

fn range(at: usize, length: usize) -> (u32, u32) {
    (u32::try_from(at).expect("small"), u32::try_from(at + length).expect("small"))
}

pub fn rule(id: &str, severity: Severity) -> RuleMeta {
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
        autofix: None,
        examples: Vec::new(),
    }
}

pub fn edit(replacements: &[(Loc, &str)]) -> Edit {
    let replacements = replacements.iter();
    Edit {
        title: "Read it from the environment".into(),
        safety: Safety::Unsafe,
        replacements: replacements
            .map(|(loc, text)| Replacement { loc: *loc, text: (*text).into() })
            .collect(),
    }
}

/// Non-ASCII text, tabs, secrets, escapes, every kind of line break, a trace over files, edits.
pub fn awkward() -> Case {
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
    // An edit over two lines of a file with lone carriage returns and wide characters.
    let (start, name) = (case.loc("mac.py", "a = 1"), case.loc("mac.py", "secret_name"));
    let insertion = Loc { end: start.start, ..start };
    case.findings[3].edit = Some(edit(&[(insertion, "import os\r"), (name, "os.environ['K']")]));
    // What would show a secret is not handed out.
    let key = case.loc("app/views.py", SECRET);
    case.findings[2].edit = Some(edit(&[(key, &format!("x{SECRET}"))]));
    case.coverage
        .partly_parsed
        .push(PathNote { path: "mac.py".into(), reason: "syntax error in line 1".into() });
    case
}

/// What a project may call its files and write into its code to break a report.
pub const HOSTILE: &str = "</script><script>pwned=1</script><img src=x onerror=pwned=1>\"'&amp; ]]> \
     <!-- --> `x` ``` *b* _i_ [l](javascript:pwned=1) | @team #1 $x$ ::error::x ::set-output \
     name=a::b %0A %25 a,b:c {{ x }} {% x %}";

/// The same as the name of a file, where a line break is allowed and a slash is not.
const HOSTILE_NAME: &str =
    "a<script>pwned=1<\u{2044}script>\"'&]]>`x`|,b::c%0A%25 d\ne\u{1b}[31m.py";

pub fn hostile() -> Case {
    let text = format!("def f(x):\n    # {HOSTILE}\n    return g(x, '''{HOSTILE}''')\n");
    let mut case = Case::new(&[(HOSTILE_NAME, &text), ("b.py", "y = f(1)\n")]);
    let at = |case: &Case, code: &str| {
        let file = case.files.files.iter().find(|file| file.path != "b.py").expect("file");
        let start = file.text.find(code).expect("code");
        let end = start + code.len();
        Loc {
            file: file.id,
            start: u32::try_from(start).expect("small"),
            end: u32::try_from(end).expect("small"),
        }
    };
    let message = format!("{HOSTILE}\n::error file=a.py::line\r\nbreak\u{1b}[31m\u{202e}");
    let primary = Label { loc: at(&case, "g(x"), text: HOSTILE.into() };
    let source = Label { loc: at(&case, HOSTILE), text: HOSTILE.into() };
    let trace = Trace { steps: vec![source.clone(), case.label("b.py", "f(1)", HOSTILE)] };
    let finding = FindingBuilder::new(
        "example-rule".into(),
        Severity::High,
        Confidence::Medium,
        message,
        primary,
    );
    let finding =
        finding.because(vec![HOSTILE.into()]).symbol("f".into()).related(source).trace(trace);
    case.add(finding);
    case.findings[0].fix = HOSTILE.into();
    case.rules[0].why = HOSTILE.into();
    case.rules[0].title = HOSTILE.into();
    case.rules[0].fix = HOSTILE.into();
    case.rules[0].references = vec!["javascript:pwned=1".into(), "https://example.org/\">".into()];
    case
}

/// Line and column of a byte offset, counted without the code under test; a column is a number of
/// `unit`s.
pub fn count(text: &str, offset: usize, unit: fn(char) -> usize) -> (u64, u64) {
    let before = text[..offset].replace("\r\n", "\n").replace('\r', "\n");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().expect("line").chars().map(unit).sum::<usize>() + 1;
    (line as u64, column as u64)
}
