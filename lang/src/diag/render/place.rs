//! Places of a text as lines and columns.

use crate::diag::Span;

/// The bytes at which the lines of a text end: line feeds, and carriage returns that no line feed follows.
pub fn line_ends(text: &str) -> impl Iterator<Item = usize> + '_ {
    let bytes = text.as_bytes();
    let ends = |at: &usize| bytes[*at] == b'\n' || bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    (0..bytes.len()).filter(ends)
}

/// A text with the places where its lines begin.
pub struct Lines<'a> {
    pub text: &'a str,
    starts: Vec<usize>,
}

/// The line and the column of a byte of a text, counted from 1, the column in characters.
pub fn place(text: &str, at: usize) -> (usize, usize) {
    Lines::new(text).place(at)
}

/// A span as lines and columns, counted from 1, columns in characters; the end is behind the last character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

impl<'a> Lines<'a> {
    /// Finds the beginnings of all lines of a text.
    pub fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(line_ends(text).map(|at| at + 1)).collect();
        Self { text, starts }
    }

    /// The lines and columns of a span.
    pub fn region(&self, span: Span) -> Region {
        let [(line, column), (end_line, end_column)] = [span.start, span.end].map(|at| self.place(at));
        Region { line, column, end_line, end_column }
    }

    /// How many lines are above a span, and the span of all lines that it touches, without the last one's end.
    pub fn around(&self, span: Span) -> (usize, Span) {
        let above = self.starts.partition_point(|start| *start <= span.start) - 1;
        let behind = self.starts.partition_point(|start| *start <= span.end);
        let end = self.starts.get(behind).map_or(self.text.len(), |next| next - 1);
        (above, Span::new(self.starts[above], end.max(span.end)))
    }

    /// The line and the column of a byte, counted from 1.
    pub fn place(&self, at: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|start| *start <= at);
        let start = self.starts[line - 1];
        (line, self.text.get(start..at).map_or(0, |before| before.chars().count()) + 1)
    }
}
