//! What a document is to a project.

use super::Format;

/// Kinds of documents, as rules name them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DocumentKind {
    /// Environment variables: `.env`.
    Dotenv,
    /// Services of Docker Compose.
    Compose,
    /// A Kubernetes manifest.
    K8s,
    /// A Dockerfile.
    Dockerfile,
    /// Other YAML.
    Yaml,
    /// TOML.
    Toml,
    /// INI.
    Ini,
    /// JSON.
    Json,
    /// HTML with template markup.
    Template,
    /// SQL.
    Sql,
    /// Packages that are required.
    Requirements,
    /// Packages as they were resolved.
    Lockfile,
}

impl DocumentKind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::Dotenv,
        Self::Compose,
        Self::K8s,
        Self::Dockerfile,
        Self::Yaml,
        Self::Toml,
        Self::Ini,
        Self::Json,
        Self::Template,
        Self::Sql,
        Self::Requirements,
        Self::Lockfile,
    ];

    /// Its name in rules.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dotenv => "dotenv",
            Self::Compose => "compose",
            Self::K8s => "k8s",
            Self::Dockerfile => "dockerfile",
            Self::Yaml => "yaml",
            Self::Toml => "toml",
            Self::Ini => "ini",
            Self::Json => "json",
            Self::Template => "template",
            Self::Sql => "sql",
            Self::Requirements => "requirements",
            Self::Lockfile => "lockfile",
        }
    }

    /// The kind of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// How a text of this kind is read.
    pub fn format(self, text: &str) -> Format {
        match self {
            Self::Dotenv => Format::Dotenv,
            Self::Compose | Self::K8s | Self::Yaml => Format::Yaml,
            Self::Dockerfile => Format::Dockerfile,
            Self::Lockfile if text.trim_start().starts_with('{') => Format::Json,
            Self::Toml | Self::Lockfile => Format::Toml,
            Self::Ini => Format::Ini,
            Self::Json => Format::Json,
            Self::Template => Format::Template,
            Self::Sql => Format::Sql,
            Self::Requirements => Format::Requirements,
        }
    }
}

/// What YAML of no telling name is, by the keys at the start of its lines.
pub fn kind_of_yaml(text: &str) -> DocumentKind {
    let has = |key: &str| text.starts_with(key) || text.contains(&format!("\n{key}"));
    if has("apiVersion:") && has("kind:") {
        DocumentKind::K8s
    } else if has("services:") && (text.contains(" image:") || text.contains(" build:")) {
        DocumentKind::Compose
    } else {
        DocumentKind::Yaml
    }
}
