//! The forms a report comes in.

/// A form of a report.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Format {
    /// For people: excerpts with labels, and a summary.
    #[default]
    Text,
    /// For people and editors: a line each.
    Concise,
    /// For programs; see `docs/json.md`.
    Json,
    /// For code hosts and editors.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
    /// GitLab's report of a security scanner.
    GitlabSast,
    /// GitLab's report of code quality.
    GitlabCodeQuality,
    /// For servers that show test results.
    Junit,
    /// For comments and summaries.
    Markdown,
    /// A page in one file.
    Html,
}

impl Format {
    /// All formats, those for people first.
    pub const ALL: [Self; 10] = [
        Self::Text,
        Self::Concise,
        Self::Json,
        Self::Sarif,
        Self::Github,
        Self::GitlabSast,
        Self::GitlabCodeQuality,
        Self::Junit,
        Self::Markdown,
        Self::Html,
    ];

    /// The word used in options.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Concise => "concise",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::GitlabSast => "gitlab-sast",
            Self::GitlabCodeQuality => "gitlab-code-quality",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Html => "html",
        }
    }

    /// What it is for, in a phrase.
    pub fn about(self) -> &'static str {
        match self {
            Self::Text => "Excerpts and a summary, for people",
            Self::Concise => "One line for each finding",
            Self::Json => "For programs; see docs/json.md",
            Self::Sarif => "SARIF 2.1.0, for GitHub code scanning and editors",
            Self::Github => "Annotations of GitHub Actions, and a step summary",
            Self::GitlabSast => "GitLab SAST report 15.0.7",
            Self::GitlabCodeQuality => "GitLab Code Quality report",
            Self::Junit => "JUnit XML: a failed test for each finding",
            Self::Markdown => "Markdown, for comments and summaries",
            Self::Html => "A page in one file, with filters",
        }
    }

    /// The format of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }
}
