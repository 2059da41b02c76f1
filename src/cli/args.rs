//! The arguments.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::outputs::OutputArg;
use crate::config::FailOn;
use crate::finding::{Confidence, Severity};
use crate::report::{Format, Grouping};

const WHAT: &str = "What to look at";
const RULES: &str = "Rules";
const SHOWN: &str = "What to show, and what fails";
const REPORTS: &str = "Reports";
const FIXES: &str = "Fixes";

/// Find token leaks, JWT mistakes, session fixation and unsafe database use in Django and
/// Flask projects.
#[derive(Parser, Debug)]
#[command(
    name = "tokscan",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "A path named like a command is written ./rules.\n\n\
        Exit codes: 0 nothing at or above --fail-on; 1 findings at or above it; \
        2 wrong usage, configuration or rule packs, a missing path, or (with --strict) \
        files that were not analysed whole; 130 interrupted."
)]
pub struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    #[command(flatten)]
    pub(super) scan: ScanArgs,
}

impl Cli {
    pub(super) fn common(&self) -> &Common {
        match &self.command {
            None => &self.scan.common,
            Some(Command::Explain(args)) => &args.common,
            Some(Command::Rules(args)) => &args.common,
            Some(Command::CheckRules(args)) => &args.common,
            Some(Command::Project(args)) => &args.common,
            Some(Command::Init(args)) => &args.common,
            Some(Command::Completions(args)) => &args.common,
            Some(Command::Facts(args)) => &args.common,
            Some(Command::Gen(args)) => &args.common,
        }
    }
}

#[derive(Subcommand, Debug)]
pub(super) enum Command {
    /// Say what a rule finds, why it matters and how to mend it
    Explain(ExplainArgs),
    /// List the rules
    Rules(RulesArgs),
    /// Validate rule packs and run their examples
    CheckRules(CheckRulesArgs),
    /// Show what is known of a project: stack, settings, connections, routes, models
    Project(ProjectArgs),
    /// Write a configuration that fits the project, and say how to run tokscan as a hook
    Init(InitArgs),
    /// Print the script with which a shell completes commands and options
    Completions(CompletionsArgs),
    /// Show what one file contributes to the analysis
    #[command(hide = true)]
    Facts(FactsArgs),
    /// Write what is made from the program and its rule packs and kept in the repository
    #[command(hide = true)]
    Gen(GenArgs),
}

/// What every command has.
#[derive(Args, Debug)]
pub(super) struct Common {
    /// When to use colours
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,
    /// The same as --color never
    #[arg(long, conflicts_with = "color")]
    pub no_color: bool,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Color {
    /// On a terminal, unless the environment says otherwise
    #[default]
    Auto,
    Always,
    Never,
}

/// Which configuration holds.
#[derive(Args, Debug)]
pub(super) struct ConfigArgs {
    /// The configuration to read, instead of the nearest tokscan.toml or pyproject.toml
    #[arg(long, value_name = "FILE", env = "TOKSCAN_CONFIG")]
    pub config: Option<PathBuf>,
    /// Do not read tokscan.toml or pyproject.toml
    #[arg(long, conflicts_with = "config")]
    pub no_config: bool,
}

#[derive(Args, Debug)]
pub(super) struct ScanArgs {
    /// Directories to scan, or files to report on: these are judged with the project around
    /// them; - for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// The file that standard input stands for, in its project
    #[arg(long, value_name = "FILE", help_heading = WHAT)]
    pub stdin_filename: Option<PathBuf>,
    /// Do not read what these patterns match, in .gitignore syntax; several are separated by commas
    #[arg(
        long,
        value_name = "PATTERN",
        value_delimiter = ',',
        env = "TOKSCAN_EXCLUDE",
        help_heading = WHAT
    )]
    pub exclude: Vec<String>,
    /// Report only what has to do with changes since the branch left a revision
    #[arg(long, value_name = "REV", conflicts_with = "staged", help_heading = WHAT)]
    pub diff: Option<String>,
    /// Report only what has to do with changes that are about to be committed
    #[arg(long, help_heading = WHAT)]
    pub staged: bool,
    /// Exit with 2 if there is no file to analyse
    #[arg(long, help_heading = WHAT)]
    pub require_files: bool,
    /// Exit with 2 if a file could not be analysed whole
    #[arg(
        long,
        env = "TOKSCAN_STRICT",
        value_parser = clap::builder::FalseyValueParser::new(),
        help_heading = WHAT
    )]
    pub strict: bool,
    /// Run only these rules and categories, of those that `tokscan rules` lists; several are
    /// separated by commas
    #[arg(
        long,
        value_name = "ID",
        value_delimiter = ',',
        env = "TOKSCAN_SELECT",
        help_heading = RULES
    )]
    pub select: Vec<String>,
    /// Do not run these rules and categories
    #[arg(
        long,
        value_name = "ID",
        value_delimiter = ',',
        env = "TOKSCAN_IGNORE",
        help_heading = RULES
    )]
    pub ignore: Vec<String>,
    /// Add a rule pack, or a folder of packs
    #[arg(long, value_name = "PATH", help_heading = RULES)]
    pub rules: Vec<PathBuf>,
    /// Show findings of at least this severity [default: low]
    #[arg(
        long,
        value_name = "SEVERITY",
        env = "TOKSCAN_MIN_SEVERITY",
        value_parser = severity(),
        help_heading = SHOWN
    )]
    pub min_severity: Option<Severity>,
    /// Show findings of at least this confidence [default: medium]
    #[arg(
        long,
        value_name = "CONFIDENCE",
        env = "TOKSCAN_MIN_CONFIDENCE",
        value_parser = confidence(),
        help_heading = SHOWN
    )]
    pub min_confidence: Option<Confidence>,
    /// Exit with 1 if a shown finding is at least this severe [default: high]
    #[arg(
        long,
        value_name = "SEVERITY",
        env = "TOKSCAN_FAIL_ON",
        value_parser = fail_on(),
        help_heading = SHOWN
    )]
    pub fail_on: Option<FailOn>,
    /// Exit with 0 whatever is found; failures still exit with 2
    #[arg(long, help_heading = SHOWN)]
    pub exit_zero: bool,
    /// Do not report the findings that this file knows
    #[arg(long, value_name = "FILE", env = "TOKSCAN_BASELINE", help_heading = SHOWN)]
    pub baseline: Option<PathBuf>,
    /// Do not use the baseline that is configured
    #[arg(long, conflicts_with = "baseline", help_heading = SHOWN)]
    pub no_baseline: bool,
    /// Write what would be shown to this file, as a baseline of what is known
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["diff", "staged", "prune"],
        help_heading = SHOWN
    )]
    pub write_baseline: Option<PathBuf>,
    /// Take out of the baseline what is found no more
    #[arg(long, conflicts_with = "no_baseline", help_heading = SHOWN)]
    pub prune: bool,
    /// Format of the report
    #[arg(long, env = "TOKSCAN_FORMAT", value_parser = format(), help_heading = REPORTS)]
    pub format: Option<Format>,
    /// Write the report to a file instead of stdout; with a format, write one more report.
    /// May be given several times; `-` is stdout
    #[arg(
        long,
        short,
        value_name = "[FORMAT=]FILE",
        value_parser = output(),
        help_heading = REPORTS
    )]
    pub output: Vec<OutputArg>,
    /// What the summary of a text report counts by
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "GROUPS",
        help_heading = REPORTS
    )]
    pub summary: Summary,
    /// List suppressed findings in SARIF reports, as suppressed
    #[arg(long, help_heading = REPORTS)]
    pub sarif_suppressed: bool,
    /// The category of SARIF reports, which tells several analyses of a commit apart
    /// [default: named after the scanned folder]
    #[arg(long, value_name = "CATEGORY", help_heading = REPORTS)]
    pub sarif_category: Option<String>,
    /// Apply the edits that are certain to keep the program working, and report what is left;
    /// with --diff and --staged, to what these report
    #[arg(long, conflicts_with = "write_baseline", help_heading = FIXES)]
    pub fix: bool,
    /// With --fix or --diff-fixes also the edits that change configuration, keys, cookies or
    /// protocols; alone, name them in the report
    #[arg(long, help_heading = FIXES)]
    pub unsafe_fixes: bool,
    /// Print the changes that --fix would make, and make none
    #[arg(
        long,
        conflicts_with_all = ["fix", "format", "output", "write_baseline", "prune"],
        help_heading = FIXES
    )]
    pub diff_fixes: bool,
    /// Threads to use [default: all]
    #[arg(long, value_name = "N", env = "TOKSCAN_THREADS")]
    pub threads: Option<NonZeroUsize>,
    /// Say nothing about the scan itself on stderr, save errors
    #[arg(long, short)]
    pub quiet: bool,
    /// Say on stderr which configuration holds and how many rules run, and name each file that was
    /// not analysed whole
    #[arg(long, short, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Say on stderr how long each phase and each rule took
    #[arg(long)]
    pub stats: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
    #[command(flatten)]
    pub common: Common,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Summary {
    /// Severities
    #[default]
    Severity,
    /// Categories of the OWASP API Security Top 10
    Owasp,
}

impl From<Summary> for Grouping {
    fn from(summary: Summary) -> Self {
        match summary {
            Summary::Severity => Self::Severity,
            Summary::Owasp => Self::OwaspApi,
        }
    }
}

#[derive(Args, Debug)]
pub(super) struct ExplainArgs {
    /// Id of the rule
    #[arg(value_name = "RULE")]
    pub rule: String,
    /// Add a rule pack, or a folder of packs
    #[arg(long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Args, Debug)]
pub(super) struct RulesArgs {
    /// Format of the list
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
    /// Only rules of these categories
    #[arg(long, value_name = "CATEGORY", value_delimiter = ',')]
    pub category: Vec<String>,
    /// Only rules of these severities
    #[arg(long, value_name = "SEVERITY", value_delimiter = ',', value_parser = severity())]
    pub severity: Vec<Severity>,
    /// Add a rule pack, or a folder of packs
    #[arg(long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Args, Debug)]
pub(super) struct ProjectArgs {
    /// The folder of the project, or a file
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// Format of the description
    #[arg(long, value_enum, default_value_t)]
    pub format: ListFormat,
    /// Show all entries of every section; JSON always has them
    #[arg(long)]
    pub all: bool,
    /// Add a rule pack, or a folder of packs
    #[arg(long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
    /// Threads to use [default: all]
    #[arg(long, value_name = "N", env = "TOKSCAN_THREADS")]
    pub threads: Option<NonZeroUsize>,
    /// Say nothing about the analysis itself on stderr, save errors
    #[arg(long, short)]
    pub quiet: bool,
    #[command(flatten)]
    pub config: ConfigArgs,
    #[command(flatten)]
    pub common: Common,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum ListFormat {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

#[derive(Args, Debug)]
pub(super) struct CheckRulesArgs {
    /// Rule packs, or folders of packs
    #[arg(value_name = "PACK", required = true)]
    pub packs: Vec<PathBuf>,
    /// Say which conditions of a rule hold at a line of a file
    #[arg(long, num_args = 2, value_names = ["FILE:LINE", "RULE"])]
    pub why: Vec<String>,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Args, Debug)]
pub(super) struct InitArgs {
    /// The folder of the project
    #[arg(value_name = "PATH", default_value = ".")]
    pub path: PathBuf,
    /// Write over a configuration that is there
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Args, Debug)]
pub(super) struct FactsArgs {
    /// A Python file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Args, Debug)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Args, Debug)]
pub(super) struct GenArgs {
    #[command(subcommand)]
    pub command: GenCommand,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Subcommand, Debug)]
pub(super) enum GenCommand {
    /// Write a page for each rule, and an index
    Docs(GenDocsArgs),
    /// Write the JSON schema of rule packs
    Schema(GenSchemaArgs),
    /// Write the manual pages
    Man(GenManArgs),
}

#[derive(Args, Debug)]
pub(super) struct GenDocsArgs {
    /// The folder of the pages
    #[arg(long, value_name = "DIR", default_value = "docs/rules")]
    pub out: PathBuf,
    /// Add a rule pack, or a folder of packs
    #[arg(long, value_name = "PATH")]
    pub rules: Vec<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct GenManArgs {
    /// The folder of the pages
    #[arg(long, value_name = "DIR", default_value = "packaging/data/share/man/man1")]
    pub out: PathBuf,
}

#[derive(Args, Debug)]
pub(super) struct GenSchemaArgs {
    /// What the schema describes
    #[arg(value_enum, default_value_t, value_name = "WHAT")]
    pub of: Described,
    /// Write the schema to a file instead of stdout
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Described {
    /// Rule packs
    #[default]
    Rules,
    /// Configurations
    Config,
}

/// A parser of one of `names`, which help and errors list.
fn one_of<T, const N: usize>(
    names: [&'static str; N],
    parse: fn(&str) -> Option<T>,
) -> impl clap::builder::TypedValueParser<Value = T> + use<T, N>
where
    T: Clone + Send + Sync + 'static,
{
    use clap::builder::{PossibleValuesParser, TypedValueParser};
    PossibleValuesParser::new(names)
        .map(move |name| parse(&name).expect("internal error: a name that is listed"))
}

fn format() -> impl clap::builder::TypedValueParser<Value = Format> {
    use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
    let values = Format::ALL.map(|format| PossibleValue::new(format.as_str()).help(format.about()));
    PossibleValuesParser::new(values)
        .map(|name| Format::from_name(&name).expect("internal error: a name that is listed"))
}

fn output() -> impl clap::builder::TypedValueParser<Value = OutputArg> {
    use clap::builder::{OsStringValueParser, TypedValueParser};
    OsStringValueParser::new().try_map(OutputArg::parse)
}

fn severity() -> impl clap::builder::TypedValueParser<Value = Severity> {
    one_of(Severity::ALL.map(Severity::as_str), Severity::from_name)
}

fn confidence() -> impl clap::builder::TypedValueParser<Value = Confidence> {
    one_of(Confidence::ALL.map(Confidence::as_str), Confidence::from_name)
}

fn fail_on() -> impl clap::builder::TypedValueParser<Value = FailOn> {
    one_of(FailOn::NAMES, FailOn::from_name)
}
