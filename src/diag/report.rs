//! A problem found in a text, and all the problems of one text.

use super::{Code, Level, Span, did_you_mean, names, render};
use std::fmt;

/// A place in the text and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// A change to the text that mends a problem, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub new: String,
    /// What stands there but for blanks: where the author wrote it in another way, such as a const for a number, the
    /// change is not known to be right.
    old: String,
}

impl Edit {
    fn fits(&self, text: &str) -> bool {
        let is = text.get(self.span.start..self.span.end).unwrap_or_default();
        let plain = |text: &str| text.split_whitespace().collect::<String>();
        plain(is) == plain(&self.old)
    }
}

/// One problem: what is wrong, where, and what would mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: &'static Code,
    pub message: String,
    /// The first label is the place of the problem.
    pub labels: Vec<Label>,
    pub help: Option<String>,
    /// What `check --fix` does about it: all of these changes, or nothing.
    pub fix: Vec<Edit>,
}

impl Diagnostic {
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), labels: Vec::new(), help: None, fix: Vec::new() }
    }

    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Mends it by writing `new` for the `old` that stands there.
    pub fn edit(mut self, span: Span, old: impl Into<String>, new: impl Into<String>) -> Self {
        self.fix.push(Edit { span, old: old.into(), new: new.into() });
        self
    }

    /// Asks for the one of `candidates` that is nearest to the name at `span`, and would write it there; says something
    /// else where none is near.
    pub fn nearest(self, name: &str, span: Span, candidates: &[&str], else_say: &str) -> Self {
        match did_you_mean(name, candidates.iter().copied()) {
            Some(near) => self.help(format!("did you mean `{near}`?")).edit(span, name, near),
            None => self.help(else_say),
        }
    }

    /// Where the problem is: the start of its first label.
    pub fn place(&self) -> usize {
        self.labels.first().map_or(0, |label| label.span.start)
    }
}

/// A source text with everything that was found in it, sorted by place.
#[derive(Clone, Debug)]
pub struct Report {
    /// The file's name as the user gave it.
    pub name: String,
    pub text: String,
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    pub fn new(name: impl Into<String>, text: impl Into<String>, mut diagnostics: Vec<Diagnostic>) -> Self {
        diagnostics.sort_by_key(|d| (d.place(), d.code.id));
        // A bundle applied at two places has one declaration to be wrong.
        diagnostics.dedup();
        let (text, mut diagnostics) = (text.into(), names::gathered(diagnostics));
        for diagnostic in &mut diagnostics {
            if !diagnostic.fix.iter().all(|edit| edit.fits(&text)) {
                diagnostic.fix.clear();
            }
        }
        Self { name: name.into(), text, diagnostics }
    }

    pub fn count(&self, level: Level) -> usize {
        self.diagnostics.iter().filter(|d| d.code.level == level).count()
    }

    pub fn has_errors(&self) -> bool {
        self.count(Level::Error) > 0
    }
}

impl fmt::Display for Report {
    /// Plain text, without colour, a hundred columns wide.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render::plain(self, render::WIDTH))
    }
}

impl std::error::Error for Report {}
