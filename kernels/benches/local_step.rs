//! One training step of a layer whose kernels differ from place to place: forward, the gradients of input and weights, and AdamW.
//! `benches/local_beside.py` runs it beside PyTorch.
//!
//! Arguments are channels, pixels along a side, images and the seconds that it is to take at least; prints the median time of a
//! step in milliseconds.

// A bench measures time.
#![allow(clippy::disallowed_methods)]

use lcnnc_kernels::graph::{Graph, Kernel, Local};
use lcnnc_kernels::update::{AdamNumbers, AdamStep, adam};
use lcnnc_kernels::{Batch, Engine, Parameter, Vectors, recycled};
use std::time::Instant;

fn main() {
    // Cargo gives `--bench` as well.
    let numbers: Vec<f64> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let &[channels, size, images, seconds] = numbers.as_slice() else {
        println!("channels, pixels along a side, images, seconds");
        return;
    };
    let [channels, size, images] = [channels, size, images].map(|number| number as usize);
    let (kernel, from) = (3, [size, size]);
    let local = Local { weight: 0, bias: None, inputs: channels, outputs: channels, kernel, stride: 1, pad: 1, from };
    let mut graph = Graph::default();
    let x = graph.node(Kernel::Input(0), &[], [channels, size, size]);
    let y = graph.node(Kernel::Local(local), &[x], [channels, size, size]);
    let len = local.weights();
    let engine = Engine::new(graph, vec![y], &[Parameter { len, trained: true }], Vectors::default());
    let numbers = |len: usize| (0..len).map(|n| ((n % 977) as f32 - 488.0) / 1000.0).collect::<Vec<f32>>();
    let (x, dy) = (numbers(images * channels * size * size), numbers(images * channels * size * size));
    let (mut weights, mut mean, mut squares) = (numbers(len), vec![0.0; len], vec![0.0; len]);
    let (mut time, mut took, started) = (0, Vec::new(), Instant::now());
    while took.len() < 8 || started.elapsed().as_secs_f64() < seconds {
        let began = Instant::now();
        std::hint::black_box(engine.forward(Batch::new(images, &x, &[&weights])).outputs);
        // The backward pass of a lone layer needs nothing of the forward pass, and leaves it out.
        let mut results = engine.backward(Batch::new(images, &x, &[&weights]), &dy, true);
        let gradient = results.gradients.swap_remove(0);
        time += 1;
        let step = AdamStep { lr: 1e-3, betas: [0.9, 0.999], epsilon: 1e-8, l2: 0.0, keep: 1.0 - 1e-5, time };
        let numbers =
            AdamNumbers { weights: &mut weights, gradient: &gradient, mean: &mut mean, squares: &mut squares };
        adam(step, numbers);
        recycled::give_back(gradient);
        took.push(1e3 * began.elapsed().as_secs_f64());
    }
    // The first ones find memory and warm caches.
    let mut took = took.split_off(3);
    took.sort_by(f64::total_cmp);
    println!("{}", took[took.len() / 2]);
}
