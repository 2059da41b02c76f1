//! Files, commands and helpers that a configuration comes from.

use super::{check, statements, values};

/// What the application of `app.py` has, with other files beside it: keys, without places.
#[track_caller]
fn beside(code: &str, others: &[(&str, &str)], expected: &str) {
    let app = format!("import os\nfrom flask import Flask\napp = Flask(__name__)\n{code}");
    let files: Vec<(&str, &str)> =
        std::iter::once(("app.py", app.as_str())).chain(others.iter().copied()).collect();
    super::values_of(&files, expected);
}

#[test]
fn files_of_assignments() {
    let cfg = "import os\nA = os.environ.get('A', 'x') == 'y'\nb = 1\n";
    beside("app.config.from_pyfile('site.cfg')\n", &[("site.cfg", cfg)], "A=env(False)");
    // A real INI file is none, and neither is one that is not there.
    let ini = [("site.cfg", "[server]\nA = 1\n")];
    beside("app.config['A'] = 2\napp.config.from_pyfile('site.cfg')\n", &ini, "A=? …");
    let docker = [("Dockerfile", "FROM python\nENV SITE=live.cfg\n"), ("live.cfg", "A = 3\n")];
    beside("app.config.from_envvar('SITE', silent=True)\n", &docker, "A=3");
}

#[test]
fn documents_that_are_loaded() {
    let json = [("settings.json", "{\"A\": true}")];
    for load in [
        "json.load(open('settings.json'))",
        "json.load(open(Path(__file__).parent / 'settings.json'))",
        "json.loads((Path(__file__).parent / 'settings.json').read_text())",
        "json.load(open(os.path.join(os.path.dirname(__file__), 'settings.json')))",
    ] {
        let code = format!("import json\nfrom pathlib import Path\napp.config.update({load})\n");
        beside(&code, &json, "A=True");
    }
    let with = "import json\nwith open('settings.json') as f:\n    app.config.from_mapping(json.load(f))\n";
    beside(with, &json, "A=True");
    beside("import json\napp.config.update(json.load(open('none.json')))\n", &json, "…");
}

#[test]
fn namespaces_are_objects() {
    let make =
        "from types import SimpleNamespace\ndef make():\n    return SimpleNamespace(A=1, b=2)\n";
    statements(&format!("{make}app.config.from_object(make())\n"), "A=1");
    let made = "from types import SimpleNamespace\napp.config.from_object(SimpleNamespace(A=1))\n";
    statements(made, "A=1");
}

#[test]
fn a_configuration_under_another_name() {
    statements("c = app.config\nc |= {'A': 1}\nc['B'] = 2\n", "A=1 B=2");
    // Without the assignment to itself it is another dictionary.
    statements("c = app.config | {'A': 1}\n", "");
}

#[test]
fn keys_and_items() {
    let put = "for k, v in {'A': 2, 'B': 3}.items():\n    if k in app.config:\n        continue\n    app.config[k] = v\n";
    statements(&format!("app.config['A'] = 1\n{put}"), "A=1 B=3");
    statements(
        "app.config.update(MY_A=1, MY_B=2)\nfor k, v in app.config.get_namespace('MY_').items():\n    app.config['X_' + k.upper()] = v\n",
        "MY_A=1 MY_B=2 X_A=1 X_B=2",
    );
}

#[test]
fn local_files_that_may_be_imported() {
    for name in ["local_settings", ".local_settings"] {
        let code = format!(
            "app.config['A'] = False\ntry:\n    from {name} import OVERRIDES\nexcept ImportError:\n    pass\nelse:\n    app.config.from_mapping(OVERRIDES)\napp.config['B'] = 1\n"
        );
        statements(&code, "A=env(False) B=1 …");
    }
    // What does not touch the configuration leaves it as it is.
    let version = "try:\n    from .version import VERSION\nexcept ImportError:\n    VERSION = '0'\napp.config['A'] = 1\n";
    statements(version, "A=1");
}

#[test]
fn class_methods_get_their_class() {
    let class = "class Live:\n    A = 1\n    @classmethod\n    def init_app(cls, app):\n        app.config['A'] = 2\n";
    statements(&format!("{class}Live.init_app(app)\n"), "A=2");
}

#[test]
fn objects_that_configure_the_application_they_are_given() {
    let policy = "class Policy:\n    def __init__(self, app=None, secure=True):\n        self.secure = secure\n        if app is not None:\n            self.init_app(app)\n    def init_app(self, app):\n        app.config['A'] = self.secure\n";
    statements(&format!("{policy}Policy(app, secure=False)\n"), "A=False");
    statements(&format!("{policy}p = Policy(secure=False)\np.init_app(app)\n"), "A=False");
    statements(&format!("{policy}Policy()\n"), "");
}

#[test]
fn helpers_that_catch_what_is_not_set() {
    let helper = "def flag(name, default=False):\n    try:\n        return os.environ[name] == '1'\n    except KeyError:\n        return default\n";
    let code = format!("{helper}app.config['A'] = flag('A')\n");
    beside(&code, &[], "A=env(False)");
    beside(&code, &[("Dockerfile", "FROM python\nENV A=1\n")], "A=env(True)");
}

#[test]
fn commands_start_the_application() {
    let factory = "from flask import Flask\ndef create_app(debug=False, **more):\n    app = Flask(__name__)\n    app.config['A'] = debug\n    app.config.update(more)\n    return app\n";
    let dev = "from shop import create_app\napp = create_app(debug=1)\n";
    let files =
        |command: &'static str| [("Dockerfile", command), ("dev.py", dev), ("shop.py", factory)];
    // The command of the image, and not the only caller.
    super::values_of(&files("FROM python\nCMD gunicorn \"shop:create_app()\"\n"), "A=False");
    let given = "FROM python\nCMD [\"gunicorn\", \"shop:create_app(debug=2)\"]\n";
    super::values_of(&files(given), "A=2");
    super::values_of(&files("FROM python\nCMD python -m shop\n"), "A=1");
    let procfile = [("Procfile", "web: gunicorn 'shop:create_app(3)'\n"), ("shop.py", factory)];
    super::values_of(&procfile, "A=3");
}

#[test]
fn code_of_one_application_is_not_of_another() {
    let one = "from flask import Flask, current_app\none = Flask(__name__)\nwith one.app_context():\n    current_app.config.update(A=1)\n";
    let two = "from flask import Flask\ntwo = Flask(__name__)\ntwo.config['B'] = 1\n";
    check(
        &[("one.py", one), ("two.py", two)],
        "one production: A=1@one:4\ntwo production: B=1@two:3",
    );
}

#[test]
fn readers_of_the_environment_take_defaults_by_name() {
    values(
        "from environs import Env\nfrom flask import Flask\nenv = Env()\napp = Flask(__name__)\napp.config['A'] = env.bool('A', default=False)\n",
        "A=env(False)",
    );
}

#[test]
fn objects_that_read_the_environment() {
    let class = "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    A: bool = False\n    B: int = 1\napp.config.from_object(Settings())\n";
    beside(class, &[], "A=env(False) B=env(1)");
    beside(class, &[("Dockerfile", "FROM python\nENV A=true B=2\n")], "A=env(True) B=env(2)");
    // The class itself reads nothing.
    let itself = class.replace("Settings())", "Settings)");
    beside(&itself, &[("Dockerfile", "FROM python\nENV A=true\n")], "A=False B=1");
}

#[test]
fn stages_that_deployment_files_set() {
    let by_stage =
        "if os.environ.get('STAGE', 'production') != 'production':\n    app.config['A'] = 1\n";
    beside(by_stage, &[], "");
    beside(by_stage, &[("Dockerfile", "FROM python\nENV STAGE=blue\n")], "A=1");
    let named = "stages = {'blue': {'A': 1}, 'production': {'A': 2}}\napp.config.update(stages[os.environ.get('STAGE', 'production')])\n";
    beside(named, &[("Dockerfile", "FROM python\nENV STAGE=blue\n")], "A=1");
}

#[test]
fn classes_whose_names_are_put_together() {
    let config =
        "class LiveConfig:\n    A = 1\nclass OtherConfig:\n    A = 1\nclass Else:\n    A = 2\n";
    let code = "import config\napp.config.from_object(getattr(config, os.environ['S'].title() + 'Config'))\n";
    beside(code, &[("config.py", config)], "A=1");
}
