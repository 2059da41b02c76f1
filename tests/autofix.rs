//! Edits: they keep how a file is written, mend what they are for, and leave alone what they do
//! not understand.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tokscan::engine::{Fixes, Outcome, ScanOptions, analyse, fix};
use tokscan::finding::{Finding, Safety};
use tokscan::rule::{Example, RuleMeta, RuleSet};
use tokscan::source::FileTable;

/// One rule per kind of edit, on functions that nobody else knows. What all rules must say stands in
/// `META` and `GOOD`.
const PACK: &str = r#"
[[call]]
signature = "lib.send(what, secure=False, *, depth=0, **kwargs)"

[[call]]
signature = "lib.check(claims)"

[[call]]
signature = "lib.weak(size)"

[[call]]
signature = "lib.allow(names)"

[[call]]
signature = "lib.read(name, default=None, cast=None)"

[[rule]]
id = "send"
title = "Sent in the open"
META
message = "sent in the open"
[[rule.match]]
pattern = "lib.send($_, ..., secure=False)"
edit = [{ title = "Send it safely", safety = "safe", insert-argument = "secure=True" }]
[[rule.example]]
bad = "import lib\nlib.send(1)  # <- here\n"
fixed = "import lib\nlib.send(1, secure=True)  # <- here\n"
GOOD

[[rule]]
id = "claims"
title = "Not checked"
META
message = "not checked"
[[rule.match]]
pattern = "lib.check(claims=$D)"
where.D = { type = "dict", lacks-key = "exp" }
edit = [{ title = "Check exp", safety = "safe", at = "$D", set-key = { exp = "None" } }]
[[rule.example]]
bad = "import lib\nlib.check({'a': 1})  # <- here\n"
fixed = "import lib\nlib.check({'a': 1, 'exp': None})  # <- here\n"
GOOD

[[rule]]
id = "weak"
title = "Too small"
META
message = "too small"
[[rule.match]]
pattern = "lib.weak(size=$S)"
where.S = { lt = 2048 }
edit = [{ title = "Use 3072", safety = "safe", at = "$S", replace = "3072" }]
[[rule.example]]
bad = "import lib\nlib.weak(1)  # <- here\n"
fixed = "import lib\nlib.weak(3072)  # <- here\n"
GOOD

[[rule]]
id = "allow"
title = "Allows none"
META
message = "allows none"
[[rule.match]]
pattern = "lib.allow(names=$N)"
where.N = { item = "none" }
edit = [{ title = "Drop none", safety = "safe", at = "$N", item = "none", delete-item = true }]
[[rule.example]]
bad = "import lib\nlib.allow(['a', 'none'])  # <- here\n"
fixed = "import lib\nlib.allow(['a'])  # <- here\n"
GOOD

[[rule]]
id = "drop"
title = "Has a default"
META
message = "has a default"
[[rule.match]]
pattern = "lib.read($_, default=$D, ...)"
where.D = "x"
edit = [{ title = "Drop it", safety = "safe", at = "$D", delete-item = true }]
[[rule.example]]
bad = "import lib\nlib.read('a', 'x')  # <- here\n"
fixed = "import lib\nlib.read('a')  # <- here\n"
GOOD

[[rule]]
id = "compare"
title = "Compared"
META
message = "compared"
[[rule.match]]
pattern = "$A != $B"
where.A = { origin = "lib.token(...)" }
edit = [{ title = "Compare slowly", safety = "safe", replace = "not hmac.compare_digest({$A}, {$B})", imports = { hmac = "hmac" } }]
[[rule.example]]
bad = "import lib\nlib.token() != x  # <- here\n"
fixed = "import hmac\nimport lib\nnot hmac.compare_digest(lib.token(), x)  # <- here\n"
GOOD

[[rule]]
id = "bind"
title = "Bound"
META
message = "bound"
[[rule.match]]
pattern = "lib.store[$K] = $_"
missing = [{ pattern = "lib.rotate()", scope = "before" }]
edit = [{ title = "Rotate before", safety = "unsafe", insert-before = "lib.rotate()", imports = { lib = "lib" } }]
[[rule.example]]
bad = "import lib\nlib.store['a'] = 1  # <- here\n"
fixed = "import lib\nlib.rotate()\nlib.store['a'] = 1  # <- here\n"
GOOD
"#;

const META: &str = r#"category = "test"
severity = "high"
confidence = "high"
cwe = [319]
why = "It matters."
fix = "Mend it."
references = ["https://example.org/a"]"#;

const GOOD: &str = r#"[[rule.example]]
good = "g()\n"
[[rule.example]]
good = "h()\n""#;

fn rules() -> RuleSet {
    let pack = PACK.replace("META", META).replace("GOOD", GOOD);
    RuleSet::from_texts(&[("test.toml", &pack)]).expect("a valid pack")
}

fn fixed_with(rules: &RuleSet, files: &[(&str, &str)], most: Safety) -> Fixes {
    let options = ScanOptions { threads: Some(1), ..ScanOptions::default() };
    let table = FileTable::in_memory(files.iter().copied());
    let first = analyse(table, rules, &options).expect("a scan");
    let wanted = |f: &Finding| f.edit.as_ref().is_some_and(|edit| edit.safety <= most);
    let wanted = |outcome: &Outcome| outcome.findings.iter().map(wanted).collect();
    fix(first, rules, &options, &wanted).expect("fixes")
}

fn text(fixes: &Fixes, path: &str) -> String {
    let file = fixes.outcome.files.files.iter().find(|file| file.path == path).expect("file");
    file.text.to_string()
}

/// What edits up to `most` make of one file.
#[track_caller]
fn becomes_with(most: Safety, before: &str, after: &str) {
    let fixes = fixed_with(&rules(), &[("a.py", before)], most);
    assert_eq!(text(&fixes, "a.py"), after);
    let again = fixed_with(&rules(), &[("a.py", after)], most);
    assert_eq!(text(&again, "a.py"), after, "a second time");
}

#[track_caller]
fn becomes(before: &str, after: &str) {
    becomes_with(Safety::Safe, before, after);
}

#[track_caller]
fn stays(before: &str) {
    becomes(before, before);
}

#[test]
fn arguments_are_added_as_the_others_are_laid_out() {
    let sends = |before: &str, after: &str| {
        becomes(&format!("import lib\n{before}\n"), &format!("import lib\n{after}\n"));
    };
    sends("lib.send(1)", "lib.send(1, secure=True)");
    sends("lib.send(1,)", "lib.send(1, secure=True,)");
    sends("lib.send((1))", "lib.send((1), secure=True)");
    sends("lib.send(1, secure=False)", "lib.send(1, secure=True)");
    sends("lib.send(1, False)", "lib.send(1, True)");
    sends("lib.send(1, secure = (False))", "lib.send(1, secure = (True))");
    sends(
        "lib.send(\n    1,\n    depth=2,\n)",
        "lib.send(\n    1,\n    depth=2,\n    secure=True,\n)",
    );
    sends(
        "lib.send(\n\t1,\n\tdepth=2  # deep, (very)\n)",
        "lib.send(\n\t1,\n\tdepth=2,  # deep, (very)\n\tsecure=True\n)",
    );
    sends(
        "lib.send(\n    1,\n    depth=2,  # deep\n    # the end\n)",
        "lib.send(\n    1,\n    depth=2,  # deep\n    secure=True,\n    # the end\n)",
    );
    sends(
        "lib.send(1,\n         depth=2)",
        "lib.send(1,\n         depth=2,\n         secure=True)",
    );
    sends(
        "x = [lib.send(1), lib.send(2)]",
        "x = [lib.send(1, secure=True), lib.send(2, secure=True)]",
    );
}

#[test]
fn what_a_file_does_not_say_itself_is_left_alone() {
    // Spread arguments may hold it; a name may mean anything.
    stays("import lib\noptions = dict(depth=1)\nlib.send(1, **options)\n");
    stays("import lib\nOFF = False\nlib.send(1, secure=OFF)\n");
    // A syntax error elsewhere.
    stays("import lib\nlib.send(1)\nx = (\n");
    // In an f-string.
    stays("import lib\nx = f'{lib.send(1)}'\n");
    // What a wrapper does is not mended at its callers.
    stays(
        "import lib\n\n\ndef send(what, secure):\n    lib.send(what, secure=secure)\n\n\nsend(1, False)\n",
    );
    let two =
        [("a.py", "import lib\nfrom b import SIZE\nlib.weak(SIZE)\n"), ("b.py", "SIZE = 5\n")];
    let fixes = fixed_with(&rules(), &two, Safety::Unsafe);
    assert!(fixes.changed.is_empty());
    assert_eq!(fixes.outcome.findings.len(), 1);
}

#[test]
fn a_value_with_a_name_is_for_somebody_to_look_at() {
    let before = "import lib\nSIZE = 1024\nlib.weak(SIZE)\n";
    stays(before);
    becomes_with(Safety::Unsafe, before, "import lib\nSIZE = 3072\nlib.weak(SIZE)\n");
    // Bound twice: who knows which one is meant.
    let twice =
        "import lib\nSIZE = 1024\nlib.weak(SIZE)\n\n\ndef f():\n    SIZE = 1\n    return SIZE\n";
    becomes_with(Safety::Unsafe, twice, twice);
    becomes("import lib\nlib.weak(1024)\nx = 1024\n", "import lib\nlib.weak(3072)\nx = 1024\n");
    becomes("import lib\nx = 1024\nlib.weak(1_024)\n", "import lib\nx = 1024\nlib.weak(3072)\n");
}

#[test]
fn entries_and_items_keep_quotes_commas_and_comments() {
    let checks = |before: &str, after: &str| {
        becomes(&format!("import lib\n{before}\n"), &format!("import lib\n{after}\n"));
    };
    checks("lib.check({})", "lib.check({\"exp\": None})");
    checks("lib.check({'a': 1})", "lib.check({'a': 1, 'exp': None})");
    checks("lib.check(dict(a=1))", "lib.check(dict(a=1, exp=None))");
    checks(
        "lib.check({\n    \"a\": 1,  # one\n})",
        "lib.check({\n    \"a\": 1,  # one\n    \"exp\": None,\n})",
    );
    checks("lib.allow(['a', 'none', 'b'])", "lib.allow(['a', 'b'])");
    checks("lib.allow(['none', 'b'])", "lib.allow(['b'])");
    checks("lib.allow([\n    'a',\n    'none',  # no\n])", "lib.allow([\n    'a',\n])");
    checks("lib.allow([\n    'a',\n    'none'\n])", "lib.allow([\n    'a',\n])");
    // `['none']` would be left empty, `('a', 'none')` no tuple.
    checks("lib.allow(['none'])", "lib.allow(['none'])");
    checks("lib.allow(('a', 'none'))", "lib.allow(('a', 'none'))");
    checks("lib.read('a', cast=int, default='x')", "lib.read('a', cast=int)");
    checks("lib.read('a', 'x', cast=int)", "lib.read('a', cast=int)");
    // What stands behind it would move to its place.
    checks("lib.read('a', 'x', int)", "lib.read('a', 'x', int)");
}

#[test]
fn operands_keep_their_code_and_imports_are_added_once() {
    becomes(
        "\"\"\"Doc.\"\"\"\n\nimport lib\n\nif lib.token() != (1 or 2):\n    pass\nx = [lib.token() != y for y in z]\n",
        "\"\"\"Doc.\"\"\"\n\nimport hmac\nimport lib\n\nif not hmac.compare_digest(lib.token(), 1 or 2):\n    pass\n\
         x = [not hmac.compare_digest(lib.token(), y) for y in z]\n",
    );
    // As an operand, `not …` needs parentheses.
    becomes(
        "import hmac as h\nimport lib\nx = 1 + (lib.token() != 2)\ny = lib.token() != 3\n",
        "import hmac as h\nimport lib\nx = 1 + (not h.compare_digest(lib.token(), 2))\n\
         y = not h.compare_digest(lib.token(), 3)\n",
    );
    // The name is taken.
    stays("import lib\nhmac = 1\nx = lib.token() != 2\n");
    stays("import lib\n\n\ndef f(hmac):\n    return lib.token() != hmac\n");
    // No import to stand beside.
    becomes(
        "#!/usr/bin/env python3\n# coding: utf-8\nfrom lib import token\n\nx = token() != 2\n",
        "#!/usr/bin/env python3\n# coding: utf-8\nimport hmac\nfrom lib import token\n\nx = not hmac.compare_digest(token(), 2)\n",
    );
    becomes(
        "from __future__ import annotations\n\nimport abc\nimport lib\n\nx = lib.token() != 2\n",
        "from __future__ import annotations\n\nimport abc\nimport hmac\nimport lib\n\nx = not hmac.compare_digest(lib.token(), 2)\n",
    );
}

#[test]
fn statements_have_lines_of_their_own() {
    let binds = |before: &str, after: &str| becomes_with(Safety::Unsafe, before, after);
    binds(
        "import lib\n\n\ndef f(x):\n    if x:\n        lib.store['a'] = x  # it\n",
        "import lib\n\n\ndef f(x):\n    if x:\n        lib.rotate()\n        lib.store['a'] = x  # it\n",
    );
    binds(
        "import lib\r\nlib.store['a'] = 1\r\n",
        "import lib\r\nlib.rotate()\r\nlib.store['a'] = 1\r\n",
    );
    let one_line = "import lib\n\n\ndef f(x):\n    if x: lib.store['a'] = x\n";
    binds(one_line, one_line);
    let two = "import lib\nx = 1; lib.store['a'] = x\n";
    binds(two, two);
}

#[test]
fn several_edits_in_one_call_take_as_many_rounds_as_they_need() {
    becomes(
        "import lib\nlib.send(lib.weak(lib.send(1)), depth=lib.weak(5))\n",
        "import lib\nlib.send(lib.weak(lib.send(1, secure=True)), depth=lib.weak(3072), secure=True)\n",
    );
}

/// All rules that have edits, with their examples.
fn edited(rules: &RuleSet) -> Vec<(&RuleMeta, &Example)> {
    let metas = rules.metas().filter(|meta| meta.autofix.is_some());
    metas.flat_map(|meta| meta.examples.iter().map(move |example| (meta, example))).collect()
}

/// The findings of a rule, under its own name or another one's.
fn own(fixes: &Fixes, rule: &RuleMeta) -> Vec<Finding> {
    let is_own = |f: &&Finding| f.rule == rule.id || f.supersedes.contains(&rule.id);
    fixes.outcome.findings.iter().filter(is_own).cloned().collect()
}

#[test]
fn every_rule_keeps_line_breaks_and_mends_what_it_edits() {
    let rules = RuleSet::builtin().expect("the packs are valid");
    let examples = edited(&rules);
    assert!(examples.len() > 100, "{} examples", examples.len());
    for (rule, example) in examples.iter().filter(|(_, e)| e.bad && !e.fixed.is_empty()) {
        let windows = |text: &str| text.replace('\n', "\r\n");
        let files: Vec<(&str, String)> = example
            .files
            .iter()
            .map(|(path, text)| {
                (path.as_str(), if path.ends_with(".py") { windows(text) } else { text.clone() })
            })
            .collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (*p, t.as_str())).collect();
        let options = ScanOptions { threads: Some(1), ..ScanOptions::default() };
        let table = FileTable::in_memory(files.iter().copied());
        let first = analyse(table, &rules, &options).expect("a scan");
        let stands = |f: &Finding| f.rule == rule.id || f.supersedes.contains(&rule.id);
        let wanted = |outcome: &Outcome| outcome.findings.iter().map(stands).collect();
        let fixes = fix(first, &rules, &options, &wanted).expect("fixes");
        for (path, wanted) in &example.fixed {
            assert_eq!(text(&fixes, path), windows(wanted), "{}", rule.id);
        }
        for changed in &fixes.changed {
            let now = &fixes.outcome.files.get(changed.file).text;
            assert_eq!(tokscan::syntax::parse(now).errors, [], "{}:\n{now}", rule.id);
        }
        assert!(own(&fixes, rule).iter().all(|f| f.edit.is_none()), "{} is not done", rule.id);
        assert_eq!(fixes.refused, Vec::<String>::new(), "{}", rule.id);
    }
}

#[test]
fn safe_edits_are_few_and_known() {
    let rules = RuleSet::builtin().expect("the packs are valid");
    let with = |safety: Safety| {
        let metas = rules.metas().filter(move |meta| meta.autofix == Some(safety));
        metas.map(|meta| meta.id.to_string()).collect::<Vec<_>>()
    };
    // Each is a promise; whoever adds one has asked what a program notices of it.
    let safe = [
        "asymmetric-key-too-small",
        "cockroach-django-backend-misconfigured",
        "django-error-report-leaks",
        "http-client-debug-logging",
        "jwcrypto-check-claims-drops-expiry",
        "jwt-expiry-from-naive-local-time",
        "loguru-diagnose-enabled",
        "mongo-profiler-enabled",
        "sentry-token-exposure",
        "sqlalchemy-parameters-exposed",
        "structlog-locals-in-traces",
        "token-compared-with-equals",
    ];
    assert_eq!(with(Safety::Safe), safe);
    assert!(with(Safety::Unsafe).len() >= 55);
}

/// Number of findings by rule, file and what is said: where one thing is mended, another of the
/// same rule may come to light.
fn counts(
    findings: &[Finding],
    of: impl Fn(&Finding) -> bool,
) -> BTreeMap<(String, u32, String), usize> {
    let mut counts = BTreeMap::new();
    for finding in findings.iter().filter(|finding| of(finding)) {
        let said = finding.message.clone();
        *counts.entry((finding.rule.to_string(), finding.primary.loc.file.0, said)).or_default() +=
            1;
    }
    counts
}

/// Applies all edits of a project in memory: files parse, what had an edit is found no more, and
/// nothing is left to do. Answers with the number of edits.
fn mends_all(root: &Path, rules: &RuleSet) -> usize {
    let options = ScanOptions::default();
    let first = tokscan::engine::scan(&[root.to_owned()], rules, &options).expect("a scan");
    let before = counts(&first.findings, |_| true);
    let edited = counts(&first.findings, |finding| finding.edit.is_some());
    let broken: Vec<bool> = first.files.files.iter().map(|file| !is_whole(&file.text)).collect();
    let all = |outcome: &Outcome| vec![true; outcome.findings.len()];
    let fixes = fix(first, rules, &options, &all).expect("fixes");
    assert_eq!(fixes.refused, Vec::<String>::new());
    let after = counts(&fixes.outcome.findings, |_| true);
    for (key, edited) in edited {
        let left = after.get(&key).copied().unwrap_or(0);
        let file = &fixes.outcome.files.get(tokscan::base::FileId(key.1)).path;
        assert!(left + edited <= before[&key], "{} in {file}: {left} left", key.0);
    }
    for changed in &fixes.changed {
        let file = fixes.outcome.files.get(changed.file);
        assert!(is_whole(&file.text) && !broken[file.id.0 as usize], "{}", file.path);
    }
    let left = fixes.outcome.findings.iter().filter(|f| f.edit.is_some());
    let left: Vec<_> = left.map(|f| (&f.rule, &f.edit)).collect();
    assert!(left.is_empty(), "{left:#?}");
    fixes.changed.iter().map(|changed| changed.applied).sum()
}

fn is_whole(text: &str) -> bool {
    tokscan::syntax::parse(text).errors.is_empty()
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root).expect("folder");
    entries.map(|entry| entry.expect("entry").path()).filter(|path| path.is_dir()).collect()
}

#[test]
fn fixtures_are_mended_by_all_edits_and_need_no_more() {
    let rules = RuleSet::builtin().expect("the packs are valid");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let weak = folders(&fixtures).into_iter().map(|theme| theme.join("weak"));
    let weak: Vec<PathBuf> = weak.filter(|path| path.is_dir()).collect();
    assert!(weak.len() >= 5);
    let applied: Vec<usize> = weak.iter().map(|root| mends_all(root, &rules)).collect();
    assert!(applied.iter().sum::<usize>() >= 25, "{applied:?}");
    for flow in folders(&fixtures.join("flows")) {
        mends_all(&flow, &rules);
    }
}

#[test]
#[ignore = "needs real projects: TOKSCAN_PROJECTS, separated as in PATH"]
fn real_projects_are_mended_by_all_edits_and_need_no_more() {
    let rules = RuleSet::builtin().expect("the packs are valid");
    let projects = std::env::var_os("TOKSCAN_PROJECTS").expect("TOKSCAN_PROJECTS");
    for project in std::env::split_paths(&projects) {
        let applied = mends_all(&project, &rules);
        writeln!(std::io::stdout().lock(), "{applied:>6} edits  {}", project.display())
            .expect("stdout");
    }
}

/// A call in one of many layouts.
fn layouts() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        Just("1"),
        Just("(1)"),
        Just("'a,b'"),
        Just("[1, 2]"),
        Just("f(1)"),
        Just("x or y"),
        Just("{'k': ')'}"),
        Just("\"#\""),
        Just("lambda: 0"),
    ];
    let keyword = prop_oneof![Just(""), Just("depth="), Just("depth = ")];
    let gap = prop_oneof![
        Just(" "),
        Just(""),
        Just("\n    "),
        Just("  # (a, b)\n    "),
        Just("\n\n    "),
        Just(" \\\n    "),
        Just("\n"),
    ];
    let comma = prop_oneof![Just(""), Just(","), Just(" ,"), Just(",  # last\n")];
    let break_ = prop_oneof![Just("\n"), Just("\r\n")];
    (value.clone(), keyword, value, gap.clone(), gap.clone(), gap, comma, break_).prop_map(
        |(first, keyword, second, a, b, c, comma, line_break)| {
            let call = format!("lib.send({a}{first},{b}{keyword}{second}{comma}{c})");
            format!("import lib\nx = {call}  # done\n").replace('\n', line_break)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn any_layout_is_mended_or_left_alone(text_before in layouts()) {
        let rules = rules();
        let fixes = fixed_with(&rules, &[("a.py", &text_before)], Safety::Safe);
        let after = text(&fixes, "a.py");
        prop_assert!(tokscan::syntax::parse(&after).errors.is_empty() || after == text_before);
        // Nothing but the argument and a comma is added.
        let without = |text: &str| text.replace("secure=True", "").replace([',', ' ', '\r', '\n'], "");
        prop_assert_eq!(without(&after), without(&text_before));
        if after != text_before {
            prop_assert_eq!(fixes.outcome.findings.len(), 0, "{}", after);
        }
    }
}
