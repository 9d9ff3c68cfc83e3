//! Random specs, made to be right or nearly so.

use proptest::prelude::*;
use proptest::sample::select;

/// A layer or an activation over `x`, with arguments that mostly fit.
fn layer() -> impl Strategy<Value = String> {
    let channels = select(vec!["1", "2", "3", "width", "2 * width", "0", "wide"]);
    let kernel = select(vec!["1", "3", "5", "7", "2", "9"]);
    let more = select(vec![
        "",
        ", stride: 2",
        ", padding: valid",
        ", padding: odd",
        ", init: normal(width), sign: nonnegative",
        ", init: gabor",
        ", lr: 0.5, frozen: wide",
        ", sign: nonpositive, init: uniform(bound: -1)",
    ]);
    prop_oneof![
        4 => (channels, kernel.clone(), any::<bool>(), more)
            .prop_map(|(channels, kernel, bias, more)| format!("conv(@, {channels}, kernel: {kernel}, bias: {bias}{more})")),
        2 => kernel.prop_map(|kernel| format!("max_pool(@, {kernel})")),
        4 => select(vec!["relu(@)", "tanh(@)", "sigmoid(@)", "softplus(@)", "abs(@)", "square(@)", "batch_norm(@)"])
            .prop_map(str::to_owned),
        1 => select(vec!["exp(@)", "log(1 + square(@))", "sqrt(abs(@))"]).prop_map(str::to_owned),
        2 => select(vec!["gain(@, start: 0.5, sign: nonpositive)", "dropout(@, rate: 0.2)", "concat(@, @)", "0.5 * @ + @", "@ - 1", "@ / 2"])
            .prop_map(str::to_owned),
        2 => select(vec!["gelu(@)", "shift(@)", "lrn(@)", "layer_norm(@)", "group_norm(@, groups: 1)", "upsample(@)", "upsample(@, mode: bilinear)", "depthwise(@, kernel: 3)"])
            .prop_map(str::to_owned),
        2 => select(vec!["local(@, 2, kernel: 3)", "conv_transpose(@, 2, kernel: 3, stride: 2)", "W(@)", "W(@, stride: 2)", "@ + zeros(2, 9, 9)"])
            .prop_map(str::to_owned),
        3 => select(vec!["plain(@)", "plain(@, 3)", "plain(@, n: width)", "area(@)", "area(plain(@), steps: 1)", "shaped(@, tanh, true)", "shaped(@, deep: wide)", "plain(@, m: 1)"])
            .prop_map(str::to_owned),
        3 => select(vec!["repeat 2 plain(@)", "repeat 0 area(@)", "repeat width - 1 relu(@)", "if wide then @ else relu(@)", "if channels(@) == 2 then @ else conv(@, 2, kernel: 1)", "conv(@, channels(@), kernel: 3)", "if height(@) > width then max_pool(@, 2) else @"])
            .prop_map(str::to_owned),
        1 => select(vec!["flatten(@)", "global_avg_pool(@)", "step_mean(@)", "batch_norm(@, per_step: true)", "repeat 2 @", "if width then @ else @", "dense(@, 7)", "mean(@)", "missing(@)", "@ + W", "-@ * @", "W * @"])
            .prop_map(str::to_owned),
    ]
}

/// A passage of a random spec, which is applied to what the passage before it gives.
#[derive(Clone, Debug)]
pub enum Passage {
    Equation(String),
    Loop {
        steps: usize,
        inner: Vec<String>,
        lateral: bool,
    },
    Branch {
        how: &'static str,
        arms: [String; 2],
    },
    /// A combination of the steps of the last loop.
    Steps(&'static str),
}

/// One passage of a random spec.
pub fn passage() -> impl Strategy<Value = Passage> {
    let inner = prop::collection::vec(layer(), 0..3);
    let steps = vec!["@@1", "@@0", "@@9", "step_mean(@@all)", "concat(@@all)", "relu(@@all)", "2 * @@all", "@@all"];
    prop_oneof![
        4 => layer().prop_map(Passage::Equation),
        2 => select(steps).prop_map(Passage::Steps),
        2 => (0..4_usize, inner, any::<bool>()).prop_map(|(steps, inner, lateral)| Passage::Loop { steps, inner, lateral }),
        1 => (select(vec!["sum", "difference", "product", "concat", "add"]), layer(), layer())
            .prop_map(|(how, a, b)| Passage::Branch { how, arms: [a, b] }),
    ]
}

/// The blocks that any of the random specs may call.
const BLOCKS: &str = "\
block plain(x, n: 2) {
    h = relu(conv(x, n, kernel: 3))
    yield h + conv(x, n, kernel: 1)
}
block area(x, steps: 2) {
    weights L: conv(channels(x) -> channels(x), kernel: 3)
    loop t(steps: steps) {
        state S = x
        branch both = difference {
            exc E = tanh(L * S)
            inh I = tanh(gain(batch_norm(S, per_step: true), per_step: true))
        }
        S' = relu(x + both)
    }
    yield S
}
block shaped(x, f: relu, deep: false) {
    const n = 2 * channels(x)
    yield if deep then f(conv(x, n, kernel: 1)) else f(x)
}
";

/// The text of a spec of such passages, with such penalties.
pub fn written(passages: &[Passage], penalties: &[&str]) -> String {
    let mut text = "model Any\nconst width = 2\nconst wide = false\ninput image: [2, 9, 9]\n\
                    weights W: conv(2 -> 2, kernel: 3)\n"
        .to_owned();
    text += BLOCKS;
    let (mut last, mut state) = ("image".to_owned(), "image".to_owned());
    for (n, passage) in passages.iter().enumerate() {
        let over = |layer: &str, x: &str| layer.replace('@', x);
        let name = format!("x{n}");
        match passage {
            Passage::Equation(layer) => text += &format!("{name} = {}\n", over(layer, &last)),
            Passage::Loop { steps, inner, lateral } => {
                text += &format!("loop L{n}(steps: {steps}) {{\n    state {name} = {last}\n");
                let mut before = name.clone();
                for (m, layer) in inner.iter().enumerate() {
                    text += &format!("    y{n}_{m} = {}\n", over(layer, &before));
                    before = format!("y{n}_{m}");
                }
                let (feedback, lateral) = if *lateral {
                    let other =
                        format!("    state z{n} = 0 * {last}\n    z{n}' = batch_norm({before}, per_step: true)\n");
                    (other, format!(" + W * {name} + z{n}"))
                } else {
                    Default::default()
                };
                text += &format!("{feedback}    {name}' = relu({before}{lateral})\n}}\n");
                state.clone_from(&name);
            }
            Passage::Branch { how, arms: [a, b] } => {
                let (a, b) = (over(a, &last), over(b, &last));
                text += &format!("branch {name} = {how} {{\n    exc E{n} = {a}\n    inh N{n} = {b}\n}}\n");
            }
            Passage::Steps(how) => {
                let steps = how.replace("@@", &format!("{state}@"));
                text += &format!("{name} = {steps}\n");
            }
        }
        last = name;
    }
    let readouts = if matches!(passages.last(), Some(Passage::Steps(how)) if !how.contains('(') || how.starts_with("relu"))
    {
        "@all"
    } else {
        ""
    };
    text += &format!("logits = dense({last}, classes)\noutput logits{readouts}\n");
    for (n, penalty) in penalties.iter().enumerate() {
        text += &format!("penalty p{n} = {}\n", penalty.replace('@', &last));
    }
    text
}

/// Up to two penalties on what a random spec has.
pub fn penalties() -> impl Strategy<Value = Vec<&'static str>> {
    let one = select(vec![
        "1e-3 * l1(weights)",
        "0.1 * mean(abs(@))",
        "sat_abs(W, W)",
        "var(@)",
        "max(weights)",
        "min(weights) * min(weights)",
        "l2(parameters)",
        "mean(@)",
        "1",
        "@",
        "norm(W)",
    ]);
    prop::collection::vec(one, 0..3)
}
