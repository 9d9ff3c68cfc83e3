use super::{Inputs, Kind, Site};
use crate::ir::{Fault, Value};
use crate::vocabulary::Bound;

pub(super) const KIND: Kind = Kind {
    name: "flatten",
    about: "A feature map as one vector: channel by channel, row by row.",
    inputs: Inputs::One,
    args: &[],
    weights: &[],
    bundle: None,
    example: "y = flatten(image)",
    lower,
};

fn lower(site: &mut Site<'_>, _args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    site.net.flatten(inputs[0])
}
