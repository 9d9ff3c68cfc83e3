use super::{Inputs, Kind, Site, kernel, weights};
use crate::ir::{Fault, Shape, Value};
use crate::vocabulary::Bound;

pub(super) const KIND: Kind = Kind {
    name: "local",
    about: "A convolution without weight sharing: every position of the output has kernels of its own. The bias, one number \
            a channel, is shared.",
    inputs: Inputs::One,
    args: kernel::ARGS,
    weights: weights::KERNEL,
    bundle: Some(Shape::channels),
    example: "y = local(image, 4, kernel: 3)",
    lower,
};

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    let (out, from, side) = (args.count("channels"), kernel::channels(site, inputs[0])?, args.count("kernel"));
    let (stride, padding) = (args.count("stride"), kernel::padding(args));
    let [height, width] = site.net.grid(inputs[0], side, stride, padding)?;
    let (weight, bias) = kernel::weights(site, args, &[height, width, out, from, side, side], out)?;
    site.net.local(inputs[0], weight, bias, stride, padding)
}
