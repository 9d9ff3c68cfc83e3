//! Time: the steps of loops, from behind them, and when the image reaches what.

use crate::support::{clean, codes, compile_as, net, spec};
use lcnnc::back::timing;
use lcnnc::ir::timing::table;
use lcnnc::ir::{Net, Step, Value};

/// A loop of two areas; `second` is what the second one reads. A tail that names `score` has one at each step.
fn areas(second: &str, tail: &str) -> String {
    let score = if tail.contains("score") { "    score = dense(V2', classes)\n" } else { "" };
    format!(
        "model Two\ninput image: [1, 8, 8]\nweights B1: conv(1 -> 2, kernel: 3)\nweights B2: conv(2 -> 2, kernel: 3)\n\
         weights T: conv(2 -> 2, kernel: 3, bias: false)\nloop cortex(steps: 3) {{\n    state V1 = zeros(2, 8, 8)\n    \
         state V2 = zeros(2, 8, 8)\n    V1' = relu(B1 * image + T * V2)\n    V2' = relu(B2 * {second})\n\
         {score}}}\n{tail}\n"
    )
}

fn taps(net: &Net) -> Vec<(&str, usize)> {
    let taps =
        net.body.iter().flat_map(|step| if let Step::Loop(region) = step { region.taps.as_slice() } else { &[] });
    taps.map(|tap| (tap.name.as_str(), tap.step)).collect()
}

#[test]
fn steps_are_asked_for_by_number() {
    let net = net(
        &areas(
            "V1'",
            "logits = dense(concat(V1@0, V1@1, V1@3, V1), classes)\noutput logits\npenalty p = sum(square(score@2))",
        ),
        &[],
    );
    assert_eq!(
        taps(&net),
        [("V1@1", 1), ("score@2", 2)],
        "step 0 is what it starts from, the last one what it hands on"
    );
}

#[test]
fn all_steps_are_a_row_of_values() {
    let net = net(&areas("V1'", "logits = dense(V2@all, classes)\noutput logits@all"), &[]);
    assert_eq!(taps(&net), [("V2@1", 1), ("V2@2", 2)]);
    assert_eq!(net.output.logits.len(), 3);
    assert_eq!(
        net.params.iter().filter(|param| param.name.starts_with("logits")).count(),
        2,
        "one layer for every step"
    );
    let joined = clean(&areas("V1'", "logits = dense(concat(V2@all), classes)\noutput logits"), &[]).net.unwrap();
    assert_eq!(joined.params.iter().find(|param| param.name == "logits.weight").unwrap().shape, [10, 3 * 2 * 64]);
}

#[test]
fn an_output_of_all_steps_answers_with_the_last() {
    let all = net(&areas("V1'", "output score@all"), &[]);
    let Some(Step::Loop(region)) = all.body.iter().find(|step| matches!(step, Step::Loop(_))) else { panic!("{all}") };
    let last: Vec<Value> = region.taps.iter().filter(|tap| tap.step == 3).map(|tap| tap.outer).collect();
    assert_eq!((all.output.logits.len(), vec![all.output.answer()]), (3, last));
    let one = net(&areas("V1'", "output score@3"), &[]);
    assert_eq!(one.output.logits.len(), 1);
}

#[test]
fn rows_go_with_rows_of_one_length() {
    let tail = |value: &str| areas("V1'", &format!("logits = dense({value}, classes)\noutput logits"));
    for right in ["step_mean(V1@all + V2@all)", "step_sum(2 * V1@all - V2)", "concat(V1@all, V2@1)"] {
        clean(&tail(right), &[]);
    }
    for (wrong, code) in
        [("V1@all", "L0306"), ("step_mean(V1)", "L0306"), ("V1@4", "L0305"), ("score@0", "L0305"), ("image@1", "L0305")]
    {
        let found = codes(&compile_as("test.lcnn", &tail(wrong), &[]));
        assert_eq!(found, [code], "{wrong}");
    }
}

#[test]
fn the_image_takes_a_step_for_each_area_where_areas_read_the_step_before() {
    let reached = |text: &str| -> Vec<(String, Option<usize>)> {
        let rows = table(&net(text, &[])).remove(0).rows;
        rows.into_iter().map(|row| (row.name, row.reached)).collect()
    };
    let row = |name: &str, step| (name.to_owned(), Some(step));
    let ordered = areas("V1'", "logits = dense(V2, classes)\noutput logits\npenalty p = mean(square(score@all))");
    assert_eq!(reached(&ordered), [row("V1'", 1), row("V2'", 1), row("score", 1)]);
    let synchronous = ordered.replace("B2 * V1'", "B2 * V1");
    assert_eq!(reached(&synchronous), [row("V2'", 2), row("score", 2), row("V1'", 1)]);
}

#[test]
fn a_gate_lets_nothing_through_before_what_it_gates_is_there() {
    let net = net(&spec("hgru"), &[("width", "2"), ("size", "16"), ("kernel", "5")]);
    let timing = table(&net).remove(0);
    let step = |name: &str| timing.rows.iter().find(|row| row.name == name).unwrap().reached;
    assert_eq!((step("C1"), step("H1"), step("H'")), (Some(2), Some(1), Some(1)));
    let way = &timing.rows.iter().find(|row| row.name == "H1").unwrap().by_way_of;
    assert_eq!(way.as_slice(), [("X".to_owned(), Some(1)), ("C1".to_owned(), Some(2)), ("alpha".to_owned(), Some(2))]);
}

#[test]
fn timing_is_as_reviewed() {
    for name in ["blt", "cornet_s", "hgru", "lc_cnn", "f_cnn"] {
        crate::support::golden("timing", name, &timing::emit(&net(&spec(name), &[])));
    }
}

#[test]
fn a_state_that_the_image_reaches_too_late_is_reported_once() {
    let text = areas("V1", "logits = dense(V2, classes)\noutput logits\npenalty p = mean(square(score@all))");
    assert_eq!(codes(&compile_as("test.lcnn", &text.replace("steps: 3", "steps: 1"), &[])), ["L0307"]);
    clean(&text.replace("steps: 3", "steps: 2"), &[]);
}

#[test]
fn parameters_of_each_step_are_numbered_by_it() {
    let text = "model P\ninput image: [2, 8, 8]\nweights W: conv(2 -> 2, kernel: 3, bias: false, per_step: true)\n\
                loop L(steps: 3) {\n    state O = image\n    h = batch_norm(W * O, per_step: true)\n    O' = relu(h)\n}\n\
                logits = dense(O, classes)\noutput logits\npenalty p = l1(W)\n";
    let net = net(text, &[]);
    let names: Vec<&str> = net.params.iter().map(|param| param.name.as_str()).collect();
    assert_eq!(names[..3], ["W.1.weight", "W.2.weight", "W.3.weight"]);
    assert!(names.contains(&"L.h.3.running_var"), "{names:?}");
    let text = net.to_string();
    assert!(text.contains("conv O, W.t.weight") && text.contains("batch_norm %1, L.h.t.weight"), "{text}");
    assert_eq!(text.matches("= param W.").count(), 3, "a penalty sees the weights of every step: {text}");
}
