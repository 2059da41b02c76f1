//! `tokscan init [PATH]`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::args::InitArgs;
use super::error::CliError;
use super::exit::Exit;
use super::status::shown;
use super::streams::Streams;
use crate::base::Loc;
use crate::config::Config;
use crate::engine::{ScanOptions, Survey, survey};
use crate::overview::Settings;
use crate::report::count;
use crate::rule::RuleSet;
use crate::source::{clean_line, write_file};

/// The name of what is written.
const FILE: &str = "tokscan.toml";
/// The kinds of parts that say what a project is.
const BUILT_ON: [&str; 3] = ["framework", "database", "library"];
/// Folders with code of others.
const VENDORED: [&str; 8] =
    ["vendor", "vendors", "vendored", "_vendor", "third_party", "thirdparty", "external", "extern"];
/// Ends of names of files that programs write.
const GENERATED: [&str; 2] = ["_pb2.py", "_pb2_grpc.py"];
/// Folders that describe changes of the database. They are no production code, and few.
const MIGRATIONS: &str = "migrations";

/// Writes a configuration for a project, and says how tokscan runs as a hook.
pub(super) fn run(args: &InitArgs, streams: &Streams) -> Result<Exit, CliError> {
    let file = args.path.join(FILE);
    let name = shown(&file);
    if !args.force {
        refuse_second(&args.path, &file)?;
    }
    let rules = RuleSet::builtin()?;
    let survey = survey(std::slice::from_ref(&args.path), &rules, &ScanOptions::default())?;
    write_file(&file, configuration(&survey).as_bytes())
        .map_err(|source| CliError::Output { target: name.clone(), source })?;
    streams.note(format_args!("tokscan: wrote {name}"));
    streams.print(HOOK.as_bytes())?;
    Ok(Exit::Success)
}

/// A configuration that someone wrote is not written over, nor put in the shade.
fn refuse_second(folder: &Path, file: &Path) -> Result<(), CliError> {
    let pyproject = folder.join("pyproject.toml");
    let taken = [(file.exists(), file), (Config::at(&pyproject).is_ok(), pyproject.as_path())];
    match taken.into_iter().find(|(taken, _)| *taken) {
        Some((_, path)) => Err(CliError::ConfigExists { path: shown(path) }),
        None => Ok(()),
    }
}

const HOOK: &str = "\
To run it before every commit, add this to .pre-commit-config.yaml:

repos:
  - repo: <URL of the repository of tokscan>
    rev: <tag or commit>
    hooks:
      - id: tokscan

Without pre-commit, make .git/hooks/pre-commit an executable file with these lines:

#!/bin/sh
exec tokscan --staged
";

const HEAD: &str = "\
# Configuration of tokscan. Paths are relative to this file; options of the command line stand
# above what is written here. A line that begins with `#` is an example, or the default.
";

const REPORTING: &str = r#"
# Exit with 1 if a finding is at least this severe: critical, high, medium, low, info, never.
# fail-on = "high"
# Show findings of at least this severity and confidence.
# min-severity = "low"
# min-confidence = "medium"

# Rules and categories to leave out; `tokscan rules` lists them.
# ignore = ["deployment"]

# Findings that are known and not reported. `tokscan --write-baseline FILE` writes them down.
# baseline = "tokscan-baseline.json"

# Names that mean a secret in this project, and names that only look like it.
# secret-names = ["membership_number"]
# not-secret-names = ["page_token"]
"#;

const TABLES: &str = r#"
# Severities of rules and categories.
# [severity]
# deployment = "info"

# Rules that say nothing about some paths.
# [per-path-ignores]
# "scripts/" = ["hardcoded-secret"]

# Functions of this project that make a value harmless.
# [[sanitizer]]
# pattern = "shop.privacy.mask($X)"
"#;

fn configuration(survey: &Survey) -> String {
    let mut text = HEAD.to_owned();
    add_stack(&mut text, survey);
    text.push_str(REPORTING);
    add_excludes(&mut text, survey);
    add_profiles(&mut text, survey);
    text.push_str(TABLES);
    text
}

fn add_stack(text: &mut String, survey: &Survey) {
    let parts = survey.overview.stack.iter().filter(|part| BUILT_ON.contains(&&*part.kind));
    let stack: Vec<String> = parts.map(|part| clean_line(&part.title)).collect();
    if !stack.is_empty() {
        text.push_str("#\n");
        add_wrapped(text, &format!("The project is built on {}.", stack.join(", ")));
    }
}

/// A comment in lines that fit on a screen.
fn add_wrapped(text: &mut String, comment: &str) {
    let mut width = 0;
    for word in comment.split(' ') {
        let fits = width > 0 && width + word.len() < 98;
        match fits {
            true => text.push(' '),
            false => {
                text.push_str(if width == 0 { "# " } else { "\n# " });
                width = 1;
            }
        }
        text.push_str(word);
        width += word.len() + 1;
    }
    text.push('\n');
}

/// Patterns for what is not this project's own code, with the number of files each leaves out.
fn add_excludes(text: &mut String, survey: &Survey) {
    let mut vendored: BTreeMap<String, usize> = BTreeMap::new();
    let mut generated: BTreeMap<&str, usize> = BTreeMap::new();
    let mut migrations = 0;
    for file in &survey.files.files {
        let folders = || file.path.match_indices('/').map(|(at, _)| &file.path[..at]);
        let name = |folder: &str| folder.rsplit('/').next().unwrap_or_default().to_owned();
        if let Some(folder) = folders().find(|folder| VENDORED.contains(&name(folder).as_str())) {
            *vendored.entry(format!("/{folder}/")).or_default() += 1;
        } else if let Some(end) = GENERATED.into_iter().find(|end| file.path.ends_with(end)) {
            *generated.entry(end).or_default() += 1;
        }
        migrations += usize::from(folders().any(|folder| name(folder) == MIGRATIONS));
    }
    text.push_str("\n# What is not read, in the syntax of .gitignore.\n");
    let mut lines: Vec<String> = Vec::new();
    let files = |number| count(number, "file");
    let vendored = vendored.iter().map(|(pattern, number)| (pattern.clone(), *number));
    let generated = generated.iter().map(|(end, number)| (format!("*{end}"), *number));
    for (pattern, number) in vendored.chain(generated) {
        lines.push(format!("  {},  # {}", quoted(&pattern), files(number)));
    }
    let is_empty = lines.is_empty();
    if migrations > 0 {
        lines.push(format!("  # \"{MIGRATIONS}/\",  # {}", files(migrations)));
    }
    match (is_empty, lines.is_empty()) {
        (_, true) => text.push_str("# exclude = [\"vendor/\"]\n"),
        (true, false) => _ = writeln!(text, "# exclude = [\"{MIGRATIONS}/\"]"),
        (false, false) => _ = writeln!(text, "exclude = [\n{}\n]", lines.join("\n")),
    }
}

/// The settings modules and where they are taken to be in force.
fn add_profiles(text: &mut String, survey: &Survey) {
    text.push_str(
        "\n# Where settings modules, configuration classes or other files are in force: production,\n\
         # development, test. Rules judge production.",
    );
    // A module that makes an application is named after it, and is no module of settings.
    let is_module = |settings: &&Settings| {
        let path = settings.name.replace('.', "/");
        let files = [format!("{path}.py"), format!("{path}/__init__.py")];
        let is_it = |path: &str| {
            let ends = files.iter().filter_map(|end| path.strip_suffix(end.as_str()));
            ends.into_iter().any(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        let makes = |loc: &Loc| is_it(&survey.files.get(loc.file).path);
        survey.files.files.iter().any(|file| is_it(&file.path))
            && !settings.named_by.iter().any(makes)
    };
    let modules: Vec<&Settings> = survey.overview.settings.iter().filter(is_module).collect();
    if modules.is_empty() {
        text.push_str(
            "\n# [profiles]\n# \"shop.settings.staging\" = \"production\"\n\
             # \"shop.config.StagingConfig\" = \"production\"\n",
        );
        return;
    }
    text.push_str(" tokscan takes them for this; uncomment and change what is wrong.\n");
    text.push_str("# [profiles]\n");
    for settings in modules {
        let said = settings.named_by.first().map(|loc| {
            let ((line, _), _) = survey.files.line_col(*loc);
            format!("  # named in {}:{line}", survey.files.get(loc.file).path)
        });
        let name = quoted(&clean_line(&settings.name));
        let (profile, said) = (settings.profile, said.unwrap_or_default());
        _ = writeln!(text, "# {name} = \"{profile}\"{said}");
    }
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
