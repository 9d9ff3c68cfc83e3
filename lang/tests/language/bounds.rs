//! How far penalties can fall, and what depends on what.

use lcnnc_lang::ir::{
    Binary, Builder, Init, Net, Output, ParamClass, ParamId, Penalty, Reduce, Unary, Value, bounds, reach,
};
use lcnnc_testing::{codes, compile_as, net, spec};

/// The lower bound of a penalty over a bundle `W`, a state `O` at least 0 and the net's other names.
fn below(penalty: &str) -> Option<f64> {
    let text = format!(
        "model Bounds\ninput image: [1, 8, 8]\nweights W: conv(1 -> 2, kernel: 3)\nweights V: conv(2 -> 2, kernel: 3)\n\
         A = relu(W * image)\nloop L(steps: 2) {{\n    state O = A\n    O' = relu(A + V * O)\n}}\nT = tanh(V * O)\n\
         logits = dense(O + T, classes)\noutput logits\npenalty p = {penalty}\n"
    );
    let compiled = compile_as("test.lcnn", &text, &[]);
    let net = compiled.net.as_ref().unwrap_or_else(|| panic!("{}", compiled.report));
    let below = bounds::below(net, net.penalties[0].value);
    let warned = codes(&compiled).contains(&"L0502");
    assert_eq!(warned, below.is_none(), "{penalty}\n{}", compiled.report);
    below
}

#[test]
fn only_abs_gap_is_unbounded_below() {
    for (gap, bound) in [("abs_gap", None), ("sat_abs", Some(-1.0)), ("exp_sat", Some(-2.0)), ("sat_exp", Some(-2.0))] {
        for spec in [spec("lcei_cnn"), spec("lcei_lc_cnn")] {
            let compiled = compile_as("test.lcnn", &spec, &[("gap", gap), ("alpha", "1")]);
            let net = compiled.net.as_ref().unwrap();
            assert_eq!(bounds::below(net, net.penalties[0].value), bound, "{gap}");
            let expected: &[&str] = if bound.is_none() { &["L0502"] } else { &[] };
            assert_eq!(codes(&compiled), expected, "{gap}\n{}", compiled.report);
        }
    }
}

#[test]
fn the_warning_names_the_form_that_saturates() {
    let compiled = compile_as("test.lcnn", &spec("lcei_cnn").replace("alpha * gap(", "alpha * abs_gap("), &[]);
    let warning = compiled.report.diagnostics.iter().find(|diagnostic| diagnostic.code.id == "L0502").unwrap();
    assert!(warning.help.as_ref().unwrap().contains("sat_abs(W_E, W_I)"), "{}", compiled.report);
}

#[test]
fn bounds_follow_the_arithmetic() {
    let cases = [
        ("l1(weights)", Some(0.0)),
        ("l2(parameters)", Some(0.0)),
        ("-l1(weights)", None),
        ("mean(W)", None),
        ("mean(tanh(W))", Some(-1.0)),
        ("sum(tanh(W))", Some(-18.0)),
        ("sum(sigmoid(O) - 1)", Some(-65_536.0 * 64.0)),
        ("sum(sigmoid(W))", Some(0.0)),
        ("3 * mean(tanh(W)) + 1", Some(-2.0)),
        ("-2 * mean(sigmoid(W))", Some(-2.0)),
        ("mean(exp(W)) - 4", Some(-4.0)),
        ("mean(square(W)) * mean(square(V))", Some(0.0)),
        ("mean(W * W)", Some(0.0)),
        ("mean(log(square(W)))", None),
        ("mean(relu(W)) / 2", Some(0.0)),
        ("mean(W) / 0.5", None),
        ("1 / (1 + mean(square(W)))", Some(0.0)),
        ("norm(W)", Some(0.0)),
        ("var(W)", Some(0.0)),
        ("dot(W, W)", Some(0.0)),
        ("0 * mean(W)", Some(0.0)),
        ("max(sigmoid(W)) - min(sigmoid(W))", Some(-1.0)),
        ("mean(gelu(W))", Some(-0.17)),
        ("mean(gelu(O))", Some(0.0)),
        ("-mean(gelu(tanh(W)))", Some(-1.0)),
        ("mean(upsample(T, mode: bilinear))", Some(-1.0)),
        ("mean(avg_pool(T, 3, padding: same))", Some(-1.0)),
        ("mean(lrn(O))", Some(0.0)),
        ("mean(lrn(T, beta: 2, k: 0.5))", Some(-4.0)),
        ("mean(W) * mean(zeros(2))", Some(0.0)),
        ("0.5 * exp_sat(weights, V)", Some(-1.0)),
        ("1 / l2(weights)", Some(0.0)),
        ("mean(sigmoid(W)) / l2(V)", Some(0.0)),
        ("-1 / l2(weights)", None),
        ("mean(W) / mean(zeros(2))", None),
        ("1 / l2(W) - abs_gap(W, V)", Some(0.0)),
        ("mean(sigmoid(W)) / -l2(V)", None),
        ("-mean(sigmoid(W)) / -(1 + l2(V))", Some(0.0)),
        ("-mean(W) / norm(V)", None),
        ("mean(square(O) - O)", Some(-0.25)),
        ("mean(W * W) - mean(W)", Some(-0.25)),
        ("2 * mean(square(T - T)) - 1", Some(-1.0)),
        ("l2(W) - l1(W)", Some(-4.5)),
        ("1e-3 * (l2(weights) - l1(weights)) + 1", Some(1.0 - 0.25e-3 * f64::from(18 + 36 + 1280))),
        ("mean(relu(W) - W)", Some(0.0)),
        ("mean(abs(W)) + mean(W)", Some(0.0)),
        ("mean(relu(W) - 2 * W)", None),
        ("l1(W) - l2(W)", None),
        ("square(norm(W)) - norm(V)", None),
    ];
    for (penalty, bound) in cases {
        assert_eq!(below(penalty), bound, "{penalty}");
    }
}

/// A loop hands on the last of its next values; whatever bounds those bounds it.
#[test]
fn what_a_loop_hands_on_is_bounded_as_its_next_value_is() {
    assert_eq!(below("mean(O)"), Some(0.0));
    assert_eq!(below("-mean(O)"), None);
    assert_eq!(below("-mean(tanh(O))"), Some(-1.0));
    assert_eq!(below("mean(T)"), Some(-1.0));
}

fn names(net: &Net, value: Value) -> Vec<&str> {
    reach::params(net, value).into_iter().map(|id| net.param(id).name.as_str()).collect()
}

#[test]
fn the_output_reaches_what_it_is_made_of() {
    let net = net(&spec("lcei_lc_cnn"), &[]);
    let all = ["W_A.weight", "W_E.weight", "W_I.weight", "logits.weight", "logits.bias"];
    assert_eq!(names(&net, net.output.answer()), all);
    assert_eq!(names(&net, net.penalties[0].value), ["W_E.weight", "W_I.weight"]);
    assert_eq!(names(&net, net.penalties[1].value), ["W_A.weight", "W_E.weight", "W_I.weight", "logits.weight"]);
}

/// What keeps to one side of zero cannot fall, or rise, beyond it.
#[test]
fn a_sign_bounds_what_is_made_of_it() {
    let low = |sign: &str, penalty: &str| {
        let text = format!(
            "model Signs\ninput image: [1, 4, 4]\nweights W: conv(1 -> 2, kernel: 3{sign})\n\
             logits = dense(W * image, classes)\noutput logits\npenalty p = {penalty}\n"
        );
        let net = compile_as("test.lcnn", &text, &[]).net.unwrap();
        bounds::below(&net, net.penalties[0].value)
    };
    assert_eq!(low("", "mean(W)"), None);
    assert_eq!(low(", sign: nonnegative", "mean(W)"), Some(0.0));
    assert_eq!(low(", sign: nonnegative", "-sum(W)"), None);
    assert_eq!(low(", sign: nonpositive", "-sum(W)"), Some(0.0));
    assert_eq!(low(", sign: nonpositive", "sum(W)"), None);
}

/// This net is built by hand: in a loop of two states, each feeds the other, so both reach both states' weights.
#[test]
fn states_reach_each_other_across_steps() {
    let mut net = Builder::new([1, 4, 4]);
    let weight = |net: &mut Builder, name: &str| {
        net.param(&format!("{name}.weight"), &[1], Init::Constant(1.0), ParamClass::Norm).unwrap()
    };
    let (p, q, r) = (weight(&mut net, "P"), weight(&mut net, "Q"), weight(&mut net, "R"));
    let start = vec![("a".to_owned(), Value::INPUT), ("b".to_owned(), Value::INPUT)];
    let (open, current) = net.begin_loop("cross", 3, start);
    let times = |net: &mut Builder, x: Value, weight: ParamId| {
        let weight = net.read(weight);
        net.binary(Binary::Mul, x, weight).unwrap()
    };
    let a = times(&mut net, current[1], p);
    let b = times(&mut net, current[0], q);
    let (_, last) = net.end_loop(open, &[a, b]).unwrap();
    let other = times(&mut net, Value::INPUT, r);
    let square = net.unary(Unary::Square, other);
    let penalty = net.reduce(Reduce::Sum, square);
    let out = net.flatten(last[0]).unwrap();
    let penalties = vec![Penalty { name: "p".to_owned(), value: penalty }];
    let net = net.finish(
        "Cross".to_owned(),
        "image".to_owned(),
        Output { name: "out".to_owned(), logits: vec![out] },
        16,
        penalties,
    );
    assert_eq!(names(&net, net.output.answer()), ["P.weight", "Q.weight"]);
    assert_eq!(names(&net, last[1]), ["P.weight", "Q.weight"]);
    assert_eq!(names(&net, penalty), ["R.weight"]);
    assert_eq!(bounds::below(&net, penalty), Some(0.0));
    assert_eq!(bounds::below(&net, out), None);
    assert!(names(&net, Value::INPUT).is_empty());
}

/// What is said to be unbounded is, and of what nothing is known nothing is claimed.
#[test]
fn only_a_penalty_that_falls_is_said_to_be_unbounded() {
    let says = |penalty: &str| {
        let text = format!(
            "model Bounds\ninput image: [1, 8, 8]\nweights W: conv(1 -> 2, kernel: 3)\nh = relu(W * image)\n\
             logits = dense(h, classes)\noutput logits\npenalty p = {penalty}\n"
        );
        let report = compile_as("test.lcnn", &text, &[]).report;
        report.diagnostics.first().map_or(String::new(), |problem| problem.message.clone())
    };
    for penalty in ["-1e-3 * l1(weights)", "mean(W)", "abs_gap(W, W) - mean(W)", "-l2(weights)", "-abs(mean(W) - 1)"] {
        assert_eq!(says(penalty), "penalty `p` is unbounded below", "{penalty}");
    }
    for penalty in ["-mean(h)", "1e-3 * l2(W) - 1e-3 * norm(W)", "-1 / l2(weights)", "mean(log(sigmoid(-h)))"] {
        assert_eq!(says(penalty), "no lower bound is known for penalty `p`", "{penalty}");
    }
}
