//! What a sleep makes of kernels that nothing else shares: the means of modules, the rules' own results for images that repeat, a
//! convolution where all places share.

use burn::tensor::{Device, Tensor, TensorData};
use lcnnc::back::burn::{Answers, Model, Precision, Weight};
use lcnnc::observe::Snr;
use lcnnc::sharing::{Circuit, Hebbian, snr_of_groups};
use lcnnc::train::optimizer;
use lcnnc::train::phases::Phases;
use lcnnc_kernels::draws::Draws;
use lcnnc_lang::front::settings::Settings;
use lcnnc_lang::ir::{LocalLayer, Modules, Net};
use lcnnc_testing::net;
use std::sync::Arc;

const HEAD: &str = "model Small\ninput image: [2, 11, 10]\n";
const TAIL: &str = "logits = dense(h, classes)\noutput logits\n";

fn small(h: &str) -> Net {
    net(&format!("{HEAD}{h}{TAIL}"), &[])
}

fn model(net: &Net, precision: Precision) -> Model {
    Model::new(Arc::new(net.clone()), 3, &Device::flex().autodiff(), precision)
}

/// Settings with a sleep of this rule and of these modules after every so many steps.
fn settings(every: &str, rule: &str, modules: &str) -> Settings {
    let mut settings = Settings::default();
    for (key, value) in [("every", every), ("rule", rule), ("modules", modules)] {
        settings.set("sleep", key, value).unwrap();
    }
    settings
}

fn weight<'w>(weights: &'w [Weight], name: &str) -> &'w Weight {
    weights.iter().find(|weight| weight.name == name).unwrap_or_else(|| panic!("{name} is missing"))
}

fn images(model: &Model, count: usize, precision: Precision) -> Tensor<4> {
    let [c, h, w] = model.net().input.1;
    let pixels: Vec<f64> = (0..count * c * h * w).map(|n| (n as f64 * 0.618_033_988_7).fract()).collect();
    Tensor::from_data(TensorData::new(pixels, [count, c, h, w]), (&Device::flex().autodiff(), precision.dtype()))
}

/// The kernels of an output at some places, `[places, taps]`.
fn kernels(weights: &[f64], layer: &LocalLayer, places: &[usize], output: usize) -> Vec<f64> {
    let kernel = |place: &usize| weights[(place * layer.outputs + output) * layer.taps()..][..layer.taps()].to_vec();
    places.iter().flat_map(kernel).collect()
}

/// The places of modules, found by looking at what they see: where a large image repeats with the width of a kernel, in the zeros
/// around it too, places of a module see the same.
fn seen_alike(layer: &LocalLayer) -> Vec<Vec<usize>> {
    let mut modules: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
    for place in 0..layer.places() {
        let seen = window(layer, place);
        match modules.iter_mut().find(|(of_module, _)| *of_module == seen) {
            Some((_, places)) => places.push(place),
            None => modules.push((seen, vec![place])),
        }
    }
    modules.into_iter().map(|(_, places)| places).collect()
}

/// Which numbers of a pattern `[inputs, kernel, kernel]` a place sees, tap by tap.
fn window(layer: &LocalLayer, place: usize) -> Vec<usize> {
    let (k, [row, column]) = (layer.kernel as isize, [place / layer.to[1], place % layer.to[1]]);
    let corner = [row, column].map(|at| (at * layer.stride) as isize - layer.pad as isize);
    let mut seen = Vec::new();
    for channel in 0..layer.inputs {
        for (i, j) in (0..k).flat_map(|i| (0..k).map(move |j| (i, j))) {
            let [i, j] = [(corner[0] + i).rem_euclid(k) as usize, (corner[1] + j).rem_euclid(k) as usize];
            seen.push((channel * layer.kernel + i) * layer.kernel + j);
        }
    }
    seen
}

/// Layers of every kind: strides, even kernels, kernels of a pixel, patches, kernels in a loop.
const LAYERS: &[&str] = &[
    "h = local(image, 3, kernel: 3)\n",
    "h = local(image, 3, kernel: 3, stride: 2)\n",
    "h = local(image, 2, kernel: 5, padding: valid)\n",
    "h = local(image, 2, kernel: 2, padding: valid)\n",
    "h = local(image, 2, kernel: 4, stride: 2, padding: valid)\n",
    "h = local(image, 2, kernel: 1)\n",
    "h = local(image, 2, kernel: 3, stride: 3, padding: valid)\n",
    "weights L: local(2 -> 2, kernel: 3, bias: false)\n\
     loop V1(steps: 2) {\n state h = image\n h' = relu(image + L * h)\n}\n",
];

#[test]
fn modules_are_places_that_see_the_same() {
    for text in LAYERS {
        let layers = small(text).local_layers();
        let [layer] = layers.as_slice() else { panic!("{text}") };
        assert_eq!(layer.modules(Modules::Grid), seen_alike(layer), "{text}");
        assert_eq!(layer.modules(Modules::Whole), [(0..layer.places()).collect::<Vec<_>>()], "{text}");
    }
}

/// Of a frozen layer, of biases and of what lies behind, nothing changes.
#[test]
fn every_kernel_becomes_the_mean_of_its_module() {
    for text in LAYERS {
        for modules in ["grid", "whole"] {
            let net = small(text);
            let layer = net.local_layers()[0];
            let before = model(&net, Precision::Double);
            let mut phases = Phases::new(&net, &settings("1", "mean", modules));
            let old = before.weights().unwrap();
            let new = phases.after_step(before).unwrap().weights().unwrap();
            let name = &net.param(layer.weight).name;
            let places = if modules == "grid" { seen_alike(&layer) } else { vec![(0..layer.places()).collect()] };
            for (places, output) in places.iter().flat_map(|places| (0..layer.outputs).map(move |o| (places, o))) {
                let [old, new] = [&old, &new].map(|all| kernels(&weight(all, name).values, &layer, places, output));
                for tap in 0..layer.taps() {
                    let mean = old.iter().skip(tap).step_by(layer.taps()).sum::<f64>() / places.len() as f64;
                    let of_tap = || new.iter().skip(tap).step_by(layer.taps());
                    assert!(of_tap().all(|w| (w - mean).abs() < 1e-14), "{text}{modules}");
                }
            }
            let others = |all: &[Weight]| all.iter().filter(|w| w.name != *name).cloned().collect::<Vec<Weight>>();
            assert_eq!(others(&old), others(&new));
            let slept = phases.slept().unwrap();
            assert_eq!(slept.layers[0].after.modules, f64::INFINITY, "{text}");
            for (found, weights) in [(slept.layers[0].before, &old), (slept.layers[0].after, &new)] {
                let whole: Vec<usize> = (0..layer.places()).collect();
                let ratio = |modules: &[Vec<usize>]| {
                    let outputs = || 0..layer.outputs;
                    let values = &weight(weights, name).values;
                    let groups =
                        modules.iter().flat_map(|places| outputs().map(|o| kernels(values, &layer, places, o)));
                    snr_of_groups(groups, layer.taps())
                };
                let shared: Vec<Vec<usize>> = places.iter().filter(|places| places.len() > 1).cloned().collect();
                let within = if shared.is_empty() { f64::INFINITY } else { ratio(&shared) };
                for (found, expected) in [(found.places, ratio(&[whole])), (found.modules, within)] {
                    let is_near = (found - expected).abs() <= 1e-12 * expected.abs();
                    assert!(found == expected || is_near, "{text}{modules}: {found} is not {expected}");
                }
            }
            assert!(phases.slept().is_none(), "a sleep is told of once");
        }
    }
}

#[test]
fn frozen_layers_and_those_that_are_not_named_stay() {
    let text = format!(
        "{HEAD}a = local(image, 2, kernel: 3)\nb = local(a, 2, kernel: 3, frozen: true)\nh = local(b, 2, kernel: 3)\n{TAIL}"
    );
    let net = net(&text, &[]);
    for (share, changed) in [("all", vec!["a.local.weight", "h.weight"]), ("[a, b]", vec!["a.local.weight"])] {
        let mut settings = settings("1", "mean", "grid");
        settings.set("sleep", "share", share).unwrap();
        let before = model(&net, Precision::Single);
        let old = before.weights().unwrap();
        let new = Phases::new(&net, &settings).after_step(before).unwrap().weights().unwrap();
        let found: Vec<&str> =
            old.iter().zip(&new).filter(|(old, new)| old != new).map(|(old, _)| old.name.as_str()).collect();
        let expected: Vec<&str> = old
            .iter()
            .map(|w| w.name.as_str())
            .filter(|name| {
                changed.iter().any(|changed| changed.split('.').next() == name.split('.').next())
                    && name.ends_with("weight")
            })
            .collect();
        assert_eq!(found, expected, "{share}");
    }
}

/// Where a weight is not a number, or infinite, the ratios of its layer are no numbers: infinite ones would say that kernels are equal.
#[test]
fn weights_that_are_no_numbers_have_no_ratio() {
    for wrong in [f64::NAN, f64::INFINITY] {
        let net = small(LAYERS[0]);
        let model = model(&net, Precision::Single);
        let mut weights = model.weights().unwrap();
        weights
            .iter_mut()
            .find(|weight| weight.name == "h.weight" || weight.name == "h.local.weight")
            .unwrap()
            .values[5] = wrong;
        let mut phases = Phases::new(&net, &settings("1", "mean", "grid"));
        let _ = phases.after_step(model.with_weights(&weights).unwrap()).unwrap();
        let slept = phases.slept().unwrap();
        let layer = &slept.layers[0];
        assert!([layer.before, layer.after].iter().all(|snr| snr.places.is_nan() && snr.modules.is_nan()), "{layer:?}");
        assert!(!layer.diverged(), "the sleep found it so");
        assert_eq!(serde_json::to_value(layer.before).unwrap()["places"], "NaN");
        let read: Snr = serde_json::from_value(serde_json::to_value(layer.before).unwrap()).unwrap();
        assert!(read.places.is_nan());
    }
    let whole = Snr { places: f64::INFINITY, modules: 2.0 };
    let text = serde_json::to_string(&whole).unwrap();
    assert_eq!(text, r#"{"places":null,"modules":2.0}"#);
    assert_eq!(serde_json::from_str::<Snr>(&text).unwrap(), whole);
}

/// The count goes on where the memory was written, over any number of processes, and no sleep comes before the first step.
#[test]
fn sleeps_come_after_so_many_steps() {
    let net = small(LAYERS[0]);
    let settings = settings("3", "mean", "grid");
    let mut model = model(&net, Precision::Single);
    let (mut slept, mut memory) = (Vec::new(), None);
    for step in 1..=10 {
        let mut phases = Phases::new(&net, &settings);
        if let Some(memory) = memory {
            phases.remember(&memory).unwrap();
        }
        assert!(phases.slept().is_none());
        model = phases.after_step(model).unwrap();
        slept.extend(phases.slept().map(|slept| [step, slept.step]));
        memory = Some(phases.memory());
    }
    assert_eq!(slept, [[3, 3], [6, 6], [9, 9]]);
}

/// Each module is shown what its places see of an image that repeats: the rule itself, given these windows, ends at the same kernels.
#[test]
fn rules_are_shown_what_places_see_of_an_image_that_repeats() {
    let rules = [
        "hebbian(eta: 0.05, gamma: 0.01, iterations: 7, patterns: 5)",
        "hebbian(eta: 0.05, gamma: 0.01, iterations: 7, patterns: 5, noise: 0.5)",
        "circuit(alpha: 4, tau: 30 ms, present: 40 ms, dt: 2 ms, bias: 0.5, eta: 0.01, gamma: 0.1, iterations: 6)",
        "circuit(alpha: 4, tau: 30 ms, present: 40 ms, dt: 2 ms, eta: 0.01, gamma: 0.1, iterations: 6, noise: 0.25)",
    ];
    for (text, rule) in LAYERS.iter().flat_map(|text| rules.map(|rule| (text, rule))) {
        let net = small(text);
        let layer = net.local_layers()[0];
        let name = &net.param(layer.weight).name;
        let before = model(&net, Precision::Double);
        let old = before.weights().unwrap();
        let new = Phases::new(&net, &settings("1", rule, "grid")).after_step(before).unwrap().weights().unwrap();
        for (module, places) in seen_alike(&layer).iter().enumerate() {
            for output in 0..layer.outputs {
                let mut expected = kernels(&weight(&old, name).values, &layer, places, output);
                let mut noise = Draws::of_sleep(0, [0, 0, 1 + module * layer.outputs + output]);
                alone(rule, &mut expected, &layer, places[0], &mut noise);
                let found = kernels(&weight(&new, name).values, &layer, places, output);
                let worst = found.iter().zip(&expected).fold(0.0_f64, |worst, (a, b)| worst.max((a - b).abs()));
                assert!(worst < 1e-12, "{text}{rule}: module {module}, output {output} is off by {worst:e}");
            }
        }
    }
}

/// Lets the kernels of a module relax by themselves. Patterns and noise are drawn pixel by pixel of the image that repeats.
fn alone(rule: &str, kernels: &mut [f64], layer: &LocalLayer, place: usize, noise: &mut Draws) {
    let (taps, seen) = (layer.taps(), window(layer, place));
    let mut draws = Draws::of_sleep(0, [0, 0, 0]);
    let mut next = |count: usize| {
        let mut patterns = vec![0.0; count * taps];
        draws.fill_normal(1.0, &mut patterns);
        patterns
    };
    // From taps to pixels, as noise is drawn for them.
    let to_pixels = |kernels: &mut [f64]| {
        for kernel in kernels.chunks_exact_mut(taps) {
            let taken = kernel.to_vec();
            seen.iter().zip(taken).for_each(|(pixel, w)| kernel[*pixel] = w);
        }
    };
    to_pixels(kernels);
    if rule.starts_with("hebbian") {
        let amount = if rule.contains("noise") { 0.5 } else { 0.0 };
        let rule = Hebbian { eta: 0.05, gamma: 0.01, iterations: 7, patterns: 5, noise: amount };
        rule.relax(kernels, taps, std::iter::repeat_with(|| next(5)), noise);
    } else {
        let [bias, amount] = if rule.contains("noise") { [1.0, 0.25] } else { [0.5, 0.0] };
        let (alpha, tau, present, dt) = (4.0, 30.0, 40.0, 2.0);
        let rule = Circuit { alpha, tau, present, dt, bias, eta: 0.01, gamma: 0.1, iterations: 6, noise: amount };
        rule.relax(kernels, taps, std::iter::repeat_with(|| next(1)), noise);
    }
    for kernel in kernels.chunks_exact_mut(taps) {
        let taken = kernel.to_vec();
        kernel.iter_mut().zip(&seen).for_each(|(w, pixel)| *w = taken[*pixel]);
    }
}

/// The convolution's weights, from a local net whose kernels are the same at all places.
fn as_conv(local: &Model, conv: &Net) -> Model {
    let weights = local.weights().unwrap();
    let weights: Vec<Weight> = conv
        .params
        .iter()
        .zip(weights)
        .map(|(param, weight)| {
            let values = weight.values[..param.len()].to_vec();
            Weight { name: param.name.clone(), shape: param.shape.clone(), values }
        })
        .collect();
    model(conv, Precision::Double).with_weights(&weights).unwrap()
}

/// With a kernel that is the same everywhere: the same scores, and gradients whose sums over places are the convolution's. After a
/// sleep over whole maps a net is such a net.
#[test]
fn equal_kernels_are_a_convolution() {
    let [local, conv] =
        ["local", "conv"].map(|kind| small(&format!("h = relu({kind}(image, 3, kernel: 3, stride: 2))\n")));
    let mut phases = Phases::new(&local, &settings("1", "mean", "whole"));
    let local = phases.after_step(model(&local, Precision::Double)).unwrap();
    let conv = as_conv(&local, &conv);
    let answers = Answers { labels: &[0, 1, 2, 1], smoothing: 0.0 };
    let [[of_local, scores], [of_conv, expected]] = [&local, &conv].map(|model| {
        let mut judgement = model.judge(images(model, 4, Precision::Double), answers, 0);
        let gradients = judgement.gradients(model, 1.0).unwrap();
        let scores = judgement.forward.logits().to_data().iter::<f64>().collect::<Vec<f64>>();
        [model.gradients(&gradients).unwrap().into_iter().flat_map(|gradient| gradient.values).collect(), scores]
    });
    near(&scores, &expected);
    let len = conv.net().params[0].len();
    let places = local.net().params[0].len() / len;
    let sums: Vec<f64> = (0..len).map(|n| of_local[..places * len].iter().skip(n).step_by(len).sum()).collect();
    near(&sums, &of_conv[..len]);
    near(&of_local[places * len..], &of_conv[len..]);
}

fn near(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    let worst = found.iter().zip(expected).fold(0.0_f64, |worst, (a, b)| worst.max((a - b).abs()));
    assert!(worst < 1e-12, "off by {worst:e}");
}

/// By P times the rate for kernels of P places, and a sleep over whole maps after every step, plain SGD does what it does to a
/// convolution: the mean of P times a gradient of each place is the sum of the gradients.
#[test]
fn whole_sharing_trains_as_a_convolution() {
    let layer = "h = relu(KIND(image, 3, kernel: 3, stride: 2, bias: false, INIT))\n";
    // The result has 6 x 5 places.
    let local = small(&layer.replace("KIND", "local").replace("INIT", "init: shared(he, spread: 0), lr: 30"));
    let conv = small(&layer.replace("KIND", "conv").replace("INIT", "init: he"));
    let mut settings = settings("1", "mean", "whole");
    settings.set("train", "optimizer", "sgd(lr: 0.05, momentum: 0)").unwrap();
    let local = model(&local, Precision::Double);
    let mut pair = [as_conv(&local, &conv), local];
    for model in &mut pair {
        let mut phases = Phases::new(model.net(), &settings);
        let mut optimizer = optimizer::build(settings.train.call("optimizer"), &Device::flex());
        for _ in 0..20 {
            let answers = Answers { labels: &[0, 1, 2, 1], smoothing: 0.0 };
            let mut judgement = model.judge(images(model, 4, Precision::Double), answers, 0);
            let gradients = judgement.gradients(model, 1.0).unwrap();
            *model = optimizer.step(model.clone(), gradients, &mut phases).unwrap();
        }
    }
    let [conv, local] = pair.map(|model| model.weights().unwrap());
    for (conv, local) in conv.iter().zip(&local) {
        for place in local.values.chunks_exact(conv.values.len()) {
            near(place, &conv.values);
        }
    }
}

/// After a sleep in a grid, an image that is shifted by the width of a kernel has the shifted response, away from borders.
#[test]
fn responses_shift_with_the_image() {
    let net = net(
        "model Small\ninput image: [1, 14, 14]\nh = local(image, 2, kernel: 3)\nlogits = dense(h, classes)\noutput logits\n",
        &[],
    );
    let mut phases = Phases::new(&net, &settings("1", "mean", "grid"));
    let awake = model(&net, Precision::Double);
    let asleep = phases.after_step(awake.clone()).unwrap();
    let pixels: Vec<f64> = (0..196).map(|n| (n as f64 * 0.618_033_988_7).fract()).collect();
    let shifted: Vec<f64> =
        (0..196).map(|n| if n / 14 >= 3 && n % 14 >= 3 { pixels[n - 3 * 14 - 3] } else { 0.0 }).collect();
    let response = |model: &Model, pixels: &[f64]| {
        let data = TensorData::new(pixels.to_vec(), [1, 1, 14, 14]);
        let (_, traced) = model.trace(Tensor::from_data(data, (&Device::flex().autodiff(), burn::tensor::DType::F64)));
        let (_, h) = traced.into_iter().find(|(name, _)| name == "h").unwrap();
        h.to_data().iter::<f64>().collect::<Vec<f64>>()
    };
    let worst = |model: &Model| {
        let [before, after] = [&pixels, &shifted].map(|pixels| response(model, pixels));
        let inner = (0..2).flat_map(|map| (4..13).flat_map(move |row| (4..13).map(move |column| [map, row, column])));
        inner.fold(0.0_f64, |worst, [map, row, column]| {
            let at = |row: usize, column: usize| (map * 14 + row) * 14 + column;
            worst.max((after[at(row, column)] - before[at(row - 3, column - 3)]).abs())
        })
    };
    assert!(worst(&asleep) < 1e-12, "{:e}", worst(&asleep));
    assert!(worst(&awake) > 0.1, "kernels of their own respond in their own ways");
}
