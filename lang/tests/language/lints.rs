//! What lints must not say, and how often they say what they do.

use lcnnc_lang::ir::Op;
use lcnnc_lang::kinds::{KINDS, Kind};
use lcnnc_testing::{codes, compile_as};

fn found(text: &str, set: &[(&str, &str)]) -> Vec<String> {
    let compiled = compile_as("lint.lcnn", text, set);
    assert!(compiled.net.is_some(), "{}", compiled.report);
    codes(&compiled).into_iter().map(str::to_owned).collect()
}

/// A branch of a penalty that is not taken pulls at nothing.
#[test]
fn only_the_branch_that_is_taken_is_judged() {
    let text = "model Lcei
const on = true
input image: [1, 24, 24]
weights W_A: conv(1 -> 4, kernel: 5, bias: false)
weights W_E: conv(4 -> 4, kernel: 5, bias: false)
weights W_I: conv(4 -> 4, kernel: 5, bias: false)
A = relu(W_A * image)
branch d = sum {
    exc E = tanh(W_E * A)
    inh N = tanh(W_I * A)
}
logits = dense(max_pool(relu(A + d), 2), classes)
output logits
penalty apart = if on then 2 * sat_abs(W_E, W_I) else -1 * sat_abs(W_E, W_I)
";
    let turned = "penalty apart = -1 * sat_abs(W_E, W_I)";
    let start = text.find("penalty").unwrap();
    let expected = found(&format!("{}{turned}\n", &text[..start]).replace("const on = true\n", ""), &[]);
    assert!(!expected.is_empty());
    assert_eq!(found(text, &[]), Vec::<String>::new());
    assert_eq!(found(text, &[("on", "false")]), expected);
}

/// A state that counts steps holds nothing of the image, and need not; one that stays zero is a slip.
#[test]
fn a_clock_needs_no_image() {
    let text = |next: &str| {
        format!(
            "model Clock
input image: [1, 16, 16]
weights F: conv(1 -> 4, kernel: 3)
loop areas(steps: 3) {{
    state V = zeros(4, 16, 16)
    state t = zeros(4, 16, 16)
    V' = relu(F * image + t)
    t' = {next}
}}
logits = dense(V, classes)
output logits
"
        )
    };
    assert_eq!(found(&text("t + 0.25"), &[]), Vec::<String>::new());
    assert_eq!(found(&text("0.5 * t"), &[]), ["L0307"]);
}

/// The norms of one net over maps of 1x1 pixels are one problem.
#[test]
fn norms_of_one_number_are_one_problem() {
    let text = "model Norms
input image: [3, 24, 24]
h1 = relu(batch_norm(conv(avg_pool(image, 24), 16, kernel: 1)))
h2 = relu(batch_norm(conv(h1, 16, kernel: 1)))
logits = dense(h2, classes)
output logits
";
    let compiled = compile_as("norms.lcnn", text, &[]);
    assert_eq!(codes(&compiled), ["L0903"]);
    assert_eq!(compiled.report.diagnostics[0].labels.len(), 2);
}

/// A misspelt word of a const is one mistake, told where the word is written, or with the flag that gave it.
#[test]
fn a_misspelt_word_is_told_where_it_is_written() {
    let text = |word: &str| {
        format!(
            "model Typo\nconst p = {word}\ninput image: [1, 28, 28]\nh = relu(conv(image, 4, kernel: 3, padding: p))\n\
             g = relu(conv(h, 4, kernel: 3, padding: p))\nlogits = dense(max_pool(g, 2), classes)\noutput logits\n"
        )
    };
    for (text, set, place, says) in [
        (text("smae"), [].as_slice(), "smae", "did you mean `same`?"),
        (text("same"), &[("p", "smae")], "p))", "did you mean `--set p=same`?"),
    ] {
        let report = compile_as("typo.lcnn", &text, set).report;
        let [problem] = report.diagnostics.as_slice() else { panic!("{report}") };
        assert!(text[problem.place()..].starts_with(place), "{report}");
        assert!(problem.message.contains("`smae`") && problem.help.as_deref() == Some(says), "{report}");
    }
}

/// Settings that flags make idle are told of as those of the spec are.
#[test]
fn idle_settings_are_judged_by_the_epochs_of_the_run() {
    let text = "model Set\ninput image: [1, 28, 28]\nlogits = dense(image, classes)\noutput logits\ntrain {\n    warmup: 8\n    epochs: 20\n}\n";
    let compiled = compile_as("set.lcnn", text, &[]);
    assert!(codes(&compiled).is_empty());
    let mut settings = compiled.settings.clone();
    settings.set("train", "epochs", "5").unwrap();
    let report = compiled.report_with(&settings);
    assert_eq!(report.diagnostics.iter().map(|d| d.code.id).collect::<Vec<_>>(), ["L0605"]);
}

/// A net of two arms with signs, and a penalty on their weights.
fn arms(how: &str, [e, i]: [&str; 2], penalty: &str) -> Vec<String> {
    found(
        &format!(
            "model Arms\ninput image: [1, 24, 24]\nweights W_E: conv(1 -> 4, kernel: 5{e})\n\
             weights W_I: conv(1 -> 4, kernel: 5{i})\nbranch O = {how} {{\n    exc E = tanh(W_E * image)\n    \
             inh N = tanh(W_I * image)\n}}\nlogits = dense(max_pool(O, 2), classes)\noutput logits\n\
             penalty apart = 0.1 * {penalty}\n"
        ),
        &[],
    )
}

/// A penalty that asks for a distance alone presses no weights to one side, and what is wrong with a sign is said once.
#[test]
fn what_a_penalty_presses_is_said_once_and_only_where_it_has_a_direction() {
    let (up, down, free) = (", sign: nonnegative", ", sign: nonpositive", "");
    for gap in ["sat_abs(W_E, W_I)", "exp_sat(W_E, W_I)", "sat_exp(W_E, W_I)"] {
        assert_eq!(arms("sum", [down, free], gap), ["L0405"], "{gap}");
        assert_eq!(arms("sum", [free, up], gap), ["L0405"], "{gap}");
        assert_eq!(arms("sum", [up, down], gap), Vec::<String>::new(), "{gap}");
    }
    assert_eq!(arms("difference", [free, up], "sat_abs(W_E, W_I)"), Vec::<String>::new());
    assert_eq!(arms("difference", [free, up], "exp_sat(W_E, W_I)"), ["L0407"]);
    assert_eq!(arms("product", [free, up], "exp_sat(W_E, W_I)"), ["L0407"]);
}

/// A `difference` takes inhibition away, and so weights that are pushed below zero excite.
#[test]
fn a_difference_and_a_penalty_with_a_direction_work_against_each_other() {
    for (how, gap, expected) in [
        ("difference", "exp_sat(W_E, W_I)", vec!["L0408"]),
        ("difference", "sat_exp(W_E, W_I)", vec!["L0408"]),
        ("difference", "sat_abs(W_E, W_I)", vec![]),
        ("sum", "exp_sat(W_E, W_I)", vec![]),
        ("product", "exp_sat(W_E, W_I)", vec![]),
    ] {
        assert_eq!(arms(how, ["", ""], gap), expected, "{how} {gap}");
    }
}

/// A small net with settings of its own, and what is said of it with other ones.
fn with_settings(own: &str, changed: &[(&str, &str, &str)]) -> Vec<(String, bool)> {
    let text = format!("model Set\ninput image: [1, 28, 28]\nlogits = dense(image, classes)\noutput logits\n{own}\n");
    let compiled = compile_as("set.lcnn", &text, &[]);
    let mut settings = compiled.settings.clone();
    for (block, key, value) in changed {
        settings.set(block, key, value).unwrap();
    }
    let report = compiled.report_with(&settings);
    report.diagnostics.iter().map(|d| (d.code.id.to_owned(), d.labels.is_empty())).collect()
}

/// What flags and files say is judged as what the spec says, and has no place in the spec.
#[test]
fn settings_from_outside_are_judged_too() {
    let placeless = |codes: &[&str]| codes.iter().map(|code| ((*code).to_owned(), true)).collect::<Vec<_>>();
    let train = |key: &'static str, value: &'static str| ("train", key, value);
    let all = [train("epochs", "1"), train("warmup", "5"), train("schedule", "steps(at: [3])"), train("patience", "7")];
    assert_eq!(with_settings("", &all), placeless(&["L0604", "L0605", "L0605"]));
    assert_eq!(with_settings("", &[train("optimizer", "sgd(lr: 0)")]), placeless(&["L0605"]));
    assert_eq!(with_settings("", &[("data", "augment", "[flip(0), rotate(0)]")]), placeless(&["L0605", "L0605"]));
    assert_eq!(with_settings("", &[("data", "transform", "normalise(mean: 128, sd: 1)")]), placeless(&["L0606"]));
    assert_eq!(with_settings("allow idle_setting", &[train("optimizer", "sgd(lr: 0)")]), []);
    let own = "train { schedule: steps(at: [30]) }";
    assert_eq!(with_settings(own, &[]), [("L0604".to_owned(), false)]);
    assert_eq!(with_settings(own, &[train("epochs", "40")]), []);
    assert_eq!(with_settings(own, &[train("schedule", "steps(at: [25])")]), placeless(&["L0604"]));
    assert_eq!(with_settings(own, &[train("seed", "1")]), [("L0604".to_owned(), false)]);
}

/// A setting that does nothing is told of, and one that does something is not.
#[test]
fn settings_without_effect_are_told_of() {
    for (own, expected) in [
        ("train { schedule: steps(at: 5, factor: 1) }", 1),
        ("train { schedule: cosine(to: 1) }", 1),
        ("train { schedule: plateau(factor: 1) }", 1),
        ("train { schedule: plateau(factor: 0) }", 1),
        ("train { schedule: plateau(patience: 9), epochs: 11 }", 1),
        ("train { schedule: plateau(patience: 9), epochs: 12 }", 0),
        ("train { schedule: plateau }", 0),
        ("train { schedule: cosine }", 0),
        ("data { augment: [pad_crop(0), flip(0), rotate(0), repeat(1)] }", 4),
        ("const views = 1\ndata { augment: [repeat(views)] }", 0),
        ("const around = 2\ndata { augment: [pad_crop(0, fill: black), repeat(around)] }", 1),
        ("data { augment: [pad_crop(1), flip(1), rotate(1), repeat(2)] }", 0),
        ("train { patience: 0, warmup: 0, clip: 0 }", 0),
    ] {
        let found = with_settings(own, &[]);
        assert_eq!(found.len(), expected, "{own}: {found:?}");
        assert!(found.iter().all(|(code, _)| code == "L0605"), "{own}: {found:?}");
    }
}

/// A net with one layer, `h`, that reads the image of 24 x 24 pixels, and one that reads it.
fn small(h: &str, logits: &str) -> Vec<String> {
    let text = format!("model Small\ninput image: [1, 24, 24]\nh = {h}\nlogits = {logits}\noutput logits\n");
    found(&text, &[])
}

/// Every window that is offered covers the map, and what leaves pixels out between windows is told of.
#[test]
fn windows_that_are_offered_cover_the_map() {
    let dense = "dense(h, classes)";
    let mut judged = 0;
    for side in [23, 24, 25, 28] {
        for pool in [
            "2",
            "3",
            "5",
            "3, stride: 2",
            "4, stride: 3",
            "3, stride: 2, padding: same",
            "5, padding: same",
            "2, stride: 5",
        ] {
            let (kernel, rest) =
                pool.split_once(',').map_or((pool, String::new()), |(k, rest)| (k, format!(",{rest}")));
            let with = |kernel: &str, rest: &str| {
                format!(
                    "model Pool\ninput image: [1, {side}, {side}]\nh = max_pool(image, {kernel}{rest})\nlogits = {dense}\noutput logits\n"
                )
            };
            let compiled = compile_as("pool.lcnn", &with(kernel, &rest), &[]);
            let Some(problem) = compiled.report.diagnostics.first().filter(|_| compiled.net.is_some()) else {
                continue;
            };
            assert_eq!(problem.code.id, "L0205");
            let help = problem.help.clone().unwrap();
            for part in help.split(", ") {
                let Some(sides) = part.strip_prefix("choose a window of ") else { continue };
                for kernel in sides.split(" or ") {
                    assert_eq!(found(&with(kernel, &rest), &[]), Vec::<String>::new(), "{side} {pool}: {help}");
                    judged += 1;
                }
            }
            if help.contains("`padding: same`") {
                assert_eq!(
                    found(&with(kernel, &format!("{rest}, padding: same")), &[]),
                    Vec::<String>::new(),
                    "{help}"
                );
                judged += 1;
            }
        }
    }
    assert!(judged > 15, "{judged}");
    for (layer, expected) in [
        ("conv(image, 4, kernel: 3, stride: 5)", vec!["L0205"]),
        ("depthwise(image, kernel: 3, stride: 4)", vec!["L0205"]),
        ("local(image, 2, kernel: 3, stride: 4)", vec!["L0205"]),
        ("max_pool(image, 2, stride: 4)", vec!["L0205"]),
        ("conv(image, 4, kernel: 3, stride: 3)", vec![]),
        ("conv(image, 4, kernel: 1, stride: 2)", vec![]),
    ] {
        assert_eq!(small(layer, dense), expected, "{layer}");
    }
}

/// Activations around the scores are told of, wherever they are made, and no other function is.
#[test]
fn scores_are_not_bent() {
    let is_activation = |kind: &&&Kind| {
        let text =
            format!("model Y\ninput image: [3, 8, 8]\n{}\nlogits = dense(y, classes)\noutput logits\n", kind.example);
        let net = compile_as("y.lcnn", &text, &[]).net.unwrap();
        net.nodes().any(|node| node.name.as_deref() == Some("y") && matches!(node.op, Op::Unary { .. }))
    };
    let activations: Vec<&str> = KINDS.iter().filter(is_activation).map(|kind| kind.name).collect();
    assert!(activations.contains(&"relu"), "{activations:?}");
    for activation in activations.into_iter().chain(["dropout"]) {
        assert_eq!(small("conv(image, 4, kernel: 3)", &format!("{activation}(dense(h, classes))")), ["L0219"]);
        assert_eq!(small(&format!("{activation}(image)"), "dense(h, classes)"), Vec::<String>::new());
    }
    for logits in
        ["0.1 * dense(h, classes)", "global_avg_pool(relu(conv(h, classes, kernel: 1)))", "-dense(h, classes)"]
    {
        assert_eq!(small("conv(image, 4, kernel: 3)", logits), Vec::<String>::new(), "{logits}");
    }
}

/// Weights that are zero and stay so let nothing through.
#[test]
fn frozen_zeros_are_blank() {
    let logits = "dense(conv(h, 4, kernel: 3), classes)";
    for (h, expected) in [
        ("conv(image, 4, kernel: 3, init: zeros, frozen: true)", vec!["L0307"]),
        ("image + conv(image, 1, kernel: 3, init: zeros, frozen: true)", vec![]),
        ("conv(image, 4, kernel: 3, init: zeros)", vec![]),
        ("conv(image, 4, kernel: 3, init: ones, frozen: true)", vec![]),
    ] {
        assert_eq!(small(h, logits), expected, "{h}");
    }
}

/// What divides by zero is an error, and a divisor that is calculated is not judged.
#[test]
fn nothing_is_divided_by_zero() {
    for (h, expected) in [
        ("image / 0", vec!["L0107"]),
        ("image / (1 - 1)", vec!["L0107"]),
        ("image * (1 / 0)", vec!["L0107"]),
        ("0 / 2 + image / 2", vec![]),
        ("if true then image else image / 0", vec![]),
    ] {
        let text =
            format!("model Zero\ninput image: [1, 24, 24]\nh = {h}\nlogits = dense(h, classes)\noutput logits\n");
        let compiled = compile_as("zero.lcnn", &text, &[]);
        assert_eq!(codes(&compiled), expected, "{h}\n{}", compiled.report);
    }
}

/// A number that a const gives, or that does something, is not judged.
#[test]
fn layers_without_effect_are_told_of_where_they_are_written() {
    for (h, expected) in [
        ("dropout(image, 0)", vec!["L0904"]),
        ("dropout(image, rate: 0)", vec!["L0904"]),
        ("upsample(image, 1)", vec!["L0904"]),
        ("max_pool(image, 1)", vec!["L0904"]),
        ("conv(image, 4, kernel: 3, frozen: true, lr: 2)", vec!["L0904"]),
        ("conv(image, 4, kernel: 3, frozen: false, lr: 2)", vec![]),
        ("dropout(image, 1 - 1)", vec![]),
        ("batch_norm(image, 0.9)", vec!["L0905"]),
        ("batch_norm(image, momentum: 0.9)", vec!["L0905"]),
        ("batch_norm(image, 1e-3, 0.1)", vec![]),
    ] {
        assert_eq!(small(h, "dense(h, classes)"), expected, "{h}");
    }
}

/// A loop is idle only where no side of a choice reads a state, and no step differs by chance or by its parameters.
#[test]
fn idle_loops_are_told_of() {
    let text = |next: &str, bundle: &str| {
        format!(
            "model Loop\nconst on = false\ninput image: [1, 24, 24]\nweights F: conv(1 -> 1, kernel: 3{bundle})\n\
             loop V1(steps: 3) {{\n    state O = image\n    O' = {next}\n}}\nlogits = dense(O, classes)\noutput logits\n"
        )
    };
    let on = "if on then F * O else F * image";
    for (next, bundle, expected) in [
        ("relu(F * image)", "", vec!["L0310"]),
        ("relu(F(image))", "", vec!["L0310"]),
        ("relu(F * image)", ", per_step: true", vec![]),
        ("dropout(F * image)", "", vec![]),
        ("relu(F * O)", "", vec![]),
        (on, "", vec![]),
    ] {
        let text = text(next, bundle);
        let text = if next == on { text } else { text.replace("const on = false\n", "") };
        assert_eq!(found(&text, &[]), expected, "{next} {bundle}");
    }
}
