//! What is said of a run whose numbers stop being finite: which was the first, and what to do about it.

use super::{ARGS, Place};

/// Runs a net with these equations behind an afferent convolution; the message that it ends with.
#[track_caller]
fn message(equations: &str, flags: &str) -> String {
    let spec = format!(
        "model Tiny\ninput image: [1, 12, 12]\nweights W_A: conv(1 -> 4, kernel: 3, bias: false)\n\
         weights W_L: conv(4 -> 4, kernel: 3, bias: false)\nA = relu(W_A * image)\n{equations}\n\
         logits = dense(B, classes)\noutput logits\ntrain {{\n    epochs: 1\n    batch: 16\n}}\n\
         data {{\n    transform: [resize(12)]\n}}\n"
    );
    let said = Place::new(&spec).lcnnc(&format!("{ARGS} {flags}"));
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(!said.err.contains("panicked"), "{}", said.err);
    said.err
}

#[track_caller]
fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "expected `{part}` in: {message}");
    }
}

#[test]
fn a_logarithm_of_zero_is_named_with_the_step_of_its_loop() {
    let equations = "loop V1(steps: 3) {\n    state O = A\n    U = relu(W_L * O)\n    V = 2 * log(U) / 3\n    \
                     O' = A + V\n}\nB = O";
    for flags in ["", "--no-fuse"] {
        let said = message(equations, flags);
        let first = "the first value that is not finite is -inf, of `log` in `V`, at step 1 of the loop `V1`, which read \
                     numbers from 0 to ";
        says(&said, &["at step 1 of epoch 1", first, "advice: `log` takes numbers above 0 alone", "log(x + 1e-6)"]);
        assert!(!said.contains("learning rate, such as"), "{said}");
    }
}

/// A sleep whose step is far too large is named, with its layer, and not the learning rate; so it is when the run is to go on.
#[test]
fn a_sleep_that_diverges_is_named() {
    for (rule, mend) in [
        ("hebbian(eta: 1e6)", "make `eta` smaller in `rule: hebbian(…)` of the `sleep` block"),
        ("circuit(tau: 1 ms, dt: 1 ms, iterations: 400)", "make `eta`, `alpha` or `dt` smaller in `rule: circuit(…)`"),
    ] {
        let spec = super::asleep().replace("hebbian(iterations: 3, patterns: 8, eta: 0.01, noise: 0.1)", rule);
        let place = Place::new(&spec);
        let said = place.lcnnc(ARGS);
        assert_eq!(said.code, Some(3), "{}", said.err);
        let cause = "diverged: the kernels of `W_L` are not finite after the sleep behind update 3, in epoch 1";
        says(&said.err, &[cause, mend, "L1004"]);
        assert!(!said.err.contains("learning rate, such as"), "{}", said.err);
        let run = std::fs::read_dir(place.0.path().join("runs/tiny")).unwrap().next().unwrap().unwrap().path();
        assert_eq!(std::fs::read_to_string(run.join("sleep.jsonl")).unwrap(), "", "no line of a sleep that failed");
        let again = place.lcnnc(&format!("resume {}", run.display()));
        assert_eq!(again.code, Some(3), "{}", again.err);
        says(&again.err, &["this run diverged: the kernels of `W_L`", mend, "begin anew"]);
    }
}

#[test]
fn a_division_by_zero_is_named() {
    let said = message("B = W_L * A / relu(W_L * A)", "");
    says(
        &said,
        &["of `div` in `B`, which read numbers from -", " and numbers from 0 to ", "advice: the divisor may not be 0"],
    );
    let said = message("B = W_L * A\npenalty small = 1e-3 / sum(relu(-1 * square(W_L)))", "");
    says(&said, &["of `div` in the penalty `small`, which read the number 0.001 and the number 0\n"]);
}

#[test]
fn a_root_of_zero_is_named_by_its_gradient() {
    let said = message("B = W_L * A\npenalty size = 1e-3 * sqrt(sum(square(0 * W_L)))", "");
    let first =
        "the first gradient that is not finite is that of `sqrt` in the penalty `size`, which read the number 0\n";
    says(&said, &["a gradient was not finite (the loss was ", "at step 1 of epoch 1", first, "sqrt(x + 1e-12)"]);
    // Over black pixels the convolution is zero.
    let said = message("B = W_L * sqrt(square(W_A * image)) + A", "");
    says(&said, &["the first gradient that is not finite is that of `sqrt` in `B`, which read numbers from 0 to "]);
}

#[test]
fn numbers_that_grow_too_large_are_a_matter_of_the_rate() {
    let said = message("B = W_L * A", "--optimizer sgd(lr:1e25)");
    says(
        &said,
        &[
            "diverged: the loss was ",
            "at step 2 of epoch 1",
            "the first value that is not finite is ",
            "such as `--lr 0.01`",
        ],
    );
    // The only step of an epoch is followed by its validation.
    let said = message("B = W_L * A", "--optimizer sgd(lr:3e25) --batch 1000");
    says(
        &said,
        &["diverged: the cross-entropy of the validation was ", " after epoch 1, with a learning rate of 3e25"],
    );
    let said = message("B = exp(1e3 * A)", "");
    says(&said, &["is inf, of `exp` in `B`, which read numbers from 0 to ", "`exp` of more than 88"]);
}

#[test]
fn a_weight_decay_that_is_too_large_is_named() {
    let said = message("B = W_L * A", "--weight-decay 1e30");
    says(&said, &["try a smaller weight decay, such as `--weight-decay 0.0001`"]);
}

/// What is advised of a run that diverged changes what it diverged by.
#[test]
fn a_run_that_diverged_is_told_which_setting_to_change() {
    let place = Place::new(super::SPEC);
    for (flag, advised) in [("--lr 1e25", "--lr 0.01"), ("--weight-decay 1e30", "--weight-decay 0.0001")] {
        let runs = format!("runs{}", advised.replace(' ', ""));
        let said = place.lcnnc(&format!("{ARGS} --epochs 1 --optimizer adamw {flag} --runs {runs}"));
        assert_eq!(said.code, Some(3), "{flag}: {}", said.err);
        let run = std::fs::read_dir(place.0.path().join(runs).join("tiny")).unwrap().next().unwrap().unwrap().path();
        let run = run.strip_prefix(place.0.path().canonicalize().unwrap()).unwrap_or(&run).display().to_string();
        let said = place.lcnnc(&format!("resume {run}"));
        assert_eq!(said.code, Some(3), "{}", said.err);
        let command = format!("run --config {run}/run.yaml {advised}");
        says(&said.err, &[&format!("it would again: begin anew, as with `lcnnc {command}`")]);
        assert_eq!(place.lcnnc(&command).code, Some(0), "the advice, followed");
    }
}

/// Over black pixels `W_A * image` is exactly zero, and the slope of what is made of it infinite.
#[test]
fn fused_parts_hide_no_gradient_that_is_not_finite() {
    for f in ["sqrt(abs(C))", "square(sqrt(abs(C)))", "1 / (1 / abs(C))", "exp(log(abs(C)))"] {
        let [fused, primitive] = ["", "--no-fuse"].map(|flags| {
            let said = message(&format!("C = W_A * image\nB = W_L * ({f}) + A"), flags);
            let (_, first) = said.split_once("the first ").unwrap_or_else(|| panic!("{f} {flags}: {said}"));
            first.split(" which read").next().unwrap().to_owned()
        });
        assert_eq!(fused, primitive, "{f}");
    }
    for flags in ["", "--no-fuse"] {
        let equations = "weights W_Z: conv(1 -> 4, kernel: 3, bias: false, init: zeros)\n\
                         B = W_L * sqrt(abs(W_Z * image)) + A";
        says(&message(equations, flags), &["the first gradient that is not finite is that of `sqrt` in `B`"]);
    }
}
