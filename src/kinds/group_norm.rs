use super::{Inputs, Kind, Site, weights};
use crate::ir::{Fault, Init, ParamClass, Value};
use crate::schema::{Arg, Bound, Type, Value as Given};

pub(super) const KIND: Kind = Kind {
    name: "group_norm",
    about: "Each group of neighbouring channels of each image to mean 0 and variance 1, over all their entries, then \
            scaled and shifted by learned numbers, two a channel. The same in training and after it.",
    inputs: Inputs::One,
    args: &[
        Arg::required("groups", Type::Count { min: 1, max: 65_536 }, "groups of channels; they must divide them"),
        EPSILON,
    ],
    weights: weights::NORM,
    bundle: None,
    example: "y = group_norm(image, groups: 3)",
    lower,
};

pub(super) const EPSILON: Arg = Arg::with(
    "epsilon",
    Type::Real { min: 0.0, max: 1.0 },
    Given::Real(1e-5),
    "added to the variance before its root is taken",
);

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    normalised(site, args.count("groups"), args, inputs[0])
}

pub(super) fn normalised(site: &mut Site<'_>, groups: usize, args: &Bound, x: Value) -> Result<Value, Fault> {
    let channels = [site.net.shape(x).channels()];
    let params = [
        site.param("weight", &channels, Init::Constant(1.0), ParamClass::Norm)?,
        site.param("bias", &channels, Init::Constant(0.0), ParamClass::Norm)?,
    ];
    site.net.group_norm(x, groups, params, args.real("epsilon"))
}
