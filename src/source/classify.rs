//! What kind of file a name stands for.

use std::path::Path;

/// The kinds of files a project is made of, told apart by name alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FileKind {
    /// `*.py`, `*.pyw`.
    Python,
    /// `.env`, `.env.production`: may hold real secrets, and is read only where git tracks it.
    Dotenv,
    /// `*.toml`.
    Toml,
    /// `*.ini`, `*.cfg`.
    Ini,
    /// JSON whose name says that it configures something.
    Json,
    /// `*.yml`, `*.yaml` other than compose files.
    Yaml,
    /// `docker-compose.yml`, `compose.yaml` and their overrides.
    Compose,
    /// `Dockerfile`, `Dockerfile.prod`, `web.dockerfile`, `Containerfile`.
    Dockerfile,
    /// `requirements*.txt`, `requirements/*.txt`, `constraints*.txt`.
    Requirements,
    /// `poetry.lock`, `uv.lock`, `Pipfile.lock`, `pdm.lock`, `pylock.toml`.
    Lockfile,
    /// `PKG-INFO`, `*.dist-info/METADATA`: what a released package says of itself.
    Metadata,
    /// `*.sql`.
    Sql,
    /// HTML and Jinja templates.
    Template,
    /// `*.ipynb`.
    Notebook,
    /// Anything else.
    Other,
}

impl FileKind {
    /// All kinds.
    pub const ALL: [Self; 15] = [
        Self::Python,
        Self::Dotenv,
        Self::Toml,
        Self::Ini,
        Self::Json,
        Self::Yaml,
        Self::Compose,
        Self::Dockerfile,
        Self::Requirements,
        Self::Lockfile,
        Self::Metadata,
        Self::Sql,
        Self::Template,
        Self::Notebook,
        Self::Other,
    ];

    /// Whether files of this kind are read in every scan. The others are read when a rule asks.
    pub fn is_always_read(self) -> bool {
        !matches!(self, Self::Template | Self::Other)
    }

    /// Whether it may hold a project's code or what is deployed, so that one that cannot be
    /// read leaves a gap. Of the others most are data, and a large one is no loss.
    pub fn matters(self) -> bool {
        matches!(
            self,
            Self::Python | Self::Notebook | Self::Dotenv | Self::Compose | Self::Dockerfile
        )
    }

    /// Whether its text is Python.
    pub fn is_python(self) -> bool {
        matches!(self, Self::Python | Self::Notebook)
    }

    /// The kind of the file at `path`.
    pub fn of(path: &Path) -> Self {
        let Some(name) = path.file_name() else { return Self::Other };
        // Only ASCII parts of the name decide, so a lossy view is enough.
        let name = name.to_string_lossy().to_ascii_lowercase();
        let kind = Self::of_whole_name(path, &name).unwrap_or_else(|| Self::of_extension(&name));
        match kind {
            Self::Json if holds_translations(path) => Self::Other,
            kind => kind,
        }
    }

    /// Kinds whose extension alone would mislead.
    fn of_whole_name(path: &Path, name: &str) -> Option<Self> {
        let kind = match name {
            "poetry.lock" | "uv.lock" | "pipfile.lock" | "pdm.lock" | "pylock.toml" => {
                Self::Lockfile
            }
            "pipfile" => Self::Toml,
            "procfile" => Self::Yaml,
            "pkg-info" => Self::Metadata,
            "metadata" if in_dist_info(path) => Self::Metadata,
            "dockerfile" | "containerfile" => Self::Dockerfile,
            _ if name.ends_with(".patch") || name.ends_with(".diff") => Self::Other,
            _ if name == ".env" || name.starts_with(".env.") || name == ".flaskenv" => Self::Dotenv,
            _ if name.starts_with("dockerfile.") || name.ends_with(".dockerfile") => {
                Self::Dockerfile
            }
            _ if is_yaml(name) && is_compose(name) => Self::Compose,
            _ if is_requirements(path, name) => Self::Requirements,
            _ if in_env_folder(path, name) => Self::Dotenv,
            _ => return None,
        };
        Some(kind)
    }

    fn of_extension(name: &str) -> Self {
        match name.rsplit_once('.').map(|(_, extension)| extension) {
            Some("py" | "pyw") => Self::Python,
            Some("env") => Self::Dotenv,
            Some("toml") => Self::Toml,
            Some("ini" | "cfg") => Self::Ini,
            Some("json") if configures(name) => Self::Json,
            Some("yml" | "yaml") => Self::Yaml,
            Some("sql") => Self::Sql,
            Some("html" | "htm" | "jinja" | "jinja2" | "j2" | "djhtml") => Self::Template,
            Some("ipynb") => Self::Notebook,
            _ => Self::Other,
        }
    }
}

/// Words in names of JSON files that configure an application. All other JSON is data.
const CONFIGURES: [&str; 10] = [
    "app",
    "config",
    "configuration",
    "conf",
    "settings",
    "appsettings",
    "secrets",
    "secret",
    "credentials",
    "env",
];

fn configures(name: &str) -> bool {
    let stem = name.trim_end_matches(".json");
    stem.split(['.', '-', '_']).any(|word| CONFIGURES.contains(&word))
}

/// Names of folders with what people read, in their languages.
const TRANSLATIONS: [&str; 8] =
    ["locale", "locales", "i18n", "l10n", "lang", "langs", "languages", "translations"];

fn holds_translations(path: &Path) -> bool {
    let mut folders = path.ancestors().skip(1).filter_map(Path::file_name);
    folders.any(|folder| TRANSLATIONS.iter().any(|name| folder.eq_ignore_ascii_case(name)))
}

/// `.envs/.production/.django`: a folder of files with variables.
fn in_env_folder(path: &Path, name: &str) -> bool {
    let plain = name.strip_prefix('.').is_some_and(|name| !name.contains('.'));
    let mut folders = path.ancestors().skip(1).take(2).filter_map(Path::file_name);
    plain && folders.any(|folder| folder == ".envs")
}

fn in_dist_info(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name);
    folder.is_some_and(|folder| folder.to_string_lossy().ends_with(".dist-info"))
}

fn is_yaml(name: &str) -> bool {
    name.ends_with(".yml") || name.ends_with(".yaml")
}

fn is_compose(name: &str) -> bool {
    name.starts_with("docker-compose")
        || name.starts_with("compose.")
        || name.starts_with("compose-")
}

fn is_requirements(path: &Path, name: &str) -> bool {
    let text = name.ends_with(".txt") || name.ends_with(".in");
    let folder = path.parent().and_then(Path::file_name);
    text && (name.starts_with("requirements")
        || name.starts_with("constraints")
        || folder.is_some_and(|folder| folder == "requirements"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decide() {
        for (path, kind) in [
            ("app/views.py", FileKind::Python),
            ("app/VIEWS.PY", FileKind::Python),
            ("gui.pyw", FileKind::Python),
            ("stubs/app.pyi", FileKind::Other),
            (".env", FileKind::Dotenv),
            (".env.production", FileKind::Dotenv),
            ("deploy/prod.env", FileKind::Dotenv),
            (".envs/.production/.django", FileKind::Dotenv),
            (".env.patch", FileKind::Other),
            ("pyproject.toml", FileKind::Toml),
            ("setup.cfg", FileKind::Ini),
            ("docker-compose.override.yml", FileKind::Compose),
            ("compose.yaml", FileKind::Compose),
            (".github/workflows/ci.yml", FileKind::Yaml),
            ("Dockerfile", FileKind::Dockerfile),
            ("Procfile", FileKind::Yaml),
            ("Dockerfile.prod", FileKind::Dockerfile),
            ("requirements-dev.txt", FileKind::Requirements),
            ("requirements/base.txt", FileKind::Requirements),
            ("docs/notes.txt", FileKind::Other),
            ("poetry.lock", FileKind::Lockfile),
            ("Pipfile.lock", FileKind::Lockfile),
            ("web/locales/ja/settings.json", FileKind::Other),
            ("PKG-INFO", FileKind::Metadata),
            ("a-1.0.dist-info/METADATA", FileKind::Metadata),
            ("docs/METADATA", FileKind::Other),
            ("config.production.json", FileKind::Json),
            ("locale/de.json", FileKind::Other),
            ("schema.sql", FileKind::Sql),
            ("templates/login.html", FileKind::Template),
            ("explore.ipynb", FileKind::Notebook),
            ("py", FileKind::Other),
            ("", FileKind::Other),
        ] {
            assert_eq!(FileKind::of(Path::new(path)), kind, "{path}");
        }
    }
}
