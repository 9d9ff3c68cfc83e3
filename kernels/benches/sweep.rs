//! A lateral loop trained in many sizes, so that cliffs show: throughput as images, steps, kernels, maps, pixels and
//! threads change, one at a time. `cargo bench -p lcnnc-kernels --bench sweep`.
//!
//! Printed are multiply-adds a second, those of the sums by which convolutions are defined, forward and twice backward. A line
//! is marked where its neighbour in the sweep does 1.5 times as many or more; docs/speed.md says why.

#![expect(clippy::disallowed_methods, reason = "a bench looks at the clock")]

use lcnnc_kernels::graph::{Bank, Graph, Id, Kernel, Map, Member, Window};
use lcnnc_kernels::{Answers, Batch, Engine, Parameter, Vectors};
use std::time::Instant;

const CLASSES: usize = 10;
/// A neighbour that is so many times as fast marks a cliff.
const CLIFF: f64 = 1.5;

/// The sizes of a net: `A = relu(W_A * image)`, `O' = relu(A + W_L * O)` so many times, the mean over all pixels, and
/// scores.
#[derive(Clone, Copy)]
struct Size {
    images: usize,
    steps: usize,
    kernel: usize,
    maps: usize,
    pixels: usize,
    threads: usize,
}

const BASE: Size = Size { images: 64, steps: 3, kernel: 5, maps: 16, pixels: 32, threads: 1 };

impl Size {
    fn engine(&self) -> Engine {
        let Size { steps, kernel, maps, pixels, .. } = *self;
        let size = [pixels, pixels];
        let bank = |inputs, slot| Bank::plain(inputs, kernel, kernel / 2, size, vec![Member { slot, outputs: maps }]);
        let mut graph = Graph::default();
        let image = graph.node(Kernel::Input(0), &[], [1, pixels, pixels]);
        let drive = graph.conv(image, bank(1, 0))[0];
        let afferent = graph.map(Map::Relu, &[drive]);
        let step = |graph: &mut Graph, state: Id| {
            let lateral = graph.conv(state, bank(maps, 1))[0];
            let sum = graph.map(Map::Add, &[afferent, lateral]);
            graph.map(Map::Relu, &[sum])
        };
        let state = (0..steps).fold(afferent, |state, _| step(&mut graph, state));
        let whole = Window { largest: false, kernel: size, stride: 1, pad: [0, 0] };
        let means = graph.node(Kernel::Pool(whole), &[state], [maps, 1, 1]);
        let vector = graph.node(Kernel::View, &[means], [maps, 1, 1]);
        let scores = graph.node(Kernel::Dense(2), &[vector], [CLASSES, 1, 1]);
        let params = self.params().map(|len| Parameter { len, trained: true });
        Engine::new(graph, vec![scores], &params, Vectors::default())
    }

    /// The lengths of all parameters.
    fn params(&self) -> [usize; 3] {
        let taps = self.kernel * self.kernel;
        [self.maps * taps, self.maps * self.maps * taps, self.maps * CLASSES]
    }

    /// Multiply-adds of a batch, in both passes.
    fn operations(&self) -> f64 {
        let [afferent, lateral, _] = self.params();
        // The picture has no gradient.
        let kernels = 2 * afferent + 3 * self.steps * lateral;
        (self.images * self.pixels * self.pixels * kernels) as f64
    }

    /// Multiply-adds a second, the median of several batches.
    fn throughput(&self) -> f64 {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().expect("threads can be started");
        let engine = self.engine();
        let x = numbers(self.images * self.pixels * self.pixels, 1.0);
        // Activity and gradients stay of a size over many steps: numbers below 1e-38 take many times as long.
        let params = numbers(self.params().iter().sum(), 2.0 / (self.kernel as f32 * (self.maps as f32).sqrt()));
        let labels: Vec<usize> = (0..self.images).map(|n| n % CLASSES).collect();
        let answers = Answers { labels: &labels, smoothing: 0.0 };
        let batch = || engine.forward_backward(Batch::new(self.images, &x, &engine.apart(&params)), answers).nats;
        let mut seconds: Vec<f64> = pool.install(|| {
            assert!(batch().is_finite());
            let begun = Instant::now();
            let timed = || {
                let start = Instant::now();
                batch();
                start.elapsed().as_secs_f64()
            };
            // At least five, and then until a second has passed.
            (0..200).take_while(|n| *n < 5 || begun.elapsed().as_secs_f64() < 1.0).map(|_| timed()).collect()
        });
        seconds.sort_by(f64::total_cmp);
        self.operations() / seconds[seconds.len() / 2]
    }
}

fn numbers(len: usize, scale: f32) -> Vec<f32> {
    (0..len).map(|n| scale * ((n * 7919 % 1000) as f32 / 500.0 - 1.0)).collect()
}

fn sweep(name: &str, sizes: Vec<(usize, Size)>) {
    println!("\n| {name} | multiply-adds a second | |\n|---|---|---|");
    let found: Vec<f64> = sizes.iter().map(|(_, size)| size.throughput()).collect();
    for (n, (value, _)) in sizes.iter().enumerate() {
        let beside = [n.checked_sub(1), Some(n + 1)].into_iter().flatten().filter_map(|m| found.get(m));
        let is_cliff = beside.into_iter().any(|other| *other > CLIFF * found[n]);
        println!("| {value} | {:.1} billion | {} |", found[n] / 1e9, if is_cliff { "below a neighbour" } else { "" });
    }
}

fn main() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let Size { images, steps, kernel, maps, pixels, .. } = BASE;
    println!(
        "{} vectors; {maps} maps, {kernel} x {kernel} kernels, {pixels} x {pixels} pixels, {steps} steps, {images} images, one thread,",
        Vectors::default().name()
    );
    println!("where nothing else is said");
    let of = |values: &[usize], size: fn(usize) -> Size| values.iter().map(|n| (*n, size(*n))).collect();
    sweep("images", of(&[1, 4, 8, 15, 16, 17, 32, 48, 64, 100, 256, 272, 512], |images| Size { images, ..BASE }));
    sweep("steps", of(&[1, 2, 3, 5, 8, 12, 20], |steps| Size { steps, ..BASE }));
    let park = |steps| Size { steps, kernel: 7, maps: 8, pixels: 48, ..BASE };
    sweep("steps, 8 maps, 7 x 7, 48 pixels", of(&[1, 3, 5], park));
    sweep("kernel", of(&[1, 3, 5, 7, 9, 11, 13, 15], |kernel| Size { kernel, ..BASE }));
    sweep("maps, 3 x 3", of(&[2, 4, 8, 12, 16, 24, 32, 64, 128], |maps| Size { maps, kernel: 3, ..BASE }));
    sweep("maps, 7 x 7", of(&[2, 4, 8, 12, 16, 24, 32, 64, 128], |maps| Size { maps, kernel: 7, ..BASE }));
    let few = |maps, pixels| Size { maps, pixels, kernel: 3, images: 16, steps: 1, ..BASE };
    let wide = [64, 128, 256, 512, 1024, 2048];
    sweep("maps, 3 x 3, 8 pixels, 1 step, 16 images", wide.iter().map(|n| (*n, few(*n, 8))).collect());
    sweep(
        "maps, 1 x 1, 8 pixels, 1 step, 16 images",
        wide.iter().map(|n| (*n, Size { kernel: 1, ..few(*n, 8) })).collect(),
    );
    let sizes = [8, 12, 16, 24, 28, 32, 48, 64, 96, 128, 224];
    sweep("pixels, 16 images", of(&sizes, |pixels| Size { pixels, images: 16, ..BASE }));
    sweep("pixels, 3 x 3, 16 images", of(&sizes, |pixels| Size { pixels, images: 16, kernel: 3, ..BASE }));
    let many = |images: usize| (1..=threads).map(|threads| (threads, Size { threads, images, ..BASE })).collect();
    sweep("threads, 16 images", many(16));
    sweep("threads, 256 images", many(256));
}
