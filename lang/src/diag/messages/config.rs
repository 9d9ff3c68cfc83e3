//! run.yaml: the settings of a run, as a file. Its values are in the language of the spec, whose own problems apply.

use crate::diag::foreign::At;
use crate::diag::{Code, Diagnostic, Span, Words, among};

/// The codes of settings of a run.
pub const CODES: &[&Code] = &[&NOT_YAML, &UNKNOWN_KEY, &WRONG_TYPE, &WRONG_VALUE];

const NOT_YAML: Code = Code::error("L0801", "Settings of a run are read from a YAML file: `key: value`, a key a line.");
const UNKNOWN_KEY: Code = Code::error("L0802", "A misspelt key would otherwise silently keep its default.");
const WRONG_TYPE: Code =
    Code::error("L0803", "Each key of run.yaml takes one kind of value: a text, a whole number, or keys of its own.");
const WRONG_VALUE: Code = Code::error("L0804", "A setting that means nothing cannot be followed.");

/// A text that is no YAML; `reason` is the YAML reader's own, without its place.
pub fn not_yaml(reason: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&NOT_YAML, format!("this is not YAML: {reason}"))
        .label(span, "cannot be read from here on")
        .help("a line is `key: value`; put a value with special signs into \"quotes\"")
}

/// A key that no setting has; `within` names the block that the key stands in, and is empty at the top.
pub fn unknown_key(key: &str, within: &str, span: Span, known: &[&str]) -> Diagnostic {
    let place = if within.is_empty() { "a run".to_owned() } else { format!("`{within}`") };
    let list = format!("known are {}", among(known.iter().copied()));
    let at = if within.is_empty() { At::Elsewhere } else { At::Setting };
    Diagnostic::new(&UNKNOWN_KEY, format!("{place} has no setting `{key}`")).label(span, "unknown key").nearest(
        key,
        span,
        Words { at, language: known, own: &[] },
        &list,
    )
}

/// A key at the top that is one of a block's.
pub fn key_of_block(key: &str, block: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&UNKNOWN_KEY, format!("a run has no setting `{key}` of its own"))
        .label(span, format!("it stands under `{block}`"))
        .help(format!("write a line `{block}:`, and below it, further in, `{key}: …`"))
}

/// A value of the wrong type; `example` is a line of YAML that would do.
pub fn wrong_type(key: &str, expected: &str, found: &str, example: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&WRONG_TYPE, format!("`{key}` is {expected}, not {found}"))
        .label(span, format!("expected {expected}"))
        .help(format!("write it as in `{example}`"))
}

/// A value that means nothing; `problem` says what is wrong, with the choices there are.
pub fn wrong_value(problem: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&WRONG_VALUE, problem).label(span, "not understood")
}
