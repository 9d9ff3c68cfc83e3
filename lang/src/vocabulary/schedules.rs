//! The schedules of the learning rate that a spec can name, and their arguments.

use super::{Arg, ArgValue, Bound, Callable, Type};

const FACTOR: Type = Type::Real { min: 0.0, max: 1.0 };

/// Every schedule a spec can name.
pub const CALLABLES: &[Callable] = &[
    Callable { name: "constant", about: "the optimizer's learning rate from the first step to the last", args: &[] },
    Callable {
        name: "steps",
        about: "times a factor behind each of some epochs, which count from the start of the run, those of a warm-up included",
        args: &[
            Arg::required("at", Type::Reals, "the epochs, in a list: from 1 on, those of a warm-up counted in"),
            Arg::with("factor", FACTOR, ArgValue::Real(0.1), "what the rate is multiplied by"),
        ],
    },
    Callable {
        name: "cosine",
        about: "down along half a cosine, over all epochs behind the warm-up (Loshchilov & Hutter, 2017)",
        args: &[Arg::with("to", FACTOR, ArgValue::Real(0.0), "where it ends, as a share of the optimizer's rate")],
    },
    Callable {
        name: "plateau",
        about: "times a factor where the validation's cross-entropy no longer falls; without one, the training's",
        args: &[
            Arg::with("factor", FACTOR, ArgValue::Real(0.1), "what the rate is multiplied by"),
            Arg::with(
                "patience",
                Type::Count { min: 0, max: 1_000_000 },
                ArgValue::Count(10),
                "so many epochs may pass without a cross-entropy below the lowest by a ten-thousandth",
            ),
        ],
    },
];

/// A line for the user on how a schedule counts the epochs of a warm-up, where there is one and something to count.
pub fn beside_warmup(schedule: &Bound, warmup: usize) -> Option<&'static str> {
    match schedule.callee {
        _ if warmup == 0 => None,
        "steps" => Some("`steps` counts the epochs of the warm-up in"),
        "cosine" => Some("`cosine` begins behind the epochs of the warm-up"),
        "plateau" => Some("`plateau` watches the epochs of the warm-up too"),
        _ => None,
    }
}

/// The schedule of a spec that names none.
pub const DEFAULT: Bound = Bound { callee: "constant", values: Vec::new() };
