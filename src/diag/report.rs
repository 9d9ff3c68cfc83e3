//! A problem found in a text, and all the problems of one text.

use super::{Code, Level, Span, names, render};
use std::fmt;

/// A place in the text and what is to be said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// One problem: what is wrong, where, and what would mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: &'static Code,
    pub message: String,
    /// The first label is the place of the problem.
    pub labels: Vec<Label>,
    pub help: Option<String>,
}

impl Diagnostic {
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), labels: Vec::new(), help: None }
    }

    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
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
        let diagnostics = names::gathered(diagnostics);
        Self { name: name.into(), text: text.into(), diagnostics }
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
        f.write_str(&render::plain(self))
    }
}

impl std::error::Error for Report {}
