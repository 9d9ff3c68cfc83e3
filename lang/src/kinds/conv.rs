use super::{Inputs, Kind, Site, kernel, weights};
use crate::ir::{Fault, Shape, Value};
use crate::vocabulary::Bound;

pub(super) const KIND: Kind = Kind {
    name: "conv",
    about: "A convolution: one square kernel for each pair of an input and an output channel, shared by all positions.",
    inputs: Inputs::One,
    args: kernel::ARGS,
    weights: weights::KERNEL,
    bundle: Some(Shape::channels),
    example: "y = conv(image, 4, kernel: 3)",
    lower,
};

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    let (out, from, side) = (args.count("channels"), kernel::channels(site, inputs[0])?, args.count("kernel"));
    let (weight, bias) = kernel::weights(site, args, &[out, from, side, side], &[out])?;
    site.net.conv(inputs[0], weight, bias, args.count("stride"), kernel::padding(args), 1)
}
