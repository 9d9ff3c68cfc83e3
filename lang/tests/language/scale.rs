//! Large specs: in time of a processor, whatever else runs, and without exhausting the stack. Test threads have a
//! quarter of the main thread's.

use lcnnc_lang::back::dot::{self, Loops};
use lcnnc_lang::back::summary;
use lcnnc_lang::ir::{bounds, reach};
use lcnnc_testing::{clean, codes, compile_as, timed};
use std::fmt::Write;
use std::time::Duration;

/// A spec around equations of which the last is `x<count - 1>`.
fn around(equations: &str, last: &str) -> String {
    format!("model Large\ninput image: [2, 8, 8]\n{equations}\nlogits = dense({last}, classes)\noutput logits\n")
}

/// Equations each of which reads the one before; in reverse they stand last first.
fn chain(count: usize, reversed: bool) -> String {
    let reads = |n: usize| if n == 0 { "image".to_owned() } else { format!("x{}", n - 1) };
    let mut lines: Vec<String> = (0..count).map(|n| format!("x{n} = tanh({} + 0.5)", reads(n))).collect();
    if reversed {
        lines.reverse();
    }
    around(&lines.join("\n"), &format!("x{}", count - 1))
}

/// Lateral areas one behind the other: four statements with eight lines each.
fn areas(count: usize) -> String {
    let mut text = String::new();
    for n in 0..count {
        let before = if n == 0 { "image".to_owned() } else { format!("O{}", n - 1) };
        writeln!(
            text,
            "weights W_A{n}: conv(2 -> 2, kernel: 3)\nweights W_L{n}: conv(2 -> 2, kernel: 3, bias: false)\n\
             A{n} = relu(W_A{n} * {before})\nloop V{n}(steps: 2) {{\n    state O{n} = A{n}\n    L{n} = W_L{n} * O{n}\n    \
             O{n}' = relu(A{n} + L{n})\n}}"
        )
        .unwrap();
    }
    around(&text, &format!("O{}", count - 1))
}

/// The shortest of three measured times, of the processor, that a text takes to compile.
fn shortest(text: &str) -> Duration {
    (0..3).map(|_| timed(|| clean(text, &[])).1).min().unwrap()
}

#[test]
fn a_thousand_equations_check_in_well_under_a_second() {
    let text = areas(250);
    assert_eq!(text.matches(" = ").count(), 1001);
    let took = shortest(&text);
    assert!(took < Duration::from_millis(800), "{took:?}");
}

#[test]
fn time_grows_in_step_with_the_text() {
    let [small, large] = [500, 5_000].map(|count| shortest(&chain(count, false)));
    // Ten times the text; a square would be a hundred times the time.
    assert!(large < 40 * small.max(Duration::from_millis(1)), "500: {small:?}, 5000: {large:?}");
}

#[test]
fn long_chains_compile_and_go_through_every_back_end() {
    for reversed in [false, true] {
        let compiled = clean(&chain(10_000, reversed), &[]);
        let net = compiled.net.as_ref().unwrap();
        assert_eq!(
            net.nodes().filter(|node| node.name.as_ref().is_some_and(|name| name.starts_with('x'))).count(),
            10_000
        );
        assert_eq!(reach::params(net, net.output.answer()).len(), 2);
        assert_eq!(bounds::below(net, net.output.answer()), None);
        assert!(net.to_string().contains("x9999 = tanh"));
        assert!(dot::emit(net, Loops::Unrolled).contains("x9999 = tanh"));
        assert!(summary::emit(net, None).contains("x9999"));
        assert!(compiled.resolved(&compiled.settings).contains("x9999 = tanh(x9998 + 0.5)"));
    }
}

#[test]
fn long_loops_unroll_and_long_bodies_fold() {
    let mut body = String::new();
    for n in 0..5_000 {
        let before = if n == 0 { "O".to_owned() } else { format!("x{}", n - 1) };
        writeln!(body, "    x{n} = relu({before} + image)").unwrap();
    }
    let text = format!("loop V1(steps: 10000) {{\n    state O = image\n{body}    O' = x4999\n}}\nallow costly");
    let compiled = clean(&around(&text, "O"), &[]);
    let net = compiled.net.unwrap();
    assert!(dot::emit(&net, Loops::Folded).contains("x4999 = relu"));
    assert!(summary::emit(&net, None).lines().count() > 5_000);
}

#[test]
fn a_long_cycle_is_one_problem() {
    let mut text = String::new();
    for n in 0..10_000 {
        writeln!(text, "x{n} = tanh(x{})", (n + 1) % 10_000).unwrap();
    }
    let compiled = compile_as("test.lcnn", &around(&text, "x0"), &[]);
    assert_eq!(codes(&compiled), ["L0301"]);
    let message = &compiled.report.diagnostics[0].message;
    assert!(message.len() < 200 && message.contains('…'), "{message}");
}

#[test]
fn long_chains_of_functions_and_consts_end() {
    let mut functions = "fn f0(x) = abs(x)\n".to_owned();
    for n in 1..10_000 {
        writeln!(functions, "fn f{n}(x) = f{}(x)", n - 1).unwrap();
    }
    let text = around("y = relu(image)", "y") + &functions + "penalty p = mean(f9999(y))\n";
    assert_eq!(codes(&compile_as("test.lcnn", &text, &[])), ["L0007"]);
    let mut consts = "const c0 = 1\n".to_owned();
    for n in 1..10_000 {
        writeln!(consts, "const c{n} = c{} + 1", n - 1).unwrap();
    }
    clean(&around(&format!("{consts}y = relu(c9999 * image)"), "y"), &[]);
}

/// Each function calls the one before twice: written out, thirty of them are 2^30 calls.
#[test]
fn functions_that_double_are_refused_in_time() {
    let mut functions = "fn f0(x) = abs(x)\n".to_owned();
    for n in 1..40 {
        writeln!(functions, "fn f{n}(x) = f{0}(x) + f{0}(x)", n - 1).unwrap();
    }
    let text = around("y = relu(image)", "y") + &functions + "penalty p = mean(f39(y))\n";
    in_time(&text, Some("L0007"));
}

#[test]
fn many_mistakes_are_many_reports() {
    let text: String = (0..2_000).map(|n| format!("x{n} = conv(missing{n}, 8, kernal: 3)\n")).collect();
    let (compiled, took) = timed(|| compile_as("test.lcnn", &around(&text, "image"), &[]));
    assert!(codes(&compiled).len() >= 4_000);
    assert!(took < Duration::from_secs(20), "{took:?}");
}

#[test]
fn a_report_of_more_than_anyone_reads_is_short_and_quick() {
    let text: String = (0..40_000).map(|n| format!("x{n} = cov(x{n}\n")).collect();
    let ((compiled, shown), took) = timed(|| {
        let compiled = compile_as("test.lcnn", &text, &[]);
        let shown = compiled.report.to_string();
        (compiled, shown)
    });
    let found = codes(&compiled).len();
    assert!(found >= 40_000, "{found}");
    assert_eq!(shown.matches("error[L").count(), 100);
    assert!(shown.contains(&format!("and {} more: mend these first", found - 100)));
    assert!(took < Duration::from_secs(10), "{took:?}");
}

/// Checks that a text is refused with that code in well under two seconds, or accepted where there is none.
fn in_time(text: &str, code: Option<&str>) {
    let (compiled, took) = timed(|| compile_as("test.lcnn", text, &[]));
    let found = codes(&compiled);
    assert_eq!(found.first().copied(), code, "{}", compiled.report.to_string().chars().take(2_000).collect::<String>());
    assert!(found.len() < 4, "{found:?}");
    assert!(took < Duration::from_secs(8), "{code:?} took {took:?}");
}

const BLOCK: &str = "block b(x) {\n    yield relu(x)\n}\n";

#[test]
fn copies_beyond_measure_are_refused_in_time() {
    in_time(&around(&format!("{BLOCK}y = repeat 1000000000 b(image)"), "y"), Some("L0107"));
    in_time(&around(&format!("{BLOCK}y = repeat 10000 b(image)"), "y"), None);
    let nested = "block many(x) {\n    yield repeat 10000 b(x)\n}\ny = repeat 10000 many(image)";
    in_time(&around(&format!("{BLOCK}{nested}"), "y"), Some("L0007"));
    let mut doubling = "block b0(x) {\n    yield relu(x)\n}\n".to_owned();
    for n in 1..40 {
        writeln!(doubling, "block b{n}(x) {{\n    yield b{0}(b{0}(x))\n}}", n - 1).unwrap();
    }
    in_time(&around(&format!("{doubling}y = b39(image)"), "y"), Some("L0007"));
    let mut chain = "block b0(x) {\n    yield relu(x)\n}\n".to_owned();
    for n in 1..3_000 {
        writeln!(chain, "block b{n}(x) {{\n    yield b{}(x)\n}}", n - 1).unwrap();
    }
    in_time(&around(&format!("{chain}y = b2999(image)"), "y"), Some("L0007"));
    let body: String = (1..10_000).fold("    h0 = relu(x)\n".to_owned(), |mut body, n| {
        writeln!(body, "    h{n} = h{} + 1", n - 1).unwrap();
        body
    });
    let long = format!("block long(x) {{\n{body}    yield h9999\n}}\n");
    in_time(&around(&format!("{long}y = repeat 1000 long(image)"), "y"), Some("L0007"));
    in_time(&around(&format!("{long}y = long(image)"), "y"), None);
}

/// Few calls can be many values.
#[test]
fn values_beyond_measure_are_refused_in_time() {
    let many = "block many(x) {\n    yield repeat 10000 relu(x)\n}\n";
    in_time(&around(&format!("{many}y = many(image)"), "y"), None);
    in_time(&around(&format!("{many}y = repeat 10000 many(image)"), "y"), Some("L0007"));
    let terms = format!("fn long(x) = x{}\n", " + x".repeat(249));
    in_time(&around(&format!("{terms}y = repeat 100 long(image)"), "y"), None);
    in_time(&around(&format!("{terms}y = repeat 9000 long(image)"), "y"), Some("L0007"));
    let copies = "loop V1(steps: 10000) {\n    state O = image\n    O' = relu(O)\n}\n";
    let penalties: String = (0..300).map(|n| format!("penalty p{n} = mean(O@all)\n")).collect();
    in_time(&around(&format!("{copies}{penalties}"), "O"), Some("L0007"));
}

/// Loops in loops are gone through again at every step of those around them.
#[test]
fn the_timing_of_loops_in_loops_ends() {
    let mut text = "block b0(x) {\n    yield relu(x)\n}\n".to_owned();
    for n in 1..25 {
        let call = format!("b{}(x + S)", n - 1);
        writeln!(text, "block b{n}(x) {{\n    loop t(steps: 3) {{\n        state S = x\n        S' = {call}\n    }}\n    yield S\n}}").unwrap();
    }
    in_time(&around(&format!("{text}y = b24(image)\nallow costly"), "y"), None);
}

#[test]
fn choices_within_choices_are_refused_in_time() {
    let choices = |depth: usize| format!("y = {}image{}", "if true then ".repeat(depth), " else image".repeat(depth));
    in_time(&around(&choices(60), "y"), None);
    in_time(&around(&choices(10_000), "y"), Some("L0007"));
}

#[test]
fn every_step_of_a_long_loop_can_be_asked_for() {
    let text = "loop V1(steps: 10000) {\n    state O = image\n    O' = relu(O + image)\n}\ny = step_mean(O@all)";
    in_time(&around(text, "y"), None);
    in_time(&around("loop V1(steps: 1000000000) {\n    state O = image\n    O' = relu(O)\n}", "O"), Some("L0107"));
}

/// Each area reads the one before: the image takes as many steps as there are areas.
#[test]
fn the_timing_of_many_areas_ends() {
    let mut body = "    state V0 = zeros(2, 8, 8)\n    V0' = relu(image + V0)\n".to_owned();
    for n in 1..1_000 {
        writeln!(body, "    state V{n} = zeros(2, 8, 8)\n    V{n}' = relu(V{} + V{n})", n - 1).unwrap();
    }
    in_time(&around(&format!("loop areas(steps: 1000) {{\n{body}}}"), "V999"), None);
    in_time(&around(&format!("loop areas(steps: 999) {{\n{body}}}"), "V999"), Some("L0307"));
}
