//! The primitives that are functions of their operands alone.

use crate::ir::{Binary, Pool, Reduce, Sign, Unary};
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions};
use burn::tensor::{Tensor, activation, module};

/// `x` is `[B, in, H, W]`, the weight `[out, in, k, k]`, the bias `[1, out, 1, 1]`; zeros stand around the map.
pub(super) fn conv(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<4>>,
    stride: usize,
    padding: usize,
) -> Tensor<4> {
    module::conv2d(x, weight, bias.map(channels), ConvOptions::new([stride; 2], [padding; 2], [1; 2], 1))
}

/// `x` is `[B, in, 1, 1]`, the weight `[out, in, 1, 1]`, the bias `[1, out, 1, 1]`.
pub(super) fn dense(x: Tensor<4>, weight: Tensor<4>, bias: Option<Tensor<4>>) -> Tensor<4> {
    let ([batch, from, ..], [out, ..]) = (x.dims(), weight.dims());
    let weight = weight.reshape([out, from]).transpose();
    let y = module::linear(x.reshape([batch, from]), weight, bias.map(channels));
    y.reshape([batch, out, 1, 1])
}

pub(super) fn pool(kind: Pool, x: Tensor<4>, kernel: [usize; 2], stride: usize) -> Tensor<4> {
    match kind {
        Pool::Max => module::max_pool2d(x, MaxPoolOptions::new(kernel).with_stride([stride; 2])),
        Pool::Average => module::avg_pool2d(x, AvgPoolOptions::new(kernel).with_stride([stride; 2])),
    }
}

pub(super) fn unary(f: Unary, x: Tensor<4>) -> Tensor<4> {
    match f {
        Unary::Negate => x.neg(),
        Unary::Abs => x.abs(),
        Unary::Exp => x.exp(),
        Unary::Log => x.log(),
        Unary::Sqrt => x.sqrt(),
        Unary::Square => x.square(),
        Unary::Relu => activation::relu(x),
        Unary::Tanh => x.tanh(),
        Unary::Sigmoid => activation::sigmoid(x),
        // Burn's form is PyTorch's: the identity above 20, so the exponential cannot overflow.
        Unary::Softplus => activation::softplus(x, 1.0),
    }
}

pub(super) fn binary(f: Binary, left: Tensor<4>, right: Tensor<4>) -> Tensor<4> {
    match f {
        Binary::Add => left + right,
        Binary::Sub => left - right,
        Binary::Mul => left * right,
        Binary::Div => left / right,
    }
}

pub(super) fn with_number(f: Binary, left: Tensor<4>, right: f64) -> Tensor<4> {
    match f {
        Binary::Add => left + right,
        Binary::Sub => left - right,
        Binary::Mul => left * right,
        Binary::Div => left / right,
    }
}

pub(super) fn number_with(f: Binary, left: f64, right: Tensor<4>) -> Tensor<4> {
    match f {
        Binary::Add => right + left,
        Binary::Sub => right.neg() + left,
        Binary::Mul => right * left,
        Binary::Div => right.recip() * left,
    }
}

/// What lies on the other side of zero becomes zero. A clamp would do the same to what is no number, and hide it.
pub(super) fn project(x: Tensor<4>, sign: Sign) -> Tensor<4> {
    let beyond = match sign {
        Sign::Nonnegative => x.clone().lower_scalar(0),
        Sign::Nonpositive => x.clone().greater_scalar(0),
    };
    x.mask_fill(beyond, 0)
}

/// Over everything, the batch included; a tie of extremes sends its gradient to the first of them.
pub(super) fn reduce(f: Reduce, x: Tensor<4>) -> Tensor<4> {
    let number = match f {
        Reduce::Sum => x.sum(),
        Reduce::Mean => x.mean(),
        Reduce::Min => x.min(),
        Reduce::Max => x.max(),
    };
    number.reshape([1; 4])
}

/// Maps `[B, C, H, W]` as vectors `[B, C * H * W, 1, 1]`.
pub(super) fn flatten(x: Tensor<4>) -> Tensor<4> {
    let [batch, rest @ ..] = x.dims();
    x.reshape([batch, rest.iter().product(), 1, 1])
}

/// A parameter `[1, C, 1, 1]` as Burn's layers want it: `[C]`.
pub(super) fn channels(x: Tensor<4>) -> Tensor<1> {
    let [_, channels, ..] = x.dims();
    x.reshape([channels])
}
