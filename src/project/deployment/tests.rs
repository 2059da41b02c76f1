use super::*;
use crate::link::Kind;
use crate::source::FileTable;

fn deployment(files: &[(&str, &str)]) -> (Deployment, FileTable) {
    let rules = RuleSet::load(&[]).expect("packs");
    let table = FileTable::in_memory(files.iter().copied());
    (Deployment::of(&rules, &Documents::of(&table)), table)
}

#[track_caller]
fn sets(files: &[(&str, &str)], expected: &[(&str, &str)]) {
    let (deployment, table) = deployment(files);
    for (name, value) in expected {
        let found = deployment.variable(name).map(|(value, loc)| (show(&value), loc));
        assert_eq!(found.as_ref().map_or("unset", |(v, _)| v), *value, "{name} in {files:?}");
        if let Some((_, loc)) = found {
            let text = &table.get(loc.file).text;
            assert!(text.is_char_boundary(loc.start as usize) && loc.end as usize <= text.len());
        }
    }
}

fn show(value: &Val) -> String {
    match &value.kind {
        Kind::OneOf(values) => values.iter().map(show).collect::<Vec<_>>().join("|"),
        Kind::Secret(_) => "secret".to_owned(),
        Kind::Opaque => "unknown".to_owned(),
        _ => value.as_str().unwrap_or("?").to_owned(),
    }
}

#[test]
fn compose_in_both_forms() {
    let text = "services:\n  web:\n    image: x\n    environment:\n      DEBUG: \"0\"\n      ON: true\n      N: 08\n      KEY: ${KEY}\n      HOST: ${HOST:-db}\n      PORT: ${PORT-${OTHER:-5}}\n      COST: $$5\n      PASSED:\n      EMPTY: \"\"\n  worker:\n    image: x\n    environment:\n      - DEBUG=1\n      - A=b=c\n      - PASSED\n";
    sets(
        &[("docker-compose.yml", text)],
        &[
            ("DEBUG", "0|1"),
            ("ON", "true"),
            ("N", "08"),
            ("KEY", "unknown"),
            ("HOST", "db"),
            ("PORT", "5"),
            ("COST", "$5"),
            ("PASSED", "unset"),
            ("EMPTY", ""),
            ("A", "b=c"),
        ],
    );
}

#[test]
fn files_that_compose_names() {
    sets(
        &[
            (
                "deploy/compose.yaml",
                "services:\n  web:\n    image: x\n    env_file:\n      - ../env/web.env\n      - path: b.env\n    environment: {A: '1', C: '${C:-x}'}\n",
            ),
            ("env/web.env", "A=0\nB=2\n"),
            ("deploy/b.env", "D='${A}'\n"),
            ("deploy/.env", "C=from-env\n"),
        ],
        &[("A", "1"), ("B", "2"), ("C", "from-env"), ("D", "unknown")],
    );
}

#[test]
fn only_production_counts() {
    sets(
        &[
            ("docker-compose.dev.yml", "services: {web: {image: x, environment: {A: '1'}}}"),
            (".env.example", "B=1\n"),
            ("Dockerfile.test", "FROM x\nENV C=1\n"),
            (".github/workflows/ci.yml", "env:\n  D: 1\n"),
        ],
        &[("A", "unset"), ("B", "unset"), ("C", "unset"), ("D", "unset")],
    );
    // Beside a complete production file, the plain one is for developers.
    let web = "services: {web: {image: x, environment: {A: ";
    let (plain, prod) = (format!("{web}dev}}}}}}"), format!("{web}prod}}}}}}"));
    sets(&[("docker-compose.yml", &plain), ("docker-compose.prod.yml", &prod)], &[("A", "prod")]);
    let overlay = "services: {web: {environment: {B: '1'}}}";
    sets(
        &[("docker-compose.yml", &plain), ("docker-compose.prod.yml", overlay)],
        &[("A", "dev"), ("B", "1")],
    );
}

#[test]
fn files_that_only_development_refers_to_are_of_development() {
    sets(
        &[
            (
                "docker-compose.dev.yml",
                "services: {web: {build: {context: ., dockerfile: Dockerfile}, env_file: x.env}}",
            ),
            ("x.env", "A=1\n"),
            ("Dockerfile", "FROM x\nENV B=1\n"),
        ],
        &[("A", "unset"), ("B", "unset")],
    );
    // An image that says what it runs is that of production too, where there is no other.
    sets(
        &[
            ("docker-compose.dev.yml", "services: {web: {build: .}}"),
            ("Dockerfile", "FROM x\nENV B=1\nCMD gunicorn shop.wsgi\n"),
        ],
        &[("B", "1")],
    );
    sets(
        &[
            ("docker-compose.dev.yml", "services: {web: {build: .}}"),
            ("Dockerfile", "FROM x\nENV B=1\nCMD gunicorn shop.wsgi\n"),
            ("Dockerfile.prod", "FROM x\nENV C=1\nCMD gunicorn shop.wsgi\n"),
        ],
        &[("B", "unset"), ("C", "1")],
    );
}

#[test]
fn images_and_what_runs_them() {
    sets(
        &[
            (
                "Dockerfile",
                "FROM x AS build\nENV A=1 ONLY=b\nFROM y\nENV A=2 B=3\nENV C old form\n",
            ),
            ("docker-compose.yml", "services: {web: {build: ., environment: [B=4]}}"),
            (".env", "A=0\nZ=1\n"),
        ],
        &[("A", "2"), ("B", "4"), ("C", "old form"), ("ONLY", "unset"), ("Z", "1")],
    );
}

#[test]
fn kubernetes_and_platforms() {
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n          env:\n            - name: A\n              value: \"1\"\n            - name: K\n              valueFrom: {secretKeyRef: {name: s, key: k}}\n---\napiVersion: v1\nkind: ConfigMap\ndata:\n  B: \"2\"\n  app.ini: |\n    [x]\n---\napiVersion: v1\nkind: Secret\nstringData:\n  S: value\n";
    sets(
        &[
            ("k8s/web.yaml", deployment),
            ("app.yaml", "env_variables:\n  C: c\n"),
            ("fly.toml", "[env]\nD = 'd'\n"),
            (
                "render.yaml",
                "services:\n  - type: web\n    envVars:\n      - key: E\n        value: e\n      - key: F\n        sync: false\n",
            ),
            (
                "app.json",
                "{\"env\": {\"G\": \"g\", \"H\": {\"value\": \"h\"}, \"I\": {\"generator\": \"secret\"}}}",
            ),
        ],
        &[
            ("A", "1"),
            ("K", "unknown"),
            ("B", "2"),
            ("S", "unknown"),
            ("C", "c"),
            ("D", "d"),
            ("E", "e"),
            ("F", "unknown"),
            ("G", "g"),
            ("H", "h"),
            ("I", "unknown"),
        ],
    );
}

#[test]
fn secrets_are_not_kept_as_text() {
    let (deployment, _) = deployment(&[(
        ".env",
        "SECRET_KEY=p2s7v9y$B&E)H@McQfTjWnZr4u7x!A%C\nURL=pg://u:pw1@h/d\n",
    )]);
    let (value, _) = deployment.variable("SECRET_KEY").expect("set");
    assert!(!format!("{value:?}").contains("McQf"), "{value:?}");
    let (value, _) = deployment.variable("URL").expect("set");
    assert_eq!(value.as_str(), Some("pg://u:***@h/d"));
}

#[test]
fn settings_modules_that_files_name() {
    let (deployment, _) = deployment(&[
        ("Dockerfile", "FROM x\nENV SITE_SETTINGS=site.production\n"),
        ("pytest.ini", "[pytest]\nSITE_SETTINGS = site.test\naddopts = -q\n"),
        ("tox.ini", "[testenv]\nsetenv =\n    SITE_SETTINGS=site.tox\n    OTHER=1\n"),
        ("pyproject.toml", "[tool.pytest.ini_options]\nSITE_SETTINGS = 'site.ini'\n"),
    ]);
    let namings = deployment.namings("site", "SITE_SETTINGS");
    let found: Vec<_> = namings.iter().map(|n| (n.module.as_str(), n.profile.name())).collect();
    assert_eq!(
        found,
        [
            ("site.production", "production"),
            ("site.ini", "test"),
            ("site.test", "test"),
            ("site.tox", "test")
        ]
    );
    assert!(deployment.variable("OTHER").is_none());
}
