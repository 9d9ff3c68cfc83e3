//! Time as it runs: steps seen from behind a loop, losses over steps, parameters of each step, each against the same net
//! written out by hand.

use crate::back::{CLASSES, Mode, device, gradients, images, labels, largest, model, number};
use lcnnc::back::burn::{Model, Weight};
use lcnnc_lang::ir::Net;
use lcnnc_lang::ir::timing::blank as blank_steps;
use lcnnc_lang::{Options, Source, compile};

fn net(text: &str) -> Net {
    let text = format!("model S\ninput image: [2, 6, 6]\n{text}\n");
    let source = Source { name: "steps.lcnn".to_owned(), text };
    let compiled = compile(&source, &Options { classes: Some(CLASSES), ..Options::default() });
    compiled.net.unwrap_or_else(|| panic!("{}", compiled.report))
}

/// The second net with the weights of the first, its own names translated into theirs.
fn alike(first: &Model, second: &Net, translate: impl Fn(&str) -> String) -> Model {
    let weights = first.weights().unwrap();
    let taken = second.params.iter().map(|param| {
        let from = translate(&param.name);
        let weight = weights.iter().find(|weight| weight.name == from).unwrap_or_else(|| panic!("{from}"));
        Weight { name: param.name.clone(), ..weight.clone() }
    });
    let taken: Vec<Weight> = taken.collect();
    model(second, 0).with_weights(&taken).unwrap()
}

fn total(model: &Model, mode: Mode) -> f64 {
    number(crate::back::total(model, mode))
}

const LOOP: &str = "weights A: conv(2 -> 3, kernel: 3)\nweights L: conv(3 -> 3, kernel: 3)\na = tanh(A * image)\n\
                    loop V1(steps: 3) {\n    state O = a\n    O' = tanh(a + L * O)\n}\n";
const UNROLLED: &str = "weights A: conv(2 -> 3, kernel: 3)\nweights L: conv(3 -> 3, kernel: 3)\na = tanh(A * image)\n\
                        o1 = tanh(a + L * a)\no2 = tanh(a + L * o1)\no3 = tanh(a + L * o2)\n";

fn the_same(looped: &str, unrolled: &str) {
    let looped = model(&net(&format!("{LOOP}{looped}")), 3);
    let unrolled = alike(&looped, &net(&format!("{UNROLLED}{unrolled}")), str::to_owned);
    for mode in [Mode::Evaluation, Mode::Training] {
        let (one, other) = (total(&looped, mode), total(&unrolled, mode));
        assert!((one - other).abs() < 1e-13 * other.abs(), "{one} {other}");
        let (found, expected) = (gradients(&looped, mode), gradients(&unrolled, mode));
        assert_eq!(found.len(), expected.len());
        for expected in expected {
            let found = found.iter().find(|found| found.name == expected.name).unwrap();
            let wrong: Vec<f64> = found.values.iter().zip(&expected.values).map(|(a, b)| a - b).collect();
            assert!(largest(&wrong) < 1e-13 * largest(&expected.values), "{}", expected.name);
        }
    }
}

#[test]
fn a_step_seen_from_behind_is_the_loop_cut_short() {
    for (step, unrolled) in [(0, "a"), (1, "o1"), (2, "o2"), (3, "o3")] {
        let tail = |o: &str| format!("logits = dense({o}, classes)\noutput logits");
        the_same(&tail(&format!("O@{step}")), &tail(unrolled));
    }
    the_same(
        "logits = dense(concat(O@all, O@0) * 2, classes)\noutput logits",
        "logits = dense(concat(o1, o2, o3, a) * 2, classes)\noutput logits",
    );
}

#[test]
fn a_penalty_over_all_steps_is_one_over_each() {
    let tail = "logits = dense(O, classes)\noutput logits\n".to_owned();
    let plain = tail.replace("dense(O,", "dense(o3,");
    the_same(
        &format!("{tail}penalty p = mean(square(O@all)) + 0.1 * sum(abs(O@all)) + max(O@all)"),
        &format!(
            "{plain}penalty p = (mean(square(o1)) + mean(square(o2)) + mean(square(o3))) / 3 + \
             0.1 * (sum(abs(o1)) + sum(abs(o2)) + sum(abs(o3))) + max(concat(o1, o2, o3))"
        ),
    );
    the_same(
        "logits = dense(step_mean(O@all) + step_sum(tanh(O@all)), classes)\noutput logits",
        "logits = dense((o1 + o2 + o3) / 3 + (tanh(o1) + tanh(o2) + tanh(o3)), classes)\noutput logits",
    );
}

#[test]
fn a_loss_over_all_steps_is_the_mean_of_their_losses() {
    let all = net(&format!("{LOOP}weights R: dense(108 -> classes)\nlogits = R * O@all\noutput logits@all"));
    let all = model(&all, 3);
    let forward = all.forward(images(all.net(), &device()));
    let mean = number(forward.cross_entropy(labels(&device())));
    let each: Vec<f64> = (1..=3)
        .map(|step| {
            let one = net(&format!("{LOOP}weights R: dense(108 -> classes)\nlogits = R * O@all\noutput logits@{step}"));
            total(&alike(&all, &one, str::to_owned), Mode::Evaluation)
        })
        .collect();
    assert!((mean - each.iter().sum::<f64>() / 3.0).abs() < 1e-14, "{mean} {each:?}");
    assert_eq!(
        forward.logits().into_data(),
        forward.steps[2].clone().into_data(),
        "the answer is that of the last step"
    );
    // In the loop or behind it, a read-out with shared weights is the same.
    let inside = LOOP.replace("    O' =", "    logits = R * O'\n    O' =");
    let inside = net(&format!("weights R: dense(108 -> classes)\n{inside}output logits@all"));
    let inside = total(&alike(&all, &inside, str::to_owned), Mode::Evaluation);
    assert!((mean - inside).abs() < 1e-14, "{mean} {inside}");
}

#[test]
fn parameters_of_each_step_are_those_of_the_loop_written_out() {
    let looped = "loop V1(steps: 2) {\n    state O = image\n    h = batch_norm(O, per_step: true)\n    \
                  O' = tanh(gain(conv(h, 2, kernel: 3), per_step: true))\n}\nlogits = dense(O, classes)\noutput logits";
    let unrolled = "weights C: conv(2 -> 2, kernel: 3)\nh1 = batch_norm(image)\no1 = tanh(gain(C * h1))\n\
                    h2 = batch_norm(o1)\no2 = tanh(gain(C * h2))\nlogits = dense(o2, classes)\noutput logits";
    let looped = model(&net(looped), 4);
    let translate = |name: &str| {
        let (owner, leaf) = name.rsplit_once('.').unwrap();
        let owner = match owner {
            "C" => "V1.O.conv".to_owned(),
            "o1.gain" | "o2.gain" => format!("V1.O.gain.{}", &owner[1..2]),
            "h1" | "h2" => format!("V1.h.{}", &owner[1..2]),
            other => other.to_owned(),
        };
        format!("{owner}.{leaf}")
    };
    let unrolled = alike(&looped, &net(unrolled), translate);
    for mode in [Mode::Evaluation, Mode::Training] {
        assert_eq!(total(&looped, mode), total(&unrolled, mode), "{mode:?}");
        let found = gradients(&looped, mode);
        for expected in gradients(&unrolled, mode) {
            let found = found.iter().find(|found| found.name == translate(&expected.name)).unwrap();
            assert_eq!(found.values, expected.values, "{} {mode:?}", expected.name);
        }
    }
    let after = |model: &Model| {
        let (_, statistics) = model.forward_training(images(model.net(), &device()), 0);
        model.clone().absorb(statistics).weights().unwrap()
    };
    let found = after(&looped);
    for expected in after(&unrolled).iter().filter(|weight| weight.name.contains("running")) {
        let found = found.iter().find(|found| found.name == translate(&expected.name)).unwrap();
        assert_eq!(found.values, expected.values, "{}", expected.name);
    }
}

/// A stride at the place of use is the same kernel on every second pixel.
#[test]
fn a_bundle_at_another_stride_is_the_bundle_on_fewer_pixels() {
    let head = "weights W: conv(2 -> 3, kernel: 3)\n";
    let tail = "\nlogits = dense(h, classes)\noutput logits";
    let called = model(&net(&format!("{head}h = W(image, stride: 2){tail}")), 5);
    let picked = alike(&called, &net(&format!("{head}h = max_pool(W * image, 1, stride: 2){tail}")), str::to_owned);
    let (one, other) = (total(&called, Mode::Evaluation), total(&picked, Mode::Evaluation));
    assert!((one - other).abs() < 1e-14, "{one} {other}");
}

/// A block with a loop and steps of its own, called from the body of another loop.
#[test]
fn loops_in_loops_keep_their_steps_apart() {
    let looped = "block inner(x, L) {\n    loop t(steps: 2) {\n        state S = x\n        h = gain(tanh(L * S), per_step: true)\n        \
                  S' = S + h\n    }\n    yield S + h@1 * S@1\n}\n\
                  weights L: conv(2 -> 2, kernel: 3)\nloop outer(steps: 3) {\n    state O = image\n    \
                  O' = gain(inner(O, L), per_step: true)\n}\nlogits = dense(concat(O@all), classes)\noutput logits";
    // The gains of the inner steps are shared by the outer ones: here they are kernels of one pixel.
    let mut unrolled = "weights L: conv(2 -> 2, kernel: 3)\nweights G1: depthwise(2 -> 2, kernel: 1, bias: false)\n\
                        weights G2: depthwise(2 -> 2, kernel: 1, bias: false)\n"
        .to_owned();
    let names = ["image", "o1", "o2", "o3"];
    for n in 1..=3 {
        let before = names[n - 1];
        unrolled += &format!(
            "h{n}1 = G1 * tanh(L * {before})\ns{n}1 = {before} + h{n}1\nh{n}2 = G2 * tanh(L * s{n}1)\ns{n}2 = s{n}1 + h{n}2\n\
             o{n} = gain(s{n}2 + h{n}1 * s{n}1)\n"
        );
    }
    unrolled += "logits = dense(concat(o1, o2, o3), classes)\noutput logits";
    let looped = model(&net(looped), 6);
    let unrolled_net = net(&unrolled);
    let weights = looped.weights().unwrap();
    let taken = unrolled_net.params.iter().map(|param| {
        let from = match param.name.as_str() {
            "G1.weight" => "outer.O.inner.t.h.1.weight".to_owned(),
            "G2.weight" => "outer.O.inner.t.h.2.weight".to_owned(),
            name if name.starts_with('o') => format!("outer.O.{}.weight", &name[1..2]),
            name => name.to_owned(),
        };
        let weight = weights.iter().find(|weight| weight.name == from).unwrap_or_else(|| panic!("{from}: {weights:?}"));
        Weight { name: param.name.clone(), shape: param.shape.clone(), values: weight.values.clone() }
    });
    let taken: Vec<Weight> = taken.collect();
    let unrolled = model(&unrolled_net, 0).with_weights(&taken).unwrap();
    for mode in [Mode::Evaluation, Mode::Training] {
        let (one, other) = (total(&looped, mode), total(&unrolled, mode));
        assert!((one - other).abs() < 1e-13, "{one} {other}");
        let (found, expected) = (gradients(&looped, mode), gradients(&unrolled, mode));
        let of = |all: &[Weight], name: &str| all.iter().find(|weight| weight.name == name).unwrap().values.clone();
        for (one, other) in
            [("L.weight", "L.weight"), ("outer.O.inner.t.h.2.weight", "G2.weight"), ("outer.O.3.weight", "o3.weight")]
        {
            let wrong: Vec<f64> = of(&found, one).iter().zip(of(&expected, other)).map(|(a, b)| a - b).collect();
            assert!(largest(&wrong) < 1e-13 * largest(&of(&expected, other)), "{one}: {wrong:?}");
        }
    }
}

/// What `--timing` and L0307 say is held against the numbers: logits that the image does not reach are those of any image.
#[test]
fn logits_that_the_image_does_not_reach_are_the_same_for_every_image() {
    let settle = "    loop inner(steps: n) {\n        state O = start\n        state P = zeros(2, 6, 6)\n        \
                  O' = tanh(drive + W * O)\n        P' = tanh(W * O)\n    }\n";
    let (mut blank, mut seen) = (0, 0);
    for (inner, outer) in [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 2), (2, 3)] {
        for (yields, drive) in [("O", "V2"), ("P", "V2"), ("P", "V2'"), ("O@1", "V2"), ("P@1", "V2"), ("P + 1", "V2")] {
            let net = net(&format!(
                "weights F: conv(2 -> 2, kernel: 3, bias: false)\nweights L: conv(2 -> 2, kernel: 3, bias: false)\n\
                 block settle(drive, start, W, n) {{\n{settle}    yield {yields}\n}}\nloop areas(steps: {outer}) {{\n    \
                 state V1 = zeros(2, 6, 6)\n    state V2 = zeros(2, 6, 6)\n    V2' = tanh(F * image)\n    \
                 V1' = settle({drive}, V1, L, {inner})\n}}\nlogits = dense(V1, classes)\noutput logits"
            ));
            let forward = model(&net, 3).forward(images(&net, &device()));
            let logits: Vec<f64> = forward.logits().into_data().iter::<f64>().collect();
            let alike = logits.iter().enumerate().all(|(n, x)| *x == logits[n % CLASSES]);
            assert_eq!(
                alike,
                !blank_steps(&net).is_empty(),
                "{yields} of {inner} steps on {drive}, {outer} around them\n{net}"
            );
            blank += usize::from(alike);
            seen += usize::from(!alike);
        }
    }
    assert!(blank >= 10 && seen >= 10, "{blank} blank, {seen} seen");
}
