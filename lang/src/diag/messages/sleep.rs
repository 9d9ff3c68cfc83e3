//! The `sleep` block: which layers it is about, and whether it does what it says.

use crate::diag::{Code, Diagnostic, Span, among, counted, did_you_mean};
use crate::vocabulary::real;

/// The codes of sleep.
pub const CODES: &[&Code] = &[&NO_LOCAL_LAYER, &SHARES_NOTHING, &LONE_PLACES, &DIVERGES, &ONE_STEP];

const NO_LOCAL_LAYER: Code = Code::error(
    "L1001",
    "A sleep makes kernels of different positions alike, so what it shares has to hold a `local` layer: every other layer has the same \
     kernel at all positions.",
);
const SHARES_NOTHING: Code = Code::warning(
    "L1002",
    "shares_nothing",
    "A sleep that changes no weight takes time and does nothing: no layer has kernels of its own at each position, or all of \
     those layers are frozen.",
);
const LONE_PLACES: Code = Code::warning(
    "L1003",
    "lone_places",
    "In a grid, positions share that are as far apart as a kernel is wide. On a small map some of them have no other one at that \
     distance, and their kernels stay as they are.",
);
const DIVERGES: Code = Code::warning(
    "L1004",
    "sleep_diverges",
    "The weights of a sleep diverge where a step is larger than 2 over the largest eigenvalue of what the inputs bring about. With \
     new Gaussian patterns at each step that is `1 + (n + 1) / m` on average, for kernels of `n` weights and `m` patterns, of which \
     a circuit sees one at a time; `gamma` is added to it, and `noise` makes it larger. The rates of a circuit, which are integrated in steps of `dt`, diverge where `alpha` is at least `2 tau / dt - 1`.",
);

const ONE_STEP: Code = Code::warning(
    "L1005",
    "one_step",
    "The rates of a circuit are integrated in steps of `dt` for as long as a pattern is present, which is one step at least. A \
     pattern that is present for less than a step is seen for the whole of it, and its rates do not get near where they would settle.",
);

/// What has the name that stands under `share` in a spec, where it holds no `local` layer.
#[derive(Clone, Copy, Debug)]
pub enum Named<'a> {
    Nothing,
    /// A block or a function, in words; what it holds is there once for each call.
    Template(&'static str),
    /// A statement inside of a block or a loop: the word `block` or `loop`, and the name of that one.
    Inside(&'static str, &'a str),
    /// A const, and what it stands for.
    Const(&'a str),
    /// An equation, a bundle, or what else is part of the net.
    Other,
}

/// A name under `share` that holds no layer without weight sharing; `known` are the names that do.
pub fn no_local_layer(name: &str, named: Named<'_>, known: &[&str], span: Option<Span>) -> Diagnostic {
    let message = match named {
        Named::Nothing => format!("nothing in the net is called `{name}`, so there is no `local` layer of it to share"),
        Named::Template(what) => {
            format!("`{name}` is a {what}, a template that holds no `local` layer of its own to share")
        }
        Named::Inside(what, of) => {
            format!(
                "`{name}` is a name inside of the {what} `{of}`, and `share` sees only names outside of blocks and loops"
            )
        }
        Named::Const(word) => {
            format!(
                "`{name}` is a const that stands for `{word}`, and no part of the net, so it holds no `local` layer to share"
            )
        }
        Named::Other => format!("`{name}` holds no `local` layer to share"),
    };
    let help = match (known, named) {
        ([], _) => "the net has no `local` layer: leave `sleep` out, or write `local` for a `conv`".to_owned(),
        (known, Named::Template(what) | Named::Inside(what @ "block", _)) => {
            format!("name an equation that calls the {what}: write {}, or `share: all`", among(known.iter().copied()))
        }
        (known, _) => format!("write {}, or `share: all`", among(known.iter().copied())),
    };
    let meant = if matches!(named, Named::Nothing) { did_you_mean(name, known.iter().copied()) } else { None };
    let help = meant.map_or(help, |meant| format!("did you mean `{meant}`?"));
    labelled(Diagnostic::new(&NO_LOCAL_LAYER, message), span, "is to share its kernels").help(help)
}

/// A sleep in which no weight changes; `frozen` layers could share and are not trained.
pub fn shares_nothing(frozen: usize, span: Option<Span>) -> Diagnostic {
    let (message, help) = match frozen {
        0 => (
            "nothing comes to be alike in a sleep of this net: it has no `local` layer".to_owned(),
            "write `every: 0`, or `local` for a `conv`; if it is meant, write `allow shares_nothing`",
        ),
        n => {
            let all = if n == 1 {
                "the `local` layer that it is about is".to_owned()
            } else {
                format!("all {n} `local` layers that it is about are")
            };
            (
                format!("nothing comes to be alike in a sleep of this net: {all} frozen"),
                "write `every: 0`, or take `frozen` away; if it is meant, write `allow shares_nothing`",
            )
        }
    };
    labelled(Diagnostic::new(&SHARES_NOTHING, message), span, "sleeps for nothing").help(help)
}

/// A block that does not say when the net sleeps, which then never happens.
pub fn never_comes(block: Span) -> Diagnostic {
    Diagnostic::new(&SHARES_NOTHING, "the net never sleeps: `sleep` does not say how often")
        .label(block, "has no `every`")
        .help("write `every: 10 batches`; if it is meant to stay awake, `every: 0`")
}

/// A pattern that is seen for less than a step of the integration.
pub fn is_one_step(present: f64, dt: f64, span: Option<Span>) -> Diagnostic {
    let [shown, step] = [present, dt].map(real);
    let message = format!("a pattern that is present for {shown} ms is integrated in one step of {step} ms");
    labelled(Diagnostic::new(&ONE_STEP, message), span, "is shorter than a step")
        .help("write a `present` of many steps, or a shorter `dt`; if it is meant, write `allow one_step`")
}

/// A rule that moves no weight, since its step is 0.
pub fn stands_still(rule: &str, span: Option<Span>) -> Diagnostic {
    let message = format!("nothing comes to be alike in a sleep of this net: `eta` of `{rule}` is 0");
    labelled(Diagnostic::new(&SHARES_NOTHING, message), span, "moves no weight")
        .help("write an `eta` above 0, or `every: 0`; if it is meant, write `allow shares_nothing`")
}

/// A layer in whose grid some places have no other one to share with.
pub fn lone_places(layer: &str, lone: usize, [height, width]: [usize; 2], span: Option<Span>) -> Diagnostic {
    let positions = counted(height * width, "position");
    let message = format!("{lone} of the {positions} of `{layer}` share their kernels with no other");
    labelled(Diagnostic::new(&LONE_PLACES, message), span, &format!("a grid on a map of {height}x{width}"))
        .help("write `modules: whole`, or leave the layer out of `share`")
}

/// A step of the weights with which they diverge.
///
/// `others` are what else can be done about it.
pub fn diverges(layer: &str, eta: f64, bound: f64, others: &[&str], span: Option<Span>) -> Diagnostic {
    let bound = rounded_down(bound);
    let others: String = others.iter().map(|other| format!(", or {other}")).collect();
    let message = format!("with `eta: {}` the kernels of `{layer}` diverge in a sleep", real(eta));
    labelled(Diagnostic::new(&DIVERGES, message), span, "is too large a step")
        .help(format!("the bound for this layer is {}: write a smaller `eta`{others}", real(bound)))
}

/// An inhibition that is too strong for the steps in which the rates of a circuit are integrated.
pub fn swings(alpha: f64, bound: f64, span: Option<Span>) -> Diagnostic {
    let message = format!("with `alpha: {}` the rates of the circuit diverge in a sleep", real(alpha));
    let help = if bound > 0.0 {
        format!(
            "the bound for this `tau` and `dt` is {}: write a smaller `alpha`, or a shorter `dt`",
            real(rounded_down(bound))
        )
    } else {
        "even without inhibition rates diverge where `dt` is twice `tau` or more: write a shorter `dt`".to_owned()
    };
    labelled(Diagnostic::new(&DIVERGES, message), span, "is too strong an inhibition").help(help)
}

fn labelled(problem: Diagnostic, span: Option<Span>, label: &str) -> Diagnostic {
    match span {
        Some(span) => problem.label(span, label),
        None => problem,
    }
}

/// A positive number with two digits, never above it.
fn rounded_down(x: f64) -> f64 {
    let unit = 10f64.powi(x.log10().floor() as i32 - 1);
    // Through its text, so that no digits are left behind.
    format!("{:.1e}", (x / unit).floor() * unit).parse().unwrap_or(x)
}
