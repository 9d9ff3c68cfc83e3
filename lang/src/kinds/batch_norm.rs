use super::{Inputs, Kind, Site, norm, weights};
use crate::ir::{Fault, Init, ParamClass, Value};
use crate::vocabulary::{Arg, ArgValue, Bound, Type};

pub(super) const KIND: Kind = Kind {
    name: "batch_norm",
    about: "Each channel to mean 0 and variance 1 over the batch, then scaled and shifted by learned numbers; running \
            statistics take the batch's place after training.",
    inputs: Inputs::One,
    args: &[
        norm::EPSILON,
        Arg::with(
            "momentum",
            Type::Real { min: 0.0, max: 1.0 },
            ArgValue::Real(0.1),
            "weight of a new batch in the running statistics",
        ),
    ],
    weights: weights::NORM,
    bundle: None,
    example: "y = batch_norm(image)",
    lower,
};

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    let channels = site.net.shape(inputs[0]).channels();
    let [scale, shift] = norm::scale_and_shift(site, channels)?;
    let mean = site.param("running_mean", &[channels], Init::Constant(0.0), ParamClass::Statistic)?;
    let variance = site.param("running_var", &[channels], Init::Constant(1.0), ParamClass::Statistic)?;
    site.net.batch_norm(inputs[0], [scale, shift, mean, variance], args.real("epsilon"), args.real("momentum"))
}
