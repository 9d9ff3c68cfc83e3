use super::{Inputs, Kind, Site, channelwise, weights};
use crate::ir::{Binary, Fault, Value};
use crate::vocabulary::{Arg, ArgValue, Bound, Type};

pub(super) const KIND: Kind = Kind {
    name: "shift",
    about: "Each channel, or each entry of a vector, plus a learned number of its own.",
    inputs: Inputs::One,
    args: &[Arg::with("start", Type::Real { min: -1e6, max: 1e6 }, ArgValue::Real(0.0), "every shift before training")],
    weights: weights::GAIN,
    bundle: None,
    example: "y = shift(image)",
    lower,
};

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    channelwise(site, Binary::Add, args, inputs[0])
}
