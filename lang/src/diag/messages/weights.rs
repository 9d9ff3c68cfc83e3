//! Weights: how they start, and what training may do to them.

use crate::diag::{Code, Diagnostic, Label, Span};
use crate::vocabulary::real;

/// The codes of weights.
pub const CODES: &[&Code] = &[&UNFILTERED, &UNTRAINED, &ONE_NUMBER, &NO_SPREAD];

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
