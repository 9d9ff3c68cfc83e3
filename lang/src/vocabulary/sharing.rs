//! The rules by which a sleep makes the kernels of one module alike (Pogodin et al., 2021, section 4).

use super::{Arg, ArgValue, Bound, Callable, Type};

/// A time in a circuit.
const TIME: Type = Type::Milliseconds { min: 1e-3, max: 1e6 };
const COUNT: Type = Type::Count { min: 1, max: 1_000_000 };

const ETA: Arg = Arg::with(
    "eta",
    Type::Real { min: 0.0, max: 1e6 },
    ArgValue::Real(0.1),
    "step of the weights; above 2 over the largest eigenvalue of the inputs' covariance they diverge",
);
const GAMMA: Arg = Arg::with(
    "gamma",
    Type::Real { min: 0.0, max: 1e6 },
    ArgValue::Real(1e-5),
    "pull of each weight towards what it was when the sleep began",
);
const NOISE: Arg = Arg::with(
    "noise",
    Type::Real { min: 0.0, max: 1e6 },
    ArgValue::Real(0.0),
    "standard deviation of what differs between the places of a module in what they see; the patterns have 1",
);

/// Every rule.
pub const CALLABLES: &[Callable] = &[
    Callable { name: "mean", about: "every kernel becomes the mean of its module at once", args: &[] },
    Callable {
        name: "hebbian",
        about: "Gaussian patterns that are the same at all places of a module, and an anti-Hebbian rule (Eq. 4)",
        args: &[
            ETA,
            GAMMA,
            Arg::with("iterations", COUNT, ArgValue::Count(100), "steps of a sleep, each with patterns of its own"),
            Arg::with("patterns", COUNT, ArgValue::Count(128), "patterns that one step is the mean of"),
            NOISE,
        ],
    },
    Callable {
        name: "circuit",
        about: "excitatory neurons with one inhibitory neuron between them, whose rates follow each pattern in time (Eq. 8)",
        args: &[
            Arg::with("alpha", Type::Real { min: 0.0, max: 1e6 }, ArgValue::Real(10.0), "strength of the inhibition"),
            Arg::with("tau", TIME, ArgValue::Real(30.0), "time constant of all neurons"),
            Arg::with("present", TIME, ArgValue::Real(150.0), "time for which a pattern is seen"),
            Arg::with("dt", TIME, ArgValue::Real(1.0), "time from one step of the integration to the next"),
            Arg::with(
                "bias",
                Type::Real { min: -1e6, max: 1e6 },
                ArgValue::Real(1.0),
                "drive of the excitatory neurons",
            ),
            Arg::with(
                "eta",
                Type::Real { min: 0.0, max: 1e6 },
                ArgValue::Real(1e-4),
                "step of the weights over the time of a pattern; above 2 over `n + 2`, for kernels of `n` weights, they diverge",
            ),
            GAMMA,
            Arg::with("iterations", COUNT, ArgValue::Count(2_000), "patterns of a sleep, one after the other"),
            NOISE,
        ],
    },
];

/// The rule of a sleep that says nothing else.
pub const DEFAULT: Bound = Bound { callee: "mean", values: Vec::new() };

/// The call of a rule with every argument that it leaves out at its declared default, in declared order.
///
/// # Panics
/// If the call names none of [`CALLABLES`]; no spec can bring that about.
pub fn complete(call: &Bound) -> Bound {
    let Some(declared) = CALLABLES.iter().find(|callable| callable.name == call.callee) else {
        unreachable!("no rule is called `{}`", call.callee)
    };
    call.completed(declared.args)
}
