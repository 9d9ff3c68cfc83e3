//! The part of a source text that is drawn for one problem: the lines from its first label to its last, each cut to
//! what fits.
//!
//! A terminal would break a line that is too wide, and the marks below it would point to nothing. So what is too wide
//! is cut at both ends, around the marks, and `…` stands for the rest. Line numbers and columns stay those of the whole
//! text.

use super::fold::lines_of;
use super::place::Lines;
use super::visible::visible;
use crate::diag::{Label, Span};
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

const CUT: &str = "…";
/// How many columns the text of a label has at least, wherever its mark is.
const FOR_TEXT: usize = 24;
/// How many columns the line takes that leads to a label's text.
const LEAD: usize = 4;
/// How many columns the lines take that lead to labels of more than one line.
const FOR_GUTTER: usize = 6;

/// How wide a tab is drawn.
pub const TAB: usize = 4;

/// The part of a source text that is drawn for one problem.
#[derive(Debug)]
pub struct Excerpt {
    name: String,
    /// How many lines stand above the excerpt in the whole text.
    above: usize,
    text: String,
    lines: Vec<Line>,
    /// Each label: where it is drawn in the excerpt, and its text.
    pub labels: Vec<(Span, String)>,
    places: Vec<(usize, usize)>,
}

/// A line of the source as it is drawn.
#[derive(Debug)]
struct Line {
    /// The byte where the line begins in the whole text, and the one where it begins in the excerpt.
    begins: [usize; 2],
    /// The parts of the line that are drawn, in bytes from its beginning, each with the place in the excerpt where it
    /// begins.
    parts: Vec<(Span, usize)>,
}

impl Line {
    /// The place in the excerpt for a place of the whole text: what is cut off is drawn at the end of the part before
    /// it.
    fn drawn(&self, at: usize) -> usize {
        let within = at.saturating_sub(self.begins[0]);
        let part = self.parts.partition_point(|(part, _)| part.start <= within).saturating_sub(1);
        self.parts
            .get(part)
            .map_or(self.begins[1], |(part, begins)| begins + within.clamp(part.start, part.end) - part.start)
    }
}

impl Excerpt {
    /// Makes the excerpt for these labels. `lines` are those of the text as it can be drawn, `width` is the terminal's,
    /// in columns.
    pub fn new(name: &str, lines: &Lines<'_>, labels: &[Label], width: usize) -> Self {
        let all = labels.iter().map(|label| label.span).reduce(Span::to).unwrap_or_default();
        let (above, whole) = lines.around(all);
        let shown = lines.text.get(whole.start..whole.end).unwrap_or_default();
        let numbers = (above + shown.split('\n').count()).to_string().len();
        let spans_lines =
            |label: &Label| lines.text.get(label.span.start..label.span.end).is_some_and(|s| s.contains('\n'));
        let gutter = numbers + 4 + if labels.iter().any(spans_lines) { FOR_GUTTER } else { 0 };
        let room = width.saturating_sub(gutter).max(FOR_TEXT);
        let mut excerpt = Self {
            name: short(name, width.saturating_sub(numbers + 6)),
            above,
            text: String::new(),
            lines: Vec::new(),
            labels: Vec::new(),
            places: Vec::new(),
        };
        let mut begins = whole.start;
        for line in shown.split('\n') {
            excerpt.push(line, begins, labels, room);
            begins += line.len() + 1;
        }
        for label in labels {
            let drawn = Span::new(excerpt.drawn(label.span.start), excerpt.drawn(label.span.end));
            // The text of a label of several lines stands below them, at the left.
            let mark = if spans_lines(label) { 0 } else { excerpt.mark(drawn) };
            let text = lines_of(&visible(&label.text), room.saturating_sub(mark + LEAD).max(FOR_TEXT / 2)).join("\n");
            let (line, column) = lines.place(label.span.start);
            excerpt.labels.push((drawn, text));
            excerpt.places.push((line - 1, column - 1));
        }
        excerpt
    }

    fn push(&mut self, line: &str, begins: usize, labels: &[Label], room: usize) {
        if !self.lines.is_empty() {
            self.text.push('\n');
        }
        let (start, mut parts, mut end) = (self.text.len(), Vec::new(), 0);
        for part in kept(line, &marks(line, begins, labels), room) {
            self.text.push_str(if part.start > end { CUT } else { "" });
            parts.push((part, self.text.len()));
            self.text.push_str(&line[part.start..part.end]);
            end = part.end;
        }
        self.text.push_str(if end < line.len() { CUT } else { "" });
        self.lines.push(Line { begins: [begins, start], parts });
    }

    fn drawn(&self, at: usize) -> usize {
        let line = self.lines.partition_point(|line| line.begins[0] <= at).saturating_sub(1);
        self.lines.get(line).map_or(0, |line| line.drawn(at))
    }

    /// The column at which the line to a label's text begins.
    fn mark(&self, drawn: Span) -> usize {
        let [start, end] = [drawn.start, drawn.end].map(|at| self.column(at));
        start.midpoint(end.max(start + 1))
    }

    fn column(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        columns(before.rsplit('\n').next().unwrap_or_default())
    }
}

/// The name of a file, cut at its beginning where it is too long to be shown.
fn short(name: &str, width: usize) -> String {
    /// How many columns the numbers of a line and of a column take, with the signs around them.
    const PLACE: usize = 12;
    let (room, long) = (width.saturating_sub(PLACE).max(PLACE), name.chars().count());
    match long.checked_sub(room) {
        None | Some(0) => name.to_owned(),
        Some(over) => CUT.chars().chain(name.chars().skip(over + 1)).collect(),
    }
}

/// How many columns a text takes.
fn columns(text: &str) -> usize {
    text.chars().map(wide).sum()
}

fn wide(c: char) -> usize {
    match c {
        '\t' => TAB,
        // From here on are the letters that terminals give two columns, and few others.
        '\u{1100}'.. if !('\u{2000}'..'\u{2e80}').contains(&c) => 2,
        _ => 1,
    }
}

/// A label's mark on a line, in columns.
#[derive(Clone, Copy)]
struct Mark {
    first: usize,
    last: usize,
    /// The column up to which the label's text goes.
    text: usize,
}

/// The marks on the line that begins at that byte of the whole text, from left to right.
fn marks(line: &str, begins: usize, labels: &[Label]) -> Vec<Mark> {
    let column = |at: usize| {
        let within = at.checked_sub(begins).filter(|within| *within <= line.len())?;
        Some(columns(line.get(..within).unwrap_or(line)))
    };
    let of = |label: &Label| {
        let (start, end) = (column(label.span.start), column(label.span.end));
        let (first, last) = (start.or(end)?, end.or(start)?);
        let last = last.max(first + 1);
        // The text of a label of several lines stands below them, at the left.
        let text = if start.is_some() && end.is_some() { LEAD + columns(&label.text).min(FOR_TEXT) } else { 0 };
        Some(Mark { first, last, text: (first.midpoint(last) + text).max(last) })
    };
    let mut marks: Vec<Mark> = labels.iter().filter_map(of).collect();
    marks.sort_by_key(|mark| mark.first);
    marks
}

/// The parts of a line that are drawn in `room` columns, in bytes: all of it if it fits with the texts of its labels,
/// else what is around its marks.
fn kept(line: &str, marks: &[Mark], room: usize) -> Vec<Span> {
    let needed = marks.iter().map(|mark| mark.text).max().unwrap_or(0);
    if columns(line) <= room && needed <= room {
        return vec![Span::new(0, line.len())];
    }
    // The marks begin a third of the way along, or as far to the left as the last of them needs.
    let most = marks.first().map_or(0, |mark| mark.first.saturating_sub(room / 3));
    let skipped = (needed + 2).saturating_sub(room).min(most);
    if marks.len() > 1 && needed + 1 > room + skipped {
        return apart(line, marks, room);
    }
    let start = within(line, 0, skipped);
    let left = room - columns(if start > 0 { CUT } else { "" });
    let end = if columns(&line[start..]) <= left { line.len() } else { within(line, start, left - columns(CUT)) };
    vec![Span::new(start, end)]
}

/// The parts of a line around marks that are too far apart for one: all of the parts together take half of the room.
fn apart(line: &str, marks: &[Mark], room: usize) -> Vec<Span> {
    /// How many columns are drawn before a mark.
    const BEFORE: usize = 2;
    let each = room / (2 * marks.len());
    let mut parts: Vec<Span> = Vec::new();
    for mark in marks {
        let start = within(line, 0, mark.first.saturating_sub(BEFORE));
        let end = within(line, 0, mark.last.min(mark.first + each));
        match parts.last_mut().filter(|part| start <= part.end + CUT.len()) {
            Some(part) => part.end = part.end.max(end),
            None => parts.push(Span::new(start, end)),
        }
    }
    parts
}

/// The byte up to which the characters from `start` on fit into `room` columns.
fn within(line: &str, start: usize, room: usize) -> usize {
    let mut used = 0;
    let fits = |c: &char| {
        used += wide(*c);
        used <= room
    };
    start + line[start..].chars().take_while(fits).map(char::len_utf8).sum::<usize>()
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        _lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // Asked for no lines around, miette looks for the line and column of a label. It takes contexts for one if the
        // first one's line and count of lines together reach the second one's line.
        let label = self.labels.iter().position(|(drawn, _)| drawn.start == span.offset() && lines_before == 0);
        let (first, last) = (self.line_of(span.offset()), self.line_of(span.offset() + span.len()));
        let begins = self.lines.get(first).map_or(0, |line| line.begins[1]);
        let end = self.lines.get(last + 1).map_or(self.text.len(), |line| line.begins[1] - 1);
        let place = label.and_then(|label| self.places.get(label).copied());
        let (line, column) = place.unwrap_or((self.above + first, 0));
        let data = self.text.get(begins..end).ok_or(MietteError::OutOfBounds)?.as_bytes();
        let (name, span) = (self.name.clone(), (begins, end - begins).into());
        Ok(Box::new(MietteSpanContents::new_named(name, data, span, line, column, last - first + self.above + first)))
    }
}

impl Excerpt {
    /// The number, from 0, of the line that a byte of the excerpt stands on.
    fn line_of(&self, at: usize) -> usize {
        self.lines.partition_point(|line| line.begins[1] <= at).saturating_sub(1)
    }
}
