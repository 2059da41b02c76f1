//! Where output goes and what it may look like.

use std::env;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use miette::Diagnostic;
use terminal_size::{Height, Width, terminal_size_of};

use super::args::{Color, Common};
use super::error::CliError;
use crate::report::TextStyle;

/// Columns of text on a terminal at least, whatever it claims.
const NARROWEST: usize = 40;
/// Columns of text at most: prose in longer lines is hard to read.
const WIDEST_PROSE: usize = 120;
/// Columns of a source line at most.
const WIDEST_LINE: usize = 200;

/// The streams of the process.
#[derive(Debug)]
pub(super) struct Streams {
    /// How results look.
    pub out: TextStyle,
    /// How everything else looks.
    pub err: TextStyle,
    /// Whether stderr can show what changes.
    pub animated: bool,
    color: Color,
}

impl Streams {
    /// Looks at the options, the environment and the terminal.
    pub fn new(common: &Common) -> Self {
        let color = if common.no_color { Color::Never } else { common.color };
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let out = TextStyle {
            color: colored(color, AutoStream::choice(&stdout)),
            links: links(),
            ..layout(columns(terminal_size_of(&stdout).filter(|_| stdout.is_terminal())))
        };
        let err = TextStyle {
            color: colored(color, AutoStream::choice(&stderr)),
            ..layout(columns(terminal_size_of(&stderr).filter(|_| stderr.is_terminal())))
        };
        Self { out, err, animated: stderr.is_terminal() && !is_dumb(), color }
    }

    /// How a report that goes to a file looks.
    pub fn file_style(&self) -> TextStyle {
        TextStyle { color: self.color == Color::Always, ..layout(None) }
    }

    /// Writes results.
    pub fn print(&self, text: &[u8]) -> Result<(), CliError> {
        let mut stdout = io::stdout().lock();
        stdout
            .write_all(text)
            .and_then(|()| stdout.flush())
            .map_err(|source| CliError::Output { target: "stdout".into(), source })
    }

    /// Writes a line about the run itself.
    pub fn note(&self, text: impl Display) {
        // There is nobody to tell when stderr is closed.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }

    /// Writes a warning.
    pub fn warn(&self, text: impl Display) {
        let style = Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()));
        match self.err.color {
            true => self.note(format_args!("{style}warning{style:#}: {text}")),
            false => self.note(format_args!("warning: {text}")),
        }
    }

    /// Writes an error, or each one of several.
    pub fn report(&self, error: &dyn Diagnostic) {
        let handler = self.err.handler();
        let several: Vec<_> = error.related().into_iter().flatten().collect();
        let each = if several.is_empty() { vec![error] } else { several };
        for error in each {
            let mut text = String::new();
            match handler.render_report(&mut text, error) {
                Ok(()) => self.note(text),
                Err(_) => self.note(error),
            }
        }
    }
}

/// What the option says, else the environment and the stream.
fn colored(option: Color, stream: ColorChoice) -> bool {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    match option {
        Color::Always => true,
        Color::Never => false,
        // The stream's choice knows the other variables, but not this one.
        Color::Auto if set("NO_COLOR").is_none() && set("FORCE_COLOR").is_some() => {
            set("FORCE_COLOR").is_some_and(|value| value != "0" && value != "false")
        }
        Color::Auto => stream != ColorChoice::Never,
    }
}

/// Whether links are shown: where they are forced, or the terminal is known to have them.
fn links() -> bool {
    let forced = env::var_os("FORCE_HYPERLINK").is_some();
    (forced || !is_dumb()) && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout)
}

/// Whether the terminal says that it can do nothing but show text.
fn is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// The width that the environment gives or the terminal has; none without both.
fn columns(terminal: Option<(Width, Height)>) -> Option<usize> {
    let given = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    given
        .filter(|&columns| columns > 0)
        .or_else(|| terminal.map(|(Width(columns), _)| usize::from(columns)))
}

fn layout(columns: Option<usize>) -> TextStyle {
    let base = TextStyle { unicode: has_unicode(), ..TextStyle::default() };
    let Some(columns) = columns else { return base };
    let columns = columns.max(NARROWEST);
    // The rest of the line is for the line number and the frame.
    let window = (columns - 12).min(WIDEST_LINE);
    TextStyle { width: columns.min(WIDEST_PROSE), window, ..base }
}

/// Whether frames may be drawn: unless the locale says it knows nothing but ASCII.
fn has_unicode() -> bool {
    if is_dumb() || env::var_os("TERM").is_some_and(|term| term == "linux") {
        return false;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(env::var_os)
        .find(|value| !value.is_empty());
    !locale.is_some_and(|locale| locale == "C" || locale == "POSIX")
}
