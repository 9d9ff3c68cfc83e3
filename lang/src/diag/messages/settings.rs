//! Settings blocks: `train { … }` and `data { … }`.

use crate::diag::code::{Level, SLIP};
use crate::diag::foreign::At;
use crate::diag::{Code, Diagnostic, Span, Words, among, counted};
use crate::limits::MAX_BATCH;

/// The codes of settings blocks.
pub const CODES: &[&Code] = &[
    &UNKNOWN_BLOCK,
    &UNKNOWN_KEY,
    &WRONG_UNIT,
    &OFF_EPOCH,
    &IDLE,
    &OFF_SCALE,
    &MISFIT,
    &TEST_MISFIT,
    &SPLIT_VIEWS,
    &OTHER_SCALE,
];

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

const IDLE: Code = Code::warning(
    "L0605",
    "idle_setting",
    "A setting that does nothing, by itself or in a run of so many epochs, or that keeps the run from learning, is most likely a slip.",
);

const OFF_SCALE: Code = Code::warning(
    "L0606",
    "off_scale",
    "Pixels are numbers from 0 to 1, so a mean or a standard deviation of them is no more than 1.",
);
const MISFIT: Code = Code::warning(
    "L0607",
    "misfit",
    "What augmentations and transforms make of an image is what the net is given, so it needs the shape of the input.",
);
const TEST_MISFIT: Code = Code::warning(
    "L0608",
    "test_misfit",
    "Augmentations are for training alone, so where they change an image's size, the images of validation and test need \
     transforms of their own.",
);
const SPLIT_VIEWS: Code = Code::warning(
    "L0609",
    "split_views",
    "`repeat` puts all views of an image into one batch, so a batch holds a multiple of their number; a run refuses any other.",
);

const OTHER_SCALE: Code = Code::warning(
    "L0610",
    "other_scale",
    "A net that is trained with normalised images knows no others: `test_transform` stands in place of `transform`, so what \
     normalises training images has to stand in it too.",
);

/// A setting that has no effect, or that nothing can be learnt with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Idle {
    /// A warm-up in which the run ends, before the learning rate is at its full value.
    Warmup { warmup: usize, epochs: usize },
    /// A cosine that never begins, because no epoch comes behind the warm-up.
    Cosine { warmup: usize, epochs: usize },
    /// A patience as long as the run, which ends before it can be stopped.
    Patience { patience: usize, epochs: usize },
    /// A plateau that would have to last longer than the run does before the learning rate falls.
    Plateau { patience: usize, epochs: usize },
    /// A learning rate of 0, with which nothing is learnt.
    Rate,
    /// A schedule that multiplies the learning rate by 0.
    Stop { callee: &'static str },
    /// A call that does nothing with an argument of that value.
    Call { callee: &'static str, argument: &'static str, value: f64 },
}

/// The ways in which an epoch that a schedule of steps names can be odd, given how many epochs the run has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OffEpoch {
    /// The epoch is zero or less.
    Before { epochs: usize },
    /// The epoch is the last one of the run, or comes after the run.
    Behind { epochs: usize },
    /// The epoch lies between two whole numbers; the step comes behind the second of them.
    Between { next: f64 },
    /// The epoch is not above the one in front of it in the list.
    Unsorted { before: f64 },
}

impl Diagnostic {
    /// Whether a flag or a file can mend this problem: it can where the value of a setting is wrong, but not where the spec
    /// writes the setting wrongly.
    pub fn is_of_settings(&self) -> bool {
        let of_settings = CODES.contains(&self.code) || super::sleep::CODES.contains(&self.code);
        of_settings && self.code.level == Level::Warning
    }

    /// Adds the place in the spec, if the problem has one there.
    fn label_at(self, span: Option<Span>, text: impl Into<String>) -> Self {
        match span {
            Some(span) => self.label(span, text),
            None => self,
        }
    }
}

/// An epoch of a schedule of steps at which the rate does not fall, or not as it seems to; `is_alone` is true if the
/// schedule names no other. Where a flag or a file gives the schedule, there is no span.
pub fn off_epoch(at: f64, odd: OffEpoch, is_alone: bool, span: Option<Span>) -> Diagnostic {
    let at = crate::vocabulary::real(at);
    let it = if is_alone { "the schedule" } else { "it" };
    let (message, label, help) = match odd {
        OffEpoch::Before { epochs } => (
            format!("there is no epoch {at}: the rate is multiplied from the first step on"),
            "epochs count from 1".to_owned(),
            match epochs {
                1 => format!("leave {it} out, or give the optimizer the smaller rate"),
                _ => "name epochs from 1 on, or give the optimizer the smaller rate".to_owned(),
            },
        ),
        OffEpoch::Behind { epochs } => (
            format!("no epoch comes behind epoch {at}: `epochs` is {epochs}"),
            "never multiplies the rate".to_owned(),
            match epochs {
                1 => format!("raise `epochs`, or leave {it} out"),
                _ => format!("name epochs below {epochs}, raise `epochs`, or leave {it} out"),
            },
        ),
        OffEpoch::Between { next } => {
            let next = crate::vocabulary::real(next);
            (
                format!("epoch {at} is no whole number: the rate is multiplied behind epoch {next}"),
                "between two epochs".to_owned(),
                format!("write `{next}`"),
            )
        }
        OffEpoch::Unsorted { before } => (
            format!("epoch {at} stands behind epoch {}", crate::vocabulary::real(before)),
            "not above the one in front of it".to_owned(),
            "name each epoch once, in rising order".to_owned(),
        ),
    };
    Diagnostic::new(&OFF_EPOCH, message).label_at(span, label).help(help)
}

/// A mean, a standard deviation or a border on the scale of bytes.
pub fn off_scale((argument, callee): (&str, &str), value: f64, span: Option<Span>) -> Diagnostic {
    let value = crate::vocabulary::real(value);
    Diagnostic::new(&OFF_SCALE, format!("`{argument}` of `{callee}` is on the scale 0 to 1, found {value}"))
        .label_at(span, format!("{value} is above 1"))
        .help(format!("if it is of pixels from 0 to 255, divide it: `{value} / 255`"))
}

/// A transform or an augmentation that takes no image, or none that those before it make; `reason` is what it expects and
/// finds.
pub fn impossible((what, callee): (&str, &str), reason: &str, span: Option<Span>) -> Diagnostic {
    let help = match callee {
        "grayscale" | "colour" | "normalise" if !reason.contains("above 0") => {
            "images have 1 channel or 3: `colour` makes 3 of them, `grayscale` makes 1".to_owned()
        }
        _ => format!("change the arguments of `{callee}`, or what is done to an image before it"),
    };
    Diagnostic::new(&MISFIT, format!("no image comes through this {what}: {reason}"))
        .label_at(span, "takes none of the images that reach it")
        .help(help)
}

/// Transforms or augmentations whose images the input does not take: the shape that they make, and the input's.
pub fn misfit(makers: &str, made: &str, input: &str, span: Option<Span>, declared: Span) -> Diagnostic {
    let what = makers.strip_suffix(" make").unwrap_or(makers);
    Diagnostic::new(&MISFIT, format!("the {makers} images of {made}, but the input is {input}"))
        .label_at(span, format!("this makes {made}"))
        .label(declared, format!("the input is {input}"))
        .help(format!("change the {what} or the input, so that both have the same channels, height and width"))
}

/// An image that comes to the input's shape in training, but not in a test.
#[derive(Clone, Debug)]
pub struct Unequal {
    /// The shape of the image.
    pub start: String,
    /// The shape that it has in a test; or why it does not come through.
    pub tested: Result<String, String>,
    /// The input's shape, and its place.
    pub input: (String, Span),
    /// The place of what makes the difference.
    pub place: Option<Span>,
    /// Whether the spec has a `test_transform`.
    pub own: bool,
    /// The line with `test_transform` that would bring these images to the shape of the input.
    pub write: String,
}

/// Images of validation and test that do not come to the input's shape.
pub fn unequal(found: &Unequal) -> Diagnostic {
    let Unequal { start, tested, input: (input, declared), place, own, write } = found;
    let becomes = match tested {
        Ok(tested) => format!("but {tested} in validation and test"),
        Err(reason) => format!("but does not come through `test_transform`: {reason}"),
    };
    let label = if *own { "this makes another size" } else { "this changes the size of training images alone" };
    let write = if *own {
        "change `test_transform`, so that its images have the channels, height and width of the input".to_owned()
    } else {
        format!("add to `data` what brings the others to that size: `test_transform: {write}`")
    };
    Diagnostic::new(&TEST_MISFIT, format!("an image of {start} becomes {input} in training, {becomes}"))
        .label_at(*place, label)
        .label(*declared, format!("the input is {input}"))
        .help(write)
}

/// A batch that cannot hold all views of each of its images; the places are those of `repeat` and of the batch.
pub fn split_views(batch: usize, views: usize, [repeat, batched]: [Option<Span>; 2]) -> Diagnostic {
    let (below, above) = (batch / views * views, batch.next_multiple_of(views));
    let fits: Vec<String> =
        [below, above].into_iter().filter(|n| (1..=MAX_BATCH).contains(n)).map(|n| format!("`batch: {n}`")).collect();
    let fits = if fits.is_empty() { String::new() } else { format!("write {}, or ", fits.join(" or ")) };
    let message = format!("a batch of {} cannot hold {views} views of each of its images", counted(batch, "image"));
    let problem = Diagnostic::new(&SPLIT_VIEWS, message)
        .label_at(repeat, format!("makes {views} views of each image"))
        .help(format!("{fits}choose another `repeat`"));
    match batched {
        Some(batched) => problem.label(batched, format!("{batch} is no multiple of {views}")),
        None => problem,
    }
}

/// Images that are normalised in training alone, or in tests alone; `span` is the place of `test_transform`.
pub fn other_scale(in_training: bool, span: Option<Span>) -> Diagnostic {
    let (message, help) = match in_training {
        true => (
            "training images are normalised, and those of validation and test are not",
            "write `normalise` into `test_transform` too: it takes the numbers of the one in `transform`",
        ),
        false => (
            "images of validation and test are normalised, and those of training are not",
            "write `normalise` into `transform` too, or take it out of `test_transform`",
        ),
    };
    Diagnostic::new(&OTHER_SCALE, message)
        .label_at(span, "stands in place of `transform`")
        .help(format!("{help}; if it is meant, write `allow other_scale`"))
}

/// A setting without effect; `span` is the place of its value in the spec, if it stands there.
pub fn idle(found: &Idle, span: Option<Span>) -> Diagnostic {
    let run_has = |epochs: usize| format!("the run has {}", counted(epochs, "epoch"));
    let below = |what: &str, epochs: usize| match epochs {
        1 => format!("leave {what} out, or raise `epochs`"),
        _ => format!("choose a {what} below {epochs}, or raise `epochs`"),
    };
    let (message, label, help) = match *found {
        Idle::Warmup { warmup, epochs } => (
            format!("the warm-up takes {}, but {}", counted(warmup, "epoch"), run_has(epochs)),
            "the learning rate never comes to its full value",
            below("`warmup`", epochs),
        ),
        Idle::Cosine { warmup, epochs } => (
            format!("`cosine` begins behind epoch {warmup}, but {}", run_has(epochs)),
            "never begins",
            below("`warmup`", epochs),
        ),
        Idle::Patience { patience, epochs } => (
            format!("a `patience` of {} never stops a run of {}", counted(patience, "epoch"), counted(epochs, "epoch")),
            "never stops early",
            match epochs {
                1 => below("`patience`", epochs),
                _ => format!("choose a `patience` below {epochs}, or leave it out"),
            },
        ),
        Idle::Plateau { patience, epochs } => (
            format!(
                "`plateau` lowers the rate behind {} without a fall at the earliest, but {}",
                counted(patience + 1, "epoch"),
                run_has(epochs)
            ),
            "never lowers the rate",
            match epochs {
                0..3 => "raise `epochs`, or leave the schedule out".to_owned(),
                _ => format!("give `plateau` a `patience` of at most {}, or raise `epochs`", epochs - 3),
            },
        ),
        Idle::Rate => (
            "with a learning rate of 0 nothing is learnt".to_owned(),
            "the learning rate is 0",
            "choose an `lr` above 0".to_owned(),
        ),
        Idle::Stop { callee } => (
            format!("`{callee}` with a `factor` of 0 brings the learning rate to 0: from there on nothing is learnt"),
            "the learning rate comes to 0",
            "choose a `factor` above 0".to_owned(),
        ),
        Idle::Call { callee, argument, value } => {
            let value = crate::vocabulary::real(value);
            (
                format!("`{callee}` with `{argument}: {value}` does nothing"),
                "does nothing",
                format!("choose another `{argument}`, or leave `{callee}` out"),
            )
        }
    };
    Diagnostic::new(&IDLE, message).label_at(span, label).help(help)
}

/// A settings block that does not exist.
pub fn unknown_block(word: &str, span: Span, known: &[&str]) -> Diagnostic {
    let list = format!("settings blocks are {}", among(known.iter().copied()));
    Diagnostic::new(&UNKNOWN_BLOCK, format!("there is no settings block `{word}`"))
        .label(span, "unknown block")
        .nearest(word, span, Words { at: At::Block, language: known, own: &[] }, &list)
}

/// A key that no settings block has.
pub fn unknown_key(block: &str, key: &str, span: Span, known: &[&str]) -> Diagnostic {
    let list = format!("`{block}` has {}", among(known.iter().copied()));
    Diagnostic::new(&UNKNOWN_KEY, format!("`{block}` has no setting `{key}`")).label(span, "unknown key").nearest(
        key,
        span,
        Words { at: At::Setting, language: known, own: &[] },
        &list,
    )
}

/// A key that the block does not have, but that is an argument of its optimizer.
pub fn key_of_optimizer(block: &str, key: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&UNKNOWN_KEY, format!("`{block}` has no setting `{key}`"))
        .label(span, "this is the optimizer's")
        .help(format!("give it to the optimizer, as in `optimizer: sgd({key}: …)`"))
}

/// A key that the block does not have, but that another block has.
pub fn key_of_block(block: &str, key: &str, span: Span, other: &str) -> Diagnostic {
    Diagnostic::new(&UNKNOWN_KEY, format!("`{block}` has no setting `{key}`"))
        .label(span, format!("this is one of `{other}`"))
        .help(format!("write it into `{other} {{ … }}`"))
}

/// A number with a unit that does not fit; `allowed` says how to write it: "as `15%` or `0.15`".
pub fn wrong_unit(what: &str, unit: &str, span: Span, allowed: &str) -> Diagnostic {
    Diagnostic::new(&WRONG_UNIT, format!("{what} is not measured in `{unit}`"))
        .label(span, "unit does not fit")
        .help(format!("write it {allowed}"))
}
