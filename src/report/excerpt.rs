//! The lines of source a finding shows, of every file it touches.
//!
//! The renderer knows one text per diagnostic. An [`Excerpt`] is such a text, put together
//! from the labelled lines of all files and the lines around them, each long line cut to a
//! window; it answers with the true file names, lines and columns. Lines that do not follow
//! each other in one file are different *segments*, which the renderer cannot join.

mod blocks;

use std::collections::BTreeMap;
use std::ops::Range;

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::base::{FileId, Loc};
use crate::source::{FileTable, LineCol, LineIndex, Redactor, SourceFile};

pub(super) use blocks::{Block, Line};

/// Lines shown before and after a label.
pub(super) const CONTEXT: usize = 1;
/// A label over more lines than this marks only the first of them.
const MOST_LINES: usize = 4;

/// A place to mark.
pub(super) struct Mark {
    /// Whether it is the place to act on.
    pub primary: bool,
    /// The place.
    pub loc: Loc,
    /// What to write at it; may be empty.
    pub text: String,
}

/// Labelled lines of several files as one text.
#[derive(Debug)]
pub(super) struct Excerpt {
    text: String,
    segments: Vec<Segment>,
    labels: Vec<LabeledSpan>,
    /// The true place of each label, by its offset in `text`.
    places: BTreeMap<usize, LineCol>,
}

/// Lines that follow each other in one file.
#[derive(Debug)]
struct Segment {
    name: String,
    /// 0-based number of the first line.
    first: usize,
    /// Where each line starts in the excerpt's text, and where the last one ends.
    starts: Vec<usize>,
}

/// A mark within one file, by 0-based lines.
struct Placed<'m> {
    mark: &'m Mark,
    start: usize,
    end: usize,
    lines: Range<usize>,
}

impl Excerpt {
    /// The lines around `marks`, at most `window` columns of each; cut ends show as `cut`.
    /// Files come in the order in which marks mention them.
    pub fn new(
        marks: &[Mark],
        files: &FileTable,
        redactor: &Redactor,
        window: usize,
        cut: &'static str,
    ) -> Self {
        let mut excerpt = Self {
            text: String::new(),
            segments: Vec::new(),
            labels: Vec::new(),
            places: BTreeMap::new(),
        };
        let mut order: Vec<FileId> = Vec::new();
        for mark in marks {
            if !order.contains(&mark.loc.file) {
                order.push(mark.loc.file);
            }
        }
        for file in order {
            let file_of = files.get(file);
            let source = Source {
                text: redactor.display_text(file),
                original: &file_of.text,
                lines: file_of.lines(),
                file: file_of,
                window,
                cut,
            };
            let of_file = marks.iter().filter(|mark| mark.loc.file == file);
            excerpt.add_file(&source, of_file.map(|mark| source.place(mark)).collect());
        }
        excerpt
    }

    /// The labels, with offsets into the excerpt.
    pub fn labels(&self) -> &[LabeledSpan] {
        &self.labels
    }

    fn add_file(&mut self, source: &Source<'_>, mut placed: Vec<Placed<'_>>) {
        placed.sort_by_key(|placed| (placed.start, placed.end));
        let last = source.last_line();
        let mut runs: Vec<Range<usize>> = Vec::new();
        for Placed { lines, .. } in &placed {
            // The lines around a place in a notebook are those of its cell.
            let section = source.file.section(lines.start);
            let start = lines.start.saturating_sub(CONTEXT).max(section.first);
            let end = (lines.end + CONTEXT).min(last).min(section.end).max(lines.end);
            match runs.last_mut() {
                Some(run) if start <= run.end && section.first <= run.start => {
                    run.end = run.end.max(end)
                }
                _ => runs.push(start..end),
            }
        }
        for run in runs {
            self.add_segment(source, run, &placed);
        }
    }

    fn add_segment(&mut self, source: &Source<'_>, run: Range<usize>, placed: &[Placed<'_>]) {
        let mut starts = Vec::with_capacity(run.len() + 1);
        let mut shown = Vec::with_capacity(run.len());
        for number in run.clone() {
            let window = source.window(number, placed);
            starts.push(self.text.len());
            self.text.push_str(&window.shown);
            self.text.push('\n');
            shown.push(window);
        }
        for mark in placed.iter().filter(|mark| run.contains(&mark.lines.start)) {
            let at = |offset: usize, line: usize| {
                let index = line - run.start;
                starts[index] + shown[index].offset_of(offset)
            };
            let start = at(mark.start, mark.lines.start);
            let end = at(mark.end, mark.lines.end - 1).max(start);
            self.add_label(source, mark, start..end);
        }
        starts.push(self.text.len());
        let section = source.file.section(run.start);
        let name = match section.cell {
            Some(cell) => format!("{}:cell {cell}", source.file.path),
            None => source.file.path.clone(),
        };
        self.segments.push(Segment { name, first: run.start - section.first, starts });
    }

    fn add_label(&mut self, source: &Source<'_>, mark: &Placed<'_>, span: Range<usize>) {
        let text = Some(mark.mark.text.clone()).filter(|text| !text.is_empty());
        let at = mark.mark.loc.start;
        let place = match source.file.cell(at) {
            Some((_, in_cell)) => in_cell,
            None => source.lines.line_col(source.original, at),
        };
        self.places.entry(span.start).or_insert(place);
        self.labels.push(match mark.mark.primary {
            true => LabeledSpan::new_primary_with_span(text, span),
            false => LabeledSpan::new_with_span(text, span),
        });
    }

    fn segment_of(&self, span: &SourceSpan) -> Option<&Segment> {
        let at = self.segments.partition_point(|segment| segment.starts[0] <= span.offset());
        let segment = self.segments.get(at.checked_sub(1)?)?;
        (span.offset() + span.len() <= *segment.starts.last()?).then_some(segment)
    }
}

impl Segment {
    /// Index of the line that holds `offset`.
    fn line_of(&self, offset: usize) -> usize {
        let line = self.starts.partition_point(|&start| start <= offset);
        (line - 1).min(self.starts.len() - 2)
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let segment = self.segment_of(span).ok_or(MietteError::OutOfBounds)?;
        let first = segment.line_of(span.offset()).saturating_sub(before);
        let last = segment.line_of(span.offset() + span.len()) + after;
        let last = last.min(segment.starts.len() - 2);
        let range = segment.starts[first]..segment.starts[last + 1];
        // Asked without context, for the place in the header: that of a label.
        let (line, column) = match self.places.get(&span.offset()) {
            Some(&(line, column)) if before == 0 => (line as usize - 1, column as usize - 1),
            _ => (segment.first + first, 0),
        };
        Ok(Box::new(MietteSpanContents::new_named(
            segment.name.clone(),
            &self.text.as_bytes()[range.clone()],
            range.into(),
            line,
            column,
            last + 1 - first,
        )))
    }
}

/// A file as an excerpt sees it.
struct Source<'a> {
    text: &'a str,
    original: &'a str,
    lines: &'a LineIndex,
    file: &'a SourceFile,
    window: usize,
    cut: &'static str,
}

/// What is shown of one line.
struct Window {
    shown: String,
    /// Byte range of the source that is shown.
    source: Range<usize>,
    /// Bytes of the mark before it.
    lead: usize,
    /// Bytes of the mark behind it.
    tail: usize,
}

impl Window {
    /// Where an offset into the source lies in `shown`; ends of the window for what is cut.
    fn offset_of(&self, offset: usize) -> usize {
        if offset < self.source.start {
            0
        } else if offset > self.source.end {
            self.shown.len() - self.tail
        } else {
            self.lead + offset - self.source.start
        }
    }
}

impl Source<'_> {
    /// The lines of a mark, and its range clipped to what will be shown.
    fn place<'m>(&self, mark: &'m Mark) -> Placed<'m> {
        let boundary = |offset: u32| floor(self.text, offset as usize);
        let start = boundary(mark.loc.start);
        let mut end = boundary(mark.loc.end).max(start);
        let line_of = |offset: usize| self.lines.line_of(u32::try_from(offset).unwrap_or(u32::MAX));
        let first = line_of(start);
        let mut last = line_of(end);
        // A range that ends right behind a line break does not reach into the next line.
        if last > first && self.range(last).start == end {
            last -= 1;
        }
        if last - first >= MOST_LINES {
            last = first;
        }
        end = end.min(self.range(last).end).max(start);
        Placed { mark, start, end, lines: first..last + 1 }
    }

    /// Number of lines, without the empty one behind a final line break.
    fn last_line(&self) -> usize {
        let count = self.lines.count();
        if self.range(count - 1).is_empty() { count - 1 } else { count }
    }

    fn range(&self, line: usize) -> Range<usize> {
        let (start, end) = self.lines.range(self.original, line);
        start as usize..end as usize
    }

    /// A line, or the part of a long one around its first mark (the primary, if it is there).
    fn window(&self, number: usize, placed: &[Placed<'_>]) -> Window {
        let range = self.range(number);
        let line = &self.text[range.clone()];
        if columns(line) <= self.window {
            return Window { shown: line.to_owned(), source: range, lead: 0, tail: 0 };
        }
        let here = || placed.iter().filter(|mark| mark.lines.contains(&number));
        let anchor = here().find(|placed| placed.mark.primary).or_else(|| here().next());
        let anchor = anchor.map_or(range.start, |mark| mark.start.clamp(range.start, range.end));
        let room = self.window.saturating_sub(2 * columns(self.cut)).max(1);
        let start = back(self.text, anchor, range.start, room / 3);
        let end = forth(self.text, start, range.end, room);
        let lead = if start > range.start { self.cut } else { "" };
        let tail = if end < range.end { self.cut } else { "" };
        let shown = [lead, &self.text[start..end], tail].concat();
        Window { shown, source: start..end, lead: lead.len(), tail: tail.len() }
    }
}

/// Columns a text takes at most: wide characters take two, and telling them apart from
/// others is not worth it for a limit.
fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

fn width(c: char) -> usize {
    match c {
        '\t' => 4,
        c if c.is_ascii() => 1,
        _ => 2,
    }
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The offset at most `room` columns before `at`, not before `start`.
fn back(text: &str, at: usize, start: usize, room: usize) -> usize {
    let mut used = 0;
    let mut reached = at;
    for (offset, c) in text[start..at].char_indices().rev() {
        used += width(c);
        if used > room {
            break;
        }
        reached = start + offset;
    }
    reached
}

/// The offset at most `room` columns behind `at`, not behind `end`.
fn forth(text: &str, at: usize, end: usize, room: usize) -> usize {
    let mut used = 0;
    for (offset, c) in text[at..end].char_indices() {
        used += width(c);
        if used > room {
            return at + offset;
        }
    }
    end
}
