//! Settings blocks: `train { … }` and `data { … }`.

use super::code::SLIP;
use super::foreign::At;
use super::{Code, Diagnostic, Span, Words, among};

pub const CODES: &[&Code] = &[&UNKNOWN_BLOCK, &UNKNOWN_KEY, &WRONG_UNIT, &OFF_EPOCH];

const UNKNOWN_BLOCK: Code =
    Code::error("L0601", "A settings block says how to train or what to train on.").mended(SLIP);
const UNKNOWN_KEY: Code =
    Code::error("L0602", "A misspelt key would otherwise silently keep its default.").mended(SLIP);
const WRONG_UNIT: Code = Code::error("L0603", "A number's unit says what it counts, so it must be one that fits.");

const OFF_EPOCH: Code = Code::warning(
    "L0604",
    "off_epoch",
    "`steps(at: […])` multiplies the learning rate behind each of its epochs, which are whole numbers, count from 1, and have \
     another epoch behind them.",
);

/// What is odd about an epoch that a schedule of steps names, of a run of so many epochs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OffEpoch {
    /// Zero or less.
    Before,
    /// The last epoch, or one behind it.
    Behind { epochs: usize },
    /// Between two epochs; the step comes behind the second of them.
    Between { next: f64 },
    /// Not above the epoch in front of it in the list.
    Unsorted { before: f64 },
}

impl Diagnostic {
    /// Is it about the epochs that a schedule names?
    pub fn is_of_schedule(&self) -> bool {
        *self.code == OFF_EPOCH
    }
}

pub fn off_epoch(at: f64, odd: OffEpoch, span: Span) -> Diagnostic {
    let at = crate::schema::real(at);
    let (message, label, help) = match odd {
        OffEpoch::Before => (
            format!("there is no epoch {at}: the rate is multiplied from the first step on"),
            "epochs count from 1".to_owned(),
            "name epochs from 1 on, or give the optimizer the smaller rate".to_owned(),
        ),
        OffEpoch::Behind { epochs } => (
            format!("no epoch comes behind epoch {at}: `epochs` is {epochs}"),
            "never multiplies the rate".to_owned(),
            format!("name epochs below {epochs}, raise `epochs`, or leave it out"),
        ),
        OffEpoch::Between { next } => {
            let next = crate::schema::real(next);
            (
                format!("epoch {at} is no whole number: the rate is multiplied behind epoch {next}"),
                "between two epochs".to_owned(),
                format!("write `{next}`"),
            )
        }
        OffEpoch::Unsorted { before } => (
            format!("epoch {at} stands behind epoch {}", crate::schema::real(before)),
            "not above the one in front of it".to_owned(),
            "name each epoch once, in rising order".to_owned(),
        ),
    };
    Diagnostic::new(&OFF_EPOCH, message).label(span, label).help(help)
}

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
