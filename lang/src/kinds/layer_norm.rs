use super::{Inputs, Kind, Site, group_norm, norm, weights};
use crate::ir::{Fault, Value};
use crate::vocabulary::Bound;

pub(super) const KIND: Kind = Kind {
    name: "layer_norm",
    about: "All entries of each image to mean 0 and variance 1, then scaled and shifted by learned numbers, two a \
            channel: `group_norm` with one group. PyTorch's learns two an entry, which is the same for vectors only.",
    inputs: Inputs::One,
    args: &[norm::EPSILON],
    weights: weights::NORM,
    bundle: None,
    example: "y = layer_norm(image)",
    lower,
};

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    group_norm::normalised(site, 1, args, inputs[0])
}
