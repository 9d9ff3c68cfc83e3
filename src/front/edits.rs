//! What the compiler filled in, as changes to the author's own text: comments and layout stay.

use crate::diag::Span;

/// Changes to a text, collected in any order.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    changes: Vec<(Span, String)>,
}

impl Edits {
    /// Puts `text` in the place of what stands at `span`.
    pub fn replace(&mut self, span: Span, text: impl Into<String>) {
        self.changes.push((span, text.into()));
    }

    /// Adds arguments to a call: before its closing bracket, or with brackets of their own.
    pub fn fill(&mut self, call: Span, close: Option<usize>, arguments: &str) {
        match close {
            Some(close) => self.replace(Span::new(close, close), format!(", {arguments}")),
            None => self.replace(Span::new(call.end, call.end), format!("({arguments})")),
        }
    }

    /// The text with every change made. A change inside a replaced stretch is dropped with it.
    pub fn apply(&self, text: &str) -> String {
        let mut changes: Vec<&(Span, String)> = self.changes.iter().collect();
        // Longest first at one place, so that what lies inside it is passed over; insertions keep their order.
        changes.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
        // A `fn` is written out at each of its calls, but its text is there once.
        changes.dedup();
        let mut out = String::with_capacity(text.len() + 64 * changes.len());
        let mut done = 0;
        for (span, new) in changes {
            if span.start >= done {
                out.push_str(&text[done..span.start]);
                let begins_list = matches!(last_sign(&out), Some(',' | '('));
                out.push_str(if begins_list { new.trim_start_matches([',', ' ']) } else { new });
                done = span.end;
            }
        }
        out.push_str(&text[done..]);
        out
    }
}

/// The last character that is neither blank nor in a comment.
fn last_sign(text: &str) -> Option<char> {
    text.lines().rev().find_map(|line| line.split("//").next()?.trim_end().chars().next_back())
}
