//! Small projects, and what their settings are in the end.

use super::{Namespace, SettingsTable};
use crate::base::FileId;
use crate::facts::facts_of;
use crate::link::{Kind, Packages, Project, UnitInput, Val};
use crate::project::Profile;
use crate::project::documents::Documents;
use crate::project::profile::is_production;
use crate::rule::RuleSet;

/// What a project answers about its settings.
pub(super) struct Answers {
    table: SettingsTable,
    shown: Vec<Vec<(String, String, Vec<String>)>>,
}

/// Links `files` and reads their settings.
pub(super) fn settings(files: &[(&str, &str)]) -> Answers {
    settings_in(files, &[])
}

/// The same where deployment files set `environment`.
pub(super) fn settings_in(files: &[(&str, &str)], environment: &[(&str, &str)]) -> Answers {
    let mut files = files.to_vec();
    files.sort_unstable();
    let rules = RuleSet::builtin().expect("embedded packs load");
    let inputs = files.iter().zip(0..).map(|((path, text), file)| UnitInput {
        class_profiles: Vec::new(),
        file: FileId(file),
        path: (*path).to_owned(),
        facts: facts_of(text),
        production: is_production(path),
        profile: None,
        root_name: None,
    });
    let mut project = Project::link(&rules, inputs.collect(), Packages::default());
    project.stacks.insert("django".to_owned());
    for (name, value) in environment {
        project.environment.insert((*name).to_owned(), Val::text(value));
    }
    let table = SettingsTable::of(&project, &[], &Documents::default());
    let cx = crate::link::Cx::new(&project);
    let place = |loc: &crate::base::Loc| {
        let (path, text) = files[loc.file.0 as usize];
        let line = text[..loc.start as usize].matches('\n').count() + 1;
        format!("{path}:{line}")
    };
    let shown = table
        .namespaces
        .iter()
        .map(|n| {
            let shown = |(key, s): (&String, &super::Setting)| {
                (key.clone(), show(&cx, &s.value), s.chain.iter().map(place).collect())
            };
            n.keys.iter().map(shown).collect()
        })
        .collect();
    Answers { table, shown }
}

/// A value as these tests write it: alternatives with `|`, unknown as `?`, a variable with its
/// default as `env(…)`.
fn show(cx: &crate::link::Cx<'_, '_>, value: &Val) -> String {
    let list = |items: &[Val]| items.iter().map(|v| show(cx, v)).collect::<Vec<_>>().join(", ");
    match &value.kind {
        Kind::OneOf(values) => values.iter().map(|v| show(cx, v)).collect::<Vec<_>>().join(" | "),
        Kind::Env(env) => {
            format!("env({})", env.default.as_ref().map_or("?".to_owned(), |v| show(cx, v)))
        }
        Kind::Seq(seq) => format!("[{}{}]", list(&seq.items), if seq.open { ", …" } else { "" }),
        Kind::Dict(dict) => {
            let entry = |(k, v): &(Val, Val)| format!("{}: {}", show(cx, k), show(cx, v));
            let shown = dict.entries.iter().map(entry).collect::<Vec<_>>().join(", ");
            format!("{{{shown}{}}}", if dict.open { ", …" } else { "" })
        }
        Kind::Const(_) | Kind::Secret(_) | Kind::Text(_) => cx.show(value, false).replace('"', "'"),
        Kind::Absent => "absent".to_owned(),
        _ => "?".to_owned(),
    }
}

impl Answers {
    fn production(&self) -> usize {
        let is = |n: &Namespace| n.profile == Profile::Production;
        self.table.namespaces.iter().position(is).expect("production settings")
    }

    pub(super) fn value(&self, key: &str) -> String {
        let keys = &self.shown[self.production()];
        keys.iter().find(|(k, ..)| k == key).map_or("unset".to_owned(), |(_, v, _)| v.clone())
    }

    fn chain(&self, key: &str) -> Vec<String> {
        let keys = &self.shown[self.production()];
        keys.iter().find(|(k, ..)| k == key).map_or(Vec::new(), |(.., chain)| chain.clone())
    }

    fn profiles(&self) -> Vec<String> {
        let shown = |n: &Namespace| format!("{} {}", n.name, n.profile.name());
        self.table.namespaces.iter().map(shown).collect()
    }
}

/// The value of `X` in a settings module of these lines.
pub(super) fn x(lines: &str) -> String {
    settings(&[("settings.py", &format!("ROOT_URLCONF = 'u'\n{lines}\n"))]).value("X")
}

#[test]
fn statements_run_in_order() {
    assert_eq!(x("X = 1\nX = 2"), "2");
    assert_eq!(x("X = [1]\nX += [2]\nX.append(3)\nX.insert(0, 0)"), "[0, 1, 2, 3]");
    assert_eq!(x("X = [1, 2, 3]\nX.remove(2)\nX.extend((4, 5))\nX.pop()"), "[1, 3, 4]");
    assert_eq!(x("X = [1, 2, 3]\nX.pop(0)\nX[0] = 9"), "[9, 3]");
    assert_eq!(x("X = [1, 2, 3, 4]\nX = X[:2] + ['m'] + X[2:]"), "[1, 2, 'm', 3, 4]");
    assert_eq!(x("X = (1, 2)\nX = tuple(reversed(X))"), "[2, 1]");
    assert_eq!(x("X = {'a': 1}\nX['b'] = 2\nX.update(c=3)\ndel X['a']"), "{'b': 2, 'c': 3}");
    assert_eq!(x("X = {}\nX.setdefault('a', {})\nX['a']['b'] = 1"), "{'a': {'b': 1}}");
    assert_eq!(x("X = {'a': {'b': 1}}\nX['a'].update({'c': 2})"), "{'a': {'b': 1, 'c': 2}}");
    assert_eq!(x("X = {**{'a': 1}, 'b': 2}\nX |= {'a': 3}"), "{'a': 3, 'b': 2}");
    assert_eq!(x("X = 1\ndel X"), "unset");
    assert_eq!(x("A, X = 1, 2"), "2");
    assert_eq!(x("A = [1, 2]\nB, X = A"), "2");
    assert_eq!(x("if (n := 3) > 2:\n    X = n"), "3");
}

#[test]
fn known_sequences_are_gone_through() {
    assert_eq!(x("M = ['a', 'b']\nX = [m for m in M if m != 'a']"), "['b']");
    assert_eq!(x("D = {'a': 1, 'b': 2}\nX = {k: v + 1 for k, v in D.items()}"), "{'a': 2, 'b': 3}");
    assert_eq!(x("X = {}\nfor n in ('a', 'b'):\n    X[n] = n.upper()"), "{'a': 'A', 'b': 'B'}");
    assert_eq!(
        x("D = {'a': 1}\nX = []\nfor k, v in D.items():\n    X.append((k, v))"),
        "[['a', 1]]"
    );
    assert_eq!(x("X = 0\nfor n in [1, 2, 3]:\n    if n == 3:\n        break\n    X += n"), "3");
    assert_eq!(x("X = 0\nwhile X < 5:\n    X += 2"), "6");
    assert_eq!(x("X = any(m.endswith('b') for m in ['a', 'ab'])"), "True");
    assert_eq!(x("X = list(map(str.strip, 'a, b'.split(',')))"), "['a', 'b']");
    assert_eq!(x("X = [1]\nfor n in unknown():\n    X.append(n)"), "[1] | [1, ?, …]");
}

#[test]
fn conditions_that_are_known_run_one_side() {
    assert_eq!(x("DEBUG = False\nX = not DEBUG"), "True");
    assert_eq!(x("DEBUG = False\nif DEBUG:\n    X = 1\nelse:\n    X = 2"), "2");
    assert_eq!(x("DEBUG = False\nX = 1\nif not DEBUG:\n    X = 2"), "2");
    assert_eq!(x("X = 1\nif unknown():\n    X = 2"), "1 | 2");
    assert_eq!(x("if unknown():\n    X = 2"), "2 | absent");
    assert_eq!(
        x(
            "E = 'prod'\nmatch E:\n    case 'dev':\n        X = 1\n    case 'prod' | 'live':\n        X = 2\n    case _:\n        X = 3"
        ),
        "2"
    );
    assert_eq!(x("X = 1 if 'a' in ['a'] and not False else 2"), "1");
    assert_eq!(x("if unknown():\n    raise ValueError\nX = 1"), "1");
}

#[test]
fn text_is_computed() {
    assert_eq!(x("H = 'x'\nX = f'{H}.org'"), "'x.org'");
    assert_eq!(x("X = 'YES'.lower() in ('yes', 'on')"), "True");
    assert_eq!(x("X = 'a'.join(['1', '2']).replace('1', '3')"), "'3a2'");
    assert_eq!(x("X = '{}-{b}'.format('a', b='c').startswith('a')"), "True");
    assert_eq!(x("X = int('60') * 60"), "3600");
    assert_eq!(x("X = bool(int('0'))"), "False");
}

#[test]
fn functions_of_the_settings_are_called() {
    assert_eq!(x("def on(v):\n    return v.lower() == 'on'\nX = on('On')"), "True");
    assert_eq!(x("def db(name):\n    return {'NAME': name}\nX = db('a')"), "{'NAME': 'a'}");
    assert_eq!(x("X = []\ndef add(n):\n    X.append(n)\nadd('a')"), "['a']");
    assert_eq!(x("X = []\ndef add(to, n):\n    to.append(n)\nadd(X, 'a')"), "['a']");
    assert_eq!(x("X = 1\ndef go():\n    global X\n    X = 2\ngo()"), "2");
}

#[test]
fn names_are_set_through_the_namespace() {
    assert_eq!(x("globals()['X'] = 1"), "1");
    assert_eq!(x("globals().update({'X': 2})"), "2");
    assert_eq!(x("vars().update(X=3)"), "3");
    assert_eq!(x("for n in ['X']:\n    globals()[n] = 4"), "4");
    assert_eq!(x("X = [1]\nglobals()['X'].append(2)"), "[1, 2]");
    assert_eq!(x("X = 5 if 'ROOT_URLCONF' in globals() else 6"), "5");
    assert_eq!(x("X = 1\nexec(open('f').read())"), "1 | ?");
    assert_eq!(x("exec(open('f').read())\nX = 1"), "1");
}

#[test]
fn variables_are_not_set_in_production() {
    assert_eq!(x("import os\nX = os.environ['K']"), "env(?)");
    assert_eq!(x("import os\nX = os.environ.get('K', 'd')"), "env('d')");
    assert_eq!(x("import os\nX = os.getenv('K', '1') == '1'"), "env(True)");
    assert_eq!(x("import os\nX = 1 if os.environ.get('K') else 2"), "env(2)");
    assert_eq!(x("import os\nX = 1\nif 'K' in os.environ:\n    X = 2"), "1");
    assert_eq!(x("import os\nif os.environ.get('E') == 'prod':\n    X = 1\nelse:\n    X = 2"), "2");
    assert_eq!(x("import os\ntry:\n    X = os.environ['K']\nexcept KeyError:\n    X = 'd'"), "'d'");
    assert_eq!(
        x("import os\ntry:\n    X = os.environ['K']\nexcept KeyError:\n    raise ValueError"),
        "env(?)"
    );
    assert_eq!(
        x("import os\nX = os.environ.get('K', '')\nif not X:\n    raise ValueError"),
        "env(?)"
    );
}

#[test]
fn deployment_files_set_variables() {
    let text = "import os\nROOT_URLCONF = 'u'\nX = os.environ.get('K', '0') == '1'\n";
    let answers = settings_in(&[("settings.py", text)], &[("K", "1")]);
    assert_eq!(answers.value("X"), "env(True)");
}

#[test]
fn helpers_read_the_environment() {
    let own = "import os\ndef env_bool(k, d=False):\n    v = os.environ.get(k)\n    \
               if v is None:\n        return d\n    return v.lower() in ('1', 'true')\n";
    assert_eq!(x(&format!("{own}X = env_bool('K', True)")), "env(True)");
    let environ = "import environ\nenv = environ.Env(DEBUG=(bool, False), HOSTS=(list, ['a']))\n";
    assert_eq!(x(&format!("{environ}X = env('DEBUG')")), "env(False)");
    assert_eq!(x(&format!("{environ}X = env('HOSTS')")), "env(['a'])");
    assert_eq!(x(&format!("{environ}X = env('Y', default='z')")), "env('z')");
    assert_eq!(x(&format!("{environ}X = env.bool('Y', default=True)")), "env(True)");
    assert_eq!(x(&format!("{environ}X = env.list('Y', default=['a'])")), "env(['a'])");
    assert_eq!(x(&format!("{environ}X = env('Y')")), "env(?)");
    let decouple = "from decouple import config, Csv\n";
    assert_eq!(x(&format!("{decouple}X = config('K', default='yes', cast=bool)")), "env(True)");
    assert_eq!(x(&format!("{decouple}X = config('K', default='1', cast=int)")), "env(1)");
    assert_eq!(
        x(&format!("{decouple}X = config('K', default='a, b', cast=Csv())")),
        "env(['a', 'b'])"
    );
    assert_eq!(
        x(&format!("{decouple}X = config('K', default='A', cast=lambda v: v.lower())")),
        "env('a')"
    );
}

#[test]
fn star_imports_run_in_place() {
    let answers = settings(&[
        ("app/__init__.py", ""),
        ("app/base.py", "ROOT_URLCONF = 'u'\nDEBUG = True\nX = [1]\n_Y = 1\nD = {'a': {'b': 1}}\n"),
        (
            "app/prod.py",
            "DEBUG = 1\nfrom .base import *\nX += [2]\nD['a']['c'] = 2\nZ = not DEBUG\n",
        ),
    ]);
    assert_eq!(answers.profiles(), ["app.prod production"]);
    assert_eq!(answers.value("DEBUG"), "True");
    assert_eq!(answers.value("X"), "[1, 2]");
    assert_eq!(answers.value("D"), "{'a': {'b': 1, 'c': 2}}");
    assert_eq!(answers.value("Z"), "False");
    assert_eq!(answers.value("_Y"), "unset");
    assert_eq!(answers.chain("X"), ["app/base.py:3", "app/prod.py:3"]);
    assert_eq!(answers.chain("D"), ["app/base.py:5", "app/prod.py:4"]);
    assert_eq!(answers.chain("Z"), ["app/base.py:2", "app/prod.py:5"]);
}

#[test]
fn names_come_from_other_modules() {
    let answers = settings(&[
        ("app/__init__.py", ""),
        ("app/names.py", "__all__ = ['A']\nA = [1]\nB = 2\n"),
        (
            "app/settings.py",
            "from .names import *\nfrom .names import B as C\nfrom . import names\n\
             ROOT_URLCONF = 'u'\nX = names.A + [C]\nA.append(3)\n",
        ),
    ]);
    assert_eq!(answers.value("X"), "[1, 2]");
    assert_eq!(answers.value("A"), "[1, 3]");
    assert_eq!(answers.value("B"), "unset");
}

#[test]
fn local_settings_count_where_they_are_tracked() {
    let main = "ROOT_URLCONF = 'u'\nX = 1\ntry:\n    from .local import *\n\
                except ImportError:\n    Y = 2\n";
    let absent = settings(&[("app/__init__.py", ""), ("app/settings.py", main)]);
    assert_eq!((absent.value("X"), absent.value("Y")), ("1".to_owned(), "2".to_owned()));
    let there = settings(&[
        ("app/__init__.py", ""),
        ("app/local.py", "X = 3\n"),
        ("app/settings.py", main),
    ]);
    assert_eq!((there.value("X"), there.value("Y")), ("3".to_owned(), "unset".to_owned()));
    assert!(there.table.namespaces[0].complete);
}

#[test]
fn what_is_not_known_may_override_what_was_set_before() {
    let text = "ROOT_URLCONF = 'u'\nX = 1\nfrom nowhere_to_be_found import *\nZ = 2\n";
    let answers = settings(&[("settings.py", text)]);
    assert_eq!((answers.value("X"), answers.value("Z")), ("1 | ?".to_owned(), "2".to_owned()));
    assert!(!answers.table.namespaces[0].complete);
}

#[test]
fn a_module_that_is_not_there_is_not_imported_where_it_can_be_left_out() {
    let guarded = "import os\nROOT_URLCONF = 'u'\nX = 1\nif os.path.exists('o.py'):\n    \
                   from .overrides import *\n";
    let suppressed = "from contextlib import suppress\nROOT_URLCONF = 'u'\nX = 1\n\
                      with suppress(ImportError):\n    from .overrides import *\n";
    for text in [guarded, suppressed] {
        let answers = settings(&[("app/__init__.py", ""), ("app/settings.py", text)]);
        assert_eq!(answers.value("X"), "1", "{text}");
        assert!(answers.table.namespaces[0].complete, "{text}");
    }
}

#[test]
fn handlers_catch_what_they_name() {
    let read = "import os\ntry:\n    X = os.environ['K']\nexcept ImportError:\n    X = 1";
    assert_eq!(x(read), "env(?)");
    assert_eq!(x("try:\n    Y\nexcept NameError:\n    X = 1"), "1");
    assert_eq!(x("try:\n    X = unknown()\nexcept ImportError:\n    X = 1"), "?");
    assert_eq!(x("try:\n    X = 'A'.casefold()\nexcept Exception:\n    X = 1"), "'a'");
    assert_eq!(x("X = [1, 4]\nX[1:1] = [2, 3]\ndel X[:1]"), "[2, 3, 4]");
}

#[test]
fn methods_of_helper_classes_are_called() {
    let class = "import os\nclass E:\n    words = ('1',)\n    def __init__(self, p=''):\n        \
                 self.p = p\n    def text(self, k, d=None):\n        \
                 return os.environ.get(self.p + k, d)\n    def flag(self, k, d=False):\n        \
                 v = self.text(k)\n        return d if v is None else v in self.words\n    \
                 @classmethod\n    def items(cls, k, d=''):\n        \
                 return [p for p in os.environ.get(k, d).split(',') if p]\n    \
                 @staticmethod\n    def number(k, d=0):\n        return int(os.environ.get(k, d))\n";
    assert_eq!(x(&format!("{class}e = E(p='A_')\nX = e.flag('K', True)")), "env(True)");
    assert_eq!(x(&format!("{class}X = E.items('K', 'a,b')")), "env(['a', 'b'])");
    assert_eq!(x(&format!("{class}X = E.number('K', 3)")), "env(3)");
    assert_eq!(x("globals().update(dict.fromkeys(['X'], 1))"), "1");
    assert_eq!(x("import sys\nsetattr(sys.modules[__name__], 'X', 1)"), "1");
}

#[test]
fn split_settings_are_included() {
    let answers = settings(&[
        (
            "app/__init__.py",
            "from split_settings.tools import include, optional\n\
          include('parts/*.py', optional('local.py'))\nROOT_URLCONF = 'u'\n",
        ),
        ("app/parts/a.py", "X = [1]\n"),
        ("app/parts/b.py", "X.append(2)\n"),
    ]);
    assert_eq!(answers.value("X"), "[1, 2]");
}

const MARKS: &str = "ROOT_URLCONF = 'u'\nDEBUG = True\n";

fn names(module: &str) -> String {
    format!("import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '{module}')\n")
}

#[test]
fn modules_are_judged_where_they_are_named() {
    let manage = names("app.settings.dev");
    let wsgi = names("app.settings.live");
    let star = "from .base import *\n";
    let answers = settings(&[
        ("manage.py", &manage),
        ("app/__init__.py", ""),
        ("app/wsgi.py", &wsgi),
        ("app/settings/__init__.py", ""),
        ("app/settings/base.py", MARKS),
        ("app/settings/dev.py", star),
        ("app/settings/test.py", star),
        ("app/settings/live.py", "from .base import *\nDEBUG = False\n"),
    ]);
    assert_eq!(
        answers.profiles(),
        ["app.settings.live production", "app.settings.dev development", "app.settings.test test"]
    );
    assert_eq!(answers.value("DEBUG"), "False");
    assert_eq!(answers.chain("DEBUG"), ["app/settings/live.py:2"]);
}

#[test]
fn modules_are_imported_by_name() {
    let answers = settings(&[
        ("manage.py", &names("app.settings")),
        ("app/__init__.py", ""),
        ("app/live.py", "ROOT_URLCONF = 'u'\nDEBUG = False\nX = [1]\n"),
        (
            "app/settings.py",
            "import importlib\n_m = importlib.import_module({'a': 'app.live'}['a'])\n\
             globals().update({k: v for k, v in vars(_m).items() if k.isupper()})\nX += [2]\n",
        ),
    ]);
    assert_eq!(answers.profiles(), ["app.settings production"]);
    assert_eq!((answers.value("DEBUG"), answers.value("X")), ("False".into(), "[1, 2]".into()));
}

#[test]
fn settings_classes_are_read_through_their_hierarchy() {
    let choose = "import os\nos.environ.setdefault('DJANGO_CONFIGURATION', 'Live')\n";
    let text = "from configurations import Configuration, values\nclass Base(Configuration):\n    \
                ROOT_URLCONF = 'u'\n    DEBUG = True\n    X = values.BooleanValue(True)\n    \
                A = [1]\nclass Dev(Base):\n    X = 0\nclass Live(Base):\n    DEBUG = False\n    \
                A = Base.A + [2]\n    @property\n    def P(self):\n        return 3\n";
    let answers = settings(&[("manage.py", choose), ("settings.py", text)]);
    assert_eq!(answers.profiles(), ["settings.Live production", "settings.Dev development"]);
    assert_eq!((answers.value("DEBUG"), answers.value("A")), ("False".into(), "[1, 2]".into()));
    assert_eq!((answers.value("X"), answers.value("P")), ("env(True)".into(), "3".into()));
    assert_eq!(answers.chain("DEBUG"), ["settings.py:4", "settings.py:10"]);
}

#[test]
fn fields_of_settings_objects_are_given_or_default() {
    let class = "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    \
                 debug: bool = False\n    hosts: list = ['a']\n";
    assert_eq!(x(&format!("{class}s = S()\nX = s.debug")), "False");
    assert_eq!(x(&format!("{class}s = S(hosts=['b'])\nX = s.hosts")), "['b']");
}

#[test]
fn calls_that_change_give_what_was_there() {
    assert_eq!(x("D = {'a': 1}\nX = D.pop('a')"), "1");
    assert_eq!(x("L = [1, 2]\nX = L.pop()"), "2");
    assert_eq!(x("L = ['a', 'b']\nL.pop(L.index('a'))\nX = L"), "['b']");
    assert_eq!(x("import sys\nX = 'test' in sys.argv"), "False");
    assert_eq!(x("globals().update(zip(['X'], [1]))"), "1");
}

#[test]
fn a_single_module_is_production() {
    let answers =
        settings(&[("manage.py", &names("local_settings")), ("local_settings.py", MARKS)]);
    assert_eq!(answers.profiles(), ["local_settings production"]);
    let unnamed = settings(&[("dev_settings.py", MARKS)]);
    assert_eq!(unnamed.profiles(), ["dev_settings production"]);
}

#[test]
fn production_that_nobody_names_is_preferred_to_named_development() {
    let wsgi = names("app.dev");
    let answers = settings(&[
        ("app/__init__.py", ""),
        ("app/wsgi.py", &wsgi),
        ("app/settings_base.py", MARKS),
        ("app/dev.py", "from .settings_base import *\nSECRET_KEY = 'a'\n"),
        ("app/settings_prod.py", "from .settings_base import *\nDEBUG = False\n"),
    ]);
    assert_eq!(answers.profiles(), ["app.settings_prod production", "app.dev development"]);
}

#[test]
fn hostile_settings_end() {
    let mut text = "ROOT_URLCONF = 'u'\nX = ['a']\n".to_owned();
    text.push_str(&"X = X + X\n".repeat(64));
    text.push_str(&"for a in X:\n  for b in X:\n    Y = a\n".repeat(4));
    text.push_str("while True:\n    Z = 1\n");
    settings(&[("settings.py", &text)]);
    let mut ifs = "ROOT_URLCONF = 'u'\n".to_owned();
    for n in 0..200 {
        ifs.push_str(&format!("if f({n}):\n    X{n} = {n}\n    Y = {n}\n"));
    }
    assert_eq!(settings(&[("settings.py", &ifs)]).value("Y"), "?");
    let cycle = settings(&[
        ("a.py", "from b import *\nROOT_URLCONF = 'u'\n"),
        ("b.py", "from a import *\nX = 1\n"),
    ]);
    assert_eq!(cycle.value("X"), "1");
}

#[test]
fn older_names_set_a_key_that_nothing_else_sets() {
    let old = settings(&[("settings.py", "ROOT_URLCONF = 'u'\nMIDDLEWARE_CLASSES = ('a.B',)\n")]);
    assert_eq!(old.value("MIDDLEWARE"), "['a.B']");
    let both = settings(&[(
        "settings.py",
        "ROOT_URLCONF = 'u'\nMIDDLEWARE_CLASSES = ('a.B',)\nMIDDLEWARE = ['c.D']\n",
    )]);
    assert_eq!(both.value("MIDDLEWARE"), "['c.D']");
}
