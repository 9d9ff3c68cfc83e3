//! The primitives. Every back end matches every one of them, without a wildcard.

use super::{ParamId, Shape};

/// A value's place in a back end's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(pub usize);

impl Value {
    /// The image.
    pub const INPUT: Value = Value(0);
}

/// One step of a body.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Node(Node),
    Loop(Region),
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
pub struct Region {
    pub name: String,
    pub steps: usize,
    pub states: Vec<State>,
    pub body: Vec<Step>,
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
    Conv {
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
    /// While training, each entry is zero with probability `rate` and the others grow by `1 / (1 - rate)`.
    Dropout {
        x: Value,
        rate: f64,
    },
    Unary {
        f: Unary,
        x: Value,
    },
    /// Entry by entry. A scalar goes with anything; a weight `[C]` goes with the channels of a map `[C, H, W]`.
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
            Op::Param(_) | Op::Number(_) => Vec::new(),
            Op::Conv { x, .. }
            | Op::Dense { x, .. }
            | Op::Pool { x, .. }
            | Op::BatchNorm { x, .. }
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
            Op::Conv { weight, bias, .. } | Op::Dense { weight, bias, .. } => {
                std::iter::once(*weight).chain(*bias).collect()
            }
            Op::BatchNorm { scale, shift, mean, variance, .. } => vec![*scale, *shift, *mean, *variance],
            Op::Number(_)
            | Op::Pool { .. }
            | Op::Dropout { .. }
            | Op::Unary { .. }
            | Op::Binary { .. }
            | Op::Reduce { .. }
            | Op::Flatten { .. }
            | Op::Concat { .. } => Vec::new(),
        }
    }
}

/// What stands around a map before a kernel runs over it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Zeros, half a kernel wide on every side: at stride 1 the output is as large as the input.
    Same,
    /// Nothing: the output shrinks by the kernel less one.
    Valid,
}

impl Padding {
    /// Pixels of zeros on each side, for a kernel of odd size.
    pub fn pixels(self, kernel: usize) -> usize {
        match self {
            Padding::Same => kernel / 2,
            Padding::Valid => 0,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    Max,
    Average,
}

impl Pool {
    pub fn word(self) -> &'static str {
        match self {
            Pool::Max => "max_pool",
            Pool::Average => "avg_pool",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    Negate,
    Abs,
    Exp,
    Log,
    Sqrt,
    Square,
    Relu,
    Tanh,
    Sigmoid,
    Softplus,
}

impl Unary {
    /// As it is called in a spec.
    pub fn word(self) -> &'static str {
        match self {
            Unary::Negate => "negate",
            Unary::Abs => "abs",
            Unary::Exp => "exp",
            Unary::Log => "log",
            Unary::Sqrt => "sqrt",
            Unary::Square => "square",
            Unary::Relu => "relu",
            Unary::Tanh => "tanh",
            Unary::Sigmoid => "sigmoid",
            Unary::Softplus => "softplus",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
}

impl Binary {
    pub fn word(self) -> &'static str {
        match self {
            Binary::Add => "add",
            Binary::Sub => "sub",
            Binary::Mul => "mul",
            Binary::Div => "div",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduce {
    Sum,
    Mean,
    Min,
    Max,
}

impl Reduce {
    pub fn word(self) -> &'static str {
        match self {
            Reduce::Sum => "sum",
            Reduce::Mean => "mean",
            Reduce::Min => "min",
            Reduce::Max => "max",
        }
    }
}
