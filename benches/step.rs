//! A training step on the CPU, as `lcnnc run` does it but for the loader: forward, cross-entropy and penalties,
//! backward, update. 1 x 48 x 48 images in batches of 64, 10 classes: `cargo bench --bench step`.

// The specs are files.
#![allow(clippy::disallowed_methods)]

use burn::tensor::{Device, Distribution, Int, Tensor};
use lcnnc::back::burn::{Model, Precision};
use lcnnc::train::optimizer;
use lcnnc::{Options, Source, compile};
use std::sync::Arc;

const BATCH: usize = 64;

fn main() {
    divan::main();
}

#[divan::bench(args = ["f_cnn", "lc_cnn 1", "lc_cnn 3", "lc_cnn 5", "lcei_cnn", "lcei_lc_cnn 3"], sample_count = 5, sample_size = 1)]
fn step(bencher: divan::Bencher<'_, '_>, case: &str) {
    let (spec, steps) = case.split_once(' ').unwrap_or((case, ""));
    let text = std::fs::read_to_string(format!("specs/{spec}.lcnn")).expect("run from the repository's root");
    let set = if steps.is_empty() { Vec::new() } else { vec![("steps".to_owned(), steps.to_owned())] };
    let compiled = compile(&Source { name: spec.to_owned(), text }, &Options { set, classes: Some(10) });
    let net = Arc::new(compiled.net.expect("a spec of the tree compiles"));
    let device = Device::flex().autodiff();
    let mut model = Some(Model::new(net, 0, &device, Precision::Single));
    let mut optimizer = optimizer::build(compiled.settings.train.call("optimizer"));
    let images = Tensor::<4>::random([BATCH, 1, 48, 48], Distribution::Uniform(0.0, 1.0), &device);
    let labels = Tensor::<1, Int>::from_data(std::array::from_fn::<i64, BATCH, _>(|n| n as i64 % 10), &device);
    bencher.counter(divan::counter::ItemsCount::new(BATCH)).bench_local(|| {
        if let Some(now) = model.take() {
            let (out, statistics) = now.forward_training(images.clone(), 0);
            let total = out.total(out.cross_entropy(labels.clone()));
            let gradients = total.backward();
            model = Some(optimizer.step(now, gradients).absorb(statistics));
        }
    });
}
