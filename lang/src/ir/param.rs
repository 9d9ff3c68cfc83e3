//! Parameters: what a net learns, and what it merely remembers.

use std::fmt;

/// The number of a parameter: its index in [`Net::params`](super::Net::params).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParamId(pub usize);

/// One tensor of weights or statistics, shared by everything that names it.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// The dotted name, in PyTorch's manner: `W_L.weight`, `logits.bias`.
    pub name: String,
    /// The shape, in PyTorch's layout: `[out, in / groups, k, k]` of a convolution, `[in, out, k, k]` of a transposed
    /// one, `[out, in]` of a dense layer.
    pub shape: Vec<usize>,
    pub init: Init,
    /// Of kernels that differ from place to place: how far each weight is off one kernel, which `init` draws for all
    /// places, in standard deviations of that kernel's weights. Without it, each place draws a kernel of its own.
    pub spread: Option<f64>,
    pub class: ParamClass,
    /// The role of the branch arm that the weights drive.
    pub role: Option<Role>,
    /// The side of zero that its values keep to, from the first one on.
    pub sign: Option<Sign>,
    /// Whether the parameter keeps its initial values: it then has no gradient and no update.
    pub frozen: bool,
    /// A factor on the learning rate.
    pub lr: f64,
}

impl Param {
    /// A parameter that nothing binds in training.
    pub fn new(name: &str, shape: &[usize], init: Init, class: ParamClass) -> Self {
        let (name, shape) = (name.to_owned(), shape.to_vec());
        Self { name, shape, init, spread: None, class, role: None, sign: None, frozen: false, lr: 1.0 }
    }

    /// Whether training moves the parameter along its gradient.
    pub fn trained(&self) -> bool {
        self.class.trained() && !self.frozen
    }

    /// How many numbers the parameter has.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the parameter has no numbers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of the bundle or layer that the parameter belongs to: `W_L` for `W_L.weight`.
    pub fn owner(&self) -> &str {
        self.name.rsplit_once('.').map_or(self.name.as_str(), |(owner, _)| owner)
    }
}

impl fmt::Display for Param {
    /// What the parameter is and how it starts: `kernel, excitatory, nonnegative, lr x0.1, uniform ±0.0700`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.class)?;
        if let Some(role) = self.role {
            write!(f, ", {role}")?;
        }
        if let Some(sign) = self.sign {
            write!(f, ", {sign}")?;
        }
        if self.frozen {
            f.write_str(", frozen")?;
        }
        if self.lr != 1.0 {
            write!(f, ", lr x{}", crate::vocabulary::real(self.lr))?;
        }
        write!(f, ", {}", self.init)?;
        match self.spread {
            Some(spread) => write!(f, ", one kernel for all places, off by {} sd", crate::vocabulary::real(spread)),
            None => Ok(()),
        }
    }
}

/// A weight's shape taken apart: the places that have kernels of their own, height and width of a map, if it is one of
/// those; and the shape of the weights that one place has.
pub fn one_kernel(shape: &[usize]) -> (Option<[usize; 2]>, &[usize]) {
    match shape {
        &[height, width, ref one @ ..] if one.len() == 4 => (Some([height, width]), one),
        _ => (None, shape),
    }
}

/// What a parameter is for; `weights` in a penalty means every kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamClass {
    Kernel,
    Bias,
    /// Scale or shift of a normalisation, gain of a channel.
    Norm,
    /// A running statistic, which is kept with the weights and never trained.
    Statistic,
}

impl ParamClass {
    fn trained(self) -> bool {
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
    Normal {
        mean: f64,
        sd: f64,
    },
    /// A bank of oriented filters, lengths in pixels.
    Gabor {
        wavelength: f64,
        sigma: f64,
        aspect: f64,
    },
}

impl Init {
    /// PyTorch's default for convolutions and dense layers: uniform within `1 / sqrt(fan_in)`.
    pub fn fan_in(fan_in: usize) -> Self {
        Init::Uniform(1.0 / (fan_in.max(1) as f64).sqrt())
    }

    /// The standard deviation of the weights in a kernel `[out, in, k, k]`.
    pub fn sd(&self, one: &[usize]) -> f64 {
        match *self {
            Init::Constant(_) => 0.0,
            Init::Uniform(bound) => bound / 3f64.sqrt(),
            Init::Normal { sd, .. } => sd,
            // The weights of an output have the mean 0 and, as one vector, the length 1.
            Init::Gabor { .. } => (one.iter().skip(1).product::<usize>().max(1) as f64).sqrt().recip(),
        }
    }
}

impl fmt::Display for Init {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Init::Constant(x) => write!(f, "{x}"),
            Init::Uniform(bound) => write!(f, "uniform ±{}", rounded(*bound)),
            Init::Normal { mean: 0.0, sd } => write!(f, "normal ±{}", rounded(*sd)),
            Init::Normal { mean, sd } => write!(f, "normal {} ±{}", rounded(*mean), rounded(*sd)),
            Init::Gabor { wavelength, sigma, aspect } => {
                let [wavelength, sigma, aspect] = [*wavelength, *sigma, *aspect].map(crate::vocabulary::real);
                write!(f, "gabor of wavelength {wavelength} px, sigma {sigma} px, aspect {aspect}")
            }
        }
    }
}

/// A number with four places behind the point, or as many digits of something small.
fn rounded(x: f64) -> String {
    if x != 0.0 && x.abs() < 1e-2 { format!("{x:.3e}") } else { format!("{x:.4}") }
}

/// The side of zero that weights keep to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Nonnegative,
    Nonpositive,
}

impl Sign {
    pub const ALL: [Sign; 2] = [Sign::Nonnegative, Sign::Nonpositive];

    /// The word for the sign, as a spec writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Sign::Nonnegative => "nonnegative",
            Sign::Nonpositive => "nonpositive",
        }
    }

    /// The sign of that word, if it is one of a sign's.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sign| sign.word() == word)
    }

    /// A number, turned to this side of zero.
    pub fn fold(self, x: f64) -> f64 {
        match self {
            Sign::Nonnegative => x.abs(),
            Sign::Nonpositive => -x.abs(),
        }
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
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

    /// The word for the role, as it stands in front of a branch's arm.
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
