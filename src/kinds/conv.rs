use super::{Inputs, Kind, Site, weights};
use crate::ir::{Fault, Init, Padding, ParamClass, Shape, Value};
use crate::schema::{Arg, Bound, Type, Value as Given};

pub(super) const KIND: Kind = Kind {
    name: "conv",
    about: "A convolution: one square kernel for each pair of an input and an output channel, shared by all positions.",
    inputs: Inputs::One,
    args: &[
        Arg::required("channels", Type::Count { min: 1, max: 65_536 }, "output channels"),
        Arg::required("kernel", Type::Count { min: 1, max: 1_023 }, "side of the square kernel, in pixels"),
        Arg::with("stride", Type::Count { min: 1, max: 1_023 }, Given::Count(1), "step of the kernel, in pixels"),
        Arg::with(
            "padding",
            Type::Word(&["same", "valid"]),
            Given::Word("same"),
            "`same`: zeros half a kernel wide around the map; `valid`: none",
        ),
        Arg::with("bias", Type::Bool, Given::Bool(true), "add a learned number to each output channel"),
    ],
    weights: weights::KERNEL,
    bundle: Some(Shape::channels),
    example: "y = conv(image, 4, kernel: 3)",
    lower,
};

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    let (out, kernel) = (args.count("channels"), args.count("kernel"));
    let found = site.net.shape(inputs[0]).clone();
    let Shape::Map([from, _, _]) = found else {
        return Err(Fault::Wanted { wanted: "a feature map", found });
    };
    let init = Init::fan_in(from * kernel * kernel);
    let weight = site.param("weight", &[out, from, kernel, kernel], init, ParamClass::Kernel)?;
    let bias = if args.bool("bias") { Some(site.param("bias", &[out], init, ParamClass::Bias)?) } else { None };
    let padding = if args.word("padding") == "same" { Padding::Same } else { Padding::Valid };
    site.net.conv(inputs[0], weight, bias, args.count("stride"), padding)
}
