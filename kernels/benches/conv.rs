//! Convolutions tap by tap on one core, beside what the core can do at best, which is the bench `peak`. Items are
//! floating-point operations, two a multiply-add: `cargo bench --bench conv`.

use divan::counter::ItemsCount;
use lcnnc_kernels::graph::{Bank, Graph, Kernel, Map, Member};
use lcnnc_kernels::{Batch, Engine, Parameter, Vectors};

fn main() {
    divan::main();
}

/// Images in a batch: one block.
const IMAGES: usize = 16;
/// Convolutions of the same planes, so that little of the time goes into bringing images into cells.
const ROUNDS: usize = 16;

/// A convolution of square planes.
struct Case {
    name: &'static str,
    inputs: usize,
    outputs: usize,
    kernel: usize,
    stride: usize,
    groups: usize,
    size: usize,
}

impl std::fmt::Display for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

const CASES: [Case; 10] = [
    Case { name: "1x1, 16 -> 16, 32x32", inputs: 16, outputs: 16, kernel: 1, stride: 1, groups: 1, size: 32 },
    Case { name: "1x1, 64 -> 64, 16x16", inputs: 64, outputs: 64, kernel: 1, stride: 1, groups: 1, size: 16 },
    Case { name: "1x1, 256 -> 256, 8x8", inputs: 256, outputs: 256, kernel: 1, stride: 1, groups: 1, size: 8 },
    Case { name: "1x1 / 2, 16 -> 32, 32x32", inputs: 16, outputs: 32, kernel: 1, stride: 2, groups: 1, size: 32 },
    Case { name: "3x3, 3 -> 16, 32x32", inputs: 3, outputs: 16, kernel: 3, stride: 1, groups: 1, size: 32 },
    Case { name: "3x3 / 2, 16 -> 32, 32x32", inputs: 16, outputs: 32, kernel: 3, stride: 2, groups: 1, size: 32 },
    Case { name: "3x3 / 2, 64 -> 128, 16x16", inputs: 64, outputs: 128, kernel: 3, stride: 2, groups: 1, size: 16 },
    Case { name: "3x3 by depth, 64, 16x16", inputs: 64, outputs: 64, kernel: 3, stride: 1, groups: 64, size: 16 },
    Case { name: "3x3 / 2 by depth, 64, 32x32", inputs: 64, outputs: 64, kernel: 3, stride: 2, groups: 64, size: 32 },
    Case { name: "3x3 in 4 groups, 64, 16x16", inputs: 64, outputs: 64, kernel: 3, stride: 1, groups: 4, size: 16 },
];

impl Case {
    fn bank(&self) -> Bank {
        let Case { inputs, outputs, kernel, stride, groups, size, .. } = *self;
        let plain = Bank::plain(inputs, kernel, kernel / 2, [size, size], vec![Member { slot: 0, outputs }]);
        Bank { stride, groups, ..plain }
    }

    /// The sum of equal convolutions of one input.
    fn engine(&self) -> Engine {
        let mut graph = Graph::default();
        let x = graph.node(Kernel::Input(0), &[], [self.inputs, self.size, self.size]);
        let mut sum = graph.conv(x, self.bank())[0];
        for _ in 1..ROUNDS {
            let y = graph.conv(x, self.bank())[0];
            sum = graph.map(Map::Add, &[sum, y]);
        }
        let params = [Parameter { len: self.bank().weights(), trained: true }];
        Engine::new(graph, vec![sum], &params, Vectors::default())
    }

    /// Operations of all convolutions of a batch, each done so often.
    fn operations(&self, times: usize) -> ItemsCount {
        let pixels: usize = self.bank().to().iter().product();
        ItemsCount::new(2 * times * IMAGES * ROUNDS * self.bank().weights() * pixels)
    }
}

fn numbers(len: usize) -> Vec<f32> {
    (0..len).map(|n| (n * 7919 % 1000) as f32 / 500.0 - 1.0).collect()
}

#[divan::bench(args = CASES, sample_count = 20, sample_size = 1)]
fn forward(bencher: divan::Bencher<'_, '_>, case: &Case) {
    let engine = case.engine();
    let (x, w) = (numbers(IMAGES * engine.widths()[0]), numbers(case.bank().weights()));
    bencher
        .counter(case.operations(1))
        .bench_local(|| engine.forward(Batch::new(IMAGES, &x, &engine.apart(&w))).outputs);
}

#[divan::bench(args = CASES, sample_count = 20, sample_size = 1)]
fn gradient_of_kernels(bencher: divan::Bencher<'_, '_>, case: &Case) {
    backward(bencher, case, false);
}

/// The gradient of the kernels and that of the input; items are the operations of both.
#[divan::bench(args = CASES, sample_count = 20, sample_size = 1)]
fn both_gradients(bencher: divan::Bencher<'_, '_>, case: &Case) {
    backward(bencher, case, true);
}

fn backward(bencher: divan::Bencher<'_, '_>, case: &Case, to_input: bool) {
    let engine = case.engine();
    let [inputs, outputs] = engine.widths();
    let (x, w) = (numbers(IMAGES * inputs), numbers(case.bank().weights()));
    let dy = numbers(IMAGES * outputs);
    let directions = if to_input { 2 } else { 1 };
    bencher
        .counter(case.operations(directions))
        .bench_local(|| engine.backward(Batch::new(IMAGES, &x, &engine.apart(&w)), &dy, to_input));
}
