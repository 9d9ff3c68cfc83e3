//! What a stranger to the language was told, followed to the letter.

use lcnnc_lang::diag::{Applicability, Report};
use lcnnc_lang::{Options, Source, fix};
use lcnnc_testing::compile_as;

/// A spec around lines that stand between `x`, a map of eight channels, and the output `h`.
fn around(lines: &str) -> String {
    let has = |start: &str| lines.lines().any(|line| line.trim_start().starts_with(start));
    let unless = |start: &str, line: &'static str| if has(start) { "" } else { line };
    format!(
        "model M\n{}weights W: conv(8 -> 8, kernel: 3)\nx = relu(conv(image, 8, kernel: 3))\n{lines}\n{}{}output \
         logits\nallow [unused, unreached, misfit]\n",
        unless("input", "input image: [3, 24, 24]\n"),
        unless("h ", "h = x\n"),
        unless("logits", "logits = dense(max_pool(h, 2), classes)\n"),
    )
}

fn report(lines: &str) -> Report {
    compile_as("spec.lcnn", &around(lines), &[]).report
}

/// The one message about lines: its code, what is wrong, and the help.
fn said(lines: &str) -> String {
    let report = report(lines);
    assert_eq!(report.diagnostics.len(), 1, "{lines}: {report}");
    let problem = &report.diagnostics[0];
    format!("{} {}; {}", problem.code.id, problem.message, problem.help.as_deref().unwrap_or_default())
}

fn fixed(lines: &str, asked: Applicability) -> String {
    let source = Source { name: "spec.lcnn".to_owned(), text: around(lines) };
    fix(&source, &Options::default(), asked).0.report.text
}

fn is_sound(lines: &str) {
    let report = report(lines);
    assert!(report.diagnostics.is_empty(), "{lines}: {report}");
}

/// A call in PyTorch's order is told from one in ours by what fits, and never loses its channels to a fix.
#[test]
fn numbers_in_another_order_are_told_apart() {
    for call in [
        "conv(x, 8, 3, 1, 1)",
        "conv(x, 8, 3, 1, padding: 1)",
        "conv(x, 8, 7, 2, 3)",
        "local(x, 8, 3, 1, 1)",
        "depthwise(x, 8, 3, 1, 1)",
        "conv_transpose(x, 8, 4, 2, 1)",
    ] {
        let line = format!("h = {call}");
        assert!(said(&line).starts_with("L0106 `padding`"), "{call}: {}", said(&line));
        assert_eq!(fixed(&line, Applicability::Unsafe), around(&line), "{call}");
    }
    assert!(said("g = dense(x, 8)\ny = dense(g, 8, 1)").starts_with("L0106 `bias`"));
    for (call, meant) in [
        ("conv(x, 8, 16, kernel: 3)", "conv(x, 16, kernel: 3)"),
        ("conv(x, 8, 16, 3)", "conv(x, 16, kernel: 3)"),
        ("conv(x, 8, 16, 3, 2, 1)", "conv(x, 16, kernel: 3, stride: 2)"),
        ("conv(x, 8, 16, 3, padding: 1)", "conv(x, 16, kernel: 3)"),
        ("conv(x, 8, 16, 5, 1, 0)", "conv(x, 16, kernel: 5, stride: 1, padding: valid)"),
    ] {
        let said = said(&format!("h = {call}"));
        assert!(said.starts_with("L0108") && said.ends_with(&format!("write `{meant}`")), "{call}: {said}");
        is_sound(&format!("h = {meant}"));
    }
    assert!(said("logits = dense(x, 4608, classes)").ends_with("write `dense(x, classes)`"));
    let doubt = said("h = conv(x, 8, 15, 3)");
    assert!(doubt.starts_with("L0118") && doubt.contains("`conv(x, 15, kernel: 3)`"), "{doubt}");
    assert!(doubt.ends_with("`conv(x, 8, kernel: 15, stride: 3)`"), "{doubt}");
    for call in ["conv(x, 8, kernel: 15, stride: 3)", "conv(x, 15, kernel: 3)", "conv(x, 8, 3, 2)", "conv(x, 8, 3, 1)"]
    {
        is_sound(&format!("h = {call}"));
    }
    assert!(said("h = conv(x, 16, 32, kernel: 3)").starts_with("L0104"));
}

#[test]
fn weights_that_do_not_spread_are_warned_of() {
    for (init, answer) in [
        ("normal(0, 0.01)", "`init: normal(0.01)`"),
        ("normal(sd: 0)", "`init: normal(0.01)`"),
        ("normal(0, -1)", "`init: constant(-1)`"),
        ("uniform(0)", "`init: uniform(0.1)`"),
    ] {
        let said = said(&format!("h = conv(x, 8, kernel: 3, init: {init})"));
        assert!(said.starts_with("L0906") && said.contains(answer), "{said}");
    }
    assert!(said("weights V: conv(8 -> 8, kernel: 3, init: uniform(0))\nh = V * x + V * x").starts_with("L0906"));
    for init in ["normal(0.01)", "zeros", "ones", "constant(0.1)", "uniform(0.1)", "normal(0.01, 0.5)"] {
        is_sound(&format!("h = conv(x, 8, kernel: 3, init: {init})"));
    }
}

#[test]
fn words_that_mean_something_elsewhere_are_never_mended_safely() {
    for line in [
        "train { optimizer: adan(lr: 1e-3) }",
        "train { optimizer: adai }",
        "train { optimizer: adas }",
        "train { optimizer: adaz }",
        "data { augment: [clip] }",
        "data { augment: [blip] }",
        "h = conv(x, weight(image), kernel: 3)",
        "h = conv(x, 8, kernel: 3, unit: 1)",
        "h = tense(x, 8)",
    ] {
        assert_eq!(fixed(line, Applicability::Safe), around(line));
    }
    assert!(fixed("h = conv(x, 8, kernal: 3)", Applicability::Safe).contains("kernel: 3"));
    assert!(fixed("train { optimizer: adm(lr: 1e-3) }", Applicability::Safe).contains("adam(lr"));
}

#[test]
fn nothing_takes_a_name_that_comes_with_the_language() {
    for lines in [
        "const relu = tanh\nh = relu(x)",
        "const conv = local\nh = conv(x, 8, kernel: 3)",
        "const l1 = l2\npenalty p = 1e-3 * l1(weights)",
        "const true = false\nh = conv(x, 8, kernel: 3, bias: true)",
        "const sqrt = 3",
        "relu = relu(x)\nh = relu + x",
        "weights gain: conv(8 -> 8, kernel: 3)\nh = gain * x",
        "loop dense(steps: 2) {\n    state S = x\n    S' = relu(W * S)\n}\nh = S",
        "loop V(steps: 2) {\n    state mean = x\n    mean' = relu(W * mean)\n}\nh = mean",
        "block b(y, relu: tanh) {\n    yield relu(y)\n}\nh = b(x)",
        "fn conv(y) = relu(y)\nh = conv(x, 8, kernel: 3)",
    ] {
        assert!(said(lines).starts_with("L0115"), "{lines}");
    }
    for lines in ["const width = 8\nh = conv(x, width, kernel: 3)", "fn norm(y) = lrn(y)\nh = norm(x)"] {
        is_sound(lines);
    }
}

#[test]
fn a_comma_is_no_point() {
    for (line, answer) in [
        ("train { optimizer: sgd(lr: 1,0) }", "`1.0`; where two are meant, a blank stands between them: `1, 0`"),
        ("train { optimizer: sgd(lr: 0,01) }", "`0.01`"),
        ("h = 0,5 * x", "`0.5`"),
        ("data { transform: [grayscale, normalise(mean: 0.5, sd: [0,5])] }", "`0.5`"),
        ("h = dropout(x, 0,5)", "`0.5`"),
        ("penalty p = 0,001 * l2(weights)", "`0.001`"),
    ] {
        let said = said(line);
        assert!(said.starts_with("L0008") && said.contains(&format!("write {answer}")), "{said}");
        assert_eq!(fixed(line, Applicability::Safe), around(line));
    }
    is_sound("h = conv(x,8,3)");
    is_sound("y = max_pool(x,2,2)");
}

/// One mistake is one message, and what the message says to write is right.
#[test]
fn answers_can_be_followed() {
    for (lines, answer, mended) in [
        ("h = √x", "`sqrt(x)`", "h = sqrt(x)"),
        ("h = max_pool(x; 2)", "parted by `,`", "h = max_pool(x, 2)"),
        ("h = relu(x); y = h", "begins a line of its own", "h = relu(x)\ny = h"),
        ("h = conv(x, 8, kernel 3)", "`kernel: 3`", "h = conv(x, 8, kernel: 3)"),
        ("train { optimizer: adam(lr 1e-3) }", "`lr: 1e-3`", "train { optimizer: adam(lr: 1e-3) }"),
        ("train { schedule: steps(at 10) }", "`at: 10`", "train { schedule: steps(at: 10) }"),
        ("data { transform: [resize 24] }", "`resize(24)`", "data { transform: [resize(24)] }"),
        ("data { transform: resize 24 }", "`resize(24)`", "data { transform: resize(24) }"),
        ("h = conv(x, 8, kernel: 3, padding same)", "`padding: same`", "h = conv(x, 8, kernel: 3, padding: same)"),
        ("train: { batch: 8 }", "`train {`", "train { batch: 8 }"),
        ("train = { batch: 8 }", "`train {`", "train { batch: 8 }"),
        (
            "block b(y, start: he) {\n    yield conv(y, 8, kernel: 3, init: start)\n}\nh = b(x)",
            "`const choice = he`",
            "const choice = he\nblock b(y, start: choice) {\n    yield conv(y, 8, kernel: 3, init: start)\n}\nh = b(x)",
        ),
        (
            "block b(y, pad) {\n    yield conv(y, 8, kernel: 3, padding: pad)\n}\nh = b(x, same)",
            "`const choice = same`",
            "const choice = same\nblock b(y, pad) {\n    yield conv(y, 8, kernel: 3, padding: pad)\n}\nh = b(x, choice)",
        ),
        ("h = max-pool(x, 2)", "`max_pool`", "h = max_pool(x, 2)"),
        (
            "logits = dense(global-avg-pool(x), classes)",
            "`global_avg_pool`",
            "logits = dense(global_avg_pool(x), classes)",
        ),
        ("h = x + leaky-relu(x)", "`", "h = x"),
        ("block b(y, n: batch-norm) {\n    yield n(y)\n}\nh = b(x)", "`batch_norm`", "h = batch_norm(x)"),
        ("h = conv(x, 8, kernel-size: 3)", "`kernel: 3`", "h = conv(x, 8, kernel: 3)"),
        ("train { batch-size: 8 }", "`batch: 64`", "train { batch: 64 }"),
        ("my-layer = relu(x)", "`my_layer`", "my_layer = relu(x)"),
        (
            "loop V(steps: 3) {\n    state O = x\n    O' <- relu(W * O)\n}",
            "an equation has one sign",
            "loop V(steps: 3) {\n    state O = x\n    O' = relu(W * O)\n}",
        ),
        ("h = max_pool(x, 4 % 2)", "no remainder", "h = max_pool(x, 4 / 2)"),
        (
            "loop V(steps: 3) {\n    state O = x\n    O' = relu(W * O)\n}\nh = V.O",
            "their own names: `O`",
            "loop V(steps: 3) {\n    state O = x\n    O' = relu(W * O)\n}\nh = O",
        ),
        ("model.add(x)", "`h = x + y`", "h = x"),
        ("h = conv(x, 8, kernel: 3, activation: softmax)", "the loss contains the softmax", "h = x"),
        (
            "h = conv(x, 8, kernel: 3, activation: tanh)",
            "`tanh(conv(x, 8, kernel: 3))`",
            "h = tanh(conv(x, 8, kernel: 3))",
        ),
        ("h = x |> relu", "`relu(x)`", "h = relu(x)"),
        (
            "loop V(steps: 3) {\n    state O = x\n    O' = relu(W * O'')\n}",
            "`O` that of the step before",
            "loop V(steps: 3) {\n    state O = x\n    O' = relu(W * O)\n}",
        ),
        ("h = W * 0", "`W * x`", "h = W * x"),
        ("h = conv(x, W)", "`W * x`", "h = W * x"),
        ("h = conv(x, 8, k: 7)", "`kernel: 3`", "h = conv(x, 8, kernel: 3)"),
        ("h = 2x", "`2 * x`", "h = 2 * x"),
        ("h = conv(W, x)", "`W * x`", "h = W * x"),
        ("h = relu(W, x)", "`W * x`", "h = relu(W * x)"),
        ("train { batch 8 }", "`batch: 8`", "train { batch: 8 }"),
        ("h = x²", "`square(x)`", "h = square(x)"),
        ("h = ½ * x", "write what it stands for", "h = 0.5 * x"),
        ("loop V(steps 2) {\n    state O = x\n    O' = relu(W * O)\n}", "`steps: 2`", "h = x"),
    ] {
        let said = said(lines);
        assert!(said.contains(answer), "{lines}: {said}");
        is_sound(mended);
    }
    let whole = "model: M\ninput image: [1, 24, 24]\nlogits = dense(image, classes)\noutput: logits\n";
    let source = Source { name: "spec.lcnn".to_owned(), text: whole.to_owned() };
    let (after, mended) = fix(&source, &Options::default(), Applicability::Safe);
    assert!(mended == 2 && after.net.is_some(), "{}", after.report);
    for (entry, answer) in [
        ("const: 3", "`const name = 3`"),
        ("weights: conv(8 -> 8, kernel: 3)", "`weights name: kind(in -> out, …)`"),
        ("penalty: l1(weights)", "`penalty name = l1(weights)`"),
    ] {
        assert!(said(entry).contains(answer), "{}", said(entry));
    }
}

fn with_arms(exc: &str, inh: &str) -> String {
    format!(
        "weights W_E: conv(8 -> 8, kernel: 3)\nweights W_I: conv(8 -> 8, kernel: 3)\nbranch z = sum {{\n    {exc}\n    \
         {inh}\n}}\npenalty p = 0.1 * sat_abs(W_E, W_I)"
    )
}

#[test]
fn a_mistake_in_an_arm_is_no_second_one_in_its_penalty() {
    let inh = "inh N = tanh(W_I * x)";
    for (exc, inh, code) in [
        ("exc E = tanh(W_E * x)", "inh N = tanh(W_i * x)", "L0101"),
        ("exc E = tanh(W_I * x)", inh, "L0401"),
        ("exc E = tanh(W_A * x)", inh, "L0101"),
        ("inh E = tanh(W_E * x)", inh, "L0402"),
        ("exc E = tanh(W_E @ x)", inh, "L0110"),
    ] {
        let said = said(&with_arms(exc, inh));
        assert!(said.starts_with(code), "{said}");
    }
    is_sound(&with_arms("exc E = tanh(W_E * x)", inh));
    let reversed = with_arms("exc E = tanh(W_E * x)", inh).replace("sat_abs", "abs_sat");
    assert!(said(&reversed).ends_with("did you mean `sat_abs`?"));
}

/// What `short` marks as mended is mended: a bundle of the image's is not made one of the state's.
#[test]
fn afferent_weights_are_not_declared_anew_for_a_state() {
    let lines = "weights W_A: conv(3 -> 8, kernel: 3)\nA = relu(W_A * image)\nloop V(steps: 3) {\n    state O = A\n    O' = \
                 relu(A + W_A * O)\n}\nh = O";
    assert!(said(lines).starts_with("L0203") && said(lines).contains("a bundle of its own"));
    assert!(report(lines).diagnostics[0].fix.is_empty());
}
