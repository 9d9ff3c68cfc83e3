//! The primitives that are functions of their operands alone.

use burn::tensor::ops::{AvgPoolOptions, ConvOptions, ConvTransposeOptions, MaxPoolOptions};
use burn::tensor::{Slice, Tensor, TensorData, activation, module};
#[cfg(feature = "gpu")]
use lcnnc_kernels::graph::Local;
use lcnnc_lang::ir::{Binary, Padding, Pool, Reduce, Unary, Upsampling};

/// `x` is `[B, in, H, W]`, the weight `[out, in / groups, k, k]`, the bias `[1, out, 1, 1]`; zeros stand around the map.
pub(super) fn conv(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<4>>,
    stride: usize,
    padding: Padding,
    groups: usize,
) -> Tensor<4> {
    let padding = padding.pixels(weight.dims()[2]);
    module::conv2d(x, weight, bias.map(channels), ConvOptions::new([stride; 2], [padding; 2], [1; 2], groups))
}

/// `x` is `[B, in, H, W]`, the weight `[in, out, k, k]`, the bias `[1, out, 1, 1]`.
pub(super) fn conv_transpose(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<4>>,
    stride: usize,
    padding: Padding,
) -> Tensor<4> {
    // `H * stride` is `stride - 1` more than half a kernel off each side leaves.
    let (pad, more) = match padding {
        Padding::Same => (padding.pixels(weight.dims()[2]), stride - 1),
        Padding::Valid => (0, 0),
    };
    let options = ConvTransposeOptions::new([stride; 2], [pad; 2], [more; 2], [1; 2], 1);
    module::conv_transpose2d(x, weight, bias.map(channels), options)
}

/// `x` is `[B, in, H, W]`, the weight `[height, width, out, in * k * k]`, the bias `[1, out, 1, 1]` or `[1, out, height, width]`.
pub(super) fn local(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<4>>,
    kernel: usize,
    stride: usize,
    padding: usize,
) -> Tensor<4> {
    let y = local_without_bias(x, weight, kernel, stride, padding);
    match bias {
        Some(bias) => y + bias,
        None => y,
    }
}

/// At each position of the output the window there, as a column, under the position's own matrix.
fn local_without_bias(x: Tensor<4>, weight: Tensor<4>, kernel: usize, stride: usize, padding: usize) -> Tensor<4> {
    let ([batch, channels, ..], [height, width, out, taps]) = (x.dims(), weight.dims());
    #[cfg(feature = "gpu")]
    if super::local::has_kernels(&x) {
        let [_, inputs, from @ ..] = x.dims();
        let (outputs, pad) = (out, padding);
        let layer = Local { weight: 0, bias: None, inputs, outputs, kernel, stride, pad, from };
        return super::local::local(x, weight, layer);
    }
    let positions = height * width;
    let x = if padding > 0 { x.pad((padding, padding, padding, padding), 0.0) } else { x };
    let along = |start: usize, count: usize| {
        Slice::new(start as isize, Some((start + (count - 1) * stride + 1) as isize), stride as isize)
    };
    let tap = |n: usize| {
        let (row, column) = (n / kernel, n % kernel);
        let seen = x.clone().slice([Slice::full(), Slice::full(), along(row, height), along(column, width)]);
        seen.reshape([batch, channels, 1, positions])
    };
    let windows: Tensor<4> = Tensor::cat((0..kernel * kernel).map(tap).collect(), 2);
    let columns: Tensor<3> = windows.reshape([batch, taps, positions]).permute([2, 1, 0]);
    let y: Tensor<3> = weight.reshape([positions, out, taps]).matmul(columns);
    y.permute([2, 1, 0]).reshape([batch, out, height, width])
}

/// `x` is `[B, in, 1, 1]`, the weight `[out, in, 1, 1]`, the bias `[1, out, 1, 1]`.
pub(super) fn dense(x: Tensor<4>, weight: Tensor<4>, bias: Option<Tensor<4>>) -> Tensor<4> {
    let ([batch, from, ..], [out, ..]) = (x.dims(), weight.dims());
    let weight = weight.reshape([out, from]).transpose();
    let y = module::linear(x.reshape([batch, from]), weight, bias.map(channels));
    y.reshape([batch, out, 1, 1])
}

pub(super) fn pool(kind: Pool, x: Tensor<4>, kernel: [usize; 2], stride: usize, padding: Padding) -> Tensor<4> {
    let (stride, padding) = ([stride; 2], kernel.map(|side| padding.pixels(side)));
    match kind {
        Pool::Max => module::max_pool2d(x, MaxPoolOptions::new(kernel).with_stride(stride).with_padding(padding)),
        Pool::Average => {
            let options = AvgPoolOptions::new(kernel).with_stride(stride).with_padding(padding);
            module::avg_pool2d(x, options.with_count_include_pad(false))
        }
    }
}

/// Burn's own interpolation has no gradient of the bilinear kind on CUDA, and rounds where the nearest pixel is.
pub(super) fn upsample(x: Tensor<4>, factor: usize, mode: Upsampling) -> Tensor<4> {
    // Columns first, while the map is small: single numbers are the slower ones to spread.
    let wide = stretch(x, 3, factor, mode);
    stretch(wide, 2, factor, mode)
}

/// Each entry along an axis becomes `factor` of them.
fn stretch(x: Tensor<4>, axis: usize, factor: usize, mode: Upsampling) -> Tensor<4> {
    let mut dims = x.dims();
    let (outer, len, inner) = (dims[..axis].iter().product(), dims[axis], dims[axis + 1..].iter().product());
    let x: Tensor<4> = x.reshape([outer, len, 1, inner]);
    let stretched = match mode {
        Upsampling::Nearest => x.repeat_dim(2, factor),
        Upsampling::Bilinear => between(x, factor),
    };
    dims[axis] = len * factor;
    stretched.reshape(dims)
}

/// `x` is `[outer, len, 1, inner]`. The centre of part `n` lies `(n + 1/2) / factor - 1/2` behind the entry's own, and
/// so far on the way to a neighbour; the first and the last are neighbours of themselves.
fn between(x: Tensor<4>, factor: usize) -> Tensor<4> {
    let (len, options) = (x.dims()[1], (&x.device(), x.dtype()));
    let share = |of: fn(f64) -> f64| {
        let shares: Vec<f64> = (0..factor).map(|n| of((n as f64 + 0.5) / factor as f64 - 0.5)).collect();
        Tensor::<4>::from_data(TensorData::new(shares, [1, 1, factor, 1]), options)
    };
    let (first, last) = (x.clone().narrow(1, 0, 1), x.clone().narrow(1, len - 1, 1));
    let all = Tensor::cat(vec![first, x.clone(), last], 1);
    let (before, after) = (all.clone().narrow(1, 0, len), all.narrow(1, 2, len));
    x * share(|off| 1.0 - off.abs()) + before * share(|off| (-off).max(0.0)) + after * share(|off| off.max(0.0))
}

/// `x` is `[B, C, H, W]`, scale and shift `[1, C, 1, 1]`.
pub(super) fn group_norm(x: Tensor<4>, groups: usize, [scale, shift]: [Tensor<4>; 2], epsilon: f64) -> Tensor<4> {
    let dims @ [batch, rest @ ..] = x.dims();
    let x: Tensor<3> = x.reshape([batch, groups, rest.iter().product::<usize>() / groups]);
    let centred = x.clone() - x.mean_dim(2);
    let variance = centred.clone().square().mean_dim(2);
    let normal = centred / (variance + epsilon).sqrt();
    normal.reshape(dims) * scale + shift
}

/// The mean over neighbouring channels is an average pooling that takes them for rows.
pub(super) fn lrn(x: Tensor<4>, size: usize, [alpha, beta, k]: [f64; 3]) -> Tensor<4> {
    let dims @ [batch, channels, height, width] = x.dims();
    let squares: Tensor<4> = x.clone().square().reshape([batch, 1, channels, height * width]);
    let options = AvgPoolOptions::new([size, 1]).with_stride([1; 2]).with_padding([size / 2, 0]);
    let mean = module::avg_pool2d(squares, options);
    x * (mean * alpha + k).powf_scalar(-beta).reshape(dims)
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
        Unary::Gelu => activation::gelu(x),
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
        // Burn 0.22 rounds the gradient of a division by a number to single precision.
        Binary::Div => left * right.recip(),
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

/// Reduces all numbers to one, those of every image of the batch; a tie of extremes sends its gradient to the first of them.
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

/// What each image has of a value, in a row: `[B, C * H * W]`.
pub(super) fn rows(x: Tensor<4>) -> Tensor<2> {
    let [batch, rest @ ..] = x.dims();
    x.reshape([batch, rest.iter().product()])
}

/// A parameter `[1, C, 1, 1]` as Burn's layers want it: `[C]`.
pub(super) fn channels(x: Tensor<4>) -> Tensor<1> {
    let [_, channels, ..] = x.dims();
    x.reshape([channels])
}
