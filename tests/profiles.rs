//! Which settings are production's, and what that does to findings.

use tokscan::engine::{ScanOptions, analyse};
use tokscan::finding::{Finding, Severity};
use tokscan::rule::RuleSet;
use tokscan::source::FileTable;

fn findings(files: &[(&str, &str)]) -> Vec<(Finding, String)> {
    let rules = RuleSet::builtin().expect("the embedded packs load");
    let files = FileTable::in_memory(files.iter().copied());
    let found = analyse(files, &rules, &ScanOptions::default()).expect("it is analysed");
    let place = |finding: &Finding| {
        let file = found.files.get(finding.primary.loc.file);
        format!("{}:{}", file.path, file.lines().line_of(finding.primary.loc.start) + 1)
    };
    found.findings.iter().map(|finding| (finding.clone(), place(finding))).collect()
}

/// Severity and place of the findings of one rule.
fn of_rule(files: &[(&str, &str)], rule: &str) -> Vec<(Severity, String)> {
    let found = findings(files).into_iter().filter(|(finding, _)| &*finding.rule == rule);
    found.map(|(finding, place)| (finding.severity, place)).collect()
}

const MANAGE: (&str, &str) = (
    "manage.py",
    "import os\nimport sys\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\nfrom django.core.management import execute_from_command_line\n\nexecute_from_command_line(sys.argv)\n",
);

const WSGI: (&str, &str) = (
    "shop/wsgi.py",
    "import os\n\nfrom django.core.wsgi import get_wsgi_application\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\napplication = get_wsgi_application()\n",
);

/// What a project starts with.
const FRESH: &str = r#"
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "django-insecure-q9v%k2m)x7w4b8z!n3c6r1t5y0u&p-e+s^d@f*g(h#j"
DEBUG = True
ALLOWED_HOSTS = []
INSTALLED_APPS = ["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
AUTH_PASSWORD_VALIDATORS = [{"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"}]
"#;

fn worst(files: &[(&str, &str)]) -> Option<Severity> {
    findings(files).into_iter().map(|(finding, _)| finding.severity).max()
}

#[test]
fn a_fresh_project_passes_the_gate_until_something_deploys_it() {
    let settings = ("shop/settings.py", FRESH);
    let fresh = [MANAGE, WSGI, settings];
    for rule in ["debug-mode-enabled", "framework-secret-key-hardcoded"] {
        let found = of_rule(&fresh, rule);
        assert!(matches!(found.as_slice(), [(Severity::Medium, _)]), "{rule}: {found:?}");
    }
    assert_eq!(worst(&fresh), Some(Severity::Medium));

    let ships = [
        ("Dockerfile", "FROM python:3.13\nCOPY . /app\n"),
        ("Procfile", "web: ./serve.sh\n"),
        ("requirements.txt", "Django==6.1.3\ngunicorn==23.0.0\n"),
        ("gunicorn.conf.py", "workers = 2\n"),
        ("compose.yaml", "services: {web: {build: .}}\n"),
    ];
    for file in ships {
        let found = of_rule(&[MANAGE, WSGI, settings, file], "debug-mode-enabled");
        assert!(matches!(found.as_slice(), [(Severity::High, _)]), "{}: {found:?}", file.0);
    }
    // What only developers use, and packages that serve nothing.
    let other = [
        ("docker-compose.dev.yml", "services: {web: {build: .}}\n"),
        ("requirements.txt", "Django==6.1.3\ngunicorn-color==0.1\n"),
    ];
    for file in other {
        assert_eq!(worst(&[MANAGE, WSGI, settings, file]), Some(Severity::Medium), "{}", file.0);
    }
}

#[test]
fn hosts_and_keys_of_its_own_are_no_fresh_project() {
    let hosts = FRESH.replace("ALLOWED_HOSTS = []", "ALLOWED_HOSTS = [\"shop.example\"]");
    let with_hosts = [MANAGE, WSGI, ("shop/settings.py", hosts.as_str())];
    for rule in ["debug-mode-enabled", "framework-secret-key-hardcoded"] {
        let found = of_rule(&with_hosts, rule);
        assert!(matches!(found.as_slice(), [(Severity::High, _)]), "{rule}: {found:?}");
    }
    let key = FRESH.replace("django-insecure-", "");
    let with_key = [MANAGE, WSGI, ("shop/settings.py", key.as_str())];
    let found = of_rule(&with_key, "framework-secret-key-hardcoded");
    assert!(matches!(found.as_slice(), [(Severity::High, _)]), "{found:?}");
}

#[test]
fn findings_on_settings_and_files_say_their_profile() {
    let dev = [
        ("requirements.txt", "Django==6.1.3\n"),
        ("shop/settings/__init__.py", ""),
        ("shop/settings/dev.py", "DEBUG = True\nROOT_URLCONF = 'shop.urls'\nINSTALLED_APPS = []\n"),
        (
            "shop/settings/prod.py",
            "DEBUG = True\nROOT_URLCONF = 'shop.urls'\nINSTALLED_APPS = []\n",
        ),
        ("Dockerfile", "FROM python:3.13\nENV FLASK_DEBUG=1\n"),
        (
            "shop/views.py",
            "import jwt\n\ndef claims(token):\n    return jwt.decode(token, options={'verify_signature': False})\n",
        ),
    ];
    let profile = |path: &str| {
        let found = findings(&dev).into_iter().find(|(_, place)| place.starts_with(path));
        found.unwrap_or_else(|| panic!("nothing is found in {path}")).0.profile
    };
    assert_eq!(profile("shop/settings/prod.py"), Some("production"));
    assert_eq!(profile("Dockerfile"), Some("production"));
    assert_eq!(profile("shop/views.py"), None);
}

/// A project of two layers with the assignments of `DEBUG` in each.
fn layers(base: &str, production: &str) -> Vec<(Severity, String)> {
    let base = format!(
        "import os\n\n{base}\nSECRET_KEY = os.environ['SECRET_KEY']\nROOT_URLCONF = 'shop.urls'\n"
    );
    let production =
        format!("from .base import *\n\n{production}\nALLOWED_HOSTS = ['shop.example']\n");
    let wsgi = WSGI.1.replace("shop.settings", "shop.settings.production");
    let files = [
        ("shop/settings/__init__.py", ""),
        ("shop/settings/base.py", base.as_str()),
        ("shop/settings/production.py", production.as_str()),
        ("shop/wsgi.py", wsgi.as_str()),
    ];
    of_rule(&files, "debug-mode-enabled")
}

#[test]
fn production_overrides_what_it_builds_on() {
    assert_eq!(layers("DEBUG = True", "DEBUG = False"), []);
    let found = layers("DEBUG = False", "DEBUG = True");
    assert_eq!(found, [(Severity::High, "shop/settings/production.py:3".to_owned())]);
    let inherited = layers("DEBUG = True", "");
    assert_eq!(inherited, [(Severity::High, "shop/settings/base.py:3".to_owned())]);
}

#[test]
fn settings_of_a_tool_are_not_those_of_the_server() {
    let tool = [
        (
            "shop/extract/run.py",
            "import os\n\nos.environ['DJANGO_SETTINGS_MODULE'] = 'shop.extract.settings'\n",
        ),
        (
            "shop/extract/settings.py",
            "SECRET_KEY = 'k3y-0f-the-t00l-8c1f5b2e9d'\nDEBUG = True\nINSTALLED_APPS = ['django.contrib.auth']\nROOT_URLCONF = 'shop.urls'\nUSE_I18N = True\n",
        ),
        ("shop/extract/__init__.py", ""),
        ("shop/__init__.py", ""),
        (
            "shop/settings_docker.py",
            "import os\nSECRET_KEY = os.environ['K']\nDEBUG = False\nINSTALLED_APPS = ['django.contrib.auth']\nROOT_URLCONF = 'shop.urls'\nMIDDLEWARE = []\n",
        ),
    ];
    // The server's own module is written where the project is installed.
    let with_server = tool.iter().copied().chain([WSGI]).collect::<Vec<_>>();
    let found = of_rule(&with_server, "debug-mode-enabled");
    assert_eq!(found, [], "the tool's settings are taken for production's");
    let served = ("shop/settings.py", FRESH);
    let with_both = with_server.iter().copied().chain([served]).collect::<Vec<_>>();
    let found = of_rule(&with_both, "debug-mode-enabled");
    assert_eq!(
        found.iter().map(|(_, place)| place.as_str()).collect::<Vec<_>>(),
        ["shop/settings.py:6"]
    );
}
