use super::{Inputs, Kind, Site, kernel, weights};
use crate::ir::{Fault, Shape, Value};
use crate::vocabulary::{Arg, ArgValue, Bound, Type};

pub(super) const KIND: Kind = Kind {
    name: "local",
    about: "A convolution without weight sharing: every position of the output has kernels of its own.",
    inputs: Inputs::One,
    args: &[
        kernel::CHANNELS,
        kernel::SIDE,
        kernel::STRIDE,
        kernel::PADDING,
        kernel::BIAS,
        Arg::with(
            "bias_by_place",
            Type::Bool,
            ArgValue::Bool(false),
            "the bias has a number of its own at each position of each channel, instead of one for the whole channel",
        ),
    ],
    weights: weights::KERNEL,
    bundle: Some(Shape::channels),
    example: "y = local(image, 4, kernel: 3)",
    lower,
};

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    let (out, from, side) = (args.count("channels"), kernel::channels(site, inputs[0])?, args.count("kernel"));
    let (stride, padding) = (args.count("stride"), kernel::padding(args));
    let [height, width] = site.net.grid(inputs[0], side, stride, padding)?;
    let bias: &[usize] = if args.bool("bias_by_place") { &[out, height, width] } else { &[out] };
    let (weight, bias) = kernel::weights(site, args, &[height, width, out, from, side, side], bias)?;
    site.net.local(inputs[0], weight, bias, stride, padding)
}
