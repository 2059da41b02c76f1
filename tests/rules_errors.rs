//! Every kind of mistake is said, at the part of the pack that is wrong, and all at once.

mod rules_support;

use std::fmt::Write as _;

use proptest::prelude::*;
use rules_support::{EXAMPLES, HEAD, LIBRARY, errors, load, with_match};

/// One mistake in a match: the match, the message, the excerpt.
const IN_MATCHES: &[(&str, &str, &str)] = &[
    // Shape.
    ("pattern = 'a.b()'\npresen = []", "unknown key `presen` in a match", "presen"),
    ("pattern = 1", "expected a string, found an integer", "1"),
    ("pattern = 'a.b()'\ncwe = [0]", "expected a positive whole number, found an integer", "0"),
    (
        "pattern = 'a.b()'\nruns = 'later'",
        "`later` is none of import, request, task, cli",
        "'later'",
    ),
    (
        "pattern = 'a.b()'\nseverity = 'hihg'",
        "`hihg` is none of critical, high, medium, low, info",
        "'hihg'",
    ),
    (
        "pattern = 'a.b()'\npresent = 'a.c()'",
        "expected an array of tables, found a string",
        "'a.c()'",
    ),
    (
        "pattern = 'a.b()'\npresent = [{ pattern = 'a.c()', scop = 'class' }]",
        "unknown key `scop` in a clause",
        "scop",
    ),
    (
        "pattern = 'a.b()'\npresent = [{ pattern = 'a.c()', scope = 'methods' }]",
        "`methods` is none of project, module, class, function, before, after, around, controlled, try, handler",
        "'methods'",
    ),
    // Edits.
    (
        "pattern = 'a.b($X)'\nedit = [{ title = 'T', safety = 'safe' }]",
        "this edit does nothing",
        "{ title = 'T', safety = 'safe' }",
    ),
    (
        "pattern = 'a.b($X)'\nedit = [{ title = 'T', safety = 'sure', replace = '1' }]",
        "`sure` is none of safe, unsafe",
        "'sure'",
    ),
    (
        "pattern = 'a.b($X)'\nedit = [{ title = 'T', safety = 'safe', replace = '1 +' }]",
        "this is not an expression of Python",
        "'1 +'",
    ),
    (
        "pattern = 'a.b($X)'\nedit = [{ title = 'T', safety = 'safe', replace = '{$Y}' }]",
        "`$Y` is not bound here",
        "$Y",
    ),
    (
        "pattern = 'a.b($X)'\nedit = [{ title = 'T', safety = 'safe', at = '$Y', replace = '1' }]",
        "`$Y` is not bound here",
        "'$Y'",
    ),
    (
        "pattern = 'a.b($X)'\nedit = [{ title = 'T', safety = 'safe', insert-argument = 'a' }]",
        "expected an argument",
        "'a'",
    ),
    (
        "pattern = 'a.b($X)'\nedit = [{ title = 'T', safety = 'safe', insert-before = 'a\\nb' }]",
        "this is not one statement of Python",
        "'a\\nb'",
    ),
    (
        "pattern = 'a.b($X)'\nedit = [{ title = 'T', safety = 'safe', replace = 'b', imports = { b = 'a.c' } }]",
        "`a.c` is not what `b` stands for",
        "'a.c'",
    ),
    (
        "project = true\nwhen = [{ framework = 'flask' }]\nedit = [{ title = 'T', safety = 'safe', replace = '1' }]",
        "no edit goes with a project",
        "{ title = 'T', safety = 'safe', replace = '1' }",
    ),
    ("pattern = 'a.b($X)'\nwhere.X = { reg = 'a' }", "unknown key `reg` in a condition", "reg"),
    ("pattern = 'a.b($X)'\nwhere.X = ['a']", "expected a condition, found an array", "['a']"),
    ("pattern = 'a.b($X)'\nwhere.X = {}", "this condition says nothing", "{}"),
    ("pattern = 'a.b($X)'\nwhere.X = { in = 'a' }", "expected an array, found a string", "'a'"),
    (
        "pattern = 'a.b($X)'\nwhere.X = { eq = ['a'] }",
        "expected a string, number or boolean, found an array",
        "['a']",
    ),
    (
        "pattern = 'a.b($X)'\nwhere.X = { is = 'nothing' }",
        "`nothing` is none of literal, none, unset, true, env, param, decorated, absent, setting",
        "'nothing'",
    ),
    ("pattern = 'a.b($X)'\nwhere.X = { lt = 'a' }", "expected a number, found a string", "'a'"),
    (
        "pattern = 'a.b($X)'\nwhere.X = { url.hots = 'a' }",
        "unknown key `hots` in a url condition",
        "hots",
    ),
    ("pattern = 'a.b($X)'\nwhere.X = { at = 'a' }", "`at` goes with `label` only", "at"),
    // Subjects.
    ("message = 'm'", "this match has no subject", "[[rule.match]]"),
    (
        "pattern = 'a.b()'\nsetting = 'A'",
        "a match has one subject, this one has pattern and setting",
        "setting",
    ),
    ("route = { nam = 'a' }", "unknown key `nam` in a route", "nam"),
    ("route = { guard.aut = 'a' }", "unknown key `aut` in a route guard", "aut"),
    ("route = {}", "this route would be any", "{}"),
    ("taint = { from = 'claims', to = 'x' }", "unknown sink `x`", "'x'"),
    (
        "connection = { engine = 'a' }\nwhere.sslmod = 'disable'",
        "a connection has no attribute `sslmod`",
        "sslmod",
    ),
    (
        "field = { of = 'a.B', type = [['a']] }",
        "expected a string, number or boolean, found an array",
        "['a']",
    ),
    ("file = { kind = 'dotenv', value = '$X' }\nat = '$Y'", "`$Y` is not bound here", "'$Y'"),
    ("project = 1", "expected true or false, found an integer", "1"),
    ("class = []", "`class` is empty", "class"),
    ("setting = 'A'\nruns = 'import'", "`runs` goes with `pattern` only", "runs"),
    ("pattern = []", "`pattern` is empty", "pattern"),
    // Patterns.
    ("pattern = '$F($X, 1)'", "this pattern would match anything", "'$F($X, 1)'"),
    ("pattern = ['a.b()', '$X[$Y]']", "this pattern would match anything", "'$X[$Y]'"),
    (
        "pattern = 'jwt.decode($x)'",
        "a metavariable is `$` and a name in capitals, as in `$X`",
        "$x",
    ),
    ("pattern = 'f(a b)'", "this is not valid Python", "b"),
    (
        "pattern = \"f(\\\"é\\\", $K, [$_ for $Z in $K])\"",
        "a comprehension cannot stand in a pattern",
        "[$_ for $Z in $K]",
    ),
    (
        "pattern = 'f(**{\"a\": 1})'",
        "`*` and `**` cannot stand in a pattern: they are looked through",
        "**{\"a\": 1}",
    ),
    (
        "pattern = 'f(..., $X)'",
        "which argument this is cannot be counted after `...`; give its name",
        "$X",
    ),
    ("pattern = 'f(a=1, a=2)'", "this argument is there twice", "a=2"),
    ("pattern = 'f(g[...])'", "`...` cannot stand here; `$_` is any value", "..."),
    ("pattern = 'f({\"a\": ...})'", "`...` cannot stand here; `$_` is any value", "..."),
    ("pattern = 'f(@ $X)'", "`@` starts the name of a concept, as in `@jwt.verify(...)`", "@"),
    ("pattern = '@jwt.verfy(...)'", "unknown concept `jwt.verfy`", "@jwt.verfy"),
    ("pattern = '@jwt.verify(tokn=$X)'", "`@jwt.verify` has no role `tokn`", "tokn=$X"),
    ("pattern = '@jwt.verify($X)'", "the roles of `@jwt.verify` are given by name", "$X"),
    (
        "pattern = '''\na.b()\na.c()\n'''",
        "a pattern is one statement; further ones go into `present`",
        "a.c()",
    ),
    (
        "pattern = 'a, b = c.d()'",
        "only a name, an attribute, an item or a metavariable can be a target",
        "a, b",
    ),
    (
        "pattern = '''\n@a.b\ndef $F($X): ...\n'''",
        "a function pattern has the parameters `(...)`",
        "$F",
    ),
    (
        "pattern = 'import a'",
        "a pattern is an expression, an assignment, `del`, `return`, `raise` or `def`",
        "import a",
    ),
    (
        "pattern = 'jwt.decode(algoritms=$X, ...)'",
        "`jwt.decode` has no parameter `algoritms`",
        "algoritms=$X",
    ),
    (
        "pattern = 'pymongo.collection.Collection.find_one(session=None)'",
        "`session` of `pymongo.collection.Collection.find_one` has no declared default, so its absence is not seen",
        "session=None",
    ),
    (
        "pattern = 'f(\"\\u00e9\", $x)'",
        "a metavariable is `$` and a name in capitals, as in `$X`",
        "$x",
    ),
    // Names of the library.
    (
        "pattern = 'a.b($X)'\nwhere.X = { name = 'identiy' }",
        "unknown vocabulary `identiy`",
        "'identiy'",
    ),
    (
        "pattern = 'a.b($X)'\nwhere.X = { label = ['claims', 'claim'] }",
        "unknown label `claim`",
        "'claim'",
    ),
    (
        "pattern = 'a.b($X)'\nwhere.X = { type = 'flask.Flsk' }",
        "unknown type `flask.Flsk`",
        "'flask.Flsk'",
    ),
    ("pattern = 'a.b($X)'\nwhere.X = { type = 'strr' }", "unknown type `strr`", "'strr'"),
    ("pattern = 'a.b($X)'\nwhere.X = { import = 'a..b' }", "`a..b` is not a dotted path", "'a..b'"),
    (
        "pattern = 'a.b($X)'\nwhere.X = { regex = '^(RS|PS' }",
        "not a regular expression: unclosed group",
        "(",
    ),
    (
        "pattern = 'a.b($X)'\nwhere.X = { regex = \"a\\\\d[\" }",
        "not a regular expression: unclosed character class",
        "[",
    ),
    (
        "pattern = 'a.b($X)'\nwhere.X = { sql = '... $T ...' }",
        "this SQL pattern names no word",
        "'... $T ...'",
    ),
    (
        "pattern = 'a.b($X)'\nwhere.X = { sql = 'FROM $t' }",
        "a metavariable is `$` and a name in capitals, as in `$T`",
        "$t",
    ),
    ("pattern = 'a.b()'\nwhen = [{ framework = 'flsk' }]", "unknown framework `flsk`", "'flsk'"),
    ("pattern = 'a.b()'\nwhen = [{ database = 'flask' }]", "unknown database `flask`", "'flask'"),
    (
        "pattern = 'a.b()'\nwhen = [{ package = 'pyjwt=2' }]",
        "`=2` starts with no comparison such as `>=`",
        "=2",
    ),
    (
        "pattern = 'a.b()'\nwhen = [{ framework = 'flask', package = 'a' }]",
        "a condition says one thing",
        "{ framework = 'flask', package = 'a' }",
    ),
    (
        "pattern = 'a.b()'\nwhen = [{ scope = 'class' }]",
        "this condition has no subject",
        "{ scope = 'class' }",
    ),
    (
        "pattern = 'a.b($X)'\nwhere.X = { field = { of = 'a.B' } }",
        "the fields of the class are meant",
        "of",
    ),
    // Variables.
    ("pattern = 'a.b($KEY)'\nwhere.KYE = 1", "`$KYE` is not bound here", "KYE"),
    ("pattern = 'a.b($X)'\nwhere.value = 1", "a pattern has no attribute `value`", "value"),
    ("setting = 'A'\nwhere.valu = 1", "a setting has no attribute `valu`", "valu"),
    ("class = 'a.B'\nwhere.metods = 1", "a class has no attribute `metods`", "metods"),
    ("pattern = 'a.b($X)'\nwhere.X = { same = '$Y' }", "`$Y` is not bound here", "'$Y'"),
    (
        "pattern = 'a.b($X)'\nwhere.X = { same = 'Y' }",
        "expected a variable such as `$X`, found `Y`",
        "'Y'",
    ),
    (
        "pattern = 'a.b($X)'\nwhere.X = { label = 'claims', at = '$Y.z' }",
        "`$Y` is not bound here",
        "$Y",
    ),
    (
        "pattern = 'a.b($X)'\nwhere.X = { not = { sql = 'FROM $T' } }\nwhere.T = 'a'",
        "`$T` is not bound here",
        "T",
    ),
    ("pattern = 'a.b($X)'\nmessage = 'It is {$Y}.'", "`$Y` is not bound here", "$Y"),
    (
        "pattern = 'a.b($X)'\nmessage = 'It is {X}.'",
        "a captured value is written `{$X}`, a brace `{{`",
        "{X}",
    ),
    ("pattern = 'a.b($X)'\nfix = 'It is {$Y}.'", "`$Y` is not bound here", "$Y"),
    ("pattern = 'a.b($X)'\nat = '$Y'", "`$Y` is not bound here", "'$Y'"),
    (
        "pattern = 'a.b($X)'\nat = 'presnt'",
        "`presnt` is no place: `$X`, `subject` or `present`",
        "'presnt'",
    ),
    (
        "pattern = 'a.b($X)'\nat = 'present'",
        "there is no `present` clause to report at",
        "'present'",
    ),
    ("pattern = 'a.b($X)'\nonce-per = '$Y'", "`$Y` is not bound here", "'$Y'"),
    ("pattern = ['a.b($X)', 'a.c($Y)']\nwhere.X = 1", "`$X` is not bound here", "X"),
    (
        "pattern = 'a.b($X)'\nmissing = [{ pattern = 'c.d($L)' }]\nwhere.L = 1",
        "`$L` is not bound here",
        "L",
    ),
    (
        "pattern = 'a.b($X)'\nmissing = [{ pattern = 'c.d($L)', where.M = 1 }]",
        "`$M` is not bound here",
        "M",
    ),
    (
        "pattern = 'a.b($X)'\npresent = [{ pattern = 'c.d()', where.Z = { same = '$X' } }]",
        "`$Z` is not bound here",
        "Z",
    ),
    ("pattern = 'a.b($X)'\nlet.Y = 'setting:A[$Z]'", "`$Z` is not bound here", "$Z"),
    ("pattern = 'a.b($X)'\nlet.Y = 'A'", "a value is bound from a setting", "'A'"),
    ("pattern = 'a.b($X)'\nlet.y = 'setting:A'", "`y` is not a variable: capitals", "y"),
    // Paths.
    ("setting = '$A.B'", "a setting starts with its name", "'$A.B'"),
    ("setting = 'A..B'", "expected a key, as in `A.B`, `A[$K]` or `A[\"b\"]`", "..B"),
    ("setting = 'A[$a]'", "a metavariable is `$` and a name in capitals, as in `$A`", "$a"),
    ("setting = 'A['", "expected a key, as in `A.B`, `A[$K]` or `A[\"b\"]`", "["),
    // Clauses.
    (
        "setting = 'A'\npresent = [{ setting = 'B', scope = 'module' }]",
        "scope `module` contradicts the rest: a setting stands in no module, class or function",
        "'module'",
    ),
    (
        "setting = 'A'\npresent = [{ pattern = 'a.b()', scope = 'function' }]",
        "scope `function` contradicts the rest: the subject is a setting, which stands in no module, class or function",
        "'function'",
    ),
    (
        "class = 'a.B'\npresent = [{ pattern = 'a.b()', scope = 'function' }]",
        "scope `function` contradicts the rest: the subject is a class, which stands in no function",
        "'function'",
    ),
    (
        "setting = 'A'\npresent = [{ pattern = 'a.c()', scope = 'before' }]",
        "scope `before` contradicts the rest: the subject is a setting, which stands in no module, class or function",
        "'before'",
    ),
    (
        "pattern = 'a.b()'\npresent = [{ pattern = 'a.c()', scope = 'controlled', path = 'some' }]",
        "`path` needs the scope `before`, `after` or `around`",
        "'some'",
    ),
    (
        "class = 'a.B'\npresent = [{ pattern = 'a.c()', scope = 'after' }]",
        "scope `after` contradicts the rest: only patterns stand on the ways through a function",
        "'after'",
    ),
    (
        "pattern = 'a.b()'\npresent = [{ pattern = 'a.c()', path = 'some' }]",
        "`path` needs the scope `before`, `after` or `around`",
        "'some'",
    ),
    (
        "pattern = 'a.b()'\nmissing = [{ pattern = 'a.c()', scope = 'function', path = 'some' }]",
        "`path` needs the scope `before`, `after` or `around`",
        "'some'",
    ),
    (
        "pattern = 'a.b()'\npresent = [{ taint = { from = 'claims', to = 'x' } }]",
        "a flow is a subject of its own, not a clause",
        "taint",
    ),
    (
        "pattern = 'a.b()'\npresent = [{ connection = { engine = 'x' }, scope = 'class' }]",
        "scope `class` contradicts the rest: a connection stands in no module, class or function",
        "'class'",
    ),
    (
        "pattern = 'a.b()'\npresent = [{ scope = 'class' }]",
        "this clause has no subject",
        "{ scope = 'class' }",
    ),
    (
        "pattern = 'a.b()'\npresent = [{ pattern = '$X' }]",
        "this pattern would match anything",
        "'$X'",
    ),
];

/// What is shown of a case, its pack, and the one message and excerpt that are expected.
type Case = (&'static str, String, &'static str, &'static str);

fn assert_one_error_each(cases: impl Iterator<Item = Case>) {
    let mut failures = String::new();
    for (shown, text, message, excerpt) in cases {
        let found = errors(&text);
        if found != [(message.to_owned(), excerpt.to_owned())] {
            writeln!(failures, "{shown}\n  expected {:?}\n  found {found:?}", (message, excerpt))
                .expect("a string takes all");
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn mistakes_in_matches() {
    let cases = IN_MATCHES.iter().map(|case| (case.0, with_match(case.0), case.1, case.2));
    assert_one_error_each(cases);
}

/// One mistake in a library table appended to the library.
const IN_LIBRARIES: &[(&str, &str, &str)] = &[
    ("[[cal]]\nsignature = 'a.f()'", "unknown key `cal` in a pack", "cal"),
    ("[[call]]\nis = 'a'", "this call has no `signature`", "[[call]]"),
    (
        "[[call]]\nsignature = 'a.f'",
        "a signature is a dotted path and its parameters, as in `a.f(x, y=1)`",
        "'a.f'",
    ),
    ("[[call]]\nsignature = 'a.f(x, y=)'", "these are not valid parameters", "="),
    (
        "[[call]]\nsignature = 'a.f(x, y=g())'",
        "the default of `y` is not a constant",
        "'a.f(x, y=g())'",
    ),
    (
        "[[call]]\nsignature = 'a.f(x)'\nroles = { a = 'y' }",
        "the signature has no parameter `y`",
        "'y'",
    ),
    (
        "[[call]]\nsignature = 'a.f(x)'\nroles = { a = 'x y' }",
        "`x y` does not say where a value comes from",
        "'x y'",
    ),
    (
        "[[call]]\nsignature = 'a.f(x)'\nroles = { a = 'x.k ?? g()' }",
        "`g()` is not a Python constant",
        "'x.k ?? g()'",
    ),
    (
        "[[call]]\nsignature = 'a.f(x)'\nunless = 'x'",
        "expected `a == constant` or `a != constant`",
        "'x'",
    ),
    (
        "[[call]]\nsignature = 'a.f(x)'\nreturns = { label = 'clams' }",
        "unknown label `clams`",
        "'clams'",
    ),
    (
        "[[call]]\nsignature = 'a.f(x)'\nseconds = { y = 60 }",
        "the signature has no parameter `y`",
        "y",
    ),
    (
        "[[call]]\nsignature = 'a.f(x)'\npackage = '>=2'",
        "a requirement starts with the name of a package",
        ">=2",
    ),
    (
        "[[concept]]\nname = 'a'\nany = ['f.g($X)']\nwhere.Y = 1",
        "`$Y` is not bound by any of the patterns",
        "Y",
    ),
    (
        "[[concept]]\nname = 'a'\nany = ['f.g($X)']\nroles = { x = '$Y' }",
        "`$Y` is not bound by any of the patterns",
        "'$Y'",
    ),
    (
        "[[concept]]\nname = 'a'\nany = ['f.g($X)']\nroles = { x = 'X' }",
        "`X` is no role of a pattern",
        "'X'",
    ),
    ("[[concept]]\nname = 'a'\nany = ['f(@a)']", "the concept `a` is defined by itself", "'a'"),
    ("[[concept]]\nname = 'a'\nany = ['$X']", "`$X` would match anything", "any"),
    (
        "[[name]]\nid = 'a'\nwords = ['b']\nincludes = ['a']",
        "the vocabulary `a` includes itself",
        "'a'",
    ),
    ("[[name]]\nid = 'a'\nwords = ['--']", "`--` has no words", "'--'"),
    (
        "[[name]]\nid = 'a'\nwords = ['tok_en']\nexamples = ['token']",
        "the vocabulary `a` does not match `token`",
        "'token'",
    ),
    (
        "[[name]]\nid = 'a'\nwords = ['token']\nnot-examples = ['my_token']",
        "the vocabulary `a` matches `my_token`",
        "'my_token'",
    ),
    ("[[type]]\npath = 'a.B'\nvalues = { x = 'f()' }", "`f()` is not a Python constant", "'f()'"),
    ("[[alias]]\nfrom = 'a.b'\nto = 'a.b.c'", "`a.b` is an alias of itself", "'a.b.c'"),
    (
        "[[alias]]\nfrom = 'a.b'\nto = 'c.d'\n[[alias]]\nfrom = 'c'\nto = 'a.b'",
        "`c` is an alias of itself: a.b → c.d",
        "'a.b'",
    ),
    (
        "[[alias]]\nfrom = 'a.b'\nto = 'c'\n[[alias]]\nfrom = 'a.b'\nto = 'd'",
        "`a.b` is an alias of `c` already",
        "'a.b'",
    ),
    ("[[key]]\nframework = 'flsk'\npath = 'A'", "unknown framework `flsk`", "'flsk'"),
    (
        "[[key]]\nframework = 'flask'\npath = 'A'\ndefault = 1\npython = 'None'",
        "there is a `default` already",
        "'None'",
    ),
    ("[[key]]\nframework = 'flask'\npath = 'A.'", "`A.` is not a path of keys", "'A.'"),
    (
        "[[param]]\nstack = 'djngo'\nname = 'request'\ntype = 'a.B'",
        "unknown stack `djngo`",
        "'djngo'",
    ),
    (
        "[[stack]]\nname = 'x'\nkind = 'kind'",
        "`kind` is none of framework, database, library, deployment",
        "'kind'",
    ),
    (
        "[[stack]]\nname = 'x'\nkind = 'database'\nstrings = ['(']",
        "not a regular expression: unclosed group",
        "(",
    ),
    ("[[env]]\npattern = 'x = 1'", "this pattern must be an expression", "'x = 1'"),
    ("[[env]]\npattern = 'os.environ[$K]'\ncast = '$C'", "`$C` is not in the pattern", "cast"),
    (
        "[[settings]]\nframework = 'flask'\nreads = ['a.b.$X']",
        "this read has no `$K`, the key that is read",
        "'a.b.$X'",
    ),
    (
        "[[settings]]\nframework = 'flask'\nmethods = { update = 'updte' }",
        "`updte` is none of namespace, update, mapping, object, setdefault, pop, file, pyfile, envvar, prefixed-env",
        "'updte'",
    ),
    ("[[source]]\npattern = 'a.b'\nlabel = 'clams'", "unknown label `clams`", "'clams'"),
    ("[[sanitizer]]\npattern = 'a.b($X)'\nkeeps = ['clams']", "unknown label `clams`", "'clams'"),
    ("[[sink]]\nname = 'log'", "nothing says what the sink `log` is", "'log'"),
];

#[test]
fn mistakes_in_libraries() {
    let cases = IN_LIBRARIES
        .iter()
        .map(|case| (case.0, format!("{LIBRARY}\n{}\n", case.0), case.1, case.2));
    assert_one_error_each(cases);
}

/// One mistake in a rule: what is replaced in a valid one, by what, the message, the excerpt.
const IN_RULES: &[(&str, &str, &str, &str)] = &[
    (
        "id = \"a-rule\"",
        "id = \"A_rule\"",
        "`A_rule` is not a rule id: lower-case words joined by `-`",
        "\"A_rule\"",
    ),
    ("title = \"A title\"", "", "this rule has no `title`", "[[rule]]"),
    ("\"A title\"", "\"A title.\"", "a title is one line without a full stop", "\"A title.\""),
    ("why = \"It matters.\"", "", "this rule has no `why`", "[[rule]]"),
    ("\"It matters.\"", "\" \"", "`why` is empty", "\" \""),
    ("fix = \"Mend it.\"", "", "this rule has no `fix`", "[[rule]]"),
    ("[\"https://example.org/a\"]", "[\"example\"]", "a reference is a URL", "\"example\""),
    (
        "references = [\"https://example.org/a\"]",
        "references = []",
        "a rule has at least one reference",
        "references",
    ),
    ("cwe = [347]", "cwe = []", "a rule names at least one CWE", "cwe"),
    ("cwe = [347]", "cwe = [347]\nsupersedes = [\"a-rul\"]", "unknown rule `a-rul`", "\"a-rul\""),
    (
        "message = \"That is wrong\"",
        "",
        "this match has no message, and neither has its rule",
        "[[rule.match]]",
    ),
    ("message = \"That is wrong\"", "message = \"x {$A}\"", "`$A` is not bound here", "$A"),
    ("cwe = [347]", "cwe = [347]\npattern = 'a.b()'", "unknown key `pattern` in a rule", "pattern"),
    (
        "bad = \"f()  # <- here\\n\"",
        "good = \"f()\\n\"",
        "`a-rule` has no `bad` example",
        "\"a-rule\"",
    ),
    ("f()  # <- here", "f()", "this example does not say where the finding is", "bad"),
    (
        "\"g()\\n\"",
        "\"g()  # <- here\\n\"",
        "a `good` example has no finding to mark with `# <- here`",
        "good",
    ),
    ("good = \"h()\\n\"", "", "an example is either `bad` or `good`", "[[rule.example]]"),
    (
        "good = \"h()\\n\"",
        "good = \"h(\\n\"",
        "`example.py` of this example is not valid Python",
        "h(",
    ),
    (
        "good = \"h()\\n\"",
        "good = { \"../a.py\" = \"h()\" }",
        "`../a.py` is not a path below the example",
        "good",
    ),
    (
        "good = \"h()\\n\"",
        "good = \"h()\\n\"\nalso = [\"b-rule\"]",
        "unknown rule `b-rule`",
        "\"b-rule\"",
    ),
    (
        "[[rule.example]]\nbad",
        "[[rule.edit]]\ntitle = 'T'\nsafety = 'safe'\nreplace = '1'\n[[rule.example]]\nbad",
        "this rule has an edit, and no example shows what it does",
        "[[rule]]",
    ),
    (
        "good = \"h()\\n\"",
        "good = \"h()\\n\"\nfixed = \"g()\\n\"",
        "`fixed` goes with `bad`",
        "fixed",
    ),
    (
        "[[rule.example]]\nbad",
        "[[rule.adjust]]\nwhen = [{ framework = 'flask' }]\nbecause = \"b\"\n[[rule.example]]\nbad",
        "this adjust changes neither severity nor confidence",
        "[[rule.adjust]]",
    ),
    (
        "[[rule.example]]\nbad",
        "[[rule.adjust]]\nseverity = 'low'\nbecause = \"b\"\n[[rule.example]]\nbad",
        "this adjust has neither `when` nor `where`: it would always apply",
        "[[rule.adjust]]",
    ),
    (
        "[[rule.example]]\nbad",
        "[[rule.adjust]]\nseverity = 'low'\nbecause = \"b\"\nwhere.Q = 1\n[[rule.example]]\nbad",
        "`$Q` is not bound here",
        "Q",
    ),
    // Remedies and standards.
    (
        "[[rule.example]]\nbad",
        "[[rule.remedy]]\nfix = \"a\"\n[[rule.example]]\nbad",
        "this remedy does not say for which stack it is",
        "[[rule.remedy]]",
    ),
    (
        "[[rule.example]]\nbad",
        "[[rule.remedy]]\nframework = 'flsk'\nfix = \"a\"\n[[rule.example]]\nbad",
        "unknown framework `flsk`",
        "'flsk'",
    ),
    (
        "[[rule.example]]\nbad",
        "[[rule.remedy]]\nframework = 'flask'\nfix = \"{$Q}\"\n[[rule.example]]\nbad",
        "`$Q` is not bound here",
        "$Q",
    ),
    (
        "cwe = [347]",
        "cwe = [347]\nowasp-api = ['API2:2024']",
        "there is no `API2:2024` in owasp-api",
        "'API2:2024'",
    ),
];

#[test]
fn mistakes_in_rules() {
    let valid = with_match("pattern = 'a.b()'");
    assert!(errors(&valid).is_empty());
    for (from, to, message, excerpt) in IN_RULES {
        let text = valid.replacen(from, to, 1);
        assert_ne!(text, valid, "{from}");
        let found = errors(&text);
        let expected = ((*message).to_owned(), (*excerpt).to_owned());
        assert!(found.contains(&expected), "{to}: {found:?}");
        // Taking a good example away is two mistakes.
        assert!(found.len() <= 2, "{to}: {found:?}");
    }
}

#[test]
fn rules_have_one_id_and_two_good_examples() {
    let one_good =
        with_match("pattern = 'a.b()'").replacen("[[rule.example]]\ngood = \"h()\\n\"", "", 1);
    assert_eq!(errors(&one_good)[0].0, "`a-rule` has fewer than two `good` examples");
    let twice = format!(
        "{}{HEAD}\n[[rule.match]]\npattern = 'a.b()'\n{EXAMPLES}",
        with_match("pattern = 'a.b()'")
    );
    assert_eq!(errors(&twice)[0].0, "there is another rule `a-rule`");
}

#[test]
fn broken_toml_is_one_error_per_break() {
    let found = errors("[[rule]]\nid = \nx = 'a\n");
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn paths_that_cannot_be_read_are_errors() {
    let missing = std::path::PathBuf::from("/nowhere/pack.toml");
    let errors = tokscan::rule::RuleSet::load(&[missing]).expect_err("it is not there");
    assert!(errors.errors()[0].message().starts_with("/nowhere/pack.toml cannot be read"));
}

#[test]
fn folders_are_read_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("lib")).expect("a folder in it");
    std::fs::write(folder.path().join("lib/a.toml"), "[[label]]\nname = 'own.label'\n")
        .expect("a file");
    std::fs::write(folder.path().join("note.txt"), "not a pack").expect("a file");
    let rules = tokscan::rule::RuleSet::load(&[folder.path().to_owned()]).expect("it is valid");
    assert!(rules.library.labels.iter().any(|&label| rules.names.resolve(label) == "own.label"));
}

/// Thirteen independent mistakes.
const ALL_WRONG: &str = r#"
[[rule]]
id = "Not_An_Id"
title = "All wrong."
category = "jwt"
severity = "hihg"
confidence = "high"
cwe = [347]
why = "It matters."
fix = "Use {$KEY}."
references = ["example.org"]
supersedes = ["no-such-rule"]
message = "`{$TOKEN}` is not verified"

[[rule.match]]
pattern = "@jwt.verfy(token=$TOKEN)"

[[rule.match]]
pattern = "jwt.decode($TOKEN, algoritms=$ALG)"
where.ALG = { item = { regex = "^(HS" } }
where.TOKEN = { label = "claim", nam = "identity" }

[[rule.example]]
bad = '''
import jwt
jwt.decode(token  # <- here
'''
"#;

#[test]
fn independent_mistakes_are_reported_at_once() {
    let text = format!("{ALL_WRONG}{LIBRARY}");
    let errors = load(&text).expect_err("it is wrong all over");
    let mut rendered = String::new();
    miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor())
        .with_width(100)
        .render_report(&mut rendered, &errors)
        .expect("a string takes all");
    insta::assert_snapshot!(rendered);
}

fn valid_pack() -> String {
    with_match(
        r#"
pattern = ["jwt.decode($T, $K, ...)", '@jwt.verify(token=$T, key=$K)']
where.T = { any = [{ regex = "^a" }, { sql = "... FROM $X ..." }], label = "claims", at = "$K" }
let.S = "setting:CACHES[$K].BACKEND"
present = [{ pattern = '''
@$M.loader
def $F(...): ...
''', where.F = { returns = { not.eq = false } }, scope = "module" }]
missing = [{ setting = "A[\"b\"]" }]
when = [{ package = "pyjwt>=2,<3" }, { framework = "flask" }]
message = "`{$T}` \u0041 {{ {$K}"
"#,
    )
}

proptest! {
    #[test]
    fn damaged_packs_never_panic(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..12, "[ -~\\n\\\\µμé$.@{}\\[\\]'\"]{0,4}"), 1..4),
    ) {
        let mut text: Vec<char> = valid_pack().chars().collect();
        for (at, length, put) in cuts {
            let start = at.index(text.len());
            let end = (start + length).min(text.len());
            text.splice(start..end, put.chars());
        }
        let text: String = text.into_iter().collect();
        for (_, excerpt) in errors(&text) {
            prop_assert!(text.contains(&excerpt));
        }
    }

    #[test]
    fn any_pattern_is_read_or_refused(pattern in "[a-z$X@.()\\[\\]{}, =:*'\\n…μ]{0,30}") {
        let text = with_match(&format!("pattern = '''\n{}'''", pattern.replace("'''", "")));
        let _ = errors(&text);
    }
}

#[test]
fn the_pack_that_is_damaged_is_valid() {
    assert_eq!(errors(&valid_pack()), []);
}
