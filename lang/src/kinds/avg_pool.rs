use super::{Inputs, Kind, Site, pool};
use crate::ir::{Fault, Pool, Value};
use crate::vocabulary::Bound;

pub(super) const KIND: Kind = Kind {
    name: "avg_pool",
    about: "The mean value of each square window of a feature map.",
    inputs: Inputs::One,
    args: pool::ARGS,
    weights: &[],
    bundle: None,
    example: "y = avg_pool(image, 2)",
    lower,
};

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    pool::windows(site, Pool::Average, args, inputs[0])
}
