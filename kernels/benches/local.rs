//! Layers whose kernels differ from place to place, at the three sizes of ResNet-20, on as many cores as there are. Items are
//! floating-point operations, two a multiply-add: `cargo bench -p lcnnc-kernels --bench local`.
//!
//! Most of the time of a single layer goes into bringing images into cells and gradients out of them, so a case is the sum of
//! several layers of one input.

use divan::counter::ItemsCount;
use lcnnc_kernels::graph::{Graph, Kernel, Local, Map};
use lcnnc_kernels::{Batch, Engine, Parameter, Vectors};

fn main() {
    divan::main();
}

const ROUNDS: usize = 4;

/// Channels of input and result, pixels along a side, images.
type Case = (usize, usize, usize);

const CASES: [Case; 6] = [(16, 32, 64), (32, 16, 64), (64, 8, 64), (16, 32, 512), (32, 16, 512), (64, 8, 512)];

struct Layers {
    engine: Engine,
    images: usize,
    x: Vec<f32>,
    w: Vec<f32>,
    /// Numbers in each parameter.
    len: usize,
    operations: usize,
}

impl Layers {
    fn new((channels, size, images): Case) -> Self {
        let local = |weight: usize| Local {
            weight,
            bias: None,
            inputs: channels,
            outputs: channels,
            kernel: 3,
            stride: 1,
            pad: 1,
            from: [size, size],
        };
        let mut graph = Graph::default();
        let dims = [channels, size, size];
        let x = graph.node(Kernel::Input(0), &[], dims);
        let mut sum = graph.node(Kernel::Local(local(0)), &[x], dims);
        for slot in 1..ROUNDS {
            let y = graph.node(Kernel::Local(local(slot)), &[x], dims);
            sum = graph.map(Map::Add, &[sum, y]);
        }
        let len = local(0).weights();
        let params = [Parameter { len, trained: true }; ROUNDS];
        let engine = Engine::new(graph, vec![sum], &params, Vectors::default());
        let numbers = |len: usize| (0..len).map(|n| ((n % 977) as f32 - 488.0) / 1000.0).collect::<Vec<f32>>();
        let operations = 2 * images * ROUNDS * len;
        Self { engine, images, x: numbers(images * channels * size * size), w: numbers(ROUNDS * len), len, operations }
    }

    fn params(&self) -> Vec<&[f32]> {
        self.w.chunks_exact(self.len).collect()
    }

    fn batch<'a>(&'a self, params: &'a [&'a [f32]]) -> Batch<'a> {
        Batch::new(self.images, &self.x, params)
    }
}

#[divan::bench(args = CASES, sample_count = 12)]
fn forward(bencher: divan::Bencher<'_, '_>, case: Case) {
    let layers = Layers::new(case);
    bencher
        .counter(ItemsCount::new(layers.operations))
        .bench_local(|| layers.engine.forward(layers.batch(&layers.params())).outputs);
}

#[divan::bench(args = CASES, sample_count = 12)]
fn backward_to_weights(bencher: divan::Bencher<'_, '_>, case: Case) {
    let layers = Layers::new(case);
    let dy = layers.x.clone();
    bencher
        .counter(ItemsCount::new(layers.operations))
        .bench_local(|| layers.engine.backward(layers.batch(&layers.params()), &dy, false).gradients.concat());
}

#[divan::bench(args = CASES, sample_count = 12)]
fn backward(bencher: divan::Bencher<'_, '_>, case: Case) {
    let layers = Layers::new(case);
    let dy = layers.x.clone();
    bencher
        .counter(ItemsCount::new(2 * layers.operations))
        .bench_local(|| layers.engine.backward(layers.batch(&layers.params()), &dy, true).gradients.concat());
}
