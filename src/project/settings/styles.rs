//! Styles of settings, and what Python makes of them; `?` where that is not known.

use super::tests::{settings, settings_in, x};

#[test]
fn lists_are_spliced_and_reduced() {
    assert_eq!(x("X = [1, 2, 3]\nX[0:0] = ['a']\nX[:] = [x for x in X if x != 2]"), "['a', 1, 3]");
    assert_eq!(x("X = [1, 2, 3]\ndel X[1:]"), "[1]");
    assert_eq!(x("X = [{'o': {'c': [1]}}]\nX[0]['o']['c'] += [2]"), "[{'o': {'c': [1, 2]}}]");
    assert_eq!(x("X = sum([3600] * 24)"), "86400");
    assert_eq!(x("X = sum([[1], [2]], [])"), "[1, 2]");
    assert_eq!(x("X = max(3, 5) - min([1, 2]) + abs(-1)"), "5");
    assert_eq!(x("X = next((h for h in ('a', 'b') if h > 'a'), None)"), "'b'");
    assert_eq!(x("X = dict.fromkeys(['a', 'b'], False)"), "{'a': False, 'b': False}");
    assert_eq!(x("X = 'yes'.startswith(('y', 'Y'))"), "True");
    assert_eq!(
        x(
            "import os\nE = os.environ.get('E', 'a')\nX = [1] + ([2] if E == 'a' else [])\nX.append(3)"
        ),
        "env([1, 2, 3])"
    );
}

#[test]
fn modules_are_changed_by_name() {
    assert_eq!(x("import sys\nsetattr(sys.modules[__name__], 'X', 2)"), "2");
    assert_eq!(x("import sys\nvars(sys.modules[__name__])['X'] = 3"), "3");
    assert_eq!(x("import sys\nsys.modules[__name__].X = 4"), "4");
    assert_eq!(x("import sys\nX = 'pytest' in sys.modules"), "False");
    let looped = settings(&[
        ("config/base.py", "X = 1\ny = 2\n"),
        (
            "config/settings.py",
            "ROOT_URLCONF = 'u'\nfrom config import base\nfor n in dir(base):\n    if n.isupper():\n        globals()[n] = getattr(base, n)\n",
        ),
    ]);
    assert_eq!(looped.value("X"), "1");
    let asked = settings(&[
        ("config/base.py", "A = 1\n"),
        (
            "config/settings.py",
            "ROOT_URLCONF = 'u'\nfrom config import base\nX = [getattr(base, 'B', 5), hasattr(base, 'A')]\n",
        ),
    ]);
    assert_eq!(asked.value("X"), "[5, True]");
}

#[test]
fn text_is_read_as_values() {
    assert_eq!(
        x("import ast, os\nX = ast.literal_eval(os.getenv('X', '[True, 1]'))"),
        "env([True, 1])"
    );
    assert_eq!(x("import json, os\nX = json.loads(os.environ.get('X', '[\"a\"]'))"), "env(['a'])");
    assert_eq!(
        x(
            "import os\nfrom distutils.util import strtobool\nX = bool(strtobool(os.getenv('X', 'no')))"
        ),
        "env(False)"
    );
}

#[test]
fn durations_have_parts() {
    assert_eq!(x("from datetime import timedelta\nX = timedelta(days=30).seconds"), "0");
    assert_eq!(x("from datetime import timedelta\nX = timedelta(hours=36).days"), "1");
    assert_eq!(
        x("from datetime import timedelta\nX = int(timedelta(days=1).total_seconds())"),
        "86400"
    );
}

#[test]
fn objects_hold_what_they_were_given() {
    assert_eq!(x("from types import SimpleNamespace\nS = SimpleNamespace(a=[1])\nX = S.a"), "[1]");
    let reader = "import os\nclass Env:\n    def __init__(self, prefix=''):\n        self.prefix = prefix\n    def flag(self, key, default=False):\n        value = os.environ.get(self.prefix + key)\n        return default if value is None else value == '1'\nread = Env(prefix='SITE_')\nX = read.flag('DEBUG', True)";
    assert_eq!(x(reader), "env(True)");
    let text = format!("ROOT_URLCONF = 'u'\n{reader}\n");
    let set = settings_in(&[("settings.py", &text)], &[("SITE_DEBUG", "0")]);
    assert_eq!(set.value("X"), "env(False)");
}

#[test]
fn files_of_the_project_exist() {
    let chosen = |test: &str| {
        let text = format!(
            "import os\nfrom pathlib import Path\nROOT_URLCONF = 'u'\nX = 1\nBASE = Path(__file__).resolve().parent\nif {test}:\n    X = 2\n"
        );
        settings(&[("config/settings.py", &text), ("config/local.py", "Y = 1\n")]).value("X")
    };
    let beside = |name: &str| {
        format!(
            "os.path.exists(os.path.join(os.path.dirname(os.path.abspath(__file__)), '{name}'))"
        )
    };
    assert_eq!(chosen(&beside("local.py")), "2");
    assert_eq!(chosen(&beside("absent.py")), "1");
    assert_eq!(chosen("(BASE / 'local.py').exists()"), "2");
    assert_eq!(chosen("BASE.parent.joinpath('config', 'absent.py').is_file()"), "1");
    // Files that are no modules may be made where the program runs.
    assert_eq!(chosen("(BASE / 'production.flag').exists()"), "1 | 2");
}

#[test]
fn other_styles_are_followed() {
    for (lines, wanted) in [
        ("import os\nos.environ.setdefault('E', '1')\nX = os.environ['E'] == '1'", "env(?)"),
        (
            "from functools import lru_cache\nimport os\n@lru_cache\ndef f(k, d=None):\n    return os.environ.get(k, d)\nX = f('K', 'v')",
            "env('v')",
        ),
        (
            "from functools import partial\nimport os\ndef get(k, d):\n    return os.environ.get(k, d)\nX = partial(get, d='v')('K')",
            "?",
        ),
        (
            "def outer(a):\n    def inner(b):\n        return a + b\n    return inner\nX = outer(1)(2)",
            "?",
        ),
        (
            "import enum\nclass Stage(enum.Enum):\n    DEV = 'dev'\n    PROD = 'prod'\nX = Stage.PROD.value",
            "?",
        ),
        ("import os\nX = 1 if 'RENDER' in os.environ else 2", "env(2)"),
        ("import socket\nX = socket.gethostname() == 'web1'", "?"),
        ("import platform\nX = 1\nif platform.node() == 'dev':\n    X = 2", "1 | 2"),
        ("n = 5\nX = f'{n}-{\"a\"!s}'", "'5-a'"),
        ("X = {c for c in 'aa'}", "['a', 'a']"),
        ("X = [a for pair in ((1, 2), (3,)) for a in pair]", "[1, 2, 3]"),
        ("X = sorted(['b', 'a'], reverse=True)", "?"),
        ("X = list(map(str.strip, ' a, b '.split(',')))", "['a', 'b']"),
        ("from operator import itemgetter\nX = itemgetter('a')({'a': 1})", "?"),
        (
            "import os\nmatch os.environ.get('S', 'prod'):\n    case 'dev' | 'ci':\n        X = 1\n    case _:\n        X = 2",
            "2",
        ),
        ("import os\nenv = os.environ\nX = env.get('K', 'v')", "env('v')"),
        ("import os\nget = os.environ.get\nX = get('K', 'v')", "env('v')"),
        (
            "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass C:\n    a: int = 1\n    b: bool = True\nX = C(a=2).b",
            "True",
        ),
        ("from collections import ChainMap\nX = ChainMap({'a': 1}, {'a': 2})['a']", "?"),
        ("X = 1\ntry:\n    X = int('a')\nexcept ValueError:\n    X = 3", "? | 3"),
        ("X = 'a b'.split()[-1].upper()", "'B'"),
        ("from os import path\nX = path.basename('/a/b')", "'b'"),
    ] {
        assert_eq!(x(lines), wanted, "{lines}");
    }
}

#[test]
fn local_settings_are_taken_over() {
    let files = |last: &'static str| {
        settings(&[("config/settings.py", last), ("config/local_settings.py", "X = 2\nY = []\n")])
    };
    let updated = files(
        "ROOT_URLCONF = 'u'\nX = 1\ntry:\n    from config import local_settings\n    globals().update(vars(local_settings))\nexcept ImportError:\n    pass\n",
    );
    assert_eq!(updated.value("X"), "2");
    let renamed = files(
        "import config.local_settings as base\nfrom config.local_settings import Y as BASE\nROOT_URLCONF = 'u'\nX = BASE + [base.X]\n",
    );
    assert_eq!(renamed.value("X"), "[2]");
    let run = files("ROOT_URLCONF = 'u'\nX = 1\nexec(open('config/local_settings.py').read())\n");
    assert_eq!(run.value("X"), "1 | ?");
}

#[test]
fn formats_write_what_python_writes() {
    let answers = settings(&[(
        "settings.py",
        "import os\nROOT_URLCONF = 'a'\nN = 7\nNAME = 'it'\nA = f'{N:03d}-{NAME!r}'\nB = '{:03d}-{!r:>6}'.format(N, NAME)\nC = f'{NAME:{N}}|'\nD = f'{N=}'\nE = '{:{}}|{}'.format(NAME, 5, 'x')\nF = f'{os.environ[\"X\"]!r}'\n",
    )]);
    for (key, expected) in [
        ("A", "'007-'it''"),
        ("B", "'007-  'it''"),
        ("C", "'it     |'"),
        ("D", "'{…}'"),
        ("E", "?"),
        ("F", "'{…}'"),
    ] {
        assert_eq!(answers.value(key), expected, "{key}");
    }
}
