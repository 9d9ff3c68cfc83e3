use super::{Inputs, Kind, Site, pool};
use crate::ir::{Fault, Pool, Value};
use crate::vocabulary::Bound;

pub(super) const KIND: Kind = Kind {
    name: "max_pool",
    about: "The largest value of each square window of a feature map.",
    inputs: Inputs::One,
    args: pool::ARGS,
    weights: &[],
    bundle: None,
    example: "y = max_pool(image, 2)",
    lower,
};

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    pool::windows(site, Pool::Max, args, inputs[0])
}
