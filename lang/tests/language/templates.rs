//! Templates: blocks, repeats, choices, sizes, and what is known before the run.

use lcnnc_lang::ir::{Net, Op, Shape, Stmt, Unary};
use lcnnc_testing::{clean, codes, compile_as, net};

fn spec(body: &str) -> String {
    format!("model T\ninput image: [3, 16, 16]\n{body}\nlogits = dense(global_avg_pool(y), classes)\noutput logits\n")
}

/// A net without any of its names: two specs that mean the same give the same.
fn nameless(mut net: Net) -> Net {
    fn forget(stmts: &mut [Stmt]) {
        for stmt in stmts {
            match stmt {
                Stmt::Node(node) => node.name = None,
                Stmt::Loop(looped) => {
                    looped.name.clear();
                    looped.states.iter_mut().for_each(|state| state.name.clear());
                    looped.taps.iter_mut().for_each(|tap| tap.name.clear());
                    forget(&mut looped.body);
                }
            }
        }
    }
    forget(&mut net.body);
    net.params.iter_mut().for_each(|param| param.name.clear());
    net
}

fn same(one: &str, other: &str) {
    let (one, other) = (net(&spec(one), &[]), net(&spec(other), &[]));
    assert_eq!(nameless(one.clone()), nameless(other.clone()), "{one}\n{other}");
}

fn params(body: &str) -> Vec<String> {
    net(&spec(body), &[]).params.into_iter().map(|param| param.name).collect()
}

#[test]
fn a_block_is_its_equations_with_names_of_its_own() {
    same(
        "block b(x, n, k: 3) {\n    h = relu(conv(x, n, kernel: k))\n    yield h + conv(h, n, kernel: 1)\n}\ny = b(b(image, 4), 8, k: 5)",
        "h = relu(conv(image, 4, kernel: 3))\ng = h + conv(h, 4, kernel: 1)\n\
         i = relu(conv(g, 8, kernel: 5))\ny = i + conv(i, 8, kernel: 1)",
    );
    let names = params(
        "block b(x, n) {\n    h = relu(conv(x, n, kernel: 3, bias: false))\n    yield h + conv(h, n, kernel: 1, bias: false)\n}\n\
         a = b(image, 4)\ny = relu(b(a, 8))",
    );
    assert_eq!(names[..4], ["a.h.conv.weight", "a.conv.weight", "y.b.h.conv.weight", "y.b.conv.weight"]);
}

/// A function reads the const that it names, even if the block that calls it has something else of that name.
#[test]
fn a_function_reads_the_const_and_not_its_callers_name() {
    let spec = |name: &str| {
        format!(
            "const k = 2\nfn f(x) = k * x\nblock b(x) {{\n    {name} = 7\n    yield f(x) + {name}\n}}\ny = b(image)"
        )
    };
    same(&spec("k"), &spec("other"));
    let spec = |name: &str| {
        format!("const k = 2\nfn f(x) = k * x\nblock b(x, {name}: 7) {{\n    yield f(x) + {name}\n}}\ny = b(image)")
    };
    same(&spec("k"), &spec("other"));
}

#[test]
fn copies_are_numbered_and_own_their_weights() {
    let block = "block b(x) {\n    weights W: conv(channels(x) -> channels(x), kernel: 3, bias: false)\n    yield relu(W * x)\n}\n";
    same(&format!("{block}y = repeat 3 b(image)"), &format!("{block}y = b(b(b(image)))"));
    assert_eq!(params(&format!("{block}y = repeat 2 b(image)"))[..2], ["y.0.W.weight", "y.1.W.weight"]);
    assert_eq!(params("y = repeat 2 conv(image, 3, kernel: 3, bias: false)")[..2], ["y.0.weight", "y.1.weight"]);
    assert_eq!(
        params("y = relu(repeat 2 conv(image, 3, kernel: 3, bias: false))")[..2],
        ["y.conv.0.weight", "y.conv.1.weight"]
    );
    same("y = relu(repeat 0 conv(image, 8, kernel: 3))", "y = relu(image)");
    same("const n = 3\ny = repeat n - 1 relu(image)", "y = relu(relu(image))");
}

#[test]
fn loops_branches_and_bundles_work_inside_of_blocks() {
    let block = "block area(x, n, steps: 2) {
        weights W_L: conv(n -> n, kernel: 3)
        drive = conv(x, n, kernel: 3)
        loop time(steps: steps) {
            state O = drive
            branch both = difference {
                exc E = tanh(W_L * O)
                inh I = tanh(conv(O, n, kernel: 1))
            }
            O' = relu(drive + both)
        }
        yield O
    }\n";
    let net = net(&spec(&format!("{block}V1 = area(image, 4)\ny = area(V1, 6, steps: 5)")), &[]);
    let names: Vec<&str> = net.params.iter().map(|param| param.name.as_str()).collect();
    assert!(names.contains(&"V1.W_L.weight") && names.contains(&"y.time.I.conv.weight"), "{names:?}");
    let roles = net.params.iter().filter(|param| param.role.is_some()).count();
    assert_eq!(roles, 8, "a kernel and a bias in each arm of each copy");
    let steps: Vec<usize> =
        net.body.iter().filter_map(|stmt| if let Stmt::Loop(l) = stmt { Some(l.steps) } else { None }).collect();
    assert_eq!(steps, [2, 5]);
    assert!(net.to_string().contains("loop V1.time (2 steps)"), "{net}");
}

#[test]
fn a_bundle_handed_to_a_block_is_shared() {
    let block = "weights W: conv(3 -> 3, kernel: 3)\nblock b(x, W) {\n    yield relu(W * x)\n}\n";
    same(&format!("{block}y = b(b(image, W), W)"), "weights W: conv(3 -> 3, kernel: 3)\ny = relu(W * relu(W * image))");
}

#[test]
fn what_is_called_may_be_a_const_or_a_parameter() {
    let text = spec("const connect = conv\ny = connect(image, 3, kernel: 3)");
    assert_eq!(nameless(net(&text, &[])), nameless(net(&spec("y = conv(image, 3, kernel: 3)"), &[])));
    let other = net(&text, &[("connect", "depthwise")]);
    assert!(other.nodes().any(|node| matches!(node.op, Op::Conv { groups: 3, .. })), "{other}");
    same(
        "fn twice(f, x) = f(f(x))\nblock b(x, norm: batch_norm, act: relu) {\n    yield act(norm(x))\n}\ny = twice(b, b(image, act: tanh, norm: layer_norm))",
        "y = relu(batch_norm(relu(batch_norm(tanh(layer_norm(image))))))",
    );
}

#[test]
fn choices_are_made_before_the_run() {
    let text = spec(
        "const deep = true\nconst n = 3\nh = if deep and n > 2 then conv(image, 8, kernel: 3) else image\ny = relu(h)",
    );
    assert_eq!(net(&text, &[]).params.len(), 4);
    assert_eq!(net(&text, &[("deep", "false")]).params.len(), 2, "what is not chosen owns nothing");
    assert_eq!(net(&text, &[("n", "2")]).params.len(), 2);
    for (condition, holds) in [
        ("1 == 1", true),
        ("1 != 1", false),
        ("2 <= 2", true),
        ("2 < 2", false),
        ("3 >= 4 or not (1 > 2)", true),
        ("channels(image) == 3 and height(image) == width(image)", true),
        ("not true or false and true", false),
        ("kind == other", true),
        ("kind != other", false),
        ("1 + 2 * 3 == 7 and (1 + 2) * 3 == 9", true),
    ] {
        let consts = "const kind = conv\nconst other = conv\n";
        let text = spec(&format!("{consts}y = if {condition} then relu(image) else tanh(image)"));
        let compiled = compile_as("test.lcnn", &text, &[]);
        let is_relu = |node: &lcnnc_lang::ir::Node| matches!(node.op, Op::Unary { f: Unary::Relu, .. });
        assert_eq!(compiled.net.unwrap().nodes().any(is_relu), holds, "{condition}");
    }
}

#[test]
fn sizes_and_what_is_made_of_them_are_known() {
    let body = "block bottleneck(x, out: 2 * channels(x)) {
        const mid = out / 2
        side = height(x)
        h = conv(x, mid, kernel: 1)
        p = max_pool(h, side)
        yield conv(p, out, kernel: 1)
    }
    y = bottleneck(conv(image, 5, kernel: 3, stride: 2))";
    let net = net(&spec(body), &[]);
    let shapes: Vec<&Shape> = net.nodes().map(|node| &node.shape).collect();
    assert!(shapes.contains(&&Shape::Map([5, 8, 8])) && shapes.contains(&&Shape::Map([10, 1, 1])), "{net}");
    same("n = 2 * channels(image)\ny = conv(image, n, kernel: n - 3)", "y = conv(image, 6, kernel: 3)");
}

#[test]
fn a_bundle_can_be_called_at_another_stride() {
    let text =
        spec("weights W: conv(3 -> 4, kernel: 3)\na = W * image\nb = W(image, stride: 2)\ny = max_pool(a, 2) + b");
    let net = net(&text, &[]);
    assert_eq!(net.params.len(), 4);
    let strides: Vec<usize> = net
        .nodes()
        .filter_map(|node| if let Op::Conv { stride, .. } = node.op { Some(stride) } else { None })
        .collect();
    assert_eq!(strides, [1, 2]);
}

#[test]
fn a_problem_inside_of_a_block_shows_the_calls_that_led_there() {
    let text = spec(
        "block inner(x) {\n    yield max_pool(x, 32)\n}\nblock outer(x) {\n    yield inner(x)\n}\ny = outer(image)",
    );
    let compiled = compile_as("test.lcnn", &text, &[]);
    assert_eq!(codes(&compiled), ["L0204"], "{}", compiled.report);
    let labels: Vec<(&str, &str)> = compiled.report.diagnostics[0]
        .labels
        .iter()
        .map(|label| (&text[label.span.start..label.span.end], label.text.as_str()))
        .collect();
    assert_eq!(labels[0].0, "max_pool(x, 32)");
    assert_eq!(labels[1..], [("inner(x)", "in this call of `inner`"), ("outer(image)", "in this call of `outer`")]);
}

/// In a block a default may follow an argument that differs from call to call: it is written as that argument is.
#[test]
fn what_is_filled_in_is_right_for_every_call() {
    let text = spec("block p(x, k) {\n    yield max_pool(x, k)\n}\ny = p(p(image, 2), 4)");
    let first = clean(&text, &[]);
    let shown = first.resolved(&first.settings);
    assert!(shown.contains("max_pool(x, k, stride: k, padding: valid)"), "{shown}");
    assert_eq!(clean(&shown, &[]).net, first.net);
}
