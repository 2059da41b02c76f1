//! Lines of text with headings, columns and places.

use anstyle::{AnsiColor, Style};

use super::super::TextStyle;
use super::super::summary::thousands;
use super::ProjectReport;
use super::value::cut;
use crate::base::Loc;

/// Text in the making. Everything that stems from scanned code goes through
/// [`Page::clean`] before it is painted.
pub(super) struct Page<'a> {
    pub(super) report: &'a ProjectReport<'a>,
    style: &'a TextStyle,
    limit: Option<usize>,
    out: String,
    /// Whether the last line is a heading.
    headed: bool,
}

impl<'a> Page<'a> {
    pub(super) fn new(
        report: &'a ProjectReport<'a>,
        style: &'a TextStyle,
        limit: Option<usize>,
    ) -> Self {
        Self { report, style, limit, out: String::new(), headed: false }
    }

    pub(super) fn finish(self) -> String {
        if self.style.unicode { self.out } else { ascii(&self.out) }
    }

    /// Columns of the text.
    pub(super) fn width(&self) -> usize {
        self.style.width
    }

    /// Whether everything is wanted.
    pub(super) fn is_whole(&self) -> bool {
        self.limit.is_none()
    }

    /// The heading of a section, and what it counts.
    pub(super) fn heading(&mut self, title: &str, about: &str) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        let title = self.paint(Style::new().bold(), title);
        let about = if about.is_empty() { String::new() } else { format!("  {}", self.dim(about)) };
        self.line(0, &format!("{title}{about}"));
        self.headed = true;
    }

    /// A line, indented; without trailing blanks.
    pub(super) fn line(&mut self, indent: usize, text: &str) {
        if std::mem::take(&mut self.headed) {
            self.out.push('\n');
        }
        self.out.push_str(&" ".repeat(indent));
        self.out.push_str(text);
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
    }

    /// Words that are wrapped at the width.
    pub(super) fn paragraph(&mut self, indent: usize, parts: &[String], separator: &str) {
        let mut line = String::new();
        for (index, part) in parts.iter().enumerate() {
            let last = index + 1 == parts.len();
            let part = if last { part.clone() } else { format!("{part}{separator}") };
            let part = cut(&part, self.width().saturating_sub(indent).max(20));
            let long = line.chars().count() + part.trim_end().chars().count();
            if !line.is_empty() && indent + long > self.width() {
                let full = std::mem::take(&mut line);
                self.line(indent, &full);
            }
            line.push_str(&part);
        }
        self.line(indent, &line);
    }

    /// Places on lines of their own, wrapped between places.
    pub(super) fn places_below(&mut self, indent: usize, places: &[String], separator: &str) {
        let mut line = String::new();
        for (index, place) in places.iter().enumerate() {
            let place = if index == 0 { place.clone() } else { format!("{separator}{place}") };
            let wide = line.chars().count() + place.chars().count();
            if !line.is_empty() && indent + wide > self.width() {
                let full = self.cyan(&std::mem::take(&mut line));
                self.line(indent, &full);
                line.push_str(place.trim_start());
            } else {
                line.push_str(&place);
            }
        }
        let rest = self.cyan(&line);
        self.line(indent, &rest);
    }

    /// The entries of a section as far as they are wanted, and how many are not.
    pub(super) fn limited<T>(&self, entries: &'a [T]) -> (&'a [T], usize) {
        let shown = self.limit.unwrap_or(usize::MAX).min(entries.len());
        (&entries[..shown], entries.len() - shown)
    }

    /// Says that there is more.
    pub(super) fn more(&mut self, number: usize) {
        if number > 0 {
            let text = format!("… and {} more; --all shows them", thousands(number));
            let text = self.dim(&text);
            self.line(2, &text);
        }
    }

    /// `path:line`
    pub(super) fn place(&self, loc: Loc) -> String {
        let ((line, _), _) = self.report.files.line_col(loc);
        format!("{}:{line}", self.report.files.get(loc.file).path)
    }

    /// Places in their order; the path stands only where it changes.
    pub(super) fn places(&self, places: &[Loc]) -> Vec<String> {
        let place = |(index, loc): (usize, &Loc)| {
            let before = index.checked_sub(1).map(|before| places[before].file);
            match before == Some(loc.file) {
                true => format!(":{}", self.line_of(*loc)),
                false => self.place(*loc),
            }
        };
        let mut all: Vec<String> = places.iter().enumerate().map(place).collect();
        all.dedup();
        all
    }

    /// The number of a line.
    pub(super) fn line_of(&self, loc: Loc) -> u32 {
        self.report.files.line_col(loc).0.0
    }

    /// Text about the code, showable.
    pub(super) fn clean(&self, text: &str) -> String {
        self.report.redactor.line(text)
    }

    pub(super) fn dim(&self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    pub(super) fn bold(&self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    pub(super) fn cyan(&self, text: &str) -> String {
        self.paint(Style::new().fg_color(Some(AnsiColor::Cyan.into())), text)
    }

    pub(super) fn yellow(&self, text: &str) -> String {
        self.paint(Style::new().fg_color(Some(AnsiColor::Yellow.into())), text)
    }

    fn paint(&self, style: Style, text: &str) -> String {
        self.style.paint(style, text)
    }
}

/// The signs of this page without those that ASCII does not know.
fn ascii(text: &str) -> String {
    text.replace('→', "->").replace('…', "...").replace('·', "-")
}

/// `text` padded to `width` characters, before it is painted.
pub(super) fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.chars().count())))
}

/// The width of a column: that of its widest text, up to `most`.
pub(super) fn column<'t>(texts: impl Iterator<Item = &'t str>, most: usize) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0).min(most)
}
