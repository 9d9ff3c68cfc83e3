use super::{Inputs, Kind, Site};
use crate::ir::{Fault, Upsampling, Value};
use crate::vocabulary::{Arg, ArgValue, Bound, Type};

pub(super) const KIND: Kind = Kind {
    name: "upsample",
    about: "A feature map with `factor` times the height and the width, without weights.",
    inputs: Inputs::One,
    args: &[
        Arg::with("factor", Type::Count { min: 1, max: 1_023 }, ArgValue::Count(2), "pixels for each pixel, a side"),
        Arg::with(
            "mode",
            Type::Word(&["nearest", "bilinear"]),
            ArgValue::Word("nearest"),
            "`nearest`: each pixel repeated; `bilinear`: weighted by distance, as PyTorch's `align_corners=False`",
        ),
    ],
    weights: &[],
    bundle: None,
    example: "y = upsample(image, factor: 2)",
    lower,
};

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    let mode = if args.word("mode") == "nearest" { Upsampling::Nearest } else { Upsampling::Bilinear };
    site.net.upsample(inputs[0], args.count("factor"), mode)
}
