//! Parameters: what a net learns, and what it merely remembers.

use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParamId(pub usize);

/// One tensor of weights or statistics, shared by everything that names it.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Dotted and in PyTorch's manner: `W_L.weight`, `logits.bias`.
    pub name: String,
    /// In PyTorch's layout: `[out, in / groups, k, k]` of a convolution, `[in, out, k, k]` of a transposed one,
    /// `[out, in]` of a dense layer.
    pub shape: Vec<usize>,
    pub init: Init,
    pub class: ParamClass,
    /// The role of the branch arm that the weights drive.
    pub role: Option<Role>,
}

impl Param {
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bundle or layer it belongs to: `W_L` of `W_L.weight`.
    pub fn owner(&self) -> &str {
        self.name.rsplit_once('.').map_or(self.name.as_str(), |(owner, _)| owner)
    }
}

/// What a parameter is for; `weights` in a penalty means every kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamClass {
    Kernel,
    Bias,
    /// Scale or shift of a normalisation, gain of a channel.
    Norm,
    /// A running statistic: kept with the weights, never trained.
    Statistic,
}

impl ParamClass {
    pub fn trained(self) -> bool {
        self != ParamClass::Statistic
    }
}

impl fmt::Display for ParamClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ParamClass::Kernel => "kernel",
            ParamClass::Bias => "bias",
            ParamClass::Norm => "norm",
            ParamClass::Statistic => "statistic",
        })
    }
}

/// How a parameter starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    Constant(f64),
    /// Uniform between plus and minus the bound.
    Uniform(f64),
}

impl Init {
    /// PyTorch's default for convolutions and dense layers: uniform within `1 / sqrt(fan_in)`.
    pub fn fan_in(fan_in: usize) -> Self {
        Init::Uniform(1.0 / (fan_in.max(1) as f64).sqrt())
    }
}

impl fmt::Display for Init {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Init::Constant(x) => write!(f, "{x}"),
            Init::Uniform(bound) => write!(f, "uniform ±{bound:.4}"),
        }
    }
}

/// Whether weights excite or inhibit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Excitatory,
    Inhibitory,
}

impl Role {
    pub const ALL: [Role; 2] = [Role::Excitatory, Role::Inhibitory];

    /// As it is written in front of a branch's arm.
    pub fn word(self) -> &'static str {
        match self {
            Role::Excitatory => "exc",
            Role::Inhibitory => "inh",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Excitatory => "excitatory",
            Role::Inhibitory => "inhibitory",
        })
    }
}
