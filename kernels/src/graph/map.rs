//! The functions that are applied entry by entry.

use super::Slot;
use crate::batch_norm::{NormPass, Pass};

/// A function of one number, or of two, that [`super::Kernel::Map`] applies entry by entry. The first number is called `x`;
/// for the functions whose names end in `Backward` it is the gradient of a result.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Map {
    Negate,
    Abs,
    Exp,
    /// The natural logarithm.
    Log,
    Sqrt,
    Square,
    Relu,
    Tanh,
    Sigmoid,
    /// `log(1 + exp(x))`.
    Softplus,
    /// `x / 2 * (1 + erf(x / sqrt(2)))` (Hendrycks & Gimpel, 2016).
    Gelu,
    Reciprocal,
    /// Rounds to the nearest number of bfloat16, which keeps eight bits of the mantissa; ties go to even.
    Bf16,
    /// Adds a constant.
    AddNumber(f32),
    /// Multiplies by a constant.
    MulNumber(f32),
    /// Adds a parameter that has one number for each channel.
    AddChannel(Slot),
    /// Multiplies by a parameter that has one number for each channel.
    MulChannel(Slot),
    /// Divides by a parameter that has one number for each channel.
    DivChannel(Slot),
    Add,
    Sub,
    Mul,
    Div,
    /// The gradient where the rectifier's result, which is read second, is not zero; zero elsewhere.
    ReluBackward,
    /// The gradient times `1 - y^2`, where `y` is the result, which is read second.
    TanhBackward,
    /// The gradient times `y * (1 - y)`, where `y` is the result, which is read second.
    SigmoidBackward,
    /// The gradient times the sigmoid of what softplus had read, which is read second.
    SoftplusBackward,
    /// The gradient times the slope of `gelu` at what it had read, which is read second.
    GeluBackward,
    /// The gradient times the sign of what `abs` had read, which is read second; the sign of 0 is 0.
    AbsBackward,
    /// What the batch normalisation of this index in [`super::Graph::norms`] makes of `x`, once the batch has met.
    Normalise(usize),
    /// The gradient of what the batch normalisation of this index has read, which is read second, once the batch has met
    /// again.
    NormaliseBackward(usize),
}

impl Eq for Map {}

impl std::hash::Hash for Map {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        self.number().map(f32::to_bits).hash(state);
        self.slot().hash(state);
        self.norm().hash(state);
    }
}

/// What is constant in a function, beside the numbers that it is applied to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Constant {
    /// One number that is the same for all elements.
    Number(f32),
    /// A parameter that has one number for each channel.
    Channel(Slot),
    /// The numbers that a batch normalisation has for each channel, once the batch has met.
    Norm(NormPass),
}

impl Map {
    /// The constant that the function adds, multiplies by or divides by, if it has one that all numbers, or all of a channel, share.
    pub fn constant(&self) -> Option<Constant> {
        match *self {
            Map::AddNumber(number) | Map::MulNumber(number) => Some(Constant::Number(number)),
            Map::AddChannel(slot) | Map::MulChannel(slot) | Map::DivChannel(slot) => Some(Constant::Channel(slot)),
            Map::Normalise(norm) => Some(Constant::Norm(NormPass { norm, pass: Pass::Forward })),
            Map::NormaliseBackward(norm) => Some(Constant::Norm(NormPass { norm, pass: Pass::Backward })),
            Map::Negate
            | Map::Abs
            | Map::Exp
            | Map::Log
            | Map::Sqrt
            | Map::Square
            | Map::Relu
            | Map::Tanh
            | Map::Sigmoid
            | Map::Softplus
            | Map::Gelu
            | Map::Reciprocal
            | Map::Bf16
            | Map::Add
            | Map::Sub
            | Map::Mul
            | Map::Div
            | Map::ReluBackward
            | Map::TanhBackward
            | Map::SigmoidBackward
            | Map::SoftplusBackward
            | Map::GeluBackward
            | Map::AbsBackward => None,
        }
    }

    /// The pass of a batch normalisation that the function belongs to, if it belongs to one.
    pub fn norm(&self) -> Option<NormPass> {
        match self.constant() {
            Some(Constant::Norm(norm)) => Some(norm),
            Some(Constant::Number(_) | Constant::Channel(_)) | None => None,
        }
    }

    /// The parameter that the function reads one number of for each channel, if it reads one.
    pub fn slot(&self) -> Option<Slot> {
        match self.constant() {
            Some(Constant::Channel(slot)) => Some(slot),
            Some(Constant::Number(_) | Constant::Norm(_)) | None => None,
        }
    }

    /// The number that the function adds to everything, or multiplies everything by, if it has one.
    pub fn number(&self) -> Option<f32> {
        match self.constant() {
            Some(Constant::Number(number)) => Some(number),
            Some(Constant::Channel(_) | Constant::Norm(_)) | None => None,
        }
    }
}
