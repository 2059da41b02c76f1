//! Where code and settings are in force: production, development or tests.

pub use crate::finding::Profile;

use crate::link::{ClassRef, Cx, Kind, Val};

impl Profile {
    /// The profile that the words of a name tell.
    pub fn named(name: &str) -> Option<Self> {
        let words = crate::rule::words::split_words(name);
        let any = |of: &[&str]| words.iter().any(|word| of.contains(&word.as_str()));
        if any(&TEST) {
            Some(Self::Test)
        } else if any(&DEVELOPMENT) {
            Some(Self::Development)
        } else if any(&PRODUCTION) {
            Some(Self::Production)
        } else {
            None
        }
    }
}

/// The profile that the configuration gives a class: by its name in a module, which may only import
/// it, else by the file it is in.
pub(super) fn given(cx: &Cx<'_, '_>, class: ClassRef) -> Option<Profile> {
    let project = cx.project;
    let of_name = project.units.iter_enumerated().flat_map(|(unit, facts)| {
        let means = move |name: &str| {
            let name = project.names.get(name)?;
            let bound = cx.attribute(&Val::new(Kind::Module(unit)), name);
            Some(matches!(bound.kind, Kind::Class(found) if found == class))
        };
        let given = facts.class_profiles.iter();
        given.filter(move |(name, _)| means(name) == Some(true)).map(|(_, profile)| *profile)
    });
    of_name.last().or(project.units[class.unit].profile)
}

/// Folders whose code does not run in production.
const OTHER_FOLDERS: [&str; 12] = [
    "test",
    "testing",
    "docs",
    "doc",
    "examples",
    "example",
    "migrations",
    "fixtures",
    "samples",
    "benchmarks",
    "testdata",
    "factories",
];

/// Words in the name of a settings module or configuration class that mean production.
const PRODUCTION: [&str; 6] = ["production", "prod", "prd", "live", "deploy", "deployment"];

/// Words in the name of a settings module or configuration class that mean development.
const DEVELOPMENT: [&str; 11] = [
    "dev",
    "devel",
    "develop",
    "development",
    "developer",
    "local",
    "localdev",
    "debug",
    "sandbox",
    "example",
    "ide",
];

/// Words that mean tests.
const TEST: [&str; 10] = [
    "test",
    "tests",
    "testing",
    "testutils",
    "ci",
    "unittest",
    "unittests",
    "pytest",
    "smoketest",
    "smoketests",
];

/// Words at the end of names of folders that hold tests, and at either end of those of files.
const OF_TESTS: [&str; 6] =
    ["tests", "unittest", "unittests", "smoketest", "smoketests", "testsuite"];

/// Whether the file at `path` (relative, with `/`) is code that runs in production: not tests,
/// migrations, documentation or examples.
pub fn is_production(path: &str) -> bool {
    let mut segments: Vec<&str> = path.split('/').collect();
    let file = segments.pop().unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let test_file = stem.starts_with("test_")
        || stem.ends_with("_test")
        || is_of_tests(stem)
        || crate::rule::words::split_words(stem).first().is_some_and(|word| says_tests(word))
        || matches!(stem, "conftest" | "test" | "noxfile" | "factories")
        || matches!(stem, "devserver" | "dev_server" | "debug_server")
        // In a package, `setup` is a module like any other.
        || (stem == "setup" && segments.is_empty());
    let other = |folder: &&str| {
        OTHER_FOLDERS.contains(&folder.to_ascii_lowercase().as_str()) || is_of_tests(folder)
    };
    !test_file && !segments.iter().any(other)
}

/// Whether a name ends with a word for tests: `unittests`, `integration_tests`.
fn is_of_tests(name: &str) -> bool {
    crate::rule::words::split_words(name).last().is_some_and(|word| says_tests(word))
}

fn says_tests(word: &str) -> bool {
    OF_TESTS.contains(&word)
}

/// Whether a module or class name says that it is for development or tests.
pub fn is_other_profile(name: &str) -> bool {
    of_name(name) != Profile::Production
}

/// The profile that a module or class name says.
pub fn of_name(name: &str) -> Profile {
    Profile::named(name).unwrap_or(Profile::Production)
}

/// Words in paths of files that are not code, and the profiles they mean.
const FILE_WORDS: [(&[&str], Profile); 3] = [
    (&["prod", "production"], Profile::Production),
    (
        &[
            "dev",
            "devel",
            "develop",
            "development",
            "devcontainer",
            "local",
            "localdev",
            "override",
            "debug",
            "sandbox",
            "example",
            "examples",
            "sample",
            "samples",
            "template",
            "dist",
            "demo",
            "docs",
            "doc",
        ],
        Profile::Development,
    ),
    (
        &[
            "test",
            "tests",
            "testing",
            "ci",
            "github",
            "gitlab",
            "circleci",
            "fixtures",
            "testdata",
            "benchmarks",
            "tox",
            "pytest",
            "unittest",
            "unittests",
            "smoketest",
            "smoketests",
        ],
        Profile::Test,
    ),
];

/// The profile that the path of a configuration or deployment file names, the last word that
/// names one deciding.
pub fn says_profile(path: &str) -> Option<Profile> {
    let words = path.split('/').flat_map(crate::rule::words::split_words);
    let mut said = words.filter_map(|word| {
        let means = |(words, _): &&(&[&str], Profile)| words.contains(&word.as_str());
        FILE_WORDS.iter().find(means).map(|(_, profile)| *profile)
    });
    said.next_back()
}

/// Words of a heading that mean development. Others (`local`, `example`) say less in a sentence.
const HEADING_DEVELOPMENT: [&str; 4] = ["dev", "development", "developer", "developers"];

/// The profile that the comment at the top of a file names: development, where it does not speak
/// of production, too.
pub fn says_heading(text: &str) -> Option<Profile> {
    let lines = text.lines().map(str::trim).skip_while(|line| line.is_empty());
    let heading = lines.take_while(|line| line.starts_with('#'));
    let words: Vec<String> = heading.flat_map(crate::rule::words::split_words).collect();
    let any = |of: &[&str]| words.iter().any(|word| of.contains(&word.as_str()));
    (any(&HEADING_DEVELOPMENT) && !any(&PRODUCTION)).then_some(Profile::Development)
}

/// Whether the path of such a file says that it is for production.
pub fn says_production(path: &str) -> bool {
    says_profile(path) == Some(Profile::Production)
}

/// The profile of a configuration or deployment file, as far as its path tells.
pub fn of_file(path: &str) -> Profile {
    says_profile(path).unwrap_or(Profile::Production)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_docs_are_not_production() {
        for path in [
            "app/tests/test_x.py",
            "test_x.py",
            "conftest.py",
            "docs/conf.py",
            "app/devserver.py",
            "unittests/helpers.py",
            "app/integration_tests/client.py",
            "app/settings/unittests.py",
            "scripts/smoketest_settings.py",
        ] {
            assert!(!is_production(path), "{path}");
        }
        for path in [
            "app/views.py",
            "latest/views.py",
            "contest.py",
            "app/testimonials.py",
            "contests/views.py",
        ] {
            assert!(is_production(path), "{path}");
        }
    }

    #[test]
    fn files_are_told_by_words_of_their_paths() {
        for (path, profile) in [
            ("docker-compose.yml", Profile::Production),
            ("docker-compose.dev.yml", Profile::Development),
            ("docker-compose.override.yml", Profile::Development),
            (".env.example", Profile::Development),
            (".envs/.production/.django", Profile::Production),
            (".envs/.local/.django", Profile::Development),
            ("Dockerfile.test", Profile::Test),
            (".github/workflows/release.yml", Profile::Test),
            (".gitlab-ci.yml", Profile::Test),
            ("deploy/k8s/web.yaml", Profile::Production),
            ("examples/docker-compose.prod.yml", Profile::Production),
        ] {
            assert_eq!(of_file(path), profile, "{path}");
        }
    }

    #[test]
    fn headings_tell_files_of_developers() {
        let heading = "\n# Variables of the development stack\n\nDEBUG=1\n";
        assert_eq!(says_heading(heading), Some(Profile::Development));
        for text in [
            "# For development and production\nDEBUG=1\n",
            "DEBUG=1\n# development\n",
            "# The device\nDEBUG=1\n",
            "",
        ] {
            assert_eq!(says_heading(text), None, "{text}");
        }
    }

    #[test]
    fn profiles_are_told_by_words() {
        for name in ["settings.dev", "DevelopmentConfig", "local", "settings_test", "TestingConfig"]
        {
            assert!(is_other_profile(name), "{name}");
        }
        for name in ["settings.production", "Config", "base", "device", "localization"] {
            assert!(!is_other_profile(name), "{name}");
        }
    }
}
