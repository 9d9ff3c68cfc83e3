use super::{Inputs, Kind, Site};
use crate::ir::{Fault, Value};
use crate::vocabulary::Bound;

pub(super) const KIND: Kind = Kind {
    name: "concat",
    about: "Feature maps of one height and width, stacked channel upon channel; vectors, end to end.",
    inputs: Inputs::Several,
    args: &[],
    weights: &[],
    bundle: None,
    example: "y = concat(image, image)",
    lower,
};

fn lower(site: &mut Site<'_>, _args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    site.net.concat(inputs.to_vec())
}
