//! Where the reports of a scan go: several at once, each in its own format.

use std::ffi::{OsStr, OsString};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::args::ScanArgs;
use super::error::CliError;
use super::status::shown;
use super::streams::Streams;
use super::suggest::did_you_mean;
use crate::report::{self, Format, Report};
use crate::source::{clean_line, write_file};

/// What stands for stdout where a file is expected.
const STDOUT: &str = "-";
/// The variable in which GitHub Actions names the file for the summary of a step.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";
/// GitHub refuses longer summaries of a step.
const STEP_SUMMARY_BYTES: u64 = 1 << 20;

/// An argument of `--output`: `FILE`, or `FORMAT=FILE`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct OutputArg {
    format: Option<Format>,
    target: Target,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Target {
    Stdout,
    File(PathBuf),
}

/// A report to write.
#[derive(PartialEq, Eq, Debug)]
struct Output {
    format: Format,
    target: Target,
}

/// The reports to write.
#[derive(Debug)]
pub(super) struct Outputs(Vec<Output>);

impl OutputArg {
    /// Reads an argument. What is before the first `=` is a format if it could be one; a file of
    /// such a name is written `./a=b`.
    pub fn parse(text: OsString) -> Result<Self, String> {
        let bytes = text.as_encoded_bytes();
        let Some(at) = bytes.iter().position(|&byte| byte == b'=') else {
            return Ok(Self { format: None, target: Target::of(&text) });
        };
        let name = String::from_utf8_lossy(&bytes[..at]).into_owned();
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            return Ok(Self { format: None, target: Target::of(&text) });
        }
        let Some(format) = Format::from_name(&name) else {
            let names = Format::ALL.map(Format::as_str);
            let hint = did_you_mean(&name, names)
                .unwrap_or_else(|| format!("formats are {}", names.join(", ")));
            return Err(format!("there is no format `{}`; {hint}", clean_line(&name)));
        };
        let rest = after(&text, &name);
        if rest.is_empty() {
            return Err(format!("no file after `{name}=`"));
        }
        Ok(Self { format: Some(format), target: Target::of(&rest) })
    }
}

/// What follows `name` and the `=` behind it.
fn after(text: &OsStr, name: &str) -> OsString {
    match text.to_str() {
        Some(text) => text[name.len() + 1..].into(),
        #[cfg(unix)]
        None => {
            use std::os::unix::ffi::OsStrExt;
            OsStr::from_bytes(&text.as_bytes()[name.len() + 1..]).to_owned()
        }
        #[cfg(not(unix))]
        None => text.to_string_lossy()[name.len() + 1..].into(),
    }
}

impl Target {
    fn of(text: &OsStr) -> Self {
        if text == STDOUT { Self::Stdout } else { Self::File(text.into()) }
    }

    fn shown(&self) -> String {
        match self {
            Self::Stdout => "stdout".into(),
            Self::File(file) => shown(file),
        }
    }

    /// What is the same for two names of one file, as far as that can be known before it exists.
    fn identity(&self) -> Option<PathBuf> {
        let Self::File(file) = self else { return None };
        let resolved = fs::canonicalize(file).or_else(|_| {
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = fs::canonicalize(folder.unwrap_or(Path::new(".")))?;
            Ok::<_, io::Error>(folder.join(file.file_name().unwrap_or_default()))
        });
        Some(resolved.unwrap_or_else(|_| file.clone()))
    }
}

impl Outputs {
    /// What the arguments ask for; fails before the scan, not after it.
    pub fn of(args: &ScanArgs) -> Result<Self, CliError> {
        let main = args.format.unwrap_or_default();
        let mut outputs: Vec<Output> = args
            .output
            .iter()
            .map(|arg| Output { format: arg.format.unwrap_or(main), target: arg.target.clone() })
            .collect();
        let main_has_place = args.output.iter().any(|arg| arg.format.is_none());
        let stdout_is_free = !outputs.iter().any(|output| output.target == Target::Stdout);
        // A format that was asked for and found no file goes to stdout, if need be with an error.
        if !main_has_place && (stdout_is_free || args.format.is_some()) {
            outputs.push(Output { format: main, target: Target::Stdout });
        }
        check_folders(&outputs)?;
        check_distinct(&outputs)?;
        Ok(Self(outputs))
    }

    /// Whether a report for people, which has a summary, goes to stdout.
    pub fn shows_summary(&self) -> bool {
        let shows = |output: &Output| {
            output.target == Target::Stdout && matches!(output.format, Format::Text)
        };
        self.0.iter().any(shows)
    }

    /// Writes all reports; one that cannot be written is no reason to lose the others. Who closed
    /// the pipe has seen enough.
    pub fn deliver(
        &self,
        report: &Report<'_>,
        streams: &Streams,
        quiet: bool,
    ) -> Result<(), CliError> {
        let mut errors = Vec::new();
        for output in &self.0 {
            match output.deliver(report, streams) {
                Ok(notes) if !quiet => notes.iter().for_each(|note| streams.warn(note)),
                Ok(_) => {}
                Err(CliError::Output { source, .. })
                    if source.kind() == io::ErrorKind::BrokenPipe => {}
                Err(error) => errors.push(error),
            }
        }
        if self.0.iter().any(|output| output.format == Format::Github)
            && let Some(file) = std::env::var_os(STEP_SUMMARY).filter(|file| !file.is_empty())
            && let Err(error) = add_to_step_summary(Path::new(&file), report)
        {
            streams.warn(format_args!("cannot write the summary of the step: {error}"));
        }
        match errors.len() {
            0 => Ok(()),
            1 => Err(errors.remove(0)),
            _ => Err(CliError::Outputs { errors }),
        }
    }
}

impl Output {
    fn deliver(&self, report: &Report<'_>, streams: &Streams) -> Result<Vec<String>, CliError> {
        let style = match self.target {
            Target::Stdout => streams.out,
            Target::File(_) => streams.file_style(),
        };
        let failed = |source| CliError::Output { target: self.target.shown(), source };
        let mut text = Vec::new();
        let notes = report::write(self.format, report, &style, &mut text).map_err(failed)?;
        match &self.target {
            Target::Stdout => streams.print(&text)?,
            Target::File(file) => write_file(file, &text).map_err(failed)?,
        }
        Ok(notes)
    }
}

/// Adds the report to the summary of a step, as far as there is room: other commands of the step
/// may have written to it.
fn add_to_step_summary(file: &Path, report: &Report<'_>) -> io::Result<()> {
    let used = fs::metadata(file).map_or(0, |metadata| metadata.len());
    let room = usize::try_from(STEP_SUMMARY_BYTES.saturating_sub(used)).unwrap_or(0);
    let mut text = Vec::new();
    report::write_step_summary(report, room, &mut text)?;
    OpenOptions::new().append(true).create(true).open(file)?.write_all(&text)
}

fn check_folders(outputs: &[Output]) -> Result<(), CliError> {
    outputs.iter().try_for_each(|output| match &output.target {
        Target::Stdout => Ok(()),
        Target::File(file) => check_folder(file),
    })
}

/// Whether a file that is to be written has a folder to be in.
pub(super) fn check_folder(file: &Path) -> Result<(), CliError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder.filter(|folder| !folder.is_dir()) {
        None => Ok(()),
        Some(folder) => Err(CliError::Output {
            target: shown(file),
            source: io::Error::new(
                io::ErrorKind::NotFound,
                format!("directory does not exist: {}", shown(folder)),
            ),
        }),
    }
}

fn check_distinct(outputs: &[Output]) -> Result<(), CliError> {
    let identities: Vec<_> = outputs.iter().map(|output| output.target.identity()).collect();
    for (index, output) in outputs.iter().enumerate() {
        if let Some(first) = identities[..index].iter().position(|id| *id == identities[index]) {
            return Err(CliError::SameOutput {
                target: output.target.shown(),
                first: outputs[first].format.as_str(),
                second: output.format.as_str(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, format: Option<Format>, target: &str) {
        let expected = OutputArg { format, target: Target::of(target.as_ref()) };
        assert_eq!(OutputArg::parse(text.into()), Ok(expected));
    }

    #[test]
    fn a_format_stands_before_the_first_equals_sign() {
        check("report.txt", None, "report.txt");
        check("-", None, "-");
        check("html=a.html", Some(Format::Html), "a.html");
        check("sarif=-", Some(Format::Sarif), "-");
        check("json=a=b.json", Some(Format::Json), "a=b.json");
        check("./html=a", None, "./html=a");
        check("out/x=y.txt", None, "out/x=y.txt");
    }

    #[test]
    fn what_looks_like_a_format_has_to_be_one() {
        let error = |text: &str| OutputArg::parse(text.into()).expect_err("no output");
        assert_eq!(error("sarfi=a"), "there is no format `sarfi`; did you mean `sarif`?");
        assert!(error("xyzxyz=a").contains("formats are text, concise, json, sarif"));
        assert_eq!(error("html="), "no file after `html=`");
    }
}
