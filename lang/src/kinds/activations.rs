//! Activations: one function of one number, applied to every entry.

use super::{Inputs, Kind, Site};
use crate::ir::{Fault, Unary, Value};
use crate::vocabulary::Bound;

pub(super) const RELU: Kind =
    activation("relu", "What is above zero, and zero otherwise: `max(x, 0)`.", "y = relu(image)", relu);

pub(super) const TANH: Kind =
    activation("tanh", "The hyperbolic tangent: saturates at -1 and 1.", "y = tanh(image)", tanh);

pub(super) const SIGMOID: Kind = activation(
    "sigmoid",
    "The logistic function `1 / (1 + exp(-x))`: saturates at 0 and 1.",
    "y = sigmoid(image)",
    sigmoid,
);

pub(super) const SOFTPLUS: Kind =
    activation("softplus", "A smooth relu: `log(1 + exp(x))`.", "y = softplus(image)", softplus);

pub(super) const GELU: Kind = activation(
    "gelu",
    "`x` times the share of a normal distribution below `x`: the exact form, by the error function.",
    "y = gelu(image)",
    gelu,
);

type Lower = fn(&mut Site<'_>, &Bound, &[Value]) -> Result<Value, Fault>;

const fn activation(name: &'static str, about: &'static str, example: &'static str, lower: Lower) -> Kind {
    Kind { name, about, inputs: Inputs::One, args: &[], weights: &[], bundle: None, example, lower }
}

fn relu(site: &mut Site<'_>, _args: &Bound, x: &[Value]) -> Result<Value, Fault> {
    Ok(site.net.unary(Unary::Relu, x[0]))
}

fn tanh(site: &mut Site<'_>, _args: &Bound, x: &[Value]) -> Result<Value, Fault> {
    Ok(site.net.unary(Unary::Tanh, x[0]))
}

fn sigmoid(site: &mut Site<'_>, _args: &Bound, x: &[Value]) -> Result<Value, Fault> {
    Ok(site.net.unary(Unary::Sigmoid, x[0]))
}

fn softplus(site: &mut Site<'_>, _args: &Bound, x: &[Value]) -> Result<Value, Fault> {
    Ok(site.net.unary(Unary::Softplus, x[0]))
}

fn gelu(site: &mut Site<'_>, _args: &Bound, x: &[Value]) -> Result<Value, Fault> {
    Ok(site.net.unary(Unary::Gelu, x[0]))
}
