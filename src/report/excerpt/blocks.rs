//! An excerpt as lines, for formats that draw frames and marks by their own means.

use std::ops::Range;

use super::Excerpt;

/// Lines that follow each other in one file.
#[derive(Debug)]
pub(in crate::report) struct Block {
    /// The lines.
    pub lines: Vec<Line>,
}

/// A line of source.
#[derive(Debug)]
pub(in crate::report) struct Line {
    /// 1-based.
    pub number: usize,
    /// Whether a mark is on it.
    pub is_marked: bool,
    /// Its text, cut where marks start and end.
    pub parts: Vec<Part>,
}

/// A part of a line.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::report) struct Part {
    /// The text, not empty.
    pub text: String,
    /// Whether it is marked.
    pub is_marked: bool,
}

impl Line {
    /// The whole text.
    pub fn text(&self) -> String {
        self.parts.iter().map(|part| part.text.as_str()).collect()
    }
}

impl Excerpt {
    /// The lines of all files, in the order of the marks.
    pub fn blocks(&self) -> impl Iterator<Item = Block> + '_ {
        self.segments.iter().map(|segment| {
            let numbers = segment.first + 1..;
            let ranges = segment.starts.windows(2);
            let lines = numbers
                .zip(ranges)
                .map(|(number, range)| self.line(number, range[0]..range[1] - 1));
            Block { lines: lines.collect() }
        })
    }

    /// The line in `range`, which has no line break.
    fn line(&self, number: usize, range: Range<usize>) -> Line {
        let spans: Vec<Range<usize>> = self
            .labels
            .iter()
            .map(|label| label.offset()..label.offset() + label.len())
            .filter(|span| span.start <= range.end && span.end >= range.start)
            .map(|span| span.start.max(range.start)..span.end.min(range.end))
            .collect();
        let mut cuts: Vec<usize> = spans.iter().flat_map(|span| [span.start, span.end]).collect();
        cuts.extend([range.start, range.end]);
        cuts.sort_unstable();
        let parts = cuts.windows(2).filter(|cut| cut[0] < cut[1]).map(|cut| Part {
            text: self.text[cut[0]..cut[1]].to_owned(),
            is_marked: spans.iter().any(|span| span.start <= cut[0] && cut[1] <= span.end),
        });
        Line { number, is_marked: !spans.is_empty(), parts: parts.collect() }
    }
}
