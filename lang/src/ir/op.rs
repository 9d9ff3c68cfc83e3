//! Statements and primitives.
//!
//! A net is a list of statements, and a statement is a node or a loop. A node applies one primitive, an [`Op`], to
//! values and parameters and makes one value. What loops mean stands at the head of [`ir`](super).

use super::{Binary, Padding, ParamId, Pool, Reduce, Shape, Unary, Upsampling};
use crate::vocabulary::real;

/// The number of a value of a net: its index in a back end's table of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(pub usize);

impl Value {
    /// The image.
    pub const INPUT: Value = Value(0);
}

/// A statement of a body, the net's or a loop's.
#[derive(Clone, Debug, PartialEq)]
pub enum Stmt {
    Node(Node),
    Loop(Loop),
}

/// One primitive, applied: it makes `value`, of `shape`, from what `op` reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub value: Value,
    pub op: Op,
    pub shape: Shape,
    /// The equation whose value this is; none for an intermediate value.
    pub name: Option<String>,
}

/// A loop: its body is evaluated `steps` times, and its states carry values from each step to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Loop {
    pub name: String,
    /// How often the body is evaluated, at least once.
    pub steps: usize,
    pub states: Vec<State>,
    pub body: Vec<Stmt>,
    pub taps: Vec<Tap>,
}

impl Loop {
    /// The values that may be read behind the loop: the last value of each state, then the taps.
    pub fn makes(&self) -> impl Iterator<Item = Value> {
        self.states.iter().map(|state| state.last).chain(self.taps.iter().map(|tap| tap.outer))
    }
}

/// The value that an expression of a loop's body has at one step, handed to what stands behind the loop.
#[derive(Clone, Debug, PartialEq)]
pub struct Tap {
    /// The name with its step, as the spec writes it: `O@2`.
    pub name: String,
    /// The value in the body.
    pub inner: Value,
    /// The step, counted from 1.
    pub step: usize,
    /// The same value as it is read behind the loop.
    pub outer: Value,
}

/// What a loop remembers from one step to the next. Its four values have one shape.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub name: String,
    pub shape: Shape,
    /// The value at step 0, made before the loop.
    pub init: Value,
    /// The value as the body reads it: `init` at the first step, later `next` of the step before.
    pub current: Value,
    /// The value that `current` has at the following step, made in the body or read by it.
    pub next: Value,
    /// The value of `next` at the last step, as everything behind the loop reads it.
    pub last: Value,
}

/// A primitive: what a node computes.
///
/// Every back end matches every variant, without a wildcard, so that a new one makes the compiler list the places to
/// extend. In the formulas `C`, `H` and `W` are channels, height and width, `k` is the side of a square kernel, and the
/// batch, which no shape shows, comes first. Parameters have PyTorch's layouts, and so has the arithmetic unless it
/// says otherwise.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// A parameter as a value, for penalties and gains: a weight of the parameter's shape, the same for every image.
    Param(ParamId),
    /// A number that is known before the run: a scalar.
    Number(f64),
    /// A map or a vector of zeros for each image, of the node's shape.
    Zeros,
    /// A cross-correlation, the field's convolution, and a bias for each output channel: `[in, H, W]` with weights
    /// `[out, in / groups, k, k]` gives `[out, H', W']`. The channels fall into `groups` equal groups, and the outputs
    /// of one see the inputs of that one. `H' = floor((H + 2 p - k) / stride) + 1` for `p` pixels of [`Padding`] on
    /// each side.
    Conv { x: Value, weight: ParamId, bias: Option<ParamId>, stride: usize, padding: Padding, groups: usize },
    /// A transposed convolution, the gradient of a convolution as a layer: each pixel of `[in, H, W]` spreads its
    /// kernel of the weights `[in, out, k, k]` over `[out, H', W']`, where the spreads add up. `H'` is `H * stride`
    /// with [`Padding::Same`], `(H - 1) * stride + k` with [`Padding::Valid`].
    ConvTranspose { x: Value, weight: ParamId, bias: Option<ParamId>, stride: usize, padding: Padding },
    /// A convolution with kernels of its own at every position of the output: `[in, H, W]` with weights
    /// `[H', W', out, in, k, k]` gives `[out, H', W']`; the bias is one for each output channel.
    Local { x: Value, weight: ParamId, bias: Option<ParamId>, stride: usize, padding: Padding },
    /// A matrix and a bias: `[in]` with weights `[out, in]` gives `[out]`.
    Dense { x: Value, weight: ParamId, bias: Option<ParamId> },
    /// The largest value or the mean of each window of `kernel` pixels, height and width, in each channel: `[C, H, W]`
    /// gives `[C, H', W']`. Pixels of the padding are in no maximum and in no mean.
    Pool { kind: Pool, x: Value, kernel: [usize; 2], stride: usize, padding: Padding },
    /// A larger map: `[C, H, W]` gives `[C, H * factor, W * factor]`.
    Upsample { x: Value, factor: usize, mode: Upsampling },
    /// `scale * (x - m) / sqrt(v + epsilon) + shift` in each channel of `[C, H, W]`. In training `m` and `v` are the
    /// mean and the biased variance over the batch and all pixels, and the running statistics `mean` and `variance`
    /// move towards them (towards the unbiased variance) by the share `momentum`; otherwise they are the running
    /// statistics. Parameters are `[C]`.
    BatchNorm {
        x: Value,
        scale: ParamId,
        shift: ParamId,
        mean: ParamId,
        variance: ParamId,
        epsilon: f64,
        momentum: f64,
    },
    /// `scale * (x - m) / sqrt(v + epsilon) + shift`, where `m` and `v` are mean and biased variance over one of
    /// `groups` equal groups of channels and all its pixels, for each image by itself. Scale and shift are `[C]`.
    GroupNorm { x: Value, groups: usize, scale: ParamId, shift: ParamId, epsilon: f64 },
    /// `x / (k + alpha * mean(x^2))^beta`, the mean over `size` neighbouring channels at the same pixel; beyond the
    /// first and the last channel there are zeros, and they count.
    Lrn { x: Value, size: usize, alpha: f64, beta: f64, k: f64 },
    /// In training each entry is zero with probability `rate` and otherwise multiplied by `1 / (1 - rate)`; otherwise
    /// nothing happens to it. Every evaluation draws anew, each step of a loop too.
    Dropout { x: Value, rate: f64 },
    /// A function of each entry by itself; the shape stays.
    Unary { f: Unary, x: Value },
    /// A function of each entry of one value and the matching entry of the other. Shapes are equal, or one is a scalar,
    /// which goes with every entry, or a weight `[C]`, whose entries go with the channels of a map `[C, H, W]` or a
    /// vector `[C]`.
    Binary { f: Binary, left: Value, right: Value },
    /// One number, made of all entries, those of all images of the batch together: a scalar.
    Reduce { f: Reduce, x: Value },
    /// A map as a vector, channel by channel and row by row: `[C, H, W]` gives `[C * H * W]`.
    Flatten { x: Value },
    /// Maps of one height and width, or vectors, one behind the other along the channels.
    Concat { parts: Vec<Value> },
}

/// What a primitive applies kernels to, and how: a convolution of any kind, or a matrix, which is one kernel for all that it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernels {
    pub x: Value,
    pub weight: ParamId,
    pub bias: Option<ParamId>,
    /// Pixels from one window to the next; 1 of a matrix.
    pub stride: usize,
    /// What is put around a map; nothing around what a matrix reads.
    pub padding: Padding,
}

impl Op {
    /// The kernels of this primitive and what it applies them to; none of one that has no kernels, as a norm.
    pub fn kernels(&self) -> Option<Kernels> {
        match *self {
            Op::Conv { x, weight, bias, stride, padding, .. }
            | Op::ConvTranspose { x, weight, bias, stride, padding }
            | Op::Local { x, weight, bias, stride, padding } => Some(Kernels { x, weight, bias, stride, padding }),
            Op::Dense { x, weight, bias } => Some(Kernels { x, weight, bias, stride: 1, padding: Padding::Valid }),
            Op::Param(_)
            | Op::Number(_)
            | Op::Zeros
            | Op::Pool { .. }
            | Op::Upsample { .. }
            | Op::BatchNorm { .. }
            | Op::GroupNorm { .. }
            | Op::Lrn { .. }
            | Op::Dropout { .. }
            | Op::Unary { .. }
            | Op::Binary { .. }
            | Op::Reduce { .. }
            | Op::Flatten { .. }
            | Op::Concat { .. } => None,
        }
    }

    /// The values that this primitive reads, in the order in which they are written.
    pub fn reads(&self) -> Vec<Value> {
        match self {
            Op::Param(_) | Op::Number(_) | Op::Zeros => Vec::new(),
            Op::Conv { x, .. }
            | Op::ConvTranspose { x, .. }
            | Op::Local { x, .. }
            | Op::Dense { x, .. }
            | Op::Pool { x, .. }
            | Op::Upsample { x, .. }
            | Op::BatchNorm { x, .. }
            | Op::GroupNorm { x, .. }
            | Op::Lrn { x, .. }
            | Op::Dropout { x, .. }
            | Op::Unary { x, .. }
            | Op::Reduce { x, .. }
            | Op::Flatten { x } => vec![*x],
            Op::Binary { left, right, .. } => vec![*left, *right],
            Op::Concat { parts } => parts.clone(),
        }
    }

    /// The parameters that this primitive reads or, as running statistics, updates.
    pub fn params(&self) -> Vec<ParamId> {
        match self {
            Op::Param(id) => vec![*id],
            Op::Conv { weight, bias, .. }
            | Op::ConvTranspose { weight, bias, .. }
            | Op::Local { weight, bias, .. }
            | Op::Dense { weight, bias, .. } => std::iter::once(*weight).chain(*bias).collect(),
            Op::GroupNorm { scale, shift, .. } => vec![*scale, *shift],
            Op::BatchNorm { scale, shift, mean, variance, .. } => vec![*scale, *shift, *mean, *variance],
            Op::Number(_)
            | Op::Zeros
            | Op::Pool { .. }
            | Op::Upsample { .. }
            | Op::Lrn { .. }
            | Op::Dropout { .. }
            | Op::Unary { .. }
            | Op::Binary { .. }
            | Op::Reduce { .. }
            | Op::Flatten { .. }
            | Op::Concat { .. } => Vec::new(),
        }
    }

    /// This primitive over other values and parameters, each of which is given in place of its own.
    pub fn renumbered(&self, value: impl Fn(Value) -> Value, param: impl Fn(ParamId) -> ParamId) -> Op {
        let mut op = self.clone();
        match &mut op {
            Op::Param(id) => *id = param(*id),
            Op::Number(_) | Op::Zeros => {}
            Op::Conv { x, weight, bias, .. }
            | Op::ConvTranspose { x, weight, bias, .. }
            | Op::Local { x, weight, bias, .. }
            | Op::Dense { x, weight, bias } => {
                (*x, *weight, *bias) = (value(*x), param(*weight), bias.map(param));
            }
            Op::BatchNorm { x, scale, shift, mean, variance, .. } => {
                *x = value(*x);
                [scale, shift, mean, variance].into_iter().for_each(|id| *id = param(*id));
            }
            Op::GroupNorm { x, scale, shift, .. } => (*x, *scale, *shift) = (value(*x), param(*scale), param(*shift)),
            Op::Pool { x, .. }
            | Op::Upsample { x, .. }
            | Op::Lrn { x, .. }
            | Op::Dropout { x, .. }
            | Op::Unary { x, .. }
            | Op::Reduce { x, .. }
            | Op::Flatten { x } => *x = value(*x),
            Op::Binary { left, right, .. } => (*left, *right) = (value(*left), value(*right)),
            Op::Concat { parts } => parts.iter_mut().for_each(|part| *part = value(*part)),
        }
        op
    }

    /// The word for this primitive, that of a spec where a spec has one: `conv`, `max_pool`, `add`.
    pub fn word(&self) -> &'static str {
        match self {
            Op::Param(_) => "param",
            Op::Number(_) => "number",
            Op::Zeros => "zeros",
            Op::Conv { .. } => "conv",
            Op::ConvTranspose { .. } => "conv_transpose",
            Op::Local { .. } => "local",
            Op::Dense { .. } => "dense",
            Op::Pool { kind, .. } => kind.word(),
            Op::Upsample { .. } => "upsample",
            Op::BatchNorm { .. } => "batch_norm",
            Op::GroupNorm { .. } => "group_norm",
            Op::Lrn { .. } => "lrn",
            Op::Dropout { .. } => "dropout",
            Op::Unary { f, .. } => f.word(),
            Op::Binary { f, .. } => f.word(),
            Op::Reduce { f, .. } => f.word(),
            Op::Flatten { .. } => "flatten",
            Op::Concat { .. } => "concat",
        }
    }

    /// Everything else about this primitive, as it is printed behind its word and what it reads: `kernel 2x2`, `stride
    /// 1`.
    pub fn settings(&self) -> Vec<String> {
        let strided =
            |stride: &usize, padding: &Padding| vec![format!("stride {stride}"), format!("padding {}", padding.word())];
        match self {
            Op::Number(x) => vec![real(*x)],
            Op::Conv { stride, padding, groups: 1, .. }
            | Op::ConvTranspose { stride, padding, .. }
            | Op::Local { stride, padding, .. } => strided(stride, padding),
            Op::Conv { stride, padding, groups, .. } => {
                strided(stride, padding).into_iter().chain([format!("groups {groups}")]).collect()
            }
            Op::Pool { kernel: [h, w], stride, padding, .. } => {
                // Pools are rarely padded, and what is usual is not printed.
                let padding = (*padding == Padding::Same).then(|| "padding same".to_owned());
                [format!("kernel {h}x{w}"), format!("stride {stride}")].into_iter().chain(padding).collect()
            }
            Op::Upsample { factor, mode, .. } => vec![format!("factor {factor}"), mode.word().to_owned()],
            Op::BatchNorm { epsilon, momentum, .. } => {
                vec![format!("epsilon {}", real(*epsilon)), format!("momentum {momentum}")]
            }
            Op::GroupNorm { groups, epsilon, .. } => {
                vec![format!("groups {groups}"), format!("epsilon {}", real(*epsilon))]
            }
            Op::Lrn { size, alpha, beta, k, .. } => {
                let [alpha, beta, k] = [alpha, beta, k].map(|x| real(*x));
                vec![format!("size {size}"), format!("alpha {alpha}"), format!("beta {beta}"), format!("k {k}")]
            }
            Op::Dropout { rate, .. } => vec![format!("rate {rate}")],
            Op::Param(_)
            | Op::Zeros
            | Op::Dense { .. }
            | Op::Unary { .. }
            | Op::Binary { .. }
            | Op::Reduce { .. }
            | Op::Flatten { .. }
            | Op::Concat { .. } => Vec::new(),
        }
    }
}
