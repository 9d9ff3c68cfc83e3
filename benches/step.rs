//! A training step on the CPU, as `lcnnc run` does it but for the loader: both ways, cross-entropy and penalties, update.
//! 10 classes, batches of 64; fused, and primitive by primitive: `cargo bench --bench step`.

// The specs are files.
#![allow(clippy::disallowed_methods)]

use burn::tensor::{Device, Distribution, Tensor};
use lcnnc::back::burn::{Answers, Model, Precision};
use lcnnc::train::optimizer;
use lcnnc::train::phases::Phases;
use lcnnc_lang::{Options, Source, compile};
use std::sync::Arc;

const BATCH: usize = 64;

/// A spec and what its consts are set to.
const CASES: [&str; 9] = [
    "specs/f_cnn",
    "specs/lc_cnn steps=1",
    "specs/lc_cnn steps=3",
    "specs/lc_cnn steps=5",
    "specs/lcei_cnn",
    "specs/lcei_lc_cnn",
    "benches/colour maps=16",
    "benches/colour maps=16 kernel=5",
    "benches/colour maps=32",
];

fn main() {
    divan::main();
}

#[divan::bench(args = CASES, sample_count = 10, sample_size = 1)]
fn fused(bencher: divan::Bencher<'_, '_>, case: &str) {
    step(bencher, case, Model::fused);
}

#[divan::bench(args = CASES, sample_count = 5, sample_size = 1)]
fn plain(bencher: divan::Bencher<'_, '_>, case: &str) {
    step(bencher, case, |model| model);
}

fn step(bencher: divan::Bencher<'_, '_>, case: &str, way: fn(Model) -> Model) {
    let mut words = case.split(' ');
    let spec = words.next().unwrap_or_default();
    let text = std::fs::read_to_string(format!("{spec}.lcnn")).expect("run from the repository's root");
    let set = words.filter_map(|word| word.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned()));
    let options = Options { set: set.collect(), classes: Some(10) };
    let compiled = compile(&Source { name: spec.to_owned(), text }, &options);
    let net = Arc::new(compiled.net.expect("a spec of the tree compiles"));
    let device = Device::flex().autodiff();
    let [channels, height, width] = net.input.1;
    let mut model = Some(way(Model::new(net.clone(), 0, &device, Precision::Single)));
    let mut optimizer = optimizer::build(compiled.settings.train.call("optimizer"), &Device::flex());
    let mut phases = Phases::new(&net, &compiled.settings);
    let images = Tensor::<4>::random([BATCH, channels, height, width], Distribution::Uniform(0.0, 1.0), &device);
    let labels: Vec<usize> = (0..BATCH).map(|n| n % 10).collect();
    bencher.counter(divan::counter::ItemsCount::new(BATCH)).bench_local(|| {
        if let Some(now) = model.take() {
            let mut judgement = now.judge(images.clone(), Answers { labels: &labels, smoothing: 0.0 }, 0);
            let gradients = judgement.gradients(&now, 1.0).unwrap();
            model = Some(optimizer.step(now, gradients, &mut phases).unwrap().absorb(judgement.statistics));
        }
    });
}
