//! The primitives. Every back end matches every one of them, without a wildcard.

use super::{Binary, Padding, ParamId, Pool, Reduce, Shape, Unary, Upsampling};

/// A value's place in a back end's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(pub usize);

impl Value {
    /// The image.
    pub const INPUT: Value = Value(0);
}

/// One step of a body.
#[derive(Clone, Debug, PartialEq)]
pub enum Stmt {
    Node(Node),
    Loop(Loop),
}

/// One primitive applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub value: Value,
    pub op: Op,
    pub shape: Shape,
    /// The equation it is the value of.
    pub name: Option<String>,
}

/// A loop: its body runs `steps` times, states carrying over from step to step.
#[derive(Clone, Debug, PartialEq)]
pub struct Loop {
    pub name: String,
    pub steps: usize,
    pub states: Vec<State>,
    pub body: Vec<Stmt>,
    pub taps: Vec<Tap>,
}

/// A value of a loop's body at one step, as everything behind the loop reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tap {
    /// `O@2`
    pub name: String,
    pub inner: Value,
    /// From 1.
    pub step: usize,
    pub outer: Value,
}

/// What a loop remembers.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    pub name: String,
    pub shape: Shape,
    /// Its value at step 0, made before the loop.
    pub init: Value,
    /// Its value as the body reads it: that of the step before.
    pub current: Value,
    /// The body's value that becomes `current` at the next step.
    pub next: Value,
    /// Its value after the last step, as everything behind the loop reads it.
    pub last: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// A parameter as a value, for penalties and gains.
    Param(ParamId),
    Number(f64),
    /// A map or a vector of zeros for each image.
    Zeros,
    /// The channels fall into as many groups as there are, and each output sees one of them.
    Conv {
        x: Value,
        weight: ParamId,
        bias: Option<ParamId>,
        stride: usize,
        padding: Padding,
        groups: usize,
    },
    /// A convolution's gradient as a layer: each pixel spreads a kernel over the output.
    ConvTranspose {
        x: Value,
        weight: ParamId,
        bias: Option<ParamId>,
        stride: usize,
        padding: Padding,
    },
    /// A convolution with kernels of its own at every position of the output.
    Local {
        x: Value,
        weight: ParamId,
        bias: Option<ParamId>,
        stride: usize,
        padding: Padding,
    },
    Dense {
        x: Value,
        weight: ParamId,
        bias: Option<ParamId>,
    },
    Pool {
        kind: Pool,
        x: Value,
        kernel: [usize; 2],
        stride: usize,
        padding: Padding,
    },
    Upsample {
        x: Value,
        factor: usize,
        mode: Upsampling,
    },
    BatchNorm {
        x: Value,
        scale: ParamId,
        shift: ParamId,
        mean: ParamId,
        variance: ParamId,
        epsilon: f64,
        momentum: f64,
    },
    /// Each group of channels of an image to mean 0 and variance 1, over all its pixels; scale and shift are `[C]`.
    GroupNorm {
        x: Value,
        groups: usize,
        scale: ParamId,
        shift: ParamId,
        epsilon: f64,
    },
    /// `x / (k + alpha * mean(x^2))^beta`, the mean over `size` neighbouring channels; beyond the first and the last
    /// there are zeros, and they count.
    Lrn {
        x: Value,
        size: usize,
        alpha: f64,
        beta: f64,
        k: f64,
    },
    /// While training, each entry is zero with probability `rate` and the others grow by `1 / (1 - rate)`.
    Dropout {
        x: Value,
        rate: f64,
    },
    Unary {
        f: Unary,
        x: Value,
    },
    /// Entry by entry. A scalar goes with anything; a weight `[C]` goes with the channels of a map `[C, H, W]`
    /// and with a vector `[C]`.
    Binary {
        f: Binary,
        left: Value,
        right: Value,
    },
    /// To one number, over everything, the batch included.
    Reduce {
        f: Reduce,
        x: Value,
    },
    /// A map as a vector, channel by channel, row by row.
    Flatten {
        x: Value,
    },
    /// Along the channels.
    Concat {
        parts: Vec<Value>,
    },
}

impl Op {
    /// The values it reads.
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

    /// The parameters it reads.
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

    /// What it does, in the words of a spec.
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
}
