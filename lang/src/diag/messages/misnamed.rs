//! Consts that stand for a word which the language does not have: the mistake is where that word is written, not where
//! the const is used.

use super::names::{LISTED, UNKNOWN_ARGUMENT, UNKNOWN_CALL};
use crate::diag::foreign::At;
use crate::diag::{Code, Diagnostic, Span, Words, among, did_you_mean, some_of};

/// A const whose word means nothing in the language, most likely because it is misspelt.
#[derive(Clone, Debug)]
pub struct Misnamed {
    pub word: String,
    /// The name of the const that the word was given to.
    pub of: String,
    /// The place where the spec says the word; none if `--set` does.
    pub written: Option<Span>,
    /// True if the word was reported already, where the const was used before.
    pub is_told: bool,
}

/// A misnamed const in the place of a choice; `what` says what the words are: "choice for `padding` of `conv`:".
pub fn choice(what: &str, misnamed: &Misnamed, used: Span, known: &[&str]) -> Diagnostic {
    let list = format!("it is one of {}", among(known.iter().copied()));
    let words = Words { at: At::Choice, language: known, own: &[] };
    problem(&UNKNOWN_ARGUMENT, what, misnamed, used, (words, &list))
}

/// A misnamed const that is called. The `language` has layers and functions, and the spec its `own` ones.
pub fn call(misnamed: &Misnamed, used: Span, language: &[&str], own: &[&str]) -> Diagnostic {
    let list = format!("layers and functions are {}", some_of(&misnamed.word, &[language, own].concat(), LISTED));
    problem(&UNKNOWN_CALL, "layer or function", misnamed, used, (Words { at: At::Call, language, own }, &list))
}

fn problem(
    code: &'static Code,
    what: &str,
    misnamed: &Misnamed,
    used: Span,
    (words, list): (Words<'_>, &str),
) -> Diagnostic {
    let Misnamed { word, of, written, .. } = misnamed;
    let message = format!("there is no {what} `{word}`");
    let Some(written) = written else {
        let known = [words.language, words.own].concat();
        let help = match did_you_mean(word, known) {
            Some(near) => format!("did you mean `--set {of}={near}`?"),
            None => list.to_owned(),
        };
        let problem = Diagnostic::new(code, format!("{message}, which `--set {of}={word}` asks for"));
        return problem.label(used, format!("`{of}` is used here")).help(help);
    };
    Diagnostic::new(code, format!("{message}, which the const `{of}` stands for"))
        .label(*written, "there is no such word")
        .label(used, "used here")
        .nearest(word, *written, words, list)
}
