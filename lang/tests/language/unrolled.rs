//! Nets with their loops written out: what stays as it was, what the steps are called, and how large it may become.

use lcnnc_lang::ir::{
    Builder, Net, Node, Output, ParamId, Shape, TooManyValues, Unary, Value, cost, flow, reach, timing, unrolled,
};
use lcnnc_lang::limits::MAX_VALUES;
use lcnnc_testing::random::{passage, penalties, written};
use lcnnc_testing::{compile_as, net, spec, specs, timed};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::time::Duration;

/// The nodes of a net that has no loop.
fn nodes(net: &Net) -> Vec<&Node> {
    let looped = net.loops().next();
    assert!(looped.is_none(), "{looped:?} is left\n{net}");
    net.nodes().collect()
}

/// The shapes of what the net gives: its scores, then its penalties.
fn shapes(net: &Net) -> Vec<Shape> {
    let shapes = flow::shapes(net);
    ends(net).into_iter().map(|value| shapes[value.0].clone()).collect()
}

fn ends(net: &Net) -> Vec<Value> {
    net.output.logits.iter().copied().chain(net.penalties.iter().map(|penalty| penalty.value)).collect()
}

/// Every parameter that the statements name, with its versions.
fn named(net: &Net) -> BTreeSet<ParamId> {
    flow::params(&net.body).into_iter().flat_map(|id| net.versions(id)).collect()
}

/// Checks what holds of any net and the same net without loops, which is given back.
fn sound(net: &Net) -> Net {
    let flat = unrolled(net).unwrap();
    for (n, node) in nodes(&flat).into_iter().enumerate() {
        assert_eq!(node.value, Value(n + 1), "values are numbered in order\n{flat}");
        assert!(node.op.reads().iter().all(|read| *read < node.value), "{node:?} is too early\n{flat}");
    }
    assert_eq!(flat.values, flat.body.len() + 1);
    assert!(flat.per_step.is_empty());
    assert_eq!((&flat.params, &flat.input, flat.classes), (&net.params, &net.input, net.classes));
    assert_eq!(shapes(&flat), shapes(net));
    assert_eq!(named(&flat), named(net), "{net}\n{flat}");
    for (found, expected) in ends(&flat).into_iter().zip(ends(net)) {
        // What lies behind several steps is told apart here, and was not there.
        assert!(reach::params(&flat, found).is_subset(&reach::params(net, expected)), "{net}\n{flat}");
    }
    let total = |net: &Net| cost::Cost::sum(&cost::table(net));
    assert_eq!(total(&flat), total(net), "{net}\n{flat}");
    assert_eq!(timing::blank(&flat), timing::blank(net), "{net}\n{flat}");
    let again = unrolled(&flat).unwrap();
    assert_eq!(again.to_string(), flat.to_string());
    assert_eq!(again, flat, "a net without loops stays as it is");
    flat
}

#[test]
fn every_spec_is_the_same_without_loops() {
    for (name, text) in specs() {
        let net = net(&text, &[]);
        let flat = sound(&net);
        let reached = |net: &Net| reach::of_any(net, &net.output.logits);
        assert_eq!(reached(&flat), reached(&net), "{name}");
        assert_eq!(flat == net, net.loops().next().is_none(), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_net_is_the_same_without_loops(passages in prop::collection::vec(passage(), 0..6), penalties in penalties()) {
        if let Some(net) = compile_as("any.lcnn", &written(&passages, &penalties), &[]).net {
            sound(&net);
        }
    }
}

#[test]
fn every_step_has_a_name_that_tells_it() {
    let net = net(&spec("lc_cnn"), &[]);
    let flat = unrolled(&net).unwrap();
    let names: Vec<&str> = nodes(&flat).into_iter().filter_map(|node| node.name.as_deref()).collect();
    assert_eq!(names, ["A", "O@1", "O@2", "O@3", "logits"]);
}

/// A loop with parameters of each step, within a loop that has them too, and what is seen of its steps.
#[test]
fn loops_within_loops_are_written_out_step_by_step() {
    let text = "model Nested\ninput image: [2, 4, 4]\n\
                block settle(x) {\n    loop t(steps: 2) {\n        state S = x\n        h = gain(S, per_step: true)\n        \
                S' = S + h\n    }\n    yield S * h@1\n}\n\
                loop outer(steps: 2) {\n    state O = image\n    state P = 2 * image\n    O' = gain(settle(P), per_step: true)\n    \
                P' = tanh(O)\n}\nlogits = dense(concat(O, P@1), classes)\noutput logits\n";
    let expected = "
  %1 = number 2: scalar
  P = mul %1, image: [2, 4, 4]
  %2 = param outer.O.settle.t.h.1.weight: [2]
  outer.O.settle.h@1@1 = mul P, %2: [2, 4, 4]
  outer.O.settle.S@1@1 = add P, outer.O.settle.h@1@1: [2, 4, 4]
  %3 = param outer.O.settle.t.h.2.weight: [2]
  outer.O.settle.h@1@2 = mul outer.O.settle.S@1@1, %3: [2, 4, 4]
  outer.O.settle.S@1@2 = add outer.O.settle.S@1@1, outer.O.settle.h@1@2: [2, 4, 4]
  %4 = mul outer.O.settle.S@1@2, outer.O.settle.h@1@1: [2, 4, 4]
  %5 = param outer.O.1.weight: [2]
  O@1 = mul %4, %5: [2, 4, 4]
  P@1 = tanh image: [2, 4, 4]
  %6 = param outer.O.settle.t.h.1.weight: [2]
  outer.O.settle.h@2@1 = mul P@1, %6: [2, 4, 4]
  outer.O.settle.S@2@1 = add P@1, outer.O.settle.h@2@1: [2, 4, 4]
  %7 = param outer.O.settle.t.h.2.weight: [2]
  outer.O.settle.h@2@2 = mul outer.O.settle.S@2@1, %7: [2, 4, 4]
  outer.O.settle.S@2@2 = add outer.O.settle.S@2@1, outer.O.settle.h@2@2: [2, 4, 4]
  %8 = mul outer.O.settle.S@2@2, outer.O.settle.h@2@1: [2, 4, 4]
  %9 = param outer.O.2.weight: [2]
  O@2 = mul %8, %9: [2, 4, 4]
  P@2 = tanh O@1: [2, 4, 4]
  %10 = concat O@2, P@1: [4, 4, 4]
  %11 = flatten %10: [64]
  logits = dense %11, logits.weight, logits.bias: [10]
  output logits = logits: [10]
";
    let printed = sound(&net(text, &[])).to_string();
    assert!(printed.ends_with(expected), "{printed}");
}

/// Two states that change places: both change together, between two steps.
#[test]
fn states_change_together() {
    for steps in 1..=4 {
        let mut builder = Builder::new([1, 1, 3]);
        let zeros = builder.zeros(Shape::Map([1, 1, 3])).unwrap();
        let states = vec![("P".to_owned(), Value::INPUT), ("Q".to_owned(), zeros)];
        let (open, current) = builder.begin_loop("swap", steps, states);
        let (_, last) = builder.end_loop(open, &[current[1], current[0]]).unwrap();
        let logits = builder.flatten(last[0]).unwrap();
        let output = Output { name: "logits".to_owned(), logits: vec![logits] };
        let net = builder.finish("swap".to_owned(), "image".to_owned(), output, 3, Vec::new());
        let flat = sound(&net);
        let read = nodes(&flat).last().unwrap().op.reads();
        assert_eq!(read, [if steps % 2 == 0 { Value::INPUT } else { Value(1) }], "{steps} steps\n{flat}");
    }
}

/// A loop of `steps` steps around a body of so many `values`.
fn long(steps: usize, values: usize) -> String {
    let first = "    h1 = relu(O)\n".to_owned();
    let body = (2..values).fold(first, |body, n| body + &format!("    h{n} = relu(h{})\n", n - 1));
    format!(
        "model Long\ninput image: [1, 2, 2]\nloop V1(steps: {steps}) {{\n    state O = image\n{body}    \
         O' = relu(h{})\n}}\nlogits = dense(O, classes)\noutput logits\n",
        values - 1
    )
}

#[test]
fn a_net_that_would_be_too_large_stays_folded() {
    let written_out = |steps: usize, values: usize| {
        let net = compile_as("long.lcnn", &long(steps, values), &[]).net.unwrap();
        let (flat, took) = timed(|| unrolled(&net));
        assert!(took < Duration::from_secs(8), "{steps} steps of {values} values took {took:?}");
        flat.map(|flat| flat.values)
    };
    // Beside the loop there are the image, its pixels in a row, and the scores.
    assert_eq!(written_out(10_000, 99), Ok(990_003));
    assert_eq!(written_out(10_000, 100), Err(TooManyValues { values: MAX_VALUES + 3 }));
    assert_eq!(written_out(10_000, 5_000), Err(TooManyValues { values: 50_000_003 }));
}

/// The number of values may be larger than any number.
#[test]
fn steps_beyond_measure_are_counted_as_such() {
    let mut builder = Builder::new([1, 1, 3]);
    let mut open = Vec::new();
    let mut state = Value::INPUT;
    for _ in 0..8 {
        let (builder, current) = builder.begin_loop("t", 10_000, vec![("O".to_owned(), state)]);
        open.push(builder);
        state = current[0];
    }
    let mut last = vec![builder.unary(Unary::Tanh, state)];
    while let Some(looped) = open.pop() {
        last = builder.end_loop(looped, &last).unwrap().1;
    }
    let logits = builder.flatten(last[0]).unwrap();
    let output = Output { name: "logits".to_owned(), logits: vec![logits] };
    let net = builder.finish("deep".to_owned(), "image".to_owned(), output, 3, Vec::new());
    let refused = unrolled(&net).unwrap_err();
    assert_eq!(refused, TooManyValues { values: usize::MAX });
    assert!(refused.to_string().ends_with("more than 1000000"), "{refused}");
}
