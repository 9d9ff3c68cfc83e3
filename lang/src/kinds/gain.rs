use super::{Inputs, Kind, Site, channelwise, weights};
use crate::ir::{Binary, Fault, Value};
use crate::vocabulary::{Arg, ArgValue, Bound, Type};

pub(super) const KIND: Kind = Kind {
    name: "gain",
    about: "Each channel, or each entry of a vector, times a learned number of its own.",
    inputs: Inputs::One,
    args: &[Arg::with("start", Type::Real { min: -1e6, max: 1e6 }, ArgValue::Real(1.0), "every gain before training")],
    weights: weights::GAIN,
    bundle: None,
    example: "y = gain(image)",
    lower,
};

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    channelwise(site, Binary::Mul, args, inputs[0])
}
