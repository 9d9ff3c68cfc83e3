use super::{Inputs, Kind, Site, kernel, weights};
use crate::ir::{Fault, Shape, Value};
use crate::vocabulary::{Arg, Bound, Type};

pub(super) const KIND: Kind = Kind {
    name: "depthwise",
    about: "A convolution of each channel by itself: an output channel sees one input channel.",
    inputs: Inputs::One,
    args: &[
        Arg::optional(
            "channels",
            Type::Count { min: 1, max: 65_536 },
            "output channels, a multiple of the input's; as many as flow in unless given",
        ),
        kernel::SIDE,
        kernel::STRIDE,
        kernel::PADDING,
        kernel::BIAS,
    ],
    weights: weights::KERNEL,
    bundle: Some(Shape::channels),
    example: "y = depthwise(image, 6, kernel: 3)",
    lower,
};

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    let from = kernel::channels(site, inputs[0])?;
    let (out, side) = (args.maybe_count("channels").unwrap_or(from), args.count("kernel"));
    let (weight, bias) = kernel::weights(site, args, &[out, 1, side, side], &[out])?;
    site.net.conv(inputs[0], weight, bias, args.count("stride"), kernel::padding(args), from)
}
