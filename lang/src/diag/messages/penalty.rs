//! Penalties and the loss: what is added to the cross-entropy, and what that reaches.

use crate::diag::{Code, Diagnostic, Span};
use crate::ir::Shape;

/// The codes of penalties.
pub const CODES: &[&Code] =
    &[&NOT_A_NUMBER, &UNBOUNDED, &REACHES_NOTHING, &NEVER_APPLIED, &IN_EQUATION, &OWNS, &UNREACHED];

const NOT_A_NUMBER: Code = Code::error("L0501", "A penalty is added to the loss, so it is one number.");
const UNBOUNDED: Code = Code::warning(
    "L0502",
    "unbounded",
    "A penalty that can fall for ever is minimised by letting the weights grow for ever; the paper sees it hurt. Bounds are \
     known of many penalties, but not of all that have one.",
);
const REACHES_NOTHING: Code = Code::warning(
    "L0503",
    "reaches_nothing",
    "A penalty that no weight changes adds a constant to the loss and trains nothing.",
);
const NEVER_APPLIED: Code = Code::error("L0504", "A bundle has weights once it is applied to something.");
const IN_EQUATION: Code = Code::error(
    "L0505",
    "A sum or mean runs over the whole batch; in an equation it would let one image change another's answer.",
);
const OWNS: Code = Code::error("L0506", "A penalty judges weights and activities; it has no weights of its own.");
const UNREACHED: Code =
    Code::warning("L0507", "unreached", "Weights that the output does not depend on learn nothing from the images.");

/// A penalty that is not one number.
pub fn not_a_number(name: &str, found: &Shape, span: Span) -> Diagnostic {
    Diagnostic::new(&NOT_A_NUMBER, format!("penalty `{name}` must be one number, found {found}"))
        .label(span, format!("this is {found}"))
        .help("reduce it with `sum(…)`, `mean(…)` or `l1(…)`")
}

/// Many tensors, such as `weights`, where one is needed.
pub fn group(name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&NOT_A_NUMBER, format!("`{name}` stands for many tensors, where one is needed"))
        .label(span, "every kernel of the net")
        .help("reduce it with `sum(…)`, `mean(…)` or `l1(…)`")
}

/// A penalty for which no lower bound is known; `falls` is true where it is known to have none.
pub fn unbounded(name: &str, span: Span, falls: bool, suggestion: Option<&str>) -> Diagnostic {
    let (message, label) = match falls {
        true => (format!("penalty `{name}` is unbounded below"), "falls for ever as weights grow"),
        false => (format!("no lower bound is known for penalty `{name}`"), "may fall for ever as weights grow"),
    };
    let help = match (suggestion, falls) {
        (Some(call), _) => format!("use one that saturates, such as `{call}`"),
        (None, true) => {
            "weights stay small where a penalty grows with them, as `1e-3 * l2(weights)` does; where they are to grow, \
                         bound it, as `tanh(…)` does"
                .to_owned()
        }
        (None, false) => {
            "if it has one, write `allow unbounded`; if not, bound what is to grow, as `tanh(…)` does".to_owned()
        }
    };
    Diagnostic::new(&UNBOUNDED, message).label(span, label).help(help)
}

/// A penalty that no weight changes.
pub fn reaches_nothing(name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&REACHES_NOTHING, format!("penalty `{name}` reaches no weight"))
        .label(span, "the same whatever is learned")
        .help("name a bundle, `weights` or a feature map in it, or remove it")
}

/// A bundle in a penalty that is never applied, and so has no weights.
pub fn never_applied(bundle: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&NEVER_APPLIED, format!("`{bundle}` is never applied, so it has no weights to penalise"))
        .label(span, "no weights")
        .help(format!("apply it in an equation, as in `{bundle} * x`"))
}

/// A reduction over the whole batch in an equation.
pub fn in_equation(function: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&IN_EQUATION, format!("`{function}` stands in an equation"))
        .label(span, "runs over the whole batch")
        .help("use it in a `penalty`; for a mean over each map there is `global_avg_pool`")
}

/// A penalty with a layer that has weights of its own.
pub fn owns(name: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&OWNS, format!("penalty `{name}` has a layer with weights of its own"))
        .label(span, "would learn to please the penalty")
        .help("give the layer an equation of its own and penalise that")
}

/// A bundle that the output does not depend on.
pub fn unreached(bundle: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&UNREACHED, format!("the output does not depend on `{bundle}`"))
        .label(span, "learns nothing from the images")
        .help("use what it gives in the equations that lead to the output")
}
