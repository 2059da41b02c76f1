use super::*;

fn packages_of(files: &[(&str, &str)]) -> Packages {
    let table = FileTable::in_memory(files.iter().copied());
    packages(&table, &Documents::of(&table), &[])
}

#[track_caller]
fn pins(files: &[(&str, &str)], expected: &[(&str, &str)]) {
    let packages = packages_of(files);
    for (name, version) in expected {
        let found = packages.pinned.get(*name).map(ToString::to_string);
        assert_eq!(found.as_deref().unwrap_or("none"), *version, "{name} in {files:?}");
    }
}

#[test]
fn requirements_pin_versions() {
    let text = "# c\n-r base.txt\nPyJWT[crypto]==1.7.1 ; python_version > '3'  # x\nFlask>=2,<3\ndjango\na~=1.7\nb<=1.2\nc<2.0.5\nd==3.*\ne>=1\nf @ git+https://x/f@v1\ng (>=1,<2)\nh==1.0 \\\n  --hash=sha256:x\n./local\n";
    pins(
        &[("requirements.txt", text)],
        &[
            ("pyjwt", "1.7.1"),
            ("flask", "2.*"),
            ("django", "none"),
            ("a", "1.*"),
            ("b", "1.2"),
            ("c", "2.0.4.*"),
            ("d", "3.*"),
            ("e", "none"),
            ("f", "none"),
            ("g", "1.*"),
            ("h", "1.0"),
        ],
    );
}

#[test]
fn pyproject_of_all_tools() {
    let text = "[project]\ndependencies = ['a==1', 'b']\noptional-dependencies = {x = ['o==5']}\n[dependency-groups]\ntest = ['t==1', {include-group = 'x'}]\n[tool.poetry.dependencies]\npython = '^3.10'\nc = '2.1'\nd = '^1.2'\ne = '^0.2.3'\nf = {version = '~1.2.3', extras = ['x']}\ng = '~1'\nh = '*'\ni = '^1 || ^2'\n[tool.poetry.group.dev.dependencies]\nd = '^5'\n";
    let files = [("pyproject.toml", text)];
    pins(
        &files,
        &[
            ("a", "1"),
            ("b", "none"),
            ("c", "2.1"),
            ("d", "1.*"),
            ("e", "0.2.*"),
            ("f", "1.2.*"),
            ("g", "1.*"),
            ("h", "none"),
            ("i", "2.*"),
            ("o", "5"),
            ("t", "1"),
        ],
    );
    let packages = packages_of(&files);
    assert!(packages.required.iter().any(|name| name == "o"));
    assert!(!packages.required.iter().any(|name| name == "t" || name == "python"));
    assert_eq!(packages.evidence["d"].specifier, "^1.2");
}

#[test]
fn locks_beat_ranges_and_production_beats_tests() {
    pins(
        &[
            ("requirements-dev.txt", "pyjwt==1.0\npytest==8"),
            ("requirements.txt", "pyjwt>=1.5,<2\n"),
            ("uv.lock", "[[package]]\nname = 'PyJWT'\nversion = '1.7.1'\n"),
        ],
        &[("pyjwt", "1.7.1"), ("pytest", "8")],
    );
    pins(
        &[("requirements/dev.txt", "a==1\nb==1"), ("requirements/base.txt", "a<3")],
        &[("a", "2.*"), ("b", "1")],
    );
    pins(
        &[
            ("Pipfile", "[packages]\na = '*'\n"),
            ("Pipfile.lock", "{\n\t\"default\": {\"a\": {\"version\": \"==1.2\"}}\n}"),
        ],
        &[("a", "1.2")],
    );
    pins(&[("pylock.toml", "[[packages]]\nname = 'a'\nversion = '2'\n")], &[("a", "2")]);
}

#[test]
fn constraints_and_includes() {
    let files = [
        ("requirements.txt", "-r requirements/test-common.txt\n-c constraints.txt\na\n"),
        ("requirements/test-common.txt", "b==1\n"),
        ("constraints.txt", "a==4\nz==1\n"),
    ];
    pins(&files, &[("a", "4"), ("b", "1"), ("z", "1")]);
    let packages = packages_of(&files);
    assert_eq!(packages.required, ["a", "b"]);
}

#[test]
fn services_that_differ() {
    pins(&[("x/requirements.txt", "a==2"), ("y/requirements.txt", "a==1.5")], &[("a", "1.5")]);
    pins(&[("requirements.txt", "a==2"), ("y/requirements.txt", "a==1.5")], &[("a", "2")]);
}

#[test]
fn releases_and_setup_cfg() {
    pins(
        &[
            (
                "PKG-INFO",
                "Name: x\nRequires-Dist: a<2,>=1\nRequires-Dist: b==1; extra == 'y'\n\nRequires-Dist: c==1\n",
            ),
            ("vendor/site/PKG-INFO", "Requires-Dist: a==0\n"),
            ("setup.cfg", "[options]\ninstall_requires =\n    d==4\n    e>=1\n"),
        ],
        &[("a", "1.*"), ("b", "1"), ("c", "none"), ("d", "4"), ("e", "none")],
    );
}

#[test]
fn broken_manifests_say_what_they_can() {
    pins(
        &[
            ("requirements.txt", "==1\na=1\n[x\n\u{0}\nb==x\nc==1"),
            ("pyproject.toml", "[project\ndependencies = ['d==1']"),
        ],
        &[("c", "1"), ("a", "none"), ("b", "none")],
    );
}
