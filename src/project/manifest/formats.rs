//! Manifests and lock files in TOML, JSON and INI.

use super::{Rank, Reader, exactly};
use crate::project::documents::DocumentFile;
use crate::project::profile;
use crate::rule::version::{Requirement, Version, normalise};
use crate::syntax::document::{Entry, Node};

/// `pyproject.toml` and `Pipfile`.
pub(super) fn toml(reader: &mut Reader, file: &DocumentFile) {
    let Some(root) = file.roots().first() else { return };
    match file.name() {
        "pyproject.toml" => pyproject(reader, file, root),
        "Pipfile" => {
            for (section, rank) in [("packages", Rank::Range), ("dev-packages", Rank::Other)] {
                named(reader, file, root.get(section), rank);
            }
        }
        _ => {}
    }
}

fn pyproject(reader: &mut Reader, file: &DocumentFile, root: &Node) {
    let project = root.get("project");
    specifiers(reader, file, project.and_then(|p| p.get("dependencies")), Rank::Range);
    let extras = project.and_then(|p| p.get("optional-dependencies"));
    for extra in extras.map_or(&[][..], Node::entries) {
        specifiers(reader, file, Some(&extra.value), group_rank(&extra.key, Rank::Optional));
    }
    for group in root.get("dependency-groups").map_or(&[][..], Node::entries) {
        specifiers(reader, file, Some(&group.value), group_rank(&group.key, Rank::Other));
    }
    for group in root.at(&["tool", "pdm", "dev-dependencies"]).map_or(&[][..], Node::entries) {
        specifiers(reader, file, Some(&group.value), Rank::Other);
    }
    specifiers(reader, file, root.at(&["tool", "uv", "dev-dependencies"]), Rank::Other);
    let Some(poetry) = root.at(&["tool", "poetry"]) else { return };
    named(reader, file, poetry.get("dependencies"), Rank::Range);
    named(reader, file, poetry.get("dev-dependencies"), Rank::Other);
    for group in poetry.get("group").map_or(&[][..], Node::entries) {
        let rank = group_rank(&group.key, Rank::Range);
        named(reader, file, group.value.get("dependencies"), rank);
    }
}

/// The rank of a group: one that is called after what developers do is theirs.
fn group_rank(name: &str, otherwise: Rank) -> Rank {
    match profile::says_profile(name) {
        Some(profile::Profile::Development | profile::Profile::Test) => Rank::Other,
        _ if matches!(name, "lint" | "typing" | "build" | "style") => Rank::Other,
        Some(profile::Profile::Production) => Rank::Range,
        None => otherwise,
    }
}

/// A list of specifiers.
fn specifiers(reader: &mut Reader, file: &DocumentFile, list: Option<&Node>, rank: Rank) {
    for item in list.map_or(&[][..], Node::items) {
        if let Some(text) = item.as_text() {
            reader.claim(text, rank, true, &file.path, file.loc(item.place));
        }
    }
}

/// A table of names with constraints, as Poetry and Pipenv have it.
fn named(reader: &mut Reader, file: &DocumentFile, table: Option<&Node>, rank: Rank) {
    for Entry { key, value, .. } in table.map_or(&[][..], Node::entries) {
        // Poetry lists the language among the packages.
        if &**key == "python" {
            continue;
        }
        // Several constraints for several platforms: the first.
        let value = value.items().first().unwrap_or(value);
        let optional = value.get("optional").is_some();
        let rank = if optional { rank.min(Rank::Optional) } else { rank };
        let constraint = value.as_text().or_else(|| value.get("version")?.as_text()).unwrap_or("*");
        let specs = constraint.rsplit("||").next().unwrap_or_default();
        let specs: Vec<String> = specs.split(',').filter_map(|spec| pep440(spec.trim())).collect();
        let text = format!("{}{}", normalise(key), specs.join(","));
        let Ok(requirement) = Requirement::parse(&text) else { continue };
        let loc = file.loc(value.place);
        reader.note(&requirement, constraint.trim().to_owned(), rank, true, &file.path, loc);
    }
}

/// One constraint of Poetry or Pipenv as conditions of PEP 440; none for any version.
fn pep440(spec: &str) -> Option<String> {
    if spec.is_empty() || spec == "*" {
        return None;
    }
    let series = |text: &str, length: fn(&[u64]) -> usize| {
        let version = Version::parse(text)?;
        let next = version.next_series(length(version.release()));
        Some(format!(">={text},<{next}"))
    };
    if let Some(text) = spec.strip_prefix('^') {
        // Up to the first number that is not zero.
        return series(text.trim(), |release| {
            let zeros = release.iter().take_while(|part| **part == 0).count();
            (zeros + 1).min(release.len())
        });
    }
    if let Some(text) = spec.strip_prefix('~').filter(|rest| !rest.starts_with('=')) {
        return series(text.trim(), |release| release.len().min(2));
    }
    Some(match spec.starts_with(|c: char| c.is_ascii_digit()) {
        true => format!("=={spec}"),
        false => spec.to_owned(),
    })
}

/// Lock files: `[[package]]` tables (uv, Poetry, PDM), `[[packages]]` (PEP 751), or the JSON of
/// Pipenv.
pub(super) fn lock(reader: &mut Reader, file: &DocumentFile) {
    let Some(root) = file.roots().first() else { return };
    let tables = root.get("package").or_else(|| root.get("packages"));
    for package in tables.map_or(&[][..], Node::items) {
        let part = |key: &str| package.get(key).and_then(Node::as_text);
        if let (Some(name), Some(version)) = (part("name"), part("version")) {
            let place = package.get("version").map_or(package.place, |node| node.place);
            let text = exactly(name, version);
            reader.claim(&text, Rank::Locked, false, &file.path, file.loc(place));
        }
    }
    for (section, rank) in [("default", Rank::Locked), ("develop", Rank::Other)] {
        for Entry { key, value, .. } in root.get(section).map_or(&[][..], Node::entries) {
            if let Some(version) = value.get("version") {
                let text = format!("{key}{}", version.as_text().unwrap_or_default());
                reader.claim(&text, rank, false, &file.path, file.loc(version.place));
            }
        }
    }
}

/// `install_requires` and `extras_require` of `setup.cfg`.
pub(super) fn setup_cfg(reader: &mut Reader, file: &DocumentFile) {
    let Some(root) = file.roots().first() else { return };
    let mut lines = |node: Option<&Node>, rank: Rank| {
        let Some(node) = node else { return };
        for line in node.as_text().unwrap_or_default().lines() {
            reader.claim(line, rank, true, &file.path, file.loc(node.place));
        }
    };
    lines(root.at(&["options", "install_requires"]), Rank::Range);
    for extra in root.get("options.extras_require").map_or(&[][..], Node::entries) {
        lines(Some(&extra.value), group_rank(&extra.key, Rank::Optional));
    }
}
