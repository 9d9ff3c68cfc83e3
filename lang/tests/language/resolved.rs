//! What `show` prints and a run writes into its folder: the same net, the same settings, and again the same text.

use crate::mangle::{Dice, mangled};
use crate::shown::sets_alike;
use lcnnc_lang::Compiled;
use lcnnc_lang::kinds::{KINDS, Kind};
use lcnnc_lang::vocabulary::{Arg, Callable, Default, Type};
use lcnnc_testing::{clean, compile_as};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Checks what holds of everything that compiles: its resolved text needs no `--set`, says the same and cannot be said
/// more fully, with the spec's own settings and with those that flags have changed.
pub fn reads_back(text: &str, compiled: &Compiled) {
    let Some(net) = &compiled.net else { return };
    let mut changed = compiled.settings.clone();
    changed.set("train", "epochs", "3").unwrap();
    changed.set("data", "validation", "12.5%").unwrap();
    for settings in [&compiled.settings, &changed] {
        let resolved = compiled.resolved(settings);
        let again = compile_as("again.lcnn", &resolved, &[]);
        assert_eq!(again.net.as_ref(), Some(net), "{text}\n{resolved}\n{}", again.report);
        assert_eq!(again.settings, *settings, "{text}\n{resolved}");
        assert_eq!(again.resolved(&again.settings), resolved, "{text}");
    }
}

/// The resolved text of something that has no problem.
pub fn shown(text: &str, set: &[(&str, &str)]) -> String {
    let compiled = clean(text, set);
    reads_back(text, &compiled);
    compiled.resolved(&compiled.settings)
}

/// A spec whose last lines lead from `y` to the output.
pub fn around(body: &str) -> String {
    format!("model One\ninput image: [3, 8, 8]\n{body}\nlogits = dense(y, classes)\noutput logits\n")
}

#[test]
fn a_block_that_is_called_twice_is_filled_in_once() {
    let block =
        "block unit(x) {\n    weights W: conv(channels(x) -> 4, kernel: 3, init: he)\n    yield relu(W * x)\n}\n";
    let twice = shown(&around(&format!("{block}y = unit(unit(image))")), &[]);
    assert!(twice.contains("init: he(fan: in), stride: 1, padding: same, bias: true)"), "{twice}");
    let repeated = shown(&around(&format!("{block}y = repeat 3 unit(image)")), &[]);
    assert_eq!(repeated.replace("repeat 3 unit(image)", "unit(unit(image))"), twice);
    let function = "fn unit(x) = relu(conv(x, 4, kernel: 3, init: gabor))\ny = unit(unit(image))";
    let function = shown(&around(function), &[]);
    assert!(function.contains("init: gabor(wavelength: 4, aspect: 0.5), stride: 1,"), "{function}");
}

/// Every convolution of the project's ResNet begins as those of He et al. do.
#[test]
fn resnet_20_with_he_initialisation_reads_back() {
    let text = lcnnc_testing::spec("resnet20");
    let he = text.replace("bias: false)", "bias: false, init: he)");
    assert!(he.matches("init: he)").count() >= 2, "{he}");
    assert_eq!(shown(&he, &[]).matches("init: he(fan: in)").count(), he.matches("init: he)").count());
}

/// A name that stands for a kind may stand for another at each call, or with `--set`: no one text says what it is
/// filled up with.
#[test]
fn what_differs_from_call_to_call_stays_a_default() {
    for (what, calls, line) in [
        ("f(x)", ["batch_norm", "layer_norm", "relu"], "    yield f(x)\n"),
        ("f(x)", ["relu", "batch_norm", "square"], "    yield f(x)\n"),
        ("f(x)", ["layer_norm", "norm_of", "own"], "    yield f(x)\n"),
        ("f(x)", ["layer_norm", "layer_norm", "layer_norm"], "    yield f(x)\n"),
        ("f(x, 3, kernel: 3)", ["conv", "local", "conv"], "    yield f(x, 3, kernel: 3)\n"),
        ("f(x, 2)", ["max_pool", "avg_pool", "max_pool"], "    yield f(x, 2)\n"),
    ] {
        let more = "fn norm_of(x) = x / 2\nblock own(x) {\n    yield conv(x, 3, kernel: 1)\n}\n";
        let called = |f: &str| format!("unit(image, {f})");
        let uses = |f: &str| calls.contains(&f);
        let more = if uses("own") && uses("norm_of") { more } else { "" };
        let body =
            format!("{more}block unit(x, f) {{\n    yield {what}\n}}\ny = concat({})", calls.map(called).join(", "));
        let shown = shown(&around(&body), &[]);
        assert!(shown.contains(line), "{calls:?}\n{shown}");
    }
}

#[test]
fn a_choice_that_a_parameter_stands_for_stays_as_it_is() {
    let unit =
        "const a = he\nconst b = gabor\nblock unit(x, start) {\n    yield conv(x, 3, kernel: 3, init: start)\n}\n";
    let differ = shown(&around(&format!("{unit}y = unit(unit(image, a), b)")), &[]);
    assert!(differ.contains("init: start, stride: 1,"), "{differ}");
    let alike = shown(&around(&format!("{unit}y = unit(unit(image, a), b)")), &[("b", "he")]);
    assert!(alike.contains("init: start, stride: 1,"), "{alike}");
}

/// A default is written as its own word, which a const of that name does not turn into something else.
#[test]
fn a_const_that_is_called_as_a_default_does_not_change_it() {
    let consts = "const fan_in = zeros\nconst same = valid\nconst constant = cosine\nconst sgd = adam\n";
    let text = around(&format!("allow unused\n{consts}y = conv(image, 3, kernel: 3)"));
    assert!(shown(&text, &[]).contains("padding: same, bias: true, init: fan_in"));
}

/// A text, a statement and its brackets have bounds, which what is filled in may not cross.
#[test]
fn what_would_be_too_long_to_be_read_stays_a_default() {
    let convs: String = (0..40).map(|n| format!("h{} = conv(h{n}, 3, kernel: 1)\n", n + 1)).collect();
    let mut large = around(&format!("h0 = relu(image)\n{convs}y = relu(h40)\n"));
    large.extend(std::iter::repeat_n("// as much as is read\n", ((1 << 20) - 1_500 - large.len()) / 22));
    let long = around(&format!("y = max_pool(image, 2{})", " + 0".repeat(150)));
    let deep = around(&format!("y = {}conv(image, 3, kernel: 3, init: he{}", "relu(".repeat(63), ")".repeat(64)));
    for (text, kept) in [(large, "h1 = conv(h0, 3, kernel: 1)\n"), (long, " + 0)\n"), (deep, "init: he))")] {
        let shown = shown(&text, &[]);
        assert!(shown.contains(kept) && shown.contains("optimizer: sgd(lr: 0.01, momentum: 0.9"), "{kept}");
    }
}

/// Shares are written as percents only where those say all of their digits.
#[test]
fn a_share_is_written_to_the_last_digit() {
    for (share, written) in [
        ("0.15", "15%"),
        ("12.5%", "12.5%"),
        ("0.1234567890123456", "0.1234567890123456"),
        ("99.99999999999999%", "0.9999999999999999"),
        ("1e-13", "1e-13"),
    ] {
        let text = format!("{}data {{\n    validation: {share}\n}}\n", around("y = relu(image)"));
        let shown = shown(&text, &[]);
        assert!(shown.contains(&format!("validation: {written}\n")), "{shown}");
    }
}

/// Consts may stand in any order, with `--set` on any of them.
#[test]
fn consts_in_any_order_read_back() {
    let consts = [
        "const area = side * side",
        "const side = half + half",
        "const half = 2",
        "const start = chosen",
        "const chosen = he",
    ];
    let forwards =
        |consts: &[&str]| around(&format!("{}\ny = conv(image, area, kernel: 3, init: start)", consts.join("\n")));
    let backwards: Vec<&str> = consts.iter().rev().copied().collect();
    for set in [vec![], vec![("half", "3")], vec![("side", "5"), ("chosen", "glorot")], vec![("start", "zeros")]] {
        let [first, second] = [forwards(&consts), forwards(&backwards)].map(|text| {
            let shown = shown(&text, &set);
            // An override may leave a const that nothing reads any more.
            (clean(&text, &set).net, compile_as("again.lcnn", &shown, &[]).net)
        });
        assert_eq!(first, second, "{set:?}");
        assert_eq!(first.0, first.1, "{set:?}");
    }
    let text = forwards(&consts);
    assert_eq!(clean(&text, &[("half", "3")]).net.unwrap().params[0].shape, [36, 3, 3, 3]);
    assert_eq!(clean(&text, &[]).net.unwrap().params[0].shape, [16, 3, 3, 3]);
}

/// Every way to write a bare choice for that argument, with what may have to stand before the spec.
fn bare(arg: &Arg) -> Vec<&'static str> {
    let is_complete = |call: &&Callable| call.args.iter().all(|arg| !matches!(arg.default, Default::Required));
    match &arg.ty {
        Type::Call(calls) => calls.iter().filter(is_complete).map(|call| call.name).collect(),
        Type::Word(words) | Type::RealsOr(words) => words.to_vec(),
        Type::Bool => vec!["true", "false"],
        Type::Count { .. }
        | Type::Real { .. }
        | Type::Share
        | Type::Batches { .. }
        | Type::Epochs { .. }
        | Type::Milliseconds { .. }
        | Type::Names
        | Type::Reals
        | Type::Range { .. }
        | Type::Calls(_) => Vec::new(),
    }
}

/// The places that a layer may stand in: once, in what is called several times, and behind names for its kind and its
/// last argument.
fn places(kind: &Kind, head: &str, arg: &str, word: &str) -> Vec<String> {
    let layer = |x: &str, callee: &str, word: &str| {
        let call = head.replacen(kind.name, callee, 1).replace("image", x);
        format!("{call}, {arg}: {word})")
    };
    let (plain, in_copy) = (layer("image", kind.name, word), layer("x", kind.name, word));
    let (by_const, by_param) = (layer("x", "called", "chosen"), layer("x", "f", "w"));
    let consts = format!("const called = {}\nconst chosen = {word}\n", kind.name);
    [
        format!("y = {plain}"),
        format!("fn f(x) = {in_copy}\ny = concat(f(image), f(image), f(image))"),
        format!("block f(x) {{\n    h = {in_copy}\n    yield h\n}}\ny = concat(f(image), f(image))"),
        format!("block f(x) {{\n    yield {in_copy}\n}}\nblock g(x) {{\n    yield concat(f(x), f(x))\n}}\ny = concat(g(image), g(image))"),
        format!("{consts}block g(x) {{\n    yield {by_const}\n}}\ny = concat(g(image), g(image))"),
        format!("{consts}block g(x, f, w) {{\n    yield {by_param}\n}}\ny = concat(g(image, called, chosen), g(image, {}, w: chosen))", kind.name),
        format!("{consts}block u(x) {{\n    h = repeat 3 {in_copy}\n    yield h\n}}\ny = concat(u(image), u(image))"),
    ]
    .map(|body| around(&body))
    .to_vec()
}

/// Walks the registry: no kind has an argument whose bare choice is misread, wherever it stands.
#[test]
fn every_bare_choice_of_every_kind_reads_back() {
    let mut good = 0;
    for kind in KINDS {
        let example = kind.example.strip_prefix("y = ").unwrap();
        let Some(head) = example.strip_suffix(')').filter(|head| head.starts_with(kind.name)) else { continue };
        for arg in kind.args.iter().chain(kind.weights).filter(|arg| !head.contains(&format!("{}:", arg.name))) {
            for word in bare(arg) {
                for text in places(kind, head, arg.name, word) {
                    let compiled = compile_as("place.lcnn", &text, &[]);
                    good += usize::from(compiled.net.is_some());
                    reads_back(&text, &compiled);
                }
            }
        }
    }
    assert!(good > 400, "{good} of the places are right");
}

/// A layer over `@` in a block whose parameters are `x`, `f`, `k`, `n` and `i`.
fn layer() -> impl Strategy<Value = &'static str> {
    select(vec![
        "f(@)",
        "k(@, n, kernel: 3, init: i)",
        "k(@, n, kernel: 3)",
        "conv(@, n, kernel: 3, init: i)",
        "conv(@, width, kernel: 3, padding: edge, init: start)",
        "conv(@, channels(@), kernel: 1, init: he)",
        "f(conv(@, 2, kernel: 3, // it begins as a const says\n        init: other))",
        "repeat 2 conv(@, channels(@), kernel: 3, init: gabor)",
        "repeat n f(@)",
        "twice(@)",
        "chosen(@, f)",
        "if channels(@) == 2 then f(@) else conv(@, 2, kernel: 1, init: i)",
        "pool(@, n)",
        "max_pool(@, if n == 2 then 1 else n)",
        "group_norm(@, groups: 1)",
        "upsample(pool(@, 2))",
        "dropout(@)",
        "gain(@, sign: nonnegative)",
        "W * @",
    ])
}

/// What a call gives for `f`, `k`, `n` and `i`.
fn given() -> impl Strategy<Value = String> {
    let f = select(vec!["relu", "act", "batch_norm", "layer_norm", "square", "twice", "inner", "gelu"]);
    let k = select(vec!["conv", "local", "layer", "conv_transpose"]);
    (f, k, 1..4_usize, select(vec!["start", "other"])).prop_map(|(f, k, n, i)| format!("{f}, {k}, {n}, i: {i}"))
}

fn word_of(words: &[&'static str]) -> impl Strategy<Value = &'static str> + use<> {
    select(words.to_vec())
}

#[derive(Clone, Debug)]
struct Spec {
    words: [&'static str; 6],
    layers: Vec<&'static str>,
    calls: Vec<String>,
    settings: [&'static str; 3],
    order: [Index; 8],
    /// Whether equations have the names of choices.
    odd: bool,
}

fn spec() -> impl Strategy<Value = Spec> {
    const INITS: [&str; 6] = ["he", "gabor", "glorot", "zeros", "ones", "fan_in"];
    let words = (
        word_of(&INITS),
        word_of(&INITS),
        word_of(&["relu", "batch_norm", "layer_norm", "twice", "lrn", "abs"]),
        word_of(&["conv", "local"]),
        word_of(&["max_pool", "avg_pool"]),
        word_of(&["same", "valid"]),
    );
    let words = words.prop_map(|(a, b, c, d, e, f)| [a, b, c, d, e, f]);
    let optimizer = word_of(&["sgd", "adam", "sgd(lr: rate)", "adamw(lr: rate, weight_decay: 0.1)", "best"]);
    let schedule = word_of(&["constant", "cosine", "plateau", "steps(at: [width])"]);
    let augment = word_of(&["[]", "[flip, pad_crop(width)]", "[rotate(10), repeat(2)]", "flip"]);
    let settings = (optimizer, schedule, augment).prop_map(|(a, b, c)| [a, b, c]);
    let layers = prop::collection::vec(layer(), 1..5);
    let calls = prop::collection::vec(given(), 1..4);
    (words, layers, calls, settings, any::<[Index; 8]>(), any::<bool>())
        .prop_map(|(words, layers, calls, settings, order, odd)| Spec { words, layers, calls, settings, order, odd })
}

impl Spec {
    fn text(&self) -> String {
        let names = ["start", "other", "act", "layer", "pool", "edge"];
        let mut consts: Vec<String> =
            names.iter().zip(self.words).map(|(name, word)| format!("const {name} = {word}\n")).collect();
        consts.extend(
            [
                "const width = 4 / two\n",
                "const two = 2\n",
                "const rate = 1e-2\n",
                "const best = chief\n",
                "const chief = adam\n",
            ]
            .map(str::to_owned),
        );
        for (n, index) in self.order.iter().enumerate() {
            let other = index.index(consts.len());
            consts.swap(n, other);
        }
        let mut last = "x".to_owned();
        let mut body = "    weights W: k(channels(x) -> channels(x), kernel: 3, init: i)\n".to_owned();
        for (n, layer) in self.layers.iter().enumerate() {
            let name = if self.odd { ["same", "he", "fan_in", "gabor"][n].to_owned() } else { format!("h{n}") };
            body += &format!("    {name} = {}\n", layer.replace('@', &last));
            last = name;
        }
        let [optimizer, schedule, augment] = self.settings;
        let calls: Vec<String> =
            self.calls.iter().enumerate().map(|(n, given)| format!("y{n} = unit(image, {given})\n")).collect();
        let parts: Vec<String> = (0..calls.len()).map(|n| format!("global_avg_pool(y{n})")).collect();
        format!(
            "model Any\nallow unused\nallow unreached\n{}input image: [2, 9, 9]\nfn twice(x) = conv(relu(conv(x, 2, kernel: 1, init: other)), 2, kernel: 3, init: he)\n\
             fn chosen(x, f) = f(x)\nblock inner(x) {{\n    yield conv(x, 2, kernel: 3, init: start)\n}}\n\
             block unit(x, f, k, n, i) {{\n{body}    yield {last}\n}}\n{}logits = dense(concat({}), classes)\noutput logits\n\
             train {{\n    optimizer: {optimizer}\n    schedule: {schedule}\n}}\ndata {{ augment: {augment} }}\n",
            consts.concat(),
            calls.concat(),
            parts.join(", "),
        )
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_spec_of_blocks_functions_and_consts_reads_back(spec in spec(), seed in any::<u64>(), comments in any::<bool>()) {
        let text = spec.text();
        let set: &[(&str, &str)] = match seed % 4 {
            0 => &[("other", "he"), ("width", "3")],
            1 => &[("act", "tanh"), ("best", "sgd")],
            2 => &[("start", "glorot"), ("layer", "conv"), ("two", "4")],
            _ => &[],
        };
        reads_back(&text, &compile_as("any.lcnn", &text, set));
        sets_alike(&text, set);
        let spaced = mangled(&text, &mut Dice(seed), comments);
        reads_back(&spaced, &compile_as("spaced.lcnn", &spaced, set));
    }
}

/// The generator is worth its name only if what it makes compiles.
#[test]
fn random_specs_of_blocks_mostly_compile() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let texts = (0..100).map(|_| spec().new_tree(&mut runner).unwrap().current().text());
    let good = texts.filter(|text| compile_as("any.lcnn", text, &[]).net.is_some()).count();
    assert!(good >= 50, "{good} of 100");
}
