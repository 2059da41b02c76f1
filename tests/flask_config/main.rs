//! What a Flask application is configured with when its program has started: per mechanism, the
//! value of a key, where it was set, and for which profile.

mod sources;

use std::fmt::Write as _;

use tokscan::engine::with_project;
use tokscan::facts::Const;
use tokscan::link::{Kind, Val};
use tokscan::project::{Namespace, Profile};
use tokscan::rule::RuleSet;
use tokscan::source::FileTable;

/// A value as the tests write it.
fn show(value: &Val) -> String {
    match &value.kind {
        Kind::Const(Const::None) => "None".to_owned(),
        Kind::Const(Const::Bool(true)) => "True".to_owned(),
        Kind::Const(Const::Bool(false)) => "False".to_owned(),
        Kind::Const(Const::Int(n)) => n.to_string(),
        Kind::Const(Const::Float(n)) => n.to_string(),
        Kind::Const(Const::Str(text)) => format!("'{text}'"),
        Kind::Env(env) => match &env.default {
            Some(default) => format!("env({})", show(default)),
            None => "env".to_owned(),
        },
        Kind::OneOf(values) => {
            let mut shown: Vec<String> = values.iter().map(show).collect();
            shown.sort();
            shown.join("|")
        }
        Kind::Secret(_) => "secret".to_owned(),
        Kind::Function(_) => "function".to_owned(),
        Kind::Setting(setting) => setting.value.as_ref().map_or_else(|| "?".to_owned(), show),
        Kind::Absent => "absent".to_owned(),
        _ => "?".to_owned(),
    }
}

/// The configurations of a project, keys in the order of the alphabet, one line per application and profile:
/// `name production: KEY=value@file:line…`, with the chain of places; `…` when it is open.
fn configurations(files: &[(&str, &str)]) -> String {
    let rules = RuleSet::builtin().expect("the embedded packs load");
    let table = FileTable::in_memory(files.iter().copied());
    with_project(&table, &rules, |target| {
        let mut text = String::new();
        let flask = target.model.settings.namespaces.iter().filter(|n| n.framework == "flask");
        for namespace in flask {
            line(&table, namespace, &mut text);
        }
        text
    })
    .expect("it is analysed")
}

fn line(table: &FileTable, namespace: &Namespace, text: &mut String) {
    let _ = write!(text, "{} {}:", namespace.name, namespace.profile.name());
    let mut keys: Vec<_> = namespace.keys.iter().collect();
    keys.sort_by_key(|(key, _)| *key);
    for (key, setting) in keys {
        let places: Vec<String> = setting
            .chain
            .iter()
            .map(|loc| {
                let file = &table.get(loc.file).path;
                format!("{}:{}", file.trim_end_matches(".py"), table.line_col(*loc).0.0)
            })
            .collect();
        assert_eq!(setting.chain.last(), Some(&setting.loc));
        let _ = write!(text, " {key}={}@{}", show(&setting.value), places.join(","));
    }
    text.push_str(if namespace.complete { "\n" } else { " …\n" });
}

#[track_caller]
fn check(files: &[(&str, &str)], expected: &str) {
    assert_eq!(configurations(files).trim(), expected.trim());
}

/// The production values of one module, without places.
#[track_caller]
fn values(code: &str, expected: &str) {
    values_of(&[("app.py", code)], expected);
}

/// The production values of the first application of a project, without places.
#[track_caller]
fn values_of(files: &[(&str, &str)], expected: &str) {
    let rules = RuleSet::builtin().expect("the embedded packs load");
    let table = FileTable::in_memory(files.iter().copied());
    let text = with_project(&table, &rules, |target| {
        let mut found =
            target.model.settings.namespaces.iter().filter(|n| n.profile == Profile::Production);
        let namespace = found.next().expect("an application");
        let mut parts: Vec<String> =
            namespace.keys.iter().map(|(k, s)| format!("{k}={}", show(&s.value))).collect();
        parts.sort();
        if !namespace.complete {
            parts.push("…".to_owned());
        }
        parts.join(" ")
    })
    .expect("it is analysed");
    assert_eq!(text, expected);
}

/// The body of an application module with these statements.
#[track_caller]
fn statements(code: &str, expected: &str) {
    values(&format!("import os\nfrom flask import Flask\napp = Flask(__name__)\n{code}"), expected);
}

// ---- operations

#[test]
fn items_and_attributes() {
    statements("app.config['A'] = 1\napp.config['A'] = 2\n", "A=2");
    statements("app.debug = True\napp.secret_key = 'dev'\n", "DEBUG=True SECRET_KEY='dev'");
    statements("app.session_cookie_secure = True\n", "");
    statements("c = app.config\nc['A'] = 1\nc.update(B=2)\n", "A=1 B=2");
    statements("app.config['A'] = 1\ndel app.config['A']\napp.config['B'] = 1\n", "B=1");
    statements("app.config['A'] = 1\napp.config.pop('A')\n", "");
}

#[test]
fn mappings() {
    statements("app.config.update(A=1, B=2)\napp.config.update({'A': 3}, C=4)\n", "A=3 B=2 C=4");
    statements("app.config.from_mapping({'A': 1, 'b': 2}, C=3, d=4)\n", "A=1 C=3");
    statements("app.config |= {'A': 1}\n", "A=1");
    statements("app.config.update(dict(A=1, **{'B': 2}))\n", "A=1 B=2");
    statements("app.config.update([('A', 1)])\n", "A=1");
}

#[test]
fn defaults_that_are_there_already() {
    let code = "app.config.setdefault('SESSION_COOKIE_SECURE', True)\napp.config.setdefault('REMEMBER_COOKIE_SECURE', True)\n";
    statements(code, "REMEMBER_COOKIE_SECURE=True");
    let jwt = "from flask_jwt_extended import JWTManager\n";
    let set = "app.config.setdefault('JWT_COOKIE_SECURE', True)\n";
    statements(&format!("{jwt}{set}JWTManager(app)\n"), "JWT_COOKIE_SECURE=True");
    statements(&format!("{jwt}JWTManager(app)\n{set}"), "");
    statements(&format!("{jwt}j = JWTManager()\nj.init_app(app)\n{set}"), "");
}

#[test]
fn reads_of_what_was_set_before() {
    statements(
        "app.config['A'] = True\napp.config['B'] = not app.config['A']\napp.config['A'] = False\n",
        "A=False B=False",
    );
    statements(
        "app.config['A'] = 'x'\napp.config['B'] = app.config.get('A', 'y') + 'z'\n",
        "A='x' B='xz'",
    );
    statements("app.config['B'] = app.config.get('A', 'y')\n", "B='y'");
    statements(
        "app.debug = True\nif app.debug:\n    app.config['A'] = 1\nelse:\n    app.config['A'] = 2\n",
        "A=1 DEBUG=True",
    );
    statements("if not app.config['DEBUG']:\n    app.config['A'] = 1\n", "A=1");
}

#[test]
fn ways_that_are_not_known_meet() {
    statements(
        "import x\nif x.f():\n    app.config['A'] = 1\nelse:\n    app.config['A'] = 2\n",
        "A=1|2",
    );
    statements(
        "import x\nif x.f():\n    app.config['SESSION_COOKIE_HTTPONLY'] = False\n",
        "SESSION_COOKIE_HTTPONLY=?",
    );
    statements("import x\napp.config['A'] = 1\napp.config.update(x.f())\n", "A=? …");
}

#[test]
fn loops_over_what_is_known() {
    statements("for k, v in {'A': 1, 'B': 2}.items():\n    app.config[k] = v\n", "A=1 B=2");
    statements("for k in ('A', 'B'):\n    app.config.setdefault(k, True)\n", "A=True B=True");
    statements(
        "D = {'A': 1, 'B': 2}\nfor k in D:\n    if k == 'A':\n        continue\n    app.config[k] = D[k]\n",
        "B=2",
    );
    statements(
        "for k in ('A', 'B', 'C'):\n    if k == 'B':\n        break\n    app.config[k] = 1\n",
        "A=1",
    );
}

#[test]
fn exceptions() {
    statements(
        "try:\n    app.config.from_object('local_settings')\nexcept ImportError:\n    app.config['A'] = 1\n",
        "A=? …",
    );
    statements(
        "try:\n    app.config['A'] = 1\nexcept ValueError:\n    app.config['A'] = 2\n",
        "A=1",
    );
}

#[test]
fn the_environment() {
    statements("app.config['A'] = os.environ.get('A', 'x')\n", "A=env('x')");
    statements("app.config['A'] = os.environ.get('A', 'true').lower() == 'true'\n", "A=env(True)");
    statements("app.config['A'] = os.environ['A']\n", "A=env");
    statements(
        "if os.environ.get('FLASK_ENV') == 'production':\n    app.config['A'] = 1\nelse:\n    app.config['A'] = 2\n",
        "A=1",
    );
    statements("if os.getenv('ENV', 'dev') in ('dev', 'test'):\n    app.config['A'] = 1\n", "");
}

// ---- objects

#[test]
fn classes_and_their_bases() {
    let classes = "class Mixin:\n    A = 2\n    C = 3\nclass Base:\n    A = 1\n    B = 1\n    b = 2\nclass Config(Mixin, Base):\n    D = 4\n";
    statements(&format!("{classes}app.config.from_object(Config)\n"), "A=2 B=1 C=3 D=4");
    statements(&format!("{classes}app.config.from_object(Config())\n"), "A=2 B=1 C=3 D=4");
    statements(
        &format!("{classes}app.config.from_object(Config)\napp.config['A'] = 9\n"),
        "A=9 B=1 C=3 D=4",
    );
}

#[test]
fn properties_are_read_of_instances_only() {
    let class = "class Config:\n    @property\n    def A(self):\n        return False\n";
    statements(&format!("{class}app.config.from_object(Config())\n"), "A=False");
    statements(&format!("{class}app.config.from_object(Config)\n"), "A=function");
}

#[test]
fn what_constructors_store() {
    let class = "class Config:\n    A = 1\n    def __init__(self):\n        self.B = 2\n        self.A = 3\n";
    statements(&format!("{class}app.config.from_object(Config())\n"), "A=3 B=2");
}

#[test]
fn modules() {
    let config = ("settings.py", "A = 1\nfrom base import *\nB = A\nif B:\n    C = 1\n");
    let base = ("base.py", "A = 2\nD = 3\nlower = 1\n");
    let app =
        "from flask import Flask\napp = Flask(__name__)\napp.config.from_object('settings')\n";
    check(
        &[("app.py", app), config, base],
        "app (settings) production: A=1@app:3,settings:1 B=1@app:3,settings:3 C=1@app:3,settings:5 D=3@app:3,base:2",
    );
}

#[test]
fn its_own_module_as_far_as_it_ran() {
    statements("A = 1\napp.config.from_object(__name__)\nB = 2\n", "A=1");
}

#[test]
fn a_mapping_is_no_object() {
    statements("app.config.from_object({'A': 1})\n", "");
}

// ---- who is configured

const FACTORY: &str = "from flask import Flask\nfrom .ext import init\nfrom .conf import configure\n\n\ndef create_app():\n    app = Flask(__name__)\n    app.config['A'] = 1\n    configure(app.config)\n    init(app)\n    app.config['Z'] = 1\n    return app\n";

#[test]
fn factories_and_what_they_call() {
    check(
        &[
            ("shop/__init__.py", FACTORY),
            ("shop/conf.py", "def configure(config):\n    config['A'] = 2\n    config['B'] = 1\n"),
            (
                "shop/ext.py",
                "def init(app):\n    app.config['B'] = 2\n    more(app)\n\n\ndef more(application):\n    application.config.update(C=3)\n",
            ),
            ("wsgi.py", "from shop import create_app\n\napp = create_app()\napp.config['Z'] = 2\n"),
        ],
        "shop.create_app production: A=2@shop/__init__:8,shop/conf:2 B=2@shop/conf:3,shop/ext:2 C=3@shop/ext:7 Z=2@shop/__init__:11,wsgi:4",
    );
}

#[test]
fn arguments_of_factories() {
    let app = "from flask import Flask\n\n\ndef create_app(secure=False, config=None):\n    app = Flask(__name__)\n    app.config['A'] = secure\n    if config:\n        app.config.update(config)\n    return app\n";
    check(
        &[
            ("app.py", app),
            (
                "wsgi.py",
                "from app import create_app\napplication = create_app(secure=True, config={'B': 1})\n",
            ),
        ],
        "app.create_app production: A=True@app:6 B=1@app:8",
    );
    check(&[("app.py", app)], "app.create_app production: A=env(False)@app:6");
}

#[test]
fn applications_of_other_modules() {
    check(
        &[
            (
                "shop/__init__.py",
                "from flask import Flask\n\napp = Flask(__name__)\napp.config['A'] = 1\n\nfrom shop import views\n\napp.config['B'] = 1\n",
            ),
            ("shop/views.py", "from shop import app\n\napp.config['A'] = 2\napp.config['B'] = 2\n"),
        ],
        "shop production: A=2@shop/__init__:4,shop/views:3 B=1@shop/views:4,shop/__init__:8",
    );
}

#[test]
fn objects_that_hold_the_application() {
    let code = "from flask import Flask\n\n\nclass Server:\n    def __init__(self):\n        self.app = Flask(__name__)\n        self.app.config['A'] = 1\n        self.setup()\n\n    def setup(self):\n        self.app.config['B'] = 2\n\n\nserver = Server()\nserver.app.config['C'] = 3\n";
    values(code, "A=1 B=2 C=3");
}

#[test]
fn applications_bound_by_functions() {
    let code = "from flask import Flask\napp = None\n\n\ndef create_app():\n    global app\n    app = Flask(__name__)\n    app.config['A'] = 1\n    app.secret_key = 'x'\n    init(app)\n\n\ndef init(application):\n    application.config['B'] = 1\n\n\ncreate_app()\n";
    values(code, "A=1 B=1 SECRET_KEY='x'");
}

#[test]
fn a_package_s_own_modules() {
    check(
        &[
            (
                "shop/__init__.py",
                "from flask import Flask\nfrom shop import config\n\n\ndef create_app(object=config):\n    app = Flask(__name__)\n    app.config.from_object(object)\n    return app\n",
            ),
            ("shop/config.py", "A = 1\n"),
            ("wsgi.py", "from shop import create_app\n\napp = create_app()\n"),
        ],
        "shop.create_app (config) production: A=1@shop/__init__:7,shop/config:1",
    );
}

#[test]
fn subclasses() {
    let code = "from flask import Flask\n\n\nclass Shop(Flask):\n    default_config = {**Flask.default_config, 'A': 0, 'SESSION_COOKIE_SECURE': True}\n\n    def __init__(self, *args, **kwargs):\n        super().__init__(*args, **kwargs)\n        self.config['B'] = 1\n\n\napp = Shop(__name__)\napp.config['C'] = 1\n";
    values(code, "A=0 B=1 C=1 SESSION_COOKIE_SECURE=True");
}

#[test]
fn the_current_application_while_it_is_set_up() {
    statements(
        "from flask import current_app\nwith app.app_context():\n    current_app.config['A'] = 1\n",
        "A=1",
    );
}

#[test]
fn several_applications() {
    check(
        &[(
            "app.py",
            "from flask import Flask\n\nsite = Flask('site')\nadmin = Flask('admin')\nsite.config['A'] = 1\nadmin.config['A'] = 2\n",
        )],
        "app production: A=1@app:5\napp production: A=2@app:6",
    );
}

#[test]
fn writes_that_no_start_comes_to() {
    statements("def tune(app: Flask):\n    app.config['A'] = 1\n", "A=1");
    statements("app.config['A'] = 2\ndef tune(app: Flask):\n    app.config['A'] = 1\n", "A=1|2");
    statements(
        "@app.route('/')\ndef index():\n    app.config['SESSION_COOKIE_HTTPONLY'] = False\n    return ''\n",
        "SESSION_COOKIE_HTTPONLY=?",
    );
}

// ---- profiles

const CLASSES: &str = "class Config:\n    S = False\n    D = False\n\n\nclass ProductionConfig(Config):\n    S = True\n\n\nclass DevelopmentConfig(Config):\n    D = True\n\n\nclass TestingConfig(Config):\n    T = True\n\n\nconfig = {\n    'production': ProductionConfig,\n    'development': DevelopmentConfig,\n    'testing': TestingConfig,\n    'default': DevelopmentConfig,\n}\n";

#[test]
fn classes_by_name_of_the_environment() {
    let app = "import os\nfrom flask import Flask\nfrom config import config\n\n\ndef create_app(name):\n    app = Flask(__name__)\n    app.config.from_object(config[name])\n    return app\n";
    let wsgi = "import os\nfrom app import create_app\napp = create_app(os.getenv('APP_ENV') or 'default')\n";
    check(
        &[("app.py", app), ("config.py", CLASSES), ("wsgi.py", wsgi)],
        "app.create_app (ProductionConfig) production: D=False@app:8,config:3 S=True@app:8,config:7\n\
         app.create_app (DevelopmentConfig) development: D=True@app:8,config:11 S=False@app:8,config:2\n\
         app.create_app (TestingConfig) test: D=False@app:8,config:3 S=False@app:8,config:2 T=True@app:8,config:15",
    );
}

#[test]
fn import_strings_of_the_environment() {
    for name in [
        "os.environ.get('C', 'config.DevelopmentConfig')",
        "f\"config.{os.getenv('C', 'Development')}Config\"",
    ] {
        let app = format!(
            "import os\nfrom flask import Flask\n\napp = Flask(__name__)\napp.config.from_object({name})\n"
        );
        let text = configurations(&[("app.py", &app), ("config.py", CLASSES)]);
        let production = text.lines().next().unwrap_or_default();
        assert!(production.starts_with("app (ProductionConfig) production:"), "{text}");
        assert!(production.contains("S=True"), "{text}");
    }
}

#[test]
fn classes_by_test_of_the_environment() {
    let app = "import os\nfrom flask import Flask\nimport config\n\napp = Flask(__name__)\nif os.environ.get('FLASK_ENV') == 'production':\n    app.config.from_object(config.ProductionConfig)\nelse:\n    app.config.from_object('config.DevelopmentConfig')\n";
    let text = configurations(&[("app.py", app), ("config.py", CLASSES)]);
    assert!(
        text.starts_with("app (ProductionConfig) production: D=False@app:7,config:3 S=True"),
        "{text}"
    );
}

#[test]
fn one_configuration_is_production() {
    let config = "class DevConfig:\n    DEBUG = True\n";
    let app = "from flask import Flask\n\napp = Flask(__name__)\napp.config.from_object('config.DevConfig')\n";
    check(
        &[("app.py", app), ("config.py", config)],
        "app (DevConfig) production: DEBUG=True@app:4,config:2",
    );
}

#[test]
fn a_parameter_s_default_is_not_the_last_word() {
    let app = "from flask import Flask\nfrom config import config\n\n\ndef create_app(name='development'):\n    app = Flask(__name__)\n    app.config.from_object(config[name])\n    return app\n";
    let text = configurations(&[("app.py", app), ("config.py", CLASSES)]);
    assert!(text.starts_with("app.create_app (ProductionConfig) production:"), "{text}");
    // Where the program itself says so, it is what runs: a development program.
    let wsgi = ("wsgi.py", "from app import create_app\n\napp = create_app()\n");
    let text = configurations(&[("app.py", app), ("config.py", CLASSES), wsgi]);
    assert!(text.starts_with("app.create_app (DevelopmentConfig) development:"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn scripts_are_development() {
    let code = "if __name__ == '__main__':\n    app.config['DEBUG'] = True\n    app.run()\n";
    statements(code, "");
    let main = "def main():\n    app.config['DEBUG'] = True\n    app.run()\n\n\nif __name__ == '__main__':\n    main()\n";
    statements(main, "");
    let only = "from flask import Flask\nif __name__ == '__main__':\n    app = Flask(__name__)\n    app.config['DEBUG'] = True\n    app.run()\n";
    values(only, "DEBUG=True");
}

#[test]
fn methods_of_configuration_classes() {
    let config = "class Config:\n    @staticmethod\n    def init_app(app):\n        pass\n\n\nclass ProductionConfig(Config):\n    @classmethod\n    def init_app(cls, app):\n        Config.init_app(app)\n        app.config['A'] = 1\n\n\nconfig = {'production': ProductionConfig, 'default': Config}\n";
    let app = "import os\nfrom flask import Flask\nfrom config import config\n\n\ndef create_app(name=os.getenv('C', 'default')):\n    app = Flask(__name__)\n    app.config.from_object(config[name])\n    config[name].init_app(app)\n    return app\n";
    let text = configurations(&[("app.py", app), ("config.py", config)]);
    assert!(
        text.starts_with("app.create_app (ProductionConfig) production: A=1@config:11"),
        "{text}"
    );
}

// ---- files and the environment

#[test]
fn files_of_the_project() {
    let app = "from flask import Flask\n\n\ndef create_app():\n    app = Flask(__name__, instance_relative_config=True)\n    app.config['A'] = 1\n    app.config.from_pyfile('prod.py', silent=True)\n    return app\n";
    check(
        &[("shop/__init__.py", app), ("instance/prod.py", "A = 2\n")],
        "shop.create_app production: A=2@shop/__init__:6,shop/__init__:7,instance/prod:1",
    );
    check(&[("shop/__init__.py", app)], "shop.create_app production: A=env(1)@shop/__init__:6 …");
}

#[test]
fn files_named_by_the_environment() {
    statements("app.config['A'] = 1\napp.config.from_envvar('X', silent=True)\n", "A=1");
    statements("app.config['A'] = 1\napp.config.from_envvar('X')\n", "A=? …");
    statements("app.config['A'] = 1\napp.config.from_prefixed_env()\n", "A=1");
}

// ---- extensions

#[test]
fn talisman() {
    let import = "from flask_talisman import Talisman\n";
    let lax =
        "SESSION_COOKIE_HTTPONLY=True SESSION_COOKIE_SAMESITE='Lax' SESSION_COOKIE_SECURE=True";
    statements(&format!("{import}Talisman(app)\n"), lax);
    statements(
        &format!(
            "{import}app.config['SESSION_COOKIE_SECURE'] = False\nt = Talisman()\nt.init_app(app)\n"
        ),
        lax,
    );
    statements(
        &format!("{import}Talisman(app)\napp.config['SESSION_COOKIE_SECURE'] = False\n"),
        lax,
    );
    statements(
        &format!(
            "{import}Talisman(app, session_cookie_secure=False, session_cookie_http_only=False, session_cookie_samesite='Strict')\n"
        ),
        "SESSION_COOKIE_SAMESITE='Strict'",
    );
    statements(
        &format!("{import}app.debug = True\nTalisman(app)\n"),
        "DEBUG=True SESSION_COOKIE_HTTPONLY=True SESSION_COOKIE_SAMESITE='Lax'",
    );
}
