//! The arguments and the weights that the kinds with a square kernel share.

use super::Site;
use crate::ir::{Fault, Init, Padding, ParamClass, ParamId, Shape, Value};
use crate::vocabulary::{Arg, ArgValue, Bound, Type};

/// The arguments of a convolution.
pub(super) const ARGS: &[Arg] = &[CHANNELS, SIDE, STRIDE, PADDING, BIAS];
pub(super) const CHANNELS: Arg = Arg::required("channels", Type::Count { min: 1, max: 65_536 }, "output channels");
pub(super) const SIDE: Arg =
    Arg::required("kernel", Type::Count { min: 1, max: 1_023 }, "side of the square kernel, in pixels");
pub(super) const STRIDE: Arg =
    Arg::with("stride", Type::Count { min: 1, max: 1_023 }, ArgValue::Count(1), "step of the kernel, in pixels");
pub(super) const PADDING: Arg = Arg::with(
    "padding",
    SAME_OR_VALID,
    ArgValue::Word("same"),
    "`same`: zeros half a kernel wide around the map; `valid`: none",
);
pub(super) const SAME_OR_VALID: Type = Type::Word(&["same", "valid"]);
pub(super) const BIAS: Arg =
    Arg::with("bias", Type::Bool, ArgValue::Bool(true), "add a learned number to each output channel");

pub(super) fn padding(args: &Bound) -> Padding {
    if args.word("padding") == "same" { Padding::Same } else { Padding::Valid }
}

/// The number of channels of the feature map that flows in.
pub(super) fn channels(site: &Site<'_>, x: Value) -> Result<usize, Fault> {
    match *site.net.shape(x) {
        Shape::Map([channels, _, _]) => Ok(channels),
        _ => Err(Fault::Wanted { wanted: "a feature map", found: site.net.shape(x).clone() }),
    }
}

/// Kernels, `[…, k, k]`, and the bias of that shape. As in PyTorch, both begin by the numbers of one kernel behind its first axis.
pub(super) fn weights(
    site: &mut Site<'_>,
    args: &Bound,
    shape: &[usize],
    bias: &[usize],
) -> Result<(ParamId, Option<ParamId>), Fault> {
    let init = Init::fan_in(shape.iter().rev().take(3).product());
    let weight = site.param("weight", shape, init, ParamClass::Kernel)?;
    Ok((weight, site.bias(args, bias, init)?))
}
