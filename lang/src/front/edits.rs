//! What the compiler filled in, as changes to the author's own text, so that comments and layout stay.
//!
//! A rerun needs a spec that says everything: overrides of consts and every default. Printing the tree anew would lose
//! the author's comments and layout. So each change is kept as a span of the text and what comes in its place,
//! collected in whatever order the stages find them, and all are made at once.

use crate::diag::Span;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A text that is filled in.
#[derive(Clone, Debug, PartialEq)]
pub enum Filler {
    New(String),
    /// What stands at another place of the text: in a block, an argument may be another number at every call, so a
    /// default that follows it cannot be one number.
    Copy(Span),
}

/// An argument that a call leaves to its default: the argument's name and the text of the default.
pub type FilledArgument = (&'static str, Filler);

/// Changes to a text, collected in any order.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    replaced: Vec<(Span, String)>,
    /// What is added to calls, by the place of the call: a `fn` or a block is written out at each of its calls, but its
    /// text is there once.
    filled: BTreeMap<Span, Filling>,
}

/// The arguments that are added to one call.
#[derive(Clone, Debug)]
struct Filling {
    /// The place of the closing bracket; none for a call that is written without brackets.
    close: Option<usize>,
    arguments: Vec<FilledArgument>,
}

impl Edits {
    /// Puts `text` in the place of what stands at `span`.
    pub fn replace(&mut self, span: Span, text: impl Into<String>) {
        self.replaced.push((span, text.into()));
    }

    /// Adds arguments to a call: before its closing bracket, or with brackets of their own.
    ///
    /// One text may be read several times, as the copies of a block are made, and a name in it may stand for another
    /// kind each time. Only what every reading leaves to the same default can be written there; the rest stays a
    /// default.
    pub fn fill(&mut self, call: Span, close: Option<usize>, arguments: Vec<FilledArgument>) {
        self.filled
            .entry(call)
            .and_modify(|known| known.arguments.retain(|argument| arguments.contains(argument)))
            .or_insert(Filling { close, arguments });
    }

    /// Notes that one reading of a call takes no default, so that nothing is added to the call.
    pub fn leave(&mut self, call: Span) {
        self.fill(call, None, Vec::new());
    }

    /// Takes over what others add to the calls inside `place`.
    pub fn adopt(&mut self, others: &Self, place: Span) {
        let is_there = |call: &Span| place.start <= call.start && call.end <= place.end;
        let there = others.filled.iter().filter(|(call, _)| is_there(call));
        self.filled.extend(there.map(|(call, filling)| (*call, filling.clone())));
    }

    /// These edits without what is added to calls.
    pub fn without_defaults(&self) -> Self {
        Self { filled: BTreeMap::new(), ..self.clone() }
    }

    /// The text with every change made. A change inside a replaced stretch is dropped with it.
    pub fn apply(&self, text: &str) -> String {
        // Where a call without brackets is the last argument of another call, as in `conv(x, init: he)`, both are added
        // to at one place. The inner call starts later, so in reverse order its brackets come before the outer one's
        // arguments.
        let filled = self.filled.iter().rev().filter_map(|(call, filling)| filling.written(*call, text));
        let mut changes: Vec<(Span, String)> = filled.collect();
        changes.extend(self.replaced.iter().cloned());
        // Of changes that start at one place the longest comes first, so that what lies inside it is passed over: an
        // override of a const replaces its value with whatever was to be filled in there. The sort is stable, so
        // insertions at one place keep their order.
        changes.sort_by_key(|(span, _)| (span.start, Reverse(span.end)));
        let mut out = String::with_capacity(text.len() + 64 * changes.len());
        let mut done = 0;
        for (span, new) in &changes {
            // A change that starts inside the last one is gone with the text that it was to change.
            if span.start >= done {
                out.push_str(&text[done..span.start]);
                out.push_str(match last_sign(&out) {
                    // An addition begins with a comma, which is one too many behind an opening bracket, or behind a
                    // comma that the author wrote after the last argument.
                    Some('(') => new.trim_start_matches([',', ' ']),
                    Some(',') if out.ends_with(char::is_whitespace) => new.trim_start_matches([',', ' ']),
                    Some(',' | '{') => new.trim_start_matches(','),
                    _ => new,
                });
                done = span.end;
            }
        }
        out.push_str(&text[done..]);
        out
    }
}

impl Filling {
    /// The insertion that adds the arguments to a call, as its place and its text; none where nothing is added.
    fn written(&self, call: Span, text: &str) -> Option<(Span, String)> {
        if self.arguments.is_empty() {
            return None;
        }
        let arguments: Vec<String> =
            self.arguments.iter().map(|(name, value)| format!("{name}: {}", value.text(text))).collect();
        let arguments = arguments.join(", ");
        Some(match self.close {
            Some(close) => (Span::new(close, close), format!(", {arguments}")),
            None => (Span::new(call.end, call.end), format!("({arguments})")),
        })
    }
}

impl Filler {
    fn text<'a>(&'a self, source: &'a str) -> &'a str {
        match self {
            Filler::New(text) => text,
            Filler::Copy(span) => source.get(span.start..span.end).unwrap_or_default(),
        }
    }
}

/// The last character of a text that is neither blank nor in a comment.
fn last_sign(text: &str) -> Option<char> {
    text.lines().rev().find_map(|line| line.split("//").next()?.trim_end().chars().next_back())
}
