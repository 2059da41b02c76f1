//! Where code and settings are in force: production, development or tests.

/// Where settings are in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// The deployed application. What nothing else is said about is production.
    Production,
    /// A developer's machine.
    Development,
    /// Automated tests.
    Test,
}

impl Profile {
    /// Its name in rules and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Development => "development",
            Self::Test => "test",
        }
    }
}

/// Folders whose code does not run in production.
const OTHER_FOLDERS: [&str; 13] = [
    "tests",
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
const TEST: [&str; 7] = ["test", "tests", "testing", "testutils", "ci", "unittest", "pytest"];

/// Whether the file at `path` (relative, with `/`) is code that runs in production: not tests,
/// migrations, documentation or examples.
pub fn is_production(path: &str) -> bool {
    let mut segments: Vec<&str> = path.split('/').collect();
    let file = segments.pop().unwrap_or_default();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let test_file = stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
        || matches!(stem, "conftest" | "tests" | "test" | "noxfile" | "setup" | "factories");
    !test_file && !segments.iter().any(|s| OTHER_FOLDERS.contains(&s.to_ascii_lowercase().as_str()))
}

/// Whether a module or class name says that it is for development or tests.
pub fn is_other_profile(name: &str) -> bool {
    of_name(name) != Profile::Production
}

/// The profile that a module or class name says.
pub fn of_name(name: &str) -> Profile {
    let words = crate::rule::words::split_words(name);
    let says = |known: &[&str]| words.iter().any(|w| known.contains(&w.as_str()));
    if says(&TEST) {
        Profile::Test
    } else if says(&DEVELOPMENT) {
        Profile::Development
    } else {
        Profile::Production
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_docs_are_not_production() {
        for path in ["app/tests/test_x.py", "test_x.py", "conftest.py", "docs/conf.py"] {
            assert!(!is_production(path), "{path}");
        }
        for path in ["app/views.py", "latest/views.py", "contest.py", "app/testimonials.py"] {
            assert!(is_production(path), "{path}");
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
