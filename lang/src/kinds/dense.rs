use super::{Inputs, Kind, Site, weights};
use crate::ir::{Fault, Init, ParamClass, Shape, Value};
use crate::vocabulary::{Arg, ArgValue, Bound, Type};

pub(super) const KIND: Kind = Kind {
    name: "dense",
    about: "A fully connected layer: every output is a weighted sum of all inputs. A feature map is flattened first.",
    inputs: Inputs::One,
    args: &[
        Arg::required("units", Type::Count { min: 1, max: 1 << 24 }, "outputs; `classes` for the last layer"),
        Arg::with("bias", Type::Bool, ArgValue::Bool(true), "add a learned number to each output"),
    ],
    weights: weights::KERNEL,
    bundle: Some(Shape::len),
    example: "y = dense(image, 5)",
    lower,
};

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    let x = site.net.flatten(inputs[0])?;
    let (from, out) = (site.net.shape(x).len(), args.count("units"));
    let init = Init::fan_in(from);
    let weight = site.param("weight", &[out, from], init, ParamClass::Kernel)?;
    let bias = site.bias(args, &[out], init)?;
    site.net.dense(x, weight, bias)
}
