//! The arguments of every layer that owns weights: how they start, and what training may do to them.

use crate::ir::{Fault, Init, Param, ParamClass, Sign, one_kernel};
use crate::vocabulary::{Arg, ArgValue, Bound, Callable, Type};

/// The arguments of layers whose weights meet many inputs at once.
pub const KERNEL: &[Arg] = &[INIT, SIGN, FROZEN, LR, PER_STEP];
/// The arguments of layers with one weight a channel.
pub const GAIN: &[Arg] = &[SIGN, FROZEN, LR, PER_STEP];
pub const NORM: &[Arg] = &[FROZEN, LR, PER_STEP];

const INIT: Arg = Arg::with(
    "init",
    Type::Call(INITS),
    ArgValue::Call(Bound { callee: "fan_in", values: Vec::new() }),
    "what the kernel starts with; biases keep PyTorch's default",
);
const SIGN: Arg = Arg::optional(
    "sign",
    Type::Word(&[Sign::Nonnegative.word(), Sign::Nonpositive.word()]),
    "the side of zero that the weights keep to, biases excepted; both unless given",
);
const FROZEN: Arg =
    Arg::optional("frozen", Type::Bool, "the layer keeps its initial parameters; running statistics go on");
const LR: Arg =
    Arg::optional("lr", Type::Real { min: 1e-6, max: 1e6 }, "a factor on the learning rate of all its parameters");

const PER_STEP: Arg =
    Arg::optional("per_step", Type::Bool, "in a loop: parameters and statistics of their own at each step");

const fn number(min: f64) -> Type {
    Type::Real { min, max: 1e6 }
}

/// Every way a kernel can start by itself.
const STARTS: &[Callable] = &[FAN_IN, ZEROS, ONES, CONSTANT, NORMAL, UNIFORM, HE, GLOROT, GABOR];

/// Every way a kernel can start.
pub const INITS: &[Callable] = &[FAN_IN, ZEROS, ONES, CONSTANT, NORMAL, UNIFORM, HE, GLOROT, GABOR, SHARED];

const FAN_IN: Callable =
    Callable { name: "fan_in", about: "uniform within `1 / sqrt(fan_in)`, as PyTorch's layers start", args: &[] };
const ZEROS: Callable = Callable { name: "zeros", about: "every weight 0", args: &[] };
const ONES: Callable = Callable { name: "ones", about: "every weight 1", args: &[] };
const CONSTANT: Callable = Callable {
    name: "constant",
    about: "every weight the same",
    args: &[Arg::required("value", number(-1e6), "what every weight is")],
};
const NORMAL: Callable = Callable {
    name: "normal",
    about: "normally distributed",
    args: &[
        Arg::required("sd", number(0.0), "standard deviation of the weights"),
        Arg::with("mean", number(-1e6), ArgValue::Real(0.0), "mean of the weights"),
    ],
};
const UNIFORM: Callable = Callable {
    name: "uniform",
    about: "uniform between plus and minus a bound",
    args: &[Arg::required("bound", number(0.0), "largest absolute value")],
};
const HE: Callable = Callable {
    name: "he",
    about: "normal, sd `sqrt(2 / fan)` (He et al., 2015)",
    args: &[Arg::with(
        "fan",
        Type::Word(&["in", "out"]),
        ArgValue::Word("in"),
        "`in`: inputs of one output, which keeps activity; `out`: outputs of one input, which keeps gradients",
    )],
};
const GLOROT: Callable = Callable {
    name: "glorot",
    about: "uniform within `sqrt(6 / (fan_in + fan_out))` (Glorot & Bengio, 2010)",
    args: &[],
};
const GABOR: Callable = Callable {
    name: "gabor",
    about: "a bank of oriented filters, for a first layer (Daugman, 1985; Jones & Palmer, 1987)",
    args: &[
        // Two pixels are the shortest wave there is, and its sine is zero at every pixel.
        Arg::with("wavelength", Type::Real { min: 2.5, max: 1e3 }, ArgValue::Real(4.0), "of the wave, in pixels"),
        Arg::optional(
            "sigma",
            Type::Real { min: 0.5, max: 1e3 },
            "standard deviation of the envelope across the wave's stripes, in pixels; half the wavelength unless given",
        ),
        Arg::with(
            "aspect",
            Type::Real { min: 0.05, max: 4.0 },
            ArgValue::Real(0.5),
            "that deviation over the one along the stripes",
        ),
    ],
};
const SHARED: Callable = Callable {
    name: "shared",
    about: "for `local`: one kernel at all positions, which differs a little from one to the next",
    args: &[
        Arg::required("start", Type::Call(STARTS), "what that one kernel starts with: `he`, `he(fan: out)`"),
        Arg::with(
            "spread",
            Type::Real { min: 0.0, max: 1e3 },
            ArgValue::Real(0.1),
            "normally distributed differences of each weight at each position, in standard deviations of that kernel's weights",
        ),
    ],
};

/// What the author of a layer asks of its weights.
#[derive(Clone, Copy, Debug)]
pub struct Traits<'a> {
    init: Option<&'a Bound>,
    sign: Option<Sign>,
    frozen: bool,
    lr: f64,
    /// Whether, in a loop, each step has parameters of its own.
    pub per_step: bool,
}

impl<'a> Traits<'a> {
    /// The traits that a layer's arguments ask for.
    pub fn of(args: &'a Bound) -> Self {
        Self {
            init: args.maybe_call("init"),
            sign: args.maybe_word("sign").and_then(Sign::named),
            frozen: args.maybe_bool("frozen").unwrap_or(false),
            lr: args.maybe_real("lr").unwrap_or(1.0),
            per_step: args.maybe_bool("per_step").unwrap_or(false),
        }
    }

    /// A parameter of the layer with the traits that concern its class.
    pub fn given_to(&self, mut param: Param) -> Result<Param, Fault> {
        match param.class {
            ParamClass::Kernel => {
                match self.init {
                    Some(call) if call.callee == SHARED.name => {
                        let (_, one) = one_kernel(&param.shape);
                        if one.len() == param.shape.len() {
                            return Err(Fault::Placeless);
                        }
                        param.init = init(call.call("start"), one)?;
                        param.spread = Some(call.real("spread"));
                    }
                    Some(call) => param.init = init(call, &param.shape)?,
                    None => {}
                }
                param.sign = self.sign;
            }
            ParamClass::Norm => param.sign = self.sign,
            ParamClass::Bias => {}
            ParamClass::Statistic => return Ok(param),
        }
        Ok(Param { frozen: self.frozen, lr: self.lr, ..param })
    }
}

/// The initial values that a call such as `he(fan: out)` names, for a weight of that shape. Shapes are PyTorch's, and
/// fans are counted as PyTorch counts them.
fn init(call: &Bound, shape: &[usize]) -> Result<Init, Fault> {
    let (_, one) = one_kernel(shape);
    let fan = |n: usize| one[n] * one[2..].iter().product::<usize>();
    let (fan_in, fan_out) = (fan(1), fan(0));
    Ok(match call.callee {
        "fan_in" => Init::fan_in(fan_in),
        "zeros" => Init::Constant(0.0),
        "ones" => Init::Constant(1.0),
        "constant" => Init::Constant(call.real("value")),
        "normal" => Init::Normal { mean: call.real("mean"), sd: call.real("sd") },
        "uniform" => Init::Uniform(call.real("bound")),
        "he" => {
            let fan = if call.word("fan") == "in" { fan_in } else { fan_out };
            Init::Normal { mean: 0.0, sd: (2.0 / fan.max(1) as f64).sqrt() }
        }
        "glorot" => Init::Uniform((6.0 / (fan_in + fan_out).max(1) as f64).sqrt()),
        "gabor" => match shape {
            // Less than three pixels wide, the even filters of zero mean are nothing.
            [_, _, height, width] if *height.min(width) >= 3 => {
                let wavelength = call.real("wavelength");
                let sigma = call.maybe_real("sigma").unwrap_or(wavelength / 2.0);
                Init::Gabor { wavelength, sigma, aspect: call.real("aspect") }
            }
            _ => return Err(Fault::Unfiltered { shape: shape.to_vec() }),
        },
        other => unreachable!("no initial values are called `{other}`"),
    })
}
