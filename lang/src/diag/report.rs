//! A problem found in a text, and all the problems of one text.

use super::foreign::{self, At};
use super::gather::gathered;
use super::slip::{Slip, is_certain};
use super::{Code, Level, Span, among, nearest, render, text};
use std::collections::BTreeSet;
use std::fmt;

/// A place in the text with what is to be said of it.
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
    /// The text that the change replaces, blanks aside: where the author wrote it in another way, such as a const for a
    /// number, the change is not known to be right.
    old: String,
}

impl Edit {
    fn fits(&self, text: &str) -> bool {
        let is = text.get(self.span.start..self.span.end).unwrap_or_default();
        let plain = |text: &str| text.split_whitespace().collect::<String>();
        plain(is) == plain(&self.old)
    }

    /// Puts blanks around a word that takes the place of a sign which touches what stands beside it, as in `a&&b`: the
    /// words would be one.
    fn space(&mut self, text: &str) {
        let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let touches = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace() && !"()[]{},".contains(c));
        let before = text.get(..self.span.start).and_then(|text| text.chars().next_back());
        let behind = text.get(self.span.end..).and_then(|text| text.chars().next());
        let is_sign = !self.old.is_empty() && !self.old.chars().any(|c| joins(Some(c)));
        if is_sign && touches(before) && joins(self.new.chars().next()) {
            self.new.insert(0, ' ');
        }
        if is_sign && touches(behind) && joins(self.new.chars().next_back()) {
            self.new.push(' ');
        }
    }
}

/// How sure a fix is to be what the author meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Applicability {
    /// The fix can only be what was meant: `check --fix` writes it.
    Safe,
    /// The author has to look at the fix: `check --fix --unsafe-fixes` writes it.
    Unsafe,
}

impl fmt::Display for Applicability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
        })
    }
}

/// The words that would have been right at a place.
#[derive(Clone, Copy, Debug)]
pub struct Words<'a> {
    pub at: At,
    /// The right words that belong to the language.
    pub language: &'a [&'a str],
    /// The right words that the file defines.
    pub own: &'a [&'a str],
}

/// One problem: what is wrong, where, and what would mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: &'static Code,
    pub message: String,
    /// The first label is the place of the problem.
    pub labels: Vec<Label>,
    pub help: Option<String>,
    /// The changes that `check --fix` makes for the problem: all of them, or none.
    pub fix: Vec<Edit>,
    /// How sure the fix is, if there is one.
    pub applicability: Applicability,
}

impl Diagnostic {
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            labels: Vec::new(),
            help: None,
            fix: Vec::new(),
            applicability: Applicability::Unsafe,
        }
    }

    /// Adds a place and what is to be said of it; the first one is the place of the problem.
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Sets the help: what to write instead.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a change to the fix: `new` in the place of the `old` that stands at `span`. A fix is unsafe until it is
    /// said to be certain.
    pub fn edit(mut self, span: Span, old: impl Into<String>, new: impl Into<String>) -> Self {
        self.fix.push(Edit { span, old: old.into(), new: new.into() });
        self
    }

    /// This problem with a fix that can only be what was meant.
    pub fn certain(self) -> Self {
        self.certain_if(true)
    }

    /// This problem, its fix said to be safe or unsafe.
    pub fn certain_if(mut self, is_certain: bool) -> Self {
        self.applicability = if is_certain { Applicability::Safe } else { Applicability::Unsafe };
        self
    }

    /// Whether the fix writes `word` somewhere.
    pub fn asks_for(&self, word: &str) -> bool {
        self.fix.iter().any(|edit| edit.new == word)
    }

    /// Whether `check --fix` mends the problem.
    pub fn is_safe(&self) -> bool {
        self.applicability == Applicability::Safe && !self.fix.is_empty()
    }

    /// Adds the help for a wrong word `name` at `span`, and the fix if there is one. A word of another framework gets
    /// the answer of the table of habits; of the right `words`, the one that is nearest is offered; where none is near,
    /// the help is `else_say`.
    pub fn nearest(self, name: &str, span: Span, words: Words<'_>, else_say: &str) -> Self {
        let known = [words.language, words.own].concat();
        // What a block of the author's is given has the names that the author chose.
        let is_foreign = words.at != At::Argument || words.own.is_empty();
        if let Some(row) = foreign::find(words.at, name, &known).filter(|_| is_foreign) {
            let answered = self.help(row.say);
            return row.new.iter().fold(answered, |problem, new| problem.edit(span, name, *new));
        }
        match nearest(name, known.iter().copied()).as_slice() {
            [] => self.help(else_say),
            [near] => {
                let is_own = !words.language.contains(near);
                let slip = Slip { written: name, meant: near, at: words.at, is_own, known: &known };
                self.help(format!("did you mean `{near}`?")).edit(span, name, *near).certain_if(is_certain(&slip))
            }
            several => {
                const FEW: usize = 4;
                self.help(format!("did you mean {}?", among(several.iter().copied().take(FEW))))
            }
        }
    }

    /// Adds the help that the table of habits has for a word, or `else_say` where it has none.
    pub fn foreign(self, at: At, word: &str, else_say: &str) -> Self {
        self.help(foreign::find(at, word, &[]).map_or(else_say, |row| row.say))
    }

    /// The byte where the problem is: the start of its first label.
    pub fn place(&self) -> usize {
        self.labels.first().map_or(0, |label| label.span.start)
    }
}

/// Makes every fix unsafe that would replace a name which the file defines elsewhere, or may have defined in a
/// statement that was `lost`.
pub fn doubt(diagnostics: &mut [Diagnostic], defined: &BTreeSet<&str>, lost: &BTreeSet<&str>) {
    for diagnostic in diagnostics {
        // A statement that cannot be read for its first word may have been to define that.
        let lost = if diagnostic.code == &text::UNKNOWN_WORD { &BTreeSet::new() } else { lost };
        let is_name = |edit: &Edit| defined.contains(edit.old.as_str()) || lost.contains(edit.old.as_str());
        if diagnostic.fix.iter().any(is_name) {
            diagnostic.applicability = Applicability::Unsafe;
        }
    }
}

/// A source text with everything that was found in it, sorted by place.
#[derive(Clone, Debug)]
pub struct Report {
    /// The name of the file as the user gave it.
    pub name: String,
    pub text: String,
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    pub fn new(name: impl Into<String>, text: impl Into<String>, mut diagnostics: Vec<Diagnostic>) -> Self {
        diagnostics.sort_by_key(|d| (d.place(), d.code.id));
        // What is written out at several places is written once.
        let mut said = BTreeSet::new();
        diagnostics.retain(|d| said.insert((d.place(), d.code.id, d.message.clone(), d.labels.get(1).map(|l| l.span))));
        let (text, mut diagnostics) = (text.into(), gathered(diagnostics));
        for diagnostic in &mut diagnostics {
            if !diagnostic.fix.iter().all(|edit| edit.fits(&text)) {
                diagnostic.fix.clear();
            }
            diagnostic.fix.iter_mut().for_each(|edit| edit.space(&text));
        }
        Self { name: name.into(), text, diagnostics }
    }

    /// The number of problems of a level.
    pub fn count(&self, level: Level) -> usize {
        self.diagnostics.iter().filter(|d| d.code.level == level).count()
    }

    /// Whether any problem is an error.
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
