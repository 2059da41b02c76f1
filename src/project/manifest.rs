//! Packages a project requires, from requirements files, `pyproject.toml` and lock files.

use crate::link::Packages;
use crate::rule::version::{Version, normalise};
use crate::source::{FileKind, FileTable};

/// Reads every manifest of the scan. A pinned version in any of them counts; lock files last,
/// as they are the most exact.
pub fn packages(files: &FileTable) -> Packages {
    let mut packages = Packages::default();
    let mut lock_files = Vec::new();
    for file in &files.files {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        match file.kind {
            FileKind::Requirements => add_requirements(&file.text, &mut packages),
            FileKind::Toml if name == "pyproject.toml" => add_pyproject(&file.text, &mut packages),
            FileKind::Lockfile => lock_files.push(file),
            _ => {}
        }
    }
    for file in lock_files {
        add_toml_lock(&file.text, &mut packages);
    }
    packages
}

fn add_requirements(text: &str, packages: &mut Packages) {
    for line in text.lines() {
        let line = line.split(" #").next().unwrap_or_default().trim();
        if !line.is_empty() && !line.starts_with(['#', '-']) {
            add_specifier(line, packages);
        }
    }
}

/// One dependency specifier (PEP 508): `name[extra] >=1,<2 ; marker`.
fn add_specifier(text: &str, packages: &mut Packages) {
    let text = text.split(';').next().unwrap_or_default();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')));
    let (name, rest) = text.trim().split_at(end.unwrap_or(text.len()).min(text.trim().len()));
    if name.is_empty() {
        return;
    }
    let name = normalise(name);
    let specs = match rest.trim_start().strip_prefix('[') {
        Some(extras) => extras.split_once(']').map_or("", |(_, specs)| specs),
        None => rest,
    };
    if let Some(version) = pinned(specs) {
        packages.pinned.insert(name.clone(), version);
    }
    if !packages.required.contains(&name) {
        packages.required.push(name);
    }
}

/// The version that specifiers allow at most: an exact pin, or the newest below an upper bound
/// (`>=1.7,<2` means a release of the 1 series).
fn pinned(specs: &str) -> Option<Version> {
    let specs = specs.trim().trim_start_matches('(').trim_end_matches(')');
    let mut lower = None;
    let mut bounded = false;
    for spec in specs.split(',').map(str::trim) {
        if let Some(exact) = spec.strip_prefix("===").or_else(|| spec.strip_prefix("==")) {
            return Version::parse(exact.trim());
        }
        if let Some(compatible) = spec.strip_prefix("~=") {
            return Version::parse(compatible.trim());
        }
        if let Some(least) = spec.strip_prefix(">=") {
            lower = Version::parse(least.trim());
        }
        bounded |= spec.starts_with('<');
    }
    lower.filter(|_| bounded)
}

fn add_pyproject(text: &str, packages: &mut Packages) {
    let Ok(table) = text.parse::<toml::Table>() else { return };
    let project = table.get("project").and_then(|p| p.as_table());
    let direct = project.and_then(|p| p.get("dependencies")).and_then(|d| d.as_array());
    for specifier in direct.into_iter().flatten().filter_map(|v| v.as_str()) {
        add_specifier(specifier, packages);
    }
    let poetry =
        table.get("tool").and_then(|t| t.get("poetry")).and_then(|p| p.get("dependencies"));
    for (name, value) in poetry.and_then(|d| d.as_table()).into_iter().flatten() {
        let version = value.as_str().or_else(|| value.get("version").and_then(|v| v.as_str()));
        let exact = version.filter(|v| v.starts_with(|c: char| c.is_ascii_digit()));
        let specs = exact.map_or_else(|| version.unwrap_or("").to_owned(), |v| format!("=={v}"));
        add_specifier(&format!("{name}{specs}"), packages);
    }
}

/// `uv.lock`, `poetry.lock`, `pdm.lock`: `[[package]]` tables with `name` and `version`.
fn add_toml_lock(text: &str, packages: &mut Packages) {
    let Ok(table) = text.parse::<toml::Table>() else { return };
    let entries = table.get("package").and_then(|p| p.as_array());
    for entry in entries.into_iter().flatten() {
        let part = |key: &str| entry.get(key).and_then(|v| v.as_str());
        if let (Some(name), Some(version)) = (part("name"), part("version")) {
            add_specifier(&format!("{name}=={version}"), packages);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str, name: &str) -> Option<Version> {
        let mut packages = Packages::default();
        add_requirements(text, &mut packages);
        packages.pinned.get(name).cloned()
    }

    #[test]
    fn requirements_pin_versions() {
        let text = "# c\n-r base.txt\nPyJWT[crypto]==1.7.1 ; python_version > '3'  # x\nFlask>=2,<3\ndjango\n";
        assert_eq!(version(text, "pyjwt"), Version::parse("1.7.1"));
        assert_eq!(version(text, "flask"), Version::parse("2"));
        assert_eq!(version(text, "django"), None);
        assert_eq!(version("PyJWT>=2.4", "pyjwt"), None);
        assert_eq!(version("PyJWT ~= 1.7", "pyjwt"), Version::parse("1.7"));
    }

    #[test]
    fn pyproject_and_lock_files() {
        let mut packages = Packages::default();
        add_pyproject(
            "[project]\ndependencies = ['a==1', 'b']\n[tool.poetry.dependencies]\nc = '2.1'\n",
            &mut packages,
        );
        add_toml_lock("[[package]]\nname = 'D_d'\nversion = '3.0.1'\n", &mut packages);
        assert_eq!(packages.required, ["a", "b", "c", "d-d"]);
        assert_eq!(packages.pinned.get("d-d"), Version::parse("3.0.1").as_ref());
        assert_eq!(packages.pinned.get("c"), Version::parse("2.1").as_ref());
    }
}
