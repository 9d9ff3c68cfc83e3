//! The optimizers that a spec can name, and their arguments.

use super::{Arg, ArgValue, Bound, Callable, Type};

/// The largest learning rate: one above it only ever overflows. Below it a run may still diverge, and is told so.
const LARGEST: f64 = 1e30;

const LR: &str = "learning rate: how far a weight moves along its update";

const fn rate(default: f64) -> Arg {
    Arg::with("lr", Type::Real { min: 0.0, max: LARGEST }, ArgValue::Real(default), LR)
}

const fn share(name: &'static str, default: f64, about: &'static str) -> Arg {
    // One itself would never forget, and Adam would divide by zero.
    Arg::with(name, Type::Real { min: 0.0, max: 0.999_999 }, ArgValue::Real(default), about)
}

const fn decay(default: f64, about: &'static str) -> Arg {
    Arg::with("weight_decay", Type::Real { min: 0.0, max: LARGEST }, ArgValue::Real(default), about)
}

const EPSILON: Arg = Arg::with(
    "epsilon",
    Type::Real { min: 1e-30, max: 1.0 },
    ArgValue::Real(1e-8),
    "added to the root of the squared gradients' average before dividing by it",
);
const BETA1: Arg = share("beta1", 0.9, "how much of the gradients' running average a step keeps");
const BETA2: Arg = share("beta2", 0.999, "how much of the squared gradients' running average a step keeps");
const L2: &str = "this many times the weight is added to its gradient";

/// Every optimizer a spec can name.
pub const CALLABLES: &[Callable] = &[
    Callable {
        name: "sgd",
        about: "stochastic gradient descent with momentum",
        args: &[rate(1e-2), share("momentum", 0.9, "how much of its last movement a weight keeps"), decay(0.0, L2)],
    },
    Callable {
        name: "adam",
        about: "steps scaled by running averages of the gradient and its square (Kingma & Ba, 2015)",
        args: &[rate(1e-3), BETA1, BETA2, EPSILON, decay(0.0, L2)],
    },
    Callable {
        name: "adamw",
        about: "Adam with decoupled weight decay (Loshchilov & Hutter, 2019)",
        args: &[
            rate(1e-3),
            BETA1,
            BETA2,
            EPSILON,
            decay(1e-2, "each step takes lr times this share off a weight, beside its update"),
        ],
    },
];

/// The optimizer of a spec that names none, written without arguments: as everywhere, what is not written has its
/// default.
pub const DEFAULT: Bound = Bound { callee: "sgd", values: Vec::new() };

/// The call of an optimizer with every argument that it leaves out at its declared default, in declared order.
///
/// # Panics
/// If the call names none of [`CALLABLES`]; no spec can bring that about.
pub fn complete(call: &Bound) -> Bound {
    let Some(declared) = CALLABLES.iter().find(|callable| callable.name == call.callee) else {
        unreachable!("no optimizer is called `{}`", call.callee)
    };
    call.completed(declared.args)
}

/// The number of numbers that an optimizer remembers of each weight that it moves.
pub fn remembered(call: &Bound) -> usize {
    match call.callee {
        "sgd" => usize::from(complete(call).real("momentum") > 0.0),
        // The averages of the gradient and of its square.
        _ => 2,
    }
}
