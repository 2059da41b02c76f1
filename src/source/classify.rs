//! What kind of file a name stands for.

use std::path::Path;

/// The kinds of files a project is made of, told apart by name alone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FileKind {
    /// `*.py`, `*.pyw`.
    Python,
    /// `.env`, `.env.production`: may hold real secrets and is never read by discovery.
    Dotenv,
    /// `*.toml`.
    Toml,
    /// `*.ini`, `*.cfg`.
    Ini,
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
    /// The kind of the file at `path`.
    pub fn of(path: &Path) -> Self {
        let Some(name) = path.file_name() else { return Self::Other };
        // Only ASCII parts of the name decide, so a lossy view is enough.
        let name = name.to_string_lossy().to_ascii_lowercase();
        Self::of_whole_name(path, &name).unwrap_or_else(|| Self::of_extension(&name))
    }

    /// Kinds whose extension alone would mislead.
    fn of_whole_name(path: &Path, name: &str) -> Option<Self> {
        let kind = match name {
            "poetry.lock" | "uv.lock" | "pipfile.lock" | "pdm.lock" | "pylock.toml" => {
                Self::Lockfile
            }
            "pipfile" => Self::Toml,
            "dockerfile" | "containerfile" => Self::Dockerfile,
            _ if name == ".env" || name.starts_with(".env.") || name == ".flaskenv" => Self::Dotenv,
            _ if name.starts_with("dockerfile.") || name.ends_with(".dockerfile") => {
                Self::Dockerfile
            }
            _ if is_yaml(name) && is_compose(name) => Self::Compose,
            _ if is_requirements(path, name) => Self::Requirements,
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
            Some("yml" | "yaml") => Self::Yaml,
            Some("sql") => Self::Sql,
            Some("html" | "htm" | "jinja" | "jinja2" | "j2" | "djhtml") => Self::Template,
            Some("ipynb") => Self::Notebook,
            _ => Self::Other,
        }
    }
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
            ("pyproject.toml", FileKind::Toml),
            ("setup.cfg", FileKind::Ini),
            ("docker-compose.override.yml", FileKind::Compose),
            ("compose.yaml", FileKind::Compose),
            (".github/workflows/ci.yml", FileKind::Yaml),
            ("Dockerfile", FileKind::Dockerfile),
            ("Dockerfile.prod", FileKind::Dockerfile),
            ("requirements-dev.txt", FileKind::Requirements),
            ("requirements/base.txt", FileKind::Requirements),
            ("docs/notes.txt", FileKind::Other),
            ("poetry.lock", FileKind::Lockfile),
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
