use super::{Inputs, Kind, Site, norm, weights};
use crate::ir::{Fault, Value};
use crate::vocabulary::{Arg, Bound, Type};

pub(super) const KIND: Kind = Kind {
    name: "group_norm",
    about: "Each group of neighbouring channels of each image to mean 0 and variance 1, over all their entries, then \
            scaled and shifted by learned numbers, two a channel. The same in training and after it.",
    inputs: Inputs::One,
    args: &[
        Arg::required("groups", Type::Count { min: 1, max: 65_536 }, "groups of channels; they must divide them"),
        norm::EPSILON,
    ],
    weights: weights::NORM,
    bundle: None,
    example: "y = group_norm(image, groups: 3)",
    lower,
};

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    normalised(site, args.count("groups"), args, inputs[0])
}

/// Appends a group norm with scale and shift of its own.
pub(super) fn normalised(site: &mut Site<'_>, groups: usize, args: &Bound, x: Value) -> Result<Value, Fault> {
    let params = norm::scale_and_shift(site, site.net.shape(x).channels())?;
    site.net.group_norm(x, groups, params, args.real("epsilon"))
}
