//! Weights: how they start, and what training may do to them.

use crate::diag::{Code, Diagnostic, Label, Span};
use crate::vocabulary::real;

/// The codes of weights.
pub const CODES: &[&Code] = &[&UNFILTERED, &UNTRAINED, &ONE_NUMBER, &IDLE_LAYER, &OFF_NORM, &NO_SPREAD, &PLACELESS];

const UNFILTERED: Code = Code::error(
    "L0901",
    "Gabor functions are small images: only the kernels of a convolution, 3 x 3 pixels or larger, can hold them.",
);

const UNTRAINED: Code = Code::warning(
    "L0902",
    "untrained",
    "A net whose answer depends on no trained weight learns nothing from any image: every layer behind its output is frozen, or \
     has no weights.",
);
const ONE_NUMBER: Code = Code::warning(
    "L0903",
    "one_number",
    "In training, batch normalisation takes mean and variance of a channel over all images and pixels of the batch. Of one number \
     alone the variance is 0, and what comes out is the same for every image.",
);

const NO_SPREAD: Code = Code::warning(
    "L0906",
    "no_spread",
    "Weights that are drawn at random and do not spread are all the same, and so are their gradients: the channels of such a layer \
     stay copies of each other. `normal` takes the standard deviation first and the mean behind it, PyTorch the other way round.",
);

const PLACELESS: Code = Code::error(
    "L0907",
    "`shared` gives one kernel to all positions of a layer that has kernels of its own at each of them. Only `local` is such a layer: \
     every other one has a single kernel, which is shared as it is.",
);

/// One kernel for all positions, asked of a layer that has a single kernel.
pub fn placeless(layer: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&PLACELESS, format!("`{layer}` has the same kernel at all positions already"))
        .label(span, "gives one kernel to all positions")
        .help("write `init: he`, without `shared`; a layer with kernels of its own at each position is `local`")
}

/// Random initial values that do not spread: `drawn` is the word for how they are drawn, `normal` or `uniform`, and every
/// weight is `value`.
pub fn no_spread(layer: &str, drawn: &str, value: f64, span: Span) -> Diagnostic {
    let same = if value == 0.0 { "zeros".to_owned() } else { format!("constant({})", real(value)) };
    let help = match drawn {
        "normal" if value > 0.0 => format!(
            "the standard deviation stands first and the mean behind it: write `init: normal({})`; if all are meant to be the \
             same, `init: {same}`",
            real(value)
        ),
        "normal" => format!("write `init: normal(0.01)`; if all are meant to be the same, `init: {same}`"),
        _ => format!("write `init: uniform(0.1)`; if all are meant to be the same, `init: {same}`"),
    };
    Diagnostic::new(&NO_SPREAD, format!("every weight of `{layer}` begins as {}", real(value)))
        .label(span, "does not spread")
        .help(help)
}

const IDLE_LAYER: Code = Code::warning(
    "L0904",
    "idle_layer",
    "A layer that gives what it is given, or an argument that changes nothing, is most likely a slip.",
);
const OFF_NORM: Code = Code::warning(
    "L0905",
    "off_norm",
    "Batch normalisation adds `epsilon`, a very small number, to each variance, and moves its running statistics by the share \
     `momentum` at each step. Keras calls the share that is kept its momentum.",
);

/// A layer that gives what it is given, as `what` says: `rate: 0`.
pub fn idle_layer(layer: &str, what: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&IDLE_LAYER, format!("`{layer}` with `{what}` gives what it is given"))
        .label(span, "does nothing")
        .help(format!("leave `{layer}` out, or choose another number"))
}

/// A factor on the learning rate of a layer that keeps its weights.
pub fn frozen_rate(layer: &str, lr: Span, frozen: Span) -> Diagnostic {
    Diagnostic::new(&IDLE_LAYER, format!("`{layer}` is frozen, so its `lr` changes nothing"))
        .label(lr, "a factor on its learning rate")
        .label(frozen, "is not trained")
        .help("leave one of the two out")
}

/// A bias that differs from place to place, of a layer that has none.
pub fn no_bias(layer: &str, by_place: Span, none: Span) -> Diagnostic {
    Diagnostic::new(&IDLE_LAYER, format!("`{layer}` has no bias, so `bias_by_place` changes nothing"))
        .label(by_place, "asks for a number at each position")
        .label(none, "leaves the bias out")
        .help("leave one of the two out")
}

/// A batch norm with an `epsilon` that is not small beside a variance.
pub fn large_epsilon(epsilon: f64, span: Span) -> Diagnostic {
    let epsilon = crate::vocabulary::real(epsilon);
    Diagnostic::new(&OFF_NORM, format!("`batch_norm` adds an `epsilon` of {epsilon} to each variance"))
        .label(span, "not small")
        .help("the first number is `epsilon`, about `1e-5`; if `momentum` is meant, give it by its name")
}

/// A batch norm whose running statistics keep next to nothing of what they were.
pub fn large_momentum(momentum: f64, span: Span) -> Diagnostic {
    // Without the last digits, which a difference of doubles makes up.
    let kept = crate::vocabulary::real(((1.0 - momentum) * 1e9).round() / 1e9);
    let share = crate::vocabulary::real(momentum);
    Diagnostic::new(&OFF_NORM, format!("running statistics take the share {share} of each batch and keep {kept}"))
        .label(span, "nearly nothing is kept")
        .help(format!(
            "as in PyTorch, `momentum` is the share that is new: if {share} is to be kept, write `momentum: {kept}`"
        ))
}

/// A net that training leaves as it is; `frozen` is true if it has weights, all of them frozen. `output` is the place
/// of the output's value.
pub fn untrained(frozen: bool, output: Span) -> Diagnostic {
    let (label, help) = match frozen {
        true => ("every weight behind this is frozen", "leave `frozen: true` out of the layers that are to learn"),
        false => ("no weight behind this", "let a layer with weights lead to the output, such as `dense(x, classes)`"),
    };
    Diagnostic::new(&UNTRAINED, "nothing that the output depends on is trained").label(output, label).help(help)
}

/// A batch norm over maps of 1x1 pixels. All of a spec are one problem, so a second one becomes a label of the first,
/// which is in `found`.
pub fn one_number(layer: &str, span: Span, found: &mut Vec<Diagnostic>) {
    const SHOWN: usize = 4;
    let Some(first) = found.iter_mut().find(|problem| *problem.code == ONE_NUMBER) else {
        return found.push(one_number_in(layer, span));
    };
    if first.labels.iter().all(|label| label.span != span) && first.labels.len() < SHOWN {
        first.labels.push(Label { span, text: "here too".to_owned() });
    }
}

fn one_number_in(layer: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&ONE_NUMBER, format!("`{layer}` has one number a channel of each image"))
        .label(span, "maps of 1x1 pixels")
        .help(
            "with `batch: 1`, and where a single image is left for the last batch of an epoch, it gives the same for every image, \
             and what is before it learns nothing: normalise before the map is 1x1, or use `layer_norm`",
        )
}

/// Initial values that only images can have, for a weight that holds none; `shape` is the weight's: `[out, in]` or
/// `[out, in, k, k]`.
pub fn unfiltered(layer: &str, shape: &[usize], span: Span) -> Diagnostic {
    let (found, help) = match shape {
        [.., height, width] if shape.len() > 2 => {
            (format!("kernels of {height}x{width} pixels"), "choose a kernel of at least 3, or `init: he`")
        }
        _ => ("no kernels of pixels".to_owned(), "leave `init` out, or choose another, such as `init: he`"),
    };
    Diagnostic::new(&UNFILTERED, format!("`{layer}` has {found} to hold a Gabor function"))
        .label(span, "a bank of oriented filters")
        .help(help)
}
