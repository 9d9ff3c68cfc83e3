//! Batch normalisation in several stages, against the same in double precision: scores of images that are no multiple of
//! sixteen, gradients of inputs and parameters, and the statistics of the batch.

use crate::support::{Dice, distance, double, numbers};
use lcnnc_kernels::batch_norm::BatchNorm;
use lcnnc_kernels::graph::{Graph, Kernel, Map};
use lcnnc_kernels::{Batch, Engine, Outcome, Parameter, Statistics, Vectors};

const EPSILON: f64 = 1e-5;

/// One normalisation of `[images, channels, cells]` in double precision.
struct Expected {
    y: Vec<f64>,
    dx: Vec<f64>,
    scale: Vec<f64>,
    shift: Vec<f64>,
    /// The means, and behind them the variances by `n - 1` numbers.
    statistics: Vec<f64>,
}

/// The four parameters of a normalisation of so many channels, one after the other.
struct Affine<'a> {
    params: &'a [f32],
    channels: usize,
}

impl Affine<'_> {
    fn get(&self, which: usize, channel: usize) -> f64 {
        f64::from(self.params[which * self.channels + channel])
    }
}

fn expected(x: &[f64], dy: &[f64], affine: &Affine, cells: usize, statistics: Statistics) -> Expected {
    let channels = affine.channels;
    let of = |channel: usize| (0..x.len()).filter(move |n| n / cells % channels == channel);
    let mut result = Expected {
        y: vec![0.0; x.len()],
        dx: vec![0.0; x.len()],
        scale: vec![0.0; channels],
        shift: vec![0.0; channels],
        statistics: vec![0.0; 2 * channels],
    };
    for channel in 0..channels {
        let count = of(channel).count() as f64;
        let mean = of(channel).map(|n| x[n]).sum::<f64>() / count;
        let variance = of(channel).map(|n| (x[n] - mean).powi(2)).sum::<f64>() / count;
        result.statistics[channel] = mean;
        result.statistics[channels + channel] = variance * count / (count - 1.0);
        let is_batch = statistics == Statistics::Batch;
        let [mean, variance] = if is_batch { [mean, variance] } else { [2, 3].map(|n| affine.get(n, channel)) };
        let (scale, deviation) = (affine.get(0, channel), (variance + EPSILON).sqrt());
        let normal = |n: usize| (x[n] - mean) / deviation;
        result.scale[channel] = of(channel).map(|n| dy[n] * normal(n)).sum();
        result.shift[channel] = of(channel).map(|n| dy[n]).sum();
        for n in of(channel) {
            result.y[n] = scale * normal(n) + affine.get(1, channel);
            let common =
                if is_batch { (result.shift[channel] + normal(n) * result.scale[channel]) / count } else { 0.0 };
            result.dx[n] = scale / deviation * (dy[n] - common);
        }
    }
    result
}

#[test]
fn a_normalisation_agrees_with_double_precision() {
    for seed in 0..12 {
        let mut dice = Dice::new(seed);
        let dims = [1 + dice.roll(5), 1 + dice.roll(6), 1 + dice.roll(6)];
        let ([channels, ..], cells, images) = (dims, dims[1] * dims[2], 2 + dice.roll(40));
        let statistics = if dice.roll(3) == 0 { Statistics::Running } else { Statistics::Batch };
        let mut graph = Graph::default();
        let x = graph.node(Kernel::Input(0), &[], dims);
        let [scale, shift, mean, variance] = [0, 1, 2, 3];
        let y = graph.batch_norm(x, BatchNorm { channels, cells, scale, shift, mean, variance, epsilon: EPSILON });
        let params = [true, true, false, false].map(|trained| Parameter { len: channels, trained });
        // A mean far from 0 takes no digits away beyond those that the numbers themselves do not have.
        let far = [0.0, 30.0, -3e4][dice.roll(3)];
        let pixels: Vec<f32> = numbers(images * channels * cells, 3).iter().map(|x| x + far).collect();
        let mut values = numbers(4 * channels, 4);
        values[2 * channels..3 * channels].fill(if statistics == Statistics::Batch { 0.0 } else { far });
        values[3 * channels..].iter_mut().for_each(|x| *x += 1.5);
        let dy = numbers(pixels.len(), 5);
        let affine = Affine { params: &values, channels };
        let wanted = expected(&double(&pixels), &double(&dy), &affine, cells, statistics);
        for vectors in [Vectors::Widest, Vectors::Narrower, Vectors::Scalar] {
            let engine = Engine::new(graph.clone(), vec![y], &params, vectors);
            let params = engine.apart(&values);
            let batch = Batch { statistics, ..Batch::new(images, &pixels, &params) };
            let Outcome { outputs, statistics: seen, .. } = engine.forward(batch);
            assert!(distance(&outputs, &wanted.y) < 2e-6, "seed {seed}");
            if statistics == Statistics::Batch {
                assert!(distance(&seen, &wanted.statistics) < 2e-6, "seed {seed}");
            }
            let Outcome { input_gradients, gradients, .. } = engine.backward(batch, &dy, true);
            assert!(distance(&input_gradients, &wanted.dx) < 1e-5, "seed {seed}");
            let affine = [wanted.scale.clone(), wanted.shift.clone()].concat();
            assert!(distance(&gradients.concat(), &affine) < 1e-5, "seed {seed}");
        }
    }
}

/// Where a value is NaN, its whole channel is, and no other.
#[test]
fn what_is_no_number_stays_in_its_channel() {
    let mut graph = Graph::default();
    let x = graph.node(Kernel::Input(0), &[], [2, 2, 2]);
    let norm = BatchNorm { channels: 2, cells: 4, scale: 0, shift: 1, mean: 2, variance: 3, epsilon: EPSILON };
    let y = graph.batch_norm(x, norm);
    let params = [Parameter { len: 2, trained: true }; 4];
    let engine = Engine::new(graph, vec![y], &params, Vectors::default());
    let mut pixels = numbers(3 * 8, 1);
    pixels[9] = f32::NAN;
    let values = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0];
    let params = engine.apart(&values);
    let batch = Batch { statistics: Statistics::Batch, ..Batch::new(3, &pixels, &params) };
    let outputs = engine.forward(batch).outputs;
    assert!(outputs.iter().enumerate().all(|(n, y)| y.is_nan() == (n / 4 % 2 == 0)), "{outputs:?}");
}

/// Buffers of blocks are used again by batches of other sizes.
#[test]
fn batches_of_other_sizes_leave_nothing_behind() {
    const CHANNELS: usize = 3;
    let dims = [CHANNELS, 4, 5];
    let engine = || {
        let mut graph = Graph::default();
        let mut x = graph.node(Kernel::Input(0), &[], dims);
        for _ in 0..3 {
            let norm =
                BatchNorm { channels: CHANNELS, cells: 20, scale: 0, shift: 1, mean: 2, variance: 3, epsilon: EPSILON };
            let normal = graph.batch_norm(x, norm);
            let bent = graph.map(Map::Tanh, &[normal]);
            x = graph.map(Map::Add, &[bent, x]);
        }
        let params = [true, true, false, false].map(|trained| Parameter { len: CHANNELS, trained });
        Engine::new(graph, vec![x], &params, Vectors::default())
    };
    let kept = engine();
    for images in [33, 5, 40, 300, 16] {
        let (pixels, dy) = (numbers(images * 60, images), numbers(images * 60, images + 1));
        let values = numbers(4 * CHANNELS, 4);
        let params = kept.apart(&values);
        let batch = Batch::new(images, &pixels, &params).training(1);
        let outcomes = [&kept, &engine()].map(|engine| (engine.forward(batch), engine.backward(batch, &dy, true)));
        let [(forward, backward), (fresh_forward, fresh_backward)] = outcomes;
        assert!(forward.outputs == fresh_forward.outputs, "{images} images");
        assert!(backward.gradients == fresh_backward.gradients, "{images} images");
        assert!(backward.input_gradients == fresh_backward.input_gradients, "{images} images");
    }
}
