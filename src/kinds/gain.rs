use super::{Inputs, Kind, Site, weights};
use crate::ir::{Binary, Fault, Init, ParamClass, Shape, Value};
use crate::schema::{Arg, Bound, Type, Value as Given};

pub(super) const KIND: Kind = Kind {
    name: "gain",
    about: "Each channel times a learned number of its own.",
    inputs: Inputs::One,
    args: &[Arg::with("start", Type::Real { min: -1e6, max: 1e6 }, Given::Real(1.0), "every gain before training")],
    weights: weights::GAIN,
    bundle: None,
    example: "y = gain(image)",
    lower,
};

fn lower(site: &mut Site<'_>, args: &Bound, inputs: &[Value]) -> Result<Value, Fault> {
    let found = site.net.shape(inputs[0]).clone();
    let Shape::Map([channels, _, _]) = found else {
        return Err(Fault::Wanted { wanted: "a feature map", found });
    };
    let gain = site.param("weight", &[channels], Init::Constant(args.real("start")), ParamClass::Norm)?;
    let gain = site.net.read(gain);
    site.net.binary(Binary::Mul, inputs[0], gain)
}
