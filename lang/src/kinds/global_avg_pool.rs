use super::{Inputs, Kind, Site};
use crate::ir::{Fault, Padding, Pool, Shape, Value};
use crate::vocabulary::Bound;

pub(super) const KIND: Kind = Kind {
    name: "global_avg_pool",
    about: "The mean of each channel over the whole map: `[C, H, W]` becomes the vector `[C]`.",
    inputs: Inputs::One,
    args: &[],
    weights: &[],
    bundle: None,
    example: "y = global_avg_pool(image)",
    lower,
};

fn lower(site: &mut Site<'_>, _args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    let found = site.net.shape(inputs[0]).clone();
    let Shape::Map([_, height, width]) = found else {
        return Err(Fault::Wanted { wanted: "a feature map", found });
    };
    let mean = site.net.pool(Pool::Average, inputs[0], [height, width], 1, Padding::Valid)?;
    site.net.flatten(mean)
}
