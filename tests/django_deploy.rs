//! The checks of `manage.py check --deploy`: each has one rule, and whatever finding is shown in
//! the end says for which checks it stands.

use std::collections::{BTreeMap, BTreeSet};

use tokscan::engine::{ScanOptions, analyse};
use tokscan::finding::{Finding, Severity};
use tokscan::rule::RuleSet;
use tokscan::source::FileTable;

/// Every check `security.*` of Django 6.1, and the rule that is it.
const CHECKS: [(&str, &str); 27] = [
    ("security.E023", "django-referrer-policy-invalid"),
    ("security.E024", "django-opener-policy-invalid"),
    ("security.E026", "django-csp-not-a-dict"),
    ("security.E101", "django-csrf-failure-view-signature"),
    ("security.E102", "django-csrf-failure-view-not-importable"),
    ("security.W001", "django-security-middleware-missing"),
    ("security.W002", "django-clickjacking-middleware-missing"),
    ("security.W003", "django-csrf-middleware-missing"),
    ("security.W004", "hsts-missing"),
    ("security.W005", "hsts-subdomains-missing"),
    ("security.W006", "content-type-sniffing-allowed"),
    ("security.W008", "https-redirect-missing"),
    ("security.W009", "django-secret-key-weak"),
    ("security.W010", "django-session-cookie-plain-http-without-middleware"),
    ("security.W011", "django-session-cookie-plain-http-without-app"),
    ("security.W012", "django-session-cookie-plain-http"),
    ("security.W013", "django-session-cookie-not-httponly-without-middleware"),
    ("security.W014", "django-session-cookie-not-httponly-without-app"),
    ("security.W015", "django-session-cookie-not-httponly"),
    ("security.W016", "django-csrf-cookie-insecure"),
    ("security.W018", "django-debug-on"),
    ("security.W019", "django-framing-allowed"),
    ("security.W020", "django-allowed-hosts-empty"),
    ("security.W021", "hsts-preload-missing"),
    ("security.W022", "django-referrer-policy-unset"),
    ("security.W025", "django-fallback-key-weak"),
    ("security.W027", "django-csp-nonce-not-in-templates"),
];

const SECURITY: &str = "django.middleware.security.SecurityMiddleware";
const SESSIONS: &str = "django.contrib.sessions.middleware.SessionMiddleware";
const CSRF: &str = "django.middleware.csrf.CsrfViewMiddleware";
const FRAMES: &str = "django.middleware.clickjacking.XFrameOptionsMiddleware";

fn findings(files: &[(&str, &str)]) -> Vec<Finding> {
    let rules = RuleSet::builtin().expect("the embedded packs load");
    let requirements = ("requirements.txt", "Django==6.1.3\n");
    let files = FileTable::in_memory(files.iter().copied().chain([requirements]));
    analyse(files, &rules, &ScanOptions::default()).expect("it is analysed").findings
}

/// The checks that the findings on a settings module stand for, without `security.`.
fn checks(settings: &str) -> Vec<String> {
    let found = findings(&[("shop/settings.py", settings)]);
    let all: BTreeSet<String> =
        found.iter().flat_map(|f| f.django_checks.iter().map(|c| c.to_string())).collect();
    all.iter().map(|check| check.trim_start_matches("security.").to_owned()).collect()
}

/// Settings without any weakness that Django looks for.
fn sound(more: &str) -> String {
    format!(
        "import os\n\
         SECRET_KEY = os.environ['SECRET_KEY']\n\
         ALLOWED_HOSTS = ['shop.example']\n\
         INSTALLED_APPS = ['django.contrib.sessions']\n\
         MIDDLEWARE = ['{SECURITY}', '{SESSIONS}', '{CSRF}', '{FRAMES}']\n\
         SECURE_SSL_REDIRECT = True\n\
         SECURE_HSTS_SECONDS = 31536000\n\
         SECURE_HSTS_INCLUDE_SUBDOMAINS = True\n\
         SECURE_HSTS_PRELOAD = True\n\
         SESSION_COOKIE_SECURE = True\n\
         CSRF_COOKIE_SECURE = True\n\
         {more}\n"
    )
}

#[test]
fn every_check_has_exactly_its_rule() {
    let rules = RuleSet::builtin().expect("the embedded packs load");
    let mut named: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for meta in rules.metas() {
        for check in &meta.django_checks {
            named.entry(check).or_default().push(&meta.id);
            assert!(meta.severity <= Severity::Low, "{} is {}", meta.id, meta.severity);
        }
    }
    let expected: BTreeMap<&str, Vec<&str>> =
        CHECKS.iter().map(|(check, rule)| (*check, vec![*rule])).collect();
    assert_eq!(named, expected);
}

#[test]
fn examples_of_a_rule_have_its_check_and_others_not() {
    let rules = RuleSet::builtin().expect("the embedded packs load");
    for (check, rule) in CHECKS {
        let meta = rules.metas().find(|meta| &*meta.id == rule).expect("the rule is there");
        for example in &meta.examples {
            let files: Vec<(&str, &str)> =
                example.files.iter().map(|(path, text)| (&**path, &**text)).collect();
            let found = findings(&files);
            let has = found.iter().any(|f| f.django_checks.iter().any(|c| **c == *check));
            assert_eq!(has, example.bad, "{rule}: {:?}", example.files);
        }
    }
}

#[test]
fn sound_settings_have_no_finding() {
    assert_eq!(checks(&sound("")), Vec::<String>::new());
}

#[test]
fn what_is_not_set_counts_with_its_default() {
    let middleware = format!("MIDDLEWARE = ['{SECURITY}', '{SESSIONS}', '{CSRF}', '{FRAMES}']\n");
    let apps = "INSTALLED_APPS = ['django.contrib.sessions']\n";
    let expected = ["W004", "W008", "W009", "W012", "W016", "W020"];
    assert_eq!(checks(&(middleware.clone() + apps)), expected);
    // Without the application it is W011, without the middleware W010.
    assert_eq!(checks(&middleware), ["W004", "W008", "W009", "W011", "W016", "W020"]);
    let nothing = "MIDDLEWARE = []\n".to_owned();
    assert_eq!(checks(&(nothing + apps)), ["W001", "W002", "W003", "W009", "W010", "W020"]);
}

#[test]
fn values_count_as_django_takes_them() {
    for (line, expected) in [
        // Only the object `True` is on.
        ("SECURE_SSL_REDIRECT = 1", vec!["W008"]),
        ("SECURE_SSL_REDIRECT = 'True'", vec!["W008"]),
        ("SECURE_HSTS_SECONDS = None", vec!["W004"]),
        ("SECURE_HSTS_SECONDS = '0'", vec![]),
        ("SECURE_HSTS_PRELOAD = 1", vec!["W021"]),
        ("SESSION_COOKIE_HTTPONLY = 1", vec!["W015"]),
        ("CSRF_COOKIE_SECURE = 0", vec!["W016"]),
        ("CSRF_COOKIE_SECURE = 0; CSRF_USE_SESSIONS = 'yes'", vec![]),
        // Every text that is not empty is true.
        ("DEBUG = 'False'", vec!["W018"]),
        ("DEBUG = ''", vec![]),
        ("ALLOWED_HOSTS = ()", vec!["W020"]),
        ("ALLOWED_HOSTS = ['*']", vec![]),
        ("X_FRAME_OPTIONS = 'deny'", vec!["W019"]),
        ("SECURE_REFERRER_POLICY = None", vec!["W022"]),
        ("SECURE_REFERRER_POLICY = ''", vec!["E023"]),
        ("SECURE_REFERRER_POLICY = ' origin ,unsafe-url'", vec![]),
        ("SECURE_REFERRER_POLICY = ('origin', 'no')", vec!["E023"]),
        ("SECURE_CROSS_ORIGIN_OPENER_POLICY = ''", vec!["E024"]),
        ("SECURE_CROSS_ORIGIN_OPENER_POLICY = None", vec![]),
        ("SECURE_CSP_REPORT_ONLY = ['default-src']", vec!["E026"]),
        ("SECURE_CSP = {}", vec![]),
        ("CSRF_FAILURE_VIEW = 'failure'", vec!["E102"]),
        // A key: its length, its different characters, its beginning; unknown ones are silent.
        ("SECRET_KEY = 'a' * 60", vec!["W009"]),
        ("SECRET_KEY = 'abcde' * 12", vec![]),
        ("SECRET_KEY = 'abcd' * 15", vec!["W009"]),
        ("SECRET_KEY = 'short'", vec!["W009"]),
        ("SECRET_KEY = 'django-insecure-' + 'k3v9x' * 12", vec!["W009"]),
        (
            "SECRET_KEY = 'django-insecure-8#k2v!x0q@z7w^m1r9c4t8b3n6h5j$p_d-f(g)s=a+l'",
            vec!["W009"],
        ),
        ("SECRET_KEY = '8k2vx0qz7wm1r9c4t8b3n6h5jpdfgsalQ8k2vx0qz7wm1r9c4t8b3n6h5'", vec![]),
        ("SECRET_KEY = os.environ.get('KEY', 'change-me')", vec!["W009"]),
        ("SECRET_KEY_FALLBACKS = [os.environ['OLD_KEY']]", vec![]),
        ("SECRET_KEY_FALLBACKS = ['']", vec!["W025"]),
        // Django's own switch for single checks.
        ("SECURE_SSL_REDIRECT = False; SILENCED_SYSTEM_CHECKS = ['security.W008']", vec![]),
        ("SECURE_SSL_REDIRECT = os.environ['TLS'] == '1'", vec![]),
    ] {
        assert_eq!(checks(&sound(line)), expected, "{line}");
    }
}

#[test]
fn the_finding_that_is_shown_keeps_the_checks_of_those_it_stands_for() {
    let settings = sound("SESSION_COOKIE_SECURE = False");
    let found = findings(&[("shop/settings.py", &settings)]);
    let shown: Vec<_> =
        found.iter().map(|f| (&*f.rule, f.django_checks.iter().map(|c| &**c).collect())).collect();
    let expected: Vec<(&str, Vec<&str>)> =
        vec![("django-session-cookie-insecure", vec!["security.W012"])];
    assert_eq!(shown, expected);
}

#[test]
fn absent_settings_that_belong_at_one_place_do_not_hide_each_other() {
    let settings = format!("MIDDLEWARE = ['{SESSIONS}', '{CSRF}']\n");
    let found = findings(&[("shop/settings.py", &settings)]);
    let of = |check: &str| {
        let mut with = found.iter().filter(|f| f.django_checks.iter().any(|c| **c == *check));
        with.next().map(|f| &*f.rule)
    };
    assert_eq!(of("security.W011"), Some("django-session-cookie-insecure"));
    assert_eq!(of("security.W016"), Some("django-csrf-cookie-insecure"));
    let places: BTreeSet<_> = found
        .iter()
        .filter(|f| f.rule.ends_with("cookie-insecure"))
        .map(|f| f.primary.loc)
        .collect();
    assert_eq!(places.len(), 1, "the test needs one place");
}
