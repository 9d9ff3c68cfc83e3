//! Penalties against finite differences: the prelude's, and whatever the language can be made to say.

use crate::back::{compiled, device, images, largest, model};
use lcnnc::back::burn::{Model, Weight};
use lcnnc::observe::roles;
use lcnnc_lang::syntax::ast::ItemKind;
use proptest::prelude::*;
use proptest::sample::select;

/// Two arms with a bundle each, whose kernels begin as `start` says.
fn arms(start: &str, penalty: &str) -> String {
    format!(
        "model Swapped\ninput image: [1, 4, 4]\nweights W_E: conv(1 -> 8, kernel: 3{start})\n\
         weights W_I: conv(1 -> 8, kernel: 3, init: normal(0.1, mean: 0.05))\n\
         branch B = sum {{\n    exc E = W_E * image\n    inh N = W_I * image\n}}\n\
         logits = dense(B, classes)\noutput logits\n{penalty}\n"
    )
}

/// What is said of a model whose excitatory weights training has moved by so much.
fn said(text: &str, seed: u64, moved: f64) -> Vec<String> {
    let model = model(&compiled(text), seed);
    let mut weights: Vec<Weight> = model.weights().unwrap();
    let kernel = weights.iter_mut().find(|weight| weight.name == "W_E.weight").unwrap();
    kernel.values.iter_mut().for_each(|x| *x += moved);
    roles::swapped(&model.with_weights(&weights).unwrap(), seed).unwrap()
}

#[test]
fn roles_that_training_has_swapped_are_named() {
    let start = ", init: normal(0.1, mean: 0.05)";
    let found = said(&arms(start, "penalty p = sat_abs(W_E, W_I) + exp_sat(W_E, W_I)"), 1, -0.2);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("training has swapped the roles: the excitatory `W_E`"), "{found:?}");
    assert!(found[0].contains(" standard errors; the two began at "), "{found:?}");
    assert_eq!(said(&arms(start, "penalty p = sat_abs(W_E, W_I)"), 1, 0.2), [""; 0]);
}

/// The baseline of the paper, with a factor of 0, and runs without a penalty: nobody asked for a distance.
#[test]
fn roles_that_no_penalty_separates_are_not_remarked_on() {
    for penalty in
        ["", "penalty p = 0 * sat_abs(W_E, W_I)", "const a = 0\npenalty p = a * exp_sat(W_E, W_I) + 1e-3 * l1(weights)"]
    {
        assert_eq!(said(&arms("", penalty), 1, -0.5), [""; 0], "{penalty}");
    }
    assert_eq!(said(&arms("", "penalty p = 1e-3 * sat_abs(W_E, W_I) + 1e-3 * l1(weights)"), 1, -0.5).len(), 1);
}

/// Initial weights of one distribution: their means differ by chance, and hardly ever by more than chance.
#[test]
fn a_gap_of_noise_is_no_swap() {
    let text = arms(", init: normal(0.1, mean: 0.05)", "penalty p = sat_abs(W_E, W_I)");
    let remarked = |moved: f64| (0..40).filter(|seed| !said(&text, *seed, moved).is_empty()).count();
    assert_eq!(remarked(0.0), 0, "training has done nothing");
    assert!(remarked(-0.005) <= 1, "a third of a standard error");
    // But for a seed whose initial weights were beyond chance already.
    assert!(remarked(-0.2) >= 38, "twelve standard errors");
}

/// What the author has turned round is no work of training's, however far it goes on from there.
#[test]
fn roles_that_began_swapped_are_not_remarked_on() {
    for start in [", init: constant(-0.2)", ", init: normal(0.1, mean: -0.2)", ", sign: nonpositive"] {
        for moved in [0.0, -0.3] {
            let text = arms(start, "allow opposed\nallow pressed\npenalty p = sat_abs(W_E, W_I)");
            assert_eq!(said(&text, 3, moved), [""; 0], "{start}");
        }
    }
}

/// `V`, `U` and `W` are bundles, the first two of one shape; `A` and `B` are maps of one shape.
pub fn spec(penalty: &str) -> String {
    format!(
        "model Penalised\ninput image: [1, 4, 4]\n\
         weights W: conv(1 -> 2, kernel: 3, bias: false)\n\
         weights V: conv(2 -> 2, kernel: 3, bias: false)\n\
         weights U: conv(2 -> 2, kernel: 3, bias: false)\n\
         A = W * image\nB = V * tanh(A) + U * A\nlogits = dense(B, classes)\noutput logits\n\
         penalty p = {penalty}\n"
    )
}

/// What became of a comparison.
enum Verdict {
    Agrees,
    /// Differences of two widths disagree: a kink lies between, and there is no gradient to compare with.
    Kink,
    Wrong(String),
}

fn penalty(model: &Model) -> f64 {
    model.forward(images(model.net(), &device())).penalties.remove(0).into_scalar()
}

/// Every gradient of the penalty against central differences, relative to its parameter's largest.
fn compare(text: &str) -> Verdict {
    const WIDTHS: [f64; 2] = [1e-5, 2.5e-6];
    let model = model(&compiled(&spec(text)), 11);
    let value = model.forward(images(model.net(), &device())).penalties.remove(0);
    let height: f64 = value.clone().into_scalar();
    let found = model.gradients(&model.backward(value)).unwrap();
    let weights = model.weights().unwrap();
    for (place, weight) in weights.iter().enumerate() {
        let gradient = found.iter().find(|gradient| gradient.name == weight.name);
        let gradient = gradient.map_or(vec![0.0; weight.values.len()], |gradient| gradient.values.clone());
        let difference = |n: usize, width: f64| {
            let at = |by: f64| {
                let mut moved: Vec<Weight> = weights.clone();
                moved[place].values[n] += by;
                penalty(&model.clone().with_weights(&moved).unwrap())
            };
            (at(width) - at(-width)) / (2.0 * width)
        };
        let differences: Vec<f64> = (0..weight.values.len()).map(|n| difference(n, WIDTHS[0])).collect();
        // A difference is only as sharp as the digits of the penalty itself.
        let allowed = 1e-5 * largest(&differences).max(1e-3) + 1e-10 * height.abs();
        for (n, (difference_, gradient)) in differences.iter().zip(&gradient).enumerate() {
            if (difference_ - gradient).abs() <= allowed {
                continue;
            }
            if (difference_ - difference(n, WIDTHS[1])).abs() > allowed / 2.0 {
                return Verdict::Kink;
            }
            return Verdict::Wrong(format!("{text}: {}[{n}] is {gradient}, not {difference_}", weight.name));
        }
    }
    Verdict::Agrees
}

#[track_caller]
fn agrees(text: &str) {
    match compare(text) {
        Verdict::Agrees => {}
        Verdict::Kink => panic!("{text} has a kink here"),
        Verdict::Wrong(what) => panic!("{what}"),
    }
}

#[test]
fn every_function_of_the_prelude_has_the_gradient_of_its_definition() {
    let (ast, problems) = lcnnc_lang::syntax::parse(include_str!("../../../grammar/prelude.lcnn"));
    assert!(problems.is_empty());
    for item in ast.items {
        let ItemKind::Fn { name, params, .. } = item.kind else { continue };
        for over in [["V", "U", "V"], ["A", "B", "A"], ["tanh(B)", "abs(A)", "B"]] {
            let call = format!("{}({})", name.text, over[..params.len()].join(", "));
            // A gate is as large as what it mixes: its mean is one number.
            agrees(&if name.text == "gate" { format!("mean({call})") } else { call });
        }
    }
    agrees("l1(weights) + l2(parameters)");
}

fn number() -> impl Strategy<Value = String> {
    select(vec!["0.3", "0.7", "1.5", "2"]).prop_map(str::to_owned)
}

/// Entry by entry over one bundle or map. `@` is its name: every part then has its shape. No argument comes near what a
/// function is not defined for.
fn entries() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![4 => Just("@".to_owned()), 1 => number().prop_map(|x| format!("({x} * @)"))];
    leaf.prop_recursive(3, 8, 2, |inner| {
        let one = (select(FUNCTIONS.to_vec()), inner.clone()).prop_map(|(f, x)| f.replace('?', &x));
        let two =
            (select(vec!["+", "-", "*"]), inner.clone(), inner.clone()).prop_map(|(s, a, b)| format!("({a} {s} {b})"));
        let scaled =
            (select(vec!["+", "-", "*", "/"]), inner.clone(), number()).prop_map(|(s, x, n)| format!("({x} {s} {n})"));
        let parts = (inner.clone(), inner).prop_map(|(a, b)| format!("({a} / (1.5 + tanh({b})))"));
        prop_oneof![4 => one, 3 => two, 2 => scaled, 1 => parts]
    })
}

const FUNCTIONS: [&str; 11] = [
    "abs(?)",
    "tanh(?)",
    "exp(tanh(?))",
    "log(1.2 + square(?))",
    "sqrt(0.7 + square(?))",
    "square(?)",
    "relu(?)",
    "sigmoid(?)",
    "softplus(?)",
    "gelu(?)",
    "(-?)",
];

const REDUCTIONS: [&str; 9] =
    ["mean(?)", "sum(?)", "min(?)", "max(?)", "l1(?)", "l2(?)", "var(?)", "norm(1.5 + square(?))", "dot(?, @)"];

/// One penalty for each function and each reduction that random penalties are made of, and one for each sign.
pub fn every() -> impl Iterator<Item = String> {
    let functions = FUNCTIONS.into_iter().map(|f| format!("mean({})", f.replace('?', "W")));
    let reductions = REDUCTIONS.into_iter().map(|f| f.replace(['?', '@'], "W"));
    functions.chain(reductions).chain(["+", "-", "*", "/"].map(|sign| format!("mean(W {sign} 1.5)")))
}

/// Any penalty over bundles and maps of these names.
pub fn penalties(over: &[&'static str]) -> impl Strategy<Value = String> + use<> {
    let over = select(over.to_vec());
    let whole =
        (select(REDUCTIONS.to_vec()), entries(), over).prop_map(|(f, x, over)| f.replace('?', &x).replace('@', over));
    let all = select(vec!["l1(weights)", "l2(parameters)", "norm(weights)", "mean(tanh(weights))", "max(parameters)"]);
    let leaf = prop_oneof![8 => whole, 1 => all.prop_map(str::to_owned)];
    leaf.prop_recursive(2, 5, 2, |inner| {
        let one = (select(FUNCTIONS.to_vec()), inner.clone()).prop_map(|(f, x)| f.replace('?', &x));
        let two =
            (select(vec!["+", "-", "*"]), inner.clone(), inner.clone()).prop_map(|(s, a, b)| format!("({a} {s} {b})"));
        let parts = (inner.clone(), inner).prop_map(|(a, b)| format!("({a} / (1.5 + tanh({b})))"));
        prop_oneof![2 => one, 2 => two, 1 => parts]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_global_rejects: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_penalty_has_the_gradient_of_its_definition(text in penalties(&["W", "V", "U", "A", "B"])) {
        match compare(&text) {
            Verdict::Agrees => {}
            Verdict::Kink => return Err(TestCaseError::reject("a kink")),
            Verdict::Wrong(what) => return Err(TestCaseError::fail(what)),
        }
    }
}
