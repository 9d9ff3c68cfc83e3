//! Places of a text by line and column.

use crate::diag::Span;

/// Where the lines of a text begin.
pub struct Lines<'a> {
    pub text: &'a str,
    starts: Vec<usize>,
}

/// Counted from 1, columns in characters; the end is behind the last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    pub fn region(&self, span: Span) -> Region {
        let [(line, column), (end_line, end_column)] = [span.start, span.end].map(|at| self.place(at));
        Region { line, column, end_line, end_column }
    }

    /// How many lines are above a place, and all of the lines that it is on, without the last one's end.
    pub fn around(&self, span: Span) -> (usize, Span) {
        let above = self.starts.partition_point(|start| *start <= span.start) - 1;
        let behind = self.starts.partition_point(|start| *start <= span.end);
        let end = self.starts.get(behind).map_or(self.text.len(), |next| next - 1);
        (above, Span::new(self.starts[above], end.max(span.end)))
    }

    fn place(&self, at: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= at);
        let start = self.starts[line - 1];
        (line, self.text.get(start..at).map_or(0, |before| before.chars().count()) + 1)
    }
}
