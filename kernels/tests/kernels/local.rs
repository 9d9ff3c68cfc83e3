//! Convolutions whose kernels differ from place to place, against the sum they are defined by: results and all gradients, in
//! loops and with other weights beside them.

use crate::support::{Dice, compare, double, numbers, planes};
use lcnnc_kernels::graph::{Bank, Graph, Kernel, Local, Map, Member};
use lcnnc_kernels::{Batch, Engine, Outcome, Parameter, Vectors};

/// A layer of a random form, with or without a bias; `[weights, biases]` is its number of parameters.
fn random(dice: &mut Dice) -> Local {
    let (kernel, stride) = (1 + dice.roll(6), 1 + dice.roll(4));
    let pad = dice.roll(kernel);
    let from = [dice.roll(9), dice.roll(9)].map(|size| (size + kernel).saturating_sub(pad).max(1));
    let bias = (dice.roll(2) == 0).then_some(1);
    let outputs = [1, 3, 4, 9, 16, 21, 35][dice.roll(7)];
    Local { weight: 0, bias, inputs: 1 + dice.roll(6), outputs, kernel, stride, pad, from }
}

/// What one image comes to in double precision: the result, and the gradients of the input and of the weights, which are added to.
fn defined(local: &Local, x: &[f64], [w, b]: [&[f32]; 2], dy: &[f64], dw: &mut [f64]) -> [Vec<f64>; 2] {
    let ([height, width], [down, across], k) = (local.from, local.to(), local.kernel);
    let (mut y, mut dx) = (vec![0.0; dy.len()], vec![0.0; x.len()]);
    for n in 0..dy.len() {
        let (output, row, column) = (n / (down * across), n / across % down, n % across);
        y[n] = b.get(n).copied().map_or(0.0, f64::from);
        for tap in 0..local.taps() {
            let (i, j) = (row * local.stride + tap / k % k, column * local.stride + tap % k);
            if i < local.pad || j < local.pad || i >= height + local.pad || j >= width + local.pad {
                continue;
            }
            let pixel = (tap / (k * k) * height + i - local.pad) * width + j - local.pad;
            let at = ((row * across + column) * local.outputs + output) * local.taps() + tap;
            y[n] += f64::from(w[at]) * x[pixel];
            dx[pixel] += f64::from(w[at]) * dy[n];
            dw[at] += dy[n] * x[pixel];
        }
    }
    [y, dx]
}

fn check(local: &Local, dice: &mut Dice, vectors: Vectors) {
    let mut graph = Graph::default();
    let ([height, width], [down, across]) = (local.from, local.to());
    let x = graph.node(Kernel::Input(0), &[], [local.inputs, height, width]);
    let y = graph.node(Kernel::Local(*local), &[x], [local.outputs, down, across]);
    let biases = local.bias.map_or(0, |_| local.outputs * local.places());
    let lengths = [local.weights(), biases];
    let params: Vec<Parameter> =
        lengths.iter().filter(|len| **len > 0).map(|len| Parameter { len: *len, trained: true }).collect();
    let engine = Engine::new(graph, vec![y], &params, vectors);
    let ([inputs, outputs], images) = (engine.widths(), [1, 3, 17, 100][dice.roll(4)]);
    let mut of = |channels, [height, width]: [usize; 2], salt| -> Vec<f32> {
        (0..images).flat_map(|n| planes(dice, [channels, height, width], salt + n)).collect()
    };
    let (x, dy) = (of(local.inputs, local.from, 0), of(local.outputs, [down, across], 50));
    let w = numbers(lengths.iter().sum(), 99);
    let (weight, bias) = w.split_at(lengths[0]);
    let y = engine.forward(Batch::new(images, &x, &engine.apart(&w))).outputs;
    let Outcome { input_gradients: dx, gradients, .. } =
        engine.backward(Batch::new(images, &x, &engine.apart(&w)), &dy, true);
    let alone = engine.backward(Batch::new(images, &x, &engine.apart(&w)), &dy, false).gradients.concat();
    let gradients = gradients.concat();
    assert_eq!(gradients, alone, "{local:?}");
    let (mut dw, mut db) = (vec![0.0; weight.len()], vec![0.0; bias.len()]);
    let [mut wanted_y, mut wanted_dx] = [Vec::new(), Vec::new()];
    for n in 0..images {
        let (x, of_image) = (double(&x[n * inputs..][..inputs]), double(&dy[n * outputs..][..outputs]));
        let [y, dx] = defined(local, &x, [weight, bias], &of_image, &mut dw);
        wanted_y.extend(y);
        wanted_dx.extend(dx);
        db.iter_mut().zip(of_image).for_each(|(sum, dy)| *sum += dy);
    }
    compare(&y, &wanted_y, &format!("results of {local:?}"));
    compare(&dx, &wanted_dx, &format!("gradient of the input of {local:?}"));
    compare(&gradients[..weight.len()], &dw, &format!("gradient of the weights of {local:?}"));
    compare(&gradients[weight.len()..], &db, &format!("gradient of the bias of {local:?}"));
}

#[test]
fn every_form_of_a_layer_is_the_sum_it_is_defined_by() {
    for seed in 0..80 {
        let mut dice = Dice::new(seed);
        check(&random(&mut dice), &mut dice, Vectors::Widest);
    }
}

#[test]
fn with_other_vectors_too() {
    for seed in 100..160 {
        let mut dice = Dice::new(seed);
        let vectors = if seed % 2 == 0 { Vectors::Narrower } else { Vectors::Scalar };
        check(&random(&mut dice), &mut dice, vectors);
    }
}

/// A part whose blocks are alone and together by turns: a shared convolution, a layer that is gone through three times, and a sum
/// with what came before it.
fn looped() -> (Graph, Vec<usize>, Vec<Parameter>) {
    let mut graph = Graph::default();
    let x = graph.node(Kernel::Input(0), &[], [2, 6, 6]);
    let drive = graph.conv(x, Bank::plain(2, 3, 1, [6, 6], vec![Member { slot: 0, outputs: 5 }]))[0];
    let local = Local { weight: 1, bias: Some(2), inputs: 5, outputs: 5, kernel: 3, stride: 1, pad: 1, from: [6, 6] };
    let mut state = graph.map(Map::Tanh, &[drive]);
    for _ in 0..3 {
        let lateral = graph.node(Kernel::Local(local), &[state], [5, 6, 6]);
        let sum = graph.map(Map::Add, &[drive, lateral]);
        state = graph.map(Map::Tanh, &[sum]);
    }
    let lengths = [2 * 5 * 9, local.weights(), 5 * 36];
    (graph, vec![state], lengths.map(|len| Parameter { len, trained: true }).to_vec())
}

#[test]
fn gradients_of_a_loop_are_finite_differences() {
    let (graph, outputs, params) = looped();
    let engine = Engine::new(graph, outputs, &params, Vectors::default());
    let (images, len) = (18, params.iter().map(|param| param.len).sum());
    let [inputs, outputs] = engine.widths();
    let (x, dy) = (numbers(images * inputs, 1), numbers(images * outputs, 2));
    let w: Vec<f32> = numbers(len, 3).iter().map(|w| w * 0.2).collect();
    let found = engine.backward(Batch::new(images, &x, &engine.apart(&w)), &dy, true);
    let gradients = found.gradients.concat();
    let value = |x: &[f32], w: &[f32]| -> f64 {
        let y = engine.forward(Batch::new(images, x, &engine.apart(w))).outputs;
        y.iter().zip(&dy).map(|(y, dy)| f64::from(*y) * f64::from(*dy)).sum()
    };
    let slope = |numbers: &[f32], n: usize, value: &dyn Fn(&[f32]) -> f64| {
        const STEP: f32 = 0.02;
        let at = |step: f32| {
            let mut moved = numbers.to_vec();
            moved[n] += step;
            value(&moved)
        };
        let even = |step: f32| (at(step) - at(-step)) / (2.0 * f64::from(step));
        (4.0 * even(STEP) - even(2.0 * STEP)) / 3.0
    };
    for n in (0..len).step_by(97) {
        let (wanted, found) = (slope(&w, n, &|w| value(&x, w)), f64::from(gradients[n]));
        assert!(
            (wanted - found).abs() < 2e-3 * wanted.abs().max(1.0),
            "weight {n}: {found}, and by differences {wanted}"
        );
    }
    for n in (0..x.len()).step_by(59) {
        let (wanted, found) = (slope(&x, n, &|x| value(x, &w)), f64::from(found.input_gradients[n]));
        assert!(
            (wanted - found).abs() < 2e-3 * wanted.abs().max(1.0),
            "pixel {n}: {found}, and by differences {wanted}"
        );
    }
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let run = |threads: usize| {
        let (graph, outputs, params) = looped();
        let engine = Engine::new(graph, outputs, &params, Vectors::default());
        let (images, len) = (70, params.iter().map(|param| param.len).sum());
        let [inputs, outputs] = engine.widths();
        let (x, dy, w) = (numbers(images * inputs, 1), numbers(images * outputs, 2), numbers(len, 3));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let y = engine.forward(Batch::new(images, &x, &engine.apart(&w))).outputs;
            let Outcome { input_gradients, gradients, .. } =
                engine.backward(Batch::new(images, &x, &engine.apart(&w)), &dy, true);
            [y, input_gradients, gradients.concat()]
        })
    };
    let one = run(1);
    assert!(one.iter().flatten().all(|x| x.is_finite()));
    for threads in [2, 3, 16] {
        assert!(run(threads) == one, "{threads} threads");
    }
}
