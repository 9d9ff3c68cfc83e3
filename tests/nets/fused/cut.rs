//! Where nets are cut, and why: by example.

use super::sound::{fuses, is_literal, sound};
use lcnnc::fuse::cut::{Cut, Part};
use lcnnc::fuse::lower::{Processor, Why};
use lcnnc_lang::ir::{Net, Op, Shape, Value};
use lcnnc_testing::{net, spec, timed};
use std::fmt::Write;
use std::time::Duration;

/// A spec around equations on `image: [2, 8, 8]`.
fn around(equations: &str, last: &str) -> String {
    format!("model M\ninput image: [2, 8, 8]\n{equations}\nlogits = dense({last}, classes)\noutput logits\n")
}

/// The parts in a line: fused ones by what they do, nodes by why, loops in brackets.
fn line(parts: &[Part]) -> String {
    let of = |part: &Part| match part {
        Part::Node { why: None, .. } => None,
        Part::Node { why: Some(Why::Form(form)), .. } => Some((*form).to_owned()),
        Part::Node { why: Some(Why::Light), .. } => Some("light".to_owned()),
        Part::Node { why: Some(Why::Large(_)), .. } => Some("large".to_owned()),
        Part::Node { why: Some(Why::Pictures(_)), .. } => Some("pictures".to_owned()),
        Part::Loop { body, .. } => Some(format!("[{}]", line(body))),
        Part::Fused(fused) => {
            let images = fused.stmts.iter().filter(|stmt| !is_literal(stmt)).count();
            Some(format!("fused {images}"))
        }
    };
    parts.iter().filter_map(of).collect::<Vec<String>>().join(" | ")
}

/// Checks how equations are cut for a graphics processor, which has fewer kernels than a CPU.
#[track_caller]
fn cut(equations: &str, last: &str, expected: &str) -> Net {
    cut_for(Processor::Gpu, equations, last, expected)
}

#[track_caller]
fn cut_for(processor: Processor, equations: &str, last: &str, expected: &str) -> Net {
    let net = net(&around(equations, last), &[]);
    sound(&net);
    assert_eq!(line(&Cut::of(&net, processor).parts), expected, "{net}");
    net
}

#[test]
fn the_papers_model_is_one_part() {
    let net = net(&spec("lc_cnn"), &[]);
    let parts = Cut::of(&net, Processor::Cpu).parts;
    let fused: Vec<&Part> = parts.iter().filter(|part| !matches!(part, Part::Node { why: None, .. })).collect();
    let [Part::Fused(fused)] = fused[..] else { panic!("{}", line(&parts)) };
    assert_eq!(fused.inputs, [(Value::INPUT, Shape::Map(net.input.1))]);
    assert_eq!(fused.outputs, [(net.output.answer(), Shape::Vector(net.classes))]);
    let names: Vec<&str> = fused.params.iter().map(|id| net.param(*id).name.as_str()).collect();
    assert_eq!(names, ["W_A.weight", "W_L.weight", "logits.weight", "logits.bias"]);
}

/// Where the batch meets, a part goes on; so it does where random numbers are drawn, if all of them are drawn there.
#[test]
fn a_cpu_has_kernels_for_what_stands_between() {
    let cpu = |equations: &str, last: &str, expected: &str| cut_for(Processor::Cpu, equations, last, expected);
    cpu("a = conv(image, 4, kernel: 3)\nb = dropout(batch_norm(a))\nc = conv(a + b, 4, kernel: 3)", "c", "fused 7");
    let local =
        "a = dropout(conv(image, 2, kernel: 3))\nb = local(a, 2, kernel: 3)\nc = dropout(conv(b, 2, kernel: 3))";
    cpu(local, "c", "fused 7");
    // A layer without weight sharing is one that a part is worth, and is so for kernels of one pixel.
    cpu("a = local(image, 2, kernel: 1)", "a", "fused 3");
    // One part draws all, or none does.
    let two = local.replace("local(a, 2, kernel: 3)", "conv(a, 5, kernel: 1023)");
    let elsewhere = "random numbers are drawn elsewhere too";
    let many = "it has more than 8 million weights";
    cpu(&two, "c", &format!("fused 1 | {elsewhere} | {many} | fused 1 | {elsewhere} | light | light"));
    let large = "a = conv(image, 16, kernel: 3)\nloop V(steps: 7000) {\n    state b = a\n    \
                 b' = dropout(conv(b, 16, kernel: 3))\n}";
    let body = "[fused 1 | draws random numbers within a loop that is not fused]";
    cpu(large, "b", &format!("fused 1 | {body} | light | light"));
}

#[test]
fn on_a_gpu_what_has_kernels_for_a_cpu_alone_stands_between_two_parts() {
    let a = "a = relu(conv(image, 4, kernel: 3))\nb = batch_norm(a)\nc = conv(b, 4, kernel: 3)";
    cut(a, "c", "fused 2 | has kernels for a CPU alone | fused 3");
    // What leaves a part and comes back by way of the norm makes two of it.
    let around_the_norm = "a = conv(image, 4, kernel: 3)\nb = batch_norm(a)\nc = conv(a + b, 4, kernel: 3)";
    cut(around_the_norm, "c", "fused 1 | has kernels for a CPU alone | fused 4");
    let local = "a = conv(image, 4, kernel: 3)\nb = local(a, 4, kernel: 3)\nc = conv(b, 4, kernel: 3)";
    cut(local, "c", "fused 1 | has kernels for a CPU alone | fused 3");
}

#[test]
fn what_has_no_convolution_beside_it_runs_by_itself() {
    let light = "a = conv(image, 4, kernel: 1)\nb = relu(a)\nc = dropout(b)\nd = conv(c, 4, kernel: 3)";
    cut(light, "d", "light | light | has kernels for a CPU alone | fused 3");
    cut("y = tanh(image)", "y", "light | light | light");
    let looped = "loop V(steps: 3) {\n    state O = image\n    O' = relu(O + image)\n}";
    cut(looped, "O", "[light | light] | light | light");
}

#[test]
fn what_is_too_large_runs_by_itself_and_its_loops_in_parts() {
    let looped = |steps: usize| {
        let body = "    state O = A\n    O' = relu(conv(O, 16, kernel: 3))\n";
        format!("A = conv(image, 16, kernel: 3)\nloop V(steps: {steps}) {{\n{body}}}")
    };
    // Two values of 1024 numbers a step.
    cut(&looped(4_000), "O", "fused 4");
    cut(&looped(5_000), "O", "fused 1 | [fused 2] | light | light");
}

#[test]
fn what_is_too_large_as_a_whole_is_cut_in_two() {
    let chain = |maps: usize, count: usize| {
        let first = format!("x0 = conv(image, {maps}, kernel: 3)\n");
        let each = (0..count).map(|n| format!("x{} = tanh(x{n})\n", n + 1));
        format!("{first}{}y = conv(x{count}, 2, kernel: 3)", each.collect::<String>())
    };
    // 2 MiB a value, for sixteen images.
    cut(&chain(512, 200), "y", "fused 204");
    cut(&chain(512, 300), "y", "fused 256 | fused 48");
    // 34 MiB a value: as much as a batch of large pictures, which has few images.
    let net = net(&around(&chain(8_700, 20), "y"), &[]);
    assert!(!fuses(&Cut::of(&net, Processor::Gpu).parts));
}

/// Gradients are summed more than once at a time: copies of so many would fill the memory.
#[test]
fn a_layer_of_many_weights_runs_by_itself() {
    let dense = |outputs: usize| format!("a = relu(conv(image, 4, kernel: 3))\nb = dense(a, {outputs})");
    cut(&dense(31_000), "b", "fused 5");
    cut(&dense(32_000), "b", "fused 3 | it has more than 8 million weights | light");
}

#[test]
fn a_loop_with_a_norm_over_channels_is_cut_within() {
    let text =
        "loop V(steps: 3) {\n    state O = image\n    A = relu(conv(O, 2, kernel: 3) + image)\n    O' = lrn(A)\n}";
    let net = cut(text, "O", "[fused 3 | has kernels for a CPU alone] | light | light");
    let parts = Cut::of(&net, Processor::Gpu).parts;
    let body = parts.iter().find_map(|part| match part {
        Part::Loop { body, .. } => Some(body),
        Part::Node { .. } | Part::Fused(_) => None,
    });
    let Some([Part::Fused(fused), ..]) = body.map(Vec::as_slice) else { panic!("{}", line(&parts)) };
    // The state and the image, which the body has from around it.
    assert_eq!(fused.inputs.len(), 2);
}

#[test]
fn parts_that_nothing_joins_are_two() {
    let text = "a = conv(image, 4, kernel: 3)\nb = conv(image, 4, kernel: 3)\nc = batch_norm(a) + batch_norm(b)";
    let two = "fused 1 | fused 1 | has kernels for a CPU alone | has kernels for a CPU alone | light | light | light";
    cut(text, "c", two);
}

/// There would be no image to tell how many there are.
#[test]
fn what_reads_no_image_runs_by_itself() {
    let text = "z = conv(zeros(2, 8, 8), 2, kernel: 3)\na = batch_norm(z)\ny = a + image";
    cut(text, "y", "reads no image | reads no image | has kernels for a CPU alone | light | light | light");
}

#[test]
fn weights_and_numbers_come_along() {
    let net = cut("a = gain(conv(image, 4, kernel: 3))\nb = 2 * shift(a) + 1", "b", "fused 7");
    let parts = Cut::of(&net, Processor::Cpu).parts;
    let fused = parts.iter().find_map(|part| match part {
        Part::Fused(fused) => Some(fused),
        Part::Node { .. } | Part::Loop { .. } => None,
    });
    assert_eq!(fused.unwrap().stmts.iter().filter(|stmt| is_literal(stmt)).count(), 4);
}

/// Norms and light parts in turn, with a way around each.
#[test]
fn long_chains_are_cut_in_time() {
    let mut text = String::new();
    for n in 0..4_000 {
        let x = if n == 0 { "image".to_owned() } else { format!("x{}", n - 1) };
        writeln!(text, "a{n} = batch_norm(relu({x}))\nx{n} = {x} + conv(a{n}, 2, kernel: 1)").unwrap();
    }
    let net = net(&around(&text, "x3999"), &[]);
    let (cut, took) = timed(|| Cut::of(&net, Processor::Gpu));
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert!(!fuses(&cut.parts));
}

/// Whoever draws later in the net draws later here, or a seed would mean other masks than primitive by primitive.
#[test]
fn random_numbers_are_drawn_in_the_nets_order() {
    fn drawn(parts: &[Part], found: &mut Vec<Value>) {
        for part in parts {
            match part {
                Part::Node { node, .. } if matches!(node.op, Op::Dropout { .. }) => found.push(node.value),
                Part::Loop { body, .. } => drawn(body, found),
                Part::Node { .. } | Part::Fused(_) => {}
            }
        }
    }
    let text = "a = conv(dropout(image), 2, kernel: 3)\nb = dropout(a)\nloop V(steps: 2) {\n    state c = image\n    \
                c' = dropout(c)\n}\ny = conv(b + c, 2, kernel: 3)";
    let net = net(&around(text, "y"), &[]);
    let mut found = Vec::new();
    drawn(&Cut::of(&net, Processor::Gpu).parts, &mut found);
    assert!(found.len() == 3 && found.is_sorted(), "{found:?}\n{net}");
    sound(&net);
}
