//! What the compiler filled in, as changes to the author's own text: comments and layout stay.

use crate::diag::Span;

/// A part of what is written into the text.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    New(String),
    /// What stands at another place of the text: in a block, an argument may be another number at every call.
    Copy(Span),
}

/// Changes to a text, collected in any order.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    changes: Vec<(Span, Vec<Piece>)>,
}

impl Edits {
    /// Puts `text` in the place of what stands at `span`.
    pub fn replace(&mut self, span: Span, text: impl Into<String>) {
        self.changes.push((span, vec![Piece::New(text.into())]));
    }

    /// Adds arguments to a call, each a name with its value: before its closing bracket, or with brackets of their own.
    pub fn fill(&mut self, call: Span, close: Option<usize>, arguments: Vec<(&str, Piece)>) {
        let (at, before, behind) = match close {
            Some(close) => (close, ", ", ""),
            None => (call.end, "(", ")"),
        };
        let mut pieces = Vec::with_capacity(2 * arguments.len() + 1);
        for (n, (name, value)) in arguments.into_iter().enumerate() {
            pieces.extend([Piece::New(format!("{}{name}: ", if n == 0 { before } else { ", " })), value]);
        }
        pieces.push(Piece::New(behind.to_owned()));
        self.changes.push((Span::new(at, at), pieces));
    }

    /// The text with every change made. A change inside a replaced stretch is dropped with it.
    pub fn apply(&self, text: &str) -> String {
        let mut changes: Vec<&(Span, Vec<Piece>)> = self.changes.iter().collect();
        // Longest first at one place, so that what lies inside it is passed over; insertions keep their order.
        changes.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
        // A `fn` or a block is written out at each of its calls, but its text is there once.
        changes.dedup();
        let mut out = String::with_capacity(text.len() + 64 * changes.len());
        let mut done = 0;
        for (span, new) in changes {
            if span.start >= done {
                out.push_str(&text[done..span.start]);
                let new: String = new.iter().map(|piece| piece.text(text)).collect();
                out.push_str(match last_sign(&out) {
                    // What is there already stands for the comma that an addition begins with.
                    Some('(') => new.trim_start_matches([',', ' ']),
                    Some(',') if out.ends_with(char::is_whitespace) => new.trim_start_matches([',', ' ']),
                    Some(',' | '{') => new.trim_start_matches(','),
                    _ => &new,
                });
                done = span.end;
            }
        }
        out.push_str(&text[done..]);
        out
    }
}

impl Piece {
    fn text<'a>(&'a self, source: &'a str) -> &'a str {
        match self {
            Piece::New(text) => text,
            Piece::Copy(span) => source.get(span.start..span.end).unwrap_or_default(),
        }
    }
}

/// The last character that is neither blank nor in a comment.
fn last_sign(text: &str) -> Option<char> {
    text.lines().rev().find_map(|line| line.split("//").next()?.trim_end().chars().next_back())
}
