//! Codes: the part of a problem that is the same in whatever text it is found.

use std::fmt;

/// How much a problem weighs: an error stops the compiler, a warning and a note do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Note,
    Warning,
    Error,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        })
    }
}

/// A kind of problem: a stable id and the sentence that explains it to someone who meets it for the first time.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The stable id: `L` and four digits, of which the first two are the group.
    pub id: &'static str,
    pub level: Level,
    /// The name that `allow` takes, where a spec may say that the problem is meant: for every warning, and for errors
    /// that only seem slips.
    pub name: Option<&'static str>,
    /// Why the problem is one, in a sentence or two.
    pub about: &'static str,
    /// What `check --fix` does about the problem, and when that is certain; none where it does nothing.
    pub mend: Option<&'static str>,
}

/// The `mend` of every code whose fix replaces a word that nothing is called by: what the fix does, and when it is
/// safe.
pub const SLIP: &str = "The fix puts the nearest word in its place. It is safe where that is the only word that can be meant and \
     one letter of it was doubled, dropped, exchanged or transposed: in a word of the language of four letters or more, of six where \
     a letter was exchanged, or in a name of five letters or more without digits. It is unsafe where the word that stands there \
     means something in another framework or is as near to a word of another place, where something else in the file is called \
     so, and where two places would come to share weights.";

impl Code {
    /// An error, which nothing takes back.
    pub const fn error(id: &'static str, about: &'static str) -> Self {
        Self { id, level: Level::Error, name: None, about, mend: None }
    }

    /// A warning, which a spec may take back by `allow name`.
    pub const fn warning(id: &'static str, name: &'static str, about: &'static str) -> Self {
        Self { id, level: Level::Warning, name: Some(name), about, mend: None }
    }

    /// An error that a spec may take back by `allow name`.
    pub const fn unless_allowed(id: &'static str, name: &'static str, about: &'static str) -> Self {
        Self { id, level: Level::Error, name: Some(name), about, mend: None }
    }

    /// The same code with a fix on offer: `mend` says what the fix does, and when it is safe.
    pub const fn mended(self, mend: &'static str) -> Self {
        Self { mend: Some(mend), ..self }
    }
}
