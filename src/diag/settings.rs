//! Settings blocks: `train { … }` and `data { … }`.

use super::code::SLIP;
use super::foreign::At;
use super::{Code, Diagnostic, Span, Words, among};

pub const CODES: &[&Code] = &[&UNKNOWN_BLOCK, &UNKNOWN_KEY, &WRONG_UNIT];

const UNKNOWN_BLOCK: Code =
    Code::error("L0601", "A settings block says how to train or what to train on.").mended(SLIP);
const UNKNOWN_KEY: Code =
    Code::error("L0602", "A misspelt key would otherwise silently keep its default.").mended(SLIP);
const WRONG_UNIT: Code = Code::error("L0603", "A number's unit says what it counts, so it must be one that fits.");

pub fn unknown_block(word: &str, span: Span, known: &[&str]) -> Diagnostic {
    let list = format!("settings blocks are {}", among(known.iter().copied()));
    Diagnostic::new(&UNKNOWN_BLOCK, format!("there is no settings block `{word}`"))
        .label(span, "unknown block")
        .nearest(word, span, Words { at: At::Block, language: known, own: &[] }, &list)
}

pub fn unknown_key(block: &str, key: &str, span: Span, known: &[&str]) -> Diagnostic {
    let list = format!("`{block}` has {}", among(known.iter().copied()));
    Diagnostic::new(&UNKNOWN_KEY, format!("`{block}` has no setting `{key}`")).label(span, "unknown key").nearest(
        key,
        span,
        Words { at: At::Setting, language: known, own: &[] },
        &list,
    )
}

/// A setting that the block has not, but its optimizer does.
pub fn key_of_optimizer(block: &str, key: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&UNKNOWN_KEY, format!("`{block}` has no setting `{key}`"))
        .label(span, "this is the optimizer's")
        .help(format!("give it to the optimizer, as in `optimizer: sgd({key}: …)`"))
}

/// A setting that the block has not, but another one does.
pub fn key_of_block(block: &str, key: &str, span: Span, other: &str) -> Diagnostic {
    Diagnostic::new(&UNKNOWN_KEY, format!("`{block}` has no setting `{key}`"))
        .label(span, format!("this is one of `{other}`"))
        .help(format!("write it into `{other} {{ … }}`"))
}

pub fn wrong_unit(what: &str, unit: &str, span: Span, allowed: &str) -> Diagnostic {
    Diagnostic::new(&WRONG_UNIT, format!("{what} is not measured in `{unit}`"))
        .label(span, "unit does not fit")
        .help(format!("write it {allowed}"))
}
