//! Weights: how they start, and what training may do to them.

use super::{Code, Diagnostic, Span};

pub const CODES: &[&Code] = &[&UNFILTERED];

const UNFILTERED: Code = Code::error(
    "L0901",
    "Gabor functions are small images: only the kernels of a convolution, 3 x 3 pixels or larger, can hold them.",
);

/// `shape` is that of the weight: `[out, in]` or `[out, in, k, k]`.
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
