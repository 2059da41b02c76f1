//! Findings for people: one diagnostic each, with the lines of every file it touches.

use std::fmt::{self, Display};
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters,
    ThemeStyles,
};

use super::autofix::available;
use super::excerpt::{CONTEXT, Excerpt, Mark};
use super::{REPOSITORY, Report, summary};
use crate::base::FxHashMap;
use crate::finding::{Confidence, Edit, Finding, Safety, Severity};

/// What the terminal can do; without one, what the text may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextStyle {
    /// Colours.
    pub color: bool,
    /// Box drawing, as opposed to ASCII.
    pub unicode: bool,
    /// Hyperlinks (OSC 8).
    pub links: bool,
    /// Columns to wrap prose at.
    pub width: usize,
    /// Columns of a source line to show at most.
    pub window: usize,
}

impl Default for TextStyle {
    /// Text for a pipe.
    fn default() -> Self {
        Self { color: false, unicode: true, links: false, width: 100, window: 160 }
    }
}

impl TextStyle {
    /// The renderer for diagnostics in this style, findings or errors.
    pub fn handler(&self) -> GraphicalReportHandler {
        let characters =
            if self.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
        let styles = if self.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
        GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
            .with_width(self.width)
            .with_context_lines(CONTEXT)
            .with_links(self.links)
            .without_syntax_highlighting()
    }

    pub(super) fn paint(&self, style: Style, text: impl Display) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_string() }
    }

    pub(super) fn severity(&self, severity: Severity) -> String {
        self.paint(style_of(severity), severity)
    }
}

fn style_of(severity: Severity) -> Style {
    let color = |color: AnsiColor| Style::new().fg_color(Some(color.into()));
    match severity {
        Severity::Critical => {
            color(AnsiColor::BrightWhite).bg_color(Some(AnsiColor::Red.into())).bold()
        }
        Severity::High => color(AnsiColor::Red).bold(),
        Severity::Medium => color(AnsiColor::Yellow).bold(),
        Severity::Low => color(AnsiColor::Cyan),
        Severity::Info => color(AnsiColor::Blue),
    }
}

/// Writes every finding and a summary.
pub(super) fn write(report: &Report<'_>, style: &TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let handlers = Handlers::new(style);
    let urls: FxHashMap<&str, String> =
        report.rules.iter().filter_map(|rule| Some((&*rule.id, rule.url(REPOSITORY)?))).collect();
    for finding in report.findings {
        let url = urls.get(&*finding.rule).map(String::as_str);
        let shown = Shown::new(finding, report, style, url);
        let mut text = String::new();
        handlers.of(finding.severity).render_report(&mut text, &shown).map_err(io::Error::other)?;
        writeln!(out, "{}", without_trailing_blanks(&text))?;
    }
    write!(out, "{}", summary(report, style.width, |severity| style.severity(severity)))
}

/// The renderer pads empty lines.
fn without_trailing_blanks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// One renderer per severity, since the renderer itself knows only three.
struct Handlers(Vec<(Severity, GraphicalReportHandler)>);

impl Handlers {
    fn new(style: &TextStyle) -> Self {
        Self(
            Severity::ALL
                .into_iter()
                .map(|severity| (severity, handler(style, severity)))
                .collect(),
        )
    }

    fn of(&self, severity: Severity) -> &GraphicalReportHandler {
        let found = self.0.iter().find(|(of, _)| *of == severity);
        &found.expect("internal error: a severity without renderer").1
    }
}

fn handler(style: &TextStyle, severity: Severity) -> GraphicalReportHandler {
    let mut characters =
        if style.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
    let icon = match (severity, style.unicode) {
        (Severity::Critical | Severity::High, true) => "×",
        (Severity::Critical | Severity::High, false) => "x",
        (Severity::Medium, true) => "⚠",
        (Severity::Medium, false) => "!",
        (Severity::Low | Severity::Info, true) => "☞",
        (Severity::Low | Severity::Info, false) => ">",
    };
    let word = style.severity(severity);
    characters.error = format!("{icon} {word}:");
    let mut styles = if style.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    // The severity is painted here, with more colours than the renderer has words.
    styles.error = ThemeStyles::none().error;
    style.handler().with_theme(GraphicalTheme { characters, styles })
}

/// A finding as the renderer wants it.
#[derive(Debug)]
struct Shown {
    code: String,
    message: String,
    help: Option<String>,
    excerpt: Excerpt,
}

impl Shown {
    fn new(finding: &Finding, report: &Report<'_>, style: &TextStyle, url: Option<&str>) -> Self {
        let cut = if style.unicode { "…" } else { "..." };
        let marks = marks(finding, report);
        let excerpt = Excerpt::new(&marks, report.files, report.redactor, style.window, cut);
        Self {
            code: code(finding, style, url),
            message: report.redactor.line(&finding.message),
            help: help(finding, report),
            excerpt,
        }
    }
}

/// The rule id, as a link to more about it where the terminal knows links.
fn code(finding: &Finding, style: &TextStyle, url: Option<&str>) -> String {
    let id = style.paint(Style::new().bold(), &finding.rule);
    match url.filter(|url| style.links && url.chars().all(|c| c.is_ascii_graphic())) {
        Some(url) => format!("\x1b]8;;{url}\x1b\\{id}\x1b]8;;\x1b\\"),
        None => id,
    }
}

/// The fix, and how sure tokscan is and why.
fn help(finding: &Finding, report: &Report<'_>) -> Option<String> {
    let mut reasons: Vec<String> = report.reasons(finding);
    if finding.confidence != Confidence::High {
        reasons.insert(0, format!("confidence {}", finding.confidence));
    }
    let fix = report.fix(finding);
    let edit = edit(finding, report).unwrap_or_default();
    let parts = [fix, reasons.join("; "), edit].into_iter().filter(|part| !part.is_empty());
    Some(parts.collect::<Vec<_>>().join("\n")).filter(|help| !help.is_empty())
}

/// That an edit mends it, and with which options.
fn edit(finding: &Finding, report: &Report<'_>) -> Option<String> {
    let named = |edit: &&Edit| edit.safety == Safety::Safe || report.autofix.names_unsafe;
    finding.edit.as_ref().filter(named).map(available)
}

/// Every place of a finding once: the numbered steps of a trace in their order, so that the
/// way of a value reads from top to bottom, otherwise the primary place first.
fn marks(finding: &Finding, report: &Report<'_>) -> Vec<Mark> {
    let label = |text: &str| report.redactor.line(text);
    let primary = finding.primary.loc;
    let mut marks: Vec<Mark> = Vec::new();
    let mut add = |loc, text: String| match marks.iter_mut().find(|mark| mark.loc == loc) {
        None => marks.push(Mark { primary: loc == primary, loc, text }),
        Some(mark) if mark.text.is_empty() => mark.text = text,
        Some(mark) if mark.text.contains(&text) => {}
        Some(mark) => mark.text = format!("{}; {text}", mark.text),
    };
    let steps = finding.trace.iter().flat_map(|trace| &trace.steps);
    for (index, step) in steps.enumerate() {
        add(step.loc, format!("{}. {}", index + 1, label(&step.text)));
    }
    add(primary, label(&finding.primary.text));
    for related in &finding.related {
        add(related.loc, label(&related.text));
    }
    marks
}

impl Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.excerpt.labels().iter().cloned()))
    }
}
