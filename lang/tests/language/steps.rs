//! Time: the steps of loops, from behind them, and when the image reaches what.

use lcnnc_lang::back::timing;
use lcnnc_lang::ir::timing::{When, table};
use lcnnc_lang::ir::{Net, Stmt, Value};
use lcnnc_testing::{clean, codes, compile_as, net, spec};

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
        net.body.iter().flat_map(|stmt| if let Stmt::Loop(looped) = stmt { looped.taps.as_slice() } else { &[] });
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
    let Some(Stmt::Loop(looped)) = all.body.iter().find(|stmt| matches!(stmt, Stmt::Loop(_))) else { panic!("{all}") };
    let last: Vec<Value> = looped.taps.iter().filter(|tap| tap.step == 3).map(|tap| tap.outer).collect();
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
        rows.into_iter().map(|row| (row.name, row.reached.map(|when| when.step()))).collect()
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
    let step = |name: &str| timing.rows.iter().find(|row| row.name == name).unwrap().reached.as_ref().map(When::step);
    assert_eq!((step("C1"), step("H1"), step("H'")), (Some(2), Some(1), Some(1)));
    let way = &timing.rows.iter().find(|row| row.name == "H1").unwrap().by_way_of;
    let way: Vec<(&str, Option<usize>)> =
        way.iter().map(|(name, when)| (name.as_str(), when.as_ref().map(When::step))).collect();
    assert_eq!(way, [("X", Some(1)), ("C1", Some(2)), ("alpha", Some(2))]);
}

#[test]
fn a_state_that_the_image_reaches_too_late_is_reported_once() {
    let text = areas("V1", "logits = dense(V2, classes)\noutput logits\npenalty p = mean(square(score@all))");
    assert_eq!(codes(&compile_as("test.lcnn", &text.replace("steps: 3", "steps: 1"), &[])), ["L0307"]);
    clean(&text.replace("steps: 3", "steps: 2"), &[]);
}

/// An area that settles in a loop of its own at each step of the loop around it. `inner` and `outer` are their steps.
fn nested(inner: usize, outer: usize, settle: &str) -> String {
    format!(
        "model Nested\ninput image: [1, 8, 8]\nweights F: conv(1 -> 4, kernel: 3, bias: false)\n\
         weights L: conv(4 -> 4, kernel: 3, bias: false)\n{settle}\nloop areas(steps: {outer}) {{\n    \
         state V1 = zeros(4, 8, 8)\n    state V2 = zeros(4, 8, 8)\n    V2' = relu(F * image)\n    \
         V1' = settle(V2, V1, L, {inner})\n}}\nlogits = dense(V1, classes)\noutput logits\n"
    )
}

const SETTLE: &str = "block settle(drive, start, W, n) {\n    loop inner(steps: n) {\n        state O = start\n        \
                      O' = relu(drive + W * O)\n    }\n    yield O\n}";

/// Two states, of which the second reads the first at the step before: each call of the loop begins anew.
const CHAIN: &str = "block settle(drive, start, W, n) {\n    loop inner(steps: n) {\n        state O = zeros(4, 8, 8)\n        \
                     state P = 0 * start\n        O' = relu(drive + O)\n        P' = relu(W * O)\n    }\n    yield P\n}";

/// The messages of a spec, and its table.
fn messages(text: &str) -> (Vec<String>, String) {
    let compiled = compile_as("nested.lcnn", text, &[]);
    let messages = compiled.report.diagnostics.iter().map(|diagnostic| diagnostic.message.clone()).collect();
    (messages, timing::emit(compiled.net.as_ref().unwrap()))
}

/// At the first step of `areas` the inner loop works on zeros alone, for all of its steps.
#[test]
fn a_loop_within_a_loop_is_timed_by_the_steps_of_both() {
    let (said, table) = messages(&nested(2, 1, SETTLE));
    assert_eq!(said, ["the image reaches `V1` at step 2, but the loop has 1 step"]);
    let expected = "\
loop areas, 1 step
  equation  first reached            by way of
  V2'       step 1                   image at 1
  V1'       step 2, behind the last  areas.V1.O at 2

loop areas.V1.inner, 2 steps, in loop areas, 1 step
  equation     first reached                          by way of
  areas.V1.O'  step 1 in 2, behind the last of areas  V2 at 1 in 2, areas.V1.O at 2 in 2
";
    assert_eq!(table, expected);
    let (said, table) = messages(&nested(2, 2, SETTLE));
    assert_eq!(said, [""; 0]);
    assert!(table.contains("  step 1 in 2  ") && !table.contains("behind"), "{table}");
}

/// The inner loop needs two steps at each step of the loop around it, however many there are of those.
#[test]
fn an_inner_loop_that_is_too_short_says_so_itself() {
    for outer in [2, 5] {
        let (said, table) = messages(&nested(1, outer, CHAIN));
        assert_eq!(said, ["the image reaches `P` at step 2, but the loop has 1 step"], "{table}");
        assert!(table.lines().any(|line| line.trim_start().starts_with("V1' ") && line.contains(" never ")), "{table}");
        assert_eq!(messages(&nested(2, outer, CHAIN)).0, [""; 0]);
    }
    // Long enough by itself, but the loop around it ends before it has anything to work on.
    assert_eq!(messages(&nested(3, 1, CHAIN)).0, ["the image reaches `V1` at step 2, but the loop has 1 step"]);
}

/// States that hand their values round: at the last step the image is where the number of steps has brought it.
#[test]
fn what_a_loop_hands_on_is_what_it_holds_at_its_last_step() {
    for steps in 1..=7 {
        let text = format!(
            "model Ring\nallow late\nallow unused\ninput image: [1, 8, 8]\nloop ring(steps: {steps}) {{\n    state A = image\n    \
             state B = zeros(1, 8, 8)\n    state C = zeros(1, 8, 8)\n    A' = C + 0\n    B' = A + 0\n    C' = B + 0\n}}\n\
             logits = dense(A, classes)\noutput logits\n"
        );
        let is_blank = !lcnnc_lang::ir::timing::blank(&net(&text, &[])).is_empty();
        assert_eq!(is_blank, steps % 3 != 0, "{steps} steps");
    }
}

/// Zeros become constants before the image comes: it may take more steps than the loop has states to see it everywhere.
#[test]
fn a_long_way_through_a_loop_is_followed_to_its_end() {
    let text = "model Way\nallow late\nallow unused\ninput image: [1, 8, 8]\nloop way(steps: 2) {\n    state A = zeros(1, 8, 8)\n    \
                state B = zeros(1, 8, 8)\n    state C = zeros(1, 8, 8)\n    A' = C + 1\n    B' = gain(A)\n    C' = B * image\n}\n\
                logits = dense(B, classes)\noutput logits\n";
    let rows = table(&net(text, &[])).remove(0).rows;
    let reached = |name: &str| rows.iter().find(|row| row.name == name).unwrap().reached.as_ref().map(When::step);
    assert_eq!(["C'", "A'", "B'"].map(reached), [Some(3), Some(4), Some(5)]);
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
