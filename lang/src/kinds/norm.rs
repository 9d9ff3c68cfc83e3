//! The arguments and parameters that the kinds share which bring entries to mean 0 and variance 1.

use super::Site;
use crate::ir::{Fault, Init, ParamClass, ParamId};
use crate::vocabulary::{Arg, ArgValue, Type};

pub(super) const EPSILON: Arg = Arg::with(
    "epsilon",
    Type::Real { min: 0.0, max: 1.0 },
    ArgValue::Real(1e-5),
    "added to the variance before its root is taken",
);

/// Two learned numbers a channel, under PyTorch's names.
pub(super) fn scale_and_shift(site: &mut Site<'_>, channels: usize) -> Result<[ParamId; 2], Fault> {
    Ok([
        site.param("weight", &[channels], Init::Constant(1.0), ParamClass::Norm)?,
        site.param("bias", &[channels], Init::Constant(0.0), ParamClass::Norm)?,
    ])
}
