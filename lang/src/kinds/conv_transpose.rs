use super::{Inputs, Kind, Site, kernel, weights};
use crate::ir::{Fault, Shape, Value};
use crate::vocabulary::{Arg, ArgValue, Bound, Type};

pub(super) const KIND: Kind = Kind {
    name: "conv_transpose",
    about: "A transposed convolution: each pixel spreads a kernel over the output, so a stride makes the map larger.",
    inputs: Inputs::One,
    args: &[
        kernel::CHANNELS,
        kernel::SIDE,
        Arg::with(
            "stride",
            Type::Count { min: 1, max: 1_023 },
            ArgValue::Count(1),
            "pixels of the output between two of the input",
        ),
        Arg::with(
            "padding",
            kernel::SAME_OR_VALID,
            ArgValue::Word("same"),
            "`same`: exactly `stride` times the size; `valid`: all that the kernels reach",
        ),
        kernel::BIAS,
    ],
    weights: weights::KERNEL,
    bundle: Some(Shape::channels),
    example: "y = conv_transpose(image, 4, kernel: 3, stride: 2)",
    lower,
};

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    let (out, from, side) = (args.count("channels"), kernel::channels(site, inputs[0])?, args.count("kernel"));
    let (weight, bias) = kernel::weights(site, args, &[from, out, side, side], &[out])?;
    site.net.conv_transpose(inputs[0], weight, bias, args.count("stride"), kernel::padding(args))
}
