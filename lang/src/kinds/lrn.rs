use super::{Inputs, Kind, Site};
use crate::ir::{Fault, Value};
use crate::vocabulary::{Arg, ArgValue, Bound, Type};

pub(super) const KIND: Kind = Kind {
    name: "lrn",
    about: "Local response normalisation: each entry over `(k + alpha * mean)^beta`, with the mean of the squares in \
            neighbouring channels; beyond the first and the last channel are zeros. As PyTorch; Krizhevsky et al. \
            (2012) take the sum, so their `alpha` is `size` times as strong.",
    inputs: Inputs::One,
    args: &[
        Arg::with("size", Type::Count { min: 1, max: 1_023 }, ArgValue::Count(5), "channels of a neighbourhood, odd"),
        Arg::with("alpha", Type::Real { min: 0.0, max: 1e6 }, ArgValue::Real(1e-4), "weight of the mean square"),
        Arg::with("beta", Type::Real { min: 0.0, max: 100.0 }, ArgValue::Real(0.75), "power of the divisor"),
        // At 0, an image without activity would be 0 / 0.
        Arg::with("k", Type::Real { min: 1e-6, max: 1e6 }, ArgValue::Real(1.0), "what the divisor is without activity"),
    ],
    weights: &[],
    bundle: None,
    example: "y = lrn(image)",
    lower,
};

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    site.net.lrn(inputs[0], args.count("size"), args.real("alpha"), args.real("beta"), args.real("k"))
}
