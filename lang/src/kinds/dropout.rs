use super::{Inputs, Kind, Site};
use crate::ir::{Fault, Value};
use crate::vocabulary::{Arg, ArgValue, Bound, Type};

pub(super) const KIND: Kind = Kind {
    name: "dropout",
    about: "While training, sets entries to zero at random and scales the others up; otherwise does nothing.",
    inputs: Inputs::One,
    args: &[Arg::with("rate", Type::Real { min: 0.0, max: 0.99 }, ArgValue::Real(0.5), "share of entries set to zero")],
    weights: &[],
    bundle: None,
    example: "y = dropout(image, rate: 0.25)",
    lower,
};

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    site.net.dropout(inputs[0], args.real("rate"))
}
