//! What the scanner passes over: comments and ends of statements as other languages write them, which are reported once
//! for the whole file.

use crate::diag::{Diagnostic, Span, text};
use std::collections::BTreeSet;

/// What the scanner passed over.
#[derive(Debug, Default)]
pub struct Passed {
    /// The marks of comments that end with their line: `#`, and `%` where no number stands before it.
    pub comments: Vec<Span>,
    /// Marks of comments behind a value that would read like a division, were they written `//`: `size # 2`.
    pub ambiguous: BTreeSet<usize>,
    /// A `%` between a value and a number, which elsewhere gives the remainder: `size % 2`.
    pub remainders: Vec<Span>,
    /// Comments that end at a sign of their own: `/* … */`.
    pub blocks: Vec<Span>,
    /// The bytes of semicolons, each with whether its line or block ends behind it.
    pub semicolons: Vec<(usize, bool)>,
    /// Comments behind a value that read like what it is divided by: `size // 2`.
    pub divisions: Vec<Span>,
    /// The byte of the last sign that closes a comment, once it was looked for.
    last_close: Option<Option<usize>>,
}

/// A change to a text: the span, what stands there, and what is to stand there.
type Change<'a> = (Span, &'a str, &'a str);

impl Passed {
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a comment that opens here is closed anywhere.
    pub fn can_close(&mut self, text: &str, at: usize) -> bool {
        let last = *self.last_close.get_or_insert_with(|| text.rfind("*/"));
        last.is_some_and(|last| last >= at + 2)
    }

    /// Adds the problems of what was passed over to the problems of a text, which are sorted by place, at most one a
    /// line, and so they are again. A problem whose lines all have one already is said once those are mended.
    pub fn report(&self, source: &str, problems: &mut Vec<Diagnostic>) {
        let line_ends: Vec<usize> = source.match_indices('\n').map(|(at, _)| at).collect();
        let line = |at: usize| line_ends.partition_point(|end| *end < at);
        self.divisions(&line, problems);
        let mut taken: BTreeSet<usize> = problems.iter().map(|problem| line(problem.place())).collect();
        for mut problem in self.found(source) {
            let Some(first) = problem.labels.iter().position(|label| !taken.contains(&line(label.span.start))) else {
                continue;
            };
            // One place stands for all.
            problem.labels = vec![problem.labels.swap_remove(first)];
            taken.insert(line(problem.place()));
            problems.push(problem);
        }
        problems.sort_by_key(Diagnostic::place);
    }

    /// Reports each comment that reads like a division: where it left something broken, as the cause of that.
    fn divisions(&self, line: &impl Fn(usize) -> usize, problems: &mut Vec<Diagnostic>) {
        let mut found = Vec::new();
        for division in &self.divisions {
            let here = line(division.start);
            let from = problems.partition_point(|problem| line(problem.place()) < here);
            match problems.get_mut(from).filter(|problem| line(problem.place()) <= here + 1) {
                Some(broken) => *broken = text::broken_by_comment(broken.clone(), *division),
                None => found.push(text::divided(*division)),
            }
        }
        problems.extend(found);
    }

    /// The problems of what was passed over: one for each kind of sign, with a label for each place.
    fn found(&self, source: &str) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        // A comment must not become a division, neither here nor when what is written here is looked at again.
        let can_be_written = |at: &&Span| !self.ambiguous.contains(&at.start);
        let comments = self.comments.iter().filter(can_be_written).map(|at| (*at, slice(source, *at), "//"));
        let comments: Vec<Change<'_>> = comments.collect();
        if let Some(first) = self.comments.first() {
            let sign = if slice(source, *first).starts_with('%') { "%" } else { "#" };
            problems.push(text::passed_over(sign, &self.comments, &comments));
        }
        if !self.remainders.is_empty() {
            problems.push(text::remainder(&self.remainders));
        }
        // A comment in the middle of a line would take the rest of that line with it.
        let end_lines = self.blocks.iter().all(|block| ends_line(source, block.end) && can_be_written(&block));
        let changes = self.blocks.iter().filter(|_| end_lines).flat_map(|block| in_lines(source, *block));
        let changes: Vec<Change<'_>> = changes.collect();
        if !self.blocks.is_empty() {
            problems.push(text::passed_over("/*", &self.blocks, &changes));
        }
        let end = |(at, ends): &(usize, bool)| (Span::new(*at, at + 1), ";", if *ends { "" } else { "\n" });
        let semicolons: Vec<Change<'_>> = self.semicolons.iter().map(end).collect();
        let places: Vec<Span> = semicolons.iter().map(|(at, ..)| *at).collect();
        if !places.is_empty() {
            problems.push(text::passed_over(";", &places, &semicolons));
        }
        problems
    }
}

fn slice(source: &str, span: Span) -> &str {
    source.get(span.start..span.end).unwrap_or_default()
}

fn ends_line(source: &str, at: usize) -> bool {
    let rest = source.get(at..).unwrap_or_default();
    rest.lines().next().is_none_or(|rest| rest.trim().is_empty())
}

/// The changes that make lines of a block comment: `//` before each, and nothing behind the last.
fn in_lines(source: &str, block: Span) -> Vec<Change<'_>> {
    let Span { start, end } = block;
    let mut changes = vec![(Span::new(start, start + 2), "/*", "//")];
    let inside = source.get(start..end).unwrap_or_default();
    let lines = inside.match_indices('\n').map(|(at, _)| start + at + 1).filter(|at| *at + 2 < end);
    changes.extend(lines.map(|at| (Span::new(at, at), "", "// ")));
    changes.push((Span::new(end - 2, end), "*/", ""));
    changes
}
