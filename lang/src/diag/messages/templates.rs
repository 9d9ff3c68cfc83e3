//! Templates and what is decided before the run: blocks, repeats, choices, sizes.

use crate::diag::{Code, Diagnostic, Span};
use crate::ir::Shape;

/// The codes of what is decided before the run.
pub const CODES: &[&Code] = &[&CONDITION, &OPERANDS, &MEASURE, &REPEAT, &YIELD];

const CONDITION: Code =
    Code::error("L0701", "An `if` is decided before the run, by something that is `true` or `false` then.");
const OPERANDS: Code = Code::error(
    "L0702",
    "Numbers are ordered and calculated with; `true`, `false` and words are only alike or not, and only before the run.",
);
const MEASURE: Code =
    Code::error("L0703", "`channels`, `height` and `width` measure a feature map that has a name, before the run.");
const REPEAT: Code = Code::error("L0704", "`repeat` feeds each copy with what the one before it gives.");
const YIELD: Code = Code::error("L0705", "A block stands for the one value that it yields.");

/// A condition that is neither true nor false.
pub fn no_condition(found: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&CONDITION, format!("a condition must be `true` or `false`, found `{found}`"))
        .label(span, "decides nothing")
        .help("compare it with something, as in `stride == 1`")
}

/// An operator between values that it does not go with.
pub fn operands(sign: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&OPERANDS, format!("`{sign}` does not go with these values"))
        .label(span, "not two numbers")
        .help("use `==` or `!=` on words and on `true` and `false`, and `and`, `or`, `not` to join conditions")
}

/// A measure of something that is no name.
pub fn measures_a_name(measure: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&MEASURE, format!("`{measure}` takes the name of one feature map"))
        .label(span, "not a name")
        .help(format!("give the feature map an equation of its own, `h = …`, and write `{measure}(h)`"))
}

/// A measure that the named value does not have, such as the height of a vector.
pub fn no_such_size(measure: &str, name: &str, found: &Shape, span: Span) -> Diagnostic {
    Diagnostic::new(&MEASURE, format!("`{name}` has no {measure}: it is {found}"))
        .label(span, format!("this is {found}"))
        .help("only a feature map `[C, H, W]` has height and width; a vector has channels")
}

/// A measure of a name that has no feature map at this place.
pub fn nothing_to_measure(measure: &str, name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&MEASURE, format!("`{measure}` knows no feature map `{name}` here"))
        .label(span, "no feature map")
        .help(
            "measure in an equation or in a block, where feature maps are known; consts and settings come before them",
        )
}

/// A `repeat` that has nothing to feed its first copy with.
pub fn repeats_nothing(callee: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&REPEAT, format!("`repeat` has nothing to feed the first `{callee}` with"))
        .label(span, "without an input")
        .help(format!("name what the first copy is applied to: `repeat n {callee}(x, …)`"))
}

/// A `repeat` of something that takes no feature map, so that it cannot be applied to what it made.
pub fn repeats_source(callee: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&REPEAT, format!("`repeat` cannot chain `{callee}`"))
        .label(span, "makes no feature map of another")
        .help("repeat a layer, a function or a block that takes a feature map")
}

/// A block without a `yield`.
pub fn no_yield(block: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&YIELD, format!("block `{block}` yields nothing"))
        .label(span, "without a `yield`")
        .help("end it with `yield value`")
}
