//! The answers to a person's slips: one message each, and no change of the text that may mean something else.

use lcnnc_lang::diag::{Applicability, Report};
use lcnnc_lang::{Options, Source, fix};
use lcnnc_testing::compile_as;

/// A line that stands between `x`, a map of eight channels, and the output.
fn with(line: &str) -> String {
    let given = |word: &str| line.lines().any(|line| line.starts_with(word));
    let h = if given("h ") { "" } else { "h = x\n" };
    let output = if given("output ") { "" } else { "output logits\n" };
    format!(
        "model M\ninput image: [3, 24, 24]\nweights W: conv(8 -> 8, kernel: 3)\nx = relu(conv(image, 8, kernel: 3))\n\
         {line}\n{h}logits = dense(max_pool(h, 2), classes)\n{output}allow [unused, unreached, unbounded, no_role]\n"
    )
}

fn report(line: &str) -> Report {
    compile_as("spec.lcnn", &with(line), &[]).report
}

/// The one message about a line: what is wrong, and the help.
fn said(line: &str) -> String {
    let report = report(line);
    assert_eq!(report.diagnostics.len(), 1, "{line}: {report}");
    let problem = &report.diagnostics[0];
    format!("{}; {}", problem.message, problem.help.as_deref().unwrap_or_default())
}

fn fixed(text: &str, asked: Applicability) -> (Report, usize) {
    let source = Source { name: "spec.lcnn".to_owned(), text: text.to_owned() };
    let (compiled, mended) = fix(&source, &Options::default(), asked);
    (compiled.report, mended)
}

#[test]
fn arguments_are_matched_alike_wherever_they_are_given() {
    let block = "block b(x, n: 1) {\n    yield relu(n * x)\n}\nfn f(x) = relu(x)\nh = ";
    let given_twice =
        ["conv(x, 8, kernel: 3, kernel: 5)", "W(x, stride: 1, stride: 1)", "b(x, n: 1, n: 2)", "b(x, 1, n: 2)"];
    for call in given_twice {
        assert!(said(&format!("{block}{call}")).contains("is given twice"), "{call}");
    }
    for call in ["W(x, x)", "b(x, 1, 2)", "f(x, x)", "abs(x, x)", "relu(x, x)"] {
        assert!(said(&format!("{block}{call}")).contains("` takes "), "{call}");
    }
    for call in ["W(x, size: 3)", "b(x, size: 3)", "f(x, size: 3)", "abs(x, size: 3)", "conv(x, 8, kernel: 3, size: 3)"]
    {
        assert!(said(&format!("{block}{call}")).contains("has no argument `size`"), "{call}");
    }
}

#[test]
fn an_index_of_the_authors_is_never_exchanged_by_itself() {
    let lines = [
        "gain_e = relu(x)\nh = gain_i + x",
        "lateralA = relu(x)\nh = lateralA - lateralB",
        "areaIT = relu(x)\nh = areaMT",
        "hiddenE = relu(x)\nh = hiddenE - hiddenI",
        "onres = relu(x)\nh = onres - ofres",
        "left_x = relu(x)\nh = left_y",
        "inner = relu(x)\nh = inner - inneer",
        "const sigma_c = 2\nh = x * sigma_s",
        "weights bundle_ie: conv(8 -> 8, kernel: 3)\nh = bundle_ei * x",
    ];
    for line in lines {
        let text = with(line);
        let (report, mended) = fixed(&text, Applicability::Safe);
        assert_eq!((mended, &report.text), (0, &text), "{line}: {report}");
        assert!(report.has_errors(), "{line}");
    }
    let (report, mended) = fixed(&with("hiddenE = relu(x)\nh = hidddenE"), Applicability::Safe);
    assert!(mended == 1 && !report.has_errors(), "{report}");
}

#[test]
fn a_loop_is_not_what_a_value_was_meant_to_be() {
    let text = with("loop visual(steps: 2) {\n    state h = x\n    h' = relu(W * h)\n}\ny = relu(visuall)");
    let (report, mended) = fixed(&text, Applicability::Safe);
    assert_eq!((mended, &report.text), (0, &text), "{report}");
}

#[test]
fn half_of_a_bottleneck_is_left_to_the_author() {
    for (line, safe) in [
        ("weights down: conv(8 -> 4, kernel: 3)\nweights up: conv(4 -> 8, kernel: 3)", false),
        (
            "weights down: conv(8 -> 4, kernel: 3)\nweights up: conv(4 -> 8, kernel: 3)\ny = up * (conv(x, 4, kernel: 3))",
            false,
        ),
        ("weights down: conv(8 -> 4, kernel: 3)\nweights other: conv(4 -> 16, kernel: 3)", false),
        ("weights down: conv(8 -> 4, kernel: 3)", true),
    ] {
        let text = with(&format!(
            "{line}\nloop V1(steps: 2) {{\n    state O = x\n    O' = relu(x + down * O)\n}}\nh = O + W * O"
        ));
        let (report, mended) = fixed(&text, Applicability::Safe);
        assert_eq!(mended, usize::from(safe), "{line}: {report}");
    }
}

#[test]
fn a_comment_never_becomes_code() {
    for line in ["h = x # 2", "h = x % 2", "h = x /* 2 */", "h = x   # 3.5", "h = relu(x % 2)"] {
        let text = with(line);
        let (report, _) = fixed(&text, Applicability::Unsafe);
        assert!(!report.text.contains("/ 2") && !report.text.contains("/ 3.5"), "{line}: {}", report.text);
    }
    let (report, _) = fixed(&with("h = x # two maps\n# 2\ny = x"), Applicability::Safe);
    assert!(report.diagnostics.is_empty() && report.text.contains("x // two maps\n// 2\n"), "{report}");
    assert!(said("h = x % 2").contains("there is no remainder"));
}

#[test]
fn weights_behind_a_factor_ask_for_brackets() {
    for (written, wanted) in [
        ("x * W * y", "x * (W * y)"),
        ("0.5 * W * y", "0.5 * (W * y)"),
        ("-W * y", "-(W * y)"),
        ("-0.5 * W * y", "-0.5 * (W * y)"),
        ("x * 0.5 * W * relu(y)", "x * 0.5 * (W * relu(y))"),
        ("W * W * y", "W * (W * y)"),
    ] {
        let said = said(&format!("y = relu(x)\nh = {written}"));
        assert!(said.contains(&format!("`{wanted}`")), "{said}");
        let report = report(&format!("y = relu(x)\nh = {wanted}"));
        assert!(report.diagnostics.is_empty(), "{report}");
    }
}

fn separated(penalty: &str) -> Report {
    report(&format!(
        "weights W_E: conv(8 -> 8, kernel: 3)\nweights W_I: conv(8 -> 8, kernel: 3)\nbranch h = sum {{\n    exc E = \
         tanh(W_E * x)\n    inh N = tanh(W_I * x)\n}}\nconst share = 0.5\nconst minus = -0.5\npenalty p = {penalty}"
    ))
}

#[test]
fn bundles_are_swapped_only_where_the_factor_is_known_to_be_above_zero() {
    for (penalty, has_fix) in [
        ("0.1 * exp_sat(W_I, W_E)", true),
        ("share * exp_sat(W_I, W_E) / 2", true),
        ("-0.1 * exp_sat(W_I, W_E)", false),
        ("minus * exp_sat(W_I, W_E)", false),
        ("l1(W) - exp_sat(W_I, W_E)", false),
        ("l1(W) * exp_sat(W_I, W_E)", false),
    ] {
        let report = separated(penalty);
        let swapped = report.diagnostics.iter().find(|problem| problem.code.id == "L0403").unwrap();
        assert_eq!(!swapped.fix.is_empty(), has_fix, "{penalty}: {report}");
        assert_eq!(swapped.help.as_ref().unwrap().starts_with("swap the two"), has_fix, "{report}");
    }
    let report = separated("0.1 * exp_sat(W_E, W_E)").to_string();
    assert!(report.contains("takes the inhibitory bundle second, but `W_E` is excitatory"), "{report}");
}

#[test]
fn a_missing_comma_is_written() {
    for (written, wanted) in [
        ("h = conv(x, 8 kernel: 3)", "conv(x, 8, kernel: 3)"),
        ("h = conv(x, 8   // maps\n    kernel: 3)", "conv(x, 8,   // maps\n    kernel: 3)"),
        ("train { optimizer: sgd(lr: 1e-2 momentum: 0.9) }", "sgd(lr: 1e-2, momentum: 0.9)"),
        ("h = conv(x, 8 kernel: 3 stride: 1)", "conv(x, 8, kernel: 3, stride: 1)"),
    ] {
        assert!(said(written).contains("a comma is missing"), "{written}");
        let (report, mended) = fixed(&with(written), Applicability::Safe);
        assert!(
            mended == 1 && report.diagnostics.is_empty() && report.text.contains(wanted),
            "{report}{}",
            report.text
        );
    }
    // A number alone may be half of another one.
    let text = with("h = conv(x 8, kernel: 3)");
    assert_eq!(fixed(&text, Applicability::Safe).1, 0);
    assert!(!fixed(&text, Applicability::Unsafe).0.has_errors());
}

#[test]
fn small_slips_are_answered_by_what_was_meant() {
    for (line, wanted) in [
        ("h = conv(x, 8, kernel: 3, bias: flase)", "did you mean `false`?"),
        ("h = conv(x, 8, kernel: 3, bias: ture)", "did you mean `true`?"),
        ("h = max_pool(x, heihgt(x))", "did you mean `height`?"),
        (
            "loop V1(steps: 2) {\n    state right = x\n    rigth' = relu(W * right)\n}\nh = right",
            "did you mean `right'`?",
        ),
        ("h = conv(x, 8, kernel: 3, init: normal(std: 0.1))", "`normal(sd: 0.05)`"),
        ("h = dropout(x, 50%)", "write the share of 1: `0.5`"),
        ("data { validation: 15 }", "write `15%`"),
        ("train { optimizer: adam(1e-3, (0.9, 0.999)) }", "`beta1: 0.9, beta2: 0.999`"),
        ("train { schedule: steps(at: 10, 20) }", "write a list: `at: [10, 20]`"),
        ("h = MaxPool2d(2)(x)", "`max_pool(x, 2)`"),
        ("h = relu(W)(x)", "stands first in its brackets"),
        ("data { transform: grayscale, resize(28) }", "`transform: [grayscale, resize(28)]`"),
        (
            "loop V1(steps: 2) {\n    state a = x\n    state b = a\n    a' = relu(W * a)\n    b' = b + a\n}\nh = b",
            "`state b = x`",
        ),
        ("data { validation: 115% }", "less than 100%"),
        ("h = relu(x) /* never closed", "begins with `//`"),
        ("h = relu(img)", "the input is called `image`"),
    ] {
        let said = said(line);
        assert!(said.contains(wanted), "{line}: {said}");
    }
}

#[test]
fn flags_and_settings_are_mended() {
    for (line, wanted) in [
        ("h = conv(x, 8, kernel: 3, bias: flase)", "bias: false)"),
        ("h = conv(x, 8, kernel: 3, bias: ture)", "bias: true)"),
        ("train {\n    epochs = 3\n}", "epochs: 3"),
    ] {
        let (report, mended) = fixed(&with(line), Applicability::Safe);
        assert!(
            mended == 1 && report.diagnostics.is_empty() && report.text.contains(wanted),
            "{report}{}",
            report.text
        );
    }
}

#[test]
fn what_stands_once_cannot_have_another_name() {
    for line in [
        "train { epochs: 3 }\ntrain { epochs: 3 }",
        "train { epochs: 3, epochs: 4 }",
        "h = conv(x, 8, kernel: 3, kernel: 5)",
        "output logits\noutput logits",
    ] {
        assert!(said(line).ends_with("; remove one"), "{line}");
    }
    assert!(said("y = relu(x)\ny = tanh(x)").ends_with("another name"));
}

#[test]
fn one_mistake_is_one_message() {
    // Written out four times.
    let twice = "fn f(a) = conv(a, 8, kernel: 3, strid: 1) + conv(a, 8, kernel: 3, bais: true)\nblock b(a) {\n    y = f(f(a))\n    \
                 yield y\n}\nh = b(b(x))";
    assert_eq!(report(twice).diagnostics.len(), 2, "{}", report(twice));
    let misspelt = "weights lateral: conv(8 -> 8, kernel: 3)\nh = latral * x\npenalty p = l1(lateral)";
    assert!(said(misspelt).contains("did you mean `lateral`?"));
    let wrong = "weights V: conv(4 -> 8, kernel: 3)\nh = V * x + V * relu(x)";
    assert!(said(wrong).contains("`V` takes 4 channels"));
}
